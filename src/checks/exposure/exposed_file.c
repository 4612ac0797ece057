// SPDX-License-Identifier: Apache-2.0
// Files that nobody means to serve (data/exposed-files.yaml): settings, folders of version control, copies that editors leave beside scripts, dumps and
// archives. Source maps that carry the sources, where a script names one. Once a host, without credentials.
//
// Truth condition: the content has the file's form, the answer is outside the absence model, and a second request shows the same. What may be large is
// asked by HEAD first, then for its first kilobyte; where the server gives no parts, HEAD alone speaks, and the finding is firm at most.
#include "base/numbers.h"
#include "base/vec.h"
#include "checks/support/exposed_forms.h"
#include "checks/support/exposure.h"
#include "http/header.h"

enum { COPIES_MAX = 4, MAPS_MAX = 4, TAIL = 512, PART = 65536 };
enum { TAG_FILE = 1, TAG_COPY, TAG_MAP };

struct state {
    VEC_OF(struct sv) maps;
    unsigned copies;
};
struct trial {
    const struct node *entry; // of files, or `copies`; NULL for a source map
    struct sv path;
};

static const struct node *knowledge(struct check_run *run, const char *list) {
    return node_get(check_knowledge(run, "exposed-files"), sv_from(list));
}

static bool is_large(const struct trial *t) {
    return t->entry == NULL || node_get_bool(t->entry, SV("large"), false);
}

static int ask(struct check_run *run, const struct node *entry, struct sv path, uint32_t tag, uint16_t round, struct error *err) {
    struct experiment *e = check_experiment(run, NULL, tag);
    struct trial *t = e == NULL ? NULL : arena_new(&e->arena, struct trial);
    if (t == NULL) return error_nomem(err);
    *t = (struct trial){entry, arena_copy_sv(&e->arena, path)};
    e->user = t;
    e->round = round;
    e->value = 0.4;
    e->purpose = round > 1 ? PURPOSE_CONFIRM : PURPOSE_CHECK;
    struct request rq = {.method = is_large(t) && round == 1 ? SV("HEAD") : SV("GET"), .target = t->path};
    bool part = is_large(t) && round > 1;
    if (t->path.ptr == NULL || (part && !header_set(&e->arena, &rq.headers, SV("Range"), tag == TAG_MAP ? SV("bytes=0-65535") : SV("bytes=0-1023")))) return error_nomem(err);
    if (check_probe(run, e, ROLE_PROBE, 0, &rq) == NULL) return error_nomem(err);
    check_submit(run, e);
    return 0;
}

// -- what is asked -----------------------------------------------------------------------------------------------------------------

static int ask_entry(struct check_run *run, const struct node *entry, struct sv base, struct error *err) {
    const struct node *paths = node_get(entry, SV("paths"));
    int r = 0;
    for (const struct node *n = node_is(paths, NODE_ARRAY) ? paths->first : NULL; n != NULL && r == 0; n = n->next) {
        struct sv below = base.len > 0 ? arena_printf(check_arena(run), SV_FMT SV_FMT, SV_ARG(base), SV_ARG(n->text)) : SV_NONE;
        r = ask(run, entry, n->text, TAG_FILE, 1, err);
        // Below a path of the API only what is commonest there.
        if (r == 0 && below.len > 0 && n == paths->first && !node_get_bool(entry, SV("large"), false)) r = ask(run, entry, below, TAG_FILE, 1, err);
    }
    return r;
}

static int start(struct check_run *run, struct error *err) {
    const struct state *s = check_state(run);
    const struct node *files = knowledge(run, "files");
    struct sv base = check_target(run)->path;
    int r = 0;
    while (sv_ends_with(base, SV("/"))) base = sv_slice(base, 0, base.len - 1);
    for (const struct node *n = files == NULL ? NULL : files->first; n != NULL && r == 0; n = n->next) r = ask_entry(run, n, base, err);
    for (size_t i = 0; i < s->maps.len && r == 0; i++) r = ask(run, NULL, s->maps.ptr[i], TAG_MAP, 1, err);
    return r;
}

static bool is_script_path(struct check_run *run, struct sv path) {
    const struct node *scripts = node_get(knowledge(run, "copies"), SV("scripts"));
    for (const struct node *n = node_is(scripts, NODE_ARRAY) ? scripts->first : NULL; n != NULL; n = n->next) {
        if (sv_ends_with_nocase(path, n->text)) return true;
    }
    return false;
}

// Copies beside the script that serves this operation.
static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    struct state *s = check_state(run);
    const struct baseline *b = check_baseline(run, op, 0);
    bool good = exchange_answered(b->answer) && b->answer->response.status < 400;
    if (!good || !is_script_path(run, op->path) || s->copies >= COPIES_MAX) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "files are asked for once a host");
        return 0;
    }
    s->copies++;
    check_coverage(run, op, COVERAGE_PASSED, NULL);
    const struct node *copies = knowledge(run, "copies"), *endings = node_get(copies, SV("endings"));
    int r = 0;
    for (const struct node *n = node_is(endings, NODE_ARRAY) ? endings->first : NULL; n != NULL && r == 0; n = n->next) {
        struct sv path = arena_printf(check_arena(run), SV_FMT SV_FMT, SV_ARG(op->path), SV_ARG(n->text));
        r = path.ptr == NULL ? error_nomem(err) : ask(run, copies, path, TAG_COPY, 1, err);
    }
    return r;
}

// The last line of a script names its map (ECMA-426). SV_NONE when there is none, or it is not one of this host.
static struct sv map_name(struct sv body) {
    struct sv mark = SV("//# sourceMappingURL="), tail = body.len > TAIL ? sv_from_index(body, body.len - TAIL) : body, name;
    size_t at = sv_find(tail, mark);
    if (at == SIZE_MAX) return SV_NONE;
    struct sv rest = sv_from_index(tail, at + mark.len);
    if (!sv_split(&rest, '\n', &name)) return SV_NONE;
    name = sv_trim(name);
    bool ours = sv_ends_with(name, SV(".map")) && !sv_contains(name, SV("//")) && !sv_contains(name, SV("..")) && name.len <= 200;
    return ours ? name : SV_NONE;
}

static int observe(struct check_run *run, const struct exchange *x, struct error *err) {
    struct state *s = check_state(run);
    if (!exchange_answered(x) || x->request.origin != 0 || x->response.status != 200 || s->maps.len >= MAPS_MAX) return 0;
    struct sv path = x->request.target;
    size_t query = sv_find_char(path, '?');
    path = sv_slice(path, 0, query == SIZE_MAX ? path.len : query);
    struct sv name = sv_ends_with_nocase(path, SV("js")) ? map_name(x->response.body) : SV_NONE;
    if (name.ptr == NULL) return 0;
    struct sv folder = sv_starts_with(name, SV("/")) ? SV("") : sv_slice(path, 0, sv_rfind_char(path, '/') + 1); // relative names stand beside the script
    struct sv target = arena_printf(check_arena(run), SV_FMT SV_FMT, SV_ARG(folder), SV_ARG(name));
    for (size_t i = 0; i < s->maps.len; i++) {
        if (sv_eq(s->maps.ptr[i], target)) return 0;
    }
    return target.ptr != NULL && VEC_PUSH(check_arena(run), &s->maps, target) ? 0 : error_nomem(err);
}

// -- judging -----------------------------------------------------------------------------------------------------------------------

// The beginning of a source map whose sources are in it: names, then contents with more than a word of code.
static bool is_map(struct sv body) {
    size_t at = sv_find(body, SV("\"sourcesContent\""));
    if (!sv_starts_with(sv_trim(sv_slice(body, 0, 64)), SV("{")) || !sv_contains(body, SV("\"sources\"")) || at == SIZE_MAX) return false;
    struct sv rest = sv_slice(sv_from_index(body, at + 16), 0, 200);
    size_t quote = sv_find_char(rest, '"');
    return quote != SIZE_MAX && rest.len > quote + 40 && !sv_starts_with(sv_from_index(rest, quote), SV("\"\""));
}

static bool fits(const struct trial *t, uint32_t tag, struct sv body) {
    body = sv_slice(body, 0, PART);
    return tag == TAG_MAP ? is_map(body) : exposed_form_fits(t->entry, body);
}

// HEAD says no more than that something is there that is no page and no answer of the API.
static bool head_speaks(const struct response *p) {
    struct sv type = header_find(&p->headers, SV("Content-Type")), length = header_find(&p->headers, SV("Content-Length"));
    uint64_t n = 0;
    bool sized = number_parse_u64(sv_trim(length), &n) == 0 && n >= 16;
    return p->status == 200 && sized && !sv_contains_nocase(type, SV("html")) && !sv_contains_nocase(type, SV("json"));
}

static enum impact impact_of(struct check_run *run, const struct node *entry, const struct exchange *x) {
    for (size_t i = 0; i < x->hit_count; i++) {
        const struct sensitive_hit *h = &x->hits[i];
        if (!h->is_example && sv_starts_with(h->location, SV("body")) && exposure_group_of(run, h->class_id).kind == EXPOSURE_SECRET) return IMPACT_SECRET;
    }
    return entry == NULL ? IMPACT_HARDENING : node_get_text(entry, SV("id")).len == 0 ? IMPACT_INTERNAL : exposure_impact(node_get_text(entry, SV("impact")));
}

static const struct operation *operation_at(const struct check_run *run, struct sv path) {
    const struct api *api = check_api(run);
    for (size_t i = 0; i < api->operation_count; i++) {
        if (sv_eq(api->operations[i]->method, SV("GET")) && sv_eq(api->operations[i]->path, path)) return api->operations[i];
    }
    return NULL;
}

static int report(struct check_run *run, struct experiment *e, enum confidence confidence, const char *reason, struct error *err) {
    static const struct finding_effect effects[] = {{.category = CATEGORY_INVENTORY, .cwe = 538}};
    const struct trial *t = e->user;
    struct arena *a = check_arena(run);
    struct sv path = arena_copy_sv(a, t->path), title = node_get_text(t->entry, SV("title")), id = node_get_text(t->entry, SV("id"));
    if (path.ptr == NULL) return error_nomem(err);
    const struct evidence_item evidence = check_evidence(e, 0, EVIDENCE_PROBE, "the file's own content, or its size");
    const struct finding f = {
        .category = CATEGORY_EXPOSURE,
        .cause = e->tag == TAG_MAP ? SV("mapped-source") : e->tag == TAG_COPY ? SV("source-backup") : id,
        .scope = SCOPE_HOST,
        .impact = impact_of(run, t->entry, e->exchanges[0]),
        .who = WHO_ANYONE,
        .confidence = confidence,
        .title = e->tag == TAG_MAP ? SV("A source map with the sources is served") : e->tag == TAG_COPY ? SV("Source code or settings are served as a copy") : title,
        .reason = sv_from(reason),
        .method = SV("GET"),
        .path = path,
        .operation = operation_at(run, path),
        .evidence = &evidence,
        .evidence_count = 1,
        .effects = effects,
        .effect_count = 1,
    };
    return check_report(run, &f, err);
}

static int judge_head(struct check_run *run, struct experiment *e, struct error *err) {
    const struct trial *t = e->user;
    const struct response *p = &e->exchanges[0]->response;
    // A map is JSON; its GET decides.
    if (e->tag == TAG_MAP ? p->status != 200 : !head_speaks(p)) return 0;
    enum presence presence = check_presence(run, e, 0);
    if (presence == PRESENCE_UNKNOWN) return JUDGE_WAIT;
    if (presence == PRESENCE_NOTHING) return 0;
    if (sv_contains_nocase(header_find(&p->headers, SV("Accept-Ranges")), SV("bytes"))) return ask(run, t->entry, t->path, e->tag, 2, err);
    uint64_t length = 0;
    bool small = number_parse_u64(sv_trim(header_find(&p->headers, SV("Content-Length"))), &length) == 0 && length <= PART;
    if (small) return ask(run, t->entry, t->path, e->tag, 2, err);
    return e->tag == TAG_MAP ? 0 : report(run, e, CONFIDENCE_TENTATIVE, "HEAD says that it is there; the server gives no parts of it, so it was not read", err);
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    const struct trial *t = e->user;
    const struct exchange *x = e->exchanges[0];
    if (!exchange_answered(x)) return 0;
    bool part = is_large(t) && e->round > 1 && x->response.status == 206;
    if (is_large(t) && e->round == 1) return judge_head(run, e, err);
    if ((x->response.status != 200 && !part) || !fits(t, e->tag, x->response.body)) return 0;
    if (e->round > 1) return report(run, e, CONFIDENCE_CONFIRMED, "the answer has the file's own form, a second time; names beside it that do not exist are answered otherwise", err);
    enum presence presence = check_presence(run, e, 0);
    if (presence == PRESENCE_UNKNOWN) return JUDGE_WAIT;
    return presence == PRESENCE_NOTHING ? 0 : ask(run, t->entry, t->path, e->tag, 2, err);
}

const struct check check_exposed_file = {
    .id = "exposed-file",
    .title = "Settings, copies, dumps and source maps that are served",
    .category = CATEGORY_EXPOSURE,
    .owasp = "API8:2023",
    .cwe = 538,
    .traits = CHECK_READ_ONLY,
    .state_size = sizeof(struct state),
    .start = start,
    .observe = observe,
    .plan = plan,
    .judge = judge,
};
