// SPDX-License-Identifier: Apache-2.0
#include "http/serialized.h"

#include "http/jwt.h"
#include "support/test.h"

static void test_kinds(void **state) {
    static const struct {
        const char *value;
        enum serialized kind;
        bool plain;
    } cases[] = {
        {"rO0ABXNyAA5qYXZhLnV0aWwuRGF0ZQ==", SERIALIZED_JAVA, false},
        {"aced00057372000e6a6176612e7574696c2e44617465", SERIALIZED_JAVA, false},
        {"gASVDAAAAAAAAACMCGhlbGxvIHlvlC4=", SERIALIZED_PICKLE, false},
        {"gASVDAAAAAAAAACMCGhlbGxvIHlvlC8=", SERIALIZED_NONE, false},
        {"O:4:\"Cart\":1:{s:2:\"id\"%3Bi:3%3B}", SERIALIZED_PHP, true},
        {"Tzo0OiJDYXJ0IjoxOntzOjI6ImlkIjtpOjM7fQ==", SERIALIZED_PHP, false},
        {"BAh7BkkiCWtleQY6BkVUSSIKdmFsdWUGOwBU", SERIALIZED_RUBY, false},
        {"BAh7BkkiCWtleQY6BkVUSSIKdmFsdWUGOwBU--0123456789abcdef0123456789abcdef01234567", SERIALIZED_NONE, false},
        {"AAEAAAD/////AQAAAAAAAAAGAQAAAAVoZWxsbws=", SERIALIZED_DOTNET, false},
        {"rO0AB", SERIALIZED_NONE, false},
        {"eyJhbGciOiJIUzI1NiJ9.e30.c2ln", SERIALIZED_NONE, false},
        {"", SERIALIZED_NONE, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool plain;
        assert_int_equal(serialized_kind(*state, sv_from(cases[i].value), &plain), cases[i].kind);
        assert_int_equal(plain, cases[i].plain);
    }
}

static void test_placeholders(void **state) {
    bool plain;
    for (unsigned k = SERIALIZED_NONE + 1; k < SERIALIZED_COUNT; k++) {
        struct sv text = arena_printf(*state, "{{" SV_FMT ":0123abcd}}", SV_ARG(serialized_class((enum serialized)k, false)));
        assert_int_equal(serialized_of_placeholder(text, &plain), k);
        assert_false(plain);
    }
    assert_int_equal(serialized_of_placeholder(SV("{{serialized_php_plain:0123abcd}}"), &plain), SERIALIZED_PHP);
    assert_true(plain);
    assert_int_equal(serialized_of_placeholder(SV("{{cookie_token:0123abcd}}"), &plain), SERIALIZED_NONE);
    assert_int_equal(serialized_of_placeholder(SV("{{serialized_"), &plain), SERIALIZED_NONE);
}

// What is written is recognised again, and names the class.
static void test_written(void **state) {
    static const enum serialized kinds[] = {SERIALIZED_JAVA, SERIALIZED_PICKLE, SERIALIZED_PHP};
    bool plain;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct sv value = serialized_write(*state, kinds[i], false, SV("zzabcdefghij"));
        assert_int_equal(serialized_kind(*state, value, &plain), kinds[i]);
        assert_true(sv_contains(base64_decode(*state, value), SV("zzabcdefghij")));
    }
    assert_sv_equal(serialized_write(*state, SERIALIZED_PHP, true, SV("zzabc")), SV("O:5:\"zzabc\":0:{}"));
    assert_null(serialized_write(*state, SERIALIZED_DOTNET, false, SV("zzabc")).ptr);
    assert_sv_equal(base64_decode(*state, serialized_write(*state, SERIALIZED_RUBY, false, SV("abc"))), sv_make("\x04\x08o:\x09Zabc\0", 10));
}

static const struct CMUnitTest tests[] = {test_with_arena(test_kinds), test_with_arena(test_placeholders), test_with_arena(test_written)};
TEST_MAIN(tests)
