// SPDX-License-Identifier: Apache-2.0
// Every entry of data/exposed-files.yaml as a whole scan: its true samples served at its first path are found, its false ones are not.
#include "checks/support/exposed_forms.h"

#include "base/buf.h"
#include "data/knowledge.h"
#include "http/header.h"
#include "support/sim.h"
#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths:\n  /items: {get: {responses: {'200': {description: ok}}}}\n"
                           "  /shop/list.php: {get: {responses: {'200': {description: ok}}}}\n";

struct site {
    struct sv path, file;
    unsigned status;    // 0: 200
    bool everywhere;    // any name gives it
    bool no_ranges;     // HEAD says nothing of parts, and the file is large
    bool once, closes, script;
    unsigned shown, whole; // whole: GETs without a range of something large
};

static void serve(struct sim *sim, struct site *s, struct arena *a, const struct outgoing *o, struct response *ret) {
    bool head = sv_eq(o->request->method, SV("HEAD")), range = sim_request_header(o, "Range").len > 0;
    s->shown++;
    s->whole += !head && !range;
    if (s->closes) sim->outcome = OUTCOME_CLOSED;
    ret->status = (uint16_t)(range ? 206 : s->status == 0 ? 200 : s->status);
    ret->http_major = ret->http_minor = 1;
    if (!head) ret->body = s->file;
    sim_header(a, ret, "Content-Type", SV("application/octet-stream"));
    sim_header(a, ret, "Content-Length", s->no_ranges ? SV("900000") : SV("4000"));
    if (!s->no_ranges) sim_header(a, ret, "Accept-Ranges", SV("bytes"));
}

static void server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct site *s = state;
    struct sv path = sim_path(o);
    if (sv_eq(path, SV("/items"))) sim_json(a, ret, 200, "{\"items\":[{\"title\":\"a\"}]}");
    else if (sv_eq(path, SV("/shop/list.php"))) sim_text(a, ret, 200, "text/html", "<p>list</p><script src=\"/static/app.js\"></script>");
    else if (sv_eq(path, SV("/"))) sim_text(a, ret, 200, "text/html", "<p>shop</p><script src=\"/static/app.js\"></script>");
    else if (sv_eq(path, SV("/static/app.js"))) sim_text(a, ret, 200, "text/javascript", "run(1)\n//# sourceMappingURL=app.js.map\n");
    else if ((s->everywhere || sv_eq(path, s->path)) && !(s->once && s->shown > 0)) serve(sim, s, a, o, ret);
    else sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
}

static struct scan_result scan(struct arena *a, struct site *s) {
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = server, .state = s, .spec = spec, .only = "exposed-file", .mode = MODE_SAFE};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static unsigned nibble(char c) {
    return c >= 'a' ? (unsigned)(c - 'a') + 10 : (unsigned)(c - '0');
}

// A sample as it stands, in bytes ("hex:..."), or in parts.
static struct sv sample_of(struct arena *a, const struct node *n) {
    auto_buf b = BUF_INIT(65536);
    const struct node *parts = node_get(n, SV("parts"));
    for (const struct node *p = parts == NULL ? NULL : parts->first; p != NULL; p = p->next) buf_add(&b, p->text);
    if (parts == NULL && !sv_starts_with(n->text, SV("hex:"))) buf_add(&b, n->text);
    for (size_t i = 4; parts == NULL && sv_starts_with(n->text, SV("hex:")) && i + 1 < n->text.len; i += 2)
        buf_add_char(&b, (char)(nibble(n->text.ptr[i]) << 4 | nibble(n->text.ptr[i + 1])));
    return arena_copy_sv(a, buf_sv(&b));
}

static const struct node *files(struct arena *a) {
    struct node *n = NULL;
    struct error err = {0};
    assert_ok(&err, knowledge_load(a, SV("exposed-files"), &n, &err));
    return node_get(n, SV("files"));
}

static bool is_found(struct arena *a, const struct node *entry, struct sv sample) {
    struct site s = {.path = node_get(entry, SV("paths"))->first->text, .file = sample};
    struct scan_result r = scan(a, &s);
    if (node_get_bool(entry, SV("large"), false)) assert_int_equal(s.whole, 0);
    if (r.finding_count == 0) return false;
    assert_int_equal(r.finding_count, 1);
    assert_sv_equal(r.findings[0].cause, node_get_text(entry, SV("id")));
    assert_int_equal(r.findings[0].confidence, CONFIDENCE_CONFIRMED);
    return true;
}

static void test_every_entry_by_its_samples(void **unused) {
    (void)unused;
    auto_arena table = {.limit = (size_t)32 << 20};
    size_t count = 0, paths = 0;
    for (const struct node *entry = files(&table)->first; entry != NULL; entry = entry->next, count++) {
        paths += node_get(entry, SV("paths"))->count;
        assert_true(sv_starts_with(node_get_text(entry, SV("source")), SV("https://")));
        for (int want = 0; want < 2; want++) {
            const struct node *samples = node_get(entry, want ? SV("true") : SV("false"));
            assert_true(node_is(samples, NODE_ARRAY) && samples->count > 0);
            for (const struct node *n = samples->first; n != NULL; n = n->next) {
                auto_arena a = {.limit = (size_t)64 << 20};
                bool found = is_found(&a, entry, sample_of(&a, n));
                if (found != want) print_error("%.*s: %s sample %.*s\n", SV_ARG(node_get_text(entry, SV("id"))), want ? "true" : "false", SV_ARG(n->text));
                assert_int_equal(found, want);
            }
        }
    }
    assert_true(count >= 20 && paths >= 50);
}

#define ENVIRONMENT "APP_ENV=production\nDB_HOST=db\n"
static void assert_silent(struct arena *a, struct site s) {
    struct scan_result r = scan(a, &s);
    if (sim_count(&r, NULL) != 0) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 0);
}

static void test_what_is_no_file(void **state) {
    const struct sv env = SV(ENVIRONMENT), dump = SV("-- MySQL dump\n");
    assert_silent(*state, (struct site){.path = SV("/.env"), .file = env, .everywhere = true}); // a host that says this to everything
    assert_silent(*state, (struct site){.path = SV("/.env"), .file = env, .once = true});
    assert_silent(*state, (struct site){.path = SV("/.env"), .file = env, .closes = true});
    assert_silent(*state, (struct site){.path = SV("/.env"), .file = env, .status = 403});
    assert_silent(*state, (struct site){.path = SV("/.env"), .file = SV("<html><body>" ENVIRONMENT "</body></html>")});
    assert_silent(*state, (struct site){.path = SV("/dump.sql"), .file = dump, .everywhere = true});
    assert_silent(*state, (struct site){.path = SV("/dump.sql"), .file = dump, .once = true});
}

static void test_a_secret_in_it_raises_it(void **state) {
    struct site plain = {.path = SV("/.env"), .file = SV(ENVIRONMENT)}, secret = {.path = SV("/.env"), .file = SV(ENVIRONMENT "DB_PASSWORD=" "Tr0ub4dor9xQz\n")};
    struct scan_result r = scan(*state, &plain), s = scan(*state, &secret);
    assert_int_equal(r.findings[0].severity, SEVERITY_MEDIUM);
    assert_int_equal(s.findings[0].severity, SEVERITY_CRITICAL);
}

static void test_large_files_without_parts_are_not_read(void **state) {
    struct site s = {.path = SV("/dump.sql"), .file = SV("-- MySQL dump\n"), .no_ranges = true};
    struct scan_result r = scan(*state, &s);
    assert_int_equal(sim_count(&r, "exposed-file"), 1);
    assert_int_equal(r.findings[0].confidence, CONFIDENCE_TENTATIVE);
    assert_int_equal(s.whole, 0);
}

static void test_copies_and_maps(void **state) {
    struct site copy = {.path = SV("/shop/list.php.bak"), .file = SV("<?php\n$db = 'x';\n")}, page = {.path = SV("/shop/list.php.bak"), .file = SV("<p>list</p>")};
    struct scan_result r = scan(*state, &copy);
    assert_sv_equal(r.findings[0].cause, SV("source-backup"));
    assert_silent(*state, page);
    struct site map = {.path = SV("/static/app.js.map"),
                       .file = SV("{\"version\":3,\"sources\":[\"a.ts\"],\"sourcesContent\":[\"export const a = 1; // and more of the code of the page\"]}")};
    struct site names = {.path = SV("/static/app.js.map"), .file = SV("{\"version\":3,\"sources\":[\"a.ts\"],\"mappings\":\"AAAA\"}")};
    r = scan(*state, &map);
    assert_int_equal(sim_count(&r, NULL), 1);
    assert_sv_equal(r.findings[0].cause, SV("mapped-source"));
    assert_silent(*state, names);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_entry_by_its_samples),
        test_with_arena(test_what_is_no_file),
        test_with_arena(test_a_secret_in_it_raises_it),
        test_with_arena(test_large_files_without_parts_are_not_read),
        test_with_arena(test_copies_and_maps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
