// SPDX-License-Identifier: Apache-2.0
// Properties that an answer shows only when it is asked for them: "?fields=*", "?include=secrets", "?view=full", "?verbose=true" (data/additions.yaml,
// groups "fields" and "details"). What counts is what property-excess counts, in the answer with the addition and not in the one without.
//
// Truth condition and rounds: support/added.h. Credentials, notes and numbers of the business are never for ordinary readers; personal properties count
// where they are other people's: where the ordinary answer is the same for everybody, or of several people.
#include "checks/support/added.h"
#include "checks/support/identities.h"
#include "checks/support/properties.h"
#include "checks/support/words.h"

enum { GROUP_FIELDS, GROUP_DETAILS, GROUP_COUNT, IDENTITIES_MAX = 32 };

// Who asks: nobody where nobody gets a good answer, else the first ordinary identity that does. False: nobody does.
static bool find_reader(struct check_run *run, const struct operation *op, uint16_t *ret) {
    size_t all = check_identity_count(run) < IDENTITIES_MAX ? check_identity_count(run) : IDENTITIES_MAX;
    for (uint16_t i = 0; i < all; i++) {
        const struct baseline *b = check_baseline(run, op, i);
        *ret = i;
        if (b->state == BASELINE_GOOD && b->answer != NULL && (i == 0 || identity_is_ordinary(run, i))) return true;
    }
    return false;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    uint16_t reader;
    if (!sv_eq(op->method, SV("GET")) || check_operation_is_documentation(run, op)) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "is no read of data by GET");
        return 0;
    }
    if (!find_reader(run, op, &reader) || check_baseline(run, op, reader)->signature.is_json == false) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "no JSON answer was seen as an ordinary caller");
        return 0;
    }
    auto_arena a = {.limit = (size_t)16 << 20};
    struct added_values values = {.refs = added_refs(&a, check_baseline(run, op, reader)->answer)};
    if (values.refs.ptr == NULL) return error_nomem(err);
    static const struct sv groups[GROUP_COUNT] = {SV_INIT("fields"), SV_INIT("details")};
    bool asked = false;
    for (uint32_t g = 0; g < GROUP_COUNT; g++) {
        struct additions list;
        added_load(run, op, groups[g], &values, &list);
        asked = added_begin(run, op, reader, &list, g) || asked;
    }
    if (!asked) check_coverage(run, op, COVERAGE_NOT_TESTED, "the ordinary request cannot be repeated");
    else check_coverage(run, op, COVERAGE_PASSED, NULL);
    return 0;
}

// Do other people's objects stand there? The same answer for two identities, or for nobody, is nobody's own.
static bool is_of_others(struct check_run *run, const struct operation *op, uint16_t identity, const struct property_sight *s) {
    const struct baseline *b = check_baseline(run, op, identity);
    bool people = words_in_path(words_list(check_knowledge(run, "access"), SV("person_entities")), op->path);
    bool caller = words_in_path(words_list(check_knowledge(run, "access"), SV("caller_segments")), op->path);
    if (identity == 0) return true;
    for (uint16_t i = 1; i < check_identity_count(run) && i < IDENTITIES_MAX; i++) {
        const struct baseline *other = check_baseline(run, op, i);
        if (i == identity || other->state != BASELINE_GOOD || !sv_eq(other->request.target, b->request.target)) continue;
        return signature_equal(&b->signature, &other->signature, &b->volatility);
    }
    return people && !caller && s->distinct > 1;
}

// Which kind of property shows with the addition only; PROPERTY_COUNT: none.
static int find_kind(struct check_run *run, struct experiment *e, const struct exchange *plain, const struct exchange *more, enum property_kind *ret,
                     struct property_sight *ret_sight, struct error *err) {
    static const enum property_kind kinds[] = {PROPERTY_CREDENTIAL, PROPERTY_WRITE_ONLY, PROPERTY_RECORD, PROPERTY_PERSON, PROPERTY_NOTE, PROPERTY_ECONOMIC};
    const struct added_hunt *h = e->user;
    struct properties before, after;
    *ret = PROPERTY_COUNT;
    if (properties_read(run, &e->arena, NULL, plain, &before) != 0 || properties_read(run, &e->arena, NULL, more, &after) != 0) return error_nomem(err);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const struct property_sight *s = &after.sights[kinds[i]];
        if (s->count == 0 || before.sights[kinds[i]].count > 0) continue;
        bool personal = kinds[i] == PROPERTY_RECORD || kinds[i] == PROPERTY_PERSON;
        if (personal && !is_of_others(run, e->operation, h->identity, s)) continue;
        *ret = kinds[i];
        *ret_sight = *s;
        return 0;
    }
    return 0;
}

static bool was_sent(const struct added_hunt *h, struct sv key) {
    for (size_t i = 0; i < h->additions.len; i++) {
        if (sv_eq_nocase(h->additions.ptr[i].name, key)) return true;
    }
    return false;
}

static int shows_more(struct check_run *run, struct experiment *e, const struct added_answer *plain, const struct added_answer *more, bool *ret, struct error *err) {
    enum property_kind kind;
    struct property_sight s = {0};
    *ret = false;
    if (!more->signs.good || more->signs.cached || !more->signature.is_json) return 0;
    int r = find_kind(run, e, plain->exchange, more->exchange, &kind, &s, err);
    *ret = r == 0 && kind != PROPERTY_COUNT && !was_sent(e->user, s.key);
    // Secrets by their form, whatever they are called.
    if (r == 0 && !*ret && kind == PROPERTY_COUNT) *ret = more->signs.secrets > plain->signs.secrets && plain->signs.secrets == 0;
    return r;
}

static enum impact impact_of(enum property_kind kind, const struct property_sight *s) {
    if (kind == PROPERTY_CREDENTIAL || kind == PROPERTY_COUNT) return IMPACT_SECRET;
    if (kind == PROPERTY_ECONOMIC || (kind == PROPERTY_NOTE && !s->about_person)) return IMPACT_INTERNAL;
    return IMPACT_PERSONAL;
}

static int report(struct check_run *run, struct experiment *e, enum property_kind kind, const struct property_sight *s, struct error *err) {
    static const struct finding_effect effects[] = {{.category = CATEGORY_EXPOSURE, .cwe = 200}};
    const struct added_hunt *h = e->user;
    const struct operation *op = e->operation;
    struct sv what = added_text(&e->arena, h);
    struct evidence_item evidence[3];
    struct finding f = {
        .category = CATEGORY_PROPERTY,
        .cause = SV("property-on-demand"),
        .scope = SCOPE_GROUP,
        .scope_key = property_scope_key(&e->arena, op->path),
        .impact = impact_of(kind, s),
        .who = h->identity == 0 ? WHO_ANYONE : WHO_USER,
        .confidence = CONFIDENCE_CONFIRMED,
        .title = SV("Answers show protected properties to who asks for them"),
        .reason = arena_printf(&e->arena, "with " SV_FMT " the answer showed \"" SV_FMT "\" in %u object%s, in each of two rounds; without it, and with the same value under a random name, it did not",
                               SV_ARG(what), SV_ARG(kind == PROPERTY_COUNT ? SV("a secret") : sv_slice(s->key, 0, 60)), s->count, s->count == 1 ? "" : "s"),
        .effects = effects,
        .effect_count = 1,
        .cwe = {213},
    };
    added_place(e, evidence, &f);
    if (f.scope_key.ptr == NULL || f.reason.ptr == NULL || what.ptr == NULL) return error_nomem(err);
    return check_report(run, &f, err);
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    bool proven;
    int r = added_judge(run, e, shows_more, &proven, err);
    if (r != 0 || !proven || check_operation_has_finding_in(run, e->operation, CATEGORY_PROPERTY)) return r;
    enum property_kind kind;
    struct property_sight s = {0};
    r = find_kind(run, e, e->exchanges[ADDED_PLAIN], e->exchanges[ADDED_MORE], &kind, &s, err);
    return r != 0 ? r : report(run, e, kind, &s, err);
}

const struct check check_property_on_demand = {
    .id = "property-on-demand",
    .title = "Protected properties that answers show to who asks for them",
    .category = CATEGORY_PROPERTY,
    .owasp = "API3:2023",
    .cwe = 213,
    .traits = CHECK_READ_ONLY,
    .plan = plan,
    .judge = judge,
};
