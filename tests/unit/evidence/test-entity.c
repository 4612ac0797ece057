// SPDX-License-Identifier: Apache-2.0
#include "evidence/entity.h"
#include "evidence/natural_key.h"
#include "evidence/seen_values.h"

#include "answers.h"

#include "evidence/entity_internal.h"

static struct entity_pool *pool(struct arena *a) {
    struct entity_pool *p;
    struct error err = {0};
    assert_ok(&err, entity_pool_new(a, 3, &p, &err));
    return p;
}

static void observe(struct arena *a, struct entity_pool *p, struct exchange *x, const char *target, const char *path,
                    uint16_t identity) {
    struct error err = {0};
    x->request.target = sv_from(target);
    x->identity = identity;
    assert_ok(&err, entity_pool_observe(a, p, x, sv_from(path), &err));
}

static void test_names(void **state) {
    (void)state;
    static const struct sv rows[][2] = {
        {SV_INIT("users"), SV_INIT("user")},
        {SV_INIT("User"), SV_INIT("user")},
        {SV_INIT("addresses"), SV_INIT("address")},
        {SV_INIT("companies"), SV_INIT("company")},
        {SV_INIT("statuses"), SV_INIT("status")},
        {SV_INIT("houses"), SV_INIT("house")},
        {SV_INIT("orderItems"), SV_INIT("order_item")},
        {SV_INIT("order-items"), SV_INIT("order_item")},
        {SV_INIT("boxes"), SV_INIT("box")},
        {SV_INIT("branches"), SV_INIT("branch")},
        {SV_INIT("movies"), SV_INIT("movie")},
        {SV_INIT("people"), SV_INIT("person")},
        {SV_INIT("invoices"), SV_INIT("invoice")},
        {SV_INIT("news"), SV_INIT("news")},
        {SV_INIT("HTTPServers"), SV_INIT("http_server")},
        {SV_INIT("bus"), SV_INIT("bus")},
        {SV_INIT("aliases"), SV_INIT("alias")},
        {SV_INIT("what?"), SV_INIT("")},
        {SV_INIT(""), SV_INIT("")},
        {SV_INIT("s"), SV_INIT("s")},
        {SV_INIT("__"), SV_INIT("")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct entity_name n = entity_name_of(rows[i][0]);
        assert_sv_equal(entity_name_sv(&n), rows[i][1]);
    }
    char longest[300];
    memset(longest, 'a', sizeof longest);
    assert_int_equal(entity_name_of(sv_make(longest, sizeof longest)).len, 0);
}

static void test_paths(void **state) {
    (void)state;
    static const struct sv rows[][2] = {{SV_INIT("/v1/users/{id}"), SV_INIT("user")},
                                        {SV_INIT("/users/17/orders"), SV_INIT("order")},
                                        {SV_INIT("/users/me"), SV_INIT("user")},
                                        {SV_INIT("/api/v2"), SV_INIT("")},
                                        {SV_INIT("/"), SV_INIT("")},
                                        {SV_INIT(""), SV_INIT("")},
                                        {SV_INIT("/orders/search"), SV_INIT("order")},
                                        {SV_INIT("/a/6f1a2b3c-0000-4000-8000-123456789abc"), SV_INIT("a")}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct entity_name n = entity_of_path(rows[i][0]);
        assert_sv_equal(entity_name_sv(&n), rows[i][1]);
    }
}

static void test_parameters(void **state) {
    struct arena *a = *state;
    static struct schema any;
    const struct operation op = {.path = SV("/v1/teams/{team_id}/users/{id}")};
    static const struct {
        struct sv name;
        enum param_in in;
        struct sv entity;
    } rows[] = {
        {SV_INIT("id"), PARAM_PATH, SV_INIT("user")},
        {SV_INIT("team_id"), PARAM_PATH, SV_INIT("team")},
        {SV_INIT("orderId"), PARAM_QUERY, SV_INIT("order")},
        {SV_INIT("q"), PARAM_QUERY, SV_INIT("")},
        {SV_INIT("uuid"), PARAM_QUERY, SV_INIT("user")},
        {SV_INIT("filter.owner.id"), PARAM_BODY, SV_INIT("owner")},
        {SV_INIT("items[].sku_id"), PARAM_BODY, SV_INIT("sku")},
        {SV_INIT("data.id"), PARAM_BODY, SV_INIT("user")},
        {SV_INIT("limit"), PARAM_QUERY, SV_INIT("")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct parameter p = {.name = rows[i].name, .in = rows[i].in, .schema = &any};
        assert_sv_equal(entity_of_parameter(a, &op, &p), rows[i].entity);
    }
}

static void test_id_shapes_and_random(void **state) {
    struct arena *a = *state;
    static const struct {
        struct sv value;
        enum id_shape shape;
    } rows[] = {{SV_INIT("17"), ID_INTEGER},
                {SV_INIT("1234567890123456789"), ID_INTEGER},
                {SV_INIT("6F1A2B3C-0000-4000-8000-123456789abc"), ID_UUID},
                {SV_INIT("blue-bike-2"), ID_SLUG},
                {SV_INIT("alice"), ID_SLUG},
                {SV_INIT("ord_8f3k2l9x"), ID_TOKEN},
                {SV_INIT("507f1f77bcf86cd799439011"), ID_TOKEN},
                {SV_INIT("VXNlcjoxNw=="), ID_TOKEN},
                {SV_INIT(""), ID_TOKEN}};
    struct rng rng;
    rng_init(&rng, 8);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(id_shape_of(rows[i].value), rows[i].shape);
        struct sv x = id_random_like(a, &rng, rows[i].value), y = id_random_like(a, &rng, rows[i].value);
        assert_true(x.len > 0 && !sv_eq(x, y) && !sv_eq(x, rows[i].value));
        if (rows[i].value.len > 0)
            assert_int_equal(id_shape_of(x), rows[i].shape);
    }
    assert_true(sv_starts_with(id_random_like(a, &rng, SV("ord_8f3k2l9x")), SV("ord_")));
    assert_true(sv_is_hex(id_random_like(a, &rng, SV("507f1f77bcf86cd799439011"))));
    assert_true(id_random_like(a, &rng, SV("17")).len == 9);
}

static const struct entity_id *nth(const struct entity_pool *p, const char *path, const char *name, enum param_in in,
                                   uint32_t types, size_t n) {
    struct schema schema = {.types = types};
    struct parameter parameter = {.name = sv_from(name), .in = in, .schema = &schema};
    struct operation op = {.path = sv_from(path), .parameters = &parameter, .parameter_count = 1};
    return entity_pool_for(p, &op, &parameter, n);
}

static void test_harvest(void **state) {
    struct arena *a = *state;
    struct entity_pool *p = pool(a);
    observe(
        a, p,
        json_answer(
            a, 200,
            SV("{\"data\":{\"items\":[{\"id\":\"ord_8f3k2l\",\"userId\":9,\"owner\":{\"id\":77,\"username\":\"alice\"},"
               "\"note\":\"text\",\"secret_key\":\"{{api_key:12ab}}\",\"_links\":{\"self\":{\"href\":\"/v1/orders/"
               "123456?x\"}}}],"
               "\"tag_ids\":[1,2]}}")),
        "/v1/orders", "/v1/orders", 1);
    const struct entity_id *id = nth(p, "/v1/orders/{id}", "id", PARAM_PATH, 0, 0);
    assert_non_null(id);
    assert_sv_text(id->value, "ord_8f3k2l");
    assert_sv_text(id->entity, "order");
    assert_sv_text(id->source_path, "/v1/orders");
    assert_int_equal(id->seen_by, 2);
    assert_int_equal(id->first_identity, 1);
    assert_int_equal(id->first_exchange, 1);
    assert_sv_text(nth(p, "/v1/orders/{id}", "id", PARAM_PATH, TYPE_INTEGER, 0)->value, "123456");
    assert_sv_text(nth(p, "/x", "user_id", PARAM_QUERY, 0, 0)->value, "9");
    assert_null(nth(p, "/x", "user_id", PARAM_QUERY, 0, 1));
    assert_sv_text(nth(p, "/owners/{id}", "id", PARAM_PATH, 0, 0)->value, "77");
    assert_sv_text(nth(p, "/tags/{id}", "id", PARAM_PATH, 0, 1)->value, "2");
    assert_null(nth(p, "/x", "q", PARAM_QUERY, 0, 0));
    assert_null(nth(p, "/secrets/{key}", "key", PARAM_PATH, 0, 0)); // redacted values are no identifiers
}

static void test_who_saw_it(void **state) {
    struct arena *a = *state;
    struct entity_pool *p = pool(a);
    observe(a, p, json_answer(a, 200, SV("[{\"id\":17},{\"id\":18}]")), "/users", "/users", 1);
    observe(a, p, json_answer(a, 200, SV("{\"id\":17,\"name\":\"x\"}")), "/users/17", "/users/{id}", 2);
    const struct entity_id *id = nth(p, "/users/{id}", "id", PARAM_PATH, 0, 0);
    assert_sv_text(id->value, "17");
    assert_int_equal(id->seen_by, 1 << 1); // the second one asked for it by name and did not learn it
    observe(a, p, json_answer(a, 200, SV("[{\"id\":17}]")), "/users?mine=1", "/users", 2);
    assert_int_equal(id->seen_by, 1 << 1 | 1 << 2);
    assert_int_equal(id->first_identity, 1);
    observe(a, p, json_answer(a, 404, SV("{\"id\":99}")), "/users", "/users", 1);
    assert_null(nth(p, "/users/{id}", "id", PARAM_PATH, 0, 2)); // errors name no objects
}

static const struct entity_id *owned(const struct entity_pool *p, const char *path, uint32_t owner, uint32_t others, size_t n) {
    struct schema any = {0};
    struct parameter param = {.name = SV("id"), .in = PARAM_PATH, .schema = &any};
    struct operation op = {.path = sv_from(path), .parameters = &param, .parameter_count = 1};
    return entity_pool_owned(p, &op, &param, owner, others, n);
}

static void test_whose_ids_they_are(void **state) {
    struct arena *a = *state;
    struct entity_pool *p = pool(a);
    const uint32_t ann = 1 << 1, bob = 1 << 2;
    observe(a, p, json_answer(a, 200, SV("{\"id\":7,\"name\":\"ann\"}")), "/me", "/me", 1);
    observe(a, p, json_answer(a, 200, SV("[{\"id\":17},{\"id\":18}]")), "/orders", "/orders", 1);
    observe(a, p, json_answer(a, 200, SV("[{\"id\":18},{\"id\":19}]")), "/orders", "/orders", 2);
    assert_sv_text(owned(p, "/orders/{id}", ann, bob, 0)->value, "17");
    assert_null(owned(p, "/orders/{id}", ann, bob, 1)); // 18 is listed to both
    assert_sv_text(owned(p, "/orders/{id}", bob, ann, 0)->value, "19");
    // What an answer to a request for a foreign object names is nobody's own.
    observe(a, p, json_answer(a, 200, SV("[{\"item_id\":501}]")), "/orders/17/items", "/orders/{id}/items", 2);
    assert_int_equal(entity_pool_listed_by(p, SV("501")), 0);
    observe(a, p, json_answer(a, 200, SV("[{\"item_id\":501}]")), "/orders/17/items", "/orders/{id}/items", 1);
    assert_int_equal(entity_pool_listed_by(p, SV("501")), ann);
    // Nor what a check's own request brought out.
    entity_pool_trust(p, false);
    observe(a, p, json_answer(a, 200, SV("[{\"id\":601}]")), "/orders?all=true", "/orders", 1);
    entity_pool_trust(p, true);
    assert_int_equal(entity_pool_listed_by(p, SV("601")), 0);
    // The caller's own id stays its own when a directory shows it to others, and fits whatever people are called.
    observe(a, p, json_answer(a, 200, SV("[{\"id\":7},{\"id\":8}]")), "/users", "/users", 2);
    assert_int_equal(entity_pool_caller_of(p, SV("7")), ann);
    assert_sv_text(owned(p, "/users/{id}", ann, bob, 0)->value, "7");
    assert_sv_text(owned(p, "/customers/{id}", ann, bob, 0)->value, "7");
    assert_null(owned(p, "/lamps/{id}", ann, bob, 0));
}

static void test_own_ids_are_preferred(void **state) {
    struct arena *a = *state;
    struct entity_pool *p = pool(a);
    observe(a, p, json_answer(a, 200, SV("[{\"id\":17}]")), "/orders", "/orders", 1);
    observe(a, p, json_answer(a, 200, SV("[{\"id\":19}]")), "/orders", "/orders", 2);
    assert_sv_text(nth(p, "/orders/{id}", "id", PARAM_PATH, 0, 0)->value, "17");
    entity_pool_prefer(p, 2);
    assert_sv_text(nth(p, "/orders/{id}", "id", PARAM_PATH, 0, 0)->value, "19");
    assert_sv_text(nth(p, "/orders/{id}", "id", PARAM_PATH, 0, 1)->value, "17");
}

static void test_neighbours(void **state) {
    struct arena *a = *state;
    static const struct {
        struct sv value;
        int step;
        struct sv want; // SV_NONE: it has none
    } rows[] = {
        {SV_INIT("17"), 1, SV_INIT("18")},
        {SV_INIT("17"), -2, SV_INIT("15")},
        {SV_INIT("0"), -1, {NULL, 0}},
        {SV_INIT("0042"), 1, SV_INIT("0043")},
        {SV_INIT("INV-0017"), 1, SV_INIT("INV-0018")},
        {SV_INIT("7:3"), 1, SV_INIT("7:4")},
        {SV_INIT("b3JkZXI6NQ=="), 1, SV_INIT("b3JkZXI6Ng==")},
        {SV_INIT("b3JkZXI6NQ"), 1, SV_INIT("b3JkZXI6Ng")},
        {SV_INIT("0b9f2b0e-6c1d-4b52-9d4e-0f6a3f5f1c01"), 1, {NULL, 0}},
        {SV_INIT("k3jd92kd01x"), 1, {NULL, 0}},
        {SV_INIT("lamp"), 1, {NULL, 0}},
        {SV_INIT(""), 1, {NULL, 0}},
        {SV_INIT("99999999999999999999"), 1, {NULL, 0}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sv got = id_neighbour(a, rows[i].value, rows[i].step);
        assert_int_equal(got.ptr == NULL, rows[i].want.ptr == NULL);
        if (got.ptr != NULL) assert_sv_equal(got, rows[i].want);
    }
}

static void test_examples_and_location(void **state) {
    struct arena *a = *state;
    struct entity_pool *p = pool(a);
    struct error err = {0};
    assert_ok(&err, entity_pool_add(a, p, SV("Users"), SV("5"), 0, &err));
    assert_ok(&err, entity_pool_add(a, p, SV("users"), SV("5"), 0, &err));
    assert_ok(&err, entity_pool_add(a, p, SV("user"), SV("with blank"), 0, &err));
    struct exchange *x = json_answer(a, 201, SV(""));
    assert_true(
        header_add(a, &x->response.headers, SV("Location"), SV("https://h.example/api/invoices/inv_83kd92/lines/4")));
    observe(a, p, x, "/api/invoices", "/api/invoices", 1);
    assert_sv_text(nth(p, "/users/{id}", "id", PARAM_PATH, 0, 0)->value, "5");
    assert_int_equal(nth(p, "/users/{id}", "id", PARAM_PATH, 0, 0)->seen_by, 0);
    assert_null(nth(p, "/users/{id}", "id", PARAM_PATH, 0, 1));
    assert_sv_text(nth(p, "/api/invoices/{invoice}", "invoice", PARAM_PATH, 0, 0)->value, "inv_83kd92");
    assert_sv_text(nth(p, "/api/x/lines/{line}", "line", PARAM_PATH, 0, 0)->value, "4");
}

static void test_bounds(void **state) {
    struct arena *a = *state;
    struct entity_pool *p = pool(a);
    for (unsigned round = 0; round < 3; round++) {
        char *text = arena_alloc(a, 40000);
        assert_non_null(text);
        size_t n = (size_t)snprintf(text, 40000, "[");
        for (unsigned i = 0; i < 1000; i++)
            n += (size_t)snprintf(text + n, 40000 - n, "%s{\"id\":%u}", i > 0 ? "," : "", round * 1000 + i);
        n += (size_t)snprintf(text + n, 40000 - n, "]");
        observe(a, p, json_answer(a, 200, sv_make(text, n)), "/users", "/users", 1);
    }
    assert_non_null(nth(p, "/users/{id}", "id", PARAM_PATH, 0, 599));
    assert_null(nth(p, "/users/{id}", "id", PARAM_PATH, 0, 600)); // 200 an answer
    observe(a, p, json_answer(a, 200, SV("{\"id\":")), "/users", "/users", 1);
    observe(a, p, json_answer(a, 200, SV("{\"id\":\"\",\"_id\":null,\"\":1,\"id\":{}}")), "/users", "/users", 40);
}

static void test_natural_keys(void **state) {
    static const struct {
        const char *list, *key; // key NULL: none
    } cases[] = {
        {"[{\"name\":\"north\",\"uid\":\"7b0f9c1e-2d0e-4d3c-9a55-0c6a1c2f3e41\"},{\"name\":\"south\",\"uid\":\"c2a9e2bd-5f7e-4c7b-8b1a-7f8e9d0c1b2a\"}]", "uid"},
        {"[{\"city\":\"Lund\",\"tracking\":\"PX1\"},{\"city\":\"Visby\",\"tracking\":\"PX2\"}]", "tracking"},
        {"[{\"iata\":\"FRA\",\"runways\":4},{\"iata\":\"CDG\",\"runways\":3}]", "iata"},
        {"[{\"ward\":\"C\",\"pid\":31},{\"ward\":\"C\",\"pid\":32}]", "pid"},
        {"[{\"id\":1,\"name\":\"a\"},{\"id\":2,\"name\":\"b\"}]", NULL},     // has an id
        {"[{\"name\":\"a\"}]", NULL},                                          // one tells nothing
        {"[{\"kind\":\"x\"},{\"kind\":\"x\"}]", NULL},                         // alike
        {"[{\"text\":\"two words\"},{\"text\":\"three more words\"}]", NULL}, // prose
        {"[{\"at\":\"2024-05-17\"},{\"at\":\"2024-05-18\"}]", NULL},
        {"[{\"to\":\"/a\"},{\"to\":\"/b\"}]", NULL},
        {"[{\"ok\":true,\"weight\":12},{\"ok\":true,\"weight\":13}]", NULL},
        {"[{\"name\":\"{{person:1}}\"},{\"name\":\"{{person:2}}\"}]", NULL},
        {"[{\"a\":\"x\"},{\"b\":\"y\"}]", NULL},
        {"[1,2]", NULL},
        {"[]", NULL},
        {"{}", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct node *n = NULL;
        struct error err = {0};
        assert_ok(&err, node_parse_json(*state, sv_from(cases[i].list), &node_limits_response, &n, &err));
        if (!sv_eq(natural_key(n), sv_from(cases[i].key))) fail_msg("%s: " SV_FMT, cases[i].list, SV_ARG(natural_key(n)));
    }
}

static void test_seen_words(void **state) {
    struct arena *a = *state;
    struct seen_values s = {0};
    struct node *n = NULL;
    struct error err = {0};
    const char *text = "[\"paid\",\"open\",\"paid\",\"a sentence\",\"{{mail:1}}\",7,\"late\",\"lost\",\"fifth\"]";
    assert_ok(&err, node_parse_json(a, sv_from(text), &node_limits_response, &n, &err));
    for (const struct node *v = n->first; v != NULL; v = v->next) assert_true(seen_values_note(a, &s, SV("orderStatus"), v));
    assert_sv_text(seen_values_get(&s, SV("order_status"), 0), "paid");
    assert_sv_text(seen_values_get(&s, SV("order_status"), 3), "lost");
    assert_null(seen_values_get(&s, SV("order_status"), 4).ptr); // a few are enough
    assert_null(seen_values_get(&s, SV("status"), 0).ptr);
    assert_null(seen_values_get(&s, SV_NONE, 0).ptr);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_names),
    cmocka_unit_test(test_paths),
    test_with_arena(test_parameters),
    test_with_arena(test_id_shapes_and_random),
    test_with_arena(test_harvest),
    test_with_arena(test_who_saw_it),
    test_with_arena(test_whose_ids_they_are),
        test_with_arena(test_own_ids_are_preferred),
        test_with_arena(test_neighbours),
        test_with_arena(test_examples_and_location),
    test_with_arena(test_bounds),
    test_with_arena(test_natural_keys),
    test_with_arena(test_seen_words),
};
TEST_MAIN(tests)
