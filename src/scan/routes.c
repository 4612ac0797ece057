// SPDX-License-Identifier: Apache-2.0
// A route that answers 429 and says how long to wait is not asked before that; the rest of the host goes on meanwhile. The engine has no
// clock: time is that of the newest answer, and when nothing else is left to do the driver says that it passed.
#include "http/header.h"
#include "scan/engine_state.h"

#define ROUTE_WAIT_MAX (60 * USEC_PER_SEC)  // a longer one is not waited for
#define WAITED_MAX (15 * USEC_PER_SEC)      // of all waits with nothing else to do; a scan is not worth minutes of one route

// The longest wait that an answer of the experiment asked for.
static usec_t asked_wait(const struct engine *e, const struct slot *s) {
    usec_t longest = 0;
    for (size_t i = 0; i < s->e.probe_count; i++) {
        const struct exchange *x = s->e.exchanges[i];
        usec_t delay;
        if (!exchange_answered(x) || x->response.status != 429) continue;
        struct sv value = header_find(&x->response.headers, SV("Retry-After"));
        if (value.len > 0 && retry_after_parse(value, e->options.started_realtime + e->last_seen, &delay) && delay > longest) longest = delay;
    }
    return longest;
}

bool route_asks_to_wait(const struct engine *e, const struct slot *s) {
    return s->e.operation != NULL && asked_wait(e, s) > 0;
}

static usec_t held_until(const struct engine *e, const struct operation *op) {
    return op != NULL && op->id < e->route_until.len ? e->route_until.ptr[op->id] : 0;
}

bool route_is_held(const struct engine *e, const struct slot *s) {
    return held_until(e, s->e.operation) > e->last_seen;
}

bool route_park(struct engine *e, struct slot *s) {
    if (!VEC_PUSH(&e->arena, &e->parked, s)) return false;
    s->not_before = held_until(e, s->e.operation);
    s->state = SLOT_PARKED;
    return true;
}

// What is queued for the same route waits as well.
static bool park_queued(struct engine *e) {
    auto_arena scratch = {0};
    arena_init(&scratch, (size_t)64 << 20);
    VEC_OF(struct slot *) others = {0};
    bool good = true;
    while (e->queue.len > 0) {
        struct slot *s = queue_top(e);
        queue_pop(e);
        good = (route_is_held(e, s) ? route_park(e, s) : VEC_PUSH(&scratch, &others, s)) && good;
    }
    VEC_EACH(struct slot *, s, &others) good = queue_push(e, *s) && good;
    return good;
}

bool route_parks(struct engine *e, struct slot *s, usec_t now) {
    const struct operation *op = s->e.operation;
    usec_t wait = asked_wait(e, s);
    if (op == NULL || wait == 0 || wait > ROUTE_WAIT_MAX || e->waited + wait > WAITED_MAX) return false;
    while (e->route_until.len <= op->id) {
        if (!VEC_PUSH(&e->arena, &e->route_until, 0)) return false;
    }
    if (now + wait > e->route_until.ptr[op->id]) e->route_until.ptr[op->id] = now + wait;
    return route_park(e, s) && park_queued(e);
}

static int release(struct engine *e, usec_t now) {
    size_t kept = 0;
    int r = 0;
    for (size_t i = 0; i < e->parked.len; i++) {
        struct slot *s = e->parked.ptr[i];
        s->not_before = held_until(e, s->e.operation); // another answer may have asked for more
        if (s->not_before > now) {
            e->parked.ptr[kept++] = s;
            continue;
        }
        s->state = SLOT_QUEUED;
        if (!queue_push(e, s)) r = -ENOMEM;
    }
    e->parked.len = kept;
    return r;
}

int routes_pump(struct engine *e) {
    return e->parked.len > 0 ? release(e, e->last_seen) : 0;
}

void routes_release(struct engine *e) {
    ignore_result(release(e, UINT64_MAX));
}

bool routes_block(const struct engine *e, const struct slot *top) {
    VEC_EACH(struct slot *, s, &e->parked) {
        if ((*s)->e.phase < top->e.phase) return true;
    }
    return false;
}

usec_t engine_wait_until(const struct engine *e) {
    usec_t until = UINT64_MAX;
    VEC_EACH(struct slot *, s, &e->parked) {
        if ((*s)->not_before < until) until = (*s)->not_before;
    }
    return until;
}

int engine_time_passed(struct engine *e, usec_t now, struct error *err) {
    if (now > e->last_seen) {
        e->waited += now - e->last_seen;
        e->last_seen = now;
    }
    return engine_pump(e, err);
}
