// SPDX-License-Identifier: Apache-2.0
// Administrative functions that are open to anyone (evidence.md: oracle "function"). What makes a function administrative is its answer
// (data/management.yaml), or a description that keeps it for a role; a word in the path is never enough. Operations that nothing
// describes are looked for at a few usual places beyond discovery.
#include "checks/support/debug_pages.h"
#include "checks/support/open_call.h"
#include "checks/support/words.h"
#include "http/header.h"

enum { PLACES_MAX = 25 };
enum { TAG_OPERATION, TAG_PLACE };

struct state {
    bool places_asked;
};

static bool is_described(const struct check_run *run, struct sv path) {
    const struct api *api = check_api(run);
    for (size_t i = 0; i < api->operation_count; i++) {
        if (sv_eq(api->operations[i]->method, SV("GET")) && path_template_matches(api->operations[i]->path, path)) return true;
    }
    return false;
}

// "/api/v1" of "/api/v1/users": where the described operations live, beside the place that the user named; where nothing is described, where the
// service's own links lead.
static struct sv common_base(struct check_run *run) {
    static const uint32_t sources[] = {SOURCE_SPEC, SOURCE_LINK};
    const struct api *api = check_api(run);
    for (size_t k = 0; k < sizeof sources / sizeof sources[0]; k++) {
        for (size_t i = 0; i < api->operation_count; i++) {
            const struct operation *op = api->operations[i];
            struct sv family = access_family(run, op->path);
            size_t slash = sv_rfind_char(family, '/');
            if ((op->sources & sources[k]) != 0 && slash != SIZE_MAX && slash > 0) return sv_slice(family, 0, slash);
        }
    }
    return SV("");
}

static int ask_place(struct check_run *run, struct sv base, struct sv first, struct sv second, unsigned *asked, struct error *err) {
    auto_arena a = {.limit = (size_t)1 << 20};
    struct sv target = arena_printf(&a, SV_FMT "/" SV_FMT "%s" SV_FMT, SV_ARG(base), SV_ARG(first), second.len > 0 ? "/" : "", SV_ARG(second));
    if (target.ptr == NULL) return error_nomem(err);
    if (is_described(run, target)) return 0;
    struct experiment *e = check_experiment(run, NULL, TAG_PLACE);
    struct request rq = {.method = SV("GET"), .target = target};
    if (e == NULL || check_probe(run, e, ROLE_PROBE, 0, &rq) == NULL) return error_nomem(err);
    e->value = 5;
    ++*asked;
    check_submit(run, e);
    return 0;
}

static const struct node *first_of(const struct node *table, const char *list) {
    const struct node *n = node_get(table, sv_from(list));
    return node_is(n, NODE_ARRAY) ? n->first : NULL;
}

// Usual places first, then every prefix with every word for people; more on a larger API, where a few requests more weigh less.
static int ask_places(struct check_run *run, struct error *err) {
    const struct node *table = check_knowledge(run, "wordlists/admin-paths");
    struct sv dir = path_directory(check_target(run)->path), bases[2] = {common_base(run), sv_slice(dir, 0, dir.len - 1)};
    size_t base_count = sv_eq(bases[0], bases[1]) ? 1 : 2;
    unsigned asked = 0, most = PLACES_MAX + 2 * (unsigned)(check_api(run)->operation_count < PLACES_MAX * 2 ? check_api(run)->operation_count : PLACES_MAX * 2);
    int r = 0;
    for (const struct node *n = first_of(table, "paths"); n != NULL && r == 0 && asked < PLACES_MAX; n = n->next) {
        for (size_t i = 0; i < base_count && r == 0; i++) r = ask_place(run, bases[i], node_get_text(n, SV("path")), SV_NONE, &asked, err);
    }
    for (const struct node *people = first_of(table, "people"); people != NULL; people = people->next) {
        for (const struct node *n = first_of(table, "prefixes"); n != NULL; n = n->next) {
            for (size_t i = base_count; i > 0 && r == 0 && asked < most; i--) r = ask_place(run, bases[i - 1], node_get_text(n, SV("prefix")), people->text, &asked, err);
        }
    }
    return r;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    struct state *s = check_state(run);
    if (!s->places_asked) {
        s->places_asked = true;
        int r = ask_places(run, err);
        if (r != 0) return r;
    }
    if (!access_exercised(run, op)) return 0;
    const struct baseline *b = check_baseline(run, op, 0);
    if (b->answer != NULL && debug_page_find(run, op->path, b->answer->response.body) != NULL) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "a debug page of the framework, told of as such");
        return 0;
    }
    auto_arena a = {.limit = (size_t)32 << 20};
    struct access d;
    int r = access_decide(run, &a, op, b->answer, &d, err);
    if (r != 0) return r;
    if (d.claim == ACCESS_FUNCTION) (void)open_call_ask(run, op, &b->request, 1, TAG_OPERATION, 50);
    else if (d.claim == ACCESS_NOTHING && d.signs.good) check_coverage(run, op, COVERAGE_PASSED, NULL);
    else check_coverage(run, op, d.signs.good ? COVERAGE_NOT_APPLICABLE : COVERAGE_INCONCLUSIVE, d.because);
    return 0;
}

static size_t add_effects(const struct access *d, bool authentication, struct finding_effect effects[3]) {
    size_t n = 0;
    effects[n++] = (struct finding_effect){.category = authentication ? CATEGORY_BFLA : CATEGORY_AUTHENTICATION, .cwe = authentication ? 862 : 306};
    if (signs_are_sensitive(&d->signs)) effects[n++] = (struct finding_effect){.category = CATEGORY_EXPOSURE, .cwe = 200};
    if (d->parameter != SIZE_MAX && d->is_private) effects[n++] = (struct finding_effect){.category = CATEGORY_BOLA, .cwe = 639};
    return n;
}

static uint32_t tell_fact(struct check_run *run, struct arena *a, struct sv path, struct sv reason) {
    struct fact fact = {
        .kind = SV("admin_open"),
        .subject_type = SV("endpoint"),
        .subject = access_subject(a, SV("GET"), path),
        .value = FACT_YES,
        .source = FACT_PROBE,
        .evidence = reason,
        .confidence = CONFIDENCE_CONFIRMED,
    };
    return fact.subject.ptr == NULL ? 0 : check_fact(run, &fact);
}

static int report(struct check_run *run, struct experiment *e, const struct access *d, struct error *err) {
    const struct operation *op = e->operation;
    struct arena *a = &e->arena;
    struct sv path = op != NULL ? op->path : e->probes[OPEN_CALL_NOBODY].request.target;
    struct evidence_item evidence[] = {
        check_evidence(e, OPEN_CALL_NOBODY, EVIDENCE_PROBE, "without any credentials"),
        check_evidence(e, OPEN_CALL_RANDOM, EVIDENCE_CONTROL, "with a random credential"),
        check_evidence(e, OPEN_CALL_NEIGHBOUR, EVIDENCE_CONTROL, "a random neighbour of the path"),
    };
    struct finding_effect effects[3];
    // A neighbour that refuses says that this one should, too: a missing authentication (evidence.md 4).
    bool authentication = op == NULL && d->sibling != NULL;
    struct finding f = {
        .category = authentication ? CATEGORY_AUTHENTICATION : CATEGORY_BFLA,
        .cause = SV("open-administration"),
        .scope = SCOPE_OPERATION,
        .scope_key = access_key(a, SV("GET"), path),
        .impact = signs_impact(&d->signs, false, IMPACT_ADMIN),
        .who = WHO_ANYONE,
        .confidence = d->signs.management.ptr != NULL ? CONFIDENCE_CONFIRMED : CONFIDENCE_FIRM,
        .title = SV("An administrative function is open to anyone"),
        .reason = d->signs.management.ptr == NULL
                      ? SV("the description keeps it for a role, and callers without credentials got the same good answer in each round")
                      : arena_printf(a, "callers without credentials got the same answer of a management class (" SV_FMT ") in each round; random neighbours of the path did not",
                                     SV_ARG(d->signs.management)),
        .method = op != NULL ? op->method : SV("GET"),
        .path = path,
        .operation = op,
        .evidence = evidence,
        .evidence_count = sizeof evidence / sizeof evidence[0],
        .effects = effects,
        .effect_count = add_effects(d, authentication, effects),
        .cwe = {862},
    };
    if (f.scope_key.ptr == NULL || f.reason.ptr == NULL) return error_nomem(err);
    f.facts[0] = tell_fact(run, a, path, f.reason);
    return check_report(run, &f, err);
}

// A framework whose paths end in a slash sends "/users" to "/users/", and only where there is something.
static bool adds_slash(const struct exchange *x, struct sv target) {
    if (!exchange_answered(x) || x->response.status < 301 || x->response.status > 308) return false;
    struct sv to = header_find(&x->response.headers, SV("Location"));
    if (!sv_ends_with(to, SV("/")) || sv_ends_with(target, SV("/"))) return false;
    return sv_ends_with(sv_slice(to, 0, to.len - 1), target);
}

static int ask_with_slash(struct check_run *run, const struct experiment *before, struct error *err) {
    struct experiment *e = check_experiment(run, NULL, TAG_PLACE);
    if (e == NULL) return error_nomem(err);
    struct request rq = {.method = SV("GET"), .target = arena_printf(&e->arena, SV_FMT "/", SV_ARG(before->probes[0].request.target))};
    if (rq.target.ptr == NULL || check_probe(run, e, ROLE_PROBE, 0, &rq) == NULL) return error_nomem(err);
    e->value = 6;
    check_submit(run, e);
    return 0;
}

// First answer of a place that nothing describes.
static int judge_place(struct check_run *run, struct experiment *e, struct error *err) {
    if (adds_slash(e->exchanges[0], e->probes[0].request.target)) return ask_with_slash(run, e, err);
    struct access d;
    int r = access_decide(run, &e->arena, NULL, e->exchanges[0], &d, err);
    if (r != 0 || d.signs.management.ptr == NULL || (d.claim != ACCESS_FUNCTION && d.claim != ACCESS_AUTHENTICATION)) return r;
    enum presence presence = check_presence(run, e, 0);
    if (presence == PRESENCE_UNKNOWN) return JUDGE_WAIT;
    if (presence == PRESENCE_REAL) (void)open_call_ask(run, NULL, &e->probes[0].request, 2, TAG_PLACE, 80);
    return 0;
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    const struct operation *op = e->operation;
    if (e->tag == TAG_PLACE && e->round == 1) return judge_place(run, e, err);
    const char *reason;
    int r = open_call_judge(run, e, op == NULL ? NULL : &check_baseline(run, op, 0)->signature, &reason, err);
    if (r != 0) return r;
    if (reason != NULL) {
        if (op != NULL) check_coverage(run, op, COVERAGE_INCONCLUSIVE, reason);
        return 0;
    }
    uint16_t last = op == NULL ? 3 : 2;
    if (e->round < last) {
        (void)open_call_ask(run, op, &e->probes[OPEN_CALL_NOBODY].request, (uint16_t)(e->round + 1), e->tag, e->value * 2);
        return 0;
    }
    struct access d;
    r = access_decide(run, &e->arena, op, e->exchanges[OPEN_CALL_NOBODY], &d, err);
    if (r != 0) return r;
    bool holds = d.claim == ACCESS_FUNCTION || (op == NULL && d.claim == ACCESS_AUTHENTICATION && d.signs.management.ptr != NULL);
    if (holds) return report(run, e, &d, err);
    if (op != NULL) check_coverage(run, op, COVERAGE_INCONCLUSIVE, "what the answers show changed between the rounds");
    return 0;
}

const struct check check_bfla_anonymous = {
    .id = "bfla-anonymous",
    .title = "Administrative functions that are open to anyone",
    .category = CATEGORY_BFLA,
    .owasp = "API5:2023",
    .cwe = 862,
    .traits = CHECK_READ_ONLY,
    .state_size = sizeof(struct state),
    .plan = plan,
    .judge = judge,
};
