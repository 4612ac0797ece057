// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_LAB_DYNAMO_H
#define PLUMB_LAB_DYNAMO_H

#include "lab/store.h"

// A small evaluator of DynamoDB's filter expressions and of the conditions of PartiQL's SELECT, with the service's error texts.
// AND, OR, NOT, brackets, comparisons, BETWEEN, attribute_exists, attribute_not_exists, begins_with, contains; in PartiQL IS [NOT] MISSING
// and literals.
enum dynamo_dialect { DYNAMO_EXPRESSION, DYNAMO_PARTIQL };

struct dynamo_fault {
    const char *type; // "ValidationException"; NULL: no fault
    char text[400];
};

struct dynamo_query {
    struct sv table;
    struct sv condition; // empty: every item
    enum dynamo_dialect dialect;
    struct sv value; // of the placeholder :v
};

// The rows for which the condition holds, one bit each. False with *ret_fault when the service would refuse.
bool dynamo_select(const struct dynamo_query *q, const struct lab_table **ret_table, uint32_t *ret_rows, struct dynamo_fault *ret_fault);

// -- expression.c

// True when the condition holds for that row; *fault tells of bad grammar, which does not depend on the row.
bool dynamo_condition(const struct dynamo_query *q, const struct lab_table *t, size_t row, struct dynamo_fault *fault);
void dynamo_set_fault(struct dynamo_fault *f, const char *type, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
