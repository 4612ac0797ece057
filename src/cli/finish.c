// SPDX-License-Identifier: Apache-2.0
#include "cli/finish.h"

#include <signal.h>

#include "graph/graph.h"
#include "score/score.h"

static int exit_code_of(const struct scan_result *r) {
    if (!r->interrupted) return r->exit_code;
    return r->interrupt_signal == SIGTERM ? EXIT_TERMINATED : EXIT_INTERRUPTED;
}

static int judge(struct cli *cli, const struct gate_options *gate, struct scan_result *r, struct error *err) {
    int code = graph_evaluate(cli->arena, r, err);
    if (code == 0) code = score_compute(cli->arena, r, err);
    if (code == 0) code = scan_gate(cli->arena, gate, r, err);
    if (code == 0) r->exit_code = exit_code_of(r);
    return code;
}

int finish_result(struct cli *cli, const struct gate_options *gate, const struct outputs *outputs, struct scan_result *r, struct error *err) {
    int code = judge(cli, gate, r, err);
    if (code != 0) {
        cli_complain_error(cli, err);
        return EXIT_UNRELIABLE;
    }
    if (outputs_write(cli, outputs, r, err) != 0) {
        cli_complain_error(cli, err);
        return r->exit_code >= EXIT_INTERRUPTED ? r->exit_code : EXIT_UNRELIABLE;
    }
    for (size_t i = 0; i < r->exit_reason_count && r->exit_code != EXIT_PASSED; i++) cli_complain(cli, r->exit_reasons[i]);
    return r->exit_code;
}

static struct sv mode_name(enum scan_mode mode) {
    return mode == MODE_PASSIVE ? SV("passive") : mode == MODE_SAFE ? SV("safe") : SV("active");
}

void finish_without_result(struct cli *cli, const struct outputs *outputs, const struct scan_options *options, enum exit_code code,
                           const struct error *why) {
    if (outputs->by_default) return;
    struct sv reason = arena_copy_sv(cli->arena, sv_from(why->text));
    usec_t now = clock_realtime();
    struct scan_result r = {
        .tool_version = SV(PLUMB_VERSION),
        .scan_id = code == EXIT_USAGE ? SV("not-started") : SV("broken-off"),
        .started = now,
        .ended = now,
        .mode = mode_name(options->mode),
        .target_url = options->target_text,
        .spec = options->spec_name,
        .budget = options->budget_text,
        .escape.status = ESCAPE_NOT_SEEN,
        .exit_code = (int)code,
        .exit_reasons = &reason,
        .exit_reason_count = 1,
    };
    for (size_t i = 0; i < CATEGORY_COUNT; i++) r.categories[i] = (struct result_category){.status = CATEGORY_UNTESTED, .reason = SV("the scan has no result")};
    struct error err = {0};
    if (score_compute(cli->arena, &r, &err) != 0 || outputs_write(cli, outputs, &r, &err) != 0) cli_complain_error(cli, &err);
}
