// SPDX-License-Identifier: Apache-2.0
#include "support/sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "http/header.h"
#include "http/jwt.h"
#include "net/canary.h"
#include "scan/record.h"

#define SIM_CANARY "http://127.0.0.1:9999"
#define SIM_CANARY_SEED 77

static void send_text(struct arena *a, struct response *ret, unsigned status, struct sv media_type, struct sv body) {
    char length[32];
    snprintf(length, sizeof length, "%zu", body.len);
    ret->status = (uint16_t)status;
    ret->http_major = ret->http_minor = 1;
    ret->body = body;
    if (media_type.len > 0) sim_header(a, ret, "Content-Type", media_type);
    sim_header(a, ret, "Content-Length", arena_copy_sv(a, sv_from(length)));
}

void sim_header(struct arena *a, struct response *ret, const char *name, struct sv value) {
    if (!header_add(a, &ret->headers, sv_from(name), value)) abort();
}

void sim_status(struct arena *a, struct response *ret, unsigned status) {
    send_text(a, ret, status, SV_NONE, SV(""));
}

void sim_json(struct arena *a, struct response *ret, unsigned status, const char *format, ...) {
    char text[65536];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    send_text(a, ret, status, SV("application/json"), arena_copy_sv(a, sv_from(text)));
}

void sim_text(struct arena *a, struct response *ret, unsigned status, const char *media_type, const char *format, ...) {
    char text[65536];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    send_text(a, ret, status, sv_from(media_type), arena_copy_sv(a, sv_from(text)));
}

struct sv sim_path(const struct outgoing *o) {
    size_t q = sv_find_char(o->request->target, '?');
    return q == SIZE_MAX ? o->request->target : sv_slice(o->request->target, 0, q);
}

struct sv sim_query(struct arena *a, const struct outgoing *o, const char *name) {
    size_t q = sv_find_char(o->request->target, '?');
    if (q == SIZE_MAX) return SV_NONE;
    struct sv rest = sv_from_index(o->request->target, q + 1), key, value;
    bool has_value;
    while (url_query_next(&rest, &key, &value, &has_value)) {
        if (sv_eq(url_decode(a, key, true), sv_from(name))) return url_decode(a, value, true);
    }
    return SV_NONE;
}

struct sv sim_request_header(const struct outgoing *o, const char *name) {
    struct sv own = header_find(&o->request->headers, sv_from(name));
    return own.ptr != NULL ? own : header_find(o->identity_headers, sv_from(name));
}

bool sim_call_canary(struct sim *sim, struct arena *a, struct sv url, struct sv *ret_text, struct sv *ret_redirect) {
    struct url u;
    if (ret_text != NULL) *ret_text = SV_NONE;
    if (ret_redirect != NULL) *ret_redirect = SV_NONE;
    if (url_parse(a, url, &u, NULL) != 0 || !sv_eq(u.host, SV("127.0.0.1")) || u.port != 9999) return false;
    struct sv rest = sv_from_index(u.path, 1), token, part;
    if (!sv_split(&rest, '/', &token)) return false;
    if (sim->pending_count < 64) sim->pending_calls[sim->pending_count++] = arena_copy_sv(sim->arena, token);
    if (rest.ptr != NULL && sv_split(&rest, '/', &part) && sv_eq(part, SV("to")) && sv_split(&rest, '/', &part)) {
        if (ret_redirect != NULL) *ret_redirect = base64_decode(a, part);
        return true;
    }
    if (ret_text != NULL) *ret_text = canary_secret_for(a, SIM_CANARY_SEED, token);
    return true;
}

struct flying {
    struct outgoing out;
    usec_t started;
};

static int deliver_calls(struct sim *sim, struct error *err) {
    for (size_t i = 0; i < sim->pending_count; i++) {
        struct canary_event call = {.token = sim->pending_calls[i], .method = SV("GET"), .path = SV("/"), .user_agent = SV("sim"), .source = SV("127.0.0.1:1"), .at = sim->now};
        if (sim->recorder != NULL) recorder_canary(sim->recorder, &call, false);
        int r = engine_canary(sim->engine, &call, false, err);
        if (r != 0) return r;
    }
    sim->pending_count = 0;
    return 0;
}

static int answer_one(struct sim *sim, const struct flying *f, struct error *err) {
    auto_arena a = {0};
    arena_init(&a, (size_t)64 << 20);
    struct response p = {0};
    struct request revealed;
    int r = engine_reveal(sim->engine, &a, &f->out, &revealed, err);
    if (r == ERR_MISMATCH) {
        const struct raw_answer none = {.outcome = OUTCOME_POLICY, .started = f->started, .ended = sim->now};
        return engine_complete(sim->engine, f->out.ticket, &none, err);
    }
    if (r != 0) return r;
    struct outgoing o = f->out;
    o.request = &revealed;
    sim->delay = USEC_PER_MSEC;
    sim->outcome = OUTCOME_DONE;
    sim->requests++;
    sim->options->server(sim, sim->options->state, &a, &o, &p);
    p.first_byte = p.total = sim->delay;
    sim->now += sim->delay;
    if (sv_eq(o.request->method, SV("HEAD"))) p.body = SV("");
    struct raw_answer answer = {
        .outcome = sim->outcome, .response = sim->outcome == OUTCOME_DONE ? &p : NULL, .started = f->started, .ended = sim->now, .bytes = p.body.len,
        .detail = sim->outcome == OUTCOME_DONE ? SV_NONE : SV("the simulated server did not answer")};
    r = engine_complete(sim->engine, f->out.ticket, &answer, err);
    return r == 0 ? deliver_calls(sim, err) : r;
}

static int drive(struct sim *sim, struct error *err) {
    struct flying under_way[512];
    size_t count = 0;
    size_t window = sim->options->window == 0 ? 4 : sim->options->window;
    for (;;) {
        bool burst = engine_in_burst(sim->engine);
        enum engine_next next = ENGINE_BUSY;
        if ((count < window || burst) && count < 512) {
            next = engine_next(sim->engine, &under_way[count].out);
            if (next == ENGINE_FINISHED) return 0;
            if (next == ENGINE_LINGER) {
                if (sim->recorder != NULL) recorder_mark(sim->recorder, "linger");
                int r = engine_linger_over(sim->engine, err);
                if (r != 0) return r;
                continue;
            }
        }
        if (next == ENGINE_WAIT) {
            sim->now = engine_wait_until(sim->engine);
            if (sim->recorder != NULL) recorder_time(sim->recorder, sim->now);
            int r = engine_time_passed(sim->engine, sim->now, err);
            if (r != 0) return r;
            continue;
        }
        if (next == ENGINE_SEND) {
            under_way[count++].started = sim->now;
            continue;
        }
        if (count == 0) return error_set(err, ERR_MISMATCH, "the engine waits, but nothing is under way");
        if (sim->options->kill_after > 0 && sim->answered++ == sim->options->kill_after) { // what was under way is lost
            engine_restart_interrupted(sim->engine);
            if (sim->recorder != NULL) recorder_mark(sim->recorder, "restart");
            count = 0;
            continue;
        }
        struct flying f = under_way[0];
        memmove(&under_way[0], &under_way[1], (--count) * sizeof under_way[0]);
        int r = answer_one(sim, &f, err);
        if (r != 0) return r;
    }
}

static void release(void *engine) {
    engine_free(engine);
}

static int open_recorder(struct sim *sim, struct engine_options *eo, struct error *err) {
    int r = sim->options->record_dir != NULL ? recorder_open(sim->arena, sim->options->record_dir, false, &sim->recorder, err) : 0;
    if (r == 0 && sim->recorder != NULL) eo->tap = recorder_tap(sim->recorder);
    if (r == 0) r = engine_new(eo, &sim->engine, err);
    if (r == 0 && sim->recorder != NULL) r = recorder_write_header(sim->recorder, eo, sim->engine, NULL, err);
    return r;
}

int sim_run(struct arena *a, const struct sim_options *options, struct scan_result *ret, struct error *err) {
    struct scan_options *so = arena_new(a, struct scan_options);
    struct sim *sim = arena_new(a, struct sim);
    struct sv *only = arena_new(a, struct sv);
    if (so == NULL || sim == NULL || only == NULL) return error_nomem(err);
    so->target_text = sv_from(options->target != NULL ? options->target : "http://127.0.0.1:8080/");
    int r = url_parse(a, so->target_text, &so->target, err);
    if (r != 0) return r;
    if (options->allow_origin != NULL) {
        struct url *other = arena_new(a, struct url);
        if (other == NULL) return error_nomem(err);
        r = url_parse(a, sv_from(options->allow_origin), other, err);
        if (r != 0) return r;
        so->allow_origins = other;
        so->allow_origin_count = 1;
    }
    so->mode = options->passive ? MODE_PASSIVE : options->mode == MODE_ACTIVE ? MODE_ACTIVE : MODE_SAFE;
    if (options->spec != NULL) {
        so->spec_bytes = sv_from(options->spec);
        so->spec_name = SV("openapi.yaml");
    }
    if (options->spec_url != NULL) so->spec_url = sv_from(options->spec_url);
    if (options->only != NULL) {
        *only = sv_from(options->only);
        so->checks = only;
        so->check_count = 1;
    }
    so->identities = options->identities;
    so->identity_count = options->identity_count;
    so->lockout_budget = options->lockout_budget == 0 ? 5 : options->lockout_budget;
    so->budget_requests = options->budget;
    struct engine_options eo = {.scan = so, .seed = options->seed == 0 ? 1 : options->seed, .scan_id = SV("sim"), .canary_seed = SIM_CANARY_SEED};
    if (!options->no_canary) eo.canary_base = SV(SIM_CANARY);
    eo.started_realtime = options->started_realtime;
    *sim = (struct sim){.options = options, .arena = a, .now = 1};
    r = open_recorder(sim, &eo, err);
    if (r != 0) return r;
    if (!arena_on_fini(a, release, sim->engine)) abort();
    r = drive(sim, err);
    if (r == 0 && sim->recorder != NULL) {
        recorder_end(sim->recorder, 1);
        r = recorder_close(sim->recorder, err);
    }
    return r == 0 ? engine_result(sim->engine, a, 1, ret, err) : r;
}

const struct result_finding *sim_find(const struct scan_result *r, const char *check, const char *path) {
    for (size_t i = 0; i < r->finding_count; i++) {
        const struct result_finding *f = &r->findings[i];
        if (strcmp(f->check, check) != 0) continue;
        if (path == NULL) return f;
        for (size_t k = 0; k < f->occurrence_count; k++) {
            if (sv_eq(f->occurrences[k].path, sv_from(path))) return f;
        }
    }
    return NULL;
}

size_t sim_count(const struct scan_result *r, const char *check) {
    size_t n = 0;
    for (size_t i = 0; i < r->finding_count; i++) n += check == NULL || strcmp(r->findings[i].check, check) == 0;
    return n;
}

enum coverage_status sim_coverage(const struct scan_result *r, const char *check, const char *method, const char *path) {
    for (size_t i = 0; i < r->coverage_count; i++) {
        const struct result_coverage *c = &r->coverage[i];
        if (strcmp(c->check, check) == 0 && sv_eq(c->method, sv_from(method)) && sv_eq(c->path, sv_from(path))) return c->status;
    }
    return COVERAGE_COUNT;
}

void sim_dump(const struct scan_result *r) {
    for (size_t i = 0; i < r->finding_count; i++) {
        const struct result_finding *f = &r->findings[i];
        fprintf(stderr, "# %s %s/%s " SV_FMT " " SV_FMT " [" SV_FMT "]: " SV_FMT " — " SV_FMT "\n", f->check, severity_names[f->severity],
                confidence_names[f->confidence], SV_ARG(f->method), SV_ARG(f->path), SV_ARG(f->parameter), SV_ARG(f->title), SV_ARG(f->reason));
    }
    for (size_t i = 0; i < r->warning_count; i++) fprintf(stderr, "# warning: " SV_FMT "\n", SV_ARG(r->warnings[i]));
}
