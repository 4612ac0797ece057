// SPDX-License-Identifier: Apache-2.0
#include "checks/support/places.h"

#include "checks/support/url_params.h"

// Headers that steer the exchange itself.
static bool is_steering(struct sv name) {
    static const struct sv names[] = {SV_INIT("Authorization"), SV_INIT("Accept"), SV_INIT("Content-Type"), SV_INIT("Content-Length"), SV_INIT("Host"), SV_INIT("Cookie"),
                                      SV_INIT("Connection"), SV_INIT("Transfer-Encoding"), SV_INIT("X-HTTP-Method-Override")};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (sv_eq_nocase(name, names[i])) return true;
    }
    return false;
}

static bool takes_text(const struct parameter *p) {
    uint32_t types = p->schema->types;
    if (p->in == PARAM_HEADER && (p->observed || is_steering(p->name))) return false;
    return types == 0 || (types & (TYPE_STRING | TYPE_INTEGER | TYPE_NUMBER)) != 0;
}

// `"x"` of a schema's example as x.
static struct sv plain(struct sv json) {
    bool quoted = json.len >= 2 && json.ptr[0] == '"' && json.ptr[json.len - 1] == '"' && sv_find_char(json, '\\') == SIZE_MAX;
    return quoted ? sv_slice(json, 1, json.len - 1) : json;
}

static struct sv value_at(const struct baseline *b, const struct operation *op, size_t i) {
    const struct param_value *v = &b->call.values[i];
    const struct parameter *p = &op->parameters[i];
    if (v->present && !v->raw && v->text.len > 0) return v->text;
    if (p->example.len > 0) return p->example;
    return plain(p->schema->example.len > 0 ? p->schema->example : p->schema->default_value);
}

static struct place place_at(struct check_run *run, const struct operation *op, size_t parameter, size_t identity) {
    const struct baseline *b = check_baseline(run, op, identity);
    return (struct place){op, parameter, identity, b, value_at(b, op, parameter)};
}

bool place_only_reads(const struct operation *op) {
    return op->read_only || sv_eq(op->method, SV("GET")) || sv_eq(op->method, SV("HEAD"));
}

size_t places_find(struct check_run *run, const struct operation *op, struct place ret[PLACES_MAX]) {
    size_t count = 0, candidates = 0, identity = best_identity(run, op);
    for (size_t i = 0; i < op->parameter_count; i++) candidates += takes_text(&op->parameters[i]);
    if (candidates == 0) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "takes no value");
        return 0;
    }
    if (check_operation_is_documentation(run, op)) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "serves documentation");
        return 0;
    }
    if (check_mode(run) == MODE_ACTIVE && !place_only_reads(op)) {
        check_coverage(run, op, COVERAGE_NOT_TESTED, "a write that cannot be undone is not repeated with made-up values");
        return 0;
    }
    if (identity == SIZE_MAX || !exchange_answered(check_baseline(run, op, identity)->answer)) {
        check_coverage(run, op, COVERAGE_NOT_TESTED, no_identity_reason(run, op));
        return 0;
    }
    for (size_t i = 0; i < op->parameter_count && count < PLACES_MAX; i++) {
        if (takes_text(&op->parameters[i])) ret[count++] = place_at(run, op, i, identity);
    }
    return count;
}

struct place place_of(struct check_run *run, const struct experiment *e) {
    return place_at(run, e->operation, e->parameter, e->probes[0].identity);
}

struct experiment *place_experiment(struct check_run *run, const struct place *p, uint32_t tag, uint16_t round) {
    struct experiment *e = check_experiment(run, p->op, tag);
    if (e == NULL) return NULL;
    e->parameter = p->parameter;
    e->round = round;
    e->purpose = round == 1 ? PURPOSE_CHECK : PURPOSE_CONFIRM;
    e->value = round == 1 ? 1 : 4;
    return e;
}

struct probe *place_ask(struct check_run *run, struct experiment *e, enum probe_role role, const struct place *p, struct sv value, bool spelled) {
    struct call changed;
    struct request rq;
    const struct parameter *param = &p->op->parameters[p->parameter];
    if (value.ptr == NULL || call_copy(&e->arena, &p->baseline->call, &changed, NULL) != 0) return NULL;
    bool in_target = param->in == PARAM_QUERY || param->in == PARAM_PATH;
    if (spelled && !in_target) return NULL;
    changed.values[p->parameter] = (struct param_value){.text = value, .present = true, .raw = spelled};
    if (call_build(&e->arena, &changed, &rq, NULL) != 0) return NULL;
    return check_probe(run, e, role, p->identity, &rq);
}

void place_exercised(struct check_run *run, const struct place *p) {
    bool good = p->baseline->state == BASELINE_GOOD;
    check_coverage(run, p->op, good ? COVERAGE_PASSED : COVERAGE_INCONCLUSIVE, good ? NULL : "never gave a good answer");
}

static bool refuses(const struct exchange *x) {
    unsigned s = x->response.status;
    return s == 403 || s == 406 || s == 429 || s > 500;
}

int place_blocked(struct check_run *run, struct experiment *e, bool *ret) {
    *ret = false;
    for (size_t i = 0; i < e->probe_count; i++) {
        if (!exchange_answered(e->exchanges[i])) {
            check_coverage(run, e->operation, COVERAGE_INCONCLUSIVE, "a probe was not answered");
            *ret = true;
            return 0;
        }
    }
    for (size_t i = 0; i < e->probe_count; i++) {
        if (!refuses(e->exchanges[i])) continue;
        int blocked = check_is_blocked(run, e, i);
        if (blocked < 0) return JUDGE_WAIT;
        if (blocked == 0 && e->exchanges[i]->response.status != 429) continue;
        check_coverage(run, e->operation, COVERAGE_INCONCLUSIVE, "a firewall or a limit answered in the place of the API");
        *ret = true;
        return 0;
    }
    return 0;
}

int place_report(struct check_run *run, const struct place *p, struct finding f, struct error *err) {
    const struct parameter *param = &p->op->parameters[p->parameter];
    struct arena *a = check_arena(run);
    f.method = p->op->method;
    f.path = p->op->path;
    f.operation = p->op;
    f.parameter = param->name;
    f.parameter_in = param->in;
    if (f.scope == SCOPE_OPERATION && f.scope_key.len == 0) {
        f.scope_key = arena_printf(a, SV_FMT " " SV_FMT " " SV_FMT, SV_ARG(p->op->method), SV_ARG(path_template_nameless(a, p->op->path)),
                                   SV_ARG(param->in == PARAM_PATH ? SV_NONE : param->name));
        if (f.scope_key.ptr == NULL) return error_nomem(err);
    }
    return check_report(run, &f, err);
}
