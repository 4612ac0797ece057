// SPDX-License-Identifier: Apache-2.0
#include "scan/redact_json.h"

#include "base/buf.h"
#include "base/numbers.h"

#define POINTER_MAX 4096

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool json_is_likely(struct sv text) {
    size_t i = 0;
    while (i < text.len && is_blank(text.ptr[i]))
        i++;
    return i < text.len && (text.ptr[i] == '{' || text.ptr[i] == '[' || text.ptr[i] == '"');
}

static size_t put_utf8(uint32_t c, char *out) {
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(unsigned char)(0xc0 | c >> 6);
        out[1] = (char)(unsigned char)(0x80 | (c & 0x3f));
        return 2;
    }
    out[0] = (char)(unsigned char)(0xe0 | c >> 12);
    out[1] = (char)(unsigned char)(0x80 | (c >> 6 & 0x3f));
    out[2] = (char)(unsigned char)(0x80 | (c & 0x3f));
    return 3;
}

// Decodes the escape at text[at] == '\\'; returns its length. Surrogates stay two sequences of three bytes: no pattern
// looks at them.
static size_t decode_escape(struct sv text, size_t at, char *out, size_t *ret_len) {
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    char c = at + 1 < text.len ? text.ptr[at + 1] : '\0';
    const char *known = c == '\0' ? NULL : strchr(from, c);
    uint64_t code = 0;
    if (known != NULL) {
        out[0] = to[known - from];
        *ret_len = 1;
        return 2;
    }
    if (c == 'u' && at + 6 <= text.len && number_parse_hex(sv_slice(text, at + 2, at + 6), &code) == 0) {
        *ret_len = put_utf8((uint32_t)code, out);
        return 6;
    }
    out[0] = '\\';
    *ret_len = 1;
    return 1;
}

bool json_decode_escapes(struct arena *a, struct sv text, struct sv *ret, uint32_t **ret_map) {
    *ret = text;
    *ret_map = NULL;
    if (sv_find_char(text, '\\') == SIZE_MAX || text.len >= UINT32_MAX)
        return true;
    char *out = arena_alloc(a, text.len + 1);
    uint32_t *map = arena_new_array(a, uint32_t, text.len + 1);
    if (out == NULL || map == NULL)
        return false;
    size_t len = 0;
    for (size_t at = 0; at < text.len;) {
        size_t taken = 1;
        size_t given = 1;
        out[len] = text.ptr[at];
        if (text.ptr[at] == '\\')
            taken = decode_escape(text, at, out + len, &given);
        for (size_t i = 0; i < given; i++)
            map[len++] = (uint32_t)at;
        at += taken;
    }
    map[len] = (uint32_t)text.len;
    *ret = sv_make(out, len);
    *ret_map = map;
    return true;
}

void json_cursor_init(struct json_cursor *c, struct sv text) {
    *c = (struct json_cursor){.text = text};
}

static struct json_level *top_level(struct json_cursor *c) {
    return c->depth == 0 || c->depth > JSON_CURSOR_DEPTH ? NULL : &c->levels[c->depth - 1];
}

static void open_level(struct json_cursor *c, bool is_object) {
    c->depth++;
    struct json_level *top = top_level(c);
    if (top != NULL)
        *top = (struct json_level){.is_object = is_object, .key_next = is_object};
}

static void end_string(struct json_cursor *c) {
    struct json_level *top = top_level(c);
    c->in_string = false;
    if (top != NULL && top->is_object && top->key_next) {
        top->key = sv_slice(c->text, c->string_start, c->at);
        top->key_next = false;
    }
}

static void step_outside(struct json_cursor *c, char byte) {
    struct json_level *top = top_level(c);
    switch (byte) {
    case '"':
        c->in_string = true;
        c->string_start = c->at + 1;
        break;
    case '{':
    case '[':
        open_level(c, byte == '{');
        break;
    case '}':
    case ']':
        c->depth -= c->depth > 0 ? 1 : 0;
        break;
    case ',':
        if (top != NULL) {
            top->index++;
            top->key_next = top->is_object;
        }
        break;
    default:
        break;
    }
}

void json_cursor_move(struct json_cursor *c, size_t offset) {
    for (; c->at < offset && c->at < c->text.len; c->at++) {
        char byte = c->text.ptr[c->at];
        if (!c->in_string)
            step_outside(c, byte);
        else if (byte == '\\')
            c->at++;
        else if (byte == '"')
            end_string(c);
    }
}

static void add_pointer_key(struct buf *b, struct arena *a, struct sv key) {
    struct sv decoded = key;
    uint32_t *map = NULL;
    if (!json_decode_escapes(a, key, &decoded, &map))
        decoded = key;
    for (size_t i = 0; i < decoded.len; i++) {
        char c = decoded.ptr[i];
        if (c == '~' || c == '/')
            buf_add(b, c == '~' ? SV("~0") : SV("~1"));
        else
            buf_add_char(b, c);
    }
}

// The string around the cursor, up to its end; at most 128 bytes of it.
static struct sv rest_of_string(const struct json_cursor *c) {
    struct sv rest = sv_slice(c->text, c->string_start, c->string_start + 128);
    size_t end = 0;
    while (end < rest.len && rest.ptr[end] != '"')
        end += rest.ptr[end] == '\\' ? 2 : 1;
    return sv_slice(rest, 0, end);
}

struct sv json_cursor_pointer(const struct json_cursor *c, struct arena *a) {
    auto_buf b = BUF_INIT(POINTER_MAX);
    for (size_t i = 0; i < c->depth && i < JSON_CURSOR_DEPTH; i++) {
        const struct json_level *level = &c->levels[i];
        bool in_key = level->is_object && level->key_next;
        buf_add_char(&b, '/');
        if (!level->is_object)
            buf_addf(&b, "%zu", level->index);
        else if (!in_key)
            add_pointer_key(&b, a, level->key);
        else // the hit stands in a key
            add_pointer_key(&b, a, rest_of_string(c));
    }
    return arena_copy_sv(a, buf_sv(&b));
}
