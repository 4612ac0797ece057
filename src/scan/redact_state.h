// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_SCAN_REDACT_STATE_H
#define PLUMB_SCAN_REDACT_STATE_H

#include "base/map.h"
#include "scan/needles.h"
#include "scan/redact.h"

// Inside of the redaction pass (redact*.c).

#define VAULT_MAX       ((size_t)4 << 20) // bytes of raw values
#define ALLOWED_MAX     65536             // texts
#define REDACTOR_ARENA  ((size_t)48 << 20)
#define PLACEHOLDER_MAX 80 // bytes of "{{class:hash16}}"

struct vault_entry {
    struct sv placeholder, class_id, raw;
    bool masked; // registered as a needle
};

struct redactor {
    struct arena own;  // vault and needles
    struct arena work; // one call
    const struct match_set *set;
    struct match_scratch *scratch;
    uint64_t key0, key1;
    struct map vault; // placeholder -> struct vault_entry
    size_t vault_bytes;
    struct needles allowed;
    struct needles secrets; // meaning: struct vault_entry
};

// A stretch of text to be replaced.
struct span {
    size_t begin, end;
    const struct pattern *pattern; // NULL: a registered secret and nothing else
    const struct vault_entry *known;
    uint8_t validated;
    bool is_example;
};
struct span_list {
    struct span *ptr;
    size_t len, cap;
};

// Everything to be replaced in a text: sorted, without overlaps, our own texts left out. `patterns` false: registered
// secrets only.
int redact_find_spans(struct redactor *r, struct sv text, bool patterns, struct span_list *ret,
                      struct error *err) MUST_USE;
// Does one of our own texts stand in it?
bool redact_is_allowed(const struct redactor *r, struct sv text);

// The entry of a value; made when it is new. When the vault is full the entry lives in `a` and cannot be revealed.
const struct vault_entry *vault_enter(struct redactor *r, struct arena *a, struct sv class_id, struct sv raw);
// Masks the entry's value in all its spellings from now on. False when out of memory.
bool vault_mask(struct redactor *r, struct vault_entry *entry);
// Length of the placeholder at text[at] (both braces included), or 0.
size_t placeholder_at(struct sv text, size_t at);

#endif
