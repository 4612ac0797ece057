// SPDX-License-Identifier: Apache-2.0
// Whole command lines against an engine that sends nothing: what reaches it, what is written, which exit code comes out.
#include "cli/cli.h"

#include <sys/stat.h>
#include <unistd.h>

#include "world.h"

// What the fake engine was asked and what it answers.
static struct {
    unsigned runs, plans;
    struct scan_options options;
    int fail_with;
    bool fail_early; // before anything is sent
    int exit_code;
    bool interrupted;
    bool with_finding;
} fake;

static int fake_run(struct arena *a, const struct scan_options *options, struct scan_result *ret, struct error *err) {
    static struct result_occurrence occurrence = {.method = SV_INIT("GET"), .path = SV_INIT("/x"), .fingerprint = SV_INIT("00112233445566778899aabbccddeeff")};
    fake.runs++;
    fake.options = *options;
    if (fake.fail_with != 0 && fake.fail_early) return error_set(err, fake.fail_with, "the fake\x1b[31m engine refuses");
    if (options->progress != NULL) options->progress(options->progress_context, &(struct scan_progress){.stage = "testing", .requests = 7});
    if (fake.fail_with != 0) return error_set(err, fake.fail_with, "the fake engine breaks off");
    struct result_finding *finding = arena_new(a, struct result_finding);
    assert_non_null(finding);
    *finding = (struct result_finding){.check = "fake-check", .check_title = "Fake", .cause = SV("fake"), .category = CATEGORY_INPUT, .severity = SEVERITY_HIGH,
        .confidence = CONFIDENCE_CONFIRMED, .title = SV("A fake \x1b[31mflaw"), .reason = SV("It was made up."), .method = SV("GET"), .path = SV("/x"),
        .occurrences = &occurrence, .occurrence_count = 1, .owasp = "API8:2023", .fingerprint = SV("ffeeddccbbaa99887766554433221100")};
    *ret = (struct scan_result){.tool_version = SV("0"), .scan_id = SV("fake-scan"), .mode = SV("safe"), .requests = 7, .target_url = options->target_text,
        .findings = finding, .finding_count = fake.with_finding, .exit_code = fake.exit_code, .interrupted = fake.interrupted};
    for (size_t i = 0; i < CATEGORY_COUNT; i++) ret->categories[i] = (struct result_category){.status = CATEGORY_TESTED, .operations_tested = 1, .operations_total = 1};
    return 0;
}

static int fake_plan(struct arena *a, const struct scan_options *options, struct sink *out, struct error *err) {
    (void)a;
    (void)err;
    fake.plans++;
    fake.options = *options;
    return out->write(out, SV("GET http://x/\n"));
}

static int fake_replay(struct arena *a, const char *directory, struct scan_result *ret, struct error *err) {
    struct scan_options o = {.target_text = sv_from(directory)};
    return fake_run(a, &o, ret, err);
}

static const struct cli_engine engine = {fake_run, fake_plan, fake_replay};

struct bench {
    struct world w;
    char folder[64];
    char path[8][128];
};

static int setup(void **state) {
    struct bench *b = calloc(1, sizeof *b);
    if (b == NULL) return -1;
    memset(&fake, 0, sizeof fake);
    world_init(&b->w, &engine);
    snprintf(b->folder, sizeof b->folder, "/tmp/plumb-test-scan-XXXXXX");
    *state = b;
    return mkdtemp(b->folder) == NULL ? -1 : 0;
}

static int teardown(void **state) {
    struct bench *b = *state;
    static const char *const names[] = {"r.json", "s.txt", "spec.json", "part.json", "ids.yaml", "t.json"};
    char path[160];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", b->folder, names[i]);
        unlink(path);
    }
    rmdir(b->folder);
    world_fini(&b->w);
    free(b);
    return 0;
}

static const char *place(struct bench *b, size_t slot, const char *prefix, const char *name) {
    snprintf(b->path[slot], sizeof b->path[slot], "%s%s/%s", prefix, b->folder, name);
    return b->path[slot];
}

static void put(struct bench *b, const char *name, const char *text) {
    FILE *f = fopen(place(b, 7, "", name), "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
}

static struct sv get(struct bench *b, const char *name) {
    static char bytes[1 << 18];
    FILE *f = fopen(place(b, 7, "", name), "rb");
    assert_non_null(f);
    size_t len = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    return sv_make(bytes, len);
}

#define U "http://api.test:8080/v1"
#define assert_refused(b, says, ...)                                             \
    do {                                                                         \
        assert_int_equal(world_run(&(b)->w, "scan", __VA_ARGS__, NULL), 2);      \
        assert_says(&(b)->w.err, says);                                          \
        assert_int_equal((b)->w.out.len, 0);                                     \
        assert_int_equal(fake.runs, 0);                                          \
    } while (0)

static void test_plain_scan(void **state) {
    struct bench *b = *state;
    assert_int_equal(world_run(&b->w, "scan", U "#top", NULL), 0);
    assert_int_equal(fake.runs, 1);
    assert_sv_text(fake.options.target_text, U);
    assert_sv_text(fake.options.target.host, "api.test");
    assert_int_equal(fake.options.mode, MODE_SAFE);
    assert_false(fake.options.has_seed || fake.options.insecure || fake.options.no_canary || fake.options.metadata);
    assert_says(&b->w.out, U);
    assert_int_equal(b->w.err.len, 0); // no terminal: no progress
}

static void test_options_reach_the_engine(void **state) {
    struct bench *b = *state;
    assert_int_equal(world_run(&b->w, "scan", U, "--mode", "active", "--include", "get /a/{id}", "--include", "/b/**", "--exclude", "DELETE /c", "--checks", "ssrf,cors",
                               "--allow-origin", "https://two.test", "--rate", "2.5", "--budget", "90s", "--seed", "18446744073709551615", "--insecure", "--metadata",
                               "--no-scan-header", "--allow-delete", "/tmp/*", "--allow-write", "POST /notes", "--canary", "[::1]:99=http://me.test:1/", NULL), 0);
    const struct scan_options *o = &fake.options;
    assert_int_equal(o->mode, MODE_ACTIVE);
    assert_int_equal(o->include_count, 2);
    assert_sv_text(o->include[0].method, "GET");
    assert_sv_text(o->include[0].pattern, "/a/{id}");
    assert_sv_text(o->include[1].method, "");
    assert_sv_text(o->exclude[0].method, "DELETE");
    assert_int_equal(o->check_count, 2);
    assert_sv_text(o->checks[1], "cors");
    assert_sv_text(o->allow_origins[0].host, "two.test");
    assert_true(o->rate > 2.49 && o->rate < 2.51);
    assert_int_equal(o->budget_time, 90 * USEC_PER_SEC);
    assert_int_equal(o->budget_requests, 0);
    assert_true(o->has_seed && o->seed == UINT64_MAX);
    assert_true(o->insecure && o->metadata && o->no_scan_header);
    assert_int_equal(o->allow_delete_count, 1);
    assert_int_equal(o->allow_write_count, 1);
    assert_sv_text(o->canary_host, "::1");
    assert_int_equal(o->canary_port, 99);
    assert_sv_text(o->canary_public_url, "http://me.test:1/");
    assert_int_equal(world_run(&b->w, "scan", U, "--budget", "500", "--mode=passive", "--resume", "rec", NULL), 0);
    assert_int_equal(fake.options.budget_requests, 500);
    assert_int_equal(fake.options.mode, MODE_PASSIVE);
    assert_true(fake.options.resume);
    assert_string_equal(fake.options.record_dir, "rec");
}

static void test_targets_that_are_refused(void **state) {
    struct bench *b = *state;
    assert_refused(b, "write http://localhost:8080", "localhost:8080");
    assert_refused(b, "only http:// and https://", "ftp://x/");
    assert_refused(b, "would stand in every report", "http://u:p@x/");
    assert_refused(b, "%20", "http://x/a b");
    assert_refused(b, "plumb: URL", "http://");
}

static void test_values_that_are_refused(void **state) {
    struct bench *b = *state;
    assert_refused(b, "passive, safe or active", U, "--mode", "rude");
    assert_refused(b, "--rate", U, "--rate", "0");
    assert_refused(b, "--rate", U, "--rate", "nan");
    assert_refused(b, "500, 30s or 5m", U, "--budget", "soon");
    assert_refused(b, "500, 30s or 5m", U, "--budget", "0");
    assert_refused(b, "--seed", U, "--seed", "-1");
    assert_refused(b, "begins with /", U, "--include", "GET members");
    assert_refused(b, "is no method", U, "--include", "G€T /members");
    assert_refused(b, "did you mean ssrf?", U, "--checks", "ssfr");
    assert_refused(b, "did you mean encryption?", U, "--skip-checks", "encripton");
    assert_refused(b, "an origin has no path; write https://two.test", U, "--allow-origin", "https://two.test/x");
    assert_refused(b, "contradict", U, "--canary", "127.0.0.1:1", "--no-canary");
    assert_refused(b, "HOST:PORT", U, "--canary", "127.0.0.1");
    assert_refused(b, "HOST:PORT", U, "--canary", "127.0.0.1:70000");
    assert_refused(b, "as numbers", U, "--canary", "me.test:80");
    assert_refused(b, "active mode only", U, "--allow-delete", "/x");
    assert_refused(b, "leave --record out", U, "--record", "a", "--resume", "b");
    assert_refused(b, "does not exist", U, "--cert", "/nonexistent.pem");
    assert_refused(b, "needs --cert", U, "--key", "/proc/self/../self/../../etc/hostname");
    assert_refused(b, "as a URL", U, "--proxy", "127.0.0.1:3128");
    assert_refused(b, "is no socket", U, "--unix-socket", "/etc/passwd");
    assert_refused(b, "--threshold", U, "--threshold", "101");
    assert_refused(b, "info, low, medium", U, "--fail-on", "bad");
    assert_refused(b, "--min-coverage", U, "--min-coverage", "120");
    assert_refused(b, "auto, json or none", U, "--progress", "loud");
}

static void test_identities(void **state) {
    struct bench *b = *state;
    put(b, "ids.yaml", "- name: alice\n  role: user\n  tenant: t1\n  headers: {Authorization: Bearer one}\n- name: bob\n  headers:\n    Cookie: 'sid=2'\n    X-T: '3'\n");
    assert_int_equal(world_run(&b->w, "scan", U, "--as-file", place(b, 0, "", "ids.yaml"), "--as", "carol=X-Api-Key: k=1:2", "--as", "alice=X-More: y", NULL), 0);
    const struct scan_options *o = &fake.options;
    assert_int_equal(o->identity_count, 3);
    assert_sv_text(o->identities[0].name, "alice");
    assert_sv_text(o->identities[0].role, "user");
    assert_int_equal(o->identities[0].headers.len, 2);
    assert_sv_text(o->identities[0].headers.ptr[0].value, "Bearer one");
    assert_sv_text(o->identities[0].headers.ptr[1].name, "X-More");
    assert_int_equal(o->identities[1].headers.len, 2);
    assert_sv_text(o->identities[2].headers.ptr[0].name, "X-Api-Key");
    assert_sv_text(o->identities[2].headers.ptr[0].value, "k=1:2");
}

static void test_identities_that_are_refused(void **state) {
    struct bench *b = *state;
    assert_refused(b, "--as wants", U, "--as", "alice");
    assert_refused(b, "--as wants", U, "--as", "alice=token");
    assert_refused(b, "made of letters", U, "--as", "a b=X: y");
    assert_refused(b, "another name", U, "--as", "nobody=X: y");
    assert_refused(b, "no header name", U, "--as", "alice=X Y: y");
    assert_refused(b, "control characters", U, "--as", "alice=X: y\r\nHost: z");
    assert_refused(b, "cannot be set", U, "--as", "alice=Host: z");
    static const char *const files[] = {"{}", "- 1", "- {name: a}", "- {name: a, headers: {}}", "- {name: a, headers: {X: 1}}", "- {name: a, haeders: {X: y}}", "- [", ""};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        put(b, "ids.yaml", files[i]);
        assert_refused(b, "the identity file", U, "--as-file", place(b, 0, "", "ids.yaml"));
    }
    // A credential never stands in an error.
    put(b, "ids.yaml", "- {name: a, headers: {'Bad Name': s3cr3t-value}}");
    assert_refused(b, "no header name", U, "--as-file", place(b, 0, "", "ids.yaml"));
    assert_false(sv_contains(buf_sv(&b->w.err), SV("s3cr3t")));
}

static void test_specification(void **state) {
    struct bench *b = *state;
    put(b, "spec.json", "{\"openapi\":\"3.0.0\",\"info\":{\"title\":\"t\",\"version\":\"1\"},\"paths\":{\"/x\":{\"get\":{\"parameters\":[{\"$ref\":\"part.json\"}],\"responses\":{}}}}}");
    put(b, "part.json", "{\"name\":\"q\",\"in\":\"query\",\"schema\":{\"type\":\"string\"}}");
    assert_int_equal(world_run(&b->w, "scan", U, "--spec", place(b, 0, "", "spec.json"), NULL), 0);
    assert_true(sv_starts_with(fake.options.spec_bytes, SV("{\"openapi\"")));
    assert_sv_equal(fake.options.spec_name, sv_from(b->path[0]));
    // What it refers to was read already, and nothing else can be read any more.
    struct sv bytes;
    struct error err = {0};
    struct reader *r = fake.options.spec_reader;
    assert_ok(&err, r->read(r, &b->w.arena, SV("part.json"), &bytes, &err));
    assert_true(sv_contains(bytes, SV("query")));
    assert_error(&err, ERR_NOT_FOUND, r->read(r, &b->w.arena, SV("spec.json"), &bytes, &err));
    assert_int_equal(world_run(&b->w, "scan", U, "--spec", "https://x.test/openapi.json", NULL), 0);
    assert_sv_text(fake.options.spec_url, "https://x.test/openapi.json");
    assert_null(fake.options.spec_bytes.ptr);
}

static void test_specifications_that_are_refused(void **state) {
    struct bench *b = *state;
    assert_refused(b, "does not exist", U, "--spec", "/nonexistent.yaml");
    assert_refused(b, "is a directory", U, "--spec", "/tmp");
    put(b, "spec.json", " \n");
    assert_refused(b, "is empty", U, "--spec", place(b, 0, "", "spec.json"));
    assert_refused(b, "--spec", U, "--spec", "http://");
}

static void test_reports_go_where_they_are_sent(void **state) {
    struct bench *b = *state;
    fake.with_finding = true;
    assert_int_equal(world_run(&b->w, "scan", U, "--report", place(b, 0, "json=", "r.json"), "--report", place(b, 1, "table=", "s.txt"), "--report", "summary=-", NULL), 0);
    assert_true(sv_contains(get(b, "r.json"), SV("fake-check")));
    assert_true(get(b, "s.txt").len > 0);
    assert_says(&b->w.out, "HIGH");
    assert_int_equal(world_run(&b->w, "scan", U, "--format", "json", "--out", place(b, 0, "", "t.json"), NULL), 0);
    assert_true(sv_contains(get(b, "t.json"), SV("fake-check")));
    assert_int_equal(b->w.out.len, 0);
    assert_int_equal(world_run(&b->w, "scan", U, "--report", place(b, 0, "json=", "r.json"), NULL), 0);
    assert_int_equal(b->w.out.len, 0); // a named file replaces the summary
}

static void test_no_control_byte_reaches_the_terminal(void **state) {
    struct bench *b = *state;
    fake.with_finding = true;
    assert_int_equal(world_run(&b->w, "scan", U, NULL), 0);
    assert_int_equal(sv_find_char(buf_sv(&b->w.out), '\x1b'), SIZE_MAX);
    fake.fail_with = ERR_USAGE;
    fake.fail_early = true;
    assert_int_equal(world_run(&b->w, "scan", U, NULL), 2);
    assert_int_equal(sv_find_char(buf_sv(&b->w.err), '\x1b'), SIZE_MAX);
    assert_says(&b->w.err, "engine refuses");
}

static void test_outputs_that_are_refused_before_the_scan(void **state) {
    struct bench *b = *state;
    assert_refused(b, "its directory does not exist", U, "--report", "json=/nonexistent/r.json");
    assert_refused(b, "is a directory", U, "--report", "json=/tmp");
    assert_refused(b, "did you mean json?", U, "--report", "jsno=x");
    assert_refused(b, "known are", U, "--format", "zzzzzzz");
    assert_refused(b, "FORMAT=FILE", U, "--report", "json");
    assert_refused(b, "FORMAT=FILE", U, "--report", "json=");
    assert_refused(b, "--out needs the format", U, "--out", "x.json");
    assert_refused(b, "cannot both", U, "--report", "json=-", "--report", "summary=-");
    assert_refused(b, "same file", U, "--report", place(b, 0, "json=", "r.json"), "--report", place(b, 1, "table=", "r.json"));
    put(b, "spec.json", "{\"openapi\":\"3.0.0\",\"paths\":{}}");
    assert_refused(b, "would be overwritten", U, "--spec", place(b, 0, "", "spec.json"), "--report", place(b, 1, "json=", "spec.json"));
    assert_true(get(b, "spec.json").len > 10);
}

static void test_a_refused_scan_leaves_a_report(void **state) {
    struct bench *b = *state;
    put(b, "r.json", "an old report");
    assert_int_equal(world_run(&b->w, "scan", U, "--spec", "/nonexistent.yaml", "--report", place(b, 0, "json=", "r.json"), NULL), 2);
    struct sv report = get(b, "r.json");
    assert_true(sv_contains(report, SV("does not exist")));
    assert_true(sv_contains(report, SV("\"code\": 2")));
    assert_false(sv_contains(report, SV("an old report")));
}

static void test_exit_codes(void **state) {
    struct bench *b = *state;
    fake.with_finding = true;
    assert_int_equal(world_run(&b->w, "scan", U, NULL), 0); // findings alone change nothing
    assert_int_equal(world_run(&b->w, "scan", U, "--fail-on", "high", NULL), 1);
    assert_says(&b->w.err, "high");
    assert_int_equal(world_run(&b->w, "scan", U, "--fail-on", "critical", NULL), 0);
    assert_int_equal(world_run(&b->w, "scan", U, "--threshold", "99", NULL), 1);
    assert_int_equal(world_run(&b->w, "scan", U, "--threshold", "10", NULL), 0);
    fake.exit_code = 3;
    assert_int_equal(world_run(&b->w, "scan", U, "--fail-on", "high", NULL), 3); // 3 wins over 1
    fake.exit_code = 0;
    fake.interrupted = true;
    assert_int_equal(world_run(&b->w, "scan", U, "--fail-on", "high", "--report", place(b, 0, "json=", "r.json"), NULL), 130);
    assert_true(sv_contains(get(b, "r.json"), SV("\"code\": 130")));
    fake.interrupted = false;
    fake.fail_with = -EIO;
    assert_int_equal(world_run(&b->w, "scan", U, "--report", place(b, 0, "json=", "r.json"), NULL), 3);
    assert_true(sv_contains(get(b, "r.json"), SV("breaks off")));
    fake.fail_early = true;
    assert_int_equal(world_run(&b->w, "scan", U, NULL), 2);
}

static void test_a_full_disk_is_said(void **state) {
    struct bench *b = *state;
    assert_int_equal(world_run(&b->w, "scan", U, "--report", "json=/dev/full", NULL), 3);
    assert_says(&b->w.err, "/dev/full could not be written");
}

static void test_progress(void **state) {
    struct bench *b = *state;
    assert_int_equal(world_run(&b->w, "scan", U, "--progress", "json", NULL), 0);
    assert_says(&b->w.err, "{\"stage\":\"testing\",\"requests\":7,");
    b->w.cli.err_is_terminal = true;
    assert_int_equal(world_run(&b->w, "scan", U, NULL), 0);
    assert_says(&b->w.err, "testing: 7 requests");
    assert_true(sv_ends_with(buf_sv(&b->w.err), SV("\r\x1b[K")));
    assert_int_equal(world_run(&b->w, "scan", U, "--progress", "none", NULL), 0);
    assert_int_equal(b->w.err.len, 0);
}

static void test_plan_sends_nothing(void **state) {
    struct bench *b = *state;
    assert_int_equal(world_run(&b->w, "scan", U, "--plan", NULL), 0);
    assert_int_equal(fake.plans, 1);
    assert_int_equal(fake.runs, 0);
    assert_says(&b->w.out, "GET http://x/");
    assert_refused(b, "--plan sends nothing", U, "--plan", "--report", "json=x");
    assert_refused(b, "--plan sends nothing", U, "--plan", "--record", "x");
}

static void test_replay(void **state) {
    struct bench *b = *state;
    fake.with_finding = true;
    assert_int_equal(world_run(&b->w, "replay", "dir", "--fail-on", "low", "--format", "json", NULL), 1);
    assert_says(&b->w.out, "fake-check");
    assert_int_equal(world_run(&b->w, "replay", "dir", "--spec", "x", NULL), 2);
    assert_says(&b->w.err, "option of 'plumb scan'");
}

#define on_bench(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        on_bench(test_plain_scan),
        on_bench(test_options_reach_the_engine),
        on_bench(test_targets_that_are_refused),
        on_bench(test_values_that_are_refused),
        on_bench(test_identities),
        on_bench(test_identities_that_are_refused),
        on_bench(test_specification),
        on_bench(test_specifications_that_are_refused),
        on_bench(test_reports_go_where_they_are_sent),
        on_bench(test_no_control_byte_reaches_the_terminal),
        on_bench(test_outputs_that_are_refused_before_the_scan),
        on_bench(test_a_refused_scan_leaves_a_report),
        on_bench(test_exit_codes),
        on_bench(test_a_full_disk_is_said),
        on_bench(test_progress),
        on_bench(test_plan_sends_nothing),
        on_bench(test_replay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
