// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_CONTRAST_H
#define PLUMB_CHECKS_SUPPORT_CONTRAST_H

#include "checks/support/access.h"

// A refused request and a variant of it that is not refused, as one experiment that runs alone and in this order:
//   plain · variant · variant again (new random parts where it has some) · plain · the same variant of a random neighbour
// Neighbours in time are of one kind, so that several servers behind a load balancer cannot take turns in step with us.
// Truth condition of a round: both plain ones are refused, both variants are good and of one form, the neighbour is not like them, the variant is
// outside the absence model and no block page. A server that draws its status among k values passes one round with less than k^-4, two rounds
// and the first sighting with less than k^-9; one that draws its texts too fails on the form. With k >= 8 that is below 1e-8.
enum { CONTRAST_PLAIN, CONTRAST_VARIANT, CONTRAST_VARIANT_AGAIN, CONTRAST_PLAIN_AGAIN, CONTRAST_NEIGHBOUR, CONTRAST_EXTRA };

struct contrast {
    struct request plain, variant, neighbour, variant_again;
    const struct request *extra; // one more control that must not be like the variant; NULL: none
    struct sv marker, marker_again; // random texts in the variants, may be empty
};

// Queues a round (2 and 3 are the independent ones; 1 is the first sighting, which the check sends itself).
bool contrast_ask(struct check_run *run, const struct operation *op, const struct contrast *c, uint16_t round, uint32_t tag, double value);
// JUDGE_WAIT, negative, or 0 with *ret_reason NULL when the round holds. `heads`: answers to HEAD, which show headers only.
int contrast_judge(struct check_run *run, struct experiment *e, bool heads, const char **ret_reason, struct error *err) MUST_USE;
// Evidence of a round that holds: variant, plain, neighbour.
void contrast_evidence(const struct experiment *e, const char *note, struct evidence_item ret[3]);

// 401, 403, or a 200 that refuses in words.
int answer_is_refusal(struct check_run *run, struct arena *a, const struct exchange *x, bool *ret, struct error *err) MUST_USE;
// Does a 2xx answer to HEAD describe content (length, type, validator)?
bool head_describes_content(const struct exchange *x);
// "/a/b?x" with its last non-empty segment replaced by a random one of the same shape. ptr NULL when there is none or out of memory.
struct sv target_neighbour(struct arena *a, struct rng *rng, struct sv target);

#endif
