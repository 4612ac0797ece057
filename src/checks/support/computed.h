// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_COMPUTED_H
#define PLUMB_CHECKS_SUPPORT_COMPUTED_H

#include "checks/support/inject.h"

// Injections that show by a value which only the injected interpreter computes: the product of two random numbers (or, where an interpreter has no
// arithmetic, the two numbers joined). Forms: data/injection/<file>.yaml.
//
//   look      one request per group of forms, each form with factors of its own: which product appears?
//   sweep     every form alone, when the answer shows that something was interpreted or fell over
//   round 1,2 oracle_computed: the form, the form with other factors, the plain expression without delimiters
//   time      forms that only wait, measured alone at the end (see timed.h), when nothing of this shows
struct computed_wording {
    struct inject_wording inject;
    const char *names;  // list of data/injection/points.yaml: parameters whose blind form is worth the time; NULL: none
    struct sv fact;     // kind of fact; SV_NONE: none
};

int computed_plan(struct check_run *run, const struct operation *op, const struct computed_wording *w, struct error *err) MUST_USE;
int computed_judge(struct check_run *run, struct experiment *e, struct error *err) MUST_USE;

#endif
