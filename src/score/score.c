// SPDX-License-Identifier: Apache-2.0
// A category starts at 100; each root cause deducts its severity's points times its confidence; floor 0. The overall score is the mean of the
// categories that count, weighted: tested ones with their weight, partial ones with their weight times the share of operations that gave a verdict.
#include "score/score.h"

#include <math.h>

#include "base/buf.h"

#define COVERAGE_FOR_GRADE 50.0
enum { CAP_CRITICAL = 39, CAP_HIGH = 79 };

static const double severity_points[SEVERITY_COUNT] = {0, 4, 12, 30, 60};
static const double confidence_share[CONFIDENCE_COUNT] = {0.3, 0.7, 1};

static double share_of(const struct result_category *c) {
    switch (c->status) {
    case CATEGORY_TESTED:
        return 1;
    case CATEGORY_PARTIAL:
        return c->operations_total == 0 ? 0 : (double)c->operations_tested / (double)c->operations_total;
    case CATEGORY_UNTESTED:
    case CATEGORY_INCONCLUSIVE:
    case CATEGORY_NOT_APPLICABLE:
        break;
    }
    return 0;
}

// A category in which something was found counts in full, however few operations were tested: fewer answers must never improve the grade.
static double counting_share(const struct scan_result *r, size_t category) {
    for (size_t i = 0; i < r->finding_count; i++) {
        if ((size_t)r->findings[i].category == category && r->findings[i].deduction > 0) return 1;
    }
    return share_of(&r->categories[category]);
}

static void deduct(struct scan_result *r) {
    for (size_t c = 0; c < CATEGORY_COUNT; c++) r->categories[c].score = 100;
    for (size_t i = 0; i < r->finding_count; i++) {
        struct result_finding *f = &r->findings[i];
        f->deduction = severity_points[f->severity] * confidence_share[f->confidence];
        double *score = &r->categories[f->category].score;
        *score = *score > f->deduction ? *score - f->deduction : 0;
    }
}

static double weighted_mean(const struct scan_result *r) {
    double sum = 0, weight = 0;
    for (size_t c = 0; c < CATEGORY_COUNT; c++) {
        double w = category_infos[c].weight * counting_share(r, c);
        sum += w * r->categories[c].score;
        weight += w;
    }
    return weight > 0 ? sum / weight : 0;
}

static double coverage(const struct scan_result *r) {
    double tested = 0, total = 0;
    for (size_t c = 0; c < CATEGORY_COUNT; c++) {
        const struct result_category *k = &r->categories[c];
        if (k->status == CATEGORY_NOT_APPLICABLE) continue;
        total += category_infos[c].weight;
        if (k->operations_total > 0) tested += category_infos[c].weight * (double)k->operations_tested / (double)k->operations_total;
    }
    return total > 0 ? tested / total * 100 : 0;
}

bool score_exists(const struct scan_result *r) {
    for (size_t c = 0; c < CATEGORY_COUNT; c++) {
        if (counting_share(r, c) > 0) return true;
    }
    return false;
}

static int add_cap(struct arena *a, struct scan_result *r, unsigned at, struct sv because, struct error *err) {
    struct result_cap *caps = arena_new_array(a, struct result_cap, r->cap_count + 1);
    if (caps == NULL) return error_nomem(err);
    for (size_t i = 0; i < r->cap_count; i++) caps[i] = r->caps[i];
    caps[r->cap_count++] = (struct result_cap){.at = at, .because = because};
    r->caps = caps;
    if (r->overall > at) r->overall = at;
    return 0;
}

static bool has_confirmed(const struct scan_result *r, enum severity severity) {
    for (size_t i = 0; i < r->finding_count; i++) {
        if (r->findings[i].severity == severity && r->findings[i].confidence == CONFIDENCE_CONFIRMED) return true;
    }
    return false;
}

static int apply_caps(struct arena *a, struct scan_result *r, struct error *err) {
    r->cap_count = 0;
    int code = 0;
    if (has_confirmed(r, SEVERITY_CRITICAL)) code = add_cap(a, r, CAP_CRITICAL, SV("a confirmed critical finding"), err);
    if (code == 0 && r->escape.status == ESCAPE_CONFIRMED) code = add_cap(a, r, CAP_CRITICAL, SV("a confirmed path out of the container"), err);
    if (code == 0 && has_confirmed(r, SEVERITY_HIGH)) code = add_cap(a, r, CAP_HIGH, SV("a confirmed high finding"), err);
    return code;
}

static bool is_untested(const struct scan_result *r, enum category c) {
    return r->categories[c].status == CATEGORY_UNTESTED || r->categories[c].status == CATEGORY_INCONCLUSIVE;
}

// Without a description nothing says that there are protected operations; a refusal seen in the coverage of authentication does.
static bool has_protected_operations(const struct scan_result *r) {
    for (size_t i = 0; r->api != NULL && i < r->api->operation_count; i++) {
        if (r->api->operations[i]->demand == DEMAND_CREDENTIALS) return true;
    }
    return false;
}

static char grade_of(const struct scan_result *r) {
    bool blind = is_untested(r, CATEGORY_AUTHENTICATION) && is_untested(r, CATEGORY_BOLA) && is_untested(r, CATEGORY_BFLA);
    if (r->coverage_percent < COVERAGE_FOR_GRADE || (blind && has_protected_operations(r))) return '?';
    return r->overall >= 90 ? 'A' : r->overall >= 80 ? 'B' : r->overall >= 70 ? 'C' : r->overall >= 60 ? 'D' : 'F';
}

int score_compute(struct arena *a, struct scan_result *r, struct error *err) {
    deduct(r);
    r->coverage_percent = round(coverage(r) * 10) / 10;
    r->overall = round(weighted_mean(r) * 10) / 10;
    int code = apply_caps(a, r, err);
    if (code == 0) r->grade = grade_of(r);
    return code;
}

static const char *status_text(enum category_status s) {
    static const char *const names[] = {"tested", "partial", "untested", "inconclusive", "not applicable"};
    return names[s];
}

static void explain_category(const struct scan_result *r, size_t c, struct buf *b) {
    const struct result_category *k = &r->categories[c];
    double share = counting_share(r, c);
    buf_addf(b, "%-30s %5.1f  weight %2u x %.2f  %s", category_infos[c].title, k->score, category_infos[c].weight, share, status_text(k->status));
    if (k->operations_total > 0) buf_addf(b, " (%u of %u operations)", k->operations_tested, k->operations_total);
    if (share <= 0 && k->reason.len > 0) buf_addf(b, ": " SV_FMT, SV_ARG(k->reason));
    buf_add_char(b, '\n');
    for (size_t i = 0; i < r->finding_count; i++) {
        const struct result_finding *f = &r->findings[i];
        if ((size_t)f->category != c || f->deduction <= 0) continue;
        buf_addf(b, "    -%-5.1f %s x %s (%.0f x %.1f)  %s\n", f->deduction, severity_names[f->severity], confidence_names[f->confidence],
                 severity_points[f->severity], confidence_share[f->confidence], f->check);
    }
}

int score_explain(const struct scan_result *r, struct sink *out, struct error *err) {
    auto_buf b = BUF_INIT((size_t)4 * 1024 * 1024);
    buf_addf(&b, "Formula %s: each category starts at 100, each root cause deducts severity x confidence, floor 0.\n\n", SCORE_FORMULA);
    for (size_t c = 0; c < CATEGORY_COUNT; c++) explain_category(r, c, &b);
    buf_addf(&b, "\nWeighted mean of the categories that count: %.1f\n", weighted_mean(r));
    for (size_t i = 0; i < r->cap_count; i++) buf_addf(&b, "Capped at %u: " SV_FMT "\n", r->caps[i].at, SV_ARG(r->caps[i].because));
    buf_addf(&b, "Score %.1f, grade %c, coverage %.1f %%\n", r->overall, r->grade, r->coverage_percent);
    if (r->grade == '?') buf_addf(&b, "Grade ?: too little could be tested for a letter (%.0f %% coverage is the least, and authorization must be among it).\n", COVERAGE_FOR_GRADE);
    if (buf_failed(&b)) return error_nomem(err);
    return out->write(out, buf_sv(&b));
}
