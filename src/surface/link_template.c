// SPDX-License-Identifier: Apache-2.0
/*
 * Links with expressions ("/users/{id}/orders", HAL templates, routes in scripts). They become requests when answers
 * have shown identifiers that fit; until then they wait.
 */
#include "base/buf.h"
#include "base/escape.h"
#include "http/build.h"
#include "spec/spec.h"
#include "surface/surface_internal.h"

enum { TEMPLATES_MAX = 80, EXPRESSIONS_MAX = 6 };

int known_id_add(struct surface *s, struct sv path, struct error *err) {
    size_t slash = sv_rfind_char(path, '/');
    struct sv id = sv_from_index(path, slash == SIZE_MAX ? 0 : slash + 1);
    if (id.len == 0 || s->known_ids.len >= KNOWN_IDS_MAX || map_has(&s->known_ids, id))
        return 0;
    struct sv copy = arena_copy_sv(s->a, id);
    return copy.ptr != NULL && map_set(s->a, &s->known_ids, copy, s) ? 0 : error_nomem(err);
}

int templates_add(struct surface *s, struct sv path, unsigned depth, struct error *err) {
    if (s->templates.len >= TEMPLATES_MAX || path_smells_of_change(s->risky, path))
        return 0;
    for (size_t i = 0; i < s->templates.len; i++)
        if (sv_eq(s->templates.ptr[i].path, path))
            return 0;
    struct link_template t = {.path = path, .depth = depth};
    return VEC_PUSH(s->a, &s->templates, t) ? 0 : error_nomem(err);
}

static struct sv value_for(const struct surface *s, const struct operation *op, struct sv name) {
    struct schema any = {0};
    struct parameter p = {.name = name, .in = PARAM_PATH, .required = true, .schema = &any};
    const struct entity_id *id = s->entities != NULL ? entity_pool_for(s->entities, op, &p, 0) : NULL;
    return id != NULL && !sv_contains(id->value, SV("{{")) ? id->value : SV_NONE;
}

// The path with a value for each expression, in `out`. False when one is missing.
static bool fill(struct surface *s, struct sv path, struct buf *out, struct error *err, int *ret_failed) {
    struct operation op = {.method = SV("GET"), .path = path};
    struct sv rest = path;
    for (unsigned n = 0; n <= EXPRESSIONS_MAX; n++) {
        size_t open = sv_find_char(rest, '{'), close = sv_find_char(rest, '}');
        if (open == SIZE_MAX) {
            buf_add(out, rest);
            return !buf_failed(out);
        }
        struct sv value = value_for(s, &op, sv_slice(rest, open + 1, close));
        if (close == SIZE_MAX || value.len == 0)
            return false;
        buf_add(out, sv_slice(rest, 0, open));
        esc_url(out, value, "");
        *ret_failed = buf_failed(out) ? 0 : known_id_add(s, buf_sv(out), err);
        rest = sv_from_index(rest, close + 1);
        if (*ret_failed != 0)
            return false;
    }
    return false;
}

int templates_fill(struct surface *s, struct error *err) {
    for (size_t i = 0; i < s->templates.len; i++) {
        struct link_template *t = &s->templates.ptr[i];
        const struct operation *known = t->filled ? NULL : api_find_operation(s->api, SV("GET"), t->path);
        t->filled = t->filled || known != NULL;
        if (t->filled)
            continue;
        auto_buf out = BUF_INIT(LINK_LENGTH_MAX);
        int failed = 0;
        if (fill(s, t->path, &out, err, &failed)) {
            t->filled = true;
            failed = candidate_add(s, buf_sv(&out), CANDIDATE_LINK, SV_NONE, 72.0 - 4.0 * t->depth, t->depth, err);
        }
        if (failed != 0)
            return failed;
    }
    return 0;
}
