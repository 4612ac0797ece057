// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_EXPOSURE_H
#define PLUMB_CHECKS_SUPPORT_EXPOSURE_H

#include "checks/run.h"

// How values that an answer shows are judged: the groups of data/exposure.yaml.
enum exposure_kind { EXPOSURE_NONE, EXPOSURE_SECRET, EXPOSURE_PERSONAL, EXPOSURE_CONTACT };

struct exposure_group {
    const struct node *entry; // of data/exposure.yaml; NULL when the class has no group
    enum exposure_kind kind;
    enum impact impact;
    bool always;   // not even its owner needs to see it
    bool constant; // only a finding when everybody gets the same
    unsigned least;
    struct sv id, title;
};

// The group of a pattern class.
struct exposure_group exposure_group_of(struct check_run *run, struct sv class_id);
// Order in the file: smaller is worse. SIZE_MAX when there is no group.
size_t exposure_rank(struct check_run *run, const struct exposure_group *g);
// The key under which a hit of a JSON body stands ("/users/0/email" -> "email"), SV_NONE when it is not in a JSON body.
struct sv exposure_key(const struct sensitive_hit *h);
enum impact exposure_impact(struct sv name);

#endif
