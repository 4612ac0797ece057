// SPDX-License-Identifier: Apache-2.0
// Objects of a language in its own serialised form, in places that the caller sends back: cookies that are set, cursors, documented values of parameters. Only
// looks; values that redaction takes for tokens are not seen; whether the service reads them back without a signature is not tried, so this is tentative.
#include "checks/support/passive.h"
#include "checks/support/words.h"
#include "http/header.h"
#include "http/jwt.h"
#include "http/url.h"

struct state {
    bool told;
};

struct form {
    struct sv begin;
    const char *language;
};
// The first bytes as they stand in base64 or text: stream magic of Java (AC ED 00 05), pickle protocols 2 to 5, BinaryFormatter's header, Ruby's Marshal 4.8.
static const struct form forms[] = {
    {SV_INIT("rO0AB"), "Java"},  {SV_INIT("aced0005"), "Java"}, {SV_INIT("AAEAAAD/////"), ".NET (BinaryFormatter)"}, {SV_INIT("gAJ"), "Python (pickle)"}, {SV_INIT("gAN"), "Python (pickle)"},
    {SV_INIT("gASV"), "Python (pickle)"}, {SV_INIT("gAWV"), "Python (pickle)"}, {SV_INIT("BAh"), "Ruby (Marshal)"},
};

// O:4:"User":1:{ or a:2:{
static bool is_php(struct sv text) {
    if (text.len < 8 || (text.ptr[0] != 'O' && text.ptr[0] != 'a') || text.ptr[1] != ':') return false;
    size_t colon = sv_find_char(sv_from_index(text, 2), ':');
    if (colon == SIZE_MAX || colon > 5 || !sv_is_digits(sv_slice(text, 2, 2 + colon))) return false;
    char next = text.ptr[2 + colon + 1 < text.len ? 2 + colon + 1 : 0];
    return (text.ptr[0] == 'O' ? next == '"' : next == '{') && sv_find_char(text, '}') != SIZE_MAX;
}

// Decoded, it has the structure that the first bytes promise.
static bool is_whole(struct arena *a, struct sv text, const char *language) {
    if (sv_contains(sv_from(language), SV("Java")) && sv_starts_with(text, SV("aced"))) return sv_is_hex(text) && text.len >= 24;
    struct sv bytes = base64_decode(a, text);
    if (bytes.len < 10) return false;
    if (sv_contains(sv_from(language), SV("pickle"))) return bytes.ptr[bytes.len - 1] == '.';
    return true;
}

static const char *language_of(struct arena *a, struct sv value) {
    struct sv text = url_decode(a, sv_trim(value), false);
    if (text.len < 12 || text.len > 16384) return NULL;
    if (is_php(text)) return "PHP";
    struct sv bytes = base64_decode(a, text);
    if (is_php(bytes)) return "PHP";
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (sv_starts_with(text, forms[i].begin) && is_whole(a, text, forms[i].language)) return forms[i].language;
    }
    return NULL;
}

static int tell(struct check_run *run, const struct exchange *x, const char *language, const char *where, struct error *err) {
    struct state *s = check_state(run);
    if (s->told) return 0;
    s->told = true;
    struct sv reason = arena_printf(check_arena(run), "%s holds an object in the serialised form of %s, which the caller sends back; whether it is signed was not tried", where, language);
    if (reason.ptr == NULL) return error_nomem(err);
    return passive_report_host(run, x, SV("serialized-object"), CATEGORY_CONSUMPTION, IMPACT_HARDENING, CONFIDENCE_TENTATIVE, SV("Serialised objects go through the caller's hands"), reason, err);
}

// Members that callers send back as they are.
static bool goes_back(struct sv key) {
    static const struct sv names[] = {SV_INIT("cursor"), SV_INIT("next"), SV_INIT("nextcursor"), SV_INIT("state"), SV_INIT("viewstate"), SV_INIT("continuation"), SV_INIT("pagetoken"),
                                      SV_INIT("nextpagetoken"), SV_INIT("resume"), SV_INIT("prefs"), SV_INIT("cart"), SV_INIT("blob")};
    struct word w = word_of(key);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (sv_eq(sv_make(w.text, w.len), names[i])) return true;
    }
    return false;
}

static const char *language_in(struct arena *a, const struct node *n, unsigned depth, unsigned *seen) {
    const char *language = NULL;
    if ((!node_is(n, NODE_OBJECT) && !node_is(n, NODE_ARRAY)) || depth > 16) return NULL;
    for (const struct node *c = n->first; c != NULL && language == NULL && ++*seen < 2000; c = c->next) {
        language = c->kind == NODE_STRING && goes_back(c->key) ? language_of(a, c->text) : language_in(a, c, depth + 1, seen);
    }
    return language;
}

static int observe(struct check_run *run, const struct exchange *x, struct error *err) {
    struct state *s = check_state(run);
    if (s->told || !passive_is_ordinary(x)) return 0;
    auto_arena a = {.limit = (size_t)32 << 20};
    for (size_t n = 0; n < header_count(&x->response.headers, SV("Set-Cookie")); n++) {
        struct set_cookie c;
        if (!set_cookie_parse(header_find_nth(&x->response.headers, SV("Set-Cookie"), n), &c)) continue;
        const char *language = language_of(&a, c.value);
        if (language != NULL) return tell(run, x, language, "a cookie", err);
    }
    struct node *root;
    unsigned seen = 0;
    if (x->response.body.len == 0 || node_parse_json(&a, x->response.body, &node_limits_response, &root, NULL) != 0) return 0;
    const char *language = language_in(&a, root, 0, &seen);
    return language == NULL ? 0 : tell(run, x, language, "a member of an answer", err);
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    auto_arena a = {.limit = (size_t)4 << 20};
    const struct baseline *b = check_baseline(run, op, 0);
    check_coverage(run, op, COVERAGE_PASSED, NULL);
    for (size_t i = 0; i < op->parameter_count && exchange_answered(b->answer); i++) {
        const char *language = language_of(&a, op->parameters[i].example);
        if (language != NULL) return tell(run, b->answer, language, "a documented value of a parameter", err);
    }
    return 0;
}

const struct check check_serialized_objects = {
    .id = "serialized-objects",
    .title = "Serialised objects that go through the caller's hands",
    .category = CATEGORY_CONSUMPTION,
    .owasp = "API10:2023",
    .cwe = 502,
    .traits = CHECK_PASSIVE | CHECK_READ_ONLY,
    .state_size = sizeof(struct state),
    .observe = observe,
    .plan = plan,
};
