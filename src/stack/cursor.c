// SPDX-License-Identifier: Apache-2.0
/*
 * DynamoDB's LastEvaluatedKey in page tokens (escape.md 5.5): services commonly hand it out as base64 of its JSON, so
 * the token begins with "eyJ" ({") and decodes to {"name":{"S":"..."},...}. Found without a parser: strings of the
 * base64 alphabet in quotes, decoded into a small buffer.
 */
#include "stack/stack_internal.h"

enum { TOKENS_MAX = 16, DECODED_MAX = 2048 };

static int base64_digit(char c) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

static size_t decode(struct sv text, char *out) {
    uint32_t bits = 0;
    unsigned have = 0;
    size_t n = 0;
    for (size_t i = 0; i < text.len && n < DECODED_MAX; i++) {
        int digit = base64_digit(text.ptr[i]);
        if (digit < 0)
            break;
        bits = bits << 6 | (uint32_t)digit;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[n++] = (char)(unsigned char)(bits >> have & 0xff);
        }
    }
    return n;
}

static void skip_blanks(struct sv *s) {
    while (s->len > 0 && (s->ptr[0] == ' ' || s->ptr[0] == '\n' || s->ptr[0] == '\t'))
        *s = sv_from_index(*s, 1);
}

static bool take(struct sv *s, char c) {
    skip_blanks(s);
    if (s->len == 0 || s->ptr[0] != c)
        return false;
    *s = sv_from_index(*s, 1);
    return true;
}

static bool take_string(struct sv *s, struct sv *ret) {
    if (!take(s, '"'))
        return false;
    size_t i = 0;
    while (i < s->len && s->ptr[i] != '"')
        i += s->ptr[i] == '\\' ? 2 : 1;
    if (i >= s->len)
        return false;
    *ret = sv_slice(*s, 0, i);
    *s = sv_from_index(*s, i + 1);
    return true;
}

// {"S":"..."} or {"N":"..."} or {"B":"..."}: keys of a table have no other type.
static bool take_attribute(struct sv *s) {
    struct sv type, value;
    if (!take(s, '{') || !take_string(s, &type) || !take(s, ':') || !take_string(s, &value) || !take(s, '}'))
        return false;
    return sv_eq(type, SV("S")) || sv_eq(type, SV("N")) || sv_eq(type, SV("B"));
}

static bool is_key(struct sv json) {
    struct sv name;
    if (!take(&json, '{'))
        return false;
    for (unsigned members = 0; members < 8; members++) {
        if (!take_string(&json, &name) || !take(&json, ':') || !take_attribute(&json))
            return false;
        if (take(&json, '}'))
            return true;
        if (!take(&json, ','))
            return false;
    }
    return false;
}

struct sv dynamodb_cursor_find(struct sv body) {
    for (unsigned n = 0; n < TOKENS_MAX; n++) {
        size_t at = sv_find(body, SV("eyJ"));
        if (at == SIZE_MAX)
            break;
        body = sv_from_index(body, at);
        char decoded[DECODED_MAX];
        if (is_key(sv_make(decoded, decode(body, decoded)))) {
            size_t end = 0;
            while (end < body.len && base64_digit(body.ptr[end]) >= 0)
                end++;
            return sv_slice(body, 0, end);
        }
        body = sv_from_index(body, 3);
    }
    return SV_NONE;
}
