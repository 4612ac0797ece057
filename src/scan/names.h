// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_SCAN_NAMES_H
#define PLUMB_SCAN_NAMES_H

#include "net/client.h"
#include "scan/lookup.h"
#include "scan/scan.h"

// The host names in scope: resolved once, pinned for the scan, and looked up again while it runs, so that a name that starts to lead elsewhere
// is noticed. Requests only ever go to the pinned addresses. Private to src/scan.
struct name_entry {
    const struct url *url;
    struct net_addresses pinned;
    struct sv failure; // why it could not be resolved; SV_NONE when it was
};
struct names {
    struct name_entry *ptr; // by origin: [0] is the target; literal addresses have no entry that is looked up
    size_t len;
    int signal; // SIGINT or SIGTERM while names were looked up, 0: none
    // looking up again
    struct lookup *lookup;
    size_t at;
    usec_t next;     // when the next pass begins, since the scan began
    usec_t deadline; // of the last pass, 0 before it
    bool last_over;
};

// Looks every name up. A name that cannot be resolved is no error (see failure). SIGINT and SIGTERM, which the caller has blocked, end it.
int names_resolve(struct arena *a, const struct scan_options *o, struct names *ret, struct error *err) MUST_USE;

enum name_change { NAME_SAME, NAME_OTHER_ADDRESS /* of the same kind: balancers rotate */, NAME_OTHER_KIND /* public to private and the like */ };
// Compares what a name meant with what it means now; *ret_address: the one that tells.
enum name_change names_compare(const struct net_addresses *pinned, const struct net_addresses *found, struct sv *ret_address);

// Called every tenth of a second or so: starts a pass every 30 s. When a name changed, *ret_entry and *ret_address say which.
enum name_change names_tick(struct names *n, struct arena *a, usec_t now, const struct name_entry **ret_entry, struct sv *ret_address);
// The last pass, at the end of a scan: true while it is not over (three seconds at most); names_tick goes on with it.
bool names_last_pass(struct names *n, usec_t now);
void names_release(struct names *n);

#endif
