// SPDX-License-Identifier: Apache-2.0
// Who the scan may be. Values are credentials: no error text of this file quotes one.
#include "base/vec.h"
#include "cli/files.h"
#include "cli/scan_args.h"
#include "data/node.h"
#include "http/header.h"

#define IDENTITY_MAX 16
#define HEADER_MAX ((size_t)16 * 1024)
#define FILE_LIMIT ((size_t)1024 * 1024)

struct identity_list {
    struct principal *ptr;
    size_t len, cap;
};

static bool is_name(struct sv s) {
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
        if (!good) return false;
    }
    return s.len > 0 && s.len <= 64;
}

// RFC 9110 5.6.2.
static bool is_token(struct sv s) {
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c <= ' ' || c >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", c) != NULL) return false;
    }
    return s.len > 0 && s.len <= 256;
}

static bool is_value(struct sv s) {
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if ((c < ' ' && c != '\t') || c == 0x7f) return false;
    }
    return s.len > 0 && s.len <= HEADER_MAX;
}

static struct principal *find_identity(const struct identity_list *list, struct sv name) {
    for (size_t i = 0; i < list->len; i++) {
        if (sv_eq(list->ptr[i].name, name)) return &list->ptr[i];
    }
    return NULL;
}

static int open_identity(struct arena *a, struct identity_list *list, struct sv name, struct principal **ret, struct error *err) {
    if (!is_name(name))
        return error_set(err, ERR_USAGE, "the name of an identity is made of letters, digits, '-', '_' and '.', for example alice");
    if (sv_eq(name, SV("nobody")) || sv_eq(name, SV("anonymous")))
        return error_set(err, ERR_USAGE, SV_FMT " is what the scan calls a caller without credentials; take another name", SV_ARG(name));
    *ret = find_identity(list, name);
    if (*ret != NULL) return 0;
    if (list->len == IDENTITY_MAX) return error_set(err, ERR_LIMIT, "at most %d identities can be used", IDENTITY_MAX);
    if (!VEC_PUSH(a, list, ((struct principal){.name = name}))) return error_nomem(err);
    *ret = VEC_LAST(list);
    return 0;
}

static int add_header(struct arena *a, struct principal *p, struct sv name, struct sv value, struct error *err) {
    if (!is_token(name)) return error_set(err, ERR_USAGE, "identity " SV_FMT ": what stands before the colon is no header name", SV_ARG(p->name));
    if (sv_eq_nocase(name, SV("Host")) || sv_eq_nocase(name, SV("Content-Length")) || sv_eq_nocase(name, SV("Transfer-Encoding")))
        return error_set(err, ERR_USAGE, "identity " SV_FMT ": " SV_FMT " is no credential and cannot be set", SV_ARG(p->name), SV_ARG(name));
    if (!is_value(value))
        return error_set(err, ERR_USAGE, "identity " SV_FMT ": the value of " SV_FMT " is empty, too long or has control characters", SV_ARG(p->name), SV_ARG(name));
    return header_add(a, &p->headers, name, value) ? 0 : error_nomem(err);
}

static int read_argument(struct arena *a, struct identity_list *list, struct sv text, struct error *err) {
    size_t equals = sv_find_char(text, '=');
    struct sv header = equals == SIZE_MAX ? SV_NONE : sv_from_index(text, equals + 1);
    size_t colon = sv_find_char(header, ':');
    if (equals == SIZE_MAX || colon == SIZE_MAX)
        return error_set(err, ERR_USAGE, "--as wants NAME='Header: value', for example --as alice='Authorization: Bearer TOKEN'");
    struct principal *p;
    int r = open_identity(a, list, sv_slice(text, 0, equals), &p, err);
    if (r == 0) r = add_header(a, p, sv_trim(sv_slice(header, 0, colon)), sv_trim(sv_from_index(header, colon + 1)), err);
    if (r != 0) error_prefix(err, "--as: ");
    return r;
}

static int read_entry(struct arena *a, struct identity_list *list, const struct node *n, struct error *err) {
    static const char form[] = "each entry is {name: alice, headers: {Authorization: Bearer TOKEN}}, with role and tenant if you like";
    if (!node_is(n, NODE_OBJECT)) return error_set(err, ERR_USAGE, "%s", form);
    for (const struct node *m = n->first; m != NULL; m = m->next) {
        if (!sv_eq(m->key, SV("name")) && !sv_eq(m->key, SV("role")) && !sv_eq(m->key, SV("tenant")) && !sv_eq(m->key, SV("headers")))
            return error_set(err, ERR_USAGE, "unknown member " SV_FMT "; %s", SV_ARG(sv_slice(m->key, 0, 40)), form);
    }
    const struct node *headers = node_get(n, SV("headers"));
    if (!node_is(headers, NODE_OBJECT) || headers->count == 0) return error_set(err, ERR_USAGE, "an entry has no headers; %s", form);
    struct principal *p;
    int r = open_identity(a, list, node_get_text(n, SV("name")), &p, err);
    if (r != 0) return r;
    p->role = node_get_text(n, SV("role"));
    p->tenant = node_get_text(n, SV("tenant"));
    for (const struct node *h = headers->first; h != NULL && r == 0; h = h->next) {
        if (!node_is(h, NODE_STRING)) return error_set(err, ERR_USAGE, "identity " SV_FMT ": the value of each header is a text; put it in quotes", SV_ARG(p->name));
        r = add_header(a, p, h->key, sv_trim(h->text), err);
    }
    return r;
}

static int read_file(struct arena *a, struct identity_list *list, const char *path, struct error *err) {
    struct sv bytes;
    struct node *root;
    int r = files_read(a, path, FILE_LIMIT, "the identity file", &bytes, err);
    if (r != 0) return r;
    struct node_limits limits = {.max_bytes = FILE_LIMIT, .max_depth = 8, .max_nodes = 10000};
    r = node_parse_any(a, bytes, &limits, &root, err);
    if (r == 0 && !node_is(root, NODE_ARRAY)) r = error_set(err, ERR_USAGE, "it must hold a list of identities: - {name: alice, headers: {Authorization: Bearer TOKEN}}");
    for (const struct node *n = r == 0 ? root->first : NULL; n != NULL && r == 0; n = n->next) r = read_entry(a, list, n, err);
    if (r != 0) error_prefix(err, "the identity file %s: ", path);
    return r;
}

int scan_identities_read(struct arena *a, const struct invocation *in, const struct principal **ret, size_t *ret_count, struct error *err) {
    struct identity_list list = {0};
    size_t files, arguments;
    struct sv *paths = options_values(a, in, OPTION_AS_FILE, &files), *texts = options_values(a, in, OPTION_AS, &arguments);
    if (paths == NULL || texts == NULL) return error_nomem(err);
    int r = 0;
    for (size_t i = 0; i < files && r == 0; i++) r = read_file(a, &list, paths[i].ptr, err);
    for (size_t i = 0; i < arguments && r == 0; i++) r = read_argument(a, &list, texts[i], err);
    if (r != 0) return r;
    *ret = list.ptr;
    *ret_count = list.len;
    return 0;
}
