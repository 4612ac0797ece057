// SPDX-License-Identifier: Apache-2.0
// Is the target still what it was before the first probe? Three requests before anything else are the reference; one more after every
// HEALTH_EVERY requests. A target that degrades makes the scan pause and then stop with exit 3; one that is gone stops it at once.
#include "scan/engine_state.h"

enum { HEALTH_FIRST = 3, HEALTH_BAD_LIMIT = 3, LOST_ASK = 4 };
#define HEALTH_TIMEOUT (5 * USEC_PER_SEC) // of a target that answered before
#define HEALTH_SLOW_FACTOR 10
#define HEALTH_SLOW_FLOOR (2 * USEC_PER_SEC)

static int ask(struct engine *e, size_t probes, struct error *err) {
    struct slot *s = slot_new(e, OWNER_HEALTH, CHECK_NONE);
    if (s == NULL) return error_nomem(err);
    struct request rq = {.method = SV("GET"), .target = url_target(&s->e.arena, &e->scan->target)};
    if (rq.target.ptr == NULL) return error_nomem(err);
    s->e.purpose = PURPOSE_HEALTH;
    s->e.phase = PHASE_DISCOVERY;
    s->e.value = 10000;
    s->e.schedule = SCHEDULE_ORDERED;
    for (size_t i = 0; i < probes; i++) {
        struct probe *p = slot_add_probe(s, ROLE_REFERENCE, 0, &rq);
        if (p == NULL) return error_nomem(err);
        if (e->health_known) p->timeout = HEALTH_TIMEOUT;
    }
    const char *reason;
    if (slot_submit(e, s, &reason)) e->health_outstanding++;
    return 0;
}

int health_pump(struct engine *e, struct error *err) {
    if (e->health_outstanding > 0 || e->stage >= STAGE_LINGER) return 0;
    if (e->stage == STAGE_HEALTH && !e->health_asked) {
        // A specification that cannot be had ends the program before anything else was sent.
        if (discovery_asks_first(e)) return discovery_ask_first(e, err);
        if (e->queue.len + e->running.len > 0) return 0;
        e->health_asked = true;
        return ask(e, HEALTH_FIRST, err);
    }
    if (!e->health_known || e->since_health < HEALTH_EVERY) return 0;
    e->since_health = 0;
    return ask(e, 1, err);
}

struct sv target_place(struct engine *e) {
    struct sv origin = url_origin(&e->arena, &e->scan->target);
    size_t at = sv_find_char(origin, '/');
    struct sv place = at == SIZE_MAX ? origin : sv_from_index(origin, at + 2);
    bool has_port = sv_rfind_char(place, ':') != SIZE_MAX && place.ptr[place.len - 1] != ']';
    return has_port ? place : arena_printf(&e->arena, SV_FMT ":%u", SV_ARG(place), (unsigned)e->scan->target.port);
}

// A time budget that ends before the first answer says the same as no answer; a signal stays a signal.
static int unreachable(struct engine *e, struct error *err) {
    e->unreachable = true;
    if (e->stop == STOP_BUDGET) e->stop = STOP_UNREACHABLE;
    return engine_stop(e, STOP_UNREACHABLE, err);
}

// What common servers answer to plain HTTP on a TLS port: 400 and a sentence that names it.
static bool asks_for_tls(const struct engine *e, const struct slot *s) {
    if (!sv_eq(e->scan->target.scheme, SV("http"))) return false;
    for (size_t i = 0; i < s->e.probe_count; i++) {
        const struct exchange *x = s->e.exchanges[i];
        if (!exchange_answered(x)) continue;
        const struct sv body = sv_slice(x->response.body, 0, 2048);
        bool names = sv_contains(body, SV("HTTPS")) || sv_contains(body, SV("TLS")) || sv_contains(body, SV("SSL-enabled"));
        bool says = sv_contains(body, SV("HTTP request")) || sv_contains(body, SV("plain HTTP")) || sv_contains(body, SV("requires TLS"));
        if (x->response.status != 400 || !names || !says) return false;
    }
    return true;
}

static int learn(struct engine *e, struct slot *s, struct error *err) {
    usec_t best = 0;
    for (size_t i = 0; i < s->e.probe_count; i++) {
        const struct exchange *x = s->e.exchanges[i];
        if (!exchange_answered(x)) continue;
        if (!e->health_known) {
            int r = slot_signature(e, s, i, &e->health, err);
            if (r != 0) return r;
            e->health.pairs = NULL; // only status and kind are compared later
            e->health.pair_count = 0;
            e->health_known = e->health.valid;
        }
        if (best == 0 || x->response.first_byte < best) best = x->response.first_byte;
    }
    e->health_latency = best;
    if (e->options.dry) return 0;
    if (e->health_known && asks_for_tls(e, s)) {
        e->first_failure = arena_printf(&e->arena, SV_FMT " speaks TLS on this port: use https:// instead of http://", SV_ARG(target_place(e)));
        return unreachable(e, err);
    }
    if (e->health_known) {
        if (e->health.status >= 500) engine_warn(e, SV_FMT " answers %u (server error) to GET " SV_FMT " already before the first probe", SV_ARG(target_place(e)), e->health.status, SV_ARG(s->e.probes[0].request.target));
        return 0;
    }
    if (e->first_failure.ptr == NULL)
        e->first_failure = arena_printf(&e->arena, SV_FMT " gave no answer before the time was over: is the service running, and is the address right?", SV_ARG(target_place(e)));
    return unreachable(e, err);
}

static bool is_bad(const struct engine *e, const struct exchange *x) {
    if (!exchange_answered(x)) return true;
    if (x->response.status >= 500 && e->health.status < 500) return true;
    usec_t slow = e->health_latency * HEALTH_SLOW_FACTOR;
    return x->response.first_byte > (slow > HEALTH_SLOW_FLOOR ? slow : HEALTH_SLOW_FLOOR);
}

int health_judge(struct engine *e, struct slot *s, struct error *err) {
    if (e->health_outstanding > 0) e->health_outstanding--;
    if (s->e.probe_count > 1) return learn(e, s, err);
    if (!is_bad(e, s->e.exchanges[0])) {
        e->health_bad = 0;
        return 0;
    }
    if (++e->health_bad >= HEALTH_BAD_LIMIT) {
        engine_warn(e, "the target degraded under the scan (health request failed %u times in a row); the scan was stopped", e->health_bad);
        return engine_stop(e, STOP_DEGRADED, err);
    }
    e->paused = true;
    return ask(e, 1, err);
}

// The target, not the scanner or its limits, is why there is no answer.
static bool is_lost(enum outcome outcome) {
    return outcome == OUTCOME_REFUSED_CONNECTION || outcome == OUTCOME_CLOSED || outcome == OUTCOME_TIMEOUT || outcome == OUTCOME_UNRESOLVED ||
           outcome == OUTCOME_TLS || outcome == OUTCOME_PROTOCOL;
}

static void stop_if_lost(struct engine *e, const struct exchange *x, struct sv detail) {
    if (e->lost_in_row >= LOST_LIMIT && x->outcome == OUTCOME_REFUSED_CONNECTION) {
        engine_warn(e, "the target stopped answering: " SV_FMT, SV_ARG(detail));
        e->stop = STOP_UNREACHABLE;
    } else if (e->lost_in_row >= 3 * LOST_LIMIT) {
        engine_warn(e, "no answer to %u requests in a row; the scan was stopped", e->lost_in_row);
        e->stop = STOP_DEGRADED;
    } else if (e->walled >= WALL_LIMIT && (size_t)e->walled * 12 > e->tickets.len) {
        engine_warn(e, "the target answers 429 to nearly everything; the scan was stopped: ask for a higher limit or use --rate");
        e->stop = STOP_WALL;
    }
}

// Every exchange: transport failures in a row, and 429 that no repetition got round.
void health_note(struct engine *e, const struct slot *s, const struct exchange *x, struct sv detail) {
    // A burst asks for refusals; what they say of the host's health is nothing.
    if (s->owner != OWNER_HEALTH && s->e.schedule != SCHEDULE_BURST) e->since_health++;
    bool own_doing = s->e.schedule == SCHEDULE_BURST; // many at once are meant to meet a limit
    if (own_doing && x->outcome != OUTCOME_DONE) return;
    if (x->outcome == OUTCOME_DONE) {
        e->lost_in_row = 0;
        if (x->response.status >= 500) e->server_errors++;
    } else if (is_lost(x->outcome)) {
        if (++e->lost_in_row == LOST_ASK) e->since_health = HEALTH_EVERY; // is it this operation, or everything?
        if (e->first_failure.ptr == NULL && detail.len > 0) e->first_failure = arena_copy_sv(&e->arena, detail);
    }
    if (e->stop == STOP_NONE && e->health_known) stop_if_lost(e, x, detail);
}
