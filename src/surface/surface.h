// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_SURFACE_SURFACE_H
#define PLUMB_SURFACE_SURFACE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/random.h"
#include "data/node.h"
#include "evidence/absence.h"
#include "evidence/entity.h"
#include "http/build.h"
#include "http/url.h"
#include "model/api.h"
#include "model/exchange.h"

// Discovery without I/O: the engine takes requests, sends them, and gives the answers back with a presence verdict.
struct surface;

struct surface_options {
    const struct url *target;  // path included: what the user named
    struct api *api;           // operations are added to it (SOURCE_LINK, SOURCE_GUESS, SOURCE_INFERRED); may hold a specification already
    struct entity_pool *entities;
    uint64_t seed;
    unsigned max_requests;     // 0: 120
    const struct node *spec_paths, *routes, *risky; // data/wordlists/{spec-paths,routes,risky}
    bool has_spec;             // a specification was given: well-known paths for one are not asked, guesses stay
};

int surface_new(struct arena *a, const struct surface_options *options, struct surface **ret, struct error *err) MUST_USE;
// Next request to send, most valuable first; false when there is nothing to ask now (answers under way may bring more) or the limit is reached.
// All are GET. *ret_id comes back with the answer. ret_needs_presence: the engine must know the directory's absence model before it answers.
bool surface_next(struct surface *s, struct arena *a, struct request *ret, uint32_t *ret_id, bool *ret_needs_presence);
// `presence`: outside the absence model? (REAL only counts). May add operations to the api and further requests.
int surface_answer(struct surface *s, uint32_t id, const struct exchange *x, enum presence presence, struct error *err) MUST_USE;
// A body that looked like a specification (spec_looks_like), with its URL path; false when none was found. Hands it over: operations
// that were found so far leave the api until surface_spec_read (or, when it could not be read, surface_next), so that it can describe them.
bool surface_found_spec(struct surface *s, struct sv *ret_path, struct sv *ret_body);
// Called once after spec_read added operations: guesses that the specification documents are merged, version siblings are planned.
int surface_spec_read(struct surface *s, struct error *err) MUST_USE;
// Links of any later answer (checks, baselines) are welcome too; bounded.
int surface_observe(struct surface *s, const struct exchange *x, struct error *err) MUST_USE;
// Class of a guessed route that turned out to exist ("debug", "admin", "docs", "metrics", "health", "spec", "api"), SV_NONE when it was not a guess.
struct sv surface_route_class(const struct surface *s, const struct operation *op);

// -- values ---------------------------------------------------------------------------------------------------------------------
// Chooses a value for each parameter (required ones, path ones, and optional ones that have an example). attempt 0 is the best guess;
// higher ones take the next candidates. The call lives in `a`.
int values_choose(struct arena *a, struct rng *rng, const struct operation *op, const struct entity_pool *entities, unsigned attempt,
                  struct call *ret, struct error *err) MUST_USE;
// Reads the validation messages of a 4xx answer and repairs `c` in place. True when something was changed (worth another try).
bool values_repair(struct arena *a, struct rng *rng, struct call *c, const struct entity_pool *entities, const struct exchange *x);
// Adds to a GET operation the parameters that a 400 or 422 answer misses. Its parameter array may move: calls of it must grow along.
int values_learn(struct arena *a, struct operation *op, const struct exchange *x, struct error *err) MUST_USE;
// Names, methods and descriptions that smell of change (reset, delete, logout, seed, send, pay, close, maintenance …), even by GET.
bool operation_smells_of_change(const struct node *risky, const struct operation *op);
// The same of what is no ordinary change (create, update, save …): pay, send, reset, cancel, delete …, whatever the method.
bool operation_smells_of_harm(const struct node *risky, const struct operation *op);
// A described GET whose name may or may not be a deed ("start", "import"): asked after the others of its kind.
bool operation_is_asked_late(const struct node *risky, const struct operation *op);

#endif
