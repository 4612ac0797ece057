// SPDX-License-Identifier: Apache-2.0
// Properties that grant something and that a caller may set (CWE-915), as far as that can be seen without writing: the description lists the property
// as writable for an ordinary caller, or an ordinary answer about the same object shows it while the body's description is open to it.
// What is only described is a hint, never more than tentative. The proof is a write that is read back elsewhere and undone; `seen` keeps for each
// operation what such a write would need.
#include "checks/support/access.h"
#include "checks/support/identities.h"
#include "checks/support/words.h"

enum { SEEN_MAX = 500 };

// What a write in active mode starts from.
struct seen {
    struct seen *next;
    const struct operation *write, *read; // `read` shows the property; may be NULL
    struct sv property;
};
struct state {
    struct seen *seen;
    size_t count;
};

static bool changes(const struct operation *op) {
    return sv_eq(op->method, SV("PUT")) || sv_eq(op->method, SV("PATCH")) || sv_eq(op->method, SV("POST"));
}

// "user.is_admin" -> "is_admin"
static struct sv leaf_of(struct sv name) {
    size_t dot = sv_rfind_char(name, '.');
    return dot == SIZE_MAX ? name : sv_from_index(name, dot + 1);
}

// Where roles are given out on purpose.
static bool is_administration(struct check_run *run, const struct operation *op) {
    const struct node *access = check_knowledge(run, "access");
    if (words_in_path(words_list(access, SV("admin_segments")), op->path)) return true;
    const struct node *phrases = words_list(access, SV("role_phrases"));
    if (words_in_text(phrases, op->summary) || words_in_text(phrases, op->description)) return true;
    const struct node *roles = words_list(access, SV("privileged_roles"));
    for (size_t i = 0; i < op->scope_count; i++) {
        struct word w = word_of(op->scopes[i]);
        if (words_have(roles, &w)) return true;
    }
    return sv_contains_nocase(op->path, SV("role")) || sv_contains_nocase(op->path, SV("permission"));
}

// The reading operation of the same path (or of the collection's objects), as an ordinary identity got it, shows the property.
static const struct operation *shown_by(struct check_run *run, const struct operation *op, struct sv property) {
    const struct api *api = check_api(run);
    auto_arena a = {.limit = (size_t)1 << 16};
    struct sv key = arena_printf(&a, "\"" SV_FMT "\"", SV_ARG(property));
    for (size_t i = 0; key.ptr != NULL && i < api->operation_count; i++) {
        const struct operation *other = api->operations[i];
        bool same = sv_eq(other->path, op->path) || (sv_starts_with(other->path, op->path) && sv_find_char(sv_from_index(other->path, op->path.len), '{') != SIZE_MAX);
        if (!sv_eq(other->method, SV("GET")) || !same) continue;
        for (size_t k = 0; k < check_identity_count(run); k++) {
            const struct baseline *b = check_baseline(run, other, k);
            if (b->state == BASELINE_GOOD && b->answer != NULL && sv_contains(b->answer->response.body, key)) return other;
        }
    }
    return NULL;
}

static int keep(struct check_run *run, const struct operation *op, const struct operation *read, struct sv property, struct error *err) {
    struct state *s = check_state(run);
    if (s->count >= SEEN_MAX) return 0;
    struct seen *one = arena_new(check_arena(run), struct seen);
    if (one == NULL) return error_nomem(err);
    *one = (struct seen){.next = s->seen, .write = op, .read = read, .property = property};
    s->seen = one;
    s->count++;
    return 0;
}

static int report(struct check_run *run, const struct operation *op, const struct parameter *p, const struct operation *read, struct error *err) {
    auto_arena a = {.limit = (size_t)1 << 16};
    struct evidence_item evidence[] = {{.role = EVIDENCE_REFERENCE, .note = SV("an ordinary answer shows the property"),
                                        .exchange = read == NULL ? NULL : check_baseline(run, read, check_identity_count(run) > 1 ? 1 : 0)->answer}};
    struct finding f = {
        .category = CATEGORY_PROPERTY,
        .cause = SV("privileged-property-writable"),
        .scope = SCOPE_OPERATION,
        .scope_key = access_key(&a, op->method, op->path),
        .impact = IMPACT_HARDENING,
        .who = WHO_LUCK,
        .confidence = CONFIDENCE_TENTATIVE,
        .title = SV("A property that grants something may be set by the caller"),
        .reason = read != NULL ? SV("the description lists it as writable, and ordinary answers show it; nothing was written")
                               : SV("the description lists it as writable; nothing was written"),
        .method = op->method,
        .path = op->path,
        .parameter = p->name,
        .parameter_in = p->in,
        .operation = op,
        .evidence = evidence,
        .evidence_count = read == NULL ? 0 : 1,
        .cwe = {915},
    };
    if (f.scope_key.ptr == NULL) return error_nomem(err);
    return check_report(run, &f, err);
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    const struct node *keys = words_list(check_knowledge(run, "property"), SV("strong_privilege_keys"));
    if (!changes(op) || op->read_only || (op->sources & SOURCE_SPEC) == 0) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "changes nothing, or its body is not described");
        return 0;
    }
    bool told = false;
    for (size_t i = 0; i < op->parameter_count && !is_administration(run, op); i++) {
        const struct parameter *p = &op->parameters[i];
        struct word w = word_of(leaf_of(p->name));
        if (p->in != PARAM_BODY || p->schema->read_only || !words_have(keys, &w)) continue;
        const struct operation *read = shown_by(run, op, leaf_of(p->name));
        int r = keep(run, op, read, p->name, err);
        if (r == 0) r = report(run, op, p, read, err);
        if (r != 0) return r;
        told = true;
    }
    if (!told) check_coverage(run, op, COVERAGE_NOT_TESTED, "only a write shows what is taken over (active mode)");
    return 0;
}

const struct check check_mass_assignment = {
    .id = "mass-assignment",
    .title = "Properties that a caller should not be able to set",
    .category = CATEGORY_PROPERTY,
    .owasp = "API3:2023",
    .cwe = 915,
    .traits = CHECK_PASSIVE | CHECK_READ_ONLY,
    .state_size = sizeof(struct state),
    .plan = plan,
};
