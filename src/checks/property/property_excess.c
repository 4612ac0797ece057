// SPDX-License-Identifier: Apache-2.0
// Properties that an answer shows and should not: what the description calls write-only; credentials; numbers and notes that a business keeps to itself;
// personal properties of other people inside of answers about something else. Passive: looks at the ordinary answers that every identity got.
//
// A name alone is never a finding. Credentials must look like one, or be any text under "password"; numbers must be numbers in more than one object or
// beside a price; what the description documents as a property of the answer is there on purpose (but for credentials). Values that the redaction pass
// recognised and that nobody should ever see are sensitive-data's to tell. A property must stand in the answer each time it was asked.
#include "checks/support/access.h"
#include "checks/support/identities.h"
#include "checks/support/ownership.h"
#include "checks/support/exposure.h"
#include "checks/support/properties.h"
#include "checks/support/words.h"

static const struct {
    struct sv cause, title;
    enum impact impact;
    uint16_t cwe;
} kinds[PROPERTY_COUNT] = {
    [PROPERTY_CREDENTIAL] = {SV_INIT("credential-property"), SV_INIT("A credential is shown as a property"), IMPACT_SECRET, 522},
    [PROPERTY_WRITE_ONLY] = {SV_INIT("write-only-shown"), SV_INIT("A property that the description calls write-only is shown"), IMPACT_PERSONAL, 213},
    [PROPERTY_PERSON] = {SV_INIT("personal-property-of-others"), SV_INIT("Answers show personal properties of other people"), IMPACT_PERSONAL, 213},
    [PROPERTY_RECORD] = {SV_INIT("record-of-others"), SV_INIT("Answers show what belongs in other people's records"), IMPACT_PERSONAL, 213},
    [PROPERTY_NOTE] = {SV_INIT("internal-note"), SV_INIT("Notes for colleagues are shown to users"), IMPACT_INTERNAL, 213},
    [PROPERTY_ECONOMIC] = {SV_INIT("internal-number"), SV_INIT("Numbers that a business keeps to itself are shown to users"), IMPACT_INTERNAL, 213},
    [PROPERTY_FLAG] = {SV_INIT("privilege-flag"), SV_INIT("An undocumented property says what the caller may do"), IMPACT_NOTE, 213},
};

// -- judging -------------------------------------------------------------------------------------------------------------------

// Did every ordinary identity get the same answer here, so that what it shows is not each one's own?
static bool is_same_for_all(struct check_run *run, const struct operation *op, size_t identity) {
    const struct baseline *b = check_baseline(run, op, identity);
    for (size_t i = 1; i < check_identity_count(run); i++) {
        const struct baseline *other = check_baseline(run, op, i);
        if (i == identity || other->state != BASELINE_GOOD || !sv_eq(other->request.target, b->request.target)) continue;
        if (!signature_equal(&b->signature, &other->signature, &b->volatility)) return false;
    }
    return true;
}

// Are these values of other people, not the reader's own: of several people in an answer that all get alike, or one that two ordinary identities get alike?
static bool are_of_others(struct check_run *run, const struct operation *op, size_t identity, const struct property_sight *s) {
    if (!is_same_for_all(run, op, identity)) return false;
    if (s->distinct > 1) return true;
    const struct baseline *b = check_baseline(run, op, identity);
    for (size_t i = 1; i < check_identity_count(run); i++) {
        const struct baseline *other = check_baseline(run, op, i);
        if (i != identity && other->state == BASELINE_GOOD && sv_eq(other->request.target, b->request.target) && identity_is_ordinary(run, i)) return true;
    }
    return false;
}

static bool may_see(struct check_run *run, const struct operation *op, size_t identity, enum property_kind kind, const struct property_sight *s) {
    bool handed_out = words_in_path(words_list(check_knowledge(run, "exposure"), SV("token_routes")), op->path);
    switch (kind) {
    case PROPERTY_CREDENTIAL:
        return handed_out; // its owner gets a new key once, from a route for that
    case PROPERTY_PERSON:
        // What nobody needs credentials for is sensitive-data's to tell.
        if (check_baseline(run, op, 0)->state == BASELINE_GOOD) return true;
        return s->distinct < 2 || !is_same_for_all(run, op, identity) || ownership_is_shared(run, op, false);
    case PROPERTY_RECORD:
        // Without credentials: sensitive-data and the object checks tell it, but for what a description does not have and no pattern recognises.
        if (check_baseline(run, op, 0)->state == BASELINE_GOOD) return s->recognised || !s->undocumented || op->demand == DEMAND_CREDENTIALS;
        return identity_is_privileged(run, identity) || !are_of_others(run, op, identity, s);
    case PROPERTY_NOTE:
    case PROPERTY_ECONOMIC:
        return identity_is_privileged(run, identity) || (!s->undocumented && s->known);
    case PROPERTY_FLAG:
        return !s->undocumented || identity_is_privileged(run, identity);
    case PROPERTY_WRITE_ONLY:
    case PROPERTY_COUNT:
        break;
    }
    return false;
}

static enum confidence confidence_of(enum property_kind kind, const struct property_sight *s, const struct baseline *b) {
    bool again = b->sampled && !b->volatility.form_volatile;
    if (kind == PROPERTY_WRITE_ONLY) return again ? CONFIDENCE_CONFIRMED : CONFIDENCE_FIRM;
    if (kind == PROPERTY_CREDENTIAL) return CONFIDENCE_FIRM;
    if (s->closed && again) return CONFIDENCE_CONFIRMED;
    if (kind == PROPERTY_PERSON || kind == PROPERTY_RECORD) return CONFIDENCE_FIRM;
    return s->undocumented ? CONFIDENCE_FIRM : CONFIDENCE_TENTATIVE;
}

// A note about a person is data of that person.
static enum impact impact_of(struct check_run *run, const struct operation *op, size_t identity, enum property_kind kind, const struct property_sight *s) {
    bool about_others = kind == PROPERTY_NOTE && s->about_person && are_of_others(run, op, identity, s);
    return about_others ? IMPACT_PERSONAL : kinds[kind].impact;
}

static int report(struct check_run *run, struct arena *a, const struct operation *op, size_t identity, enum property_kind kind, const struct property_sight *s, struct error *err) {
    static const struct finding_effect effects[] = {{.category = CATEGORY_EXPOSURE, .cwe = 200}};
    const struct baseline *b = check_baseline(run, op, identity);
    struct evidence_item evidence[] = {{.role = EVIDENCE_PROBE, .exchange = b->answer, .note = SV("an ordinary request; values are replaced by their class")}};
    struct finding f = {
        .category = CATEGORY_PROPERTY,
        .cause = kinds[kind].cause,
        .scope = SCOPE_GROUP,
        .scope_key = property_scope_key(a, op->path),
        .impact = impact_of(run, op, identity, kind, s),
        .who = identity == 0 ? WHO_ANYONE : WHO_USER,
        .confidence = confidence_of(kind, s, b),
        .title = kinds[kind].title,
        .reason = arena_printf(a, "\"" SV_FMT "\" stood in %u object%s of the answer %s, with %u different value%s%s", SV_ARG(sv_slice(s->key, 0, 60)), s->count,
                               s->count == 1 ? "" : "s", identity == 0 ? "without credentials" : "to a signed-in user", s->distinct, s->distinct == 1 ? "" : "s",
                               s->undocumented ? "; the description of the answer does not have it" : ""),
        .method = op->method,
        .path = op->path,
        .operation = op,
        .evidence = evidence,
        .evidence_count = 1,
        .effects = effects,
        .effect_count = kinds[kind].impact >= IMPACT_PERSONAL || s->about_person,
        .cwe = {kinds[kind].cwe},
    };
    if (f.scope_key.ptr == NULL || f.reason.ptr == NULL) return error_nomem(err);
    return check_report(run, &f, err);
}

// Credentials of the infrastructure are sensitive-data's to tell, which knows what they open.
static bool is_told_elsewhere(struct check_run *run, const struct exchange *x) {
    for (size_t i = 0; i < x->hit_count; i++) {
        if (x->hits[i].validated > 0 && exposure_group_of(run, x->hits[i].class_id).impact >= IMPACT_CODE) return true;
    }
    return false;
}

static bool may_be_told(struct check_run *run, enum property_kind kind, const struct property_sight *s, const struct exchange *x) {
    if (kind == PROPERTY_CREDENTIAL) return !is_told_elsewhere(run, x);
    // A number's name alone says too little where no description says what belongs there.
    return kind != PROPERTY_ECONOMIC || s->undocumented;
}

static int look_as(struct check_run *run, const struct operation *op, size_t identity, uint32_t *told, struct error *err) {
    const struct baseline *b = check_baseline(run, op, identity);
    if (b->state != BASELINE_GOOD || b->answer == NULL) return 0;
    auto_arena a = {.limit = (size_t)64 << 20};
    struct properties r;
    if (properties_read(run, &a, op, b->answer, &r) != 0) return error_nomem(err);
    for (int kind = 0; kind < PROPERTY_COUNT; kind++) {
        const struct property_sight *s = &r.sights[kind];
        if (s->count == 0 || (*told & 1U << kind) != 0 || !may_be_told(run, (enum property_kind)kind, s, b->answer) || may_see(run, op, identity, (enum property_kind)kind, s)) continue;
        *told |= 1U << kind;
        int code = report(run, &a, op, identity, (enum property_kind)kind, s, err);
        if (code != 0) return code;
    }
    return 0;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    bool good = false;
    uint32_t told = 0;
    if (check_operation_is_documentation(run, op)) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "serves documentation");
        return 0;
    }
    for (size_t i = 0; i < check_identity_count(run); i++) {
        good = good || check_baseline(run, op, i)->state == BASELINE_GOOD;
        int r = look_as(run, op, i, &told, err);
        if (r != 0) return r;
    }
    if (told == 0) check_coverage(run, op, good ? COVERAGE_PASSED : COVERAGE_NOT_TESTED, good ? NULL : "no good answer was seen");
    return 0;
}

const struct check check_property_excess = {
    .id = "property-excess",
    .title = "Properties that answers should not show",
    .category = CATEGORY_PROPERTY,
    .owasp = "API3:2023",
    .cwe = 213,
    .traits = CHECK_PASSIVE | CHECK_READ_ONLY,
    .plan = plan,
};
