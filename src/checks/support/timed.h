// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_TIMED_H
#define PLUMB_CHECKS_SUPPORT_TIMED_H

#include "checks/support/inject.h"

// Values that make an interpreter wait for a time that we draw (oracle_time): asked last, one after the other, with nothing else under way.
enum { TIMED_POINTS = 9, TIMED_REPEATS = 3 };
#define TIMED_FIRST (900 * USEC_PER_MSEC) // what one probe of a form asks for, before it is worth measuring
struct timed {
    unsigned form; // index into the list of forms
    usec_t asked[TIMED_POINTS];
    unsigned repeats; // requests for each point; what counts is their median
};

// Fills the experiment with form number `form` of `waits` ({t}: seconds with three places, {ms}: milliseconds) and submits it.
// `again`: an earlier measurement was disturbed, so each delay is asked for TIMED_REPEATS times.
void timed_ask(struct check_run *run, struct experiment *e, struct timed *t, const struct inject_point *p, const struct node *waits, unsigned form, bool again, struct inject_sent *sent);
// One probe that asks for this delay.
bool timed_add(struct check_run *run, struct experiment *e, const struct inject_point *p, const struct node *form, usec_t delay, struct inject_sent *sent);
// The first probe whose answer came TIMED_FIRST later than usual; probe_count when none did.
size_t timed_late(const struct experiment *e, const struct baseline *b);
struct verdict timed_verdict(const struct experiment *e, const struct timed *t, const struct baseline *b);
// The slowest answer and one without delay.
void timed_evidence(const struct experiment *e, const struct timed *t, struct evidence_item ret[2]);

#endif
