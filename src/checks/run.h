// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_RUN_H
#define PLUMB_CHECKS_RUN_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/random.h"
#include "checks/check.h"
#include "data/node.h"
#include "evidence/baseline.h"
#include "evidence/entity.h"
#include "evidence/oracle.h"
#include "http/build.h"
#include "http/url.h"
#include "match/match.h"
#include "model/api.h"
#include "model/experiment.h"
#include "model/fact.h"
#include "model/finding.h"
#include "model/principal.h"

// All that a check may ask for. Valid inside its callbacks only.

enum scan_mode { MODE_PASSIVE, MODE_SAFE, MODE_ACTIVE };

// -- what is known -------------------------------------------------------------------------------------------------------------
const struct api *check_api(const struct check_run *run);
struct sv check_described_base(const struct check_run *run); // what all described paths begin with, in whole segments; SV_NONE when fewer than three are described
void *check_state(struct check_run *run);                 // state_size zeroed bytes of this check
struct arena *check_arena(struct check_run *run);         // lives as long as the scan
struct rng *check_rng(struct check_run *run);             // the stream of this check
enum scan_mode check_mode(const struct check_run *run);
const struct url *check_target(const struct check_run *run); // the URL the user named: scheme, host, port, address class by address_classify
size_t check_origin(const struct check_run *run, struct sv scheme, struct sv host, uint16_t port); // for request.origin; SIZE_MAX when it is not in scope
size_t check_identity_count(const struct check_run *run); // with nobody, so at least 1
const struct principal *check_identity(const struct check_run *run, size_t index); // labels only; headers are empty here
// What is known of the identity's credential without its secret; never NULL (CARRIER_NONE for nobody).
const struct token_view *check_token(const struct check_run *run, size_t identity);
// Three-way canary: does this identity's credential make a difference that was seen (a text with it, absent without)? UNPROVEN: no operation
// showed one, so nothing may be concluded from what it is refused or given; DEAD: it worked once and no longer does.
enum identity_state { IDENTITY_UNPROVEN, IDENTITY_PROVEN, IDENTITY_DEAD };
enum identity_state check_identity_state(const struct check_run *run, size_t identity);
// The operation whose answers prove it, and a text that stands in them with the credential and not without; NULL and SV_NONE when unproven.
const struct operation *check_identity_witness(const struct check_run *run, size_t identity, struct sv *ret_text);
// The published half of the key pair of JWT_SIGN_RSA_OURS as a JWK (RFC 7517), for "jwk" headers and for a canary that serves it.
struct sv check_scan_jwk(struct check_run *run);
// Never NULL; state BASELINE_NONE when not asked.
const struct baseline *check_baseline(const struct check_run *run, const struct operation *op, size_t identity);
const struct entity_pool *check_entities(const struct check_run *run);
const struct match_set *check_patterns(const struct check_run *run);
struct match_scratch *check_scratch(const struct check_run *run);
const struct node *check_knowledge(struct check_run *run, const char *name); // data/<name>.yaml, NULL when there is no such file
uint64_t check_key(const struct check_run *run);          // for signature_make
// Has some check reported at this operation that it is there and open (authentication, authorization, exposure, inventory)?
bool check_operation_has_finding(const struct check_run *run, const struct operation *op);
// Has any check reported a finding of that category at this operation (method and path)? So that a cause is told once.
bool check_operation_has_finding_in(const struct check_run *run, const struct operation *op, enum category category);
// Has one of these checks (a list of ids that ends with NULL) reported there? `parameter`: only about that one, SV_NONE: about any or none.
bool check_is_told_by(const struct check_run *run, const struct operation *op, struct sv parameter, const char *const *checks);
// The request that signs the identity in, without what is secret in it (token_view.signs_in); to be sent with CREDENTIAL_WRONG_PASSWORD or
// CREDENTIAL_UNKNOWN_NAME only. False when there is none.
bool check_sign_in_request(struct check_run *run, size_t identity, struct request *ret);
// Wrong tries against an account of ours that are still allowed (--lockout-budget). What is used up stays used up.
unsigned check_lockout_budget(const struct check_run *run);
bool check_spend_lockout(struct check_run *run, unsigned n); // before they are sent; false (and nothing spent) when that many are not left
// Class of a guessed route ("debug", "admin", "docs", "metrics", "health", "spec", "api"), SV_NONE when it was not a guess.
struct sv check_route_class(const struct check_run *run, const struct operation *op);
bool check_operation_is_documentation(const struct check_run *run, const struct operation *op); // serves a specification or its pages

// -- asking ---------------------------------------------------------------------------------------------------------------------
// New experiment of this check; fields schedule, phase, purpose, value, tag, round, operation, parameter may be set until check_submit.
// Defaults: SCHEDULE_ANY, PHASE_CHECK, PURPOSE_CHECK, value 1, round 1. NULL when out of memory.
struct experiment *check_experiment(struct check_run *run, const struct operation *op, uint32_t tag);
// Adds a probe (request is copied); returns it or NULL. May the probe go out at all? The engine's guard decides at submit time.
struct probe *check_probe(struct check_run *run, struct experiment *e, enum probe_role role, size_t identity, const struct request *rq);
// Shorthand: the call with one value changed. `value` decoded, as it shall arrive.
struct probe *check_probe_value(struct check_run *run, struct experiment *e, enum probe_role role, size_t identity, const struct call *c,
                                size_t parameter, struct sv value);
bool check_mark(struct experiment *e, struct probe *p, struct sv marker); // a random text of ours in that probe
// Hands the experiment to the engine, or drops it (false) when the method guard forbids one of its probes or the budget cannot hold it;
// coverage is noted by the engine then.
bool check_submit(struct check_run *run, struct experiment *e);
// May this request be sent in this mode (the effective-method guard's answer)?
bool check_allowed(const struct check_run *run, const struct operation *op, const struct request *rq);

// -- writing (active mode) -------------------------------------------------------------------------------------------------------
// Every write is promised back before it leaves. The engine journals the promise, takes the write back when the check asks for it and at the latest when
// the scan ends, is interrupted or resumed after a crash, and lists it in the report. check_submit refuses a write without a promise, one of a
// privileged identity that --allow-write does not name, and one whose name smells of more than an ordinary change.
struct undo_plan {
    const struct request *undo;      // takes the write back whatever came of it (the old body again); NULL: what the write creates is removed
    const struct operation *remover; // undo NULL: the DELETE operation of what is created (check_remover)
    const struct request *look;      // GET that shows the object (undo) or the collection (remover); method ptr NULL or pointer NULL: none
    struct sv marker;                // random text of ours in the write, by which what it created is found again
    size_t by;                       // identity that takes it back; 0: the writer
};
// Adds the write as the next probe and makes the experiment run alone. Returns the promise's number, 0 when out of memory.
uint32_t check_write(struct check_run *run, struct experiment *e, size_t identity, const struct request *rq, const struct undo_plan *plan);
// Adds the undo of that promise (plan->undo) as the next probe of the same experiment; false when out of memory.
bool check_undo(struct check_run *run, struct experiment *e, uint32_t promise);
// The same by another identity than the one that promised: may it? What was created has to be known (check_created).
bool check_undo_as(struct check_run *run, struct experiment *e, uint32_t promise, size_t identity);
// Takes it back now, by an experiment of the engine's own.
void check_undo_now(struct check_run *run, uint32_t promise);
// A look at the object says that it is not as it was, whatever the undo was answered: told in the report, and tried again by --resume.
void check_undo_failed(struct check_run *run, uint32_t promise);
bool check_is_undone(const struct check_run *run, uint32_t promise);
// The concrete path of what the write created ("/notes/17"), once it was answered; SV_NONE when the answer names nothing.
struct sv check_created(struct check_run *run, uint32_t promise);
// The described DELETE operation of what a POST to this collection creates, NULL when there is none.
const struct operation *check_remover(const struct check_run *run, const struct operation *create);
// Would a write there be sent at all, with a promise, by this identity?
bool check_may_write(struct check_run *run, const struct operation *op, size_t identity, const struct request *rq);

// -- understanding answers -----------------------------------------------------------------------------------------------------
// Signature of the answer to probe i of e, with the probe's markers masked; invalid signature when no answer. In e->arena.
int check_signature(struct check_run *run, struct experiment *e, size_t i, struct signature *ret, struct error *err) MUST_USE;
// Presence of what was asked: PRESENCE_UNKNOWN means the engine now asks the controls; return JUDGE_WAIT and be called again.
enum presence check_presence(struct check_run *run, struct experiment *e, size_t i);
// 1 the answer is a block page of a firewall, 0 not, -1 not known yet (return JUDGE_WAIT).
int check_is_blocked(struct check_run *run, struct experiment *e, size_t i);

// -- canary ---------------------------------------------------------------------------------------------------------------------
// A URL of our listener with a fresh token for this probe: "http://10.0.0.1:4321/<token>"; SV_NONE when there is no listener. *ret_token may be NULL.
struct sv check_canary_url(struct check_run *run, struct experiment *e, size_t probe_index, struct sv *ret_token);
struct sv check_canary_secret(struct check_run *run, struct experiment *e, struct sv token);
// "<base>/<token>/to/<base64url target>/<status>"
struct sv check_canary_redirect(struct check_run *run, struct experiment *e, size_t probe_index, struct sv to, unsigned status, struct sv *ret_token);
bool check_canary_ever_called(const struct check_run *run); // by the target, in this scan
bool check_metadata_allowed(const struct check_run *run);   // loopback or private target, or --metadata

// -- telling ----------------------------------------------------------------------------------------------------------------------
// Everything in `f` is copied. check, category, owasp, cwe and severity are filled from the check when unset (check NULL, owasp NULL, cwe[0] 0).
// `category` must be set. An equal occurrence (check, cause, method, nameless path, parameter) is reported once; the higher confidence wins.
int check_report(struct check_run *run, const struct finding *f, struct error *err) MUST_USE;
// Shorthand to attach the exchange of probe i as evidence.
struct evidence_item check_evidence(const struct experiment *e, size_t i, enum evidence_role role, const char *note);
// Returns the fact's id (equal facts share one), 0 when out of memory.
uint32_t check_fact(struct check_run *run, const struct fact *f);
// What this check can say of an operation; the worst wins in the order found, inconclusive, not tested, passed, not applicable. Static text.
void check_coverage(struct check_run *run, const struct operation *op, enum coverage_status status, const char *reason);

#endif
