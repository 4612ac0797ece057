// SPDX-License-Identifier: Apache-2.0
/*
 * JSONP: a read that wraps its answer into a call of a function that the caller names. Any page can load it as a script, with the visitor's
 * cookies and without asking (no CORS).
 *
 *   look    the ordinary request with random names in the usual parameters
 *   again   the name that was called, with a new random name; a name with characters that no function has; the ordinary request, which must not be a call -> confirmed
 */
#include "checks/run.h"
#include "checks/support/url_params.h"
#include "http/header.h"

enum { TAG_LOOK = 1, TAG_AGAIN, NAME = 12 };
enum { CALL, PLAIN, MARKUP };

static const char *const parameters[] = {"callback", "jsonp", "cb", "jsoncallback", "_callback"};
enum { PARAMETER_COUNT = sizeof parameters / sizeof parameters[0] };

struct look {
    size_t identity, which;
    struct sv names[PARAMETER_COUNT];
};

static bool add(struct check_run *run, struct experiment *e, size_t identity, struct sv fields, struct sv marker) {
    struct request rq = check_baseline(run, e->operation, identity)->request;
    if (fields.len > 0) {
        char separator = sv_find_char(rq.target, '?') == SIZE_MAX ? '?' : '&';
        rq.target = arena_printf(&e->arena, SV_FMT "%c" SV_FMT, SV_ARG(rq.target), separator, SV_ARG(fields));
    }
    struct probe *p = rq.target.ptr == NULL ? NULL : check_probe(run, e, fields.len > 0 ? ROLE_PROBE : ROLE_CONTROL, identity, &rq);
    return p != NULL && (marker.len == 0 || check_mark(e, p, marker));
}

static struct experiment *begin(struct check_run *run, const struct operation *op, uint32_t tag, size_t identity, struct look **ret) {
    struct experiment *e = check_experiment(run, op, tag);
    *ret = e == NULL ? NULL : arena_new(&e->arena, struct look);
    if (*ret == NULL) return NULL;
    e->user = *ret;
    e->round = (uint16_t)tag;
    e->purpose = tag == TAG_LOOK ? PURPOSE_CHECK : PURPOSE_CONFIRM;
    e->value = tag == TAG_LOOK ? 0.4 : 3;
    (*ret)->identity = identity;
    return e;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    size_t identity = best_identity(run, op);
    const struct baseline *b = check_baseline(run, op, identity == SIZE_MAX ? 0 : identity);
    if (!sv_eq(op->method, SV("GET")) || check_operation_is_documentation(run, op)) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "no script can load it");
        return 0;
    }
    if (identity == SIZE_MAX || b->state != BASELINE_GOOD) {
        check_coverage(run, op, COVERAGE_NOT_TESTED, "no good answer to compare with");
        return 0;
    }
    check_coverage(run, op, COVERAGE_PASSED, NULL);
    struct look *l;
    struct experiment *e = begin(run, op, TAG_LOOK, identity, &l);
    if (e == NULL) return error_nomem(err);
    struct sv fields = SV("");
    for (size_t i = 0; i < PARAMETER_COUNT; i++) {
        l->names[i] = rng_word(check_rng(run), &e->arena, NAME);
        fields = arena_printf(&e->arena, SV_FMT "%s%s=" SV_FMT, SV_ARG(fields), i == 0 ? "" : "&", parameters[i], SV_ARG(l->names[i]));
        if (fields.ptr == NULL) return error_nomem(err);
    }
    if (add(run, e, identity, fields, SV_NONE)) check_submit(run, e);
    return 0;
}

// Does the body begin with a call of that function, in a type that a script element runs?
static bool calls(struct arena *a, const struct exchange *x, struct sv name) {
    if (!exchange_answered(x) || x->response.status / 100 != 2 || name.len == 0) return false;
    struct sv type = media_type_essence(a, header_find(&x->response.headers, SV("Content-Type"))), body = sv_trim(x->response.body);
    bool script = sv_contains(type, SV("javascript")) || sv_contains(type, SV("ecmascript"));
    bool nosniff = sv_eq_nocase(sv_trim(header_find(&x->response.headers, SV("X-Content-Type-Options"))), SV("nosniff"));
    if (!script && nosniff) return false;
    if (sv_starts_with(body, SV("/*"))) body = sv_trim(sv_from_index(body, sv_find(body, SV("*/")) == SIZE_MAX ? 0 : sv_find(body, SV("*/")) + 2));
    size_t guard = sv_starts_with(body, SV("typeof ")) ? sv_find(body, SV("&&")) : SIZE_MAX;
    if (guard != SIZE_MAX) body = sv_trim(sv_from_index(body, guard + 2));
    return sv_starts_with(body, name) && body.len > name.len && body.ptr[name.len] == '(';
}

static int ask_again(struct check_run *run, const struct operation *op, size_t identity, size_t which, struct error *err) {
    struct look *l;
    struct experiment *e = begin(run, op, TAG_AGAIN, identity, &l);
    if (e == NULL) return error_nomem(err);
    struct arena *a = &e->arena;
    l->which = which;
    for (size_t i = 0; i < 2; i++) l->names[i] = rng_word(check_rng(run), a, NAME);
    if (l->names[1].ptr == NULL) return error_nomem(err);
    bool ok = add(run, e, identity, arena_printf(a, "%s=" SV_FMT, parameters[which], SV_ARG(l->names[0])), l->names[0]) && add(run, e, identity, SV(""), SV_NONE) &&
              add(run, e, identity, arena_printf(a, "%s=" SV_FMT "%%3D1%%3B" SV_FMT, parameters[which], SV_ARG(l->names[1]), SV_ARG(l->names[1])), l->names[1]);
    if (ok) check_submit(run, e);
    return 0;
}

// Cookies, which the browser adds by itself, decide what the answer shows.
static bool by_cookie(const struct operation *op) {
    for (size_t i = 0; i < op->scheme_count; i++) {
        if (op->schemes[i]->kind == SCHEME_API_KEY && op->schemes[i]->in == PARAM_COOKIE) return true;
    }
    return false;
}

static int report(struct check_run *run, struct experiment *e, struct error *err) {
    const struct operation *op = e->operation;
    const struct look *l = e->user;
    const struct evidence_item evidence[] = {check_evidence(e, CALL, EVIDENCE_PROBE, "the answer calls the function that the request names"),
                                             check_evidence(e, PLAIN, EVIDENCE_CONTROL, "without the name it is plain JSON")};
    struct sv free = arena_printf(&e->arena, SV_FMT "=1;" SV_FMT "(", SV_ARG(l->names[1]), SV_ARG(l->names[1]));
    bool any_text = exchange_answered(e->exchanges[MARKUP]) && sv_contains(e->exchanges[MARKUP]->response.body, free);
    const struct finding f = {
        .category = CATEGORY_CONSUMPTION,
        .cause = SV("jsonp"),
        .scope = SCOPE_HOST,
        .impact = by_cookie(op) ? IMPACT_PERSONAL : IMPACT_HARDENING,
        .who = by_cookie(op) ? WHO_LUCK : WHO_ANYONE,
        .confidence = CONFIDENCE_CONFIRMED,
        .title = SV("Any page can load answers as a script (JSONP)"),
        .reason = any_text ? SV("random function names were called in two rounds, and text that is no name was written into the script as it is")
                           : SV("random function names were called in two rounds, and the ordinary answer is no call"),
        .method = op->method,
        .path = op->path,
        .parameter = sv_from(parameters[l->which]),
        .parameter_in = PARAM_QUERY,
        .operation = op,
        .evidence = evidence,
        .evidence_count = 2,
        .cwe = {346},
    };
    return check_report(run, &f, err);
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    const struct look *l = e->user;
    struct arena *a = &e->arena;
    if (!exchange_answered(e->exchanges[CALL])) {
        check_coverage(run, e->operation, COVERAGE_INCONCLUSIVE, "a probe was not answered");
        return 0;
    }
    if (e->tag == TAG_LOOK) {
        for (size_t i = 0; i < PARAMETER_COUNT; i++) {
            if (calls(a, e->exchanges[CALL], l->names[i])) return ask_again(run, e->operation, l->identity, i, err);
        }
        return 0;
    }
    const struct exchange *plain = e->exchanges[PLAIN];
    struct node *root;
    bool json = exchange_answered(plain) && node_parse_json(a, plain->response.body, &node_limits_response, &root, NULL) == 0;
    return json && calls(a, e->exchanges[CALL], l->names[0]) ? report(run, e, err) : 0;
}

const struct check check_jsonp = {
    .id = "jsonp",
    .title = "Answers that any page can load as a script",
    .category = CATEGORY_CONSUMPTION,
    .owasp = "API10:2023",
    .cwe = 346,
    .traits = CHECK_READ_ONLY,
    .plan = plan,
    .judge = judge,
};
