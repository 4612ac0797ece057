// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CLI_OUTPUTS_H
#define PLUMB_CLI_OUTPUTS_H

#include "cli/cli.h"
#include "report/report.h"

// Where reports go: opened before anything is sent, written once at the end.
struct output {
    const struct report_format *format;
    const char *path; // NULL: standard output
    int fd;           // -1 for standard output
};
struct outputs {
    struct output *ptr;
    size_t len;
    bool by_default; // nothing was asked for: a summary on standard output
};

// Reads --report, --format and --out, and creates the files. A file that is also one of the inputs, or named twice, is refused.
// The arena closes the files.
int outputs_open(struct cli *cli, const struct invocation *in, const char *const *inputs, size_t input_count, struct outputs *ret,
                 struct error *err) MUST_USE;

// Writes every report, also after one of them failed. Negative with the first failure; a reader of standard output that went away is none.
int outputs_write(struct cli *cli, const struct outputs *outputs, const struct scan_result *r, struct error *err) MUST_USE;

#endif
