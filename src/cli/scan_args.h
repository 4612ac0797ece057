// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CLI_SCAN_ARGS_H
#define PLUMB_CLI_SCAN_ARGS_H

#include "cli/cli.h"

// The values of 'plumb scan' into scan_options: everything that can be said without opening anything but --as-file. `target` is the URL.
// ERR_USAGE naming the option, what is wrong with its value and an example.
int scan_args_read(struct cli *cli, const struct invocation *in, struct sv target, struct scan_options *ret, struct error *err) MUST_USE;

// Reads the specification at `spec`, a path or URL (NULL: none), and the files beside it that it refers to. A URL is fetched later, by the scan.
int scan_spec_read(struct cli *cli, const char *spec, struct scan_options *o, struct error *err) MUST_USE;

// --threshold, --fail-on, --min-coverage.
int gate_args_read(const struct invocation *in, struct gate_options *ret, struct error *err) MUST_USE;

// --as and --as-file (scan_identities.c). The list is allocated in the arena.
int scan_identities_read(struct arena *a, const struct invocation *in, const struct principal **ret, size_t *ret_count, struct error *err) MUST_USE;

#endif
