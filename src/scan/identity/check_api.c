// SPDX-License-Identifier: Apache-2.0
// What a check may ask about identities (checks/run.h).
#include "checks/run.h"

#include "scan/engine_state.h"

const struct token_view *check_token(const struct check_run *run, size_t identity) {
    static const struct token_view none;
    return identity < run->engine->identity_count ? &run->engine->identities[identity].view : &none;
}

enum identity_state check_identity_state(const struct check_run *run, size_t identity) {
    return identity < run->engine->identity_count ? run->engine->identities[identity].state : IDENTITY_UNPROVEN;
}

const struct operation *check_identity_witness(const struct check_run *run, size_t identity, struct sv *ret_text) {
    const struct identity *who = identity < run->engine->identity_count ? &run->engine->identities[identity] : NULL;
    bool known = who != NULL && who->witness != NULL;
    if (ret_text != NULL) *ret_text = known ? who->witness_text : SV_NONE;
    return known ? who->witness : NULL;
}

struct sv check_scan_jwk(struct check_run *run) {
    return jwt_pair_public(&run->engine->key_pair, &run->engine->arena);
}

unsigned check_lockout_budget(const struct check_run *run) {
    const struct engine *e = run->engine;
    return e->lockout_spent >= e->scan->lockout_budget ? 0 : e->scan->lockout_budget - e->lockout_spent;
}

bool check_spend_lockout(struct check_run *run, unsigned n) {
    if (n > check_lockout_budget(run)) return false;
    run->engine->lockout_spent += n;
    return true;
}

bool check_operation_has_finding_in(const struct check_run *run, const struct operation *op, enum category category) {
    const struct engine *e = run->engine;
    return op != NULL && op->id < e->found_in.len && (e->found_in.ptr[op->id] >> category & 1U) != 0;
}
