// SPDX-License-Identifier: Apache-2.0
// Where an injection can be tried, and with which good value.
#include "checks/support/inject.h"

#include "checks/support/url_params.h"
#include "checks/support/words.h"
#include "http/header.h"

enum { SEED_MAX = 120, OPERATIONS_READ = 24, WALK_MAX = 4000, SCRATCH_MAX = 64 * 1024 * 1024 };

static bool is_candidate(const struct parameter *p) {
    static const struct sv skipped[] = {SV_INIT("Authorization"),    SV_INIT("Accept"),        SV_INIT("Content-Type"), SV_INIT("Content-Length"), SV_INIT("Host"),
                                        SV_INIT("Accept-Encoding"), SV_INIT("Cache-Control"), SV_INIT("If-None-Match"), SV_INIT("Range")};
    if ((p->in == PARAM_HEADER || p->in == PARAM_COOKIE) && p->observed) return false;
    for (size_t i = 0; p->in == PARAM_HEADER && i < sizeof skipped / sizeof *skipped; i++) {
        if (sv_eq_nocase(p->name, skipped[i])) return false;
    }
    if (p->name.len == 0 || sv_eq(p->schema->format, SV("binary"))) return false;
    uint32_t types = p->schema->types;
    return types == 0 || (types & (TYPE_STRING | TYPE_INTEGER | TYPE_NUMBER)) != 0;
}

bool inject_nothing_to_ask(struct check_run *run, const struct operation *op) {
    bool any = false;
    for (size_t i = 0; i < op->parameter_count; i++) any = any || is_candidate(&op->parameters[i]);
    if (!any) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "takes no value");
        return true;
    }
    size_t who = best_identity(run, op);
    const struct baseline *b = check_baseline(run, op, who == SIZE_MAX ? 0 : who);
    if (b->state != BASELINE_GOOD) {
        check_coverage(run, op, b->answer == NULL ? COVERAGE_NOT_TESTED : COVERAGE_INCONCLUSIVE, "no good answer to compare with");
        return true;
    }
    return check_operation_is_documentation(run, op);
}

bool inject_name_in(struct check_run *run, const char *list, struct sv name) {
    size_t dot = sv_rfind_char(name, '.');
    struct word w = word_of(dot == SIZE_MAX ? name : sv_from_index(name, dot + 1));
    return words_have(node_get(check_knowledge(run, "injection/points"), sv_from(list)), &w);
}

// -- seeds -----------------------------------------------------------------------------------------------------------------------------

static bool is_usable(struct sv v) {
    if (v.len == 0 || v.len > SEED_MAX || sv_contains(v, SV("{{"))) return false;
    for (size_t i = 0; i < v.len; i++) {
        if ((unsigned char)v.ptr[i] < 0x20) return false;
    }
    return true;
}

// First scalar below `n` whose key is `key` (compared without case and punctuation).
static struct sv value_of_key(const struct node *n, const struct word *key, unsigned *left) {
    for (const struct node *c = n->first; c != NULL && *left > 0; c = c->next) {
        (*left)--;
        struct word w = n->kind == NODE_OBJECT ? word_of(c->key) : (struct word){.len = 0};
        bool scalar = c->kind == NODE_STRING || c->kind == NODE_NUMBER;
        if (scalar && w.len > 0 && w.len == key->len && memcmp(w.text, key->text, w.len) == 0 && is_usable(c->text)) return c->text;
        struct sv inner = c->first != NULL ? value_of_key(c, key, left) : SV_NONE;
        if (inner.len > 0) return inner;
    }
    return SV_NONE;
}

static bool is_letter(char c) {
    c = sv_lower_char(c);
    return c >= 'a' && c <= 'z';
}

// The first word of letters in a text of the answer: what a search may find.
static struct sv some_word(const struct node *n, unsigned *left) {
    for (const struct node *c = n->first; c != NULL && *left > 0; c = c->next) {
        (*left)--;
        if (c->kind == NODE_STRING && is_usable(c->text)) {
            size_t end = 0;
            while (end < c->text.len && is_letter(c->text.ptr[end])) end++;
            if (end >= 3) return sv_slice(c->text, 0, end);
        }
        struct sv inner = c->first != NULL ? some_word(c, left) : SV_NONE;
        if (inner.len > 0) return inner;
    }
    return SV_NONE;
}

// A column: a key of the members of the first list.
static struct sv some_key(const struct node *n, unsigned *left) {
    if (n->kind == NODE_ARRAY && n->first != NULL && n->first->kind == NODE_OBJECT) {
        struct sv last = SV_NONE;
        for (const struct node *c = n->first->first; c != NULL; c = c->next) {
            if (c->kind == NODE_STRING) return c->key;
            if (c->kind == NODE_NUMBER) last = c->key;
        }
        return last;
    }
    for (const struct node *c = n->first; c != NULL && *left > 0; c = c->next) {
        (*left)--;
        struct sv inner = c->first != NULL ? some_key(c, left) : SV_NONE;
        if (inner.len > 0) return inner;
    }
    return SV_NONE;
}

static struct node *json_of(struct arena *a, const struct exchange *x) {
    struct node *root = NULL;
    if (!exchange_answered(x) || x->response.body.len == 0 || node_parse_json(a, x->response.body, &node_limits_response, &root, NULL) != 0) return NULL;
    return root;
}

// Lists, and none of them holds anything.
static void count_lists(const struct node *n, unsigned depth, size_t *lists, size_t *filled) {
    if (n->kind == NODE_ARRAY) {
        (*lists)++;
        *filled += n->first != NULL;
    }
    for (const struct node *c = n->first; c != NULL && depth < 3; c = c->next) count_lists(c, depth + 1, lists, filled);
}

static bool holds_nothing(const struct exchange *x) {
    auto_arena a = {0};
    arena_init(&a, SCRATCH_MAX);
    const struct node *root = json_of(&a, x);
    size_t lists = 0, filled = 0;
    if (root != NULL) count_lists(root, 0, &lists, &filled);
    return lists > 0 && filled == 0;
}

static struct sv read_seed(struct check_run *run, const struct parameter *p, const struct node *root) {
    unsigned left = WALK_MAX;
    if (inject_name_in(run, "order", p->name)) return some_key(root, &left);
    struct word key = word_of(p->name);
    struct sv v = key.len == 0 ? SV_NONE : value_of_key(root, &key, &left);
    left = WALK_MAX;
    return v.len == 0 && inject_name_in(run, "search", p->name) ? some_word(root, &left) : v;
}

// A value that answers have shown for this parameter: its own operation's first, then others'.
static struct sv seen_value(struct check_run *run, struct arena *a, const struct operation *op, const struct parameter *p, size_t identity) {
    // Not in `a`: knowledge that is read meanwhile stays there.
    auto_arena scratch = {0};
    arena_init(&scratch, SCRATCH_MAX);
    const struct api *api = check_api(run);
    struct sv found = SV_NONE;
    for (size_t i = 0; i <= api->operation_count && i < OPERATIONS_READ && found.len == 0; i++) {
        const struct operation *o = i == 0 ? op : api->operations[i - 1];
        const struct node *root = json_of(&scratch, check_baseline(run, o, identity)->answer);
        if (root != NULL) found = read_seed(run, p, root);
    }
    return found.len == 0 ? SV_NONE : arena_copy_sv(a, found);
}

static bool is_word(struct sv v) {
    for (size_t i = 0; i < v.len; i++) {
        if (!is_letter(v.ptr[i]) && v.ptr[i] != '_' && (i == 0 || v.ptr[i] < '0' || v.ptr[i] > '9')) return false;
    }
    return v.len > 0 && v.len <= 64;
}

static struct sv choose_seed(struct check_run *run, struct arena *a, const struct inject_point *p, bool *ret_asked) {
    const struct parameter *param = &p->op->parameters[p->parameter];
    const struct param_value *v = &p->baseline->call.values[p->parameter];
    bool empty = holds_nothing(p->baseline->answer);
    *ret_asked = v->present && v->text.len > 0;
    if (*ret_asked && !(empty && param->in != PARAM_PATH)) return v->text;
    struct sv seen = seen_value(run, a, p->op, param, p->identity);
    if (seen.len == 0 && *ret_asked) return v->text;
    *ret_asked = *ret_asked && sv_eq(seen, v->text);
    if (seen.len > 0) return seen;
    if (param->example.len > 0) return param->example;
    if (param->schema->types != 0 && (param->schema->types & TYPE_STRING) == 0) return inject_name_in(run, "size", param->name) ? SV("5") : SV("1");
    return inject_name_in(run, "order", param->name) ? SV("id") : SV("a");
}

bool inject_point_find(struct check_run *run, struct arena *a, const struct operation *op, size_t parameter, struct inject_point *ret) {
    size_t who = best_identity(run, op);
    if (who == SIZE_MAX || !is_candidate(&op->parameters[parameter])) return false;
    *ret = (struct inject_point){.op = op, .parameter = parameter, .identity = who, .baseline = check_baseline(run, op, who)};
    if (ret->baseline->state != BASELINE_GOOD) return false;
    ret->seed = choose_seed(run, a, ret, &ret->asked);
    if (!is_usable(ret->seed) || call_copy(a, &ret->baseline->call, &ret->call, NULL) != 0) return false;
    ret->call.values[parameter] = (struct param_value){.text = ret->seed, .present = true};
    ret->number = sv_is_digits(ret->seed) && ret->seed.len <= 9 && (ret->seed.ptr[0] != '0' || ret->seed.len == 1);
    ret->name = is_word(ret->seed) && inject_name_in(run, "order", op->parameters[parameter].name);
    return true;
}
