// SPDX-License-Identifier: Apache-2.0
// The manual page (man macros, groff_man(7)) and the reference in Markdown.
#include "cli/help.h"

// Text for troff: backslashes and hyphens are its own language, and a line must not begin with its control characters.
static void troff(struct buf *b, struct sv text) {
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool line_start = i == 0 || text.ptr[i - 1] == '\n';
        if (line_start && (c == '.' || c == '\'')) buf_add(b, SV("\\&"));
        if (c == '\\') buf_add(b, SV("\\e"));
        else if (c == '-') buf_add(b, SV("\\-"));
        else if (c == '\'') buf_add(b, SV("\\(aq"));
        else if (c == '"') buf_add(b, SV("\\(dq"));
        else buf_add_char(b, c);
    }
}

static void troff_text(struct buf *b, const char *text) {
    struct sv rest = sv_from(text), line;
    while (rest.ptr != NULL && sv_split(&rest, '\n', &line)) {
        if (line.len == 0) buf_add(b, SV(".PP\n"));
        else {
            troff(b, line);
            buf_add_char(b, '\n');
        }
    }
}

static void man_option(struct buf *b, const struct option *o) {
    buf_add(b, SV(".TP\n.B \""));
    troff(b, SV("--"));
    troff(b, sv_from(o->name));
    if (o->value != NULL) {
        buf_add(b, SV("\\fR \\fI"));
        troff(b, sv_from(o->value));
    }
    buf_add(b, SV("\"\n"));
    troff_text(b, o->help);
}

static void man_command(struct buf *b, const struct command *c) {
    buf_add(b, SV(".SS \""));
    troff(b, SV("plumb "));
    troff(b, sv_from(c->name));
    if (c->operands[0] != '\0') {
        buf_add(b, SV(" \\fI"));
        troff(b, sv_from(c->operands));
        buf_add(b, SV("\\fR"));
    }
    buf_add(b, SV("\"\n"));
    troff_text(b, c->description);
    for (const char *group = help_next_group(c, NULL); group != NULL; group = help_next_group(c, group)) {
        buf_add(b, SV(".PP\n\\fI"));
        troff(b, sv_from(group));
        buf_add(b, SV("\\fR\n"));
        for (size_t i = 0; i < option_table_count; i++) {
            const struct option *o = &option_table[i];
            if (option_belongs(o, c) && strcmp(o->group, group) == 0) man_option(b, o);
        }
    }
}

static void man_examples(struct buf *b) {
    buf_add(b, SV(".SH EXAMPLES\n"));
    for (size_t c = 0; c < COMMAND_COUNT; c++) {
        for (size_t i = 0; i < command_table[c].example_count; i++) {
            buf_add(b, SV(".TP\n.B \""));
            troff(b, sv_from(command_table[c].examples[i].line));
            buf_add(b, SV("\"\n"));
            troff_text(b, command_table[c].examples[i].text);
        }
    }
}

void help_man(struct buf *b) {
    buf_add(b, SV(".\\\" SPDX-License-Identifier: Apache-2.0\n.TH PLUMB 1 \"\" \"Plumbline " PLUMB_VERSION "\" \"User commands\"\n"
                  ".SH NAME\nplumb \\- scan an API for security flaws\n"
                  ".SH SYNOPSIS\n.B plumb\n.I COMMAND\n[\\fIOPTIONS\\fR] ...\n"
                  ".SH DESCRIPTION\nPlumbline scans a running API and says how secure it is: findings with evidence and a fix, a score,\n"
                  "and whether somebody can get from this API out of its container.\n.SH COMMANDS\n"));
    for (size_t i = 0; i < COMMAND_COUNT; i++) man_command(b, &command_table[i]);
    buf_add(b, SV(".SH \"EXIT STATUS\"\n"));
    for (size_t i = 0; i < exit_table_count; i++) {
        buf_addf(b, ".TP\n.B \"%s\"\n", exit_table[i].code);
        troff_text(b, exit_table[i].meaning);
    }
    buf_add(b, SV(".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nWhen set and not empty, nothing is coloured.\n"
                  ".TP\n.B PLUMB_DEBUG\nWhen set and not empty, debug lines go to standard error.\n"));
    man_examples(b);
}

// Markdown that shows `text` as it is.
static void markdown(struct buf *b, const char *text) {
    for (const char *p = text; *p != '\0'; p++) {
        if (strchr("\\`*_<>[]|", *p) != NULL) buf_add_char(b, '\\');
        buf_add_char(b, *p);
    }
}

static void reference_command(struct buf *b, const struct command *c) {
    buf_addf(b, "\n## plumb %s%s%s\n\n", c->name, c->operands[0] != '\0' ? " " : "", c->operands);
    markdown(b, c->description);
    buf_add_char(b, '\n');
    for (const char *group = help_next_group(c, NULL); group != NULL; group = help_next_group(c, group)) {
        buf_addf(b, "\n**%s**\n\n| option | what it does |\n|---|---|\n", group);
        for (size_t i = 0; i < option_table_count; i++) {
            const struct option *o = &option_table[i];
            if (!option_belongs(o, c) || strcmp(o->group, group) != 0) continue;
            buf_add(b, SV("| `--"));
            buf_add(b, sv_from(o->name));
            if (o->value != NULL) {
                buf_add_char(b, ' ');
                for (const char *p = o->value; *p != '\0'; p++) {
                    if (*p == '|') buf_add_char(b, '\\');
                    buf_add_char(b, *p);
                }
            }
            buf_add(b, o->repeats ? SV("` (any number of times) | ") : SV("` | "));
            markdown(b, o->help);
            buf_add(b, SV(" |\n"));
        }
    }
    for (size_t i = 0; i < c->example_count; i++) {
        buf_addf(b, "\n    %s\n\n", c->examples[i].line);
        markdown(b, c->examples[i].text);
        buf_add_char(b, '\n');
    }
}

void help_reference(struct buf *b) {
    buf_add(b, SV("<!-- SPDX-License-Identifier: Apache-2.0 -->\n<!-- Made by `plumb _reference` from src/cli/options_table.c. -->\n"
                  "# The commands of plumb\n"));
    for (size_t i = 0; i < COMMAND_COUNT; i++) reference_command(b, &command_table[i]);
    buf_add(b, SV("\n## Exit codes\n\n| code | meaning |\n|---|---|\n"));
    for (size_t i = 0; i < exit_table_count; i++) {
        buf_addf(b, "| %s | ", exit_table[i].code);
        markdown(b, exit_table[i].meaning);
        buf_add(b, SV(" |\n"));
    }
}
