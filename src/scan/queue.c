// SPDX-License-Identifier: Apache-2.0
// Binary heap of waiting experiments: earlier phase first, then the higher value, then the older one. The order is total, so that it
// never depends on the history of the heap.
#include "scan/engine_state.h"

static bool comes_before(const struct slot *x, const struct slot *y) {
    if (x->e.phase != y->e.phase) return x->e.phase < y->e.phase;
    if (x->e.value > y->e.value) return true;
    if (x->e.value < y->e.value) return false;
    return x->e.id < y->e.id;
}

bool queue_push(struct engine *e, struct slot *s) {
    if (!VEC_PUSH(&e->arena, &e->queue, s)) return false;
    size_t i = e->queue.len - 1;
    while (i > 0) {
        size_t parent = (i - 1) / 2;
        if (!comes_before(e->queue.ptr[i], e->queue.ptr[parent])) break;
        struct slot *t = e->queue.ptr[i];
        e->queue.ptr[i] = e->queue.ptr[parent];
        e->queue.ptr[parent] = t;
        i = parent;
    }
    return true;
}

struct slot *queue_top(const struct engine *e) {
    return e->queue.len == 0 ? NULL : e->queue.ptr[0];
}

void queue_pop(struct engine *e) {
    if (e->queue.len == 0) return;
    e->queue.ptr[0] = e->queue.ptr[--e->queue.len];
    size_t i = 0;
    for (;;) {
        size_t best = i, left = 2 * i + 1, right = left + 1;
        if (left < e->queue.len && comes_before(e->queue.ptr[left], e->queue.ptr[best])) best = left;
        if (right < e->queue.len && comes_before(e->queue.ptr[right], e->queue.ptr[best])) best = right;
        if (best == i) return;
        struct slot *t = e->queue.ptr[i];
        e->queue.ptr[i] = e->queue.ptr[best];
        e->queue.ptr[best] = t;
        i = best;
    }
}
