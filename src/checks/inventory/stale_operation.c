// SPDX-License-Identifier: Apache-2.0
// What the description, the answers' headers and their clocks say of an operation's life: described but no longer there, marked as deprecated and
// still served, served beyond the day that its Sunset header announced (RFC 8594), hosts for tests in the list of servers. Asks nothing.
#include "checks/support/access.h"
#include "checks/support/words.h"
#include "http/header.h"

#include "base/clock.h"

enum { HOST_MAX = 200 };

static bool is_described(const struct operation *op) {
    return (op->sources & SOURCE_SPEC) != 0;
}

// Do enough described operations answer, so that the description is this host's at all?
static bool description_fits(struct check_run *run) {
    const struct api *api = check_api(run);
    size_t good = 0, described = 0;
    for (size_t i = 0; i < api->operation_count; i++) {
        const struct operation *op = api->operations[i];
        if (!is_described(op) || !sv_eq(op->method, SV("GET"))) continue;
        described++;
        for (size_t k = 0; k < check_identity_count(run); k++) {
            enum baseline_state s = check_baseline(run, op, k)->state;
            if (s == BASELINE_GOOD || s == BASELINE_REFUSED) {
                good++;
                break;
            }
        }
    }
    return good >= 2 && good * 2 >= described;
}

static int tell(struct check_run *run, const struct operation *op, const struct exchange *x, struct finding f, struct error *err) {
    const struct evidence_item evidence = {.role = EVIDENCE_PROBE, .exchange = x};
    f.category = CATEGORY_INVENTORY;
    f.scope = SCOPE_HOST;
    f.who = WHO_ANYONE;
    f.confidence = f.confidence == CONFIDENCE_TENTATIVE ? CONFIDENCE_FIRM : f.confidence;
    f.evidence = &evidence;
    f.evidence_count = x != NULL;
    if (op != NULL) {
        f.method = op->method;
        f.path = op->path;
        f.operation = op;
    }
    return check_report(run, &f, err);
}

// Nobody of this scan gets anything but "not found" from a path without a value in it that could be wrong.
static const struct exchange *answer_of_dead(struct check_run *run, const struct operation *op) {
    const struct exchange *last = NULL;
    if (!sv_eq(op->method, SV("GET")) || sv_find_char(op->path, '{') != SIZE_MAX) return NULL;
    for (size_t i = 0; i < check_identity_count(run); i++) {
        const struct exchange *x = check_baseline(run, op, i)->answer;
        if (!exchange_answered(x)) continue;
        unsigned status = x->response.status;
        if (status != 404 && status != 410 && status != 501) return NULL;
        last = x;
    }
    return last;
}

static int judge_dead(struct check_run *run, const struct operation *op, struct error *err) {
    const struct exchange *x = answer_of_dead(run, op);
    if (x == NULL) return 0;
    const struct finding f = {
        .cause = SV("described-but-dead"),
        .impact = IMPACT_NOTE,
        .title = SV("The description lists operations that are not there"),
        .reason = SV("it is answered as not found to everybody of this scan, while other operations of the same description answer"),
    };
    return tell(run, op, x, f, err);
}

static const struct exchange *good_answer(struct check_run *run, const struct operation *op) {
    for (size_t i = 0; i < check_identity_count(run); i++) {
        const struct baseline *b = check_baseline(run, op, i);
        if (b->state == BASELINE_GOOD) return b->answer;
    }
    return NULL;
}

// A day that has passed by the service's own clock.
static bool is_over(const struct exchange *x) {
    int64_t sunset, now;
    return clock_parse_http_date(sv_trim(header_find(&x->response.headers, SV("Sunset"))), &sunset) == 0 &&
           clock_parse_http_date(sv_trim(header_find(&x->response.headers, SV("Date"))), &now) == 0 && sunset < now;
}

static int judge_deprecated(struct check_run *run, const struct operation *op, struct error *err) {
    const struct exchange *x = good_answer(run, op);
    if (x == NULL) return 0;
    if (is_over(x)) {
        const struct finding f = {
            .cause = SV("beyond-sunset"),
            .impact = IMPACT_HARDENING,
            .confidence = CONFIDENCE_CONFIRMED,
            .title = SV("Operations are served beyond the day that they announce as their last"),
            .reason = SV("the day of the Sunset header lies before the day of the Date header of the same answer"),
        };
        return tell(run, op, x, f, err);
    }
    bool header = header_has(&x->response.headers, SV("Deprecation")) || header_has(&x->response.headers, SV("Sunset"));
    if (!op->deprecated && !header) return 0;
    const struct finding f = {
        .cause = SV("deprecated"),
        .impact = IMPACT_NOTE,
        .confidence = CONFIDENCE_CONFIRMED,
        .title = SV("Deprecated operations are still served"),
        .reason = header ? SV("its answer carries a Deprecation or Sunset header") : SV("the description marks it as deprecated, and it answers"),
    };
    return tell(run, op, x, f, err);
}

// "https://staging.example.com/v1": a label of the host is a word for tests.
static bool is_for_tests(struct check_run *run, struct sv server) {
    const struct node *list = words_list(check_knowledge(run, "exposure"), SV("test_hosts"));
    size_t scheme = sv_find(server, SV("://"));
    if (scheme == SIZE_MAX || sv_contains(server, SV("{")) || server.len > HOST_MAX) return false;
    struct sv host = sv_from_index(server, scheme + 3), label;
    size_t slash = sv_find_char(host, '/');
    host = sv_slice(host, 0, slash == SIZE_MAX ? host.len : slash);
    while (sv_split(&host, '.', &label)) {
        struct sv rest = label, part;
        while (sv_split(&rest, '-', &part)) {
            struct word w = word_of(part);
            if (words_have(list, &w)) return true;
        }
    }
    return false;
}

static int judge_servers(struct check_run *run, struct error *err) {
    const struct api *api = check_api(run);
    for (size_t i = 0; i < api->server_count && i < 20; i++) {
        if (!is_for_tests(run, api->servers[i])) continue;
        const struct finding f = {
            .cause = SV("test-host"),
            .impact = IMPACT_NOTE,
            .confidence = CONFIDENCE_CONFIRMED,
            .title = SV("The description names hosts for tests"),
            .reason = arena_printf(check_arena(run), "servers lists " SV_FMT "; it lies outside what was named and was not asked", SV_ARG(api->servers[i])),
        };
        return f.reason.ptr == NULL ? error_nomem(err) : tell(run, NULL, NULL, f, err);
    }
    return 0;
}

static int finish(struct check_run *run, struct error *err) {
    const struct api *api = check_api(run);
    bool fits = description_fits(run);
    int r = judge_servers(run, err);
    for (size_t i = 0; i < api->operation_count && r == 0; i++) {
        const struct operation *op = api->operations[i];
        check_coverage(run, op, COVERAGE_PASSED, NULL);
        if (is_described(op) && fits) r = judge_dead(run, op, err);
        if (r == 0) r = judge_deprecated(run, op, err);
    }
    return r;
}

const struct check check_stale_operation = {
    .id = "stale-operation",
    .title = "Operations that are gone, deprecated, or beyond their last day",
    .category = CATEGORY_INVENTORY,
    .owasp = "API9:2023",
    .cwe = 1059,
    .traits = CHECK_PASSIVE | CHECK_READ_ONLY,
    .finish = finish,
};
