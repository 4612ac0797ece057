// SPDX-License-Identifier: Apache-2.0
// From the engine's state to the plain data that reports are made of. The engine's arena is handed to the caller's, so nothing is copied twice.
#include "scan/engine_state.h"

static void take_stack(struct engine *e, struct scan_result *r) {
    for (size_t i = 0; i < STACK_LAYER_COUNT; i++) {
        struct stack_guess g = stack_best(e->stack, (enum stack_layer)i);
        if (g.name.ptr == NULL) continue;
        r->stack[i] = (struct result_stack_layer){.id = g.id, .name = g.name, .version = g.version, .evidence = g.evidence, .confidence = g.confidence};
    }
}

static int take_names(struct engine *e, struct arena *a, struct scan_result *r, struct error *err) {
    r->identities = arena_new_array(a, struct sv, e->identity_count);
    r->origins = arena_new_array(a, struct sv, e->origin_count);
    r->warnings = e->warnings.ptr;
    r->warning_count = e->warnings.len;
    if (r->identities == NULL || r->origins == NULL) return error_nomem(err);
    for (size_t i = 1; i < e->identity_count; i++) r->identities[r->identity_count++] = e->labels[i].name;
    for (size_t i = 0; i < e->origin_count; i++) r->origins[r->origin_count++] = url_origin(a, &e->origins[i]);
    return 0;
}

static int add_reason(struct arena *a, struct scan_result *r, struct sv text, struct error *err) {
    struct sv *grown = arena_new_array(a, struct sv, r->exit_reason_count + 1);
    if (grown == NULL || text.ptr == NULL) return error_nomem(err);
    if (r->exit_reason_count > 0) memcpy(grown, r->exit_reasons, r->exit_reason_count * sizeof *grown);
    grown[r->exit_reason_count++] = text;
    r->exit_reasons = grown;
    return 0;
}

static struct sv stop_text(struct engine *e, struct arena *a) {
    struct sv at = target_place(e);
    switch (e->stop) {
    case STOP_UNREACHABLE:
        if (e->lost_in_row >= LOST_LIMIT && e->health_known)
            return arena_printf(a, SV_FMT " stopped answering in the middle of the scan: " SV_FMT, SV_ARG(at), SV_ARG(e->first_failure));
        return e->first_failure.ptr != NULL ? e->first_failure : arena_printf(a, SV_FMT " does not answer", SV_ARG(at));
    case STOP_DEGRADED:
        return arena_printf(a, SV_FMT " degraded under the scan (%s), so the scan was stopped: let it recover, then scan with a lower --rate", SV_ARG(at),
                            e->lost_in_row > 0 ? "requests got no answer" : "server errors such as 503, or slow answers");
    case STOP_WALL:
        return arena_printf(a, SV_FMT " answers 429 to nearly everything: raise its limit for this scan, use a lower --rate, or scan later", SV_ARG(at));
    case STOP_SCOPE:
        return arena_printf(a, SV_FMT " began to resolve to another address; the scan was stopped", SV_ARG(at));
    case STOP_BROKEN:
        return arena_printf(a, "the scan broke off (" SV_FMT "); what was known by then is reported", SV_ARG(e->first_failure));
    case STOP_SIGNAL:
        return SV("interrupted");
    case STOP_BUDGET:
        return SV("budget spent");
    case STOP_NONE:
    case STOP_COUNT:
        break;
    }
    return SV_NONE;
}

// Identities whose credential stopped working, or could not be had.
static int add_dead(struct engine *e, struct arena *a, struct scan_result *r, struct error *err) {
    for (size_t i = 1; i < e->identity_count; i++) {
        if (e->identities[i].state != IDENTITY_DEAD) continue;
        r->exit_code = 3;
        int code = add_reason(a, r, arena_printf(a, "the credential of " SV_FMT " did not work to the end (dead token), so what needs it is inconclusive", SV_ARG(e->labels[i].name)), err);
        if (code != 0) return code;
    }
    return 0;
}

static int settle_exit(struct engine *e, struct arena *a, struct scan_result *r, struct error *err) {
    bool lost = e->stop == STOP_UNREACHABLE || e->stop == STOP_DEGRADED || e->stop == STOP_WALL || e->stop == STOP_SCOPE || e->stop == STOP_BROKEN;
    r->interrupted = e->stop == STOP_SIGNAL;
    r->interrupt_signal = r->interrupted ? e->stop_signal : 0;
    if (lost) r->exit_code = 3;
    int code = e->stop != STOP_NONE ? add_reason(a, r, stop_text(e, a), err) : 0;
    if (code == 0 && !lost) code = add_dead(e, a, r, err);
    if (code != 0 || lost || e->answered == 0 || e->server_errors < e->requests) return code;
    r->exit_code = 3;
    return add_reason(a, r, arena_printf(a, "each of the %u answers of " SV_FMT " was a server error (5xx), so nothing could be judged: is what it depends on running?",
                                         e->server_errors, SV_ARG(target_place(e))), err);
}

static struct sv mode_name(enum scan_mode mode) {
    return mode == MODE_PASSIVE ? SV("passive") : mode == MODE_SAFE ? SV("safe") : SV("active");
}

int engine_result(struct engine *e, struct arena *a, usec_t ended_realtime, struct scan_result *ret, struct error *err) {
    *ret = (struct scan_result){
        .tool_version = SV(PLUMB_VERSION),
        .scan_id = arena_copy_sv(a, e->options.scan_id),
        .started = e->options.started_realtime,
        .ended = ended_realtime,
        .mode = mode_name(e->scan->mode),
        .seed = e->seed,
        .requests = e->requests,
        .bytes = e->bytes,
        .spec = e->api.spec_name,
        .budget = e->scan->budget_text,
        .target_url = e->scan->target_text,
        .api = &e->api,
    };
    memcpy(ret->requests_by_purpose, e->requests_by_purpose, sizeof ret->requests_by_purpose);
    take_stack(e, ret);
    int r = take_names(e, a, ret, err);
    if (r == 0) r = findings_result(e, a, ret, err);
    if (r == 0) r = ledger_result(e, a, ret, err);
    if (r == 0) r = undo_result(e, a, ret, err);
    if (r == 0) r = settle_exit(e, a, ret, err);
    return r;
}
