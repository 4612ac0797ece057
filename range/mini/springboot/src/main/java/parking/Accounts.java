// SPDX-License-Identifier: Apache-2.0
package parking;

import jakarta.annotation.PostConstruct;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.web.servlet.HandlerInterceptor;
import org.springframework.web.servlet.config.annotation.InterceptorRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

/** Who may ask: HTTP Basic against the table of holders, and the data of a fresh start. */
@Configuration
class Accounts implements WebMvcConfigurer, HandlerInterceptor {
    private static final List<String> PEOPLE = List.of("ines", "tomas", "wilma", "orhan", "greta", "paulo");
    private static final List<String> PASSWORDS = List.of("mole-harvest-41", "tin-lantern-77", "quartz-otter-09",
            "wool-barge-63", "pine-cutlery-28", "fog-melody-50");
    private static final int FIRST = Integer.parseInt(Parking.value("FIRST"));
    private final JdbcTemplate db;
    private final org.springframework.core.env.Environment env;

    Accounts(JdbcTemplate db, org.springframework.core.env.Environment env) {
        this.db = db;
        this.env = env;
    }

    static String digest(String text) {
        try {
            byte[] sum = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(sum);
        } catch (java.security.GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void addInterceptors(InterceptorRegistry registry) {
        var guard = registry.addInterceptor(this).addPathPatterns("/api/**")
                .excludePathPatterns("/api/" + env.getProperty("words.zones") + "/**", "/api/tariffs/**");
        if (Parking.flaw("events-open")) {
            guard.excludePathPatterns("/api/*/*/" + env.getProperty("words.events"));
        }
    }

    @Override
    public boolean preHandle(HttpServletRequest request, HttpServletResponse response, Object handler) throws Exception {
        String header = request.getHeader("Authorization");
        if (header != null && header.startsWith("Basic ")) {
            try {
                String[] pair = new String(Base64.getDecoder().decode(header.substring(6).trim()), StandardCharsets.UTF_8).split(":", 2);
                List<Long> ids = pair.length < 2 ? List.of() : db.queryForList(
                        "SELECT id FROM holders WHERE name = ? AND password_hash = ?", Long.class, pair[0], digest(pair[1]));
                if (!ids.isEmpty()) {
                    request.setAttribute("holder", ids.get(0));
                    return true;
                }
            } catch (IllegalArgumentException e) {
                // Not base64: the same answer as for a wrong password.
            }
        }
        response.setHeader("WWW-Authenticate", "Basic realm=\"parking\"");
        response.sendError(401);
        return false;
    }

    @PostConstruct
    void fill() {
        db.execute("CREATE TABLE holders (id BIGINT PRIMARY KEY, name VARCHAR(40), email VARCHAR(80), phone VARCHAR(20), "
                + "password_hash VARCHAR(64), role VARCHAR(10), discount INT)");
        db.execute("CREATE TABLE permits (id BIGINT PRIMARY KEY, holder BIGINT, plate VARCHAR(12), street VARCHAR(60), valid_until DATE)");
        db.execute("CREATE TABLE zones (id BIGINT PRIMARY KEY, name VARCHAR(40), places INT, cents_per_hour INT)");
        db.execute("CREATE TABLE stays (id BIGINT PRIMARY KEY, holder BIGINT, zone BIGINT, minutes INT, cents INT)");
        for (int z = 1; z <= 6; z++) {
            db.update("INSERT INTO zones VALUES (?, ?, ?, ?)", z, "Zone " + (char) ('A' + (z * 5 + FIRST) % 26), 40 + z * 17, 80 + z * 30);
        }
        for (int h = 0; h < PEOPLE.size(); h++) {
            String name = PEOPLE.get(h);
            db.update("INSERT INTO holders VALUES (?, ?, ?, ?, ?, ?, ?)", h + 1, name, name + "@kerbside.example",
                    "+49 30 5550" + (100 + h), digest(PASSWORDS.get(h)), h == 2 ? "warden" : "resident", 0);
            for (int p = 0; p < 2; p++) {
                long id = FIRST + h * 2 + p;
                db.update("INSERT INTO permits VALUES (?, ?, ?, ?, ?)", id, h + 1, "KB " + (char) ('A' + h) + "X " + (4200 + id),
                        (3 + h) + " Lindenallee", java.sql.Date.valueOf("2027-0" + (1 + h) + "-28"));
            }
            for (int s = 0; s < 30; s++) {
                db.update("INSERT INTO stays VALUES (?, ?, ?, ?, ?)", 9000 + h * 100 + s, h + 1, 1 + s % 6, 15 + s * 7, 90 + s * 11);
            }
        }
    }
}
