// SPDX-License-Identifier: Apache-2.0
#include "base/escape.h"
#include "golden/fixture.h"
#include "report/report.h"
#include "report/text.h"
#include "test.h"

static struct sv write_with(struct arena *a, const struct scan_result *r, const char *format, bool colour, unsigned width) {
    struct error err = {0};
    auto_buf b = BUF_INIT((size_t)1 << 24);
    struct sink_buf out;
    struct report_options options = {.colour = colour, .width = width};
    sink_buf_init(&out, &b);
    assert_ok(&err, report_format_find(sv_from(format))->write(r, &options, &out.sink, &err));
    return arena_copy_sv(a, buf_sv(&b));
}

static void test_every_format_has_a_name_and_is_found(void **state) {
    (void)state;
    for (size_t i = 0; report_formats[i] != NULL; i++) {
        assert_ptr_equal(report_format_find(sv_from(report_formats[i]->name)), report_formats[i]);
        assert_true(report_formats[i]->description[0] != '\0');
    }
    assert_null(report_format_find(SV("xml")));
    assert_null(report_format_find(SV_NONE));
}

static size_t check_lines(struct sv text, size_t width) {
    size_t lines = 0;
    struct sv rest = text;
    struct sv line;
    while (sv_split(&rest, '\n', &line)) {
        lines++;
        if (text_columns(line) > width)
            fail_msg("%zu columns: %.*s", text_columns(line), SV_ARG(line));
        for (size_t i = 0; i < line.len; i++) {
            if ((unsigned char)line.ptr[i] < 0x20 || line.ptr[i] == 0x7f)
                fail_msg("control byte %d", line.ptr[i]);
        }
    }
    return lines;
}

static void test_summary_fits_and_is_calm(void **state) {
    struct arena *a = *state;
    for (size_t i = 0; i < FIXTURE_COUNT; i++) {
        struct error err = {0};
        struct scan_result r;
        assert_ok(&err, fixture_make(a, i, &r, &err));
        check_lines(write_with(a, &r, "summary", false, 80), 80);
        check_lines(write_with(a, &r, "summary", false, 200), 80);
    }
}

static void many_findings(struct arena *a, struct scan_result *r, size_t count) {
    fixture_base(a, r);
    struct fixture_finding x = {"dynamodb", "The table name comes from the caller", "c", "r", "GET", "/items", "table", CATEGORY_INPUT, SEVERITY_HIGH, CONFIDENCE_FIRM, 639, 1};
    for (size_t i = 0; i < count; i++)
        fixture_add(a, r, &x);
}

static void test_fifteen_findings_take_forty_lines(void **state) {
    struct arena *a = *state;
    struct scan_result r;
    struct error err = {0};
    many_findings(a, &r, 15);
    assert_ok(&err, graph_evaluate(a, &r, &err));
    assert_ok(&err, score_compute(a, &r, &err));
    struct sv text = write_with(a, &r, "summary", false, 80);
    assert_true(check_lines(text, 80) <= 42);
    assert_true(sv_contains(text, SV("… and 2 more")));
}

static void test_colour_only_when_told(void **state) {
    struct arena *a = *state;
    struct scan_result r;
    struct error err = {0};
    assert_ok(&err, fixture_make(a, 1, &r, &err));
    static const char *const names[] = {"summary", "table"};
    for (size_t i = 0; i < 2; i++) {
        assert_false(sv_contains(write_with(a, &r, names[i], false, 80), SV("\x1b")));
        assert_true(sv_contains(write_with(a, &r, names[i], true, 80), SV("\x1b[1;31m")));
    }
}

static void test_many_results_stay_in_bounds(void **state) {
    struct arena a = {0};
    (void)state;
    arena_init(&a, (size_t)256 << 20);
    struct scan_result r;
    fixture_base(&a, &r);
    struct fixture_finding x = {"cors", "t", "c", "r", "GET", "/items", NULL, CATEGORY_INPUT, SEVERITY_HIGH, CONFIDENCE_FIRM, 942, 3};
    fixture_add(&a, &r, &x);
    struct result_finding *many = arena_new_array(&a, struct result_finding, 6000);
    for (size_t i = 0; i < 6000; i++)
        many[i] = r.findings[0];
    r.findings = many;
    r.finding_count = 6000;
    struct sv text = write_with(&a, &r, "sarif", false, 80);
    size_t results = 0;
    for (struct sv rest = text;;) {
        size_t at = sv_find(rest, SV("\"ruleId\""));
        if (at == SIZE_MAX)
            break;
        results++;
        rest = sv_from_index(rest, at + 8);
    }
    assert_int_equal(results, 5000);
    arena_fini(&a);
}

static struct sv curl_of(struct arena *a, struct request *rq, uint16_t identity) {
    struct sv origins[] = {SV_INIT("http://127.0.0.1:8080")};
    struct sv names[] = {SV_INIT("anna b")};
    struct scan_result r = {.origins = origins, .origin_count = 1, .identities = names, .identity_count = 1};
    struct result_evidence e = {.raw = rq, .identity = identity};
    return report_curl(a, &r, &e);
}

static void test_curl_lines(void **state) {
    struct arena *a = *state;
    struct request get = {.method = SV("GET"), .target = SV("/a/../b?q={1}&r='x'")};
    assert_sv_text(curl_of(a, &get, 0), "curl -i -g --path-as-is 'http://127.0.0.1:8080/a/../b?q={1}&r='\\''x'\\'''");
    assert_sv_text(curl_of(a, &get, 1), "curl -i -g --path-as-is -H \"$PLUMB_HEADER_ANNA_B\" 'http://127.0.0.1:8080/a/../b?q={1}&r='\\''x'\\'''");
    struct header headers[] = {{SV("X-Empty"), SV("")}, {SV("Content-Type"), SV("application/json")}};
    struct request post = {.method = SV("POST"), .target = SV("/s"), .headers = {headers, 2, 2}, .body = SV("@/etc/passwd")};
    assert_sv_text(curl_of(a, &post, 0), "curl -i -g --path-as-is -X 'POST' -H 'X-Empty;' -H 'Content-Type: application/json' --data-raw '@/etc/passwd' 'http://127.0.0.1:8080/s'");
    post.headers.len = 1;
    assert_true(sv_contains(curl_of(a, &post, 0), SV("-H 'Content-Type:'")));
    post.body = SV("{\"key\":\"{{aws_secret_key:7f3a}}\"}");
    assert_true(sv_contains(curl_of(a, &post, 0), SV(" # {{...}} stands for")));
    struct request head = {.method = SV("HEAD"), .target = SV("/"), .origin = 3};
    assert_null(curl_of(a, &head, 0).ptr);
    head.origin = 0;
    assert_true(sv_contains(curl_of(a, &head, 0), SV(" -I ")));
}

static void test_wrap_and_fit(void **state) {
    (void)state;
    auto_buf b = BUF_INIT(4096);
    text_wrap(&b, SV("one two three four five"), 2, 12, 0);
    assert_sv_text(buf_sv(&b), "one two\n  three four\n  five\n");
    buf_clear(&b);
    text_wrap(&b, SV("aaaaaaaaaaaaaaaaaaaaaaaaa"), 0, 10, 2);
    assert_sv_text(buf_sv(&b), "aaaaaaaaaa\naaaaaaaaa…\n");
    buf_clear(&b);
    assert_int_equal(text_fit(&b, SV("中文字"), 5), 5);
    assert_sv_text(buf_sv(&b), "中文…");
    buf_clear(&b);
    assert_int_equal(text_fit(&b, SV("abc"), 3), 3);
    assert_int_equal(text_fit(&b, SV("abc"), 0), 0);
    assert_sv_text(buf_sv(&b), "abc");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_every_format_has_a_name_and_is_found),
    test_with_arena(test_summary_fits_and_is_calm),
    test_with_arena(test_fifteen_findings_take_forty_lines),
    test_with_arena(test_colour_only_when_told),
    cmocka_unit_test(test_many_results_stay_in_bounds),
    test_with_arena(test_curl_lines),
    test_with_arena(test_wrap_and_fit),
};

TEST_MAIN(tests)
