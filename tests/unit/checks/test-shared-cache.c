// SPDX-License-Identifier: Apache-2.0
#include "http/header.h"
#include "support/sim.h"
#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths:\n  /me: {get: {responses: {'200': {description: ok}}}}\n"
                           "  /news: {get: {responses: {'200': {description: ok}}}}\n";

struct service {
    const char *control, *vary;
    bool open; // nobody is refused
    const char *header; // that carries the credential
};

static void server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    (void)sim;
    const struct service *s = state;
    bool own = sv_eq(sim_path(o), SV("/me")), known = sim_request_header(o, s->header).len > 0 || s->open;
    if (!own && !sv_eq(sim_path(o), SV("/news"))) sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
    else if (own && !known) sim_json(a, ret, 401, "{\"error\":\"sign in\"}");
    else sim_json(a, ret, 200, own ? "{\"name\":\"Ann Kelly\",\"plan\":\"gold\"}" : "{\"news\":[]}");
    if (s->control != NULL && ret->status == 200) sim_header(a, ret, "Cache-Control", sv_from(s->control));
    if (s->vary != NULL) sim_header(a, ret, "Vary", sv_from(s->vary));
}

static size_t findings(struct arena *a, struct service s) {
    struct scan_result r;
    struct error err = {0};
    if (s.header == NULL) s.header = "Authorization";
    struct principal ann = {.name = SV("ann")};
    assert_true(header_add(a, &ann.headers, sv_from(s.header), SV("Bearer k7Gd93hfQz0")));
    const struct sim_options o = {.server = server, .state = &s, .spec = spec, .only = "shared-cache", .mode = MODE_SAFE, .identities = &ann, .identity_count = 1};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    if (sim_count(&r, NULL) > 0) {
        assert_int_equal(r.findings[0].severity, SEVERITY_LOW);
        assert_sv_equal(r.findings[0].path, SV("/me"));
    }
    return sim_count(&r, NULL);
}

static void test_shared(void **state) {
    assert_int_equal(findings(*state, (struct service){.control = "public, max-age=60"}), 1);
    assert_int_equal(findings(*state, (struct service){.control = "S-MaxAge=60"}), 1);
    assert_int_equal(findings(*state, (struct service){.control = "max-age=0, s-maxage=\"60\""}), 1);
    assert_int_equal(findings(*state, (struct service){.control = "max-age=60", .header = "X-Key"}), 1);
    assert_int_equal(findings(*state, (struct service){.control = "public", .vary = "Accept-Encoding, Origin"}), 1);
}

static void test_not_shared(void **state) {
    static const char *const fine[] = {NULL, "maxage=60", "", "max-age=60", "private, max-age=60", "no-store, public", "public, no-cache", "s-maxage=0", "private=\"x\", public"};
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++) assert_int_equal(findings(*state, (struct service){.control = fine[i]}), 0);
    assert_int_equal(findings(*state, (struct service){.control = "public", .vary = "Accept, authorization"}), 0);
    assert_int_equal(findings(*state, (struct service){.control = "public", .vary = "*"}), 0);
    assert_int_equal(findings(*state, (struct service){.control = "public", .open = true}), 0);
    assert_int_equal(findings(*state, (struct service){.control = "max-age=0", .header = "X-Key"}), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {test_with_arena(test_shared), test_with_arena(test_not_shared)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
