// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_NET_CANARY_H
#define PLUMB_NET_CANARY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/sv.h"

// Our own HTTP listener for server-side request proofs (evidence.md, "canary call"). Answers on
//   /<token>               200, text/plain, the listener's secret for that token (never sent anywhere else)
//   /<token>/jwks.json     200, application/json, the key set of the scan (RFC 7517) where there is one
//   /<token>/to/<base64url of a URL>/<301|302|303|307|308>   a redirect there
// and 404 on all else. Bounded: 64 connections, 16 KiB of request each, 5 s each, 10,000 calls a scan.
struct canary;
struct uv_loop_s;

struct canary_call {
    struct sv token; // first path segment when it has the form of a token (4-64 of a-z, 0-9), else SV_NONE: then see host and path
    struct sv method, path, host, user_agent; // as received, cut at 512 bytes each
    struct sv source;                         // "10.0.0.2:41234"
    bool own;                                 // carried our scan header: it is our own self-test
};
typedef void (*canary_called)(void *context, const struct canary_call *call);

struct canary_options {
    struct sv listen_host; // literal address
    uint16_t port;         // 0: any
    struct sv public_url;  // how the target reaches us; SV_NONE: http://listen_host:port
    struct sv scan_id;     // value of our scan header
    uint64_t secret_seed;  // the per-token secret is derived from it
    canary_called called;
    struct sv (*public_key)(void *context, struct arena *a); // the JWK that the key set holds, SV_NONE when there is none; may be NULL
    void *context;
};

// The listener does not keep the loop running: whoever waits for calls holds a handle of his own (a timer).
int canary_start(struct uv_loop_s *loop, const struct canary_options *options, struct canary **ret, struct error *err) MUST_USE;
void canary_stop(struct canary *c); // closes and frees; the loop must run once more
// "http://10.0.0.1:4321", valid as long as the canary.
struct sv canary_base_url(const struct canary *c);
// The text that only the listener knows for a token (20 characters), so that its appearance in an answer proves a full read.
struct sv canary_secret(const struct canary *c, struct arena *a, struct sv token);
// As above without a listener: for replay. Same seed and token give the same text.
struct sv canary_secret_for(struct arena *a, uint64_t secret_seed, struct sv token);
// The local address of the route to `address` (connect(2) on a datagram socket, nothing is sent); ERR_NETWORK without a route.
int canary_local_address(struct arena *a, struct sv address, struct sv *ret, struct error *err) MUST_USE;

#endif
