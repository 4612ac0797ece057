// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_BASE_RANDOM_H
#define PLUMB_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/sv.h"

// Deterministic generator (xoshiro256**, Blackman and Vigna) so that a replay repeats; not for keys. Seeded through splitmix64.
struct rng {
    uint64_t s[4];
};

void rng_init(struct rng *r, uint64_t seed);
// A stream of its own for (seed, text, number): the same triple always gives the same stream.
void rng_derive(struct rng *r, uint64_t seed, struct sv label, uint64_t number);
uint64_t rng_next(struct rng *r);
uint64_t rng_below(struct rng *r, uint64_t bound);                 // unbiased; bound > 0
uint64_t rng_between(struct rng *r, uint64_t low, uint64_t high);  // inclusive
double rng_unit(struct rng *r);                                    // [0, 1)
// `len` characters of [a-z0-9], the first a letter (5.1 bits each). ptr NULL when out of memory.
struct sv rng_word(struct rng *r, struct arena *a, size_t len);
struct sv rng_digits(struct rng *r, struct arena *a, size_t len);  // first one not 0
struct sv rng_hex(struct rng *r, struct arena *a, size_t len);
struct sv rng_uuid(struct rng *r, struct arena *a);                // version 4 form, RFC 9562
// Unpredictable seed from getrandom(2).
uint64_t random_seed(void);

#endif
