// SPDX-License-Identifier: Apache-2.0
#include "checks/support/jwt_causes.h"

const struct jwt_cause_info jwt_causes[JWT_CAUSE_COUNT] = {
    [JWT_SIGNATURE] = {"signature-not-verified", "Tokens are accepted without a valid signature", "a random text instead of a token", 347, true, false},
    [JWT_NONE] = {"algorithm-none", "Tokens without a signature are accepted when they say so", "the token that does not say so, without a signature,", 347, true, false},
    [JWT_NULL] = {"null-signature", "Tokens with an empty signature are accepted", "the token with a random signature", 347, true, false},
    [JWT_SECRET] = {"weak-secret", "Tokens are signed with a secret that stands in public lists", "the token signed with a random secret", 521, true, true},
    [JWT_BLANK] = {"blank-secret", "Tokens signed with an empty secret are accepted", "the token signed with a random secret", 347, true, false},
    [JWT_CONFUSION] = {"key-confusion", "The public key is accepted as the secret of a symmetric signature", "the token signed with a random secret", 347, true, false},
    [JWT_EMBEDDED] = {"embedded-key", "Tokens bring the key along that they are verified with", "the same token with a random signature", 347, true, false},
    [JWT_JKU] = {"key-address", "Tokens say where the key is that they are verified with", "the same token with a random signature", 347, true, false},
    [JWT_X5U] = {"certificate-address", "Tokens say where the certificate is that they are verified with", "the same token with a random signature", 347, true, false},
    [JWT_KID] = {"key-id-path", "The key id of a token is used as the path of the key", "the token with that key id, signed with a random secret", 22, true, false},
    [JWT_PSYCHIC] = {"zero-signature", "A signature of zeros passes as valid", "the token with a random signature", 347, true, false},
    [JWT_EXPIRED] = {"expired-token", "Expired tokens are accepted", "the token with a wrong signature", 613, false, true},
    [JWT_NOT_BEFORE] = {"early-token", "Tokens are accepted before they become valid", "the token with a wrong signature", 613, false, true},
    [JWT_AUDIENCE] = {"other-audience", "Tokens for another audience are accepted", "the token with a wrong signature", 287, false, true},
    [JWT_ISSUER] = {"other-issuer", "Tokens of another issuer are accepted", "the token with a wrong signature", 287, false, true},
};

enum { NONE_WITH_SIGNATURE = 4 }; // variant

struct build {
    struct check_run *run;
    struct experiment *e; // NULL for a control
    struct arena *a;
    const struct token_view *token;
    const struct published_keys *keys;
    enum jwt_cause cause;
    size_t variant;
    struct jwt_recipe *recipe;
    const char *note;
};

// A claim that nobody knows, so that what is signed differs from the identity's own token.
static struct sv new_claim(const struct build *b) {
    struct sv word = rng_word(check_rng(b->run), b->a, 14);
    return word.ptr == NULL ? SV_NONE : arena_printf(b->a, "{\"" SV_FMT "\":\"" SV_FMT "\"}", SV_ARG(word), SV_ARG(word));
}

static bool is_hmac(struct sv algorithm) {
    return sv_starts_with(algorithm, SV("HS"));
}

// The token's own algorithm when it is an HMAC, else HS256.
static struct sv hmac_header(const struct build *b) {
    if (is_hmac(b->token->algorithm)) return SV("{}");
    return SV("{\"alg\":\"HS256\"}");
}

static bool build_signature(struct build *b) {
    if (b->variant == 0) {
        b->recipe->signing = JWT_SIGN_RANDOM;
        b->note = "the token with a random signature";
        return true;
    }
    b->recipe->claims = new_claim(b);
    b->note = "the token with one more claim and its old signature";
    return b->variant == 1;
}

static bool build_none(struct build *b) {
    static const struct {
        struct sv header;
        const char *note;
    } spellings[] = {
        {SV_INIT("{\"alg\":\"none\"}"), "the token with alg none and no signature"},
        {SV_INIT("{\"alg\":\"None\"}"), "the token with alg None and no signature"},
        {SV_INIT("{\"alg\":\"NONE\"}"), "the token with alg NONE and no signature"},
        {SV_INIT("{\"alg\":\"nOnE\"}"), "the token with alg nOnE and no signature"},
        {SV_INIT("{\"alg\":\"none\"}"), "the token with alg none and its old signature"},
    };
    if (b->variant >= sizeof spellings / sizeof spellings[0]) return false;
    b->recipe->header = spellings[b->variant].header;
    b->recipe->signing = b->variant == NONE_WITH_SIGNATURE ? JWT_SIGN_KEEP : JWT_SIGN_EMPTY;
    b->note = spellings[b->variant].note;
    return true;
}

static bool build_hmac(struct build *b, struct sv key, const char *note) {
    b->recipe->header = hmac_header(b);
    b->recipe->signing = JWT_SIGN_HMAC;
    b->recipe->key = key;
    b->note = note;
    return true;
}

// As it is, and with a key id that nobody has: no key found may count as an empty one.
static bool build_blank(struct build *b) {
    (void)build_hmac(b, SV(""), b->variant == 0 ? "the token signed with an empty secret" : "the token with a key id that nobody has, signed with an empty secret");
    if (b->variant == 0) return true;
    struct sv word = rng_word(check_rng(b->run), b->a, 16), alg = is_hmac(b->token->algorithm) ? b->token->algorithm : SV("HS256");
    b->recipe->header = arena_printf(b->a, "{\"alg\":\"" SV_FMT "\",\"kid\":\"" SV_FMT "\"}", SV_ARG(alg), SV_ARG(word));
    return b->variant == 1 && word.ptr != NULL && b->recipe->header.ptr != NULL;
}

// With the public key: pointless where the server verifies with a secret anyway.
static bool build_confusion(struct build *b) {
    if (is_hmac(b->token->algorithm) || b->variant >= b->keys->count) return false;
    return build_hmac(b, b->keys->texts[b->variant], "the token signed by HMAC with the text of the published key");
}

// Value of a member of our own JWK that is a plain text.
static struct sv own_key_id(const struct build *b, struct sv jwk) {
    struct node *root;
    if (jwk.len == 0 || node_parse_json(b->a, jwk, &node_limits_response, &root, NULL) != 0) return SV_NONE;
    return node_get_text(root, SV("kid"));
}

// `"kid"` as our key has it, null (no kid) when it has none.
static struct sv key_id_member(const struct build *b, struct sv jwk) {
    struct sv id = own_key_id(b, jwk);
    return id.len == 0 ? SV("null") : arena_printf(b->a, "\"" SV_FMT "\"", SV_ARG(id));
}

static bool build_embedded(struct build *b) {
    struct sv jwk = check_scan_jwk(b->run), id = key_id_member(b, jwk);
    if (jwk.len == 0 || id.ptr == NULL || b->variant > 1) return false;
    b->recipe->header = b->variant == 0 ? arena_printf(b->a, "{\"alg\":\"RS256\",\"jwk\":" SV_FMT ",\"kid\":" SV_FMT "}", SV_ARG(jwk), SV_ARG(id))
                                        : arena_printf(b->a, "{\"alg\":\"RS256\",\"jwk\":" SV_FMT "}", SV_ARG(jwk));
    b->recipe->signing = JWT_SIGN_RSA_OURS;
    b->note = "the token signed with a key of ours, which stands in its header";
    return b->recipe->header.ptr != NULL;
}

static bool build_address(struct build *b, bool certificate) {
    struct sv jwk = check_scan_jwk(b->run), id = key_id_member(b, jwk);
    if (b->variant > 0 || jwk.len == 0 || id.ptr == NULL) return false;
    struct sv url = b->e == NULL ? SV("http://127.0.0.1:9/none") : check_canary_url(b->run, b->e, b->e->probe_count, NULL);
    if (url.ptr == NULL) return false;
    b->recipe->header = certificate ? arena_printf(b->a, "{\"alg\":\"RS256\",\"x5u\":\"" SV_FMT "\"}", SV_ARG(url))
                                    : arena_printf(b->a, "{\"alg\":\"RS256\",\"jku\":\"" SV_FMT "/jwks.json\",\"kid\":" SV_FMT "}", SV_ARG(url), SV_ARG(id));
    b->recipe->signing = JWT_SIGN_RSA_OURS;
    b->note = certificate ? "the token signed with a key of ours, its header names our listener for the certificate"
                          : "the token signed with a key of ours, its header names our listener for the key set";
    return b->recipe->header.ptr != NULL;
}

// Files of known content that every Linux has; read, never written.
static const struct {
    const char *path;
    struct sv key;
} key_files[] = {
    {"../../../../../../../../dev/null", SV_INIT("")},
    {"/dev/null", SV_INIT("")},
    {"../../../../../../../../proc/sys/kernel/randomize_va_space", SV_INIT("2\n")},
    {"/proc/sys/kernel/randomize_va_space", SV_INIT("2\n")},
    {"../../../../../../../../proc/sys/kernel/randomize_va_space", SV_INIT("2")},
};

static bool build_key_id(struct build *b, const struct sv *other_key) {
    if (b->variant >= sizeof key_files / sizeof key_files[0]) return false;
    struct sv alg = is_hmac(b->token->algorithm) ? b->token->algorithm : SV("HS256");
    b->recipe->header = arena_printf(b->a, "{\"alg\":\"" SV_FMT "\",\"kid\":\"%s\"}", SV_ARG(alg), key_files[b->variant].path);
    b->recipe->signing = JWT_SIGN_HMAC;
    b->recipe->key = other_key != NULL ? *other_key : key_files[b->variant].key;
    b->note = "the token with the path of a file as key id, signed with what that file holds";
    return b->recipe->header.ptr != NULL;
}

static struct sv random_claim(const struct build *b, const char *format) {
    struct sv word = rng_word(check_rng(b->run), b->a, 16);
    return word.ptr == NULL ? SV_NONE : arena_printf(b->a, "%s" SV_FMT "\"}", format, SV_ARG(word));
}

// Signed with the secret that we know; `note` set, claims by cause.
static bool build_signed(struct build *b, struct sv key) {
    if (b->variant > 0 || !b->token->secret_is_weak || b->token->weak_secret.len == 0) return false;
    (void)build_hmac(b, key, "the token with one more claim, signed anew with a secret from a public list");
    if (b->cause == JWT_EXPIRED) {
        b->recipe->expire = true;
        b->note = "the token with an expiry of yesterday, properly signed";
        return true;
    }
    if (b->cause == JWT_NOT_BEFORE) {
        b->recipe->not_before = true;
        b->note = "the token valid from tomorrow on, properly signed";
        return true;
    }
    if (b->cause == JWT_AUDIENCE) {
        b->recipe->claims = random_claim(b, "{\"aud\":\"");
        b->note = "the token for another audience, properly signed";
        return b->token->has_aud && b->recipe->claims.ptr != NULL;
    }
    if (b->cause == JWT_ISSUER) {
        b->recipe->claims = random_claim(b, "{\"iss\":\"");
        b->note = "the token of another issuer, properly signed";
        return b->token->has_iss && b->recipe->claims.ptr != NULL;
    }
    b->recipe->claims = new_claim(b);
    return b->recipe->claims.ptr != NULL;
}

static bool build_zero(struct build *b) {
    b->recipe->header = SV("{\"alg\":\"ES256\"}");
    b->recipe->signing = JWT_SIGN_ZERO;
    b->note = "the token as ES256 with a signature of zeros";
    return b->variant == 0;
}

static bool build_weak(struct build *b) {
    switch (b->cause) {
    case JWT_SIGNATURE:
        return build_signature(b);
    case JWT_NONE:
        return build_none(b);
    case JWT_NULL:
        b->recipe->signing = JWT_SIGN_EMPTY;
        b->note = "the token with an empty signature";
        return b->variant == 0;
    case JWT_BLANK:
        return build_blank(b);
    case JWT_CONFUSION:
        return build_confusion(b);
    case JWT_EMBEDDED:
        return build_embedded(b);
    case JWT_JKU:
    case JWT_X5U:
        return build_address(b, b->cause == JWT_X5U);
    case JWT_KID:
        return build_key_id(b, NULL);
    case JWT_PSYCHIC:
        return build_zero(b);
    case JWT_SECRET:
    case JWT_EXPIRED:
    case JWT_NOT_BEFORE:
    case JWT_AUDIENCE:
    case JWT_ISSUER:
        return build_signed(b, b->token->weak_secret);
    case JWT_CAUSE_COUNT:
        break;
    }
    return false;
}

// Then the identity's own token is the weak one.
static bool is_expired_already(const struct check_run *run, size_t identity, enum jwt_cause cause) {
    return cause == JWT_EXPIRED && check_token(run, identity)->expired_at_start;
}

bool jwt_cause_weak(struct check_run *run, struct experiment *e, size_t identity, const struct published_keys *keys, enum jwt_cause cause,
                    size_t variant, struct credential_change *ret, const char **ret_note) {
    *ret = (struct credential_change){.kind = CREDENTIAL_JWT};
    if (is_expired_already(run, identity, cause)) {
        ret->kind = CREDENTIAL_OWN;
        *ret_note = "the identity's token, which had expired before the scan began,";
        return variant == 0;
    }
    struct build b = {.run = run, .e = e, .a = &e->arena, .token = check_token(run, identity), .keys = keys, .cause = cause, .variant = variant,
                      .recipe = &ret->jwt};
    if (!build_weak(&b)) return false;
    *ret_note = b.note;
    return true;
}

bool jwt_cause_control(struct check_run *run, struct arena *a, size_t identity, enum jwt_cause cause, size_t variant, struct credential_change *ret) {
    *ret = (struct credential_change){.kind = CREDENTIAL_JWT};
    struct build b = {.run = run, .a = a, .token = check_token(run, identity), .cause = cause, .variant = variant, .recipe = &ret->jwt};
    struct sv key = rng_word(check_rng(run), a, 32);
    if (key.ptr == NULL) return false;
    if (is_expired_already(run, identity, cause)) {
        ret->jwt.signing = JWT_SIGN_RANDOM;
        return true;
    }
    switch (cause) {
    case JWT_SIGNATURE:
        ret->kind = CREDENTIAL_RANDOM;
        return true;
    case JWT_BLANK:
    case JWT_CONFUSION:
        return build_hmac(&b, key, NULL);
    case JWT_EMBEDDED:
    case JWT_JKU:
    case JWT_X5U:
        if (cause == JWT_EMBEDDED ? !build_embedded(&b) : !build_address(&b, cause == JWT_X5U)) return false;
        ret->jwt.signing = JWT_SIGN_RANDOM;
        return true;
    case JWT_KID:
        return build_key_id(&b, &key);
    case JWT_SECRET:
    case JWT_EXPIRED:
    case JWT_NOT_BEFORE:
    case JWT_AUDIENCE:
    case JWT_ISSUER:
        return build_signed(&b, key);
    case JWT_NONE: // who takes any token without a signature has the next cause
        ret->jwt.signing = variant == NONE_WITH_SIGNATURE ? JWT_SIGN_RANDOM : JWT_SIGN_EMPTY;
        return true;
    case JWT_NULL:
    case JWT_PSYCHIC:
        ret->jwt.signing = JWT_SIGN_RANDOM;
        return true;
    case JWT_CAUSE_COUNT:
        break;
    }
    return false;
}
