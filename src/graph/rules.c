// SPDX-License-Identifier: Apache-2.0
// From the trees of data/facts.yaml and data/graph.yaml to rules. Atoms are written as text: kind(subject, name=value, ...).
#include "data/knowledge.h"
#include "graph/graph_internal.h"

struct reader {
    struct arena *a;
    struct graph_rules *g;
    struct rule *rule; // whose variables are collected
    struct sv entry;   // id, for messages
    struct error *err;
};

symbol symbol_find(const struct map *symbols, struct sv text) {
    return (symbol)(uintptr_t)map_find(symbols, text);
}

static symbol symbol_make(struct reader *rd, struct sv text) {
    symbol s = symbol_find(&rd->g->symbols, text);
    if (s != 0)
        return s;
    if (text.ptr == NULL)
        text = SV("");
    if (!VEC_PUSH(rd->a, &rd->g->names, text))
        return 0;
    s = (symbol)rd->g->names.len;
    return map_set(rd->a, &rd->g->symbols, text, (void *)(uintptr_t)s) ? s : 0;
}

const struct kind *kind_find(const struct graph_rules *g, symbol name) {
    for (size_t i = 0; i < g->kinds.len; i++) {
        if (g->kinds.ptr[i].name == name)
            return &g->kinds.ptr[i];
    }
    return NULL;
}

static int refuse(struct reader *rd, const char *what, struct sv text) {
    return error_set(rd->err, ERR_SYNTAX, "graph rules, entry " SV_FMT ": %s: " SV_FMT, SV_ARG(rd->entry), what, SV_ARG(text));
}

static int read_variable(struct reader *rd, struct sv name, struct term *ret) {
    struct rule *r = rd->rule;
    bool anonymous = sv_eq(name, SV("_"));
    for (size_t i = 0; i < r->variable_count && !anonymous; i++) {
        if (sv_eq(r->variables[i], name)) {
            *ret = (struct term){.is_variable = true, .id = (uint32_t)i};
            return 0;
        }
    }
    if (r->variable_count == VARS_MAX)
        return refuse(rd, "too many variables", name);
    *ret = (struct term){.is_variable = true, .id = (uint32_t)r->variable_count};
    r->variables[r->variable_count++] = name;
    return 0;
}

static int read_term(struct reader *rd, struct sv text, struct term *ret) {
    if (sv_starts_with(text, SV("?")) || sv_eq(text, SV("_")))
        return read_variable(rd, sv_starts_with(text, SV("?")) ? sv_from_index(text, 1) : text, ret);
    ret->is_variable = false;
    ret->id = symbol_make(rd, text);
    return ret->id != 0 ? 0 : error_nomem(rd->err);
}

static int read_argument(struct reader *rd, struct sv text, struct pattern *p) {
    size_t equals = sv_find_char(text, '=');
    if (equals == SIZE_MAX || equals == 0)
        return refuse(rd, "an argument needs a name", text);
    if (p->arg_count == FACT_ARGS_MAX)
        return refuse(rd, "too many arguments", text);
    struct named_term *t = &p->args[p->arg_count++];
    t->name = symbol_make(rd, sv_trim(sv_slice(text, 0, equals)));
    if (t->name == 0)
        return error_nomem(rd->err);
    return read_term(rd, sv_trim(sv_from_index(text, equals + 1)), &t->value);
}

static int read_pattern(struct reader *rd, struct sv text, enum need need, struct pattern *ret) {
    size_t open = sv_find_char(text, '(');
    if (open == SIZE_MAX || open == 0 || !sv_ends_with(text, SV(")")))
        return refuse(rd, "not an atom", text);
    *ret = (struct pattern){.need = need, .kind = symbol_make(rd, sv_slice(text, 0, open))};
    if (ret->kind == 0)
        return error_nomem(rd->err);
    struct sv rest = sv_slice(text, open + 1, text.len - 1);
    struct sv part;
    int code = 0;
    for (bool first = true; code == 0 && sv_split(&rest, ',', &part); first = false) {
        if (first)
            code = read_term(rd, sv_trim(part), &ret->subject);
        else
            code = read_argument(rd, sv_trim(part), ret);
    }
    return code;
}

static int read_body_entry(struct reader *rd, const struct node *n, struct pattern *ret) {
    if (node_is(n, NODE_STRING))
        return read_pattern(rd, n->text, NEED_TRUE, ret);
    struct sv assumed = node_get_text(n, SV("assume"));
    struct sv negated = node_get_text(n, SV("not"));
    if ((assumed.len > 0) == (negated.len > 0))
        return refuse(rd, "a body entry is an atom, or has one of assume and not", SV_NONE);
    return read_pattern(rd, assumed.len > 0 ? assumed : negated, assumed.len > 0 ? NEED_ASSUMED : NEED_FALSE, ret);
}

// A head whose variables the body does not bind would hold for everything.
static int check_head(struct reader *rd, size_t variables_of_body) {
    return rd->rule->variable_count == variables_of_body
               ? 0
               : refuse(rd, "the head has a variable that the body does not bind", rd->rule->variables[variables_of_body]);
}

static int read_rule(struct reader *rd, const struct node *n) {
    struct rule r = {.id = node_get_text(n, SV("id")), .text = node_get_text(n, SV("text")), .label = node_get_text(n, SV("label"))};
    rd->entry = r.id;
    rd->rule = &r;
    const struct node *body = node_get(n, SV("body"));
    if (r.id.len == 0 || r.text.len == 0 || !node_is(body, NODE_ARRAY) || body->count == 0 || body->count > BODY_MAX)
        return refuse(rd, "a rule needs id, text, head and a body of at most 8 atoms", SV_NONE);
    for (const struct node *b = body->first; b != NULL; b = b->next) {
        int code = read_body_entry(rd, b, &r.body[r.body_count++]);
        if (code != 0)
            return code;
    }
    size_t bound = r.variable_count;
    int code = read_pattern(rd, node_get_text(n, SV("head")), NEED_TRUE, &r.head);
    if (code == 0)
        code = check_head(rd, bound);
    if (code != 0)
        return code;
    return VEC_PUSH(rd->a, &rd->g->rules, r) ? 0 : error_nomem(rd->err);
}

static int read_kind(struct reader *rd, const struct node *n) {
    rd->entry = node_get_text(n, SV("kind"));
    struct kind k = {
        .name = symbol_make(rd, rd->entry),
        .subject_type = node_get_text(n, SV("subject")),
        .text = node_get_text(n, SV("text")),
        .label = node_get_text(n, SV("label")),
        .assumption = node_get_text(n, SV("assumption")),
        .settle = node_get_text(n, SV("settle")),
        .stand_in = node_get_text(n, SV("stand_in")),
        .is_leaf = !node_get_bool(n, SV("derived"), false),
        .hidden = node_get_bool(n, SV("hidden"), false),
    };
    if (rd->entry.len == 0 || k.subject_type.len == 0 || k.text.len == 0)
        return refuse(rd, "a kind needs kind, subject and text", SV_NONE);
    if ((k.assumption.len > 0) != (k.settle.len > 0))
        return refuse(rd, "what may be assumed needs assumption and settle", SV_NONE);
    if (k.name == 0)
        return error_nomem(rd->err);
    return VEC_PUSH(rd->a, &rd->g->kinds, k) ? 0 : error_nomem(rd->err);
}

static int read_goal(struct reader *rd, const struct node *n) {
    struct rule scratch = {0};
    struct goal g = {.id = node_get_text(n, SV("id")), .title = node_get_text(n, SV("title"))};
    rd->entry = g.id;
    rd->rule = &scratch;
    int code = read_pattern(rd, node_get_text(n, SV("atom")), NEED_TRUE, &g.atom);
    if (code != 0)
        return code;
    return VEC_PUSH(rd->a, &rd->g->goals, g) ? 0 : error_nomem(rd->err);
}

static int read_fix(struct reader *rd, const struct node *n) {
    int64_t cost = 0;
    struct fix f = {.id = node_get_text(n, SV("id")), .advice = node_get_text(n, SV("advice"))};
    rd->entry = f.id;
    const struct node *removes = node_get(n, SV("removes"));
    size_t room = sizeof f.removes / sizeof f.removes[0];
    if (node_to_i64(node_get(n, SV("cost")), &cost) != 0 || cost < 1 || cost > 9 || f.advice.len == 0 || !node_is(removes, NODE_ARRAY) ||
        removes->count > room)
        return refuse(rd, "a fix needs id, advice, cost 1 to 9 and what it removes", SV_NONE);
    f.cost = (unsigned)cost;
    for (const struct node *k = removes->first; k != NULL; k = k->next) {
        symbol s = symbol_find(&rd->g->symbols, k->text);
        if (s == 0 || kind_find(rd->g, s) == NULL)
            return refuse(rd, "removes an unknown kind", k->text);
        f.removes[f.remove_count++] = s;
    }
    return VEC_PUSH(rd->a, &rd->g->fixes, f) ? 0 : error_nomem(rd->err);
}

static int read_list(struct reader *rd, const struct node *root, struct sv name, int (*read)(struct reader *rd, const struct node *n)) {
    rd->entry = name;
    const struct node *list = node_get(root, name);
    if (!node_is(list, NODE_ARRAY))
        return refuse(rd, "the list is missing", SV_NONE);
    for (const struct node *n = list->first; n != NULL; n = n->next) {
        int code = read(rd, n);
        if (code != 0)
            return code;
    }
    return 0;
}

// Every atom of a body is either a fact or the head of some rule; else it is a slip of the pen and the rule is dead.
static int check_bodies(struct reader *rd) {
    const struct graph_rules *g = rd->g;
    for (size_t i = 0; i < g->rules.len; i++) {
        const struct rule *r = &g->rules.ptr[i];
        rd->entry = r->id;
        for (size_t k = 0; k < r->body_count; k++) {
            const struct kind *kind = kind_find(g, r->body[k].kind);
            bool known = kind != NULL && kind->is_leaf;
            for (size_t h = 0; h < g->rules.len && !known; h++)
                known = g->rules.ptr[h].head.kind == r->body[k].kind;
            if (!known)
                return refuse(rd, "nothing produces", g->names.ptr[r->body[k].kind - 1]);
            if (r->body[k].need == NEED_ASSUMED && (kind == NULL || kind->assumption.len == 0))
                return refuse(rd, "may not be assumed", g->names.ptr[r->body[k].kind - 1]);
        }
    }
    return 0;
}

int graph_rules_read(struct arena *a, const struct node *facts, const struct node *graph, const struct graph_rules **ret, struct error *err) {
    struct graph_rules *g = arena_new(a, struct graph_rules);
    if (g == NULL)
        return error_nomem(err);
    struct reader rd = {.a = a, .g = g, .err = err};
    int code = read_list(&rd, facts, SV("kinds"), read_kind);
    if (code == 0)
        code = read_list(&rd, graph, SV("rules"), read_rule);
    if (code == 0)
        code = read_list(&rd, graph, SV("goals"), read_goal);
    if (code == 0)
        code = read_list(&rd, graph, SV("fixes"), read_fix);
    if (code == 0)
        code = check_bodies(&rd);
    if (code != 0)
        return code;
    *ret = g;
    return 0;
}

int graph_rules_load(struct arena *a, const struct graph_rules **ret, struct error *err) {
    struct node *facts = NULL;
    struct node *graph = NULL;
    int code = knowledge_load(a, SV("facts"), &facts, err);
    if (code == 0)
        code = knowledge_load(a, SV("graph"), &graph, err);
    return code != 0 ? code : graph_rules_read(a, facts, graph, ret, err);
}
