// SPDX-License-Identifier: Apache-2.0
// Occurrences reported by checks, grouped by root cause, with both fingerprints (DESIGN 4).
//   occurrence: check, method, path template with nameless parameters, parameter location and name, cause
//   finding:    check, cause, scope (host, group of routes, operation)
// Never host, ids, wording or time, so both survive renamed parameters and other versions of this program.
#include "base/escape.h"
#include "scan/engine_state.h"

enum { FINDINGS_MAX = 20000, EVIDENCE_KEPT = 8, EXCERPT_BODY = 4096, EXCERPT_HEADERS = 40 };

struct group {
    struct result_finding out;
    VEC_OF(struct result_occurrence) occurrences;
    uint16_t check;
};

struct occurrence_store {
    VEC_OF(struct group *) groups;
    struct map by_finding;    // fingerprint of the finding
    struct map by_occurrence; // fingerprint of the occurrence -> group
};

int findings_new(struct engine *e, struct error *err) {
    e->findings = arena_new(&e->arena, struct occurrence_store);
    if (e->findings == NULL) return error_nomem(err);
    map_init(&e->findings->by_finding, e->key);
    map_init(&e->findings->by_occurrence, e->key);
    return 0;
}

// 128 bits by two keyed hashes with fixed, public keys: stable for ever, see tests/golden/fingerprints.
static struct sv fingerprint(struct arena *a, struct sv text) {
    uint64_t high = sv_hash(text, UINT64_C(0x706c756d626c696e), UINT64_C(0x652f66696e676572));
    uint64_t low = sv_hash(text, UINT64_C(0x7072696e742f3100), UINT64_C(0x6f63637572726564));
    return arena_printf(a, "%016llx%016llx", (unsigned long long)high, (unsigned long long)low);
}

static const char *parameter_place(enum param_in in) {
    static const char *const names[PARAM_IN_COUNT] = {"path", "query", "header", "cookie", "body"};
    return names[in];
}

static struct sv occurrence_fingerprint(struct arena *a, const struct finding *f) {
    struct sv path = f->path.ptr != NULL ? path_template_nameless(a, f->path) : SV("*");
    struct sv method = f->method.ptr != NULL ? f->method : SV("*");
    const char *place = f->parameter.len > 0 ? parameter_place(f->parameter_in) : "";
    // A path parameter's name is not identity: its place in the template is.
    struct sv name = f->parameter.len > 0 && f->parameter_in != PARAM_PATH ? f->parameter : SV_NONE;
    return fingerprint(a, arena_printf(a, "occurrence\n%s\n" SV_FMT "\n" SV_FMT "\n%s\n" SV_FMT "\n" SV_FMT, f->check, SV_ARG(method), SV_ARG(path),
                                       place, SV_ARG(name), SV_ARG(f->cause)));
}

static struct sv finding_fingerprint(struct arena *a, const struct finding *f) {
    struct sv scope = f->scope_key;
    return fingerprint(a, arena_printf(a, "finding\n%s\n" SV_FMT "\n%d\n" SV_FMT, f->check, SV_ARG(f->cause), (int)f->scope, SV_ARG(scope)));
}

static void excerpt_headers(struct buf *b, const struct header_list *list) {
    for (size_t i = 0; i < list->len && i < EXCERPT_HEADERS; i++) {
        buf_add(b, list->ptr[i].name);
        buf_add(b, SV(": "));
        buf_add(b, sv_slice(list->ptr[i].value, 0, 1024));
        buf_add_char(b, '\n');
    }
}

static void excerpt_body(struct buf *b, struct sv body) {
    if (body.len == 0) return;
    buf_add_char(b, '\n');
    buf_add(b, sv_slice(body, 0, EXCERPT_BODY));
    if (body.len > EXCERPT_BODY) buf_addf(b, "\n[cut: %zu bytes more]", body.len - EXCERPT_BODY);
}

// Did this exchange carry another credential than its identity's own?
static bool is_changed(const struct engine *e, const struct exchange *x) {
    const struct slot *s = x->experiment > 0 && x->experiment <= e->slots.len ? e->slots.ptr[x->experiment - 1] : NULL;
    return s != NULL && x->probe < s->e.probe_count && s->e.probes[x->probe].credential.kind != CREDENTIAL_OWN;
}

static int excerpt(struct engine *e, const struct evidence_item *item, struct result_evidence *ret) {
    const struct exchange *x = item->exchange;
    auto_buf b = BUF_INIT((size_t)128 * 1024);
    // With a changed credential the request itself says whose it was; the reader's own one is not to be added.
    *ret = (struct result_evidence){.role = item->role, .identity = is_changed(e, x) ? 0 : x->identity};
    buf_addf(&b, SV_FMT " " SV_FMT "\n", SV_ARG(x->request.method), SV_ARG(x->request.target));
    excerpt_headers(&b, &x->request.headers);
    excerpt_body(&b, x->request.body);
    ret->request = arena_copy_sv(&e->arena, buf_sv(&b));
    buf_clear(&b);
    if (exchange_answered(x)) {
        buf_addf(&b, "%u " SV_FMT "\n", (unsigned)x->response.status, SV_ARG(sv_slice(x->response.reason, 0, 100)));
        excerpt_headers(&b, &x->response.headers);
        excerpt_body(&b, x->response.body);
    } else {
        buf_add(&b, SV("[no answer]"));
    }
    ret->response = arena_copy_sv(&e->arena, buf_sv(&b));
    if (item->note.ptr != NULL) ret->note = arena_copy_sv(&e->arena, item->note);
    struct request *raw = arena_new(&e->arena, struct request);
    if (raw == NULL || ret->request.ptr == NULL || ret->response.ptr == NULL || request_copy(&e->arena, &x->request, raw) != 0) return -ENOMEM;
    ret->raw = raw;
    return 0;
}

static int copy_evidence(struct engine *e, const struct finding *f, struct result_finding *out, struct error *err) {
    size_t count = f->evidence_count > EVIDENCE_KEPT ? EVIDENCE_KEPT : f->evidence_count;
    struct result_evidence *items = arena_new_array(&e->arena, struct result_evidence, count);
    if (items == NULL) return error_nomem(err);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (f->evidence[i].exchange == NULL) continue;
        if (excerpt(e, &f->evidence[i], &items[kept]) != 0) return error_nomem(err);
        kept++;
    }
    out->evidence = items;
    out->evidence_count = kept;
    return 0;
}

// What may be stronger in a later report of the same cause: severity, confidence, reason and evidence.
static int take_stronger(struct engine *e, struct group *g, const struct finding *f, bool fresh, struct error *err) {
    struct result_finding *out = &g->out;
    bool stronger = fresh || f->confidence > out->confidence || (f->confidence == out->confidence && f->severity > out->severity);
    if (!stronger) return 0;
    struct arena *a = &e->arena;
    out->severity = fresh || f->severity > out->severity ? f->severity : out->severity;
    out->confidence = f->confidence;
    out->title = arena_copy_sv(a, f->title);
    out->reason = arena_copy_sv(a, f->reason);
    out->method = f->method.ptr != NULL ? arena_copy_sv(a, f->method) : SV_NONE;
    out->path = f->path.ptr != NULL ? arena_copy_sv(a, f->path) : SV_NONE;
    out->parameter = f->parameter.len > 0 ? arena_copy_sv(a, f->parameter) : SV_NONE;
    out->parameter_in = f->parameter_in;
    return copy_evidence(e, f, out, err);
}

static struct group *group_new(struct engine *e, uint16_t check, const struct finding *f) {
    struct arena *a = &e->arena;
    struct group *g = arena_new(a, struct group);
    struct finding_effect *effects = arena_new_array(a, struct finding_effect, f->effect_count);
    if (g == NULL || effects == NULL) return NULL;
    if (f->effect_count > 0) memcpy(effects, f->effects, f->effect_count * sizeof *effects);
    g->check = check;
    g->out = (struct result_finding){
        .check = f->check,
        .check_title = e->runs[check].check->title,
        .cause = arena_copy_sv(a, f->cause),
        .category = f->category,
        .effects = effects,
        .effect_count = f->effect_count,
        .owasp = f->owasp,
        .fingerprint = finding_fingerprint(a, f),
    };
    memcpy(g->out.cwe, f->cwe, sizeof g->out.cwe);
    if (g->out.fingerprint.ptr == NULL || !map_set(a, &e->findings->by_finding, g->out.fingerprint, g)) return NULL;
    return VEC_PUSH(a, &e->findings->groups, g) ? g : NULL;
}

static int add_facts(struct engine *e, struct group *g, const struct finding *f) {
    for (size_t i = 0; i < 4 && f->facts[i] != 0; i++) {
        bool known = false;
        for (size_t k = 0; k < g->out.fact_count; k++) known = known || g->out.facts[k] == f->facts[i];
        if (known) continue;
        uint32_t *grown = arena_new_array(&e->arena, uint32_t, g->out.fact_count + 1);
        if (grown == NULL) return -ENOMEM;
        if (g->out.fact_count > 0) memcpy(grown, g->out.facts, g->out.fact_count * sizeof *grown);
        grown[g->out.fact_count++] = f->facts[i];
        g->out.facts = grown;
    }
    return 0;
}

static int add_occurrence(struct engine *e, struct group *g, const struct finding *f, struct sv print, struct error *err) {
    struct arena *a = &e->arena;
    if (map_has(&e->findings->by_occurrence, print)) return 0;
    struct result_occurrence o = {
        .method = f->method.ptr != NULL ? arena_copy_sv(a, f->method) : SV_NONE,
        .path = f->path.ptr != NULL ? arena_copy_sv(a, f->path) : SV_NONE,
        .parameter = f->parameter.len > 0 ? arena_copy_sv(a, f->parameter) : SV_NONE,
        .parameter_in = f->parameter_in,
        .fingerprint = print,
    };
    if (f->operation != NULL && f->operation->file.ptr != NULL) {
        o.file = f->operation->file;
        o.line = f->operation->line;
    }
    if (!map_set(a, &e->findings->by_occurrence, print, g) || !VEC_PUSH(a, &g->occurrences, o)) return error_nomem(err);
    return 0;
}

// For check_operation_has_finding_in.
static void note_category(struct engine *e, const struct finding *f) {
    const struct operation *op = f->operation;
    if (op == NULL && f->method.ptr != NULL && f->path.ptr != NULL) op = api_find_operation(&e->api, f->method, f->path);
    if (op == NULL) return;
    while (e->found_in.len <= op->id) {
        if (!VEC_PUSH(&e->arena, &e->found_in, 0)) return;
    }
    e->found_in.ptr[op->id] |= 1U << f->category;
}

int findings_add(struct engine *e, uint16_t check, const struct finding *f, struct error *err) {
    const struct check *c = e->runs[check].check;
    struct finding full = *f;
    if (full.check == NULL) full.check = c->id;
    if (full.owasp == NULL) full.owasp = c->owasp;
    if (full.cwe[0] == 0) full.cwe[0] = c->cwe;
    full.severity = severity_of(full.impact, full.who);
    if (full.scope_key.ptr == NULL) full.scope_key = SV("");
    if (e->findings->groups.len >= FINDINGS_MAX) return error_set(err, ERR_LIMIT, "more than %d root causes", FINDINGS_MAX);
    struct sv group_print = finding_fingerprint(&e->arena, &full);
    struct sv print = occurrence_fingerprint(&e->arena, &full);
    if (group_print.ptr == NULL || print.ptr == NULL) return error_nomem(err);
    struct group *g = map_find(&e->findings->by_finding, group_print);
    bool fresh = g == NULL;
    if (fresh) g = group_new(e, check, &full);
    if (g == NULL || add_facts(e, g, &full) != 0) return error_nomem(err);
    int r = take_stronger(e, g, &full, fresh, err);
    if (r == 0) r = add_occurrence(e, g, &full, print, err);
    e->finding_count = (unsigned)e->findings->groups.len;
    note_category(e, &full);
    if (full.operation != NULL) ledger_note(e, check, full.operation, COVERAGE_FOUND, NULL);
    return r;
}

static bool group_is_of(const struct group *g, const char *const *checks) {
    for (; *checks != NULL; checks++) {
        if (strcmp(g->out.check, *checks) == 0) return true;
    }
    return false;
}

bool findings_have(const struct engine *e, struct sv method, struct sv path, struct sv parameter, const char *const *checks) {
    for (size_t i = 0; i < e->findings->groups.len; i++) {
        const struct group *g = e->findings->groups.ptr[i];
        if (!group_is_of(g, checks)) continue;
        for (size_t k = 0; k < g->occurrences.len; k++) {
            const struct result_occurrence *o = &g->occurrences.ptr[k];
            if (sv_eq(o->method, method) && sv_eq(o->path, path) && (parameter.len == 0 || sv_eq(o->parameter, parameter))) return true;
        }
    }
    return false;
}

// Worst first; a total order, so that reports repeat.
static bool comes_before(const struct result_finding *x, const struct result_finding *y) {
    if (x->severity != y->severity) return x->severity > y->severity;
    if (x->confidence != y->confidence) return x->confidence > y->confidence;
    if (x->category != y->category) return x->category < y->category;
    int c = strcmp(x->check, y->check);
    if (c == 0) c = sv_cmp(x->path, y->path);
    if (c == 0) c = sv_cmp(x->method, y->method);
    if (c == 0) c = sv_cmp(x->fingerprint, y->fingerprint);
    return c < 0;
}

int findings_result(struct engine *e, struct arena *a, struct scan_result *r, struct error *err) {
    size_t count = e->findings->groups.len;
    r->findings = arena_new_array(a, struct result_finding, count);
    if (r->findings == NULL) return error_nomem(err);
    for (size_t i = 0; i < count; i++) {
        struct group *g = e->findings->groups.ptr[i];
        g->out.occurrences = g->occurrences.ptr;
        g->out.occurrence_count = g->occurrences.len;
        size_t at = i;
        while (at > 0 && comes_before(&g->out, &r->findings[at - 1])) {
            r->findings[at] = r->findings[at - 1];
            at--;
        }
        r->findings[at] = g->out;
    }
    r->finding_count = count;
    r->facts = e->facts.ptr;
    r->fact_count = e->facts.len;
    return 0;
}
