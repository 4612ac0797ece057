// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_NET_CANARY_REQUEST_H
#define PLUMB_NET_CANARY_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/sv.h"

// The part of a request that the canary reads. Views into the bytes that were parsed.
struct canary_request {
    struct sv method;
    struct sv target; // as on the request line, without scheme and host when it came in absolute form
    struct sv version; // "HTTP/1.1"
    struct sv host, user_agent, scan_id; // SV_NONE when absent
};

enum canary_parse { CANARY_MORE, CANARY_COMPLETE, CANARY_BAD };

// Reads a request up to its empty line; a body is not looked at. CANARY_MORE: what is there so far could be the start of one.
enum canary_parse canary_request_parse(struct sv bytes, struct canary_request *ret);

// What a target asks of the canary.
struct canary_target {
    struct sv token;       // first path segment, SV_NONE when it has not the form of a token (4-64 of a-z and 0-9)
    bool known;            // /<token>, its key set or a redirect below it; else 404
    bool key_set;          // /<token>/jwks.json
    unsigned status;       // 200, or that of the redirect
    struct sv redirect_to; // decoded into the arena; SV_NONE for 200
};
// Never fails: what does not fit is not known.
void canary_target_parse(struct arena *a, struct sv target, struct canary_target *ret);

#endif
