// SPDX-License-Identifier: Apache-2.0
// Which foreign origins may read answers with the visitor's credentials (Fetch standard, CORS protocol). A star or a reflected origin without
// Access-Control-Allow-Credentials gives nobody more than curl has, so only answers that allow credentials count.
//
//   round 1: a random origin, "null", and what sloppy comparisons with a trusted origin let through
//   round 2: the variant that was admitted, with a new random name
#include "checks/run.h"
#include "http/header.h"

enum variant { REFLECT, NULL_ORIGIN, PREFIX, SUFFIX, SUFFIX_PARENT, DOT, DOWNGRADE, VARIANT_COUNT };
enum { TAG_FIRST = 1, TAG_SECOND = 2 };

struct variant_info {
    struct sv cause, title, note;
};
static const struct variant_info infos[VARIANT_COUNT] = {
    [REFLECT] = {SV_INIT("cors-any-origin"), SV_INIT("Any origin may read answers with the visitor's credentials"), SV_INIT("a random origin")},
    [NULL_ORIGIN] = {SV_INIT("cors-null-origin"), SV_INIT("The origin null may read answers with the visitor's credentials"),
                     SV_INIT("the origin null, which sandboxed frames have")},
    [PREFIX] = {SV_INIT("cors-prefix"), SV_INIT("Origins that begin like a trusted one may read answers with credentials"),
                SV_INIT("an origin that only begins like the trusted one")},
    [SUFFIX] = {SV_INIT("cors-suffix"), SV_INIT("Origins that end like a trusted one may read answers with credentials"),
                SV_INIT("an origin that only ends like the trusted one")},
    [SUFFIX_PARENT] = {SV_INIT("cors-suffix"), SV_INIT("Origins that end like a trusted one may read answers with credentials"),
                       SV_INIT("an origin that only ends like the trusted domain")},
    [DOT] = {SV_INIT("cors-unescaped-dot"), SV_INIT("A dot in the pattern of trusted origins matches any character"),
             SV_INIT("the trusted origin with another character in the place of a dot")},
    [DOWNGRADE] = {SV_INIT("cors-plain-http"), SV_INIT("The trusted origin is admitted over plain HTTP too"), SV_INIT("the trusted origin over plain HTTP")},
};

struct trial {
    enum variant variants[VARIANT_COUNT]; // of each probe
    struct sv origins[VARIANT_COUNT];
    struct sv trusted;
};

// An origin that the API itself names in an ordinary answer: "https://app.shop.example".
static struct sv trusted_origin(struct arena *a, const struct exchange *answer, struct url *ret) {
    struct sv value = answer == NULL ? SV_NONE : sv_trim(header_find(&answer->response.headers, SV("Access-Control-Allow-Origin")));
    if (value.len == 0 || value.len > 200 || sv_eq(value, SV("*")) || url_parse(a, value, ret, NULL) != 0) return SV_NONE;
    return ret->path.len == 1 && address_classify(ret->host) == ADDRESS_NOT_LITERAL ? value : SV_NONE;
}

static struct sv parent_domain(struct sv host) {
    size_t dot = sv_find_char(host, '.');
    struct sv parent = dot == SIZE_MAX ? SV_NONE : sv_from_index(host, dot + 1);
    return sv_find_char(parent, '.') == SIZE_MAX ? SV_NONE : parent;
}

static struct sv forge(struct arena *a, struct rng *rng, enum variant v, struct sv trusted, const struct url *t) {
    struct sv nonce = rng_word(rng, a, 12);
    if (nonce.ptr == NULL) return SV_NONE;
    switch (v) {
    case REFLECT:
        return arena_printf(a, "https://" SV_FMT ".example", SV_ARG(nonce));
    case NULL_ORIGIN:
        return SV("null");
    case PREFIX:
        return arena_printf(a, SV_FMT "." SV_FMT ".example", SV_ARG(trusted), SV_ARG(nonce));
    case SUFFIX:
        return arena_printf(a, "https://" SV_FMT SV_FMT, SV_ARG(nonce), SV_ARG(t->host));
    case SUFFIX_PARENT: {
        struct sv parent = parent_domain(t->host);
        return parent.len == 0 ? SV_NONE : arena_printf(a, "https://" SV_FMT SV_FMT, SV_ARG(nonce), SV_ARG(parent));
    }
    case DOT: {
        size_t dot = sv_find_char(t->host, '.');
        if (dot == SIZE_MAX) return SV_NONE;
        return arena_printf(a, "https://" SV_FMT "%c" SV_FMT, SV_ARG(sv_slice(t->host, 0, dot)), (int)nonce.ptr[0], SV_ARG(sv_from_index(t->host, dot + 1)));
    }
    case DOWNGRADE:
        return sv_eq(t->scheme, SV("https")) ? arena_printf(a, "http://" SV_FMT, SV_ARG(t->host)) : SV_NONE;
    case VARIANT_COUNT:
        break;
    }
    return SV_NONE;
}

static bool add_probe(struct check_run *run, struct experiment *e, const struct request *base, enum variant v, struct sv trusted, const struct url *t) {
    struct trial *trial = e->user;
    struct sv origin = forge(&e->arena, check_rng(run), v, trusted, t);
    if (origin.ptr == NULL) return true; // this variant cannot be formed here
    struct request rq = *base;
    rq.headers = (struct header_list){0};
    if (!header_copy_list(&e->arena, &base->headers, &rq.headers) || !header_set(&e->arena, &rq.headers, SV("Origin"), origin)) return false;
    struct probe *p = check_probe(run, e, ROLE_PROBE, 0, &rq);
    if (p == NULL) return false;
    trial->variants[e->probe_count - 1] = v;
    trial->origins[e->probe_count - 1] = origin;
    return v == NULL_ORIGIN || check_mark(e, p, origin);
}

static int ask(struct check_run *run, const struct operation *op, uint32_t tag, unsigned wanted, struct error *err) {
    const struct baseline *b = check_baseline(run, op, 0);
    struct experiment *e = check_experiment(run, op, tag);
    struct trial *trial = e == NULL ? NULL : arena_new(&e->arena, struct trial);
    if (trial == NULL) return error_nomem(err);
    struct url t = {0};
    e->user = trial;
    trial->trusted = trusted_origin(&e->arena, b->answer, &t);
    e->round = (uint16_t)tag;
    e->purpose = tag == TAG_SECOND ? PURPOSE_CONFIRM : PURPOSE_CHECK;
    for (unsigned v = 0; v < VARIANT_COUNT; v++) {
        if ((wanted & (1u << v)) == 0 || (v >= PREFIX && trial->trusted.len == 0)) continue;
        if (!add_probe(run, e, &b->request, (enum variant)v, trial->trusted, &t)) return error_nomem(err);
    }
    check_submit(run, e);
    return 0;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    const struct baseline *b = check_baseline(run, op, 0);
    if (b->answer == NULL || !check_allowed(run, op, &b->request)) {
        check_coverage(run, op, COVERAGE_NOT_TESTED, "no ordinary answer to compare with");
        return 0;
    }
    if (check_operation_is_documentation(run, op)) return 0;
    return ask(run, op, TAG_FIRST, (1u << VARIANT_COUNT) - 1, err);
}

// The answer names exactly the origin that was sent, and allows credentials.
static bool admits(const struct exchange *x, struct sv origin) {
    if (!exchange_answered(x)) return false;
    struct sv allowed = sv_trim(header_find(&x->response.headers, SV("Access-Control-Allow-Origin")));
    struct sv credentials = sv_trim(header_find(&x->response.headers, SV("Access-Control-Allow-Credentials")));
    return sv_eq(allowed, origin) && sv_eq(credentials, SV("true"));
}

static int report(struct check_run *run, const struct experiment *e, size_t i, enum variant v, struct error *err) {
    const struct operation *op = e->operation;
    const struct evidence_item evidence = check_evidence(e, i, EVIDENCE_PROBE, "the answer admits the origin with credentials");
    const struct finding_effect effects[] = {{.category = CATEGORY_AUTHENTICATION, .cwe = 346}, {.category = CATEGORY_EXPOSURE, .cwe = 942}};
    struct sv reason = arena_printf(check_arena(run), SV_FMT " was admitted with credentials, in two rounds", SV_ARG(infos[v].note));
    if (reason.ptr == NULL) return error_nomem(err);
    const struct finding f = {
        .category = CATEGORY_INPUT,
        .cause = infos[v].cause,
        .scope = SCOPE_HOST,
        .impact = v == DOWNGRADE ? IMPACT_HARDENING : IMPACT_COST,
        .who = WHO_USER,
        .confidence = CONFIDENCE_CONFIRMED,
        .title = infos[v].title,
        .reason = reason,
        .method = op->method,
        .path = op->path,
        .operation = op,
        .evidence = &evidence,
        .evidence_count = 1,
        .effects = effects,
        .effect_count = 2,
    };
    return check_report(run, &f, err);
}

// What says more makes the weaker variants of the same comparison superfluous.
static unsigned strongest(unsigned admitted) {
    static const enum variant order[] = {REFLECT, PREFIX, SUFFIX, SUFFIX_PARENT, DOT, NULL_ORIGIN, DOWNGRADE};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        if ((admitted & (1u << order[i])) == 0) continue;
        // null stands beside any other rule; plain HTTP is let through by the same comparison.
        unsigned beside = order[i] == REFLECT ? 0 : admitted & (1u << NULL_ORIGIN);
        return (1u << order[i]) | beside;
    }
    return 0;
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    const struct trial *trial = e->user;
    unsigned admitted = 0, answered = 0;
    for (size_t i = 0; i < e->probe_count; i++) {
        answered += exchange_answered(e->exchanges[i]);
        if (admits(e->exchanges[i], trial->origins[i])) admitted |= 1u << trial->variants[i];
    }
    if (answered < e->probe_count) {
        check_coverage(run, e->operation, COVERAGE_INCONCLUSIVE, "a probe was not answered");
        if (answered == 0) return 0;
    }
    unsigned keep = strongest(admitted);
    if (keep == 0) {
        check_coverage(run, e->operation, COVERAGE_PASSED, NULL);
        return 0;
    }
    if (e->tag == TAG_FIRST) return ask(run, e->operation, TAG_SECOND, keep, err);
    for (size_t i = 0; i < e->probe_count; i++) {
        if ((keep & (1u << trial->variants[i])) == 0) continue;
        int r = report(run, e, i, trial->variants[i], err);
        if (r != 0) return r;
    }
    return 0;
}

const struct check check_cors = {
    .id = "cors",
    .title = "Foreign origins that may read answers",
    .category = CATEGORY_INPUT,
    .owasp = "API8:2023",
    .cwe = 942,
    .traits = CHECK_READ_ONLY,
    .plan = plan,
    .judge = judge,
};
