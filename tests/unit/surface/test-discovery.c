// SPDX-License-Identifier: Apache-2.0
// Discovery against small servers that are functions. The presence verdict is made here as the engine makes it: what
// two random neighbours answer alike is nothing.
#include "data/knowledge.h"
#include "http/header.h"
#include "http/url.h"
#include "spec/spec.h"
#include "support/test.h"
#include "surface/surface_internal.h"

struct page {
    unsigned status;
    const char *type, *location;
    struct sv body;
};
typedef struct page (*server)(struct arena *a, struct sv path, struct sv query);

struct world {
    struct arena *a;
    struct api api;
    struct surface *s;
    struct entity_pool *entities;
    server serve;
    unsigned asked;
    struct map targets;
};

static struct node *load(struct arena *a, const char *name) {
    struct error err = {0};
    struct node *n = NULL;
    assert_ok(&err, knowledge_load(a, sv_from(name), &n, &err));
    return n;
}

static struct world *new_world(struct arena *a, server serve, const char *target, bool has_spec) {
    struct error err = {0};
    struct world *w = arena_new(a, struct world);
    assert_non_null(w);
    struct url *u = arena_new(a, struct url);
    assert_non_null(u);
    assert_ok(&err, url_parse(a, sv_from(target), u, &err));
    w->a = a;
    w->serve = serve;
    assert_ok(&err, entity_pool_new(a, 5, &w->entities, &err));
    struct surface_options o = {.target = u,
                                .api = &w->api,
                                .entities = w->entities,
                                .seed = 11,
                                .spec_paths = load(a, "wordlists/spec-paths"),
                                .routes = load(a, "wordlists/routes"),
                                .risky = load(a, "wordlists/risky"),
                                .has_spec = has_spec};
    assert_ok(&err, surface_new(a, &o, &w->s, &err));
    return w;
}

static struct exchange exchange_of(struct arena *a, struct sv target, const struct page *p) {
    struct exchange x = {.outcome = OUTCOME_DONE,
                         .request = {.method = SV("GET"), .target = target},
                         .response = {.status = (uint16_t)p->status, .body = p->body}};
    assert_true(header_add(a, &x.response.headers, SV("Content-Type"), sv_from(p->type)));
    if (p->location != NULL)
        assert_true(header_add(a, &x.response.headers, SV("Location"), sv_from(p->location)));
    return x;
}

static struct page call(struct world *w, struct sv target) {
    size_t q = sv_find_char(target, '?');
    return w->serve(w->a, q == SIZE_MAX ? target : sv_slice(target, 0, q),
                    q == SIZE_MAX ? SV_NONE : sv_from_index(target, q + 1));
}

static enum presence presence_of(struct world *w, struct sv target, const struct page *p) {
    if (p->status == 404)
        return PRESENCE_NOTHING;
    size_t q = sv_find_char(target, '?');
    struct sv path = q == SIZE_MAX ? target : sv_slice(target, 0, q);
    struct page c = call(w, arena_printf(w->a, SV_FMT "zq81kfn", SV_ARG(path_directory(path))));
    return c.status == p->status && sv_eq(c.body, p->body) ? PRESENCE_NOTHING : PRESENCE_REAL;
}

static void run(struct world *w) {
    struct error err = {0};
    struct request rq = {0};
    uint32_t id;
    bool needs;
    while (surface_next(w->s, w->a, &rq, &id, &needs)) {
        assert_true(++w->asked <= 120);
        assert_sv_text(rq.method, "GET");
        assert_false(map_has(&w->targets, rq.target));
        assert_true(map_set(w->a, &w->targets, arena_copy_sv(w->a, rq.target), w));
        struct page p = call(w, rq.target);
        struct exchange x = exchange_of(w->a, rq.target, &p);
        size_t q = sv_find_char(rq.target, '?');
        x.id = w->asked;
        assert_ok(&err, entity_pool_observe(w->a, w->entities, &x,
                                            q == SIZE_MAX ? rq.target : sv_slice(rq.target, 0, q), &err));
        assert_ok(&err, surface_answer(w->s, id, &x, presence_of(w, rq.target, &p), &err));
        rq = (struct request){0};
    }
}

static const struct operation *find(const struct world *w, const char *method, const char *path) {
    return api_find_operation(&w->api, sv_from(method), sv_from(path));
}

static bool is(struct sv path, const char *text) {
    return sv_eq(path, sv_from(text));
}

static const struct page nothing = {404, "application/json", NULL, {"{\"error\":\"none\"}", 16}};

static struct page json(const char *body) {
    return (struct page){200, "application/json", NULL, sv_from(body)};
}

// A small REST service that describes itself by links.
static struct page linked(struct arena *a, struct sv path, struct sv query) {
    (void)a;
    if (is(path, "/"))
        return json("{\"shops\":\"/v2/shops\",\"logout\":\"/logout\",\"purge\":{\"href\":\"/v2/purge-all\"}}");
    if (is(path, "/v2/shops"))
        return json(query.len > 0 ? "{\"items\":[{\"id\":\"north\"}]}"
                                  : "{\"items\":[{\"id\":\"north\",\"name\":\"N\"},{\"id\":\"south\"}],\"next\":\"/v2/"
                                    "shops?page=2&size=10\"}");
    if (is(path, "/v2/shops/north") || is(path, "/v2/shops/south"))
        return json("{\"id\":\"north\",\"_links\":{\"stock\":{\"href\":\"/v2/shops/north/stock\"}}}");
    if (is(path, "/v2/shops/north/stock"))
        return json("[{\"sku\":\"x\"}]");
    if (is(path, "/v1/shops"))
        return json("[{\"id\":1}]");
    if (is(path, "/metrics"))
        return (struct page){200, "text/plain", NULL, SV("up 1\n")};
    if (is(path, "/admin"))
        return (struct page){401, "application/json", NULL, SV("{\"error\":\"who\"}")};
    if (is(path, "/logout") || is(path, "/v2/purge-all"))
        fail_msg("a link that changes something was followed");
    return nothing;
}

// The page behind a guess leads to another place that was guessed (and asked) before.
static struct page linked_late(struct arena *a, struct sv path, struct sv query) {
    (void)a, (void)query;
    if (is(path, "/"))
        return json("{\"hello\":\"there\"}");
    if (is(path, "/metrics"))
        return (struct page){200, "text/plain", NULL, SV("up 1\n")};
    if (is(path, "/v2"))
        return json("{\"_links\":{\"numbers\":{\"href\":\"/metrics\"}}}");
    return nothing;
}

static void test_a_guess_that_is_linked_is_named_by_the_service(void **state) {
    struct world *w = new_world(*state, linked_late, "http://127.0.0.1:8080/", false);
    run(w);
    const struct operation *op = find(w, "GET", "/metrics");
    assert_non_null(op);
    assert_int_equal(op->sources & SOURCE_LINK, SOURCE_LINK);
    assert_sv_text(surface_route_class(w->s, op), "metrics");
    assert_int_equal(find(w, "GET", "/v2")->sources, SOURCE_GUESS);
}

static void test_links_children_versions_and_guesses(void **state) {
    struct world *w = new_world(*state, linked, "http://127.0.0.1:8080/", false);
    run(w);
    const struct operation *op = find(w, "GET", "/v2/shops");
    assert_non_null(op);
    assert_int_equal(op->sources & SOURCE_LINK, SOURCE_LINK);
    assert_true(call_find(op, PARAM_QUERY, SV("page")) != SIZE_MAX);
    assert_true(call_find(op, PARAM_QUERY, SV("size")) != SIZE_MAX);
    op = find(w, "GET", "/v2/shops/{x}");
    assert_non_null(op);
    assert_sv_text(op->parameters[0].example, "north");
    assert_non_null(find(w, "GET", "/v2/shops/{x}/stock"));
    assert_null(find(w, "GET", "/v2/shops/north"));
    op = find(w, "GET", "/v1/shops");
    assert_non_null(op);
    assert_int_equal(op->sources, SOURCE_GUESS);
    op = find(w, "GET", "/metrics");
    assert_non_null(op);
    assert_sv_text(surface_route_class(w->s, op), "metrics");
    assert_non_null(find(w, "GET", "/admin"));
    assert_sv_text(surface_route_class(w->s, find(w, "GET", "/admin")), "admin");
    assert_true(surface_route_class(w->s, find(w, "GET", "/v2/shops")).ptr == NULL);
    assert_null(find(w, "GET", "/health"));
}

// A framework whose paths all end in a slash, and that adds a missing one.
static struct page slashed(struct arena *a, struct sv path, struct sv query) {
    (void)query;
    if (is(path, "/"))
        return json("{\"jars\":\"http://127.0.0.1:8080/jars/\",\"lids\":\"/lids\"}");
    if (is(path, "/jars/"))
        return json("{\"count\":2,\"results\":[{\"id\":11,\"ml\":250},{\"id\":12,\"ml\":500}]}");
    if (is(path, "/jars/11/") || is(path, "/jars/12/"))
        return json("{\"id\":11,\"ml\":250}");
    if (is(path, "/lids/"))
        return json("[{\"sku\":\"L-1\"}]");
    if (sv_starts_with(path, SV("/jars/")) || sv_starts_with(path, SV("/lids")))
        return (struct page){sv_ends_with(path, SV("/")) ? 404 : 301, "text/html", arena_printf(a, SV_FMT "/", SV_ARG(path)).ptr, SV("")};
    return nothing;
}

static void test_paths_that_end_in_a_slash(void **state) {
    struct world *w = new_world(*state, slashed, "http://127.0.0.1:8080/", false);
    run(w);
    assert_non_null(find(w, "GET", "/jars/"));
    const struct operation *op = find(w, "GET", "/jars/{x}/");
    assert_non_null(op);
    assert_sv_text(op->parameters[0].example, "11");
    assert_null(find(w, "GET", "/jars/{x}"));
    assert_non_null(find(w, "GET", "/lids/"));
}

static struct page catch_all(struct arena *a, struct sv path, struct sv query) {
    (void)a;
    (void)path;
    (void)query;
    return json("{\"ok\":true,\"self\":\"/anything/here\"}");
}

static struct page spa(struct arena *a, struct sv path, struct sv query) {
    (void)a;
    (void)query;
    if (is(path, "/app.js"))
        return (struct page){200, "application/javascript", NULL, SV("x=fetch(\"/api/real\");y=\"/api/ghost\";")};
    if (is(path, "/api/real"))
        return json("{\"a\":1}");
    return (struct page){200, "text/html", NULL, SV("<html><script src=/app.js></script><a href=/about>a</a></html>")};
}

static void test_catch_all_gives_no_operations(void **state) {
    struct world *w = new_world(*state, catch_all, "http://127.0.0.1:8080/", false);
    run(w);
    assert_int_equal(w->api.operation_count, 0);
}

static void test_spa(void **state) {
    struct world *w = new_world(*state, spa, "http://127.0.0.1:8080/", false);
    run(w);
    assert_int_equal(w->api.operation_count, 1);
    assert_non_null(find(w, "GET", "/api/real"));
}

static const char spec_text[] =
    "{\"openapi\":\"3.0.3\",\"info\":{\"title\":\"t\",\"version\":\"1\"},\"paths\":{\"/v2/shops\":{\"get\":"
    "{\"summary\":\"List shops\",\"responses\":{\"200\":{\"description\":\"ok\"}}}},\"/v2/shops/{shop}\":{\"get\":"
    "{\"parameters\":[{\"name\":\"shop\",\"in\":\"path\",\"required\":true,\"schema\":{\"type\":\"string\"}}],"
    "\"responses\":{\"200\":{\"description\":\"ok\"}}}}}}";

static struct page described(struct arena *a, struct sv path, struct sv query) {
    if (is(path, "/docs/"))
        return (struct page){200, "text/html", NULL,
                             SV("<script>SwaggerUIBundle({url:'/hidden/openapi-main.json'})</script>")};
    if (is(path, "/docs"))
        return (struct page){301, "text/html", "/docs/", SV("")};
    if (is(path, "/hidden/openapi-main.json"))
        return json(spec_text);
    return linked(a, path, query);
}

static struct page with_form(struct arena *a, struct sv path, struct sv query) {
    (void)a;
    (void)query;
    if (is(path, "/"))
        return (struct page){200, "text/html", NULL, SV("<form action=/v2/shops><input name=town></form><a href='/v2/shops/x1?lang=de'>x</a>")};
    return (struct page){404, "text/plain", NULL, SV("no")};
}

// What links and forms ask a described operation for is learned, though the description knows nothing of it.
static void test_described_operations_learn_queries(void **state) {
    struct error err = {0};
    struct world *w = new_world(*state, with_form, "http://127.0.0.1:8080/", true);
    struct spec_warnings warnings = {0};
    struct spec_options o = {.name = SV("spec"), .origin = SV("http://127.0.0.1:8080")};
    assert_ok(&err, spec_read(w->a, sv_from(spec_text), &o, &w->api, &warnings, &err));
    assert_ok(&err, surface_spec_read(w->s, &err));
    run(w);
    const struct operation *list = find(w, "GET", "/v2/shops"), *one = find(w, "GET", "/v2/shops/{shop}");
    size_t town = call_find(list, PARAM_QUERY, SV("town"));
    assert_true(town != SIZE_MAX && list->parameters[town].observed && !list->parameters[town].required);
    assert_true(call_find(one, PARAM_QUERY, SV("lang")) != SIZE_MAX);
}

static void test_specification_found_and_merged(void **state) {
    struct error err = {0};
    struct world *w = new_world(*state, described, "http://127.0.0.1:8080/", false);
    run(w);
    size_t before = w->api.operation_count;
    assert_true(before > 3);
    struct sv path, body;
    assert_true(surface_found_spec(w->s, &path, &body));
    assert_sv_text(path, "/hidden/openapi-main.json");
    assert_sv_equal(body, sv_from(spec_text));
    assert_int_equal(w->api.operation_count, 0);
    struct spec_warnings warnings = {0};
    struct spec_options o = {.name = SV("spec"), .origin = SV("http://127.0.0.1:8080")};
    assert_ok(&err, spec_read(w->a, body, &o, &w->api, &warnings, &err));
    assert_int_equal(warnings.len, 0);
    assert_ok(&err, surface_spec_read(w->s, &err));
    assert_int_equal(w->api.operation_count, before);
    const struct operation *op = find(w, "GET", "/v2/shops");
    assert_int_equal(op->sources, SOURCE_SPEC | SOURCE_LINK);
    assert_sv_text(op->summary, "List shops");
    assert_true(call_find(op, PARAM_QUERY, SV("page")) != SIZE_MAX);
    for (size_t i = 0; i < w->api.operation_count; i++)
        assert_int_equal(w->api.operations[i]->id, i);
    assert_non_null(find(w, "GET", "/metrics"));
    assert_sv_text(surface_route_class(w->s, find(w, "GET", "/metrics")), "metrics");
    run(w);
}

static void test_unreadable_specification_gives_operations_back(void **state) {
    struct world *w = new_world(*state, described, "http://127.0.0.1:8080/", false);
    run(w);
    size_t before = w->api.operation_count;
    struct sv path, body;
    assert_true(surface_found_spec(w->s, &path, &body));
    run(w);
    assert_int_equal(w->api.operation_count, before);
}

static void test_given_specification_is_not_searched(void **state) {
    struct world *w = new_world(*state, linked, "http://127.0.0.1:8080/", true);
    run(w);
    assert_false(map_has(&w->targets, SV("/openapi.json")));
    assert_true(map_has(&w->targets, SV("/debug/vars")));
    assert_int_equal(w->api.operation_count, 0); // they wait for it
    struct error err = {0};
    assert_ok(&err, surface_spec_read(w->s, &err));
    assert_non_null(find(w, "GET", "/v2/shops"));
}

// 100,000 links, each a page with 100,000 links.
static struct page maze(struct arena *a, struct sv path, struct sv query) {
    (void)query;
    if (is(path, "/debug/vars"))
        return json("{\"cmdline\":[]}");
    if (!is(path, "/") && !sv_starts_with(path, SV("/maze")))
        return nothing;
    if (sv_eq(path, SV("/mazezq81kfn")) || sv_ends_with(path, SV("/zq81kfn")))
        return nothing;
    static const size_t count = 100000;
    char *out = arena_alloc(a, count * 24 + 64);
    assert_non_null(out);
    size_t size = count * 24 + 64;
    size_t n = (size_t)snprintf(out, size, "{\"n\":\"" SV_FMT "\",\"l\":[", SV_ARG(sv_slice(path, 0, 40)));
    for (size_t i = 0; i < count; i++)
        n += (size_t)snprintf(out + n, size - n, "%s\"/maze/w%c%c%c%c\"", i == 0 ? "" : ",", (int)('a' + i % 26),
                              (int)('a' + i / 26 % 26), (int)('a' + i / 676 % 26), (int)('a' + i / 17576 % 26));
    n += (size_t)snprintf(out + n, size - n, "]}");
    return (struct page){200, "application/json", NULL, sv_make(out, n)};
}

static void test_link_farm_is_bounded_and_starves_nothing(void **state) {
    struct arena *a = *state;
    struct arena big = {0};
    arena_init(&big, (size_t)1 << 30);
    struct world *w = new_world(&big, maze, "http://127.0.0.1:8080/", false);
    run(w);
    assert_true(w->asked <= 120);
    assert_true(w->s->candidates.len <= 3000);
    assert_true(map_has(&w->targets, SV("/openapi.json")));
    assert_non_null(find(w, "GET", "/debug/vars"));
    assert_true(w->api.operation_count < 120);
    arena_fini(&big);
    (void)a;
}

static struct page foreign(struct arena *a, struct sv path, struct sv query) {
    (void)a;
    (void)query;
    return is(path, "/")
               ? json("{\"a\":\"http://evil.example/x\",\"b\":\"//evil.example/y\",\"c\":\"https://127.0.0.1:8080/z\","
                      "\"href\":\"\\u0000/q\",\"url\":\"http://127.0.0.1:8080/fine\",\"d\":\"/a b\",\"e\":\"/a\\r\\nX: "
                      "y\"}")
               : nothing;
}

static void test_other_origins_are_not_asked(void **state) {
    struct world *w = new_world(*state, foreign, "http://127.0.0.1:8080/", false);
    run(w);
    assert_true(map_has(&w->targets, SV("/fine")));
    assert_false(map_has(&w->targets, SV("/x")) || map_has(&w->targets, SV("/y")) || map_has(&w->targets, SV("/z")));
    for (size_t i = 0; i < w->s->candidates.len; i++)
        assert_true(sv_find_char(w->s->candidates.ptr[i].target, '\r') == SIZE_MAX);
}

static struct page with_allow(struct arena *a, struct sv path, struct sv query) {
    (void)a;
    (void)query;
    if (is(path, "/base/v1/"))
        return json("{\"list\":\"/base/v1/jobs\",\"me\":{\"href\":\"jobs/7/log\"}}");
    if (is(path, "/base/v1/jobs"))
        return (struct page){405, "application/json", NULL, SV("{\"error\":\"method\"}")};
    return is(path, "/base/v1/jobs/7/log") ? json("{\"l\":[]}") : nothing;
}

static struct page with_templates(struct arena *a, struct sv path, struct sv query) {
    (void)a;
    if (is(path, "/"))
        return json(
            "{\"user_url\":\"http://127.0.0.1:8080/users/{user}\",\"log\":{\"href\":\"/users/{id}/log{?page}\"},"
            "\"one\":\"/orders/17\",\"load\":\"/fetch\",\"gone\":\"/never/{thing_id}\"}");
    if (is(path, "/orders") || is(path, "/orders/17"))
        return json("{\"b\":2}");
    if (is(path, "/users"))
        return json("[{\"id\":\"anna\"}]");
    if (is(path, "/users/anna") || is(path, "/users/anna/log"))
        return json("{\"a\":1}");
    if (is(path, "/fetch"))
        return query.len > 0 ? json("{}")
                             : (struct page){400, "application/json", NULL,
                                             SV("{\"error\":\"query parameter 'source' is required\"}")};
    return nothing;
}

static void test_templates_and_required_parameters(void **state) {
    struct world *w = new_world(*state, with_templates, "http://127.0.0.1:8080/", false);
    run(w);
    assert_non_null(find(w, "GET", "/users/{x}"));
    assert_non_null(find(w, "GET", "/users/{x}/log"));
    assert_null(find(w, "GET", "/never/{x}"));
    assert_non_null(find(w, "GET", "/users"));
    assert_non_null(find(w, "GET", "/orders"));
    assert_non_null(find(w, "GET", "/orders/{x}"));
    const struct operation *op = find(w, "GET", "/fetch");
    assert_non_null(op);
    assert_int_equal(op->parameter_count, 1);
    assert_sv_text(op->parameters[0].name, "source");
    assert_true(op->parameters[0].required);
}

static void test_target_below_the_root(void **state) {
    struct world *w = new_world(*state, with_allow, "http://127.0.0.1:8080/base/v1/", false);
    run(w);
    assert_true(map_has(&w->targets, SV("/base/v1/openapi.json")));
    assert_non_null(find(w, "GET", "/base/v1/jobs/{x}/log"));
    assert_null(find(w, "GET", "/base/v1/jobs"));
}

static void test_allow_names_operations(void **state) {
    struct arena *a = *state;
    struct error err = {0};
    struct world *w = new_world(a, with_allow, "http://127.0.0.1:8080/base/v1/", false);
    struct request rq = {0};
    uint32_t id;
    bool needs;
    assert_true(surface_next(w->s, a, &rq, &id, &needs));
    assert_sv_text(rq.target, "/base/v1/");
    assert_true(needs);
    struct page p = {405, "text/plain", NULL, SV("")};
    struct exchange x = exchange_of(a, rq.target, &p);
    assert_true(header_add(a, &x.response.headers, SV("Allow"), SV("POST, HEAD, SPRINT")));
    assert_true(header_add(a, &x.response.headers, SV("Allow"), SV("DELETE")));
    assert_ok(&err, surface_answer(w->s, id, &x, PRESENCE_REAL, &err));
    assert_int_equal(w->api.operation_count, 2);
    assert_non_null(find(w, "POST", "/base/v1/"));
    assert_int_equal(find(w, "DELETE", "/base/v1/")->sources, SOURCE_INFERRED);
    assert_ok(&err, surface_answer(w->s, id, &x, PRESENCE_REAL, &err));
    assert_ok(&err, surface_answer(w->s, 99999, &x, PRESENCE_REAL, &err));
}

static void test_limit_of_requests(void **state) {
    struct arena *a = *state;
    struct error err = {0};
    struct api api = {0};
    struct url u;
    assert_ok(&err, url_parse(a, SV("http://127.0.0.1/"), &u, &err));
    struct surface_options o = {.target = &u, .api = &api, .max_requests = 7, .routes = load(a, "wordlists/routes")};
    struct surface *s = NULL;
    assert_ok(&err, surface_new(a, &o, &s, &err));
    struct request rq;
    uint32_t id;
    bool needs;
    for (int i = 0; i < 7; i++)
        assert_true(surface_next(s, a, &rq, &id, &needs));
    assert_false(surface_next(s, a, &rq, &id, &needs));
}

static void test_no_answers(void **state) {
    struct arena *a = *state;
    struct error err = {0};
    struct world *w = new_world(a, linked, "http://127.0.0.1:8080/", false);
    struct request rq = {0};
    uint32_t id;
    bool needs;
    unsigned n = 0;
    while (surface_next(w->s, a, &rq, &id, &needs)) {
        struct exchange x = {.outcome = OUTCOME_TIMEOUT, .request = rq};
        assert_ok(&err, surface_answer(w->s, id, &x, PRESENCE_NOTHING, &err));
        n++;
    }
    assert_true(n <= 120);
    assert_int_equal(w->api.operation_count, 0);
}

static void test_observe_is_bounded(void **state) {
    struct arena *a = *state;
    struct error err = {0};
    struct world *w = new_world(a, linked, "http://127.0.0.1:8080/", false);
    struct page p = json("{\"next\":\"/later?x=1\",\"all\":[\"/m1x/a\",\"/n/b\"]}");
    struct exchange x = exchange_of(a, SV("/q"), &p);
    for (int i = 0; i < 5000; i++)
        assert_ok(&err, surface_observe(w->s, &x, &err));
    assert_true(a->used < (size_t)16 << 20);
    run(w);
    assert_true(map_has(&w->targets, SV("/later?x=1")));
}

static void test_without_data(void **state) {
    struct arena *a = *state;
    struct error err = {0};
    struct api api = {0};
    struct url u;
    assert_ok(&err, url_parse(a, SV("http://[::1]/"), &u, &err));
    struct surface_options o = {.target = &u, .api = &api};
    struct surface *s = NULL;
    assert_ok(&err, surface_new(a, &o, &s, &err));
    struct request rq;
    uint32_t id;
    bool needs;
    assert_true(surface_next(s, a, &rq, &id, &needs));
    assert_sv_text(rq.target, "/");
    assert_false(surface_next(s, a, &rq, &id, &needs));
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_a_guess_that_is_linked_is_named_by_the_service), test_with_arena(test_links_children_versions_and_guesses),
    test_with_arena(test_catch_all_gives_no_operations),
    test_with_arena(test_spa),
    test_with_arena(test_specification_found_and_merged),
    test_with_arena(test_unreadable_specification_gives_operations_back),
    test_with_arena(test_given_specification_is_not_searched),
    test_with_arena(test_link_farm_is_bounded_and_starves_nothing),
    test_with_arena(test_other_origins_are_not_asked),
    test_with_arena(test_templates_and_required_parameters),
    test_with_arena(test_paths_that_end_in_a_slash),
    test_with_arena(test_target_below_the_root),
    test_with_arena(test_allow_names_operations),
    test_with_arena(test_described_operations_learn_queries),
    test_with_arena(test_limit_of_requests),
    test_with_arena(test_no_answers),
    test_with_arena(test_observe_is_bounded),
    test_with_arena(test_without_data),
};

TEST_MAIN(tests)
