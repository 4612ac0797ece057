// SPDX-License-Identifier: Apache-2.0
// The stages of a scan, and the one place (engine_pump) where the engine makes itself work.
#include "base/log.h"
#include "scan/engine_state.h"

static bool nothing_under_way(const struct engine *e) {
    return e->queue.len == 0 && e->running.len == 0 && e->waiting.len == 0 && e->held.len == 0 && e->parked.len == 0;
}

static int pump_stage(struct engine *e, bool *ret_idle, struct error *err) {
    *ret_idle = false;
    if (e->parked.len > 0 && e->queue.len + e->running.len == 0) return 0;
    switch (e->stage) {
    case STAGE_HEALTH:
    case STAGE_LOGIN:
        *ret_idle = nothing_under_way(e);
        return 0;
    case STAGE_DISCOVER:
        return discovery_pump(e, ret_idle, err);
    case STAGE_STACK:
        return stack_pump(e, ret_idle, err);
    case STAGE_BASELINE:
        return baselines_pump(e, ret_idle, err);
    case STAGE_WITNESS:
        return witness_pump(e, ret_idle, err);
    case STAGE_CHECKS:
        *ret_idle = nothing_under_way(e) && !undo_pump(e);
        return 0;
    case STAGE_LINGER:
    case STAGE_FINISHED:
        *ret_idle = nothing_under_way(e);
        return 0;
    }
    return 0;
}

static int enter_stage(struct engine *e, enum stage stage, struct error *err) {
    e->stage = stage;
    log_debug("stage %d after %u requests, %zu operations", (int)stage, e->requests, e->api.operation_count);
    if (stage == STAGE_BASELINE) guard_mark_reads(e);
    if (stage == STAGE_LOGIN) return login_first(e, err);
    if (stage == STAGE_BASELINE) return reading_posts_mark(e, err);
    return stage == STAGE_CHECKS ? checks_plan(e, err) : 0;
}

// The queue cannot start anything any more because the budget is spent: what waits in it is given up.
static bool budget_spent(const struct engine *e) {
    unsigned limit = e->scan->budget_requests;
    const struct slot *top = queue_top(e);
    return limit != 0 && top != NULL && e->running.len == 0 && (size_t)e->requests + top->e.probe_count > limit;
}

static void drop_queue(struct engine *e) {
    while (e->queue.len > 0) {
        struct slot *s = queue_top(e);
        queue_pop(e);
        s->state = SLOT_DONE;
        undo_drop(s);
        if (!s->has_canary) slot_release(s);
    }
}

// Ends the work of a stopped scan once nothing of it is under way any more.
static int wind_up(struct engine *e, struct error *err) {
    int r = engine_give_up(e, err);
    if (r != 0 || e->in_flight > 0 || e->running.len > 0) return r;
    // Checks that judge what was seen get their turn; what they would send is refused.
    if (e->stage < STAGE_CHECKS && e->health_known) {
        r = enter_stage(e, STAGE_CHECKS, err);
        if (r != 0) return r;
    }
    routes_release(e);
    drop_queue(e);
    r = heartbeat_release_all(e, err);
    if (r == 0) r = engine_rejudge_waiting(e, true, err);
    if (r == 0 && !undo_pump(e)) e->stage = STAGE_LINGER;
    return r;
}

// What is asked beside the stages: is the target well, are the credentials?
static int watch(struct engine *e, struct error *err) {
    if (e->stop != STOP_NONE) return 0;
    int r = routes_pump(e);
    if (r == 0) r = health_pump(e, err);
    if (r == 0) r = login_pump(e, err);
    return r == 0 && e->stop == STOP_NONE ? heartbeat_pump(e, err) : r;
}

int engine_pump(struct engine *e, struct error *err) {
    int r = watch(e, err);
    while (r == 0 && e->stage < STAGE_LINGER) {
        if (e->stop == STOP_NONE && budget_spent(e)) {
            e->stop = STOP_BUDGET;
            engine_warn(e, "the budget of %u requests is spent; what was not asked is listed as not tested", e->scan->budget_requests);
        }
        if (e->stop != STOP_NONE) return wind_up(e, err);
        bool idle;
        r = pump_stage(e, &idle, err);
        if (r != 0 || !idle) {
            // Models that never came: decide with what there is.
            if (r == 0 && e->queue.len == 0 && e->running.len == 0 && e->parked.len == 0 && e->waiting.len > 0) {
                r = engine_rejudge_waiting(e, true, err);
                continue;
            }
            return r;
        }
        r = enter_stage(e, (enum stage)(e->stage + 1), err);
    }
    return r;
}

static int judge_by_owner(struct engine *e, struct slot *s, struct error *err) {
    switch (s->owner) {
    case OWNER_CHECK:
        return checks_judge(e, s, err);
    case OWNER_HEALTH:
        return health_judge(e, s, err);
    case OWNER_SURFACE:
    case OWNER_SPEC:
    case OWNER_STACK:
        return discovery_judge(e, s, err);
    case OWNER_BASELINE:
    case OWNER_SAMPLE:
        return baselines_judge(e, s, err);
    case OWNER_ABSENCE:
    case OWNER_BLOCK:
        return models_judge(e, s, err);
    case OWNER_WITNESS:
        return witness_judge(e, s, err);
    case OWNER_BEAT:
        return heartbeat_judge(e, s, err);
    case OWNER_LOGIN:
        return login_judge(e, s, err);
    case OWNER_UNDO:
        return undo_judge(e, s);
    }
    return 0;
}

int engine_judge(struct engine *e, struct slot *s, struct error *err) {
    bool was_waiting = s->state == SLOT_WAITING;
    int r = judge_by_owner(e, s, err);
    if (r == JUDGE_WAIT) {
        if (!was_waiting && !VEC_PUSH(&e->arena, &e->waiting, s)) return error_nomem(err);
        s->state = SLOT_WAITING;
        return 0;
    }
    s->state = SLOT_DONE;
    bool model = s->owner == OWNER_ABSENCE || s->owner == OWNER_BLOCK;
    if (!s->has_canary) slot_release(s);
    if (r == 0 && model) r = engine_rejudge_waiting(e, false, err);
    return r;
}

// `force`: the models will not come any more; model_presence and model_blocked then answer with the cautious side.
int engine_rejudge_waiting(struct engine *e, bool force, struct error *err) {
    size_t count = e->waiting.len;
    e->models_final = force;
    for (size_t i = 0; i < count; i++) {
        struct slot *s = e->waiting.ptr[i];
        if (s == NULL) continue;
        e->waiting.ptr[i] = NULL;
        s->state = SLOT_RUNNING; // engine_judge puts it back when it still waits
        int r = engine_judge(e, s, err);
        if (r != 0) return r;
    }
    size_t kept = 0;
    for (size_t i = 0; i < e->waiting.len; i++) {
        if (e->waiting.ptr[i] != NULL) e->waiting.ptr[kept++] = e->waiting.ptr[i];
    }
    e->waiting.len = kept;
    e->models_final = false;
    return 0;
}
