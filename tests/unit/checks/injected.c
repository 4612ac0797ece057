// SPDX-License-Identifier: Apache-2.0
#include "injected.h"

const char injected_spec[] = "openapi: 3.0.3\n"
                             "info: {title: Trees, version: '1'}\n"
                             "paths:\n"
                             "  /items:\n"
                             "    get:\n"
                             "      parameters: [{name: name, in: query, schema: {type: string}, example: alder}]\n"
                             "      responses: {'200': {description: ok}}\n"
                             "  /items/{id}:\n"
                             "    get:\n"
                             "      parameters: [{name: id, in: path, required: true, schema: {type: integer}, example: 7}]\n"
                             "      responses: {'200': {description: ok}}\n";

bool injected_is_good(struct sv value, bool number) {
    return sv_eq(value, number ? SV("7") : SV("alder"));
}
void injected_rows(struct arena *a, struct response *ret) {
    sim_json(a, ret, 200, "{\"items\":[{\"id\":7,\"name\":\"alder\",\"height\":21}]}");
}
void injected_none(struct arena *a, struct response *ret) {
    sim_json(a, ret, 200, "{\"items\":[]}");
}

struct world {
    injected_service service;
};

static void serve(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    const struct world *w = state;
    struct sv path = sim_path(o);
    if (sv_eq(path, SV("/items"))) {
        struct sv v = sim_query(a, o, "name");
        w->service(sim, a, o, v.ptr == NULL ? SV("") : v, false, ret);
    } else if (sv_starts_with(path, SV("/items/"))) {
        w->service(sim, a, o, url_decode(a, sv_from_index(path, 7), false), true, ret);
    } else {
        sim_json(a, ret, 404, "{\"error\":\"no such path\"}");
    }
}

struct scan_result injected_scan(struct arena *a, const char *check, injected_service service, unsigned seed) {
    struct world w = {service};
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = serve, .state = &w, .spec = injected_spec, .only = check, .mode = MODE_SAFE, .seed = seed};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

void injected_assert_found_as(struct arena *a, const char *name, const char *check, injected_service service, const char *path, enum confidence confidence, enum severity severity) {
    struct scan_result r = injected_scan(a, check, service, 1);
    const struct result_finding *f = sim_find(&r, check, path);
    if (f == NULL || sim_count(&r, NULL) != 1) {
        print_message("%s\n", name);
        sim_dump(&r);
    }
    assert_non_null(f);
    assert_int_equal(sim_count(&r, NULL), 1);
    assert_int_equal(f->confidence, confidence);
    assert_int_equal(f->severity, severity);
    assert_int_equal(sim_coverage(&r, check, "GET", path), COVERAGE_FOUND);
}

void injected_assert_clean(struct arena *a, const char *check, injected_service service, unsigned seeds) {
    for (unsigned seed = 1; seed <= seeds; seed++) {
        struct scan_result r = injected_scan(a, check, service, seed);
        if (sim_count(&r, NULL) != 0) sim_dump(&r);
        assert_int_equal(sim_count(&r, NULL), 0);
    }
}

// -- liars -----------------------------------------------------------------------------------------------------------------------------

static void parameterised(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)sim, (void)o;
    if (injected_is_good(v, number)) injected_rows(a, ret);
    else injected_none(a, ret);
}
static void not_found(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)sim, (void)o;
    if (injected_is_good(v, number)) injected_rows(a, ret);
    else sim_json(a, ret, 404, "{\"error\":\"not found\"}");
}
// Refuses everything but letters and digits.
static void strict(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)sim, (void)o;
    for (size_t i = 0; i < v.len; i++) {
        char c = sv_lower_char(v.ptr[i]);
        if (!((c >= 'a' && c <= 'z' && !number) || (c >= '0' && c <= '9'))) {
            sim_json(a, ret, 422, "{\"error\":\"letters and digits only\"}");
            return;
        }
    }
    if (injected_is_good(v, number)) injected_rows(a, ret);
    else injected_none(a, ret);
}
// parseInt, casts of PHP: what follows the number is left out; for texts the same with the first word.
static void lenient(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)sim, (void)o;
    size_t end = 0;
    while (end < v.len && (number ? v.ptr[end] >= '0' && v.ptr[end] <= '9' : sv_lower_char(v.ptr[end]) >= 'a' && sv_lower_char(v.ptr[end]) <= 'z')) end++;
    if (injected_is_good(sv_slice(v, 0, end), number)) injected_rows(a, ret);
    else injected_none(a, ret);
}
// Takes everything but letters, digits and blanks out of the value.
static void stripping(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)sim, (void)o;
    char kept[512];
    size_t n = 0;
    for (size_t i = 0; i < v.len && n < sizeof kept; i++) {
        char c = sv_lower_char(v.ptr[i]);
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == ' ') kept[n++] = v.ptr[i];
    }
    if (injected_is_good(sv_make(kept, n), number)) injected_rows(a, ret);
    else injected_none(a, ret);
}
// Every word counts, operators and quotes do not; an odd number of quotes is an error.
static void full_text(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)sim, (void)o;
    size_t quotes = 0;
    for (size_t i = 0; i < v.len; i++) quotes += v.ptr[i] == '"' || v.ptr[i] == '\'';
    if (quotes % 2 == 1) sim_json(a, ret, 500, "{\"error\":\"Failed to parse query\"}");
    else if (sv_contains(v, number ? SV("7") : SV("alder"))) injected_rows(a, ret);
    else injected_none(a, ret);
}
static uint64_t read_number(struct sv *rest) {
    uint64_t n = 0;
    while (rest->len > 0 && rest->ptr[0] >= '0' && rest->ptr[0] <= '9') {
        n = n * 10 + (uint64_t)(rest->ptr[0] - '0');
        *rest = sv_from_index(*rest, 1);
    }
    return n;
}
// Computes numbers for everybody, wherever they stand.
static void calculator(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)sim, (void)o, (void)number;
    struct sv rest = v;
    while (rest.len > 0 && (rest.ptr[0] < '0' || rest.ptr[0] > '9')) rest = sv_from_index(rest, 1);
    uint64_t x = read_number(&rest);
    char op = rest.len > 0 ? rest.ptr[0] : ' ';
    rest = sv_from_index(rest, 1);
    uint64_t y = read_number(&rest);
    uint64_t value = op == '*' ? x * y : op == '-' ? x - y : x;
    sim_json(a, ret, 200, "{\"items\":[{\"value\":%llu}]}", (unsigned long long)value);
}
static void echo(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)sim, (void)number, (void)o;
    auto_buf b = BUF_INIT(65536);
    esc_json(&b, v);
    sim_json(a, ret, 200, "{\"query\":\"" SV_FMT "\",\"message\":\"nothing is called " SV_FMT "\",\"items\":[]}", SV_ARG(buf_sv(&b)), SV_ARG(buf_sv(&b)));
}
static void constant(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)sim, (void)v, (void)number, (void)o;
    injected_rows(a, ret);
}
static void always_500(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)sim, (void)v, (void)number, (void)o;
    sim_json(a, ret, 500, "{\"error\":\"internal\"}");
}
static void random_status(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)v, (void)number, (void)o;
    uint64_t r = sv_hash(arena_printf(a, "%u", sim->requests), 3, 9);
    if (r % 3 == 0) sim_json(a, ret, 500, "{\"error\":\"internal\"}");
    else if (r % 3 == 1) injected_none(a, ret);
    else injected_rows(a, ret);
}
static void random_text(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)v, (void)number, (void)o;
    sim_json(a, ret, 200, "{\"items\":[{\"name\":\"%llx\"}]}", (unsigned long long)sv_hash(arena_printf(a, "%u", sim->requests), 3, 9));
}
static void alternating(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)v, (void)number, (void)o;
    if (sim->requests % 2 == 0) injected_rows(a, ret);
    else injected_none(a, ret);
}
static void wall(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)sim, (void)o;
    struct sv text = url_decode(a, o->request->target, true);
    bool hostile = sv_find_char(text, '\'') != SIZE_MAX || sv_find_char(text, '"') != SIZE_MAX || sv_contains_nocase(text, SV(" and ")) || sv_find_char(text, ';') != SIZE_MAX ||
                   sv_find_char(text, '<') != SIZE_MAX || sv_find_char(text, '$') != SIZE_MAX || sv_find_char(text, '{') != SIZE_MAX || sv_find_char(text, '\\') != SIZE_MAX;
    if (hostile) sim_text(a, ret, 403, "text/html", "<html><h1>Request blocked</h1><p>Incident %u</p></html>", sim->requests);
    else if (injected_is_good(v, number)) injected_rows(a, ret);
    else injected_none(a, ret);
}
// Explains what engines print, to everybody who asks for something unknown.
static void manual(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)sim, (void)o;
    if (injected_is_good(v, number)) injected_rows(a, ret);
    else
        sim_json(a, ret, 400, "{\"error\":\"unknown\",\"help\":\"You have an error in your SQL syntax; ORA-01756: quoted string not properly terminated; SQLITE_ERROR: near \\\"x\\\": syntax error; "
                              "lxml.etree.XPathEvalError: Invalid predicate; Bad search filter; sh: 1: Syntax error: Unterminated quoted string\"}");
}
static void limited(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)o;
    if (sim->requests > 24) sim_json(a, ret, 429, "{\"error\":\"slow down\"}");
    else if (injected_is_good(v, number)) injected_rows(a, ret);
    else injected_none(a, ret);
}
static void slow(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)v, (void)number, (void)o;
    sim->delay = (sv_hash(arena_printf(a, "%u", sim->requests), 5, 1) % 1800) * USEC_PER_MSEC;
    sim_json(a, ret, 200, "{\"ok\":true}");
}
static void silent(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)o;
    if (injected_is_good(v, number)) injected_rows(a, ret);
    else sim->outcome = OUTCOME_TIMEOUT;
}
static void malformed(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)sim, (void)o;
    sim_text(a, ret, 200, "application/json", injected_is_good(v, number) ? "{\"items\":[{" : "{\"it\xff\"");
}

const struct injected_liar injected_liars[] = {
    {"parameterised", parameterised, false}, {"not found", not_found, false}, {"strict", strict, false},           {"lenient", lenient, false},
    {"stripping", stripping, false},         {"full text", full_text, false}, {"calculator", calculator, false},   {"echo", echo, false},
    {"constant", constant, false},           {"always 500", always_500, true}, {"random status", random_status, false}, {"random text", random_text, false},
    {"alternating", alternating, false},     {"wall", wall, false},           {"manual", manual, false},           {"limited", limited, false},
    {"slow", slow, false},                   {"silent", silent, true},        {"malformed", malformed, false},
};
const size_t injected_liar_count = sizeof injected_liars / sizeof *injected_liars;

void injected_assert_liars(struct arena *a, const char *check) {
    for (size_t i = 0; i < injected_liar_count; i++) {
        const struct injected_liar *l = &injected_liars[i];
        for (unsigned seed = 1; seed <= 6; seed++) {
            struct scan_result r = injected_scan(a, check, l->service, seed);
            if (sim_count(&r, NULL) != 0) {
                print_message("liar: %s, seed %u\n", l->name, seed);
                sim_dump(&r);
            }
            assert_int_equal(sim_count(&r, NULL), 0);
            if (l->silent) assert_int_equal(sim_coverage(&r, check, "GET", "/items"), COVERAGE_INCONCLUSIVE);
        }
    }
    struct scan_result r = injected_scan(a, check, parameterised, 1);
    assert_int_equal(sim_coverage(&r, check, "GET", "/items"), COVERAGE_PASSED);
}
