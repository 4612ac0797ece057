// SPDX-License-Identifier: Apache-2.0
// An RSA key from a seed: the two primes are the first ones above numbers that the scan's generator draws, so the same seed gives the same key.
#include "scan/identity/rsa_pair.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "http/jwt.h"

enum { PRIME_BITS = 1024, TRIES_MAX = 20000 };

struct numbers {
    BIGNUM *n, *e, *d, *p, *q, *dp, *dq, *qi, *p1, *q1, *phi;
    BN_CTX *context;
};

static bool draw_prime(struct rng *rng, const BIGNUM *e, BIGNUM *ret, struct numbers *v) {
    unsigned char bytes[PRIME_BITS / 8];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)rng_below(rng, 256);
    bytes[0] |= 0xc0; // so that the product has twice the bits
    bytes[sizeof bytes - 1] |= 1;
    if (BN_bin2bn(bytes, sizeof bytes, ret) == NULL) return false;
    for (int i = 0; i < TRIES_MAX; i++) {
        bool coprime = BN_sub(v->p1, ret, BN_value_one()) == 1 && BN_gcd(v->phi, v->p1, e, v->context) == 1 && BN_is_one(v->phi);
        if (coprime && BN_check_prime(ret, v->context, NULL) == 1) return true;
        if (BN_add_word(ret, 2) != 1) return false;
    }
    return false;
}

static bool draw_numbers(uint64_t seed, struct numbers *v) {
    struct rng rng;
    rng_derive(&rng, seed, SV("rsa pair"), 0);
    if (BN_set_word(v->e, 65537) != 1 || !draw_prime(&rng, v->e, v->p, v) || !draw_prime(&rng, v->e, v->q, v)) return false;
    if (BN_cmp(v->p, v->q) < 0) BN_swap(v->p, v->q);
    return BN_mul(v->n, v->p, v->q, v->context) == 1 && BN_sub(v->p1, v->p, BN_value_one()) == 1 && BN_sub(v->q1, v->q, BN_value_one()) == 1 &&
           BN_mul(v->phi, v->p1, v->q1, v->context) == 1 && BN_mod_inverse(v->d, v->e, v->phi, v->context) != NULL &&
           BN_mod(v->dp, v->d, v->p1, v->context) == 1 && BN_mod(v->dq, v->d, v->q1, v->context) == 1 &&
           BN_mod_inverse(v->qi, v->q, v->p, v->context) != NULL;
}

static OSSL_PARAM *parameters(const struct numbers *v) {
    OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
    OSSL_PARAM *list = NULL;
    if (b != NULL && OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, v->n) && OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, v->e) &&
        OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_D, v->d) && OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_FACTOR1, v->p) &&
        OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_FACTOR2, v->q) && OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_EXPONENT1, v->dp) &&
        OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_EXPONENT2, v->dq) && OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, v->qi))
        list = OSSL_PARAM_BLD_to_param(b);
    OSSL_PARAM_BLD_free(b);
    return list;
}

static EVP_PKEY *make_key(const struct numbers *v) {
    EVP_PKEY *key = NULL;
    OSSL_PARAM *list = parameters(v);
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    bool good = list != NULL && c != NULL && EVP_PKEY_fromdata_init(c) == 1 && EVP_PKEY_fromdata(c, &key, EVP_PKEY_KEYPAIR, list) == 1;
    EVP_PKEY_CTX_free(c);
    OSSL_PARAM_free(list);
    return good ? key : NULL;
}

static struct sv make_jwk(struct arena *a, const BIGNUM *n) {
    unsigned char bytes[PRIME_BITS / 4];
    if (BN_bn2binpad(n, bytes, sizeof bytes) != (int)sizeof bytes) return SV_NONE;
    struct sv modulus = base64_encode(a, sv_make((const char *)bytes, sizeof bytes), true, false);
    return modulus.ptr == NULL ? modulus
                               : arena_printf(a, "{\"kty\":\"RSA\",\"kid\":\"" SV_FMT "\",\"use\":\"sig\",\"alg\":\"RS256\",\"n\":\"" SV_FMT "\",\"e\":\"AQAB\"}",
                                              SV_ARG(sv_slice(modulus, 0, 12)), SV_ARG(modulus));
}

static void release(void *key) {
    EVP_PKEY_free(key);
}

static bool is_whole(const struct numbers *v) {
    return v->n != NULL && v->e != NULL && v->d != NULL && v->p != NULL && v->q != NULL && v->dp != NULL && v->dq != NULL && v->qi != NULL && v->p1 != NULL &&
           v->q1 != NULL && v->phi != NULL && v->context != NULL;
}

bool rsa_pair_make(struct jwt_key_pair *pair, struct arena *a) {
    if (pair->key != NULL) return true;
    struct numbers v = {.n = BN_new(), .e = BN_new(), .d = BN_new(), .p = BN_new(), .q = BN_new(), .dp = BN_new(), .dq = BN_new(), .qi = BN_new(),
                        .p1 = BN_new(), .q1 = BN_new(), .phi = BN_new(), .context = BN_CTX_new()};
    EVP_PKEY *key = is_whole(&v) && draw_numbers(pair->seed, &v) ? make_key(&v) : NULL;
    struct sv jwk = key != NULL ? make_jwk(a, v.n) : SV_NONE;
    BIGNUM *all[] = {v.n, v.e, v.d, v.p, v.q, v.dp, v.dq, v.qi, v.p1, v.q1, v.phi};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) BN_clear_free(all[i]);
    BN_CTX_free(v.context);
    if (jwk.ptr == NULL || !arena_on_fini(a, release, key)) {
        EVP_PKEY_free(key);
        return false;
    }
    pair->key = key;
    pair->jwk = jwk;
    return true;
}

struct sv rsa_pair_sign(struct jwt_key_pair *pair, struct arena *a, struct sv input) {
    if (pair->key == NULL) return SV_NONE;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    size_t len = PRIME_BITS / 4;
    unsigned char *out = arena_alloc(a, len);
    bool good = c != NULL && out != NULL && EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, pair->key) == 1 &&
                EVP_DigestSign(c, out, &len, (const unsigned char *)input.ptr, input.len) == 1;
    EVP_MD_CTX_free(c);
    return good ? sv_make((const char *)out, len) : SV_NONE;
}
