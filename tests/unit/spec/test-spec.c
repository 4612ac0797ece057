// SPDX-License-Identifier: Apache-2.0
#include "spec/spec.h"

#include "base/buf.h"
#include "http/build.h"
#include "http/header.h"
#include "support/test.h"

// Serves the files of tests/data/specs and remembers what was asked for.
struct folder {
    struct reader reader;
    char asked[8][64];
    size_t count;
};

static struct sv load(struct arena *a, struct sv name) {
    const char *source = getenv("PLUMB_SOURCE_DIR");
    char path[512];
    (void)snprintf(path, sizeof path, "%s/tests/data/specs/" SV_FMT, source != NULL ? source : ".", SV_ARG(name));
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        return SV_NONE;
    char *bytes = arena_alloc(a, (size_t)1 << 20);
    assert_non_null(bytes);
    size_t n = fread(bytes, 1, (size_t)1 << 20, f);
    (void)fclose(f);
    return sv_make(bytes, n);
}

static int folder_read(struct reader *self, struct arena *a, struct sv name, struct sv *ret, struct error *err) {
    struct folder *f = (struct folder *)(void *)self;
    assert_true(f->count < 8 && name.len < 64);
    memcpy(f->asked[f->count++], name.ptr, name.len);
    *ret = load(a, name);
    return ret->ptr != NULL ? 0 : error_set(err, ERR_NOT_FOUND, "no such file");
}

struct loaded {
    struct api api;
    struct spec_warnings warnings;
    struct folder folder;
};

static struct loaded *read_text(struct arena *a, struct sv text, const char *origin) {
    struct loaded *l = arena_new(a, struct loaded);
    assert_non_null(l);
    l->folder.reader.read = folder_read;
    struct spec_options options = {SV("spec.yaml"), sv_from(origin), &l->folder.reader};
    struct error err = {0};
    assert_ok(&err, spec_read(a, text, &options, &l->api, &l->warnings, &err));
    return l;
}

static const struct operation *operation(const struct loaded *l, struct sv method, struct sv path) {
    const struct operation *op = api_find_operation(&l->api, method, path);
    if (op == NULL) {
        fail_msg("no operation " SV_FMT " " SV_FMT, SV_ARG(method), SV_ARG(path));
        abort(); // not reached, which the compiler cannot know
    }
    return op;
}

static const struct parameter *parameter(const struct operation *op, enum param_in in, struct sv name) {
    size_t i = call_find(op, in, name);
    if (i == SIZE_MAX) {
        fail_msg("no parameter " SV_FMT, SV_ARG(name));
        abort();
    }
    return &op->parameters[i];
}

static bool warned(const struct loaded *l, unsigned line, const char *part) {
    for (size_t i = 0; i < l->warnings.len; i++)
        if ((line == 0 || l->warnings.ptr[i].line == line) && sv_contains(l->warnings.ptr[i].text, sv_from(part)))
            return true;
    for (size_t i = 0; i < l->warnings.len; i++)
        print_error(SV_FMT ":%u:%u: " SV_FMT "\n", SV_ARG(l->warnings.ptr[i].file), l->warnings.ptr[i].line,
                    l->warnings.ptr[i].column, SV_ARG(l->warnings.ptr[i].text));
    return false;
}

static void test_openapi31_head(void **state) {
    struct arena *a = *state;
    struct loaded *l = read_text(a, load(a, SV("openapi31.yaml")), "https://nowhere.example");
    assert_sv_text(l->api.title, "Harbour");
    assert_sv_text(l->api.version, "1.2.0");
    assert_sv_text(l->api.spec_version, "3.1.0");
    assert_int_equal(l->api.server_count, 2);
    assert_sv_text(l->api.servers[0], "https://eu.harbour.example/live/v2/");
    assert_int_equal(l->api.scheme_count, 3);
    assert_int_equal(l->api.schemes[0].kind, SCHEME_BEARER);
    assert_int_equal(l->api.schemes[1].in, PARAM_QUERY);
    assert_sv_text(l->api.schemes[1].param_name, "api_key");
    assert_int_equal(l->api.operation_count, 4);
    l = read_text(a, load(a, SV("openapi31.yaml")), "https://test.harbour.example");
    assert_non_null(operation(l, SV("GET"), SV("/t/berths/{}")));
}

static void test_openapi31_parameters(void **state) {
    struct arena *a = *state;
    struct loaded *l = read_text(a, load(a, SV("openapi31.yaml")), "");
    const struct operation *op = operation(l, SV("GET"), SV("/live/v2/berths/{berth}"));
    assert_sv_text(op->operation_id, "getBerth");
    assert_int_equal(op->tag_count, 2);
    assert_int_equal(op->line, 42);
    assert_int_equal(op->column, 5);
    assert_int_equal(op->parameter_count, 6);
    const struct parameter *p = parameter(op, PARAM_PATH, SV("berth"));
    assert_true(p->required && p->schema->has_minimum && p->schema->has_maximum);
    assert_int_equal((int)p->schema->maximum, 40);
    assert_sv_text(p->example, "12");
    p = parameter(op, PARAM_QUERY, SV("verbose"));
    assert_true(p->required && p->description.ptr == NULL); // the operation's wins
    assert_int_equal(p->schema->enum_count, 2);
    assert_sv_text(p->schema->enums[1], "\"b\"");
    assert_sv_text(parameter(op, PARAM_HEADER, SV("x-trace"))->example, "t1");
    assert_sv_text(parameter(op, PARAM_QUERY, SV("filter[size]"))->example, "3");
    assert_sv_text(parameter(op, PARAM_QUERY, SV("sort"))->example, "name");
    assert_sv_text(parameter(op, PARAM_QUERY, SV("ids"))->example, "7");
    assert_int_equal(op->demand, DEMAND_CREDENTIALS);
    assert_int_equal(op->scheme_count, 1);
    assert_sv_text(op->scopes[0], "read");
    assert_int_equal(op->response_count, 4);
    assert_int_equal(op->responses[0].status, 200);
    assert_sv_text(op->responses[1].media_type, "text/csv");
    assert_int_equal(op->responses[2].status, 400);
    assert_int_equal(op->responses[3].status, 0);
    const struct schema *ship = op->responses[0].schema;
    assert_int_equal(ship->property_count, 7);
    for (size_t i = 0; i < ship->property_count; i++)
        if (sv_eq(ship->properties[i].name, SV("sister")))
            assert_ptr_equal(ship->properties[i].schema, ship); // a circle, not a copy
}

static void test_openapi31_body(void **state) {
    struct arena *a = *state;
    struct loaded *l = read_text(a, load(a, SV("openapi31.yaml")), "");
    const struct operation *op = operation(l, SV("PUT"), SV("/live/v2/berths/{berth}"));
    assert_true(op->read_only && op->deprecated && op->body_required);
    assert_sv_text(op->body_media_type, "application/json");
    assert_int_equal(op->demand, DEMAND_OPTIONAL);
    assert_int_equal(op->scheme_count, 2);
    assert_int_equal(op->scope_count, 2);
    assert_sv_text(parameter(op, PARAM_BODY, SV("name"))->example, "Clara");
    assert_true(parameter(op, PARAM_BODY, SV("name"))->required);
    assert_sv_text(parameter(op, PARAM_BODY, SV("crew[].role"))->example, "mate");
    const struct schema *role = parameter(op, PARAM_BODY, SV("crew[].role"))->schema;
    assert_int_equal(role->types, TYPE_STRING | TYPE_NULL);
    assert_sv_text(role->pattern, "^[a-z]+$");
    assert_sv_text(parameter(op, PARAM_BODY, SV("kind"))->example, "cargo");
    assert_int_equal(parameter(op, PARAM_BODY, SV("kind"))->schema->types, TYPE_STRING);
    assert_sv_text(parameter(op, PARAM_BODY, SV("length"))->example, "12.5");
    assert_int_equal(parameter(op, PARAM_BODY, SV("length"))->schema->types, TYPE_NUMBER | TYPE_NULL);
    assert_true(call_find(op, PARAM_BODY, SV("id")) == SIZE_MAX); // read-only
    assert_sv_text(parameter(op, PARAM_BODY, SV("sister.name"))->example, "Berta");
    assert_true(call_find(op, PARAM_BODY, SV("sister.sister.sister.sister.sister")) != SIZE_MAX); // cut at depth 5
    op = operation(l, SV("POST"), SV("/other/open/{}/{}"));
    assert_int_equal(op->demand, DEMAND_NOTHING);
    assert_sv_text(parameter(op, PARAM_BODY, SV("[]"))->example, "x");
    assert_false(op->body_required);
}

static void test_broken_parts_cost_themselves(void **state) {
    struct arena *a = *state;
    struct loaded *l = read_text(a, load(a, SV("openapi31.yaml")), "");
    assert_true(warned(l, 80, "operation skipped: it is no object"));
    assert_true(warned(l, 0, "the path parameter what is not described"));
    assert_true(warned(l, 89, "path skipped: it does not begin"));
    assert_true(warned(l, 88, "operation skipped: POST /other/open/{a}/{b} is described before"));
    assert_true(warned(l, 0, "nothing is fetched"));
    assert_true(warned(l, 0, "leads nowhere: #/components/parameters/None"));
    assert_true(warned(l, 0, "leaves the directory"));
    assert_true(warned(l, 0, "parts/none.yaml cannot be read: no such file"));
    const struct operation *op = operation(l, SV("GET"), SV("/live/v2/bad-parts"));
    assert_int_equal(op->parameter_count, 1);
    assert_sv_text(op->parameters[0].name, "ok");
    assert_int_equal(l->folder.count, 2);
    assert_string_equal(l->folder.asked[0], "parts/common.yaml");
    assert_string_equal(l->folder.asked[1], "parts/none.yaml");
}

static void test_swagger2(void **state) {
    struct arena *a = *state;
    struct loaded *l = read_text(a, load(a, SV("swagger2.json")), "http://127.0.0.1:8080");
    assert_int_equal(l->warnings.len, 0);
    assert_sv_text(l->api.spec_version, "2.0");
    assert_int_equal(l->api.server_count, 2);
    assert_sv_text(l->api.servers[0], "https://books.example:8443/api/");
    const struct operation *op = operation(l, SV("GET"), SV("/api/books"));
    assert_int_equal(op->demand, DEMAND_UNKNOWN);
    assert_sv_text(parameter(op, PARAM_QUERY, SV("page"))->example, "1");
    assert_true(parameter(op, PARAM_QUERY, SV("page"))->schema->has_maximum);
    assert_sv_text(parameter(op, PARAM_QUERY, SV("tags"))->example, "new");
    assert_sv_text(op->responses[0].media_type, "application/json");
    assert_int_equal(op->responses[0].schema->types, TYPE_ARRAY);
    assert_int_equal(op->responses[0].schema->items->property_count, 3);
    op = operation(l, SV("POST"), SV("/api/books"));
    assert_sv_text(op->body_media_type, "application/json");
    assert_true(op->body_required);
    assert_int_equal(op->demand, DEMAND_CREDENTIALS);
    assert_int_equal(op->schemes[0]->kind, SCHEME_BASIC);
    assert_sv_text(parameter(op, PARAM_BODY, SV("title"))->example, "A \"good\" one");
    assert_sv_text(parameter(op, PARAM_BODY, SV("shelf.row"))->example, "4");
    op = operation(l, SV("POST"), SV("/api/covers/{}"));
    assert_sv_text(op->body_media_type, "multipart/form-data");
    assert_sv_text(parameter(op, PARAM_BODY, SV("image"))->schema->format, "binary");
    assert_sv_text(parameter(op, PARAM_BODY, SV("note\\.text"))->example, "n");
    op = operation(l, SV("PUT"), SV("/api/covers/{}"));
    assert_sv_text(op->body_media_type, "application/x-www-form-urlencoded");
}

// A specification's examples must build a request without anybody's help.
static void test_examples_build_a_request(void **state) {
    struct arena *a = *state;
    struct loaded *l = read_text(a, load(a, SV("swagger2.json")), "");
    const struct operation *op = operation(l, SV("POST"), SV("/api/books"));
    struct call c = {op, arena_new_array(a, struct param_value, op->parameter_count + 1)};
    for (size_t i = 0; i < op->parameter_count; i++)
        c.values[i] = (struct param_value){.text = op->parameters[i].example,
                                           .present = op->parameters[i].example.ptr != NULL};
    struct request rq = {0};
    struct error err = {0};
    assert_ok(&err, call_build(a, &c, &rq, &err));
    assert_sv_text(rq.target, "/api/books");
    assert_sv_text(rq.body, "{\"title\":\"A \\\"good\\\" one\",\"shelf\":{\"row\":4}}");
}

static void test_useless_documents(void **state) {
    struct arena *a = *state;
    static const struct {
        struct sv text;
        int code;
        unsigned line;
    } cases[] = {
        {SV_INIT("[]"), ERR_SYNTAX, 1},
        {SV_INIT("{\"a\":1}"), ERR_SYNTAX, 1},
        {SV_INIT("{\n\"openapi\":\n \"4.0\"}"), ERR_UNSUPPORTED, 3},
        {SV_INIT("swagger: '1.2'\npaths: {}"), ERR_UNSUPPORTED, 1},
        {SV_INIT("swaggerVersion: 1.2\n"), ERR_UNSUPPORTED, 1},
        {SV_INIT("openapi: 3.0.0\n"), ERR_SYNTAX, 1},
        {SV_INIT("openapi: 3.0.0\npaths: []"), ERR_SYNTAX, 1},
        {SV_INIT("{\"openapi\": \"3.0.0\","), ERR_SYNTAX, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct api api = {0};
        struct error err = {0};
        struct spec_options options = {.name = SV("x.yaml")};
        assert_error(&err, cases[i].code, spec_read(a, cases[i].text, &options, &api, NULL, &err));
        assert_int_equal(err.line, cases[i].line);
        assert_non_null(strstr(err.text, "x.yaml"));
        assert_null(api.spec_version.ptr); // untouched
    }
}

static void test_circles_and_bombs_end(void **state) {
    struct arena *a = *state;
    struct loaded *l = read_text(
        a,
        SV("openapi: 3.0.0\npaths:\n  /a:\n    get:\n      parameters:\n      - $ref: '#/x/p'\n      - {name: s, in: "
           "query, "
           "schema: {$ref: '#/x/s'}}\n      - {name: t, in: query, schema: {$ref: '#/x/t'}}\n      requestBody: {$ref: "
           "'#/x/b'}\n      responses: {}\n  /b:\n    $ref: '#/paths/~1b'\nx:\n  p: {$ref: '#/x/q'}\n  q: {$ref: "
           "'#/x/p'}\n  s: "
           "{allOf: [{$ref: '#/x/s'}, {$ref: '#/x/s'}, {type: string}]}\n  t: {allOf: [{$ref: '#/x/u'}, {$ref: "
           "'#/x/u'}]}\n  "
           "u: {allOf: [{$ref: '#/x/v'}, {$ref: '#/x/v'}]}\n  v: {anyOf: [{$ref: '#/x/t'}], items: {$ref: '#/x/v'}}\n  "
           "b: "
           "{content: {application/json: {schema: {type: array, items: {$ref: '#/x/v'}}}}}\n"),
        "");
    assert_int_equal(l->api.operation_count, 1);
    assert_true(warned(l, 0, "circle"));
    assert_true(warned(l, 0, "too many parts"));
    assert_int_equal(operation(l, SV("GET"), SV("/a"))->parameter_count, 3); // s, t and the body
}

static void test_long_chain_of_schemas(void **state) {
    struct arena *a = *state;
    auto_buf b = BUF_INIT((size_t)8 << 20);
    buf_add(&b,
            SV("{\"openapi\":\"3.0.0\",\"paths\":{\"/a\":{\"get\":{\"responses\":{\"200\":{\"content\":{\"application/"
               "json\":{\"schema\":{\"$ref\":\"#/s/n0\"}}}}}}}},\"s\":{"));
    for (unsigned i = 0; i < 5000; i++)
        buf_addf(&b, "\"n%u\":{\"properties\":{\"next\":{\"$ref\":\"#/s/n%u\"}}},", i, i + 1);
    buf_add(&b, SV("\"n5000\":{\"type\":\"string\"}}}"));
    struct loaded *l = read_text(a, buf_sv(&b), "");
    const struct schema *s = l->api.operations[0]->responses[0].schema;
    size_t depth = 0;
    for (; s->property_count == 1; depth++)
        s = s->properties[0].schema;
    assert_int_equal(depth, 5000);
    assert_int_equal(s->types, TYPE_STRING);
}

static void test_many_leaves_keep_the_required(void **state) {
    struct arena *a = *state;
    auto_buf b = BUF_INIT((size_t)1 << 20);
    buf_add(&b, SV("{\"openapi\":\"3.0.0\",\"paths\":{\"/a\":{\"post\":{\"requestBody\":{\"content\":{\"application/"
                   "json\":{\"schema\":{\"required\":[\"last\"],\"properties\":{"));
    for (unsigned i = 0; i < 100; i++)
        buf_addf(&b, "\"p%u\":{\"type\":\"string\"},", i);
    buf_add(&b, SV("\"last\":{\"type\":\"string\"}}}}}},\"responses\":{}}}}}"));
    struct loaded *l = read_text(a, buf_sv(&b), "");
    const struct operation *op = l->api.operations[0];
    assert_int_equal(op->parameter_count, 64);
    assert_true(parameter(op, PARAM_BODY, SV("last"))->required);
    assert_true(warned(l, 1, "more than 64 values"));
}

// 40 KB that describe 10^12 visits: wide objects in wide objects, all read-only at the end.
static void test_wide_schemas_are_given_up(void **state) {
    struct arena *a = *state;
    auto_buf b = BUF_INIT((size_t)1 << 20);
    buf_add(&b, SV("{\"openapi\":\"3.0.0\",\"paths\":{\"/a\":{\"post\":{\"requestBody\":{\"content\":{\"application/"
                   "json\":{\"schema\":{\"$ref\":\"#/s0\"}}}},\"responses\":{}}},\"/b\":{\"get\":{}}}"));
    for (unsigned level = 0; level < 4; level++) {
        buf_addf(&b, ",\"s%u\":{\"properties\":{", level);
        for (unsigned i = 0; i < 1000; i++)
            buf_addf(&b, "%s\"%u\":{\"$ref\":\"#/s%u\"}", i > 0 ? "," : "", i, level + 1);
        buf_add(&b, SV("}}"));
    }
    buf_add(&b, SV(",\"s4\":{\"readOnly\":true}}"));
    struct loaded *l = read_text(a, buf_sv(&b), "");
    assert_int_equal(l->api.operation_count, 2);
    assert_int_equal(l->api.operations[0]->parameter_count, 0);
    assert_true(warned(l, 1, "more than 64 values"));
}

static void test_header_examples_stand_on_one_line(void **state) {
    struct arena *a = *state;
    struct loaded *l = read_text(
        a,
        SV("openapi: 3.0.0\npaths: {/x: {get: {parameters: [{name: S, in: header, example: \"a\\nb\\r\\n\", "
           "schema: {type: string}}], responses: {}}}}\n"),
        "");
    assert_sv_text(parameter(l->api.operations[0], PARAM_HEADER, SV("S"))->example, "a b");
}

static void test_servers(void **state) {
    struct arena *a = *state;
    static const struct {
        const char *servers, *origin, *path;
    } cases[] = {
        {"[]", "", "/x"},
        {"[{url: /}]", "", "/x"},
        {"[{url: /a/}]", "", "/a/x"},
        {"[{url: 'https://h/b'}, {url: 'https://i/c'}]", "https://i", "/c/x"},
        {"[{url: 'https://h/b'}, {url: 'https://i/c'}]", "https://i:443", "/c/x"},
        {"[{url: 'https://h/b'}, {url: 'https://i/c'}]", "http://i", "/b/x"},
        {"[{url: 'https://{t}.h/b'}]", "http://i", "/b/x"},
        {"[{url: 'ftp:nothing'}, {url: 'https://i/c/../d'}]", "", "/d/x"},
        {"[{description: none}]", "", "/x"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sv text = arena_printf(a, "openapi: 3.0.0\nservers: %s\npaths: {/x: {get: {responses: {}}}}\n",
                                      cases[i].servers);
        struct loaded *l = read_text(a, text, cases[i].origin);
        assert_sv_equal(l->api.operations[0]->path, sv_from(cases[i].path));
    }
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_openapi31_head),
    test_with_arena(test_openapi31_parameters),
    test_with_arena(test_openapi31_body),
    test_with_arena(test_broken_parts_cost_themselves),
    test_with_arena(test_swagger2),
    test_with_arena(test_examples_build_a_request),
    test_with_arena(test_useless_documents),
    test_with_arena(test_circles_and_bombs_end),
    test_with_arena(test_long_chain_of_schemas),
    test_with_arena(test_many_leaves_keep_the_required),
    test_with_arena(test_wide_schemas_are_given_up),
    test_with_arena(test_header_examples_stand_on_one_line),
    test_with_arena(test_servers),
};

TEST_MAIN(tests)
