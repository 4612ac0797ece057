// SPDX-License-Identifier: Apache-2.0
// An older version beside the current one: /v1/orders answers although clients are told to use /v2/orders. The older path of every exercised
// operation is asked for once, without credentials. Where the current one refuses callers without credentials and the older one does not, the older
// one is a way around the authentication.
#include "checks/support/signs.h"
#include "http/header.h"

enum { VERSION_MAX = 99 };

struct trial {
    struct sv path, segment; // older path (a template where the current one is), its version segment
    bool current_refuses;    // callers without credentials
};

// "v2", "V10": 2, 10; 0 when it is no version.
static unsigned version_of(struct sv segment) {
    if (segment.len < 2 || segment.len > 3 || (segment.ptr[0] != 'v' && segment.ptr[0] != 'V') || !sv_is_digits(sv_from_index(segment, 1))) return 0;
    unsigned n = 0;
    for (size_t i = 1; i < segment.len; i++) n = n * 10 + (unsigned)(segment.ptr[i] - '0');
    return n <= VERSION_MAX ? n : 0;
}

// Replaces the first version segment by the one before it. ptr NULL when there is none.
static struct sv older(struct arena *a, struct sv path, struct sv *ret_segment) {
    size_t begin = 0;
    while (begin < path.len) {
        struct sv rest = sv_from_index(path, begin + 1);
        size_t slash = sv_find_char(rest, '/');
        struct sv segment = slash == SIZE_MAX ? rest : sv_slice(rest, 0, slash);
        unsigned n = version_of(segment);
        if (n > 1) {
            *ret_segment = arena_printf(a, "%c%u", (int)segment.ptr[0], n - 1);
            return arena_printf(a, SV_FMT SV_FMT SV_FMT, SV_ARG(sv_slice(path, 0, begin + 1)), SV_ARG(*ret_segment),
                                SV_ARG(sv_from_index(path, begin + 1 + segment.len)));
        }
        begin += 1 + segment.len;
    }
    return SV_NONE;
}

static bool is_described(const struct check_run *run, struct sv path) {
    const struct api *api = check_api(run);
    for (size_t i = 0; i < api->operation_count; i++) {
        const struct operation *op = api->operations[i];
        if ((op->sources & SOURCE_SPEC) != 0 && !op->deprecated && path_template_matches(op->path, path)) return true;
    }
    return false;
}

// Whose values are worth asking with: those that gave somebody a good answer.
static const struct baseline *best_baseline(const struct check_run *run, const struct operation *op) {
    for (size_t i = 0; i < check_identity_count(run); i++) {
        const struct baseline *b = check_baseline(run, op, i);
        if (b->state == BASELINE_GOOD) return b;
    }
    return check_baseline(run, op, 0);
}

static int ask(struct check_run *run, const struct operation *op, uint16_t round, struct error *err) {
    const struct baseline *b = best_baseline(run, op);
    struct experiment *e = check_experiment(run, op, 0);
    struct trial *t = e == NULL ? NULL : arena_new(&e->arena, struct trial);
    if (t == NULL) return error_nomem(err);
    struct request rq = b->request;
    struct sv unused;
    t->path = older(&e->arena, op->path, &t->segment);
    rq.target = older(&e->arena, b->request.target, &unused);
    if (t->path.ptr == NULL || rq.target.ptr == NULL || is_described(run, t->path)) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "its path has no older version that could be open by mistake");
        return 0;
    }
    t->current_refuses = check_baseline(run, op, 0)->state == BASELINE_REFUSED;
    e->user = t;
    e->round = round;
    e->purpose = round > 1 ? PURPOSE_CONFIRM : PURPOSE_CHECK;
    e->value = 0.6;
    if (check_probe(run, e, ROLE_PROBE, 0, &rq) == NULL) return error_nomem(err);
    check_submit(run, e);
    return 0;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    enum baseline_state state = check_baseline(run, op, 0)->state;
    bool comparable = state == BASELINE_GOOD || state == BASELINE_REFUSED;
    if (!comparable || !sv_eq(op->method, SV("GET"))) {
        if (!comparable) check_coverage(run, op, COVERAGE_NOT_TESTED, "no good answer to compare with");
        return 0;
    }
    return ask(run, op, 1, err);
}

static const struct operation *operation_at(const struct check_run *run, struct sv method, struct sv path) {
    const struct api *api = check_api(run);
    for (size_t i = 0; i < api->operation_count; i++) {
        if (sv_eq(api->operations[i]->method, method) && sv_eq(api->operations[i]->path, path)) return api->operations[i];
    }
    return NULL;
}

static int report(struct check_run *run, struct experiment *e, struct error *err) {
    static const struct finding_effect effects[] = {{.category = CATEGORY_EXPOSURE, .cwe = 200}, {.category = CATEGORY_PROPERTY, .cwe = 213}};
    const struct trial *t = e->user;
    const struct evidence_item evidence = check_evidence(e, 0, EVIDENCE_PROBE, "the older path answers");
    const struct finding f = {
        .category = CATEGORY_INVENTORY,
        .cause = SV("old-version"),
        .scope = SCOPE_HOST,
        .scope_key = t->segment,
        .impact = IMPACT_HARDENING,
        .who = WHO_ANYONE,
        .confidence = CONFIDENCE_CONFIRMED,
        .title = SV("An older version of the API is still served"),
        .reason = SV("the path of the older version answers with data, twice; a path beside it that does not exist answers otherwise"),
        .method = e->operation->method,
        .path = t->path,
        .operation = operation_at(run, e->operation->method, t->path),
        .evidence = &evidence,
        .evidence_count = 1,
        .effects = effects,
        .effect_count = 2,
    };
    return check_report(run, &f, err);
}

// The current operation's refusal is the proof that this one should refuse, too.
static int report_bypass(struct check_run *run, struct experiment *e, const struct signs *signs, struct error *err) {
    static const struct finding_effect effects[] = {{.category = CATEGORY_INVENTORY, .cwe = 1059}, {.category = CATEGORY_EXPOSURE, .cwe = 200}};
    const struct trial *t = e->user;
    const struct evidence_item evidence[] = {
        check_evidence(e, 0, EVIDENCE_PROBE, "the older path answers without credentials"),
        {.role = EVIDENCE_REFERENCE, .exchange = check_baseline(run, e->operation, 0)->answer, .note = SV("the current path refuses the same caller")},
    };
    const struct finding f = {
        .category = CATEGORY_AUTHENTICATION,
        .cause = SV("old-version-open"),
        .scope = SCOPE_OPERATION,
        .scope_key = arena_printf(check_arena(run), SV_FMT " " SV_FMT, SV_ARG(e->operation->method),
                                  SV_ARG(path_template_nameless(check_arena(run), t->path))),
        .impact = signs_impact(signs, signs_are_private(run, signs, t->path), IMPACT_INTERNAL),
        .who = WHO_ANYONE,
        .confidence = CONFIDENCE_CONFIRMED,
        .title = SV("An older version answers without the credentials that the current one demands"),
        .reason = SV("the path of the older version gave data to callers without credentials, twice; the current one refuses them, and a path beside it "
                     "that does not exist answers otherwise"),
        .method = e->operation->method,
        .path = t->path,
        .operation = operation_at(run, e->operation->method, t->path),
        .evidence = evidence,
        .evidence_count = sizeof evidence / sizeof evidence[0],
        .effects = effects,
        .effect_count = 2,
        .cwe = {288},
    };
    return f.scope_key.ptr == NULL ? error_nomem(err) : check_report(run, &f, err);
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    const struct exchange *x = e->exchanges[0];
    const struct trial *t = e->user;
    if (!exchange_answered(x)) {
        check_coverage(run, e->operation, COVERAGE_INCONCLUSIVE, "the probe was not answered");
        return 0;
    }
    check_coverage(run, e->operation, COVERAGE_PASSED, NULL);
    struct sv type = media_type_essence(&e->arena, header_find(&x->response.headers, SV("Content-Type")));
    if (x->response.status < 200 || x->response.status >= 300 || !media_type_is_json(type)) return 0;
    struct signs signs;
    int r = signs_read(run, &e->arena, x, &signs, err);
    if (r != 0 || !signs.good) return r;
    enum presence p = check_presence(run, e, 0);
    if (p == PRESENCE_UNKNOWN) return JUDGE_WAIT;
    if (p == PRESENCE_NOTHING) return 0;
    if (e->round == 1) return ask(run, e->operation, 2, err);
    return t->current_refuses ? report_bypass(run, e, &signs, err) : report(run, e, err);
}

const struct check check_old_version = {
    .id = "old-version",
    .title = "Older versions beside the current one",
    .category = CATEGORY_INVENTORY,
    .owasp = "API9:2023",
    .cwe = 1059,
    .traits = CHECK_READ_ONLY,
    .plan = plan,
    .judge = judge,
};
