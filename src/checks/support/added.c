// SPDX-License-Identifier: Apache-2.0
#include "checks/support/added.h"

#include "base/buf.h"
#include "base/escape.h"
#include "checks/support/words.h"
#include "http/header.h"

enum { STAGE_GROUP = 1, STAGE_SINGLES, STAGE_FIRST, STAGE_SECOND, REFS_MAX = 6, TARGET_MAX = 4096 };

// -- what to add ---------------------------------------------------------------------------------------------------------------

static struct sv value_of(struct sv value, const struct added_values *v) {
    if (sv_eq(value, SV("{user}"))) return v->user;
    if (sv_eq(value, SV("{login}"))) return v->login;
    if (sv_eq(value, SV("{tenant}"))) return v->tenant;
    if (sv_eq(value, SV("{account}"))) return v->account;
    return sv_eq(value, SV("{refs}")) ? v->refs : value;
}

// The operation's own parameter of that name; NULL when there is none.
static const struct parameter *documented(const struct operation *op, const struct addition *a) {
    size_t i = op == NULL ? SIZE_MAX : call_find(op, a->header ? PARAM_HEADER : PARAM_QUERY, a->name);
    return i == SIZE_MAX ? NULL : &op->parameters[i];
}

static bool allows(const struct schema *s, struct sv value) {
    bool listed = s->enum_count == 0;
    for (size_t i = 0; i < s->enum_count && !listed; i++) {
        struct sv text = s->enums[i];
        if (text.len >= 2 && text.ptr[0] == '"') text = sv_slice(text, 1, text.len - 1);
        listed = sv_eq(text, value);
    }
    bool number = (s->types & (TYPE_INTEGER | TYPE_NUMBER)) != 0 && (s->types & TYPE_STRING) == 0;
    return listed && (!number || sv_is_digits(value));
}

void added_load(struct check_run *run, const struct operation *op, struct sv group, const struct added_values *values, struct additions *ret) {
    *ret = (struct additions){0};
    const struct node *g = node_get(check_knowledge(run, "additions"), SV("groups"));
    for (g = g == NULL ? NULL : g->first; g != NULL && !sv_eq(node_get_text(g, SV("id")), group); g = g->next) continue;
    const struct node *list = g == NULL ? NULL : node_get(g, SV("add"));
    for (const struct node *n = list == NULL ? NULL : list->first; n != NULL && ret->len < ADDED_MAX; n = n->next) {
        struct addition a = {.name = node_get_text(n, SV("name")), .value = value_of(node_get_text(n, SV("value")), values),
                             .header = sv_eq(node_get_text(n, SV("in")), SV("header")), .acts = node_get_bool(n, SV("acts"), false)};
        const struct parameter *p = documented(op, &a);
        a.documented = p != NULL;
        if (a.name.len == 0 || a.value.len == 0 || (p != NULL && !allows(p->schema, a.value))) continue;
        ret->ptr[ret->len++] = a;
    }
}

static bool refers(struct sv key, struct sv *ret) {
    size_t cut = sv_ends_with(key, SV("_id")) ? 3 : sv_ends_with(key, SV("Id")) ? 2 : 0;
    if (cut == 0 || key.len <= cut || key.len > 40) return false;
    *ret = sv_slice(key, 0, key.len - cut);
    return true;
}

// "owner,author" of the keys of an object; ptr NULL when they refer to nothing.
static struct sv refs_of(struct arena *a, const struct node *object) {
    struct sv out = SV_NONE, name = SV_NONE;
    unsigned count = 0;
    for (const struct node *n = object->kind == NODE_OBJECT ? object->first : NULL; n != NULL && count < REFS_MAX; n = n->next) {
        // An object that stands there in short may be had in full.
        bool object_there = n->kind == NODE_OBJECT && n->key.len > 0 && n->key.len <= 40 && n->key.ptr[0] != '_' && !sv_contains(n->key, SV("meta")) && !sv_contains(n->key, SV("link"));
        if (object_there) name = n->key;
        else if (!refers(n->key, &name)) continue;
        out = out.ptr == NULL ? name : arena_printf(a, SV_FMT "," SV_FMT, SV_ARG(out), SV_ARG(name));
        count++;
    }
    return out;
}

// The first of a list, the list or the data inside of an object; NULL when there is none.
static const struct node *inner_of(const struct node *object) {
    if (object->kind == NODE_ARRAY) return object->first;
    for (const struct node *n = object->kind == NODE_OBJECT ? object->first : NULL; n != NULL; n = n->next) {
        if (n->kind == NODE_ARRAY || sv_eq(n->key, SV("data"))) return n;
    }
    return NULL;
}

struct sv added_refs(struct arena *a, const struct exchange *x) {
    struct node *root = NULL;
    struct sv out = SV_NONE;
    if (x == NULL || node_parse_json(a, x->response.body, &node_limits_response, &root, NULL) != 0) return SV("all");
    const struct node *object = root;
    for (int depth = 0; depth < 3 && object != NULL && out.ptr == NULL; depth++, object = inner_of(object)) out = refs_of(a, object);
    return out.ptr == NULL ? SV("all") : out;
}

// -- asking --------------------------------------------------------------------------------------------------------------------

// Query without the pairs of that name, so that no parameter is sent twice.
static void copy_query_without(struct buf *b, struct sv query, const struct addition *list, size_t count) {
    struct sv rest = query, pair;
    while (rest.ptr != NULL && sv_split(&rest, '&', &pair)) {
        struct sv name = sv_slice(pair, 0, sv_find_char(pair, '='));
        bool replaced = pair.len == 0;
        for (size_t i = 0; i < count; i++) replaced = replaced || (!list[i].header && sv_eq(list[i].name, name));
        if (replaced) continue;
        buf_add_char(b, b->len == 0 ? '?' : '&');
        buf_add(b, pair);
    }
}

// The request with additions; their names replaced by random ones when `rng` is given.
static bool build(struct arena *a, const struct request *plain, const struct addition *list, size_t count, struct rng *rng, struct request *ret) {
    *ret = *plain;
    ret->headers = (struct header_list){0};
    if (!header_copy_list(a, &plain->headers, &ret->headers)) return false;
    size_t q = sv_find_char(plain->target, '?');
    auto_buf b = BUF_INIT(TARGET_MAX);
    if (q != SIZE_MAX) copy_query_without(&b, sv_from_index(plain->target, q + 1), list, rng == NULL ? count : 0);
    for (size_t i = 0; i < count; i++) {
        struct sv name = list[i].name, word = rng == NULL ? SV_NONE : rng_word(rng, a, 7);
        if (rng != NULL) name = list[i].header ? arena_printf(a, "X-" SV_FMT, SV_ARG(word)) : word;
        if (name.ptr == NULL) return false;
        if (list[i].header) {
            if (!header_set(a, &ret->headers, name, list[i].value)) return false;
            continue;
        }
        buf_addf(&b, "%c" SV_FMT "=", b.len == 0 ? '?' : '&', SV_ARG(name));
        esc_url(&b, list[i].value, "*,");
    }
    ret->target = arena_printf(a, SV_FMT SV_FMT, SV_ARG(sv_slice(plain->target, 0, q)), SV_ARG(buf_sv(&b)));
    return ret->target.ptr != NULL && !buf_failed(&b);
}

static const struct addition *chosen(const struct added_hunt *h, size_t *ret_count) {
    *ret_count = h->chosen == SIZE_MAX ? h->additions.len : 1;
    return h->chosen == SIZE_MAX ? h->additions.ptr : &h->additions.ptr[h->chosen];
}

static bool add(struct check_run *run, struct experiment *e, const struct added_hunt *h, size_t kind) {
    struct request rq = check_baseline(run, e->operation, h->identity)->request, plain = rq;
    size_t count;
    const struct addition *list = chosen(h, &count);
    bool more = kind == ADDED_MORE || kind == ADDED_MORE_AGAIN, control = kind == ADDED_CONTROL;
    if ((more || control) && !build(&e->arena, &plain, list, count, control ? check_rng(run) : NULL, &rq)) return false;
    return check_probe(run, e, more ? ROLE_PROBE : control ? ROLE_CONTROL : ROLE_REFERENCE, h->identity, &rq) != NULL;
}

static bool ask_singles(struct check_run *run, struct experiment *e, struct added_hunt *h) {
    bool ok = true;
    for (size_t i = 0; i < h->additions.len && ok; i++) {
        h->chosen = i;
        ok = add(run, e, h, ADDED_MORE);
    }
    h->chosen = SIZE_MAX;
    return ok;
}

static bool ask(struct check_run *run, const struct operation *op, const struct added_hunt *from, uint16_t stage, uint32_t tag) {
    static const size_t first[] = {ADDED_PLAIN, ADDED_MORE, ADDED_MORE, ADDED_PLAIN, ADDED_CONTROL};
    static const size_t second[] = {ADDED_MORE, ADDED_PLAIN, ADDED_PLAIN, ADDED_MORE, ADDED_CONTROL};
    struct experiment *e = check_experiment(run, op, tag);
    struct added_hunt *h = e == NULL ? NULL : arena_new(&e->arena, struct added_hunt);
    if (h == NULL) return false;
    *h = *from;
    for (size_t i = 0; i < h->additions.len; i++) h->additions.ptr[i].value = arena_copy_sv(&e->arena, from->additions.ptr[i].value);
    e->user = h;
    e->round = stage;
    e->value = stage == STAGE_GROUP ? 20 : 80;
    e->schedule = stage >= STAGE_FIRST ? SCHEDULE_ALONE : SCHEDULE_ORDERED;
    if (stage > STAGE_GROUP) e->purpose = PURPOSE_CONFIRM;
    bool ok = true;
    if (stage == STAGE_GROUP) ok = add(run, e, h, ADDED_MORE);
    else if (stage == STAGE_SINGLES) ok = ask_singles(run, e, h);
    for (size_t i = 0; i < 5 && ok && stage >= STAGE_FIRST; i++) ok = add(run, e, h, stage == STAGE_FIRST ? first[i] : second[i]);
    return ok && check_submit(run, e);
}

bool added_begin(struct check_run *run, const struct operation *op, uint16_t identity, const struct additions *additions, uint32_t tag) {
    struct added_hunt h = {.identity = identity, .additions = *additions, .chosen = additions->len == 1 ? 0 : SIZE_MAX};
    const struct baseline *b = check_baseline(run, op, identity);
    return additions->len > 0 && b->answer != NULL && b->request.target.len > 0 && ask(run, op, &h, STAGE_GROUP, tag);
}

// -- judging -------------------------------------------------------------------------------------------------------------------

int added_read(struct check_run *run, struct experiment *e, size_t i, struct added_answer *ret, struct error *err) {
    *ret = (struct added_answer){.exchange = e->exchanges[i]};
    int r = check_signature(run, e, i, &ret->signature, err);
    return r != 0 ? r : signs_read(run, &e->arena, ret->exchange, &ret->signs, err);
}

static int read_baseline(struct check_run *run, struct experiment *e, struct added_answer *ret, struct error *err) {
    const struct added_hunt *h = e->user;
    const struct baseline *b = check_baseline(run, e->operation, h->identity);
    *ret = (struct added_answer){.exchange = b->answer, .signature = b->signature};
    return signs_read(run, &e->arena, b->answer, &ret->signs, err);
}

// Frameworks that refuse unknown parameters: what is left are headers and what is documented.
static bool reduce(struct check_run *run, struct experiment *e, const struct added_hunt *h, const struct added_answer *plain) {
    const struct exchange *x = e->exchanges[0];
    bool refused = exchange_answered(x) && (x->response.status == 400 || x->response.status == 422) && plain->exchange->response.status != x->response.status;
    struct added_hunt less = {.identity = h->identity, .chosen = SIZE_MAX, .reduced = true};
    for (size_t i = 0; i < h->additions.len; i++) {
        if (h->additions.ptr[i].header || h->additions.ptr[i].documented) less.additions.ptr[less.additions.len++] = h->additions.ptr[i];
    }
    return refused && !h->reduced && less.additions.len > 0 && ask(run, e->operation, &less, STAGE_GROUP, e->tag);
}

static int judge_group(struct check_run *run, struct experiment *e, added_judgement shows_more, struct error *err) {
    const struct added_hunt *h = e->user;
    struct added_answer plain, more;
    bool shown = false;
    int r = read_baseline(run, e, &plain, err);
    if (r == 0) r = added_read(run, e, 0, &more, err);
    if (r == 0) r = shows_more(run, e, &plain, &more, &shown, err);
    if (r != 0) return r;
    if (shown) (void)ask(run, e->operation, h, h->additions.len > 1 ? STAGE_SINGLES : STAGE_FIRST, e->tag);
    else (void)reduce(run, e, h, &plain);
    return 0;
}

static int judge_singles(struct check_run *run, struct experiment *e, added_judgement shows_more, struct error *err) {
    const struct added_hunt *h = e->user;
    struct added_answer plain, more;
    struct added_hunt next = *h;
    int r = read_baseline(run, e, &plain, err);
    for (size_t i = 0; i < e->probe_count && next.chosen == SIZE_MAX && r == 0; i++) {
        bool shown = false;
        r = added_read(run, e, i, &more, err);
        if (r == 0) r = shows_more(run, e, &plain, &more, &shown, err);
        if (shown) next.chosen = i;
    }
    if (r == 0) (void)ask(run, e->operation, &next, STAGE_FIRST, e->tag);
    return r;
}

static int judge_round(struct check_run *run, struct experiment *e, added_judgement shows_more, bool *ret_holds, struct error *err) {
    static const size_t order[2][5] = {{1, 0, 3, 2, 4}, {0, 1, 2, 3, 4}}; // where MORE, PLAIN, PLAIN_AGAIN, MORE_AGAIN, CONTROL stand
    const size_t *at = order[e->round == STAGE_SECOND];
    struct added_answer answers[5];
    int r = 0;
    for (size_t i = 0; i < 5 && r == 0; i++) r = added_read(run, e, at[i], &answers[i], err);
    static const size_t pairs[][2] = {{ADDED_PLAIN, ADDED_MORE}, {ADDED_PLAIN_AGAIN, ADDED_MORE_AGAIN}, {ADDED_CONTROL, ADDED_MORE}};
    bool holds = true;
    for (size_t i = 0; i < 3 && holds && r == 0; i++) {
        bool answered = exchange_answered(answers[pairs[i][0]].exchange) && answers[pairs[i][0]].exchange->response.status < 500;
        holds = false;
        if (answered) r = shows_more(run, e, &answers[pairs[i][0]], &answers[pairs[i][1]], &holds, err);
    }
    *ret_holds = r == 0 && holds;
    return r;
}

int added_judge(struct check_run *run, struct experiment *e, added_judgement shows_more, bool *ret_proven, struct error *err) {
    *ret_proven = false;
    if (e->round == STAGE_GROUP) return judge_group(run, e, shows_more, err);
    if (e->round == STAGE_SINGLES) return judge_singles(run, e, shows_more, err);
    bool holds;
    int r = judge_round(run, e, shows_more, &holds, err);
    if (r != 0 || !holds) return r;
    int blocked = check_is_blocked(run, e, e->round == STAGE_SECOND ? 0 : 1);
    if (blocked != 0) return blocked < 0 ? JUDGE_WAIT : 0;
    if (e->round == STAGE_SECOND) *ret_proven = true;
    else (void)ask(run, e->operation, e->user, STAGE_SECOND, e->tag);
    return 0;
}

struct sv added_text(struct arena *a, const struct added_hunt *h) {
    if (h->chosen == SIZE_MAX) return SV("several added parameters together");
    const struct addition *x = &h->additions.ptr[h->chosen];
    return arena_printf(a, x->header ? "the header " SV_FMT ": " SV_FMT : "the parameter " SV_FMT "=" SV_FMT, SV_ARG(x->name), SV_ARG(sv_slice(x->value, 0, 60)));
}

const struct addition *added_chosen(const struct added_hunt *h) {
    return h->chosen == SIZE_MAX ? NULL : &h->additions.ptr[h->chosen];
}

void added_place(const struct experiment *e, struct evidence_item evidence[3], struct finding *f) {
    const struct addition *x = added_chosen(e->user);
    evidence[0] = check_evidence(e, ADDED_MORE, EVIDENCE_PROBE, "with the addition");
    evidence[1] = check_evidence(e, ADDED_PLAIN, EVIDENCE_REFERENCE, "the ordinary request of the same caller");
    evidence[2] = check_evidence(e, ADDED_CONTROL, EVIDENCE_CONTROL, "the same value under a random name");
    f->evidence = evidence;
    f->evidence_count = 3;
    f->operation = e->operation;
    f->method = e->operation->method;
    f->path = e->operation->path;
    if (x == NULL) return;
    f->parameter = x->name;
    f->parameter_in = x->header ? PARAM_HEADER : PARAM_QUERY;
}
