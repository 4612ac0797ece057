// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CLI_FINISH_H
#define PLUMB_CLI_FINISH_H

#include "cli/outputs.h"

// What follows a scan or a replay: escape verdict, score, gate, reports. Returns the exit code; what could not be written was said.
int finish_result(struct cli *cli, const struct gate_options *gate, const struct outputs *outputs, struct scan_result *r, struct error *err) MUST_USE;

// A scan that could not begin: named files get a report that says why; nothing goes to standard output by default.
void finish_refused(struct cli *cli, const struct outputs *outputs, const struct scan_options *options, const struct error *why);

#endif
