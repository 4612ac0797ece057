// SPDX-License-Identifier: Apache-2.0
// Limits that are announced, and what becomes of them.
#include "base/numbers.h"
#include "lab/store.h"

enum { LOGIN_MOST = 10, DISCOUNT_MOST = 20, WINDOW_SECONDS = 5, PAGE_DOCUMENTED = 20, CATALOGUE_SIZE = 4000 };

// False with 429 when the caller is over the limit.
static bool admit(struct lab_call *c, struct sv what, struct sv who, unsigned most) {
    unsigned left, wait;
    bool admitted = limit_take(c->lab, what, who, most, WINDOW_SECONDS, &left, &wait);
    answer_header(c, "X-RateLimit-Limit", arena_printf(&c->arena, "%u", most));
    answer_header(c, "X-RateLimit-Remaining", arena_printf(&c->arena, "%u", left));
    answer_header(c, "X-RateLimit-Reset", arena_printf(&c->arena, "%u", wait));
    if (admitted) return true;
    answer_header(c, "Retry-After", arena_printf(&c->arena, "%u", wait));
    answer_error(c, 429, SV("Too many requests."));
    return false;
}

static void answer_login(struct lab_call *c) {
    struct sv email = call_body_text(c, "email"), password = call_body_text(c, "password");
    if (c->lab->fixed && !admit(c, SV("login"), SV("all"), LOGIN_MOST)) return;
    if (email.len == 0 || password.len == 0) answer_error(c, 400, SV("email and password are required"));
    else answer_error(c, 401, SV("Mail address or password is wrong."));
}

// Codes are short, so guessing is limited; with the flaw by a header that callers choose.
static void answer_discount(struct lab_call *c) {
    struct sv said = call_header(c, "X-Forwarded-For");
    struct sv who = !c->lab->fixed && said.len > 0 ? said : SV("connection");
    if (!admit(c, SV("discounts"), who, DISCOUNT_MOST)) return;
    if (!sv_eq(c->arguments[0], SV("SPRING"))) answer_error(c, 404, SV("There is no such code."));
    else answer_add(c, "{\"code\":\"SPRING\",\"per_cent\":10}");
}

static void answer_catalogue(struct lab_call *c) {
    struct sv limit = call_query(c, "limit");
    uint64_t n = 5;
    if (limit.ptr != NULL && number_parse_u64_range(limit, 1, 1000000, &n) != 0) {
        answer_error(c, 400, SV("limit must be a number from 1 to 20"));
        return;
    }
    if (c->lab->fixed && n > PAGE_DOCUMENTED) n = PAGE_DOCUMENTED;
    if (n > CATALOGUE_SIZE) n = CATALOGUE_SIZE;
    answer_add(c, "{\"items\":[");
    for (unsigned i = 1; i <= n; i++) answer_add(c, "{\"article\":%u,\"title\":\"Article %u\"},", i, i);
    answer_array_end(c);
    answer_add(c, "}");
}

static const struct lab_route list[] = {
    {"POST", "/v2/login", answer_login},
    {"GET", "/v2/discounts/{code}", answer_discount},
    {"GET", "/v2/catalogue", answer_catalogue},
};
const struct lab_routes lab_routes_limits = {list, sizeof list / sizeof *list};
