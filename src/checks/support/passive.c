// SPDX-License-Identifier: Apache-2.0
#include "checks/support/passive.h"

bool passive_is_ordinary(const struct exchange *x) {
    return exchange_answered(x) && x->request.origin == 0 && x->response.status >= 200 && x->response.status < 400;
}

bool passive_target_is_tls(const struct check_run *run) {
    return sv_eq(check_target(run)->scheme, SV("https"));
}

bool passive_target_is_loopback(const struct check_run *run) {
    struct sv host = check_target(run)->host;
    return address_classify(host) == ADDRESS_LOOPBACK || sv_eq(host, SV("localhost")) || sv_ends_with(host, SV(".localhost"));
}

int passive_report_host(struct check_run *run, const struct exchange *x, struct sv cause, enum category category, enum impact impact,
                        enum confidence confidence, struct sv title, struct sv reason, struct error *err) {
    const struct evidence_item evidence = {.role = EVIDENCE_PROBE, .exchange = x};
    const struct finding f = {
        .category = category,
        .cause = cause,
        .scope = SCOPE_HOST,
        .impact = impact,
        .who = WHO_ANYONE,
        .confidence = confidence,
        .title = title,
        .reason = reason,
        .evidence = &evidence,
        .evidence_count = 1,
    };
    return check_report(run, &f, err);
}
