// SPDX-License-Identifier: Apache-2.0
// What DynamoDB shows when a caller's value reaches the wrong place of a request: the table name, an expression, a PartiQL statement.
//
//   scout     a value with all characters that any of these grammars trips over, and, where the answer is not "not found", the legal suffix; for
//             numbers a condition behind the number. Only where the engine speaks, the answers differ in kind or the condition gives the good answer:
//   look (5 probes a parameter)
//     legal     value-zz<nonce>      legal in a table name; elsewhere a value that does not exist
//     illegal   value a !<nonce>     illegal in a table name
//     quote     value'<nonce>        ends a PartiQL literal; no character of expressions
//     name      value #zz<nonce>     an undefined name in an expression
//     neutral   value zz<nonce>      nothing to any grammar, the control
//   look again with new nonces       -> confirmed by what the engine itself prints
//   or, when only the *answers* differ and no engine text shows: boolean pairs with AND in the contexts that a value can stand in, two rounds,
//   then a series of true and false conditions in a random order
//
// Table names of others are never guessed, nothing is widened (AND only), nothing is commented out, no second statement is sent.
#include "checks/run.h"

enum { TAG_LOOK = 1, TAG_LOOK_AGAIN, TAG_PAIR, TAG_PAIR_AGAIN = TAG_PAIR + 8, TAG_SERIES = TAG_PAIR_AGAIN + 8, TAG_SCOUT };
enum scout { SCOUT_MIXED, SCOUT_OTHER }; // behind it a condition for numbers; for texts, asked only where the first one was refused, the neutral one
enum look { LEGAL, ILLEGAL, QUOTE, NAME, NEUTRAL, LOOK_COUNT };
enum pair { TRUE_1, TRUE_2, FALSE_1, FALSE_2, INERT, PAIR_COUNT };
// Where a value may stand: PartiQL text literal, PartiQL number, attribute name at the head of a condition, argument of a function.
enum context { PARTIQL_TEXT, PARTIQL_NUMBER, EXPRESSION_NAME, EXPRESSION_FUNCTION, CONTEXT_COUNT };
enum { VALUE_MAX = 400, NONCE = 10 };

struct look_state {
    struct sv nonce[LOOK_COUNT];
};
struct pair_state {
    enum context context;
    struct verdict first, both; // of round 1, and of both
    bool expected[ORACLE_SERIES];
};

static bool is_candidate(const struct parameter *p) {
    if (p->in == PARAM_HEADER && (sv_eq_nocase(p->name, SV("Authorization")) || sv_eq_nocase(p->name, SV("Accept")) || sv_eq_nocase(p->name, SV("Content-Type")))) return false;
    uint32_t types = p->schema->types;
    return types == 0 || (types & (TYPE_STRING | TYPE_INTEGER | TYPE_NUMBER)) != 0;
}

// The value that the good answer was given for; an optional parameter that was left out gets an example or a word.
static struct sv observed(const struct baseline *b, const struct operation *op, size_t i) {
    const struct param_value *v = &b->call.values[i];
    struct sv text = v->present ? v->text : op->parameters[i].example;
    return text.len == 0 ? SV("a") : sv_slice(text, 0, VALUE_MAX);
}

// Nobody asks where nobody gets a good answer, else the first identity that does: most tables lie behind a sign-in.
static size_t asker(const struct check_run *run, const struct operation *op) {
    for (size_t i = 0; i < check_identity_count(run); i++) {
        if (check_baseline(run, op, i)->state == BASELINE_GOOD) return i;
    }
    return 0;
}

static const struct baseline *good_baseline(const struct check_run *run, const struct operation *op) {
    return check_baseline(run, op, asker(run, op));
}

static bool add(struct check_run *run, struct experiment *e, const struct call *c, enum probe_role role, struct sv value, struct sv marker) {
    struct probe *p = value.ptr == NULL ? NULL : check_probe_value(run, e, role, asker(run, e->operation), c, e->parameter, value);
    return p != NULL && check_mark(e, p, marker);
}

static int look(struct check_run *run, const struct operation *op, size_t parameter, uint32_t tag, struct error *err) {
    const struct baseline *b = good_baseline(run, op);
    struct experiment *e = check_experiment(run, op, tag);
    struct look_state *s = e == NULL ? NULL : arena_new(&e->arena, struct look_state);
    if (s == NULL) return error_nomem(err);
    struct sv v = observed(b, op, parameter);
    struct arena *a = &e->arena;
    for (size_t i = 0; i < LOOK_COUNT; i++) s->nonce[i] = rng_word(check_rng(run), a, NONCE);
    e->user = s;
    e->parameter = parameter;
    e->round = (uint16_t)tag;
    e->purpose = tag == TAG_LOOK ? PURPOSE_CHECK : PURPOSE_CONFIRM;
    e->value = tag == TAG_LOOK ? 1.5 : 5;
    bool ok = add(run, e, &b->call, ROLE_PROBE, arena_printf(a, SV_FMT "-zz" SV_FMT, SV_ARG(v), SV_ARG(s->nonce[LEGAL])), s->nonce[LEGAL]) &&
              add(run, e, &b->call, ROLE_PROBE, arena_printf(a, SV_FMT " a !" SV_FMT, SV_ARG(v), SV_ARG(s->nonce[ILLEGAL])), s->nonce[ILLEGAL]) &&
              add(run, e, &b->call, ROLE_PROBE, arena_printf(a, SV_FMT "'" SV_FMT, SV_ARG(v), SV_ARG(s->nonce[QUOTE])), s->nonce[QUOTE]) &&
              add(run, e, &b->call, ROLE_PROBE, arena_printf(a, SV_FMT " #zz" SV_FMT, SV_ARG(v), SV_ARG(s->nonce[NAME])), s->nonce[NAME]) &&
              add(run, e, &b->call, ROLE_CONTROL, arena_printf(a, SV_FMT "zz" SV_FMT, SV_ARG(v), SV_ARG(s->nonce[NEUTRAL])), s->nonce[NEUTRAL]);
    if (ok) check_submit(run, e);
    return 0; // a value that cannot be built (a header, say) is no error
}

static int scout(struct check_run *run, const struct operation *op, size_t parameter, bool again);

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    (void)err;
    const struct baseline *b = good_baseline(run, op);
    bool any = false;
    for (size_t i = 0; i < op->parameter_count; i++) any = any || is_candidate(&op->parameters[i]);
    if (!any) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "takes no value");
        return 0;
    }
    if (b->state != BASELINE_GOOD) {
        check_coverage(run, op, b->answer == NULL ? COVERAGE_NOT_TESTED : COVERAGE_INCONCLUSIVE, "no good answer to compare with");
        return 0;
    }
    if (check_operation_is_documentation(run, op)) return 0;
    for (size_t i = 0; i < op->parameter_count; i++) {
        if (is_candidate(&op->parameters[i])) scout(run, op, i, false);
    }
    return 0;
}

// -- what the engine prints ----------------------------------------------------------------------------------------------------------

static bool shows(struct check_run *run, struct arena *a, const struct exchange *x, const char *const *ids) {
    struct match_list found = {0};
    if (!exchange_answered(x) || match_scan(check_patterns(run), check_scratch(run), a, x->response.body, (1U << PATTERN_ERROR) | MATCH_KEEP_OVERLAPS, &found, NULL) != 0) return false;
    for (size_t i = 0; i < found.len; i++) {
        for (size_t k = 0; ids[k] != NULL; k++) {
            if (sv_eq(found.ptr[i].pattern->id, sv_from(ids[k]))) return true;
        }
    }
    return false;
}

static const char *const not_found_ids[] = {"dynamodb_resource_not_found", "dynamodb_nonexistent_table", NULL};
static const char *const bad_name_ids[] = {"dynamodb_table_name_characters", "dynamodb_table_name_length", "dynamodb_constraint", NULL};
static const char *const partiql_ids[] = {"dynamodb_partiql_syntax", NULL};
static const char *const expression_ids[] = {"dynamodb_expression_syntax", "dynamodb_expression_name", "dynamodb_expression_operator",
                                             "dynamodb_reserved_word", NULL};

enum cause { CAUSE_NONE, CAUSE_TABLE, CAUSE_EXPRESSION, CAUSE_PARTIQL };

// Two different texts of the engine for two different values, each absent for the other and for the good value: an application that merely says
// "not found" in the same words has no second text.
static enum cause engine_says(struct check_run *run, struct experiment *e, size_t *ret_probe) {
    struct arena *a = &e->arena;
    const struct exchange *good = good_baseline(run, e->operation)->answer;
    struct exchange **x = e->exchanges;
    if (shows(run, a, x[LEGAL], not_found_ids) && shows(run, a, x[ILLEGAL], bad_name_ids) && !shows(run, a, x[LEGAL], bad_name_ids) &&
        !shows(run, a, x[ILLEGAL], not_found_ids) && !shows(run, a, good, not_found_ids) && !shows(run, a, good, bad_name_ids)) {
        *ret_probe = LEGAL;
        return CAUSE_TABLE;
    }
    if (shows(run, a, x[QUOTE], partiql_ids) && !shows(run, a, x[NEUTRAL], partiql_ids) && !shows(run, a, good, partiql_ids)) {
        *ret_probe = QUOTE;
        return CAUSE_PARTIQL;
    }
    // An expression has no place for "#zz…": the engine names it, or trips over the word before it.
    const struct look_state *s = e->user;
    struct sv fragment = arena_printf(a, "#zz" SV_FMT, SV_ARG(s->nonce[NAME]));
    bool quoted = exchange_answered(x[NAME]) && sv_contains(x[NAME]->response.body, fragment);
    if (quoted && shows(run, a, x[NAME], expression_ids) && !shows(run, a, x[NEUTRAL], expression_ids) && !shows(run, a, good, expression_ids)) {
        *ret_probe = NAME;
        return CAUSE_EXPRESSION;
    }
    return CAUSE_NONE;
}

// -- telling -------------------------------------------------------------------------------------------------------------------------

struct wording {
    struct sv cause, title, fact;
};
static const struct wording wordings[] = {
    [CAUSE_NONE] = {SV_INIT(""), SV_INIT(""), SV_INIT("")},
    [CAUSE_TABLE] = {SV_INIT("table-name-control"), SV_INIT("The caller chooses the DynamoDB table"), SV_INIT("table_control")},
    [CAUSE_EXPRESSION] = {SV_INIT("expression-injection"), SV_INIT("A value becomes part of a DynamoDB expression"), SV_INIT("expression_injection")},
    [CAUSE_PARTIQL] = {SV_INIT("partiql-injection"), SV_INIT("A value becomes part of a PartiQL statement"), SV_INIT("partiql_injection")},
};

static uint32_t tell_fact(struct check_run *run, const struct operation *op, const struct parameter *p, enum cause cause) {
    struct arena *a = check_arena(run);
    struct fact f = {
        .kind = wordings[cause].fact,
        .subject_type = SV("endpoint"),
        .subject = arena_printf(a, SV_FMT " " SV_FMT, SV_ARG(op->method), SV_ARG(op->path)),
        .args = {{SV("parameter"), p->name}},
        .arg_count = 1,
        .value = FACT_YES,
        .source = FACT_PROBE,
        .confidence = CONFIDENCE_CONFIRMED,
    };
    return check_fact(run, &f);
}

static int report(struct check_run *run, struct experiment *e, enum cause cause, enum confidence confidence, const struct evidence_item *evidence,
                  size_t evidence_count, struct sv reason, struct error *err) {
    const struct operation *op = e->operation;
    const struct parameter *p = &op->parameters[e->parameter];
    static const struct finding_effect effects[] = {{.category = CATEGORY_EXPOSURE, .cwe = 943}, {.category = CATEGORY_PROPERTY, .cwe = 213}};
    struct sv key = arena_printf(check_arena(run), SV_FMT " " SV_FMT " " SV_FMT, SV_ARG(op->method), SV_ARG(path_template_nameless(check_arena(run), op->path)),
                                 SV_ARG(p->in == PARAM_PATH ? SV_NONE : p->name));
    const struct finding f = {
        .category = CATEGORY_INPUT,
        .cause = wordings[cause].cause,
        .scope = SCOPE_OPERATION,
        .scope_key = key,
        .impact = IMPACT_DATA,
        .who = asker(run, op) == 0 ? WHO_ANYONE : WHO_USER,
        .confidence = confidence,
        .title = wordings[cause].title,
        .reason = reason,
        .method = op->method,
        .path = op->path,
        .parameter = p->name,
        .parameter_in = p->in,
        .operation = op,
        .evidence = evidence,
        .evidence_count = evidence_count,
        .effects = effects,
        .effect_count = 2,
        .cwe = {cause == CAUSE_TABLE ? 639 : 943},
        .facts = {tell_fact(run, op, p, cause)},
    };
    return check_report(run, &f, err);
}

// -- what only the answers tell --------------------------------------------------------------------------------------------------------

// Both true variants and both false ones have the same length and characters; a nonce names an attribute that no item has.
static struct sv variant(struct arena *a, enum context c, enum pair which, struct sv v, struct sv n) {
    bool yes = which == TRUE_1 || which == TRUE_2;
    int q = which == TRUE_2 || which == FALSE_2 ? 'k' : 'q';
    int other = yes ? q : q + 1;
    switch (c) {
    case PARTIQL_TEXT: // the last literal takes the statement's own closing quote
        return arena_printf(a, SV_FMT "' AND zz" SV_FMT " IS MISSING AND '%c'='%c", SV_ARG(v), SV_ARG(n), q, other);
    case PARTIQL_NUMBER:
        return arena_printf(a, SV_FMT " AND zz" SV_FMT " IS MISSING AND '%c'='%c'", SV_ARG(v), SV_ARG(n), q, other);
    case EXPRESSION_NAME: // "attribute_not_exists" is four characters longer: the nonce makes up for it
        return yes ? arena_printf(a, "attribute_not_exists(zz" SV_FMT ") AND " SV_FMT, SV_ARG(n), SV_ARG(v))
                   : arena_printf(a, "attribute_exists(zzzzzz" SV_FMT ") AND " SV_FMT, SV_ARG(n), SV_ARG(v));
    case EXPRESSION_FUNCTION:
        return yes ? arena_printf(a, SV_FMT ") AND attribute_not_exists(zz" SV_FMT, SV_ARG(v), SV_ARG(n))
                   : arena_printf(a, SV_FMT ") AND attribute_exists(zzzzzz" SV_FMT, SV_ARG(v), SV_ARG(n));
    case CONTEXT_COUNT:
        break;
    }
    return SV_NONE;
}

static struct sv inert(struct arena *a, struct sv v, struct sv n) {
    return arena_printf(a, SV_FMT " MISSING zz" SV_FMT " IS q k attribute", SV_ARG(v), SV_ARG(n));
}

static int ask_pair(struct check_run *run, const struct operation *op, size_t parameter, enum context context, const struct verdict *first, struct error *err) {
    bool again = first != NULL;
    const struct baseline *b = good_baseline(run, op);
    struct experiment *e = check_experiment(run, op, again ? (uint32_t)TAG_PAIR_AGAIN + context : (uint32_t)TAG_PAIR + context);
    struct pair_state *s = e == NULL ? NULL : arena_new(&e->arena, struct pair_state);
    if (s == NULL) return error_nomem(err);
    struct sv v = observed(b, op, parameter);
    s->context = context;
    if (again) s->first = *first;
    e->user = s;
    e->parameter = parameter;
    e->round = again ? 2 : 1;
    e->purpose = PURPOSE_CONFIRM;
    e->value = 4;
    bool ok = true;
    for (unsigned i = 0; i < PAIR_COUNT && ok; i++) {
        struct sv n = rng_word(check_rng(run), &e->arena, NONCE);
        struct sv value = i == INERT ? inert(&e->arena, v, n) : variant(&e->arena, context, (enum pair)i, v, n);
        ok = add(run, e, &b->call, i == INERT ? ROLE_CONTROL : ROLE_PROBE, value, n);
    }
    if (ok) check_submit(run, e);
    return 0;
}

// Did the grammar characters move the answer, and the neutral ones not in the same way?
static bool is_moved(struct check_run *run, struct experiment *e, size_t i, size_t harmless, struct error *err) {
    struct signature probe, neutral;
    if (check_signature(run, e, i, &probe, err) != 0 || check_signature(run, e, harmless, &neutral, err) != 0) return false;
    return probe.valid && neutral.valid && (probe.status != neutral.status || !signature_alike(&probe, &neutral));
}

static bool is_number(struct sv value) {
    return sv_is_digits(value);
}

// Where a number is expected, letters break a statement as surely as a quote does: that the answer is no good one any more is all there is to see.
static bool breaks(const struct experiment *e, size_t i) {
    return exchange_answered(e->exchanges[i]) && e->exchanges[i]->response.status >= 400;
}

static int try_pairs(struct check_run *run, struct experiment *e, struct error *err) {
    const struct operation *op = e->operation;
    int r = 0;
    if (is_number(observed(good_baseline(run, op), op, e->parameter))) {
        if (breaks(e, QUOTE) && breaks(e, NEUTRAL)) r = ask_pair(run, op, e->parameter, PARTIQL_NUMBER, NULL, err);
    } else if (is_moved(run, e, QUOTE, NEUTRAL, err)) {
        r = ask_pair(run, op, e->parameter, PARTIQL_TEXT, NULL, err);
    }
    if (r == 0 && (is_moved(run, e, NAME, NEUTRAL, err) || is_moved(run, e, ILLEGAL, NEUTRAL, err))) {
        r = ask_pair(run, op, e->parameter, EXPRESSION_NAME, NULL, err);
        if (r == 0) r = ask_pair(run, op, e->parameter, EXPRESSION_FUNCTION, NULL, err);
    }
    return r;
}

static int scout(struct check_run *run, const struct operation *op, size_t parameter, bool again) {
    const struct baseline *b = good_baseline(run, op);
    struct experiment *e = check_experiment(run, op, TAG_SCOUT);
    if (e == NULL) return 0;
    struct arena *a = &e->arena;
    struct sv v = observed(b, op, parameter), n[2];
    for (size_t i = 0; i < 2; i++) n[i] = rng_word(check_rng(run), a, NONCE);
    e->parameter = parameter;
    e->value = 1.5;
    bool ok = add(run, e, &b->call, ROLE_PROBE, arena_printf(a, SV_FMT "' a !#zz" SV_FMT, SV_ARG(v), SV_ARG(n[0])), n[0]);
    if (is_number(v)) ok = ok && add(run, e, &b->call, ROLE_PROBE, variant(a, PARTIQL_NUMBER, TRUE_1, v, n[1]), n[1]);
    else if (again) // letters only: a hyphen breaks expressions by itself
        ok = ok && add(run, e, &b->call, ROLE_CONTROL, arena_printf(a, SV_FMT "zz" SV_FMT, SV_ARG(v), SV_ARG(n[1])), n[1]);
    if (ok) check_submit(run, e);
    return 0;
}

static bool engine_speaks(struct check_run *run, struct arena *a, const struct exchange *x) {
    return shows(run, a, x, not_found_ids) || shows(run, a, x, bad_name_ids) || shows(run, a, x, partiql_ids) || shows(run, a, x, expression_ids);
}

// A true condition behind a number gives the good answer, and the broken value does not.
static int judge_number(struct check_run *run, struct experiment *e, struct error *err) {
    const struct baseline *b = good_baseline(run, e->operation);
    struct signature condition, mixed;
    int r = check_signature(run, e, SCOUT_OTHER, &condition, err);
    if (r == 0) r = check_signature(run, e, SCOUT_MIXED, &mixed, err);
    bool holds = r == 0 && condition.valid && signature_equal(&b->signature, &condition, &b->volatility) && !signature_equal(&b->signature, &mixed, &b->volatility);
    return holds ? ask_pair(run, e->operation, e->parameter, PARTIQL_NUMBER, NULL, err) : r;
}

static int judge_scout(struct check_run *run, struct experiment *e, struct error *err) {
    const struct operation *op = e->operation;
    const struct exchange *mixed = e->exchanges[SCOUT_MIXED];
    for (size_t i = 0; i < e->probe_count; i++) {
        if (exchange_answered(e->exchanges[i])) continue;
        check_coverage(run, op, COVERAGE_INCONCLUSIVE, "a probe was not answered");
        return 0;
    }
    check_coverage(run, op, COVERAGE_PASSED, NULL);
    if (engine_speaks(run, &e->arena, mixed)) return look(run, op, e->parameter, TAG_LOOK, err);
    if (is_number(observed(good_baseline(run, op), op, e->parameter))) return judge_number(run, e, err);
    // What no grammar tripped over is answered like a value that nobody has.
    if (e->probe_count == 1) return mixed->response.status == 404 ? 0 : scout(run, op, e->parameter, true);
    return is_moved(run, e, SCOUT_MIXED, SCOUT_OTHER, err) ? look(run, op, e->parameter, TAG_LOOK, err) : 0;
}

// Two rounds of pairs are worth "firm" (oracle_pair.c): differences can come from a balancer with two versions behind it. The series rules that out.
static int ask_series(struct check_run *run, const struct experiment *from, struct verdict both, struct error *err) {
    const struct operation *op = from->operation;
    const struct baseline *b = good_baseline(run, op);
    struct experiment *e = check_experiment(run, op, TAG_SERIES);
    struct pair_state *s = e == NULL ? NULL : arena_new(&e->arena, struct pair_state);
    if (s == NULL) return error_nomem(err);
    *s = *(const struct pair_state *)from->user;
    s->both = both;
    e->user = s;
    e->parameter = from->parameter;
    e->schedule = SCHEDULE_ORDERED;
    e->purpose = PURPOSE_CONFIRM;
    e->value = 6;
    series_draw(check_rng(run), s->expected, ORACLE_SERIES);
    struct sv v = observed(b, op, e->parameter);
    bool ok = true;
    for (size_t i = 0; i < ORACLE_SERIES && ok; i++) {
        struct sv n = rng_word(check_rng(run), &e->arena, NONCE);
        bool odd = rng_below(check_rng(run), 2) == 1;
        ok = add(run, e, &b->call, ROLE_PROBE, variant(&e->arena, s->context, s->expected[i] ? (odd ? TRUE_1 : TRUE_2) : (odd ? FALSE_1 : FALSE_2), v, n), n);
    }
    if (ok) check_submit(run, e);
    return 0;
}

static int tell_pair(struct check_run *run, struct experiment *e, enum context context, enum confidence confidence, const struct evidence_item *evidence, size_t count,
                     struct error *err) {
    enum cause cause = context == PARTIQL_TEXT || context == PARTIQL_NUMBER ? CAUSE_PARTIQL : CAUSE_EXPRESSION;
    struct sv reason = confidence == CONFIDENCE_CONFIRMED
                           ? SV("conditions in the value are evaluated: true ones give the ordinary answer, false ones do not, in two rounds and a series of 24 in a random order")
                           : SV("conditions in the value are evaluated: true ones give the ordinary answer, false ones do not, in two rounds");
    return report(run, e, cause, confidence, evidence, count, reason, err);
}

static int judge_series(struct check_run *run, struct experiment *e, struct error *err) {
    const struct pair_state *s = e->user;
    const struct baseline *b = good_baseline(run, e->operation);
    struct signature *sigs = arena_new_array(&e->arena, struct signature, ORACLE_SERIES);
    const struct signature *answers[ORACLE_SERIES];
    if (sigs == NULL) return error_nomem(err);
    size_t yes = 0, no = 0;
    bool trouble = false;
    for (size_t i = 0; i < ORACLE_SERIES; i++) {
        int r = check_signature(run, e, i, &sigs[i], err);
        if (r != 0) return r;
        answers[i] = &sigs[i];
        trouble = trouble || !sigs[i].valid || sigs[i].status == 429 || sigs[i].status == 503;
        if (s->expected[i]) yes = i;
        else no = i;
    }
    struct verdict series = oracle_series(&b->signature, answers, s->expected, ORACLE_SERIES, &b->volatility);
    // A series that could not be asked through says nothing; one that contradicts the rounds takes them back.
    if (!series.holds && !trouble) return 0;
    const struct evidence_item evidence[] = {
        check_evidence(e, yes, EVIDENCE_PROBE, "a condition that is true gives the ordinary answer"),
        check_evidence(e, no, EVIDENCE_PROBE, "the same condition made false does not"),
    };
    return tell_pair(run, e, s->context, series.holds ? oracle_combine(s->both, series).confidence : CONFIDENCE_FIRM, evidence, 2, err);
}

static int read_pair(struct check_run *run, struct experiment *e, struct signature sig[PAIR_COUNT], bool *ret_blocked, struct error *err) {
    *ret_blocked = false;
    for (size_t i = 0; i < PAIR_COUNT; i++) {
        int r = check_signature(run, e, i, &sig[i], err);
        if (r != 0) return r;
        int blocked = check_is_blocked(run, e, i);
        if (blocked < 0) return JUDGE_WAIT;
        *ret_blocked = *ret_blocked || blocked > 0;
    }
    if (*ret_blocked) check_coverage(run, e->operation, COVERAGE_INCONCLUSIVE, "a firewall answered in the place of the API");
    return 0;
}

static int judge_pair(struct check_run *run, struct experiment *e, struct error *err) {
    const struct pair_state *s = e->user;
    const struct baseline *b = good_baseline(run, e->operation);
    struct signature sig[PAIR_COUNT];
    bool blocked;
    int r = read_pair(run, e, sig, &blocked, err);
    if (r != 0 || blocked) return r;
    const struct boolean_answers answers = {&b->signature, &sig[TRUE_1], &sig[TRUE_2], &sig[FALSE_1], &sig[FALSE_2], &sig[INERT], &b->volatility};
    struct verdict v = oracle_boolean(&answers);
    if (!v.holds) return 0;
    return e->round == 1 ? ask_pair(run, e->operation, e->parameter, s->context, &v, err) : ask_series(run, e, oracle_combine(s->first, v), err);
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    if (e->tag == TAG_SCOUT) return judge_scout(run, e, err);
    if (e->tag == TAG_SERIES) return judge_series(run, e, err);
    if (e->tag >= TAG_PAIR) return judge_pair(run, e, err);
    size_t answered = 0, probe = 0;
    for (size_t i = 0; i < e->probe_count; i++) answered += exchange_answered(e->exchanges[i]);
    if (answered < LOOK_COUNT) {
        check_coverage(run, e->operation, COVERAGE_INCONCLUSIVE, "a probe was not answered");
        return 0;
    }
    enum cause cause = engine_says(run, e, &probe);
    if (cause == CAUSE_NONE) {
        check_coverage(run, e->operation, COVERAGE_PASSED, NULL);
        return e->tag == TAG_LOOK ? try_pairs(run, e, err) : 0;
    }
    if (e->tag == TAG_LOOK) return look(run, e->operation, e->parameter, TAG_LOOK_AGAIN, err);
    const struct evidence_item evidence[] = {
        check_evidence(e, probe, EVIDENCE_PROBE, "DynamoDB itself answers to this value"),
        check_evidence(e, cause == CAUSE_TABLE ? ILLEGAL : NEUTRAL, cause == CAUSE_TABLE ? EVIDENCE_PROBE : EVIDENCE_CONTROL,
                       cause == CAUSE_TABLE ? "and in other words to characters that no table name may have" : "a harmless value brings no such text"),
    };
    struct sv reason = cause == CAUSE_TABLE ? SV("a made-up name gives the service's text for a missing table, an illegal one its text for bad names; both in two rounds")
                       : cause == CAUSE_PARTIQL ? SV("one quote in the value gives the service's text for a malformed statement, a harmless value does not; in two rounds")
                                                : SV("the service quotes an undefined name from the value in its expression error; in two rounds");
    return report(run, e, cause, CONFIDENCE_CONFIRMED, evidence, 2, reason, err);
}

const struct check check_dynamodb = {
    .id = "dynamodb",
    .title = "Values that reach DynamoDB's table name, expressions or PartiQL",
    .category = CATEGORY_INPUT,
    .owasp = "API8:2023",
    .cwe = 943,
    .traits = CHECK_READ_ONLY,
    .plan = plan,
    .judge = judge,
};
