// SPDX-License-Identifier: Apache-2.0
// GraphQL endpoints: is the schema told to anybody, does a misspelling tell it, has a request a cost limit, do GET requests execute
// mutations, and what do the fields show to whom (support/graphql_access.c)?
//
// An endpoint is what answers the query {__typename} with {"data":{"__typename":"…"}}: nothing else gives that by chance. All documents are queries;
// the only mutation that is ever sent selects nothing but __typename, so it changes nothing.
#include "checks/support/access.h"
#include "checks/support/graphql_access.h"
#include "http/graphql.h"

enum { TAG_KNOCK, TAG_HELLO, TAG_SCHEMA, TAG_SUGGEST, TAG_COST, TAG_GET, TAG_FIELDS };
enum { HELLO_NOBODY, HELLO_IDENTITY };
enum { COST_ALIASES, COST_BATCH, COST_CONTROL };
enum { GET_QUERY, GET_MUTATION };
#define FORM_QUERY "?query=%%7B" SV_FMT "%%3A__typename%%7D"
#define FORM_MUTATION "?query=mutation%%7B" SV_FMT "%%3A__typename%%7D"
enum { ALIASES = 1000, BATCH = 25, ENDPOINTS_MAX = 4, DOCUMENT_MAX = 64 * 1024, WORDS_EACH = 10, HANDFULS = 5, HANDFUL = 256 /* in tags */ };

struct endpoint {
    struct sv path;
    const struct operation *operation; // NULL: no operation is known there
    uint16_t identity;                 // who gets answers
    const struct node *guess; // the next default place to try when this one is none; NULL for a place that something named
    bool found;
    struct graphql_access access;
};
struct state {
    struct endpoint endpoints[ENDPOINTS_MAX];
    size_t count;
};

// -- asking --------------------------------------------------------------------------------------------------------------------------

static struct experiment *open_experiment(struct check_run *run, struct endpoint *at, uint32_t tag, double value) {
    struct experiment *e = check_experiment(run, at->operation, tag);
    if (e == NULL) return NULL;
    e->user = at;
    e->value = value;
    return e;
}

static int say_hello(struct check_run *run, struct endpoint *at, struct error *err) {
    struct experiment *e = open_experiment(run, at, TAG_HELLO, 3);
    if (e == NULL) return error_nomem(err);
    bool ok = graphql_probe(run, e, ROLE_PROBE, 0, at->path, SV("{__typename}"));
    if (ok && check_identity_count(run) > 1) ok = graphql_probe(run, e, ROLE_PROBE, 1, at->path, SV("{__typename}"));
    if (!ok) return error_nomem(err);
    (void)check_submit(run, e);
    return 0;
}

// At a place that nothing named a query is sent by GET first: where there is nothing, or what stands at any path, nothing is posted.
static int knock(struct check_run *run, struct endpoint *at, struct error *err) {
    struct experiment *e = open_experiment(run, at, TAG_KNOCK, 3);
    if (e == NULL) return error_nomem(err);
    struct request rq = {.method = SV("GET"), .target = arena_printf(&e->arena, SV_FMT "?query=%%7B__typename%%7D", SV_ARG(at->path))};
    if (rq.target.ptr == NULL || check_probe(run, e, ROLE_PROBE, 0, &rq) == NULL) return error_nomem(err);
    (void)check_submit(run, e);
    return 0;
}

static int add_endpoint(struct check_run *run, struct sv path, const struct operation *op, struct error *err) {
    struct state *s = check_state(run);
    for (size_t i = 0; i < s->count; i++) {
        if (sv_eq(s->endpoints[i].path, path)) return 0;
    }
    if (s->count == ENDPOINTS_MAX) return 0;
    struct endpoint *at = &s->endpoints[s->count++];
    *at = (struct endpoint){.path = path, .operation = op};
    return say_hello(run, at, err);
}

// The next of the places where GraphQL servers stand by default; a service that answers at all of them is met at the first.
static int guess(struct check_run *run, struct endpoint *at, struct error *err) {
    struct sv dir = path_directory(check_target(run)->path), place = node_get_text(at->guess, SV("path"));
    at->guess = at->guess->next;
    at->path = arena_printf(check_arena(run), SV_FMT SV_FMT, SV_ARG(sv_slice(dir, 0, dir.len > 0 ? dir.len - 1 : 0)), SV_ARG(place));
    return at->path.ptr == NULL ? error_nomem(err) : knock(run, at, err);
}

// When nothing named an endpoint.
static int start(struct check_run *run, struct error *err) {
    struct state *s = check_state(run);
    const struct api *api = check_api(run);
    for (size_t i = 0; i < api->operation_count; i++) {
        if (graphql_path(api->operations[i]->path)) return 0;
    }
    const struct node *list = node_get(check_knowledge(run, "wordlists/graphql"), SV("paths"));
    if (!node_is(list, NODE_ARRAY) || list->first == NULL) return 0;
    struct endpoint *at = &s->endpoints[s->count++];
    *at = (struct endpoint){.guess = list->first};
    return guess(run, at, err);
}

// What is described with parameters, and none of them is a document's, is another operation with such a name: a text sent there might be stored.
static bool takes_documents(const struct operation *op) {
    static const struct sv names[] = {SV_INIT("query"), SV_INIT("variables"), SV_INIT("operationName")};
    bool any = false;
    for (size_t i = 0; i < op->parameter_count; i++) {
        const struct parameter *p = &op->parameters[i];
        if (p->in != PARAM_BODY && p->in != PARAM_QUERY) continue;
        for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
            if (p->name.len == 0 || sv_ends_with_nocase(p->name, names[k])) return true;
        }
        any = true;
    }
    return !any;
}

static bool is_endpoint(struct check_run *run, struct sv path) {
    const struct api *api = check_api(run);
    for (size_t i = 0; i < api->operation_count; i++) {
        if (sv_eq(api->operations[i]->path, path) && !takes_documents(api->operations[i])) return false;
    }
    return graphql_path(path) && sv_find_char(path, '{') == SIZE_MAX;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    bool reads = sv_eq(op->method, SV("GET")) || sv_eq(op->method, SV("POST"));
    if (!reads || !is_endpoint(run, op->path)) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "no GraphQL endpoint");
        return 0;
    }
    return add_endpoint(run, op->path, op, err);
}

static int ask_schema(struct check_run *run, struct endpoint *at, uint16_t depth, struct error *err) {
    struct experiment *e = open_experiment(run, at, TAG_SCHEMA, 3);
    if (e == NULL || !graphql_probe(run, e, ROLE_PROBE, at->identity, at->path, graphql_introspection[depth])) return error_nomem(err);
    e->round = (uint16_t)(depth + 1);
    (void)check_submit(run, e);
    return 0;
}

static bool add_misspelled(struct buf *b, struct sv word, uint16_t round) {
    for (size_t i = 0; i < word.len; i++) {
        if (word.ptr[i] < 'a' || word.ptr[i] > 'z') return false;
    }
    if (word.len < 4 || word.len > 24) return false;
    buf_addf(b, SV_FMT "%s ", SV_ARG(word), round == 1 ? "z" : "q");
    return true;
}

// Words that the schema may have as fields: those of the paths that are known, then those of many schemas. The n-th handful.
static void add_words(struct check_run *run, struct buf *b, unsigned handful, uint16_t round) {
    const struct api *api = check_api(run);
    unsigned seen = 0, first = handful * WORDS_EACH;
    for (size_t i = 0; i < api->operation_count && seen < first + WORDS_EACH; i++) {
        struct sv rest = api->operations[i]->path, part, last = SV("");
        while (sv_split(&rest, '/', &part)) {
            if (part.len > 0 && part.ptr[0] != '{') last = part;
        }
        if (seen >= first) seen += add_misspelled(b, last, round);
        else seen += last.len >= 4;
    }
    const struct node *list = node_get(check_knowledge(run, "wordlists/graphql"), SV("fields"));
    for (const struct node *n = node_is(list, NODE_ARRAY) ? list->first : NULL; n != NULL && seen < first + WORDS_EACH; n = n->next) {
        if (seen++ >= first) (void)add_misspelled(b, n->text, round);
    }
}

// One letter off: a server that suggests names answers with the right ones.
static int ask_suggestions(struct check_run *run, struct endpoint *at, unsigned handful, uint16_t round, struct error *err) {
    struct experiment *e = open_experiment(run, at, TAG_SUGGEST + HANDFUL * handful, 1);
    auto_buf b = BUF_INIT(DOCUMENT_MAX);
    if (e == NULL) return error_nomem(err);
    e->round = round;
    buf_add(&b, SV("{"));
    add_words(run, &b, handful, round);
    if (b.len <= 1) return 0;
    buf_add(&b, SV("}"));
    struct sv random = rng_word(check_rng(run), &e->arena, 12), control = arena_printf(&e->arena, "{" SV_FMT "}", SV_ARG(random));
    bool ok = !buf_failed(&b) && control.ptr != NULL && graphql_probe(run, e, ROLE_PROBE, at->identity, at->path, buf_sv(&b)) &&
              graphql_probe(run, e, ROLE_CONTROL, at->identity, at->path, control);
    if (!ok) return error_nomem(err);
    (void)check_submit(run, e);
    return 0;
}

static int ask_cost(struct check_run *run, struct endpoint *at, uint16_t round, struct error *err) {
    struct experiment *e = open_experiment(run, at, TAG_COST, 0.5);
    auto_buf aliases = BUF_INIT(DOCUMENT_MAX), batch = BUF_INIT(DOCUMENT_MAX);
    if (e == NULL) return error_nomem(err);
    e->round = round;
    e->schedule = SCHEDULE_ORDERED;
    struct sv word = rng_word(check_rng(run), &e->arena, 6);
    buf_add(&aliases, SV("{"));
    for (unsigned i = 0; i < ALIASES; i++) buf_addf(&aliases, SV_FMT "%u:__typename ", SV_ARG(word), i);
    buf_add(&aliases, SV("}"));
    for (unsigned i = 0; i < BATCH; i++) buf_addf(&batch, "%s{\"query\":\"{" SV_FMT "%u:__typename}\"}", i == 0 ? "[" : ",", SV_ARG(word), i);
    buf_add(&batch, SV("]"));
    bool ok = !buf_failed(&aliases) && !buf_failed(&batch) && graphql_probe(run, e, ROLE_PROBE, at->identity, at->path, buf_sv(&aliases)) &&
              graphql_probe_body(run, e, ROLE_PROBE, at->identity, at->path, buf_sv(&batch)) &&
              graphql_probe(run, e, ROLE_CONTROL, at->identity, at->path, SV("{__typename}"));
    if (!ok) return error_nomem(err);
    (void)check_submit(run, e);
    return 0;
}

static int ask_get(struct check_run *run, struct endpoint *at, uint16_t round, struct error *err) {
    struct experiment *e = open_experiment(run, at, TAG_GET, 0.5);
    if (e == NULL) return error_nomem(err);
    e->round = round;
    struct sv word = rng_word(check_rng(run), &e->arena, 8);
    for (size_t i = 0; i < 2; i++) {
        struct request rq = {.method = SV("GET"), .target = arena_printf(&e->arena, i == 0 ? SV_FMT FORM_QUERY : SV_FMT FORM_MUTATION, SV_ARG(at->path), SV_ARG(word))};
        if (rq.target.ptr == NULL || check_probe(run, e, ROLE_PROBE, at->identity, &rq) == NULL) return error_nomem(err);
    }
    (void)check_submit(run, e);
    return 0;
}

// -- judging -------------------------------------------------------------------------------------------------------------------------

static int report(struct check_run *run, const struct endpoint *at, struct finding *f, struct error *err) {
    auto_arena a = {.limit = (size_t)64 << 10};
    f->scope = SCOPE_OPERATION;
    f->who = at->identity == 0 ? WHO_ANYONE : WHO_USER;
    f->method = at->operation != NULL ? at->operation->method : SV("POST");
    f->path = at->path;
    f->operation = at->operation;
    f->scope_key = access_key(&a, f->method, at->path);
    return f->scope_key.ptr == NULL ? error_nomem(err) : check_report(run, f, err);
}

static int judge_knock(struct check_run *run, struct experiment *e, struct endpoint *at, struct error *err) {
    const struct exchange *x = e->exchanges[0];
    bool nothing = !exchange_answered(x) || x->response.status == 404 || x->response.status == 410 || x->response.status >= 500;
    if (!nothing && x->response.status / 100 == 2) {
        enum presence p = check_presence(run, e, 0);
        if (p == PRESENCE_UNKNOWN) return JUDGE_WAIT;
        nothing = p == PRESENCE_NOTHING;
    }
    if (!nothing) return say_hello(run, at, err);
    return at->guess != NULL ? guess(run, at, err) : 0;
}

// The key of the only member of `data`, a text: a query for one name gets nothing else. SV_NONE when the answer is another.
static struct sv only_key(struct arena *a, const struct exchange *x) {
    struct node *root = NULL;
    if (!exchange_answered(x) || node_parse_json(a, x->response.body, &node_limits_response, &root, NULL) != 0) return SV_NONE;
    const struct node *data = node_get(root, SV("data"));
    bool one = node_is(data, NODE_OBJECT) && data->count == 1 && node_is(data->first, NODE_STRING) && data->first->text.len > 0;
    return one ? data->first->key : SV_NONE;
}

static int judge_hello(struct check_run *run, struct experiment *e, struct endpoint *at, struct error *err) {
    for (size_t i = 0; i < e->probe_count && !at->found; i++) {
        at->found = sv_eq(only_key(&e->arena, e->exchanges[i]), SV("__typename"));
        at->identity = e->probes[i].identity;
    }
    if (!at->found) {
        if (at->guess != NULL) return guess(run, at, err);
        if (at->operation != NULL) check_coverage(run, at->operation, COVERAGE_INCONCLUSIVE, "it answered no GraphQL query");
        return 0;
    }
    if (at->operation != NULL) check_coverage(run, at->operation, COVERAGE_PASSED, NULL);
    int r = ask_schema(run, at, 0, err);
    if (r == 0) r = ask_suggestions(run, at, 0, 1, err);
    if (r == 0) r = ask_cost(run, at, 1, err);
    if (r == 0) r = ask_get(run, at, 1, err);
    return r;
}

static int judge_schema(struct check_run *run, struct experiment *e, struct endpoint *at, struct error *err) {
    struct graphql_schema schema;
    struct arena *keep = check_arena(run);
    struct exchange x = *e->exchanges[0];
    x.response.body = arena_copy_sv(keep, x.response.body);
    if (!exchange_answered(&x) || x.response.body.ptr == NULL || !graphql_schema_read(keep, &x, &schema)) return e->round < GRAPHQL_INTROSPECTIONS ? ask_schema(run, at, e->round, err) : 0;
    const struct evidence_item evidence = check_evidence(e, 0, EVIDENCE_PROBE, "the whole schema");
    struct finding f = {
        .category = CATEGORY_INVENTORY,
        .cause = SV("graphql-introspection"),
        .impact = IMPACT_HARDENING,
        .confidence = CONFIDENCE_CONFIRMED,
        .title = SV("The GraphQL schema is told to whoever asks"),
        .reason = arena_printf(&e->arena, "an introspection query was answered with %zu types", schema.named),
        .evidence = &evidence,
        .evidence_count = 1,
        .cwe = {200},
    };
    int r = report(run, at, &f, err);
    if (r == 0) r = graphql_access_begin(run, &at->access, at->path, at->operation, &schema, TAG_FIELDS, at, err);
    return r;
}

static bool suggests(struct arena *a, const struct exchange *x) {
    return exchange_answered(x) && graphql_failed(a, x) && sv_contains_nocase(x->response.body, SV("did you mean"));
}

static int judge_suggestions(struct check_run *run, struct experiment *e, struct endpoint *at, struct error *err) {
    unsigned handful = e->tag / HANDFUL;
    if (suggests(&e->arena, e->exchanges[1])) return 0;
    if (!suggests(&e->arena, e->exchanges[0])) return e->round == 1 && handful + 1 < HANDFULS ? ask_suggestions(run, at, handful + 1, 1, err) : 0;
    if (e->round == 1) return ask_suggestions(run, at, handful, 2, err);
    const struct evidence_item evidence[] = {check_evidence(e, 0, EVIDENCE_PROBE, "misspelled fields bring out the right names"),
                                             check_evidence(e, 1, EVIDENCE_CONTROL, "a random name brings out none")};
    struct finding f = {
        .category = CATEGORY_INVENTORY,
        .cause = SV("graphql-suggestions"),
        .impact = IMPACT_NOTE,
        .confidence = CONFIDENCE_CONFIRMED,
        .title = SV("Error messages tell the names of the GraphQL schema"),
        .reason = SV("misspelled fields are answered with the names that exist, in two rounds: introspection switched off hides nothing"),
        .evidence = evidence,
        .evidence_count = 2,
        .cwe = {209},
    };
    return report(run, at, &f, err);
}

// Answers with what was asked for: the last alias with a name of a type.
static bool has_last_alias(struct arena *a, const struct exchange *x) {
    struct node *root = NULL;
    if (!exchange_answered(x) || node_parse_json(a, x->response.body, &node_limits_response, &root, NULL) != 0) return false;
    const struct node *data = node_get(root, SV("data"));
    return node_is(data, NODE_OBJECT) && data->count == ALIASES;
}

static bool has_batch(struct arena *a, const struct exchange *x) {
    struct node *root = NULL;
    if (!exchange_answered(x) || node_parse_json(a, x->response.body, &node_limits_response, &root, NULL) != 0) return false;
    if (!node_is(root, NODE_ARRAY) || root->count != BATCH) return false;
    for (const struct node *n = root->first; n != NULL; n = n->next) {
        if (!node_is(node_get(n, SV("data")), NODE_OBJECT)) return false;
    }
    return true;
}

static int report_cost(struct check_run *run, struct experiment *e, const struct endpoint *at, bool batch, struct error *err) {
    const struct evidence_item evidence[] = {check_evidence(e, batch ? COST_BATCH : COST_ALIASES, EVIDENCE_PROBE, "all of it was executed"),
                                             check_evidence(e, COST_CONTROL, EVIDENCE_REFERENCE, "one query")};
    struct finding f = {
        .category = CATEGORY_RATE,
        .cause = batch ? SV("graphql-batch") : SV("graphql-aliases"),
        .impact = batch ? IMPACT_HARDENING : IMPACT_NOTE, // no server limits aliases unless it is told to
        .confidence = CONFIDENCE_CONFIRMED,
        .title = batch ? SV("One GraphQL request may hold any number of queries") : SV("One GraphQL query may ask for a field any number of times"),
        .reason = batch ? SV("a batch of 25 queries was executed, in two rounds") : SV("a field under 1,000 aliases was answered 1,000 times, in two rounds"),
        .evidence = evidence,
        .evidence_count = 2,
        .cwe = {770},
    };
    return report(run, at, &f, err);
}

static int judge_cost(struct check_run *run, struct experiment *e, struct endpoint *at, struct error *err) {
    bool aliases = has_last_alias(&e->arena, e->exchanges[COST_ALIASES]), batch = has_batch(&e->arena, e->exchanges[COST_BATCH]);
    if ((!aliases && !batch) || graphql_data(&e->arena, e->exchanges[COST_CONTROL], SV("__typename")) == NULL) return 0;
    if (e->round == 1) return ask_cost(run, at, 2, err);
    int r = batch ? report_cost(run, e, at, true, err) : 0;
    if (r == 0 && aliases) r = report_cost(run, e, at, false, err);
    return r;
}

// The alias of this round stands in `data` with the name of a type.
static bool answers_document(struct arena *a, const struct exchange *x) {
    struct sv key = only_key(a, x), asked = arena_printf(a, "%%7B" SV_FMT "%%3A", SV_ARG(key));
    return key.len > 0 && asked.ptr != NULL && sv_contains(x->request.target, asked);
}

static int judge_get(struct check_run *run, struct experiment *e, struct endpoint *at, struct error *err) {
    if (!answers_document(&e->arena, e->exchanges[GET_QUERY]) || !answers_document(&e->arena, e->exchanges[GET_MUTATION])) return 0;
    if (e->round == 1) return ask_get(run, at, 2, err);
    const struct evidence_item evidence[] = {check_evidence(e, GET_MUTATION, EVIDENCE_PROBE, "a mutation by GET (it selects nothing that changes anything)")};
    struct finding f = {
        .category = CATEGORY_INPUT,
        .cause = SV("graphql-get-mutation"),
        .impact = IMPACT_HARDENING,
        .confidence = CONFIDENCE_CONFIRMED,
        .title = SV("GET requests execute GraphQL mutations"),
        .reason = SV("a mutation in the query string was executed: any page that a signed-in user visits can send it with her cookies"),
        .evidence = evidence,
        .evidence_count = 1,
        .cwe = {352},
    };
    return report(run, at, &f, err);
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    struct endpoint *at = e->tag == TAG_FIELDS ? graphql_access_owner(e) : e->user;
    switch (e->tag % HANDFUL) {
    case TAG_KNOCK:
        return judge_knock(run, e, at, err);
    case TAG_HELLO:
        return judge_hello(run, e, at, err);
    case TAG_SCHEMA:
        return judge_schema(run, e, at, err);
    case TAG_SUGGEST:
        return judge_suggestions(run, e, at, err);
    case TAG_COST:
        return judge_cost(run, e, at, err);
    case TAG_GET:
        return judge_get(run, e, at, err);
    default:
        return graphql_access_judge(run, &at->access, e, err);
    }
}

const struct check check_graphql = {
    .id = "graphql",
    .title = "GraphQL: schema, cost, mutations by GET, fields without authorization",
    .category = CATEGORY_INVENTORY,
    .owasp = "API8:2023",
    .cwe = 200,
    .traits = CHECK_READ_ONLY,
    .state_size = sizeof(struct state),
    .start = start,
    .plan = plan,
    .judge = judge,
};
