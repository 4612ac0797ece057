// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_MATCH_SET_H
#define PLUMB_MATCH_SET_H

#include <hs/hs.h>

#include "match/match.h"
#include "match/validate.h"

// Inside of src/match: how a pattern is kept between loading, compiling and scanning. The generator writes the same
// structs as C tables (src/match/gen).

// How far a context word may stand from a value, in bytes, before and behind it.
#define MATCH_NEAR_BEFORE 64
#define MATCH_NEAR_BEHIND 32
// How many bytes behind the prefilter's end the value may reach, unless the entry says `reach`.
#define MATCH_REACH     2048
#define MATCH_REACH_MAX 32768
// A prefilter must be this narrow: where its match ends says where the value can start.
#define MATCH_PREFILTER_MAX 512

struct pattern_entry {
    struct pattern head;
    struct sv prefilter;      // vectorscan expression: `regex`, or the context words when the entry needs context
    struct sv expression;     // PCRE2 expression that cuts the value out
    const struct sv *context; // lower case words; a blank stands for one of " _-" or nothing
    size_t context_count;
    const struct sv *examples; // exact values; a '*' at the beginning or end stands for anything
    size_t example_count;
    double entropy; // floor in bits per byte, 0 when there is none
    uint32_t back;  // the value starts at most this many bytes before the prefilter's end
    uint32_t ahead; // … and at most this many behind it
    uint32_t reach; // the value ends at most this many bytes behind it
};

struct match_set {
    const struct pattern_entry *entries;
    validator *checks; // by entry, NULL when it names none
    size_t count;
    hs_database_t *database;
};

// Reads entries out of YAML documents (data/patterns/README.md); every mistake is an error that names the entry.
// Texts point into the documents' memory or the arena.
int pattern_load(struct arena *a, const struct node *const *documents, size_t count, struct pattern_entry **ret,
                 size_t *ret_count, struct error *err) MUST_USE;
// Compiles the prefilters. `portable` makes a database that every CPU of the architecture can use.
// The caller frees it with hs_free_database.
int pattern_compile(const struct pattern_entry *entries, size_t count, bool portable, hs_database_t **ret,
                    struct error *err) MUST_USE;
// Puts a set together; the database becomes the arena's (also on failure).
int match_set_new(struct arena *a, const struct pattern_entry *entries, size_t count, hs_database_t *database,
                  struct match_set **ret, struct error *err) MUST_USE;
// Does a context word of the entry stand near text[begin, end)? Case and separators do not matter, word limits do.
bool context_is_near(const struct pattern_entry *entry, struct sv text, size_t begin, size_t end);
// Is the value on the entry's list of documented examples? Blanks and dashes in digits do not matter.
bool example_is_listed(const struct pattern_entry *entry, struct sv value);

#endif
