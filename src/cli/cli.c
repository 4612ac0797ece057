// SPDX-License-Identifier: Apache-2.0
// From the command line to a command, and from its result to an exit code. The only place that speaks to people about errors.
#include "cli/cli.h"

#include "base/escape.h"
#include "cli/help.h"

#define TEXT_MAX ((size_t)4 * 1024 * 1024)

const struct cli_engine cli_engine_real = {.run = scan_run, .plan = scan_plan, .replay = scan_replay};

int cli_print(struct sink *out, struct sv text) {
    auto_buf b = BUF_INIT(4 * TEXT_MAX);
    esc_terminal(&b, text, /* keep_newlines= */ true);
    return buf_failed(&b) ? -ENOMEM : out->write(out, buf_sv(&b));
}

void cli_complain(struct cli *cli, struct sv text) {
    auto_buf b = BUF_INIT((size_t)16 * 1024);
    buf_add(&b, SV("plumb: "));
    esc_terminal(&b, text, /* keep_newlines= */ false);
    buf_add_char(&b, '\n');
    ignore_result(cli->err->write(cli->err, buf_sv(&b)));
}

void cli_complain_error(struct cli *cli, const struct error *err) {
    const char *text = err->text[0] != '\0' ? err->text : "something failed and did not say what";
    auto_buf b = BUF_INIT((size_t)1024);
    if (err->line != 0 && err->column != 0) buf_addf(&b, "%s (line %u, column %u)", text, err->line, err->column);
    else if (err->line != 0) buf_addf(&b, "%s (line %u)", text, err->line);
    else buf_add(&b, sv_from(text));
    cli_complain(cli, buf_sv(&b));
}

static int print(struct cli *cli, void (*make)(struct buf *b)) {
    auto_buf b = BUF_INIT(TEXT_MAX);
    make(&b);
    int r = cli_print(cli->out, buf_sv(&b));
    return r == 0 || r == -EPIPE ? EXIT_PASSED : EXIT_UNRELIABLE;
}

static int print_help(struct cli *cli, const struct command *c) {
    auto_buf b = BUF_INIT(TEXT_MAX);
    help_command(&b, c);
    int r = cli_print(cli->out, buf_sv(&b));
    return r == 0 || r == -EPIPE ? EXIT_PASSED : EXIT_UNRELIABLE;
}

static int refuse_command(struct cli *cli, struct sv word) {
    const char *words[COMMAND_COUNT];
    for (size_t i = 0; i < COMMAND_COUNT; i++) words[i] = command_table[i].name;
    const char *near = options_nearest(word, words, COMMAND_COUNT);
    struct sv shown = sv_slice(word, 0, 60);
    struct error err = {0};
    if (sv_contains(word, SV("://"))) error_set(&err, ERR_USAGE, "to scan " SV_FMT ", write: plumb scan " SV_FMT, SV_ARG(shown), SV_ARG(shown));
    else if (near != NULL) error_set(&err, ERR_USAGE, "unknown command '" SV_FMT "'; did you mean 'plumb %s'?", SV_ARG(shown), near);
    else error_set(&err, ERR_USAGE, "unknown command '" SV_FMT "'; 'plumb help' lists the known ones", SV_ARG(shown));
    cli_complain_error(cli, &err);
    return EXIT_USAGE;
}

static int command_help(struct cli *cli, const struct invocation *in, struct error *err) {
    (void)err;
    if (in->operand_count == 0) return print(cli, help_short);
    const struct command *c = command_find(in->operands[0]);
    return c != NULL ? print_help(cli, c) : refuse_command(cli, in->operands[0]);
}

static int dispatch(struct cli *cli, const struct invocation *in, struct error *err) {
    switch (in->command->id) {
    case COMMAND_SCAN:
        return command_scan(cli, in, err);
    case COMMAND_REPLAY:
        return command_replay(cli, in, err);
    case COMMAND_REPORT:
        return command_report(cli, in, err);
    case COMMAND_RETEST:
        return command_retest(cli, in, err);
    case COMMAND_EXPLAIN:
        return command_explain(cli, in, err);
    case COMMAND_CHECKS:
        return command_checks(cli, in, err);
    case COMMAND_LAB:
        return command_lab(cli, in, err);
    case COMMAND_DOCTOR:
        return command_doctor(cli, in, err);
    case COMMAND_HELP:
    case COMMAND_COUNT:
        break;
    }
    return command_help(cli, in, err);
}

// For the build and for packagers; not in the tables, so not in help.
static bool run_hidden(struct cli *cli, int argc, const char *const *argv, int *ret_code) {
    struct sv word = sv_from(argv[1]), kind = argc > 2 ? sv_from(argv[2]) : SV_NONE;
    if (sv_eq(word, SV("_man"))) *ret_code = print(cli, help_man);
    else if (sv_eq(word, SV("_reference"))) *ret_code = print(cli, help_reference);
    else if (sv_eq(word, SV("_completion")) && sv_eq(kind, SV("bash"))) *ret_code = print(cli, help_completion_bash);
    else if (sv_eq(word, SV("_completion")) && sv_eq(kind, SV("zsh"))) *ret_code = print(cli, help_completion_zsh);
    else return false;
    return true;
}

static int run_command(struct cli *cli, const struct command *c, int argc, const char *const *argv) {
    struct invocation in;
    struct error err = {0};
    int r = options_parse(cli->arena, c, argc, argv, &in, &err);
    if (r == 0 && in.help) return print_help(cli, c);
    if (r == 0) r = dispatch(cli, &in, &err);
    if (r >= 0) return r;
    if (r == -EPIPE) return EXIT_PASSED; // whoever read standard output has seen enough
    cli_complain_error(cli, &err);
    return EXIT_USAGE;
}

int cli_run(struct cli *cli, int argc, const char *const *argv) {
    if (argc < 2) {
        auto_buf b = BUF_INIT(TEXT_MAX);
        help_short(&b);
        ignore_result(cli_print(cli->err, buf_sv(&b)));
        return EXIT_USAGE;
    }
    struct sv word = sv_from(argv[1]);
    int code;
    if (sv_eq(word, SV("--help")) || sv_eq(word, SV("-h"))) return print(cli, help_short);
    if (run_hidden(cli, argc, argv, &code)) return code;
    const struct command *c = command_find(word);
    return c != NULL ? run_command(cli, c, argc - 2, argv + 2) : refuse_command(cli, word);
}
