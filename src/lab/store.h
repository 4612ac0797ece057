// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_LAB_STORE_H
#define PLUMB_LAB_STORE_H

#include "lab/lab.h"

enum { TABLE_COLUMNS_MAX = 8, TABLE_ROWS_MAX = 16 };

// A table of the workshop's database. A cell without text is an attribute that the item does not have.
struct lab_table {
    struct sv name;
    struct sv columns[TABLE_COLUMNS_MAX];
    size_t column_count;
    unsigned numbers; // bit per column
    struct sv rows[TABLE_ROWS_MAX][TABLE_COLUMNS_MAX];
    size_t row_count;
};

extern const struct lab_table lab_parts, lab_orders, lab_staff;
const struct lab_table *store_table(struct sv name); // NULL when there is none

extern const struct lab_user lab_users[];
extern const size_t lab_user_count;

// Customers' repairs and quotes, numbered from their `first`.
struct lab_repair {
    struct sv bicycle, customer, email, phone, address, state;
};
extern const struct lab_repair lab_repairs[];
extern const size_t lab_repair_count;
enum { REPAIRS_FIRST = 1041, QUOTES_FIRST = 501 };

// Values that nobody but the workshop should see. They are drawn, work nowhere, and are listed by `plumb-lab --planted`.
enum planted {
    PLANTED_CLOUD_ID,
    PLANTED_CLOUD_KEY,
    PLANTED_DATABASE_URL,
    PLANTED_PAYMENT_KEY,
    PLANTED_CARD,
    PLANTED_IBAN,
    PLANTED_SESSION,
    PLANTED_REMEMBER,
    PLANTED_STAFF_HASH,
    PLANTED_SIGNING_KEY,
    PLANTED_ROLE_ID,
    PLANTED_ROLE_KEY,
    PLANTED_ROLE_TOKEN,
    PLANTED_COUNT
};
extern const struct sv lab_planted[PLANTED_COUNT];

// One item of a table as a JSON object.
void store_write_item(struct lab_call *c, const struct lab_table *t, size_t row);

#endif
