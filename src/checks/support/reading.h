// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_READING_H
#define PLUMB_CHECKS_SUPPORT_READING_H

#include "base/arena.h"
#include "data/node.h"
#include "model/exchange.h"

// The texts of an answer as its reader understands them: the body, and in JSON every string with its escapes resolved, and what a string
// holds in base64. Bounded: 64 KiB of body, 2,000 strings.
struct reading {
    struct sv *texts;
    size_t len;
};
int reading_of(struct arena *a, const struct exchange *x, struct reading *ret);
int reading_of_text(struct arena *a, struct sv body, struct reading *ret);

// Does `part` stand anywhere in it?
bool reading_has(const struct reading *r, struct sv part);
// Does a signature of data/metadata.yaml stand in it: one of `whole` as a value of its own, or all of `all` as words in one text?
bool reading_matches(const struct reading *r, const struct node *signature);

#endif
