// SPDX-License-Identifier: Apache-2.0
// What may leave: the one function that every request passes before it is queued (method, origin), and again before it is sent (live.c
// checks the resolved addresses). The method that counts is the effective one: what the server will take the request for.
#include "data/node.h"
#include "evidence/llm.h"
#include "http/build.h"
#include "http/graphql.h"
#include "http/header.h"
#include "http/tls_hello.h"
#include "scan/engine_state.h"

bool guard_in_scope(const struct engine *e, const struct url *u) {
    for (size_t i = 0; i < e->origin_count; i++) {
        if (url_same_origin(&e->origins[i], u)) return true;
    }
    return false;
}

static bool is_safe_method(struct sv method) {
    return sv_eq_nocase(method, SV("GET")) || sv_eq_nocase(method, SV("HEAD")) || sv_eq_nocase(method, SV("OPTIONS"));
}

// Override headers that common frameworks honour (Rails, Symfony, Spring, Express method-override, ASP.NET).
static struct sv override_header(const struct request *rq) {
    static const struct sv names[] = {SV_INIT("X-HTTP-Method-Override"), SV_INIT("X-HTTP-Method"), SV_INIT("X-Method-Override"),
                                      SV_INIT("X-Original-Method")};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct sv v = header_find(&rq->headers, names[i]);
        if (v.len > 0) return sv_trim(v);
    }
    return SV_NONE;
}

static struct sv override_parameter(const struct request *rq) {
    static const struct sv names[] = {SV_INIT("_method"), SV_INIT("X-HTTP-Method-Override"), SV_INIT("httpMethod")};
    struct sv fields[2] = {SV_NONE, rq->body};
    size_t q = sv_find_char(rq->target, '?');
    if (q != SIZE_MAX) fields[0] = sv_from_index(rq->target, q + 1);
    for (size_t f = 0; f < 2; f++) {
        struct sv rest = fields[f], name, value;
        bool has_value;
        for (unsigned n = 0; n < 1000 && rest.ptr != NULL && url_query_next(&rest, &name, &value, &has_value); n++) {
            for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
                if (has_value && sv_eq_nocase(name, names[i])) return value;
            }
        }
    }
    return SV_NONE;
}

// What the body asks for: a GraphQL mutation or subscription, a JSON member that overrides the method. Methods of JSON-RPC cannot be told
// read from write by name, so they count as writing unless the operation itself is declared read-only.
static bool body_writes(const struct request *rq) {
    if (rq->body.len == 0) return false;
    auto_arena a = {0};
    arena_init(&a, (size_t)16 * 1024 * 1024);
    struct node *root;
    if (node_parse_json(&a, rq->body, &node_limits_response, &root, NULL) != 0) return false;
    const struct node *first = node_is(root, NODE_ARRAY) ? root->first : root;
    for (const struct node *n = first; n != NULL; n = node_is(root, NODE_ARRAY) ? n->next : NULL) {
        if (graphql_document_kind(node_get_text(n, SV("query"))) == GRAPHQL_WRITES) return true;
        struct sv method = node_get_text(n, SV("_method"));
        if (method.len > 0 && !is_safe_method(method)) return true;
    }
    return false;
}

static struct sv path_of(const struct request *rq) {
    size_t q = sv_find_char(rq->target, '?');
    return q == SIZE_MAX ? rq->target : sv_slice(rq->target, 0, q);
}

// A body of the form that GraphQL over HTTP has, at a place named for it, in which every document only reads.
static bool body_queries(const struct request *rq) {
    if (!graphql_path(path_of(rq))) return false;
    auto_arena a = {.limit = (size_t)16 << 20};
    struct node *root;
    if (node_parse_json(&a, rq->body, &node_limits_response, &root, NULL) != 0) return false;
    bool list = node_is(root, NODE_ARRAY);
    if (list ? root->count == 0 : !node_is(root, NODE_OBJECT)) return false;
    for (const struct node *n = list ? root->first : root; n != NULL; n = list ? n->next : NULL) {
        if (graphql_document_kind(node_get_text(n, SV("query"))) != GRAPHQL_READS) return false;
        for (const struct node *m = n->first; m != NULL; m = m->next) {
            if (!sv_eq(m->key, SV("query")) && !sv_eq(m->key, SV("variables")) && !sv_eq(m->key, SV("operationName"))) return false;
        }
    }
    return true;
}

// GraphQL over HTTP lets GET carry a document, too; a server may execute a mutation there.
static bool query_writes(const struct request *rq) {
    struct sv path = path_of(rq), rest = sv_from_index(rq->target, path.len + 1), name, value;
    bool has_value;
    if (!graphql_path(path) || path.len == rq->target.len) return false;
    auto_arena a = {.limit = (size_t)1 << 20};
    for (unsigned n = 0; n < 1000 && rest.ptr != NULL && url_query_next(&rest, &name, &value, &has_value); n++) {
        if (sv_eq(name, SV("query")) && has_value && graphql_document_kind(url_decode(&a, value, true)) != GRAPHQL_READS) return true;
    }
    return false;
}

static bool matches_any(const struct operation_pattern *p, size_t count, const struct operation *op, const struct request *rq) {
    struct sv path = path_of(rq);
    for (size_t i = 0; i < count; i++) {
        if (pattern_matches(&p[i], rq->method, path)) return true;
        if (op != NULL && pattern_matches(&p[i], rq->method, op->path)) return true;
    }
    return false;
}

// An override that is there and asks for more than reading.
static bool overrides(struct sv method) {
    return method.len > 0 && !is_safe_method(method);
}

void guard_mark_reads(struct engine *e) {
    const struct scan_options *o = e->scan;
    for (size_t i = 0; i < e->api.operation_count && o->read_only_post_count > 0; i++) {
        struct operation *op = e->api.operations[i];
        const struct request rq = {.method = op->method, .target = op->path};
        if (sv_eq_nocase(op->method, SV("POST")) && matches_any(o->read_only_post, o->read_only_post_count, op, &rq)) op->read_only = true;
    }
}

// Reads only: a safe method that nothing in the request turns into another, or a POST that the user or the description calls a read.
static bool only_reads(const struct scan_options *o, const struct operation *op, const struct request *rq) {
    if (is_safe_method(rq->method)) return !query_writes(rq) && (rq->body.len == 0 || !body_writes(rq));
    if (!sv_eq_nocase(rq->method, SV("POST")) || body_writes(rq)) return false;
    if (body_queries(rq)) return true;
    return (op != NULL && op->read_only) || matches_any(o->read_only_post, o->read_only_post_count, op, rq);
}

bool guard_names_write(const struct engine *e, const struct operation *op, const struct request *rq) {
    return matches_any(e->scan->allow_write, e->scan->allow_write_count, op, rq);
}

static bool only_reads_in(const struct engine *e, const struct operation *op, const struct request *rq) {
    return !overrides(override_header(rq)) && !overrides(override_parameter(rq)) && only_reads(e->scan, op, rq);
}

static bool is_writing_method(struct sv method) {
    static const struct sv names[] = {SV_INIT("POST"), SV_INIT("PUT"), SV_INIT("PATCH"), SV_INIT("DELETE"), SV_INIT("CONNECT"), SV_INIT("MKCOL"), SV_INIT("COPY"), SV_INIT("MOVE"),
                                      SV_INIT("LOCK"), SV_INIT("UNLOCK"), SV_INIT("PROPPATCH"), SV_INIT("PURGE"), SV_INIT("LINK"), SV_INIT("UNLINK")};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (sv_eq_nocase(method, names[i])) return true;
    }
    return false;
}

// TRACE is safe by its definition (RFC 9110 9.2.1), and a method that nobody defined means nothing to write; safe mode does without both.
bool guard_writes(const struct engine *e, const struct operation *op, const struct request *rq) {
    if (request_is_tls(rq)) return false;
    if (only_reads_in(e, op, rq)) return false;
    return is_writing_method(rq->method) || rq->body.len > 0 || overrides(override_header(rq)) || overrides(override_parameter(rq)) || query_writes(rq);
}

static bool smells_of_harm(const struct engine *e, const struct operation *op) {
    return op != NULL && operation_smells_of_harm(e->risky, op);
}

// Active mode: what only changes, and is described or named by the user.
static const char *write_refusal(const struct engine *e, const struct operation *op, const struct request *rq) {
    const struct scan_options *o = e->scan;
    if (op == NULL || !sv_eq(op->method, rq->method) || !path_template_matches(op->path, path_of(rq))) op = api_match(&e->api, rq->method, path_of(rq));
    bool named = guard_names_write(e, op, rq), described = op != NULL && (op->sources & SOURCE_SPEC) != 0;
    if (named) return NULL;
    if (o->allow_write_count > 0) return "outside --allow-write";
    if (!described) return "it is not described, and --allow-write does not name it";
    return smells_of_harm(e, op) ? "what it does may not be undone; --allow-write does not name it" : NULL;
}

static bool method_allowed(const struct engine *e, const struct operation *op, const struct request *rq, const char **ret_reason) {
    const struct scan_options *o = e->scan;
    if (only_reads_in(e, op, rq)) return true;
    if (o->mode != MODE_ACTIVE) {
        *ret_reason = "changing methods are not sent in safe mode";
        return false;
    }
    if (!guard_writes(e, op, rq)) return true;
    bool plain = sv_eq_nocase(rq->method, SV("DELETE"));
    bool deletes = plain || sv_eq_nocase(override_header(rq), SV("DELETE")) || sv_eq_nocase(override_parameter(rq), SV("DELETE"));
    if (!deletes) *ret_reason = write_refusal(e, op, rq);
    else if (!(plain && undo_is_ours(e, rq->target)) && !matches_any(o->allow_delete, o->allow_delete_count, op, rq))
        *ret_reason = "DELETE is sent to what this scan made, else not without --allow-delete";
    return *ret_reason == NULL;
}

// No HTTP goes out: a handshake, or the first bytes of one, with an origin that speaks TLS.
static bool allows_tls(const struct engine *e, const struct operation *op, const struct request *rq, const char **ret_reason) {
    const char *reason = NULL;
    if (rq->origin >= e->origin_count) reason = "origin outside the scope";
    else if (!sv_eq(e->origins[rq->origin].scheme, SV("https"))) reason = "the origin does not speak TLS";
    else if (op != NULL || !request_is_tls_probe(rq)) reason = "not a TLS probe";
    else if (e->scan->mode == MODE_PASSIVE) reason = "passive mode";
    if (ret_reason != NULL) *ret_reason = reason;
    return reason == NULL;
}

bool guard_allows(const struct engine *e, const struct operation *op, const struct request *rq, const char **ret_reason) {
    const char *reason = NULL;
    if (ret_reason != NULL) *ret_reason = NULL;
    if (request_is_tls(rq)) return allows_tls(e, op, rq, ret_reason);
    if (rq->origin >= e->origin_count) reason = "origin outside the scope";
    else if (rq->target.len == 0 || (rq->target.ptr[0] != '/' && !sv_eq(rq->target, SV("*")))) reason = "request target without a path";
    else if (e->scan->mode == MODE_PASSIVE && op == NULL && !is_safe_method(rq->method)) reason = "passive mode";
    if (reason == NULL && !method_allowed(e, op, rq, &reason) && reason == NULL) reason = "refused by the method guard";
    if (ret_reason != NULL) *ret_reason = reason;
    return reason == NULL;
}

bool guard_allows_text(struct engine *e, const struct operation *op, const struct request *rq) {
    if (op == NULL || e->scan->mode == MODE_PASSIVE || rq->origin >= e->origin_count) return false;
    if (overrides(override_header(rq)) || overrides(override_parameter(rq)) || body_writes(rq)) return false;
    return sv_eq(rq->method, op->method) && path_template_matches(op->path, path_of(rq)) && operation_is_llm(engine_knowledge(e, SV("wordlists/llm")), op, NULL);
}

// Length of the `{x}` that the pattern goes on with at p, 0 when it does not.
static size_t template_len(struct sv pattern, size_t p) {
    if (p >= pattern.len || pattern.ptr[p] != '{') return 0;
    size_t close = sv_find_char(sv_from_index(pattern, p), '}');
    return close == SIZE_MAX ? 0 : close + 1;
}

static size_t segment_end(struct sv path, size_t s) {
    while (s < path.len && path.ptr[s] != '/') s++;
    return s;
}

// '*' within a segment, '**' any rest, '{x}' one segment.
static bool glob_matches(struct sv pattern, struct sv path) {
    size_t p = 0, s = 0, star_p = SIZE_MAX, star_s = 0;
    bool star_deep = false;
    while (s < path.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star_deep = p + 1 < pattern.len && pattern.ptr[p + 1] == '*';
            p += star_deep ? 2 : 1;
            star_p = p;
            star_s = s;
            continue;
        }
        size_t name = template_len(pattern, p);
        if (name > 0 && path.ptr[s] != '/') {
            p += name;
            s = segment_end(path, s);
            continue;
        }
        if (p < pattern.len && pattern.ptr[p] == path.ptr[s]) {
            p++;
            s++;
            continue;
        }
        if (star_p == SIZE_MAX || (!star_deep && path.ptr[star_s] == '/')) return false;
        p = star_p;
        s = ++star_s;
    }
    while (p < pattern.len && pattern.ptr[p] == '*') p++;
    return p == pattern.len;
}

bool pattern_matches(const struct operation_pattern *p, struct sv method, struct sv path) {
    if (p->method.len > 0 && !sv_eq(p->method, SV("*")) && !sv_eq_nocase(p->method, method)) return false;
    return glob_matches(p->pattern, path);
}

bool operation_selected(const struct engine *e, const struct operation *op) {
    const struct scan_options *o = e->scan;
    bool in = o->include_count == 0;
    for (size_t i = 0; i < o->include_count && !in; i++) in = pattern_matches(&o->include[i], op->method, op->path);
    for (size_t i = 0; i < o->exclude_count && in; i++) in = !pattern_matches(&o->exclude[i], op->method, op->path);
    return in;
}
