// SPDX-License-Identifier: Apache-2.0
#include "http/header.h"
#include "support/sim.h"
#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths:\n  /items: {get: {responses: {'200': {description: ok}}}}\n";

struct service {
    const char *body, *header;
    bool closes;
    unsigned status;
};

static void server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    const struct service *s = state;
    if (sv_eq(sim_path(o), SV("/items"))) sim_json(a, ret, s->status == 0 ? 200 : s->status, "{\"items\":[\"%s\"]}", s->body);
    else sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
    if (s->header != NULL) sim_header(a, ret, "X-Backend-Server", sv_from(s->header));
    if (s->closes) sim->outcome = OUTCOME_CLOSED;
}

static size_t findings(struct arena *a, struct service s) {
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = server, .state = &s, .spec = spec, .only = "internal-address", .mode = MODE_SAFE};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    if (sim_count(&r, NULL) > 0) assert_int_equal(r.findings[0].severity, SEVERITY_INFO);
    return sim_count(&r, NULL);
}

static void test_shown(void **state) {
    static const char *const bodies[] = {"http://10.1.2.3/x", "192.168.7.9:8080", "https://172.20.0.4:443", "orders.default.svc.cluster.local", "http://ip-10-0-0-1.eu-west-1.compute.internal/",
                                         "http://orders.default.svc/v1", "orders.default.svc:8080"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) assert_int_equal(findings(*state, (struct service){.body = bodies[i]}), 1);
    assert_int_equal(findings(*state, (struct service){.body = "a", .header = "10.4.4.4:9000"}), 1);
}

static void test_not_shown(void **state) {
    static const char *const bodies[] = {"10.1.2.3", "version 10.1.2.3", "8.8.8.8:53", "http://172.32.0.1/", "http://127.0.0.1:8080/items", "http://203.0.113.9/", "svc.cluster.local", "a.svcx", "10.1.2.3:x",
                                         "http://10.1.2/", "12:10:11", "https://api.example.com/Orders.svc/list", "Orders.svc", "/v1/Orders.svc"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        if (findings(*state, (struct service){.body = bodies[i]}) != 0) fail_msg("%s", bodies[i]);
    }
    assert_int_equal(findings(*state, (struct service){.body = "http://10.1.2.3/", .closes = true}), 0);
    assert_int_equal(findings(*state, (struct service){.body = "http://10.1.2.3/", .status = 500}), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {test_with_arena(test_shown), test_with_arena(test_not_shown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
