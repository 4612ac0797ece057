// SPDX-License-Identifier: Apache-2.0
/*
 * Discovery as a queue of candidates: what to ask stands in the queue with a value, answers bring further candidates
 * and operations. Nothing is sent here. An answer makes an operation only when the engine judged it to be outside of
 * what random neighbours answer.
 *
 * Operations that were found before a specification is read would hide what it says about them. They are therefore
 * taken out of the api when the specification is handed over, and put back, merged, when it was read.
 */
#include "surface/surface.h"

#include "http/header.h"
#include "spec/spec.h"
#include "surface/surface_internal.h"

enum { REQUESTS_DEFAULT = 120, DEPTH_MAX = 6, OBSERVED_MAX = 400, IDS_MAX = 5000 };

static bool api_has_spec(const struct api *api) {
    for (size_t i = 0; i < api->operation_count; i++)
        if ((api->operations[i]->sources & SOURCE_SPEC) != 0)
            return true;
    return false;
}

static int plan_text_files(struct surface *s, struct error *err) {
    static const struct {
        struct sv path;
        double value;
    } files[] = {
        {SV_INIT("/robots.txt"), 72}, {SV_INIT("/sitemap.xml"), 58}, {SV_INIT("/.well-known/security.txt"), 48}};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        int r = candidate_add(s, files[i].path, CANDIDATE_TEXT_FILE, SV_NONE, files[i].value, 0, err);
        if (r != 0)
            return r;
    }
    return 0;
}

static int plan_first(struct surface *s, struct error *err) {
    struct sv target = url_target(s->a, &s->base);
    if (target.ptr == NULL)
        return error_nomem(err);
    int r = candidate_add(s, target, CANDIDATE_TARGET, SV_NONE, 100, 0, err);
    if (r == 0)
        r = candidate_add(s, SV("/"), CANDIDATE_TARGET, SV_NONE, 86, 0, err);
    if (r == 0 && !s->has_spec)
        r = specs_plan(s, SV("/"), /* is_root= */ true, err);
    struct sv directory = path_directory(s->base.path);
    if (r == 0 && !s->has_spec && directory.len > 1)
        r = specs_plan(s, directory, /* is_root= */ false, err);
    if (r == 0)
        r = plan_text_files(s, err);
    return r == 0 ? routes_plan(s, err) : r;
}

int surface_new(struct arena *a, const struct surface_options *options, struct surface **ret, struct error *err) {
    struct surface *s = arena_new(a, struct surface);
    if (s == NULL)
        return error_nomem(err);
    *s = (struct surface){
        .a = a,
        .api = options->api,
        .entities = options->entities,
        .spec_paths = options->spec_paths,
        .routes = options->routes,
        .risky = options->risky,
        .base = *options->target,
        .max_requests = options->max_requests > 0 ? options->max_requests : REQUESTS_DEFAULT,
        .has_spec = options->has_spec,
    };
    s->base.fragment = SV_NONE;
    // A specification that is still on its way must find its operations undescribed.
    s->attached = !options->has_spec || api_has_spec(options->api);
    map_init(&s->by_target, options->seed);
    map_init(&s->by_shape, options->seed + 1);
    map_init(&s->known_ids, options->seed + 2);
    map_init(&s->versions, options->seed + 3);
    int r = plan_first(s, err);
    if (r == 0)
        *ret = s;
    return r;
}

bool surface_next(struct surface *s, struct arena *a, struct request *ret, uint32_t *ret_id, bool *ret_needs_presence) {
    // Comes here unattached only when the specification that was handed over turned out to be unreadable.
    if (!s->attached && s->spec_body.ptr != NULL && s->spec_searched && owned_attach(s, NULL) != 0)
        return false;
    if (s->sent >= s->max_requests)
        return false;
    size_t i = candidate_pick(s);
    if (i == SIZE_MAX)
        return false;
    struct request rq = {.method = SV("GET"), .target = s->candidates.ptr[i].target};
    if (!header_add(a, &rq.headers, SV("Accept"), SV("application/json, text/html;q=0.8, */*;q=0.5")))
        return false;
    struct candidate *c = &s->candidates.ptr[i];
    c->sent = true;
    s->sent++;
    s->sent_by_kind[c->kind]++;
    *ret = rq;
    *ret_id = (uint32_t)i;
    *ret_needs_presence = c->kind != CANDIDATE_TEXT_FILE && c->kind != CANDIDATE_SCRIPT;
    return true;
}

static double link_value(enum link_kind kind) {
    switch (kind) {
    case LINK_LOCATION:
        return 80;
    case LINK_HEADER:
    case LINK_JSON:
        return 78;
    case LINK_CHILD:
        return 70;
    case LINK_SCRIPT_FILE:
        return 66;
    case LINK_HTML:
        return 68;
    case LINK_SCRIPT_TEXT:
        return 64;
    case LINK_TEXT:
        return 62;
    case LINK_JSON_LOOSE:
        return 56;
    case LINK_KIND_COUNT:
        break;
    }
    return 0;
}

static bool names_a_spec(struct sv path) {
    return sv_contains_nocase(path, SV("openapi")) || sv_contains_nocase(path, SV("swagger")) ||
           sv_contains_nocase(path, SV("api-docs"));
}

// A member's name is a variable whatever it looks like: "/members/anna".
static int remember_id(struct surface *s, struct sv path, struct error *err) {
    size_t slash = sv_rfind_char(path, '/');
    struct sv id = sv_from_index(path, slash == SIZE_MAX ? 0 : slash + 1);
    if (id.len == 0 || s->known_ids.len >= IDS_MAX || map_has(&s->known_ids, id))
        return 0;
    struct sv copy = arena_copy_sv(s->a, id);
    return copy.ptr != NULL && map_set(s->a, &s->known_ids, copy, s) ? 0 : error_nomem(err);
}

static int plan_link(struct surface *s, struct arena *scratch, const struct url *from, const struct link_found *link,
                     unsigned depth, struct error *err) {
    struct url u;
    int r = url_resolve(scratch, from, link->reference, &u, NULL);
    if (r != 0 || !url_same_origin(&u, &s->base))
        return r == -ENOMEM ? error_nomem(err) : 0;
    if (path_is_static(u.path))
        return 0;
    u.path = url_remove_dots(scratch, u.path);
    struct sv target = url_target(scratch, &u);
    if (target.ptr == NULL)
        return error_nomem(err);
    bool is_script = link->kind == LINK_SCRIPT_FILE || sv_ends_with(u.path, SV(".js")) ||
                     sv_ends_with(u.path, SV(".mjs"));
    enum candidate_kind kind = is_script ? CANDIDATE_SCRIPT : CANDIDATE_LINK;
    double value = link_value(link->kind) - 6.0 * depth;
    if (!is_script && names_a_spec(u.path) && !s->has_spec && s->spec_body.ptr == NULL) {
        kind = CANDIDATE_SPEC;
        value += 16;
    }
    if (link->kind == LINK_CHILD && remember_id(s, u.path, err) != 0)
        return -ENOMEM;
    return candidate_add(s, target, kind, SV_NONE, value, depth + 1, err);
}

static int follow_links(struct surface *s, const struct exchange *x, unsigned depth, struct error *err) {
    if (depth >= DEPTH_MAX)
        return 0;
    auto_arena scratch = {0};
    arena_init(&scratch, (size_t)64 << 20);
    struct url here = s->base;
    size_t q = sv_find_char(x->request.target, '?');
    here.path = q == SIZE_MAX ? x->request.target : sv_slice(x->request.target, 0, q);
    here.query = SV_NONE;
    struct link_list links = {0};
    int r = links_of_answer(&scratch, x, &links, err);
    for (size_t i = 0; i < links.len && r == 0; i++)
        r = plan_link(s, &scratch, &here, &links.ptr[i], depth, err);
    return r;
}

static bool keep_spec(struct surface *s, const struct exchange *x, struct sv path, struct error *err) {
    if (s->has_spec || s->spec_body.ptr != NULL || x->response.status != 200 ||
        (x->response.flags & (RESPONSE_BODY_CUT | RESPONSE_INCOMPLETE)) != 0 || !spec_looks_like(x->response.body))
        return false;
    s->spec_path = arena_copy_sv(s->a, path);
    s->spec_body = arena_copy_sv(s->a, x->response.body);
    if (s->spec_path.ptr == NULL || s->spec_body.ptr == NULL)
        error_nomem(err);
    return true;
}

// The methods that a refused GET names (RFC 9110 10.2.1). They are known to exist; what they want is not.
static int add_allowed(struct surface *s, const struct exchange *x, struct sv path, struct error *err) {
    static const struct sv known[] = {SV_INIT("POST"), SV_INIT("PUT"), SV_INIT("PATCH"), SV_INIT("DELETE")};
    size_t n = header_count(&x->response.headers, SV("Allow"));
    for (size_t i = 0; i < n && i < 10; i++) {
        struct sv rest = header_find_nth(&x->response.headers, SV("Allow"), i), method;
        while (header_element_next(&rest, &method)) {
            for (size_t k = 0; k < sizeof known / sizeof known[0]; k++) {
                int r = sv_eq(method, known[k]) ? owned_add(s, known[k], path, SOURCE_INFERRED, SV_NONE, err) : 0;
                if (r != 0)
                    return r;
            }
        }
    }
    return 0;
}

// "/x" that sends to "/x/" and the reverse is one resource, found under its other name.
static bool redirects_to_itself(const struct exchange *x, struct sv path) {
    struct sv to = header_find(&x->response.headers, SV("Location"));
    size_t q = sv_find_char(to, '?');
    to = q == SIZE_MAX ? to : sv_slice(to, 0, q);
    while (sv_ends_with(to, SV("/")))
        to.len--;
    while (sv_ends_with(path, SV("/")))
        path.len--;
    return sv_ends_with(to, path) && path.len > 0;
}

static int add_answered(struct surface *s, const struct candidate *c, const struct exchange *x, bool is_spec,
                        struct error *err) {
    size_t q = sv_find_char(c->target, '?');
    struct sv path = q == SIZE_MAX ? c->target : sv_slice(c->target, 0, q);
    unsigned status = x->response.status;
    if (status == 405)
        return add_allowed(s, x, path, err);
    if (status == 304 || status == 429 || status == 501 ||
        (status >= 300 && status < 400 && redirects_to_itself(x, path)))
        return 0;
    // The root answers on every server; it is an operation when it says something.
    if (sv_eq(path, SV("/")) && status != 200)
        return 0;
    uint32_t source = c->kind == CANDIDATE_LINK || c->kind == CANDIDATE_TARGET ? SOURCE_LINK : SOURCE_GUESS;
    int r = owned_add(s, SV("GET"), c->target, source, is_spec ? SV("spec") : c->class_name, err);
    return r == 0 && status < 300 ? versions_plan(s, path, c->depth, err) : r;
}

int surface_answer(struct surface *s, uint32_t id, const struct exchange *x, enum presence presence,
                   struct error *err) {
    if (id >= s->candidates.len || s->candidates.ptr[id].answered)
        return 0;
    s->candidates.ptr[id].answered = true;
    if (!exchange_answered(x))
        return 0;
    struct candidate c = s->candidates.ptr[id];
    size_t q = sv_find_char(c.target, '?');
    struct sv path = q == SIZE_MAX ? c.target : sv_slice(c.target, 0, q);
    bool is_spec = keep_spec(s, x, path, err);
    if (is_spec && s->spec_body.ptr == NULL)
        return -ENOMEM;
    bool makes_operation = c.kind != CANDIDATE_TEXT_FILE && c.kind != CANDIDATE_SCRIPT;
    int r = presence == PRESENCE_REAL && makes_operation ? add_answered(s, &c, x, is_spec, err) : 0;
    // A catch-all page is read once, at the target itself: everywhere else it says the same.
    bool worth_reading = presence == PRESENCE_REAL || c.kind == CANDIDATE_TARGET || !makes_operation;
    return r == 0 && worth_reading && !is_spec ? follow_links(s, x, c.depth, err) : r;
}

bool surface_found_spec(struct surface *s, struct sv *ret_path, struct sv *ret_body) {
    *ret_path = s->spec_path;
    *ret_body = s->spec_body;
    if (s->spec_body.ptr == NULL)
        return false;
    if (!s->spec_searched)
        owned_detach(s);
    s->spec_searched = true;
    return true;
}

int surface_spec_read(struct surface *s, struct error *err) {
    s->has_spec = true;
    int r = s->attached ? 0 : owned_attach(s, err);
    unsigned planned = 0;
    for (size_t i = 0; i < s->api->operation_count && r == 0 && planned < 12; i++) {
        const struct operation *op = s->api->operations[i];
        if (!sv_eq(op->method, SV("GET")) || (op->sources & SOURCE_SPEC) == 0 ||
            sv_find_char(op->path, '{') != SIZE_MAX)
            continue;
        r = versions_plan(s, op->path, 0, err);
        planned++;
    }
    return r;
}

int surface_observe(struct surface *s, const struct exchange *x, struct error *err) {
    s->frozen = true;
    if (!exchange_answered(x) || x->response.status >= 300 || s->sent >= s->max_requests || s->observed >= OBSERVED_MAX)
        return 0;
    s->observed++;
    return follow_links(s, x, 2, err);
}

struct sv surface_route_class(const struct surface *s, const struct operation *op) {
    for (size_t i = 0; i < s->owned.len; i++)
        if (s->owned.ptr[i].operation == op || (op != NULL && s->owned.ptr[i].operation->id == op->id && s->attached))
            return s->owned.ptr[i].class_name;
    return SV_NONE;
}
