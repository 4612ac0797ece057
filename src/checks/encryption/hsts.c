// SPDX-License-Identifier: Apache-2.0
// Strict-Transport-Security over TLS (RFC 6797). Never asked of plain HTTP, where browsers ignore the header (RFC 6797 8.1).
#include "checks/support/passive.h"
#include "http/header.h"

enum { ANSWERS_NEEDED = 2 };
#define SIX_MONTHS UINT64_C(15552000) // seconds

struct state {
    unsigned missing, present;
    bool told;
};

static int observe(struct check_run *run, const struct exchange *x, struct error *err) {
    struct state *s = check_state(run);
    if (s->told || !passive_target_is_tls(run) || !passive_is_ordinary(x)) return 0;
    struct sv value = header_find(&x->response.headers, SV("Strict-Transport-Security"));
    struct hsts policy;
    if (value.ptr != NULL && hsts_parse(value, &policy) && policy.max_age >= SIX_MONTHS) {
        s->present++;
        return 0;
    }
    // One answer may come from something in front; a policy seen elsewhere on the host covers it.
    if (++s->missing < ANSWERS_NEEDED || s->present > 0) return 0;
    s->told = true;
    return passive_report_host(run, x, SV("hsts"), CATEGORY_ENCRYPTION, IMPACT_HARDENING, CONFIDENCE_CONFIRMED,
                               SV("Strict-Transport-Security is missing or too short"),
                               value.ptr == NULL ? SV("answers over TLS carry no Strict-Transport-Security header")
                                                 : SV("the Strict-Transport-Security header is invalid or lasts less than six months"),
                               err);
}

const struct check check_hsts = {
    .id = "hsts",
    .title = "Strict-Transport-Security",
    .category = CATEGORY_ENCRYPTION,
    .owasp = "API8:2023",
    .cwe = 523,
    .traits = CHECK_PASSIVE | CHECK_READ_ONLY,
    .state_size = sizeof(struct state),
    .observe = observe,
};
