// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_PLACES_H
#define PLUMB_CHECKS_SUPPORT_PLACES_H

#include "checks/run.h"

// Places where a caller's value goes in, with the request around them. What checks of injected values share.
struct place {
    const struct operation *op;
    size_t parameter, identity;
    const struct baseline *baseline; // its call is the request around the value; not necessarily a good one
    struct sv value;                 // of that request, else the documented example; SV_NONE when there is neither
};
#define PLACES_MAX 32

// Does the operation only read, whatever the mode allows? Writes with made-up values would need an undo that these checks do not have.
bool place_only_reads(const struct operation *op);
// The places of an operation that take text, query, path, body, cookie and documented header parameters alike, in the order of the
// description. 0 with coverage noted when nobody of this scan may ask or nothing takes a value.
size_t places_find(struct check_run *run, const struct operation *op, struct place ret[PLACES_MAX]);
// The place of an experiment that was made by place_experiment.
struct place place_of(struct check_run *run, const struct experiment *e);
// A new experiment about this place: its tag is the caller's, the identity is kept by the operation's best one.
struct experiment *place_experiment(struct check_run *run, const struct place *p, uint32_t tag, uint16_t round);
// A value in this place. `spelled`: percent-encoded already (query and path) and sent as it is. NULL when it cannot be written there.
struct probe *place_ask(struct check_run *run, struct experiment *e, enum probe_role role, const struct place *p, struct sv value, bool spelled);
// Passed when the operation gave a good answer, else inconclusive.
void place_exercised(struct check_run *run, const struct place *p);
// 1: some probe was not answered or got a firewall's page (coverage is noted), 0: all fine, JUDGE_WAIT: being learned.
// Only answers that refuse (403, 406, 429 and above 500) are looked at when the operation is good.
int place_blocked(struct check_run *run, struct experiment *e, bool *ret);

// A finding at one place; confirmed unless said otherwise. Fields of `f` that are set win: category, impact, cause, title and reason must be.
int place_report(struct check_run *run, const struct place *p, struct finding f, struct error *err) MUST_USE;

#endif
