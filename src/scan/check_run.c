// SPDX-License-Identifier: Apache-2.0
// What a check may ask for (checks/run.h), answered by the engine.
#include "checks/run.h"

#include "http/jwt.h"
#include "net/canary.h"
#include "scan/engine_state.h"

const struct api *check_api(const struct check_run *run) {
    return &run->engine->api;
}
// Learned anew when operations were added; every check asks for it at every operation.
struct sv check_described_base(const struct check_run *run) {
    struct engine *e = run->engine;
    const struct api *api = &e->api;
    if (e->stage < STAGE_BASELINE) e->described_seen = e->described = 0; // discovery still takes operations out of the list
    for (; e->described_seen < api->operation_count; e->described_seen++) {
        const struct operation *op = api->operations[e->described_seen];
        if ((op->sources & SOURCE_SPEC) == 0) continue;
        e->described_base = e->described++ == 0 ? op->path : sv_slice(op->path, 0, path_shared_segments(e->described_base, op->path));
    }
    return e->described < 3 ? SV_NONE : e->described_base;
}

void *check_state(struct check_run *run) {
    return run->state;
}
struct arena *check_arena(struct check_run *run) {
    return &run->engine->arena;
}
struct rng *check_rng(struct check_run *run) {
    return &run->rng;
}
enum scan_mode check_mode(const struct check_run *run) {
    return run->engine->scan->mode;
}
const struct url *check_target(const struct check_run *run) {
    return &run->engine->scan->target;
}
size_t check_origin(const struct check_run *run, struct sv scheme, struct sv host, uint16_t port) {
    const struct engine *e = run->engine;
    for (size_t i = 0; i < e->origin_count; i++) {
        if (sv_eq(e->origins[i].scheme, scheme) && sv_eq_nocase(e->origins[i].host, host) && e->origins[i].port == port) return i;
    }
    return SIZE_MAX;
}
size_t check_identity_count(const struct check_run *run) {
    return run->engine->identity_count;
}
const struct principal *check_identity(const struct check_run *run, size_t index) {
    return index < run->engine->identity_count ? &run->engine->labels[index] : NULL;
}
const struct baseline *check_baseline(const struct check_run *run, const struct operation *op, size_t identity) {
    static const struct baseline none = {.state = BASELINE_NONE, .reason = SV_INIT("not asked")};
    const struct baseline *b = identity < run->engine->identity_count ? baseline_of(run->engine, op, identity) : NULL;
    return b != NULL ? b : &none;
}
const struct entity_pool *check_entities(const struct check_run *run) {
    return run->engine->entities;
}
const struct match_set *check_patterns(const struct check_run *run) {
    return run->engine->patterns;
}
struct match_scratch *check_scratch(const struct check_run *run) {
    return run->engine->scratch;
}
const struct node *check_knowledge(struct check_run *run, const char *name) {
    return engine_knowledge(run->engine, sv_from(name));
}
uint64_t check_key(const struct check_run *run) {
    return run->engine->key;
}

bool check_is_told_by(const struct check_run *run, const struct operation *op, struct sv parameter, const char *const *checks) {
    return op != NULL && findings_have(run->engine, op->method, op->path, parameter, checks);
}

bool check_operation_has_finding(const struct check_run *run, const struct operation *op) {
    // Limits, cookies, injections are causes of their own; these categories are about the operation being there and open.
    static const enum category about_it[] = {CATEGORY_AUTHENTICATION, CATEGORY_BOLA, CATEGORY_BFLA, CATEGORY_EXPOSURE, CATEGORY_INVENTORY};
    for (size_t i = 0; op != NULL && i < check_registry_count; i++) {
        const struct ledger_entry *l = ledger_find(run->engine, (uint16_t)i, op);
        if (l == NULL || l->status != COVERAGE_FOUND) continue;
        for (size_t k = 0; k < sizeof about_it / sizeof about_it[0]; k++) {
            if (check_registry[i]->category == about_it[k]) return true;
        }
    }
    return false;
}

struct sv check_route_class(const struct check_run *run, const struct operation *op) {
    return op == NULL ? SV_NONE : surface_route_class(run->engine->surface, op);
}

// A segment of the path says that this is a page about the API.
static bool is_documentation_path(struct engine *e, struct sv path) {
    const struct node *list = node_get(engine_knowledge(e, SV("wordlists/documentation")), SV("segments"));
    struct sv rest = path, segment;
    while (rest.ptr != NULL && sv_split(&rest, '/', &segment)) {
        for (const struct node *n = node_is(list, NODE_ARRAY) ? list->first : NULL; n != NULL; n = n->next) {
            if (sv_eq_nocase(segment, n->text)) return true;
        }
    }
    return false;
}

bool check_operation_is_documentation(const struct check_run *run, const struct operation *op) {
    if (op == NULL) return false;
    struct sv class = surface_route_class(run->engine->surface, op);
    if (sv_eq(class, SV("docs")) || sv_eq(class, SV("spec")) || is_documentation_path(run->engine, op->path)) return true;
    struct sv name = run->engine->api.spec_name;
    return name.len > 0 && op->path.len > 1 && sv_ends_with(name, op->path);
}

struct experiment *check_experiment(struct check_run *run, const struct operation *op, uint32_t tag) {
    struct slot *s = slot_new(run->engine, OWNER_CHECK, run->index);
    if (s == NULL) return NULL;
    s->e.operation = op;
    s->e.tag = tag;
    return &s->e;
}

struct probe *check_probe(struct check_run *run, struct experiment *e, enum probe_role role, size_t identity, const struct request *rq) {
    if (identity >= run->engine->identity_count) return NULL;
    return slot_add_probe(slot_of(e), role, identity, rq);
}

struct probe *check_probe_value(struct check_run *run, struct experiment *e, enum probe_role role, size_t identity, const struct call *c,
                                size_t parameter, struct sv value) {
    if (parameter >= c->operation->parameter_count) return NULL;
    struct call changed;
    struct request rq;
    if (call_copy(&e->arena, c, &changed, NULL) != 0) return NULL;
    changed.values[parameter] = (struct param_value){.text = value, .present = true};
    if (call_build(&e->arena, &changed, &rq, NULL) != 0) return NULL;
    return check_probe(run, e, role, identity, &rq);
}

bool check_mark(struct experiment *e, struct probe *p, struct sv marker) {
    struct engine *g = slot_of(e)->engine;
    struct sv *grown = arena_new_array(&e->arena, struct sv, p->marker_count + 1);
    struct sv copy = arena_copy_sv(&e->arena, marker);
    if (grown == NULL || copy.ptr == NULL) return false;
    if (p->marker_count > 0) memcpy(grown, p->markers, p->marker_count * sizeof *grown);
    grown[p->marker_count++] = copy;
    p->markers = grown;
    // Texts of ours must stay readable in the answer, even where they look like a token.
    if (copy.len >= 8) ignore_result(redact_allow(g->redactor, copy, NULL));
    return true;
}

bool check_submit(struct check_run *run, struct experiment *x) {
    struct engine *e = run->engine;
    struct slot *s = slot_of(x);
    const char *reason;
    const struct operation *op = x->operation;
    if (x->phase < PHASE_CHECK) x->phase = PHASE_CHECK;
    bool has_canary = s->has_canary;
    if (!slot_submit(e, s, &reason)) {
        s->has_canary = false;
        if (!run->silent) ledger_note(e, run->index, op, reason == identity_dead_reason() ? COVERAGE_INCONCLUSIVE : COVERAGE_NOT_TESTED, reason);
        return false;
    }
    s->has_canary = has_canary;
    struct ledger_entry *entry = ledger_find(e, run->index, op);
    if (entry != NULL) entry->open++;
    return true;
}

bool check_allowed(const struct check_run *run, const struct operation *op, const struct request *rq) {
    return guard_allows(run->engine, op, rq, NULL);
}

int check_signature(struct check_run *run, struct experiment *e, size_t i, struct signature *ret, struct error *err) {
    return slot_signature(run->engine, slot_of(e), i, ret, err);
}

enum presence check_presence(struct check_run *run, struct experiment *e, size_t i) {
    return model_presence(run->engine, slot_of(e), i, NULL);
}

int check_is_blocked(struct check_run *run, struct experiment *e, size_t i) {
    return model_blocked(run->engine, slot_of(e), i, NULL);
}

static struct sv new_token(struct check_run *run, struct experiment *e, size_t probe_index) {
    struct engine *g = run->engine;
    struct slot *s = slot_of(e);
    struct token_entry *t = arena_new(&g->arena, struct token_entry);
    struct rng rng;
    rng_derive(&rng, g->seed, sv_from(run->check->id), ((uint64_t)e->id << 16) + probe_index + 1);
    struct sv token = rng_word(&rng, &g->arena, 20);
    if (t == NULL || token.ptr == NULL) return SV_NONE;
    *t = (struct token_entry){.slot = s, .probe = (uint16_t)probe_index};
    if (!map_set(&g->arena, &g->tokens, token, t)) return SV_NONE;
    // Our own random texts must stay readable in answers: they are the proof.
    struct sv secret = canary_secret_for(&g->arena, g->options.canary_seed, token);
    if (secret.ptr == NULL || redact_allow(g->redactor, token, NULL) != 0 || redact_allow(g->redactor, secret, NULL) != 0) return SV_NONE;
    s->has_canary = true;
    return token;
}

struct sv check_canary_url(struct check_run *run, struct experiment *e, size_t probe_index, struct sv *ret_token) {
    struct sv base = run->engine->options.canary_base;
    if (base.len == 0) return SV_NONE;
    struct sv token = new_token(run, e, probe_index);
    if (token.ptr == NULL) return SV_NONE;
    if (ret_token != NULL) *ret_token = token;
    return arena_printf(&e->arena, SV_FMT "/" SV_FMT, SV_ARG(base), SV_ARG(token));
}

struct sv check_canary_secret(struct check_run *run, struct experiment *e, struct sv token) {
    return canary_secret_for(&e->arena, run->engine->options.canary_seed, token);
}

struct sv check_canary_redirect(struct check_run *run, struct experiment *e, size_t probe_index, struct sv to, unsigned status, struct sv *ret_token) {
    struct sv token;
    struct sv url = check_canary_url(run, e, probe_index, &token);
    if (url.ptr == NULL) return SV_NONE;
    if (ret_token != NULL) *ret_token = token;
    struct sv encoded = base64_encode(&e->arena, to, true, false);
    return encoded.ptr == NULL ? SV_NONE : arena_printf(&e->arena, SV_FMT "/to/" SV_FMT "/%u", SV_ARG(url), SV_ARG(encoded), status);
}

bool check_canary_ever_called(const struct check_run *run) {
    return run->engine->canary_called;
}

bool check_metadata_allowed(const struct check_run *run) {
    const struct scan_options *o = run->engine->scan;
    enum address_class class = address_classify(o->target.host);
    bool near = class == ADDRESS_LOOPBACK || class == ADDRESS_PRIVATE || class == ADDRESS_LINK_LOCAL || sv_eq(o->target.host, SV("localhost"));
    return o->metadata || near;
}

int check_report(struct check_run *run, const struct finding *f, struct error *err) {
    return run->silent ? 0 : findings_add(run->engine, run->index, f, err);
}

struct evidence_item check_evidence(const struct experiment *e, size_t i, enum evidence_role role, const char *note) {
    const struct exchange *x = i < e->probe_count ? e->exchanges[i] : NULL;
    return (struct evidence_item){.role = role, .exchange = x, .note = sv_from(note)};
}

static bool same_fact(const struct fact *x, const struct fact *y) {
    if (!sv_eq(x->kind, y->kind) || !sv_eq(x->subject, y->subject) || x->arg_count != y->arg_count || x->value != y->value) return false;
    for (size_t i = 0; i < x->arg_count; i++) {
        if (!sv_eq(x->args[i].name, y->args[i].name) || !sv_eq(x->args[i].value, y->args[i].value)) return false;
    }
    return true;
}

uint32_t check_fact(struct check_run *run, const struct fact *f) {
    struct engine *e = run->engine;
    struct arena *a = &e->arena;
    VEC_EACH(struct fact, known, &e->facts) {
        if (same_fact(known, f)) return known->id;
    }
    struct fact copy = *f;
    copy.kind = arena_copy_sv(a, f->kind);
    copy.subject_type = arena_copy_sv(a, f->subject_type);
    copy.subject = arena_copy_sv(a, f->subject);
    copy.evidence = f->evidence.ptr != NULL ? arena_copy_sv(a, f->evidence) : SV_NONE;
    for (size_t i = 0; i < f->arg_count && i < FACT_ARGS_MAX; i++) {
        copy.args[i].name = arena_copy_sv(a, f->args[i].name);
        copy.args[i].value = arena_copy_sv(a, f->args[i].value);
    }
    copy.id = (uint32_t)e->facts.len + 1;
    return VEC_PUSH(a, &e->facts, copy) ? copy.id : 0;
}

void check_coverage(struct check_run *run, const struct operation *op, enum coverage_status status, const char *reason) {
    if (!run->silent) ledger_note(run->engine, run->index, op, status, reason);
}
