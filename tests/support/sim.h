// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_SUPPORT_SIM_H
#define PLUMB_SUPPORT_SIM_H

// A whole scan against a server that is a function inside the test: the real engine, no sockets, no clock. Time is simulated: an answer takes
// what the server says it takes (default 1 ms). Link dep_sim (tests/meson.build).

#include "scan/engine.h"
#include "scan/scan.h"

struct sim;
struct recorder;

// Fills *ret for one request (method, target and headers as sent; identity 0 is nobody). Everything lives in `a`. Helpers: sim_json, sim_text, sim_status.
typedef void (*sim_server)(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret);

struct sim_options {
    sim_server server;
    void *state;
    const char *spec;          // JSON or YAML text of the specification, NULL: none
    const char *spec_url;      // --spec URL
    const char *target;        // NULL: "http://127.0.0.1:8080/"
    const char *allow_origin;  // a second origin in scope, NULL: none
    const char *only;          // check id or category key; NULL: all
    enum scan_mode mode;       // MODE_SAFE when 0 is not meant: MODE_PASSIVE is 0, so set it; sim_run takes MODE_PASSIVE literally only with `passive`
    bool passive;
    const struct principal *identities;
    size_t identity_count;
    uint64_t seed;             // 0: 1
    unsigned window;           // answers are given after up to so many requests are under way; 0: 4
    unsigned budget;           // requests
    unsigned lockout_budget;   // 0: 5
    bool no_canary;
    const char *record_dir;    // the scan is recorded there, for scan_replay
    usec_t started_realtime;   // 0: 1970
    unsigned kill_after;       // answers; then the scan is cut off as by a crash and resumed. 0: never
};

struct sim {
    const struct sim_options *options;
    struct arena *arena;
    struct engine *engine;
    usec_t now;
    usec_t delay;              // the server may set it: how long this answer takes to the first byte
    enum outcome outcome;      // the server may set it: how the exchange ends (default OUTCOME_DONE)
    unsigned requests, answered;
    struct recorder *recorder;
    struct sv pending_calls[64];
    size_t pending_count;
};

// Runs the scan to its end. The result lives in `a`.
int sim_run(struct arena *a, const struct sim_options *options, struct scan_result *ret, struct error *err) MUST_USE;

// What a vulnerable server does with a URL of our listener: the call is delivered to the engine after this answer; *ret_text is what the listener
// answers (its secret, or a redirect's target in ret_redirect). False when `url` is not one of the listener's.
bool sim_call_canary(struct sim *sim, struct arena *a, struct sv url, struct sv *ret_text, struct sv *ret_redirect);

void sim_status(struct arena *a, struct response *ret, unsigned status);
void sim_json(struct arena *a, struct response *ret, unsigned status, const char *format, ...) __attribute__((format(printf, 4, 5)));
void sim_text(struct arena *a, struct response *ret, unsigned status, const char *media_type, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
void sim_header(struct arena *a, struct response *ret, const char *name, struct sv value);

// Path without query; decoded value of a query parameter (SV_NONE when absent); header of the request.
struct sv sim_path(const struct outgoing *o);
struct sv sim_query(struct arena *a, const struct outgoing *o, const char *name);
struct sv sim_request_header(const struct outgoing *o, const char *name);

// First finding of that check (and path template, when not NULL), or NULL.
const struct result_finding *sim_find(const struct scan_result *r, const char *check, const char *path);
// Number of findings of that check; NULL: of all.
size_t sim_count(const struct scan_result *r, const char *check);
// Coverage of a check for an operation; COVERAGE_COUNT when nothing stands there.
enum coverage_status sim_coverage(const struct scan_result *r, const char *check, const char *method, const char *path);
// Prints all findings (for a failing test).
void sim_dump(const struct scan_result *r);

#endif
