// SPDX-License-Identifier: Apache-2.0
// Spellings of a refused path that the part which demands credentials and the part which answers read differently (RFC 3986 6.2.2 and 6.2.3
// leave much of that open). All spellings are asked once; the first one that is answered goes into two rounds of contrast.
#include "checks/support/contrast.h"

enum spelling { SLASH, DOUBLE_SLASH, CASE, LETTER, DOT, DOT_ENCODED, MATRIX, SPACE, EXTENSION, SPELLING_COUNT };

static const char *const notes[SPELLING_COUNT] = {
    [SLASH] = "with a slash at the end added or removed",
    [DOUBLE_SLASH] = "with two slashes at the beginning",
    [CASE] = "with other case in one segment",
    [LETTER] = "with one letter percent-encoded",
    [DOT] = "with a dot segment in front",
    [DOT_ENCODED] = "with an encoded dot segment in front",
    [MATRIX] = "with a path parameter at the end",
    [SPACE] = "with an encoded blank at the end",
    [EXTENSION] = "with .json at the end",
};

struct state {
    unsigned tested, answered; // operations in the first sighting
};

// What is varied: "/api" | "/v1/" | "users" | "/17" | "?x".
struct parts {
    struct sv head, segment, tail, query;
};

static struct parts split(struct check_run *run, const struct operation *op, struct sv target) {
    size_t q = sv_find_char(target, '?');
    struct sv path = q == SIZE_MAX ? target : sv_slice(target, 0, q);
    struct parts p = {.tail = path, .query = q == SIZE_MAX ? SV("") : sv_from_index(target, q), .head = SV(""), .segment = SV("")};
    struct sv family = access_family(run, op->path);
    if (family.len == 0 || !sv_starts_with(path, family)) return p;
    size_t slash = sv_rfind_char(family, '/');
    p.head = sv_slice(path, 0, slash + 1);
    p.segment = sv_slice(path, slash + 1, family.len);
    p.tail = sv_from_index(path, family.len);
    return p;
}

static bool is_letter(char c) {
    c = sv_lower_char(c);
    return c >= 'a' && c <= 'z';
}

static struct sv whole(struct arena *a, const struct parts *p, const char *front, struct sv segment, const char *end) {
    return arena_printf(a, SV_FMT "%s" SV_FMT SV_FMT "%s" SV_FMT, SV_ARG(p->head), front, SV_ARG(segment), SV_ARG(p->tail), end, SV_ARG(p->query));
}

static struct sv spell_letter(struct arena *a, const struct parts *p) {
    if (p->segment.len == 0 || !is_letter(p->segment.ptr[0])) return SV_NONE;
    struct sv s = arena_printf(a, "%%%02x" SV_FMT, (unsigned)(unsigned char)p->segment.ptr[0], SV_ARG(sv_from_index(p->segment, 1)));
    return s.ptr == NULL ? s : whole(a, p, "", s, "");
}

static struct sv spell_case(struct arena *a, const struct parts *p) {
    if (p->segment.len == 0 || !is_letter(p->segment.ptr[0])) return SV_NONE;
    char first = p->segment.ptr[0];
    char other = (char)(sv_lower_char(first) == first ? first - 'a' + 'A' : sv_lower_char(first));
    struct sv s = arena_printf(a, "%c" SV_FMT, other, SV_ARG(sv_from_index(p->segment, 1)));
    return s.ptr == NULL ? s : whole(a, p, "", s, "");
}

static struct sv spell_slash(struct arena *a, const struct parts *p) {
    bool has = p->tail.len > 0 && p->tail.ptr[p->tail.len - 1] == '/';
    if (!has) return whole(a, p, "", p->segment, "/");
    struct parts cut = *p;
    cut.tail = sv_slice(p->tail, 0, p->tail.len - 1);
    return cut.tail.len + p->segment.len == 0 ? SV_NONE : whole(a, &cut, "", p->segment, "");
}

// The target in another spelling; ptr NULL when it has none of that kind.
static struct sv spell(struct arena *a, const struct parts *p, enum spelling v) {
    switch (v) {
    case SLASH:
        return spell_slash(a, p);
    case DOUBLE_SLASH: {
        struct sv plain = whole(a, p, "", p->segment, "");
        return plain.ptr == NULL ? plain : arena_printf(a, "/" SV_FMT, SV_ARG(plain));
    }
    case CASE:
        return spell_case(a, p);
    case LETTER:
        return spell_letter(a, p);
    case DOT:
        return p->segment.len == 0 ? SV_NONE : whole(a, p, "./", p->segment, "");
    case DOT_ENCODED:
        return p->segment.len == 0 ? SV_NONE : whole(a, p, "%2e/", p->segment, "");
    case MATRIX:
        return whole(a, p, "", p->segment, ";v=1");
    case SPACE:
        return whole(a, p, "", p->segment, "%20");
    case EXTENSION:
        return sv_find_char(p->tail, '.') != SIZE_MAX ? SV_NONE : whole(a, p, "", p->segment, ".json");
    case SPELLING_COUNT:
        break;
    }
    return SV_NONE;
}

static bool is_in_front(enum spelling v) {
    return v == CASE || v == LETTER || v == DOT || v == DOT_ENCODED || v == DOUBLE_SLASH;
}

// The parts with a random last segment. False when there is no segment to replace.
static bool random_end(struct arena *a, struct rng *rng, const struct parts *p, struct parts *ret) {
    struct sv plain = whole(a, p, "", p->segment, ""), neighbour = plain.ptr == NULL ? plain : target_neighbour(a, rng, plain);
    if (neighbour.ptr == NULL) return false;
    size_t q = sv_find_char(neighbour, '?'), kept = p->head.len + p->segment.len;
    struct sv path = q == SIZE_MAX ? neighbour : sv_slice(neighbour, 0, q);
    *ret = *p;
    if (p->segment.len == 0) ret->tail = path;
    else if (path.len > kept && sv_starts_with(path, sv_slice(plain, 0, kept))) ret->tail = sv_from_index(path, kept);
    else ret->segment = sv_slice(path, p->head.len, path.len - p->tail.len);
    return true;
}

// A neighbour in the same spelling. Where the spelling changes something at or before the family's segment, that segment is the random one: a
// route that takes any text there would answer it too. (Random last segments are the absence model's.)
static struct sv spell_neighbour(struct arena *a, struct rng *rng, const struct parts *p, enum spelling v) {
    struct parts other = *p;
    if (p->segment.len > 0 && is_in_front(v)) {
        other.segment = rng_word(rng, a, p->segment.len < 8 ? 8 : 12);
        return other.segment.ptr == NULL ? SV_NONE : spell(a, &other, v);
    }
    return random_end(a, rng, p, &other) ? spell(a, &other, v) : SV_NONE;
}

static bool applies(struct check_run *run, const struct operation *op) {
    const struct baseline *b = check_baseline(run, op, 0);
    if (b->state == BASELINE_REFUSED) return true;
    if (b->state == BASELINE_NONE) check_coverage(run, op, COVERAGE_NOT_TESTED, "not asked in this mode");
    else check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "the plain path is not refused");
    return false;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    if (!applies(run, op)) return 0;
    const struct baseline *b = check_baseline(run, op, 0);
    struct experiment *e = check_experiment(run, op, 0);
    if (e == NULL) return error_nomem(err);
    e->value = 8;
    struct parts p = split(run, op, b->request.target);
    unsigned char *order = arena_new_array(&e->arena, unsigned char, SPELLING_COUNT);
    if (order == NULL) return error_nomem(err);
    e->user = order;
    for (unsigned v = 0; v < SPELLING_COUNT; v++) {
        struct request rq = b->request;
        rq.target = spell(&e->arena, &p, (enum spelling)v);
        if (rq.target.ptr == NULL) continue;
        if (check_probe(run, e, ROLE_PROBE, 0, &rq) == NULL) return error_nomem(err);
        order[e->probe_count - 1] = (unsigned char)v;
    }
    if (e->probe_count > 0) (void)check_submit(run, e);
    return 0;
}

// Asks the next candidate of the mask in `round`; the others stay in the tag.
static int ask_next(struct check_run *run, const struct operation *op, unsigned mask, uint16_t round, struct error *err) {
    unsigned v = 0;
    while (v < SPELLING_COUNT && (mask & (1u << v)) == 0) v++;
    if (v == SPELLING_COUNT) return 0;
    const struct baseline *b = check_baseline(run, op, 0);
    auto_arena a = {.limit = (size_t)1 << 20};
    struct parts p = split(run, op, b->request.target);
    struct contrast c = {.plain = b->request, .variant = b->request, .neighbour = b->request, .variant_again = b->request};
    c.variant.target = c.variant_again.target = spell(&a, &p, (enum spelling)v);
    c.neighbour.target = spell_neighbour(&a, check_rng(run), &p, (enum spelling)v);
    if (c.variant.target.ptr == NULL || c.neighbour.target.ptr == NULL) return error_nomem(err);
    (void)contrast_ask(run, op, &c, round, mask, round == 2 ? 0.6 : 0.5);
    return 0;
}

static int judge_first(struct check_run *run, struct experiment *e, struct error *err) {
    struct state *s = check_state(run);
    const unsigned char *order = e->user;
    unsigned mask = 0, answered = 0;
    for (size_t i = 0; i < e->probe_count; i++) {
        struct signs signs;
        int r = signs_read(run, &e->arena, e->exchanges[i], &signs, err);
        if (r != 0) return r;
        answered += exchange_answered(e->exchanges[i]);
        if (signs.good) mask |= 1u << order[i];
    }
    s->tested++;
    s->answered += mask != 0;
    if (answered < e->probe_count) check_coverage(run, e->operation, COVERAGE_INCONCLUSIVE, "a spelling was not answered at all");
    else if (mask == 0) check_coverage(run, e->operation, COVERAGE_PASSED, NULL);
    return mask == 0 ? 0 : ask_next(run, e->operation, mask, 2, err);
}

static int report(struct check_run *run, struct experiment *e, unsigned v, struct error *err) {
    const struct operation *op = e->operation;
    const struct state *s = check_state(run);
    struct access d;
    int r = access_decide(run, &e->arena, op, e->exchanges[CONTRAST_VARIANT], &d, err);
    if (r != 0) return r;
    struct evidence_item evidence[3];
    contrast_evidence(e, notes[v], evidence);
    struct finding_effect effect = {.category = CATEGORY_BFLA, .cwe = 863};
    bool everywhere = s->tested >= 3 && s->answered == s->tested;
    struct finding f = {
        .category = CATEGORY_AUTHENTICATION,
        .cause = SV("path-spelling"),
        .scope = everywhere ? SCOPE_HOST : SCOPE_OPERATION,
        .scope_key = everywhere ? SV("") : access_key(&e->arena, op->method, op->path),
        .impact = signs_impact(&d.signs, d.is_private, IMPACT_INTERNAL),
        .who = WHO_ANYONE,
        .confidence = CONFIDENCE_CONFIRMED,
        .title = SV("Another spelling of the path gets around the authentication"),
        .reason = arena_printf(&e->arena, "%s the path is answered (%u) without credentials, in two rounds; as it is, it is refused (%u), and so are random neighbours in the same spelling",
                               notes[v], (unsigned)e->exchanges[CONTRAST_VARIANT]->response.status, (unsigned)e->exchanges[CONTRAST_PLAIN]->response.status),
        .method = op->method,
        .path = op->path,
        .operation = op,
        .evidence = evidence,
        .evidence_count = 3,
        .effects = &effect,
        .effect_count = d.administrative || d.signs.management.ptr != NULL,
        .cwe = {289, 288},
    };
    return check_report(run, &f, err);
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    if (e->round == 1) return judge_first(run, e, err);
    unsigned mask = e->tag, v = 0;
    while (v < SPELLING_COUNT && (mask & (1u << v)) == 0) v++;
    const char *reason;
    int r = contrast_judge(run, e, false, &reason, err);
    if (r != 0) return r;
    if (reason == NULL) return e->round == 2 ? ask_next(run, e->operation, mask, 3, err) : report(run, e, v, err);
    mask &= ~(1u << v);
    if (mask != 0) return ask_next(run, e->operation, mask, 2, err);
    check_coverage(run, e->operation, COVERAGE_PASSED, reason);
    return 0;
}

const struct check check_auth_path_bypass = {
    .id = "auth-path-bypass",
    .title = "Spellings of a path that get around the authentication",
    .category = CATEGORY_AUTHENTICATION,
    .owasp = "API2:2023",
    .cwe = 289,
    .traits = CHECK_READ_ONLY,
    .state_size = sizeof(struct state),
    .plan = plan,
    .judge = judge,
};
