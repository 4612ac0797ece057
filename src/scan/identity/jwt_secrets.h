// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_SCAN_IDENTITY_JWT_SECRETS_H
#define PLUMB_SCAN_IDENTITY_JWT_SECRETS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "data/node.h"

// Guessing the secret of an HMAC-signed token (RFC 7518 3.2) from a list of words, without asking anybody. What HMAC does with a secret alone
// is computed once per list, so a try costs the blocks of the message and one more.
struct jwt_secrets;

// `list`: data/wordlists/jwt-secrets.yaml. Views into it are kept.
int jwt_secrets_new(struct arena *a, const struct node *list, struct jwt_secrets **ret, struct error *err) MUST_USE;
size_t jwt_secrets_count(const struct jwt_secrets *s);
// False when the token is no JWT signed with HS256, HS384 or HS512. *ret_word: the secret, ptr NULL when none of the list signs it.
bool jwt_secrets_try(const struct jwt_secrets *s, struct arena *scratch, struct sv token, struct sv *ret_word);

#endif
