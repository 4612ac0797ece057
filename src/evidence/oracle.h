// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_EVIDENCE_ORACLE_H
#define PLUMB_EVIDENCE_ORACLE_H

#include "evidence/absence.h"
#include "evidence/baseline.h"
#include "evidence/signature.h"
#include "data/node.h"
#include "match/match.h"
#include "model/finding.h"

// evidence.md 3. Pure functions over answers: no I/O, no clock. Each states its truth condition beside its code with the derivation of
// its chance of a wrong "confirmed" (<= 1e-8 per application). `why` is one sentence, static text.
struct verdict {
    bool holds;                 // the condition is met in this round
    enum confidence confidence; // what ONE round may claim: TENTATIVE is a cap, FIRM is the rule; see oracle_combine
    const char *why;            // NULL only in a verdict that was never reached
    double bits;                // -log2 of the chance that a server whose answers do not depend on what was tested passes this round
    unsigned multiple;          // time: how often the delay runs; 0 elsewhere
};

// "Confirmed" means 1e-8: the rounds together carry this many bits.
#define ORACLE_CONFIRM_BITS 27.0
// What a round with an outright refusal (401, 403, 404 …) as its control is worth; for verdicts that a check makes by itself, too.
#define ORACLE_ROUND_BITS 14.0

// Two rounds with new random parts: both hold and their bits suffice -> confirmed, else firm (a tentative round caps both). One holds and
// the other was never reached (zeroed verdict): its own, at most firm; one holds and the other does not: tentative. May be folded over
// more rounds and a series: combine(combine(first, second), series).
struct verdict oracle_combine(struct verdict first, struct verdict second);

// The series: the last proof for oracles whose rounds carry few bits (boolean, syntax, error text without a fragment, same answer with a
// control that is no refusal). Two requests that must answer differently are sent in an order of random bits, with new random parts in
// each; every answer must fall where its bit says. Chance for a server that does not see the difference: 2^-count, whatever it does.
#define ORACLE_SERIES 24
void series_draw(struct rng *rng, bool *ret_expected, size_t count);
// expected[i]: answer i must equal the reference; else it must not, and all of these are alike.
struct verdict oracle_series(const struct signature *reference, const struct signature *const *answers, const bool *expected, size_t count,
                             const struct volatility *v);
// The same over a yes/no that the caller has read from each answer ("shows the text").
struct verdict oracle_series_observed(const bool *observed, const bool *expected, size_t count);

// same answer: R (allowed), P (should not be), control that must fail. `absence`: presence of R. Ask in the order control, probe, reference:
// a cache in front that hands on the answer before then never gives the probe a privileged one.
struct verdict oracle_same_answer(const struct signature *reference, const struct signature *probe, const struct signature *control,
                                  const struct volatility *v, enum presence reference_presence);

// boolean pair: two true, two false variants (same length, same characters), the same characters as an inert literal.
struct boolean_answers {
    const struct signature *baseline, *true_1, *true_2, *false_1, *false_2, *inert; // inert: as a plain value without grammar
    const struct volatility *volatility;
};
struct verdict oracle_boolean(const struct boolean_answers *answers);

// syntax pair: break, neutral neighbour, doubled quote, random word of equal length.
struct syntax_answers {
    const struct signature *baseline, *broken, *neutral, *doubled, *random_word;
    const struct volatility *volatility;
};
struct verdict oracle_syntax(const struct syntax_answers *answers);

// error text: a PATTERN_ERROR of `engine` (SV_NONE: any) in `probe`, absent from baseline and controls; with a fragment of the value sent, or
// absent for the neutral neighbour. Returns the pattern in ret_pattern.
struct error_text_answers {
    const struct exchange *baseline;      // may be NULL
    const struct exchange *probe;
    const struct exchange *const *controls; // neutral neighbours and harmless values
    size_t control_count;
    struct sv fragment; // of the value sent that an engine would quote, SV_NONE when it would not
    struct sv engine;
};
struct verdict oracle_error_text(struct arena *a, const struct match_set *set, struct match_scratch *scratch,
                                 const struct error_text_answers *answers, const struct pattern **ret_pattern);

// computed value: `product` in the probe's answer, absent from the other-factors answer and from the plain-expression control.
struct verdict oracle_computed(const struct exchange *probe, struct sv product, struct sv expression, const struct exchange *other_factors,
                               const struct exchange *plain_control);

// time: observed against asked delay by regression over at least 8 points; slope within 15 % of a positive integer, R^2 > 0.98.
// time_draw makes such delays: a quarter of them 0, the others spread over (0, longest], whole milliseconds, all in random order.
void time_draw(struct rng *rng, usec_t *ret_asked, size_t count, usec_t longest);
struct verdict oracle_time(const usec_t *asked, const usec_t *observed, size_t count, usec_t model_median, usec_t model_spread);

// canary call: the token was called (not by us); full read when the secret stands in the answer.
struct canary_verdict {
    bool called, full_read;
};
struct canary_verdict oracle_canary(const struct experiment *e, struct sv token, const struct exchange *answer, struct sv secret);

// forged credential: valid has the canary text, absent and random-key do not, the weak one does.
struct verdict oracle_forged(struct sv canary_text, const struct exchange *valid, const struct exchange *absent, const struct exchange *random_key,
                             const struct exchange *weak);

// limit: what a burst showed.
struct burst_result {
    unsigned sent, limited /* 429 or a 4xx/503 that the first answers did not have */, good;
    usec_t duration;
    bool announced; // RateLimit-*, X-RateLimit-*, Retry-After seen
    uint64_t announced_limit, announced_remaining_last;
};
int burst_measure(struct exchange *const *exchanges, size_t count, struct burst_result *ret);

// function: management class of an answer (data/management.yaml), by keys and values; NULL when none. Returns its id.
struct sv management_class(struct arena *a, const struct node *table, const struct exchange *x);

// public by design: description demands nothing or says public, answers of all identities equal, nothing sensitive.
bool oracle_public(const struct operation *op, const struct signature *const *answers, size_t count, const struct volatility *v, size_t sensitive_hits);

#endif
