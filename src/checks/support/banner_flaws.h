// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_BANNER_FLAWS_H
#define PLUMB_CHECKS_SUPPORT_BANNER_FLAWS_H

#include "data/node.h"

// Next entry of data/banner-cves.yaml (behind `after`, NULL: the first) whose product stands in the header with a version in its range. NULL when
// there is none, or the banner names a distribution, which repairs flaws without changing the number.
const struct node *banner_flaw_next(const struct node *table, const struct node *after, struct sv header, struct sv value);
// -1, 0, 1: "1.0.1f" lies behind "1.0.1" and before "1.0.2"; missing parts count as 0.
int version_compare(struct sv x, struct sv y);

#endif
