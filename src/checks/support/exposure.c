// SPDX-License-Identifier: Apache-2.0
#include "checks/support/exposure.h"

static bool lists(const struct node *entry, struct sv class_id) {
    const struct node *classes = node_get(entry, SV("classes"));
    for (const struct node *n = classes == NULL ? NULL : classes->first; n != NULL; n = n->next) {
        if (sv_eq(n->text, class_id)) return true;
    }
    return false;
}

static const struct node *find_entry(const struct node *groups, struct sv id, struct sv class_id) {
    for (const struct node *n = groups == NULL ? NULL : groups->first; n != NULL; n = n->next) {
        if (id.len > 0 ? sv_eq(node_get_text(n, SV("id")), id) : lists(n, class_id)) return n;
    }
    return NULL;
}

enum impact exposure_impact(struct sv name) {
    static const struct {
        struct sv name;
        enum impact impact;
    } table[] = {
        {SV_INIT("code"), IMPACT_CODE},         {SV_INIT("secret"), IMPACT_SECRET},       {SV_INIT("personal"), IMPACT_PERSONAL},
        {SV_INIT("internal"), IMPACT_INTERNAL}, {SV_INIT("hardening"), IMPACT_HARDENING},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (sv_eq(table[i].name, name)) return table[i].impact;
    }
    return IMPACT_NOTE;
}

static enum exposure_kind kind_of(struct sv name) {
    if (sv_eq(name, SV("secret"))) return EXPOSURE_SECRET;
    if (sv_eq(name, SV("personal"))) return EXPOSURE_PERSONAL;
    return sv_eq(name, SV("contact")) ? EXPOSURE_CONTACT : EXPOSURE_NONE;
}

struct exposure_group exposure_group_of(struct check_run *run, struct sv class_id) {
    struct exposure_group g = {0};
    const struct node *groups = node_get(check_knowledge(run, "exposure"), SV("groups"));
    g.entry = find_entry(groups, SV_NONE, class_id);
    const struct pattern *p = match_find_pattern(check_patterns(run), class_id);
    if (g.entry == NULL && p != NULL && p->kind == PATTERN_SECRET) g.entry = find_entry(groups, SV("vendor"), SV_NONE);
    if (g.entry == NULL && p != NULL && p->kind == PATTERN_PERSONAL) g.entry = find_entry(groups, SV("identity"), SV_NONE);
    if (g.entry == NULL) return g;
    int64_t least = 1;
    if (node_to_i64(node_get(g.entry, SV("least")), &least) != 0 || least < 1) least = 1;
    g.kind = kind_of(node_get_text(g.entry, SV("kind")));
    g.impact = exposure_impact(node_get_text(g.entry, SV("impact")));
    g.always = node_get_bool(g.entry, SV("always"), false);
    g.constant = node_get_bool(g.entry, SV("constant"), false);
    g.least = (unsigned)least;
    g.id = node_get_text(g.entry, SV("id"));
    g.title = node_get_text(g.entry, SV("title"));
    return g;
}

size_t exposure_rank(struct check_run *run, const struct exposure_group *g) {
    const struct node *groups = node_get(check_knowledge(run, "exposure"), SV("groups"));
    size_t rank = 0;
    for (const struct node *n = groups == NULL ? NULL : groups->first; n != NULL; n = n->next, rank++) {
        if (n == g->entry) return rank;
    }
    return SIZE_MAX;
}

struct sv exposure_key(const struct sensitive_hit *h) {
    if (!sv_starts_with(h->location, SV("body:"))) return SV_NONE;
    struct sv rest = h->location;
    for (;;) {
        size_t slash = sv_rfind_char(rest, '/');
        if (slash == SIZE_MAX) return SV_NONE;
        struct sv last = sv_from_index(rest, slash + 1);
        if (!sv_is_digits(last)) return last;
        rest = sv_slice(rest, 0, slash); // an element of a list: the list's own key
    }
}
