// SPDX-License-Identifier: Apache-2.0
// Every entry of data/debug-routes.yaml as a whole scan: its true samples served at its path are found, its false ones are not.
#include "checks/support/debug_pages.h"

#include "data/knowledge.h"
#include "http/header.h"
#include "support/sim.h"
#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths:\n  /items: {get: {responses: {'200': {description: ok}}}}\n";

static const char spec_with_both[] = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths:\n  /items: {get: {responses: {'200': {description: ok}}}}\n"
                                     "  /metrics: {get: {responses: {'200': {description: ok}}}}\n"
                                     "  /debug/pprof/: {get: {responses: {'200': {description: ok}}}}\n";

struct site {
    const char *prefix;
    struct sv path, page;
    bool everywhere; // the same page for any path
    bool once, closes;
    unsigned status; // 0: 200
    bool described;  // the description has it
    const char *vars; // served at /debug/vars
    const char *env;  // served at /actuator/env
    unsigned shown, heavy;
};

static void server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct site *s = state;
    struct sv path = sim_path(o);
    size_t prefix = s->prefix == NULL ? 0 : strlen(s->prefix);
    bool page = path.len > prefix && sv_eq(sv_from_index(path, prefix), s->path);
    s->heavy += sv_contains(path, SV("dump")) || sv_contains(path, SV("/pprof/profile")) || sv_contains(path, SV("/pprof/trace"));
    if (sv_eq(path, SV("/items"))) {
        sim_json(a, ret, 200, "{\"items\":[{\"title\":\"a\"}]}");
    } else if (s->vars != NULL && sv_eq(path, SV("/debug/vars"))) {
        sim_json(a, ret, 200, "%s", s->vars);
    } else if (s->env != NULL && sv_eq(path, SV("/actuator/env"))) {
        sim_json(a, ret, 200, "%s", s->env);
    } else if ((page || s->everywhere) && !(s->once && s->shown > 0)) {
        s->shown++;
        if (s->closes) sim->outcome = OUTCOME_CLOSED;
        sim_text(a, ret, s->status == 0 ? 200 : s->status, "text/html", SV_FMT, SV_ARG(s->page));
    } else {
        sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
    }
}

static struct scan_result scan(struct arena *a, struct site *s, const char *target) {
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = server, .state = s, .spec = s->described ? spec_with_both : spec, .target = target, .only = "debug-route", .mode = MODE_SAFE};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static const struct node *routes(struct arena *a) {
    struct node *n = NULL;
    struct error err = {0};
    assert_ok(&err, knowledge_load(a, SV("debug-routes"), &n, &err));
    return node_get(n, SV("routes"));
}

static bool is_found(struct arena *a, const struct node *entry, struct sv page) {
    struct site s = {.path = node_get_text(entry, SV("path")), .page = page};
    struct scan_result r = scan(a, &s, NULL);
    for (size_t i = 0; i < r.finding_count; i++) {
        if (sv_eq(r.findings[i].cause, node_get_text(entry, node_get(entry, SV("cause")) != NULL ? SV("cause") : SV("id")))) return true;
    }
    return false;
}

static void test_every_entry_by_its_samples(void **unused) {
    (void)unused;
    auto_arena table = {.limit = (size_t)32 << 20};
    size_t count = 0;
    for (const struct node *entry = routes(&table)->first; entry != NULL; entry = entry->next, count++) {
        assert_true(sv_starts_with(node_get_text(entry, SV("path")), SV("/")));
        assert_true(sv_starts_with(node_get_text(entry, SV("source")), SV("https://")));
        for (int want = 0; want < 2; want++) {
            const struct node *samples = node_get(entry, want ? SV("true") : SV("false"));
            assert_true(node_is(samples, NODE_ARRAY) && samples->count > 0);
            for (const struct node *n = samples->first; n != NULL; n = n->next) {
                auto_arena a = {.limit = (size_t)64 << 20};
                bool found = is_found(&a, entry, n->text);
                if (found != want) print_error("%.*s: %s sample %.*s\n", SV_ARG(node_get_text(entry, SV("id"))), want ? "true" : "false", SV_ARG(n->text));
                assert_int_equal(found, want);
            }
        }
    }
    assert_true(count >= 10);
}

static struct site profiler(void) {
    return (struct site){.path = SV("/debug/pprof/"), .page = SV("<title>/debug/pprof/</title>Types of profiles available: <a href=\"goroutine\">goroutine</a>")};
}

static void test_finding_names_page_and_fact(void **state) {
    struct site s = profiler();
    struct scan_result r = scan(*state, &s, NULL);
    const struct result_finding *f = sim_find(&r, "debug-route", "/debug/pprof/");
    assert_non_null(f);
    assert_int_equal(f->category, CATEGORY_INVENTORY);
    assert_int_equal(f->severity, SEVERITY_MEDIUM);
    assert_int_equal(f->confidence, CONFIDENCE_CONFIRMED);
    assert_int_equal(f->fact_count, 1);
    assert_sv_text(r.facts[f->facts[0] - 1].kind, "debug_route");
    assert_sv_text(r.facts[f->facts[0] - 1].subject, "GET /debug/pprof/");
}

// One import opens both.
static void test_pages_of_one_cause_are_one_finding(void **state) {
    struct site s = profiler();
    s.vars = "{\"cmdline\":[\"/api\"],\"memstats\":{\"Alloc\":1}}";
    struct scan_result r = scan(*state, &s, NULL);
    assert_int_equal(sim_count(&r, NULL), 1);
    assert_int_equal(r.findings[0].occurrence_count, 2);
    assert_int_equal(r.findings[0].severity, SEVERITY_MEDIUM);
}

// One setting opens the overview and what it names.
static void test_an_overview_and_its_page_are_one_finding(void **state) {
    struct site s = {.path = SV("/actuator"), .page = SV("{\"_links\":{\"self\":{\"href\":\"http://a/actuator\"},\"env\":{\"href\":\"http://a/actuator/env\"}}}"),
                     .env = "{\"activeProfiles\":[],\"propertySources\":[{\"name\":\"systemProperties\"}]}"};
    struct scan_result r = scan(*state, &s, NULL);
    assert_int_equal(sim_count(&r, NULL), 1);
    assert_int_equal(r.findings[0].occurrence_count, 2);
    assert_int_equal(r.findings[0].severity, SEVERITY_HIGH);
    assert_sv_text(r.findings[0].path, "/actuator/env");
    assert_int_equal(r.findings[0].fact_count, 2);
}

static struct site metrics(void) {
    return (struct site){.path = SV("/metrics"), .page = SV("# HELP jobs_total Jobs\n# TYPE jobs_total counter\njobs_total 1\n")};
}

// What lists the state of a process and is named by the service is published; what shows its insides is not.
static void test_metrics_that_the_service_names(void **state) {
    struct site hidden = metrics(), named = metrics(), insides = profiler();
    struct scan_result r = scan(*state, &hidden, NULL);
    assert_non_null(sim_find(&r, "debug-route", "/metrics"));
    named.described = true;
    r = scan(*state, &named, NULL);
    assert_null(sim_find(&r, "debug-route", "/metrics"));
    insides.described = true;
    r = scan(*state, &insides, NULL);
    assert_non_null(sim_find(&r, "debug-route", "/debug/pprof/"));
}

static void test_below_the_base_path_as_well(void **state) {
    struct site s = profiler();
    s.prefix = "/shop";
    struct scan_result r = scan(*state, &s, "http://127.0.0.1:8080/shop/");
    assert_non_null(sim_find(&r, "debug-route", "/shop/debug/pprof/"));
}

static void test_pages_that_cost_are_never_asked_for(void **state) {
    struct site s = profiler();
    scan(*state, &s, NULL);
    assert_int_equal(s.heavy, 0);
}

static void test_near_misses(void **unused) {
    (void)unused;
    struct site everywhere = profiler(), refused = profiler(), once = profiler(), closes = profiler(), none = {.path = SV("/none"), .page = SV("x")};
    everywhere.everywhere = true;
    refused.status = 403;
    once.once = true;
    closes.closes = true;
    struct site *const sites[] = {&everywhere, &refused, &once, &closes, &none};
    for (size_t i = 0; i < sizeof sites / sizeof sites[0]; i++) {
        auto_arena a = {.limit = (size_t)64 << 20};
        struct scan_result r = scan(&a, sites[i], NULL);
        if (sim_count(&r, NULL) > 0) sim_dump(&r);
        assert_int_equal(sim_count(&r, NULL), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_every_entry_by_its_samples),  test_with_arena(test_finding_names_page_and_fact),
        test_with_arena(test_below_the_base_path_as_well), test_with_arena(test_pages_that_cost_are_never_asked_for),
        test_with_arena(test_near_misses),
        test_with_arena(test_pages_of_one_cause_are_one_finding),
        test_with_arena(test_an_overview_and_its_page_are_one_finding),
        test_with_arena(test_metrics_that_the_service_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
