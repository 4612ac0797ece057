// SPDX-License-Identifier: Apache-2.0
// Live operations that the description does not list. Only where there is a description, only for answers that an API gives (JSON), and only
// where no other check has told of the operation already.
#include "checks/run.h"
#include "http/header.h"

static bool is_plumbing(struct sv class) {
    static const struct sv classes[] = {SV_INIT("docs"), SV_INIT("spec"), SV_INIT("health"), SV_INIT("metrics"), SV_INIT("debug")};
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (sv_eq(class, classes[i])) return true;
    }
    return false;
}

// What lies below a page of the framework ("/actuator/info") is the framework's, too, and has the same cause.
static bool is_below_plumbing(const struct check_run *run, struct sv path) {
    const struct api *api = check_api(run);
    for (size_t i = 0; i < api->operation_count; i++) {
        struct sv above = api->operations[i]->path;
        while (sv_ends_with(above, SV("/"))) above.len--;
        if (above.len > 0 && path.len > above.len + 1 && sv_starts_with(path, above) && path.ptr[above.len] == '/' &&
            is_plumbing(check_route_class(run, api->operations[i])))
            return true;
    }
    return false;
}

// The entrance of a service names it, its version, its links; descriptions rarely list it.
static bool is_entrance(const struct check_run *run, struct sv path) {
    struct sv target = check_target(run)->path;
    while (sv_ends_with(target, SV("/"))) target.len--;
    while (sv_ends_with(path, SV("/"))) path.len--;
    return path.len == 0 || sv_eq(path, target);
}

static struct sv without_slash(struct sv path) {
    while (path.len > 1 && sv_ends_with(path, SV("/"))) path.len--;
    return path;
}

// "/a" and "/a/" are one place to those who write descriptions.
static bool is_described(const struct api *api, struct sv path) {
    path = without_slash(path);
    for (size_t i = 0; i < api->operation_count; i++) {
        if ((api->operations[i]->sources & SOURCE_SPEC) != 0 && path_template_matches(without_slash(api->operations[i]->path), path))
            return true;
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

static int finish(struct check_run *run, struct error *err) {
    const struct api *api = check_api(run);
    if (api->spec_name.len == 0) return 0;
    for (size_t i = 0; i < api->operation_count; i++) {
        const struct operation *op = api->operations[i];
        const struct baseline *b = check_baseline(run, op, 0);
        if ((op->sources & SOURCE_SPEC) != 0 || is_described(api, op->path)) {
            if (b->answer != NULL) check_coverage(run, op, COVERAGE_PASSED, NULL);
            else check_coverage(run, op, COVERAGE_INCONCLUSIVE, "it gave no answer");
            continue;
        }
        bool plumbing = is_plumbing(check_route_class(run, op)) || is_below_plumbing(run, op->path) || is_entrance(run, op->path) ||
                        check_operation_is_documentation(run, op);
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
    .traits = CHECK_PASSIVE | CHECK_READ_ONLY,
    .finish = finish,
};
