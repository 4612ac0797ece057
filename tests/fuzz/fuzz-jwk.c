// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdlib.h>

#include "http/jwk.h"

#define SIZE_CAP ((size_t)64 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Key sets of any bytes; what was read must be writable, and what was written must be found again.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    auto_arena a = {.limit = (size_t)16 << 20};
    struct jwk keys[JWK_KEYS_MAX];
    size_t count = 0;
    if (size > SIZE_CAP)
        return 0;
    struct sv text = sv_make((const char *)data, size);
    (void)pem_find_public_key(&a, text);
    if (jwk_read(&a, text, keys, JWK_KEYS_MAX, &count, NULL) != 0)
        return 0;
    for (size_t i = 0; i < count; i++) {
        struct sv pem = jwk_pem(&a, &keys[i], JWK_SPKI);
        struct sv found = pem_find_public_key(&a, pem);
        if (pem.ptr == NULL || found.len + 1 != pem.len)
            abort();
        (void)jwk_pem(&a, &keys[i], JWK_PKCS1);
    }
    return 0;
}
