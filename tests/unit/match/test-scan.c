// SPDX-License-Identifier: Apache-2.0
#include "match/match.h"
#include "test.h"

#include "base/buf.h"
#include "data/node.h"

#define ALL_KINDS ((1U << PATTERN_KIND_COUNT) - 1)

struct world {
    struct arena *a;
    struct error err;
    struct match_set *set;
    struct match_scratch *scratch;
    struct match_list hits;
};

// Fields that every entry must have and that these tests do not look at.
#define REST ", source: x, 'true': [x], 'false': [x]}\n"

static int compile(struct world *w, const char *yaml) {
    struct node *document = NULL;
    assert_ok(&w->err, node_parse_yaml(w->a, sv_from(yaml), &node_limits_document, &document, &w->err));
    const struct node *documents[] = {document};
    return match_compile(w->a, documents, 1, &w->set, &w->err);
}

static void open_set(struct world *w, void **state, const char *yaml) {
    *w = (struct world){.a = *state};
    assert_ok(&w->err, compile(w, yaml));
    assert_ok(&w->err, match_scratch_new(w->a, w->set, &w->scratch, &w->err));
}

static void open_embedded(struct world *w, void **state) {
    *w = (struct world){.a = *state};
    assert_ok(&w->err, match_open(w->a, &w->set, &w->err));
    assert_ok(&w->err, match_scratch_new(w->a, w->set, &w->scratch, &w->err));
}

static void scan(struct world *w, struct sv text, unsigned kinds) {
    assert_ok(&w->err, match_scan(w->set, w->scratch, w->a, text, kinds, &w->hits, &w->err));
}

static void assert_hit(const struct world *w, size_t index, const char *id, size_t offset, size_t length) {
    assert_true(index < w->hits.len);
    assert_sv_equal(w->hits.ptr[index].pattern->id, sv_from(id));
    assert_int_equal(w->hits.ptr[index].offset, offset);
    assert_int_equal(w->hits.ptr[index].length, length);
}

static void test_capture_group_is_the_value(void **state) {
    struct world w;
    open_set(&w, state,
             "kind: secret\npatterns:\n"
             " - {id: k1, title: t, class: secret, regex: 'key=', capture: 'key=([a-z]+)'" REST);
    scan(&w, SV("key=abc key= key=defg"), ALL_KINDS);
    assert_int_equal(w.hits.len, 2);
    assert_hit(&w, 0, "k1", 4, 3);
    assert_hit(&w, 1, "k1", 17, 4);
    assert_int_equal(w.hits.ptr[0].validated, 0);
    scan(&w, SV(""), ALL_KINDS);
    assert_int_equal(w.hits.len, 0);
    scan(&w, SV("key=abc"), 1U << PATTERN_ERROR);
    assert_int_equal(w.hits.len, 0);
}

static void test_before_and_reach(void **state) {
    struct world w;
    open_set(&w, state,
             "kind: personal\npatterns:\n"
             " - {id: at, title: t, class: personal, regex: '@', capture: '[a-z]+@[a-z]+', before: 8, reach: 4" REST);
    scan(&w, SV("  abcd@efghijkl"), ALL_KINDS);
    assert_int_equal(w.hits.len, 1);
    assert_hit(&w, 0, "at", 2, 9); // the text ends 4 bytes behind the '@'
    scan(&w, SV("abcdefghijklm@x"), ALL_KINDS);
    assert_hit(&w, 0, "at", 5, 10); // and begins at most 8 bytes before it
}

static void test_overlaps(void **state) {
    struct world w;
    open_set(&w, state,
             "kind: secret\npatterns:\n"
             " - {id: first, title: t, class: secret, regex: 'aaa[0-9]{3}'" REST
             " - {id: equal, title: t, class: secret, regex: 'aaa[0-9]{3}'" REST
             " - {id: sure, title: t, class: secret, regex: 'bbb[0-9]{3}', entropy: 0.5" REST
             " - {id: unsure, title: t, class: secret, regex: 'bbb[0-9]{3}'" REST
             " - {id: long, title: t, class: secret, regex: 'aaa[0-9]{3}x'" REST);
    scan(&w, SV("aaa123 bbb456 aaa789x"), ALL_KINDS);
    assert_int_equal(w.hits.len, 3);
    assert_hit(&w, 0, "first", 0, 6);
    assert_hit(&w, 1, "sure", 7, 6);
    assert_hit(&w, 2, "long", 14, 7);
}

static void test_kinds_do_not_hide_each_other(void **state) {
    struct world w;
    open_embedded(&w, state);
    struct sv text = SV("dial tcp 10.0.0.1:5432: connect: connection refused for lena@nordwind.de");
    scan(&w, text, ALL_KINDS);
    assert_int_equal(w.hits.len, 2);
    assert_sv_text(w.hits.ptr[0].pattern->id, "go_network_error");
    assert_sv_text(w.hits.ptr[1].pattern->id, "email");
    scan(&w, text, 1U << PATTERN_PERSONAL);
    assert_int_equal(w.hits.len, 1);
}

static void test_context(void **state) {
    struct world w;
    open_set(&w, state,
             "kind: personal\npatterns:\n"
             " - {id: must, title: t, class: personal, regex: '\\b[0-9]{4}\\b', context: [pin code, pin],"
             " needs_context: true" REST
             " - {id: may, title: t, class: personal, regex: 'v[0-9]{3}', entropy: 0.1, context: [visa]" REST);
    static const struct {
        const char *text;
        bool found;
    } cases[] = {
        {"pin 1234", true},
        {"PIN_CODE: 1234", true},
        {"pinCode=1234", true},
        {"myPin 1234", true},
        {"pins: 1234", true},
        {"1234 is the pin", true},
        {"1234", false},
        {"spin 1234", false},
        {"pinned 1234", false},
        {"opinion 1234", false},
        {"{\"pin\":{\"v\":1234}}", true},
        {"pin code 12345", false},
        {"pin                                                                  1234", false},
        {"1234                                 pin", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        scan(&w, sv_from(cases[i].text), ALL_KINDS);
        if ((w.hits.len == 1) != cases[i].found)
            print_error("\"%s\": %zu hits\n", cases[i].text, w.hits.len);
        assert_int_equal(w.hits.len, cases[i].found ? 1 : 0);
    }
    scan(&w, SV("v123"), ALL_KINDS);
    assert_int_equal(w.hits.ptr[0].validated, 1);
    scan(&w, SV("visa v123"), ALL_KINDS);
    assert_int_equal(w.hits.ptr[0].validated, 2);
}

static void test_examples(void **state) {
    struct world w;
    open_embedded(&w, state);
    static const struct {
        const char *text;
        bool example;
    } cases[] = {
        {"AKIAIOSFODNN7EXAMPLE", true}, {"4111-1111 11111111", true}, {"ann@example.com", true},
        {"ann@nordwind.de", false},     {"4539578763621486", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        scan(&w, sv_from(cases[i].text), ALL_KINDS);
        assert_int_equal(w.hits.len, 1);
        assert_int_equal(w.hits.ptr[0].is_example, cases[i].example);
    }
}

// Things that weak scanners take for secrets or people: none gives a hit of these kinds.
static void test_harmless_texts(void **state) {
    struct world w;
    open_embedded(&w, state);
    static const char *const texts[] = {
        "{\"id\":4539578763621487,\"order\":512478093,\"sku\":\"021000021\"}",
        "{\"id\":\"3f2b8c1e-9d47-4a6b-8c55-0e1f2a3b4c5d\"}",
        "ETag: \"33a64df551425fcc55e4d42a148795d9f25f89d4\"",
        "ETag: W/\"0815\"\nContent-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==",
        "<script src=\"/a.js\" integrity=\"sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC\">",
        "data:image/"
        "png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
        "{\"created\":1700000000000,\"updated\":\"2024-05-01T10:00:00Z\",\"version\":\"1.20.300.4000\"}",
        "{\"next\":\"eyJpZCI6MTIzfQ==\",\"cursor\":\"bGltaXQ9MTA=\"}",
        "{\"token_type\":\"bearer\",\"scope\":\"read:orders write:orders\",\"expires_in\":3600}",
        "{\"errors\":{\"password\":[\"must be at least 8 characters\"]},\"type\":\"password\"}",
        "{\"securitySchemes\":{\"basic\":{\"type\":\"http\",\"scheme\":\"basic\"}},\"apiKey\":{\"in\":\"header\","
        "\"name\":\"X-API-Key\"}}",
        "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "x-request-id: 01HV5TQ8Z3M7R9KXW2B4C6D8EF\nx-amzn-requestid: 5L1C3TQ2VV4KQNSO5AEMVJF66Q9ASUAAJG",
        "{\"lat\":52.520008,\"lng\":13.404954,\"isbn\":\"9783161484100\",\"ean\":\"4006381333931\"}",
        "{\"path\":\"/api/v1/users/1234567890/orders\",\"sha\":\"da39a3ee5e6b4b0d3255bfef95601890afd80709\"}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        scan(&w, sv_from(texts[i]), 1U << PATTERN_SECRET | 1U << PATTERN_PERSONAL);
        for (size_t k = 0; k < w.hits.len; k++)
            print_error("%.*s in %s\n", SV_ARG(w.hits.ptr[k].pattern->id), texts[i]);
        assert_int_equal(w.hits.len, 0);
    }
}

static void test_hits_are_bounded(void **state) {
    struct world w;
    open_embedded(&w, state);
    auto_buf b = BUF_INIT(1 << 20);
    for (unsigned i = 0; i < 20000; i++)
        buf_addf(&b, "u%u@nordwind.de ", i);
    scan(&w, buf_sv(&b), ALL_KINDS);
    assert_int_equal(w.hits.len, 10000);
    for (size_t i = 1; i < w.hits.len; i++)
        assert_true(w.hits.ptr[i].offset > w.hits.ptr[i - 1].offset);
}

// Texts that make prefilters fire at every byte cost a bounded number of searches and find nothing.
static void test_floods(void **state) {
    struct world w;
    open_embedded(&w, state);
    static const char *const units[] = {
        "@a",
        ("-----BEGIN "
         "PRIVATE KEY-----"),
        "4",
        "41-",
        "password\":\"",
        "?token=",
        "ssn 51",
        "phone +1",
        "://a:b@",
        "$6$a$",
        "{{",
    };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        auto_buf b = BUF_INIT((1 << 20) + 64);
        while (b.len < 1 << 20)
            buf_add(&b, sv_from(units[i]));
        scan(&w, buf_sv(&b), ALL_KINDS);
        assert_true(w.hits.len <= 10000);
    }
}

static void test_memory_limit(void **state) {
    struct world w;
    open_embedded(&w, state);
    auto_buf b = BUF_INIT(1 << 20);
    for (unsigned i = 0; i < 9000; i++)
        buf_addf(&b, "u%u@nordwind.de ", i);
    struct arena small;
    arena_init(&small, 4096);
    assert_error(&w.err, -ENOMEM, match_scan(w.set, w.scratch, &small, buf_sv(&b), ALL_KINDS, &w.hits, &w.err));
    arena_fini(&small);
    scan(&w, SV("u1@nordwind.de"), ALL_KINDS); // the scratch is still good
    assert_int_equal(w.hits.len, 1);
}

static void test_bad_entries(void **state) {
    struct world w = {.a = *state};
    static const char *const bad[] = {
        "kind: nothing\npatterns: []\n",
        "kind: secret\npatterns: 1\n",
        "kind: secret\npatterns:\n - {id: 'A b', title: t, class: secret, regex: abc" REST,
        "kind: secret\npatterns:\n - {id: ab, title: t, class: none, regex: abc" REST,
        "kind: secret\npatterns:\n - {id: ab, title: t, class: secret" REST,
        "kind: secret\npatterns:\n - {id: ab, title: t, class: secret, regex: abc, colour: red" REST,
        "kind: secret\npatterns:\n - {id: ab, title: t, class: secret, regex: 'a[b'" REST,
        "kind: secret\npatterns:\n - {id: ab, title: t, class: secret, regex: 'a.*b'" REST,
        "kind: secret\npatterns:\n - {id: ab, title: t, class: secret, regex: abc, validator: luck" REST,
        "kind: secret\npatterns:\n - {id: ab, title: t, class: secret, regex: abc, entropy: 9" REST,
        "kind: secret\npatterns:\n - {id: ab, title: t, class: secret, regex: abc, reach: 0" REST,
        "kind: secret\npatterns:\n - {id: ab, title: t, class: secret, regex: abc, needs_context: true" REST,
        "kind: secret\npatterns:\n - {id: ab, title: t, class: secret, regex: abc, source: x, 'true': [x]}\n",
        "kind: secret\npatterns:\n - {id: ab, title: t, class: secret, regex: abc" REST
        " - {id: ab, title: t, class: secret, regex: abd" REST,
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        w.err = (struct error){0};
        assert_error(&w.err, ERR_SYNTAX, compile(&w, bad[i]));
    }
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_capture_group_is_the_value),
    test_with_arena(test_before_and_reach),
    test_with_arena(test_overlaps),
    test_with_arena(test_kinds_do_not_hide_each_other),
    test_with_arena(test_context),
    test_with_arena(test_examples),
    test_with_arena(test_harmless_texts),
    test_with_arena(test_hits_are_bounded),
    test_with_arena(test_floods),
    test_with_arena(test_memory_limit),
    test_with_arena(test_bad_entries),
};

TEST_MAIN(tests)
