// SPDX-License-Identifier: Apache-2.0
/*
 * Values that the description forbids. Two things are told, each once for the whole API, with the places where it shows:
 *
 *   a failure    status 500 without any text of an engine (such texts are error-disclosure's) where the good request around it is answered well
 *   acceptance   an answer of the good one's form whose content follows the forbidden value: out of its bounds, not on its list, of another type,
 *                too long, left out. A value that is ignored (same content) or only repeated is nothing, nor is an empty or another kind of answer.
 *
 *   look     at most six forbidden values an operation, the parameters in turn
 *   again    good · forbidden · good · forbidden, new random values, alone; for acceptance also without the value, and with the bound itself: an
 *            answer that equals one of these shows a value that was ignored or brought back into its bounds -> firm
 *
 * A failure that shows nothing is worth knowing, no more. Told at the end: where an injection stands at the same parameter, that is the cause.
 *
 * A refusal of any kind (400, 404, 422 …) is what should happen.
 */
#include "base/buf.h"
#include "base/vec.h"
#include "checks/support/faults.h"
#include "checks/support/kept.h"
#include "checks/support/places.h"
#include "evidence/llm.h"
#include "http/header.h"

enum { TAG_LOOK = 1, TAG_AGAIN };
enum { LOOK_MAX = 6, SIGHTINGS_MAX = 2, DEPTH = 300, LENGTH_MOST = 4000, EVIDENCE_BODY = 4096 };
enum again { GOOD, FORBIDDEN, GOOD_AGAIN, FORBIDDEN_AGAIN, AGAIN_COUNT }; // behind these: what an ignored value would give

enum negation {
    NOT_LISTED, BELOW, ABOVE, OTHER_TYPE, TOO_LONG, MISSING, // can be accepted
    NUL_BYTE, BAD_UTF8, HUGE_NUMBER, EMPTY,                  // can only fail
    BODY_CUT, BODY_DEEP, BODY_NULL, BODY_TYPE, NEGATION_COUNT
};
static const char *const negation_notes[NEGATION_COUNT] = {
    "a value that is not on the documented list", "a number below the documented minimum", "a number above the documented maximum", "a word where a number belongs",
    "a text longer than documented", "a required value left out", "a NUL byte in the value", "bytes that are no UTF-8", "a number beyond 64 bits", "an empty value",
    "a body that ends early", "a body of deeply nested lists", "a body that is null", "a body under another media type"};

struct forbidden {
    size_t parameter;
    enum negation negation;
    struct sv value;
};
struct look {
    struct forbidden of[LOOK_MAX];
    struct place place;
};
struct again_state {
    struct forbidden of[AGAIN_COUNT];
    struct place place;
    bool fails; // else: is accepted
};
struct told {
    struct place place;
    enum negation negation;
    bool fails;
    struct exchange *forbidden, *good; // copies
};
struct state {
    VEC_OF(struct told) told;
};

static bool accepts_can_be_told(enum negation n) {
    return n <= MISSING;
}

// -- forbidden values ----------------------------------------------------------------------------------------------------------------

// Pages and their sizes are clamped everywhere, and page-size looks at them.
static bool is_paging(struct sv name) {
    static const struct sv names[] = {SV_INIT("limit"), SV_INIT("offset"), SV_INIT("page"), SV_INIT("per_page"), SV_INIT("perPage"), SV_INIT("page_size"), SV_INIT("pageSize"), SV_INIT("size"),
                                      SV_INIT("count"), SV_INIT("skip"), SV_INIT("take"), SV_INIT("top"), SV_INIT("cursor"), SV_INIT("max"), SV_INIT("first"), SV_INIT("start")};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (sv_eq_nocase(name, names[i])) return true;
    }
    return false;
}

// A bound that a whole number can be written beyond.
static bool is_bound(bool has, double bound) {
    return has && bound > -1e12 && bound < 1e12;
}

static bool number_applies(const struct parameter *p, enum negation n) {
    const struct schema *s = p->schema;
    if ((s->types & (TYPE_INTEGER | TYPE_NUMBER)) == 0 || (s->types & TYPE_STRING) != 0) return false;
    if (n == HUGE_NUMBER) return true;
    if (is_paging(p->name)) return false;
    return n == OTHER_TYPE || (n == BELOW && is_bound(s->has_minimum, s->minimum)) || (n == ABOVE && is_bound(s->has_maximum, s->maximum));
}

static bool text_applies(const struct parameter *p, enum negation n) {
    const struct schema *s = p->schema;
    bool target = p->in == PARAM_QUERY || p->in == PARAM_PATH;
    if (s->types != 0 && (s->types & TYPE_STRING) == 0) return false;
    if (s->enum_count > 0) return n == NOT_LISTED;
    if (n == TOO_LONG) return s->has_max_length && s->max_length > 0 && s->max_length < LENGTH_MOST;
    return target && (n == NUL_BYTE || n == BAD_UTF8);
}

static bool applies(const struct parameter *p, enum negation n) {
    if (n == EMPTY) return p->in == PARAM_QUERY || p->in == PARAM_BODY;
    if (n == MISSING) return p->required && p->in == PARAM_QUERY && !is_paging(p->name);
    return number_applies(p, n) || text_applies(p, n);
}

static struct sv write_value(struct check_run *run, struct arena *a, const struct place *p, enum negation n) {
    struct rng *rng = check_rng(run);
    const struct schema *s = p->op->parameters[p->parameter].schema;
    long long by = (long long)rng_between(rng, 2, 900);
    switch ((unsigned)n) {
    case NOT_LISTED:
    case OTHER_TYPE:
        return rng_word(rng, a, 11);
    case BELOW:
        return arena_printf(a, "%lld", (long long)s->minimum - by);
    case ABOVE:
        return arena_printf(a, "%lld", (long long)s->maximum + by);
    case TOO_LONG:
        return rng_word(rng, a, (size_t)s->max_length + (size_t)by % 40 + 1);
    case NUL_BYTE: {
        struct sv word = rng_word(rng, a, 9);
        return word.ptr == NULL ? SV_NONE : arena_printf(a, SV_FMT "%%00" SV_FMT, SV_ARG(sv_slice(word, 0, 4)), SV_ARG(sv_from_index(word, 4)));
    }
    case BAD_UTF8:
        return arena_printf(a, SV_FMT "%%ff%%c0%%af", SV_ARG(rng_word(rng, a, 5)));
    case HUGE_NUMBER:
        return rng_digits(rng, a, 26);
    default:
        return SV("");
    }
}

static bool add_without(struct check_run *run, struct experiment *e, const struct place *p) {
    struct call changed;
    struct request rq;
    if (call_copy(&e->arena, &p->baseline->call, &changed, NULL) != 0) return false;
    changed.values[p->parameter].present = false;
    return call_build(&e->arena, &changed, &rq, NULL) == 0 && check_probe(run, e, ROLE_PROBE, p->identity, &rq) != NULL;
}

static bool add_body(struct check_run *run, struct experiment *e, const struct place *p, enum negation n) {
    struct request rq = p->baseline->request;
    const struct header_list headers = rq.headers;
    rq.headers = (struct header_list){0};
    if (rq.body.len < 2 || !header_copy_list(&e->arena, &headers, &rq.headers)) return false;
    if (n == BODY_CUT) rq.body = sv_slice(rq.body, 0, rq.body.len - 1);
    if (n == BODY_NULL) rq.body = SV("null");
    if (n == BODY_TYPE && !header_set(&e->arena, &rq.headers, SV("Content-Type"), SV("text/plain"))) return false;
    if (n == BODY_DEEP) {
        char *deep = arena_alloc(&e->arena, (size_t)2 * DEPTH);
        if (deep == NULL) return false;
        memset(deep, '[', DEPTH);
        memset(deep + DEPTH, ']', DEPTH);
        rq.body = sv_make(deep, (size_t)2 * DEPTH);
    }
    return check_probe(run, e, ROLE_PROBE, p->identity, &rq) != NULL;
}

// The probe of one forbidden value; *ret says what it carried. False when it cannot be written here.
static bool add_forbidden(struct check_run *run, struct experiment *e, struct place p, size_t parameter, enum negation n, struct forbidden *ret) {
    *ret = (struct forbidden){parameter, n, SV_NONE};
    p.parameter = parameter;
    if (n == MISSING) return add_without(run, e, &p);
    if (n >= BODY_CUT) return add_body(run, e, &p, n);
    ret->value = write_value(run, &e->arena, &p, n);
    struct probe *probe = place_ask(run, e, ROLE_PROBE, &p, ret->value, n == NUL_BYTE || n == BAD_UTF8);
    return probe != NULL && (ret->value.len == 0 || check_mark(e, probe, ret->value));
}

// -- look ----------------------------------------------------------------------------------------------------------------------------

// Each kind once, at the parameters in turn, those first of which most comes.
static void add_values(struct check_run *run, struct experiment *e, struct look *l, const struct place *places, size_t count) {
    static const enum negation order[] = {OTHER_TYPE, NUL_BYTE, NOT_LISTED, BELOW, BAD_UTF8, ABOVE, MISSING, TOO_LONG, HUGE_NUMBER, EMPTY};
    for (size_t k = 0; k < sizeof order / sizeof order[0]; k++) {
        for (size_t i = 0; i < count && e->probe_count < LOOK_MAX; i++) {
            const struct place *p = &places[(i + k) % count];
            if (!applies(&p->op->parameters[p->parameter], order[k])) continue;
            if (add_forbidden(run, e, l->place, p->parameter, order[k], &l->of[e->probe_count])) break;
        }
    }
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    struct place places[PLACES_MAX];
    if (operation_is_llm(check_knowledge(run, "wordlists/llm"), op, NULL)) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "a language model, whose every answer costs; see llm-model");
        return 0;
    }
    size_t count = places_find(run, op, places);
    if (count == 0) return 0;
    place_exercised(run, &places[0]);
    if (places[0].baseline->state != BASELINE_GOOD) return 0;
    struct experiment *e = place_experiment(run, &places[0], TAG_LOOK, 1);
    struct look *l = e == NULL ? NULL : arena_new(&e->arena, struct look);
    if (l == NULL) return error_nomem(err);
    e->user = l;
    e->value = 0.2;
    l->place = places[0];
    if (places[0].baseline->request.body.len > 0) {
        for (unsigned n = BODY_CUT; n < BODY_CUT + 3; n++) {
            if (add_forbidden(run, e, l->place, l->place.parameter, (enum negation)n, &l->of[e->probe_count])) continue;
        }
    }
    add_values(run, e, l, places, count);
    if (e->probe_count > 0) check_submit(run, e);
    return 0;
}

// -- judging -------------------------------------------------------------------------------------------------------------------------

// A failure that nobody handled and that shows nothing.
static int fails(struct check_run *run, struct experiment *e, size_t i, bool *ret, struct error *err) {
    struct fault f = {0};
    *ret = false;
    if (!exchange_answered(e->exchanges[i]) || e->exchanges[i]->response.status != 500) return 0;
    int r = fault_read(run, &e->arena, e->exchanges[i], &f, err);
    *ret = r == 0 && f.group == NULL;
    return r;
}

static bool is_word(char c) {
    return (sv_lower_char(c) >= 'a' && sv_lower_char(c) <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

// The answer with our value put back to the good one wherever it stands alone: what merely repeats it becomes equal.
static struct exchange *put_back(struct arena *a, const struct exchange *x, struct sv ours, struct sv good) {
    auto_buf b = BUF_INIT((size_t)1 << 20);
    struct exchange *copy = arena_new(a, struct exchange);
    struct sv rest = x->response.body;
    size_t at;
    while (ours.len > 0 && (at = sv_find(rest, ours)) != SIZE_MAX) {
        size_t end = at + ours.len;
        bool alone = (at == 0 || !is_word(rest.ptr[at - 1])) && (end >= rest.len || !is_word(rest.ptr[end]));
        buf_add(&b, sv_slice(rest, 0, at));
        buf_add(&b, alone ? good : ours);
        rest = sv_from_index(rest, end);
    }
    buf_add(&b, rest);
    if (copy == NULL || buf_failed(&b)) return NULL;
    *copy = *x;
    copy->response.body = arena_copy_sv(a, buf_sv(&b));
    return copy->response.body.ptr == NULL ? NULL : copy;
}

// Does a scalar of the two trees differ that does not hold our value? Both have one form.
static bool differs_beyond(const struct node *x, const struct node *y, struct sv ours, unsigned depth) {
    if (x == NULL || y == NULL || x->kind != y->kind || depth > 24) return false;
    if (x->kind == NODE_STRING || x->kind == NODE_NUMBER || x->kind == NODE_BOOL) return !sv_eq(x->text, y->text) && !sv_contains(y->text, ours);
    if (x->kind != NODE_OBJECT && x->kind != NODE_ARRAY) return false;
    const struct node *d = y->first;
    for (const struct node *c = x->first; c != NULL && d != NULL; c = c->next, d = d->next) {
        if (differs_beyond(c, d, ours, depth + 1)) return true;
    }
    return false;
}

// The good request has no such value, so there is none to put back: whole trees are compared, where nothing changes by itself.
static bool follows(struct experiment *e, const struct exchange *x, const struct baseline *b, struct sv ours) {
    struct node *good, *now;
    if (b->volatility.len > 0 || ours.len == 0) return false;
    if (node_parse_json(&e->arena, b->answer->response.body, &node_limits_response, &good, NULL) != 0) return false;
    return node_parse_json(&e->arena, x->response.body, &node_limits_response, &now, NULL) == 0 && differs_beyond(good, now, ours, 0);
}

// An answer with the good one's form and other content?
static int is_other(struct check_run *run, struct experiment *e, size_t i, const struct baseline *b, bool *ret, struct error *err) {
    struct signature s;
    int r = check_signature(run, e, i, &s, err);
    *ret = r == 0 && s.is_json && s.pair_count > 0 && signature_alike(&s, &b->signature) && !signature_equal(&s, &b->signature, &b->volatility);
    return r;
}

// The same where a mere repetition of the value is no content.
static int is_accepted(struct check_run *run, struct experiment *e, size_t i, const struct place *p, const struct forbidden *f, bool *ret, struct error *err) {
    struct signature back;
    const struct baseline *b = p->baseline;
    const struct exchange *x = e->exchanges[i];
    *ret = false;
    if (!accepts_can_be_told(f->negation) || (p->op->sources & SOURCE_SPEC) == 0 || b->volatility.form_volatile) return 0;
    if (!exchange_answered(x) || x->response.status / 100 != 2) return 0;
    const struct param_value *value = &b->call.values[f->parameter];
    bool other;
    int r = is_other(run, e, i, b, &other, err);
    if (r != 0 || !other) return r;
    if (!value->present) {
        *ret = follows(e, x, b, f->value);
        return 0;
    }
    struct exchange *put = put_back(&e->arena, x, f->value, value->text);
    if (put == NULL) return error_nomem(err);
    r = signature_make(&e->arena, put, NULL, 0, check_key(run), &back, err);
    *ret = r == 0 && signature_alike(&back, &b->signature) && !signature_equal(&back, &b->signature, &b->volatility);
    return r;
}

// The requests that an ignored or clamped value amounts to.
static bool add_neutral(struct check_run *run, struct experiment *e, struct place p, const struct forbidden *f) {
    const struct parameter *parameter = &p.op->parameters[f->parameter];
    const struct schema *schema = parameter->schema;
    p.parameter = f->parameter;
    bool ok = f->negation == MISSING || parameter->in == PARAM_PATH || add_without(run, e, &p);
    if (f->negation != BELOW && f->negation != ABOVE) return ok;
    struct sv bound = arena_printf(&e->arena, "%lld", (long long)(f->negation == BELOW ? schema->minimum : schema->maximum));
    return ok && place_ask(run, e, ROLE_CONTROL, &p, bound, false) != NULL;
}

static int ask_again(struct check_run *run, const struct place *p, const struct forbidden *f, bool failing, struct error *err) {
    struct experiment *e = place_experiment(run, p, TAG_AGAIN, 2);
    struct again_state *s = e == NULL ? NULL : arena_new(&e->arena, struct again_state);
    if (s == NULL) return error_nomem(err);
    e->user = s;
    e->schedule = SCHEDULE_ALONE;
    e->value = 1;
    s->place = *p;
    s->fails = failing;
    const struct request *good = &p->baseline->request;
    bool ok = check_probe(run, e, ROLE_CONTROL, p->identity, good) != NULL && add_forbidden(run, e, *p, f->parameter, f->negation, &s->of[FORBIDDEN]) &&
              check_probe(run, e, ROLE_CONTROL, p->identity, good) != NULL && add_forbidden(run, e, *p, f->parameter, f->negation, &s->of[FORBIDDEN_AGAIN]);
    ok = ok && (failing || add_neutral(run, e, *p, f));
    if (ok) check_submit(run, e);
    return 0;
}

static int judge_look(struct check_run *run, struct experiment *e, struct error *err) {
    const struct look *l = e->user;
    unsigned failing = 0, accepted = 0;
    int r = 0;
    for (size_t i = 0; i < e->probe_count && r == 0; i++) {
        bool yes;
        r = fails(run, e, i, &yes, err);
        if (r == 0 && yes && failing++ < SIGHTINGS_MAX) r = ask_again(run, &l->place, &l->of[i], true, err);
        if (r == 0) r = is_accepted(run, e, i, &l->place, &l->of[i], &yes, err);
        if (r == 0 && yes && accepted++ < SIGHTINGS_MAX) r = ask_again(run, &l->place, &l->of[i], false, err);
    }
    bool blocked;
    return r == 0 ? place_blocked(run, e, &blocked) : r;
}

static int is_good(struct check_run *run, struct experiment *e, size_t i, const struct baseline *b, bool exactly, bool *ret, struct error *err) {
    struct signature s;
    int r = check_signature(run, e, i, &s, err);
    *ret = r == 0 && s.valid && s.status / 100 == 2 && (exactly ? signature_equal(&s, &b->signature, &b->volatility) : signature_alike(&s, &b->signature));
    return r;
}

// Does the answer to the forbidden value equal one that an ignored or clamped value gives?
static int is_ignored(struct check_run *run, struct experiment *e, const struct baseline *b, bool *ret, struct error *err) {
    struct signature s, neutral;
    *ret = false;
    int r = check_signature(run, e, FORBIDDEN_AGAIN, &s, err);
    for (size_t i = AGAIN_COUNT; i < e->probe_count && r == 0; i++) {
        r = check_signature(run, e, i, &neutral, err);
        // Unanswered: nothing is known, so nothing is said.
        *ret = *ret || !exchange_answered(e->exchanges[i]) || (r == 0 && signature_equal(&s, &neutral, &b->volatility));
    }
    return r;
}

static int remember(struct check_run *run, struct experiment *e, const struct again_state *s, struct error *err) {
    struct state *all = check_state(run);
    struct arena *a = check_arena(run);
    struct told t = {.place = s->place, .negation = s->of[FORBIDDEN].negation, .fails = s->fails};
    t.place.parameter = s->of[FORBIDDEN].parameter;
    t.forbidden = exchange_keep(a, e->exchanges[FORBIDDEN], EVIDENCE_BODY);
    t.good = exchange_keep(a, e->exchanges[GOOD_AGAIN], EVIDENCE_BODY);
    return t.forbidden != NULL && t.good != NULL && VEC_PUSH(a, &all->told, t) ? 0 : error_nomem(err);
}

static int judge_again(struct check_run *run, struct experiment *e, struct error *err) {
    const struct again_state *s = e->user;
    for (size_t i = 0; i < AGAIN_COUNT; i++) {
        bool yes;
        bool control = i == GOOD || i == GOOD_AGAIN;
        int r = control    ? is_good(run, e, i, s->place.baseline, !s->fails, &yes, err)
                : s->fails ? fails(run, e, i, &yes, err)
                           : is_accepted(run, e, i, &s->place, &s->of[i], &yes, err);
        if (r != 0 || !yes) return r;
    }
    bool ignored = false;
    int r = s->fails ? 0 : is_ignored(run, e, s->place.baseline, &ignored, err);
    return r != 0 || ignored ? r : remember(run, e, s, err);
}

static int report(struct check_run *run, const struct told *t, struct error *err) {
    const struct evidence_item evidence[] = {{.role = EVIDENCE_PROBE, .exchange = t->forbidden, .note = sv_from(negation_notes[t->negation])},
                                             {.role = EVIDENCE_CONTROL, .exchange = t->good, .note = SV("the good request between two of them is answered well")}};
    struct sv reason = arena_printf(check_arena(run), t->fails ? "%s is answered with a failure of the service, in two rounds; the good requests between are answered well"
                                                               : "%s gives an answer of the good form whose content follows the value, in two rounds",
                                    negation_notes[t->negation]);
    if (reason.ptr == NULL) return error_nomem(err);
    // Bytes that no client sends by mistake fail in many a driver or file system behind sound services.
    bool bytes = t->negation == NUL_BYTE || t->negation == BAD_UTF8;
    const struct finding finding = {
        .category = CATEGORY_INPUT,
        .cause = !t->fails ? SV("unchecked-input") : bytes ? SV("unhandled-bytes") : SV("unhandled-input-error"),
        .scope = SCOPE_HOST,
        .impact = IMPACT_NOTE, // a bound that is not kept does no harm that was shown
        .who = t->place.identity == 0 ? WHO_ANYONE : WHO_USER,
        .confidence = CONFIDENCE_FIRM,
        .title = !t->fails ? SV("Values that the description forbids are accepted")
                 : bytes   ? SV("Bytes that are no text make the service fail")
                           : SV("Malformed values make the service fail"),
        .reason = reason,
        .evidence = evidence,
        .evidence_count = 2,
        .cwe = {t->fails ? 755 : 20},
    };
    return place_report(run, &t->place, finding, err);
}

static int finish(struct check_run *run, struct error *err) {
    static const char *const injections[] = {"sql-injection", "nosql-injection", "dynamodb", "ssrf", "ssrf-metadata", "command-injection", "ldap-injection", "xpath-injection",
                                             "template-injection", "path-traversal", "xxe", "crlf", "prototype-pollution", NULL};
    const struct state *s = check_state(run);
    for (size_t i = 0; i < s->told.len; i++) {
        const struct told *t = &s->told.ptr[i];
        if (check_is_told_by(run, t->place.op, t->place.op->parameters[t->place.parameter].name, injections)) continue;
        int r = report(run, t, err);
        if (r != 0) return r;
    }
    return 0;
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    return e->tag == TAG_LOOK ? judge_look(run, e, err) : judge_again(run, e, err);
}

const struct check check_schema_negatives = {
    .id = "schema-negatives",
    .title = "Values that the description forbids",
    .category = CATEGORY_INPUT,
    .owasp = "API8:2023",
    .cwe = 20,
    .traits = CHECK_READ_ONLY,
    .state_size = sizeof(struct state),
    .plan = plan,
    .judge = judge,
    .finish = finish,
};
