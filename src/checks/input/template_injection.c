// SPDX-License-Identifier: Apache-2.0
// A value of the caller becomes part of a template. Forms: data/injection/template.yaml; order of asking: checks/support/computed.h.
#include "checks/support/computed.h"

static const struct computed_wording wording = {
    .inject = {.check = "template-injection",
               .file = "injection/template",
               .cause = SV_INIT("template-injection"),
               .title = SV_INIT("A value is run as a template"),
               .impact = IMPACT_CODE,
               .text_only = true,
               .cwe = 1336},
    .names = NULL,
    .fact = SV_INIT("template_injection"),
};

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    return computed_plan(run, op, &wording, err);
}

const struct check check_template_injection = {
    .id = "template-injection",
    .title = "Values that a template engine evaluates",
    .category = CATEGORY_INPUT,
    .owasp = "API8:2023",
    .cwe = 1336,
    .traits = CHECK_READ_ONLY,
    .plan = plan,
    .judge = computed_judge,
};
