// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_HTTP_JWK_H
#define PLUMB_HTTP_JWK_H

#include "base/arena.h"
#include "base/error.h"
#include "base/sv.h"

// Published public keys, RFC 7517 and RFC 7518 6: read, and written as the PEM text that libraries keep such a key in.
// Nothing is computed with a key here.

#define JWK_KEYS_MAX 16

enum jwk_kind { JWK_RSA, JWK_P256, JWK_P384, JWK_P521 };
struct jwk {
    enum jwk_kind kind;
    struct sv kid, alg;        // as written, SV_NONE when missing
    struct sv modulus, exponent; // RSA: big-endian bytes without leading zeros
    struct sv x, y;            // curves: coordinates of full length
};

// The RSA and P-256, P-384, P-521 keys of a JWK set ({"keys": [...]}), or the one of a single JWK; at most `cap`, in their order. Keys of other
// kinds, broken ones and symmetric ones are left out. ERR_SYNTAX when the text is no JSON object, ERR_LIMIT beyond 256 KiB.
int jwk_read(struct arena *a, struct sv text, struct jwk *ret, size_t cap, size_t *ret_count, struct error *err) MUST_USE;

enum jwk_form {
    JWK_SPKI,  // SubjectPublicKeyInfo (RFC 5280 4.1), "-----BEGIN PUBLIC KEY-----"
    JWK_PKCS1, // RSAPublicKey (RFC 8017 A.1.1), "-----BEGIN RSA PUBLIC KEY-----"; RSA only
    JWK_FORM_COUNT
};
// DER of the key; ptr NULL when the form does not fit the kind or out of memory.
struct sv jwk_der(struct arena *a, const struct jwk *key, enum jwk_form form);
// PEM text (RFC 7468) with lines of 64 characters and a line end at the end; ptr NULL as above.
struct sv jwk_pem(struct arena *a, const struct jwk *key, enum jwk_form form);
// The first "-----BEGIN … PUBLIC KEY-----" block of a text, both markers included, without the line end behind it; JSON's "\n" escapes are resolved.
// SV_NONE when there is none of at most 8 KiB.
struct sv pem_find_public_key(struct arena *a, struct sv text);

#endif
