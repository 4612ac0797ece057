// SPDX-License-Identifier: Apache-2.0
/*
 * A value that becomes markup of a page. What counts is what a browser's tokenizer makes of the answer: an attribute with our random name in an
 * element, in an answer that a browser would open as a page. JSON, downloads, redirects and escaped text are nothing.
 *
 *   look    w'"><n a=v>          ends a quoted value, and is an element where text stands
 *             │ inside a script, a style, a comment: unescaped, but not yet markup
 *   again   the same with new names, behind the end of what it stands in; the same words without markup; again -> confirmed
 *
 *             │ inside a script's text whose quote ends, however the brackets are written
 *   code    w"-n-" with the quote that ended it: n stands as code; the same words without quotes; again -> confirmed
 *   page    once a host, the same as look and again for a path that does not exist
 *
 * Random names of 8 characters in two rounds: below 2^-80 by chance. Nothing that runs is sent: elements and attributes of no meaning.
 */
#include "checks/support/markup.h"
#include "checks/support/places.h"

enum { TAG_LOOK = 1, TAG_AGAIN, TAG_CODE, TAG_PAGE, TAG_PAGE_AGAIN, NAME = 8 };
enum { MARKUP, CONTROL, MARKUP_AGAIN, AGAIN_COUNT };

struct words {
    struct sv name, value, literal, element;
};
struct shots {
    struct words of[AGAIN_COUNT];
};

static bool add(struct check_run *run, struct experiment *e, const struct place *p, bool markup, struct sv end, struct words *ret) {
    struct rng *rng = check_rng(run);
    struct arena *a = &e->arena;
    struct sv word = rng_word(rng, a, NAME), element = rng_word(rng, a, NAME);
    *ret = (struct words){.name = rng_word(rng, a, NAME), .value = rng_word(rng, a, NAME), .element = element};
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

// A text that ends with this quote, and goes on as code that computes nothing.
static bool add_code(struct check_run *run, struct experiment *e, const struct place *p, char quote, struct words *ret) {
    struct arena *a = &e->arena;
    struct sv word = rng_word(check_rng(run), a, NAME);
    *ret = (struct words){.element = rng_word(check_rng(run), a, NAME)};
    struct sv value = quote == '\0' ? arena_printf(a, SV_FMT "- " SV_FMT " -", SV_ARG(word), SV_ARG(ret->element))
                                    : arena_printf(a, SV_FMT "%c-" SV_FMT "-%c", SV_ARG(word), quote, SV_ARG(ret->element), quote);
    struct probe *probe = word.ptr == NULL || value.ptr == NULL ? NULL : place_ask(run, e, quote != '\0' ? ROLE_PROBE : ROLE_CONTROL, p, value, false);
    return probe != NULL && check_mark(e, probe, ret->element);
}

static int ask_code(struct check_run *run, const struct place *p, char quote, struct error *err) {
    struct experiment *e = place_experiment(run, p, TAG_CODE, 2);
    struct shots *s = e == NULL ? NULL : arena_new(&e->arena, struct shots);
    if (s == NULL) return error_nomem(err);
    e->user = s;
    bool ok = add_code(run, e, p, quote, &s->of[MARKUP]) && add_code(run, e, p, '\0', &s->of[CONTROL]) && add_code(run, e, p, quote, &s->of[MARKUP_AGAIN]);
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

// The page for a path that does not exist.
static bool add_path(struct check_run *run, struct experiment *e, bool markup, struct words *ret) {
    struct rng *rng = check_rng(run);
    struct arena *a = &e->arena;
    *ret = (struct words){.name = rng_word(rng, a, NAME), .value = rng_word(rng, a, NAME), .element = rng_word(rng, a, NAME)};
    ret->literal = arena_printf(a, "<" SV_FMT " " SV_FMT "=" SV_FMT ">", SV_ARG(ret->element), SV_ARG(ret->name), SV_ARG(ret->value));
    struct sv path = markup ? arena_printf(a, "/" SV_FMT "%%27%%22%%3E%%3C" SV_FMT "%%20" SV_FMT "=" SV_FMT "%%3E", SV_ARG(rng_word(rng, a, NAME)), SV_ARG(ret->element), SV_ARG(ret->name), SV_ARG(ret->value))
                            : arena_printf(a, "/" SV_FMT "-" SV_FMT "-" SV_FMT "=" SV_FMT, SV_ARG(rng_word(rng, a, NAME)), SV_ARG(ret->element), SV_ARG(ret->name), SV_ARG(ret->value));
    const struct request rq = {.method = SV("GET"), .target = path};
    struct probe *probe = path.ptr == NULL || ret->literal.ptr == NULL ? NULL : check_probe(run, e, markup ? ROLE_PROBE : ROLE_CONTROL, 0, &rq);
    return probe != NULL && check_mark(e, probe, ret->value);
}

static int ask_page(struct check_run *run, uint32_t tag, struct error *err) {
    struct experiment *e = check_experiment(run, NULL, tag);
    struct shots *s = e == NULL ? NULL : arena_new(&e->arena, struct shots);
    if (s == NULL) return error_nomem(err);
    e->user = s;
    e->purpose = tag == TAG_PAGE ? PURPOSE_CHECK : PURPOSE_CONFIRM;
    bool ok = add_path(run, e, true, &s->of[MARKUP]);
    if (tag == TAG_PAGE_AGAIN) ok = ok && add_path(run, e, false, &s->of[CONTROL]) && add_path(run, e, true, &s->of[MARKUP_AGAIN]);
    if (ok) check_submit(run, e);
    return 0;
}

static int start(struct check_run *run, struct error *err) {
    return ask_page(run, TAG_PAGE, err);
}

static bool is_code(struct experiment *e, size_t i) {
    const struct shots *s = e->user;
    return markup_is_page(&e->arena, e->exchanges[i]) && markup_script_broken_by(e->exchanges[i]->response.body, s->of[i].element) != '\0';
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
                            : SV("random names in the value came back as elements, attributes or code of a page in two rounds, the same words without markup did not"),
        .evidence = evidence,
        .evidence_count = 2,
        .effects = effects,
        .effect_count = 1,
        .cwe = {79},
    };
    if (p != NULL) return place_report(run, p, f, err);
    struct finding page = f;
    page.scope = SCOPE_HOST;
    page.cause = SV("reflected-html-path");
    page.title = SV("The page for unknown paths takes markup from the path");
    return check_report(run, &page, err);
}

static int judge_page(struct check_run *run, struct experiment *e, struct error *err) {
    bool first = find(e, MARKUP).place == MARKUP_ELEMENT;
    if (!first) return 0;
    if (e->tag == TAG_PAGE) return ask_page(run, TAG_PAGE_AGAIN, err);
    bool all = find(e, MARKUP_AGAIN).place == MARKUP_ELEMENT && exchange_answered(e->exchanges[CONTROL]) && find(e, CONTROL).place != MARKUP_ELEMENT;
    return all ? report(run, e, NULL, err) : 0;
}

static int judge_code(struct check_run *run, struct experiment *e, struct error *err) {
    struct place p = place_of(run, e);
    bool all = is_code(e, MARKUP) && is_code(e, MARKUP_AGAIN) && exchange_answered(e->exchanges[CONTROL]) && !is_code(e, CONTROL);
    return all ? report(run, e, &p, err) : 0;
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    if (e->tag == TAG_PAGE || e->tag == TAG_PAGE_AGAIN) return judge_page(run, e, err);
    if (e->tag == TAG_CODE) return judge_code(run, e, err);
    struct place p = place_of(run, e);
    struct markup_find first = find(e, MARKUP);
    bool blocked;
    if (e->tag == TAG_LOOK) {
        const struct shots *s = e->user;
        bool page = first.place == MARKUP_NOWHERE && markup_is_page(&e->arena, e->exchanges[MARKUP]);
        char quote = page ? markup_script_broken_by(e->exchanges[MARKUP]->response.body, s->of[MARKUP].element) : '\0';
        if (quote != '\0') return ask_code(run, &p, quote, err);
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
    .start = start,
    .plan = plan,
    .judge = judge,
};
