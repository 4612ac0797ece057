// SPDX-License-Identifier: Apache-2.0
// Live operations that the description does not list: those that discovery met, and copies of described collections under the names of
// data/wordlists/parallel-prefixes.yaml. Only where there is a description, only for answers that an API gives (JSON), and only where no other
// check has told of the operation already.
#include "checks/run.h"
#include "http/header.h"

static bool is_plumbing(struct sv class) {
    static const struct sv classes[] = {SV_INIT("docs"), SV_INIT("spec"), SV_INIT("health"), SV_INIT("metrics"), SV_INIT("debug")};
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (sv_eq(class, classes[i])) return true;
    }
    return false;
}

static bool is_described(const struct api *api, struct sv path) {
    for (size_t i = 0; i < api->operation_count; i++) {
        if ((api->operations[i]->sources & SOURCE_SPEC) != 0 && path_template_matches(api->operations[i]->path, path)) return true;
    }
    return false;
}

static bool answers_json(const struct baseline *b) {
    auto_arena a = {0};
    arena_init(&a, (size_t)16 * 1024);
    return b->answer != NULL && b->answer->response.body.len > 0 &&
           media_type_is_json(media_type_essence(&a, header_find(&b->answer->response.headers, SV("Content-Type"))));
}

static int tell(struct check_run *run, const struct operation *op, const struct baseline *b, struct error *err) {
    static const struct finding_effect effects[] = {{.category = CATEGORY_EXPOSURE, .cwe = 200}, {.category = CATEGORY_PROPERTY, .cwe = 213}};
    const struct evidence_item evidence = {.role = EVIDENCE_PROBE, .exchange = b->answer, .note = SV("it answers, and the description does not list it")};
    struct sv key = arena_printf(check_arena(run), SV_FMT " " SV_FMT, SV_ARG(op->method), SV_ARG(path_template_nameless(check_arena(run), op->path)));
    const struct finding f = {
        .category = CATEGORY_INVENTORY,
        .cause = SV("undocumented-route"),
        .scope = SCOPE_OPERATION,
        .scope_key = key,
        .impact = IMPACT_HARDENING,
        .who = WHO_ANYONE,
        .confidence = CONFIDENCE_CONFIRMED,
        .title = SV("A live operation is missing from the description"),
        .reason = SV("it gives data to anybody, random names beside it do not exist, and the description does not list it"),
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

// "/v2/orders" and "beta": "/v2/beta/orders".
static int ask(struct check_run *run, const struct operation *op, struct sv prefix, uint16_t round, struct error *err) {
    struct experiment *e = check_experiment(run, op, 0);
    struct sv *name = e == NULL ? NULL : arena_new(&e->arena, struct sv);
    if (name == NULL) return error_nomem(err);
    struct request rq = check_baseline(run, op, 0)->request;
    struct sv dir = path_directory(op->path);
    *name = prefix;
    rq.target = arena_printf(&e->arena, SV_FMT SV_FMT "/" SV_FMT, SV_ARG(dir), SV_ARG(prefix), SV_ARG(sv_from_index(op->path, dir.len)));
    e->user = name;
    e->round = round;
    e->value = 0.4;
    e->purpose = round > 1 ? PURPOSE_CONFIRM : PURPOSE_CHECK;
    if (rq.target.ptr == NULL || check_probe(run, e, ROLE_PROBE, 0, &rq) == NULL) return error_nomem(err);
    if (!is_described(check_api(run), rq.target)) check_submit(run, e);
    return 0;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    const struct baseline *b = check_baseline(run, op, 0);
    bool collection = (op->sources & SOURCE_SPEC) != 0 && sv_eq(op->method, SV("GET")) && b->state == BASELINE_GOOD &&
                      sv_find_char(op->path, '{') == SIZE_MAX && !sv_ends_with(op->path, SV("/")) && answers_json(b);
    if (!collection || check_operation_is_documentation(run, op)) return 0;
    const struct node *list = node_get(check_knowledge(run, "wordlists/parallel-prefixes"), SV("prefixes"));
    for (const struct node *n = node_is(list, NODE_ARRAY) ? list->first : NULL; n != NULL; n = n->next) {
        int r = ask(run, op, node_get_text(n, SV("prefix")), 1, err);
        if (r != 0) return r;
    }
    return 0;
}

static int tell_copy(struct check_run *run, struct experiment *e, struct error *err) {
    static const struct finding_effect effects[] = {{.category = CATEGORY_EXPOSURE, .cwe = 200}, {.category = CATEGORY_PROPERTY, .cwe = 213}};
    const struct evidence_item evidence = check_evidence(e, 0, EVIDENCE_PROBE, "it answers, and the description does not list it");
    struct sv path = e->probes[0].request.target;
    struct sv key = arena_printf(&e->arena, "GET " SV_FMT, SV_ARG(path));
    if (key.ptr == NULL) return error_nomem(err);
    const struct finding f = {
        .category = CATEGORY_INVENTORY,
        .cause = SV("undocumented-route"),
        .scope = SCOPE_OPERATION,
        .scope_key = key,
        .impact = IMPACT_HARDENING,
        .who = WHO_ANYONE,
        .confidence = CONFIDENCE_CONFIRMED,
        .title = SV("A live operation is missing from the description"),
        .reason = SV("a copy of a described collection answers with data under another name, twice; random names beside it do not"),
        .method = SV("GET"),
        .path = path,
        .evidence = &evidence,
        .evidence_count = 1,
        .effects = effects,
        .effect_count = 2,
    };
    return check_report(run, &f, err);
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    const struct exchange *x = e->exchanges[0];
    auto_arena a = {0};
    arena_init(&a, (size_t)16 * 1024);
    if (!exchange_answered(x) || x->response.status < 200 || x->response.status >= 300 || x->response.body.len == 0 ||
        !media_type_is_json(media_type_essence(&a, header_find(&x->response.headers, SV("Content-Type")))))
        return 0;
    enum presence p = check_presence(run, e, 0);
    if (p == PRESENCE_UNKNOWN) return JUDGE_WAIT;
    if (p == PRESENCE_NOTHING) return 0;
    return e->round > 1 ? tell_copy(run, e, err) : ask(run, e->operation, *(const struct sv *)e->user, 2, err);
}

static int finish(struct check_run *run, struct error *err) {
    const struct api *api = check_api(run);
    if (api->spec_name.len == 0) return 0;
    for (size_t i = 0; i < api->operation_count; i++) {
        const struct operation *op = api->operations[i];
        const struct baseline *b = check_baseline(run, op, 0);
        if ((op->sources & SOURCE_SPEC) != 0 || is_described(api, op->path)) {
            check_coverage(run, op, COVERAGE_PASSED, NULL);
            continue;
        }
        bool plumbing = is_plumbing(check_route_class(run, op)) || check_operation_is_documentation(run, op);
        if (b->state != BASELINE_GOOD || plumbing || check_operation_has_finding(run, op) || !answers_json(b)) continue;
        int r = tell(run, op, b, err);
        if (r != 0) return r;
    }
    return 0;
}

const struct check check_undocumented_route = {
    .id = "undocumented-route",
    .title = "Live operations that the description does not list",
    .category = CATEGORY_INVENTORY,
    .owasp = "API9:2023",
    .cwe = 1059,
    .traits = CHECK_READ_ONLY,
    .plan = plan,
    .judge = judge,
    .finish = finish,
};
