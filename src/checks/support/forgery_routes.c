// SPDX-License-Identifier: Apache-2.0
#include "checks/support/forgery_routes.h"

#include <stdlib.h>

#include "checks/support/contrast.h"

enum { ROUTES_MAX = 4096, KIND_BITS = 8, KIND_MASK = 0xff, ROUTE_MASK = 0xffff };

// -- choosing --------------------------------------------------------------------------------------------------------------------

// Does nobody get less there? By a refusal, or by an answer of another form.
static bool is_guarded(struct check_run *run, const struct operation *op, size_t identity) {
    const struct baseline *nobody = check_baseline(run, op, 0), *own = check_baseline(run, op, identity);
    if (nobody->state == BASELINE_REFUSED) return true;
    bool answered = exchange_answered(nobody->answer) && nobody->answer->response.status < 500 && nobody->answer->response.status != 429;
    return answered && nobody->signature.valid && own->signature.valid && !signature_alike(&nobody->signature, &own->signature);
}

// The first proven identity whose good answer is known there; 0 when there is none.
static size_t holder_of(struct check_run *run, const struct operation *op, bool jwt) {
    for (size_t i = 1; i < check_identity_count(run); i++) {
        const struct token_view *t = check_token(run, i);
        if (t->carrier == CARRIER_NONE || t->carrier == CARRIER_CERTIFICATE || (jwt && !t->is_jwt)) continue;
        if (check_identity_state(run, i) != IDENTITY_PROVEN || check_baseline(run, op, i)->state != BASELINE_GOOD) continue;
        if (is_guarded(run, op, i)) return i;
    }
    return 0;
}

static bool is_witness(struct check_run *run, const struct operation *op, struct sv *ret_text) {
    for (size_t i = 1; i < check_identity_count(run); i++) {
        if (check_identity_witness(run, i, ret_text) == op) return true;
    }
    *ret_text = SV_NONE;
    return false;
}

static unsigned rank_of(struct check_run *run, const struct forgery_routes *routes, const struct operation *op) {
    struct sv family = access_family(run, op->path);
    unsigned rank = 0;
    for (size_t i = 0; i < routes->count; i++) rank += sv_eq(access_family(run, routes->list[i].place.operation->path), family);
    return rank;
}

static int by_rank(const void *x, const void *y) {
    const struct forgery_route *a = x, *b = y;
    if (a->rank != b->rank) return a->rank < b->rank ? -1 : 1;
    return a->place.operation->id < b->place.operation->id ? -1 : 1;
}

static int choose(struct check_run *run, struct forgery_routes *routes, const struct forgery_kinds *kinds, bool leave_out_witness, struct error *err) {
    const struct api *api = check_api(run);
    size_t room = api->operation_count < ROUTES_MAX ? api->operation_count : ROUTES_MAX;
    routes->list = arena_new_array(check_arena(run), struct forgery_route, room + 1);
    if (routes->list == NULL) return error_nomem(err);
    for (size_t i = 0; i < api->operation_count && routes->count < room; i++) {
        const struct operation *op = api->operations[i];
        size_t holder = holder_of(run, op, kinds->jwt);
        struct sv text;
        bool witness = is_witness(run, op, &text);
        if (holder == 0 || (witness && leave_out_witness)) continue;
        bool own = witness && check_identity_witness(run, holder, &text) == op;
        struct forgery_route *r = &routes->list[routes->count];
        *r = (struct forgery_route){.place = {.operation = op, .identity = holder, .text = own ? text : SV_NONE}};
        r->rank = rank_of(run, routes, op);
        routes->count++;
    }
    if (routes->count > 1) qsort(routes->list, routes->count, sizeof *routes->list, by_rank);
    return 0;
}

// -- asking ----------------------------------------------------------------------------------------------------------------------

static uint32_t tag_of(const struct forgery_kinds *kinds, size_t route, size_t kind) {
    return kinds->tag | (uint32_t)(route << KIND_BITS) | (uint32_t)kind;
}

// One request for each kind of the stage. e->user: their kinds.
static bool ask_stage(struct check_run *run, struct forgery_routes *routes, const struct forgery_kinds *kinds, size_t route) {
    struct forgery_route *r = &routes->list[route];
    struct experiment *e = check_experiment(run, r->place.operation, tag_of(kinds, route, KIND_MASK));
    unsigned char *order = e == NULL ? NULL : arena_new_array(&e->arena, unsigned char, ROUTE_KINDS_MAX);
    if (order == NULL) return false;
    size_t first = r->stage == 0 ? 0 : kinds->alone, end = r->stage == 0 && kinds->alone > 0 ? kinds->alone : kinds->count;
    e->user = order;
    e->round = FORGERY_SIGHTING;
    e->schedule = SCHEDULE_ORDERED;
    e->value = kinds->value / (1 + r->rank);
    for (size_t k = first; k < end; k++) {
        struct credential_change weak;
        if (routes->sent + e->probe_count >= kinds->budget || !kinds->make(run, e, r, k, &weak, NULL)) continue;
        order[e->probe_count] = (unsigned char)k;
        if (!forgery_weak(run, e, &r->place, &weak)) return false;
    }
    if (e->probe_count == 0) return false;
    routes->sent += (unsigned)e->probe_count;
    r->asked = true;
    return check_submit(run, e);
}

static bool ask_round(struct check_run *run, struct forgery_routes *routes, const struct forgery_kinds *kinds, size_t route, size_t kind, uint16_t round) {
    struct forgery_route *r = &routes->list[route];
    struct experiment *lender = check_experiment(run, r->place.operation, 0); // never sent: its arena holds the texts
    struct credential_change weak, control;
    if (lender == NULL || !kinds->make(run, lender, r, kind, &weak, &control)) return false;
    if (round == FORGERY_SERIES) return forgery_series(run, &r->place, &weak, &control, tag_of(kinds, route, kind));
    struct experiment *e = forgery_begin(run, &r->place, &control, round, tag_of(kinds, route, kind));
    if (e == NULL) return false;
    for (size_t i = 0; i < 2; i++) {
        if (!kinds->make(run, e, r, kind, &weak, NULL) || !forgery_weak(run, e, &r->place, &weak)) return false;
    }
    return forgery_end(run, e, &r->place, &control);
}

int forgery_routes_start(struct check_run *run, struct forgery_routes *routes, const struct forgery_kinds *kinds, bool leave_out_witness, struct error *err) {
    int r = choose(run, routes, kinds, leave_out_witness, err);
    for (size_t i = 0; r == 0 && i < routes->count; i++) {
        if (ask_stage(run, routes, kinds, i)) continue;
        routes->list[i].stage = 1; // nothing of the first kinds applies there
        if (kinds->alone > 0) (void)ask_stage(run, routes, kinds, i);
    }
    return r;
}

bool forgery_routes_has(const struct forgery_routes *routes, const struct operation *op) {
    for (size_t i = 0; i < routes->count; i++) {
        if (routes->list[i].place.operation == op) return routes->list[i].asked;
    }
    return false;
}

// -- judging ---------------------------------------------------------------------------------------------------------------------

// Is the answer the identity's own, and not nobody's? What decides is asked afterwards; this only says whether that is worth while.
static int is_let_in(struct check_run *run, struct experiment *e, const struct forgery_route *route, size_t i, bool *ret, struct error *err) {
    const struct forgery_place *p = &route->place;
    const struct exchange *x = e->exchanges[i];
    *ret = false;
    if (!exchange_answered(x) || x->response.status < 200 || x->response.status >= 300) return 0;
    if (p->text.len > 0) {
        *ret = sv_contains(x->response.body, p->text);
        return 0;
    }
    struct signature s;
    struct signs signs;
    const struct baseline *own = check_baseline(run, p->operation, p->identity), *nobody = check_baseline(run, p->operation, 0);
    int r = check_signature(run, e, i, &s, err);
    if (r == 0) r = signs_read(run, &e->arena, x, &signs, err);
    if (r != 0) return r;
    *ret = signs.good && signature_alike(&own->signature, &s) && (nobody->state == BASELINE_REFUSED || !signature_alike(&nobody->signature, &s));
    return 0;
}

// The cause was proven at another operation; here it was seen once.
static int report_occurrence(struct check_run *run, const struct forgery_kinds *kinds, struct experiment *e, const struct forgery_route *route, size_t i,
                             size_t kind, struct error *err) {
    struct forgery_claim claim = {0};
    kinds->claim(run, e, route, kind, &claim);
    claim.confidence = CONFIDENCE_FIRM;
    return forgery_report_seen(run, e, i, &route->place, &claim, err);
}

static int judge_sighting(struct check_run *run, struct forgery_routes *routes, const struct forgery_kinds *kinds, struct experiment *e, size_t route,
                          struct error *err) {
    struct forgery_route *at = &routes->list[route];
    const unsigned char *order = e->user;
    size_t answered = 0, hits = 0;
    for (size_t i = 0; i < e->probe_count; i++) {
        bool in;
        int r = is_let_in(run, e, at, i, &in, err);
        if (r != 0) return r;
        answered += exchange_answered(e->exchanges[i]);
        if (!in || (hits > 0 && order[i] < kinds->independent)) continue;
        hits++;
        if (kinds->is_told(run, order[i], false)) r = report_occurrence(run, kinds, e, at, i, order[i], err);
        else (void)ask_round(run, routes, kinds, route, order[i], FORGERY_SECOND);
        if (r != 0) return r;
    }
    if (answered < e->probe_count) check_coverage(run, e->operation, COVERAGE_INCONCLUSIVE, "a forged credential was not answered at all");
    else if (hits == 0) check_coverage(run, e->operation, COVERAGE_PASSED, NULL);
    if (hits > 0 || at->stage > 0 || kinds->alone == 0) return 0;
    at->stage = 1;
    (void)ask_stage(run, routes, kinds, route);
    return 0;
}

// A first kind that did not hold after all: the others are worth asking.
static void go_on(struct check_run *run, struct forgery_routes *routes, const struct forgery_kinds *kinds, size_t route, const char *why) {
    struct forgery_route *at = &routes->list[route];
    check_coverage(run, at->place.operation, COVERAGE_INCONCLUSIVE, why);
    if (at->stage > 0 || kinds->alone == 0) return;
    at->stage = 1;
    (void)ask_stage(run, routes, kinds, route);
}

static int judge_round(struct check_run *run, struct forgery_routes *routes, const struct forgery_kinds *kinds, struct experiment *e, size_t route, size_t kind,
                       struct error *err) {
    struct forgery_route *at = &routes->list[route];
    struct verdict v;
    int r = forgery_judge(run, e, &at->place, 0, &v, err);
    if (r != 0) return r;
    if (!v.holds) {
        go_on(run, routes, kinds, route, v.why);
        return 0;
    }
    if (e->round == FORGERY_SECOND) {
        at->second[kind] = v;
        (void)ask_round(run, routes, kinds, route, kind, FORGERY_THIRD);
        return 0;
    }
    struct verdict all = oracle_combine(at->second[kind], e->round == FORGERY_THIRD ? v : at->third[kind]);
    if (e->round == FORGERY_SERIES) all = oracle_combine(all, v);
    else at->third[kind] = v;
    if (all.confidence == CONFIDENCE_CONFIRMED) {
        struct forgery_claim claim = {0};
        kinds->claim(run, e, at, kind, &claim);
        claim.confidence = all.confidence;
        (void)kinds->is_told(run, kind, true);
        return forgery_report(run, e, &at->place, &claim, err);
    }
    if (e->round == FORGERY_THIRD && ask_round(run, routes, kinds, route, kind, FORGERY_SERIES)) return 0;
    go_on(run, routes, kinds, route, all.why);
    return 0;
}

int forgery_routes_judge(struct check_run *run, struct forgery_routes *routes, const struct forgery_kinds *kinds, struct experiment *e, struct error *err) {
    size_t route = e->tag >> KIND_BITS & ROUTE_MASK, kind = e->tag & KIND_MASK;
    if (route >= routes->count) return 0;
    if (e->round == FORGERY_SIGHTING) return judge_sighting(run, routes, kinds, e, route, err);
    return kind < ROUTE_KINDS_MAX ? judge_round(run, routes, kinds, e, route, kind, err) : 0;
}
