// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_PRIVILEGE_H
#define PLUMB_CHECKS_SUPPORT_PRIVILEGE_H

#include "checks/run.h"

// Properties that grant something, and another value for one of them that the service would know.

enum privilege { PRIVILEGE_NONE, PRIVILEGE_STATE /* what the service decides: price, status */, PRIVILEGE_WEAK, PRIVILEGE_STRONG };
// `described`: the body of the writing operation is described and does not list the property as writable.
enum privilege privilege_of(struct check_run *run, struct sv key);
// JSON text of a value of the same type as `current`, other than it; SV_NONE when none is known. Texts come from the description's lists and from what
// answers showed under this key.
struct sv privilege_value(struct check_run *run, struct arena *a, const struct operation *write, const struct operation *read, const struct node *current);

#endif
