// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_INJECT_HUNT_H
#define PLUMB_CHECKS_SUPPORT_INJECT_HUNT_H

#include "checks/support/inject.h"
#include "checks/support/timed.h"

// Private to the inject_*.c files: the state of one hunt, that is one parameter of one operation.
#define HUNT_CONDITIONS_MAX 32
#define HUNT_WAITS_MAX 8

enum hunt_tag { HUNT_LOOK = 1, HUNT_SWEEP, HUNT_ROUND_1, HUNT_ROUND_2, HUNT_SERIES, HUNT_TEXT_1, HUNT_TEXT_2, HUNT_WAIT, HUNT_TIMED_1, HUNT_TIMED_2, HUNT_WORDS_1, HUNT_WORDS_2, HUNT_DOUBT };

struct hunt {
    const struct inject_wording *w;
    struct inject_point p;
    const struct node *queue[HUNT_CONDITIONS_MAX]; // conditions that gave a sign
    size_t count, next;
    const struct node *current;
    struct verdict first, text; // of the rounds so far
    bool wide;  // there was a sign that no condition of the look explains: all others are asked, too
    bool blind; // harmless values all give the good answer, only a broken one does not: no condition can show, only whether a statement is read
    unsigned again; // measurements repeated because something disturbed them
    bool swept, waited, done;
};

// One experiment of a hunt: probe 0 is the reference when has_reference, then one probe for each entry of `conditions`, then the breaking value.
struct hunt_ask {
    struct hunt *h;
    struct experiment *e;
    struct inject_sent sent;
    bool has_reference;
    const struct node *conditions[HUNT_CONDITIONS_MAX];
    size_t count;
    size_t broken; // probe; SIZE_MAX when there is none
    bool expected[ORACLE_SERIES];
    struct sv nonce;
    struct timed timed;
    unsigned waits[HUNT_WAITS_MAX]; // index of the form of each probe
};

// NULL when the experiment cannot be made.
struct hunt_ask *hunt_experiment(struct check_run *run, struct hunt *h, enum hunt_tag tag, bool reference);
bool hunt_add(struct check_run *run, struct hunt_ask *q, const struct node *condition, enum inject_part part);
int hunt_signature(struct check_run *run, struct hunt_ask *q, size_t i, struct signature *ret, struct error *err) MUST_USE;
// A condition that is written as an operator beside the parameter's name or as a JSON object in its place.
bool hunt_add_operator(struct check_run *run, struct hunt_ask *q, const struct node *condition, enum inject_part part, enum probe_role role);
// The conditions that gave a sign, else (`wide`) all others.
int hunt_go_on(struct check_run *run, struct hunt *h, bool wide, struct error *err) MUST_USE;
// Does the breaking value of a look bring out a text of one of the engines, and no other probe the same?
bool hunt_shows_error(struct check_run *run, struct hunt_ask *q);
int hunt_ask_text(struct check_run *run, struct hunt *h, enum hunt_tag tag, struct error *err) MUST_USE;
int hunt_judge_text(struct check_run *run, struct hunt_ask *q, struct error *err) MUST_USE;
// Where nothing shows: one value for each form that makes an engine wait, then the measurement of those that were slow.
int hunt_wait(struct check_run *run, struct hunt *h, struct error *err) MUST_USE;
int hunt_judge_late(struct check_run *run, struct hunt_ask *q, struct error *err) MUST_USE;
int hunt_judge_words(struct check_run *run, struct hunt_ask *q, struct error *err) MUST_USE;
bool hunt_fits(const struct node *entry, const struct inject_point *p);
int hunt_report(struct check_run *run, struct hunt *h, struct sv condition, enum confidence confidence, struct sv reason, const struct evidence_item *evidence,
                size_t count, struct error *err) MUST_USE;

#endif
