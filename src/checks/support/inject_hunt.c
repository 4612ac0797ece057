// SPDX-License-Identifier: Apache-2.0
// From a look at a value to a verdict: see inject.h for the order of asking.
#include "checks/support/inject_hunt.h"

#include "http/header.h"

static const struct node *knowledge(struct check_run *run, const struct hunt *h) {
    return check_knowledge(run, h->w->file);
}

bool hunt_fits(const struct node *condition, const struct inject_point *p) {
    const struct node *kinds = node_get(condition, SV("for"));
    for (const struct node *k = node_is(kinds, NODE_ARRAY) ? kinds->first : NULL; k != NULL; k = k->next) {
        if (sv_eq(k->text, SV("number")) ? p->number : sv_eq(k->text, SV("name")) ? p->name : sv_eq(k->text, SV("text")) ? !p->number : sv_eq(k->text, SV("any"))) return true;
    }
    return false;
}

struct hunt_ask *hunt_experiment(struct check_run *run, struct hunt *h, enum hunt_tag tag, bool reference) {
    struct experiment *e = check_experiment(run, h->p.op, tag);
    struct hunt_ask *q = e == NULL ? NULL : arena_new(&e->arena, struct hunt_ask);
    if (q == NULL) return NULL;
    q->h = h;
    q->e = e;
    e->user = q;
    e->parameter = h->p.parameter;
    e->round = tag == HUNT_ROUND_2 || tag == HUNT_TEXT_2 ? 2 : 1;
    e->purpose = tag == HUNT_LOOK ? PURPOSE_CHECK : PURPOSE_CONFIRM;
    e->value = tag == HUNT_LOOK ? 2 : tag == HUNT_SWEEP ? 4 : 6;
    if (tag != HUNT_LOOK && tag != HUNT_SWEEP) e->schedule = SCHEDULE_ORDERED;
    q->has_reference = reference && inject_add(run, e, &q->sent, &h->p, ROLE_REFERENCE, h->p.seed);
    return reference && !q->has_reference ? NULL : q;
}

bool hunt_add(struct check_run *run, struct hunt_ask *q, const struct node *condition, enum inject_part part) {
    if (q->count >= HUNT_CONDITIONS_MAX || q->e->probe_count >= INJECT_PROBES_MAX) return false;
    enum probe_role role = part == PART_INERT ? ROLE_CONTROL : ROLE_PROBE;
    bool second = part == PART_TRUE_2 || part == PART_FALSE_2;
    bool added = false;
    if (node_get(condition, SV("operator")) != NULL) {
        added = hunt_add_operator(run, q, condition, part, role);
    } else {
        struct sv other = node_get_text(condition, SV("test_2")), value;
        struct sv template = part == PART_INERT ? node_get_text(condition, SV("inert")) : second && other.len > 0 ? other : node_get_text(condition, SV("test"));
        added = inject_write(&q->e->arena, check_rng(run), template, &q->h->p, part, SV_NONE, &value) &&
                inject_add(run, q->e, &q->sent, &q->h->p, role, value);
    }
    if (added) q->conditions[q->count++] = condition;
    return added;
}

static const struct node *conditions_of(struct check_run *run, const struct hunt *h) {
    const struct node *list = node_get(knowledge(run, h), SV("conditions"));
    return node_is(list, NODE_ARRAY) ? list->first : NULL;
}

static int look(struct check_run *run, struct hunt *h, struct error *err) {
    struct hunt_ask *q = hunt_experiment(run, h, HUNT_LOOK, !h->p.asked);
    if (q == NULL) return 0;
    for (const struct node *c = conditions_of(run, h); c != NULL; c = c->next) {
        if (node_get_bool(c, SV("look"), false) && hunt_fits(c, &h->p)) hunt_add(run, q, c, PART_TRUE_1);
    }
    struct sv value, template = node_get_text(knowledge(run, h), SV("break"));
    q->broken = q->e->probe_count;
    if (template.len > 0 && (!inject_write(&q->e->arena, check_rng(run), template, &h->p, PART_TRUE_1, SV_NONE, &value) ||
                             !inject_add(run, q->e, &q->sent, &h->p, ROLE_PROBE, value)))
        q->broken = SIZE_MAX;
    if (template.len == 0) q->broken = SIZE_MAX;
    if (q->e->probe_count > q->has_reference) check_submit(run, q->e);
    (void)err;
    return 0;
}

int inject_plan(struct check_run *run, const struct operation *op, const struct inject_wording *w, struct error *err) {
    if (inject_nothing_to_ask(run, op)) return 0;
    for (size_t i = 0; i < op->parameter_count; i++) {
        struct hunt *h = arena_new(check_arena(run), struct hunt);
        if (h == NULL) return error_nomem(err);
        h->w = w;
        if (!inject_point_find(run, check_arena(run), op, i, &h->p) || (w->text_only && h->p.number)) continue;
        int r = look(run, h, err);
        if (r != 0) return r;
    }
    check_coverage(run, op, COVERAGE_PASSED, NULL);
    return 0;
}

// -- reading ---------------------------------------------------------------------------------------------------------------------------

int hunt_signature(struct check_run *run, struct hunt_ask *q, size_t i, struct signature *ret, struct error *err) {
    return inject_signature(run, q->e, i, &q->sent, &q->h->p, ret, err);
}

static int reference_of(struct check_run *run, struct hunt_ask *q, struct signature *ret, struct error *err) {
    *ret = q->h->p.baseline->signature;
    return q->has_reference ? hunt_signature(run, q, 0, ret, err) : 0;
}

static bool is_good(const struct signature *s) {
    return s->valid && s->status >= 200 && s->status < 300;
}

// Which conditions of this experiment gave the good answer; *ret_ignored: everything did.
static int read_signs(struct check_run *run, struct hunt_ask *q, struct signature sigs[INJECT_PROBES_MAX], bool equal[INJECT_PROBES_MAX], bool *ret_ignored,
                      struct error *err) {
    struct signature ref;
    *ret_ignored = true;
    int r = reference_of(run, q, &ref, err);
    for (size_t i = q->has_reference; r == 0 && i < q->e->probe_count; i++) {
        r = hunt_signature(run, q, i, &sigs[i], err);
        equal[i] = is_good(&ref) && sigs[i].valid && signature_equal(&ref, &sigs[i], &q->h->p.baseline->volatility);
        *ret_ignored = *ret_ignored && equal[i];
    }
    return r;
}

static int next_condition(struct check_run *run, struct hunt *h, struct error *err);

static int ask_round(struct check_run *run, struct hunt *h, enum hunt_tag tag, struct error *err) {
    struct hunt_ask *q = hunt_experiment(run, h, tag, true);
    bool ok = q != NULL;
    for (unsigned part = 0; part < PART_COUNT && ok; part++) ok = hunt_add(run, q, h->current, (enum inject_part)part);
    if (ok) check_submit(run, q->e);
    return ok ? 0 : next_condition(run, h, err);
}

static int sweep(struct check_run *run, struct hunt *h, struct error *err);

static int next_condition(struct check_run *run, struct hunt *h, struct error *err) {
    if (h->done) return 0;
    if (h->next >= h->count) return h->wide && !h->swept ? sweep(run, h, err) : h->wide ? hunt_wait(run, h, err) : 0;
    h->current = h->queue[h->next++];
    // A value that is not looked at, or only repeated, makes every variant as good: one false variant tells before the rounds are paid for.
    struct hunt_ask *q = hunt_experiment(run, h, HUNT_DOUBT, !h->p.asked);
    bool ok = q != NULL && hunt_add(run, q, h->current, PART_FALSE_1);
    if (ok) check_submit(run, q->e);
    return ok ? 0 : next_condition(run, h, err);
}

static int judge_doubt(struct check_run *run, struct hunt_ask *q, struct error *err) {
    struct signature ref, s;
    int r = reference_of(run, q, &ref, err);
    if (r == 0) r = hunt_signature(run, q, q->has_reference, &s, err);
    if (r != 0) return r;
    bool same = s.valid && signature_equal(&ref, &s, &q->h->p.baseline->volatility);
    return same ? next_condition(run, q->h, err) : ask_round(run, q->h, HUNT_ROUND_1, err);
}

static void enqueue(struct hunt *h, const struct node *c) {
    for (size_t i = 0; i < h->count; i++) {
        if (h->queue[i] == c) return;
    }
    bool grammar = sv_eq(node_get_text(c, SV("kind")), SV("grammar"));
    if (h->blind && !grammar) return;
    if (h->count < HUNT_CONDITIONS_MAX && !node_get_bool(c, SV("sign"), false)) h->queue[h->count++] = c;
}

// True forms of everything that the look did not ask.
static int sweep(struct check_run *run, struct hunt *h, struct error *err) {
    h->swept = true;
    struct hunt_ask *q = hunt_experiment(run, h, HUNT_SWEEP, true);
    if (q == NULL) return 0;
    for (const struct node *c = conditions_of(run, h); c != NULL; c = c->next) {
        if (!node_get_bool(c, SV("look"), false) && hunt_fits(c, &h->p)) hunt_add(run, q, c, PART_TRUE_1);
    }
    if (q->count > 0) check_submit(run, q->e);
    return q->count > 0 ? 0 : next_condition(run, h, err);
}

// Did the value that breaks a grammar move the answer in another way than harmless ones?
static bool is_anomaly(const struct hunt_ask *q, const struct signature *sigs) {
    if (q->broken == SIZE_MAX || q->count == 0 || !sigs[q->broken].valid || sigs[q->broken].status == 429) return false;
    // Everything but a plain number is a server error: a place that takes no expression at all, or a number that is read without care.
    if (q->h->p.number && sigs[q->broken].status >= 500) return true;
    for (size_t i = q->has_reference; i < q->broken; i++) {
        if (sigs[i].valid && sigs[i].status == sigs[q->broken].status && signature_alike(&sigs[i], &sigs[q->broken])) return false;
    }
    return true;
}

// Did every probe come back, and was it the API that answered? JUDGE_WAIT while that is being learned.
static int look_coverage(struct check_run *run, const struct hunt_ask *q, const struct signature *sigs) {
    size_t last = q->e->probe_count - 1;
    for (size_t i = q->has_reference; i <= last; i++) {
        if (!sigs[i].valid) check_coverage(run, q->h->p.op, COVERAGE_INCONCLUSIVE, "a probe was not answered");
    }
    if (!sigs[last].valid || sigs[last].status < 400) return 0;
    int blocked = check_is_blocked(run, q->e, last);
    if (blocked > 0) check_coverage(run, q->h->p.op, COVERAGE_INCONCLUSIVE, "a firewall answered in the place of the API");
    return blocked < 0 ? JUDGE_WAIT : 0;
}

// Queues the conditions that gave the good answer; true when one of them is a sign only.
static bool enqueue_signs(const struct hunt_ask *q, const bool *equal, bool ignored) {
    struct hunt *h = q->h;
    bool signs = false;
    h->blind = q->count > 1 && !ignored;
    for (size_t i = 0; i < q->count; i++) h->blind = h->blind && equal[i + q->has_reference];
    for (size_t i = 0; i < q->count && !ignored; i++) {
        if (!equal[i + q->has_reference]) continue;
        signs = signs || node_get_bool(q->conditions[i], SV("sign"), false);
        enqueue(h, q->conditions[i]);
    }
    // One condition alone in a look has nothing to differ from: its own rounds have the controls.
    if (ignored && q->e->probe_count - q->has_reference == 1) enqueue(h, q->conditions[0]);
    return signs;
}

static int judge_look(struct check_run *run, struct hunt_ask *q, struct error *err) {
    struct hunt *h = q->h;
    struct signature sigs[INJECT_PROBES_MAX] = {0};
    bool equal[INJECT_PROBES_MAX] = {0}, ignored;
    int r = read_signs(run, q, sigs, equal, &ignored, err);
    if (r == 0) r = look_coverage(run, q, sigs);
    if (r != 0) return r;
    bool signs = enqueue_signs(q, equal, ignored);
    if (q->broken == SIZE_MAX) return hunt_go_on(run, h, signs, err);
    if (hunt_shows_error(run, q)) return hunt_ask_text(run, h, HUNT_TEXT_1, err);
    // Nothing shows, whatever is sent: only time can tell.
    if (ignored && q->count > 1) return hunt_wait(run, h, err);
    // The breaking value is a server error (the forms of a look may be broken in the place where it stands, too), or it moves the answer in a way of its own.
    bool anomaly = sigs[q->broken].status >= 500 || is_anomaly(q, sigs);
    return hunt_go_on(run, h, signs || anomaly, err);
}

int hunt_go_on(struct check_run *run, struct hunt *h, bool wide, struct error *err) {
    h->wide = h->wide || wide;
    return next_condition(run, h, err);
}

static int judge_sweep(struct check_run *run, struct hunt_ask *q, struct error *err) {
    struct signature sigs[INJECT_PROBES_MAX] = {0};
    bool equal[INJECT_PROBES_MAX] = {0}, ignored;
    int r = read_signs(run, q, sigs, equal, &ignored, err);
    for (size_t i = 0; r == 0 && i < q->count; i++) {
        if (equal[i + q->has_reference]) enqueue(q->h, q->conditions[i]);
    }
    return r != 0 ? r : next_condition(run, q->h, err);
}

/*
 * Grammar: the same value with a keyword of the grammar and with that keyword's letters in another order. For a service that shows nothing of what
 * it finds, only whether a statement could be read. Holds when both right ones give the good answer and both wrong ones another, alike; the
 * chance of a server that does not see the difference is that of the boolean pair, and the series decides.
 */
static struct verdict grammar_verdict(const struct signature *ref, const struct signature *s, const struct volatility *v) {
    struct verdict no = {.why = "the keyword makes no difference"};
    for (size_t i = 0; i < PART_COUNT; i++) {
        if (!s[i].valid || s[i].status == 429 || s[i].status == 503) return no;
    }
    bool yes = signature_equal(ref, &s[PART_TRUE_1], v) && signature_equal(ref, &s[PART_TRUE_2], v);
    bool other = !signature_equal(ref, &s[PART_FALSE_1], v) && signature_alike(&s[PART_FALSE_1], &s[PART_FALSE_2]);
    if (!is_good(ref) || v->learned_from == 0 || v->status_volatile || v->form_volatile || !yes || !other) return no;
    return (struct verdict){.holds = true, .confidence = CONFIDENCE_FIRM, .bits = 4, .why = "a statement with a keyword is read, one with its letters out of order is not"};
}

static int judge_round(struct check_run *run, struct hunt_ask *q, struct error *err) {
    struct hunt *h = q->h;
    const struct volatility *v = &h->p.baseline->volatility;
    struct signature ref, s[PART_COUNT];
    int r = reference_of(run, q, &ref, err);
    for (size_t i = 0; i < PART_COUNT && r == 0; i++) r = hunt_signature(run, q, i + 1, &s[i], err);
    if (r != 0) return r;
    const struct boolean_answers answers = {&ref, &s[PART_TRUE_1], &s[PART_TRUE_2], &s[PART_FALSE_1], &s[PART_FALSE_2], &s[PART_INERT], v};
    bool grammar = sv_eq(node_get_text(h->current, SV("kind")), SV("grammar"));
    struct verdict verdict = grammar ? grammar_verdict(&ref, s, v) : oracle_boolean(&answers);
    if (!verdict.holds) return next_condition(run, h, err);
    if (q->e->tag == HUNT_ROUND_1) {
        h->first = verdict;
        return ask_round(run, h, HUNT_ROUND_2, err);
    }
    h->first = oracle_combine(h->first, verdict);
    struct hunt_ask *series = hunt_experiment(run, h, HUNT_SERIES, true);
    bool ok = series != NULL;
    if (ok) series_draw(check_rng(run), series->expected, ORACLE_SERIES);
    for (size_t i = 0; i < ORACLE_SERIES && ok; i++) {
        bool odd = rng_below(check_rng(run), 2) == 1;
        ok = hunt_add(run, series, h->current, series->expected[i] ? (odd ? PART_TRUE_1 : PART_TRUE_2) : (odd ? PART_FALSE_1 : PART_FALSE_2));
    }
    if (ok) check_submit(run, series->e);
    return 0;
}

static int tell(struct check_run *run, struct hunt_ask *q, enum confidence confidence, struct error *err) {
    struct hunt *h = q->h;
    size_t yes = SIZE_MAX, no = SIZE_MAX;
    for (size_t i = 0; i < ORACLE_SERIES; i++) {
        if (q->expected[i] && yes == SIZE_MAX) yes = i + 1;
        if (!q->expected[i] && no == SIZE_MAX) no = i + 1;
    }
    const struct evidence_item evidence[] = {
        check_evidence(q->e, 0, EVIDENCE_REFERENCE, "the ordinary answer"),
        check_evidence(q->e, yes, EVIDENCE_PROBE, "a value that means the same to the grammar only gives the ordinary answer"),
        check_evidence(q->e, no, EVIDENCE_CONTROL, "a value of the same characters that means something else does not"),
    };
    struct sv reason = arena_printf(&q->e->arena, "what stands in the value is evaluated (" SV_FMT "): %s%s", SV_ARG(node_get_text(h->current, SV("says"))), h->first.why,
                                    confidence == CONFIDENCE_CONFIRMED ? "; in two rounds and a series of 24 requests in a random order" : "; in two rounds");
    h->done = true;
    return hunt_report(run, h, node_get_text(h->current, SV("id")), confidence, reason, evidence, 3, err);
}

static int judge_series(struct check_run *run, struct hunt_ask *q, struct error *err) {
    struct hunt *h = q->h;
    struct signature ref, *s = arena_new_array(&q->e->arena, struct signature, ORACLE_SERIES);
    const struct signature *answers[ORACLE_SERIES];
    bool trouble = false;
    if (s == NULL) return error_nomem(err);
    int r = reference_of(run, q, &ref, err);
    for (size_t i = 0; i < ORACLE_SERIES && r == 0; i++) {
        r = hunt_signature(run, q, i + 1, &s[i], err);
        answers[i] = &s[i];
        trouble = trouble || !s[i].valid || s[i].status == 429 || s[i].status == 503;
    }
    if (r != 0) return r;
    struct verdict series = oracle_series(&ref, answers, q->expected, ORACLE_SERIES, &h->p.baseline->volatility);
    // A series that could not be asked through says nothing; one that contradicts the rounds takes them back.
    if (!series.holds && !trouble) return next_condition(run, h, err);
    return tell(run, q, series.holds ? oracle_combine(h->first, series).confidence : CONFIDENCE_FIRM, err);
}

int inject_judge(struct check_run *run, struct experiment *e, struct error *err) {
    struct hunt_ask *q = e->user;
    if (q->h->done) return 0;
    switch ((enum hunt_tag)e->tag) {
    case HUNT_LOOK: return judge_look(run, q, err);
    case HUNT_SWEEP: return judge_sweep(run, q, err);
    case HUNT_ROUND_1:
    case HUNT_ROUND_2: return judge_round(run, q, err);
    case HUNT_SERIES: return judge_series(run, q, err);
    case HUNT_TEXT_1:
    case HUNT_TEXT_2: return hunt_judge_text(run, q, err);
    case HUNT_WAIT:
    case HUNT_TIMED_1:
    case HUNT_TIMED_2: return hunt_judge_late(run, q, err);
    case HUNT_DOUBT: return judge_doubt(run, q, err);
    case HUNT_WORDS_1:
    case HUNT_WORDS_2: return hunt_judge_words(run, q, err);
    }
    return 0;
}
