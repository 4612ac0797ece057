// SPDX-License-Identifier: Apache-2.0
#include "injected.h"

#include <stdio.h>
#include <stdlib.h>

// Renders the value as an engine with these delimiters would: "<open>f*g<close>" becomes the product; what it cannot read is an error.
static bool render(struct arena *a, struct sv v, struct sv open, struct sv close, bool grouped, struct sv *ret) {
    struct sv done = SV("");
    for (size_t at; (at = sv_find(v, open)) != SIZE_MAX;) {
        struct sv inner = sv_from_index(v, at + open.len);
        size_t end = sv_find(inner, close);
        if (end == SIZE_MAX) return false;
        struct sv text = arena_copy_sv(a, sv_slice(inner, 0, end));
        char *rest;
        unsigned long long f = strtoull(text.ptr, &rest, 10);
        if (rest == text.ptr || *rest != '*') return false;
        unsigned long long n = f * strtoull(rest + 1, &rest, 10);
        struct sv number = grouped ? arena_printf(a, "%llu,%03llu,%03llu,%03llu", n / 1000000000, n / 1000000 % 1000, n / 1000 % 1000, n % 1000) : arena_printf(a, "%llu", n);
        done = arena_printf(a, SV_FMT SV_FMT SV_FMT, SV_ARG(done), SV_ARG(sv_slice(v, 0, at)), SV_ARG(number));
        v = sv_from_index(inner, end + close.len);
    }
    *ret = arena_printf(a, SV_FMT SV_FMT, SV_ARG(done), SV_ARG(v));
    return true;
}
static void page(struct arena *a, struct sv v, struct sv open, struct sv close, bool grouped, struct response *ret) {
    struct sv text;
    if (!render(a, v, open, close, grouped, &text)) {
        sim_json(a, ret, 500, "{\"error\":\"template\"}");
        return;
    }
    auto_buf b = BUF_INIT(65536);
    esc_html(&b, text);
    sim_text(a, ret, 200, "text/html", "<html><body><p>Hello " SV_FMT "</p></body></html>", SV_ARG(buf_sv(&b)));
}
#define ENGINE(name, open, close, grouped)                                                                                         \
    static void name(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) { \
        (void)sim, (void)o;                                                                                                        \
        if (number) injected_none(a, ret);                                                                                         \
        else page(a, v, SV(open), SV(close), grouped, ret);                                                                        \
    }
ENGINE(jinja, "{{", "}}", false)
ENGINE(freemarker, "${", "}", true)
ENGINE(erb, "<%=", "%>", false)
ENGINE(slim, "#{", "}", false)
ENGINE(razor, "@(", ")", false)
ENGINE(doubled, "{{=", "}}", false)

// Removes what looks like an expression; joins digits; computes everything.
static void removing(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)sim, (void)o, (void)number;
    size_t at = sv_find(v, SV("{{"));
    sim_json(a, ret, 200, "{\"text\":\"" SV_FMT "\"}", SV_ARG(sv_slice(v, 0, at)));
}
static void digits_only(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)sim, (void)o, (void)number;
    char kept[256];
    size_t n = 0;
    for (size_t i = 0; i < v.len && n < sizeof kept; i++)
        if (v.ptr[i] >= '0' && v.ptr[i] <= '9') kept[n++] = v.ptr[i];
    if (sv_find_char(v, '%') != SIZE_MAX && sv_find_char(v, '<') != SIZE_MAX) sim_json(a, ret, 500, "{\"error\":\"no\"}");
    else sim_json(a, ret, 200, "{\"digits\":\"" SV_FMT "\"}", SV_ARG(sv_make(kept, n)));
}

static void test_engines(void **state) {
    static const injected_service services[] = {jinja, freemarker, erb, slim, razor};
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        injected_assert_found(*state, "template-injection", services[i], "/items", CONFIDENCE_CONFIRMED, SEVERITY_CRITICAL);
    }
}
// The first look makes the engine fail; the sweep finds the form.
static void strict_doubled(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    bool other = sv_contains(v, SV("{{")) && !sv_contains(v, SV("{{="));
    if (!number && other) sim_json(a, ret, 500, "{\"error\":\"template\"}");
    else doubled(sim, a, o, v, number, ret);
}
static void test_sweep(void **state) {
    injected_assert_found(*state, "template-injection", strict_doubled, "/items", CONFIDENCE_CONFIRMED, SEVERITY_CRITICAL);
}
// An engine with double braces that knows numbers and "print" (as Go's), "times" (as Liquid's) or "add" (as Django's) and refuses all else.
static bool word_engine(struct arena *a, struct sv v, struct sv word, struct sv *ret) {
    struct sv done = SV("");
    for (size_t at; (at = sv_find(v, SV("{{"))) != SIZE_MAX;) {
        size_t end = sv_find(v, SV("}}"));
        if (end == SIZE_MAX || end < at) return false;
        char text[256];
        unsigned long long f = 0, g = 0;
        struct sv inner = sv_trim(sv_slice(v, at + 2, end));
        (void)snprintf(text, sizeof text, SV_FMT, SV_ARG(inner));
        bool print = sv_eq(word, SV("print")) && sscanf(text, "print %llu", &f) == 1;
        bool times = sv_eq(word, SV("times")) && sscanf(text, "%llu | times: %llu", &f, &g) == 2;
        bool add = sv_eq(word, SV("add")) && sscanf(text, "%llu|add:%llu", &f, &g) == 2;
        if (!print && !times && !add && !sv_is_digits(inner)) return false;
        if (!print && !times && !add) f = strtoull(text, NULL, 10);
        done = arena_printf(a, SV_FMT SV_FMT "%llu", SV_ARG(done), SV_ARG(sv_slice(v, 0, at)), times ? f * g : f + g);
        v = sv_from_index(v, end + 2);
    }
    *ret = arena_printf(a, SV_FMT SV_FMT, SV_ARG(done), SV_ARG(v));
    return true;
}
static void word_page(struct arena *a, struct sv v, bool number, struct sv word, struct response *ret) {
    struct sv text;
    auto_buf b = BUF_INIT(65536);
    if (number) injected_none(a, ret);
    else if (!word_engine(a, v, word, &text)) sim_json(a, ret, 400, "{\"error\":\"template\"}");
    else {
        esc_json(&b, text);
        sim_json(a, ret, 200, "{\"text\":\"" SV_FMT "\"}", SV_ARG(buf_sv(&b)));
    }
}
#define WORDS(name, word)                                                                                                          \
    static void name(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) { \
        (void)sim, (void)o;                                                                                                        \
        word_page(a, v, number, SV(word), ret);                                                                                    \
    }
WORDS(go, "print")
WORDS(liquid, "times")
WORDS(django, "add")
WORDS(numbers_only, "nothing")
// Engines without arithmetic, or with filters for it; what they read is data, not code.
static void test_words(void **state) {
    static const injected_service services[] = {go, liquid, django};
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        injected_assert_found(*state, "template-injection", services[i], "/items", CONFIDENCE_CONFIRMED, SEVERITY_HIGH);
    }
}
// Takes "{{" and "}}" away, or whole tags: sections and numbers stay side by side.
static void stripped(struct arena *a, struct sv v, bool tags, struct response *ret) {
    auto_buf b = BUF_INIT(65536), out = BUF_INIT(65536);
    while (v.len > 0) {
        bool open = sv_starts_with(v, SV("{{")), close = sv_starts_with(v, SV("}}"));
        size_t end = tags && open ? sv_find(v, SV("}}")) : SIZE_MAX;
        if (!open && !close) buf_add_char(&b, v.ptr[0]);
        v = sv_from_index(v, end != SIZE_MAX ? end + 2 : open || close ? 2 : 1);
    }
    esc_json(&out, buf_sv(&b));
    sim_json(a, ret, 200, "{\"text\":\"" SV_FMT "\"}", SV_ARG(buf_sv(&out)));
}
static void without_braces(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)sim, (void)o, (void)number;
    stripped(a, v, false, ret);
}
static void without_tags(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)sim, (void)o, (void)number;
    stripped(a, v, true, ret);
}

static void test_near_misses(void **state) {
    injected_assert_clean(*state, "template-injection", removing, 4);
    injected_assert_clean(*state, "template-injection", digits_only, 4);
    injected_assert_clean(*state, "template-injection", numbers_only, 4);
    injected_assert_clean(*state, "template-injection", without_braces, 4);
    injected_assert_clean(*state, "template-injection", without_tags, 4);
    injected_assert_liars(*state, "template-injection");
}
static const struct CMUnitTest tests[] = {test_with_arena(test_engines), test_with_arena(test_sweep), test_with_arena(test_words), test_with_arena(test_near_misses)};
TEST_MAIN(tests)
