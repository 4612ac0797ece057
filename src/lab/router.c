// SPDX-License-Identifier: Apache-2.0
#include "http/url.h"
#include "lab/lab.h"

static const struct lab_routes *const groups[] = {&lab_routes_input,    &lab_routes_cors,   &lab_routes_fetching, &lab_routes_access,
                                                  &lab_routes_exposure, &lab_routes_limits, &lab_routes_service,  &lab_routes_traps};

// Segment by segment, as sent: no folding of case, of slashes or of dots.
static bool matches(struct lab_call *c, const char *pattern) {
    struct sv want = sv_from(pattern), have = c->path, segment, part;
    size_t arguments = 0;
    for (;;) {
        bool more_want = sv_split(&want, '/', &part);
        if (more_want && sv_eq(part, SV("{*}"))) return have.ptr != NULL;
        bool more_have = sv_split(&have, '/', &segment);
        if (!more_want || !more_have) return more_want == more_have;
        if (sv_starts_with(part, SV("{"))) {
            if (segment.len == 0 || arguments >= LAB_ARGUMENTS_MAX) return false;
            c->arguments[arguments++] = url_decode(&c->arena, segment, false);
        } else if (!sv_eq(part, url_decode(&c->arena, segment, false))) {
            return false;
        }
    }
}

static bool method_fits(struct sv method, const char *wanted) {
    return sv_eq(method, sv_from(wanted)) || (sv_eq(method, SV("HEAD")) && strcmp(wanted, "GET") == 0);
}

static void common_headers(struct lab_call *c) {
    if (!c->lab->fixed) {
        answer_header(c, "Server", SV("bikeshop/1.4.2"));
        return;
    }
    answer_header(c, "X-Content-Type-Options", SV("nosniff"));
    answer_header(c, "Cache-Control", SV("no-store"));
}

void lab_answer(struct lab_call *c) {
    const struct lab_route *near = NULL;
    common_headers(c);
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
        for (size_t i = 0; i < groups[g]->count; i++) {
            const struct lab_route *r = &groups[g]->list[i];
            if (!matches(c, r->path)) continue;
            if (method_fits(c->method, r->method)) {
                r->answer(c);
                return;
            }
            near = r;
        }
    }
    if (near == NULL) {
        answer_error(c, 404, SV("There is nothing here."));
        return;
    }
    answer_header(c, "Allow", sv_from(near->method));
    answer_error(c, 405, SV("This method is not possible here."));
}
