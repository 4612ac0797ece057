// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdlib.h>

#include "http/build.h"
#include "http/url.h"

#define SIZE_CAP ((size_t)64 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// What is written must parse again to the same URL, and what is resolved must have no dot segments left.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    auto_arena a = {.limit = (size_t)64 << 20};
    struct sv text = sv_make((const char *)data, size);
    struct url u, again, base;
    if (size > SIZE_CAP || url_parse(&a, SV("https://base.example:8443/a/b;c/d?e=f"), &base, NULL) != 0)
        return 0;
    (void)address_classify(text);
    (void)path_template_matches(text, text);
    if (url_parse(&a, text, &u, NULL) == 0 &&
        (url_parse(&a, url_text(&a, &u), &again, NULL) != 0 || !url_same_origin(&u, &again) ||
         !sv_eq(u.path, again.path) || !sv_eq(u.query, again.query)))
        abort();
    if (url_resolve(&a, &base, text, &u, NULL) == 0 &&
        (u.path.len == 0 || u.path.ptr[0] != '/' || sv_contains(u.path, SV("/../"))))
        abort();
    struct sv rest = text, name, value;
    bool has_value;
    while (url_query_next(&rest, &name, &value, &has_value))
        if (url_decode(&a, value, true).len > value.len)
            abort();
    return 0;
}
