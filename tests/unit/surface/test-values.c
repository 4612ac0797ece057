// SPDX-License-Identifier: Apache-2.0
#include "http/header.h"
#include "support/test.h"
#include "surface/values_internal.h"

static struct schema *schema(struct arena *a, uint32_t types) {
    struct schema *s = arena_new(a, struct schema);
    assert_non_null(s);
    s->types = types;
    return s;
}

static struct rng seeded(void) {
    struct rng r;
    rng_init(&r, 4);
    return r;
}

static struct sv generate(struct arena *a, const char *name, uint32_t types, const char *format) {
    struct rng r = seeded();
    struct parameter p = {.name = sv_from(name), .in = PARAM_QUERY, .schema = schema(a, types)};
    p.schema->format = sv_from(format);
    return value_generate(a, &r, &p);
}

static void test_generated(void **state) {
    struct arena *a = *state;
    assert_sv_text(generate(a, "x", TYPE_STRING, "date"), "2024-05-17");
    assert_int_equal(generate(a, "x", TYPE_STRING, "uuid").len, 36);
    assert_true(sv_ends_with(generate(a, "x", TYPE_STRING, "email"), SV("@example.net")));
    assert_sv_text(generate(a, "x", TYPE_STRING, "ipv4"), "192.0.2.10");
    assert_sv_text(generate(a, "page", TYPE_INTEGER, NULL), "1");
    assert_sv_text(generate(a, "pageSize", TYPE_INTEGER, NULL), "10");
    assert_sv_text(generate(a, "country", TYPE_STRING, NULL), "US");
    assert_sv_text(generate(a, "filter.start_date", TYPE_STRING, NULL), "2024-05-17");
    assert_sv_text(generate(a, "flag", TYPE_BOOLEAN, NULL), "false");
    assert_sv_text(generate(a, "rate", TYPE_NUMBER, NULL), "1");
    assert_sv_text(generate(a, "thing", TYPE_STRING, NULL), "sample");
    assert_sv_text(generate(a, "thing_id", TYPE_STRING, NULL), "1");
    assert_sv_text(generate(a, "corporate", TYPE_STRING, NULL), "sample"); // does not end in the word "rate"
}

static void test_bounds(void **state) {
    struct arena *a = *state;
    struct rng r = seeded();
    struct parameter p = {.name = SV("limit"), .in = PARAM_QUERY, .schema = schema(a, TYPE_INTEGER)};
    p.schema->has_maximum = true;
    p.schema->maximum = 5;
    assert_sv_text(value_generate(a, &r, &p), "5");
    p.schema->has_minimum = true;
    p.schema->minimum = 40.5;
    p.schema->has_maximum = false;
    assert_sv_text(value_generate(a, &r, &p), "41");
    p = (struct parameter){.name = SV("t"), .in = PARAM_QUERY, .schema = schema(a, TYPE_STRING)};
    p.schema->has_max_length = true;
    p.schema->max_length = 3;
    assert_sv_text(value_generate(a, &r, &p), "sam");
    p.schema->max_length = 20;
    p.schema->min_length = 9;
    assert_sv_text(value_generate(a, &r, &p), "sampleaaa");
    p.schema->min_length = UINT64_MAX;
    assert_true(value_generate(a, &r, &p).len < 1000);
}

static bool all_in(struct sv s, const char *set) {
    for (size_t i = 0; i < s.len; i++)
        if (strchr(set, s.ptr[i]) == NULL)
            return false;
    return s.len > 0;
}

static void test_patterns(void **state) {
    struct arena *a = *state;
    struct rng r = seeded();
    struct sv v = value_of_pattern(a, &r, SV("^[A-Z]{3}$"));
    assert_int_equal(v.len, 3);
    assert_true(all_in(v, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"));
    v = value_of_pattern(a, &r, SV("^ord-\\d{4,6}$"));
    assert_int_equal(v.len, 8);
    assert_true(sv_starts_with(v, SV("ord-")) && sv_is_digits(sv_from_index(v, 4)));
    assert_sv_text(value_of_pattern(a, &r, SV("^(asc|desc)$")), "asc");
    assert_sv_text(value_of_pattern(a, &r, SV("a*b\\.c")), "b.c");
    v = value_of_pattern(a, &r, SV("(?:[a-f]\\d){2}"));
    assert_int_equal(v.len, 4);
    v = value_of_pattern(a, &r, SV("[^a]+"));
    assert_true(v.len == 3 && sv_find_char(v, 'a') == SIZE_MAX);
    assert_true(value_of_pattern(a, &r, SV("(?=x)y")).ptr == NULL);
    assert_true(value_of_pattern(a, &r, SV("\\p{L}+")).ptr == NULL);
    assert_true(value_of_pattern(a, &r, SV("(")).ptr == NULL);
    assert_true(value_of_pattern(a, &r, SV("[a")).ptr == NULL);
    assert_true(value_of_pattern(a, &r, SV("a{99999999999999}")).ptr == NULL);
    assert_true(
        value_of_pattern(a, &r, SV("((((((((((((((((((((a{9}){9}){9}){9}){9}){9}){9}){9}){9}){9}))))))))))")).ptr ==
        NULL);
    assert_true(value_of_pattern(a, &r, SV("")).ptr == NULL);
}

static struct operation operation_with(struct parameter *p, size_t n) {
    return (struct operation){.method = SV("GET"), .path = SV("/users/{id}"), .parameters = p, .parameter_count = n};
}

static struct call choose(struct arena *a, const struct operation *op, const struct entity_pool *pool,
                          unsigned attempt) {
    struct error err = {0};
    struct rng r = seeded();
    struct call c = {0};
    assert_ok(&err, values_choose(a, &r, op, pool, attempt, &c, &err));
    return c;
}

static void test_chosen(void **state) {
    struct arena *a = *state;
    struct error err = {0};
    struct entity_pool *pool = NULL;
    assert_ok(&err, entity_pool_new(a, 1, &pool, &err));
    struct exchange seen = {.id = 1,
                            .outcome = OUTCOME_DONE,
                            .request = {.method = SV("GET"), .target = SV("/users")},
                            .response = {.status = 200, .body = SV("[{\"id\":\"u-41\"},{\"id\":\"u-42\"}]")}};
    assert_true(header_add(a, &seen.response.headers, SV("Content-Type"), SV("application/json")));
    assert_ok(&err, entity_pool_observe(a, pool, &seen, SV("/users"), &err));
    struct sv enums[] = {SV("\"open\""), SV("\"closed\"")};
    struct parameter p[] = {
        {.name = SV("id"), .in = PARAM_PATH, .required = true, .schema = schema(a, TYPE_STRING), .example = SV("u-1")},
        {.name = SV("state"), .in = PARAM_QUERY, .required = true, .schema = schema(a, TYPE_STRING)},
        {.name = SV("q"), .in = PARAM_QUERY, .schema = schema(a, TYPE_STRING)},
        {.name = SV("sort"), .in = PARAM_QUERY, .schema = schema(a, TYPE_STRING)},
        {.name = SV("Authorization"), .in = PARAM_HEADER, .required = true, .schema = schema(a, TYPE_STRING)},
    };
    p[1].schema->enums = enums;
    p[1].schema->enum_count = 2;
    p[3].schema->example = SV("\"na\\u006de\"");
    struct operation op = operation_with(p, 5);
    struct call c = choose(a, &op, pool, 0);
    assert_true(c.operation == &op);
    assert_sv_text(c.values[0].text, "u-41"); // seen in an answer: before the example
    assert_sv_text(c.values[1].text, "open");
    assert_false(c.values[2].present);
    assert_sv_text(c.values[3].text, "name");
    assert_false(c.values[4].present);
    c = choose(a, &op, pool, 1);
    assert_sv_text(c.values[0].text, "u-42");
    assert_sv_text(c.values[1].text, "open");
    c = choose(a, &op, pool, 2);
    assert_sv_text(c.values[0].text, "u-41");
    assert_sv_text(c.values[1].text, "closed");
    c = choose(a, &op, NULL, 0);
    assert_sv_text(c.values[0].text, "u-1");
    c = choose(a, &op, NULL, 4000000000U);
    assert_true(c.values[0].present && c.values[1].present);
}

static void test_bodies(void **state) {
    struct arena *a = *state;
    struct parameter p[] = {
        {.name = SV("name"), .in = PARAM_BODY, .required = true, .schema = schema(a, TYPE_STRING)},
        {.name = SV("note"), .in = PARAM_BODY, .schema = schema(a, TYPE_STRING)},
        {.name = SV("tags"), .in = PARAM_BODY, .schema = schema(a, TYPE_ARRAY)},
    };
    p[2].schema->example = SV("[\"a\"]");
    struct operation op = operation_with(p, 3);
    op.body_required = true;
    struct call c = choose(a, &op, NULL, 0);
    assert_true(c.values[0].present);
    assert_false(c.values[1].present);
    assert_true(c.values[2].present && c.values[2].raw);
    assert_sv_text(c.values[2].text, "[\"a\"]");
    p[0].required = false;
    c = choose(a, &op, NULL, 0);
    assert_true(c.values[0].present && c.values[1].present);
}

// -- repair
// ---------------------------------------------------------------------------------------------------------------------

struct repair_case {
    const char *what;
    unsigned status;
    const char *body;
    const char *parameter, *value; // value NULL: it must be gone; "*": anything, but there and changed
};

static const struct repair_case cases[] = {
    {"FastAPI", 422,
     "{\"detail\":[{\"loc\":[\"query\",\"limit\"],\"msg\":\"value is not a valid "
     "integer\",\"type\":\"type_error.integer\"}]}",
     "limit", "1"},
    {"FastAPI missing", 422,
     "{\"detail\":[{\"loc\":[\"query\",\"extra\"],\"msg\":\"field required\",\"type\":\"value_error.missing\"}]}",
     "extra", "*"},
    {"Pydantic 2 enum", 422,
     "{\"detail\":[{\"type\":\"enum\",\"loc\":[\"query\",\"state\"],\"msg\":\"Input should be 'red' or "
     "'green'\",\"ctx\":{\"expected\":\"'red' or 'green'\"}}]}",
     "state", "red"},
    {"Pydantic 1 enum", 422,
     "{\"detail\":[{\"loc\":[\"query\",\"state\"],\"msg\":\"value is not a valid enumeration member; permitted: 'red', "
     "'green'\"}]}",
     "state", "red"},
    {"Pydantic bound", 422,
     "{\"detail\":[{\"loc\":[\"query\",\"limit\"],\"msg\":\"ensure this value is less than or equal to "
     "50\",\"ctx\":{\"limit_value\":50}}]}",
     "limit", "50"},
    {"Spring errors", 400,
     "{\"status\":400,\"errors\":[{\"field\":\"state\",\"defaultMessage\":\"must be one of [red, "
     "green]\",\"rejectedValue\":\"x\"}]}",
     "state", "red"},
    {"Spring missing", 400,
     "{\"status\":400,\"message\":\"Required request parameter 'extra' for method parameter type String is not "
     "present\"}",
     "extra", "*"},
    {"Spring enum", 400,
     "{\"message\":\"Failed to convert value of type 'String' to required type for 'state'; accepted for Enum class: "
     "[RED, GREEN]\"}",
     "state", "RED"},
    {"Rails", 422, "{\"errors\":{\"extra\":[\"can't be blank\"]}}", "extra", "*"},
    {"Django REST", 400, "{\"state\":[\"\\\"x\\\" is not a valid choice. Valid choices: red, green\"]}", "state",
     "red"},
    {"express-validator", 400,
     "{\"errors\":[{\"type\":\"field\",\"msg\":\"must be a valid email "
     "address\",\"path\":\"q\",\"location\":\"query\"}]}",
     "q", "*"},
    {"express-validator old", 400, "{\"errors\":[{\"msg\":\"must be a UUID\",\"param\":\"q\",\"location\":\"query\"}]}",
     "q", "*"},
    {"Joi", 400,
     "{\"details\":[{\"message\":\"\\\"state\\\" must be one of [red, "
     "green]\",\"path\":[\"state\"],\"type\":\"any.only\",\"context\":{\"valids\":[\"red\",\"green\"]}}]}",
     "state", "red"},
    {"Zod", 400,
     "{\"error\":{\"issues\":[{\"code\":\"invalid_enum_value\",\"options\":[\"red\",\"green\"],\"path\":[\"state\"],"
     "\"message\":\"Invalid enum value\"}]}}",
     "state", "red"},
    {"Ajv", 400,
     "{\"errors\":[{\"instancePath\":\"/state\",\"message\":\"must be equal to one of the allowed "
     "values\",\"params\":{\"allowedValues\":[\"red\"]}}]}",
     "state", "red"},
    {"Ajv missing", 400,
     "[{\"instancePath\":\"\",\"message\":\"must have required property "
     "'extra'\",\"params\":{\"missingProperty\":\"extra\"}}]",
     "extra", "*"},
    {"Fastify", 400,
     "{\"statusCode\":400,\"code\":\"FST_ERR_VALIDATION\",\"message\":\"querystring/limit must be integer\"}", "limit",
     "1"},
    {"problem+json errors", 400,
     "{\"type\":\"about:blank\",\"errors\":[{\"pointer\":\"#/limit\",\"detail\":\"must be at most 20\"}]}", "limit",
     "20"},
    {"invalid-params", 400,
     "{\"title\":\"bad\",\"invalid-params\":[{\"name\":\"limit\",\"reason\":\"must be a positive integer\"}]}", "limit",
     "1"},
    {"ASP.NET", 400, "{\"errors\":{\"State\":[\"The value 'x' is not valid. Allowed values: red, green.\"]}}", "state",
     "red"},
    {"JSON:API", 400,
     "{\"errors\":[{\"source\":{\"parameter\":\"limit\"},\"detail\":\"must be greater than 0 and numeric, minimum of "
     "3\"}]}",
     "limit", "3"},
    {"Go validator", 400,
     "{\"error\":\"Key: 'Query.State' Error:Field validation for 'State' failed on the 'oneof' tag: oneof=red green\"}",
     "state", "red"},
    {"Go strconv", 400, "{\"error\":\"limit: strconv.Atoi: parsing \\\"abc\\\": invalid syntax\"}", "limit", "1"},
    {"plain sentence", 400, "missing required query parameter extra", "extra", "*"},
    {"class-validator", 400,
     "{\"message\":[\"limit must not be greater than 25\",\"limit must be an integer number\"],\"error\":\"Bad "
     "Request\"}",
     "limit", "1"},
    {"unknown", 400, "{\"message\":[\"property note should not exist\"]}", "note", NULL},
    {"Symfony", 422,
     "{\"violations\":[{\"propertyPath\":\"limit\",\"message\":\"This value should be between 4 and 9.\"}]}", "limit",
     "4"},
    {"length", 422, "{\"errors\":[{\"field\":\"q\",\"message\":\"length must be at least 12 characters\"}]}", "q", "*"},
    {"marshmallow", 422, "{\"errors\":{\"query\":{\"state\":[\"Must be one of: red, green.\"]}}}", "state", "red"},
    {"marshmallow missing", 422, "{\"errors\":{\"query\":{\"extra\":[\"Missing data for required field.\"]}}}", "extra", "*"},
    {"Joi, one at a time", 400, "{\"statusCode\":400,\"error\":\"Bad Request\",\"message\":\"\\\"state\\\" must be one of [red, green]\"}",
     "state", "red"},
    {"Joi pattern", 400,
     "{\"message\":\"\\\"state\\\" with value \\\"x\\\" fails to match the required pattern: /^red$/\"}", "state", "red"},
    {"Zod 4 pattern", 400,
     "{\"error\":{\"name\":\"ZodError\",\"issues\":[{\"code\":\"invalid_format\",\"pattern\":\"/^red$/\",\"path\":[\"state\"],"
     "\"message\":\"Invalid string\"}]}}",
     "state", "red"},
    {"Zod flattened", 422, "{\"formErrors\":[],\"fieldErrors\":{\"limit\":[\"Too small: expected number to be >=60\"]}}", "limit", "60"},
    {"Pydantic pattern", 422,
     "{\"detail\":[{\"loc\":[\"query\",\"state\"],\"msg\":\"String should match pattern '^red$'\",\"ctx\":{\"pattern\":\"^red$\"}}]}", "state",
     "red"},
    {"Pydantic date", 422,
     "{\"detail\":[{\"loc\":[\"query\",\"q\"],\"msg\":\"Input should be a valid date or datetime, input is too short\"}]}", "q", "2024-05-17"},
    {"Go tags", 400,
     "{\"error\":\"Key: 'Query.State' Error:Field validation for 'State' failed on the 'uppercase' tag\\nKey: 'Query.Other' Error:Field "
     "validation for 'Other' failed on the 'len' tag\"}",
     "state", "X"},
    {"Go time", 400, "{\"error\":\"parsing time \\\"abc\\\" as \\\"02.01.2006 15:04\\\": cannot parse\"}", "limit", "17.05.2024"},
    {"Laravel format", 422, "{\"message\":\"m\",\"errors\":{\"q\":[\"The q field must match the format d/m/Y.\"]}}", "q", "17/05/2024"},
    {"Laravel digits", 422, "{\"errors\":{\"q\":[\"The q field must be 8 digits.\"]}}", "q", "10115402"},
    {"Java layout", 400, "{\"message\":\"limit: expected format 'yyyyMMdd'\"}", "limit", "20240517"},
    {"Python layout", 400, "{\"q\":[\"Date has wrong format, use '%d.%m.%Y'\"]}", "q", "17.05.2024"},
    {"number word", 422, "{\"errors\":{\"q\":[\"Postal code must have five digits.\"]}}", "q", "10115"},
    {"either", 400, "state must be red or green", "state", "red"},
    {"quoted choice", 400, "{\"error\":\"Invalid state. Use 'red' or 'green'.\"}", "state", "red"},
    {"timestamp", 400, "{\"detail\":\"limit must be a Unix timestamp in seconds\"}", "limit", "1715940000"},
    {"length", 422, "{\"errors\":{\"q\":[\"Length must be 5.\"]}}", "q", "*"},
    {"no hint", 422, "{\"errors\":{\"state\":[\"The selected state is invalid.\"]}}", "state", "*"},
    {"nested place", 422,
     "{\"detail\":[{\"loc\":[\"body\",\"filter\",\"kind\"],\"msg\":\"Input should be 'red' or 'green'\"}]}",
     "filter.kind", "red"},
};

static struct parameter *repair_parameters(struct arena *a, size_t *ret_count) {
    static const struct {
        const char *name;
        enum param_in in;
    } names[] = {{"limit", PARAM_QUERY}, {"state", PARAM_QUERY}, {"q", PARAM_QUERY},
                 {"extra", PARAM_QUERY}, {"note", PARAM_QUERY},  {"filter.kind", PARAM_BODY}};
    size_t n = sizeof names / sizeof names[0];
    struct parameter *p = arena_new_array(a, struct parameter, n);
    assert_non_null(p);
    for (size_t i = 0; i < n; i++)
        p[i] = (struct parameter){.name = sv_from(names[i].name), .in = names[i].in, .schema = schema(a, TYPE_STRING)};
    *ret_count = n;
    return p;
}

static bool repair(struct arena *a, struct call *c, unsigned status, const char *body) {
    struct exchange x = {.outcome = OUTCOME_DONE, .response = {.status = (uint16_t)status, .body = sv_from(body)}};
    struct rng r = seeded();
    return values_repair(a, &r, c, NULL, &x);
}

static struct call broken_call(struct arena *a, struct operation *op) {
    static const char *const values[] = {"abc", "x", "y", NULL, "n", "z"};
    struct call c = {.operation = op, .values = arena_new_array(a, struct param_value, op->parameter_count)};
    assert_non_null(c.values);
    for (size_t i = 0; i < op->parameter_count; i++)
        if (values[i] != NULL)
            c.values[i] = (struct param_value){.text = sv_from(values[i]), .present = true};
    return c;
}

static bool is_as_wanted(const struct repair_case *c, const struct param_value *before,
                         const struct param_value *after) {
    if (c->value == NULL)
        return !after->present;
    if (strcmp(c->value, "*") == 0)
        return after->present && after->text.len > 0 && !sv_eq(after->text, before->text);
    return after->present && sv_eq(after->text, sv_from(c->value));
}

static bool others_are_untouched(const struct call *before, const struct call *after, size_t changed) {
    for (size_t i = 0; i < after->operation->parameter_count; i++)
        if (i != changed && (before->values[i].present != after->values[i].present ||
                             !sv_eq(before->values[i].text, after->values[i].text)))
            return false;
    return true;
}

static void test_repairs(void **state) {
    struct arena *a = *state;
    unsigned wrong = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t n;
        struct parameter *p = repair_parameters(a, &n);
        struct operation op = operation_with(p, n);
        struct call before = broken_call(a, &op), c = broken_call(a, &op);
        size_t at = 0;
        while (!sv_eq(p[at].name, sv_from(cases[i].parameter)))
            at++;
        bool changed = repair(a, &c, cases[i].status, cases[i].body);
        if (changed && is_as_wanted(&cases[i], &before.values[at], &c.values[at]) &&
            others_are_untouched(&before, &c, at))
            continue;
        print_error("%s: %s became \"" SV_FMT "\"\n", cases[i].what, cases[i].parameter, SV_ARG(c.values[at].text));
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static struct sv missed(struct arena *a, const struct complaint *c) {
    struct sv names[MISSING_MAX];
    return complaint_missing(a, c, names) == 0 ? SV_NONE : names[0];
}

static void test_missing_names(void **state) {
    struct arena *a = *state;
    static const struct {
        const char *message, *name;
    } samples[] = {
        {"url is required", "url"},
        {"query parameter 'url' is required", "url"},
        {"missing parameter: url", "url"},
        {"Missing required query parameter \"page_size\"", "page_size"},
        {"Required parameter 'q' is missing", "q"},
        {"from, to and units are required", "units"},
        {"Missing data for required field.", NULL},
        {"param is missing or the value is empty: since", "since"},
        {"since: parsing time \"\" as \"2006\": cannot parse", "since"},
        {"q fails to match the required pattern: /^a$/", NULL},
        {"authentication required", NULL},
        {"This field is required.", NULL},
        {"url is invalid", NULL},
        {"required", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        struct complaint c = {.message = sv_from(samples[i].message)};
        assert_sv_equal(missed(a, &c), sv_from(samples[i].name));
    }
    struct complaint placed = {.name = SV("limit"), .in = SV("query"), .message = SV("field required")};
    assert_sv_text(missed(a, &placed), "limit");
    placed.in = SV("body");
    assert_int_equal(missed(a, &placed).len, 0);
}

static void test_missing_lists(void **state) {
    struct arena *a = *state;
    struct sv names[MISSING_MAX];
    struct complaint c = {.message = SV("'from', 'to' and 'units' are required")};
    assert_int_equal(complaint_missing(a, &c, names), 3);
    assert_sv_text(names[1], "to");
    c.message = SV("Missing required parameters: from, to");
    assert_int_equal(complaint_missing(a, &c, names), 2);
    assert_sv_text(names[1], "to");
    c = (struct complaint){.name = SV("FromDate"), .message = SV("Field validation failed on the 'required' tag")};
    assert_int_equal(complaint_missing(a, &c, names), 2);
    assert_sv_text(names[0], "from_date");
    assert_sv_text(names[1], "fromDate");
    c = (struct complaint){.name = SV("codes"), .message = SV("The codes field must be an array.")};
    assert_int_equal(complaint_missing(a, &c, names), 1);
    assert_sv_text(names[0], "codes[]");
    c = (struct complaint){.name = SV("kind"), .placed = true, .message = SV("Invalid option: expected one of a|b")};
    assert_int_equal(complaint_missing(a, &c, names), 1);
    c.placed = false;
    assert_int_equal(complaint_missing(a, &c, names), 0);
}

static struct exchange refusal(const char *body) {
    return (struct exchange){.outcome = OUTCOME_DONE, .response = {.status = 422, .body = sv_from(body)}};
}

static void test_learned(void **state) {
    struct arena *a = *state;
    struct error err = {0};
    struct operation op = {.method = SV("GET"), .path = SV("/rates")};
    struct exchange x = refusal("{\"detail\":[{\"loc\":[\"header\",\"x-client\"],\"msg\":\"Field required\"},"
                                "{\"loc\":[\"query\",\"kind\"],\"msg\":\"Field required\"}]}");
    assert_ok(&err, values_learn(a, &op, &x, &err));
    assert_int_equal(op.parameter_count, 2);
    assert_int_equal(op.parameters[0].in, PARAM_HEADER);
    assert_true(op.parameters[1].required && op.parameters[1].observed);
    assert_ok(&err, values_learn(a, &op, &x, &err));
    assert_int_equal(op.parameter_count, 2); // once is enough
    x = refusal("{\"detail\":[{\"loc\":[\"query\",\"kind\"],\"msg\":\"Input should be 'red' or 'green'\"}]}");
    assert_ok(&err, values_learn(a, &op, &x, &err));
    assert_int_equal(op.parameters[1].schema->enum_count, 2);
    assert_sv_text(op.parameters[1].schema->enums[1], "\"green\"");
    // A class of errors and the path that was asked are no parameters.
    x = refusal("{\"name\":\"ValidationError\",\"path\":\"/rates\",\"message\":\"something is required of you\"}");
    assert_ok(&err, values_learn(a, &op, &x, &err));
    assert_int_equal(op.parameter_count, 3);
    assert_sv_text(op.parameters[2].name, "something");
    op.method = SV("POST");
    x = refusal("{\"message\":\"url is required\"}");
    assert_ok(&err, values_learn(a, &op, &x, &err));
    assert_int_equal(op.parameter_count, 3);
}

static void test_namesakes(void **state) {
    struct arena *a = *state;
    struct error err = {0};
    struct entity_pool *pool = NULL;
    assert_ok(&err, entity_pool_new(a, 1, &pool, &err));
    struct exchange seen = {.id = 1,
                            .outcome = OUTCOME_DONE,
                            .request = {.method = SV("GET"), .target = SV("/routes")},
                            .response = {.status = 200,
                                         .body = SV("[{\"name\":\"north\",\"tracking\":\"PX-1\",\"mode\":\"air\"},"
                                                    "{\"name\":\"south\",\"tracking\":\"PX-2\",\"mode\":\"air\"}]")}};
    assert_true(header_add(a, &seen.response.headers, SV("Content-Type"), SV("application/json")));
    assert_ok(&err, entity_pool_observe(a, pool, &seen, SV("/routes"), &err));
    struct parameter p[] = {{.name = SV("route"), .in = PARAM_QUERY, .required = true, .schema = schema(a, 0)},
                            {.name = SV("mode"), .in = PARAM_QUERY, .required = true, .schema = schema(a, 0)}};
    struct operation op = {.method = SV("GET"), .path = SV("/eta"), .parameters = p, .parameter_count = 2};
    struct call c = choose(a, &op, pool, 0);
    assert_sv_text(c.values[0].text, "PX-1");
    assert_sv_text(c.values[1].text, "air");
}

static void test_nothing_to_repair(void **state) {
    struct arena *a = *state;
    static const char *const bodies[] = {"",
                                         "{}",
                                         "{\"error\":\"not found\"}",
                                         "<html><p>limit</p></html>",
                                         "null",
                                         "[",
                                         "{\"error\":{}}",
                                         "{\"message\":\"unlimited plans only\"}",
                                         "\xff\xfe",
                                         "{\"limit\":12}"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        size_t n;
        struct operation op = operation_with(repair_parameters(a, &n), 6);
        struct call c = broken_call(a, &op);
        if (repair(a, &c, 400, bodies[i]))
            fail_msg("changed something for %s", bodies[i]);
    }
    size_t n;
    struct operation op = operation_with(repair_parameters(a, &n), 6);
    struct call c = broken_call(a, &op);
    assert_false(repair(a, &c, 500, cases[0].body));
    assert_false(repair(a, &c, 200, cases[0].body));
}

static void test_hostile_complaints(void **state) {
    struct arena *a = *state;
    static const char *const parts[] = {"[", "{\"errors\":[",
                                        "{\"loc\":", "{\"field\":\"limit\",\"message\":\"one of "};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct sv part = sv_from(parts[i]);
        char *body = malloc(200001);
        assert_non_null(body);
        for (size_t k = 0; k < 200000; k++)
            body[k] = part.ptr[k % part.len];
        body[200000] = '\0';
        size_t n;
        struct operation op = operation_with(repair_parameters(a, &n), 6);
        struct call c = broken_call(a, &op);
        (void)repair(a, &c, 400, body);
        free(body);
    }
    // Many complaints: only so many are read.
    auto_arena big = {0};
    arena_init(&big, (size_t)64 << 20);
    size_t size = (size_t)4 << 20;
    char *body = malloc(size);
    assert_non_null(body);
    size_t len = (size_t)snprintf(body, size, "[0");
    for (int i = 0; i < 20000; i++)
        len += (size_t)snprintf(body + len, size - len, ",{\"field\":\"limit\",\"message\":\"must be at least %d\"}",
                                i);
    (void)snprintf(body + len, size - len, "]");
    size_t n;
    struct operation op = operation_with(repair_parameters(&big, &n), 6);
    struct call c = broken_call(&big, &op);
    assert_true(repair(&big, &c, 400, body));
    free(body);
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_generated),
    test_with_arena(test_bounds),
    test_with_arena(test_patterns),
    test_with_arena(test_chosen),
    test_with_arena(test_bodies),
    test_with_arena(test_repairs),
    test_with_arena(test_nothing_to_repair),
    test_with_arena(test_hostile_complaints),
    test_with_arena(test_missing_names),
    test_with_arena(test_missing_lists),
    test_with_arena(test_learned),
    test_with_arena(test_namesakes),
};

TEST_MAIN(tests)
