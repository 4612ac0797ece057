// SPDX-License-Identifier: Apache-2.0
// Oracles that look for a text in an answer: error text, computed value, canary call.
#include <math.h>

#include "evidence/oracle_internal.h"

#define FRAGMENT_BEFORE 96 // how far around an error text an engine quotes what it could not read
#define FRAGMENT_BEHIND 256

static bool shows_pattern(const struct match_list *list, const struct pattern *p) {
    for (size_t i = 0; i < list->len; i++)
        if (list->ptr[i].pattern == p)
            return true;
    return false;
}

static bool quotes_fragment(struct sv body, const struct match *m, struct sv fragment) {
    size_t begin = m->offset > FRAGMENT_BEFORE ? m->offset - FRAGMENT_BEFORE : 0;
    return fragment.len >= 4 && sv_contains(sv_slice(body, begin, m->offset + m->length + FRAGMENT_BEHIND), fragment);
}

static int find_errors(struct arena *a, const struct match_set *set, struct match_scratch *scratch,
                       const struct exchange *x, struct match_list *ret) {
    *ret = (struct match_list){0};
    if (!exchange_answered(x))
        return 0;
    return match_scan(set, scratch, a, x->response.body, (1U << PATTERN_ERROR) | MATCH_KEEP_OVERLAPS, ret, NULL);
}

// Takes the patterns out of `list` that `other` shows as well.
static void remove_known(struct match_list *list, const struct match_list *other) {
    size_t kept = 0;
    for (size_t i = 0; i < list->len; i++)
        if (!shows_pattern(other, list->ptr[i].pattern))
            list->ptr[kept++] = list->ptr[i];
    list->len = kept;
}

static const struct match *best_error(const struct match_list *list, struct sv body, struct sv engine,
                                      struct sv fragment) {
    const struct match *best = NULL;
    for (size_t i = 0; i < list->len; i++) {
        const struct match *m = &list->ptr[i];
        if (engine.len > 0 && !sv_eq(m->pattern->engine, engine))
            continue;
        if (quotes_fragment(body, m, fragment))
            return m;
        best = best == NULL ? m : best;
    }
    return best;
}

/*
 * Error text. Holds when a text that the engine prints on its own failure stands in the probe's answer, in neither the
 * baseline's nor any control's, and either a fragment of our value stands beside it or there was a control at all.
 *
 * Chance of a wrong "confirmed". With a fragment: it is random and new in each round; a page that shows the engine's
 * text without our doing would have to hold it within 400 bytes: 5 bits a character less log2(400), so 8 characters are
 * 31 bits, and an echo without the engine's text is no match. Without: the text appeared for one of 2 + controls
 * answers by itself, p q^(1 + controls), 2 to 3.5 bits a round; "firm", and a series of breaking against neutral values
 * (oracle_series_observed) makes it sure.
 */
struct verdict oracle_error_text(struct arena *a, const struct match_set *set, struct match_scratch *scratch,
                                 const struct error_text_answers *answers, const struct pattern **ret_pattern) {
    *ret_pattern = NULL;
    if (!exchange_answered(answers->probe))
        return verdict_no("an answer is missing");
    struct match_list found, other;
    if (find_errors(a, set, scratch, answers->probe, &found) != 0)
        return verdict_no("the answer could not be searched");
    size_t clean = 0;
    for (size_t i = 0; i <= answers->control_count && found.len > 0; i++) {
        const struct exchange *x = i == 0 ? answers->baseline : answers->controls[i - 1];
        if (find_errors(a, set, scratch, x, &other) != 0)
            return verdict_no("the answer could not be searched");
        remove_known(&found, &other);
        clean += exchange_answered(x) && x->response.status != 429;
    }
    const struct match *m = best_error(&found, answers->probe->response.body, answers->engine, answers->fragment);
    if (m == NULL)
        return verdict_no("no error text of an engine that the controls do not show");
    if (clean == 0)
        return verdict_no("no control was answered");
    *ret_pattern = m->pattern;
    if (quotes_fragment(answers->probe->response.body, m, answers->fragment)) {
        double bits = 5 * (double)answers->fragment.len - log2((double)(FRAGMENT_BEFORE + FRAGMENT_BEHIND));
        return verdict_yes("the engine's error text quotes the value that was sent", bits > 0 ? bits : 0);
    }
    return verdict_yes("the engine's error text appears for the breaking value and for no harmless one",
                       noise_bits(1, clean));
}

// The digits as a number of their own and not as part of a longer one.
static bool shows_number(struct sv text, struct sv number) {
    for (size_t at = sv_find(text, number); at != SIZE_MAX;) {
        size_t end = at + number.len;
        bool before = at > 0 && text.ptr[at - 1] >= '0' && text.ptr[at - 1] <= '9';
        bool behind = end < text.len && text.ptr[end] >= '0' && text.ptr[end] <= '9';
        if (!before && !behind)
            return true;
        size_t next = sv_find(sv_from_index(text, at + 1), number);
        at = next == SIZE_MAX ? SIZE_MAX : at + 1 + next;
    }
    return false;
}

static bool answer_shows_number(const struct exchange *x, struct sv number) {
    if (shows_number(x->response.body, number))
        return true;
    for (size_t i = 0; i < x->response.headers.len; i++)
        if (shows_number(x->response.headers.ptr[i].value, number))
            return true;
    return false;
}

/*
 * Computed value. Holds when the product of our two random factors stands in the answer as a number of its own, is not
 * part of what was sent, and stands neither in the answer for other factors nor where the plain expression was sent
 * without the delimiters of an injection (a server that computes for everybody).
 *
 * Chance of a wrong "confirmed". A product of n digits of two random factors of n/2 digits is one of at least
 * 10^n / 2^4 values (products of equal size are not even: 4 bits off); a body of L bytes has at most L places. So
 * 3.32 n - 4 - log2 L bits a round; products under 8 digits are refused. 10 digits in 64 KiB: 13 bits, two rounds 26,
 * twelve digits: 39.
 */
struct verdict oracle_computed(const struct exchange *probe, struct sv product, struct sv expression,
                               const struct exchange *other_factors, const struct exchange *plain_control) {
    if (!sv_is_digits(product) || product.len < 8)
        return verdict_no("the product is too short to prove anything");
    if (!exchange_answered(probe) || !exchange_answered(other_factors) || !exchange_answered(plain_control))
        return verdict_no("an answer is missing");
    if (sv_contains(expression, product) || sv_contains(probe->request.target, product) ||
        sv_contains(probe->request.body, product))
        return verdict_no("the product was part of what was sent");
    if (!answer_shows_number(probe, product))
        return verdict_no("the product does not appear");
    if (status_is_trouble(other_factors->response.status) != status_is_trouble(probe->response.status))
        return verdict_no("the answer for other factors is the server's trouble");
    if (answer_shows_number(other_factors, product))
        return verdict_no("the number appears for other factors, too");
    if (answer_shows_number(plain_control, product))
        return verdict_no("the server computes for everybody");
    double bits = 3.32 * (double)product.len - 4 - log2((double)probe->response.body.len + 4096);
    if (bits < 6)
        return verdict_no("the answer is too long for so short a product");
    return verdict_yes("the product of two random numbers appears in the answer", bits > 40 ? 40 : bits);
}

/*
 * Canary call. A token has 50 random bits and is used for one probe only, so a call that carries it was caused by that
 * probe (a scanner of somebody else that guesses our tokens: 2^-50). Our own calls are not among the events. The secret
 * is only known to who asked the listener with that token.
 */
struct canary_verdict oracle_canary(const struct experiment *e, struct sv token, const struct exchange *answer,
                                    struct sv secret) {
    struct canary_verdict r = {0};
    for (size_t i = 0; token.len >= 8 && i < e->event_count; i++)
        r.called = r.called || sv_eq(e->events[i].token, token);
    if (secret.len < 8 || !exchange_answered(answer))
        return r;
    bool sent = sv_contains(answer->request.target, secret) || sv_contains(answer->request.body, secret);
    r.full_read = r.called && !sent && exchange_shows(answer, secret);
    return r;
}
