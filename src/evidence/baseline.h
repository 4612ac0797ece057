// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_EVIDENCE_BASELINE_H
#define PLUMB_EVIDENCE_BASELINE_H

#include "evidence/signature.h"
#include "http/build.h"

enum baseline_state {
    BASELINE_NONE,    // not asked: method not allowed in this mode, budget
    BASELINE_PENDING,
    BASELINE_GOOD,    // exercised: a 2xx answer outside the absence model
    BASELINE_REFUSED, // 401 or 403
    BASELINE_BAD,     // anything else: inconclusive, see reason
};

// The good request of one operation for one identity, learned before checks plan anything (evidence.md 2).
struct baseline {
    enum baseline_state state;
    uint16_t identity;
    struct call call;               // values that made it good (or the last try)
    struct request request;
    const struct exchange *answer;  // redacted copy that lives as long as the scan; body cut at 64 KiB; NULL when none came
    struct signature signature;
    struct volatility volatility;
    usec_t latency_median, latency_spread; // first byte, at concurrency 1
    unsigned asked;                 // how often
    unsigned chosen;                // how often other values were tried without a word of what is wrong
    bool repaired;                  // validation messages were followed
    bool sampled;                   // the second request, which teaches volatility, was planned
    struct sv reason;               // why it is not good
};

#endif
