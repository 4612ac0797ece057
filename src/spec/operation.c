// SPDX-License-Identifier: Apache-2.0
#include "http/build.h"
#include "spec/spec_internal.h"

#define TAGS_MAX       64
#define ROLES_MAX      16
#define PATH_MAX_BYTES 4096

static const struct {
    struct sv key, method;
} methods[] = {
    {SV_INIT("get"), SV_INIT("GET")},         {SV_INIT("put"), SV_INIT("PUT")},
    {SV_INIT("post"), SV_INIT("POST")},       {SV_INIT("delete"), SV_INIT("DELETE")},
    {SV_INIT("options"), SV_INIT("OPTIONS")}, {SV_INIT("head"), SV_INIT("HEAD")},
    {SV_INIT("patch"), SV_INIT("PATCH")},     {SV_INIT("trace"), SV_INIT("TRACE")},
};

static void read_tags(struct builder *b, struct place p, struct operation *op) {
    const struct node *list = node_get(p.node, SV("tags"));
    size_t room = node_is(list, NODE_ARRAY) && list->count < TAGS_MAX ? list->count : TAGS_MAX;
    if (!node_is(list, NODE_ARRAY) || list->first == NULL)
        return;
    op->tags = arena_new_array(b->a, struct sv, room + 1);
    if (op->tags == NULL) {
        (void)spec_nomem(b);
        return;
    }
    for (const struct node *n = list->first; n != NULL && op->tag_count < room; n = n->next)
        if (n->kind == NODE_STRING)
            op->tags[op->tag_count++] = n->text;
}

// Servers of the operation or the path item replace those of the document.
static struct sv base_path(struct builder *b, struct place item, struct place operation) {
    struct node *own = b->swagger ? NULL : node_get(operation.node, SV("servers"));
    struct place servers = spec_child(operation, own);
    if (own == NULL && !b->swagger)
        servers = spec_child(item, node_get(item.node, SV("servers")));
    struct sv path = servers.node != NULL ? spec_servers(b, servers, /* keep= */ false) : SV_NONE;
    return path.ptr != NULL ? path : b->base_path;
}

// Some descriptions tell operations of one path apart by a fragment, which is never sent.
static struct sv cut_fragment(struct sv path) {
    size_t hash = sv_find_char(path, '#');
    return hash == SIZE_MAX ? path : sv_slice(path, 0, hash);
}

static bool add_unless_known(struct builder *b, struct place p, struct operation *op) {
    struct sv nameless = path_template_nameless(b->a, op->path);
    struct sv key = arena_printf(b->a, SV_FMT " " SV_FMT, SV_ARG(op->method), SV_ARG(nameless));
    if (nameless.ptr == NULL || key.ptr == NULL)
        return spec_nomem(b) != NULL;
    if (map_has(&b->operations, key)) {
        spec_warn(b, p, "operation skipped: " SV_FMT " " SV_FMT " is described before", SV_ARG(op->method),
                  SV_ARG(spec_short(op->path)));
        return false;
    }
    struct operation *copy = arena_new(b->a, struct operation);
    if (copy == NULL || !map_set(b->a, &b->operations, key, copy))
        return spec_nomem(b) != NULL;
    *copy = *op;
    copy->id = (uint32_t)b->api->operation_count;
    b->api->operations = vec_grow(b->a, b->api->operations, b->api->operation_count, &b->api->operation_cap,
                                  sizeof *b->api->operations);
    if (b->api->operation_count >= b->api->operation_cap)
        return spec_nomem(b) != NULL;
    b->api->operations[b->api->operation_count++] = copy;
    b->operation_count++;
    return true;
}

// Extensions by which descriptions say who may call: "x-required-role: manager", "x-roles: [admin]". Their texts are scopes like those of OAuth 2.
static void read_role_extensions(struct builder *b, struct place p, struct operation *op) {
    static const struct sv keys[] = {SV_INIT("x-required-role"), SV_INIT("x-required-roles"), SV_INIT("x-role"), SV_INIT("x-roles"), SV_INIT("x-allowed-roles"),
                                     SV_INIT("x-security-role"), SV_INIT("x-security-roles"), SV_INIT("x-access-level"),
                                     SV_INIT("x-permission"), SV_INIT("x-permissions"), SV_INIT("x-required-permission"), SV_INIT("x-required-permissions"),
                                     SV_INIT("x-required-scope"), SV_INIT("x-required-scopes"), SV_INIT("x-authority"), SV_INIT("x-authorities")};
    struct sv *all = arena_new_array(b->a, struct sv, op->scope_count + ROLES_MAX);
    size_t most = op->scope_count + ROLES_MAX, count = op->scope_count;
    if (all == NULL) {
        (void)spec_nomem(b);
        return;
    }
    if (count > 0)
        memcpy(all, op->scopes, count * sizeof *all);
    for (const struct node *n = p.node->first; n != NULL; n = n->next) {
        bool known = false;
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
            known = known || sv_eq_nocase(n->key, keys[i]);
        if (known && n->kind == NODE_STRING && count < most)
            all[count++] = n->text;
        for (const struct node *v = known && n->kind == NODE_ARRAY ? n->first : NULL; v != NULL; v = v->next)
            if (v->kind == NODE_STRING && count < most)
                all[count++] = v->text;
    }
    op->scopes = all;
    op->scope_count = count;
}

static void read_operation(struct builder *b, struct place item, struct sv path, struct place p, struct sv method) {
    if (!node_is(p.node, NODE_OBJECT)) {
        spec_warn(b, p, "operation skipped: it is no object");
        return;
    }
    struct sv base = base_path(b, item, p);
    struct operation op = {.method = method,
                           .operation_id = node_get_text(p.node, SV("operationId")),
                           .summary = node_get_text(p.node, SV("summary")),
                           .description = node_get_text(p.node, SV("description")),
                           .deprecated = node_get_bool(p.node, SV("deprecated"), false),
                           .read_only = node_get_bool(p.node, SV("x-plumb-read-only"), false),
                           .sources = SOURCE_SPEC,
                           .file = p.doc->name};
    op.path = base.len == 0 ? path : arena_printf(b->a, SV_FMT SV_FMT, SV_ARG(base), SV_ARG(path));
    if (op.path.ptr == NULL) {
        (void)spec_nomem(b);
        return;
    }
    struct parameters parameters = {0};
    spec_place(b, p, &op.line, &op.column);
    spec_security(b, p, &op);
    read_role_extensions(b, p, &op);
    read_tags(b, p, &op);
    spec_parameters(b, item, p, &op, &parameters);
    spec_body(b, item, p, &op, &parameters);
    spec_responses(b, p, &op);
    op.parameters = parameters.v.ptr;
    op.parameter_count = parameters.v.len;
    if (!b->nomem)
        (void)add_unless_known(b, p, &op);
}

static void read_item(struct builder *b, struct place item, struct sv path) {
    for (struct node *n = item.node->first; n != NULL && !b->nomem && spec_spend(b, 4); n = n->next) {
        for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
            if (!sv_eq_nocase(n->key, methods[i].key))
                continue;
            if (b->operation_count >= SPEC_OPERATIONS_MAX)
                return;
            read_operation(b, item, path, spec_child(item, n), methods[i].method);
        }
    }
}

static bool is_path(struct sv path) {
    if (path.len == 0 || path.len > PATH_MAX_BYTES || path.ptr[0] != '/')
        return false;
    for (size_t i = 0; i < path.len; i++)
        if ((unsigned char)path.ptr[i] < 0x20 || path.ptr[i] == 0x7f)
            return false;
    return true;
}

void spec_paths(struct builder *b, struct place paths) {
    for (struct node *n = paths.node->first; n != NULL && !b->nomem && spec_spend(b, 4); n = n->next) {
        struct place item = spec_child(paths, n);
        struct sv path = cut_fragment(n->key);
        if (sv_starts_with(n->key, SV("x-")))
            continue;
        if (b->operation_count >= SPEC_OPERATIONS_MAX) {
            spec_warn(b, item, "the specification has more than %d operations, the rest is left out",
                      SPEC_OPERATIONS_MAX);
            return;
        }
        if (!is_path(path))
            spec_warn(b, item, "path skipped: it does not begin with '/', is too long or has control bytes");
        else if (!spec_follow(b, &item) || !node_is(item.node, NODE_OBJECT))
            spec_warn(b, spec_child(paths, n), "path skipped: it is no object");
        else
            read_item(b, item, path);
    }
}
