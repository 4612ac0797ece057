// SPDX-License-Identifier: Apache-2.0
// A value of the caller becomes part of an XPath expression. Grammars: data/injection/xpath.yaml; order of asking: checks/support/inject.h.
// Every condition calls a function that XPath has and SQL has not (string-length, normalize-space), so the two are told apart.
#include "checks/support/inject.h"

static const struct finding_effect effects[] = {{.category = CATEGORY_EXPOSURE, .cwe = 643}};
static const struct inject_wording wording = {
    .check = "xpath-injection",
    .file = "injection/xpath",
    .cause = SV_INIT("xpath-injection"),
    .title = SV_INIT("A value becomes part of an XPath expression"),
    .impact = IMPACT_DATA,
    .effects = effects,
    .effect_count = 1,
    .cwe = 643,
};

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    return inject_plan(run, op, &wording, err);
}

const struct check check_xpath_injection = {
    .id = "xpath-injection",
    .title = "Values that become part of an XPath expression",
    .category = CATEGORY_INPUT,
    .owasp = "API8:2023",
    .cwe = 643,
    .traits = CHECK_READ_ONLY,
    .plan = plan,
    .judge = inject_judge,
};
