// SPDX-License-Identifier: Apache-2.0
#include "support/sim.h"

#include "base/escape.h"
#include "http/url.h"
#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Words, version: '1'}\n"
                           "paths:\n"
                           "  /find:\n"
                           "    get:\n"
                           "      parameters: [{name: q, in: query, schema: {type: string}, example: oak}]\n"
                           "      responses: {'200': {description: ok}}\n";

enum escape { RAW, ESCAPED, BRACKETS_ONLY, QUOTES_ONLY, JSON_TEXT, WORDS_ONLY };
struct service {
    const char *type, *before, *after;
    enum escape escape;
    unsigned status;
    const char *header, *header_value;
};

static struct sv replaced(struct arena *a, struct sv text, enum escape escape) {
    auto_buf b = BUF_INIT(4096);
    if (escape == JSON_TEXT) {
        for (size_t i = 0; i < text.len; i++) {
            if (text.ptr[i] == '"' || text.ptr[i] == '\\') buf_add_char(&b, '\\');
            buf_add_char(&b, text.ptr[i]);
        }
        return arena_copy_sv(a, buf_sv(&b));
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool bracket = c == '<' || c == '>', quote = c == '"' || c == '\'';
        bool change = escape == ESCAPED ? bracket || quote : escape == BRACKETS_ONLY ? bracket : escape == QUOTES_ONLY ? quote : false;
        if (change) buf_addf(&b, "&#%d;", c);
        else if (escape != WORDS_ONLY || !(bracket || quote)) buf_add_char(&b, c);
    }
    return arena_copy_sv(a, buf_sv(&b));
}

static void server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    const struct service *s = state;
    (void)sim;
    struct sv q = sim_query(a, o, "q");
    if (!sv_eq(sim_path(o), SV("/find"))) {
        sim_json(a, ret, 404, "{\"error\":\"none\"}");
        return;
    }
    if (s->header != NULL) sim_header(a, ret, s->header, sv_from(s->header_value));
    struct sv body = arena_printf(a, "%s" SV_FMT "%s", s->before, SV_ARG(replaced(a, q, s->escape)), s->after);
    ret->status = (uint16_t)(s->status == 0 ? 200 : s->status);
    ret->http_major = ret->http_minor = 1;
    ret->body = body;
    if (s->type != NULL) sim_header(a, ret, "Content-Type", sv_from(s->type));
}

static struct scan_result scan(struct arena *a, const struct service *s) {
    struct scan_result r;
    struct error err = {0};
    struct service copy = *s;
    const struct sim_options o = {.server = server, .state = &copy, .spec = spec, .only = "reflected-html", .mode = MODE_SAFE};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static void test_markup(void **state) {
    static const struct service services[] = {
        {"text/html; charset=utf-8", "<h1>Nothing for ", "</h1>", RAW, 200, NULL, NULL},
        {"text/html", "<p>no ", "</p>", QUOTES_ONLY, 404, NULL, NULL},
        {"text/html", "<input value=\"", "\">", BRACKETS_ONLY, 200, NULL, NULL},
        {"text/html", "<input value='", "'>", RAW, 200, NULL, NULL},
        {"text/html", "<input value=", ">", RAW, 200, NULL, NULL},
        {"text/html", "<script>var q = \"", "\";</script>", JSON_TEXT, 200, NULL, NULL},
        {"text/html", "<script>// it's\nvar a = 'b'; var q = \"", "\";</script>", BRACKETS_ONLY, 200, NULL, NULL},
        {"text/html", "<script type=\"module\">run('", "');</script>", BRACKETS_ONLY, 200, NULL, NULL},
        {"text/html", "<title>", "</title>", RAW, 200, NULL, NULL},
        {"text/html", "<!-- looked for ", " --><p>x</p>", RAW, 200, NULL, NULL},
        {"text/html", "<textarea>", "</textarea>", RAW, 500, NULL, NULL},
        {"application/xhtml+xml", "<html xmlns=\"http://www.w3.org/1999/xhtml\"><p>", "</p></html>", RAW, 200, NULL, NULL},
        {NULL, "<html><p>", "</p></html>", RAW, 200, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        struct scan_result r = scan(*state, &services[i]);
        if (sim_count(&r, NULL) != 1) fail_msg("missed: %s", services[i].before);
        assert_int_equal(r.findings[0].confidence, CONFIDENCE_CONFIRMED);
        assert_int_equal(r.findings[0].severity, SEVERITY_MEDIUM);
    }
}

static void test_what_is_no_fault(void **state) {
    static const struct service services[] = {
        {"text/html", "<h1>Nothing for ", "</h1>", ESCAPED, 200, NULL, NULL},
        {"text/html", "<input value=\"", "\">", ESCAPED, 200, NULL, NULL},
        {"text/html", "<input value=\"", "\">", QUOTES_ONLY, 200, NULL, NULL}, // brackets in a quoted value are text
        {"text/html", "<p>", "</p>", BRACKETS_ONLY, 200, NULL, NULL},
        {"text/html", "<p>", "</p>", WORDS_ONLY, 200, NULL, NULL},
        {"text/html", "<script>var q = \"", "\";</script>", ESCAPED, 200, NULL, NULL},
        {"text/html", "<script type=\"application/json\">{\"q\":\"", "\"}</script>", BRACKETS_ONLY, 200, NULL, NULL},
        {"text/html", "<script>/* \"", "\" */</script>", BRACKETS_ONLY, 200, NULL, NULL},
        {"text/html", "<script>run(1)</script><p>\"", "\"</p>", BRACKETS_ONLY, 200, NULL, NULL},
        {"application/json", "{\"q\":\"", "\"}", JSON_TEXT, 200, NULL, NULL},
        {"application/problem+json", "{\"title\":\"no ", "\"}", JSON_TEXT, 404, NULL, NULL},
        {"text/plain", "you asked ", "", RAW, 200, NULL, NULL},
        {"application/xml", "<a>", "</a>", RAW, 200, NULL, NULL},
        {"text/html", "<p>", "</p>", RAW, 200, "Content-Disposition", "attachment; filename=x.html"},
        {"text/html", "<p>", "</p>", RAW, 302, "Location", "/"},
        {NULL, "you asked ", "", RAW, 200, NULL, NULL},
        {NULL, "<html><p>", "</p>", RAW, 200, "X-Content-Type-Options", "nosniff"},
    };
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        struct scan_result r = scan(*state, &services[i]);
        if (sim_count(&r, NULL) != 0) fail_msg("falsely told: %zu %s", i, services[i].before);
    }
}

static void test_a_policy_lowers_it(void **state) {
    static const struct service s = {"text/html", "<p>", "</p>", RAW, 200, "Content-Security-Policy", "default-src 'self'; object-src 'none'"};
    struct scan_result r = scan(*state, &s);
    assert_int_equal(sim_count(&r, NULL), 1);
    assert_int_equal(r.findings[0].severity, SEVERITY_INFO);
}

// -- pages for unknown paths -------------------------------------------------------------------------------------------------------------

enum unknown { DECODES, KEEPS_ENCODED, ESCAPES, PLAIN_TEXT };
static void unknown_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    enum unknown how = *(const enum unknown *)state;
    (void)sim;
    struct sv path = how == KEEPS_ENCODED ? sim_path(o) : url_decode(a, sim_path(o), false);
    auto_buf b = BUF_INIT(4096);
    if (how == ESCAPES) esc_html(&b, path);
    else buf_add(&b, path);
    if (sv_eq(path, SV("/find"))) sim_json(a, ret, 200, "{\"rows\":[]}");
    else sim_text(a, ret, 404, how == PLAIN_TEXT ? "text/plain" : "text/html", "<html><p>no " SV_FMT "</p></html>", SV_ARG(buf_sv(&b)));
}
static void test_unknown_paths(void **state) {
    for (unsigned i = DECODES; i <= PLAIN_TEXT; i++) {
        struct scan_result r;
        struct error err = {0};
        enum unknown how = (enum unknown)i;
        const struct sim_options o = {.server = unknown_server, .state = &how, .spec = spec, .only = "reflected-html", .mode = MODE_SAFE};
        assert_ok(&err, sim_run(*state, &o, &r, &err));
        assert_int_equal(sim_count(&r, "reflected-html"), how == DECODES);
        if (how == DECODES) assert_sv_equal(r.findings[0].cause, SV("reflected-html-path"));
    }
}

static const struct CMUnitTest tests[] = {test_with_arena(test_unknown_paths), test_with_arena(test_markup), test_with_arena(test_what_is_no_fault), test_with_arena(test_a_policy_lowers_it)};
TEST_MAIN(tests)
