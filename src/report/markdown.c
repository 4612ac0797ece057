// SPDX-License-Identifier: Apache-2.0
// Markdown for pull requests and wikis: verdict, escape path, findings with their fixes, what was not tested. Everything foreign is escaped.
#include "advice/advice.h"
#include "base/escape.h"
#include "report/names.h"
#include "report/report.h"
#include "report/text.h"
#include "score/score.h"

enum { FINDINGS_SHOWN = 200, PLACES_SHOWN = 20 };

static void add_verdict(struct buf *b, const struct scan_result *r) {
    buf_add(b, SV("# Plumbline: "));
    esc_markdown(b, r->target_url);
    buf_add(b, SV("\n\n"));
    if (score_exists(r))
        buf_addf(b, "**Score %.1f of 100, grade %c**, %.0f %% of what applies was tested.\n", r->overall, r->grade, r->coverage_percent);
    else
        buf_add(b, SV("**No score: nothing could be tested.**\n"));
    for (size_t i = 0; i < r->cap_count; i++) {
        buf_addf(b, "At most %u because of ", r->caps[i].at);
        esc_markdown(b, r->caps[i].because);
        buf_add(b, SV(".\n"));
    }
}

static void add_escape(struct buf *b, const struct scan_result *r) {
    buf_addf(b, "\n## Escape: %s\n\n", report_escape_statuses[r->escape.status]);
    for (size_t i = 0; i < r->escape.goal_count; i++) {
        const struct result_goal *g = &r->escape.goals[i];
        if (g->path_count == 0)
            continue;
        buf_add(b, SV("**"));
        esc_markdown(b, g->goal);
        buf_addf(b, "** (%s)\n\n", report_escape_statuses[g->status]);
        for (size_t k = 0; k < g->path_count; k++) {
            buf_addf(b, "%zu. ", k + 1);
            esc_markdown(b, g->path[k].text);
            buf_add(b, g->path[k].rule.len == 0 && g->path[k].source == FACT_ASSUMED ? SV(" (assumed)\n") : SV("\n"));
        }
        buf_add_char(b, '\n');
    }
    for (size_t i = 0; i < r->escape.fix_count; i++) {
        buf_add(b, SV("- Fix: "));
        esc_markdown(b, r->escape.fixes[i].advice);
        buf_add_char(b, '\n');
    }
}

static void add_places(struct buf *b, const struct result_finding *f) {
    for (size_t i = 0; i < f->occurrence_count && i < PLACES_SHOWN; i++) {
        const struct result_occurrence *o = &f->occurrences[i];
        auto_buf place = BUF_INIT((size_t)64 * 1024);
        text_place(&place, o->method, o->path);
        text_parameter(&place, o->parameter, o->parameter_in);
        buf_add(b, SV("- "));
        esc_markdown(b, buf_sv(&place));
        buf_add_char(b, '\n');
    }
    if (f->occurrence_count > PLACES_SHOWN)
        buf_addf(b, "- and %zu more\n", f->occurrence_count - PLACES_SHOWN);
}

static int add_finding(struct buf *b, const struct scan_result *r, const struct result_finding *f) {
    auto_arena a = {0};
    arena_init(&a, (size_t)16 * 1024 * 1024);
    struct advice advice = {0};
    buf_addf(b, "\n### %s: ", text_severities[f->severity]);
    esc_markdown(b, f->title);
    buf_addf(b, "\n\n%s, %s. ", f->check, confidence_names[f->confidence]);
    esc_markdown(b, f->reason);
    buf_add(b, SV("\n\n"));
    add_places(b, f);
    int code = advice_for(&a, sv_from(f->check), f->cause, r->stack[0].id, r->stack[1].id, r->stack[2].id, &advice, NULL);
    if (code != 0)
        return code == ERR_NOT_FOUND ? 0 : code;
    buf_add(b, SV("\nFix: "));
    esc_markdown(b, advice.fix);
    buf_add_char(b, '\n');
    if (advice.snippet.len > 0)
        buf_addf(b, "%s\n```" SV_FMT "\n" SV_FMT "```\n", advice.tested ? "" : "\nAs a start (not compiled in our build):\n", SV_ARG(advice.language), SV_ARG(advice.snippet));
    return 0;
}

static void add_categories(struct buf *b, const struct scan_result *r) {
    buf_add(b, SV("\n## Categories\n\n| category | score | status | operations | reason |\n|---|---|---|---|---|\n"));
    for (size_t c = 0; c < CATEGORY_COUNT; c++) {
        const struct result_category *k = &r->categories[c];
        bool judged = k->status == CATEGORY_TESTED || k->status == CATEGORY_PARTIAL || k->score < 100;
        buf_addf(b, "| %s | ", category_infos[c].title);
        if (judged)
            buf_addf(b, "%.1f", k->score);
        buf_addf(b, " | %s | %u of %u | ", report_category_statuses[k->status], k->operations_tested, k->operations_total);
        esc_markdown(b, k->reason);
        buf_add(b, SV(" |\n"));
    }
}

int report_write_markdown(const struct scan_result *r, const struct report_options *options, struct sink *out, struct error *err) {
    (void)options;
    auto_buf b = BUF_INIT((size_t)16 * 1024 * 1024);
    add_verdict(&b, r);
    add_escape(&b, r);
    buf_add(&b, SV("\n## Findings\n"));
    if (r->finding_count == 0)
        buf_add(&b, score_exists(r) ? SV("\nNothing was found in what was tested.\n") : SV("\nNothing was tested.\n"));
    for (size_t i = 0; i < r->finding_count && i < FINDINGS_SHOWN; i++) {
        if (add_finding(&b, r, &r->findings[i]) != 0)
            return error_nomem(err);
    }
    if (r->finding_count > FINDINGS_SHOWN)
        buf_addf(&b, "\nAnd %zu more: the JSON report has them all.\n", r->finding_count - FINDINGS_SHOWN);
    add_categories(&b, r);
    if (buf_failed(&b))
        return error_nomem(err);
    int code = out->write(out, buf_sv(&b));
    return code == 0 ? 0 : error_set(err, code, "the Markdown report could not be written");
}
