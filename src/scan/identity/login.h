// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_SCAN_IDENTITY_LOGIN_H
#define PLUMB_SCAN_IDENTITY_LOGIN_H

#include "base/arena.h"
#include "base/clock.h"
#include "model/credential.h"
#include "model/exchange.h"

// How an identity gets its token (docs/identities.md). Everything in it may be secret but method, url and the names.

struct login_request {
    struct sv method; // SV_NONE: there is no such request
    struct sv url;    // "/login" at the target, or a whole URL within the scope
    struct header_list headers;
    struct sv body;   // "{refresh_token}" in it stands for that; SV_NONE when there is none
};

enum login_source { LOGIN_FROM_JSON, LOGIN_FROM_COOKIE, LOGIN_FROM_HEADER };

struct login {
    struct login_request request, refresh;
    enum login_source source;
    struct sv name;                    // JSON pointer, cookie or header
    struct sv send_name, send_value;   // header that carries it; "{token}" in the value
    struct sv first_refresh_token;     // given by the user, SV_NONE when not
};

// What is known after a login, without the token itself.
struct login_outcome {
    bool good;
    bool has_refresh;    // the answer held a refresh token
    usec_t lives;        // how long the token is good, 0: it does not say
    struct token_view view;
};

#endif
