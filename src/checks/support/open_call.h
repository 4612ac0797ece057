// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_OPEN_CALL_H
#define PLUMB_CHECKS_SUPPORT_OPEN_CALL_H

#include "checks/support/access.h"

// "Nobody gets a good answer here", asked in two independent rounds of four requests: nobody twice, nobody with a random credential (new in each
// round) that shows whether credentials are looked at at all, and a random neighbour of the path, which must not get an answer of this form. The second round runs alone: the two requests of nobody follow each other, so
// that several servers behind a load balancer cannot take turns in step with us. Truth condition of a round: both answers to nobody are good
// (signs.good) and alike the baseline, outside the absence model, no block page, not from a cache that a signed-in caller filled, and the status of
// the operation never changed by itself. A server that draws its status among k values passes with less than k^-6 (baseline, its repeat, two
// rounds) times the chance that the random neighbours of its absence model draw another one; one that draws its texts too fails on the form.
enum { OPEN_CALL_NOBODY, OPEN_CALL_AGAIN, OPEN_CALL_RANDOM, OPEN_CALL_NEIGHBOUR /* absent for a path without segments */ };

// Queues a round. False when it cannot be sent (the engine notes coverage).
bool open_call_ask(struct check_run *run, const struct operation *op, const struct request *rq, uint16_t round, uint32_t tag, double value);

// Judges a round. 1 (JUDGE_WAIT) when a model is being learned; 0 with *ret_reason NULL when the round holds, else static text that says why
// it does not; negative on error. `reference`: signature to be alike to, may be NULL.
int open_call_judge(struct check_run *run, struct experiment *e, const struct signature *reference, const char **ret_reason, struct error *err) MUST_USE;

// What the random credential changed: true when the answer with it was as good (nothing looks at credentials).
int open_call_ignores_credentials(struct check_run *run, struct experiment *e, bool *ret, struct error *err) MUST_USE;

#endif
