// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_EVIDENCE_SIGNATURE_H
#define PLUMB_EVIDENCE_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "model/experiment.h"

// What an answer is reduced to before two answers are compared (evidence.md 1). Hashes are keyed per scan.
struct signature_pair {
    uint64_t path;  // hash of the JSON path with array indices folded ("items[].id"), or a header / text position
    uint64_t value; // hash of the value after masking our markers
};
struct signature {
    bool valid;              // false when there was no answer
    uint16_t status;
    uint64_t media_type;     // hash of the essence, 0 when absent
    uint64_t location;       // hash of the redirect target, masked
    uint64_t skeleton;       // JSON: tree of keys and types; HTML: tag path histogram; else 0
    bool is_json, is_html;
    struct signature_pair *pairs; // sorted; a multiset; each array's length is a pair of its own
    size_t pair_count;       // bounded: 4,096
    uint64_t shingles[32];   // min-hash of word 3-shingles, for text and HTML
    size_t length;           // body bytes
    usec_t latency;          // to the first byte
};

// Paths that differ by themselves for one operation and identity. Only grows.
struct volatility {
    uint64_t *paths; // sorted
    size_t len, cap;
    bool length_volatile, shingles_volatile, status_volatile;
    bool form_volatile;    // skeleton, kind, media type or redirect target: answers of this operation cannot be compared
    unsigned learned_from; // answers compared so far
};

// `markers`: strings of ours in the request; masked as evidence.md 1 says (whole values; inside longer text only >= 8 characters;
// plain, percent-, JSON-, HTML-, base64-encoded). key: per-scan hash key.
int signature_make(struct arena *a, const struct exchange *x, const struct sv *markers, size_t marker_count, uint64_t key,
                   struct signature *ret, struct error *err) MUST_USE;
// Skeleton and all non-volatile pairs are equal (text: same shingles), status and redirect target too. `v` may be NULL.
bool signature_equal(const struct signature *x, const struct signature *y, const struct volatility *v);
// Same status, media type, skeleton; text: min-hash similarity >= 0.7.
bool signature_alike(const struct signature *x, const struct signature *y);
// Jaccard distance of the non-volatile pairs, 0 (same) to 1; 1 when either is invalid or the skeleton kind differs.
double signature_distance(const struct signature *x, const struct signature *y, const struct volatility *v);
// Adds what differs between two answers to the same request.
int volatility_learn(struct arena *a, struct volatility *v, const struct signature *x, const struct signature *y, struct error *err) MUST_USE;

#endif
