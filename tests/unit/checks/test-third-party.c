// SPDX-License-Identifier: Apache-2.0
// The passive checks of what comes from others, or goes through others' hands.
#include "http/jwt.h"
#include "support/sim.h"

#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Shop, version: '1'}\n"
                           "paths:\n"
                           "  /things:\n"
                           "    get: {responses: {'200': {description: ok}}}\n";

struct answer {
    const char *type, *body, *cookie;
};

static void server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    const struct answer *s = state;
    (void)sim;
    if (!sv_eq(sim_path(o), SV("/things"))) {
        sim_json(a, ret, 404, "{\"error\":\"none\"}");
        return;
    }
    if (s->cookie != NULL) sim_header(a, ret, "Set-Cookie", sv_from(s->cookie));
    sim_text(a, ret, 200, s->type, "%s", s->body);
}

static size_t count(struct arena *a, const char *check, const struct answer *s, const char *ret_cause) {
    struct scan_result r;
    struct error err = {0};
    struct answer copy = *s;
    const struct sim_options o = {.server = server, .state = &copy, .spec = spec, .only = check, .mode = MODE_SAFE};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    if (ret_cause != NULL && sim_count(&r, check) == 1) assert_sv_equal(r.findings[0].cause, sv_from(ret_cause));
    return sim_count(&r, check);
}

static void test_upstreams_and_scripts(void **state) {
    static const struct answer hits[] = {{"application/json", "{\"payment\":{\"endpoint\":\"http://pay.acme-bank.example/v2\"}}", NULL},
                                         {"text/html", "<html><script src=\"https://cdn.others.example/x.js\"></script></html>", NULL},
                                         {"text/html", "<html><script defer src='//cdn.others.example/x.js'></script></html>", NULL}};
    assert_int_equal(count(*state, "third-party", &hits[0], "plain-http-upstream"), 1);
    assert_int_equal(count(*state, "third-party", &hits[1], "third-party-script"), 1);
    assert_int_equal(count(*state, "third-party", &hits[2], "third-party-script"), 1);
}

static void test_what_is_nothing(void **state) {
    static const struct answer misses[] = {
        {"application/json", "{\"endpoint\":\"https://pay.acme-bank.example/v2\"}", NULL},
        {"application/json", "{\"endpoint\":\"http://127.0.0.1:9000/\",\"backend\":\"http://billing:8080\",\"gateway\":\"http://10.1.2.3/\"}", NULL},
        {"application/json", "{\"schema\":\"http://www.w3.org/2001/XMLSchema\",\"homepage\":\"http://acme.example/\"}", NULL},
        {"application/json", "{\"endpoint\":\"http://", NULL},
        {"text/plain", "endpoint: http://pay.acme-bank.example", NULL},
        {"text/html", "<html><script src=\"/x.js\"></script><script>var src='https://cdn.others.example/x.js'</script></html>", NULL},
        {"text/html", "<html><!-- <script src='https://cdn.others.example/x.js'></script> --></html>", NULL},
        {"text/html", "<html><script src=\"https://cdn.others.example/x.js\" integrity=\"sha384-abc\"></script></html>", NULL},
    };
    for (size_t i = 0; i < sizeof misses / sizeof misses[0]; i++) {
        if (count(*state, "third-party", &misses[i], NULL) != 0) fail_msg("falsely told: %s", misses[i].body);
    }
}

static void test_serialised_objects(void **state) {
    static const struct answer hits[] = {{"application/json", "{\"items\":[],\"next\":\"rO0ABXNyAA5qYXZhLnV0aWwuRGF0ZQ==\"}", NULL},
                                         {"application/json", "{}", "cart=O:4:\"Cart\":1:{s:2:\"id\"%3Bi:3%3B}"},
                                         {"application/json", "{\"page\":{\"cursor\":\"gASVDAAAAAAAAACMCGhlbGxvIHlvlC4=\"}}", NULL}};
    static const struct answer misses[] = {{"application/json", "{\"next\":\"rO0AB\"}", NULL},
                                           {"application/json", "{\"state\":\"gASVening-in-the-park\"}", NULL},
                                           {"application/json", "{\"state\":\"gASVDAAAAAAAAACMCGhlbGxvIHlvlC4=\",\"signature\":\"6f1d0c9b7a3e42d8b1c5\"}", NULL},
                                           {"application/json", "{}", "order=O:12:30"},
                                           {"application/json", "{\"text\":\"rO0ABXNyAA5qYXZhLnV0aWwuRGF0ZQ==\"}", NULL},
                                           {"application/json", "{}", "lang=en"}};
    for (size_t i = 0; i < sizeof hits / sizeof hits[0]; i++) {
        if (count(*state, "serialized-objects", &hits[i], "serialized-object") != 1) fail_msg("missed: %s", hits[i].body);
    }
    for (size_t i = 0; i < sizeof misses / sizeof misses[0]; i++) assert_int_equal(count(*state, "serialized-objects", &misses[i], NULL), 0);
}

// -- objects that are read ---------------------------------------------------------------------------------------------------------------

static const char reading_spec[] = "openapi: 3.0.3\n"
                                   "info: {title: Shop, version: '1'}\n"
                                   "paths:\n"
                                   "  /cart:\n"
                                   "    get: {responses: {'200': {description: ok}}}\n"
                                   "  /list:\n"
                                   "    get:\n"
                                   "      parameters: [{name: cursor, in: query, schema: {type: string}}]\n"
                                   "      responses: {'200': {description: ok}}\n";
enum obj_service { READS_ALOUD, READS_SILENTLY, IGNORES, ECHOES, FAILS_ALWAYS, ADMITS_NONE, READS_PLAIN, SIGNS_BESIDE };

// The module that a pickle looks up; the class of PHP's object.
static struct sv looked_up(struct sv bytes, bool php) {
    if (php) {
        size_t at = sv_find_char(bytes, '"');
        struct sv rest = at == SIZE_MAX ? SV_NONE : sv_from_index(bytes, at + 1);
        return sv_starts_with(bytes, SV("O:")) ? sv_slice(rest, 0, sv_find_char(rest, '"')) : SV_NONE;
    }
    if (bytes.len < 4 || bytes.ptr[2] != 'c') return SV_NONE;
    return sv_slice(bytes, 3, sv_find_char(bytes, '\n'));
}

static void answer_object(struct arena *a, enum obj_service how, struct sv value, struct response *ret) {
    struct sv bytes = base64_decode(a, value);
    bool php = sv_starts_with(bytes, SV("O:")), pickle = bytes.len > 3 && (unsigned char)bytes.ptr[0] == 0x80;
    struct sv name = looked_up(bytes, php);
    bool missing = name.len > 0 && !sv_eq(name, SV("stdClass"));
    if (value.len == 0 || how == IGNORES || how == SIGNS_BESIDE) /* the signature does not fit: a new cart */ sim_json(a, ret, 200, "{\"items\":[1]}");
    else if (how == ECHOES) sim_json(a, ret, 400, "{\"error\":\"No module named '" SV_FMT "'\"}", SV_ARG(name.len > 0 ? name : value));
    else if (how == FAILS_ALWAYS) sim_json(a, ret, 500, "{\"error\":\"oops\"}");
    else if (how == ADMITS_NONE) sim_json(a, ret, 200, "{\"v\":\"__PHP_Incomplete_Class " SV_FMT "\"}", SV_ARG(name));
    else if (!php && !pickle) sim_json(a, ret, 400, "{\"error\":\"no object\"}");
    else if (missing && how == READS_ALOUD) sim_json(a, ret, 400, "{\"error\":\"No module named '" SV_FMT "'\"}", SV_ARG(name));
    else if (missing) sim_json(a, ret, 500, "{\"error\":\"oops\"}");
    else sim_json(a, ret, 200, "{\"items\":[1]}");
}

static void reading_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    enum obj_service how = *(const enum obj_service *)state;
    bool list = sv_eq(sim_path(o), SV("/list"));
    (void)sim;
    if (!list && !sv_eq(sim_path(o), SV("/cart"))) {
        sim_json(a, ret, 404, "{\"error\":\"none\"}");
        return;
    }
    struct sv cookie = sim_request_header(o, "Cookie");
    struct sv value = list ? sim_query(a, o, "cursor") : sv_starts_with(cookie, SV("cart=")) ? sv_from_index(cookie, 5) : SV_NONE;
    bool sets = !list && how != ADMITS_NONE;
    if (how == SIGNS_BESIDE && !list) sim_header(a, ret, "Set-Cookie", SV("cart.sig=Vy7mQm3bJ0a9xkWc2qTzLw; Path=/"));
    if (sets) sim_header(a, ret, "Set-Cookie", how == READS_PLAIN ? SV("cart=lemons; Path=/") : SV("cart=gAN9cQBYBQAAAGl0ZW1zcQFLDHMu; Path=/"));
    answer_object(a, list && how != ADMITS_NONE ? IGNORES : how, value, ret);
}

static void test_what_reads_objects(void **state) {
    static const struct {
        enum obj_service how;
        const char *cause; // NULL: nothing
        enum confidence confidence;
        enum severity severity;
    } cases[] = {
        {READS_ALOUD, "deserialisation", CONFIDENCE_CONFIRMED, SEVERITY_CRITICAL}, {READS_SILENTLY, "deserialisation", CONFIDENCE_FIRM, SEVERITY_HIGH},
        {IGNORES, "serialized-object", CONFIDENCE_TENTATIVE, SEVERITY_LOW},        {ECHOES, "serialized-object", CONFIDENCE_TENTATIVE, SEVERITY_LOW},
        {FAILS_ALWAYS, "serialized-object", CONFIDENCE_TENTATIVE, SEVERITY_LOW},   {ADMITS_NONE, NULL, CONFIDENCE_TENTATIVE, SEVERITY_LOW},
        {READS_PLAIN, NULL, CONFIDENCE_TENTATIVE, SEVERITY_LOW},                   {SIGNS_BESIDE, NULL, CONFIDENCE_TENTATIVE, SEVERITY_LOW},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scan_result r;
        struct error err = {0};
        enum obj_service how = cases[i].how;
        const struct sim_options o = {.server = reading_server, .state = &how, .spec = reading_spec, .only = "serialized-objects", .mode = MODE_SAFE};
        assert_ok(&err, sim_run(*state, &o, &r, &err));
        if (sim_count(&r, "serialized-objects") != (cases[i].cause != NULL)) fail_msg("case %zu: %zu findings", i, sim_count(&r, "serialized-objects"));
        if (cases[i].cause == NULL) continue;
        assert_sv_equal(r.findings[0].cause, sv_from(cases[i].cause));
        assert_int_equal(r.findings[0].confidence, cases[i].confidence);
        assert_int_equal(r.findings[0].severity, cases[i].severity);
    }
}

static const struct CMUnitTest tests[] = {test_with_arena(test_upstreams_and_scripts), test_with_arena(test_what_is_nothing), test_with_arena(test_serialised_objects), test_with_arena(test_what_reads_objects)};
TEST_MAIN(tests)
