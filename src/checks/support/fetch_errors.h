// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_FETCH_ERRORS_H
#define PLUMB_CHECKS_SUPPORT_FETCH_ERRORS_H

#include "data/node.h"
#include "model/exchange.h"

// What an answer says about a connection that its server tried (data/fetch-errors.yaml).
enum fetch_error { FETCH_ERROR_DNS = 1, FETCH_ERROR_REFUSED = 2, FETCH_ERROR_LOST = 4 };

// Bits of the kinds whose texts stand in the body; 0 without an answer.
unsigned fetch_errors_in(const struct node *table, const struct exchange *x);
unsigned fetch_errors_in_text(const struct node *table, struct sv text);

#endif
