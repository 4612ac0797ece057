// SPDX-License-Identifier: Apache-2.0
// debug-route and undocumented-route against the pages that frameworks mount by themselves, and their data's samples.
#include "checks/support/debug_pages.h"
#include "data/knowledge.h"
#include "support/sim.h"
#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Yard, version: '1'}\n"
                           "paths:\n"
                           "  /crates: {get: {responses: {'200': {description: ok}}}}\n";

struct yard {
    const char *overview; // body of /actuator
    bool spare;           // a live operation of the service's own that the description lacks
};

#define LINK(name) "\"" name "\":{\"href\":\"http://127.0.0.1:8080/actuator/" name "\",\"templated\":false}"

static void yard_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    (void)sim;
    const struct yard *y = state;
    struct sv path = sim_path(o);
    if (sv_eq(path, SV("/"))) sim_json(a, ret, 200, "{\"crates\":\"/crates\"%s}", y->spare ? ",\"lids\":\"/lids\"" : "");
    else if (sv_eq(path, SV("/crates"))) sim_json(a, ret, 200, "[{\"id\":1,\"wood\":\"oak\"}]");
    else if (sv_eq(path, SV("/lids")) && y->spare) sim_json(a, ret, 200, "[{\"id\":9,\"wood\":\"ash\"}]");
    else if (sv_eq(path, SV("/actuator"))) sim_json(a, ret, 200, "%s", y->overview);
    else if (sv_eq(path, SV("/actuator/info"))) sim_json(a, ret, 200, "{\"build\":{\"name\":\"yard\"}}");
    else if (sv_eq(path, SV("/actuator/health"))) sim_json(a, ret, 200, "{\"status\":\"UP\"}");
    else if (sv_eq(path, SV("/actuator/loggers")) && sv_contains(sv_from(y->overview), SV("loggers")))
        sim_json(a, ret, 200, "{\"levels\":[\"OFF\",\"INFO\"],\"loggers\":{\"ROOT\":{\"effectiveLevel\":\"INFO\"}}}");
    else sim_json(a, ret, 404, "{\"status\":404,\"error\":\"Not Found\"}");
}

static struct scan_result scan(struct arena *a, struct yard *y) {
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = yard_server, .state = y, .spec = spec, .only = "inventoryManagement", .mode = MODE_SAFE};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static void test_overview_with_what_every_service_opens(void **state) {
    struct yard y = {.overview = "{\"_links\":{" LINK("self") "," LINK("health") "," LINK("info") "}}"};
    struct scan_result r = scan(*state, &y);
    if (sim_count(&r, NULL) > 0) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 0);
}
static void test_overview_with_more_is_one_finding(void **state) {
    struct yard y = {.overview = "{\"_links\":{" LINK("self") "," LINK("health") "," LINK("loggers") "}}"};
    struct scan_result r = scan(*state, &y);
    if (sim_count(&r, NULL) != 1) sim_dump(&r);
    assert_non_null(sim_find(&r, "debug-route", "/actuator"));
    assert_int_equal(sim_count(&r, "undocumented-route"), 0);
}
static void test_own_operation_that_the_description_lacks(void **state) {
    struct yard y = {.overview = "{\"_links\":{" LINK("self") "}}", .spare = true};
    struct scan_result r = scan(*state, &y);
    if (sim_count(&r, NULL) != 1) sim_dump(&r);
    assert_non_null(sim_find(&r, "undocumented-route", "/lids"));
    assert_int_equal(sim_count(&r, NULL), 1);
}

static void test_samples(void **state) {
    struct error err = {0};
    struct node *table = NULL;
    assert_ok(&err, knowledge_load(*state, SV("debug-routes"), &table, &err));
    size_t samples = 0;
    for (const struct node *n = node_get(table, SV("routes"))->first; n != NULL; n = n->next) {
        assert_true(node_get_text(n, SV("source")).len > 0);
        for (const struct node *t = node_get(n, SV("true"))->first; t != NULL; t = t->next, samples++) assert_true(debug_page_shows(n, t->text));
        for (const struct node *f = node_get(n, SV("false"))->first; f != NULL; f = f->next, samples++) assert_false(debug_page_shows(n, f->text));
    }
    assert_true(samples > 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_overview_with_what_every_service_opens),
        test_with_arena(test_overview_with_more_is_one_finding),
        test_with_arena(test_own_operation_that_the_description_lacks),
        test_with_arena(test_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
