// SPDX-License-Identifier: Apache-2.0
// Servers that lie, against all checks of access without credentials: whatever they do, nothing may be called confirmed. PLUMB_SIM sets how
// often each liar is asked (default 20 scans with different draws).
#include "base/random.h"
#include "http/header.h"
#include "liars.h"

static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Liar, version: '1'}\n"
                           "paths:\n"
                           "  /orders: {get: {security: [{k: []}], responses: {'200': {description: ok}}}}\n"
                           "  /orders/{id}:\n"
                           "    get:\n"
                           "      parameters: [{name: id, in: path, required: true, schema: {type: integer}, example: 5}]\n"
                           "      responses: {'200': {description: ok}}\n"
                           "  /admin/users: {get: {summary: Administrators only, responses: {'200': {description: ok}}}}\n"
                           "  /vault: {get: {security: [{k: []}], responses: {'200': {description: ok}}}}\n"
                           "components: {securitySchemes: {k: {type: http, scheme: bearer}}}\n";

enum lie { RANDOM_STATUS, RANDOM_TEXT, RANDOM_BOTH, TWO_VERSIONS, CONSTANT, ECHO, BLOCK_PAGE, HALF_WAY, LIE_COUNT };
static const char *const names[LIE_COUNT] = {"random status", "random text", "random status and text", "two versions", "constant", "echo",
                                             "block page", "refuses from half-way"};
struct liar {
    enum lie lie;
    struct rng rng;
    unsigned asked;
};

#define PRIVATE "{\"id\":%u,\"customer_id\":%u,\"first_name\":\"A%u\",\"salary\":%u}"

static void answer_private(struct liar *l, struct arena *a, struct response *ret, unsigned status, unsigned n) {
    (void)l;
    sim_json(a, ret, status, PRIVATE, n, n + 7, n, n * 3);
}

static void liar_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    static const unsigned statuses[] = {200, 401, 403, 404, 200, 400, 500, 201};
    struct liar *l = state;
    (void)sim;
    l->asked++;
    unsigned draw = (unsigned)rng_below(&l->rng, 8), n = (unsigned)rng_below(&l->rng, 1000000);
    struct sv word = rng_word(&l->rng, a, 8);
    switch (l->lie) {
    case RANDOM_STATUS:
        answer_private(l, a, ret, statuses[draw], 5);
        return;
    case RANDOM_TEXT:
        sim_json(a, ret, 200, "{\"%.*s\":%u,\"customer_id\":%u,\"salary\":%u}", SV_ARG(word), n, n, n);
        return;
    case RANDOM_BOTH:
        sim_json(a, ret, statuses[draw], "{\"%.*s\":{\"user_id\":%u}}", SV_ARG(word), n);
        return;
    case TWO_VERSIONS:
        if (l->asked % 2 == 0) sim_json(a, ret, 401, "{\"error\":\"sign in\"}");
        else answer_private(l, a, ret, 200, n);
        return;
    case CONSTANT:
        answer_private(l, a, ret, 200, 5);
        return;
    case ECHO:
        sim_json(a, ret, 200, "{\"path\":\"%.*s\",\"customer_id\":\"%.*s\",\"salary\":1}", SV_ARG(sim_path(o)), SV_ARG(o->request->target));
        return;
    case BLOCK_PAGE:
        sim_text(a, ret, 200, "text/html", "<html><head><title>Denied</title></head><body><h1>Request blocked</h1><p>Case %u</p></body></html>", n);
        return;
    case HALF_WAY:
        if (l->asked > 30) sim_json(a, ret, 401, "{\"error\":\"session over\"}");
        else answer_private(l, a, ret, 200, n);
        return;
    case LIE_COUNT:
        return;
    }
}

static const char *const checks[] = {"auth-missing", "auth-path-bypass", "auth-method-bypass", "auth-any-token", "bola-anonymous", "bfla-anonymous", NULL};

static void test_no_liar_is_believed(void **state) {
    (void)state;
    uint64_t times = liars_times(20);
    for (unsigned lie = 0; lie < LIE_COUNT; lie++) {
        for (uint64_t seed = 1; seed <= times; seed++) {
            auto_arena a = {.limit = (size_t)256 << 20};
            struct liar l = {.lie = (enum lie)lie};
            rng_init(&l.rng, seed * 977 + lie);
            struct scan_result r;
            struct error err = {0};
            const struct sim_options o = {.server = liar_server, .state = &l, .spec = spec, .mode = MODE_SAFE, .seed = seed};
            assert_ok(&err, sim_run(&a, &o, &r, &err));
            liars_assert_none_confirmed(&r, checks, names[lie], seed);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_no_liar_is_believed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
