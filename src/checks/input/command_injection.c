// SPDX-License-Identifier: Apache-2.0
// A value of the caller becomes part of a command line. Forms: data/injection/command.yaml; order of asking: checks/support/computed.h. The commands
// only compute or wait.
#include "checks/support/computed.h"

static const struct computed_wording wording = {
    .inject = {.check = "command-injection",
               .file = "injection/command",
               .cause = SV_INIT("command-injection"),
               .title = SV_INIT("A value is run as a shell command"),
               .impact = IMPACT_CODE,
               .text_only = true,
               .cwe = 78},
    .names = "command",
    .fact = SV_INIT("command_injection"),
};

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    return computed_plan(run, op, &wording, err);
}

const struct check check_command_injection = {
    .id = "command-injection",
    .title = "Values that are run by a shell",
    .category = CATEGORY_INPUT,
    .owasp = "API8:2023",
    .cwe = 78,
    .traits = CHECK_READ_ONLY,
    .plan = plan,
    .judge = computed_judge,
};
