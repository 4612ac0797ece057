// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_BASE_JSON_WRITER_H
#define PLUMB_BASE_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sink.h"
#include "base/sv.h"

// Writes JSON (RFC 8259) to a sink, keeps track of commas and nesting (at most 64 levels). Errors of the sink stick.
// There is no null on purpose: an absent member is left out, and jw_member_* with an absent value (ptr NULL) writes nothing.
struct json_writer {
    struct sink *sink;
    bool pretty;     // two spaces per level
    unsigned depth;
    uint64_t has_items; // bit per level
    bool after_key;
    int failed; // first error of the sink
};

void jw_init(struct json_writer *w, struct sink *sink, bool pretty);
void jw_object_begin(struct json_writer *w);
void jw_object_end(struct json_writer *w);
void jw_array_begin(struct json_writer *w);
void jw_array_end(struct json_writer *w);
void jw_key(struct json_writer *w, const char *key);
void jw_key_sv(struct json_writer *w, struct sv key);
void jw_string(struct json_writer *w, struct sv value);
void jw_i64(struct json_writer *w, int64_t value);
void jw_u64(struct json_writer *w, uint64_t value);
void jw_bool(struct json_writer *w, bool value);
// At most `decimals` digits behind the point, trailing zeros cut; NaN and infinities are written as 0.
void jw_double(struct json_writer *w, double value, int decimals);
void jw_raw(struct json_writer *w, struct sv json); // already valid JSON

void jw_member_string(struct json_writer *w, const char *key, struct sv value); // left out when value.ptr is NULL
void jw_member_u64(struct json_writer *w, const char *key, uint64_t value);
void jw_member_i64(struct json_writer *w, const char *key, int64_t value);
void jw_member_bool(struct json_writer *w, const char *key, bool value);
void jw_member_double(struct json_writer *w, const char *key, double value, int decimals);
// 0, or the sink's first error.
int jw_finish(struct json_writer *w);

#endif
