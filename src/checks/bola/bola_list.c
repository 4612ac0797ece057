// SPDX-License-Identifier: Apache-2.0
// Collections that show every ordinary user the private objects of all. Passive: compares the lists that two ordinary identities got.
//
// Truth condition: both got the same list, twice each; nobody did not get it; its objects are private and name several owners, where the identities'
// own ids are known both among them; the description does not say that it is shared, and it is no list of a management class (bfla-role tells those).
// Firm; confirmed where the two belong to different tenants.
#include "checks/support/identities.h"
#include "checks/support/ownership.h"
#include "checks/support/words.h"

struct state {
    bool ready;
    struct identity_pair pairs[IDENTITY_PAIRS_MAX];
    size_t pair_count;
};

static bool is_same_list(const struct baseline *x, const struct baseline *y) {
    if (x->state != BASELINE_GOOD || y->state != BASELINE_GOOD || x->answer == NULL || y->answer == NULL) return false;
    return sv_eq(x->request.target, y->request.target) && !x->volatility.form_volatile && signature_equal(&x->signature, &y->signature, &x->volatility);
}

static int report(struct check_run *run, struct arena *a, const struct operation *op, const struct identity_pair *pair, const struct signs *s, bool known, struct error *err) {
    static const struct finding_effect effects[] = {{.category = CATEGORY_EXPOSURE, .cwe = 359}};
    struct evidence_item evidence[] = {
        {.role = EVIDENCE_PROBE, .exchange = check_baseline(run, op, pair->b)->answer, .note = SV("one ordinary identity")},
        {.role = EVIDENCE_REFERENCE, .exchange = check_baseline(run, op, pair->a)->answer, .note = SV("another one gets the same")},
        {.role = EVIDENCE_CONTROL, .exchange = check_baseline(run, op, 0)->answer, .note = SV("without credentials")},
    };
    struct finding f = {
        .category = CATEGORY_BOLA,
        .cause = SV("collection-of-all-owners"),
        .scope = SCOPE_OPERATION,
        .scope_key = access_key(a, op->method, op->path),
        .impact = signs_impact(s, true, IMPACT_PERSONAL),
        .who = WHO_USER,
        .confidence = identity_tenants_differ(run, pair->a, pair->b) ? CONFIDENCE_CONFIRMED : CONFIDENCE_FIRM,
        .title = SV("A collection shows every user the private objects of all"),
        .reason = known ? SV("two ordinary identities got the same list of private objects, some of which name the one and some the other as owner; nobody did not get it")
                        : SV("two ordinary identities got the same list of private objects that name several owners; nobody did not get it"),
        .method = op->method,
        .path = op->path,
        .operation = op,
        .evidence = evidence,
        .evidence_count = 3,
        .effects = effects,
        .effect_count = signs_are_sensitive(s),
        .cwe = {639},
    };
    if (f.scope_key.ptr == NULL) return error_nomem(err);
    return check_report(run, &f, err);
}

// Where the callers' own names are known, both must own something there: staff see objects of many on purpose.
static int names_both(struct check_run *run, const struct signs *s, const struct identity_pair *pair, bool *ret_known, bool *ret, struct error *err) {
    bool known_a, known_b, has_a, has_b = false;
    int r = ownership_names_caller(run, s, pair->a, &known_a, &has_a, err);
    if (r == 0) r = ownership_names_caller(run, s, pair->b, &known_b, &has_b, err);
    if (r != 0) return r;
    *ret_known = known_a && known_b;
    *ret = (has_a || !known_a) && (has_b || !known_b);
    return 0;
}

// "/team", "/projects/shared": the last word of the path says that several people have it together.
static bool is_shared_by_name(struct check_run *run, struct sv path) {
    while (path.len > 1 && path.ptr[path.len - 1] == '/') path.len--;
    size_t slash = sv_rfind_char(path, '/');
    return slash != SIZE_MAX && words_in_path(words_list(check_knowledge(run, "access"), SV("shared_segments")), sv_from_index(path, slash));
}

static int look_at_pair(struct check_run *run, const struct operation *op, const struct identity_pair *pair, bool *ret_told, struct error *err) {
    const struct baseline *x = check_baseline(run, op, pair->a);
    if (!is_same_list(x, check_baseline(run, op, pair->b))) return 0;
    auto_arena a = {.limit = (size_t)64 << 20};
    struct signs s;
    bool known, both;
    int r = signs_read(run, &a, x->answer, &s, err);
    if (r != 0 || !s.good || s.cached || s.management.ptr != NULL || s.owner_count < 2 || s.owners < 2) return r;
    r = names_both(run, &s, pair, &known, &both, err);
    if (r != 0 || !both || !access_is_private(run, op, &s, op->path)) return r;
    if (!identity_tenants_differ(run, pair->a, pair->b) && is_shared_by_name(run, op->path)) return 0;
    if (ownership_is_shared(run, op, identity_tenants_differ(run, pair->a, pair->b))) return 0;
    *ret_told = true;
    return report(run, &a, op, pair, &s, known, err);
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    struct state *s = check_state(run);
    auto_arena a = {.limit = (size_t)1 << 20};
    size_t parameters[OBJECT_PARAMETERS_MAX];
    if (!s->ready) {
        s->ready = true;
        s->pair_count = identity_pairs(run, s->pairs);
    }
    bool told = false, path_id = sv_find_char(op->path, '{') != SIZE_MAX && ownership_parameters(run, &a, op, parameters) > 0;
    if (path_id || !sv_eq(op->method, SV("GET")) || check_baseline(run, op, 0)->state == BASELINE_GOOD) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "no collection that demands credentials");
        return 0;
    }
    for (size_t i = 0; i < s->pair_count && !told; i++) {
        int r = look_at_pair(run, op, &s->pairs[i], &told, err);
        if (r != 0) return r;
    }
    if (!told) check_coverage(run, op, s->pair_count > 0 ? COVERAGE_PASSED : COVERAGE_NOT_TESTED, s->pair_count > 0 ? NULL : "needs two ordinary identities");
    return 0;
}

const struct check check_bola_list = {
    .id = "bola-list",
    .title = "Collections that show every user the private objects of all",
    .category = CATEGORY_BOLA,
    .owasp = "API1:2023",
    .cwe = 639,
    .traits = CHECK_PASSIVE | CHECK_READ_ONLY | CHECK_TWO_IDENTITIES,
    .state_size = sizeof(struct state),
    .plan = plan,
};
