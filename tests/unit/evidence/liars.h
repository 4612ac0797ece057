// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_TEST_EVIDENCE_LIARS_H
#define PLUMB_TEST_EVIDENCE_LIARS_H

#include "answers.h"

#include "base/random.h"

// Synthetic servers: none of the liars has any of the flaws that the oracles look for, each misleads in its own way.
enum server {
    LIAR_HONEST, // a service without flaw and without noise
    LIAR_RANDOM_TEXT,
    LIAR_RANDOM_STATUS,
    LIAR_ALTERNATING, // two answers in turn
    LIAR_PATTERN,     // two answers in a fixed pattern of 3 to 7
    LIAR_COIN,        // two good answers, a coin decides
    LIAR_CACHE,       // every other answer is the one before
    LIAR_TWO_VERSIONS,
    LIAR_TWO_VERSIONS_DEAF, // … of something that ignores what it is asked
    LIAR_ECHO,
    LIAR_ECHO_HTML,
    LIAR_CONSTANT,
    LIAR_SPA,
    LIAR_LIMITED,
    LIAR_BLOCK,
    LIAR_BLOCK_200,
    LIAR_EXPIRING, // the session ends half-way
    LIAR_CHANGING, // somebody else writes meanwhile
    LIAR_WORDS,    // searches the words of the value
    LIAR_STRIPS,   // takes quotes out
    LIAR_STRICT,   // refuses whatever is no word
    LIAR_PREFIX,   // looks at the beginning only
    LIAR_QUOTES,   // a validator that dislikes odd quotes
    LIAR_FLAKY,
    LIAR_DEAF_FLAKY,
    LIAR_DIGITS,     // a page of random digits
    LIAR_CALCULATOR, // computes for everybody
    LIAR_ERROR_PAGE, // documentation that quotes error texts
    LIAR_ERRORS,     // engine errors now and then, whatever is asked
    LIAR_COUNT,
    FLAW_ACCESS = LIAR_COUNT, // serves everybody's orders to anybody
    FLAW_FORGED,              // accepts the credential "weak"
    FLAW_QUERY,               // puts the value into a query
    FLAW_TEMPLATE,            // evaluates {{a*b}}
    SERVER_COUNT
};
extern const char *const server_names[SERVER_COUNT];

struct ask {
    struct sv path;       // "/orders/17", "/search"
    struct sv value;      // of the parameter
    struct sv credential; // "valid", "weak", anything else is none
};
struct world {
    enum server server;
    struct rng rng;
    struct arena *a;
    unsigned count;     // requests so far
    unsigned expire_at; // LIAR_EXPIRING
    unsigned pattern, pattern_len;
    unsigned items;  // LIAR_CHANGING
    struct sv owned; // path of the order that "valid" owns
    struct exchange *last;
};

void world_init(struct world *w, struct arena *a, enum server server, uint64_t seed);
struct exchange *world_ask(struct world *w, struct ask ask);

#endif
