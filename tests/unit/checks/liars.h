// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_TESTS_CHECKS_LIARS_H
#define PLUMB_TESTS_CHECKS_LIARS_H

// What the tests with servers that lie have in common.
#include "base/numbers.h"
#include "support/sim.h"
#include "support/test.h"

// How often each liar is asked: PLUMB_SIM, else `usual`.
static inline uint64_t liars_times(uint64_t usual) {
    const char *wanted = getenv("PLUMB_SIM");
    if (wanted != NULL) ignore_result(number_parse_u64(sv_from(wanted), &usual));
    return usual;
}

// Nothing that one of the checks (a list of ids that ends with NULL) calls confirmed.
static inline void liars_assert_none_confirmed(const struct scan_result *r, const char *const *checks, const char *name, uint64_t seed) {
    unsigned n = 0;
    for (size_t i = 0; i < r->finding_count; i++) {
        for (size_t k = 0; checks[k] != NULL; k++) n += strcmp(r->findings[i].check, checks[k]) == 0 && r->findings[i].confidence == CONFIDENCE_CONFIRMED;
    }
    if (n > 0) {
        print_error("%s, seed %u\n", name, (unsigned)seed);
        sim_dump(r);
    }
    assert_int_equal(n, 0);
}

#endif
