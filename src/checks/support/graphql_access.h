// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_GRAPHQL_ACCESS_H
#define PLUMB_CHECKS_SUPPORT_GRAPHQL_ACCESS_H

#include "checks/run.h"
#include "checks/support/graphql_schema.h"

// Who is shown what by the fields of a GraphQL schema. Every root field that needs no argument is asked by nobody and by each identity (at most
// three); then objects that one identity owns (their ids are shown to it and not to another) are asked for by nobody and by the other one.
//   nobody gets private data           two rounds, a random field as control
//   another's object, by id            owner, other identity, nobody, a random id; two rounds
enum { GRAPHQL_FIELDS_MAX = 16, GRAPHQL_ASKERS_MAX = 4, GRAPHQL_OWNED_MAX = 24 };

struct graphql_owned {
    struct sv type, id;
    uint8_t seen_by; // bit per asker
};
struct graphql_access {
    struct graphql_schema schema;
    struct sv path;
    const struct operation *operation;
    uint32_t tag;
    void *owner;
    size_t askers; // nobody and identities
    unsigned pending;
    bool refused_nobody; // a field refused nobody while it answered somebody
    struct graphql_owned owned[GRAPHQL_OWNED_MAX];
    size_t owned_count;
};

// Queues the first experiments; they carry `tag`, and graphql_access_owner gives `owner` back. What lives in `schema` must live as long as the scan.
int graphql_access_begin(struct check_run *run, struct graphql_access *g, struct sv path, const struct operation *op, const struct graphql_schema *schema,
                         uint32_t tag, void *owner, struct error *err) MUST_USE;
void *graphql_access_owner(const struct experiment *e);
int graphql_access_judge(struct check_run *run, struct graphql_access *g, struct experiment *e, struct error *err) MUST_USE;

// POST with {"query": document} as JSON. False when out of memory.
bool graphql_probe(struct check_run *run, struct experiment *e, enum probe_role role, size_t identity, struct sv path, struct sv document);
// POST with this JSON body.
bool graphql_probe_body(struct check_run *run, struct experiment *e, enum probe_role role, size_t identity, struct sv path, struct sv body);

#endif
