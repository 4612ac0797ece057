// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_BASE_SV_H
#define PLUMB_BASE_SV_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// A view of bytes that somebody else owns. Passed by value. ptr may be NULL only when len is 0 ("absent").
struct sv {
    const char *ptr;
    size_t len;
};

#define SV(literal) ((struct sv){"" literal, sizeof(literal) - 1})
#define SV_INIT(literal) {"" literal, sizeof(literal) - 1} // for static tables
#define SV_NONE ((struct sv){NULL, 0})
#define SV_FMT "%.*s"
#define SV_ARG(s) ((s).len > INT_MAX ? INT_MAX : (int)(s).len), ((s).ptr ? (s).ptr : "")

static inline struct sv sv_from(const char *text) {
    return text == NULL ? SV_NONE : (struct sv){text, strlen(text)};
}
static inline struct sv sv_make(const char *ptr, size_t len) {
    return (struct sv){ptr, len};
}
static inline bool sv_is_empty(struct sv s) {
    return s.len == 0;
}

bool sv_eq(struct sv a, struct sv b);
bool sv_eq_nocase(struct sv a, struct sv b); // ASCII only
int sv_cmp(struct sv a, struct sv b);        // bytewise, shorter first on a tie
bool sv_starts_with(struct sv s, struct sv prefix);
bool sv_starts_with_nocase(struct sv s, struct sv prefix);
bool sv_ends_with(struct sv s, struct sv suffix);
bool sv_ends_with_nocase(struct sv s, struct sv suffix);
bool sv_contains(struct sv s, struct sv part);
bool sv_contains_nocase(struct sv s, struct sv part);

// Index of the first occurrence, or SIZE_MAX.
size_t sv_find(struct sv s, struct sv part);
size_t sv_find_nocase(struct sv s, struct sv part);
size_t sv_find_char(struct sv s, char c);
size_t sv_rfind_char(struct sv s, char c);

// Clamped to the text: never out of bounds.
struct sv sv_slice(struct sv s, size_t begin, size_t end);
struct sv sv_from_index(struct sv s, size_t begin);
struct sv sv_trim(struct sv s); // ASCII white space on both sides

// Cuts `*rest` at the first `separator`: returns what stands before it and moves *rest behind it. False when *rest is exhausted
// (ptr NULL). "a,,b" gives "a", "", "b"; "" gives one empty part.
bool sv_split(struct sv *rest, char separator, struct sv *ret_part);

char sv_lower_char(char c);
bool sv_is_digits(struct sv s); // at least one, only 0-9
bool sv_is_hex(struct sv s);

// Keyed hash (SipHash-1-3, Aumasson and Bernstein 2012), safe for hostile keys.
uint64_t sv_hash(struct sv s, uint64_t key0, uint64_t key1);

#endif
