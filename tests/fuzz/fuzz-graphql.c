// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdlib.h>

#include "http/graphql.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Documents of any bytes. What reads alone must not read any more with a mutation behind it.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char more[] = "\nmutation { reset }";
    struct sv text = sv_make((const char *)data, size);
    (void)graphql_path(text);
    if (graphql_document_kind(text) != GRAPHQL_READS) return 0;
    char *both = malloc(size + sizeof more);
    if (both == NULL) return 0;
    memcpy(both, data, size);
    memcpy(both + size, more, sizeof more);
    if (graphql_document_kind(sv_make(both, size + sizeof more - 1)) == GRAPHQL_READS) abort();
    free(both);
    return 0;
}
