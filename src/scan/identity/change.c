// SPDX-License-Identifier: Apache-2.0
// Credentials that are not quite those the user gave (model/credential.h), and how they are shown.
#include "base/buf.h"
#include "http/header.h"
#include "http/jwt.h"
#include "scan/identity/identity.h"

enum { SHOWN_MAX = 200 };

static char random_like(struct rng *rng, char c, bool hex) {
    if (c >= '0' && c <= '9') return (char)('0' + (int)rng_below(rng, 10));
    if (c >= 'a' && c <= 'z') return (char)('a' + (int)rng_below(rng, hex ? 6 : 26));
    if (c >= 'A' && c <= 'Z') return (char)('A' + (int)rng_below(rng, hex ? 6 : 26));
    return c;
}

static bool is_hex_text(struct sv s) {
    for (size_t i = 0; i < s.len; i++) {
        char c = sv_lower_char(s.ptr[i]);
        if (c != '-' && !(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f')) return false;
    }
    return true;
}

// Another text of the same length over the same kinds of characters.
static struct sv random_text(struct arena *a, struct rng *rng, struct sv like) {
    char *p = arena_alloc(a, like.len + 1);
    bool hex = is_hex_text(like);
    for (size_t i = 0; p != NULL && i < like.len; i++) p[i] = random_like(rng, like.ptr[i], hex);
    return p == NULL ? SV_NONE : sv_make(p, like.len);
}

static bool is_basic(struct sv scheme) {
    return sv_eq_nocase(scheme, SV("Basic"));
}

// Basic holds a name and a password: both are drawn anew, so that no account is asked for with a wrong password.
static struct sv random_secret(struct arena *a, struct rng *rng, const struct raw_credential *c) {
    if (!is_basic(c->scheme)) return random_text(a, rng, c->secret);
    struct sv pair = base64_decode(a, c->secret);
    size_t colon = pair.ptr == NULL ? SIZE_MAX : sv_find_char(pair, ':');
    size_t user = colon == SIZE_MAX || colon < 8 ? 12 : colon, password = colon == SIZE_MAX || pair.len - colon < 9 ? 16 : pair.len - colon - 1;
    struct sv u = rng_word(rng, a, user), p = rng_word(rng, a, password);
    struct sv drawn = arena_printf(a, SV_FMT ":" SV_FMT, SV_ARG(u), SV_ARG(p));
    return drawn.ptr == NULL ? drawn : base64_encode(a, drawn, false, true);
}

// Of Basic: the name stays.
static struct sv wrong_password(struct arena *a, struct rng *rng, const struct raw_credential *c) {
    struct sv pair = base64_decode(a, c->secret);
    size_t colon = pair.ptr == NULL ? SIZE_MAX : sv_find_char(pair, ':');
    if (!is_basic(c->scheme) || colon == SIZE_MAX) return random_secret(a, rng, c);
    struct sv word = rng_word(rng, a, 14), drawn = arena_printf(a, SV_FMT ":" SV_FMT, SV_ARG(sv_slice(pair, 0, colon)), SV_ARG(word));
    return drawn.ptr == NULL ? drawn : base64_encode(a, drawn, false, true);
}

static char next_character(char c) {
    if (c >= '0' && c <= '9') return c == '9' ? '0' : (char)(c + 1);
    if (c >= 'a' && c <= 'z') return c == 'z' ? 'a' : (char)(c + 1);
    if (c >= 'A' && c <= 'Z') return c == 'Z' ? 'A' : (char)(c + 1);
    return 'x';
}

// One character in the middle: of the signature where there is one.
static struct sv tampered_secret(struct arena *a, struct rng *rng, const struct raw_credential *c) {
    if (is_basic(c->scheme)) return random_secret(a, rng, c);
    struct sv copy = arena_copy_sv(a, c->secret);
    char *p = arena_alloc(a, copy.len + 1);
    if (copy.ptr == NULL || p == NULL || copy.len == 0) return copy;
    memcpy(p, copy.ptr, copy.len);
    struct jwt t;
    auto_arena scratch = {0};
    arena_init(&scratch, (size_t)4 << 20);
    bool is_jwt = jwt_parse(&scratch, copy, &t, NULL) == 0 && t.signature_b64.len > 4;
    size_t at = is_jwt ? copy.len - t.signature_b64.len / 2 - 1 : copy.len / 2;
    p[at] = next_character(p[at]);
    return sv_make(p, copy.len);
}

// The headers that are no credentials. A second credential that stayed would let in whoever carries the changed one, and the change would look accepted.
static int add_rest(struct arena *a, const struct credential_out *own, size_t without, struct credential_out *ret) {
    for (size_t i = 0; i < own->headers.len; i++) {
        const struct header *h = &own->headers.ptr[i];
        if (i != without && !credential_is_carried_by(h->name) && !header_add(a, &ret->headers, h->name, h->value)) return -ENOMEM;
    }
    return 0;
}

// The cookies with one value replaced.
static struct sv put_cookie(struct arena *a, struct sv line, struct sv name, struct sv secret) {
    auto_buf b = BUF_INIT(line.len + secret.len + 64);
    struct sv rest = line, pair;
    while (rest.ptr != NULL && sv_split(&rest, ';', &pair)) {
        size_t equals = sv_find_char(pair, '=');
        struct sv key = sv_trim(sv_slice(pair, 0, equals == SIZE_MAX ? pair.len : equals));
        if (b.len > 0) buf_add(&b, SV("; "));
        if (!sv_eq(key, name)) buf_add(&b, sv_trim(pair));
        else {
            buf_add(&b, name);
            buf_add_char(&b, '=');
            buf_add(&b, secret);
        }
    }
    return buf_failed(&b) ? SV_NONE : arena_copy_sv(a, buf_sv(&b));
}

// This credential with another secret, and none beside it.
static int put_secret(struct arena *a, const struct credential_out *own, const struct raw_credential *c, struct sv secret, struct credential_out *ret) {
    *ret = (struct credential_out){.certificate = own->certificate, .key = own->key};
    if (secret.ptr == NULL || add_rest(a, own, c->index, ret) != 0) return -ENOMEM;
    if (c->carrier == CARRIER_QUERY) {
        ret->query_name = own->query_name;
        ret->query_value = secret;
        return 0;
    }
    if (c->index >= own->headers.len) return 0;
    struct sv value = secret;
    if (c->carrier == CARRIER_COOKIE) value = put_cookie(a, own->headers.ptr[c->index].value, c->name, secret);
    else if (c->scheme.len > 0) value = arena_printf(a, SV_FMT " " SV_FMT, SV_ARG(c->scheme), SV_ARG(secret));
    return value.ptr != NULL && header_add(a, &ret->headers, own->headers.ptr[c->index].name, value) ? 0 : -ENOMEM;
}

// Without its own credential, the header "Authorization" in its place.
static int put_other_scheme(struct arena *a, struct rng *rng, const struct credential_out *own, const struct raw_credential *c, struct credential_out *ret) {
    *ret = (struct credential_out){.certificate = own->certificate, .key = own->key};
    if (add_rest(a, own, c->index, ret) != 0) return -ENOMEM;
    struct sv value;
    if (sv_eq_nocase(c->scheme, SV("Bearer"))) {
        struct raw_credential basic = {.scheme = SV("Basic")};
        struct sv secret = random_secret(a, rng, &basic);
        value = arena_printf(a, "Basic " SV_FMT, SV_ARG(secret));
    } else {
        struct sv secret = rng_word(rng, a, c->secret.len >= 16 && c->secret.len <= 64 ? c->secret.len : 40);
        value = arena_printf(a, "Bearer " SV_FMT, SV_ARG(secret));
    }
    return value.ptr != NULL && header_add(a, &ret->headers, SV("Authorization"), value) ? 0 : -ENOMEM;
}

static int put_in_query(struct arena *a, const struct credential_out *own, const struct raw_credential *c, struct sv parameter, struct credential_out *ret) {
    *ret = (struct credential_out){.query_name = arena_copy_sv(a, parameter), .query_value = c->secret, .certificate = own->certificate, .key = own->key};
    return ret->query_name.ptr != NULL ? add_rest(a, own, c->index, ret) : -ENOMEM;
}

const char *change_refusal(const struct principal *p, const struct token_view *view, const struct credential_change *c) {
    if (c->kind == CREDENTIAL_OWN) return NULL;
    if (p->name.ptr == NULL || view->carrier == CARRIER_NONE) return "there is no credential to change";
    if (view->carrier == CARRIER_CERTIFICATE) return "a client certificate cannot be changed";
    if (change_is_sign_in(c)) return view->signs_in ? NULL : "there is no sign-in to change";
    if (c->kind == CREDENTIAL_JWT && !view->is_jwt) return "the credential is no JWT";
    if (c->kind == CREDENTIAL_IN_QUERY && c->parameter.len == 0) return "the parameter has no name";
    return NULL;
}

int change_apply(struct arena *a, const struct change_context *context, const struct credential_out *own, const struct credential_change *c,
                 struct credential_out *ret, struct error *err) {
    struct raw_credential raw = credential_find(own);
    struct sv secret = SV_NONE;
    int r = 0;
    if (c->kind == CREDENTIAL_OWN || raw.carrier == CARRIER_NONE || raw.carrier == CARRIER_CERTIFICATE) {
        *ret = *own;
        return 0;
    }
    switch (c->kind) {
    case CREDENTIAL_OTHER_SCHEME:
        return put_other_scheme(a, context->rng, own, &raw, ret) == 0 ? 0 : error_nomem(err);
    case CREDENTIAL_IN_QUERY:
        return put_in_query(a, own, &raw, c->parameter, ret) == 0 ? 0 : error_nomem(err);
    case CREDENTIAL_WRONG_PASSWORD:
        secret = wrong_password(a, context->rng, &raw);
        break;
    case CREDENTIAL_UNKNOWN_NAME:
    case CREDENTIAL_RANDOM:
        secret = random_secret(a, context->rng, &raw);
        break;
    case CREDENTIAL_TAMPERED:
        secret = tampered_secret(a, context->rng, &raw);
        break;
    case CREDENTIAL_JWT:
        r = jwt_rebuild(a, raw.secret, &c->jwt, context->pair, context->rng, context->now, &secret, err);
        break;
    case CREDENTIAL_EMPTY:
    case CREDENTIAL_OWN:
        secret = SV("");
        break;
    }
    if (r != 0) return r;
    return put_secret(a, own, &raw, secret, ret) == 0 ? 0 : error_nomem(err);
}

// Printable, on one line, not without end.
static void add_shown(struct buf *b, struct sv text) {
    for (size_t i = 0; i < text.len && i < SHOWN_MAX; i++) buf_add_char(b, text.ptr[i] >= ' ' && text.ptr[i] != 0x7f ? text.ptr[i] : '.');
    if (text.len > SHOWN_MAX) buf_add(b, SV("..."));
}

static void describe_signature(struct buf *b, const struct jwt_recipe *r) {
    static const char *const texts[] = {
        [JWT_SIGN_KEEP] = ", old signature",    [JWT_SIGN_EMPTY] = ", no signature",           [JWT_SIGN_HMAC] = ", HMAC with the key '",
        [JWT_SIGN_RSA_OURS] = ", signed with our RSA key", [JWT_SIGN_ZERO] = ", a signature of zero bytes", [JWT_SIGN_RANDOM] = ", a random signature",
    };
    buf_add(b, sv_from(texts[r->signing]));
    if (r->signing != JWT_SIGN_HMAC) return;
    add_shown(b, r->key);
    buf_add_char(b, '\'');
}

static void describe_recipe(struct buf *b, const struct jwt_recipe *r) {
    if (r->header.ptr != NULL) {
        buf_add(b, SV(", header "));
        add_shown(b, r->header);
    }
    if (r->claims.ptr != NULL) {
        buf_add(b, SV(", claims "));
        add_shown(b, r->claims);
    }
    if (r->expire) buf_add(b, SV(", expired"));
    else if (r->not_before) buf_add(b, SV(", not valid before tomorrow"));
    describe_signature(b, r);
}

// "<alice's token, alg none>"
static struct sv describe(struct arena *a, const struct principal *p, const struct credential_change *c) {
    static const char *const texts[] = {
        [CREDENTIAL_OWN] = "",           [CREDENTIAL_EMPTY] = ", emptied",          [CREDENTIAL_RANDOM] = ", replaced by a random one",
        [CREDENTIAL_TAMPERED] = ", one character changed", [CREDENTIAL_OTHER_SCHEME] = ", replaced by a random one of another scheme",
        [CREDENTIAL_IN_QUERY] = "",      [CREDENTIAL_JWT] = "",  [CREDENTIAL_WRONG_PASSWORD] = ", another password", [CREDENTIAL_UNKNOWN_NAME] = ", another name and password"};
    auto_buf b = BUF_INIT(4096);
    buf_addf(&b, "<" SV_FMT "'s token%s", SV_ARG(p->name), texts[c->kind]);
    if (c->kind == CREDENTIAL_JWT) describe_recipe(&b, &c->jwt);
    buf_add_char(&b, '>');
    return buf_failed(&b) ? SV_NONE : arena_copy_sv(a, buf_sv(&b));
}

struct sv target_with_parameter(struct arena *a, struct sv target, struct sv name, struct sv value) {
    static const char hex[] = "0123456789ABCDEF";
    auto_buf b = BUF_INIT(target.len + (name.len + value.len) * 3 + 16);
    buf_add(&b, target);
    buf_add_char(&b, sv_find_char(target, '?') == SIZE_MAX ? '?' : '&');
    for (int part = 0; part < 2; part++) {
        struct sv s = part == 0 ? name : value;
        for (size_t i = 0; i < s.len; i++) {
            unsigned char c = (unsigned char)s.ptr[i];
            bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || memchr("-._~", c, 4) != NULL;
            if (plain) {
                buf_add_char(&b, (char)c);
                continue;
            }
            buf_add_char(&b, '%');
            buf_add_char(&b, hex[c >> 4]);
            buf_add_char(&b, hex[c & 15]);
        }
        if (part == 0) buf_add_char(&b, '=');
    }
    return buf_failed(&b) ? SV_NONE : arena_copy_sv(a, buf_sv(&b));
}

int change_show(struct arena *a, const struct change_context *context, const struct credential_change *c, const struct request *rq, struct request *ret,
                struct error *err) {
    const struct token_view *v = context->view;
    struct sv shown = describe(a, context->principal, c);
    *ret = *rq;
    ret->headers = (struct header_list){0};
    if (shown.ptr == NULL || !header_copy_list(a, &rq->headers, &ret->headers)) return error_nomem(err);
    if (c->kind == CREDENTIAL_IN_QUERY || (v->carrier == CARRIER_QUERY && c->kind != CREDENTIAL_OTHER_SCHEME)) {
        ret->target = target_with_parameter(a, rq->target, c->kind == CREDENTIAL_IN_QUERY ? c->parameter : v->name, shown);
        return ret->target.ptr != NULL ? 0 : error_nomem(err);
    }
    struct sv name = v->carrier == CARRIER_HEADER && c->kind != CREDENTIAL_OTHER_SCHEME ? v->name : v->carrier == CARRIER_COOKIE && c->kind != CREDENTIAL_OTHER_SCHEME ? SV("Cookie") : SV("Authorization");
    if (sv_eq(name, SV("Cookie"))) shown = arena_printf(a, SV_FMT "=" SV_FMT, SV_ARG(v->name), SV_ARG(shown));
    return shown.ptr != NULL && header_add(a, &ret->headers, name, shown) ? 0 : error_nomem(err);
}
