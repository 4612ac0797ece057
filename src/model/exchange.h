// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_MODEL_EXCHANGE_H
#define PLUMB_MODEL_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/sv.h"

struct header {
    struct sv name, value;
};
struct header_list {
    struct header *ptr;
    size_t len, cap;
};

// What is sent. Bytes as they go on the wire; nothing is normalised behind the check's back.
struct request {
    struct sv method; // "GET"
    struct sv target; // "/path?query", already encoded
    struct header_list headers; // without Host, Content-Length, User-Agent and the identity's own headers: the engine adds those
    struct sv body;   // SV_NONE when there is none
    uint16_t origin;  // index into the scan's origins; 0 is the target that the user named
};

// How an exchange ended. All but DONE carry no response (DONE may be cut: see response.flags).
enum outcome {
    OUTCOME_DONE,
    OUTCOME_REFUSED_CONNECTION,
    OUTCOME_UNRESOLVED,
    OUTCOME_TIMEOUT,
    OUTCOME_CLOSED,   // connection ended before a whole answer
    OUTCOME_TLS,      // handshake or certificate
    OUTCOME_PROTOCOL, // what came is not HTTP
    OUTCOME_OUT_OF_SCOPE, // the guard refused: never sent
    OUTCOME_POLICY,       // the method guard refused: never sent
    OUTCOME_BUDGET,       // budget, deadline or cancellation: never sent
    OUTCOME_COUNT
};

enum response_flags {
    RESPONSE_BODY_CUT = 1,     // body cap reached
    RESPONSE_HEADERS_CUT = 2,  // header cap reached
    RESPONSE_BAD_ENCODING = 4, // Content-Encoding could not be decoded; body is as received
    RESPONSE_INCOMPLETE = 8,   // connection ended before the announced length
};

// What came back, after redaction: secrets and personal values are placeholders {{class:hash}} (see scan/redact.h).
struct response {
    uint16_t status;
    uint8_t http_major, http_minor;
    uint32_t flags; // enum response_flags
    struct sv reason;
    struct header_list headers;
    struct sv body;
    usec_t first_byte; // after the request was sent
    usec_t total;
};

// One secret or personal value that the redaction pass found in the raw answer.
struct sensitive_hit {
    struct sv class_id;    // id of the pattern in data/patterns ("aws_access_key")
    struct sv placeholder; // as it stands in the view
    struct sv location;    // "body:/users/0/email", "body@123" (offset in the view), "header:set-cookie"
    uint8_t validated;     // 0 pattern only, 1 validator passed, 2 validator passed and context word near
    bool is_example;       // documented example value
};

struct exchange {
    uint32_t id;         // order of completion in the scan, from 1
    uint32_t experiment; // id, 0 when none
    uint16_t probe;      // index in the experiment
    uint16_t round;
    uint16_t identity;   // index into the scan's principals; 0 is nobody
    enum outcome outcome;
    struct request request; // with markers as sent, identity headers left out
    struct response response;
    usec_t started; // since the scan began
    const struct sensitive_hit *hits;
    size_t hit_count;
    const struct operation *operation; // may be NULL
};

// Did an answer come back at all?
static inline bool exchange_answered(const struct exchange *x) {
    return x != NULL && x->outcome == OUTCOME_DONE;
}

#endif
