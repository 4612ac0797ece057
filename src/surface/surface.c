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
#include "surface/values_internal.h"

enum { REQUESTS_DEFAULT = 120, DEPTH_MAX = 6, OBSERVED_MAX = 400 };

static struct sv path_of(struct sv target) {
    size_t q = sv_find_char(target, '?');
    return q == SIZE_MAX ? target : sv_slice(target, 0, q);
}

static bool api_has_spec(const struct api *api) {
    for (size_t i = 0; i < api->operation_count; i++)
        if ((api->operations[i]->sources & SOURCE_SPEC) != 0)
            return true;
    return false;
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
        r = text_files_plan(s, err);
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
    case LINK_TEMPLATE:
    case LINK_KIND_COUNT:
        break;
    }
    return 0;
}

static bool names_a_spec(struct sv path) {
    return sv_contains_nocase(path, SV("openapi")) || sv_contains_nocase(path, SV("swagger")) ||
           sv_contains_nocase(path, SV("api-docs"));
}

// Braces are no bytes of a URL: what stands before the first one is resolved, the rest is put behind it again.
static int plan_template(struct surface *s, struct arena *scratch, const struct url *from, struct sv text,
                         unsigned depth, struct error *err) {
    size_t brace = sv_find_char(text, '{');
    struct url u;
    int r = url_resolve(scratch, from, sv_slice(text, 0, brace), &u, NULL);
    if (r != 0 || !url_same_origin(&u, &s->base) || u.query.ptr != NULL)
        return r == -ENOMEM ? error_nomem(err) : 0;
    struct sv path = arena_printf(s->a, SV_FMT SV_FMT, SV_ARG(u.path), SV_ARG(sv_from_index(text, brace)));
    r = path.ptr == NULL ? error_nomem(err) : templates_add(s, path, depth + 1, err);
    // The collection in front of the expression shows identifiers for it.
    if (r == 0 && u.path.len > 2 && sv_ends_with(u.path, SV("/")))
        r = candidate_add(s, sv_slice(u.path, 0, u.path.len - 1), CANDIDATE_LINK, SV_NONE, 74, depth + 1, err);
    return r;
}

// "/users/7" lets expect "/users". Whether it is there the answer decides.
static int plan_parent(struct surface *s, struct sv path, double value, unsigned depth, struct error *err) {
    size_t slash = sv_rfind_char(path, '/');
    struct sv last = sv_from_index(path, slash + 1), parent = sv_slice(path, 0, slash);
    if (parent.len < 2 || last.len == 0 || !segment_is_variable(last, SV_NONE, NULL))
        return 0;
    return candidate_add(s, parent, CANDIDATE_LINK, SV_NONE, value - 8, depth + 1, err);
}

static int plan_target(struct surface *s, struct sv target, struct sv path, enum link_kind from, unsigned depth,
                       struct error *err) {
    bool is_script = from == LINK_SCRIPT_FILE || sv_ends_with(path, SV(".js")) || sv_ends_with(path, SV(".mjs"));
    double value = link_value(from) - 6.0 * depth;
    if (is_script)
        return candidate_add(s, target, CANDIDATE_SCRIPT, SV_NONE, value, depth + 1, err);
    if (names_a_spec(path) && !s->has_spec && s->spec_body.ptr == NULL)
        return candidate_add(s, target, CANDIDATE_SPEC, SV_NONE, value + 16, depth + 1, err);
    // A described operation is not asked here, but it learns what links and forms ask it for.
    if (owned_learn_query(s, target, err) != 0)
        return -ENOMEM;
    int r = from == LINK_CHILD ? known_id_add(s, path, err) : plan_parent(s, path, value, depth, err);
    return r == 0 ? candidate_add(s, target, CANDIDATE_LINK, SV_NONE, value, depth + 1, err) : r;
}

static int plan_link(struct surface *s, struct arena *scratch, const struct url *from, const struct link_found *link,
                     unsigned depth, struct error *err) {
    if (link->kind == LINK_TEMPLATE)
        return plan_template(s, scratch, from, link->reference, depth, err);
    struct url u;
    int r = url_resolve(scratch, from, link->reference, &u, NULL);
    if (r != 0 || !url_same_origin(&u, &s->base))
        return r == -ENOMEM ? error_nomem(err) : 0;
    if (path_is_static(u.path))
        return 0;
    u.path = url_remove_dots(scratch, u.path);
    struct sv target = url_target(scratch, &u);
    return target.ptr == NULL ? error_nomem(err) : plan_target(s, target, u.path, link->kind, depth, err);
}

static int follow_links(struct surface *s, const struct exchange *x, unsigned depth, struct error *err) {
    if (depth >= DEPTH_MAX)
        return 0;
    auto_arena scratch = {0};
    arena_init(&scratch, (size_t)64 << 20);
    struct url here = s->base;
    here.path = path_of(x->request.target);
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

// Answers that tell of no operation: not the method, not the service, the resource under its other name.
static bool says_nothing(const struct exchange *x, struct sv path) {
    unsigned status = x->response.status;
    if (status == 304 || status == 429 || status == 501)
        return true;
    // The root answers on every server; it is an operation when it says something.
    return (status >= 300 && status < 400 && redirects_to_itself(x, path)) || (sv_eq(path, SV("/")) && status != 200);
}

// A refusal that names what is missing teaches a parameter.
static int learn_required(struct surface *s, const struct exchange *x, struct sv path, struct error *err) {
    auto_arena scratch = {0};
    arena_init(&scratch, (size_t)64 << 20);
    struct operation none = {0};
    struct complaint_list list;
    complaints_read(&scratch, x, &none, &list);
    int r = 0;
    bool named = false;
    for (size_t i = 0; i < list.len; i++)
        named = named || list.items[i].name.len > 0;
    for (size_t i = 0; i < list.len && r == 0; i++) {
        struct sv names[MISSING_MAX];
        if (named && list.items[i].name.len == 0)
            continue; // the sentence above the list
        size_t count = complaint_missing(&scratch, &list.items[i], names);
        for (size_t k = 0; k < count && r == 0; k++)
            if (list.items[i].in.len == 0 || sv_starts_with_nocase(list.items[i].in, SV("query")))
                r = owned_add_required(s, path, names[k], err);
    }
    return r;
}

static int add_answered(struct surface *s, const struct candidate *c, const struct exchange *x, bool is_spec,
                        struct error *err) {
    struct sv path = path_of(c->target);
    unsigned status = x->response.status;
    if (status == 405)
        return add_allowed(s, x, path, err);
    if (says_nothing(x, path))
        return 0;
    bool named = c->kind == CANDIDATE_LINK || c->kind == CANDIDATE_TARGET || c->linked;
    uint32_t source = named ? SOURCE_LINK : SOURCE_GUESS;
    int r = owned_add(s, SV("GET"), c->target, source, is_spec ? SV("spec") : c->class_name, err);
    if (r == 0 && (status == 400 || status == 422))
        r = learn_required(s, x, path, err);
    return r == 0 && status < 300 ? versions_plan(s, path, c->depth, err) : r;
}

static int read_answer(struct surface *s, const struct candidate *c, const struct exchange *x, bool is_real,
                       struct error *err) {
    bool is_spec = keep_spec(s, x, path_of(c->target), err);
    if (is_spec && s->spec_body.ptr == NULL)
        return -ENOMEM;
    bool is_file = c->kind == CANDIDATE_TEXT_FILE || c->kind == CANDIDATE_SCRIPT;
    int r = is_real && !is_file ? add_answered(s, c, x, is_spec, err) : 0;
    // A catch-all page is read once, at the target itself: everywhere else it says the same.
    bool worth_reading = is_real || c->kind == CANDIDATE_TARGET || is_file;
    // A server that adds the slash to every path does so to random neighbours too; the name behind the link may be real all the same.
    unsigned status = x->response.status;
    worth_reading |= c->kind == CANDIDATE_LINK && status >= 301 && status <= 308 && redirects_to_itself(x, path_of(c->target));
    if (r == 0 && worth_reading && !is_spec)
        r = follow_links(s, x, c->depth, err);
    return r == 0 ? templates_fill(s, err) : r;
}

int surface_answer(struct surface *s, uint32_t id, const struct exchange *x, enum presence presence,
                   struct error *err) {
    if (id >= s->candidates.len || s->candidates.ptr[id].answered)
        return 0;
    s->candidates.ptr[id].answered = true;
    if (!exchange_answered(x))
        return 0;
    struct candidate c = s->candidates.ptr[id]; // the list may grow
    return read_answer(s, &c, x, presence == PRESENCE_REAL, err);
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
