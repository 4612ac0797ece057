// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CLI_COMMAND_H
#define PLUMB_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sv.h"

// The one description of commands and options: the parser, --help, the manual page, the completions and docs/cli.md are made from it.
// An option that does not work yet does not stand here, so it is refused as unknown.

enum command_id {
    COMMAND_SCAN,
    COMMAND_REPLAY,
    COMMAND_REPORT,
    COMMAND_RETEST,
    COMMAND_EXPLAIN,
    COMMAND_CHECKS,
    COMMAND_LAB,
    COMMAND_DOCTOR,
    COMMAND_HELP,
    COMMAND_COUNT
};
#define ON(name) (UINT32_C(1) << COMMAND_##name)

enum option_id {
    OPTION_HELP,
    // what
    OPTION_SPEC,
    OPTION_MODE,
    OPTION_INCLUDE,
    OPTION_EXCLUDE,
    OPTION_CHECKS,
    OPTION_SKIP_CHECKS,
    OPTION_ALLOW_ORIGIN,
    OPTION_TARGET,
    // who
    OPTION_AS,
    OPTION_AS_FILE,
    OPTION_LOCKOUT_BUDGET,
    // how
    OPTION_RATE,
    OPTION_BUDGET,
    OPTION_PLAN,
    OPTION_RECORD,
    OPTION_RESUME,
    OPTION_CANARY,
    OPTION_NO_CANARY,
    OPTION_METADATA,
    OPTION_INSECURE,
    OPTION_CA_FILE,
    OPTION_CERT,
    OPTION_KEY,
    OPTION_PROXY,
    OPTION_UNIX_SOCKET,
    OPTION_READ_ONLY_POST,
    OPTION_ALLOW_WRITE,
    OPTION_ALLOW_DELETE,
    OPTION_SEED,
    OPTION_NO_SCAN_HEADER,
    // result
    OPTION_REPORT,
    OPTION_FORMAT,
    OPTION_OUT,
    OPTION_PROGRESS,
    // gate
    OPTION_THRESHOLD,
    OPTION_FAIL_ON,
    OPTION_MIN_COVERAGE,
    // lab
    OPTION_PORT,
    OPTION_METADATA_PORT,
    OPTION_FIXED,
    OPTION_UNTIL_EOF,
    OPTION_COUNT
};

// What a shell may offer as the value.
enum completes { COMPLETES_NOTHING, COMPLETES_FILE, COMPLETES_DIRECTORY, COMPLETES_CHOICE, COMPLETES_CHECK, COMPLETES_FORMAT };

struct option {
    enum option_id id;
    uint32_t commands; // ON(…) bits
    const char *name;  // without the dashes
    const char *value; // placeholder in help; NULL: takes none
    const char *group; // heading in help
    bool repeats;
    enum completes completes;
    const char *choices; // COMPLETES_CHOICE: words with blanks between
    const char *help;
};
extern const struct option option_table[];
extern const size_t option_table_count;

struct example {
    const char *line, *text;
};

struct command {
    enum command_id id;
    const char *name;
    const char *operands; // in the usage line; "" when none
    unsigned operand_min, operand_max;
    enum completes completes; // of operands
    const char *choices;
    const char *summary;     // one line
    const char *description; // paragraphs with "\n\n" between; lines are wrapped
    const struct example *examples;
    size_t example_count;
};
extern const struct command command_table[COMMAND_COUNT]; // index: enum command_id

struct exit_status {
    const char *code, *meaning;
};
extern const struct exit_status exit_table[];
extern const size_t exit_table_count;

static inline bool option_belongs(const struct option *o, const struct command *c) {
    return (o->commands & (UINT32_C(1) << c->id)) != 0;
}

#endif
