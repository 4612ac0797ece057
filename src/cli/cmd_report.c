// SPDX-License-Identifier: Apache-2.0
#include "cli/files.h"
#include "cli/outputs.h"

int command_report(struct cli *cli, const struct invocation *in, struct error *err) {
    const char *path = in->operands[0].ptr;
    struct sv bytes;
    struct scan_result result = {0};
    struct outputs outputs;
    int r = files_read(cli->arena, path, FILES_SPEC_LIMIT, "the report", &bytes, err);
    if (r == 0) {
        r = report_read(cli->arena, bytes, &result, err);
        if (r != 0) error_prefix(err, "the report %s: ", path);
    }
    if (r == 0) r = outputs_open(cli, in, &path, 1, &outputs, err);
    return r == 0 ? outputs_write(cli, &outputs, &result, err) : r;
}
