// SPDX-License-Identifier: Apache-2.0
// Queries against the workshop's tables. With flaws the caller's text becomes a table name or a part of a condition.
#include <stdio.h>

#include "lab/dynamo.h"

static const char *const part_columns[] = {"id", "title", "maker", "price", "stock", "warranty"};

static bool is_part_column(struct sv name) {
    for (size_t i = 0; i < sizeof part_columns / sizeof *part_columns; i++) {
        if (sv_eq(name, sv_from(part_columns[i]))) return true;
    }
    return false;
}

static void write_rows(struct lab_call *c, const struct lab_table *t, uint32_t rows) {
    answer_status(c, 200, "application/json");
    answer_add(c, "{\"items\":[");
    for (size_t i = 0; i < t->row_count; i++) {
        if ((rows & (1U << i)) == 0) continue;
        store_write_item(c, t, i);
        answer_add(c, ",");
    }
    answer_array_end(c);
    answer_add(c, "}");
}

// The text that Go's SDK makes of the service's answer.
static void write_fault(struct lab_call *c, const char *operation, const struct dynamo_fault *f) {
    bool modelled = strcmp(f->type, "ResourceNotFoundException") == 0;
    char text[700];
    int n = snprintf(text, sizeof text, "operation error DynamoDB: %s, https response error StatusCode: 400, RequestID: %016llX%016llX%016llXVV4K, %s%s: %s", operation,
                     (unsigned long long)call_random(c), (unsigned long long)call_random(c), (unsigned long long)call_random(c),
                     modelled ? "" : "api error ", f->type, f->text);
    answer_error(c, 500, sv_make(text, n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1));
}

static void run_query(struct lab_call *c, const struct dynamo_query *q, const char *operation, bool tells_errors) {
    const struct lab_table *t;
    uint32_t rows;
    struct dynamo_fault fault;
    if (dynamo_select(q, &t, &rows, &fault)) write_rows(c, t, rows);
    else if (tells_errors) write_fault(c, operation, &fault);
    else answer_error(c, 500, SV("Something went wrong."));
}

static void answer_reports(struct lab_call *c) {
    struct sv source = call_query(c, "source");
    if (source.ptr == NULL) source = lab_orders.name;
    if (c->lab->fixed && !sv_eq(source, lab_orders.name) && !sv_eq(source, lab_parts.name)) {
        answer_error(c, 400, SV("source must be one of: workshop-orders, workshop-parts"));
        return;
    }
    run_query(c, &(struct dynamo_query){.table = source}, "Scan", true);
}

// "attribute = :v" with the attribute's name from the caller.
static void answer_search(struct lab_call *c) {
    struct sv by = call_query(c, "by"), value = call_query(c, "value");
    if (by.ptr == NULL) by = SV("maker");
    if (value.ptr == NULL) value = SV("Vela");
    if (c->lab->fixed && !is_part_column(by)) {
        answer_error(c, 400, SV("by must be one of: id, title, maker, price, stock, warranty"));
        return;
    }
    struct sv condition = arena_printf(&c->arena, SV_FMT " = :v", SV_ARG(by));
    run_query(c, &(struct dynamo_query){.table = lab_parts.name, .condition = condition, .value = value}, "Scan", true);
}

// No error shows, only what the condition does.
static void answer_with(struct lab_call *c) {
    struct sv has = call_query(c, "has");
    if (has.ptr == NULL) has = SV("warranty");
    if (c->lab->fixed && !is_part_column(has)) {
        answer_error(c, 400, SV("has must be the name of a column"));
        return;
    }
    struct sv condition = arena_printf(&c->arena, "attribute_exists(" SV_FMT ")", SV_ARG(has));
    run_query(c, &(struct dynamo_query){.table = lab_parts.name, .condition = condition}, "Scan", false);
}

// SELECT * FROM "workshop-parts" WHERE maker = '…'
static void answer_lookup(struct lab_call *c) {
    struct sv maker = call_query(c, "maker");
    if (maker.ptr == NULL) maker = SV("Vela");
    struct dynamo_query q = {.table = lab_parts.name};
    if (c->lab->fixed) {
        q.condition = SV("maker = :v");
        q.value = maker;
    } else {
        q.dialect = DYNAMO_PARTIQL;
        q.condition = arena_printf(&c->arena, "maker = '" SV_FMT "'", SV_ARG(maker));
    }
    run_query(c, &q, "ExecuteStatement", true);
}

static const struct lab_route list[] = {
    {"GET", "/v2/reports", answer_reports},
    {"GET", "/v2/parts/search", answer_search},
    {"GET", "/v2/parts/with", answer_with},
    {"GET", "/v2/parts/lookup", answer_lookup},
};
const struct lab_routes lab_routes_input = {list, sizeof list / sizeof *list};
