// SPDX-License-Identifier: Apache-2.0
// A value of the caller becomes part of an LDAP search filter. Grammar: data/injection/ldap.yaml; order of asking: checks/support/inject.h.
// The sign is an escape that only a filter resolves (RFC 4515: a backslash and two hexadecimal digits): where the value is escaped as it should be, the
// backslash is a backslash and nothing is found. No wildcard and no further condition is sent, so nothing is widened in any kind of filter.
#include "checks/support/inject.h"

static const struct finding_effect effects[] = {{.category = CATEGORY_EXPOSURE, .cwe = 90}};
static const struct inject_wording wording = {
    .check = "ldap-injection",
    .file = "injection/ldap",
    .cause = SV_INIT("ldap-injection"),
    .title = SV_INIT("A value becomes part of an LDAP filter"),
    .impact = IMPACT_DATA,
    .effects = effects,
    .effect_count = 1,
    .cwe = 90,
};

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    return inject_plan(run, op, &wording, err);
}

const struct check check_ldap_injection = {
    .id = "ldap-injection",
    .title = "Values that become part of an LDAP filter",
    .category = CATEGORY_INPUT,
    .owasp = "API8:2023",
    .cwe = 90,
    .traits = CHECK_READ_ONLY,
    .plan = plan,
    .judge = inject_judge,
};
