// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_FAULTS_H
#define PLUMB_CHECKS_SUPPORT_FAULTS_H

#include "checks/run.h"

// What an answer tells of a failure inside the service: stack traces and texts that engines print (data/patterns), sorted by the `faults`
// of data/exposure.yaml. Validation messages of frameworks are no faults.
struct fault {
    const struct node *group;      // NULL: no fault
    size_t rank;                   // place of the group in the file: smaller is worse
    const struct pattern *pattern; // what was found
};

// The worst fault in the body (first 256 KiB).
int fault_read(struct check_run *run, struct arena *a, const struct exchange *x, struct fault *ret, struct error *err) MUST_USE;
// The same for a good answer: only texts that stand in JSON under a key that tells what went wrong count ("cause", "last_error"), and only when
// no more than two engines speak: a page that explains errors quotes many.
int fault_read_told(struct check_run *run, struct arena *a, const struct exchange *x, struct fault *ret, struct error *err) MUST_USE;
// Is this very text's pattern found in the answer? Without an answer: no.
bool fault_stands_in(struct check_run *run, struct arena *a, const struct fault *f, const struct exchange *x);
// Where the service's credentials come from, by the text of the answer: "imds", "ecs", "pod-identity"; SV_NONE when it does not say.
// `exposure`: data/exposure.yaml.
struct sv fault_credential_source(const struct node *exposure, struct sv text);

#endif
