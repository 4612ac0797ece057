// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_NET_CLIENT_H
#define PLUMB_NET_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "http/url.h"
#include "model/exchange.h"

// HTTP client: libcurl's multi_socket interface on a libuv loop. One thread. Never follows redirects, never resolves a name by
// itself (addresses are pinned by the caller through net_pin), never adds headers except those listed at net_send.
struct net;
struct uv_loop_s;

struct net_options {
    usec_t connect_timeout, first_byte_timeout, total_timeout; // 0: 5 s, 10 s, 20 s
    size_t body_cap;    // bytes after decoding; 0: 4 MiB. Reaching it ends the transfer and marks it RESPONSE_BODY_CUT
    size_t header_cap;  // bytes of all header lines; 0: 256 KiB; and at most 1,000 lines: beyond that RESPONSE_HEADERS_CUT
    bool insecure;      // certificates are not verified
    bool http2;         // offer h2 by ALPN on TLS (plain HTTP/2 without TLS is never tried)
    const char *certificate, *key;   // PEM files of the client certificate, NULL when none
    const char *ca_file;             // NULL: the system's
    const char *proxy;               // URL or NULL; environment variables are ignored
    const char *unix_socket;         // path or NULL
    const char *user_agent;
    unsigned max_connections;        // kept alive per origin; 0: 64
};

// What came back, raw. All views live in `arena` of the request.
struct net_result {
    enum outcome outcome;
    struct response response;
    struct sv detail;       // one sentence when outcome is not DONE ("connection refused by 127.0.0.1:81")
    struct sv peer_address; // "127.0.0.1" (the address really talked to)
    size_t bytes_received;  // on the wire as far as known
    struct sv tls_version;  // "TLSv1.3", SV_NONE on plain HTTP
};

// Called once per request from the loop, never from inside net_send.
typedef void (*net_done)(void *context, const struct net_result *result);

struct net_request {
    const struct url *origin;      // scheme, host, port
    const struct request *request; // must live until done
    const struct header_list *identity_headers; // appended, may be NULL
    const char *certificate, *key; // PEM files of this request's client certificate; NULL: the option's. Connections are kept apart by them
    struct arena *arena;           // for the result
    usec_t total_timeout;          // 0: the option's
    net_done done;
    void *context;
};

int net_new(const struct net_options *options, struct net **ret, struct error *err) MUST_USE;
void net_free(struct net *n); // cancels what is under way without calling done; not from inside done; handles of others are closed before
struct uv_loop_s *net_loop(struct net *n);

// One resolved name. Every address of the list was accepted by the scope guard before net_pin is called.
struct net_addresses {
    struct sv *ptr; // textual addresses
    size_t len;
};
// getaddrinfo(3) in libuv's pool is avoided: this blocks, it is called before the scan and on re-checks. ERR_NETWORK when unknown.
int net_resolve(struct arena *a, struct sv host, uint16_t port, struct net_addresses *ret, struct error *err) MUST_USE;
// From now on host:port means these addresses and no others (CURLOPT_RESOLVE); requests to a host that is not pinned and not a literal
// address end with OUTCOME_OUT_OF_SCOPE.
int net_pin(struct net *n, struct sv host, uint16_t port, const struct net_addresses *addresses, struct error *err) MUST_USE;

// Starts a request. Headers sent: those of the request and of the identity in their order, Host, User-Agent, Content-Length when there is
// a body (0 for POST, PUT and PATCH without one), Accept-Encoding: gzip, br, deflate unless given. The target goes out byte for byte.
// - A method that is no token, a target or header with line ends, blanks or control bytes where they split a request: ERR_USAGE, nothing
//   is sent. A HEAD with a body: ERR_UNSUPPORTED. More than 1,024 in flight: ERR_LIMIT.
// - Interim answers (1xx) are dropped but count for the header caps; 101 ends the transfer. Trailers are dropped.
// - An answer that ends early, by the connection or by total_timeout, is OUTCOME_DONE with RESPONSE_INCOMPLETE once its headers were whole
//   (`detail` then says why when it was the time); before that it is OUTCOME_CLOSED or OUTCOME_TIMEOUT.
// - A request that finds its kept-alive connection closed without a byte of answer is sent once more on a fresh one (RFC 9112 9.3.1).
//   GET, HEAD and OPTIONS use connections that were idle for 4 s at most, all others 1 s, so that this stays rare.
// - uv_run(net_loop(n), UV_RUN_DEFAULT) returns when nothing is in flight; kept-alive connections do not hold it.
int net_send(struct net *n, const struct net_request *request, struct error *err) MUST_USE;
unsigned net_in_flight(const struct net *n);
void net_cancel_all(struct net *n); // each gets done with OUTCOME_BUDGET

#endif
