// SPDX-License-Identifier: Apache-2.0
#include "http/build.h"
#include "http/header.h"
#include "http/json_scan.h"
#include "spec/spec_internal.h"

#define LEAVES_SEEN_MAX 1024
#define VISITS_MAX      20000 // of one body: objects in objects can describe far more than a file of their size holds

struct leaves {
    struct builder *b;
    VEC_OF(struct parameter) v;
    size_t visits;
    bool cut;
};

// What an example, else the schema itself, gives for this value, as JSON text.
static struct sv example_of(const struct schema *s, struct sv inherited) {
    if (inherited.ptr != NULL)
        return inherited;
    return s->example.ptr != NULL ? s->example : s->default_value;
}

static void add_leaf(struct leaves *l, struct sv name, struct schema *s, struct sv example, bool required) {
    struct sv value = example_of(s, example);
    struct parameter p = {.name = name,
                          .in = PARAM_BODY,
                          .required = required,
                          .schema = s,
                          .description = s->description,
                          .example = sv_eq(value, SV("null")) ? SV_NONE : spec_raw(l->b, value)};
    if (l->v.len >= LEAVES_SEEN_MAX)
        l->cut = true;
    else if (!VEC_PUSH(l->b->a, &l->v, p))
        (void)spec_nomem(l->b);
}

static bool has_properties(const struct schema *s) {
    return s->property_count > 0 && (s->types == 0 || (s->types & TYPE_OBJECT) != 0);
}

// First element of a JSON array, SV_NONE when there is none.
static struct sv first_element(struct sv json) {
    struct sv rest = json.len > 0 && json.ptr[0] == '[' ? sv_from_index(json, 1) : SV_NONE;
    struct sv value = SV_NONE;
    return rest.ptr != NULL && json_skip_value(&rest, &value) ? value : SV_NONE;
}

static void flatten(struct leaves *l, struct schema *s, struct sv name, struct sv example, bool required, int depth);

static void flatten_properties(struct leaves *l, const struct schema *s, struct sv name, struct sv example,
                               bool required, int depth) {
    for (size_t i = 0; i < s->property_count; i++) {
        const struct schema_property *p = &s->properties[i];
        struct sv value = SV_NONE;
        if (p->schema->read_only || p->name.len == 0)
            continue;
        if (example.ptr != NULL && !json_member(example, p->name, &value))
            value = SV_NONE;
        flatten(l, p->schema, body_name_join(l->b->a, name, p->name), value, required && p->required, depth + 1);
    }
}

// Recursion is bounded by SPEC_BODY_DEPTH_MAX, which also cuts schemas that contain themselves. A name without bytes is
// no memory.
static void flatten(struct leaves *l, struct schema *s, struct sv name, struct sv example, bool required, int depth) {
    if (name.ptr == NULL)
        (void)spec_nomem(l->b);
    l->cut = l->cut || l->visits++ > VISITS_MAX || !spec_spend(l->b, 16 + example.len / 16);
    if (l->b->nomem || l->cut)
        return;
    example = example_of(s, example);
    if (has_properties(s) && depth < SPEC_BODY_DEPTH_MAX)
        flatten_properties(l, s, name, example, required, depth);
    else if ((s->types & TYPE_ARRAY) != 0 && s->items != NULL && depth < SPEC_BODY_DEPTH_MAX)
        flatten(l, s->items, body_name_element(l->b->a, name), first_element(example), required, depth + 1);
    else
        add_leaf(l, name, s, example, required);
}

void spec_body_leaves(struct builder *b, struct place p, struct schema *s, struct sv example, struct parameters *ret) {
    struct leaves l = {.b = b};
    flatten(&l, s, SV(""), example, /* required= */ true, 0);
    bool keep_all = l.v.len <= SPEC_BODY_LEAVES_MAX && !l.cut;
    size_t kept = 0;
    // When there is no room for all, what the description demands goes first.
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < l.v.len && kept < SPEC_BODY_LEAVES_MAX; i++) {
            if (keep_all ? pass == 1 : l.v.ptr[i].required != (pass == 0))
                continue;
            kept++;
            if (!VEC_PUSH(b->a, &ret->v, l.v.ptr[i]))
                (void)spec_nomem(b);
        }
    }
    if (!keep_all)
        spec_warn(b, p, "the body has more than %d values, optional ones are left out", SPEC_BODY_LEAVES_MAX);
}

// JSON is what we speak best, then forms.
static int rank(struct builder *b, struct sv media_type) {
    struct sv essence = media_type_essence(b->a, media_type);
    if (media_type_is_json(essence))
        return sv_eq(essence, SV("application/json")) ? 5 : 4;
    if (sv_eq(essence, SV("application/x-www-form-urlencoded")))
        return 3;
    if (sv_eq(essence, SV("multipart/form-data")))
        return 2;
    return sv_eq(essence, SV("*/*")) || sv_eq(essence, SV("application/*")) ? 6 : 1;
}

static void read_content(struct builder *b, struct place body, struct operation *op, struct parameters *ret) {
    struct place content = spec_member(b, body, SV("content"));
    struct node *best = NULL;
    int best_rank = 0;
    for (struct node *n = node_is(content.node, NODE_OBJECT) ? content.node->first : NULL;
         n != NULL && spec_spend(b, 4); n = n->next) {
        int r = rank(b, n->key);
        if (r > best_rank) {
            best = n;
            best_rank = r;
        }
    }
    if (best == NULL) {
        spec_warn(b, body, "the request body has no content and is left out");
        return;
    }
    struct place media = spec_child(content, best);
    struct node *schema = node_get(best, SV("schema"));
    op->body_media_type = best_rank == 6 ? SV("application/json") : best->key;
    op->body_required = node_get_bool(body.node, SV("required"), false);
    op->body_schema = schema != NULL ? spec_schema(b, spec_child(media, schema)) : spec_schema_plain(b, 0);
    spec_schema_finish(b);
    if (!b->nomem)
        spec_body_leaves(b, media, op->body_schema, spec_example(b, media), ret);
}

// The best media type of a list that can carry what is to be sent; SV_NONE when none can.
static struct sv best_type(struct builder *b, const struct node *list, bool form, bool file) {
    struct sv best = SV_NONE;
    int best_rank = 0;
    for (struct node *n = node_is(list, NODE_ARRAY) ? list->first : NULL; n != NULL && spec_spend(b, 4); n = n->next) {
        int r = rank(b, spec_text(n));
        bool fits = r < 6 && (!form || r == 2 || (r == 3 && !file));
        if (fits && r > best_rank) {
            best = spec_text(n);
            best_rank = r;
        }
    }
    return best;
}

// `consumes` of the operation, else of the document; the type that we would rather send.
static struct sv consumes(struct builder *b, struct place operation, bool form, bool file) {
    const struct node *list = node_get(operation.node, SV("consumes"));
    struct sv best = best_type(b, list != NULL ? list : node_get(b->main->root, SV("consumes")), form, file);
    if (best.len > 0)
        return best;
    return !form ? SV("application/json") : file ? SV("multipart/form-data") : SV("application/x-www-form-urlencoded");
}

static void read_form_field(struct builder *b, struct place p, struct operation *op, struct parameters *ret,
                            bool *ret_file) {
    struct sv name = spec_text(node_get(p.node, SV("name")));
    if (name.len == 0) {
        spec_warn(b, p, "the form field has no name and is left out");
        return;
    }
    struct parameter field = {.in = PARAM_BODY,
                              .name = body_name_join(b->a, SV_NONE, name),
                              .required = node_get_bool(p.node, SV("required"), false),
                              .description = node_get_text(p.node, SV("description")),
                              .schema = spec_schema(b, p)};
    spec_schema_finish(b);
    if (field.name.ptr == NULL || field.schema == NULL || b->nomem) {
        (void)spec_nomem(b);
        return;
    }
    if (ret->v.len >= SPEC_PARAMETERS_MAX) {
        spec_warn(b, p, "the operation has more than %d parameters, this one is left out", SPEC_PARAMETERS_MAX);
        return;
    }
    field.example = spec_raw(b, example_of(field.schema, SV_NONE));
    *ret_file = *ret_file || sv_eq(node_get_text(p.node, SV("type")), SV("file"));
    op->body_required = op->body_required || field.required;
    if (!VEC_PUSH(b->a, &ret->v, field))
        (void)spec_nomem(b);
}

struct swagger_body {
    bool form, file, body;
};

static void read_swagger(struct builder *b, struct place owner, struct operation *op, struct parameters *ret,
                         struct swagger_body *seen) {
    struct place list = spec_member(b, owner, SV("parameters"));
    for (struct node *n = node_is(list.node, NODE_ARRAY) ? list.node->first : NULL;
         n != NULL && !b->nomem && spec_spend(b, 4); n = n->next) {
        struct place p = spec_child(list, n);
        if (!spec_follow(b, &p))
            continue; // spec_parameters has said so
        struct sv in = node_get_text(p.node, SV("in"));
        if (sv_eq(in, SV("formData"))) {
            seen->form = true;
            read_form_field(b, p, op, ret, &seen->file);
        } else if (sv_eq(in, SV("body")) && !seen->body) {
            struct node *schema = node_get(p.node, SV("schema"));
            seen->body = true;
            op->body_required = node_get_bool(p.node, SV("required"), false);
            op->body_schema = schema != NULL ? spec_schema(b, spec_child(p, schema)) : spec_schema_plain(b, 0);
            spec_schema_finish(b);
            if (!b->nomem)
                spec_body_leaves(b, p, op->body_schema, spec_example(b, p), ret);
        }
    }
}

void spec_body(struct builder *b, struct place item, struct place operation, struct operation *op,
               struct parameters *ret) {
    if (b->swagger) {
        struct swagger_body seen = {0};
        read_swagger(b, operation, op, ret, &seen);
        if (!seen.body) // only one body: that of the operation wins
            read_swagger(b, item, op, ret, &seen);
        if (seen.body || seen.form)
            op->body_media_type = consumes(b, operation, seen.form && !seen.body, seen.file);
        return;
    }
    struct node *named = node_get(operation.node, SV("requestBody"));
    if (named == NULL || node_is(named, NODE_NULL))
        return;
    struct place body = spec_member(b, operation, SV("requestBody"));
    if (!node_is(body.node, NODE_OBJECT)) {
        spec_warn(b, spec_child(operation, named), "the request body cannot be read and is left out");
        return;
    }
    read_content(b, body, op, ret);
}
