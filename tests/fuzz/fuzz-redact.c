// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "data/node.h"
#include "scan/redact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_json(struct arena *a, struct sv text) {
    struct node *root = NULL;
    return node_parse_json(a, text, &node_limits_response, &root, NULL) == 0;
}

// An answer's body (and header) of any bytes: the view of JSON is JSON, and every hit's placeholder stands in the view.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > 1 << 16)
        return 0;
    auto_arena a = {0};
    struct match_set *set = NULL;
    struct redactor *r = NULL;
    struct sensitive_hit *hits = NULL;
    size_t count = 0;
    struct sv body = sv_make((const char *)data, size);
    struct header line = {SV("Set-Cookie"), sv_slice(body, 0, 200)};
    const struct response raw = {.reason = SV("x"), .headers = {.ptr = &line, .len = 1, .cap = 1}, .body = body};
    struct response view = {0};
    if (match_open(&a, &set, NULL) < 0 || redactor_new(&a, set, 1, &r, NULL) < 0 ||
        redact_response(r, &a, &raw, &view, &hits, &count, NULL) < 0)
        abort();
    for (size_t i = 0; i < count; i++)
        if (!sv_contains(view.body, hits[i].placeholder) &&
            !sv_contains(view.headers.ptr[0].value, hits[i].placeholder))
            abort();
    if (is_json(&a, body) && !is_json(&a, view.body))
        abort();
    struct sv revealed = SV_NONE;
    if (redact_reveal(r, &a, view.body, &revealed, NULL) < 0)
        abort();
    return 0;
}
