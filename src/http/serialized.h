// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_HTTP_SERIALIZED_H
#define PLUMB_HTTP_SERIALIZED_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/sv.h"

// Objects of a language in its own serialised form, as cookies, cursors and parameters carry them.
enum serialized { SERIALIZED_NONE, SERIALIZED_JAVA, SERIALIZED_PICKLE, SERIALIZED_RUBY, SERIALIZED_PHP, SERIALIZED_DOTNET, SERIALIZED_COUNT };

// By the first bytes and, as far as it shows, the structure (RFC 4648 text that decodes, a pickle's last byte, PHP's lengths). *ret_plain: PHP's form
// that stands in the value without base64. A value that goes on with a signature is none.
enum serialized serialized_kind(struct arena *a, struct sv value, bool *ret_plain);
const char *serialized_language(enum serialized kind);

// The class of the placeholder that hides such a value, so that its form stays known: "serialized_java". SV_NONE for SERIALIZED_NONE.
struct sv serialized_class(enum serialized kind, bool plain);
// The kind of "{{serialized_java:0123abcd}}"; SERIALIZED_NONE when it is no such placeholder.
enum serialized serialized_of_placeholder(struct sv value, bool *ret_plain);

// A harmless object: of the class `name`, which nobody has, or (SV_NONE) a text (PHP: an empty object
// of the language's own class, which readers that admit no classes refuse like others). SV_NONE when the kind has no such form here (.NET).
struct sv serialized_write(struct arena *a, enum serialized kind, bool plain, struct sv name);

#endif
