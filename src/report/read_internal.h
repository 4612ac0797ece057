// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_REPORT_READ_INTERNAL_H
#define PLUMB_REPORT_READ_INTERNAL_H

#include "base/vec.h"
#include "data/node.h"
#include "report/report.h"

// One reading. The first fault sticks: later reads do nothing, the caller looks at `failed` at the end.
struct reading {
    struct arena *a;
    struct sv input;
    struct error *err;
    int failed;
};

int reading_refuse(struct reading *rd, const struct node *at, const char *what, struct sv text);
struct sv reading_text(struct reading *rd, const struct node *object, struct sv key, bool required);
const char *reading_name(struct reading *rd, const struct node *object, struct sv key); // NUL-terminated, required
uint64_t reading_u64(struct reading *rd, const struct node *object, struct sv key);    // 0 when absent
double reading_double(struct reading *rd, const struct node *object, struct sv key, double otherwise);
// Index of the member's word in a table; refused when it is none of them.
size_t reading_word(struct reading *rd, const struct node *object, struct sv key, const char *const *words, size_t count);
// Elements of an array member and room for as many things; an absent array is empty.
const struct node *reading_list(struct reading *rd, const struct node *object, struct sv key, size_t element, void *ret_room, size_t *ret_count);
struct sv *reading_texts(struct reading *rd, const struct node *object, struct sv key, size_t *ret_count);

// read_findings.c
void reading_findings(struct reading *rd, const struct node *root, struct scan_result *r);

#endif
