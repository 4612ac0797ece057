// SPDX-License-Identifier: Apache-2.0
// What a recording knows of a credential, so that a replay decides as the scan did: its form, never its value.
#include "base/numbers.h"
#include "data/node.h"
#include "scan/identity/identity.h"
#include "scan/identity/login.h"
#include "scan/redact.h"

static void add_text(struct json_writer *w, const char *name, struct sv text) {
    if (text.ptr != NULL) jw_member_string(w, name, text);
}

struct flag {
    const char *name;
    size_t offset;
};
static const struct flag flags[] = {
    {"jwt", offsetof(struct token_view, is_jwt)},
    {"exp", offsetof(struct token_view, has_exp)},
    {"iat", offsetof(struct token_view, has_iat)},
    {"nbf", offsetof(struct token_view, has_nbf)},
    {"aud", offsetof(struct token_view, has_aud)},
    {"iss", offsetof(struct token_view, has_iss)},
    {"expired", offsetof(struct token_view, expired_at_start)},
    {"tried", offsetof(struct token_view, dictionary_tried)},
    {"weak", offsetof(struct token_view, secret_is_weak)},
    {"signs_in", offsetof(struct token_view, signs_in)},
};
struct text {
    const char *name;
    size_t offset;
};
static const struct text texts[] = {
    {"name", offsetof(struct token_view, name)}, {"scheme", offsetof(struct token_view, scheme)}, {"alg", offsetof(struct token_view, algorithm)},
    {"kid", offsetof(struct token_view, key_id)}, {"jku", offsetof(struct token_view, jku)},       {"x5u", offsetof(struct token_view, x5u)},
    {"word", offsetof(struct token_view, weak_secret)}, {"sensitive", offsetof(struct token_view, sensitive)},
    {"account", offsetof(struct token_view, account)},
};

void token_record(struct json_writer *w, const struct token_view *v) {
    jw_key(w, "token");
    jw_object_begin(w);
    jw_member_u64(w, "carrier", v->carrier);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) add_text(w, texts[i].name, *(const struct sv *)(const void *)((const char *)v + texts[i].offset));
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (*(const bool *)((const char *)v + flags[i].offset)) jw_member_bool(w, flags[i].name, true);
    }
    if (v->has_exp && v->has_iat && v->life >= 0) jw_member_u64(w, "life", (uint64_t)v->life);
    jw_key(w, "claims");
    jw_array_begin(w);
    for (size_t i = 0; i < v->claim_count; i++) jw_string(w, v->claims[i]);
    jw_array_end(w);
    jw_object_end(w);
}

static bool copy_text(struct arena *a, struct sv *text) {
    if (text->ptr == NULL) return true;
    *text = arena_copy_sv(a, *text);
    return text->ptr != NULL;
}

int token_copy(struct arena *a, const struct token_view *from, struct token_view *ret) {
    *ret = *from;
    ret->claims = arena_new_array(a, struct sv, from->claim_count + 1);
    if (ret->claims == NULL) return -ENOMEM;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (!copy_text(a, (struct sv *)(void *)((char *)ret + texts[i].offset))) return -ENOMEM;
    }
    for (size_t i = 0; i < from->claim_count; i++) {
        ret->claims[i] = from->claims[i];
        if (!copy_text(a, &ret->claims[i])) return -ENOMEM;
    }
    return 0;
}

int token_read(struct arena *a, const struct node *n, struct token_view *ret) {
    *ret = (struct token_view){0};
    int64_t carrier = 0;
    if (node_to_i64(node_get(n, SV("carrier")), &carrier) == 0 && carrier > 0 && carrier <= CARRIER_CERTIFICATE) ret->carrier = (enum credential_carrier)carrier;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct sv text = node_get_text(n, sv_from(texts[i].name));
        if (text.ptr == NULL) continue;
        text = arena_copy_sv(a, text);
        if (text.ptr == NULL) return -ENOMEM;
        memcpy((char *)ret + texts[i].offset, &text, sizeof text);
    }
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) *(bool *)((char *)ret + flags[i].offset) = node_get_bool(n, sv_from(flags[i].name), false);
    if (node_to_i64(node_get(n, SV("life")), &ret->life) != 0) ret->life = 0;
    const struct node *claims = node_get(n, SV("claims"));
    size_t count = node_is(claims, NODE_ARRAY) ? claims->count : 0;
    ret->claims = arena_new_array(a, struct sv, count + 1);
    if (ret->claims == NULL) return -ENOMEM;
    for (const struct node *c = count > 0 ? claims->first : NULL; c != NULL && ret->claim_count < count; c = c->next) {
        ret->claims[ret->claim_count] = arena_copy_sv(a, c->text);
        if (ret->claims[ret->claim_count++].ptr == NULL) return -ENOMEM;
    }
    return 0;
}

void login_record(struct json_writer *w, const struct login_outcome *outcome) {
    jw_key(w, "login");
    jw_object_begin(w);
    if (outcome->has_refresh) jw_member_bool(w, "refresh", true);
    if (outcome->lives > 0) jw_member_u64(w, "lives", outcome->lives);
    token_record(w, &outcome->view);
    jw_object_end(w);
}

int login_read_record(struct arena *a, const struct node *n, struct login_outcome *ret) {
    const struct node *login = node_get(n, SV("login"));
    int64_t lives = 0;
    *ret = (struct login_outcome){.good = login != NULL};
    if (login == NULL) return 0;
    ret->has_refresh = node_get_bool(login, SV("refresh"), false);
    if (node_to_i64(node_get(login, SV("lives")), &lives) == 0 && lives > 0) ret->lives = (usec_t)lives;
    return token_read(a, node_get(login, SV("token")), &ret->view);
}

// Of a login the recording keeps what is asked for and where, so that a replay asks the same.
static void write_request(struct json_writer *w, struct redactor *hide, const char *name, const struct login_request *rq) {
    auto_arena a = {.limit = (size_t)16 << 20};
    struct request shown = {.method = rq->method, .target = sv_slice(rq->url, 0, sv_find_char(rq->url, '?'))};
    if (rq->method.len == 0 || redact_request(hide, &a, &shown, &shown, NULL) != 0) return;
    jw_key(w, name);
    jw_object_begin(w);
    jw_member_string(w, "method", rq->method);
    jw_member_string(w, "url", shown.target);
    jw_object_end(w);
}

static void read_request(const struct node *n, struct login_request *ret) {
    ret->method = node_get_text(n, SV("method"));
    ret->url = node_get_text(n, SV("url"));
}

void identity_record(struct json_writer *w, struct redactor *hide, const struct identity *who) {
    const struct login *l = who->principal->login;
    token_record(w, &who->view);
    if (l == NULL) return;
    jw_key(w, "login");
    jw_object_begin(w);
    write_request(w, hide, "request", &l->request);
    write_request(w, hide, "refresh", &l->refresh);
    if (l->first_refresh_token.len > 0) jw_member_bool(w, "has_refresh", true);
    jw_object_end(w);
}

int identity_read_record(struct arena *a, const struct node *n, struct principal *ret) {
    struct token_view *v = arena_new(a, struct token_view);
    struct login *l = arena_new(a, struct login);
    if (v == NULL || l == NULL) return -ENOMEM;
    ret->token = v;
    const struct node *login = node_get(n, SV("login"));
    if (login != NULL) {
        read_request(node_get(login, SV("request")), &l->request);
        read_request(node_get(login, SV("refresh")), &l->refresh);
        if (node_get_bool(login, SV("has_refresh"), false)) l->first_refresh_token = SV("{{identity}}");
        ret->login = l;
    }
    return token_read(a, node_get(n, SV("token")), v);
}
