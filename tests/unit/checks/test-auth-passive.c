// SPDX-License-Identifier: Apache-2.0
// auth-scheme and jwt-quality: what descriptions and tokens say by themselves; and the samples of their lists.
#include "checks/support/words.h"
#include "data/knowledge.h"
#include "tokens.h"

#define HEAD "openapi: 3.0.3\ninfo: {title: Ferry, version: '1'}\n"
#define SCHEMES "components: {securitySchemes: {k: {type: http, scheme: bearer}, b: {type: http, scheme: basic}, q: {type: apiKey, in: query, name: key}}}\n"
#define GUARDED "  /me: {get: {security: [{k: []}], responses: {'200': {description: ok}}}, put: {security: [{k: []}], responses: {'200': {description: ok}}}}\n" \
                "  /tickets: {get: {security: [{k: []}], responses: {'200': {description: ok}}}, post: {security: [{k: []}], responses: {'201': {description: made}}}}\n"

struct ferry {
    const char *claims;
    bool basic, open, closes;
    unsigned asked;
};

static void ferry_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct ferry *f = state;
    struct sv path = sim_path(o), authorization = sim_request_header(o, "Authorization");
    f->asked++;
    if (f->closes) sim->outcome = OUTCOME_CLOSED;
    bool in = f->open || sv_starts_with(authorization, SV("Bearer ey"));
    if (!sv_eq(path, SV("/me")) && !sv_eq(path, SV("/tickets"))) sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
    else if (!in) sim_json(a, ret, 401, "{\"error\":\"who are you\"}");
    else sim_json(a, ret, 200, "{\"name\":\"Philippa Oduya\",\"member\":\"f-2231\"}");
    if (f->basic && !in) sim_header(a, ret, "WWW-Authenticate", SV("Basic realm=\"ferry\""));
}

static struct scan_result scan_for(struct arena *a, struct ferry *f, const char *only, const char *spec, const char *target) {
    struct scan_result r;
    struct error err = {0};
    struct principal who = {.name = SV("philippa")};
    struct sv token = token_sign_hmac(a, "{\"alg\":\"HS256\",\"typ\":\"JWT\"}", f->claims != NULL ? f->claims : "{}", SV("q8r7-strong-w3e2-secret-of-the-ferry"));
    assert_true(header_add(a, &who.headers, SV("Authorization"), arena_printf(a, "Bearer " SV_FMT, SV_ARG(token))));
    const struct sim_options o = {.server = ferry_server, .state = f, .spec = spec, .only = only, .mode = MODE_SAFE, .target = target, .identities = &who,
                                  .identity_count = f->claims != NULL};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static const struct result_finding *assert_one(const struct scan_result *r, const char *cause, enum severity severity) {
    if (sim_count(r, NULL) != 1) sim_dump(r);
    assert_int_equal(sim_count(r, NULL), 1);
    assert_true(sv_eq(r->findings[0].cause, sv_from(cause)));
    assert_int_equal(r->findings[0].severity, severity);
    return &r->findings[0];
}

static void assert_scheme(struct arena *a, struct ferry f, const char *spec, const char *target, const char *cause, enum severity severity) {
    struct scan_result r = scan_for(a, &f, "auth-scheme", spec, target);
    if (cause == NULL && sim_count(&r, NULL) > 0) sim_dump(&r);
    if (cause == NULL) assert_int_equal(sim_count(&r, NULL), 0);
    else (void)assert_one(&r, cause, severity);
}

static void test_writing_left_open(void **state) {
    assert_scheme(*state, (struct ferry){0}, HEAD "paths:\n" GUARDED "  /fares: {put: {security: [], responses: {'200': {description: ok}}}}\n" SCHEMES, NULL,
                  "write-without-demand", SEVERITY_INFO);
    assert_scheme(*state, (struct ferry){0}, HEAD "paths:\n" GUARDED "  /fares: {put: {responses: {'200': {description: ok}}}}\n" SCHEMES, NULL,
                  "write-without-demand", SEVERITY_INFO);
}
static void test_writing_open_on_purpose(void **state) {
    assert_scheme(*state, (struct ferry){0}, HEAD "paths:\n" GUARDED "  /auth/sign-in: {post: {security: [], responses: {'200': {description: ok}}}}\n" SCHEMES, NULL, NULL, 0);
    assert_scheme(*state, (struct ferry){0}, HEAD "paths:\n" GUARDED "  /fares: {get: {responses: {'200': {description: ok}}}}\n" SCHEMES, NULL, NULL, 0);
    // A description that says nothing of security says nothing here.
    assert_scheme(*state, (struct ferry){.open = true}, HEAD "paths:\n  /me: {get: {responses: {'200': {description: ok}}}}\n  /fares: {put: {responses: {'200': {description: ok}}}}\n", NULL, NULL, 0);
}
static void test_basic_without_tls(void **state) {
    static const char spec[] = HEAD "paths:\n  /me: {get: {security: [{b: []}], responses: {'200': {description: ok}}}}\n" SCHEMES;
    assert_scheme(*state, (struct ferry){.basic = true}, spec, NULL, "basic-without-tls", SEVERITY_INFO);
    assert_scheme(*state, (struct ferry){.basic = true}, spec, "http://192.0.2.7:8080/", "basic-without-tls", SEVERITY_HIGH);
    assert_scheme(*state, (struct ferry){.basic = true}, spec, "https://192.0.2.7:8443/", NULL, 0);
    assert_scheme(*state, (struct ferry){0}, HEAD "paths:\n" GUARDED SCHEMES, "http://192.0.2.7:8080/", NULL, 0);
}
#define FLOWS(text) HEAD "paths:\n  /me: {get: {security: [{o: []}], responses: {'200': {description: ok}}}}\n  /tickets: {get: {security: [{o: []}], responses: {'200': {description: ok}}}}\n" \
                    "components: {securitySchemes: {o: {type: oauth2, flows: {" text "}}, unused: {type: oauth2, flows: {implicit: {authorizationUrl: 'http://id.example.com/a', scopes: {}}}}}}\n"

static void test_flows_of_the_past(void **state) {
    assert_scheme(*state, (struct ferry){0}, FLOWS("implicit: {authorizationUrl: 'https://id.example.com/a', scopes: {}}"), NULL, "implicit-flow", SEVERITY_INFO);
    assert_scheme(*state, (struct ferry){0}, FLOWS("password: {tokenUrl: /token, scopes: {}}"), NULL, "password-flow", SEVERITY_INFO);
    assert_scheme(*state, (struct ferry){0}, FLOWS("clientCredentials: {tokenUrl: 'http://id.example.com/token', scopes: {}}"), NULL, "flow-without-tls", SEVERITY_INFO);
    assert_scheme(*state, (struct ferry){0}, FLOWS("clientCredentials: {tokenUrl: 'http://127.0.0.1:9/token', scopes: {}}"), NULL, NULL, 0);
    assert_scheme(*state, (struct ferry){0}, FLOWS("authorizationCode: {authorizationUrl: 'https://id.example.com/a', tokenUrl: 'https://id.example.com/t', scopes: {}}"), NULL, NULL, 0);
    assert_scheme(*state, (struct ferry){0}, "swagger: '2.0'\ninfo: {title: Ferry, version: '1'}\npaths:\n  /me: {get: {security: [{o: []}], responses: {'200': {description: ok}}}}\n"
                  "securityDefinitions: {o: {type: oauth2, flow: implicit, authorizationUrl: 'https://id.example.com/a', scopes: {}}}\n", NULL, "implicit-flow", SEVERITY_INFO);
}
static void test_key_in_the_query_by_description(void **state) {
    struct ferry f = {0};
    struct scan_result r = scan_for(*state, &f, "token-in-url", HEAD "paths:\n  /me: {get: {security: [{q: []}], responses: {'200': {description: ok}}}}\n" SCHEMES, NULL);
    const struct result_finding *found = assert_one(&r, "credential-in-url", SEVERITY_LOW);
    assert_sv_text(found->parameter, "key");
}

static struct scan_result look_at(struct arena *a, const char *claims) {
    struct ferry f = {.claims = claims};
    return scan_for(a, &f, "jwt-quality", HEAD "paths:\n" GUARDED SCHEMES, NULL);
}
static void test_life_of_tokens(void **state) {
    struct scan_result r = look_at(*state, "{\"sub\":\"f-2231\"}");
    (void)assert_one(&r, "token-without-expiry", SEVERITY_LOW);
    r = look_at(*state, "{\"sub\":\"f-2231\",\"iat\":4000000000,\"exp\":4000090000}");
    (void)assert_one(&r, "long-lived-token", SEVERITY_LOW);
    r = look_at(*state, "{\"sub\":\"f-2231\",\"iat\":4000000000,\"exp\":4000086400}");
    assert_int_equal(sim_count(&r, NULL), 0);
}
static void test_claims(void **state) {
    struct scan_result r = look_at(*state, "{\"sub\":\"f-2231\",\"passwordHash\":\"x\",\"iat\":4000000000,\"exp\":4000003600}");
    (void)assert_one(&r, "sensitive-claims", SEVERITY_MEDIUM);
    r = look_at(*state, "{\"sub\":\"f-2231\",\"email\":\"philippa@oduya.org\",\"iat\":4000000000,\"exp\":4000003600}");
    assert_int_equal(sim_count(&r, NULL), 0);
}
static void test_token_that_nobody_accepts(void **state) {
    struct ferry f = {.claims = "{\"sub\":\"f-2231\"}", .closes = true};
    struct scan_result r = scan_for(*state, &f, "jwt-quality", HEAD "paths:\n" GUARDED SCHEMES, NULL);
    assert_int_equal(sim_count(&r, NULL), 0);
}

// Every entry fits its true samples and none of its false ones.
static bool has_word(struct sv path, struct sv word) {
    struct sv segment;
    while (path.ptr != NULL && sv_split(&path, '/', &segment)) {
        struct word w = word_of(segment);
        if (w.len > 0 && sv_eq(sv_make(w.text, w.len), word)) return true;
    }
    return false;
}
static size_t walk(struct arena *a, const char *name, const char *list, const char *key) {
    struct node *root;
    struct error err = {0};
    size_t count = 0;
    assert_ok(&err, knowledge_load(a, sv_from(name), &root, &err));
    for (const struct node *n = node_get(root, sv_from(list))->first; n != NULL; n = n->next, count++) {
        struct word w = word_of(node_get_text(n, sv_from(key)));
        struct sv word = sv_make(w.text, w.len);
        assert_true(w.len > 0 && node_get_text(n, SV("source")).len > 0);
        for (const struct node *s = node_get(n, SV("true"))->first; s != NULL; s = s->next) assert_true(has_word(s->text, word));
        for (const struct node *s = node_get(n, SV("false"))->first; s != NULL; s = s->next) assert_false(has_word(s->text, word));
    }
    return count;
}
static void test_samples_of_the_lists(void **state) {
    assert_true(walk(*state, "wordlists/auth-open-writes", "words", "word") >= 20);
    assert_true(walk(*state, "wordlists/auth-claims", "names", "name") >= 8);
    assert_true(walk(*state, "wordlists/auth-claims", "algorithms", "name") >= 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_writing_left_open),
        test_with_arena(test_writing_open_on_purpose),
        test_with_arena(test_basic_without_tls),
        test_with_arena(test_flows_of_the_past),
        test_with_arena(test_key_in_the_query_by_description),
        test_with_arena(test_life_of_tokens),
        test_with_arena(test_claims),
        test_with_arena(test_token_that_nobody_accepts),
        test_with_arena(test_samples_of_the_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
