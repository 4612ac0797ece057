// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_UNIT_STACK_ANSWER_H
#define PLUMB_UNIT_STACK_ANSWER_H

// Canned exchanges.

#include "http/header.h"
#include "model/exchange.h"

// `headers`: lines "Name: value" parted by "\n"; they must outlive the exchange.
static inline struct exchange answer(struct arena *a, const char *method, const char *target, unsigned status,
                                     const char *headers, const char *body) {
    struct exchange x = {
        .outcome = OUTCOME_DONE,
        .request = {.method = sv_from(method), .target = sv_from(target)},
        .response = {.status = (uint16_t)status, .http_major = 1, .http_minor = 1, .body = sv_from(body)}};
    struct sv rest = sv_from(headers), line;
    while (sv_split(&rest, '\n', &line)) {
        size_t colon = sv_find_char(line, ':');
        if (colon != SIZE_MAX)
            (void)header_add(a, &x.response.headers, sv_slice(line, 0, colon), sv_trim(sv_from_index(line, colon + 1)));
    }
    return x;
}

#endif
