// SPDX-License-Identifier: Apache-2.0
#include "spec/spec_internal.h"

#define SCHEMES_MAX      64
#define SCOPES_MAX       64
#define REQUIREMENTS_MAX 64
#define FLOWS_MAX        16

static enum scheme_kind http_kind(struct sv scheme) {
    if (sv_eq_nocase(scheme, SV("basic")))
        return SCHEME_BASIC;
    return sv_eq_nocase(scheme, SV("bearer")) ? SCHEME_BEARER : SCHEME_OTHER;
}

static enum scheme_kind kind_of(const struct node *n) {
    struct sv type = node_get_text(n, SV("type"));
    if (sv_eq_nocase(type, SV("apiKey")))
        return SCHEME_API_KEY;
    if (sv_eq_nocase(type, SV("http")))
        return http_kind(node_get_text(n, SV("scheme")));
    if (sv_eq_nocase(type, SV("basic"))) // Swagger 2.0
        return SCHEME_BASIC;
    if (sv_eq_nocase(type, SV("oauth2")))
        return SCHEME_OAUTH2;
    if (sv_eq_nocase(type, SV("openIdConnect")))
        return SCHEME_OPENID;
    return sv_eq_nocase(type, SV("mutualTLS")) ? SCHEME_MUTUAL_TLS : SCHEME_OTHER;
}

static uint32_t flow_named(struct sv name) {
    static const struct {
        struct sv name;
        enum oauth_flow flow;
    } flows[] = {
        {SV_INIT("implicit"), FLOW_IMPLICIT},
        {SV_INIT("password"), FLOW_PASSWORD},
        {SV_INIT("authorizationCode"), FLOW_CODE},
        {SV_INIT("accessCode"), FLOW_CODE}, // Swagger 2.0
        {SV_INIT("clientCredentials"), FLOW_CLIENT},
        {SV_INIT("application"), FLOW_CLIENT}, // Swagger 2.0
        {SV_INIT("deviceAuthorization"), FLOW_DEVICE},
    };
    for (size_t i = 0; i < sizeof flows / sizeof *flows; i++)
        if (sv_eq_nocase(name, flows[i].name))
            return flows[i].flow;
    return 0;
}

static void read_addresses(struct security_scheme *s, const struct node *n) {
    static const struct sv names[] = {SV_INIT("authorizationUrl"), SV_INIT("tokenUrl"), SV_INIT("refreshUrl"), SV_INIT("openIdConnectUrl")};
    for (size_t i = 0; i < sizeof names / sizeof *names && s->plain_url.len == 0; i++) {
        struct sv url = node_get_text(n, names[i]);
        if (sv_starts_with_nocase(url, SV("http://")))
            s->plain_url = url;
    }
}

// OpenAPI 3 has one object for each flow, Swagger 2.0 names the only one.
static void read_flows(struct security_scheme *s, const struct node *n) {
    s->flows = flow_named(node_get_text(n, SV("flow")));
    read_addresses(s, n);
    const struct node *flows = node_get(n, SV("flows"));
    size_t seen = 0;
    for (const struct node *one = node_is(flows, NODE_OBJECT) ? flows->first : NULL; one != NULL && seen++ < FLOWS_MAX; one = one->next) {
        s->flows |= node_is(one, NODE_OBJECT) ? flow_named(one->key) : 0;
        read_addresses(s, one);
    }
}

static struct security_scheme read_scheme(struct sv id, const struct node *n) {
    struct security_scheme s = {.id = id, .kind = kind_of(n), .in = PARAM_HEADER};
    if (s.kind == SCHEME_OAUTH2 || s.kind == SCHEME_OPENID)
        read_flows(&s, n);
    if (s.kind != SCHEME_API_KEY)
        return s;
    struct sv in = node_get_text(n, SV("in"));
    s.in = sv_eq(in, SV("query")) ? PARAM_QUERY : sv_eq(in, SV("cookie")) ? PARAM_COOKIE : PARAM_HEADER;
    s.param_name = node_get_text(n, SV("name"));
    return s;
}

void spec_security_schemes(struct builder *b) {
    struct place root = {b->main->root, b->main};
    struct place owner = b->swagger ? root : spec_member(b, root, SV("components"));
    struct place all = spec_member(b, owner, b->swagger ? SV("securityDefinitions") : SV("securitySchemes"));
    size_t room = node_is(all.node, NODE_OBJECT) ? all.node->count : 0;
    size_t before = b->api->scheme_count;
    struct security_scheme *schemes = arena_new_array(b->a, struct security_scheme, before + room + 1);
    if (schemes == NULL) {
        (void)spec_nomem(b);
        return;
    }
    if (before > 0)
        memcpy(schemes, b->api->schemes, before * sizeof *schemes);
    size_t n = before;
    for (struct node *one = room > 0 ? all.node->first : NULL; one != NULL && !b->nomem; one = one->next) {
        struct place p = spec_child(all, one);
        if (n - before >= SCHEMES_MAX || !spec_follow(b, &p) || !node_is(p.node, NODE_OBJECT)) {
            spec_warn(b, spec_child(all, one), "the security scheme cannot be read and is left out");
            continue;
        }
        schemes[n] = read_scheme(one->key, p.node);
        if (!map_set(b->a, &b->schemes, one->key, &schemes[n]))
            (void)spec_nomem(b);
        n++;
    }
    b->api->schemes = schemes;
    b->api->scheme_count = n;
}

struct demands {
    VEC_OF(struct security_scheme *) schemes;
    VEC_OF(struct sv) scopes;
    bool optional, credentials;
};

static void add_scope(struct builder *b, struct demands *d, struct sv scope) {
    for (size_t i = 0; i < d->scopes.len; i++)
        if (sv_eq(d->scopes.ptr[i], scope))
            return;
    if (d->scopes.len < SCOPES_MAX && !VEC_PUSH(b->a, &d->scopes, scope))
        (void)spec_nomem(b);
}

static struct security_scheme *scheme_for(struct builder *b, struct place p, struct sv id) {
    struct security_scheme *s = map_find(&b->schemes, id);
    if (s != NULL)
        return s;
    spec_warn(b, p, "the security scheme " SV_FMT " is not described", SV_ARG(spec_short(id)));
    s = arena_new(b->a, struct security_scheme);
    if (s == NULL)
        return spec_nomem(b);
    *s = (struct security_scheme){.id = id, .kind = SCHEME_OTHER, .in = PARAM_HEADER};
    return map_set(b->a, &b->schemes, id, s) ? s : spec_nomem(b);
}

static void add_scheme(struct builder *b, struct place p, struct demands *d) {
    struct security_scheme *s = scheme_for(b, p, p.node->key);
    for (size_t i = 0; i < d->schemes.len; i++)
        if (d->schemes.ptr[i] == s)
            s = NULL;
    if (s != NULL && d->schemes.len < SCHEMES_MAX && !VEC_PUSH(b->a, &d->schemes, s))
        (void)spec_nomem(b);
    for (struct node *n = node_is(p.node, NODE_ARRAY) ? p.node->first : NULL; n != NULL; n = n->next)
        if (n->kind == NODE_STRING)
            add_scope(b, d, n->text);
}

void spec_security(struct builder *b, struct place operation, struct operation *op) {
    struct place list = spec_child(operation, node_get(operation.node, SV("security")));
    if (list.node == NULL)
        list = (struct place){node_get(b->main->root, SV("security")), b->main};
    if (list.node == NULL)
        return;
    if (!node_is(list.node, NODE_ARRAY)) {
        spec_warn(b, list, "`security` is no list and is left out");
        return;
    }
    struct demands d = {0};
    size_t seen = 0;
    for (struct node *n = list.node->first; n != NULL && seen++ < REQUIREMENTS_MAX && !b->nomem; n = n->next) {
        d.optional = d.optional || (node_is(n, NODE_OBJECT) && n->first == NULL);
        for (struct node *one = node_is(n, NODE_OBJECT) ? n->first : NULL; one != NULL; one = one->next) {
            d.credentials = true;
            add_scheme(b, spec_child(list, one), &d);
        }
    }
    op->demand = !d.credentials ? DEMAND_NOTHING : d.optional ? DEMAND_OPTIONAL : DEMAND_CREDENTIALS;
    op->schemes = d.schemes.ptr;
    op->scheme_count = d.schemes.len;
    op->scopes = d.scopes.ptr;
    op->scope_count = d.scopes.len;
}
