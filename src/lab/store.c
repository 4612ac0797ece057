// SPDX-License-Identifier: Apache-2.0
#include "lab/store.h"

#define S(text) SV_INIT(text)

// Written in pieces, so that no whole credential stands in a source file.
const struct sv lab_planted[PLANTED_COUNT] = {
    [PLANTED_CLOUD_ID] = S("AK" "IAQ3X7ZTM2LWNR5DKV"),
    [PLANTED_CLOUD_KEY] = S("h8Yk2LrVq" "0sWmTz5XcPd9bNf" "7GjE4aUo1RiKxQvB"),
    [PLANTED_DATABASE_URL] = S("postgres://workshop:" "Kettenblatt53x39" "@orders-db.internal:5432/workshop"),
    [PLANTED_PAYMENT_KEY] = S("sk_" "live_" "4eHq9ZbT2mXw7RkP0sVd3LyN"),
    [PLANTED_CARD] = S("453271008" "8462935"),
    [PLANTED_IBAN] = S("DE135031040" "00987654321"),
    [PLANTED_SESSION] = S("7d1f0c4be92a" "4c58a6d3e1b07f92c84d"),
    [PLANTED_REMEMBER] = S("Zk4xT9wQm2Lr" "V7pN0bYs5HdEJ8uG"),
    [PLANTED_STAFF_HASH] = S("$2b$" "12$Qm3uT8xLrVYk2ZpWn5sB7eJd0GfHaKcOiEuXbRtNvDqLwMyPsZ1C6"),
    [PLANTED_SIGNING_KEY] = S("c2lnbi1tZS1v" "bmNlLXR3aWNlLTk0MTczNg"),
    [PLANTED_ROLE_ID] = S("AS" "IAT5WJ3NPQ7RKX2ZLM"),
    [PLANTED_ROLE_KEY] = S("Jt5nXwR0eLd8" "KsQz2YvHc7MpGb4UaFo9TiEx1BrN"),
    [PLANTED_ROLE_TOKEN] = S("IQoJb3JpZ2luX2VjEJr" "8kT4vWq1ZsYx0LmNd7RbPfHcUgKo2AiSe6XjQw9BtVy5CzMnLhGpErDuOaFk3Ti"),
};

const struct lab_user lab_users[] = {
    {S("u-17"), S("Anna Brandt"), S("anna.brandt@kettenpost-rad.net"), S("nordhof"), S("customer"), S("lab-anna-3f8c1d7e94b2")},
    {S("u-23"), S("Ben Okafor"), S("ben.okafor@kettenpost-rad.net"), S("hafenring"), S("customer"), S("lab-ben-a05e6b9c27d1")},
    {S("u-2"), S("Mara Solberg"), S("mara.solberg@kettenpost-rad.net"), S("workshop"), S("admin"), S("lab-mara-5b7d90e3c1f8")},
};
const size_t lab_user_count = sizeof lab_users / sizeof *lab_users;

const struct lab_table lab_parts = {
    .name = S("workshop-parts"),
    .columns = {S("id"), S("title"), S("maker"), S("price"), S("stock"), S("warranty")},
    .column_count = 6,
    .numbers = 0x19,
    .rows = {
        {S("1"), S("Brake pad set"), S("Vela"), S("14"), S("120"), S("24 months")},
        {S("2"), S("Chain, 11 speed"), S("Corrado"), S("39"), S("44"), S("12 months")},
        {S("3"), S("Bottom bracket"), S("Vela"), S("27"), S("18"), S("24 months")},
        {S("4"), S("Inner tube 28 inch"), S("Lumen"), S("6"), S("300"), {NULL, 0}},
        {S("5"), S("Dynamo lamp"), S("Lumen"), S("58"), S("12"), S("36 months")},
        {S("6"), S("Saddle, leather"), S("Oswin"), S("95"), S("5"), {NULL, 0}},
        {S("7"), S("Cassette 11-34"), S("Corrado"), S("71"), S("9"), S("12 months")},
        {S("8"), S("Mudguard pair"), S("Oswin"), S("32"), S("27"), {NULL, 0}},
    },
    .row_count = 8,
};

const struct lab_table lab_orders = {
    .name = S("workshop-orders"),
    .columns = {S("id"), S("part"), S("amount"), S("week")},
    .column_count = 4,
    .numbers = 0xd,
    .rows = {
        {S("9001"), S("Brake pad set"), S("12"), S("41")},
        {S("9002"), S("Inner tube 28 inch"), S("60"), S("41")},
        {S("9003"), S("Dynamo lamp"), S("4"), S("42")},
        {S("9004"), S("Cassette 11-34"), S("3"), S("43")},
    },
    .row_count = 4,
};

const struct lab_table lab_staff = {
    .name = S("workshop-staff"),
    .columns = {S("id"), S("login"), S("password_hash"), S("role")},
    .column_count = 4,
    .rows = {
        {S("s-1"), S("mara"), S("$2b$" "12$Qm3uT8xLrVYk2ZpWn5sB7eJd0GfHaKcOiEuXbRtNvDqLwMyPsZ1C6"), S("admin")},
        {S("s-2"), S("teo"), S("$2b$" "12$Qm3uT8xLrVYk2ZpWn5sB7eJd0GfHaKcOiEuXbRtNvDqLwMyPsZ1C6"), S("mechanic")},
    },
    .row_count = 2,
};

const struct lab_repair lab_repairs[] = {
    {S("Touring bicycle, green"), S("Anna Brandt"), S("anna.brandt@kettenpost-rad.net"), S("+49 30 4429 1187"), S("Gartenweg 4, Nordhof"), S("waiting for parts")},
    {S("Cargo bicycle"), S("Ben Okafor"), S("ben.okafor@kettenpost-rad.net"), S("+49 40 7713 2059"), S("Kai 12, Hafenring"), S("in work")},
    {S("Racing bicycle"), S("Lucie Benet"), S("lucie.benet@kettenpost-rad.net"), S("+49 30 6614 9902"), S("Ahornallee 31, Nordhof"), S("finished")},
    {S("Child's bicycle"), S("Imke Voss"), S("imke.voss@kettenpost-rad.net"), S("+49 40 2218 4473"), S("Speicherstieg 9, Hafenring"), S("in work")},
    {S("Folding bicycle"), S("Samir Rahal"), S("samir.rahal@kettenpost-rad.net"), S("+49 30 9050 3316"), S("Lindenplatz 2, Nordhof"), S("finished")},
    {S("Trekking bicycle"), S("Hanne Ruud"), S("hanne.ruud@kettenpost-rad.net"), S("+49 40 5537 8120"), S("Am Deich 77, Hafenring"), S("waiting for parts")},
};
const size_t lab_repair_count = sizeof lab_repairs / sizeof *lab_repairs;

const struct lab_table *store_table(struct sv name) {
    static const struct lab_table *const tables[] = {&lab_parts, &lab_orders, &lab_staff};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        if (sv_eq(tables[i]->name, name)) return tables[i];
    }
    return NULL;
}

void store_write_item(struct lab_call *c, const struct lab_table *t, size_t row) {
    bool first = true;
    answer_add(c, "{");
    for (size_t i = 0; i < t->column_count; i++) {
        struct sv cell = t->rows[row][i];
        if (cell.ptr == NULL) continue;
        if (!first) answer_add(c, ",");
        first = false;
        if ((t->numbers & (1U << i)) != 0) answer_add(c, "\"%s\":" SV_FMT, t->columns[i].ptr, SV_ARG(cell));
        else answer_member(c, t->columns[i].ptr, cell);
    }
    answer_add(c, "}");
}
