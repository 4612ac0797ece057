// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_STACK_STACK_H
#define PLUMB_STACK_STACK_H

#include "base/arena.h"
#include "base/error.h"
#include "data/node.h"
#include "model/exchange.h"

// Recognises what the target is built of from its answers (escape.md 5 and 6 are where the data comes from).
struct stack;

enum stack_layer { STACK_FRAMEWORK, STACK_LANGUAGE, STACK_DATASTORE, STACK_CLOUD, STACK_PROXY, STACK_IDENTITY_SOURCE, STACK_LAYER_COUNT };

struct stack_guess {
    struct sv id, name, version; // "chi", "Chi", "5" ; version SV_NONE when not shown; name SV_NONE when unknown
    double confidence;           // 0 to 1
    struct sv evidence;          // the bytes that prove it, redacted, one line
};

struct stack_options {
    const struct node *frameworks, *languages, *datastores, *clouds, *proxies; // data/fingerprints/*
    uint64_t seed;
};
int stack_new(struct arena *a, const struct stack_options *options, struct stack **ret, struct error *err) MUST_USE;
// At most 8 requests of its own. `known_path`: a path that answered 200 to GET ("/" when none). False when there are no more.
bool stack_next(struct stack *s, struct arena *a, struct sv known_path, struct request *ret, uint32_t *ret_id);
int stack_answer(struct stack *s, uint32_t id, const struct exchange *x, struct error *err) MUST_USE;
// Every exchange of the scan, cheap.
int stack_observe(struct stack *s, const struct exchange *x, struct error *err) MUST_USE;
// Best guess of a layer so far (name.ptr NULL when nothing reached confidence 0.3).
struct stack_guess stack_best(const struct stack *s, enum stack_layer layer);

#endif
