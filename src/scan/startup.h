// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_SCAN_STARTUP_H
#define PLUMB_SCAN_STARTUP_H

#include "net/canary.h"
#include "net/client.h"
#include "sandbox/sandbox.h"
#include "scan/engine.h"
#include "scan/names.h"
#include "scan/record.h"

// What happens before the first request: addresses, client, listener, names, sandbox. Private to src/scan.

enum address_class startup_address_class(const struct scan_options *o, const struct names *names);
// Makes the client and pins every name that was resolved.
int startup_net(const struct scan_options *o, const struct names *names, struct net **ret, struct error *err) MUST_USE;
int startup_canary_options(struct arena *a, const struct scan_options *o, const struct names *names, const struct engine_options *eo,
                           struct canary_options *ret, struct error *err) MUST_USE;
// Seed, scan id and start time: fresh, or those of the recording that is continued.
void startup_identity(struct arena *a, const struct scan_options *o, const struct recording *resumed, struct engine_options *ret);
// The option in which `given` differs from `recorded` so that the recording cannot be continued; NULL: none.
const char *resume_difference(const struct scan_options *recorded, const struct scan_options *given);
// Reads the recording and checks that it belongs to this target.
int startup_resume(struct arena *a, const struct scan_options *o, struct recording *ret, struct error *err) MUST_USE;
// Takes away rights that a scan does not need. What the kernel cannot do stands in the report's note.
int startup_sandbox(const struct scan_options *o, struct sandbox_report *ret, struct error *err) MUST_USE;

#endif
