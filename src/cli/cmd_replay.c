// SPDX-License-Identifier: Apache-2.0
#include "cli/finish.h"
#include "cli/scan_args.h"

int command_replay(struct cli *cli, const struct invocation *in, struct error *err) {
    struct gate_options gate;
    struct outputs outputs;
    struct scan_result result;
    int r = gate_args_read(in, &gate, err);
    if (r == 0) r = outputs_open(cli, in, NULL, 0, &outputs, err);
    if (r == 0) r = cli->engine->replay(cli->arena, in->operands[0].ptr, &result, err);
    return r != 0 ? r : finish_result(cli, &gate, &outputs, &result, err);
}
