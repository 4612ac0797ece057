// SPDX-License-Identifier: Apache-2.0
// Changes a refused call so that it does what the refusal asks for.
#include "surface/values_internal.h"

enum { LEARNED_MAX = 40, LEARNED_CHOICES = 12 };

struct repair {
    struct arena *a;
    struct rng *rng;
    struct call *call;
    const struct entity_pool *entities;
};

bool says_required(struct sv m) {
    static const struct sv words[] = {
        SV_INIT("required"),           SV_INIT("missing"),     SV_INIT("not present"),  SV_INIT("be blank"),
        SV_INIT("be empty"),           SV_INIT("not be null"), SV_INIT("be undefined"), SV_INIT("is mandatory"),
        SV_INIT("must be provided"),   SV_INIT("must be set"), SV_INIT("not provided"), SV_INIT("must be specified"),
        SV_INIT("received undefined"), SV_INIT("notblank"),    SV_INIT("notnull"),
        SV_INIT("received nan"),       SV_INIT("value is empty")};
    if (sv_contains_nocase(m, SV("required pattern")) || sv_contains_nocase(m, SV("required type")))
        return false; // what is required is of another kind
    return message_has_any(m, words, sizeof words / sizeof words[0]);
}

static bool says_unknown(struct sv m) {
    static const struct sv words[] = {
        SV_INIT("not allow"),       SV_INIT("additional propert"), SV_INIT("unrecognized"),    SV_INIT("unexpected"),
        SV_INIT("unknown field"),   SV_INIT("unknown parameter"),  SV_INIT("not permitted"),   SV_INIT("extra field"),
        SV_INIT("extra_forbidden"), SV_INIT("not supported"),      SV_INIT("should not exist")};
    return message_has_any(m, words, sizeof words / sizeof words[0]);
}

static struct sv better_value(const struct repair *r, const struct parameter *p, const struct complaint *c,
                              struct sv now) {
    if (c->allowed.len > 0 && !sv_eq(c->allowed, now))
        return c->allowed;
    struct sv v = c->pattern.len > 0 ? value_of_pattern(r->a, r->rng, c->pattern) : SV_NONE;
    const struct wanted_value wanted = {p, now};
    if (v.ptr == NULL)
        v = value_of_message(r->a, r->rng, &wanted, c->message);
    if (v.ptr == NULL && p->schema->pattern.len > 0)
        v = value_of_pattern(r->a, r->rng, p->schema->pattern);
    return v;
}

// Without a word of what would be right: the candidate behind the one that was refused.
static struct sv next_candidate(const struct repair *r, const struct parameter *p, struct sv now) {
    struct value_list list;
    if (value_candidates(r->a, r->rng, r->call->operation, p, r->entities, &list, NULL) != 0)
        return SV_NONE;
    for (size_t i = 0; i < list.len; i++)
        if (sv_eq(list.items[i].text, now))
            return i + 1 < list.len ? list.items[i + 1].text : SV_NONE;
    return list.items[0].text;
}

// The service wants an id, of whatever form: one that it showed comes before one that is made up.
static struct sv known_id(const struct repair *r, const struct parameter *p, struct sv made, struct sv now) {
    enum id_shape shape = id_shape_of(made);
    struct value_list list;
    if (shape != ID_UUID || value_candidates(r->a, r->rng, r->call->operation, p, r->entities, &list, NULL) != 0)
        return made;
    for (size_t i = 0; i < list.len; i++)
        if (id_shape_of(list.items[i].text) == shape && !sv_eq(list.items[i].text, now))
            return list.items[i].text;
    return made;
}

static bool add_missing(const struct repair *r, const struct parameter *p, const struct complaint *c,
                        struct param_value *v) {
    struct value_list list;
    struct sv hinted = better_value(r, p, c, SV_NONE);
    if (hinted.ptr == NULL && value_candidates(r->a, r->rng, r->call->operation, p, r->entities, &list, NULL) != 0)
        return false;
    *v = hinted.ptr != NULL ? (struct param_value){.text = hinted} : list.items[0];
    v->present = true;
    return true;
}

static bool mend(const struct repair *r, size_t i, const struct complaint *c) {
    const struct parameter *p = &r->call->operation->parameters[i];
    struct param_value *v = &r->call->values[i];
    if (!v->present)
        return add_missing(r, p, c, v);
    if (says_unknown(c->message) && !p->required && p->in != PARAM_PATH) {
        v->present = false;
        return true;
    }
    struct sv better = better_value(r, p, c, v->text);
    if (better.ptr == NULL && says_required(c->message) && v->text.len == 0)
        better = value_generate(r->a, r->rng, p);
    if (better.ptr == NULL && c->message.len > 0 && p->in != PARAM_PATH)
        better = next_candidate(r, p, v->text);
    if (better.ptr == NULL || sv_eq(better, v->text))
        return false;
    *v = (struct param_value){.text = known_id(r, p, better, v->text), .present = true};
    return true;
}

static bool place_fits(const struct parameter *p, struct sv in) {
    if (sv_starts_with_nocase(in, SV("query")))
        return p->in == PARAM_QUERY;
    if (sv_starts_with_nocase(in, SV("path")) || sv_eq_nocase(in, SV("params")))
        return p->in == PARAM_PATH;
    if (sv_starts_with_nocase(in, SV("header")))
        return p->in == PARAM_HEADER;
    return !sv_eq_nocase(in, SV("body")) || p->in == PARAM_BODY;
}

static struct sv leaf_name(struct sv name) {
    size_t dot = sv_rfind_char(name, '.');
    struct sv leaf = dot == SIZE_MAX ? name : sv_from_index(name, dot + 1);
    return sv_ends_with(leaf, SV("[]")) && leaf.len > 2 ? sv_slice(leaf, 0, leaf.len - 2) : leaf;
}

// Does the sentence name the parameter, as a word of its own?
static bool sentence_names(struct sv m, struct sv name) {
    if (name.len < 2)
        return false;
    while (m.len >= name.len) {
        size_t at = sv_find_nocase(m, name);
        if (at == SIZE_MAX)
            return false;
        bool left = at == 0 || !message_is_word(m.ptr[at - 1]) || m.ptr[at - 1] == '.';
        bool right = at + name.len >= m.len || !message_is_word(m.ptr[at + name.len]) || m.ptr[at + name.len] == '.' ||
                     m.ptr[at + name.len] == ':';
        if (left && right)
            return true;
        m = sv_from_index(m, at + 1);
    }
    return false;
}

// "start_date" as messages speak of it.
static struct sv spoken_into(struct sv name, char *out, size_t size) {
    if (name.len > size)
        return name;
    for (size_t i = 0; i < name.len; i++)
        out[i] = name.ptr[i] == '_' || name.ptr[i] == '-' ? ' ' : name.ptr[i];
    return sv_make(out, name.len);
}

static bool names_parameter(const struct complaint *c, const struct parameter *p) {
    char text[64];
    struct sv leaf = leaf_name(p->name), spoken = spoken_into(leaf, text, sizeof text);
    bool named = c->name.len > 0 ? names_alike(leaf, c->name) || names_alike(p->name, c->name)
                                 : sentence_names(c->message, leaf) || sentence_names(c->message, spoken);
    return named && (c->in.len == 0 || place_fits(p, c->in));
}

// "parsing time \"sample\" as …" names no parameter, but what it was given.
static bool quotes_value(struct sv m, struct sv value) {
    if (value.len < 3)
        return false;
    for (size_t at = sv_find(m, value); at != SIZE_MAX; at = sv_find(m, value)) {
        char before = at > 0 ? m.ptr[at - 1] : 0, after = at + value.len < m.len ? m.ptr[at + value.len] : 0;
        bool opened = before == '"' || before == '\'' || before == '[' || before == '`';
        if (opened && (after == '"' || after == '\'' || after == ']' || after == '`'))
            return true;
        m = sv_from_index(m, at + value.len);
    }
    return false;
}

static bool apply(const struct repair *r, const struct complaint *c) {
    const struct operation *op = r->call->operation;
    bool changed = false, named = false;
    for (size_t i = 0; i < op->parameter_count; i++) {
        if (!names_parameter(c, &op->parameters[i]))
            continue;
        named = true;
        changed = mend(r, i, c) || changed;
    }
    for (size_t i = 0; i < op->parameter_count && !named && c->name.len == 0; i++) {
        const struct param_value *v = &r->call->values[i];
        if (v->present && !v->raw && quotes_value(c->message, v->text))
            changed = mend(r, i, c) || changed;
    }
    return changed;
}

static bool has_named(const struct complaint_list *list) {
    for (size_t i = 0; i < list->len; i++)
        if (list->items[i].name.len > 0)
            return true;
    return false;
}

// One word for each parameter: the first complaint is about what was tested first.
static bool is_repeated(const struct complaint_list *list, size_t index) {
    const struct complaint *c = &list->items[index];
    for (size_t i = 0; i < index; i++)
        if (sv_eq(list->items[i].name, c->name) && sv_eq(list->items[i].in, c->in))
            return true;
    return false;
}

bool values_repair(struct arena *a, struct rng *rng, struct call *c, const struct entity_pool *entities,
                   const struct exchange *x) {
    if (!exchange_answered(x) || x->response.status < 400 || x->response.status >= 500)
        return false;
    struct complaint_list list;
    complaints_read(a, x, c->operation, &list);
    struct repair r = {a, rng, c, entities};
    bool changed = false;
    for (size_t i = 0; i < list.len; i++)
        if (list.items[i].name.len > 0 && !is_repeated(&list, i))
            changed = apply(&r, &list.items[i]) || changed;
    // A sentence above the list says less exactly what the list says.
    bool named = has_named(&list);
    for (size_t i = 0; i < list.len && (!named || !changed); i++)
        if (list.items[i].name.len == 0)
            changed = apply(&r, &list.items[i]) || changed;
    return changed;
}

static bool has_parameter(const struct operation *op, struct sv name) {
    for (size_t i = 0; i < op->parameter_count; i++)
        if (sv_ends_with(name, SV("[]")) ? sv_eq(op->parameters[i].name, name)
                                         : names_alike(op->parameters[i].name, name))
            return true;
    return false;
}

static int grow(struct arena *a, struct operation *op, struct sv name, enum param_in in, struct error *err) {
    struct parameter *grown = arena_new_array(a, struct parameter, op->parameter_count + 1);
    struct schema *schema = arena_new(a, struct schema);
    name = arena_copy_sv(a, name);
    if (grown == NULL || schema == NULL || name.ptr == NULL)
        return error_nomem(err);
    if (op->parameter_count > 0)
        memcpy(grown, op->parameters, op->parameter_count * sizeof *grown);
    grown[op->parameter_count++] =
        (struct parameter){.name = name, .in = in, .required = true, .observed = true, .schema = schema};
    op->parameters = grown;
    return 0;
}

// The list that a refusal shows is the enumeration of a parameter that nobody described.
static int learn_choices(struct arena *a, struct operation *op, const struct complaint *c, struct error *err) {
    struct sv words[LEARNED_CHOICES];
    size_t count = message_choices(c->message, words, LEARNED_CHOICES);
    for (size_t i = 0; i < op->parameter_count && count > 1; i++) {
        const struct parameter *p = &op->parameters[i];
        if (!p->observed || p->in == PARAM_PATH || p->schema->enum_count > 0 || !names_parameter(c, p))
            continue;
        struct sv *enums = arena_new_array(a, struct sv, count);
        if (enums == NULL)
            return error_nomem(err);
        for (size_t k = 0; k < count; k++) {
            enums[k] = arena_printf(a, "\"" SV_FMT "\"", SV_ARG(words[k]));
            if (enums[k].ptr == NULL)
                return error_nomem(err);
        }
        p->schema->enums = enums;
        p->schema->enum_count = count;
    }
    return 0;
}

static int learn_missing(struct arena *a, struct operation *op, const struct complaint *c, struct error *err) {
    struct sv names[MISSING_MAX];
    size_t count = complaint_missing(a, c, names);
    enum param_in in = sv_starts_with_nocase(c->in, SV("header")) ? PARAM_HEADER : PARAM_QUERY;
    for (size_t k = 0; k < count && op->parameter_count < LEARNED_MAX; k++) {
        int r = has_parameter(op, names[k]) ? 0 : grow(a, op, names[k], in, err);
        if (r != 0)
            return r;
    }
    return 0;
}

int values_learn(struct arena *a, struct operation *op, const struct exchange *x, struct error *err) {
    bool refused = exchange_answered(x) && (x->response.status == 400 || x->response.status == 422);
    if (!refused || !sv_eq(op->method, SV("GET")))
        return 0;
    struct complaint_list list;
    complaints_read(a, x, op, &list);
    bool named = has_named(&list);
    int r = 0;
    for (size_t i = 0; i < list.len && r == 0; i++) {
        r = learn_choices(a, op, &list.items[i], err);
        if (r == 0 && (!named || list.items[i].name.len > 0))
            r = learn_missing(a, op, &list.items[i], err);
    }
    return r;
}
