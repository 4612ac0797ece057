// SPDX-License-Identifier: Apache-2.0
// The least fixpoint, and of each atom the best proof: highest rank of the weakest leaf, then fewest assumptions, then smallest tree. A proof is
// strictly larger than those of its parts, so at the end no proof stands on itself. Rounds go on until nothing improves.
#include "graph/graph_internal.h"

struct match {
    symbol bound[VARS_MAX]; // 0: free
    uint32_t atoms[BODY_MAX];
    size_t count;
};

static bool fits(struct match *m, struct term t, symbol value) {
    if (!t.is_variable)
        return t.id == value;
    if (m->bound[t.id] == 0)
        m->bound[t.id] = value;
    return m->bound[t.id] == value;
}

static bool unify(const struct pattern *p, const struct atom *at, struct match *m) {
    if (!fits(m, p->subject, at->subject))
        return false;
    for (size_t i = 0; i < p->arg_count; i++) {
        symbol value = 0;
        for (size_t k = 0; k < at->arg_count; k++) {
            if (at->args[k].name == p->args[i].name)
                value = at->args[k].value;
        }
        if (value == 0 || !fits(m, p->args[i].value, value))
            return false;
    }
    return true;
}

static symbol value_of(const struct match *m, struct term t) {
    return t.is_variable ? m->bound[t.id] : t.id;
}

static bool better(uint8_t rank, uint32_t assumptions, uint32_t size, const struct atom *than) {
    if (rank != than->rank)
        return rank > than->rank;
    if (assumptions != than->assumptions)
        return assumptions < than->assumptions;
    return size < than->size;
}

static int conclude(struct evaluation *v, const struct rule *r, const struct match *m, struct error *err) {
    struct atom head = {.kind = r->head.kind, .subject = value_of(m, r->head.subject), .arg_count = r->head.arg_count};
    bool ground = head.subject != 0;
    for (size_t i = 0; i < head.arg_count; i++) {
        head.args[i] = (struct named_symbol){r->head.args[i].name, value_of(m, r->head.args[i].value)};
        ground = ground && head.args[i].value != 0;
    }
    uint8_t rank = RANK_SEEN;
    uint32_t assumptions = 0;
    uint32_t size = 1;
    for (size_t i = 0; i < m->count; i++) {
        const struct atom *at = &v->atoms.ptr[m->atoms[i]];
        rank = at->rank < rank ? at->rank : rank;
        assumptions += at->assumptions;
        size += at->size;
    }
    if (!ground || size > SIZE_MAX_PROOF)
        return 0;
    uint32_t index = evaluation_atom(v, &head);
    if (index == UINT32_MAX)
        return v->cut ? 0 : error_nomem(err);
    struct atom *at = &v->atoms.ptr[index];
    if (at->removed || (at->rank != RANK_NO && !better(rank, assumptions, size, at)))
        return 0;
    at->rank = rank;
    at->assumptions = assumptions;
    at->size = size;
    at->rule = r;
    at->assumed = false;
    memcpy(at->body, m->atoms, sizeof at->body);
    at->body_count = m->count;
    v->changed = true;
    return 0;
}

static int join(struct evaluation *v, const struct rule *r, size_t position, const struct match *m, struct error *err);

static int join_with(struct evaluation *v, const struct rule *r, size_t position, const struct match *m, uint32_t atom, struct error *err) {
    struct match next = *m;
    if (!unify(&r->body[position], &v->atoms.ptr[atom], &next))
        return 0;
    next.atoms[next.count++] = atom;
    return join(v, r, position + 1, &next, err);
}

// Takes for granted what nothing is known about. Free variables stand for the kind's stand-in or for anything.
static int join_assumed(struct evaluation *v, const struct rule *r, size_t position, const struct match *m, struct error *err) {
    const struct pattern *p = &r->body[position];
    const struct kind *k = kind_find(v->rules, p->kind);
    struct atom at = {.kind = p->kind, .subject = value_of(m, p->subject), .arg_count = p->arg_count};
    if (at.subject == 0)
        at.subject = evaluation_symbol(v, k->stand_in);
    for (size_t i = 0; i < p->arg_count; i++) {
        symbol value = value_of(m, p->args[i].value);
        at.args[i] = (struct named_symbol){p->args[i].name, value != 0 ? value : evaluation_symbol(v, SV("any"))};
    }
    uint32_t index = evaluation_atom(v, &at);
    if (index == UINT32_MAX)
        return v->cut ? 0 : error_nomem(err);
    struct atom *assumed = &v->atoms.ptr[index];
    if (assumed->removed)
        return 0;
    if (assumed->rank == RANK_NO) {
        assumed->assumed = true;
        assumed->rank = RANK_ASSUMED;
        assumed->assumptions = 1;
        assumed->size = 1;
        v->changed = true;
    }
    return join_with(v, r, position, m, index, err);
}

static bool applies(const struct evaluation *v, const struct rule *r, size_t position, const struct match *m, uint32_t atom) {
    struct match scratch = *m;
    return unify(&r->body[position], &v->atoms.ptr[atom], &scratch);
}

// A mitigation that is there blocks; one that may be there makes the path conditional; else it says nothing.
static int join_mitigation(struct evaluation *v, const struct rule *r, size_t position, const struct match *m, struct error *err) {
    uint32_t unsure = UINT32_MAX;
    for (uint32_t i = evaluation_first(v, r->body[position].kind); i != 0; i = v->atoms.ptr[i - 1].next) {
        const struct atom *at = &v->atoms.ptr[i - 1];
        if (!at->is_known || at->leaf_rank == RANK_NO || !applies(v, r, position, m, i - 1))
            continue;
        if (at->leaf_rank > RANK_ASSUMED)
            return 0;
        unsure = i - 1;
    }
    if (unsure != UINT32_MAX)
        return join_with(v, r, position, m, unsure, err);
    return join(v, r, position + 1, m, err);
}

static int join(struct evaluation *v, const struct rule *r, size_t position, const struct match *m, struct error *err) {
    if (position == r->body_count)
        return conclude(v, r, m, err);
    const struct pattern *p = &r->body[position];
    if (p->need == NEED_FALSE)
        return join_mitigation(v, r, position, m, err);
    bool known = false;
    int code = 0;
    for (uint32_t i = evaluation_first(v, p->kind); i != 0 && code == 0; i = v->atoms.ptr[i - 1].next) {
        if (v->steps++ >= STEPS_MAX) {
            v->cut = true;
            return 0;
        }
        const struct atom *at = &v->atoms.ptr[i - 1];
        if (at->assumed || (!at->is_known && at->rank == RANK_NO) || !applies(v, r, position, m, i - 1))
            continue;
        known = true;
        if (at->rank != RANK_NO)
            code = join_with(v, r, position, m, i - 1, err);
    }
    if (code == 0 && !known && p->need == NEED_ASSUMED)
        code = join_assumed(v, r, position, m, err);
    return code;
}

static void start_from_leaves(struct evaluation *v) {
    VEC_EACH(struct atom, at, &v->atoms) {
        bool holds = at->is_known && !at->removed;
        at->rank = holds ? at->leaf_rank : RANK_NO;
        at->assumptions = holds && at->leaf_rank == RANK_ASSUMED ? 1 : 0;
        at->size = 1;
        at->rule = NULL;
        at->assumed = false;
        at->body_count = 0;
    }
}

int fixpoint_run(struct evaluation *v, struct error *err) {
    start_from_leaves(v);
    int code = 0;
    do {
        v->changed = false;
        for (size_t i = 0; i < v->rules->rules.len && code == 0; i++) {
            struct match none = {0};
            code = join(v, &v->rules->rules.ptr[i], 0, &none, err);
        }
    } while (v->changed && code == 0 && v->steps < STEPS_MAX);
    return code;
}

static bool goal_matches(const struct goal *g, const struct atom *at) {
    struct match scratch = {0};
    return at->kind == g->atom.kind && unify(&g->atom, at, &scratch);
}

uint32_t fixpoint_best(const struct evaluation *v, const struct goal *g) {
    uint32_t best = UINT32_MAX;
    for (uint32_t i = 0; i < v->atoms.len; i++) {
        const struct atom *at = &v->atoms.ptr[i];
        if (at->rank == RANK_NO || at->assumed || !goal_matches(g, at))
            continue;
        if (best == UINT32_MAX || better(at->rank, at->assumptions, at->size, &v->atoms.ptr[best]))
            best = i;
    }
    return best;
}

// By kinds: shut is a kind of which facts are known, all of them "no". What this calls impossible cannot be derived whatever else is learned.
static bool leaf_possible(const struct evaluation *v, symbol kind) {
    bool any = false;
    for (uint32_t i = evaluation_first(v, kind); i != 0; i = v->atoms.ptr[i - 1].next) {
        const struct atom *at = &v->atoms.ptr[i - 1];
        if (at->is_known && at->leaf_rank != RANK_NO)
            return true;
        any = any || at->is_known;
    }
    return !any;
}

static bool rule_possible(const struct rule *r, const bool *possible) {
    for (size_t i = 0; i < r->body_count; i++) {
        if (r->body[i].need != NEED_FALSE && !possible[r->body[i].kind])
            return false;
    }
    return true;
}

bool fixpoint_possible(const struct evaluation *v, const struct goal *g) {
    bool *possible = arena_new_array(v->a, bool, v->kind_cap);
    if (possible == NULL)
        return true;
    for (size_t i = 0; i < v->rules->kinds.len; i++) {
        const struct kind *k = &v->rules->kinds.ptr[i];
        if (k->is_leaf)
            possible[k->name] = leaf_possible(v, k->name);
    }
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < v->rules->rules.len; i++) {
            const struct rule *r = &v->rules->rules.ptr[i];
            if (possible[r->head.kind] || !rule_possible(r, possible))
                continue;
            possible[r->head.kind] = true;
            changed = true;
        }
    }
    return possible[g->atom.kind];
}
