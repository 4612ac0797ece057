// SPDX-License-Identifier: Apache-2.0
#include "lab/dynamo.h"

#include <stdarg.h>
#include <stdio.h>

enum { NAME_MAX_LENGTH = 255, CONDITION_MAX = 4096 };

void dynamo_set_fault(struct dynamo_fault *f, const char *type, const char *format, ...) {
    if (f->type != NULL) return; // the first one counts
    f->type = type;
    va_list list;
    va_start(list, format);
    (void)vsnprintf(f->text, sizeof f->text, format, list);
    va_end(list);
}

static bool is_table_name(struct sv s) {
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
        if (!good) return false;
    }
    return true;
}

static const struct lab_table *open_table(struct sv name, struct dynamo_fault *fault) {
    struct sv shown = sv_slice(name, 0, NAME_MAX_LENGTH + 1);
    const char *rule = name.len == 0                ? "Member must have length greater than or equal to 1"
                       : name.len > NAME_MAX_LENGTH ? "Member must have length less than or equal to 255"
                       : !is_table_name(name)       ? "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
                                                    : NULL;
    if (rule != NULL) {
        dynamo_set_fault(fault, "ValidationException", "1 validation error detected: Value '" SV_FMT "' at 'tableName' failed to satisfy constraint: %s",
                         SV_ARG(shown), rule);
        return NULL;
    }
    const struct lab_table *t = store_table(name);
    if (t == NULL) dynamo_set_fault(fault, "ResourceNotFoundException", "Requested resource not found");
    return t;
}

bool dynamo_select(const struct dynamo_query *q, const struct lab_table **ret_table, uint32_t *ret_rows, struct dynamo_fault *ret_fault) {
    *ret_fault = (struct dynamo_fault){0};
    *ret_rows = 0;
    *ret_table = open_table(q->table, ret_fault);
    if (*ret_table == NULL) return false;
    if (q->condition.len > CONDITION_MAX) {
        dynamo_set_fault(ret_fault, "ValidationException", "Invalid FilterExpression: Expression size has exceeded the maximum allowed size;");
        return false;
    }
    for (size_t row = 0; row < (*ret_table)->row_count; row++) {
        bool holds = q->condition.len == 0 || dynamo_condition(q, *ret_table, row, ret_fault);
        if (ret_fault->type != NULL) return false;
        if (holds) *ret_rows |= 1U << row;
    }
    return true;
}
