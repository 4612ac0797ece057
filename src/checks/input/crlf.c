// SPDX-License-Identifier: Apache-2.0
/*
 * A line end in a value that ends a line of the answer's header. What counts is a field of the answer with our random name and value, parsed as a
 * field; the same text in a body or inside another field's value is nothing.
 *
 *   look     where a field of the good answer repeats the value or may do so: CR LF and a random field, and a line feed alone
 *   again    the same line end and a field with new names, without a line end (the control), again -> confirmed
 *
 * Two random names of 10 characters each in two rounds: below 2^-200 by chance. A service that turns parameters into fields on purpose does so
 * for the control too.
 */
#include "checks/support/places.h"
#include "http/header.h"

enum { TAG_LOOK = 1, TAG_AGAIN, NAME = 10 };
enum { SPLIT, CONTROL, SPLIT_AGAIN, AGAIN_COUNT }; // of a look: CR LF, and LF alone
enum { LOOK_BARE = 1 };

struct field {
    struct sv name, value;
};
struct fields {
    struct field of[AGAIN_COUNT];
    struct sv end;
};

static struct field draw(struct check_run *run, struct arena *a) {
    struct rng *rng = check_rng(run);
    return (struct field){arena_printf(a, "X-" SV_FMT, SV_ARG(rng_word(rng, a, NAME))), rng_word(rng, a, NAME)};
}

static bool add(struct check_run *run, struct experiment *e, const struct place *p, enum probe_role role, struct sv end, struct field *ret) {
    struct arena *a = &e->arena;
    *ret = draw(run, a);
    struct sv value = arena_printf(a, "a" SV_FMT SV_FMT ": " SV_FMT, SV_ARG(end), SV_ARG(ret->name), SV_ARG(ret->value));
    struct probe *probe = ret->value.ptr == NULL ? NULL : place_ask(run, e, role, p, value, false);
    return probe != NULL && check_mark(e, probe, ret->value);
}

// Does a field of the good answer repeat the value, or may it (a value that was not given, a cookie that is hidden)?
static bool stands_in_header(const struct place *p) {
    const struct exchange *x = p->baseline->answer;
    const struct param_value *v = &p->baseline->call.values[p->parameter];
    if (!v->present || v->text.len < 2 || x->response.status / 100 == 3) return true;
    for (size_t i = 0; i < x->response.headers.len; i++) {
        if (sv_eq_nocase(x->response.headers.ptr[i].name, SV("Set-Cookie")) || sv_contains_nocase(x->response.headers.ptr[i].value, v->text)) return true;
    }
    return false;
}

static int ask(struct check_run *run, const struct place *p, uint32_t tag, struct sv end, struct error *err) {
    struct experiment *e = place_experiment(run, p, tag, (uint16_t)tag);
    struct fields *f = e == NULL ? NULL : arena_new(&e->arena, struct fields);
    if (f == NULL) return error_nomem(err);
    e->user = f;
    e->value = tag == TAG_LOOK ? 0.6 : 4;
    f->end = end;
    bool ok = add(run, e, p, ROLE_PROBE, end, &f->of[SPLIT]);
    if (tag == TAG_LOOK) ok = ok && add(run, e, p, ROLE_PROBE, SV("\n"), &f->of[LOOK_BARE]);
    if (tag == TAG_AGAIN) {
        e->schedule = SCHEDULE_ALONE;
        ok = ok && add(run, e, p, ROLE_CONTROL, SV(" "), &f->of[CONTROL]) && add(run, e, p, ROLE_PROBE, end, &f->of[SPLIT_AGAIN]);
    }
    if (ok) check_submit(run, e);
    return 0;
}

// Header parameters cannot carry line ends, and a field in an answer hurts only where somebody else's browser or a cache reads it.
static bool is_candidate(const struct parameter *p) {
    bool text = p->schema->types == 0 || (p->schema->types & TYPE_STRING) != 0;
    return text && p->in != PARAM_HEADER && p->schema->enum_count == 0;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    struct place places[PLACES_MAX];
    size_t count = places_find(run, op, places);
    int r = 0;
    for (size_t i = 0; i < count && r == 0; i++) {
        // A value that was given and stands in no field of the good answer's header does not go there.
        if (is_candidate(&op->parameters[places[i].parameter]) && (places[i].baseline->state != BASELINE_GOOD || stands_in_header(&places[i]))) r = ask(run, &places[i], TAG_LOOK, SV("\r\n"), err);
    }
    if (count > 0) place_exercised(run, &places[0]);
    return r;
}

static bool splits(const struct exchange *x, const struct field *f) {
    struct sv found = exchange_answered(x) ? sv_trim(header_find(&x->response.headers, f->name)) : SV_NONE;
    // What the service writes behind the value stands behind it in the new field: "; Path=/".
    if (!sv_starts_with(found, f->value)) return false;
    char next = found.len > f->value.len ? found.ptr[f->value.len] : ';';
    return strchr(";,\"' )>&?/", next) != NULL;
}

static int report(struct check_run *run, struct experiment *e, const struct place *p, struct error *err) {
    const struct evidence_item evidence[] = {check_evidence(e, SPLIT, EVIDENCE_PROBE, "the field of our value is a field of the answer"),
                                             check_evidence(e, CONTROL, EVIDENCE_CONTROL, "the same text without a line end is not")};
    static const struct finding_effect effects[] = {{.category = CATEGORY_AUTHENTICATION, .cwe = 384}};
    const struct finding f = {
        .category = CATEGORY_INPUT,
        .cause = SV("header-injection"),
        .impact = IMPACT_PERSONAL, // through a victim's link: sets cookies, replaces the page
        .who = WHO_LUCK,
        .confidence = CONFIDENCE_CONFIRMED,
        .title = SV("A line end in a value begins a new field of the answer's header"),
        .reason = SV("random fields written behind a line end in the value came back as fields of the answer, in two rounds; without the line end they did not"),
        .evidence = evidence,
        .evidence_count = 2,
        .effects = effects,
        .effect_count = 1,
        .cwe = {113, 93},
    };
    return place_report(run, p, f, err);
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    const struct fields *f = e->user;
    struct place p = place_of(run, e);
    bool blocked;
    if (e->tag == TAG_LOOK) {
        for (size_t i = 0; i < e->probe_count; i++) {
            if (splits(e->exchanges[i], &f->of[i])) return ask(run, &p, TAG_AGAIN, i == LOOK_BARE ? SV("\n") : SV("\r\n"), err);
        }
        return place_blocked(run, e, &blocked);
    }
    bool all = splits(e->exchanges[SPLIT], &f->of[SPLIT]) && splits(e->exchanges[SPLIT_AGAIN], &f->of[SPLIT_AGAIN]);
    if (!all || !exchange_answered(e->exchanges[CONTROL]) || header_has(&e->exchanges[CONTROL]->response.headers, f->of[CONTROL].name)) return 0;
    return report(run, e, &p, err);
}

const struct check check_crlf = {
    .id = "crlf",
    .title = "Values that begin a new line of the answer's header",
    .category = CATEGORY_INPUT,
    .owasp = "API8:2023",
    .cwe = 113,
    .traits = CHECK_READ_ONLY,
    .plan = plan,
    .judge = judge,
};
