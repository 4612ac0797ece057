// SPDX-License-Identifier: Apache-2.0
// Links of an https service to itself over plain HTTP, in JSON answers and redirects: usually a framework behind a proxy that does not know how it was
// asked. Who follows them sends credentials in the open. Names of things that only look like URLs ($schema, type, issuer) are no links.
#include "checks/support/passive.h"
#include "http/header.h"

enum { DEPTH_MAX = 24, NODES_MAX = 4000, LINK_MAX = 2000 };

struct state {
    bool told;
};
struct walk {
    const struct url *target;
    struct arena *a;
    unsigned seen;
};

// The same service: its own port, or the two default ones.
static bool is_own_plain_link(struct walk *w, struct sv text) {
    struct url u;
    if (text.len > LINK_MAX || !sv_starts_with_nocase(text, SV("http://")) || url_parse(w->a, text, &u, NULL) != 0) return false;
    bool ports = u.port == w->target->port || (u.port == 80 && w->target->port == 443);
    return ports && sv_eq(u.scheme, SV("http")) && sv_eq_nocase(u.host, w->target->host);
}

static bool is_name_of_a_thing(struct sv key) {
    static const struct sv names[] = {SV_INIT("$schema"), SV_INIT("$id"), SV_INIT("$ref"), SV_INIT("@context"), SV_INIT("@id"), SV_INIT("@type"), SV_INIT("type"), SV_INIT("xmlns"),
                                      SV_INIT("namespace"), SV_INIT("iss"), SV_INIT("issuer"), SV_INIT("aud"), SV_INIT("rel"), SV_INIT("profile"), SV_INIT("schema")};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (sv_eq_nocase(key, names[i])) return true;
    }
    return false;
}

static const struct node *find_link(struct walk *w, const struct node *n, unsigned depth) {
    if ((!node_is(n, NODE_OBJECT) && !node_is(n, NODE_ARRAY)) || depth > DEPTH_MAX) return NULL;
    for (const struct node *c = n->first; c != NULL && w->seen < NODES_MAX; c = c->next) {
        w->seen++;
        if (is_name_of_a_thing(c->key)) continue;
        if (c->kind == NODE_STRING && is_own_plain_link(w, c->text)) return c;
        const struct node *found = find_link(w, c, depth + 1);
        if (found != NULL) return found;
    }
    return NULL;
}

// Our own URLs may come back from anywhere.
static bool asks_with_urls(const struct exchange *x) {
    if (sv_contains_nocase(x->request.target, SV("http")) || sv_contains_nocase(x->request.body, SV("http"))) return true;
    for (size_t i = 0; i < x->request.headers.len; i++) {
        if (sv_contains_nocase(x->request.headers.ptr[i].value, SV("http")) || sv_contains_nocase(x->request.headers.ptr[i].name, SV("forwarded"))) return true;
        if (sv_eq_nocase(x->request.headers.ptr[i].name, SV("Host"))) return true;
    }
    return false;
}

static int tell(struct check_run *run, const struct exchange *x, struct sv where, struct error *err) {
    struct state *s = check_state(run);
    s->told = true;
    struct sv reason = arena_printf(check_arena(run), SV_FMT " leads to http:// on the host of the service, although it was asked over https", SV_ARG(where));
    if (reason.ptr == NULL) return error_nomem(err);
    return passive_report_host(run, x, SV("plain-links"), CATEGORY_ENCRYPTION, IMPACT_HARDENING, CONFIDENCE_CONFIRMED, SV("Links of the service lead to plain HTTP"), reason, err);
}

static int observe(struct check_run *run, const struct exchange *x, struct error *err) {
    struct state *s = check_state(run);
    if (s->told || !passive_target_is_tls(run) || !passive_is_ordinary(x) || asks_with_urls(x)) return 0;
    auto_arena a = {.limit = (size_t)64 << 20};
    struct walk w = {.target = check_target(run), .a = &a};
    if (is_own_plain_link(&w, header_find(&x->response.headers, SV("Location")))) return tell(run, x, SV("the Location of an answer"), err);
    struct node *root;
    struct sv body = sv_trim(x->response.body);
    if (body.len == 0 || (body.ptr[0] != '{' && body.ptr[0] != '[') || !sv_contains_nocase(body, SV("http:"))) return 0;
    if (node_parse_json(&a, body, &node_limits_response, &root, NULL) != 0) return 0;
    const struct node *found = find_link(&w, root, 0);
    if (found == NULL) return 0;
    struct sv where = found->key.len > 0 ? arena_printf(&a, "the member \"" SV_FMT "\" of an answer", SV_ARG(sv_slice(found->key, 0, 60))) : SV("a link in an answer");
    return where.ptr == NULL ? error_nomem(err) : tell(run, x, where, err);
}

const struct check check_plain_links = {
    .id = "plain-links",
    .title = "Links to the service itself over plain HTTP",
    .category = CATEGORY_ENCRYPTION,
    .owasp = "API8:2023",
    .cwe = 319,
    .traits = CHECK_PASSIVE | CHECK_READ_ONLY,
    .state_size = sizeof(struct state),
    .observe = observe,
};
