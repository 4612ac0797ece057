// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_EVIDENCE_SIGNATURE_INTERNAL_H
#define PLUMB_EVIDENCE_SIGNATURE_INTERNAL_H

#include "evidence/mask.h"
#include "evidence/signature.h"

#define SIGNATURE_PAIRS_MAX 4096
#define SIGNATURE_SHAPES_MAX 4096
#define SIGNATURE_SHINGLES 32

// Where the parts of one answer are collected. Everything lives in `a`, a scratch arena; the pairs are copied out at the end.
struct signature_sink {
    struct arena *a;
    const struct mask *mask; // NULL when nothing of ours stands in the body
    uint64_t key0, key1;
    struct signature_pair *pairs;
    size_t len, cap;
    uint64_t rest; // order-free sum of the pairs that found no room
    size_t rest_count;
    uint64_t *shapes; // open addressing: the distinct members of the skeleton
    size_t shape_slots, shape_count;
    uint64_t skeleton; // order-free sum of the distinct shapes
    bool failed;       // out of memory
};

static inline uint64_t hash_mix(uint64_t x, uint64_t y) {
    uint64_t h = (x ^ (y * UINT64_C(0x9e3779b97f4a7c15))) + UINT64_C(0xd1b54a32d192ed03);
    h ^= h >> 32;
    h *= UINT64_C(0xe9846af9b1a615d5);
    h ^= h >> 29;
    return h * UINT64_C(0xbf58476d1ce4e5b9) ^ (h >> 31);
}

// Keyed hash of bytes, 16 at a time by one wide multiplication: four times as fast as SipHash on the short texts that
// answers are made of. The key is unknown to the target, and a collision would only hide a difference.
uint64_t hash_bytes(struct sv text, uint64_t key0, uint64_t key1);

void sink_add_pair(struct signature_sink *s, uint64_t path, uint64_t value);
// A member of the skeleton; the same one again changes nothing.
void sink_add_shape(struct signature_sink *s, uint64_t shape);
// Hash of a text after masking.
uint64_t sink_hash_text(struct signature_sink *s, struct sv text);

// HTML: tag paths, text nodes and telling attributes; text: lines. Both: shingles.
void signature_add_html(struct signature_sink *s, struct sv body, uint64_t shingles[SIGNATURE_SHINGLES]);
void signature_add_text(struct signature_sink *s, struct sv body, uint64_t shingles[SIGNATURE_SHINGLES]);

// Pairs of `x` whose path is not volatile: what an equality of signatures rests on.
size_t signature_stable_pairs(const struct signature *x, const struct volatility *v);
bool volatility_has(const struct volatility *v, uint64_t path);
// Share of equal min-hashes, 0 to 1.
double signature_similarity(const struct signature *x, const struct signature *y);

#endif
