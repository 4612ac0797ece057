// SPDX-License-Identifier: Apache-2.0
// The good request of every operation (evidence.md 2: "exercised" and the volatility mask). Operations without path parameters come
// first, because their answers give the identifiers that the others need. Within one level: a first request with repairs, then, when the
// level is through, a second one to learn what varies by itself.
#include "evidence/failure.h"
#include "http/header.h"
#include "scan/engine_state.h"

enum { LEVEL_MAX = 6, BODY_KEEP = 64 * 1024, TRIES_MAX = 14, CHOICES_MAX = 2 };

struct baseline *baseline_of(struct engine *e, const struct operation *op, size_t identity) {
    size_t i = (size_t)op->id * e->identity_count + identity;
    while (e->baselines.len <= i) {
        if (!VEC_PUSH(&e->arena, &e->baselines, NULL)) return NULL;
    }
    if (e->baselines.ptr[i] == NULL) {
        struct baseline *b = arena_new(&e->arena, struct baseline);
        if (b != NULL) b->identity = (uint16_t)identity;
        e->baselines.ptr[i] = b;
    }
    return e->baselines.ptr[i];
}

static unsigned level_of(const struct operation *op) {
    unsigned n = 0;
    for (size_t i = 0; i < op->parameter_count; i++) n += op->parameters[i].in == PARAM_PATH;
    return n > LEVEL_MAX ? LEVEL_MAX : n;
}

static int ask(struct engine *e, const struct operation *op, struct baseline *b, unsigned attempt, enum owner owner, struct error *err) {
    struct slot *s = slot_new(e, owner, CHECK_NONE);
    if (s == NULL) return error_nomem(err);
    s->e.operation = op;
    s->e.phase = PHASE_BASELINE;
    s->e.purpose = PURPOSE_MODEL;
    s->e.value = owner == OWNER_SAMPLE || operation_is_asked_late(e->risky, op) ? 1 : 2;
    s->baseline = b;
    s->attempt = attempt;
    if (slot_add_probe(s, ROLE_REFERENCE, b->identity, &b->request) == NULL) return error_nomem(err);
    const char *reason;
    if (slot_submit(e, s, &reason)) {
        b->asked++;
        if (owner == OWNER_BASELINE) b->state = BASELINE_PENDING;
    } else if (owner == OWNER_BASELINE) {
        b->state = BASELINE_NONE;
        b->reason = sv_from(reason);
    }
    return 0;
}

// Signing in is tried with names that nobody has: no account is locked by it.
static bool hide_names(struct engine *e, struct rng *rng, struct call *c) {
    static const struct sv names[] = {SV_INIT("user"), SV_INIT("login"), SV_INIT("mail"), SV_INIT("account"), SV_INIT("phone"), SV_INIT("client_id"), SV_INIT("clientId")};
    const struct operation *op = c->operation;
    for (size_t i = 0; i < op->parameter_count; i++) {
        for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
            if (!c->values[i].present || c->values[i].raw || !sv_contains_nocase(op->parameters[i].name, names[k])) continue;
            struct sv word = rng_word(rng, &e->arena, 12);
            bool mail = sv_find_char(c->values[i].text, '@') != SIZE_MAX || sv_contains_nocase(op->parameters[i].name, SV("mail"));
            c->values[i].text = mail ? arena_printf(&e->arena, SV_FMT "@example.com", SV_ARG(word)) : word;
            if (c->values[i].text.ptr == NULL) return false;
        }
    }
    return true;
}

static int hide_names_of_login(struct engine *e, struct rng *rng, struct call *c, struct error *err) {
    if (e->scan->mode != MODE_ACTIVE || !reading_post_is_login(e, c->operation)) return 0;
    return hide_names(e, rng, c) ? 0 : error_nomem(err);
}

static int choose(struct engine *e, struct rng *rng, const struct operation *op, unsigned attempt, struct baseline *b, struct error *err) {
    entity_pool_prefer(e->entities, b->identity);
    int r = values_choose(&e->arena, rng, op, e->entities, attempt, &b->call, err);
    return r == 0 ? hide_names_of_login(e, rng, &b->call, err) : r;
}

static int first_try(struct engine *e, const struct operation *op, size_t identity, struct error *err) {
    struct baseline *b = baseline_of(e, op, identity);
    if (b == NULL) return error_nomem(err);
    if (b->state != BASELINE_NONE || b->reason.len > 0) return 0;
    struct rng rng;
    rng_derive(&rng, e->seed, op->path, identity);
    int r = choose(e, &rng, op, 0, b, err);
    if (r == 0) r = call_build(&e->arena, &b->call, &b->request, err);
    if (r != 0) {
        b->reason = SV("no request could be built for it");
        return r == -ENOMEM ? r : 0;
    }
    if (e->scan->mode != MODE_ACTIVE && operation_smells_of_change(e->risky, op)) {
        b->reason = SV("its name or description smells of change; not asked in safe mode");
        return 0;
    }
    // What a made-up write leaves behind could not be undone: checks that write promise the undo first (undo.c).
    if (e->scan->mode == MODE_ACTIVE && guard_writes(e, op, &b->request)) {
        b->reason = SV("a write is not sent for nothing but its answer");
        return 0;
    }
    if (e->scan->mode == MODE_ACTIVE && operation_smells_of_change(e->risky, op) && !guard_names_write(e, op, &b->request)) {
        b->reason = SV("its name or description smells of change; not asked unless --allow-write names it");
        return 0;
    }
    return ask(e, op, b, 0, OWNER_BASELINE, err);
}

static int plan_level(struct engine *e, unsigned level, struct error *err) {
    for (size_t i = 0; i < e->api.operation_count; i++) {
        const struct operation *op = e->api.operations[i];
        if (level_of(op) != level || !operation_selected(e, op)) continue;
        for (size_t identity = 0; identity < e->identity_count; identity++) {
            int r = first_try(e, op, identity, err);
            if (r != 0) return r;
        }
    }
    return 0;
}

static int plan_samples(struct engine *e, unsigned level, struct error *err) {
    for (size_t i = 0; i < e->api.operation_count; i++) {
        const struct operation *op = e->api.operations[i];
        if (level_of(op) != level) continue;
        for (size_t identity = 0; identity < e->identity_count; identity++) {
            struct baseline *b = baseline_of(e, op, identity);
            if (b == NULL) return error_nomem(err);
            if ((b->state != BASELINE_GOOD && b->state != BASELINE_REFUSED) || b->sampled) continue;
            b->sampled = true;
            int r = ask(e, op, b, b->asked, OWNER_SAMPLE, err);
            if (r != 0) return r;
        }
    }
    return 0;
}

// The good answers hold links, too. What they lead to is looked at once, and asked like the rest.
static int follow_links(struct engine *e, bool *ret_idle, struct error *err) {
    bool idle;
    int r = e->followed_late ? 0 : discovery_follow(e, &idle, err);
    if (r != 0) return r;
    if (!e->followed_late && !idle) return 0;
    *ret_idle = e->followed_late;
    e->followed_late = true;
    e->baseline_level = 0;
    return *ret_idle ? 0 : baselines_pump(e, ret_idle, err);
}

// Levels 2n: first requests of level n; 2n + 1: second samples.
int baselines_pump(struct engine *e, bool *ret_idle, struct error *err) {
    *ret_idle = false;
    while (e->queue.len == 0 && e->running.len == 0 && e->waiting.len == 0) {
        unsigned level = e->baseline_level / 2;
        if (level > LEVEL_MAX) return follow_links(e, ret_idle, err);
        bool samples = e->baseline_level % 2 == 1;
        e->baseline_level++;
        int r = samples ? plan_samples(e, level, err) : plan_level(e, level, err);
        if (r != 0) return r;
    }
    return 0;
}

static struct exchange *keep_exchange(struct engine *e, const struct exchange *x) {
    struct exchange *k = arena_new(&e->arena, struct exchange);
    if (k == NULL) return NULL;
    *k = *x;
    if (request_copy(&e->arena, &x->request, &k->request) != 0) return NULL;
    k->response.headers = (struct header_list){0};
    if (!header_copy_list(&e->arena, &x->response.headers, &k->response.headers)) return NULL;
    k->response.body = arena_copy_sv(&e->arena, sv_slice(x->response.body, 0, BODY_KEEP));
    k->response.reason = arena_copy_sv(&e->arena, x->response.reason);
    struct sensitive_hit *hits = arena_new_array(&e->arena, struct sensitive_hit, x->hit_count);
    if (k->response.body.ptr == NULL || hits == NULL) return NULL;
    for (size_t i = 0; i < x->hit_count; i++) {
        hits[i] = x->hits[i];
        hits[i].class_id = arena_copy_sv(&e->arena, x->hits[i].class_id);
        hits[i].placeholder = arena_copy_sv(&e->arena, x->hits[i].placeholder);
        hits[i].location = arena_copy_sv(&e->arena, x->hits[i].location);
    }
    k->hits = hits;
    return k;
}

static int settle(struct engine *e, struct slot *s, enum baseline_state state, struct sv reason, struct error *err) {
    struct baseline *b = s->baseline;
    const struct exchange *x = s->e.exchanges[0];
    b->state = state;
    b->reason = reason;
    if (!exchange_answered(x)) return 0;
    b->answer = keep_exchange(e, x);
    if (b->answer == NULL) return error_nomem(err);
    b->latency_median = x->response.first_byte;
    return signature_make(&e->arena, b->answer, NULL, 0, e->key, &b->signature, err);
}

// Parameters that the refusal misses become part of the operation, and every call of it grows along.
static int learn_parameters(struct engine *e, const struct operation *of, const struct exchange *x, struct error *err) {
    struct operation *op = e->api.operations[of->id];
    size_t before = op->parameter_count;
    int r = op == of ? values_learn(&e->arena, op, x, err) : 0;
    if (r != 0 || op->parameter_count == before) return r;
    for (size_t i = 0; i < e->identity_count; i++) {
        struct baseline *b = baseline_of(e, op, i);
        if (b == NULL) return error_nomem(err);
        if (b->call.values == NULL) continue;
        struct param_value *values = arena_new_array(&e->arena, struct param_value, op->parameter_count + 1);
        if (values == NULL) return error_nomem(err);
        memcpy(values, b->call.values, before * sizeof *values);
        b->call.values = values;
    }
    return 0;
}

// Other values for what was not repaired so far; repaired ones stay, as far as they are no identifiers.
static int choose_again(struct engine *e, struct slot *s, struct rng *rng, unsigned attempt, bool *ret_changed, struct error *err) {
    struct baseline *b = s->baseline;
    const struct operation *op = s->e.operation;
    struct call was = b->call;
    struct request now;
    int r = choose(e, rng, op, attempt, b, err);
    for (size_t i = 0; r == 0 && b->repaired && i < op->parameter_count; i++)
        if (op->parameters[i].in != PARAM_PATH) b->call.values[i] = was.values[i];
    if (r == 0) r = call_build(&e->arena, &b->call, &now, err);
    *ret_changed = r == 0 && (!sv_eq(now.target, b->request.target) || !sv_eq(now.body, b->request.body));
    return r;
}

// A refusal that names one parameter after another takes as many tries as there are parameters.
static unsigned tries_of(const struct operation *op) {
    unsigned n = BASELINE_TRIES + 2 * (unsigned)(op->parameter_count > 8 ? 8 : op->parameter_count);
    return n > TRIES_MAX ? TRIES_MAX : n;
}

// What the refusal asks for.
static int repair(struct engine *e, struct baseline *b, const struct exchange *x, struct rng *rng, bool *ret_changed, struct error *err) {
    bool complains = exchange_answered(x) && (x->response.status == 400 || x->response.status == 422 || x->response.status < 300);
    entity_pool_prefer(e->entities, b->identity);
    *ret_changed = complains && values_repair(&e->arena, rng, &b->call, e->entities, x);
    b->repaired = b->repaired || *ret_changed;
    return *ret_changed ? hide_names_of_login(e, rng, &b->call, err) : 0;
}

// `last`: what the baseline is when no further values are left to try.
static int next_try(struct engine *e, struct slot *s, enum baseline_state last, struct sv reason, struct error *err) {
    struct baseline *b = s->baseline;
    const struct exchange *x = s->e.exchanges[0];
    unsigned attempt = s->attempt + 1;
    struct rng rng;
    rng_derive(&rng, e->seed, s->e.operation->path, attempt * 16u + b->identity);
    bool again = false;
    int r = learn_parameters(e, s->e.operation, x, err);
    if (r == 0 && attempt < tries_of(s->e.operation) && s->e.operation->parameter_count > 0) {
        r = repair(e, b, x, &rng, &again, err);
        if (r == 0 && !again && b->chosen < CHOICES_MAX) r = choose_again(e, s, &rng, ++b->chosen, &again, err);
    }
    if (r == -ENOMEM) return r;
    if (!again || call_build(&e->arena, &b->call, &b->request, err) != 0) return settle(e, s, last, reason, err);
    return ask(e, s->e.operation, b, attempt, OWNER_BASELINE, err);
}

static int judge_sample(struct engine *e, struct slot *s, struct error *err) {
    struct baseline *b = s->baseline;
    const struct exchange *x = s->e.exchanges[0];
    struct signature again;
    int r = slot_signature(e, s, 0, &again, err);
    if (r != 0 || !again.valid) return r;
    r = volatility_learn(&e->arena, &b->volatility, &b->signature, &again, err);
    usec_t now = x->response.first_byte, was = b->latency_median;
    b->latency_spread = now > was ? now - was : was - now;
    if (now < was) b->latency_median = now;
    return r;
}

int baselines_judge(struct engine *e, struct slot *s, struct error *err) {
    if (s->owner == OWNER_SAMPLE) return judge_sample(e, s, err);
    const struct exchange *x = s->e.exchanges[0];
    if (!exchange_answered(x)) return settle(e, s, BASELINE_BAD, SV("no answer"), err);
    unsigned status = x->response.status;
    // A failure in a 200 still is an answer that checks may read, but other values may bring a better one.
    if (answer_is_failure(x)) return next_try(e, s, BASELINE_GOOD, SV_NONE, err);
    if (status >= 200 && status < 300) return settle(e, s, BASELINE_GOOD, SV_NONE, err);
    if (status == 401 || status == 403) return settle(e, s, BASELINE_REFUSED, SV("refused without credentials"), err);
    if (status == 429) return settle(e, s, BASELINE_BAD, SV("answers 429"), err);
    if (status >= 300 && status < 400) return settle(e, s, BASELINE_BAD, SV("answers with a redirect"), err);
    if (status == 405) return settle(e, s, BASELINE_BAD, SV("method not allowed"), err);
    struct sv reason = arena_printf(&e->arena, "never gave a good answer; the last one was %u", status);
    return next_try(e, s, BASELINE_BAD, reason, err);
}
