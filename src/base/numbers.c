// SPDX-License-Identifier: Apache-2.0
#include "base/numbers.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/error.h"

int number_parse_u64(struct sv text, uint64_t *ret) {
    if (!sv_is_digits(text))
        return ERR_SYNTAX;
    uint64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint64_t digit = (uint64_t)(text.ptr[i] - '0');
        if (__builtin_mul_overflow(value, UINT64_C(10), &value) || __builtin_add_overflow(value, digit, &value))
            return -ERANGE;
    }
    *ret = value;
    return 0;
}

int number_parse_i64(struct sv text, int64_t *ret) {
    bool negative = sv_starts_with(text, SV("-"));
    uint64_t magnitude = 0;
    int r = number_parse_u64(negative ? sv_from_index(text, 1) : text, &magnitude);
    if (r < 0)
        return r;
    if (magnitude > (uint64_t)INT64_MAX + (negative ? 1 : 0))
        return -ERANGE;
    if (negative)
        *ret = magnitude == 0 ? 0 : -(int64_t)(magnitude - 1) - 1;
    else
        *ret = (int64_t)magnitude;
    return 0;
}

int number_parse_u64_range(struct sv text, uint64_t min, uint64_t max, uint64_t *ret) {
    uint64_t value = 0;
    int r = number_parse_u64(text, &value);
    if (r < 0)
        return r;
    if (value < min || value > max)
        return -ERANGE;
    *ret = value;
    return 0;
}

int number_parse_hex(struct sv text, uint64_t *ret) {
    if (!sv_is_hex(text))
        return ERR_SYNTAX;
    uint64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = sv_lower_char(text.ptr[i]);
        if (value >> 60 != 0)
            return -ERANGE;
        value = value << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    *ret = value;
    return 0;
}

static size_t count_digits(struct sv s) {
    size_t n = 0;
    while (n < s.len && s.ptr[n] >= '0' && s.ptr[n] <= '9')
        n++;
    return n;
}

// strtod takes hexadecimal, "inf", "nan" and leading blanks too; the grammar here is [-] digits [. digits] [e [+-]
// digits] with digits on at least one side of the point.
static bool is_decimal(struct sv s) {
    if (sv_starts_with(s, SV("-")))
        s = sv_from_index(s, 1);
    size_t digits = count_digits(s);
    s = sv_from_index(s, digits);
    if (sv_starts_with(s, SV("."))) {
        s = sv_from_index(s, 1);
        size_t fraction = count_digits(s);
        s = sv_from_index(s, fraction);
        digits += fraction;
    }
    if (digits == 0)
        return false;
    if (s.len == 0)
        return true;
    if (sv_lower_char(s.ptr[0]) != 'e')
        return false;
    s = sv_from_index(s, 1);
    if (s.len > 0 && (s.ptr[0] == '+' || s.ptr[0] == '-'))
        s = sv_from_index(s, 1);
    return sv_is_digits(s);
}

int number_parse_double(struct sv text, double *ret) {
    if (!is_decimal(text))
        return ERR_SYNTAX;
    char small[128];
    auto_buf large = BUF_INIT(SIZE_MAX / 4);
    const char *terminated = small;
    if (text.len < sizeof small) {
        memcpy(small, text.ptr, text.len);
        small[text.len] = '\0';
    } else {
        buf_add(&large, text);
        if (buf_failed(&large))
            return -ENOMEM;
        terminated = large.ptr;
    }
    // The "C" locale object is static in the C library: nothing is allocated, and a program's locale cannot change the
    // point.
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (c_locale == (locale_t)0)
        return -ENOMEM;
    double value = strtod_l(terminated, NULL, c_locale);
    freelocale(c_locale);
    if (!isfinite(value))
        return -ERANGE;
    *ret = value;
    return 0;
}

int number_parse_duration(struct sv text, usec_t *ret) {
    static const struct {
        struct sv suffix;
        usec_t unit;
    } units[] = {
        {SV_INIT("ms"), USEC_PER_MSEC}, // before "s"
        {SV_INIT("s"), USEC_PER_SEC},
        {SV_INIT("m"), 60 * USEC_PER_SEC},
        {SV_INIT("h"), 3600 * USEC_PER_SEC},
    };
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (!sv_ends_with(text, units[i].suffix))
            continue;
        uint64_t count = 0;
        int r = number_parse_u64(sv_slice(text, 0, text.len - units[i].suffix.len), &count);
        if (r < 0)
            return r;
        usec_t value = 0;
        if (__builtin_mul_overflow(count, units[i].unit, &value))
            return -ERANGE;
        *ret = value;
        return 0;
    }
    return ERR_SYNTAX;
}
