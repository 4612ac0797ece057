// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_TEST_EVIDENCE_ANSWERS_H
#define PLUMB_TEST_EVIDENCE_ANSWERS_H

#include "test.h"

#include "evidence/signature.h"
#include "http/header.h"

#define TEST_KEY UINT64_C(0x1234567)

// An answer with a body; the header list lives in the arena.
static inline struct exchange *answer_new(struct arena *a, unsigned status, struct sv type, struct sv body) {
    struct exchange *x = arena_new(a, struct exchange);
    assert_non_null(x);
    x->id = 1;
    x->outcome = OUTCOME_DONE;
    x->response.status = (uint16_t)status;
    x->response.body = body;
    if (type.len > 0)
        assert_true(header_add(a, &x->response.headers, SV("Content-Type"), type));
    return x;
}

static inline struct exchange *json_answer(struct arena *a, unsigned status, struct sv body) {
    return answer_new(a, status, SV("application/json; charset=utf-8"), body);
}

static inline struct signature signature_of(struct arena *a, const struct exchange *x, const struct sv *markers,
                                            size_t count) {
    struct signature s;
    struct error err = {0};
    assert_ok(&err, signature_make(a, x, markers, count, TEST_KEY, &s, &err));
    return s;
}

static inline struct signature json_signature(struct arena *a, unsigned status, struct sv body) {
    return signature_of(a, json_answer(a, status, body), NULL, 0);
}

#endif
