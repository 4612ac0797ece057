// SPDX-License-Identifier: Apache-2.0
#include "cli/pages.h"

struct sv pages_find(struct sv name) {
    for (size_t i = 0; i < page_count; i++) {
        if (sv_eq(page_table[i].name, name)) return page_table[i].text;
    }
    return SV_NONE;
}
