// SPDX-License-Identifier: Apache-2.0
#include "data/node.h"

#include "dump.h"
#include "support/test.h"

typedef int (*parse_fn)(struct arena *a, struct sv input, const struct node_limits *limits, struct node **ret,
                        struct error *err);

static void check_accepts(parse_fn parse, struct sv text, struct sv want, int line) {
    auto_arena a = {0};
    char *bytes = malloc(text.len + (text.len == 0)); // exactly sized, for AddressSanitizer
    assert_non_null(bytes);
    if (text.len > 0)
        memcpy(bytes, text.ptr, text.len);
    struct node *root = NULL;
    struct error err = {0};
    int r = parse(&a, sv_make(bytes, text.len), &node_limits_document, &root, &err);
    if (r != 0)
        print_error("line %d: %u:%u %s\n", line, err.line, err.column, err.text);
    assert_int_equal(r, 0);
    auto_buf b = BUF_INIT(1 << 20);
    dump_node(&b, root);
    if (!sv_eq(buf_sv(&b), want))
        print_error("line %d:\n", line);
    assert_sv_equal(buf_sv(&b), want);
    free(bytes);
}

#define assert_accepts(text, want)   check_accepts(node_parse_yaml, SV(text), SV(want), __LINE__)
#define assert_documents(text, want) check_accepts(node_parse_yaml_all, SV(text), SV(want), __LINE__)
#define assert_any(text, want)       check_accepts(node_parse_any, SV(text), SV(want), __LINE__)

static void check_refuses(parse_fn parse, struct sv text, int code, unsigned at_line, unsigned column, int line) {
    auto_arena a = {0};
    struct node *root = NULL;
    struct error err = {0};
    int r = parse(&a, text, &node_limits_document, &root, &err);
    if (r != code || err.line != at_line || err.column != column)
        print_error("line %d: %d at %u:%u %s\n", line, r, err.line, err.column, err.text);
    assert_int_equal(r, code);
    assert_int_equal(err.code, code);
    assert_int_equal(err.line, at_line);
    assert_int_equal(err.column, column);
    assert_true(err.text[0] != '\0');
    assert_null(root);
    assert_int_equal(a.used, 0);
}

#define assert_refuses(text, line, column) check_refuses(node_parse_yaml, SV(text), ERR_SYNTAX, line, column, __LINE__)

static void test_core_schema(void **state) {
    (void)state;
    assert_accepts("[null, Null, NULL, ~, ]", "[null,null,null,null]");
    assert_accepts("a:\nb: ~\n", "{\"a\":null,\"b\":null}");
    assert_accepts("[true, True, TRUE, false, False, FALSE]", "[true,true,true,false,false,false]");
    assert_accepts("[yes, no, on, off, y, tRUE, nULL]", "[\"yes\",\"no\",\"on\",\"off\",\"y\",\"tRUE\",\"nULL\"]");
    assert_accepts("[0, -1, +2, 007, 0o17, 0xfF]", "[0,-1,+2,007,0o17,0xfF]");
    assert_accepts("[0o8, 0x, 0xg, 1_000, -0x1, 0b1]", "[\"0o8\",\"0x\",\"0xg\",\"1_000\",\"-0x1\",\"0b1\"]");
    assert_accepts("[1., .5, -.5, 1e3, +1.5E-3, 1e999]", "[1.,.5,-.5,1e3,+1.5E-3,1e999]");
    assert_accepts("[.inf, -.Inf, +.INF, .nan, .NaN]", "[.inf,-.Inf,+.INF,.nan,.NaN]");
    assert_accepts("[., +, e3, 1e, 1.2.3, -.nan, 12:30, 2026-01-02, --1, +-1]",
                   "[\".\",\"+\",\"e3\",\"1e\",\"1.2.3\",\"-.nan\",\"12:30\",\"2026-01-02\",\"--1\",\"+-1\"]");
    assert_accepts("['1', \"true\", 'null', \"~\"]", "[\"1\",\"true\",\"null\",\"~\"]");
}

static void test_tags(void **state) {
    (void)state;
    assert_accepts("[!!str 12, !!int \"12\", !!float '1.5', !!bool \"True\", !!null '']", "[\"12\",12,1.5,true,null]");
    assert_accepts("[!!int x, !!bool 1, ! 12, !local 5]", "[\"x\",\"1\",\"12\",\"5\"]");
    assert_accepts("a: !Ref name\nb: !!map {x: 1}\nc: !GetAtt [p, q]\n",
                   "{\"a\":\"name\",\"b\":{\"x\":1},\"c\":[\"p\",\"q\"]}");
    assert_accepts("%TAG !e! tag:yaml.org,2002:\n---\n!e!str 12\n", "\"12\"");
}

static void test_styles(void **state) {
    (void)state;
    assert_accepts("a: |\n  x\n  y\nb: >\n  x\n  y\nc: |-\n  x\nd: >+\n  x\n\n",
                   "{\"a\":\"x\\ny\\n\",\"b\":\"x y\\n\",\"c\":\"x\",\"d\":\"x\\n\\n\"}");
    assert_accepts("a: 'it''s'\nb: \"\\x41\\u00e9\\n\\U0001F600\"\nc: plain\n  folded\n",
                   "{\"a\":\"it's\",\"b\":\"A\xc3\xa9\\n\xf0\x9f\x98\x80\",\"c\":\"plain folded\"}");
    assert_accepts("- a\n-\n- - b\n  - c\n- {x: [1, {y: 2}]}\n", "[\"a\",null,[\"b\",\"c\"],{\"x\":[1,{\"y\":2}]}]");
    assert_accepts("'200': ok\n404: no\nnull: n\ntrue: t\n~: tilde\n\"\": e\n",
                   "{\"200\":\"ok\",\"404\":\"no\",\"null\":\"n\",\"true\":\"t\",\"~\":\"tilde\",\"\":\"e\"}");
    assert_accepts("? a\n: 1\n? b\n", "{\"a\":1,\"b\":null}");
    assert_accepts("a: 1 # comment\n# more\nb: x#y\n", "{\"a\":1,\"b\":\"x#y\"}");
    assert_accepts("a: 1\r\nb: 2\r\n", "{\"a\":1,\"b\":2}");
    assert_accepts("\xef\xbb\xbf"
                   "a: \xc3\xa4\n",
                   "{\"a\":\"\xc3\xa4\"}");
    assert_accepts("text", "\"text\"");
    assert_accepts("a: 1, b", "{\"a\":\"1, b\"}");
}

static void test_duplicate_keys(void **state) {
    (void)state;
    assert_accepts("{a: 1, b: 2, a: 3}", "{\"b\":2,\"a\":3}!");
    assert_accepts("a: 1\n'a': 2\n", "{\"a\":2}!");
}

static void test_aliases(void **state) {
    (void)state;
    assert_accepts("a: &x 1\nb: *x\nc: [*x, *x]\n", "{\"a\":1,\"b\":1,\"c\":[1,1]}");
    assert_accepts("a: &x {p: [1, 2]}\nb: *x\n", "{\"a\":{\"p\":[1,2]},\"b\":{\"p\":[1,2]}}");
    assert_accepts("&k key: 1\nother: *k\n", "{\"key\":1,\"other\":\"key\"}");
    assert_accepts("a: &k name\n*k : 1\n", "{\"a\":\"name\",\"name\":1}");
    assert_accepts("- &x 1\n- *x\n- &x 2\n- *x\n", "[1,1,2,2]"); // the nearest one before counts
    assert_accepts("a: &n\nb: *n\n", "{\"a\":null,\"b\":null}");
    assert_refuses("- *x\n- &x 1\n", 1, 4);
    assert_refuses("&x [*x]", 1, 6);
    assert_refuses("&x {a: [1, *x]}", 1, 13);
    assert_refuses("- &x 1\n- &x [*x]\n", 2, 8);
    assert_refuses("a: &x [1]\n*x : 2\n", 2, 2);
}

static void test_merge_keys(void **state) {
    (void)state;
    assert_accepts("a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3\n  r: 4\n",
                   "{\"a\":{\"p\":1,\"q\":2},\"b\":{\"p\":1,\"q\":3,\"r\":4}}");
    assert_accepts("b: {q: 3, <<: {p: 1, q: 2}}", "{\"b\":{\"p\":1,\"q\":3}}"); // the place does not matter
    assert_accepts("<<: [{a: 1, b: 2}, {b: 3, c: 4}]\nd: 5\n", "{\"c\":4,\"a\":1,\"b\":2,\"d\":5}");
    assert_accepts("<<: {a: 1}\n<<: {a: 2, b: 3}\n", "{\"b\":3,\"a\":1}");
    assert_accepts("a: &x {<<: {p: 1}, q: 2}\nb: {<<: *x}\n", "{\"a\":{\"p\":1,\"q\":2},\"b\":{\"p\":1,\"q\":2}}");
    assert_accepts("<<: {}\na: 1\n", "{\"a\":1}");
    assert_accepts("<<: []\n", "{}");
    assert_accepts("'<<': 1\n", "{\"\\u003c\\u003c\":1}"); // quoted: a key like any other
    assert_refuses("<<: 1\n", 1, 5);
    assert_refuses("<<: [{a: 1}, 2]\n", 1, 14);
    assert_refuses("<<: [[{a: 1}]]\n", 1, 6);
}

static void test_merge_into_large_objects(void **state) {
    struct arena *a = *state;
    auto_buf text = BUF_INIT(1 << 20);
    buf_add(&text, SV("base: &x {"));
    for (int i = 0; i < 100; i++)
        buf_addf(&text, "k%d: %d,", i, i);
    buf_add(&text, SV("}\nuser: {<<: *x, k5: five, own: 1}\n"));
    struct node *root = NULL;
    struct error err;
    assert_ok(&err, node_parse_yaml(a, buf_sv(&text), &node_limits_document, &root, &err));
    const struct node *base = node_get(root, SV("base"));
    const struct node *user = node_get(root, SV("user"));
    assert_int_equal(base->count, 100);
    assert_int_equal(user->count, 101);
    assert_false(user->has_duplicates);
    assert_sv_text(node_get(base, SV("k5"))->text, "5");
    assert_sv_text(node_get(user, SV("k5"))->text, "five");
    assert_sv_text(node_get(user, SV("k99"))->text, "99");
    assert_sv_text(node_get(user, SV("own"))->text, "1");
}

// Repeated keys bring the object below the size that is indexed after it had an index.
static void test_merge_into_shrunk_object(void **state) {
    struct arena *a = *state;
    struct sv text = SV("{<<: {m: 1}, a, b, c, d, e, f, g, h, i, a, b, c, d, e, f, g, h, i}");
    struct node *root = NULL;
    struct error err;
    assert_ok(&err, node_parse_yaml(a, text, &node_limits_document, &root, &err));
    assert_int_equal(root->count, 10);
    assert_true(root->has_duplicates);
    for (const struct node *m = root->first; m != NULL; m = m->next)
        assert_ptr_equal(node_get(root, m->key), m);
    assert_sv_text(node_get(root, SV("m"))->text, "1");
}

static void test_documents(void **state) {
    (void)state;
    assert_documents("a: 1\n---\nb: 2\n---\n- c\n", "[{\"a\":1},{\"b\":2},[\"c\"]]");
    assert_documents("", "[]");
    assert_documents("# nothing\n", "[]");
    assert_documents("---\n---\nx\n...\n", "[null,\"x\"]");
    assert_accepts("---\na: 1\n...\n", "{\"a\":1}");
    assert_accepts("%YAML 1.1\n---\na: yes\n", "{\"a\":\"yes\"}");
    assert_refuses("a: 1\n---\nb: 2\n", 2, 1);
    assert_refuses("", 1, 1);
    assert_refuses("# nothing\n", 1, 1);
    // An anchor ends with its document.
    check_refuses(node_parse_yaml_all, SV("- &x 1\n---\n- *x\n"), ERR_SYNTAX, 3, 4, __LINE__);
}

static void test_refused(void **state) {
    (void)state;
    assert_refuses("a: [1, 2\nb: 3\n", 3, 1);
    assert_refuses("a:\n\t- b\n", 2, 1);
    assert_refuses("[a]: 1\n", 1, 1);
    assert_refuses("? {a: 1}\n: 2\n", 1, 3);
    assert_refuses("a: \"x\0y\"\n", 1, 6);
    assert_refuses("a: \x1b[0m\n", 1, 4);
    assert_refuses("a: \xff\n", 1, 4);
    assert_refuses("\xff\xfe"
                   "a\0",
                   1, 1); // UTF-16
}

static void test_every_prefix_ends(void **state) {
    (void)state;
    struct sv whole = SV(
        "a: &x {p: [1, \"q\\n\", 'r'], s: |\n   t\n }\nb:\n  <<: *x\n  - \n c: !!str \xc3\xa4\n--- %\n? [\n");
    for (size_t len = 0; len <= whole.len; len++) {
        auto_arena a = {0};
        char *bytes = malloc(len + 1);
        assert_non_null(bytes);
        memcpy(bytes, whole.ptr, len);
        struct node *root = NULL;
        struct error err = {0};
        int r = node_parse_yaml_all(&a, sv_make(bytes, len), &node_limits_response, &root, &err);
        assert_true(r == 0 || (r == ERR_SYNTAX && err.line > 0));
        free(bytes);
    }
}

static void assert_limit(struct sv text, const struct node_limits *limits) {
    auto_arena a = {0};
    struct node *root = NULL;
    struct error err = {0};
    assert_error(&err, ERR_LIMIT, node_parse_yaml(&a, text, limits, &root, &err));
    assert_null(root);
    assert_int_equal(a.used, 0);
}

static void test_depth(void **state) {
    (void)state;
    struct node_limits limits = {.max_bytes = 1000, .max_depth = 3, .max_nodes = 1000};
    auto_arena a = {0};
    struct node *root = NULL;
    struct error err;
    assert_ok(&err, node_parse_yaml(&a, SV("[[[1]]]"), &limits, &root, &err));
    assert_ok(&err, node_parse_yaml_all(&a, SV("[[[1]]]\n---\n[[[2]]]\n"), &limits, &root, &err));
    assert_ok(&err, node_parse_yaml(&a, SV("[&x [[1]], *x]"), &limits, &root, &err));
    assert_limit(SV("[[[[1]]]]"), &limits);
    assert_limit(SV("[&x [[1]], [*x]]"), &limits); // too deep only through the alias
    assert_limit(SV("[&x {a: [1]}, {b: {<<: *x}}]"), &limits);
    auto_buf bomb = BUF_INIT(1 << 20);
    buf_add_repeat(&bomb, '[', 100000);
    assert_limit(buf_sv(&bomb), &node_limits_document);
    buf_clear(&bomb);
    for (int i = 0; i < 2000; i++)
        buf_add(&bomb, SV("- "));
    assert_limit(buf_sv(&bomb), &node_limits_document);
}

static void test_alias_bomb(void **state) {
    (void)state;
    auto_buf bomb = BUF_INIT(1 << 20);
    buf_add(&bomb, SV("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"));
    for (int i = 1; i < 30; i++)
        buf_addf(&bomb, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i, i - 1, i - 1,
                 i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    assert_limit(buf_sv(&bomb), &node_limits_document);
    buf_clear(&bomb);
    buf_add(&bomb, SV("a0: &a0 {k: [1, 2, 3, 4, 5, 6, 7, 8, 9]}\n"));
    for (int i = 1; i < 40; i++)
        buf_addf(&bomb, "a%d: &a%d {<<: *a%d, x%d: *a%d}\n", i, i, i - 1, i, i - 1);
    assert_limit(buf_sv(&bomb), &node_limits_document);
}

static void test_sizes(void **state) {
    (void)state;
    struct node_limits limits = {.max_bytes = 40, .max_depth = 5, .max_nodes = 6};
    auto_arena a = {0};
    struct node *root = NULL;
    struct error err;
    assert_ok(&err, node_parse_yaml(&a, SV("[&x [1, 2], *x]     "), &limits, &root, &err) == ERR_LIMIT ? 0 : -1);
    limits.max_nodes = 7;
    assert_ok(&err, node_parse_yaml(&a, SV("[&x [1, 2], *x]     "), &limits, &root, &err));
    assert_limit(SV("a: 1                                      "), &limits);
}

static void test_offsets(void **state) {
    struct arena *a = *state;
    struct sv text = SV("# \xc3\xa4\na:\n  - 'x'\n  - {y: 12}\nb: &q\n  c: |\n   t\nd: *q\n");
    struct node *root = NULL;
    struct error err;
    assert_ok(&err, node_parse_yaml(a, text, &node_limits_document, &root, &err));
    assert_int_equal(root->offset, sv_find(text, SV("a:")));
    assert_int_equal(node_pointer(root, SV("/a"))->offset, sv_find(text, SV("- 'x'")));
    assert_int_equal(node_pointer(root, SV("/a/1"))->offset, sv_find(text, SV("{y")));
    assert_int_equal(node_pointer(root, SV("/a/1/y"))->offset, sv_find(text, SV("12")));
    assert_int_equal(node_pointer(root, SV("/b"))->offset, sv_find(text, SV("c:")));
    assert_int_equal(node_pointer(root, SV("/d"))->offset, sv_find(text, SV("c:")));
    unsigned line = 0;
    unsigned column = 0;
    node_place(text, node_pointer(root, SV("/a/0"))->offset, &line, &column);
    assert_int_equal(line, 3);
    assert_in_range(column, 5, 6); // the quote, or the first character behind it
}

static void test_arena_limit(void **state) {
    (void)state;
    struct sv text = SV("a: &x {p: [1, \"\\n\"]}\nb: {<<: *x, c: *x}\n");
    bool enough = false;
    for (size_t limit = 16; !enough; limit += 16) {
        assert_true(limit < 1 << 20);
        auto_arena a = {0};
        arena_init(&a, limit);
        struct node *root = NULL;
        struct error err = {0};
        int r = node_parse_yaml(&a, text, &node_limits_document, &root, &err);
        assert_true(r == 0 || r == -ENOMEM);
        assert_int_equal(err.code, r);
        enough = r == 0;
    }
}

static void test_parse_any(void **state) {
    (void)state;
    assert_any("{\"a\": [1, \"\\/\"]}", "{\"a\":[1,\"/\"]}");
    assert_any(" \n[1]", "[1]");
    assert_any("\xef\xbb\xbf{\"a\":1}", "{\"a\":1}");
    assert_any("{a: 1}", "{\"a\":1}"); // YAML that begins like JSON
    assert_any("openapi: 3.0.3\n", "{\"openapi\":\"3.0.3\"}");
    assert_any("12", "12");
    // Neither: the message is about the JSON.
    check_refuses(node_parse_any, SV("{\"a\": [1,,}"), ERR_SYNTAX, 1, 10, __LINE__);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_core_schema),
    cmocka_unit_test(test_tags),
    cmocka_unit_test(test_styles),
    cmocka_unit_test(test_duplicate_keys),
    cmocka_unit_test(test_aliases),
    cmocka_unit_test(test_merge_keys),
    test_with_arena(test_merge_into_large_objects),
    test_with_arena(test_merge_into_shrunk_object),
    cmocka_unit_test(test_documents),
    cmocka_unit_test(test_refused),
    cmocka_unit_test(test_every_prefix_ends),
    cmocka_unit_test(test_depth),
    cmocka_unit_test(test_alias_bomb),
    cmocka_unit_test(test_sizes),
    test_with_arena(test_offsets),
    cmocka_unit_test(test_arena_limit),
    cmocka_unit_test(test_parse_any),
};
TEST_MAIN(tests)
