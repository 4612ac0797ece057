// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_TESTS_CHECKS_TOKENS_H
#define PLUMB_TESTS_CHECKS_TOKENS_H

// Signed tokens for pretended servers: making and reading them with a library that is not ours.
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "http/header.h"
#include "http/json_scan.h"
#include "http/jwt.h"
#include "support/sim.h"
#include "support/test.h"

static inline struct sv token_hmac(struct arena *a, struct sv text, struct sv key) {
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    assert_non_null(HMAC(EVP_sha256(), key.len == 0 ? "" : key.ptr, (int)key.len, (const unsigned char *)text.ptr, text.len, out, &len));
    return arena_copy_sv(a, sv_make((const char *)out, len));
}

static inline struct sv token_body(struct arena *a, const char *header, const char *claims) {
    struct sv h = base64_encode(a, sv_from(header), true, false), c = base64_encode(a, sv_from(claims), true, false);
    return arena_printf(a, SV_FMT "." SV_FMT, SV_ARG(h), SV_ARG(c));
}

static inline struct sv token_with(struct arena *a, struct sv body, struct sv signature) {
    struct sv s = base64_encode(a, signature, true, false);
    return arena_printf(a, SV_FMT "." SV_FMT, SV_ARG(body), SV_ARG(s));
}

static inline struct sv token_sign_hmac(struct arena *a, const char *header, const char *claims, struct sv key) {
    struct sv body = token_body(a, header, claims);
    return token_with(a, body, token_hmac(a, body, key));
}

static inline struct sv token_sign_rsa(struct arena *a, const char *header, const char *claims, EVP_PKEY *key) {
    struct sv body = token_body(a, header, claims);
    unsigned char out[512];
    size_t len = sizeof out;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, key), 1);
    assert_int_equal(EVP_DigestSign(c, out, &len, (const unsigned char *)body.ptr, body.len), 1);
    EVP_MD_CTX_free(c);
    return token_with(a, body, sv_make((const char *)out, len));
}

struct read_token {
    struct jwt jwt;
    struct sv body, signature; // what is signed; decoded
};

static inline bool token_read(struct arena *a, struct sv token, struct read_token *ret) {
    if (jwt_parse(a, token, &ret->jwt, NULL) != 0) return false;
    ret->body = sv_slice(token, 0, sv_rfind_char(token, '.'));
    ret->signature = base64_decode(a, ret->jwt.signature_b64);
    return true;
}

static inline bool token_is_hmac(struct arena *a, const struct read_token *t, struct sv key) {
    return sv_eq(t->signature, token_hmac(a, t->body, key));
}

static inline bool token_is_rsa(const struct read_token *t, EVP_PKEY *key) {
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool good = EVP_DigestVerifyInit(c, NULL, EVP_sha256(), NULL, key) == 1 &&
                EVP_DigestVerify(c, (const unsigned char *)t->signature.ptr, t->signature.len, (const unsigned char *)t->body.ptr, t->body.len) == 1;
    EVP_MD_CTX_free(c);
    return good;
}

static inline struct sv token_number(struct arena *a, EVP_PKEY *key, const char *name) {
    BIGNUM *n = NULL;
    unsigned char bytes[512];
    assert_int_equal(EVP_PKEY_get_bn_param(key, name, &n), 1);
    int len = BN_bn2bin(n, bytes);
    BN_free(n);
    return base64_encode(a, sv_make((const char *)bytes, (size_t)len), true, false);
}

static inline struct sv token_key_set(struct arena *a, EVP_PKEY *key) {
    struct sv n = token_number(a, key, OSSL_PKEY_PARAM_RSA_N), e = token_number(a, key, OSSL_PKEY_PARAM_RSA_E);
    return arena_printf(a, "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"main\",\"use\":\"sig\",\"n\":\"" SV_FMT "\",\"e\":\"" SV_FMT "\"}]}", SV_ARG(n), SV_ARG(e));
}

static inline struct sv token_pem(struct arena *a, EVP_PKEY *key) {
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    assert_int_equal(PEM_write_bio_PUBKEY(bio, key), 1);
    long len = BIO_get_mem_data(bio, &text);
    struct sv pem = arena_copy_sv(a, sv_make(text, (size_t)len));
    BIO_free(bio);
    return pem;
}

// Text member of the header as it stands.
static inline struct sv token_member(const struct read_token *t, const char *name) {
    struct sv text = SV_NONE;
    if (!json_member(t->jwt.header, sv_from(name), &text) || text.len < 2) return SV_NONE;
    return text.ptr[0] == '"' ? sv_slice(text, 1, text.len - 1) : text;
}

#endif
