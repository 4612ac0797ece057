// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_SCAN_RECORD_H
#define PLUMB_SCAN_RECORD_H

#include "base/arena.h"
#include "base/error.h"
#include "base/sink.h"
#include "scan/engine.h"
#include "scan/spec_files.h"

// A recording is a directory (docs/recording.md):
//   scan.json     what the engine was started with: seed, target, mode, specification, names of identities, canary address
//   events.jsonl  the calls that moved the engine, one JSON object a line, in order: sent, done, canary, stop, restart, linger, end
// Everything in it is the redacted view; credentials are never written. Together both repeat the scan byte for byte. The same files are the
// journal that --resume continues: a last line that was cut by a crash is dropped.
struct recorder;

// Creates the directory and its files (mode 0600); ERR_USAGE when it holds a recording already, unless `append`.
int recorder_open(struct arena *a, const char *directory, bool append, struct recorder **ret, struct error *err) MUST_USE;
// `files`: beside the specification, as far as they were read; may be NULL.
// `e`: the engine that was made with `o`; what it knows of credentials without showing them is written.
int recorder_write_header(struct recorder *r, const struct engine_options *o, const struct engine *e, const struct spec_files *files, struct error *err) MUST_USE;
// Takes away the files of a recording in which nothing stands, and closes it.
void recorder_discard(struct recorder *r);
struct engine_tap recorder_tap(struct recorder *r);
void recorder_canary(struct recorder *r, const struct canary_event *call, bool own);
void recorder_stop(struct recorder *r, enum stop_reason why, int signal_number); // 0: no signal
void recorder_warn(struct recorder *r, struct sv text); // a warning that the driver made
void recorder_mark(struct recorder *r, const char *event); // "restart", "linger", "abandon"
void recorder_time(struct recorder *r, usec_t now); // engine_time_passed
void recorder_end(struct recorder *r, usec_t realtime);
// Flushes to the kernel; called at least twice a second by the driver. 0 or the first write error.
int recorder_flush(struct recorder *r);
int recorder_close(struct recorder *r, struct error *err) MUST_USE;

// Reads a recording back.
struct recording {
    struct scan_options scan;   // enough of it for the engine
    struct engine_options engine;
    struct sv events;           // contents of events.jsonl, whole lines only
    size_t events_whole;        // bytes of whole lines
    struct spec_files files;    // scan.spec_reader leads here
};
int recording_read(struct arena *a, const char *directory, struct recording *ret, struct error *err) MUST_USE;
// Moves `e` through all events. *ret_ended: realtime of the end mark, 0 when the scan was cut off.
int recording_replay(struct arena *a, const struct recording *r, struct engine *e, usec_t *ret_ended, struct error *err) MUST_USE;

#endif
