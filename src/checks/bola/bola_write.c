// SPDX-License-Identifier: Apache-2.0
// Objects of one identity changed or removed by another one (active mode). Changed: a free text of an object that A's own views show and B's do not, or
// that A made for this; nobody and then B set it, A reads it back and sets it back (support/write_trial.h), in two rounds. Removed: only what A made in this
// scan; nobody and then B ask for it, A looks whether it is still there. Asked only where the object is A's own: B is refused the sight of it, its owner
// field names A, the description says so, or A made it. What nobody may do is a finding of its own.
#include "checks/support/access.h"
#include "checks/support/created.h"
#include "checks/support/identities.h"
#include "checks/support/json_object.h"
#include "checks/support/own_target.h"
#include "checks/support/ownership.h"
#include "checks/support/write_trial.h"

enum tag { TAG_TRIAL, TAG_LOOK, TAG_CREATE, TAG_REMOVE };
enum look { LOOK_OWNER, LOOK_OTHER };
enum removal { BEFORE, BY_NOBODY, AFTER_NOBODY, BY_OTHER, AFTER };

struct subject {
    const struct operation *op, *read, *create;
    uint16_t a, b, round;
    struct request look;
    uint32_t promise; // of the object that A made; 0: it was there before
    struct sv marker;
    bool whole;
    bool listed; // nothing reads the object alone, so the collection is looked at
};

static bool changes(const struct operation *op) {
    return sv_eq(op->method, SV("PUT")) || sv_eq(op->method, SV("PATCH"));
}

// -- asking ------------------------------------------------------------------------------------------------------------------------

static struct experiment *prepare(struct check_run *run, const struct subject *s, enum tag tag, struct subject **ret) {
    struct experiment *e = check_experiment(run, s->op, tag);
    *ret = e == NULL ? NULL : arena_new(&e->arena, struct subject);
    if (*ret == NULL) return NULL;
    **ret = *s;
    (*ret)->look.target = s->look.target.ptr == NULL ? SV_NONE : arena_copy_sv(&e->arena, s->look.target);
    (*ret)->look.headers = (struct header_list){0};
    (*ret)->marker = s->marker.ptr == NULL ? SV_NONE : arena_copy_sv(&e->arena, s->marker);
    e->user = *ret;
    e->round = s->round;
    e->value = s->promise != 0 || s->round > 1 ? 1e6 : 0.02;
    if (s->round > 1) e->purpose = PURPOSE_CONFIRM;
    return e;
}

static bool ask_look(struct check_run *run, const struct subject *s) {
    struct subject *own;
    struct experiment *e = prepare(run, s, TAG_LOOK, &own);
    return e != NULL && check_probe(run, e, ROLE_REFERENCE, s->a, &s->look) != NULL && check_probe(run, e, ROLE_CONTROL, s->b, &s->look) != NULL && check_submit(run, e);
}

static bool ask_create(struct check_run *run, const struct subject *s) {
    struct subject *own;
    struct experiment *e = s->create == NULL ? NULL : prepare(run, s, TAG_CREATE, &own);
    if (e == NULL) return false;
    own->promise = created_ask(run, e, s->create, s->a, &own->marker);
    return own->promise != 0 && check_submit(run, e);
}

static bool ask_removal(struct check_run *run, const struct subject *s) {
    struct subject *own;
    struct experiment *e = prepare(run, s, TAG_REMOVE, &own);
    if (e == NULL) return false;
    bool ok = check_probe(run, e, ROLE_REFERENCE, s->a, &own->look) != NULL && check_undo_as(run, e, s->promise, 0);
    ok = ok && check_probe(run, e, ROLE_CONTROL, s->a, &own->look) != NULL && check_undo_as(run, e, s->promise, s->b);
    return ok && check_probe(run, e, ROLE_PROBE, s->a, &own->look) != NULL && check_submit(run, e);
}

// What is known of the operation; false when it changes no object by an id.
static bool make_subject(struct check_run *run, const struct operation *op, struct subject *ret) {
    bool removes = sv_eq(op->method, SV("DELETE"));
    if ((!changes(op) && !removes) || sv_find_char(op->path, '{') == SIZE_MAX || (op->sources & SOURCE_SPEC) == 0) return false;
    *ret = (struct subject){.op = op, .read = trial_reader_of(run, op), .create = created_by(run, op), .round = 1, .whole = sv_eq(op->method, SV("PUT"))};
    ret->listed = removes && ret->read == NULL && ret->create != NULL;
    if (ret->listed) ret->read = trial_reader_of(run, ret->create);
    return true;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    struct identity_pair pairs[IDENTITY_PAIRS_MAX];
    struct subject s;
    (void)err;
    if (!make_subject(run, op, &s)) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "changes no object by an id, or is not described");
        return 0;
    }
    if (identity_pairs(run, pairs) == 0 || s.read == NULL) {
        check_coverage(run, op, COVERAGE_NOT_TESTED, s.read == NULL ? "nothing reads the object" : "needs two ordinary identities (--as)");
        return 0;
    }
    s.a = pairs[0].a;
    s.b = pairs[0].b;
    auto_arena a = {.limit = (size_t)4 << 20};
    bool asked = changes(op) && json_body_is_taken(op) && own_target(run, &a, s.read, s.a, &s.look) && ask_look(run, &s);
    if (!asked) asked = ask_create(run, &s);
    if (!asked) check_coverage(run, op, COVERAGE_NOT_TESTED, "no object of one identity alone is known, and none can be made that this scan could remove again");
    return 0;
}

// -- judging -----------------------------------------------------------------------------------------------------------------------

static int report(struct check_run *run, const struct experiment *e, bool anyone, bool removes, const struct evidence_item *evidence, size_t count, struct error *err) {
    auto_arena a = {.limit = (size_t)1 << 16};
    const struct operation *op = e->operation;
    struct finding f = {
        .category = anyone ? CATEGORY_AUTHENTICATION : CATEGORY_BOLA,
        .cause = anyone ? SV("anonymous-write") : removes ? SV("foreign-object-removed") : SV("foreign-object-changed"),
        .scope = SCOPE_OPERATION,
        .scope_key = access_key(&a, op->method, op->path),
        .impact = IMPACT_PERSONAL,
        .who = anyone ? WHO_ANYONE : WHO_USER,
        .confidence = CONFIDENCE_CONFIRMED,
        .title = anyone ? SV("Objects can be changed without credentials") : removes ? SV("Objects of others can be removed") : SV("Objects of others can be changed"),
        .reason = removes ? SV("an object that one identity had made was removed by a request that was not its owner's, in two rounds")
                          : SV("a request that was not the owner's set a text of the object; the owner read it back and set it back, in two rounds"),
        .method = op->method,
        .path = op->path,
        .operation = op,
        .evidence = evidence,
        .evidence_count = count,
        .cwe = {anyone ? 306 : 639},
        .owasp = anyone ? "API2:2023" : "API1:2023",
    };
    return f.scope_key.ptr == NULL ? error_nomem(err) : check_report(run, &f, err);
}

static bool is_refused(const struct exchange *x) {
    return exchange_answered(x) && (x->response.status == 403 || x->response.status == 404 || x->response.status == 401);
}

// One sign that the object is A's alone.
static bool is_owned(struct check_run *run, struct experiment *e, const struct subject *s) {
    struct signs signs;
    bool known = false, named = false;
    if (s->promise != 0 || is_refused(e->exchanges[LOOK_OTHER]) || ownership_is_described(run, s->read) || ownership_is_described(run, s->op)) return true;
    if (signs_read(run, &e->arena, e->exchanges[LOOK_OWNER], &signs, NULL) != 0) return false;
    return ownership_names_caller(run, &signs, s->a, &known, &named, NULL) == 0 && known && named;
}

static int judge_look(struct check_run *run, struct experiment *e) {
    const struct subject *s = e->user;
    auto_arena a = {.limit = (size_t)32 << 20};
    const struct node *object = trial_object(&a, e->exchanges[LOOK_OWNER]);
    struct write_trial t = {.write = s->op, .read = s->read, .look = s->look, .writer = s->b, .reader = s->a, .owner = s->a, .nobody = true, .whole = s->whole};
    if (object == NULL) check_coverage(run, s->op, COVERAGE_INCONCLUSIVE, "the owner itself could not read its object");
    else if (!is_owned(run, e, s)) check_coverage(run, s->op, COVERAGE_NOT_TESTED, "nothing shows that the object is one identity's alone");
    else if (!trial_ask_text(run, &t, object, trial_free_text(s->op, object), 1)) check_coverage(run, s->op, COVERAGE_NOT_TESTED, "no free text of the object is known that could be changed and set back");
    return 0;
}

static int judge_trial(struct check_run *run, struct experiment *e, struct error *err) {
    struct write_trial t = *trial_of(e);
    enum trial_outcome outcome = trial_judge(run, e);
    auto_arena a = {.limit = (size_t)32 << 20};
    const struct node *object = trial_object(&a, e->exchanges[0]), *text = node_get(object, t.property);
    struct evidence_item evidence[3];
    if (outcome == TRIAL_TROUBLE || outcome == TRIAL_STUCK) {
        check_coverage(run, e->operation, COVERAGE_INCONCLUSIVE, "the write, its undo or what reads it back was not answered well");
        return 0;
    }
    bool hit = outcome == TRIAL_TOOK || outcome == TRIAL_OPEN;
    bool malformed = outcome == TRIAL_REFUSED && !t.whole && e->round == 1;
    t.whole = t.whole || malformed;
    if ((hit && e->round == 1) || malformed) {
        ignore_result(!trial_ask_text(run, &t, object, text, hit ? 2 : 1));
        return 0;
    }
    if (hit) return report(run, e, outcome == TRIAL_OPEN, false, evidence, trial_evidence(e, evidence), err);
    check_coverage(run, e->operation, COVERAGE_PASSED, NULL);
    return 0;
}

static int judge_create(struct check_run *run, struct experiment *e) {
    const struct subject *s = e->user;
    struct subject next = *s;
    struct sv path = check_created(run, s->promise);
    bool asked = false;
    next.look = (struct request){.method = SV("GET"), .target = s->listed && path.ptr != NULL ? sv_slice(path, 0, sv_rfind_char(path, '/')) : path};
    if (path.ptr != NULL) asked = changes(s->op) ? ask_look(run, &next) : ask_removal(run, &next);
    if (!asked) {
        check_coverage(run, s->op, COVERAGE_NOT_TESTED, "no object could be made for this: the answer to the POST was no success, or names nothing");
        check_undo_now(run, s->promise);
    }
    return 0;
}

static bool is_there(const struct experiment *e, size_t i, struct sv marker) {
    const struct exchange *x = e->exchanges[i];
    return exchange_answered(x) && x->response.status >= 200 && x->response.status < 300 && sv_contains(x->response.body, marker);
}

static bool is_gone(const struct experiment *e, size_t i) {
    const struct subject *s = e->user;
    const struct exchange *x = e->exchanges[i];
    if (s->listed) return exchange_answered(x) && x->response.status == 200 && !sv_contains(x->response.body, s->marker);
    return exchange_answered(x) && (x->response.status == 404 || x->response.status == 410);
}

static bool succeeded(const struct experiment *e, size_t i) {
    const struct exchange *x = e->exchanges[i];
    return exchange_answered(x) && x->response.status >= 200 && x->response.status < 300;
}

static int judge_removal(struct check_run *run, struct experiment *e, struct error *err) {
    const struct subject *s = e->user;
    bool anyone = succeeded(e, BY_NOBODY) && is_gone(e, AFTER_NOBODY), other = is_there(e, AFTER_NOBODY, s->marker) && succeeded(e, BY_OTHER) && is_gone(e, AFTER);
    struct subject next = {.op = s->op, .read = s->read, .create = s->create, .a = s->a, .b = s->b, .round = 2, .listed = s->listed};
    check_undo_now(run, s->promise);
    if (!is_there(e, BEFORE, s->marker)) check_coverage(run, s->op, COVERAGE_INCONCLUSIVE, "the owner itself could not read its object");
    else if (!anyone && !other) check_coverage(run, s->op, is_there(e, AFTER, s->marker) ? COVERAGE_PASSED : COVERAGE_INCONCLUSIVE, "the answers contradict each other");
    else if (e->round == 1) ignore_result(!ask_create(run, &next));
    else {
        const struct evidence_item evidence[] = {check_evidence(e, BEFORE, EVIDENCE_REFERENCE, "the object, as its owner reads it"),
                                                 check_evidence(e, anyone ? BY_NOBODY : BY_OTHER, EVIDENCE_PROBE, "removed by somebody else"),
                                                 check_evidence(e, anyone ? AFTER_NOBODY : AFTER, EVIDENCE_CONTROL, "its owner no longer finds it")};
        return report(run, e, anyone, true, evidence, 3, err);
    }
    return 0;
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    switch ((enum tag)e->tag) {
    case TAG_LOOK:
        return judge_look(run, e);
    case TAG_CREATE:
        return judge_create(run, e);
    case TAG_REMOVE:
        return judge_removal(run, e, err);
    case TAG_TRIAL:
        break;
    }
    return judge_trial(run, e, err);
}

const struct check check_bola_write = {
    .id = "bola-write",
    .title = "Objects that another user can change or remove",
    .category = CATEGORY_BOLA,
    .owasp = "API1:2023",
    .cwe = 639,
    .traits = CHECK_ACTIVE | CHECK_TWO_IDENTITIES,
    .plan = plan,
    .judge = judge,
};
