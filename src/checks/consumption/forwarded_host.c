// SPDX-License-Identifier: Apache-2.0
/*
 * Links and redirects that are built from a header of the caller: behind a cache, or in a mail that is sent ("reset your password"), they
 * lead others away.
 *
 *   look    the ordinary request with random hosts in the headers that proxies set
 *   again   the header that was believed, with a new host; a header that nobody knows, with another; the ordinary request -> confirmed
 *
 * Only answers that name the API's own host in a link are asked. The Host header itself stays: on shared servers it would ask somebody else.
 * Each request has a parameter of its own in its query: a cache on the way would else give an answer with our host to everybody.
 */
#include "checks/run.h"
#include "checks/support/browser_url.h"
#include "checks/support/url_params.h"
#include "http/header.h"

enum { TAG_LOOK = 1, TAG_AGAIN, NAME = 12, ASKED_MAX = 6 };
enum { BELIEVED, UNKNOWN, ORDINARY };

static const char *const names[] = {"X-Forwarded-Host", "Forwarded", "X-Host", "X-Original-Host", "X-Forwarded-Server", "X-HTTP-Host-Override"};
enum { NAME_COUNT = sizeof names / sizeof names[0] };

struct state {
    unsigned asked;
    bool told;
};
struct look {
    size_t identity, which;
    struct sv hosts[NAME_COUNT];
};

// Where a link of this answer leads: its Location, or any address in the text with this host.
static bool links_to(struct check_run *run, struct arena *a, const struct exchange *x, struct sv host) {
    struct sv sent;
    if (!exchange_answered(x) || x->response.status >= 400 || host.len == 0) return false;
    struct sv to = header_find(&x->response.headers, SV("Location"));
    if (to.len > 0 && browser_host(a, check_target(run), to, &sent) && sv_eq_nocase(sent, host)) return true;
    struct sv body = x->response.body;
    for (size_t at = sv_find_nocase(body, host); at != SIZE_MAX; at = sv_find_nocase(body, host)) {
        struct sv before = sv_slice(body, 0, at);
        char next = at + host.len < body.len ? body.ptr[at + host.len] : '"';
        bool whole = memchr("/:\"'?# <\\&)", next, 11) != NULL;
        if (whole && (sv_ends_with(before, SV("://")) || sv_ends_with(before, SV(":\\/\\/")))) return true;
        body = sv_from_index(body, at + host.len);
    }
    return false;
}

// An answer that names its own host, in a text or as the place to go to.
static bool names_itself(struct check_run *run, const struct exchange *x) {
    if (x == NULL || !exchange_answered(x) || x->response.status >= 400) return false;
    const struct url *target = check_target(run);
    struct sv to = header_find(&x->response.headers, SV("Location"));
    size_t at = sv_find(to, SV("://"));
    if (at != SIZE_MAX && sv_starts_with_nocase(sv_from_index(to, at + 3), target->host)) return true;
    struct sv body = x->response.body;
    for (at = sv_find(body, target->host); at != SIZE_MAX; at = sv_find(body, target->host)) {
        struct sv before = sv_slice(body, 0, at);
        if (sv_ends_with(before, SV("://")) || sv_ends_with(before, SV(":\\/\\/"))) return true;
        body = sv_from_index(body, at + target->host.len);
    }
    return false;
}

// With headers that may be added to, under an address that nobody else asks for.
static bool ordinary_request(struct check_run *run, struct experiment *e, size_t identity, struct request *ret) {
    const struct request *good = &check_baseline(run, e->operation, identity)->request;
    *ret = *good;
    ret->headers = (struct header_list){0};
    struct sv word = rng_word(check_rng(run), &e->arena, NAME);
    char separator = sv_find_char(good->target, '?') == SIZE_MAX ? '?' : '&';
    ret->target = word.ptr == NULL ? SV_NONE : arena_printf(&e->arena, SV_FMT "%czz" SV_FMT "=1", SV_ARG(good->target), separator, SV_ARG(word));
    return ret->target.ptr != NULL && header_copy_list(&e->arena, &good->headers, &ret->headers);
}

static bool add_header(struct arena *a, struct request *rq, struct sv name, struct sv host) {
    struct sv value = sv_eq(name, SV("Forwarded")) ? arena_printf(a, "host=" SV_FMT, SV_ARG(host)) : host; // RFC 7239
    return value.ptr != NULL && header_add(a, &rq->headers, name, value);
}

static bool add(struct check_run *run, struct experiment *e, size_t identity, struct sv name, struct sv host, bool last) {
    struct request rq;
    if (!ordinary_request(run, e, identity, &rq)) return false;
    if (name.len > 0 && !add_header(&e->arena, &rq, name, host)) return false;
    struct probe *p = check_probe(run, e, last ? ROLE_CONTROL : ROLE_PROBE, identity, &rq);
    return p != NULL && (host.len == 0 || check_mark(e, p, host));
}

static struct sv random_host(struct check_run *run, struct arena *a) {
    struct sv word = rng_word(check_rng(run), a, NAME);
    return word.ptr == NULL ? SV_NONE : arena_printf(a, SV_FMT ".example.com", SV_ARG(word));
}

static struct experiment *begin(struct check_run *run, const struct operation *op, uint32_t tag, size_t identity, struct look **ret) {
    struct experiment *e = check_experiment(run, op, tag);
    *ret = e == NULL ? NULL : arena_new(&e->arena, struct look);
    if (*ret == NULL) return NULL;
    e->user = *ret;
    e->round = (uint16_t)tag;
    e->purpose = tag == TAG_LOOK ? PURPOSE_CHECK : PURPOSE_CONFIRM;
    e->value = tag == TAG_LOOK ? 0.4 : 3;
    (*ret)->identity = identity;
    return e;
}

// All headers in one request, each with a host of its own.
static bool add_all(struct check_run *run, struct experiment *e, struct look *l) {
    struct request rq;
    if (!ordinary_request(run, e, l->identity, &rq)) return false;
    for (size_t i = 0; i < NAME_COUNT; i++) {
        l->hosts[i] = random_host(run, &e->arena);
        if (l->hosts[i].ptr == NULL || !add_header(&e->arena, &rq, sv_from(names[i]), l->hosts[i])) return false;
    }
    struct probe *p = check_probe(run, e, ROLE_PROBE, l->identity, &rq);
    for (size_t i = 0; p != NULL && i < NAME_COUNT; i++)
        if (!check_mark(e, p, l->hosts[i])) return false;
    return p != NULL;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    struct state *s = check_state(run);
    size_t identity = best_identity(run, op);
    const struct baseline *b = check_baseline(run, op, identity == SIZE_MAX ? 0 : identity);
    if (identity == SIZE_MAX || !sv_eq(op->method, SV("GET")) || check_operation_is_documentation(run, op) || !names_itself(run, b->answer)) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "its answer holds no link that names the host");
        return 0;
    }
    if (s->asked >= ASKED_MAX) {
        check_coverage(run, op, COVERAGE_NOT_TESTED, "enough operations of this API were asked");
        return 0;
    }
    struct look *l;
    struct experiment *e = begin(run, op, TAG_LOOK, identity, &l);
    if (e == NULL) return error_nomem(err);
    s->asked++;
    check_coverage(run, op, COVERAGE_PASSED, NULL);
    if (add_all(run, e, l)) check_submit(run, e);
    return 0;
}

static int ask_again(struct check_run *run, const struct operation *op, size_t identity, size_t which, struct error *err) {
    struct look *l;
    struct experiment *e = begin(run, op, TAG_AGAIN, identity, &l);
    if (e == NULL) return error_nomem(err);
    l->which = which;
    for (size_t i = 0; i < 2; i++) l->hosts[i] = random_host(run, &e->arena);
    struct sv word = rng_word(check_rng(run), &e->arena, NAME), unknown = arena_printf(&e->arena, "X-" SV_FMT, SV_ARG(word));
    if (l->hosts[1].ptr == NULL || word.ptr == NULL || unknown.ptr == NULL) return error_nomem(err);
    bool ok = add(run, e, identity, sv_from(names[which]), l->hosts[0], false) && add(run, e, identity, unknown, l->hosts[1], true) &&
              add(run, e, identity, SV_NONE, SV_NONE, true);
    if (ok) check_submit(run, e);
    return 0;
}

static int report(struct check_run *run, struct experiment *e, struct error *err) {
    const struct look *l = e->user;
    const struct operation *op = e->operation;
    const struct evidence_item evidence[] = {check_evidence(e, BELIEVED, EVIDENCE_PROBE, "links lead to the host that the header names"),
                                             check_evidence(e, ORDINARY, EVIDENCE_CONTROL, "without the header they lead here")};
    const struct finding f = {
        .category = CATEGORY_CONSUMPTION,
        .cause = SV("forwarded-host"),
        .scope = SCOPE_HOST,
        .impact = IMPACT_HARDENING,
        .who = WHO_ANYONE,
        .confidence = CONFIDENCE_CONFIRMED,
        .title = SV("Links and redirects lead to a host that a header of the caller names"),
        .reason = SV("random hosts in the header became the host of a link in two rounds; a header of another name and the ordinary request changed nothing"),
        .method = op->method,
        .path = op->path,
        .parameter = sv_from(names[l->which]),
        .parameter_in = PARAM_HEADER,
        .operation = op,
        .evidence = evidence,
        .evidence_count = 2,
        .cwe = {644},
    };
    return check_report(run, &f, err);
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    const struct look *l = e->user;
    struct state *s = check_state(run);
    struct arena *a = &e->arena;
    if (!exchange_answered(e->exchanges[BELIEVED])) {
        check_coverage(run, e->operation, COVERAGE_INCONCLUSIVE, "a probe was not answered");
        return 0;
    }
    if (e->tag == TAG_LOOK) {
        for (size_t i = 0; i < NAME_COUNT && !s->told; i++)
            if (links_to(run, a, e->exchanges[BELIEVED], l->hosts[i])) return ask_again(run, e->operation, l->identity, i, err);
        return 0;
    }
    bool believed = links_to(run, a, e->exchanges[BELIEVED], l->hosts[0]), echoed = links_to(run, a, e->exchanges[UNKNOWN], l->hosts[1]);
    if (!believed || echoed || s->told || !names_itself(run, e->exchanges[ORDINARY])) return 0;
    s->told = true;
    return report(run, e, err);
}

const struct check check_forwarded_host = {
    .id = "forwarded-host",
    .title = "Links built from a header of the caller",
    .category = CATEGORY_CONSUMPTION,
    .owasp = "API10:2023",
    .cwe = 644,
    .traits = CHECK_READ_ONLY,
    .state_size = sizeof(struct state),
    .plan = plan,
    .judge = judge,
};
