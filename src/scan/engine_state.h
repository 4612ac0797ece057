// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_SCAN_ENGINE_STATE_H
#define PLUMB_SCAN_ENGINE_STATE_H

// Private to src/scan: what the parts of the engine share.

#include "base/map.h"
#include "base/vec.h"
#include "scan/engine.h"
#include "scan/guard.h"
#include "scan/identity/identity.h"
#include "scan/identity/login.h"
#include "scan/redact.h"
#include "scan/undo.h"
#include "stack/stack.h"
#include "surface/surface.h"

#define CHECK_NONE UINT16_MAX
enum { BASELINE_TRIES = 5, HEALTH_EVERY = 50, VOID_REPEATS = 2, WALLS_PER_OPERATION = 2, WALLS_CLOSED = 3, WALL_LIMIT = 25, LOST_LIMIT = 8 };

enum slot_state { SLOT_BUILDING, SLOT_QUEUED, SLOT_RUNNING, SLOT_PARKED, SLOT_HELD, SLOT_WAITING, SLOT_DONE };
// Whose experiment it is.
enum owner { OWNER_CHECK, OWNER_HEALTH, OWNER_SURFACE, OWNER_SPEC, OWNER_STACK, OWNER_BASELINE, OWNER_SAMPLE, OWNER_ABSENCE, OWNER_BLOCK, OWNER_WITNESS, OWNER_BEAT, OWNER_LOGIN, OWNER_UNDO };

struct slot {
    struct experiment e; // first member: experiments and slots convert
    struct engine *engine;
    enum owner owner;
    enum slot_state state;
    struct request *plain; // probes with a changed credential: what goes out without it; NULL when there is none
    size_t sent, done;
    unsigned repeats;    // how often it was void and repeated
    bool has_canary;     // a late call may bring it back
    bool counted;        // its coverage was told by the check
    struct baseline *baseline; // OWNER_BASELINE, OWNER_SAMPLE
    unsigned attempt;          // OWNER_BASELINE
    uint32_t surface_id;       // OWNER_SURFACE, OWNER_STACK
    bool needs_presence;
    struct sv absence_method, absence_path; // OWNER_ABSENCE: whose controls these are
    uint16_t absence_identity;
    uint16_t identity;  // OWNER_WITNESS, OWNER_BEAT, OWNER_LOGIN
    uint32_t ticket;    // of the newest request
    usec_t not_before;  // parked until then
    bool is_refresh;    // OWNER_LOGIN
    struct login_outcome *login;
    uint32_t held_at;   // tickets given out when it was completed
    struct obligation *obligation; // OWNER_UNDO
    bool writes;        // a probe of it has a promise: never repeated
    size_t running_index;
};

struct ticket {
    struct slot *slot;
    uint16_t probe;
    bool open;
};

struct check_run {
    struct engine *engine;
    const struct check *check;
    uint16_t index;
    bool on;   // selected and permitted
    bool silent; // not selected, but another check reads its requests: tells nothing
    bool dead; // a callback failed
    struct sv off_reason;
    void *state;
    struct rng rng;
};

struct ledger_entry {
    const char *reason; // static text
    uint32_t open;      // experiments submitted and not yet judged
    uint8_t status;     // enum coverage_status; COVERAGE_COUNT: nothing was said
};

struct token_entry {
    struct slot *slot;
    uint16_t probe;
};

struct occurrence_store; // findings.c

enum stage { STAGE_HEALTH, STAGE_LOGIN, STAGE_DISCOVER, STAGE_STACK, STAGE_BASELINE, STAGE_WITNESS, STAGE_CHECKS, STAGE_LINGER, STAGE_FINISHED };

struct engine {
    struct arena arena; // lives as long as the scan
    struct engine_options options;
    const struct scan_options *scan;
    uint64_t seed, key;

    struct api api;
    struct sv described_base; // check_described_base: of the first described_seen operations
    size_t described_seen, described;
    struct spec_warnings spec_warnings;
    struct entity_pool *entities;
    struct absence *absence;
    struct surface *surface;
    struct stack *stack;
    struct match_set *patterns;
    struct match_scratch *scratch;
    struct redactor *redactor;
    struct map knowledge; // name -> struct node
    const struct node *risky;

    struct identity *identities; // [0] is nobody
    struct principal *labels;    // their names, for checks
    size_t identity_count;
    struct jwt_key_pair key_pair;
    struct jwt_secrets *jwt_secrets; // NULL until a token needs it
    unsigned lockout_spent;
    bool closed_off;             // nobody is refused even where there is nothing (401, 403): discovery needs an identity
    struct url *origins;          // [0] is the target
    size_t origin_count;

    struct check_run *runs; // one per registered check
    VEC_OF(struct slot *) slots;   // all, by id - 1
    VEC_OF(struct slot *) queue;   // binary heap
    VEC_OF(struct slot *) running; // in start order
    VEC_OF(struct slot *) waiting;
    VEC_OF(struct slot *) parked;  // their route asked us to wait
    VEC_OF(usec_t) route_until;    // by operation id: not asked before
    usec_t waited;                 // for them, with nothing else to do
    VEC_OF(struct slot *) held;    // completed, wait for a heartbeat
    VEC_OF(struct ticket) tickets; // by number - 1
    struct slot *exclusive;        // ALONE or BURST under way
    unsigned in_flight;

    enum stage stage;
    unsigned baseline_level; // number of path parameters that is being asked
    bool spec_tried, spec_asked_first;
    bool followed_late; // links in the first good answers were followed
    bool planned_late;
    VEC_OF(struct baseline *) baselines; // by operation id * identity_count + identity
    struct map absence_pending, absence_failed; // "method dir identity shape"
    struct signature block_reference, block_page;
    int block_state; // 0 not asked, 1 asked, 2 known
    bool models_final; // models that are not known now will not come: decide with the cautious side
    struct map tokens;
    bool canary_called;

    struct signature health;
    usec_t health_latency;
    bool health_known, health_asked;
    unsigned since_health, health_bad, health_outstanding;
    bool paused;
    unsigned lost_in_row; // transport failures one after the other
    unsigned walled;      // experiments void by 429
    VEC_OF(unsigned) walls; // the same by operation id
    unsigned answered;    // exchanges with an answer
    bool unreachable;
    struct sv first_failure;

    enum stop_reason stop;
    int stop_signal;
    unsigned server_errors; // answers with 5xx
    unsigned redirect_hints;
    unsigned requests, finding_count;
    unsigned requests_by_purpose[8];
    uint64_t bytes;
    usec_t last_seen; // time of the newest answer
    unsigned planned_requests; // reserved for running experiments and not yet sent

    struct occurrence_store *findings;
    VEC_OF(bool) spoke; // by operation id: some answer of it was no failure of the server
    VEC_OF(uint32_t) found_in; // by operation id: bits of the categories that findings at it belong to
    VEC_OF(struct fact) facts;
    VEC_OF(struct ledger_entry *) ledger; // a row for each operation (the first for none), an entry in it for each check; NULL: nothing was said
    VEC_OF(struct sv) warnings;
    VEC_OF(struct obligation *) obligations; // undo.c, by number - 1
    bool undo_closed;           // no time is left to undo anything
    bool resumed;               // raw values of before are gone
};

static inline struct slot *slot_of(struct experiment *e) {
    return (struct slot *)(void *)e;
}

#include "scan/engine_parts.h"

#endif
