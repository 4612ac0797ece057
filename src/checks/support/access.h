// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_ACCESS_H
#define PLUMB_CHECKS_SUPPORT_ACCESS_H

#include "checks/support/signs.h"

// One missing access control is one finding (evidence.md 4). When nobody gets a good answer, this decides which check may say so. It looks at
// the baselines, the description and the answer only, so every check that asks gets the same decision, in any order.
enum access_claim {
    ACCESS_NOTHING,        // refused, empty, public by design
    ACCESS_AUTHENTICATION, // auth-missing: the description demands credentials, or what belongs to it refuses nobody else
    ACCESS_FUNCTION,       // bfla-anonymous: nothing demands credentials, the function is administrative
    ACCESS_OBJECT,         // bola-anonymous: nothing demands credentials, a private object is named by an id
    ACCESS_EXPOSURE        // sensitive-data: nothing demands credentials, personal or secret values show
};

struct access {
    enum access_claim claim;
    struct signs signs;
    bool is_private;                 // signs_are_private for this path
    bool restricted;                 // the description keeps it for a role
    bool administrative;             // a path word says administration
    const struct operation *sibling; // of the same family, refuses nobody-callers; NULL when none
    size_t parameter;                // names the object; SIZE_MAX when none
    const char *because;             // static text: what decided
};

// `op` may be NULL (a path that no operation describes); `answer` is what nobody got. Scratch memory from `a`.
int access_decide(struct check_run *run, struct arena *a, const struct operation *op, const struct exchange *answer, struct access *ret,
                  struct error *err) MUST_USE;

// signs_are_private, or the description says whose the object is and a private word shows. `op` may be NULL.
bool access_is_private(struct check_run *run, const struct operation *op, const struct signs *s, struct sv path);

// The family of a path: its literal beginning up to the first segment that says what it is about ("/api/v1/users"). Empty when there is none.
struct sv access_family(struct check_run *run, struct sv path);
// An operation of the same family that refused nobody (401 or 403), other than `op`; NULL when none.
const struct operation *access_sibling(struct check_run *run, const struct operation *op, struct sv path);
// Index of the parameter whose value names the object: the last identifier in the path, else one in the query. SIZE_MAX when there is none.
size_t access_id_parameter(struct check_run *run, struct arena *a, const struct operation *op);
// What a missing check covers: the operation, the group when all of at least three protected operations of its family answer nobody, the host when
// all of at least five do. Fills scope and scope_key of `f`.
int access_scope(struct check_run *run, struct arena *a, const struct operation *op, struct finding *f, struct error *err) MUST_USE;
// "GET /x/{}", scope_key and fact subject of one operation.
struct sv access_key(struct arena *a, struct sv method, struct sv path);
struct sv access_subject(struct arena *a, struct sv method, struct sv path);
// Coverage for an operation that gave nobody no good answer; `what` is nothing to say when it did. True when it did give a good answer.
bool access_exercised(struct check_run *run, const struct operation *op);

#endif
