// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_EVIDENCE_ENTITY_INTERNAL_H
#define PLUMB_EVIDENCE_ENTITY_INTERNAL_H

#include "evidence/entity.h"

#define ENTITY_NAME_MAX 64

// A name as words: "orderItems", "order-items" and "Order Items" are "order_item". Empty when it is longer than the room
// or holds anything but letters, digits and separators.
struct entity_name {
    char text[ENTITY_NAME_MAX];
    size_t len;
};
static inline struct sv entity_name_sv(const struct entity_name *n) {
    return sv_make(n->text, n->len);
}

struct entity_name entity_name_of(struct sv word);
// Entity and field of a key: "user_id" is "user" and true, "id" is "" and true, "colour" is not an identifier: false.
bool entity_key_split(struct sv key, struct entity_name *ret_entity);
// What a list at this path holds: "/v1/users/17/orders" and "/orders/{id}" are "order"; "" when it does not say.
struct entity_name entity_of_path(struct sv path);
// "/me", "/users/me", "/profile": an answer about the caller.
bool path_is_about_caller(struct sv path);
// Does this segment look like an identifier and not like a word of a route?
bool segment_is_id(struct sv segment);
// Envelope keys stand around lists without naming what is in them.
bool entity_key_is_envelope(struct sv key);
// The two names by which a parameter may be known: its own ("user_id" -> user) and that of the segment before it.
void entity_of_parameter_names(const struct operation *op, const struct parameter *param, struct entity_name *ret_own,
                               struct entity_name *ret_place);

#endif
