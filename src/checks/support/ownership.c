// SPDX-License-Identifier: Apache-2.0
#include "checks/support/ownership.h"

#include <errno.h>

#include "base/vec.h"
#include "checks/support/words.h"
#include "http/url.h"

static uint32_t bit_of(size_t identity) {
    return identity < 32 ? UINT32_C(1) << identity : 0;
}

// Where "{name}" begins in the template, SIZE_MAX when it is not there.
static size_t place_of(const struct operation *op, const struct parameter *p) {
    for (size_t at = 0; at + p->name.len + 2 <= op->path.len; at++) {
        if (op->path.ptr[at] == '{' && sv_starts_with(sv_from_index(op->path, at + 1), p->name) && op->path.ptr[at + 1 + p->name.len] == '}') return at;
    }
    return SIZE_MAX;
}

static bool names_object(struct arena *a, const struct operation *op, const struct parameter *p) {
    if (p->schema->enum_count > 0 || p->name.len == 0 || p->name.len > 60) return false;
    if (p->in == PARAM_PATH) return true;
    if (p->in == PARAM_HEADER && (sv_eq_nocase(p->name, SV("X-Request-Id")) || sv_eq_nocase(p->name, SV("X-Correlation-Id")))) return false;
    return entity_of_parameter(a, op, p).len > 0;
}

size_t ownership_parameters(struct check_run *run, struct arena *a, const struct operation *op, size_t ret[OBJECT_PARAMETERS_MAX]) {
    size_t count = 0, places[OBJECT_PARAMETERS_MAX];
    (void)run;
    for (int path = 1; path >= 0; path--) {
        for (size_t i = 0; i < op->parameter_count && count < OBJECT_PARAMETERS_MAX; i++) {
            const struct parameter *p = &op->parameters[i];
            if ((p->in == PARAM_PATH) != (path == 1) || !names_object(a, op, p)) continue;
            size_t place = path == 1 ? place_of(op, p) : SIZE_MAX, at = count;
            if (path == 1 && place == SIZE_MAX) continue;
            for (; path == 1 && at > 0 && places[at - 1] > place; at--) {
                places[at] = places[at - 1];
                ret[at] = ret[at - 1];
            }
            places[at] = place;
            ret[at] = i;
            count++;
        }
    }
    return count;
}

// The value of a path parameter in a target that begins as the template does: 17 for {user} of "/users/{user}/orders/{id}" in "/users/17/orders".
static struct sv value_in_target(struct arena *a, const struct operation *op, const struct parameter *p, struct sv target) {
    struct sv rest = sv_slice(target, 0, sv_find_char(target, '?')), template = op->path, part, segment;
    while (template.ptr != NULL && rest.ptr != NULL && sv_split(&template, '/', &part) && sv_split(&rest, '/', &segment)) {
        bool names = part.len > 2 && part.ptr[0] == '{' && part.ptr[part.len - 1] == '}';
        if (names && segment.len == 0) return SV_NONE;
        if (names && sv_eq(sv_slice(part, 1, part.len - 1), p->name)) return url_decode(a, segment, false);
        if (!names && !sv_eq(part, segment)) return SV_NONE;
    }
    return SV_NONE;
}

static void set_value(struct call *c, size_t parameter, struct sv value) {
    if (value.ptr != NULL) c->values[parameter] = (struct param_value){.text = value, .present = true};
}

static struct sv own_id(struct check_run *run, const struct operation *op, size_t parameter, uint16_t a, uint16_t other, size_t n) {
    const struct entity_id *id = entity_pool_owned(check_entities(run), op, &op->parameters[parameter], bit_of(a), bit_of(other) | 1, n);
    return id == NULL ? SV_NONE : id->value;
}

// The parent under which the child was seen, else one that the identity's baseline used, else any of its own.
static struct sv parent_value(struct check_run *run, struct arena *arena, const struct operation *op, size_t parent, const struct entity_id *child,
                              uint16_t a, uint16_t other) {
    struct sv seen = value_in_target(arena, op, &op->parameters[parent], child->source_target);
    if (seen.len > 0) return seen;
    const struct baseline *b = check_baseline(run, op, a);
    struct sv used = b->call.values != NULL && b->call.values[parent].present ? b->call.values[parent].text : SV_NONE;
    if (used.len > 0 && (entity_pool_listed_by(check_entities(run), used) & bit_of(a)) != 0) return used;
    struct sv own = own_id(run, op, parent, a, other, 0);
    return own.ptr != NULL ? own : used;
}

bool ownership_call(struct check_run *run, struct arena *arena, const struct operation *op, size_t parameter, uint16_t a, uint16_t other, size_t n,
                    struct call *ret) {
    const struct baseline *b = check_baseline(run, op, a);
    const struct entity_id *id = entity_pool_owned(check_entities(run), op, &op->parameters[parameter], bit_of(a), bit_of(other) | 1, n);
    if (id == NULL || b->call.values == NULL || call_copy(arena, &b->call, ret, NULL) != 0) return false;
    size_t all[OBJECT_PARAMETERS_MAX], count = ownership_parameters(run, arena, op, all);
    for (size_t i = 0; i < count; i++) {
        bool needed = op->parameters[all[i]].in == PARAM_PATH || ret->values[all[i]].present;
        if (all[i] == parameter) set_value(ret, parameter, id->value);
        else if (needed) set_value(ret, all[i], parent_value(run, arena, op, all[i], id, a, other));
    }
    return true;
}

bool ownership_under_own_parent(struct check_run *run, struct arena *arena, const struct call *child, size_t parameter, uint16_t a, uint16_t b,
                                struct call *ret) {
    const struct operation *op = child->operation;
    size_t all[OBJECT_PARAMETERS_MAX], count = ownership_parameters(run, arena, op, all);
    bool changed = false;
    if (call_copy(arena, child, ret, NULL) != 0) return false;
    for (size_t i = 0; i < count && all[i] != parameter; i++) {
        struct sv own = own_id(run, op, all[i], b, a, 0);
        changed = changed || own.ptr != NULL;
        set_value(ret, all[i], own);
    }
    return changed;
}

static bool add_privates(struct arena *a, struct value_set *set, const struct signs *s) {
    for (size_t i = 0; i < s->value_count; i++) {
        uint64_t *grown = vec_grow(a, set->ptr, set->len, &set->cap, sizeof *grown);
        if (set->cap <= set->len) return false;
        set->ptr = grown;
        set->ptr[set->len++] = s->values[i];
    }
    return true;
}

// Did the baseline name no object, so that its answer is the identity's own view?
static bool names_nothing(struct check_run *run, const struct operation *op, const struct baseline *b) {
    auto_arena a = {.limit = (size_t)1 << 20};
    size_t all[OBJECT_PARAMETERS_MAX], count = ownership_parameters(run, &a, op, all);
    for (size_t i = 0; i < count; i++) {
        if (b->call.values == NULL || b->call.values[all[i]].present) return false;
    }
    return true;
}

int ownership_views(struct check_run *run, struct arena *a, uint16_t identity, struct views *ret, struct error *err) {
    const struct api *api = check_api(run);
    *ret = (struct views){0};
    for (size_t i = 0; i < api->operation_count; i++) {
        const struct operation *op = api->operations[i];
        const struct baseline *b = check_baseline(run, op, identity);
        if (b->state != BASELINE_GOOD || b->answer == NULL || sv_find_char(op->path, '{') != SIZE_MAX || !names_nothing(run, op, b)) continue;
        auto_arena scratch = {.limit = (size_t)64 << 20};
        struct signs s;
        int r = signs_read(run, &scratch, b->answer, &s, err);
        if (r != 0) return r;
        if (!value_set_add(a, &ret->values, &b->signature) || !add_privates(a, &ret->privates, &s)) return error_nomem(err);
    }
    value_set_sort(&ret->values);
    value_set_sort(&ret->privates);
    return 0;
}

int ownership_views_once(struct check_run *run, uint16_t identity, struct views **slot, const struct views **ret, struct error *err) {
    if (*slot == NULL) {
        struct views *fresh = arena_new(check_arena(run), struct views);
        if (fresh == NULL) return error_nomem(err);
        int r = ownership_views(run, check_arena(run), identity, fresh, err);
        if (r != 0) return r;
        *slot = fresh;
    }
    *ret = *slot;
    return 0;
}

static const struct operation *collection_of(struct check_run *run, const struct operation *op, size_t parameter) {
    size_t at = place_of(op, &op->parameters[parameter]);
    if (at == SIZE_MAX || at < 2) return NULL;
    struct sv above = sv_slice(op->path, 0, at - 1);
    const struct api *api = check_api(run);
    for (size_t i = 0; i < api->operation_count; i++) {
        const struct operation *other = api->operations[i];
        struct sv path = other->path.len > 1 && sv_ends_with(other->path, SV("/")) ? sv_slice(other->path, 0, other->path.len - 1) : other->path;
        if (sv_eq(other->method, SV("GET")) && sv_eq(path, above)) return other;
    }
    return NULL;
}

bool ownership_collection_is_scoped(struct check_run *run, const struct operation *op, size_t parameter, uint16_t a, uint16_t b) {
    const struct operation *list = collection_of(run, op, parameter);
    if (list == NULL || sv_find_char(list->path, '{') != SIZE_MAX) return false;
    const struct baseline *x = check_baseline(run, list, a), *y = check_baseline(run, list, b);
    if (x->state != BASELINE_GOOD || y->state != BASELINE_GOOD || check_baseline(run, list, 0)->state == BASELINE_GOOD) return false;
    // The list of each is the same when asked again, and of one form.
    if (x->volatility.form_volatile || y->volatility.form_volatile || x->volatility.len > 2 || y->volatility.len > 2) return false;
    const struct parameter *p = &op->parameters[parameter];
    bool own = own_id(run, op, parameter, a, b, 0).ptr != NULL && own_id(run, op, parameter, b, a, 0).ptr != NULL;
    for (size_t n = 0; own && n < 50; n++) {
        const struct entity_id *id = entity_pool_owned(check_entities(run), op, p, bit_of(a), 0, n);
        if (id == NULL) break;
        if ((id->listed_by & bit_of(b)) != 0) own = false; // shown to both
    }
    return own;
}

static bool describes(struct check_run *run, const struct operation *op, struct sv list) {
    const struct node *phrases = words_list(check_knowledge(run, "access"), list);
    return words_in_text(phrases, op->summary) || words_in_text(phrases, op->description);
}

bool ownership_is_described(struct check_run *run, const struct operation *op) {
    struct sv rest = op->path, segment;
    while (sv_split(&rest, '/', &segment)) {
        if (sv_eq_nocase(segment, SV("my")) || sv_eq_nocase(segment, SV("me")) || sv_eq_nocase(segment, SV("mine"))) return true;
    }
    return describes(run, op, SV("ownership_phrases"));
}

bool ownership_is_shared(struct check_run *run, const struct operation *op, bool far) {
    if (describes(run, op, SV("ownership_phrases"))) return false;
    for (size_t i = 0; i < op->tag_count; i++) {
        if (sv_eq_nocase(op->tags[i], SV("public"))) return true;
    }
    if (!describes(run, op, SV("sharing_phrases"))) return false;
    bool everybody = sv_contains_nocase(op->description, SV("public")) || sv_contains_nocase(op->summary, SV("public")) ||
                     sv_contains_nocase(op->description, SV("every")) || sv_contains_nocase(op->summary, SV("every"));
    return !far || everybody;
}

struct sv ownership_place(struct arena *a, const struct operation *op, size_t parameter) {
    size_t at = place_of(op, &op->parameters[parameter]);
    if (at == SIZE_MAX) return SV_NONE;
    struct sv until = sv_slice(op->path, 0, at + op->parameters[parameter].name.len + 2);
    return path_template_nameless(a, until);
}

static bool has_owner(const struct check_run *run, const struct signs *s, struct sv text) {
    uint64_t h = signs_owner_hash(run, text);
    for (size_t i = 0; i < s->owner_count; i++) {
        if (s->owner_values[i] == h) return true;
    }
    return false;
}

static bool owner_stands_in(const struct check_run *run, const struct signs *s, const struct node *n, unsigned depth) {
    for (const struct node *c = n->kind == NODE_OBJECT && depth < 3 ? n->first : NULL; c != NULL; c = c->next) {
        bool scalar = c->kind == NODE_STRING || c->kind == NODE_NUMBER;
        if (scalar ? c->text.len > 0 && has_owner(run, s, c->text) : owner_stands_in(run, s, c, depth + 1)) return true;
    }
    return false;
}

bool ownership_is_about_caller(struct check_run *run, struct sv path) {
    static const struct sv places[] = {SV_INIT("/account"), SV_INIT("/user"), SV_INIT("/session"), SV_INIT("/customer"), SV_INIT("/member"), SV_INIT("/identity")};
    if (sv_find_char(path, '{') != SIZE_MAX) return false;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (sv_ends_with(path, places[i])) return true;
    }
    return words_in_path(words_list(check_knowledge(run, "access"), SV("caller_segments")), path);
}

int ownership_names_caller(struct check_run *run, const struct signs *s, uint16_t identity, bool *ret_known, bool *ret, struct error *err) {
    const struct api *api = check_api(run);
    *ret = *ret_known = false;
    for (size_t i = 0; i < api->operation_count && !*ret; i++) {
        const struct operation *op = api->operations[i];
        const struct baseline *b = check_baseline(run, op, identity);
        if (b->state != BASELINE_GOOD || b->answer == NULL || !ownership_is_about_caller(run, op->path)) continue;
        auto_arena a = {.limit = (size_t)16 << 20};
        struct node *root = NULL;
        int r = node_parse_json(&a, b->answer->response.body, &node_limits_response, &root, NULL);
        if (r == -ENOMEM) return error_nomem(err);
        if (r != 0 || root->kind != NODE_OBJECT) continue;
        *ret_known = true;
        *ret = owner_stands_in(run, s, root, 0);
    }
    return 0;
}

static bool member_is_unpublished(const struct node *access, const struct node *n) {
    struct word w = word_of(n->key);
    bool off = n->kind == NODE_BOOL && sv_eq(n->text, SV("false")), text = n->kind == NODE_STRING && n->text.len > 0;
    if (off) return words_have(words_list(access, SV("published_flags")), &w);
    if (text && n->text.len <= 40 && words_have(words_list(access, SV("state_keys")), &w))
        return words_in_text(words_list(access, SV("unpublished_states")), n->text);
    return (text || n->kind == NODE_BOOL) && words_have(words_list(access, SV("unpublished_keys")), &w);
}

int ownership_is_unpublished(struct check_run *run, const struct exchange *x, bool *ret, struct error *err) {
    *ret = false;
    auto_arena a = {.limit = (size_t)16 << 20};
    struct node *root = NULL;
    int r = node_parse_json(&a, x->response.body, &node_limits_response, &root, NULL);
    if (r == -ENOMEM) return error_nomem(err);
    if (r != 0 || root->kind != NODE_OBJECT) return 0;
    const struct node *object = root, *access = check_knowledge(run, "access");
    // {"data": {…}}, {"note": {…}}
    if (root->first != NULL && root->first->kind == NODE_OBJECT && root->first->next == NULL) object = root->first;
    for (const struct node *n = object->first; n != NULL && !*ret; n = n->next) *ret = member_is_unpublished(access, n);
    return 0;
}

static bool is_group_word(struct sv key) {
    static const struct sv words[] = {SV_INIT("tenant"), SV_INIT("org"), SV_INIT("organization"), SV_INIT("organisation"), SV_INIT("project"), SV_INIT("team"), SV_INIT("workspace"),
                                      SV_INIT("company"), SV_INIT("department"), SV_INIT("branch"), SV_INIT("clinic"), SV_INIT("school"), SV_INIT("site"), SV_INIT("region"),
                                      SV_INIT("store"), SV_INIT("unit"), SV_INIT("group"), SV_INIT("office"), SV_INIT("practice"), SV_INIT("ward"), SV_INIT("property"), SV_INIT("household")};
    struct word w = word_of(key);
    struct sv k = sv_make(w.text, w.len);
    if (sv_ends_with(k, SV("id"))) k = sv_slice(k, 0, k.len - 2);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (sv_eq(k, words[i])) return true;
    }
    return false;
}

static bool stands_in(const struct node *n, struct sv key, struct sv value, unsigned depth) {
    bool scalar = n->kind == NODE_STRING || n->kind == NODE_NUMBER;
    if (scalar) return sv_eq(n->key, key) && sv_eq(n->text, value);
    for (const struct node *c = (n->kind == NODE_OBJECT || n->kind == NODE_ARRAY) && depth < 5 ? n->first : NULL; c != NULL; c = c->next) {
        if (stands_in(c, key, value, depth + 1)) return true;
    }
    return false;
}

// A group of `mine` that `theirs` has another value for, and that stands in `answer`.
static bool names_group_of(const struct node *mine, const struct node *theirs, const struct node *answer) {
    for (const struct node *n = node_is(mine, NODE_OBJECT) ? mine->first : NULL; n != NULL; n = n->next) {
        const struct node *other = (n->kind == NODE_STRING || n->kind == NODE_NUMBER) && is_group_word(n->key) ? node_get(theirs, n->key) : NULL;
        if (other != NULL && other->kind == n->kind && n->text.len > 0 && !sv_eq(other->text, n->text) && stands_in(answer, n->key, n->text, 0)) return true;
    }
    return false;
}

int ownership_names_group(struct check_run *run, const struct exchange *x, uint16_t owner, uint16_t reader, bool *ret, struct error *err) {
    const struct api *api = check_api(run);
    auto_arena a = {.limit = (size_t)64 << 20};
    struct node *answer = NULL, *mine = NULL, *theirs = NULL;
    *ret = false;
    int r = node_parse_json(&a, x->response.body, &node_limits_response, &answer, NULL);
    for (size_t i = 0; r == 0 && i < api->operation_count && !*ret; i++) {
        const struct operation *op = api->operations[i];
        const struct baseline *b = check_baseline(run, op, owner), *c = check_baseline(run, op, reader);
        if (b->state != BASELINE_GOOD || c->state != BASELINE_GOOD || b->answer == NULL || c->answer == NULL || !ownership_is_about_caller(run, op->path)) continue;
        if (node_parse_json(&a, b->answer->response.body, &node_limits_response, &mine, NULL) != 0) continue;
        if (node_parse_json(&a, c->answer->response.body, &node_limits_response, &theirs, NULL) != 0 || theirs->kind != NODE_OBJECT) continue;
        *ret = names_group_of(mine, theirs, answer);
    }
    return r == -ENOMEM ? error_nomem(err) : 0;
}
