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
    size_t identity; // who asks; nobody when 0
    // Of the variants and the neighbour, for identity `holder`, when not zeroed; the plain ones go out as `identity`.
    size_t holder;
    struct credential_change credential;
    struct request plain, variant, neighbour, variant_again;
    const struct request *extra; // one more control that must not be like the variant; NULL: none
    struct sv marker, marker_again; // random texts in the variants, may be empty
};

// Queues a round (2 and 3 are the independent ones; 1 is the first sighting, which the check sends itself).
bool contrast_ask(struct check_run *run, const struct operation *op, const struct contrast *c, uint16_t round, uint32_t tag, double value);
// JUDGE_WAIT, negative, or 0 with *ret_reason NULL when the round holds. `heads`: answers to HEAD, which show headers only.
int contrast_judge(struct check_run *run, struct experiment *e, bool heads, const char **ret_reason, struct error *err) MUST_USE;

// What is told when the rounds hold: by the variant somebody gets what he is refused. Evidence: variant, plain, neighbour.
struct contrast_claim {
    const char *cause, *title;
    const char *note;      // what the variant is, as the begin of a sentence
    size_t identity;       // nobody: authentication; else function authorization
    bool everywhere;       // one finding for the host
    enum impact floor;
    uint16_t cwe[2];
    bool chooses_identity; // the variant says whose request it is: objects are open, too
};
int contrast_report(struct check_run *run, struct experiment *e, const struct contrast_claim *c, struct error *err) MUST_USE;

// 401, 403, or a 200 that refuses in words.
int answer_is_refusal(struct check_run *run, struct arena *a, const struct exchange *x, bool *ret, struct error *err) MUST_USE;
// Does a 2xx answer to HEAD describe content (length, type, validator)?
bool head_describes_content(const struct exchange *x);
// "/a/b?x" with its last non-empty segment replaced by a random one of the same shape. ptr NULL when there is none or out of memory.
struct sv target_neighbour(struct arena *a, struct rng *rng, struct sv target);

#endif
