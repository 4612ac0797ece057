// SPDX-License-Identifier: Apache-2.0
// limit-missing and limit-bypass as whole scans, and the samples of data/limits.yaml. Time is simulated: a burst's answers take a millisecond each.
#include "checks/support/limits.h"

#include "checks/support/words.h"
#include "data/knowledge.h"
#include "http/header.h"
#include "support/sim.h"
#include "support/test.h"

static const char spec_format[] =
    "openapi: 3.0.3\n"
    "info: {title: Shop, version: '1'}\n"
    "paths:\n"
    "  /login:\n"
    "    post:\n"
    "      x-plumb-read-only: true\n"
    "      description: '%s'\n"
    "      requestBody: {content: {application/json: {schema: {type: object, required: [user, password], properties: {user: {type: string, example: nobody}, "
    "password: {type: string, format: password, example: wrong-pass-1}}}}}}\n"
    "      responses: {'200': {description: ok}, '401': {description: no}}\n"
    "  /vouchers/check:\n"
    "    get:\n"
    "      description: '%s'\n"
    "      parameters: [{name: code, in: query, required: true, schema: {type: string}, example: '481516'}]\n"
    "      responses: {'200': {description: ok}}\n"
    "  /books:\n"
    "    get:\n"
    "      description: '%s'\n"
    "      responses: {'200': {description: ok}}\n";

enum limiter { NONE, BY_PEER, BY_FIRST_FORWARDED, BY_REAL_IP, BY_ACCOUNT, LATE, AT_RANDOM, TEXT_200, TARPIT, FAILS, CLOSES, BY_SPELLING };
struct shop {
    enum limiter login, vouchers, books;
    unsigned limit;
    const char *header_limit; // X-RateLimit-Limit of /books
    const char *about_login, *about_vouchers, *about_books;
    unsigned logins, checks, reads;
    struct sv names[200], passwords[200];
    unsigned name_count;
    uint64_t noise;
    struct map counters;
    struct arena *arena;
    bool tolerant; // a slash behind the path, or a query, is nothing to it
    const char *only;
};

static unsigned count_for(struct shop *s, const char *route, struct sv key) {
    struct sv name = arena_printf(s->arena, "%s " SV_FMT, route, SV_ARG(key));
    unsigned *n = map_find(&s->counters, name);
    if (n == NULL) {
        n = arena_new(s->arena, unsigned);
        assert_true(n != NULL && map_set(s->arena, &s->counters, name, n));
    }
    return ++*n;
}

// True when the request was answered by the limiter.
static bool limited(struct sim *sim, struct shop *s, enum limiter how, const char *route, struct sv account, struct arena *a, const struct outgoing *o,
                    struct response *ret) {
    struct sv key = SV("peer");
    unsigned limit = s->limit;
    struct sv first = sim_request_header(o, "X-Forwarded-For");
    if (how == BY_FIRST_FORWARDED && first.len > 0) key = first;
    if (how == BY_REAL_IP && sim_request_header(o, "X-Real-IP").len > 0) key = sim_request_header(o, "X-Real-IP");
    if (how == BY_ACCOUNT) key = account;
    if (how == BY_SPELLING) key = sim_path(o);
    if (how == LATE) limit = 1000;
    unsigned n = count_for(s, route, key);
    switch (how) {
    case NONE:
        return false;
    case AT_RANDOM:
        s->noise = s->noise * 6364136223846793005U + 1442695040888963407U;
        if ((s->noise >> 40) % 2 == 0) return false;
        break;
    case TEXT_200:
        if (n <= limit) return false;
        sim_json(a, ret, 200, "{\"ok\":false,\"message\":\"Too many attempts\"}");
        return true;
    case TARPIT:
        if (n > limit) sim->delay = 3 * USEC_PER_SEC;
        return false;
    case FAILS:
        if (n <= 3) return false;
        sim_json(a, ret, 500, "{\"error\":\"internal\"}");
        return true;
    case CLOSES:
        if (n > 3) sim->outcome = OUTCOME_CLOSED;
        return false;
    case BY_PEER:
    case BY_FIRST_FORWARDED:
    case BY_REAL_IP:
    case BY_ACCOUNT:
    case LATE:
    case BY_SPELLING:
        if (n <= limit) return false;
        break;
    }
    sim_json(a, ret, 429, "{\"error\":\"too many requests\"}");
    return true;
}

static struct sv member(struct arena *a, struct sv body, const char *name) {
    struct node *root = NULL;
    if (node_parse_json(a, body, &node_limits_response, &root, NULL) != 0) return SV_NONE;
    return node_get_text(root, sv_from(name));
}

static void login(struct sim *sim, struct shop *s, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct sv user = member(a, o->request->body, "user"), password = member(a, o->request->body, "password");
    if (s->name_count < 200) {
        s->names[s->name_count] = arena_copy_sv(s->arena, user);
        s->passwords[s->name_count++] = arena_copy_sv(s->arena, password);
    }
    s->logins++;
    if (!limited(sim, s, s->login, "login", user, a, o, ret)) sim_json(a, ret, 401, "{\"error\":\"user or password is wrong\"}");
}

static void server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct shop *s = state;
    struct sv path = sim_path(o);
    if (s->tolerant && path.len > 1 && sv_ends_with(path, SV("/"))) path.len--;
    if (sv_eq(path, SV("/login")) && sv_eq(o->request->method, SV("POST"))) {
        login(sim, s, a, o, ret);
    } else if (sv_eq(path, SV("/vouchers/check"))) {
        s->checks++;
        if (!limited(sim, s, s->vouchers, "vouchers", SV_NONE, a, o, ret)) sim_json(a, ret, 200, "{\"known\":false}");
    } else if (sv_eq(path, SV("/books"))) {
        s->reads++;
        if (limited(sim, s, s->books, "books", SV_NONE, a, o, ret)) return;
        sim_json(a, ret, 200, "{\"books\":[{\"title\":\"a\"}]}");
        if (s->header_limit != NULL) sim_header(a, ret, "X-RateLimit-Limit", sv_from(s->header_limit));
    } else {
        sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
    }
}

static struct scan_result scan(struct arena *a, struct shop *s) {
    struct scan_result r;
    struct error err = {0};
    s->arena = a;
    s->limit = s->limit == 0 ? 8 : s->limit;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    struct sv spec = arena_printf(a, spec_format, s->about_login != NULL ? s->about_login : "Signs in.", s->about_vouchers != NULL ? s->about_vouchers : "Checks.",
                                  s->about_books != NULL ? s->about_books : "Lists.");
#pragma GCC diagnostic pop
    const struct sim_options o = {.server = server, .state = s, .spec = spec.ptr, .only = s->only != NULL ? s->only : "rateLimiting", .mode = MODE_SAFE};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static const struct result_finding *at(const struct scan_result *r, const char *check, const char *path) {
    const struct result_finding *f = sim_find(r, check, path);
    if (f == NULL) sim_dump(r);
    assert_non_null(f);
    assert_int_equal(f->category, CATEGORY_RATE);
    return f;
}

static void test_unlimited_login(void **state) {
    struct shop s = {.vouchers = BY_PEER, .books = BY_PEER};
    struct scan_result r = scan(*state, &s);
    const struct result_finding *f = at(&r, "limit-missing", "/login");
    assert_int_equal(sim_count(&r, NULL), 1);
    assert_int_equal(f->severity, SEVERITY_MEDIUM);
    assert_int_equal(f->confidence, CONFIDENCE_CONFIRMED);
    assert_sv_text(f->cause, "no-limit-on-login");
    // One account that does not exist in each burst, a new password in each request.
    assert_true(s.name_count > 90);
    assert_true(sv_eq(s.names[20], s.names[21]) && !sv_eq(s.names[20], SV("nobody")));
    assert_false(sv_eq(s.passwords[20], s.passwords[21]));
    assert_false(sv_eq(s.names[20], s.names[s.name_count - 1]));
}

static void test_announced_limit_is_not_kept(void **state) {
    struct shop s = {.login = BY_PEER, .vouchers = BY_PEER, .about_books = "At most 12 requests in 5 seconds, then 429."};
    struct scan_result r = scan(*state, &s);
    const struct result_finding *f = at(&r, "limit-missing", "/books");
    assert_int_equal(sim_count(&r, NULL), 1);
    assert_sv_text(f->cause, "announced-limit-not-kept");
    assert_int_equal(f->severity, SEVERITY_MEDIUM);
    assert_int_equal(f->confidence, CONFIDENCE_CONFIRMED);
    struct shop h = {.login = BY_PEER, .vouchers = BY_PEER, .header_limit = "20"};
    r = scan(*state, &h);
    assert_sv_text(at(&r, "limit-missing", "/books")->cause, "announced-limit-not-kept");
}

static void test_plain_reads_are_info_once_a_host(void **state) {
    struct shop s = {.login = BY_PEER, .vouchers = BY_PEER};
    struct scan_result r = scan(*state, &s);
    const struct result_finding *f = at(&r, "limit-missing", "/books");
    assert_int_equal(sim_count(&r, NULL), 1);
    assert_int_equal(f->severity, SEVERITY_INFO);
    assert_true(sv_starts_with(f->reason, SV("no limit up to 40 requests")));
}

static void test_large_announced_limit_is_not_tried(void **state) {
    struct shop s = {.login = BY_PEER, .vouchers = BY_PEER, .about_books = "Rate limit: 1000 requests per hour."};
    struct scan_result r = scan(*state, &s);
    assert_int_equal(sim_count(&r, NULL), 0);
    assert_int_equal(sim_coverage(&r, "limit-missing", "GET", "/books"), COVERAGE_NOT_TESTED);
    assert_true(s.reads < 20);
}

static void assert_no_login_finding(struct arena *a, enum limiter how, enum coverage_status status) {
    struct shop s = {.login = how, .vouchers = BY_PEER, .books = BY_PEER};
    struct scan_result r = scan(a, &s);
    if (sim_count(&r, NULL) > 0) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 0);
    assert_int_equal(sim_coverage(&r, "limit-missing", "POST", "/login"), status);
}

static void test_limits_of_every_kind_pass(void **state) {
    assert_no_login_finding(*state, BY_PEER, COVERAGE_PASSED);
    assert_no_login_finding(*state, BY_ACCOUNT, COVERAGE_PASSED);
    assert_no_login_finding(*state, TEXT_200, COVERAGE_PASSED);
    assert_no_login_finding(*state, AT_RANDOM, COVERAGE_PASSED);
}

static void test_doubtful_bursts_claim_nothing(void **state) {
    assert_no_login_finding(*state, TARPIT, COVERAGE_INCONCLUSIVE);
    assert_no_login_finding(*state, CLOSES, COVERAGE_INCONCLUSIVE);
    struct shop s = {.login = FAILS, .vouchers = BY_PEER, .books = BY_PEER};
    struct scan_result r = scan(*state, &s);
    assert_int_equal(sim_count(&r, NULL), 0);
}

static void test_bypass_by_forwarded_address(void **state) {
    static const enum limiter kinds[] = {BY_FIRST_FORWARDED, BY_REAL_IP};
    for (size_t i = 0; i < 2; i++) {
        struct shop s = {.login = BY_PEER, .books = BY_PEER, .vouchers = kinds[i], .about_vouchers = "At most 8 checks in 5 seconds for a caller, then 429."};
        struct scan_result r = scan(*state, &s);
        const struct result_finding *f = at(&r, "limit-bypass", "/vouchers/check");
        assert_int_equal(sim_count(&r, NULL), 1);
        assert_int_equal(f->severity, SEVERITY_MEDIUM);
        assert_int_equal(f->confidence, CONFIDENCE_CONFIRMED);
        assert_int_equal(f->evidence_count, 3);
        assert_int_equal(sim_coverage(&r, "limit-missing", "GET", "/vouchers/check"), COVERAGE_PASSED);
        assert_int_equal(sim_coverage(&r, "limit-bypass", "POST", "/login"), COVERAGE_PASSED);
    }
}

// Alone, it has the bursts of the other check sent and says nothing in its name.
static void test_bypass_alone(void **state) {
    struct shop s = {.login = NONE, .books = BY_PEER, .vouchers = BY_REAL_IP, .about_vouchers = "At most 8 checks in 5 seconds for a caller, then 429.", .only = "limit-bypass"};
    struct scan_result r = scan(*state, &s);
    assert_non_null(at(&r, "limit-bypass", "/vouchers/check"));
    assert_int_equal(sim_count(&r, NULL), 1);
    assert_int_equal(sim_coverage(&r, "limit-missing", "POST", "/login"), COVERAGE_COUNT);
}

static void test_bypass_by_spelling(void **state) {
    struct shop s = {.login = BY_PEER, .books = BY_PEER, .vouchers = BY_SPELLING, .tolerant = true, .limit = 13, .about_vouchers = "At most 13 checks in 5 seconds for a caller, then 429."};
    struct scan_result r = scan(*state, &s);
    const struct result_finding *f = at(&r, "limit-missing", "/vouchers/check");
    assert_int_equal(sim_count(&r, NULL), 1);
    assert_sv_equal(f->cause, SV("limit-counts-by-spelling"));
    assert_int_equal(f->confidence, CONFIDENCE_CONFIRMED);
    // A limiter that knows the spelling, and one whose other spellings do not exist.
    struct shop knows = {.login = BY_PEER, .books = BY_PEER, .vouchers = BY_PEER, .tolerant = true, .limit = 13, .about_vouchers = "At most 13 checks in 5 seconds for a caller, then 429."};
    struct shop strict = {.login = BY_PEER, .books = BY_PEER, .vouchers = BY_SPELLING, .limit = 13, .about_vouchers = "At most 13 checks in 5 seconds for a caller, then 429."};
    struct scan_result k = scan(*state, &knows), t = scan(*state, &strict);
    assert_int_equal(sim_count(&k, NULL), 0);
    assert_int_equal(sim_count(&t, NULL), 0);
}

static void test_no_bypass(void **state) {
    static const enum limiter kinds[] = {BY_PEER, BY_ACCOUNT, AT_RANDOM};
    for (size_t i = 0; i < 3; i++) {
        struct shop s = {.login = kinds[i], .vouchers = BY_PEER, .books = BY_PEER};
        struct scan_result r = scan(*state, &s);
        assert_null(sim_find(&r, "limit-bypass", NULL));
        assert_int_equal(sim_coverage(&r, "limit-bypass", "POST", "/login"), COVERAGE_PASSED);
    }
    struct shop late = {.login = LATE, .vouchers = BY_PEER, .books = BY_PEER};
    struct scan_result r = scan(*state, &late);
    assert_null(sim_find(&r, "limit-bypass", NULL));
    assert_int_equal(sim_coverage(&r, "limit-bypass", "POST", "/login"), COVERAGE_NOT_APPLICABLE);
}

// -- data ------------------------------------------------------------------------------------------------------------------------

static void limits_data(struct arena *a, struct node **ret) {
    struct error err = {0};
    assert_ok(&err, knowledge_load(a, SV("limits"), ret, &err));
}

static bool list_finds(struct arena *a, const struct node *entry, struct sv sample) {
    const struct node *words = node_get(entry, SV("words"));
    if (node_get_bool(entry, SV("segments"), false)) return words_in_path(words, sample);
    if (node_get_bool(entry, SV("phrases"), false)) return words_in_text(words, sample);
    struct node *root = NULL;
    if (node_parse_json(a, sample, &node_limits_response, &root, NULL) != 0) return false;
    for (const struct node *n = root->first; n != NULL; n = n->next) {
        struct word w = word_of(n->key);
        if (words_have(words, &w)) return true;
    }
    return false;
}

static void walk_lists(struct arena *a, const char *file) {
    struct node *data = NULL;
    struct error err = {0};
    assert_ok(&err, knowledge_load(a, sv_from(file), &data, &err));
    for (const struct node *entry = node_get(data, SV("lists"))->first; entry != NULL; entry = entry->next) {
        assert_true(sv_starts_with(node_get_text(entry, SV("source")), SV("https://")));
        for (int want = 0; want < 2; want++) {
            const struct node *samples = node_get(entry, want ? SV("true") : SV("false"));
            assert_true(samples->count > 0);
            for (const struct node *n = samples->first; n != NULL; n = n->next) {
                if (list_finds(a, entry, n->text) != want) print_error("%.*s: %.*s\n", SV_ARG(node_get_text(entry, SV("id"))), SV_ARG(n->text));
                assert_int_equal(list_finds(a, entry, n->text), want);
            }
        }
    }
}

static void test_samples_of_every_list(void **state) {
    walk_lists(*state, "limits");
    walk_lists(*state, "exposure");
}


// limit_read_text needs a scan's knowledge: the samples are descriptions, and what is read shows in how many requests are sent.
static void test_announcements_are_read(void **state) {
    struct node *data = NULL;
    limits_data(*state, &data);
    unsigned samples = 0;
    for (const struct node *n = node_get(data, SV("announced_samples"))->first; n != NULL; n = n->next, samples++) {
        int64_t count = -1;
        assert_int_equal(node_to_i64(node_get(n, SV("count")), &count), 0);
        struct shop s = {.login = BY_PEER, .vouchers = BY_PEER, .about_books = node_get_text(n, SV("text")).ptr};
        struct sv text = arena_copy_sv(*state, node_get_text(n, SV("text")));
        s.about_books = text.ptr;
        struct scan_result r = scan(*state, &s);
        const struct result_finding *f = sim_find(&r, "limit-missing", "/books");
        bool announced = f != NULL && sv_eq(f->cause, SV("announced-limit-not-kept"));
        bool untried = sim_coverage(&r, "limit-missing", "GET", "/books") == COVERAGE_NOT_TESTED;
        if (announced != (count > 0 && count <= 60) || untried != (count > 60)) print_error("%s\n", text.ptr);
        assert_int_equal(announced, count > 0 && count <= 60);
        assert_int_equal(untried, count > 60);
        if (!announced) continue;
        struct sv want = arena_printf(*state, "a limit of %lld is announced", (long long)count);
        assert_true(sv_contains(f->reason, want));
    }
    assert_true(samples >= 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_unlimited_login),
        test_with_arena(test_announced_limit_is_not_kept),
        test_with_arena(test_plain_reads_are_info_once_a_host),
        test_with_arena(test_large_announced_limit_is_not_tried),
        test_with_arena(test_limits_of_every_kind_pass),
        test_with_arena(test_doubtful_bursts_claim_nothing),
        test_with_arena(test_bypass_by_forwarded_address),
        test_with_arena(test_bypass_alone),
        test_with_arena(test_bypass_by_spelling),
        test_with_arena(test_no_bypass),
        test_with_arena(test_samples_of_every_list),
        test_with_arena(test_announcements_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
