// SPDX-License-Identifier: Apache-2.0
// Single steps of the TLS audit: which ClientHello is sent, what its answer says.
#include "checks/support/kept.h"
#include "checks/support/tls_audit.h"

enum { SERIES_MAX = 12, SERIES_MAX_OLDEST = 4, SERIES_MAX_OUTSIDE = 5, KEPT_BODY = 2 * TLS_ANSWER_MAX };

static const enum tls_step version_steps[] = {TLS_STEP_1_2, TLS_STEP_1_1, TLS_STEP_1_0, TLS_STEP_SSL_3};
static const uint16_t version_numbers[] = {TLS_1_2, TLS_1_1, TLS_1_0, TLS_SSL_3};
enum { VERSIONS = sizeof version_steps / sizeof version_steps[0] };

uint16_t tls_audit_base(const struct tls_audit *s) {
    for (size_t i = 0; i < VERSIONS; i++) {
        if (s->took[version_steps[i]] == TLS_TAKEN) return version_numbers[i];
    }
    return 0;
}

uint16_t tls_audit_oldest(const struct tls_audit *s) {
    for (size_t i = VERSIONS; i-- > 0;) {
        if (s->took[version_steps[i]] == TLS_TAKEN) return version_numbers[i];
    }
    return 0;
}

static enum tls_step step_of(uint16_t version) {
    for (size_t i = 0; i < VERSIONS; i++) {
        if (version_numbers[i] == version) return version_steps[i];
    }
    return TLS_STEP_1_3;
}

uint16_t tls_step_version(const struct tls_audit *s, enum tls_step step) {
    if (step == TLS_STEP_1_3) return TLS_1_3;
    for (size_t i = 0; i < VERSIONS; i++) {
        if (version_steps[i] == step) return version_numbers[i];
    }
    bool oldest = step == TLS_STEP_WEAK_OLDEST || step == TLS_STEP_FALLBACK || step == TLS_STEP_AGAIN_VERSION;
    if (step == TLS_STEP_AGAIN_SUITE && s->took[TLS_STEP_WEAK] != TLS_TAKEN) oldest = true;
    return oldest ? tls_audit_oldest(s) : tls_audit_base(s);
}

// The suite that the service chose among all at its highest version below TLS 1.3.
static const struct tls_suite *base_choice(const struct tls_audit *s) {
    return tls_suite_find(&s->table, s->suite[step_of(tls_audit_base(s))]);
}

static bool is_strong(const struct tls_suite *c) {
    return c != NULL && c->forward && c->mode == TLS_MODE_AEAD && c->weak == NULL;
}

static bool fallback_matters(const struct tls_audit *s) {
    uint16_t oldest = tls_audit_oldest(s);
    bool newer = s->took[TLS_STEP_1_3] == TLS_TAKEN || tls_audit_base(s) > oldest;
    return oldest != 0 && oldest < TLS_1_2 && newer;
}

bool tls_step_is_wanted(const struct tls_audit *s, enum tls_step step) {
    if (step <= TLS_STEP_SSL_3) return true;
    uint16_t base = tls_audit_base(s), oldest = tls_audit_oldest(s);
    if (base == 0 || step == TLS_STEP_COUNT) return false;
    if (step == TLS_STEP_WEAK_OLDEST) return oldest < base;
    if (step == TLS_STEP_STRONG) return base == TLS_1_2 && !is_strong(base_choice(s));
    if (step == TLS_STEP_FORWARD) return s->took[TLS_STEP_STRONG] == TLS_REFUSED && base_choice(s) != NULL && !base_choice(s)->forward;
    if (step == TLS_STEP_OUTSIDE) return base == TLS_1_2;
    if (step == TLS_STEP_FALLBACK) return fallback_matters(s);
    if (step == TLS_STEP_AGAIN_VERSION) return oldest < TLS_1_2;
    return step != TLS_STEP_AGAIN_SUITE || s->weak_count > 0;
}

// -- asking ------------------------------------------------------------------------------------------------------------------------
static enum tls_pick pick_of(enum tls_step step) {
    static const enum tls_pick special[TLS_STEP_COUNT] = {
        [TLS_STEP_1_3] = TLS_PICK_MODERN,     [TLS_STEP_WEAK] = TLS_PICK_WEAK,       [TLS_STEP_WEAK_OLDEST] = TLS_PICK_WEAK, [TLS_STEP_STRONG] = TLS_PICK_STRONG,
        [TLS_STEP_FORWARD] = TLS_PICK_FORWARD, [TLS_STEP_OUTSIDE] = TLS_PICK_OUTSIDE, [TLS_STEP_FINITE] = TLS_PICK_FINITE,    [TLS_STEP_CURVE] = TLS_PICK_CURVE,
    };
    return special[step]; // 0: all
}

static void choose_suites(struct tls_audit *s) {
    if (s->step == TLS_STEP_AGAIN_SUITE) {
        s->offered[0] = s->weak[0];
        s->offered_count = 1;
        return;
    }
    bool weak = s->step == TLS_STEP_WEAK || s->step == TLS_STEP_WEAK_OLDEST;
    const uint16_t *without = weak ? s->weak : s->outside;
    size_t count = weak ? s->weak_count : s->step == TLS_STEP_OUTSIDE ? s->outside_count : 0;
    s->offered_count = tls_suites_pick(&s->table, pick_of(s->step), without, count, s->offered);
}

static void fill_random(struct rng *rng, uint8_t *bytes) {
    for (size_t i = 0; i < 32; i++) bytes[i] = (uint8_t)rng_next(rng);
}

static struct sv server_name(struct check_run *run) {
    struct sv host = check_target(run)->host;
    bool name = sv_find_char(host, ':') == SIZE_MAX;
    bool digits = true;
    for (size_t i = 0; i < host.len; i++) digits = digits && ((host.ptr[i] >= '0' && host.ptr[i] <= '9') || host.ptr[i] == '.');
    return name && !digits ? host : SV_NONE;
}

int tls_step_request(struct check_run *run, struct tls_audit *s, struct arena *a, struct request *ret, struct error *err) {
    static const uint16_t groups[] = {29, 23, 24, 25, 30}; // X25519, P-256, P-384, P-521, X448
    uint16_t weak_groups[TLS_GROUPS_MAX];
    struct tls_hello h = {.version = tls_step_version(s, s->step), .groups = groups, .group_count = sizeof groups / sizeof groups[0]};
    *ret = (struct request){.method = TLS_METHOD_HANDSHAKE, .target = SV("/")};
    if (s->step == TLS_STEP_HANDSHAKE) return 0;
    choose_suites(s);
    h.suites = s->offered;
    h.suite_count = s->offered_count;
    h.server_name = server_name(run);
    h.deflate = s->step == TLS_STEP_COMPRESSION;
    h.fallback = s->step == TLS_STEP_FALLBACK;
    if (s->step == TLS_STEP_CURVE) {
        h.groups = weak_groups;
        h.group_count = tls_weak_groups(&s->table, weak_groups);
    }
    fill_random(check_rng(run), h.random);
    fill_random(check_rng(run), h.share);
    ret->method = TLS_METHOD_HELLO;
    ret->body = hex_encode(a, tls_hello_build(a, &h));
    return ret->body.len == 0 ? error_nomem(err) : 0;
}

// -- understanding -------------------------------------------------------------------------------------------------------------------
static bool was_offered(const struct tls_audit *s, uint16_t suite) {
    for (size_t i = 0; i < s->offered_count; i++) {
        if (s->offered[i] == suite) return true;
    }
    return false;
}

// A service may refuse by an alert or by ending the connection. Silence, other protocols and answers that break the rules say nothing.
static enum tls_took judge_answer(const struct tls_audit *s, const struct exchange *x, const struct tls_answer *answer) {
    bool ended = sv_eq(x->response.reason, sv_from(tls_end_names[TLS_END_CLOSED])) || sv_eq(x->response.reason, sv_from(tls_end_names[TLS_END_RESET]));
    uint16_t asked = tls_step_version(s, s->step);
    switch (answer->kind) {
    case TLS_ANSWER_ALERT:
        return TLS_REFUSED;
    case TLS_ANSWER_NONE:
    case TLS_ANSWER_CUT:
        return ended ? TLS_REFUSED : TLS_UNREAD;
    case TLS_ANSWER_HELLO:
        if (answer->version < asked && answer->version >= TLS_SSL_3) return TLS_REFUSED;
        if (answer->version != asked || !was_offered(s, answer->suite)) return TLS_UNREAD;
        return answer->compression == 0 || (answer->compression == 1 && s->step == TLS_STEP_COMPRESSION) ? TLS_TAKEN : TLS_UNREAD;
    case TLS_ANSWER_ALIEN:
        break;
    }
    return TLS_UNREAD;
}

// The chosen suite is left out and the rest offered again, so that the list comes together.
static bool note_listed(const struct tls_audit *s, uint16_t *list, size_t *count, size_t limit, uint16_t suite, bool *more) {
    if (*count < TLS_FOUND_MAX) list[(*count)++] = suite;
    bool rest = s->offered_count > 1;
    *more = rest && *count >= limit;
    return rest && *count < limit;
}

static bool note_taken(struct tls_audit *s, const struct tls_answer *answer) {
    const struct tls_suite *suite = tls_suite_find(&s->table, answer->suite);
    size_t oldest_limit = s->took[TLS_STEP_WEAK] == TLS_TAKEN ? SERIES_MAX + SERIES_MAX_OLDEST : SERIES_MAX;
    if (s->step == TLS_STEP_WEAK) return note_listed(s, s->weak, &s->weak_count, SERIES_MAX, answer->suite, &s->more_weak);
    if (s->step == TLS_STEP_WEAK_OLDEST) return note_listed(s, s->weak, &s->weak_count, oldest_limit, answer->suite, &s->more_weak);
    if (s->step == TLS_STEP_OUTSIDE) return note_listed(s, s->outside, &s->outside_count, SERIES_MAX_OUTSIDE, answer->suite, &s->more_outside);
    if (s->step == TLS_STEP_FINITE && suite != NULL && suite->finite) s->dh_bits = tls_dh_bits(answer->key_exchange);
    if (s->step == TLS_STEP_CURVE) s->curve = tls_curve(answer->key_exchange);
    if (s->step == TLS_STEP_COMPRESSION) s->compressed = answer->compression == 1;
    return false;
}

static void note_open(struct tls_audit *s, enum tls_took took) {
    s->silent = took == TLS_UNREAD ? s->silent + 1 : 0;
    if (took == TLS_UNREAD) s->open = "some answers to TLS hellos could not be read";
}

static int read_answer(struct check_run *run, const struct tls_audit *s, const struct exchange *x, struct tls_answer *answer, enum tls_took *ret, struct error *err) {
    *ret = TLS_UNREAD;
    if (!exchange_answered(x) || x->response.status != 200) return 0;
    if (s->step == TLS_STEP_HANDSHAKE) {
        *ret = TLS_TAKEN;
        return 0;
    }
    struct sv bytes = hex_decode(check_arena(run), x->response.body);
    if (bytes.ptr == NULL) return 0;
    if (tls_answer_read(check_arena(run), bytes, answer) != 0) return error_nomem(err);
    *ret = judge_answer(s, x, answer);
    return 0;
}

static bool note_first(struct check_run *run, struct tls_audit *s, const struct exchange *x, const struct tls_answer *answer) {
    s->seen[s->step] = exchange_keep(check_arena(run), x, KEPT_BODY);
    if (answer->random != NULL) memcpy(s->random[s->step], answer->random, sizeof s->random[0]);
    return s->seen[s->step] != NULL;
}

int tls_step_take(struct check_run *run, struct tls_audit *s, const struct exchange *x, bool *ret_again, struct error *err) {
    struct tls_answer answer = {.kind = TLS_ANSWER_NONE};
    enum tls_took took;
    *ret_again = false;
    int r = read_answer(run, s, x, &answer, &took, err);
    if (r != 0) return r;
    note_open(s, took);
    bool first = s->took[s->step] != TLS_TAKEN;
    if (first) s->took[s->step] = took;
    if (took != TLS_TAKEN) return 0;
    if (first && !note_first(run, s, x, &answer)) return error_nomem(err);
    s->suite[s->step] = answer.suite;
    if (step_of(tls_audit_base(s)) == s->step) s->renegotiation_info = answer.renegotiation_info;
    *ret_again = note_taken(s, &answer);
    return 0;
}
