// SPDX-License-Identifier: Apache-2.0
/*
 * Servers. Only the path of one of them is used; where requests go is what the user said, never what a specification
 * says.
 */
#include "http/url.h"
#include "spec/spec_internal.h"

#define SERVERS_MAX      64
#define SERVER_BYTES_MAX 4096

// "{region}" and the like become their defaults; unknown ones stay.
static struct sv substitute(struct builder *b, struct place server, struct sv text) {
    struct node *variables = node_get(server.node, SV("variables"));
    auto_buf out = BUF_INIT(SERVER_BYTES_MAX);
    while (text.len > 0) {
        size_t close = text.ptr[0] == '{' ? sv_find_char(text, '}') : SIZE_MAX;
        struct sv name = close == SIZE_MAX ? SV_NONE : sv_slice(text, 1, close);
        struct sv value = spec_text(node_get(node_get(variables, name), SV("default")));
        if (value.ptr != NULL)
            buf_add(&out, value);
        else
            buf_add(&out, sv_slice(text, 0, close == SIZE_MAX ? 1 : close + 1));
        text = sv_from_index(text, close == SIZE_MAX ? 1 : close + 1);
    }
    struct sv result = buf_failed(&out) ? SV_NONE : arena_copy_sv(b->a, buf_sv(&out));
    return result;
}

static void keep_server(struct builder *b, struct sv text) {
    struct sv *servers = arena_new_array(b->a, struct sv, b->api->server_count + 1);
    if (servers == NULL) {
        (void)spec_nomem(b);
        return;
    }
    if (b->api->server_count > 0)
        memcpy(servers, b->api->servers, b->api->server_count * sizeof *servers);
    servers[b->api->server_count++] = text;
    b->api->servers = servers;
}

// Without the slash at its end; "" for the root.
static struct sv trim_base(struct sv path) {
    while (path.len > 0 && path.ptr[path.len - 1] == '/')
        path.len--;
    return path.len == 0 ? SV("") : path;
}

// The path of a URL whose host we cannot read, for example because a variable without default stands in it.
static bool rough_path(struct sv text, struct sv *ret) {
    size_t begin = sv_find(text, SV("://"));
    struct sv rest = begin == SIZE_MAX ? SV_NONE : sv_from_index(text, begin + 3);
    size_t slash = sv_find_char(rest, '/');
    if (rest.len == 0)
        return false;
    struct sv path = slash == SIZE_MAX ? SV_NONE : sv_from_index(rest, slash);
    for (size_t i = 0; i < path.len; i++)
        if ((unsigned char)path.ptr[i] <= 0x20 || strchr("?#\x7f", path.ptr[i]) != NULL)
            return false;
    *ret = trim_base(path);
    return true;
}

// Path of one server URL, absolute or relative to the specification's own place. *ret_match: its origin is the
// target's.
static bool server_path(struct builder *b, struct sv text, struct sv *ret, bool *ret_match) {
    struct url u = {0}, base = {0};
    bool have_base = url_parse(b->a, b->options->name, &base, /* err= */ NULL) == 0;
    bool have_origin = url_parse(b->a, b->options->origin, have_base ? &u : &base, /* err= */ NULL) == 0;
    struct url target = have_base && have_origin ? u : base;
    *ret_match = false;
    if (!have_base && !have_origin && url_parse(b->a, SV("http://localhost/"), &base, /* err= */ NULL) != 0)
        return false;
    if (url_resolve(b->a, &base, text, &u, /* err= */ NULL) != 0)
        return rough_path(text, ret);
    *ret_match = have_origin && url_same_origin(&u, &target);
    *ret = trim_base(u.path);
    return true;
}

struct sv spec_servers(struct builder *b, struct place servers, bool keep) {
    struct sv first = SV_NONE;
    size_t seen = 0;
    for (struct node *n = node_is(servers.node, NODE_ARRAY) ? servers.node->first : NULL; n != NULL; n = n->next) {
        struct place server = spec_child(servers, n);
        struct sv text = substitute(b, server, node_get_text(n, SV("url")));
        struct sv path = SV_NONE;
        bool match = false;
        if (seen++ >= SERVERS_MAX)
            break;
        if (keep && text.len > 0)
            keep_server(b, text);
        if (text.ptr == NULL || !server_path(b, text, &path, &match)) {
            spec_warn(b, server, "the server has no usable URL and is left out: " SV_FMT, SV_ARG(spec_short(text)));
            continue;
        }
        if (match && !keep)
            return path;
        if (match && b->base_path.ptr == NULL)
            b->base_path = path;
        if (first.ptr == NULL)
            first = path;
    }
    return keep && b->base_path.ptr != NULL ? b->base_path : first;
}

static void swagger_servers(struct builder *b) {
    const struct node *root = b->main->root;
    struct sv host = node_get_text(root, SV("host"));
    struct sv base = node_get_text(root, SV("basePath"));
    const struct node *schemes = node_get(root, SV("schemes"));
    const struct node *n = node_is(schemes, NODE_ARRAY) ? schemes->first : NULL;
    size_t seen = 0;
    if (host.len > 0) {
        do {
            struct sv scheme = n != NULL ? spec_text(n) : SV("https");
            struct sv text = arena_printf(b->a, SV_FMT "://" SV_FMT SV_FMT, SV_ARG(scheme), SV_ARG(host), SV_ARG(base));
            if (text.ptr == NULL)
                (void)spec_nomem(b);
            else
                keep_server(b, text);
            n = n != NULL ? n->next : NULL;
        } while (n != NULL && seen++ < SERVERS_MAX);
    }
    if (base.len > 0 && base.ptr[0] != '/')
        base = arena_printf(b->a, "/" SV_FMT, SV_ARG(base));
    b->base_path = trim_base(base);
}

void spec_base_path(struct builder *b) {
    struct place root = {b->main->root, b->main};
    if (b->swagger) {
        swagger_servers(b);
        return;
    }
    struct sv path = spec_servers(b, spec_child(root, node_get(root.node, SV("servers"))), /* keep= */ true);
    b->base_path = path.ptr == NULL ? SV("") : path;
}
