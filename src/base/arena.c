// SPDX-License-Identifier: Apache-2.0
// Blocks form a list, newest first; only the newest hands out memory. A request that does not fit starts a new
// block, and what was left of the old one is lost: at most one block's worth for each request that is larger.
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define BLOCK_MIN ((size_t)4096)
#define BLOCK_MAX ((size_t)256 * 1024)

struct arena_block {
    struct arena_block *next; // older
    size_t cap;
    size_t used;
    alignas(max_align_t) unsigned char data[];
};

struct arena_cleanup {
    struct arena_cleanup *next; // older
    void (*run)(void *object);
    void *object;
};

void arena_init(struct arena *a, size_t limit) {
    *a = (struct arena){.limit = limit};
}

static void run_cleanups(struct arena *a, const struct arena_cleanup *until) {
    while (a->cleanups != until) {
        struct arena_cleanup *c = a->cleanups;
        a->cleanups = c->next;
        c->run(c->object);
    }
}

static void free_blocks(struct arena *a, const struct arena_block *until) {
    while (a->blocks != until) {
        struct arena_block *b = a->blocks;
        a->blocks = b->next;
        free(b);
    }
}

void arena_fini(struct arena *a) {
    run_cleanups(a, NULL);
    free_blocks(a, NULL);
    a->used = 0;
}

void arena_clear(struct arena *a) {
    run_cleanups(a, NULL);
#ifdef PLUMB_ARENA_DEBUG
    free_blocks(a, NULL);
#else
    struct arena_block *first = a->blocks;
    while (first != NULL && first->next != NULL)
        first = first->next;
    free_blocks(a, first);
    if (first != NULL)
        first->used = 0;
#endif
    a->used = 0;
}

static size_t block_size(const struct arena *a, size_t need) {
#ifdef PLUMB_ARENA_DEBUG
    (void)a;
    return need;
#else
    size_t size = a->blocks == NULL ? BLOCK_MIN : a->blocks->cap * 2;
    if (size > BLOCK_MAX)
        size = BLOCK_MAX;
    return size < need ? need : size;
#endif
}

static struct arena_block *add_block(struct arena *a, size_t need) {
    size_t cap = block_size(a, need);
    struct arena_block *b = malloc(sizeof *b + cap);
    if (b == NULL)
        return NULL;
    b->next = a->blocks;
    b->cap = cap;
    b->used = 0;
    a->blocks = b;
    return b;
}

void *arena_alloc(struct arena *a, size_t size) {
    const size_t align = alignof(max_align_t);
    // Half the address space is beyond any request that can succeed and keeps the sums below from overflowing.
    if (size > SIZE_MAX / 2)
        return NULL;
    size_t rounded = size == 0 ? align : (size + align - 1) / align * align;
    if (a->limit != 0 && (a->used >= a->limit || rounded > a->limit - a->used))
        return NULL;
#ifdef PLUMB_ARENA_DEBUG
    size_t take = size == 0 ? 1 : size;
#else
    size_t take = rounded;
#endif
    struct arena_block *b = a->blocks;
    if (b == NULL || take > b->cap - b->used)
        b = add_block(a, take);
    if (b == NULL)
        return NULL;
    void *memory = b->data + b->used;
    b->used += take;
    a->used += rounded;
    memset(memory, 0, take);
    return memory;
}

void *arena_alloc_array(struct arena *a, size_t count, size_t size) {
    size_t total = 0;
    if (__builtin_mul_overflow(count, size, &total))
        return NULL;
    return arena_alloc(a, total);
}

struct sv arena_copy_sv(struct arena *a, struct sv text) {
    if (text.len == SIZE_MAX)
        return SV_NONE;
    char *copy = arena_alloc(a, text.len + 1);
    if (copy == NULL)
        return SV_NONE;
    if (text.len > 0)
        memcpy(copy, text.ptr, text.len);
    return (struct sv){copy, text.len};
}

struct sv arena_printf(struct arena *a, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = len < 0 ? NULL : arena_alloc(a, (size_t)len + 1);
    if (text == NULL)
        return SV_NONE;
    va_start(args, format);
    len = vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    return len < 0 ? SV_NONE : (struct sv){text, (size_t)len};
}

bool arena_on_fini(struct arena *a, void (*run)(void *object), void *object) {
    struct arena_cleanup *c = arena_new(a, struct arena_cleanup);
    if (c == NULL)
        return false;
    *c = (struct arena_cleanup){.next = a->cleanups, .run = run, .object = object};
    a->cleanups = c;
    return true;
}

struct arena_mark arena_mark(const struct arena *a) {
    return (struct arena_mark){
        .block = a->blocks,
        .cleanups = a->cleanups,
        .block_used = a->blocks == NULL ? 0 : a->blocks->used,
        .used = a->used,
    };
}

void arena_rewind(struct arena *a, struct arena_mark mark) {
    run_cleanups(a, mark.cleanups);
    free_blocks(a, mark.block);
    if (a->blocks != NULL)
        a->blocks->used = mark.block_used;
    a->used = mark.used;
}
