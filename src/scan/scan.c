// SPDX-License-Identifier: Apache-2.0
// The other two drivers (a plan that sends nothing, a replay) and the gate.
#include "scan/scan.h"

#include "base/escape.h"
#include "base/random.h"
#include "scan/engine.h"
#include "scan/record.h"

static void engine_release(void *engine) {
    engine_free(engine);
}

static int plan_line(struct sink *out, struct arena *a, const struct outgoing *o) {
    auto_buf b = BUF_INIT((size_t)64 * 1024);
    esc_terminal(&b, o->request->method, false);
    buf_add_char(&b, ' ');
    esc_terminal(&b, url_origin(a, o->origin), false);
    esc_terminal(&b, o->request->target, false);
    buf_addf(&b, "  # %s\n", o->purpose);
    return out->write(out, buf_sv(&b));
}

int scan_plan(struct arena *a, const struct scan_options *options, struct sink *out, struct error *err) {
    struct engine_options eo = {.scan = options, .seed = options->has_seed ? options->seed : random_seed(), .scan_id = SV("plan"), .dry = true};
    struct engine *e;
    int r = engine_new(&eo, &e, err);
    if (r != 0) return r;
    struct outgoing o;
    while (r == 0 && engine_next(e, &o) == ENGINE_SEND) {
        r = plan_line(out, a, &o);
        if (r != 0) break;
        struct raw_answer answer = {.outcome = OUTCOME_BUDGET, .detail = SV("not sent")};
        r = engine_complete(e, o.ticket, &answer, err);
    }
    engine_free(e);
    return r;
}

int scan_replay(struct arena *a, const char *directory, struct scan_result *ret, struct error *err) {
    struct recording *rec = arena_new(a, struct recording);
    if (rec == NULL) return error_nomem(err);
    int r = recording_read(a, directory, rec, err);
    if (r != 0) return r;
    rec->engine.scan = &rec->scan;
    struct engine *e;
    r = engine_new(&rec->engine, &e, err);
    if (r != 0) return r;
    usec_t ended = 0;
    r = recording_replay(a, rec, e, &ended, err);
    if (r == 0 && ended == 0) r = engine_stop(e, STOP_SIGNAL, err); // cut off: what is known so far
    if (r == 0) r = engine_result(e, a, ended != 0 ? ended : rec->engine.started_realtime, ret, err);
    if (r != 0 || !arena_on_fini(a, engine_release, e)) {
        engine_free(e);
        return r != 0 ? r : error_nomem(err);
    }
    return 0;
}

static int add_text(struct arena *a, struct sv **list, size_t *count, struct sv text) {
    struct sv *grown = arena_new_array(a, struct sv, *count + 1);
    if (grown == NULL || text.ptr == NULL) return -ENOMEM;
    if (*count > 0) memcpy(grown, *list, *count * sizeof *grown);
    grown[(*count)++] = text;
    *list = grown;
    return 0;
}

static unsigned count_at_least(const struct scan_result *r, enum severity floor) {
    unsigned n = 0;
    for (size_t i = 0; i < r->finding_count; i++) n += r->findings[i].severity >= floor && !r->findings[i].known;
    return n;
}

int scan_gate(struct arena *a, const struct gate_options *g, struct scan_result *r, struct error *err) {
    int code = 0;
    r->gate_used = g->has_threshold || g->has_fail_on;
    r->gate_passed = true;
    unsigned bad = g->has_fail_on ? count_at_least(r, g->fail_on) : 0;
    if (bad > 0) {
        r->gate_passed = false;
        code |= add_text(a, &r->gate_reasons, &r->gate_reason_count,
                         arena_printf(a, "%u finding%s of severity %s or worse", bad, bad == 1 ? "" : "s", severity_names[g->fail_on]));
    }
    if (g->has_threshold && r->overall < (double)g->threshold) {
        r->gate_passed = false;
        code |= add_text(a, &r->gate_reasons, &r->gate_reason_count, arena_printf(a, "score %.0f is under the threshold %u", r->overall, g->threshold));
    }
    if (g->has_min_coverage && r->coverage_percent < g->min_coverage) {
        r->exit_code = 3;
        code |= add_text(a, &r->exit_reasons, &r->exit_reason_count,
                         arena_printf(a, "coverage %.0f %% is under the demanded %.0f %%", r->coverage_percent, g->min_coverage));
    }
    for (size_t i = 0; i < r->gate_reason_count; i++) code |= add_text(a, &r->exit_reasons, &r->exit_reason_count, r->gate_reasons[i]);
    if (r->exit_code == 0 && !r->gate_passed) r->exit_code = 1;
    return code == 0 ? 0 : error_nomem(err);
}
