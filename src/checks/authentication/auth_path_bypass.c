// SPDX-License-Identifier: Apache-2.0
// Detours around a refusal (support/detour.h): other spellings of the path, headers that a proxy sets. What guards is mostly one thing for the whole API,
// but now and then one route has its own: the likely ones are asked everywhere, all of them at a few families. The first one that is answered goes into
// two rounds of contrast. Nobody who is let in lacks authentication; a signed-in caller who is refused (403) and let in lacks
// authorization of the function.
#include "checks/support/contrast.h"
#include "checks/support/detour.h"
#include "checks/support/words.h"

// FAMILIES_WHOLE: asked with all detours for each caller; twice as many when they are administrative.
// SENT_FEW: from so many requests on only the likeliest are asked; SENT_MAX: from there on at new families only.
enum { FAMILIES_MAX = 32, IDENTITY_SHIFT = 24, FAMILIES_WHOLE = 2, SENT_FEW = 400, SENT_MAX = 900 };

struct state {
    unsigned tested, answered; // operations of nobody in the first sighting
    unsigned sent;
    uint32_t nobody_passes;    // detours that let nobody in: that they let others in is the same cause
    struct {
        struct sv path;
        size_t identity;
    } families[FAMILIES_MAX];
    size_t family_count;
};

static bool is_administrative(struct check_run *run, const struct operation *op) {
    return words_in_path(words_list(check_knowledge(run, "access"), SV("admin_segments")), op->path);
}

// Should this operation stand for its family, and be asked everything?
static bool family_is_new(struct check_run *run, const struct operation *op, size_t identity) {
    struct state *s = check_state(run);
    struct sv path = access_family(run, op->path);
    size_t of_identity = 0, most = is_administrative(run, op) ? FAMILIES_WHOLE * 2 : FAMILIES_WHOLE;
    for (size_t i = 0; i < s->family_count; i++) {
        if (s->families[i].identity != identity) continue;
        of_identity++;
        if (sv_eq(s->families[i].path, path)) return false;
    }
    if (s->family_count >= FAMILIES_MAX || of_identity >= most) return false;
    s->families[s->family_count].path = path;
    s->families[s->family_count++].identity = identity;
    return true;
}

// A sighting of the spellings below `end` and of all detours by header.
static int ask_first(struct check_run *run, const struct operation *op, size_t identity, unsigned end, double value, struct error *err) {
    struct state *s = check_state(run);
    const struct baseline *b = check_baseline(run, op, identity);
    struct experiment *e = check_experiment(run, op, (uint32_t)(identity << IDENTITY_SHIFT));
    if (e == NULL) return error_nomem(err);
    e->value = value;
    struct detour_parts p = detour_split(run, op, b->request.target);
    unsigned char *order = arena_new_array(&e->arena, unsigned char, DETOUR_COUNT);
    if (order == NULL) return error_nomem(err);
    e->user = order;
    for (unsigned v = 0; v < DETOUR_COUNT; v++) {
        struct request rq;
        if (v >= end && v < DETOUR_HEADERS) continue;
        struct sv target = detour_spell(&e->arena, &p, (enum detour)v);
        if (target.ptr == NULL) continue;
        if (!detour_request(&e->arena, (enum detour)v, &p, &b->request, target, &rq)) return error_nomem(err);
        if (check_probe(run, e, ROLE_PROBE, identity, &rq) == NULL) return error_nomem(err);
        order[e->probe_count - 1] = (unsigned char)v;
    }
    s->sent += (unsigned)e->probe_count;
    if (e->probe_count > 0) (void)check_submit(run, e);
    return 0;
}

static bool is_forbidden(const struct baseline *b) {
    return b->state == BASELINE_REFUSED && b->answer != NULL && b->answer->response.status == 403;
}

// How many spellings are tried there; 0: none, and no header either.
static unsigned extent(struct check_run *run, const struct operation *op, size_t identity) {
    const struct state *s = check_state(run);
    if (family_is_new(run, op, identity)) return DETOUR_HEADERS;
    if (s->sent >= SENT_MAX) return 0;
    return s->sent < SENT_FEW && identity == 0 ? DETOUR_COMMON : DETOUR_FEW;
}

// The first identity that is refused there, after nobody: what guards does not ask which.
static size_t forbidden_identity(struct check_run *run, const struct operation *op) {
    for (size_t i = 1; i < check_identity_count(run); i++) {
        if (is_forbidden(check_baseline(run, op, i))) return i;
    }
    return 0;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    enum baseline_state state = check_baseline(run, op, 0)->state;
    size_t identity = forbidden_identity(run, op);
    unsigned end = state == BASELINE_REFUSED ? extent(run, op, 0) : 0;
    bool asked = end > 0;
    int r = asked ? ask_first(run, op, 0, end, 8, err) : 0;
    end = r == 0 && identity > 0 ? extent(run, op, identity) : 0;
    if (end > 0) r = ask_first(run, op, identity, end, 4, err);
    if (r != 0 || asked || end > 0) return r;
    if (state == BASELINE_REFUSED) check_coverage(run, op, COVERAGE_NOT_TESTED, "other operations of its family were asked");
    else if (state == BASELINE_NONE) check_coverage(run, op, COVERAGE_NOT_TESTED, "not asked in this mode");
    else check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "the plain path is not refused");
    return 0;
}

// Asks the next candidate of the mask in `round`; the others stay in the tag.
static int ask_next(struct check_run *run, const struct operation *op, uint32_t tag, uint16_t round, struct error *err) {
    unsigned v = 0;
    while (v < DETOUR_COUNT && (tag & (1u << v)) == 0) v++;
    if (v == DETOUR_COUNT) return 0;
    size_t identity = tag >> IDENTITY_SHIFT;
    const struct baseline *b = check_baseline(run, op, identity);
    auto_arena a = {.limit = (size_t)1 << 20};
    struct detour_parts p = detour_split(run, op, b->request.target);
    struct contrast c = {.identity = identity, .plain = b->request};
    struct request extra;
    struct sv target = detour_spell(&a, &p, (enum detour)v), neighbour = detour_neighbour(&a, check_rng(run), &p, (enum detour)v);
    if (!detour_request(&a, (enum detour)v, &p, &b->request, target, &c.variant) || !detour_request(&a, (enum detour)v, &p, &b->request, neighbour, &c.neighbour))
        return error_nomem(err);
    c.variant_again = c.variant;
    if (detour_extra(&a, (enum detour)v, &b->request, &extra)) c.extra = &extra;
    (void)contrast_ask(run, op, &c, round, tag, round == 2 ? 0.6 : 0.5);
    return 0;
}

static int judge_first(struct check_run *run, struct experiment *e, struct error *err) {
    struct state *s = check_state(run);
    const unsigned char *order = e->user;
    uint32_t mask = 0;
    size_t answered = 0;
    for (size_t i = 0; i < e->probe_count; i++) {
        struct signs signs;
        int r = signs_read(run, &e->arena, e->exchanges[i], &signs, err);
        if (r != 0) return r;
        answered += exchange_answered(e->exchanges[i]);
        if (signs.good) mask |= 1u << order[i];
    }
    bool nobody = e->tag >> IDENTITY_SHIFT == 0;
    s->tested += nobody;
    s->answered += nobody && mask != 0;
    if (answered < e->probe_count) check_coverage(run, e->operation, COVERAGE_INCONCLUSIVE, "a spelling was not answered at all");
    else if (mask == 0) check_coverage(run, e->operation, COVERAGE_PASSED, NULL);
    return mask == 0 ? 0 : ask_next(run, e->operation, e->tag | mask, 2, err);
}

static int report(struct check_run *run, struct experiment *e, size_t identity, unsigned v, struct error *err) {
    struct state *s = check_state(run);
    if (identity > 0 && (s->nobody_passes & (1u << v)) != 0) return 0;
    if (identity == 0) s->nobody_passes |= 1u << v;
    bool header = v >= ORIGINAL_URL;
    const struct contrast_claim claim = {
        .cause = detour_infos[v].cause,
        .title = header ? (identity == 0 ? "A header that callers may set gets around the authentication" : "A header that callers may set gets around the authorization")
                        : (identity == 0 ? "Another spelling of the path gets around the authentication" : "Another spelling of the path gets around the authorization"),
        .note = detour_infos[v].note,
        .identity = identity,
        .everywhere = header || (identity == 0 && s->tested >= 3 && s->answered == s->tested),
        .floor = identity == 0 ? IMPACT_INTERNAL : IMPACT_ADMIN,
        .cwe = {detour_infos[v].cwe[0], detour_infos[v].cwe[1]},
        .chooses_identity = v == USER,
    };
    return contrast_report(run, e, &claim, err);
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    if (e->round == 1) return judge_first(run, e, err);
    uint32_t tag = e->tag;
    unsigned v = 0;
    while (v + 1 < DETOUR_COUNT && (tag & (1u << v)) == 0) v++;
    const char *reason;
    int r = contrast_judge(run, e, false, &reason, err);
    if (r != 0) return r;
    if (reason == NULL) return e->round == 2 ? ask_next(run, e->operation, tag, 3, err) : report(run, e, tag >> IDENTITY_SHIFT, v, err);
    tag &= ~(1u << v);
    if ((tag & ((1u << DETOUR_COUNT) - 1)) != 0) return ask_next(run, e->operation, tag, 2, err);
    check_coverage(run, e->operation, COVERAGE_PASSED, reason);
    return 0;
}

const struct check check_auth_path_bypass = {
    .id = "auth-path-bypass",
    .title = "Spellings of a path that get around the authentication",
    .category = CATEGORY_AUTHENTICATION,
    .owasp = "API2:2023",
    .cwe = 289,
    .traits = CHECK_READ_ONLY,
    .state_size = sizeof(struct state),
    .plan = plan,
    .judge = judge,
};
