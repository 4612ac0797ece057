// SPDX-License-Identifier: Apache-2.0
#include "scan/pace.h"

#include "http/header.h"

#define WINDOW_START 4.0
#define SLOW_FACTOR 3
#define SLOW_MARGIN (20 * USEC_PER_MSEC) // below it, latency is noise of the machine and no sign of load
#define RETRY_AFTER_MAX (60 * USEC_PER_SEC)
#define WAIT_FIRST (USEC_PER_SEC / 2)
#define BURST_WAIT USEC_PER_SEC
#define LOST_WAIT (100 * USEC_PER_MSEC)
enum { REFUSALS_MAX = 6, REFUSALS_MAX_LONG = 4, GOOD_FOR_MORE = 100 };

void pace_init(struct pace *p, double rate, unsigned window_max) {
    *p = (struct pace){.rate = rate, .tokens = rate > 1 ? 1 : rate, .window = WINDOW_START, .window_max = window_max, .window_top = window_max};
    if (p->window > p->window_max) p->window = p->window_max;
}

static void refill(struct pace *p, usec_t now) {
    if (p->refilled == 0) p->refilled = now;
    double earned = (double)(now - p->refilled) / (double)USEC_PER_SEC * p->rate;
    double burst = p->rate / 10 > 1 ? p->rate / 10 : 1; // a tenth of a second's worth may go at once
    p->tokens = p->tokens + earned > burst ? burst : p->tokens + earned;
    p->refilled = now;
}

bool pace_may_send(struct pace *p, usec_t now, unsigned in_flight, bool burst, usec_t *ret_wait) {
    *ret_wait = 0;
    if (now < p->hold_until) {
        *ret_wait = p->hold_until - now;
        return false;
    }
    // A burst goes out at once, but not over more connections than the target has shown to hold.
    bool narrow = p->window_max < p->window_top;
    if (burst ? narrow && (double)in_flight >= p->window_max : (double)in_flight >= p->window) return false;
    if (p->rate <= 0) return true;
    refill(p, now);
    if (p->tokens >= 1 || burst) return true;
    *ret_wait = (usec_t)((1 - p->tokens) / p->rate * (double)USEC_PER_SEC) + 1;
    return false;
}

void pace_sent(struct pace *p, usec_t now) {
    if (p->rate <= 0) return;
    refill(p, now);
    p->tokens -= 1;
}

void pace_hold(struct pace *p, usec_t until) {
    if (until > p->hold_until) p->hold_until = until;
}

static void cut(struct pace *p) {
    if ((double)p->since_cut < p->window) return; // the last cut has not shown its effect yet
    p->window = p->window / 2 < 1 ? 1 : p->window / 2;
    p->since_cut = 0;
}

static usec_t median(const struct pace *p) {
    usec_t sorted[PACE_RING];
    for (unsigned i = 0; i < p->ring_len; i++) {
        unsigned at = i;
        while (at > 0 && sorted[at - 1] > p->ring[i]) {
            sorted[at] = sorted[at - 1];
            at--;
        }
        sorted[at] = p->ring[i];
    }
    return p->ring_len == 0 ? 0 : sorted[p->ring_len / 2];
}

static bool is_slow(struct pace *p, usec_t latency) {
    p->ring[p->ring_next] = latency;
    p->ring_next = (p->ring_next + 1) % PACE_RING;
    if (p->ring_len < PACE_RING) p->ring_len++;
    if (p->baseline == 0 || latency < p->baseline) p->baseline = latency > 0 ? latency : 1;
    usec_t m = median(p);
    return p->ring_len == PACE_RING && m > p->baseline * SLOW_FACTOR && m > p->baseline + SLOW_MARGIN;
}

// Does the host limit us, or one route of it? Then a quarter of the newest answers are 429, of more than one route.
static bool host_is_limited(const struct pace *p) {
    unsigned seen = p->answered < PACE_RING ? p->answered : PACE_RING, limited = 0;
    bool several = false;
    for (unsigned i = 0; i < seen; i++) { // i answers ago
        if ((p->limited_ring >> i & 1) == 0) continue;
        limited++;
        several = several || p->limited_route[(p->answered - 1 - i) % PACE_RING] != p->limited_route[(p->answered - 1) % PACE_RING];
    }
    bool nothing_else = limited == p->answered; // so far
    return (several || nothing_else) && limited * 4 >= seen;
}

// Answers that were under way while a wait was on say nothing new.
static void refused(struct pace *p, usec_t now, const struct response *r, usec_t now_realtime) {
    if (r->status == 429 && !host_is_limited(p)) return; // the engine asks that route again later
    cut(p);
    if (now < p->hold_until) return;
    usec_t delay = 0;
    struct sv value = header_find(&r->headers, SV("Retry-After"));
    bool told = value.len > 0 && retry_after_parse(value, now_realtime, &delay);
    bool too_long = told && delay > RETRY_AFTER_MAX;
    if (r->status == 503) {
        if (told) pace_hold(p, now + (too_long ? RETRY_AFTER_MAX / 2 : delay));
        return;
    }
    if (++p->refusals > (too_long ? REFUSALS_MAX_LONG : REFUSALS_MAX)) p->walled = true;
    else pace_hold(p, now + (told && !too_long ? delay : WAIT_FIRST << (p->refusals - 1)));
}

// The target or something before it has no room for another connection: fewer at once from now on, one more after each hundred good answers.
static void lost(struct pace *p, usec_t now) {
    if (now < p->hold_until) return;
    p->window = p->window / 2 < 1 ? 1 : p->window / 2;
    p->window_max = p->window;
    p->good = p->since_cut = 0;
    pace_hold(p, now + LOST_WAIT);
}

void pace_answer(struct pace *p, usec_t now, enum outcome outcome, const struct response *r, usec_t now_realtime, uint64_t route) {
    p->since_cut++;
    if (outcome == OUTCOME_TIMEOUT) cut(p);
    if (outcome == OUTCOME_CLOSED || outcome == OUTCOME_REFUSED_CONNECTION) lost(p, now);
    if (outcome != OUTCOME_DONE || r == NULL) return;
    p->limited_ring = (p->limited_ring << 1) | (r->status == 429);
    p->limited_route[p->answered % PACE_RING] = route;
    p->answered++;
    if (r->status == 429 || r->status == 503) {
        refused(p, now, r, now_realtime);
        return;
    }
    p->refusals = 0;
    if (++p->good % GOOD_FOR_MORE == 0 && p->window_max < p->window_top) p->window_max += 1;
    if (is_slow(p, r->first_byte)) cut(p);
    else p->window = p->window + 1 / p->window > p->window_max ? p->window_max : p->window + 1 / p->window;
}

void pace_burst_answer(struct pace *p, usec_t now, const struct response *r, usec_t now_realtime) {
    usec_t delay;
    if (r == NULL || (r->status != 429 && r->status != 503)) return;
    struct sv value = header_find(&r->headers, SV("Retry-After"));
    // It was the route that said so, and the question is answered: others go on after a breath.
    if (value.len > 0 && retry_after_parse(value, now_realtime, &delay)) pace_hold(p, now + (delay > BURST_WAIT ? BURST_WAIT : delay));
}
