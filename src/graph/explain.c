// SPDX-License-Identifier: Apache-2.0
// From proofs to words: the path of each goal, what it assumes, what would settle it, and a greedy list of fixes.
#include "base/buf.h"
#include "graph/graph_internal.h"

enum { PATH_MAX_STEPS = 64 };


struct telling {
    struct evaluation *v;
    bool *told; // by atom
    VEC_OF(struct result_step) steps;
    VEC_OF(struct result_assumption) assumptions;
};

// Unites the rule's atoms with those of the proof again: what each variable stands for.
static void bindings_of(const struct evaluation *v, const struct atom *at, symbol bound[VARS_MAX]) {
    memset(bound, 0, VARS_MAX * sizeof *bound);
    const struct rule *r = at->rule;
    size_t next = 0;
    for (size_t i = 0; i < r->body_count && next < at->body_count; i++) {
        const struct atom *b = &v->atoms.ptr[at->body[next]];
        if (b->kind != r->body[i].kind)
            continue; // a mitigation that said nothing
        next++;
        if (r->body[i].subject.is_variable)
            bound[r->body[i].subject.id] = b->subject;
        for (size_t k = 0; k < r->body[i].arg_count; k++) {
            const struct named_term *t = &r->body[i].args[k];
            for (size_t j = 0; j < b->arg_count && t->value.is_variable; j++) {
                if (b->args[j].name == t->name)
                    bound[t->value.id] = b->args[j].value;
            }
        }
    }
}

static struct sv subject_words(const struct evaluation *v, const struct atom *at) {
    struct sv name = evaluation_name(v, at->subject);
    const struct kind *k = kind_find(v->rules, at->kind);
    if (name.len > 0 || k == NULL)
        return name;
    return sv_eq(k->subject_type, SV("api")) ? SV("the API") : k->subject_type;
}

static struct sv filler(const struct evaluation *v, const struct atom *at, const symbol bound[VARS_MAX], struct sv name) {
    if (at->rule != NULL && sv_starts_with(name, SV("?"))) {
        for (size_t i = 0; i < at->rule->variable_count; i++) {
            if (sv_eq(at->rule->variables[i], sv_from_index(name, 1)))
                return evaluation_name(v, bound[i]);
        }
    }
    if (sv_eq(name, SV("subject")))
        return subject_words(v, at);
    for (size_t i = 0; i < at->arg_count; i++) {
        if (sv_eq(evaluation_name(v, at->args[i].name), name))
            return evaluation_name(v, at->args[i].value);
    }
    return SV("?");
}

struct sv explain_text(struct evaluation *v, struct sv template, const struct atom *at) {
    if (template.len == 0)
        return SV_NONE;
    symbol bound[VARS_MAX] = {0};
    if (at->rule != NULL)
        bindings_of(v, at, bound);
    auto_buf b = BUF_INIT(4096);
    struct sv rest = template;
    while (rest.len > 0) {
        size_t open = sv_find_char(rest, '{');
        size_t close = open == SIZE_MAX ? SIZE_MAX : sv_find_char(sv_from_index(rest, open), '}');
        if (close == SIZE_MAX) {
            buf_add(&b, rest);
            break;
        }
        buf_add(&b, sv_slice(rest, 0, open));
        buf_add(&b, sv_slice(filler(v, at, bound, sv_slice(rest, open + 1, open + close)), 0, 200));
        rest = sv_from_index(rest, open + close + 1);
    }
    return buf_failed(&b) ? SV_NONE : arena_copy_sv(v->a, buf_sv(&b));
}

static int add_assumption(struct telling *t, const struct kind *k, struct sv text) {
    struct result_assumption a = {.fact = text, .settle = k->settle.len > 0 ? k->settle : SV("look at it in the container")};
    return VEC_PUSH(t->v->a, &t->assumptions, a) ? 0 : -ENOMEM;
}

static int tell_leaf(struct telling *t, const struct atom *at) {
    const struct kind *k = kind_find(t->v->rules, at->kind);
    bool unknown = at->assumed || at->leaf_rank == RANK_ASSUMED;
    struct result_step s = {
        .text = at->assumed ? k->assumption : explain_text(t->v, k->text, at),
        .label = k->hidden ? SV_NONE : explain_text(t->v, k->label, at),
        .fact = at->fact != NULL ? at->fact->id : 0,
        .source = at->fact != NULL ? at->fact->source : FACT_ASSUMED,
    };
    if (s.text.ptr == NULL || (unknown && add_assumption(t, k, s.text) != 0))
        return -ENOMEM;
    if ((k->hidden && !unknown) || t->steps.len >= PATH_MAX_STEPS)
        return 0;
    return VEC_PUSH(t->v->a, &t->steps, s) ? 0 : -ENOMEM;
}

// Leaves before what follows from them, each once.
static int tell(struct telling *t, uint32_t index) {
    if (t->told[index])
        return 0;
    t->told[index] = true;
    const struct atom *at = &t->v->atoms.ptr[index];
    if (at->rule == NULL)
        return tell_leaf(t, at);
    for (size_t i = 0; i < at->body_count; i++) {
        if (tell(t, at->body[i]) != 0)
            return -ENOMEM;
    }
    if (t->steps.len >= PATH_MAX_STEPS)
        return 0;
    struct result_step s = {.rule = at->rule->id, .text = explain_text(t->v, at->rule->text, at), .label = explain_text(t->v, at->rule->label, at)};
    return s.text.ptr != NULL && VEC_PUSH(t->v->a, &t->steps, s) ? 0 : -ENOMEM;
}

static enum escape_status status_of(const struct evaluation *v, const struct goal *g, uint32_t best) {
    if (best == UINT32_MAX)
        return fixpoint_possible(v, g) ? ESCAPE_NOT_SEEN : ESCAPE_NONE;
    uint8_t rank = v->atoms.ptr[best].rank;
    return rank >= RANK_SEEN ? ESCAPE_CONFIRMED : rank == RANK_DECLARED ? ESCAPE_LIKELY : ESCAPE_CONDITIONAL;
}

static int explain_goal(struct evaluation *v, const struct goal *g, struct result_goal *ret, struct error *err) {
    uint32_t best = fixpoint_best(v, g);
    *ret = (struct result_goal){.goal = g->title, .status = status_of(v, g, best)};
    if (best == UINT32_MAX)
        return 0;
    struct telling t = {.v = v, .told = arena_new_array(v->a, bool, v->atoms.len)};
    if (t.told == NULL || tell(&t, best) != 0)
        return error_nomem(err);
    ret->path = t.steps.ptr;
    ret->path_count = t.steps.len;
    ret->assumptions = t.assumptions.ptr;
    ret->assumption_count = t.assumptions.len;
    return 0;
}

static bool nothing_known(const struct evaluation *v, symbol kind) {
    for (uint32_t i = evaluation_first(v, kind); i != 0; i = v->atoms.ptr[i - 1].next) {
        if (v->atoms.ptr[i - 1].is_known)
            return false;
    }
    return true;
}

// What would tell more: every kind that may be assumed and of which nothing is known.
static int explain_settle(struct evaluation *v, struct scan_result *r, struct error *err) {
    VEC_OF(struct result_assumption) list = {0};
    for (size_t i = 0; i < v->rules->kinds.len; i++) {
        const struct kind *k = &v->rules->kinds.ptr[i];
        if (!k->is_leaf || k->settle.len == 0 || !nothing_known(v, k->name))
            continue;
        struct result_assumption a = {.fact = k->assumption, .settle = k->settle};
        if (!VEC_PUSH(v->a, &list, a))
            return error_nomem(err);
    }
    r->escape.settle = list.ptr;
    r->escape.settle_count = list.len;
    return 0;
}

int explain_goals(struct evaluation *v, struct scan_result *r, struct error *err) {
    size_t count = v->rules->goals.len;
    struct result_escape *e = &r->escape;
    *e = (struct result_escape){.status = ESCAPE_NONE, .goals = arena_new_array(v->a, struct result_goal, count)};
    if (e->goals == NULL)
        return error_nomem(err);
    for (size_t i = 0; i < count; i++) {
        int code = explain_goal(v, &v->rules->goals.ptr[i], &e->goals[i], err);
        if (code != 0)
            return code;
        e->goal_count++;
        e->status = e->goals[i].status > e->status ? e->goals[i].status : e->status;
    }
    return e->status == ESCAPE_NOT_SEEN || e->status == ESCAPE_NONE ? explain_settle(v, r, err) : 0;
}

static const struct fix *fix_of(const struct graph_rules *g, symbol kind) {
    const struct fix *best = NULL;
    for (size_t i = 0; i < g->fixes.len; i++) {
        const struct fix *f = &g->fixes.ptr[i];
        for (size_t k = 0; k < f->remove_count; k++) {
            if (f->removes[k] == kind && (best == NULL || f->cost < best->cost))
                best = f;
        }
    }
    return best;
}

// The cheapest fix among the leaves below `index`; its leaf in *ret_leaf.
static const struct fix *cheapest(struct telling *t, uint32_t index, uint32_t *ret_leaf) {
    if (t->told[index])
        return NULL;
    t->told[index] = true;
    const struct atom *at = &t->v->atoms.ptr[index];
    if (at->rule == NULL) {
        *ret_leaf = index;
        return fix_of(t->v->rules, at->kind);
    }
    const struct fix *best = NULL;
    for (size_t i = 0; i < at->body_count; i++) {
        uint32_t leaf = 0;
        const struct fix *f = cheapest(t, at->body[i], &leaf);
        if (f != NULL && (best == NULL || f->cost < best->cost)) {
            best = f;
            *ret_leaf = leaf;
        }
    }
    return best;
}

// A fix applied to one thing takes away all facts about it that the fix covers.
static void apply(struct evaluation *v, const struct fix *f, symbol subject) {
    VEC_EACH(struct atom, at, &v->atoms) {
        for (size_t k = 0; k < f->remove_count; k++) {
            if (at->kind == f->removes[k] && at->subject == subject)
                at->removed = true;
        }
    }
}

static int close_goal(struct evaluation *v, uint32_t atom, struct result_fix *ret, struct error *err) {
    struct telling t = {.v = v, .told = arena_new_array(v->a, bool, v->atoms.len)};
    uint32_t leaf = 0;
    if (t.told == NULL)
        return error_nomem(err);
    const struct fix *f = cheapest(&t, atom, &leaf);
    if (f == NULL)
        return 1;
    const struct atom *at = &v->atoms.ptr[leaf];
    const struct kind *k = kind_find(v->rules, at->kind);
    *ret = (struct result_fix){.leaf = at->assumed ? k->assumption : explain_text(v, k->text, at), .advice = f->advice, .cost = f->cost};
    if (ret->leaf.ptr == NULL)
        return error_nomem(err);
    apply(v, f, at->subject);
    return fixpoint_run(v, err);
}

// Greedy: the cheapest fix of the best path that is left, until none is. Not proven to be minimal.
int explain_fixes(struct evaluation *v, struct scan_result *r, struct error *err) {
    VEC_OF(struct result_fix) list = {0};
    for (size_t g = 0; g < v->rules->goals.len; g++) {
        for (;;) {
            uint32_t best = fixpoint_best(v, &v->rules->goals.ptr[g]);
            if (best == UINT32_MAX || list.len >= FIXES_MAX)
                break;
            struct result_fix fix = {0};
            int code = close_goal(v, best, &fix, err);
            if (code < 0)
                return code;
            if (code > 0)
                break;
            if (!VEC_PUSH(v->a, &list, fix))
                return error_nomem(err);
        }
    }
    r->escape.fixes = list.ptr;
    r->escape.fix_count = list.len;
    return 0;
}
