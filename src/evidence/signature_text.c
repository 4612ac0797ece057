// SPDX-License-Identifier: Apache-2.0
/*
 * HTML is read by a scanner that knows tags, comments and raw text and nothing else of the language: no entity is
 * decoded and nothing is repaired, as both answers of a comparison are read the same way. The skeleton is the set of
 * tag paths; how often each occurs is a pair (the histogram), and so are text nodes and the attributes that carry
 * content.
 */
#include "evidence/signature_internal.h"

#define TAG_DEPTH_MAX 48
#define TAG_NAME_MAX  24
#define TALLY_SLOTS   1024  // distinct tag paths that are counted; half of it is used at most
#define WORDS_MAX     20000 // that go into the shingles

enum text_step { STEP_TAG_COUNT = 101, STEP_LINE, STEP_ATTRIBUTE };

struct tally {
    uint64_t path, count;
};
struct shingler {
    struct signature_sink *s;
    uint64_t *min;
    uint64_t last[2]; // hashes of the two words before
    size_t words;
};
struct html {
    struct signature_sink *s;
    struct shingler words;
    struct sv body;
    size_t at;
    struct sv names[TAG_DEPTH_MAX];
    uint64_t paths[TAG_DEPTH_MAX];
    size_t depth;
    struct tally *tally;
    size_t tally_used;
};

static bool is_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_letter(char c) {
    return sv_lower_char(c) >= 'a' && sv_lower_char(c) <= 'z';
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static void shingle_add(struct shingler *g, uint64_t hash) {
    uint64_t h = hash, step = hash_mix(hash, 0x5eed) | 1; // double hashing: h + i * step is the i-th function
    for (size_t i = 0; i < SIGNATURE_SHINGLES; i++, h += step)
        g->min[i] = h < g->min[i] ? h : g->min[i];
}

// Words that hold a digit are one and the same: counters and ids do not make two texts unlike.
static void shingle_word(struct shingler *g, struct sv word) {
    bool numeric = false;
    for (size_t i = 0; i < word.len && !numeric; i++)
        numeric = is_digit(word.ptr[i]);
    uint64_t h = numeric ? 7 : hash_bytes(word, g->s->key0, g->s->key1);
    if (g->words >= 2)
        shingle_add(g, hash_mix(hash_mix(g->last[0], g->last[1]), h));
    g->last[0] = g->last[1];
    g->last[1] = h;
    g->words++;
}

static void shingle_text(struct shingler *g, struct sv text) {
    for (size_t i = 0; i < text.len && g->words < WORDS_MAX;) {
        size_t begin = i;
        while (i < text.len && !is_blank(text.ptr[i]))
            i++;
        if (i > begin)
            shingle_word(g, sv_slice(text, begin, i));
        else
            i++;
    }
}

// A text of one or two words is one shingle.
static void shingle_end(struct shingler *g) {
    if (g->words == 1 || g->words == 2)
        shingle_add(g, hash_mix(g->last[0], g->last[1]));
}

static struct sv masked(struct signature_sink *s, struct sv text) {
    if (s->mask == NULL)
        return text;
    text = mask_text(s->a, s->mask, text);
    s->failed = s->failed || text.ptr == NULL;
    return text;
}

static uint64_t html_path(const struct html *h) {
    return h->depth == 0 ? 1 : h->paths[h->depth - 1];
}

static void html_count(struct html *h, uint64_t path) {
    sink_add_shape(h->s, path);
    size_t at = (size_t)path & (TALLY_SLOTS - 1);
    while (h->tally[at].count != 0 && h->tally[at].path != path)
        at = (at + 1) & (TALLY_SLOTS - 1);
    if (h->tally[at].count == 0) {
        if (h->tally_used >= TALLY_SLOTS / 2)
            return;
        h->tally_used++;
        h->tally[at].path = path;
    }
    h->tally[at].count++;
}

static void html_text(struct html *h, struct sv text) {
    text = sv_trim(text);
    if (text.len == 0)
        return;
    text = masked(h->s, text);
    sink_add_pair(h->s, html_path(h), hash_bytes(text, h->s->key0, h->s->key1));
    shingle_text(&h->words, text);
}

// `list`: lower-case names, each between blanks.
static bool is_one_of(struct sv name, const char *list, size_t len) {
    if (name.len == 0 || name.len > 12)
        return false;
    char padded[14] = {' '};
    for (size_t i = 0; i < name.len; i++)
        padded[i + 1] = sv_lower_char(name.ptr[i]);
    padded[name.len + 1] = ' ';
    return memmem(list, len, padded, name.len + 2) != NULL;
}
#define IS_ONE_OF(name, list) is_one_of((name), " " list " ", sizeof(list) + 1)

static void html_push(struct html *h, struct sv name) {
    // End tags that HTML lets people leave out.
    if (h->depth > 0 && sv_eq_nocase(h->names[h->depth - 1], name) && IS_ONE_OF(name, "li p tr td th option dt dd"))
        h->depth--;
    char lower[TAG_NAME_MAX];
    name = sv_slice(name, 0, sizeof lower);
    for (size_t i = 0; i < name.len; i++)
        lower[i] = sv_lower_char(name.ptr[i]);
    uint64_t path = hash_mix(html_path(h), hash_bytes(sv_make(lower, name.len), h->s->key0, h->s->key1));
    html_count(h, path);
    if (h->depth < TAG_DEPTH_MAX) {
        h->names[h->depth] = name;
        h->paths[h->depth++] = path;
    }
}

static void html_pop(struct html *h, struct sv name) {
    name = sv_slice(name, 0, TAG_NAME_MAX);
    for (size_t i = h->depth; i-- > 0;) {
        if (sv_eq_nocase(h->names[i], name)) {
            h->depth = i;
            return;
        }
    }
}

static struct sv html_word(struct html *h, const char *stop) {
    size_t begin = h->at;
    size_t stops = strlen(stop); // not strchr: it finds NUL bytes, too
    while (h->at < h->body.len && !is_blank(h->body.ptr[h->at]) && memchr(stop, h->body.ptr[h->at], stops) == NULL)
        h->at++;
    return sv_slice(h->body, begin, h->at);
}

static struct sv html_attribute_value(struct html *h) {
    h->at++; // '='
    while (h->at < h->body.len && is_blank(h->body.ptr[h->at]))
        h->at++;
    char quote = h->at < h->body.len ? h->body.ptr[h->at] : '\0';
    if (quote != '"' && quote != '\'')
        return html_word(h, ">");
    size_t begin = ++h->at;
    while (h->at < h->body.len && h->body.ptr[h->at] != quote)
        h->at++;
    struct sv value = sv_slice(h->body, begin, h->at);
    h->at++;
    return value;
}

// Reads to behind '>'. True when the tag closes itself.
static bool html_attributes(struct html *h) {
    bool closed = false;
    while (h->at < h->body.len && h->body.ptr[h->at] != '>') {
        if (is_blank(h->body.ptr[h->at]) || h->body.ptr[h->at] == '/' || h->body.ptr[h->at] == '=') {
            closed = h->body.ptr[h->at] == '/';
            h->at++;
            continue;
        }
        closed = false;
        struct sv name = html_word(h, "=/>");
        if (h->at >= h->body.len || h->body.ptr[h->at] != '=')
            continue;
        struct sv value = html_attribute_value(h);
        if (IS_ONE_OF(name, "href src value content action title alt"))
            sink_add_pair(h->s,
                          hash_mix(html_path(h),
                                   hash_mix(STEP_ATTRIBUTE, (uint64_t)name.len * 256 +
                                                                (uint64_t)(unsigned char)sv_lower_char(name.ptr[0]))),
                          sink_hash_text(h->s, value));
    }
    h->at++;
    return closed;
}

// Script and style: one text node up to their end tag.
static void html_raw(struct html *h, struct sv name) {
    size_t begin = h->at;
    while (h->at < h->body.len) {
        const char *next = memchr(h->body.ptr + h->at, '<', h->body.len - h->at);
        h->at = next == NULL ? h->body.len : (size_t)(next - h->body.ptr);
        struct sv rest = sv_from_index(h->body, h->at);
        if (rest.len > name.len + 2 && rest.ptr[1] == '/' && sv_eq_nocase(sv_slice(rest, 2, 2 + name.len), name))
            break;
        h->at += h->at < h->body.len;
    }
    html_text(h, sv_slice(h->body, begin, h->at));
}

static void html_markup(struct html *h) {
    struct sv rest = sv_from_index(h->body, h->at);
    if (sv_starts_with(rest, SV("<!--"))) {
        size_t end = sv_find(rest, SV("-->"));
        h->at = end == SIZE_MAX ? h->body.len : h->at + end + 3;
        return;
    }
    bool end_tag = rest.len > 1 && rest.ptr[1] == '/';
    h->at += end_tag ? 2 : 1;
    struct sv name = html_word(h, "/>");
    if (end_tag || name.len == 0 || !is_letter(name.ptr[0])) {
        if (end_tag)
            html_pop(h, name);
        size_t end = sv_find_char(sv_from_index(h->body, h->at), '>');
        h->at = end == SIZE_MAX ? h->body.len : h->at + end + 1;
        return;
    }
    size_t before = h->depth;
    html_push(h, name);
    bool closed = html_attributes(h);
    if (closed || IS_ONE_OF(name, "area base br col embed hr img input link meta source track wbr")) {
        if (h->depth > before)
            h->depth = before;
    } else if (IS_ONE_OF(name, "script style")) {
        html_raw(h, name);
    }
}

void signature_add_html(struct signature_sink *s, struct sv body, uint64_t shingles[SIGNATURE_SHINGLES]) {
    struct html h = {.s = s, .words = {.s = s, .min = shingles}, .body = body};
    h.tally = arena_new_array(s->a, struct tally, TALLY_SLOTS);
    if (h.tally == NULL) {
        s->failed = true;
        return;
    }
    while (h.at < body.len && !s->failed) {
        const char *next = memchr(body.ptr + h.at, '<', body.len - h.at);
        size_t end = next == NULL ? body.len : (size_t)(next - body.ptr);
        html_text(&h, sv_slice(body, h.at, end));
        h.at = end;
        if (next != NULL)
            html_markup(&h);
    }
    for (size_t i = 0; i < TALLY_SLOTS; i++)
        if (h.tally[i].count != 0)
            sink_add_pair(s, hash_mix(h.tally[i].path, STEP_TAG_COUNT), h.tally[i].count);
    shingle_end(&h.words);
}

// The place of a line is its form: the line with its runs of digits folded, so "12:03:04 up" and "12:03:09 up" are one
// place with two values and can be learned as volatile.
static uint64_t line_form(struct signature_sink *s, struct sv line) {
    char form[120];
    size_t n = 0;
    for (size_t i = 0; i < line.len && n < sizeof form; i++) {
        if (!is_digit(line.ptr[i]))
            form[n++] = line.ptr[i];
        else if (n == 0 || form[n - 1] != '#')
            form[n++] = '#';
    }
    return hash_mix(STEP_LINE, hash_bytes(sv_make(form, n), s->key0, s->key1));
}

void signature_add_text(struct signature_sink *s, struct sv body, uint64_t shingles[SIGNATURE_SHINGLES]) {
    struct shingler words = {.s = s, .min = shingles};
    struct sv rest = body, line;
    while (sv_split(&rest, '\n', &line) && !s->failed) {
        line = sv_trim(line);
        if (line.len == 0)
            continue;
        line = masked(s, line);
        sink_add_pair(s, line_form(s, line), hash_bytes(line, s->key0, s->key1));
        shingle_text(&words, line);
    }
    shingle_end(&words);
}
