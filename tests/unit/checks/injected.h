// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_UNIT_CHECKS_INJECTED_H
#define PLUMB_UNIT_CHECKS_INJECTED_H

#include "base/escape.h"
#include "http/url.h"
#include "support/sim.h"

#include "support/test.h"

// What the tests of the injection checks share: services that would fool a careless scanner, and short ways to scan and to assert.

// GET /items?name= with the good value "alder"; /items/{id} with the good value 7; both return rows.
extern const char injected_spec[];

// Answers to one value of a parameter. `number`: the value came in the path.
typedef void (*injected_service)(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv value, bool number, struct response *ret);

// A service that no check of an injection may report, whatever the grammar.
struct injected_liar {
    const char *name;
    injected_service service;
    bool silent; // gives no usable answer to probes: coverage must not be "passed"
};
extern const struct injected_liar injected_liars[];
extern const size_t injected_liar_count;

// A whole scan with one check only.
struct scan_result injected_scan(struct arena *a, const char *check, injected_service service, unsigned seed);
// Exactly one finding of that check, at this path, with this confidence and severity. `name` of the service for the message.
void injected_assert_found_as(struct arena *a, const char *name, const char *check, injected_service service, const char *path, enum confidence confidence,
                              enum severity severity);
#define injected_assert_found(a, check, service, path, confidence, severity) injected_assert_found_as(a, #service, check, service, path, confidence, severity)
void injected_assert_clean(struct arena *a, const char *check, injected_service service, unsigned seeds);
// All liars, and their coverage.
void injected_assert_liars(struct arena *a, const char *check);

// The good rows, no rows, a 404.
void injected_rows(struct arena *a, struct response *ret);
void injected_none(struct arena *a, struct response *ret);
bool injected_is_good(struct sv value, bool number);

#endif
