// SPDX-License-Identifier: Apache-2.0
#include "graph/graph.h"
#include "test.h"

struct bench {
    struct arena *a;
    struct fact facts[40];
    struct scan_result r;
};

static struct fact *add(struct bench *b, const char *kind, const char *type, const char *subject) {
    struct fact *f = &b->facts[b->r.fact_count];
    *f = (struct fact){.id = (uint32_t)b->r.fact_count + 1, .kind = sv_from(kind), .subject_type = sv_from(type), .subject = sv_from(subject),
                       .value = FACT_YES, .source = FACT_PROBE, .confidence = CONFIDENCE_CONFIRMED};
    b->r.facts = b->facts;
    b->r.fact_count++;
    return f;
}

static struct fact *arg(struct fact *f, const char *name, const char *value) {
    f->args[f->arg_count++] = (struct fact_arg){sv_from(name), sv_from(value)};
    return f;
}

static struct bench start(void **state) {
    return (struct bench){.a = *state};
}

static void evaluate(struct bench *b) {
    struct error err = {0};
    b->r.facts = b->facts;
    assert_ok(&err, graph_evaluate(b->a, &b->r, &err));
}

static const struct result_goal *goal(const struct bench *b, const char *name) {
    for (size_t i = 0; i < b->r.escape.goal_count; i++) {
        if (sv_eq(b->r.escape.goals[i].goal, sv_from(name)))
            return &b->r.escape.goals[i];
    }
    fail_msg("no goal %s", name);
    return NULL;
}

static const char *const credentials = "credentials of the infrastructure";
static const char *const node_code = "code execution on the node";

static void add_ssrf(struct bench *b, const char *method, const char *read) {
    add(b, "exposed", "api", "");
    arg(arg(arg(add(b, "ssrf", "endpoint", "GET /fetch"), "method", method), "read", read), "parameter", "url");
}

static void test_nothing_known(void **state) {
    struct bench b = start(state);
    evaluate(&b);
    assert_int_equal(b.r.escape.status, ESCAPE_NOT_SEEN);
    assert_true(b.r.escape.settle_count > 0);
    assert_int_equal(b.r.escape.fix_count, 0);
    for (size_t i = 0; i < b.r.escape.goal_count; i++)
        assert_int_equal(b.r.escape.goals[i].path_count, 0);
}

// An API that only answers, or runs on AWS with DynamoDB, has no path: assumptions alone never make one.
static void test_exposure_alone_is_no_path(void **state) {
    struct bench b = start(state);
    add(&b, "exposed", "api", "");
    arg(add(&b, "datastore", "api", ""), "name", "dynamodb");
    arg(arg(add(&b, "stack", "api", ""), "layer", "cloud"), "name", "aws");
    arg(add(&b, "credential_source", "api", ""), "source", "imds");
    add(&b, "admin_open", "endpoint", "GET /admin");
    evaluate(&b);
    assert_int_equal(b.r.escape.status, ESCAPE_NOT_SEEN);
}

static void test_confirmed_metadata(void **state) {
    struct bench b = start(state);
    add_ssrf(&b, "get", "full");
    arg(arg(add(&b, "metadata_reachable", "endpoint", "GET /fetch"), "service", "imds"), "version", "v1");
    evaluate(&b);
    assert_int_equal(b.r.escape.status, ESCAPE_CONFIRMED);
    const struct result_goal *g = goal(&b, credentials);
    assert_int_equal(g->status, ESCAPE_CONFIRMED);
    assert_int_equal(g->assumption_count, 0);
    const struct result_step *last = &g->path[g->path_count - 1];
    assert_sv_text(last->rule, "R20");
    assert_non_null(strstr(last->text.ptr, "GET /fetch"));
    bool has_leaf = false;
    for (size_t i = 0; i < g->path_count; i++)
        has_leaf = has_leaf || (g->path[i].rule.len == 0 && g->path[i].fact == 3);
    assert_true(has_leaf);
    assert_int_equal(goal(&b, node_code)->status, ESCAPE_NOT_SEEN);
}

// Each leaf of the only confirmed path is needed.
static void test_every_leaf_counts(void **state) {
    for (size_t without = 0; without < 3; without++) {
        struct bench b = start(state);
        add_ssrf(&b, "get", "full");
        arg(arg(add(&b, "metadata_reachable", "endpoint", "GET /fetch"), "service", "imds"), "version", "v1");
        b.facts[without].value = FACT_NO;
        add(&b, "imdsv1_answers", "node", "")->value = FACT_NO;
        evaluate(&b);
        assert_int_equal(b.r.escape.status, ESCAPE_NOT_SEEN);
    }
}

static void test_other_endpoint_does_not_help(void **state) {
    struct bench b = start(state);
    add_ssrf(&b, "get", "full");
    arg(arg(add(&b, "metadata_reachable", "endpoint", "GET /other"), "service", "imds"), "version", "v1");
    evaluate(&b);
    assert_int_equal(b.r.escape.status, ESCAPE_CONDITIONAL);
}

static void test_unknown_metadata_is_conditional(void **state) {
    struct bench b = start(state);
    add_ssrf(&b, "get", "full");
    evaluate(&b);
    assert_int_equal(b.r.escape.status, ESCAPE_CONDITIONAL);
    const struct result_goal *g = goal(&b, credentials);
    assert_int_equal(g->assumption_count, 2);
    assert_non_null(strstr(g->assumptions[1].settle.ptr, "169.254.169.254"));
    assert_true(b.r.escape.fix_count > 0);
}

static void test_credential_source_saves_an_assumption(void **state) {
    struct bench b = start(state);
    add_ssrf(&b, "get", "full");
    arg(add(&b, "credential_source", "api", ""), "source", "imds");
    evaluate(&b);
    assert_int_equal(goal(&b, credentials)->status, ESCAPE_CONDITIONAL);
    assert_int_equal(goal(&b, credentials)->assumption_count, 1);
}

static void test_tokens_enforced_shuts_the_way(void **state) {
    struct bench b = start(state);
    add_ssrf(&b, "get", "full");
    add(&b, "imdsv2_enforced", "node", "");
    arg(arg(add(&b, "metadata_reachable", "endpoint", "GET /fetch"), "service", "imds"), "version", "v2");
    evaluate(&b);
    assert_int_equal(b.r.escape.status, ESCAPE_NOT_SEEN);
}

static void test_free_method_needs_the_hop_limit(void **state) {
    struct bench b = start(state);
    add_ssrf(&b, "any", "full");
    add(&b, "imdsv2_enforced", "node", "");
    arg(arg(add(&b, "metadata_reachable", "endpoint", "GET /fetch"), "service", "imds"), "version", "v2");
    evaluate(&b);
    assert_int_equal(b.r.escape.status, ESCAPE_CONDITIONAL);
    assert_int_equal(goal(&b, credentials)->assumption_count, 1);
}

static void test_blind_is_not_read(void **state) {
    struct bench b = start(state);
    add_ssrf(&b, "get", "blind");
    arg(arg(add(&b, "metadata_reachable", "endpoint", "GET /fetch"), "service", "imds"), "version", "v1");
    evaluate(&b);
    assert_int_equal(b.r.escape.status, ESCAPE_NOT_SEEN);
}

// Confidence of a probe bounds the rank: firm is likely, tentative conditional.
static void test_confidence_bounds_the_rank(void **state) {
    static const enum escape_status want[CONFIDENCE_COUNT] = {ESCAPE_CONDITIONAL, ESCAPE_LIKELY, ESCAPE_CONFIRMED};
    for (uint8_t c = 0; c < CONFIDENCE_COUNT; c++) {
        struct bench b = start(state);
        add(&b, "exposed", "api", "");
        arg(add(&b, "credential_leak", "endpoint", "GET /env"), "class", "aws_secret_key")->confidence = c;
        evaluate(&b);
        assert_int_equal(b.r.escape.status, want[c]);
    }
}

static void test_other_leaks_are_no_escape(void **state) {
    struct bench b = start(state);
    add(&b, "exposed", "api", "");
    arg(add(&b, "credential_leak", "endpoint", "GET /env"), "class", "stripe_key");
    evaluate(&b);
    assert_int_equal(b.r.escape.status, ESCAPE_NOT_SEEN);
}

static void test_table_control_depends_on_the_role(void **state) {
    struct bench b = start(state);
    add(&b, "exposed", "api", "");
    arg(add(&b, "table_control", "endpoint", "GET /items"), "parameter", "table");
    evaluate(&b);
    const struct result_goal *g = goal(&b, "tables of others");
    assert_int_equal(g->status, ESCAPE_CONDITIONAL);
    assert_non_null(strstr(g->assumptions[0].settle.ptr, "aws iam"));
    assert_int_equal(goal(&b, credentials)->status, ESCAPE_NOT_SEEN);
}

static void add_privileged(struct bench *b, enum fact_source source) {
    add(b, "exposed", "api", "");
    arg(add(b, "runs", "api", ""), "container", "web")->source = source;
    arg(add(b, "observed", "container", "web"), "by", "posture")->source = source;
    arg(add(b, "on_node", "container", "web"), "node", "n1")->source = source;
    add(b, "privileged", "container", "web")->source = source;
}

static void test_privileged_waits_for_code_execution(void **state) {
    struct bench b = start(state);
    add_privileged(&b, FACT_POSTURE);
    evaluate(&b);
    assert_int_equal(goal(&b, node_code)->status, ESCAPE_CONDITIONAL);
    add(&b, "code_execution", "container", "web")->source = FACT_OPERATOR;
    evaluate(&b);
    assert_int_equal(goal(&b, node_code)->status, ESCAPE_LIKELY);
    add(&b, "user_namespace", "container", "web")->source = FACT_POSTURE;
    evaluate(&b);
    assert_int_equal(goal(&b, node_code)->status, ESCAPE_NOT_SEEN);
}

static void test_observed_beats_declared_and_drift_is_told(void **state) {
    struct bench b = start(state);
    add_privileged(&b, FACT_POSTURE);
    add(&b, "code_execution", "container", "web");
    struct fact *f = add(&b, "privileged", "container", "web");
    f->source = FACT_DECLARED;
    f->value = FACT_NO;
    evaluate(&b);
    assert_int_equal(goal(&b, node_code)->status, ESCAPE_CONFIRMED);
    assert_int_equal(b.r.warning_count, 1);
    assert_non_null(strstr(b.r.warnings[0].ptr, "drift"));
}

static void test_contradiction_is_unknown(void **state) {
    struct bench b = start(state);
    add_privileged(&b, FACT_POSTURE);
    add(&b, "code_execution", "container", "web");
    add(&b, "privileged", "container", "web")->value = FACT_NO;
    evaluate(&b);
    assert_int_equal(goal(&b, node_code)->status, ESCAPE_CONDITIONAL);
    assert_int_equal(b.r.warning_count, 1);
}

// With the advice followed, the goals are gone: applied by hand here, fact by fact.
static void test_fixes_close_the_path(void **state) {
    struct bench b = start(state);
    add_ssrf(&b, "get", "full");
    arg(arg(add(&b, "metadata_reachable", "endpoint", "GET /fetch"), "service", "imds"), "version", "v1");
    evaluate(&b);
    assert_int_equal(b.r.escape.fix_count, 1);
    assert_non_null(strstr(b.r.escape.fixes[0].advice.ptr, "fixed list"));
    b.facts[1].value = FACT_NO;
    b.facts[2].value = FACT_NO;
    evaluate(&b);
    assert_int_equal(b.r.escape.status, ESCAPE_NOT_SEEN);
}

static void test_unknown_kinds_and_many_facts(void **state) {
    struct bench b = start(state);
    add(&b, "no_such_kind", "api", "");
    evaluate(&b);
    assert_int_equal(b.r.escape.status, ESCAPE_NOT_SEEN);
    size_t count = 5000;
    struct fact *many = arena_new_array(b.a, struct fact, count);
    for (size_t i = 0; i < count; i++) {
        struct sv name = arena_printf(b.a, "GET /%zu", i);
        many[i] = (struct fact){.id = (uint32_t)i + 1, .kind = i % 2 == 0 ? SV("ssrf") : SV("metadata_reachable"), .subject_type = SV("endpoint"), .subject = name,
                                .value = FACT_YES, .confidence = CONFIDENCE_CONFIRMED,
                                .args = {{i % 2 == 0 ? SV("read") : SV("service"), i % 2 == 0 ? SV("full") : SV("imds")}, {SV("version"), SV("v1")}}, .arg_count = 2};
    }
    struct scan_result r = {.facts = many, .fact_count = count};
    struct error err = {0};
    assert_ok(&err, graph_evaluate(b.a, &r, &err));
    assert_int_equal(r.warning_count, 1);
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_nothing_known),
    test_with_arena(test_exposure_alone_is_no_path),
    test_with_arena(test_confirmed_metadata),
    test_with_arena(test_every_leaf_counts),
    test_with_arena(test_other_endpoint_does_not_help),
    test_with_arena(test_unknown_metadata_is_conditional),
    test_with_arena(test_credential_source_saves_an_assumption),
    test_with_arena(test_tokens_enforced_shuts_the_way),
    test_with_arena(test_free_method_needs_the_hop_limit),
    test_with_arena(test_blind_is_not_read),
    test_with_arena(test_confidence_bounds_the_rank),
    test_with_arena(test_other_leaks_are_no_escape),
    test_with_arena(test_table_control_depends_on_the_role),
    test_with_arena(test_privileged_waits_for_code_execution),
    test_with_arena(test_observed_beats_declared_and_drift_is_told),
    test_with_arena(test_contradiction_is_unknown),
    test_with_arena(test_fixes_close_the_path),
    test_with_arena(test_unknown_kinds_and_many_facts),
};

TEST_MAIN(tests)
