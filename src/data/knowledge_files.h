// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_DATA_KNOWLEDGE_FILES_H
#define PLUMB_DATA_KNOWLEDGE_FILES_H

#include <stddef.h>

#include "base/sv.h"

// What src/data/gen/embed-knowledge.c makes of the files under data/.
struct knowledge_file {
    struct sv name; // path without ending
    struct sv json;
};
extern const struct knowledge_file knowledge_files[]; // sorted by name
extern const size_t knowledge_file_count;

#endif
