// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_SCAN_ENGINE_H
#define PLUMB_SCAN_ENGINE_H

#include "model/experiment.h"
#include "scan/scan.h"

// The scan as a deterministic machine: what it sends next depends only on its options, its seed and the order of the calls below. A driver
// (live.c, replay.c, the tests' function servers) moves it; whoever logs these calls can repeat the scan byte for byte.
struct engine;

enum engine_next {
    ENGINE_SEND,     // *ret is filled
    ENGINE_WAIT,     // what is left waits for a time (Retry-After of one route): engine_time_passed at engine_wait_until, or later
    ENGINE_BUSY,     // nothing to send before another answer comes
    ENGINE_LINGER,   // all is sent; late canary calls may still come: wait a moment, then engine_linger_over
    ENGINE_FINISHED, // call engine_result
};

struct outgoing {
    uint32_t ticket; // names this request in engine_complete; counts from 1
    const struct request *request;    // as it is recorded and shown
    const struct request *plain;      // as it goes out, before engine_reveal; another one than `request` when the credential was changed
    const struct url *origin;
    const struct header_list *identity_headers; // credentials, never recorded
    const struct credential_out *credential;    // the same with what is no header (scan/identity/identity.h); never NULL
    uint16_t identity;
    usec_t timeout; // 0: the default
    bool burst;     // goes out at once, whatever the concurrency
    bool paused;    // the target looked unwell: wait two seconds before this one
    bool writes;    // may change something: what was recorded so far must be on disk before it leaves
    const char *purpose;  // "discovery", "undo", check id …
    const struct experiment *experiment;
};

// An answer as the transport saw it. With `redacted` set (replay) response and hits are the recorded view, else the engine redacts.
struct raw_answer {
    enum outcome outcome;
    const struct response *response;
    struct sv detail;
    usec_t started, ended; // since the scan began
    size_t bytes;
    bool redacted;
    const struct sensitive_hit *hits;
    size_t hit_count;
    const struct login_outcome *login; // replay: what a login brought (scan/identity/login.h)
};

enum stop_reason { STOP_NONE, STOP_SIGNAL, STOP_BUDGET, STOP_UNREACHABLE, STOP_DEGRADED, STOP_WALL, STOP_SCOPE, STOP_BROKEN, STOP_COUNT };

// Where exchanges go while the scan runs (the recorder); all may be NULL.
struct engine_tap {
    void *context;
    void (*sent)(void *context, const struct outgoing *o);
    void (*done)(void *context, uint32_t ticket, const struct exchange *x, const struct raw_answer *answer, const struct login_outcome *login);
};

struct engine_options {
    const struct scan_options *scan;
    uint64_t seed;
    struct sv scan_id;
    usec_t started_realtime;
    struct sv canary_base; // SV_NONE: no listener
    uint64_t canary_seed;
    struct engine_tap tap;
    bool dry; // nothing is sent (--plan): missing answers say nothing about the target
};

int engine_new(const struct engine_options *options, struct engine **ret, struct error *err) MUST_USE;
void engine_free(struct engine *e);

// Free of side effects unless it returns ENGINE_SEND.
enum engine_next engine_next(struct engine *e, struct outgoing *ret);
int engine_complete(struct engine *e, uint32_t ticket, const struct raw_answer *answer, struct error *err) MUST_USE;
int engine_canary(struct engine *e, const struct canary_event *call, bool own, struct error *err) MUST_USE;
// Since the scan began; what was to wait until then may go on. Recorded like the other calls.
usec_t engine_wait_until(const struct engine *e);
int engine_time_passed(struct engine *e, usec_t now, struct error *err) MUST_USE;
int engine_linger_over(struct engine *e, struct error *err) MUST_USE;
// No further probe is sent but undo probes; what is under way may be completed or given up with OUTCOME_BUDGET. STOP_SCOPE counts even when the
// scan is finished.
int engine_stop(struct engine *e, enum stop_reason why, struct error *err) MUST_USE;
// What is not undone by now stays so, and is told.
int engine_abandon_undos(struct engine *e, struct error *err) MUST_USE;
bool engine_has_undos(const struct engine *e); // writes that are still to be undone
// The scan cannot go on for a reason of ours (memory). What is known is kept: engine_result may follow at once.
void engine_break_off(struct engine *e, const char *why);
// Which signal STOP_SIGNAL was.
void engine_note_signal(struct engine *e, int number);
// After an interruption: experiments that were under way start again as a whole.
void engine_restart_interrupted(struct engine *e);

unsigned engine_in_flight(const struct engine *e);
// A burst is under way: its probes go out whatever the concurrency.
bool engine_in_burst(const struct engine *e);
// Waiting for canary calls makes sense: a token went out.
bool engine_expects_calls(const struct engine *e);
// The request with raw values in place of placeholders and with the identity's query parameter, for sending only. ERR_MISMATCH: a write that
// would carry a placeholder; it is to be completed as OUTCOME_POLICY.
int engine_reveal(struct engine *e, struct arena *a, const struct outgoing *o, struct request *ret, struct error *err) MUST_USE;
void engine_progress(const struct engine *e, struct scan_progress *ret);
// Text shown in the report's warnings.
void engine_warn(struct engine *e, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Fills *ret; much of it lives in the engine, which must outlive the result.
int engine_result(struct engine *e, struct arena *a, usec_t ended_realtime, struct scan_result *ret, struct error *err) MUST_USE;

#endif
