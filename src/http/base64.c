// SPDX-License-Identifier: Apache-2.0
#include "http/jwt.h"

// Value of one character, 64 when it is none; *url tells which alphabet it belongs to (0 both, 1 base64, 2 base64url).
static unsigned value_of(char c, unsigned *ret_alphabet) {
    *ret_alphabet = c == '+' || c == '/' ? 1 : c == '-' || c == '_' ? 2 : 0;
    if (c >= 'A' && c <= 'Z')
        return (unsigned)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0') + 52;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : 64;
}

struct sv base64_decode(struct arena *a, struct sv text) {
    size_t pads = 0;
    while (pads < 2 && text.len > 0 && text.ptr[text.len - 1] == '=') {
        text.len--;
        pads++;
    }
    // RFC 4648 4: with padding the length is a multiple of four; one character alone carries no byte.
    if (text.len % 4 == 1 || (pads > 0 && (text.len + pads) % 4 != 0))
        return SV_NONE;
    uint8_t *out = arena_alloc(a, text.len / 4 * 3 + 3);
    if (out == NULL)
        return SV_NONE;
    size_t n = 0;
    uint32_t bits = 0;
    unsigned held = 0, alphabets = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned alphabet = 0;
        unsigned value = value_of(text.ptr[i], &alphabet);
        alphabets |= alphabet;
        if (value == 64 || alphabets == 3)
            return SV_NONE;
        bits = (bits << 6 | value) & 0xffffff;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[n++] = (uint8_t)(bits >> held);
        }
    }
    return sv_make((const char *)out, n);
}

struct sv base64_encode(struct arena *a, struct sv bytes, bool url_alphabet, bool padding) {
    static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static const char url_safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *alphabet = url_alphabet ? url_safe : standard;
    char *out = bytes.len > SIZE_MAX / 2 ? NULL : arena_alloc(a, bytes.len / 3 * 4 + 4);
    if (out == NULL)
        return SV_NONE;
    size_t n = 0;
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t have = bytes.len - i < 3 ? bytes.len - i : 3;
        uint32_t bits = 0;
        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (k < have ? (uint8_t)bytes.ptr[i + k] : 0U);
        for (size_t k = 0; k <= have; k++)
            out[n++] = alphabet[bits >> (18 - 6 * k) & 63];
        for (size_t k = have; padding && k < 3; k++)
            out[n++] = '=';
    }
    return sv_make(out, n);
}
