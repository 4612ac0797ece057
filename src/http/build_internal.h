// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_HTTP_BUILD_INTERNAL_H
#define PLUMB_HTTP_BUILD_INTERNAL_H

#include "base/buf.h"
#include "http/build.h"

// One step of a body leaf's name: a property, or an element of an array.
struct body_step {
    struct sv property; // without backslashes, SV_NONE for an element; in the arena or in the name
    bool is_element;
};
// Cursor over a name. 1 a step, 0 the end, negative out of memory.
int body_step_next(struct arena *a, struct sv *rest, struct body_step *ret) MUST_USE;

// The body and its media type; SV_NONE when nothing is to be sent.
int build_body(struct arena *a, const struct call *c, struct sv *ret_body, struct sv *ret_content_type,
               struct error *err) MUST_USE;

// The three writers append to `b`. Values of other places than the body are passed over.
int build_body_json(struct arena *a, const struct call *c, struct buf *b, struct error *err) MUST_USE;
int build_body_form(struct arena *a, const struct call *c, struct buf *b, struct error *err) MUST_USE;
int build_body_multipart(struct arena *a, const struct call *c, struct sv boundary, struct buf *b,
                         struct error *err) MUST_USE;

#endif
