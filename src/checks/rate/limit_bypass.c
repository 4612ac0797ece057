// SPDX-License-Identifier: Apache-2.0
// Limits that count by an address which callers write themselves. Reads the bursts of limit-missing: in each, requests drawn at random carry another
// caller's address in the usual headers, the others none, all in one window of time.
//
// Truth condition: at least LEAST requests without the headers are limited, and not one of those with them. For a server that does not look at the
// headers all orders are equally likely, so k limited ones all fall on the P plain among P + F requests with C(P, k) / C(P + F, k); with the counts
// of limit-missing (F = 24, at least 24 of P limited) that is under 1e-8.
#include <math.h>

#include "base/vec.h"
#include "checks/support/access.h"
#include "checks/support/kept.h"
#include "checks/support/limits.h"

enum { LEAST = 8, EVIDENCE_BODY = 2048 };

struct burst {
    uint32_t experiment;
    const struct operation *operation;
    unsigned plain, limited, forged, forged_limited, usual;
    struct exchange *refused, *passed, *refused_last; // copies
    uint16_t identity;
};
struct state {
    struct burst now; // bursts run alone, so their answers come without others between them
    VEC_OF(struct burst) bursts;
};

static int keep(struct check_run *run, struct burst *b, const struct exchange *x, bool forged, bool limited, struct error *err) {
    struct exchange **place = forged && !limited ? &b->passed : !forged && limited ? (b->refused == NULL ? &b->refused : &b->refused_last) : NULL;
    if (place == NULL || (*place != NULL && place != &b->refused_last) || (place == &b->refused_last && b->passed == NULL)) return 0;
    if (place == &b->refused_last && *place != NULL) return 0;
    *place = exchange_keep(check_arena(run), x, EVIDENCE_BODY);
    return *place == NULL ? error_nomem(err) : 0;
}

static int observe(struct check_run *run, const struct exchange *x, struct error *err) {
    struct state *s = check_state(run);
    struct burst *b = &s->now;
    if (x->experiment != b->experiment) {
        if (b->forged > 0 && !VEC_PUSH(check_arena(run), &s->bursts, *b)) return error_nomem(err);
        *b = (struct burst){.experiment = x->experiment, .operation = x->operation, .identity = x->identity};
    }
    if (!exchange_answered(x) || x->operation == NULL || x->operation != b->operation) return 0;
    bool forged = limit_is_forged(&x->request);
    unsigned status = x->response.status;
    if (b->usual == 0 && status != 429 && status != 503) b->usual = status;
    bool limited = limit_refuses(run, x, b->usual != 0 ? b->usual : status);
    b->plain += !forged;
    b->forged += forged;
    b->limited += !forged && limited;
    b->forged_limited += forged && limited;
    return limited || forged ? keep(run, b, x, forged, limited, err) : 0;
}

// -log2 of C(P, k) / C(P + F, k).
static double bits_of(const struct burst *b) {
    double bits = 0;
    for (unsigned i = 0; i < b->limited; i++) bits += log2((double)(b->plain + b->forged - i) / (double)(b->plain - i));
    return bits;
}

static int report(struct check_run *run, const struct burst *b, double bits, struct error *err) {
    static const struct finding_effect effects[] = {{.category = CATEGORY_AUTHENTICATION, .cwe = 307}};
    struct arena *a = check_arena(run);
    const struct operation *op = b->operation;
    const struct evidence_item evidence[] = {{.role = EVIDENCE_PROBE, .exchange = b->passed, .note = SV("with the address of another caller: answered")},
                                             {.role = EVIDENCE_CONTROL, .exchange = b->refused, .note = SV("without: limited")},
                                             {.role = EVIDENCE_CONTROL, .exchange = b->refused_last, .note = SV("without, later in the same burst: limited")}};
    struct finding f = {
        .category = CATEGORY_RATE,
        .cause = SV("limit-counts-by-header"),
        .scope = SCOPE_OPERATION,
        .scope_key = access_key(a, op->method, op->path),
        .impact = IMPACT_COST,
        .who = b->identity == 0 ? WHO_ANYONE : WHO_USER,
        .confidence = bits >= ORACLE_CONFIRM_BITS ? CONFIDENCE_CONFIRMED : CONFIDENCE_FIRM,
        .title = SV("The limit counts by an address that callers write themselves"),
        .reason = arena_printf(a, "in one burst %u of %u requests were limited, and none of %u with a new address in the forwarding headers", b->limited,
                               b->plain, b->forged),
        .method = op->method,
        .path = op->path,
        .operation = op,
        .evidence = evidence,
        .evidence_count = b->refused_last != NULL ? 3 : 2,
        .effects = effects,
        .effect_count = limit_guards(limit_class_of(run, op)) ? 1 : 0,
    };
    if (f.scope_key.ptr == NULL || f.reason.ptr == NULL) return error_nomem(err);
    return check_report(run, &f, err);
}

static int judge_burst(struct check_run *run, const struct burst *b, struct error *err) {
    if (b->limited == 0) {
        check_coverage(run, b->operation, COVERAGE_NOT_APPLICABLE, "no limit to get around was seen");
        return 0;
    }
    double bits = bits_of(b);
    if (b->forged_limited > 0) check_coverage(run, b->operation, COVERAGE_PASSED, NULL);
    else if (b->limited < LEAST || bits < ORACLE_ROUND_BITS) check_coverage(run, b->operation, COVERAGE_INCONCLUSIVE, "too few requests of the burst were limited");
    else return report(run, b, bits, err);
    return 0;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    (void)err;
    check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "no burst of limit-missing was sent to it");
    return 0;
}

static int finish(struct check_run *run, struct error *err) {
    struct state *s = check_state(run);
    if (s->now.forged > 0 && !VEC_PUSH(check_arena(run), &s->bursts, s->now)) return error_nomem(err);
    VEC_EACH(struct burst, b, &s->bursts) {
        int r = judge_burst(run, b, err);
        if (r != 0) return r;
    }
    return 0;
}

const struct check check_limit_bypass = {
    .id = "limit-bypass",
    .title = "Limits that callers get around with a header",
    .category = CATEGORY_RATE,
    .owasp = "API4:2023",
    .cwe = 348,
    .traits = CHECK_READ_ONLY,
    .state_size = sizeof(struct state),
    .needs = "limit-missing",
    .observe = observe,
    .plan = plan,
    .finish = finish,
};
