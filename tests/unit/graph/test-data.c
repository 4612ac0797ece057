// SPDX-License-Identifier: Apache-2.0
// data/facts.yaml and data/graph.yaml fit each other: every kind is produced and used, every rule can be fed, every entry has its source.
#include "data/knowledge.h"
#include "graph/graph.h"
#include "test.h"

static const struct node *load(struct arena *a, const char *name, const char *list) {
    struct error err = {0};
    struct node *root = NULL;
    assert_ok(&err, knowledge_load(a, sv_from(name), &root, &err));
    return node_get(root, sv_from(list));
}

static struct sv atom_text(const struct node *entry) {
    return node_is(entry, NODE_STRING) ? entry->text : entry->first->text;
}

static bool names_kind(struct sv atom, struct sv kind) {
    return sv_starts_with(atom, kind) && atom.len > kind.len && atom.ptr[kind.len] == '(';
}

static bool rule_uses(const struct node *rule, struct sv kind) {
    for (const struct node *b = node_get(rule, SV("body"))->first; b != NULL; b = b->next) {
        if (names_kind(atom_text(b), kind))
            return true;
    }
    return false;
}

static bool list_has(const struct node *list, struct sv text) {
    for (const struct node *n = list->first; n != NULL; n = n->next) {
        if (sv_eq(n->text, text))
            return true;
    }
    return false;
}

static void test_every_kind_is_produced_and_used(void **state) {
    const struct node *kinds = load(*state, "facts", "kinds");
    const struct node *rules = load(*state, "graph", "rules");
    for (const struct node *k = kinds->first; k != NULL; k = k->next) {
        struct sv name = node_get_text(k, SV("kind"));
        const struct node *producers = node_get(k, SV("producer"));
        const struct node *used_by = node_get(k, SV("used_by"));
        if (!node_is(producers, NODE_ARRAY) || producers->count == 0 || !node_is(used_by, NODE_ARRAY) || used_by->count == 0)
            fail_msg("%.*s: nobody produces or nobody uses it", SV_ARG(name));
        for (const struct node *r = rules->first; r != NULL; r = r->next) {
            struct sv id = node_get_text(r, SV("id"));
            if (rule_uses(r, name) != list_has(used_by, id))
                fail_msg("%.*s: used_by and rule %.*s do not agree", SV_ARG(name), SV_ARG(id));
        }
        for (const struct node *u = used_by->first; u != NULL; u = u->next) {
            bool found = false;
            for (const struct node *r = rules->first; r != NULL; r = r->next)
                found = found || sv_eq(node_get_text(r, SV("id")), u->text);
            assert_true(found);
        }
    }
}

// A producer is a component, or a check that has its advice.
static void test_producers_exist(void **state) {
    static const char *const components[] = {"engine", "rules", "posture", "deploy", "operator"};
    const struct node *kinds = load(*state, "facts", "kinds");
    for (const struct node *k = kinds->first; k != NULL; k = k->next) {
        for (const struct node *p = node_get(k, SV("producer"))->first; p != NULL; p = p->next) {
            bool known = false;
            for (size_t i = 0; i < sizeof components / sizeof components[0]; i++)
                known = known || sv_eq(p->text, sv_from(components[i]));
            struct sv page = arena_printf(*state, "advice/" SV_FMT, SV_ARG(p->text));
            for (size_t i = 0; i < knowledge_count(); i++)
                known = known || sv_eq(knowledge_name(i), page);
            if (!known)
                fail_msg("%.*s: no check %.*s", SV_ARG(node_get_text(k, SV("kind"))), SV_ARG(p->text));
        }
    }
}

static void test_rules_name_technique_and_source(void **state) {
    const struct node *rules = load(*state, "graph", "rules");
    size_t seen = 0;
    for (const struct node *r = rules->first; r != NULL; r = r->next, seen++) {
        assert_true(sv_starts_with(node_get_text(r, SV("source")), SV("https://")));
        assert_true(node_get_text(r, SV("technique")).len > 0);
        assert_true(node_get_text(r, SV("title")).len > 0);
        for (const struct node *other = r->next; other != NULL; other = other->next)
            assert_false(sv_eq(node_get_text(r, SV("id")), node_get_text(other, SV("id"))));
    }
    assert_true(seen > 40);
}

// Arguments that rules ask for are those that facts.yaml declares.
static void test_arguments_are_declared(void **state) {
    const struct node *kinds = load(*state, "facts", "kinds");
    const struct node *rules = load(*state, "graph", "rules");
    for (const struct node *r = rules->first; r != NULL; r = r->next) {
        for (const struct node *b = node_get(r, SV("body"))->first; b != NULL; b = b->next) {
            struct sv atom = atom_text(b);
            for (const struct node *k = kinds->first; k != NULL; k = k->next) {
                if (!names_kind(atom, node_get_text(k, SV("kind"))))
                    continue;
                struct sv rest = sv_from_index(atom, node_get_text(k, SV("kind")).len + 1);
                struct sv part;
                while (sv_split(&rest, ',', &part)) {
                    size_t equals = sv_find_char(part, '=');
                    if (equals != SIZE_MAX && node_get(node_get(k, SV("args")), sv_trim(sv_slice(part, 0, equals))) == NULL)
                        fail_msg("%.*s: undeclared argument in %.*s", SV_ARG(node_get_text(r, SV("id"))), SV_ARG(atom));
                }
            }
        }
    }
}

static void refused(struct arena *a, const char *rule_json) {
    struct error err = {0};
    struct node *facts = NULL;
    struct node *graph = NULL;
    const struct graph_rules *rules = NULL;
    static const char *const kinds = "{\"kinds\":[{\"kind\":\"k\",\"subject\":\"api\",\"text\":\"t\"}]}";
    struct sv text = arena_printf(a, "{\"rules\":[%s],\"goals\":[{\"id\":\"g\",\"title\":\"g\",\"atom\":\"h(_)\"}],\"fixes\":[]}", rule_json);
    assert_ok(&err, node_parse_json(a, sv_from(kinds), &node_limits_document, &facts, &err));
    assert_ok(&err, node_parse_json(a, text, &node_limits_document, &graph, &err));
    assert_error(&err, ERR_SYNTAX, graph_rules_read(a, facts, graph, &rules, &err));
    assert_null(rules);
}

static void test_broken_rules_are_refused(void **state) {
    refused(*state, "{\"id\":\"R1\",\"text\":\"t\",\"head\":\"h(?x)\",\"body\":[\"k(?y)\"]}"); // unbound head
    refused(*state, "{\"id\":\"R1\",\"text\":\"t\",\"head\":\"h(?x)\",\"body\":[\"nothing(?x)\"]}");
    refused(*state, "{\"id\":\"R1\",\"text\":\"t\",\"head\":\"h(?x)\",\"body\":[\"k ?x\"]}");
    refused(*state, "{\"id\":\"R1\",\"text\":\"t\",\"head\":\"h(?x)\",\"body\":[]}");
    refused(*state, "{\"id\":\"R1\",\"text\":\"t\",\"head\":\"h(?x)\",\"body\":[{\"assume\":\"k(?x)\"}]}"); // no words for it
    refused(*state, "{\"id\":\"R1\",\"text\":\"t\",\"head\":\"h(?x)\",\"body\":[{\"perhaps\":\"k(?x)\"}]}");
    refused(*state, "{\"id\":\"R1\",\"text\":\"t\",\"head\":\"h(?x)\",\"body\":[\"k(?x, a)\"]}");
    refused(*state, "{\"text\":\"t\",\"head\":\"h(?x)\",\"body\":[\"k(?x)\"]}");
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_every_kind_is_produced_and_used),
    test_with_arena(test_producers_exist),
    test_with_arena(test_rules_name_technique_and_source),
    test_with_arena(test_arguments_are_declared),
    test_with_arena(test_broken_rules_are_refused),
};

TEST_MAIN(tests)
