// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_MATCH_MATCH_H
#define PLUMB_MATCH_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/sv.h"
#include "data/node.h"

// What ordinary bytes give away: secrets, personal data, error texts, stack traces. One vectorscan pass finds
// candidates of all patterns, PCRE2 cuts the value out, a validator (Luhn, IBAN mod 97, token checksums, entropy, JWT
// structure, …) decides, context words raise.
enum pattern_kind {
    PATTERN_SECRET,   // credentials, keys, tokens: redacted
    PATTERN_PERSONAL, // personal data: redacted
    PATTERN_ERROR,    // engine and SDK error texts, credential-chain texts
    PATTERN_TRACE,    // stack traces and panics
    PATTERN_BANNER,   // product and version
    PATTERN_KIND_COUNT
};

// One entry of data/patterns/*.yaml (fields and their meaning: data/patterns/README.md).
struct pattern {
    struct sv id, title, engine; // engine: "dynamodb", "postgresql", "go", … or SV_NONE
    enum pattern_kind kind;
    struct sv severity;  // data class: "public", "internal", "personal", "secret"
    struct sv validator; // name or SV_NONE
    bool needs_context;  // without a context word near it is not reported
};

struct match {
    const struct pattern *pattern;
    size_t offset, length; // of the value (capture group 1 when the pattern has one) in the text
    uint8_t validated;     // as sensitive_hit.validated
    bool is_example;       // on the entry's list of documented examples
};

struct match_set;     // immutable after open; may be shared
struct match_scratch; // one per thread

// Opens the set that was compiled into the program at build time. When this CPU cannot use it, compiles it now (slower,
// same result).
int match_open(struct arena *a, struct match_set **ret, struct error *err) MUST_USE;
// Compiles a set from YAML documents (`--data DIR`, tests).
int match_compile(struct arena *a, const struct node *const *documents, size_t count, struct match_set **ret,
                  struct error *err) MUST_USE;
int match_scratch_new(struct arena *a, const struct match_set *set, struct match_scratch **ret,
                      struct error *err) MUST_USE;

struct match_list {
    struct match *ptr;
    size_t len, cap;
};
// In `kinds`: keep hits that lie inside longer ones of the same kind (an engine's text inside an SDK's wrapping, say).
#define MATCH_KEEP_OVERLAPS (1U << 31)
// Kinds as a bit set (1 << enum pattern_kind). Overlapping hits: the longer, then the validated, then the earlier entry
// wins, per kind. Bounded: at most 10,000 hits a call (then ret->len says so), text of any length.
int match_scan(const struct match_set *set, struct match_scratch *scratch, struct arena *a, struct sv text,
               unsigned kinds, struct match_list *ret, struct error *err) MUST_USE;
const struct pattern *match_find_pattern(const struct match_set *set, struct sv id);
size_t match_pattern_count(const struct match_set *set);
const struct pattern *match_pattern_at(const struct match_set *set, size_t index);

#endif
