// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CLI_OPTIONS_H
#define PLUMB_CLI_OPTIONS_H

#include "base/arena.h"
#include "base/error.h"
#include "cli/command.h"

struct given_option {
    const struct option *option;
    struct sv value; // SV_NONE for an option without a value; always followed by a NUL
};

// The words behind the command's name, sorted into options and operands. Views into argv.
struct invocation {
    const struct command *command;
    struct given_option *options;
    size_t option_count;
    struct sv *operands;
    size_t operand_count;
    bool help; // --help stood there: nothing else was checked
};

// NULL when there is no such command.
const struct command *command_find(struct sv name);

// `argv` are the `argc` words behind the command's name. ERR_USAGE with what was wrong, the nearest known word and what to do.
// `--name=value` and `--name value` are equal; `--` ends the options; a value that itself starts with `--` must be glued on.
int options_parse(struct arena *a, const struct command *command, int argc, const char *const *argv, struct invocation *ret,
                  struct error *err) MUST_USE;

bool options_has(const struct invocation *in, enum option_id id);
// The value of an option that is given at most once; SV_NONE when it was not given.
struct sv options_value(const struct invocation *in, enum option_id id);
// The same as NUL-terminated text, NULL when it was not given.
const char *options_text(const struct invocation *in, enum option_id id);
// All values of a repeatable option, in order. An array in the arena; *ret_count 0 when none. NULL only when out of memory.
struct sv *options_values(struct arena *a, const struct invocation *in, enum option_id id, size_t *ret_count);

// The nearest of `count` words, or NULL when none is near (Damerau-Levenshtein distance, at most a third of the length).
const char *options_nearest(struct sv word, const char *const *words, size_t count);

#endif
