// SPDX-License-Identifier: Apache-2.0
// The passive checks of what comes from others, or goes through others' hands.
#include "support/sim.h"

#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Shop, version: '1'}\n"
                           "paths:\n"
                           "  /things:\n"
                           "    get: {responses: {'200': {description: ok}}}\n";

struct answer {
    const char *type, *body, *cookie;
};

static void server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    const struct answer *s = state;
    (void)sim;
    if (!sv_eq(sim_path(o), SV("/things"))) {
        sim_json(a, ret, 404, "{\"error\":\"none\"}");
        return;
    }
    if (s->cookie != NULL) sim_header(a, ret, "Set-Cookie", sv_from(s->cookie));
    sim_text(a, ret, 200, s->type, "%s", s->body);
}

static size_t count(struct arena *a, const char *check, const struct answer *s, const char *ret_cause) {
    struct scan_result r;
    struct error err = {0};
    struct answer copy = *s;
    const struct sim_options o = {.server = server, .state = &copy, .spec = spec, .only = check, .mode = MODE_SAFE};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    if (ret_cause != NULL && sim_count(&r, check) == 1) assert_sv_equal(r.findings[0].cause, sv_from(ret_cause));
    return sim_count(&r, check);
}

static void test_upstreams_and_scripts(void **state) {
    static const struct answer hits[] = {{"application/json", "{\"payment\":{\"endpoint\":\"http://pay.acme-bank.example/v2\"}}", NULL},
                                         {"text/html", "<html><script src=\"https://cdn.others.example/x.js\"></script></html>", NULL},
                                         {"text/html", "<html><script defer src='//cdn.others.example/x.js'></script></html>", NULL}};
    assert_int_equal(count(*state, "third-party", &hits[0], "plain-http-upstream"), 1);
    assert_int_equal(count(*state, "third-party", &hits[1], "third-party-script"), 1);
    assert_int_equal(count(*state, "third-party", &hits[2], "third-party-script"), 1);
}

static void test_what_is_nothing(void **state) {
    static const struct answer misses[] = {
        {"application/json", "{\"endpoint\":\"https://pay.acme-bank.example/v2\"}", NULL},
        {"application/json", "{\"endpoint\":\"http://127.0.0.1:9000/\",\"backend\":\"http://billing:8080\",\"gateway\":\"http://10.1.2.3/\"}", NULL},
        {"application/json", "{\"schema\":\"http://www.w3.org/2001/XMLSchema\",\"homepage\":\"http://acme.example/\"}", NULL},
        {"application/json", "{\"endpoint\":\"http://", NULL},
        {"text/plain", "endpoint: http://pay.acme-bank.example", NULL},
        {"text/html", "<html><script src=\"/x.js\"></script><script>var src='https://cdn.others.example/x.js'</script></html>", NULL},
        {"text/html", "<html><!-- <script src='https://cdn.others.example/x.js'></script> --></html>", NULL},
        {"text/html", "<html><script src=\"https://cdn.others.example/x.js\" integrity=\"sha384-abc\"></script></html>", NULL},
    };
    for (size_t i = 0; i < sizeof misses / sizeof misses[0]; i++) {
        if (count(*state, "third-party", &misses[i], NULL) != 0) fail_msg("falsely told: %s", misses[i].body);
    }
}

static void test_serialised_objects(void **state) {
    static const struct answer hits[] = {{"application/json", "{\"items\":[],\"next\":\"rO0ABXNyAA5qYXZhLnV0aWwuRGF0ZQ==\"}", NULL},
                                         {"application/json", "{}", "cart=O:4:\"Cart\":1:{s:2:\"id\"%3Bi:3%3B}"},
                                         {"application/json", "{\"page\":{\"cursor\":\"gASVDAAAAAAAAACMCGhlbGxvIHlvlC4=\"}}", NULL}};
    static const struct answer misses[] = {{"application/json", "{\"next\":\"rO0AB\"}", NULL},
                                           {"application/json", "{\"state\":\"gASVening-in-the-park\"}", NULL},
                                           {"application/json", "{}", "order=O:12:30"},
                                           {"application/json", "{\"text\":\"rO0ABXNyAA5qYXZhLnV0aWwuRGF0ZQ==\"}", NULL},
                                           {"application/json", "{}", "lang=en"}};
    for (size_t i = 0; i < sizeof hits / sizeof hits[0]; i++) {
        if (count(*state, "serialized-objects", &hits[i], "serialized-object") != 1) fail_msg("missed: %s", hits[i].body);
    }
    for (size_t i = 0; i < sizeof misses / sizeof misses[0]; i++) assert_int_equal(count(*state, "serialized-objects", &misses[i], NULL), 0);
}

static const struct CMUnitTest tests[] = {test_with_arena(test_upstreams_and_scripts), test_with_arena(test_what_is_nothing), test_with_arena(test_serialised_objects)};
TEST_MAIN(tests)
