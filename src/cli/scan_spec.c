// SPDX-License-Identifier: Apache-2.0
// The specification, with the files that it refers to.
#include "cli/files.h"
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

int scan_spec_read(struct cli *cli, const char *spec, struct scan_options *o, struct error *err) {
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
