// SPDX-License-Identifier: Apache-2.0
/*
 * Operators where no good value is known: a number and a postcode that must belong together, a name with its password. Nothing is found by any
 * value, so what can show is only whether an operator is read: one that the engine has gives what the plain value gives, one that nobody has is a
 * server's error, the same word without the sign of an operator is not. Nothing is widened: the known operator asks for the plain value.
 */
#include "checks/support/inject_hunt.h"

#include "checks/support/places.h"
#include "checks/support/url_params.h"

enum { PLAIN, KNOWN, UNKNOWN, WORD, WORDS_COUNT };

static int ask_words(struct check_run *run, struct hunt *h, enum hunt_tag tag) {
    struct hunt_ask *q = hunt_experiment(run, h, tag, true);
    bool ok = q != NULL && hunt_add_operator(run, q, h->current, PART_TRUE_1, ROLE_PROBE) && hunt_add_operator(run, q, h->current, PART_TRUE_2, ROLE_PROBE) &&
              hunt_add_operator(run, q, h->current, PART_INERT, ROLE_CONTROL);
    if (!ok) return 0;
    q->e->round = tag == HUNT_WORDS_2 ? 2 : 1;
    q->e->value = tag == HUNT_WORDS_1 ? 1 : 5;
    check_submit(run, q->e);
    return 0;
}

int inject_words_plan(struct check_run *run, const struct operation *op, const struct inject_wording *w, struct error *err) {
    struct place places[PLACES_MAX];
    const struct node *words = node_get(check_knowledge(run, w->file), SV("words"));
    size_t who = best_identity(run, op);
    if (words == NULL || who == SIZE_MAX || check_baseline(run, op, who)->state == BASELINE_GOOD) return 0;
    size_t count = places_find(run, op, places);
    for (size_t i = 0; i < count; i++) {
        struct hunt *h = arena_new(check_arena(run), struct hunt);
        if (h == NULL) return error_nomem(err);
        const struct place *p = &places[i];
        h->w = w;
        h->current = words;
        h->p = (struct inject_point){.op = op, .parameter = p->parameter, .identity = p->identity, .baseline = p->baseline, .seed = p->value.len > 0 ? p->value : SV("a")};
        enum param_in in = op->parameters[p->parameter].in;
        if ((in != PARAM_QUERY && in != PARAM_BODY) || p->baseline->answer->response.status >= 500 || call_copy(check_arena(run), &p->baseline->call, &h->p.call, NULL) != 0) continue;
        h->p.call.values[p->parameter] = (struct param_value){.text = h->p.seed, .present = true};
        int r = ask_words(run, h, HUNT_WORDS_1);
        if (r != 0) return r;
    }
    return 0;
}

static bool holds(const struct signature s[WORDS_COUNT], const struct volatility *v) {
    for (size_t i = 0; i < WORDS_COUNT; i++) {
        if (!s[i].valid || s[i].status == 429 || s[i].status == 503) return false;
    }
    return s[PLAIN].status < 500 && signature_equal(&s[PLAIN], &s[KNOWN], v) && s[UNKNOWN].status >= 500 && s[WORD].status < 500;
}

int hunt_judge_words(struct check_run *run, struct hunt_ask *q, struct error *err) {
    struct hunt *h = q->h;
    struct signature s[WORDS_COUNT];
    int r = 0;
    for (size_t i = 0; i < WORDS_COUNT && r == 0; i++) r = check_signature(run, q->e, i, &s[i], err);
    if (r != 0 || !holds(s, &h->p.baseline->volatility)) return r;
    if (q->e->tag == HUNT_WORDS_1) return ask_words(run, h, HUNT_WORDS_2);
    h->done = true;
    const struct evidence_item evidence[] = {
        check_evidence(q->e, KNOWN, EVIDENCE_PROBE, "an operator that asks for the value itself is answered like the value"),
        check_evidence(q->e, UNKNOWN, EVIDENCE_PROBE, "an operator that nobody has is a server's error"),
        check_evidence(q->e, WORD, EVIDENCE_CONTROL, "the same word without the sign of an operator is none"),
    };
    struct sv reason = SV("operators of a query are read: one that exists is answered like the plain value, one with a random name is a server's error, the name alone is not; in two rounds");
    return inject_report(run, &h->p, h->w, CONFIDENCE_FIRM, reason, evidence, 3, 0, err);
}
