// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_TESTS_CHECKS_ANSWERING_H
#define PLUMB_TESTS_CHECKS_ANSWERING_H

// A server that gives one answer at /items, for checks that only look at headers and addresses.
#include "http/header.h"
#include "support/sim.h"
#include "support/test.h"

struct answering {
    const char *target; // NULL: plain HTTP on loopback
    const char *name, *value;             // a header of every answer, NULL: none
    const char *other_name, *other_value; // a second one
    unsigned status;                      // 0: 200
    bool closes;
    bool odd_only; // the header stands in every second answer only
    unsigned asked;
};

static inline void answering_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct answering *s = state;
    s->asked++;
    if (s->closes && s->asked > 3) sim->outcome = OUTCOME_CLOSED;
    if (sv_eq(sim_path(o), SV("/items"))) sim_json(a, ret, s->status == 0 ? 200 : s->status, "{\"items\":[{\"title\":\"a\"}]}");
    else sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
    if (s->name != NULL && (!s->odd_only || s->asked % 2 == 1)) sim_header(a, ret, s->name, sv_from(s->value));
    if (s->other_name != NULL) sim_header(a, ret, s->other_name, sv_from(s->other_value));
}

static inline struct scan_result answering_scan(struct arena *a, struct answering *s, const char *check) {
    static const char spec[] = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths:\n  /items: {get: {responses: {'200': {description: ok}}}}\n";
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = answering_server, .state = s, .spec = spec, .target = s->target, .only = check, .mode = MODE_SAFE};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static inline const struct result_finding *answering_finding(const struct scan_result *r, const char *check, enum category category, enum severity severity) {
    const struct result_finding *f = sim_find(r, check, NULL);
    if (f == NULL || sim_count(r, NULL) != 1) sim_dump(r);
    assert_non_null(f);
    assert_int_equal(sim_count(r, NULL), 1);
    assert_int_equal(f->category, category);
    assert_int_equal(f->severity, severity);
    assert_true(f->evidence_count > 0);
    return f;
}

static inline void answering_silent(struct arena *a, struct answering s, const char *check) {
    struct scan_result r = answering_scan(a, &s, check);
    if (sim_count(&r, NULL) > 0) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 0);
}

#endif
