// SPDX-License-Identifier: Apache-2.0
#include "base/map.h"

#include "support/test.h"

static void test_zeroed_map_is_empty(void **state) {
    struct arena *a = *state;
    struct map m = {0};
    assert_null(map_find(&m, SV("x")));
    assert_false(map_has(&m, SV("")));
    int one = 1;
    assert_true(map_set(a, &m, SV("x"), &one));
    assert_ptr_equal(map_find(&m, SV("x")), &one);
}

static void test_set_find_replace(void **state) {
    struct arena *a = *state;
    struct map m;
    map_init(&m, 42);
    int values[3] = {0};
    assert_true(map_set(a, &m, SV("a"), &values[0]));
    assert_true(map_set(a, &m, SV(""), &values[1]));
    assert_true(map_set(a, &m, SV("a\0b"), NULL));
    assert_int_equal(m.len, 3);
    assert_ptr_equal(map_find(&m, SV("a")), &values[0]);
    assert_ptr_equal(map_find(&m, SV_NONE), &values[1]);
    assert_true(map_has(&m, SV("a\0b")));
    assert_null(map_find(&m, SV("a\0b")));
    assert_false(map_has(&m, SV("A")));
    assert_true(map_set(a, &m, SV("a"), &values[2]));
    assert_int_equal(m.len, 3);
    assert_ptr_equal(map_find(&m, SV("a")), &values[2]);
}

static void test_many_keys_in_order(void **state) {
    struct arena *a = *state;
    struct map m;
    map_init(&m, 7);
    static const size_t count = 20000;
    for (size_t i = 0; i < count; i++) {
        struct sv key = arena_printf(a, "key-%zu", i);
        assert_true(map_set(a, &m, key, arena_new(a, int)));
    }
    assert_int_equal(m.len, count);
    assert_true(m.slot_count >= m.len * 2);
    for (size_t i = 0; i < count; i++) {
        char key[32];
        int len = snprintf(key, sizeof key, "key-%zu", i);
        assert_ptr_equal(map_find(&m, sv_make(key, (size_t)len)), m.entries[i].value);
        assert_sv_equal(m.entries[i].key, sv_make(key, (size_t)len));
    }
    assert_false(map_has(&m, SV("key-20000")));
}

static void test_out_of_memory_changes_nothing(void **state) {
    (void)state;
    auto_arena a = {0};
    arena_init(&a, 8 * sizeof(struct map_entry) + 64 + 200); // the second growth does not fit
    struct map m;
    map_init(&m, 1);
    static const char *const keys[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    for (size_t i = 0; i < 8; i++)
        assert_true(map_set(&a, &m, sv_from(keys[i]), &m));
    assert_false(map_set(&a, &m, SV("i"), &m));
    assert_int_equal(m.len, 8);
    assert_false(map_has(&m, SV("i")));
    for (size_t i = 0; i < 8; i++)
        assert_true(map_has(&m, sv_from(keys[i])));
    assert_true(map_set(&a, &m, SV("c"), NULL)); // replacing needs no memory
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_zeroed_map_is_empty),
    test_with_arena(test_set_find_replace),
    test_with_arena(test_many_keys_in_order),
    cmocka_unit_test(test_out_of_memory_changes_nothing),
};
TEST_MAIN(tests)
