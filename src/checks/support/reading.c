// SPDX-License-Identifier: Apache-2.0
#include "checks/support/reading.h"

#include <string.h>

#include "base/vec.h"
#include "http/jwt.h"

enum { STRINGS_MAX = 2000, DEPTH_MAX = 32, BASE64_MIN = 8 };
#define BODY_MAX ((size_t)64 * 1024)

struct texts {
    struct sv *ptr;
    size_t len, cap;
};

static int add_text(struct arena *a, struct texts *t, struct sv text) {
    if (t->len >= STRINGS_MAX || text.len == 0)
        return 0;
    return VEC_PUSH(a, t, text) ? 0 : -ENOMEM;
}

static bool is_printable(struct sv text) {
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20 && c != '\n' && c != '\r' && c != '\t')
            return false;
    }
    return text.len > 0;
}

static int add_string(struct arena *a, struct texts *t, struct sv text) {
    int r = add_text(a, t, text);
    if (r != 0 || text.len < BASE64_MIN)
        return r;
    size_t comma = sv_starts_with(text, SV("data:")) ? sv_find(text, SV(";base64,")) : SIZE_MAX;
    struct sv decoded = base64_decode(a, comma == SIZE_MAX ? text : sv_from_index(text, comma + 8));
    return decoded.ptr != NULL && is_printable(decoded) ? add_text(a, t, decoded) : 0;
}

static int add_node(struct arena *a, struct texts *t, const struct node *n, unsigned depth) {
    if (n->kind == NODE_STRING)
        return add_string(a, t, n->text);
    if ((n->kind != NODE_ARRAY && n->kind != NODE_OBJECT) || depth >= DEPTH_MAX)
        return 0;
    int r = 0;
    for (const struct node *c = n->first; c != NULL && r == 0; c = c->next)
        r = add_node(a, t, c, depth + 1);
    return r;
}

int reading_of_text(struct arena *a, struct sv body, struct reading *ret) {
    struct texts t = {0};
    struct node *root = NULL;
    struct sv text = sv_slice(body, 0, BODY_MAX);
    int r = add_string(a, &t, sv_trim(text));
    if (r == 0 && node_parse_json(a, text, &node_limits_response, &root, NULL) == 0)
        r = add_node(a, &t, root, 0);
    *ret = (struct reading){t.ptr, t.len};
    return r;
}

int reading_of(struct arena *a, const struct exchange *x, struct reading *ret) {
    *ret = (struct reading){0};
    return exchange_answered(x) ? reading_of_text(a, x->response.body, ret) : 0;
}

bool reading_has(const struct reading *r, struct sv part) {
    for (size_t i = 0; i < r->len; i++)
        if (part.len > 0 && sv_contains(r->texts[i], part))
            return true;
    return false;
}

static bool is_word_byte(char c, const char *more) {
    char l = sv_lower_char(c);
    return (l >= 'a' && l <= 'z') || (l >= '0' && l <= '9') || (c != '\0' && strchr(more, c) != NULL);
}

// Does it stand there with nothing of a longer word around it?
static bool stands_alone(struct sv text, struct sv part, const char *more) {
    for (size_t at = 0; part.len > 0 && at < text.len;) {
        size_t found = sv_find(sv_from_index(text, at), part);
        if (found == SIZE_MAX)
            return false;
        size_t begin = at + found, end = begin + part.len;
        bool left = begin == 0 || !is_word_byte(text.ptr[begin - 1], more);
        bool right = end >= text.len || !is_word_byte(text.ptr[end], more);
        if (left && right)
            return true;
        at = begin + 1;
    }
    return false;
}

static bool text_matches(struct sv text, const struct node *whole, const struct node *all) {
    for (const struct node *n = node_is(whole, NODE_ARRAY) ? whole->first : NULL; n != NULL; n = n->next)
        if (stands_alone(text, n->text, "._-/@:"))
            return true;
    const struct node *n = node_is(all, NODE_ARRAY) ? all->first : NULL;
    for (; n != NULL; n = n->next) {
        if (!stands_alone(text, n->text, "_-"))
            return false;
        if (n->next == NULL)
            return true;
    }
    return false;
}

bool reading_matches(const struct reading *r, const struct node *signature) {
    const struct node *whole = node_get(signature, SV("whole")), *all = node_get(signature, SV("all"));
    for (size_t i = 0; i < r->len; i++)
        if (text_matches(r->texts[i], whole, all))
            return true;
    return false;
}
