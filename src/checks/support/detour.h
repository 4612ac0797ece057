// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_DETOUR_H
#define PLUMB_CHECKS_SUPPORT_DETOUR_H

#include "checks/run.h"

// Other ways of asking for the same thing, which the part that guards and the part that answers may read differently: spellings of the path
// (RFC 3986 6.2.2 and 6.2.3 leave much of that open), and headers that only a proxy should set.
enum detour {
    SLASH, DOUBLE_SLASH, CASE, LETTER, MATRIX, EXTENSION,
    DETOUR_FEW, // up to here: tried everywhere, also in large APIs
    DOT = DETOUR_FEW, DOT_ENCODED, SPACE,
    DETOUR_COMMON, // up to here: tried everywhere; the other spellings at one operation of each family
    TAB = DETOUR_COMMON, QUESTION, NUMBER_SIGN, SLASH_ENCODED, PARENT, PARENT_MATRIX,
    DETOUR_HEADERS, // from here: headers, tried everywhere
    ORIGINAL_URL = DETOUR_HEADERS, OPEN_URI, ADDRESS, USER,
    DETOUR_COUNT
};
struct detour_info {
    const char *cause, *note;
    uint16_t cwe[2];
};
extern const struct detour_info detour_infos[DETOUR_COUNT];

// What is varied: "/api/v1/" | "users" | "/17" | "?x".
struct detour_parts {
    struct sv head, segment, tail, query;
    struct sv open; // another path, which nobody is refused
    struct sv user; // id of somebody, as far as one is known
};
struct detour_parts detour_split(struct check_run *run, const struct operation *op, struct sv target);
// The target in another spelling (the same one for detours by header); ptr NULL when it has none of that kind.
struct sv detour_spell(struct arena *a, const struct detour_parts *p, enum detour v);
// A neighbour in the same spelling. Where the spelling changes something at or before the family's segment, that segment is the random one: a
// route that takes any text there would answer it too. (Random last segments are the absence model's.)
struct sv detour_neighbour(struct arena *a, struct rng *rng, const struct detour_parts *p, enum detour v);
// The request that takes the detour to `target`, a result of the above.
bool detour_request(struct arena *a, enum detour v, const struct detour_parts *p, const struct request *plain, struct sv target, struct request *ret);
// One more request that must not be answered alike; false when the detour has none.
bool detour_extra(struct arena *a, enum detour v, const struct request *plain, struct request *ret);

#endif
