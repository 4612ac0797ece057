// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CLI_PROGRESS_H
#define PLUMB_CLI_PROGRESS_H

#include "cli/cli.h"

enum progress_kind { PROGRESS_NONE, PROGRESS_LINE, PROGRESS_JSON };

struct progress {
    struct cli *cli;
    enum progress_kind kind;
    bool drawn;   // a line stands on the terminal
    usec_t last;  // elapsed time of the last line
    const char *stage;
    unsigned requests; // sent so far, as last heard
};

// From --progress; auto is a line on a terminal and nothing elsewhere.
int progress_init(struct progress *p, struct cli *cli, const struct invocation *in, struct error *err) MUST_USE;
// For scan_options.progress; the context is the struct progress.
void progress_show(void *context, const struct scan_progress *s);
// Removes the line.
void progress_end(struct progress *p);

#endif
