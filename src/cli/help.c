// SPDX-License-Identifier: Apache-2.0
#include "cli/help.h"

#include "report/report.h"

#define WIDTH 80
#define OPTION_COLUMN 26

void help_wrap(struct buf *b, struct sv text, size_t at, size_t indent, size_t width) {
    struct sv rest = text, word;
    bool first = true;
    while (rest.ptr != NULL && sv_split(&rest, ' ', &word)) {
        if (word.len == 0) continue;
        if (!first && at + 1 + word.len > width) {
            buf_add_char(b, '\n');
            buf_add_repeat(b, ' ', indent);
            at = indent;
        } else if (!first) {
            buf_add_char(b, ' ');
            at++;
        }
        buf_add(b, word);
        at += word.len;
        first = false;
    }
    buf_add_char(b, '\n');
}

const char *help_next_group(const struct command *c, const char *previous) {
    bool seen = previous == NULL;
    for (size_t i = 0; i < option_table_count; i++) {
        const struct option *o = &option_table[i];
        if (!option_belongs(o, c)) continue;
        if (previous != NULL && strcmp(o->group, previous) == 0) seen = true;
        else if (seen) return o->group;
    }
    return NULL;
}

static void option_lines(struct buf *b, const struct option *o) {
    size_t start = b->len;
    buf_addf(b, "  --%s%s%s", o->name, o->value != NULL ? " " : "", o->value != NULL ? o->value : "");
    size_t width = b->len - start;
    if (width + 2 > OPTION_COLUMN) {
        buf_add_char(b, '\n');
        width = 0;
    }
    buf_add_repeat(b, ' ', OPTION_COLUMN - width);
    help_wrap(b, sv_from(o->help), OPTION_COLUMN, OPTION_COLUMN, WIDTH);
}

static void paragraphs(struct buf *b, const char *text) {
    struct sv rest = sv_from(text), line;
    while (rest.ptr != NULL && sv_split(&rest, '\n', &line)) {
        if (line.len == 0) buf_add_char(b, '\n');
        else help_wrap(b, line, 0, 0, WIDTH);
    }
}

void help_exit(struct buf *b) {
    buf_add(b, SV("Exit codes:\n"));
    for (size_t i = 0; i < exit_table_count; i++) {
        buf_addf(b, "  %-10s", exit_table[i].code);
        help_wrap(b, sv_from(exit_table[i].meaning), 12, 12, WIDTH);
    }
}

void help_short(struct buf *b) {
    buf_add(b, SV("Usage: plumb COMMAND [OPTIONS] …\n\n"
                  "Plumbline scans a running API: how secure is it, and can somebody get from it\n"
                  "out of its container.\n\nCommands:\n"));
    for (size_t i = 0; i < COMMAND_COUNT; i++) buf_addf(b, "  %-9s %s\n", command_table[i].name, command_table[i].summary);
    buf_add(b, SV("\n  plumb COMMAND --help   options of a command\n"
                  "  plumb --version        version\n\n"
                  "Example:\n  plumb scan http://localhost:8080 --spec openapi.yaml\n"));
}

static void examples(struct buf *b, const struct command *c) {
    if (c->example_count == 0) return;
    buf_add(b, SV("\nExamples:\n"));
    for (size_t i = 0; i < c->example_count; i++) {
        buf_add(b, SV("  "));
        struct sv line = sv_from(c->examples[i].line);
        // A continued line must stay a command that can be copied.
        auto_buf wrapped = BUF_INIT((size_t)4096);
        help_wrap(&wrapped, line, 2, 6, WIDTH - 2);
        struct sv rest = sv_trim(buf_sv(&wrapped)), part;
        while (rest.ptr != NULL && sv_split(&rest, '\n', &part)) {
            buf_add(b, part);
            buf_add(b, rest.ptr != NULL ? SV(" \\\n") : SV("\n"));
        }
        buf_add(b, SV("      "));
        help_wrap(b, sv_from(c->examples[i].text), 6, 6, WIDTH);
    }
}

static void formats(struct buf *b) {
    buf_add(b, SV("\nFormats:\n"));
    for (const struct report_format *const *f = report_formats; *f != NULL; f++) {
        buf_addf(b, "  %-10s", (*f)->name);
        help_wrap(b, sv_from((*f)->description), 12, 12, WIDTH);
    }
}

static bool writes_reports(const struct command *c) {
    return c->id == COMMAND_SCAN || c->id == COMMAND_REPLAY || c->id == COMMAND_REPORT;
}

void help_command(struct buf *b, const struct command *c) {
    buf_addf(b, "Usage: plumb %s [OPTIONS]%s%s\n\n", c->name, c->operands[0] != '\0' ? " " : "", c->operands);
    paragraphs(b, c->description);
    for (const char *group = help_next_group(c, NULL); group != NULL; group = help_next_group(c, group)) {
        buf_addf(b, "\n%s:\n", group);
        for (size_t i = 0; i < option_table_count; i++) {
            const struct option *o = &option_table[i];
            if (option_belongs(o, c) && strcmp(o->group, group) == 0) option_lines(b, o);
        }
    }
    if (writes_reports(c)) formats(b);
    examples(b, c);
    if (c->id == COMMAND_SCAN || c->id == COMMAND_REPLAY) {
        buf_add_char(b, '\n');
        help_exit(b);
    }
}
