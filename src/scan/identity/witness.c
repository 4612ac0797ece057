// SPDX-License-Identifier: Apache-2.0
// The three-way canary: an operation and a text that show that an identity's credential works. Asked in the order nobody, it, a random
// credential of equal form, it, nobody, so that neither a cache nor chance explains the difference.
#include "base/numbers.h"
#include "http/header.h"
#include "scan/engine_state.h"

enum { CANDIDATES_MAX = 6, TEXT_MIN = 4, TEXT_MAX = 120, SMALL_BODY = 16 * 1024, BODY_SEEN = 64 * 1024 };
enum { FIRST_NOBODY, FIRST_OWN, SECOND_OWN, SECOND_NOBODY, RANDOM, WITNESS_PROBES };

static const struct sv self_words[] = {SV_INIT("/me"), SV_INIT("whoami"), SV_INIT("/self"), SV_INIT("profile"), SV_INIT("account"), SV_INIT("userinfo"),
                                       SV_INIT("current"), SV_INIT("session")};

static bool was_tried(const struct identity *who, const struct operation *op) {
    VEC_EACH(uint32_t, id, &who->tried) {
        if (*id == op->id) return true;
    }
    return false;
}

// 0: not usable.
static unsigned value_of(struct engine *e, size_t i, const struct operation *op) {
    const struct baseline *own = baseline_of(e, op, i), *nobody = baseline_of(e, op, 0);
    if (own == NULL || nobody == NULL || own->state != BASELINE_GOOD || own->answer == NULL || !operation_selected(e, op)) return 0;
    if (nobody->state == BASELINE_GOOD && signature_equal(&own->signature, &nobody->signature, &own->volatility)) return 0;
    unsigned value = nobody->state == BASELINE_REFUSED ? 110 : 10;
    if (sv_eq(op->method, SV("GET"))) value += 20;
    for (size_t w = 0; w < sizeof self_words / sizeof self_words[0]; w++) {
        if (sv_contains_nocase(op->path, self_words[w])) {
            value += 40;
            break;
        }
    }
    if (sv_find_char(op->path, '{') == SIZE_MAX) value += 10;
    if (own->answer->response.body.len <= SMALL_BODY) value += 5;
    return operation_is_asked_late(e->risky, op) ? 1 : value;
}

static const struct operation *next_candidate(struct engine *e, size_t i) {
    const struct operation *best = NULL;
    unsigned best_value = 0;
    for (size_t k = 0; k < e->api.operation_count; k++) {
        const struct operation *op = e->api.operations[k];
        unsigned value = was_tried(&e->identities[i], op) ? 0 : value_of(e, i, op);
        if (value > best_value) {
            best = op;
            best_value = value;
        }
    }
    return best;
}

static int ask(struct engine *e, size_t i, const struct operation *op, struct error *err) {
    const struct baseline *b = baseline_of(e, op, i);
    struct slot *s = slot_new(e, OWNER_WITNESS, CHECK_NONE);
    if (s == NULL || b == NULL) return error_nomem(err);
    s->e.operation = op;
    s->e.schedule = SCHEDULE_ORDERED;
    s->e.phase = PHASE_BASELINE;
    s->e.purpose = PURPOSE_MODEL;
    s->identity = (uint16_t)i;
    static const bool own[WITNESS_PROBES] = {[FIRST_OWN] = true, [SECOND_OWN] = true, [RANDOM] = true};
    enum credential_carrier carrier = e->identities[i].view.carrier;
    bool can_change = carrier != CARRIER_NONE && carrier != CARRIER_CERTIFICATE;
    for (size_t p = 0; p < WITNESS_PROBES; p++) {
        bool as_random = p == RANDOM && can_change;
        struct probe *probe = slot_add_probe(s, own[p] ? ROLE_REFERENCE : ROLE_CONTROL, own[p] && (p != RANDOM || as_random) ? i : 0, &b->request);
        if (probe == NULL) return error_nomem(err);
        if (as_random) probe->credential.kind = CREDENTIAL_RANDOM;
    }
    const char *reason;
    ignore_result(!slot_submit(e, s, &reason)); // refused: the next candidate
    return 0;
}

int witness_pump(struct engine *e, bool *ret_idle, struct error *err) {
    *ret_idle = false;
    if (e->queue.len + e->running.len + e->waiting.len > 0) return 0;
    for (size_t i = 1; i < e->identity_count; i++) {
        struct identity *who = &e->identities[i];
        if (who->state != IDENTITY_UNPROVEN || who->tried.len >= CANDIDATES_MAX) continue;
        const struct operation *op = next_candidate(e, i);
        if (op == NULL) continue;
        if (!VEC_PUSH(&e->arena, &who->tried, op->id)) return error_nomem(err);
        int r = ask(e, i, op, err);
        if (r != 0) return r;
    }
    *ret_idle = e->queue.len == 0;
    if (!*ret_idle || e->options.dry) return 0;
    for (size_t i = 1; i < e->identity_count; i++) {
        if (e->identities[i].state != IDENTITY_UNPROVEN) continue;
        engine_warn(e, "no answer shows that the credential of " SV_FMT " makes a difference, so nothing is concluded from it: check that it is valid, and name an "
                       "operation that needs it (--spec, --include)", SV_ARG(e->labels[i].name));
    }
    return 0;
}

static bool is_text_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("@._-+:{}", c) != NULL;
}

// Redacted values are the person's own (name, mail); keys tell least, numbers may be counters.
static unsigned weight_of(struct sv text, char behind, char after) {
    bool letters = false;
    for (size_t i = 0; i < text.len; i++) letters = letters || (sv_lower_char(text.ptr[i]) >= 'a' && sv_lower_char(text.ptr[i]) <= 'z');
    if (sv_contains(text, SV("{{identity:"))) return 0; // an echo of the credential
    if (sv_starts_with(text, SV("{{")) || sv_find_char(text, '@') != SIZE_MAX) return 5;
    if (!letters) return 1;
    return behind == '"' && after == ':' ? 2 : 4;
}

static bool stands_in(const struct exchange *x, struct sv text) {
    return exchange_answered(x) && sv_contains(x->response.body, text);
}

static struct sv clean_token(struct sv t) {
    while (t.len > 0 && memchr(":.-+", t.ptr[t.len - 1], 4) != NULL) t.len--;
    while (t.len > 0 && memchr("{}", t.ptr[0], 2) != NULL && !sv_starts_with(t, SV("{{"))) t = sv_from_index(t, 1);
    while (t.len > 0 && t.ptr[t.len - 1] == '}' && !sv_ends_with(t, SV("}}"))) t.len--;
    return t;
}

// Is the text in each answer with the credential (and, with `absent`, in none without)?
static bool tells(struct engine *e, const struct slot *s, struct sv t, bool absent) {
    struct exchange *const *x = s->e.exchanges;
    const struct baseline *b = baseline_of(e, s->e.operation, s->identity);
    if (!stands_in(x[SECOND_OWN], t)) return false;
    if (b != NULL && b->answer != NULL && b->answer->response.body.len < BODY_SEEN && !stands_in(b->answer, t)) return false;
    return !absent || !(stands_in(x[FIRST_NOBODY], t) || stands_in(x[SECOND_NOBODY], t) || stands_in(x[RANDOM], t));
}

// A text of the first own answer that is also in the second one and in the baseline; with `absent`, in no answer without the credential.
static struct sv find_text(struct engine *e, const struct slot *s, bool absent) {
    struct sv body = sv_slice(s->e.exchanges[FIRST_OWN]->response.body, 0, BODY_SEEN), best = SV_NONE;
    unsigned best_weight = 0;
    for (size_t at = 0; at < body.len;) {
        size_t end = at;
        while (end < body.len && is_text_char(body.ptr[end])) end++;
        struct sv t = clean_token(sv_slice(body, at, end));
        char behind = end < body.len ? body.ptr[end] : 0, after = end + 1 < body.len ? body.ptr[end + 1] : 0;
        at = end + 1;
        if (t.len < TEXT_MIN || t.len > TEXT_MAX) continue;
        unsigned weight = weight_of(t, behind, after);
        if (weight <= best_weight || !tells(e, s, t, absent)) continue;
        best = t;
        best_weight = weight;
    }
    return best;
}

static bool is_refused(const struct exchange *x) {
    return exchange_answered(x) && (x->response.status == 401 || x->response.status == 403);
}

static bool is_good(const struct exchange *x) {
    return exchange_answered(x) && x->response.status >= 200 && x->response.status < 300;
}

bool answer_is_from_cache(const struct exchange *x) {
    static const struct sv names[] = {SV_INIT("X-Cache"), SV_INIT("CF-Cache-Status"), SV_INIT("X-Cache-Status"), SV_INIT("X-Proxy-Cache"), SV_INIT("Cache-Status")};
    uint64_t age;
    if (!exchange_answered(x)) return false;
    const struct header_list *h = &x->response.headers;
    if (number_parse_u64(sv_trim(header_find(h, SV("Age"))), &age) == 0 && age > 0) return true;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (sv_contains_nocase(header_find(h, names[i]), SV("hit"))) return true;
    }
    return false;
}

// All answered, none by a cache (which knows no credential), and the identity well.
static bool is_usable(const struct slot *s) {
    for (size_t i = 0; i < WITNESS_PROBES; i++) {
        if (!exchange_answered(s->e.exchanges[i]) || answer_is_from_cache(s->e.exchanges[i])) return false;
    }
    return is_good(s->e.exchanges[FIRST_OWN]) && is_good(s->e.exchanges[SECOND_OWN]);
}

int witness_judge(struct engine *e, struct slot *s, struct error *err) {
    struct identity *who = &e->identities[s->identity];
    struct exchange *const *x = s->e.exchanges;
    if (who->state != IDENTITY_UNPROVEN || !is_usable(s)) return 0;
    struct sv text = find_text(e, s, true);
    bool refused = is_refused(x[FIRST_NOBODY]) && is_refused(x[SECOND_NOBODY]) && is_refused(x[RANDOM]);
    if (text.ptr == NULL && !refused) return 0;
    if (text.ptr == NULL) text = find_text(e, s, false);
    const struct baseline *b = baseline_of(e, s->e.operation, s->identity);
    who->witness_text = text.ptr != NULL ? arena_copy_sv(&e->arena, text) : SV("");
    who->witness_request = &b->request;
    who->refused_status = x[FIRST_NOBODY]->response.status;
    int r = slot_signature(e, s, FIRST_NOBODY, &who->without, err);
    if (r != 0 || who->witness_text.ptr == NULL) return r != 0 ? r : error_nomem(err);
    who->without.pairs = NULL; // kind and skeleton are what is compared later
    who->without.pair_count = 0;
    who->witness = s->e.operation;
    who->state = IDENTITY_PROVEN;
    return 0;
}
