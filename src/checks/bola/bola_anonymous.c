// SPDX-License-Identifier: Apache-2.0
// Private objects of several owners that nobody can read one after the other by changing an id. Only where nothing demands credentials: what the
// description protects is a missing authentication (auth-missing). Objects that show nothing private are public, whatever their ids look like.
//
// A round asks, without credentials: the known object, up to three others (ids that answers showed, else neighbours of an integer), and ids that
// cannot exist; the second round runs alone, with repeats and new impossible ids. Truth condition: the known object is good, private, of one status
// and outside the absence model each time; another one is so too, each with a private value that the other does not show; the impossible ids
// agree with each other and give nothing of the kind. A server that makes up objects for any id fails on the last. One that draws its status among
// k values, with one private text for all of them, must draw one good status six times (baseline, its repeat, four here), one bad status twice
// and one three times, and pass the absence model: below k^-5 k^-3 k^-1, 1e-8 for k = 8.
#include "base/numbers.h"
#include "checks/support/ownership.h"

enum { KNOWN, OTHERS_MAX = 3, TOLD_MAX = 512 };

// Operations of which several owners' objects were told: one object alone is no news there.
struct state {
    uint32_t told[TOLD_MAX];
    size_t count;
};

static size_t known_count(const struct experiment *e) {
    return e->round > 1 ? 3 : 1;
}
static size_t control_count(const struct experiment *e) {
    return e->round > 1 ? 3 : 2;
}
static size_t first_control(const struct experiment *e) {
    return e->probe_count - control_count(e);
}

// Does any answer of the round show that ids lead somewhere?
struct sighting {
    size_t other;      // probe that holds, SIZE_MAX when none
    struct signs known, second;
    const char *reason;
};

static struct sv value_now(const struct baseline *b, size_t parameter) {
    return b->call.values[parameter].text;
}

static size_t add_unique(struct sv *list, size_t count, struct sv value, struct sv known) {
    if (value.len == 0 || sv_eq(value, known)) return count;
    for (size_t i = 0; i < count; i++) {
        if (sv_eq(list[i], value)) return count;
    }
    list[count] = value;
    return count + 1;
}

// Ids that answers showed come first; an integer has neighbours.
static size_t other_ids(struct check_run *run, struct arena *a, const struct operation *op, size_t parameter, struct sv known, struct sv ret[OTHERS_MAX]) {
    size_t count = 0;
    for (size_t n = 0; n < 16 && count < 2; n++) {
        const struct entity_id *id = entity_pool_for(check_entities(run), op, &op->parameters[parameter], n);
        if (id == NULL) break;
        if (id->shape == id_shape_of(known)) count = add_unique(ret, count, id->value, known);
    }
    int64_t number;
    if (known.len > 15 || number_parse_i64(known, &number) != 0) return count;
    static const int steps[] = {1, -1, 2};
    for (size_t i = 0; i < 3 && count < OTHERS_MAX; i++) {
        if (number + steps[i] < 0) continue;
        struct sv text = arena_printf(a, "%0*lld", (int)(known.len > 1 && known.ptr[0] == '0' ? known.len : 1), (long long)number + steps[i]);
        if (text.ptr != NULL) count = add_unique(ret, count, text, known);
    }
    return count;
}

static int ask(struct check_run *run, const struct operation *op, size_t parameter, const struct sv *others, size_t count, uint16_t round, struct error *err) {
    const struct baseline *b = check_baseline(run, op, 0);
    struct experiment *e = check_experiment(run, op, (uint32_t)count);
    if (e == NULL) return error_nomem(err);
    e->round = round;
    e->parameter = parameter;
    // Parents first: what they show makes a single object below them old news.
    bool parent = parameter != access_id_parameter(run, &e->arena, op);
    e->value = (round == 1 ? 50 : 90) + (parent ? 5 : 0);
    if (round > 1) {
        e->purpose = PURPOSE_CONFIRM;
        e->schedule = SCHEDULE_ALONE;
    }
    bool ok = true;
    for (size_t i = 0; i < known_count(e) && ok; i++) ok = check_probe(run, e, ROLE_REFERENCE, 0, &b->request) != NULL;
    for (size_t i = 0; i < count && ok; i++) ok = check_probe_value(run, e, ROLE_PROBE, 0, &b->call, parameter, others[i]) != NULL;
    for (size_t i = 0; i < control_count(e) && ok; i++) {
        struct sv random = id_random_like(&e->arena, check_rng(run), value_now(b, parameter));
        struct probe *control = random.ptr == NULL ? NULL : check_probe_value(run, e, ROLE_CONTROL, 0, &b->call, parameter, random);
        ok = control != NULL && check_mark(e, control, random);
    }
    if (!ok) return error_nomem(err);
    (void)check_submit(run, e);
    return 0;
}

// The last id, and those of the parents before it: children are often counted anew below each parent.
static int ask_each(struct check_run *run, struct arena *a, const struct operation *op, size_t last, struct error *err) {
    const struct baseline *b = check_baseline(run, op, 0);
    size_t all[OBJECT_PARAMETERS_MAX], total = ownership_parameters(run, a, op, all);
    int r = 0;
    for (size_t i = 0; i <= total && r == 0; i++) {
        size_t parameter = i == 0 ? last : all[i - 1];
        bool no_parent = parameter == last || op->parameters[parameter].in != PARAM_PATH || !b->call.values[parameter].present;
        if (i > 0 && no_parent) continue;
        struct sv others[OTHERS_MAX];
        size_t count = other_ids(run, a, op, parameter, value_now(b, parameter), others);
        if (i == 0 || count > 0) r = ask(run, op, parameter, others, count, 1, err);
    }
    return r;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    auto_arena a = {.limit = (size_t)32 << 20};
    size_t parameter = access_id_parameter(run, &a, op);
    if (parameter == SIZE_MAX || !sv_eq(op->method, SV("GET"))) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "reads no object by an id");
        return 0;
    }
    if (!access_exercised(run, op)) return 0;
    const struct baseline *b = check_baseline(run, op, 0);
    struct access d;
    int r = access_decide(run, &a, op, b->answer, &d, err);
    if (r != 0) return r;
    if (d.claim == ACCESS_NOTHING) {
        check_coverage(run, op, d.signs.good ? COVERAGE_PASSED : COVERAGE_INCONCLUSIVE, d.because);
        return 0;
    }
    if (d.claim != ACCESS_OBJECT || !b->call.values[parameter].present) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, d.because);
        return 0;
    }
    return ask_each(run, &a, op, parameter, err);
}

// 0, JUDGE_WAIT or negative. *ret: is this answer a real, private object?
static int is_object(struct check_run *run, struct experiment *e, size_t i, struct signs *signs, bool *ret, struct error *err) {
    *ret = false;
    int r = signs_read(run, &e->arena, e->exchanges[i], signs, err);
    if (r != 0 || !signs->good || !access_is_private(run, e->operation, signs, e->operation->path)) return r;
    if (signs->cached && check_identity_count(run) > 1) return 0;
    enum presence presence = check_presence(run, e, i);
    int blocked = check_is_blocked(run, e, i);
    if (presence == PRESENCE_UNKNOWN || blocked < 0) return JUDGE_WAIT;
    *ret = presence == PRESENCE_REAL && blocked == 0;
    return 0;
}

static bool is_trouble(const struct exchange *x) {
    return !exchange_answered(x) || x->response.status >= 500 || x->response.status == 429;
}

// Static text when the impossible ids do not behave as such: one gives an object, or they contradict each other.
static int controls_speak(struct check_run *run, struct experiment *e, const char **ret_reason, struct error *err) {
    size_t first = first_control(e);
    struct signature object;
    int r = check_signature(run, e, KNOWN, &object, err);
    for (size_t i = first; r == 0 && i < e->probe_count && *ret_reason == NULL; i++) {
        struct signs s;
        struct signature other;
        r = signs_read(run, &e->arena, e->exchanges[i], &s, err);
        if (r == 0) r = check_signature(run, e, i, &other, err);
        if (r != 0) return r;
        if (is_trouble(e->exchanges[i])) *ret_reason = "an id that cannot exist gave a server error or no answer";
        else if (s.good && (signature_alike(&object, &other) || access_is_private(run, e->operation, &s, e->operation->path)))
            *ret_reason = "an id that cannot exist is answered with the same kind of object";
        else if (e->exchanges[i]->response.status != e->exchanges[first]->response.status)
            *ret_reason = "ids that cannot exist are answered in different ways";
    }
    return r;
}

// The known object, each time it was asked.
static int known_speaks(struct check_run *run, struct experiment *e, struct sighting *s, struct error *err) {
    bool good = false;
    int r = is_object(run, e, KNOWN, &s->known, &good, err);
    for (size_t i = 1; r == 0 && good && i < known_count(e); i++) {
        struct signs again;
        r = is_object(run, e, i, &again, &good, err);
        good = good && signs_share(&s->known, &again) && e->exchanges[i]->response.status == e->exchanges[KNOWN]->response.status;
    }
    bool steady = !check_baseline(run, e->operation, 0)->volatility.status_volatile;
    if (r == 0 && !(good && steady)) s->reason = "the object did not show the same private values each time";
    return r;
}

static int look(struct check_run *run, struct experiment *e, struct sighting *ret, struct error *err) {
    *ret = (struct sighting){.other = SIZE_MAX};
    if (!exchange_answered(e->exchanges[KNOWN])) {
        ret->reason = "the object was not answered again";
        return 0;
    }
    int r = controls_speak(run, e, &ret->reason, err);
    if (r == 0 && ret->reason == NULL) r = known_speaks(run, e, ret, err);
    for (size_t i = known_count(e); r == 0 && ret->reason == NULL && i < first_control(e) && ret->other == SIZE_MAX; i++) {
        bool good;
        r = is_object(run, e, i, &ret->second, &good, err);
        if (r == 0 && good && signs_differ(&ret->known, &ret->second)) ret->other = i;
    }
    return r;
}

static size_t add_effects(const struct sighting *s, struct finding_effect effects[2]) {
    size_t n = 0;
    effects[n++] = (struct finding_effect){.category = CATEGORY_AUTHENTICATION, .cwe = 306};
    if (signs_are_sensitive(&s->known)) effects[n++] = (struct finding_effect){.category = CATEGORY_EXPOSURE, .cwe = 359};
    return n;
}

static bool is_old_news(struct check_run *run, const struct operation *op, bool several) {
    struct state *st = check_state(run);
    for (size_t i = 0; i < st->count; i++) {
        if (st->told[i] == op->id) return !several;
    }
    if (several && st->count < TOLD_MAX) st->told[st->count++] = op->id;
    return false;
}

static int report(struct check_run *run, struct experiment *e, const struct sighting *s, struct error *err) {
    const struct operation *op = e->operation;
    bool several = s->other != SIZE_MAX;
    if (is_old_news(run, op, several)) return 0;
    struct evidence_item evidence[] = {
        check_evidence(e, several ? s->other : KNOWN, EVIDENCE_PROBE, several ? "another object, without credentials" : "without credentials"),
        check_evidence(e, several ? KNOWN : KNOWN + 1, EVIDENCE_REFERENCE, several ? "the object that was known" : "asked again"),
        check_evidence(e, first_control(e), EVIDENCE_CONTROL, "an id that cannot exist"),
    };
    struct finding_effect effects[2];
    const struct parameter *p = &op->parameters[e->parameter];
    struct finding f = {
        .category = several ? CATEGORY_BOLA : CATEGORY_EXPOSURE,
        .cause = several ? SV("object-without-owner-check") : SV("private-object-shown"),
        .scope = SCOPE_OPERATION,
        .scope_key = access_key(&e->arena, op->method, op->path),
        .impact = signs_impact(&s->known, true, IMPACT_PERSONAL),
        .who = WHO_ANYONE,
        .confidence = signs_are_sensitive(&s->known) ? CONFIDENCE_CONFIRMED : CONFIDENCE_FIRM,
        .title = several ? SV("Objects of others can be read without credentials by changing an id") : SV("A private object is shown without credentials"),
        .reason = several ? SV("two objects with different private values were read without credentials in each round; an id that cannot exist gave none")
                          : SV("an object with private values was read without credentials in each round; an id that cannot exist gave none"),
        .method = op->method,
        .path = op->path,
        .parameter = p->name,
        .parameter_in = p->in,
        .operation = op,
        .evidence = evidence,
        .evidence_count = 3,
        .effects = effects,
        .effect_count = several ? add_effects(s, effects) : 0,
        .cwe = {several ? 639 : 359},
        .owasp = several ? "API1:2023" : "API3:2023",
    };
    if (f.scope_key.ptr == NULL) return error_nomem(err);
    return check_report(run, &f, err);
}

// The value that probe `i` carried: its target differs from the known one in this parameter only.
static struct sv value_of_probe(struct check_run *run, struct experiment *e, size_t i) {
    const struct baseline *b = check_baseline(run, e->operation, 0);
    struct sv others[OTHERS_MAX];
    size_t count = other_ids(run, &e->arena, e->operation, e->parameter, value_now(b, e->parameter), others);
    for (size_t k = 0; k < count; k++) {
        struct call changed;
        struct request rq;
        if (call_copy(&e->arena, &b->call, &changed, NULL) != 0) return SV_NONE;
        changed.values[e->parameter] = (struct param_value){.text = others[k], .present = true};
        if (call_build(&e->arena, &changed, &rq, NULL) == 0 && sv_eq(rq.target, e->probes[i].request.target)) return others[k];
    }
    return SV_NONE;
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    struct sighting s;
    int r = look(run, e, &s, err);
    if (r != 0) return r;
    if (s.reason != NULL) {
        check_coverage(run, e->operation, COVERAGE_INCONCLUSIVE, s.reason);
        return 0;
    }
    if (e->round > 1) return report(run, e, &s, err);
    struct sv other = s.other == SIZE_MAX ? SV_NONE : value_of_probe(run, e, s.other);
    return ask(run, e->operation, e->parameter, &other, other.len > 0, 2, err);
}

const struct check check_bola_anonymous = {
    .id = "bola-anonymous",
    .title = "Objects of others that nobody needs credentials for",
    .category = CATEGORY_BOLA,
    .owasp = "API1:2023",
    .cwe = 639,
    .traits = CHECK_READ_ONLY,
    .state_size = sizeof(struct state),
    .plan = plan,
    .judge = judge,
};
