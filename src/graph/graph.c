// SPDX-License-Identifier: Apache-2.0
// The verdict's way: what every scan knows is added as facts, then leaves, fixpoint, words, fixes.
#include "graph/graph_internal.h"

static bool has_fact(const struct scan_result *r, struct sv kind) {
    for (size_t i = 0; i < r->fact_count; i++) {
        if (sv_eq(r->facts[i].kind, kind))
            return true;
    }
    return false;
}

static bool something_answered(const struct scan_result *r) {
    bool answered = r->finding_count > 0;
    for (size_t i = 0; i < r->coverage_count && !answered; i++)
        answered = r->coverage[i].status == COVERAGE_PASSED || r->coverage[i].status == COVERAGE_FOUND;
    return answered;
}

static uint8_t confidence_of(double score) {
    return score >= 0.9 ? CONFIDENCE_CONFIRMED : score >= 0.6 ? CONFIDENCE_FIRM : CONFIDENCE_TENTATIVE;
}

struct extra_facts {
    struct fact list[5];
    size_t count;
};

static void add_extra(struct extra_facts *x, struct fact f) {
    f.subject_type = SV("api");
    f.subject = SV("");
    f.value = FACT_YES;
    x->list[x->count++] = f;
}

// Which service hands out the credentials that the stack recognised.
static struct sv source_of(struct sv identity) {
    return sv_eq(identity, SV("ec2-instance-profile")) ? SV("imds") : sv_eq(identity, SV("ecs-task-role")) ? SV("ecs") : SV_NONE;
}

// Facts that no check reports because the scan itself shows them.
static void make_extra(const struct scan_result *r, struct extra_facts *x) {
    if (!has_fact(r, SV("exposed")) && something_answered(r))
        add_extra(x, (struct fact){.kind = SV("exposed"), .evidence = SV("the scan reached it"), .confidence = CONFIDENCE_CONFIRMED});
    // stack layers: 2 is the datastore, 3 the cloud, 5 where the credentials come from (see scan_result)
    const struct result_stack_layer *store = &r->stack[2];
    const struct result_stack_layer *cloud = &r->stack[3];
    if (!has_fact(r, SV("datastore")) && store->id.len > 0)
        add_extra(x, (struct fact){.kind = SV("datastore"), .args = {{SV("name"), store->id}}, .arg_count = 1, .evidence = store->evidence,
                                   .confidence = confidence_of(store->confidence)});
    if (!has_fact(r, SV("stack")) && cloud->id.len > 0)
        add_extra(x, (struct fact){.kind = SV("stack"), .args = {{SV("layer"), SV("cloud")}, {SV("name"), cloud->id}}, .arg_count = 2,
                                   .evidence = cloud->evidence, .confidence = confidence_of(cloud->confidence)});
    struct sv source = source_of(r->stack[5].id);
    if (!has_fact(r, SV("credential_source")) && source.len > 0)
        add_extra(x, (struct fact){.kind = SV("credential_source"), .args = {{SV("source"), source}}, .arg_count = 1,
                                   .evidence = r->stack[5].evidence, .confidence = confidence_of(r->stack[5].confidence)});
    // Something runs the API, whatever its name.
    if (!has_fact(r, SV("runs")))
        add_extra(x, (struct fact){.kind = SV("runs"), .args = {{SV("container"), SV("container")}}, .arg_count = 1,
                                   .evidence = SV("true of every API"), .confidence = CONFIDENCE_CONFIRMED});
}

static int add_facts(struct arena *a, struct scan_result *r, struct error *err) {
    struct extra_facts x = {0};
    make_extra(r, &x);
    struct fact *grown = arena_new_array(a, struct fact, r->fact_count + x.count);
    if (grown == NULL)
        return error_nomem(err);
    uint32_t last = 0;
    for (size_t i = 0; i < r->fact_count; i++) {
        grown[i] = r->facts[i];
        last = grown[i].id > last ? grown[i].id : last;
    }
    for (size_t i = 0; i < x.count; i++) {
        grown[r->fact_count + i] = x.list[i];
        grown[r->fact_count + i].id = ++last;
    }
    r->facts = grown;
    r->fact_count += x.count;
    return 0;
}

static int take_warnings(struct evaluation *v, struct arena *a, struct scan_result *r, struct error *err) {
    if (v->cut && !VEC_PUSH(v->a, &v->warnings, SV("the escape verdict looked at a part of the facts only: there are too many")))
        return error_nomem(err);
    if (v->warnings.len == 0)
        return 0;
    struct sv *grown = arena_new_array(a, struct sv, r->warning_count + v->warnings.len);
    if (grown == NULL)
        return error_nomem(err);
    for (size_t i = 0; i < r->warning_count; i++)
        grown[i] = r->warnings[i];
    for (size_t i = 0; i < v->warnings.len; i++)
        grown[r->warning_count + i] = v->warnings.ptr[i];
    r->warnings = grown;
    r->warning_count += v->warnings.len;
    return 0;
}

int graph_evaluate_with(struct arena *a, const struct graph_rules *rules, struct scan_result *r, struct error *err) {
    struct evaluation v = {.a = a, .rules = rules};
    int code = add_facts(a, r, err);
    if (code == 0)
        code = evaluation_start(&v, r, err);
    if (code == 0)
        code = fixpoint_run(&v, err);
    if (code == 0)
        code = explain_goals(&v, r, err);
    if (code == 0)
        code = explain_fixes(&v, r, err);
    return code == 0 ? take_warnings(&v, a, r, err) : code;
}

int graph_evaluate(struct arena *a, struct scan_result *r, struct error *err) {
    const struct graph_rules *rules = NULL;
    int code = graph_rules_load(a, &rules, err);
    return code == 0 ? graph_evaluate_with(a, rules, r, err) : code;
}
