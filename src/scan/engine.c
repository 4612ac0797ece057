// SPDX-License-Identifier: Apache-2.0
// The machine's core: which probe goes next, what happens when its answer comes.
//
//   queue ──top──> running ──all probes answered──> judge ──┬─> done
//                                                           └─> waiting for a model ──learned──> judge again
//
// engine_next has no side effects unless it sends; all work is made by engine_pump, which runs after every answer. So the order of calls
// decides everything, and a log of them repeats the scan.
#include "scan/engine.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/log.h"
#include "http/header.h"
#include "http/tls_hello.h"
#include "scan/engine_state.h"

enum { TICKETS_MAX = 2000000 };
#define ENGINE_ARENA_LIMIT ((size_t)1024 * 1024 * 1024)

void engine_warn(struct engine *e, const char *format, ...) {
    char text[400];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n < 0 || e->warnings.len >= 200) return;
    struct sv line = arena_copy_sv(&e->arena, sv_from(text));
    if (line.ptr == NULL) return;
    VEC_EACH(struct sv, w, &e->warnings) {
        if (sv_eq(*w, line)) return;
    }
    ignore_result(!VEC_PUSH(&e->arena, &e->warnings, line));
}

static int load_tables(struct engine *e, struct error *err) {
    int r = match_open(&e->arena, &e->patterns, err);
    if (r == 0) r = match_scratch_new(&e->arena, e->patterns, &e->scratch, err);
    if (r == 0) r = redactor_new(&e->arena, e->patterns, e->key, &e->redactor, err);
    if (r == 0) r = entity_pool_new(&e->arena, e->key, &e->entities, err);
    if (r == 0) r = absence_new(&e->arena, e->key, &e->absence, err);
    if (r == 0) r = findings_new(e, err);
    e->risky = engine_knowledge(e, SV("wordlists/risky"));
    return r;
}

static int copy_origins(struct engine *e, struct error *err) {
    const struct scan_options *o = e->scan;
    e->origin_count = o->allow_origin_count + 1;
    e->origins = arena_new_array(&e->arena, struct url, e->origin_count);
    if (e->origins == NULL) return error_nomem(err);
    e->origins[0] = o->target;
    for (size_t i = 0; i < o->allow_origin_count; i++) e->origins[i + 1] = o->allow_origins[i];
    return 0;
}

int engine_new(const struct engine_options *options, struct engine **ret, struct error *err) {
    struct arena arena;
    arena_init(&arena, ENGINE_ARENA_LIMIT);
    struct engine *e = arena_new(&arena, struct engine); // lives in the arena that it owns
    if (e == NULL) return error_nomem(err);
    e->arena = arena;
    e->options = *options;
    e->scan = options->scan;
    e->seed = options->seed;
    struct rng rng;
    rng_derive(&rng, e->seed, SV("hash key"), 0);
    e->key = rng_next(&rng);
    map_init(&e->knowledge, e->key);
    map_init(&e->absence_pending, e->key);
    map_init(&e->absence_failed, e->key);
    map_init(&e->tokens, e->key);
    int r = load_tables(e, err);
    if (r == 0) r = copy_origins(e, err);
    if (r == 0) r = identities_open(e, err);
    if (r == 0) r = logins_open(e, err);
    if (r == 0) r = discovery_begin(e, err);
    if (r == 0) r = checks_begin(e, err);
    if (r == 0) r = engine_pump(e, err);
    if (r != 0) {
        engine_free(e);
        return r;
    }
    *ret = e;
    return 0;
}

void engine_free(struct engine *e) {
    if (e == NULL) return;
    VEC_EACH(struct slot *, s, &e->slots) arena_fini(&(*s)->e.arena);
    struct arena arena = e->arena;
    arena_fini(&arena);
}

// May the slot give another probe now?
static bool slot_ready(const struct slot *s) {
    if (s->state != SLOT_RUNNING || s->sent >= s->e.probe_count) return false;
    switch (s->e.schedule) {
    case SCHEDULE_ANY:
    case SCHEDULE_BURST:
        return true;
    case SCHEDULE_ORDERED:
    case SCHEDULE_ALONE:
        return s->done == s->sent;
    }
    return false;
}

static bool is_exclusive(const struct slot *s) {
    return s->e.schedule == SCHEDULE_ALONE || s->e.schedule == SCHEDULE_BURST;
}

static bool waits_for_login(const struct engine *e, const struct slot *s) {
    for (size_t p = 0; p < s->e.probe_count; p++) {
        if (e->identities[s->e.probes[p].identity].signing_in) return true;
    }
    return false;
}

static struct slot *choose_running(const struct engine *e) {
    if (e->exclusive != NULL) return slot_ready(e->exclusive) ? e->exclusive : NULL;
    VEC_EACH(struct slot *, s, &e->running) {
        if (slot_ready(*s) && !waits_for_login(e, *s) && !route_is_held(e, *s)) return *s;
    }
    return NULL;
}

static const char *purpose_name(const struct engine *e, const struct slot *s) {
    static const char *const names[PURPOSE_COUNT] = {"health", "discovery", "model", "check", "confirm"};
    if (s->owner == OWNER_UNDO) return "undo";
    return s->e.check != CHECK_NONE ? e->runs[s->e.check].check->id : names[s->e.purpose];
}

static void fill_outgoing(struct engine *e, struct slot *s, struct outgoing *ret) {
    const struct probe *p = &s->e.probes[s->sent];
    *ret = (struct outgoing){
        .ticket = (uint32_t)e->tickets.len + 1,
        .request = &p->request,
        .origin = &e->origins[p->request.origin],
        .identity = p->identity,
        .timeout = p->timeout,
        .burst = s->e.schedule == SCHEDULE_BURST,
        .paused = e->paused,
        .writes = p->promise != 0,
        .purpose = purpose_name(e, s),
        .experiment = &s->e,
    };
    identity_outgoing(e, s, ret);
}

static bool start_slot(struct engine *e, struct slot *s) {
    if (!VEC_PUSH(&e->arena, &e->running, s)) return false;
    queue_pop(e);
    s->state = SLOT_RUNNING;
    e->planned_requests += (unsigned)s->e.probe_count;
    if (is_exclusive(s)) e->exclusive = s;
    return true;
}

static bool budget_holds_slot(const struct engine *e, const struct slot *s) {
    unsigned limit = e->scan->budget_requests;
    return limit == 0 || (size_t)e->requests + e->planned_requests + s->e.probe_count <= limit;
}

// Within one phase only: the models of an earlier phase are what later ones plan from.
static struct slot *start_top(struct engine *e) {
    struct slot *top = queue_top(e);
    if (top == NULL || (is_exclusive(top) && e->in_flight > 0)) return NULL;
    if (top->owner == OWNER_UNDO) return start_slot(e, top) ? top : NULL;
    if (e->stop != STOP_NONE || heartbeat_blocks(e, top) || routes_block(e, top)) return NULL;
    return budget_holds_slot(e, top) && start_slot(e, top) ? top : NULL;
}

enum engine_next engine_next(struct engine *e, struct outgoing *ret) {
    struct slot *s = choose_running(e);
    if (s == NULL && e->exclusive == NULL) s = start_top(e);
    if (s == NULL || e->tickets.len >= TICKETS_MAX) {
        if (e->in_flight > 0) return ENGINE_BUSY;
        if (e->parked.len > 0 && e->stop == STOP_NONE) return ENGINE_WAIT;
        if (e->stage == STAGE_FINISHED) return ENGINE_FINISHED;
        return ENGINE_LINGER;
    }
    struct ticket t = {.slot = s, .probe = (uint16_t)s->sent, .open = true};
    fill_outgoing(e, s, ret);
    if (!VEC_PUSH(&e->arena, &e->tickets, t)) return ENGINE_BUSY;
    undo_note_sent(e, &s->e.probes[s->sent]);
    s->ticket = ret->ticket;
    s->sent++;
    e->in_flight++;
    e->requests++;
    e->planned_requests--;
    e->requests_by_purpose[s->e.purpose]++;
    e->paused = false;
    if (e->options.tap.sent != NULL) e->options.tap.sent(e->options.tap.context, ret);
    return ENGINE_SEND;
}

static int fill_response(struct engine *e, struct slot *s, const struct raw_answer *answer, struct exchange *x, struct error *err) {
    if (answer->response == NULL) return 0;
    // The bytes of a handshake are what anybody gets; a placeholder in them would make them unreadable.
    if (!answer->redacted && !request_is_tls(&x->request)) {
        struct sensitive_hit *hits = NULL;
        int r = redact_response(e->redactor, &s->e.arena, answer->response, &x->response, &hits, &x->hit_count, err);
        x->hits = hits;
        return r;
    }
    struct arena *a = &s->e.arena;
    x->response = *answer->response;
    x->response.reason = arena_copy_sv(a, answer->response->reason);
    x->response.body = arena_copy_sv(a, answer->response->body);
    x->response.headers = (struct header_list){0};
    struct sensitive_hit *hits = arena_new_array(a, struct sensitive_hit, answer->hit_count);
    if (x->response.body.ptr == NULL || hits == NULL || !header_copy_list(a, &answer->response->headers, &x->response.headers))
        return error_nomem(err);
    for (size_t i = 0; i < answer->hit_count; i++) {
        hits[i] = answer->hits[i];
        hits[i].class_id = arena_copy_sv(a, answer->hits[i].class_id);
        hits[i].placeholder = arena_copy_sv(a, answer->hits[i].placeholder);
        hits[i].location = arena_copy_sv(a, answer->hits[i].location);
    }
    x->hits = hits;
    x->hit_count = answer->hit_count;
    return 0;
}

static const struct operation *operation_of(const struct engine *e, const struct slot *s, const struct request *rq) {
    if (s->e.operation != NULL) return s->e.operation;
    size_t q = sv_find_char(rq->target, '?');
    return api_match(&e->api, rq->method, q == SIZE_MAX ? rq->target : sv_slice(rq->target, 0, q));
}

static int make_exchange(struct engine *e, const struct ticket *t, const struct raw_answer *answer, struct exchange **ret, struct error *err) {
    struct slot *s = t->slot;
    const struct probe *p = &s->e.probes[t->probe];
    struct exchange *x = arena_new(&s->e.arena, struct exchange);
    if (x == NULL) return error_nomem(err);
    x->id = ++e->answered;
    x->experiment = s->e.id;
    x->probe = t->probe;
    x->round = s->e.round;
    x->identity = p->identity;
    x->outcome = answer->outcome;
    x->request = p->request;
    x->started = answer->started;
    x->operation = operation_of(e, s, &p->request);
    int r = answer->outcome == OUTCOME_DONE ? fill_response(e, s, answer, x, err) : 0;
    if (r == 0) *ret = x;
    return r;
}

static void note_speaking(struct engine *e, const struct exchange *x) {
    if (x->operation == NULL || x->response.status >= 500) return;
    while (e->spoke.len <= x->operation->id) {
        if (!VEC_PUSH(&e->arena, &e->spoke, false)) return;
    }
    e->spoke.ptr[x->operation->id] = true;
}

// Everybody who only looks.
static int observe_all(struct engine *e, const struct slot *s, const struct exchange *x, struct error *err) {
    int r = 0;
    if (exchange_answered(x)) {
        note_speaking(e, x);
        size_t q = sv_find_char(x->request.target, '?');
        struct sv path = q == SIZE_MAX ? x->request.target : sv_slice(x->request.target, 0, q);
        entity_pool_trust(e->entities, s->e.purpose != PURPOSE_CHECK && s->e.purpose != PURPOSE_CONFIRM);
        r = entity_pool_observe(&e->arena, e->entities, x, x->operation != NULL ? x->operation->path : path, err);
        if (r == 0) r = stack_observe(e->stack, x, err);
        if (r == 0 && e->stage > STAGE_DISCOVER) r = surface_observe(e->surface, x, err);
    }
    if (r == 0) r = checks_observe(e, x, err);
    return r;
}

static int note_answer(struct engine *e, struct slot *s, const struct exchange *x, struct sv detail, struct error *err) {
    health_note(e, s, x, detail);
    discovery_hint(e, s, x);
    heartbeat_note(e, s, x);
    undo_note(e, s, x);
    return observe_all(e, s, x, err);
}

static void slot_reset(struct engine *e, struct slot *s) {
    for (size_t i = 0; i < s->e.probe_count; i++) s->e.exchanges[i] = NULL;
    e->planned_requests -= (unsigned)(s->e.probe_count - s->sent);
    s->sent = s->done = 0;
}

void slot_restart(struct engine *e, struct slot *s) {
    if (s->writes && s->sent > 0) { // what it wrote is undone, and it is not written again
        undo_give_up_slot(e, s);
        return;
    }
    slot_reset(e, s);
    s->state = SLOT_QUEUED;
    if (!queue_push(e, s)) s->state = SLOT_DONE;
}

// 429 says nothing about what was asked, unless limits are the question (bursts, and what runs late): the experiment is void and repeated whole.
static bool asks_about_limits(const struct slot *s) {
    return s->e.schedule == SCHEDULE_BURST || s->e.phase == PHASE_LATE || s->owner == OWNER_HEALTH || s->writes;
}

static bool slot_is_void(const struct slot *s) {
    if (asks_about_limits(s)) return false;
    for (size_t i = 0; i < s->e.probe_count; i++) {
        const struct exchange *x = s->e.exchanges[i];
        if (exchange_answered(x) && x->response.status == 429) return true;
    }
    return false;
}

void engine_leave_running(struct engine *e, struct slot *s) {
    for (size_t i = 0; i < e->running.len; i++) {
        if (e->running.ptr[i] != s) continue;
        memmove(&e->running.ptr[i], &e->running.ptr[i + 1], (e->running.len - i - 1) * sizeof e->running.ptr[0]);
        e->running.len--;
        break;
    }
    if (e->exclusive == s) e->exclusive = NULL;
}

// A verdict from refusals would be none: the check is not asked, and the operation counts as inconclusive for it.
static int give_up_void(struct engine *e, struct slot *s) {
    ledger_note(e, s->e.check, s->e.operation, COVERAGE_INCONCLUSIVE, "the operation answers 429 again and again");
    struct ledger_entry *entry = ledger_find(e, s->e.check, s->e.operation);
    if (entry != NULL && entry->open > 0) entry->open--;
    s->state = SLOT_DONE;
    if (!s->has_canary) slot_release(s);
    return 0;
}

// How often an operation answered 429 to the end: after a few, its experiments are not repeated any more. NULL when out of memory or no operation.
static unsigned *walls_of(struct engine *e, const struct operation *op) {
    if (op == NULL) return NULL;
    while (e->walls.len <= op->id) {
        if (!VEC_PUSH(&e->arena, &e->walls, 0)) return NULL;
    }
    return &e->walls.ptr[op->id];
}

bool operation_is_closed(const struct engine *e, const struct slot *s) {
    const struct operation *op = s->e.operation;
    return s->owner == OWNER_CHECK && op != NULL && !asks_about_limits(s) && op->id < e->walls.len && e->walls.ptr[op->id] >= WALLS_CLOSED;
}

// What else is queued for an operation that answers 429 again and again is given up: each request would only keep its limit alive.
static int drop_queued(struct engine *e, struct error *err) {
    auto_arena scratch = {.limit = (size_t)64 << 20};
    VEC_OF(struct slot *) others = {0};
    int r = 0;
    while (e->queue.len > 0 && r == 0) {
        struct slot *s = queue_top(e);
        queue_pop(e);
        if (operation_is_closed(e, s)) {
            r = give_up_void(e, s);
        } else if (!VEC_PUSH(&scratch, &others, s)) {
            r = error_nomem(err);
        }
    }
    VEC_EACH(struct slot *, s, &others) {
        if (!queue_push(e, *s) && r == 0) r = error_nomem(err);
    }
    return r;
}

// 429 to the end: one wall more. `closed`: the route asks for a longer wait than the scan has for it.
static int note_wall(struct engine *e, struct slot *s, bool closed, struct error *err) {
    unsigned *walls = walls_of(e, s->e.operation);
    e->walled++;
    if (walls == NULL) return 0;
    *walls = closed && *walls < WALLS_CLOSED ? WALLS_CLOSED : *walls + 1;
    return *walls == WALLS_CLOSED ? drop_queued(e, err) : 0;
}

static int slot_completed(struct engine *e, struct slot *s, struct error *err) {
    engine_leave_running(e, s);
    if (slot_is_void(s) && e->stop == STOP_NONE) {
        unsigned *walls = walls_of(e, s->e.operation);
        bool again = s->repeats < VOID_REPEATS && (walls == NULL || *walls < WALLS_PER_OPERATION);
        bool parked = again && route_parks(e, s, e->last_seen), closed = again && !parked && route_asks_to_wait(e, s);
        if (again && !closed) {
            s->repeats++;
            s->e.value /= 1000; // after the others: by then the limit may have forgotten us
            if (parked) slot_reset(e, s);
            else slot_restart(e, s);
            return 0;
        }
        int r = note_wall(e, s, closed, err);
        if (r != 0 || s->owner == OWNER_CHECK) return r != 0 ? r : give_up_void(e, s);
    }
    return heartbeat_holds(e, s) ? 0 : engine_judge(e, s, err);
}

int engine_complete(struct engine *e, uint32_t ticket, const struct raw_answer *answer, struct error *err) {
    if (ticket == 0 || ticket > e->tickets.len || !e->tickets.ptr[ticket - 1].open)
        return error_set(err, ERR_MISMATCH, "an answer for request %u, which is not under way", ticket);
    struct ticket *t = &e->tickets.ptr[ticket - 1];
    struct slot *s = t->slot;
    t->open = false;
    e->in_flight--;
    e->bytes += answer->bytes;
    if (answer->ended > e->last_seen) e->last_seen = answer->ended;
    struct exchange *x = NULL;
    int r = s->owner == OWNER_LOGIN ? login_take(e, s, answer, err) : 0;
    if (r == 0) r = make_exchange(e, t, answer, &x, err);
    if (r != 0) return r;
    s->e.exchanges[t->probe] = x;
    s->done++;
    if (e->options.tap.done != NULL) e->options.tap.done(e->options.tap.context, ticket, x, answer, s->login);
    if (!request_is_tls(&x->request)) r = note_answer(e, s, x, answer->detail, err);
    if (r == 0 && s->done == s->e.probe_count) r = slot_completed(e, s, err);
    if (r == 0) r = engine_pump(e, err);
    return r;
}

int engine_canary(struct engine *e, const struct canary_event *call, bool own, struct error *err) {
    struct token_entry *t = map_find(&e->tokens, call->token);
    if (t == NULL || own) return 0;
    e->canary_called = true;
    struct slot *s = t->slot;
    struct arena *a = &s->e.arena;
    if (s->e.event_count >= 64) return 0;
    if (s->e.event_count == s->e.event_cap) {
        s->e.events = vec_grow(a, s->e.events, s->e.event_count, &s->e.event_cap, sizeof *s->e.events);
        if (s->e.event_count == s->e.event_cap) return error_nomem(err);
    }
    struct canary_event copy = *call;
    copy.token = arena_copy_sv(a, call->token);
    copy.method = arena_copy_sv(a, call->method);
    copy.path = arena_copy_sv(a, call->path);
    copy.user_agent = arena_copy_sv(a, call->user_agent);
    copy.source = arena_copy_sv(a, call->source);
    copy.probe = t->probe;
    s->e.events[s->e.event_count++] = copy;
    int r = s->state == SLOT_DONE ? engine_judge(e, s, err) : 0;
    if (r == 0) r = engine_pump(e, err);
    return r;
}

int engine_stop(struct engine *e, enum stop_reason why, struct error *err) {
    if (e->stop != STOP_NONE && why != STOP_SCOPE) return 0;
    e->stop = why;
    return engine_pump(e, err);
}

void engine_break_off(struct engine *e, const char *why) {
    struct error unused = {0};
    e->stop = STOP_BROKEN;
    struct sv text = arena_copy_sv(&e->arena, sv_from(why));
    e->first_failure = text.ptr != NULL ? text : SV("out of memory");
    ignore_result(checks_finish(e, &unused) != 0 || ledger_finish(e, &unused) != 0);
    e->stage = STAGE_FINISHED;
}

void engine_note_signal(struct engine *e, int number) {
    e->stop_signal = number;
}

// An undo still goes out when its write did.
static bool is_owed(const struct engine *e, const struct slot *s) {
    const struct probe *p = &s->e.probes[s->sent];
    return p->role == ROLE_UNDO && !e->undo_closed && (p->promise == 0 || undo_is_open(e, p->promise));
}

// Probes that will not be sent any more count as not sent.
static int give_up_slot(struct engine *e, struct slot *s, struct error *err) {
    const struct raw_answer none = {.outcome = OUTCOME_BUDGET, .detail = SV("not sent"), .started = e->last_seen, .ended = e->last_seen};
    while (s->sent < s->e.probe_count && !is_owed(e, s)) {
        const struct ticket t = {.slot = s, .probe = (uint16_t)s->sent};
        int r = make_exchange(e, &t, &none, &s->e.exchanges[s->sent], err);
        if (r != 0) return r;
        s->sent++;
        s->done++;
        e->planned_requests--;
    }
    return 0;
}

int engine_give_up(struct engine *e, struct error *err) {
    for (size_t i = 0; i < e->running.len;) {
        struct slot *s = e->running.ptr[i];
        int r = give_up_slot(e, s, err);
        if (r == 0 && s->done == s->e.probe_count) r = slot_completed(e, s, err);
        else i++;
        if (r != 0) return r;
    }
    return 0;
}

int engine_linger_over(struct engine *e, struct error *err) {
    if (e->stage == STAGE_FINISHED || e->in_flight > 0 || undo_pump(e)) return 0;
    int r = engine_rejudge_waiting(e, true, err);
    if (r == 0) r = checks_finish(e, err);
    if (r == 0) r = ledger_finish(e, err);
    if (r == 0) e->stage = STAGE_FINISHED;
    return r;
}

void engine_restart_interrupted(struct engine *e) {
    VEC_EACH(struct ticket, t, &e->tickets) {
        if (t->open) e->in_flight--;
        t->open = false;
    }
    e->exclusive = NULL;
    while (e->running.len > 0) {
        struct slot *s = e->running.ptr[--e->running.len];
        slot_restart(e, s);
    }
    login_resume(e);
    undo_resume(e);
}

unsigned engine_in_flight(const struct engine *e) {
    return e->in_flight;
}

void engine_progress(const struct engine *e, struct scan_progress *ret) {
    static const char *const stages[] = {"looking", "signing in", "discovering", "recognising", "learning", "proving", "testing", "finishing", "finished"};
    *ret = (struct scan_progress){
        .stage = stages[e->stage],
        .requests = e->requests,
        .queued = (unsigned)e->queue.len,
        .operations = (unsigned)e->api.operation_count,
        .findings = e->finding_count,
        .elapsed = e->last_seen,
    };
}

bool engine_in_burst(const struct engine *e) {
    return e->exclusive != NULL && e->exclusive->e.schedule == SCHEDULE_BURST && e->exclusive->sent < e->exclusive->e.probe_count;
}

bool engine_expects_calls(const struct engine *e) {
    return e->tokens.len > 0;
}

int engine_reveal(struct engine *e, struct arena *a, const struct outgoing *o, struct request *ret, struct error *err) {
    const struct request *request = o->plain;
    *ret = *request;
    int r = redact_reveal(e->redactor, a, request->target, &ret->target, err);
    if (r == 0 && request->body.ptr != NULL) r = redact_reveal(e->redactor, a, request->body, &ret->body, err);
    ret->headers = (struct header_list){0};
    for (size_t i = 0; i < request->headers.len && r == 0; i++) {
        struct sv value;
        r = redact_reveal(e->redactor, a, request->headers.ptr[i].value, &value, err);
        if (r == 0 && !header_add(a, &ret->headers, request->headers.ptr[i].name, value)) r = error_nomem(err);
    }
    if (r == 0 && o->writes && (redact_has_placeholder(e->redactor, ret->body) || redact_has_placeholder(e->redactor, ret->target)))
        return error_set(err, ERR_MISMATCH, "a value that was redacted is not known any more, and its placeholder is not written in its place");
    if (r != 0 || o->credential->query_name.len == 0) return r;
    ret->target = target_with_parameter(a, ret->target, o->credential->query_name, o->credential->query_value);
    return ret->target.ptr != NULL ? 0 : error_nomem(err);
}
