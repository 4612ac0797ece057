// SPDX-License-Identifier: Apache-2.0
#include "checks/support/own_target.h"

#include "checks/support/identities.h"
#include "checks/support/ownership.h"
#include "checks/support/words.h"

uint16_t own_first(struct check_run *run) {
    for (uint16_t i = 1; i < check_identity_count(run); i++) {
        if (identity_is_ordinary(run, i)) return i;
    }
    return 0;
}

uint16_t own_other(struct check_run *run, uint16_t identity) {
    uint16_t found = 0;
    for (uint16_t i = 1; i < check_identity_count(run); i++) {
        if (i == identity || !identity_is_ordinary(run, i)) continue;
        if (found == 0 || identity_tenants_differ(run, i, identity)) found = i;
    }
    return found;
}

// Nothing in the path names an object: is the answer about the caller?
static bool is_about_caller(struct check_run *run, const struct operation *read, uint16_t identity) {
    const struct baseline *b = check_baseline(run, read, identity);
    uint16_t other = own_other(run, identity);
    if (b->state != BASELINE_GOOD || b->answer == NULL || sv_find_char(read->path, '{') != SIZE_MAX) return false;
    if (words_in_path(words_list(check_knowledge(run, "access"), SV("caller_segments")), read->path)) return true;
    const struct baseline *o = check_baseline(run, read, other);
    return other != 0 && o->state == BASELINE_GOOD && o->answer != NULL && !sv_eq(b->answer->response.body, o->answer->response.body) &&
           check_baseline(run, read, 0)->state != BASELINE_GOOD;
}

static bool names_caller(struct check_run *run, const struct operation *read, const struct request *rq, uint16_t identity) {
    const struct baseline *b = check_baseline(run, read, identity);
    auto_arena a = {.limit = (size_t)16 << 20};
    struct signs s;
    bool known = false, named = false;
    if (b->state != BASELINE_GOOD || b->answer == NULL || !sv_eq(b->answer->request.target, rq->target)) return false;
    if (signs_read(run, &a, b->answer, &s, NULL) != 0 || ownership_names_caller(run, &s, identity, &known, &named, NULL) != 0) return false;
    return known && named;
}

bool own_target(struct check_run *run, struct arena *a, const struct operation *read, uint16_t identity, struct request *ret) {
    const struct baseline *b = check_baseline(run, read, identity);
    if (is_about_caller(run, read, identity)) {
        *ret = b->request;
        return true;
    }
    size_t parameters[OBJECT_PARAMETERS_MAX], count = ownership_parameters(run, a, read, parameters);
    uint16_t other = own_other(run, identity);
    size_t last = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        if (read->parameters[parameters[i]].in == PARAM_PATH) last = parameters[i];
    }
    struct call call;
    if (last == SIZE_MAX || !ownership_call(run, a, read, last, identity, other, 0, &call) || call_build(a, &call, ret, NULL) != 0) return false;
    return other != 0 || ownership_is_described(run, read) || names_caller(run, read, ret, identity);
}
