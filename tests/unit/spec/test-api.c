// SPDX-License-Identifier: Apache-2.0
#include "spec/spec.h"

#include "support/test.h"

static struct operation *add(struct arena *a, struct api *api, const char *method, const char *path) {
    struct operation op = {.method = sv_from(method), .path = sv_from(path)};
    struct operation *added = api_add_operation(a, api, &op);
    assert_non_null(added);
    return added;
}

static void test_names_of_parameters_are_not_identity(void **state) {
    struct arena *a = *state;
    struct api api = {0};
    struct operation *first = add(a, &api, "GET", "/a/{id}/b");
    assert_ptr_equal(add(a, &api, "GET", "/a/{other}/b"), first);
    assert_ptr_not_equal(add(a, &api, "PUT", "/a/{id}/b"), first);
    assert_ptr_not_equal(add(a, &api, "GET", "/a/x/b"), first);
    assert_int_equal(api.operation_count, 3);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(api.operations[i]->id, i);
    assert_null(api_find_operation(&api, SV("GET"), SV("/a/{id}")));
    assert_null(api_find_operation(&api, SV("get"), SV("/a/{id}/b")));
    for (int i = 0; i < 100; i++) {
        char path[16];
        (void)snprintf(path, sizeof path, "/n%d", i);
        struct sv copy = arena_copy_sv(a, sv_from(path));
        assert_non_null(add(a, &api, "GET", copy.ptr));
    }
    assert_sv_text(first->path, "/a/{id}/b"); // pointers stay
}

static void test_match_prefers_literal_segments(void **state) {
    struct arena *a = *state;
    struct api api = {0};
    struct operation *any = add(a, &api, "GET", "/{x}/{y}");
    struct operation *id = add(a, &api, "GET", "/users/{id}");
    struct operation *me = add(a, &api, "GET", "/users/me");
    struct operation *version = add(a, &api, "GET", "/v{n}/{y}");
    assert_ptr_equal(api_match(&api, SV("GET"), SV("/users/me")), me);
    assert_ptr_equal(api_match(&api, SV("GET"), SV("/users/7")), id);
    assert_ptr_equal(api_match(&api, SV("GET"), SV("/x/me")), any);
    assert_ptr_equal(api_match(&api, SV("GET"), SV("/v2/me")), version);
    assert_null(api_match(&api, SV("POST"), SV("/users/me")));
    assert_null(api_match(&api, SV("GET"), SV("/users/")));
    assert_null(api_match(&api, SV("GET"), SV("/users/7/x")));
}

static void test_looks_like(void **state) {
    (void)state;
    static const char *const good[] = {
        "{\"openapi\":\"3.0.1\"}",
        " {\"info\":{\"openapi\":\"x\"},\n \"swagger\" : \"2.0\"}",
        "openapi: 3.1.0\ninfo: {}",
        "# text\n---\nswagger: '2.0'\n",
        "\xef\xbb\xbf{\"openapi\":\"3.0.0\"",
        "\"openapi\": \"3.0.0\"\r\n",
    };
    static const char *const bad[] = {
        "",
        "<html>openapi: 3.0.0",
        "{\"a\":{\"openapi\":\"3.0.1\"}}",
        "{\"a\":\"\\\"openapi\\\":\\\"3.0\\\"\"}",
        "[{\"openapi\":\"3.0.1\"}]",
        "text\n  openapi: 3.0.0",
        "{\"openapi\":\"4.0\"}",
        "{}{\"openapi\":\"3.0.1\"}",
        "{\"openapi",
        "\"",
        "openapi",
        "{\"openapi\":3",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!spec_looks_like(sv_from(good[i])))
            fail_msg("%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (spec_looks_like(sv_from(bad[i])))
            fail_msg("%s", bad[i]);
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_names_of_parameters_are_not_identity),
    test_with_arena(test_match_prefers_literal_segments),
    cmocka_unit_test(test_looks_like),
};

TEST_MAIN(tests)
