// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_SCORE_SCORE_H
#define PLUMB_SCORE_SCORE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/sink.h"
#include "model/result.h"

// The published formula, docs/scoring.md. Its name stands in every report.
#define SCORE_FORMULA "plumbline/score/1"

// Fills overall, grade, coverage_percent, caps, each finding's deduction and each category's score. Everything else must be there, the escape
// verdict included (a confirmed path caps the score).
int score_compute(struct arena *a, struct scan_result *r, struct error *err) MUST_USE;

// False when no category counts: then overall means nothing and reports leave it out.
bool score_exists(const struct scan_result *r);

// Every point, as text for people.
int score_explain(const struct scan_result *r, struct sink *out, struct error *err) MUST_USE;

#endif
