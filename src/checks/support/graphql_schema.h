// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_GRAPHQL_SCHEMA_H
#define PLUMB_CHECKS_SUPPORT_GRAPHQL_SCHEMA_H

#include <stdbool.h>

#include "base/arena.h"
#include "data/node.h"
#include "model/exchange.h"

// What an introspection answer tells of a GraphQL schema (specification, October 2021, section 4). Bounded: 500 types, 100 fields each.
struct graphql_field {
    struct sv name;
    struct sv type;   // name of the type without list and non-null wrappers
    bool list;
    bool scalar;      // scalar or enum: needs no selection
    unsigned demands; // arguments that must be given
    struct sv id_argument; // the one that must be given when it names an object ("id", "userId"); SV_NONE otherwise
    bool id_is_number;
};
struct graphql_type {
    struct sv name;
    struct graphql_field *fields;
    size_t field_count;
};
struct graphql_schema {
    struct graphql_type *types; // objects only
    size_t type_count;
    const struct graphql_type *query;
    bool has_mutation;
    size_t named; // all types of the answer, those of the specification included
};

// Documents that ask for it, the deepest first: servers bound how deep a query may go. One line each.
enum { GRAPHQL_INTROSPECTIONS = 3 };
extern const struct sv graphql_introspection[GRAPHQL_INTROSPECTIONS];
// False when the answer holds no schema. Views into `x` and `a`.
bool graphql_schema_read(struct arena *a, const struct exchange *x, struct graphql_schema *ret);
const struct graphql_type *graphql_type_find(const struct graphql_schema *s, struct sv name);
// "{id name owner{id name}}": scalars and, down to `depth`, objects whose fields demand no argument. Empty for a type without such fields.
struct sv graphql_selection(struct arena *a, const struct graphql_schema *s, const struct graphql_type *t, unsigned depth);

// `data` of an answer: the member `field` of it, NULL when it is missing or null.
const struct node *graphql_data(struct arena *a, const struct exchange *x, struct sv field);
// Does the answer hold errors?
bool graphql_failed(struct arena *a, const struct exchange *x);

#endif
