// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_SURFACE_SURFACE_INTERNAL_H
#define PLUMB_SURFACE_SURFACE_INTERNAL_H

#include "base/map.h"
#include "base/vec.h"
#include "surface/surface.h"

// -- links: what an answer refers to
// ------------------------------------------------------------------------------------------
enum link_kind {
    LINK_LOCATION,
    LINK_HEADER,
    LINK_JSON,       // under a key that says link
    LINK_JSON_LOOSE, // any JSON string that looks like a path
    LINK_HTML,
    LINK_SCRIPT_FILE, // a script to read, no endpoint by itself
    LINK_SCRIPT_TEXT, // a string in a script
    LINK_TEXT,        // robots.txt, sitemap.xml
    LINK_TEMPLATE,    // "/users/{id}": needs identifiers first
    LINK_CHILD,       // identifier of a collection's member
    LINK_KIND_COUNT
};

struct link_found {
    struct sv reference; // as written, may be relative
    enum link_kind kind;
};

enum { LINKS_PER_ANSWER = 400, LINK_LENGTH_MAX = 1024, LINK_BODY_MAX = 512 * 1024, KNOWN_IDS_MAX = 5000 };

struct link_list {
    struct link_found *ptr;
    size_t len, cap;
};

// Adds unless the list is full, the reference is too long or not printable. False when out of memory.
bool link_list_add(struct arena *a, struct link_list *list, struct sv reference, enum link_kind kind);
// The same for a reference with {expressions}; an unbalanced one is left out.
bool link_list_add_template(struct arena *a, struct link_list *list, struct sv text);
// Everything that the answer refers to: headers, then the body by its media type. Bounded.
int links_of_answer(struct arena *a, const struct exchange *x, struct link_list *ret, struct error *err) MUST_USE;
bool links_of_json(struct arena *a, struct sv body, struct sv path, struct link_list *list);
bool links_of_html(struct arena *a, struct sv body, struct link_list *list);
bool links_of_script(struct arena *a, struct sv text, struct link_list *list);
bool links_of_robots(struct arena *a, struct sv body, struct link_list *list);
bool links_of_sitemap(struct arena *a, struct sv body, struct link_list *list);
// A text such as "/users/17?x=1" or "/v1/x": begins with one slash and holds only what a path and a query hold.
bool text_is_path(struct sv text);
// Ends in a name of a static file (picture, style, font); scripts are not among them.
bool path_is_static(struct sv path);

// -- templates
// ------------------------------------------------------------------------------------------------------------------
// Known identifiers (texts that stood under id-like keys) help where the shape does not decide. May be NULL.
bool segment_is_variable(struct sv segment, struct sv previous, const struct map *known_ids);
// "v2", "v1.1", "2024-01-31" is no variable, but a version.
bool segment_is_version(struct sv segment);
// Operation for a concrete path and query; parameters carry the seen values as examples.
int template_of_path(struct arena *a, struct sv path, struct sv query, const struct map *known_ids,
                     struct operation *ret, struct error *err) MUST_USE;
// "users" -> "user", "categories" -> "category", "boxes" -> "box"; view into the arena.
struct sv word_singular(struct arena *a, struct sv word);
uint32_t types_of_text(struct sv text);

// -- words
// ----------------------------------------------------------------------------------------------------------------------
// Does a path (with query) hold a word that smells of change?
bool path_smells_of_change(const struct node *risky, struct sv path);

// -- candidates
// -----------------------------------------------------------------------------------------------------------------
enum candidate_kind {
    CANDIDATE_TARGET,
    CANDIDATE_SPEC,
    CANDIDATE_TEXT_FILE, // robots.txt, sitemap.xml, security.txt
    CANDIDATE_ROUTE,
    CANDIDATE_LINK,
    CANDIDATE_SCRIPT,
    CANDIDATE_VERSION,
    CANDIDATE_KIND_COUNT
};

struct candidate {
    struct sv target; // "/path?query", encoded
    struct sv class_name;
    enum candidate_kind kind;
    double value;
    unsigned depth; // links followed to get here
    bool sent, answered;
    bool linked; // an answer leads there, whatever it was first
};

struct candidate_list {
    struct candidate *ptr;
    size_t len, cap;
};

struct owned_operation {
    struct operation *operation;
    struct sv class_name; // SV_NONE when not guessed
};

struct owned_list {
    struct owned_operation *ptr;
    size_t len, cap;
};

// A link with {expressions} that waits for identifiers.
struct link_template {
    struct sv path; // absolute, on the target's origin
    unsigned depth;
    bool filled;
};

struct template_list {
    struct link_template *ptr;
    size_t len, cap;
};

struct surface {
    struct arena *a;
    struct api *api;
    const struct entity_pool *entities;
    const struct node *spec_paths, *routes, *risky;
    struct url base;
    unsigned max_requests, sent;
    unsigned sent_by_kind[CANDIDATE_KIND_COUNT];
    struct candidate_list candidates;
    struct map by_target; // target -> candidate index + 1
    struct map by_shape;  // nameless template and query names -> count
    struct map known_ids; // texts under id-like keys
    struct map versions;  // prefix and version -> count of siblings planned
    struct owned_list owned;
    struct template_list templates;
    bool attached; // owned operations stand in the api
    bool has_spec, spec_searched;
    bool frozen; // parameters of operations may be in use: they do not grow any more
    struct sv spec_path, spec_body;
    unsigned observed;
};

// Plans one request to `target` ("/path?query"). Unknown, in bounds and harmless only; *err only when out of memory.
int candidate_add(struct surface *s, struct sv target, enum candidate_kind kind, struct sv class_name, double value,
                  unsigned depth, struct error *err) MUST_USE;
// The most valuable one that is not sent yet; quotas keep one kind from eating the others. SIZE_MAX when there is none.
size_t candidate_pick(const struct surface *s);

// -- operations that discovery found
// ---------------------------------------------------------------------------------------------- From the answer to a
// candidate or (method not GET) from an Allow header.
int owned_add(struct surface *s, struct sv method, struct sv target, uint32_t source, struct sv class_name,
              struct error *err) MUST_USE;
// A query parameter that the operation for this concrete path (found before) wants.
// The query names of a link to a known operation, while operations may still change.
int owned_learn_query(struct surface *s, struct sv target, struct error *err) MUST_USE;
int owned_add_required(struct surface *s, struct sv path, struct sv name, struct error *err) MUST_USE;
void owned_detach(struct surface *s);
int owned_attach(struct surface *s, struct error *err) MUST_USE;

// Keeps the template; templates_fill plans those for which the entity pool has identifiers by now.
int templates_add(struct surface *s, struct sv path, unsigned depth, struct error *err) MUST_USE;
int templates_fill(struct surface *s, struct error *err) MUST_USE;
// A member's name is a variable whatever it looks like: the last segment of "/members/anna".
int known_id_add(struct surface *s, struct sv path, struct error *err) MUST_USE;

// Version siblings of a concrete path.
int versions_plan(struct surface *s, struct sv path, unsigned depth, struct error *err) MUST_USE;
int routes_plan(struct surface *s, struct error *err) MUST_USE;
int text_files_plan(struct surface *s, struct error *err) MUST_USE;
int specs_plan(struct surface *s, struct sv directory, bool is_root, struct error *err) MUST_USE;

#endif
