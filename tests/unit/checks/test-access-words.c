// SPDX-License-Identifier: Apache-2.0
// The samples of data/access.yaml, and the forms in which words are compared.
#include "checks/support/words.h"

#include "data/knowledge.h"
#include "support/test.h"

static const struct node *access_data(struct arena *a) {
    struct node *n = NULL;
    struct error err = {0};
    assert_ok(&err, knowledge_load(a, SV("access"), &n, &err));
    return n;
}

static bool is_blank(const struct node *n) {
    if (n->kind == NODE_OBJECT || n->kind == NODE_ARRAY) return n->first == NULL;
    return n->kind == NODE_NULL || n->text.len == 0 || (n->kind == NODE_BOOL && sv_eq(n->text, SV("false")));
}

static bool key_is_found(const struct node *access, struct sv id, const struct node *list, const struct node *sample) {
    for (const struct node *n = sample->first; n != NULL; n = n->next) {
        struct word w = word_of(n->key);
        if (is_blank(n)) continue;
        bool owners = sv_eq(id, SV("owner_words")) || sv_eq(id, SV("strong_owner_words"));
        if (sv_eq(id, SV("owner_endings"))) {
            if (words_have_with_ending(words_list(access, SV("owner_words")), list, &w)) return true;
        } else if (owners ? words_have_with_ending(list, words_list(access, SV("owner_endings")), &w) : words_have(list, &w)) {
            return true;
        }
    }
    return false;
}

static bool is_found(struct arena *a, const struct node *access, const struct node *entry, struct sv sample) {
    const struct node *list = node_get(entry, SV("words"));
    if (node_get_bool(entry, SV("segments"), false)) return words_in_path(list, sample);
    if (node_get_bool(entry, SV("phrases"), false)) return words_in_text(list, sample);
    struct node *root = NULL;
    struct error err = {0};
    assert_ok(&err, node_parse_json(a, sample, &node_limits_response, &root, &err));
    return key_is_found(access, node_get_text(entry, SV("id")), list, root);
}

static size_t walk(struct arena *a, const struct node *access, const struct node *entry, const char *samples, bool want) {
    size_t count = 0;
    const struct node *list = node_get(entry, sv_from(samples));
    assert_non_null(list);
    for (const struct node *n = list->first; n != NULL; n = n->next, count++) {
        if (is_found(a, access, entry, n->text) == want) continue;
        print_error("%.*s: %s sample %.*s\n", SV_ARG(node_get_text(entry, SV("id"))), samples, SV_ARG(n->text));
        fail();
    }
    return count;
}

static void test_every_sample_of_every_list(void **state) {
    const struct node *access = access_data(*state);
    size_t lists = 0;
    for (const struct node *entry = node_get(access, SV("lists"))->first; entry != NULL; entry = entry->next, lists++) {
        assert_true(node_get_text(entry, SV("id")).len > 0);
        assert_true(sv_starts_with(node_get_text(entry, SV("source")), SV("https://")));
        assert_true(node_get_text(entry, SV("title")).len > 0);
        if (node_get_bool(entry, SV("classes"), false)) continue; // ids of patterns: their samples stand with them
        assert_true(walk(*state, access, entry, "true", true) > 0);
        assert_true(walk(*state, access, entry, "false", false) > 0);
    }
    assert_int_equal(lists, 25);
}

static void test_words_are_in_their_compared_form(void **state) {
    const struct node *access = access_data(*state);
    for (const struct node *entry = node_get(access, SV("lists"))->first; entry != NULL; entry = entry->next) {
        if (node_get_bool(entry, SV("phrases"), false) || node_get_bool(entry, SV("classes"), false)) continue;
        for (const struct node *n = node_get(entry, SV("words"))->first; n != NULL; n = n->next) {
            struct word w = word_of(n->text);
            assert_sv_equal(sv_make(w.text, w.len), n->text);
        }
    }
}

static void test_forms_of_a_word(void **state) {
    (void)state;
    struct word w = word_of(SV("Date-Of_birth"));
    assert_sv_equal(sv_make(w.text, w.len), SV("dateofbirth"));
    assert_int_equal(word_of(SV("")).len, 0);
    char longer[200];
    memset(longer, 'a', sizeof longer);
    assert_int_equal(word_of(sv_make(longer, sizeof longer)).len, 0); // too long to be a word
    assert_int_equal(word_of(SV("\xff\x00\x80")).len, 0);
}

static void test_plurals_of_segments(void **state) {
    const struct node *list = words_list(access_data(*state), SV("private_entities"));
    assert_true(segment_is_listed(list, SV("orders")));
    assert_true(segment_is_listed(list, SV("policies")));
    assert_false(segment_is_listed(list, SV("{order}")));
    assert_false(segment_is_listed(list, SV("s")));
    assert_false(words_in_path(list, SV("/x?orders=1")));
    assert_null(words_list(access_data(*state), SV("no such list")));
}

static void test_places_of_administration_have_sources(void **state) {
    struct node *n = NULL;
    struct error err = {0};
    assert_ok(&err, knowledge_load(*state, SV("wordlists/admin-paths"), &n, &err));
    size_t count = 0;
    for (const struct node *p = node_get(n, SV("paths"))->first; p != NULL; p = p->next, count++) {
        struct sv path = node_get_text(p, SV("path"));
        assert_true(path.len > 0 && path.ptr[0] != '/');
        assert_true(sv_starts_with(node_get_text(p, SV("source")), SV("https://")));
        static const char *const changing[] = {"delete", "reset", "purge", "restart", "shutdown", "run", "send"};
        for (size_t i = 0; i < sizeof changing / sizeof changing[0]; i++) assert_false(sv_contains(path, sv_from(changing[i])));
    }
    assert_true(count > 0 && count <= 25);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_every_sample_of_every_list),
        test_with_arena(test_words_are_in_their_compared_form),
        test_with_arena(test_forms_of_a_word),
        test_with_arena(test_plurals_of_segments),
        test_with_arena(test_places_of_administration_have_sources),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
