// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_TESTS_CHECKS_FETCHING_H
#define PLUMB_TESTS_CHECKS_FETCHING_H

#include "support/sim.h"

#include "support/test.h"

// A pretended outbound HTTP client for function servers: knows the listener of the simulation and places that a test names.
struct fetch_site {
    const char *host; // literal as the resolver gives it: a dotted quad, or a name
    const char *path; // NULL: any
    unsigned status;
    const char *body;
};

struct fetcher {
    const struct fetch_site *sites;
    size_t site_count;
    bool follows_redirects, strict; // strict: takes dotted quads and IPv6 only, as Go's resolver does
    const char *own_redirect;       // "/out?next=": the API itself on port 8080 redirects to what follows, NULL: not
    unsigned asked;                 // how often anything was fetched
    char last[512];                 // URL
};

struct fetched {
    bool ok;
    unsigned status;
    struct sv body;
    const char *error; // when not ok
};

// The dotted quad that a host stands for, by inet_aton's rules or embedded in IPv6; the host itself when it is a name.
struct sv fetch_canonical_host(struct arena *a, struct sv host, bool strict);
// Host as a lenient client (userinfo up to the last '@') sees it.
struct sv fetch_host(struct arena *a, struct sv url);
struct fetched fetch(struct sim *sim, struct arena *a, struct fetcher *f, struct sv url);

#endif
