// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_HTTP_GRAPHQL_H
#define PLUMB_HTTP_GRAPHQL_H

#include <stdbool.h>

#include "base/sv.h"

// What a GraphQL document would do when a server executes it (GraphQL specification, October 2021, 2.3 and 6.2).
enum graphql_kind {
    GRAPHQL_NONE,   // no document, or one that cannot be read: treat as writing
    GRAPHQL_READS,  // queries and fragments only, or operations that select nothing but __typename
    GRAPHQL_WRITES, // holds a mutation or a subscription, or a definition of another kind
};

// Reads the top level of a document: comments, strings and block strings are skipped, braces and parentheses counted. Linear, no memory.
enum graphql_kind graphql_document_kind(struct sv document);
// Does the path look like that of a GraphQL endpoint: a last segment "graphql" or "gql", or one that ends so?
bool graphql_path(struct sv path);

#endif
