// SPDX-License-Identifier: Apache-2.0
// Two people and an administrator, a profile, notes and settings: each flaw alone, and the liars that a write must not believe.
#include "data/node.h"
#include "support/sim.h"
#include "support/test.h"

enum kind { SOUND, TAKES_ROLE, TAKES_CREDIT, ECHOES, KEEPS, RANDOM_ROLE, FOREIGN_PUT, FOREIGN_DELETE, OPEN_PUT, SAYS_YES, ADMIN_PUT, BROKEN, SILENT };
struct world {
    enum kind kind;
    char role[24], title[64], made[64], motto[64];
    int credit;
    bool exists;
    unsigned number, drawn, writes, sent;
};

#define JSON(schema) "requestBody: {content: {application/json: {schema: " schema "}}}"
#define OK "responses: {'200': {description: ok}}"
#define ID "parameters: [{name: id, in: path, required: true, schema: {type: integer}}]"
static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Notes, version: '1'}\n"
                           "paths:\n"
                           "  /me:\n"
                           "    get: {" OK "}\n"
                           "    patch: {" JSON("{type: object, properties: {bio: {type: string}}}") ", " OK "}\n"
                           "  /notes:\n"
                           "    get: {" OK "}\n"
                           "    post: {" JSON("{type: object, required: [title], properties: {title: {type: string}}}") ", " OK "}\n"
                           "  /notes/{id}:\n"
                           "    get: {" ID ", " OK "}\n"
                           "    put: {" ID ", " JSON("{type: object, required: [title], properties: {title: {type: string}}}") ", " OK "}\n"
                           "    delete: {" ID ", " OK "}\n"
                           "  /notes/{id}/send:\n"
                           "    post: {summary: Sends the note, " ID ", " OK "}\n"
                           "  /settings:\n"
                           "    get: {" OK "}\n"
                           "    put: {" JSON("{type: object, required: [motto], properties: {motto: {type: string}}}") ", " OK "}\n";

static void take_text(struct arena *a, const struct outgoing *o, const char *key, char *to, size_t room) {
    struct node *root = NULL;
    if (node_parse_json(a, o->request->body, &node_limits_response, &root, NULL) != 0) return;
    struct sv text = node_get_text(root, sv_from(key));
    if (text.ptr != NULL) snprintf(to, room, SV_FMT, SV_ARG(text));
}

static void profile(struct world *w, struct arena *a, const struct outgoing *o, struct response *ret) {
    bool writes = sv_eq(o->request->method, SV("PATCH")), ann = o->identity == 1;
    struct node *root = NULL;
    if (writes && w->kind == BROKEN) {
        sim_status(a, ret, 500);
        return;
    }
    if (writes && ann && (w->kind == TAKES_ROLE || w->kind == KEEPS) && !(w->kind == KEEPS && strcmp(w->role, "member") != 0)) take_text(a, o, "role", w->role, sizeof w->role);
    if (writes && ann && w->kind == TAKES_CREDIT && node_parse_json(a, o->request->body, &node_limits_response, &root, NULL) == 0) {
        int64_t n;
        if (node_to_i64(node_get(root, SV("credit")), &n) == 0) w->credit = (int)n;
    }
    char said[24];
    snprintf(said, sizeof said, "%s", ann ? w->role : o->identity == 2 ? "member" : "admin");
    if (writes && w->kind == ECHOES) take_text(a, o, "role", said, sizeof said);
    if (w->kind == RANDOM_ROLE) snprintf(said, sizeof said, "%s", (w->drawn++ * 7 / 3) % 2 == 0 ? "member" : "admin");
    sim_json(a, ret, 200, "{\"id\":%u,\"name\":\"%s\",\"bio\":\"I sing\",\"role\":\"%s\",\"credit\":%d}", o->identity, ann ? "Ann" : o->identity == 2 ? "Bob" : "Root", said,
             ann ? w->credit : 3);
}

static void answer_note(struct arena *a, const struct outgoing *o, struct response *ret, unsigned id, const char *title, bool owner) {
    (void)o;
    if (owner) sim_json(a, ret, 200, "{\"id\":%u,\"title\":\"%s\"}", id, title);
    else sim_json(a, ret, 404, "{\"error\":\"no such note\"}");
}

// 11 and 12 are Ann's, 21 Bob's; w->number is what Ann makes.
static void one_note(struct world *w, struct arena *a, const struct outgoing *o, struct response *ret, unsigned id) {
    struct sv m = o->request->method;
    bool made = w->exists && id == w->number, known = id == 11 || id == 21 || made, owner = (id == 21) == (o->identity == 2) && o->identity != 0;
    char *title = made ? w->made : w->title;
    if (!known) sim_json(a, ret, 404, "{\"error\":\"no such note\"}");
    else if (sv_eq(m, SV("PUT"))) {
        bool may = owner || w->kind == FOREIGN_PUT || w->kind == OPEN_PUT;
        if (may && id != 21) take_text(a, o, "title", title, 60);
        if (may || w->kind == SAYS_YES) sim_json(a, ret, 200, "{\"ok\":true}");
        else sim_json(a, ret, 404, "{\"error\":\"no such note\"}");
    } else if (sv_eq(m, SV("DELETE"))) {
        bool may = owner || w->kind == FOREIGN_DELETE;
        if (may && made) w->exists = false;
        if (may && !made) fail_msg("a note that was there before was removed");
        if (may || w->kind == SAYS_YES) sim_json(a, ret, 200, "{\"ok\":true}");
        else sim_json(a, ret, 404, "{\"error\":\"no such note\"}");
    } else {
        answer_note(a, o, ret, id, id == 21 ? "Bob sails" : title, owner);
    }
}

static void notes(struct world *w, struct arena *a, const struct outgoing *o, struct response *ret) {
    if (sv_eq(o->request->method, SV("POST")) && o->identity == 1) {
        w->exists = true;
        w->number++;
        take_text(a, o, "title", w->made, sizeof w->made);
        sim_json(a, ret, 201, "{\"id\":%u,\"title\":\"%s\"}", w->number, w->made);
        return;
    }
    char more[100] = "";
    if (w->exists) snprintf(more, sizeof more, ",{\"id\":%u,\"title\":\"%s\"}", w->number, w->made);
    if (o->identity == 1) sim_json(a, ret, 200, "{\"items\":[{\"id\":11,\"title\":\"%s\"}%s]}", w->title, more);
    else sim_json(a, ret, 200, "{\"items\":[{\"id\":21,\"title\":\"Bob sails\"}]}");
}

static void settings(struct world *w, struct arena *a, const struct outgoing *o, struct response *ret) {
    bool writes = sv_eq(o->request->method, SV("PUT")), may = o->identity == 3 || (writes && w->kind == ADMIN_PUT);
    if (writes && may) take_text(a, o, "motto", w->motto, sizeof w->motto);
    if (may) sim_json(a, ret, 200, "{\"motto\":\"%s\",\"port\":80}", w->motto);
    else sim_json(a, ret, writes && w->kind == SAYS_YES ? 200 : 403, "{\"error\":\"administrators only\"}");
}

static void server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct world *w = state;
    struct sv path = sim_path(o), m = o->request->method;
    bool writes = !sv_eq(m, SV("GET")) && !sv_eq(m, SV("HEAD")) && !sv_eq(m, SV("OPTIONS"));
    unsigned id = 0;
    w->writes += writes;
    w->sent += sv_ends_with(path, SV("/send")) && writes;
    if (writes && o->identity == 3) fail_msg("the administrator wrote");
    if (writes && w->kind == SILENT) sim->outcome = OUTCOME_TIMEOUT;
    else if (o->identity == 0 && !(writes && w->kind == OPEN_PUT)) sim_json(a, ret, 401, "{\"error\":\"sign in\"}");
    else if (sv_eq(path, SV("/me"))) profile(w, a, o, ret);
    else if (sv_eq(path, SV("/notes"))) notes(w, a, o, ret);
    else if (sv_eq(path, SV("/settings"))) settings(w, a, o, ret);
    else if (sv_starts_with(path, SV("/notes/")) && sscanf(path.ptr, "/notes/%u", &id) == 1 && id < 100000) one_note(w, a, o, ret, id);
    else sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
}

static const char *const checks[] = {"mass-assignment", "bola-write", "bfla-write"};

static struct scan_result scan(struct arena *a, struct world *w, enum kind kind, const char *only, enum scan_mode mode, unsigned kill_after) {
    static struct header one[] = {{SV_INIT("Authorization"), SV_INIT("Bearer ann-token-000001")}}, two[] = {{SV_INIT("Authorization"), SV_INIT("Bearer bob-token-000002")}},
                         three[] = {{SV_INIT("Authorization"), SV_INIT("Bearer root-token-00003")}};
    const struct principal who[] = {{.name = SV("ann"), .headers = {one, 1, 1}}, {.name = SV("bob"), .headers = {two, 1, 1}}, {.name = SV("root"), .role = SV("admin"), .headers = {three, 1, 1}}};
    struct scan_result r;
    struct error err = {0};
    *w = (struct world){.kind = kind, .role = "member", .title = "Ann paints", .motto = "Be kind", .credit = 5, .number = 30};
    const struct sim_options o = {.server = server, .state = w, .spec = spec, .only = only, .mode = mode, .identities = who, .identity_count = 3, .kill_after = kill_after};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static void assert_as_before(const struct world *w) {
    assert_string_equal(w->title, "Ann paints");
    assert_string_equal(w->motto, "Be kind");
    assert_int_equal(w->credit, 5);
    assert_false(w->exists);
    assert_int_equal(w->sent, 0);
}

static void assert_hit(struct arena *a, enum kind kind, const char *check, const char *path, const char *parameter) {
    struct world w;
    struct scan_result r = scan(a, &w, kind, check, MODE_ACTIVE, 0);
    if (sim_count(&r, NULL) != 1) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 1);
    assert_true(sv_eq(r.findings[0].path, sv_from(path)));
    assert_int_equal(r.findings[0].severity, SEVERITY_HIGH);
    assert_int_equal(r.findings[0].confidence, CONFIDENCE_CONFIRMED);
    if (parameter != NULL) assert_true(sv_eq(r.findings[0].parameter, sv_from(parameter)));
    assert_as_before(&w);
    assert_string_equal(w.role, "member");
    size_t undone = 0;
    for (size_t i = 0; i < r.write_count; i++) {
        assert_true(r.writes[i].outcome != WRITE_LEFT);
        undone += r.writes[i].outcome == WRITE_UNDONE;
    }
    assert_true(undone >= 2);
}

static void test_hits(void **state) {
    assert_hit(*state, TAKES_ROLE, "mass-assignment", "/me", "role");
    assert_hit(*state, TAKES_CREDIT, "mass-assignment", "/me", "credit");
    assert_hit(*state, FOREIGN_PUT, "bola-write", "/notes/{id}", NULL);
    assert_hit(*state, FOREIGN_DELETE, "bola-write", "/notes/{id}", NULL);
    assert_hit(*state, ADMIN_PUT, "bfla-write", "/settings", NULL);
}

static void test_what_is_no_finding(void **state) {
    static const enum kind kinds[] = {SOUND, ECHOES, RANDOM_ROLE, SAYS_YES, BROKEN, SILENT};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        for (size_t c = 0; c < sizeof checks / sizeof checks[0]; c++) {
            struct world w;
            struct scan_result r = scan(*state, &w, kinds[i], checks[c], MODE_ACTIVE, 0);
            if (sim_count(&r, NULL) != 0) sim_dump(&r);
            if (sim_count(&r, NULL) != 0) fail_msg("service %d, %s", kinds[i], checks[c]);
            assert_as_before(&w);
        }
    }
}

static void test_anonymous_writes_belong_to_authentication(void **state) {
    struct world w;
    struct scan_result r = scan(*state, &w, OPEN_PUT, "bola-write", MODE_ACTIVE, 0);
    assert_true(sim_count(&r, NULL) >= 1);
    assert_int_equal(r.findings[0].category, CATEGORY_AUTHENTICATION);
    assert_sv_text(r.findings[0].cause, "anonymous-write");
    assert_as_before(&w);
}

static void test_what_stays_is_told(void **state) {
    struct world w;
    struct scan_result r = scan(*state, &w, KEEPS, "mass-assignment", MODE_ACTIVE, 0);
    assert_int_equal(sim_count(&r, NULL), 1);
    assert_int_equal(r.findings[0].confidence, CONFIDENCE_FIRM);
    size_t left = 0;
    for (size_t i = 0; i < r.write_count; i++) left += r.writes[i].outcome == WRITE_LEFT && r.writes[i].undo != NULL;
    assert_int_equal(left, 1);
    assert_true(r.warning_count >= 1);
}

static void test_safe_mode_writes_nothing(void **state) {
    struct world w;
    for (size_t c = 0; c < sizeof checks / sizeof checks[0]; c++) {
        struct scan_result r = scan(*state, &w, TAKES_ROLE, checks[c], MODE_SAFE, 0);
        assert_int_equal(w.writes, 0);
        assert_int_equal(r.write_count, 0);
    }
}

// Cut off after each answer in turn: whatever was under way, the data is as before in the end.
static void test_a_crash_leaves_nothing(void **state) {
    for (unsigned after = 1; after < 160; after += 7) {
        struct world w;
        for (size_t c = 0; c < sizeof checks / sizeof checks[0]; c++) {
            struct scan_result r = scan(*state, &w, c == 0 ? TAKES_ROLE : c == 1 ? FOREIGN_DELETE : ADMIN_PUT, checks[c], MODE_ACTIVE, after);
            assert_as_before(&w);
            assert_string_equal(w.role, "member");
            for (size_t i = 0; i < r.write_count; i++) assert_true(r.writes[i].outcome != WRITE_LEFT);
        }
    }
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_hits),
    test_with_arena(test_what_is_no_finding),
    test_with_arena(test_anonymous_writes_belong_to_authentication),
    test_with_arena(test_what_stays_is_told),
    test_with_arena(test_safe_mode_writes_nothing),
    test_with_arena(test_a_crash_leaves_nothing),
};
TEST_MAIN(tests)
