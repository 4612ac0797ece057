// SPDX-License-Identifier: Apache-2.0
// A garage where one customer changes ids, and lists that show too much (bola-neighbour, bola-list).
#include "base/numbers.h"
#include "http/jwt.h"
#include "support/sim.h"
#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Garage, version: '1'}\n"
                           "paths:\n"
                           "  /me: {get: {responses: {'200': {description: ok}}}}\n"
                           "  /repairs: {get: {responses: {'200': {description: ok}}}}\n"
                           "  /repairs/{id}:\n"
                           "    get:\n"
                           "      parameters: [{name: id, in: path, required: true, schema: {type: string}}]\n"
                           "      responses: {'200': {description: ok}}\n";

enum flaw { CHECKED, OPEN, COUNTED, ENCODED, LIST_ALL, // found
            OWN_ONLY, PUBLIC, MADE_UP, NOBODY_TOO, SAME, ECHO_200, FORBIDDEN_BODY, RANDOM_STATUS, ERRORS, CLOSES, MALFORMED, LIST_PUBLIC, LIST_RANDOM, FLAW_COUNT };
struct garage {
    enum flaw flaw;
    unsigned asked;
};

static struct sv id_of(const struct garage *g, struct arena *a, unsigned n) {
    struct sv text = arena_printf(a, g->flaw == COUNTED ? "REP-%04u" : g->flaw == ENCODED ? "repair:%u" : "%u", n);
    return g->flaw == ENCODED ? base64_encode(a, text, true, false) : text;
}

// Repairs 10 to 15; 12 and 13 are Ann's.
static unsigned owner_of(unsigned n) {
    return n == 12 || n == 13 ? 1 : 2;
}

static void answer_repair(const struct garage *g, struct arena *a, unsigned n, struct response *ret) {
    struct sv id = id_of(g, a, n);
    if (g->flaw == PUBLIC) sim_json(a, ret, 200, "{\"id\":\"%.*s\",\"name\":\"Repair %u\",\"price\":%u}", SV_ARG(id), n, n * 3);
    else if (g->flaw == SAME) sim_json(a, ret, 200, "{\"customer_id\":1,\"address\":\"Mill Lane\"}");
    else sim_json(a, ret, 200, "{\"id\":\"%.*s\",\"customer_id\":%u,\"address\":\"Mill Lane %u\"}", SV_ARG(id), g->flaw == OWN_ONLY ? 1 : owner_of(n), n * 17);
}

static void answer_by_id(struct sim *sim, struct garage *g, struct arena *a, struct sv text, unsigned identity, struct response *ret) {
    static const unsigned statuses[] = {200, 403, 404, 200, 500, 401, 200};
    unsigned n = 0;
    struct sv id = url_decode(a, text, false);
    for (unsigned i = 10; i <= 15; i++) n = sv_eq(id, id_of(g, a, i)) ? i : n;
    bool open = (g->flaw >= OPEN && g->flaw <= ENCODED) || g->flaw == PUBLIC || g->flaw == OWN_ONLY || g->flaw == NOBODY_TOO;
    if (g->flaw == RANDOM_STATUS) sim_json(a, ret, statuses[(g->asked * 2654435761u >> 9) % 7], "{\"customer_id\":%u,\"address\":\"x%u\"}", g->asked, g->asked);
    else if (g->flaw == MADE_UP || g->flaw == SAME) sim_json(a, ret, 200, "{\"id\":\"%.*s\",\"customer_id\":%u,\"address\":\"y%u\"}", SV_ARG(id), g->asked, g->asked);
    else if (n != 0 && (open || owner_of(n) == identity)) answer_repair(g, a, n, ret);
    else if (g->flaw == ECHO_200) sim_json(a, ret, 200, "{\"ok\":false,\"message\":\"no repair %.*s for customer\"}", SV_ARG(id));
    else if (g->flaw == FORBIDDEN_BODY && n != 0) sim_json(a, ret, 403, "{\"customer_id\":2,\"address\":\"Mill\"}");
    else if (g->flaw == ERRORS) sim_json(a, ret, 500, "{\"error\":\"oops\"}");
    else if (g->flaw == CLOSES) sim->outcome = OUTCOME_CLOSED;
    else if (g->flaw == MALFORMED) sim_text(a, ret, 200, "application/json", "{\"customer_id\":2,\"address\":");
    else sim_json(a, ret, 404, "{\"error\":\"no repair\"}");
}

static void answer_list(const struct garage *g, struct arena *a, unsigned identity, struct response *ret) {
    struct sv x = id_of(g, a, identity == 1 ? 12 : 10), y = id_of(g, a, identity == 1 ? 13 : 11);
    if (g->flaw == LIST_ALL) sim_json(a, ret, 200, "[{\"id\":12,\"customer_id\":1,\"address\":\"Mill Lane 204\"},{\"id\":10,\"customer_id\":2,\"address\":\"Mill Lane 170\"}]");
    else if (g->flaw == LIST_PUBLIC) sim_json(a, ret, 200, "[{\"id\":12,\"author\":\"ann\",\"text\":\"a\"},{\"id\":10,\"author\":\"bob\",\"text\":\"b\"}]");
    else if (g->flaw == LIST_RANDOM) sim_json(a, ret, 200, "[{\"id\":12,\"customer_id\":%u,\"address\":\"a%u\"},{\"id\":13,\"customer_id\":2,\"address\":\"b\"}]", g->asked, g->asked);
    else sim_json(a, ret, 200, "[{\"id\":\"%.*s\"},{\"id\":\"%.*s\"}]", SV_ARG(x), SV_ARG(y));
}

static void garage_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct garage *g = state;
    struct sv path = sim_path(o);
    g->asked++;
    if (o->identity == 0 && g->flaw != NOBODY_TOO) sim_json(a, ret, 401, "{\"error\":\"sign in\"}");
    else if (sv_eq(path, SV("/me"))) sim_json(a, ret, 200, "{\"id\":%u,\"name\":\"n%u\"}", (unsigned)o->identity, (unsigned)o->identity);
    else if (sv_eq(path, SV("/repairs"))) answer_list(g, a, o->identity, ret);
    else if (sv_starts_with(path, SV("/repairs/"))) answer_by_id(sim, g, a, sv_from_index(path, 9), o->identity, ret);
    else sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
}

static struct scan_result scan(struct arena *a, enum flaw flaw, const char *only, size_t count) {
    struct header one[] = {{SV("Authorization"), SV("Bearer ann-token-000001")}}, two[] = {{SV("Authorization"), SV("Bearer bob-token-000002")}};
    const struct principal who[] = {{.name = SV("ann"), .headers = {one, 1, 1}}, {.name = SV("bob"), .headers = {two, 1, 1}}};
    struct garage g = {.flaw = flaw};
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = garage_server, .state = &g, .spec = spec, .only = only, .mode = MODE_SAFE, .identities = who, .identity_count = count};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static void test_neighbours_of_other_owners(void **state) {
    for (int flaw = OPEN; flaw <= ENCODED; flaw++) {
        struct scan_result r = scan(*state, (enum flaw)flaw, "bola-neighbour", 1);
        const struct result_finding *f = sim_find(&r, "bola-neighbour", "/repairs/{id}");
        if (f == NULL) print_error("flaw %d\n", flaw);
        assert_non_null(f);
        assert_int_equal(f->confidence, CONFIDENCE_FIRM);
        assert_int_equal(f->severity, SEVERITY_HIGH);
        assert_int_equal(sim_count(&r, NULL), 1);
    }
    struct scan_result r = scan(*state, OPEN, "bola-neighbour", 2);
    assert_int_equal(sim_count(&r, NULL), 0); // two identities are compared by bola-cross
}

static void test_lists_of_all_owners(void **state) {
    struct scan_result r = scan(*state, LIST_ALL, "bola-list", 2);
    const struct result_finding *f = sim_find(&r, "bola-list", "/repairs");
    if (f == NULL) sim_dump(&r);
    assert_non_null(f);
    assert_int_equal(f->confidence, CONFIDENCE_FIRM);
    assert_int_equal(f->severity, SEVERITY_HIGH);
}

static void test_what_would_fool_it(void **state) {
    for (int flaw = CHECKED; flaw < FLAW_COUNT; flaw++) {
        if (flaw >= OPEN && flaw <= LIST_ALL) continue;
        struct scan_result one = scan(*state, (enum flaw)flaw, "bola-neighbour", 1), two = scan(*state, (enum flaw)flaw, "bola-list", 2);
        if (sim_count(&one, NULL) + sim_count(&two, NULL) > 0) {
            print_error("flaw %d\n", flaw);
            sim_dump(&one);
            sim_dump(&two);
        }
        assert_int_equal(sim_count(&one, NULL), 0);
        assert_int_equal(sim_count(&two, NULL), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_neighbours_of_other_owners),
        test_with_arena(test_lists_of_all_owners),
        test_with_arena(test_what_would_fool_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
