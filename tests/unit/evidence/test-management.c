// SPDX-License-Identifier: Apache-2.0
#include "evidence/oracle.h"

#include "answers.h"

#include "data/knowledge.h"
#include "evidence/entity_internal.h"

static struct node *table(struct arena *a) {
    struct error err = {0};
    struct node *n;
    assert_ok(&err, knowledge_load(a, SV("management"), &n, &err));
    return n;
}

// Every sample of every class, as its entry says.
static void test_samples(void **state) {
    struct arena *a = *state;
    struct node *t = table(a);
    size_t classes = 0, samples = 0;
    for (const struct node *c = node_get(t, SV("classes"))->first; c != NULL; c = c->next, classes++) {
        struct sv id = node_get_text(c, SV("id"));
        assert_true(id.len > 0 && node_get_text(c, SV("title")).len > 0 && node_get_text(c, SV("source")).len > 0);
        const struct node *yes = node_get(c, SV("true")), *no = node_get(c, SV("false"));
        assert_true(yes != NULL && yes->count > 0 && no != NULL && no->count > 0);
        for (const struct node *s = yes->first; s != NULL; s = s->next, samples++) {
            struct sv got = management_class(a, t, answer_new(a, 200, SV_NONE, s->text));
            if (!sv_eq(got, id))
                fail_msg(SV_FMT " is " SV_FMT ", not " SV_FMT, SV_ARG(s->text), SV_ARG(got), SV_ARG(id));
        }
        for (const struct node *s = no->first; s != NULL; s = s->next, samples++) {
            struct sv got = management_class(a, t, answer_new(a, 200, SV_NONE, s->text));
            if (got.len != 0)
                fail_msg(SV_FMT " is " SV_FMT, SV_ARG(s->text), SV_ARG(got));
        }
    }
    assert_true(classes >= 8 && samples >= 40);
}

static void check_names(const struct node *group) {
    for (const struct node *n = group->first; n != NULL; n = n->next) {
        struct entity_name name = entity_name_of(n->text);
        if (!sv_eq(entity_name_sv(&name), n->text))
            fail_msg(SV_FMT " can never be met; write " SV_FMT, SV_ARG(n->text), SV_ARG(entity_name_sv(&name)));
    }
}

// Names are compared in their singular form, so a plural in the table would be dead.
static void test_names_are_in_their_form(void **state) {
    struct node *t = table(*state);
    for (const struct node *c = node_get(t, SV("classes"))->first; c != NULL; c = c->next)
        for (const struct node *rule = node_get(c, SV("rules"))->first; rule != NULL; rule = rule->next) {
            const struct node *groups = node_get(rule, SV("keys"));
            for (const struct node *g = groups == NULL ? NULL : groups->first; g != NULL; g = g->next)
                check_names(g);
        }
}

static void test_only_good_answers(void **state) {
    struct arena *a = *state;
    struct node *t = table(a);
    struct sv body = SV("{\"totalUsers\":1200,\"totalRevenue\":99000.5}");
    assert_sv_text(management_class(a, t, json_answer(a, 200, body)), "statistics");
    assert_int_equal(management_class(a, t, json_answer(a, 403, body)).len, 0);
    assert_int_equal(management_class(a, t, json_answer(a, 200, SV(""))).len, 0);
    assert_int_equal(management_class(a, t, json_answer(a, 200, SV("{\"totalUsers\":"))).len, 0);
    struct exchange lost = {.outcome = OUTCOME_TIMEOUT};
    assert_int_equal(management_class(a, t, &lost).len, 0);
    assert_int_equal(management_class(a, NULL, json_answer(a, 200, body)).len, 0);
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_samples),
    test_with_arena(test_names_are_in_their_form),
    test_with_arena(test_only_good_answers),
};
TEST_MAIN(tests)
