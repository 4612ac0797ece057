// SPDX-License-Identifier: Apache-2.0
// Credentials that are taken from the query (RFC 6750 2.3, RFC 9700 4.3.2): addresses stand in logs, histories and Referer headers. Asked once, where
// the identity was proven; else what the identity itself or the description shows.
#include "checks/support/forgery.h"

enum { NAMES_MAX = 5 };

struct state {
    struct forgery_place place;
    struct sv names[NAMES_MAX];
    size_t name_count;
    struct verdict second, third;
    bool started, told;
    const char *reason;
};

static void add_name(struct state *s, struct sv name) {
    for (size_t i = 0; i < s->name_count; i++) {
        if (sv_eq(s->names[i], name)) return;
    }
    if (s->name_count < NAMES_MAX) s->names[s->name_count++] = name;
}

static void choose_names(struct state *s, const struct token_view *t) {
    bool bearer = sv_eq_nocase(t->scheme, SV("Bearer")) || t->is_jwt;
    if (bearer) {
        add_name(s, SV("access_token"));
        add_name(s, SV("token"));
        add_name(s, SV("jwt"));
        add_name(s, SV("auth_token"));
        return;
    }
    add_name(s, t->name);
    add_name(s, SV("api_key"));
    add_name(s, SV("apikey"));
    add_name(s, SV("key"));
    add_name(s, SV("token"));
}

static bool ask(struct check_run *run, size_t name, uint16_t round) {
    struct state *s = check_state(run);
    const struct credential_change control = {.kind = CREDENTIAL_RANDOM};
    struct experiment *e = forgery_begin(run, &s->place, &control, round, (uint32_t)name);
    if (e == NULL) return false;
    bool sighting = round == FORGERY_SIGHTING;
    for (size_t i = 0; i < (sighting ? s->name_count : 2); i++) {
        const struct credential_change weak = {.kind = CREDENTIAL_IN_QUERY, .parameter = s->names[sighting ? i : name]};
        if (!forgery_weak(run, e, &s->place, &weak)) return false;
    }
    if (sighting) e->value = 6;
    return forgery_end(run, e, &s->place, &control);
}

static void start(struct check_run *run) {
    struct state *s = check_state(run);
    s->started = true;
    size_t identity = forgery_identity(run, false, &s->reason);
    if (identity == 0 || !forgery_witness(run, identity, &s->place)) return;
    s->reason = NULL;
    const struct token_view *t = check_token(run, identity);
    if (t->carrier != CARRIER_HEADER || sv_eq_nocase(t->scheme, SV("Basic"))) return; // a name and password have no usual parameter
    choose_names(s, t);
    (void)ask(run, 0, FORGERY_SIGHTING);
}

static int tell(struct check_run *run, const struct operation *op, struct sv parameter, struct sv reason, enum confidence confidence,
                const struct evidence_item *evidence, size_t count, struct error *err) {
    struct state *s = check_state(run);
    s->told = true;
    const struct finding f = {
        .category = CATEGORY_AUTHENTICATION,
        .cause = SV("credential-in-url"),
        .scope = SCOPE_HOST,
        .impact = IMPACT_HARDENING,
        .who = WHO_ANYONE,
        .confidence = confidence,
        .title = SV("Credentials are taken from the address"),
        .reason = reason,
        .method = op->method,
        .path = op->path,
        .parameter = parameter,
        .parameter_in = PARAM_QUERY,
        .operation = op,
        .evidence = evidence,
        .evidence_count = count,
        .cwe = {598},
    };
    return reason.ptr == NULL ? error_nomem(err) : check_report(run, &f, err);
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    (void)err;
    struct state *s = check_state(run);
    if (!s->started) start(run);
    if (s->reason != NULL) check_coverage(run, op, COVERAGE_NOT_TESTED, s->reason);
    else if (op != s->place.operation) check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "tried where the identity was proven");
    return 0;
}

static int report(struct check_run *run, struct experiment *e, enum confidence confidence, struct error *err) {
    const struct state *s = check_state(run);
    struct sv name = s->names[e->tag < s->name_count ? e->tag : 0];
    const struct evidence_item evidence[] = {
        check_evidence(e, FORGERY_WEAK, EVIDENCE_PROBE, "the credential as a query parameter"),
        check_evidence(e, forgery_valid(e), EVIDENCE_REFERENCE, "the credential in its header"),
        check_evidence(e, FORGERY_ABSENT, EVIDENCE_CONTROL, "no credential"),
    };
    struct sv reason = arena_printf(&e->arena, "the identity's credential in the query parameter \"" SV_FMT "\" was answered like the one in its header, in two rounds", SV_ARG(name));
    return tell(run, e->operation, name, reason, confidence, evidence, e->round == FORGERY_SERIES ? 0 : 3, err);
}

static int judge_sighting(struct check_run *run, struct experiment *e, struct error *err) {
    struct state *s = check_state(run);
    struct verdict v = {0};
    for (size_t i = 0; i < s->name_count; i++) {
        int r = forgery_judge(run, e, &s->place, i, &v, err);
        if (r != 0) return r;
        if (v.holds && ask(run, i, FORGERY_SECOND)) return 0;
    }
    const struct exchange *valid = e->exchanges[forgery_valid(e)];
    bool sound = exchange_answered(valid) && valid->response.status < 300;
    check_coverage(run, e->operation, sound ? COVERAGE_PASSED : COVERAGE_INCONCLUSIVE, sound ? NULL : v.why);
    return 0;
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    struct state *s = check_state(run);
    if (e->round == FORGERY_SIGHTING) return judge_sighting(run, e, err);
    struct verdict v;
    int r = forgery_judge(run, e, &s->place, 0, &v, err);
    if (r != 0) return r;
    if (!v.holds) {
        check_coverage(run, e->operation, COVERAGE_INCONCLUSIVE, v.why);
        return 0;
    }
    if (e->round == FORGERY_SECOND) {
        s->second = v;
        (void)ask(run, e->tag, FORGERY_THIRD);
        return 0;
    }
    // A low finding: no series where a refusal is no status, it stays firm.
    return report(run, e, oracle_combine(s->second, v).confidence, err);
}

// The description's word counts where the wire said nothing.
static int finish(struct check_run *run, struct error *err) {
    const struct state *s = check_state(run);
    const struct api *api = check_api(run);
    int r = 0;
    for (size_t i = 1; r == 0 && !s->told && i < check_identity_count(run); i++) {
        const struct token_view *t = check_token(run, i);
        const struct operation *op = t->carrier == CARRIER_QUERY ? check_identity_witness(run, i, NULL) : NULL;
        if (op == NULL) continue;
        const struct evidence_item evidence = {.role = EVIDENCE_PROBE, .exchange = check_baseline(run, op, i)->answer, .note = SV("answered to the identity's query parameter")};
        r = tell(run, op, t->name, SV("the identity's credential is a query parameter, and it is answered"), CONFIDENCE_CONFIRMED, &evidence, 1, err);
    }
    for (size_t i = 0; r == 0 && !s->told && i < api->operation_count; i++) {
        const struct operation *op = api->operations[i];
        const struct exchange *x = check_baseline(run, op, 0)->answer;
        const struct evidence_item evidence = {.role = EVIDENCE_REFERENCE, .exchange = x, .note = SV("without credentials")};
        for (size_t k = 0; r == 0 && k < op->scheme_count && op->demand == DEMAND_CREDENTIALS; k++) {
            if (op->schemes[k]->kind != SCHEME_API_KEY || op->schemes[k]->in != PARAM_QUERY) continue;
            r = tell(run, op, op->schemes[k]->param_name, SV("the description has callers send their key as a query parameter"), CONFIDENCE_FIRM, &evidence, x != NULL, err);
        }
    }
    return r;
}

const struct check check_token_in_url = {
    .id = "token-in-url",
    .title = "Credentials in addresses",
    .category = CATEGORY_AUTHENTICATION,
    .owasp = "API2:2023",
    .cwe = 598,
    .traits = CHECK_READ_ONLY,
    .state_size = sizeof(struct state),
    .plan = plan,
    .judge = judge,
    .finish = finish,
};
