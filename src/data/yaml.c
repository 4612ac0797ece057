// SPDX-License-Identifier: Apache-2.0
// Only libfyaml's events are used: its documents expand without our limits. An alias becomes a copy of the anchored
// node that shares its children, so the "billion laughs" cost counting and no memory.
#include <libfyaml.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/random.h"
#include "data/node_internal.h"
#include "data/yaml_schema.h"

struct yaml_parse {
    struct node_builder b;
    struct fy_parser *parser;
    struct map anchors; // name to struct anchor; of one document
    uint32_t documents; // begun so far
    bool many;          // the root is an array of documents
    struct fy_token_iter *iterator;
    struct buf pieces;    // of the scalar that is read now
    struct anchor **open; // by depth: the anchor of each open container or NULL
    uint32_t open_cap;
};

// The node is NULL while its container is open.
struct anchor {
    struct node *node;
};

static size_t token_offset(struct yaml_parse *p, struct fy_token *token) {
    const struct fy_mark *mark = token == NULL ? NULL : fy_token_start_mark(token);
    size_t offset = mark == NULL ? p->b.input.len : mark->input_pos;
    return offset > p->b.input.len ? p->b.input.len : offset;
}

static bool is_in_input(const struct yaml_parse *p, struct sv text) {
    uintptr_t from = (uintptr_t)p->b.input.ptr;
    uintptr_t at = (uintptr_t)text.ptr;
    return at >= from && at - from <= p->b.input.len && text.len <= p->b.input.len - (at - from);
}

// The content in one piece: a view into the input where it stands there so, else a copy. fy_token_get_text() is not
// used: in some versions of libfyaml it leaks when the content has many pieces, or counts bytes that it never writes.
static struct sv token_text(struct yaml_parse *p, struct fy_token *token) {
    if (token == NULL)
        return SV("");
    fy_token_iter_start(token, p->iterator);
    buf_clear(&p->pieces);
    struct sv first = SV("");
    size_t count = 0;
    const struct fy_iter_chunk *chunk = NULL;
    while ((chunk = fy_token_iter_chunk_next(p->iterator, chunk, NULL)) != NULL) {
        if (count++ == 0)
            first = (struct sv){chunk->str, chunk->len};
        else if (count == 2)
            buf_add(&p->pieces, first);
        if (count > 1)
            buf_add(&p->pieces, (struct sv){chunk->str, chunk->len});
    }
    struct sv text = count > 1 ? buf_sv(&p->pieces) : first;
    if (!is_in_input(p, text) && text.len > 0)
        text = buf_failed(&p->pieces) ? SV_NONE : arena_copy_sv(p->b.a, text);
    fy_token_iter_finish(p->iterator);
    if (text.ptr == NULL && p->b.code == 0)
        p->b.code = error_nomem(p->b.err);
    return text;
}

// Registers the name; NULL when there is none or on failure.
static struct anchor *new_anchor(struct yaml_parse *p, struct fy_token *token) {
    if (token == NULL)
        return NULL;
    struct sv name = token_text(p, token);
    struct anchor *anchor = name.ptr == NULL ? NULL : arena_new(p->b.a, struct anchor);
    if (anchor != NULL && map_set(p->b.a, &p->anchors, name, anchor))
        return anchor;
    if (p->b.code == 0)
        p->b.code = error_nomem(p->b.err);
    return NULL;
}

// Whether the next node is a key; containers cannot be one.
static bool wants_key(struct yaml_parse *p) {
    const struct node_frame *f = node_builder_top(&p->b);
    return f != NULL && f->node->kind == NODE_OBJECT && !f->has_key;
}

static void set_key(struct yaml_parse *p, struct sv key, bool is_merge) {
    struct node_frame *f = node_builder_top(&p->b);
    f->key = key;
    f->has_key = true;
    f->is_merge = is_merge;
}

static void on_scalar(struct yaml_parse *p, const struct fy_event *e) {
    struct fy_token *value = e->scalar.value;
    bool plain = value == NULL || fy_token_scalar_style(value) == FYSS_PLAIN;
    size_t offset = token_offset(p, value);
    struct anchor *anchor = new_anchor(p, e->scalar.anchor);
    struct sv text = token_text(p, value);
    struct sv tag = e->scalar.tag == NULL ? SV_NONE : token_text(p, e->scalar.tag);
    if (p->b.code != 0)
        return;
    enum node_kind kind = yaml_scalar_kind(text, plain, tag);
    struct sv content = yaml_scalar_text(text, kind);
    if (wants_key(p)) {
        bool is_merge = plain && tag.ptr == NULL && sv_eq(text, SV("<<"));
        set_key(p, text, is_merge);
        if (anchor == NULL)
            return;
        // An anchored key may be meant by an alias later; it is no value of the tree.
        anchor->node = arena_new(p->b.a, struct node);
        if (anchor->node == NULL)
            p->b.code = error_nomem(p->b.err);
        else
            *anchor->node = (struct node){.kind = kind, .text = content, .offset = offset};
        return;
    }
    struct node *n = node_builder_add(&p->b, kind, content, offset);
    if (anchor != NULL)
        anchor->node = n;
}

static void on_alias(struct yaml_parse *p, const struct fy_event *e) {
    size_t offset = token_offset(p, e->alias.anchor);
    struct sv name = token_text(p, e->alias.anchor);
    if (name.ptr == NULL)
        return;
    const struct anchor *anchor = map_find(&p->anchors, name);
    if (anchor == NULL) {
        node_builder_fail(&p->b, ERR_SYNTAX, offset, "YAML: this alias has no anchor before it");
    } else if (anchor->node == NULL) {
        node_builder_fail(&p->b, ERR_SYNTAX, offset, "YAML: an alias inside the value of its own anchor");
    } else if (!wants_key(p)) {
        (void)node_builder_add_copy(&p->b, anchor->node, offset);
    } else if (anchor->node->kind == NODE_ARRAY || anchor->node->kind == NODE_OBJECT) {
        node_builder_fail(&p->b, ERR_SYNTAX, offset, "YAML: a key must be a scalar");
    } else {
        set_key(p, anchor->node->text.ptr == NULL ? SV("null") : anchor->node->text, /* is_merge= */ false);
    }
}

static void on_open(struct yaml_parse *p, enum node_kind kind, struct fy_token *start, struct fy_token *anchor_token) {
    size_t offset = token_offset(p, start);
    if (wants_key(p)) {
        node_builder_fail(&p->b, ERR_SYNTAX, offset, "YAML: a key must be a scalar");
        return;
    }
    struct anchor *anchor = new_anchor(p, anchor_token);
    if (p->b.code != 0 || node_builder_open(&p->b, kind, offset) == NULL)
        return;
    if (p->b.depth > p->open_cap) {
        // As many as frames, which grew just now.
        struct anchor **open = arena_new_array(p->b.a, struct anchor *, p->b.frame_cap);
        if (open == NULL) {
            p->b.code = error_nomem(p->b.err);
            return;
        }
        if (p->open_cap > 0)
            memcpy(open, p->open, p->open_cap * sizeof(struct anchor *));
        p->open = open;
        p->open_cap = p->b.frame_cap;
    }
    p->open[p->b.depth - 1] = anchor;
}

static void on_close(struct yaml_parse *p) {
    struct anchor *anchor = p->open[p->b.depth - 1];
    struct node *n = node_builder_close(&p->b);
    if (anchor != NULL)
        anchor->node = n;
}

static void on_document(struct yaml_parse *p, const struct fy_event *e) {
    if (p->documents > 0 && !p->many)
        node_builder_fail(&p->b, ERR_SYNTAX, token_offset(p, e->document_start.document_start),
                          "YAML: a second document begins, but one was expected");
    p->documents++;
    map_init(&p->anchors, random_seed());
}

static void on_event(struct yaml_parse *p, const struct fy_event *e) {
    switch (e->type) {
    case FYET_DOCUMENT_START:
        on_document(p, e);
        break;
    case FYET_MAPPING_START:
        on_open(p, NODE_OBJECT, e->mapping_start.mapping_start, e->mapping_start.anchor);
        break;
    case FYET_SEQUENCE_START:
        on_open(p, NODE_ARRAY, e->sequence_start.sequence_start, e->sequence_start.anchor);
        break;
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END:
        on_close(p);
        break;
    case FYET_SCALAR:
        on_scalar(p, e);
        break;
    case FYET_ALIAS:
        on_alias(p, e);
        break;
    case FYET_NONE:
    case FYET_STREAM_START:
    case FYET_STREAM_END:
    case FYET_DOCUMENT_END:
        break;
    }
}

// The first error that libfyaml collected; later ones follow from it.
static void fail_syntax(struct yaml_parse *p, struct fy_diag *diag) {
    void *iterator = NULL;
    const struct fy_diag_error *e = fy_diag_errors_iterate(diag, &iterator);
    if (e == NULL) {
        node_builder_fail(&p->b, ERR_SYNTAX, p->b.input.len, "YAML: the text breaks the grammar");
        return;
    }
    p->b.code = error_set(p->b.err, ERR_SYNTAX, "YAML: %s", e->msg == NULL ? "the text breaks the grammar" : e->msg);
    if (e->line >= 0 && e->column >= 0)
        error_at(p->b.err, (unsigned)e->line, (unsigned)e->column);
}

static void run(struct yaml_parse *p, struct fy_diag *diag) {
    bool ended = false;
    while (p->b.code == 0 && !ended) {
        struct fy_event *e = fy_parser_parse(p->parser);
        if (e == NULL)
            break;
        ended = e->type == FYET_STREAM_END;
        on_event(p, e);
        fy_parser_event_free(p->parser, e);
    }
    if (p->b.code == 0 && (!ended || fy_parser_get_stream_error(p->parser)))
        fail_syntax(p, diag);
}

// libfyaml takes some control characters that YAML 1.2.2 (5.1) excludes, NUL among them.
static void check_characters(struct node_builder *b) {
    for (size_t i = 0; i < b->input.len; i++) {
        unsigned char c = (unsigned char)b->input.ptr[i];
        if ((c >= 0x20 && c != 0x7f) || c == '\t' || c == '\n' || c == '\r')
            continue;
        node_builder_fail(b, ERR_SYNTAX, i, "YAML: the control character 0x%02x must not stand in the text", c);
        return;
    }
}

static int parse_with(struct yaml_parse *p, struct fy_diag *diag) {
    struct fy_parse_cfg config = {
        .flags = FYPCF_COLLECT_DIAG | FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE | FYPCF_DISABLE_DEPTH_LIMIT,
        .diag = diag,
    };
    p->parser = fy_parser_create(&config);
    p->iterator = fy_token_iter_create(NULL);
    // No scalar is longer than the input, but for its escapes, which at most double it (\L makes three bytes of two).
    buf_init(&p->pieces, 2 * p->b.input.len);
    if (p->parser != NULL && p->iterator != NULL &&
        fy_parser_set_string(p->parser, p->b.input.ptr, p->b.input.len) == 0)
        run(p, diag);
    else
        p->b.code = error_nomem(p->b.err);
    buf_fini(&p->pieces);
    if (p->iterator != NULL)
        fy_token_iter_destroy(p->iterator);
    if (p->parser != NULL)
        fy_parser_destroy(p->parser);
    return p->b.code;
}

static int parse(struct arena *a, struct sv input, const struct node_limits *limits, bool many, struct node **ret,
                 struct error *err) {
    struct arena_mark mark = arena_mark(a);
    struct yaml_parse p = {.many = many};
    if (input.ptr == NULL)
        input = SV("");
    int r = node_builder_init(&p.b, a, input, limits, "YAML", err);
    if (r < 0)
        return r;
    check_characters(&p.b);
    if (many) {
        p.b.limits.max_depth++; // the list of documents is none of theirs
        if (p.b.code == 0)
            on_open(&p, NODE_ARRAY, NULL, NULL);
        if (p.b.code == 0)
            p.b.root->offset = 0;
    }
    if (p.b.code == 0 && input.len > 0) {
        struct fy_diag_cfg config = {.level = FYET_ERROR};
        fy_diag_cfg_default(&config);
        struct fy_diag *diag = fy_diag_create(&config);
        if (diag == NULL) {
            p.b.code = error_nomem(err);
        } else {
            fy_diag_set_collect_errors(diag, true);
            p.b.code = parse_with(&p, diag);
            fy_diag_destroy(diag);
        }
    }
    if (p.b.code == 0 && many)
        on_close(&p);
    if (p.b.code == 0 && p.b.root == NULL)
        node_builder_fail(&p.b, ERR_SYNTAX, 0, "YAML: there is no document");
    return node_builder_finish(&p.b, mark, ret);
}

int node_parse_yaml(struct arena *a, struct sv input, const struct node_limits *limits, struct node **ret,
                    struct error *err) {
    return parse(a, input, limits, /* many= */ false, ret, err);
}

int node_parse_yaml_all(struct arena *a, struct sv input, const struct node_limits *limits, struct node **ret,
                        struct error *err) {
    return parse(a, input, limits, /* many= */ true, ret, err);
}
