// SPDX-License-Identifier: Apache-2.0
// What the identity's own token shows by itself: no expiry, a long life, claims that its reader should not see, an algorithm of the past. Asks nothing.
#include "checks/run.h"
#include "checks/support/words.h"

enum { DAY = 86400 };

static bool has_name(const struct node *list, struct sv name) {
    struct word w = word_of(name);
    for (const struct node *n = list == NULL ? NULL : list->first; n != NULL && w.len > 0; n = n->next) {
        if (sv_eq_nocase(node_get_text(n, SV("name")), sv_make(w.text, w.len))) return true;
    }
    return false;
}

static const struct operation *accepted_at(struct check_run *run, size_t identity) {
    const struct operation *witness = check_identity_witness(run, identity, NULL);
    const struct api *api = check_api(run);
    for (size_t i = 0; witness == NULL && i < api->operation_count; i++) {
        const struct baseline *b = check_baseline(run, api->operations[i], identity);
        if (b->state == BASELINE_GOOD && b->answer != NULL && check_baseline(run, api->operations[i], 0)->state == BASELINE_REFUSED) witness = api->operations[i];
    }
    return witness;
}

struct flaw {
    const char *cause, *title;
    struct sv reason;
    enum impact impact;
    uint16_t cwe;
};

static int tell(struct check_run *run, const struct operation *op, size_t identity, const struct flaw *flaw, struct error *err) {
    const struct evidence_item evidence = {.role = EVIDENCE_PROBE, .exchange = check_baseline(run, op, identity)->answer,
                                           .note = SV("answered to the identity's token, whose header and claims show it")};
    const struct finding f = {
        .category = CATEGORY_AUTHENTICATION,
        .cause = sv_from(flaw->cause),
        .scope = SCOPE_HOST,
        .impact = flaw->impact,
        .who = WHO_ANYONE,
        .confidence = CONFIDENCE_CONFIRMED,
        .title = sv_from(flaw->title),
        .reason = flaw->reason,
        .method = op->method,
        .path = op->path,
        .operation = op,
        .evidence = &evidence,
        .evidence_count = 1,
        .cwe = {flaw->cwe},
    };
    return flaw->reason.ptr == NULL ? error_nomem(err) : check_report(run, &f, err);
}

static int tell_life(struct check_run *run, const struct operation *op, size_t identity, const struct token_view *t, struct error *err) {
    struct arena *a = check_arena(run);
    struct flaw flaw = {.impact = IMPACT_HARDENING, .cwe = 613};
    if (!t->has_exp) {
        flaw.cause = "token-without-expiry";
        flaw.title = "Tokens never expire";
        flaw.reason = SV("the token has no exp claim: whoever gets hold of it has it for good");
        return tell(run, op, identity, &flaw, err);
    }
    if (t->life <= DAY) return 0;
    flaw.cause = "long-lived-token";
    flaw.title = "Tokens live longer than a day";
    flaw.reason = arena_printf(a, "the token is valid for %lld hours from its issue to its expiry", (long long)(t->life / 3600));
    return tell(run, op, identity, &flaw, err);
}

// Mail addresses and telephone numbers stand in many identity tokens on purpose.
static bool is_contact(struct check_run *run, struct sv class_id) {
    const struct node *list = words_list(check_knowledge(run, "access"), SV("contact_classes"));
    for (const struct node *n = list == NULL ? NULL : list->first; n != NULL; n = n->next) {
        if (sv_eq(n->text, class_id)) return true;
    }
    return false;
}

static int tell_claims(struct check_run *run, const struct operation *op, size_t identity, const struct token_view *t, struct error *err) {
    const struct node *names = node_get(check_knowledge(run, "wordlists/auth-claims"), SV("names"));
    struct sv what = SV_NONE;
    for (size_t i = 0; i < t->claim_count && what.len == 0; i++) {
        if (has_name(names, t->claims[i])) what = t->claims[i];
    }
    bool by_value = what.len == 0 && t->sensitive.len > 0 && !is_contact(run, t->sensitive);
    if (what.len == 0 && !by_value) return 0;
    const struct pattern *p = by_value ? match_find_pattern(check_patterns(run), t->sensitive) : NULL;
    bool secret = !by_value || (p != NULL && sv_eq(p->severity, SV("secret")));
    const struct flaw flaw = {
        .cause = "sensitive-claims",
        .title = "Tokens carry values that their readers should not see",
        .impact = secret ? IMPACT_INTERNAL : IMPACT_HARDENING,
        .cwe = 522,
        .reason = by_value ? arena_printf(check_arena(run), "a claim holds a value of the class " SV_FMT "; claims are encoded, not encrypted", SV_ARG(t->sensitive))
                           : arena_printf(check_arena(run), "the claim \"" SV_FMT "\" stands in the token; claims are encoded, not encrypted", SV_ARG(sv_slice(what, 0, 60))),
    };
    return tell(run, op, identity, &flaw, err);
}

static int tell_algorithm(struct check_run *run, const struct operation *op, size_t identity, const struct token_view *t, struct error *err) {
    if (!has_name(node_get(check_knowledge(run, "wordlists/auth-claims"), SV("algorithms")), t->algorithm)) return 0;
    const struct flaw flaw = {
        .cause = "token-algorithm",
        .title = "Tokens are signed with an algorithm that protects nothing",
        .impact = IMPACT_INTERNAL,
        .cwe = 327,
        .reason = arena_printf(check_arena(run), "the header of the token says alg \"" SV_FMT "\"", SV_ARG(sv_slice(t->algorithm, 0, 40))),
    };
    return tell(run, op, identity, &flaw, err);
}

static int look(struct check_run *run, size_t identity, struct error *err) {
    const struct token_view *t = check_token(run, identity);
    const struct operation *op = t->is_jwt ? accepted_at(run, identity) : NULL;
    if (op == NULL) return 0;
    check_coverage(run, op, COVERAGE_PASSED, NULL);
    int r = tell_life(run, op, identity, t, err);
    if (r == 0) r = tell_claims(run, op, identity, t, err);
    return r == 0 ? tell_algorithm(run, op, identity, t, err) : r;
}

static int finish(struct check_run *run, struct error *err) {
    int r = 0;
    for (size_t i = 1; r == 0 && i < check_identity_count(run); i++) r = look(run, i, err);
    return r;
}

const struct check check_jwt_quality = {
    .id = "jwt-quality",
    .title = "Life and content of tokens",
    .category = CATEGORY_AUTHENTICATION,
    .owasp = "API2:2023",
    .cwe = 613,
    .traits = CHECK_PASSIVE | CHECK_READ_ONLY | CHECK_ONE_IDENTITY,
    .finish = finish,
};
