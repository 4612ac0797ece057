// SPDX-License-Identifier: Apache-2.0
#include "base/vec.h"
#include "http/build.h"
#include "spec/spec.h"

// Moves both templates behind one byte or one {expression}; false when they differ.
static bool step(struct sv *x, struct sv *y) {
    size_t close_x = x->ptr[0] == '{' ? sv_find_char(*x, '}') : SIZE_MAX;
    size_t close_y = y->ptr[0] == '{' ? sv_find_char(*y, '}') : SIZE_MAX;
    if ((close_x == SIZE_MAX) != (close_y == SIZE_MAX) || (close_x == SIZE_MAX && x->ptr[0] != y->ptr[0]))
        return false;
    *x = sv_from_index(*x, close_x == SIZE_MAX ? 1 : close_x + 1);
    *y = sv_from_index(*y, close_y == SIZE_MAX ? 1 : close_y + 1);
    return true;
}

static bool same_template(struct sv x, struct sv y) {
    while (x.len > 0 && y.len > 0)
        if (!step(&x, &y))
            return false;
    return x.len == 0 && y.len == 0;
}

struct operation *api_find_operation(const struct api *api, struct sv method, struct sv path_template) {
    for (size_t i = 0; i < api->operation_count; i++)
        if (sv_eq(api->operations[i]->method, method) && same_template(api->operations[i]->path, path_template))
            return api->operations[i];
    return NULL;
}

struct operation *api_add_operation(struct arena *a, struct api *api, const struct operation *op) {
    struct operation *known = api_find_operation(api, op->method, op->path);
    if (known != NULL)
        return known;
    struct operation *copy = arena_new(a, struct operation);
    api->operations = vec_grow(a, api->operations, api->operation_count, &api->operation_cap, sizeof *api->operations);
    if (copy == NULL || api->operation_count >= api->operation_cap || api->operation_count >= UINT32_MAX)
        return NULL;
    *copy = *op;
    copy->id = (uint32_t)api->operation_count;
    api->operations[api->operation_count++] = copy;
    return copy;
}

// Is x the closer description of a path that both fit? The first segment where only one of them is literal decides.
static bool is_closer(struct sv x, struct sv y) {
    struct sv part_x = SV_NONE, part_y = SV_NONE;
    while (sv_split(&x, '/', &part_x) && sv_split(&y, '/', &part_y)) {
        bool open_x = sv_find_char(part_x, '{') != SIZE_MAX;
        bool open_y = sv_find_char(part_y, '{') != SIZE_MAX;
        if (open_x != open_y)
            return open_y;
        if (open_x && part_x.len != part_y.len && (part_x.ptr[0] == '{') != (part_y.ptr[0] == '{'))
            return part_y.ptr[0] == '{'; // "v{x}" is closer than "{x}"
    }
    return false;
}

struct operation *api_match(const struct api *api, struct sv method, struct sv path) {
    struct operation *best = NULL;
    for (size_t i = 0; i < api->operation_count; i++) {
        struct operation *op = api->operations[i];
        if (sv_eq(op->method, method) && path_template_matches(op->path, path) &&
            (best == NULL || is_closer(op->path, best->path)))
            best = op;
    }
    return best;
}
