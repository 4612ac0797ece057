// SPDX-License-Identifier: Apache-2.0
// Functions of administrators that an ordinary user can use by another method than the one that is guarded (active mode). The GET of a resource is let
// to a privileged identity and refused to the ordinary one; then PUT or PATCH of the same path must refuse it, too. A free text of what the
// privileged identity reads is set by nobody and then by the ordinary one, read back by the privileged one, and set back by whoever could set it
// (support/write_trial.h), in two rounds. The privileged identity only reads.
#include "checks/support/access.h"
#include "checks/support/created.h"
#include "checks/support/identities.h"
#include "checks/support/json_object.h"
#include "checks/support/own_target.h"
#include "checks/support/write_trial.h"

enum { TAG_TRIAL, TAG_LOOK };

static uint16_t privileged_reader(struct check_run *run, const struct operation *read) {
    for (uint16_t i = 1; i < check_identity_count(run); i++) {
        if (identity_is_privileged(run, i) && check_baseline(run, read, i)->state == BASELINE_GOOD) return i;
    }
    return 0;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    bool changes = sv_eq(op->method, SV("PUT")) || sv_eq(op->method, SV("PATCH"));
    const struct operation *read = changes ? trial_reader_of(run, op) : NULL;
    uint16_t ordinary = own_first(run), admin = read == NULL ? 0 : privileged_reader(run, read);
    if (!changes || read == NULL) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "changes nothing, or nothing reads it");
        return 0;
    }
    if (ordinary == 0 || admin == 0 || !json_body_is_taken(op)) {
        check_coverage(run, op, COVERAGE_NOT_TESTED, "needs an ordinary identity, and a privileged one that may read it (--as)");
        return 0;
    }
    if (check_baseline(run, read, ordinary)->state != BASELINE_REFUSED) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "an ordinary identity may read it");
        return 0;
    }
    struct experiment *e = check_experiment(run, op, TAG_LOOK);
    struct write_trial *t = e == NULL ? NULL : arena_new(&e->arena, struct write_trial);
    if (t == NULL) return error_nomem(err);
    *t = (struct write_trial){.write = op, .read = read, .writer = ordinary, .reader = admin, .owner = ordinary, .nobody = true, .whole = sv_eq(op->method, SV("PUT"))};
    t->look = check_baseline(run, read, admin)->request;
    e->user = t;
    e->value = 0.02;
    bool ok = check_probe(run, e, ROLE_REFERENCE, admin, &t->look) != NULL && check_probe(run, e, ROLE_CONTROL, ordinary, &t->look) != NULL;
    ignore_result(!(ok && check_submit(run, e)));
    return 0;
}

static int judge_look(struct check_run *run, struct experiment *e) {
    struct write_trial t = *(const struct write_trial *)e->user;
    auto_arena a = {.limit = (size_t)32 << 20};
    const struct node *object = trial_object(&a, e->exchanges[0]);
    const struct exchange *other = e->exchanges[1];
    if (!exchange_answered(other) || (other->response.status != 401 && other->response.status != 403)) return 0;
    if (!trial_ask_text(run, &t, object, trial_free_text(t.write, object), 1)) check_coverage(run, t.write, COVERAGE_NOT_TESTED, "no free text is known that could be changed and set back");
    return 0;
}

static int report(struct check_run *run, const struct experiment *e, bool anyone, struct error *err) {
    auto_arena a = {.limit = (size_t)1 << 16};
    struct evidence_item evidence[3];
    const struct operation *op = e->operation;
    struct finding f = {
        .category = CATEGORY_BFLA,
        .cause = anyone ? SV("anonymous-function") : SV("function-guarded-by-method"),
        .scope = SCOPE_OPERATION,
        .scope_key = access_key(&a, op->method, op->path),
        .impact = IMPACT_ADMIN,
        .who = anyone ? WHO_ANYONE : WHO_USER,
        .confidence = CONFIDENCE_CONFIRMED,
        .title = SV("An administrative function is guarded when it reads and not when it writes"),
        .reason = SV("reading is refused to this caller; its write took, the privileged identity read it back, and it was set back, in two rounds"),
        .method = op->method,
        .path = op->path,
        .operation = op,
        .evidence = evidence,
        .evidence_count = trial_evidence(e, evidence),
        .cwe = {285},
    };
    return f.scope_key.ptr == NULL ? error_nomem(err) : check_report(run, &f, err);
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    if (e->tag == TAG_LOOK) return judge_look(run, e);
    struct write_trial t = *trial_of(e);
    auto_arena a = {.limit = (size_t)32 << 20};
    const struct node *object = trial_object(&a, e->exchanges[0]), *text = node_get(object, t.property);
    enum trial_outcome outcome = trial_judge(run, e);
    bool hit = outcome == TRIAL_TOOK || outcome == TRIAL_OPEN, malformed = outcome == TRIAL_REFUSED && !t.whole && e->round == 1;
    t.whole = t.whole || malformed;
    if ((hit && e->round == 1) || malformed) ignore_result(!trial_ask_text(run, &t, object, text, hit ? 2 : 1));
    else if (hit) return report(run, e, outcome == TRIAL_OPEN, err);
    else if (outcome == TRIAL_TROUBLE || outcome == TRIAL_STUCK) check_coverage(run, e->operation, COVERAGE_INCONCLUSIVE, "the write, its undo or what reads it back was not answered well");
    else check_coverage(run, e->operation, COVERAGE_PASSED, NULL);
    return 0;
}

const struct check check_bfla_write = {
    .id = "bfla-write",
    .title = "Administrative functions that an ordinary user can use by another method",
    .category = CATEGORY_BFLA,
    .owasp = "API5:2023",
    .cwe = 285,
    .traits = CHECK_ACTIVE | CHECK_TWO_IDENTITIES,
    .plan = plan,
    .judge = judge,
};
