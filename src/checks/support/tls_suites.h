// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_TLS_SUITES_H
#define PLUMB_CHECKS_SUPPORT_TLS_SUITES_H

#include "checks/run.h"

// Cipher suites and profiles as data/tls-suites.yaml and data/tls-profiles.yaml have them.
enum tls_mode { TLS_MODE_AEAD, TLS_MODE_CBC, TLS_MODE_STREAM, TLS_MODE_NONE };
struct tls_suite {
    uint16_t number;
    struct sv name;
    bool forward;            // forward secrecy
    bool finite, curve;      // DHE, ECDHE
    bool modern;             // of TLS 1.3
    bool intermediate;       // in Mozilla's intermediate profile
    enum tls_mode mode;
    const struct node *weak; // its class, NULL when it is not weak
};
enum { TLS_SUITES_MAX = 160, TLS_GROUPS_MAX = 32 };
struct tls_suites {
    struct tls_suite *ptr;
    size_t len;
    const struct node *profiles, *weak_groups; // arrays
};

// ERR_NOT_FOUND when the data is not there or has another shape.
int tls_suites_load(struct check_run *run, struct tls_suites *ret, struct error *err) MUST_USE;
const struct tls_suite *tls_suite_find(const struct tls_suites *t, uint16_t number); // NULL when unknown
// "TLS_RSA_WITH_NULL_SHA", or "0x1234" in `a`.
struct sv tls_suite_name(struct arena *a, const struct tls_suites *t, uint16_t number);

enum tls_pick {
    TLS_PICK_ALL,     // of TLS 1.2 and below, the good ones first
    TLS_PICK_MODERN,  // TLS 1.3
    TLS_PICK_WEAK,
    TLS_PICK_STRONG,  // forward secrecy and authenticated encryption
    TLS_PICK_FORWARD, // forward secrecy, not weak
    TLS_PICK_OUTSIDE, // neither weak nor of the intermediate profile
    TLS_PICK_FINITE,  // DHE, not weak
    TLS_PICK_CURVE,   // ECDHE, not weak
};
// Numbers of that choice without those of `without`, into `ret` (TLS_SUITES_MAX); returns how many.
size_t tls_suites_pick(const struct tls_suites *t, enum tls_pick pick, const uint16_t *without, size_t without_count, uint16_t *ret);
size_t tls_weak_groups(const struct tls_suites *t, uint16_t *ret); // TLS_GROUPS_MAX
struct sv tls_group_name(struct arena *a, const struct tls_suites *t, uint16_t number);
// The strictest profile that has all of this: lowest version, suites, smallest group seen (0: none). SV_NONE when none has.
struct sv tls_profile_met(const struct tls_suites *t, uint16_t lowest, const uint16_t *suites, size_t count, unsigned dh_bits);

#endif
