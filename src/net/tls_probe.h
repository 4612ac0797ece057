// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_NET_TLS_PROBE_H
#define PLUMB_NET_TLS_PROBE_H

#include "net/client.h"

// TLS probes (http/tls_hello.h) over the client's loop and pinned addresses. Like net_send: `done` comes once, from the loop; the request counts in
// net_in_flight and ends with net_cancel_all. A connection is opened anew for each, nothing is sent on it but what the probe says, at most
// TLS_ANSWER_MAX bytes are read, and it ends after three seconds (a handshake after six) or the request's total_timeout when that is shorter.
// DONE: status 200; `reason` tells how it ended, `body` what came (hex, or JSON for TLS-HANDSHAKE). Other outcomes: no connection was made.
// ERR_UNSUPPORTED through a proxy or a unix socket; ERR_USAGE when the request has not the shape of a probe.
int net_tls_probe(struct net *n, const struct net_request *request, struct error *err) MUST_USE;

#endif
