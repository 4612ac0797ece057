// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_SCAN_IDENTITY_IDENTITY_H
#define PLUMB_SCAN_IDENTITY_IDENTITY_H

// Private to src/scan: who may be asked for, with which credential, and whether it still works.

#include "checks/run.h"
#include "model/credential.h"
#include "model/experiment.h"
#include "model/principal.h"
#include "scan/identity/jwt_forge.h"
#include "scan/identity/jwt_secrets.h"

struct engine;
struct outgoing;
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
};

// The part of the headers and the parameter that proves who it is; CARRIER_NONE when there is nothing.
struct raw_credential credential_find(const struct credential_out *own);

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

// service.c
int identities_open(struct engine *e, struct error *err) MUST_USE;
// Reads the token view from what the identity sends now.
int identity_learn_token(struct engine *e, struct identity *who, struct error *err) MUST_USE;
// Before an experiment is queued: requests that carry a changed credential say so. NULL, or why it may not go out.
const char *identity_prepare(struct engine *e, struct slot *s);
// Fills what of the next probe comes from its identity.
void identity_outgoing(struct engine *e, struct slot *s, struct outgoing *ret);
int64_t engine_time(const struct engine *e); // seconds since 1970, as of the newest answer

// "/x?a=b" with one more parameter; `value` is percent-encoded here.
struct sv target_with_parameter(struct arena *a, struct sv target, struct sv name, struct sv value);

#endif
