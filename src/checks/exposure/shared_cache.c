// SPDX-License-Identifier: Apache-2.0
// Answers made for one caller that caches in between may keep for others: a good answer that nobody gets without credentials, with Cache-Control
// `public` or `s-maxage` (RFC 9111 3.5: that is what lets a shared cache keep an answer to a request with Authorization), or, where the credential
// is a cookie or a parameter, with a life and without `private`. Asks nothing.
#include "base/numbers.h"
#include "checks/support/access.h"
#include "http/header.h"

struct directives {
    bool shared, private, stored;
    uint64_t life;
};

static uint64_t seconds_of(struct sv element) {
    uint64_t n = 0;
    size_t equals = sv_find_char(element, '=');
    struct sv text = equals == SIZE_MAX ? SV_NONE : sv_trim(sv_from_index(element, equals + 1));
    if (text.len > 2 && text.ptr[0] == '"') text = sv_slice(text, 1, text.len - 1);
    return number_parse_u64(text, &n) == 0 ? n : 0;
}

static struct directives read_directives(const struct response *p) {
    struct directives d = {.stored = true};
    for (size_t i = 0; i < 4; i++) {
        struct sv rest = header_find_nth(&p->headers, SV("Cache-Control"), i), element;
        for (unsigned n = 0; n < 20 && rest.ptr != NULL && header_element_next(&rest, &element); n++) {
            element = sv_trim(element);
            if (sv_eq_nocase(element, SV("public"))) d.shared = true;
            else if (sv_starts_with_nocase(element, SV("s-maxage=")) && seconds_of(element) > 0) d.shared = true;
            else if (sv_starts_with_nocase(element, SV("max-age="))) d.life = seconds_of(element);
            else if (sv_starts_with_nocase(element, SV("private"))) d.private = true;
            else if (sv_starts_with_nocase(element, SV("no-store")) || sv_starts_with_nocase(element, SV("no-cache"))) d.stored = false;
        }
    }
    return d;
}

// A cache that keeps one copy for each credential gives it to nobody else.
static bool varies_by_caller(const struct response *p) {
    for (size_t i = 0; i < 4; i++) {
        struct sv rest = header_find_nth(&p->headers, SV("Vary"), i), element;
        for (unsigned n = 0; n < 20 && rest.ptr != NULL && header_element_next(&rest, &element); n++) {
            element = sv_trim(element);
            if (sv_eq(element, SV("*")) || sv_eq_nocase(element, SV("Authorization")) || sv_eq_nocase(element, SV("Cookie")) || sv_starts_with_nocase(element, SV("X-Api-Key"))) return true;
        }
    }
    return false;
}

static bool may_be_shared(struct check_run *run, const struct exchange *x, size_t identity) {
    struct directives d = read_directives(&x->response);
    if (d.private || !d.stored || varies_by_caller(&x->response)) return false;
    const struct token_view *t = check_token(run, identity);
    bool guarded = t->carrier == CARRIER_HEADER && sv_eq_nocase(t->name, SV("Authorization"));
    return d.shared || (!guarded && d.life > 0);
}

static int report(struct check_run *run, const struct operation *op, const struct baseline *b, struct error *err) {
    const struct evidence_item evidence[] = {{.role = EVIDENCE_PROBE, .exchange = b->answer, .note = SV("an answer to a signed-in caller; its Cache-Control")},
                                             {.role = EVIDENCE_CONTROL, .exchange = check_baseline(run, op, 0)->answer, .note = SV("without credentials: refused")}};
    const struct finding f = {
        .category = CATEGORY_EXPOSURE,
        .cause = SV("shared-cache"),
        .scope = SCOPE_HOST,
        .impact = IMPACT_HARDENING,
        .who = WHO_USER,
        .confidence = CONFIDENCE_CONFIRMED,
        .title = SV("Caches may keep answers that were made for one caller"),
        .reason = SV("callers without credentials are refused, and the answer to a signed-in one may be kept by caches that serve others"),
        .method = op->method,
        .path = op->path,
        .operation = op,
        .evidence = evidence,
        .evidence_count = 2,
        .cwe = {525},
    };
    return check_report(run, &f, err);
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    if (check_baseline(run, op, 0)->state != BASELINE_REFUSED || !sv_eq(op->method, SV("GET"))) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "is not refused to callers without credentials");
        return 0;
    }
    for (size_t i = 1; i < check_identity_count(run); i++) {
        const struct baseline *b = check_baseline(run, op, i);
        if (b->state != BASELINE_GOOD || !exchange_answered(b->answer)) continue;
        check_coverage(run, op, COVERAGE_PASSED, NULL);
        return may_be_shared(run, b->answer, i) ? report(run, op, b, err) : 0;
    }
    check_coverage(run, op, COVERAGE_NOT_TESTED, "refused to every identity of this scan");
    return 0;
}

const struct check check_shared_cache = {
    .id = "shared-cache",
    .title = "Answers for one caller that caches may keep",
    .category = CATEGORY_EXPOSURE,
    .owasp = "API8:2023",
    .cwe = 525,
    .traits = CHECK_PASSIVE | CHECK_READ_ONLY | CHECK_ONE_IDENTITY,
    .plan = plan,
};
