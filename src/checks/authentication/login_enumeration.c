// SPDX-License-Identifier: Apache-2.0
// Sign-ins that tell whether an account exists: by what they answer, or by how long they take. Wrong passwords for an account of ours, which count against
// --lockout-budget, beside names that nobody has, which harm nobody.
//
//   answers   two rounds: three unknown names, our own at a random place among them
//   times     with a budget of 20: two rounds of nine and nine in an order of random bits, last of all
#include <errno.h>

#include "base/buf.h"
#include "checks/support/properties.h"
#include "checks/support/signs.h"
#include "checks/support/words.h"
#include "http/header.h"

enum { TAG_ANSWERS = 1, TAG_TIMES = 2 };
enum { OTHERS = 3, OWN_TRIES = 2, TIMED = 9, TIMED_TRIES = 2 * TIMED };
// A hash of a password takes tens of milliseconds, a look-up less than one.
#define GAP_LEAST (15 * USEC_PER_MSEC)

struct state {
    size_t identity;
    struct request request;
    const struct operation *operation; // NULL: not described
    struct signature own, other;       // of the first round
    bool started, told;
};

static bool is_sign_in(const struct operation *op, const struct request *rq) {
    return sv_eq_nocase(op->method, rq->method) && path_template_matches(op->path, rq->target);
}

static void note(struct check_run *run, enum coverage_status status, const char *why) {
    const struct state *s = check_state(run);
    if (s->operation != NULL) check_coverage(run, s->operation, status, why);
}

static bool add(struct check_run *run, struct experiment *e, bool own) {
    const struct state *s = check_state(run);
    struct probe *p = check_probe(run, e, own ? ROLE_PROBE : ROLE_CONTROL, s->identity, &s->request);
    if (p != NULL) p->credential.kind = own ? CREDENTIAL_WRONG_PASSWORD : CREDENTIAL_UNKNOWN_NAME;
    return p != NULL;
}

static bool ask(struct check_run *run, uint32_t tag, uint16_t round) {
    const struct state *s = check_state(run);
    struct experiment *e = check_experiment(run, s->operation, tag);
    if (e == NULL) return false;
    e->round = round;
    e->phase = PHASE_LATE;
    e->schedule = SCHEDULE_ALONE;
    e->value = tag == TAG_ANSWERS ? 0.4 : 0.3;
    if (round > 1) e->purpose = PURPOSE_CONFIRM;
    unsigned own = tag == TAG_ANSWERS ? 1 : TIMED, others = tag == TAG_ANSWERS ? OTHERS : TIMED;
    while (own + others > 0) {
        bool now = rng_below(check_rng(run), own + others) < own;
        if (!add(run, e, now)) return false;
        own -= now;
        others -= !now;
    }
    return check_submit(run, e);
}

static void start(struct check_run *run) {
    struct state *s = check_state(run);
    const struct api *api = check_api(run);
    s->started = true;
    for (size_t i = 1; i < check_identity_count(run) && s->identity == 0; i++) {
        bool usable = check_token(run, i)->signs_in && check_identity_state(run, i) == IDENTITY_PROVEN;
        if (usable && check_sign_in_request(run, i, &s->request)) s->identity = i;
    }
    for (size_t i = 0; i < api->operation_count && s->identity > 0 && s->operation == NULL; i++) {
        if (is_sign_in(api->operations[i], &s->request)) s->operation = api->operations[i];
    }
    if (s->identity == 0) return;
    if (check_spend_lockout(run, OWN_TRIES)) (void)ask(run, TAG_ANSWERS, 1);
    else note(run, COVERAGE_NOT_TESTED, "lockout budget");
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    struct state *s = check_state(run);
    (void)err;
    if (!s->started) start(run);
    if (op != s->operation || op == NULL) check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "no identity signs in there with a name and a password");
    return 0;
}

// Without what hides names in it, and without the account's name: an answer may repeat the name that it was asked for.
static struct sv without_names(struct arena *a, struct sv body, struct sv account) {
    auto_buf b = BUF_INIT(body.len + 1);
    while (body.len > 0) {
        size_t end = sv_starts_with(body, SV("{{")) ? sv_find(body, SV("}}")) : SIZE_MAX;
        size_t skip = end != SIZE_MAX ? end + 2 : account.len > 0 && sv_starts_with_nocase(body, account) ? account.len : 0;
        if (skip == 0) buf_add_char(&b, body.ptr[0]);
        body = sv_from_index(body, skip > 0 ? skip : 1);
    }
    return buf_failed(&b) ? SV_NONE : arena_copy_sv(a, buf_sv(&b));
}

static int read_answer(struct check_run *run, struct experiment *e, size_t i, struct signature *ret, struct error *err) {
    const struct state *s = check_state(run);
    struct exchange x = *e->exchanges[i];
    x.response.body = without_names(&e->arena, x.response.body, check_token(run, s->identity)->account);
    if (x.response.body.ptr == NULL) return error_nomem(err);
    return signature_make(&e->arena, &x, NULL, 0, check_key(run), ret, err);
}

// Answered by the sign-in itself: no limit, no failure of the server.
static const char *trouble(const struct experiment *e) {
    for (size_t i = 0; i < e->probe_count; i++) {
        if (!exchange_answered(e->exchanges[i])) return "a sign-in was not answered";
        unsigned status = e->exchanges[i]->response.status;
        if (status == 429 || status == 423 || status >= 500) return "sign-ins are limited, or fail";
    }
    return NULL;
}

static size_t first_of(const struct experiment *e, enum probe_role role) {
    size_t i = 0;
    while (i + 1 < e->probe_count && e->probes[i].role != role) i++;
    return i;
}

struct claim {
    const char *cause, *title;
    struct sv reason;
    enum impact impact;
    enum confidence confidence;
    uint16_t cwe;
    bool shows; // the answers may be shown
};

static int tell(struct check_run *run, struct experiment *e, const struct claim *c, struct error *err) {
    struct state *s = check_state(run);
    const struct evidence_item evidence[] = {
        check_evidence(e, first_of(e, ROLE_PROBE), EVIDENCE_PROBE, "an account of ours, another password"),
        check_evidence(e, first_of(e, ROLE_CONTROL), EVIDENCE_CONTROL, "a name that nobody has"),
    };
    const struct finding f = {
        .category = CATEGORY_AUTHENTICATION,
        .cause = sv_from(c->cause),
        .scope = SCOPE_HOST,
        .impact = c->impact,
        .who = WHO_ANYONE,
        .confidence = c->confidence,
        .title = sv_from(c->title),
        .reason = c->reason,
        .method = s->request.method,
        .path = s->operation != NULL ? s->operation->path : s->request.target,
        .operation = s->operation,
        .evidence = evidence,
        .evidence_count = c->shows ? 2 : 0,
        .cwe = {c->cwe},
    };
    s->told = true;
    return c->reason.ptr == NULL ? error_nomem(err) : check_report(run, &f, err);
}

// Ids of the request and their like ("envelope" keys) are drawn, too, and open nothing.
static bool has_drawn_text(const struct node *envelope, const struct node *n, unsigned depth) {
    struct word w = word_of(n->key);
    if (n->key.len > 0 && words_have(envelope, &w) && n->kind != NODE_OBJECT) return false;
    if (n->kind == NODE_STRING) return sv_starts_with(n->text, SV("{{")) || property_looks_drawn(n->text);
    for (const struct node *c = (n->kind == NODE_OBJECT || n->kind == NODE_ARRAY) && depth < 6 ? n->first : NULL; c != NULL; c = c->next) {
        if (has_drawn_text(envelope, c, depth + 1)) return true;
    }
    return false;
}

// Does a success hand out something to sign in with: a cookie, a token in a header or in the body? Many refuse a wrong password with 200.
static int lets_in(struct check_run *run, struct experiment *e, const struct exchange *x, bool *ret, struct error *err) {
    struct signs s;
    struct node *root = NULL;
    *ret = false;
    int r = signs_read(run, &e->arena, x, &s, err);
    if (r != 0 || s.refusal || x->response.status < 200 || x->response.status >= 300) return r;
    *ret = header_has(&x->response.headers, SV("Set-Cookie")) || header_has(&x->response.headers, SV("Authorization"));
    for (size_t i = 0; i < x->response.headers.len && !*ret; i++) {
        const struct header *h = &x->response.headers.ptr[i];
        *ret = sv_contains_nocase(h->name, SV("token")) && property_looks_drawn(sv_trim(h->value));
    }
    if (*ret) return 0;
    r = node_parse_json(&e->arena, x->response.body, &node_limits_response, &root, NULL);
    if (r == -ENOMEM) return error_nomem(err);
    struct sv text = sv_trim(x->response.body);
    *ret = r == 0 ? has_drawn_text(words_list(check_knowledge(run, "access"), SV("envelope_keys")), root, 0) : sv_starts_with(text, SV("{{")) || property_looks_drawn(text);
    return 0;
}

static int report_answers(struct check_run *run, struct experiment *e, const struct signature *own, const struct signature *other, struct error *err) {
    bool in;
    int r = lets_in(run, e, e->exchanges[first_of(e, ROLE_PROBE)], &in, err);
    if (r != 0) return r;
    in = in && (other->status < 200 || other->status >= 300);
    const struct claim c = {
        .cause = in ? "any-password" : "account-enumeration",
        .title = in ? "Any password signs in" : "Sign-ins tell which accounts exist",
        .reason = in ? SV("a random password was accepted for an account of ours, twice, and for names that nobody has not")
                     : arena_printf(&e->arena, "a wrong password for an account of ours is answered otherwise (%u) than one for names that nobody has (%u), in two rounds",
                                    (unsigned)own->status, (unsigned)other->status),
        .impact = in ? IMPACT_SECRET : IMPACT_INTERNAL,
        .confidence = CONFIDENCE_FIRM,
        .cwe = in ? 287 : 204,
        .shows = !in,
    };
    return tell(run, e, &c, err);
}

// One more question, or the end of it.
static void go_on(struct check_run *run, const char *why) {
    if (why != NULL) note(run, COVERAGE_INCONCLUSIVE, why);
    else if (check_spend_lockout(run, TIMED_TRIES)) (void)ask(run, TAG_TIMES, 1);
    else note(run, COVERAGE_PASSED, "answers only; times need --lockout-budget 20");
}

struct answers {
    struct signature own, other;  // the first of its kind
    struct volatility volatility; // among names that nobody has
    bool comparable;              // these agree
};

static int read_answers(struct check_run *run, struct experiment *e, struct answers *ret, struct error *err) {
    *ret = (struct answers){.comparable = true};
    for (size_t i = 0; i < e->probe_count; i++) {
        struct signature x;
        int r = read_answer(run, e, i, &x, err);
        if (r != 0) return r;
        bool own = e->probes[i].role == ROLE_PROBE, first = own || !ret->other.valid;
        if (first) *(own ? &ret->own : &ret->other) = x;
        else r = volatility_learn(&e->arena, &ret->volatility, &ret->other, &x, err);
        if (r != 0) return r;
        ret->comparable = ret->comparable && (first || (signature_alike(&ret->other, &x) && signature_equal(&ret->other, &x, &ret->volatility)));
    }
    const struct volatility *v = &ret->volatility;
    ret->comparable = ret->comparable && !v->form_volatile && !v->status_volatile && !v->shingles_volatile;
    return 0;
}

static int judge_answers(struct check_run *run, struct experiment *e, struct error *err) {
    struct state *s = check_state(run);
    struct answers now;
    int r = read_answers(run, e, &now, err);
    if (r != 0) return r;
    if (!now.comparable) {
        go_on(run, "answers to names that nobody has differ among themselves");
    } else if (signature_equal(&now.own, &now.other, &now.volatility)) {
        go_on(run, NULL);
    } else if (e->round == 1) {
        s->own = now.own;
        s->other = now.other;
        (void)ask(run, TAG_ANSWERS, 2);
    } else if (now.own.status == s->own.status && now.other.status == s->other.status && signature_alike(&now.own, &s->own)) {
        return report_answers(run, e, &now.own, &now.other, err);
    } else {
        go_on(run, "the answers of two rounds contradict each other");
    }
    return 0;
}

// Do all sign-ins of one kind take longer than all of the other? Chance of that without a reason: 2 / C(18, 9), 14.5 bits a round.
static bool is_apart(const struct experiment *e, enum probe_role slow) {
    usec_t least = UINT64_MAX, most = 0;
    for (size_t i = 0; i < e->probe_count; i++) {
        usec_t t = e->exchanges[i]->response.first_byte;
        if (e->probes[i].role == slow) least = t < least ? t : least;
        else most = t > most ? t : most;
    }
    return least > most + GAP_LEAST && least / 3 * 2 > most;
}

static int judge_times(struct check_run *run, struct experiment *e, struct error *err) {
    bool own_is_slow = is_apart(e, ROLE_PROBE);
    if (!own_is_slow && !is_apart(e, ROLE_CONTROL)) {
        note(run, COVERAGE_PASSED, NULL);
        return 0;
    }
    if (e->round == 1) {
        (void)ask(run, TAG_TIMES, 2);
        return 0;
    }
    const struct claim c = {
        .cause = "account-timing",
        .title = "The time that a sign-in takes tells which accounts exist",
        .reason = own_is_slow ? SV("wrong passwords for an account of ours took longer, each of nine, than each of nine for names that nobody has, in two rounds of random order")
                              : SV("wrong passwords for an account of ours were answered sooner, each of nine, than each of nine for names that nobody has, in two rounds of random order"),
        .impact = IMPACT_HARDENING,
        .confidence = CONFIDENCE_CONFIRMED,
        .cwe = 208,
        .shows = true,
    };
    return tell(run, e, &c, err);
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    const char *why = trouble(e);
    if (why != NULL) {
        note(run, COVERAGE_INCONCLUSIVE, why);
        return 0;
    }
    return e->tag == TAG_ANSWERS ? judge_answers(run, e, err) : judge_times(run, e, err);
}

const struct check check_login_enumeration = {
    .id = "login-enumeration",
    .title = "Sign-ins that tell which accounts exist",
    .category = CATEGORY_AUTHENTICATION,
    .owasp = "API2:2023",
    .cwe = 204,
    .traits = CHECK_ACTIVE | CHECK_ONE_IDENTITY,
    .state_size = sizeof(struct state),
    .plan = plan,
    .judge = judge,
};
