// SPDX-License-Identifier: Apache-2.0
// Completions for bash and zsh, made from the tables. Words that only this build knows (checks, formats) are written out.
#include "checks/check.h"
#include "cli/help.h"
#include "report/report.h"

static void add_checks(struct buf *b) {
    for (size_t i = 0; i < check_registry_count; i++) buf_addf(b, " %s", check_registry[i]->id);
    for (size_t i = 0; i < CATEGORY_COUNT; i++) buf_addf(b, " %s", category_infos[i].key);
}

static void add_formats(struct buf *b, const char *suffix) {
    for (const struct report_format *const *f = report_formats; *f != NULL; f++) buf_addf(b, " %s%s", (*f)->name, suffix);
}

static void bash_action(struct buf *b, enum completes kind, const char *choices, bool is_report) {
    switch (kind) {
    case COMPLETES_FILE:
        buf_add(b, SV("compopt -o filenames; COMPREPLY=($(compgen -f -- \"$cur\"))"));
        break;
    case COMPLETES_DIRECTORY:
        buf_add(b, SV("compopt -o filenames; COMPREPLY=($(compgen -d -- \"$cur\"))"));
        break;
    case COMPLETES_CHOICE:
        buf_addf(b, "COMPREPLY=($(compgen -W '%s' -- \"$cur\"))", choices);
        break;
    case COMPLETES_CHECK:
        buf_add(b, SV("COMPREPLY=($(compgen -W '"));
        add_checks(b);
        buf_add(b, SV("' -- \"$cur\"))"));
        break;
    case COMPLETES_FORMAT:
        buf_add(b, is_report ? SV("compopt -o nospace; COMPREPLY=($(compgen -W '") : SV("COMPREPLY=($(compgen -W '"));
        add_formats(b, is_report ? "=" : "");
        buf_add(b, SV("' -- \"$cur\"))"));
        break;
    case COMPLETES_NOTHING:
        buf_add(b, SV("COMPREPLY=()"));
        break;
    }
}

static void bash_command(struct buf *b, const struct command *c) {
    buf_addf(b, "    %s)\n        case $prev in\n", c->name);
    for (size_t i = 0; i < option_table_count; i++) {
        const struct option *o = &option_table[i];
        if (!option_belongs(o, c) || o->value == NULL) continue;
        buf_addf(b, "        --%s) ", o->name);
        bash_action(b, o->completes, o->choices, o->id == OPTION_REPORT);
        buf_add(b, SV("; return ;;\n"));
    }
    buf_add(b, SV("        esac\n        if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '"));
    for (size_t i = 0; i < option_table_count; i++) {
        if (option_belongs(&option_table[i], c)) buf_addf(b, " --%s", option_table[i].name);
    }
    buf_add(b, SV("' -- \"$cur\"))\n        else "));
    bash_action(b, c->completes, c->choices, false);
    buf_add(b, SV("; fi ;;\n"));
}

void help_completion_bash(struct buf *b) {
    buf_add(b, SV("# bash completion for plumb, made by `plumb _completion bash`\n_plumb() {\n"
                  "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
                  "    if ((COMP_CWORD == 1)); then\n        COMPREPLY=($(compgen -W '"));
    for (size_t i = 0; i < COMMAND_COUNT; i++) buf_addf(b, " %s", command_table[i].name);
    buf_add(b, SV(" --help --version' -- \"$cur\"))\n        return\n    fi\n    case ${COMP_WORDS[1]} in\n"));
    for (size_t i = 0; i < COMMAND_COUNT; i++) bash_command(b, &command_table[i]);
    buf_add(b, SV("    esac\n}\ncomplete -F _plumb plumb\n"));
}

// Text inside '…[…]' of _arguments.
static void zsh_text(struct buf *b, const char *text) {
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '\'') buf_add(b, SV("'\\''"));
        else if (strchr("[]:\\", *p) != NULL) buf_addf(b, "\\%c", *p);
        else buf_add_char(b, *p);
    }
}

static void zsh_action(struct buf *b, enum completes kind, const char *choices, const char *suffix) {
    switch (kind) {
    case COMPLETES_FILE:
        buf_add(b, SV("_files"));
        break;
    case COMPLETES_DIRECTORY:
        buf_add(b, SV("_files -/"));
        break;
    case COMPLETES_CHOICE:
        buf_addf(b, "(%s)", choices);
        break;
    case COMPLETES_CHECK:
        buf_add_char(b, '(');
        add_checks(b);
        buf_add_char(b, ')');
        break;
    case COMPLETES_FORMAT:
        buf_add_char(b, '(');
        add_formats(b, suffix);
        buf_add_char(b, ')');
        break;
    case COMPLETES_NOTHING:
        buf_add_char(b, ' ');
        break;
    }
}

static void zsh_command(struct buf *b, const struct command *c) {
    buf_addf(b, "        %s)\n            _arguments", c->name);
    for (size_t i = 0; i < option_table_count; i++) {
        const struct option *o = &option_table[i];
        if (!option_belongs(o, c)) continue;
        buf_addf(b, " \\\n                '%s--%s%s[", o->repeats ? "*" : "", o->name, o->value != NULL ? "=" : "");
        zsh_text(b, o->help);
        buf_add_char(b, ']');
        if (o->value != NULL) {
            buf_add_char(b, ':');
            zsh_text(b, o->value);
            buf_add_char(b, ':');
            zsh_action(b, o->completes, o->choices, o->id == OPTION_REPORT ? "=" : "");
        }
        buf_add_char(b, '\'');
    }
    if (c->operand_max > 0) {
        buf_add(b, SV(" \\\n                '1:"));
        zsh_text(b, c->operands);
        buf_add_char(b, ':');
        zsh_action(b, c->completes, c->choices, "");
        buf_add_char(b, '\'');
    }
    buf_add(b, SV(" ;;\n"));
}

void help_completion_zsh(struct buf *b) {
    buf_add(b, SV("#compdef plumb\n# zsh completion for plumb, made by `plumb _completion zsh`\n_plumb() {\n    local -a commands\n    commands=(\n"));
    for (size_t i = 0; i < COMMAND_COUNT; i++) buf_addf(b, "        '%s:%s'\n", command_table[i].name, command_table[i].summary);
    buf_add(b, SV("    )\n    if ((CURRENT == 2)); then\n        _describe command commands\n        return\n    fi\n"
                  "    local command=$words[2]\n    shift words\n    ((CURRENT--))\n    case $command in\n"));
    for (size_t i = 0; i < COMMAND_COUNT; i++) zsh_command(b, &command_table[i]);
    buf_add(b, SV("    esac\n}\n_plumb \"$@\"\n"));
}
