// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_LAB_FETCH_H
#define PLUMB_LAB_FETCH_H

#include "lab/lab.h"

struct fetch_answer {
    unsigned status;
    struct sv type, body; // in the arena; body cut at 64 KiB
    char problem[300];    // why there is no answer, as HTTP clients put it
};

// GET, up to three redirects, two seconds each. Connects to loopback addresses only: the link-local addresses of metadata services and the
// workshop's picture host are the lab's own metadata port. False with the problem told.
bool fetch_get(struct arena *a, const struct lab *lab, struct sv url, struct fetch_answer *ret);

#endif
