// SPDX-License-Identifier: Apache-2.0
/*
 * What the oracles share: how bits of evidence are counted and added.
 *
 * A wrong "confirmed" needs a server whose answers do not depend on what was tested and that yet gives the pattern an
 * oracle asks for. Against servers that are a function of the request, and noise that stays inside the learned mask,
 * the pattern itself is proof. Against a server that draws the form of every answer by itself (versions behind a load
 * balancer, failures at random) each round is worth noise_bits; the rounds are independent, as all random parts are
 * new, so bits add. 27 bits are 7.5e-9. Rounds that cannot reach that by themselves end as "firm" until a series has
 * been asked, whose bits come from an order that only we know.
 */
#include "evidence/oracle_internal.h"

#include <math.h>

#include "evidence/signature_internal.h"

double noise_bits(size_t equal, size_t different) {
    if (equal == 0 || different == 0)
        return 0;
    double all = (double)(equal + different), p = (double)equal / all;
    return -((double)equal * log2(p) + (double)different * log2(1 - p));
}

bool status_is_trouble(unsigned status) {
    return status >= 500 || status == 408 || status == 421 || status == 425 || status == 429 || status < 200;
}

bool status_is_refusal(unsigned status) {
    return status == 400 || status == 401 || status == 403 || status == 404 || status == 405 || status == 410 ||
           status == 422;
}

bool answers_are_comparable(const struct signature *reference, const struct volatility *v) {
    return reference->valid && v != NULL && v->learned_from > 0 && !v->status_volatile && !v->form_volatile &&
           signature_stable_pairs(reference, v) > 0;
}

bool exchange_shows(const struct exchange *x, struct sv text) {
    if (!exchange_answered(x) || text.len == 0)
        return false;
    if (sv_contains(x->response.body, text))
        return true;
    for (size_t i = 0; i < x->response.headers.len; i++)
        if (sv_contains(x->response.headers.ptr[i].value, text))
            return true;
    return false;
}

static enum confidence lower(enum confidence x, enum confidence y) {
    return x < y ? x : y;
}

struct verdict oracle_combine(struct verdict first, struct verdict second) {
    if (!first.holds && !second.holds)
        return first.why != NULL ? first : second;
    struct verdict held = first.holds ? first : second, other = first.holds ? second : first;
    if (!other.holds) {
        held.confidence = other.why == NULL ? lower(held.confidence, CONFIDENCE_FIRM) : CONFIDENCE_TENTATIVE;
        return held;
    }
    if (first.multiple != second.multiple && first.multiple != 0 && second.multiple != 0) {
        held.confidence = CONFIDENCE_TENTATIVE; // the delay ran once in one round and twice in the other
        return held;
    }
    held.bits = first.bits + second.bits;
    if (lower(first.confidence, second.confidence) == CONFIDENCE_TENTATIVE)
        held.confidence = CONFIDENCE_TENTATIVE;
    else
        held.confidence = held.bits >= ORACLE_CONFIRM_BITS ? CONFIDENCE_CONFIRMED : CONFIDENCE_FIRM;
    return held;
}

void series_draw(struct rng *rng, bool *ret_expected, size_t count) {
    for (size_t i = 0; i < count; i++)
        ret_expected[i] = (rng_next(rng) >> 40 & 1) != 0;
}

/*
 * Series. Whatever string of outcomes a server produces without seeing the difference, our string of fair bits equals
 * it with chance 2^-count: this holds for constant, random, alternating and adaptive servers alike. A string of one
 * value only shows nothing and is refused; leaving out these two adds at most 2^(1-count) to the chance.
 */
struct verdict oracle_series_observed(const bool *observed, const bool *expected, size_t count) {
    size_t yes = 0;
    for (size_t i = 0; i < count; i++) {
        if (observed[i] != expected[i])
            return verdict_no("an answer of the series did not fall where it should");
        yes += expected[i];
    }
    if (count < 8 || yes == 0 || yes == count)
        return verdict_no("the series is too short or of one kind only");
    return verdict_yes("every answer of a random series fell where it should", (double)count - 1);
}

struct verdict oracle_series(const struct signature *reference, const struct signature *const *answers,
                             const bool *expected, size_t count, const struct volatility *v) {
    if (!answers_are_comparable(reference, v))
        return verdict_no("the reference changes by itself");
    const struct signature *other = NULL;
    size_t yes = 0;
    for (size_t i = 0; i < count; i++) {
        const struct signature *x = answers[i];
        if (!x->valid || x->status == 429 || x->status == 503)
            return verdict_no("an answer of the series is missing or was not given for lack of room");
        if (signature_equal(x, reference, v) != expected[i])
            return verdict_no("an answer of the series did not fall where it should");
        yes += expected[i];
        if (expected[i])
            continue;
        if (other != NULL && !signature_alike(x, other))
            return verdict_no("the answers that differ are not alike");
        other = x;
    }
    if (count < 8 || yes == 0 || yes == count)
        return verdict_no("the series is too short or of one kind only");
    return verdict_yes("every answer of a random series fell where it should", (double)count - 1);
}
