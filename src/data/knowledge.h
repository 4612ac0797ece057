// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_DATA_KNOWLEDGE_H
#define PLUMB_DATA_KNOWLEDGE_H

#include "base/arena.h"
#include "base/error.h"
#include "data/node.h"

// The files under data/ as they were embedded at build time (YAML turned into compact JSON by tools/embed), by path
// without the ending: "fingerprints/frameworks", "wordlists/paths". ERR_NOT_FOUND for an unknown name.
int knowledge_load(struct arena *a, struct sv name, struct node **ret, struct error *err) MUST_USE;
// Number and names of all embedded files, in sorted order.
size_t knowledge_count(void);
struct sv knowledge_name(size_t index);

#endif
