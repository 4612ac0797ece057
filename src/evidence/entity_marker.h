// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_EVIDENCE_ENTITY_MARKER_H
#define PLUMB_EVIDENCE_ENTITY_MARKER_H

#include "evidence/signature.h"

// Values by which the answer about one object is told apart from others (evidence.md, oracle "ownership"). Values are the keyed hashes that
// signatures hold, so that answers of different operations can be compared.
struct value_set {
    uint64_t *ptr; // sorted after value_set_sort
    size_t len, cap;
};
bool value_set_add(struct arena *a, struct value_set *s, const struct signature *x); // every value of the answer
bool value_set_add_text(struct arena *a, struct value_set *s, uint64_t key, struct sv text); // as string and as number
void value_set_sort(struct value_set *s);
bool value_set_has(const struct value_set *s, uint64_t value);

// Distinct values that stand at the same place in both answers, do not change by themselves, say something (no flags, nulls, lengths of lists)
// and are in none of the `count` sets, which are sorted.
size_t markers_common(const struct signature *x, const struct signature *y, const struct volatility *v, uint64_t key,
                      const struct value_set *const *none_of, size_t count);

#endif
