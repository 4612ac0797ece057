// SPDX-License-Identifier: Apache-2.0
// Whole scans with identities: what proves a credential, what happens when it dies, logins, and what is never written down.
#include "support/sim.h"

#include <dirent.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <unistd.h>

#include "http/header.h"
#include "http/jwt.h"
#include "scan/engine_state.h"
#include "support/test.h"

#define DEAD "(dead token)"
static const char password[] = "correct-horse-battery-staple";

struct service {
    unsigned lives;       // requests with a token before it expires; 0: for ever
    unsigned seconds;     // the same by the clock, told as expires_in
    bool cached;          // a cache in front gives one answer to everybody
    bool wrong_password, broken_login, everybody, echo, login_by_cookie, changes_name, no_witness, chatty, astray, bearer_words;
    unsigned generation, used, logins, refreshes, refused, random_seen, beats;
    usec_t born;
    char token[64];
    unsigned ids;
};

static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Desk, version: '1'}\n"
                           "paths:\n"
                           "  /me: {get: {responses: {'200': {description: ok}}}}\n"
                           "  /public: {get: {responses: {'200': {description: ok}}}}\n"
                           "  /notes: {get: {parameters: [{name: q, in: query, schema: {type: string}}], responses: {'200': {description: ok}}}}\n"
                           "  /files: {get: {parameters: [{name: sort, in: query, schema: {type: string}}], responses: {'200': {description: ok}}}}\n";

static void new_token(struct service *s, usec_t now) {
    s->generation++;
    s->used = 0;
    s->born = now;
    snprintf(s->token, sizeof s->token, "tok-%u-Qm9zc2Vk-%u", s->generation, s->generation * 7919 + 13);
}

static void login(struct sim *sim, struct service *s, struct arena *a, const struct outgoing *o, struct response *ret) {
    bool refresh = sv_contains(o->request->body, SV("grant_type=refresh_token"));
    if (refresh) s->refreshes++;
    else s->logins++;
    if (s->broken_login) {
        sim_json(a, ret, 200, "{\"message\":\"welcome\"}");
        return;
    }
    if (s->astray) { // not where the file says
        sim_json(a, ret, 200, "{\"result\":{\"jwtToken\":\"tok-Qm9zc2Vk-astray\"}}");
        return;
    }
    char known[80];
    snprintf(known, sizeof known, "refresh-Zx81-%u", s->generation);
    if (refresh ? !sv_contains(o->request->body, sv_from(known)) : s->wrong_password || !sv_contains(o->request->body, sv_from(password))) {
        sim_json(a, ret, 401, "{\"error\":\"wrong\"}");
        return;
    }
    new_token(s, sim->now);
    if (s->login_by_cookie) {
        sim_header(a, ret, "Set-Cookie", arena_printf(a, "sid=%s; HttpOnly; Secure; SameSite=Lax", s->token));
        sim_json(a, ret, 200, "{\"ok\":true}");
    } else if (s->chatty) { // what else a sign-in may hand out
        sim_header(a, ret, "Set-Cookie", SV("sid=rk3-Qm9zc2Vk-zz; HttpOnly"));
        sim_json(a, ret, 200, "{\"data\":{\"access\":\"%s\",\"refreshToken\":\"refresh-Zx81-b\",\"sessions\":[\"refresh-Zx81-c\"]}}", s->token);
    } else if (s->seconds > 0) {
        sim_json(a, ret, 200, "{\"data\":{\"access\":\"%s\"},\"expires_in\":%u,\"refresh_token\":\"refresh-Zx81-%u\"}", s->token, s->seconds, s->generation);
    } else {
        sim_json(a, ret, 200, "{\"data\":{\"access\":\"%s\"},\"refresh_token\":\"refresh-Zx81-%u\"}", s->token, s->generation);
    }
}

static bool signed_in(struct sim *sim, struct service *s, const struct outgoing *o) {
    struct sv value = sim_request_header(o, s->login_by_cookie ? "Cookie" : "Authorization");
    bool right = value.len > 0 && s->token[0] != 0 && sv_ends_with(value, sv_from(s->token));
    if (value.len > 0 && !right) s->random_seen++;
    if (!right) return s->everybody;
    if ((s->lives > 0 && s->used >= s->lives) || (s->seconds > 0 && sim->now - s->born > s->seconds * USEC_PER_SEC)) {
        s->refused++;
        return false;
    }
    s->used++;
    return true;
}

static void serve(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct service *s = state;
    struct sv path = sim_path(o);
    sim->delay = 10 * USEC_PER_MSEC;
    if (s->cached) sim_header(a, ret, "Age", SV("12"));
    if (sv_eq(path, SV("/login")) || sv_eq(sv_slice(path, 0, 4), SV("/in/"))) login(sim, s, a, o, ret);
    else if (sv_eq(path, SV("/public")) || sv_eq(path, SV("/"))) sim_json(a, ret, 200, "{\"news\":\"open\"}");
    else if (!sv_eq(path, SV("/me")) && !sv_eq(path, SV("/notes")) && !sv_eq(path, SV("/files"))) sim_json(a, ret, 404, "{\"error\":\"not found\"}");
    else if (s->bearer_words && !signed_in(sim, s, o)) {
        sim_header(a, ret, "WWW-Authenticate", SV("Bearer realm=desk"));
        sim_json(a, ret, 401, "{\"error\":\"sign in\"}");
    } else if (!signed_in(sim, s, o)) sim_json(a, ret, 401, "{\"error\":\"sign in\"}");
    else if (s->no_witness) sim_json(a, ret, 200, "{\"news\":\"%u\"}", sim->requests);
    else if (sv_eq(path, SV("/me"))) sim_json(a, ret, 200, "{\"name\":\"Alice Example\",\"desk\":\"north-wing\",\"n\":%u}", s->echo ? sim->requests : 1);
    else sim_json(a, ret, 200, "{\"items\":[{\"text\":\"buy paper\"}]}");
}

static struct scan_result scan(struct arena *a, struct service *s, const struct principal *who, size_t count, const char *record_dir) {
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = serve, .state = s, .spec = spec, .mode = MODE_SAFE, .identities = who, .identity_count = count, .record_dir = record_dir};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static struct principal bearer(struct arena *a, const char *name, const char *token) {
    struct principal p = {.name = sv_from(name)};
    assert_true(header_add(a, &p.headers, SV("Authorization"), arena_printf(a, "Bearer %s", token)));
    return p;
}

static const struct sv secrets[] = {SV_INIT("correct-horse-battery-staple")};

static struct login *json_login(struct arena *a) {
    struct login *l = arena_new(a, struct login);
    *l = (struct login){.request = {.method = SV("POST"), .url = SV("/login"), .body = SV("{\"user\":\"alice\",\"password\":\"correct-horse-battery-staple\"}")},
                        .source = LOGIN_FROM_JSON, .name = SV("/data/access"), .send_name = SV("Authorization"), .send_value = SV("Bearer {token}")};
    assert_true(header_add(a, &l->request.headers, SV("Content-Type"), SV("application/json")));
    return l;
}

static struct principal with_login(const struct login *l) {
    return (struct principal){.name = SV("alice"), .login = l, .secrets = secrets, .secret_count = 1};
}

static bool has_warning(const struct scan_result *r, const char *text) {
    for (size_t i = 0; i < r->warning_count; i++) {
        if (sv_contains(r->warnings[i], sv_from(text))) return true;
    }
    return false;
}

static size_t count_dead(const struct scan_result *r) {
    size_t n = 0;
    for (size_t i = 0; i < r->coverage_count; i++) n += r->coverage[i].status == COVERAGE_INCONCLUSIVE && sv_contains(r->coverage[i].reason, SV(DEAD));
    return n;
}

static void test_good_credential_is_proven(void **state) {
    struct service s = {0};
    new_token(&s, 0);
    const struct principal alice = bearer(*state, "alice", s.token);
    struct scan_result r = scan(*state, &s, &alice, 1, NULL);
    assert_int_equal(r.exit_code, 0);
    assert_false(has_warning(&r, "makes a difference"));
    assert_true(s.random_seen > 0); // the third way of the canary
    assert_int_equal(count_dead(&r), 0);
}

static void test_credential_that_makes_no_difference_is_said(void **state) {
    struct service wrong = {0}, open = {.everybody = true};
    new_token(&wrong, 0);
    new_token(&open, 0);
    const struct principal bad = bearer(*state, "alice", "not-the-token-at-all"), good = bearer(*state, "alice", open.token);
    struct scan_result r = scan(*state, &wrong, &bad, 1, NULL);
    assert_true(has_warning(&r, "the credential of alice makes a difference"));
    r = scan(*state, &open, &good, 1, NULL);
    assert_true(has_warning(&r, "the credential of alice makes a difference"));
    assert_int_equal(r.exit_code, 0);
}

static void test_answers_of_a_cache_prove_nothing(void **state) {
    struct service s = {.cached = true};
    new_token(&s, 0);
    const struct principal alice = bearer(*state, "alice", s.token);
    struct scan_result r = scan(*state, &s, &alice, 1, NULL);
    assert_true(has_warning(&r, "makes a difference"));
}

static void test_token_that_dies_half_way_is_inconclusive(void **state) {
    struct service s = {.lives = 40};
    new_token(&s, 0);
    const struct principal alice = bearer(*state, "alice", s.token);
    struct scan_result r = scan(*state, &s, &alice, 1, NULL);
    assert_int_equal(r.exit_code, 3);
    assert_true(r.exit_reason_count > 0 && sv_contains(r.exit_reasons[0], SV("alice")) && sv_contains(r.exit_reasons[0], SV(DEAD)));
    assert_true(has_warning(&r, "stopped working"));
    assert_true(count_dead(&r) > 0);
    assert_int_equal(s.logins, 0);
    assert_true(s.refused < 30); // it is not asked with to the end
}

static void test_login_again_when_it_dies(void **state) {
    struct service s = {.lives = 60};
    const struct principal alice = with_login(json_login(*state));
    struct scan_result r = scan(*state, &s, &alice, 1, NULL);
    assert_int_equal(r.exit_code, 0);
    assert_true(s.logins >= 2);
    assert_int_equal(count_dead(&r), 0);
    // A storm of 401 is one login: never more logins than deaths.
    assert_true(s.logins <= 1 + s.refused / 2);
}

static void test_refresh_before_expiry(void **state) {
    struct service s = {.seconds = 2};
    struct login *l = json_login(*state);
    l->refresh = (struct login_request){.method = SV("POST"), .url = SV("/login"), .body = SV("grant_type=refresh_token&refresh_token={refresh_token}")};
    assert_true(header_add(*state, &l->refresh.headers, SV("Content-Type"), SV("application/x-www-form-urlencoded")));
    const struct principal alice = with_login(l);
    struct scan_result r = scan(*state, &s, &alice, 1, NULL);
    assert_int_equal(r.exit_code, 0);
    assert_int_equal(s.logins, 1);
    assert_true(s.refreshes >= 1);
    assert_int_equal(s.refused, 0); // no request ever went out with an expired token
}

static void test_wrong_password_is_tried_once(void **state) {
    struct service s = {.wrong_password = true};
    const struct principal alice = with_login(json_login(*state));
    struct scan_result r = scan(*state, &s, &alice, 1, NULL);
    assert_int_equal(s.logins, 1);
    assert_int_equal(r.exit_code, 3);
    assert_true(has_warning(&r, "the login of alice failed: POST /login answered 401"));
    struct service broken = {.broken_login = true};
    r = scan(*state, &broken, &alice, 1, NULL);
    assert_int_equal(broken.logins, 1);
    assert_true(has_warning(&r, "the token is not where the file says"));
}

static void test_login_by_cookie(void **state) {
    struct service s = {.login_by_cookie = true};
    struct login *l = json_login(*state);
    l->source = LOGIN_FROM_COOKIE;
    l->name = SV("sid");
    l->send_name = SV("Cookie");
    l->send_value = SV("sid={token}");
    const struct principal alice = with_login(l);
    struct scan_result r = scan(*state, &s, &alice, 1, NULL);
    assert_int_equal(r.exit_code, 0);
    assert_int_equal(s.logins, 1);
    assert_false(has_warning(&r, "makes a difference"));
}

static void test_login_outside_the_scope_is_refused(void **state) {
    struct service s = {0};
    struct login *l = json_login(*state);
    l->request.url = SV("https://elsewhere.example/login");
    const struct principal alice = with_login(l);
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = serve, .state = &s, .spec = spec, .mode = MODE_SAFE, .identities = &alice, .identity_count = 1};
    assert_int_equal(sim_run(*state, &o, &r, &err), ERR_USAGE);
    assert_non_null(strstr(err.text, "--allow-origin https://elsewhere.example"));
}

static struct sv read_all(struct arena *a, const char *directory, const char *name) {
    FILE *f = fopen(arena_printf(a, "%s/%s%c", directory, name, 0).ptr, "rb");
    assert_non_null(f);
    char *bytes = arena_alloc(a, 8 << 20);
    size_t len = fread(bytes, 1, 8 << 20, f);
    fclose(f);
    return sv_make(bytes, len);
}

static void check_recording(struct arena *a, struct service *s, const struct principal *who, unsigned kill_after) {
    char directory[] = "/tmp/plumb-token-life-XXXXXX";
    assert_non_null(mkdtemp(directory));
    assert_int_equal(rmdir(directory), 0);
    struct scan_result r, again;
    struct error err = {0};
    const struct sim_options o = {.server = serve, .state = s, .spec = spec, .mode = MODE_SAFE, .identities = who, .identity_count = 1, .record_dir = directory, .kill_after = kill_after};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    const struct sv events = read_all(a, directory, "events.jsonl"), header = read_all(a, directory, "scan.json");
    static const char *const never[] = {"Qm9zc2Vk", "refresh-Zx81", "correct-horse"};
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        assert_false(sv_contains(events, sv_from(never[i])));
        assert_false(sv_contains(header, sv_from(never[i])));
    }
    assert_ok(&err, scan_replay(a, directory, &again, &err));
    assert_int_equal(again.requests, r.requests);
    assert_int_equal(again.exit_code, r.exit_code);
    assert_int_equal(again.coverage_count, r.coverage_count);
    assert_int_equal(again.finding_count, r.finding_count);
    assert_int_equal(again.warning_count, r.warning_count);
    for (size_t i = 0; i < r.warning_count; i++) assert_sv_equal(again.warnings[i], r.warnings[i]);
    for (size_t i = 0; i < r.coverage_count; i++) assert_int_equal(again.coverage[i].status, r.coverage[i].status);
    for (size_t i = 0; i < r.finding_count; i++) {
        assert_sv_equal(again.findings[i].fingerprint, r.findings[i].fingerprint);
        for (size_t k = 0; k < r.findings[i].evidence_count; k++) assert_sv_equal(again.findings[i].evidence[k].request, r.findings[i].evidence[k].request);
    }
    assert_int_equal(unlink(arena_printf(a, "%s/events.jsonl%c", directory, 0).ptr), 0);
    assert_int_equal(unlink(arena_printf(a, "%s/scan.json%c", directory, 0).ptr), 0);
    assert_int_equal(rmdir(directory), 0);
}

static void test_nothing_secret_is_recorded_and_the_replay_is_equal(void **state) {
    struct service s = {.lives = 60}, still = {0}, dying = {.lives = 40}, seconds = {.seconds = 1}, wrong = {.wrong_password = true};
    const struct principal alice = with_login(json_login(*state));
    check_recording(*state, &s, &alice, 0);
    check_recording(*state, &seconds, &alice, 0);
    check_recording(*state, &wrong, &alice, 0);
    new_token(&still, 0);
    new_token(&dying, 0);
    const struct principal fixed = bearer(*state, "alice", still.token);
    check_recording(*state, &still, &fixed, 0);
    check_recording(*state, &dying, &fixed, 0);
}

// Neither of a good answer to a login nor of one that is not understood; nor of the path of the login.
static void test_nothing_else_of_a_login_is_recorded(void **state) {
    struct service chatty = {.chatty = true}, astray = {.astray = true}, placed = {0};
    const struct principal alice = with_login(json_login(*state));
    check_recording(*state, &chatty, &alice, 0);
    check_recording(*state, &astray, &alice, 0);
    struct login *l = json_login(*state);
    l->request.url = SV("/in/correct-horse-battery-staple/now");
    const struct principal hook = with_login(l);
    check_recording(*state, &placed, &hook, 0);
    assert_int_equal(placed.logins, 1);
    struct service refused = {.wrong_password = true};
    check_recording(*state, &refused, &hook, 0);
    struct service resumed = {0};
    check_recording(*state, &resumed, &hook, 60);
    assert_int_equal(resumed.logins, 2);
}

// An emptied credential leaves a word, which stays readable in answers.
static void test_the_scheme_is_no_secret(void **state) {
    struct service s = {.bearer_words = true};
    new_token(&s, 0);
    const struct principal alice = bearer(*state, "alice", s.token);
    char directory[] = "/tmp/plumb-token-life-XXXXXX";
    assert_non_null(mkdtemp(directory));
    assert_int_equal(rmdir(directory), 0);
    struct scan_result r = scan(*state, &s, &alice, 1, directory);
    const struct sv events = read_all(*state, directory, "events.jsonl");
    assert_int_equal(r.exit_code, 0);
    assert_true(sv_contains(events, SV("'s token, emptied>")));
    size_t words = 0, answers = 0;
    for (struct sv rest = events, line; sv_split(&rest, '\n', &line);) {
        if (!sv_contains(line, SV("realm=desk"))) continue;
        answers++;
        words += sv_contains(line, SV("Bearer realm=desk"));
    }
    assert_true(answers > 1);
    assert_int_equal(words, answers);
    assert_int_equal(unlink(arena_printf(*state, "%s/events.jsonl%c", directory, 0).ptr), 0);
    assert_int_equal(unlink(arena_printf(*state, "%s/scan.json%c", directory, 0).ptr), 0);
    assert_int_equal(rmdir(directory), 0);
}

static void test_interrupted_scan_signs_in_again(void **state) {
    struct service s = {0};
    const struct principal alice = with_login(json_login(*state));
    check_recording(*state, &s, &alice, 60);
    assert_int_equal(s.logins, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_good_credential_is_proven),
        test_with_arena(test_credential_that_makes_no_difference_is_said),
        test_with_arena(test_answers_of_a_cache_prove_nothing),
        test_with_arena(test_token_that_dies_half_way_is_inconclusive),
        test_with_arena(test_login_again_when_it_dies),
        test_with_arena(test_refresh_before_expiry),
        test_with_arena(test_wrong_password_is_tried_once),
        test_with_arena(test_login_by_cookie),
        test_with_arena(test_login_outside_the_scope_is_refused),
        test_with_arena(test_nothing_secret_is_recorded_and_the_replay_is_equal),
        test_with_arena(test_nothing_else_of_a_login_is_recorded),
        test_with_arena(test_the_scheme_is_no_secret),
        test_with_arena(test_interrupted_scan_signs_in_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
