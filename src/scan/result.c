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
    for (size_t i = 1; i < e->identity_count; i++) r->identities[r->identity_count++] = e->identities[i].name;
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

static int settle_exit(struct engine *e, struct arena *a, struct scan_result *r, struct error *err) {
    switch (e->stop) {
    case STOP_UNREACHABLE:
        r->exit_code = 3;
        return add_reason(a, r, e->first_failure.ptr != NULL ? e->first_failure : SV("the target does not answer"), err);
    case STOP_DEGRADED:
        r->exit_code = 3;
        return add_reason(a, r, SV("the target degraded and the scan was stopped"), err);
    case STOP_WALL:
        r->exit_code = 3;
        return add_reason(a, r, SV("the target answers 429 to nearly everything"), err);
    case STOP_SCOPE:
        r->exit_code = 3;
        return add_reason(a, r, SV("the target's name began to resolve to another address"), err);
    case STOP_SIGNAL:
        r->interrupted = true;
        return add_reason(a, r, SV("interrupted"), err);
    case STOP_BUDGET:
        return add_reason(a, r, SV("budget spent"), err);
    case STOP_NONE:
    case STOP_COUNT:
        break;
    }
    return 0;
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
    if (r == 0) r = settle_exit(e, a, ret, err);
    return r;
}
