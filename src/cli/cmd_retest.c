// SPDX-License-Identifier: Apache-2.0
// plumb retest: the experiments behind findings of an earlier report, each asked again alone. A fingerprint names a finding or one occurrence.
#include "base/vec.h"
#include "checks/check.h"
#include "cli/files.h"
#include "cli/outputs.h"
#include "cli/scan_args.h"

enum outcome_of_retest { VERDICT_FIXED, VERDICT_STILL_THERE, VERDICT_INCONCLUSIVE };
static const int verdict_exits[] = {EXIT_PASSED, EXIT_GATE, EXIT_UNRELIABLE};

// What is asked again: one finding and those of its occurrences that count.
struct subject {
    const struct result_finding *finding;
    const struct result_occurrence *only; // NULL: all
};
struct answer {
    enum outcome_of_retest verdict;
    struct sv why;
    unsigned requests;
};
struct pattern_list {
    struct operation_pattern *ptr;
    size_t len, cap;
};

static bool find_subject(const struct scan_result *r, struct sv fingerprint, struct subject *ret) {
    for (size_t i = 0; i < r->finding_count; i++) {
        const struct result_finding *f = &r->findings[i];
        *ret = (struct subject){.finding = f};
        if (sv_eq(f->fingerprint, fingerprint)) return true;
        for (size_t k = 0; k < f->occurrence_count; k++) {
            ret->only = &f->occurrences[k];
            if (sv_eq(ret->only->fingerprint, fingerprint)) return true;
        }
    }
    return false;
}

static bool concerns(const struct subject *s, const struct result_occurrence *o) {
    return s->only == NULL || s->only == o;
}

// The lists above an object, whose answers show the ids that its path needs: GET /a for /a/{id}.
static bool add_lists_above(struct arena *a, struct pattern_list *list, struct sv path) {
    for (size_t i = 1; i + 1 < path.len; i++) {
        if (path.ptr[i] != '/' || path.ptr[i + 1] != '{') continue;
        if (!VEC_PUSH(a, list, ((struct operation_pattern){SV("GET"), sv_slice(path, 0, i)}))) return false;
    }
    return true;
}

// Narrows the scan to what the subject names; a host-wide finding is asked of all operations.
static int narrow(struct arena *a, const struct subject *s, struct scan_options *o, struct error *err) {
    struct pattern_list list = {0};
    bool whole_host = s->finding->category == CATEGORY_INVENTORY; // compared with what else there is
    bool described = o->spec_bytes.ptr != NULL;
    for (size_t i = 0; i < s->finding->occurrence_count; i++) {
        const struct result_occurrence *place = &s->finding->occurrences[i];
        if (!concerns(s, place)) continue;
        described = described && place->file.len > 0;
        if (place->path.len == 0) {
            whole_host = true;
        } else if (!VEC_PUSH(a, &list, ((struct operation_pattern){place->method, place->path})) || !add_lists_above(a, &list, place->path)) {
            return error_nomem(err);
        }
    }
    const struct check *check = check_find(sv_from(s->finding->check));
    struct sv *checks = arena_new(a, struct sv);
    if (checks == NULL) return error_nomem(err);
    // Checks of a category build on each other: a burst's limits are read by another check, a fetched address leads to the metadata service.
    *checks = sv_from(check != NULL ? category_infos[check->category].key : s->finding->check);
    o->checks = checks;
    o->check_count = 1;
    o->include = whole_host ? NULL : list.ptr;
    o->include_count = whole_host ? 0 : list.len;
    o->no_discovery = !whole_host && described; // what no description names has to be found again
    return 0;
}

static bool stands_in(const struct subject *s, const struct scan_result *r) {
    for (size_t i = 0; i < s->finding->occurrence_count; i++) {
        struct subject found;
        if (!concerns(s, &s->finding->occurrences[i])) continue;
        if (find_subject(r, s->finding->occurrences[i].fingerprint, &found) && found.finding->confidence >= CONFIDENCE_FIRM) return true;
    }
    return false;
}

static const struct result_coverage *coverage_of(const struct scan_result *r, const char *check, const struct result_occurrence *place) {
    for (size_t i = 0; i < r->coverage_count; i++) {
        const struct result_coverage *c = &r->coverage[i];
        if (!sv_eq(sv_from(c->check), sv_from(check))) continue;
        if (place->path.len == 0 || (sv_eq(c->method, place->method) && sv_eq(c->path, place->path))) return c;
    }
    return NULL;
}

// Refuted means asked and answered: a service that is gone, or an operation that gives no good answer, proves nothing.
static struct answer judge(const struct subject *s, const struct scan_result *r) {
    if (stands_in(s, r)) return (struct answer){VERDICT_STILL_THERE, SV(""), r->requests};
    if (r->exit_code == EXIT_UNRELIABLE || r->interrupted) {
        struct sv why = r->exit_reason_count > 0 ? r->exit_reasons[0] : SV("the scan did not come to its end");
        return (struct answer){VERDICT_INCONCLUSIVE, why, r->requests};
    }
    // What should not be there was looked for where it stood, by a service that answers: absence is the repair.
    size_t count = s->finding->category == CATEGORY_INVENTORY ? 0 : s->finding->occurrence_count;
    for (size_t i = 0; i < count; i++) {
        const struct result_occurrence *place = &s->finding->occurrences[i];
        if (!concerns(s, place)) continue;
        const struct result_coverage *c = coverage_of(r, s->finding->check, place);
        if (c == NULL) return (struct answer){VERDICT_INCONCLUSIVE, SV("the operation is not there any more"), r->requests};
        if (c->status != COVERAGE_PASSED && c->status != COVERAGE_FOUND) return (struct answer){VERDICT_INCONCLUSIVE, c->reason, r->requests};
    }
    return (struct answer){VERDICT_FIXED, SV(""), r->requests};
}

static int tell(struct cli *cli, const struct subject *s, struct sv fingerprint, const struct answer *answer, struct error *err) {
    static const char *const words[] = {"fixed", "still there", "inconclusive"};
    auto_buf b = BUF_INIT(4096);
    buf_addf(&b, "%-12s  " SV_FMT "  " SV_FMT, words[answer->verdict], SV_ARG(sv_slice(fingerprint, 0, 12)), SV_ARG(s->finding->title));
    const struct result_occurrence *place = s->only != NULL ? s->only : &s->finding->occurrences[0];
    if (place->path.len > 0) buf_addf(&b, "  " SV_FMT " " SV_FMT, SV_ARG(place->method), SV_ARG(place->path));
    if (answer->why.len > 0) buf_addf(&b, "  (" SV_FMT ")", SV_ARG(answer->why));
    buf_addf(&b, "  %u requests\n", answer->requests);
    int r = cli_print(cli->out, buf_sv(&b));
    return r == 0 || r == -EPIPE ? 0 : error_set(err, r, "standard output cannot be written");
}

static int retest(struct cli *cli, const struct scan_options *options, const struct subject *s, struct answer *ret, struct error *err) {
    struct scan_options o = *options;
    struct scan_result result;
    int r = narrow(cli->arena, s, &o, err);
    if (r == 0) r = cli->engine->run(cli->arena, &o, &result, err);
    if (r == 0) *ret = judge(s, &result);
    return r;
}

static int read_report(struct cli *cli, const char *path, struct scan_result *ret, struct error *err) {
    struct sv bytes;
    int r = files_read(cli->arena, path, FILES_SPEC_LIMIT, "the report", &bytes, err);
    if (r == 0) {
        *ret = (struct scan_result){0};
        r = report_read(cli->arena, bytes, ret, err);
        if (r != 0) error_prefix(err, "the report %s: ", path);
    }
    return r;
}

// What the report was made with, unless it is given again.
static int options_of_report(struct cli *cli, const struct invocation *in, const struct scan_result *report, struct scan_options *ret, struct error *err) {
    struct sv target = options_has(in, OPTION_TARGET) ? options_value(in, OPTION_TARGET) : report->target_url;
    int r = scan_args_read(cli, in, target, ret, err);
    if (r != 0) return r;
    if (!options_has(in, OPTION_MODE)) ret->mode = sv_eq(report->mode, SV("active")) ? MODE_ACTIVE : sv_eq(report->mode, SV("passive")) ? MODE_PASSIVE : MODE_SAFE;
    if (report->identity_count > ret->identity_count)
        return error_set(err, ERR_USAGE, "the report was made with %zu identities, here are %zu; give them with --as or --as-file", report->identity_count, ret->identity_count);
    const char *spec = options_text(in, OPTION_SPEC);
    struct sv named = arena_copy_sv(cli->arena, report->spec);
    r = scan_spec_read(cli, spec != NULL ? spec : named.len > 0 ? named.ptr : NULL, ret, err);
    if (r != 0 && spec == NULL) error_prefix(err, "the specification of the report (say --spec when it is elsewhere now): ");
    return r;
}

int command_retest(struct cli *cli, const struct invocation *in, struct error *err) {
    struct scan_result report;
    struct scan_options o;
    int r = read_report(cli, in->operands[0].ptr, &report, err);
    if (r == 0) r = options_of_report(cli, in, &report, &o, err);
    if (r != 0) return r;
    for (size_t i = 1; i < in->operand_count; i++) {
        struct subject s;
        if (!find_subject(&report, in->operands[i], &s))
            return error_set(err, ERR_USAGE, "the report has no finding or occurrence with the fingerprint " SV_FMT, SV_ARG(sv_slice(in->operands[i], 0, 80)));
    }
    int code = EXIT_PASSED;
    for (size_t i = 1; i < in->operand_count; i++) {
        struct subject s;
        struct answer answer = {0};
        if (!find_subject(&report, in->operands[i], &s)) continue;
        r = retest(cli, &o, &s, &answer, err);
        if (r == 0) r = tell(cli, &s, in->operands[i], &answer, err);
        if (r != 0) return r;
        if (verdict_exits[answer.verdict] > code) code = verdict_exits[answer.verdict];
        o.sandbox = false; // it is in force already
    }
    return code;
}
