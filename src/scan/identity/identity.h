// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_SCAN_IDENTITY_IDENTITY_H
#define PLUMB_SCAN_IDENTITY_IDENTITY_H

// Private to src/scan: who may be asked for, with which credential, and whether it still works.

#include "base/json_writer.h"
#include "base/vec.h"
#include "checks/run.h"
#include "model/credential.h"
#include "model/experiment.h"
#include "model/principal.h"
#include "scan/identity/jwt_forge.h"
#include "scan/identity/jwt_secrets.h"

struct engine;
struct login_outcome;
struct outgoing;
struct raw_answer;
struct redactor;
struct slot;

// A credential taken apart. Raw: never leaves src/scan.
struct raw_credential {
    enum credential_carrier carrier;
    struct sv name;   // of the header, cookie or parameter
    struct sv scheme; // "Bearer"; SV_NONE when there is none
    struct sv secret; // token, key, base64 of user:password
    size_t index;     // of the header
};

// What goes out with one probe.
struct credential_out {
    struct header_list headers;
    struct sv query_name, query_value; // SV_NONE: none
    const char *certificate, *key;
};

struct identity {
    const struct principal *principal;
    struct credential_out own; // empty in a replay
    struct token_view view;
    enum identity_state state;
    const struct operation *witness; // whose answers show that the credential works, NULL when none was found
    struct sv witness_text;
    const struct request *witness_request;
    struct signature without; // what nobody is answered there
    unsigned refused_status;
    VEC_OF(uint32_t) tried;   // operation ids that were asked as witness
    // heartbeat
    unsigned since_beat, bad_beats, silent_beats;
    uint32_t good_ticket;     // of the last good beat
    bool alarm, beats_out;
    VEC_OF(unsigned) alarms;  // by operation id
    // login
    bool signing_in, has_refresh;
    bool restart_after; // the login was made because the token stopped working
    unsigned logins, unproven_logins;
    usec_t refresh_at;        // since the scan began; 0: not known
    struct sv refresh_token;  // raw; SV_NONE when there is none
};

// The part of the headers and the parameter that proves who it is; CARRIER_NONE when there is nothing.
struct raw_credential credential_find(const struct credential_out *own);
// By its name, may a header be a credential?
bool credential_is_carried_by(struct sv header);

// carrier.c: fills the view from the raw credential. `dictionary` may be NULL.
int token_view_fill(struct arena *a, const struct credential_out *own, const struct jwt_secrets *dictionary, int64_t now, struct token_view *ret,
                    struct error *err) MUST_USE;

// What a change needs beside the credential.
struct change_context {
    const struct principal *principal;
    const struct token_view *view;
    struct rng *rng;             // fresh for each probe
    struct jwt_key_pair *pair;   // of this scan
    int64_t now;                 // seconds since 1970
};
// May this identity's credential be changed so? NULL, or why not.
const char *change_refusal(const struct principal *p, const struct token_view *view, const struct credential_change *c);
// The credential after the change, ready to be sent.
int change_apply(struct arena *a, const struct change_context *context, const struct credential_out *own, const struct credential_change *c,
                 struct credential_out *ret, struct error *err) MUST_USE;
// The request as it is recorded and shown: what stands in the place of the credential says what was changed, without the secret.
int change_show(struct arena *a, const struct change_context *context, const struct credential_change *c, const struct request *rq, struct request *ret,
                struct error *err) MUST_USE;

// recorded.c: what a recording knows of an identity, members of the object that is open.
void token_record(struct json_writer *w, const struct token_view *v);
int token_copy(struct arena *a, const struct token_view *from, struct token_view *ret) MUST_USE;
int token_read(struct arena *a, const struct node *n, struct token_view *ret) MUST_USE;
void login_record(struct json_writer *w, const struct login_outcome *outcome);
int login_read_record(struct arena *a, const struct node *n, struct login_outcome *ret) MUST_USE;
void identity_record(struct json_writer *w, struct redactor *hide, const struct identity *who);
int identity_read_record(struct arena *a, const struct node *n, struct principal *ret) MUST_USE;

// sign_in.c
bool change_is_sign_in(const struct credential_change *c);
int sign_in_view(struct arena *a, const struct principal *p, struct token_view *v) MUST_USE;
// The sign-in that goes out in the place of probe i, which then says what it is. NULL, or why it may not go out.
const char *sign_in_prepare(struct engine *e, struct slot *s, size_t i, struct request *ret_plain);
// Index of the origin and target of a URL of the identity file; ERR_USAGE outside the scope.
int login_resolve(struct engine *e, struct arena *a, struct sv url, struct request *ret, struct error *err);

// service.c
int identities_open(struct engine *e, struct error *err) MUST_USE;
// Reads the token view from what the identity sends now.
int identity_learn_token(struct engine *e, struct identity *who, struct error *err) MUST_USE;
// Before an experiment is queued: requests that carry a changed credential say so. NULL, or why it may not go out.
const char *identity_prepare(struct engine *e, struct slot *s);
// Fills what of the next probe comes from its identity.
void identity_outgoing(struct engine *e, struct slot *s, struct outgoing *ret);
int64_t engine_time(const struct engine *e); // seconds since 1970, as of the newest answer

// witness.c
int witness_pump(struct engine *e, bool *ret_idle, struct error *err) MUST_USE;
bool answer_is_from_cache(const struct exchange *x);
int witness_judge(struct engine *e, struct slot *s, struct error *err) MUST_USE;

// heartbeat.c
int heartbeat_pump(struct engine *e, struct error *err) MUST_USE;
void heartbeat_note(struct engine *e, const struct slot *s, const struct exchange *x); // every exchange
int heartbeat_judge(struct engine *e, struct slot *s, struct error *err) MUST_USE;
// A completed experiment that has to wait for the next beat, and then is kept, or whose credential is dead, and then is given up.
bool heartbeat_holds(struct engine *e, struct slot *s);
// Experiments of an earlier phase wait for a beat: `top` is not started before them.
bool heartbeat_blocks(const struct engine *e, const struct slot *top);
int heartbeat_release_all(struct engine *e, struct error *err) MUST_USE; // no beat will come any more
int heartbeat_restart(struct engine *e, size_t identity);                 // what waits for it is asked again
bool identity_is_used(const struct slot *s, size_t identity);
bool identity_slot_is_dead(const struct engine *e, const struct slot *s);
const char *identity_dead_reason(void);

// The credential is given up: what was asked and would be asked with it is inconclusive.
void identity_die(struct engine *e, size_t identity);
int identity_bury(struct engine *e, size_t identity, struct error *err) MUST_USE;

// login.c
int logins_open(struct engine *e, struct error *err) MUST_USE;
int login_first(struct engine *e, struct error *err) MUST_USE;
int login_pump(struct engine *e, struct error *err) MUST_USE; // tokens that expire soon
// Reads the token from the raw answer, before it is redacted.
int login_take(struct engine *e, struct slot *s, const struct raw_answer *answer, struct error *err) MUST_USE;
// A resumed scan has no token any more: it signs in again.
void login_resume(struct engine *e);
int login_judge(struct engine *e, struct slot *s, struct error *err) MUST_USE;
// 0 a login was begun (or is under way), 1 there is none or it may not be tried again.
int login_again(struct engine *e, size_t identity, struct error *err) MUST_USE;

// "/x?a=b" with one more parameter; `value` is percent-encoded here.
struct sv target_with_parameter(struct arena *a, struct sv target, struct sv name, struct sv value);

#endif
