// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_EVIDENCE_FAILURE_H
#define PLUMB_EVIDENCE_FAILURE_H

#include "base/arena.h"
#include "model/exchange.h"

// Does a 2xx answer say by its structure that it failed? A JSON object whose flag ("ok", "success") is false or whose error member is filled,
// and that holds no data beside them. Partial results with errors, and a number of errors, are no failure. Language and wording play no part. False when not JSON.
bool answer_is_failure(const struct exchange *x);

#endif
