// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_EVIDENCE_ORACLE_INTERNAL_H
#define PLUMB_EVIDENCE_ORACLE_INTERNAL_H

#include "evidence/oracle.h"

// Bits of the observation "these answers were of one form, those of others" against a server that draws the form of each answer by itself, with
// whatever probability suits it best: p^equal (1-p)^different is largest at p = equal / (equal + different).
double noise_bits(size_t equal, size_t different);

static inline struct verdict verdict_no(const char *why) {
    return (struct verdict){.confidence = CONFIDENCE_TENTATIVE, .why = why};
}
static inline struct verdict verdict_yes(const char *why, double bits) {
    return (struct verdict){.holds = true, .confidence = CONFIDENCE_FIRM, .why = why, .bits = bits};
}

// 429, 5xx and the like: the server's trouble, not its answer to the question.
bool status_is_trouble(unsigned status);
// A refusal that a server gives on purpose: 400, 401, 403, 404, 405, 410, 422.
bool status_is_refusal(unsigned status);
// Can this operation be compared at all? Its answers are known to repeat, and something of them is left to compare.
bool answers_are_comparable(const struct signature *reference, const struct volatility *v);
static inline size_t learned_from(const struct volatility *v) {
    return v == NULL ? 0 : v->learned_from > 8 ? 8 : v->learned_from;
}
// Is the text in the body or in a header value of the answer?
bool exchange_shows(const struct exchange *x, struct sv text);

#endif
