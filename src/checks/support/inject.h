// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_INJECT_H
#define PLUMB_CHECKS_SUPPORT_INJECT_H

#include "checks/run.h"

// What the injection checks share. A check says which file of data/injection holds its grammars and how its finding is worded; the order of
// asking, the oracles and the telling are here.
//
//   look      one request per cheap sign: values that mean the same as the good one to one grammar only, and one that breaks it
//   sweep     after a sign: the same for every other context of the grammar
//   round 1,2 boolean pairs (oracle_boolean) of the one condition that gave the good answer, new random parts in each
//   series    24 requests in a random order of true and false: lifts the verdict from firm to confirmed
//   text      the engine's own error text for the breaking value, absent for neutral neighbours, in two rounds

// One value of an operation that an injection may go through.
struct inject_point {
    const struct operation *op;
    size_t parameter, identity;
    const struct baseline *baseline;
    struct call call; // the good call with the seed in place
    struct sv seed;   // value whose answer everything is compared with
    bool number;      // the seed is a whole number
    bool name;        // the seed looks like a column or a direction, and the parameter chooses an order
    bool asked;       // the baseline's answer is the answer to the seed; else a reference must be asked
};

// False when the parameter takes nothing that could be an injection, or the operation has no good answer. `a` lives as long as the scan.
bool inject_point_find(struct check_run *run, struct arena *a, const struct operation *op, size_t parameter, struct inject_point *ret);
// Why there is no point for any parameter, as coverage; true when nothing is to be asked.
bool inject_nothing_to_ask(struct check_run *run, const struct operation *op);
// Is the parameter's name on a list of data/injection/points.yaml?
bool inject_name_in(struct check_run *run, const char *list, struct sv name);

enum inject_part { PART_TRUE_1, PART_TRUE_2, PART_FALSE_1, PART_FALSE_2, PART_INERT, PART_COUNT };
// Fills a template of data/injection (placeholders: data/injection/README.md); false when it cannot be filled for this seed. `nonce` may be NULL.
bool inject_write(struct arena *a, struct rng *rng, struct sv template, const struct inject_point *p, enum inject_part part, struct sv nonce,
                  struct sv *ret);

// The values that the probes of an experiment carried, for inject_signature. Lives in the experiment's arena.
#define INJECT_PROBES_MAX 40
struct inject_sent {
    struct sv values[INJECT_PROBES_MAX];
};
// Adds a probe that carries `value`; remembers and marks it.
bool inject_add(struct check_run *run, struct experiment *e, struct inject_sent *sent, const struct inject_point *p, enum probe_role role, struct sv value);
// Signature of the answer to probe i where an echo of what was sent counts as an echo of the seed.
int inject_signature(struct check_run *run, struct experiment *e, size_t i, const struct inject_sent *sent, const struct inject_point *p,
                     struct signature *ret, struct error *err) MUST_USE;

struct inject_wording {
    const char *check;
    const char *file;      // "injection/sql"
    struct sv cause, title;
    enum impact impact;
    const struct finding_effect *effects;
    size_t effect_count;
    bool text_only;        // numbers are of no use
    uint16_t cwe;
};
// The check's plan and judge. `w` is static.
int inject_plan(struct check_run *run, const struct operation *op, const struct inject_wording *w, struct error *err) MUST_USE;
int inject_judge(struct check_run *run, struct experiment *e, struct error *err) MUST_USE;

// For operations that gave no good answer, so that no condition can show: `words` of the knowledge file, an operator that the engine has and one that
// nobody has, beside the values of the ordinary call (inject_words.c).
int inject_words_plan(struct check_run *run, const struct operation *op, const struct inject_wording *w, struct error *err) MUST_USE;

// Reports at a point; one occurrence per parameter.
int inject_report(struct check_run *run, const struct inject_point *p, const struct inject_wording *w, enum confidence confidence, struct sv reason,
                  const struct evidence_item *evidence, size_t evidence_count, uint32_t fact, struct error *err) MUST_USE;

#endif
