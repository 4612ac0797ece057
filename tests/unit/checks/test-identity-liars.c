// SPDX-License-Identifier: Apache-2.0
// Servers that lie, against the checks that compare identities: whatever they do, nothing may be called confirmed. PLUMB_SIM sets how often each liar
// is asked (default 12 scans with different draws).
#include "base/random.h"
#include "liars.h"

static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Liar, version: '1'}\n"
                           "paths:\n"
                           "  /me: {get: {responses: {'200': {description: ok}}}}\n"
                           "  /orders: {get: {responses: {'200': {description: ok}}}}\n"
                           "  /orders/{id}:\n"
                           "    get:\n"
                           "      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]\n"
                           "      responses: {'200': {description: ok}}\n"
                           "  /admin/users: {get: {summary: Administrators only, responses: {'200': {description: ok}}}}\n"
                           "  /admin/desk: {get: {responses: {'200': {description: ok}}}}\n";

enum lie { RANDOM_STATUS, RANDOM_TEXT, RANDOM_IDS, RANDOM_LISTS, TWO_VERSIONS, CONSTANT, ECHO, TIMES, HALF_WAY, SWAPPED, COUNTER, LIE_COUNT };
static const char *const names[LIE_COUNT] = {"random status", "random text", "random ids in objects", "random lists of public things", "two versions",
                                             "constant", "echo", "clock in every answer", "refuses from half-way", "identities swapped at random", "counter"};
struct liar {
    enum lie lie;
    struct rng rng;
    unsigned asked;
};

// An honest answer for an owner; what each liar changes stands in liar_server.
static void honest(struct arena *a, struct sv path, unsigned who, struct response *ret) {
    uint64_t id = 0;
    if (who == 0) sim_json(a, ret, 401, "{\"error\":\"sign in\"}");
    else if (sv_eq(path, SV("/me"))) sim_json(a, ret, 200, "{\"id\":%u,\"name\":\"n%u\"}", who, who);
    else if (sv_eq(path, SV("/orders"))) sim_json(a, ret, 200, "[{\"id\":%u,\"user_id\":%u},{\"id\":%u,\"user_id\":%u}]", who * 100 + 1, who, who * 100 + 2, who);
    else if (sv_starts_with(path, SV("/admin"))) sim_json(a, ret, 403, "{\"error\":\"no\"}");
    else if (sv_starts_with(path, SV("/orders/")) && number_parse_u64(sv_from_index(path, 8), &id) == 0 && id / 100 == who && id % 100 < 3)
        sim_json(a, ret, 200, "{\"id\":%u,\"customer_id\":%u,\"address\":\"Lane %u\"}", (unsigned)id, who, (unsigned)id);
    else sim_json(a, ret, 404, "{\"error\":\"nothing\"}");
}

static void liar_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    static const unsigned statuses[] = {200, 401, 403, 404, 200, 400, 500, 201};
    struct liar *l = state;
    struct sv path = sim_path(o);
    (void)sim;
    l->asked++;
    unsigned draw = (unsigned)rng_below(&l->rng, 8), n = (unsigned)rng_below(&l->rng, 1000000), who = o->identity;
    struct sv word = rng_word(&l->rng, a, 8);
    switch (l->lie) {
    case RANDOM_STATUS: sim_json(a, ret, statuses[draw], "{\"id\":5,\"customer_id\":%u,\"address\":\"Lane\"}", who); return;
    case RANDOM_TEXT: sim_json(a, ret, 200, "{\"%.*s\":%u,\"customer_id\":%u,\"address\":\"%.*s\"}", SV_ARG(word), n, n, SV_ARG(word)); return;
    case RANDOM_IDS: sim_json(a, ret, 200, "[{\"id\":%u,\"customer_id\":%u,\"address\":\"%.*s\",\"role\":\"user\",\"username\":\"x\"}]", n, n, SV_ARG(word)); return;
    case RANDOM_LISTS:
        if (who > 0 && sv_eq(path, SV("/orders"))) sim_json(a, ret, 200, "[{\"id\":%u},{\"id\":%u}]", n % 40 + 1, n % 37 + 1);
        else if (who > 0 && sv_starts_with(path, SV("/orders/")) && path.len < 11) sim_json(a, ret, 200, "{\"id\":%.*s,\"name\":\"Lamp %.*s\"}", SV_ARG(sv_from_index(path, 8)), SV_ARG(sv_from_index(path, 8)));
        else honest(a, path, who, ret);
        return;
    case TWO_VERSIONS: honest(a, path, l->asked % 2 == 0 ? 0 : who, ret); return;
    case CONSTANT: sim_json(a, ret, 200, "[{\"id\":7,\"customer_id\":3,\"address\":\"Lane\"},{\"id\":8,\"customer_id\":4,\"address\":\"Mill\"}]"); return;
    case ECHO: sim_json(a, ret, 200, "{\"path\":\"%.*s\",\"customer_id\":\"%.*s\",\"address\":\"a\"}", SV_ARG(path), SV_ARG(o->request->target)); return;
    case TIMES: sim_json(a, ret, who == 0 ? 401 : 200, "{\"at\":\"10:00:%02u\",\"customer_id\":null,\"address\":null,\"data\":null}", l->asked / 10 % 60); return;
    case HALF_WAY: honest(a, path, l->asked > 40 ? 0 : who, ret); return;
    case SWAPPED: honest(a, path, who > 0 && draw < 4 ? 3 - who : who, ret); return;
    case COUNTER: sim_json(a, ret, who == 0 ? 401 : 200, "{\"id\":%u,\"customer_id\":%u,\"address\":\"n%u\"}", l->asked, l->asked, l->asked); return;
    case LIE_COUNT: return;
    }
}

static const char *const checks[] = {"bola-cross", "bola-neighbour", "bola-list", "bfla-role", "property-excess", "bola-subject", "bfla-parameter", "property-on-demand", NULL};

static void test_no_liar_is_believed(void **state) {
    (void)state;
    uint64_t times = liars_times(12);
    struct header one[] = {{SV("Authorization"), SV("Bearer ann-token-000001")}}, two[] = {{SV("Authorization"), SV("Bearer bob-token-000002")}};
    const struct principal who[] = {{.name = SV("ann"), .role = SV("user"), .headers = {one, 1, 1}}, {.name = SV("bob"), .role = SV("user"), .headers = {two, 1, 1}}};
    for (unsigned lie = 0; lie < LIE_COUNT; lie++) {
        for (uint64_t seed = 1; seed <= times; seed++) {
            auto_arena a = {.limit = (size_t)256 << 20};
            struct liar l = {.lie = (enum lie)lie};
            rng_init(&l.rng, seed * 977 + lie);
            struct scan_result r;
            struct error err = {0};
            const struct sim_options o = {.server = liar_server, .state = &l, .spec = spec, .mode = MODE_SAFE, .seed = seed, .identities = who, .identity_count = 2};
            assert_ok(&err, sim_run(&a, &o, &r, &err));
            liars_assert_none_confirmed(&r, checks, names[lie], seed);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_no_liar_is_believed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
