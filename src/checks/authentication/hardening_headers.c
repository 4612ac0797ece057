// SPDX-License-Identifier: Apache-2.0
// The two headers that matter for a JSON API: X-Content-Type-Options, and Cache-Control where the answer holds personal data. Rules for HTML
// (framing, content security policy) say nothing about JSON and are not asked of it.
#include "checks/support/passive.h"
#include "http/header.h"

enum { ANSWERS_NEEDED = 3 };

struct state {
    unsigned json, without_nosniff;
    bool told;
};

static bool lacks_nosniff(const struct exchange *x) {
    struct sv value = header_find(&x->response.headers, SV("X-Content-Type-Options"));
    return !sv_eq_nocase(sv_trim(value), SV("nosniff"));
}

// May a cache keep it? no-store and private are enough here, no-cache keeps shared caches from serving it unasked.
static bool may_be_cached(const struct exchange *x) {
    struct sv value = header_find(&x->response.headers, SV("Cache-Control"));
    return !sv_contains_nocase(value, SV("no-store")) && !sv_contains_nocase(value, SV("private")) && !sv_contains_nocase(value, SV("no-cache"));
}

static bool holds_private_values(const struct exchange *x) {
    for (size_t i = 0; i < x->hit_count; i++) {
        if (x->hits[i].validated > 0 && !x->hits[i].is_example && sv_starts_with(x->hits[i].location, SV("body"))) return true;
    }
    return false;
}

static int observe(struct check_run *run, const struct exchange *x, struct error *err) {
    struct state *s = check_state(run);
    if (s->told || !passive_is_ordinary(x) || x->response.status >= 300 || x->response.body.len == 0) return 0;
    auto_arena a = {0};
    arena_init(&a, (size_t)64 * 1024);
    if (!media_type_is_json(media_type_essence(&a, header_find(&x->response.headers, SV("Content-Type"))))) return 0;
    s->json++;
    if (lacks_nosniff(x)) s->without_nosniff++;
    bool sniffable = s->without_nosniff >= ANSWERS_NEEDED && s->without_nosniff * 2 > s->json;
    if (!sniffable) return 0;
    s->told = true;
    bool cached = holds_private_values(x) && may_be_cached(x);
    return passive_report_host(run, x, SV("hardening-headers"), CATEGORY_AUTHENTICATION, IMPACT_HARDENING, CONFIDENCE_CONFIRMED,
                               SV("Headers that protect JSON answers are missing"),
                               cached ? SV("JSON answers lack X-Content-Type-Options: nosniff, and this one holds personal data and may be cached")
                                      : SV("most JSON answers lack X-Content-Type-Options: nosniff"),
                               err);
}

const struct check check_hardening_headers = {
    .id = "hardening-headers",
    .title = "Protecting headers of JSON answers",
    .category = CATEGORY_AUTHENTICATION,
    .owasp = "API8:2023",
    .cwe = 693,
    .traits = CHECK_PASSIVE | CHECK_READ_ONLY,
    .state_size = sizeof(struct state),
    .observe = observe,
};
