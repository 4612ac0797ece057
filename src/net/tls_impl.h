// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_NET_TLS_IMPL_H
#define PLUMB_NET_TLS_IMPL_H

#include <openssl/ssl.h>

#include "net/client_impl.h"

// Shared by tls_probe.c (moves bytes), tls_handshake.c (OpenSSL on memory) and client.c (ends).

void tls_probes_cancel(struct net *n);  // each ends with OUTCOME_BUDGET
void tls_probes_abandon(struct net *n); // closes them without calling done

// A handshake as client without I/O: what the server sent goes in, what is to be sent comes out. Certificates are judged, never refused.
struct tls_shake {
    SSL_CTX *context;
    SSL *ssl;
    BIO *in, *out; // owned by `ssl`
    char error[160]; // why it failed, "" while it did not
};
// On failure nothing is left to free.
int tls_shake_start(struct tls_shake *s, const struct net_options *options, const struct net_request *request, struct error *err) MUST_USE;
void tls_shake_free(struct tls_shake *s); // accepts a zeroed one
// Takes what came. True when the handshake is over: done or failed.
bool tls_shake_feed(struct tls_shake *s, struct sv bytes);
// Bytes to send in `a`; empty when there are none.
struct sv tls_shake_output(struct tls_shake *s, struct arena *a);
// What was agreed on, as JSON in `a`; ptr NULL when out of memory.
struct sv tls_shake_describe(struct tls_shake *s, struct arena *a, const struct url *origin);

#endif
