// SPDX-License-Identifier: Apache-2.0
// A shop's answers with one property too many, its bodies, and the samples of data/property.yaml.
#include "checks/support/words.h"
#include "data/knowledge.h"
#include "support/sim.h"
#include "support/test.h"

#define ITEM "{type: object, properties: {id: {type: integer}, label: {type: string}, price: {type: number}, code: {type: string, writeOnly: true}}}"
static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Shop, version: '1'}\n"
                           "paths:\n"
                           "  /item:\n"
                           "    get: {responses: {'200': {description: ok, content: {application/json: {schema: " ITEM "}}}}}\n"
                           "    patch:\n"
                           "      requestBody: {content: {application/json: {schema: {type: object, properties: {label: {type: string}, is_admin: {type: boolean}}}}}}\n"
                           "      responses: {'200': {description: ok}}\n"
                           "  /admin/item:\n"
                           "    patch:\n"
                           "      requestBody: {content: {application/json: {schema: {type: object, properties: {role: {type: string}}}}}}\n"
                           "      responses: {'200': {description: ok}}\n";
static const char bare_spec[] = "openapi: 3.0.3\n"
                                "info: {title: Shop, version: '1'}\n"
                                "paths:\n"
                                "  /item: {get: {responses: {'200': {description: ok}}}}\n";

static void shop_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    (void)sim;
    const char *body = state;
    if (!sv_eq(sim_path(o), SV("/item"))) sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
    else if (o->identity == 0) sim_json(a, ret, 401, "{\"error\":\"sign in\"}");
    else sim_json(a, ret, 200, "%s", body);
}

static struct scan_result scan_as(struct arena *a, const char *body, const char *text, const char *only, size_t identities) {
    struct header one[] = {{SV("Authorization"), SV("Bearer ann-token-000001")}}, two[] = {{SV("Authorization"), SV("Bearer bob-token-000002")}};
    const struct principal who[] = {{.name = SV("ann"), .headers = {one, 1, 1}}, {.name = SV("bob"), .headers = {two, 1, 1}}};
    char copy[4096];
    snprintf(copy, sizeof copy, "%s", body);
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = shop_server, .state = copy, .spec = text, .only = only, .mode = MODE_SAFE, .identities = who, .identity_count = identities};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static struct scan_result scan(struct arena *a, const char *body, const char *text, const char *only) {
    return scan_as(a, body, text, only, 2);
}

struct sample {
    const char *body, *cause; // NULL: nothing above a note
    enum severity severity;
    enum confidence confidence;
};

static const struct sample samples[] = {
    {"{\"id\":1,\"label\":\"Lamp\",\"price\":9.5,\"code\":\"blue-17\"}", "write-only-shown", SEVERITY_HIGH, CONFIDENCE_CONFIRMED},
    {"{\"id\":1,\"label\":\"Lamp\",\"price\":9.5,\"cost\":3.25}", "internal-number", SEVERITY_LOW, CONFIDENCE_FIRM},
    {"{\"id\":1,\"label\":\"Lamp\",\"internal_notes\":\"buyer is late with money\"}", "internal-note", SEVERITY_LOW, CONFIDENCE_FIRM},
    {"{\"id\":1,\"label\":\"Lamp\",\"reset_token\":\"h7Qz2mB9x4Lp0sVt\"}", "credential-property", SEVERITY_HIGH, CONFIDENCE_FIRM},
    {"{\"id\":1,\"label\":\"Lamp\",\"reviews\":[{\"author\":{\"name\":\"a\",\"email\":\"a@kontor-mail.de\"}},{\"author\":{\"name\":\"b\",\"email\":\"b@kontor-mail.de\"}}]}",
     "personal-property-of-others", SEVERITY_HIGH, CONFIDENCE_FIRM},
    {"{\"id\":1,\"label\":\"Lamp\",\"price\":9.5}", NULL, 0, 0},
    {"{\"id\":1,\"label\":\"Lamp\",\"code\":\"****\"}", NULL, 0, 0},
    {"{\"id\":1,\"label\":\"Lamp\",\"code\":null}", NULL, 0, 0},
    {"{\"id\":1,\"label\":\"Lamp\",\"cost\":0}", NULL, 0, 0},
    {"{\"id\":1,\"label\":\"Lamp\",\"margin\":\"auto\"}", NULL, 0, 0},
    {"{\"id\":1,\"label\":\"Lamp\",\"password\":\"********\"}", NULL, 0, 0},
    {"{\"id\":1,\"label\":\"Lamp\",\"reset_token\":\"none\"}", NULL, 0, 0},
    {"{\"id\":1,\"label\":\"Lamp\",\"password\":null,\"token\":\"\"}", NULL, 0, 0},
    {"{\"id\":1,\"label\":\"Lamp\",\"is_admin\":true}", NULL, 0, 0},
    {"{\"id\":1,\"owner\":{\"name\":\"me\",\"email\":\"me@kontor-mail.de\"}}", NULL, 0, 0},
    {"{\"id\":1,\"label\":", NULL, 0, 0},
    {"cost: 4", NULL, 0, 0},
};

// Who came with a credential may be shown it; whose it is can be said for certain only when there is one identity.
static void test_own_credential_is_no_excess(void **state) {
    static const char own[] = "{\"id\":1,\"label\":\"Lamp\",\"api_key\":\"ann-token-000001\"}", other[] = "{\"id\":1,\"label\":\"Lamp\",\"api_key\":\"h7Qz2mB9x4Lp0sVt\"}";
    struct scan_result r = scan_as(*state, own, spec, "property-excess", 1);
    if (sim_count(&r, "property-excess") > 0) sim_dump(&r);
    assert_int_equal(sim_count(&r, "property-excess"), 0);
    r = scan_as(*state, other, spec, "property-excess", 1);
    assert_int_equal(sim_count(&r, "property-excess"), 1);
    r = scan_as(*state, own, spec, "property-excess", 2);
    assert_int_equal(sim_count(&r, "property-excess"), 1);
}

static void test_samples(void **state) {
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        struct scan_result r = scan(*state, samples[i].body, spec, "property-excess");
        const struct result_finding *f = NULL;
        for (size_t k = 0; k < r.finding_count; k++) {
            if (r.findings[k].severity > SEVERITY_INFO) f = &r.findings[k];
        }
        if ((f == NULL) != (samples[i].cause == NULL)) {
            print_error("sample %s\n", samples[i].body);
            sim_dump(&r);
        }
        assert_int_equal(f == NULL, samples[i].cause == NULL);
        if (f == NULL) continue;
        assert_sv_equal(f->cause, sv_from(samples[i].cause));
        assert_int_equal(f->severity, samples[i].severity);
        assert_int_equal(f->confidence, samples[i].confidence);
    }
}

static void test_without_a_description_a_number_says_nothing(void **state) {
    struct scan_result r = scan(*state, "{\"id\":1,\"price\":9.5,\"cost\":3.25}", bare_spec, "property-excess");
    assert_int_equal(sim_count(&r, "property-excess"), 0);
}

static void test_writable_privileges_are_hints(void **state) {
    struct scan_result r = scan(*state, "{\"id\":1,\"is_admin\":false}", spec, "mass-assignment");
    assert_int_equal(sim_count(&r, NULL), 1);
    const struct result_finding *f = sim_find(&r, "mass-assignment", "/item");
    assert_non_null(f);
    assert_int_equal(f->severity, SEVERITY_INFO);
    assert_int_equal(f->confidence, CONFIDENCE_TENTATIVE);
    assert_sv_text(f->parameter, "is_admin");
    assert_int_equal(sim_coverage(&r, "mass-assignment", "PATCH", "/admin/item"), COVERAGE_NOT_TESTED);
}

static bool is_found(const struct node *list, const struct node *object) {
    for (const struct node *n = object->first; n != NULL; n = n->next) {
        struct word w = word_of(n->key);
        if (words_have(list, &w)) return true;
    }
    return false;
}

static void test_every_sample_of_every_list(void **state) {
    struct node *data = NULL;
    struct error err = {0};
    assert_ok(&err, knowledge_load(*state, SV("property"), &data, &err));
    size_t count = 0;
    for (const struct node *entry = node_get(data, SV("lists"))->first; entry != NULL; entry = entry->next) {
        assert_true(sv_starts_with(node_get_text(entry, SV("source")), SV("https://")));
        for (int want = 0; want < 2; want++) {
            for (const struct node *n = node_get(entry, want ? SV("true") : SV("false"))->first; n != NULL; n = n->next, count++) {
                struct node *root = NULL;
                assert_ok(&err, node_parse_json(*state, n->text, &node_limits_response, &root, &err));
                if (is_found(node_get(entry, SV("words")), root) != (want == 1)) print_error("%.*s\n", SV_ARG(n->text));
                assert_int_equal(is_found(node_get(entry, SV("words")), root), want == 1);
            }
        }
    }
    assert_true(count > 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_own_credential_is_no_excess), test_with_arena(test_samples),
        test_with_arena(test_without_a_description_a_number_says_nothing),
        test_with_arena(test_writable_privileges_are_hints),
        test_with_arena(test_every_sample_of_every_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
