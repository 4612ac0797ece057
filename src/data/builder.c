// SPDX-License-Identifier: Apache-2.0
// Nodes come from pools, so that millions of them cost few arena calls. An object with many members gets a hash index
// when it closes: it finds repeated keys at once and serves node_get later. Small objects are compared pair by pair,
// which is faster than hashing.
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/random.h"
#include "data/node_index.h"
#include "data/node_internal.h"

#define POOL_MIN   ((size_t)8)
#define POOL_MAX   ((size_t)512)
#define FRAMES_MIN 16U

int node_builder_fail(struct node_builder *b, int code, size_t offset, const char *format, ...) {
    if (b->code != 0)
        return b->code;
    b->code = code;
    char text[sizeof b->err->text];
    va_list args;
    va_start(args, format);
    if (vsnprintf(text, sizeof text, format, args) < 0)
        text[0] = '\0';
    va_end(args);
    unsigned line = 0;
    unsigned column = 0;
    node_place(b->input, offset, &line, &column);
    error_set(b->err, code, "%s", text);
    error_at(b->err, line, column);
    return code;
}

static void fail_nomem(struct node_builder *b) {
    if (b->code == 0)
        b->code = error_nomem(b->err);
}

// Offset of the first byte that is no UTF-8, or the length.
static size_t valid_prefix(struct sv text) {
    size_t at = 0;
    while (at < text.len) {
        uint64_t word = 0;
        if (text.len - at >= sizeof word) {
            memcpy(&word, text.ptr + at, sizeof word);
            if ((word & UINT64_C(0x8080808080808080)) == 0) {
                at += sizeof word;
                continue;
            }
        }
        size_t len = utf8_sequence(sv_from_index(text, at), NULL);
        if (len == 0)
            return at;
        at += len;
    }
    return at;
}

int node_builder_init(struct node_builder *b, struct arena *a, struct sv input, const struct node_limits *limits,
                      const char *what, struct error *err) {
    *b = (struct node_builder){.a = a, .input = input, .limits = *limits, .err = err};
    if (input.len > limits->max_bytes)
        return node_builder_fail(b, ERR_LIMIT, 0, "%s: %zu bytes are more than the limit of %zu", what, input.len,
                                 limits->max_bytes);
    size_t valid = valid_prefix(input);
    if (valid < input.len)
        return node_builder_fail(b, ERR_SYNTAX, valid, "%s: the text is not valid UTF-8", what);
    return 0;
}

struct node_frame *node_builder_top(struct node_builder *b) {
    return b->depth == 0 ? NULL : &b->frames[b->depth - 1];
}

// Counts `more` nodes against the limit.
static bool charge(struct node_builder *b, uint32_t more, size_t offset) {
    if (more > b->limits.max_nodes || b->total > b->limits.max_nodes - more) {
        node_builder_fail(b, ERR_LIMIT, offset, "more than %u values", b->limits.max_nodes);
        return false;
    }
    b->total += more;
    return true;
}

static struct node *take_node(struct node_builder *b) {
    if (b->pool_left == 0) {
        size_t size = b->pool_size == 0 ? POOL_MIN : b->pool_size * 2;
        if (size > POOL_MAX)
            size = POOL_MAX;
        struct node *pool = arena_new_array(b->a, struct node, size);
        if (pool == NULL) {
            fail_nomem(b);
            return NULL;
        }
        b->pool = pool;
        b->pool_left = b->pool_size = size;
    }
    b->pool_left--;
    return b->pool++;
}

static void append(struct node **first, struct node **last, struct node *n) {
    if (*last == NULL)
        *first = n;
    else
        (*last)->next = n;
    *last = n;
}

static void attach(struct node_builder *b, struct node *n) {
    struct node_frame *f = node_builder_top(b);
    if (f == NULL) {
        b->root = n;
        return;
    }
    if (f->is_merge) {
        append(&f->merges, &f->last_merge, n);
        f->is_merge = false;
    } else {
        n->key = f->key;
        append(&f->node->first, &f->last, n);
        f->node->count++;
    }
    f->has_key = false;
}

struct node *node_builder_add(struct node_builder *b, enum node_kind kind, struct sv text, size_t offset) {
    struct node *n = charge(b, 1, offset) ? take_node(b) : NULL;
    if (n == NULL)
        return NULL;
    n->kind = kind;
    n->text = text;
    n->offset = offset;
    attach(b, n);
    return n;
}

static bool grow_frames(struct node_builder *b) {
    uint32_t cap = b->frame_cap == 0 ? FRAMES_MIN : b->frame_cap * 2;
    struct node_frame *frames = arena_new_array(b->a, struct node_frame, cap);
    if (frames == NULL) {
        fail_nomem(b);
        return false;
    }
    if (b->depth > 0)
        memcpy(frames, b->frames, b->depth * sizeof *frames);
    b->frames = frames;
    b->frame_cap = cap;
    return true;
}

struct node *node_builder_open(struct node_builder *b, enum node_kind kind, size_t offset) {
    if (b->depth >= b->limits.max_depth) {
        node_builder_fail(b, ERR_LIMIT, offset, "more than %u levels", b->limits.max_depth);
        return NULL;
    }
    if (b->depth == b->frame_cap && !grow_frames(b))
        return NULL;
    struct node *n = node_builder_add(b, kind, SV_NONE, offset);
    if (n != NULL)
        b->frames[b->depth++] = (struct node_frame){.node = n};
    return n;
}

// Marks every member whose key comes again later. True when there is one.
static bool mark_small(struct node *object) {
    bool found = false;
    for (struct node *m = object->first; m != NULL; m = m->next) {
        for (const struct node *later = m->next; later != NULL && !m->dropped; later = later->next)
            m->dropped = sv_eq(m->key, later->key);
        found = found || m->dropped;
    }
    return found;
}

static bool mark_large(struct node_builder *b, struct node *object) {
    if (!b->has_keys) {
        b->key0 = random_seed();
        b->key1 = random_seed();
        b->has_keys = true;
    }
    struct node_index *index = node_index_new(b->a, object->count, b->key0, b->key1);
    if (index == NULL) {
        fail_nomem(b);
        return false;
    }
    bool found = false;
    for (struct node *m = object->first; m != NULL; m = m->next) {
        struct node **slot = node_index_slot(index, m->key);
        if (*slot != NULL)
            (*slot)->dropped = found = true;
        *slot = m;
    }
    object->index = index;
    return found;
}

// The last of several members with one key stays. True when some went.
static bool drop_duplicates(struct node_builder *b, struct node *object) {
    bool found = object->count <= NODE_INDEX_MIN ? mark_small(object) : mark_large(b, object);
    if (!found)
        return false;
    for (struct node **link = &object->first; *link != NULL;) {
        if ((*link)->dropped) {
            *link = (*link)->next;
            object->count--;
        } else {
            link = &(*link)->next;
        }
    }
    return true;
}

// Nodes of a subtree, counted against the limit, and whether it fits below the open containers. Recursion is as deep as
// the tree, which the limit bounds.
static bool charge_subtree(struct node_builder *b, const struct node *n, uint32_t depth, size_t offset) {
    bool container = n->kind == NODE_ARRAY || n->kind == NODE_OBJECT;
    if (container && depth >= b->limits.max_depth) {
        node_builder_fail(b, ERR_LIMIT, offset, "more than %u levels", b->limits.max_depth);
        return false;
    }
    if (!charge(b, 1, offset))
        return false;
    for (const struct node *child = n->first; child != NULL; child = child->next)
        if (!charge_subtree(b, child, depth + 1, offset))
            return false;
    return true;
}

static struct node *copy_node(struct node_builder *b, const struct node *original, size_t offset) {
    struct node *n = charge_subtree(b, original, b->depth, offset) ? take_node(b) : NULL;
    if (n == NULL)
        return NULL;
    *n = *original;
    n->next = NULL;
    return n;
}

struct node *node_builder_add_copy(struct node_builder *b, const struct node *original, size_t offset) {
    struct node *n = copy_node(b, original, offset);
    if (n == NULL)
        return NULL;
    n->key = SV_NONE;
    attach(b, n);
    return n;
}

// Puts copies of the members of one "<<" source in front, so that all that is already there comes later and wins.
static bool merge_object(struct node_builder *b, struct node *into, const struct node *source) {
    if (source->kind != NODE_OBJECT) {
        node_builder_fail(b, ERR_SYNTAX, source->offset,
                          "YAML: the value of << must be a mapping or a list of mappings");
        return false;
    }
    struct node *first = NULL;
    struct node *last = NULL;
    for (const struct node *m = source->first; m != NULL; m = m->next) {
        struct node *copy = copy_node(b, m, source->offset);
        if (copy == NULL)
            return false;
        append(&first, &last, copy);
        into->count++;
    }
    if (last == NULL)
        return true;
    last->next = into->first;
    into->first = first;
    return true;
}

static bool apply_merges(struct node_builder *b, struct node *into, const struct node *merges) {
    for (const struct node *value = merges; value != NULL; value = value->next) {
        bool is_list = value->kind == NODE_ARRAY;
        for (const struct node *source = is_list ? value->first : value; source != NULL;
             source = is_list ? source->next : NULL)
            if (!merge_object(b, into, source))
                return false;
    }
    // The index of the members before the merge, if there was one, misses the new ones.
    into->text = SV_NONE;
    drop_duplicates(b, into);
    return b->code == 0;
}

struct node *node_builder_close(struct node_builder *b) {
    const struct node_frame *f = &b->frames[b->depth - 1];
    struct node *n = f->node;
    if (n->kind == NODE_OBJECT) {
        n->has_duplicates = drop_duplicates(b, n);
        if (f->merges != NULL && !apply_merges(b, n, f->merges))
            return NULL;
        if (b->code != 0)
            return NULL;
    }
    b->depth--;
    return n;
}

int node_builder_finish(struct node_builder *b, struct arena_mark mark, struct node **ret) {
    if (b->code == 0) {
        *ret = b->root;
        return 0;
    }
    arena_rewind(b->a, mark);
    return b->code;
}
