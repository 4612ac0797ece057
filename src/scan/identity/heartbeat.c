// SPDX-License-Identifier: Apache-2.0
// Does the credential still work? The witness request is repeated after every BEAT_EVERY requests of an identity, when an operation that
// answered it before refuses it, and before a verdict is drawn from what it was answered: experiments with an identity are judged only after
// the next good beat. When beats fail, what was answered since the last good one is void.
//
//   completed -> held ──good beat──> judged
//                  └──two bad beats──> asked again after a new login, or inconclusive
#include "scan/engine_state.h"

enum { BEAT_EVERY = 50, BAD_BEATS = 2, SILENT_BEATS = 3, ALARMS_PER_OPERATION = 2 };

static const char dead_token[] = "the identity's credential stopped working (dead token)";

const char *identity_dead_reason(void) {
    return dead_token;
}

bool identity_is_used(const struct slot *s, size_t i) {
    for (size_t p = 0; p < s->e.probe_count; p++) {
        if (s->e.probes[p].identity == i) return true;
    }
    return false;
}

static bool uses_state(const struct engine *e, const struct slot *s, enum identity_state state) {
    for (size_t p = 0; p < s->e.probe_count; p++) {
        size_t i = s->e.probes[p].identity;
        if (i > 0 && e->identities[i].state == state) return true;
    }
    return false;
}

// Of undos the answer tells: what the scan owes is tried with a dead credential, too.
bool identity_slot_is_dead(const struct engine *e, const struct slot *s) {
    return s->owner != OWNER_LOGIN && s->owner != OWNER_UNDO && uses_state(e, s, IDENTITY_DEAD);
}

static int give_up_dead(struct engine *e, struct slot *s) {
    if (s->owner == OWNER_CHECK) {
        ledger_note(e, s->e.check, s->e.operation, COVERAGE_INCONCLUSIVE, dead_token);
        struct ledger_entry *entry = ledger_find(e, s->e.check, s->e.operation);
        if (entry != NULL && entry->open > 0 && !s->counted) entry->open--;
    }
    s->state = SLOT_DONE;
    if (!s->has_canary) slot_release(s);
    return 0;
}

bool heartbeat_holds(struct engine *e, struct slot *s) {
    if (s->owner == OWNER_CHECK && identity_slot_is_dead(e, s)) return give_up_dead(e, s) == 0;
    if (s->owner != OWNER_CHECK || e->stop != STOP_NONE || !uses_state(e, s, IDENTITY_PROVEN)) return false;
    if (!VEC_PUSH(&e->arena, &e->held, s)) return false;
    s->state = SLOT_HELD;
    s->held_at = (uint32_t)e->tickets.len;
    return true;
}

bool heartbeat_blocks(const struct engine *e, const struct slot *top) {
    VEC_EACH(struct slot *, s, &e->held) {
        if ((*s)->e.phase < top->e.phase) return true;
    }
    return false;
}

// Every proven identity of it was seen to work after its last answer.
static bool is_covered(const struct engine *e, const struct slot *s) {
    for (size_t p = 0; p < s->e.probe_count; p++) {
        const struct identity *who = &e->identities[s->e.probes[p].identity];
        if (who->state == IDENTITY_PROVEN && who->good_ticket <= s->held_at) return false;
    }
    return true;
}

// Takes those out of the list that `wanted` names, in their order, and gives them to `act`.
static int release(struct engine *e, bool all, struct error *err) {
    VEC_OF(struct slot *) out = {0};
    size_t kept = 0;
    for (size_t i = 0; i < e->held.len; i++) {
        struct slot *s = e->held.ptr[i];
        bool leaves = all || is_covered(e, s) || identity_slot_is_dead(e, s);
        if (!leaves) e->held.ptr[kept++] = s;
        else if (!VEC_PUSH(&e->arena, &out, s)) return error_nomem(err);
    }
    e->held.len = kept;
    VEC_EACH(struct slot *, s, &out) {
        (*s)->state = SLOT_RUNNING;
        int r = identity_slot_is_dead(e, *s) ? give_up_dead(e, *s) : engine_judge(e, *s, err);
        if (r != 0) return r;
    }
    return 0;
}

int heartbeat_release_all(struct engine *e, struct error *err) {
    return release(e, true, err);
}

static int beat(struct engine *e, size_t i, struct error *err) {
    struct identity *who = &e->identities[i];
    struct slot *s = slot_new(e, OWNER_BEAT, CHECK_NONE);
    if (s == NULL) return error_nomem(err);
    s->e.operation = who->witness;
    s->e.purpose = PURPOSE_HEALTH;
    s->e.phase = PHASE_DISCOVERY;
    s->e.value = 20000;
    s->identity = (uint16_t)i;
    who->alarm = false;
    who->since_beat = 0;
    if (slot_add_probe(s, ROLE_REFERENCE, i, who->witness_request) == NULL) return error_nomem(err);
    const char *reason;
    who->beats_out = slot_submit(e, s, &reason);
    if (who->beats_out) return 0;
    who->good_ticket = (uint32_t)e->tickets.len + 1; // no budget for it: taken as it is
    return release(e, false, err);
}

static bool is_wanted(const struct engine *e, size_t i) {
    const struct identity *who = &e->identities[i];
    if (who->alarm || who->bad_beats > 0 || who->silent_beats > 0 || who->since_beat >= BEAT_EVERY) return true;
    const struct slot *top = queue_top(e);
    bool drained = e->running.len == 0 && (top == NULL || heartbeat_blocks(e, top));
    for (size_t k = 0; k < e->held.len && drained; k++) {
        if (identity_is_used(e->held.ptr[k], i) && who->good_ticket <= e->held.ptr[k]->held_at) return true;
    }
    return false;
}

int heartbeat_pump(struct engine *e, struct error *err) {
    if (e->stage != STAGE_CHECKS) return 0;
    for (size_t i = 1; i < e->identity_count; i++) {
        const struct identity *who = &e->identities[i];
        if (who->state != IDENTITY_PROVEN || who->beats_out || who->signing_in || !is_wanted(e, i)) continue;
        int r = beat(e, i, err);
        if (r != 0) return r;
    }
    return 0;
}

// A refusal where the same identity was answered before, with its own credential and nothing else changed that we know of.
void heartbeat_note(struct engine *e, const struct slot *s, const struct exchange *x) {
    struct identity *who = &e->identities[x->identity];
    if (x->identity == 0 || who->state != IDENTITY_PROVEN || s->owner == OWNER_BEAT) return;
    who->since_beat++;
    const struct probe *p = &s->e.probes[x->probe];
    if (!exchange_answered(x) || x->response.status != 401 || x->operation == NULL || p->credential.kind != CREDENTIAL_OWN) return;
    const struct baseline *b = baseline_of(e, x->operation, x->identity);
    if (b == NULL || b->state != BASELINE_GOOD) return;
    while (who->alarms.len <= x->operation->id) {
        if (!VEC_PUSH(&e->arena, &who->alarms, 0)) return;
    }
    unsigned *alarms = &who->alarms.ptr[x->operation->id];
    if (*alarms >= ALARMS_PER_OPERATION || who->beats_out) return;
    ++*alarms;
    who->alarm = true;
}

void identity_die(struct engine *e, size_t i) {
    e->identities[i].state = IDENTITY_DEAD;
}

int identity_bury(struct engine *e, size_t i, struct error *err) {
    identity_die(e, i);
    VEC_OF(struct slot *) queued = {.ptr = NULL};
    while (e->queue.len > 0) {
        struct slot *s = queue_top(e);
        queue_pop(e);
        if (identity_slot_is_dead(e, s)) ignore_result(give_up_dead(e, s));
        else if (!VEC_PUSH(&e->arena, &queued, s)) return error_nomem(err);
    }
    VEC_EACH(struct slot *, s, &queued) {
        if (!queue_push(e, *s)) return error_nomem(err);
    }
    return release(e, false, err);
}

// What the credential was used for since it was last seen to work is void.
static int void_all(struct engine *e, size_t i, struct error *err) {
    struct identity *who = &e->identities[i];
    who->bad_beats = 0;
    who->restart_after = true;
    int r = login_again(e, i, err);
    if (r <= 0) return r;
    engine_warn(e, "the credential of " SV_FMT " stopped working after %u requests; what was asked with it since then is inconclusive: give a fresh one that lives longer, "
                   "or a login (docs/identities.md)", SV_ARG(e->labels[i].name), e->requests);
    return identity_bury(e, i, err);
}

enum beat { BEAT_GOOD, BEAT_BAD, BEAT_SILENT };

static bool is_refusal(unsigned status) {
    return status == 401 || status == 403 || (status >= 300 && status < 400);
}

static enum beat read_beat(struct engine *e, struct slot *s, const struct identity *who) {
    const struct exchange *x = s->e.exchanges[0];
    unsigned status = exchange_answered(x) ? x->response.status : 429;
    if (status == 429 || status >= 500 || answer_is_from_cache(x)) return BEAT_SILENT;
    bool good = status >= 200 && status < 300;
    if (good && sv_contains(x->response.body, who->witness_text)) return BEAT_GOOD;
    if (!good) return is_refusal(status) || status == who->refused_status ? BEAT_BAD : BEAT_SILENT;
    struct signature now;
    if (slot_signature(e, s, 0, &now, NULL) != 0) return BEAT_SILENT;
    return signature_alike(&now, &who->without) ? BEAT_BAD : BEAT_GOOD; // its text may have been changed by us
}

int heartbeat_judge(struct engine *e, struct slot *s, struct error *err) {
    struct identity *who = &e->identities[s->identity];
    enum beat outcome = read_beat(e, s, who);
    who->beats_out = false;
    if (outcome == BEAT_BAD && ++who->bad_beats >= BAD_BEATS) return void_all(e, s->identity, err);
    if (outcome == BEAT_SILENT && ++who->silent_beats < SILENT_BEATS) return 0;
    if (outcome == BEAT_BAD) return 0;
    who->bad_beats = who->silent_beats = who->unproven_logins = 0;
    who->good_ticket = s->ticket;
    return release(e, false, err);
}

int heartbeat_restart(struct engine *e, size_t i) {
    size_t kept = 0;
    for (size_t k = 0; k < e->held.len; k++) {
        struct slot *s = e->held.ptr[k];
        if (!identity_is_used(s, i)) {
            e->held.ptr[kept++] = s;
            continue;
        }
        if (s->repeats++ < VOID_REPEATS) slot_restart(e, s);
        else ignore_result(give_up_dead(e, s));
    }
    e->held.len = kept;
    return 0;
}
