// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdlib.h>

#include "http/tls_hello.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void touch(struct sv text) {
    volatile char last = 0;
    for (size_t i = 0; i < text.len; i++)
        last = text.ptr[i];
    (void)last;
}

// First flights of any bytes: what was read lies within them, and bytes that come later never undo that an answer was complete.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    auto_arena a = {.limit = (size_t)4 << 20};
    struct tls_answer answer;
    struct sv bytes = sv_make((const char *)data, size > TLS_ANSWER_MAX ? TLS_ANSWER_MAX : size);
    if (tls_answer_read(&a, bytes, &answer) != 0)
        return 0;
    touch(answer.alpn);
    touch(answer.key_exchange);
    if (answer.random != NULL)
        touch(sv_make((const char *)answer.random, 32));
    if (answer.kind == TLS_ANSWER_HELLO && answer.random == NULL)
        abort();
    (void)tls_dh_bits(answer.key_exchange);
    (void)tls_curve(answer.key_exchange);
    if (bytes.len > 1 && tls_answer_is_complete(sv_slice(bytes, 0, bytes.len / 2)) && !tls_answer_is_complete(bytes))
        abort();
    struct sv hex = hex_encode(&a, bytes);
    if (!sv_eq(hex_decode(&a, hex), bytes))
        abort();
    const struct request rq = {.method = TLS_METHOD_HELLO, .target = SV("/"), .body = hex};
    (void)request_is_tls_probe(&rq);
    return 0;
}
