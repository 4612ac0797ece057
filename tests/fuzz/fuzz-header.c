// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdlib.h>

#include "http/header.h"

#define SIZE_CAP ((size_t)64 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Every reader of one field value, over the same bytes; what they give must lie inside the value.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    auto_arena a = {.limit = (size_t)16 << 20};
    if (size > SIZE_CAP)
        return 0;
    struct sv text = sv_make((const char *)data, size);
    struct sv rest = text, element = SV_NONE, rel = SV_NONE;
    size_t total = 0;
    while (header_element_next(&rest, &element))
        total += element.len;
    rest = text;
    while (link_next(&rest, &element, &rel))
        if (element.len == 0 || element.ptr < text.ptr || element.ptr + element.len > text.ptr + text.len)
            abort();
    usec_t delay;
    struct set_cookie cookie;
    struct hsts hsts;
    (void)retry_after_parse(text, 0, &delay);
    if (set_cookie_parse(text, &cookie) && cookie.name.len == 0)
        abort();
    (void)hsts_parse(text, &hsts);
    struct sv essence = media_type_essence(&a, text);
    if (total > size || essence.len > size)
        abort();
    return 0;
}
