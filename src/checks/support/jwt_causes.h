// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_JWT_CAUSES_H
#define PLUMB_CHECKS_SUPPORT_JWT_CAUSES_H

#include "checks/support/published_keys.h"

// What can be wrong with the verification of a signed token (RFC 8725 2 and 3), most likely and most far-reaching first. Each has a few spellings
// ("variants") of a token that a sound server refuses, and a control of the same look that fails for whoever has just this weakness.
enum jwt_cause {
    JWT_SIGNATURE, // not verified at all: makes all others moot
    JWT_NONE,
    JWT_NULL,
    JWT_SECRET,
    JWT_BLANK,
    JWT_CONFUSION,
    JWT_EMBEDDED,
    JWT_JKU,
    JWT_X5U,
    JWT_KID,
    JWT_PSYCHIC,
    JWT_EXPIRED,
    JWT_NOT_BEFORE,
    JWT_AUDIENCE,
    JWT_ISSUER,
    JWT_CAUSE_COUNT
};
enum { JWT_VARIANTS_MAX = 6 };

struct jwt_cause_info {
    const char *word;  // cause of the finding
    const char *title;
    const char *control; // what the control is, for the evidence
    uint16_t cwe;
    bool forges;       // whoever has it can be anyone; else it only keeps a token alive that should not count
    bool needs_secret; // the key must be known to try it
};
extern const struct jwt_cause_info jwt_causes[JWT_CAUSE_COUNT];

// The n-th spelling of a cause; texts live in e->arena, random parts are new in each call. `e` is the experiment that it goes into (its next
// probe carries it). False when there is no such spelling for this token. *ret_note says in words what it is.
bool jwt_cause_weak(struct check_run *run, struct experiment *e, size_t identity, const struct published_keys *keys, enum jwt_cause cause,
                    size_t variant, struct credential_change *ret, const char **ret_note);
bool jwt_cause_control(struct check_run *run, struct arena *a, size_t identity, enum jwt_cause cause, size_t variant, struct credential_change *ret);

#endif
