// SPDX-License-Identifier: Apache-2.0
#include "checks/support/admin_places.h"

#include "http/header.h"

struct places {
    struct check_run *run;
    struct arena *a;
    struct sv *list;
    size_t len, most;
};

static bool is_described(const struct check_run *run, struct sv path) {
    const struct api *api = check_api(run);
    for (size_t i = 0; i < api->operation_count; i++) {
        if (sv_eq(api->operations[i]->method, SV("GET")) && path_template_matches(api->operations[i]->path, path)) return true;
    }
    return false;
}

// "/api/v1" of "/api/v1/users": where the described operations live, beside the place that the user named; where nothing is described, where the
// service's own links lead.
static struct sv common_base(struct check_run *run) {
    static const uint32_t sources[] = {SOURCE_SPEC, SOURCE_LINK};
    const struct api *api = check_api(run);
    for (size_t k = 0; k < sizeof sources / sizeof sources[0]; k++) {
        for (size_t i = 0; i < api->operation_count; i++) {
            const struct operation *op = api->operations[i];
            struct sv family = access_family(run, op->path);
            size_t slash = sv_rfind_char(family, '/');
            if ((op->sources & sources[k]) != 0 && slash != SIZE_MAX && slash > 0) return sv_slice(family, 0, slash);
        }
    }
    return SV("");
}

static void add(struct places *p, struct sv base, struct sv first, struct sv second) {
    if (p->len >= p->most) return;
    struct sv target = arena_printf(p->a, SV_FMT "/" SV_FMT "%s" SV_FMT, SV_ARG(base), SV_ARG(first), second.len > 0 ? "/" : "", SV_ARG(second));
    if (target.ptr != NULL && !is_described(p->run, target)) p->list[p->len++] = target;
}

static const struct node *first_of(const struct node *table, const char *list) {
    const struct node *n = node_get(table, sv_from(list));
    return node_is(n, NODE_ARRAY) ? n->first : NULL;
}

size_t admin_places(struct check_run *run, struct arena *a, size_t usual, size_t most, struct sv ret[ADMIN_PLACES_MAX]) {
    const struct node *table = check_knowledge(run, "wordlists/admin-paths");
    struct sv dir = path_directory(check_target(run)->path), bases[2] = {common_base(run), sv_slice(dir, 0, dir.len - 1)};
    size_t base_count = sv_eq(bases[0], bases[1]) ? 1 : 2;
    most = most < ADMIN_PLACES_MAX ? most : ADMIN_PLACES_MAX;
    struct places p = {.run = run, .a = a, .list = ret, .most = usual < most ? usual : most};
    for (const struct node *n = first_of(table, "paths"); n != NULL; n = n->next) {
        for (size_t i = 0; i < base_count; i++) add(&p, bases[i], node_get_text(n, SV("path")), SV_NONE);
    }
    p.most = most;
    for (const struct node *people = first_of(table, "people"); people != NULL; people = people->next) {
        for (const struct node *n = first_of(table, "prefixes"); n != NULL; n = n->next) {
            for (size_t i = base_count; i > 0; i--) add(&p, bases[i - 1], node_get_text(n, SV("prefix")), people->text);
        }
    }
    return p.len;
}

bool admin_place_wants_slash(const struct exchange *x, struct sv target) {
    if (!exchange_answered(x) || x->response.status < 301 || x->response.status > 308) return false;
    struct sv to = header_find(&x->response.headers, SV("Location"));
    if (!sv_ends_with(to, SV("/")) || sv_ends_with(target, SV("/"))) return false;
    return sv_ends_with(sv_slice(to, 0, to.len - 1), target);
}
