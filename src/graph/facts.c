// SPDX-License-Identifier: Apache-2.0
// From facts to ranked atoms. What was observed beats what the operator says, that beats what files declare; a difference between declared
// and observed is told as drift, and two observations that disagree leave the fact unknown.
#include "base/log.h"
#include "graph/graph_internal.h"

symbol evaluation_symbol(struct evaluation *v, struct sv text) {
    symbol s = symbol_find(&v->symbols, text);
    if (s != 0)
        return s;
    if (text.ptr == NULL)
        text = SV("");
    if (!VEC_PUSH(v->a, &v->names, text))
        return 0;
    s = (symbol)v->names.len;
    return map_set(v->a, &v->symbols, text, (void *)(uintptr_t)s) ? s : 0;
}

struct sv evaluation_name(const struct evaluation *v, symbol s) {
    return s == 0 || s > v->names.len ? SV_NONE : v->names.ptr[s - 1];
}

uint32_t evaluation_first(const struct evaluation *v, symbol kind) {
    return kind < v->kind_cap ? v->first_of_kind[kind] : 0;
}

// Arguments in the order of their names, so that one atom has one key.
static void sort_args(struct atom *at) {
    for (size_t i = 1; i < at->arg_count; i++) {
        struct named_symbol x = at->args[i];
        size_t k = i;
        for (; k > 0 && at->args[k - 1].name > x.name; k--)
            at->args[k] = at->args[k - 1];
        at->args[k] = x;
    }
}

static struct sv key_of(struct arena *a, const struct atom *at) {
    uint32_t words[2 + 2 * FACT_ARGS_MAX] = {at->kind, at->subject};
    size_t n = 2;
    for (size_t i = 0; i < at->arg_count; i++) {
        words[n++] = at->args[i].name;
        words[n++] = at->args[i].value;
    }
    return arena_copy_sv(a, sv_make((const char *)words, n * sizeof words[0]));
}

uint32_t evaluation_atom(struct evaluation *v, const struct atom *key) {
    struct atom at = *key;
    sort_args(&at);
    struct sv bytes = key_of(v->a, &at);
    if (bytes.ptr == NULL || at.kind >= v->kind_cap)
        return UINT32_MAX;
    uintptr_t known = (uintptr_t)map_find(&v->atoms_by_key, bytes);
    if (known != 0)
        return (uint32_t)(known - 1);
    if (v->atoms.len >= ATOMS_MAX) {
        v->cut = true;
        return UINT32_MAX;
    }
    at.next = v->first_of_kind[at.kind];
    if (!VEC_PUSH(v->a, &v->atoms, at) || !map_set(v->a, &v->atoms_by_key, bytes, (void *)(uintptr_t)v->atoms.len))
        return UINT32_MAX;
    v->first_of_kind[at.kind] = (uint32_t)v->atoms.len;
    return (uint32_t)v->atoms.len - 1;
}

// A yes from a probe weighs what the check's confidence says: only a confirmed one makes a confirmed path.
static uint8_t rank_of(const struct fact *f) {
    if (f->value == FACT_NO)
        return RANK_NO;
    if (f->value == FACT_UNKNOWN || f->source == FACT_ASSUMED)
        return RANK_ASSUMED;
    if (f->source != FACT_PROBE && f->source != FACT_POSTURE)
        return RANK_DECLARED;
    return f->confidence >= CONFIDENCE_CONFIRMED ? RANK_SEEN : f->confidence == CONFIDENCE_FIRM ? RANK_DECLARED : RANK_ASSUMED;
}

static int tier_of(enum fact_source source) {
    switch (source) {
    case FACT_PROBE:
    case FACT_POSTURE:
        return 3;
    case FACT_OPERATOR:
        return 2;
    case FACT_DECLARED:
        return 1;
    case FACT_ASSUMED:
    case FACT_SOURCE_COUNT:
        break;
    }
    return 0;
}

static void take(struct atom *at, const struct fact *f) {
    at->is_known = true;
    at->fact = f;
    at->leaf_rank = rank_of(f);
}

static bool contradict(const struct fact *x, const struct fact *y) {
    return x->value != y->value && x->value != FACT_UNKNOWN && y->value != FACT_UNKNOWN;
}

static int note_conflict(struct evaluation *v, const char *what, const struct fact *x, const struct fact *y) {
    struct sv text = arena_printf(v->a, "%s: " SV_FMT " of " SV_FMT " (fact %u, %s; fact %u, %s)", what, SV_ARG(x->kind),
                                  SV_ARG(x->subject.len > 0 ? x->subject : x->subject_type), x->id, fact_source_names[x->source], y->id,
                                  fact_source_names[y->source]);
    return text.ptr != NULL && VEC_PUSH(v->a, &v->warnings, text) ? 0 : -ENOMEM;
}

static int merge(struct evaluation *v, struct atom *at, const struct fact *f) {
    if (!at->is_known) {
        take(at, f);
        return 0;
    }
    const struct fact *old = at->fact;
    int tier_old = tier_of(old->source);
    int tier_new = tier_of(f->source);
    bool differ = contradict(old, f);
    if (tier_new == tier_old) {
        if (differ) {
            at->leaf_rank = RANK_ASSUMED;
            return note_conflict(v, "two sources disagree, so it counts as unknown", old, f);
        }
        if (rank_of(f) > at->leaf_rank && f->value == FACT_YES)
            take(at, f);
        return 0;
    }
    if (tier_new > tier_old && f->value != FACT_UNKNOWN)
        take(at, f);
    bool drift = differ && (f->source == FACT_DECLARED || old->source == FACT_DECLARED);
    return drift ? note_conflict(v, "declared and observed differ (drift)", old, f) : 0;
}

static int add_fact(struct evaluation *v, const struct fact *f, struct error *err) {
    symbol kind = symbol_find(&v->symbols, f->kind);
    const struct kind *k = kind == 0 ? NULL : kind_find(v->rules, kind);
    if (k == NULL || !k->is_leaf) {
        log_debug("no rule knows facts of the kind " SV_FMT, SV_ARG(f->kind));
        return 0;
    }
    if (v->per_kind[kind]++ >= FACTS_PER_KIND_MAX) {
        v->cut = true;
        return 0;
    }
    struct atom at = {.kind = kind, .subject = evaluation_symbol(v, f->subject), .arg_count = f->arg_count};
    for (size_t i = 0; i < f->arg_count && i < FACT_ARGS_MAX; i++) {
        at.args[i].name = evaluation_symbol(v, f->args[i].name);
        at.args[i].value = evaluation_symbol(v, f->args[i].value);
        if (at.args[i].name == 0 || at.args[i].value == 0)
            return error_nomem(err);
    }
    uint32_t index = at.subject == 0 ? UINT32_MAX : evaluation_atom(v, &at);
    if (index == UINT32_MAX)
        return v->cut ? 0 : error_nomem(err);
    return merge(v, &v->atoms.ptr[index], f) == 0 ? 0 : error_nomem(err);
}

static int take_symbols(struct evaluation *v, struct error *err) {
    for (size_t i = 0; i < v->rules->names.len; i++) {
        if (evaluation_symbol(v, v->rules->names.ptr[i]) == 0)
            return error_nomem(err);
    }
    v->kind_cap = v->names.len + 1; // kinds are named by the rules, so no later symbol is one
    v->first_of_kind = arena_new_array(v->a, uint32_t, v->kind_cap);
    v->per_kind = arena_new_array(v->a, unsigned, v->kind_cap);
    return v->first_of_kind != NULL && v->per_kind != NULL ? 0 : error_nomem(err);
}

int evaluation_start(struct evaluation *v, const struct scan_result *r, struct error *err) {
    map_init(&v->symbols, r->seed);
    map_init(&v->atoms_by_key, r->seed);
    int code = take_symbols(v, err);
    // Per kind only so many are taken: those that say yes first.
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < r->fact_count && code == 0; i++) {
            if ((r->facts[i].value == FACT_YES) == (pass == 0))
                code = add_fact(v, &r->facts[i], err);
        }
    }
    return code;
}
