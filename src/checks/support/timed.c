// SPDX-License-Identifier: Apache-2.0
#include "checks/support/timed.h"

#define LONGEST (1200 * USEC_PER_MSEC)

static struct sv filled(struct arena *a, struct sv template, usec_t delay) {
    struct sv seconds = arena_printf(a, "%u.%03u", (unsigned)(delay / USEC_PER_SEC), (unsigned)(delay / USEC_PER_MSEC % 1000));
    struct sv msec = arena_printf(a, "%u", (unsigned)(delay / USEC_PER_MSEC));
    static const struct sv names[] = {SV_INIT("{t}"), SV_INIT("{ms}")};
    for (size_t i = 0; i < 2; i++) {
        size_t at = sv_find(template, names[i]);
        if (at == SIZE_MAX) continue;
        template = arena_printf(a, SV_FMT SV_FMT SV_FMT, SV_ARG(sv_slice(template, 0, at)), SV_ARG(i == 0 ? seconds : msec), SV_ARG(sv_from_index(template, at + names[i].len)));
    }
    return template;
}

bool timed_add(struct check_run *run, struct experiment *e, const struct inject_point *p, const struct node *form, usec_t delay, struct inject_sent *sent) {
    struct sv template = node_get_text(form, SV("test")), value;
    if (template.len == 0 || !inject_write(&e->arena, check_rng(run), filled(&e->arena, template, delay), p, PART_TRUE_1, SV_NONE, &value)) return false;
    return inject_add(run, e, sent, p, delay == 0 ? ROLE_CONTROL : ROLE_PROBE, value);
}

void timed_ask(struct check_run *run, struct experiment *e, struct timed *t, const struct inject_point *p, const struct node *waits, unsigned form, bool again, struct inject_sent *sent) {
    t->form = form;
    t->repeats = again ? TIMED_REPEATS : 1;
    e->phase = PHASE_LATE;
    e->schedule = SCHEDULE_ALONE;
    e->value = 2;
    time_draw(check_rng(run), t->asked, TIMED_POINTS, LONGEST);
    // Rounds over all points, so that a disturbance of seconds hits one request of each point at most.
    for (size_t i = 0; i < (size_t)TIMED_POINTS * t->repeats; i++) {
        if (!timed_add(run, e, p, node_at(waits, form), t->asked[i % TIMED_POINTS], sent)) return;
    }
    check_submit(run, e);
}

size_t timed_late(const struct experiment *e, const struct baseline *b) {
    // A machine under load spreads by more than what is asked for: measuring decides then.
    usec_t spread = 3 * b->latency_spread, usual = b->latency_median + (spread < TIMED_FIRST / 2 ? spread : TIMED_FIRST / 2);
    for (size_t i = 0; i < e->probe_count; i++) {
        const struct exchange *x = e->exchanges[i];
        if (exchange_answered(x) && x->response.first_byte > usual && x->response.first_byte >= TIMED_FIRST) return i;
    }
    return e->probe_count;
}

static usec_t middle(usec_t *v, size_t n) {
    for (size_t i = 1; i < n; i++) {
        for (size_t k = i; k > 0 && v[k - 1] > v[k]; k--) {
            usec_t swap = v[k];
            v[k] = v[k - 1];
            v[k - 1] = swap;
        }
    }
    return v[n / 2];
}

struct verdict timed_verdict(const struct experiment *e, const struct timed *t, const struct baseline *b) {
    usec_t observed[TIMED_POINTS];
    for (size_t i = 0; i < TIMED_POINTS; i++) {
        usec_t each[TIMED_REPEATS] = {0};
        for (size_t k = 0; k < t->repeats; k++) {
            const struct exchange *x = e->exchanges[k * TIMED_POINTS + i];
            if (!exchange_answered(x)) return (struct verdict){.why = "an answer is missing"};
            each[k] = x->response.first_byte;
        }
        observed[i] = middle(each, t->repeats);
    }
    return oracle_time(t->asked, observed, TIMED_POINTS, b->latency_median, b->latency_spread);
}

void timed_evidence(const struct experiment *e, const struct timed *t, struct evidence_item ret[2]) {
    size_t longest = 0, none = 0;
    for (size_t i = 0; i < TIMED_POINTS; i++) {
        if (t->asked[i] > t->asked[longest]) longest = i;
        if (t->asked[i] == 0) none = i;
    }
    ret[0] = check_evidence(e, longest, EVIDENCE_PROBE, "a value that asks for a delay is answered after that delay");
    ret[1] = check_evidence(e, none, EVIDENCE_CONTROL, "a delay of nothing is answered at once");
}
