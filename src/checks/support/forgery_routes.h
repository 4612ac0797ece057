// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_FORGERY_ROUTES_H
#define PLUMB_CHECKS_SUPPORT_FORGERY_ROUTES_H

#include "checks/support/forgery.h"

// Services verify credentials in more places than one: an old handler, a second router, an option that one route forgot. So what is tried where the
// identity was proven is tried in short everywhere: one request for each way (its "kind"), compared with what the identity and nobody were answered.
// A sighting goes into the rounds of forgery.h; where the same cause was proven elsewhere it is one more occurrence.
enum { ROUTE_KINDS_MAX = 12 };

struct forgery_route {
    struct forgery_place place;
    unsigned rank;  // how many operations of its family stand before it
    unsigned stage;
    bool asked;     // some kind was tried
    struct verdict second[ROUTE_KINDS_MAX], third[ROUTE_KINDS_MAX];
};

// What the check knows of its kinds; `user` is its own.
struct forgery_kinds {
    uint32_t tag;        // bits above the lowest 24 of all tags of these experiments
    unsigned budget;     // first requests in all
    double value;        // of a sighting at the first operation of a family
    bool jwt;            // signed tokens only
    size_t count, alone; // kinds; those below `alone` go first, and the others only where they are refused
    size_t independent;  // of those below it one at an operation is enough: whoever is in needs no second way
    // False: not tried there. `control` NULL: not needed. Texts live as long as the arena of `e` (a scan's when e is NULL).
    bool (*make)(struct check_run *run, struct experiment *e, const struct forgery_route *route, size_t kind, struct credential_change *weak,
                 struct credential_change *control);
    void (*claim)(struct check_run *run, struct experiment *e, const struct forgery_route *route, size_t kind, struct forgery_claim *ret);
    // Is the cause proven already? `now`: it is from here on.
    bool (*is_told)(struct check_run *run, size_t kind, bool now);
};

struct forgery_routes {
    struct forgery_route *list;
    size_t count;
    unsigned sent;
};

// Chooses the operations (guarded, and answered to an identity that is proven; the one of `left_out`, where it was proven, is not among them) and asks
// the first stage of each, operations of the most different families first.
int forgery_routes_start(struct check_run *run, struct forgery_routes *routes, const struct forgery_kinds *kinds, bool leave_out_witness, struct error *err);
// Is this operation one of them?
bool forgery_routes_has(const struct forgery_routes *routes, const struct operation *op);
// Judges an experiment whose tag carries the bits of `kinds`.
int forgery_routes_judge(struct check_run *run, struct forgery_routes *routes, const struct forgery_kinds *kinds, struct experiment *e, struct error *err) MUST_USE;

#endif
