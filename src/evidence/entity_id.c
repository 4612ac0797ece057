// SPDX-License-Identifier: Apache-2.0
// Shapes of identifiers, and values of the same shape that nobody has.
#include "evidence/entity.h"

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
    char l = sv_lower_char(c);
    return l >= 'a' && l <= 'z';
}

static bool is_hex(char c) {
    char l = sv_lower_char(c);
    return is_digit(c) || (l >= 'a' && l <= 'f');
}

static bool is_uuid(struct sv v) {
    if (v.len != 36)
        return false;
    for (size_t i = 0; i < v.len; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? v.ptr[i] != '-' : !is_hex(v.ptr[i]))
            return false;
    }
    return true;
}

// Words and numbers with separators between them, each part letters only or digits only.
static bool is_slug(struct sv v) {
    bool letters = false, has_letters = false, has_digits = false;
    for (size_t i = 0; i < v.len; i++) {
        char c = v.ptr[i];
        bool separator = c == '-' || c == '_' || c == '.';
        if (!separator && !is_letter(c) && !is_digit(c))
            return false;
        if (separator) {
            has_letters = has_digits = false;
            continue;
        }
        letters = letters || is_letter(c);
        has_letters = has_letters || is_letter(c);
        has_digits = has_digits || is_digit(c);
        if (has_letters && has_digits)
            return false;
    }
    return letters;
}

enum id_shape id_shape_of(struct sv value) {
    if (sv_is_digits(value))
        return ID_INTEGER;
    if (is_uuid(value))
        return ID_UUID;
    return is_slug(value) ? ID_SLUG : ID_TOKEN;
}

// Nine digits fit 32 bits and lie far above what a counter reaches; longer ones keep their length (and fit 64 bits).
static struct sv random_integer(struct arena *a, struct rng *rng, size_t len) {
    len = len < 9 ? 9 : len;
    char *out = arena_alloc(a, len);
    if (out == NULL)
        return SV_NONE;
    out[0] = (char)('0' + rng_between(rng, len == 9 ? 7 : 1, 8));
    for (size_t i = 1; i < len; i++)
        out[i] = (char)('0' + rng_below(rng, 10));
    return sv_make(out, len);
}

static bool has_upper_only(struct sv v) {
    for (size_t i = 0; i < v.len; i++)
        if (v.ptr[i] >= 'a' && v.ptr[i] <= 'z')
            return false;
    return true;
}

static struct sv random_slug(struct arena *a, struct rng *rng, struct sv value) {
    size_t len = value.len < 12 ? 12 : value.len > 40 ? 40 : value.len;
    char *out = arena_alloc(a, len);
    if (out == NULL)
        return SV_NONE;
    char base = has_upper_only(value) ? 'A' : 'a';
    for (size_t i = 0; i < len; i++)
        out[i] = (char)(base + (char)rng_below(rng, 26));
    return sv_make(out, len);
}

// "ord_", "cus-": up to eight letters and a separator.
static size_t prefix_length(struct sv value) {
    size_t n = 0;
    while (n < value.len && n <= 8 && is_letter(value.ptr[n]))
        n++;
    bool separated = n > 0 && n <= 8 && n < value.len && (value.ptr[n] == '_' || value.ptr[n] == '-');
    return separated ? n + 1 : 0;
}

static char random_char(struct rng *rng, char c, bool hex) {
    if (is_digit(c))
        return (char)('0' + rng_below(rng, 10));
    if (!is_letter(c))
        return c;
    return (char)((c <= 'Z' ? 'A' : 'a') + (char)rng_below(rng, hex ? 6 : 26));
}

// Each character becomes another of its class; a prefix such as "ord_" stays, as services check it first.
static struct sv random_token(struct arena *a, struct rng *rng, struct sv value) {
    char *out = arena_alloc(a, value.len);
    if (out == NULL)
        return SV_NONE;
    bool hex = true;
    for (size_t i = 0; i < value.len; i++)
        hex = hex && is_hex(value.ptr[i]);
    size_t prefix = prefix_length(value);
    if (prefix > 0)
        memcpy(out, value.ptr, prefix);
    for (size_t i = prefix; i < value.len; i++)
        out[i] = random_char(rng, value.ptr[i], hex);
    return sv_make(out, value.len);
}

struct sv id_random_like(struct arena *a, struct rng *rng, struct sv value) {
    switch (id_shape_of(value)) {
    case ID_INTEGER:
        return random_integer(a, rng, value.len > 19 ? 19 : value.len);
    case ID_UUID:
        return rng_uuid(rng, a);
    case ID_SLUG:
        return random_slug(a, rng, value);
    case ID_TOKEN:
    case ID_SHAPE_COUNT:
        break;
    }
    return value.len == 0 ? rng_word(rng, a, 12) : random_token(a, rng, value);
}
