// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_SUPPORT_TEST_H
#define PLUMB_SUPPORT_TEST_H

// Everything a test program needs from the test framework, so that a change of framework touches one file. Include it
// right after the header under test. A test is `static void test_name(void **state)`; the list is an array of
// `struct CMUnitTest` made of cmocka_unit_test(test_name) or test_with_arena(test_name). Output is TAP in `meson test`.

// cmocka.h demands these four before it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/sv.h"

// Memory that one test may use; a test that needs more has found a leak of bounds.
#define TEST_ARENA_LIMIT ((size_t)64 << 20)

// Fixture: *state is a `struct arena *` that lives as long as the test.
static inline int test_arena_setup(void **state) {
    struct arena *arena = calloc(1, sizeof *arena);
    if (arena == NULL)
        return -1;
    arena_init(arena, TEST_ARENA_LIMIT);
    *state = arena;
    return 0;
}

static inline int test_arena_teardown(void **state) {
    struct arena *arena = *state;
    arena_fini(arena);
    free(arena);
    *state = NULL;
    return 0;
}

#define test_with_arena(f) cmocka_unit_test_setup_teardown(f, test_arena_setup, test_arena_teardown)

static inline void test_assert_sv_equal(struct sv got, struct sv want, const char *file, int line) {
    if (got.len == want.len && (got.len == 0 || memcmp(got.ptr, want.ptr, got.len) == 0))
        return;
    print_error("got  (%zu) \"%.*s\"\nwant (%zu) \"%.*s\"\n", got.len, SV_ARG(got), want.len, SV_ARG(want));
    _fail(file, line);
}

// Bytes are equal; both are printed when not.
#define assert_sv_equal(got, want) test_assert_sv_equal((got), (want), __FILE__, __LINE__)
// The same with a string literal on the right.
#define assert_sv_text(got, literal) test_assert_sv_equal((got), SV(literal), __FILE__, __LINE__)

static inline void test_assert_ok(int code, const struct error *err, const char *call, const char *file, int line) {
    if (code == 0)
        return;
    print_error("%s gave %d: %u:%u: %s\n", call, code, err->line, err->column, err->text);
    _fail(file, line);
}

// `assert_ok(&err, json_parse(…, &err))`: the call must give 0, else the error's text is printed.
#define assert_ok(err, call) test_assert_ok((call), (err), #call, __FILE__, __LINE__)

static inline void test_assert_error(int code, int want, const struct error *err, const char *call, const char *file,
                                     int line) {
    if (code == want && err->text[0] != '\0')
        return;
    print_error("%s gave %d, not %d; text: \"%s\"\n", call, code, want, err->text);
    _fail(file, line);
}

// The call must fail with this code and say why.
#define assert_error(err, want, call) test_assert_error((call), (want), (err), #call, __FILE__, __LINE__)

// Ends the file: runs the list, exits 0 only when all passed.
#define TEST_MAIN(list)                                                                                                \
    int main(void) {                                                                                                   \
        return cmocka_run_group_tests(list, NULL, NULL);                                                               \
    }

#endif
