// SPDX-License-Identifier: Apache-2.0
// The API is reached over plain HTTP. On loopback nobody is on the wire; in a private network it is worth a note, since TLS may end in front.
#include "checks/support/passive.h"
#include "http/header.h"

struct state {
    bool told;
};

static int observe(struct check_run *run, const struct exchange *x, struct error *err) {
    struct state *s = check_state(run);
    if (s->told || !passive_is_ordinary(x) || passive_target_is_tls(run) || passive_target_is_loopback(run)) return 0;
    // Sending everybody on to https is the cure, not the fault.
    struct sv location = header_find(&x->response.headers, SV("Location"));
    if (x->response.status >= 300 && sv_starts_with_nocase(location, SV("https://"))) return 0;
    s->told = true;
    enum address_class class = address_classify(check_target(run)->host);
    bool private = class == ADDRESS_PRIVATE || class == ADDRESS_LINK_LOCAL;
    return passive_report_host(run, x, SV("plain-http"), CATEGORY_ENCRYPTION, private ? IMPACT_NOTE : IMPACT_COST, CONFIDENCE_CONFIRMED,
                               SV("The API answers over plain HTTP"),
                               private ? SV("answers came over plain HTTP from a private address; if TLS does not end in front of it, everybody on the way can read and change them")
                                       : SV("answers came over plain HTTP, so everybody on the way can read and change them"),
                               err);
}

const struct check check_plain_http = {
    .id = "plain-http",
    .title = "API over plain HTTP",
    .category = CATEGORY_ENCRYPTION,
    .owasp = "API8:2023",
    .cwe = 319,
    .traits = CHECK_PASSIVE | CHECK_READ_ONLY,
    .state_size = sizeof(struct state),
    .observe = observe,
};
