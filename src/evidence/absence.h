// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_EVIDENCE_ABSENCE_H
#define PLUMB_EVIDENCE_ABSENCE_H

#include "base/map.h"
#include "base/random.h"
#include "evidence/signature.h"

// What "nothing here" looks like per directory, method, identity and shape of the last segment (evidence.md 2: absence model).
// Learned lazily from two random siblings of the same shape.
struct absence; // the store
enum segment_shape { SHAPE_WORD, SHAPE_NUMBER, SHAPE_UUID, SHAPE_EXTENSION, SHAPE_TOKEN, SHAPE_COUNT };
enum presence { PRESENCE_UNKNOWN /* ask the controls first */, PRESENCE_NOTHING, PRESENCE_REAL };

int absence_new(struct arena *a, uint64_t key, struct absence **ret, struct error *err) MUST_USE;
enum segment_shape segment_shape_of(struct sv segment);
// Is the answer to `method path` (path without query) outside everything that random siblings give? 404, 410 and transport failures
// are NOTHING without a model; UNKNOWN until the controls of that directory were learned.
enum presence absence_judge(const struct absence *s, struct sv method, struct sv path, uint16_t identity, const struct signature *answer);
// Fills `ret_paths` with the random siblings to ask (same shape, same extension). `rng` decides the names.
int absence_controls(struct arena *a, struct rng *rng, struct sv path, struct sv ret_paths[2], struct error *err) MUST_USE;
// Learns from the answers to those siblings (an invalid signature is allowed: nothing learned from it).
int absence_learn(struct arena *a, struct absence *s, struct sv method, struct sv path, uint16_t identity,
                  const struct signature answers[2], struct error *err) MUST_USE;
bool absence_knows(const struct absence *s, struct sv method, struct sv path, uint16_t identity);

#endif
