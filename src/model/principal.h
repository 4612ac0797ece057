// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_MODEL_PRINCIPAL_H
#define PLUMB_MODEL_PRINCIPAL_H

#include "base/sv.h"
#include "model/credential.h"
#include "model/exchange.h"

struct login; // scan/identity/login.h

// Who sends. Index 0 of every scan is nobody: no name, no headers.
struct principal {
    struct sv name;
    struct sv role, tenant;     // labels, SV_NONE when not given
    struct header_list headers; // credentials; only src/scan sees them
    struct sv query_name, query_value; // a key that goes out as a query parameter, SV_NONE when there is none
    const char *certificate, *key;     // PEM files of a client certificate, NULL when none
    const struct login *login;         // how a token is got, NULL when the credential is static
    const struct sv *secrets;          // further texts that must never be shown (passwords of the login)
    size_t secret_count;
    const struct token_view *token;    // what a recording knows of the credential; NULL: to be read from it
};

#endif
