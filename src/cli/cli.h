// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CLI_CLI_H
#define PLUMB_CLI_CLI_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/sink.h"
#include "cli/options.h"
#include "scan/scan.h"

enum exit_code { EXIT_PASSED, EXIT_GATE, EXIT_USAGE, EXIT_UNRELIABLE, EXIT_INTERRUPTED = 130, EXIT_TERMINATED = 143 };

// What the commands call to scan; tests put their own functions here.
struct cli_engine {
    int (*run)(struct arena *a, const struct scan_options *options, struct scan_result *ret, struct error *err);
    int (*plan)(struct arena *a, const struct scan_options *options, struct sink *out, struct error *err);
    int (*replay)(struct arena *a, const char *directory, struct scan_result *ret, struct error *err);
};
extern const struct cli_engine cli_engine_real;

// The world of one call of the program. Commands print through it only.
struct cli {
    struct arena *arena;
    struct sink *out, *err;   // standard output and standard error
    bool colour;              // standard output may be coloured
    bool err_is_terminal;     // and can redraw a line
    unsigned width;           // columns of standard output
    const char *program_path; // of this program, for 'plumb lab'
    const struct cli_engine *engine;
    bool sandbox;
};

// Runs a whole command line and returns the exit code. Everything that went wrong was said on cli->err.
int cli_run(struct cli *cli, int argc, const char *const *argv);

// A command returns its exit code, or a negative error code: then err is printed and the exit code is 2.
int command_scan(struct cli *cli, const struct invocation *in, struct error *err) MUST_USE;
int command_replay(struct cli *cli, const struct invocation *in, struct error *err) MUST_USE;
int command_retest(struct cli *cli, const struct invocation *in, struct error *err) MUST_USE;
int command_report(struct cli *cli, const struct invocation *in, struct error *err) MUST_USE;
int command_explain(struct cli *cli, const struct invocation *in, struct error *err) MUST_USE;
int command_checks(struct cli *cli, const struct invocation *in, struct error *err) MUST_USE;
int command_lab(struct cli *cli, const struct invocation *in, struct error *err) MUST_USE;
int command_doctor(struct cli *cli, const struct invocation *in, struct error *err) MUST_USE;

// Prints text, bytes of the terminal's own language made harmless; newlines stay.
int cli_print(struct sink *out, struct sv text) MUST_USE;
// "plumb: TEXT\n" on standard error, on one line.
void cli_complain(struct cli *cli, struct sv text);
void cli_complain_error(struct cli *cli, const struct error *err);

#endif
