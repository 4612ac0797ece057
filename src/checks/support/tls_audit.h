// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_TLS_AUDIT_H
#define PLUMB_CHECKS_SUPPORT_TLS_AUDIT_H

#include "checks/support/tls_suites.h"
#include "http/tls_hello.h"

// What one service was seen to accept. encryption/tls.c asks, tls_hellos.c writes and reads single probes, tls_findings.c tells.
enum tls_step {
    TLS_STEP_HANDSHAKE, // one whole handshake
    TLS_STEP_1_3, TLS_STEP_1_2, TLS_STEP_1_1, TLS_STEP_1_0, TLS_STEP_SSL_3, // this version, all suites
    TLS_STEP_WEAK,        // weak suites at the highest version below TLS 1.3; what was chosen is left out and the rest asked again
    TLS_STEP_WEAK_OLDEST, // the same at the lowest version
    TLS_STEP_STRONG,      // only forward secrecy with authenticated encryption
    TLS_STEP_FORWARD,     // only forward secrecy
    TLS_STEP_OUTSIDE,     // what no profile but Mozilla's old one has
    TLS_STEP_FINITE,      // DHE, to see its prime
    TLS_STEP_CURVE,       // ECDHE over weak curves only
    TLS_STEP_COMPRESSION,
    TLS_STEP_FALLBACK,    // the lowest version with TLS_FALLBACK_SCSV
    TLS_STEP_AGAIN_VERSION, TLS_STEP_AGAIN_SUITE, // second rounds with other random bytes
    TLS_STEP_COUNT
};
enum tls_took { TLS_UNKNOWN, TLS_TAKEN, TLS_REFUSED, TLS_UNREAD };
enum { TLS_FOUND_MAX = 24, TLS_HELLOS_MAX = 40 };

struct tls_audit {
    struct tls_suites table;
    enum tls_step step;
    unsigned hellos, silent; // sent; in a row without an answer that could be read
    enum tls_took took[TLS_STEP_COUNT];
    uint16_t suite[TLS_STEP_COUNT]; // chosen last
    uint8_t random[TLS_STEP_COUNT][32];
    const struct exchange *seen[TLS_STEP_COUNT]; // kept: the first answer that took the offer, of the handshake any
    uint16_t weak[TLS_FOUND_MAX], outside[TLS_FOUND_MAX];
    size_t weak_count, outside_count;
    bool more_weak, more_outside; // the list was cut short
    uint16_t offered[TLS_SUITES_MAX]; // by the hello under way
    size_t offered_count;
    bool renegotiation_info, compressed;
    unsigned dh_bits;
    uint16_t curve;
    const char *open; // what could not be told, NULL when everything was
};

// Highest and lowest version of TLS 1.2 and below that was accepted; 0 when none was.
uint16_t tls_audit_base(const struct tls_audit *s);
uint16_t tls_audit_oldest(const struct tls_audit *s);
uint16_t tls_step_version(const struct tls_audit *s, enum tls_step step); // that the step's hello asks for
// Is there something to be learned by this step?
bool tls_step_is_wanted(const struct tls_audit *s, enum tls_step step);
// The request of the current step; remembers what it offers.
int tls_step_request(struct check_run *run, struct tls_audit *s, struct arena *a, struct request *ret, struct error *err) MUST_USE;
// Takes the answer. *ret_again: the same step has more to ask.
int tls_step_take(struct check_run *run, struct tls_audit *s, const struct exchange *x, bool *ret_again, struct error *err) MUST_USE;
// Tells all findings.
int tls_audit_report(struct check_run *run, const struct tls_audit *s, struct error *err) MUST_USE;
// Those about the certificate, from the handshake.
int tls_certificate_report(struct check_run *run, const struct exchange *x, struct error *err) MUST_USE;
int tls_tell(struct check_run *run, const struct exchange *const *seen, size_t seen_count, struct finding *f, struct error *err) MUST_USE;

#endif
