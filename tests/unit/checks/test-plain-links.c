// SPDX-License-Identifier: Apache-2.0
#include "answering.h"

struct linking {
    const char *target, *body, *location;
};

static void serve(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    const struct linking *l = state;
    (void)sim;
    if (!sv_eq(sim_path(o), SV("/items"))) {
        sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
    } else if (l->location != NULL) {
        sim_status(a, ret, 302);
        sim_header(a, ret, "Location", sv_from(l->location));
    } else {
        sim_json(a, ret, 200, "%s", l->body);
    }
}

static struct scan_result scan(struct arena *a, struct linking l) {
    static const char spec[] = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths:\n  /items: {get: {responses: {'200': {description: ok}}}}\n";
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = serve, .state = &l, .spec = spec, .target = l.target != NULL ? l.target : "https://api.example.org/", .only = "plain-links", .mode = MODE_SAFE};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static void told(struct arena *a, struct linking l, const char *part) {
    struct scan_result r = scan(a, l);
    const struct result_finding *f = answering_finding(&r, "plain-links", CATEGORY_ENCRYPTION, SEVERITY_LOW);
    assert_true(sv_contains(f->reason, sv_from(part)));
}

static void silent(struct arena *a, struct linking l) {
    struct scan_result r = scan(a, l);
    if (sim_count(&r, NULL) > 0) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 0);
}

static void test_links(void **state) {
    told(*state, (struct linking){.body = "{\"items\":[{\"self\":\"http://api.example.org/items/1\"}]}"}, "\"self\"");
    told(*state, (struct linking){.body = "[\"HTTP://API.example.org:80/items\"]"}, "a link in");
    told(*state, (struct linking){.body = "{\"next\":\"http://api.example.org:8443/items?page=2\"}", .target = "https://api.example.org:8443/"}, "\"next\"");
    told(*state, (struct linking){.location = "http://api.example.org/login"}, "Location");
}

static void test_what_is_no_such_link(void **state) {
    silent(*state, (struct linking){.body = "{\"self\":\"https://api.example.org/items/1\",\"rel\":\"/items\"}"});
    silent(*state, (struct linking){.body = "{\"home\":\"http://www.example.org/\"}"}); // another host
    silent(*state, (struct linking){.body = "{\"metrics\":\"http://api.example.org:9090/\"}"}); // another service
    silent(*state, (struct linking){.body = "{\"type\":\"http://api.example.org/problems/sold-out\",\"$schema\":\"http://api.example.org/s\"}"});
    silent(*state, (struct linking){.body = "{\"text\":\"see http://api.example.org/ for more\"}"});
    silent(*state, (struct linking){.body = "{\"self\":\"http://api.example.org/items/1\"}", .target = "http://api.example.org/"});
    silent(*state, (struct linking){.body = "{\"self\":\"http://api.example.org/\""}); // cut
    silent(*state, (struct linking){.location = "https://api.example.org/login"});
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_links),
    test_with_arena(test_what_is_no_such_link),
};
TEST_MAIN(tests)
