// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_SCAN_REDACT_JSON_H
#define PLUMB_SCAN_REDACT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/sv.h"

// Cheap looks at JSON text that may be cut or broken: no tree, no errors.

// Does the text begin as a JSON object, array or string?
bool json_is_likely(struct sv text);

// The text with its escapes resolved, so that patterns see what a reader of the value sees. map[i] is the place in
// `text` of the decoded byte i; map[decoded.len] is text.len. Without escapes `text` itself is returned and the map is
// NULL. False when out of memory.
bool json_decode_escapes(struct arena *a, struct sv text, struct sv *ret, uint32_t **ret_map);

#define JSON_CURSOR_DEPTH 128
struct json_level {
    bool is_object;
    bool key_next; // the next string of the object is a key
    size_t index;
    struct sv key; // with its escapes
};
struct json_cursor {
    struct sv text;
    size_t at;
    bool in_string;
    size_t string_start; // behind the opening quote
    size_t depth;        // levels deeper than JSON_CURSOR_DEPTH are counted and not kept
    struct json_level levels[JSON_CURSOR_DEPTH];
};
void json_cursor_init(struct json_cursor *c, struct sv text);
// Moves forward to `offset`: afterwards in_string and levels describe the byte that stands there.
void json_cursor_move(struct json_cursor *c, size_t offset);
// RFC 6901 pointer of the value at the cursor. ptr NULL when out of memory.
struct sv json_cursor_pointer(const struct json_cursor *c, struct arena *a);

#endif
