// SPDX-License-Identifier: Apache-2.0
/*
 * Objects of a language in its own serialised form, in places that the caller sends back: cookies that are set, cursors, documented values of parameters.
 *
 *   seen     such a value without a signature in an ordinary answer or in the description
 *   round    an object of a class that nobody has, a harmless text in the same form, the class's name as it is
 *              the reader's own text that this class is missing -> confirmed after two rounds
 *              only the made-up class is a server's error         -> firm after two rounds
 *   guess    parameters that are named like it but show no value: an object of a made-up class of each language, for that text alone
 *
 * Looking a class up is all that is asked for: nothing is built, called or changed. What was only seen is told at the end, tentative and low.
 */
#include "checks/support/kept.h"
#include "checks/support/passive.h"
#include "checks/support/places.h"
#include "checks/support/url_params.h"
#include "base/escape.h"
#include "http/header.h"
#include "http/serialized.h"

enum { TAG_GUESS = 1, TAG_ROUND_1, TAG_ROUND_2 };
enum { MISSING, TEXT, NAMED, ROUND_COUNT };
enum { NAME = 10, EVIDENCE_BODY = 4096, COOKIES_MAX = 8, MEMBERS_MAX = 200, SIGNATURE_LEAST = 16 };

struct state {
    const struct exchange *seen; // the first one, for the end
    enum serialized kind;
    const char *where;
    bool told;
};

// One place that carries such an object: a cookie by name, else the parameter.
struct holder {
    const struct operation *op;
    size_t identity, parameter;
    struct sv cookie;
    enum serialized kind;
    bool plain;
};
struct shots {
    struct holder holder;
    struct sv words[8]; // class of each probe
    enum serialized kinds[8];
    bool plain[8];
    bool named_first; // the first round showed the reader's text
};

static enum serialized kind_of(struct arena *a, struct sv value, bool *ret_plain) {
    enum serialized k = serialized_of_placeholder(value, ret_plain);
    return k != SERIALIZED_NONE ? k : serialized_kind(a, value, ret_plain);
}

// -- asking ------------------------------------------------------------------------------------------------------------------------------

static bool add(struct check_run *run, struct experiment *e, enum probe_role role, struct sv value, struct sv word) {
    const struct shots *s = e->user;
    const struct holder *h = &s->holder;
    const struct baseline *b = check_baseline(run, h->op, h->identity);
    struct probe *p;
    if (value.ptr == NULL) return false;
    if (h->cookie.len == 0) {
        p = check_probe_value(run, e, role, h->identity, &b->call, h->parameter, value);
    } else {
        struct request rq = b->request;
        const struct header_list headers = rq.headers;
        struct sv old = header_find(&headers, SV("Cookie"));
        auto_buf spelled = BUF_INIT(8192);
        esc_url(&spelled, value, h->kind == SERIALIZED_PHP ? "" : "=+/"); // PHP alone decodes what stands in cookies
        struct sv cookie = old.len > 0 ? arena_printf(&e->arena, SV_FMT "; " SV_FMT "=" SV_FMT, SV_ARG(old), SV_ARG(h->cookie), SV_ARG(buf_sv(&spelled)))
                                       : arena_printf(&e->arena, SV_FMT "=" SV_FMT, SV_ARG(h->cookie), SV_ARG(buf_sv(&spelled)));
        rq.headers = (struct header_list){0};
        if (!header_copy_list(&e->arena, &headers, &rq.headers) || !header_set(&e->arena, &rq.headers, SV("Cookie"), cookie)) return false;
        p = check_probe(run, e, role, h->identity, &rq);
    }
    return p != NULL && (word.len == 0 || check_mark(e, p, word));
}

static struct experiment *begin(struct check_run *run, const struct holder *h, uint32_t tag, struct shots **ret) {
    struct experiment *e = check_experiment(run, h->op, tag);
    *ret = e == NULL ? NULL : arena_new(&e->arena, struct shots);
    if (*ret == NULL) return NULL;
    (*ret)->holder = *h;
    e->user = *ret;
    e->parameter = h->cookie.len == 0 ? h->parameter : SIZE_MAX;
    e->round = tag == TAG_ROUND_2 ? 2 : 1;
    e->purpose = tag == TAG_ROUND_2 ? PURPOSE_CONFIRM : PURPOSE_CHECK;
    e->value = tag == TAG_GUESS ? 0.5 : 3;
    return e;
}

// Class names of every language: letters only. Pickle looks modules up, which are named in small letters.
static struct sv draw(struct check_run *run, struct experiment *e) {
    struct sv word = rng_word(check_rng(run), &e->arena, NAME);
    return word.ptr == NULL ? word : arena_printf(&e->arena, "zz" SV_FMT, SV_ARG(word));
}

static int ask_round(struct check_run *run, const struct holder *h, uint32_t tag, bool named_first, struct error *err) {
    struct shots *s;
    struct experiment *e = begin(run, h, tag, &s);
    if (e == NULL) return error_nomem(err);
    struct arena *a = &e->arena;
    s->named_first = named_first;
    e->schedule = SCHEDULE_ORDERED;
    s->words[MISSING] = draw(run, e);
    s->words[NAMED] = draw(run, e);
    bool ok = add(run, e, ROLE_PROBE, serialized_write(a, h->kind, h->plain, s->words[MISSING]), s->words[MISSING]) &&
              add(run, e, ROLE_CONTROL, serialized_write(a, h->kind, h->plain, SV_NONE), SV_NONE) && add(run, e, ROLE_CONTROL, s->words[NAMED], s->words[NAMED]);
    if (ok) check_submit(run, e);
    return 0;
}

static int guess(struct check_run *run, const struct holder *h, struct error *err) {
    static const enum serialized kinds[] = {SERIALIZED_JAVA, SERIALIZED_PICKLE, SERIALIZED_PHP, SERIALIZED_PHP, SERIALIZED_RUBY};
    struct shots *s;
    struct experiment *e = begin(run, h, TAG_GUESS, &s);
    if (e == NULL) return error_nomem(err);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t n = e->probe_count;
        s->words[n] = draw(run, e);
        s->kinds[n] = kinds[i];
        s->plain[n] = i == 2;
        if (s->words[n].ptr == NULL || !add(run, e, ROLE_PROBE, serialized_write(&e->arena, kinds[i], s->plain[n], s->words[n]), s->words[n])) return 0;
    }
    check_submit(run, e);
    return 0;
}

// -- what is seen ------------------------------------------------------------------------------------------------------------------------

static void remember(struct check_run *run, const struct exchange *x, enum serialized kind, const char *where) {
    struct state *s = check_state(run);
    if (s->seen != NULL) return;
    s->seen = exchange_keep(check_arena(run), x, EVIDENCE_BODY);
    s->kind = kind;
    s->where = where;
}

static bool goes_back(struct check_run *run, struct sv name) {
    return url_params_name_in(check_knowledge(run, "wordlists/file-params"), SV("object"), name);
}

static bool is_signature(struct check_run *run, struct sv name) {
    return url_params_name_in(check_knowledge(run, "wordlists/file-params"), SV("signature"), name);
}

// Some libraries put the signature into a second cookie ("cart", "cart.sig") or a member beside.
static bool has_signed_cookie(struct check_run *run, const struct exchange *x, struct sv name) {
    for (size_t n = 0; n < COOKIES_MAX; n++) {
        struct set_cookie c;
        struct sv field = header_find_nth(&x->response.headers, SV("Set-Cookie"), n);
        if (field.ptr == NULL) return false;
        if (set_cookie_parse(field, &c) && c.value.len > 0 && sv_starts_with(c.name, name) && is_signature(run, sv_from_index(c.name, name.len))) return true;
    }
    return false;
}

static bool has_signed_member(struct check_run *run, const struct node *n) {
    unsigned seen = 0;
    for (const struct node *c = n->kind == NODE_OBJECT ? n->first : NULL; c != NULL && seen++ < MEMBERS_MAX; c = c->next) {
        if (c->kind == NODE_STRING && c->text.len >= SIGNATURE_LEAST && is_signature(run, c->key)) return true;
    }
    return false;
}

// `bare`: only what has no signature beside it.
static enum serialized kind_in(struct check_run *run, struct arena *a, const struct node *n, bool bare, unsigned depth, unsigned *seen, bool *ret_plain) {
    enum serialized kind = SERIALIZED_NONE;
    if ((!node_is(n, NODE_OBJECT) && !node_is(n, NODE_ARRAY)) || depth > 16) return kind;
    for (const struct node *c = n->first; c != NULL && kind == SERIALIZED_NONE && ++*seen < 2000; c = c->next) {
        bool scalar = c->kind == NODE_STRING;
        kind = scalar ? (goes_back(run, c->key) ? kind_of(a, c->text, ret_plain) : SERIALIZED_NONE) : kind_in(run, a, c, bare, depth + 1, seen, ret_plain);
        if (scalar && bare && kind != SERIALIZED_NONE && has_signed_member(run, n)) kind = SERIALIZED_NONE;
    }
    return kind;
}

static enum serialized kind_in_body(struct check_run *run, struct arena *a, const struct exchange *x, bool bare, bool *ret_plain) {
    struct node *root;
    unsigned seen = 0;
    if (!exchange_answered(x) || x->response.body.len == 0 || node_parse_json(a, x->response.body, &node_limits_response, &root, NULL) != 0) return SERIALIZED_NONE;
    return kind_in(run, a, root, bare, 0, &seen, ret_plain);
}

static int observe(struct check_run *run, const struct exchange *x, struct error *err) {
    (void)err;
    struct state *s = check_state(run);
    bool plain;
    if (s->seen != NULL || !passive_is_ordinary(x)) return 0;
    auto_arena a = {.limit = (size_t)32 << 20};
    for (size_t n = 0; n < header_count(&x->response.headers, SV("Set-Cookie")); n++) {
        struct set_cookie c;
        if (!set_cookie_parse(header_find_nth(&x->response.headers, SV("Set-Cookie"), n), &c)) continue;
        enum serialized kind = kind_of(&a, c.value, &plain);
        if (kind != SERIALIZED_NONE && !has_signed_cookie(run, x, c.name)) remember(run, x, kind, "a cookie");
    }
    enum serialized kind = kind_in_body(run, &a, x, true, &plain);
    if (kind != SERIALIZED_NONE) remember(run, x, kind, "a member of an answer");
    return 0;
}

static int plan_cookies(struct check_run *run, struct arena *a, struct holder h, const struct exchange *x, struct error *err) {
    int r = 0;
    for (size_t n = 0; n < COOKIES_MAX && r == 0; n++) {
        struct set_cookie c;
        struct sv field = header_find_nth(&x->response.headers, SV("Set-Cookie"), n);
        if (field.ptr == NULL || !set_cookie_parse(field, &c)) break;
        h.kind = kind_of(a, c.value, &h.plain);
        h.cookie = c.name;
        if (h.kind != SERIALIZED_NONE) r = ask_round(run, &h, TAG_ROUND_1, false, err);
    }
    return r;
}

static enum serialized kind_of_parameter(struct arena *a, const struct operation *op, const struct baseline *b, size_t i, bool *ret_plain) {
    const struct parameter *p = &op->parameters[i];
    const struct sv values[] = {b->call.values[i].text, p->example, p->schema->example, p->schema->default_value};
    for (size_t k = 0; k < sizeof values / sizeof *values; k++) {
        struct sv v = values[k];
        if (v.len > 2 && v.ptr[0] == '"') v = sv_slice(v, 1, v.len - 1);
        enum serialized kind = kind_of(a, v, ret_plain);
        if (kind != SERIALIZED_NONE) return kind;
    }
    return SERIALIZED_NONE;
}

static int plan_parameters(struct check_run *run, struct arena *a, struct holder h, const struct baseline *b, struct error *err) {
    bool plain = false;
    enum serialized shown = kind_in_body(run, a, b->answer, false, &plain);
    int r = 0;
    for (size_t i = 0; i < h.op->parameter_count && r == 0; i++) {
        const struct parameter *p = &h.op->parameters[i];
        if (!url_params_is_free_text(p) || (p->in == PARAM_HEADER && p->observed)) continue;
        h.parameter = i;
        h.kind = kind_of_parameter(a, h.op, b, i, &h.plain);
        if (h.kind != SERIALIZED_NONE) remember(run, b->answer, h.kind, "a documented value of a parameter");
        bool named = goes_back(run, p->name);
        if (h.kind == SERIALIZED_NONE && named) {
            h.kind = shown;
            h.plain = plain;
        }
        if (h.kind != SERIALIZED_NONE) r = ask_round(run, &h, TAG_ROUND_1, false, err);
        else if (named) r = guess(run, &h, err);
    }
    return r;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    size_t who = best_identity(run, op);
    const struct baseline *b = check_baseline(run, op, who == SIZE_MAX ? 0 : who);
    check_coverage(run, op, COVERAGE_PASSED, NULL);
    if (who == SIZE_MAX || !exchange_answered(b->answer) || check_operation_is_documentation(run, op) || !check_allowed(run, op, &b->request)) return 0;
    if (check_mode(run) == MODE_ACTIVE && !place_only_reads(op)) return 0;
    auto_arena a = {.limit = (size_t)32 << 20};
    const struct holder h = {.op = op, .identity = who};
    int r = plan_cookies(run, &a, h, b->answer, err);
    return r == 0 ? plan_parameters(run, &a, h, b, err) : r;
}

// -- judging -----------------------------------------------------------------------------------------------------------------------------

// The reader's own words for a class that is not there.
static bool misses_class(const struct exchange *x, enum serialized kind, struct sv word) {
    static const struct {
        enum serialized kind;
        struct sv text;
    } phrases[] = {
        {SERIALIZED_JAVA, SV_INIT("ClassNotFoundException")},         {SERIALIZED_JAVA, SV_INIT("NoClassDefFoundError")}, {SERIALIZED_PICKLE, SV_INIT("No module named")},
        {SERIALIZED_RUBY, SV_INIT("undefined class/module")},         {SERIALIZED_PHP, SV_INIT("__PHP_Incomplete_Class")}, {SERIALIZED_PHP, SV_INIT("incomplete object")},
    };
    if (!exchange_answered(x) || !sv_contains_nocase(x->response.body, word)) return false;
    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++) {
        if (phrases[i].kind == kind && sv_contains(x->response.body, phrases[i].text)) return true;
    }
    return false;
}

static int report(struct check_run *run, struct experiment *e, bool named, struct error *err) {
    const struct shots *s = e->user;
    const struct holder *h = &s->holder;
    struct state *state = check_state(run);
    const char *language = serialized_language(h->kind);
    state->told = true;
    struct sv where = h->cookie.len > 0 ? h->cookie : h->op->parameters[h->parameter].name;
    struct arena *a = check_arena(run);
    const struct evidence_item evidence[] = {check_evidence(e, MISSING, EVIDENCE_PROBE, named ? "the reader of the object misses its made-up class" : "an object of a made-up class is a server's error"),
                                             check_evidence(e, TEXT, EVIDENCE_CONTROL, "a harmless text in the same form"), check_evidence(e, NAMED, EVIDENCE_CONTROL, "the name of a class alone")};
    const struct finding f = {
        .category = CATEGORY_CONSUMPTION,
        .cause = SV("deserialisation"),
        .scope = SCOPE_OPERATION,
        .scope_key = arena_printf(a, SV_FMT " " SV_FMT " " SV_FMT, SV_ARG(h->op->method), SV_ARG(path_template_nameless(a, h->op->path)), SV_ARG(where)),
        // A pickle says by itself what is to be called; elsewhere it depends on the classes at hand, which nobody tried.
        .impact = named && h->kind == SERIALIZED_PICKLE ? IMPACT_CODE : IMPACT_DATA,
        .who = h->identity == 0 ? WHO_ANYONE : WHO_USER,
        .confidence = named ? CONFIDENCE_CONFIRMED : CONFIDENCE_FIRM,
        .title = SV("Objects that the caller wrote are built"),
        .reason = arena_printf(a, named ? "the service looks up the class that an object of the caller names (%s): its own error text names our made-up class, in two rounds"
                                        : "an object of a made-up class is a server's error, a harmless text in the same form (%s) is not, in two rounds", language),
        .method = h->op->method,
        .path = h->op->path,
        .parameter = where,
        .parameter_in = h->cookie.len > 0 ? PARAM_COOKIE : h->op->parameters[h->parameter].in,
        .operation = h->op,
        .evidence = evidence,
        .evidence_count = 3,
        .cwe = {502},
    };
    return f.scope_key.ptr == NULL || f.reason.ptr == NULL ? error_nomem(err) : check_report(run, &f, err);
}

static int judge_guess(struct check_run *run, struct experiment *e, struct error *err) {
    const struct shots *s = e->user;
    for (size_t i = 0; i < e->probe_count; i++) {
        if (!misses_class(e->exchanges[i], s->kinds[i], s->words[i])) continue;
        struct holder h = s->holder;
        h.kind = s->kinds[i];
        h.plain = s->plain[i];
        return ask_round(run, &h, TAG_ROUND_1, false, err);
    }
    return 0;
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    const struct shots *s = e->user;
    if (e->tag == TAG_GUESS) return judge_guess(run, e, err);
    for (size_t i = 0; i < ROUND_COUNT; i++) {
        if (!exchange_answered(e->exchanges[i])) {
            check_coverage(run, e->operation, COVERAGE_INCONCLUSIVE, "a probe was not answered");
            return 0;
        }
    }
    // A reader that admits no classes (PHP's allowed_classes) leaves its own class out, too.
    bool named = misses_class(e->exchanges[MISSING], s->holder.kind, s->words[MISSING]) && !misses_class(e->exchanges[NAMED], s->holder.kind, s->words[NAMED]) &&
                 !misses_class(e->exchanges[TEXT], s->holder.kind, SV("stdClass"));
    bool fails = e->exchanges[MISSING]->response.status >= 500 && e->exchanges[TEXT]->response.status < 500;
    if (!named && !fails) return 0;
    if (e->tag == TAG_ROUND_1) return ask_round(run, &s->holder, TAG_ROUND_2, named, err);
    return report(run, e, named && s->named_first, err);
}

static int finish(struct check_run *run, struct error *err) {
    const struct state *s = check_state(run);
    if (s->told || s->seen == NULL) return 0;
    struct sv reason = arena_printf(check_arena(run), "%s holds an object in the serialised form of %s without a signature, which the caller sends back; that it is read again was not seen", s->where,
                                    serialized_language(s->kind));
    if (reason.ptr == NULL) return error_nomem(err);
    return passive_report_host(run, s->seen, SV("serialized-object"), CATEGORY_CONSUMPTION, IMPACT_HARDENING, CONFIDENCE_TENTATIVE, SV("Serialised objects go through the caller's hands"), reason, err);
}

const struct check check_serialized_objects = {
    .id = "serialized-objects",
    .title = "Serialised objects that go through the caller's hands",
    .category = CATEGORY_CONSUMPTION,
    .owasp = "API10:2023",
    .cwe = 502,
    .traits = CHECK_READ_ONLY,
    .state_size = sizeof(struct state),
    .observe = observe,
    .plan = plan,
    .judge = judge,
    .finish = finish,
};
