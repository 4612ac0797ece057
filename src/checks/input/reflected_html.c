// SPDX-License-Identifier: Apache-2.0
/*
 * A value that becomes markup of a page. What counts is what a browser's tokenizer makes of the answer: an attribute with our random name in an
 * element, in an answer that a browser would open as a page. JSON, downloads, redirects and escaped text are nothing.
 *
 *   look    w'"><n a=v>          ends a quoted value, and is an element where text stands
 *             │ inside a script, a style, a comment: unescaped, but not yet markup
 *   again   the same with new names, behind the end of what it stands in; the same words without markup; again -> confirmed
 *
 * Random names of 8 characters in two rounds: below 2^-80 by chance. Nothing that runs is sent: elements and attributes of no meaning.
 */
#include "checks/support/markup.h"
#include "checks/support/places.h"

enum { TAG_LOOK = 1, TAG_AGAIN, NAME = 8 };
enum { MARKUP, CONTROL, MARKUP_AGAIN, AGAIN_COUNT };

struct words {
    struct sv name, value, literal;
};
struct shots {
    struct words of[AGAIN_COUNT];
};

static bool add(struct check_run *run, struct experiment *e, const struct place *p, bool markup, struct sv end, struct words *ret) {
    struct rng *rng = check_rng(run);
    struct arena *a = &e->arena;
    struct sv word = rng_word(rng, a, NAME), element = rng_word(rng, a, NAME);
    *ret = (struct words){.name = rng_word(rng, a, NAME), .value = rng_word(rng, a, NAME)};
    if (word.ptr == NULL || element.ptr == NULL || ret->name.ptr == NULL || ret->value.ptr == NULL) return false;
    ret->literal = arena_printf(a, "<" SV_FMT " " SV_FMT "=" SV_FMT ">", SV_ARG(element), SV_ARG(ret->name), SV_ARG(ret->value));
    struct sv value = markup ? arena_printf(a, SV_FMT "'\">" SV_FMT SV_FMT, SV_ARG(word), SV_ARG(end), SV_ARG(ret->literal))
                             : arena_printf(a, SV_FMT " " SV_FMT " " SV_FMT " " SV_FMT, SV_ARG(word), SV_ARG(element), SV_ARG(ret->name), SV_ARG(ret->value));
    struct probe *probe = ret->literal.ptr == NULL ? NULL : place_ask(run, e, markup ? ROLE_PROBE : ROLE_CONTROL, p, value, false);
    return probe != NULL && check_mark(e, probe, ret->value);
}

static int ask(struct check_run *run, const struct place *p, uint32_t tag, struct sv end, struct error *err) {
    struct experiment *e = place_experiment(run, p, tag, (uint16_t)tag);
    struct shots *s = e == NULL ? NULL : arena_new(&e->arena, struct shots);
    if (s == NULL) return error_nomem(err);
    e->user = s;
    e->value = tag == TAG_LOOK ? 0.7 : 4;
    bool ok = add(run, e, p, true, end, &s->of[MARKUP]);
    if (tag == TAG_AGAIN) ok = ok && add(run, e, p, false, end, &s->of[CONTROL]) && add(run, e, p, true, end, &s->of[MARKUP_AGAIN]);
    if (ok) check_submit(run, e);
    return 0;
}

// A link or a form of another site can fill query, path and form fields; not headers, cookies or JSON.
static bool is_candidate(const struct operation *op, const struct parameter *p) {
    bool text = p->schema->types == 0 || (p->schema->types & TYPE_STRING) != 0;
    bool form = p->in == PARAM_BODY && sv_starts_with_nocase(op->body_media_type, SV("application/x-www-form-urlencoded"));
    return (text && p->in == PARAM_QUERY) || p->in == PARAM_PATH || (text && form);
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    struct place places[PLACES_MAX];
    size_t count = places_find(run, op, places);
    int r = 0;
    for (size_t i = 0; i < count && r == 0; i++) {
        if (is_candidate(op, &op->parameters[places[i].parameter])) r = ask(run, &places[i], TAG_LOOK, SV(""), err);
    }
    if (count > 0) place_exercised(run, &places[0]);
    return r;
}

static struct markup_find find(struct experiment *e, size_t i) {
    const struct shots *s = e->user;
    const struct words *w = &s->of[i];
    if (!markup_is_page(&e->arena, e->exchanges[i])) return (struct markup_find){MARKUP_NOWHERE, SV_NONE};
    return markup_find_attribute(e->exchanges[i]->response.body, w->name, w->value, w->literal);
}

static int report(struct check_run *run, struct experiment *e, const struct place *p, struct error *err) {
    bool forbidden = markup_policy_forbids_inline(e->exchanges[MARKUP]);
    const struct evidence_item evidence[] = {check_evidence(e, MARKUP, EVIDENCE_PROBE, "the value's attribute stands in an element of the page"),
                                             check_evidence(e, CONTROL, EVIDENCE_CONTROL, "the same words without markup make none")};
    static const struct finding_effect effects[] = {{.category = CATEGORY_AUTHENTICATION, .cwe = 79}};
    const struct finding f = {
        .category = CATEGORY_INPUT,
        .cause = SV("reflected-html"),
        .impact = forbidden ? IMPACT_HARDENING : IMPACT_PERSONAL,
        .who = WHO_LUCK, // a victim has to follow a link
        .confidence = CONFIDENCE_CONFIRMED,
        .title = SV("A value becomes markup of a page"),
        .reason = forbidden ? SV("elements and attributes with random names came back as markup of a page in two rounds; the page's policy forbids scripts in it")
                            : SV("elements or attributes with random names in the value came back as markup of a page in two rounds, the same words without markup did not"),
        .evidence = evidence,
        .evidence_count = 2,
        .effects = effects,
        .effect_count = 1,
        .cwe = {79},
    };
    return place_report(run, p, f, err);
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    struct place p = place_of(run, e);
    struct markup_find first = find(e, MARKUP);
    bool blocked;
    if (e->tag == TAG_LOOK) {
        if (first.place == MARKUP_NOWHERE) return place_blocked(run, e, &blocked);
        return ask(run, &p, TAG_AGAIN, first.place == MARKUP_RAW ? first.end : SV(""), err);
    }
    if (first.place != MARKUP_ELEMENT || find(e, MARKUP_AGAIN).place != MARKUP_ELEMENT) return 0;
    if (!exchange_answered(e->exchanges[CONTROL]) || find(e, CONTROL).place == MARKUP_ELEMENT) return 0;
    return report(run, e, &p, err);
}

const struct check check_reflected_html = {
    .id = "reflected-html",
    .title = "Values that become markup of a page",
    .category = CATEGORY_INPUT,
    .owasp = "API8:2023",
    .cwe = 79,
    .traits = CHECK_READ_ONLY,
    .plan = plan,
    .judge = judge,
};
