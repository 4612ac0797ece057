// SPDX-License-Identifier: Apache-2.0
// What the service takes from, or hands on to, hosts of others without protection. Only looks at ordinary answers:
//   - configuration that names an upstream over plain HTTP ({"paymentEndpoint": "http://…"}): a note, since only the name says that it is called
//   - pages that load scripts of other hosts without subresource integrity
// Loopback and private addresses, and names without a dot, are inside; they are nobody else's.
#include "checks/support/markup.h"
#include "checks/support/passive.h"
#include "checks/support/url_params.h"
#include "http/header.h"

enum { DEPTH_MAX = 24, NODES_MAX = 4000 };

struct state {
    bool upstream_told, script_told;
};
struct walk {
    const struct node *lists;
    struct arena *a;
    unsigned seen;
};

static bool is_outside(struct arena *a, struct sv text, const char *scheme, struct url *ret) {
    if (text.len > 500 || url_parse(a, text, ret, NULL) != 0 || !sv_eq(ret->scheme, sv_from(scheme))) return false;
    if (address_classify(ret->host) != ADDRESS_NOT_LITERAL) return address_classify(ret->host) == ADDRESS_PUBLIC;
    size_t dot = sv_rfind_char(ret->host, '.');
    struct sv top = dot == SIZE_MAX ? SV_NONE : sv_from_index(ret->host, dot + 1);
    static const struct sv inside[] = {SV_INIT("local"), SV_INIT("internal"), SV_INIT("localhost"), SV_INIT("lan"), SV_INIT("svc"), SV_INIT("test"), SV_INIT("invalid")};
    for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++) {
        if (sv_eq_nocase(top, inside[i])) return false;
    }
    return top.len > 0;
}

// A member whose name says that the service calls it.
static const struct node *find_upstream(struct walk *w, const struct node *n, unsigned depth) {
    struct url u;
    if ((!node_is(n, NODE_OBJECT) && !node_is(n, NODE_ARRAY)) || depth > DEPTH_MAX) return NULL;
    for (const struct node *c = n->first; c != NULL && w->seen < NODES_MAX; c = c->next) {
        w->seen++;
        bool named = c->kind == NODE_STRING && url_params_name_in(w->lists, SV("upstream"), c->key);
        if (named && sv_starts_with(c->text, SV("http://")) && is_outside(w->a, c->text, "http", &u)) return c;
        const struct node *found = find_upstream(w, c, depth + 1);
        if (found != NULL) return found;
    }
    return NULL;
}

static int look_at_upstreams(struct check_run *run, struct arena *a, const struct exchange *x, struct error *err) {
    struct state *s = check_state(run);
    struct node *root;
    struct walk w = {.lists = check_knowledge(run, "wordlists/file-params"), .a = a};
    if (node_parse_json(a, x->response.body, &node_limits_response, &root, NULL) != 0) return 0;
    const struct node *found = find_upstream(&w, root, 0);
    if (found == NULL) return 0;
    s->upstream_told = true;
    struct sv reason = arena_printf(check_arena(run), "the member " SV_FMT " names an upstream of another host over plain HTTP; whether it is called was not seen", SV_ARG(sv_slice(found->key, 0, 60)));
    if (reason.ptr == NULL) return error_nomem(err);
    return passive_report_host(run, x, SV("plain-http-upstream"), CATEGORY_CONSUMPTION, IMPACT_NOTE, CONFIDENCE_TENTATIVE, SV("An upstream is named over plain HTTP"), reason, err);
}

static int look_at_scripts(struct check_run *run, struct arena *a, const struct exchange *x, struct error *err) {
    struct state *s = check_state(run);
    struct sv rest = x->response.body, source, tag;
    struct url u;
    while (markup_next(&rest, SV("script"), SV("src"), &source, &tag)) {
        struct sv text = sv_starts_with(source, SV("//")) ? arena_printf(a, "https:" SV_FMT, SV_ARG(source)) : source;
        bool outside = text.ptr != NULL && (is_outside(a, text, "https", &u) || is_outside(a, text, "http", &u));
        if (!outside || sv_eq_nocase(u.host, check_target(run)->host) || sv_contains_nocase(tag, SV("integrity"))) continue;
        s->script_told = true;
        return passive_report_host(run, x, SV("third-party-script"), CATEGORY_CONSUMPTION, IMPACT_NOTE, CONFIDENCE_FIRM, SV("A page loads scripts of another host without integrity"),
                                   SV("a script element of an ordinary page names another host and no integrity"), err);
    }
    return 0;
}

static int observe(struct check_run *run, const struct exchange *x, struct error *err) {
    const struct state *s = check_state(run);
    if (!passive_is_ordinary(x) || x->response.body.len == 0 || (s->upstream_told && s->script_told)) return 0;
    if (x->operation != NULL && check_operation_is_documentation(run, x->operation)) return 0;
    auto_arena a = {.limit = (size_t)32 << 20};
    struct sv type = media_type_essence(&a, header_find(&x->response.headers, SV("Content-Type")));
    if (media_type_is_json(type) && !s->upstream_told) return look_at_upstreams(run, &a, x, err);
    return markup_is_page(&a, x) && !s->script_told ? look_at_scripts(run, &a, x, err) : 0;
}

const struct check check_third_party = {
    .id = "third-party",
    .title = "Upstreams and scripts of other hosts without protection",
    .category = CATEGORY_CONSUMPTION,
    .owasp = "API10:2023",
    .cwe = 319,
    .traits = CHECK_PASSIVE | CHECK_READ_ONLY,
    .state_size = sizeof(struct state),
    .observe = observe,
};
