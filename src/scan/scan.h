// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_SCAN_SCAN_H
#define PLUMB_SCAN_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/sink.h"
#include "checks/run.h"
#include "http/url.h"
#include "model/principal.h"
#include "model/result.h"
#include "spec/spec.h"

// 'METHOD PATTERN' of --include, --exclude, --read-only-post, --allow-write, --allow-delete. Method "" or "*": any. The pattern is a path with
// * (within a segment), ** (any rest) and {x} (one segment); template and concrete path are both compared.
struct operation_pattern {
    struct sv method, pattern;
};

struct scan_progress {
    const char *stage; // "discovering", "learning", "testing", "confirming", "finishing", "waiting for the target"
    unsigned requests, queued, operations, findings;
    usec_t elapsed;
};

// Everything that a scan may do, decided before it starts. Views outlive the scan.
struct scan_options {
    struct url target; // as named; its origin is the scope
    struct sv target_text;
    struct sv spec_name, spec_bytes; // read by the caller; SV_NONE: none given
    struct sv spec_url;              // --spec URL: fetched by the scan through the scope guard; SV_NONE when not
    struct reader *spec_reader;      // for files beside it; may be NULL
    enum scan_mode mode;
    const struct operation_pattern *include, *exclude, *read_only_post, *allow_write, *allow_delete;
    size_t include_count, exclude_count, read_only_post_count, allow_write_count, allow_delete_count;
    const struct sv *checks, *skip_checks; // ids or category keys
    size_t check_count, skip_check_count;
    const struct url *allow_origins;
    size_t allow_origin_count;
    const struct principal *identities; // without nobody
    size_t identity_count;
    unsigned lockout_budget; // wrong tries against an account of ours
    double rate;             // requests a second; 0: by address class (public 50, private 200, loopback none); negative: none
    unsigned budget_requests; // 0: none
    usec_t budget_time;       // 0: none
    struct sv budget_text;
    const char *record_dir; // NULL: nothing is written
    bool resume;            // continue the recording in record_dir
    bool no_discovery;      // only what the description names is asked
    bool no_canary, metadata;
    struct sv canary_host;  // SV_NONE: automatic
    uint16_t canary_port;
    struct sv canary_public_url;
    bool insecure, no_scan_header;
    const char *certificate, *key, *ca_file, *proxy, *unix_socket, *data_dir;
    bool has_seed;
    uint64_t seed;
    bool sandbox;           // restrict the process before the first byte of the target is read (cli sets it; unit tests do not)
    void (*progress)(void *context, const struct scan_progress *p); // NULL: none; at most 10 a second
    void *progress_context;
};

// Scans. 0 also when the target could not be reached: that is data (result->exit_code 3 and reasons). Negative only for what must stop
// before anything is sent (ERR_USAGE …: exit 2). SIGINT and SIGTERM end the scan within a second with what is known
// (result->interrupted); what it wrote is undone first, for at most five seconds.
// The result lives in `a`. Score and escape verdict are not computed here: cli calls score_compute and graph_evaluate.
int scan_run(struct arena *a, const struct scan_options *options, struct scan_result *ret, struct error *err) MUST_USE;

// Prints every request of the first wave (one "METHOD URL  # purpose, check" line each), sends none.
int scan_plan(struct arena *a, const struct scan_options *options, struct sink *out, struct error *err) MUST_USE;

// The same report from a recording, byte for byte.
int scan_replay(struct arena *a, const char *directory, struct scan_result *ret, struct error *err) MUST_USE;

// Gate flags are applied to a result afterwards (DESIGN 6): sets gate_*, exit_code, exit_reasons.
struct gate_options {
    bool has_threshold, has_fail_on, has_min_coverage;
    unsigned threshold;
    enum severity fail_on;
    double min_coverage; // per cent
};
int scan_gate(struct arena *a, const struct gate_options *gate, struct scan_result *r, struct error *err) MUST_USE;

#endif
