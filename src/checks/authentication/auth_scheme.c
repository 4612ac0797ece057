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
    if (!writes(op) || op->demand == DEMAND_CREDENTIALS || op->demand == DEMAND_OPTIONAL) return 0;
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

static int finish(struct check_run *run, struct error *err) {
    const struct api *api = check_api(run);
    int r = 0;
    for (size_t i = 0; r == 0 && i < api->operation_count; i++) {
        const struct operation *op = api->operations[i];
        bool described = (op->sources & SOURCE_SPEC) != 0;
        check_coverage(run, op, described ? COVERAGE_PASSED : COVERAGE_NOT_APPLICABLE, described ? NULL : "not described");
        if (described) r = judge_write(run, op, err);
        if (r == 0) r = judge_basic(run, op, err);
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
