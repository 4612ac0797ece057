// SPDX-License-Identifier: Apache-2.0
// The one list of output formats; the command line and its help come from it.
#include "report/report.h"

static const struct report_format format_summary = {
    .name = "summary", .description = "the verdict for people, worst first, 80 columns", .write = report_write_summary};
static const struct report_format format_table = {
    .name = "table", .description = "one line per place, for people and grep", .write = report_write_table};
static const struct report_format format_json = {
    .name = "json", .description = "everything, schema plumbline/report/1", .write = report_write_json};
static const struct report_format format_sarif = {
    .name = "sarif", .description = "SARIF 2.1.0 for code hosts", .write = report_write_sarif};
static const struct report_format format_junit = {
    .name = "junit", .description = "JUnit XML: a suite per check, a case per operation", .write = report_write_junit};
static const struct report_format format_markdown = {
    .name = "markdown", .description = "for pull requests and wikis, with fixes", .write = report_write_markdown};

const struct report_format *const report_formats[] = {&format_summary, &format_table, &format_json,    &format_sarif,
                                                      &format_junit,   &format_markdown, NULL};

const struct report_format *report_format_find(struct sv name) {
    for (size_t i = 0; report_formats[i] != NULL; i++) {
        if (sv_eq(sv_from(report_formats[i]->name), name))
            return report_formats[i];
    }
    return NULL;
}
