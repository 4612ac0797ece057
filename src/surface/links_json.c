// SPDX-License-Identifier: Apache-2.0
// Links in JSON: HAL (_links), JSON:API (links), plain URLs and paths in values, and members of collections by their
// id.
#include "base/escape.h"
#include "base/vec.h"
#include "data/node.h"
#include "evidence/natural_key.h"
#include "surface/surface_internal.h"

enum { WALK_DEPTH = 24, WALK_NODES = 60000, CHILDREN = 2 };

struct walk {
    struct arena *a;
    struct link_list *list;
    unsigned nodes;
    bool ok;
};

static bool key_is_link(struct sv key) {
    static const struct sv names[] = {
        SV_INIT("href"),      SV_INIT("url"),  SV_INIT("uri"),      SV_INIT("link"),     SV_INIT("self"),
        SV_INIT("next"),      SV_INIT("prev"), SV_INIT("previous"), SV_INIT("first"),    SV_INIT("last"),
        SV_INIT("related"),   SV_INIT("path"), SV_INIT("route"),    SV_INIT("endpoint"), SV_INIT("location"),
        SV_INIT("canonical"), SV_INIT("docs"),
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (sv_eq_nocase(key, names[i]))
            return true;
    return sv_ends_with_nocase(key, SV("url")) || sv_ends_with_nocase(key, SV("_uri")) ||
           sv_ends_with_nocase(key, SV("_link")) || sv_ends_with_nocase(key, SV("href")) ||
           sv_ends_with(key, SV("Link"));
}

static bool has_scheme(struct sv text) {
    return sv_starts_with_nocase(text, SV("http://")) || sv_starts_with_nocase(text, SV("https://"));
}

// RFC 6570: "{?page,size}" and "{#part}" are optional by definition, the path before them is whole; "{id}" needs a
// value.
static void take_template(struct walk *w, struct sv text) {
    size_t optional = sv_find(text, SV("{?"));
    if (optional == SIZE_MAX)
        optional = sv_find(text, SV("{#"));
    text = sv_slice(text, 0, optional == SIZE_MAX ? text.len : optional);
    if (sv_find_char(text, '{') == SIZE_MAX)
        w->ok = link_list_add(w->a, w->list, text, LINK_JSON);
    else if (!sv_contains(text, SV("{{")))
        w->ok = link_list_add_template(w->a, w->list, text);
}

static void take_string(struct walk *w, struct sv key, struct sv text, bool under_links) {
    if (sv_starts_with(text, SV("GET /"))) // "GET /users": endpoints listed as text
        text = sv_from_index(text, 4);
    bool keyed = under_links || key_is_link(key);
    bool absolute = has_scheme(text) || sv_starts_with(text, SV("/"));
    if (absolute && sv_find_char(text, '{') != SIZE_MAX)
        take_template(w, text);
    else if (has_scheme(text) || text_is_path(text))
        w->ok = link_list_add(w->a, w->list, text, keyed ? LINK_JSON : LINK_JSON_LOOSE);
    else if (sv_eq_nocase(key, SV("href")) && sv_find_char(text, ':') == SIZE_MAX)
        w->ok = link_list_add(w->a, w->list, text, LINK_JSON); // relative reference
}

static void walk_links(struct walk *w, const struct node *n, bool under_links, unsigned depth) {
    if (depth > WALK_DEPTH)
        return;
    for (const struct node *c = n->first; c != NULL && w->ok && w->nodes < WALK_NODES; c = c->next) {
        w->nodes++;
        bool named = n->kind == NODE_OBJECT;
        struct sv key = named ? c->key : n->key;
        bool links = under_links || sv_eq(key, SV("_links")) || sv_eq(key, SV("links"));
        if (c->kind == NODE_STRING)
            take_string(w, key, c->text, under_links);
        else if (c->first != NULL)
            walk_links(w, c, links, depth + 1);
        // {"/users": "list of users"} is how small services describe themselves.
        if (named && w->ok && text_is_path(key))
            w->ok = link_list_add(w->a, w->list, key, LINK_JSON_LOOSE);
    }
}

// The list of a collection: the root, or the first array of objects at most two levels below it.
static const struct node *collection_of(const struct node *n, unsigned depth) {
    if (node_is(n, NODE_ARRAY))
        return node_is(n->first, NODE_OBJECT) ? n : NULL;
    if (!node_is(n, NODE_OBJECT) || depth > 2)
        return NULL;
    for (const struct node *c = n->first; c != NULL; c = c->next) {
        const struct node *found = sv_eq(c->key, SV("_links")) || sv_eq(c->key, SV("links"))
                                       ? NULL
                                       : collection_of(c, depth + 1);
        if (found != NULL)
            return found;
    }
    return NULL;
}

static struct sv id_of(struct arena *a, const struct node *item, struct sv collection_name, struct sv natural) {
    static const struct sv keys[] = {SV_INIT("id"),   SV_INIT("_id"),    SV_INIT("uuid"), SV_INIT("guid"),
                                     SV_INIT("ID"),   SV_INIT("Id"),     SV_INIT("slug"), SV_INIT("key"),
                                     SV_INIT("code"), SV_INIT("number"), SV_INIT("ref"),  SV_INIT("reference"),
                                     SV_INIT("sku"),  SV_INIT("isbn"),   SV_INIT("handle"), SV_INIT("username"),
                                     SV_INIT("login")};
    struct sv singular = word_singular(a, collection_name);
    struct sv own[3] = {arena_printf(a, SV_FMT "_id", SV_ARG(singular)), arena_printf(a, SV_FMT "Id", SV_ARG(singular)),
                        arena_printf(a, SV_FMT "_key", SV_ARG(singular))};
    const struct node *found = NULL;
    for (size_t i = 0; i < 3 && found == NULL; i++)
        found = own[i].ptr != NULL ? node_get(item, own[i]) : NULL;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0] && found == NULL; i++)
        found = node_get(item, keys[i]);
    if (found == NULL && natural.len > 0)
        found = node_get(item, natural);
    if (found == NULL || (found->kind != NODE_STRING && found->kind != NODE_NUMBER))
        return SV_NONE;
    return found->text;
}

// Members of "/users/" answer at "/users/7/" in some frameworks and at "/users/7" in others; a service has its habit, not its reader.
static bool add_child(struct arena *a, struct sv collection, struct sv id, bool is_slashed, struct link_list *list) {
    auto_buf encoded = BUF_INIT(4096);
    esc_url(&encoded, id, "");
    struct sv child = buf_failed(&encoded) ? SV_NONE : arena_printf(a, SV_FMT "/" SV_FMT "/", SV_ARG(collection), SV_ARG(buf_sv(&encoded)));
    if (child.ptr == NULL || (is_slashed && !link_list_add(a, list, child, LINK_CHILD))) return false;
    return link_list_add(a, list, sv_slice(child, 0, child.len - 1), LINK_CHILD);
}

static bool add_children(struct arena *a, const struct node *root, struct sv path, struct link_list *list) {
    bool is_slashed = path.len > 1 && sv_ends_with(path, SV("/"));
    while (path.len > 1 && path.ptr[path.len - 1] == '/')
        path.len--;
    struct sv name = sv_from_index(path, path.len - path_directory(path).len > path.len ? 0 : path_directory(path).len);
    const struct node *items = name.len > 0 && !segment_is_variable(name, SV_NONE, NULL) ? collection_of(root, 0)
                                                                                         : NULL;
    struct sv natural = natural_key(items);
    unsigned added = 0;
    for (const struct node *n = items != NULL ? items->first : NULL; n != NULL && added < CHILDREN; n = n->next) {
        struct sv id = id_of(a, n, name, natural);
        if (id.len == 0 || id.len > 200 || sv_contains(id, SV("{{")))
            continue;
        if (!add_child(a, path, id, is_slashed, list))
            return false;
        added++;
    }
    return true;
}

bool links_of_json(struct arena *a, struct sv body, struct sv path, struct link_list *list) {
    struct node *root = NULL;
    int r = node_parse_json(a, body, &node_limits_response, &root, NULL);
    if (r != 0)
        return true; // broken or too large: no links
    if (!add_children(a, root, path, list))
        return false;
    struct walk w = {.a = a, .list = list, .ok = true};
    walk_links(&w, root, false, 0);
    return w.ok;
}
