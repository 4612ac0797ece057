// SPDX-License-Identifier: Apache-2.0
#include "data/node.h"

#include "dump.h"
#include "support/test.h"

// The input stands in a heap block of exactly its size, so that AddressSanitizer sees a read behind it.
struct sample {
    char *bytes;
    struct arena arena;
    struct node *root;
    struct error err;
    int code;
};

static void parse(struct sample *s, struct sv text, const struct node_limits *limits) {
    *s = (struct sample){.bytes = malloc(text.len + (text.len == 0))};
    assert_non_null(s->bytes);
    if (text.len > 0)
        memcpy(s->bytes, text.ptr, text.len);
    s->code = node_parse_json(&s->arena, sv_make(s->bytes, text.len), limits, &s->root, &s->err);
    if (s->code != 0) {
        assert_null(s->root);
        assert_int_equal(s->arena.used, 0); // as before
    }
}

static void done(struct sample *s) {
    arena_fini(&s->arena);
    free(s->bytes);
}

static void check_accepts(struct sv text, struct sv want, int line) {
    struct sample s;
    parse(&s, text, &node_limits_response);
    if (s.code != 0)
        print_error("line %d: %u:%u %s\n", line, s.err.line, s.err.column, s.err.text);
    assert_int_equal(s.code, 0);
    auto_buf b = BUF_INIT(1 << 20);
    dump_node(&b, s.root);
    assert_sv_equal(buf_sv(&b), want);
    done(&s);
}

#define assert_accepts(text, want) check_accepts(SV(text), SV(want), __LINE__)
#define assert_same(text)          check_accepts(SV(text), SV(text), __LINE__)

static void check_refuses(struct sv text, int code, unsigned at_line, unsigned column, int line) {
    struct sample s;
    parse(&s, text, &node_limits_response);
    if (s.code != code || s.err.line != at_line || s.err.column != column)
        print_error("line %d: %d at %u:%u %s\n", line, s.code, s.err.line, s.err.column, s.err.text);
    assert_int_equal(s.code, code);
    assert_int_equal(s.err.code, code);
    assert_int_equal(s.err.line, at_line);
    assert_int_equal(s.err.column, column);
    assert_true(s.err.text[0] != '\0');
    done(&s);
}

#define assert_refuses(text, line, column) check_refuses(SV(text), ERR_SYNTAX, line, column, __LINE__)

static void test_values(void **state) {
    (void)state;
    assert_same("null");
    assert_same("true");
    assert_same("false");
    assert_same("0");
    assert_same("-0");
    assert_same("-12.50e+007");
    assert_same("\"\"");
    assert_same("[]");
    assert_same("{}");
    assert_accepts(" \t\r\n 7 \n", "7");
    assert_accepts("\xef\xbb\xbf[1]", "[1]"); // byte order mark
    assert_same("[1,[2,[3]],{\"a\":{\"b\":[]}},null]");
    assert_accepts(" { \"a\" : 1 , \"b\" : [ true , false ] } ", "{\"a\":1,\"b\":[true,false]}");
    assert_same("{\"\":0}");
    assert_same("123456789012345678901234567890.123456789012345678901234567890");
    assert_same("1e400");
}

static void test_strings(void **state) {
    (void)state;
    assert_accepts("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\"");
    assert_accepts("\"\\u0041\\u00e4\\u20AC\"", "\"A\xc3\xa4\xe2\x82\xac\"");
    assert_accepts("\"\\ud83d\\uDE00\"", "\"\xf0\x9f\x98\x80\"");
    assert_accepts("\"\\udbff\\udfff\"", "\"\xf4\x8f\xbf\xbf\"");
    assert_accepts("\"a\\u0000b\"", "\"a\\u0000b\"");
    assert_accepts("\"\\ud800\"", "\"\xef\xbf\xbd\""); // half pairs
    assert_accepts("\"\\ud800x\"", "\"\xef\xbf\xbdx\"");
    assert_accepts("\"\\udc00\\ud800\"", "\"\xef\xbf\xbd\xef\xbf\xbd\"");
    assert_accepts("\"\\ud800\\ud83d\\ude00\"", "\"\xef\xbf\xbd\xf0\x9f\x98\x80\"");
    assert_accepts("\"\\ud800\\n\"", "\"\xef\xbf\xbd\\n\"");
    assert_accepts("\"\\\\u0041\"", "\"\\\\u0041\"");
    assert_accepts("{\"k\\u0065y\\n\":\"\\t\"}", "{\"key\\n\":\"\\t\"}");
    assert_same("\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\xee\x80\x80\"");
    assert_accepts("\"\x7f\"", "\"\\u007f\"");
}

static void test_texts_are_views(void **state) {
    (void)state;
    struct sample s;
    parse(&s, SV("{\"plain\":\"text\",\"esc\\u0061ped\":12}"), &node_limits_response);
    assert_int_equal(s.code, 0);
    const struct node *plain = s.root->first;
    assert_ptr_equal(plain->key.ptr, s.bytes + 2);
    assert_ptr_equal(plain->text.ptr, s.bytes + 10);
    assert_ptr_equal(plain->next->text.ptr, s.bytes + 31);
    assert_sv_text(plain->next->key, "escaped");
    done(&s);
}

static void test_refused(void **state) {
    (void)state;
    assert_refuses("", 1, 1);
    assert_refuses("   ", 1, 4);
    assert_refuses("[", 1, 2);
    assert_refuses("[1", 1, 3);
    assert_refuses("{\"a\":", 1, 6);
    assert_refuses("\"abc", 1, 5);
    assert_refuses("tru", 1, 4);
    assert_refuses("nul", 1, 4);
    assert_refuses("-", 1, 2);
    assert_refuses("[1,]", 1, 4);
    assert_refuses("[1,,2]", 1, 4);
    assert_refuses("[,1]", 1, 2);
    assert_refuses("[1 2]", 1, 4);
    assert_refuses("{\"a\" 1}", 1, 6);
    assert_refuses("{\"a\":1,}", 1, 8);
    assert_refuses("{a:1}", 1, 2);
    assert_refuses("{1:1}", 1, 2);
    assert_refuses("{'a':1}", 1, 2);
    assert_refuses("[01]", 1, 3);
    assert_refuses("[1.]", 1, 3);
    assert_refuses("[+1]", 1, 2);
    assert_refuses("[NaN]", 1, 2);
    assert_refuses("[0x1]", 1, 3);
    assert_refuses("{\n  \"\xc3\xa4\": ]", 2, 8);
    assert_refuses("[\"a\nb\"]", 1, 4);
    assert_refuses("[\"\\q\"]", 1, 4);
    assert_refuses("[\"\\u12g4\"]", 1, 7);
    assert_refuses("/* c */ 1", 1, 1);
    assert_refuses("]", 1, 1);
    assert_refuses("[1,\v2]", 1, 4);
    assert_refuses("1\f", 1, 2);
}

static void test_trailing_text(void **state) {
    (void)state;
    assert_refuses("1 2", 1, 3);
    assert_refuses("{}\n{}", 2, 1);
    assert_refuses("[1]x", 1, 4);
    assert_refuses("{\"a\":1}}", 1, 8);
    assert_refuses("null,", 1, 5);
}

static void test_bytes(void **state) {
    (void)state;
    assert_refuses("[\"a\0b\"]", 1, 4);
    assert_refuses("\0", 1, 1);
    assert_refuses("[1]\0", 1, 4);
    assert_refuses("[\"\xff\"]", 1, 3);
    assert_refuses("[\"\xc3\"]", 1, 3);
    assert_refuses("[\"\xed\xa0\x80\"]", 1, 3);
    assert_refuses("[\"\xc0\xaf\"]", 1, 3);
    assert_refuses("[\"12345678\xf4\x90\x80\x80\"]", 1, 11);
    assert_refuses("\"\xe2\x82", 1, 2);
    assert_refuses("\xfe\xff\0[\0]", 1, 1); // UTF-16
}

static void test_every_prefix_is_refused(void **state) {
    (void)state;
    struct sv whole = SV("{\"a\":[1,-2.5e3,true,null,\"x\\u00e9\\ud83d\\ude00\xc3\xa4\"],\"b\":{\"c\":{}}}");
    for (size_t len = 0; len < whole.len; len++) {
        struct sample s;
        parse(&s, sv_slice(whole, 0, len), &node_limits_response);
        assert_int_equal(s.code, ERR_SYNTAX);
        done(&s);
    }
}

static void test_duplicate_keys(void **state) {
    (void)state;
    assert_accepts("{\"a\":1,\"b\":2,\"a\":3}", "{\"b\":2,\"a\":3}!");
    assert_accepts("{\"a\":1,\"\\u0061\":2}", "{\"a\":2}!");
    assert_accepts("{\"a\":1,\"a\":2,\"a\":{\"x\":1,\"x\":2}}", "{\"a\":{\"x\":2}!}!");
    assert_accepts("[{\"a\":1},{\"a\":2}]", "[{\"a\":1},{\"a\":2}]");
}

static void test_large_objects(void **state) {
    struct arena *a = *state;
    auto_buf text = BUF_INIT(1 << 22);
    buf_add_char(&text, '{');
    for (int i = 0; i < 5000; i++)
        buf_addf(&text, "%s\"key%d\":%d", i > 0 ? "," : "", i, i);
    buf_add(&text, SV(",\"key77\":-1,\"key0\":-2}"));
    struct node *root = NULL;
    struct error err;
    assert_ok(&err, node_parse_json(a, buf_sv(&text), &node_limits_response, &root, &err));
    assert_int_equal(root->count, 5000);
    assert_true(root->has_duplicates);
    assert_int_equal(root->text.len, 0);
    uint32_t listed = 0;
    for (const struct node *m = root->first; m != NULL; m = m->next, listed++)
        assert_ptr_equal(node_get(root, m->key), m);
    assert_int_equal(listed, 5000);
    assert_sv_text(node_get(root, SV("key77"))->text, "-1");
    assert_sv_text(node_get(root, SV("key0"))->text, "-2");
    assert_sv_text(node_get(root, SV("key4999"))->text, "4999");
    assert_null(node_get(root, SV("key5000")));
}

static void test_offsets(void **state) {
    (void)state;
    struct sample s;
    struct sv text = SV("\xef\xbb\xbf {\"a\" :\t[ 10,\"\\n\" , {} ],\n\"b\": true , \"c\":null}");
    parse(&s, text, &node_limits_response);
    assert_int_equal(s.code, 0);
    static const struct {
        const char *pointer;
        const char *at;
    } cases[] = {{"", "{\"a\""}, {"/a", "[ 10"}, {"/a/0", "10"}, {"/a/1", "\"\\n"},
                 {"/a/2", "{}"}, {"/b", "true"}, {"/c", "null"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct node *n = node_pointer(s.root, sv_from(cases[i].pointer));
        assert_non_null(n);
        assert_int_equal(n->offset, sv_find(text, sv_from(cases[i].at)));
    }
    done(&s);
}

static void test_depth(void **state) {
    (void)state;
    struct node_limits limits = {.max_bytes = 1000, .max_depth = 3, .max_nodes = 1000};
    struct sample s;
    parse(&s, SV("[{\"a\":[1]}]"), &limits);
    assert_int_equal(s.code, 0);
    done(&s);
    parse(&s, SV("[{\"a\":[1,{}]}]"), &limits);
    assert_int_equal(s.code, ERR_LIMIT);
    assert_int_equal(s.err.column, 10);
    done(&s);
    auto_buf bomb = BUF_INIT(1 << 21);
    buf_add_repeat(&bomb, '[', 1 << 20);
    parse(&s, buf_sv(&bomb), &node_limits_document);
    assert_int_equal(s.code, ERR_LIMIT);
    assert_int_equal(s.err.column, 513);
    done(&s);
}

static void test_sizes(void **state) {
    (void)state;
    struct node_limits limits = {.max_bytes = 10, .max_depth = 3, .max_nodes = 4};
    struct sample s;
    parse(&s, SV("[1,2,3]   "), &limits);
    assert_int_equal(s.code, 0);
    done(&s);
    parse(&s, SV("[1,2,3,4] "), &limits);
    assert_int_equal(s.code, ERR_LIMIT);
    assert_int_equal(s.err.column, 8);
    done(&s);
    parse(&s, SV("[1,2,3]    "), &limits);
    assert_int_equal(s.code, ERR_LIMIT);
    done(&s);
}

static void test_arena_limit(void **state) {
    (void)state;
    struct sv text = SV("{\"a\":[1,2,3,\"\\n\"],\"b\":{\"c\":[[[[[]]]]]}}");
    struct node_limits limits = node_limits_response;
    bool enough = false;
    for (size_t limit = 16; !enough; limit += 16) {
        assert_true(limit < 1 << 20);
        auto_arena a = {0};
        arena_init(&a, limit);
        struct node *root = NULL;
        struct error err = {0};
        int r = node_parse_json(&a, text, &limits, &root, &err);
        assert_true(r == 0 || r == -ENOMEM);
        assert_int_equal(err.code, r);
        enough = r == 0;
        if (!enough)
            assert_int_equal(a.used, 0);
    }
}

static void test_without_error_storage(void **state) {
    struct arena *a = *state;
    struct node *root = NULL;
    assert_int_equal(node_parse_json(a, SV("["), &node_limits_response, &root, NULL), ERR_SYNTAX);
    assert_int_equal(node_parse_json(a, SV_NONE, &node_limits_response, &root, NULL), ERR_SYNTAX);
    assert_null(root);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_values),
    cmocka_unit_test(test_strings),
    cmocka_unit_test(test_texts_are_views),
    cmocka_unit_test(test_refused),
    cmocka_unit_test(test_trailing_text),
    cmocka_unit_test(test_bytes),
    cmocka_unit_test(test_every_prefix_is_refused),
    cmocka_unit_test(test_duplicate_keys),
    test_with_arena(test_large_objects),
    cmocka_unit_test(test_offsets),
    cmocka_unit_test(test_depth),
    cmocka_unit_test(test_sizes),
    cmocka_unit_test(test_arena_limit),
    test_with_arena(test_without_error_storage),
};
TEST_MAIN(tests)
