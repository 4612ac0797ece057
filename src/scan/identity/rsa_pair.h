// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_SCAN_IDENTITY_RSA_PAIR_H
#define PLUMB_SCAN_IDENTITY_RSA_PAIR_H

#include "scan/identity/jwt_forge.h"

// Makes key and JWK when they are not there yet; the key goes with the arena. False when that is not possible.
bool rsa_pair_make(struct jwt_key_pair *pair, struct arena *a);
// RSASSA-PKCS1-v1_5 with SHA-256 (RS256); ptr NULL on failure.
struct sv rsa_pair_sign(struct jwt_key_pair *pair, struct arena *a, struct sv input);

#endif
