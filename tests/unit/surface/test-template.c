// SPDX-License-Identifier: Apache-2.0
#include "surface/surface_internal.h"

#include "support/test.h"

static void test_variables(void **state) {
    (void)state;
    static const char *const variables[] = {
        "1",
        "0042",
        "123456789",
        "550e8400-e29b-41d4-a716-446655440000",
        "507f1f77bcf86cd799439011",
        "ord-1029",
        "p_39ab17",
        "INV-2024-0007",
        "a3f9c2d17b",
        "dXNlcjo0Mg==",
        "dXNlcjo0Mg%3D%3D",
        "anna%40example.org",
        "item-7",
        "8f14e45f",
        "usr_2a9Xk31Qp",
        "01HV4Z6X9QK8J7",
        "eyJpZCI6MX0=",
    };
    static const char *const words[] = {
        "users",
        "v1",
        "v2.1",
        "V3",
        "2024-01-31",
        "oauth2",
        "sha256",
        "api",
        "docs",
        "health-check",
        "openapi.json",
        "s3",
        "v1alpha1",
        "v2beta2",
        ".well-known",
        "index.html",
        "ipv4",
        "user-profiles",
        "RecentOrders",
        "a",
        "",
        "h2-console",
        "administrator",
        "configuration-properties",
    };
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        if (!segment_is_variable(sv_from(variables[i]), SV("things"), NULL))
            fail_msg("%s is a variable", variables[i]);
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (segment_is_variable(sv_from(words[i]), SV("things"), NULL))
            fail_msg("%s is no variable", words[i]);
}

static void test_template(void **state) {
    struct arena *a = *state;
    struct error err = {0};
    struct operation op = {0};
    assert_ok(&err,
              template_of_path(a, SV("/api/v1/users/17/orders/ord-99"), SV("page=2&q=a%20b&page=3"), NULL, &op, &err));
    assert_sv_text(op.path, "/api/v1/users/{user_id}/orders/{order_id}");
    assert_int_equal(op.parameter_count, 4);
    assert_sv_text(op.parameters[0].example, "17");
    assert_int_equal(op.parameters[0].schema->types, TYPE_INTEGER);
    assert_true(op.parameters[0].required && op.parameters[0].observed);
    assert_sv_text(op.parameters[1].example, "ord-99");
    assert_sv_text(op.parameters[2].name, "page");
    assert_sv_text(op.parameters[2].example, "2");
    assert_sv_text(op.parameters[3].example, "a b");
    assert_false(op.parameters[3].required);
}

static void test_names_are_unlike(void **state) {
    struct arena *a = *state;
    struct error err = {0};
    struct operation op = {0};
    assert_ok(&err, template_of_path(a, SV("/users/1/2/3"), SV_NONE, NULL, &op, &err));
    assert_sv_text(op.path, "/users/{user_id}/{user_id_2}/{user_id_3}");
    assert_ok(&err, template_of_path(a, SV("/17"), SV_NONE, NULL, &op, &err));
    assert_sv_text(op.path, "/{id}");
    assert_ok(&err, template_of_path(a, SV("/"), SV_NONE, NULL, &op, &err));
    assert_sv_text(op.path, "/");
    assert_ok(&err, template_of_path(a, SV("/things/"), SV_NONE, NULL, &op, &err));
    assert_sv_text(op.path, "/things/");
}

static void test_known_identifiers(void **state) {
    struct arena *a = *state;
    struct error err = {0};
    struct map known = {0};
    assert_true(map_set(a, &known, SV("anna"), a));
    struct operation op = {0};
    assert_ok(&err, template_of_path(a, SV("/members/anna/items"), SV_NONE, &known, &op, &err));
    assert_sv_text(op.path, "/members/{member_id}/items");
    // The first segment names a collection, whatever was called so elsewhere.
    assert_ok(&err, template_of_path(a, SV("/anna"), SV_NONE, &known, &op, &err));
    assert_sv_text(op.path, "/anna");
}

static void test_singular(void **state) {
    struct arena *a = *state;
    assert_sv_text(word_singular(a, SV("users")), "user");
    assert_sv_text(word_singular(a, SV("categories")), "category");
    assert_sv_text(word_singular(a, SV("boxes")), "box");
    assert_sv_text(word_singular(a, SV("addresses")), "address");
    assert_sv_text(word_singular(a, SV("status")), "status");
    assert_sv_text(word_singular(a, SV("class")), "class");
    assert_sv_text(word_singular(a, SV("s")), "s");
    assert_sv_text(word_singular(a, SV("")), "");
}

static void test_deep_paths_are_bounded(void **state) {
    struct arena *a = *state;
    struct error err = {0};
    char path[20001];
    for (size_t i = 0; i + 1 < sizeof path; i += 2) {
        path[i] = '/';
        path[i + 1] = '7';
    }
    struct operation op = {0};
    assert_ok(&err, template_of_path(a, sv_make(path, 20000), SV_NONE, NULL, &op, &err));
    assert_true(op.parameter_count <= 24);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_variables),       test_with_arena(test_template),
    test_with_arena(test_names_are_unlike), test_with_arena(test_known_identifiers),
    test_with_arena(test_singular),         test_with_arena(test_deep_paths_are_bounded),
};

TEST_MAIN(tests)
