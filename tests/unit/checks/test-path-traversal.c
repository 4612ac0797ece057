// SPDX-License-Identifier: Apache-2.0
#include "support/sim.h"

#include "checks/support/url_params.h"
#include "data/knowledge.h"
#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Sheets, version: '1'}\n"
                           "paths:\n"
                           "  /sheet:\n"
                           "    get:\n"
                           "      parameters: [{name: file, in: query, schema: {type: string}, example: notes.txt}]\n"
                           "      responses: {'200': {description: ok}}\n"
                           "  /music/{name}:\n"
                           "    get:\n"
                           "      parameters: [{name: name, in: path, required: true, schema: {type: string}, example: waltz.txt}]\n"
                           "      responses: {'200': {description: ok}}\n";

#define PASSWD "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"

enum service {
    // flawed
    OPENS, OPENS_JSON, OPENS_BASE64, STRIPS_ONCE, DECODES_TWICE, ABSOLUTE_WINS, WANTS_BEGINNING, MAKES_SLASHES, ADDS_SUFFIX, ADDS_SUFFIX_CLEANED,
    // not
    CLEAN, ECHO, ALWAYS_QUOTES, SEARCH, HONEYPOT, NORMALISES, WALL, ALWAYS_500, LIMITED, SILENT, REFUSES_IN_WORDS, MALFORMED, SAYS_NOT_FOUND, REPEATS_NAME, REPEATS_KEY
};

// "a/./b/../c" -> "a/c"; below the root everything stays at the root.
static struct sv clean(struct arena *a, struct sv path) {
    struct sv parts[64], rest = path, part;
    size_t n = 0;
    while (sv_split(&rest, '/', &part)) {
        if (part.len == 0 || sv_eq(part, SV("."))) continue;
        if (sv_eq(part, SV(".."))) n -= n > 0;
        else if (n < 64) parts[n++] = part;
    }
    struct sv out = SV("");
    for (size_t i = 0; i < n; i++) out = arena_printf(a, SV_FMT "/" SV_FMT, SV_ARG(out), SV_ARG(parts[i]));
    return out;
}

static struct sv without(struct arena *a, struct sv text, struct sv part) {
    struct sv out = SV("");
    for (size_t found; (found = sv_find(text, part)) != SIZE_MAX; text = sv_from_index(text, found + part.len))
        out = arena_printf(a, SV_FMT SV_FMT, SV_ARG(out), SV_ARG(sv_slice(text, 0, found)));
    return arena_printf(a, SV_FMT SV_FMT, SV_ARG(out), SV_ARG(text));
}

static void serve(struct arena *a, struct response *ret, struct sv path, bool json) {
    struct sv file = clean(a, path);
    bool own = sv_starts_with(file, SV("/srv/data/")) && (sv_ends_with(file, SV("/notes.txt")) || sv_ends_with(file, SV("/waltz.txt")));
    if (sv_eq(file, SV("/etc/passwd")) && json) sim_json(a, ret, 200, "{\"content\":\"root:x:0:0:root:/root:/bin/bash\\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\\n\"}");
    else if (sv_eq(file, SV("/etc/passwd"))) sim_text(a, ret, 200, "text/plain", "%s", PASSWD);
    else if (own) sim_text(a, ret, 200, "text/plain", "do re mi");
    else sim_json(a, ret, 404, "{\"error\":\"no such sheet\"}");
}

static void with_suffix(struct arena *a, struct response *ret, struct sv path, bool cleaned) {
    struct sv file = arena_printf(a, SV_FMT ".json", SV_ARG(cleaned ? clean(a, path) : path));
    if (sv_starts_with(clean(a, path), SV("/srv/data/notes")) || sv_starts_with(clean(a, path), SV("/srv/data/waltz"))) sim_json(a, ret, 200, "{\"notes\":\"do re mi\"}");
    else sim_json(a, ret, 500, "{\"error\":\"ENOENT: no such file or directory, open '" SV_FMT "'\"}", SV_ARG(file));
}

static struct sv below_data(struct arena *a, struct sv value) {
    return arena_printf(a, "/srv/data/" SV_FMT, SV_ARG(value));
}

static struct sv replaced_backslashes(struct arena *a, struct sv value) {
    char *out = arena_alloc(a, value.len + 1);
    for (size_t i = 0; i < value.len; i++) out[i] = value.ptr[i] == '\\' ? '/' : value.ptr[i];
    return sv_make(out, value.len);
}

static void flawed(enum service s, struct arena *a, struct sv value, struct response *ret) {
    struct sv path = below_data(a, value);
    bool hostile = sv_contains(value, SV("..")) || sv_contains(value, SV("/"));
    if (s == OPENS || s == OPENS_JSON) {
        serve(a, ret, path, s == OPENS_JSON);
    } else if (s == OPENS_BASE64) { // of two account lines
        if (sv_eq(clean(a, path), SV("/etc/passwd"))) sim_json(a, ret, 200, "{\"data\":\"cm9vdDp4OjA6MDpyb290Oi9yb290Oi9iaW4vYmFzaApkYWVtb246eDoxOjE6ZGFlbW9uOi91c3Ivc2JpbjovdXNyL3NiaW4vbm9sb2dpbgo=\"}");
        else serve(a, ret, path, false);
    } else if (s == STRIPS_ONCE) {
        serve(a, ret, below_data(a, without(a, value, SV("../"))), false);
    } else if (s == DECODES_TWICE) {
        if (hostile) sim_json(a, ret, 400, "{\"error\":\"bad name\"}");
        else serve(a, ret, below_data(a, url_decode(a, value, false)), false);
    } else if (s == MAKES_SLASHES) {
        if (sv_contains(value, SV("/"))) sim_json(a, ret, 400, "{\"error\":\"bad name\"}");
        else serve(a, ret, below_data(a, url_decode(a, replaced_backslashes(a, value), false)), false);
    } else if (s == ABSOLUTE_WINS) {
        if (sv_contains(value, SV(".."))) sim_json(a, ret, 400, "{\"error\":\"bad name\"}");
        else serve(a, ret, sv_starts_with(value, SV("/")) ? value : path, false);
    } else if (s == WANTS_BEGINNING) {
        if (!sv_starts_with(value, SV("notes.txt")) && !sv_starts_with(value, SV("waltz.txt"))) sim_json(a, ret, 400, "{\"error\":\"bad name\"}");
        else serve(a, ret, path, false);
    } else {
        with_suffix(a, ret, path, s == ADDS_SUFFIX_CLEANED);
    }
}

// Stores that speak like a file system and open nothing.
static void keeps_no_files(enum service s, struct arena *a, struct sv value, struct response *ret) {
    bool hostile = sv_contains(value, SV("..")) || sv_contains(value, SV("/"));
    if (s == SAYS_NOT_FOUND) // the caller's own text behind the words, without any step resolved
        sim_json(a, ret, 404, "{\"error\":\"No such file or directory: " SV_FMT "\"}", SV_ARG(hostile ? SV("(hidden)") : value));
    else if (s == REPEATS_NAME)
        sim_json(a, ret, 404, "{\"error\":\"[Errno 2] No such file or directory: '" SV_FMT "'\"}", SV_ARG(value));
    else if (hostile) // steps are taken out once
        sim_json(a, ret, 404, "{\"error\":\"ENOENT: no such key, path=" SV_FMT "\"}", SV_ARG(without(a, value, SV("../"))));
    else
        serve(a, ret, below_data(a, value), false);
}

static void sheet(struct sim *sim, enum service s, struct arena *a, struct sv value, struct response *ret) {
    struct sv path = below_data(a, value);
    bool hostile = sv_contains(value, SV("..")) || sv_contains(value, SV("/"));
    switch (s) {
    case OPENS:
    case OPENS_JSON:
    case OPENS_BASE64:
    case STRIPS_ONCE:
    case DECODES_TWICE:
    case ABSOLUTE_WINS:
    case WANTS_BEGINNING:
    case MAKES_SLASHES:
    case ADDS_SUFFIX:
    case ADDS_SUFFIX_CLEANED:
        flawed(s, a, value, ret);
        return;
    case CLEAN:
        if (hostile) sim_json(a, ret, 400, "{\"error\":\"bad name\"}");
        else serve(a, ret, path, false);
        return;
    case ECHO:
        sim_text(a, ret, 200, "text/plain", "You asked for " SV_FMT " and root:x:0:0 is a fine text", SV_ARG(value));
        return;
    case ALWAYS_QUOTES:
        sim_text(a, ret, 200, "text/plain", "%s", PASSWD);
        return;
    case SEARCH: // looks for words, and a document explains accounts
        if (sv_contains(value, SV("passwd"))) sim_text(a, ret, 200, "text/plain", "How accounts look: %s", PASSWD);
        else sim_text(a, ret, 200, "text/plain", "nothing");
        return;
    case HONEYPOT:
        if (sv_contains(value, SV(".."))) sim_text(a, ret, 200, "text/plain", "%s", PASSWD);
        else serve(a, ret, path, false);
        return;
    case NORMALISES: // cleaned, then bound to the folder
        serve(a, ret, arena_printf(a, "/srv/data" SV_FMT, SV_ARG(clean(a, value))), false);
        return;
    case WALL:
        if (sv_contains(value, SV("passwd"))) sim_text(a, ret, 403, "text/html", "<html><body>Blocked: root:x:0:0 attack</body></html>");
        else serve(a, ret, path, false);
        return;
    case ALWAYS_500:
        sim_json(a, ret, 500, "{\"error\":\"ENOENT: no such file or directory\"}");
        return;
    case LIMITED:
        if (hostile) sim_json(a, ret, 429, "{\"error\":\"slow down\"}");
        else serve(a, ret, path, false);
        return;
    case SILENT:
        if (hostile) sim->outcome = OUTCOME_CLOSED;
        else serve(a, ret, path, false);
        return;
    case REFUSES_IN_WORDS:
        if (hostile) sim_json(a, ret, 400, "{\"error\":\"" SV_FMT " is outside the folder\"}", SV_ARG(value));
        else serve(a, ret, path, false);
        return;
    case MALFORMED:
        sim_text(a, ret, 200, "application/json", "{\"content\":\"root:x:0:0\xff\xfe");
        return;
    case SAYS_NOT_FOUND:
    case REPEATS_NAME:
    case REPEATS_KEY:
        keeps_no_files(s, a, value, ret);
        return;
    }
}

static void server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    enum service s = *(const enum service *)state;
    struct sv path = sim_path(o);
    if (sv_eq(path, SV("/sheet"))) sheet(sim, s, a, sim_query(a, o, "file"), ret);
    else if (sv_starts_with(path, SV("/music/"))) sheet(sim, s, a, url_decode(a, sv_from_index(path, 7), false), ret);
    else sim_json(a, ret, 404, "{\"error\":\"none\"}");
}

static struct scan_result scan(struct arena *a, enum service s) {
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = server, .state = &s, .spec = spec, .only = "path-traversal", .mode = MODE_SAFE};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static void assert_found(struct arena *a, enum service s, const char *cause, enum confidence confidence) {
    struct scan_result r = scan(a, s);
    if (sim_count(&r, NULL) != 2) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 2); // one a place
    for (size_t i = 0; i < 2; i++) {
        assert_sv_equal(r.findings[i].cause, sv_from(cause));
        assert_int_equal(r.findings[i].confidence, confidence);
    }
}

static void test_files_outside_are_read(void **state) {
    static const enum service services[] = {OPENS, OPENS_JSON, OPENS_BASE64, STRIPS_ONCE, DECODES_TWICE, ABSOLUTE_WINS, WANTS_BEGINNING, MAKES_SLASHES};
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) assert_found(*state, services[i], "path-traversal", CONFIDENCE_CONFIRMED);
}

static void test_errors_that_name_the_path(void **state) {
    assert_found(*state, ADDS_SUFFIX, "path-traversal-tried", CONFIDENCE_FIRM);
    assert_found(*state, ADDS_SUFFIX_CLEANED, "path-traversal-tried", CONFIDENCE_FIRM);
}

static void test_what_is_no_fault(void **state) {
    static const enum service services[] = {CLEAN, ECHO, ALWAYS_QUOTES, SEARCH, HONEYPOT, NORMALISES, WALL, ALWAYS_500, LIMITED, SILENT, REFUSES_IN_WORDS, MALFORMED, SAYS_NOT_FOUND, REPEATS_NAME, REPEATS_KEY};
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        struct scan_result r = scan(*state, services[i]);
        if (sim_count(&r, NULL) != 0) sim_dump(&r);
        assert_int_equal(sim_count(&r, NULL), 0);
    }
}

static void test_coverage_is_honest(void **state) {
    struct scan_result clean_one = scan(*state, CLEAN), silent = scan(*state, SILENT), limited = scan(*state, LIMITED);
    assert_int_equal(sim_coverage(&clean_one, "path-traversal", "GET", "/sheet"), COVERAGE_PASSED);
    assert_int_equal(sim_coverage(&silent, "path-traversal", "GET", "/sheet"), COVERAGE_INCONCLUSIVE);
    assert_int_equal(sim_coverage(&limited, "path-traversal", "GET", "/sheet"), COVERAGE_INCONCLUSIVE);
}

// The account list is the proof and stays out of the report.
static void test_the_content_is_withheld(void **state) {
    struct scan_result r = scan(*state, OPENS);
    for (size_t i = 0; i < r.findings[0].evidence_count; i++) {
        assert_false(sv_contains(r.findings[0].evidence[i].response, SV("daemon:x")));
    }
}

#define EACH(item, list) (const struct node *item = node_is(list, NODE_ARRAY) ? (list)->first : NULL; item != NULL; item = item->next)

// Names that must and must not be recognised.
static void test_name_lists(void **state) {
    struct node *lists = NULL;
    struct error err = {0};
    unsigned samples = 0;
    assert_ok(&err, knowledge_load(*state, SV("wordlists/file-params"), &lists, &err));
    for EACH (l, node_get(lists, SV("lists"))) {
        struct sv id = node_get_text(l, SV("id"));
        assert_true(node_get_text(l, SV("source")).len > 0);
        for EACH (t, node_get(l, SV("true"))) {
            if (!url_params_name_in(lists, id, t->text)) fail_msg("not recognised: " SV_FMT, SV_ARG(t->text));
            samples++;
        }
        for EACH (t, node_get(l, SV("false"))) {
            if (url_params_name_in(lists, id, t->text)) fail_msg("recognised: " SV_FMT, SV_ARG(t->text));
            samples++;
        }
    }
    assert_true(samples > 30);
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_files_outside_are_read),   test_with_arena(test_errors_that_name_the_path), test_with_arena(test_what_is_no_fault),
    test_with_arena(test_coverage_is_honest),       test_with_arena(test_the_content_is_withheld),
    test_with_arena(test_name_lists),
};
TEST_MAIN(tests)
