// SPDX-License-Identifier: Apache-2.0
#include "checks/support/contrast.h"

#include "base/numbers.h"
#include "http/header.h"

static bool add(struct check_run *run, struct experiment *e, enum probe_role role, size_t identity, const struct request *rq, struct sv marker) {
    struct probe *p = check_probe(run, e, role, identity, rq);
    return p != NULL && (marker.len == 0 || check_mark(e, p, marker));
}

static bool add_varied(struct check_run *run, struct experiment *e, const struct contrast *c, enum probe_role role, const struct request *rq, struct sv marker) {
    if (!add(run, e, role, c->holder > 0 ? c->holder : c->identity, rq, marker)) return false;
    if (c->holder > 0) e->probes[e->probe_count - 1].credential = c->credential;
    return true;
}

bool contrast_ask(struct check_run *run, const struct operation *op, const struct contrast *c, uint16_t round, uint32_t tag, double value) {
    struct experiment *e = check_experiment(run, op, tag);
    if (e == NULL) return false;
    e->round = round;
    e->schedule = SCHEDULE_ALONE;
    e->purpose = PURPOSE_CONFIRM;
    e->value = value;
    return add(run, e, ROLE_REFERENCE, c->identity, &c->plain, SV_NONE) && add_varied(run, e, c, ROLE_PROBE, &c->variant, c->marker) &&
           add_varied(run, e, c, ROLE_PROBE, &c->variant_again, c->marker_again) && add(run, e, ROLE_REFERENCE, c->identity, &c->plain, SV_NONE) &&
           add_varied(run, e, c, ROLE_CONTROL, &c->neighbour, c->marker) &&
           (c->extra == NULL || add(run, e, ROLE_CONTROL, c->identity, c->extra, SV_NONE)) && check_submit(run, e);
}

int answer_is_refusal(struct check_run *run, struct arena *a, const struct exchange *x, bool *ret, struct error *err) {
    *ret = false;
    if (!exchange_answered(x)) return 0;
    unsigned status = x->response.status;
    if (status == 401 || status == 403) {
        *ret = true;
        return 0;
    }
    struct signs s;
    int r = status >= 200 && status < 300 ? signs_read(run, a, x, &s, err) : 0;
    if (r == 0 && status >= 200 && status < 300) *ret = s.refusal;
    return r;
}

bool head_describes_content(const struct exchange *x) {
    if (!exchange_answered(x) || x->response.status < 200 || x->response.status >= 300 || x->response.status == 204) return false;
    const struct header_list *h = &x->response.headers;
    struct sv length = sv_trim(header_find(h, SV("Content-Length")));
    uint64_t bytes = 0;
    if (length.len > 0) return number_parse_u64(length, &bytes) == 0 && bytes > 0;
    return header_has(h, SV("ETag")) || header_has(h, SV("Last-Modified")) || header_has(h, SV("Content-Type"));
}

static int shows(struct check_run *run, struct experiment *e, size_t i, bool heads, bool *ret, struct error *err) {
    if (heads && head_describes_content(e->exchanges[i])) {
        *ret = true;
        return 0;
    }
    struct signs s;
    int r = signs_read(run, &e->arena, e->exchanges[i], &s, err);
    if (r == 0) *ret = s.good;
    return r;
}

// Is the control's answer like that of the variant? For HEAD the description of content is all there is to compare.
static int is_like(struct check_run *run, struct experiment *e, size_t control, bool heads, bool *ret, struct error *err) {
    struct signature x, y;
    int r = check_signature(run, e, CONTRAST_VARIANT, &x, err);
    if (r == 0) r = check_signature(run, e, control, &y, err);
    if (r != 0) return r;
    bool good;
    r = shows(run, e, control, heads, &good, err);
    *ret = r == 0 && good && (heads || signature_alike(&x, &y));
    return r;
}

static int judge_plain(struct check_run *run, struct experiment *e, const char **ret_reason, struct error *err) {
    static const size_t plain[] = {CONTRAST_PLAIN, CONTRAST_PLAIN_AGAIN};
    for (size_t i = 0; i < 2; i++) {
        bool refused;
        int r = answer_is_refusal(run, &e->arena, e->exchanges[plain[i]], &refused, err);
        if (r != 0) return r;
        if (!refused) *ret_reason = "the plain request was not refused every time";
    }
    return 0;
}

static int judge_variants(struct check_run *run, struct experiment *e, bool heads, const char **ret_reason, struct error *err) {
    static const size_t variant[] = {CONTRAST_VARIANT, CONTRAST_VARIANT_AGAIN};
    for (size_t i = 0; i < 2; i++) {
        bool good;
        int r = shows(run, e, variant[i], heads, &good, err);
        if (r != 0) return r;
        if (!good) *ret_reason = "the variant was not answered every time";
    }
    return 0;
}

static int judge_controls(struct check_run *run, struct experiment *e, bool heads, const char **ret_reason, struct error *err) {
    for (size_t i = CONTRAST_NEIGHBOUR; i < e->probe_count; i++) {
        bool like;
        int r = is_like(run, e, i, heads, &like, err);
        if (r != 0) return r;
        if (like) *ret_reason = "a control is answered like the variant";
    }
    return 0;
}

static int judge_answers(struct check_run *run, struct experiment *e, bool heads, const char **ret_reason, struct error *err) {
    *ret_reason = NULL;
    for (size_t i = 0; i < e->probe_count; i++) {
        if (!exchange_answered(e->exchanges[i])) *ret_reason = "a probe or control was not answered";
    }
    if (*ret_reason != NULL) return 0;
    int r = judge_plain(run, e, ret_reason, err);
    if (r == 0 && *ret_reason == NULL) r = judge_variants(run, e, heads, ret_reason, err);
    return r == 0 && *ret_reason == NULL ? judge_controls(run, e, heads, ret_reason, err) : r;
}

int contrast_judge(struct check_run *run, struct experiment *e, bool heads, const char **ret_reason, struct error *err) {
    int r = judge_answers(run, e, heads, ret_reason, err);
    if (r != 0 || *ret_reason != NULL) return r;
    if (e->operation != NULL && check_baseline(run, e->operation, e->probes[CONTRAST_PLAIN].identity)->volatility.status_volatile) {
        *ret_reason = "the status of the answer changes by itself";
        return 0;
    }
    struct signature x, y;
    r = check_signature(run, e, CONTRAST_VARIANT, &x, err);
    if (r == 0) r = check_signature(run, e, CONTRAST_VARIANT_AGAIN, &y, err);
    if (r != 0) return r;
    if (!signature_alike(&x, &y)) {
        *ret_reason = "two answers to the variant do not have the same form";
        return 0;
    }
    // A path in a header: whatever path it is sent to, the answer is the same. Then the random path in the header is the control.
    bool elsewhere = sv_eq(e->probes[CONTRAST_VARIANT].request.target, SV("/")) && e->probes[CONTRAST_PLAIN].request.target.len > 1;
    enum presence presence = elsewhere ? PRESENCE_REAL : check_presence(run, e, CONTRAST_VARIANT);
    int blocked = check_is_blocked(run, e, CONTRAST_VARIANT);
    if (presence == PRESENCE_UNKNOWN || blocked < 0) return JUDGE_WAIT;
    if (presence == PRESENCE_NOTHING) *ret_reason = "random neighbours get the same answer";
    else if (blocked > 0) *ret_reason = "blocked by something in front of the API";
    return 0;
}

static size_t effects_of(const struct contrast_claim *c, const struct access *d, struct finding_effect effects[2]) {
    size_t n = 0;
    if (c->chooses_identity && d->parameter != SIZE_MAX) effects[n++] = (struct finding_effect){.category = CATEGORY_BOLA, .cwe = 639};
    if (c->identity == 0 && (d->administrative || d->signs.management.ptr != NULL)) effects[n++] = (struct finding_effect){.category = CATEGORY_BFLA, .cwe = 863};
    return n;
}

int contrast_report(struct check_run *run, struct experiment *e, const struct contrast_claim *c, struct error *err) {
    const struct operation *op = e->operation;
    const struct exchange *variant = e->exchanges[CONTRAST_VARIANT], *plain = e->exchanges[CONTRAST_PLAIN];
    bool nobody = c->identity == 0;
    struct access d;
    int r = access_decide(run, &e->arena, op, variant, &d, err);
    if (r != 0) return r;
    struct evidence_item evidence[] = {
        check_evidence(e, CONTRAST_VARIANT, EVIDENCE_PROBE, c->note),
        check_evidence(e, CONTRAST_PLAIN, EVIDENCE_REFERENCE, "the plain request is refused"),
        check_evidence(e, CONTRAST_NEIGHBOUR, EVIDENCE_CONTROL, "the same variant of a random neighbour"),
    };
    struct finding_effect effects[2];
    struct finding f = {
        .category = nobody ? CATEGORY_AUTHENTICATION : CATEGORY_BFLA,
        .cause = sv_from(c->cause),
        .scope = c->everywhere ? SCOPE_HOST : SCOPE_OPERATION,
        .scope_key = c->everywhere ? SV("") : access_key(&e->arena, op->method, op->path),
        .impact = signs_impact(&d.signs, d.is_private, c->floor),
        .who = nobody ? WHO_ANYONE : WHO_USER,
        .confidence = CONFIDENCE_CONFIRMED,
        .title = sv_from(c->title),
        .reason = arena_printf(&e->arena, "%s the path is answered (%u) %s, in two rounds; as it is, it is refused (%u), and a random neighbour is not answered like it",
                               c->note, (unsigned)variant->response.status, nobody ? "without valid credentials" : "to a caller who may not have it",
                               (unsigned)plain->response.status),
        .method = op->method,
        .path = op->path,
        .operation = op,
        .evidence = evidence,
        .evidence_count = 3,
        .effects = effects,
        .effect_count = effects_of(c, &d, effects),
        .cwe = {c->cwe[0], c->cwe[1]},
        .owasp = nobody ? NULL : "API5:2023",
    };
    if (f.reason.ptr == NULL || f.scope_key.ptr == NULL) return error_nomem(err);
    return check_report(run, &f, err);
}

struct sv target_neighbour(struct arena *a, struct rng *rng, struct sv target) {
    size_t q = sv_find_char(target, '?');
    size_t path_end = q == SIZE_MAX ? target.len : q, end = path_end;
    while (end > 0 && target.ptr[end - 1] == '/') end--;
    size_t begin = end;
    while (begin > 0 && target.ptr[begin - 1] != '/') begin--;
    if (begin == end) return SV_NONE;
    struct sv random = id_random_like(a, rng, sv_slice(target, begin, end));
    if (random.ptr == NULL) return SV_NONE;
    return arena_printf(a, SV_FMT SV_FMT SV_FMT, SV_ARG(sv_slice(target, 0, begin)), SV_ARG(random), SV_ARG(sv_from_index(target, end)));
}
