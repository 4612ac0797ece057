// SPDX-License-Identifier: Apache-2.0
/*
 * Open redirect: the caller's value decides the host that a browser is sent to, by Location, Refresh, a meta element or a script. What
 * counts is where the URL Standard's parser ends up, not what the text looks like.
 *
 *   plain (https://<random>.example.com/) ──goes there──> confirm: new name, and a relative value that must not become a host
 *     │ still a redirect, or refused
 *     └─> forms: scheme-relative, backslash, userinfo, the good host as a label or in front …
 *
 * 12 random characters in the host of two answers: less than 2^-120 by chance.
 */
#include "checks/run.h"
#include "checks/support/browser_url.h"
#include "checks/support/url_params.h"
#include "http/header.h"

enum tag { TAG_PLAIN, TAG_FORMS, TAG_CONFIRM };
enum { WAYS_MAX = 10, NAME_LENGTH = 12 };

// H is the host of the value that was seen to be good (else the target's own), N our host name.
enum way {
    WAY_URL,       // https://N/
    WAY_RELATIVE,  // //N/
    WAY_BACKSLASH, // /\N/
    WAY_NO_SLASH,  // https:N/ with the scheme that the page does not have
    WAY_USERINFO,  // https://H@N/
    WAY_LABEL,     // https://H.N/      tests for the beginning
    WAY_TAIL,      // https://N/H       tests for text anywhere
    WAY_GLUED,     // https://<random>H/ tests for the end: anybody can register such a name
    WAY_DOT,       // .N/               the service writes "https://H" in front
    WAY_AT,        // @N/               as above
    WAY_COUNT
};

struct target {
    const struct operation *op;
    const struct call *call;
    size_t identity;
    struct url_param param;
    bool redirects; // the ordinary answer is a redirect
    bool reported;
};
struct shot {
    enum way way;
    struct sv host; // where a browser must not end up
};
struct wave {
    struct target *target;
    struct shot shots[WAYS_MAX];
    size_t count;
    struct sv control; // random relative word, in the last probe
};

static struct sv good_host(struct check_run *run, const struct target *t) {
    return t->param.observed_host.len > 0 ? t->param.observed_host : check_target(run)->host;
}

static bool is_dotted(struct sv host) {
    return sv_find_char(host, '.') != SIZE_MAX && address_classify(host) == ADDRESS_NOT_LITERAL;
}

// The value, and the host that it must not lead to. SV_NONE when this way makes no sense for the value.
static struct sv way_value(struct check_run *run, struct arena *a, const struct target *t, enum way way, struct sv word, struct sv *ret_host) {
    struct sv h = good_host(run, t), n = arena_printf(a, SV_FMT ".example.com", SV_ARG(word));
    const char *other = sv_eq(check_target(run)->scheme, SV("https")) ? "http" : "https";
    *ret_host = n;
    switch (way) {
    case WAY_URL:
        return arena_printf(a, "https://" SV_FMT "/", SV_ARG(n));
    case WAY_RELATIVE:
        return arena_printf(a, "//" SV_FMT "/", SV_ARG(n));
    case WAY_BACKSLASH:
        return arena_printf(a, "/\\" SV_FMT "/", SV_ARG(n));
    case WAY_NO_SLASH:
        return arena_printf(a, "%s:" SV_FMT "/", other, SV_ARG(n));
    case WAY_USERINFO:
        return arena_printf(a, "https://" SV_FMT "@" SV_FMT "/", SV_ARG(h), SV_ARG(n));
    case WAY_LABEL:
        *ret_host = arena_printf(a, SV_FMT "." SV_FMT, SV_ARG(h), SV_ARG(n));
        return arena_printf(a, "https://" SV_FMT "/", SV_ARG(*ret_host));
    case WAY_TAIL:
        return arena_printf(a, "https://" SV_FMT "/?" SV_FMT "/" SV_FMT, SV_ARG(n), SV_ARG(h), SV_ARG(h));
    case WAY_GLUED:
        if (!is_dotted(h)) return SV_NONE;
        *ret_host = arena_printf(a, SV_FMT SV_FMT, SV_ARG(word), SV_ARG(h));
        return arena_printf(a, "https://" SV_FMT "/", SV_ARG(*ret_host));
    case WAY_DOT:
        return arena_printf(a, "." SV_FMT "/", SV_ARG(n));
    case WAY_AT:
        return arena_printf(a, "@" SV_FMT "/", SV_ARG(n));
    case WAY_COUNT:
        break;
    }
    return SV_NONE;
}

static struct experiment *new_wave(struct check_run *run, struct target *t, enum tag tag, double value, struct wave **ret) {
    struct experiment *e = check_experiment(run, t->op, tag);
    *ret = e == NULL ? NULL : arena_new(&e->arena, struct wave);
    if (*ret == NULL) return NULL;
    (*ret)->target = t;
    e->user = *ret;
    e->value = value;
    e->parameter = t->param.index;
    return e;
}

static int add_probe(struct check_run *run, struct experiment *e, const struct target *t, enum probe_role role, struct sv value, struct sv word, bool *ret_added,
                     struct error *err) {
    struct probe *p = check_probe_value(run, e, role, t->identity, t->call, t->param.index, value);
    *ret_added = p != NULL;
    if (p == NULL) return 0;
    return check_mark(e, p, word) && check_mark(e, p, value) ? 0 : error_nomem(err);
}

static int add_way(struct check_run *run, struct experiment *e, struct wave *w, enum way way, struct error *err) {
    struct sv host, word = rng_word(check_rng(run), &e->arena, NAME_LENGTH);
    struct sv value = word.ptr == NULL ? SV_NONE : way_value(run, &e->arena, w->target, way, word, &host);
    bool added = false;
    if (value.ptr == NULL || w->count >= WAYS_MAX) return 0;
    int r = add_probe(run, e, w->target, ROLE_PROBE, value, word, &added, err);
    if (added) w->shots[w->count++] = (struct shot){.way = way, .host = host};
    return r;
}

static int submit(struct check_run *run, struct experiment *e, const struct wave *w) {
    if (w->count > 0) ignore_result(!check_submit(run, e));
    return 0;
}

static int plan_plain(struct check_run *run, struct target *t, struct error *err) {
    struct wave *w;
    struct experiment *e = new_wave(run, t, TAG_PLAIN, t->redirects ? 8 : 4, &w);
    if (e == NULL) return error_nomem(err);
    int r = add_way(run, e, w, WAY_URL, err);
    return r == 0 ? submit(run, e, w) : r;
}

static int plan_forms(struct check_run *run, struct target *t, struct error *err) {
    struct wave *w;
    struct experiment *e = new_wave(run, t, TAG_FORMS, 3, &w);
    if (e == NULL) return error_nomem(err);
    int r = 0;
    for (enum way way = WAY_RELATIVE; way < WAY_COUNT && r == 0; way++) r = add_way(run, e, w, way, err);
    return r == 0 ? submit(run, e, w) : r;
}

static int plan_confirm(struct check_run *run, struct target *t, enum way way, struct error *err) {
    struct wave *w;
    struct experiment *e = new_wave(run, t, TAG_CONFIRM, 40, &w);
    if (e == NULL) return error_nomem(err);
    bool added = false;
    e->round = 2;
    e->purpose = PURPOSE_CONFIRM;
    int r = add_way(run, e, w, way, err);
    w->control = rng_word(check_rng(run), &e->arena, NAME_LENGTH);
    if (r == 0 && w->control.ptr == NULL) return error_nomem(err);
    struct sv path = arena_printf(&e->arena, "/" SV_FMT, SV_ARG(w->control));
    if (r == 0 && path.ptr == NULL) return error_nomem(err);
    if (r == 0) r = add_probe(run, e, t, ROLE_CONTROL, path, w->control, &added, err);
    return r == 0 && added ? submit(run, e, w) : r;
}

static bool answers_with_redirect(const struct exchange *x) {
    if (!exchange_answered(x)) return false;
    unsigned s = x->response.status;
    return s == 301 || s == 302 || s == 303 || s == 307 || s == 308;
}

// Whatever its name, a text of an operation that redirects may be where to.
static size_t add_free_texts(const struct operation *op, struct url_param found[URL_PARAMS_MAX], size_t count) {
    for (size_t i = 0; i < op->parameter_count && count < URL_PARAMS_MAX; i++) {
        bool known = !url_params_is_free_text(&op->parameters[i]);
        for (size_t k = 0; k < count; k++) known = known || found[k].index == i;
        if (!known) found[count++] = (struct url_param){.index = i, .redirects = true};
    }
    return count;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    struct url_param found[URL_PARAMS_MAX];
    check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "no parameter that names a place to go to");
    if (check_operation_is_documentation(run, op) || op->parameter_count == 0) return 0;
    size_t identity = best_identity(run, op);
    const struct baseline *b = check_baseline(run, op, identity == SIZE_MAX ? 0 : identity);
    bool redirects = answers_with_redirect(b->answer);
    size_t count = url_params_find(check_knowledge(run, "wordlists/url-params"), op, identity == SIZE_MAX ? NULL : &b->call, found);
    if (redirects) count = add_free_texts(op, found, count);
    for (size_t i = 0; i < count; i++) {
        if (!found[i].redirects && !redirects) continue;
        if (identity == SIZE_MAX) {
            check_coverage(run, op, COVERAGE_NOT_TESTED, no_identity_reason(run, op));
            return 0;
        }
        struct target *t = arena_new(check_arena(run), struct target);
        if (t == NULL) return error_nomem(err);
        *t = (struct target){.op = op, .call = &b->call, .identity = identity, .param = found[i], .redirects = redirects};
        int r = plan_plain(run, t, err);
        if (r != 0) return r;
    }
    return 0;
}

// Where does this answer send a browser? SV_NONE: nowhere.
static struct sv sent_to(struct arena *a, const struct exchange *x) {
    if (!exchange_answered(x)) return SV_NONE;
    if (answers_with_redirect(x)) return header_find(&x->response.headers, SV("Location"));
    struct sv refresh = header_find(&x->response.headers, SV("Refresh"));
    if (refresh.ptr != NULL) return browser_refresh_target(refresh);
    struct sv type = media_type_essence(a, header_find(&x->response.headers, SV("Content-Type")));
    return sv_eq(type, SV("text/html")) || sv_eq(type, SV("application/xhtml+xml")) ? browser_page_target(x->response.body) : SV_NONE;
}

static bool leads_to(struct check_run *run, struct arena *a, const struct exchange *x, struct sv host) {
    struct sv got, to = sent_to(a, x);
    if (to.ptr == NULL || !browser_host(a, check_target(run), to, &got)) return false;
    if (sv_eq_nocase(got, host)) return true;
    // "https://good.host" with ".ours" behind it
    return got.len > host.len && sv_ends_with_nocase(got, host) && got.ptr[got.len - host.len - 1] == '.';
}

static int report(struct check_run *run, struct experiment *e, const struct target *t, enum way way, enum confidence confidence, struct error *err) {
    const struct parameter *p = &t->op->parameters[t->param.index];
    struct sv template = path_template_nameless(&e->arena, t->op->path);
    struct sv key = arena_printf(&e->arena, SV_FMT " " SV_FMT, SV_ARG(t->op->method), SV_ARG(template));
    const struct evidence_item evidence[] = {
        check_evidence(e, 0, EVIDENCE_PROBE, "a browser would leave for the other host"),
        check_evidence(e, 1, EVIDENCE_CONTROL, "a relative value stays on this host"),
    };
    if (key.ptr == NULL) return error_nomem(err);
    const struct finding f = {
        .category = CATEGORY_CONSUMPTION,
        .cause = SV("open-redirect"),
        .scope = SCOPE_OPERATION,
        .scope_key = key,
        .impact = IMPACT_PERSONAL, // somebody must follow a prepared link: hence luck
        .who = WHO_LUCK,
        .confidence = confidence,
        .title = way == WAY_URL ? SV("A redirect goes wherever the caller says") : SV("The check of a redirect's target can be walked around"),
        .reason = confidence == CONFIDENCE_CONFIRMED
                      ? SV("in two rounds the answer sent a browser to a random host that the value named, while a relative value stayed here")
                      : SV("the answer sent a browser to a random host that the value named"),
        .method = t->op->method,
        .path = t->op->path,
        .parameter = p->name,
        .parameter_in = p->in,
        .operation = t->op,
        .evidence = evidence,
        .evidence_count = confidence == CONFIDENCE_CONFIRMED ? 2 : 1,
    };
    return check_report(run, &f, err);
}

static int judge_confirm(struct check_run *run, struct experiment *e, const struct wave *w, struct error *err) {
    const struct exchange *control = e->exchanges[1];
    struct target *t = w->target;
    struct sv host, to = sent_to(&e->arena, control);
    bool turned = to.ptr != NULL && browser_host(&e->arena, check_target(run), to, &host) && sv_contains_nocase(host, w->control);
    if (!exchange_answered(control) || !exchange_answered(e->exchanges[0])) {
        check_coverage(run, t->op, COVERAGE_INCONCLUSIVE, "no answer came in the second round");
        return 0;
    }
    if (turned || !leads_to(run, &e->arena, e->exchanges[0], w->shots[0].host)) {
        check_coverage(run, t->op, COVERAGE_PASSED, NULL);
        return 0;
    }
    t->reported = true;
    return report(run, e, t, w->shots[0].way, CONFIDENCE_CONFIRMED, err);
}

// After the plain form: are others worth asking?
static int judge_miss(struct check_run *run, struct experiment *e, const struct wave *w, struct error *err) {
    struct target *t = w->target;
    const struct exchange *x = e->exchanges[0];
    const struct baseline *b = check_baseline(run, t->op, t->identity);
    if (!exchange_answered(x)) {
        check_coverage(run, t->op, COVERAGE_INCONCLUSIVE, "no answer came");
        return 0;
    }
    bool sends = t->redirects || sent_to(&e->arena, x).ptr != NULL || sent_to(&e->arena, b->answer).ptr != NULL;
    if (e->tag == TAG_PLAIN && (sends || (t->param.redirects && x->response.status >= 400))) return plan_forms(run, t, err);
    bool exercised = b->state == BASELINE_GOOD || t->redirects || sends;
    check_coverage(run, t->op, exercised ? COVERAGE_PASSED : COVERAGE_INCONCLUSIVE, exercised ? NULL : "the operation never gave a good answer");
    return 0;
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    const struct wave *w = e->user;
    if (e->tag == TAG_CONFIRM) return judge_confirm(run, e, w, err);
    for (size_t i = 0; i < w->count; i++)
        if (leads_to(run, &e->arena, e->exchanges[i], w->shots[i].host)) return plan_confirm(run, w->target, w->shots[i].way, err);
    return judge_miss(run, e, w, err);
}

const struct check check_open_redirect = {
    .id = "open-redirect",
    .title = "Redirects to the caller's addresses",
    .category = CATEGORY_CONSUMPTION,
    .owasp = "API10:2023",
    .cwe = 601,
    .traits = CHECK_READ_ONLY,
    .plan = plan,
    .judge = judge,
};
