// SPDX-License-Identifier: Apache-2.0
/*
 * An answer becomes a multiset of (path, value) hashes and a skeleton hash. JSON is walked as a node tree; array
 * indices are folded out of the path, so a list in another order is the same multiset; an array's length is a pair of
 * its own. The skeleton is the order-free sum of the distinct (path, type) marks, so arrays fold to the union of their
 * elements. All scratch memory lives in an arena of the call; only the pairs go to the caller's.
 */
#include "evidence/signature.h"

#include "data/node.h"
#include "evidence/signature_internal.h"
#include "http/header.h"

#define SCRATCH_LIMIT ((size_t)96 << 20)

enum path_step { STEP_ELEMENT = 1, STEP_LENGTH, STEP_ROOT, STEP_REST, STEP_HEADER, STEP_BODY };

static uint64_t multiply_fold(uint64_t x, uint64_t y) {
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)x * y;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t load_word(const char *p, size_t len) {
    uint64_t word = 0;
    if (len >= 8) {
        memcpy(&word, p, 8);
    } else if (len >= 4) { // two halves that may overlap
        uint32_t low = 0, high = 0;
        memcpy(&low, p, 4);
        memcpy(&high, p + len - 4, 4);
        word = low | (uint64_t)high << 32;
    } else if (len > 0) {
        word = (uint64_t)(unsigned char)p[0] | (uint64_t)(unsigned char)p[len / 2] << 8 |
               (uint64_t)(unsigned char)p[len - 1] << 16;
    }
    return word;
}

uint64_t hash_bytes(struct sv text, uint64_t key0, uint64_t key1) {
    uint64_t h = multiply_fold(key0 ^ text.len, key1 ^ UINT64_C(0x9e3779b97f4a7c15));
    const char *p = text.ptr;
    size_t left = text.len;
    for (; left > 16; left -= 16, p += 16)
        h = multiply_fold(load_word(p, 8) ^ key0 ^ h, load_word(p + 8, 8) ^ key1);
    uint64_t first = left >= 8 ? load_word(p, 8) : load_word(p, left);
    uint64_t second = left > 8 ? load_word(p + left - 8, 8) : 0; // may overlap the first
    return multiply_fold(first ^ key0 ^ h, second ^ key1 ^ h);
}

void sink_add_pair(struct signature_sink *s, uint64_t path, uint64_t value) {
    if (s->len == s->cap && s->cap < SIGNATURE_PAIRS_MAX - 1) {
        size_t cap = s->cap == 0 ? 64 : s->cap * 4;
        cap = cap > SIGNATURE_PAIRS_MAX - 1 ? SIGNATURE_PAIRS_MAX - 1 : cap;
        struct signature_pair *grown = arena_new_array(s->a, struct signature_pair, cap);
        if (grown == NULL) {
            s->failed = true;
            return;
        }
        if (s->len > 0)
            memcpy(grown, s->pairs, s->len * sizeof *grown);
        s->pairs = grown;
        s->cap = cap;
    }
    if (s->len < s->cap) {
        s->pairs[s->len++] = (struct signature_pair){path, value};
        return;
    }
    s->rest += hash_mix(path, value);
    s->rest_count++;
}

void sink_add_shape(struct signature_sink *s, uint64_t shape) {
    if (s->shapes == NULL) {
        s->shape_slots = 256;
        s->shapes = arena_new_array(s->a, uint64_t, s->shape_slots);
    } else if (s->shape_count * 2 >= s->shape_slots && s->shape_count < SIGNATURE_SHAPES_MAX) {
        struct signature_sink grown = *s;
        grown.shape_slots *= 4;
        grown.shape_count = 0;
        grown.skeleton = 0;
        grown.shapes = arena_new_array(s->a, uint64_t, grown.shape_slots);
        for (size_t i = 0; grown.shapes != NULL && i < s->shape_slots; i++)
            if (s->shapes[i] != 0)
                sink_add_shape(&grown, s->shapes[i]);
        *s = grown;
    }
    if (s->shapes == NULL) {
        s->failed = true;
        return;
    }
    shape |= 1; // 0 marks an empty slot
    size_t at = (size_t)(shape >> 7) & (s->shape_slots - 1);
    while (s->shapes[at] != 0 && s->shapes[at] != shape)
        at = (at + 1) & (s->shape_slots - 1);
    if (s->shapes[at] == shape || s->shape_count >= SIGNATURE_SHAPES_MAX)
        return;
    s->shapes[at] = shape;
    s->shape_count++;
    s->skeleton += hash_mix(shape, 1);
}

uint64_t sink_hash_text(struct signature_sink *s, struct sv text) {
    if (s->mask != NULL) {
        text = mask_text(s->a, s->mask, text);
        s->failed = s->failed || text.ptr == NULL;
    }
    return hash_bytes(text, s->key0, s->key1);
}

static void add_node(struct signature_sink *s, const struct node *n, uint64_t path) {
    sink_add_shape(s, hash_mix(path, 16U + (uint64_t)n->kind));
    switch (n->kind) {
    case NODE_OBJECT:
        for (const struct node *child = n->first; child != NULL; child = child->next)
            add_node(s, child, hash_mix(path, sink_hash_text(s, child->key)));
        return;
    case NODE_ARRAY:
        sink_add_pair(s, hash_mix(path, STEP_LENGTH), n->count);
        for (const struct node *child = n->first; child != NULL; child = child->next)
            add_node(s, child, hash_mix(path, STEP_ELEMENT));
        return;
    case NODE_NULL:
    case NODE_BOOL:
    case NODE_NUMBER:
    case NODE_STRING:
        sink_add_pair(s, path, sink_hash_text(s, n->text) + (uint64_t)n->kind);
        return;
    }
}

// 1 when the body was JSON, 0 when not, negative when out of memory.
static int add_json(struct signature_sink *s, struct sv body) {
    struct node *root = NULL;
    int r = node_parse_json(s->a, body, &node_limits_response, &root, NULL);
    if (r == -ENOMEM)
        return r;
    if (r != 0)
        return 0;
    add_node(s, root, STEP_ROOT);
    return 1;
}

static bool looks_like_json(struct sv body) {
    struct sv t = sv_trim(sv_slice(body, 0, 256));
    return t.len > 0 && (t.ptr[0] == '{' || t.ptr[0] == '[');
}

static bool looks_like_html(struct sv essence, struct sv body) {
    if (sv_eq(essence, SV("text/html")) || sv_eq(essence, SV("application/xhtml+xml")))
        return true;
    struct sv t = sv_trim(sv_slice(body, 0, 256));
    return essence.len == 0 &&
           (sv_starts_with_nocase(t, SV("<!doctype html")) || sv_starts_with_nocase(t, SV("<html")));
}

static bool is_binary(struct sv body) {
    return memchr(body.ptr, '\0', body.len < 1024 ? body.len : 1024) != NULL;
}

static int add_body(struct signature_sink *s, struct sv essence, struct sv body, struct signature *x) {
    memset(x->shingles, 0xff, sizeof x->shingles);
    if (body.len == 0)
        return 0;
    if (media_type_is_json(essence) || looks_like_json(body)) {
        int r = add_json(s, body);
        if (r < 0)
            return r;
        x->is_json = r == 1;
        if (x->is_json)
            return 0;
    }
    x->is_html = looks_like_html(essence, body);
    if (x->is_html)
        signature_add_html(s, body, x->shingles);
    else if (is_binary(body))
        sink_add_pair(s, STEP_BODY, hash_bytes(body, s->key0, s->key1));
    else
        signature_add_text(s, body, x->shingles);
    return 0;
}

// Headers that say something about the answer and not about the connection, the clock or a cache.
static void add_headers(struct signature_sink *s, const struct header_list *list) {
    static const struct sv telling[] = {SV_INIT("www-authenticate"), SV_INIT("allow"), SV_INIT("content-range"),
                                        SV_INIT("content-disposition"), SV_INIT("x-total-count")};
    for (size_t i = 0; i < sizeof telling / sizeof *telling; i++) {
        struct sv value = header_find(list, telling[i]);
        if (value.ptr != NULL)
            sink_add_pair(s, hash_mix(STEP_HEADER, i + 1), sink_hash_text(s, sv_trim(value)));
    }
}

// The redirect target, part by part, so that a token of ours that fills a segment or a value is masked.
static uint64_t hash_location(struct signature_sink *s, struct sv target) {
    uint64_t h = 1;
    for (size_t i = 0; i <= target.len;) {
        size_t begin = i;
        while (i < target.len && memchr("/?&=#", target.ptr[i], 5) == NULL)
            i++;
        h = hash_mix(h, sink_hash_text(s, sv_slice(target, begin, i)));
        h = hash_mix(h, i < target.len ? (uint64_t)(unsigned char)target.ptr[i] : 0);
        i++;
    }
    return h;
}

static bool pair_less(struct signature_pair x, struct signature_pair y) {
    return x.path != y.path ? x.path < y.path : x.value < y.value;
}

static void sort_run(struct signature_pair *p, size_t len) {
    for (size_t i = 1; i < len; i++) {
        struct signature_pair one = p[i];
        size_t at = i;
        for (; at > 0 && pair_less(one, p[at - 1]); at--)
            p[at] = p[at - 1];
        p[at] = one;
    }
}

// Merge sort over runs of 8: n log n whatever a target sends.
static bool sort_pairs(struct arena *scratch, struct signature_pair *pairs, size_t len) {
    for (size_t i = 0; i < len; i += 8)
        sort_run(pairs + i, len - i < 8 ? len - i : 8);
    if (len <= 8)
        return true;
    struct signature_pair *from = pairs, *to = arena_new_array(scratch, struct signature_pair, len);
    if (to == NULL)
        return false;
    for (size_t width = 8; width < len; width *= 2) {
        for (size_t begin = 0; begin < len; begin += 2 * width) {
            size_t middle = begin + width < len ? begin + width : len,
                   end = middle + width < len ? middle + width : len;
            size_t x = begin, y = middle;
            for (size_t out = begin; out < end; out++)
                to[out] = x < middle && (y >= end || !pair_less(from[y], from[x])) ? from[x++] : from[y++];
        }
        struct signature_pair *swap = from;
        from = to;
        to = swap;
    }
    if (from != pairs)
        memcpy(pairs, from, len * sizeof *pairs);
    return true;
}

static int copy_out(struct arena *a, struct signature_sink *s, struct signature *x, struct error *err) {
    if (s->failed)
        return error_nomem(err);
    x->pair_count = s->len + (s->rest_count > 0);
    x->pairs = arena_new_array(a, struct signature_pair, x->pair_count);
    if (x->pairs == NULL)
        return error_nomem(err);
    if (s->len > 0)
        memcpy(x->pairs, s->pairs, s->len * sizeof *x->pairs);
    if (s->rest_count > 0)
        x->pairs[s->len] = (struct signature_pair){STEP_REST, hash_mix(s->rest, s->rest_count)};
    return sort_pairs(s->a, x->pairs, x->pair_count) ? 0 : error_nomem(err);
}

int signature_make(struct arena *a, const struct exchange *x, const struct sv *markers, size_t marker_count,
                   uint64_t key, struct signature *ret, struct error *err) {
    if (!exchange_answered(x)) {
        *ret = (struct signature){0};
        return 0;
    }
    auto_arena scratch = {.limit = SCRATCH_LIMIT};
    struct mask mask = {0};
    int r = mask_init(&scratch, markers, marker_count, &mask, err);
    if (r != 0)
        return r;
    const struct response *rs = &x->response;
    struct signature made = {.valid = true, .status = rs->status, .length = rs->body.len, .latency = rs->first_byte};
    struct signature_sink s = {
        .a = &scratch, .key0 = key, .key1 = hash_mix(key, 1), .mask = mask.len > 0 ? &mask : NULL};
    struct sv essence = media_type_essence(&scratch, header_find(&rs->headers, SV("content-type")));
    struct sv location = sv_trim(header_find(&rs->headers, SV("location")));
    made.media_type = essence.len == 0 ? 0 : hash_bytes(essence, s.key0, s.key1);
    made.location = location.len == 0 ? 0 : hash_location(&s, sv_slice(location, 0, 4096));
    add_headers(&s, &rs->headers);
    if (s.mask != NULL && !mask_may_occur(&mask, rs->body))
        s.mask = NULL;
    if (add_body(&s, essence, rs->body, &made) < 0)
        return error_nomem(err);
    made.skeleton = s.skeleton;
    r = copy_out(a, &s, &made, err);
    if (r == 0)
        *ret = made;
    return r;
}
