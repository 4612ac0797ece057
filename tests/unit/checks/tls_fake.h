// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_UNIT_CHECKS_TLS_FAKE_H
#define PLUMB_UNIT_CHECKS_TLS_FAKE_H

#include "support/sim.h"

// The first flight of TLS servers that nobody can build any more, made byte by byte from what the ClientHello offers.
enum tls_fake_habit {
    FAKE_HONEST,
    FAKE_SILENT,    // the connection stays open, nothing comes
    FAKE_RESETS,    // for whatever it refuses
    FAKE_GARBAGE,   // random bytes
    FAKE_HTTP,      // "HTTP/1.1 400 …" from a plain port
    FAKE_CUT,       // half of the answer, then the end
    FAKE_CANNED,    // the same ServerHello to everybody
    FAKE_AGREES,    // TLS 1.2 and the first suite, whatever was asked
};
struct tls_fake {
    enum tls_fake_habit habit;
    uint16_t lowest, highest;  // versions, 1.3 apart
    bool modern;               // TLS 1.3 too
    uint16_t suites[16];       // of TLS 1.2 and below, in order of preference; ends with 0
    unsigned dh_bits;          // of DHE suites
    uint16_t curves[4];        // for ECDHE, ends with 0: then X25519
    bool compresses, no_renegotiation_info, ignores_fallback;
    const char *handshake;     // JSON of TLS-HANDSHAKE; NULL: a valid certificate
    bool active;               // --mode active
    const char *target;        // NULL: https://api.example.org/
    uint64_t dice;             // random bytes of the ServerHello
    unsigned hellos, handshakes, strangers; // counted; strangers: TLS probes that have not their shape
};

void tls_fake_serve(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret);
struct scan_result tls_fake_scan(struct arena *a, struct tls_fake *f, const char *record_dir);

#endif
