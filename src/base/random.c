// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"

static uint64_t splitmix64(uint64_t *state) {
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t rotate_left(uint64_t x, unsigned by) {
    return (x << by) | (x >> (64 - by));
}

void rng_init(struct rng *r, uint64_t seed) {
    for (size_t i = 0; i < 4; i++)
        r->s[i] = splitmix64(&seed);
}

void rng_derive(struct rng *r, uint64_t seed, struct sv label, uint64_t number) {
    // Four independent hashes: streams of different triples start from all 256 bits and not from 64.
    for (size_t i = 0; i < 4; i++) {
        uint64_t key = seed + i;
        r->s[i] = sv_hash(label, splitmix64(&key), number);
    }
    if ((r->s[0] | r->s[1] | r->s[2] | r->s[3]) == 0)
        r->s[0] = 1; // the one state without a way out
}

uint64_t rng_next(struct rng *r) {
    uint64_t result = rotate_left(r->s[1] * 5, 7) * 9;
    uint64_t shifted = r->s[1] << 17;
    r->s[2] ^= r->s[0];
    r->s[3] ^= r->s[1];
    r->s[1] ^= r->s[2];
    r->s[0] ^= r->s[3];
    r->s[2] ^= shifted;
    r->s[3] = rotate_left(r->s[3], 45);
    return result;
}

uint64_t rng_below(struct rng *r, uint64_t bound) {
    assert(bound > 0);
    // The lowest 2^64 mod bound values would make small results likelier, so they are drawn again.
    uint64_t threshold = (0 - bound) % bound;
    uint64_t x = rng_next(r);
    while (x < threshold)
        x = rng_next(r);
    return x % bound;
}

uint64_t rng_between(struct rng *r, uint64_t low, uint64_t high) {
    assert(low <= high);
    uint64_t span = high - low + 1;
    return span == 0 ? rng_next(r) : low + rng_below(r, span);
}

double rng_unit(struct rng *r) {
    return (double)(rng_next(r) >> 11) * 0x1.0p-53;
}

// The first character from `first`, the others from `others`.
static struct sv draw(struct rng *r, struct arena *a, size_t len, struct sv first, struct sv others) {
    if (len == SIZE_MAX)
        return SV_NONE;
    char *text = arena_alloc(a, len + 1);
    if (text == NULL)
        return SV_NONE;
    for (size_t i = 0; i < len; i++) {
        struct sv from = i == 0 ? first : others;
        text[i] = from.ptr[rng_below(r, from.len)];
    }
    return (struct sv){text, len};
}

struct sv rng_word(struct rng *r, struct arena *a, size_t len) {
    return draw(r, a, len, SV("abcdefghijklmnopqrstuvwxyz"), SV("abcdefghijklmnopqrstuvwxyz0123456789"));
}

struct sv rng_digits(struct rng *r, struct arena *a, size_t len) {
    return draw(r, a, len, SV("123456789"), SV("0123456789"));
}

struct sv rng_hex(struct rng *r, struct arena *a, size_t len) {
    return draw(r, a, len, SV("0123456789abcdef"), SV("0123456789abcdef"));
}

struct sv rng_uuid(struct rng *r, struct arena *a) {
    uint64_t high = rng_next(r);
    uint64_t low = rng_next(r);
    high = (high & ~UINT64_C(0xf000)) | UINT64_C(0x4000);  // version 4
    low = (low & (UINT64_MAX >> 2)) | (UINT64_C(1) << 63); // variant 10
    return arena_printf(a, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(high >> 32), (unsigned)(high >> 16 & 0xffff),
                        (unsigned)(high & 0xffff), (unsigned)(low >> 48),
                        (unsigned long long)(low & UINT64_C(0xffffffffffff)));
}

uint64_t random_seed(void) {
    uint64_t seed = 0;
    ssize_t got = 0;
    do {
        got = getrandom(&seed, sizeof seed, 0);
    } while (got < 0 && errno == EINTR);
    if (got == (ssize_t)sizeof seed)
        return seed;
    // No such call here: the clocks still differ from run to run, and this seed is never a key.
    seed = clock_realtime() ^ rotate_left(clock_monotonic(), 32);
    return splitmix64(&seed);
}
