// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_KEPT_H
#define PLUMB_CHECKS_SUPPORT_KEPT_H

#include "base/arena.h"
#include "model/exchange.h"

// Copy of an exchange that outlives its experiment: evidence for a finding that is told later. The body is cut at `body_max`
// bytes; hits are left out. NULL when out of memory.
struct exchange *exchange_keep(struct arena *a, const struct exchange *x, size_t body_max);

#endif
