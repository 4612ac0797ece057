// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_HTTP_JWT_H
#define PLUMB_HTTP_JWT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/sv.h"

// Compact JWS, RFC 7515 7.1 and RFC 7519. Decoded, never verified here.
struct jwt {
    struct sv header_b64, payload_b64, signature_b64; // as found
    struct sv header, payload;                        // decoded JSON text, in the arena
    struct sv algorithm;                              // "alg"
    bool has_exp, has_iat, has_nbf;
    int64_t exp, iat, nbf; // seconds since 1970
};
int jwt_parse(struct arena *a, struct sv token, struct jwt *ret, struct error *err) MUST_USE;

// RFC 4648 base64 and base64url with or without padding. NULL-ptr view when invalid.
struct sv base64_decode(struct arena *a, struct sv text);
struct sv base64_encode(struct arena *a, struct sv bytes, bool url_alphabet, bool padding);

#endif
