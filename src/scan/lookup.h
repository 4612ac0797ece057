// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_SCAN_LOOKUP_H
#define PLUMB_SCAN_LOOKUP_H

#include "net/client.h"

// A name looked up in a thread of its own, so that neither a signal nor the scan waits for a slow resolver. Private to src/scan.
struct lookup;

// NULL: no memory or no thread.
struct lookup *lookup_start(struct sv host, uint16_t port);
// Readable once the answer is there.
int lookup_descriptor(const struct lookup *l);
bool lookup_is_done(const struct lookup *l);
// Copies the answer out (lookup_is_done must hold) and frees `l`. 0, or ERR_NETWORK with the reason.
int lookup_take(struct lookup *l, struct arena *a, struct net_addresses *ret, struct error *err) MUST_USE;
// Nobody will ask any more; the thread frees it when it ends. NULL is fine.
void lookup_abandon(struct lookup *l);

#endif
