// SPDX-License-Identifier: Apache-2.0
// Operations that discovery found, in the api or (while a specification is read) out of it.
#include "http/build.h"
#include "spec/spec.h"
#include "surface/surface_internal.h"

enum { OWNED_MAX = 600, PARAMETERS_MAX = 40 };

static bool has_parameter(const struct operation *op, const struct parameter *p) {
    return call_find(op, p->in, p->name) != SIZE_MAX;
}

// Query parameters that another link showed. A documented operation learns them, too: they are marked as observed.
static bool merge_parameters(struct surface *s, struct operation *op, const struct operation *from) {
    for (size_t i = 0; i < from->parameter_count && op->parameter_count < PARAMETERS_MAX; i++) {
        const struct parameter *p = &from->parameters[i];
        if (p->in != PARAM_QUERY || has_parameter(op, p))
            continue;
        struct parameter *grown = arena_new_array(s->a, struct parameter, op->parameter_count + 1);
        if (grown == NULL)
            return false;
        if (op->parameter_count > 0)
            memcpy(grown, op->parameters, op->parameter_count * sizeof *grown);
        grown[op->parameter_count++] = *p;
        op->parameters = grown;
    }
    return true;
}

static int merge(struct surface *s, struct operation *op, const struct operation *from, struct error *err) {
    op->sources |= from->sources;
    return s->frozen || merge_parameters(s, op, from) ? 0 : error_nomem(err);
}

static bool push(struct surface *s, struct operation *op) {
    struct api *api = s->api;
    api->operations = vec_grow(s->a, api->operations, api->operation_count, &api->operation_cap, sizeof(void *));
    if (api->operation_count >= api->operation_cap)
        return false;
    op->id = (uint32_t)api->operation_count;
    api->operations[api->operation_count++] = op;
    return true;
}

static struct operation *find_owned(const struct surface *s, const struct operation *like) {
    struct api mine = {0};
    for (size_t i = 0; i < s->owned.len; i++) {
        struct operation *one[1] = {s->owned.ptr[i].operation};
        mine.operations = one;
        mine.operation_count = 1;
        if (api_find_operation(&mine, like->method, like->path) != NULL)
            return one[0];
    }
    return NULL;
}

int owned_add(struct surface *s, struct sv method, struct sv target, uint32_t source, struct sv class_name,
              struct error *err) {
    if (s->owned.len >= OWNED_MAX)
        return 0;
    size_t q = sv_find_char(target, '?');
    struct sv path = q == SIZE_MAX ? target : sv_slice(target, 0, q);
    struct operation op = {.method = method, .sources = source};
    int r = template_of_path(s->a, path, q == SIZE_MAX ? SV_NONE : sv_from_index(target, q + 1), &s->known_ids, &op,
                             err);
    if (r != 0)
        return r;
    struct operation *known = s->attached ? api_find_operation(s->api, method, op.path) : find_owned(s, &op);
    // A concrete path that a template fits already is not described a second time.
    if (known == NULL && s->attached)
        known = api_match(s->api, method, path);
    if (known != NULL)
        return merge(s, known, &op, err);
    struct owned_operation mine = {.operation = arena_new(s->a, struct operation), .class_name = class_name};
    if (mine.operation == NULL || !VEC_PUSH(s->a, &s->owned, mine))
        return error_nomem(err);
    *mine.operation = op;
    return !s->attached || push(s, mine.operation) ? 0 : error_nomem(err);
}

int owned_add_required(struct surface *s, struct sv path, struct sv name, struct error *err) {
    struct operation like = {.method = SV("GET")};
    int r = template_of_path(s->a, path, SV_NONE, &s->known_ids, &like, err);
    struct operation *op = r == 0 ? find_owned(s, &like) : NULL;
    if (op == NULL || s->frozen)
        return r;
    struct parameter *p = arena_new(s->a, struct parameter);
    if (p == NULL)
        return error_nomem(err);
    *p = (struct parameter){.name = arena_copy_sv(s->a, name), .in = PARAM_QUERY, .required = true, .observed = true};
    p->schema = arena_new(s->a, struct schema);
    if (p->name.ptr == NULL || p->schema == NULL)
        return error_nomem(err);
    struct operation from = {.parameters = p, .parameter_count = 1};
    return merge_parameters(s, op, &from) ? 0 : error_nomem(err);
}

int owned_learn_query(struct surface *s, struct sv target, struct error *err) {
    size_t q = sv_find_char(target, '?');
    struct sv path = sv_slice(target, 0, q == SIZE_MAX ? target.len : q);
    struct operation *known = q == SIZE_MAX || s->frozen || !s->attached ? NULL : api_match(s->api, SV("GET"), path);
    if (known == NULL)
        return 0;
    struct operation op = {.method = SV("GET")};
    int r = template_of_path(s->a, path, sv_from_index(target, q + 1), &s->known_ids, &op, err);
    return r != 0 || merge_parameters(s, known, &op) ? r : error_nomem(err);
}

static bool is_owned(const struct surface *s, const struct operation *op) {
    for (size_t i = 0; i < s->owned.len; i++)
        if (s->owned.ptr[i].operation == op)
            return true;
    return false;
}

void owned_detach(struct surface *s) {
    size_t kept = 0;
    for (size_t i = 0; i < s->api->operation_count; i++) {
        struct operation *op = s->api->operations[i];
        if (is_owned(s, op))
            continue;
        op->id = (uint32_t)kept;
        s->api->operations[kept++] = op;
    }
    s->api->operation_count = kept;
    s->attached = false;
}

int owned_attach(struct surface *s, struct error *err) {
    s->attached = true;
    for (size_t i = 0; i < s->owned.len; i++) {
        struct owned_operation *mine = &s->owned.ptr[i];
        struct operation *known = api_find_operation(s->api, mine->operation->method, mine->operation->path);
        if (known == NULL)
            known = api_match(s->api, mine->operation->method, mine->operation->path);
        if (known == NULL) {
            if (!push(s, mine->operation))
                return error_nomem(err);
            continue;
        }
        int r = merge(s, known, mine->operation, err);
        if (r != 0)
            return r;
        mine->operation = known;
    }
    return 0;
}
