// SPDX-License-Identifier: Apache-2.0
// A target that answers everything with the same bytes: all that reads answers (redaction, signatures, links, descriptions, identifiers, repairs,
// recognition, checks) walks over them. First byte: status and media type; the rest up to an empty line: header lines; then the body.
#include <stdint.h>

#include "support/sim.h"

#define SIZE_CAP ((size_t)32 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct answer {
    unsigned status;
    const char *media_type;
    struct sv head, body;
};

static void serve(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    const struct answer *t = state;
    (void)sim;
    (void)o;
    *ret = (struct response){.status = (uint16_t)t->status, .http_major = 1, .http_minor = 1, .body = t->body};
    sim_header(a, ret, "Content-Type", sv_from(t->media_type));
    struct sv rest = t->head, line;
    for (unsigned n = 0; n < 20 && rest.len > 0 && sv_split(&rest, '\n', &line); n++) {
        size_t colon = sv_find_char(line, ':');
        if (colon != SIZE_MAX && colon > 0)
            sim_header(a, ret, "Location", sv_from_index(line, colon + 1));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const types[] = {"application/json", "text/html", "text/plain", "application/yaml", "application/problem+json", "text/xml"};
    static const unsigned statuses[] = {200, 400, 422, 401, 301, 500, 429, 201};
    if (size < 1 || size > SIZE_CAP)
        return 0;
    struct sv text = sv_make((const char *)data + 1, size - 1);
    size_t blank = sv_find(text, SV("\n\n"));
    struct answer t = {.status = statuses[data[0] % 8], .media_type = types[data[0] / 8 % 6], .body = text};
    if (blank != SIZE_MAX) {
        t.head = sv_slice(text, 0, blank);
        t.body = sv_from_index(text, blank + 2);
    }
    auto_arena a = {.limit = (size_t)256 << 20};
    struct scan_result result;
    struct error err;
    const struct sim_options o = {.server = serve, .state = &t, .mode = MODE_SAFE, .budget = 60};
    ignore_result(sim_run(&a, &o, &result, &err));
    return 0;
}
