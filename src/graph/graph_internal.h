// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_GRAPH_GRAPH_INTERNAL_H
#define PLUMB_GRAPH_GRAPH_INTERNAL_H

#include "base/map.h"
#include "base/vec.h"
#include "graph/graph.h"

// Bounds. Real programs stay far below; hostile facts reach them and cost time of milliseconds.
enum {
    BODY_MAX = 8,
    VARS_MAX = 16,
    FACTS_PER_KIND_MAX = 128, // the strongest of a kind; the rest is said in a warning
    ATOMS_MAX = 8192,
    STEPS_MAX = 4000000, // unifications of one evaluation
    SIZE_MAX_PROOF = 100000,
    FIXES_MAX = 64,
};

enum { RANK_NO, RANK_ASSUMED, RANK_DECLARED, RANK_SEEN };

// A text as a number, 0 is none. Kept for one evaluation.
typedef uint32_t symbol;

struct term {
    bool is_variable;
    uint32_t id; // symbol, or index of the variable in its rule
};
struct named_term {
    symbol name;
    struct term value;
};

enum need {
    NEED_TRUE,    // a fact or a derived atom
    NEED_ASSUMED, // the same; assumed when nothing at all is known about it
    NEED_FALSE,   // a mitigation: blocks when it is known to be there
};

struct pattern {
    enum need need;
    symbol kind;
    struct term subject;
    struct named_term args[FACT_ARGS_MAX];
    size_t arg_count;
};

struct rule {
    struct sv id, text, label;
    struct pattern head;
    struct pattern body[BODY_MAX];
    size_t body_count;
    struct sv variables[VARS_MAX]; // names, for texts
    size_t variable_count;
};

struct kind {
    symbol name;
    struct sv subject_type;
    struct sv text, label; // templates: {subject}, {an argument's name}
    struct sv assumption;  // what is assumed, in words
    struct sv settle;      // the command that settles it
    struct sv stand_in;    // the subject when it is assumed and unbound
    bool is_leaf;          // stands in data/facts.yaml
    bool hidden;           // not shown in paths
};

struct goal {
    struct sv id, title;
    struct pattern atom;
};
struct fix {
    struct sv id, advice;
    unsigned cost;
    symbol removes[16];
    size_t remove_count;
};

struct graph_rules {
    struct map symbols;   // text -> number
    VEC_OF(struct sv) names; // number - 1 -> text
    VEC_OF(struct kind) kinds;
    VEC_OF(struct rule) rules;
    VEC_OF(struct goal) goals;
    VEC_OF(struct fix) fixes;
};

struct named_symbol {
    symbol name, value;
};

// A ground atom and its best proof.
struct atom {
    symbol kind, subject;
    struct named_symbol args[FACT_ARGS_MAX];
    size_t arg_count;
    bool is_known;   // there is a fact about it
    bool assumed;    // nothing is known about it; a rule assumed it
    bool removed;    // a fix took it away
    uint8_t leaf_rank;        // of the fact
    const struct fact *fact;  // the strongest
    uint8_t rank;             // of the best proof; RANK_NO: none
    uint32_t assumptions, size;
    const struct rule *rule;  // NULL: it is a leaf
    uint32_t body[BODY_MAX];  // atoms
    size_t body_count;
    uint32_t next; // same kind, index + 1
};

// One evaluation. Symbols are those of the rules and more.
struct evaluation {
    struct arena *a;
    const struct graph_rules *rules;
    struct map symbols;
    VEC_OF(struct sv) names;
    VEC_OF(struct atom) atoms;
    uint32_t *first_of_kind; // by symbol, index + 1
    size_t kind_cap;
    struct map atoms_by_key;
    unsigned *per_kind; // facts taken, by symbol
    size_t steps;
    bool cut; // a bound was reached
    bool changed;
    VEC_OF(struct sv) warnings;
};

// rules.c
symbol symbol_find(const struct map *symbols, struct sv text); // 0 when unknown
const struct kind *kind_find(const struct graph_rules *g, symbol name);

// facts.c
int evaluation_start(struct evaluation *v, const struct scan_result *r, struct error *err);
symbol evaluation_symbol(struct evaluation *v, struct sv text); // 0 when out of memory
struct sv evaluation_name(const struct evaluation *v, symbol s);
// Finds or adds; UINT32_MAX at a bound or out of memory.
uint32_t evaluation_atom(struct evaluation *v, const struct atom *key);
uint32_t evaluation_first(const struct evaluation *v, symbol kind); // index + 1

// fixpoint.c
int fixpoint_run(struct evaluation *v, struct error *err); // from the leaves; may be run again after `removed` changed
bool fixpoint_possible(const struct evaluation *v, const struct goal *g); // could it be derived if all that is unknown were so?
uint32_t fixpoint_best(const struct evaluation *v, const struct goal *g); // the atom of the goal with the best proof, UINT32_MAX when none

// explain.c
int explain_goals(struct evaluation *v, struct scan_result *r, struct error *err);
int explain_fixes(struct evaluation *v, struct scan_result *r, struct error *err); // changes `removed`: last of all
struct sv explain_text(struct evaluation *v, struct sv template, const struct atom *at);

#endif
