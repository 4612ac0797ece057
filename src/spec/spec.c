// SPDX-License-Identifier: Apache-2.0
/*
 * Reading a specification: the text becomes one node tree, the tree is walked path by path, each operation stands or
 * falls alone. Schemas are made only for what an operation reaches.
 */
#include "spec/spec.h"

#include "base/random.h"
#include "http/build.h"
#include "spec/spec_internal.h"

static int fail_at(struct builder *b, const struct node *n, int code, struct error *err, const char *what) {
    unsigned line = 1, column = 1;
    if (n != NULL)
        node_place(b->main->bytes, n->offset, &line, &column);
    error_set(err, code, SV_FMT ": %s", SV_ARG(spec_short(b->options->name)), what);
    error_at(err, line, column);
    return code;
}

static int read_version(struct builder *b, struct error *err) {
    const struct node *root = b->main->root;
    const struct node *openapi = node_get(root, SV("openapi"));
    const struct node *swagger = node_get(root, SV("swagger"));
    if (!node_is(root, NODE_OBJECT))
        return fail_at(b, root, ERR_SYNTAX, err,
                       "the document is no object; an OpenAPI or Swagger document is expected");
    if (node_get(root, SV("swaggerVersion")) != NULL)
        return fail_at(b, node_get(root, SV("swaggerVersion")), ERR_UNSUPPORTED, err,
                       "Swagger 1.x is not supported; convert it to Swagger 2.0 or OpenAPI 3");
    if (openapi == NULL && swagger == NULL)
        return fail_at(b, root, ERR_SYNTAX, err, "neither `openapi` nor `swagger` says what this document is");
    struct sv version = spec_text(openapi != NULL ? openapi : swagger);
    b->swagger = openapi == NULL;
    if (b->swagger ? !sv_eq(version, SV("2.0")) && !sv_eq(version, SV("2"))
                   : !sv_starts_with(version, SV("3.")) && !sv_eq(version, SV("3")))
        return fail_at(b, openapi != NULL ? openapi : swagger, ERR_UNSUPPORTED, err,
                       "only Swagger 2.0 and OpenAPI 3.0 and 3.1 are supported");
    if (!node_is(node_get(root, SV("paths")), NODE_OBJECT))
        return fail_at(b, root, ERR_SYNTAX, err, "`paths` is missing or no object, so there is nothing to scan");
    b->api->spec_version = version;
    return 0;
}

static int start(struct builder *b, struct sv input, struct error *err) {
    size_t slash = sv_rfind_char(b->options->name, '/');
    struct sv path = slash == SIZE_MAX ? b->options->name : sv_from_index(b->options->name, slash + 1);
    map_init(&b->documents, random_seed());
    map_init(&b->schemas, random_seed());
    map_init(&b->operations, random_seed());
    map_init(&b->schemes, random_seed());
    b->main = spec_document_add(b, b->options->name, path.len == 0 ? SV("main") : path, input);
    if (b->main == NULL)
        return error_nomem(err);
    b->document_bytes = input.len;
    int r = node_parse_any(b->a, input, &node_limits_document, &b->main->root, err);
    if (r != 0)
        error_prefix(err, SV_FMT ": ", SV_ARG(spec_short(b->options->name)));
    return r;
}

// Operations that the api has already, so that they are not described twice.
static bool remember_operations(struct builder *b) {
    for (size_t i = 0; i < b->api->operation_count; i++) {
        struct operation *op = b->api->operations[i];
        struct sv nameless = path_template_nameless(b->a, op->path);
        struct sv key = arena_printf(b->a, SV_FMT " " SV_FMT, SV_ARG(op->method), SV_ARG(nameless));
        if (nameless.ptr == NULL || key.ptr == NULL || !map_set(b->a, &b->operations, key, op))
            return false;
    }
    return true;
}

int spec_read(struct arena *a, struct sv input, const struct spec_options *options, struct api *api,
              struct spec_warnings *warnings, struct error *err) {
    struct api work = *api; // the caller's stays as it was when the whole document is useless
    struct builder b = {.a = a, .options = options, .api = &work, .warnings = warnings};
    int r = start(&b, input, err);
    if (r == 0)
        r = read_version(&b, err);
    if (r != 0)
        return r;
    struct place root = {b.main->root, b.main};
    const struct node *info = node_get(root.node, SV("info"));
    work.title = node_get_text(info, SV("title"));
    work.version = spec_text(node_get(info, SV("version")));
    work.spec_name = options->name;
    if (!remember_operations(&b))
        return error_nomem(err);
    spec_security_schemes(&b);
    spec_base_path(&b);
    if (!b.nomem)
        spec_paths(&b, spec_child(root, node_get(root.node, SV("paths"))));
    if (b.nomem)
        return error_nomem(err);
    if (b.operation_count == 0)
        spec_warn(&b, root, "the specification describes no operation that can be used");
    *api = work;
    return b.nomem ? error_nomem(err) : 0;
}
