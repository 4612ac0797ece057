// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_JSON_OBJECT_H
#define PLUMB_CHECKS_SUPPORT_JSON_OBJECT_H

#include "base/arena.h"
#include "data/node.h"
#include "model/api.h"

// Objects of answers, taken apart and put together as bodies.

// The object that an answer is about: the root, or what its only envelope holds ({"data": {…}}). NULL when there is none.
const struct node *json_object_of(const struct node *root);
// JSON text of a value; SV_NONE when out of memory or too deep.
struct sv json_text_of(struct arena *a, const struct node *n);
struct sv json_quoted(struct arena *a, struct sv text);
// Same value? Numbers by value.
bool json_is(const struct node *n, struct sv json);

// A body for a writing operation. `object` may be NULL: nothing but the property. Else its members go in that the description of `op` lists as writable
// (all of them when its body is not described), with `property` set to `json` (SV_NONE json: left as it is). SV_NONE when out of memory, or
// when a member's value was redacted so that its type is not known.
struct sv json_body_with(struct arena *a, const struct operation *op, const struct node *object, struct sv property, struct sv json);
// Is the top-level property described in the body? *ret_schema its schema.
bool json_body_lists(const struct operation *op, struct sv property, const struct schema **ret_schema);
bool json_body_is_described(const struct operation *op);
// Does the operation take JSON (or say nothing)?
bool json_body_is_taken(const struct operation *op);

#endif
