// SPDX-License-Identifier: Apache-2.0
/*
 * Server-side requests. Each parameter that may name an address gets a URL of our listener with a token of its own; the call that comes
 * back is the proof, the listener's secret in the answer shows a full read.
 *
 *   plain ──called──> confirm (new token) + redirect (does it follow ours?)
 *     │ the answer moved
 *     └─> forms ─> filter (userinfo, kept text, other spellings) ─> errors (does it say what became of the connection?)
 *                                                              └──> chain (through an open redirect of the target itself)
 *
 * A chance hit needs a stranger to guess 20 random characters, twice.
 */
#include "base/escape.h"
#include "base/vec.h"
#include "checks/run.h"
#include "checks/support/browser_url.h"
#include "checks/support/fetch_errors.h"
#include "checks/support/fetch_form.h"
#include "checks/support/reading.h"
#include "http/header.h"

enum tag { TAG_PLAIN, TAG_SWEEP, TAG_FORMS, TAG_FILTER, TAG_CHAIN, TAG_ERRORS, TAG_CONFIRM, TAG_REDIRECT };
enum { SHOTS_MAX = 12, SWEEP_MAX = 8, TARGETS_MAX = 4000 };

struct way {
    enum fetch_form form;
    enum address_spelling spelling; // SPELLING_COUNT: as it is
    bool chain;                     // through the target's own open redirect
};

struct target {
    const struct operation *op;
    const struct call *call;
    size_t identity;
    struct url_param param;
    struct way way; // that worked
    bool judged, answered, blocked, moved, done, chained;
    bool hit, confirmed, read;
    bool sdk; // the cloud's SDK called, not a plain HTTP client: the parameter is its endpoint
};

struct shot {
    struct target *target;
    struct way way;
    size_t probe;
    struct sv token, secret;
};
struct wave {
    struct shot shots[SHOTS_MAX];
    size_t count;
    bool advanced; // what follows from "no call" was planned already
};

// A redirect of the target to anywhere: target text around the value, and what stands before the host in it.
struct hop {
    struct sv before, after, lead;
};

struct state {
    VEC_OF(struct target *) targets;
    struct hop hop;
    bool hop_known;
};

static bool is_private_quad(struct sv authority) {
    size_t colon = sv_find_char(authority, ':');
    struct sv host = colon == SIZE_MAX ? authority : sv_slice(authority, 0, colon);
    return address_is_quad(host) && address_classify(host) != ADDRESS_PUBLIC;
}

static struct sv chain_value(struct check_run *run, struct arena *a, const struct hop *hop, const struct fetch_place *place) {
    auto_buf b = BUF_INIT((size_t)8192);
    struct sv origin = url_origin(a, check_target(run));
    bool absolute = sv_starts_with_nocase(hop->lead, SV("http"));
    struct sv inner = arena_printf(a, SV_FMT SV_FMT SV_FMT, SV_ARG(absolute ? SV("http://") : hop->lead), SV_ARG(place->authority), SV_ARG(place->path));
    buf_add(&b, origin);
    buf_add(&b, hop->before);
    esc_url(&b, inner, "");
    buf_add(&b, hop->after);
    return buf_failed(&b) || inner.ptr == NULL ? SV_NONE : arena_copy_sv(a, buf_sv(&b));
}

static struct sv way_value(struct check_run *run, struct arena *a, const struct target *t, const struct way *way, struct sv url) {
    const struct state *s = check_state(run);
    struct fetch_place place, spelled;
    if (!fetch_place_of(url, &place)) return SV_NONE;
    if (way->chain) return chain_value(run, a, &s->hop, &place);
    if (way->spelling < SPELLING_COUNT) {
        if (!fetch_place_spell(a, &place, way->spelling, &spelled)) return SV_NONE;
        place = spelled;
    }
    return fetch_form_value(a, way->form, &place, &t->param);
}

static struct experiment *new_wave(struct check_run *run, const struct target *t, enum tag tag, double value, struct wave **ret) {
    struct experiment *e = check_experiment(run, t->op, tag);
    *ret = e == NULL ? NULL : arena_new(&e->arena, struct wave);
    if (*ret == NULL) return NULL;
    e->user = *ret;
    e->value = value;
    e->parameter = t->param.index;
    return e;
}

// Takes the token for the next shot; the URL of it, or SV_NONE without a listener.
static struct sv take_token(struct check_run *run, struct experiment *e, struct shot *s, size_t index) {
    struct sv url = check_canary_url(run, e, index, &s->token);
    if (url.ptr != NULL) s->secret = check_canary_secret(run, e, s->token);
    return url;
}

// One more probe with the canary's URL written in this way. A way that cannot be written is left out.
static int add_shot(struct check_run *run, struct experiment *e, struct wave *w, struct target *t, struct way way, struct error *err) {
    if (w->count >= SHOTS_MAX) return 0;
    struct shot *s = &w->shots[w->count];
    *s = (struct shot){.target = t, .way = way, .probe = e->probe_count};
    struct sv url = take_token(run, e, s, e->probe_count);
    struct sv value = url.ptr == NULL ? SV_NONE : way_value(run, &e->arena, t, &way, url);
    if (value.ptr == NULL) return 0;
    struct probe *p = check_probe_value(run, e, ROLE_PROBE, t->identity, t->call, t->param.index, value);
    if (p == NULL) return 0; // this parameter cannot hold it: a header with a line end, a body that contradicts itself
    if (!check_mark(e, p, s->token) || !check_mark(e, p, value)) return error_nomem(err);
    w->count++;
    return 0;
}

static void submit(struct check_run *run, struct experiment *e, const struct wave *w) {
    if (w->count > 0) ignore_result(!check_submit(run, e));
}

static enum fetch_form first_form(const struct url_param *p, const struct parameter *param) {
    struct sv f = param->schema->format;
    bool host = sv_eq_nocase(f, SV("hostname")) || sv_eq_nocase(f, SV("ipv4")) || sv_eq_nocase(f, SV("host"));
    if (p->shape == VALUE_DOCUMENT) return FORM_DOCUMENT;
    return p->shape == VALUE_HOST || p->label || host ? FORM_HOST : FORM_URL;
}

static int plan_plain(struct check_run *run, struct target *t, struct error *err) {
    struct wave *w;
    struct experiment *e = new_wave(run, t, TAG_PLAIN, t->param.strong ? 9 : 3, &w);
    if (e == NULL) return error_nomem(err);
    struct way way = {.form = first_form(&t->param, &t->op->parameters[t->param.index]), .spelling = SPELLING_COUNT};
    int r = add_shot(run, e, w, t, way, err);
    if (r != 0) return r;
    if (w->count == 0) check_coverage(run, t->op, COVERAGE_NOT_TESTED, "there is no listener that the target could call");
    submit(run, e, w);
    return 0;
}

static int plan_forms(struct check_run *run, struct target *t, struct error *err) {
    struct wave *w;
    struct experiment *e = new_wave(run, t, TAG_FORMS, 4, &w);
    if (e == NULL) return error_nomem(err);
    enum fetch_form first = first_form(&t->param, &t->op->parameters[t->param.index]);
    struct way way = {.form = first == FORM_URL ? FORM_HOST : FORM_URL, .spelling = SPELLING_COUNT};
    int r = add_shot(run, e, w, t, way, err);
    way.form = t->param.shape == VALUE_PATH ? FORM_AT : FORM_NETWORK;
    if (r == 0) r = add_shot(run, e, w, t, way, err);
    submit(run, e, w);
    return r;
}

static int plan_filter(struct check_run *run, struct target *t, struct error *err) {
    static const enum fetch_form for_urls[] = {FORM_KEEP, FORM_USERINFO, FORM_BACKSLASH, FORM_FRAGMENT};
    static const enum address_spelling spellings[] = {SPELLING_MAPPED_HEX, SPELLING_DWORD, SPELLING_OCTAL, SPELLING_TRAILING_DOT};
    struct wave *w;
    struct experiment *e = new_wave(run, t, TAG_FILTER, 2, &w);
    if (e == NULL) return error_nomem(err);
    bool host = first_form(&t->param, &t->op->parameters[t->param.index]) == FORM_HOST;
    int r = 0;
    if (host) r = add_shot(run, e, w, t, (struct way){.form = FORM_HOST_KEEP, .spelling = SPELLING_COUNT}, err);
    for (size_t i = 0; r == 0 && !host && i < sizeof for_urls / sizeof *for_urls; i++)
        r = add_shot(run, e, w, t, (struct way){.form = for_urls[i], .spelling = SPELLING_COUNT}, err);
    struct fetch_place place;
    struct sv url = check_canary_url(run, e, SHOTS_MAX, NULL);
    bool spell = fetch_place_of(url, &place) && is_private_quad(place.authority);
    for (size_t i = 0; r == 0 && spell && i < sizeof spellings / sizeof *spellings; i++)
        r = add_shot(run, e, w, t, (struct way){.form = host ? FORM_HOST : FORM_URL, .spelling = spellings[i]}, err);
    submit(run, e, w);
    return r;
}

static int plan_chain(struct check_run *run, struct target *t, struct error *err) {
    const struct state *s = check_state(run);
    struct wave *w;
    if (!s->hop_known || t->chained || t->hit || !t->done || !t->moved || t->param.shape == VALUE_HOST) return 0;
    t->chained = true;
    struct experiment *e = new_wave(run, t, TAG_CHAIN, 2, &w);
    if (e == NULL) return error_nomem(err);
    int r = add_shot(run, e, w, t, (struct way){.form = FORM_URL, .spelling = SPELLING_COUNT, .chain = true}, err);
    submit(run, e, w);
    return r;
}

// A name that does not exist and a port that nobody serves: does the answer tell them apart?
static int plan_errors(struct check_run *run, struct target *t, unsigned round, struct error *err) {
    struct wave *w;
    struct experiment *e = new_wave(run, t, TAG_ERRORS, 1.5, &w);
    if (e == NULL) return error_nomem(err);
    e->round = (uint16_t)round;
    w->shots[0] = (struct shot){.target = t};
    struct sv word = rng_word(check_rng(run), &e->arena, 14);
    struct sv name = arena_printf(&e->arena, SV_FMT ".invalid", SV_ARG(word)), path = arena_printf(&e->arena, "/" SV_FMT, SV_ARG(word));
    const struct fetch_place places[] = {{SV("http"), name, path}, {SV("http"), SV("127.0.0.1:1"), path}};
    enum fetch_form form = first_form(&t->param, &t->op->parameters[t->param.index]);
    for (size_t i = 0; i < 2; i++) {
        struct sv value = fetch_form_value(&e->arena, form, &places[i], &t->param);
        if (word.ptr == NULL || value.ptr == NULL) return error_nomem(err);
        struct probe *p = check_probe_value(run, e, i == 0 ? ROLE_PROBE : ROLE_CONTROL, t->identity, t->call, t->param.index, value);
        if (p == NULL) return 0;
        if (!check_mark(e, p, word) || !check_mark(e, p, value)) return error_nomem(err);
    }
    ignore_result(!check_submit(run, e));
    return 0;
}

// -- plan -----------------------------------------------------------------------------------------------------------------------

static bool is_candidate(const struct url_param *found, size_t count, size_t index) {
    for (size_t i = 0; i < count; i++)
        if (found[i].index == index) return true;
    return false;
}

static struct target *new_target(struct check_run *run, const struct operation *op, size_t identity, const struct url_param *param) {
    struct state *s = check_state(run);
    struct target *t = arena_new(check_arena(run), struct target);
    if (t == NULL || s->targets.len >= TARGETS_MAX || !VEC_PUSH(check_arena(run), &s->targets, t)) return NULL;
    *t = (struct target){.op = op, .identity = identity, .call = &check_baseline(run, op, identity)->call, .param = *param};
    return t;
}

// Puts a URL of its own into every free text that is no candidate.
static bool fill_sweep(struct check_run *run, struct experiment *e, struct wave *w, struct call *call, size_t identity, const struct url_param *found,
                       size_t count) {
    const struct operation *op = call->operation;
    for (size_t i = 0; i < op->parameter_count && w->count < SWEEP_MAX; i++) {
        const struct parameter *p = &op->parameters[i];
        bool place = p->in == PARAM_QUERY || (p->in == PARAM_BODY && call->values[i].present);
        if (!place || !url_params_is_free_text(p) || is_candidate(found, count, i)) continue;
        struct url_param param = {.index = i, .observed = call->values[i].text};
        struct shot *s = &w->shots[w->count];
        struct sv url = take_token(run, e, s, w->count);
        s->target = url.ptr == NULL ? NULL : new_target(run, op, identity, &param);
        if (s->target == NULL) return false;
        s->way = (struct way){.form = FORM_URL, .spelling = SPELLING_COUNT};
        call->values[i] = (struct param_value){.text = url, .present = true};
        w->count++;
    }
    return w->count > 0;
}

// All other free texts at once: one request that costs little and needs no telling name.
static int plan_sweep(struct check_run *run, const struct operation *op, size_t identity, const struct url_param *found, size_t count, struct error *err) {
    const struct baseline *b = check_baseline(run, op, identity);
    struct experiment *e = check_experiment(run, op, TAG_SWEEP);
    struct wave *w = e == NULL ? NULL : arena_new(&e->arena, struct wave);
    struct call call;
    struct request rq;
    if (w == NULL || call_copy(&e->arena, &b->call, &call, NULL) != 0) return error_nomem(err);
    e->user = w;
    if (!fill_sweep(run, e, w, &call, identity, found, count)) return 0;
    if (call_build(&e->arena, &call, &rq, NULL) != 0 || !check_allowed(run, op, &rq)) return 0;
    struct probe *p = check_probe(run, e, ROLE_PROBE, identity, &rq);
    for (size_t i = 0; p != NULL && i < w->count; i++)
        if (!check_mark(e, p, w->shots[i].token)) return error_nomem(err);
    if (p != NULL) ignore_result(!check_submit(run, e));
    return 0;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    struct url_param found[URL_PARAMS_MAX];
    check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "no parameter that names an address");
    if (check_operation_is_documentation(run, op) || op->parameter_count == 0) return 0;
    size_t identity = best_identity(run, op);
    const struct call *call = identity == SIZE_MAX ? NULL : &check_baseline(run, op, identity)->call;
    size_t count = url_params_find(check_knowledge(run, "wordlists/url-params"), op, call, found);
    for (size_t i = 0; i < count; i++) {
        if (identity == SIZE_MAX) {
            if (found[i].strong) check_coverage(run, op, COVERAGE_NOT_TESTED, no_identity_reason(run, op));
            continue;
        }
        struct target *t = new_target(run, op, identity, &found[i]);
        if (t == NULL) return error_nomem(err);
        int r = plan_plain(run, t, err);
        if (r != 0) return r;
    }
    if (identity == SIZE_MAX || check_baseline(run, op, identity)->state != BASELINE_GOOD) return 0;
    return plan_sweep(run, op, identity, found, count, err);
}

// -- judge ----------------------------------------------------------------------------------------------------------------------

static const struct canary_event *call_with(const struct experiment *e, struct sv token) {
    for (size_t i = 0; i < e->event_count; i++)
        if (sv_eq(e->events[i].token, token)) return &e->events[i];
    return NULL;
}

static uint32_t tell_fact(struct check_run *run, const struct target *t, const char *kind, enum confidence confidence) {
    struct sv subject = arena_printf(check_arena(run), SV_FMT " " SV_FMT, SV_ARG(t->op->method), SV_ARG(t->op->path));
    struct fact f = {.kind = sv_from(kind), .subject_type = SV("endpoint"), .subject = subject, .value = FACT_YES, .source = FACT_PROBE,
                     .confidence = (uint8_t)confidence};
    if (strcmp(kind, "ssrf") == 0) {
        f.args[f.arg_count++] = (struct fact_arg){SV("method"), SV("get")};
        f.args[f.arg_count++] = (struct fact_arg){SV("read"), t->read ? SV("full") : SV("blind")};
        f.args[f.arg_count++] = (struct fact_arg){SV("parameter"), t->op->parameters[t->param.index].name};
        f.evidence = t->read ? SV("the answer shows what our listener said") : SV("our listener was called");
    } else if (t->sdk) {
        f.args[f.arg_count++] = (struct fact_arg){SV("parameter"), t->op->parameters[t->param.index].name};
        f.evidence = SV("the SDK called our listener");
    } else {
        f.evidence = SV("a redirect of our listener was followed to a second token");
    }
    return subject.ptr == NULL ? 0 : check_fact(run, &f);
}

static struct sv reason_of(struct arena *a, const struct target *t, const struct canary_event *call, bool two) {
    const char *rounds = two ? "in two rounds with new tokens" : "once so far";
    struct sv agent = call == NULL ? SV_NONE : sv_slice(call->user_agent, 0, 60);
    struct sv text = t->read ? arena_printf(a, "the server fetched a URL of our listener %s and its answer shows the text that only the listener knew", rounds)
                             : arena_printf(a, "the server called a URL of our listener %s; its answer does not show what the listener said", rounds);
    return agent.len == 0 || text.ptr == NULL ? text : arena_printf(a, SV_FMT " (caller: " SV_FMT ")", SV_ARG(text), SV_ARG(agent));
}

// User agents of the AWS SDKs (AWS SDKs and Tools Reference Guide, "user agent"): they send signed requests to whatever endpoint they are given.
static bool is_sdk(struct sv agent) {
    static const struct sv words[] = {SV_INIT("aws-sdk"), SV_INIT("Boto3/"), SV_INIT("Botocore/"), SV_INIT("aws-cli/"), SV_INIT("azsdk-"), SV_INIT("gcloud-")};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (sv_contains_nocase(agent, words[i])) return true;
    }
    return false;
}

static bool is_bypass(const struct way *w) {
    return w->chain || w->spelling < SPELLING_COUNT || fetch_form_needs_host(w->form);
}

static struct sv title_of(const struct target *t) {
    if (t->sdk) return SV("The caller chooses the endpoint that the cloud SDK talks to");
    if (is_bypass(&t->way))
        return t->read ? SV("The check of the caller's URL can be walked around, and the answer shows what was fetched")
                       : SV("The check of the caller's URL can be walked around");
    return t->read ? SV("The server fetches a URL that the caller chooses and shows the answer") : SV("The server calls a URL that the caller chooses");
}

static int report(struct check_run *run, struct experiment *e, const struct target *t, size_t probe, enum confidence confidence, struct sv reason,
                  struct sv title, struct error *err) {
    const struct parameter *p = &t->op->parameters[t->param.index];
    struct sv template = path_template_nameless(&e->arena, t->op->path);
    struct sv key = arena_printf(&e->arena, SV_FMT " " SV_FMT, SV_ARG(t->op->method), SV_ARG(template));
    const struct baseline *b = check_baseline(run, t->op, t->identity);
    const struct evidence_item evidence[] = {
        {.role = EVIDENCE_REFERENCE, .exchange = b->answer, .note = SV("the ordinary answer")},
        check_evidence(e, probe, EVIDENCE_PROBE, "the parameter names a place that only we know"),
    };
    const struct finding_effect effects[] = {{CATEGORY_EXPOSURE, 200}, {CATEGORY_INPUT, 20}};
    if (key.ptr == NULL || reason.ptr == NULL) return error_nomem(err);
    struct finding f = {
        .category = CATEGORY_SSRF,
        .cause = t->sdk ? SV("sdk-endpoint-control") : SV("server-side-request"),
        .scope = SCOPE_OPERATION,
        .scope_key = key,
        .impact = IMPACT_DATA,
        .who = t->identity == 0 ? WHO_ANYONE : WHO_USER,
        .confidence = confidence,
        .title = title,
        .reason = reason,
        .method = t->op->method,
        .path = t->op->path,
        .parameter = p->name,
        .parameter_in = p->in,
        .operation = t->op,
        .evidence = evidence,
        .evidence_count = 2,
        .effects = effects,
        .effect_count = t->sdk ? 2 : t->read ? 1 : 0,
    };
    if (confidence == CONFIDENCE_CONFIRMED || e->tag == TAG_ERRORS) f.facts[0] = tell_fact(run, t, t->sdk ? "sdk_endpoint_control" : "ssrf", confidence);
    return check_report(run, &f, err);
}

// A second round with a new token, and one with a redirect of ours.
static int plan_after_hit(struct check_run *run, struct target *t, struct error *err) {
    struct wave *w;
    struct experiment *e = new_wave(run, t, TAG_CONFIRM, 50, &w);
    if (e == NULL) return error_nomem(err);
    e->round = 2;
    e->purpose = PURPOSE_CONFIRM;
    int r = add_shot(run, e, w, t, t->way, err);
    // What the service adds behind our place may hide a full read.
    if (r == 0 && !t->read && !t->way.chain && t->way.form == FORM_URL) {
        struct way open = t->way;
        open.form = FORM_OPEN;
        r = add_shot(run, e, w, t, open, err);
    }
    submit(run, e, w);
    if (r != 0) return r;
    e = new_wave(run, t, TAG_REDIRECT, 5, &w);
    if (e == NULL) return error_nomem(err);
    struct shot *s = &w->shots[0];
    *s = (struct shot){.target = t, .way = t->way};
    struct sv to = take_token(run, e, s, 1);
    struct sv url = to.ptr == NULL ? SV_NONE : check_canary_redirect(run, e, 0, to, 302, NULL);
    struct sv value = url.ptr == NULL ? SV_NONE : way_value(run, &e->arena, t, &t->way, url);
    if (value.ptr == NULL || check_probe_value(run, e, ROLE_PROBE, t->identity, t->call, t->param.index, value) == NULL) return 0;
    w->count = 1;
    submit(run, e, w);
    return 0;
}

static int on_hit(struct check_run *run, struct experiment *e, const struct shot *s, bool read, struct error *err) {
    struct target *t = s->target;
    const struct canary_event *call = call_with(e, s->token);
    if (call != NULL && is_sdk(call->user_agent)) t->sdk = true;
    if (e->tag == TAG_REDIRECT) {
        ignore_result(tell_fact(run, t, "ssrf_redirects", CONFIDENCE_CONFIRMED) == 0);
        return 0;
    }
    bool more = (read && !t->read) || !t->hit || (e->tag == TAG_CONFIRM && !t->confirmed);
    if (!more) return 0;
    bool first = !t->hit;
    if (first) t->way = s->way;
    t->hit = true;
    t->read = t->read || read;
    t->confirmed = t->confirmed || e->tag == TAG_CONFIRM;
    enum confidence confidence = t->confirmed ? CONFIDENCE_CONFIRMED : CONFIDENCE_FIRM;
    int r = report(run, e, t, s->probe, confidence, reason_of(&e->arena, t, call, t->confirmed), title_of(t), err);
    return r == 0 && first ? plan_after_hit(run, t, err) : r;
}

// Did the answer to our address differ from the ordinary one? Without a good baseline it counts as moved.
static int look_at_answer(struct check_run *run, struct experiment *e, struct target *t, struct error *err) {
    const struct baseline *b = check_baseline(run, t->op, t->identity);
    struct signature sig;
    t->judged = true;
    if (!exchange_answered(e->exchanges[0])) {
        t->moved = true;
        return 0;
    }
    t->answered = true;
    int r = check_signature(run, e, 0, &sig, err);
    if (r == 0) t->moved = b->state != BASELINE_GOOD || !signature_equal(&sig, &b->signature, &b->volatility);
    return r;
}

static int advance(struct check_run *run, struct experiment *e, struct wave *w, struct error *err) {
    struct target *t = w->shots[0].target;
    if (e->tag == TAG_PLAIN) {
        const struct exchange *x = e->exchanges[0];
        t->blocked = exchange_answered(x) && x->response.status >= 400 && check_is_blocked(run, e, 0) == 1;
        int r = look_at_answer(run, e, t, err);
        if (r != 0 || !t->moved || !(t->param.strong || t->param.shape == VALUE_HOST || t->param.shape == VALUE_PATH)) return r;
        return plan_forms(run, t, err);
    }
    if (e->tag == TAG_FORMS && t->param.strong) return plan_filter(run, t, err);
    if (e->tag != TAG_FILTER) return 0;
    t->done = true;
    int r = plan_chain(run, t, err);
    return r == 0 ? plan_errors(run, t, 1, err) : r;
}

static int judge_errors(struct check_run *run, struct experiment *e, struct target *t, struct error *err) {
    const struct node *table = check_knowledge(run, "fetch-errors");
    unsigned ordinary = fetch_errors_in(table, check_baseline(run, t->op, t->identity)->answer);
    unsigned name = fetch_errors_in(table, e->exchanges[0]) & ~ordinary, port = fetch_errors_in(table, e->exchanges[1]) & ~ordinary;
    bool apart = (name & FETCH_ERROR_DNS) != 0 && (port & FETCH_ERROR_DNS) == 0 && (port & FETCH_ERROR_REFUSED) != 0 && (name & FETCH_ERROR_REFUSED) == 0;
    if (!apart || t->hit) return 0;
    if (e->round == 1) return plan_errors(run, t, 2, err);
    t->hit = true;
    return report(run, e, t, 0, CONFIDENCE_FIRM,
                  SV("a name that does not exist and a port that nobody serves give the two matching network errors, in two rounds; our listener was not reached"),
                  SV("The server connects to addresses that the caller chooses"), err);
}

// Does the answer show the secret, as it is or inside of base64 (previews of pictures are answered so)?
static bool shows_secret(struct experiment *e, const struct shot *s) {
    struct reading reading;
    return reading_of(&e->arena, e->exchanges[s->probe], &reading) == 0 && reading_has(&reading, s->secret);
}

// A refusal may come from a firewall; what that looks like may have to be learned first.
static bool must_learn_blocks(struct check_run *run, struct experiment *e, const struct wave *w) {
    const struct exchange *x = e->exchanges[0];
    return e->tag == TAG_PLAIN && !w->advanced && exchange_answered(x) && x->response.status >= 400 && check_is_blocked(run, e, 0) < 0;
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    struct wave *w = e->user;
    bool seen = false;
    if (e->tag == TAG_ERRORS) return judge_errors(run, e, w->shots[0].target, err);
    if (must_learn_blocks(run, e, w)) return JUDGE_WAIT;
    for (size_t i = 0; i < w->count; i++) {
        struct shot *s = &w->shots[i];
        struct canary_verdict v = oracle_canary(e, s->token, e->exchanges[s->probe], s->secret);
        // The secret may be here before the call is told: then the call brings us back.
        bool shown = v.full_read || shows_secret(e, s);
        seen = seen || v.called || shown;
        int r = v.called ? on_hit(run, e, s, shown, err) : 0;
        if (r != 0) return r;
    }
    if (w->advanced || seen || w->shots[0].target->hit) {
        w->shots[0].target->judged = w->shots[0].target->answered = true;
        return 0;
    }
    w->advanced = true;
    return advance(run, e, w, err);
}

// -- the target's own redirects -----------------------------------------------------------------------------------------------------

static bool learn_hop(struct check_run *run, struct arena *a, const struct exchange *x, struct hop *ret) {
    struct sv location = header_find(&x->response.headers, SV("Location")), host, sent;
    size_t mark = sv_find_char(x->request.target, '?');
    if (mark == SIZE_MAX || !browser_host(a, check_target(run), location, &host) || sv_eq(host, check_target(run)->host)) return false;
    struct sv rest = sv_from_index(x->request.target, mark + 1), key, value;
    bool has_value;
    while (url_query_next(&rest, &key, &value, &has_value)) {
        struct sv decoded = url_decode(a, value, true);
        size_t at = sv_find(decoded, host);
        if (!has_value || at == SIZE_MAX || !browser_host(a, check_target(run), decoded, &sent) || !sv_eq(sent, host)) continue;
        size_t begin = (size_t)(value.ptr - x->request.target.ptr);
        ret->before = arena_copy_sv(a, sv_slice(x->request.target, 0, begin));
        ret->after = arena_copy_sv(a, sv_from_index(x->request.target, begin + value.len));
        ret->lead = arena_copy_sv(a, sv_slice(decoded, 0, at));
        return ret->before.ptr != NULL && ret->after.ptr != NULL && ret->lead.ptr != NULL;
    }
    return false;
}

static int observe(struct check_run *run, const struct exchange *x, struct error *err) {
    struct state *s = check_state(run);
    if (s->hop_known || !exchange_answered(x) || x->response.status < 300 || x->response.status >= 400 || x->request.origin != 0 ||
        !sv_eq(x->request.method, SV("GET")) || x->identity != 0)
        return 0;
    struct arena_mark mark = arena_mark(check_arena(run));
    s->hop_known = learn_hop(run, check_arena(run), x, &s->hop);
    if (!s->hop_known) {
        arena_rewind(check_arena(run), mark);
        return 0;
    }
    int r = 0;
    for (size_t i = 0; i < s->targets.len && r == 0; i++) r = plan_chain(run, s->targets.ptr[i], err);
    return r;
}

static int finish(struct check_run *run, struct error *err) {
    struct state *s = check_state(run);
    (void)err;
    for (size_t i = 0; i < s->targets.len; i++) {
        const struct target *t = s->targets.ptr[i];
        if (t->hit || !t->judged || !t->param.strong) continue;
        if (!t->answered) check_coverage(run, t->op, COVERAGE_INCONCLUSIVE, "no answer came when the parameter named our listener");
        else if (t->blocked) check_coverage(run, t->op, COVERAGE_INCONCLUSIVE, "something in front of the API blocked the request");
        else if (!check_canary_ever_called(run))
            check_coverage(run, t->op, COVERAGE_INCONCLUSIVE, "no call of the target reached our listener in this scan, so a blind request would not have been seen");
        else if (check_baseline(run, t->op, t->identity)->state != BASELINE_GOOD)
            check_coverage(run, t->op, COVERAGE_INCONCLUSIVE, "the operation never gave a good answer");
        else check_coverage(run, t->op, COVERAGE_PASSED, NULL);
    }
    return 0;
}

const struct check check_ssrf = {
    .id = "ssrf",
    .title = "Server-side requests to the caller's addresses",
    .category = CATEGORY_SSRF,
    .owasp = "API7:2023",
    .cwe = 918,
    .traits = CHECK_READ_ONLY | CHECK_CANARY,
    .state_size = sizeof(struct state),
    .observe = observe,
    .plan = plan,
    .judge = judge,
    .finish = finish,
};
