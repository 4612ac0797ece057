// SPDX-License-Identifier: Apache-2.0
// yajl gives events without places. Everything between two values is blanks, commas and colons, so a value begins at
// the first other byte behind the end of the one before, and ends where yajl has got to when it reports the value.
#include <string.h>
#include <yajl/yajl_parse.h>

#include "data/node_internal.h"

struct json_parse {
    struct node_builder b;
    yajl_handle handle;
    size_t begin; // of the text that yajl gets
    size_t end;   // of the last token
    bool at_end;  // yajl has had all of the input
};

static size_t token_begin(const struct json_parse *p) {
    struct sv in = p->b.input;
    size_t at = p->end;
    while (at < in.len && (in.ptr[at] == ' ' || in.ptr[at] == ',' || in.ptr[at] == ':' || in.ptr[at] == '\n' ||
                           in.ptr[at] == '\t' || in.ptr[at] == '\r'))
        at++;
    return at;
}

// Moves behind the token that yajl reports now and returns where it begins.
static size_t next_token(struct json_parse *p) {
    size_t begin = token_begin(p);
    // What comes after the end is the blank that yajl feeds itself to finish a number.
    p->end = p->at_end ? p->b.input.len : p->begin + yajl_get_bytes_consumed(p->handle);
    return begin;
}

static int on_null(void *context) {
    struct json_parse *p = context;
    return node_builder_add(&p->b, NODE_NULL, SV_NONE, next_token(p)) != NULL;
}

static int on_boolean(void *context, int value) {
    struct json_parse *p = context;
    return node_builder_add(&p->b, NODE_BOOL, value ? SV("true") : SV("false"), next_token(p)) != NULL;
}

static int on_number(void *context, const char *text, size_t len) {
    struct json_parse *p = context;
    (void)text; // may be yajl's own copy
    size_t begin = next_token(p);
    return node_builder_add(&p->b, NODE_NUMBER, sv_slice(p->b.input, begin, begin + len), begin) != NULL;
}

static uint32_t hex4(const char *text) {
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        char c = sv_lower_char(text[i]);
        value = value << 4 | (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return value;
}

static size_t put_utf8(char *out, uint32_t code) {
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = len; i-- > 1; code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3f));
    out[0] = (char)(lead[len] | code);
    return len;
}

// The escape behind a backslash at `in`, at least one byte long: writes the character, returns the bytes read.
static size_t decode_escape(struct sv in, char **out) {
    static const char from[] = "bfnrt";
    static const char to[] = "\b\f\n\r\t";
    char c = in.ptr[0];
    if (c != 'u' || in.len < 5) {
        const char *known = memchr(from, c, sizeof from - 1);
        *(*out)++ = known == NULL ? c : to[known - from];
        return 1;
    }
    uint32_t code = hex4(in.ptr + 1);
    size_t used = 5;
    bool high = code >= 0xd800 && code <= 0xdbff;
    if (high && in.len >= 11 && in.ptr[5] == '\\' && in.ptr[6] == 'u') {
        uint32_t low = hex4(in.ptr + 7);
        if (low >= 0xdc00 && low <= 0xdfff) {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            used = 11;
        }
    }
    if (code >= 0xd800 && code <= 0xdfff)
        code = 0xfffd; // half a pair is no character
    *out += put_utf8(*out, code);
    return used;
}

// yajl writes '?' for half a surrogate pair, so escapes are decoded here. It has checked their form.
static struct sv decode(struct node_builder *b, struct sv raw) {
    char *text = arena_alloc(b->a, raw.len + 1);
    if (text == NULL) {
        b->code = error_nomem(b->err);
        return SV_NONE;
    }
    char *out = text;
    for (size_t at = 0; at < raw.len;) {
        size_t run = sv_find_char(sv_from_index(raw, at), '\\');
        if (run == SIZE_MAX)
            run = raw.len - at;
        memcpy(out, raw.ptr + at, run);
        out += run;
        at += run;
        if (at + 1 < raw.len)
            at += 1 + decode_escape(sv_from_index(raw, at + 1), &out);
    }
    return (struct sv){text, (size_t)(out - text)};
}

// The content of the string that yajl reports now; ptr NULL on failure.
static struct sv next_string(struct json_parse *p, const unsigned char *text, size_t len, size_t *ret_begin) {
    size_t begin = next_token(p);
    *ret_begin = begin;
    struct sv raw = sv_slice(p->b.input, begin + 1, p->end - 1);
    bool as_written = (const char *)text == raw.ptr && len == raw.len;
    return as_written ? raw : decode(&p->b, raw);
}

static int on_string(void *context, const unsigned char *text, size_t len) {
    struct json_parse *p = context;
    size_t begin = 0;
    struct sv content = next_string(p, text, len, &begin);
    return content.ptr != NULL && node_builder_add(&p->b, NODE_STRING, content, begin) != NULL;
}

static int on_key(void *context, const unsigned char *text, size_t len) {
    struct json_parse *p = context;
    size_t begin = 0;
    struct sv key = next_string(p, text, len, &begin);
    node_builder_top(&p->b)->key = key;
    return key.ptr != NULL;
}

static int on_open(struct json_parse *p, enum node_kind kind) {
    return node_builder_open(&p->b, kind, next_token(p)) != NULL;
}

static int on_close(void *context) {
    struct json_parse *p = context;
    (void)next_token(p);
    return node_builder_close(&p->b) != NULL;
}

static int on_start_map(void *context) {
    return on_open(context, NODE_OBJECT);
}

static int on_start_array(void *context) {
    return on_open(context, NODE_ARRAY);
}

// Where yajl met what it refuses, from what it had consumed then.
static size_t refused_offset(const struct json_parse *p, bool is_lexical) {
    bool is_complete = p->b.root != NULL && p->b.depth == 0;
    if (p->at_end && !is_complete)
        return p->b.input.len;
    if (is_complete) {
        struct sv rest = sv_from_index(p->b.input, p->end);
        return p->b.input.len - rest.len + (size_t)(sv_trim(rest).ptr - rest.ptr);
    }
    size_t reached = p->begin + yajl_get_bytes_consumed(p->handle);
    size_t begin = token_begin(p);
    // Inside a string it stops at the byte, elsewhere behind it.
    if (is_lexical && begin < reached && p->b.input.ptr[begin] == '"')
        return reached;
    size_t last = reached > p->end ? reached - 1 : p->end;
    return is_lexical || last < begin ? last : begin;
}

// yajl takes vertical tabs and form feeds for blanks, RFC 8259 (2) does not. In strings they must not stand either.
static int check_blanks(struct node_builder *b) {
    size_t tab = sv_find_char(b->input, '\v');
    size_t feed = sv_find_char(b->input, '\f');
    size_t at = tab < feed ? tab : feed;
    return at == SIZE_MAX ? 0 : node_builder_fail(b, ERR_SYNTAX, at, "JSON: invalid character");
}

// yajl's message has a kind in front and a line end behind.
static void fail_syntax(struct json_parse *p) {
    unsigned char *message = yajl_get_error(p->handle, /* verbose= */ 0, NULL, 0);
    struct sv text = sv_trim(sv_from((const char *)message));
    size_t offset = refused_offset(p, sv_starts_with(text, SV("lexical")));
    size_t kind = sv_find(text, SV(": "));
    if (kind != SIZE_MAX)
        text = sv_from_index(text, kind + 2);
    node_builder_fail(&p->b, ERR_SYNTAX, offset, "JSON: " SV_FMT, SV_ARG(text));
    if (message != NULL)
        yajl_free_error(p->handle, message);
}

static void run(struct json_parse *p) {
    struct sv text = sv_from_index(p->b.input, p->begin);
    yajl_status status = yajl_parse(p->handle, (const unsigned char *)text.ptr, text.len);
    if (status == yajl_status_ok) {
        p->at_end = true;
        status = yajl_complete_parse(p->handle);
    }
    if (p->b.code == 0 && status != yajl_status_ok)
        fail_syntax(p);
    if (p->b.code == 0 && p->b.root == NULL)
        node_builder_fail(&p->b, ERR_SYNTAX, 0, "JSON: there is no value");
}

int node_parse_json(struct arena *a, struct sv input, const struct node_limits *limits, struct node **ret,
                    struct error *err) {
    static const yajl_callbacks callbacks = {
        .yajl_null = on_null,
        .yajl_boolean = on_boolean,
        .yajl_number = on_number,
        .yajl_string = on_string,
        .yajl_start_map = on_start_map,
        .yajl_map_key = on_key,
        .yajl_end_map = on_close,
        .yajl_start_array = on_start_array,
        .yajl_end_array = on_close,
    };
    struct arena_mark mark = arena_mark(a);
    struct json_parse p = {.at_end = false};
    int r = node_builder_init(&p.b, a, input, limits, "JSON", err);
    if (r == 0)
        r = check_blanks(&p.b);
    if (r < 0)
        return r;
    p.begin = p.end = sv_starts_with(input, SV("\xef\xbb\xbf")) ? 3 : 0;
    p.handle = yajl_alloc(&callbacks, NULL, &p);
    if (p.handle == NULL)
        return error_nomem(err);
    // The whole input has been checked already.
    yajl_config(p.handle, yajl_dont_validate_strings, 1);
    run(&p);
    yajl_free(p.handle);
    return node_builder_finish(&p.b, mark, ret);
}
