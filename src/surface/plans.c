// SPDX-License-Identifier: Apache-2.0
// Paths that are worth a guess: where descriptions and framework routes usually stand, and versions beside a known one.
#include "base/numbers.h"
#include "surface/surface_internal.h"

enum { ROUTES_MAX = 400, SPECS_BELOW = 6, SIBLINGS_PER_VERSION = 3 };

static double value_of(const struct node *entry, double otherwise) {
    double value = otherwise;
    const struct node *n = node_get(entry, SV("value"));
    if (n != NULL && node_to_double(n, &value) != 0)
        return otherwise;
    return value < 0 ? 0 : value > 99 ? 99 : value;
}

// Lists stand under one key, or are the document itself.
static const struct node *entries_of(const struct node *document, struct sv key) {
    const struct node *list = node_is(document, NODE_ARRAY) ? document : node_get(document, key);
    return node_is(list, NODE_ARRAY) ? list->first : NULL;
}

int specs_plan(struct surface *s, struct sv directory, bool is_root, struct error *err) {
    unsigned planned = 0;
    for (const struct node *n = entries_of(s->spec_paths, SV("paths")); n != NULL && planned < ROUTES_MAX;
         n = n->next) {
        struct sv path = node_get_text(n, SV("path"));
        if (!sv_starts_with(path, SV("/")) || (!is_root && planned >= SPECS_BELOW))
            continue;
        struct sv full = is_root ? path
                                 : arena_printf(s->a, SV_FMT SV_FMT, SV_ARG(directory), SV_ARG(sv_from_index(path, 1)));
        if (full.ptr == NULL)
            return error_nomem(err);
        int r = candidate_add(s, full, CANDIDATE_SPEC, node_get_text(n, SV("class")), value_of(n, 60), 0, err);
        if (r != 0)
            return r;
        planned++;
    }
    return 0;
}

static int list_plan(struct surface *s, const struct node *first, enum candidate_kind kind, struct error *err) {
    unsigned planned = 0;
    for (const struct node *n = first; n != NULL && planned < ROUTES_MAX; n = n->next) {
        struct sv path = node_get_text(n, SV("path"));
        if (!sv_starts_with(path, SV("/")))
            continue;
        int r = candidate_add(s, path, kind, node_get_text(n, SV("class")), value_of(n, 30), 0, err);
        if (r != 0)
            return r;
        planned++;
    }
    return 0;
}

int routes_plan(struct surface *s, struct error *err) {
    return list_plan(s, entries_of(s->routes, SV("routes")), CANDIDATE_ROUTE, err);
}

int text_files_plan(struct surface *s, struct error *err) {
    return list_plan(s, entries_of(s->routes, SV("files")), CANDIDATE_TEXT_FILE, err);
}

// "/api/v2/users": the segment that is a version with a plain number, as offset and length; length 0 when there is
// none.
static struct sv version_in(struct sv path, uint64_t *ret_number) {
    struct sv rest = path, part;
    while (sv_split(&rest, '/', &part))
        if (part.len >= 2 && part.len <= 4 && sv_lower_char(part.ptr[0]) == 'v' &&
            number_parse_u64_range(sv_from_index(part, 1), 0, 99, ret_number) == 0)
            return part;
    return SV_NONE;
}

static int sibling_add(struct surface *s, struct sv path, struct sv version, uint64_t number, unsigned depth,
                       struct error *err) {
    struct sv before = sv_make(path.ptr, (size_t)(version.ptr - path.ptr) + 1);
    struct sv after = sv_from_index(path, before.len + version.len - 1);
    struct sv key = arena_printf(s->a, SV_FMT "%u", SV_ARG(before), (unsigned)number);
    if (key.ptr == NULL)
        return error_nomem(err);
    uintptr_t count = (uintptr_t)map_find(&s->versions, key);
    if (count >= SIBLINGS_PER_VERSION)
        return 0;
    struct sv full = arena_printf(s->a, SV_FMT SV_FMT, SV_ARG(key), SV_ARG(after));
    if (full.ptr == NULL || !map_set(s->a, &s->versions, key, (void *)(count + 1)))
        return error_nomem(err);
    return candidate_add(s, full, CANDIDATE_VERSION, SV_NONE, 54 - 2.0 * (double)count, depth + 1, err);
}

int versions_plan(struct surface *s, struct sv path, unsigned depth, struct error *err) {
    uint64_t number = 0;
    struct sv version = version_in(path, &number);
    if (version.len == 0 || depth > 3)
        return 0;
    uint64_t others[3] = {number - 1, number + 1, 1};
    for (size_t i = number == 0 ? 1 : 0; i < 3; i++) {
        int r = others[i] == number ? 0 : sibling_add(s, path, version, others[i], depth, err);
        if (r != 0)
            return r;
    }
    return 0;
}
