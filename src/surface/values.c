// SPDX-License-Identifier: Apache-2.0
/*
 * Which value goes into which parameter. Identifiers that the service itself showed come before examples of the
 * specification, which are often invented; for all others the example comes first. The first attempt takes the best of
 * each, the second changes identifiers, the third the other parameters, so that what was right already is not thrown
 * away.
 */
#include "surface/values_internal.h"

enum { ENTITY_TRIES = 6, ENUM_TRIES = 8, WORD_TRIES = 3, BODY_LEAVES_MAX = 24 };

struct param_value value_of_json(struct arena *a, struct sv json) {
    struct param_value v = {.text = json, .present = json.ptr != NULL};
    struct node *n = NULL;
    if (json.ptr == NULL || node_parse_json(a, json, &node_limits_response, &n, NULL) != 0)
        return v; // examples are sometimes not quoted as they should be: taken as they stand
    if (n->kind == NODE_STRING || n->kind == NODE_NUMBER || n->kind == NODE_BOOL)
        v.text = n->text;
    else
        v.raw = true;
    return v;
}

static void add(struct value_list *list, struct param_value v) {
    if (v.text.ptr == NULL || list->len >= VALUE_CANDIDATES_MAX)
        return;
    for (size_t i = 0; i < list->len; i++)
        if (sv_eq(list->items[i].text, v.text))
            return;
    v.present = true;
    list->items[list->len++] = v;
}

static void add_documented(struct arena *a, const struct parameter *p, struct value_list *list) {
    if (p->example.ptr != NULL)
        add(list, (struct param_value){.text = p->example});
    add(list, value_of_json(a, p->schema->example));
    add(list, value_of_json(a, p->schema->default_value));
    for (size_t i = 0; i < p->schema->enum_count && i < ENUM_TRIES; i++)
        add(list, value_of_json(a, p->schema->enums[i]));
}

static bool ends_like_id(struct sv name) {
    return sv_eq_nocase(name, SV("id")) || sv_ends_with(name, SV("_id")) || sv_ends_with(name, SV("-id")) ||
           sv_ends_with(name, SV("Id")) || sv_ends_with(name, SV("ID")) || sv_ends_with_nocase(name, SV("uuid"));
}

bool parameter_is_id(const struct parameter *p) {
    return p->in == PARAM_PATH || ends_like_id(p->name);
}

static void add_entities(const struct operation *op, const struct parameter *p, const struct entity_pool *pool,
                         bool seen, struct value_list *list) {
    for (size_t n = 0; pool != NULL && n < ENTITY_TRIES; n++) {
        const struct entity_id *id = entity_pool_for(pool, op, p, n);
        if (id == NULL)
            break;
        if ((id->seen_by != 0) == seen)
            add(list, (struct param_value){.text = id->value});
    }
}

// "?route=": an id of what the parameter is called after; "?status=": what answers show under this name.
static void add_namesakes(struct arena *a, const struct operation *op, const struct parameter *p,
                          const struct entity_pool *pool, struct value_list *list) {
    struct parameter like = *p;
    like.name = arena_printf(a, SV_FMT "_id", SV_ARG(p->name));
    if (like.name.ptr != NULL && p->in != PARAM_PATH)
        add_entities(op, &like, pool, /* seen= */ true, list);
    for (size_t n = 0; pool != NULL && p->in != PARAM_PATH && n < WORD_TRIES; n++)
        add(list, (struct param_value){.text = entity_pool_word(pool, p->name, n)});
}

static bool is_narrow(const struct parameter *p) {
    return p->schema->format.len > 0 || p->schema->pattern.len > 0 ||
           (p->schema->types & ~(uint32_t)(TYPE_STRING | TYPE_NULL)) != 0;
}

// What else a text may have to be, when nobody says it.
static void add_guesses(const struct parameter *p, struct value_list *list) {
    static const struct sv guesses[] = {SV_INIT("1"), SV_INIT("2024-05-17"), SV_INIT("2024-05-17T10:30:00Z")};
    for (size_t i = 0; i < sizeof guesses / sizeof *guesses && p->observed && p->in == PARAM_QUERY; i++)
        add(list, (struct param_value){.text = guesses[i]});
}

int value_candidates(struct arena *a, struct rng *rng, const struct operation *op, const struct parameter *p,
                     const struct entity_pool *entities, struct value_list *ret, struct error *err) {
    ret->len = 0;
    bool closed = p->schema->enum_count > 0; // an enumeration decides, whatever else was seen
    if (parameter_is_id(p) && !closed)
        add_entities(op, p, entities, /* seen= */ true, ret);
    add_documented(a, p, ret);
    if (parameter_is_id(p) && !closed)
        add_entities(op, p, entities, /* seen= */ false, ret);
    if (!parameter_is_id(p) && !closed && !is_narrow(p))
        add_namesakes(a, op, p, entities, ret);
    struct sv made = value_generate(a, rng, p);
    if (made.ptr == NULL)
        return error_nomem(err);
    bool is_composite = (p->schema->types & (TYPE_ARRAY | TYPE_OBJECT)) != 0 &&
                        (p->schema->types & (TYPE_STRING | TYPE_INTEGER | TYPE_NUMBER | TYPE_BOOLEAN)) == 0;
    add(ret, (struct param_value){.text = made, .raw = is_composite});
    if (!parameter_is_id(p) && !closed && !is_narrow(p))
        add_guesses(p, ret);
    if (ret->len == 0)
        ret->items[ret->len++] = (struct param_value){.text = made, .present = true};
    return 0;
}

// Parameters that belong to the sender, not to the call.
static bool is_credential(const struct operation *op, const struct parameter *p) {
    if (p->in == PARAM_HEADER && (sv_eq_nocase(p->name, SV("authorization")) || sv_eq_nocase(p->name, SV("accept")) ||
                                  sv_eq_nocase(p->name, SV("content-type")) || sv_eq_nocase(p->name, SV("cookie"))))
        return true;
    for (size_t i = 0; i < op->scheme_count; i++) {
        const struct security_scheme *s = op->schemes[i];
        if (s != NULL && s->kind == SCHEME_API_KEY && s->in == p->in && sv_eq(s->param_name, p->name))
            return true;
    }
    return false;
}

static bool body_has_required(const struct operation *op) {
    for (size_t i = 0; i < op->parameter_count; i++)
        if (op->parameters[i].in == PARAM_BODY && op->parameters[i].required)
            return true;
    return false;
}

static bool has_example(const struct parameter *p) {
    return p->example.ptr != NULL || p->schema->example.ptr != NULL;
}

static bool is_wanted(const struct operation *op, const struct parameter *p, bool any_body_leaf) {
    if (is_credential(op, p) || p->schema->read_only)
        return false;
    if (p->in == PARAM_PATH || p->required)
        return true;
    return has_example(p) || (p->in == PARAM_BODY && any_body_leaf);
}

static size_t pick(const struct parameter *p, const struct value_list *list, unsigned attempt) {
    unsigned turn = attempt;
    if (parameter_is_id(p))
        turn = attempt == 2 ? 0 : attempt > 2 ? attempt - 1 : attempt;
    else
        turn = attempt <= 1 ? 0 : attempt - 1;
    return turn < list->len ? turn : list->len - 1;
}

int values_choose(struct arena *a, struct rng *rng, const struct operation *op, const struct entity_pool *entities,
                  unsigned attempt, struct call *ret, struct error *err) {
    struct param_value *values = arena_new_array(a, struct param_value, op->parameter_count + 1);
    if (values == NULL)
        return error_nomem(err);
    // A body that must be there, but says of none of its members that it must: all of them.
    bool any_body_leaf = op->body_required && !body_has_required(op);
    size_t leaves = 0;
    for (size_t i = 0; i < op->parameter_count; i++) {
        const struct parameter *p = &op->parameters[i];
        if (!is_wanted(op, p, any_body_leaf) || (p->in == PARAM_BODY && !p->required && ++leaves > BODY_LEAVES_MAX))
            continue;
        struct value_list list;
        int r = value_candidates(a, rng, op, p, entities, &list, err);
        if (r != 0)
            return r;
        values[i] = list.items[pick(p, &list, attempt)];
        values[i].present = true;
    }
    *ret = (struct call){.operation = op, .values = values};
    return 0;
}
