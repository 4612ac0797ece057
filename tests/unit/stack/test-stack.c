// SPDX-License-Identifier: Apache-2.0
#include "data/knowledge.h"
#include "stack/stack.h"
#include "stack/stack_internal.h"
#include "support/test.h"
#include "unit/stack/answer.h"

static struct stack *new_stack(struct arena *a) {
    struct error err = {0};
    static const char *const names[] = {"fingerprints/frameworks", "fingerprints/languages", "fingerprints/datastores",
                                        "fingerprints/clouds", "fingerprints/proxies"};
    struct node *n[5] = {NULL};
    for (size_t i = 0; i < 5; i++)
        assert_ok(&err, knowledge_load(a, sv_from(names[i]), &n[i], &err));
    struct stack_options o = {n[0], n[1], n[2], n[3], n[4], 3};
    struct stack *s = NULL;
    assert_ok(&err, stack_new(a, &o, &s, &err));
    return s;
}

// What a server of a kind answers to the questions.
typedef struct exchange (*server)(struct arena *a, const struct request *rq, bool known_path);

static void ask_all(struct arena *a, struct stack *s, server serve) {
    struct error err = {0};
    struct request rq = {0};
    uint32_t id;
    unsigned asked = 0;
    while (stack_next(s, a, SV("/items"), &rq, &id)) {
        asked++;
        assert_true(asked <= 8);
        struct exchange x = serve(a, &rq, sv_eq(rq.target, SV("/items")));
        x.request = rq;
        assert_ok(&err, stack_observe(s, &x, &err));
        assert_ok(&err, stack_answer(s, id, &x, &err));
        rq = (struct request){0};
    }
    assert_int_equal(asked, 8);
    assert_false(stack_next(s, a, SV("/items"), &rq, &id));
}

static bool is_method(const struct request *rq, const char *name) {
    return sv_eq(rq->method, sv_from(name));
}

// chi v5 at its current head: one Allow line for each method, its own 404 replaced by JSON as services do.
static struct exchange chi(struct arena *a, const struct request *rq, bool known) {
    if (sv_eq(rq->target, SV("/%zz")))
        return answer(a, "GET", "/", 400, "Content-Type: text/plain; charset=utf-8\nConnection: close",
                      "400 Bad Request");
    if (!known && !sv_starts_with(rq->target, SV("/items?")))
        return answer(a, "GET", "/", 404, "Content-Type: application/json\nContent-Length: 21",
                      "{\"error\":\"not found\"}");
    if (is_method(rq, "OPTIONS") || is_method(rq, "HEAD"))
        return answer(a, "GET", "/", 405, "Allow: GET\nAllow: POST\nContent-Length: 0", "");
    if (is_method(rq, "FOOBAR"))
        return answer(a, "GET", "/", 405, "Content-Length: 0", "");
    return answer(a, "GET", "/", 200, "Content-Type: application/json", "{\"items\":[]}");
}

static struct exchange axum(struct arena *a, const struct request *rq, bool known) {
    if (!known && !sv_starts_with(rq->target, SV("/items?")))
        return answer(a, "GET", "/", 404, "content-length: 0\ndate: x", "");
    if (is_method(rq, "OPTIONS") || is_method(rq, "FOOBAR"))
        return answer(a, "GET", "/", 405, "allow: GET,HEAD\ncontent-length: 0\ndate: x", "");
    return answer(a, "GET", "/", 200, "content-type: application/json\ndate: x", "{\"items\":[]}");
}

static struct exchange fastapi(struct arena *a, const struct request *rq, bool known) {
    if (!known && !sv_starts_with(rq->target, SV("/items?")))
        return answer(a, "GET", "/", 404, "content-type: application/json\nserver: uvicorn",
                      "{\"detail\":\"Not Found\"}");
    if (!is_method(rq, "GET"))
        return answer(a, "GET", "/", 405, "content-type: application/json\nallow: GET\nserver: uvicorn",
                      "{\"detail\":\"Method Not Allowed\"}");
    return answer(a, "GET", "/", 200, "content-type: application/json\nserver: uvicorn", "[]");
}

static struct exchange behind_nginx(struct arena *a, const struct request *rq, bool known) {
    (void)rq;
    return known ? answer(a, "GET", "/", 200, "Server: nginx/1.22.1\nContent-Type: application/json", "[]")
                 : answer(a, "GET", "/", 404, "Server: nginx/1.22.1\nContent-Type: text/html",
                          "<html><head><title>404 Not Found</title></head><hr><center>nginx/1.22.1</center></html>");
}

static struct exchange silent(struct arena *a, const struct request *rq, bool known) {
    (void)rq;
    (void)known;
    return answer(a, "GET", "/", 200, "Content-Type: application/json", "{\"ok\":true}");
}

static void test_chi(void **state) {
    struct arena *a = *state;
    struct stack *s = new_stack(a);
    ask_all(a, s, chi);
    struct stack_guess g = stack_best(s, STACK_FRAMEWORK);
    assert_sv_text(g.id, "chi");
    assert_true(g.confidence > 0.8 && g.confidence < 1);
    assert_true(sv_contains(g.evidence, SV("405")));
    g = stack_best(s, STACK_LANGUAGE);
    assert_sv_text(g.id, "go");
    assert_true(stack_best(s, STACK_DATASTORE).name.ptr == NULL);
    assert_true(stack_best(s, STACK_PROXY).name.ptr == NULL);
}

static void test_axum(void **state) {
    struct arena *a = *state;
    struct stack *s = new_stack(a);
    ask_all(a, s, axum);
    assert_sv_text(stack_best(s, STACK_FRAMEWORK).id, "axum");
    assert_sv_text(stack_best(s, STACK_LANGUAGE).id, "rust");
    assert_true(stack_confidence(s, STACK_FRAMEWORK, SV("chi")) < 0.3);
}

static void test_fastapi(void **state) {
    struct arena *a = *state;
    struct stack *s = new_stack(a);
    ask_all(a, s, fastapi);
    assert_sv_text(stack_best(s, STACK_FRAMEWORK).id, "fastapi");
    assert_sv_text(stack_best(s, STACK_LANGUAGE).id, "python");
}

static void test_proxy_with_version(void **state) {
    struct arena *a = *state;
    struct stack *s = new_stack(a);
    ask_all(a, s, behind_nginx);
    struct stack_guess g = stack_best(s, STACK_PROXY);
    assert_sv_text(g.id, "nginx");
    assert_sv_text(g.version, "1.22.1");
    assert_true(stack_best(s, STACK_FRAMEWORK).name.ptr == NULL);
}

static void test_nothing_shown(void **state) {
    struct arena *a = *state;
    struct stack *s = new_stack(a);
    ask_all(a, s, silent);
    for (int i = 0; i < STACK_LAYER_COUNT; i++)
        assert_true(stack_best(s, (enum stack_layer)i).name.ptr == NULL);
}

static void observe(struct arena *a, struct stack *s, unsigned status, const char *body) {
    struct error err = {0};
    struct exchange x = answer(a, "GET", "/q", status, "Content-Type: application/json", body);
    assert_ok(&err, stack_observe(s, &x, &err));
}

static void test_dynamodb_and_identity_from_texts(void **state) {
    struct arena *a = *state;
    struct stack *s = new_stack(a);
    observe(a, s, 500,
            "{\"error\":\"operation error DynamoDB: Query, https response error StatusCode: 400, RequestID: "
            "3V3A2JQ9H4C1K7Z8T5W6X0Y2B4D6F8G1H3J5K7L9M1N3P5Q7R9S0, api error ValidationException: "
            "Invalid FilterExpression: Syntax error\"}");
    observe(a, s, 500,
            "{\"error\":\"User: arn:aws:sts::123456789012:assumed-role/node/i-0123456789abcdef0 is not authorized "
            "to perform: dynamodb:Scan on resource: arn:aws:dynamodb:eu-west-1:123456789012:table/a\"}");
    struct stack_guess g = stack_best(s, STACK_DATASTORE);
    assert_sv_text(g.id, "dynamodb");
    assert_true(g.confidence > 0.9);
    assert_sv_text(stack_best(s, STACK_CLOUD).id, "aws");
    assert_sv_text(stack_best(s, STACK_LANGUAGE).id, "go");
    g = stack_best(s, STACK_IDENTITY_SOURCE);
    assert_sv_text(g.id, "ec2-instance-profile");
    assert_true(sv_contains(g.evidence, SV("i-0123456789abcdef0")));
}

static void test_cursor(void **state) {
    (void)state;
    // {"pk":{"S":"user#7"},"sk":{"N":"4"}}, {"page":2}, {"pk":{"S":"a"}} within a URL
    assert_sv_text(dynamodb_cursor_find(SV("{\"next\":\"eyJwayI6eyJTIjoidXNlciM3In0sInNrIjp7Ik4iOiI0In19\"}")),
                   "eyJwayI6eyJTIjoidXNlciM3In0sInNrIjp7Ik4iOiI0In19");
    assert_true(dynamodb_cursor_find(SV("{\"next\":\"eyJwYWdlIjoyfQ==\"}")).ptr == NULL);
    assert_true(dynamodb_cursor_find(SV("{\"next\":\"/a?after=eyJwayI6eyJTIjoiYSJ9fQ\"}")).ptr != NULL);
    assert_true(dynamodb_cursor_find(SV("eyJ")).ptr == NULL);
    assert_true(dynamodb_cursor_find(SV("")).ptr == NULL);
    // A JSON Web Token begins in the same way.
    assert_true(dynamodb_cursor_find(SV("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.x")).ptr == NULL);
}

static void test_evidence_is_one_harmless_line(void **state) {
    struct arena *a = *state;
    struct stack *s = new_stack(a);
    struct error err = {0};
    struct exchange x = answer(a, "GET", "/a\x1b[31m\r\nb", 200, "", "{}");
    assert_true(header_add(a, &x.response.headers, SV("Server"), SV("nginx/1.2\x1b[2J\x07\n\xff end")));
    assert_ok(&err, stack_observe(s, &x, &err));
    struct stack_guess g = stack_best(s, STACK_PROXY);
    assert_sv_text(g.id, "nginx");
    for (size_t i = 0; i < g.evidence.len; i++)
        assert_true((unsigned char)g.evidence.ptr[i] >= ' ' && (unsigned char)g.evidence.ptr[i] < 0x7f);
}

// Bodies that are large, cut in the middle or made to keep an expression busy.
static void test_hostile_bodies(void **state) {
    struct arena *a = *state;
    struct stack *s = new_stack(a);
    struct error err = {0};
    static const char *const seeds[] = {"goroutine ",
                                        "{\"S\":",
                                        "eyJ",
                                        "Exception\n\tat org.",
                                        ":assumed-role/aaaaaaaaaaaaaaaaaaaaaa",
                                        "\"root_cause\":[{\"type\":\"",
                                        "ORA-",
                                        "\xff\xfe{\"timestamp\":\"1\","};
    for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++) {
        struct sv seed = sv_from(seeds[i]);
        size_t size = (size_t)1 << 20;
        char *body = malloc(size);
        assert_non_null(body);
        for (size_t k = 0; k < size; k++)
            body[k] = seed.ptr[k % seed.len];
        struct exchange x = answer(a, "GET", "/big", i % 2 == 0 ? 500 : 200, "Content-Type: text/plain", "");
        x.response.body = sv_make(body, size);
        assert_ok(&err, stack_observe(s, &x, &err));
        free(body);
    }
    assert_true(s->a->used < (size_t)8 << 20);
}

static void test_many_answers_are_cheap(void **state) {
    struct arena *a = *state;
    struct stack *s = new_stack(a);
    struct error err = {0};
    struct exchange x = answer(a, "GET", "/x", 404, "Content-Type: application/json", "{\"error\":\"no such thing\"}");
    assert_ok(&err, stack_observe(s, &x, &err));
    size_t used = a->used;
    for (int i = 0; i < 100000; i++)
        assert_ok(&err, stack_observe(s, &x, &err));
    assert_int_equal(a->used, used);
}

static void test_unanswered_and_foreign_ids(void **state) {
    struct arena *a = *state;
    struct stack *s = new_stack(a);
    struct error err = {0};
    struct exchange x = answer(a, "GET", "/x", 200, "Server: nginx", "");
    x.outcome = OUTCOME_TIMEOUT;
    assert_ok(&err, stack_observe(s, &x, &err));
    assert_ok(&err, stack_answer(s, 3, &x, &err));
    x.outcome = OUTCOME_DONE;
    assert_ok(&err, stack_answer(s, 4000000000U, &x, &err));
    assert_true(stack_best(s, STACK_PROXY).name.ptr == NULL);
}

static void test_without_data(void **state) {
    struct arena *a = *state;
    struct error err = {0};
    struct stack_options o = {0};
    struct stack *s = NULL;
    assert_ok(&err, stack_new(a, &o, &s, &err));
    ask_all(a, s, chi);
    assert_true(stack_best(s, STACK_FRAMEWORK).name.ptr == NULL);
}

static int load_text(struct arena *a, const char *yaml, struct error *err) {
    struct node *n = NULL;
    assert_ok(err, node_parse_yaml(a, sv_from(yaml), &node_limits_document, &n, err));
    struct stack_options o = {.frameworks = n};
    struct stack *s = NULL;
    return stack_new(a, &o, &s, err);
}

static void test_mistakes_in_data_are_told(void **state) {
    struct arena *a = *state;
    struct error err = {0};
    assert_error(&err, ERR_SYNTAX, load_text(a, "fingerprints: [{id: a, name: A, features: [{weight: 0.95}]}]", &err));
    assert_non_null(strstr(err.text, "\"a\""));
    assert_error(&err, ERR_SYNTAX, load_text(a, "fingerprints: [{id: a}]", &err));
    assert_error(&err, ERR_SYNTAX,
                 load_text(a, "fingerprints: [{id: a, name: A, features: [{weight: 0.5, regex: x}]}]", &err));
    assert_error(&err, ERR_SYNTAX,
                 load_text(a, "fingerprints: [{id: a, name: A, features: [{weight: 0.5, text: abc}]}]", &err));
    assert_error(&err, ERR_SYNTAX,
                 load_text(a, "fingerprints: [{id: a, name: A, features: [{weight: 0.5, probe: dance}]}]", &err));
    assert_error(&err, ERR_SYNTAX,
                 load_text(a, "fingerprints: [{id: a, name: A, features: [{weight: 0.5, status: 42}]}]", &err));
    assert_error(&err, ERR_SYNTAX, load_text(a, "fingerprints: [{id: a, name: A, implies: {weather: rain}}]", &err));
    assert_ok(&err, load_text(a, "fingerprints: [{id: a, name: A, features: [{weight: 0.5, text: abcd}]}]", &err));
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_chi),
    test_with_arena(test_axum),
    test_with_arena(test_fastapi),
    test_with_arena(test_proxy_with_version),
    test_with_arena(test_nothing_shown),
    test_with_arena(test_dynamodb_and_identity_from_texts),
    cmocka_unit_test(test_cursor),
    test_with_arena(test_evidence_is_one_harmless_line),
    test_with_arena(test_hostile_bodies),
    test_with_arena(test_many_answers_are_cheap),
    test_with_arena(test_unanswered_and_foreign_ids),
    test_with_arena(test_without_data),
    test_with_arena(test_mistakes_in_data_are_told),
};

TEST_MAIN(tests)
