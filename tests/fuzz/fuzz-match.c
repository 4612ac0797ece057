// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "match/match.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// The pattern pass over any bytes: hits lie in the text, stand in order, and hits of one kind do not overlap.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > 1 << 16)
        return 0;
    auto_arena a = {0};
    struct match_set *set = NULL;
    struct match_scratch *scratch = NULL;
    struct match_list hits = {0};
    if (match_open(&a, &set, NULL) < 0 || match_scratch_new(&a, set, &scratch, NULL) < 0 ||
        match_scan(set, scratch, &a, sv_make((const char *)data, size), (1U << PATTERN_KIND_COUNT) - 1, &hits, NULL) <
            0)
        abort();
    size_t ends[PATTERN_KIND_COUNT] = {0};
    size_t last = 0;
    for (size_t i = 0; i < hits.len; i++) {
        const struct match *m = &hits.ptr[i];
        if (m->length == 0 || m->offset + m->length > size || m->offset < last || m->offset < ends[m->pattern->kind] ||
            m->validated > 2)
            abort();
        last = m->offset;
        ends[m->pattern->kind] = m->offset + m->length;
    }
    return 0;
}
