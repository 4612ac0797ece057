// SPDX-License-Identifier: Apache-2.0
// Moves an engine with real requests: one libuv loop, one thread.
//
//   step: while the pace allows, engine_next -> net_send
//   answer: engine_complete -> pace_answer -> step
//
// Everything that decides what is asked is in the engine; this file only decides when.
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <uv.h>

#include "base/log.h"
#include "base/random.h"
#include "http/header.h"
#include "http/tls_hello.h"
#include "net/canary.h"
#include "net/client.h"
#include "net/tls_probe.h"
#include "scan/engine_state.h"
#include "scan/pace.h"
#include "scan/record.h"
#include "scan/startup.h"

#define LINGER_NEAR (300 * USEC_PER_MSEC)
#define LINGER_FAR (2 * USEC_PER_SEC)
#define PAUSE_UNWELL (2 * USEC_PER_SEC)
#define TICK_MSEC 100
#define UNDO_WAIT (5 * USEC_PER_SEC)       // after a signal
#define UNDO_WAIT_LONG (30 * USEC_PER_SEC) // after another stop
#define LAST_PASS_STEP (5 * USEC_PER_MSEC)

struct live {
    const struct scan_options *options;
    struct engine *engine;
    struct net *net;
    struct canary *canary;
    struct recorder *recorder;
    struct pace pace;
    usec_t started;
    usec_t started_realtime;
    bool near; // loopback or private target
    bool over;
    bool lingering;
    bool draining; // the scan is over, requests under way are given up
    bool stopped; // by us: signal, time, wall of 429
    int signal;
    usec_t linger_until;
    usec_t undo_until; // after a stop: what is not undone by then stays so
    struct header_list scan_header;
    uv_timer_t timer; // next step when nothing else wakes us
    uv_timer_t tick;  // progress, flushing, deadline
    uv_signal_t interrupt, terminate;
    int failed; // first error of the engine
    struct error error;
    struct error canary_error;
    struct sandbox_report sandbox;
    struct names names;
    struct spec_files files;
    struct scan_options own_options; // the caller's, with our reader
    struct arena *arena;
};

struct flight {
    struct live *live;
    uint32_t ticket;
    bool burst;
    usec_t started;
    struct arena arena;
    const struct url *origin;
    struct request request;
    struct header_list identity;
};

static void step(struct live *l);
static void wake_in(struct live *l, usec_t wait);

static usec_t now_of(const struct live *l) {
    return clock_monotonic() - l->started;
}

static void fail(struct live *l, int code) {
    if (l->failed == 0) l->failed = code;
    l->over = true;
    uv_stop(net_loop(l->net));
}

static void flight_free(struct flight *f) {
    struct arena arena = f->arena; // the flight lives in its own arena
    arena_fini(&arena);
}

static void tell(struct live *l, struct sv text) {
    if (l->recorder != NULL) recorder_warn(l->recorder, text);
    engine_warn(l->engine, SV_FMT, SV_ARG(text));
}

static void stop(struct live *l, enum stop_reason why) {
    if (l->over || l->stopped) return;
    l->stopped = true;
    if (l->recorder != NULL) recorder_stop(l->recorder, why, l->signal);
    engine_note_signal(l->engine, l->signal);
    int r = engine_stop(l->engine, why, &l->error);
    l->linger_until = 0;
    l->lingering = true;
    l->undo_until = now_of(l) + (why == STOP_SIGNAL ? UNDO_WAIT : UNDO_WAIT_LONG);
    net_cancel_all(l->net);
    if (r != 0) fail(l, r);
    else wake_in(l, 0);
}

// What the scan wrote and could not undo in time is told.
static void abandon_undos(struct live *l) {
    l->undo_until = 0;
    if (l->recorder != NULL) recorder_mark(l->recorder, "abandon");
    int r = engine_abandon_undos(l->engine, &l->error);
    net_cancel_all(l->net);
    if (r != 0) fail(l, r);
    else wake_in(l, 0);
}

// An answer as the engine is to see it. A head that never ends is no answer: what stands in its first lines may be anything.
static struct raw_answer read_answer(const struct live *l, struct flight *f, const struct net_result *result, usec_t now) {
    struct raw_answer answer = {.outcome = result->outcome, .detail = result->detail, .started = f->started, .ended = now, .bytes = result->bytes_received};
    const struct name_entry *name = f->request.origin < l->names.len ? &l->names.ptr[f->request.origin] : NULL;
    if (result->outcome == OUTCOME_OUT_OF_SCOPE && name != NULL && name->failure.ptr != NULL) {
        answer.outcome = OUTCOME_UNRESOLVED;
        answer.detail = name->failure;
    } else if (result->outcome == OUTCOME_DONE && (result->response.flags & RESPONSE_HEADERS_CUT) != 0) {
        answer.outcome = OUTCOME_PROTOCOL;
        answer.detail = arena_printf(&f->arena, SV_FMT " sends header fields without end", SV_ARG(url_origin(&f->arena, f->origin)));
    } else if (result->outcome == OUTCOME_DONE) {
        answer.response = &result->response;
    }
    return answer;
}

// A handshake that is cut short says nothing about how much the service bears.
static void tell_pace(struct live *l, const struct flight *f, const struct raw_answer *answer) {
    if (request_is_tls(&f->request)) return;
    uint64_t route = sv_hash(sv_slice(f->request.target, 0, sv_find_char(f->request.target, '?')), 1, 1);
    if (f->burst) pace_burst_answer(&l->pace, answer->ended, answer->response, clock_realtime());
    else pace_answer(&l->pace, answer->ended, answer->outcome, answer->response, clock_realtime(), route);
}

static void on_answer(void *context, const struct net_result *result) {
    struct flight *f = context;
    struct live *l = f->live;
    if (l->draining) {
        flight_free(f);
        return;
    }
    struct raw_answer answer = read_answer(l, f, result, now_of(l));
    tell_pace(l, f, &answer);
    int r = engine_complete(l->engine, f->ticket, &answer, &l->error);
    flight_free(f);
    if (r != 0) fail(l, r);
    if (r == 0 && l->pace.walled) stop(l, STOP_WALL);
    if (!l->over) step(l);
}

static struct flight *flight_new(struct live *l, const struct outgoing *o) {
    struct arena arena;
    arena_init(&arena, (size_t)64 * 1024 * 1024);
    struct flight *f = arena_new(&arena, struct flight);
    if (f == NULL) return NULL;
    *f = (struct flight){.live = l, .ticket = o->ticket, .burst = o->burst, .origin = o->origin, .started = now_of(l), .arena = arena};
    if (!header_copy_list(&f->arena, o->identity_headers, &f->identity)) {
        flight_free(f);
        return NULL;
    }
    for (size_t i = 0; i < l->scan_header.len; i++) ignore_result(!header_add(&f->arena, &f->identity, l->scan_header.ptr[i].name, l->scan_header.ptr[i].value));
    return f;
}

// A request that cannot be sent costs its experiment, not the scan.
static int refuse(struct live *l, struct flight *f, const struct outgoing *o, const struct error *why) {
    const struct raw_answer answer = {.outcome = OUTCOME_POLICY, .detail = sv_from(why->text), .started = f->started, .ended = now_of(l)};
    int r = engine_complete(l->engine, o->ticket, &answer, &l->error);
    flight_free(f);
    return r;
}

static int launch(struct live *l, const struct outgoing *o) {
    struct flight *f = flight_new(l, o);
    struct error refusal = {0};
    if (f == NULL) return error_nomem(&l->error);
    int r = engine_reveal(l->engine, &f->arena, o, &f->request, &refusal);
    if (r == ERR_MISMATCH) return refuse(l, f, o, &refusal);
    if (r != 0) {
        l->error = refusal;
        return r;
    }
    struct net_request rq = {
        .origin = o->origin,
        .request = &f->request,
        .identity_headers = &f->identity,
        .certificate = o->credential->certificate,
        .key = o->credential->key,
        .arena = &f->arena,
        .total_timeout = o->timeout,
        .done = on_answer,
        .context = f,
    };
    pace_sent(&l->pace, now_of(l));
    r = request_is_tls(&f->request) ? net_tls_probe(l->net, &rq, &refusal) : net_send(l->net, &rq, &refusal);
    if (r == 0 || r == -ENOMEM) {
        if (r != 0) l->error = refusal;
        return r;
    }
    return refuse(l, f, o, &refusal);
}

// A name that changes its kind of address under the scan is an attack on the scanner or a move of the service; requests go to the pinned
// addresses either way.
static void watch_names(struct live *l) {
    const struct name_entry *entry;
    struct sv address;
    enum name_change change = names_tick(&l->names, l->arena, now_of(l), &entry, &address);
    if (change == NAME_SAME) return;
    tell(l, arena_printf(l->arena, SV_FMT " now resolves to " SV_FMT "; every request went to " SV_FMT ", as it resolved at the start", SV_ARG(entry->url->host),
                         SV_ARG(address), SV_ARG(entry->pinned.ptr[0])));
    if (change == NAME_OTHER_KIND) stop(l, STOP_SCOPE);
}

static void on_timer(uv_timer_t *t) {
    struct live *l = t->data;
    watch_names(l);
    step(l);
}

static void wake_in(struct live *l, usec_t wait) {
    uv_update_time(net_loop(l->net));
    uv_timer_start(&l->timer, on_timer, wait / USEC_PER_MSEC + 1, 0);
}

static void linger(struct live *l) {
    usec_t now = now_of(l);
    if (!l->lingering) {
        l->lingering = true;
        bool wait = l->canary != NULL && engine_expects_calls(l->engine);
        l->linger_until = now + (!wait ? 0 : l->near ? LINGER_NEAR : LINGER_FAR);
    }
    if (now < l->linger_until) {
        wake_in(l, l->linger_until - now);
        return;
    }
    if (l->recorder != NULL) recorder_mark(l->recorder, "linger");
    int r = engine_linger_over(l->engine, &l->error);
    if (r != 0) fail(l, r);
}

// Nothing is left but what a route asked us to wait for.
static bool wait_for_route(struct live *l) {
    usec_t now = now_of(l), until = engine_wait_until(l->engine);
    if (now < until) {
        wake_in(l, until - now);
        return false;
    }
    if (l->recorder != NULL) recorder_time(l->recorder, now);
    int r = engine_time_passed(l->engine, now, &l->error);
    if (r != 0) fail(l, r);
    return r == 0;
}

// One decision: true when another one may follow at once.
static bool step_once(struct live *l) {
    usec_t wait;
    if (!pace_may_send(&l->pace, now_of(l), engine_in_flight(l->engine), engine_in_burst(l->engine), &wait)) {
        if (wait > 0) wake_in(l, wait);
        if (wait > 0 || engine_in_flight(l->engine) > 0) return false;
    }
    struct outgoing out;
    switch (engine_next(l->engine, &out)) {
    case ENGINE_SEND: {
        if (out.paused) pace_hold(&l->pace, now_of(l) + PAUSE_UNWELL);
        int r = launch(l, &out);
        if (r != 0) fail(l, r);
        return r == 0;
    }
    case ENGINE_WAIT:
        return wait_for_route(l);
    case ENGINE_BUSY:
        return false;
    case ENGINE_LINGER:
        linger(l);
        return !l->over && now_of(l) >= l->linger_until;
    case ENGINE_FINISHED:
        if (!l->stopped && names_last_pass(&l->names, now_of(l))) {
            wake_in(l, LAST_PASS_STEP);
            return false;
        }
        l->over = true;
        uv_stop(net_loop(l->net));
        return false;
    }
    return false;
}

static void step(struct live *l) {
    while (!l->over && step_once(l)) {
    }
}

static void on_signal(uv_signal_t *handle, int number) {
    struct live *l = handle->data;
    if (l->stopped && l->signal != 0 && l->undo_until != 0 && engine_has_undos(l->engine)) { // asked for the second time
        abandon_undos(l);
        return;
    }
    l->signal = number;
    stop(l, STOP_SIGNAL);
}

static void on_tick(uv_timer_t *t) {
    struct live *l = t->data;
    const struct scan_options *o = l->options;
    if (l->recorder != NULL) ignore_result(recorder_flush(l->recorder));
    if (o->progress != NULL) {
        struct scan_progress p;
        engine_progress(l->engine, &p);
        p.elapsed = now_of(l);
        o->progress(o->progress_context, &p);
    }
    watch_names(l);
    if (l->undo_until != 0 && now_of(l) >= l->undo_until && engine_has_undos(l->engine)) abandon_undos(l);
    if (o->budget_time != 0 && now_of(l) >= o->budget_time) stop(l, STOP_BUDGET);
}

static void on_canary(void *context, const struct canary_call *call) {
    struct live *l = context;
    if (l->engine == NULL || l->over) return;
    struct canary_event event = {
        .token = call->token, .method = call->method, .path = call->path, .user_agent = call->user_agent, .source = call->source, .at = now_of(l)};
    if (l->recorder != NULL) recorder_canary(l->recorder, &event, call->own);
    int r = engine_canary(l->engine, &event, call->own, &l->error);
    if (r != 0) fail(l, r);
    else step(l);
}

// Held back from the start of scan_run until somebody listens, so that no signal ends the program without a report.
static void block_signals(int how) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(how, &set, NULL);
}

static void start_watchers(struct live *l) {
    uv_loop_t *loop = net_loop(l->net);
    uv_timer_init(loop, &l->timer);
    uv_timer_init(loop, &l->tick);
    uv_signal_init(loop, &l->interrupt);
    uv_signal_init(loop, &l->terminate);
    l->timer.data = l->tick.data = l->interrupt.data = l->terminate.data = l;
    uv_timer_start(&l->tick, on_tick, TICK_MSEC, TICK_MSEC);
    uv_signal_start(&l->interrupt, on_signal, SIGINT);
    uv_signal_start(&l->terminate, on_signal, SIGTERM);
    block_signals(SIG_UNBLOCK);
}

static void stop_watchers(struct live *l) {
    uv_close((uv_handle_t *)&l->timer, NULL);
    uv_close((uv_handle_t *)&l->tick, NULL);
    uv_close((uv_handle_t *)&l->interrupt, NULL);
    uv_close((uv_handle_t *)&l->terminate, NULL);
    uv_run(net_loop(l->net), UV_RUN_NOWAIT);
}

static void set_pace(struct live *l) {
    enum address_class class = startup_address_class(l->options, &l->names);
    bool loopback = class == ADDRESS_LOOPBACK;
    l->near = loopback || class == ADDRESS_PRIVATE || class == ADDRESS_LINK_LOCAL;
    double rate = l->options->rate;
    if (rate == 0) rate = loopback ? -1 : l->near ? 200 : 50;
    pace_init(&l->pace, rate, loopback ? 32 : l->near ? 24 : 12);
}

static int run_engine(struct live *l, struct arena *a, struct engine_options *eo, const struct recording *resumed, struct error *err) {
    if (l->recorder != NULL) eo->tap = recorder_tap(l->recorder);
    struct engine_tap tap = eo->tap;
    if (resumed != NULL) eo->tap = (struct engine_tap){0}; // what is repeated stands in the recording already
    int r = engine_new(eo, &l->engine, err);
    if (r == 0 && l->recorder != NULL && resumed == NULL) r = recorder_write_header(l->recorder, eo, l->engine, &l->files, err);
    if (r != 0) return r;
    if (resumed != NULL) {
        usec_t ended;
        r = recording_replay(a, resumed, l->engine, &ended, err);
        if (r != 0) return r;
        l->engine->options.tap = tap;
        engine_restart_interrupted(l->engine);
        recorder_mark(l->recorder, "restart");
        l->started -= l->engine->last_seen;
    }
    start_watchers(l);
    if (l->names.signal != 0) {
        l->signal = l->names.signal;
        stop(l, STOP_SIGNAL);
    }
    step(l);
    while (!l->over && uv_run(net_loop(l->net), UV_RUN_ONCE) != 0) {
    }
    stop_watchers(l);
    if (l->failed != 0 && err != NULL) *err = l->error;
    return l->failed;
}

// The key set that the listener serves: a target that fetches the key of a token from there trusts whom the token names.
static struct sv canary_key(void *context, struct arena *a) {
    struct live *l = context;
    (void)a;
    return l->engine == NULL ? SV_NONE : jwt_pair_public(&l->engine->key_pair, &l->engine->arena);
}

static int start_canary(struct live *l, struct arena *a, struct engine_options *eo, uint16_t port) {
    struct canary_options co;
    int r = startup_canary_options(a, l->options, &l->names, eo, &co, &l->canary_error);
    if (r != 0) return r;
    if (co.port == 0) co.port = port;
    co.called = on_canary;
    co.public_key = canary_key;
    co.context = l;
    r = canary_start(net_loop(l->net), &co, &l->canary, &l->canary_error);
    if (r == 0) eo->canary_base = arena_copy_sv(a, canary_base_url(l->canary));
    return r;
}

// The requests of the recording hold the URL of its listener, so a resumed scan must listen there again, or nowhere when it did not.
static int resume_canary(struct live *l, struct arena *a, const struct recording *resumed, struct engine_options *eo, struct error *err) {
    struct sv base = resumed->engine.canary_base;
    struct url url;
    if (base.len == 0) return 0;
    int r = url_parse(a, base, &url, err);
    if (r == 0 && start_canary(l, a, eo, url.port) == 0 && sv_eq(eo->canary_base, base)) return 0;
    if (r != 0) return r;
    return error_set(err, ERR_USAGE, "--resume: the scan listened for calls on " SV_FMT ", which cannot be had again (%.150s); free the port, or scan anew",
                     SV_ARG(base), l->canary_error.text[0] != '\0' ? l->canary_error.text : "--canary names another address");
}

static int finish(struct live *l, struct arena *a, struct scan_result *ret, struct error *err) {
    if (l->canary == NULL && !l->options->no_canary && l->canary_error.text[0] != '\0')
        tell(l, arena_printf(a, "no canary listener: %s; blind server-side requests are inconclusive", l->canary_error.text));
    if (l->sandbox.note[0] != '\0') tell(l, sv_from(l->sandbox.note));
    usec_t ended = clock_realtime();
    if (l->recorder != NULL) recorder_end(l->recorder, ended);
    return engine_result(l->engine, a, ended, ret, err);
}

static int live_run(struct live *l, struct arena *a, const struct recording *resumed, struct scan_result *ret, struct error *err) {
    struct engine_options eo = {.scan = l->options};
    l->started = clock_monotonic();
    startup_identity(a, l->options, resumed, &eo);
    int r = 0;
    if (resumed != NULL) r = resume_canary(l, a, resumed, &eo, err);
    else if (!l->options->no_canary && l->options->mode != MODE_PASSIVE) ignore_result(start_canary(l, a, &eo, 0));
    if (!l->options->no_scan_header) ignore_result(!header_add(a, &l->scan_header, SV("X-Plumbline-Scan"), eo.scan_id));
    set_pace(l);
    if (r == 0 && l->options->sandbox) r = startup_sandbox(l->options, &l->sandbox, err);
    if (r == 0) r = run_engine(l, a, &eo, resumed, err);
    if ((r == -ENOMEM || r == ERR_LIMIT) && l->engine != NULL) {
        engine_break_off(l->engine, err != NULL ? err->text : "out of memory");
        if (l->recorder != NULL) recorder_stop(l->recorder, STOP_BROKEN, 0);
        r = 0;
    }
    if (r == 0) r = finish(l, a, ret, err);
    if (l->canary != NULL) canary_stop(l->canary);
    return r;
}

static void engine_release(void *engine) {
    engine_free(engine);
}

// Everything that a scan needs before its first request; *ret_resumed stays NULL when nothing is resumed.
static int open_scan(struct live *l, struct arena *a, const struct scan_options *options, struct recording **ret_resumed, struct error *err) {
    int r = 0;
    if (options->resume) {
        *ret_resumed = arena_new(a, struct recording);
        r = *ret_resumed == NULL ? error_nomem(err) : startup_resume(a, options, *ret_resumed, err);
    }
    if (r == 0 && options->record_dir != NULL) r = recorder_open(a, options->record_dir, options->resume, &l->recorder, err);
    if (r == 0) r = names_resolve(a, options, &l->names, err);
    if (r == 0) r = startup_net(options, &l->names, &l->net, err);
    return r;
}

// The scan ended with `r`; what comes back is that, or what went wrong while closing. A recording of nothing is taken away again.
static int close_recording(struct live *l, int r, struct error *err) {
    if (l->recorder == NULL) return r;
    if (r != 0 && l->engine == NULL && !l->options->resume) {
        recorder_discard(l->recorder);
        return r;
    }
    int closed = recorder_close(l->recorder, r == 0 ? err : NULL);
    return r == 0 ? closed : r;
}

// After a failure requests may be under way; each owns memory that only its end gives back.
static void drain(struct live *l) {
    l->draining = true;
    net_cancel_all(l->net);
    while (net_in_flight(l->net) > 0 && uv_run(net_loop(l->net), UV_RUN_ONCE) != 0) {
    }
}

int scan_run(struct arena *a, const struct scan_options *options, struct scan_result *ret, struct error *err) {
    struct live *l = arena_new(a, struct live);
    struct recording *resumed = NULL;
    if (l == NULL) return error_nomem(err);
    l->own_options = *options;
    l->options = &l->own_options;
    spec_files_init(&l->files, a, options->spec_reader);
    if (options->spec_reader != NULL) l->own_options.spec_reader = &l->files.reader;
    l->arena = a;
    block_signals(SIG_BLOCK);
    int r = open_scan(l, a, options, &resumed, err);
    if (r == 0) r = live_run(l, a, resumed, ret, err);
    r = close_recording(l, r, err);
    names_release(&l->names);
    block_signals(SIG_UNBLOCK);
    if (l->net != NULL) drain(l);
    if (l->net != NULL) net_free(l->net);
    if (l->engine != NULL && !arena_on_fini(a, engine_release, l->engine)) engine_free(l->engine);
    return r;
}
