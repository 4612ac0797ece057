// SPDX-License-Identifier: Apache-2.0
// The life of the checks: which take part, what they observe, plan and judge. A check that fails ends itself, not the scan.
#include "data/knowledge.h"
#include "scan/engine_state.h"

const struct node *engine_knowledge(struct engine *e, struct sv name) {
    struct node *n = map_find(&e->knowledge, name);
    if (n != NULL) return n;
    struct error local = {0};
    if (knowledge_load(&e->arena, name, &n, &local) != 0) return NULL;
    struct sv key = arena_copy_sv(&e->arena, name);
    if (key.ptr == NULL || !map_set(&e->arena, &e->knowledge, key, n)) return NULL;
    return n;
}

static bool is_listed(const struct sv *list, size_t count, const struct check *c) {
    for (size_t i = 0; i < count; i++) {
        if (sv_eq(list[i], sv_from(c->id)) || sv_eq(list[i], sv_from(category_infos[c->category].key))) return true;
    }
    return false;
}

bool check_selected(const struct scan_options *o, const struct check *c, struct sv *ret_reason) {
    *ret_reason = SV_NONE;
    if (o->check_count > 0 && !is_listed(o->checks, o->check_count, c)) *ret_reason = SV("not selected by --checks");
    else if (is_listed(o->skip_checks, o->skip_check_count, c)) *ret_reason = SV("left out by --skip-checks");
    else if (o->mode == MODE_PASSIVE && (c->traits & CHECK_PASSIVE) == 0) *ret_reason = SV("passive mode sends nothing crafted");
    else if ((c->traits & CHECK_ACTIVE) != 0 && o->mode != MODE_ACTIVE) *ret_reason = SV("needs --mode active");
    else if ((c->traits & CHECK_TWO_IDENTITIES) != 0 && o->identity_count < 2) *ret_reason = SV("needs two identities (--as)");
    else if ((c->traits & CHECK_ONE_IDENTITY) != 0 && o->identity_count < 1) *ret_reason = SV("needs an identity (--as)");
    return ret_reason->ptr == NULL;
}

static int failed(struct engine *e, struct check_run *run, int r, const struct error *err) {
    if (r >= 0) return r;
    run->dead = true;
    engine_warn(e, "check %s ended early: %s", run->check->id, err->text);
    return 0;
}

// Does a selected check read the requests of this one, which is not, for no other reason than that it was not named?
static bool is_needed(const struct scan_options *o, const struct check *c) {
    struct sv reason;
    struct scan_options all = *o;
    all.check_count = 0;
    if (!check_selected(&all, c, &reason)) return false;
    for (size_t i = 0; i < check_registry_count; i++) {
        const struct check *other = check_registry[i];
        if (other->needs != NULL && strcmp(other->needs, c->id) == 0 && check_selected(o, other, &reason)) return true;
    }
    return false;
}

int checks_begin(struct engine *e, struct error *err) {
    e->runs = arena_new_array(&e->arena, struct check_run, check_registry_count);
    if (e->runs == NULL) return error_nomem(err);
    for (size_t i = 0; i < check_registry_count; i++) {
        struct check_run *run = &e->runs[i];
        run->engine = e;
        run->check = check_registry[i];
        run->index = (uint16_t)i;
        run->on = check_selected(e->scan, run->check, &run->off_reason);
        run->silent = !run->on && is_needed(e->scan, run->check);
        run->on = run->on || run->silent;
        rng_derive(&run->rng, e->seed, sv_from(run->check->id), 0);
        run->state = arena_alloc(&e->arena, run->check->state_size);
        if (run->state == NULL) return error_nomem(err);
        if (!run->on || run->check->begin == NULL) continue;
        struct error local = {0};
        ignore_result(failed(e, run, run->check->begin(run, &local), &local));
    }
    return 0;
}

int checks_observe(struct engine *e, const struct exchange *x, struct error *err) {
    (void)err;
    for (size_t i = 0; i < check_registry_count; i++) {
        struct check_run *run = &e->runs[i];
        if (!run->on || run->dead || run->check->observe == NULL) continue;
        struct error local = {0};
        ignore_result(failed(e, run, run->check->observe(run, x, &local), &local));
    }
    return 0;
}

int checks_plan(struct engine *e, struct error *err) {
    (void)err;
    for (size_t c = 0; c < check_registry_count; c++) {
        struct check_run *run = &e->runs[c];
        if (!run->on || run->dead) continue;
        struct error starting = {0};
        if (run->check->start != NULL && e->scan->include_count == 0) ignore_result(failed(e, run, run->check->start(run, &starting), &starting));
        if (run->check->plan == NULL) continue;
        // By index: a check may add operations while it plans.
        for (size_t i = 0; i < e->api.operation_count && !run->dead; i++) {
            const struct operation *op = e->api.operations[i];
            if (!operation_selected(e, op)) continue;
            struct error local = {0};
            ignore_result(failed(e, run, run->check->plan(run, op, &local), &local));
        }
    }
    return 0;
}

int checks_judge(struct engine *e, struct slot *s, struct error *err) {
    (void)err;
    struct check_run *run = &e->runs[s->e.check];
    int r = 0;
    if (!run->dead && run->check->judge != NULL) {
        struct error local = {0};
        r = failed(e, run, run->check->judge(run, &s->e, &local), &local);
        if (r == JUDGE_WAIT) return r;
    }
    struct ledger_entry *entry = ledger_find(e, s->e.check, s->e.operation);
    if (entry != NULL && entry->open > 0 && !s->counted) entry->open--;
    s->counted = true;
    return 0;
}

int checks_finish(struct engine *e, struct error *err) {
    (void)err;
    for (size_t i = 0; i < check_registry_count; i++) {
        struct check_run *run = &e->runs[i];
        if (!run->on || run->dead || run->check->finish == NULL) continue;
        struct error local = {0};
        ignore_result(failed(e, run, run->check->finish(run, &local), &local));
    }
    return 0;
}
