// SPDX-License-Identifier: Apache-2.0
#include "checks/support/write_trial.h"

#include "checks/support/created.h"
#include "checks/support/json_object.h"
#include "http/header.h"

struct run_of_trial {
    struct write_trial t; // first: trial_of converts
    size_t look, nobody, look_nobody, write, look_after, look_last; // SIZE_MAX: not asked
    uint32_t promise;
};

const struct operation *trial_reader_of(const struct check_run *run, const struct operation *write) {
    const struct api *api = check_api(run);
    for (size_t i = 0; i < api->operation_count; i++) {
        const struct operation *op = api->operations[i];
        if (sv_eq(op->method, SV("GET")) && sv_eq(op->path, write->path)) return op;
    }
    return NULL;
}

const struct node *trial_object(struct arena *a, const struct exchange *x) {
    struct node *root = NULL;
    if (!exchange_answered(x) || x->response.status < 200 || x->response.status >= 300) return NULL;
    if (node_parse_json(a, x->response.body, &node_limits_response, &root, NULL) != 0) return NULL;
    return json_object_of(root);
}

static bool make_body(struct arena *a, const struct write_trial *t, const struct node *object, struct sv json, struct request *ret) {
    struct sv media = sv_contains_nocase(t->write->body_media_type, SV("json")) ? t->write->body_media_type : SV("application/json");
    *ret = (struct request){.method = t->write->method, .origin = t->look.origin};
    ret->target = sv_slice(t->look.target, 0, sv_find_char(t->look.target, '?'));
    ret->body = json_body_with(a, t->write, t->whole ? object : NULL, t->property, json);
    return ret->body.ptr != NULL && header_add(a, &ret->headers, SV("Content-Type"), media) && header_add(a, &ret->headers, SV("Accept"), SV("application/json"));
}

static bool add_look(struct check_run *run, struct experiment *e, const struct write_trial *t, enum probe_role role, size_t *ret) {
    *ret = e->probe_count;
    return check_probe(run, e, role, t->reader, &t->look) != NULL;
}

static bool copy_trial(struct arena *a, const struct write_trial *t, struct run_of_trial *ret) {
    *ret = (struct run_of_trial){.t = *t, .nobody = SIZE_MAX, .look_nobody = SIZE_MAX};
    ret->t.property = arena_copy_sv(a, t->property);
    ret->t.before = arena_copy_sv(a, t->before);
    ret->t.after = arena_copy_sv(a, t->after);
    ret->t.look.target = arena_copy_sv(a, t->look.target);
    ret->t.look.method = SV("GET");
    ret->t.look.headers = (struct header_list){0};
    return ret->t.property.ptr != NULL && ret->t.before.ptr != NULL && ret->t.after.ptr != NULL && ret->t.look.target.ptr != NULL &&
           header_copy_list(a, &t->look.headers, &ret->t.look.headers);
}

static bool add_write(struct check_run *run, struct experiment *e, size_t identity, const struct request *write, const struct undo_plan *plan, size_t *ret, uint32_t *ret_promise) {
    *ret = e->probe_count;
    *ret_promise = check_write(run, e, identity, write, plan);
    return *ret_promise != 0;
}

// look, (write by nobody, look,) write, look, undo, look
static bool add_probes(struct check_run *run, struct experiment *e, struct run_of_trial *r, const struct request *write, const struct undo_plan *plan) {
    const struct write_trial *t = &r->t;
    uint32_t unused;
    if (!add_look(run, e, t, ROLE_REFERENCE, &r->look)) return false;
    if (t->nobody && !(add_write(run, e, 0, write, plan, &r->nobody, &unused) && add_look(run, e, t, ROLE_CONTROL, &r->look_nobody))) return false;
    if (!add_write(run, e, t->writer, write, plan, &r->write, &r->promise) || !add_look(run, e, t, ROLE_PROBE, &r->look_after)) return false;
    return check_undo(run, e, r->promise) && add_look(run, e, t, ROLE_CONTROL, &r->look_last);
}

bool trial_ask(struct check_run *run, const struct write_trial *t, const struct node *object, uint16_t round) {
    struct experiment *e = check_experiment(run, t->write, 0);
    struct run_of_trial *r = e == NULL ? NULL : arena_new(&e->arena, struct run_of_trial);
    struct request write, undo;
    if (r == NULL || !copy_trial(&e->arena, t, r)) return false;
    if (!make_body(&e->arena, t, object, t->after, &write) || !make_body(&e->arena, t, object, t->before, &undo)) return false;
    if (!check_may_write(run, t->write, t->writer, &write)) {
        check_coverage(run, t->write, COVERAGE_NOT_TESTED, "the mode does not let this identity write there (--allow-write)");
        return false;
    }
    const struct undo_plan plan = {.undo = &undo, .look = &r->t.look, .by = t->owner};
    e->user = r;
    e->round = round;
    e->value = round == 1 ? 0.01 : 1e6; // after what only reads; a sighting is settled at once
    if (round > 1) e->purpose = PURPOSE_CONFIRM;
    return add_probes(run, e, r, &write, &plan) && check_submit(run, e);
}

const struct node *trial_free_text(const struct operation *op, const struct node *object) {
    const struct schema *schema;
    for (const struct node *n = object == NULL ? NULL : object->first; n != NULL; n = n->next) {
        bool listed = json_body_lists(op, n->key, &schema);
        if (n->kind != NODE_STRING || n->text.len == 0 || (json_body_is_described(op) && !listed)) continue;
        if (text_is_free(schema, n->key, n->text)) return n;
    }
    return NULL;
}

bool trial_ask_text(struct check_run *run, struct write_trial *t, const struct node *object, const struct node *text, uint16_t round) {
    auto_arena a = {.limit = (size_t)4 << 20};
    struct sv word = rng_word(check_rng(run), &a, 12);
    if (text == NULL || word.ptr == NULL) return false;
    t->property = text->key;
    t->before = json_text_of(&a, text);
    t->after = json_quoted(&a, word);
    return t->before.ptr != NULL && t->after.ptr != NULL && trial_ask(run, t, object, round);
}

const struct write_trial *trial_of(const struct experiment *e) {
    const struct run_of_trial *r = e->user;
    return &r->t;
}

// 1: the look shows `json`, 0: another value, -1: no object.
static int shows(const struct experiment *e, const struct run_of_trial *r, size_t i, struct sv json) {
    auto_arena a = {.limit = (size_t)16 << 20};
    const struct node *object = trial_object(&a, e->exchanges[i]);
    return object == NULL ? -1 : json_is(node_get(object, r->t.property), json);
}

// The old value is not back: `otherwise` when it is.
static enum trial_outcome settled(struct check_run *run, const struct experiment *e, const struct run_of_trial *r, enum trial_outcome otherwise) {
    int back = shows(e, r, r->look_last, r->t.before);
    if (back == 0) check_undo_failed(run, r->promise);
    return back == 1 ? otherwise : TRIAL_STUCK;
}

enum trial_outcome trial_judge(struct check_run *run, const struct experiment *e) {
    const struct run_of_trial *r = e->user;
    const struct exchange *write = e->exchanges[r->write];
    if (shows(e, r, r->look, r->t.before) != 1 || !exchange_answered(write) || write->response.status >= 500 || write->response.status == 429) return TRIAL_TROUBLE;
    if (r->nobody != SIZE_MAX) {
        int open = shows(e, r, r->look_nobody, r->t.after);
        if (open < 0) return TRIAL_TROUBLE;
        if (open == 1) return settled(run, e, r, TRIAL_OPEN);
    }
    int took = shows(e, r, r->look_after, r->t.after);
    if (took < 0) return TRIAL_TROUBLE;
    if (took == 0) return write->response.status >= 400 ? TRIAL_REFUSED : TRIAL_IGNORED;
    return settled(run, e, r, TRIAL_TOOK);
}

size_t trial_evidence(const struct experiment *e, struct evidence_item *ret) {
    const struct run_of_trial *r = e->user;
    ret[0] = check_evidence(e, r->look, EVIDENCE_REFERENCE, "the object as it was");
    ret[1] = check_evidence(e, r->write, EVIDENCE_PROBE, "the write");
    ret[2] = check_evidence(e, r->look_after, EVIDENCE_CONTROL, "read back: the value stands there; it was set back afterwards");
    return 3;
}
