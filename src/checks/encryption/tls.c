// SPDX-License-Identifier: Apache-2.0
/*
 * TLS as the service offers it to anybody: one whole handshake for the certificate, then ClientHellos one after the other, each made from what the
 * last ones brought. Nothing is decrypted or broken; a service is told from what it says that it would accept.
 *
 *   handshake -> versions -> weak suites (again and again without the chosen ones) -> strong ones, groups, compression, fallback
 *             -> the oldest version and the first weak suite once more with other random bytes -> findings
 */
#include "checks/support/passive.h"
#include "checks/support/tls_audit.h"

enum { SILENT_MAX = 3 };

static int ask(struct check_run *run, struct tls_audit *s, struct error *err) {
    struct experiment *e = check_experiment(run, NULL, (uint32_t)s->step);
    struct request rq;
    if (e == NULL) return error_nomem(err);
    e->schedule = SCHEDULE_ORDERED;
    e->value = 2;
    bool again = s->step == TLS_STEP_AGAIN_VERSION || s->step == TLS_STEP_AGAIN_SUITE;
    e->purpose = again ? PURPOSE_CONFIRM : PURPOSE_CHECK;
    int r = tls_step_request(run, s, &e->arena, &rq, err);
    if (r != 0) return r;
    if (check_probe(run, e, ROLE_PROBE, 0, &rq) == NULL) return error_nomem(err);
    s->hellos++;
    if (!check_submit(run, e)) {
        s->open = "TLS hellos may not be sent in this scan, or its budget is spent";
        return tls_audit_report(run, s, err);
    }
    return 0;
}

static int start(struct check_run *run, struct error *err) {
    struct tls_audit *s = check_state(run);
    if (!passive_target_is_tls(run)) return 0;
    int r = tls_suites_load(run, &s->table, err);
    return r != 0 ? r : ask(run, s, err);
}

static bool go_on(struct tls_audit *s, bool again) {
    if (again) return s->hellos < TLS_HELLOS_MAX;
    do {
        s->step++;
    } while (s->step < TLS_STEP_COUNT && !tls_step_is_wanted(s, s->step));
    if (s->step == TLS_STEP_COUNT) return false;
    if (s->silent < SILENT_MAX && s->hellos < TLS_HELLOS_MAX) return true;
    s->open = s->silent >= SILENT_MAX ? "hellos after hellos were not answered with TLS that can be read" : "the budget of TLS hellos was spent";
    return false;
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    struct tls_audit *s = check_state(run);
    bool again = false;
    int r = tls_step_take(run, s, e->exchanges[0], &again, err);
    if (r != 0) return r;
    return go_on(s, again) ? ask(run, s, err) : tls_audit_report(run, s, err);
}

// All operations of the service are behind the same TLS.
static int finish(struct check_run *run, struct error *err) {
    const struct tls_audit *s = check_state(run);
    const struct api *api = check_api(run);
    (void)err;
    bool known = tls_audit_base(s) != 0 || s->took[TLS_STEP_1_3] == TLS_TAKEN;
    for (size_t i = 0; i < api->operation_count; i++) {
        const struct operation *op = api->operations[i];
        if (!passive_target_is_tls(run)) check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "the target is no https URL");
        else if (s->hellos == 0) check_coverage(run, op, COVERAGE_NOT_TESTED, "asked of the host as a whole, which --include leaves out");
        else if (!known || s->open != NULL) check_coverage(run, op, known ? COVERAGE_INCONCLUSIVE : COVERAGE_NOT_TESTED, s->open != NULL ? s->open : "no version of TLS was accepted");
        else check_coverage(run, op, COVERAGE_PASSED, NULL);
    }
    return 0;
}

const struct check check_tls = {
    .id = "tls",
    .title = "Versions, suites and certificate of TLS",
    .category = CATEGORY_ENCRYPTION,
    .owasp = "API8:2023",
    .cwe = 326,
    .traits = CHECK_READ_ONLY,
    .state_size = sizeof(struct tls_audit),
    .start = start,
    .judge = judge,
    .finish = finish,
};
