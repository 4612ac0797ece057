// SPDX-License-Identifier: Apache-2.0
// Where no answer tells anything: values that make an engine wait. First one long delay for each form; only a form that was late is measured.
#include "checks/support/inject_hunt.h"

static const struct node *waits_of(struct check_run *run, const struct hunt *h) {
    const struct node *list = node_get(check_knowledge(run, h->w->file), SV("waits"));
    return node_is(list, NODE_ARRAY) ? list : NULL;
}

int hunt_wait(struct check_run *run, struct hunt *h, struct error *err) {
    (void)err;
    const struct node *waits = waits_of(run, h);
    if (waits == NULL || h->waited || h->done) return 0;
    h->waited = true;
    struct hunt_ask *q = hunt_experiment(run, h, HUNT_WAIT, false);
    if (q == NULL) return 0;
    q->e->phase = PHASE_LATE;
    q->e->schedule = SCHEDULE_ALONE;
    q->e->value = 3;
    unsigned form = 0;
    for (const struct node *w = waits->first; w != NULL; w = w->next, form++) {
        if (q->e->probe_count >= HUNT_WAITS_MAX || !hunt_fits(w, &h->p)) continue;
        if (timed_add(run, q->e, &h->p, w, TIMED_FIRST, &q->sent)) q->waits[q->e->probe_count - 1] = form;
    }
    if (q->e->probe_count > 0) check_submit(run, q->e);
    return 0;
}

static int measure(struct check_run *run, struct hunt *h, unsigned form, enum hunt_tag tag) {
    struct hunt_ask *q = hunt_experiment(run, h, tag, false);
    if (q == NULL) return 0;
    q->e->round = tag == HUNT_TIMED_2 ? 2 : 1;
    timed_ask(run, q->e, &q->timed, &h->p, waits_of(run, h), form, h->again > 0, &q->sent);
    return 0;
}

static int tell(struct check_run *run, struct hunt_ask *q, struct error *err) {
    struct hunt *h = q->h;
    struct evidence_item evidence[2];
    timed_evidence(q->e, &q->timed, evidence);
    struct sv says = node_get_text(node_at(waits_of(run, h), q->timed.form), SV("says"));
    struct sv reason = arena_printf(&q->e->arena, "%s (" SV_FMT "; delays of up to 1.2 s, drawn at random, in random order); in two rounds of %u requests", h->first.why,
                                    SV_ARG(says), (unsigned)TIMED_POINTS);
    h->done = true;
    return hunt_report(run, h, says, h->first.confidence, reason, evidence, 2, err);
}

int hunt_judge_late(struct check_run *run, struct hunt_ask *q, struct error *err) {
    struct hunt *h = q->h;
    if (q->e->tag == HUNT_WAIT) {
        size_t late = timed_late(q->e, h->p.baseline);
        return late < q->e->probe_count ? measure(run, h, q->waits[late], HUNT_TIMED_1) : 0;
    }
    struct verdict v = timed_verdict(q->e, &q->timed, h->p.baseline);
    // One disturbance by others is no answer: a new draw, at most twice in all.
    if (!v.holds && h->again++ < 2) return measure(run, h, q->timed.form, (enum hunt_tag)q->e->tag);
    if (!v.holds) return 0;
    if (q->e->tag == HUNT_TIMED_1) {
        h->first = v;
        return measure(run, h, q->timed.form, HUNT_TIMED_2);
    }
    h->first = oracle_combine(h->first, v);
    return tell(run, q, err);
}
