// SPDX-License-Identifier: Apache-2.0
// A sports club whose members add parameters to their requests: what gives them more is found (bola-subject, bfla-parameter, property-on-demand), what
// only looks so is not. And the samples of data/additions.yaml.
#include "base/random.h"
#include "data/knowledge.h"
#include "http/jwt.h"
#include "support/sim.h"
#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Club, version: '1'}\n"
                           "paths:\n"
                           "  /me: {get: {responses: {'200': {description: ok}}}}\n"
                           "  /locker: {get: {responses: {'200': {description: ok}}}}\n"
                           "  /courses: {get: {parameters: [{name: cursor, in: query, schema: {type: string}}], responses: {'200': {description: ok}}}}\n"
                           "  /posts: {get: {responses: {'200': {description: ok}}}}\n"
                           "  /people: {get: {responses: {'200': {description: ok}}}}\n"
                           "  /admin/accounts: {get: {responses: {'200': {description: ok}}}}\n";

// What the description shares with everybody: a switch for all of it gives nothing away.
static const char shared_spec[] = "openapi: 3.0.3\n"
                                  "info: {title: Club, version: '1'}\n"
                                  "paths:\n"
                                  "  /me: {get: {responses: {'200': {description: ok}}}}\n"
                                  "  /courses: {get: {description: Shared with all members., responses: {'200': {description: ok}}}}\n";

enum way {
    SUBJECT_QUERY, TENANT_HEADER, ACTS, CURSOR, // bola-subject
    ROLE_QUERY, SCOPE_ALL, STRICT_HEADER, ROLE_HEADER, // bfla-parameter
    FIELDS, VERBOSE, // property-on-demand
    CLOSED, ECHO_QUERY, ANY_QUERY, RANDOM_MORE, EVERY_SECOND, STRICT, PUBLIC_FILTER, LONG_IS_BLOCKED, CACHED, FAILS_WITH, MALFORMED, SIGNED_CURSOR, CLOSES, WAY_COUNT
};
struct club {
    enum way way;
    unsigned asked;
    struct rng rng;
};
struct member {
    unsigned id;
    const char *name, *tenant;
};
static const struct member members[] = {{0, "", ""}, {4011, "ann.wintergreen", "north-4"}, {5023, "bob.summerfield", "south-7"}};

static bool has_query(const struct outgoing *o) {
    return sv_find_char(o->request->target, '?') != SIZE_MAX;
}

// On whose behalf a flawed club answers.
static unsigned subject_of(const struct club *c, struct arena *a, const struct outgoing *o, unsigned caller) {
    struct sv as = SV_NONE;
    if (c->way == SUBJECT_QUERY || c->way == PUBLIC_FILTER) as = sim_query(a, o, "user_id");
    if (c->way == ACTS) as = sim_request_header(o, "X-On-Behalf-Of");
    for (unsigned i = 1; i < 3; i++) {
        if (as.len > 0 && sv_eq(as, arena_printf(a, "%u", members[i].id))) return i;
        if (c->way == TENANT_HEADER && sv_eq(sim_request_header(o, "X-Tenant-Id"), sv_from(members[i].tenant))) return i;
    }
    return caller;
}

static void courses(const struct club *c, struct arena *a, const struct outgoing *o, unsigned caller, struct response *ret) {
    unsigned id = members[caller].id;
    struct sv cursor = sim_query(a, o, "cursor"), text = cursor.len > 0 ? base64_decode(a, cursor) : SV_NONE;
    for (unsigned i = 1; i < 3 && c->way == CURSOR; i++) {
        if (text.len > 0 && sv_contains(text, arena_printf(a, "\"user\":%u", members[i].id))) id = members[i].id;
    }
    struct sv next = base64_encode(a, arena_printf(a, "{\"user\":%u,\"offset\":2%s}", id, c->way == SIGNED_CURSOR ? ",\"mac\":\"1\"" : ""), false, true);
    bool all = c->way == SCOPE_ALL && sv_eq(sim_query(a, o, "scope"), SV("all"));
    if (all) sim_json(a, ret, 200, "{\"items\":[{\"id\":71,\"member_id\":4011,\"address\":\"Lane 1\"},{\"id\":92,\"member_id\":5023,\"address\":\"Mill 2\"}],\"next\":\"%.*s\"}", SV_ARG(next));
    else sim_json(a, ret, 200, "{\"items\":[{\"id\":%u,\"member_id\":%u,\"address\":\"%s\"}],\"next\":\"%.*s\"}", id == 4011 ? 71U : 92U, id, id == 4011 ? "Lane 1" : "Mill 2", SV_ARG(next));
}

static void people(struct arena *a, bool more, struct response *ret) {
    if (more) sim_json(a, ret, 200, "[{\"name\":\"Ann\",\"insurance_number\":\"K 120 334\",\"reset_token\":\"h7Qz2mB9x4Lp0sVt\"},{\"name\":\"Bob\",\"insurance_number\":\"K 981 552\",\"reset_token\":\"p3Wn8kD5y1Rc6uXa\"}]");
    else sim_json(a, ret, 200, "[{\"name\":\"Ann\"},{\"name\":\"Bob\"}]");
}

static void accounts(struct arena *a, bool open, struct response *ret) {
    if (open) sim_json(a, ret, 200, "[{\"username\":\"ann\",\"role\":\"user\"},{\"username\":\"bob\",\"role\":\"admin\"}]");
    else sim_json(a, ret, 403, "{\"error\":\"trainers only\"}");
}

static bool gives_more(struct club *c, struct arena *a, const struct outgoing *o) {
    switch ((int)c->way) {
    case ROLE_QUERY: return sv_eq(sim_query(a, o, "role"), SV("admin"));
    case STRICT_HEADER: return sv_eq(sim_request_header(o, "X-Internal"), SV("true"));
    case ROLE_HEADER: return sv_eq(sim_request_header(o, "X-Role"), SV("admin"));
    case FIELDS: return sv_eq(sim_query(a, o, "fields"), SV("*"));
    case VERBOSE: return sv_eq(sim_query(a, o, "verbose"), SV("true"));
    case ANY_QUERY: return has_query(o);
    case RANDOM_MORE: return rng_below(&c->rng, 2) == 0;
    case EVERY_SECOND: return c->asked % 2 == 0;
    default: return false;
    }
}

// What is wrong with the club's answers altogether; true when it has answered.
static bool lie(struct sim *sim, const struct club *c, struct arena *a, const struct outgoing *o, struct response *ret) {
    if (c->way == CLOSES && o->request->target.len > 60) sim->outcome = OUTCOME_CLOSED;
    if (!has_query(o) && c->way != ECHO_QUERY) return false;
    if (c->way == STRICT || c->way == STRICT_HEADER) sim_json(a, ret, 400, "{\"error\":\"unknown parameter\"}");
    else if (c->way == LONG_IS_BLOCKED && o->request->target.len > 60) sim_json(a, ret, 403, "{\"error\":\"blocked\"}");
    else if (c->way == FAILS_WITH) sim_json(a, ret, 500, "{\"error\":\"failed\",\"password\":\"Kx92mQ01pz77\"}");
    else if (c->way == MALFORMED) sim_json(a, ret, 200, "[{\"name\":\"Ann\",\"password\":");
    else if (c->way == ECHO_QUERY && has_query(o)) {
        sim_json(a, ret, 200, "{\"query\":\"%.*s\",\"role\":\"admin\",\"username\":\"x\",\"user_id\":\"%.*s\"}", SV_ARG(sv_from_index(o->request->target, 1)), SV_ARG(sim_query(a, o, "user_id")));
    } else return false;
    return true;
}

static void club_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct club *c = state;
    struct sv path = sim_path(o), credential = sim_request_header(o, "Authorization");
    unsigned caller = sv_ends_with(credential, SV("ann-token-000001")) ? 1 : sv_ends_with(credential, SV("bob-token-000002")) ? 2 : 0;
    c->asked++;
    if (caller == 0) {
        sim_json(a, ret, 401, "{\"error\":\"sign in\"}");
        return;
    }
    if (lie(sim, c, a, o, ret)) return;
    if (c->way == CACHED && has_query(o)) sim_header(a, ret, "X-Cache", SV("HIT"));
    bool more = gives_more(c, a, o) || (c->way == CACHED && has_query(o));
    unsigned who = subject_of(c, a, o, caller);
    const struct member *m = &members[who];
    if (sv_eq(path, SV("/me"))) sim_json(a, ret, 200, "{\"id\":%u,\"username\":\"%s\",\"tenant_id\":\"%s\"}", members[caller].id, members[caller].name, members[caller].tenant);
    else if (sv_eq(path, SV("/locker")) && c->way != PUBLIC_FILTER) sim_json(a, ret, 200, "{\"number\":%u,\"member_id\":%u,\"pin_code\":\"%s\"}", m->id / 7, m->id, who == 1 ? "red lion" : "blue crane");
    else if (sv_eq(path, SV("/courses"))) courses(c, a, o, caller, ret);
    else if (sv_eq(path, SV("/posts"))) sim_json(a, ret, 200, "[{\"title\":\"A day with %s\",\"likes\":%u}]", m->name, m->id / 3U);
    else if (sv_eq(path, SV("/people"))) people(a, more, ret);
    else if (sv_eq(path, SV("/admin/accounts"))) accounts(a, more, ret);
    else sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
}

static struct scan_result scan_spec(struct arena *a, enum way way, const char *only, const char *text) {
    struct header one[] = {{SV("Authorization"), SV("Bearer ann-token-000001")}}, two[] = {{SV("Authorization"), SV("Bearer bob-token-000002")}};
    const struct principal who[] = {{.name = SV("first"), .role = SV("member"), .headers = {one, 1, 1}}, {.name = SV("second"), .role = SV("member"), .headers = {two, 1, 1}}};
    struct club c = {.way = way};
    rng_init(&c.rng, 77);
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = club_server, .state = &c, .spec = text, .only = only, .mode = MODE_SAFE, .identities = who, .identity_count = 2};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static struct scan_result scan(struct arena *a, enum way way, const char *only) {
    return scan_spec(a, way, only, spec);
}

static void test_what_gives_more_is_found(void **state) {
    static const struct {
        enum way way;
        const char *check, *path, *parameter;
        enum severity severity;
    } hits[] = {
        {SUBJECT_QUERY, "bola-subject", "/locker", "user_id", SEVERITY_MEDIUM}, {TENANT_HEADER, "bola-subject", "/locker", "X-Tenant-Id", SEVERITY_HIGH},
        {ACTS, "bola-subject", "/locker", "X-On-Behalf-Of", SEVERITY_HIGH},  {CURSOR, "bola-subject", "/courses", "cursor", SEVERITY_HIGH},
        {ROLE_QUERY, "bfla-parameter", "/admin/accounts", "role", SEVERITY_HIGH}, {SCOPE_ALL, "bfla-parameter", "/courses", "scope", SEVERITY_HIGH},
        {STRICT_HEADER, "bfla-parameter", "/admin/accounts", "X-Internal", SEVERITY_HIGH},
        {FIELDS, "property-on-demand", "/people", "fields", SEVERITY_HIGH}, {VERBOSE, "property-on-demand", "/people", "verbose", SEVERITY_HIGH},
    };
    for (size_t i = 0; i < sizeof hits / sizeof hits[0]; i++) {
        struct scan_result r = scan(*state, hits[i].way, hits[i].check);
        const struct result_finding *f = sim_find(&r, hits[i].check, NULL);
        if (f == NULL) print_error("way %u: %s\n", (unsigned)hits[i].way, hits[i].check);
        assert_non_null(f);
        bool there = false;
        for (size_t k = 0; k < f->occurrence_count; k++) there = there || sv_eq(f->occurrences[k].path, sv_from(hits[i].path));
        assert_true(there);
        assert_sv_equal(f->parameter, sv_from(hits[i].parameter));
        assert_int_equal(f->severity, hits[i].severity);
        assert_int_equal(f->confidence, hits[i].severity == SEVERITY_MEDIUM ? CONFIDENCE_FIRM : CONFIDENCE_CONFIRMED);
    }
}

static void test_what_would_fool_it(void **state) {
    static const char *const checks[] = {"bola-subject", "bfla-parameter", "property-on-demand"};
    for (int way = CLOSED; way < WAY_COUNT; way++) {
        for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
            struct scan_result r = scan(*state, (enum way)way, checks[i]);
            unsigned loud = 0;
            for (size_t k = 0; k < r.finding_count; k++) loud += r.findings[k].confidence > CONFIDENCE_TENTATIVE;
            if (loud > 0) {
                print_error("way %d, %s\n", way, checks[i]);
                sim_dump(&r);
            }
            assert_int_equal(loud, 0);
        }
    }
    struct scan_result r = scan(*state, CLOSED, "bfla-parameter");
    assert_int_equal(sim_coverage(&r, "bfla-parameter", "GET", "/admin/accounts"), COVERAGE_PASSED);
}

static void test_one_cause_is_told_once(void **state) {
    struct scan_result r = scan(*state, ACTS, "bola-subject");
    assert_int_equal(sim_count(&r, "bola-subject"), 1);
    assert_true(sim_find(&r, "bola-subject", NULL)->occurrence_count > 1);
}

// The header that grants a role is found by a detour around the refusal, too, whichever comes first.
static void test_a_header_is_told_once(void **state) {
    static const enum way ways[] = {ROLE_HEADER, STRICT_HEADER};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct scan_result r = scan(*state, ways[i], NULL);
        size_t n = sim_count(&r, "bfla-parameter") + sim_count(&r, "auth-path-bypass");
        if (n != 1) sim_dump(&r);
        assert_int_equal(n, 1);
    }
    struct scan_result r = scan(*state, ROLE_HEADER, "bfla-parameter");
    assert_int_equal(sim_count(&r, "bfla-parameter"), 1);
    assert_sv_text(sim_find(&r, "bfla-parameter", "/admin/accounts")->parameter, "X-Role");
}

static void test_what_is_shared_is_left_alone(void **state) {
    struct scan_result r = scan_spec(*state, SCOPE_ALL, "bfla-parameter", shared_spec);
    if (sim_count(&r, NULL) != 0) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 0);
}

static bool group_has(const struct node *group, struct sv name) {
    for (const struct node *n = node_get(group, SV("add"))->first; n != NULL; n = n->next) {
        if (sv_eq(node_get_text(n, SV("name")), name)) return true;
    }
    return false;
}

static void test_every_group_has_samples_and_a_source(void **state) {
    struct node *data = NULL;
    struct error err = {0};
    size_t groups = 0;
    assert_ok(&err, knowledge_load(*state, SV("additions"), &data, &err));
    for (const struct node *g = node_get(data, SV("groups"))->first; g != NULL; g = g->next, groups++) {
        assert_true(sv_starts_with(node_get_text(g, SV("source")), SV("https://")));
        for (const struct node *n = node_get(g, SV("true"))->first; n != NULL; n = n->next) assert_true(group_has(g, n->text));
        for (const struct node *n = node_get(g, SV("false"))->first; n != NULL; n = n->next) assert_false(group_has(g, n->text));
        for (const struct node *n = node_get(g, SV("add"))->first; n != NULL; n = n->next) assert_true(node_get_text(n, SV("value")).len > 0);
    }
    assert_int_equal(groups, 5);
    assert_non_null(node_get(node_get(data, SV("cursor_params")), SV("words")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_what_gives_more_is_found),
        test_with_arena(test_what_would_fool_it),
        test_with_arena(test_one_cause_is_told_once),
        test_with_arena(test_a_header_is_told_once),
        test_with_arena(test_what_is_shared_is_left_alone),
        test_with_arena(test_every_group_has_samples_and_a_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
