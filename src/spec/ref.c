// SPDX-License-Identifier: Apache-2.0
/*
 * References. A reference names a file beside the main document and a JSON Pointer in it. The name is made plain first
 * ("a/../b" is "b") and refused when it would leave the directory, so the reader only ever sees names that go
 * downwards. Nothing is fetched.
 */
#include "base/random.h"
#include "http/url.h"
#include "spec/spec_internal.h"

struct place spec_child(struct place parent, struct node *node) {
    return (struct place){node, parent.doc};
}

struct document *spec_document_add(struct builder *b, struct sv name, struct sv path, struct sv bytes) {
    struct document *d = arena_new(b->a, struct document);
    if (d == NULL)
        return spec_nomem(b);
    *d = (struct document){.name = name, .path = path, .bytes = bytes};
    map_init(&d->refs, random_seed());
    return map_set(b->a, &b->documents, path, d) ? d : spec_nomem(b);
}

static bool is_plain_name(struct sv name) {
    if (name.len == 0 || name.ptr[0] == '/')
        return false;
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.ptr[i] < 0x20 || name.ptr[i] == '\\' || name.ptr[i] == ':')
            return false;
    return true;
}

// Appends a segment and a slash, or takes the last one away for "..". False when there is none to take.
static bool walk(char *out, size_t *n, struct sv segment) {
    if (segment.len == 0 || sv_eq(segment, SV(".")))
        return true;
    if (!sv_eq(segment, SV(".."))) {
        memcpy(out + *n, segment.ptr, segment.len);
        *n += segment.len;
        out[(*n)++] = '/';
        return true;
    }
    if (*n == 0)
        return false;
    do
        (*n)--;
    while (*n > 0 && out[*n - 1] != '/');
    return true;
}

// Joins the directory of `from` and a relative name; SV_NONE when the result would not lie below the main document's
// directory.
static struct sv join_path(struct builder *b, struct sv from, struct sv name) {
    size_t slash = sv_rfind_char(from, '/');
    size_t n = slash == SIZE_MAX ? 0 : slash + 1;
    if (!is_plain_name(name))
        return SV_NONE;
    char *out = arena_alloc(b->a, n + name.len + 1);
    if (out == NULL) {
        (void)spec_nomem(b);
        return SV_NONE;
    }
    if (n > 0)
        memcpy(out, from.ptr, n);
    struct sv segment = SV_NONE;
    while (sv_split(&name, '/', &segment))
        if (!walk(out, &n, segment))
            return SV_NONE;
    return n > 1 ? sv_make(out, n - 1) : SV_NONE;
}

static struct document *load(struct builder *b, struct place from, struct sv path) {
    struct document *d = map_find(&b->documents, path);
    if (d != NULL)
        return d->root != NULL ? d : NULL;
    if (b->options->reader == NULL) {
        spec_warn(b, from, "references to other files are not followed here: " SV_FMT, SV_ARG(spec_short(path)));
        return NULL;
    }
    if (b->documents.len >= SPEC_DOCUMENTS_MAX) {
        spec_warn(b, from, "more than %d files are referred to: " SV_FMT " is left out", SPEC_DOCUMENTS_MAX,
                  SV_ARG(spec_short(path)));
        return NULL;
    }
    struct sv bytes = SV_NONE;
    struct error err = {0};
    int r = b->options->reader->read(b->options->reader, b->a, path, &bytes, &err);
    d = spec_document_add(b, path, path, bytes);
    if (d == NULL)
        return NULL;
    b->document_bytes += bytes.len;
    if (r == 0 && b->document_bytes > SPEC_DOCUMENTS_BYTES_MAX)
        r = error_set(&err, ERR_LIMIT, "the files of the specification are larger than %zu bytes together",
                      SPEC_DOCUMENTS_BYTES_MAX);
    if (r == 0)
        r = node_parse_any(b->a, bytes, &node_limits_document, &d->root, &err);
    if (r == 0)
        return d;
    d->root = NULL;
    if (r == -ENOMEM)
        return spec_nomem(b);
    spec_warn(b, from, SV_FMT " cannot be read: %s", SV_ARG(spec_short(path)), err.text);
    return NULL;
}

static struct document *target_document(struct builder *b, struct place from, struct sv file) {
    if (file.len == 0)
        return from.doc;
    if (sv_contains(file, SV("://"))) {
        spec_warn(b, from, "nothing is fetched for a reference: " SV_FMT, SV_ARG(spec_short(file)));
        return NULL;
    }
    struct sv decoded = url_decode(b->a, file, /* plus= */ false);
    struct sv path = decoded.ptr == NULL ? SV_NONE : join_path(b, from.doc->path, decoded);
    if (path.ptr == NULL) {
        spec_warn(b, from, "the reference leaves the directory of the specification: " SV_FMT,
                  SV_ARG(spec_short(file)));
        return NULL;
    }
    return load(b, from, path);
}

static struct place resolve(struct builder *b, struct place from, struct sv ref) {
    struct place none = {0};
    size_t hash = sv_find_char(ref, '#');
    struct document *d = target_document(b, from, hash == SIZE_MAX ? ref : sv_slice(ref, 0, hash));
    if (d == NULL)
        return none;
    struct sv pointer = hash == SIZE_MAX ? SV("") : url_decode(b->a, sv_from_index(ref, hash + 1), /* plus= */ false);
    if (pointer.ptr == NULL && hash != SIZE_MAX)
        return (void)spec_nomem(b), none;
    struct place found = {node_pointer(d->root, pointer), d};
    if (found.node == NULL)
        spec_warn(b, from, "the reference leads nowhere: " SV_FMT, SV_ARG(spec_short(ref)));
    return found;
}

static struct place *resolve_once(struct builder *b, struct place from, struct sv ref) {
    struct place *known = map_find(&from.doc->refs, ref);
    if (known != NULL)
        return known;
    known = arena_new(b->a, struct place);
    if (known == NULL)
        return spec_nomem(b);
    *known = resolve(b, from, ref);
    return map_set(b->a, &from.doc->refs, ref, known) ? known : spec_nomem(b);
}

bool spec_follow(struct builder *b, struct place *p) {
    struct place first = *p;
    for (int hops = 0; hops < SPEC_REF_DEPTH_MAX; hops++) {
        struct node *ref = node_get(p->node, SV("$ref"));
        if (p->node == NULL || !node_is(ref, NODE_STRING))
            return p->node != NULL;
        struct place *target = resolve_once(b, *p, ref->text);
        if (target == NULL || target->node == NULL)
            return false;
        *p = *target;
    }
    spec_warn(b, first, "the reference goes round in a circle or over more than %d steps", SPEC_REF_DEPTH_MAX);
    return false;
}

struct place spec_member(struct builder *b, struct place object, struct sv key) {
    struct place p = spec_child(object, node_get(object.node, key));
    if (p.node == NULL || !spec_follow(b, &p))
        return (struct place){0};
    return p;
}
