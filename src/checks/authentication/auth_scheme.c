// SPDX-License-Identifier: Apache-2.0
// What the description itself says of its guards: writing operations that demand nothing beside others that do, and names with passwords (basic)
// over a line that anyone on the way can read. Asks nothing; where the wire was heard, the wire decides.
#include "checks/support/passive.h"
#include "checks/support/words.h"
#include "http/header.h"

static bool writes(const struct operation *op) {
    static const struct sv methods[] = {SV_INIT("POST"), SV_INIT("PUT"), SV_INIT("PATCH"), SV_INIT("DELETE")};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        if (sv_eq_nocase(op->method, methods[i])) return !op->read_only;
    }
    return false;
}

static bool is_open_by_nature(struct check_run *run, struct sv path) {
    const struct node *list = node_get(check_knowledge(run, "wordlists/auth-open-writes"), SV("words"));
    struct sv rest = path, segment;
    while (rest.ptr != NULL && sv_split(&rest, '/', &segment)) {
        struct word w = word_of(segment);
        for (const struct node *n = list == NULL ? NULL : list->first; n != NULL && w.len > 0; n = n->next) {
            if (sv_eq(node_get_text(n, SV("word")), sv_make(w.text, w.len))) return true;
        }
    }
    return false;
}

static size_t count_demanding(struct check_run *run, bool writing) {
    const struct api *api = check_api(run);
    size_t n = 0;
    for (size_t i = 0; i < api->operation_count; i++) {
        const struct operation *op = api->operations[i];
        n += (op->sources & SOURCE_SPEC) != 0 && op->demand == DEMAND_CREDENTIALS && (!writing || writes(op));
    }
    return n;
}

static int tell(struct check_run *run, const struct operation *op, const struct finding *what, struct error *err) {
    const struct evidence_item evidence = {.role = EVIDENCE_REFERENCE, .exchange = check_baseline(run, op, 0)->answer};
    struct finding f = *what;
    f.category = CATEGORY_AUTHENTICATION;
    f.scope = SCOPE_HOST;
    f.method = op->method;
    f.path = op->path;
    f.operation = op;
    f.evidence = &evidence;
    f.evidence_count = evidence.exchange != NULL;
    return check_report(run, &f, err);
}

// A writing operation left open in a description that guards others.
static int judge_write(struct check_run *run, const struct operation *op, struct error *err) {
    // Anybody may post to much by intent (mailing lists, orders of guests); what is there already is changed or removed by somebody.
    if (!writes(op) || sv_eq(op->method, SV("POST")) || op->demand == DEMAND_CREDENTIALS || op->demand == DEMAND_OPTIONAL) return 0;
    if (check_baseline(run, op, 0)->state == BASELINE_REFUSED || is_open_by_nature(run, op->path)) return 0;
    // Without a word on security at all, only where the description otherwise guards what writes.
    if (count_demanding(run, op->demand == DEMAND_UNKNOWN) < 2) return 0;
    const struct finding f = {
        .cause = SV("write-without-demand"),
        .impact = IMPACT_HARDENING,
        .who = WHO_LUCK,
        .confidence = CONFIDENCE_TENTATIVE,
        .title = SV("The description demands no credentials for an operation that writes"),
        .reason = op->demand == DEMAND_NOTHING ? SV("its security is empty, while other operations of the same description demand credentials; it was not called")
                                               : SV("it has no security, and there is none for the whole, while other operations that write demand credentials; it was not called"),
        .cwe = {306},
    };
    return tell(run, op, &f, err);
}

static bool demands_basic(const struct operation *op) {
    for (size_t i = 0; i < op->scheme_count; i++) {
        if (op->schemes[i]->kind == SCHEME_BASIC) return true;
    }
    return false;
}

// Does an identity prove itself there with a name and a password?
static bool identity_sends_basic(struct check_run *run, const struct operation *op) {
    if (check_baseline(run, op, 0)->state != BASELINE_REFUSED) return false;
    for (size_t i = 1; i < check_identity_count(run); i++) {
        if (sv_eq_nocase(check_token(run, i)->scheme, SV("Basic")) && check_baseline(run, op, i)->state == BASELINE_GOOD) return true;
    }
    return false;
}

// Over TLS there is nothing to say; over loopback nobody is on the way.
static int judge_basic(struct check_run *run, const struct operation *op, struct error *err) {
    if (passive_target_is_tls(run)) return 0;
    const struct exchange *x = check_baseline(run, op, 0)->answer;
    struct sv challenge = exchange_answered(x) ? sv_trim(header_find(&x->response.headers, SV("WWW-Authenticate"))) : SV_NONE;
    bool asks = sv_starts_with_nocase(challenge, SV("basic")) || identity_sends_basic(run, op);
    bool described = demands_basic(op) && op->demand == DEMAND_CREDENTIALS;
    if (!asks && !described) return 0;
    bool loopback = passive_target_is_loopback(run);
    const struct finding f = {
        .cause = SV("basic-without-tls"),
        .impact = loopback ? IMPACT_NOTE : IMPACT_SECRET,
        .who = WHO_LUCK,
        .confidence = asks ? CONFIDENCE_CONFIRMED : CONFIDENCE_FIRM,
        .title = SV("Names and passwords go over an unencrypted connection"),
        .reason = loopback ? SV("basic authentication over plain HTTP; harmless as long as the connection stays on this machine")
                           : SV("basic authentication over plain HTTP: each request shows name and password to everyone on the way"),
        .cwe = {523, 319},
    };
    return tell(run, op, &f, err);
}

static int tell_flow(struct check_run *run, const struct operation *op, const char *cause, const char *title, struct sv reason, uint16_t cwe, struct error *err) {
    const struct finding f = {.cause = sv_from(cause), .impact = IMPACT_HARDENING, .who = WHO_LUCK, .confidence = CONFIDENCE_FIRM, .title = sv_from(title),
                              .reason = reason, .cwe = {cwe}};
    return tell(run, op, &f, err);
}

static bool is_local(struct sv url) {
    struct url u;
    auto_arena a = {.limit = (size_t)1 << 16};
    if (url_parse(&a, url, &u, NULL) != 0) return true;
    return sv_eq(u.host, SV("localhost")) || address_classify(u.host) == ADDRESS_LOOPBACK;
}

enum { PLAIN_ADDRESS = 1 << 30 };

// What OAuth 2.1 leaves out (RFC 9700 2.1.2, 2.4), and addresses of the flows over plain HTTP. Once for the host: *told are bits of what was said.
static int judge_flows(struct check_run *run, const struct operation *op, const struct security_scheme *s, uint32_t *told, struct error *err) {
    uint32_t what = s->flows | (s->plain_url.len > 0 && !is_local(s->plain_url) ? PLAIN_ADDRESS : 0);
    int r = 0;
    what &= ~*told;
    *told |= what;
    if ((what & FLOW_IMPLICIT) != 0)
        r = tell_flow(run, op, "implicit-flow", "The description offers the implicit flow of OAuth 2",
                      SV("tokens come back in an address, where histories, logs and other scripts see them; the code flow with PKCE does without"), 598, err);
    if (r == 0 && (what & FLOW_PASSWORD) != 0)
        r = tell_flow(run, op, "password-flow", "The description offers the password flow of OAuth 2",
                      SV("every client sees the user's password, and no second factor fits in; the code flow with PKCE does without"), 522, err);
    if (r == 0 && (what & PLAIN_ADDRESS) != 0)
        r = tell_flow(run, op, "flow-without-tls", "The description has clients sign in over an unencrypted connection",
                      SV("an address of the OAuth 2 or OpenID Connect scheme begins with http:"), 319, err);
    return r;
}

static int finish(struct check_run *run, struct error *err) {
    const struct api *api = check_api(run);
    int r = 0;
    uint32_t told = 0;
    for (size_t i = 0; r == 0 && i < api->operation_count; i++) {
        const struct operation *op = api->operations[i];
        bool described = (op->sources & SOURCE_SPEC) != 0;
        check_coverage(run, op, described ? COVERAGE_PASSED : COVERAGE_NOT_APPLICABLE, described ? NULL : "not described");
        if (described) r = judge_write(run, op, err);
        if (r == 0) r = judge_basic(run, op, err);
        for (size_t k = 0; r == 0 && k < op->scheme_count; k++) r = judge_flows(run, op, op->schemes[k], &told, err);
    }
    return r;
}

const struct check check_auth_scheme = {
    .id = "auth-scheme",
    .title = "Guards that the description leaves out",
    .category = CATEGORY_AUTHENTICATION,
    .owasp = "API2:2023",
    .cwe = 306,
    .traits = CHECK_PASSIVE | CHECK_READ_ONLY,
    .finish = finish,
};
