// SPDX-License-Identifier: Apache-2.0
// Stack traces and texts of engines in answers. Looks at the ordinary answer of each operation, then sends what is slightly broken: a word where a
// number belongs, a number out of any range, a very long text, a list in the place of a value. Nothing of it speaks any grammar.
//
// Truth condition: the text's pattern stands in the answer to the broken request in two rounds with new random values, and not in the answers to
// the ordinary one (baseline, and again beside the second round). What an ordinary answer shows by itself is firm when it is an error, or when it
// stands in JSON under a key that tells what went wrong. Of the answers to other checks' probes only traces and texts about credentials count.
#include "base/vec.h"
#include "checks/support/access.h"
#include "checks/support/debug_pages.h"
#include "checks/support/exposure.h"
#include "checks/support/faults.h"
#include "checks/support/kept.h"
#include "checks/support/limits.h"
#include "checks/support/url_params.h"
#include "checks/support/words.h"

enum { PARAMETERS_MAX = 12, LONG_TEXT = 1500, MATCHED_TEXT = 22, HOST_LEAST = 4, EVIDENCE_BODY = 8192 };

enum breakage { BREAK_TYPE, BREAK_EXTREME, BREAK_NEGATIVE, BREAK_LIST, BREAK_COUNT };
static const char *const breakage_notes[BREAK_COUNT] = {"a random word where something else belongs", "a value out of any range", "a negative number",
                                                        "a list in the place of a value"};

// What one operation gives away; told at the end, when it is known how many do and what other checks have said.
struct told {
    const struct operation *operation;
    struct fault fault;
    enum confidence confidence;
    enum impact impact;
    size_t parameter; // SIZE_MAX: none
    struct exchange *broken, *control;
    const char *note;
    const char *reason;
    unsigned sightings; // answers to others' probes
    bool by_others;
    bool malformed; // only requests that no client writes brought it out: percent codes that are no text
};
struct state {
    VEC_OF(struct told *) told;
    unsigned tested;
};
struct trial {
    enum breakage breakages[BREAK_COUNT];
    struct fault expected; // round 2
};

// Whether traces are shown is one setting of a service, wherever they show.
static bool is_trace(const struct fault *f) {
    return sv_eq(node_get_text(f->group, SV("id")), SV("trace"));
}

static struct told *find_told(struct state *s, const struct operation *op) {
    VEC_EACH(struct told *, t, &s->told) {
        if ((*t)->operation == op) return *t;
    }
    return NULL;
}

static bool has_own_secret(struct check_run *run, const struct exchange *x) {
    for (size_t i = 0; i < x->hit_count; i++) {
        struct exposure_group g = exposure_group_of(run, x->hits[i].class_id);
        bool shown = sv_starts_with(x->hits[i].location, SV("body")) && !x->hits[i].is_example && x->hits[i].validated > 0;
        if (g.kind == EXPOSURE_SECRET && g.always && shown) return true;
    }
    return false;
}

static bool is_better(const struct told *old, const struct told *now) {
    if (old->malformed != now->malformed) return old->malformed;
    if (old->by_others != now->by_others) return old->by_others;
    if (old->confidence != now->confidence) return now->confidence > old->confidence;
    return now->fault.rank < old->fault.rank;
}

// Remembers it when it is better than what is known of this operation. The exchanges are copied.
static int tell(struct check_run *run, struct told found, const struct exchange *broken, const struct exchange *control, struct error *err) {
    struct state *s = check_state(run);
    struct arena *a = check_arena(run);
    struct told *old = find_told(s, found.operation);
    found.impact = has_own_secret(run, broken) ? IMPACT_SECRET : exposure_impact(node_get_text(found.fault.group, SV("impact")));
    if (old != NULL && found.by_others) old->sightings++;
    if (old != NULL && !is_better(old, &found)) return 0;
    found.broken = exchange_keep(a, broken, EVIDENCE_BODY);
    found.control = control != NULL ? exchange_keep(a, control, EVIDENCE_BODY) : NULL;
    if (found.broken == NULL || (control != NULL && found.control == NULL)) return error_nomem(err);
    found.sightings = old != NULL ? old->sightings : 1;
    if (old == NULL) {
        old = arena_new(a, struct told);
        if (old == NULL || !VEC_PUSH(a, &s->told, old)) return error_nomem(err);
    }
    *old = found;
    return 0;
}

static void note_credentials(struct check_run *run, const struct fault *f, const struct exchange *x) {
    if (f->group == NULL || !exchange_answered(x)) return;
    struct sv source = fault_credential_source(check_knowledge(run, "exposure"), x->response.body);
    if (source.ptr == NULL) return;
    const struct fact fact = {.kind = SV("credential_source"), .subject_type = SV("api"), .subject = SV(""), .args = {{SV("source"), source}},
                              .arg_count = 1, .value = FACT_YES, .source = FACT_PROBE, .evidence = SV("an error text of the SDK"),
                              .confidence = CONFIDENCE_FIRM};
    (void)check_fact(run, &fact);
}

// -- answers to ordinary requests ------------------------------------------------------------------------------------------------

static int look_at_baseline(struct check_run *run, struct arena *a, const struct operation *op, size_t identity, struct error *err) {
    const struct exchange *x = check_baseline(run, op, identity)->answer;
    struct fault f;
    bool error = x->response.status >= 400;
    int r = error ? fault_read(run, a, x, &f, err) : fault_read_told(run, a, x, &f, err);
    if (r != 0 || f.group == NULL) return r;
    note_credentials(run, &f, x);
    const struct told found = {
        .operation = op,
        .fault = f,
        .confidence = CONFIDENCE_FIRM,
        .parameter = SIZE_MAX,
        .note = "an ordinary request",
        .reason = error ? "the answer to an ordinary request is an error that shows it"
                        : "the answer to an ordinary request tells of a failure with the text of the engine itself",
    };
    return tell(run, found, x, NULL, err);
}

// -- broken requests -------------------------------------------------------------------------------------------------------------

static bool is_number(const struct parameter *p) {
    return (p->schema->types & (TYPE_INTEGER | TYPE_NUMBER)) != 0 && (p->schema->types & TYPE_STRING) == 0;
}

static struct sv broken_value(struct check_run *run, struct arena *a, const struct parameter *p, enum breakage b) {
    struct rng *rng = check_rng(run);
    struct sv word = rng_word(rng, a, 9);
    switch (b) {
    case BREAK_TYPE:
    case BREAK_LIST:
        // Ends so that it is no base64, no number, no date, no list and no pattern either.
        return word.ptr == NULL ? SV_NONE : arena_printf(a, SV_FMT "![", SV_ARG(word));
    case BREAK_EXTREME:
        // A long word may keep a service busy for ever where it is matched against a careless pattern; regex-time looks at those, step by step.
        if (limit_is_matched(run, p)) return rng_word(rng, a, MATCHED_TEXT);
        return is_number(p) ? rng_digits(rng, a, 22) : rng_word(rng, a, LONG_TEXT);
    case BREAK_NEGATIVE:
        return arena_printf(a, "-%u", (unsigned)rng_between(rng, 2, 9));
    case BREAK_COUNT:
        break;
    }
    return SV_NONE;
}

// "name=value" in the query becomes "name[]=value".
static bool add_list_probe(struct check_run *run, struct experiment *e, size_t identity, const struct call *c, size_t parameter, struct sv value) {
    struct arena *a = &e->arena;
    struct call changed;
    struct request rq;
    if (call_copy(a, c, &changed, NULL) != 0) return false;
    changed.values[parameter] = (struct param_value){.text = value, .present = true};
    if (call_build(a, &changed, &rq, NULL) != 0) return false;
    struct sv name = c->operation->parameters[parameter].name, first = arena_printf(a, "?" SV_FMT "=", SV_ARG(name)),
              later = arena_printf(a, "&" SV_FMT "=", SV_ARG(name));
    if (first.ptr == NULL || later.ptr == NULL) return false;
    size_t at = sv_find(rq.target, first);
    if (at == SIZE_MAX) at = sv_find(rq.target, later);
    if (at == SIZE_MAX) return false; // its name is not plain
    at += first.len - 1;
    rq.target = arena_printf(a, SV_FMT "%%5B%%5D" SV_FMT, SV_ARG(sv_slice(rq.target, 0, at)), SV_ARG(sv_from_index(rq.target, at)));
    struct probe *probe = rq.target.ptr == NULL ? NULL : check_probe(run, e, ROLE_PROBE, identity, &rq);
    return probe != NULL && check_mark(e, probe, value);
}

static bool add_broken(struct check_run *run, struct experiment *e, size_t identity, size_t parameter, enum breakage b) {
    const struct call *c = &check_baseline(run, e->operation, identity)->call;
    struct sv value = broken_value(run, &e->arena, &c->operation->parameters[parameter], b);
    struct trial *t = e->user;
    if (value.ptr == NULL || e->probe_count >= BREAK_COUNT) return false;
    t->breakages[e->probe_count] = b;
    if (b == BREAK_LIST) return add_list_probe(run, e, identity, c, parameter, value);
    struct probe *p = check_probe_value(run, e, ROLE_PROBE, identity, c, parameter, value);
    return p != NULL && (b == BREAK_NEGATIVE || check_mark(e, p, value));
}

static struct experiment *begin_trial(struct check_run *run, const struct operation *op, size_t parameter, size_t identity, uint16_t round) {
    struct experiment *e = check_experiment(run, op, (uint32_t)identity);
    struct trial *t = e == NULL ? NULL : arena_new(&e->arena, struct trial);
    if (t == NULL) return NULL;
    e->user = t;
    e->parameter = parameter;
    e->round = round;
    e->value = round == 1 ? 0.3 : 3;
    e->purpose = round == 1 ? PURPOSE_CHECK : PURPOSE_CONFIRM;
    return e;
}

// A parameter whose value can be broken: headers and cookies steer other things.
static bool is_breakable(const struct parameter *p) {
    return p->in == PARAM_QUERY || p->in == PARAM_PATH || p->in == PARAM_BODY;
}

static int ask_first(struct check_run *run, const struct operation *op, size_t parameter, size_t identity, bool *ret_sent, struct error *err) {
    struct experiment *e = begin_trial(run, op, parameter, identity, 1);
    if (e == NULL) return error_nomem(err);
    const struct parameter *p = &op->parameters[parameter];
    (void)add_broken(run, e, identity, parameter, BREAK_TYPE);
    (void)add_broken(run, e, identity, parameter, BREAK_EXTREME);
    if (is_number(p)) (void)add_broken(run, e, identity, parameter, BREAK_NEGATIVE);
    else if (p->in == PARAM_QUERY) (void)add_broken(run, e, identity, parameter, BREAK_LIST);
    if (check_submit(run, e)) *ret_sent = true;
    return 0;
}

static int ask_again(struct check_run *run, struct experiment *first, enum breakage b, const struct fault *expected, struct error *err) {
    size_t identity = first->tag;
    struct experiment *e = begin_trial(run, first->operation, first->parameter, identity, 2);
    if (e == NULL) return error_nomem(err);
    struct trial *t = e->user;
    t->expected = *expected;
    bool ok = add_broken(run, e, identity, first->parameter, b) &&
              check_probe(run, e, ROLE_CONTROL, identity, &check_baseline(run, first->operation, identity)->request) != NULL;
    if (ok) (void)check_submit(run, e);
    return 0;
}

static int ask_all(struct check_run *run, const struct operation *op, size_t identity, bool *ret_sent, struct error *err) {
    int r = 0;
    for (size_t i = 0, n = 0; i < op->parameter_count && n < PARAMETERS_MAX && r == 0; i++) {
        if (!is_breakable(&op->parameters[i])) continue;
        n++;
        r = ask_first(run, op, i, identity, ret_sent, err);
    }
    return r;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    auto_arena a = {.limit = (size_t)64 << 20};
    struct state *s = check_state(run);
    if (check_operation_is_documentation(run, op) || debug_page_covers(run, op->path)) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "serves documentation, or a debug page");
        return 0;
    }
    size_t identity = best_identity(run, op);
    const struct baseline *b = check_baseline(run, op, identity == SIZE_MAX ? 0 : identity);
    if (identity == SIZE_MAX || !exchange_answered(b->answer)) {
        check_coverage(run, op, COVERAGE_NOT_TESTED, b->state == BASELINE_REFUSED ? "refused to every identity of this scan" : "not asked in this mode");
        return 0;
    }
    s->tested++;
    int r = look_at_baseline(run, &a, op, identity, err);
    const struct told *known = find_told(s, op);
    if (r != 0 || (known != NULL && !known->by_others)) return r;
    bool sent = false;
    if (check_mode(run) != MODE_PASSIVE) r = ask_all(run, op, identity, &sent, err);
    if (b->state != BASELINE_GOOD) check_coverage(run, op, COVERAGE_INCONCLUSIVE, "never gave a good answer");
    else check_coverage(run, op, COVERAGE_PASSED, sent ? NULL : "only the ordinary answer was looked at");
    return r;
}

static int judge_first(struct check_run *run, struct experiment *e, struct error *err) {
    const struct trial *t = e->user;
    const struct exchange *usual = check_baseline(run, e->operation, e->tag)->answer;
    for (size_t i = 0; i < e->probe_count; i++) {
        struct fault f;
        int r = fault_read(run, &e->arena, e->exchanges[i], &f, err);
        if (r != 0) return r;
        if (f.group == NULL || fault_stands_in(run, &e->arena, &f, usual)) continue;
        const struct told *known = find_told(check_state(run), e->operation);
        if (known != NULL && !known->by_others && known->confidence == CONFIDENCE_CONFIRMED && known->fault.rank <= f.rank) continue;
        return ask_again(run, e, t->breakages[i], &f, err);
    }
    return 0;
}

static int judge_again(struct check_run *run, struct experiment *e, struct error *err) {
    const struct trial *t = e->user;
    const struct exchange *broken = e->exchanges[0], *control = e->exchanges[1];
    if (!exchange_answered(control) || fault_stands_in(run, &e->arena, &t->expected, control)) return 0;
    bool again = fault_stands_in(run, &e->arena, &t->expected, broken);
    if (!again) return 0;
    note_credentials(run, &t->expected, broken);
    const struct told found = {
        .operation = e->operation,
        .fault = t->expected,
        .confidence = CONFIDENCE_CONFIRMED,
        .parameter = e->parameter,
        .note = breakage_notes[t->breakages[0]],
        .reason = "the text stood in the answers to broken requests in two rounds and not in those to the ordinary request",
    };
    return tell(run, found, broken, control, err);
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    return e->round == 1 ? judge_first(run, e, err) : judge_again(run, e, err);
}

// -- answers to others' probes ---------------------------------------------------------------------------------------------------

static unsigned hex_at(struct sv text, size_t i) {
    char c = i < text.len ? sv_lower_char(text.ptr[i]) : 'x';
    return c >= '0' && c <= '9' ? (unsigned)(c - '0') : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
}

// Does the target hold percent codes that are no text (RFC 3986, UTF-8)? Frameworks answer those with a page of their own, before any code of the API.
static bool has_malformed_code(struct sv target) {
    unsigned more = 0; // bytes of a character that are to come
    for (size_t i = 0; i < target.len; i++) {
        unsigned byte = (unsigned char)target.ptr[i];
        if (byte == '%') {
            unsigned high = hex_at(target, i + 1), low = hex_at(target, i + 2);
            if (high > 15 || low > 15) return true;
            byte = high << 4 | low;
            i += 2;
        }
        if ((more > 0) != ((byte & 0xc0) == 0x80) || byte == 0xc0 || byte == 0xc1 || byte > 0xf4) return true;
        more = more > 0 ? more - 1 : byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : byte >= 0xc0 ? 1 : 0;
    }
    return more > 0;
}

static int observe(struct check_run *run, const struct exchange *x, struct error *err) {
    if (!exchange_answered(x) || x->operation == NULL || x->response.status < 400 || x->request.origin != 0) return 0;
    if (x->response.body.len < 12 || check_operation_is_documentation(run, x->operation) || debug_page_covers(run, x->operation->path)) return 0;
    const struct exchange *usual = check_baseline(run, x->operation, x->identity)->answer;
    if (usual == NULL) return 0; // its ordinary request is not known yet
    auto_arena a = {.limit = (size_t)64 << 20};
    struct fault f;
    int r = fault_read(run, &a, x, &f, err);
    if (r != 0 || f.group == NULL) return r;
    note_credentials(run, &f, x);
    if (fault_stands_in(run, &a, &f, usual)) return 0;
    const struct told found = {
        .operation = x->operation,
        .fault = f,
        .confidence = CONFIDENCE_TENTATIVE,
        .parameter = SIZE_MAX,
        .note = "an unusual request",
        .reason = "the text stood in the answers to unusual requests and not in those to the ordinary one",
        .by_others = true,
        .malformed = x->response.status < 500 && has_malformed_code(x->request.target),
    };
    return tell(run, found, x, usual, err);
}

// -- telling ---------------------------------------------------------------------------------------------------------------------

// Texts of an engine that only the probes of other checks brought out are the signs that those checks look for: theirs to tell. So is what a value
// brings out at a place where one of them has told why.
static bool is_explained(const struct check_run *run, const struct told *t) {
    static const char *const checks[] = {"sql-injection", "nosql-injection", "dynamodb", "ssrf", "ssrf-metadata", "command-injection", "ldap-injection", "xpath-injection",
                                         "template-injection", "path-traversal", "xxe", NULL};
    bool engine = !is_trace(&t->fault);
    if (engine && t->by_others && sv_eq(node_get_text(t->fault.group, SV("id")), SV("engine"))) return true;
    struct sv parameter = t->parameter == SIZE_MAX ? SV_NONE : t->operation->parameters[t->parameter].name;
    return engine && (t->by_others || parameter.len > 0) && check_is_told_by(run, t->operation, parameter, checks);
}

static bool is_everywhere(const struct state *s, const struct fault *f) {
    unsigned count = 0;
    if (is_trace(f)) return true;
    VEC_EACH(struct told *, t, &s->told) count += (*t)->fault.group == f->group && !(*t)->by_others;
    return count >= HOST_LEAST && count * 2 >= s->tested;
}

static int report(struct check_run *run, const struct told *t, struct error *err) {
    static const struct finding_effect effects[] = {{.category = CATEGORY_INPUT, .cwe = 20}};
    struct arena *a = check_arena(run);
    const struct operation *op = t->operation;
    const struct parameter *p = t->parameter == SIZE_MAX ? NULL : &op->parameters[t->parameter];
    const struct evidence_item evidence[] = {{.role = EVIDENCE_PROBE, .exchange = t->broken, .note = sv_from(t->note)},
                                             {.role = EVIDENCE_CONTROL, .exchange = t->control, .note = SV("the ordinary request")}};
    bool host = is_everywhere(check_state(run), &t->fault);
    struct finding f = {
        .category = CATEGORY_EXPOSURE,
        .cause = node_get_text(t->fault.group, SV("id")),
        .scope = host ? SCOPE_HOST : SCOPE_OPERATION,
        .scope_key = host ? SV("") : access_key(a, op->method, op->path),
        .impact = t->malformed ? IMPACT_NOTE : t->impact,
        .who = check_baseline(run, op, 0)->state == BASELINE_GOOD || t->broken->identity == 0 ? WHO_ANYONE : WHO_USER,
        .confidence = t->by_others && t->sightings > 1 ? CONFIDENCE_FIRM : t->confidence,
        .title = node_get_text(t->fault.group, SV("title")),
        .reason = arena_printf(a, "%s: " SV_FMT, t->reason, SV_ARG(t->fault.pattern->title)),
        .method = op->method,
        .path = op->path,
        .parameter = p != NULL ? p->name : SV_NONE,
        .parameter_in = p != NULL ? p->in : PARAM_PATH,
        .operation = op,
        .evidence = evidence,
        .evidence_count = t->control != NULL ? 2 : 1,
        .effects = effects,
        .effect_count = p != NULL ? 1 : 0,
        .cwe = {209},
    };
    if (f.scope_key.ptr == NULL || f.reason.ptr == NULL) return error_nomem(err);
    return check_report(run, &f, err);
}

static int finish(struct check_run *run, struct error *err) {
    struct state *s = check_state(run);
    VEC_EACH(struct told *, t, &s->told) {
        if (is_explained(run, *t)) continue;
        int r = report(run, *t, err);
        if (r != 0) return r;
    }
    return 0;
}

const struct check check_error_disclosure = {
    .id = "error-disclosure",
    .title = "Stack traces and texts of engines in answers",
    .category = CATEGORY_EXPOSURE,
    .owasp = "API8:2023",
    .cwe = 209,
    .traits = CHECK_PASSIVE | CHECK_READ_ONLY,
    .state_size = sizeof(struct state),
    .observe = observe,
    .plan = plan,
    .judge = judge,
    .finish = finish,
};
