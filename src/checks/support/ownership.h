// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_OWNERSHIP_H
#define PLUMB_CHECKS_SUPPORT_OWNERSHIP_H

#include "checks/support/access.h"
#include "evidence/entity_marker.h"

// Whose objects an operation reads: which parameters name them, which ids are one identity's and not another's, and what an identity sees anyway.

#define OBJECT_PARAMETERS_MAX 4
// Indices of the parameters whose values name objects: those of the path in its order, then others (query, header, cookie, body).
size_t ownership_parameters(struct check_run *run, struct arena *a, const struct operation *op, size_t ret[OBJECT_PARAMETERS_MAX]);

// A good call of `op` as identity `a` makes it for an object of its own that `other` does not list: its n-th id in `parameter`, its own ids in the
// other object parameters (the parents under which that id was seen). False when there is none.
bool ownership_call(struct check_run *run, struct arena *arena, const struct operation *op, size_t parameter, uint16_t a, uint16_t other, size_t n,
                    struct call *ret);
// The same call with the parents of `child` replaced by own ones of `b`. False when there is no parent to replace.
bool ownership_under_own_parent(struct check_run *run, struct arena *arena, const struct call *child, size_t parameter, uint16_t a, uint16_t b,
                                struct call *ret);

// All that an identity's own views show: baselines of operations that name no object. `privates`: signs.values of the same.
struct views {
    struct value_set values, privates;
};
int ownership_views(struct check_run *run, struct arena *a, uint16_t identity, struct views *ret, struct error *err) MUST_USE;
// The same, read once in a scan: `slot` is where a check keeps those of this identity, NULL until then.
int ownership_views_once(struct check_run *run, uint16_t identity, struct views **slot, const struct views **ret, struct error *err) MUST_USE;

// Does the collection right above the parameter show the two identities different objects, and none to both?
bool ownership_collection_is_scoped(struct check_run *run, const struct operation *op, size_t parameter, uint16_t a, uint16_t b);
// Does the description say that such objects are there for others, too? `far`: the two belong to different tenants.
bool ownership_is_shared(struct check_run *run, const struct operation *op, bool far);
// Does it say that they are their owner's ("your own orders"), or does the path ("/my/orders/{id}")?
bool ownership_is_described(struct check_run *run, const struct operation *op);
// Does an answer name a group (project, clinic, branch …) of the owner's that the reader is not in? A group is a property that answers about the caller
// have under the same name, with another value for the reader; names and ids of the caller are none.
int ownership_names_group(struct check_run *run, const struct exchange *x, uint16_t owner, uint16_t reader, bool *ret, struct error *err) MUST_USE;
// Is the path one of answers about the caller: "/me", "/users/me", and singular "/user", "/account", "/session" without an id?
bool ownership_is_about_caller(struct check_run *run, struct sv path);
// Does an answer about one object say that it is not published (a draft, private, with a note to its author)?
int ownership_is_unpublished(struct check_run *run, const struct exchange *x, bool *ret, struct error *err) MUST_USE;
// Do the owner fields of an answer name this identity, by any value of its answers about the caller? *ret_known: is there such an answer at all?
int ownership_names_caller(struct check_run *run, const struct signs *s, uint16_t identity, bool *ret_known, bool *ret, struct error *err) MUST_USE;
// "/orders/{}" of "/orders/{id}/items" and its parameter: what is about the same object. ptr NULL when the parameter is not in the path.
struct sv ownership_place(struct arena *a, const struct operation *op, size_t parameter);

#endif
