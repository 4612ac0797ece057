// SPDX-License-Identifier: Apache-2.0
// Properties that grant something and that a caller may set (CWE-915). Without writing: the description lists the property as writable for an
// ordinary caller; what is only described is a hint, never more than tentative. In active mode the proof: an ordinary identity sets the property of an
// object of its own, reads it back, sets it back and reads again (support/write_trial.h), in two rounds. Tried is what answers show about the object
// and the description does not let the caller write, and strong privileges in any case.
#include "checks/support/access.h"
#include "checks/support/identities.h"
#include "checks/support/json_object.h"
#include "checks/support/own_target.h"
#include "checks/support/privilege.h"
#include "checks/support/words.h"
#include "checks/support/write_trial.h"
#include "evidence/llm.h"

enum { TRIALS_MAX = 4, LOOKS = 8, TAG_LOOK = 1, TAG_STAYS };

static bool changes(const struct operation *op) {
    return sv_eq(op->method, SV("PUT")) || sv_eq(op->method, SV("PATCH")) || sv_eq(op->method, SV("POST"));
}

// "user.is_admin" -> "is_admin"
static struct sv leaf_of(struct sv name) {
    size_t dot = sv_rfind_char(name, '.');
    return dot == SIZE_MAX ? name : sv_from_index(name, dot + 1);
}

// Where roles are given out on purpose.
static bool is_administration(struct check_run *run, const struct operation *op) {
    const struct node *access = check_knowledge(run, "access");
    if (words_in_path(words_list(access, SV("admin_segments")), op->path)) return true;
    const struct node *phrases = words_list(access, SV("role_phrases"));
    if (words_in_text(phrases, op->summary) || words_in_text(phrases, op->description)) return true;
    const struct node *roles = words_list(access, SV("privileged_roles"));
    for (size_t i = 0; i < op->scope_count; i++) {
        struct word w = word_of(op->scopes[i]);
        if (words_have(roles, &w)) return true;
    }
    return sv_contains_nocase(op->path, SV("role")) || sv_contains_nocase(op->path, SV("permission"));
}

// The reading operation of the same path (or of the collection's objects), as an ordinary identity got it, shows the property.
static const struct operation *shown_by(struct check_run *run, const struct operation *op, struct sv property) {
    const struct api *api = check_api(run);
    auto_arena a = {.limit = (size_t)1 << 16};
    struct sv key = arena_printf(&a, "\"" SV_FMT "\"", SV_ARG(property));
    for (size_t i = 0; key.ptr != NULL && i < api->operation_count; i++) {
        const struct operation *other = api->operations[i];
        bool same = sv_eq(other->path, op->path) || (sv_starts_with(other->path, op->path) && sv_find_char(sv_from_index(other->path, op->path.len), '{') != SIZE_MAX);
        if (!sv_eq(other->method, SV("GET")) || !same) continue;
        for (size_t k = 0; k < check_identity_count(run); k++) {
            const struct baseline *b = check_baseline(run, other, k);
            if (b->state == BASELINE_GOOD && b->answer != NULL && sv_contains(b->answer->response.body, key)) return other;
        }
    }
    return NULL;
}

static int report(struct check_run *run, const struct operation *op, const struct parameter *p, const struct operation *read, struct error *err) {
    auto_arena a = {.limit = (size_t)1 << 16};
    struct evidence_item evidence[] = {{.role = EVIDENCE_REFERENCE, .note = SV("an ordinary answer shows the property"),
                                        .exchange = read == NULL ? NULL : check_baseline(run, read, check_identity_count(run) > 1 ? 1 : 0)->answer}};
    struct finding f = {
        .category = CATEGORY_PROPERTY,
        .cause = SV("privileged-property-writable"),
        .scope = SCOPE_OPERATION,
        .scope_key = access_key(&a, op->method, op->path),
        .impact = IMPACT_HARDENING,
        .who = WHO_LUCK,
        .confidence = CONFIDENCE_TENTATIVE,
        .title = SV("A property that grants something may be set by the caller"),
        .reason = read != NULL ? SV("the description lists it as writable, and ordinary answers show it; nothing was written")
                               : SV("the description lists it as writable; nothing was written"),
        .method = op->method,
        .path = op->path,
        .parameter = p->name,
        .parameter_in = p->in,
        .operation = op,
        .evidence = evidence,
        .evidence_count = read == NULL ? 0 : 1,
        .cwe = {915},
    };
    if (f.scope_key.ptr == NULL) return error_nomem(err);
    return check_report(run, &f, err);
}

// -- by writing --------------------------------------------------------------------------------------------------------------------

static bool is_tried(struct check_run *run, const struct operation *op, const struct node *member) {
    const struct schema *schema;
    enum privilege p = privilege_of(run, member->key);
    bool writable = json_body_lists(op, member->key, &schema);
    if (p == PRIVILEGE_STRONG) return true;
    return p != PRIVILEGE_NONE && json_body_is_described(op) && !writable;
}

static bool ask_trial(struct check_run *run, struct write_trial *t, const struct node *object, const struct node *member, uint16_t round) {
    auto_arena a = {.limit = (size_t)4 << 20};
    t->property = member->key;
    t->before = json_text_of(&a, member);
    t->after = privilege_value(run, &a, t->write, t->read, member);
    return t->before.ptr != NULL && t->after.ptr != NULL && trial_ask(run, t, object, round);
}

// The object as it is now; the trials follow from what it shows.
static int plan_writes(struct check_run *run, const struct operation *op, struct error *err) {
    const struct operation *read = trial_reader_of(run, op);
    struct experiment *e = check_experiment(run, op, TAG_LOOK);
    struct write_trial *t = e == NULL ? NULL : arena_new(&e->arena, struct write_trial);
    if (t == NULL) return error_nomem(err);
    *t = (struct write_trial){.write = op, .read = read, .whole = sv_eq(op->method, SV("PUT"))};
    t->writer = t->reader = t->owner = own_first(run);
    e->user = t;
    e->value = 0.02;
    if (t->writer == 0) check_coverage(run, op, COVERAGE_NOT_TESTED, "needs an ordinary identity (--as)");
    else if (read == NULL || !json_body_is_taken(op)) check_coverage(run, op, COVERAGE_NOT_TESTED, "nothing reads back what it takes over");
    else if (!own_target(run, &e->arena, read, t->writer, &t->look)) check_coverage(run, op, COVERAGE_NOT_TESTED, "no object of the caller's own is known to it");
    else if (check_probe(run, e, ROLE_REFERENCE, t->reader, &t->look) != NULL) ignore_result(!check_submit(run, e));
    return 0;
}

static int judge_look(struct check_run *run, struct experiment *e) {
    auto_arena a = {.limit = (size_t)32 << 20};
    struct write_trial *t = e->user;
    const struct node *object = trial_object(&a, e->exchanges[0]);
    unsigned asked = 0;
    for (int p = PRIVILEGE_STRONG; p > PRIVILEGE_NONE; p--) {
        for (const struct node *n = object == NULL ? NULL : object->first; n != NULL && asked < TRIALS_MAX; n = n->next) {
            if ((int)privilege_of(run, n->key) == p && is_tried(run, t->write, n)) asked += ask_trial(run, t, object, n, 1);
        }
    }
    if (asked == 0 && object == NULL) check_coverage(run, t->write, COVERAGE_INCONCLUSIVE, "the caller's own object could not be read");
    else if (asked == 0) check_coverage(run, t->write, COVERAGE_PASSED, "the object shows no property that grants something");
    return 0;
}

static int tell(struct check_run *run, const struct write_trial *t, enum confidence confidence, bool back, const struct evidence_item *evidence, size_t count, struct error *err) {
    auto_arena a = {.limit = (size_t)1 << 16};
    bool strong = privilege_of(run, t->property) == PRIVILEGE_STRONG;
    struct finding f = {
        .category = CATEGORY_PROPERTY,
        .cause = SV("privileged-property-writable"),
        .scope = SCOPE_OPERATION,
        .scope_key = access_key(&a, t->write->method, t->write->path),
        .impact = strong ? IMPACT_ADMIN : IMPACT_PERSONAL,
        .who = WHO_USER,
        .confidence = confidence,
        .title = SV("A property that grants something may be set by the caller"),
        .reason = back ? SV("an ordinary caller set it, another request showed the new value, and it was set back")
                                        : SV("an ordinary caller set it and another request showed the new value; it could not be set back"),
        .method = t->write->method,
        .path = t->write->path,
        .parameter = t->property,
        .parameter_in = PARAM_BODY,
        .operation = t->write,
        .evidence = evidence,
        .evidence_count = count,
        .cwe = {915},
    };
    return f.scope_key.ptr == NULL ? error_nomem(err) : check_report(run, &f, err);
}

// It took and did not go back: does it stay, or does the value change by itself?
static int ask_stays(struct check_run *run, const struct experiment *from, struct error *err) {
    const struct write_trial *t = trial_of(from);
    struct experiment *e = check_experiment(run, t->write, TAG_STAYS);
    struct write_trial *own = e == NULL ? NULL : arena_new(&e->arena, struct write_trial);
    if (own == NULL) return error_nomem(err);
    *own = *t;
    own->property = arena_copy_sv(&e->arena, t->property);
    own->after = arena_copy_sv(&e->arena, t->after);
    e->user = own;
    e->round = 2;
    e->schedule = SCHEDULE_ORDERED;
    bool ok = own->property.ptr != NULL && own->after.ptr != NULL;
    for (unsigned i = 0; ok && i < LOOKS; i++) ok = check_probe(run, e, ROLE_CONTROL, t->reader, &t->look) != NULL;
    ignore_result(!(ok && check_submit(run, e)));
    return 0;
}

static int judge_stays(struct check_run *run, struct experiment *e, struct error *err) {
    const struct write_trial *t = e->user;
    for (size_t i = 0; i < e->probe_count; i++) {
        auto_arena a = {.limit = (size_t)16 << 20};
        const struct node *object = trial_object(&a, e->exchanges[i]);
        if (object != NULL && json_is(node_get(object, t->property), t->after)) continue;
        check_coverage(run, t->write, COVERAGE_INCONCLUSIVE, "the property changes by itself");
        return 0;
    }
    const struct evidence_item evidence[] = {check_evidence(e, 0, EVIDENCE_PROBE, "the value that the caller set still stands there; it could not be set back")};
    return tell(run, t, CONFIDENCE_FIRM, false, evidence, 1, err);
}

// The same again: the whole object where the property alone was refused, another value in the second round.
static bool ask_again(struct check_run *run, const struct experiment *e, bool whole, uint16_t round) {
    auto_arena a = {.limit = (size_t)32 << 20};
    struct write_trial t = *trial_of(e);
    const struct node *object = trial_object(&a, e->exchanges[0]), *member = node_get(object, t.property);
    t.whole = whole;
    return member != NULL && ask_trial(run, &t, object, member, round);
}

static bool is_flag(const struct write_trial *t) {
    return sv_eq(t->before, SV("true")) || sv_eq(t->before, SV("false"));
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    struct evidence_item evidence[3];
    if (e->tag == TAG_LOOK) return judge_look(run, e);
    if (e->tag == TAG_STAYS) return judge_stays(run, e, err);
    const struct write_trial *t = trial_of(e);
    switch (trial_judge(run, e)) {
    case TRIAL_TROUBLE:
        check_coverage(run, e->operation, COVERAGE_INCONCLUSIVE, "the write or what reads it back was not answered well");
        return 0;
    case TRIAL_REFUSED:
        if (!t->whole && e->round == 1 && ask_again(run, e, true, 1)) return 0;
        check_coverage(run, e->operation, COVERAGE_PASSED, NULL);
        return 0;
    case TRIAL_STUCK:
        return ask_stays(run, e, err);
    case TRIAL_TOOK:
        if (e->round == 1 && ask_again(run, e, t->whole, 2)) return 0;
        // Two rounds of a flag that goes on and off are worth about ten bits.
        return e->round == 1 ? 0 : tell(run, t, is_flag(t) ? CONFIDENCE_FIRM : CONFIDENCE_CONFIRMED, true, evidence, trial_evidence(e, evidence), err);
    case TRIAL_IGNORED:
    case TRIAL_OPEN:
        check_coverage(run, e->operation, COVERAGE_PASSED, NULL);
        return 0;
    }
    return 0;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    const struct node *keys = words_list(check_knowledge(run, "property"), SV("strong_privilege_keys"));
    // The role of a message in a conversation grants nothing.
    bool model = operation_is_llm(check_knowledge(run, "wordlists/llm"), op, NULL);
    if (!changes(op) || op->read_only || model || (op->sources & SOURCE_SPEC) == 0) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "changes nothing, or its body is not described");
        return 0;
    }
    bool told = false, writes = check_mode(run) == MODE_ACTIVE && !sv_eq(op->method, SV("POST"));
    if (writes && !is_administration(run, op)) return plan_writes(run, op, err);
    for (size_t i = 0; i < op->parameter_count && !is_administration(run, op); i++) {
        const struct parameter *p = &op->parameters[i];
        struct word w = word_of(leaf_of(p->name));
        if (p->in != PARAM_BODY || p->schema->read_only || !words_have(keys, &w)) continue;
        const struct operation *read = shown_by(run, op, leaf_of(p->name));
        int r = report(run, op, p, read, err);
        if (r != 0) return r;
        told = true;
    }
    if (!told) check_coverage(run, op, COVERAGE_NOT_TESTED, "only a write shows what is taken over (active mode)");
    return 0;
}

const struct check check_mass_assignment = {
    .id = "mass-assignment",
    .title = "Properties that a caller should not be able to set",
    .category = CATEGORY_PROPERTY,
    .owasp = "API3:2023",
    .cwe = 915,
    .traits = CHECK_PASSIVE | CHECK_READ_ONLY,
    .plan = plan,
    .judge = judge,
};
