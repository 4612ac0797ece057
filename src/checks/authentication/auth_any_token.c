// SPDX-License-Identifier: Apache-2.0
// Credentials that are demanded and not looked at: refused without, answered with a random one of the right form. Forms come from the described
// schemes, else from the challenge of the refusal, else the two usual places at once.
#include "checks/support/contrast.h"
#include "http/header.h"
#include "http/jwt.h"

// FORM_OWN: as the identity that was given carries its credential, where none of the others is that.
enum form { FORM_BEARER, FORM_TOKEN, FORM_BASIC, FORM_KEY, FORM_USUAL, FORM_OWN, FORM_COUNT };

static const char *const notes[FORM_COUNT] = {
    [FORM_BEARER] = "with a random bearer token",
    [FORM_TOKEN] = "with a signed-looking token of random signature",
    [FORM_BASIC] = "with a random user name and password",
    [FORM_KEY] = "with a random API key",
    [FORM_USUAL] = "with a random token and API key",
    [FORM_OWN] = "with a random credential in the form of the identity's own",
};

struct state {
    unsigned tested, answered;
};

// The credential as it goes out, put into *rq; *ret_marker is its random text.
struct credential {
    enum form form;
    const struct security_scheme *scheme; // FORM_KEY
    size_t holder;                        // FORM_OWN
};

static bool set_header(struct arena *a, struct request *rq, const char *name, const char *format, struct sv text) {
    struct sv value = arena_printf(a, "%s" SV_FMT, format, SV_ARG(text));
    return value.ptr != NULL && header_set(a, &rq->headers, sv_from(name), value);
}

// Header and claims as a server would accept them, were the signature right; the expiry lies in the year 2100.
static struct sv forge_token(struct arena *a, struct rng *rng) {
    struct sv subject = rng_uuid(rng, a), key = rng_word(rng, a, 32);
    struct sv claims = arena_printf(a, "{\"sub\":\"" SV_FMT "\",\"iat\":1700000000,\"exp\":4102444800}", SV_ARG(subject));
    struct sv head = base64_encode(a, SV("{\"alg\":\"HS256\",\"typ\":\"JWT\"}"), true, false);
    struct sv body = claims.ptr == NULL ? claims : base64_encode(a, claims, true, false);
    struct sv tail = key.ptr == NULL ? key : base64_encode(a, key, true, false);
    if (head.ptr == NULL || body.ptr == NULL || tail.ptr == NULL) return SV_NONE;
    return arena_printf(a, SV_FMT "." SV_FMT "." SV_FMT, SV_ARG(head), SV_ARG(body), SV_ARG(tail));
}

static bool put_key(struct arena *a, const struct security_scheme *s, struct sv word, struct request *rq) {
    if (s->in == PARAM_HEADER) return header_set(a, &rq->headers, s->param_name, word);
    if (s->in == PARAM_COOKIE) {
        struct sv cookie = arena_printf(a, SV_FMT "=" SV_FMT, SV_ARG(s->param_name), SV_ARG(word));
        return cookie.ptr != NULL && header_set(a, &rq->headers, SV("Cookie"), cookie);
    }
    const char *join = sv_find_char(rq->target, '?') == SIZE_MAX ? "?" : "&";
    rq->target = arena_printf(a, SV_FMT "%s" SV_FMT "=" SV_FMT, SV_ARG(rq->target), join, SV_ARG(s->param_name), SV_ARG(word));
    return rq->target.ptr != NULL;
}

static bool put(struct check_run *run, struct arena *a, const struct credential *c, const struct request *plain, struct sv word, struct request *ret) {
    (void)run;
    *ret = *plain;
    if (word.ptr == NULL || !header_copy_list(a, &plain->headers, &ret->headers)) return false;
    switch (c->form) {
    case FORM_BEARER:
    case FORM_TOKEN:
        return set_header(a, ret, "Authorization", "Bearer ", word);
    case FORM_BASIC:
        return set_header(a, ret, "Authorization", "Basic ", word);
    case FORM_KEY:
        return put_key(a, c->scheme, word, ret);
    case FORM_USUAL:
        return set_header(a, ret, "Authorization", "Bearer ", word) && set_header(a, ret, "X-API-Key", "", word);
    case FORM_OWN: // made by the engine from the identity's own
        return true;
    case FORM_COUNT:
        break;
    }
    return false;
}

static struct sv draw(struct check_run *run, struct arena *a, enum form form) {
    struct rng *rng = check_rng(run);
    if (form == FORM_TOKEN) return forge_token(a, rng);
    if (form != FORM_BASIC) return rng_word(rng, a, 40);
    struct sv user = rng_word(rng, a, 12), password = rng_word(rng, a, 20);
    struct sv pair = arena_printf(a, SV_FMT ":" SV_FMT, SV_ARG(user), SV_ARG(password));
    return pair.ptr == NULL ? pair : base64_encode(a, pair, false, true);
}

static void add_form(struct credential *list, size_t *count, enum form form, const struct security_scheme *scheme) {
    for (size_t i = 0; i < *count; i++) {
        if (list[i].form == form && (form != FORM_KEY || list[i].scheme == scheme)) return;
    }
    if (*count < 3) list[(*count)++] = (struct credential){.form = form, .scheme = scheme};
}

static bool key_is_usable(const struct security_scheme *s) {
    bool placed = s->in == PARAM_HEADER || s->in == PARAM_QUERY || s->in == PARAM_COOKIE;
    for (size_t i = 0; i < s->param_name.len; i++) {
        char c = s->param_name.ptr[i];
        if (c <= ' ' || c >= 0x7f || memchr(":;,=&\"", c, 6) != NULL) return false;
    }
    return placed && s->param_name.len > 0 && s->param_name.len < 100;
}

// A signed token of an identity is tried with a wrong signature by jwt-forgery: the same cause once.
static bool has_signed_token(const struct check_run *run) {
    for (size_t i = 1; i < check_identity_count(run); i++) {
        if (check_token(run, i)->is_jwt && check_identity_state(run, i) == IDENTITY_PROVEN) return true;
    }
    return false;
}

static bool is_carried(const struct credential *list, size_t count, const struct token_view *t) {
    bool authorization = t->carrier == CARRIER_HEADER && sv_eq_nocase(t->name, SV("Authorization"));
    for (size_t i = 0; i < count; i++) {
        enum form form = list[i].form;
        bool bearer = form == FORM_BEARER || form == FORM_USUAL || form == FORM_TOKEN;
        if (authorization && ((bearer && sv_eq_nocase(t->scheme, SV("Bearer"))) || (form == FORM_BASIC && sv_eq_nocase(t->scheme, SV("Basic"))))) return true;
        if (form == FORM_KEY && sv_eq_nocase(list[i].scheme->param_name, t->name)) return true;
        if (form == FORM_USUAL && sv_eq_nocase(t->name, SV("X-API-Key"))) return true;
    }
    return false;
}

static void add_own(const struct check_run *run, struct credential *list, size_t *count) {
    for (size_t i = 1; i < check_identity_count(run); i++) {
        const struct token_view *t = check_token(run, i);
        bool usable = t->carrier == CARRIER_HEADER || t->carrier == CARRIER_QUERY || t->carrier == CARRIER_COOKIE;
        if (!usable || *count >= 3 || is_carried(list, *count, t)) continue;
        list[(*count)++] = (struct credential){.form = FORM_OWN, .holder = i};
        return;
    }
}

static size_t described_forms(const struct operation *op, const struct exchange *refusal, struct credential list[3]) {
    size_t count = 0;
    for (size_t i = 0; i < op->scheme_count; i++) {
        const struct security_scheme *s = op->schemes[i];
        if (s->kind == SCHEME_BASIC) add_form(list, &count, FORM_BASIC, NULL);
        if (s->kind == SCHEME_API_KEY && key_is_usable(s)) add_form(list, &count, FORM_KEY, s);
        if (s->kind != SCHEME_BEARER && s->kind != SCHEME_OAUTH2 && s->kind != SCHEME_OPENID) continue;
        add_form(list, &count, FORM_BEARER, NULL);
        add_form(list, &count, FORM_TOKEN, NULL);
    }
    if (count > 0) return count;
    struct sv challenge = refusal == NULL ? SV_NONE : header_find(&refusal->response.headers, SV("WWW-Authenticate"));
    if (sv_starts_with_nocase(sv_trim(challenge), SV("basic"))) {
        add_form(list, &count, FORM_BASIC, NULL);
        return count;
    }
    add_form(list, &count, FORM_USUAL, NULL);
    add_form(list, &count, FORM_TOKEN, NULL);
    return count;
}

static size_t forms_of(const struct check_run *run, const struct operation *op, const struct exchange *refusal, struct credential list[3]) {
    struct credential all[3];
    size_t described = described_forms(op, refusal, all), count = 0;
    for (size_t i = 0; i < described; i++) {
        if (all[i].form != FORM_TOKEN || !has_signed_token(run)) list[count++] = all[i];
    }
    add_own(run, list, &count);
    return count;
}

static bool add_probe(struct check_run *run, struct experiment *e, const struct credential *c, const struct request *plain) {
    struct request rq;
    struct sv word = draw(run, &e->arena, c->form);
    if (!put(run, &e->arena, c, plain, word, &rq)) return false;
    struct probe *p = check_probe(run, e, ROLE_PROBE, c->holder, &rq);
    if (p == NULL) return false;
    if (c->form == FORM_OWN) p->credential.kind = CREDENTIAL_RANDOM;
    return c->form == FORM_OWN || check_mark(e, p, word);
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    const struct baseline *b = check_baseline(run, op, 0);
    if (b->state != BASELINE_REFUSED) {
        bool unknown = b->state == BASELINE_NONE;
        check_coverage(run, op, unknown ? COVERAGE_NOT_TESTED : COVERAGE_NOT_APPLICABLE, unknown ? "not asked in this mode" : "nobody is not refused");
        return 0;
    }
    struct credential forms[3];
    size_t count = forms_of(run, op, b->answer, forms);
    struct experiment *e = check_experiment(run, op, 0);
    if (e == NULL) return error_nomem(err);
    e->value = 20;
    for (size_t i = 0; i < count; i++) {
        if (!add_probe(run, e, &forms[i], &b->request)) return error_nomem(err);
    }
    (void)check_submit(run, e);
    return 0;
}

static int ask_round(struct check_run *run, const struct operation *op, size_t form, uint16_t round, struct error *err) {
    const struct baseline *b = check_baseline(run, op, 0);
    struct credential forms[3];
    auto_arena a = {.limit = (size_t)1 << 20};
    if (form >= forms_of(run, op, b->answer, forms)) return 0;
    bool own = forms[form].form == FORM_OWN;
    struct contrast c = {.plain = b->request, .holder = forms[form].holder, .credential = {.kind = CREDENTIAL_RANDOM}, .marker = draw(run, &a, forms[form].form), .marker_again = draw(run, &a, forms[form].form)};
    struct request other = b->request;
    other.target = target_neighbour(&a, check_rng(run), b->request.target);
    if (other.target.ptr == NULL) {
        check_coverage(run, op, COVERAGE_INCONCLUSIVE, "the path has no neighbours to compare with");
        return 0;
    }
    if (!put(run, &a, &forms[form], &b->request, c.marker, &c.variant) || !put(run, &a, &forms[form], &other, c.marker, &c.neighbour) ||
        !put(run, &a, &forms[form], &b->request, c.marker_again, &c.variant_again))
        return error_nomem(err);
    if (own) c.marker = c.marker_again = SV_NONE;
    // Low value: by the time the last round is judged, every operation had its first sighting, and the scope is known.
    (void)contrast_ask(run, op, &c, round, (uint32_t)form, round == 2 ? 0.4 : 0.3);
    return 0;
}

static int judge_first(struct check_run *run, struct experiment *e, struct error *err) {
    struct state *s = check_state(run);
    size_t hit = SIZE_MAX, answered = 0;
    for (size_t i = 0; i < e->probe_count; i++) {
        struct signs signs;
        int r = signs_read(run, &e->arena, e->exchanges[i], &signs, err);
        if (r != 0) return r;
        answered += exchange_answered(e->exchanges[i]);
        if (signs.good && hit == SIZE_MAX) hit = i;
    }
    s->tested++;
    s->answered += hit != SIZE_MAX;
    if (hit != SIZE_MAX) return ask_round(run, e->operation, hit, 2, err);
    if (answered < e->probe_count) check_coverage(run, e->operation, COVERAGE_INCONCLUSIVE, "a credential was not answered at all");
    else check_coverage(run, e->operation, COVERAGE_PASSED, NULL);
    return 0;
}

static int report(struct check_run *run, struct experiment *e, enum form form, struct error *err) {
    const struct state *s = check_state(run);
    const struct contrast_claim claim = {
        .cause = form == FORM_TOKEN ? "unverified-token" : "any-credential",
        .title = form == FORM_TOKEN ? "Tokens are accepted without a valid signature" : "Any credential is accepted",
        .note = notes[form],
        .everywhere = s->tested >= 3 && s->answered == s->tested,
        .floor = IMPACT_PERSONAL,
        .cwe = {form == FORM_TOKEN ? 347 : 287},
        .chooses_identity = true,
    };
    return contrast_report(run, e, &claim, err);
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    if (e->round == 1) return judge_first(run, e, err);
    const char *reason;
    int r = contrast_judge(run, e, false, &reason, err);
    if (r != 0) return r;
    struct credential forms[3];
    size_t count = forms_of(run, e->operation, check_baseline(run, e->operation, 0)->answer, forms);
    if (reason == NULL && e->tag < count)
        return e->round == 2 ? ask_round(run, e->operation, e->tag, 3, err) : report(run, e, forms[e->tag].form, err);
    check_coverage(run, e->operation, COVERAGE_INCONCLUSIVE, reason);
    return 0;
}

const struct check check_auth_any_token = {
    .id = "auth-any-token",
    .title = "Credentials that are not verified",
    .category = CATEGORY_AUTHENTICATION,
    .owasp = "API2:2023",
    .cwe = 287,
    .traits = CHECK_READ_ONLY,
    .state_size = sizeof(struct state),
    .plan = plan,
    .judge = judge,
};
