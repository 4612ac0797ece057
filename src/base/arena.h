// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_BASE_ARENA_H
#define PLUMB_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sv.h"

// A region that frees everything at once. Blocks grow geometrically up to 256 KiB; larger requests get
// a block of their own. One thread. When `limit` bytes are used every further request returns NULL.
// Built with -DPLUMB_ARENA_DEBUG each allocation is its own malloc, so that AddressSanitizer sees overruns.
struct arena {
    struct arena_block *blocks;
    struct arena_cleanup *cleanups;
    size_t used;  // bytes handed out, alignment included
    size_t limit; // bytes; 0 means no limit
};

// Saved position, see arena_rewind.
struct arena_mark {
    struct arena_block *block;
    struct arena_cleanup *cleanups;
    size_t block_used;
    size_t used;
};

void arena_init(struct arena *a, size_t limit);

// Runs the cleanups (newest first) and frees all blocks. Accepts a zeroed arena; afterwards it is zeroed, limit kept.
void arena_fini(struct arena *a);

// As arena_fini, and keeps the first block for reuse.
void arena_clear(struct arena *a);

// Zeroed memory aligned for any type, or NULL (limit, overflow, out of memory). size 0 gives a unique pointer.
void *arena_alloc(struct arena *a, size_t size) __attribute__((malloc, alloc_size(2), warn_unused_result));

// count * size bytes with overflow check, zeroed.
void *arena_alloc_array(struct arena *a, size_t count, size_t size)
    __attribute__((malloc, alloc_size(2, 3), warn_unused_result));

#define arena_new(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define arena_new_array(a, type, n) ((type *)arena_alloc_array((a), (n), sizeof(type)))

// Copies text and adds a NUL behind it (not counted). On failure ptr is NULL and len 0; an empty input gives ptr != NULL.
struct sv arena_copy_sv(struct arena *a, struct sv text);

// printf into the arena. On failure ptr is NULL.
struct sv arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Calls `run(object)` when the arena goes. False when out of memory (then the caller releases the object itself).
bool arena_on_fini(struct arena *a, void (*run)(void *object), void *object);

struct arena_mark arena_mark(const struct arena *a);
// Frees all that was allocated since `mark` (cleanups included).
void arena_rewind(struct arena *a, struct arena_mark mark);

#define auto_arena __attribute__((cleanup(arena_fini))) struct arena

#endif
