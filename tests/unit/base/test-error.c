// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <unistd.h>

#include "base/log.h"
#include "support/test.h"

static void test_set(void **state) {
    (void)state;
    struct error err = {.line = 9, .column = 9};
    assert_int_equal(error_set(&err, ERR_SYNTAX, "%s at %d", "wrong", 5), ERR_SYNTAX);
    assert_int_equal(err.code, ERR_SYNTAX);
    assert_string_equal(err.text, "wrong at 5");
    assert_int_equal(err.line, 0);
    assert_non_null(strstr(err.where, "test-error.c:"));
    error_at(&err, 3, 4);
    assert_int_equal(err.line, 3);
    assert_int_equal(err.column, 4);
    assert_int_equal(error_nomem(&err), -ENOMEM);
    assert_string_equal(err.text, "out of memory");
}

static void test_without_storage(void **state) {
    (void)state;
    assert_int_equal(error_set(NULL, ERR_LIMIT, "x"), ERR_LIMIT);
    assert_int_equal(error_nomem(NULL), -ENOMEM);
    error_prefix(NULL, "x");
    error_at(NULL, 1, 1);
}

static void test_own_text_as_argument(void **state) {
    (void)state;
    struct error err;
    error_set(&err, ERR_SYNTAX, "inner");
    error_set(&err, ERR_LIMIT, "outer: %s", err.text);
    assert_string_equal(err.text, "outer: inner");
}

static void test_prefix(void **state) {
    (void)state;
    struct error err;
    error_set(&err, ERR_SYNTAX, "bad value");
    error_at(&err, 2, 3);
    error_prefix(&err, "%s: ", "spec.yaml");
    assert_string_equal(err.text, "spec.yaml: bad value");
    assert_int_equal(err.code, ERR_SYNTAX);
    assert_int_equal(err.line, 2);
}

static void test_long_texts_are_cut(void **state) {
    (void)state;
    struct error err;
    error_set(&err, ERR_SYNTAX, "%500d", 1);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    error_prefix(&err, "%390d", 1);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    error_prefix(&err, "%800d", 1);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
}

// What log_debug writes to descriptor 2 under this value of PLUMB_DEBUG.
static size_t capture_log(const char *value, char *text, size_t size) {
    char path[] = "/tmp/plumb-log-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(unlink(path), 0);
    int saved = dup(STDERR_FILENO);
    assert_true(saved >= 0 && dup2(file, STDERR_FILENO) >= 0);
    if (value == NULL)
        assert_int_equal(unsetenv("PLUMB_DEBUG"), 0);
    else
        assert_int_equal(setenv("PLUMB_DEBUG", value, 1), 0);
    log_debug("answer %d", 42);
    (void)fflush(stderr);
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    ssize_t n = pread(file, text, size - 1, 0);
    assert_true(n >= 0);
    text[n] = '\0';
    assert_int_equal(close(saved), 0);
    assert_int_equal(close(file), 0);
    return (size_t)n;
}

static void test_log(void **state) {
    (void)state;
    char text[200];
    assert_int_equal(capture_log(NULL, text, sizeof text), 0);
    assert_int_equal(capture_log("", text, sizeof text), 0);
    assert_true(capture_log("1", text, sizeof text) > 0);
    assert_string_equal(text, "plumb: debug: answer 42\n");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_set),
    cmocka_unit_test(test_without_storage),
    cmocka_unit_test(test_own_text_as_argument),
    cmocka_unit_test(test_prefix),
    cmocka_unit_test(test_long_texts_are_cut),
    cmocka_unit_test(test_log),
};
TEST_MAIN(tests)
