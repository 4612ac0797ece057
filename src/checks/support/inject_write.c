// SPDX-License-Identifier: Apache-2.0
// Templates of data/injection filled with a seed and random parts, and answers read as if the seed had been sent.
#include "checks/support/inject.h"

#include "base/escape.h"

enum { WORD_LEN = 3, BODY_MAX = 1024 * 1024 };

struct writing {
    struct arena *a;
    struct rng *rng;
    const struct inject_point *p;
    bool yes, inert;
    struct sv nonce, x, y;
    size_t cut; // where the seed is split
    uint64_t far;
    bool ok;
};

static bool is_letter(char c) {
    c = sv_lower_char(c);
    return c >= 'a' && c <= 'z';
}

// The second half begins with a letter: an engine that takes the operator between the halves for OR reads it as 0, so nothing widens.
static size_t choose_cut(struct rng *rng, struct sv v) {
    size_t first = v.len > 1 ? 1 + (size_t)rng_below(rng, v.len - 1) : v.len;
    for (size_t i = 0; i + 1 < v.len; i++) {
        size_t at = 1 + (first - 1 + i) % (v.len - 1);
        if (is_letter(v.ptr[at]) && v.ptr[at - 1] != ' ') return at;
    }
    return v.len;
}

// The text with its last letter or digit replaced by the next one.
static struct sv altered(struct arena *a, struct sv v) {
    char *t = arena_alloc(a, v.len + 1);
    if (t == NULL) return SV_NONE;
    memcpy(t, v.ptr, v.len);
    for (size_t i = v.len; i-- > 0;) {
        char c = t[i];
        if (is_letter(c)) t[i] = (char)((c == 'z' || c == 'Z' || c == 'q' || c == 'Q') ? c - 9 : sv_lower_char(c) < 'm' ? c + 13 : c - 12);
        else if (c >= '0' && c <= '9') t[i] = c == '9' ? '3' : (char)(c + 1);
        else continue;
        return sv_make(t, v.len);
    }
    return SV_NONE;
}

// The second half of the seed; a false one is another text of the same length.
static struct sv second_half(const struct writing *w) {
    struct sv half = sv_from_index(w->p->seed, w->cut);
    if (w->yes) return half;
    if (half.len > 0) return altered(w->a, half);
    return sv_slice(w->x, 0, 1);
}

// One letter of the seed as a backslash and two hexadecimal digits (RFC 4515); false: those of another letter. Inert: the backslash behind the digits.
static struct sv hex_escaped(const struct writing *w) {
    struct sv v = w->p->seed;
    size_t at = SIZE_MAX, start = (size_t)rng_below(w->rng, v.len);
    for (size_t i = 0; i < v.len && at == SIZE_MAX; i++) {
        size_t k = (start + i) % v.len;
        if (is_letter(v.ptr[k]) || (v.ptr[k] >= '0' && v.ptr[k] <= '9')) at = k;
    }
    if (at == SIZE_MAX) return SV_NONE;
    struct sv letter = sv_slice(v, at, at + 1);
    unsigned c = (unsigned char)(w->yes || w->inert ? letter : altered(w->a, letter)).ptr[0];
    struct sv head = sv_slice(v, 0, at), tail = sv_from_index(v, at + 1);
    return w->inert ? arena_printf(w->a, SV_FMT "%02x\\" SV_FMT, SV_ARG(head), c, SV_ARG(tail))
                    : arena_printf(w->a, SV_FMT "\\%02x" SV_FMT, SV_ARG(head), c, SV_ARG(tail));
}

static uint64_t number_of(struct sv v) {
    uint64_t n = 0;
    for (size_t i = 0; i < v.len && i < 10; i++) n = n * 10 + (uint64_t)(v.ptr[i] - '0');
    return n;
}

static struct sv number_text(struct arena *a, uint64_t n) {
    return arena_printf(a, "%llu", (unsigned long long)n);
}

// A keyword, or its letters out of order: same length and characters, no keyword.
static struct sv keyword(const struct writing *w, struct sv name) {
    static const struct sv words[][3] = {{SV_INIT("and"), SV_INIT("and"), SV_INIT("dna")}, {SV_INIT("when"), SV_INIT("when"), SV_INIT("wnhe")}, {SV_INIT("off"), SV_INIT("offset"), SV_INIT("ofefst")}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (sv_eq(name, words[i][0])) return words[i][w->yes ? 1 : 2];
    }
    return SV_NONE;
}

static struct sv number_part(const struct writing *w, struct sv name) {
    if (!w->p->number) return SV_NONE;
    if (sv_eq(name, SV("s"))) return number_text(w->a, w->far + (w->yes ? number_of(w->p->seed) : 0));
    return sv_eq(name, SV("d")) ? number_text(w->a, w->far) : SV_NONE;
}

static struct sv part_of(struct writing *w, struct sv name) {
    if (sv_eq(name, SV("v"))) return w->p->seed;
    if (sv_eq(name, SV("n"))) return w->nonce;
    if (sv_eq(name, SV("x"))) return w->x;
    if (sv_eq(name, SV("y"))) return w->yes ? w->x : w->y;
    if (sv_eq(name, SV("a"))) return sv_slice(w->p->seed, 0, w->cut);
    if (sv_eq(name, SV("b"))) return second_half(w);
    if (sv_eq(name, SV("z"))) return w->yes ? w->p->seed : altered(w->a, w->p->seed);
    if (sv_eq(name, SV("h"))) return hex_escaped(w);
    struct sv word = keyword(w, name);
    return word.ptr != NULL ? word : number_part(w, name);
}

static bool put(struct writing *w, struct buf *b, struct sv name) {
    struct sv text = part_of(w, name);
    buf_add(b, text);
    return text.ptr != NULL;
}

// The name of the placeholder at the beginning of the text; empty when it is another brace.
static struct sv placeholder(struct sv text) {
    size_t close = sv_find_char(text, '}');
    if (close == SIZE_MAX || close < 2 || close > 5 || !is_letter(text.ptr[1])) return SV_NONE;
    return sv_slice(text, 1, close);
}

static bool fill(struct writing *w, struct buf *b, struct sv rest) {
    while (rest.len > 0) {
        size_t open = sv_find_char(rest, '{');
        buf_add(b, sv_slice(rest, 0, open));
        rest = open == SIZE_MAX ? SV_NONE : sv_from_index(rest, open);
        if (rest.len == 0) return true;
        struct sv name = placeholder(rest);
        if (name.len > 0 && !put(w, b, name)) return false;
        if (name.len == 0) buf_add_char(b, '{');
        rest = sv_from_index(rest, name.len > 0 ? name.len + 2 : 1);
    }
    return true;
}

bool inject_write(struct arena *a, struct rng *rng, struct sv template, const struct inject_point *p, enum inject_part part, struct sv nonce,
                  struct sv *ret) {
    struct writing w = {.a = a, .rng = rng, .p = p, .nonce = nonce.ptr != NULL ? nonce : rng_word(rng, a, 10)};
    w.yes = part == PART_TRUE_1 || part == PART_TRUE_2 || part == PART_INERT;
    w.inert = part == PART_INERT;
    w.x = rng_word(rng, a, WORD_LEN);
    w.y = w.x.ptr == NULL ? SV_NONE : altered(a, w.x);
    w.cut = choose_cut(rng, p->seed);
    w.far = rng_between(rng, 1000, 9999);
    auto_buf b = BUF_INIT(4096);
    bool ok = w.y.ptr != NULL && w.nonce.ptr != NULL && fill(&w, &b, template);
    *ret = ok && !buf_failed(&b) ? arena_copy_sv(a, buf_sv(&b)) : SV_NONE;
    return ret->ptr != NULL;
}

// -- answers ---------------------------------------------------------------------------------------------------------------------------

bool inject_add(struct check_run *run, struct experiment *e, struct inject_sent *sent, const struct inject_point *p, enum probe_role role, struct sv value) {
    size_t i = e->probe_count;
    if (i >= INJECT_PROBES_MAX || value.ptr == NULL) return false;
    if (check_probe_value(run, e, role, p->identity, &p->call, p->parameter, value) == NULL) return false;
    sent->values[i] = value;
    return true;
}

enum echo { ECHO_PLAIN, ECHO_JSON, ECHO_HTML, ECHO_XML, ECHO_URL, ECHO_JSON_STRICT, ECHO_COUNT };

// JSON as Go and others write it: also without <, >, & and the single quote.
static void escape_strictly(struct buf *b, struct sv text) {
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '<' || c == '>' || c == '&' || c == '\'') buf_addf(b, "\\u%04x", (unsigned)c);
        else if (c == '"' || c == '\\') buf_addf(b, "\\%c", c);
        else buf_add_char(b, c);
    }
}

static void spell(struct buf *b, enum echo how, struct sv text) {
    switch (how) {
    case ECHO_PLAIN: buf_add(b, text); break;
    case ECHO_JSON: esc_json(b, text); break;
    case ECHO_HTML: esc_html(b, text); break;
    case ECHO_XML: esc_xml(b, text); break;
    case ECHO_URL: esc_url(b, text, ""); break;
    case ECHO_JSON_STRICT: escape_strictly(b, text); break;
    case ECHO_COUNT: break;
    }
}

// The body with each `from` replaced by `to`.
static struct sv replaced(struct arena *a, struct sv body, struct sv from, struct sv to) {
    size_t at = from.len < 2 ? SIZE_MAX : sv_find(body, from);
    if (at == SIZE_MAX) return body;
    auto_buf b = BUF_INIT(BODY_MAX);
    while (at != SIZE_MAX) {
        buf_add(&b, sv_slice(body, 0, at));
        buf_add(&b, to);
        body = sv_from_index(body, at + from.len);
        at = sv_find(body, from);
    }
    buf_add(&b, body);
    return buf_failed(&b) ? SV_NONE : arena_copy_sv(a, buf_sv(&b));
}

// An answer that repeats the value says nothing by that: it is read as if it repeated the seed. True and false values are treated alike, so a
// mere echo makes both equal to the good answer, which no oracle accepts.
static struct sv without_echo(struct arena *a, struct sv body, struct sv value, struct sv seed) {
    for (enum echo how = ECHO_PLAIN; how < ECHO_COUNT && body.ptr != NULL; how++) {
        auto_buf from = BUF_INIT(8192), to = BUF_INIT(8192);
        spell(&from, how, value);
        spell(&to, how, seed);
        if (!buf_failed(&from) && !buf_failed(&to)) body = replaced(a, body, buf_sv(&from), buf_sv(&to));
    }
    return body;
}

int inject_signature(struct check_run *run, struct experiment *e, size_t i, const struct inject_sent *sent, const struct inject_point *p,
                     struct signature *ret, struct error *err) {
    const struct exchange *x = e->exchanges[i];
    if (!exchange_answered(x) || sent->values[i].len == 0 || sv_eq(sent->values[i], p->seed)) return check_signature(run, e, i, ret, err);
    struct exchange read = *x;
    read.response.body = without_echo(&e->arena, x->response.body, sent->values[i], p->seed);
    if (read.response.body.ptr == NULL) return check_signature(run, e, i, ret, err);
    return signature_make(&e->arena, &read, NULL, 0, check_key(run), ret, err);
}
