// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_SURFACE_VALUES_INTERNAL_H
#define PLUMB_SURFACE_VALUES_INTERNAL_H

#include "base/vec.h"
#include "surface/surface.h"

enum { VALUE_CANDIDATES_MAX = 24 };

// Values for one parameter, best first, each once.
struct value_list {
    struct param_value items[VALUE_CANDIDATES_MAX];
    size_t len;
};

// Identifier by its place or name: path parameters, "user_id", "id", "uuid".
bool parameter_is_id(const struct parameter *p);
int value_candidates(struct arena *a, struct rng *rng, const struct operation *op, const struct parameter *p,
                     const struct entity_pool *entities, struct value_list *ret, struct error *err) MUST_USE;
// A value that fits format, bounds, pattern, name and type. ptr NULL when out of memory.
struct sv value_generate(struct arena *a, struct rng *rng, const struct parameter *p);
// By the word for a format: "uuid", "date-time", "email" …; SV_NONE when unknown.
struct sv value_of_format(struct arena *a, struct rng *rng, struct sv format);
// A text that fits a simple regular expression; SV_NONE when it is not simple.
struct sv value_of_pattern(struct arena *a, struct rng *rng, struct sv pattern);
// The decoded value behind JSON text ("\"red\"" -> red); composite values stay JSON and are raw.
struct param_value value_of_json(struct arena *a, struct sv json);

// -- complaints: what a 4xx answer says about parameters
// --------------------------------------------------------------------------
struct complaint {
    struct sv name;    // last part of the place: "limit"; SV_NONE when only the text may tell
    struct sv in;      // "query", "path", "body", "header" when it says so
    struct sv message; // any text
    struct sv allowed; // JSON array of the allowed values when the answer carries one
};

enum { COMPLAINTS_MAX = 32 };

struct complaint_list {
    struct complaint items[COMPLAINTS_MAX];
    size_t len;
};

void complaints_read(struct arena *a, const struct exchange *x, const struct operation *op, struct complaint_list *ret);
// The query parameter that the complaint misses ("url is required", "missing parameter: url"); SV_NONE when it is about
// something else.
struct sv complaint_missing(const struct complaint *c);
bool says_required(struct sv message);
// The word that begins at or behind `text`, quotes and brackets skipped; empty at the end.
struct sv message_word(struct sv text);
// "user_name", "userName", "User-Name" and "user[name]" are one name.
bool names_alike(struct sv x, struct sv y);

#endif
