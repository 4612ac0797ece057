// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_ADVICE_ADVICE_H
#define PLUMB_ADVICE_ADVICE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/sv.h"

// What a weakness means and how to repair it, from data/advice/<check>.yaml: general words, more precise ones for a cause, and code for the
// stack at hand where there is some.
struct advice {
    struct sv check;
    struct sv cause;     // whose words these are; SV_NONE: the check's general ones
    struct sv what, why, fix;
    struct sv verify;    // a command line, URL stands for the target
    const struct sv *sources;
    size_t source_count;
    // Code of the nearest variant; SV_NONE when there is none for this framework or language.
    struct sv snippet, language;
    struct sv framework; // the snippet's: the one asked for, or another of the same language
    struct sv datastore; // the snippet's; SV_NONE when it needs none
    bool tested;         // the snippet is compiled in the project's build
};

// The nearest advice. Unknown values are SV_NONE. `framework`, `language` and `datastore` are ids of data/fingerprints. Texts live in `a`.
// ERR_NOT_FOUND when there is no advice for the check.
int advice_for(struct arena *a, struct sv check, struct sv cause, struct sv framework, struct sv language,
               struct sv datastore, struct advice *ret, struct error *err) MUST_USE;

#endif
