// SPDX-License-Identifier: Apache-2.0
// Oracles that compare what two almost equal values do: boolean pair and syntax pair.
#include "evidence/oracle_internal.h"
#include "evidence/signature_internal.h"

// An answer that a query gives which ran and found nothing: a good one, a redirect, or "not there".
static bool may_be_empty_result(const struct signature *x) {
    return (x->status >= 200 && x->status < 400) || x->status == 404 || x->status == 410;
}

// A service that falls over whatever it does not find: then the same characters without grammar make it fall over, too.
static bool fails_as_not_found(const struct signature *x, const struct signature *inert) {
    return x->status == 500 && signature_alike(x, inert);
}

static bool are_empty_results(const struct boolean_answers *answers) {
    if (fails_as_not_found(answers->false_1, answers->inert) && fails_as_not_found(answers->false_2, answers->inert))
        return true;
    return may_be_empty_result(answers->false_1) && may_be_empty_result(answers->false_2);
}

/*
 * Boolean pair. Holds when both true variants equal the baseline, both false ones differ from it and are alike, and the
 * same characters without grammar do not give the baseline. A false variant that ends in an error, a firewall's page or
 * a rate limit is no "false" (a bare 500 is never proof), so only results that a query can give count; a 500 counts where the
 * service answers so to the inert value, that is to everything that it does not find.
 *
 * Chance of a wrong "confirmed". A server that takes the value as a literal answers all five alike; one that ignores it
 * gives the baseline to all; one that searches its words gives the inert variant what it gives the true ones. What is
 * left draws its form by itself: 2 + learned equal and 3 different answers, at best 2^-4.9 a round without and 2^-6.9
 * with two repeats. Two rounds are "firm"; 27 bits need a series (2 x 4.9 + 23 > 27).
 */
struct verdict oracle_boolean(const struct boolean_answers *answers) {
    const struct signature *base = answers->baseline;
    const struct signature *all[] = {
        base, answers->true_1, answers->true_2, answers->false_1, answers->false_2, answers->inert};
    const struct volatility *v = answers->volatility;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!all[i]->valid)
            return verdict_no("an answer is missing");
    if (base->status < 200 || base->status >= 300 || !answers_are_comparable(base, v))
        return verdict_no("the baseline is no good answer, or changes by itself");
    if (!signature_equal(base, answers->true_1, v) || !signature_equal(base, answers->true_2, v))
        return verdict_no("a condition that is true does not give the baseline");
    if (signature_equal(base, answers->false_1, v) || signature_equal(base, answers->false_2, v))
        return verdict_no("a condition that is false gives the baseline");
    if (!are_empty_results(answers))
        return verdict_no("a condition that is false gives an error");
    if (!signature_alike(answers->false_1, answers->false_2))
        return verdict_no("two conditions that are false give different answers");
    if (signature_equal(base, answers->inert, v))
        return verdict_no("the same characters without grammar give the baseline, too");
    if (answers->inert->status == 429)
        return verdict_no("the server limits us");
    return verdict_yes("true conditions give the baseline, false ones do not, the same characters as plain text do not",
                       noise_bits(2 + learned_from(v), 3));
}

static bool was_refused_unread(const struct signature *x) {
    return x->status == 401 || x->status == 403 || x->status == 406 || x->status == 429 || x->status == 503;
}

/*
 * Syntax pair. Holds when the breaking value differs from the baseline, the neutral neighbour equals it, and the
 * doubled quote gives what a random word of equal length gives, which is not the baseline.
 *
 * Chance of a wrong "confirmed". A server that takes the value as a literal finds nothing for the neutral neighbour;
 * one that strips quotes gives the baseline for the doubled one; one that ignores the value gives it for the random
 * word. What is left draws its form by itself: 2 + learned equal (neutral and baseline, doubled and random word) and 2
 * different answers, 4 to 6 bits a round; two rounds are "firm", a series of neutral against breaking values makes them
 * sure.
 */
struct verdict oracle_syntax(const struct syntax_answers *answers) {
    const struct signature *base = answers->baseline;
    const struct signature *all[] = {base, answers->broken, answers->neutral, answers->doubled, answers->random_word};
    const struct volatility *v = answers->volatility;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!all[i]->valid)
            return verdict_no("an answer is missing");
    if (base->status < 200 || base->status >= 300 || !answers_are_comparable(base, v))
        return verdict_no("the baseline is no good answer, or changes by itself");
    if (was_refused_unread(answers->broken))
        return verdict_no("the breaking value was refused before it was read");
    if (status_is_trouble(answers->random_word->status) || status_is_trouble(answers->doubled->status))
        return verdict_no("a value that breaks nothing gives an error");
    if (signature_equal(base, answers->random_word, v))
        return verdict_no("a random word gives the baseline, too");
    if (signature_equal(base, answers->broken, v))
        return verdict_no("the breaking value gives the baseline");
    if (!signature_equal(base, answers->neutral, v))
        return verdict_no("the neutral neighbour does not give the baseline");
    if (!signature_equal(answers->doubled, answers->random_word, v))
        return verdict_no("the doubled quote is not simply not found");
    return verdict_yes(
        "the value breaks a grammar: the neutral neighbour is harmless, the doubled quote is a plain value",
        noise_bits(2 + learned_from(v), 2));
}
