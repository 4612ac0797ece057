// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_LIMITS_H
#define PLUMB_CHECKS_SUPPORT_LIMITS_H

#include "checks/run.h"

// Limits of how often an operation may be called: what is announced, what kind of operation it is, what the bursts are made of.
enum limit_class {
    LIMIT_READ,  // any read
    LIMIT_HEAVY, // searches, exports
    LIMIT_COSTLY,
    LIMIT_CODE, // guards: a code, the recovery of an account, a password
    LIMIT_RESET,
    LIMIT_LOGIN,
    LIMIT_CLASS_COUNT
};
static inline bool limit_guards(enum limit_class c) {
    return c >= LIMIT_CODE;
}

struct limit_announcement {
    bool any;        // 429 is documented, or a header or the description speaks of a limit
    uint64_t count;  // 0: no number
    usec_t window;   // 0: not said
};

enum limit_class limit_class_of(struct check_run *run, const struct operation *op);
// From the description, the documented answers and the headers of the ordinary answer (may be NULL).
struct limit_announcement limit_announced(struct check_run *run, const struct operation *op, const struct exchange *answer);
// "At most 5 attempts in 10 seconds": false when the text announces no number.
bool limit_read_text(struct check_run *run, struct sv text, struct limit_announcement *ret);

// Does an answer refuse because of a limit? `usual`: status of answers that are not limited.
bool limit_refuses(struct check_run *run, const struct exchange *x, unsigned usual);

// The request of one probe of a burst: where something is guessed, the name of an account that does not exist (`name`, one for the burst) and a new
// random secret. `forged`: with another caller's address in every header of data/limits.yaml.
int limit_request(struct check_run *run, struct arena *a, const struct call *call, enum limit_class class, struct sv name, bool forged,
                  struct request *ret, struct error *err) MUST_USE;
// Do name, format or pattern say that the value is matched against a pattern? Long values may keep a service busy there for ever (CWE-1333).
bool limit_is_matched(struct check_run *run, const struct parameter *p);

// Was the request made with `forged`?
bool limit_is_forged(const struct request *rq);

#endif
