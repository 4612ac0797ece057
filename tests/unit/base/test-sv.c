// SPDX-License-Identifier: Apache-2.0
#include "base/sv.h"

#include "support/test.h"

static void test_equality_and_order(void **state) {
    (void)state;
    assert_true(sv_eq(SV("abc"), SV("abc")));
    assert_false(sv_eq(SV("abc"), SV("abd")));
    assert_false(sv_eq(SV("abc"), SV("abcd")));
    assert_true(sv_eq(SV_NONE, SV("")));
    assert_true(sv_eq(SV("a\0b"), SV("a\0b")));
    assert_false(sv_eq(SV("a\0b"), SV("a\0c")));
    assert_true(sv_eq_nocase(SV("Content-TYPE"), SV("content-type")));
    assert_false(sv_eq_nocase(SV("a@"), SV("a`"))); // 0x20 apart, but no letters
    assert_false(sv_eq_nocase(SV("\xc3\x84"), SV("\xc3\xa4")));
    assert_int_equal(sv_cmp(SV("a"), SV("b")), -1);
    assert_int_equal(sv_cmp(SV("b"), SV("a")), 1);
    assert_int_equal(sv_cmp(SV("ab"), SV("a")), 1);
    assert_int_equal(sv_cmp(SV(""), SV("a")), -1);
    assert_int_equal(sv_cmp(SV_NONE, SV("")), 0);
    assert_int_equal(sv_cmp(SV("\xff"), SV("a")), 1); // bytes are unsigned
}

static void test_prefix_and_suffix(void **state) {
    (void)state;
    assert_true(sv_starts_with(SV("abc"), SV("ab")));
    assert_true(sv_starts_with(SV("abc"), SV("")));
    assert_true(sv_starts_with(SV_NONE, SV_NONE));
    assert_false(sv_starts_with(SV("ab"), SV("abc")));
    assert_false(sv_starts_with(SV("abc"), SV("b")));
    assert_true(sv_starts_with_nocase(SV("BEARER x"), SV("bearer ")));
    assert_false(sv_starts_with_nocase(SV("BEAR"), SV("bearer ")));
    assert_true(sv_ends_with(SV("abc"), SV("bc")));
    assert_true(sv_ends_with(SV_NONE, SV("")));
    assert_false(sv_ends_with(SV("bc"), SV("abc")));
    assert_true(sv_ends_with_nocase(SV("x.JSON"), SV(".json")));
    assert_false(sv_ends_with_nocase(SV("x.JSO"), SV(".json")));
}

static void test_find(void **state) {
    (void)state;
    assert_int_equal(sv_find(SV("hello"), SV("l")), 2);
    assert_int_equal(sv_find(SV("hello"), SV("lo")), 3);
    assert_int_equal(sv_find(SV("hello"), SV("")), 0);
    assert_int_equal(sv_find(SV_NONE, SV("")), 0);
    assert_int_equal(sv_find(SV_NONE, SV("x")), SIZE_MAX);
    assert_int_equal(sv_find(SV("lo"), SV("hello")), SIZE_MAX);
    assert_int_equal(sv_find(SV("a\0bc"), SV("bc")), 2);
    assert_int_equal(sv_find_nocase(SV("say HeLLo"), SV("hello")), 4);
    assert_int_equal(sv_find_nocase(SV("hell"), SV("hello")), SIZE_MAX);
    assert_int_equal(sv_find_nocase(SV("x"), SV("")), 0);
    assert_true(sv_contains(SV("abc"), SV("b")));
    assert_false(sv_contains(SV("abc"), SV("B")));
    assert_true(sv_contains_nocase(SV("abc"), SV("B")));
    assert_false(sv_contains_nocase(SV("abc"), SV("d")));
    assert_int_equal(sv_find_char(SV("a.b.c"), '.'), 1);
    assert_int_equal(sv_rfind_char(SV("a.b.c"), '.'), 3);
    assert_int_equal(sv_find_char(SV_NONE, '.'), SIZE_MAX);
    assert_int_equal(sv_rfind_char(SV("abc"), '.'), SIZE_MAX);
}

static void test_slice_is_clamped(void **state) {
    (void)state;
    assert_sv_text(sv_slice(SV("hello"), 1, 3), "el");
    assert_sv_text(sv_slice(SV("hello"), 3, 100), "lo");
    assert_sv_text(sv_slice(SV("hello"), 4, 2), "");
    assert_sv_text(sv_slice(SV("hello"), 9, SIZE_MAX), "");
    assert_sv_text(sv_from_index(SV("hello"), 2), "llo");
    assert_sv_text(sv_from_index(SV("hello"), 6), "");
    assert_null(sv_slice(SV_NONE, 0, 5).ptr);
    assert_null(sv_from_index(SV_NONE, 3).ptr);
    assert_sv_text(sv_trim(SV(" \t\r\n a b \v\f")), "a b");
    assert_sv_text(sv_trim(SV("  ")), "");
    assert_sv_text(sv_trim(SV_NONE), "");
    assert_true(sv_is_empty(SV_NONE));
    assert_null(sv_from(NULL).ptr);
    assert_sv_text(sv_from("abc"), "abc");
}

static void assert_parts(struct sv text, const char *const *want, size_t count) {
    struct sv part = SV_NONE;
    for (size_t i = 0; i < count; i++) {
        assert_true(sv_split(&text, ',', &part));
        assert_sv_equal(part, sv_from(want[i]));
    }
    assert_false(sv_split(&text, ',', &part));
    assert_null(text.ptr);
}

static void test_split(void **state) {
    (void)state;
    assert_parts(SV("a,,b"), (const char *const[]){"a", "", "b"}, 3);
    assert_parts(SV(""), (const char *const[]){""}, 1);
    assert_parts(SV(","), (const char *const[]){"", ""}, 2);
    assert_parts(SV("abc"), (const char *const[]){"abc"}, 1);
    assert_parts(SV_NONE, NULL, 0);
}

static void test_classes(void **state) {
    (void)state;
    assert_true(sv_is_digits(SV("0123456789")));
    assert_false(sv_is_digits(SV("")));
    assert_false(sv_is_digits(SV("1a")));
    assert_false(sv_is_digits(SV("\xd9\xa1"))); // an Arabic digit
    assert_true(sv_is_hex(SV("09afAF")));
    assert_false(sv_is_hex(SV("")));
    assert_false(sv_is_hex(SV("0x1")));
    assert_int_equal(sv_lower_char('Z'), 'z');
    assert_int_equal(sv_lower_char('['), '[');
    assert_int_equal(sv_lower_char((char)0xc4), (char)0xc4);
}

// Expected values come from CPython 3.11, whose hash of bytes is SipHash-1-3 with a zero key under PYTHONHASHSEED=0.
static void test_hash(void **state) {
    (void)state;
    assert_true(sv_hash(SV("a"), 0, 0) == UINT64_C(0x407448d2b89b1813));
    assert_true(sv_hash(SV("abcdefg"), 0, 0) == UINT64_C(0x6db12aae9070f506));
    assert_true(sv_hash(SV("abcdefgh"), 0, 0) == UINT64_C(0x3f7b849c0b8e35ea));
    assert_true(sv_hash(SV("abcdefghijklmno"), 0, 0) == UINT64_C(0x1fd27a29b0e9dc7a));
    assert_true(sv_hash(SV_NONE, 1, 2) == sv_hash(SV(""), 1, 2));
    assert_true(sv_hash(SV("a"), 1, 2) != sv_hash(SV("a"), 1, 3));
    assert_true(sv_hash(SV("a"), 1, 2) != sv_hash(SV("a"), 2, 2));
    assert_true(sv_hash(SV("a"), 0, 0) != sv_hash(SV("a\0"), 0, 0));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_equality_and_order),
    cmocka_unit_test(test_prefix_and_suffix),
    cmocka_unit_test(test_find),
    cmocka_unit_test(test_slice_is_clamped),
    cmocka_unit_test(test_split),
    cmocka_unit_test(test_classes),
    cmocka_unit_test(test_hash),
};
TEST_MAIN(tests)
