// SPDX-License-Identifier: Apache-2.0
// plumb scan: read the options, open the outputs, read the specification, then scan. Nothing is sent before all of that succeeded.
#include "cli/files.h"
#include "cli/finish.h"
#include "cli/progress.h"
#include "cli/scan_args.h"

// Files that the description refers to are read now: later the process may open nothing.
static int preload(struct cli *cli, const struct scan_options *o, struct files_reader *reader, struct error *err) {
    auto_arena scratch = {0};
    arena_init(&scratch, (size_t)1024 * 1024 * 1024);
    struct api *api = arena_new(&scratch, struct api);
    struct spec_warnings warnings = {0};
    struct spec_options options = {.name = o->spec_name, .origin = url_origin(cli->arena, &o->target), .reader = &reader->reader};
    if (api == NULL) return error_nomem(err);
    // What is wrong with the document is said by the scan, which knows the place.
    int r = spec_read(&scratch, o->spec_bytes, &options, api, &warnings, NULL);
    return r == -ENOMEM ? error_nomem(err) : 0;
}

static int read_spec(struct cli *cli, const struct invocation *in, struct scan_options *o, struct error *err) {
    const char *spec = options_text(in, OPTION_SPEC);
    if (spec == NULL) return 0;
    struct sv text = sv_from(spec);
    if (sv_starts_with_nocase(text, SV("http://")) || sv_starts_with_nocase(text, SV("https://"))) {
        struct url u;
        if (url_parse(cli->arena, text, &u, err) != 0) {
            error_prefix(err, "--spec: ");
            return ERR_USAGE;
        }
        o->spec_url = text;
        return 0;
    }
    int r = files_read(cli->arena, spec, FILES_SPEC_LIMIT, "the specification", &o->spec_bytes, err);
    if (r != 0) return r;
    o->spec_name = text;
    if (sv_trim(o->spec_bytes).len == 0) return error_set(err, ERR_USAGE, "the specification %s is empty", spec);
    struct files_reader *reader;
    r = files_reader_open(cli->arena, spec, &reader, err);
    if (r != 0) return r;
    o->spec_reader = &reader->reader;
    if (files_refers_elsewhere(o->spec_bytes)) r = preload(cli, o, reader, err);
    reader->closed = true;
    return r;
}

static int plan(struct cli *cli, const struct invocation *in, struct scan_options *o, struct error *err) {
    if (options_has(in, OPTION_REPORT) || options_has(in, OPTION_FORMAT) || options_has(in, OPTION_OUT))
        return error_set(err, ERR_USAGE, "--plan sends nothing, so there is nothing to report; leave out --report, --format and --out");
    if (o->record_dir != NULL) return error_set(err, ERR_USAGE, "--plan sends nothing; leave out --record and --resume");
    int r = read_spec(cli, in, o, err);
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
    if (r == 0) r = read_spec(cli, in, o, err);
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
    int r = scan_args_read(cli, in, &o, err);
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
