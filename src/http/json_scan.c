// SPDX-License-Identifier: Apache-2.0
/*
 * A recogniser and not a reader: values are skipped byte by byte, the open brackets stand in a bit set, so nothing
 * recurses and nothing is allocated. Tokens and bodies that we build need no more.
 */
#include "http/json_scan.h"

#define DEPTH_MAX 64U

static struct sv skip_blanks(struct sv text) {
    while (text.len > 0 && (text.ptr[0] == ' ' || text.ptr[0] == '\t' || text.ptr[0] == '\n' || text.ptr[0] == '\r'))
        text = sv_make(text.ptr + 1, text.len - 1);
    return text;
}

// Each of these gives the length of the token at the begin, 0 when it is broken.
static size_t string_length(struct sv text) {
    for (size_t i = 1; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '"')
            return i + 1;
        if (c < 0x20)
            return 0;
        if (c != '\\')
            continue;
        i++;
        if (i >= text.len || text.ptr[i] == '\0' || strchr("\"\\/bfnrtu", text.ptr[i]) == NULL)
            return 0;
        if (text.ptr[i] == 'u') {
            if (text.len - i < 5 || !sv_is_hex(sv_make(text.ptr + i + 1, 4)))
                return 0;
            i += 4;
        }
    }
    return 0;
}

static size_t digits_length(struct sv text, size_t from) {
    size_t i = from;
    while (i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9')
        i++;
    return i - from;
}

static size_t number_length(struct sv text) {
    size_t i = text.len > 0 && text.ptr[0] == '-' ? 1 : 0;
    size_t digits = digits_length(text, i);
    if (digits == 0)
        return 0;
    i += text.ptr[i] == '0' ? 1 : digits; // no leading zeros
    if (i < text.len && text.ptr[i] == '.') {
        digits = digits_length(text, i + 1);
        if (digits == 0)
            return 0;
        i += 1 + digits;
    }
    if (i < text.len && (text.ptr[i] == 'e' || text.ptr[i] == 'E')) {
        i++;
        if (i < text.len && (text.ptr[i] == '+' || text.ptr[i] == '-'))
            i++;
        digits = digits_length(text, i);
        if (digits == 0)
            return 0;
        i += digits;
    }
    return i;
}

static size_t scalar_length(struct sv text) {
    if (text.len == 0)
        return 0;
    if (text.ptr[0] == '"')
        return string_length(text);
    if (sv_starts_with(text, SV("true")) || sv_starts_with(text, SV("null")))
        return 4;
    if (sv_starts_with(text, SV("false")))
        return 5;
    return number_length(text);
}

struct scan {
    struct sv rest;
    uint64_t is_object; // bit per level
    unsigned depth;
};

static bool take(struct scan *s, size_t count) {
    s->rest = sv_make(s->rest.ptr + count, s->rest.len - count);
    return true;
}

static bool take_char(struct scan *s, char c) {
    s->rest = skip_blanks(s->rest);
    return s->rest.len > 0 && s->rest.ptr[0] == c && take(s, 1);
}

static bool in_object(const struct scan *s) {
    return s->depth > 0 && (s->is_object >> (s->depth - 1) & 1) != 0;
}

static bool take_key(struct scan *s) {
    s->rest = skip_blanks(s->rest);
    size_t n = s->rest.len > 0 && s->rest.ptr[0] == '"' ? string_length(s->rest) : 0;
    return n > 0 && take(s, n) && take_char(s, ':');
}

// Opens an array or object; *ret_value_follows is false when it is closed at once.
static bool open_container(struct scan *s, bool *ret_value_follows) {
    bool object = s->rest.ptr[0] == '{';
    if (s->depth == DEPTH_MAX)
        return false;
    uint64_t bit = UINT64_C(1) << s->depth++;
    s->is_object = object ? s->is_object | bit : s->is_object & ~bit;
    (void)take(s, 1);
    if (take_char(s, object ? '}' : ']')) {
        s->depth--;
        *ret_value_follows = false;
        return true;
    }
    *ret_value_follows = true;
    return !object || take_key(s);
}

// Behind a value: closes what ends here, until another value must follow or all is closed.
static bool after_value(struct scan *s, bool *ret_value_follows) {
    while (s->depth > 0) {
        bool object = in_object(s);
        if (take_char(s, ',')) {
            *ret_value_follows = true;
            return !object || take_key(s);
        }
        if (!take_char(s, object ? '}' : ']'))
            return false;
        s->depth--;
    }
    *ret_value_follows = false;
    return true;
}

bool json_skip_value(struct sv *rest, struct sv *ret_value) {
    struct scan s = {.rest = skip_blanks(*rest)};
    const char *begin = s.rest.ptr;
    bool value_follows = true;
    while (value_follows) {
        s.rest = skip_blanks(s.rest);
        if (s.rest.len > 0 && (s.rest.ptr[0] == '{' || s.rest.ptr[0] == '[')) {
            if (!open_container(&s, &value_follows))
                return false;
        } else {
            size_t n = scalar_length(s.rest);
            if (n == 0)
                return false;
            value_follows = !take(&s, n);
        }
        if (!value_follows && !after_value(&s, &value_follows))
            return false;
    }
    *ret_value = sv_make(begin, (size_t)(s.rest.ptr - begin));
    *rest = s.rest;
    return true;
}

bool json_is_value(struct sv text) {
    struct sv value = SV_NONE;
    return json_skip_value(&text, &value) && skip_blanks(text).len == 0;
}

bool json_is_number(struct sv text) {
    return text.len > 0 && number_length(text) == text.len;
}

bool json_member(struct sv object, struct sv name, struct sv *ret_value) {
    struct sv found = SV_NONE;
    if (!json_is_value(object))
        return false;
    struct scan s = {.rest = object};
    if (!take_char(&s, '{'))
        return false;
    if (!take_char(&s, '}')) {
        do {
            s.rest = skip_blanks(s.rest);
            struct sv key = sv_slice(s.rest, 1, string_length(s.rest) - 1);
            struct sv value = SV_NONE;
            if (!take_key(&s) || !json_skip_value(&s.rest, &value))
                return false;
            if (sv_eq(key, name))
                found = value;
        } while (take_char(&s, ','));
    }
    *ret_value = found;
    return true;
}
