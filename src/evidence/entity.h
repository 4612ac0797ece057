// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_EVIDENCE_ENTITY_H
#define PLUMB_EVIDENCE_ENTITY_H

#include "base/error.h"
#include "base/map.h"
#include "base/random.h"
#include "model/api.h"
#include "model/exchange.h"

// Every identifier that answers contained: what it names, its shape, who saw it (evidence.md 2: entity pool).
enum id_shape { ID_INTEGER, ID_UUID, ID_SLUG, ID_TOKEN /* base64, hex, mixed */, ID_SHAPE_COUNT };
struct entity_id {
    struct sv entity; // singular lower case: "user", "order"; from path, key name ("user_id", "userId", "id" in a list under /users)
    struct sv value;
    enum id_shape shape;
    uint32_t seen_by;       // bit per identity
    uint32_t listed_by;     // bit per identity: stood in its own view, an answer to a request that named nothing but what its own views showed
    uint32_t caller_of;     // bit per identity: an answer about the caller ("/me") named it so
    uint16_t first_identity;
    uint32_t first_exchange;
    struct sv source_path;  // template or path of the operation whose answer held it
    struct sv source_target; // what was asked then: "/users/17/orders?page=1"
};
struct entity_pool;

int entity_pool_new(struct arena *a, uint64_t key, struct entity_pool **ret, struct error *err) MUST_USE;
// Harvests ids from a JSON answer (bounded: 200 ids an answer, 20,000 a scan). `path` is the template or concrete path that was asked.
int entity_pool_observe(struct arena *a, struct entity_pool *p, const struct exchange *x, struct sv path, struct error *err) MUST_USE;
// Adds ids from examples of the specification (seen_by 0).
int entity_pool_add(struct arena *a, struct entity_pool *p, struct sv entity, struct sv value, uint16_t identity, struct error *err) MUST_USE;
// Is what is observed from now on asked as an ordinary caller asks? Answers to what checks send show what flaws give away: they make no view of the
// sender's own. Default: it is.
void entity_pool_trust(struct entity_pool *p, bool ordinary);
// n-th id (0-based) that fits a parameter of an operation, best first: same entity, ids from the collection above the parameter, same shape; NULL when there is none.
const struct entity_id *entity_pool_for(const struct entity_pool *p, const struct operation *op, const struct parameter *param, size_t n);
// n-th short word that answers showed under this name ("status": "paid"), whatever it is part of; SV_NONE when there is none.
struct sv entity_pool_word(const struct entity_pool *p, struct sv name, size_t n);
// Who is called so: bits of the identities whose answers about the caller named this value.
uint32_t entity_pool_caller_of(const struct entity_pool *p, struct sv value);
// The identity that asks next: among ids that fit equally well its own come first, those of others last. Default: none.
void entity_pool_prefer(struct entity_pool *p, uint16_t identity);
// In whose own views the value stood, under any entity.
uint32_t entity_pool_listed_by(const struct entity_pool *p, struct sv value);
// n-th id that fits the parameter, stood in a view of `owner` (bits) and in none of `others`, or names the caller `owner`; best first, NULL when there is none.
const struct entity_id *entity_pool_owned(const struct entity_pool *p, const struct operation *op, const struct parameter *param, uint32_t owner,
                                          uint32_t others, size_t n);
// What entity does a parameter name? "" when unknown. {id} under /users/{id} -> "user"; user_id -> "user".
struct sv entity_of_parameter(struct arena *a, const struct operation *op, const struct parameter *param);
enum id_shape id_shape_of(struct sv value);
// A value of the same shape that surely does not exist (random).
struct sv id_random_like(struct arena *a, struct rng *rng, struct sv value);
// The id `step` places on, where ids are counted: integers, "INV-0017", "7:3", and what base64 hides of these. ptr NULL when it has no neighbour.
struct sv id_neighbour(struct arena *a, struct sv value, int step);

#endif
