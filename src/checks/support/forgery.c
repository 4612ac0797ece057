// SPDX-License-Identifier: Apache-2.0
#include "checks/support/forgery.h"

#include "checks/support/contrast.h"

#define SOFT_BITS 4.0 // a round where nobody is answered, too

static const char no_identity[] = "no identity with such a credential was given (--as)";
static const char unproven[] = "no answer shows that the identity's credential makes a difference";
static const char dead[] = "the identity's credential works no longer";

size_t forgery_identity(const struct check_run *run, bool jwt, const char **ret_reason) {
    *ret_reason = no_identity;
    for (size_t i = 1; i < check_identity_count(run); i++) {
        const struct token_view *t = check_token(run, i);
        if (t->carrier == CARRIER_NONE || t->carrier == CARRIER_CERTIFICATE || (jwt && !t->is_jwt)) continue;
        enum identity_state state = check_identity_state(run, i);
        struct sv text;
        if (state == IDENTITY_PROVEN && check_identity_witness(run, i, &text) != NULL) return i;
        *ret_reason = state == IDENTITY_DEAD ? dead : unproven;
    }
    return 0;
}

bool forgery_witness(const struct check_run *run, size_t identity, struct forgery_place *ret) {
    *ret = (struct forgery_place){.identity = identity};
    ret->operation = check_identity_witness(run, identity, &ret->text);
    return ret->operation != NULL && ret->text.len > 0;
}

static bool add(struct check_run *run, struct experiment *e, const struct forgery_place *p, enum probe_role role, const struct credential_change *change,
                bool nobody) {
    const struct baseline *b = check_baseline(run, p->operation, p->identity);
    struct probe *probe = check_probe(run, e, role, nobody ? 0 : p->identity, &b->request);
    if (probe == NULL) return false;
    if (change != NULL) probe->credential = *change;
    return true;
}

static struct experiment *open_round(struct check_run *run, const struct forgery_place *p, uint16_t round, uint32_t tag) {
    struct experiment *e = check_experiment(run, p->operation, tag);
    if (e == NULL) return NULL;
    e->round = round;
    e->schedule = round == FORGERY_SIGHTING ? SCHEDULE_ORDERED : SCHEDULE_ALONE;
    if (round != FORGERY_SIGHTING) e->purpose = PURPOSE_CONFIRM;
    e->value = round == FORGERY_SIGHTING ? 25 : 30;
    return e;
}

struct experiment *forgery_begin(struct check_run *run, const struct forgery_place *p, const struct credential_change *control, uint16_t round,
                                 uint32_t tag) {
    struct experiment *e = open_round(run, p, round, tag);
    if (e == NULL || !add(run, e, p, ROLE_CONTROL, control, false) || !add(run, e, p, ROLE_CONTROL, NULL, true)) return NULL;
    return e;
}

bool forgery_weak(struct check_run *run, struct experiment *e, const struct forgery_place *p, const struct credential_change *weak) {
    return add(run, e, p, ROLE_PROBE, weak, false);
}

bool forgery_end(struct check_run *run, struct experiment *e, const struct forgery_place *p, const struct credential_change *control) {
    if (e->round != FORGERY_SIGHTING && !add(run, e, p, ROLE_CONTROL, control, false)) return false;
    return add(run, e, p, ROLE_REFERENCE, NULL, false) && check_submit(run, e);
}

bool forgery_series(struct check_run *run, const struct forgery_place *p, const struct credential_change *weak,
                    const struct credential_change *control, uint32_t tag) {
    struct experiment *e = open_round(run, p, FORGERY_SERIES, tag);
    bool *expected = e == NULL ? NULL : arena_new_array(&e->arena, bool, ORACLE_SERIES);
    if (expected == NULL) return false;
    e->user = expected;
    series_draw(check_rng(run), expected, ORACLE_SERIES);
    for (size_t i = 0; i < ORACLE_SERIES; i++) {
        if (!add(run, e, p, expected[i] ? ROLE_PROBE : ROLE_CONTROL, expected[i] ? weak : control, false)) return false;
    }
    return check_submit(run, e);
}

size_t forgery_valid(const struct experiment *e) {
    return e->probe_count - 1;
}

static bool shows_text(const struct exchange *x, struct sv text) {
    return exchange_answered(x) && x->response.status < 400 && sv_contains(x->response.body, text);
}

static int judge_series(struct check_run *run, struct experiment *e, const struct forgery_place *p, struct verdict *ret, struct error *err) {
    bool observed[ORACLE_SERIES] = {0};
    struct signature reference = check_baseline(run, p->operation, p->identity)->signature;
    for (size_t i = 0; i < ORACLE_SERIES && i < e->probe_count; i++) {
        if (p->text.len > 0) {
            observed[i] = shows_text(e->exchanges[i], p->text);
            continue;
        }
        struct signature s;
        int r = check_signature(run, e, i, &s, err);
        if (r != 0) return r;
        observed[i] = signature_alike(&reference, &s);
    }
    *ret = oracle_series_observed(observed, e->user, ORACLE_SERIES);
    return 0;
}

static int judge_whole(struct check_run *run, struct experiment *e, const struct forgery_place *p, size_t weak, size_t control, struct verdict *ret,
                       struct error *err) {
    struct signature valid, probe, other, absent;
    bool refused;
    int r = answer_is_refusal(run, &e->arena, e->exchanges[FORGERY_ABSENT], &refused, err);
    if (r == 0) r = check_signature(run, e, forgery_valid(e), &valid, err);
    if (r == 0) r = check_signature(run, e, weak, &probe, err);
    if (r == 0) r = check_signature(run, e, control, &other, err);
    if (r == 0) r = check_signature(run, e, FORGERY_ABSENT, &absent, err);
    if (r != 0) return r;
    const struct volatility *v = &check_baseline(run, p->operation, p->identity)->volatility;
    // Without a refusal nobody must get something else; then a series decides.
    *ret = refused ? (struct verdict){.holds = true} : oracle_same_answer(&valid, &probe, &absent, v, PRESENCE_REAL);
    double bits = refused ? ORACLE_ROUND_BITS : SOFT_BITS;
    if (ret->holds) *ret = oracle_same_answer(&valid, &probe, &other, v, PRESENCE_REAL);
    if (!ret->holds) return 0;
    enum presence presence = check_presence(run, e, forgery_valid(e));
    if (presence == PRESENCE_UNKNOWN) return JUDGE_WAIT;
    *ret = oracle_same_answer(&valid, &probe, &other, v, presence);
    if (ret->bits > bits) ret->bits = bits;
    return 0;
}

static int judge_pair(struct check_run *run, struct experiment *e, const struct forgery_place *p, size_t weak, size_t control, struct verdict *ret,
                      struct error *err) {
    if (p->text.len == 0) return judge_whole(run, e, p, weak, control, ret, err);
    *ret = oracle_forged(p->text, e->exchanges[forgery_valid(e)], e->exchanges[FORGERY_ABSENT], e->exchanges[control], e->exchanges[weak]);
    return 0;
}

int forgery_judge(struct check_run *run, struct experiment *e, const struct forgery_place *p, size_t i, struct verdict *ret, struct error *err) {
    if (e->round == FORGERY_SERIES) return judge_series(run, e, p, ret, err);
    int r = judge_pair(run, e, p, FORGERY_WEAK + (e->round == FORGERY_SIGHTING ? i : 0), FORGERY_CONTROL, ret, err);
    if (r != 0 || !ret->holds || e->round == FORGERY_SIGHTING) return r;
    return judge_pair(run, e, p, FORGERY_WEAK_AGAIN, FORGERY_CONTROL_AGAIN, ret, err);
}

// Of a series: the first of each kind.
static size_t first_of(const struct experiment *e, bool weak) {
    const bool *expected = e->user;
    size_t i = 0;
    while (i + 1 < e->probe_count && expected[i] != weak) i++;
    return i;
}

static size_t gather(const struct experiment *e, const struct forgery_claim *c, struct evidence_item ret[4]) {
    bool series = e->round == FORGERY_SERIES;
    ret[0] = check_evidence(e, series ? first_of(e, true) : FORGERY_WEAK, EVIDENCE_PROBE, c->note);
    ret[1] = check_evidence(e, series ? first_of(e, false) : FORGERY_CONTROL, EVIDENCE_CONTROL, c->control);
    if (series) return 2;
    ret[2] = check_evidence(e, forgery_valid(e), EVIDENCE_REFERENCE, "the identity's own credential");
    ret[3] = check_evidence(e, FORGERY_ABSENT, EVIDENCE_CONTROL, "no credential");
    return 4;
}

static int report(struct check_run *run, struct experiment *e, const struct forgery_place *p, const struct forgery_claim *c, const struct evidence_item *evidence,
                  size_t count, struct error *err) {
    const struct operation *op = p->operation;
    struct access d;
    int r = access_decide(run, &e->arena, op, check_baseline(run, op, p->identity)->answer, &d, err);
    if (r != 0) return r;
    const struct finding f = {
        .check = c->check,
        .category = CATEGORY_AUTHENTICATION,
        .cause = sv_from(c->cause),
        .scope = SCOPE_HOST,
        .impact = c->forges ? signs_impact(&d.signs, d.is_private, IMPACT_ADMIN) : IMPACT_PERSONAL,
        .who = c->forges ? WHO_ANYONE : WHO_LUCK,
        .confidence = c->confidence,
        .title = sv_from(c->title),
        .reason = c->reason,
        .method = op->method,
        .path = op->path,
        .operation = op,
        .evidence = evidence,
        .evidence_count = count,
        .effects = c->effects,
        .effect_count = c->effect_count,
        .cwe = {c->cwe},
        .owasp = "API2:2023",
    };
    return f.reason.ptr == NULL ? error_nomem(err) : check_report(run, &f, err);
}

int forgery_report(struct check_run *run, struct experiment *e, const struct forgery_place *p, const struct forgery_claim *c, struct error *err) {
    struct evidence_item evidence[4];
    size_t count = gather(e, c, evidence);
    const struct exchange *weak = evidence[0].exchange;
    struct forgery_claim claim = *c;
    if (claim.reason.ptr == NULL)
        claim.reason = arena_printf(&e->arena, "%s was answered (%u) like the identity's own credential, in independent rounds; %s and no credential were not", c->note,
                                    exchange_answered(weak) ? (unsigned)weak->response.status : 0u, c->control);
    return report(run, e, p, &claim, evidence, count, err);
}

int forgery_report_seen(struct check_run *run, struct experiment *e, size_t i, const struct forgery_place *p, const struct forgery_claim *c, struct error *err) {
    const struct evidence_item evidence[] = {
        check_evidence(e, i, EVIDENCE_PROBE, c->note),
        {.role = EVIDENCE_REFERENCE, .exchange = check_baseline(run, p->operation, p->identity)->answer, .note = SV("the identity's own credential")},
        {.role = EVIDENCE_CONTROL, .exchange = check_baseline(run, p->operation, 0)->answer, .note = SV("no credential")},
    };
    struct forgery_claim claim = *c;
    claim.reason = arena_printf(&e->arena, "%s was answered like the identity's own credential, as was proven at another operation", c->note);
    return report(run, e, p, &claim, evidence, 3, err);
}
