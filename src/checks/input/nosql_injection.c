// SPDX-License-Identifier: Apache-2.0
// A value of the caller becomes an operator or a script of a document database. Grammars: data/injection/nosql.yaml; order of asking:
// checks/support/inject.h. Operators are used in forms that ask for the value itself ($eq, $in, $regex anchored at both ends), never in those that
// find more than it ($ne, $gt).
#include "checks/support/inject.h"

static const struct finding_effect effects[] = {{.category = CATEGORY_EXPOSURE, .cwe = 943}};
static const struct inject_wording wording = {
    .check = "nosql-injection",
    .file = "injection/nosql",
    .cause = SV_INIT("nosql-injection"),
    .title = SV_INIT("A value reaches the query operators of a document database"),
    .impact = IMPACT_DATA,
    .effects = effects,
    .effect_count = 1,
    .cwe = 943,
};

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    int r = inject_words_plan(run, op, &wording, err);
    return r == 0 ? inject_plan(run, op, &wording, err) : r;
}

const struct check check_nosql_injection = {
    .id = "nosql-injection",
    .title = "Values that reach the operators of a document database",
    .category = CATEGORY_INPUT,
    .owasp = "API8:2023",
    .cwe = 943,
    .traits = CHECK_READ_ONLY,
    .plan = plan,
    .judge = inject_judge,
};
