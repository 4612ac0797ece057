// SPDX-License-Identifier: Apache-2.0
#include "golden/fixture.h"
#include "report/report.h"
#include "test.h"

static struct sv write_with(struct arena *a, const struct scan_result *r, const char *format) {
    struct error err = {0};
    auto_buf b = BUF_INIT((size_t)1 << 22);
    struct sink_buf out;
    sink_buf_init(&out, &b);
    const struct report_format *f = report_format_find(sv_from(format));
    assert_non_null(f);
    assert_ok(&err, f->write(r, NULL, &out.sink, &err));
    return arena_copy_sv(a, buf_sv(&b));
}

// What is read back gives the same bytes in the native format and in all others.
static void test_round_trip(void **state) {
    struct arena *a = *state;
    for (size_t i = 0; i < FIXTURE_COUNT; i++) {
        struct error err = {0};
        struct scan_result r;
        struct scan_result again;
        assert_ok(&err, fixture_make(a, i, &r, &err));
        struct sv json = write_with(a, &r, "json");
        assert_ok(&err, report_read(a, json, &again, &err));
        assert_sv_equal(write_with(a, &again, "json"), json);
        if (strcmp(fixtures[i].name, "hostile") == 0)
            continue; // bytes that are no UTF-8 became U+FFFD in JSON
        for (size_t f = 0; report_formats[f] != NULL; f++)
            assert_sv_equal(write_with(a, &again, report_formats[f]->name), write_with(a, &r, report_formats[f]->name));
    }
}

static void test_explain_from_a_file(void **state) {
    struct arena *a = *state;
    struct error err = {0};
    struct scan_result r;
    struct scan_result again;
    assert_ok(&err, fixture_make(a, 1, &r, &err));
    assert_ok(&err, report_read(a, write_with(a, &r, "json"), &again, &err));
    auto_buf live = BUF_INIT(65536);
    auto_buf read = BUF_INIT(65536);
    struct sink_buf out_live;
    struct sink_buf out_read;
    sink_buf_init(&out_live, &live);
    sink_buf_init(&out_read, &read);
    assert_ok(&err, score_explain(&r, &out_live.sink, &err));
    assert_ok(&err, score_explain(&again, &out_read.sink, &err));
    assert_sv_equal(buf_sv(&read), buf_sv(&live));
}

static void refused(struct arena *a, struct sv input) {
    struct error err = {0};
    struct scan_result r = {.requests = 7};
    assert_true(report_read(a, input, &r, &err) < 0);
    assert_true(err.text[0] != '\0');
    assert_int_equal(r.requests, 7); // untouched
}

static void test_refusals(void **state) {
    struct arena *a = *state;
    refused(a, SV(""));
    refused(a, SV("{"));
    refused(a, SV("[]"));
    refused(a, SV("{}"));
    refused(a, SV("{\"schema\":\"plumbline/report/2\"}"));
    refused(a, SV("{\"schema\":\"plumbline/report/1\"}"));
    refused(a, SV("{\"schema\":\"plumbline/report/1\",\"tool\":[],\"scan\":7,\"findings\":{}}"));
}

// Whichever part of a report is cut out or replaced by a number: it is read or refused, and never more than that.
static void test_damaged_reports(void **state) {
    struct arena *a = *state;
    struct error err = {0};
    struct scan_result r;
    assert_ok(&err, fixture_make(a, 1, &r, &err));
    struct sv json = write_with(a, &r, "json");
    size_t refusals = 0;
    for (size_t at = 0; at < json.len; at += 37) {
        struct arena_mark mark = arena_mark(a);
        struct sv copy = arena_copy_sv(a, json);
        char *bytes = arena_alloc(a, copy.len);
        memcpy(bytes, copy.ptr, copy.len);
        if (bytes[at] >= 'a' && bytes[at] <= 'z')
            bytes[at] = 'Z';
        else if (bytes[at] >= '0' && bytes[at] <= '9')
            bytes[at] = '-';
        struct scan_result again;
        if (report_read(a, sv_make(bytes, copy.len), &again, &err) != 0)
            refusals++;
        else
            (void)write_with(a, &again, "sarif");
        arena_rewind(a, mark);
    }
    assert_true(refusals > 50);
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_round_trip),
    test_with_arena(test_explain_from_a_file),
    test_with_arena(test_refusals),
    test_with_arena(test_damaged_reports),
};

TEST_MAIN(tests)
