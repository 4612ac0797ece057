// SPDX-License-Identifier: Apache-2.0
// Operations that may be called as often as anybody likes. One burst an operation, last of all, for few operations: those that announce a limit small
// enough to be exceeded, those that guard a password or a code, one that costs much and one read (a search or an export when there is one).
// What is claimed is what was seen: so many requests in so much time, none of them refused.
//
// Where a limiter was seen, a second burst mixes other spellings of the same path in ("/x/", "//x", "/X", "/x?y"): a limiter that counts them anew is
// none. Truth condition, in two bursts: at least LEAST plain requests are limited, none of the SPELLED of one spelling is, and their answers have the
// form of the ordinary one. For a server that takes no notice of the spelling that has C(P, k) / C(P + SPELLED, k).
//
// In the bursts of the first two kinds some requests, drawn at random, carry forged addresses of the caller: limit-bypass reads them.
#include <math.h>

#include "base/numbers.h"
#include "base/vec.h"
#include "checks/support/access.h"
#include "checks/support/limits.h"
#include "evidence/failure.h"
#include "http/header.h"

enum {
    ANNOUNCED_MAX = 60, // a larger limit is not tried
    ANNOUNCED_OPERATIONS = 6,
    OVER = 24, // requests beyond the announced number
    FORGED = 24,
    GUARDED = 48,
    COSTLY = 20,
    READS = 40,
    UNNUMBERED = 60,
    SPELLED = 6,
    LEAST = 8,
    WAIT_MOST = 10, // seconds that a limiter may make us wait for its second burst
    ROUND_SPELLED = 11,
};
enum spelling { SPELLED_PLAIN, SPELLED_SLASH, SPELLED_DOUBLE, SPELLED_CASE, SPELLED_QUERY, SPELLING_COUNT };
static const char *const spelling_notes[SPELLING_COUNT] = {"", "a slash behind it", "two slashes in front", "another case of a letter", "an unused query parameter"};
// A word in a path is no cost: the operation must take its time, too.
#define COSTLY_LEAST (100 * USEC_PER_MSEC)
#define SLOW_FACTOR 10
#define SLOW_LEAST USEC_PER_SEC

struct candidate {
    const struct operation *op;
    enum limit_class class;
    struct limit_announcement announced;
    size_t identity;
};
struct state {
    bool planned;
};
struct burst {
    struct candidate candidate;
    bool *forged; // per probe
    enum spelling *spellings; // per probe of a burst of spellings, else NULL
};

// -- choosing --------------------------------------------------------------------------------------------------------------------

// An operation that was exercised: a good answer, or, where something is guessed, the refusal of a wrong guess.
static bool is_exercised(const struct baseline *b, enum limit_class class) {
    if (b->state == BASELINE_GOOD && (limit_guards(class) || !answer_is_failure(b->answer))) return true;
    if (!limit_guards(class) || !exchange_answered(b->answer)) return false;
    unsigned status = b->answer->response.status;
    return status == 401 || status == 403 || status == 404;
}

static bool candidate_of(struct check_run *run, const struct operation *op, struct candidate *ret) {
    *ret = (struct candidate){.op = op, .class = limit_class_of(run, op)};
    if (check_operation_is_documentation(run, op)) return false;
    for (size_t i = 0; i < check_identity_count(run); i++) {
        const struct baseline *b = check_baseline(run, op, i);
        if (!is_exercised(b, ret->class)) continue;
        ret->identity = i;
        if (ret->class == LIMIT_COSTLY && b->latency_median < COSTLY_LEAST) ret->class = LIMIT_READ;
        ret->announced = limit_announced(run, op, b->answer);
        return true;
    }
    return false;
}

static bool is_announced(const struct candidate *c) {
    return c->announced.count > 0 && c->announced.count <= ANNOUNCED_MAX;
}

static unsigned plain_count(const struct candidate *c) {
    if (is_announced(c)) return (unsigned)c->announced.count + OVER;
    if (limit_guards(c->class)) return GUARDED;
    if (c->class == LIMIT_COSTLY) return COSTLY;
    return c->announced.any ? UNNUMBERED : READS;
}

// What may make us wait for a Retry-After goes last, the longest wait last of all.
static double value_of(const struct candidate *c, bool mixed) {
    return mixed ? 0.01 / (1 + (double)c->announced.window / (double)USEC_PER_SEC) : 0.05;
}

static int ask(struct check_run *run, const struct candidate *c, uint16_t round, struct error *err) {
    struct experiment *e = check_experiment(run, c->op, c->class);
    struct burst *b = e == NULL ? NULL : arena_new(&e->arena, struct burst);
    unsigned plain = plain_count(c), forged = round == 1 && (is_announced(c) || limit_guards(c->class)) ? FORGED : 0;
    if (b == NULL) return error_nomem(err);
    b->candidate = *c;
    b->forged = arena_new_array(&e->arena, bool, plain + forged);
    struct sv name = rng_word(check_rng(run), &e->arena, 14);
    if (b->forged == NULL || name.ptr == NULL) return error_nomem(err);
    e->user = b;
    e->round = round;
    e->phase = PHASE_LATE;
    e->schedule = SCHEDULE_BURST;
    e->value = value_of(c, forged > 0);
    if (round > 1) e->purpose = PURPOSE_CONFIRM;
    for (unsigned left = plain + forged, n = 0; left > 0; left--, n++) {
        struct request rq;
        b->forged[n] = forged > 0 && rng_below(check_rng(run), left) < forged;
        forged -= b->forged[n];
        int r = limit_request(run, &e->arena, &check_baseline(run, c->op, c->identity)->call, c->class, name, b->forged[n], &rq, err);
        if (r != 0) return r;
        if (check_probe(run, e, ROLE_PROBE, c->identity, &rq) == NULL) return error_nomem(err);
    }
    (void)check_submit(run, e);
    return 0;
}

static bool is_read(const struct operation *op) {
    return sv_eq(op->method, SV("GET"));
}

// One read stands for all: the heaviest, then the one with a documented limit.
static bool is_better_read(const struct candidate *now, const struct candidate *old) {
    if (old->op == NULL) return true;
    if (now->class != old->class) return now->class > old->class;
    return now->announced.any && !old->announced.any;
}

struct choice {
    struct candidate read, costly;
    bool guarded[LIMIT_CLASS_COUNT];
    unsigned announced;
};

// Is it one of those that are asked for themselves?
static bool is_chosen(struct choice *chosen, const struct candidate *c) {
    if (is_announced(c)) return chosen->announced++ < ANNOUNCED_OPERATIONS;
    if (!limit_guards(c->class) || c->announced.count > 0 || chosen->guarded[c->class]) return false;
    chosen->guarded[c->class] = true;
    return true;
}

static void keep_as_stand_in(struct choice *chosen, const struct candidate *c) {
    if (c->announced.count > 0) return;
    if (c->class == LIMIT_COSTLY && chosen->costly.op == NULL) chosen->costly = *c;
    else if (c->class <= LIMIT_HEAVY && is_read(c->op) && is_better_read(c, &chosen->read)) chosen->read = *c;
}

static int plan_all(struct check_run *run, struct error *err) {
    const struct api *api = check_api(run);
    struct choice chosen = {0};
    int r = 0;
    for (size_t i = 0; i < api->operation_count && r == 0; i++) {
        struct candidate c;
        if (!candidate_of(run, api->operations[i], &c)) continue;
        if (is_chosen(&chosen, &c)) r = ask(run, &c, 1, err);
        else keep_as_stand_in(&chosen, &c);
    }
    if (r == 0 && chosen.costly.op != NULL) r = ask(run, &chosen.costly, 1, err);
    if (r == 0 && chosen.read.op != NULL) r = ask(run, &chosen.read, 1, err);
    return r;
}

// All at the first operation: which read stands for the others is known only when all are.
static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    struct state *s = check_state(run);
    struct candidate c;
    bool tried = candidate_of(run, op, &c);
    if (tried && c.announced.count > ANNOUNCED_MAX) check_coverage(run, op, COVERAGE_NOT_TESTED, "the announced limit is larger than what is tried");
    else if (!tried && limit_guards(c.class)) check_coverage(run, op, COVERAGE_NOT_TESTED, "no request to it was answered in this mode");
    else check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "another operation of its kind stands for it");
    if (s->planned) return 0;
    s->planned = true;
    return plan_all(run, err);
}

// -- judging ---------------------------------------------------------------------------------------------------------------------

struct count {
    unsigned sent, answered, limited, usual;
    usec_t duration;
    bool slowed;
    size_t last; // index of the last answer
};

static unsigned first_status(const struct experiment *e) {
    const struct exchange *first = NULL;
    for (size_t i = 0; i < e->probe_count; i++) {
        const struct exchange *x = e->exchanges[i];
        if (exchange_answered(x) && (first == NULL || x->id < first->id) && x->response.status != 429 && x->response.status != 503) first = x;
    }
    return first == NULL ? 0 : first->response.status;
}

static struct count count_plain(struct check_run *run, const struct experiment *e, const bool *forged) {
    struct count c = {.usual = first_status(e)};
    usec_t begin = UINT64_MAX, end = 0, fastest = UINT64_MAX, slowest = 0;
    for (size_t i = 0; i < e->probe_count; i++) {
        const struct exchange *x = e->exchanges[i];
        if (forged[i]) continue;
        c.sent++;
        if (!exchange_answered(x)) continue;
        c.answered++;
        c.limited += limit_refuses(run, x, c.usual);
        if (x->started < begin) begin = x->started;
        if (x->started + x->response.total >= end) {
            end = x->started + x->response.total;
            c.last = i;
        }
        if (x->response.first_byte < fastest) fastest = x->response.first_byte;
        if (x->response.first_byte > slowest) slowest = x->response.first_byte;
    }
    c.duration = end > begin ? end - begin : 0;
    c.slowed = c.answered > 0 && slowest > SLOW_LEAST && slowest > fastest * SLOW_FACTOR;
    return c;
}

// More answers than the announced number allows in the time that the burst took, and then some.
static bool is_exceeded(const struct limit_announcement *a, const struct count *c) {
    usec_t window = a->window > 0 ? a->window : USEC_PER_SEC;
    uint64_t allowed = a->count * (1 + c->duration / window);
    return c->answered > allowed + OVER / 2;
}

static const char *title_of(const struct candidate *c) {
    static const char *const titles[LIMIT_CLASS_COUNT] = {
        "Reads are not limited", "Searches and exports are not limited", "A costly operation is not limited", "Codes can be guessed without a limit",
        "Account recovery can be started without a limit", "Passwords can be guessed without a limit"};
    return is_announced(c) && !limit_guards(c->class) ? "The announced limit is not kept" : titles[c->class];
}

static struct sv cause_of(const struct candidate *c) {
    static const struct sv causes[LIMIT_CLASS_COUNT] = {SV_INIT("no-limit"),         SV_INIT("no-limit"),         SV_INIT("no-limit-on-cost"),
                                                        SV_INIT("no-limit-on-code"), SV_INIT("no-limit-on-reset"), SV_INIT("no-limit-on-login")};
    return is_announced(c) ? SV("announced-limit-not-kept") : causes[c->class];
}

static enum impact impact_of(const struct candidate *c) {
    if (is_announced(c) || c->class >= LIMIT_COSTLY) return IMPACT_COST;
    return c->class == LIMIT_HEAVY || c->announced.any ? IMPACT_HARDENING : IMPACT_NOTE;
}

static struct sv reason_of(struct arena *a, const struct candidate *c, const struct count *n) {
    double seconds = (double)n->duration / (double)USEC_PER_SEC;
    if (is_announced(c))
        return arena_printf(a, "%u requests within %.2f s were all answered, where a limit of %llu is announced", n->answered, seconds,
                            (unsigned long long)c->announced.count);
    return arena_printf(a, "no limit up to %u requests within %.2f s", n->answered, seconds);
}

static int report(struct check_run *run, struct experiment *e, const struct candidate *c, const struct count *n, struct error *err) {
    static const struct finding_effect guards[] = {{.category = CATEGORY_AUTHENTICATION, .cwe = 307}};
    const struct operation *op = c->op;
    const struct evidence_item evidence[] = {check_evidence(e, n->last, EVIDENCE_PROBE, "the last answer of the burst"),
                                             check_evidence(e, 0, EVIDENCE_REFERENCE, "the first request of the burst")};
    struct finding f = {
        .category = CATEGORY_RATE,
        .cause = cause_of(c),
        .scope = is_announced(c) ? SCOPE_OPERATION : SCOPE_HOST,
        .scope_key = is_announced(c) ? access_key(&e->arena, op->method, op->path) : SV(""),
        .impact = impact_of(c),
        .who = c->identity == 0 ? WHO_ANYONE : WHO_USER,
        .confidence = e->round > 1 ? CONFIDENCE_CONFIRMED : CONFIDENCE_FIRM,
        .title = sv_from(title_of(c)),
        .reason = reason_of(&e->arena, c, n),
        .method = op->method,
        .path = op->path,
        .operation = op,
        .evidence = evidence,
        .evidence_count = 2,
        .effects = guards,
        .effect_count = limit_guards(c->class) ? 1 : 0,
        .cwe = {limit_guards(c->class) ? 307 : 770},
    };
    if (f.scope_key.ptr == NULL || f.reason.ptr == NULL) return error_nomem(err);
    return check_report(run, &f, err);
}

// -- other spellings ---------------------------------------------------------------------------------------------------------------

static struct sv flip_case(struct arena *a, struct sv path) {
    struct sv copy = arena_copy_sv(a, path);
    char *out = arena_alloc(a, path.len);
    size_t slash = sv_rfind_char(path, '/');
    if (copy.ptr == NULL || out == NULL) return SV_NONE;
    memcpy(out, copy.ptr, copy.len);
    for (size_t i = slash == SIZE_MAX ? 0 : slash; i < path.len; i++) {
        bool lower = out[i] >= 'a' && out[i] <= 'z', upper = out[i] >= 'A' && out[i] <= 'Z';
        if (!lower && !upper) continue;
        out[i] = (char)(lower ? out[i] - 'a' + 'A' : out[i] - 'A' + 'a');
        return sv_make(out, path.len);
    }
    return SV_NONE;
}

// SV_NONE when the path cannot be written so.
static struct sv spell(struct check_run *run, struct arena *a, struct sv target, enum spelling how) {
    size_t q = sv_find_char(target, '?');
    struct sv path = sv_slice(target, 0, q == SIZE_MAX ? target.len : q), query = q == SIZE_MAX ? SV("") : sv_from_index(target, q);
    switch (how) {
    case SPELLED_SLASH:
        return sv_ends_with(path, SV("/")) ? SV_NONE : arena_printf(a, SV_FMT "/" SV_FMT, SV_ARG(path), SV_ARG(query));
    case SPELLED_DOUBLE:
        return arena_printf(a, "/" SV_FMT SV_FMT, SV_ARG(path), SV_ARG(query));
    case SPELLED_CASE:
        path = flip_case(a, path);
        return path.ptr == NULL ? SV_NONE : arena_printf(a, SV_FMT SV_FMT, SV_ARG(path), SV_ARG(query));
    case SPELLED_QUERY:
        return arena_printf(a, SV_FMT "%s" SV_FMT "=1", SV_ARG(target), query.len > 0 ? "&" : "?", SV_ARG(rng_word(check_rng(run), a, 6)));
    case SPELLED_PLAIN:
    case SPELLING_COUNT:
        break;
    }
    return target;
}

// Plain ones and SPELLED of each spelling, in random order.
static void shuffle_spellings(struct check_run *run, enum spelling *list, unsigned plain) {
    unsigned n = plain + SPELLED * (SPELLING_COUNT - 1);
    for (unsigned i = 0; i < n; i++) list[i] = i < plain ? SPELLED_PLAIN : (enum spelling)(1 + (i - plain) / SPELLED);
    for (unsigned i = n; i > 1; i--) {
        unsigned k = (unsigned)rng_below(check_rng(run), i);
        enum spelling other = list[k];
        list[k] = list[i - 1];
        list[i - 1] = other;
    }
}

static int add_spelled(struct check_run *run, struct experiment *e, const struct candidate *c, enum spelling how, struct sv name, struct error *err) {
    struct request rq;
    int r = limit_request(run, &e->arena, &check_baseline(run, c->op, c->identity)->call, c->class, name, false, &rq, err);
    struct sv target = r == 0 ? spell(run, &e->arena, rq.target, how) : SV_NONE;
    if (target.ptr != NULL) rq.target = target;
    if (r == 0 && check_probe(run, e, ROLE_PROBE, c->identity, &rq) == NULL) r = error_nomem(err);
    return r;
}

static int ask_spelled(struct check_run *run, const struct candidate *c, uint16_t round, struct error *err) {
    struct experiment *e = check_experiment(run, c->op, c->class);
    struct burst *b = e == NULL ? NULL : arena_new(&e->arena, struct burst);
    unsigned plain = plain_count(c), n = plain + SPELLED * (SPELLING_COUNT - 1);
    if (b == NULL) return error_nomem(err);
    b->candidate = *c;
    b->forged = arena_new_array(&e->arena, bool, n);
    b->spellings = arena_new_array(&e->arena, enum spelling, n);
    struct sv name = rng_word(check_rng(run), &e->arena, 14);
    if (b->forged == NULL || b->spellings == NULL || name.ptr == NULL) return error_nomem(err);
    e->user = b;
    e->round = round;
    e->phase = PHASE_LATE;
    e->schedule = SCHEDULE_BURST;
    e->value = value_of(c, true);
    e->purpose = PURPOSE_CONFIRM;
    shuffle_spellings(run, b->spellings, plain);
    int r = 0;
    for (unsigned i = 0; i < n && r == 0; i++) r = add_spelled(run, e, c, b->spellings[i], name, err);
    if (r == 0) (void)check_submit(run, e);
    return r;
}

// A limiter that sends us away for long is not asked once more.
static bool waits_briefly(const struct experiment *e) {
    uint64_t most = 0;
    for (size_t i = 0; i < e->probe_count; i++) {
        uint64_t seconds = 0;
        if (!exchange_answered(e->exchanges[i])) continue;
        struct sv text = sv_trim(header_find(&e->exchanges[i]->response.headers, SV("Retry-After")));
        if (text.len > 0 && number_parse_u64(text, &seconds) != 0) seconds = WAIT_MOST + 1;
        most = seconds > most ? seconds : most;
    }
    return most <= WAIT_MOST;
}

struct spelled_count {
    unsigned sent, passed;
    size_t example;
};

// Has the answer the ordinary one's status and form?
static int is_ordinary(struct check_run *run, struct experiment *e, size_t i, const struct baseline *b, bool *ret, struct error *err) {
    struct signature s;
    int r = check_signature(run, e, i, &s, err);
    *ret = r == 0 && s.valid && s.status == b->signature.status && signature_alike(&s, &b->signature);
    return r;
}

static int count_spelled(struct check_run *run, struct experiment *e, struct spelled_count ret[SPELLING_COUNT], unsigned *ret_limited, size_t *ret_refused, struct error *err) {
    const struct burst *b = e->user;
    const struct baseline *base = check_baseline(run, b->candidate.op, b->candidate.identity);
    unsigned usual = base->answer->response.status;
    for (size_t i = 0; i < e->probe_count; i++) {
        struct spelled_count *c = &ret[b->spellings[i]];
        bool refused = limit_refuses(run, e->exchanges[i], usual), same = false;
        int r = refused ? 0 : is_ordinary(run, e, i, base, &same, err);
        if (r != 0) return r;
        c->sent++;
        c->passed += same;
        if (same) c->example = i;
        if (refused && b->spellings[i] == SPELLED_PLAIN) {
            ++*ret_limited;
            *ret_refused = i;
        }
    }
    return 0;
}

static double spelled_bits(unsigned plain, unsigned limited) {
    double bits = 0;
    for (unsigned i = 0; i < limited; i++) bits += log2((double)(plain + SPELLED - i) / (double)(plain - i > 0 ? plain - i : 1));
    return bits;
}

static int report_spelled(struct check_run *run, struct experiment *e, enum spelling how, const struct spelled_count *c, unsigned limited, size_t refused, struct error *err) {
    const struct candidate *candidate = &((const struct burst *)e->user)->candidate;
    const struct operation *op = candidate->op;
    const struct evidence_item evidence[] = {check_evidence(e, c->example, EVIDENCE_PROBE, spelling_notes[how]), check_evidence(e, refused, EVIDENCE_CONTROL, "the plain path: limited")};
    const struct finding f = {
        .category = CATEGORY_RATE,
        .cause = SV("limit-counts-by-spelling"),
        .scope = SCOPE_OPERATION,
        .scope_key = access_key(&e->arena, op->method, op->path),
        .impact = IMPACT_COST,
        .who = candidate->identity == 0 ? WHO_ANYONE : WHO_USER,
        .confidence = CONFIDENCE_CONFIRMED,
        .title = SV("The limit is got around by another spelling of the path"),
        .reason = arena_printf(&e->arena, "in two bursts the plain path was limited (%u times in the last one), and none of %u requests with %s", limited, c->sent, spelling_notes[how]),
        .method = op->method,
        .path = op->path,
        .operation = op,
        .evidence = evidence,
        .evidence_count = 2,
        .cwe = {799},
    };
    if (f.scope_key.ptr == NULL || f.reason.ptr == NULL) return error_nomem(err);
    return check_report(run, &f, err);
}

static int judge_spelled(struct check_run *run, struct experiment *e, struct error *err) {
    const struct burst *b = e->user;
    struct spelled_count counts[SPELLING_COUNT] = {0};
    unsigned limited = 0;
    size_t refused = 0;
    int r = count_spelled(run, e, counts, &limited, &refused, err);
    if (r != 0 || limited < LEAST || spelled_bits(counts[SPELLED_PLAIN].sent, limited) < ORACLE_ROUND_BITS) return r;
    for (unsigned how = 1; how < SPELLING_COUNT; how++) {
        if (counts[how].passed < SPELLED || counts[how].passed != counts[how].sent) continue;
        return e->round == ROUND_SPELLED ? ask_spelled(run, &b->candidate, ROUND_SPELLED + 1, err) : report_spelled(run, e, (enum spelling)how, &counts[how], limited, refused, err);
    }
    return 0;
}

// -- verdict -----------------------------------------------------------------------------------------------------------------------

static const char *doubt(const struct candidate *c, const struct count *n) {
    if (n->answered * 10 < n->sent * 9) return "not all requests of the burst were answered";
    if (n->usual >= 500 || n->usual == 0) return "the burst was answered with errors of the service";
    if (n->slowed) return "answers became slow during the burst, which may be a limit of its own kind";
    if (is_announced(c) && !is_exceeded(&c->announced, n)) return "the burst took too long to exceed the announced limit";
    return NULL;
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    const struct burst *b = e->user;
    const struct candidate *c = &b->candidate;
    if (b->spellings != NULL) return judge_spelled(run, e, err);
    struct count n = count_plain(run, e, b->forged);
    if (n.limited > 0) {
        check_coverage(run, c->op, COVERAGE_PASSED, "limited");
        return n.limited >= LEAST && waits_briefly(e) ? ask_spelled(run, c, ROUND_SPELLED, err) : 0;
    }
    const char *why = doubt(c, &n);
    if (why != NULL) {
        check_coverage(run, c->op, COVERAGE_INCONCLUSIVE, why);
        return 0;
    }
    bool sure = is_announced(c) || limit_guards(c->class);
    return sure && e->round == 1 ? ask(run, c, 2, err) : report(run, e, c, &n, err);
}

const struct check check_limit_missing = {
    .id = "limit-missing",
    .title = "Limits that are missing or not kept",
    .category = CATEGORY_RATE,
    .owasp = "API4:2023",
    .cwe = 770,
    .traits = CHECK_READ_ONLY,
    .state_size = sizeof(struct state),
    .plan = plan,
    .judge = judge,
};
