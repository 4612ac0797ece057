// SPDX-License-Identifier: Apache-2.0
/*
 * Which metadata services answer through a server-side request. Nothing is asked before a full read was proven: this check watches for
 * answers that hold the listener's secret (whoever asked), takes over the way in which that value was written, and puts the harmless
 * paths of data/metadata.yaml in its place.
 *
 *   secret seen ─> first (a name that does not exist as control, then the likeliest services)
 *                    ├─ signature ─> confirm (again, and a random path there)
 *                    ├─ unlike a dead address ─> more (the others there) ─> spellings, one by one, and a redirect of ours
 *                    └─ dead ─> nothing reachable
 *
 * A signature counts only when neither the ordinary answer nor the control has it, in two rounds.
 */
#include "base/vec.h"
#include "checks/run.h"
#include "checks/support/fetch_errors.h"
#include "checks/support/fetch_form.h"
#include "checks/support/reading.h"

enum tag { TAG_FIRST, TAG_MORE, TAG_SPELLING, TAG_CONFIRM };
enum { SHOTS_MAX = 12, TOKEN_LENGTH = 20, PLACES_MAX = 8 };

// Steps of the spelling chain besides the spellings themselves.
enum { STEP_REDIRECT = SPELLING_COUNT, STEP_PLAIN };
static const int steps[] = {
    SPELLING_MAPPED_HEX, STEP_REDIRECT,      SPELLING_DWORD,       SPELLING_MAPPED_DOTTED, SPELLING_HEX,          SPELLING_OCTAL,
    SPELLING_MAPPED_LONG, SPELLING_FULL_WIDTH, SPELLING_THREE_PARTS, SPELLING_DOTTED_HEX,  SPELLING_TRAILING_DOT,
};
#define STEP_COUNT (sizeof steps / sizeof *steps)

struct target {
    const struct operation *op;
    const struct call *call;
    size_t identity;
    struct url_param param;
    enum fetch_form form;
    struct signature control; // of the name that does not exist
    struct reading control_text;
    struct sv address, path; // whose spellings are tried
    size_t next_step, last_step;
    bool hit;
};

struct shot {
    struct sv address, path;
    int step; // how the address is written
};
struct wave {
    struct target *target;
    struct shot shots[SHOTS_MAX];
    size_t count, offset; // offset: probes before the shots
    const struct node *service; // TAG_CONFIRM
    bool judged;                // a call that comes later (the redirect's) changes nothing
};

struct state {
    struct experiment *lender; // never sent: lends the arena in which secrets are computed
    struct sv base;
    VEC_OF(struct target *) targets;
};

// -- which place is asked ---------------------------------------------------------------------------------------------------------

static const struct node *services(struct check_run *run) {
    const struct node *n = node_get(check_knowledge(run, "metadata"), SV("services"));
    return node_is(n, NODE_ARRAY) ? n->first : NULL;
}

// The promise: names only. Nothing on the list is asked, whatever else the data says.
static bool is_never_asked(struct check_run *run, struct sv path) {
    const struct node *list = node_get(check_knowledge(run, "metadata"), SV("never"));
    if (!node_is(list, NODE_ARRAY)) return true;
    for (const struct node *n = list->first; n != NULL; n = n->next)
        if (sv_contains_nocase(path, n->text)) return true;
    return false;
}

static struct experiment *new_wave(struct check_run *run, struct target *t, enum tag tag, double value, struct wave **ret) {
    struct experiment *e = check_experiment(run, t->op, tag);
    *ret = e == NULL ? NULL : arena_new(&e->arena, struct wave);
    if (*ret == NULL) return NULL;
    (*ret)->target = t;
    e->user = *ret;
    e->value = value;
    e->parameter = t->param.index;
    e->schedule = SCHEDULE_ORDERED;
    return e;
}

static struct probe *ask_place(struct check_run *run, struct experiment *e, const struct target *t, enum probe_role role, const struct fetch_place *place) {
    struct sv value = fetch_form_value(&e->arena, t->form, place, &t->param);
    struct probe *p = value.ptr == NULL ? NULL : check_probe_value(run, e, role, t->identity, t->call, t->param.index, value);
    return p != NULL && check_mark(e, p, value) ? p : NULL;
}

static bool write_place(struct check_run *run, struct experiment *e, const struct shot *s, struct fetch_place *ret) {
    const struct fetch_place plain = {SV("http"), s->address, s->path};
    if (s->step == STEP_PLAIN) {
        *ret = plain;
        return true;
    }
    if (s->step < SPELLING_COUNT) return fetch_place_spell(&e->arena, &plain, (enum address_spelling)s->step, ret);
    struct sv to = arena_printf(&e->arena, "http://" SV_FMT SV_FMT, SV_ARG(s->address), SV_ARG(s->path));
    struct sv url = to.ptr == NULL ? SV_NONE : check_canary_redirect(run, e, e->probe_count, to, 302, NULL);
    return fetch_place_of(url, ret);
}

static void add_shot(struct check_run *run, struct experiment *e, struct wave *w, struct sv address, struct sv path, int step) {
    if (w->count >= SHOTS_MAX || address.len == 0 || path.len == 0 || is_never_asked(run, path)) return;
    for (size_t i = 0; i < w->count; i++)
        if (sv_eq(w->shots[i].address, address) && sv_eq(w->shots[i].path, path) && w->shots[i].step == step) return;
    struct shot s = {address, path, step};
    struct fetch_place place;
    if (!write_place(run, e, &s, &place) || ask_place(run, e, w->target, ROLE_PROBE, &place) == NULL) return;
    w->shots[w->count++] = s;
}

static int submit(struct check_run *run, struct experiment *e, const struct wave *w) {
    if (w->count > 0) ignore_result(!check_submit(run, e));
    return 0;
}

static int plan_first(struct check_run *run, struct target *t, struct error *err) {
    struct wave *w;
    struct experiment *e = new_wave(run, t, TAG_FIRST, 30, &w);
    if (e == NULL) return error_nomem(err);
    e->schedule = SCHEDULE_ANY; // a dead address may take as long as the client waits
    struct sv word = rng_word(check_rng(run), &e->arena, 14), name = arena_printf(&e->arena, SV_FMT ".invalid", SV_ARG(word));
    const struct fetch_place nowhere = {SV("http"), name, SV("/latest/meta-data/services/domain")};
    if (word.ptr == NULL || name.ptr == NULL) return error_nomem(err);
    if (ask_place(run, e, t, ROLE_CONTROL, &nowhere) == NULL) return 0;
    w->offset = 1;
    for (const struct node *n = services(run); n != NULL; n = n->next)
        if (node_get_bool(n, SV("first"), false)) add_shot(run, e, w, node_get_text(n, SV("address")), node_get_text(n, SV("path")), STEP_PLAIN);
    return submit(run, e, w);
}

static int plan_more(struct check_run *run, struct target *t, struct sv address, struct error *err) {
    struct wave *w;
    struct experiment *e = new_wave(run, t, TAG_MORE, 20, &w);
    if (e == NULL) return error_nomem(err);
    for (const struct node *n = services(run); n != NULL; n = n->next)
        if (!node_get_bool(n, SV("first"), false) && sv_eq(node_get_text(n, SV("address")), address))
            add_shot(run, e, w, address, node_get_text(n, SV("path")), STEP_PLAIN);
    return submit(run, e, w);
}

// The next way to write the address; at the end of the chain nothing was reachable.
static int plan_spelling(struct check_run *run, struct target *t, struct error *err) {
    while (t->next_step < t->last_step) {
        struct wave *w;
        struct experiment *e = new_wave(run, t, TAG_SPELLING, 15, &w);
        if (e == NULL) return error_nomem(err);
        add_shot(run, e, w, t->address, t->path, steps[t->next_step++]);
        if (w->count > 0) return submit(run, e, w);
    }
    if (!t->hit) check_coverage(run, t->op, COVERAGE_PASSED, NULL);
    return 0;
}

static int plan_confirm(struct check_run *run, struct target *t, const struct shot *s, const struct node *service, struct error *err) {
    struct wave *w;
    struct experiment *e = new_wave(run, t, TAG_CONFIRM, 60, &w);
    if (e == NULL) return error_nomem(err);
    e->round = 2;
    e->purpose = PURPOSE_CONFIRM;
    w->service = service;
    add_shot(run, e, w, s->address, s->path, s->step);
    struct sv word = rng_word(check_rng(run), &e->arena, 14), path = arena_printf(&e->arena, "/" SV_FMT, SV_ARG(word));
    if (word.ptr == NULL || path.ptr == NULL) return error_nomem(err);
    add_shot(run, e, w, s->address, path, s->step);
    return w->count == 2 ? submit(run, e, w) : 0;
}

// -- judging ---------------------------------------------------------------------------------------------------------------------

static struct sv endpoint_of(struct arena *a, const struct operation *op) {
    return arena_printf(a, SV_FMT " " SV_FMT, SV_ARG(op->method), SV_ARG(op->path));
}

static uint32_t node_fact(struct check_run *run, const char *kind, enum fact_value value) {
    return check_fact(run, &(struct fact){.kind = sv_from(kind), .subject_type = SV("node"), .subject = SV("node"), .value = value, .source = FACT_PROBE,
                                          .evidence = SV("seen through a server-side request"), .confidence = CONFIDENCE_CONFIRMED});
}

static void tell_facts(struct check_run *run, const struct target *t, const struct node *service, struct finding *f) {
    struct sv name = node_get_text(service, SV("service")), version = node_get_text(service, SV("version"));
    if (sv_eq(name, SV("other"))) return;
    struct fact reach = {.kind = SV("metadata_reachable"), .subject_type = SV("endpoint"), .subject = endpoint_of(check_arena(run), t->op),
                         .args = {{SV("service"), name}, {SV("version"), version}}, .arg_count = 2, .value = FACT_YES, .source = FACT_PROBE,
                         .evidence = node_get_text(service, SV("title")), .confidence = CONFIDENCE_CONFIRMED};
    size_t n = 0;
    f->facts[n++] = check_fact(run, &reach);
    if (!sv_eq(name, SV("imds"))) return;
    bool v1 = sv_eq(version, SV("v1"));
    f->facts[n++] = node_fact(run, "imdsv1_answers", v1 ? FACT_YES : FACT_NO);
    f->facts[n] = node_fact(run, "imdsv2_enforced", v1 ? FACT_NO : FACT_YES);
}

static struct sv reason_of(struct arena *a, const struct shot *s, const struct node *service) {
    const char *how = s->step == STEP_PLAIN ? "" : s->step == STEP_REDIRECT ? ", behind a redirect of our listener" : ", with the address spelled otherwise";
    return arena_printf(a, "what %s answers to a request for a name (" SV_FMT ") stood in the answer twice%s, and in no control",
                        sv_eq(node_get_text(service, SV("grade")), SV("credentials")) ? "a metadata service that also hands out credentials" : "a metadata service",
                        SV_ARG(node_get_text(service, SV("title"))), how);
}

static int report(struct check_run *run, struct experiment *e, const struct wave *w, struct error *err) {
    const struct target *t = w->target;
    const struct parameter *p = &t->op->parameters[t->param.index];
    bool credentials = sv_eq(node_get_text(w->service, SV("grade")), SV("credentials"));
    struct sv template = path_template_nameless(&e->arena, t->op->path);
    struct sv key = arena_printf(&e->arena, SV_FMT " " SV_FMT, SV_ARG(t->op->method), SV_ARG(template)), reason = reason_of(&e->arena, &w->shots[0], w->service);
    const struct evidence_item evidence[] = {
        {.role = EVIDENCE_REFERENCE, .exchange = check_baseline(run, t->op, t->identity)->answer, .note = SV("the ordinary answer")},
        check_evidence(e, 0, EVIDENCE_PROBE, "a path of the metadata service that names things"),
        check_evidence(e, 1, EVIDENCE_CONTROL, "a random path at the same address"),
    };
    const struct finding_effect effects[] = {{CATEGORY_EXPOSURE, 200}};
    if (key.ptr == NULL || reason.ptr == NULL) return error_nomem(err);
    struct finding f = {
        // The same root cause as the request itself: it strengthens that finding.
        .check = "ssrf",
        .category = CATEGORY_SSRF,
        .cause = SV("server-side-request"),
        .scope = SCOPE_OPERATION,
        .scope_key = key,
        .impact = credentials ? IMPACT_CODE : IMPACT_DATA,
        .who = t->identity == 0 ? WHO_ANYONE : WHO_USER,
        .confidence = CONFIDENCE_CONFIRMED,
        .title = credentials ? SV("The cloud's metadata service answers through the server") : SV("The cloud's metadata service can be reached through the server"),
        .reason = reason,
        .method = t->op->method,
        .path = t->op->path,
        .parameter = p->name,
        .parameter_in = p->in,
        .operation = t->op,
        .evidence = evidence,
        .evidence_count = 3,
        .effects = effects,
        .effect_count = 1,
    };
    tell_facts(run, t, w->service, &f);
    return check_report(run, &f, err);
}

// The service whose signature stands in this answer and in none of what is ordinary.
static const struct node *recognise(struct check_run *run, struct experiment *e, const struct target *t, const struct shot *s, const struct exchange *x) {
    struct reading probe, ordinary;
    if (reading_of(&e->arena, x, &probe) != 0 || reading_of(&e->arena, check_baseline(run, t->op, t->identity)->answer, &ordinary) != 0) return NULL;
    for (const struct node *n = services(run); n != NULL; n = n->next) {
        bool here = sv_eq(node_get_text(n, SV("address")), s->address) && sv_eq(node_get_text(n, SV("path")), s->path);
        if (here && reading_matches(&probe, n) && !reading_matches(&ordinary, n) && !reading_matches(&t->control_text, n)) return n;
    }
    return NULL;
}

static int judge_confirm(struct check_run *run, struct experiment *e, const struct wave *w, struct error *err) {
    struct target *t = w->target;
    struct reading random;
    if (reading_of(&e->arena, e->exchanges[1], &random) != 0) return error_nomem(err);
    // One that refuses everything without a header refuses random paths too; a name must not be everywhere.
    bool everywhere = sv_eq(node_get_text(w->service, SV("grade")), SV("credentials")) && reading_matches(&random, w->service);
    if (everywhere || recognise(run, e, t, &w->shots[0], e->exchanges[0]) != w->service) {
        check_coverage(run, t->op, COVERAGE_INCONCLUSIVE, "a metadata service seemed to answer once, and not again");
        return 0;
    }
    return report(run, e, w, err);
}

// What became of a request to an address.
enum fate { FATE_DEAD, FATE_SAME /* as for a name that does not exist, without a word why */, FATE_OTHER };

static int fate_of(struct check_run *run, struct experiment *e, const struct target *t, size_t probe, enum fate *ret, struct error *err) {
    const struct node *table = check_knowledge(run, "fetch-errors");
    const struct exchange *x = e->exchanges[probe];
    struct signature sig;
    *ret = FATE_DEAD;
    if (!exchange_answered(x) || fetch_errors_in(table, x) != 0) return 0;
    int r = check_signature(run, e, probe, &sig, err);
    if (r != 0) return r;
    bool same = t->control.valid && signature_equal(&sig, &t->control, &check_baseline(run, t->op, t->identity)->volatility);
    *ret = same ? FATE_SAME : FATE_OTHER;
    return 0;
}

static int keep_control(struct check_run *run, struct experiment *e, struct target *t, struct error *err) {
    struct arena *a = check_arena(run);
    struct exchange *x = e->exchanges[0];
    struct probe *p = &e->probes[0];
    if (!exchange_answered(x)) return 0;
    struct sv body = arena_copy_sv(a, sv_slice(x->response.body, 0, (size_t)64 * 1024));
    if (body.ptr == NULL || reading_of_text(a, body, &t->control_text) != 0) return error_nomem(err);
    return signature_make(a, x, p->markers, p->marker_count, check_key(run), &t->control, err);
}

// No signature among the first: where did something answer, or refuse to ask?
static int judge_first(struct check_run *run, struct experiment *e, const struct wave *w, struct error *err) {
    struct target *t = w->target;
    t->last_step = STEP_COUNT;
    bool same = false;
    for (size_t i = 0; i < w->count; i++) {
        enum fate fate;
        int r = fate_of(run, e, t, w->offset + i, &fate, err);
        if (r != 0) return r;
        if (fate == FATE_DEAD) continue;
        bool better = t->address.ptr == NULL || (same && fate == FATE_OTHER);
        if (!better) continue;
        same = fate == FATE_SAME;
        t->address = w->shots[i].address;
        t->path = w->shots[i].path;
    }
    if (t->address.ptr == NULL) {
        check_coverage(run, t->op, COVERAGE_PASSED, NULL);
        return 0;
    }
    if (!same) return plan_more(run, t, t->address, err);
    t->last_step = 2; // one answer for every failure tells nothing: only the two ways that pass most filters
    return plan_spelling(run, t, err);
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    struct wave *w = e->user;
    struct target *t = w->target;
    bool found = false;
    if (w->judged) return 0;
    w->judged = true;
    int r = e->tag == TAG_FIRST ? keep_control(run, e, t, err) : 0;
    if (r != 0) return r;
    if (e->tag == TAG_CONFIRM) return judge_confirm(run, e, w, err);
    for (size_t i = 0; i < w->count && r == 0; i++) {
        const struct node *service = recognise(run, e, t, &w->shots[i], e->exchanges[w->offset + i]);
        if (service == NULL) continue;
        found = t->hit = true;
        r = plan_confirm(run, t, &w->shots[i], service, err);
    }
    if (r != 0 || found || t->hit) return r;
    return e->tag == TAG_FIRST ? judge_first(run, e, w, err) : plan_spelling(run, t, err);
}

// -- watching for a proof ------------------------------------------------------------------------------------------------------------

static bool is_token_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// The next run of 20 token characters behind a slash, plain or percent-encoded.
static bool next_token(struct sv *rest, struct sv *ret) {
    for (size_t i = 0; i < rest->len; i++) {
        bool encoded = i >= 3 && rest->ptr[i - 3] == '%' && rest->ptr[i - 2] == '2' && (rest->ptr[i - 1] == 'F' || rest->ptr[i - 1] == 'f');
        if (i == 0 || (rest->ptr[i - 1] != '/' && !encoded)) continue;
        size_t end = i;
        while (end < rest->len && is_token_byte(rest->ptr[end])) end++;
        if (end - i != TOKEN_LENGTH) continue;
        *ret = sv_slice(*rest, i, end);
        *rest = sv_from_index(*rest, end);
        return true;
    }
    return false;
}

// How was the listener's address written in this value?
static bool find_form(struct check_run *run, struct arena *a, struct sv value, struct sv token, const struct url_param *param, enum fetch_form *ret) {
    const struct state *s = check_state(run);
    struct sv url = arena_printf(a, SV_FMT "/" SV_FMT, SV_ARG(s->base), SV_ARG(token));
    struct fetch_place plain, place;
    if (!fetch_place_of(url, &plain)) return false;
    for (enum fetch_form form = FORM_URL; form < FORM_COUNT; form++) {
        for (int spelling = 0; spelling <= SPELLING_COUNT; spelling++) {
            place = plain;
            if (spelling < SPELLING_COUNT && !fetch_place_spell(a, &plain, (enum address_spelling)spelling, &place)) continue;
            if (!sv_eq(fetch_form_value(a, form, &place, param), value)) continue;
            *ret = form;
            return true;
        }
    }
    return false;
}

static struct url_param describe(struct check_run *run, const struct operation *op, const struct call *call, size_t index) {
    struct url_param found[URL_PARAMS_MAX];
    size_t count = url_params_find(check_knowledge(run, "wordlists/url-params"), op, call, found);
    for (size_t i = 0; i < count; i++)
        if (found[i].index == index) return found[i];
    return (struct url_param){.index = index};
}

static bool is_known(const struct state *s, const struct operation *op, size_t index) {
    VEC_EACH(struct target *const, t, &s->targets) {
        if ((*t)->op == op && (*t)->param.index == index) return true;
    }
    return false;
}

static int begin_target(struct check_run *run, const struct exchange *x, struct url_param param, enum fetch_form form, struct error *err) {
    struct state *s = check_state(run);
    struct target *t = arena_new(check_arena(run), struct target);
    if (t == NULL || !VEC_PUSH(check_arena(run), &s->targets, t)) return error_nomem(err);
    *t = (struct target){.op = x->operation, .call = &check_baseline(run, x->operation, x->identity)->call, .identity = x->identity, .param = param, .form = form};
    if (!check_metadata_allowed(run)) {
        check_coverage(run, t->op, COVERAGE_NOT_TESTED, "metadata services are asked on loopback and private targets only, elsewhere with --metadata");
        return 0;
    }
    return plan_first(run, t, err);
}

// The answer shows the secret of a token in the request: through which parameter?
static int on_proof(struct check_run *run, struct arena *a, const struct exchange *x, struct sv token, struct error *err) {
    const struct operation *op = x->operation;
    const struct baseline *b = check_baseline(run, op, x->identity);
    if (b->call.operation == NULL) return 0;
    for (size_t i = 0; i < op->parameter_count; i++) {
        struct sv value = request_value(a, op, i, &x->request);
        enum fetch_form form;
        if (!sv_contains(value, token) || is_known(check_state(run), op, i)) continue;
        struct url_param param = describe(run, op, &b->call, i);
        if (find_form(run, a, value, token, &param, &form)) return begin_target(run, x, param, form, err);
    }
    return 0;
}

static int look_for_proof(struct check_run *run, struct arena *a, const struct exchange *x, struct sv text, struct error *err) {
    struct state *s = check_state(run);
    struct sv rest = text, token;
    struct reading reading = {0};
    while (next_token(&rest, &token)) {
        struct sv secret = check_canary_secret(run, s->lender, token);
        if (reading.len == 0 && reading_of(a, x, &reading) != 0) return error_nomem(err);
        if (reading_has(&reading, secret)) return on_proof(run, a, x, token, err);
    }
    return 0;
}

static int observe(struct check_run *run, const struct exchange *x, struct error *err) {
    struct state *s = check_state(run);
    if (s->lender == NULL || x->operation == NULL || !exchange_answered(x) || x->response.body.len == 0) return 0;
    struct arena *a = &s->lender->arena;
    struct arena_mark mark = arena_mark(a);
    int r = look_for_proof(run, a, x, x->request.target, err);
    if (r == 0 && x->request.body.len > 0) r = look_for_proof(run, a, x, x->request.body, err);
    arena_rewind(a, mark);
    return r;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    struct state *s = check_state(run);
    check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "no server-side request whose answer is shown was found here");
    if (s->lender != NULL) return 0;
    struct experiment *e = check_experiment(run, NULL, 0);
    struct sv token, url = e == NULL ? SV_NONE : check_canary_url(run, e, 0, &token);
    if (url.ptr == NULL) return 0;
    s->base = arena_copy_sv(check_arena(run), sv_slice(url, 0, url.len - token.len - 1));
    if (s->base.ptr == NULL) return error_nomem(err);
    s->lender = e;
    return 0;
}

const struct check check_ssrf_metadata = {
    .id = "ssrf-metadata",
    .title = "Metadata services through server-side requests",
    .category = CATEGORY_SSRF,
    .owasp = "API7:2023",
    .cwe = 918,
    .traits = CHECK_READ_ONLY | CHECK_CANARY,
    .state_size = sizeof(struct state),
    .observe = observe,
    .plan = plan,
    .judge = judge,
};
