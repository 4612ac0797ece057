// SPDX-License-Identifier: Apache-2.0
#include "evidence/entity_marker.h"

#include <stdlib.h>

#include "base/vec.h"
#include "data/node.h"
#include "evidence/signature_internal.h"

enum { SET_MAX = 65536, LENGTHS_BELOW = 1 << 24 /* lengths of lists are no hashes */ };

static bool push(struct arena *a, struct value_set *s, uint64_t value) {
    if (s->len >= SET_MAX) return true;
    uint64_t *grown = vec_grow(a, s->ptr, s->len, &s->cap, sizeof *grown);
    if (s->cap <= s->len) return false;
    s->ptr = grown;
    s->ptr[s->len++] = value;
    return true;
}

bool value_set_add(struct arena *a, struct value_set *s, const struct signature *x) {
    for (size_t i = 0; i < x->pair_count; i++) {
        if (!push(a, s, x->pairs[i].value)) return false;
    }
    return true;
}

static uint64_t hash_scalar(uint64_t key, struct sv text, enum node_kind kind) {
    return hash_bytes(text, key, hash_mix(key, 1)) + (uint64_t)kind;
}

bool value_set_add_text(struct arena *a, struct value_set *s, uint64_t key, struct sv text) {
    return push(a, s, hash_scalar(key, text, NODE_STRING)) && push(a, s, hash_scalar(key, text, NODE_NUMBER)) &&
           push(a, s, hash_bytes(text, key, hash_mix(key, 1)));
}

static int compare(const void *x, const void *y) {
    uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;
    return a < b ? -1 : a > b;
}

void value_set_sort(struct value_set *s) {
    if (s->len > 1) qsort(s->ptr, s->len, sizeof s->ptr[0], compare);
}

bool value_set_has(const struct value_set *s, uint64_t value) {
    return s->len > 0 && bsearch(&value, s->ptr, s->len, sizeof s->ptr[0], compare) != NULL;
}

// Flags, nothing, and the smallest numbers stand in any object.
static bool says_nothing(uint64_t key, uint64_t value) {
    if (value < LENGTHS_BELOW) return true;
    static const struct {
        struct sv text;
        enum node_kind kind;
    } dull[] = {
        {SV_INIT("null"), NODE_NULL}, {SV_INIT(""), NODE_NULL},   {SV_INIT("true"), NODE_BOOL}, {SV_INIT("false"), NODE_BOOL},
        {SV_INIT(""), NODE_STRING},   {SV_INIT("0"), NODE_NUMBER}, {SV_INIT("1"), NODE_NUMBER},
    };
    for (size_t i = 0; i < sizeof dull / sizeof dull[0]; i++) {
        if (value == hash_scalar(key, dull[i].text, dull[i].kind)) return true;
    }
    return false;
}

static bool stands_in(const struct signature *y, struct signature_pair pair) {
    size_t low = 0, high = y->pair_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct signature_pair m = y->pairs[middle];
        if (m.path == pair.path && m.value == pair.value) return true;
        if (m.path < pair.path || (m.path == pair.path && m.value < pair.value)) low = middle + 1;
        else high = middle;
    }
    return false;
}

size_t markers_common(const struct signature *x, const struct signature *y, const struct volatility *v, uint64_t key,
                      const struct value_set *const *none_of, size_t count) {
    size_t found = 0;
    for (size_t i = 0; i < x->pair_count; i++) {
        struct signature_pair p = x->pairs[i];
        bool repeated = i > 0 && x->pairs[i - 1].path == p.path && x->pairs[i - 1].value == p.value;
        bool fine = !repeated && !volatility_has(v, p.path) && !says_nothing(key, p.value) && stands_in(y, p);
        for (size_t k = 0; fine && k < count; k++) fine = !value_set_has(none_of[k], p.value);
        found += fine;
    }
    return found;
}
