// SPDX-License-Identifier: Apache-2.0
#include "scan/identity/identity.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <stdio.h>
#include <time.h>

#include "data/knowledge.h"
#include "http/header.h"
#include "http/jwt.h"
#include "http/json_scan.h"
#include "support/test.h"

static struct sv part(struct arena *a, const char *text) {
    return base64_encode(a, sv_from(text), true, false);
}

static struct sv token(struct arena *a, const char *header, const char *claims, const char *key) {
    struct sv input = arena_printf(a, SV_FMT "." SV_FMT, SV_ARG(part(a, header)), SV_ARG(part(a, claims)));
    const EVP_MD *md = strstr(header, "384") != NULL ? EVP_sha384() : strstr(header, "512") != NULL ? EVP_sha512() : EVP_sha256();
    unsigned char out[64];
    unsigned len;
    assert_non_null(HMAC(md, key, (int)strlen(key), (const unsigned char *)input.ptr, input.len, out, &len));
    return arena_printf(a, SV_FMT "." SV_FMT, SV_ARG(input), SV_ARG(base64_encode(a, sv_make((char *)out, len), true, false)));
}

static struct credential_out with(struct arena *a, const char *name, struct sv value) {
    struct credential_out out = {0};
    assert_true(header_add(a, &out.headers, sv_from(name), value));
    return out;
}

static struct sv bearer(struct arena *a, struct sv t) {
    return arena_printf(a, "Bearer " SV_FMT, SV_ARG(t));
}

static const struct principal alice = {.name = SV_INIT("alice")};

static struct sv change(struct arena *a, const struct credential_out *own, const struct credential_change *c, struct credential_out *ret) {
    struct rng rng;
    rng_init(&rng, 7);
    struct error err = {0};
    struct jwt_key_pair *pair = arena_new(a, struct jwt_key_pair);
    pair->seed = 3;
    if (c->jwt.signing == JWT_SIGN_RSA_OURS) assert_non_null(jwt_pair_public(pair, a).ptr);
    struct token_view view;
    assert_ok(&err, token_view_fill(a, own, NULL, 1000, &view, &err));
    struct change_context context = {.principal = &alice, .view = &view, .rng = &rng, .pair = pair, .now = 1800000000};
    assert_null(change_refusal(&alice, &view, c));
    assert_ok(&err, change_apply(a, &context, own, c, ret, &err));
    return ret->headers.len > 0 ? ret->headers.ptr[ret->headers.len - 1].value : SV_NONE;
}

static void test_carriers_are_recognised(void **state) {
    struct arena *a = *state;
    static const struct {
        const char *name, *value;
        enum credential_carrier carrier;
        const char *carrier_name, *scheme, *secret;
    } cases[] = {
        {"Authorization", "Bearer abc.def", CARRIER_HEADER, "Authorization", "Bearer", "abc.def"},
        {"authorization", "basic YTpi", CARRIER_HEADER, "authorization", "basic", "YTpi"},
        {"Authorization", "opaque", CARRIER_HEADER, "Authorization", "", "opaque"},
        {"X-Api-Key", "k-1", CARRIER_HEADER, "X-Api-Key", "", "k-1"},
        {"Cookie", "lang=en; session=0123456789abcdef; a=b", CARRIER_COOKIE, "session", "", "0123456789abcdef"},
        {"X-Whatever", "v", CARRIER_HEADER, "X-Whatever", "", "v"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct credential_out own = with(a, cases[i].name, sv_from(cases[i].value));
        struct raw_credential c = credential_find(&own);
        assert_int_equal(c.carrier, cases[i].carrier);
        assert_true(sv_eq(c.name, sv_from(cases[i].carrier_name)));
        assert_true(sv_eq(c.scheme, sv_from(cases[i].scheme)));
        assert_true(sv_eq(c.secret, sv_from(cases[i].secret)));
    }
    struct credential_out query = {.query_name = SV("key"), .query_value = SV("v1")};
    assert_int_equal(credential_find(&query).carrier, CARRIER_QUERY);
    struct credential_out none = {0};
    assert_int_equal(credential_find(&none).carrier, CARRIER_NONE);
    none.certificate = "x.pem";
    assert_int_equal(credential_find(&none).carrier, CARRIER_CERTIFICATE);
}

static void test_simple_changes(void **state) {
    struct arena *a = *state;
    struct credential_out own = with(a, "X-Tenant", SV("acme")), out;
    assert_true(header_add(a, &own.headers, SV("Authorization"), SV("Bearer Ab3-fghij_KLM012")));
    struct sv v = change(a, &own, &(struct credential_change){.kind = CREDENTIAL_EMPTY}, &out);
    assert_sv_text(v, "Bearer ");
    assert_int_equal(out.headers.len, 2); // the tenant stays
    v = change(a, &own, &(struct credential_change){.kind = CREDENTIAL_RANDOM}, &out);
    assert_int_equal(v.len, sizeof "Bearer Ab3-fghij_KLM012" - 1);
    assert_true(sv_starts_with(v, SV("Bearer ")) && v.ptr[10] == '-' && v.ptr[16] == '_');
    assert_false(sv_contains(v, SV("fghij")));
    v = change(a, &own, &(struct credential_change){.kind = CREDENTIAL_TAMPERED}, &out);
    size_t different = 0;
    for (size_t i = 0; i < v.len; i++) different += v.ptr[i] != "Bearer Ab3-fghij_KLM012"[i];
    assert_int_equal(different, 1);
    v = change(a, &own, &(struct credential_change){.kind = CREDENTIAL_OTHER_SCHEME}, &out);
    assert_true(sv_starts_with(v, SV("Basic ")));
    change(a, &own, &(struct credential_change){.kind = CREDENTIAL_IN_QUERY, .parameter = SV("access_token")}, &out);
    assert_false(header_has(&out.headers, SV("Authorization")));
    assert_sv_text(out.query_name, "access_token");
    assert_sv_text(out.query_value, "Ab3-fghij_KLM012");
}

static void test_no_second_credential_stays(void **state) {
    struct arena *a = *state;
    static const enum credential_kind kinds[] = {CREDENTIAL_EMPTY, CREDENTIAL_RANDOM, CREDENTIAL_TAMPERED, CREDENTIAL_OTHER_SCHEME};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct credential_out own = with(a, "X-Api-Key", SV("0123456789abcdef")), out;
        assert_true(header_add(a, &own.headers, SV("Authorization"), SV("Bearer Ab3-fghij_KLM012")) && header_add(a, &own.headers, SV("Cookie"), SV("session=42")));
        own.query_name = SV("token");
        own.query_value = SV("abcdef");
        (void)change(a, &own, &(struct credential_change){.kind = kinds[i]}, &out);
        assert_int_equal(out.headers.len, 1);
        assert_sv_text(out.headers.ptr[0].name, "Authorization");
        assert_int_equal(out.query_name.len, 0);
    }
}

static void test_basic_is_never_asked_with_the_same_name(void **state) {
    struct arena *a = *state;
    struct credential_out own = with(a, "Authorization", SV("Basic YWxpY2U6c2VjcmV0LXBhc3N3b3Jk")), out;
    static const enum credential_kind kinds[] = {CREDENTIAL_RANDOM, CREDENTIAL_TAMPERED};
    for (size_t i = 0; i < 2; i++) {
        struct sv v = change(a, &own, &(struct credential_change){.kind = kinds[i]}, &out);
        struct sv pair = base64_decode(a, sv_from_index(v, 6));
        assert_true(sv_find_char(pair, ':') != SIZE_MAX);
        assert_false(sv_contains(pair, SV("alice")) || sv_contains(pair, SV("secret-password")));
    }
    assert_true(sv_starts_with(change(a, &own, &(struct credential_change){.kind = CREDENTIAL_OTHER_SCHEME}, &out), SV("Bearer ")));
}

static void test_cookie_and_query_are_changed_in_place(void **state) {
    struct arena *a = *state;
    struct credential_out own = with(a, "Cookie", SV("lang=en; session=0123456789abcdef; a=b")), out;
    struct sv v = change(a, &own, &(struct credential_change){.kind = CREDENTIAL_RANDOM}, &out);
    assert_true(sv_starts_with(v, SV("lang=en; session=")) && sv_ends_with(v, SV("; a=b")));
    assert_false(sv_contains(v, SV("0123456789abcdef")));
    struct credential_out query = {.query_name = SV("key"), .query_value = SV("abcdef")};
    change(a, &query, &(struct credential_change){.kind = CREDENTIAL_EMPTY}, &out);
    assert_true(out.query_value.ptr != NULL && out.query_value.len == 0 && sv_eq(out.query_name, SV("key")));
}

static struct jwt forged(struct arena *a, struct sv t, struct jwt_recipe recipe) {
    struct credential_out own = with(a, "Authorization", bearer(a, t)), out;
    struct sv v = change(a, &own, &(struct credential_change){.kind = CREDENTIAL_JWT, .jwt = recipe}, &out);
    struct jwt j;
    struct error err = {0};
    assert_ok(&err, jwt_parse(a, sv_from_index(v, 7), &j, &err));
    return j;
}

static void test_recipes(void **state) {
    struct arena *a = *state;
    struct sv t = token(a, "{\"alg\":\"HS256\",\"typ\":\"JWT\"}", "{\"sub\":\"alice\",\"n\":1.50,\"iat\":5,\"exp\":9}", "k");
    struct jwt j = forged(a, t, (struct jwt_recipe){.header = SV("{\"alg\":\"nOnE\"}"), .signing = JWT_SIGN_EMPTY});
    assert_sv_text(j.header, "{\"alg\":\"nOnE\",\"typ\":\"JWT\"}");
    assert_sv_text(j.payload, "{\"sub\":\"alice\",\"n\":1.50,\"iat\":5,\"exp\":9}");
    assert_int_equal(j.signature_b64.len, 0);
    j = forged(a, t, (struct jwt_recipe){.header = SV("{\"typ\":null,\"kid\":\"../../dev/null\"}"), .claims = SV("{\"sub\":\"bob\",\"admin\":true}"), .signing = JWT_SIGN_KEEP});
    assert_sv_text(j.header, "{\"alg\":\"HS256\",\"kid\":\"../../dev/null\"}");
    assert_sv_text(j.payload, "{\"sub\":\"bob\",\"n\":1.50,\"iat\":5,\"exp\":9,\"admin\":true}");
    j = forged(a, t, (struct jwt_recipe){.expire = true, .signing = JWT_SIGN_KEEP});
    assert_true(j.exp == 1800000000 - 86400 && j.iat < j.exp && !j.has_nbf);
    j = forged(a, t, (struct jwt_recipe){.not_before = true, .signing = JWT_SIGN_KEEP});
    assert_true(j.nbf == 1800000000 + 86400 && j.exp > j.nbf);
    j = forged(a, t, (struct jwt_recipe){.header = SV("{\"alg\":\"ES256\"}"), .signing = JWT_SIGN_ZERO});
    struct sv raw = base64_decode(a, j.signature_b64);
    assert_int_equal(raw.len, 64);
    for (size_t i = 0; i < raw.len; i++) assert_int_equal(raw.ptr[i], 0);
    j = forged(a, t, (struct jwt_recipe){.signing = JWT_SIGN_RANDOM});
    struct jwt was;
    assert_int_equal(jwt_parse(a, t, &was, NULL), 0);
    assert_int_equal(j.signature_b64.len, was.signature_b64.len);
    assert_false(sv_eq(j.signature_b64, was.signature_b64));
    assert_true(sv_eq(j.payload_b64, was.payload_b64));
}

static void test_hmac_recipe_signs_like_a_server(void **state) {
    struct arena *a = *state;
    struct sv t = token(a, "{\"alg\":\"RS256\"}", "{\"sub\":\"alice\"}", "k");
    static const char *const keys[] = {"", "secret", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"};
    static const char *const headers[] = {"{\"alg\":\"HS256\"}", "{\"alg\":\"HS384\"}", "{\"alg\":\"HS512\"}"};
    for (size_t i = 0; i < 3; i++) {
        struct jwt j = forged(a, t, (struct jwt_recipe){.header = sv_from(headers[i]), .signing = JWT_SIGN_HMAC, .key = sv_from(keys[i])});
        struct sv expected = token(a, headers[i], "{\"sub\":\"alice\"}", keys[i]);
        assert_true(sv_ends_with(expected, j.signature_b64) && j.signature_b64.len > 40);
        assert_sv_equal(j.header, sv_from(headers[i]));
    }
}

static EVP_PKEY *public_key(struct arena *a, struct sv jwk) {
    struct sv n_text;
    assert_true(json_member(jwk, SV("n"), &n_text));
    struct sv n = base64_decode(a, sv_slice(n_text, 1, n_text.len - 1));
    BIGNUM *bn = BN_bin2bn((const unsigned char *)n.ptr, (int)n.len, NULL);
    assert_int_equal(BN_num_bits(bn), 2048);
    BIGNUM *e = BN_new();
    assert_int_equal(BN_set_word(e, 65537), 1);
    OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
    assert_true(OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, bn) && OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, e));
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(b);
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    EVP_PKEY *key = NULL;
    assert_true(EVP_PKEY_fromdata_init(c) == 1 && EVP_PKEY_fromdata(c, &key, EVP_PKEY_PUBLIC_KEY, params) == 1);
    EVP_PKEY_CTX_free(c);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(b);
    BN_free(bn);
    BN_free(e);
    return key;
}

static void test_our_rsa_key_repeats_and_verifies(void **state) {
    struct arena *a = *state;
    struct jwt_key_pair first = {.seed = 3}, second = {.seed = 3}, other = {.seed = 4};
    struct sv jwk = jwt_pair_public(&first, a);
    assert_true(sv_eq(jwk, jwt_pair_public(&second, a)));
    assert_false(sv_eq(jwk, jwt_pair_public(&other, a)));
    struct sv t = token(a, "{\"alg\":\"HS256\"}", "{\"sub\":\"alice\"}", "k");
    struct jwt j = forged(a, t, (struct jwt_recipe){.header = arena_printf(a, "{\"alg\":\"RS256\",\"jwk\":" SV_FMT "}", SV_ARG(jwk)), .signing = JWT_SIGN_RSA_OURS});
    struct sv input = arena_printf(a, SV_FMT "." SV_FMT, SV_ARG(j.header_b64), SV_ARG(j.payload_b64));
    struct sv signature = base64_decode(a, j.signature_b64);
    EVP_PKEY *key = public_key(a, jwk);
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestVerifyInit(c, NULL, EVP_sha256(), NULL, key), 1);
    assert_int_equal(EVP_DigestVerify(c, (const unsigned char *)signature.ptr, signature.len, (const unsigned char *)input.ptr, input.len), 1);
    EVP_MD_CTX_free(c);
    EVP_PKEY_free(key);
}

static void test_what_is_shown_has_no_secret(void **state) {
    struct arena *a = *state;
    struct sv t = token(a, "{\"alg\":\"HS256\"}", "{\"sub\":\"alice\"}", "k");
    struct credential_out own = with(a, "Authorization", bearer(a, t));
    struct token_view view;
    assert_int_equal(token_view_fill(a, &own, NULL, 0, &view, NULL), 0);
    struct change_context context = {.principal = &alice, .view = &view};
    struct request rq = {.method = SV("GET"), .target = SV("/me?x=1")}, shown;
    struct credential_change none = {.kind = CREDENTIAL_JWT, .jwt = {.header = SV("{\"alg\":\"none\"}"), .signing = JWT_SIGN_EMPTY}};
    assert_int_equal(change_show(a, &context, &none, &rq, &shown, NULL), 0);
    assert_sv_text(header_find(&shown.headers, SV("Authorization")), "<alice's token, header {\"alg\":\"none\"}, no signature>");
    struct credential_change query = {.kind = CREDENTIAL_IN_QUERY, .parameter = SV("access_token")};
    assert_int_equal(change_show(a, &context, &query, &rq, &shown, NULL), 0);
    assert_sv_text(shown.target, "/me?x=1&access_token=%3Calice%27s%20token%3E");
    assert_int_equal(shown.headers.len, 0);
    assert_non_null(change_refusal(&(struct principal){0}, &view, &none));
    struct token_view opaque = {.carrier = CARRIER_HEADER};
    assert_non_null(change_refusal(&alice, &opaque, &none));
}

static void test_token_view(void **state) {
    struct arena *a = *state;
    struct sv t = token(a, "{\"alg\":\"HS256\",\"kid\":\"k1\",\"jku\":\"https://x/jwks\"}", "{\"sub\":\"alice\",\"iat\":100,\"exp\":3700,\"aud\":\"api\"}", "k");
    struct credential_out own = with(a, "Authorization", bearer(a, t));
    struct token_view v;
    assert_int_equal(token_view_fill(a, &own, NULL, 3700, &v, NULL), 0);
    assert_true(v.is_jwt && v.has_exp && v.has_iat && v.has_aud && !v.has_iss && !v.has_nbf && v.expired_at_start && !v.dictionary_tried);
    assert_int_equal(v.life, 3600);
    assert_int_equal(v.claim_count, 4);
    assert_sv_text(v.claims[0], "sub");
    assert_sv_text(v.algorithm, "HS256");
    assert_sv_text(v.key_id, "k1");
    assert_sv_text(v.jku, "https://x/jwks");
    assert_null(v.x5u.ptr);
}

static struct jwt_secrets *dictionary(struct arena *a) {
    struct node *list;
    struct error err = {0};
    struct jwt_secrets *s;
    assert_ok(&err, knowledge_load(a, SV("wordlists/jwt-secrets"), &list, &err));
    assert_ok(&err, jwt_secrets_new(a, list, &s, &err));
    return s;
}

static void test_dictionary_finds_each_algorithm(void **state) {
    struct arena *a = *state;
    struct jwt_secrets *s = dictionary(a);
    assert_true(jwt_secrets_count(s) >= 3000);
    static const char *const headers[] = {"{\"alg\":\"HS256\"}", "{\"alg\":\"HS384\"}", "{\"alg\":\"HS512\"}"};
    static const char *const claims[] = {"{}", "{\"sub\":\"1234567890\",\"name\":\"somebody with a longer name than usual\",\"roles\":[\"a\",\"b\"],\"iat\":1516239022}"};
    struct sv word;
    for (size_t i = 0; i < 6; i++) {
        assert_true(jwt_secrets_try(s, a, token(a, headers[i % 3], claims[i / 3], "your-256-bit-secret"), &word));
        assert_sv_text(word, "your-256-bit-secret");
        assert_true(jwt_secrets_try(s, a, token(a, headers[i % 3], claims[i / 3], "Zq8#vT1-not-in-any-list-0b5"), &word));
        assert_null(word.ptr);
    }
    assert_false(jwt_secrets_try(s, a, SV("e30.e30.AAAA"), &word));
    assert_false(jwt_secrets_try(s, a, token(a, "{\"alg\":\"RS256\"}", "{}", "secret"), &word));
}

static void test_samples_of_the_list_hold(void **state) {
    struct arena *a = *state;
    struct node *list;
    struct sv word;
    struct jwt_secrets *s = dictionary(a);
    assert_int_equal(knowledge_load(a, SV("wordlists/jwt-secrets"), &list, NULL), 0);
    for (int expected = 0; expected < 2; expected++) {
        const struct node *samples = node_get(list, expected ? SV("true") : SV("false"));
        assert_true(node_is(samples, NODE_ARRAY) && samples->count >= 2);
        for (const struct node *n = samples->first; n != NULL; n = n->next) {
            assert_true(jwt_secrets_try(s, a, n->text, &word));
            assert_int_equal(word.ptr != NULL, expected);
        }
    }
}

// Every length of the message around the edges of a block, and secrets longer than a block.
static void test_dictionary_agrees_with_hmac_at_block_edges(void **state) {
    struct arena *a = *state;
    struct node *list;
    char longest[201];
    memset(longest, 'q', 200);
    longest[200] = 0;
    struct sv json = arena_printf(a, "{\"groups\":[{\"secrets\":[\"a\",\"%s\",\"\"]}]}", longest);
    assert_int_equal(node_parse_json(a, json, &node_limits_document, &list, NULL), 0);
    struct jwt_secrets *s;
    assert_int_equal(jwt_secrets_new(a, list, &s, NULL), 0);
    const char *const keys[] = {"a", longest, ""};
    for (size_t pad = 0; pad < 140; pad++) {
        char claims[200];
        snprintf(claims, sizeof claims, "{\"p\":\"%0*d\"}", (int)pad, 0);
        struct sv word, t = token(a, pad % 2 == 0 ? "{\"alg\":\"HS256\"}" : "{\"alg\":\"HS512\"}", claims, keys[pad % 3]);
        assert_true(jwt_secrets_try(s, a, t, &word));
        assert_true(word.ptr != NULL && sv_eq(word, sv_from(keys[pad % 3])));
    }
}

static void test_dictionary_is_fast(void **state) {
    struct arena *a = *state;
    struct jwt_secrets *s = dictionary(a);
    struct sv word, t = token(a, "{\"alg\":\"HS256\",\"typ\":\"JWT\"}", "{\"sub\":\"1234567890\",\"name\":\"alice\",\"iat\":1516239022}", "Zq8#vT1-not-in-any-list-0b5");
    struct timespec from, to;
    size_t tried = 0;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
    double seconds = 0;
    while (seconds < 0.2) {
        assert_true(jwt_secrets_try(s, a, t, &word));
        tried += jwt_secrets_count(s);
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
        seconds = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
    }
    print_message("# %.2f million secrets a second\n", (double)tried / seconds / 1e6);
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__)
    assert_true((double)tried / seconds >= 2e6);
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_carriers_are_recognised),
        test_with_arena(test_no_second_credential_stays),
    test_with_arena(test_simple_changes),
        test_with_arena(test_basic_is_never_asked_with_the_same_name),
        test_with_arena(test_cookie_and_query_are_changed_in_place),
        test_with_arena(test_recipes),
        test_with_arena(test_hmac_recipe_signs_like_a_server),
        test_with_arena(test_our_rsa_key_repeats_and_verifies),
        test_with_arena(test_what_is_shown_has_no_secret),
        test_with_arena(test_token_view),
        test_with_arena(test_dictionary_finds_each_algorithm),
        test_with_arena(test_samples_of_the_list_hold),
        test_with_arena(test_dictionary_agrees_with_hmac_at_block_edges),
        test_with_arena(test_dictionary_is_fast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
