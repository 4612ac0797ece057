// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_PUBLISHED_KEYS_H
#define PLUMB_CHECKS_SUPPORT_PUBLISHED_KEYS_H

#include "checks/run.h"

// Public keys that the target publishes, as the texts that a library may hold them in: what a server that mixes up key kinds would take for the
// secret of an HMAC. Sought in what nobody got so far, and where key sets usually stand (data/wordlists/auth-keys.yaml).
enum { PUBLISHED_KEYS_MAX = 6 };
struct published_keys {
    struct sv texts[PUBLISHED_KEYS_MAX]; // in the arena of the scan
    size_t count;
    unsigned round;
};

// Looks through the baselines; true when that sufficed. Else asks the usual places in an experiment of this tag (true when none could be sent).
bool published_keys_seek(struct check_run *run, struct published_keys *keys, struct sv key_id, uint32_t tag);
// Reads the answers of that experiment. True when the search is over, false when one more was sent.
bool published_keys_read(struct check_run *run, struct published_keys *keys, struct sv key_id, const struct experiment *e);

#endif
