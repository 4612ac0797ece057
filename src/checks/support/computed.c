// SPDX-License-Identifier: Apache-2.0
#include "checks/support/computed.h"

#include "checks/support/reading.h"
#include "checks/support/timed.h"

enum { TAG_LOOK = 1, TAG_SWEEP, TAG_ROUND_1, TAG_ROUND_2, TAG_WAIT, TAG_TIMED };
enum { FORMS_MAX = 24, GROUPS_MAX = 8 };
enum round_probe { ROUND_FORM, ROUND_OTHER, ROUND_PLAIN };

struct try {
    const struct computed_wording *w;
    struct inject_point p;
    const struct node *queue[FORMS_MAX];
    size_t count, next;
    struct verdict first;
    unsigned again; // measurements repeated because something disturbed them
    bool swept, done, timed;
};

// One form as it stands in a probe.
struct shot {
    const struct node *form;
    size_t probe;
    uint64_t f, g;
    struct sv product, expression;
};
struct ask {
    struct try *t;
    struct inject_sent sent;
    struct shot shots[FORMS_MAX];
    size_t count;
    struct timed timed;
};

static const struct node *forms_of(struct check_run *run, const struct try *t) {
    const struct node *list = node_get(check_knowledge(run, t->w->inject.file), SV("forms"));
    return node_is(list, NODE_ARRAY) ? list->first : NULL;
}

static struct sv with_number(struct arena *a, struct sv text, struct sv name, uint64_t n) {
    size_t at;
    while ((at = sv_find(text, name)) != SIZE_MAX) {
        text = arena_printf(a, SV_FMT "%llu" SV_FMT, SV_ARG(sv_slice(text, 0, at)), (unsigned long long)n, SV_ARG(sv_from_index(text, at + name.len)));
    }
    return text;
}

enum result { RESULT_PRODUCT, RESULT_JOINED, RESULT_SUM };

static enum result result_of(const struct node *form) {
    if (node_get_bool(form, SV("joined"), false)) return RESULT_JOINED;
    return node_get_bool(form, SV("sum"), false) ? RESULT_SUM : RESULT_PRODUCT;
}

// Ten digits and more, so that no answer holds them by chance; products of small factors stay below 2^31.
static uint64_t draw_factor(struct check_run *run, const struct node *form) {
    struct rng *rng = check_rng(run);
    if (result_of(form) == RESULT_SUM) return rng_between(rng, 1000000007, 4000000007);
    return node_get_bool(form, SV("small"), false) ? rng_between(rng, 32003, 45007) : rng_between(rng, 300007, 999983);
}

enum writing { WRITE_ALONE, WRITE_GROUPED, WRITE_PLAIN };

static struct sv text_of(const struct node *form, enum writing how) {
    static const struct sv plains[] = {SV_INIT(" {f}*{g}"), SV_INIT(" {f} {g}"), SV_INIT(" {f}+{g}")};
    struct sv grouped = node_get_text(form, SV("grouped"));
    if (how == WRITE_PLAIN) return plains[result_of(form)];
    return how == WRITE_GROUPED && grouped.len > 0 ? grouped : node_get_text(form, SV("test"));
}

// The form with new factors, without the seed in front. Plain: the expression without delimiters.
static struct sv write_form(struct check_run *run, struct arena *a, const struct node *form, enum writing how, struct shot *ret) {
    if (ret->form == NULL) *ret = (struct shot){.form = form, .f = draw_factor(run, form), .g = draw_factor(run, form)};
    enum result result = result_of(form);
    ret->product = result == RESULT_JOINED ? arena_printf(a, "%llu%llu", (unsigned long long)ret->f, (unsigned long long)ret->g)
                                           : arena_printf(a, "%llu", (unsigned long long)(result == RESULT_SUM ? ret->f + ret->g : ret->f * ret->g));
    return with_number(a, with_number(a, text_of(form, how), SV("{f}"), ret->f), SV("{g}"), ret->g);
}

static struct ask *new_ask(struct check_run *run, struct try *t, uint32_t tag, struct experiment **ret_e) {
    struct experiment *e = check_experiment(run, t->p.op, tag);
    struct ask *q = e == NULL ? NULL : arena_new(&e->arena, struct ask);
    if (q == NULL) return NULL;
    q->t = t;
    e->user = q;
    e->parameter = t->p.parameter;
    e->round = tag == TAG_ROUND_2 ? 2 : 1;
    e->purpose = tag == TAG_LOOK ? PURPOSE_CHECK : PURPOSE_CONFIRM;
    e->value = tag == TAG_LOOK ? 1.8 : 7;
    *ret_e = e;
    return q;
}

static bool add_shot(struct check_run *run, struct experiment *e, struct ask *q, struct sv tail, enum probe_role role) {
    struct sv value = arena_printf(&e->arena, SV_FMT SV_FMT, SV_ARG(q->t->p.seed), SV_ARG(tail));
    if (tail.ptr == NULL || value.ptr == NULL || !inject_add(run, e, &q->sent, &q->t->p, role, value)) return false;
    // Products must stay readable, even where they look like somebody's number.
    for (size_t i = 0; i < q->count; i++) {
        if (q->shots[i].probe == e->probe_count - 1 && !check_mark(e, &e->probes[e->probe_count - 1], q->shots[i].product)) return false;
    }
    return true;
}

static int64_t group_of(const struct node *form) {
    int64_t n = 0;
    return node_to_i64(node_get(form, SV("group")), &n) == 0 ? n : 0;
}

static int look(struct check_run *run, struct try *t, struct error *err) {
    struct experiment *e;
    struct ask *q = new_ask(run, t, TAG_LOOK, &e);
    if (q == NULL) return error_nomem(err);
    for (int64_t group = 1; group <= GROUPS_MAX; group++) {
        struct sv tail = SV("");
        for (const struct node *f = forms_of(run, t); f != NULL; f = f->next) {
            if (group_of(f) != group || q->count >= FORMS_MAX) continue;
            struct shot *s = &q->shots[q->count];
            tail = arena_printf(&e->arena, SV_FMT SV_FMT, SV_ARG(tail), SV_ARG(write_form(run, &e->arena, f, WRITE_GROUPED, s)));
            s->probe = e->probe_count;
            q->count++;
        }
        if (tail.len > 0 && !add_shot(run, e, q, tail, ROLE_PROBE)) return 0;
    }
    if (e->probe_count > 0) check_submit(run, e);
    return 0;
}

static const struct node *waits_of(struct check_run *run, const struct try *t) {
    return node_get(check_knowledge(run, t->w->inject.file), SV("waits"));
}

// One long delay in each form; only a form that was late is measured.
static int wait_once(struct check_run *run, struct try *t, struct error *err) {
    struct experiment *e;
    struct ask *q = new_ask(run, t, TAG_WAIT, &e);
    if (q == NULL) return error_nomem(err);
    const struct node *waits = waits_of(run, t);
    t->timed = true;
    e->phase = PHASE_LATE;
    e->schedule = SCHEDULE_ALONE;
    e->value = 3;
    for (const struct node *w = node_is(waits, NODE_ARRAY) ? waits->first : NULL; w != NULL; w = w->next) {
        if (!timed_add(run, e, &t->p, w, TIMED_FIRST, &q->sent)) return 0;
    }
    if (e->probe_count > 0) check_submit(run, e);
    return 0;
}

static int time_it(struct check_run *run, struct try *t, unsigned form, unsigned round, struct error *err) {
    struct experiment *e;
    struct ask *q = new_ask(run, t, TAG_TIMED, &e);
    if (q == NULL) return error_nomem(err);
    e->round = (uint16_t)round;
    timed_ask(run, e, &q->timed, &t->p, waits_of(run, t), form, t->again > 0, &q->sent);
    return 0;
}

int computed_plan(struct check_run *run, const struct operation *op, const struct computed_wording *w, struct error *err) {
    if (inject_nothing_to_ask(run, op)) return 0;
    for (size_t i = 0; i < op->parameter_count; i++) {
        struct try *t = arena_new(check_arena(run), struct try);
        if (t == NULL) return error_nomem(err);
        t->w = w;
        if (!inject_point_find(run, check_arena(run), op, i, &t->p) ) continue;
        uint32_t types = op->parameters[i].schema->types;
        if (types != 0 && (types & TYPE_STRING) == 0 && w->inject.text_only) continue;
        int r = look(run, t, err);
        if (r != 0) return r;
    }
    check_coverage(run, op, COVERAGE_PASSED, NULL);
    return 0;
}

static bool stands_in(const struct exchange *x, struct sv number) {
    bool found = sv_contains(x->response.body, number);
    for (size_t i = 0; i < x->response.headers.len && !found; i++) found = sv_contains(x->response.headers.ptr[i].value, number);
    return found;
}

static struct sv with_separator(struct arena *a, struct sv number, struct sv separator) {
    struct sv out = SV("");
    for (size_t i = 0; i < number.len; i++) {
        bool here = i > 0 && (number.len - i) % 3 == 0;
        out = arena_printf(a, SV_FMT SV_FMT "%c", SV_ARG(out), SV_ARG(here ? separator : SV("")), number.ptr[i]);
    }
    return out;
}

// Does the number stand in the answer, in any spelling that a locale gives it?
static bool shows(struct arena *a, const struct exchange *x, struct sv product, struct sv *ret_as) {
    static const struct sv separators[] = {SV_INIT(","), SV_INIT("."), SV_INIT("\xc2\xa0"), SV_INIT("\xe2\x80\xaf"), SV_INIT("\xe2\x80\x99")};
    *ret_as = product;
    if (!exchange_answered(x)) return false;
    if (stands_in(x, product)) return true;
    for (size_t i = 0; i < sizeof separators / sizeof *separators; i++) {
        *ret_as = with_separator(a, product, separators[i]);
        if (sv_contains(x->response.body, *ret_as)) return true;
    }
    return false;
}

// An answer in which a locale's grouping of the digits is undone where it hides our product.
static struct exchange ungrouped(struct arena *a, const struct exchange *x, const struct shot *s) {
    struct exchange copy = *x;
    struct sv as;
    if (!shows(a, x, s->product, &as) || sv_eq(as, s->product)) return copy;
    size_t at = sv_find(x->response.body, as);
    copy.response.body = arena_printf(a, SV_FMT SV_FMT SV_FMT, SV_ARG(sv_slice(x->response.body, 0, at)), SV_ARG(s->product),
                                      SV_ARG(sv_from_index(x->response.body, at + as.len)));
    return copy;
}

static int next_form(struct check_run *run, struct try *t, struct error *err);

static int ask_round(struct check_run *run, struct try *t, uint32_t tag, struct error *err) {
    struct experiment *e;
    const struct node *form = t->queue[t->next - 1];
    struct ask *q = new_ask(run, t, tag, &e);
    if (q == NULL) return error_nomem(err);
    e->schedule = SCHEDULE_ORDERED;
    bool ok = true;
    for (size_t i = 0; i < 3 && ok; i++) {
        struct shot *s = &q->shots[i];
        if (i == ROUND_PLAIN) *s = q->shots[ROUND_FORM];
        struct sv tail = write_form(run, &e->arena, form, i == ROUND_PLAIN ? WRITE_PLAIN : WRITE_ALONE, s);
        s->probe = i;
        s->expression = tail;
        q->count = i + 1;
        ok = add_shot(run, e, q, tail, i == ROUND_FORM ? ROLE_PROBE : ROLE_CONTROL);
    }
    if (ok) check_submit(run, e);
    return 0;
}

static int next_form(struct check_run *run, struct try *t, struct error *err) {
    if (t->done || t->next >= t->count) return 0;
    t->next++;
    return ask_round(run, t, TAG_ROUND_1, err);
}

static int sweep(struct check_run *run, struct try *t, struct error *err) {
    struct experiment *e;
    struct ask *q = t->swept ? NULL : new_ask(run, t, TAG_SWEEP, &e);
    if (q == NULL) return 0;
    t->swept = true;
    for (const struct node *f = forms_of(run, t); f != NULL && q->count < FORMS_MAX; f = f->next) {
        if (node_get_bool(f, SV("sign"), false)) continue;
        struct shot *s = &q->shots[q->count];
        struct sv tail = write_form(run, &e->arena, f, WRITE_ALONE, s);
        s->probe = e->probe_count;
        q->count++;
        // A form that this place cannot carry (a line end in a header) is left out.
        if (!add_shot(run, e, q, tail, ROLE_PROBE)) q->shots[--q->count] = (struct shot){0};
    }
    (void)err;
    if (e->probe_count > 0) check_submit(run, e);
    return 0;
}

static bool is_good(const struct exchange *x) {
    return x->response.status >= 200 && x->response.status < 300;
}

// Something was interpreted: the factors of one form are gone while those of another one are still there; one group was refused and another
// one answered well; or it fell over.
static bool is_odd(struct arena *a, const struct experiment *e, const struct ask *q) {
    bool kept = false, lost = false, good = false, refused = false;
    for (size_t i = 0; i < q->count; i++) {
        const struct exchange *x = e->exchanges[q->shots[i].probe];
        if (!exchange_answered(x) || x->response.status == 429) continue;
        if (x->response.status >= 500) return true;
        struct sv digits = arena_printf(a, "%llu", (unsigned long long)q->shots[i].f);
        bool there = sv_contains(x->response.body, digits);
        kept = kept || there;
        lost = lost || !there;
        good = good || is_good(x);
        refused = refused || !is_good(x);
    }
    return (kept && lost) || (good && refused);
}

// Queues the forms whose result stands in its answer; *ret_sign: one that only leads to the others does.
static void enqueue_signs(struct check_run *run, struct experiment *e, struct ask *q, bool *ret_sign) {
    struct try *t = q->t;
    struct sv as;
    *ret_sign = false;
    for (size_t i = 0; i < q->count && t->count < FORMS_MAX; i++) {
        const struct exchange *x = e->exchanges[q->shots[i].probe];
        if (!exchange_answered(x)) check_coverage(run, t->p.op, COVERAGE_INCONCLUSIVE, "a probe was not answered");
        if (!shows(&e->arena, x, q->shots[i].product, &as)) continue;
        if (node_get_bool(q->shots[i].form, SV("sign"), false)) *ret_sign = true;
        else t->queue[t->count++] = q->shots[i].form;
    }
}

static int judge_look(struct check_run *run, struct experiment *e, struct ask *q, struct error *err) {
    struct try *t = q->t;
    bool sign;
    enqueue_signs(run, e, q, &sign);
    if (t->count > t->next) return next_form(run, t, err);
    bool odd = sign || is_odd(&e->arena, e, q);
    if (odd && !t->swept && !node_get_bool(check_knowledge(run, t->w->inject.file), SV("no_sweep"), false)) return sweep(run, t, err);
    if (t->w->names == NULL || t->timed) return 0;
    return odd || inject_name_in(run, t->w->names, t->p.op->parameters[t->p.parameter].name) ? wait_once(run, t, err) : 0;
}

static uint32_t tell_fact(struct check_run *run, const struct try *t, enum confidence confidence) {
    const struct operation *op = t->p.op;
    if (t->w->fact.len == 0) return 0;
    const struct fact f = {
        .kind = t->w->fact,
        .subject_type = SV("endpoint"),
        .subject = arena_printf(check_arena(run), SV_FMT " " SV_FMT, SV_ARG(op->method), SV_ARG(op->path)),
        .args = {{SV("parameter"), op->parameters[t->p.parameter].name}},
        .arg_count = 1,
        .value = FACT_YES,
        .source = FACT_PROBE,
        .confidence = (uint8_t)confidence,
    };
    return check_fact(run, &f);
}

static int judge_round(struct check_run *run, struct experiment *e, struct ask *q, struct error *err) {
    struct try *t = q->t;
    if (!exchange_answered(e->exchanges[ROUND_FORM])) return next_form(run, t, err);
    struct exchange x = ungrouped(&e->arena, e->exchanges[ROUND_FORM], &q->shots[ROUND_FORM]);
    struct verdict v = oracle_computed(&x, q->shots[ROUND_FORM].product, q->shots[ROUND_FORM].expression, e->exchanges[ROUND_OTHER], e->exchanges[ROUND_PLAIN]);
    // The other factors must give their own product: that the number merely went away proves nothing.
    struct sv as;
    bool both = shows(&e->arena, e->exchanges[ROUND_OTHER], q->shots[ROUND_OTHER].product, &as);
    if (!v.holds || !both) return next_form(run, t, err);
    if (e->tag == TAG_ROUND_1) {
        t->first = v;
        return ask_round(run, t, TAG_ROUND_2, err);
    }
    t->first = oracle_combine(t->first, v);
    t->done = true;
    const struct evidence_item evidence[] = {
        check_evidence(e, ROUND_FORM, EVIDENCE_PROBE, "the answer holds the result of what the value asks to compute"),
        check_evidence(e, ROUND_OTHER, EVIDENCE_PROBE, "other random numbers give their own result"),
        check_evidence(e, ROUND_PLAIN, EVIDENCE_CONTROL, "the same expression without the delimiters is not computed"),
    };
    struct sv reason = arena_printf(&e->arena, SV_FMT ": %s, without the delimiters it does not; in two rounds", SV_ARG(node_get_text(q->shots[ROUND_FORM].form, SV("says"))), t->first.why);
    struct inject_wording wording = t->w->inject;
    if (node_get_bool(q->shots[ROUND_FORM].form, SV("reads"), false)) wording.impact = IMPACT_DATA;
    return inject_report(run, &t->p, &wording, t->first.confidence, reason, evidence, 3, tell_fact(run, t, t->first.confidence), err);
}

static int judge_timed(struct check_run *run, struct experiment *e, struct ask *q, struct error *err) {
    struct try *t = q->t;
    struct verdict v = timed_verdict(e, &q->timed, t->p.baseline);
    // One disturbance by others is no answer: a new draw, at most twice in all.
    if (!v.holds && t->again++ < 2) return time_it(run, t, q->timed.form, e->round, err);
    if (!v.holds) return 0;
    if (e->round == 1) {
        t->first = v;
        return time_it(run, t, q->timed.form, 2, err);
    }
    t->first = oracle_combine(t->first, v);
    t->done = true;
    struct evidence_item evidence[2];
    timed_evidence(e, &q->timed, evidence);
    struct sv reason = arena_printf(&e->arena, "%s (of up to 1.2 s, drawn at random, in random order); in two rounds of %u requests", t->first.why, (unsigned)TIMED_POINTS);
    return inject_report(run, &t->p, &t->w->inject, t->first.confidence, reason, evidence, 2, tell_fact(run, t, t->first.confidence), err);
}

int computed_judge(struct check_run *run, struct experiment *e, struct error *err) {
    struct ask *q = e->user;
    if (q->t->done) return 0;
    if (e->tag == TAG_LOOK || e->tag == TAG_SWEEP) return judge_look(run, e, q, err);
    if (e->tag == TAG_WAIT) {
        size_t late = timed_late(e, q->t->p.baseline);
        return late < e->probe_count ? time_it(run, q->t, (unsigned)late, 1, err) : 0;
    }
    if (e->tag == TAG_TIMED) return judge_timed(run, e, q, err);
    return judge_round(run, e, q, err);
}
