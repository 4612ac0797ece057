// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_HTTP_BUILD_H
#define PLUMB_HTTP_BUILD_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "model/api.h"
#include "model/exchange.h"

// A value for one parameter of an operation. `raw`: goes in as JSON text unquoted (body) or undecorated and unencoded (elsewhere).
struct param_value {
    struct sv text;  // decoded value
    bool present;    // absent parameters are left out (path parameters must be present)
    bool raw;
};

// A call: an operation and one value per parameter (same order and count as operation->parameters).
struct call {
    const struct operation *operation;
    struct param_value *values;
};

// Copy whose values can be changed without touching the original.
int call_copy(struct arena *a, const struct call *from, struct call *ret, struct error *err) MUST_USE;
// A body leaf with an empty name is the whole body. Body types other than JSON and forms take the first present body value as it is.
// ERR_USAGE: a path parameter without value, CR, LF or NUL in a header or cookie, body names that contradict each other.
// Percent-encodes path and query values, builds cookies, JSON (typed by the schema: a value that is a number stays a number when the
// schema says so and it parses, else a string) or form bodies, Content-Type and Accept. Nested body names ("a.b", "a[].b") become objects and arrays.
int call_build(struct arena *a, const struct call *c, struct request *ret, struct error *err) MUST_USE;
// Index of the parameter, or SIZE_MAX.
size_t call_find(const struct operation *op, enum param_in in, struct sv name);

// Name of a PARAM_BODY leaf below `parent` (empty at the top): "a" and "b" give "a.b". '.', '[' and '\\' in a property's own name get a
// backslash, so every property name can be said. ptr NULL when out of memory.
struct sv body_name_join(struct arena *a, struct sv parent, struct sv property);
// The elements of the array `parent`: "a[]"; of a body that is an array itself: "[]".
struct sv body_name_element(struct arena *a, struct sv parent);

// "/members/{id}/x" with names removed: "/members/{}/x" (RFC 6570 level 1 names are not identity).
struct sv path_template_nameless(struct arena *a, struct sv path_template);
// Does a concrete path (without query) fit the template? Segment-wise, {x} matches one non-empty segment or a part of it.
bool path_template_matches(struct sv path_template, struct sv path);
// How many bytes both paths begin with, in whole segments ("/a/b1" and "/a/b2": 3).
size_t path_shared_segments(struct sv x, struct sv y);
// Directory of a path: "/a/b/c" -> "/a/b/"; "/a/" -> "/a/".
struct sv path_directory(struct sv path);

#endif
