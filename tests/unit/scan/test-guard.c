// SPDX-License-Identifier: Apache-2.0
#include "scan/engine_state.h"

#include "data/knowledge.h"
#include "http/header.h"
#include "support/test.h"

struct rig {
    struct engine engine;
    struct scan_options options;
    struct url origin;
    struct arena arena;
};

static void rig_init(struct rig *r, enum scan_mode mode) {
    *r = (struct rig){.options = {.mode = mode}};
    arena_init(&r->arena, 1 << 20);
    assert_int_equal(url_parse(&r->arena, SV("http://127.0.0.1:8080/"), &r->origin, NULL), 0);
    r->engine.scan = &r->options;
    r->engine.origins = &r->origin;
    r->engine.origin_count = 1;
}

static bool allows(struct rig *r, const char *method, const char *target, const char *header, const char *value, const char *body) {
    struct request rq = {.method = sv_from(method), .target = sv_from(target), .body = sv_from(body)};
    if (header != NULL) assert_true(header_add(&r->arena, &rq.headers, sv_from(header), sv_from(value)));
    return guard_allows(&r->engine, NULL, &rq, NULL);
}

static void test_safe_mode_judges_the_effective_method(void **state) {
    (void)state;
    struct rig r;
    rig_init(&r, MODE_SAFE);
    assert_true(allows(&r, "GET", "/", NULL, NULL, NULL));
    assert_true(allows(&r, "HEAD", "/", NULL, NULL, NULL));
    assert_true(allows(&r, "OPTIONS", "*", NULL, NULL, NULL));
    assert_false(allows(&r, "POST", "/", NULL, NULL, NULL));
    assert_false(allows(&r, "PUT", "/", NULL, NULL, NULL));
    assert_false(allows(&r, "DELETE", "/", NULL, NULL, NULL));
    assert_false(allows(&r, "PROPFIND", "/", NULL, NULL, NULL));
    assert_false(allows(&r, "GET", "/", "X-HTTP-Method-Override", "DELETE", NULL));
    assert_false(allows(&r, "GET", "/", "x-method-override", " put ", NULL));
    assert_true(allows(&r, "GET", "/", "X-HTTP-Method-Override", "HEAD", NULL));
    assert_false(allows(&r, "GET", "/x?_method=delete", NULL, NULL, NULL));
    assert_true(allows(&r, "GET", "/x?_method=get", NULL, NULL, NULL));
    assert_false(allows(&r, "GET", "/graphql", NULL, NULL, "{\"query\":\" mutation { a }\"}"));
    assert_true(allows(&r, "GET", "/graphql", NULL, NULL, "{\"query\":\"{ a }\"}"));
    assert_false(allows(&r, "GET", "/graphql", NULL, NULL, "[{\"query\":\"{ a }\"},{\"query\":\"mutation x { a }\"}]"));
    arena_fini(&r.arena);
}

static void test_read_only_post_is_allowed_but_not_its_overrides(void **state) {
    (void)state;
    struct rig r;
    rig_init(&r, MODE_SAFE);
    const struct operation_pattern p = {.method = SV("POST"), .pattern = SV("/search/**")};
    r.options.read_only_post = &p;
    r.options.read_only_post_count = 1;
    assert_true(allows(&r, "POST", "/search/x?y=1", NULL, NULL, "{}"));
    assert_false(allows(&r, "POST", "/other", NULL, NULL, "{}"));
    assert_false(allows(&r, "POST", "/search/x", "X-HTTP-Method-Override", "DELETE", "{}"));
    assert_false(allows(&r, "POST", "/search/x", NULL, NULL, "{\"query\":\"mutation { a }\"}"));
    assert_false(allows(&r, "POST", "/search/x", NULL, NULL, "_method=DELETE"));
    arena_fini(&r.arena);
}

static void test_active_mode_keeps_delete_and_scope(void **state) {
    (void)state;
    struct rig r;
    rig_init(&r, MODE_ACTIVE);
    assert_false(allows(&r, "POST", "/", NULL, NULL, "{}")); // neither described nor named
    assert_true(allows(&r, "TRACE", "/", NULL, NULL, NULL));
    assert_false(allows(&r, "DELETE", "/a", NULL, NULL, NULL));
    assert_false(allows(&r, "POST", "/a", "X-HTTP-Method-Override", "DELETE", NULL));
    const struct operation_pattern p = {.method = SV("DELETE"), .pattern = SV("/a")};
    r.options.allow_delete = &p;
    r.options.allow_delete_count = 1;
    assert_true(allows(&r, "DELETE", "/a", NULL, NULL, NULL));
    assert_false(allows(&r, "DELETE", "/b", NULL, NULL, NULL));
    struct request elsewhere = {.method = SV("GET"), .target = SV("/"), .origin = 1};
    const char *reason;
    assert_false(guard_allows(&r.engine, NULL, &elsewhere, &reason));
    assert_string_equal(reason, "origin outside the scope");
    struct request no_path = {.method = SV("GET"), .target = SV("http://169.254.169.254/")};
    assert_false(guard_allows(&r.engine, NULL, &no_path, &reason));
    arena_fini(&r.arena);
}

static void test_active_mode_writes_what_is_described_or_named(void **state) {
    (void)state;
    struct rig r;
    rig_init(&r, MODE_ACTIVE);
    struct node *risky = NULL;
    assert_int_equal(knowledge_load(&r.arena, SV("wordlists/risky"), &risky, NULL), 0);
    r.engine.risky = risky;
    struct operation op = {.method = SV("POST"), .path = SV("/notes"), .sources = SOURCE_SPEC, .summary = SV("Creates a note.")};
    const struct request rq = {.method = SV("POST"), .target = SV("/notes"), .body = SV("{}")};
    const char *reason;
    assert_true(guard_allows(&r.engine, &op, &rq, &reason));
    op.summary = SV("Sends the note to everybody.");
    assert_false(guard_allows(&r.engine, &op, &rq, &reason));
    op.summary = SV_NONE;
    op.sources = SOURCE_LINK;
    assert_false(guard_allows(&r.engine, &op, &rq, &reason));
    const struct operation_pattern named = {.method = SV("POST"), .pattern = SV("/notes")};
    r.options.allow_write = &named;
    r.options.allow_write_count = 1;
    assert_true(guard_allows(&r.engine, &op, &rq, &reason));
    op.sources = SOURCE_SPEC;
    op.path = SV("/other");
    const struct request other = {.method = SV("POST"), .target = SV("/other"), .body = SV("{}")};
    assert_false(guard_allows(&r.engine, &op, &other, &reason));
    assert_string_equal(reason, "outside --allow-write");
    arena_fini(&r.arena);
}

static void test_tls_probes_go_to_https_only_and_keep_their_shape(void **state) {
    (void)state;
    struct rig r;
    const char *hello = "16030100310100002d0300aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa000006c02f009c00ff0100";
    rig_init(&r, MODE_SAFE);
    assert_false(allows(&r, "TLS-HELLO", "/", NULL, NULL, hello));
    assert_int_equal(url_parse(&r.arena, SV("https://127.0.0.1:8443/"), &r.origin, NULL), 0);
    assert_true(allows(&r, "TLS-HELLO", "/", NULL, NULL, hello));
    assert_true(allows(&r, "TLS-HANDSHAKE", "/", NULL, NULL, NULL));
    assert_false(allows(&r, "TLS-HELLO", "/", NULL, NULL, "474554202f20485454502f312e310d0a0d0a"));
    assert_false(allows(&r, "TLS-HELLO", "/", NULL, NULL, NULL));
    assert_false(allows(&r, "TLS-HELLO", "/x", NULL, NULL, hello));
    assert_false(allows(&r, "TLS-HELLO", "/", "X-A", "b", hello));
    assert_false(allows(&r, "TLS-HANDSHAKE", "/", NULL, NULL, "00"));
    assert_false(allows(&r, "TLS-DATA", "/", NULL, NULL, NULL));
    r.options.mode = MODE_ACTIVE;
    assert_true(allows(&r, "TLS-HELLO", "/", NULL, NULL, hello));
    assert_false(allows(&r, "TLS-DATA", "/", NULL, NULL, hello));
    r.options.mode = MODE_PASSIVE;
    assert_false(allows(&r, "TLS-HANDSHAKE", "/", NULL, NULL, NULL));
    arena_fini(&r.arena);
}

static void test_patterns(void **state) {
    (void)state;
    static const struct {
        const char *pattern, *path;
        bool matches;
    } cases[] = {
        {"/a", "/a", true},           {"/a", "/ab", false},          {"/a/*", "/a/b", true},        {"/a/*", "/a/b/c", false},
        {"/a/**", "/a/b/c", true},    {"/a/{id}", "/a/7", true},     {"/a/{id}", "/a/{id}", true},  {"/a/{x}/c", "/a/b/c", true},
        {"/a/{x}/c", "/a/b/d", false}, {"/a/{x}", "/a/b/c", false},   {"/**/c", "/a/b/c", true},     {"*", "/a", false},
        {"**", "/a/b", true},         {"/a*c", "/abbc", true},       {"/a*c", "/ab/c", false},      {"/a/{x", "/a/b", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct operation_pattern p = {.pattern = sv_from(cases[i].pattern)};
        if (pattern_matches(&p, SV("GET"), sv_from(cases[i].path)) != cases[i].matches) fail_msg("%s against %s", cases[i].pattern, cases[i].path);
    }
    const struct operation_pattern post = {.method = SV("POST"), .pattern = SV("/a")};
    assert_false(pattern_matches(&post, SV("GET"), SV("/a")));
    assert_true(pattern_matches(&post, SV("post"), SV("/a")));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_safe_mode_judges_the_effective_method),
    cmocka_unit_test(test_read_only_post_is_allowed_but_not_its_overrides),
    cmocka_unit_test(test_active_mode_keeps_delete_and_scope),
    cmocka_unit_test(test_active_mode_writes_what_is_described_or_named),
    cmocka_unit_test(test_tls_probes_go_to_https_only_and_keep_their_shape),
    cmocka_unit_test(test_patterns),
};
TEST_MAIN(tests)
