// SPDX-License-Identifier: Apache-2.0
// The pool: one entry per (entity, value), found by text, kept in the order of discovery.
#include "evidence/entity.h"

#include "base/vec.h"
#include "data/node.h"
#include "evidence/entity_internal.h"
#include "evidence/failure.h"
#include "evidence/natural_key.h"
#include "evidence/seen_values.h"
#include "http/build.h"
#include "http/header.h"
#include "http/url.h"

#define IDS_PER_ANSWER 200
#define IDS_MAX        20000
#define VALUE_MAX      128
#define DEPTH_MAX      24

struct pool_entry {
    struct entity_id id;
    struct sv key; // under which it stood, SV_NONE from links and examples
    struct pool_entry *same_value; // another entity with this value
};
struct entity_pool {
    struct map by_name;  // "entity\nvalue"
    struct map by_value; // first entry of a chain
    VEC_OF(struct pool_entry *) entries;
    struct seen_values words;
    uint32_t preferred; // bit of the identity that asks
    bool distrusted;    // what is observed now was sent by a check
};

// One answer that is being read.
struct harvest {
    struct arena *a;
    struct entity_pool *pool;
    const struct exchange *x;
    struct sv path;
    struct entity_name root;
    size_t found;
    bool caller_view; // the answer is about the caller: "/me"
    bool own_view; // the request named nothing that this identity's own lists do not show
    int code;
};

int entity_pool_new(struct arena *a, uint64_t key, struct entity_pool **ret, struct error *err) {
    struct entity_pool *p = arena_new(a, struct entity_pool);
    if (p == NULL)
        return error_nomem(err);
    map_init(&p->by_name, key);
    map_init(&p->by_value, key);
    map_init(&p->words.by_name, key);
    *ret = p;
    return 0;
}

// Redacted values, prose and control bytes are no identifiers.
static bool is_usable(struct sv value) {
    if (value.len == 0 || value.len > VALUE_MAX || sv_contains(value, SV("{{")))
        return false;
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)value.ptr[i] <= ' ' || (unsigned char)value.ptr[i] >= 0x7f)
            return false;
    return true;
}

// The entry, new when needed; NULL when it is full or not usable, or out of memory (then *code is set).
static struct pool_entry *pool_entry(struct arena *a, struct entity_pool *p, struct sv entity, struct sv value,
                                     int *code) {
    if (!is_usable(value) || entity.len > ENTITY_NAME_MAX)
        return NULL;
    char name[ENTITY_NAME_MAX + VALUE_MAX + 1];
    if (entity.len > 0)
        memcpy(name, entity.ptr, entity.len);
    name[entity.len] = '\n';
    memcpy(name + entity.len + 1, value.ptr, value.len);
    struct sv text = sv_make(name, entity.len + 1 + value.len);
    struct pool_entry *e = map_find(&p->by_name, text);
    if (e != NULL || p->entries.len >= IDS_MAX)
        return e;
    e = arena_new(a, struct pool_entry);
    text = arena_copy_sv(a, text);
    if (e == NULL || text.ptr == NULL || !map_set(a, &p->by_name, text, e) || !VEC_PUSH(a, &p->entries, e)) {
        *code = -ENOMEM;
        return NULL;
    }
    e->id.entity = sv_slice(text, 0, entity.len);
    e->id.value = sv_from_index(text, entity.len + 1);
    e->id.shape = id_shape_of(value);
    e->same_value = map_find(&p->by_value, value);
    if (!map_set(a, &p->by_value, e->id.value, e))
        *code = -ENOMEM;
    return e;
}

void entity_pool_trust(struct entity_pool *p, bool ordinary) {
    p->distrusted = !ordinary;
}

uint32_t entity_pool_listed_by(const struct entity_pool *p, struct sv value) {
    uint32_t bits = 0;
    for (const struct pool_entry *e = map_find(&p->by_value, value); e != NULL; e = e->same_value)
        bits |= e->id.listed_by;
    return bits;
}

struct sv entity_pool_word(const struct entity_pool *p, struct sv name, size_t n) {
    return seen_values_get(&p->words, name, n);
}

uint32_t entity_pool_caller_of(const struct entity_pool *p, struct sv value) {
    uint32_t bits = 0;
    for (const struct pool_entry *e = map_find(&p->by_value, value); e != NULL; e = e->same_value)
        bits |= e->id.caller_of;
    return bits;
}

void entity_pool_prefer(struct entity_pool *p, uint16_t identity) {
    p->preferred = identity < 32 ? UINT32_C(1) << identity : 0;
}

int entity_pool_add(struct arena *a, struct entity_pool *p, struct sv entity, struct sv value, uint16_t identity,
                    struct error *err) {
    struct entity_name name = entity_name_of(entity);
    int code = 0;
    size_t before = p->entries.len;
    struct pool_entry *e = pool_entry(a, p, entity_name_sv(&name), value, &code);
    if (e != NULL && p->entries.len > before)
        e->id.first_identity = identity;
    return code == 0 ? 0 : error_nomem(err);
}

// Did the request itself carry the value? Then its sender did not learn it from the answer.
static bool was_asked_for(const struct request *rq, struct sv value) {
    for (struct sv rest = rq->target; rest.len >= value.len;) {
        size_t at = sv_find(rest, value);
        if (at == SIZE_MAX)
            break;
        size_t end = at + value.len;
        bool begins = at == 0 || memchr("/=?&,;", rest.ptr[at - 1], 6) != NULL;
        if (begins && (end == rest.len || memchr("/=?&,;", rest.ptr[end], 6) != NULL))
            return true;
        rest = sv_from_index(rest, at + 1);
    }
    return value.len >= 4 && sv_contains(rq->body, value);
}

// "/orders/17/items": the segments that name something, by the template where there is one.
static bool path_is_own(const struct harvest *h, struct sv path, uint32_t bit) {
    const struct operation *op = h->x->operation;
    struct sv template = op != NULL && path_template_matches(op->path, path) ? op->path : SV_NONE, segment, part = SV_NONE;
    bool known = template.len > 0;
    while (path.ptr != NULL && sv_split(&path, '/', &segment)) {
        bool more = known && template.ptr != NULL && sv_split(&template, '/', &part);
        bool names = known ? more && sv_find_char(part, '{') != SIZE_MAX : segment_is_id(segment);
        if (!names || segment.len == 0)
            continue;
        struct sv value = url_decode(h->a, segment, false);
        if (value.ptr == NULL || (entity_pool_listed_by(h->pool, value) & bit) == 0)
            return false;
    }
    return true;
}

static bool query_is_own(const struct harvest *h, struct sv query, uint32_t bit) {
    struct sv key, value;
    bool has_value;
    while (url_query_next(&query, &key, &value, &has_value)) {
        struct entity_name entity;
        if (!has_value || !entity_key_split(key, &entity))
            continue;
        value = url_decode(h->a, value, true);
        if (value.ptr == NULL || (entity_pool_listed_by(h->pool, value) & bit) == 0)
            return false;
    }
    return true;
}

static bool is_own_view(const struct harvest *h) {
    if (h->pool->distrusted)
        return false;
    uint32_t bit = h->x->identity < 32 ? UINT32_C(1) << h->x->identity : 0;
    struct sv target = h->x->request.target;
    size_t q = sv_find_char(target, '?');
    if (h->x->request.body.len > 0)
        return false;
    return path_is_own(h, sv_slice(target, 0, q), bit) &&
           (q == SIZE_MAX || query_is_own(h, sv_from_index(target, q + 1), bit));
}

static void note_reader(const struct harvest *h, struct pool_entry *e, uint32_t bit) {
    e->id.seen_by |= bit;
    if (!h->own_view)
        return;
    e->id.listed_by |= bit;
    if (h->caller_view && sv_eq(e->id.entity, entity_name_sv(&h->root)))
        e->id.caller_of |= bit;
}

static void harvest_value(struct harvest *h, struct sv entity, struct sv value, struct sv key) {
    if (h->found >= IDS_PER_ANSWER || h->code != 0)
        return;
    struct entity_pool *p = h->pool;
    size_t before = p->entries.len;
    struct pool_entry *e = pool_entry(h->a, p, entity, value, &h->code);
    if (e == NULL)
        return;
    h->found++;
    uint32_t bit = h->x->identity < 32 ? UINT32_C(1) << h->x->identity : 0;
    bool first = e->id.seen_by == 0;
    if (!was_asked_for(&h->x->request, value))
        note_reader(h, e, bit);
    if (p->entries.len > before || (first && e->id.seen_by != 0)) {
        e->id.first_identity = h->x->identity;
        e->id.first_exchange = h->x->id;
        e->id.source_path = arena_copy_sv(h->a, sv_slice(h->path, 0, 512));
        e->id.source_target = arena_copy_sv(h->a, sv_slice(h->x->request.target, 0, 512));
        e->key = arena_copy_sv(h->a, sv_slice(key, 0, ENTITY_NAME_MAX));
        if (e->id.source_path.ptr == NULL || e->id.source_target.ptr == NULL || e->key.ptr == NULL)
            h->code = -ENOMEM;
    }
}

// "/v1/users/17/orders/9": an id behind a word is one of that word's.
static void harvest_path(struct harvest *h, struct sv link) {
    size_t scheme = sv_find(link, SV("://"));
    if (scheme != SIZE_MAX) {
        struct sv rest = sv_from_index(link, scheme + 3);
        size_t slash = sv_find_char(rest, '/');
        link = slash == SIZE_MAX ? SV_NONE : sv_from_index(rest, slash);
    }
    for (size_t i = 0; i < link.len; i++)
        if (link.ptr[i] == '?' || link.ptr[i] == '#')
            link.len = i;
    struct sv segment = SV_NONE, before = SV_NONE;
    while (sv_split(&link, '/', &segment)) {
        if (before.len > 0 && segment_is_id(segment) && !segment_is_id(before)) {
            struct entity_name entity = entity_name_of(before);
            if (entity.len > 0)
                harvest_value(h, entity_name_sv(&entity), segment, SV_NONE);
        }
        before = segment;
    }
}

static bool is_link_key(struct sv key) {
    static const struct sv keys[] = {SV_INIT("href"),     SV_INIT("url"),  SV_INIT("uri"),  SV_INIT("link"),
                                     SV_INIT("self"),     SV_INIT("next"), SV_INIT("prev"), SV_INIT("path"),
                                     SV_INIT("location"), SV_INIT("@id")};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (sv_eq_nocase(key, keys[i]))
            return true;
    return false;
}

static struct sv id_text(const struct node *n) {
    if (n->kind == NODE_STRING)
        return n->text;
    return n->kind == NODE_NUMBER && sv_is_digits(n->text) ? n->text : SV_NONE;
}

static void harvest_scalar(struct harvest *h, const struct node *n, struct sv key, const struct entity_name *holder) {
    struct sv text = id_text(n);
    if (text.len == 0)
        return;
    if (n->kind == NODE_STRING && is_link_key(key) && (text.ptr[0] == '/' || sv_starts_with_nocase(text, SV("http")))) {
        harvest_path(h, sv_slice(text, 0, 1024));
        return;
    }
    struct entity_name entity;
    if (!entity_key_split(key, &entity)) {
        if (!seen_values_note(h->a, &h->pool->words, key, n))
            h->code = -ENOMEM;
        return;
    }
    harvest_value(h, entity_name_sv(entity.len > 0 ? &entity : holder), text, key);
}

// Objects of a list that has no ids are known by what tells them apart.
static void harvest_natural(struct harvest *h, const struct node *n, const struct entity_name *entity) {
    struct sv key = natural_key(n);
    for (const struct node *item = n->first; key.len > 0 && item != NULL && h->code == 0; item = item->next) {
        const struct node *m = node_get(item, key);
        if (m != NULL && m->text.len > 0)
            harvest_value(h, entity_name_sv(entity), m->text, key);
    }
}

static void harvest_node(struct harvest *h, const struct node *n, struct sv key, const struct entity_name *holder,
                         int depth) {
    if (depth > DEPTH_MAX || h->found >= IDS_PER_ANSWER || h->code != 0)
        return;
    if (n->kind != NODE_OBJECT && n->kind != NODE_ARRAY) {
        harvest_scalar(h, n, key, holder);
        return;
    }
    // What a container's key names is in it; envelopes and list elements take what stands above.
    struct entity_name inner = *holder;
    if (key.len > 0 && !entity_key_is_envelope(key)) {
        struct entity_name named = entity_name_of(key);
        if (named.len > 0)
            inner = named;
    }
    harvest_natural(h, n, &inner);
    for (const struct node *child = n->first; child != NULL; child = child->next) {
        bool scalar = child->kind != NODE_OBJECT && child->kind != NODE_ARRAY;
        // Elements of "user_ids" are ids of users; elements that are containers know their entity already.
        struct sv child_key = n->kind == NODE_OBJECT ? child->key : scalar ? key : SV_NONE;
        harvest_node(h, child, child_key, n->kind == NODE_ARRAY && scalar ? holder : &inner, depth + 1);
    }
}

static void harvest_headers(struct harvest *h) {
    const struct header_list *list = &h->x->response.headers;
    struct sv location = header_find(list, SV("location"));
    if (location.len > 0)
        harvest_path(h, sv_slice(location, 0, 1024));
    struct sv rest = sv_slice(header_find(list, SV("link")), 0, 4096), target, rel;
    while (rest.len > 0 && link_next(&rest, &target, &rel))
        harvest_path(h, target);
}

int entity_pool_observe(struct arena *a, struct entity_pool *p, const struct exchange *x, struct sv path,
                        struct error *err) {
    // What a failure mentions (codes, ids that do not exist) is no identifier, also where failures answer 200.
    if (!exchange_answered(x) || x->response.status >= 400 || answer_is_failure(x))
        return 0;
    struct harvest h = {.a = a, .pool = p, .x = x, .path = path, .root = entity_of_path(path)};
    h.own_view = is_own_view(&h);
    h.caller_view = path_is_about_caller(path);
    harvest_headers(&h);
    struct sv body = sv_trim(x->response.body);
    if (h.code == 0 && body.len > 1 && (body.ptr[0] == '{' || body.ptr[0] == '[')) {
        auto_arena scratch = {.limit = (size_t)96 << 20};
        struct node *root = NULL;
        int r = node_parse_json(&scratch, body, &node_limits_response, &root, NULL);
        if (r == 0)
            harvest_node(&h, root, SV_NONE, &h.root, 0);
        else if (r == -ENOMEM)
            h.code = r;
    }
    return h.code == 0 ? 0 : error_nomem(err);
}

// "/users" is the collection of "/users/{id}" and of "/users/{id}/orders".
static bool is_collection_of(struct sv source, struct sv path_template, struct sv name) {
    for (size_t at = 0; at < path_template.len; at++) {
        struct sv rest = sv_from_index(path_template, at);
        if (rest.ptr[0] == '{' && rest.len > name.len + 1 && sv_starts_with(sv_from_index(rest, 1), name) &&
            rest.ptr[name.len + 1] == '}') {
            struct sv above = sv_slice(path_template, 0, at);
            while (above.len > 1 && above.ptr[above.len - 1] == '/')
                above.len--;
            return sv_eq(source, above);
        }
    }
    return false;
}

static bool names_end_alike(struct sv longer, struct sv shorter) {
    return shorter.len > 2 && longer.len > shorter.len + 1 && sv_ends_with(longer, shorter) &&
           longer.ptr[longer.len - shorter.len - 1] == '_';
}

struct wanted {
    struct entity_name own, place;
    const struct operation *op;
    const struct parameter *param;
};

// Name, place and shape decide first; among equals what this identity's own lists show, then what nobody else's lists show.
#define RANKS 48

static bool shape_fits(const struct parameter *param, enum id_shape shape, bool *ret_exact) {
    uint32_t types = param->schema == NULL ? 0 : param->schema->types;
    bool number = (types & (TYPE_INTEGER | TYPE_NUMBER)) != 0 && (types & TYPE_STRING) == 0;
    bool uuid = param->schema != NULL && sv_eq_nocase(param->schema->format, SV("uuid"));
    *ret_exact = (number && shape == ID_INTEGER) || (uuid && shape == ID_UUID) ||
                 (param->example.len > 0 && id_shape_of(param->example) == shape);
    return !(number && shape != ID_INTEGER) && !(uuid && shape != ID_UUID);
}

// The id of the caller fits whatever people are called there.
static bool is_person(struct sv entity) {
    static const struct sv words[] = {SV_INIT("user"),    SV_INIT("customer"), SV_INIT("member"),  SV_INIT("account"),
                                      SV_INIT("patient"), SV_INIT("employee"), SV_INIT("client"),  SV_INIT("student"),
                                      SV_INIT("person"),  SV_INIT("profile"),  SV_INIT("driver"),  SV_INIT("guest"),
                                      SV_INIT("owner"),   SV_INIT("author"),   SV_INIT("tenant"),  SV_INIT("subscriber"),
                                      SV_INIT("teacher"), SV_INIT("resident"), SV_INIT("applicant")};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (sv_eq(entity, words[i]))
            return true;
    return false;
}

static unsigned name_rank(const struct wanted *w, const struct pool_entry *e) {
    struct sv entity = e->id.entity, own = entity_name_sv(&w->own), place = entity_name_sv(&w->place);
    bool same_key = e->key.len > 2 && sv_eq_nocase(e->key, w->param->name);
    if (entity.len > 0 && sv_eq(entity, own))
        return same_key ? 9 : 8;
    if (entity.len > 0 && sv_eq(entity, place))
        return same_key ? 9 : 7;
    if (e->key.len > 2 && sv_eq_nocase(e->key, w->param->name))
        return 4;
    if (e->id.caller_of != 0 && is_person(own.len > 0 ? own : place))
        return 3;
    return names_end_alike(entity, own.len > 0 ? own : place) ? 2 : 0;
}

// 0: does not fit at all; more is better.
static unsigned rank_of(const struct wanted *w, const struct pool_entry *e) {
    bool exact = false;
    if (!shape_fits(w->param, e->id.shape, &exact))
        return 0;
    unsigned rank = name_rank(w, e);
    // A list right above the parameter: its own "id"s fit even when the list is called something else.
    struct entity_name other;
    bool own_key = e->key.len > 0 && entity_key_split(e->key, &other) && other.len == 0;
    if (w->param->in == PARAM_PATH && is_collection_of(e->id.source_path, w->op->path, w->param->name))
        rank = rank > 0 ? rank + 4 : own_key ? 3 : 0;
    return rank == 0 ? 0 : rank + exact;
}

static unsigned preference_of(const struct entity_pool *p, const struct pool_entry *e) {
    if (p->preferred == 0 || (e->id.listed_by & p->preferred) != 0)
        return 2;
    return e->id.listed_by == 0;
}

static unsigned full_rank(const struct entity_pool *p, const struct wanted *w, const struct pool_entry *e) {
    unsigned rank = rank_of(w, e);
    return rank == 0 ? 0 : rank * 3 + preference_of(p, e);
}

const struct entity_id *entity_pool_for(const struct entity_pool *p, const struct operation *op,
                                        const struct parameter *param, size_t n) {
    struct wanted w = {.op = op, .param = param};
    entity_of_parameter_names(op, param, &w.own, &w.place);
    if (w.own.len == 0 && w.place.len == 0)
        return NULL;
    size_t counts[RANKS] = {0};
    for (size_t i = 0; i < p->entries.len; i++)
        counts[full_rank(p, &w, p->entries.ptr[i])]++;
    unsigned rank = RANKS - 1;
    for (; rank > 0 && n >= counts[rank]; rank--)
        n -= counts[rank];
    if (rank == 0)
        return NULL;
    for (size_t i = 0; i < p->entries.len; i++)
        if (full_rank(p, &w, p->entries.ptr[i]) == rank && n-- == 0)
            return &p->entries.ptr[i]->id;
    return NULL;
}

// Does some other entry of this value fit the parameter, in views of these identities?
static bool is_listed_elsewhere(const struct entity_pool *p, const struct wanted *w, struct sv value, uint32_t bits) {
    for (const struct pool_entry *e = map_find(&p->by_value, value); e != NULL; e = e->same_value)
        if ((e->id.listed_by & bits) != 0 && rank_of(w, e) > 0)
            return true;
    return false;
}

const struct entity_id *entity_pool_owned(const struct entity_pool *p, const struct operation *op,
                                          const struct parameter *param, uint32_t owner, uint32_t others, size_t n) {
    struct wanted w = {.op = op, .param = param};
    entity_of_parameter_names(op, param, &w.own, &w.place);
    for (unsigned rank = RANKS / 3; rank > 0; rank--) {
        for (size_t i = 0; i < p->entries.len; i++) {
            const struct pool_entry *e = p->entries.ptr[i];
            if ((e->id.listed_by & owner) == 0 || rank_of(&w, e) != rank)
                continue;
            // Who the caller is does not depend on who is told of it; everything else is one's own when nobody else lists it.
            bool caller = (e->id.caller_of & owner) != 0 && (e->id.caller_of & others) == 0;
            bool alone = (e->id.listed_by & others) == 0 && !is_listed_elsewhere(p, &w, e->id.value, others);
            if ((caller || alone) && n-- == 0)
                return &e->id;
        }
    }
    return NULL;
}
