// SPDX-License-Identifier: Apache-2.0
// What engines print when a value breaks their grammar, values written as operators, and the telling of both.
#include "base/escape.h"
#include "checks/support/inject_hunt.h"
#include "http/header.h"

static const struct node *list_of(struct check_run *run, const struct hunt *h, const char *name) {
    const struct node *n = node_get(check_knowledge(run, h->w->file), sv_from(name));
    return node_is(n, NODE_ARRAY) ? n->first : NULL;
}

static struct verdict text_of_engines(struct check_run *run, struct hunt_ask *q, size_t probe, const struct exchange *const *controls, size_t count, struct sv nonce,
                                      const struct pattern **ret_pattern) {
    struct verdict best = {.why = "no engine speaks"};
    for (const struct node *n = list_of(run, q->h, "engines"); n != NULL; n = n->next) {
        const struct error_text_answers answers = {.baseline = q->h->p.baseline->answer, .probe = q->e->exchanges[probe], .controls = controls, .control_count = count,
                                                   .fragment = nonce, .engine = n->text};
        const struct pattern *pattern;
        struct verdict v = oracle_error_text(&q->e->arena, check_patterns(run), check_scratch(run), &answers, &pattern);
        if (!v.holds || (best.holds && best.bits >= v.bits)) continue;
        best = v;
        *ret_pattern = pattern;
    }
    return best;
}

bool hunt_shows_error(struct check_run *run, struct hunt_ask *q) {
    const struct exchange *controls[INJECT_PROBES_MAX];
    const struct pattern *pattern;
    // A text that all other probes bring out as well is no more than a value of the wrong type.
    for (size_t i = q->has_reference; i < q->broken; i++) {
        controls[0] = q->e->exchanges[i];
        struct verdict v = text_of_engines(run, q, q->broken, controls, 1, SV_NONE, &pattern);
        if (v.holds) return true;
    }
    return false;
}

// Probe 1 breaks, the others are its neutral neighbours.
int hunt_ask_text(struct check_run *run, struct hunt *h, enum hunt_tag tag, struct error *err) {
    struct hunt_ask *q = hunt_experiment(run, h, tag, true);
    if (q == NULL) return 0;
    struct sv value, template = node_get_text(check_knowledge(run, h->w->file), SV("break"));
    q->nonce = rng_word(check_rng(run), &q->e->arena, 10);
    bool ok = q->nonce.ptr != NULL && inject_write(&q->e->arena, check_rng(run), template, &h->p, PART_TRUE_1, q->nonce, &value) &&
              inject_add(run, q->e, &q->sent, &h->p, ROLE_PROBE, value);
    for (const struct node *n = list_of(run, h, "neutral"); ok && n != NULL; n = n->next) {
        if (inject_write(&q->e->arena, check_rng(run), n->text, &h->p, PART_TRUE_1, SV_NONE, &value)) ok = inject_add(run, q->e, &q->sent, &h->p, ROLE_CONTROL, value);
    }
    (void)err;
    if (ok && q->e->probe_count > 2) check_submit(run, q->e);
    return 0;
}

static int tell_text(struct check_run *run, struct hunt_ask *q, size_t control, const struct pattern *pattern, enum confidence confidence, struct error *err) {
    struct hunt *h = q->h;
    const struct evidence_item evidence[] = {
        check_evidence(q->e, 0, EVIDENCE_REFERENCE, "the ordinary answer"),
        check_evidence(q->e, 1, EVIDENCE_PROBE, "a value that breaks the grammar brings out the engine's own text"),
        check_evidence(q->e, control, EVIDENCE_CONTROL, "a neutral neighbour of that value does not"),
    };
    struct sv reason = arena_printf(&q->e->arena, "%s; " SV_FMT "; in two rounds with new random parts", h->text.why, SV_ARG(pattern->title));
    return hunt_report(run, h, pattern->engine, confidence, reason, evidence, 3, err);
}

int hunt_judge_text(struct check_run *run, struct hunt_ask *q, struct error *err) {
    struct hunt *h = q->h;
    const struct pattern *pattern = NULL, *found = NULL;
    struct verdict best = {.why = "no engine speaks"};
    size_t control = 2;
    for (size_t i = 2; i < q->e->probe_count; i++) {
        const struct exchange *controls[] = {q->e->exchanges[i]};
        if (!exchange_answered(controls[0])) continue;
        struct verdict v = text_of_engines(run, q, 1, controls, 1, q->nonce, &found);
        if (!v.holds || (best.holds && best.bits >= v.bits)) continue;
        best = v;
        pattern = found;
        control = i;
    }
    if (!best.holds) return hunt_go_on(run, h, true, err);
    if (q->e->tag == HUNT_TEXT_1) {
        h->text = best;
        return hunt_ask_text(run, h, HUNT_TEXT_2, err);
    }
    h->text = oracle_combine(h->text, best);
    int r = tell_text(run, q, control, pattern, h->text.confidence, err);
    h->done = h->text.confidence == CONFIDENCE_CONFIRMED;
    return r != 0 || h->done ? r : hunt_go_on(run, h, true, err);
}

// -- operators -------------------------------------------------------------------------------------------------------------------------

static bool is_json_body(const struct operation *op, const struct parameter *p) {
    return p->in == PARAM_BODY && (op->body_media_type.len == 0 || sv_contains_nocase(op->body_media_type, SV("json")));
}

static struct sv written(struct check_run *run, struct hunt_ask *q, const struct node *condition, const char *first, const char *second, const char *inert,
                         enum inject_part part) {
    bool other = part == PART_TRUE_2 || part == PART_FALSE_2;
    struct sv t = node_get_text(condition, sv_from(part == PART_INERT ? inert : other ? second : first)), ret;
    if (t.len == 0) t = node_get_text(condition, sv_from(first));
    return inject_write(&q->e->arena, check_rng(run), t, &q->h->p, part, SV_NONE, &ret) ? ret : SV_NONE;
}

// "name=<mark>" of a query or form becomes "name[$op]=value".
static struct sv with_operator(struct arena *a, struct sv text, struct sv mark, struct sv suffix, struct sv value) {
    size_t at = sv_find(text, mark);
    if (at == SIZE_MAX || at == 0 || text.ptr[at - 1] != '=') return SV_NONE;
    auto_buf b = BUF_INIT(65536);
    buf_add(&b, sv_slice(text, 0, at - 1));
    esc_url(&b, suffix, "[]$");
    buf_add_char(&b, '=');
    esc_url(&b, value, "");
    buf_add(&b, sv_from_index(text, at + mark.len));
    return buf_failed(&b) ? SV_NONE : arena_copy_sv(a, buf_sv(&b));
}

// The call with a JSON object in the value's place.
static bool as_json(struct check_run *run, struct hunt_ask *q, const struct node *condition, enum inject_part part, struct call *call, struct request *ret) {
    const struct inject_point *p = &q->h->p;
    struct sv json = p->number ? written(run, q, condition, "json_number", "json_number_2", "json_number_inert", part)
                               : written(run, q, condition, "json", "json_2", "json_inert", part);
    if (json.ptr == NULL) return false;
    call->values[p->parameter] = (struct param_value){.text = json, .present = true, .raw = true};
    return call_build(&q->e->arena, call, ret, NULL) == 0;
}

// The call with an operator behind the parameter's name.
static bool as_field(struct check_run *run, struct hunt_ask *q, const struct node *condition, enum inject_part part, struct call *call, struct request *ret) {
    const struct inject_point *p = &q->h->p;
    struct arena *a = &q->e->arena;
    struct sv mark = rng_word(check_rng(run), a, 16), value = written(run, q, condition, "value", "value_2", "value", part);
    struct sv suffix = written(run, q, condition, "operator", p->number ? "operator" : "operator_2", "operator_inert", part);
    if (mark.ptr == NULL || value.ptr == NULL || suffix.ptr == NULL) return false;
    call->values[p->parameter] = (struct param_value){.text = mark, .present = true};
    if (call_build(a, call, ret, NULL) != 0) return false;
    struct sv *where = p->op->parameters[p->parameter].in == PARAM_QUERY ? &ret->target : &ret->body;
    *where = with_operator(a, *where, mark, suffix, value);
    return where->ptr != NULL;
}

bool hunt_add_operator(struct check_run *run, struct hunt_ask *q, const struct node *condition, enum inject_part part, enum probe_role role) {
    const struct inject_point *p = &q->h->p;
    const struct parameter *param = &p->op->parameters[p->parameter];
    struct call call;
    struct request rq;
    bool quotes = sv_find_char(p->seed, '"') != SIZE_MAX || sv_find_char(p->seed, '\\') != SIZE_MAX;
    bool json = is_json_body(p->op, param), field = param->in == PARAM_QUERY || param->in == PARAM_BODY;
    if (quotes || (!json && !field) || call_copy(&q->e->arena, &p->call, &call, NULL) != 0) return false;
    bool built = json ? as_json(run, q, condition, part, &call, &rq) : as_field(run, q, condition, part, &call, &rq);
    return built && check_probe(run, q->e, role, p->identity, &rq) != NULL;
}

// -- telling ---------------------------------------------------------------------------------------------------------------------------

int inject_report(struct check_run *run, const struct inject_point *p, const struct inject_wording *w, enum confidence confidence, struct sv reason,
                  const struct evidence_item *evidence, size_t evidence_count, uint32_t fact, struct error *err) {
    const struct operation *op = p->op;
    const struct parameter *param = &op->parameters[p->parameter];
    struct arena *a = check_arena(run);
    struct sv key = arena_printf(a, SV_FMT " " SV_FMT " " SV_FMT, SV_ARG(op->method), SV_ARG(path_template_nameless(a, op->path)),
                                 SV_ARG(param->in == PARAM_PATH ? SV_NONE : param->name));
    if (key.ptr == NULL || reason.ptr == NULL) return error_nomem(err);
    const struct finding f = {
        .category = CATEGORY_INPUT, .cause = w->cause, .scope = SCOPE_OPERATION, .scope_key = key, .impact = w->impact,
        .who = p->identity == 0 ? WHO_ANYONE : WHO_USER, .confidence = confidence, .title = w->title, .reason = reason,
        .method = op->method, .path = op->path, .parameter = param->name, .parameter_in = param->in, .operation = op,
        .evidence = evidence, .evidence_count = evidence_count, .effects = w->effects, .effect_count = w->effect_count,
        .cwe = {w->cwe}, .facts = {fact},
    };
    return check_report(run, &f, err);
}

int hunt_report(struct check_run *run, struct hunt *h, struct sv condition, enum confidence confidence, struct sv reason, const struct evidence_item *evidence,
                size_t count, struct error *err) {
    (void)condition;
    return inject_report(run, &h->p, h->w, confidence, reason, evidence, count, 0, err);
}
