// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_SCAN_IDENTITY_JWT_FORGE_H
#define PLUMB_SCAN_IDENTITY_JWT_FORGE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/random.h"
#include "model/credential.h"

// The RSA key pair of a scan, 2048 bits, made from its seed when first needed, so that a replay shows the same public half. It protects nothing:
// it only has to be another one than the service trusts.
struct jwt_key_pair {
    uint64_t seed;
    void *key;      // EVP_PKEY
    struct sv jwk;  // RFC 7517, public half
};
// The public half; ptr NULL when it could not be made. Allocates in `a`, which must live as long as the pair.
struct sv jwt_pair_public(struct jwt_key_pair *pair, struct arena *a);

// Members of JSON object `from` put over those of `base`: equal names are replaced, null removes. ptr NULL when one of them is no object or
// memory is out. Numbers and texts stay as they are written.
struct sv json_overlay(struct arena *a, struct sv base, struct sv from);

// The token rebuilt. `now`: seconds since 1970, for `expire` and `not_before`. ERR_SYNTAX when `token` is no JWT.
int jwt_rebuild(struct arena *a, struct sv token, const struct jwt_recipe *recipe, struct jwt_key_pair *pair, struct rng *rng, int64_t now, struct sv *ret,
                struct error *err) MUST_USE;

#endif
