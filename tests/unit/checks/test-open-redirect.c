// SPDX-License-Identifier: Apache-2.0
#include "support/sim.h"

#include "support/test.h"

// One operation that sends its caller somewhere; how is the test's choice.
enum how { HOW_LOCATION, HOW_META, HOW_SCRIPT, HOW_REFRESH, HOW_JSON, HOW_TEXT, HOW_CREATED };
struct server {
    bool (*allows)(struct sv value);
    enum how how;
    const char *before; // written in front of the value
    const char *fixed;  // goes there whatever the value, NULL: not
    bool in_query, encodes, subdomain, drops, once;
    unsigned calls, good;
};

static void send(struct arena *a, struct response *ret, const struct server *s, struct sv to) {
    switch (s->how) {
    case HOW_LOCATION:
        sim_status(a, ret, 302);
        sim_header(a, ret, "Location", to);
        return;
    case HOW_CREATED:
        sim_json(a, ret, 201, "{\"ok\":true}");
        sim_header(a, ret, "Location", to);
        return;
    case HOW_META:
        sim_text(a, ret, 200, "text/html", "<html><head><meta http-equiv=\"refresh\" content=\"0; url=" SV_FMT "\"></head></html>", SV_ARG(to));
        return;
    case HOW_SCRIPT:
        sim_text(a, ret, 200, "text/html", "<html><script>window.location.replace(\"" SV_FMT "\");</script></html>", SV_ARG(to));
        return;
    case HOW_REFRESH:
        sim_text(a, ret, 200, "text/html", "<html>one moment</html>");
        sim_header(a, ret, "Refresh", arena_printf(a, "3; URL=" SV_FMT, SV_ARG(to)));
        return;
    case HOW_JSON:
        sim_json(a, ret, 200, "{\"redirect\":\"" SV_FMT "\"}", SV_ARG(to));
        return;
    case HOW_TEXT:
        sim_text(a, ret, 200, "text/plain", "<meta http-equiv=\"refresh\" content=\"0; url=" SV_FMT "\">", SV_ARG(to));
        return;
    }
}

static void serve(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct server *s = state;
    struct sv to = sim_query(a, o, "next");
    if (!sv_eq(sim_path(o), SV("/go"))) {
        sim_json(a, ret, 404, "{\"error\":\"no such route\"}");
        return;
    }
    s->calls++;
    if (s->drops) {
        sim->outcome = OUTCOME_CLOSED;
        return;
    }
    bool ours = sv_contains(to, SV("example.com"));
    bool ok = to.len > 0 && (s->allows == NULL || s->allows(to)) && !(s->once && ours && s->good++ > 0);
    if (!ok) {
        sim_json(a, ret, 400, "{\"error\":\"not a place of this site\"}");
        return;
    }
    if (s->fixed != NULL) to = sv_from(s->fixed);
    if (s->in_query) to = arena_printf(a, "/login?next=" SV_FMT, SV_ARG(to));
    if (s->subdomain) { // the value becomes a label, whatever it is
        struct sv word = sv_starts_with(to, SV("https://")) ? sv_from_index(to, 8) : sv_from_index(to, 1);
        to = arena_printf(a, "https://" SV_FMT ".example.com/", SV_ARG(sv_slice(word, 0, sv_find_char(word, '.'))));
    }
    send(a, ret, s, arena_printf(a, "%s" SV_FMT, s->before == NULL ? "" : s->before, SV_ARG(to)));
}

#define SPEC_OF(example)                                                                                           \
    "openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths:\n  /go:\n    get:\n      parameters:\n"               \
    "        - {name: next, in: query, required: true, schema: {type: string}, example: '" example "'}\n"         \
    "      responses: {'302': {description: moved}}\n"

static void scan_spec(struct arena *a, struct server *s, const char *spec, struct scan_result *r) {
    struct error err = {0};
    const struct sim_options o = {.server = serve, .state = s, .spec = spec, .only = "open-redirect", .mode = MODE_SAFE};
    assert_ok(&err, sim_run(a, &o, r, &err));
}
static void scan(struct arena *a, struct server *s, struct scan_result *r) {
    scan_spec(a, s, SPEC_OF("/items"), r);
}

static void expect_found(const struct scan_result *r) {
    const struct result_finding *f = sim_find(r, "open-redirect", "/go");
    if (f == NULL) sim_dump(r);
    assert_non_null(f);
    assert_int_equal(f->confidence, CONFIDENCE_CONFIRMED);
    assert_int_equal(f->severity, SEVERITY_MEDIUM);
    assert_sv_text(f->parameter, "next");
    assert_int_equal(sim_count(r, "open-redirect"), 1);
}
static void expect_none(const struct scan_result *r, enum coverage_status status) {
    if (sim_count(r, "open-redirect") != 0) sim_dump(r);
    assert_int_equal(sim_count(r, "open-redirect"), 0);
    assert_int_equal(sim_coverage(r, "open-redirect", "GET", "/go"), status);
}

static void test_anywhere(void **state) {
    static const enum how hows[] = {HOW_LOCATION, HOW_META, HOW_SCRIPT, HOW_REFRESH};
    for (size_t i = 0; i < sizeof hows / sizeof *hows; i++) {
        struct server s = {.how = hows[i]};
        struct scan_result r = {0};
        scan(*state, &s, &r);
        expect_found(&r);
    }
}

static bool slash(struct sv v) {
    return sv_starts_with(v, SV("/"));
}
static bool one_slash(struct sv v) {
    return sv_starts_with(v, SV("/")) && !sv_starts_with(v, SV("//"));
}
static bool begins_good(struct sv v) {
    return sv_starts_with(v, SV("https://shop.example.org")) || one_slash(v);
}
static bool contains_good(struct sv v) {
    return sv_contains(v, SV("shop.example.org"));
}
static bool no_slashes(struct sv v) {
    return !sv_contains(v, SV("//"));
}
static bool host_ends_good(struct sv v) {
    struct sv rest = sv_starts_with(v, SV("https://")) ? sv_from_index(v, 8) : SV("");
    return sv_ends_with(sv_slice(rest, 0, sv_find_char(rest, '/')), SV("example.org"));
}

static void test_filters_walked_around(void **state) {
    struct {
        bool (*allows)(struct sv);
        const char *spec;
    } cases[] = {
        {slash, SPEC_OF("/items")},
        {one_slash, SPEC_OF("/items")},
        {no_slashes, SPEC_OF("/items")},
        {begins_good, SPEC_OF("https://shop.example.org/cart")},
        {contains_good, SPEC_OF("https://shop.example.org/cart")},
        {host_ends_good, SPEC_OF("https://shop.example.org/cart")},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct server s = {.allows = cases[i].allows};
        struct scan_result r = {0};
        scan_spec(*state, &s, cases[i].spec, &r);
        expect_found(&r);
    }
}

// The service writes scheme and host in front, without a slash behind it.
static void test_host_in_front(void **state) {
    struct server s = {.before = "https://shop.example.org"};
    struct scan_result r = {0};
    scan(*state, &s, &r);
    expect_found(&r);
}

static bool strict_path(struct sv v) {
    return one_slash(v) && sv_find_char(v, '\\') == SIZE_MAX;
}

static void test_near_misses(void **state) {
    struct server cases[] = {
        {.fixed = "/items"},                         // always the same place
        {.fixed = "https://elsewhere.example.net/"}, // always the same foreign place
        {.allows = strict_path},                     // relative only
        {.in_query = true},                          // the value stands in the query of a place here
        {.before = "https://shop.example.org/"},     // a path below the good host
        {.how = HOW_JSON},                           // a text, no redirect
        {.how = HOW_TEXT},                           // the markup as text/plain
        {.how = HOW_CREATED},                        // Location of a created object
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scan_result r = {0};
        scan(*state, &cases[i], &r);
        expect_none(&r, COVERAGE_PASSED);
        assert_in_range(cases[i].calls, 1, 22);
    }
}

// Any value becomes a label of the service's own domain.
static void test_value_as_label(void **state) {
    struct server s = {.subdomain = true};
    struct scan_result r = {0};
    scan(*state, &s, &r);
    expect_none(&r, COVERAGE_PASSED);
}

static void test_one_round_only(void **state) {
    struct server s = {.once = true};
    struct scan_result r = {0};
    scan(*state, &s, &r);
    expect_none(&r, COVERAGE_PASSED);
}

static void test_no_answer(void **state) {
    struct server s = {.drops = true};
    struct scan_result r = {0};
    scan(*state, &s, &r);
    assert_int_equal(sim_count(&r, "open-redirect"), 0);
    assert_int_not_equal(sim_coverage(&r, "open-redirect", "GET", "/go"), COVERAGE_PASSED);
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_anywhere),      test_with_arena(test_filters_walked_around), test_with_arena(test_host_in_front),
    test_with_arena(test_near_misses),   test_with_arena(test_value_as_label),        test_with_arena(test_one_round_only),
    test_with_arena(test_no_answer),
};
TEST_MAIN(tests)
