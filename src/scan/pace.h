// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_SCAN_PACE_H
#define PLUMB_SCAN_PACE_H

#include <stdbool.h>

#include "base/clock.h"
#include "model/exchange.h"

// How fast one host is asked: a token bucket for the rate, a concurrency that starts at 4 and follows the answers (additive increase; halved on
// 429, 503, time-outs, lost connections and when the median latency is over three times the baseline), and waits that the target asked for.
// Without a usable Retry-After the waits double from half a second; when a wait of more than a minute is asked for, or waits in a row all end
// in another 429, `walled` is set. Pure: time is given.
enum { PACE_RING = 16 };
struct pace {
    double rate;       // requests a second, 0: none
    double tokens;
    usec_t refilled;
    double window;     // concurrency allowed
    double window_max;
    usec_t baseline;   // first-byte latency at concurrency 1; 0 while unknown
    usec_t hold_until; // Retry-After, pauses
    unsigned since_cut;
    usec_t ring[PACE_RING];
    unsigned ring_len, ring_next;
    uint32_t limited_ring; // newest answer in bit 0: was it a 429?
    uint64_t limited_route[PACE_RING]; // whose 429s they were, by answer modulo PACE_RING
    unsigned answered;
    unsigned refusals; // waits in a row that ended in another 429
    bool walled;       // waiting leads nowhere: the scan is to be stopped
    unsigned good;     // answers since window_max was last changed
    double window_top; // window_max at the start
};

void pace_init(struct pace *p, double rate, unsigned window_max);
// Now? If not, *ret_wait says how long to wait (0: until an answer comes).
bool pace_may_send(struct pace *p, usec_t now, unsigned in_flight, bool burst, usec_t *ret_wait);
void pace_sent(struct pace *p, usec_t now);
// `route`: a number for the path that was asked; 429s of one path alone are that route's, not the host's.
void pace_answer(struct pace *p, usec_t now, enum outcome outcome, const struct response *r, usec_t now_realtime, uint64_t route);
// Of a burst that was meant to meet the limit: it is waited as told, and nothing else is learned.
void pace_burst_answer(struct pace *p, usec_t now, const struct response *r, usec_t now_realtime);
void pace_hold(struct pace *p, usec_t until);

#endif
