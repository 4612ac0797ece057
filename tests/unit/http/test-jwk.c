// SPDX-License-Identifier: Apache-2.0
#include "http/jwk.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "support/test.h"

// RFC 7517 A.1
#define RFC_RSA                                                                                                                              \
    "{\"kty\":\"RSA\",\"n\":\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs"   \
    "tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrd"        \
    "kt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw\",\"e\":\"AQAB\",\"alg\":\"RS256\",\"kid\":\"2011-04-29\"}"
#define RFC_EC                                                                                             \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","             \
    "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\",\"use\":\"enc\",\"kid\":\"1\"}"

static EVP_PKEY *openssl_reads(struct sv pem) {
    BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    assert_non_null(bio);
    EVP_PKEY *key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
    BIO_free(bio);
    return key;
}

static size_t read_all(struct arena *a, struct sv text, struct jwk *keys) {
    size_t count = 99;
    struct error err = {0};
    assert_ok(&err, jwk_read(a, text, keys, JWK_KEYS_MAX, &count, &err));
    return count;
}

static void test_set_of_two(void **state) {
    struct jwk keys[JWK_KEYS_MAX];
    assert_int_equal(read_all(*state, SV(" {\"keys\" : [ " RFC_EC " , {\"kty\":\"oct\",\"k\":\"AA\"}, " RFC_RSA " ] } "), keys), 2);
    assert_int_equal(keys[0].kind, JWK_P256);
    assert_int_equal(keys[1].kind, JWK_RSA);
    assert_int_equal(keys[1].modulus.len, 256);
    assert_int_equal(keys[1].exponent.len, 3);
    assert_sv_text(keys[1].kid, "2011-04-29");
    assert_sv_text(keys[1].alg, "RS256");
}

// What we write is the key to a library that had no part in it.
static void test_library_reads_what_we_write(void **state) {
    struct jwk keys[JWK_KEYS_MAX];
    assert_int_equal(read_all(*state, SV("{\"keys\":[" RFC_RSA "," RFC_EC "]}"), keys), 2);
    EVP_PKEY *rsa = openssl_reads(jwk_pem(*state, &keys[0], JWK_SPKI)), *curve = openssl_reads(jwk_pem(*state, &keys[1], JWK_SPKI));
    assert_non_null(rsa);
    assert_non_null(curve);
    assert_int_equal(EVP_PKEY_get_bits(rsa), 2048);
    assert_int_equal(EVP_PKEY_get_bits(curve), 256);
    unsigned char *der = NULL;
    int length = i2d_PUBKEY(rsa, &der);
    struct sv ours = jwk_der(*state, &keys[0], JWK_SPKI);
    assert_int_equal(length, ours.len);
    assert_memory_equal(der, ours.ptr, ours.len);
    OPENSSL_free(der);
    der = NULL;
    length = i2d_PublicKey(rsa, &der);
    ours = jwk_der(*state, &keys[0], JWK_PKCS1);
    assert_int_equal(length, ours.len);
    assert_memory_equal(der, ours.ptr, ours.len);
    OPENSSL_free(der);
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(curve);
    assert_null(jwk_pem(*state, &keys[1], JWK_PKCS1).ptr);
}

static void test_lines_are_64_wide(void **state) {
    struct jwk keys[JWK_KEYS_MAX];
    assert_int_equal(read_all(*state, SV(RFC_RSA), keys), 1);
    struct sv rest = jwk_pem(*state, &keys[0], JWK_SPKI), line;
    assert_true(sv_ends_with(rest, SV("\n-----END PUBLIC KEY-----\n")));
    while (sv_split(&rest, '\n', &line)) assert_true(line.len <= 64);
}

static void test_what_is_no_key_is_left_out(void **state) {
    struct jwk keys[JWK_KEYS_MAX];
    assert_int_equal(read_all(*state, SV("{}"), keys), 0);
    assert_int_equal(read_all(*state, SV("{\"keys\":[]}"), keys), 0);
    assert_int_equal(read_all(*state, SV("{\"keys\":[7,null,[],\"x\",{\"kty\":\"RSA\"}]}"), keys), 0);
    assert_int_equal(read_all(*state, SV("{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}"), keys), 0);
    assert_int_equal(read_all(*state, SV("{\"kty\":\"EC\",\"crv\":\"P-999\",\"x\":\"AQ\",\"y\":\"AQ\"}"), keys), 0);
    size_t count;
    assert_true(jwk_read(*state, SV("<html>"), keys, JWK_KEYS_MAX, &count, NULL) < 0);
    assert_true(jwk_read(*state, SV("[" RFC_RSA "]"), keys, JWK_KEYS_MAX, &count, NULL) < 0);
}

static void test_capacity_is_kept(void **state) {
    struct jwk keys[2];
    size_t count;
    assert_int_equal(jwk_read(*state, SV("{\"keys\":[" RFC_EC "," RFC_EC "," RFC_EC "]}"), keys, 2, &count, NULL), 0);
    assert_int_equal(count, 2);
}

static void test_pem_in_a_text(void **state) {
    struct sv pem = pem_find_public_key(*state, SV("{\"key\":\"-----BEGIN PUBLIC KEY-----\\nAAAA\\n-----END PUBLIC KEY-----\\n\"}"));
    assert_sv_text(pem, "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----");
    assert_null(pem_find_public_key(*state, SV("-----BEGIN PUBLIC KEY-----\nAAAA")).ptr);
    assert_null(pem_find_public_key(*state, SV("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----")).ptr);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_set_of_two),
        test_with_arena(test_library_reads_what_we_write),
        test_with_arena(test_lines_are_64_wide),
        test_with_arena(test_what_is_no_key_is_left_out),
        test_with_arena(test_capacity_is_kept),
        test_with_arena(test_pem_in_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
