// SPDX-License-Identifier: Apache-2.0
#include "http/jwk.h"
#include "tokens.h"

static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Choir, version: '1'}\n"
                           "security: [{k: []}]\n"
                           "paths:\n"
                           "  /me: {get: {responses: {'200': {description: ok}}}}\n"
                           "  /songs: {get: {responses: {'200': {description: ok}}}}\n"
                           "components: {securitySchemes: {k: {type: http, scheme: bearer, bearerFormat: JWT}}}\n";

#define CLAIMS "{\"sub\":\"singer-8841\",\"name\":\"Quentin Marlowe\",\"iat\":1760000000,\"exp\":4102444800,\"aud\":\"choir\",\"iss\":\"https://id.example.org\"}"
#define STRONG SV("a0e1f7c25d9b4f3b8c6d7e8f9a0b1c2d-strong")

enum flaw {
    SOUND, NO_VERIFY, NONE_EXACT, NONE_OTHER_CASE, NULL_SIGNATURE, BLANK, CONFUSION, EMBEDDED, JKU_ONLY_FETCHED, KID, PSYCHIC, WEAK, WEAK_NO_EXPIRY, WEAK_NO_AUDIENCE,
    ANY_TEXT
};
// What the server does with requests that it does not let in.
enum manner { REFUSES, WORDS, GUEST_VIEW, ALWAYS_200, BLOCK_PAGE, RANDOM_STATUS, ALTERNATES, DIES };

struct choir {
    enum flaw flaw;
    enum manner manner;
    bool rsa;
    bool publishes;
    EVP_PKEY *key;
    struct sv pem;
    unsigned asked;
    uint64_t draw;
};

static struct sv server_secret(const struct choir *c) {
    return c->flaw == WEAK || c->flaw == WEAK_NO_EXPIRY || c->flaw == WEAK_NO_AUDIENCE ? SV("secret") : STRONG;
}

static bool is_none(struct sv alg, bool exact) {
    return exact ? sv_eq(alg, SV("none")) : sv_eq_nocase(alg, SV("none")) && !sv_eq(alg, SV("none"));
}

static bool key_address_is_ours(struct sim *sim, struct arena *a, const struct read_token *t) {
    struct sv url = token_member(t, "jku"), text;
    return url.len > 0 && sim_call_canary(sim, a, url, &text, NULL);
}

// Verified with the key that the token brings along, read by a library.
static bool is_signed_by(struct arena *a, const struct read_token *t, struct sv jwk) {
    struct jwk key;
    size_t count = 0;
    if (jwk.len == 0 || jwk_read(a, jwk, &key, 1, &count, NULL) != 0 || count != 1) return false;
    struct sv pem = jwk_pem(a, &key, JWK_SPKI);
    BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    EVP_PKEY *pair = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
    bool good = pair != NULL && token_is_rsa(t, pair);
    BIO_free(bio);
    EVP_PKEY_free(pair);
    return good;
}

static bool has_flawed_signature(struct sim *sim, const struct choir *c, struct arena *a, const struct read_token *t) {
    struct sv alg = t->jwt.algorithm, kid = token_member(t, "kid");
    switch (c->flaw) {
    case NO_VERIFY:
        return true;
    case NONE_EXACT:
    case NONE_OTHER_CASE:
        return is_none(alg, c->flaw == NONE_EXACT) && t->signature.len == 0;
    case NULL_SIGNATURE:
        return t->signature.len == 0 && !sv_eq_nocase(alg, SV("none"));
    case BLANK:
        return sv_eq(alg, SV("HS256")) && token_is_hmac(a, t, SV(""));
    case CONFUSION:
        return sv_eq(alg, SV("HS256")) && token_is_hmac(a, t, c->pem);
    case EMBEDDED:
        return sv_eq(alg, SV("RS256")) && is_signed_by(a, t, token_member(t, "jwk"));
    case JKU_ONLY_FETCHED:
        (void)key_address_is_ours(sim, a, t);
        return false;
    case KID:
        return sv_ends_with(kid, SV("/dev/null")) && token_is_hmac(a, t, SV(""));
    case PSYCHIC: {
        static const char zeros[64];
        return sv_eq(alg, SV("ES256")) && sv_eq(t->signature, sv_make(zeros, 64));
    }
    case SOUND:
    case WEAK:
    case WEAK_NO_EXPIRY:
    case WEAK_NO_AUDIENCE:
    case ANY_TEXT:
        break;
    }
    return false;
}

static bool dates_are_good(const struct choir *c, const struct read_token *t) {
    struct sv aud = SV_NONE, iss = SV_NONE;
    (void)json_member(t->jwt.payload, SV("aud"), &aud);
    (void)json_member(t->jwt.payload, SV("iss"), &iss);
    if (c->flaw != WEAK_NO_AUDIENCE && (!sv_eq(aud, SV("\"choir\"")) || !sv_eq(iss, SV("\"https://id.example.org\"")))) return false;
    // The scan's clock begins in 1970 here.
    return c->flaw == WEAK_NO_EXPIRY || (t->jwt.exp > 0 && (!t->jwt.has_nbf || t->jwt.nbf <= 0));
}

static bool lets_in(struct sim *sim, struct choir *c, struct arena *a, const struct outgoing *o) {
    struct sv header = sim_request_header(o, "Authorization");
    struct read_token t;
    if (!sv_starts_with(header, SV("Bearer "))) return false;
    if (c->flaw == ANY_TEXT) return header.len > 12;
    if (!token_read(a, sv_from_index(header, 7), &t)) return false;
    bool good = c->rsa ? sv_eq(t.jwt.algorithm, SV("RS256")) && token_is_rsa(&t, c->key) : sv_eq(t.jwt.algorithm, SV("HS256")) && token_is_hmac(a, &t, server_secret(c));
    if (!good && !has_flawed_signature(sim, c, a, &t)) return false;
    return dates_are_good(c, &t);
}

static void refuse(struct choir *c, struct arena *a, struct response *ret) {
    switch (c->manner) {
    case WORDS:
        sim_json(a, ret, 200, "{\"success\":false,\"message\":\"invalid token\"}");
        return;
    case GUEST_VIEW:
        sim_json(a, ret, 200, "{\"name\":\"guest\",\"songs\":[\"carol\"]}");
        return;
    case BLOCK_PAGE:
        sim_text(a, ret, 403, "text/html", "<html><body><h1>Request blocked</h1></body></html>");
        return;
    case REFUSES:
    case ALWAYS_200:
    case RANDOM_STATUS:
    case ALTERNATES:
    case DIES:
        break;
    }
    sim_json(a, ret, 401, "{\"error\":\"token needed\"}");
}

static bool liar_decides(struct choir *c, bool *in) {
    c->draw = c->draw * UINT64_C(6364136223846793005) + 1442695040888963407U;
    if (c->manner == ALWAYS_200) *in = true;
    else if (c->manner == RANDOM_STATUS) *in = (c->draw >> 40) % 2 == 0;
    else if (c->manner == ALTERNATES) *in = c->asked % 2 == 0;
    else if (c->manner == DIES) *in = *in && c->asked < 25;
    else return false;
    return true;
}

static void choir_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct choir *c = state;
    struct sv path = sim_path(o);
    c->asked++;
    if (c->publishes && sv_eq(path, SV("/.well-known/jwks.json"))) {
        struct sv set = token_key_set(a, c->key);
        sim_json(a, ret, 200, SV_FMT, SV_ARG(set));
        return;
    }
    bool me = sv_eq(path, SV("/me")), songs = sv_eq(path, SV("/songs"));
    if (!me && !songs) {
        sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
        return;
    }
    bool in = lets_in(sim, c, a, o);
    (void)liar_decides(c, &in);
    if (!in) refuse(c, a, ret);
    else if (me) sim_json(a, ret, 200, "{\"name\":\"Quentin Marlowe\",\"member\":\"singer-8841\",\"voice\":\"bass\"}");
    else sim_json(a, ret, 200, "{\"songs\":[{\"title\":\"Evening\",\"owner\":\"singer-8841\"},{\"title\":\"Morning\",\"owner\":\"singer-8841\"}]}");
}

static struct sv own_token(struct arena *a, const struct choir *c) {
    if (c->rsa) return token_sign_rsa(a, "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"main\"}", CLAIMS, c->key);
    return token_sign_hmac(a, "{\"alg\":\"HS256\",\"typ\":\"JWT\"}", CLAIMS, server_secret(c));
}

static struct scan_result scan_for(struct arena *a, struct choir *c, const char *only, unsigned window) {
    struct scan_result r;
    struct error err = {0};
    c->draw = 1;
    if (c->rsa) {
        c->key = EVP_RSA_gen(1024);
        assert_non_null(c->key);
        c->pem = token_pem(a, c->key);
    }
    struct sv token = own_token(a, c);
    struct principal quentin = {.name = SV("quentin")};
    assert_true(header_add(a, &quentin.headers, SV("Authorization"), arena_printf(a, "Bearer " SV_FMT, SV_ARG(token))));
    const struct sim_options o = {.server = choir_server, .state = c, .spec = spec, .only = only, .mode = MODE_SAFE, .identities = &quentin, .identity_count = 1, .window = window};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    EVP_PKEY_free(c->key);
    return r;
}

static const struct result_finding *assert_cause(struct arena *a, struct choir c, const char *cause) {
    struct scan_result r = scan_for(a, &c, "jwt-forgery", 0);
    const struct result_finding *found = NULL;
    for (size_t i = 0; i < r.finding_count; i++) {
        if (sv_eq(r.findings[i].cause, sv_from(cause))) found = &r.findings[i];
    }
    if (found == NULL) sim_dump(&r);
    assert_non_null(found);
    assert_int_equal(found->category, CATEGORY_AUTHENTICATION);
    assert_int_equal(found->confidence, CONFIDENCE_CONFIRMED);
    assert_true(found->evidence_count >= 2);
    return found;
}

static void assert_only(struct arena *a, struct choir c, const char *cause) {
    struct scan_result r = scan_for(a, &c, "jwt-forgery", 0);
    if (sim_count(&r, NULL) != 1) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 1);
    assert_true(sv_eq(r.findings[0].cause, sv_from(cause)));
    assert_int_equal(r.findings[0].confidence, CONFIDENCE_CONFIRMED);
}

static void assert_silent(struct arena *a, struct choir c) {
    struct scan_result r = scan_for(a, &c, "jwt-forgery", 0);
    if (sim_count(&r, NULL) > 0) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 0);
}

static void test_signature_not_verified(void **state) {
    assert_only(*state, (struct choir){.flaw = NO_VERIFY}, "signature-not-verified");
    assert_only(*state, (struct choir){.flaw = NO_VERIFY, .rsa = true}, "signature-not-verified");
}
static void test_none(void **state) {
    assert_only(*state, (struct choir){.flaw = NONE_EXACT}, "algorithm-none");
    assert_only(*state, (struct choir){.flaw = NONE_OTHER_CASE, .rsa = true}, "algorithm-none");
}
static void test_null_signature(void **state) {
    assert_only(*state, (struct choir){.flaw = NULL_SIGNATURE}, "null-signature");
}
static void test_blank_secret(void **state) {
    assert_only(*state, (struct choir){.flaw = BLANK, .rsa = true}, "blank-secret");
}
static void test_key_confusion(void **state) {
    assert_only(*state, (struct choir){.flaw = CONFUSION, .rsa = true, .publishes = true}, "key-confusion");
    assert_silent(*state, (struct choir){.flaw = CONFUSION, .rsa = true}); // the key is not to be had
}
static void test_embedded_key(void **state) {
    assert_only(*state, (struct choir){.flaw = EMBEDDED, .rsa = true}, "embedded-key");
}
static void test_key_id_path(void **state) {
    assert_only(*state, (struct choir){.flaw = KID}, "key-id-path");
}
static void test_psychic(void **state) {
    assert_only(*state, (struct choir){.flaw = PSYCHIC, .rsa = true}, "zero-signature");
}
static void test_key_address_that_is_only_fetched(void **state) {
    const struct result_finding *f = assert_cause(*state, (struct choir){.flaw = JKU_ONLY_FETCHED, .rsa = true}, "key-address");
    assert_int_equal(f->effect_count, 1);
    assert_int_equal(f->effects[0].category, CATEGORY_SSRF);
}
static void test_weak_secret(void **state) {
    const struct result_finding *f = assert_cause(*state, (struct choir){.flaw = WEAK}, "weak-secret");
    assert_true(sv_contains(f->reason, SV("\"secret\"")));
    assert_only(*state, (struct choir){.flaw = WEAK}, "weak-secret");
}
static void test_dates_and_audience_need_the_secret(void **state) {
    (void)assert_cause(*state, (struct choir){.flaw = WEAK_NO_EXPIRY}, "expired-token");
    (void)assert_cause(*state, (struct choir){.flaw = WEAK_NO_EXPIRY}, "early-token");
    (void)assert_cause(*state, (struct choir){.flaw = WEAK_NO_AUDIENCE}, "other-audience");
    const struct result_finding *f = assert_cause(*state, (struct choir){.flaw = WEAK_NO_AUDIENCE}, "other-issuer");
    assert_int_equal(f->severity, SEVERITY_MEDIUM);
}
static void test_sound_servers(void **state) {
    assert_silent(*state, (struct choir){.flaw = SOUND});
    assert_silent(*state, (struct choir){.flaw = SOUND, .rsa = true, .publishes = true});
}
static void test_flaw_behind_a_guest_view(void **state) {
    assert_only(*state, (struct choir){.flaw = NONE_EXACT, .manner = GUEST_VIEW}, "algorithm-none");
}
static void test_flaw_behind_a_refusal_in_words(void **state) {
    assert_only(*state, (struct choir){.flaw = NO_VERIFY, .manner = WORDS}, "signature-not-verified");
}
static void test_liars(void **state) {
    static const enum manner manners[] = {WORDS, GUEST_VIEW, ALWAYS_200, BLOCK_PAGE, RANDOM_STATUS, ALTERNATES, DIES};
    for (size_t i = 0; i < sizeof manners / sizeof manners[0]; i++) {
        assert_silent(*state, (struct choir){.flaw = SOUND, .manner = manners[i]});
    }
    assert_silent(*state, (struct choir){.flaw = SOUND, .manner = GUEST_VIEW, .rsa = true, .publishes = true});
}
// Any text is a credential: that is auth-any-token's cause.
static void test_any_text_is_another_cause(void **state) {
    assert_silent(*state, (struct choir){.flaw = ANY_TEXT});
}
static void test_requests_are_bounded(void **state) {
    struct choir c = {.flaw = SOUND, .rsa = true};
    struct scan_result r = scan_for(*state, &c, "jwt-forgery", 0);
    assert_int_equal(sim_count(&r, NULL), 0);
    unsigned with = c.asked;
    struct choir d = {.flaw = SOUND, .rsa = true};
    r = scan_for(*state, &d, "jwt-quality", 0);
    assert_true(with - d.asked <= 90);
    assert_true(with - d.asked >= 40);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_signature_not_verified),
        test_with_arena(test_none),
        test_with_arena(test_null_signature),
        test_with_arena(test_blank_secret),
        test_with_arena(test_key_confusion),
        test_with_arena(test_embedded_key),
        test_with_arena(test_key_id_path),
        test_with_arena(test_psychic),
        test_with_arena(test_key_address_that_is_only_fetched),
        test_with_arena(test_weak_secret),
        test_with_arena(test_dates_and_audience_need_the_secret),
        test_with_arena(test_sound_servers),
        test_with_arena(test_flaw_behind_a_guest_view),
        test_with_arena(test_flaw_behind_a_refusal_in_words),
        test_with_arena(test_liars),
        test_with_arena(test_any_text_is_another_cause),
        test_with_arena(test_requests_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
