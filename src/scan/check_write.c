// SPDX-License-Identifier: Apache-2.0
// The part of checks/run.h that writes.
#include "checks/support/identities.h"
#include "scan/engine_state.h"

uint32_t check_write(struct check_run *run, struct experiment *x, size_t identity, const struct request *rq, const struct undo_plan *plan) {
    struct slot *s = slot_of(x);
    struct probe *p = check_probe(run, x, ROLE_PROBE, identity, rq);
    if (p == NULL) return 0;
    uint32_t id = undo_promise(run->engine, s, (uint16_t)identity, rq, plan);
    p->promise = id;
    s->writes = true;
    x->schedule = SCHEDULE_ALONE;
    if (plan->marker.len >= 8 && !check_mark(x, p, plan->marker)) return 0;
    return id;
}

bool check_undo_as(struct check_run *run, struct experiment *x, uint32_t promise, size_t identity) {
    const struct obligation *o = undo_find(run->engine, promise);
    if (o == NULL) return false;
    const struct request removal = {.method = SV("DELETE"), .target = undo_created(run->engine, o), .origin = o->write.origin};
    if (o->creates && removal.target.ptr == NULL) return false;
    struct probe *p = check_probe(run, x, ROLE_UNDO, identity, o->creates ? &removal : &o->undo);
    if (p == NULL) return false;
    p->promise = promise;
    slot_of(x)->writes = true;
    x->schedule = SCHEDULE_ALONE;
    return true;
}

bool check_undo(struct check_run *run, struct experiment *x, uint32_t promise) {
    const struct obligation *o = undo_find(run->engine, promise);
    return o != NULL && check_undo_as(run, x, promise, o->by);
}

void check_undo_now(struct check_run *run, uint32_t promise) {
    struct obligation *o = undo_find(run->engine, promise);
    if (o != NULL) undo_now(run->engine, o);
}

bool check_is_undone(const struct check_run *run, uint32_t promise) {
    const struct obligation *o = undo_find(run->engine, promise);
    return o != NULL && (o->state == OBLIGATION_DONE || o->state == OBLIGATION_NOTHING);
}

void check_undo_failed(struct check_run *run, uint32_t promise) {
    struct obligation *o = undo_find(run->engine, promise);
    if (o == NULL || o->state == OBLIGATION_NOTHING) return;
    o->doubted = o->state == OBLIGATION_DONE;
    o->state = OBLIGATION_FAILED;
}

struct sv check_created(struct check_run *run, uint32_t promise) {
    const struct obligation *o = undo_find(run->engine, promise);
    return o == NULL || !o->answered ? SV_NONE : undo_created(run->engine, o);
}

// "/notes" and "/notes/{id}".
const struct operation *check_remover(const struct check_run *run, const struct operation *create) {
    const struct api *api = &run->engine->api;
    struct sv base = sv_ends_with(create->path, SV("/")) ? sv_slice(create->path, 0, create->path.len - 1) : create->path;
    for (size_t i = 0; i < api->operation_count; i++) {
        const struct operation *op = api->operations[i];
        if (!sv_eq(op->method, SV("DELETE")) || !sv_starts_with(op->path, base)) continue;
        struct sv rest = sv_from_index(op->path, base.len);
        if (sv_ends_with(rest, SV("/"))) rest = sv_slice(rest, 0, rest.len - 1);
        if (sv_starts_with(rest, SV("/{")) && sv_find_char(rest, '}') == rest.len - 1) return op;
    }
    return NULL;
}

bool check_may_write(struct check_run *run, const struct operation *op, size_t identity, const struct request *rq) {
    const struct engine *e = run->engine;
    if (!guard_allows(e, op, rq, NULL)) return false;
    return !identity_is_privileged(run, identity) || guard_names_write(e, op, rq);
}
