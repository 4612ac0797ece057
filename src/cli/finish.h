// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CLI_FINISH_H
#define PLUMB_CLI_FINISH_H

#include "cli/outputs.h"

// What follows a scan or a replay: escape verdict, score, gate, reports. Returns the exit code; what could not be written was said.
int finish_result(struct cli *cli, const struct gate_options *gate, const struct outputs *outputs, struct scan_result *r, struct error *err) MUST_USE;

// A scan without a result, because it could not begin (EXIT_USAGE) or broke off (EXIT_UNRELIABLE): named files get a report that says why;
// nothing goes to standard output by default. `why` is not printed here.
void finish_without_result(struct cli *cli, const struct outputs *outputs, const struct scan_options *options, enum exit_code code,
                           const struct error *why);

#endif
