// SPDX-License-Identifier: Apache-2.0
// Sign-ins that must fail: with another password, and in a name that nobody has. Made from the sign-in that the identity file describes, in active
// mode only; checks see neither the password nor the body.
#include "base/buf.h"
#include "data/node.h"
#include "http/header.h"
#include "http/url.h"
#include "scan/engine_state.h"
#include "scan/identity/login.h"

enum { BODY_MAX = 64 * 1024, NAME_MIN = 3 };
enum part { PART_OTHER, PART_NAME, PART_PASSWORD };

bool change_is_sign_in(const struct credential_change *c) {
    return c->kind == CREDENTIAL_WRONG_PASSWORD || c->kind == CREDENTIAL_UNKNOWN_NAME;
}

static enum part part_of(struct sv key) {
    static const struct sv names[] = {SV_INIT("email"),      SV_INIT("user"),       SV_INIT("username"), SV_INIT("login"),  SV_INIT("name"),   SV_INIT("account"), SV_INIT("identifier"),
                                      SV_INIT("phone"),      SV_INIT("mobile"),     SV_INIT("userid"),   SV_INIT("mail"),   SV_INIT("id"),     SV_INIT("member"),  SV_INIT("user_name"),
                                      SV_INIT("login_name"), SV_INIT("accountname"), SV_INIT("user_id"), SV_INIT("loginid"), SV_INIT("user_email"), SV_INIT("email_address")};
    if (sv_contains_nocase(key, SV("pass")) || sv_contains_nocase(key, SV("pwd")) || sv_eq_nocase(key, SV("pin"))) return PART_PASSWORD;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (sv_eq_nocase(key, names[i])) return PART_NAME;
    }
    return PART_OTHER;
}

// What goes through a body: what is read from it, and what is put in the place of that.
struct pass {
    struct arena *a;
    struct rng *rng;      // NULL: only read
    bool unknown;         // the name, too
    unsigned names, passwords;
    struct sv name, drawn; // as it is; the one in its place
};

// Same length and kinds of characters, but another one; of a mail address the part before the sign.
static struct sv draw_name(const struct pass *p, struct sv like) {
    size_t at = sv_find_char(like, '@'), end = at == SIZE_MAX ? like.len : at;
    char *text = arena_alloc(p->a, like.len + 1);
    for (size_t i = 0; text != NULL && i < like.len; i++) {
        char c = like.ptr[i];
        if (i >= end) text[i] = c;
        else if (c >= '0' && c <= '9') text[i] = (char)('0' + (int)rng_below(p->rng, 10));
        else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) text[i] = (char)('a' + (int)rng_below(p->rng, 26));
        else text[i] = c;
    }
    return text == NULL ? SV_NONE : sv_make(text, like.len);
}

static struct sv value_for(struct pass *p, struct sv key, struct sv value) {
    enum part part = part_of(key);
    p->names += part == PART_NAME;
    p->passwords += part == PART_PASSWORD;
    if (part == PART_NAME) p->name = value;
    if (p->rng == NULL) return value;
    if (part == PART_PASSWORD) return rng_word(p->rng, p->a, value.len >= 8 && value.len <= 40 ? value.len : 14);
    if (part != PART_NAME || !p->unknown) return value;
    p->drawn = draw_name(p, value);
    return p->drawn;
}

static void pass_json(struct pass *p, struct json_writer *w, const struct node *n) {
    switch (n->kind) {
    case NODE_OBJECT:
    case NODE_ARRAY:
        if (n->kind == NODE_OBJECT) jw_object_begin(w);
        else jw_array_begin(w);
        for (const struct node *m = n->first; m != NULL; m = m->next) {
            if (n->kind == NODE_OBJECT) jw_key_sv(w, m->key);
            pass_json(p, w, m);
        }
        if (n->kind == NODE_OBJECT) jw_object_end(w);
        else jw_array_end(w);
        return;
    case NODE_STRING:
        jw_string(w, value_for(p, n->key, n->text));
        return;
    case NODE_NUMBER:
    case NODE_BOOL:
        jw_raw(w, n->text);
        return;
    case NODE_NULL:
        jw_raw(w, SV("null"));
        return;
    }
}

static struct sv pass_form(struct pass *p, struct sv body) {
    struct sv rest = body, name, value, ret = SV("");
    bool has_value;
    for (unsigned n = 0; n < 100 && rest.ptr != NULL && url_query_next(&rest, &name, &value, &has_value); n++) {
        struct sv key = url_decode(p->a, name, true), plain = url_decode(p->a, value, true);
        ret = target_with_parameter(p->a, ret, key, value_for(p, key, plain)); // "?a=b&c=d"
    }
    return sv_from_index(ret, ret.len > 0 ? 1 : 0);
}

// The body with other values; SV_NONE when it is none of the two forms.
static struct sv pass_body(struct pass *p, const struct login_request *rq) {
    struct node *root;
    if (rq->body.len == 0 || rq->body.len > BODY_MAX) return SV_NONE;
    if (sv_contains_nocase(header_find(&rq->headers, SV("Content-Type")), SV("x-www-form-urlencoded"))) return pass_form(p, rq->body);
    if (node_parse_json(p->a, rq->body, &node_limits_response, &root, NULL) != 0 || !node_is(root, NODE_OBJECT)) return SV_NONE;
    auto_buf b = BUF_INIT((size_t)BODY_MAX * 4);
    struct sink_buf sink;
    struct json_writer w;
    sink_buf_init(&sink, &b);
    jw_init(&w, &sink.sink, false);
    pass_json(p, &w, root);
    return jw_finish(&w) != 0 || buf_failed(&b) ? SV_NONE : arena_copy_sv(p->a, buf_sv(&b));
}

static bool is_secret(const struct principal *p, struct sv text) {
    for (size_t i = 0; i < p->secret_count; i++) {
        if (sv_eq(p->secrets[i], text)) return true;
    }
    return false;
}

int sign_in_view(struct arena *a, const struct principal *p, struct token_view *v) {
    if (sv_eq_nocase(v->scheme, SV("Basic"))) {
        v->signs_in = true;
        return 0;
    }
    if (p->login == NULL || p->login->request.method.len == 0) return 0;
    auto_arena scratch = {.limit = (size_t)4 << 20};
    struct pass pass = {.a = &scratch};
    if (pass_body(&pass, &p->login->request).ptr == NULL || pass.names != 1 || pass.passwords != 1 || pass.name.len < NAME_MIN) return 0;
    v->signs_in = true;
    // A mail address in an answer is hidden as such, a secret as such: there is nothing to know it by.
    if (sv_find_char(pass.name, '@') != SIZE_MAX || is_secret(p, pass.name)) return 0;
    v->account = arena_copy_sv(a, pass.name);
    return v->account.ptr == NULL ? -ENOMEM : 0;
}

bool check_sign_in_request(struct check_run *run, size_t identity, struct request *ret) {
    struct engine *e = run->engine;
    if (identity >= e->identity_count || !e->identities[identity].view.signs_in) return false;
    const struct identity *who = &e->identities[identity];
    const struct login *l = who->principal->login;
    *ret = (struct request){0};
    if (l == NULL && who->witness_request != NULL) *ret = *who->witness_request;
    if (l == NULL) return who->witness_request != NULL;
    ret->method = l->request.method;
    if (login_resolve(e, &e->arena, l->request.url, ret, NULL) != 0) return false;
    ret->target = sv_slice(ret->target, 0, sv_find_char(ret->target, '?'));
    return true;
}

const char *sign_in_prepare(struct engine *e, struct slot *s, size_t i, struct request *ret_plain) {
    struct probe *p = &s->e.probes[i];
    const struct identity *who = &e->identities[p->identity];
    const struct login *l = who->principal->login;
    struct arena *a = &s->e.arena;
    bool unknown = p->credential.kind == CREDENTIAL_UNKNOWN_NAME;
    *ret_plain = p->request;
    if (l == NULL) return NULL; // Basic: change_apply does it
    struct sv shown = arena_printf(a, "<sign-in %s>", unknown ? "in a name that nobody has" : "with another password");
    if (shown.ptr == NULL) return "out of memory";
    struct request plain = {.method = l->request.method, .headers = l->request.headers};
    if (l->request.body.ptr != NULL) { // else a replay: nothing goes out
        struct rng rng;
        rng_derive(&rng, e->seed, SV("sign-in"), (uint64_t)s->e.id << 8 | i);
        struct pass pass = {.a = a, .rng = &rng, .unknown = unknown};
        plain.body = pass_body(&pass, &l->request);
        if (plain.body.ptr == NULL || login_resolve(e, a, l->request.url, &plain, NULL) != 0) return "the sign-in cannot be changed";
        if (pass.drawn.len > 0 && redact_add_secret(e->redactor, pass.drawn, SV("identity"), NULL) != 0) return "out of memory";
        *ret_plain = plain;
    }
    p->request.body = shown;
    return NULL;
}
