// SPDX-License-Identifier: Apache-2.0
#include "evidence/mask.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/escape.h"
#include "http/jwt.h"

#define MARKERS_MAX       16
#define MARKER_LENGTH_MAX 512
#define VARIANTS_MAX      14 // of one marker

static unsigned char_class(char c) {
    if (c >= 'a' && c <= 'z')
        return 1;
    if (c >= 'A' && c <= 'Z')
        return 2;
    return c >= '0' && c <= '9' ? 4 : 8;
}

// Bits that a text of this length and these characters holds when it was drawn at random; runs of one character count
// once.
static double random_bits(struct sv s) {
    // log2 of the alphabet, by which classes occur: 1 lower, 2 upper case, 4 digits, 8 others.
    static const double bits[16] = {0, 4.7, 4.7, 5.7, 3.3, 5.1, 5.1, 5.9, 4.0, 5.2, 5.2, 6.2, 3.8, 5.6, 5.6, 6.4};
    unsigned classes = 0;
    size_t length = 0;
    for (size_t i = 0; i < s.len; i++) {
        classes |= char_class(s.ptr[i]);
        length += i == 0 || s.ptr[i] != s.ptr[i - 1];
    }
    return bits[classes] * (double)length;
}

static bool is_maskable(struct sv s) {
    static const struct sv words[] = {SV_INIT("true"), SV_INIT("false"), SV_INIT("null"), SV_INIT("none")};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (sv_eq_nocase(s, words[i]))
            return false;
    if (sv_is_digits(s))
        return s.len >= 8; // shorter ones are ids, sizes and pages
    return s.len >= 4 && random_bits(s) >= 15;
}

static bool is_alnum(char c) {
    return (c >= '0' && c <= '9') || (sv_lower_char(c) >= 'a' && sv_lower_char(c) <= 'z');
}

static struct sv longest_run(struct sv s) {
    struct sv best = SV_NONE;
    for (size_t i = 0; i < s.len;) {
        size_t begin = i;
        while (i < s.len && is_alnum(s.ptr[i]))
            i++;
        if (i - begin > best.len)
            best = sv_slice(s, begin, i);
        i += i == begin;
    }
    return best;
}

static bool add_variant(struct mask *m, size_t first, struct sv text, bool inside) {
    if (text.ptr == NULL)
        return false;
    for (size_t i = first; i < m->len; i++)
        if (sv_eq(m->variants[i].text, text))
            return true;
    m->variants[m->len++] = (struct mask_variant){.text = text, .core = longest_run(text), .inside = inside};
    return true;
}

// Percent-encoding as browsers and as forms write it, with either case of the digits.
static bool add_percent(struct arena *a, struct mask *m, size_t first, struct sv marker, bool inside, bool plus,
                        const char *digits) {
    auto_buf b = BUF_INIT(4 * MARKER_LENGTH_MAX);
    for (size_t i = 0; i < marker.len; i++) {
        char c = marker.ptr[i];
        if (is_alnum(c) || c == '-' || c == '_' || c == '.' || c == '~') {
            buf_add_char(&b, c);
        } else if (plus && c == ' ') {
            buf_add_char(&b, '+');
        } else {
            buf_add_char(&b, '%');
            buf_add_char(&b, digits[(unsigned char)c >> 4]);
            buf_add_char(&b, digits[(unsigned char)c & 15]);
        }
    }
    return !buf_failed(&b) && add_variant(m, first, arena_copy_sv(a, buf_sv(&b)), inside);
}

// The three spellings of a single quote tell template engines apart; the rest is the same everywhere.
static bool add_html(struct arena *a, struct mask *m, size_t first, struct sv marker, bool inside, const char *quote) {
    auto_buf b = BUF_INIT(8 * MARKER_LENGTH_MAX);
    for (size_t i = 0; i < marker.len; i++) {
        char c = marker.ptr[i];
        const char *as = c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : c == '"' ? "&quot;" : NULL;
        if (c == '\'')
            as = quote;
        if (as == NULL)
            buf_add_char(&b, c);
        else
            buf_add(&b, sv_from(as));
    }
    return !buf_failed(&b) && add_variant(m, first, arena_copy_sv(a, buf_sv(&b)), inside);
}

static bool add_json(struct arena *a, struct mask *m, size_t first, struct sv marker, bool inside) {
    auto_buf b = BUF_INIT(8 * MARKER_LENGTH_MAX), slim = BUF_INIT(2 * MARKER_LENGTH_MAX);
    esc_json(&b, marker);
    for (size_t i = 0; i < marker.len; i++) {
        if (marker.ptr[i] == '"' || marker.ptr[i] == '\\')
            buf_add_char(&slim, '\\');
        buf_add_char(&slim, marker.ptr[i]);
    }
    return !buf_failed(&b) && !buf_failed(&slim) && add_variant(m, first, arena_copy_sv(a, buf_sv(&b)), inside) &&
           add_variant(m, first, arena_copy_sv(a, buf_sv(&slim)), inside);
}

static bool add_base64(struct arena *a, struct mask *m, size_t first, struct sv marker, bool inside) {
    struct sv padded = base64_encode(a, marker, false, true);
    struct sv url = base64_encode(a, marker, true, false);
    // Inside a longer text the last character depends on what follows, unless the marker fills its groups.
    struct sv whole = sv_slice(padded, 0, marker.len / 3 * 4);
    return add_variant(m, first, padded, inside) && add_variant(m, first, url, inside) &&
           (whole.len < 8 || add_variant(m, first, whole, inside));
}

static bool add_marker(struct arena *a, struct mask *m, struct sv marker) {
    size_t first = m->len;
    bool inside = marker.len >= 8 && random_bits(marker) > 30;
    return add_variant(m, first, marker, inside) &&
           add_percent(a, m, first, marker, inside, false, "0123456789ABCDEF") &&
           add_percent(a, m, first, marker, inside, false, "0123456789abcdef") &&
           add_percent(a, m, first, marker, inside, true, "0123456789ABCDEF") &&
           add_percent(a, m, first, marker, inside, true, "0123456789abcdef") &&
           add_html(a, m, first, marker, inside, "&#39;") && add_html(a, m, first, marker, inside, "&#x27;") &&
           add_html(a, m, first, marker, inside, "&#039;") && add_json(a, m, first, marker, inside) &&
           add_base64(a, m, first, marker, inside);
}

static int compare_variants(const void *x, const void *y) {
    const struct mask_variant *v = x, *w = y;
    return v->text.len > w->text.len ? -1 : v->text.len < w->text.len ? 1 : sv_cmp(v->text, w->text);
}

int mask_init(struct arena *a, const struct sv *markers, size_t count, struct mask *ret, struct error *err) {
    struct mask m = {0};
    size_t used = 0;
    for (size_t i = 0; i < count && used < MARKERS_MAX; i++) {
        if (markers[i].len > MARKER_LENGTH_MAX || !is_maskable(markers[i]))
            continue;
        if (m.variants == NULL)
            m.variants = arena_new_array(a, struct mask_variant, (size_t)MARKERS_MAX * VARIANTS_MAX);
        if (m.variants == NULL || !add_marker(a, &m, markers[i]))
            return error_nomem(err);
        used++;
    }
    if (m.len > 1)
        qsort(m.variants, m.len, sizeof *m.variants, compare_variants);
    for (size_t i = 1; i < m.len; i++)
        for (size_t j = 0; j < i && !m.variants[i].core_repeats; j++)
            m.variants[i].core_repeats = sv_eq(m.variants[i].core, m.variants[j].core);
    *ret = m;
    return 0;
}

bool mask_may_occur(const struct mask *m, struct sv text) {
    for (size_t i = 0; i < m->len; i++) {
        struct sv core = m->variants[i].core;
        if (core.len < 2 || (!m->variants[i].core_repeats && sv_contains(text, core)))
            return true;
    }
    return false;
}

bool mask_is_whole(const struct mask *m, struct sv value) {
    for (size_t i = 0; i < m->len; i++)
        if (m->variants[i].text.len == value.len && sv_eq(m->variants[i].text, value))
            return true;
    return false;
}

struct sv mask_text(struct arena *a, const struct mask *m, struct sv text) {
    if (text.len > 0 && mask_is_whole(m, text))
        return SV("\x01");
    struct sv now = text.ptr == NULL ? SV("") : text;
    for (size_t i = 0; i < m->len; i++) {
        struct sv part = m->variants[i].text;
        size_t at = m->variants[i].inside && part.len <= now.len ? sv_find(now, part) : SIZE_MAX;
        if (at == SIZE_MAX)
            continue;
        char *out = arena_alloc(a, now.len);
        if (out == NULL)
            return SV_NONE;
        size_t n = 0;
        struct sv rest = now;
        for (; at != SIZE_MAX; at = sv_find(rest, part)) {
            memcpy(out + n, rest.ptr, at);
            n += at;
            out[n++] = MASK_BYTE;
            rest = sv_from_index(rest, at + part.len);
        }
        if (rest.len > 0)
            memcpy(out + n, rest.ptr, rest.len);
        now = sv_make(out, n + rest.len);
    }
    return now;
}
