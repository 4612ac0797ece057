// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_CHECK_H
#define PLUMB_CHECKS_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/experiment.h"
#include "model/finding.h"

enum check_traits {
    CHECK_PASSIVE = 1,       // only observes; plans nothing
    CHECK_READ_ONLY = 2,     // allowed in safe mode
    CHECK_ACTIVE = 4,        // needs --mode active
    CHECK_TWO_IDENTITIES = 8,
    CHECK_ONE_IDENTITY = 16,
    CHECK_CANARY = 32,       // needs the listener
};

struct check_run; // see checks/run.h
#define JUDGE_WAIT 1 // judge asks to be called again with the same experiment once the model it asked for is learned

// One const instance per check, in that check's own file; see docs/checks/<id>.md. One thread, never re-entered. A check does no I/O, reads no
// clock, takes randomness from check_rng only. All callbacks return 0, a negative error (ends this check, not the scan) or JUDGE_WAIT (judge).
struct check {
    const char *id;    // "auth-missing"
    const char *title; // one line
    enum category category;
    const char *owasp; // "API2:2023"
    uint16_t cwe;      // main CWE
    uint32_t traits;
    size_t state_size; // zeroed bytes lent for one scan
    const char *needs; // id of a check whose requests this one reads: it runs, and tells nothing, where only this one was selected; may be NULL

    int (*begin)(struct check_run *run, struct error *err);                                  // once; may be NULL
    int (*start)(struct check_run *run, struct error *err);                                  // once, before the first plan, unless --include narrows the scan: what is asked of the host as a whole; may be NULL
    int (*observe)(struct check_run *run, const struct exchange *x, struct error *err);      // every recorded exchange once; may be NULL
    int (*plan)(struct check_run *run, const struct operation *op, struct error *err);       // once per operation, after its baselines; may be NULL
    int (*judge)(struct check_run *run, struct experiment *e, struct error *err);            // when all probes of an experiment have an outcome; again when a canary call for it comes later (e->event_count grew)
    int (*finish)(struct check_run *run, struct error *err);                                 // after all experiments; may report, may not plan
};

extern const struct check *const check_registry[];
extern const size_t check_registry_count;
const struct check *check_find(struct sv id);

// Declares every check of check_files in meson.build, so that a definition needs no declaration of its own.
#include "checks/check_list.h"
#define X(name) extern const struct check check_##name;
CHECK_LIST(X)
#undef X

#endif
