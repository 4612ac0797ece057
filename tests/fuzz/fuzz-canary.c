// SPDX-License-Identifier: Apache-2.0
// Bytes from anywhere to the canary's listener.
#include <stdint.h>
#include <stdlib.h>

#include "net/canary_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct canary_request request;
    struct canary_target target;
    struct arena arena;
    if (size > 16384 || canary_request_parse(sv_make((const char *)data, size), &request) != CANARY_COMPLETE)
        return 0;
    arena_init(&arena, 65536);
    canary_target_parse(&arena, request.target, &target);
    // What would go into our answer must not carry a line end.
    for (size_t i = 0; i < target.redirect_to.len; i++)
        if ((unsigned char)target.redirect_to.ptr[i] <= ' ')
            abort();
    if (target.known && (target.status < 200 || target.status > 308 || target.token.len < 4))
        abort();
    arena_fini(&arena);
    return 0;
}
