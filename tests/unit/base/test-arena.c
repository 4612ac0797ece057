// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"

#include <stdalign.h>

#include "base/vec.h"
#include "support/test.h"

static bool is_zero(const unsigned char *p, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (p[i] != 0)
            return false;
    return true;
}

static void test_memory_is_zeroed_and_aligned(void **state) {
    struct arena *a = *state;
    const size_t sizes[] = {1, 3, 16, 17, 4096, 5000, 262144, 300000, 7};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        unsigned char *p = arena_alloc(a, sizes[i]);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
        assert_true(is_zero(p, sizes[i]));
        memset(p, 0xaa, sizes[i]);
    }
    // After a rewind the same memory comes again, and is zero again.
    arena_clear(a);
    unsigned char *p = arena_alloc(a, 3000);
    assert_non_null(p);
    assert_true(is_zero(p, 3000));
}

static void test_empty_requests_are_unique(void **state) {
    struct arena *a = *state;
    volatile size_t none = 0; // the compilers warn of a plain 0
    void *one = arena_alloc(a, none);
    void *two = arena_alloc(a, none);
    assert_non_null(one);
    assert_non_null(two);
    assert_ptr_not_equal(one, two);
}

static void test_limit(void **state) {
    (void)state;
    auto_arena a = {0};
    arena_init(&a, 64);
    assert_non_null(arena_alloc(&a, 48));
    assert_int_equal(a.used, 48);
    assert_null(arena_alloc(&a, 17)); // 32 with alignment
    assert_int_equal(a.used, 48);
    assert_non_null(arena_alloc(&a, 16));
    assert_null(arena_alloc(&a, 1));
    volatile size_t none = 0;
    assert_null(arena_alloc(&a, none));
    assert_null(arena_copy_sv(&a, SV("x")).ptr);
    assert_null(arena_printf(&a, "%d", 1).ptr);
    assert_false(arena_on_fini(&a, free, NULL));
    arena_fini(&a);
    assert_int_equal(a.limit, 64);
    assert_int_equal(a.used, 0);
    assert_non_null(arena_alloc(&a, 64));
}

static void test_overflow(void **state) {
    struct arena *a = *state;
    volatile size_t huge = SIZE_MAX;
    assert_null(arena_alloc(a, huge));
    assert_null(arena_alloc(a, huge - 8));
    assert_null(arena_alloc(a, huge / 2 + 1));
    assert_null(arena_alloc_array(a, huge / 2, 4));
    assert_null(arena_alloc_array(a, huge, huge));
    assert_null(arena_copy_sv(a, sv_make("x", huge)).ptr);
    assert_int_equal(a->used, 0);
    uint32_t *numbers = arena_new_array(a, uint32_t, 100);
    assert_non_null(numbers);
    assert_int_equal(a->used, 400);
}

static void test_texts(void **state) {
    struct arena *a = *state;
    struct sv copy = arena_copy_sv(a, SV("ab\0c"));
    assert_sv_text(copy, "ab\0c");
    assert_int_equal(copy.ptr[4], '\0');
    struct sv empty = arena_copy_sv(a, SV_NONE);
    assert_non_null(empty.ptr);
    assert_int_equal(empty.len, 0);
    assert_sv_text(arena_printf(a, "%s-%d", "x", 42), "x-42");
    struct sv nothing = arena_printf(a, "%s", "");
    assert_non_null(nothing.ptr);
    assert_int_equal(nothing.len, 0);
    struct sv wide = arena_printf(a, "%9000d", 1);
    assert_int_equal(wide.len, 9000);
}

struct journal {
    int at;
    int order[8];
};
struct note {
    struct journal *journal;
    int number;
};

static void write_note(void *object) {
    const struct note *n = object;
    n->journal->order[n->journal->at++] = n->number;
}

static void test_cleanups_run_newest_first(void **state) {
    (void)state;
    auto_arena a = {0};
    struct journal j = {0};
    struct note notes[3] = {{&j, 1}, {&j, 2}, {&j, 3}};
    assert_true(arena_on_fini(&a, write_note, &notes[0]));
    struct arena_mark mark = arena_mark(&a);
    assert_true(arena_on_fini(&a, write_note, &notes[1]));
    assert_true(arena_on_fini(&a, write_note, &notes[2]));
    arena_rewind(&a, mark);
    assert_int_equal(j.at, 2);
    assert_int_equal(j.order[0], 3);
    assert_int_equal(j.order[1], 2);
    arena_fini(&a);
    assert_int_equal(j.at, 3);
    assert_int_equal(j.order[2], 1);
    arena_fini(&a); // a second time does nothing
    assert_int_equal(j.at, 3);
}

static void test_rewind(void **state) {
    (void)state;
    auto_arena a = {0};
    struct arena_mark empty = arena_mark(&a);
    struct sv kept = arena_copy_sv(&a, SV("kept"));
    struct arena_mark mark = arena_mark(&a);
    size_t used = a.used;
    for (int i = 0; i < 200; i++)
        assert_non_null(arena_alloc(&a, 3000));
    assert_non_null(arena_alloc(&a, 1000000));
    arena_rewind(&a, mark);
    assert_int_equal(a.used, used);
    assert_sv_text(kept, "kept");
    unsigned char *again = arena_alloc(&a, 500);
    assert_non_null(again);
    assert_true(is_zero(again, 500));
    arena_rewind(&a, empty);
    assert_int_equal(a.used, 0);
    assert_null(a.blocks);
}

static void test_vector_grows(void **state) {
    struct arena *a = *state;
    VEC_OF(int) v = {0};
    for (int i = 0; i < 1000; i++)
        assert_true(VEC_PUSH(a, &v, i * 3));
    assert_int_equal(v.len, 1000);
    assert_int_equal(*VEC_LAST(&v), 2997);
    int expected = 0;
    VEC_EACH(int, item, &v) {
        assert_int_equal(*item, expected);
        expected += 3;
    }
    assert_int_equal(expected, 3000);
    VEC_OF(int) none = {0};
    VEC_EACH(int, item, &none)
    fail();
}

static void test_vector_out_of_memory_changes_nothing(void **state) {
    (void)state;
    auto_arena a = {0};
    arena_init(&a, 8 * sizeof(uint64_t));
    VEC_OF(uint64_t) v = {0};
    for (uint64_t i = 0; i < 8; i++)
        assert_true(VEC_PUSH(&a, &v, i));
    bool pushed = VEC_PUSH(&a, &v, UINT64_C(8));
    assert_false(pushed);
    assert_int_equal(v.len, 8);
    assert_int_equal(v.cap, 8);
    for (uint64_t i = 0; i < 8; i++)
        assert_int_equal(v.ptr[i], i);
    size_t cap = SIZE_MAX / 2 + 1;
    assert_ptr_equal(vec_grow(&a, v.ptr, cap, &cap, 1), v.ptr);
    assert_int_equal(cap, SIZE_MAX / 2 + 1);
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_memory_is_zeroed_and_aligned),
    test_with_arena(test_empty_requests_are_unique),
    cmocka_unit_test(test_limit),
    test_with_arena(test_overflow),
    test_with_arena(test_texts),
    cmocka_unit_test(test_cleanups_run_newest_first),
    cmocka_unit_test(test_rewind),
    test_with_arena(test_vector_grows),
    cmocka_unit_test(test_vector_out_of_memory_changes_nothing),
};
TEST_MAIN(tests)
