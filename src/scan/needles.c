// SPDX-License-Identifier: Apache-2.0
#include "scan/needles.h"

#include "base/vec.h"

#define WIDE        8
#define NARROW      4
#define FIRST_SLOTS 64

static uint64_t load_key(const char *ptr, size_t width) {
    uint64_t key = 0;
    memcpy(&key, ptr, width);
    return key;
}

// Fibonacci hashing; the texts are ours and the user's, hostile ones only cost a longer chain.
static uint64_t spread(uint64_t key) {
    key *= 0x9e3779b97f4a7c15U;
    return key ^ key >> 29;
}

static bool passes_filter(const struct needle_table *t, uint64_t hash) {
    return (t->filter[hash >> 6 & (NEEDLE_FILTER_WORDS - 1)] >> (hash & 63) & 1) != 0;
}

static bool grow_table(struct arena *a, struct needles *n, struct needle_table *t, size_t width) {
    size_t count = t->slot_count == 0 ? FIRST_SLOTS : t->slot_count * 2;
    uint32_t *slots = arena_new_array(a, uint32_t, count);
    if (slots == NULL)
        return false;
    t->slots = slots;
    t->slot_count = count;
    for (size_t i = 0; i < n->len; i++) {
        struct needle *needle = &n->ptr[i];
        if ((needle->text.len >= WIDE) != (width == WIDE))
            continue;
        size_t slot = spread(needle->key) >> 16 & (count - 1);
        needle->next = slots[slot];
        slots[slot] = (uint32_t)i + 1;
    }
    return true;
}

static const struct needle *find_in(const struct needles *n, const struct needle_table *t, size_t width,
                                    struct sv rest) {
    if (t->used == 0 || rest.len < width)
        return NULL;
    uint64_t key = load_key(rest.ptr, width);
    uint64_t hash = spread(key);
    if (!passes_filter(t, hash))
        return NULL;
    const struct needle *best = NULL;
    for (uint32_t i = t->slots[hash >> 16 & (t->slot_count - 1)]; i != 0; i = n->ptr[i - 1].next) {
        const struct needle *needle = &n->ptr[i - 1];
        if (needle->key == key && sv_starts_with(rest, needle->text) &&
            (best == NULL || needle->text.len > best->text.len))
            best = needle;
    }
    return best;
}

const struct needle *needles_at(const struct needles *n, struct sv text, size_t at) {
    struct sv rest = sv_from_index(text, at);
    const struct needle *wide = find_in(n, &n->wide, WIDE, rest);
    return wide != NULL ? wide : find_in(n, &n->narrow, NARROW, rest);
}

bool needles_next(const struct needles *n, struct sv text, size_t from, size_t *ret_at, const struct needle **ret) {
    if (n->len == 0)
        return false;
    for (size_t at = from; at + NARROW <= text.len; at++) {
        const struct needle *needle = needles_at(n, text, at);
        if (needle == NULL)
            continue;
        *ret_at = at;
        *ret = needle;
        return true;
    }
    return false;
}

bool needles_add(struct arena *a, struct needles *n, struct sv text, void *meaning) {
    if (text.len < NEEDLE_MIN || n->len >= UINT32_MAX - 1)
        return false;
    const struct needle *there = needles_at(n, text, 0);
    if (there != NULL && there->text.len == text.len)
        return true;
    size_t width = text.len >= WIDE ? WIDE : NARROW;
    struct needle_table *t = width == WIDE ? &n->wide : &n->narrow;
    if (t->used >= t->slot_count && !grow_table(a, n, t, width))
        return false;
    struct needle needle = {.text = text, .meaning = meaning, .key = load_key(text.ptr, width)};
    uint64_t hash = spread(needle.key);
    uint32_t *slot = &t->slots[hash >> 16 & (t->slot_count - 1)];
    needle.next = *slot;
    if (!VEC_PUSH(a, n, needle))
        return false;
    *slot = (uint32_t)n->len;
    t->used++;
    t->filter[hash >> 6 & (NEEDLE_FILTER_WORDS - 1)] |= (uint64_t)1 << (hash & 63);
    n->longest = text.len > n->longest ? text.len : n->longest;
    return true;
}
