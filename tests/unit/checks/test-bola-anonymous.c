// SPDX-License-Identifier: Apache-2.0
#include "base/numbers.h"
#include "http/header.h"
#include "support/sim.h"
#include "support/test.h"

static const char open_spec[] = "openapi: 3.0.3\n"
                                "info: {title: Bakery, version: '1'}\n"
                                "paths:\n"
                                "  /orders/{id}:\n"
                                "    get:\n"
                                "      parameters: [{name: id, in: path, required: true, schema: {type: integer}, example: 40}]\n"
                                "      responses: {'200': {description: ok}}\n"
                                "  /menu:\n"
                                "    get: {responses: {'200': {description: ok}}}\n";
static const char closed_spec[] = "openapi: 3.0.3\n"
                                  "info: {title: Bakery, version: '1'}\n"
                                  "security: [{k: []}]\n"
                                  "components: {securitySchemes: {k: {type: http, scheme: bearer}}}\n"
                                  "paths:\n"
                                  "  /orders/{id}:\n"
                                  "    get:\n"
                                  "      parameters: [{name: id, in: path, required: true, schema: {type: integer}, example: 40}]\n"
                                  "      responses: {'200': {description: ok}}\n";
static const char nested_spec[] = "openapi: 3.0.3\n"
                                  "info: {title: Bakery, version: '1'}\n"
                                  "paths:\n"
                                  "  /guests:\n"
                                  "    get: {responses: {'200': {description: ok}}}\n"
                                  "  /guests/{guest}/cards:\n"
                                  "    get:\n"
                                  "      parameters: [{name: guest, in: path, required: true, schema: {type: string}}]\n"
                                  "      responses: {'200': {description: ok}}\n"
                                  "  /receipts:\n"
                                  "    get:\n"
                                  "      parameters: [{name: receipt_id, in: query, required: true, schema: {type: integer}, example: 7}]\n"
                                  "      responses: {'200': {description: ok}}\n";

static const char lines_spec[] = "openapi: 3.0.3\n"
                                 "info: {title: Bakery, version: '1'}\n"
                                 "paths:\n"
                                 "  /orders/{id}/lines/{line}:\n"
                                 "    get:\n"
                                 "      parameters:\n"
                                 "        - {name: id, in: path, required: true, schema: {type: integer}, example: 40}\n"
                                 "        - {name: line, in: path, required: true, schema: {type: integer}, example: 1}\n"
                                 "      responses: {'200': {description: ok}}\n";

enum objects { PRIVATE, PUBLIC, MADE_UP, SAME_FOR_ALL, ONLY_ONE, REFUSED, ERROR_200, RANDOM, STORES, CLOSES, MALFORMED, BLOG, CARDS, NO_CARDS, SAMPLE_CARDS };
struct bakery {
    enum objects objects;
    unsigned asked;
};

static void answer_object(const struct bakery *b, struct arena *a, unsigned n, struct response *ret) {
    switch (b->objects) {
    case REFUSED:
        sim_json(a, ret, 403, "{\"error\":\"not yours\"}");
        return;
    case PUBLIC:
        sim_json(a, ret, 200, "{\"id\":%u,\"name\":\"Bread %u\",\"price\":%u}", n, n, n * 3);
        return;
    case BLOG:
        sim_json(a, ret, 200, "{\"id\":%u,\"user_id\":%u,\"title\":\"Post %u\",\"text\":\"about flour\"}", n, n % 5, n);
        return;
    case STORES:
        sim_json(a, ret, 200, "{\"id\":%u,\"name\":\"Shop %u\",\"phone\":\"+49 30 90126%03u\",\"street\":\"Main %u\",\"email\":\"shop%u@bread-and-more.de\"}",
                 n, n, n, n, n);
        return;
    case SAME_FOR_ALL:
        sim_json(a, ret, 200, "{\"id\":%u,\"customer_id\":3,\"delivery_address\":\"Mill Lane 2\"}", n);
        return;
    case RANDOM:
        sim_json(a, ret, 200, "{\"k%u\":{\"customer_id\":%u}}", b->asked, b->asked);
        return;
    case MALFORMED:
        sim_text(a, ret, 200, "application/json", "{\"id\":%u,\"customer_id\":%u,", n, n);
        return;
    case CARDS:
        sim_json(a, ret, 200, "{\"id\":%u,\"card_number\":\"%s\"}", n, n % 2 == 0 ? "4539954255503492" : "5425106549121037");
        return;
    case NO_CARDS: // fails Luhn
        sim_json(a, ret, 200, "{\"id\":%u,\"serial\":\"45395630945463%02u\"}", n, n % 2 == 0 ? 30u : 31u);
        return;
    case SAMPLE_CARDS: // documented test number
        sim_json(a, ret, 200, "{\"id\":%u,\"sample\":\"4111 1111 1111 1111\",\"step\":%u}", n, n);
        return;
    case PRIVATE:
    case MADE_UP:
    case ONLY_ONE:
    case ERROR_200:
    case CLOSES:
        sim_json(a, ret, 200, "{\"id\":%u,\"customer_id\":%u,\"delivery_address\":\"Mill Lane %u\",\"total\":%u}", n, n + 100, n, n * 7);
        return;
    }
}

static void answer_order(struct sim *sim, struct bakery *b, struct arena *a, uint64_t id, struct response *ret) {
    bool exists = (id >= 38 && id <= 43) || b->objects == MADE_UP;
    b->asked++;
    if (b->objects == ONLY_ONE) exists = id == 40;
    if (b->objects == CLOSES && b->asked > 2) sim->outcome = OUTCOME_CLOSED;
    if (exists) answer_object(b, a, (unsigned)id, ret);
    else if (b->objects == ERROR_200) sim_json(a, ret, 200, "{\"ok\":false,\"message\":\"no such order\"}");
    else sim_json(a, ret, 404, "{\"error\":\"no such order\"}");
}

static void bakery_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct bakery *b = state;
    struct sv path = sim_path(o);
    uint64_t id = 0;
    struct sv query = sim_query(a, o, "receipt_id");
    bool wide = b->objects == STORES || b->objects == BLOG || b->objects == PUBLIC;
    if (sv_eq(path, SV("/menu"))) sim_json(a, ret, 200, "{\"menu\":[{\"bread\":\"rye\",\"price\":4}]}");
    else if (sv_eq(path, SV("/guests"))) sim_json(a, ret, 200, "{\"guests\":[{\"id\":\"g-81x2k\",\"room\":1},{\"id\":\"g-44p9z\",\"room\":2},{\"id\":\"g-70q1m\",\"room\":3}]}");
    else if (sv_eq(path, SV("/guests/g-81x2k/cards"))) sim_json(a, ret, 200, "{\"cards\":[{\"holder\":\"Ann Lee\",\"balance\":41}]}");
    else if (sv_eq(path, SV("/guests/g-44p9z/cards"))) sim_json(a, ret, 200, "{\"cards\":[{\"holder\":\"Bo Ray\",\"balance\":7}]}");
    else if (sv_eq(path, SV("/guests/g-70q1m/cards"))) sim_json(a, ret, 200, "{\"cards\":[{\"holder\":\"Cy Orr\",\"balance\":9}]}");
    else if (sv_eq(path, SV("/receipts")) && number_parse_u64(query, &id) == 0 && id < 20)
        sim_json(a, ret, 200, "{\"id\":%u,\"payer_name\":\"P%u\",\"iban\":\"X%u\",\"sum\":4}", (unsigned)id, (unsigned)id, (unsigned)id);
    else if (sv_ends_with(path, SV("/lines/1")) && path.len == 18 && number_parse_u64(sv_slice(path, 8, 10), &id) == 0 && id >= 38 && id <= 43)
        answer_order(sim, b, a, id, ret); // one line in each order
    else if (sv_starts_with(path, SV("/orders/")) && number_parse_u64(sv_from_index(path, 8), &id) == 0 && (id < 1000 || !wide)) answer_order(sim, b, a, id, ret);
    else sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
}

static struct scan_result scan(struct arena *a, struct bakery *b, const char *spec) {
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = bakery_server, .state = b, .spec = spec, .only = "bola-anonymous", .mode = MODE_SAFE};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static void test_orders_of_others_are_found(void **state) {
    struct bakery b = {.objects = PRIVATE};
    struct scan_result r = scan(*state, &b, open_spec);
    const struct result_finding *f = sim_find(&r, "bola-anonymous", "/orders/{id}");
    if (f == NULL) sim_dump(&r);
    assert_non_null(f);
    assert_int_equal(sim_count(&r, NULL), 1);
    assert_int_equal(f->category, CATEGORY_BOLA);
    assert_true(f->confidence >= CONFIDENCE_FIRM);
    assert_int_equal(f->severity, SEVERITY_HIGH);
    assert_sv_text(f->parameter, "id");
    assert_int_equal(sim_coverage(&r, "bola-anonymous", "GET", "/menu"), COVERAGE_NOT_APPLICABLE);
}

static void test_children_and_query_objects_are_found(void **state) {
    struct bakery b = {.objects = PRIVATE};
    struct scan_result r = scan(*state, &b, nested_spec);
    if (sim_count(&r, NULL) != 2) sim_dump(&r);
    assert_non_null(sim_find(&r, "bola-anonymous", "/guests/{guest}/cards"));
    const struct result_finding *f = sim_find(&r, "bola-anonymous", "/receipts");
    assert_non_null(f);
    assert_sv_text(f->parameter, "receipt_id");
    assert_int_equal(sim_count(&r, NULL), 2);
}

static void test_parents_are_changed_too(void **state) {
    struct bakery b = {.objects = PRIVATE};
    struct scan_result r = scan(*state, &b, lines_spec);
    bool parent = false;
    for (size_t i = 0; i < r.finding_count; i++) {
        for (size_t k = 0; k < r.findings[i].occurrence_count; k++)
            parent = parent || (r.findings[i].category == CATEGORY_BOLA && sv_eq(r.findings[i].occurrences[k].parameter, SV("id")));
    }
    if (!parent || sim_count(&r, NULL) != 1) sim_dump(&r);
    assert_true(parent);
    assert_int_equal(sim_count(&r, NULL), 1);
}

static void test_single_private_object_is_an_exposure(void **state) {
    struct bakery b = {.objects = ONLY_ONE};
    struct scan_result r = scan(*state, &b, open_spec);
    const struct result_finding *f = sim_find(&r, "bola-anonymous", "/orders/{id}");
    assert_non_null(f);
    assert_int_equal(f->category, CATEGORY_EXPOSURE);
}

static void test_error_with_200_for_unknown_ids_is_a_control_that_fails(void **state) {
    struct bakery b = {.objects = ERROR_200};
    struct scan_result r = scan(*state, &b, open_spec);
    assert_non_null(sim_find(&r, "bola-anonymous", "/orders/{id}"));
}

static void test_what_the_description_protects_is_another_finding(void **state) {
    struct bakery b = {.objects = PRIVATE};
    struct scan_result r = scan(*state, &b, closed_spec);
    assert_int_equal(sim_count(&r, NULL), 0);
    assert_int_equal(sim_coverage(&r, "bola-anonymous", "GET", "/orders/{id}"), COVERAGE_NOT_APPLICABLE);
}

static void assert_silent(struct arena *a, enum objects objects, enum coverage_status coverage) {
    struct bakery b = {.objects = objects};
    struct scan_result r = scan(a, &b, open_spec);
    if (sim_count(&r, NULL) > 0) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 0);
    assert_int_equal(sim_coverage(&r, "bola-anonymous", "GET", "/orders/{id}"), coverage);
}

static void test_catalogue_with_numbers_is_public(void **state) {
    assert_silent(*state, PUBLIC, COVERAGE_PASSED);
}
static void test_objects_made_up_for_any_id(void **state) {
    assert_silent(*state, MADE_UP, COVERAGE_INCONCLUSIVE);
}
static void test_refused_objects_pass(void **state) {
    assert_silent(*state, REFUSED, COVERAGE_PASSED);
}
static void test_random_forms(void **state) {
    struct bakery b = {.objects = RANDOM};
    struct scan_result r = scan(*state, &b, open_spec);
    assert_int_equal(sim_find(&r, "bola-anonymous", NULL) != NULL && sim_find(&r, "bola-anonymous", NULL)->confidence == CONFIDENCE_CONFIRMED, 0);
}
static void test_closed_connection_is_inconclusive(void **state) {
    assert_silent(*state, CLOSES, COVERAGE_INCONCLUSIVE);
}
static void test_cut_json_shows_nothing(void **state) {
    assert_silent(*state, MALFORMED, COVERAGE_PASSED);
}

// The same shapes under a path that does not speak of private things.
static const char shop_spec[] = "openapi: 3.0.3\n"
                                "info: {title: Bakery, version: '1'}\n"
                                "paths:\n"
                                "  /branches/{id}:\n"
                                "    get:\n"
                                "      parameters: [{name: id, in: path, required: true, schema: {type: integer}, example: 40}]\n"
                                "      responses: {'200': {description: ok}}\n";

static void branches_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    uint64_t id = 0;
    struct sv path = sim_path(o);
    if (sv_starts_with(path, SV("/branches/")) && number_parse_u64(sv_from_index(path, 10), &id) == 0 && id < 1000) answer_order(sim, state, a, id, ret);
    else sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
}

static void assert_branches_silent(struct arena *a, enum objects objects) {
    struct bakery b = {.objects = objects};
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = branches_server, .state = &b, .spec = shop_spec, .only = "bola-anonymous", .mode = MODE_SAFE};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    if (sim_count(&r, NULL) > 0) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 0);
    assert_int_equal(sim_coverage(&r, "bola-anonymous", "GET", "/branches/{id}"), COVERAGE_PASSED);
}

static void test_contact_data_of_branches_is_public(void **state) {
    assert_branches_silent(*state, STORES);
}
static void test_posts_with_their_authors_are_public(void **state) {
    assert_branches_silent(*state, BLOG);
}
static void test_digits_that_fail_their_checksum(void **state) {
    assert_branches_silent(*state, NO_CARDS);
}
static void test_documented_card_number(void **state) {
    assert_branches_silent(*state, SAMPLE_CARDS);
}
static void test_validated_values_are_private_wherever_they_stand(void **state) {
    struct bakery b = {.objects = CARDS};
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = branches_server, .state = &b, .spec = shop_spec, .only = "bola-anonymous", .mode = MODE_SAFE};
    assert_ok(&err, sim_run(*state, &o, &r, &err));
    const struct result_finding *f = sim_find(&r, "bola-anonymous", "/branches/{id}");
    assert_non_null(f);
    assert_int_equal(f->category, CATEGORY_BOLA);
    assert_int_equal(f->confidence, CONFIDENCE_CONFIRMED);
    for (size_t i = 0; i < f->evidence_count; i++) assert_false(sv_contains(f->evidence[i].response, SV("4539954255503492")));
}
static void test_same_private_values_for_every_id_are_one_object(void **state) {
    struct bakery b = {.objects = SAME_FOR_ALL};
    struct scan_result r = scan(*state, &b, open_spec);
    const struct result_finding *f = sim_find(&r, "bola-anonymous", NULL);
    assert_true(f == NULL || f->category == CATEGORY_EXPOSURE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_orders_of_others_are_found),
        test_with_arena(test_children_and_query_objects_are_found),
        test_with_arena(test_parents_are_changed_too),
        test_with_arena(test_single_private_object_is_an_exposure),
        test_with_arena(test_error_with_200_for_unknown_ids_is_a_control_that_fails),
        test_with_arena(test_what_the_description_protects_is_another_finding),
        test_with_arena(test_catalogue_with_numbers_is_public),
        test_with_arena(test_objects_made_up_for_any_id),
        test_with_arena(test_refused_objects_pass),
        test_with_arena(test_random_forms),
        test_with_arena(test_closed_connection_is_inconclusive),
        test_with_arena(test_cut_json_shows_nothing),
        test_with_arena(test_contact_data_of_branches_is_public),
        test_with_arena(test_posts_with_their_authors_are_public),
        test_with_arena(test_digits_that_fail_their_checksum),
        test_with_arena(test_documented_card_number),
        test_with_arena(test_validated_values_are_private_wherever_they_stand),
        test_with_arena(test_same_private_values_for_every_id_are_one_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
