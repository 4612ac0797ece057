// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "evidence/oracle_internal.h"

#define POINTS_MIN 8
#define POINTS_MAX 64

struct line {
    double slope, intercept, r2;
};

static struct line fit(const usec_t *x, const usec_t *y, size_t count) {
    double mx = 0, my = 0, sxx = 0, sxy = 0, syy = 0, n = (double)count;
    for (size_t i = 0; i < count; i++) {
        mx += (double)x[i] / n;
        my += (double)y[i] / n;
    }
    for (size_t i = 0; i < count; i++) {
        double dx = (double)x[i] - mx, dy = (double)y[i] - my;
        sxx += dx * dx;
        sxy += dx * dy;
        syy += dy * dy;
    }
    struct line l = {0};
    if (sxx > 0 && syy > 0) {
        l.slope = sxy / sxx;
        l.intercept = my - l.slope * mx;
        l.r2 = sxy * sxy / (sxx * syy);
    }
    return l;
}

// Two zeros, five different delays, the longest at least twice the shortest: no two-level latency can follow that.
static bool is_drawn_well(const usec_t *asked, size_t count, usec_t *ret_longest) {
    size_t zeros = 0, distinct = 0;
    usec_t shortest = UINT64_MAX, longest = 0;
    for (size_t i = 0; i < count; i++) {
        if (asked[i] == 0) {
            zeros++;
            continue;
        }
        bool seen = false;
        for (size_t j = 0; j < i; j++)
            seen = seen || asked[j] == asked[i];
        distinct += !seen;
        shortest = asked[i] < shortest ? asked[i] : shortest;
        longest = asked[i] > longest ? asked[i] : longest;
    }
    *ret_longest = longest;
    return zeros >= 2 && distinct >= 5 && longest >= 2 * shortest;
}

void time_draw(struct rng *rng, usec_t *ret_asked, size_t count, usec_t longest) {
    size_t zeros = count < 8 ? 2 : count / 4;
    usec_t msec = longest / USEC_PER_MSEC < count * 4 ? count * 4 : longest / USEC_PER_MSEC;
    for (size_t i = 0; i < count; i++) {
        usec_t delay = 0;
        if (i >= zeros) { // one out of each equal part of the range: far apart, and still drawn
            usec_t part = msec / (count - zeros);
            delay = part * (i - zeros) + rng_between(rng, part / 2, part);
        }
        size_t at = (size_t)rng_below(rng, i + 1);
        if (at != i)
            ret_asked[i] = ret_asked[at];
        ret_asked[at] = delay * USEC_PER_MSEC;
    }
}

// Does each answer come after its delay, and those of the longest delay later than usual?
static const char *too_early(const usec_t *asked, const usec_t *observed, size_t count, double k, usec_t longest,
                             usec_t usual) {
    for (size_t i = 0; i < count; i++) {
        if (asked[i] > 0 && (double)observed[i] < 0.8 * k * (double)asked[i])
            return "an answer came before its delay was over";
        if (asked[i] == longest && observed[i] <= usual)
            return "the longest delay is within the usual latency";
    }
    return NULL;
}

/*
 * Time. Holds when the observed latency follows the asked delay along a line: R^2 > 0.98, slope within 15 % of a whole
 * number k (delays may run once a row), the delayed points above the latency model.
 *
 * Chance of a wrong "confirmed". For latencies that do not depend on delays drawn at random, R^2 of n points is
 * distributed as Beta(1/2, (n-2)/2) when they are normal, so P(R^2 > r) < (1-r)^((n-2)/2); n = 8 and r = 0.98 give
 * 8e-6, two rounds with the same k 6.4e-11. Latencies that are not normal have that chance or less as long as they are
 * drawn apart from our delays and no single point carries the line, which five different delays and two zeros see to.
 * Drift and load do not follow the random order. Bits: (n-2)/2 log2(1/(1-r)), at most 20 a round.
 */
struct verdict oracle_time(const usec_t *asked, const usec_t *observed, size_t count, usec_t model_median,
                           usec_t model_spread) {
    usec_t longest = 0;
    if (count < POINTS_MIN || count > POINTS_MAX || !is_drawn_well(asked, count, &longest))
        return verdict_no("the delays were not drawn well enough");
    if (longest < 10 * model_spread)
        return verdict_no("the delays are lost in the usual spread of the latency");
    struct line l = fit(asked, observed, count);
    double k = round(l.slope);
    double allowed = k * 0.15 < 0.25 ? k * 0.15 : 0.25;
    if (k < 1 || k > 1000 || fabs(l.slope - k) > allowed)
        return verdict_no("the latency does not grow by a multiple of the delay");
    if (l.r2 <= 0.98)
        return verdict_no("the latency does not follow the delay closely");
    const char *early = too_early(asked, observed, count, k, longest, model_median + 3 * model_spread);
    if (early != NULL)
        return verdict_no(early);
    double rest = 1 - l.r2 < 1e-6 ? 1e-6 : 1 - l.r2;
    double bits = ((double)count - 2) / 2 * log2(1 / rest);
    struct verdict yes = verdict_yes("the latency follows the delays that were asked for", bits > 20 ? 20 : bits);
    yes.multiple = (unsigned)k;
    return yes;
}
