// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_EVIDENCE_MASK_H
#define PLUMB_EVIDENCE_MASK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/sv.h"

// Takes texts of ours out of an answer before it is compared (evidence.md 1), so that an echo is neither a difference nor a hit.
struct mask_variant {
    struct sv text; // one encoding of a marker
    struct sv core; // its longest run of letters and digits: what every encoding of an answer leaves as it is
    bool core_repeats; // an earlier variant has the same core
    bool inside;       // long and random enough to be masked inside longer text
};
struct mask {
    struct mask_variant *variants; // longest first
    size_t len;
};

// What stands where a marker stood. No JSON text, HTML text or header holds this byte by itself.
#define MASK_BYTE '\x01'

// At most 16 markers of at most 512 bytes are used; short words, booleans and small numbers are never masked.
int mask_init(struct arena *a, const struct sv *markers, size_t count, struct mask *ret, struct error *err) MUST_USE;
// False when nothing of ours can stand in this text, whatever its encoding.
bool mask_may_occur(const struct mask *m, struct sv text);
// Is this whole value what we sent?
bool mask_is_whole(const struct mask *m, struct sv value);
// The text with each marker replaced by MASK_BYTE: the same view when there is none, ptr NULL when out of memory.
struct sv mask_text(struct arena *a, const struct mask *m, struct sv text);

#endif
