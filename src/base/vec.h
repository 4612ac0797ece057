// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_BASE_VEC_H
#define PLUMB_BASE_VEC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

// A growing array in an arena: `struct things { struct thing *ptr; size_t len, cap; };` is what the macros expect.
// Pointers to elements are valid until the next push. Old storage stays in the arena until it goes.
#define VEC_OF(type)  \
    struct {          \
        type *ptr;    \
        size_t len;   \
        size_t cap;   \
    }

// Returns storage for at least len + 1 elements and sets *cap, or the old pointer with *cap unchanged when out of memory.
void *vec_grow(struct arena *a, void *ptr, size_t len, size_t *cap, size_t element);

// Appends; false when out of memory (then nothing changed).
#define VEC_PUSH(a, v, value)                                                                           \
    (((v)->len < (v)->cap ||                                                                            \
      ((v)->ptr = vec_grow((a), (v)->ptr, (v)->len, &(v)->cap, sizeof *(v)->ptr), (v)->len < (v)->cap)) \
         ? ((v)->ptr[(v)->len++] = (value), true)                                                       \
         : false)

#define VEC_LAST(v) (&(v)->ptr[(v)->len - 1])
// The vector must not grow inside the loop.
#define VEC_EACH(type, item, v) for (type *item = (v)->ptr; item != NULL && item < (v)->ptr + (v)->len; item++)

#endif
