// SPDX-License-Identifier: Apache-2.0
#include "liars.h"

const char *const server_names[SERVER_COUNT] = {
    "honest",        "random text",        "random status", "alternating", "pattern",  "coin",          "cache",
    "two versions",  "two versions, deaf", "echo",          "echo html",   "constant", "single page",   "limited",
    "block",         "block 200",          "expiring",      "changing",    "words",    "strips quotes", "strict",
    "prefix",        "odd quotes",         "flaky",         "deaf flaky",  "digits",   "calculator",    "error page",
    "random errors", "open access",        "forged",        "query",       "template",
};

static const struct sv engine_error = SV_INIT("ZetaEngine: unterminated literal near ");

void world_init(struct world *w, struct arena *a, enum server server, uint64_t seed) {
    *w = (struct world){.server = server, .a = a, .items = 3};
    rng_derive(&w->rng, seed, SV("world"), (uint64_t)server);
    w->expire_at = (unsigned)rng_between(&w->rng, 3, 20);
    w->pattern = (unsigned)rng_next(&w->rng);
    w->pattern_len = (unsigned)rng_between(&w->rng, 3, 7);
    w->owned = arena_printf(a, "/orders/%u", (unsigned)rng_between(&w->rng, 10000, 99999));
    assert_non_null(w->owned.ptr);
}

static bool chance(struct world *w, unsigned percent) {
    return rng_below(&w->rng, 100) < percent;
}

static struct exchange *items_answer(struct world *w, unsigned count, int skin) {
    struct sv list = SV("");
    for (unsigned i = 0; i < count; i++)
        list = arena_printf(w->a, SV_FMT "%s{\"id\":%u,\"name\":\"n%u\"}", SV_ARG(list), i > 0 ? "," : "", i + 7,
                            i * 3);
    return json_answer(
        w->a, 200, arena_printf(w->a, "{\"items\":[" SV_FMT "]%s}", SV_ARG(list), skin == 1 ? ",\"version\":2" : ""));
}

static struct exchange *failure(struct world *w, unsigned status, int skin) {
    return json_answer(w->a, status, skin == 1 ? SV("{\"problem\":{\"title\":\"no\"}}") : SV("{\"error\":\"no\"}"));
}

static struct exchange *order_answer(struct world *w, int skin) {
    return json_answer(w->a, 200,
                       arena_printf(w->a, "{\"id\":\"" SV_FMT "\",\"owner\":\"anna@example.org\",\"total\":95%s}",
                                    SV_ARG(w->owned), skin == 1 ? ",\"version\":2" : ""));
}

// A service with a search by exact name and with orders that only their owner sees.
static struct exchange *honest(struct world *w, struct ask ask, int skin) {
    if (sv_starts_with(ask.path, SV("/orders/"))) {
        bool in = sv_eq(ask.credential, SV("valid")) || (w->server == FLAW_FORGED && sv_eq(ask.credential, SV("weak")));
        if (!in && w->server != FLAW_ACCESS)
            return failure(w, 401, skin);
        return sv_eq(ask.path, w->owned) ? order_answer(w, skin) : failure(w, 404, skin);
    }
    if (sv_eq(ask.path, SV("/search")))
        return items_answer(w, sv_eq(ask.value, SV("alice")) ? w->items : 0, skin);
    return failure(w, 404, skin);
}

static struct exchange *random_text(struct world *w) {
    struct sv text = SV("");
    for (uint64_t n = rng_between(&w->rng, 3, 12); n > 0; n--)
        text = arena_printf(w->a, SV_FMT " " SV_FMT, SV_ARG(text), SV_ARG(rng_word(&w->rng, w->a, 6)));
    return json_answer(w->a, 200, arena_printf(w->a, "{\"message\":\"" SV_FMT "\"}", SV_ARG(text)));
}

static struct sv json_quoted(struct world *w, struct sv text) {
    char *out = arena_alloc(w->a, text.len * 2);
    assert_non_null(out);
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"' || text.ptr[i] == '\\')
            out[n++] = '\\';
        out[n++] = text.ptr[i];
    }
    return sv_make(out, n);
}

static size_t count_char(struct sv text, char c) {
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        n += text.ptr[i] == c;
    return n;
}

static bool is_plain_word(struct sv text) {
    for (size_t i = 0; i < text.len; i++)
        if (!((text.ptr[i] >= 'a' && text.ptr[i] <= 'z') || (text.ptr[i] >= '0' && text.ptr[i] <= '9')))
            return false;
    return true;
}

// Which items come depends on all the words of the value, quotes and case aside.
static struct exchange *word_search(struct world *w, struct ask ask) {
    unsigned sum = 0;
    struct sv rest = ask.value, word;
    while (sv_split(&rest, ' ', &word))
        sum += sv_eq(word, SV("alice")) || sv_starts_with(word, SV("alice'"))
                   ? 3
                   : (unsigned)(sv_hash(word, 1, 2) % 3 == 0);
    return sv_eq(ask.path, SV("/search")) ? items_answer(w, sum, 0) : honest(w, ask, 0);
}

static struct exchange *without_quotes(struct world *w, struct ask ask) {
    char *out = arena_alloc(w->a, ask.value.len);
    assert_non_null(out);
    size_t n = 0;
    for (size_t i = 0; i < ask.value.len; i++)
        if (ask.value.ptr[i] != '\'')
            out[n++] = ask.value.ptr[i];
    ask.value = sv_make(out, n);
    return honest(w, ask, 0);
}

// "…a*b…": the first product of two numbers in the text.
static bool product_in(struct sv text, unsigned long long *ret) {
    size_t star = sv_find_char(text, '*');
    if (star == SIZE_MAX || star == 0)
        return false;
    size_t begin = star;
    while (begin > 0 && text.ptr[begin - 1] >= '0' && text.ptr[begin - 1] <= '9')
        begin--;
    unsigned long long x = 0, y = 0;
    for (size_t i = begin; i < star; i++)
        x = x * 10 + (unsigned)(text.ptr[i] - '0');
    for (size_t i = star + 1; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++)
        y = y * 10 + (unsigned)(text.ptr[i] - '0');
    *ret = x * y;
    return x > 0 && y > 0;
}

static struct exchange *calculator(struct world *w, struct ask ask, bool needs_braces) {
    unsigned long long product = 0;
    if ((!needs_braces || sv_contains(ask.value, SV("{{"))) && product_in(ask.value, &product))
        return json_answer(w->a, 200, arena_printf(w->a, "{\"hello\":\"%llu\"}", product));
    return json_answer(w->a, 200, arena_printf(w->a, "{\"hello\":\"" SV_FMT "\"}", SV_ARG(json_quoted(w, ask.value))));
}

// name = '<value>', where the value may hold: x'||'  (x), x''  (x'), x' AND 'a'='b
static struct exchange *query(struct world *w, struct ask ask) {
    struct sv v = ask.value;
    size_t at = sv_find(v, SV("' AND '"));
    bool holds = true;
    if (at != SIZE_MAX) {
        struct sv condition = sv_from_index(v, at + 7);
        size_t middle = sv_find(condition, SV("'='"));
        if (middle == SIZE_MAX)
            return json_answer(w->a, 500,
                               arena_printf(w->a, "{\"error\":\"" SV_FMT "%.20s\"}", SV_ARG(engine_error), "AND"));
        holds = sv_eq(sv_slice(condition, 0, middle), sv_from_index(condition, middle + 3));
        v = sv_slice(v, 0, at);
    } else if (sv_ends_with(v, SV("'||'"))) {
        v = sv_slice(v, 0, v.len - 4);
    } else if (count_char(v, '\'') % 2 == 1) {
        return json_answer(
            w->a, 500,
            arena_printf(w->a, "{\"error\":\"" SV_FMT SV_FMT "\"}", SV_ARG(engine_error), SV_ARG(json_quoted(w, v))));
    }
    return items_answer(w, holds && sv_eq(v, SV("alice")) ? 3 : 0, 0);
}

static struct exchange *block_page(struct world *w, unsigned status) {
    return answer_new(w->a, status, SV("text/html"),
                      arena_printf(w->a, "<html><body><h1>Request blocked</h1><p>Ray " SV_FMT "</p></body></html>",
                                   SV_ARG(rng_hex(&w->rng, w->a, 16))));
}

static bool looks_hostile(struct sv value) {
    return sv_find_char(value, '\'') != SIZE_MAX || sv_contains(value, SV(" AND ")) || sv_contains(value, SV("{{"));
}

static struct exchange *two_answers(struct world *w, bool second) {
    return json_answer(w->a, 200,
                       second ? SV("{\"items\":[{\"id\":1,\"name\":\"a\"}],\"page\":1}")
                              : SV("{\"items\":[],\"page\":1,\"owner\":\"anna@example.org\"}"));
}

static struct exchange *echo(struct world *w, struct ask ask, bool html) {
    struct sv value = json_quoted(w, ask.value);
    return html ? answer_new(w->a, 200, SV("text/html"),
                             arena_printf(w->a, "<p>You asked " SV_FMT " for <b>" SV_FMT "</b> as " SV_FMT "</p>",
                                          SV_ARG(ask.path), SV_ARG(ask.value), SV_ARG(ask.credential)))
                : json_answer(w->a, 200,
                              arena_printf(w->a,
                                           "{\"path\":\"" SV_FMT "\",\"q\":\"" SV_FMT "\",\"as\":\"" SV_FMT
                                           "\",\"owner\":\"anna@example.org\"}",
                                           SV_ARG(ask.path), SV_ARG(value), SV_ARG(ask.credential)));
}

static struct exchange *digits(struct world *w) {
    struct sv text = SV("");
    for (int i = 0; i < 20; i++)
        text = arena_printf(w->a, SV_FMT " " SV_FMT, SV_ARG(text),
                            SV_ARG(rng_digits(&w->rng, w->a, (size_t)rng_between(&w->rng, 8, 14))));
    return answer_new(w->a, 200, SV("text/plain"), text);
}

static struct exchange *error_page(struct world *w) {
    return answer_new(w->a, 200, SV("text/html"),
                      arena_printf(w->a, "<h1>Errors</h1><pre>" SV_FMT "x</pre>", SV_ARG(engine_error)));
}

// Those that only look at the value.
static struct exchange *reader(struct world *w, struct ask ask) {
    switch ((int)w->server) {
    case LIAR_BLOCK:
        return looks_hostile(ask.value) ? block_page(w, 403) : honest(w, ask, 0);
    case LIAR_BLOCK_200:
        return looks_hostile(ask.value) ? block_page(w, 200) : honest(w, ask, 0);
    case LIAR_WORDS:
        return word_search(w, ask);
    case LIAR_STRIPS:
        return without_quotes(w, ask);
    case LIAR_STRICT:
        return is_plain_word(ask.value) ? honest(w, ask, 0) : failure(w, 400, 0);
    case LIAR_PREFIX:
        ask.value = sv_slice(ask.value, 0, 5);
        return honest(w, ask, 0);
    case LIAR_QUOTES:
        return count_char(ask.value, '\'') % 2 == 1 ? failure(w, 500, 0) : honest(w, ask, 0);
    case LIAR_CALCULATOR:
        return calculator(w, ask, false);
    case FLAW_TEMPLATE:
        return calculator(w, ask, true);
    case FLAW_QUERY:
        return query(w, ask);
    default:
        return honest(w, ask, 0);
    }
}

static struct exchange *noise(struct world *w, struct ask ask) {
    unsigned n = w->count;
    switch ((int)w->server) {
    case LIAR_RANDOM_TEXT:
        return random_text(w);
    case LIAR_RANDOM_STATUS:
        return json_answer(w->a, (unsigned)rng_between(&w->rng, 200, 599),
                           SV("{\"ok\":1,\"owner\":\"anna@example.org\"}"));
    case LIAR_ALTERNATING:
        return two_answers(w, n % 2 == 1);
    case LIAR_PATTERN:
        return two_answers(w, (w->pattern >> n % w->pattern_len & 1) != 0);
    case LIAR_COIN:
        return two_answers(w, chance(w, 50));
    case LIAR_CACHE:
        return w->last != NULL && chance(w, 50) ? w->last : honest(w, ask, 0);
    case LIAR_TWO_VERSIONS:
        return honest(w, ask, (int)rng_below(&w->rng, 2));
    case LIAR_TWO_VERSIONS_DEAF:
        return order_answer(w, (int)rng_below(&w->rng, 2));
    case LIAR_LIMITED:
        return chance(w, 50) ? failure(w, 429, 0) : honest(w, ask, 0);
    case LIAR_EXPIRING:
        return n >= w->expire_at ? failure(w, 401, 0) : order_answer(w, 0);
    case LIAR_CHANGING:
        w->items = chance(w, 30) ? (unsigned)rng_below(&w->rng, 6) : w->items;
        return honest(w, ask, 0);
    case LIAR_FLAKY:
        return chance(w, 20) ? failure(w, 500, 0) : honest(w, ask, 0);
    case LIAR_DEAF_FLAKY:
        return chance(w, 50) ? failure(w, 503, 0) : order_answer(w, 0);
    case LIAR_ERRORS:
        return chance(w, 25)
                   ? json_answer(w->a, 500, arena_printf(w->a, "{\"error\":\"" SV_FMT "x\"}", SV_ARG(engine_error)))
                   : honest(w, ask, 0);
    default:
        return reader(w, ask);
    }
}

static struct exchange *answer(struct world *w, struct ask ask) {
    switch ((int)w->server) {
    case LIAR_ECHO:
        return echo(w, ask, false);
    case LIAR_ECHO_HTML:
        return echo(w, ask, true);
    case LIAR_CONSTANT:
        return order_answer(w, 0);
    case LIAR_SPA:
        return answer_new(w->a, 200, SV("text/html"),
                          SV("<html><head><script src=/app.js></script></head><body><div "
                             "id=root>anna@example.org</div></body></html>"));
    case LIAR_DIGITS:
        return digits(w);
    case LIAR_ERROR_PAGE:
        return error_page(w);
    default:
        return noise(w, ask);
    }
}

struct exchange *world_ask(struct world *w, struct ask ask) {
    struct exchange *x = answer(w, ask);
    x->request.target = arena_printf(w->a, SV_FMT "?q=" SV_FMT, SV_ARG(ask.path), SV_ARG(ask.value));
    w->count++;
    w->last = x;
    return x;
}
