// SPDX-License-Identifier: Apache-2.0
// Objects of one identity read by another one (evidence.md: oracle "ownership"). Ids that A's own views show and B's and nobody's do not are asked by
// B, in every parameter that names an object: the last in the path and those before it, query, header, body of a read-only POST. Where parents
// stand before the id, also under a parent of B's own: services check the parent and forget the child.
//
// A round, one after the other: nobody, B with an id that cannot exist, B with A's, B with A's under B's own parent, A itself. Truth condition: A's
// answer is good; B's is good, of one form and mostly equal, and shows a value that stands in no own view of B, not in what B got for the
// impossible id, and is nothing that was sent; nobody gets none of it. The second round takes another object of A where there is one, new impossible
// ids, B's own object (must be shown, must not carry the values) and lets A ask for that one (symmetric proof; not required).
// A server that ignores the id shows B's own object with the same values; one that makes up objects answers the impossible id; one that draws its
// status among k values must draw good three times and a refusal twice in each of two rounds: below k^-6 times the chance of equal content.
#include "checks/support/identities.h"
#include "checks/support/kept.h"
#include "checks/support/ownership.h"
#include "checks/support/words.h"

enum { IDENTITIES_MAX = 32, REFUSALS_MAX = 2000, PENDING_MAX = 200, BODY_KEPT = 4096 };

// One object of A's that B was refused, or was given without any sign that it is private.
struct seen {
    struct seen *next;
    uint16_t a, b;
    struct sv place; // "/orders/{}"
    bool whole;      // the operation reads that object itself, not a part of it
    const struct operation *op;
    size_t parameter;
    bool outright, guessable;
    struct exchange *probe, *reference, *control;
};
struct state {
    bool ready;
    struct identity_pair pairs[IDENTITY_PAIRS_MAX];
    size_t pair_count;
    uint16_t alone; // the only ordinary identity
    struct views *views[IDENTITIES_MAX];
    struct seen *refused, *pending;
    size_t refused_count, pending_count;
    bool leak_told;
};

// One experiment: which probe is what. SIZE_MAX: not asked.
struct question {
    uint16_t a, b;
    size_t nobody, random, probe, child, reference, own, back, again; // again: the one that held, once more at the end of round 2
    bool child_only; // round 2 of a hit under B's own parent
    struct sv id, impossible;
};

struct look {
    struct signs reference, probe;
    struct signature reference_sig, probe_sig;
    size_t hit; // probe that holds, SIZE_MAX when none
    bool outright; // nobody and the impossible id were refused in so many words
    bool open;     // nobody gets it, too
    bool parent_refused; // B is refused the object under its own parent
    const char *inconclusive;
};

static struct state *state_of(struct check_run *run) {
    struct state *s = check_state(run);
    if (!s->ready) {
        s->ready = true;
        s->pair_count = identity_pairs(run, s->pairs);
        for (uint16_t i = 1; i < check_identity_count(run) && i < IDENTITIES_MAX && s->alone == 0; i++) s->alone = identity_is_ordinary(run, i) ? i : 0;
    }
    return s;
}

static int views_of(struct check_run *run, uint16_t identity, const struct views **ret, struct error *err) {
    struct state *s = state_of(run);
    return ownership_views_once(run, identity, &s->views[identity], ret, err);
}

// -- asking --------------------------------------------------------------------------------------------------------------------

static bool add(struct check_run *run, struct experiment *e, enum probe_role role, uint16_t identity, const struct call *c, struct sv mark, size_t *ret) {
    struct request rq;
    if (call_build(&e->arena, c, &rq, NULL) != 0) return false;
    struct probe *p = check_probe(run, e, role, identity, &rq);
    if (p == NULL) return false;
    *ret = e->probe_count - 1;
    return mark.len < 8 || check_mark(e, p, mark);
}

static bool add_random(struct check_run *run, struct experiment *e, const struct call *like, struct question *q) {
    struct call random;
    if (call_copy(&e->arena, like, &random, NULL) != 0) return false;
    q->impossible = id_random_like(&e->arena, check_rng(run), q->id);
    if (q->impossible.ptr == NULL) return false;
    random.values[e->parameter] = (struct param_value){.text = q->impossible, .present = true};
    return add(run, e, ROLE_CONTROL, q->b, &random, q->impossible, &q->random);
}

static bool add_second_round(struct check_run *run, struct experiment *e, struct question *q, const struct call *probed) {
    struct call own;
    bool has_own = ownership_call(run, &e->arena, e->operation, e->parameter, q->b, q->a, 0, &own);
    if (has_own && !(add(run, e, ROLE_CONTROL, q->b, &own, SV_NONE, &q->own) && add(run, e, ROLE_PROBE, q->a, &own, SV_NONE, &q->back))) return false;
    return add(run, e, ROLE_PROBE, q->b, probed, SV_NONE, &q->again);
}

static struct experiment *prepare(struct check_run *run, const struct operation *op, size_t parameter, uint16_t round, struct question **ret) {
    struct experiment *e = check_experiment(run, op, 0);
    struct question *q = e == NULL ? NULL : arena_new(&e->arena, struct question);
    if (q == NULL) return NULL;
    *q = (struct question){.nobody = SIZE_MAX, .random = SIZE_MAX, .probe = SIZE_MAX, .child = SIZE_MAX, .reference = SIZE_MAX, .own = SIZE_MAX, .back = SIZE_MAX, .again = SIZE_MAX};
    e->user = q;
    e->round = round;
    e->parameter = parameter;
    e->value = round == 1 ? 60 : 95;
    e->schedule = round == 1 ? SCHEDULE_ORDERED : SCHEDULE_ALONE;
    if (round > 1) e->purpose = PURPOSE_CONFIRM;
    *ret = q;
    return e;
}

static bool add_probes(struct check_run *run, struct experiment *e, struct question *q, const struct call *call, const struct call *under) {
    if (!add(run, e, ROLE_CONTROL, 0, call, SV_NONE, &q->nobody)) return false;
    const struct call *probed = under != NULL && q->child_only ? under : call;
    if (!add_random(run, e, probed, q)) return false;
    if (!add(run, e, q->child_only ? ROLE_CONTROL : ROLE_PROBE, q->b, call, SV_NONE, &q->probe)) return false;
    if (under != NULL && (e->round == 1 || q->child_only) && !add(run, e, ROLE_PROBE, q->b, under, SV_NONE, &q->child)) return false;
    if (!add(run, e, ROLE_REFERENCE, q->a, call, SV_NONE, &q->reference)) return false;
    return e->round == 1 || add_second_round(run, e, q, probed);
}

// Queues a round about A's n-th object. False when A has none that B does not list.
static bool ask(struct check_run *run, const struct operation *op, size_t parameter, uint16_t a, uint16_t b, size_t n, uint16_t round, bool child_only,
                bool *ret_nomem) {
    struct question *q;
    struct call call, under;
    auto_arena scratch = {.limit = (size_t)4 << 20};
    if (!ownership_call(run, &scratch, op, parameter, a, b, n, &call)) return false;
    struct experiment *e = prepare(run, op, parameter, round, &q);
    *ret_nomem = e == NULL;
    if (e == NULL) return false;
    q->a = a;
    q->b = b;
    q->child_only = child_only;
    q->id = arena_copy_sv(&e->arena, call.values[parameter].text);
    bool has_child = op->parameters[parameter].in == PARAM_PATH && ownership_under_own_parent(run, &e->arena, &call, parameter, a, b, &under);
    return q->id.ptr != NULL && add_probes(run, e, q, &call, has_child ? &under : NULL) && check_submit(run, e);
}

// One ordinary identity beside privileged ones: what only one of those lists.
static bool ask_beside_privileged(struct check_run *run, const struct operation *op, size_t parameter, uint16_t b, bool *ret_nomem) {
    size_t all = check_identity_count(run) < IDENTITIES_MAX ? check_identity_count(run) : IDENTITIES_MAX;
    for (uint16_t a = 1; a < all && !*ret_nomem; a++) {
        if (a != b && ask(run, op, parameter, a, b, 0, 1, false, ret_nomem)) return true;
    }
    return false;
}

static int plan_parameter(struct check_run *run, const struct operation *op, size_t parameter, bool *ret_asked, struct error *err) {
    const struct state *s = state_of(run);
    bool nomem = false, asked = false;
    for (size_t i = 0; i < s->pair_count && !nomem; i++) {
        uint16_t a = s->pairs[i].a, b = s->pairs[i].b;
        bool now = ask(run, op, parameter, a, b, 0, 1, false, &nomem);
        if (!now && !nomem) now = ask(run, op, parameter, b, a, 0, 1, false, &nomem);
        asked = asked || now;
    }
    if (s->pair_count == 0 && s->alone != 0 && !nomem) asked = ask_beside_privileged(run, op, parameter, s->alone, &nomem);
    *ret_asked = *ret_asked || asked;
    return nomem ? error_nomem(err) : 0;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    auto_arena a = {.limit = (size_t)4 << 20};
    size_t parameters[OBJECT_PARAMETERS_MAX], count = ownership_parameters(run, &a, op, parameters);
    if (count == 0 || !(sv_eq(op->method, SV("GET")) || op->read_only)) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "reads no object by an id");
        return 0;
    }
    bool asked = false;
    for (size_t i = 0; i < count; i++) {
        int r = plan_parameter(run, op, parameters[i], &asked, err);
        if (r != 0) return r;
    }
    if (!asked) check_coverage(run, op, COVERAGE_NOT_TESTED, "no object is known that one identity lists and another ordinary one does not");
    return 0;
}

// -- judging -------------------------------------------------------------------------------------------------------------------

static bool is_trouble(const struct exchange *x) {
    return !exchange_answered(x) || x->response.status >= 500 || x->response.status == 429;
}

static bool is_refusal(const struct exchange *x) {
    unsigned s = x->response.status;
    return s == 401 || s == 403 || s == 404 || s == 410;
}

// What was sent comes back in echoes and proves nothing.
static bool sent_values(struct check_run *run, struct experiment *e, const struct question *q, struct value_set *set) {
    bool ok = value_set_add_text(&e->arena, set, check_key(run), q->id);
    struct sv rest = e->probes[q->reference].request.target, segment;
    while (ok && sv_split(&rest, '/', &segment)) ok = segment.len == 0 || value_set_add_text(&e->arena, set, check_key(run), segment);
    return ok && value_set_add_text(&e->arena, set, check_key(run), e->probes[q->reference].request.target);
}

// Does the answer to probe `i` show what is A's?
static int shows(struct check_run *run, struct experiment *e, const struct question *q, const struct look *l, size_t i, bool *ret, struct error *err) {
    *ret = false;
    struct signature x, random, own = {0};
    struct signs s;
    const struct views *views;
    struct value_set controls = {0};
    int r = check_signature(run, e, i, &x, err);
    if (r == 0) r = check_signature(run, e, q->random, &random, err);
    if (r == 0 && q->own != SIZE_MAX) r = check_signature(run, e, q->own, &own, err);
    if (r == 0) r = signs_read(run, &e->arena, e->exchanges[i], &s, err);
    if (r == 0) r = views_of(run, q->b, &views, err);
    if (r != 0 || !s.good || !x.valid) return r;
    const struct volatility *v = &check_baseline(run, e->operation, q->a)->volatility;
    if (x.status != l->reference_sig.status || x.is_json != l->reference_sig.is_json || signature_distance(&l->reference_sig, &x, v) > 0.5) return 0;
    bool ok = sent_values(run, e, q, &controls) && value_set_add(&e->arena, &controls, &random) && value_set_add(&e->arena, &controls, &own);
    if (!ok) return error_nomem(err);
    value_set_sort(&controls);
    const struct value_set *none_of[] = {&controls, &views->values};
    *ret = markers_common(&l->reference_sig, &x, v, check_key(run), none_of, 2) > 0;
    return 0;
}

// A's own answer is the measure of all others.
static int read_reference(struct check_run *run, struct experiment *e, const struct question *q, struct look *l, struct error *err) {
    int r = signs_read(run, &e->arena, e->exchanges[q->reference], &l->reference, err);
    if (r == 0) r = check_signature(run, e, q->reference, &l->reference_sig, err);
    if (r != 0) return r;
    if (check_identity_state(run, q->a) == IDENTITY_DEAD || check_identity_state(run, q->b) == IDENTITY_DEAD) l->inconclusive = "an identity's credential stopped working";
    else if (!l->reference.good) l->inconclusive = "the owner itself gets no good answer for this object";
    else if (is_trouble(e->exchanges[q->random]) || is_trouble(e->exchanges[q->nobody])) l->inconclusive = "a control failed for a reason of the server's own";
    return 0;
}

// Nobody, and B with an id that cannot exist, must not get it; B's own object must be another one.
static int controls_hold(struct check_run *run, struct experiment *e, const struct question *q, struct look *l, bool *ret, struct error *err) {
    bool nobody = false;
    struct signature random;
    struct signs s;
    *ret = false;
    int r = shows(run, e, q, l, q->nobody, &nobody, err);
    if (r == 0) r = check_signature(run, e, q->random, &random, err);
    if (r == 0) r = signs_read(run, &e->arena, e->exchanges[q->random], &s, err);
    if (r != 0) return r;
    bool made_up = s.good && signature_alike(&random, &l->reference_sig), again = true, own = true;
    if (q->again != SIZE_MAX) r = shows(run, e, q, l, q->again, &again, err);
    if (r == 0 && q->own != SIZE_MAX) {
        r = signs_read(run, &e->arena, e->exchanges[q->own], &s, err);
        own = s.good;
    }
    if (r != 0) return r;
    *ret = !nobody && !made_up && again && own;
    l->open = nobody;
    l->outright = is_refusal(e->exchanges[q->nobody]) && is_refusal(e->exchanges[q->random]);
    return 0;
}

static int find_hit(struct check_run *run, struct experiment *e, const struct question *q, struct look *l, struct error *err) {
    const size_t candidates[] = {q->probe, q->child};
    l->parent_refused = q->probe != SIZE_MAX && exchange_answered(e->exchanges[q->probe]) && is_refusal(e->exchanges[q->probe]);
    for (size_t i = q->child_only ? 1 : 0; i < 2 && l->hit == SIZE_MAX; i++) {
        bool hit = false;
        int r = 0;
        if (candidates[i] == SIZE_MAX) continue;
        if (is_trouble(e->exchanges[candidates[i]])) l->inconclusive = "the probe was not answered, or with a server error";
        else r = shows(run, e, q, l, candidates[i], &hit, err);
        if (r != 0) return r;
        if (hit) l->hit = candidates[i];
    }
    return 0;
}

static int look_at(struct check_run *run, struct experiment *e, struct look *l, struct error *err) {
    const struct question *q = e->user;
    *l = (struct look){.hit = SIZE_MAX};
    int r = read_reference(run, e, q, l, err);
    if (r != 0 || l->inconclusive != NULL) return r;
    r = find_hit(run, e, q, l, err);
    if (r != 0 || l->hit == SIZE_MAX) return r;
    bool holds;
    r = controls_hold(run, e, q, l, &holds, err);
    if (r == 0) r = signs_read(run, &e->arena, e->exchanges[l->hit], &l->probe, err);
    if (r == 0) r = check_signature(run, e, l->hit, &l->probe_sig, err);
    if (r == 0 && !holds) l->hit = SIZE_MAX;
    if (r == 0 && l->probe.cached) l->inconclusive = "a cache answered, perhaps with what the owner got";
    return r;
}

// -- signs of privacy ----------------------------------------------------------------------------------------------------------

// Up to SIGN_DEFAULT it may still be that such objects are there for all: lists and filters show each his own things first, public ones, too.
enum sign { SIGN_NONE, SIGN_SCOPED, SIGN_DEFAULT, SIGN_SIBLING, SIGN_PARENT, SIGN_UNPUBLISHED, SIGN_PRIVATE, SIGN_DESCRIBED, SIGN_TENANT };
static const char *const sign_texts[] = {
    [SIGN_NONE] = "nothing says that it is private",
    [SIGN_SCOPED] = "the collection shows each of the two only its own objects, which name their owner or its group",
    [SIGN_DEFAULT] = "without the parameter each of the two gets only its own",
    [SIGN_SIBLING] = "elsewhere the object itself is refused to this caller",
    [SIGN_PARENT] = "under its own parent it is refused to this caller",
    [SIGN_UNPUBLISHED] = "it says itself that it is not published, and no list of the reader's own shows it",
    [SIGN_PRIVATE] = "it holds private values that stand in no view of the reader's own",
    [SIGN_DESCRIBED] = "the description says that it is its owner's",
    [SIGN_TENANT] = "the two belong to different tenants",
};

// "?user_id=7": A named itself and got what it gets without naming anybody, B gets something else then.
static bool is_default(struct check_run *run, const struct experiment *e, const struct question *q, const struct look *l) {
    const struct baseline *a = check_baseline(run, e->operation, q->a), *b = check_baseline(run, e->operation, q->b);
    if (e->operation->parameters[e->parameter].in == PARAM_PATH || a->state != BASELINE_GOOD || b->state != BASELINE_GOOD) return false;
    if (a->call.values == NULL || b->call.values == NULL || a->call.values[e->parameter].present || b->call.values[e->parameter].present) return false;
    return signature_equal(&a->signature, &l->reference_sig, &a->volatility) && !signature_equal(&a->signature, &b->signature, &a->volatility);
}

// Does the collection keep the two apart, and the object say whose it is: its owner's, or a group's that the reader is not in?
static int is_scoped(struct check_run *run, struct experiment *e, const struct look *l, bool *ret, struct error *err) {
    const struct question *q = e->user;
    bool group = false;
    int r = l->probe.owners > 0 ? 0 : ownership_names_group(run, e->exchanges[l->hit], q->a, q->b, &group, err);
    *ret = r == 0 && (l->probe.owners > 0 || group) && ownership_collection_is_scoped(run, e->operation, e->parameter, q->a, q->b);
    return r;
}

static int sign_of(struct check_run *run, struct experiment *e, const struct look *l, enum sign *ret, struct error *err) {
    const struct question *q = e->user;
    const struct views *views;
    int r = views_of(run, q->b, &views, err);
    if (r != 0) return r;
    bool news = false, unpublished = false, scoped = false;
    r = ownership_is_unpublished(run, e->exchanges[l->hit], &unpublished, err);
    if (r == 0) r = is_scoped(run, e, l, &scoped, err);
    if (r != 0) return r;
    for (size_t i = 0; i < l->probe.value_count && !news; i++) news = !value_set_has(&views->privates, l->probe.values[i]);
    *ret = SIGN_NONE;
    if (identity_tenants_differ(run, q->a, q->b)) *ret = SIGN_TENANT;
    else if (ownership_is_described(run, e->operation)) *ret = SIGN_DESCRIBED;
    else if (news && access_is_private(run, e->operation, &l->probe, e->operation->path)) *ret = SIGN_PRIVATE;
    else if (unpublished) *ret = SIGN_UNPUBLISHED;
    else if (q->child_only && l->parent_refused) *ret = SIGN_PARENT;
    else if (is_default(run, e, q, l)) *ret = SIGN_DEFAULT;
    else if (scoped) *ret = SIGN_SCOPED;
    return 0;
}

// -- telling -------------------------------------------------------------------------------------------------------------------

struct claim {
    const struct operation *op;
    size_t parameter;
    const struct exchange *probe, *reference, *control;
    struct signs signs;
    enum sign sign;
    bool outright, symmetric, under_own_parent, guessable;
    bool proven; // both credentials were seen to make a difference
};

static int report(struct check_run *run, struct arena *a, const struct claim *c, struct error *err) {
    static const struct finding_effect effects[] = {{.category = CATEGORY_EXPOSURE, .cwe = 359}};
    const struct parameter *p = &c->op->parameters[c->parameter];
    struct evidence_item evidence[] = {
        {.role = EVIDENCE_PROBE, .exchange = c->probe, .note = SV("another ordinary identity asks")},
        {.role = EVIDENCE_REFERENCE, .exchange = c->reference, .note = SV("the owner asks")},
        {.role = EVIDENCE_CONTROL, .exchange = c->control, .note = SV("the other identity asks with an id that cannot exist")},
    };
    bool certain = c->sign > SIGN_DEFAULT;
    struct finding f = {
        .category = CATEGORY_BOLA,
        .cause = c->sign == SIGN_NONE ? SV("object-readable-by-every-user") : SV("object-of-another-user"),
        .scope = SCOPE_OPERATION,
        .scope_key = access_key(a, c->op->method, c->op->path),
        .impact = c->sign == SIGN_NONE ? IMPACT_HARDENING : signs_impact(&c->signs, true, IMPACT_PERSONAL),
        .who = c->guessable && certain ? WHO_USER : WHO_LUCK,
        .confidence = c->sign == SIGN_NONE ? CONFIDENCE_TENTATIVE : certain && c->outright && c->proven ? CONFIDENCE_CONFIRMED : CONFIDENCE_FIRM,
        .title = c->sign == SIGN_NONE ? SV("An object is readable by every signed-in user") : SV("Objects of another user can be read"),
        .reason = arena_printf(a, "an ordinary identity read an object that only another one lists%s%s, in each round; %s; an id that cannot exist gave none",
                               c->under_own_parent ? ", under a parent of its own" : "", c->symmetric ? ", and the other way round" : "", sign_texts[c->sign]),
        .method = c->op->method,
        .path = c->op->path,
        .parameter = p->name,
        .parameter_in = p->in,
        .operation = c->op,
        .evidence = evidence,
        .evidence_count = 3,
        .effects = effects,
        .effect_count = signs_are_sensitive(&c->signs),
        .cwe = {639},
    };
    if (f.scope_key.ptr == NULL || f.reason.ptr == NULL) return error_nomem(err);
    return check_report(run, &f, err);
}

static struct seen *remember(struct check_run *run, struct experiment *e, const struct question *q) {
    struct seen *s = arena_new(check_arena(run), struct seen);
    if (s == NULL) return NULL;
    *s = (struct seen){.a = q->a, .b = q->b, .op = e->operation, .parameter = e->parameter, .place = ownership_place(check_arena(run), e->operation, e->parameter)};
    struct sv path = path_template_nameless(&e->arena, e->operation->path);
    s->whole = s->place.len > 0 && sv_starts_with(path, s->place) && path.len - s->place.len <= 1; // "/orders/{}/" is the same
    return s;
}

// B was refused A's object here: a sign for its parts that are given. 403 against 404 tells which ids exist: worth knowing, no more.
static int note_refusal(struct check_run *run, struct experiment *e, struct error *err) {
    struct state *st = state_of(run);
    const struct question *q = e->user;
    if (q->probe == SIZE_MAX || q->child_only || !exchange_answered(e->exchanges[q->probe])) return 0;
    unsigned status = e->exchanges[q->probe]->response.status, missing = e->exchanges[q->random]->response.status;
    struct seen *s = (status == 401 || status == 403 || status == 404) && st->refused_count < REFUSALS_MAX ? remember(run, e, q) : NULL;
    if (s != NULL) {
        s->next = st->refused;
        st->refused = s;
        st->refused_count++;
    }
    enum id_shape shape = id_shape_of(q->id);
    if (status != 403 || missing != 404 || (shape != ID_INTEGER && shape != ID_SLUG) || st->leak_told) return 0;
    st->leak_told = true;
    struct evidence_item evidence[] = {check_evidence(e, q->probe, EVIDENCE_PROBE, "an object of somebody else"),
                                       check_evidence(e, q->random, EVIDENCE_CONTROL, "an id that cannot exist")};
    struct finding f = {
        .category = CATEGORY_BOLA, .cause = SV("existence-shown"), .scope = SCOPE_HOST, .scope_key = SV(""), .impact = IMPACT_NOTE, .who = WHO_USER,
        .confidence = CONFIDENCE_FIRM, .title = SV("The status tells which ids of others exist"),
        .reason = SV("an object of another user was answered with 403, an id that cannot exist with 404"),
        .method = e->operation->method, .path = e->operation->path, .operation = NULL, .evidence = evidence, .evidence_count = 2, .cwe = {204}};
    return check_report(run, &f, err);
}

static int keep_pending(struct check_run *run, struct experiment *e, const struct look *l, bool guessable, struct error *err) {
    struct state *st = state_of(run);
    const struct question *q = e->user;
    if (st->pending_count >= PENDING_MAX) return 0;
    struct seen *s = remember(run, e, q);
    if (s == NULL) return error_nomem(err);
    s->outright = l->outright;
    s->guessable = guessable;
    s->probe = exchange_keep(check_arena(run), e->exchanges[l->hit], BODY_KEPT);
    s->reference = exchange_keep(check_arena(run), e->exchanges[q->reference], BODY_KEPT);
    s->control = exchange_keep(check_arena(run), e->exchanges[q->random], BODY_KEPT);
    if (s->probe == NULL || s->reference == NULL || s->control == NULL) return error_nomem(err);
    s->next = st->pending;
    st->pending = s;
    st->pending_count++;
    return 0;
}

static bool are_proven(const struct check_run *run, size_t a, size_t b) {
    return check_identity_state(run, a) == IDENTITY_PROVEN && check_identity_state(run, b) == IDENTITY_PROVEN;
}

static bool is_symmetric(struct check_run *run, struct experiment *e, const struct question *q) {
    if (q->back == SIZE_MAX || q->own == SIZE_MAX) return false;
    struct signature own, back;
    if (check_signature(run, e, q->own, &own, NULL) != 0 || check_signature(run, e, q->back, &back, NULL) != 0) return false;
    return own.valid && own.status >= 200 && own.status < 300 && signature_equal(&own, &back, &check_baseline(run, e->operation, q->b)->volatility);
}

static int conclude(struct check_run *run, struct experiment *e, const struct look *l, struct error *err) {
    const struct question *q = e->user;
    struct claim c = {.op = e->operation, .parameter = e->parameter, .probe = e->exchanges[l->hit], .reference = e->exchanges[q->reference],
                      .control = e->exchanges[q->random], .signs = l->probe, .outright = l->outright, .under_own_parent = l->hit == q->child,
                      .symmetric = is_symmetric(run, e, q)};
    c.proven = are_proven(run, q->a, q->b);
    enum id_shape shape = id_shape_of(q->id);
    auto_arena scratch = {.limit = (size_t)1 << 16};
    c.guessable = shape == ID_INTEGER || shape == ID_SLUG || id_neighbour(&scratch, q->id, 1).ptr != NULL;
    int r = sign_of(run, e, l, &c.sign, err);
    if (r != 0) return r;
    return c.sign == SIGN_NONE ? keep_pending(run, e, l, c.guessable, err) : report(run, &e->arena, &c, err);
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    const struct question *q = e->user;
    const struct operation *op = e->operation;
    struct look l;
    int r = look_at(run, e, &l, err);
    if (r != 0) return r;
    if (l.inconclusive != NULL) {
        check_coverage(run, op, COVERAGE_INCONCLUSIVE, l.inconclusive);
        return 0;
    }
    if (l.open) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "callers without credentials get the object, too");
        return 0;
    }
    if (l.hit == SIZE_MAX) {
        check_coverage(run, op, e->round == 1 ? COVERAGE_PASSED : COVERAGE_INCONCLUSIVE, e->round == 1 ? NULL : "what the answers show changed between the rounds");
        return note_refusal(run, e, err);
    }
    int blocked = check_is_blocked(run, e, l.hit);
    if (blocked < 0) return JUDGE_WAIT;
    if (blocked > 0) {
        check_coverage(run, op, COVERAGE_INCONCLUSIVE, "blocked by something in front of the API");
        return 0;
    }
    if (ownership_is_shared(run, op, identity_tenants_differ(run, q->a, q->b))) {
        check_coverage(run, op, COVERAGE_PASSED, "the description says that such objects are there for others, too");
        return 0;
    }
    if (e->round > 1) return conclude(run, e, &l, err);
    bool nomem = false, child = l.hit == q->child;
    if (ask(run, op, e->parameter, q->a, q->b, 1, 2, child, &nomem) || (!nomem && ask(run, op, e->parameter, q->a, q->b, 0, 2, child, &nomem))) return 0;
    return nomem ? error_nomem(err) : 0;
}

// Only the object itself counts: figures, settings and comments are often kept closer than what they are about.
static bool is_refused_elsewhere(const struct state *st, const struct seen *s) {
    for (const struct seen *r = st->refused; r != NULL; r = r->next) {
        if (r->whole && r->a == s->a && r->b == s->b && s->place.len > 0 && sv_eq(r->place, s->place) && r->op != s->op) return true;
    }
    return false;
}

// What had no sign of its own gets one from what others refused.
static int finish(struct check_run *run, struct error *err) {
    struct state *st = state_of(run);
    for (const struct seen *s = st->pending; s != NULL; s = s->next) {
        auto_arena a = {.limit = (size_t)64 << 20};
        struct claim c = {.op = s->op, .parameter = s->parameter, .probe = s->probe, .reference = s->reference, .control = s->control, .outright = s->outright,
                          .guessable = s->guessable, .proven = are_proven(run, s->a, s->b), .sign = is_refused_elsewhere(st, s) ? SIGN_SIBLING : SIGN_NONE};
        int r = signs_read(run, &a, s->probe, &c.signs, err);
        if (r == 0) r = report(run, &a, &c, err);
        if (r != 0) return r;
    }
    return 0;
}

const struct check check_bola_cross = {
    .id = "bola-cross",
    .title = "Objects of one user that another one can read",
    .category = CATEGORY_BOLA,
    .owasp = "API1:2023",
    .cwe = 639,
    .traits = CHECK_READ_ONLY | CHECK_TWO_IDENTITIES,
    .state_size = sizeof(struct state),
    .plan = plan,
    .judge = judge,
    .finish = finish,
};
