// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_HTTP_TLS_HELLO_H
#define PLUMB_HTTP_TLS_HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/sv.h"
#include "model/exchange.h"

// The first flight of TLS as bytes: writes ClientHellos of any version and reads what came back (RFC 6101, 2246, 4346, 5246, 8446). No keys, no
// I/O: suites and versions that no library of today offers any more can be asked for all the same.

// A probe with one of these methods is no HTTP request: the driver opens a connection to the origin, and
//   TLS-HELLO      writes the bytes of the body (hex) and gives what came back as hex, status 200. The reason says how it ended (enum tls_end).
//   TLS-HANDSHAKE  makes one full handshake and describes it as JSON (docs/checks/tls.md), status 200.
// Target "/", no headers; no HTTP goes over the connection.
#define TLS_METHOD_HELLO SV("TLS-HELLO")
#define TLS_METHOD_HANDSHAKE SV("TLS-HANDSHAKE")
bool request_is_tls(const struct request *rq);
// Has it exactly the shape above? For TLS-HELLO: one handshake record that begins with a ClientHello and goes to its end.
bool request_is_tls_probe(const struct request *rq);

enum { TLS_HELLO_MAX = 2048, TLS_ANSWER_MAX = 16384 }; // bytes

enum { TLS_SSL_3 = 0x0300, TLS_1_0 = 0x0301, TLS_1_1 = 0x0302, TLS_1_2 = 0x0303, TLS_1_3 = 0x0304 };
const char *tls_version_name(uint16_t version); // "TLS 1.0"; "an unknown version"

struct tls_hello {
    uint16_t version;               // the only one that is offered with TLS 1.3, else the highest
    const uint16_t *suites;         // at most 160
    size_t suite_count;
    const uint16_t *groups;         // supported_groups; left out when there are none
    size_t group_count;
    struct sv server_name;          // SNI; left out when empty, and in SSLv3
    struct sv alpn;                 // one protocol; left out when empty
    bool deflate;                   // offer compression
    bool fallback;                  // TLS_FALLBACK_SCSV (RFC 7507)
    uint8_t random[32], share[32];  // any bytes; `share` serves as X25519 key and as session id in TLS 1.3
};
// The record with the ClientHello; ptr NULL when out of memory or when it would be longer than TLS_HELLO_MAX.
struct sv tls_hello_build(struct arena *a, const struct tls_hello *h);

enum tls_end { TLS_END_COMPLETE, TLS_END_CLOSED, TLS_END_RESET, TLS_END_TIME, TLS_END_FULL, TLS_END_COUNT };
extern const char *const tls_end_names[TLS_END_COUNT]; // "complete" …

enum tls_answer_kind {
    TLS_ANSWER_NONE,    // no byte
    TLS_ANSWER_CUT,     // ends before a whole alert or ServerHello
    TLS_ANSWER_ALIEN,   // no TLS ("HTTP/1.1 400 …"), or broken
    TLS_ANSWER_ALERT,
    TLS_ANSWER_HELLO,   // a ServerHello, or a HelloRetryRequest
};
struct tls_answer {
    enum tls_answer_kind kind;
    uint8_t alert;            // description
    uint16_t version, suite;
    uint8_t compression;
    const uint8_t *random;    // 32 bytes
    bool retry;               // HelloRetryRequest
    bool renegotiation_info;  // RFC 5746
    struct sv alpn;
    size_t certificate_bytes; // of the Certificate message, 0 when none was seen
    struct sv key_exchange;   // body of ServerKeyExchange
    bool done;                // ServerHelloDone was seen
};
// What came back. Views point into `a`. 0 or -ENOMEM; odd bytes are no error.
int tls_answer_read(struct arena *a, struct sv bytes, struct tls_answer *ret) MUST_USE;
// Is there nothing more to wait for? An alert, a ServerHelloDone, a ServerHello of TLS 1.3 (the rest is encrypted), or no TLS.
bool tls_answer_is_complete(struct sv bytes);
// Of a ServerKeyExchange: bits of the prime of a DHE suite, the named curve of an ECDHE suite; 0 when it is not one.
unsigned tls_dh_bits(struct sv key_exchange);
uint16_t tls_curve(struct sv key_exchange);
const char *tls_alert_name(uint8_t alert); // "handshake_failure"; "an unknown alert"

struct sv hex_encode(struct arena *a, struct sv bytes);
// ptr NULL when it is no hex or out of memory.
struct sv hex_decode(struct arena *a, struct sv text);

#endif
