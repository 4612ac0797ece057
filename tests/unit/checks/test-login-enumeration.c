// SPDX-License-Identifier: Apache-2.0
// Sign-ins that tell which accounts exist: by answer, by time, and what must not count as either.
#include <unistd.h>

#include "http/header.h"
#include "scan/identity/login.h"
#include "scan/record.h"
#include "support/sim.h"
#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Lido, version: '1'}\n"
                           "paths:\n"
                           "  /me: {get: {security: [{k: []}], responses: {'200': {description: ok}}}}\n"
                           "  /session: {post: {responses: {'200': {description: ok}}}}\n"
                           "components: {securitySchemes: {k: {type: http, scheme: bearer}}}\n";

#define PASSWORD "Sunny-Beach-1973"
#define TOKEN    "lido-3Xq9TfV7mB2kW8zR"

enum habit { SOUND, BY_STATUS, BY_TEXT, BY_FORM, ECHO, NUMBERED, RANDOM_TEXT, TAKES_TURNS, ANY_PASSWORD, COOKIE_FOR_ANY, REFUSES_IN_200, WARNS_IN_200, LIMITS, LOCKS, CLOSES, SLOW_FOR_OWN, SLOW_FOR_OTHERS, SLOW_FOR_ALL, SLOW_AT_RANDOM };
struct lido {
    enum habit habit;
    const char *account;
    unsigned asked, wrong;
    uint64_t draw;
};

static void refuse(struct lido *l, struct arena *a, bool own, struct sv body, struct response *ret) {
    bool odd = (l->draw >> 33 & 1) != 0;
    if (l->habit == BY_STATUS) sim_json(a, ret, own ? 401 : 404, "{\"error\":\"no\"}");
    else if (l->habit == BY_TEXT) sim_json(a, ret, 401, "{\"error\":\"%s\"}", own ? "The password is wrong" : "There is no such account");
    else if (l->habit == BY_FORM) sim_json(a, ret, 401, own ? "{\"error\":\"no\",\"tries_left\":4}" : "{\"error\":\"no\"}");
    else if (l->habit == REFUSES_IN_200) sim_json(a, ret, own ? 200 : 404, "{\"success\":false,\"message\":\"%s\"}", own ? "That is another password" : "Who is that?");
    else if (l->habit == WARNS_IN_200) sim_json(a, ret, own ? 200 : 404, "{\"outcome\":\"%s\",\"triesLeft\":4,\"requestId\":\"%s\"}", own ? "wrong password" : "nobody", "7c1e94d0a2b35f68");
    else if (l->habit == COOKIE_FOR_ANY && own) {
        sim_status(a, ret, 204);
        sim_header(a, ret, "Set-Cookie", SV("sid=8Wq2Lm5Tz0Rk7Xv3; HttpOnly"));
    } else if (l->habit == ECHO) sim_json(a, ret, 401, "{\"error\":\"%.*s cannot sign in\"}", 9, sv_from_index(body, sv_find(body, SV("\"user\":\"")) + 8).ptr);
    else if (l->habit == NUMBERED) sim_json(a, ret, 401, "{\"error\":\"no\",\"request\":%u}", l->asked);
    else if (l->habit == RANDOM_TEXT) sim_json(a, ret, 401, "{\"error\":\"no %llu\"}", (unsigned long long)(l->draw >> 40));
    else if (l->habit == TAKES_TURNS) sim_json(a, ret, odd ? 401 : 403, "{\"error\":\"no\"}");
    else if (l->habit == LIMITS && l->wrong > 2) sim_json(a, ret, 429, "{\"error\":\"later\"}");
    else if (l->habit == LOCKS && own) sim_json(a, ret, 423, "{\"error\":\"locked\"}");
    else sim_json(a, ret, 401, "{\"error\":\"Name or password is wrong\"}");
}

static void sign_in(struct sim *sim, struct lido *l, struct arena *a, struct sv body, struct response *ret) {
    bool own = sv_contains(body, sv_from(l->account)), right = own && sv_contains(body, SV(PASSWORD));
    bool slow = l->habit == SLOW_FOR_ALL || (l->habit == SLOW_FOR_OWN && own) || (l->habit == SLOW_FOR_OTHERS && !own) || (l->habit == SLOW_AT_RANDOM && (l->draw >> 35 & 1) != 0);
    if (slow) sim->delay = (40 + (l->draw >> 50) % 20) * USEC_PER_MSEC;
    if (right || (l->habit == ANY_PASSWORD && own)) {
        sim_json(a, ret, 200, "{\"token\":\"" TOKEN "\"}");
        return;
    }
    l->wrong++;
    if (l->habit == CLOSES && l->wrong > 1) sim->outcome = OUTCOME_CLOSED;
    refuse(l, a, own, body, ret);
}

static void lido_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct lido *l = state;
    struct sv path = sim_path(o);
    l->asked++;
    l->draw = l->draw * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    if (sv_eq(path, SV("/session"))) sign_in(sim, l, a, o->request->body, ret);
    else if (!sv_eq(path, SV("/me"))) sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
    else if (sv_eq(sim_request_header(o, "Authorization"), SV("Bearer " TOKEN))) sim_json(a, ret, 200, "{\"name\":\"Ottavia Brandolini\",\"cabin\":\"north-17\"}");
    else sim_json(a, ret, 401, "{\"error\":\"sign in\"}");
}

static struct scan_result scan_as(struct arena *a, struct lido *l, unsigned budget, enum scan_mode mode, const char *record_dir) {
    struct scan_result r;
    struct error err = {0};
    if (l->account == NULL) l->account = "ottavia73";
    struct sv body = arena_printf(a, "{\"user\":\"%s\",\"password\":\"" PASSWORD "\",\"remember\":true}", l->account);
    struct login *login = arena_new(a, struct login);
    *login = (struct login){.request = {.method = SV("POST"), .url = SV("/session"), .body = body}, .source = LOGIN_FROM_JSON, .name = SV("/token"), .send_name = SV("Authorization"),
                            .send_value = SV("Bearer {token}")};
    assert_true(header_add(a, &login->request.headers, SV("Content-Type"), SV("application/json")));
    static const struct sv secrets[] = {SV_INIT(PASSWORD)};
    const struct principal who = {.name = SV("ottavia"), .login = login, .secrets = secrets, .secret_count = 1};
    l->draw = 7;
    const struct sim_options o = {.server = lido_server, .state = l, .spec = spec, .only = "login-enumeration", .mode = mode, .identities = &who, .identity_count = 1,
                                  .lockout_budget = budget, .record_dir = record_dir};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static void assert_told(struct arena *a, struct lido l, unsigned budget, const char *cause, enum confidence confidence, enum severity severity) {
    struct scan_result r = scan_as(a, &l, budget, MODE_ACTIVE, NULL);
    if (sim_count(&r, NULL) != 1) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 1);
    assert_true(sv_eq(r.findings[0].cause, sv_from(cause)));
    assert_int_equal(r.findings[0].confidence, confidence);
    assert_int_equal(r.findings[0].severity, severity);
}

static enum coverage_status assert_silent(struct arena *a, struct lido l, unsigned budget) {
    struct scan_result r = scan_as(a, &l, budget, MODE_ACTIVE, NULL);
    if (sim_count(&r, NULL) > 0) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 0);
    return sim_coverage(&r, "login-enumeration", "POST", "/session");
}

static void test_by_answer(void **state) {
    assert_told(*state, (struct lido){.habit = BY_STATUS}, 5, "account-enumeration", CONFIDENCE_FIRM, SEVERITY_MEDIUM);
    assert_told(*state, (struct lido){.habit = BY_TEXT}, 5, "account-enumeration", CONFIDENCE_FIRM, SEVERITY_MEDIUM);
    assert_told(*state, (struct lido){.habit = BY_FORM}, 5, "account-enumeration", CONFIDENCE_FIRM, SEVERITY_MEDIUM);
    assert_told(*state, (struct lido){.habit = BY_STATUS, .account = "ottavia@lido.example"}, 5, "account-enumeration", CONFIDENCE_FIRM, SEVERITY_MEDIUM);
}
static void test_any_password(void **state) {
    assert_told(*state, (struct lido){.habit = ANY_PASSWORD}, 5, "any-password", CONFIDENCE_FIRM, SEVERITY_CRITICAL);
}
// A wrong password that is refused with 200 tells that the account is there, and lets nobody in.
static void test_refusals_with_200(void **state) {
    assert_told(*state, (struct lido){.habit = COOKIE_FOR_ANY}, 5, "any-password", CONFIDENCE_FIRM, SEVERITY_CRITICAL);
    assert_told(*state, (struct lido){.habit = REFUSES_IN_200}, 5, "account-enumeration", CONFIDENCE_FIRM, SEVERITY_MEDIUM);
    assert_told(*state, (struct lido){.habit = WARNS_IN_200}, 5, "account-enumeration", CONFIDENCE_FIRM, SEVERITY_MEDIUM);
}
static void test_by_time(void **state) {
    assert_told(*state, (struct lido){.habit = SLOW_FOR_OWN}, 20, "account-timing", CONFIDENCE_CONFIRMED, SEVERITY_LOW);
    assert_told(*state, (struct lido){.habit = SLOW_FOR_OTHERS}, 20, "account-timing", CONFIDENCE_CONFIRMED, SEVERITY_LOW);
}
static void test_times_need_their_budget(void **state) {
    assert_int_equal(assert_silent(*state, (struct lido){.habit = SLOW_FOR_OWN}, 19), COVERAGE_PASSED);
}
static void test_sound(void **state) {
    static const enum habit habits[] = {SOUND, ECHO, NUMBERED, SLOW_FOR_ALL, SLOW_AT_RANDOM};
    for (size_t i = 0; i < sizeof habits / sizeof habits[0]; i++) assert_int_equal(assert_silent(*state, (struct lido){.habit = habits[i]}, 20), COVERAGE_PASSED);
    assert_int_equal(assert_silent(*state, (struct lido){.habit = ECHO, .account = "otta@lido.example"}, 20), COVERAGE_PASSED);
}
static void test_liars(void **state) {
    static const enum habit habits[] = {RANDOM_TEXT, TAKES_TURNS, LIMITS, LOCKS, CLOSES};
    for (size_t i = 0; i < sizeof habits / sizeof habits[0]; i++) {
        enum coverage_status status = assert_silent(*state, (struct lido){.habit = habits[i]}, 20);
        if (habits[i] != RANDOM_TEXT) assert_int_equal(status, COVERAGE_INCONCLUSIVE);
    }
}
static void test_wrong_tries_are_few(void **state) {
    struct lido l = {.habit = SOUND}, safe = {.habit = BY_STATUS}, poor = {.habit = BY_STATUS};
    (void)scan_as(*state, &l, 5, MODE_ACTIVE, NULL);
    assert_int_equal(l.wrong, 4); // one for ours, three for nobody's
    struct scan_result r = scan_as(*state, &safe, 20, MODE_SAFE, NULL);
    assert_int_equal(safe.wrong, 0);
    assert_int_equal(sim_count(&r, NULL), 0);
    r = scan_as(*state, &poor, 1, MODE_ACTIVE, NULL);
    assert_int_equal(poor.wrong, 0);
    assert_int_equal(sim_coverage(&r, "login-enumeration", "POST", "/session"), COVERAGE_NOT_TESTED);
}
static void test_replay_is_equal(void **state) {
    char directory[] = "/tmp/plumb-sign-in-XXXXXX";
    assert_non_null(mkdtemp(directory));
    assert_int_equal(rmdir(directory), 0);
    struct lido l = {.habit = BY_TEXT};
    struct scan_result r = scan_as(*state, &l, 5, MODE_ACTIVE, directory), again;
    struct error err = {0};
    assert_ok(&err, scan_replay(*state, directory, &again, &err));
    assert_int_equal(r.finding_count, 1);
    assert_int_equal(again.finding_count, 1);
    assert_sv_equal(again.findings[0].fingerprint, r.findings[0].fingerprint);
    for (size_t k = 0; k < r.findings[0].evidence_count; k++) {
        assert_sv_equal(again.findings[0].evidence[k].request, r.findings[0].evidence[k].request);
        assert_false(sv_contains(r.findings[0].evidence[k].request, SV(PASSWORD)));
    }
    assert_int_equal(unlink(arena_printf(*state, "%s/events.jsonl%c", directory, 0).ptr), 0);
    assert_int_equal(unlink(arena_printf(*state, "%s/scan.json%c", directory, 0).ptr), 0);
    assert_int_equal(rmdir(directory), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_by_answer), test_with_arena(test_any_password), test_with_arena(test_refusals_with_200), test_with_arena(test_by_time), test_with_arena(test_times_need_their_budget),
        test_with_arena(test_sound),     test_with_arena(test_liars),        test_with_arena(test_wrong_tries_are_few), test_with_arena(test_replay_is_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
