// SPDX-License-Identifier: Apache-2.0
#include "http/header.h"
#include "support/sim.h"
#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Mill, version: '2'}\n"
                           "components: {securitySchemes: {k: {type: http, scheme: bearer}}}\n"
                           "paths:\n"
                           "  /api/v2/flours: {get: {responses: {'200': {description: ok}}}}\n"
                           "  /api/v2/invoices/{number}:\n"
                           "    get:\n"
                           "      security: [{k: []}]\n"
                           "      parameters: [{name: number, in: path, required: true, schema: {type: string}, example: F-19}]\n"
                           "      responses: {'200': {description: ok}}\n";

struct mill {
    bool old_flours, old_invoices, old_invoices_refuse, any_old_path, refuses_in_words;
};

static const char invoice[] = "{\"number\":\"F-19\",\"customer\":\"Ada Brandt\",\"email\":\"ada.brandt@muehlhof.at\",\"total\":120}";

static void answer_old(const struct mill *m, struct arena *a, struct sv path, struct response *ret) {
    if (m->any_old_path) sim_json(a, ret, 200, "{\"notice\":\"please move to v2\",\"since\":2024}");
    else if (sv_eq(path, SV("/api/v1/flours")) && m->old_flours) sim_json(a, ret, 200, "[{\"kind\":\"rye\"}]");
    else if (sv_eq(path, SV("/api/v1/invoices/F-19")) && m->old_invoices) sim_json(a, ret, 200, "%s", invoice);
    else if (sv_eq(path, SV("/api/v1/invoices/F-19")) && m->refuses_in_words) sim_json(a, ret, 200, "{\"error\":\"unauthorized\"}");
    else if (sv_starts_with(path, SV("/api/v1/invoices/")) && m->old_invoices_refuse) sim_json(a, ret, 401, "{\"error\":\"sign in\"}");
    else sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
}

static void mill_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    (void)sim;
    const struct mill *m = state;
    struct sv path = sim_path(o);
    bool known = sv_eq(sim_request_header(o, "Authorization"), SV("Bearer k-1"));
    if (sv_starts_with(path, SV("/api/v1/"))) answer_old(m, a, path, ret);
    else if (sv_eq(path, SV("/api/v2/flours"))) sim_json(a, ret, 200, "[{\"kind\":\"rye\",\"price\":3}]");
    else if (sv_starts_with(path, SV("/api/v2/invoices/")) && !known) sim_json(a, ret, 401, "{\"error\":\"sign in\"}");
    else if (sv_eq(path, SV("/api/v2/invoices/F-19"))) sim_json(a, ret, 200, "%s", invoice);
    else sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
}

static struct scan_result scan(struct arena *a, struct mill m) {
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = mill_server, .state = &m, .spec = spec, .only = "old-version", .mode = MODE_SAFE};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    if (sim_count(&r, NULL) > 1) sim_dump(&r);
    return r;
}

static void test_older_path_is_a_note_on_hygiene(void **state) {
    struct scan_result r = scan(*state, (struct mill){.old_flours = true});
    const struct result_finding *f = sim_find(&r, "old-version", "/api/v1/flours");
    assert_non_null(f);
    assert_int_equal(f->category, CATEGORY_INVENTORY);
    assert_int_equal(f->severity, SEVERITY_LOW);
    assert_int_equal(sim_count(&r, NULL), 1);
}
static void test_older_path_without_the_authentication(void **state) {
    struct scan_result r = scan(*state, (struct mill){.old_invoices = true});
    const struct result_finding *f = sim_find(&r, "old-version", "/api/v1/invoices/{number}");
    assert_non_null(f);
    assert_int_equal(f->category, CATEGORY_AUTHENTICATION);
    assert_true(f->severity >= SEVERITY_MEDIUM);
    assert_int_equal(f->confidence, CONFIDENCE_CONFIRMED);
    assert_int_equal(sim_count(&r, NULL), 1);
}
static void test_near_misses(void **state) {
    struct scan_result r = scan(*state, (struct mill){0});
    assert_int_equal(sim_count(&r, NULL), 0);
    r = scan(*state, (struct mill){.old_invoices_refuse = true});
    assert_int_equal(sim_count(&r, NULL), 0);
    r = scan(*state, (struct mill){.any_old_path = true});
    assert_int_equal(sim_count(&r, NULL), 0);
    r = scan(*state, (struct mill){.refuses_in_words = true});
    assert_int_equal(sim_count(&r, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_older_path_is_a_note_on_hygiene),
        test_with_arena(test_older_path_without_the_authentication),
        test_with_arena(test_near_misses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
