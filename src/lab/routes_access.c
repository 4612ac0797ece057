// SPDX-License-Identifier: Apache-2.0
// Who may read what: operations without the check that they should have.
#include "base/numbers.h"
#include "lab/store.h"

static void write_repair(struct lab_call *c, unsigned number, const struct lab_repair *r) {
    const struct {
        const char *key;
        struct sv value;
    } members[] = {{"bicycle", r->bicycle}, {"customer_name", r->customer}, {"customer_email", r->email},
                   {"phone", r->phone},     {"address", r->address},        {"state", r->state}};
    answer_add(c, "{\"number\":%u", number);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        answer_add(c, ",");
        answer_member(c, members[i].key, members[i].value);
    }
    answer_add(c, "}");
}

// An object of a customer, by its number.
static void answer_numbered(struct lab_call *c, unsigned first) {
    uint64_t n;
    if (c->lab->fixed && !call_demands_user(c)) return;
    if (number_parse_u64(c->arguments[0], &n) != 0) {
        answer_error(c, 400, SV("The number must be a number."));
        return;
    }
    const struct lab_user *user = call_user(c);
    const struct lab_repair *r = n >= first && n - first < lab_repair_count ? &lab_repairs[n - first] : NULL;
    bool own = r != NULL && user != NULL && (sv_eq(r->email, user->email) || sv_eq(user->role, SV("admin")));
    if (r == NULL || (c->lab->fixed && !own)) answer_error(c, 404, SV("There is no such number."));
    else write_repair(c, (unsigned)n, r);
}

static void answer_repair(struct lab_call *c) {
    answer_numbered(c, REPAIRS_FIRST);
}

static void answer_quote(struct lab_call *c) {
    answer_numbered(c, QUOTES_FIRST);
}

static void write_invoices(struct lab_call *c) {
    answer_add(c, "{\"invoices\":[");
    for (size_t i = 0; i < 4; i++) {
        answer_add(c, "{\"invoice\":\"R-%zu\",\"amount\":%zu.50,", 2200 + i * 7, 48 + i * 31);
        answer_member(c, "customer_name", lab_repairs[i].customer);
        answer_add(c, ",");
        answer_member(c, "customer_email", lab_repairs[i].email);
        answer_add(c, "},");
    }
    answer_array_end(c);
    answer_add(c, "}");
}

static void answer_invoices(struct lab_call *c) {
    if (!c->lab->fixed || call_demands_admin(c)) write_invoices(c);
}

// Any bearer value will do.
static void answer_timesheets(struct lab_call *c) {
    bool any = !c->lab->fixed && sv_starts_with_nocase(call_header(c, "Authorization"), SV("Bearer ")) && call_header(c, "Authorization").len > 7;
    if (!any && !call_demands_admin(c)) return;
    answer_add(c, "{\"timesheets\":[{\"employee_name\":\"Teo Valdes\",\"week\":41,\"hours\":38},{\"employee_name\":\"Mira Lind\",\"week\":41,\"hours\":35}]}");
}

static void write_stock(struct lab_call *c) {
    answer_add(c, "{\"supplier_prices\":[{\"part\":\"Brake pad set\",\"purchase_price\":6.1,\"supplier_account\":\"K-2291\"},"
                  "{\"part\":\"Dynamo lamp\",\"purchase_price\":31.4,\"supplier_account\":\"K-1187\"}]}");
}

// The guard compares the path as it was sent; the page is found with a slash at the end, too.
static void answer_stock(struct lab_call *c) {
    if (call_demands_user(c)) write_stock(c);
}

static void answer_stock_slash(struct lab_call *c) {
    if (!c->lab->fixed || call_demands_user(c)) write_stock(c);
}

static void answer_accounts(struct lab_call *c) {
    if (c->lab->fixed && !call_demands_admin(c)) return;
    answer_add(c, "{\"users\":[");
    for (size_t i = 0; i < lab_user_count; i++) {
        const struct lab_user *u = &lab_users[i];
        answer_add(c, "{");
        answer_member(c, "id", u->id);
        answer_add(c, ",");
        answer_member(c, "email", u->email);
        answer_add(c, ",");
        answer_member(c, "role", u->role);
        answer_add(c, ",\"last_login\":\"2026-03-0%zuT08:1%zu:00Z\"},", i + 1, i);
    }
    answer_array_end(c);
    answer_add(c, "}");
}

static void answer_jobs(struct lab_call *c) {
    if (c->lab->fixed && !call_demands_admin(c)) return;
    answer_add(c, "{\"jobs\":[{\"name\":\"remind-customers\",\"cron\":\"0 7 * * *\",\"last_run\":\"2026-03-01T07:00:02Z\",\"enabled\":true},"
                  "{\"name\":\"close-month\",\"cron\":\"30 1 1 * *\",\"last_run\":\"2026-03-01T01:30:09Z\",\"enabled\":true}]}");
}

static void answer_me(struct lab_call *c) {
    if (!call_demands_user(c)) return;
    const struct lab_user *u = call_user(c);
    answer_add(c, "{");
    answer_member(c, "id", u->id);
    answer_add(c, ",");
    answer_member(c, "name", u->name);
    answer_add(c, ",");
    answer_member(c, "tenant", u->tenant);
    answer_add(c, "}");
}

static const struct lab_route list[] = {
    {"GET", "/v2/repairs/{number}", answer_repair},
    {"GET", "/v2/quotes/{number}", answer_quote},
    {"GET", "/v2/invoices", answer_invoices},
    {"GET", "/v2/timesheets", answer_timesheets},
    {"GET", "/v2/purchasing/prices", answer_stock},
    {"GET", "/v2/purchasing/prices/", answer_stock_slash},
    {"GET", "/v2/admin/users", answer_accounts},
    {"GET", "/v2/operations/jobs", answer_jobs},
    {"GET", "/v2/me", answer_me},
};
const struct lab_routes lab_routes_access = {list, sizeof list / sizeof *list};
