// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_MODEL_CREDENTIAL_H
#define PLUMB_MODEL_CREDENTIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sv.h"

// What a probe sends in place of its identity's own credential. A check never sees a credential: it says what shall be changed, and
// src/scan/identity makes it from the raw one when the probe goes out. Recordings and reports show the description, never the result.
enum credential_kind {
    CREDENTIAL_OWN,          // as it is
    CREDENTIAL_EMPTY,        // header or parameter present, value empty ("Authorization: Bearer ")
    CREDENTIAL_RANDOM,       // another random text of equal length and alphabet under the same scheme; new in each probe
    CREDENTIAL_TAMPERED,     // one character in the middle of the secret (of the signature, for a JWT) changed
    CREDENTIAL_OTHER_SCHEME, // the random text under another scheme (Bearer -> Basic, Basic -> Bearer …): what a server must refuse
    CREDENTIAL_IN_QUERY,     // the same secret as the query parameter `parameter` ("access_token", RFC 6750 2.3) instead of the header
    CREDENTIAL_WRONG_PASSWORD, // the identity's sign-in with another password; only where token_view.signs_in, in active mode; counts as a wrong try
    CREDENTIAL_UNKNOWN_NAME, // the same in a random name of the same form
    CREDENTIAL_JWT,          // the identity's JWT rebuilt by `jwt`; only where token_view.is_jwt
};

enum jwt_signing {
    JWT_SIGN_KEEP,     // the old signature stays as it is
    JWT_SIGN_EMPTY,    // "header.payload."
    JWT_SIGN_HMAC,     // HS256, HS384, HS512 (by the new "alg") with `key`
    JWT_SIGN_RSA_OURS, // RS256 with a key pair of this scan (see check_scan_jwk)
    JWT_SIGN_ZERO,     // 64 (ES256) zero bytes: CVE-2022-21449
    JWT_SIGN_RANDOM,   // random bytes as long as the old signature: the control that must fail
};

// RFC 7515, RFC 7519. Views live as long as the experiment.
struct jwt_recipe {
    struct sv header; // JSON object whose members replace those of the token's header; a null removes one. SV_NONE: none
    struct sv claims; // the same for the payload. Numbers that start with "now" are not expressions: the check computes nothing with time
    bool expire;      // "exp" (and "nbf", "iat") moved to one day ago
    bool not_before;  // "nbf" moved to one day ahead, "exp" two days
    enum jwt_signing signing;
    struct sv key;    // JWT_SIGN_HMAC: key bytes, may be empty
};

struct credential_change {
    enum credential_kind kind;
    struct sv parameter; // CREDENTIAL_IN_QUERY
    struct jwt_recipe jwt;
};

// How the identity proves who it is, without the secret. Filled by src/scan/identity once, from the raw credential.
enum credential_carrier { CARRIER_NONE, CARRIER_HEADER, CARRIER_QUERY, CARRIER_COOKIE, CARRIER_CERTIFICATE };
struct token_view {
    enum credential_carrier carrier;
    struct sv name;    // "Authorization", "X-Api-Key", cookie or parameter name
    struct sv scheme;  // "Bearer", "Basic"; SV_NONE when there is none
    bool is_jwt;
    struct sv algorithm, key_id, jku, x5u; // members of the JWT header as they stand; SV_NONE when missing
    struct sv *claims;                     // names of the claims, without values
    size_t claim_count;
    bool has_exp, has_iat, has_nbf, has_aud, has_iss;
    int64_t life;          // exp - iat in seconds, when both are there
    bool expired_at_start;
    bool dictionary_tried; // HMAC secrets of data/wordlists/jwt-secrets.yaml were tried
    bool secret_is_weak;   // one of them signs this token
    struct sv weak_secret; // that one: a public word of our list, so it may be shown
    bool signs_in;         // it has a name and a password: sign-ins that must fail can be made of it
    struct sv account;     // that name, SV_NONE where answers show it hidden
    struct sv sensitive;   // class of the most sensitive claim value (pattern id), SV_NONE when none
};

#endif
