// SPDX-License-Identifier: Apache-2.0
// The life of tokens: signing in at the start, anew before they expire, and once when they stop working. One login at a time, alone; what uses
// that identity waits. Only requests that the identity file names are sent, with the credentials that it names.
#include "scan/identity/login.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/escape.h"
#include "data/node.h"
#include "http/header.h"
#include "http/jwt.h"
#include "scan/engine_state.h"

enum { LOGINS_MAX = 40, WITHOUT_GOOD_BEAT = 2, TRIES = 2, TOKEN_MIN = 4, TOKEN_MAX = 32 * 1024, SECRET_MIN = 8, HIDDEN_MAX = 64 };
#define MARGIN_MAX (30 * USEC_PER_SEC)

static const struct login *login_of(const struct engine *e, size_t i) {
    return e->identities[i].principal->login;
}

int login_resolve(struct engine *e, struct arena *a, struct sv url, struct request *ret, struct error *err) {
    if (sv_starts_with(url, SV("/"))) {
        ret->target = url;
        return 0;
    }
    struct url u;
    int r = url_parse(a, url, &u, err);
    if (r != 0) return r;
    for (size_t i = 0; i < e->origin_count; i++) {
        if (!url_same_origin(&e->origins[i], &u)) continue;
        ret->origin = (uint16_t)i;
        ret->target = url_target(a, &u);
        return ret->target.ptr != NULL ? 0 : error_nomem(err);
    }
    return error_set(err, ERR_USAGE, SV_FMT " is outside the scope; give --allow-origin " SV_FMT " as well", SV_ARG(url_origin(a, &u)), SV_ARG(url_origin(a, &u)));
}

int logins_open(struct engine *e, struct error *err) {
    for (size_t i = 1; i < e->identity_count; i++) {
        const struct login *l = login_of(e, i);
        struct request unused = {0};
        struct sv none = SV_NONE;
        if (l == NULL) continue;
        int r = l->request.method.len > 0 ? login_resolve(e, &e->arena, l->request.url, &unused, err) : 0;
        if (r == 0 && l->refresh.method.len > 0) r = login_resolve(e, &e->arena, l->refresh.url, &unused, err);
        bool live = e->identities[i].principal->token == NULL;
        if (r == 0 && live && l->first_refresh_token.len > 0) r = redact_add_secret(e->redactor, l->first_refresh_token, SV("identity"), err);
        if (r != 0) {
            error_prefix(err, "the login of " SV_FMT ": ", SV_ARG(e->labels[i].name));
            return r;
        }
        e->identities[i].refresh_token = l->first_refresh_token.len > 0 ? l->first_refresh_token : none;
        e->identities[i].has_refresh = l->first_refresh_token.len > 0;
    }
    return 0;
}

// `text` with every `mark` replaced; form bodies get the value percent-encoded.
static struct sv fill(struct arena *a, struct sv text, struct sv mark, struct sv value, bool form) {
    auto_buf b = BUF_INIT(text.len + (value.len * 3 + 16) * 16);
    struct sv put = value;
    if (form) {
        put = target_with_parameter(a, SV(""), SV(""), value); // "?=value"
        put = sv_from_index(put, 2);
    }
    for (size_t at; (at = sv_find(text, mark)) != SIZE_MAX; text = sv_from_index(text, at + mark.len)) {
        buf_add(&b, sv_slice(text, 0, at));
        buf_add(&b, put);
    }
    buf_add(&b, text);
    return buf_failed(&b) ? SV_NONE : arena_copy_sv(a, buf_sv(&b));
}

static bool is_form(const struct header_list *headers) {
    return sv_contains_nocase(header_find(headers, SV("Content-Type")), SV("x-www-form-urlencoded"));
}

// Begins one login. The request is shown without its headers, query and body.
static int begin(struct engine *e, size_t i, bool refresh, unsigned attempt, struct error *err) {
    struct identity *who = &e->identities[i];
    const struct login_request *from = refresh ? &login_of(e, i)->refresh : &login_of(e, i)->request;
    struct slot *s = slot_new(e, OWNER_LOGIN, CHECK_NONE);
    if (s == NULL) return error_nomem(err);
    struct arena *a = &s->e.arena;
    struct request plain = {.method = from->method, .headers = from->headers, .body = from->body};
    int r = login_resolve(e, a, from->url, &plain, err);
    if (r != 0) return r;
    if (refresh && plain.body.ptr != NULL && who->refresh_token.ptr != NULL) plain.body = fill(a, plain.body, SV("{refresh_token}"), who->refresh_token, is_form(&plain.headers));
    struct request shown = {.method = plain.method, .origin = plain.origin, .target = sv_slice(plain.target, 0, sv_find_char(plain.target, '?'))};
    shown.body = arena_printf(a, "<%s of " SV_FMT ">", refresh ? "token refresh" : "login", SV_ARG(e->labels[i].name));
    s->e.schedule = SCHEDULE_ALONE;
    s->e.phase = PHASE_DISCOVERY;
    s->e.purpose = PURPOSE_HEALTH;
    s->e.value = 30000;
    s->identity = (uint16_t)i;
    s->attempt = attempt;
    s->is_refresh = refresh;
    s->plain = arena_new_array(a, struct request, 1);
    if (s->plain == NULL || shown.body.ptr == NULL || request_copy(a, &plain, &s->plain[0]) != 0) return error_nomem(err);
    r = redact_request(e->redactor, a, &shown, &shown, err); // a path may hold a secret
    if (r != 0) return r;
    if (slot_add_probe(s, ROLE_REFERENCE, i, &shown) == NULL) return error_nomem(err);
    const char *reason;
    who->signing_in = slot_submit(e, s, &reason);
    who->logins++;
    return who->signing_in ? 0 : 1;
}

int login_again(struct engine *e, size_t i, struct error *err) {
    struct identity *who = &e->identities[i];
    const struct login *l = login_of(e, i);
    if (l == NULL || who->state == IDENTITY_DEAD || who->logins >= LOGINS_MAX || who->unproven_logins >= WITHOUT_GOOD_BEAT) return 1;
    if (who->signing_in) return 0;
    bool refresh = l->refresh.method.len > 0 && who->has_refresh;
    if (!refresh && l->request.method.len == 0) return 1;
    return begin(e, i, refresh, 0, err);
}

int login_pump(struct engine *e, struct error *err) {
    if (e->stage <= STAGE_LOGIN || e->stage >= STAGE_LINGER) return 0;
    for (size_t i = 1; i < e->identity_count; i++) {
        struct identity *who = &e->identities[i];
        if (who->refresh_at == 0 || e->last_seen < who->refresh_at || who->signing_in) continue;
        who->refresh_at = 0;
        int r = login_again(e, i, err);
        if (r < 0) return r;
    }
    return 0;
}

int login_first(struct engine *e, struct error *err) {
    for (size_t i = 1; i < e->identity_count; i++) {
        if (login_of(e, i) == NULL) continue;
        int r = login_again(e, i, err);
        if (r < 0) return r;
        if (r > 0) identity_die(e, i);
    }
    return 0;
}

void login_resume(struct engine *e) {
    if (e->stage <= STAGE_LOGIN || e->stage >= STAGE_FINISHED) return;
    for (size_t i = 1; i < e->identity_count; i++) {
        struct identity *who = &e->identities[i];
        const struct login *l = login_of(e, i);
        if (l == NULL || who->state == IDENTITY_DEAD || who->signing_in) continue;
        who->has_refresh = l->first_refresh_token.len > 0;
        who->refresh_token = l->first_refresh_token;
        if (begin(e, i, l->request.method.len == 0, 0, NULL) != 0) identity_die(e, i);
    }
}

static struct sv cookie_value(const struct response *p, struct sv name) {
    struct sv line;
    for (size_t n = 0; (line = header_find_nth(&p->headers, SV("Set-Cookie"), n)).ptr != NULL; n++) {
        struct set_cookie c;
        if (set_cookie_parse(line, &c) && sv_eq(c.name, name)) return c.value;
    }
    return SV_NONE;
}

static struct sv find_token(const struct login *l, const struct response *p, const struct node *body) {
    const struct node *n;
    switch (l->source) {
    case LOGIN_FROM_JSON:
        n = body != NULL ? node_pointer(body, l->name) : NULL;
        return node_is(n, NODE_STRING) ? n->text : SV_NONE;
    case LOGIN_FROM_COOKIE:
        return cookie_value(p, l->name);
    case LOGIN_FROM_HEADER:
        break;
    }
    struct sv value = sv_trim(header_find(&p->headers, l->name));
    return sv_starts_with_nocase(value, SV("Bearer ")) ? sv_trim(sv_from_index(value, 7)) : value;
}

static usec_t lives_for(struct engine *e, struct arena *a, struct sv token, const struct node *body) {
    int64_t seconds = 0;
    struct jwt t;
    const struct node *n = body != NULL ? node_get(body, SV("expires_in")) : NULL;
    if (n == NULL || node_to_i64(n, &seconds) != 0) {
        if (jwt_parse(a, token, &t, NULL) != 0 || !t.has_exp) return 0;
        seconds = t.exp - engine_time(e);
    }
    return seconds <= 0 || seconds > 366 * 86400 ? 0 : (usec_t)seconds * USEC_PER_SEC;
}

// The token becomes what the identity sends, and from this moment on is masked wherever it appears.
static int take_token(struct engine *e, size_t i, struct sv token, struct sv refresh, struct error *err) {
    struct identity *who = &e->identities[i];
    const struct login *l = login_of(e, i);
    struct arena *a = &e->arena;
    struct sv value = fill(a, l->send_value, SV("{token}"), token, false);
    struct credential_out own = who->own;
    own.headers = (struct header_list){0};
    if (value.ptr == NULL || !header_copy_list(a, &who->principal->headers, &own.headers) || !header_set(a, &own.headers, l->send_name, value)) return error_nomem(err);
    int r = redact_add_secret(e->redactor, token, SV("identity"), err);
    if (r == 0) r = redact_add_secret(e->redactor, value, SV("identity"), err);
    if (r == 0 && refresh.len > 0) r = redact_add_secret(e->redactor, refresh, SV("identity"), err);
    if (r != 0) return r;
    who->own = own;
    if (refresh.len > 0) who->refresh_token = arena_copy_sv(a, refresh);
    return identity_learn_token(e, who, err);
}

static bool is_secret_name(struct sv name) {
    static const struct sv words[] = {SV_INIT("token"), SV_INIT("secret"), SV_INIT("session"), SV_INIT("password"), SV_INIT("jwt"), SV_INIT("apikey"), SV_INIT("api_key"), SV_INIT("ticket")};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (sv_contains_nocase(name, words[i])) return true;
    }
    return false;
}

static int hide_members(struct engine *e, const struct node *n, bool named, unsigned *left, struct error *err) {
    int r = 0;
    named = named || is_secret_name(n->key);
    if (n->kind == NODE_STRING && named && n->text.len >= SECRET_MIN && *left > 0) {
        --*left;
        r = redact_add_secret(e->redactor, n->text, SV("identity"), err);
    }
    if (n->kind != NODE_OBJECT && n->kind != NODE_ARRAY) return r;
    for (const struct node *m = n->first; m != NULL && r == 0; m = m->next) r = hide_members(e, m, named, left, err);
    return r;
}

// Beside the token an answer to a sign-in holds others: of refreshes, sessions, other services. What they are called is all that is known of them.
static int hide_answer(struct engine *e, const struct response *p, const struct node *body, struct error *err) {
    unsigned left = HIDDEN_MAX;
    int r = body != NULL ? hide_members(e, body, false, &left, err) : 0;
    struct sv line;
    for (size_t n = 0; r == 0 && n < HIDDEN_MAX && (line = header_find_nth(&p->headers, SV("Set-Cookie"), n)).ptr != NULL; n++) {
        struct set_cookie c;
        if (set_cookie_parse(line, &c) && c.value.len >= SECRET_MIN) r = redact_add_secret(e->redactor, c.value, SV("identity"), err);
    }
    return r;
}

static bool is_sendable(struct sv token) {
    for (size_t i = 0; i < token.len; i++) {
        if ((unsigned char)token.ptr[i] <= ' ' || (unsigned char)token.ptr[i] >= 0x7f) return false;
    }
    return token.len >= TOKEN_MIN && token.len <= TOKEN_MAX;
}

int login_take(struct engine *e, struct slot *s, const struct raw_answer *answer, struct error *err) {
    struct login_outcome *outcome = arena_new(&s->e.arena, struct login_outcome);
    if (outcome == NULL) return error_nomem(err);
    s->login = outcome;
    if (answer->redacted) {
        if (answer->login == NULL) return 0;
        *outcome = *answer->login;
        return token_copy(&e->arena, &answer->login->view, &outcome->view) == 0 ? 0 : error_nomem(err);
    }
    const struct response *p = answer->response;
    if (p == NULL) return 0;
    struct node *body = NULL;
    if (node_parse_json(&s->e.arena, p->body, &node_limits_response, &body, NULL) != 0) body = NULL;
    int r = hide_answer(e, p, body, err);
    if (r != 0 || p->status < 200 || p->status >= 400) return r;
    struct sv token = find_token(login_of(e, s->identity), p, body);
    struct sv refresh = body != NULL ? node_get_text(body, SV("refresh_token")) : SV_NONE;
    if (!is_sendable(token)) return 0;
    r = take_token(e, s->identity, token, refresh, err);
    if (r != 0) return r;
    *outcome = (struct login_outcome){.good = true, .has_refresh = refresh.len > 0, .lives = lives_for(e, &s->e.arena, token, body), .view = e->identities[s->identity].view};
    return 0;
}

static void say_failed(struct engine *e, const struct slot *s) {
    const struct exchange *x = s->e.exchanges[0];
    const struct request *rq = &s->e.probes[0].request;
    char how[64] = "gave no answer";
    if (exchange_answered(x)) {
        bool ok = x->response.status < 400;
        snprintf(how, sizeof how, "answered %u%s", (unsigned)x->response.status, ok ? ", but the token is not where the file says" : "");
    }
    engine_warn(e, "the login of " SV_FMT " failed: " SV_FMT " " SV_FMT " %s; nothing is asked in its name", SV_ARG(e->labels[s->identity].name), SV_ARG(rq->method),
                SV_ARG(rq->target), how);
}

// Nothing was under way beside the login, so what runs can be started again as a whole.
static int restart_running(struct engine *e, size_t i) {
    for (size_t k = 0; k < e->running.len;) {
        struct slot *s = e->running.ptr[k];
        if (s->owner == OWNER_LOGIN || !identity_is_used(s, i)) {
            k++;
            continue;
        }
        engine_leave_running(e, s);
        slot_restart(e, s);
    }
    return heartbeat_restart(e, i);
}

static int signed_in(struct engine *e, const struct slot *s) {
    struct identity *who = &e->identities[s->identity];
    who->view = s->login->view;
    who->has_refresh = who->has_refresh || s->login->has_refresh;
    usec_t lives = s->login->lives, margin = lives / 5 < MARGIN_MAX ? lives / 5 : MARGIN_MAX;
    who->refresh_at = lives == 0 ? 0 : e->last_seen + lives - margin;
    who->alarm = false;
    if (!who->restart_after) return 0;
    who->restart_after = false;
    who->unproven_logins++;
    return restart_running(e, s->identity);
}

int login_judge(struct engine *e, struct slot *s, struct error *err) {
    struct identity *who = &e->identities[s->identity];
    who->signing_in = false;
    if (s->login != NULL && s->login->good) return signed_in(e, s);
    if (e->options.dry || e->stop != STOP_NONE) return 0;
    const struct exchange *x = s->e.exchanges[0];
    bool silent = !exchange_answered(x) || x->response.status >= 500;
    bool can_sign_in = login_of(e, s->identity)->request.method.len > 0;
    if (s->is_refresh && can_sign_in) {
        who->has_refresh = false;
        int r = begin(e, s->identity, false, 0, err);
        return r <= 0 ? r : identity_bury(e, s->identity, err);
    }
    int again = silent && s->attempt + 1 < TRIES ? begin(e, s->identity, s->is_refresh, s->attempt + 1, err) : 1;
    if (again <= 0) return again;
    say_failed(e, s);
    return identity_bury(e, s->identity, err);
}
