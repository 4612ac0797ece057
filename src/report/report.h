// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_REPORT_REPORT_H
#define PLUMB_REPORT_REPORT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/sink.h"
#include "model/result.h"

struct report_options {
    bool colour;
    unsigned width; // columns of the terminal, 0: 80
};

// One output format. Writers take hostile text and escape it for their sink; they never write files themselves.
struct report_format {
    const char *name, *description;
    int (*write)(const struct scan_result *r, const struct report_options *options, struct sink *out, struct error *err);
};
const struct report_format *report_format_find(struct sv name);
extern const struct report_format *const report_formats[]; // ends with NULL

// The line that repeats a probe: `curl …` with every word quoted for sh, the identity's header line as
// "$PLUMB_HEADER_<NAME>" ("Authorization: Bearer …" in the reader's environment). For TLS probes a line with openssl or nc. ptr NULL when there is
// no request.
struct sv report_curl(struct arena *a, const struct scan_result *r, const struct result_evidence *e);
// The line of the finding's probe, or what was read back; ptr NULL when there is none.
struct sv report_finding_curl(struct arena *a, const struct scan_result *r, const struct result_finding *f);

// The line that takes back what the scan left behind; ptr NULL when there is none.
struct sv report_write_curl(struct arena *a, const struct scan_result *r, const struct result_write *w);

// One writer a format.
int report_write_json(const struct scan_result *r, const struct report_options *options, struct sink *out, struct error *err);
int report_write_summary(const struct scan_result *r, const struct report_options *options, struct sink *out, struct error *err);
int report_write_table(const struct scan_result *r, const struct report_options *options, struct sink *out, struct error *err);
int report_write_sarif(const struct scan_result *r, const struct report_options *options, struct sink *out, struct error *err);
int report_write_junit(const struct scan_result *r, const struct report_options *options, struct sink *out, struct error *err);
int report_write_markdown(const struct scan_result *r, const struct report_options *options, struct sink *out, struct error *err);

// Reads a native JSON report back; enough for every other format and for score_explain. `input` must outlive the result.
int report_read(struct arena *a, struct sv input, struct scan_result *ret, struct error *err) MUST_USE;

#endif
