// SPDX-License-Identifier: Apache-2.0
// Page sizes without a bound. Where a maximum is documented: does a larger number give more rows than it? Where none is: does a very large one give
// ten times the usual page?
//
// Truth condition, in two rounds with different numbers: more rows than the maximum (or ten times the rows of the ordinary answer), while a small number
// asked for beside it gives that many at most, so that the rows follow the parameter.
#include "checks/support/access.h"
#include "checks/support/url_params.h"
#include "checks/support/words.h"

enum { LARGE, SMALL, SMALL_ROWS = 2, DEPTH_MAX = 6, TIMES = 10, MAXIMUM_MAX = 100000 };
#define MANY UINT64_C(100000)

static bool is_page_size(struct check_run *run, const struct parameter *p) {
    struct word w = word_of(p->name);
    if (p->in != PARAM_QUERY || (p->schema->types != 0 && (p->schema->types & (TYPE_INTEGER | TYPE_NUMBER)) == 0)) return false;
    if (sv_ends_with(p->name, SV("[size]")) || sv_ends_with(p->name, SV("[limit]"))) return true;
    return words_have(words_list(check_knowledge(run, "limits"), SV("page_size_params")), &w);
}

static size_t find_parameter(struct check_run *run, const struct operation *op) {
    for (size_t i = 0; i < op->parameter_count; i++) {
        if (is_page_size(run, &op->parameters[i])) return i;
    }
    return SIZE_MAX;
}

// Rows of the longest list in an answer, SIZE_MAX when it has none.
static size_t longest(const struct node *n, unsigned depth) {
    size_t best = node_is(n, NODE_ARRAY) ? n->count : SIZE_MAX;
    if (depth == 0 || (n->kind != NODE_ARRAY && n->kind != NODE_OBJECT) || n->kind == NODE_ARRAY) return best;
    for (const struct node *c = n->first; c != NULL; c = c->next) {
        size_t inner = longest(c, depth - 1);
        if (inner != SIZE_MAX && (best == SIZE_MAX || inner > best)) best = inner;
    }
    return best;
}

static size_t rows_of(const struct exchange *x) {
    if (!exchange_answered(x) || x->response.status < 200 || x->response.status > 299) return SIZE_MAX;
    auto_arena a = {.limit = (size_t)128 << 20};
    struct node *root = NULL;
    if (node_parse_json(&a, x->response.body, &node_limits_response, &root, NULL) != 0) return SIZE_MAX;
    return longest(root, DEPTH_MAX);
}

// 0: no maximum is documented.
static uint64_t documented_maximum(const struct parameter *p) {
    double m = p->schema->has_maximum ? p->schema->maximum : 0;
    return m >= 1 && m <= MAXIMUM_MAX ? (uint64_t)m : 0;
}

static int ask(struct check_run *run, const struct operation *op, size_t parameter, size_t identity, uint16_t round, struct error *err) {
    struct experiment *e = check_experiment(run, op, (uint32_t)identity);
    if (e == NULL) return error_nomem(err);
    const struct call *call = &check_baseline(run, op, identity)->call;
    uint64_t maximum = documented_maximum(&op->parameters[parameter]);
    uint64_t spread = rng_between(check_rng(run), 3, 97), number = maximum > 0 ? maximum * (UINT64_C(1) + round) + spread : MANY * round - spread;
    struct sv large = arena_printf(&e->arena, "%llu", (unsigned long long)number), small = arena_printf(&e->arena, "%d", SMALL_ROWS);
    e->round = round;
    e->parameter = parameter;
    e->value = round == 1 ? 0.5 : 4;
    if (round > 1) e->purpose = PURPOSE_CONFIRM;
    bool ok = large.ptr != NULL && small.ptr != NULL && check_probe_value(run, e, ROLE_PROBE, identity, call, parameter, large) != NULL;
    // The control is only sent when there is something to be controlled.
    if (ok && round > 1) ok = check_probe_value(run, e, ROLE_CONTROL, identity, call, parameter, small) != NULL;
    if (!ok) return error_nomem(err);
    (void)check_submit(run, e);
    return 0;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    size_t parameter = find_parameter(run, op), identity = best_identity(run, op);
    if (parameter == SIZE_MAX || !sv_eq(op->method, SV("GET"))) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "has no page size");
        return 0;
    }
    const struct baseline *b = check_baseline(run, op, identity == SIZE_MAX ? 0 : identity);
    if (identity == SIZE_MAX || b->state != BASELINE_GOOD) {
        check_coverage(run, op, b->state == BASELINE_BAD ? COVERAGE_INCONCLUSIVE : COVERAGE_NOT_TESTED, "never gave a good answer");
        return 0;
    }
    if (rows_of(b->answer) == SIZE_MAX) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "its answer has no list");
        return 0;
    }
    return ask(run, op, parameter, identity, 1, err);
}

// How many rows are too many.
static size_t bound_of(struct check_run *run, const struct experiment *e) {
    uint64_t maximum = documented_maximum(&e->operation->parameters[e->parameter]);
    size_t usual = rows_of(check_baseline(run, e->operation, e->tag)->answer);
    if (maximum > 0) return (size_t)maximum;
    return usual == SIZE_MAX || usual == 0 ? SIZE_MAX : usual * TIMES - 1;
}

static int report(struct check_run *run, struct experiment *e, size_t rows, size_t bound, struct error *err) {
    static const struct finding_effect effects[] = {{.category = CATEGORY_INPUT, .cwe = 20}};
    const struct operation *op = e->operation;
    const struct parameter *p = &op->parameters[e->parameter];
    bool documented = documented_maximum(p) > 0;
    const struct evidence_item evidence[] = {check_evidence(e, LARGE, EVIDENCE_PROBE, "a large number"),
                                             check_evidence(e, SMALL, EVIDENCE_CONTROL, "a small number: the rows follow it")};
    struct finding f = {
        .category = CATEGORY_RATE,
        .cause = SV("page-size-unbounded"),
        .scope = SCOPE_OPERATION,
        .scope_key = access_key(&e->arena, op->method, op->path),
        .impact = IMPACT_HARDENING,
        .who = e->tag == 0 ? WHO_ANYONE : WHO_USER,
        .confidence = CONFIDENCE_CONFIRMED,
        .title = documented ? SV("Pages may be larger than the documented maximum") : SV("Pages may be as large as the caller likes"),
        .reason = documented ? arena_printf(&e->arena, "%zu rows came where the description allows %zu", rows, bound)
                             : arena_printf(&e->arena, "%zu rows came, more than ten times the usual page", rows),
        .method = op->method,
        .path = op->path,
        .parameter = p->name,
        .parameter_in = p->in,
        .operation = op,
        .evidence = evidence,
        .evidence_count = 2,
        .effects = effects,
        .effect_count = documented ? 1 : 0,
    };
    if (f.scope_key.ptr == NULL || f.reason.ptr == NULL) return error_nomem(err);
    return check_report(run, &f, err);
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    const struct exchange *x = e->exchanges[LARGE];
    size_t rows = rows_of(x), bound = bound_of(run, e);
    bool documented = documented_maximum(&e->operation->parameters[e->parameter]) > 0;
    if (!exchange_answered(x) || x->response.status >= 500 || (rows == SIZE_MAX && x->response.status < 300)) {
        check_coverage(run, e->operation, COVERAGE_INCONCLUSIVE, "a large page was not answered, or could not be read");
        return 0;
    }
    if (rows == SIZE_MAX || rows <= bound) {
        // Fewer rows than the bound may be all there are: then nothing was shown.
        bool refused = rows == SIZE_MAX || rows == bound || !documented;
        check_coverage(run, e->operation, refused ? COVERAGE_PASSED : COVERAGE_INCONCLUSIVE, refused ? NULL : "there may be no more rows than the answer had");
        return 0;
    }
    if (e->round == 1) return ask(run, e->operation, e->parameter, e->tag, 2, err);
    size_t few = rows_of(e->exchanges[SMALL]);
    if (few == SIZE_MAX || few > SMALL_ROWS) {
        check_coverage(run, e->operation, COVERAGE_PASSED, "the rows do not follow the parameter");
        return 0;
    }
    return report(run, e, rows, bound, err);
}

const struct check check_page_size = {
    .id = "page-size",
    .title = "Page sizes without a bound",
    .category = CATEGORY_RATE,
    .owasp = "API4:2023",
    .cwe = 770,
    .traits = CHECK_READ_ONLY,
    .plan = plan,
    .judge = judge,
};
