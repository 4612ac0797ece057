// SPDX-License-Identifier: Apache-2.0
// A value of the caller becomes part of an SQL statement. Grammars: data/injection/sql.yaml; order of asking: checks/support/inject.h.
//
// Every condition holds LIKE, CASE or the joining of two literals: what only SQL (and languages made after it) computes. A server that computes
// numbers for everybody, reads a number up to the first letter or searches for words gives true and false variants the same answer.
#include "checks/support/inject.h"

static const struct finding_effect effects[] = {{.category = CATEGORY_EXPOSURE, .cwe = 89}, {.category = CATEGORY_PROPERTY, .cwe = 89}};
static const struct inject_wording wording = {
    .check = "sql-injection",
    .file = "injection/sql",
    .cause = SV_INIT("sql-injection"),
    .title = SV_INIT("A value becomes part of an SQL statement"),
    .impact = IMPACT_DATA,
    .effects = effects,
    .effect_count = 2,
    .cwe = 89,
};

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    return inject_plan(run, op, &wording, err);
}

const struct check check_sql_injection = {
    .id = "sql-injection",
    .title = "Values that become part of an SQL statement",
    .category = CATEGORY_INPUT,
    .owasp = "API8:2023",
    .cwe = 89,
    .traits = CHECK_READ_ONLY,
    .plan = plan,
    .judge = inject_judge,
};
