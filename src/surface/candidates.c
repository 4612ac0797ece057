// SPDX-License-Identifier: Apache-2.0
/*
 * The queue of discovery. A link farm must not eat the requests of the well-known paths, nor the reverse, so each kind
 * has a share; what is over the share waits until nothing else is left. Requests of one shape (template and query
 * names) are bounded, because the second page of a list teaches nothing.
 */
#include "http/build.h"
#include "spec/spec.h"
#include "surface/surface_internal.h"

enum { CANDIDATES_MAX = 3000, PER_SHAPE = 2 };

// Of 120 requests; scaled when there are more or fewer.
static const unsigned shares[CANDIDATE_KIND_COUNT] = {
    [CANDIDATE_TARGET] = 120, [CANDIDATE_SPEC] = 24,  [CANDIDATE_TEXT_FILE] = 8, [CANDIDATE_ROUTE] = 48,
    [CANDIDATE_LINK] = 48,    [CANDIDATE_SCRIPT] = 6, [CANDIDATE_VERSION] = 12,
};

// Scripts are large and rarely many: beyond the share they are not read at all. A description is worth whatever is left.
static bool share_is_hard(enum candidate_kind kind) {
    return kind == CANDIDATE_SCRIPT;
}

static bool share_is_spent(const struct surface *s, enum candidate_kind kind) {
    return s->sent_by_kind[kind] * 120 >= shares[kind] * s->max_requests;
}

// What makes two requests teach the same: template without names, and the names in the query.
static struct sv shape_of(const struct surface *s, struct arena *a, struct sv target, bool *ret_has_variable) {
    size_t q = sv_find_char(target, '?');
    struct sv path = q == SIZE_MAX ? target : sv_slice(target, 0, q);
    struct sv query = q == SIZE_MAX ? SV_NONE : sv_from_index(target, q + 1);
    struct operation op = {0};
    if (template_of_path(a, path, query, &s->known_ids, &op, NULL) != 0)
        return SV_NONE;
    struct sv shape = path_template_nameless(a, op.path);
    *ret_has_variable = sv_contains(shape, SV("{}"));
    for (size_t i = 0; i < op.parameter_count && i < 20; i++)
        if (op.parameters[i].in == PARAM_QUERY)
            shape = arena_printf(a, SV_FMT "?" SV_FMT, SV_ARG(shape), SV_ARG(op.parameters[i].name));
    return shape;
}

static bool documented(const struct surface *s, struct sv target) {
    size_t q = sv_find_char(target, '?');
    const struct operation *op = api_match(s->api, SV("GET"), q == SIZE_MAX ? target : sv_slice(target, 0, q));
    return op != NULL && (op->sources & SOURCE_SPEC) != 0;
}

// Counts the request under its shape; false when there were enough of it. `*ret_crowd` says how many were before.
static bool shape_has_room(struct surface *s, struct sv target, uintptr_t *ret_crowd, bool *ret_failed) {
    auto_arena scratch = {0};
    arena_init(&scratch, (size_t)4 << 20);
    bool has_variable = false;
    struct sv shape = shape_of(s, &scratch, target, &has_variable);
    *ret_failed = shape.ptr == NULL;
    if (*ret_failed)
        return false;
    uintptr_t count = (uintptr_t)map_find(&s->by_shape, shape);
    *ret_crowd = count;
    if (count >= (has_variable ? PER_SHAPE : 1U))
        return false;
    struct sv key = arena_copy_sv(s->a, shape);
    *ret_failed = key.ptr == NULL || !map_set(s->a, &s->by_shape, key, (void *)(count + 1));
    return !*ret_failed;
}

static bool is_welcome(const struct surface *s, struct sv target, enum candidate_kind kind) {
    if (s->candidates.len >= CANDIDATES_MAX || target.len == 0 || target.len > LINK_LENGTH_MAX ||
        map_has(&s->by_target, target))
        return false;
    if (kind == CANDIDATE_TARGET || kind == CANDIDATE_TEXT_FILE)
        return true;
    return !path_smells_of_change(s->risky, target) && (kind == CANDIDATE_SCRIPT || !documented(s, target));
}

// A place that was guessed first and is linked after all: the service names it.
static void note_link(struct surface *s, struct sv target) {
    uintptr_t known = (uintptr_t)map_find(&s->by_target, target);
    if (known == 0)
        return;
    s->candidates.ptr[known - 1].linked = true;
    for (size_t i = 0; i < s->api->operation_count; i++) {
        struct operation *op = s->api->operations[i];
        if (sv_eq(op->path, target) && sv_eq(op->method, SV("GET")))
            op->sources |= SOURCE_LINK;
    }
}

int candidate_add(struct surface *s, struct sv target, enum candidate_kind kind, struct sv class_name, double value,
                  unsigned depth, struct error *err) {
    if (kind == CANDIDATE_LINK)
        note_link(s, target);
    if (!is_welcome(s, target, kind))
        return 0;
    uintptr_t crowd = 0;
    bool failed = false;
    if ((kind == CANDIDATE_LINK || kind == CANDIDATE_VERSION) && !shape_has_room(s, target, &crowd, &failed))
        return failed ? error_nomem(err) : 0;
    struct candidate c = {.target = arena_copy_sv(s->a, target),
                          .class_name = class_name.len > 0 ? class_name : SV_NONE,
                          .kind = kind,
                          .depth = depth,
                          .value = value - 20.0 * (double)crowd};
    if (c.target.ptr == NULL || !VEC_PUSH(s->a, &s->candidates, c) ||
        !map_set(s->a, &s->by_target, c.target, (void *)(uintptr_t)s->candidates.len))
        return error_nomem(err);
    return 0;
}

size_t candidate_pick(const struct surface *s) {
    size_t best = SIZE_MAX, spare = SIZE_MAX;
    for (size_t i = 0; i < s->candidates.len; i++) {
        const struct candidate *c = &s->candidates.ptr[i];
        if (c->sent || (c->kind == CANDIDATE_SPEC && s->spec_body.ptr != NULL))
            continue;
        bool spent = share_is_spent(s, c->kind);
        if (spent && share_is_hard(c->kind))
            continue;
        size_t *slot = spent ? &spare : &best;
        if (*slot == SIZE_MAX || c->value > s->candidates.ptr[*slot].value)
            *slot = i;
    }
    return best != SIZE_MAX ? best : spare;
}
