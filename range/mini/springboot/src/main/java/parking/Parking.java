// SPDX-License-Identifier: Apache-2.0
package parking;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** Residents' parking: permits, vehicles and what was parked where. */
@SpringBootApplication
public class Parking {
    static String value(String name) {
        return System.getenv("VALUE_" + name);
    }

    static boolean flaw(String id) {
        return List.of(System.getenv().getOrDefault("FLAWS", "").split(",")).contains(id);
    }

    public static void main(String[] args) {
        Map<String, Object> settings = new HashMap<>();
        // WORD_PERMITS=badges in the environment is the property words.permits.
        System.getenv().forEach((name, word) -> settings.put(name.replace("WORD_", "words.").toLowerCase(), word));
        settings.put("server.address", "127.0.0.1");
        settings.put("server.port", System.getenv("PORT"));
        settings.put("spring.main.banner-mode", "off");
        settings.put("spring.datasource.url", "jdbc:h2:mem:parking;DB_CLOSE_DELAY=-1");
        settings.put("logging.level.root", "ERROR");
        if (flaw("actuator-open")) {
            settings.put("management.endpoints.web.exposure.include", "*");
            settings.put("management.endpoint.env.show-values", "always");
            settings.put("management.endpoint.configprops.show-values", "always");
            settings.put("management.endpoint.heapdump.access", "unrestricted");
        }
        if (flaw("trace-always")) {
            settings.put("server.error.include-stacktrace", "always");
        }
        settings.put("payments.api.key", "sk_live_" + value("PAYMENTS"));
        SpringApplication app = new SpringApplication(Parking.class);
        app.setDefaultProperties(settings);
        app.run(args);
    }
}
