// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_MODEL_EXPERIMENT_H
#define PLUMB_MODEL_EXPERIMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "model/api.h"
#include "model/credential.h"
#include "model/exchange.h"

enum probe_role { ROLE_REFERENCE, ROLE_PROBE, ROLE_CONTROL, ROLE_UNDO };

// How the probes of an experiment go out. The engine runs an experiment whole or not at all.
enum schedule {
    SCHEDULE_ANY,     // together, in any order, beside others
    SCHEDULE_ORDERED, // one after the other, beside others
    SCHEDULE_ALONE,   // one after the other, nothing else under way
    SCHEDULE_BURST,   // all at once, nothing else under way
};
enum phase { PHASE_DISCOVERY, PHASE_BASELINE, PHASE_CHECK, PHASE_LATE /* after all others: bursts, time */, PHASE_COUNT };

// Why requests are sent; the report counts requests by it.
enum purpose { PURPOSE_HEALTH, PURPOSE_DISCOVERY, PURPOSE_MODEL, PURPOSE_CHECK, PURPOSE_CONFIRM, PURPOSE_COUNT };

struct probe {
    enum probe_role role;
    uint16_t identity;      // 0 is nobody
    struct credential_change credential; // zeroed: the identity's own
    struct request request; // in the experiment's arena
    struct sv *markers;     // random texts of ours in this probe: masked before answers are compared
    size_t marker_count;
    usec_t timeout;         // 0: the default
    uint32_t promise;       // of a write, and of what undoes it (scan/undo.h); 0: neither
};

struct canary_event {
    struct sv token, method, path, user_agent, source;
    uint16_t probe; // index of the probe that carried the token
    usec_t at;      // since the scan began
};

struct experiment {
    uint32_t id;
    uint16_t check;       // index in the registry; UINT16_MAX: the engine's own (discovery, models)
    uint16_t round;       // 1, 2, … as the owner counts
    uint32_t tag;         // the owner's own word
    enum schedule schedule;
    enum phase phase;
    enum purpose purpose;
    double value;         // likelihood x severity / cost; larger goes first within a phase
    const struct operation *operation; // may be NULL
    size_t parameter;     // index in the operation, SIZE_MAX when none
    struct probe *probes;
    size_t probe_count, probe_cap;
    struct exchange **exchanges;       // one per probe once complete, in probe order
    struct canary_event *events;       // canary calls that came for this experiment so far
    size_t event_count, event_cap;
    void *user;           // the owner's data, in `arena`
    struct arena arena;   // lives until the experiment was judged for the last time
};

#endif
