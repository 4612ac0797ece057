// SPDX-License-Identifier: Apache-2.0
#include "cli/identity_file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/vec.h"
#include "http/header.h"
#include "http/jwt.h"

#define HEADER_MAX ((size_t)16 * 1024)
enum { SECRETS_MAX = 64 };

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

int identity_open(struct arena *a, struct identity_list *list, struct sv name, struct principal **ret, struct error *err) {
    if (!is_name(name))
        return error_set(err, ERR_USAGE, "the name of an identity is made of letters, digits, '-', '_' and '.', for example alice");
    if (sv_eq(name, SV("nobody")) || sv_eq(name, SV("anonymous")))
        return error_set(err, ERR_USAGE, SV_FMT " is what the scan calls a caller without credentials; take another name", SV_ARG(name));
    for (size_t i = 0; i < list->len; i++) {
        *ret = &list->ptr[i];
        if (sv_eq(list->ptr[i].name, name)) return 0;
    }
    if (list->len == IDENTITY_MAX) return error_set(err, ERR_LIMIT, "at most %d identities can be used", IDENTITY_MAX);
    if (!VEC_PUSH(a, list, ((struct principal){.name = name}))) return error_nomem(err);
    *ret = VEC_LAST(list);
    return 0;
}

int identity_add_header(struct arena *a, struct principal *p, struct sv name, struct sv value, struct error *err) {
    if (!is_token(name)) return error_set(err, ERR_USAGE, "identity " SV_FMT ": what stands before the colon is no header name", SV_ARG(p->name));
    if (sv_eq_nocase(name, SV("Host")) || sv_eq_nocase(name, SV("Content-Length")) || sv_eq_nocase(name, SV("Transfer-Encoding")))
        return error_set(err, ERR_USAGE, "identity " SV_FMT ": " SV_FMT " is no credential and cannot be set", SV_ARG(p->name), SV_ARG(name));
    if (!is_value(value))
        return error_set(err, ERR_USAGE, "identity " SV_FMT ": the value of " SV_FMT " is empty, too long or has control characters", SV_ARG(p->name), SV_ARG(name));
    return header_add(a, &p->headers, name, value) ? 0 : error_nomem(err);
}

int identity_secret(struct identity_reader *r, struct sv value) {
    for (size_t i = 0; i < r->secrets.len; i++) {
        if (sv_eq(r->secrets.ptr[i], value)) return 0;
    }
    if (r->secrets.len >= SECRETS_MAX) return error_set(r->err, ERR_LIMIT, "identity " SV_FMT " has more than %d secret values", SV_ARG(r->who->name), SECRETS_MAX);
    return VEC_PUSH(r->arena, &r->secrets, value) ? 0 : error_nomem(r->err);
}

static bool is_variable(struct sv s) {
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !(i > 0 && c >= '0' && c <= '9')) return false;
    }
    return s.len > 0 && s.len <= 128;
}

// One ${NAME}: its value, which counts as a secret.
static int variable(struct identity_reader *r, struct sv name, struct sv *ret) {
    char text[129] = {0};
    if (!is_variable(name)) return error_set(r->err, ERR_USAGE, "identity " SV_FMT ": ${...} wants the name of an environment variable", SV_ARG(r->who->name));
    memcpy(text, name.ptr, name.len);
    const char *value = r->environment != NULL ? r->environment(text) : NULL;
    if (value == NULL || value[0] == '\0') return error_set(r->err, ERR_USAGE, "identity " SV_FMT ": the environment variable %s is not set", SV_ARG(r->who->name), text);
    *ret = arena_copy_sv(r->arena, sv_from(value));
    return ret->ptr == NULL ? error_nomem(r->err) : identity_secret(r, *ret);
}

static int substitute(struct identity_reader *r, struct sv text, struct sv *ret) {
    auto_buf b = BUF_INIT(IDENTITY_FILE_LIMIT);
    for (size_t at; (at = sv_find(text, SV("${"))) != SIZE_MAX;) {
        size_t close = sv_find_char(sv_from_index(text, at), '}');
        struct sv value;
        if (close == SIZE_MAX) return error_set(r->err, ERR_USAGE, "identity " SV_FMT ": a ${ has no closing brace", SV_ARG(r->who->name));
        int code = variable(r, sv_slice(text, at + 2, at + close), &value);
        if (code != 0) return code;
        buf_add(&b, sv_slice(text, 0, at));
        buf_add(&b, value);
        text = sv_from_index(text, at + close + 1);
    }
    buf_add(&b, text);
    *ret = buf_failed(&b) ? SV_NONE : arena_copy_sv(r->arena, buf_sv(&b));
    return ret->ptr != NULL ? 0 : error_nomem(r->err);
}

int identity_value(struct identity_reader *r, const struct node *n, const char *what, struct sv *ret) {
    if (!node_is(n, NODE_STRING) && !node_is(n, NODE_NUMBER))
        return error_set(r->err, ERR_USAGE, "identity " SV_FMT ": %s is missing or is no text; put it in quotes", SV_ARG(r->who->name), what);
    if (sv_find(n->text, SV("${")) == SIZE_MAX) {
        *ret = n->text;
        return 0;
    }
    return substitute(r, n->text, ret);
}

int identity_known_members(struct identity_reader *r, const struct node *n, const char *what, const char *members) {
    if (!node_is(n, NODE_OBJECT))
        return error_set(r->err, ERR_USAGE, "identity " SV_FMT ": %s wants the members %s", SV_ARG(r->who->name), what, members);
    for (const struct node *m = n->first; m != NULL; m = m->next) {
        struct sv rest = sv_from(members), word;
        bool known = false;
        while (!known && rest.ptr != NULL && sv_split(&rest, ' ', &word)) known = sv_eq(word, m->key);
        if (!known) return error_set(r->err, ERR_USAGE, "identity " SV_FMT ": unknown member " SV_FMT " of %s; it has: %s", SV_ARG(r->who->name), SV_ARG(sv_slice(m->key, 0, 40)), what, members);
    }
    return 0;
}

static int read_headers(struct identity_reader *r, const struct node *n) {
    if (!node_is(n, NODE_OBJECT) || n->count == 0) return error_set(r->err, ERR_USAGE, "identity " SV_FMT ": headers wants {Name: value}", SV_ARG(r->who->name));
    for (const struct node *h = n->first; h != NULL; h = h->next) {
        struct sv value;
        if (!node_is(h, NODE_STRING)) return error_set(r->err, ERR_USAGE, "identity " SV_FMT ": the value of each header is a text; put it in quotes", SV_ARG(r->who->name));
        int code = identity_value(r, h, "a header", &value);
        if (code == 0) code = identity_add_header(r->arena, r->who, h->key, sv_trim(value), r->err);
        if (code != 0) return code;
    }
    return 0;
}

static int read_basic(struct identity_reader *r, const struct node *n) {
    struct sv user, password;
    int code = identity_known_members(r, n, "basic", "user password");
    if (code == 0) code = identity_value(r, node_get(n, SV("user")), "the user of basic", &user);
    if (code == 0) code = identity_value(r, node_get(n, SV("password")), "the password of basic", &password);
    if (code != 0) return code;
    if (sv_find_char(user, ':') != SIZE_MAX) return error_set(r->err, ERR_USAGE, "identity " SV_FMT ": a user of basic has no colon (RFC 7617)", SV_ARG(r->who->name));
    struct sv pair = arena_printf(r->arena, SV_FMT ":" SV_FMT, SV_ARG(user), SV_ARG(password));
    struct sv encoded = pair.ptr == NULL ? pair : base64_encode(r->arena, pair, false, true);
    struct sv value = encoded.ptr == NULL ? encoded : arena_printf(r->arena, "Basic " SV_FMT, SV_ARG(encoded));
    if (value.ptr == NULL) return error_nomem(r->err);
    code = identity_secret(r, password);
    return code == 0 ? identity_add_header(r->arena, r->who, SV("Authorization"), value, r->err) : code;
}

static int read_bearer(struct identity_reader *r, const struct node *n) {
    struct sv token;
    int code = identity_value(r, n, "bearer", &token);
    if (code != 0) return code;
    struct sv value = arena_printf(r->arena, "Bearer " SV_FMT, SV_ARG(sv_trim(token)));
    return value.ptr == NULL ? error_nomem(r->err) : identity_add_header(r->arena, r->who, SV("Authorization"), value, r->err);
}

static int add_cookie(struct identity_reader *r, struct sv name, struct sv value) {
    struct sv before = header_find(&r->who->headers, SV("Cookie"));
    struct sv line = arena_printf(r->arena, SV_FMT "%s" SV_FMT "=" SV_FMT, SV_ARG(before), before.len > 0 ? "; " : "", SV_ARG(name), SV_ARG(value));
    if (line.ptr == NULL) return error_nomem(r->err);
    header_remove(&r->who->headers, SV("Cookie"));
    return identity_add_header(r->arena, r->who, SV("Cookie"), line, r->err);
}

static int read_api_key(struct identity_reader *r, const struct node *n) {
    struct sv in, name, value;
    int code = identity_known_members(r, n, "api_key", "in name value");
    if (code == 0) code = identity_value(r, node_get(n, SV("in")), "the place (in) of api_key", &in);
    if (code == 0) code = identity_value(r, node_get(n, SV("name")), "the name of api_key", &name);
    if (code == 0) code = identity_value(r, node_get(n, SV("value")), "the value of api_key", &value);
    if (code == 0) code = identity_secret(r, sv_trim(value));
    if (code != 0) return code;
    if (sv_eq(in, SV("header"))) return identity_add_header(r->arena, r->who, name, sv_trim(value), r->err);
    if (!is_token(name) || !is_value(value)) return error_set(r->err, ERR_USAGE, "identity " SV_FMT ": name or value of api_key cannot be sent", SV_ARG(r->who->name));
    if (sv_eq(in, SV("cookie"))) return add_cookie(r, name, value);
    if (!sv_eq(in, SV("query"))) return error_set(r->err, ERR_USAGE, "identity " SV_FMT ": the place (in) of api_key is header, query or cookie", SV_ARG(r->who->name));
    r->who->query_name = name;
    r->who->query_value = value;
    return 0;
}

static int read_path(struct identity_reader *r, const struct node *n, const char *what, const char **ret) {
    struct sv path;
    int code = identity_value(r, n, what, &path);
    if (code != 0) return code;
    path = arena_copy_sv(r->arena, path); // a NUL follows
    if (path.ptr == NULL) return error_nomem(r->err);
    if (access(path.ptr, R_OK) != 0) return error_set(r->err, ERR_USAGE, "identity " SV_FMT ": the file of %s cannot be read: %s", SV_ARG(r->who->name), what, strerror(errno));
    *ret = path.ptr;
    return 0;
}

static int read_certificate(struct identity_reader *r, const struct node *n) {
    int code = identity_known_members(r, n, "certificate", "cert key");
    if (code == 0) code = read_path(r, node_get(n, SV("cert")), "the client certificate", &r->who->certificate);
    if (code == 0 && node_get(n, SV("key")) != NULL) code = read_path(r, node_get(n, SV("key")), "the client key", &r->who->key);
    return code;
}

struct form {
    const char *name;
    int (*read)(struct identity_reader *r, const struct node *n);
};
static const struct form forms[] = {
    {"headers", read_headers}, {"basic", read_basic}, {"bearer", read_bearer},        {"api_key", read_api_key},
    {"certificate", read_certificate}, {"login", identity_read_login}, {"oauth2", identity_read_oauth2},
};

static int read_label(struct identity_reader *r, const struct node *n, const char *what, struct sv *ret) {
    return n == NULL ? 0 : identity_value(r, n, what, ret);
}

static int read_entry(struct identity_reader *r, struct identity_list *list, const struct node *n) {
    static const struct principal unnamed = {.name = SV_INIT("(without name)")};
    struct principal first = unnamed;
    r->who = &first;
    int code = identity_known_members(r, n, "an identity", "name role tenant headers basic bearer api_key certificate login oauth2");
    if (code == 0) code = identity_open(r->arena, list, node_get_text(n, SV("name")), &r->who, r->err);
    for (size_t i = 0; i < r->who->secret_count && code == 0; i++) code = identity_secret(r, r->who->secrets[i]); // named before
    if (code == 0) code = read_label(r, node_get(n, SV("role")), "role", &r->who->role);
    if (code == 0) code = read_label(r, node_get(n, SV("tenant")), "tenant", &r->who->tenant);
    bool any = false;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0] && code == 0; i++) {
        const struct node *m = node_get(n, sv_from(forms[i].name));
        if (m == NULL) continue;
        any = true;
        code = forms[i].read(r, m);
    }
    if (code != 0) return code;
    if (!any) return error_set(r->err, ERR_USAGE, "identity " SV_FMT " has no credential: write headers, basic, bearer, api_key, certificate, login or oauth2", SV_ARG(r->who->name));
    r->who->secrets = r->secrets.ptr;
    r->who->secret_count = r->secrets.len;
    return 0;
}

int identity_file_parse(struct arena *a, struct identity_list *list, struct sv bytes, identity_environment environment, struct error *err) {
    struct node *root;
    const struct node_limits limits = {.max_bytes = IDENTITY_FILE_LIMIT, .max_depth = 12, .max_nodes = 10000};
    int code = node_parse_any(a, bytes, &limits, &root, err);
    if (code == 0 && !node_is(root, NODE_ARRAY))
        code = error_set(err, ERR_USAGE, "it must hold a list of identities: - {name: alice, headers: {Authorization: Bearer TOKEN}}");
    for (const struct node *n = code == 0 ? root->first : NULL; n != NULL && code == 0; n = n->next) {
        struct identity_reader r = {.arena = a, .environment = environment, .err = err};
        code = read_entry(&r, list, n);
    }
    return code;
}
