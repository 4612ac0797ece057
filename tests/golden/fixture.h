// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_GOLDEN_FIXTURE_H
#define PLUMB_GOLDEN_FIXTURE_H

#include "base/arena.h"
#include "graph/graph.h"
#include "model/experiment.h"
#include "score/score.h"

// Results as the engine leaves them, for the tests of reports: nothing found, much found, hostile text everywhere, a scan that failed.
// Each is completed as the command line does it: escape verdict, then score.

#define FIXTURE_START UINT64_C(1767323045678000) // 2026-01-02T03:04:05.678Z

static inline void fixture_base(struct arena *a, struct scan_result *r) {
    *r = (struct scan_result){
        .tool_version = SV("0.1.0"), .scan_id = SV("20260102-030405-7f3a9c"), .started = FIXTURE_START, .ended = FIXTURE_START + 3210000,
        .mode = SV("safe"), .seed = UINT64_C(18446744073709551557), .requests = 412, .requests_by_purpose = {8, 96, 64, 220, 24}, .bytes = 734003,
        .spec = SV("api/openapi.yaml"), .target_url = SV("http://127.0.0.1:8080"),
    };
    r->origins = arena_new_array(a, struct sv, 1);
    r->origins[0] = SV("http://127.0.0.1:8080");
    r->origin_count = 1;
    for (size_t i = 0; i < CATEGORY_COUNT; i++)
        r->categories[i] = (struct result_category){.status = CATEGORY_TESTED, .operations_tested = 9, .operations_total = 9};
    r->categories[CATEGORY_LLM] = (struct result_category){.status = CATEGORY_NOT_APPLICABLE, .reason = SV("no language model answers here")};
    r->coverage = arena_new_array(a, struct result_coverage, 3);
    r->coverage[0] = (struct result_coverage){.check = "auth-missing", .method = SV("GET"), .path = SV("/orders"), .status = COVERAGE_PASSED};
    r->coverage[1] = (struct result_coverage){.check = "ssrf", .method = SV("GET"), .path = SV("/orders"), .status = COVERAGE_NOT_APPLICABLE};
    r->coverage[2] = (struct result_coverage){.check = "page-size", .method = SV("GET"), .path = SV("/orders"), .status = COVERAGE_INCONCLUSIVE,
                                              .reason = SV("the operation gave no good answer: 400")};
    r->coverage_count = 3;
}

struct fixture_finding {
    const char *check, *title, *cause, *reason, *method, *path, *parameter;
    enum category category;
    enum severity severity;
    enum confidence confidence;
    uint16_t cwe;
    size_t occurrences;
};

static inline struct result_evidence fixture_evidence(struct arena *a, const struct fixture_finding *x, enum evidence_role role) {
    struct request *raw = arena_new(a, struct request);
    raw->method = sv_from(x->method != NULL ? x->method : "GET");
    raw->target = arena_printf(a, "%s?q=it's%%20%s", x->path != NULL ? x->path : "/", role == EVIDENCE_PROBE ? "probe" : "reference");
    raw->headers.ptr = arena_new_array(a, struct header, 1);
    raw->headers.ptr[0] = (struct header){SV("Accept"), SV("application/json")};
    raw->headers.len = raw->headers.cap = 1;
    return (struct result_evidence){
        .role = role,
        .request = arena_printf(a, SV_FMT " " SV_FMT "\nAccept: application/json\n", SV_ARG(raw->method), SV_ARG(raw->target)),
        .response = role == EVIDENCE_PROBE ? SV("200 OK\nContent-Type: application/json\n\n{\"note\":\"<b>\",\"key\":\"{{aws_secret_key:7f3a}}\"}") : SV("404 Not Found\n"),
        .note = role == EVIDENCE_PROBE ? SV("the second round answered the same") : SV_NONE,
        .raw = raw,
        .identity = x->category == CATEGORY_RATE ? 1 : 0,
    };
}

static inline void fixture_places(struct arena *a, const struct fixture_finding *x, struct result_finding *f) {
    f->occurrences = arena_new_array(a, struct result_occurrence, x->occurrences);
    f->occurrence_count = x->occurrences;
    for (size_t i = 0; i < x->occurrences; i++) {
        struct result_occurrence *o = &f->occurrences[i];
        *o = (struct result_occurrence){.method = f->method, .path = f->path, .parameter = f->parameter, .parameter_in = f->parameter_in,
                                        .fingerprint = arena_printf(a, "%016zx%016zx", (size_t)x->cwe, i), .known = i > 0};
        if (i > 0)
            o->path = arena_printf(a, SV_FMT "/%zu", SV_ARG(f->path), i);
        if (f->path.len > 0) {
            o->file = SV("./api/openapi.yaml");
            o->line = 10 + (unsigned)i * 7;
        }
    }
}

static inline void fixture_add(struct arena *a, struct scan_result *r, const struct fixture_finding *x) {
    struct result_finding *grown = arena_new_array(a, struct result_finding, r->finding_count + 1);
    for (size_t i = 0; i < r->finding_count; i++)
        grown[i] = r->findings[i];
    struct result_finding *f = &grown[r->finding_count++];
    r->findings = grown;
    *f = (struct result_finding){
        .check = x->check, .check_title = x->title, .cause = sv_from(x->cause), .category = x->category, .severity = x->severity, .confidence = x->confidence,
        .title = sv_from(x->title), .reason = sv_from(x->reason), .method = sv_from(x->method), .path = sv_from(x->path), .parameter = sv_from(x->parameter),
        .parameter_in = PARAM_QUERY, .cwe = {x->cwe}, .owasp = "API8:2023", .fingerprint = arena_printf(a, "%032x", (unsigned)x->cwe),
    };
    fixture_places(a, x, f);
    f->evidence = arena_new_array(a, struct result_evidence, 2);
    f->evidence[0] = fixture_evidence(a, x, EVIDENCE_REFERENCE);
    f->evidence[1] = fixture_evidence(a, x, EVIDENCE_PROBE);
    f->evidence_count = 2;
}

static inline void fixture_add_facts(struct arena *a, struct scan_result *r) {
    r->facts = arena_new_array(a, struct fact, 2);
    r->facts[0] = (struct fact){.id = 1, .kind = SV("ssrf"), .subject_type = SV("endpoint"), .subject = SV("GET /fetch"), .value = FACT_YES,
                                .args = {{SV("method"), SV("get")}, {SV("read"), SV("full")}, {SV("parameter"), SV("url")}}, .arg_count = 3,
                                .source = FACT_PROBE, .evidence = SV("the canary answered"), .confidence = CONFIDENCE_CONFIRMED};
    r->facts[1] = (struct fact){.id = 2, .kind = SV("metadata_reachable"), .subject_type = SV("endpoint"), .subject = SV("GET /fetch"), .value = FACT_YES,
                                .args = {{SV("service"), SV("imds")}, {SV("version"), SV("v1")}}, .arg_count = 2, .source = FACT_PROBE,
                                .confidence = CONFIDENCE_CONFIRMED};
    r->fact_count = 2;
}

static inline void fixture_full(struct arena *a, struct scan_result *r) {
    static const struct fixture_finding findings[] = {
        {"ssrf-metadata", "The metadata service answers through the API", "metadata-v1", "Its directory of names came back through the url parameter, twice.",
         "GET", "/fetch", "url", CATEGORY_SSRF, SEVERITY_CRITICAL, CONFIDENCE_CONFIRMED, 918, 1},
        {"dynamodb", "The table name comes from the caller", "table-name-control", "A table name of ours made DynamoDB say that it does not exist.",
         "GET", "/items/{id}", "table", CATEGORY_INPUT, SEVERITY_HIGH, CONFIDENCE_CONFIRMED, 639, 3},
        {"auth-missing", "A protected operation answers without credentials", "missing-authentication", "The same answer came with and without the token.",
         "GET", "/members/{id}", NULL, CATEGORY_AUTHENTICATION, SEVERITY_HIGH, CONFIDENCE_FIRM, 306, 1},
        {"limit-missing", "Login attempts are not limited", "no-limit", "30 attempts in 2 s were all judged.", "POST", "/login", NULL, CATEGORY_RATE, SEVERITY_MEDIUM,
         CONFIDENCE_CONFIRMED, 307, 1},
        {"cors", "Any origin may read answers with credentials", "reflected-origin", "A random origin was reflected with credentials allowed.", "GET", "/orders", NULL,
         CATEGORY_INPUT, SEVERITY_MEDIUM, CONFIDENCE_TENTATIVE, 942, 2},
        {"hardening-headers", "Answers may be stored and sniffed", "missing-headers", "no-store and nosniff are missing on answers with personal data.", NULL, NULL, NULL,
         CATEGORY_AUTHENTICATION, SEVERITY_LOW, CONFIDENCE_CONFIRMED, 693, 1},
        {"banner", "The Server header names a version", "version-shown", "Server: nginx/1.18.0", NULL, NULL, NULL, CATEGORY_INVENTORY, SEVERITY_INFO, CONFIDENCE_CONFIRMED, 200, 1},
    };
    static const struct finding_effect effects[] = {{CATEGORY_EXPOSURE, 200}, {CATEGORY_BOLA, 639}};
    fixture_base(a, r);
    for (size_t i = 0; i < sizeof findings / sizeof findings[0]; i++)
        fixture_add(a, r, &findings[i]);
    r->findings[1].effects = effects;
    r->findings[1].effect_count = 2;
    r->findings[0].facts = arena_new_array(a, uint32_t, 2);
    r->findings[0].facts[0] = 1;
    r->findings[0].facts[1] = 2;
    r->findings[0].fact_count = 2;
    r->findings[5].known = true;
    fixture_add_facts(a, r);
    r->identities = arena_new_array(a, struct sv, 1);
    r->identities[0] = SV("anna-1");
    r->identity_count = 1;
    r->budget = SV("500");
    r->stack[0] = (struct result_stack_layer){SV("chi"), SV("Chi"), SV("5"), SV("404 page not found"), 0.9};
    r->stack[1] = (struct result_stack_layer){SV("go"), SV("Go"), SV_NONE, SV("404 page not found"), 0.95};
    r->stack[2] = (struct result_stack_layer){SV("dynamodb"), SV("DynamoDB"), SV_NONE, SV("Requested resource not found"), 1};
    r->categories[CATEGORY_BOLA] = (struct result_category){.status = CATEGORY_PARTIAL, .operations_tested = 2, .operations_total = 5, .reason = SV("three operations gave no good answer")};
    r->categories[CATEGORY_PROPERTY] = (struct result_category){.status = CATEGORY_UNTESTED, .reason = SV("no check of this category yet"), .operations_total = 9};
    r->categories[CATEGORY_CONSUMPTION] = (struct result_category){.status = CATEGORY_INCONCLUSIVE, .reason = SV("no callback came from the target in the whole scan"), .operations_total = 2};
    r->warnings = arena_new_array(a, struct sv, 1);
    r->warnings[0] = SV("openapi.yaml:41: the operation has no responses");
    r->warning_count = 1;
    r->gate_used = true;
    r->gate_reasons = arena_new_array(a, struct sv, 1);
    r->gate_reasons[0] = SV("3 findings are high or worse (--fail-on high)");
    r->gate_reason_count = 1;
    r->exit_code = 1;
    r->exit_reasons = r->gate_reasons;
    r->exit_reason_count = 1;
}

// Whatever a target, a specification and a user can put into a text.
static inline void fixture_hostile(struct arena *a, struct scan_result *r) {
    static const char *const bad = "\x1b[2J\x1b]0;t\x07<script>\"'`$(id)\\ \xff\xc0\xaf\xe2\x80\xae\xc2\x9b" "1m\r\n\t|*_\xf0\x9f\x98\x80 \xe4\xb8\xad\xe6\x96\x87";
    struct fixture_finding x = {"error-disclosure", bad, bad, bad, bad, bad, bad, CATEGORY_EXPOSURE, SEVERITY_MEDIUM, CONFIDENCE_FIRM, 209, 2};
    fixture_base(a, r);
    fixture_add(a, r, &x);
    struct result_finding *f = &r->findings[0];
    f->check_title = "Error texts show internals";
    for (size_t i = 0; i < f->occurrence_count; i++)
        f->occurrences[i].file = SV("/../..//a b/\x1b%\xff/openapi.yaml");
    r->target_url = sv_from(bad);
    r->spec = sv_from(bad);
    r->warnings = arena_new_array(a, struct sv, 1);
    r->warnings[0] = sv_from(bad);
    r->warning_count = 1;
    r->stack[0] = (struct result_stack_layer){sv_from(bad), sv_from(bad), sv_from(bad), sv_from(bad), 0.5};
    r->facts = arena_new_array(a, struct fact, 1);
    r->facts[0] = (struct fact){.id = 1, .kind = SV("ssrf"), .subject_type = SV("endpoint"), .subject = sv_from(bad), .value = FACT_YES,
                                .args = {{SV("read"), SV("full")}, {SV("method"), sv_from(bad)}}, .arg_count = 2, .confidence = CONFIDENCE_CONFIRMED};
    r->fact_count = 1;
    r->categories[CATEGORY_SSRF].status = CATEGORY_INCONCLUSIVE;
    r->categories[CATEGORY_SSRF].reason = sv_from(bad);
}

static inline void fixture_failed(struct arena *a, struct scan_result *r) {
    fixture_base(a, r);
    r->ended = r->started;
    r->requests = 1;
    r->bytes = 0;
    r->spec = SV_NONE;
    r->coverage_count = 0;
    for (size_t i = 0; i < CATEGORY_COUNT; i++)
        r->categories[i] = (struct result_category){.status = CATEGORY_UNTESTED, .reason = SV("the target does not answer")};
    r->exit_code = 3;
    r->exit_reasons = arena_new_array(a, struct sv, 1);
    r->exit_reasons[0] = SV("http://127.0.0.1:8080 refuses connections: is the service running?");
    r->exit_reason_count = 1;
}

static const struct fixture {
    const char *name;
    void (*make)(struct arena *a, struct scan_result *r);
} fixtures[] = {{"empty", fixture_base}, {"full", fixture_full}, {"hostile", fixture_hostile}, {"failed", fixture_failed}};
enum { FIXTURE_COUNT = sizeof fixtures / sizeof fixtures[0] };

static inline int fixture_make(struct arena *a, size_t index, struct scan_result *r, struct error *err) {
    fixtures[index].make(a, r);
    int code = graph_evaluate(a, r, err);
    return code == 0 ? score_compute(a, r, err) : code;
}

#endif
