// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_SIGNS_H
#define PLUMB_CHECKS_SUPPORT_SIGNS_H

#include "checks/run.h"

// What an answer shows by itself: does it refuse, is it empty, whose is it, is it private. Judged from keys, validated values and the
// words of data/access.yaml; never from the status alone.

#define SIGNS_VALUES_MAX 96
#define SIGNS_OWNERS_MAX 16

struct signs {
    bool good;    // 2xx with something in it that is neither a refusal nor an error in a 200
    bool refusal; // words of refusal, a sign-in page, an error envelope
    bool cached;  // a cache answered
    unsigned leaves;   // values that say anything (no nulls, empty texts, counters)
    unsigned content;  // the same without envelope keys ("status", "message")
    unsigned secrets;  // distinct validated secret values in the body
    unsigned personal; // distinct validated personal values other than contact data
    unsigned contacts; // mail addresses, telephone numbers
    unsigned owners, strong_owners, persons, privates; // keys with a value
    struct sv management;              // class of management answer, ptr NULL when none
    uint64_t values[SIGNS_VALUES_MAX]; // keyed hashes of the private values, owners included; sorted
    size_t value_count;
    uint64_t owner_values[SIGNS_OWNERS_MAX]; // keyed hashes of what names owners, distinct
    size_t owner_count;
};

// Reads one answer. `a` is scratch; an exchange without answer gives zeroes.
int signs_read(struct check_run *run, struct arena *a, const struct exchange *x, struct signs *ret, struct error *err) MUST_USE;
// Are these values that their owner would not publish? `path` (template or concrete) says what the answer is about.
bool signs_are_private(struct check_run *run, const struct signs *s, struct sv path);
// Do personal or secret values show (beyond owner markers)?
bool signs_are_sensitive(const struct signs *s);
// Does each of the two show a private value that the other one does not?
bool signs_differ(const struct signs *x, const struct signs *y);
// Does a private value stand in both?
bool signs_share(const struct signs *x, const struct signs *y);
// Do both name owners, and none in common?
bool signs_owners_differ(const struct signs *x, const struct signs *y);
// The hash by which owner_values holds a text.
uint64_t signs_owner_hash(const struct check_run *run, struct sv text);
// What is lost when this answer is shown to somebody who should not see it; at least `floor`.
enum impact signs_impact(const struct signs *s, bool is_private, enum impact floor);

#endif
