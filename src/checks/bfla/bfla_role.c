// SPDX-License-Identifier: Apache-2.0
// Functions of a higher role that answer an ordinary one (evidence.md: oracle "function"): the matrix of roles and operations, read from the baselines
// that every identity has of every operation, and a few usual places of administration that nothing describes, asked as an ordinary identity.
//
// A function is of a higher role when the description keeps it for one; when another operation below the same administrative segment, or another
// version of the same operation, refuses this caller; or when its answer is of a management class. A word in the path alone is never enough.
// A round, one after the other: nobody, the ordinary identity, a random neighbour of the path as the same identity, a privileged identity where there
// is one, the ordinary identity again. Truth condition: both answers to the ordinary identity are good, of the form of the baseline and outside the
// absence model; nobody's and the neighbour's are not. Two rounds, the second alone: a server that draws its status among k values passes with less
// than k^-8 (two good, two refused in each round).
#include "checks/support/admin_places.h"
#include "checks/support/contrast.h"
#include "checks/support/debug_pages.h"
#include "checks/support/identities.h"
#include "checks/support/ownership.h"
#include "checks/support/words.h"

enum { IDENTITIES_MAX = 32, ASKED_MAX = 2, PLACES_MAX = 42, SIBLINGS_MAX = 24 };
enum { TAG_OPERATION, TAG_PLACE };
enum { NOBODY, ORDINARY, NEIGHBOUR, AGAIN, PRIVILEGED };

struct state {
    bool ready;
    uint16_t ordinary[ASKED_MAX]; // one for each label of a role
    size_t ordinary_count;
    uint16_t privileged; // 0: none
    unsigned siblings;   // versions that nothing describes, asked so far
};

enum sign { SIGN_NONE, SIGN_CLASS, SIGN_SIBLING, SIGN_VERSION, SIGN_DESCRIBED };
static const char *const sign_texts[] = {
    [SIGN_NONE] = "",
    [SIGN_CLASS] = "the answer is of a class that only administrators should get",
    [SIGN_SIBLING] = "another operation below the same administrative segment refuses this caller",
    [SIGN_VERSION] = "another version of the operation refuses this caller",
    [SIGN_DESCRIBED] = "the description keeps it for a role",
};

// An identity whose role nobody named is ordinary only when it was refused somewhere, or when another identity stands beside it.
static bool role_is_known(struct check_run *run, size_t identity) {
    if (check_identity(run, identity)->role.len > 0 || check_identity_count(run) > 2) return true;
    const struct api *api = check_api(run);
    for (size_t i = 0; i < api->operation_count; i++) {
        const struct operation *op = api->operations[i];
        const struct baseline *b = check_baseline(run, op, identity);
        if (sv_find_char(op->path, '{') == SIZE_MAX && b->state == BASELINE_REFUSED && b->signature.status == 403) return true;
    }
    return false;
}

static struct state *state_of(struct check_run *run) {
    struct state *s = check_state(run);
    if (s->ready) return s;
    s->ready = true;
    for (size_t i = 1; i < check_identity_count(run) && i < IDENTITIES_MAX; i++) {
        if (!identity_is_ordinary(run, i)) {
            if (s->privileged == 0 && identity_is_privileged(run, i) && check_identity_state(run, i) != IDENTITY_DEAD) s->privileged = (uint16_t)i;
            continue;
        }
        bool same = false;
        for (size_t k = 0; k < s->ordinary_count; k++) same = same || sv_eq(check_identity(run, s->ordinary[k])->role, check_identity(run, i)->role);
        if (!same && s->ordinary_count < ASKED_MAX && role_is_known(run, i)) s->ordinary[s->ordinary_count++] = (uint16_t)i;
    }
    return s;
}

// -- signs ---------------------------------------------------------------------------------------------------------------------

// Does the segment number a version: "v2", "v1.1", and behind a word for the interface itself "2"?
static bool is_version(struct sv s, struct sv before) {
    if (s.len > 1 && s.len < 6 && sv_lower_char(s.ptr[0]) == 'v') return sv_is_digits(sv_slice(s, 1, 2));
    bool base = sv_eq_nocase(before, SV("api")) || sv_eq_nocase(before, SV("rest")) || sv_eq_nocase(before, SV("service")) || sv_eq_nocase(before, SV("services"));
    return s.len > 0 && s.len <= 2 && sv_is_digits(s) && base;
}

// The path with `version` in the place of the segment that numbers one, left out when empty; *ret_found: was there one?
static struct sv with_version(struct arena *a, struct sv path, struct sv version, bool *ret_found) {
    struct sv rest = path, segment, before = SV_NONE, out = SV("");
    *ret_found = false;
    while (out.ptr != NULL && rest.ptr != NULL && sv_split(&rest, '/', &segment)) {
        bool here = !*ret_found && is_version(segment, before);
        *ret_found = *ret_found || here;
        before = segment;
        if (here) segment = version;
        if (segment.len > 0) out = arena_printf(a, SV_FMT "/" SV_FMT, SV_ARG(out), SV_ARG(segment));
    }
    return out;
}

// "/v2/admin/users" and "/admin/users" without what looks like a version.
static struct sv without_version(struct arena *a, struct sv path) {
    bool found;
    return with_version(a, path, SV(""), &found);
}

// The path up to its first administrative segment; empty when it has none.
static struct sv admin_prefix(struct check_run *run, struct sv path) {
    const struct node *words = words_list(check_knowledge(run, "access"), SV("admin_segments"));
    for (size_t at = 0; at < path.len;) {
        size_t begin = at + (path.ptr[at] == '/'), end = begin;
        while (end < path.len && path.ptr[end] != '/') end++;
        if (end > begin && segment_is_listed(words, sv_slice(path, begin, end))) return sv_slice(path, 0, end);
        at = end > at ? end : at + 1;
    }
    return SV_NONE;
}

static bool refuses(struct check_run *run, const struct operation *op, size_t identity) {
    const struct baseline *b = check_baseline(run, op, identity);
    return b->state == BASELINE_REFUSED && sv_find_char(op->path, '{') == SIZE_MAX && check_identity_state(run, identity) != IDENTITY_DEAD;
}

static const struct operation *find_refusing(struct check_run *run, struct arena *a, struct sv path, const struct operation *op, size_t identity, bool version) {
    const struct api *api = check_api(run);
    struct sv prefix = admin_prefix(run, path), bare = without_version(a, path);
    for (size_t i = 0; i < api->operation_count; i++) {
        const struct operation *other = api->operations[i];
        if (other == op || !sv_eq(other->method, SV("GET")) || !refuses(run, other, identity)) continue;
        bool below = prefix.len > 0 && sv_starts_with(other->path, prefix) && (other->path.len == prefix.len || other->path.ptr[prefix.len] == '/');
        if (version ? !sv_eq(other->path, path) && sv_eq(without_version(a, other->path), bare) : below) return other;
    }
    return NULL;
}

static bool scopes_are_privileged(struct check_run *run, const struct operation *op) {
    const struct node *roles = words_list(check_knowledge(run, "access"), SV("privileged_roles"));
    for (size_t i = 0; i < op->scope_count; i++) {
        struct sv rest = op->scopes[i], part;
        while (sv_split(&rest, ':', &part)) {
            struct word w = word_of(part);
            if (words_have(roles, &w)) return true;
        }
    }
    return false;
}

static bool is_about_caller(struct check_run *run, struct sv path) {
    return words_in_path(words_list(check_knowledge(run, "access"), SV("caller_segments")), path);
}

// Runtime metrics and profilers are debug routes; a directory that the description calls shared is no secret of administrators.
static bool class_counts(struct check_run *run, const struct operation *op, struct sv class_id) {
    if (class_id.ptr == NULL || sv_contains(class_id, SV("metric")) || sv_contains(class_id, SV("profil"))) return false;
    return op == NULL || !ownership_is_shared(run, op, false);
}

static int sign_of(struct check_run *run, struct arena *a, const struct operation *op, struct sv path, const struct exchange *answer, size_t identity,
                   struct access *d, enum sign *ret, struct error *err) {
    int r = access_decide(run, a, op, answer, d, err);
    *ret = SIGN_NONE;
    if (r != 0 || !d->signs.good || is_about_caller(run, path)) return r;
    if (op != NULL && (d->restricted || scopes_are_privileged(run, op))) *ret = SIGN_DESCRIBED;
    else if (d->parameter == SIZE_MAX && find_refusing(run, a, path, op, identity, true) != NULL) *ret = SIGN_VERSION;
    else if (find_refusing(run, a, path, op, identity, false) != NULL) *ret = SIGN_SIBLING;
    else if (class_counts(run, op, d->signs.management)) *ret = SIGN_CLASS;
    return 0;
}

// -- asking --------------------------------------------------------------------------------------------------------------------

static bool ask(struct check_run *run, const struct operation *op, const struct request *rq, uint16_t identity, uint16_t round, uint32_t tag) {
    const struct state *s = check_state(run);
    struct experiment *e = check_experiment(run, op, tag | (uint32_t)identity << 8);
    if (e == NULL) return false;
    e->round = round;
    e->value = round > 1 ? 90 : 45;
    e->schedule = round > 1 ? SCHEDULE_ALONE : SCHEDULE_ORDERED;
    if (round > 1) e->purpose = PURPOSE_CONFIRM;
    struct request neighbour = *rq;
    neighbour.target = target_neighbour(&e->arena, check_rng(run), rq->target);
    if (neighbour.target.ptr == NULL) neighbour.target = SV("/");
    bool ok = check_probe(run, e, ROLE_CONTROL, 0, rq) != NULL && check_probe(run, e, ROLE_PROBE, identity, rq) != NULL &&
              check_probe(run, e, ROLE_CONTROL, identity, &neighbour) != NULL && check_probe(run, e, ROLE_PROBE, identity, rq) != NULL;
    if (ok && s->privileged != 0) ok = check_probe(run, e, ROLE_REFERENCE, s->privileged, rq) != NULL;
    return ok && check_submit(run, e);
}

static bool is_described(struct check_run *run, struct sv path) {
    const struct api *api = check_api(run);
    for (size_t i = 0; i < api->operation_count; i++) {
        if (path_template_matches(api->operations[i]->path, path)) return true;
    }
    return false;
}

static int ask_place(struct check_run *run, struct sv target, uint16_t identity, struct error *err) {
    struct experiment *e = check_experiment(run, NULL, TAG_PLACE | (uint32_t)identity << 8);
    struct request rq = {.method = SV("GET"), .target = target};
    if (e == NULL || target.ptr == NULL || check_probe(run, e, ROLE_PROBE, identity, &rq) == NULL) return error_nomem(err);
    e->value = 4;
    e->round = 0;
    check_submit(run, e);
    return 0;
}

// Other versions of what this identity is refused, which nothing describes: the guard may be missing there.
static int ask_siblings(struct check_run *run, const struct operation *op, uint16_t identity, struct error *err) {
    static const struct sv versions[] = {SV_INIT("v1"), SV_INIT("v2"), SV_INIT("v0"), SV_INIT("v3"), SV_INIT("")}, numbers[] = {SV_INIT("1"), SV_INIT("2"), SV_INIT("0"), SV_INIT("3"), SV_INIT("")};
    struct state *s = check_state(run);
    auto_arena a = {.limit = (size_t)1 << 20};
    bool found, numbered = false;
    struct sv v = with_version(&a, op->path, SV("v1"), &found), n = with_version(&a, op->path, SV("1"), &found);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && !numbered; i++) numbered = sv_eq(with_version(&a, op->path, numbers[i], &found), op->path);
    if (v.ptr == NULL || n.ptr == NULL || !found || sv_find_char(op->path, '{') != SIZE_MAX || !sv_eq(op->method, SV("GET"))) return 0;
    for (size_t i = 0; i < sizeof versions / sizeof versions[0] && s->siblings < SIBLINGS_MAX; i++) {
        struct sv path = with_version(&a, op->path, numbered ? numbers[i] : versions[i], &found);
        if (path.ptr == NULL) return error_nomem(err);
        if (sv_eq(path, op->path) || is_described(run, path)) continue;
        s->siblings++;
        int r = ask_place(run, path, identity, err);
        if (r != 0) return r;
    }
    return 0;
}

static int ask_places(struct check_run *run, struct error *err) {
    const struct state *s = check_state(run);
    if (s->ordinary_count == 0) return 0;
    auto_arena a = {.limit = (size_t)1 << 20};
    struct sv places[ADMIN_PLACES_MAX];
    size_t count = admin_places(run, &a, PLACES_MAX, PLACES_MAX, places);
    for (size_t i = 0; i < count; i++) {
        int r = ask_place(run, places[i], s->ordinary[0], err);
        if (r != 0) return r;
    }
    return 0;
}

static void tell_coverage(struct check_run *run, const struct operation *op, bool asked, bool good, bool refused) {
    if (asked) return;
    if (good) check_coverage(run, op, COVERAGE_PASSED, NULL);
    else if (refused) check_coverage(run, op, COVERAGE_PASSED, "refused to the ordinary identity");
    else check_coverage(run, op, COVERAGE_INCONCLUSIVE, "never gave a good answer to an ordinary identity");
}

static int plan_identities(struct check_run *run, const struct operation *op, struct error *err) {
    const struct state *s = check_state(run);
    bool asked = false, good = false, refused = false;
    for (size_t i = 0; i < s->ordinary_count; i++) {
        const struct baseline *b = check_baseline(run, op, s->ordinary[i]);
        refused = refused || b->state == BASELINE_REFUSED;
        if (b->state != BASELINE_GOOD || b->answer == NULL || asked) continue;
        good = true;
        auto_arena a = {.limit = (size_t)32 << 20};
        struct access d;
        enum sign sign;
        int r = sign_of(run, &a, op, op->path, b->answer, s->ordinary[i], &d, &sign, err);
        if (r != 0) return r;
        if (sign != SIGN_NONE && debug_page_find(run, op->path, b->answer->response.body) == NULL)
            asked = ask(run, op, &b->request, s->ordinary[i], 1, TAG_OPERATION);
    }
    tell_coverage(run, op, asked, good, refused);
    return refused && !good && refuses(run, op, s->ordinary[0]) ? ask_siblings(run, op, s->ordinary[0], err) : 0;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    bool first = !((struct state *)check_state(run))->ready;
    struct state *s = state_of(run);
    int r = first ? ask_places(run, err) : 0;
    if (r != 0) return r;
    if (s->ordinary_count == 0) {
        check_coverage(run, op, COVERAGE_NOT_TESTED, "no identity is known to be an ordinary one (label it: role)");
        return 0;
    }
    if (!(sv_eq(op->method, SV("GET")) || op->read_only) || check_baseline(run, op, 0)->state == BASELINE_GOOD) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "changes something, or answers callers without credentials");
        return 0;
    }
    return plan_identities(run, op, err);
}

// -- judging -------------------------------------------------------------------------------------------------------------------

struct look {
    struct access access;
    enum sign sign;
    bool same_as_privileged;
    const char *void_because;
};

static int answer_is_like(struct check_run *run, struct experiment *e, size_t i, const struct signature *x, bool *ret, struct error *err) {
    struct signature other;
    struct signs s;
    int r = check_signature(run, e, i, &other, err);
    if (r == 0) r = signs_read(run, &e->arena, e->exchanges[i], &s, err);
    if (r == 0) *ret = s.good && signature_alike(x, &other);
    return r;
}

// Which of the answers are like the ordinary identity's first one.
struct likes {
    bool again, nobody, neighbour;
};

static const char *void_reason(struct check_run *run, const struct experiment *e, size_t identity, const struct look *l, const struct likes *likes) {
    if (check_identity_state(run, identity) == IDENTITY_DEAD) return "the identity's credential stopped working";
    if (!l->access.signs.good || !likes->again) return "the answers to the ordinary identity are not good each time, or not of one form";
    if (l->access.signs.cached) return "a cache answered, perhaps with what a privileged caller got";
    if (!exchange_answered(e->exchanges[NOBODY]) || !exchange_answered(e->exchanges[NEIGHBOUR])) return "a control was not answered";
    if (likes->nobody) return "callers without credentials get the same";
    if (likes->neighbour) return "a random neighbour of the path gets an answer of the same form";
    return l->sign == SIGN_NONE ? "what the answer shows changed between the rounds" : NULL;
}

static int look_at(struct check_run *run, struct experiment *e, size_t identity, struct look *l, struct error *err) {
    const struct operation *op = e->operation;
    struct sv path = op != NULL ? op->path : e->probes[ORDINARY].request.target;
    struct signature first;
    struct likes likes = {0};
    *l = (struct look){0};
    int r = check_signature(run, e, ORDINARY, &first, err);
    if (r == 0) r = sign_of(run, &e->arena, op, path, e->exchanges[ORDINARY], identity, &l->access, &l->sign, err);
    if (r == 0) r = answer_is_like(run, e, AGAIN, &first, &likes.again, err);
    if (r == 0) r = answer_is_like(run, e, NOBODY, &first, &likes.nobody, err);
    if (r == 0) r = answer_is_like(run, e, NEIGHBOUR, &first, &likes.neighbour, err);
    if (r != 0) return r;
    l->void_because = void_reason(run, e, identity, l, &likes);
    if (l->void_because != NULL || e->probe_count <= PRIVILEGED) return 0;
    struct signature top;
    r = check_signature(run, e, PRIVILEGED, &top, err);
    l->same_as_privileged = r == 0 && top.valid && signature_equal(&top, &first, op == NULL ? NULL : &check_baseline(run, op, identity)->volatility);
    return r;
}

static enum confidence confidence_of(const struct look *l) {
    // A list of people with their roles may be there for a team; the same list as the administrator's is less likely so.
    if (l->sign == SIGN_CLASS && !l->access.administrative && !l->same_as_privileged) return CONFIDENCE_FIRM;
    return l->sign == SIGN_SIBLING && !l->same_as_privileged && l->access.signs.management.ptr == NULL && !l->access.is_private ? CONFIDENCE_FIRM
                                                                                                                             : CONFIDENCE_CONFIRMED;
}

static int report(struct check_run *run, struct experiment *e, const struct look *l, struct error *err) {
    static const struct finding_effect effects[] = {{.category = CATEGORY_EXPOSURE, .cwe = 200}};
    const struct operation *op = e->operation;
    struct sv path = op != NULL ? op->path : e->probes[ORDINARY].request.target, method = op != NULL ? op->method : SV("GET");
    struct evidence_item evidence[] = {
        check_evidence(e, ORDINARY, EVIDENCE_PROBE, "an ordinary identity asks"),
        check_evidence(e, NOBODY, EVIDENCE_CONTROL, "without credentials"),
        check_evidence(e, NEIGHBOUR, EVIDENCE_CONTROL, "a random neighbour of the path, the same identity"),
        check_evidence(e, PRIVILEGED, EVIDENCE_REFERENCE, "a privileged identity asks"),
    };
    struct finding f = {
        .category = CATEGORY_BFLA,
        .cause = SV("function-of-a-higher-role"),
        .scope = SCOPE_OPERATION,
        .scope_key = access_key(&e->arena, method, path),
        .impact = signs_impact(&l->access.signs, false, l->sign == SIGN_SIBLING && l->access.signs.management.ptr == NULL && !l->access.is_private ? IMPACT_INTERNAL : IMPACT_ADMIN),
        .who = WHO_USER,
        .confidence = check_identity_state(run, e->probes[ORDINARY].identity) == IDENTITY_PROVEN ? confidence_of(l) : CONFIDENCE_FIRM,
        .title = SV("A function of a higher role answers an ordinary user"),
        .reason = arena_printf(&e->arena, "an ordinary identity got the same good answer in each round%s; %s%s" SV_FMT "%s; nobody and a random neighbour of the path did not get it",
                               l->same_as_privileged ? ", equal to that of a privileged one" : "", sign_texts[l->sign],
                               l->access.signs.management.ptr != NULL ? " (" : "", SV_ARG(l->access.signs.management), l->access.signs.management.ptr != NULL ? ")" : ""),
        .method = method,
        .path = path,
        .operation = op,
        .evidence = evidence,
        .evidence_count = e->probe_count > PRIVILEGED ? 4 : 3,
        .effects = effects,
        .effect_count = signs_are_sensitive(&l->access.signs),
        .cwe = {285},
    };
    if (f.scope_key.ptr == NULL || f.reason.ptr == NULL) return error_nomem(err);
    return check_report(run, &f, err);
}

// A place that nothing describes: only a management answer counts there, or that another version of it refuses this caller.
static int judge_place(struct check_run *run, struct experiment *e, uint16_t identity, struct error *err) {
    const struct exchange *x = e->exchanges[0];
    if (admin_place_wants_slash(x, e->probes[0].request.target)) {
        struct experiment *again = check_experiment(run, NULL, e->tag);
        if (again == NULL) return error_nomem(err);
        struct request rq = {.method = SV("GET"), .target = arena_printf(&again->arena, SV_FMT "/", SV_ARG(e->probes[0].request.target))};
        if (rq.target.ptr == NULL || check_probe(run, again, ROLE_PROBE, identity, &rq) == NULL) return error_nomem(err);
        again->round = 0;
        again->value = 5;
        check_submit(run, again);
        return 0;
    }
    struct access d;
    enum sign sign;
    int r = sign_of(run, &e->arena, NULL, e->probes[0].request.target, x, identity, &d, &sign, err);
    if (r != 0 || sign == SIGN_NONE || (d.signs.management.ptr == NULL && sign != SIGN_VERSION)) return r;
    enum presence presence = check_presence(run, e, 0);
    if (presence == PRESENCE_UNKNOWN) return JUDGE_WAIT;
    if (presence == PRESENCE_REAL) (void)ask(run, NULL, &e->probes[0].request, identity, 1, TAG_PLACE);
    return 0;
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    uint16_t identity = (uint16_t)(e->tag >> 8);
    const struct operation *op = e->operation;
    if (e->round == 0) return judge_place(run, e, identity, err);
    struct look l;
    int r = look_at(run, e, identity, &l, err);
    if (r != 0) return r;
    if (l.void_because != NULL) {
        if (op != NULL) check_coverage(run, op, COVERAGE_INCONCLUSIVE, l.void_because);
        return 0;
    }
    enum presence presence = check_presence(run, e, ORDINARY);
    int blocked = check_is_blocked(run, e, ORDINARY);
    if (presence == PRESENCE_UNKNOWN || blocked < 0) return JUDGE_WAIT;
    if (presence == PRESENCE_NOTHING || blocked > 0) {
        if (op != NULL) check_coverage(run, op, COVERAGE_INCONCLUSIVE, "random neighbours of the path, or a firewall, give the same");
        return 0;
    }
    if (e->round > 1) return report(run, e, &l, err);
    (void)ask(run, op, &e->probes[ORDINARY].request, identity, 2, e->tag & 0xff);
    return 0;
}

const struct check check_bfla_role = {
    .id = "bfla-role",
    .title = "Functions of a higher role that answer an ordinary one",
    .category = CATEGORY_BFLA,
    .owasp = "API5:2023",
    .cwe = 285,
    .traits = CHECK_READ_ONLY | CHECK_ONE_IDENTITY,
    .state_size = sizeof(struct state),
    .plan = plan,
    .judge = judge,
};
