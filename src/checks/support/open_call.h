// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_OPEN_CALL_H
#define PLUMB_CHECKS_SUPPORT_OPEN_CALL_H

#include "checks/support/access.h"

// "Nobody gets a good answer here", asked in two independent rounds of two requests: nobody, and nobody with a random credential (new in each
// round) that shows whether credentials are looked at at all. Truth condition of a round: the answer is good (signs.good), outside the absence
// model, no block page, not from a cache that a signed-in caller filled, and alike the baseline. A server that answers at random passes the
// form comparison of two rounds only if it answers the same form twice for a path and other forms for random siblings of it.
enum { OPEN_CALL_NOBODY, OPEN_CALL_RANDOM, OPEN_CALL_PROBES };

// Queues a round. False when it cannot be sent (the engine notes coverage).
bool open_call_ask(struct check_run *run, const struct operation *op, const struct request *rq, uint16_t round, uint32_t tag, double value);

// Judges a round. 1 (JUDGE_WAIT) when a model is being learned; 0 with *ret_reason NULL when the round holds, else static text that says why
// it does not; negative on error. `reference`: signature to be alike to, may be NULL.
int open_call_judge(struct check_run *run, struct experiment *e, const struct signature *reference, const char **ret_reason, struct error *err) MUST_USE;

// What the random credential changed: true when the answer with it was as good (nothing looks at credentials).
int open_call_ignores_credentials(struct check_run *run, struct experiment *e, bool *ret, struct error *err) MUST_USE;

#endif
