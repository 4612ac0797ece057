// SPDX-License-Identifier: Apache-2.0
// Which foreign origins may read answers with the visitor's credentials (Fetch standard, CORS protocol). A star or a reflected origin without
// Access-Control-Allow-Credentials gives nobody more than curl has, so only answers that allow credentials count.
//
//   first    a random origin, "null", and, once a host, origins that may be trusted (the API's own, those that its answers name, shared hosting,
//            a developer's machine)
//              │ an origin of ours to be trusted was admitted, or an ordinary answer names one
//   trusted    what sloppy comparisons with that origin let through
//   also     what was shown at one operation through an origin that was only tried there is asked at the others, a request and its control each
//   again    the variant that was admitted with new random names, alone: variant · four random origins · variant. Servers behind a load balancer
//            that take turns (2, 3 or 4 of them) meet a control on the server that admitted; when a control is admitted too, it is any origin.
#include "checks/run.h"
#include "checks/support/url_params.h"
#include "http/header.h"

enum variant { REFLECT, NULL_ORIGIN, PREFIX, SUFFIX, SUFFIX_PARENT, DOT, SPECIAL, SUBDOMAIN, DOWNGRADE, HOSTING, LOCAL, CANDIDATE, VARIANT_COUNT };
enum { TAG_FIRST = 1, TAG_TRUSTED, TAG_AGAIN, TAG_ALSO };
enum { CONTROLS = 4, KNOWN_MAX = 8, PROBES_MAX = 16, ALSO_MAX = 200 };
#define ALL_TRUSTED ((1U << PREFIX) | (1U << SUFFIX) | (1U << SUFFIX_PARENT) | (1U << DOT) | (1U << SPECIAL) | (1U << SUBDOMAIN) | (1U << DOWNGRADE))

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
    [SPECIAL] = {SV_INIT("cors-prefix"), SV_INIT("Origins that begin like a trusted one may read answers with credentials"),
                 SV_INIT("an origin whose name goes on behind the trusted one with an underscore")},
    [SUBDOMAIN] = {SV_INIT("cors-any-subdomain"), SV_INIT("Any name below a trusted one may read answers with credentials"),
                   SV_INIT("a random name below the trusted one")},
    [DOWNGRADE] = {SV_INIT("cors-plain-http"), SV_INIT("The trusted origin is admitted over plain HTTP too"), SV_INIT("the trusted origin over plain HTTP")},
    [HOSTING] = {SV_INIT("cors-shared-hosting"), SV_INIT("Origins of a hosting service that anybody can rent may read answers with credentials"),
                 SV_INIT("a random name at a hosting service")},
    [LOCAL] = {SV_INIT("cors-local-origin"), SV_INIT("Pages of the visitor's own machine may read answers with credentials"),
               SV_INIT("an origin on the visitor's own machine, any port")},
};
static const struct sv hosting[] = {SV_INIT("github.io"), SV_INIT("vercel.app"), SV_INIT("netlify.app"), SV_INIT("s3.amazonaws.com")};
enum { HOSTING_COUNT = sizeof hosting / sizeof hosting[0] };

struct trial {
    enum variant variants[PROBES_MAX]; // of each probe
    struct sv origins[PROBES_MAX];
    struct sv trusted; // origin of the comparison
    struct sv host;    // hosting service of round 2
};
struct state {
    struct sv known[KNOWN_MAX]; // origins that were tried as candidates
    size_t known_count;
    struct sv named[KNOWN_MAX]; // trusted ones whose comparison was tried
    size_t named_count;
    bool asked_once, vary_told;
    unsigned spread; // variants that were asked at the other operations
};

static bool is_known(struct sv *list, size_t count, struct sv origin) {
    for (size_t i = 0; i < count; i++) {
        if (sv_eq(list[i], origin)) return true;
    }
    return false;
}

// True when it is new and there is room.
static bool remember(struct check_run *run, struct sv *list, size_t *count, struct sv origin) {
    if (origin.len == 0 || *count >= KNOWN_MAX || is_known(list, *count, origin)) return false;
    struct sv copy = arena_copy_sv(check_arena(run), origin);
    if (copy.ptr == NULL) return false;
    list[(*count)++] = copy;
    return true;
}

static bool is_origin(struct arena *a, struct sv value, struct url *ret) {
    if (value.len == 0 || value.len > 200 || sv_eq(value, SV("*")) || url_parse(a, value, ret, NULL) != 0) return false;
    return ret->path.len <= 1 && address_classify(ret->host) == ADDRESS_NOT_LITERAL;
}

// An origin that the API itself names in an ordinary answer: "https://app.shop.example".
static struct sv trusted_origin(struct arena *a, const struct exchange *answer) {
    struct url u;
    struct sv value = answer == NULL ? SV_NONE : sv_trim(header_find(&answer->response.headers, SV("Access-Control-Allow-Origin")));
    return is_origin(a, value, &u) ? value : SV_NONE;
}

static struct sv parent_domain(struct sv host) {
    size_t dot = sv_find_char(host, '.');
    struct sv parent = dot == SIZE_MAX ? SV_NONE : sv_from_index(host, dot + 1);
    return sv_find_char(parent, '.') == SIZE_MAX ? SV_NONE : parent;
}

static struct sv forge_trusted(struct arena *a, enum variant v, struct sv trusted, const struct url *t, struct sv nonce) {
    size_t dot = sv_find_char(t->host, '.');
    struct sv parent = parent_domain(t->host);
    switch ((unsigned)v) {
    case PREFIX:
        return arena_printf(a, SV_FMT "." SV_FMT ".example", SV_ARG(trusted), SV_ARG(nonce));
    case SUFFIX:
        return arena_printf(a, SV_FMT "://" SV_FMT SV_FMT, SV_ARG(t->scheme), SV_ARG(nonce), SV_ARG(t->host));
    case SUFFIX_PARENT:
        return parent.len == 0 ? SV_NONE : arena_printf(a, SV_FMT "://" SV_FMT SV_FMT, SV_ARG(t->scheme), SV_ARG(nonce), SV_ARG(parent));
    case DOT:
        if (dot == SIZE_MAX) return SV_NONE;
        return arena_printf(a, SV_FMT "://" SV_FMT "%c" SV_FMT, SV_ARG(t->scheme), SV_ARG(sv_slice(t->host, 0, dot)), (int)nonce.ptr[0], SV_ARG(sv_from_index(t->host, dot + 1)));
    case SPECIAL:
        return arena_printf(a, SV_FMT "_." SV_FMT ".example", SV_ARG(trusted), SV_ARG(nonce));
    case SUBDOMAIN:
        return arena_printf(a, SV_FMT "://" SV_FMT "." SV_FMT, SV_ARG(t->scheme), SV_ARG(nonce), SV_ARG(t->host));
    case DOWNGRADE:
        return sv_eq(t->scheme, SV("https")) ? arena_printf(a, "http://" SV_FMT, SV_ARG(t->host)) : SV_NONE;
    default:
        return SV_NONE;
    }
}

static struct sv forge(struct check_run *run, struct arena *a, enum variant v, const struct trial *trial) {
    struct rng *rng = check_rng(run);
    struct sv nonce = rng_word(rng, a, 12);
    struct url t = {0};
    if (nonce.ptr == NULL) return SV_NONE;
    if (v == REFLECT) return arena_printf(a, "https://" SV_FMT ".example", SV_ARG(nonce));
    if (v == NULL_ORIGIN) return SV("null");
    if (v == HOSTING) return arena_printf(a, "https://" SV_FMT "." SV_FMT, SV_ARG(nonce), SV_ARG(trial->host));
    if (v == LOCAL) return arena_printf(a, "http://localhost:%u", (unsigned)rng_between(rng, 3000, 9999));
    if (v == CANDIDATE) return trial->trusted;
    if (trial->trusted.len == 0 || url_parse(a, trial->trusted, &t, NULL) != 0) return SV_NONE;
    return forge_trusted(a, v, trial->trusted, &t, nonce);
}

// Who asks: routes that demand credentials may say nothing about origins to those who have none.
static size_t asker(const struct check_run *run, const struct operation *op) {
    size_t who = best_identity(run, op);
    return who == SIZE_MAX ? 0 : who;
}

static bool add_probe(struct check_run *run, struct experiment *e, enum probe_role role, enum variant v) {
    struct trial *trial = e->user;
    struct sv origin = forge(run, &e->arena, v, trial);
    if (origin.ptr == NULL || e->probe_count >= PROBES_MAX) return true; // this variant cannot be formed here
    size_t who = asker(run, e->operation);
    struct request rq = check_baseline(run, e->operation, who)->request;
    const struct header_list headers = rq.headers;
    rq.headers = (struct header_list){0};
    if (!header_copy_list(&e->arena, &headers, &rq.headers) || !header_set(&e->arena, &rq.headers, SV("Origin"), origin)) return false;
    struct probe *p = check_probe(run, e, role, who, &rq);
    if (p == NULL) return false;
    trial->variants[e->probe_count - 1] = v;
    trial->origins[e->probe_count - 1] = origin;
    return v == NULL_ORIGIN || check_mark(e, p, origin);
}

static struct experiment *begin(struct check_run *run, const struct operation *op, uint32_t tag, struct trial **ret) {
    struct experiment *e = check_experiment(run, op, tag);
    *ret = e == NULL ? NULL : arena_new(&e->arena, struct trial);
    if (*ret == NULL) return NULL;
    e->user = *ret;
    e->round = tag == TAG_AGAIN ? 2 : 1;
    e->purpose = tag == TAG_FIRST ? PURPOSE_CHECK : PURPOSE_CONFIRM;
    return e;
}

// -- first ---------------------------------------------------------------------------------------------------------------------------

static bool add_candidate(struct check_run *run, struct experiment *e, struct sv origin) {
    struct state *s = check_state(run);
    struct trial *trial = e->user;
    struct url u;
    struct sv copy = arena_copy_sv(&e->arena, origin);
    if (copy.ptr == NULL || !is_origin(&e->arena, copy, &u) || !remember(run, s->known, &s->known_count, copy)) return true;
    struct sv before = trial->trusted;
    trial->trusted = copy;
    bool ok = add_probe(run, e, ROLE_PROBE, CANDIDATE);
    trial->trusted = before;
    return ok;
}

// "https://app.example.com" of "https://app.example.com/x?y".
static struct sv origin_of(struct sv text) {
    size_t at = sv_find(text, SV("://")), i = at == SIZE_MAX ? 0 : at + 3;
    if (at == SIZE_MAX) return SV_NONE;
    while (i < text.len && strchr("/\"'\\ <>?#,;)]}", text.ptr[i]) == NULL && text.ptr[i] != '\n' && text.ptr[i] != '\0') i++;
    return i > at + 3 ? sv_slice(text, 0, i) : SV_NONE;
}

// What may be trusted: the API's own origin, documented servers, origins that the ordinary answer links to.
static bool add_candidates(struct check_run *run, struct experiment *e) {
    const struct url *t = check_target(run);
    const struct api *api = check_api(run);
    const struct exchange *answer = check_baseline(run, e->operation, asker(run, e->operation))->answer;
    bool ok = add_candidate(run, e, arena_printf(&e->arena, SV_FMT "://" SV_FMT, SV_ARG(t->scheme), SV_ARG(t->host)));
    for (size_t i = 0; i < api->server_count && i < 3 && ok; i++) ok = add_candidate(run, e, origin_of(api->servers[i]));
    struct sv rest = sv_slice(answer->response.body, 0, 16384);
    for (size_t n = 0, at; ok && n < 2 && (at = sv_find(rest, SV("https://"))) != SIZE_MAX; n++) {
        rest = sv_from_index(rest, at);
        ok = add_candidate(run, e, origin_of(rest));
        rest = sv_from_index(rest, 8);
    }
    return ok;
}

static int ask_first(struct check_run *run, const struct operation *op, struct error *err) {
    struct state *s = check_state(run);
    struct trial *trial;
    struct experiment *e = begin(run, op, TAG_FIRST, &trial);
    if (e == NULL) return error_nomem(err);
    bool ok = add_probe(run, e, ROLE_PROBE, REFLECT) && add_probe(run, e, ROLE_PROBE, NULL_ORIGIN);
    if (!s->asked_once) {
        s->asked_once = true;
        ok = ok && add_probe(run, e, ROLE_PROBE, LOCAL);
        for (size_t i = 0; i < HOSTING_COUNT && ok; i++) {
            trial->host = hosting[i];
            ok = add_probe(run, e, ROLE_PROBE, HOSTING);
        }
    }
    ok = ok && add_candidates(run, e);
    if (!ok) return error_nomem(err);
    check_submit(run, e);
    return 0;
}

static int ask_trusted(struct check_run *run, const struct operation *op, struct sv trusted, struct error *err) {
    struct trial *trial;
    struct experiment *e = begin(run, op, TAG_TRUSTED, &trial);
    if (e == NULL) return error_nomem(err);
    trial->trusted = arena_copy_sv(&e->arena, trusted);
    if (trial->trusted.ptr == NULL) return error_nomem(err);
    for (unsigned v = 0; v < VARIANT_COUNT; v++) {
        if ((ALL_TRUSTED & (1U << v)) != 0 && !add_probe(run, e, ROLE_PROBE, (enum variant)v)) return error_nomem(err);
    }
    if (e->probe_count > 0) check_submit(run, e);
    return 0;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    const struct baseline *b = check_baseline(run, op, asker(run, op));
    if (b->answer == NULL || !check_allowed(run, op, &b->request)) {
        check_coverage(run, op, COVERAGE_NOT_TESTED, "no ordinary answer to compare with");
        return 0;
    }
    if (check_operation_is_documentation(run, op)) return 0;
    auto_arena a = {.limit = (size_t)1 << 20};
    struct sv trusted = trusted_origin(&a, b->answer);
    int r = ask_first(run, op, err);
    return r == 0 && trusted.len > 0 ? ask_trusted(run, op, trusted, err) : r;
}

// -- again ---------------------------------------------------------------------------------------------------------------------------

static int ask_again(struct check_run *run, const struct operation *op, enum variant v, struct sv trusted, struct sv host, struct error *err) {
    struct trial *trial;
    struct experiment *e = begin(run, op, TAG_AGAIN, &trial);
    if (e == NULL) return error_nomem(err);
    trial->trusted = arena_copy_sv(&e->arena, trusted);
    trial->host = host;
    e->schedule = SCHEDULE_ALONE;
    bool ok = add_probe(run, e, ROLE_PROBE, v);
    for (unsigned i = 0; i < CONTROLS && ok; i++) ok = add_probe(run, e, ROLE_CONTROL, REFLECT);
    ok = ok && add_probe(run, e, ROLE_PROBE, v);
    if (!ok) return error_nomem(err);
    check_submit(run, e);
    return 0;
}

// -- judging -------------------------------------------------------------------------------------------------------------------------

static bool names(const struct exchange *x, struct sv origin) {
    return exchange_answered(x) && sv_eq(sv_trim(header_find(&x->response.headers, SV("Access-Control-Allow-Origin"))), origin);
}

// The answer names exactly the origin that was sent, and allows credentials.
static bool admits(const struct exchange *x, struct sv origin) {
    return names(x, origin) && sv_eq(sv_trim(header_find(&x->response.headers, SV("Access-Control-Allow-Credentials"))), SV("true"));
}

static enum impact impact_of(enum variant v) {
    return v == DOWNGRADE || v == SUBDOMAIN || v == LOCAL ? IMPACT_HARDENING : IMPACT_COST;
}

static int report(struct check_run *run, const struct experiment *e, enum variant v, struct error *err) {
    const struct operation *op = e->operation;
    const struct evidence_item evidence[] = {check_evidence(e, 0, EVIDENCE_PROBE, "the answer admits the origin with credentials"),
                                             check_evidence(e, 1, EVIDENCE_CONTROL, "a random origin is not admitted")};
    const struct finding_effect effects[] = {{.category = CATEGORY_AUTHENTICATION, .cwe = 346}, {.category = CATEGORY_EXPOSURE, .cwe = 942}};
    struct sv reason = arena_printf(check_arena(run), SV_FMT " was admitted with credentials, in two rounds", SV_ARG(infos[v].note));
    if (reason.ptr == NULL) return error_nomem(err);
    const struct finding f = {
        .category = CATEGORY_INPUT,
        .cause = infos[v].cause,
        .scope = SCOPE_HOST,
        .impact = impact_of(v),
        .who = WHO_USER,
        .confidence = CONFIDENCE_CONFIRMED,
        .title = infos[v].title,
        .reason = reason,
        .method = op->method,
        .path = op->path,
        .operation = op,
        .evidence = evidence,
        .evidence_count = v == REFLECT ? 1 : 2,
        .effects = effects,
        .effect_count = 2,
    };
    return check_report(run, &f, err);
}

// What says more makes the weaker variants of the same comparison superfluous.
static enum variant strongest(unsigned admitted) {
    static const enum variant order[] = {REFLECT, PREFIX, SPECIAL, SUFFIX, SUFFIX_PARENT, DOT, SUBDOMAIN, DOWNGRADE, NULL_ORIGIN, HOSTING, LOCAL};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        if ((admitted & (1U << order[i])) != 0) return order[i];
    }
    return VARIANT_COUNT;
}

static bool varies_by_origin(const struct exchange *x) {
    for (size_t n = 0; n < header_count(&x->response.headers, SV("Vary")); n++) {
        struct sv value = header_find_nth(&x->response.headers, SV("Vary"), n);
        if (sv_contains_nocase(value, SV("origin")) || sv_contains(value, SV("*"))) return true;
    }
    return false;
}

// An answer that follows the origin, may be kept by shared caches and does not say that it follows the origin.
static int look_at_vary(struct check_run *run, const struct experiment *e, size_t i, struct error *err) {
    struct state *s = check_state(run);
    const struct exchange *x = e->exchanges[i];
    struct sv control = header_find(&x->response.headers, SV("Cache-Control"));
    bool kept = sv_contains_nocase(control, SV("public")) || (sv_contains_nocase(control, SV("max-age=")) && !sv_contains(control, SV("max-age=0")));
    if (s->vary_told || varies_by_origin(x) || !kept || sv_contains_nocase(control, SV("private")) || sv_contains_nocase(control, SV("no-store"))) return 0;
    s->vary_told = true;
    const struct evidence_item evidence = check_evidence(e, i, EVIDENCE_PROBE, "a cacheable answer names the origin that asked, without Vary: Origin");
    const struct finding f = {
        .category = CATEGORY_INPUT, .cause = SV("cors-vary"), .scope = SCOPE_HOST, .impact = IMPACT_HARDENING, .who = WHO_LUCK, .confidence = CONFIDENCE_FIRM,
        .title = SV("Cached answers may admit the wrong origin"), .reason = SV("a cacheable answer names the origin that asked and does not say Vary: Origin"),
        .method = e->operation->method, .path = e->operation->path, .operation = e->operation, .evidence = &evidence, .evidence_count = 1, .cwe = {524},
    };
    return check_report(run, &f, err);
}

static struct sv hosting_of(struct sv origin) {
    for (size_t i = 0; i < HOSTING_COUNT; i++) {
        if (sv_ends_with(origin, hosting[i])) return hosting[i];
    }
    return SV_NONE;
}

static int judge_first(struct check_run *run, struct experiment *e, unsigned admitted, struct error *err) {
    struct state *s = check_state(run);
    const struct trial *trial = e->user;
    enum variant best = strongest(admitted & ~((1U << CANDIDATE) | (1U << NULL_ORIGIN) | (1U << HOSTING) | (1U << LOCAL)));
    int r = 0;
    if (best != VARIANT_COUNT) r = ask_again(run, e->operation, best, trial->trusted, SV_NONE, err);
    if (best == REFLECT || r != 0) return r;
    for (size_t i = 0; i < e->probe_count && r == 0; i++) {
        enum variant v = trial->variants[i];
        if (!admits(e->exchanges[i], trial->origins[i])) continue;
        if (v == NULL_ORIGIN || v == LOCAL || v == HOSTING) r = ask_again(run, e->operation, v, SV_NONE, hosting_of(trial->origins[i]), err);
        if (v == CANDIDATE && remember(run, s->named, &s->named_count, trial->origins[i])) r = ask_trusted(run, e->operation, trial->origins[i], err);
    }
    return r;
}

// One request at each other operation: a control stands in the rounds of the first one.
static int ask_others(struct check_run *run, const struct operation *found, enum variant v, const struct trial *from, struct error *err) {
    struct state *s = check_state(run);
    const struct api *api = check_api(run);
    if ((s->spread & (1U << v)) != 0) return 0;
    s->spread |= 1U << v;
    for (size_t i = 0; i < api->operation_count && i < ALSO_MAX; i++) {
        const struct operation *op = api->operations[i];
        const struct baseline *b = check_baseline(run, op, asker(run, op));
        if (op == found || b->answer == NULL || !check_allowed(run, op, &b->request) || check_operation_is_documentation(run, op)) continue;
        struct trial *trial;
        struct experiment *e = begin(run, op, TAG_ALSO, &trial);
        if (e == NULL) return error_nomem(err);
        trial->trusted = arena_copy_sv(&e->arena, from->trusted);
        trial->host = from->host;
        if (!add_probe(run, e, ROLE_PROBE, v) || !add_probe(run, e, ROLE_CONTROL, REFLECT)) return error_nomem(err);
        check_submit(run, e);
    }
    return 0;
}

static int judge_also(struct check_run *run, struct experiment *e, struct error *err) {
    const struct trial *trial = e->user;
    bool other = e->probe_count < 2 || !exchange_answered(e->exchanges[1]) || admits(e->exchanges[1], trial->origins[1]);
    return other || !admits(e->exchanges[0], trial->origins[0]) ? 0 : report(run, e, trial->variants[0], err);
}

static int judge_again(struct check_run *run, struct experiment *e, struct error *err) {
    const struct trial *trial = e->user;
    enum variant v = trial->variants[0];
    size_t last = e->probe_count - 1;
    if (!admits(e->exchanges[0], trial->origins[0]) || !admits(e->exchanges[last], trial->origins[last])) return 0;
    for (size_t i = 1; i < last && v != REFLECT; i++) {
        if (!exchange_answered(e->exchanges[i])) return 0;
        // One of several servers admits everything.
        if (admits(e->exchanges[i], trial->origins[i])) return report(run, e, REFLECT, err);
    }
    int r = report(run, e, v, err);
    return r == 0 && v != REFLECT && v != NULL_ORIGIN ? ask_others(run, e->operation, v, trial, err) : r;
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    const struct trial *trial = e->user;
    unsigned admitted = 0, answered = 0;
    if (e->tag == TAG_AGAIN) return judge_again(run, e, err);
    if (e->tag == TAG_ALSO) return judge_also(run, e, err);
    for (size_t i = 0; i < e->probe_count; i++) {
        answered += exchange_answered(e->exchanges[i]);
        if (admits(e->exchanges[i], trial->origins[i])) admitted |= 1U << trial->variants[i];
        int r = names(e->exchanges[i], trial->origins[i]) ? look_at_vary(run, e, i, err) : 0;
        if (r != 0) return r;
    }
    if (answered < e->probe_count) check_coverage(run, e->operation, COVERAGE_INCONCLUSIVE, "a probe was not answered");
    else if (admitted == 0) check_coverage(run, e->operation, COVERAGE_PASSED, NULL);
    return answered == 0 ? 0 : judge_first(run, e, admitted, err);
}

const struct check check_cors = {
    .id = "cors",
    .title = "Foreign origins that may read answers",
    .category = CATEGORY_INPUT,
    .owasp = "API8:2023",
    .cwe = 942,
    .traits = CHECK_READ_ONLY,
    .state_size = sizeof(struct state),
    .plan = plan,
    .judge = judge,
};
