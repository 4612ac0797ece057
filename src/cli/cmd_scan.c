// SPDX-License-Identifier: Apache-2.0
// plumb scan: read the options, open the outputs, read the specification, then scan. Nothing is sent before all of that succeeded.
#include "cli/finish.h"
#include "cli/progress.h"
#include "cli/scan_args.h"

static int plan(struct cli *cli, const struct invocation *in, struct scan_options *o, struct error *err) {
    if (options_has(in, OPTION_REPORT) || options_has(in, OPTION_FORMAT) || options_has(in, OPTION_OUT))
        return error_set(err, ERR_USAGE, "--plan sends nothing, so there is nothing to report; leave out --report, --format and --out");
    if (o->record_dir != NULL) return error_set(err, ERR_USAGE, "--plan sends nothing; leave out --record and --resume");
    int r = scan_spec_read(cli, options_text(in, OPTION_SPEC), o, err);
    o->sandbox = false; // no byte of the target is read
    if (r == 0) r = cli->engine->plan(cli->arena, o, cli->out, err);
    return r == -EPIPE ? 0 : r;
}

// Once something was sent, a failure is no matter of usage any more.
static int run(struct cli *cli, const struct invocation *in, struct scan_options *o, const struct outputs *outputs, struct error *err) {
    struct gate_options gate;
    struct progress progress;
    struct scan_result result;
    int r = gate_args_read(in, &gate, err);
    if (r == 0) r = progress_init(&progress, cli, in, err);
    if (r == 0) r = scan_spec_read(cli, options_text(in, OPTION_SPEC), o, err);
    if (r != 0) return r;
    o->progress = progress_show;
    o->progress_context = &progress;
    r = cli->engine->run(cli->arena, o, &result, err);
    progress_end(&progress);
    if (r != 0 && r != ERR_USAGE && progress.requests > 0) {
        cli_complain_error(cli, err);
        finish_without_result(cli, outputs, o, EXIT_UNRELIABLE, err);
        return EXIT_UNRELIABLE;
    }
    return r != 0 ? r : finish_result(cli, &gate, outputs, &result, err);
}

int command_scan(struct cli *cli, const struct invocation *in, struct error *err) {
    struct scan_options o;
    struct outputs outputs;
    int r = scan_args_read(cli, in, in->operands[0], &o, err);
    if (r != 0) return r;
    if (options_has(in, OPTION_PLAN)) return plan(cli, in, &o, err);
    size_t files;
    const char *inputs[8] = {options_text(in, OPTION_SPEC), o.certificate, o.key, o.ca_file};
    struct sv *as_files = options_values(cli->arena, in, OPTION_AS_FILE, &files);
    if (as_files == NULL) return error_nomem(err);
    for (size_t i = 0; i < files && i < 4; i++) inputs[4 + i] = as_files[i].ptr;
    r = outputs_open(cli, in, inputs, sizeof inputs / sizeof inputs[0], &outputs, err);
    if (r != 0) return r;
    r = run(cli, in, &o, &outputs, err);
    if (r < 0) finish_without_result(cli, &outputs, &o, EXIT_USAGE, err);
    return r;
}
