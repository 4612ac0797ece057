// SPDX-License-Identifier: Apache-2.0
/*
 * Keys of the caller that reach the prototype of the service's objects (JavaScript). A merge that follows "__proto__" changes what *all* objects of the
 * process inherit until it ends, however harmless the key: so this is asked in active mode only, with one random key and value.
 *
 *   look    {"__proto__": {k: v}} in a JSON body, or __proto__[k]=v in the query: k stands in the answer as an inherited member, not below the name that was sent
 *   again   the same with new names; {"<random>": {k: v}}, where k must stay below its name; the ordinary request, whose answer shows whether all objects inherit k
 *           -> confirmed
 */
#include "checks/support/places.h"
#include "checks/support/url_params.h"

enum { TAG_LOOK = 1, TAG_AGAIN, NAME = 11, DEPTH_MAX = 24 };
enum { PROTO, NESTED, ORDINARY };

struct shot {
    struct sv key, value;
};
struct shots {
    size_t identity;
    struct shot of[2];
};

static bool add(struct check_run *run, struct experiment *e, size_t identity, struct sv name, struct shot *s) {
    struct arena *a = &e->arena;
    struct request rq = check_baseline(run, e->operation, identity)->request;
    s->key = rng_word(check_rng(run), a, NAME);
    s->value = rng_word(check_rng(run), a, NAME);
    if (s->key.ptr == NULL || s->value.ptr == NULL || name.ptr == NULL) return false;
    if (rq.body.len > 1 && rq.body.ptr[0] == '{') {
        bool empty = sv_trim(sv_from_index(rq.body, 1)).ptr[0] == '}';
        rq.body = arena_printf(a, "{\"" SV_FMT "\":{\"" SV_FMT "\":\"" SV_FMT "\"}%s" SV_FMT, SV_ARG(name), SV_ARG(s->key), SV_ARG(s->value), empty ? "" : ",",
                               SV_ARG(sv_from_index(rq.body, 1)));
    } else {
        char separator = sv_find_char(rq.target, '?') == SIZE_MAX ? '?' : '&';
        rq.target = arena_printf(a, SV_FMT "%c" SV_FMT "[" SV_FMT "]=" SV_FMT, SV_ARG(rq.target), separator, SV_ARG(name), SV_ARG(s->key), SV_ARG(s->value));
    }
    struct probe *p = rq.body.ptr == NULL && rq.target.ptr == NULL ? NULL : check_probe(run, e, ROLE_PROBE, identity, &rq);
    return p != NULL && check_mark(e, p, s->key) && check_mark(e, p, s->value);
}

static int ask(struct check_run *run, const struct operation *op, uint32_t tag, size_t identity, struct error *err) {
    struct experiment *e = check_experiment(run, op, tag);
    struct shots *s = e == NULL ? NULL : arena_new(&e->arena, struct shots);
    if (s == NULL) return error_nomem(err);
    e->user = s;
    e->round = (uint16_t)tag;
    e->purpose = tag == TAG_LOOK ? PURPOSE_CHECK : PURPOSE_CONFIRM;
    e->schedule = SCHEDULE_ORDERED;
    s->identity = identity;
    bool ok = add(run, e, identity, SV("__proto__"), &s->of[PROTO]);
    if (tag == TAG_AGAIN) {
        ok = ok && add(run, e, identity, rng_word(check_rng(run), &e->arena, NAME), &s->of[NESTED]);
        ok = ok && check_probe(run, e, ROLE_CONTROL, identity, &check_baseline(run, op, identity)->request) != NULL;
    }
    if (ok) check_submit(run, e);
    return 0;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    size_t identity = best_identity(run, op);
    if (check_mode(run) != MODE_ACTIVE) {
        check_coverage(run, op, COVERAGE_NOT_TESTED, "only active mode changes what a service's objects inherit");
        return 0;
    }
    const struct baseline *b = check_baseline(run, op, identity == SIZE_MAX ? 0 : identity);
    if (identity == SIZE_MAX || b->state != BASELINE_GOOD || check_operation_is_documentation(run, op)) {
        check_coverage(run, op, COVERAGE_NOT_TESTED, "no good answer to compare with");
        return 0;
    }
    if (!place_only_reads(op)) {
        check_coverage(run, op, COVERAGE_NOT_TESTED, "a write that cannot be undone is not repeated with made-up values");
        return 0;
    }
    if (op->parameter_count == 0) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "takes no value");
        return 0;
    }
    check_coverage(run, op, COVERAGE_PASSED, NULL);
    return ask(run, op, TAG_LOOK, identity, err);
}

// Is the member there, anywhere but below a name that the request sent it under?
static bool is_member(const struct node *n, const struct shot *s, unsigned depth) {
    if ((!node_is(n, NODE_OBJECT) && !node_is(n, NODE_ARRAY)) || depth > DEPTH_MAX) return false;
    for (const struct node *c = n->first; c != NULL; c = c->next) {
        if (c->kind == NODE_STRING && sv_eq(c->key, s->key) && sv_eq(c->text, s->value)) return true;
        if (!sv_eq(c->key, SV("__proto__")) && is_member(c, s, depth + 1)) return true;
    }
    return false;
}

static bool inherits(struct arena *a, const struct exchange *x, const struct shot *s) {
    struct node *root;
    if (!exchange_answered(x) || node_parse_json(a, x->response.body, &node_limits_response, &root, NULL) != 0) return false;
    return is_member(root, s, 0);
}

static int report(struct check_run *run, struct experiment *e, bool all, struct error *err) {
    const struct operation *op = e->operation;
    const struct evidence_item evidence[] = {check_evidence(e, PROTO, EVIDENCE_PROBE, "the key below __proto__ is a member of the answer"),
                                             check_evidence(e, NESTED, EVIDENCE_CONTROL, "below another name it is none"),
                                             check_evidence(e, ORDINARY, EVIDENCE_CONTROL, all ? "later objects inherit it too" : "later answers do not show it")};
    struct sv key = arena_printf(check_arena(run), SV_FMT " " SV_FMT, SV_ARG(op->method), SV_ARG(path_template_nameless(check_arena(run), op->path)));
    const struct shots *s = e->user;
    const struct finding f = {
        .category = CATEGORY_INPUT,
        .cause = SV("prototype-pollution"),
        .scope_key = key,
        .impact = all ? IMPACT_ADMIN : IMPACT_HARDENING,
        .who = s->identity == 0 ? WHO_ANYONE : WHO_USER,
        .confidence = CONFIDENCE_CONFIRMED,
        .title = SV("Keys of the caller reach the prototype of the service's objects"),
        .reason = all ? SV("random members below __proto__ were inherited by the answer in two rounds, and by answers to ordinary requests after it until the service restarts")
                      : SV("random members below __proto__ were inherited by the answer in two rounds, members below another name were not"),
        .method = op->method,
        .path = op->path,
        .operation = op,
        .evidence = evidence,
        .evidence_count = 3,
        .cwe = {1321},
    };
    return check_report(run, &f, err);
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    const struct shots *s = e->user;
    struct arena *a = &e->arena;
    for (size_t i = 0; i < e->probe_count; i++) {
        if (exchange_answered(e->exchanges[i])) continue;
        check_coverage(run, e->operation, COVERAGE_INCONCLUSIVE, "a probe was not answered");
        return 0;
    }
    if (!inherits(a, e->exchanges[PROTO], &s->of[PROTO])) return 0;
    if (e->tag == TAG_LOOK) return ask(run, e->operation, TAG_AGAIN, s->identity, err);
    struct sv nested = arena_printf(a, "{\"" SV_FMT "\":\"" SV_FMT "\"}", SV_ARG(s->of[NESTED].key), SV_ARG(s->of[NESTED].value));
    bool flat = inherits(a, e->exchanges[NESTED], &s->of[NESTED]) && !sv_contains(e->exchanges[NESTED]->response.body, nested);
    return flat ? 0 : report(run, e, inherits(a, e->exchanges[ORDINARY], &s->of[PROTO]), err);
}

const struct check check_prototype_pollution = {
    .id = "prototype-pollution",
    .title = "Keys that reach the prototype of the service's objects",
    .category = CATEGORY_INPUT,
    .owasp = "API8:2023",
    .cwe = 1321,
    .traits = CHECK_ACTIVE,
    .plan = plan,
    .judge = judge,
};
