// SPDX-License-Identifier: Apache-2.0
// The verdict for people: score, escape path, root causes worst first, and what was not tested. Calm and short; the other formats tell all.
#include "base/vec.h"
#include "report/report.h"
#include "report/text.h"
#include "score/score.h"

enum {
    WIDTH_DEFAULT = 80,
    WIDTH_MIN = 40,
    LABEL = 11,         // columns of the left labels, the two leading blanks apart
    FINDINGS_SHOWN = 13, // two lines each
    TITLE_LINES = 2,
    WARNINGS_SHOWN = 3,
    REASON_LINES = 4,
};

struct page {
    const struct scan_result *r;
    struct buf *b;
    size_t width;
    bool colour;
};

static void label(const struct page *p, const char *text, enum text_colour colour) {
    buf_add(p->b, SV("  "));
    text_colour(p->b, p->colour, colour);
    buf_addf(p->b, "%-*s", LABEL, text);
    text_colour(p->b, p->colour, COLOUR_NONE);
}

static void labelled(const struct page *p, const char *name, enum text_colour colour, struct sv text, size_t lines) {
    label(p, name, colour);
    text_wrap(p->b, text, LABEL + 2, p->width, lines);
}

static void add_head(const struct page *p) {
    const struct scan_result *r = p->r;
    auto_buf line = BUF_INIT((size_t)16 * 1024);
    buf_addf(&line, "Plumbline " SV_FMT " looked at " SV_FMT, SV_ARG(r->tool_version), SV_ARG(r->target_url));
    text_fit(p->b, buf_sv(&line), p->width);
    buf_clear(&line);
    double seconds = r->ended > r->started ? (double)(r->ended - r->started) / (double)USEC_PER_SEC : 0;
    buf_addf(&line, "mode " SV_FMT ", %u requests, %.1f s, scan " SV_FMT, SV_ARG(r->mode), r->requests, seconds, SV_ARG(r->scan_id));
    if (r->interrupted)
        buf_add(&line, SV(", interrupted"));
    buf_add_char(p->b, '\n');
    text_fit(p->b, buf_sv(&line), p->width);
    buf_add(p->b, SV("\n\n"));
}

static enum text_colour grade_colour(char grade) {
    return grade == 'A' || grade == 'B' ? COLOUR_GREEN : grade == 'F' ? COLOUR_RED : COLOUR_YELLOW;
}

static void add_score(const struct page *p) {
    const struct scan_result *r = p->r;
    label(p, "Score", COLOUR_BOLD);
    if (!score_exists(r)) {
        buf_add(p->b, SV("none: nothing could be tested\n"));
        return;
    }
    text_colour(p->b, p->colour, grade_colour(r->grade));
    buf_addf(p->b, "%.1f of 100, grade %c", r->overall, r->grade);
    text_colour(p->b, p->colour, COLOUR_NONE);
    buf_addf(p->b, ", %.0f %% of what applies was tested\n", r->coverage_percent);
    if (r->cap_count == 0)
        return;
    const struct result_cap *lowest = &r->caps[0];
    for (size_t i = 1; i < r->cap_count; i++) {
        if (r->caps[i].at < lowest->at)
            lowest = &r->caps[i];
    }
    auto_buf line = BUF_INIT(4096);
    buf_addf(&line, "at most %u because of " SV_FMT, lowest->at, SV_ARG(lowest->because));
    labelled(p, "", COLOUR_NONE, buf_sv(&line), 1);
}

static void add_stack(const struct page *p) {
    auto_buf line = BUF_INIT(4096);
    for (size_t i = 0; i < sizeof p->r->stack / sizeof p->r->stack[0]; i++) {
        const struct result_stack_layer *l = &p->r->stack[i];
        if (l->name.len == 0)
            continue;
        buf_addf(&line, "%s" SV_FMT, line.len > 0 ? ", " : "", SV_ARG(l->name));
        if (l->version.len > 0)
            buf_addf(&line, " " SV_FMT, SV_ARG(l->version));
    }
    if (line.len > 0)
        labelled(p, "Stack", COLOUR_BOLD, buf_sv(&line), 1);
}

static const struct result_goal *worst_goal(const struct result_escape *e) {
    const struct result_goal *worst = NULL;
    for (size_t i = 0; i < e->goal_count; i++) {
        if (e->goals[i].path_count > 0 && (worst == NULL || e->goals[i].status > worst->status))
            worst = &e->goals[i];
    }
    return worst;
}

// "GET /fetch reads any address > the metadata service answers > the node's credentials"
static void add_path(struct buf *line, const struct result_goal *g) {
    bool first = true;
    for (size_t i = 0; i < g->path_count; i++) {
        if (g->path[i].label.len == 0)
            continue;
        buf_addf(line, "%s" SV_FMT, first ? "" : " > ", SV_ARG(g->path[i].label));
        if (g->path[i].rule.len == 0 && g->path[i].source == FACT_ASSUMED)
            buf_add_char(line, '?');
        first = false;
    }
}

static void add_assumptions(const struct page *p, const struct result_goal *g) {
    auto_buf line = BUF_INIT((size_t)64 * 1024);
    for (size_t i = 0; i < g->assumption_count; i++)
        buf_addf(&line, "%s" SV_FMT, i == 0 ? "if " : "; and ", SV_ARG(g->assumptions[i].fact));
    labelled(p, "", COLOUR_NONE, buf_sv(&line), 4);
    if (g->assumption_count > 0)
        labelled(p, "To settle", COLOUR_BOLD, g->assumptions[g->assumption_count - 1].settle, 3);
}

static void add_escape(const struct page *p) {
    static const char *const words[] = {"none: every known way is shut", "no path seen", "CONDITIONAL", "LIKELY", "CONFIRMED"};
    static const enum text_colour colours[] = {COLOUR_GREEN, COLOUR_NONE, COLOUR_YELLOW, COLOUR_YELLOW, COLOUR_RED};
    const struct result_escape *e = &p->r->escape;
    const struct result_goal *g = worst_goal(e);
    label(p, "Escape", COLOUR_BOLD);
    text_colour(p->b, p->colour, colours[e->status]);
    buf_add(p->b, sv_from(words[e->status]));
    text_colour(p->b, p->colour, COLOUR_NONE);
    auto_buf line = BUF_INIT((size_t)64 * 1024);
    if (g == NULL) {
        if (e->status == ESCAPE_NOT_SEEN && e->settle_count > 0)
            buf_add(p->b, SV(" from outside; --format json lists what would tell more"));
        buf_add_char(p->b, '\n');
        return;
    }
    buf_add(p->b, SV(": "));
    text_fit(p->b, g->goal, p->width > 30 ? p->width - 30 : 10);
    buf_add_char(p->b, '\n');
    add_path(&line, g);
    labelled(p, "", COLOUR_NONE, buf_sv(&line), 3);
    if (e->status == ESCAPE_CONDITIONAL)
        add_assumptions(p, g);
}

static void add_finding(const struct page *p, const struct result_finding *f) {
    auto_buf line = BUF_INIT((size_t)16 * 1024);
    label(p, text_severities[f->severity], text_severity_colour(f->severity));
    text_wrap(p->b, f->title, LABEL + 2, p->width, TITLE_LINES);
    buf_add_repeat(p->b, ' ', LABEL + 2);
    text_place(&line, f->method, f->path);
    text_parameter(&line, f->parameter, f->parameter_in);
    auto_buf tail = BUF_INIT(1024);
    if (f->occurrence_count > 1)
        buf_addf(&tail, " and %zu more", f->occurrence_count - 1);
    buf_addf(&tail, "  [%s, %s%s]", f->check, confidence_names[f->confidence], f->known ? ", known" : "");
    size_t room = p->width - LABEL - 2;
    size_t tail_columns = text_columns(buf_sv(&tail));
    text_fit(p->b, buf_sv(&line), room > tail_columns + 8 ? room - tail_columns : 8);
    text_colour(p->b, p->colour, COLOUR_DIM);
    text_fit(p->b, buf_sv(&tail), room);
    text_colour(p->b, p->colour, COLOUR_NONE);
    buf_add_char(p->b, '\n');
}

static void add_findings(const struct page *p) {
    const struct scan_result *r = p->r;
    size_t by_severity[SEVERITY_COUNT] = {0};
    for (size_t i = 0; i < r->finding_count; i++)
        by_severity[r->findings[i].severity]++;
    if (r->finding_count == by_severity[SEVERITY_INFO] && score_exists(r))
        labelled(p, "Findings", COLOUR_BOLD, SV("nothing was found in what was tested"), 1);
    size_t shown = 0;
    for (size_t i = 0; i < r->finding_count && shown < FINDINGS_SHOWN; i++) {
        if (r->findings[i].severity == SEVERITY_INFO)
            continue;
        add_finding(p, &r->findings[i]);
        shown++;
    }
    size_t more = r->finding_count - by_severity[SEVERITY_INFO] - shown;
    if (more > 0)
        buf_addf(p->b, "  … and %zu more; --format table shows all\n", more);
    if (r->finding_count == 0 && !score_exists(r))
        return;
    if (by_severity[SEVERITY_INFO] > 0)
        buf_addf(p->b, "  %zu note%s without weight; --format table shows all\n", by_severity[SEVERITY_INFO],
                 by_severity[SEVERITY_INFO] == 1 ? "" : "s");
    buf_add_char(p->b, '\n');
}

static bool has_findings(const struct scan_result *r, size_t category) {
    for (size_t i = 0; i < r->finding_count; i++) {
        if ((size_t)r->findings[i].category == category && r->findings[i].severity != SEVERITY_INFO)
            return true;
    }
    return false;
}

static void add_passed(const struct page *p) {
    auto_buf line = BUF_INIT(4096);
    for (size_t c = 0; c < CATEGORY_COUNT; c++) {
        const struct result_category *k = &p->r->categories[c];
        bool judged = k->status == CATEGORY_TESTED || k->status == CATEGORY_PARTIAL;
        if (!judged || has_findings(p->r, c))
            continue;
        buf_addf(&line, "%s%s", line.len > 0 ? ", " : "", category_infos[c].title);
        if (k->status == CATEGORY_PARTIAL)
            buf_addf(&line, " (%u of %u)", k->operations_tested, k->operations_total);
    }
    if (line.len > 0)
        labelled(p, "Passed", COLOUR_GREEN, buf_sv(&line), 4);
}

// Categories that share a status and a reason stand on one line.
static void add_unjudged(const struct page *p, enum category_status status, const char *name) {
    bool done[CATEGORY_COUNT] = {false};
    bool first = true;
    for (size_t c = 0; c < CATEGORY_COUNT; c++) {
        const struct result_category *k = &p->r->categories[c];
        if (k->status != status || done[c])
            continue;
        auto_buf line = BUF_INIT(4096);
        size_t together = 0;
        for (size_t d = c; d < CATEGORY_COUNT; d++) {
            const struct result_category *other = &p->r->categories[d];
            if (other->status != status || !sv_eq(other->reason, k->reason))
                continue;
            done[d] = true;
            together++;
            buf_addf(&line, "%s%s", line.len > 0 ? ", " : "", category_infos[d].title);
        }
        if (together == CATEGORY_COUNT) {
            buf_clear(&line);
            buf_add(&line, SV("all categories"));
        }
        if (k->reason.len > 0)
            buf_addf(&line, ": " SV_FMT, SV_ARG(k->reason));
        labelled(p, first ? name : "", COLOUR_YELLOW, buf_sv(&line), REASON_LINES);
        first = false;
    }
}

static bool stands_in(const struct sv *list, size_t count, struct sv text) {
    for (size_t i = 0; i < count; i++) {
        if (sv_eq(list[i], text))
            return true;
    }
    return false;
}

// What the scan wrote, and what of it is still there with the line that takes it back.
static void add_writes(const struct page *p) {
    const struct scan_result *r = p->r;
    size_t undone = 0, refused = 0, shown = 0;
    auto_arena a = {.limit = (size_t)8 << 20};
    for (size_t i = 0; i < r->write_count; i++) {
        undone += r->writes[i].outcome == WRITE_UNDONE;
        refused += r->writes[i].outcome == WRITE_REFUSED;
    }
    if (r->write_count == 0) return;
    size_t left = r->write_count - undone - refused;
    labelled(p, "Writes", left > 0 ? COLOUR_RED : COLOUR_GREEN,
             arena_printf(&a, "%zu sent: %zu undone, %zu refused by the target, %zu not undone", r->write_count, undone, refused, left), REASON_LINES);
    for (size_t i = 0; i < r->write_count && shown < WARNINGS_SHOWN; i++) {
        const struct result_write *w = &r->writes[i];
        if (w->outcome != WRITE_LEFT) continue;
        shown++;
        labelled(p, "Not undone", COLOUR_RED, arena_printf(&a, SV_FMT " " SV_FMT ": " SV_FMT, SV_ARG(w->method), SV_ARG(w->target), SV_ARG(w->reason)), REASON_LINES);
        struct sv curl = report_write_curl(&a, r, w);
        if (curl.len > 0) labelled(p, "", COLOUR_RED, curl, REASON_LINES);
    }
}

static void add_end(const struct page *p) {
    const struct scan_result *r = p->r;
    add_writes(p);
    for (size_t i = 0; i < r->warning_count && i < WARNINGS_SHOWN; i++)
        labelled(p, i == 0 ? "Warning" : "", COLOUR_YELLOW, r->warnings[i], REASON_LINES);
    if (r->warning_count > WARNINGS_SHOWN)
        buf_addf(p->b, "  %*s… and %zu more\n", LABEL, "", r->warning_count - WARNINGS_SHOWN);
    for (size_t i = 0; i < r->gate_reason_count; i++)
        labelled(p, i == 0 ? (r->gate_passed ? "Gate" : "Gate fails") : "", r->gate_passed ? COLOUR_GREEN : COLOUR_RED,
                 r->gate_reasons[i], REASON_LINES);
    bool first = true;
    for (size_t i = 0; i < r->exit_reason_count; i++) {
        if (stands_in(r->gate_reasons, r->gate_reason_count, r->exit_reasons[i]))
            continue;
        labelled(p, first ? "Ended" : "", COLOUR_YELLOW, r->exit_reasons[i], REASON_LINES);
        first = false;
    }
    if (r->finding_count > 0 && r->findings[0].severity != SEVERITY_INFO) {
        auto_buf line = BUF_INIT(1024);
        buf_addf(&line, "plumb explain %s", r->findings[0].check);
        labelled(p, "How to fix", COLOUR_BOLD, buf_sv(&line), 1);
    }
}

int report_write_summary(const struct scan_result *r, const struct report_options *options, struct sink *out, struct error *err) {
    auto_buf b = BUF_INIT((size_t)1024 * 1024);
    size_t width = options != NULL && options->width >= WIDTH_MIN ? options->width : WIDTH_DEFAULT;
    struct page p = {.r = r, .b = &b, .width = width > WIDTH_DEFAULT ? WIDTH_DEFAULT : width, .colour = options != NULL && options->colour};
    add_head(&p);
    add_score(&p);
    add_escape(&p);
    add_stack(&p);
    buf_add_char(&b, '\n');
    add_findings(&p);
    add_passed(&p);
    add_unjudged(&p, CATEGORY_INCONCLUSIVE, "Not sure");
    add_unjudged(&p, CATEGORY_UNTESTED, "Not tested");
    add_unjudged(&p, CATEGORY_NOT_APPLICABLE, "No target");
    add_end(&p);
    if (buf_failed(&b))
        return error_nomem(err);
    int code = out->write(out, buf_sv(&b));
    return code == 0 ? 0 : error_set(err, code, "the summary could not be written");
}
