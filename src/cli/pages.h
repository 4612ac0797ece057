// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CLI_PAGES_H
#define PLUMB_CLI_PAGES_H

#include "base/sv.h"

// The pages of docs/checks, built in by gen/embed-pages.c. Sorted by name.
struct page {
    struct sv name; // check id
    struct sv text; // Markdown, without the comment lines at its head
};
extern const struct page page_table[];
extern const size_t page_count;

// SV_NONE when there is no such page.
struct sv pages_find(struct sv name);

#endif
