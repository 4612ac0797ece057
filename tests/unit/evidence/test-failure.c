// SPDX-License-Identifier: Apache-2.0
#include "evidence/failure.h"

#include "answers.h"

static bool fails(struct arena *a, unsigned status, const char *body) {
    return answer_is_failure(answer_new(a, status, SV_NONE, sv_from(body)));
}

static void test_failures(void **state) {
    struct arena *a = *state;
    assert_true(fails(a, 200, "{\"ok\":false}"));
    assert_true(fails(a, 200, "{\"ok\":false,\"error\":{\"code\":404,\"text\":\"keine Ahnung\"}}"));
    assert_true(fails(a, 200, " {\"success\": false, \"message\": \"no\", \"data\": null}"));
    assert_true(fails(a, 200, "{\"error\":17,\"text\":\"no\"}"));
    assert_true(fails(a, 201, "{\"error\":\"token required\"}"));
    assert_true(fails(a, 200, "{\"errors\":[{\"message\":\"forbidden\"}],\"data\":null}"));
    assert_true(fails(a, 200, "{\"status\":\"error\",\"error\":\"x\",\"items\":[]}"));
}

static void test_answers(void **state) {
    struct arena *a = *state;
    assert_false(fails(a, 200, "{\"ok\":true,\"result\":[1]}"));
    assert_false(fails(a, 200, "{\"id\":7,\"error\":null}"));
    assert_false(fails(a, 200, "{\"id\":7,\"error\":\"\"}"));
    assert_false(fails(a, 200, "{\"rows\":120,\"errors\":3}")); // what a job tells of itself
    assert_false(fails(a, 200, "{\"errors\":[{\"message\":\"one field\"}],\"data\":{\"user\":{\"id\":1}}}"));
    assert_false(fails(a, 200, "{\"success\":false,\"rows\":[{\"id\":1}]}"));
    assert_false(fails(a, 200, "{\"ok\":\"false\",\"error\":\"x\"}")); // a text is no flag
    assert_false(fails(a, 404, "{\"ok\":false}"));                     // says so by its status already
    assert_false(fails(a, 200, "[{\"ok\":false}]"));
    assert_false(fails(a, 200, "{\"ok\":false"));
    assert_false(fails(a, 200, "{}"));
    assert_false(fails(a, 200, ""));
    assert_false(answer_is_failure(NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_failures),
        test_with_arena(test_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
