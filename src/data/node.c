// SPDX-License-Identifier: Apache-2.0
#include "data/node.h"

#include <math.h>

#include "base/buf.h"
#include "base/numbers.h"
#include "data/node_index.h"

const struct node_limits node_limits_document = {.max_bytes = (size_t)64 << 20, .max_depth = 512, .max_nodes = 8000000};
const struct node_limits node_limits_response = {.max_bytes = (size_t)8 << 20, .max_depth = 128, .max_nodes = 400000};

bool node_is(const struct node *n, enum node_kind kind) {
    return n != NULL && n->kind == kind;
}

struct node *node_get(const struct node *object, struct sv key) {
    if (!node_is(object, NODE_OBJECT))
        return NULL;
    if (object->index != NULL)
        return node_index_find(object->index, key);
    for (struct node *m = object->first; m != NULL; m = m->next)
        if (sv_eq(m->key, key))
            return m;
    return NULL;
}

struct sv node_get_text(const struct node *object, struct sv key) {
    const struct node *n = node_get(object, key);
    return node_is(n, NODE_STRING) ? n->text : SV_NONE;
}

bool node_get_bool(const struct node *object, struct sv key, bool otherwise) {
    const struct node *n = node_get(object, key);
    return node_is(n, NODE_BOOL) ? sv_eq(n->text, SV("true")) : otherwise;
}

struct node *node_at(const struct node *array, size_t index) {
    if (!node_is(array, NODE_ARRAY) || index >= array->count)
        return NULL;
    struct node *n = array->first;
    while (index-- > 0 && n != NULL)
        n = n->next;
    return n;
}

int node_to_double(const struct node *n, double *ret) {
    if (!node_is(n, NODE_NUMBER))
        return ERR_SYNTAX;
    struct sv text = n->text;
    if (sv_starts_with(text, SV("0x")) || sv_starts_with(text, SV("0o"))) {
        int64_t whole = 0;
        int r = node_to_i64(n, &whole);
        if (r == 0)
            *ret = (double)whole;
        return r;
    }
    if (sv_starts_with(text, SV("+")))
        text = sv_from_index(text, 1);
    // YAML's infinities and not-a-number are numbers without a finite value.
    struct sv word = sv_starts_with(text, SV("-")) ? sv_from_index(text, 1) : text;
    if (sv_eq_nocase(word, SV(".inf")) || sv_eq_nocase(word, SV(".nan")))
        return -ERANGE;
    return number_parse_double(text, ret);
}

static int parse_octal(struct sv text, uint64_t *ret) {
    uint64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '7')
            return ERR_SYNTAX;
        if (value >> 61 != 0)
            return -ERANGE;
        value = value << 3 | (uint64_t)(text.ptr[i] - '0');
    }
    if (text.len == 0)
        return ERR_SYNTAX;
    *ret = value;
    return 0;
}

int node_to_i64(const struct node *n, int64_t *ret) {
    if (!node_is(n, NODE_NUMBER))
        return ERR_SYNTAX;
    struct sv text = n->text;
    bool octal = sv_starts_with(text, SV("0o"));
    if (octal || sv_starts_with(text, SV("0x"))) {
        uint64_t value = 0;
        struct sv digits = sv_from_index(text, 2);
        int r = octal ? parse_octal(digits, &value) : number_parse_hex(digits, &value);
        if (r == 0 && value > INT64_MAX)
            r = -ERANGE;
        if (r == 0)
            *ret = (int64_t)value;
        return r;
    }
    int r = number_parse_i64(sv_starts_with(text, SV("+")) ? sv_from_index(text, 1) : text, ret);
    if (r != ERR_SYNTAX)
        return r;
    double value = 0;
    r = node_to_double(n, &value);
    if (r < 0)
        return r;
    if (value != floor(value))
        return ERR_SYNTAX;
    if (value < -0x1p63 || value >= 0x1p63)
        return -ERANGE;
    *ret = (int64_t)value;
    return 0;
}

// "~1" is "/" and "~0" is "~" (RFC 6901 3). False for any other use of "~".
static bool unescape_token(struct buf *b, struct sv token) {
    for (size_t i = 0; i < token.len; i++) {
        char c = token.ptr[i];
        if (c == '~') {
            char which = ++i < token.len ? token.ptr[i] : '\0';
            if (which != '0' && which != '1')
                return false;
            c = which == '0' ? '~' : '/';
        }
        buf_add_char(b, c);
    }
    return !buf_failed(b);
}

static struct node *member_by_token(const struct node *object, struct sv token) {
    if (sv_find_char(token, '~') == SIZE_MAX)
        return node_get(object, token);
    auto_buf key = BUF_INIT(token.len);
    return unescape_token(&key, token) ? node_get(object, buf_sv(&key)) : NULL;
}

static struct node *element_by_token(const struct node *array, struct sv token) {
    uint64_t index = 0;
    if (token.len > 1 && token.ptr[0] == '0')
        return NULL; // no leading zeros
    return number_parse_u64(token, &index) == 0 ? node_at(array, index) : NULL;
}

// Lookups take a const tree and give nodes as the caller's tree has them, as strchr does with text.
static struct node *mutable_node(const struct node *n) {
    union {
        const struct node *in;
        struct node *out;
    } cast = {.in = n};
    return cast.out;
}

struct node *node_pointer(const struct node *root, struct sv pointer) {
    if (root == NULL || (pointer.len > 0 && pointer.ptr[0] != '/'))
        return NULL;
    struct node *at = mutable_node(root);
    if (pointer.len == 0)
        return at;
    struct sv rest = sv_from_index(pointer, 1);
    struct sv token = SV_NONE;
    while (at != NULL && sv_split(&rest, '/', &token))
        at = at->kind == NODE_ARRAY ? element_by_token(at, token) : member_by_token(at, token);
    return at;
}

void node_place(struct sv input, size_t offset, unsigned *ret_line, unsigned *ret_column) {
    struct sv before = sv_slice(input, 0, offset);
    unsigned line = 1;
    size_t line_start = 0;
    for (size_t at = 0; (at = sv_find_char(sv_from_index(before, line_start), '\n')) != SIZE_MAX;) {
        line_start += at + 1;
        line++;
    }
    unsigned column = 1;
    for (size_t i = line_start; i < before.len; i++)
        if (((unsigned char)before.ptr[i] & 0xc0) != 0x80)
            column++; // not a continuation byte of UTF-8
    *ret_line = line;
    *ret_column = column;
}

int node_parse_any(struct arena *a, struct sv input, const struct node_limits *limits, struct node **ret,
                   struct error *err) {
    size_t at = sv_starts_with(input, SV("\xef\xbb\xbf")) ? 3 : 0;
    while (at < input.len && sv_find_char(SV(" \t\r\n"), input.ptr[at]) != SIZE_MAX)
        at++;
    bool like_json = at < input.len && (input.ptr[at] == '{' || input.ptr[at] == '[');
    if (!like_json)
        return node_parse_yaml(a, input, limits, ret, err);
    struct error json_err = {.code = 0};
    int r = node_parse_json(a, input, limits, ret, &json_err);
    // Flow collections of YAML begin like JSON. When both fail, JSON's message is the one that helps.
    if (r == ERR_SYNTAX && node_parse_yaml(a, input, limits, ret, NULL) == 0)
        return 0;
    if (r < 0 && err != NULL)
        *err = json_err;
    return r;
}
