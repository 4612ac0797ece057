// SPDX-License-Identifier: Apache-2.0
// JUnit XML for dashboards of CI: a suite per check, a case per operation. Found is a failure, inconclusive an error, not tested is skipped.
#include "base/escape.h"
#include "base/vec.h"
#include "report/report.h"
#include "report/text.h"

#define JUNIT_BYTES ((size_t)64 * 1024 * 1024)

struct counts {
    size_t tests, failures, errors, skipped;
};

static bool is_check(const char *a, const char *b) {
    return strcmp(a, b) == 0;
}

static void add_attribute(struct buf *b, const char *name, struct sv value) {
    buf_addf(b, " %s=\"", name);
    esc_xml(b, value);
    buf_add_char(b, '"');
}

static void add_case(struct buf *b, const char *check, struct sv method, struct sv path) {
    auto_buf place = BUF_INIT((size_t)64 * 1024);
    text_place(&place, method, path);
    buf_add(b, SV("    <testcase"));
    add_attribute(b, "classname", sv_from(check));
    add_attribute(b, "name", buf_sv(&place));
}

static void add_failures(struct buf *b, const struct scan_result *r, const char *check, struct counts *c) {
    for (size_t i = 0; i < r->finding_count; i++) {
        const struct result_finding *f = &r->findings[i];
        if (!is_check(f->check, check) || f->severity == SEVERITY_INFO)
            continue;
        for (size_t k = 0; k < f->occurrence_count; k++) {
            const struct result_occurrence *o = &f->occurrences[k];
            add_case(b, check, o->method, o->path);
            buf_add(b, SV("><failure"));
            add_attribute(b, "type", sv_from(severity_names[f->severity]));
            add_attribute(b, "message", f->title);
            buf_add_char(b, '>');
            esc_xml(b, f->reason);
            buf_add(b, SV("</failure></testcase>\n"));
            c->tests++;
            c->failures++;
        }
    }
}

static void add_coverage(struct buf *b, const struct scan_result *r, const char *check, struct counts *c) {
    for (size_t i = 0; i < r->coverage_count; i++) {
        const struct result_coverage *k = &r->coverage[i];
        if (!is_check(k->check, check) || k->status == COVERAGE_FOUND)
            continue;
        add_case(b, check, k->method, k->path);
        c->tests++;
        if (k->status == COVERAGE_PASSED) {
            buf_add(b, SV("/>\n"));
            continue;
        }
        bool unsure = k->status == COVERAGE_INCONCLUSIVE;
        c->errors += unsure ? 1 : 0;
        c->skipped += unsure ? 0 : 1;
        buf_add(b, unsure ? SV("><error") : SV("><skipped"));
        add_attribute(b, "message", k->reason.len > 0 ? k->reason : k->status == COVERAGE_NOT_APPLICABLE ? SV("not applicable") : unsure ? SV("inconclusive") : SV("not tested"));
        buf_add(b, SV("/></testcase>\n"));
    }
}

static void add_suite(struct buf *b, const struct scan_result *r, const char *check) {
    auto_buf cases = BUF_INIT(JUNIT_BYTES);
    struct counts c = {0};
    add_failures(&cases, r, check, &c);
    add_coverage(&cases, r, check, &c);
    if (c.tests == 0)
        return;
    buf_add(b, SV("  <testsuite"));
    add_attribute(b, "name", sv_from(check));
    buf_addf(b, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\">\n", c.tests, c.failures, c.errors, c.skipped);
    buf_add(b, buf_sv(&cases));
    buf_add(b, SV("  </testsuite>\n"));
    if (buf_failed(&cases))
        b->failed = true;
}

typedef VEC_OF(const char *) check_list;

static bool note_check(struct arena *a, check_list *list, const char *check) {
    for (size_t i = 0; i < list->len; i++) {
        if (is_check(list->ptr[i], check))
            return true;
    }
    return VEC_PUSH(a, list, check);
}

int report_write_junit(const struct scan_result *r, const struct report_options *options, struct sink *out, struct error *err) {
    (void)options;
    auto_arena a = {0};
    arena_init(&a, (size_t)1024 * 1024);
    auto_buf b = BUF_INIT(JUNIT_BYTES);
    check_list checks = {0};
    bool good = true;
    for (size_t i = 0; i < r->coverage_count; i++)
        good = good && note_check(&a, &checks, r->coverage[i].check);
    for (size_t i = 0; i < r->finding_count; i++)
        good = good && note_check(&a, &checks, r->findings[i].check);
    buf_add(&b, SV("<?xml version=\"1.0\"?>\n<testsuites name=\"plumbline\">\n"));
    for (size_t i = 0; i < checks.len; i++)
        add_suite(&b, r, checks.ptr[i]);
    if (r->exit_code == 3) {
        buf_add(&b, SV("  <testsuite name=\"scan\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">\n"
                       "    <testcase classname=\"scan\" name=\"the result can be relied on\"><error"));
        add_attribute(&b, "message", r->exit_reason_count > 0 ? r->exit_reasons[0] : SV("it cannot"));
        buf_add(&b, SV("/></testcase>\n  </testsuite>\n"));
    }
    buf_add(&b, SV("</testsuites>\n"));
    if (!good || buf_failed(&b))
        return error_nomem(err);
    int code = out->write(out, buf_sv(&b));
    return code == 0 ? 0 : error_set(err, code, "the JUnit report could not be written");
}
