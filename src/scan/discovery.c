// SPDX-License-Identifier: Apache-2.0
// Drives src/surface and src/stack: their requests become experiments of one probe, their answers go back with a presence verdict.
#include "base/log.h"
#include "http/header.h"
#include "scan/engine_state.h"

enum { DISCOVERY_WINDOW = 16 };

static bool in_scope(const struct engine *e, const struct url *u) {
    for (size_t i = 0; i < e->origin_count; i++) {
        if (url_same_origin(&e->origins[i], u)) return true;
    }
    return false;
}

// Servers of a specification never widen the scope; the user hears of those that are left out.
static void name_servers(struct engine *e, struct sv name) {
    enum { NAMED_MAX = 5 };
    for (size_t i = 0, named = 0; i < e->api.server_count && named < NAMED_MAX; i++) {
        struct url u;
        if (url_parse(&e->arena, e->api.servers[i], &u, NULL) != 0 || in_scope(e, &u)) continue;
        struct sv origin = url_origin(&e->arena, &u);
        engine_warn(e, SV_FMT " names the server " SV_FMT ", which is another origin than the target and was not contacted; --allow-origin " SV_FMT " scans it too",
                    SV_ARG(name), SV_ARG(origin), SV_ARG(origin));
        named++;
    }
}

void discovery_hint(struct engine *e, const struct slot *s, const struct exchange *x) {
    enum { HINTS_MAX = 5 };
    bool plain = s->owner == OWNER_HEALTH || s->owner == OWNER_SURFACE || s->owner == OWNER_SPEC || s->owner == OWNER_BASELINE;
    if (!plain || e->redirect_hints >= HINTS_MAX || !exchange_answered(x) || x->response.status < 300 || x->response.status > 399) return;
    struct sv location = header_find(&x->response.headers, SV("Location"));
    struct url base = e->origins[x->request.origin], to;
    auto_arena a = {0};
    arena_init(&a, (size_t)1024 * 1024);
    if (location.len == 0 || url_resolve(&a, &base, location, &to, NULL) != 0 || in_scope(e, &to)) return;
    if (!sv_eq(to.scheme, SV("http")) && !sv_eq(to.scheme, SV("https"))) return;
    struct sv origin = url_origin(&a, &to);
    size_t before = e->warnings.len;
    engine_warn(e, "the target redirects to " SV_FMT ", which is another origin and was not contacted; scan that URL instead, or add --allow-origin " SV_FMT,
                SV_ARG(origin), SV_ARG(origin));
    e->redirect_hints += e->warnings.len > before;
}

static int read_spec(struct engine *e, struct sv name, struct sv bytes, struct reader *reader, struct error *err) {
    struct spec_options o = {.name = name, .origin = url_origin(&e->arena, &e->scan->target), .reader = reader};
    size_t before = e->spec_warnings.len;
    int r = spec_read(&e->arena, bytes, &o, &e->api, &e->spec_warnings, err);
    for (size_t i = before; i < e->spec_warnings.len; i++) {
        const struct spec_warning *w = &e->spec_warnings.ptr[i];
        engine_warn(e, SV_FMT ":%u:%u: " SV_FMT, SV_ARG(w->file), w->line, w->column, SV_ARG(w->text));
    }
    if (r == 0) e->api.spec_name = name;
    if (r == 0) name_servers(e, name);
    return r;
}

// The place of an error goes behind the file's name, as compilers write it.
static int place_error(int r, struct sv name, struct error *err) {
    if (err == NULL || r == -ENOMEM) return r;
    struct sv text = sv_from(err->text);
    size_t at = sv_starts_with(text, name) ? name.len : sv_find_char(text, ' ');
    if (err->line == 0 || at >= text.len) return r;
    struct error placed = {0};
    r = error_set(&placed, r, SV_FMT ":%u:%u" SV_FMT, SV_ARG(name), err->line, err->column, SV_ARG(sv_from_index(text, at)));
    *err = placed;
    return r;
}

int discovery_begin(struct engine *e, struct error *err) {
    const struct scan_options *o = e->scan;
    if (o->spec_bytes.ptr != NULL) {
        int r = read_spec(e, o->spec_name, o->spec_bytes, o->spec_reader, err);
        if (r != 0) return place_error(r, o->spec_name, err);
        if (e->api.operation_count == 0)
            return error_set(err, ERR_USAGE, SV_FMT " describes no operation under `paths`; leave out --spec to scan without a description", SV_ARG(o->spec_name));
    }
    struct surface_options so = {
        .target = &e->scan->target,
        .api = &e->api,
        .entities = e->entities,
        .seed = e->seed,
        .spec_paths = engine_knowledge(e, SV("wordlists/spec-paths")),
        .routes = engine_knowledge(e, SV("wordlists/routes")),
        .risky = e->risky,
        .has_spec = o->spec_bytes.ptr != NULL || o->spec_url.ptr != NULL,
    };
    int r = surface_new(&e->arena, &so, &e->surface, err);
    if (r == 0 && o->spec_bytes.ptr != NULL) r = surface_spec_read(e->surface, err);
    struct stack_options st = {
        .frameworks = engine_knowledge(e, SV("fingerprints/frameworks")),
        .languages = engine_knowledge(e, SV("fingerprints/languages")),
        .datastores = engine_knowledge(e, SV("fingerprints/datastores")),
        .clouds = engine_knowledge(e, SV("fingerprints/clouds")),
        .proxies = engine_knowledge(e, SV("fingerprints/proxies")),
        .seed = e->seed,
    };
    if (r == 0) r = stack_new(&e->arena, &st, &e->stack, err);
    return r;
}

static struct slot *one_probe_as(struct engine *e, size_t identity, enum owner owner, const struct request *rq, double value) {
    struct slot *s = slot_new(e, owner, CHECK_NONE);
    if (s == NULL || slot_add_probe(s, ROLE_PROBE, identity, rq) == NULL) return NULL;
    s->e.purpose = PURPOSE_DISCOVERY;
    s->e.phase = PHASE_DISCOVERY;
    s->e.value = value;
    return s;
}

static struct slot *one_probe(struct engine *e, enum owner owner, const struct request *rq, double value) {
    return one_probe_as(e, 0, owner, rq, value);
}

// Nobody looks around, unless nobody sees anything.
static size_t looking_identity(const struct engine *e) {
    return e->closed_off && e->identity_count > 1 ? 1 : 0;
}

static bool is_refused(const struct exchange *x) {
    return exchange_answered(x) && (x->response.status == 401 || x->response.status == 403);
}

static bool can_ask_again(const struct engine *e, const struct slot *s) {
    return e->identity_count > 1 && s->e.probes[0].identity == 0 && is_refused(s->e.exchanges[0]);
}

// The same request with the first identity's credentials. GET only, so that a privileged one reads and nothing else.
static int ask_again(struct engine *e, const struct slot *s, struct error *err) {
    struct slot *again = one_probe_as(e, 1, s->owner, &s->e.probes[0].request, s->e.value);
    if (again == NULL) return error_nomem(err);
    again->surface_id = s->surface_id;
    again->needs_presence = s->needs_presence;
    const char *reason;
    if (!slot_submit(e, again, &reason)) log_debug("discovery request refused: %s", reason);
    return 0;
}

static int ask_for_spec(struct engine *e, struct error *err) {
    struct url u;
    int r = url_parse(&e->arena, e->scan->spec_url, &u, err);
    if (r != 0) return r;
    e->spec_tried = true;
    uint16_t origin = 0;
    while (origin < e->origin_count && !url_same_origin(&e->origins[origin], &u)) origin++;
    if (origin == e->origin_count) return error_set(err, ERR_SCOPE, "the specification " SV_FMT " is on another origin than the target; add --allow-origin or save it as a file",
                                                    SV_ARG(e->scan->spec_url));
    struct request rq = {.method = SV("GET"), .target = url_target(&e->arena, &u), .origin = origin};
    struct slot *s = rq.target.ptr != NULL ? one_probe(e, OWNER_SPEC, &rq, 900) : NULL;
    if (s == NULL) return error_nomem(err);
    const char *reason;
    if (!slot_submit(e, s, &reason)) engine_warn(e, "the specification was not fetched: %s", reason);
    return 0;
}

bool discovery_asks_first(const struct engine *e) {
    bool signs_in = false;
    for (size_t i = 0; i < e->scan->identity_count; i++) signs_in = signs_in || e->scan->identities[i].login != NULL;
    if (e->scan->spec_url.ptr == NULL || e->spec_asked_first || signs_in || e->options.dry) return false;
    auto_arena scratch = {0};
    arena_init(&scratch, (size_t)1 << 20);
    struct url u;
    return url_parse(&scratch, e->scan->spec_url, &u, NULL) == 0 && guard_in_scope(e, &u);
}

int discovery_ask_first(struct engine *e, struct error *err) {
    e->spec_asked_first = true;
    return ask_for_spec(e, err);
}

static int pump_surface(struct engine *e, struct error *err) {
    while (e->queue.len + e->running.len < DISCOVERY_WINDOW) {
        struct request rq = {0};
        uint32_t id;
        bool needs_presence;
        auto_arena scratch = {0};
        arena_init(&scratch, (size_t)1024 * 1024);
        if (!surface_next(e->surface, &scratch, &rq, &id, &needs_presence)) return 0;
        struct slot *s = one_probe_as(e, looking_identity(e), OWNER_SURFACE, &rq, 1);
        if (s == NULL) return error_nomem(err);
        s->surface_id = id;
        s->needs_presence = needs_presence;
        const char *reason;
        if (!slot_submit(e, s, &reason)) log_debug("discovery request refused: %s", reason);
    }
    return 0;
}

static int merge_found_spec(struct engine *e, bool *ret_found, struct error *err) {
    struct sv path, body;
    *ret_found = false;
    if (e->spec_tried || e->scan->spec_bytes.ptr != NULL || !surface_found_spec(e->surface, &path, &body)) return 0;
    e->spec_tried = true;
    *ret_found = true;
    struct error local = {0};
    struct sv name = arena_printf(&e->arena, SV_FMT SV_FMT, SV_ARG(url_origin(&e->arena, &e->scan->target)), SV_ARG(path));
    struct sv copy = arena_copy_sv(&e->arena, body);
    if (name.ptr == NULL || copy.ptr == NULL) return error_nomem(err);
    int r = read_spec(e, name, copy, NULL, &local);
    if (r == -ENOMEM) return error_nomem(err);
    if (r != 0) {
        engine_warn(e, SV_FMT ": %s; scanning goes on without it", SV_ARG(name), local.text);
        return 0;
    }
    return surface_spec_read(e->surface, err);
}

// A path that --include names in full is looked at although nothing else told of it.
static int add_named_operations(struct engine *e, struct error *err) {
    for (size_t i = 0; i < e->scan->include_count; i++) {
        const struct operation_pattern *p = &e->scan->include[i];
        bool plain = sv_starts_with(p->pattern, SV("/")) && sv_find_char(p->pattern, '*') == SIZE_MAX && sv_find_char(p->pattern, '{') == SIZE_MAX;
        bool reads = p->method.len == 0 || sv_eq(p->method, SV("*")) || sv_eq_nocase(p->method, SV("GET"));
        if (!plain || !reads || api_match(&e->api, SV("GET"), p->pattern) != NULL) continue;
        const struct operation op = {.method = SV("GET"), .path = p->pattern, .sources = SOURCE_GUESS};
        if (api_add_operation(&e->arena, &e->api, &op) == NULL) return error_nomem(err);
    }
    return 0;
}

int discovery_pump(struct engine *e, bool *ret_idle, struct error *err) {
    *ret_idle = e->scan->no_discovery;
    if (*ret_idle) return 0;
    if (e->scan->spec_url.ptr != NULL && !e->spec_tried) {
        int r = ask_for_spec(e, err);
        if (r != 0) return r;
    }
    int r = pump_surface(e, err);
    if (r != 0 || e->queue.len + e->running.len + e->waiting.len > 0) return r;
    bool found;
    r = merge_found_spec(e, &found, err);
    if (r != 0) return r;
    if (found) {
        r = pump_surface(e, err);
        if (r != 0 || e->queue.len > 0) return r;
    }
    r = add_named_operations(e, err);
    *ret_idle = true;
    return r;
}

int discovery_follow(struct engine *e, bool *ret_idle, struct error *err) {
    int r = e->scan->no_discovery ? 0 : pump_surface(e, err);
    *ret_idle = e->queue.len + e->running.len + e->waiting.len == 0;
    return r;
}

static struct sv known_good_path(const struct engine *e) {
    for (size_t i = 0; i < e->api.operation_count; i++) {
        const struct operation *op = e->api.operations[i];
        if ((op->sources & (SOURCE_LINK | SOURCE_GUESS)) != 0 && sv_find_char(op->path, '{') == SIZE_MAX && sv_eq(op->method, SV("GET"))) return op->path;
    }
    return e->scan->target.path;
}

int stack_pump(struct engine *e, bool *ret_idle, struct error *err) {
    struct sv known = known_good_path(e);
    for (;;) {
        struct request rq = {0};
        uint32_t id;
        auto_arena scratch = {0};
        arena_init(&scratch, (size_t)1024 * 1024);
        if (!stack_next(e->stack, &scratch, known, &rq, &id)) break;
        struct slot *s = one_probe(e, OWNER_STACK, &rq, 1);
        if (s == NULL) return error_nomem(err);
        s->surface_id = id;
        const char *reason;
        if (!slot_submit(e, s, &reason)) log_debug("stack request refused: %s", reason);
    }
    *ret_idle = e->queue.len + e->running.len + e->waiting.len == 0;
    return 0;
}

static const char *outcome_text(enum outcome outcome) {
    static const char *const texts[OUTCOME_COUNT] = {
        [OUTCOME_REFUSED_CONNECTION] = "connection refused",
        [OUTCOME_UNRESOLVED] = "the host name could not be resolved",
        [OUTCOME_TLS] = "the TLS handshake failed",
        [OUTCOME_PROTOCOL] = "the answer is not HTTP",
    };
    return texts[outcome] != NULL ? texts[outcome] : "no answer";
}

// A specification that the user named is part of the command: without it the scan would not be the one that was asked for.
static int read_fetched_spec(struct engine *e, struct slot *s, struct error *err) {
    const struct exchange *x = s->e.exchanges[0];
    struct sv url = e->scan->spec_url;
    if (x->outcome == OUTCOME_BUDGET) return 0; // the scan was stopped
    // Is it the target itself that is gone? Then that is what there is to say.
    bool gone = x->outcome == OUTCOME_REFUSED_CONNECTION || x->outcome == OUTCOME_UNRESOLVED || (exchange_answered(x) && x->response.status == 400);
    if (gone && !e->health_known && s->e.probes[0].request.origin == 0) {
        e->spec_tried = false;
        return 0;
    }
    if (!exchange_answered(x))
        return error_set(err, ERR_USAGE, "--spec " SV_FMT ": %s; check the URL, or give a file", SV_ARG(url), outcome_text(x->outcome));
    if (x->response.status != 200)
        return error_set(err, ERR_USAGE, "--spec " SV_FMT ": answered %u instead of 200; check the URL, or give a file", SV_ARG(url),
                         (unsigned)x->response.status);
    if ((x->response.flags & (RESPONSE_BODY_CUT | RESPONSE_INCOMPLETE)) != 0)
        return error_set(err, ERR_USAGE, "--spec " SV_FMT ": larger than 4 MiB or cut off; save it and give the file", SV_ARG(url));
    struct sv copy = arena_copy_sv(&e->arena, x->response.body);
    if (copy.ptr == NULL) return error_nomem(err);
    int r = read_spec(e, url, copy, NULL, err);
    if (r == -ENOMEM) return r;
    if (r != 0) {
        r = place_error(r, url, err);
        if (err != NULL) err->code = ERR_USAGE;
        return ERR_USAGE;
    }
    return surface_spec_read(e->surface, err);
}

// Before anything else was sent it is a mistake in the command (exit 2); later the result cannot be relied on (exit 3).
static int judge_spec(struct engine *e, struct slot *s, struct error *err) {
    struct error local = {0};
    int r = read_fetched_spec(e, s, &local);
    if (r != ERR_USAGE || !e->health_asked) {
        if (r != 0 && err != NULL) *err = local;
        return r;
    }
    e->first_failure = arena_copy_sv(&e->arena, sv_from(local.text));
    e->stop = STOP_BROKEN;
    return 0;
}

int discovery_judge(struct engine *e, struct slot *s, struct error *err) {
    const struct exchange *x = s->e.exchanges[0];
    if (s->owner == OWNER_SPEC) return can_ask_again(e, s) ? ask_again(e, s, err) : judge_spec(e, s, err);
    if (s->owner == OWNER_STACK) return stack_answer(e->stack, s->surface_id, x, err);
    enum presence presence = PRESENCE_NOTHING;
    if (exchange_answered(x)) {
        unsigned status = x->response.status;
        presence = status == 404 || status == 410 ? PRESENCE_NOTHING : PRESENCE_REAL;
        if (presence == PRESENCE_REAL && s->needs_presence) {
            presence = model_presence(e, s, 0, err);
            if (presence == PRESENCE_UNKNOWN) return JUDGE_WAIT;
        }
    }
    e->closed_off |= presence == PRESENCE_NOTHING && is_refused(x);
    if (presence == PRESENCE_NOTHING && can_ask_again(e, s)) return ask_again(e, s, err);
    return surface_answer(e->surface, s->surface_id, x, presence, err);
}
