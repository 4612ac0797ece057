// SPDX-License-Identifier: Apache-2.0
#include "data/node.h"

#include "support/test.h"

static struct node *tree(struct arena *a, struct sv text) {
    struct node *root = NULL;
    struct error err;
    assert_ok(&err, node_parse_any(a, text, &node_limits_document, &root, &err));
    return root;
}

static void test_size(void **state) {
    (void)state;
    assert_int_equal(sizeof(struct node), 64);
}

static void test_lookups(void **state) {
    struct arena *a = *state;
    const struct node *root = tree(a, SV("{\"s\":\"x\",\"n\":5,\"t\":true,\"f\":false,\"list\":[10,20],\"e\":\"\"}"));
    assert_sv_text(node_get_text(root, SV("s")), "x");
    assert_non_null(node_get_text(root, SV("e")).ptr);
    assert_null(node_get_text(root, SV("n")).ptr);
    assert_null(node_get_text(root, SV("none")).ptr);
    assert_null(node_get_text(NULL, SV("s")).ptr);
    assert_true(node_get_bool(root, SV("t"), false));
    assert_false(node_get_bool(root, SV("f"), true));
    assert_true(node_get_bool(root, SV("s"), true));
    assert_false(node_get_bool(NULL, SV("t"), false));
    const struct node *list = node_get(root, SV("list"));
    assert_sv_text(node_at(list, 1)->text, "20");
    assert_null(node_at(list, 2));
    assert_null(node_at(list, SIZE_MAX));
    assert_null(node_at(root, 0));
    assert_null(node_at(NULL, 0));
    assert_null(node_get(list, SV("0")));
    assert_null(node_get(NULL, SV("s")));
    assert_true(node_is(list, NODE_ARRAY));
    assert_false(node_is(list, NODE_OBJECT));
    assert_false(node_is(NULL, NODE_NULL));
}

static void test_integers(void **state) {
    struct arena *a = *state;
    static const struct {
        const char *text;
        int code;
        int64_t value;
    } cases[] = {
        {"0", 0, 0},
        {"-17", 0, -17},
        {"+4", 0, 4},
        {"0x1F", 0, 31},
        {"0o17", 0, 15},
        {"007", 0, 7},
        {"1.0", 0, 1},
        {"-25e1", 0, -250},
        {"1e18", 0, INT64_C(1000000000000000000)},
        {"9223372036854775807", 0, INT64_MAX},
        {"-9223372036854775808", 0, INT64_MIN},
        {"9223372036854775808", -ERANGE, 0},
        {"0xffffffffffffffff", -ERANGE, 0},
        {"0o7777777777777777777777777", -ERANGE, 0},
        {"1e19", -ERANGE, 0},
        {"-1e30", -ERANGE, 0},
        {"1e999", -ERANGE, 0},
        {".inf", -ERANGE, 0},
        {".nan", -ERANGE, 0},
        {"1.5", ERR_SYNTAX, 0},
        {"1e-1", ERR_SYNTAX, 0},
        {"'1'", ERR_SYNTAX, 0},
        {"true", ERR_SYNTAX, 0},
        {"[]", ERR_SYNTAX, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t value = 77;
        assert_int_equal(node_to_i64(tree(a, sv_from(cases[i].text)), &value), cases[i].code);
        assert_true(value == (cases[i].code == 0 ? cases[i].value : 77));
    }
    int64_t value = 77;
    assert_int_equal(node_to_i64(NULL, &value), ERR_SYNTAX);
}

static void assert_near(struct arena *a, const char *text, double want) {
    double value = 0;
    assert_int_equal(node_to_double(tree(a, sv_from(text)), &value), 0);
    assert_memory_equal(&value, &want, sizeof value);
}

static void test_doubles(void **state) {
    struct arena *a = *state;
    assert_near(a, "1.5", 1.5);
    assert_near(a, "+.5", 0.5);
    assert_near(a, "-2.", -2.0);
    assert_near(a, "0x10", 16.0);
    assert_near(a, "0o10", 8.0);
    assert_near(a, "1e2", 100.0);
    double value = 77;
    assert_int_equal(node_to_double(tree(a, SV("-.inf")), &value), -ERANGE);
    assert_int_equal(node_to_double(tree(a, SV(".NaN")), &value), -ERANGE);
    assert_int_equal(node_to_double(tree(a, SV("1e999")), &value), -ERANGE);
    assert_int_equal(node_to_double(tree(a, SV("\"1\"")), &value), ERR_SYNTAX);
    assert_int_equal(node_to_double(NULL, &value), ERR_SYNTAX);
    assert_true(value > 76.5 && value < 77.5);
}

// The document and the pointers of RFC 6901, section 5.
static void test_pointer_examples(void **state) {
    struct arena *a = *state;
    const struct node *root = tree(a, SV("{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,"
                                         "\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,\"m~n\":8}"));
    assert_ptr_equal(node_pointer(root, SV("")), root);
    assert_ptr_equal(node_pointer(root, SV_NONE), root);
    assert_ptr_equal(node_pointer(root, SV("/foo")), node_get(root, SV("foo")));
    assert_sv_text(node_pointer(root, SV("/foo/0"))->text, "bar");
    static const char *const numbered[] = {"/", "/a~1b", "/c%d", "/e^f", "/g|h", "/i\\j", "/k\"l", "/ ", "/m~0n"};
    for (size_t i = 0; i < sizeof numbered / sizeof numbered[0]; i++) {
        int64_t value = -1;
        assert_int_equal(node_to_i64(node_pointer(root, sv_from(numbered[i])), &value), 0);
        assert_int_equal(value, i);
    }
}

static void test_pointer_misses(void **state) {
    struct arena *a = *state;
    const struct node *root = tree(a, SV("{\"list\":[1,2],\"~\":{\"/\":{\"~1\":9}},\"x\":5}"));
    assert_sv_text(node_pointer(root, SV("/~0/~1/~01"))->text, "9");
    static const char *const none[] = {
        "list",     "/nope",   "/list/2", "/list/-", "/list/00", "/list/01", "/list/+1", "/list/",
        "/list/1/", "/list/a", "/x/y",    "/~",      "/~2",      "/~0/~",    "//",       "/list/18446744073709551616",
    };
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_null(node_pointer(root, sv_from(none[i])));
    assert_null(node_pointer(NULL, SV("")));
}

static void test_place(void **state) {
    (void)state;
    struct sv text = SV("ab\n\xc3\xa4\xc3\xa4x\n\nz");
    static const struct {
        size_t offset;
        unsigned line, column;
    } cases[] = {{0, 1, 1}, {2, 1, 3}, {3, 2, 1},  {5, 2, 2},  {7, 2, 3},
                 {8, 2, 4}, {9, 3, 1}, {10, 4, 1}, {11, 4, 2}, {999, 4, 2}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned line = 0;
        unsigned column = 0;
        node_place(text, cases[i].offset, &line, &column);
        assert_int_equal(line, cases[i].line);
        assert_int_equal(column, cases[i].column);
    }
    unsigned line = 0;
    unsigned column = 0;
    node_place(SV_NONE, 5, &line, &column);
    assert_int_equal(line, 1);
    assert_int_equal(column, 1);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_size),   test_with_arena(test_lookups),          test_with_arena(test_integers),
    test_with_arena(test_doubles), test_with_arena(test_pointer_examples), test_with_arena(test_pointer_misses),
    cmocka_unit_test(test_place),
};
TEST_MAIN(tests)
