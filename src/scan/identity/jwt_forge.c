// SPDX-License-Identifier: Apache-2.0
// Tokens as a forger would make them (RFC 7515, RFC 7519), from a token that the user gave.
#include "scan/identity/jwt_forge.h"

#include <openssl/hmac.h>
#include <string.h>

#include "base/buf.h"
#include "http/json_scan.h"
#include "http/jwt.h"
#include "scan/identity/rsa_pair.h"

#define TOKEN_MAX ((size_t)128 * 1024)
#define DAY 86400

// One member of an object behind its "{" or ",". False at the end and on anything that is no member.
static bool member_next(struct sv *rest, struct sv *ret_name, struct sv *ret_value) {
    struct sv r = sv_trim(*rest);
    if (r.len == 0 || (r.ptr[0] != '{' && r.ptr[0] != ',')) return false;
    r = sv_trim(sv_from_index(r, 1));
    if (r.len == 0 || r.ptr[0] != '"' || !json_skip_value(&r, ret_name)) return false;
    r = sv_trim(r);
    if (r.len == 0 || r.ptr[0] != ':') return false;
    r = sv_from_index(r, 1);
    if (!json_skip_value(&r, ret_value)) return false;
    *ret_name = sv_slice(*ret_name, 1, ret_name->len - 1);
    *rest = r;
    return true;
}

static bool is_object(struct sv text) {
    struct sv unused;
    return text.ptr != NULL && json_member(text, SV(""), &unused);
}

static void add_member(struct buf *b, struct sv name, struct sv value) {
    buf_add(b, b->len == 1 ? SV("\"") : SV(",\""));
    buf_add(b, name);
    buf_add(b, SV("\":"));
    buf_add(b, sv_trim(value));
}

// The member's value, ptr NULL when it is not there; `object` may be none.
static struct sv value_of(struct sv object, struct sv name) {
    struct sv value = SV_NONE;
    return object.ptr != NULL && json_member(object, name, &value) ? sv_trim(value) : SV_NONE;
}

struct sv json_overlay(struct arena *a, struct sv base, struct sv from) {
    if (!is_object(base) || (from.ptr != NULL && !is_object(from))) return SV_NONE;
    auto_buf b = BUF_INIT(base.len + from.len + 64);
    struct sv rest = base, name, value;
    buf_add_char(&b, '{');
    while (member_next(&rest, &name, &value)) {
        struct sv other = value_of(from, name);
        if (!sv_eq(other, SV("null"))) add_member(&b, name, other.ptr != NULL ? other : value);
    }
    for (rest = from; member_next(&rest, &name, &value);) {
        if (value_of(base, name).ptr == NULL && !sv_eq(sv_trim(value), SV("null"))) add_member(&b, name, value);
    }
    buf_add_char(&b, '}');
    return buf_failed(&b) ? SV_NONE : arena_copy_sv(a, buf_sv(&b));
}

// The claims that say when the token is good.
static struct sv move_time(struct arena *a, struct sv claims, const struct jwt *t, const struct jwt_recipe *recipe, int64_t now) {
    if (recipe->expire) {
        const char *nbf = t->has_nbf ? ",\"nbf\":" : "", *iat = t->has_iat ? ",\"iat\":" : "";
        struct sv was = arena_printf(a, "%lld", (long long)(now - 2 * DAY));
        struct sv moved = arena_printf(a, "{\"exp\":%lld%s" SV_FMT "%s" SV_FMT "}", (long long)(now - DAY), nbf, SV_ARG(t->has_nbf ? was : SV("")), iat,
                                       SV_ARG(t->has_iat ? was : SV("")));
        return moved.ptr == NULL ? moved : json_overlay(a, claims, moved);
    }
    if (!recipe->not_before) return claims;
    struct sv moved = arena_printf(a, "{\"nbf\":%lld,\"exp\":%lld}", (long long)(now + DAY), (long long)(now + 2 * DAY));
    return moved.ptr == NULL ? moved : json_overlay(a, claims, moved);
}

static struct sv sign_hmac(struct arena *a, struct sv header, struct sv key, struct sv input) {
    struct sv algorithm = SV_NONE;
    ignore_result(!json_member(header, SV("alg"), &algorithm));
    const EVP_MD *md = sv_contains(algorithm, SV("384")) ? EVP_sha384() : sv_contains(algorithm, SV("512")) ? EVP_sha512() : EVP_sha256();
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    const void *bytes = key.len > 0 ? key.ptr : "";
    if (HMAC(md, bytes, (int)key.len, (const unsigned char *)input.ptr, input.len, out, &len) == NULL) return SV_NONE;
    return base64_encode(a, sv_make((const char *)out, len), true, false);
}

static struct sv random_bytes(struct arena *a, struct rng *rng, size_t len) {
    char *p = arena_alloc(a, len + 1);
    for (size_t i = 0; p != NULL && i < len; i++) p[i] = (char)rng_below(rng, 256);
    return p == NULL ? SV_NONE : sv_make(p, len);
}

static struct sv make_signature(struct arena *a, const struct jwt *t, const struct jwt_recipe *recipe, struct sv header, struct sv input,
                                struct jwt_key_pair *pair, struct rng *rng) {
    static const char zero[64];
    switch (recipe->signing) {
    case JWT_SIGN_KEEP:
        return t->signature_b64;
    case JWT_SIGN_EMPTY:
        return SV("");
    case JWT_SIGN_HMAC:
        return sign_hmac(a, header, recipe->key, input);
    case JWT_SIGN_RSA_OURS: {
        struct sv raw = rsa_pair_sign(pair, a, input);
        return raw.ptr == NULL ? raw : base64_encode(a, raw, true, false);
    }
    case JWT_SIGN_ZERO:
        return base64_encode(a, sv_make(zero, sizeof zero), true, false);
    case JWT_SIGN_RANDOM: {
        struct sv old = base64_decode(a, t->signature_b64);
        struct sv raw = random_bytes(a, rng, old.len > 0 ? old.len : 32);
        return raw.ptr == NULL ? raw : base64_encode(a, raw, true, false);
    }
    }
    return SV_NONE;
}

int jwt_rebuild(struct arena *a, struct sv token, const struct jwt_recipe *recipe, struct jwt_key_pair *pair, struct rng *rng, int64_t now, struct sv *ret,
                struct error *err) {
    struct jwt t;
    int r = jwt_parse(a, token, &t, err);
    if (r != 0) return r;
    struct sv header = json_overlay(a, t.header, recipe->header);
    struct sv claims = json_overlay(a, t.payload, recipe->claims);
    if (claims.ptr != NULL) claims = move_time(a, claims, &t, recipe, now);
    if (header.ptr == NULL || claims.ptr == NULL) return error_set(err, ERR_SYNTAX, "what shall be changed in the token is no JSON object");
    // A part that nothing changed stays byte for byte as it was signed.
    struct sv head = recipe->header.ptr == NULL ? t.header_b64 : base64_encode(a, header, true, false);
    bool same = recipe->claims.ptr == NULL && !recipe->expire && !recipe->not_before;
    struct sv body = same ? t.payload_b64 : base64_encode(a, claims, true, false);
    struct sv input = arena_printf(a, SV_FMT "." SV_FMT, SV_ARG(head), SV_ARG(body));
    if (input.ptr == NULL || input.len > TOKEN_MAX) return error_nomem(err);
    struct sv signature = make_signature(a, &t, recipe, header, input, pair, rng);
    if (signature.ptr == NULL) return error_set(err, ERR_UNSUPPORTED, "the token could not be signed");
    *ret = arena_printf(a, SV_FMT "." SV_FMT, SV_ARG(input), SV_ARG(signature));
    return ret->ptr != NULL ? 0 : error_nomem(err);
}

struct sv jwt_pair_public(struct jwt_key_pair *pair, struct arena *a) {
    return rsa_pair_make(pair, a) ? pair->jwk : SV_NONE;
}
