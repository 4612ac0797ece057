// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_IDENTITIES_H
#define PLUMB_CHECKS_SUPPORT_IDENTITIES_H

#include "checks/run.h"

// Who is who among the identities of a scan: who may do more than an ordinary caller, whose answers are to be compared.

#define IDENTITY_PAIRS_MAX 3
struct identity_pair {
    uint16_t a, b;
};

// May it do more than an ordinary caller? By its label, else its name, else what the service says about it (a role in the answer about the
// caller), else by evidence: it is let in where another identity is refused, and never the other way round. Nobody is not privileged.
bool identity_is_privileged(struct check_run *run, size_t identity);
// A proven or at least living identity that is not privileged.
bool identity_is_ordinary(struct check_run *run, size_t identity);
bool identity_tenants_differ(const struct check_run *run, size_t a, size_t b);
// Pairs of ordinary identities whose objects are compared, other tenants first, one pair for each combination of role and tenant.
size_t identity_pairs(struct check_run *run, struct identity_pair ret[IDENTITY_PAIRS_MAX]);

#endif
