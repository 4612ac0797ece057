// SPDX-License-Identifier: Apache-2.0
// A reader of the little SQL that the check speaks: literals joined by ||, LIKE, AND, CASE, differences; two dialects.
#include "injected.h"

#include <stdlib.h>

struct sql {
    struct sv rest;
    struct arena *a;
    bool bars;  // joins literals by || (else by standing side by side)
    bool error;
};

static bool take(struct sql *s, struct sv text) {
    if (!sv_starts_with_nocase(s->rest, text)) return false;
    s->rest = sv_from_index(s->rest, text.len);
    return true;
}
static void blanks(struct sql *s) {
    while (take(s, SV(" "))) {}
}
static struct sv literal(struct sql *s) {
    struct sv out = SV("");
    if (!take(s, SV("'"))) s->error = true;
    while (!s->error) {
        size_t end = sv_find_char(s->rest, '\'');
        if (end == SIZE_MAX) {
            s->error = true;
            break;
        }
        out = arena_printf(s->a, SV_FMT SV_FMT, SV_ARG(out), SV_ARG(sv_slice(s->rest, 0, end)));
        s->rest = sv_from_index(s->rest, end + 1);
        if (!take(s, SV("'"))) break;
        out = arena_printf(s->a, SV_FMT "'", SV_ARG(out));
    }
    return out;
}
static struct sv text_value(struct sql *s) {
    struct sv out = literal(s);
    for (;;) {
        struct sql before = *s;
        blanks(s);
        bool more = s->bars ? take(s, SV("||")) : s->rest.len > 0 && s->rest.ptr[0] == '\'';
        if (!more) {
            *s = before;
            return out;
        }
        blanks(s);
        out = arena_printf(s->a, SV_FMT SV_FMT, SV_ARG(out), SV_ARG(literal(s)));
    }
}
// % at both ends only.
static bool is_like(struct sv v, struct sv pattern) {
    bool open_end = sv_ends_with(pattern, SV("%")), open_start = sv_starts_with(pattern, SV("%"));
    struct sv core = sv_slice(pattern, open_start, pattern.len - (open_end && pattern.len > open_start));
    if (open_end && open_start) return sv_contains(v, core);
    return open_end ? sv_starts_with(v, core) : open_start ? sv_ends_with(v, core) : sv_eq(v, core);
}
static bool comparison(struct sql *s) {
    struct sv x = text_value(s);
    blanks(s);
    if (!take(s, SV("like "))) s->error = true;
    blanks(s);
    return is_like(x, text_value(s));
}
static uint64_t digits(struct sql *s) {
    uint64_t n = 0;
    if (s->rest.len == 0 || s->rest.ptr[0] < '0' || s->rest.ptr[0] > '9') s->error = true;
    while (s->rest.len > 0 && s->rest.ptr[0] >= '0' && s->rest.ptr[0] <= '9') {
        n = n * 10 + (uint64_t)(s->rest.ptr[0] - '0');
        s->rest = sv_from_index(s->rest, 1);
    }
    return n;
}
static uint64_t number_value(struct sql *s) {
    if (take(s, SV("(case when "))) {
        bool yes = comparison(s);
        if (!take(s, SV(" then "))) s->error = true;
        uint64_t x = digits(s);
        if (!take(s, SV(" else "))) s->error = true;
        uint64_t y = digits(s);
        if (!take(s, SV(" end)"))) s->error = true;
        return yes ? x : y;
    }
    uint64_t n = digits(s);
    while (!s->error && take(s, SV("-"))) n -= digits(s);
    return n;
}
static bool conditions(struct sql *s) {
    bool yes = true;
    blanks(s);
    while (!s->error && s->rest.len > 0) {
        if (!take(s, SV("and "))) s->error = true;
        blanks(s);
        yes = !s->error && comparison(s) && yes;
        blanks(s);
    }
    return yes && !s->error;
}

enum context { EQUALS, SEARCH, NUMBER };
static bool select_row(struct arena *a, enum context c, bool bars, struct sv v, bool *ret_error) {
    struct sql s = {.a = a, .bars = bars};
    s.rest = c == EQUALS ? arena_printf(a, "'" SV_FMT "'", SV_ARG(v)) : c == SEARCH ? arena_printf(a, "'%%" SV_FMT "%%'", SV_ARG(v)) : v;
    bool found = c == NUMBER ? number_value(&s) == 7 : c == EQUALS ? sv_eq(text_value(&s), SV("alder")) : is_like(SV("alder"), text_value(&s));
    bool all = !s.error && conditions(&s);
    *ret_error = s.error;
    return found && all && !s.error;
}

struct manner {
    enum context context;
    bool bars;
    const char *error; // NULL: a bare 500
    bool missing_404, missing_500, shows_nothing, caught, echoes;
};

static void answer(struct arena *a, const struct manner *m, struct sv v, struct response *ret) {
    bool error, found = select_row(a, m->context, m->bars, v, &error);
    auto_buf b = BUF_INIT(65536);
    esc_json(&b, v);
    if (error && !m->caught) sim_json(a, ret, 500, "{\"error\":\"%s" SV_FMT "\"}", m->error == NULL ? "internal" : m->error, SV_ARG(m->error == NULL ? SV("") : buf_sv(&b)));
    else if (m->shows_nothing) sim_json(a, ret, 200, "{\"ok\":true}");
    else if (found && m->echoes) sim_json(a, ret, 200, "{\"query\":\"" SV_FMT "\",\"items\":[{\"name\":\"alder\"}]}", SV_ARG(buf_sv(&b)));
    else if (found) injected_rows(a, ret);
    else if (m->echoes) sim_json(a, ret, 200, "{\"query\":\"" SV_FMT "\",\"items\":[]}", SV_ARG(buf_sv(&b)));
    else if (m->missing_404) sim_json(a, ret, 404, "{\"error\":\"not found\"}");
    else if (m->missing_500) sim_json(a, ret, 500, "{\"error\":\"cannot read properties of undefined\"}");
    else injected_none(a, ret);
}

static void safe(struct arena *a, struct sv v, bool number, struct response *ret) {
    if (injected_is_good(v, number)) injected_rows(a, ret);
    else sim_json(a, ret, 404, "{\"error\":\"not found\"}");
}
#define SERVICE(name, is_number, ...)                                                                                                     \
    static void name(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {        \
        static const struct manner m = {__VA_ARGS__};                                                                                     \
        (void)sim, (void)o;                                                                                                               \
        if (number == (is_number)) answer(a, &m, v, ret);                                                                                 \
        else safe(a, v, number, ret);                                                                                                     \
    }
SERVICE(shown, false, .context = EQUALS, .bars = true, .error = "SQLITE_ERROR: near \\\"k\\\": syntax error: ")
SERVICE(empty_list, false, .context = EQUALS, .bars = true)
SERVICE(absent_404, false, .context = EQUALS, .missing_404 = true)
SERVICE(absent_500, false, .context = EQUALS, .missing_500 = true)
SERVICE(search, false, .context = SEARCH, .bars = true)
SERVICE(search_adjacent, false, .context = SEARCH)
SERVICE(errors_caught, false, .context = EQUALS, .caught = true)
SERVICE(echoing, false, .context = EQUALS, .echoes = true)
SERVICE(nothing_shown, false, .context = EQUALS, .shows_nothing = true)
SERVICE(path_number, true, .context = NUMBER, .missing_404 = true)
SERVICE(path_number_text, true, .context = NUMBER, .error = "pq: syntax error at or near: ")

static void test_error_text(void **state) {
    injected_assert_found(*state, "sql-injection", shown, "/items", CONFIDENCE_CONFIRMED, SEVERITY_HIGH);
    injected_assert_found(*state, "sql-injection", path_number_text, "/items/{id}", CONFIDENCE_CONFIRMED, SEVERITY_HIGH);
}
static void test_blind(void **state) {
    injected_assert_found(*state, "sql-injection", empty_list, "/items", CONFIDENCE_CONFIRMED, SEVERITY_HIGH);
    injected_assert_found(*state, "sql-injection", absent_404, "/items", CONFIDENCE_CONFIRMED, SEVERITY_HIGH);
    injected_assert_found(*state, "sql-injection", absent_500, "/items", CONFIDENCE_CONFIRMED, SEVERITY_HIGH);
    injected_assert_found(*state, "sql-injection", search, "/items", CONFIDENCE_CONFIRMED, SEVERITY_HIGH);
    injected_assert_found(*state, "sql-injection", search_adjacent, "/items", CONFIDENCE_CONFIRMED, SEVERITY_HIGH);
    injected_assert_found(*state, "sql-injection", errors_caught, "/items", CONFIDENCE_CONFIRMED, SEVERITY_HIGH);
    injected_assert_found(*state, "sql-injection", echoing, "/items", CONFIDENCE_CONFIRMED, SEVERITY_HIGH);
    injected_assert_found(*state, "sql-injection", nothing_shown, "/items", CONFIDENCE_CONFIRMED, SEVERITY_HIGH);
    injected_assert_found(*state, "sql-injection", path_number, "/items/{id}", CONFIDENCE_CONFIRMED, SEVERITY_HIGH);
}
static void test_liars(void **state) {
    injected_assert_liars(*state, "sql-injection");
}

// Waits as pg_sleep would, where nothing of the result is shown and errors are swallowed.
static void sleeping(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)o;
    size_t at = sv_find(v, SV("' and (select 1 from pg_sleep("));
    if (!number && at != SIZE_MAX) sim->delay = (usec_t)(atof(arena_copy_sv(a, sv_from_index(v, at + 30)).ptr) * 1e6) + USEC_PER_MSEC;
    sim_json(a, ret, 200, "{\"ok\":true}");
}
static void test_time(void **state) {
    injected_assert_found(*state, "sql-injection", sleeping, "/items", CONFIDENCE_CONFIRMED, SEVERITY_HIGH);
}

// The first rounds hold and then the server closes: no more than firm, and never worse than that.
static void closing(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    if (sim->requests > 60) sim->outcome = OUTCOME_CLOSED;
    else empty_list(sim, a, o, v, number, ret);
}
static void test_cut_off(void **state) {
    for (unsigned seed = 1; seed <= 4; seed++) {
        struct scan_result r = injected_scan(*state, "sql-injection", closing, seed);
        const struct result_finding *f = sim_find(&r, "sql-injection", "/items");
        assert_true(f == NULL || f->confidence <= CONFIDENCE_CONFIRMED);
        assert_true(sim_count(&r, NULL) <= 1);
    }
}

// No value may widen, comment out, end or stack; nothing but GET goes out.
static void careful(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    assert_sv_text(o->request->method, "GET");
    struct sv all[] = {SV(" or "), SV("--"), SV("/*"), SV(";"), SV("union"), SV("insert"), SV("delete"), SV("drop")};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) assert_false(sv_contains_nocase(v, all[i]));
    empty_list(sim, a, o, v, number, ret);
}
static void test_nothing_is_widened(void **state) {
    injected_assert_found(*state, "sql-injection", careful, "/items", CONFIDENCE_CONFIRMED, SEVERITY_HIGH);
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_error_text), test_with_arena(test_blind),   test_with_arena(test_liars),
    test_with_arena(test_time),       test_with_arena(test_cut_off), test_with_arena(test_nothing_is_widened),
};
TEST_MAIN(tests)
