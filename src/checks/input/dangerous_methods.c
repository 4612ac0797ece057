// SPDX-License-Identifier: Apache-2.0
/*
 * Methods that a service should not offer.
 *
 *   OPTIONS (reads only)  Allow: TRACE, CONNECT or WebDAV's methods, DAV: -> a note; a random neighbour that gives the same header says that the header
 *                         is about the server, not this place, and then only what is listed everywhere counts once
 *   TRACE (active mode: it is no GET, HEAD or OPTIONS)  a random header field comes back in the body: confirmed by two requests with new names; in an
 *                         answer of message/http, or with our request line
 *
 * Writes that the description does not know are a note of their own when Allow lists them for a path of the description and not for a random one.
 */
#include "checks/run.h"
#include "checks/support/url_params.h"
#include "http/header.h"

enum { TAG_OPTIONS = 1, TAG_TRACE, NAME = 10, OPTIONS_MAX = 40 };
enum { ASKED, NEIGHBOUR };

struct state {
    unsigned asked;
    bool traced, dav_told, trace_told;
};
struct names {
    struct sv name[2], value[2];
};

static struct request request_for(struct arena *a, const char *method, const struct request *base, struct sv target) {
    struct request rq = {.method = sv_from(method), .target = arena_copy_sv(a, target), .origin = base->origin};
    return rq;
}

static struct sv path_only(struct sv target) {
    size_t q = sv_find_char(target, '?');
    return q == SIZE_MAX ? target : sv_slice(target, 0, q);
}

static int ask_options(struct check_run *run, const struct operation *op, size_t identity, struct error *err) {
    const struct request *good = &check_baseline(run, op, identity)->request;
    struct experiment *e = check_experiment(run, op, TAG_OPTIONS);
    if (e == NULL) return error_nomem(err);
    struct arena *a = &e->arena;
    struct sv path = path_only(good->target), random = rng_word(check_rng(run), a, NAME);
    struct request asked = request_for(a, "OPTIONS", good, path), neighbour = request_for(a, "OPTIONS", good, arena_printf(a, "/" SV_FMT, SV_ARG(random)));
    e->value = 0.3;
    if (asked.target.ptr == NULL || neighbour.target.ptr == NULL) return error_nomem(err);
    if (check_probe(run, e, ROLE_PROBE, identity, &asked) != NULL && check_probe(run, e, ROLE_CONTROL, identity, &neighbour) != NULL) check_submit(run, e);
    return 0;
}

static int ask_trace(struct check_run *run, const struct operation *op, size_t identity, struct error *err) {
    const struct request *good = &check_baseline(run, op, identity)->request;
    struct experiment *e = check_experiment(run, op, TAG_TRACE);
    struct names *n = e == NULL ? NULL : arena_new(&e->arena, struct names);
    if (n == NULL) return error_nomem(err);
    struct arena *a = &e->arena;
    e->user = n;
    bool ok = true;
    for (size_t i = 0; i < 2 && ok; i++) {
        struct request rq = request_for(a, "TRACE", good, path_only(good->target));
        n->name[i] = arena_printf(a, "X-" SV_FMT, SV_ARG(rng_word(check_rng(run), a, NAME)));
        n->value[i] = rng_word(check_rng(run), a, NAME);
        ok = rq.target.ptr != NULL && n->value[i].ptr != NULL && header_add(a, &rq.headers, n->name[i], n->value[i]);
        struct probe *p = ok ? check_probe(run, e, ROLE_PROBE, identity, &rq) : NULL;
        ok = p != NULL && check_mark(e, p, n->value[i]);
    }
    if (ok) check_submit(run, e);
    return 0;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    struct state *s = check_state(run);
    size_t identity = best_identity(run, op);
    if (!sv_eq(op->method, SV("GET")) || check_operation_is_documentation(run, op)) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "asked at reads only");
        return 0;
    }
    if (identity == SIZE_MAX || !exchange_answered(check_baseline(run, op, identity)->answer)) {
        check_coverage(run, op, COVERAGE_NOT_TESTED, no_identity_reason(run, op));
        return 0;
    }
    if (s->asked++ >= OPTIONS_MAX) {
        check_coverage(run, op, COVERAGE_NOT_TESTED, "asked at the first forty reads");
        return 0;
    }
    check_coverage(run, op, COVERAGE_PASSED, NULL);
    int r = ask_options(run, op, identity, err);
    if (r == 0 && !s->traced && check_mode(run) == MODE_ACTIVE) {
        s->traced = true;
        r = ask_trace(run, op, identity, err);
    }
    return r;
}

static bool lists(const struct exchange *x, const char *method) {
    struct sv element;
    for (size_t n = 0; exchange_answered(x) && n < header_count(&x->response.headers, SV("Allow")); n++) {
        struct sv rest = header_find_nth(&x->response.headers, SV("Allow"), n);
        while (header_element_next(&rest, &element)) {
            if (sv_eq_nocase(element, sv_from(method))) return true;
        }
    }
    return false;
}

static int note(struct check_run *run, const struct experiment *e, struct finding f, const char *text, struct error *err) {
    const struct evidence_item evidence = check_evidence(e, ASKED, EVIDENCE_PROBE, text);
    f.category = CATEGORY_INPUT;
    f.who = WHO_ANYONE;
    f.method = SV("OPTIONS");
    f.path = e->operation->path;
    f.operation = e->operation;
    f.evidence = &evidence;
    f.evidence_count = 1;
    return check_report(run, &f, err);
}

static bool is_documented(const struct check_run *run, struct sv method, struct sv path) {
    const struct api *api = check_api(run);
    for (size_t i = 0; i < api->operation_count; i++) {
        if (sv_eq_nocase(api->operations[i]->method, method) && sv_eq(api->operations[i]->path, path)) return true;
    }
    return false;
}

static int look_at_writes(struct check_run *run, struct experiment *e, struct error *err) {
    static const char *const writes[] = {"PUT", "DELETE", "PATCH"};
    const struct exchange *x = e->exchanges[ASKED], *other = e->exchanges[NEIGHBOUR];
    if ((e->operation->sources & SOURCE_SPEC) == 0 || !exchange_answered(other)) return 0;
    for (size_t i = 0; i < sizeof writes / sizeof writes[0]; i++) {
        if (!lists(x, writes[i]) || lists(other, writes[i]) || is_documented(run, sv_from(writes[i]), e->operation->path)) continue;
        return note(run, e, (struct finding){
            .cause = SV("undocumented-write-method"), .scope = SCOPE_HOST, .impact = IMPACT_NOTE, .confidence = CONFIDENCE_TENTATIVE, .cwe = {650},
            .title = SV("Allow lists writes that the description does not know"),
            .reason = SV("the answer to OPTIONS lists a write for this path that is not described, and not for a random path; it was not tried")},
            "Allow lists an undocumented write", err);
    }
    return 0;
}

static int judge_options(struct check_run *run, struct experiment *e, struct error *err) {
    struct state *s = check_state(run);
    const struct exchange *x = e->exchanges[ASKED];
    if (!exchange_answered(x)) {
        check_coverage(run, e->operation, COVERAGE_INCONCLUSIVE, "a probe was not answered");
        return 0;
    }
    int r = look_at_writes(run, e, err);
    bool dav = header_has(&x->response.headers, SV("DAV")) || lists(x, "PROPFIND");
    if (r == 0 && dav && !s->dav_told) {
        s->dav_told = true;
        r = note(run, e, (struct finding){
            .cause = SV("webdav"), .scope = SCOPE_HOST, .impact = IMPACT_NOTE, .confidence = CONFIDENCE_FIRM, .cwe = {650}, .title = SV("WebDAV is offered"),
            .reason = SV("the answer to OPTIONS names WebDAV; its methods were not tried")}, "WebDAV is named", err);
    }
    if (r == 0 && lists(x, "TRACE") && !s->trace_told && !s->traced) {
        s->trace_told = true;
        r = note(run, e, (struct finding){
            .cause = SV("trace-listed"), .scope = SCOPE_HOST, .impact = IMPACT_NOTE, .confidence = CONFIDENCE_TENTATIVE, .cwe = {693}, .title = SV("TRACE is listed as allowed"),
            .reason = SV("the answer to OPTIONS lists TRACE; it was not tried, since only active mode sends it")}, "Allow lists TRACE", err);
    }
    return r;
}

// Our field as a line of the body, in a copy of the request.
static bool is_traced(struct arena *a, const struct exchange *x, struct sv name, struct sv value) {
    if (!exchange_answered(x) || x->response.status != 200) return false;
    struct sv line = arena_printf(a, SV_FMT ": " SV_FMT, SV_ARG(name), SV_ARG(value));
    struct sv type = media_type_essence(a, header_find(&x->response.headers, SV("Content-Type")));
    bool copy = sv_eq(type, SV("message/http")) || sv_starts_with(x->response.body, SV("TRACE /"));
    return line.ptr != NULL && copy && sv_contains_nocase(x->response.body, line);
}

static int judge_trace(struct check_run *run, struct experiment *e, struct error *err) {
    const struct names *n = e->user;
    for (size_t i = 0; i < 2; i++) {
        if (!is_traced(&e->arena, e->exchanges[i], n->name[i], n->value[i])) return 0;
    }
    const struct evidence_item evidence = check_evidence(e, 0, EVIDENCE_PROBE, "the answer repeats the request with our random field");
    const struct finding f = {
        .category = CATEGORY_INPUT, .cause = SV("trace"), .scope = SCOPE_HOST, .impact = IMPACT_HARDENING, .who = WHO_ANYONE, .confidence = CONFIDENCE_CONFIRMED,
        .title = SV("TRACE repeats the request with its header"), .reason = SV("two requests with random fields came back in the body, fields included"),
        .method = SV("TRACE"), .path = e->operation->path, .operation = e->operation, .evidence = &evidence, .evidence_count = 1, .cwe = {693},
    };
    return check_report(run, &f, err);
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    return e->tag == TAG_OPTIONS ? judge_options(run, e, err) : judge_trace(run, e, err);
}

const struct check check_dangerous_methods = {
    .id = "dangerous-methods",
    .title = "Methods that should not be offered",
    .category = CATEGORY_INPUT,
    .owasp = "API8:2023",
    .cwe = 650,
    .traits = CHECK_READ_ONLY,
    .state_size = sizeof(struct state),
    .plan = plan,
    .judge = judge,
};
