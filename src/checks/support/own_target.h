// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_OWN_TARGET_H
#define PLUMB_CHECKS_SUPPORT_OWN_TARGET_H

#include "checks/run.h"

// An object of the identity's own that it reads with `read` (GET): what is about the caller alone ("/me"), or an id that its own views show and no other
// ordinary identity's (with one identity: one that nobody is shown and whose owner fields name the caller). Fills the request that reads it.
bool own_target(struct check_run *run, struct arena *a, const struct operation *read, uint16_t identity, struct request *ret);
// Another ordinary identity, other tenants first; 0 when there is none.
uint16_t own_other(struct check_run *run, uint16_t identity);
// The first ordinary identity, 0 when there is none.
uint16_t own_first(struct check_run *run);

#endif
