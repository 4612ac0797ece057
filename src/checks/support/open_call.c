// SPDX-License-Identifier: Apache-2.0
#include "checks/support/open_call.h"

#include "checks/support/contrast.h"
#include "http/header.h"

bool open_call_ask(struct check_run *run, const struct operation *op, const struct request *rq, uint16_t round, uint32_t tag, double value) {
    struct experiment *e = check_experiment(run, op, tag);
    if (e == NULL) return false;
    e->round = round;
    e->value = value;
    e->schedule = round > 1 ? SCHEDULE_ALONE : SCHEDULE_ORDERED;
    if (round > 1) e->purpose = PURPOSE_CONFIRM;
    struct sv token = rng_word(check_rng(run), &e->arena, 40);
    struct request with = *rq;
    if (token.ptr == NULL || !header_copy_list(&e->arena, &rq->headers, &with.headers)) return false;
    struct sv value_text = arena_printf(&e->arena, "Bearer " SV_FMT, SV_ARG(token));
    if (value_text.ptr == NULL || !header_set(&e->arena, &with.headers, SV("Authorization"), value_text)) return false;
    if (check_probe(run, e, ROLE_PROBE, 0, rq) == NULL || check_probe(run, e, ROLE_PROBE, 0, rq) == NULL) return false;
    struct probe *random = check_probe(run, e, ROLE_CONTROL, 0, &with);
    if (random == NULL || !check_mark(e, random, token)) return false;
    struct request neighbour = *rq;
    neighbour.target = target_neighbour(&e->arena, check_rng(run), rq->target);
    if (neighbour.target.ptr != NULL && check_probe(run, e, ROLE_CONTROL, 0, &neighbour) == NULL) return false;
    return check_submit(run, e);
}

static const char *void_reason(const struct check_run *run, const struct exchange *x, const struct signs *s) {
    if (!exchange_answered(x)) return "no answer came when it was asked again";
    unsigned status = x->response.status;
    if (status == 429) return "answers 429";
    if (status == 401 || status == 403 || s->refusal) return "refused when it was asked again: the answers contradict each other";
    if (status >= 500) return "answered with a server error when it was asked again";
    if (s->cached && check_identity_count(run) > 1) return "a cache answered, perhaps with what a signed-in caller got";
    if (!s->good) return "the answer holds nothing";
    return NULL;
}

// One of the two answers to nobody.
static int judge_answer(struct check_run *run, struct experiment *e, size_t i, const struct signature *reference, const char **ret_reason,
                        struct error *err) {
    struct signs s;
    struct signature sig;
    int r = signs_read(run, &e->arena, e->exchanges[i], &s, err);
    if (r == 0) r = check_signature(run, e, i, &sig, err);
    if (r != 0) return r;
    *ret_reason = void_reason(run, e->exchanges[i], &s);
    if (*ret_reason == NULL && reference != NULL && !signature_alike(reference, &sig))
        *ret_reason = "the answers to the same request do not have the same form";
    return 0;
}

// A name that cannot exist gets an answer of the same form: an echo, a catch-all, a generator.
static int judge_neighbour(struct check_run *run, struct experiment *e, const struct signature *first, const char **ret_reason, struct error *err) {
    if (e->probe_count <= OPEN_CALL_NEIGHBOUR) return 0;
    struct signs s;
    struct signature other;
    int r = signs_read(run, &e->arena, e->exchanges[OPEN_CALL_NEIGHBOUR], &s, err);
    if (r == 0) r = check_signature(run, e, OPEN_CALL_NEIGHBOUR, &other, err);
    if (r != 0) return r;
    if (!exchange_answered(e->exchanges[OPEN_CALL_NEIGHBOUR])) *ret_reason = "a control was not answered";
    else if (s.good && signature_alike(first, &other)) *ret_reason = "random neighbours of the path get an answer of the same form";
    return 0;
}

int open_call_judge(struct check_run *run, struct experiment *e, const struct signature *reference, const char **ret_reason, struct error *err) {
    struct signature first;
    int r = judge_answer(run, e, OPEN_CALL_NOBODY, reference, ret_reason, err);
    if (r == 0) r = check_signature(run, e, OPEN_CALL_NOBODY, &first, err);
    if (r == 0 && *ret_reason == NULL) r = judge_answer(run, e, OPEN_CALL_AGAIN, &first, ret_reason, err);
    if (r != 0 || *ret_reason != NULL) return r;
    if (e->operation != NULL && check_baseline(run, e->operation, 0)->volatility.status_volatile) {
        *ret_reason = "the status of the answer changes by itself";
        return 0;
    }
    r = judge_neighbour(run, e, &first, ret_reason, err);
    if (r != 0 || *ret_reason != NULL) return r;
    enum presence presence = check_presence(run, e, OPEN_CALL_NOBODY);
    int blocked = check_is_blocked(run, e, OPEN_CALL_NOBODY);
    if (presence == PRESENCE_UNKNOWN || blocked < 0) return JUDGE_WAIT;
    if (presence == PRESENCE_NOTHING) *ret_reason = "random neighbours of the path get the same answer";
    else if (blocked > 0) *ret_reason = "blocked by something in front of the API";
    return 0;
}

int open_call_ignores_credentials(struct check_run *run, struct experiment *e, bool *ret, struct error *err) {
    struct signs s;
    struct signature x, y;
    int r = signs_read(run, &e->arena, e->exchanges[OPEN_CALL_RANDOM], &s, err);
    if (r == 0) r = check_signature(run, e, OPEN_CALL_NOBODY, &x, err);
    if (r == 0) r = check_signature(run, e, OPEN_CALL_RANDOM, &y, err);
    if (r == 0) *ret = s.good && signature_alike(&x, &y);
    return r;
}
