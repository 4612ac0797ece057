// SPDX-License-Identifier: Apache-2.0
// Debug pages left open (data/debug-routes.yaml). A page counts when its texts stand in the answer, twice, and it is outside the absence model.
#include "checks/support/debug_pages.h"

struct state {
    bool planned;
};
struct trial {
    const struct node *route;
};

static struct sv base_path(const struct check_run *run) {
    struct sv path = check_target(run)->path;
    return sv_ends_with(path, SV("/")) ? sv_slice(path, 0, path.len - 1) : path;
}

static int ask(struct check_run *run, const struct node *route, struct sv prefix, uint16_t round, struct error *err) {
    struct experiment *e = check_experiment(run, NULL, 0);
    struct trial *t = e == NULL ? NULL : arena_new(&e->arena, struct trial);
    if (t == NULL) return error_nomem(err);
    t->route = route;
    e->user = t;
    e->round = round;
    e->value = 0.5;
    e->purpose = round > 1 ? PURPOSE_CONFIRM : PURPOSE_CHECK;
    struct request rq = {.method = SV("GET"), .target = arena_printf(&e->arena, SV_FMT SV_FMT, SV_ARG(prefix), SV_ARG(node_get_text(route, SV("path"))))};
    if (rq.target.ptr == NULL || check_probe(run, e, ROLE_PROBE, 0, &rq) == NULL) return error_nomem(err);
    check_submit(run, e);
    return 0;
}

// Once a host, at the first operation that is planned.
static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    struct state *s = check_state(run);
    check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "debug pages are asked for once a host");
    if (s->planned) return 0;
    s->planned = true;
    const struct node *routes = node_get(check_knowledge(run, "debug-routes"), SV("routes"));
    struct sv prefix = base_path(run);
    for (const struct node *n = routes == NULL ? NULL : routes->first; n != NULL; n = n->next) {
        int r = ask(run, n, SV_NONE, 1, err);
        if (r == 0 && prefix.len > 0) r = ask(run, n, prefix, 1, err);
        if (r != 0) return r;
    }
    check_coverage(run, op, COVERAGE_PASSED, NULL);
    return 0;
}

static const struct operation *api_operation(const struct check_run *run, struct sv method, struct sv path) {
    const struct api *api = check_api(run);
    for (size_t i = 0; i < api->operation_count; i++) {
        if (sv_eq(api->operations[i]->method, method) && sv_eq(api->operations[i]->path, path)) return api->operations[i];
    }
    return NULL;
}

static enum impact impact_of(const struct node *route) {
    struct sv text = node_get_text(route, SV("impact"));
    return sv_eq(text, SV("admin")) ? IMPACT_ADMIN : sv_eq(text, SV("internal")) ? IMPACT_INTERNAL : IMPACT_HARDENING;
}

static bool is_published(const struct check_run *run, const struct node *route, struct sv path) {
    const struct operation *op = impact_of(route) == IMPACT_HARDENING ? api_operation(run, SV("GET"), path) : NULL;
    return op != NULL && (op->sources & (SOURCE_SPEC | SOURCE_LINK)) != 0;
}

static struct sv cause_of(const struct node *route) {
    struct sv cause = node_get_text(route, SV("cause"));
    return cause.len > 0 ? cause : node_get_text(route, SV("id"));
}

static int report(struct check_run *run, struct experiment *e, const struct node *route, struct error *err) {
    static const struct finding_effect effects[] = {{.category = CATEGORY_EXPOSURE, .cwe = 215}, {.category = CATEGORY_BFLA, .cwe = 862}};
    struct arena *a = check_arena(run);
    struct sv id = node_get_text(route, SV("id")), path = e->probes[0].request.target;
    struct sv title = arena_printf(a, "Debug page open to anybody: " SV_FMT, SV_ARG(node_get_text(route, SV("title"))));
    struct fact fact = {
        .kind = SV("debug_route"), .subject_type = SV("endpoint"), .subject = arena_printf(a, "GET " SV_FMT, SV_ARG(path)), .args = {{SV("class"), id}},
        .arg_count = 1, .value = FACT_YES, .source = FACT_PROBE, .confidence = CONFIDENCE_CONFIRMED};
    if (title.ptr == NULL || fact.subject.ptr == NULL) return error_nomem(err);
    const struct evidence_item evidence = check_evidence(e, 0, EVIDENCE_PROBE, "the page's own texts stand in the answer");
    const struct finding f = {
        .category = CATEGORY_INVENTORY,
        .cause = cause_of(route),
        .scope = SCOPE_HOST,
        .impact = impact_of(route),
        .who = WHO_ANYONE,
        .confidence = CONFIDENCE_CONFIRMED,
        .title = title,
        .reason = SV("the page answered without credentials, twice, with the texts that only it has"),
        .method = SV("GET"),
        .path = path,
        .operation = api_operation(run, SV("GET"), path),
        .evidence = &evidence,
        .evidence_count = 1,
        .effects = effects,
        .effect_count = 2,
        .facts = {check_fact(run, &fact)},
    };
    return check_report(run, &f, err);
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    const struct trial *t = e->user;
    const struct exchange *x = e->exchanges[0];
    if (!exchange_answered(x) || x->response.status != 200 || !debug_page_shows(t->route, x->response.body)) return 0;
    enum presence p = check_presence(run, e, 0);
    if (p == PRESENCE_UNKNOWN) return JUDGE_WAIT;
    if (p == PRESENCE_NOTHING) return 0;
    struct sv path = e->probes[0].request.target, own = node_get_text(t->route, SV("path"));
    if (is_published(run, t->route, path)) return 0;
    if (e->round > 1) return report(run, e, t->route, err);
    return ask(run, t->route, sv_slice(path, 0, path.len - own.len), 2, err);
}

const struct check check_debug_route = {
    .id = "debug-route",
    .title = "Debug pages left open",
    .category = CATEGORY_INVENTORY,
    .owasp = "API9:2023",
    .cwe = 489,
    .traits = CHECK_READ_ONLY,
    .state_size = sizeof(struct state),
    .plan = plan,
    .judge = judge,
};
