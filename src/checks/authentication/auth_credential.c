// SPDX-License-Identifier: Apache-2.0
// Credentials that must be refused and are not: empty, under another scheme, with one character changed; signed tokens with a wrong signature or
// none, as occurrences of what jwt-forgery finds. One operation of each family; random credentials are the control (auth-any-token tells of them).
#include "checks/support/forgery.h"

enum kind { KIND_EMPTY, KIND_OTHER_SCHEME, KIND_TAMPERED, KIND_SIGNATURE, KIND_NONE, KIND_COUNT };
enum { FAMILIES_MAX = 24, KINDS_OF_ONE = 4 };

static const struct {
    const char *cause, *title, *note;
    uint16_t cwe;
} infos[KIND_COUNT] = {
    [KIND_EMPTY] = {"empty-credential", "Empty credentials are accepted", "an empty credential", 287},
    [KIND_OTHER_SCHEME] = {"other-scheme", "Credentials under another scheme are not verified", "a random credential under another scheme", 287},
    [KIND_TAMPERED] = {"changed-credential", "Credentials are compared in part only", "the credential with one character changed", 1025},
    [KIND_SIGNATURE] = {"signature-not-verified", "Tokens are accepted without a valid signature", "the token with a random signature", 347},
    [KIND_NONE] = {"algorithm-none", "Tokens without a signature are accepted when they say so", "the token with alg none and no signature", 347},
};

struct family {
    struct forgery_place place;
    struct sv path; // of the family
    enum kind kinds[KINDS_OF_ONE];
    size_t kind_count;
    struct verdict second, third;
};

struct state {
    size_t identity;
    const char *reason;
    bool looked;
    struct family families[FAMILIES_MAX];
    size_t count;
};

static void add_kind(struct family *f, enum kind kind) {
    if (f->kind_count < KINDS_OF_ONE) f->kinds[f->kind_count++] = kind;
}

static void choose_kinds(const struct check_run *run, struct family *f, bool witness) {
    const struct token_view *t = check_token(run, f->place.identity);
    if (t->is_jwt && !witness) { // there, jwt-forgery asks
        add_kind(f, KIND_SIGNATURE);
        add_kind(f, KIND_NONE);
    } else if (!t->is_jwt && !sv_eq_nocase(t->scheme, SV("Basic"))) {
        add_kind(f, KIND_TAMPERED);
    }
    add_kind(f, KIND_EMPTY);
    if (t->carrier == CARRIER_HEADER && t->scheme.len > 0) add_kind(f, KIND_OTHER_SCHEME);
}

static void change_of(enum kind kind, struct credential_change *ret) {
    *ret = (struct credential_change){.kind = CREDENTIAL_JWT};
    switch (kind) {
    case KIND_EMPTY:
        ret->kind = CREDENTIAL_EMPTY;
        return;
    case KIND_OTHER_SCHEME:
        ret->kind = CREDENTIAL_OTHER_SCHEME;
        return;
    case KIND_TAMPERED:
        ret->kind = CREDENTIAL_TAMPERED;
        return;
    case KIND_SIGNATURE:
        ret->jwt.signing = JWT_SIGN_RANDOM;
        return;
    case KIND_NONE:
        ret->jwt.header = SV("{\"alg\":\"none\"}");
        ret->jwt.signing = JWT_SIGN_EMPTY;
        return;
    case KIND_COUNT:
        break;
    }
}

// What must fail: for an unsigned token the one with a wrong signature, else a random credential.
static void control_of(enum kind kind, struct credential_change *ret) {
    if (kind == KIND_NONE) change_of(KIND_SIGNATURE, ret);
    else *ret = (struct credential_change){.kind = CREDENTIAL_RANDOM};
}

static bool ask(struct check_run *run, size_t family, size_t kind, uint16_t round) {
    struct state *s = check_state(run);
    struct family *f = &s->families[family];
    bool sighting = round == FORGERY_SIGHTING;
    struct credential_change control = {.kind = CREDENTIAL_RANDOM}, weak;
    if (!sighting) control_of(f->kinds[kind], &control);
    struct experiment *e = forgery_begin(run, &f->place, &control, round, (uint32_t)(family << 8 | kind));
    if (e == NULL) return false;
    for (size_t i = 0; i < (sighting ? f->kind_count : 2); i++) {
        change_of(f->kinds[sighting ? i : kind], &weak);
        if (!forgery_weak(run, e, &f->place, &weak)) return false;
    }
    if (sighting) e->value = 15;
    return forgery_end(run, e, &f->place, &control);
}

static bool family_is_known(const struct state *s, struct sv path) {
    for (size_t i = 0; i < s->count; i++) {
        if (sv_eq(s->families[i].path, path)) return true;
    }
    return false;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    (void)err;
    struct state *s = check_state(run);
    if (!s->looked) s->identity = forgery_identity(run, false, &s->reason);
    s->looked = true;
    if (s->identity == 0) {
        check_coverage(run, op, COVERAGE_NOT_TESTED, s->reason);
        return 0;
    }
    struct family f = {.place = {.operation = op, .identity = s->identity}, .path = access_family(run, op->path)};
    struct sv text;
    bool witness = check_identity_witness(run, s->identity, &text) == op;
    if (witness) f.place.text = text;
    bool guarded = check_baseline(run, op, 0)->state == BASELINE_REFUSED;
    if (check_baseline(run, op, s->identity)->state != BASELINE_GOOD || (!guarded && !witness)) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, guarded ? "the identity gets no good answer" : "nobody is not refused");
        return 0;
    }
    if (family_is_known(s, f.path) || s->count >= FAMILIES_MAX) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "another operation of the family was asked");
        return 0;
    }
    choose_kinds(run, &f, witness);
    s->families[s->count++] = f;
    (void)ask(run, s->count - 1, 0, FORGERY_SIGHTING);
    return 0;
}

static int report(struct check_run *run, struct experiment *e, const struct family *f, enum kind kind, enum confidence confidence, struct error *err) {
    static const struct finding_effect effects[] = {{.category = CATEGORY_BOLA, .cwe = 639}, {.category = CATEGORY_BFLA, .cwe = 863}};
    bool jwt = kind == KIND_SIGNATURE || kind == KIND_NONE;
    const struct forgery_claim claim = {
        .check = jwt ? "jwt-forgery" : NULL,
        .cause = infos[kind].cause,
        .title = infos[kind].title,
        .note = infos[kind].note,
        .control = kind == KIND_NONE ? "the token with a random signature" : "a random credential",
        .forges = true,
        .confidence = confidence,
        .effects = effects,
        .effect_count = jwt ? 2 : 0,
        .cwe = infos[kind].cwe,
    };
    return forgery_report(run, e, &f->place, &claim, err);
}

static int judge_sighting(struct check_run *run, struct experiment *e, size_t family, struct error *err) {
    struct state *s = check_state(run);
    struct family *f = &s->families[family];
    struct verdict v = {0};
    for (size_t i = 0; i < f->kind_count; i++) {
        int r = forgery_judge(run, e, &f->place, i, &v, err);
        if (r != 0) return r;
        if (v.holds && ask(run, family, i, FORGERY_SECOND)) return 0; // one cause at a time: the first makes the others likely moot
    }
    const struct exchange *valid = e->exchanges[forgery_valid(e)];
    bool sound = exchange_answered(valid) && valid->response.status < 300;
    check_coverage(run, e->operation, sound ? COVERAGE_PASSED : COVERAGE_INCONCLUSIVE, sound ? NULL : v.why);
    return 0;
}

static int judge_round(struct check_run *run, struct experiment *e, size_t family, size_t kind, struct error *err) {
    struct state *s = check_state(run);
    struct family *f = &s->families[family];
    struct verdict v;
    int r = forgery_judge(run, e, &f->place, 0, &v, err);
    if (r != 0) return r;
    if (!v.holds) {
        check_coverage(run, e->operation, COVERAGE_INCONCLUSIVE, v.why);
        return 0;
    }
    if (e->round == FORGERY_SECOND) {
        f->second = v;
        (void)ask(run, family, kind, FORGERY_THIRD);
        return 0;
    }
    struct verdict all = oracle_combine(f->second, e->round == FORGERY_THIRD ? v : f->third);
    if (e->round == FORGERY_SERIES) all = oracle_combine(all, v);
    else f->third = v;
    if (all.confidence == CONFIDENCE_CONFIRMED) return report(run, e, f, f->kinds[kind], all.confidence, err);
    struct credential_change weak, control;
    change_of(f->kinds[kind], &weak);
    control_of(f->kinds[kind], &control);
    if (e->round == FORGERY_THIRD && forgery_series(run, &f->place, &weak, &control, e->tag)) return 0;
    check_coverage(run, e->operation, COVERAGE_INCONCLUSIVE, all.why);
    return 0;
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    const struct state *s = check_state(run);
    size_t family = e->tag >> 8, kind = e->tag & 0xff;
    if (family >= s->count) return 0;
    return e->round == FORGERY_SIGHTING ? judge_sighting(run, e, family, err) : judge_round(run, e, family, kind, err);
}

const struct check check_auth_credential = {
    .id = "auth-credential",
    .title = "Credentials that must be refused",
    .category = CATEGORY_AUTHENTICATION,
    .owasp = "API2:2023",
    .cwe = 287,
    .traits = CHECK_READ_ONLY | CHECK_ONE_IDENTITY,
    .state_size = sizeof(struct state),
    .plan = plan,
    .judge = judge,
};
