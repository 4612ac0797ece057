// SPDX-License-Identifier: Apache-2.0
// Oracles over whole answers: same answer, public by design, forged credential.
#include "evidence/oracle_internal.h"
#include "evidence/signature_internal.h"

/*
 * Same answer. Holds when P equals R outside the mask, R is a real answer (2xx, outside the absence model), and the
 * control does not equal R.
 *
 * Chance of a wrong "confirmed". P's equality is content: at least one stable pair of R, hashed with a key the server
 * does not know, was served to P; that is the claim itself and no guess. What can be wrong is that R is nothing
 * special, so that the control differs by accident. A control that is refused (4xx, never 5xx or 429) by accident, in
 * both rounds, while R, P and all repeats are not, has for a server that draws its status among k values the chance of
 * k^-(learned + 4) (k-1)/k …: for k = 500 and two repeats 500^-6 < 1e-16. A server that refuses a share q of all
 * requests whoever asks passes with p^(learned+4) q^2; it cannot be told apart here, and is caught where it shows in
 * hundreds of requests: by the heartbeat, whose bad beats void the experiment. A refused control therefore counts 14
 * bits a round. A control that is answered with something else (two versions behind a load balancer do that by
 * themselves) counts noise_bits and reaches "confirmed" through a series only.
 */
struct verdict oracle_same_answer(const struct signature *reference, const struct signature *probe,
                                  const struct signature *control, const struct volatility *v,
                                  enum presence reference_presence) {
    if (!reference->valid || !probe->valid || !control->valid)
        return verdict_no("an answer is missing");
    if (reference_presence != PRESENCE_REAL)
        return verdict_no("the reference looks like any other path of its directory");
    if (reference->status < 200 || reference->status >= 300)
        return verdict_no("the reference is no good answer");
    if (signature_stable_pairs(reference, v) == 0 || (learned_from(v) > 0 && !answers_are_comparable(reference, v)))
        return verdict_no("the reference changes by itself, or says nothing that could be compared");
    if (!signature_equal(reference, probe, v))
        return verdict_no("the probe's answer is not that of the reference");
    if (status_is_trouble(control->status))
        return verdict_no("the control failed for a reason of the server's own");
    if (signature_equal(reference, control, v))
        return verdict_no("the control, which must fail, gets the same answer");
    bool refused = status_is_refusal(control->status);
    struct verdict yes = verdict_yes("the same answer as for the allowed caller, while the control fails",
                                     refused ? ORACLE_ROUND_BITS : noise_bits(2 + learned_from(v), 1));
    if (learned_from(v) == 0)
        yes.confidence = CONFIDENCE_TENTATIVE; // nobody knows how much of it changes by itself
    return yes;
}

/*
 * Public by design switches findings off, so an error here hides something: nothing may demand credentials, nothing
 * sensitive may show, and everybody who asked got the same good answer.
 */
static bool says_public(const struct operation *op) {
    for (size_t i = 0; i < op->tag_count; i++)
        if (sv_eq_nocase(op->tags[i], SV("public")))
            return true;
    return sv_contains_nocase(op->summary, SV("public")) || sv_contains_nocase(op->description, SV("publicly"));
}

bool oracle_public(const struct operation *op, const struct signature *const *answers, size_t count,
                   const struct volatility *v, size_t sensitive_hits) {
    if (op->demand == DEMAND_CREDENTIALS || sensitive_hits > 0 || count == 0)
        return false;
    if (count == 1 && op->demand != DEMAND_NOTHING && !says_public(op))
        return false; // only nobody asked, and nobody said that it is meant so
    for (size_t i = 0; i < count; i++)
        if (!answers[i]->valid || answers[i]->status < 200 || answers[i]->status >= 300 ||
            (i > 0 && !signature_equal(answers[0], answers[i], v)))
            return false;
    return true;
}

/*
 * Forged credential. Holds when the answers with the valid and with the weakly forged credential show the identity's
 * canary text, and those without credential and with a random key do not and are not the server's trouble.
 *
 * Chance of a wrong "confirmed". The canary text is known to stand only in answers with a valid credential; a server
 * that shows it to the forged one let it in, or shows it to everybody and withheld it twice a round by accident. With
 * refusals (401, 403, 404) instead of accidents that is the case of the same-answer oracle, with one more control: 14
 * bits a round. Otherwise p^2 q^2, 4 bits a round, and a series has to decide.
 */
struct verdict oracle_forged(struct sv canary_text, const struct exchange *valid, const struct exchange *absent,
                             const struct exchange *random_key, const struct exchange *weak) {
    if (canary_text.len < 4)
        return verdict_no("no text is known that only this identity sees");
    const struct exchange *all[] = {valid, absent, random_key, weak};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!exchange_answered(all[i]))
            return verdict_no("an answer is missing");
    if (!exchange_shows(valid, canary_text) || valid->response.status >= 400)
        return verdict_no("the valid credential does not show the identity's text");
    if (status_is_trouble(absent->response.status) || status_is_trouble(random_key->response.status))
        return verdict_no("a control failed for a reason of the server's own");
    if (exchange_shows(absent, canary_text) || exchange_shows(random_key, canary_text))
        return verdict_no("the identity's text shows without its credential, too");
    if (!exchange_shows(weak, canary_text) || weak->response.status != valid->response.status)
        return verdict_no("the forged credential does not show the identity's text");
    bool refused = status_is_refusal(absent->response.status) && status_is_refusal(random_key->response.status);
    return verdict_yes("the forged credential is served as the valid one, others are not",
                       refused ? ORACLE_ROUND_BITS : noise_bits(2, 2));
}
