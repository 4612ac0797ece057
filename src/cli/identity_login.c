// SPDX-License-Identifier: Apache-2.0
// The members `login` and `oauth2` of an identity (docs/identities.md), OAuth 2 being a login whose requests RFC 6749 writes.
#include "base/buf.h"
#include "base/json_writer.h"
#include "cli/identity_file.h"
#include "http/header.h"
#include "http/url.h"
#include "scan/identity/login.h"

enum { BODY_MAX = 64 * 1024 };

static const struct sv secret_words[] = {SV_INIT("pass"), SV_INIT("pwd"), SV_INIT("secret"), SV_INIT("token"), SV_INIT("pin"), SV_INIT("otp"), SV_INIT("code"),
                                         SV_INIT("key"), SV_INIT("credential"), SV_INIT("assertion")};

static int fail(struct identity_reader *r, const char *text) {
    return error_set(r->err, ERR_USAGE, "identity " SV_FMT ": %s", SV_ARG(r->who->name), text);
}

// The value of a member whose name says that it is secret is hidden from now on.
static int hide(struct identity_reader *r, struct sv name, struct sv value) {
    if (sv_eq(value, SV("{refresh_token}"))) return 0; // filled in when it is sent
    for (size_t i = 0; i < sizeof secret_words / sizeof secret_words[0]; i++) {
        if (sv_contains_nocase(name, secret_words[i])) return identity_secret(r, value);
    }
    return 0;
}

static void add_encoded(struct buf *b, struct sv s) {
    static const char hex[] = "0123456789ABCDEF";
    if (sv_eq(s, SV("{refresh_token}"))) { // filled in when it is sent
        buf_add(b, s);
        return;
    }
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || memchr("-._~", c, 4) != NULL;
        if (plain) {
            buf_add_char(b, (char)c);
            continue;
        }
        buf_add_char(b, '%');
        buf_add_char(b, hex[c >> 4]);
        buf_add_char(b, hex[c & 15]);
    }
}

static void add_pair(struct buf *b, struct sv name, struct sv value) {
    if (value.ptr == NULL) return;
    if (b->len > 0) buf_add_char(b, '&');
    add_encoded(b, name);
    buf_add_char(b, '=');
    add_encoded(b, value);
}

static int finish_body(struct identity_reader *r, const struct buf *b, const char *type, struct login_request *ret) {
    ret->body = buf_failed(b) ? SV_NONE : arena_copy_sv(r->arena, buf_sv(b));
    if (ret->body.ptr == NULL) return error_nomem(r->err);
    if (header_has(&ret->headers, SV("Content-Type"))) return 0;
    return header_add(r->arena, &ret->headers, SV("Content-Type"), sv_from(type)) ? 0 : error_nomem(r->err);
}

static int form_body(struct identity_reader *r, const struct node *n, struct login_request *ret) {
    auto_buf b = BUF_INIT(BODY_MAX);
    if (!node_is(n, NODE_OBJECT)) return fail(r, "form wants {name: value}");
    for (const struct node *m = n->first; m != NULL; m = m->next) {
        struct sv value;
        int code = identity_value(r, m, "a value of form", &value);
        if (code == 0) code = hide(r, m->key, value);
        if (code != 0) return code;
        add_pair(&b, m->key, value);
    }
    return finish_body(r, &b, "application/x-www-form-urlencoded", ret);
}

// Nested at most as deep as the file's limits allow.
static int write_json(struct identity_reader *r, struct json_writer *w, const struct node *n) {
    int code = 0;
    struct sv value;
    switch (n->kind) {
    case NODE_OBJECT:
    case NODE_ARRAY:
        if (n->kind == NODE_OBJECT) jw_object_begin(w);
        else jw_array_begin(w);
        for (const struct node *m = n->first; m != NULL && code == 0; m = m->next) {
            if (n->kind == NODE_OBJECT) jw_key_sv(w, m->key);
            code = write_json(r, w, m);
        }
        if (n->kind == NODE_OBJECT) jw_object_end(w);
        else jw_array_end(w);
        return code;
    case NODE_STRING:
        code = identity_value(r, n, "a value of json", &value);
        if (code == 0) code = hide(r, n->key, value);
        if (code == 0) jw_string(w, value);
        return code;
    case NODE_NUMBER:
        jw_raw(w, n->text);
        return hide(r, n->key, n->text);
    case NODE_BOOL: // a word that stands everywhere
        jw_raw(w, n->text);
        return 0;
    case NODE_NULL:
        jw_raw(w, SV("null"));
        return 0;
    }
    return 0;
}

static int json_body(struct identity_reader *r, const struct node *n, struct login_request *ret) {
    auto_buf b = BUF_INIT(BODY_MAX);
    struct sink_buf sink;
    struct json_writer w;
    sink_buf_init(&sink, &b);
    jw_init(&w, &sink.sink, false);
    int code = write_json(r, &w, n);
    if (code != 0) return code;
    if (jw_finish(&w) != 0) return fail(r, "the json of the login is too large");
    return finish_body(r, &b, "application/json", ret);
}

static int hide_members(struct identity_reader *r, const struct node *n) {
    int code = n->kind == NODE_STRING || n->kind == NODE_NUMBER ? hide(r, n->key, n->text) : 0;
    for (const struct node *m = n->kind == NODE_OBJECT || n->kind == NODE_ARRAY ? n->first : NULL; m != NULL && code == 0; m = m->next) code = hide_members(r, m);
    return code;
}

static int hide_form(struct identity_reader *r, struct sv body) {
    struct sv rest = body, name, value;
    bool has_value;
    int code = 0;
    for (unsigned n = 0; n < 100 && code == 0 && rest.ptr != NULL && url_query_next(&rest, &name, &value, &has_value); n++)
        code = hide(r, url_decode(r->arena, name, true), url_decode(r->arena, value, true));
    return code;
}

// <password>x</password>, of whatever namespace.
static int hide_elements(struct identity_reader *r, struct sv body) {
    int code = 0;
    for (size_t at; code == 0 && (at = sv_find_char(body, '<')) != SIZE_MAX;) {
        body = sv_from_index(body, at + 1);
        size_t close = sv_find_char(body, '>');
        if (close == SIZE_MAX) break;
        struct sv name = sv_slice(body, 0, close), rest = sv_from_index(body, close + 1);
        struct sv text = sv_trim(sv_slice(rest, 0, sv_find_char(rest, '<')));
        if (text.len > 0 && !sv_starts_with(name, SV("/"))) code = hide(r, name, text);
    }
    return code;
}

// A body that is written out: it is a secret as a whole, and so are the passwords in it.
static int text_body(struct identity_reader *r, const struct node *n, struct login_request *ret) {
    int code = identity_value(r, n, "the body of the login", &ret->body);
    if (code == 0 && ret->body.len > BODY_MAX) code = fail(r, "the body of the login is too large");
    if (code == 0) code = identity_secret(r, ret->body);
    if (code != 0) return code;
    struct node *root;
    const struct node_limits limits = {.max_bytes = BODY_MAX, .max_depth = 12, .max_nodes = 10000};
    if (sv_starts_with(sv_trim(ret->body), SV("<"))) return hide_elements(r, ret->body);
    return node_parse_json(r->arena, ret->body, &limits, &root, NULL) == 0 ? hide_members(r, root) : hide_form(r, ret->body);
}

static int read_headers(struct identity_reader *r, const struct node *n, struct login_request *ret) {
    struct principal scratch = {.name = r->who->name};
    if (n == NULL) return 0;
    if (!node_is(n, NODE_OBJECT)) return fail(r, "headers of a login wants {Name: value}");
    for (const struct node *h = n->first; h != NULL; h = h->next) {
        struct sv value;
        int code = identity_value(r, h, "a header of the login", &value);
        if (code == 0) code = identity_add_header(r->arena, &scratch, h->key, sv_trim(value), r->err);
        if (code == 0 && (sv_contains_nocase(h->key, SV("auth")) || sv_contains_nocase(h->key, SV("cookie")))) code = identity_secret(r, sv_trim(value));
        if (code == 0) code = hide(r, h->key, sv_trim(value));
        if (code != 0) return code;
    }
    ret->headers = scratch.headers;
    return 0;
}

static bool is_place(struct sv url) {
    for (size_t i = 0; i < url.len; i++) {
        if ((unsigned char)url.ptr[i] <= ' ' || (unsigned char)url.ptr[i] >= 0x7f || url.ptr[i] == '#') return false;
    }
    return sv_starts_with(url, SV("/")) || sv_starts_with_nocase(url, SV("http://")) || sv_starts_with_nocase(url, SV("https://"));
}

static int read_place(struct identity_reader *r, const struct node *n, struct login_request *ret) {
    const struct node *path = node_get(n, SV("path")), *url = node_get(n, SV("url"));
    if ((path == NULL) == (url == NULL)) return fail(r, "a login has either path: /login or url: https://...");
    int code = identity_value(r, path != NULL ? path : url, "the path of the login", &ret->url);
    if (code != 0) return code;
    struct url parsed;
    if (ret->url.len > 0 && ret->url.ptr[0] != '/' && url_parse(r->arena, ret->url, &parsed, NULL) == 0 && parsed.userinfo.ptr != NULL)
        return fail(r, "a url with a name or password before the @ is written down as it is; give them as headers: {Authorization: Basic ...} of the login");
    if (!is_place(ret->url) || (path != NULL && ret->url.ptr[0] != '/')) return fail(r, "the path of a login begins with /, its url with http:// or https://");
    return 0;
}

static bool is_method(struct sv m) {
    for (size_t i = 0; i < m.len; i++) {
        if (m.ptr[i] < 'A' || m.ptr[i] > 'Z') return false;
    }
    return m.len > 0 && m.len <= 16;
}

static int read_request(struct identity_reader *r, const struct node *n, struct login_request *ret) {
    const struct node *method = node_get(n, SV("method"));
    ret->method = SV("POST");
    int code = method != NULL ? identity_value(r, method, "the method of the login", &ret->method) : 0;
    if (code == 0 && !is_method(ret->method)) code = fail(r, "the method of a login is written in capitals, for example POST");
    if (code == 0) code = read_place(r, n, ret);
    if (code == 0) code = read_headers(r, node_get(n, SV("headers")), ret);
    if (code != 0) return code;
    static const struct {
        const char *name;
        int (*read)(struct identity_reader *r, const struct node *n, struct login_request *ret);
    } bodies[] = {{"body", text_body}, {"form", form_body}, {"json", json_body}};
    unsigned given = 0;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0] && code == 0; i++) {
        const struct node *body = node_get(n, sv_from(bodies[i].name));
        if (body == NULL) continue;
        code = ++given > 1 ? fail(r, "a login has one of body, form and json") : bodies[i].read(r, body, ret);
    }
    return code;
}

// "Name: value with {token}"
static int read_send(struct identity_reader *r, const struct node *n, struct login *l) {
    struct sv text = SV_NONE;
    int code = 0;
    if (n != NULL) code = identity_value(r, n, "send", &text);
    else if (l->source == LOGIN_FROM_COOKIE) text = arena_printf(r->arena, "Cookie: " SV_FMT "={token}", SV_ARG(l->name));
    else text = SV("Authorization: Bearer {token}");
    if (code != 0) return code;
    size_t colon = sv_find_char(text, ':');
    struct principal scratch = {.name = r->who->name};
    if (colon == SIZE_MAX || !sv_contains(text, SV("{token}"))) return fail(r, "send wants 'Header: value' with {token} in it, for example 'Authorization: Bearer {token}'");
    code = identity_add_header(r->arena, &scratch, sv_trim(sv_slice(text, 0, colon)), sv_trim(sv_from_index(text, colon + 1)), r->err);
    if (code != 0) return code;
    l->send_name = scratch.headers.ptr[0].name;
    l->send_value = scratch.headers.ptr[0].value;
    return 0;
}

static int read_token(struct identity_reader *r, const struct node *n, struct login *l) {
    static const struct {
        const char *name;
        enum login_source source;
    } sources[] = {{"json", LOGIN_FROM_JSON}, {"cookie", LOGIN_FROM_COOKIE}, {"header", LOGIN_FROM_HEADER}};
    int code = identity_known_members(r, n, "token", "json cookie header");
    if (code != 0) return code;
    if (n->count != 1) return fail(r, "token says one place: {json: /access_token}, {cookie: NAME} or {header: NAME}");
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        if (sv_eq(n->first->key, sv_from(sources[i].name))) l->source = sources[i].source;
    }
    code = identity_value(r, n->first, "the place of the token", &l->name);
    if (code == 0 && l->source == LOGIN_FROM_JSON && !sv_starts_with(l->name, SV("/"))) code = fail(r, "json of token is a pointer (RFC 6901), for example /access_token");
    return code == 0 && l->name.len == 0 ? fail(r, "the place of the token is empty") : code;
}

static int adopt(struct identity_reader *r, struct login *l) {
    if (r->who->login != NULL) return fail(r, "login and oauth2 exclude each other");
    r->who->login = l;
    return 0;
}

int identity_read_login(struct identity_reader *r, const struct node *n) {
    struct login *l = arena_new(r->arena, struct login);
    if (l == NULL) return error_nomem(r->err);
    int code = identity_known_members(r, n, "login", "method path url headers body form json token send refresh");
    if (code == 0) code = read_request(r, n, &l->request);
    if (code == 0) code = read_token(r, node_get(n, SV("token")), l);
    if (code == 0) code = read_send(r, node_get(n, SV("send")), l);
    const struct node *refresh = node_get(n, SV("refresh"));
    if (code == 0 && refresh != NULL) {
        code = identity_known_members(r, refresh, "refresh", "method path url headers body form json");
        if (code == 0) code = read_request(r, refresh, &l->refresh);
    }
    return code == 0 ? adopt(r, l) : code;
}

struct oauth {
    struct sv token_url, client_id, client_secret, scope, grant, username, password, refresh_token;
};

static int read_oauth(struct identity_reader *r, const struct node *n, struct oauth *ret) {
    struct {
        const char *name;
        struct sv *place;
    } members[] = {{"token_url", &ret->token_url}, {"client_id", &ret->client_id}, {"client_secret", &ret->client_secret}, {"scope", &ret->scope}, {"grant", &ret->grant},
                   {"username", &ret->username}, {"password", &ret->password}, {"refresh_token", &ret->refresh_token}};
    int code = identity_known_members(r, n, "oauth2", "token_url client_id client_secret scope grant username password refresh_token");
    for (size_t i = 0; i < sizeof members / sizeof members[0] && code == 0; i++) {
        const struct node *m = node_get(n, sv_from(members[i].name));
        if (m == NULL) continue;
        code = identity_value(r, m, members[i].name, members[i].place);
        if (code == 0) code = hide(r, sv_eq(m->key, SV("token_url")) ? SV_NONE : m->key, *members[i].place);
    }
    if (code == 0 && !is_place(ret->token_url)) code = fail(r, "token_url of oauth2 begins with /, http:// or https://");
    return code;
}

// RFC 6749 4.3.2, 4.4.2 and 6; the client's credentials in the body (2.3.1).
static int grant_request(struct identity_reader *r, const struct oauth *o, struct sv grant, struct login_request *ret) {
    auto_buf b = BUF_INIT(BODY_MAX);
    *ret = (struct login_request){.method = SV("POST"), .url = o->token_url};
    add_pair(&b, SV("grant_type"), grant);
    if (sv_eq(grant, SV("password"))) {
        add_pair(&b, SV("username"), o->username);
        add_pair(&b, SV("password"), o->password);
    }
    if (sv_eq(grant, SV("refresh_token"))) add_pair(&b, SV("refresh_token"), SV("{refresh_token}"));
    add_pair(&b, SV("client_id"), o->client_id);
    add_pair(&b, SV("client_secret"), o->client_secret);
    add_pair(&b, SV("scope"), o->scope);
    return finish_body(r, &b, "application/x-www-form-urlencoded", ret);
}

static int check_grant(struct identity_reader *r, const struct oauth *o) {
    if (sv_eq(o->grant, SV("client_credentials"))) return 0;
    if (sv_eq(o->grant, SV("password")))
        return o->username.ptr != NULL && o->password.ptr != NULL ? 0 : fail(r, "the grant password of oauth2 wants username and password");
    if (sv_eq(o->grant, SV("refresh_token"))) return o->refresh_token.len > 0 ? 0 : fail(r, "the grant refresh_token of oauth2 wants refresh_token");
    return fail(r, "grant of oauth2 is client_credentials, refresh_token or password");
}

int identity_read_oauth2(struct identity_reader *r, const struct node *n) {
    struct login *l = arena_new(r->arena, struct login);
    struct oauth o = {.grant = SV("client_credentials")};
    if (l == NULL) return error_nomem(r->err);
    int code = read_oauth(r, n, &o);
    if (code == 0) code = check_grant(r, &o);
    if (code != 0) return code;
    l->source = LOGIN_FROM_JSON;
    l->name = SV("/access_token");
    if (!sv_eq(o.grant, SV("refresh_token"))) code = grant_request(r, &o, o.grant, &l->request);
    if (code == 0) code = grant_request(r, &o, SV("refresh_token"), &l->refresh);
    l->first_refresh_token = o.refresh_token.len > 0 ? o.refresh_token : SV_NONE;
    if (code == 0) code = read_send(r, NULL, l);
    return code == 0 ? adopt(r, l) : code;
}
