// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_EVIDENCE_NATURAL_KEY_H
#define PLUMB_EVIDENCE_NATURAL_KEY_H

#include "data/node.h"

// By which member are the objects of a list told apart, when none of them is called an id? The member that every object has as
// one word, no two alike, and that looks most like an identifier: "tracking", "iata". SV_NONE when the list holds ids, or nothing that could be one.
struct sv natural_key(const struct node *list);

#endif
