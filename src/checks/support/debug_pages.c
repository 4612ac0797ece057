// SPDX-License-Identifier: Apache-2.0
#include "checks/support/debug_pages.h"

static bool has_any(const struct node *texts, struct sv body) {
    if (!node_is(texts, NODE_ARRAY)) return true;
    for (const struct node *n = texts->first; n != NULL; n = n->next) {
        if (sv_contains(body, n->text)) return true;
    }
    return false;
}

bool debug_page_shows(const struct node *route, struct sv body) {
    const struct node *all = node_get(route, SV("all"));
    if (!node_is(all, NODE_ARRAY) || all->count == 0) return false;
    for (const struct node *n = all->first; n != NULL; n = n->next) {
        if (!sv_contains(body, n->text)) return false;
    }
    return has_any(node_get(route, SV("any")), body);
}

const struct node *debug_page_find(struct check_run *run, struct sv path, struct sv body) {
    const struct node *routes = node_get(check_knowledge(run, "debug-routes"), SV("routes"));
    for (const struct node *n = routes == NULL ? NULL : routes->first; n != NULL; n = n->next) {
        if (sv_ends_with(path, node_get_text(n, SV("path"))) && debug_page_shows(n, body)) return n;
    }
    return NULL;
}

bool debug_page_covers(struct check_run *run, struct sv path) {
    const struct node *routes = node_get(check_knowledge(run, "debug-routes"), SV("routes"));
    for (const struct node *n = routes == NULL ? NULL : routes->first; n != NULL; n = n->next) {
        struct sv page = node_get_text(n, SV("path"));
        if (sv_ends_with(page, SV("/"))) page = sv_slice(page, 0, page.len - 1);
        if (page.len < 2 || sv_find_char(sv_from_index(page, 1), '/') == SIZE_MAX) continue;
        size_t at = sv_find(path, page);
        if (at != SIZE_MAX && (at + page.len == path.len || path.ptr[at + page.len] == '/')) return true;
    }
    return false;
}
