// SPDX-License-Identifier: Apache-2.0
#include "base/vec.h"

#include <string.h>

void *vec_grow(struct arena *a, void *ptr, size_t len, size_t *cap, size_t element) {
    if (len < *cap)
        return ptr;
    size_t grown = *cap < 8 ? 8 : *cap * 2;
    if (grown <= len)
        return ptr; // the doubling overflowed
    void *moved = arena_alloc_array(a, grown, element);
    if (moved == NULL)
        return ptr;
    if (len > 0)
        memcpy(moved, ptr, len * element);
    *cap = grown;
    return moved;
}
