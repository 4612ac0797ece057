// SPDX-License-Identifier: Apache-2.0
// Values on which a pattern of the service takes time that doubles with each letter (CWE-1333). Only parameters whose name, format or pattern says that
// they are matched against something (data/limits.yaml, `matched_params`).
//
// climb    one value at a time, alone: a letter repeated and an ending that spoils the match, from CLIMB_FIRST letters in steps of four while nothing is seen
//          and of one as soon as something is. Even where each letter costs four times as much, no step takes much more than a second.
// measure  as soon as one takes SIGHTED: n-6, n-4, n-2, n letters, in three rounds, each in a new order, alone -> firm
//
// Truth condition in all rounds: from n-6 to n-4, n-2 and n the time grows by STEP_LEAST at least each time, and by WHOLE_LEAST over all. A slow
// service, one that is slow at random, or one whose time grows with the length does not do so for values that differ by two letters.
#include "checks/support/limits.h"
#include "checks/support/places.h"

enum { TAG_CLIMB = 1, TAG_MEASURE };
enum { CLIMB_FIRST = 10, CLIMB_LAST = 34, CLIMB_STEPS = 12, PARAMETERS_MAX = 3, MEASURED = 4, ROUNDS = 3 };
#define SEEN (8 * USEC_PER_MSEC)
#define SIGHTED (400 * USEC_PER_MSEC)
#define PATIENCE (5 * USEC_PER_SEC)
#define STEP_LEAST 1.5
#define WHOLE_LEAST 7.0

static const struct {
    const char *unit, *spoiler;
} forms[] = {{"a", "!"}, {"1", "x!"}};
enum { FORM_COUNT = sizeof forms / sizeof forms[0] };

struct climb {
    struct place place;
    unsigned form, letters, steps;
    unsigned measured[MEASURED]; // letters of each probe of a measurement
};

// -- asking --------------------------------------------------------------------------------------------------------------------------

static bool may_be_slow(struct check_run *run, const struct parameter *p) {
    return limit_is_matched(run, p) && !(p->schema->has_max_length && p->schema->max_length < CLIMB_LAST);
}

static struct sv value_of(struct arena *a, unsigned form, unsigned letters) {
    char *text = arena_alloc(a, letters + 8);
    if (text == NULL) return SV_NONE;
    memset(text, forms[form].unit[0], letters);
    size_t more = strlen(forms[form].spoiler);
    memcpy(text + letters, forms[form].spoiler, more);
    return sv_make(text, letters + more);
}

static struct experiment *begin(struct check_run *run, const struct climb *c, uint32_t tag, uint16_t round) {
    struct experiment *e = place_experiment(run, &c->place, tag, round);
    struct climb *copy = e == NULL ? NULL : arena_new(&e->arena, struct climb);
    if (copy == NULL) return NULL;
    *copy = *c;
    e->user = copy;
    e->phase = PHASE_LATE;
    e->schedule = SCHEDULE_ALONE;
    e->value = 0.5;
    return e;
}

static bool add(struct check_run *run, struct experiment *e, const struct climb *c, unsigned letters) {
    struct probe *p = place_ask(run, e, ROLE_PROBE, &c->place, value_of(&e->arena, c->form, letters), false);
    if (p != NULL) p->timeout = PATIENCE;
    return p != NULL;
}

static int ask_climb(struct check_run *run, const struct climb *c, struct error *err) {
    struct experiment *e = begin(run, c, TAG_CLIMB, 1);
    if (e == NULL) return error_nomem(err);
    if (add(run, e, c, c->letters)) (void)check_submit(run, e);
    return 0;
}

static int ask_measure(struct check_run *run, struct climb c, uint16_t round, struct error *err) {
    const unsigned letters[MEASURED] = {c.letters - 6, c.letters - 4, c.letters - 2, c.letters};
    memcpy(c.measured, letters, sizeof letters);
    for (unsigned i = MEASURED; i > 1; i--) {
        unsigned k = (unsigned)rng_below(check_rng(run), i), other = c.measured[k];
        c.measured[k] = c.measured[i - 1];
        c.measured[i - 1] = other;
    }
    struct experiment *e = begin(run, &c, TAG_MEASURE, round);
    if (e == NULL) return error_nomem(err);
    bool ok = true;
    for (unsigned i = 0; i < MEASURED && ok; i++) ok = add(run, e, &c, c.measured[i]);
    if (ok) (void)check_submit(run, e);
    return 0;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    struct place places[PLACES_MAX];
    size_t count = places_find(run, op, places), asked = 0;
    if (count == 0) return 0;
    int r = 0;
    for (size_t i = 0; i < count && asked < PARAMETERS_MAX && r == 0; i++) {
        if (!may_be_slow(run, &op->parameters[places[i].parameter])) continue;
        asked++;
        r = ask_climb(run, &(struct climb){.place = places[i], .letters = CLIMB_FIRST}, err);
    }
    if (asked == 0) check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "has no value that is matched against a pattern");
    else check_coverage(run, op, COVERAGE_PASSED, NULL);
    return r;
}

// -- judging -------------------------------------------------------------------------------------------------------------------------

static usec_t late_by(const struct exchange *x, const struct baseline *b) {
    return x->response.first_byte > b->latency_median ? x->response.first_byte - b->latency_median : 0;
}

static int judge_climb(struct check_run *run, struct experiment *e, struct error *err) {
    struct climb c = *(const struct climb *)e->user;
    const struct exchange *x = e->exchanges[0];
    if (!exchange_answered(x)) {
        check_coverage(run, e->operation, COVERAGE_INCONCLUSIVE, "a value was not answered in time");
        return 0;
    }
    usec_t late = late_by(x, c.place.baseline);
    if (late >= SIGHTED) return c.letters > CLIMB_FIRST ? ask_measure(run, c, 1, err) : 0;
    c.letters += late < SEEN ? 4 : 1;
    if (++c.steps < CLIMB_STEPS && c.letters <= CLIMB_LAST) return ask_climb(run, &c, err);
    if (c.form + 1 >= FORM_COUNT) return 0;
    c = (struct climb){.place = c.place, .form = c.form + 1, .letters = CLIMB_FIRST};
    return ask_climb(run, &c, err);
}

// Time of the probe with so many letters, 0 when it was not answered.
static double time_of(const struct experiment *e, unsigned letters) {
    const struct climb *c = e->user;
    for (unsigned i = 0; i < MEASURED; i++) {
        if (c->measured[i] == letters && exchange_answered(e->exchanges[i])) return (double)late_by(e->exchanges[i], c->place.baseline) + 1;
    }
    return 0;
}

static bool grows(const double t[MEASURED]) {
    for (unsigned i = 0; i + 1 < MEASURED; i++) {
        if (t[i] <= 0 || t[i + 1] < t[i] * STEP_LEAST) return false;
    }
    return t[MEASURED - 1] >= t[0] * WHOLE_LEAST;
}

static int report(struct check_run *run, struct experiment *e, double t[MEASURED], struct error *err) {
    const struct climb *c = e->user;
    size_t slow = 0, quick = 0;
    for (size_t i = 0; i < MEASURED; i++) {
        if (c->measured[i] == c->letters) slow = i;
        if (c->measured[i] == c->letters - 6) quick = i;
    }
    const struct evidence_item evidence[] = {check_evidence(e, slow, EVIDENCE_PROBE, "the longest value"), check_evidence(e, quick, EVIDENCE_CONTROL, "six letters less")};
    struct finding f = {
        .category = CATEGORY_RATE,
        .cause = SV("regex-time"),
        .scope = SCOPE_OPERATION,
        .impact = IMPACT_COST,
        .who = c->place.identity == 0 ? WHO_ANYONE : WHO_USER,
        .confidence = CONFIDENCE_FIRM,
        .title = SV("The time of an answer doubles with each letter of a value"),
        .reason = arena_printf(&e->arena, "%u, %u, %u and %u letters took %.0f, %.0f, %.0f and %.0f ms, in three rounds alike", c->letters - 6, c->letters - 4, c->letters - 2, c->letters,
                               t[0] / 1000, t[1] / 1000, t[2] / 1000, t[3] / 1000),
        .evidence = evidence,
        .evidence_count = 2,
    };
    return f.reason.ptr == NULL ? error_nomem(err) : place_report(run, &c->place, f, err);
}

static int judge_measure(struct check_run *run, struct experiment *e, struct error *err) {
    const struct climb *c = e->user;
    double t[MEASURED] = {time_of(e, c->letters - 6), time_of(e, c->letters - 4), time_of(e, c->letters - 2), time_of(e, c->letters)};
    if (!grows(t)) {
        check_coverage(run, e->operation, COVERAGE_INCONCLUSIVE, "slow answers that follow no pattern");
        return 0;
    }
    return e->round < ROUNDS ? ask_measure(run, *c, (uint16_t)(e->round + 1), err) : report(run, e, t, err);
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    return e->tag == TAG_CLIMB ? judge_climb(run, e, err) : judge_measure(run, e, err);
}

const struct check check_regex_time = {
    .id = "regex-time",
    .title = "Patterns whose time doubles with each letter",
    .category = CATEGORY_RATE,
    .owasp = "API4:2023",
    .cwe = 1333,
    .traits = CHECK_READ_ONLY,
    .plan = plan,
    .judge = judge,
};
