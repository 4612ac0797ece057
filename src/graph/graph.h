// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_GRAPH_GRAPH_H
#define PLUMB_GRAPH_GRAPH_H

#include "base/arena.h"
#include "base/error.h"
#include "data/node.h"
#include "model/result.h"

// The escape verdict (DESIGN 5, docs/severity.md): ground facts and the Horn rules of data/graph.yaml give a least fixpoint; each derived
// atom keeps its best proof (highest rank of the weakest leaf, then fewest assumptions, then shortest).

// What the rules are made of: facts (data/facts.yaml), rules, goals and fixes (data/graph.yaml). Const after loading.
struct graph_rules;

// From the files that were built in; what is returned lives in `a`.
int graph_rules_load(struct arena *a, const struct graph_rules **ret, struct error *err) MUST_USE;
// From trees of the same form, for tests and --data; the trees must outlive the result. ERR_SYNTAX names the entry at fault.
int graph_rules_read(struct arena *a, const struct node *facts, const struct node *graph,
                     const struct graph_rules **ret, struct error *err) MUST_USE;

// Fills r->escape from r->facts and adds to r->warnings where declared and observed facts differ (drift) or a bound was reached. Results
// live in `a`; texts of facts are borrowed. Call it before score_compute. Same facts in, same verdict out.
int graph_evaluate(struct arena *a, struct scan_result *r, struct error *err) MUST_USE;
int graph_evaluate_with(struct arena *a, const struct graph_rules *rules, struct scan_result *r,
                        struct error *err) MUST_USE;

#endif
