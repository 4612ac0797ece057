// SPDX-License-Identifier: Apache-2.0
// Experiments with what the engine knows of them. A slot stays for the whole scan (canary calls may come late), its arena only as long as
// somebody may still judge it.
#include "http/header.h"
#include "scan/engine_state.h"

enum { PROBES_MAX = 256 };
#define EXPERIMENT_ARENA_LIMIT ((size_t)64 * 1024 * 1024)

struct slot *slot_new(struct engine *e, enum owner owner, uint16_t check) {
    struct slot *s = arena_new(&e->arena, struct slot);
    if (s == NULL || e->slots.len >= UINT32_MAX - 1) return NULL;
    if (!VEC_PUSH(&e->arena, &e->slots, s)) return NULL;
    s->engine = e;
    s->owner = owner;
    s->e.id = (uint32_t)e->slots.len;
    s->e.check = check;
    s->e.round = 1;
    s->e.phase = PHASE_CHECK;
    s->e.purpose = PURPOSE_CHECK;
    s->e.value = 1;
    s->e.parameter = SIZE_MAX;
    arena_init(&s->e.arena, EXPERIMENT_ARENA_LIMIT);
    return s;
}

void slot_release(struct slot *s) {
    arena_fini(&s->e.arena);
    s->e.probes = NULL;
    s->plain = NULL;
    s->e.probe_count = s->e.probe_cap = 0;
    s->e.exchanges = NULL;
    s->e.events = NULL;
    s->e.event_count = s->e.event_cap = 0;
    s->e.user = NULL;
}

int request_copy(struct arena *a, const struct request *from, struct request *ret) {
    struct request r = {.origin = from->origin};
    r.method = arena_copy_sv(a, from->method);
    r.target = arena_copy_sv(a, from->target);
    if (r.method.ptr == NULL || r.target.ptr == NULL) return -ENOMEM;
    if (from->body.ptr != NULL) {
        r.body = arena_copy_sv(a, from->body);
        if (r.body.ptr == NULL) return -ENOMEM;
    }
    if (!header_copy_list(a, &from->headers, &r.headers)) return -ENOMEM;
    *ret = r;
    return 0;
}

struct probe *slot_add_probe(struct slot *s, enum probe_role role, size_t identity, const struct request *rq) {
    struct experiment *x = &s->e;
    if (x->probe_count >= PROBES_MAX || s->state != SLOT_BUILDING) return NULL;
    if (x->probe_count == x->probe_cap) {
        x->probes = vec_grow(&x->arena, x->probes, x->probe_count, &x->probe_cap, sizeof *x->probes);
        if (x->probe_count == x->probe_cap) return NULL;
    }
    struct probe *p = &x->probes[x->probe_count];
    *p = (struct probe){.role = role, .identity = (uint16_t)identity};
    if (request_copy(&x->arena, rq, &p->request) != 0) return NULL;
    x->probe_count++;
    return p;
}

static bool budget_holds(const struct engine *e, size_t probes) {
    unsigned limit = e->scan->budget_requests;
    return limit == 0 || (size_t)e->requests + e->planned_requests + probes <= limit;
}

static bool may_be_text_for_a_model(struct engine *e, const struct slot *s, size_t probe) {
    bool asks_model = s->owner == OWNER_CHECK && check_registry[s->e.check]->category == CATEGORY_LLM;
    return asks_model && guard_allows_text(e, s->e.operation, &s->e.probes[probe].request);
}

// A login is what the identity file names: its method is not judged, its origin is.
static const char *probe_refusal(struct engine *e, const struct slot *s, size_t i) {
    const struct probe *p = &s->e.probes[i];
    const char *reason = NULL;
    if (s->owner == OWNER_LOGIN) return p->request.origin >= e->origin_count ? "origin outside the scope" : NULL;
    if (change_is_sign_in(&p->credential)) { // what it sends is the identity file's sign-in, whatever the check wrote
        if (e->scan->mode != MODE_ACTIVE) return "sign-ins that must fail are tried in active mode only";
        if (e->identities[p->identity].principal->login != NULL) return p->request.origin >= e->origin_count ? "origin outside the scope" : NULL;
    }
    if (may_be_text_for_a_model(e, s, i)) return NULL;
    if (guard_allows(e, s->e.operation, &p->request, &reason)) undo_allows(e, s, p, &reason);
    return reason;
}

static void check_probes(struct engine *e, const struct slot *s, const char **ret_reason) {
    for (size_t i = 0; i < s->e.probe_count && *ret_reason == NULL; i++) *ret_reason = probe_refusal(e, s, i);
}

static bool enqueue(struct engine *e, struct slot *s) {
    if (route_is_held(e, s) && s->owner != OWNER_BEAT && s->owner != OWNER_UNDO) return route_park(e, s);
    s->state = SLOT_QUEUED;
    return queue_push(e, s);
}

// What the scan owes goes out whatever happened meanwhile.
static const char *undo_refusal(struct engine *e, struct slot *s) {
    return s->e.probe_count == 0 ? "nothing to send" : identity_prepare(e, s);
}

static const char *refusal(struct engine *e, struct slot *s) {
    const char *reason = NULL;
    if (s->e.probe_count == 0) reason = "nothing to send";
    if (e->stop != STOP_NONE) reason = "the scan was stopped";
    if (e->stage == STAGE_FINISHED) reason = "the scan is over";
    check_probes(e, s, &reason);
    if (reason == NULL && operation_is_closed(e, s)) reason = "the operation answers 429 again and again";
    if (reason == NULL && identity_slot_is_dead(e, s)) reason = identity_dead_reason();
    if (reason == NULL) reason = identity_prepare(e, s);
    return reason != NULL || budget_holds(e, s->e.probe_count) ? reason : "request budget spent";
}

bool slot_submit(struct engine *e, struct slot *s, const char **ret_reason) {
    *ret_reason = s->owner == OWNER_UNDO ? undo_refusal(e, s) : refusal(e, s);
    if (*ret_reason == NULL) {
        s->e.exchanges = arena_new_array(&s->e.arena, struct exchange *, s->e.probe_count);
        if (s->e.exchanges == NULL || !enqueue(e, s)) *ret_reason = "out of memory";
    }
    if (*ret_reason != NULL) {
        s->state = SLOT_DONE;
        slot_release(s);
        return false;
    }
    return true;
}
