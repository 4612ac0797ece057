// SPDX-License-Identifier: Apache-2.0
#include "base/sv.h"

bool sv_eq(struct sv a, struct sv b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

char sv_lower_char(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool equal_nocase(const char *a, const char *b, size_t len) {
    for (size_t i = 0; i < len; i++)
        if (sv_lower_char(a[i]) != sv_lower_char(b[i]))
            return false;
    return true;
}

bool sv_eq_nocase(struct sv a, struct sv b) {
    return a.len == b.len && equal_nocase(a.ptr, b.ptr, a.len);
}

int sv_cmp(struct sv a, struct sv b) {
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common == 0 ? 0 : memcmp(a.ptr, b.ptr, common);
    if (order != 0)
        return order < 0 ? -1 : 1;
    return (a.len > b.len) - (a.len < b.len);
}

// NULL plus an offset is undefined even when the offset is 0, so every view into `s` is made here.
static struct sv view(struct sv s, size_t begin, size_t len) {
    return s.ptr == NULL ? SV_NONE : (struct sv){s.ptr + begin, len};
}

bool sv_starts_with(struct sv s, struct sv prefix) {
    return s.len >= prefix.len && sv_eq(view(s, 0, prefix.len), prefix);
}

bool sv_starts_with_nocase(struct sv s, struct sv prefix) {
    return s.len >= prefix.len && equal_nocase(s.ptr, prefix.ptr, prefix.len);
}

bool sv_ends_with(struct sv s, struct sv suffix) {
    return s.len >= suffix.len && sv_eq(view(s, s.len - suffix.len, suffix.len), suffix);
}

bool sv_ends_with_nocase(struct sv s, struct sv suffix) {
    return s.len >= suffix.len && sv_eq_nocase(view(s, s.len - suffix.len, suffix.len), suffix);
}

size_t sv_find(struct sv s, struct sv part) {
    if (part.len == 0)
        return 0;
    if (part.len > s.len)
        return SIZE_MAX;
    const char *hit = memmem(s.ptr, s.len, part.ptr, part.len);
    return hit == NULL ? SIZE_MAX : (size_t)(hit - s.ptr);
}

size_t sv_find_nocase(struct sv s, struct sv part) {
    if (part.len == 0)
        return 0;
    for (size_t i = 0; part.len <= s.len && i <= s.len - part.len; i++)
        if (equal_nocase(s.ptr + i, part.ptr, part.len))
            return i;
    return SIZE_MAX;
}

bool sv_contains(struct sv s, struct sv part) {
    return sv_find(s, part) != SIZE_MAX;
}

bool sv_contains_nocase(struct sv s, struct sv part) {
    return sv_find_nocase(s, part) != SIZE_MAX;
}

size_t sv_find_char(struct sv s, char c) {
    const char *hit = s.len == 0 ? NULL : memchr(s.ptr, c, s.len);
    return hit == NULL ? SIZE_MAX : (size_t)(hit - s.ptr);
}

size_t sv_rfind_char(struct sv s, char c) {
    const char *hit = s.len == 0 ? NULL : memrchr(s.ptr, c, s.len);
    return hit == NULL ? SIZE_MAX : (size_t)(hit - s.ptr);
}

struct sv sv_slice(struct sv s, size_t begin, size_t end) {
    if (end > s.len)
        end = s.len;
    if (begin > end)
        begin = end;
    return view(s, begin, end - begin);
}

struct sv sv_from_index(struct sv s, size_t begin) {
    return sv_slice(s, begin, s.len);
}

static bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct sv sv_trim(struct sv s) {
    size_t begin = 0;
    size_t end = s.len;
    while (begin < end && is_space(s.ptr[begin]))
        begin++;
    while (end > begin && is_space(s.ptr[end - 1]))
        end--;
    return view(s, begin, end - begin);
}

bool sv_split(struct sv *rest, char separator, struct sv *ret_part) {
    if (rest->ptr == NULL)
        return false;
    size_t at = sv_find_char(*rest, separator);
    if (at == SIZE_MAX) {
        *ret_part = *rest;
        *rest = SV_NONE;
    } else {
        *ret_part = view(*rest, 0, at);
        *rest = view(*rest, at + 1, rest->len - at - 1);
    }
    return true;
}

bool sv_is_digits(struct sv s) {
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    return s.len > 0;
}

bool sv_is_hex(struct sv s) {
    for (size_t i = 0; i < s.len; i++) {
        char c = sv_lower_char(s.ptr[i]);
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
    }
    return s.len > 0;
}

static uint64_t rotate_left(uint64_t x, unsigned by) {
    return (x << by) | (x >> (64 - by));
}

static void sip_round(uint64_t v[4]) {
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate_left(v[1], 13) ^ v[0];
    v[3] = rotate_left(v[3], 16) ^ v[2];
    v[0] = rotate_left(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotate_left(v[1], 17) ^ v[2];
    v[3] = rotate_left(v[3], 21) ^ v[0];
    v[2] = rotate_left(v[2], 32);
}

// Little-endian on every machine, so that hashes are the same everywhere.
static uint64_t load_le(const unsigned char *p, size_t len) {
    uint64_t word = 0;
    for (size_t i = 0; i < len; i++)
        word |= (uint64_t)p[i] << (8 * i);
    return word;
}

uint64_t sv_hash(struct sv s, uint64_t key0, uint64_t key1) {
    uint64_t v[4] = {
        key0 ^ UINT64_C(0x736f6d6570736575),
        key1 ^ UINT64_C(0x646f72616e646f6d),
        key0 ^ UINT64_C(0x6c7967656e657261),
        key1 ^ UINT64_C(0x7465646279746573),
    };
    size_t whole = s.len - s.len % 8;
    for (size_t i = 0; i < whole; i += 8) {
        uint64_t word = load_le((const unsigned char *)s.ptr + i, 8);
        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
    }
    uint64_t last = (uint64_t)s.len << 56;
    if (s.len > whole)
        last |= load_le((const unsigned char *)s.ptr + whole, s.len - whole);
    v[3] ^= last;
    sip_round(v);
    v[0] ^= last;
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
