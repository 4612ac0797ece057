// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdlib.h>

#include "http/jwt.h"

#define SIZE_CAP ((size_t)64 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Tokens of any bytes, and base64 in both directions.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    auto_arena a = {.limit = (size_t)16 << 20};
    if (size > SIZE_CAP)
        return 0;
    struct sv text = sv_make((const char *)data, size);
    struct jwt token;
    if (jwt_parse(&a, text, &token, NULL) == 0 && token.algorithm.ptr == NULL)
        abort();
    (void)base64_decode(&a, text);
    // Input that stands for a payload reaches the reader of claims without the fuzzer having to find base64 first.
    struct sv wrapped = arena_printf(&a, "eyJhbGciOiJub25lIn0." SV_FMT ".",
                                     SV_ARG(base64_encode(&a, text, true, false)));
    if (wrapped.ptr != NULL)
        (void)(jwt_parse(&a, wrapped, &token, NULL) == 0);
    for (int form = 0; form < 4; form++)
        if (!sv_eq(base64_decode(&a, base64_encode(&a, text, (form & 1) != 0, (form & 2) != 0)), text))
            abort();
    return 0;
}
