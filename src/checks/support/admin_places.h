// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_ADMIN_PLACES_H
#define PLUMB_CHECKS_SUPPORT_ADMIN_PLACES_H

#include "checks/support/access.h"

// Usual places of administrative functions that no operation describes (data/wordlists/admin-paths.yaml), below the place that the user named and
// below where the described operations live.
#define ADMIN_PLACES_MAX 160
// Targets, most likely first, at most `most`; NULL-terminated by count only. Usual paths give at most `usual`.
size_t admin_places(struct check_run *run, struct arena *a, size_t usual, size_t most, struct sv ret[ADMIN_PLACES_MAX]);
// A framework whose paths end in a slash sends "/users" to "/users/", and only where there is something.
bool admin_place_wants_slash(const struct exchange *x, struct sv target);

#endif
