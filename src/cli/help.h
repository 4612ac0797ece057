// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CLI_HELP_H
#define PLUMB_CLI_HELP_H

#include "base/buf.h"
#include "cli/command.h"

// Everything that is made from the tables of command.h. All append to a buffer.

void help_short(struct buf *b);                            // the list of commands
void help_command(struct buf *b, const struct command *c); // --help of one
void help_exit(struct buf *b);                             // the exit codes
void help_man(struct buf *b);                              // plumb(1), man macros
void help_reference(struct buf *b);                        // docs/cli.md
void help_completion_bash(struct buf *b);
void help_completion_zsh(struct buf *b);

// Appends `text` in lines of at most `width` columns; every line but the first is indented by `indent`, the first begins at column `at`.
void help_wrap(struct buf *b, struct sv text, size_t at, size_t indent, size_t width);

// The groups of a command's options in their order: the next one after `previous` (NULL: the first), NULL at the end.
const char *help_next_group(const struct command *c, const char *previous);

#endif
