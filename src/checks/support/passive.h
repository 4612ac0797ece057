// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_PASSIVE_H
#define PLUMB_CHECKS_SUPPORT_PASSIVE_H

#include "checks/run.h"

// What passive checks share: one observed exchange is the evidence.

// A good answer of the target itself (2xx or 3xx, origin 0) that ordinary use gives.
bool passive_is_ordinary(const struct exchange *x);
// Does the scan reach the target over TLS? Over loopback?
bool passive_target_is_tls(const struct check_run *run);
bool passive_target_is_loopback(const struct check_run *run);
// Reports a host-wide finding whose only evidence is `x`.
int passive_report_host(struct check_run *run, const struct exchange *x, struct sv cause, enum category category, enum impact impact,
                        enum confidence confidence, struct sv title, struct sv reason, struct error *err) MUST_USE;

#endif
