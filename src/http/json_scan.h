// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_HTTP_JSON_SCAN_H
#define PLUMB_HTTP_JSON_SCAN_H

#include <stdbool.h>

#include "base/sv.h"

// Recognises JSON (RFC 8259) without building anything; nesting up to 64 levels. UTF-8 inside strings is not checked.

// Moves *rest behind one value and the blanks before it. False when there is none; *rest is then undefined.
bool json_skip_value(struct sv *rest, struct sv *ret_value);
// The whole text is one value.
bool json_is_value(struct sv text);
bool json_is_number(struct sv text);
// Value of a member of an object, as JSON text; the last one with that name (as most readers do), SV_NONE when absent.
// Names with escapes are compared as written. False when the text is no object.
bool json_member(struct sv object, struct sv name, struct sv *ret_value);

#endif
