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
// By the parameter's name, when that tells what is meant: "country", "startDate"; SV_NONE when it does not.
struct sv value_of_name(struct arena *a, struct rng *rng, const struct parameter *p);
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
    bool placed;       // a member of its own said where
    struct sv pattern; // regular expression that stands as data
    struct sv allowed; // JSON array of the allowed values when the answer carries one
};

enum { COMPLAINTS_MAX = 32 };

struct complaint_list {
    struct complaint items[COMPLAINTS_MAX];
    size_t len;
};

void complaints_read(struct arena *a, const struct exchange *x, const struct operation *op, struct complaint_list *ret);
struct wanted_value {
    const struct parameter *parameter;
    struct sv now; // what was refused; SV_NONE when it was left out
};
// The value that a validation message asks for, another one than was refused; SV_NONE when it does not say.
struct sv value_of_message(struct arena *a, struct rng *rng, const struct wanted_value *w, struct sv message);
// The values that a message lists as the allowed ones, views of it; 0 when it lists none.
size_t message_choices(struct sv message, struct sv *ret, size_t max);
bool message_has_any(struct sv message, const struct sv *words, size_t count);
bool message_is_word(char c);
enum { MISSING_MAX = 6 };
// The query parameters (or the header, when the complaint says so) that it misses: "url is required", "missing parameter: url", "from
// and to are required"; 0 when it is about something else. Names that a language spells its own way stand in both usual spellings.
size_t complaint_missing(struct arena *a, const struct complaint *c, struct sv ret[MISSING_MAX]);
bool says_required(struct sv message);
// The word that begins at or behind `text`, quotes and brackets skipped; empty at the end.
struct sv message_word(struct sv text);
// "user_name", "userName", "User-Name" and "user[name]" are one name.
bool names_alike(struct sv x, struct sv y);

#endif
