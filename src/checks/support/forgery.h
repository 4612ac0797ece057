// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_FORGERY_H
#define PLUMB_CHECKS_SUPPORT_FORGERY_H

#include "checks/support/access.h"

// A credential that nobody should accept, beside the valid one, none, and one that must fail (the control): evidence.md, "forged credential".
//   round 1 (sighting)  control · absent · weak, one or several · valid
//   rounds 2 and 3      control · absent · weak · weak · control · valid, alone
//   round 4 (series)    weak or control, in an order of random bits, alone; only where a refusal is no status (see oracle.h)
// In rounds 2 and 3 the two weak ones stand side by side between what must fail, so that servers which take turns (2 to 5 of them) cannot do so in
// step with us. Chance of a wrong "confirmed": the oracle's, two rounds of 14 bits where absent and control are refused, a series of 24 else.
enum { FORGERY_CONTROL, FORGERY_ABSENT, FORGERY_WEAK, FORGERY_WEAK_AGAIN, FORGERY_CONTROL_AGAIN };
enum { FORGERY_SIGHTING = 1, FORGERY_SECOND, FORGERY_THIRD, FORGERY_SERIES };

// Where it is tried. With `text` (what shows with the credential only) the text decides, else the whole answer does.
struct forgery_place {
    const struct operation *operation;
    size_t identity;
    struct sv text; // SV_NONE: none known there
};

// An identity whose credential may be judged by, a JWT when `jwt`: the first proven one. 0 (nobody) when there is none; *ret_reason says why.
size_t forgery_identity(const struct check_run *run, bool jwt, const char **ret_reason);
// The place where that identity was proven. False when there is none any more.
bool forgery_witness(const struct check_run *run, size_t identity, struct forgery_place *ret);

// Begins a round, adds weak ones, ends and submits it. In rounds 2 and 3 exactly two weak ones. NULL, false: out of memory or refused.
struct experiment *forgery_begin(struct check_run *run, const struct forgery_place *p, const struct credential_change *control, uint16_t round,
                                 uint32_t tag);
bool forgery_weak(struct check_run *run, struct experiment *e, const struct forgery_place *p, const struct credential_change *weak);
bool forgery_end(struct check_run *run, struct experiment *e, const struct forgery_place *p, const struct credential_change *control);
// The series, whole. `weak` and `control` are sent again and again: what is random in them the engine draws anew.
bool forgery_series(struct check_run *run, const struct forgery_place *p, const struct credential_change *weak,
                    const struct credential_change *control, uint32_t tag);
// Index of the probe with the valid credential.
size_t forgery_valid(const struct experiment *e);

// Verdict over the i-th weak one of a sighting, or over a later round. JUDGE_WAIT, negative, or 0 with *ret.
int forgery_judge(struct check_run *run, struct experiment *e, const struct forgery_place *p, size_t i, struct verdict *ret, struct error *err) MUST_USE;

// What is told when the rounds hold. Evidence: weak, valid, control, absent.
struct forgery_claim {
    const char *check;         // NULL: the check itself
    const char *cause, *title;
    const char *note, *control; // what the weak one and the control are, as parts of a sentence
    struct sv reason;          // SV_NONE: made of both
    bool forges;               // whoever has it can be anyone; else only a credential lives on that should not
    enum confidence confidence;
    const struct finding_effect *effects;
    size_t effect_count;
    uint16_t cwe;
};
int forgery_report(struct check_run *run, struct experiment *e, const struct forgery_place *p, const struct forgery_claim *c, struct error *err) MUST_USE;
// One more occurrence of what was proven elsewhere: probe `i` was answered like the identity. Evidence: that, and what both were answered before.
int forgery_report_seen(struct check_run *run, struct experiment *e, size_t i, const struct forgery_place *p, const struct forgery_claim *c,
                        struct error *err) MUST_USE;

#endif
