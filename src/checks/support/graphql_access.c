// SPDX-License-Identifier: Apache-2.0
#include "checks/support/graphql_access.h"

#include "base/buf.h"
#include "base/escape.h"
#include "checks/support/access.h"
#include "checks/support/identities.h"
#include "http/header.h"

enum what { WHAT_FIELD, WHAT_OBJECT };
enum { OBJECT_OWNER, OBJECT_OTHER, OBJECT_NOBODY, OBJECT_RANDOM };
enum { DOCUMENT_MAX = 64 * 1024, DEPTH_MAX = 3, OBJECTS_MAX = 12, ID_MAX = 128, LIST_LEAST = 3 };

// What an experiment asked.
struct asked {
    struct graphql_access *g;
    const struct graphql_field *field;
    enum what what;
    size_t owner, other; // OBJECT: identities
    struct sv id;
};

// -- requests ------------------------------------------------------------------------------------------------------------------------

bool graphql_probe_body(struct check_run *run, struct experiment *e, enum probe_role role, size_t identity, struct sv path, struct sv body) {
    struct request rq = {.method = SV("POST"), .target = path, .body = body};
    return header_add(&e->arena, &rq.headers, SV("Content-Type"), SV("application/json")) && header_add(&e->arena, &rq.headers, SV("Accept"), SV("application/json")) &&
           check_probe(run, e, role, identity, &rq) != NULL;
}

bool graphql_probe(struct check_run *run, struct experiment *e, enum probe_role role, size_t identity, struct sv path, struct sv document) {
    auto_buf b = BUF_INIT(DOCUMENT_MAX);
    buf_add(&b, SV("{\"query\":\""));
    esc_json(&b, document);
    buf_add(&b, SV("\"}"));
    return !buf_failed(&b) && graphql_probe_body(run, e, role, identity, path, buf_sv(&b));
}

static struct asked *open_experiment(struct check_run *run, struct graphql_access *g, const struct graphql_field *field, enum what what, uint16_t round,
                                     struct experiment **ret) {
    struct experiment *e = check_experiment(run, g->operation, g->tag);
    struct asked *k = e == NULL ? NULL : arena_new(&e->arena, struct asked);
    if (k == NULL) return NULL;
    *k = (struct asked){.g = g, .field = field, .what = what};
    e->user = k;
    e->round = round;
    e->schedule = round == 1 ? SCHEDULE_ORDERED : SCHEDULE_ALONE;
    e->value = round == 1 ? 2 : 0.4;
    *ret = e;
    return k;
}

void *graphql_access_owner(const struct experiment *e) {
    const struct asked *k = e->user;
    return k->g->owner;
}

static struct sv field_document(struct arena *a, const struct graphql_access *g, const struct graphql_field *f, struct sv arguments) {
    struct sv selection = f->scalar ? SV("") : graphql_selection(a, &g->schema, graphql_type_find(&g->schema, f->type), 1);
    if (!f->scalar && selection.len == 0) return SV("");
    return arena_printf(a, "{" SV_FMT SV_FMT SV_FMT "}", SV_ARG(f->name), SV_ARG(arguments), SV_ARG(selection));
}

static int ask_field(struct check_run *run, struct graphql_access *g, const struct graphql_field *f, uint16_t round, struct error *err) {
    struct experiment *e;
    if (open_experiment(run, g, f, WHAT_FIELD, round, &e) == NULL) return error_nomem(err);
    struct sv document = field_document(&e->arena, g, f, SV(""));
    if (document.ptr == NULL) return error_nomem(err);
    if (document.len == 0) return 0;
    bool ok = graphql_probe(run, e, ROLE_PROBE, 0, g->path, document);
    for (size_t i = 1; i < g->askers && ok && round == 1; i++) ok = graphql_probe(run, e, ROLE_REFERENCE, i, g->path, document);
    if (round > 1) {
        struct sv word = rng_word(check_rng(run), &e->arena, 12), control = arena_printf(&e->arena, "{" SV_FMT "}", SV_ARG(word));
        ok = ok && control.ptr != NULL && graphql_probe(run, e, ROLE_CONTROL, 0, g->path, control);
    }
    if (!ok) return error_nomem(err);
    g->pending += check_submit(run, e) && round == 1;
    return 0;
}

int graphql_access_begin(struct check_run *run, struct graphql_access *g, struct sv path, const struct operation *op, const struct graphql_schema *schema,
                         uint32_t tag, void *owner, struct error *err) {
    size_t identities = check_identity_count(run);
    *g = (struct graphql_access){.schema = *schema, .path = path, .operation = op, .tag = tag, .owner = owner,
                                 .askers = identities < GRAPHQL_ASKERS_MAX ? identities : GRAPHQL_ASKERS_MAX};
    int r = 0;
    size_t asked = 0;
    for (size_t i = 0; schema->query != NULL && i < schema->query->field_count && r == 0 && asked < GRAPHQL_FIELDS_MAX; i++) {
        const struct graphql_field *f = &schema->query->fields[i];
        if (f->demands > 0) continue;
        asked++;
        r = ask_field(run, g, f, 1, err);
    }
    return r;
}

// -- owned objects -------------------------------------------------------------------------------------------------------------------

static void note_owned(struct graphql_access *g, struct arena *a, struct sv type, struct sv id, size_t asker) {
    if (id.len == 0 || id.len > ID_MAX) return;
    for (size_t i = 0; i < g->owned_count; i++) {
        struct graphql_owned *o = &g->owned[i];
        if (!sv_eq(o->type, type) || !sv_eq(o->id, id)) continue;
        o->seen_by |= (uint8_t)(1U << asker);
        return;
    }
    if (g->owned_count == GRAPHQL_OWNED_MAX) return;
    struct sv copy = arena_copy_sv(a, id);
    if (copy.ptr != NULL) g->owned[g->owned_count++] = (struct graphql_owned){type, copy, (uint8_t)(1U << asker)};
}

static bool is_id(const struct graphql_field *f, const struct node *v) {
    bool named = sv_eq_nocase(f->name, SV("id")) || sv_eq_nocase(f->name, SV("uuid"));
    return named && f->scalar && (v->kind == NODE_STRING || v->kind == NODE_NUMBER);
}

// Ids of objects in an answer, with the types that the schema gives them.
static void harvest(struct graphql_access *g, struct arena *a, const struct node *n, const struct graphql_type *t, size_t asker, unsigned depth) {
    if (t == NULL || depth == 0 || n == NULL) return;
    if (node_is(n, NODE_ARRAY)) {
        unsigned seen = 0;
        for (const struct node *c = n->first; c != NULL && seen < 5; c = c->next, seen++) harvest(g, a, c, t, asker, depth);
        return;
    }
    if (!node_is(n, NODE_OBJECT)) return;
    for (size_t i = 0; i < t->field_count; i++) {
        const struct graphql_field *f = &t->fields[i];
        const struct node *v = node_get(n, f->name);
        if (v == NULL) continue;
        if (is_id(f, v)) note_owned(g, a, t->name, v->text, asker);
        if (!f->scalar) harvest(g, a, v, graphql_type_find(&g->schema, f->type), asker, depth - 1);
    }
}

static bool saw(const struct graphql_owned *o, size_t asker) {
    return (o->seen_by & (1U << asker)) != 0;
}

static struct sv quote_id(struct arena *a, const struct graphql_field *f, struct sv id) {
    auto_buf b = BUF_INIT(1024);
    if (!f->id_is_number) buf_add_char(&b, '"');
    esc_json(&b, id);
    if (!f->id_is_number) buf_add_char(&b, '"');
    struct sv quoted = arena_copy_sv(a, buf_sv(&b));
    return arena_printf(a, "(" SV_FMT ":" SV_FMT ")", SV_ARG(f->id_argument), SV_ARG(quoted));
}

static int ask_object(struct check_run *run, struct graphql_access *g, const struct graphql_field *f, struct sv id, size_t owner, size_t other, uint16_t round,
                      struct error *err) {
    struct experiment *e;
    struct asked *k = open_experiment(run, g, f, WHAT_OBJECT, round, &e);
    if (k == NULL) return error_nomem(err);
    k->owner = owner;
    k->other = other;
    k->id = id;
    struct sv random = id_random_like(&e->arena, check_rng(run), id);
    struct sv real = field_document(&e->arena, g, f, quote_id(&e->arena, f, id)), none = field_document(&e->arena, g, f, quote_id(&e->arena, f, random));
    if (random.ptr == NULL || real.ptr == NULL || none.ptr == NULL) return error_nomem(err);
    if (real.len == 0) return 0;
    bool ok = graphql_probe(run, e, ROLE_REFERENCE, owner, g->path, real) && graphql_probe(run, e, ROLE_PROBE, other, g->path, real) &&
              graphql_probe(run, e, ROLE_PROBE, 0, g->path, real) && graphql_probe(run, e, ROLE_CONTROL, other, g->path, none);
    if (!ok) return error_nomem(err);
    (void)check_submit(run, e);
    return 0;
}

// An object of this type that one identity is shown and nobody is not. *ret_other: an identity that is not shown it, else nobody.
static const struct graphql_owned *find_owned(const struct graphql_access *g, struct sv type, size_t *ret_owner, size_t *ret_other) {
    for (size_t o = 0; o < g->owned_count; o++) {
        const struct graphql_owned *own = &g->owned[o];
        if (!sv_eq(own->type, type) || saw(own, 0)) continue;
        size_t owner = 1, other = 1;
        while (owner < g->askers && !saw(own, owner)) owner++;
        while (other < g->askers && saw(own, other)) other++;
        *ret_owner = owner;
        *ret_other = other < g->askers ? other : 0;
        if (owner < g->askers) return own;
    }
    return NULL;
}

// One object of each kind that a field gives by id.
static int ask_objects(struct check_run *run, struct graphql_access *g, struct error *err) {
    int r = 0;
    unsigned asked = 0;
    for (size_t i = 0; i < g->schema.query->field_count && r == 0 && asked < OBJECTS_MAX; i++) {
        const struct graphql_field *f = &g->schema.query->fields[i];
        size_t owner, other;
        const struct graphql_owned *own = f->id_argument.ptr == NULL ? NULL : find_owned(g, f->type, &owner, &other);
        if (own == NULL) continue;
        asked++;
        r = ask_object(run, g, f, own->id, owner, other, 1, err);
    }
    return r;
}

// -- judging -------------------------------------------------------------------------------------------------------------------------

static int report(struct check_run *run, struct experiment *e, const struct asked *k, struct finding *f, struct error *err) {
    struct graphql_access *g = k->g;
    struct sv key = access_key(&e->arena, SV("POST"), g->path);
    f->scope = SCOPE_OPERATION;
    f->scope_key = arena_printf(&e->arena, SV_FMT "#" SV_FMT, SV_ARG(key), SV_ARG(k->field->name));
    if (f->confidence != CONFIDENCE_FIRM) f->confidence = CONFIDENCE_CONFIRMED;
    f->method = g->operation != NULL ? g->operation->method : SV("POST");
    f->path = g->path;
    f->parameter = k->field->name;
    f->parameter_in = PARAM_BODY;
    f->operation = g->operation;
    return key.ptr == NULL || f->scope_key.ptr == NULL || f->reason.ptr == NULL ? error_nomem(err) : check_report(run, f, err);
}

static int read_signs(struct check_run *run, struct experiment *e, size_t i, const struct asked *k, struct signs *s, bool *ret_private, struct error *err) {
    struct sv path = arena_printf(&e->arena, "/" SV_FMT, SV_ARG(k->field->name));
    *ret_private = false;
    if (path.ptr == NULL) return error_nomem(err);
    int r = signs_read(run, &e->arena, e->exchanges[i], s, err);
    if (r == 0) *ret_private = s->good && (signs_are_private(run, s, path) || signs_are_sensitive(s) || s->management.ptr != NULL);
    return r;
}

static int report_open_field(struct check_run *run, struct experiment *e, const struct asked *k, const struct signs *s, struct error *err) {
    bool refuses = k->g->refused_nobody, managed = s->management.ptr != NULL;
    const struct evidence_item evidence[] = {check_evidence(e, 0, EVIDENCE_PROBE, "without any credentials"),
                                             check_evidence(e, 1, EVIDENCE_CONTROL, "a random field")};
    struct finding f = {
        .category = refuses ? CATEGORY_AUTHENTICATION : managed ? CATEGORY_BFLA : CATEGORY_EXPOSURE,
        .cause = SV("graphql-open-field"),
        .impact = signs_impact(s, true, managed ? IMPACT_ADMIN : IMPACT_PERSONAL),
        .who = WHO_ANYONE,
        .title = SV("A GraphQL field shows private data to anyone"),
        .reason = arena_printf(&e->arena, "the field " SV_FMT " gave private values to a caller without credentials, in two rounds%s", SV_ARG(k->field->name),
                               refuses ? "; other fields refuse such callers" : ""),
        .evidence = evidence,
        .evidence_count = 2,
        .cwe = {refuses ? 306 : managed ? 862 : 200},
    };
    return report(run, e, k, &f, err);
}

// A list that shows an ordinary caller validated private values (account numbers, identity numbers) of several people.
static int judge_list(struct check_run *run, struct experiment *e, const struct asked *k, bool shown_to_nobody, struct error *err) {
    for (size_t i = 1; i < e->probe_count && !shown_to_nobody; i++) {
        size_t identity = e->probes[i].identity;
        const struct node *data = graphql_data(&e->arena, e->exchanges[i], k->field->name);
        struct signs s;
        if (!node_is(data, NODE_ARRAY) || data->count < LIST_LEAST || !identity_is_ordinary(run, identity)) continue;
        int r = signs_read(run, &e->arena, e->exchanges[i], &s, err);
        if (r != 0) return r;
        if (!s.good || s.personal < LIST_LEAST) continue;
        const struct evidence_item evidence[] = {check_evidence(e, i, EVIDENCE_PROBE, "an ordinary caller"), check_evidence(e, 0, EVIDENCE_CONTROL, "a caller without credentials")};
        struct finding f = {
            .category = CATEGORY_PROPERTY,
            .cause = SV("graphql-private-fields"),
            .impact = signs_impact(&s, true, IMPACT_PERSONAL),
            .who = WHO_USER,
            .confidence = CONFIDENCE_FIRM,
            .title = SV("A GraphQL list shows private fields of others to every user"),
            .reason = arena_printf(&e->arena, "the field " SV_FMT " gave an ordinary caller %u different personal numbers in %u objects", SV_ARG(k->field->name), s.personal, data->count),
            .evidence = evidence,
            .evidence_count = 2,
            .cwe = {213},
        };
        return report(run, e, k, &f, err);
    }
    return 0;
}

static void learn_from_field(struct check_run *run, struct experiment *e, const struct asked *k, bool shown_to_nobody) {
    struct graphql_access *g = k->g;
    const struct graphql_type *t = graphql_type_find(&g->schema, k->field->type);
    bool refused = !shown_to_nobody && graphql_failed(&e->arena, e->exchanges[0]);
    for (size_t i = 0; i < e->probe_count; i++) {
        const struct node *data = graphql_data(&e->arena, e->exchanges[i], k->field->name);
        g->refused_nobody = g->refused_nobody || (refused && data != NULL);
        harvest(g, check_arena(run), data, t, i, DEPTH_MAX);
    }
}

static int judge_field(struct check_run *run, struct experiment *e, struct asked *k, struct error *err) {
    struct graphql_access *g = k->g;
    struct signs s;
    bool is_private;
    bool shown = graphql_data(&e->arena, e->exchanges[0], k->field->name) != NULL;
    int r = read_signs(run, e, 0, k, &s, &is_private, err);
    if (r != 0) return r;
    if (e->round > 1) {
        bool control = exchange_answered(e->exchanges[1]) && graphql_failed(&e->arena, e->exchanges[1]);
        return shown && is_private && control ? report_open_field(run, e, k, &s, err) : 0;
    }
    learn_from_field(run, e, k, shown);
    r = judge_list(run, e, k, shown, err);
    if (r == 0 && shown && is_private) r = ask_field(run, g, k->field, 2, err);
    if (r == 0 && --g->pending == 0) r = ask_objects(run, g, err);
    return r;
}

// The probe shows what its owner sees, and a random id shows nothing.
static int object_is_shown(struct check_run *run, struct experiment *e, const struct asked *k, size_t probe, bool *ret, struct error *err) {
    struct signature own, probed;
    *ret = false;
    bool answered = graphql_data(&e->arena, e->exchanges[OBJECT_OWNER], k->field->name) != NULL && graphql_data(&e->arena, e->exchanges[probe], k->field->name) != NULL;
    bool control = exchange_answered(e->exchanges[OBJECT_RANDOM]) && graphql_data(&e->arena, e->exchanges[OBJECT_RANDOM], k->field->name) == NULL;
    if (!answered || !control) return 0;
    int r = check_signature(run, e, OBJECT_OWNER, &own, err);
    if (r == 0) r = check_signature(run, e, probe, &probed, err);
    if (r == 0) *ret = signature_equal(&own, &probed, NULL);
    return r;
}

static int report_object(struct check_run *run, struct experiment *e, const struct asked *k, size_t probe, const struct signs *s, struct error *err) {
    bool nobody = probe == OBJECT_NOBODY || k->other == 0;
    const struct evidence_item evidence[] = {check_evidence(e, OBJECT_OWNER, EVIDENCE_REFERENCE, "its owner"),
                                             check_evidence(e, probe, EVIDENCE_PROBE, nobody ? "without any credentials" : "another identity, to which its lists do not show it"),
                                             check_evidence(e, OBJECT_RANDOM, EVIDENCE_CONTROL, "a random id")};
    struct finding f = {
        .category = CATEGORY_BOLA,
        .cause = SV("graphql-foreign-object"),
        .impact = signs_impact(s, true, IMPACT_PERSONAL),
        .who = nobody ? WHO_ANYONE : WHO_USER,
        .title = SV("A GraphQL field shows objects of others by their id"),
        .reason = arena_printf(&e->arena, "the field " SV_FMT " gave an object of %s to %s, in two rounds", SV_ARG(k->field->name), "one identity",
                               nobody ? "a caller without credentials" : "another one"),
        .evidence = evidence,
        .evidence_count = 3,
        .cwe = {639},
    };
    return report(run, e, k, &f, err);
}

static int judge_object(struct check_run *run, struct experiment *e, struct asked *k, struct error *err) {
    struct signs s;
    bool is_private, other = false, nobody = false;
    int r = read_signs(run, e, OBJECT_OWNER, k, &s, &is_private, err);
    if (r == 0) r = object_is_shown(run, e, k, OBJECT_NOBODY, &nobody, err);
    if (r == 0 && k->other != 0) r = object_is_shown(run, e, k, OBJECT_OTHER, &other, err);
    // Lists show it to its owner alone already; one value that people do not publish is enough beside that.
    bool personal = is_private || (s.good && s.privates > 0);
    if (r != 0 || !personal || (!nobody && !other)) return r;
    if (e->round == 1) return ask_object(run, k->g, k->field, k->id, k->owner, k->other, 2, err);
    return report_object(run, e, k, nobody ? OBJECT_NOBODY : OBJECT_OTHER, &s, err);
}

int graphql_access_judge(struct check_run *run, struct graphql_access *g, struct experiment *e, struct error *err) {
    struct asked *k = e->user;
    (void)g;
    return k->what == WHAT_FIELD ? judge_field(run, e, k, err) : judge_object(run, e, k, err);
}
