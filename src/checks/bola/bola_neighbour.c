// SPDX-License-Identifier: Apache-2.0
// Objects of others read with one identity, by changing an id: where no two identities are there to compare (or their views show no ids), ids beside the
// known one (counted ids, also inside of "INV-17", "7:3" or base64) and ids that other operations or the description showed are asked.
//
// Whose an object is, is told by the object: its owner fields name somebody else than those of the known object, or it is the record of another person
// with personal values of its own. That is never more than firm: the objects could be shared on purpose.
// A round, one after the other: nobody asks for the known object, the identity for an id that cannot exist, for others, for the known one. Truth
// condition: known and other are good and private and differ in their owners; nobody gets neither, the impossible id nothing. Two rounds, the second
// alone. A server that draws its status among k values passes with less than k^-8; one that makes up objects answers the impossible id.
#include "checks/support/identities.h"
#include "checks/support/ownership.h"

enum { NOBODY, RANDOM, FIRST_OTHER, UNLISTED_MAX = 2, OTHERS_MAX = 3 };

struct state {
    bool ready;
    uint16_t identity; // 0: none
    struct identity_pair pairs[IDENTITY_PAIRS_MAX];
    size_t pair_count;
};
struct question {
    struct sv others[OTHERS_MAX];
    size_t count;
};

static struct state *state_of(struct check_run *run) {
    struct state *s = check_state(run);
    if (s->ready) return s;
    s->ready = true;
    s->pair_count = identity_pairs(run, s->pairs);
    for (uint16_t i = 1; i < check_identity_count(run) && i < 32 && s->identity == 0; i++) s->identity = identity_is_ordinary(run, i) ? i : 0;
    return s;
}

// Do two identities have objects of their own to compare here?
static bool is_comparable(struct check_run *run, const struct operation *op, size_t parameter) {
    const struct state *s = check_state(run);
    const struct parameter *p = &op->parameters[parameter];
    for (size_t i = 0; i < s->pair_count; i++) {
        uint32_t a = UINT32_C(1) << s->pairs[i].a, b = UINT32_C(1) << s->pairs[i].b;
        if (entity_pool_owned(check_entities(run), op, p, a, b | 1, 0) != NULL || entity_pool_owned(check_entities(run), op, p, b, a | 1, 0) != NULL) return true;
    }
    return false;
}

static void add_other(struct check_run *run, struct question *q, struct sv value, struct sv known, bool listed) {
    const struct state *s = check_state(run);
    uint32_t bit = UINT32_C(1) << s->identity;
    // Beside the caller's own id a listed one is somebody else's.
    bool person = (entity_pool_caller_of(check_entities(run), known) & bit) != 0;
    bool own = value.ptr == NULL || sv_eq(value, known) || (!person && !listed && (entity_pool_listed_by(check_entities(run), value) & bit) != 0);
    for (size_t i = 0; i < q->count; i++) own = own || sv_eq(q->others[i], value);
    if (!own && q->count < (listed ? OTHERS_MAX : UNLISTED_MAX)) q->others[q->count++] = value;
}

// Ids that are known not to be in the identity's own views come first, then neighbours.
static void find_others(struct check_run *run, struct arena *a, const struct operation *op, size_t parameter, struct sv known, struct question *q) {
    for (size_t n = 0; n < 16 && q->count < UNLISTED_MAX; n++) {
        const struct entity_id *id = entity_pool_for(check_entities(run), op, &op->parameters[parameter], n);
        if (id == NULL) break;
        if (id->shape == id_shape_of(known) && id->seen_by != 0) add_other(run, q, id->value, known, false);
    }
    // A list may show everybody's: then the neighbours stand in it, too.
    static const int steps[] = {1, -1, 2, -2, 3};
    for (int listed = 0; listed < 2; listed++) {
        for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) add_other(run, q, id_neighbour(a, known, steps[i]), known, listed == 1);
    }
}

static bool add_probes(struct check_run *run, struct experiment *e, const struct question *q, const struct baseline *b, struct sv known,
                       struct sv random) {
    uint16_t identity = b->identity;
    if (check_probe_value(run, e, ROLE_CONTROL, 0, &b->call, e->parameter, known) == NULL) return false;
    struct probe *control = check_probe_value(run, e, ROLE_CONTROL, identity, &b->call, e->parameter, random);
    if (control == NULL || (random.len >= 8 && !check_mark(e, control, random))) return false;
    for (size_t i = 0; i < q->count; i++) {
        if (check_probe_value(run, e, ROLE_PROBE, identity, &b->call, e->parameter, q->others[i]) == NULL) return false;
    }
    return check_probe_value(run, e, ROLE_REFERENCE, identity, &b->call, e->parameter, known) != NULL;
}

// The value that the good baseline carries, else an id of the identity's own views. SV_NONE when neither is there.
static struct sv known_value(struct check_run *run, const struct operation *op, size_t parameter) {
    const struct state *s = check_state(run);
    const struct baseline *b = check_baseline(run, op, s->identity);
    if (b->call.values == NULL || s->identity == 0) return SV_NONE;
    if (b->state == BASELINE_GOOD) return b->call.values[parameter].present ? b->call.values[parameter].text : SV_NONE;
    const struct entity_id *id = entity_pool_owned(check_entities(run), op, &op->parameters[parameter], UINT32_C(1) << s->identity, 0, 0);
    return id == NULL || b->state == BASELINE_NONE ? SV_NONE : id->value;
}

static int ask(struct check_run *run, const struct operation *op, size_t parameter, uint16_t round, struct sv only, struct error *err) {
    const struct state *s = check_state(run);
    const struct baseline *b = check_baseline(run, op, s->identity);
    struct sv known = known_value(run, op, parameter);
    struct experiment *e = check_experiment(run, op, 0);
    struct question *q = e == NULL ? NULL : arena_new(&e->arena, struct question);
    if (q == NULL) return error_nomem(err);
    if (only.len > 0) q->others[q->count++] = arena_copy_sv(&e->arena, only);
    else find_others(run, &e->arena, op, parameter, known, q);
    struct sv random = id_random_like(&e->arena, check_rng(run), known);
    if (random.ptr == NULL) return error_nomem(err);
    e->user = q;
    e->round = round;
    e->parameter = parameter;
    e->value = round == 1 ? 40 : 85;
    e->schedule = round == 1 ? SCHEDULE_ORDERED : SCHEDULE_ALONE;
    if (round > 1) e->purpose = PURPOSE_CONFIRM;
    if (!add_probes(run, e, q, b, known, random)) return error_nomem(err);
    if (q->count > 0) (void)check_submit(run, e);
    else check_coverage(run, op, COVERAGE_NOT_TESTED, "no other id is known, and these cannot be guessed");
    return 0;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    const struct state *s = state_of(run);
    auto_arena a = {.limit = (size_t)32 << 20};
    size_t parameters[OBJECT_PARAMETERS_MAX], count = ownership_parameters(run, &a, op, parameters);
    const struct baseline *b = check_baseline(run, op, s->identity);
    size_t parameter = count == 0 ? SIZE_MAX : parameters[count - 1];
    if (count == 0 || !(sv_eq(op->method, SV("GET")) || op->read_only)) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "reads no object by an id");
    } else if (known_value(run, op, parameter).ptr == NULL) {
        check_coverage(run, op, COVERAGE_NOT_TESTED, "no ordinary identity got a good answer, and no id is known");
    } else if (check_baseline(run, op, 0)->state == BASELINE_GOOD || is_comparable(run, op, parameter)) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "needs no credentials, or two identities are compared here");
    } else if (b->state != BASELINE_GOOD) {
        return ask(run, op, parameter, 1, SV_NONE, err);
    } else {
        struct signs signs;
        int r = signs_read(run, &a, b->answer, &signs, err);
        if (r != 0) return r;
        if (signs.good && access_is_private(run, op, &signs, op->path)) return ask(run, op, parameter, 1, SV_NONE, err);
        check_coverage(run, op, COVERAGE_PASSED, "nothing in the answer is private");
    }
    return 0;
}

// Where the caller's own names are known, one of the two objects must name it and the other one not: staff see objects of many on purpose.
static int is_against_caller(struct check_run *run, const struct signs *known, const struct signs *other, bool *ret, struct error *err) {
    const struct state *s = check_state(run);
    bool told, in_known, in_other;
    int r = ownership_names_caller(run, known, s->identity, &told, &in_known, err);
    if (r == 0) r = ownership_names_caller(run, other, s->identity, &told, &in_other, err);
    if (r == 0) *ret = !told || known->owner_count == 0 || in_known != in_other;
    return r;
}

// Somebody else's: another owner, or another person's record with values of its own.
static bool is_of_another(struct check_run *run, const struct operation *op, const struct signs *known, const struct signs *other) {
    if (!other->good || other->cached || !access_is_private(run, op, other, op->path) || !signs_differ(known, other)) return false;
    if (known->owner_count > 0 || other->owner_count > 0) return signs_owners_differ(known, other);
    return signs_are_sensitive(other) || other->contacts > 0;
}

static const char *void_reason(struct check_run *run, const struct experiment *e, const struct signs *known, const struct signs *random, const struct signs *nobody) {
    const struct state *s = check_state(run);
    if (check_identity_state(run, s->identity) == IDENTITY_DEAD) return "the identity's credential stopped working";
    if (!known->good) return "the known object was not shown again";
    if (!exchange_answered(e->exchanges[RANDOM]) || e->exchanges[RANDOM]->response.status >= 500) return "an id that cannot exist gave a server error or no answer";
    if (random->good && access_is_private(run, e->operation, random, e->operation->path)) return "an id that cannot exist is answered with an object";
    if (nobody->good && signs_share(known, nobody)) return "callers without credentials get the object, too";
    return NULL;
}

static int look_at(struct check_run *run, struct experiment *e, size_t *ret_hit, struct signs *hit, const char **ret_reason, struct error *err) {
    struct signs known, random, nobody;
    size_t last = e->probe_count - 1;
    int r = signs_read(run, &e->arena, e->exchanges[last], &known, err);
    if (r == 0) r = signs_read(run, &e->arena, e->exchanges[RANDOM], &random, err);
    if (r == 0) r = signs_read(run, &e->arena, e->exchanges[NOBODY], &nobody, err);
    *ret_hit = SIZE_MAX;
    if (r != 0) return r;
    *ret_reason = void_reason(run, e, &known, &random, &nobody);
    for (size_t i = FIRST_OTHER; r == 0 && *ret_reason == NULL && i < last && *ret_hit == SIZE_MAX; i++) {
        r = signs_read(run, &e->arena, e->exchanges[i], hit, err);
        bool against = false;
        if (r == 0 && is_of_another(run, e->operation, &known, hit)) r = is_against_caller(run, &known, hit, &against, err);
        if (against) *ret_hit = i;
    }
    return r;
}

static int report(struct check_run *run, struct experiment *e, size_t hit, const struct signs *signs, struct error *err) {
    static const struct finding_effect effects[] = {{.category = CATEGORY_EXPOSURE, .cwe = 359}};
    const struct operation *op = e->operation;
    const struct parameter *p = &op->parameters[e->parameter];
    struct evidence_item evidence[] = {
        check_evidence(e, hit, EVIDENCE_PROBE, "an object of somebody else, asked by an ordinary identity"),
        check_evidence(e, e->probe_count - 1, EVIDENCE_REFERENCE, "the object that was known"),
        check_evidence(e, RANDOM, EVIDENCE_CONTROL, "an id that cannot exist"),
    };
    struct finding f = {
        .category = CATEGORY_BOLA,
        .cause = SV("object-of-another-owner"),
        .scope = SCOPE_OPERATION,
        .scope_key = access_key(&e->arena, op->method, op->path),
        .impact = signs_impact(signs, true, IMPACT_PERSONAL),
        .who = WHO_USER,
        .confidence = CONFIDENCE_FIRM,
        .title = SV("Objects of several owners can be read by changing an id"),
        .reason = signs->owner_count > 0 ? SV("one identity read private objects that name different owners in each round; nobody did not get them, an id that cannot exist gave none")
                                         : SV("one identity read the records of different people in each round; nobody did not get them, an id that cannot exist gave none"),
        .method = op->method,
        .path = op->path,
        .parameter = p->name,
        .parameter_in = p->in,
        .operation = op,
        .evidence = evidence,
        .evidence_count = 3,
        .effects = effects,
        .effect_count = signs_are_sensitive(signs),
        .cwe = {639},
    };
    if (f.scope_key.ptr == NULL) return error_nomem(err);
    return check_report(run, &f, err);
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    const struct question *q = e->user;
    size_t hit;
    struct signs signs;
    const char *reason = NULL;
    int r = look_at(run, e, &hit, &signs, &reason, err);
    if (r != 0) return r;
    if (hit == SIZE_MAX) {
        bool passed = reason == NULL && e->round == 1;
        check_coverage(run, e->operation, passed ? COVERAGE_PASSED : COVERAGE_INCONCLUSIVE, passed ? NULL : reason != NULL ? reason : "what the answers show changed between the rounds");
        return 0;
    }
    int blocked = check_is_blocked(run, e, hit);
    if (blocked < 0) return JUDGE_WAIT;
    if (blocked > 0 || ownership_is_shared(run, e->operation, false)) {
        check_coverage(run, e->operation, COVERAGE_PASSED, "blocked, or described as shared");
        return 0;
    }
    return e->round > 1 ? report(run, e, hit, &signs, err) : ask(run, e->operation, e->parameter, 2, q->others[hit - FIRST_OTHER], err);
}

const struct check check_bola_neighbour = {
    .id = "bola-neighbour",
    .title = "Objects of others beside the known ones",
    .category = CATEGORY_BOLA,
    .owasp = "API1:2023",
    .cwe = 639,
    .traits = CHECK_READ_ONLY | CHECK_ONE_IDENTITY,
    .state_size = sizeof(struct state),
    .plan = plan,
    .judge = judge,
};
