// SPDX-License-Identifier: Apache-2.0
/*
 * JSON Schema to struct schema. Each node becomes one struct schema, made and remembered before it is filled, so
 * schemas may refer to each other in circles. Filling takes turns through a list instead of recursing: a chain of ten
 * thousand references costs no stack. What recurses is the merge of allOf, oneOf, anyOf and of keywords beside a $ref;
 * it is bounded in depth and in number.
 */
#include "spec/spec_internal.h"

#define MERGES_MAX      256
#define MERGE_DEPTH_MAX 32
#define PROPERTIES_MAX  1024
#define ENUMS_MAX       256

// A schema while it is filled.
struct filling {
    struct builder *b;
    struct schema *s;
    VEC_OF(struct schema_property) properties;
    VEC_OF(struct sv) required;
    size_t merges;
    bool cut; // said so already
};

struct schema *spec_schema_plain(struct builder *b, uint32_t types) {
    struct schema *s = arena_new(b->a, struct schema);
    if (s == NULL)
        return spec_nomem(b);
    s->types = types;
    return s;
}

static uint32_t type_bit(struct sv name) {
    static const struct {
        struct sv name;
        uint32_t bit;
    } types[] = {
        {SV_INIT("string"), TYPE_STRING},   {SV_INIT("integer"), TYPE_INTEGER}, {SV_INIT("number"), TYPE_NUMBER},
        {SV_INIT("boolean"), TYPE_BOOLEAN}, {SV_INIT("array"), TYPE_ARRAY},     {SV_INIT("object"), TYPE_OBJECT},
        {SV_INIT("null"), TYPE_NULL},       {SV_INIT("file"), TYPE_STRING},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (sv_eq(name, types[i].name))
            return types[i].bit;
    return 0;
}

static void take_type(struct filling *f, struct place p) {
    uint32_t types = 0;
    if (node_is(p.node, NODE_STRING))
        types = type_bit(p.node->text);
    for (const struct node *n = node_is(p.node, NODE_ARRAY) ? p.node->first : NULL; n != NULL; n = n->next)
        types |= type_bit(spec_text(n));
    if (node_is(p.node, NODE_NULL)) // YAML: an unquoted null
        types = TYPE_NULL;
    if (types == 0)
        spec_warn(f->b, p, "the schema has an unknown type, which is taken as any");
    if (sv_eq(spec_text(p.node), SV("file")))
        f->s->format = SV("binary");
    f->s->types = types | (f->s->types & TYPE_NULL);
}

static void take_nullable(struct filling *f, struct place p) {
    if (node_is(p.node, NODE_BOOL) && sv_eq(p.node->text, SV("true")))
        f->s->types |= TYPE_NULL;
}

static void take_format(struct filling *f, struct place p) {
    f->s->format = spec_text(p.node);
}

static void take_pattern(struct filling *f, struct place p) {
    f->s->pattern = spec_text(p.node);
}

static void take_description(struct filling *f, struct place p) {
    f->s->description = spec_text(p.node);
}

static void take_enum(struct filling *f, struct place p) {
    size_t count = node_is(p.node, NODE_ARRAY) ? p.node->count : 0;
    count = count > ENUMS_MAX ? ENUMS_MAX : count;
    struct sv *enums = arena_new_array(f->b->a, struct sv, count + 1);
    if (enums == NULL) {
        (void)spec_nomem(f->b);
        return;
    }
    size_t n = 0;
    for (const struct node *e = count > 0 ? p.node->first : NULL; e != NULL && n < count; e = e->next) {
        enums[n] = spec_json(f->b, e);
        n += enums[n].ptr != NULL;
    }
    f->s->enums = enums;
    f->s->enum_count = n;
}

static void take_const(struct filling *f, struct place p) {
    struct sv *enums = arena_new(f->b->a, struct sv);
    if (enums == NULL) {
        (void)spec_nomem(f->b);
        return;
    }
    *enums = spec_json(f->b, p.node);
    f->s->enums = enums;
    f->s->enum_count = enums->ptr != NULL;
    f->s->example = *enums;
}

static void take_example(struct filling *f, struct place p) {
    f->s->example = spec_json(f->b, p.node);
}

// JSON Schema has an array here; `example` is the older word and wins.
static void take_examples(struct filling *f, struct place p) {
    if (f->s->example.ptr == NULL && node_is(p.node, NODE_ARRAY))
        f->s->example = spec_json(f->b, p.node->first);
}

static void take_default(struct filling *f, struct place p) {
    f->s->default_value = spec_json(f->b, p.node);
}

static void take_minimum(struct filling *f, struct place p) {
    f->s->has_minimum = node_to_double(p.node, &f->s->minimum) == 0 || f->s->has_minimum;
}

static void take_maximum(struct filling *f, struct place p) {
    f->s->has_maximum = node_to_double(p.node, &f->s->maximum) == 0 || f->s->has_maximum;
}

// A number since 3.1; the older flag beside `minimum` moves the bound by one step for integers, which is near enough to
// be left.
static void take_exclusive_minimum(struct filling *f, struct place p) {
    if (node_is(p.node, NODE_NUMBER) && node_to_double(p.node, &f->s->minimum) == 0) {
        f->s->minimum += 1;
        f->s->has_minimum = true;
    }
}

static void take_exclusive_maximum(struct filling *f, struct place p) {
    if (node_is(p.node, NODE_NUMBER) && node_to_double(p.node, &f->s->maximum) == 0) {
        f->s->maximum -= 1;
        f->s->has_maximum = true;
    }
}

static bool take_count(const struct node *n, uint64_t *ret) {
    int64_t value = 0;
    if (node_to_i64(n, &value) != 0 || value < 0)
        return false;
    *ret = (uint64_t)value;
    return true;
}

static void take_min_length(struct filling *f, struct place p) {
    (void)take_count(p.node, &f->s->min_length);
}

static void take_max_length(struct filling *f, struct place p) {
    f->s->has_max_length = take_count(p.node, &f->s->max_length) || f->s->has_max_length;
}

static void take_max_items(struct filling *f, struct place p) {
    f->s->has_max_items = take_count(p.node, &f->s->max_items) || f->s->has_max_items;
}

static bool is_true(const struct node *n) {
    return node_is(n, NODE_BOOL) && sv_eq(n->text, SV("true"));
}

static void take_read_only(struct filling *f, struct place p) {
    f->s->read_only = is_true(p.node);
}

static void take_write_only(struct filling *f, struct place p) {
    f->s->write_only = is_true(p.node);
}

static void take_additional(struct filling *f, struct place p) {
    f->s->closed = node_is(p.node, NODE_BOOL) && !is_true(p.node);
}

static void take_items(struct filling *f, struct place p) {
    if (node_is(p.node, NODE_ARRAY)) // the tuple form of older drafts: its first member stands for all
        p = spec_child(p, p.node->first);
    if (p.node != NULL)
        f->s->items = spec_schema(f->b, p);
}

static void add_property(struct filling *f, struct place p) {
    struct schema_property property = {.name = p.node->key, .schema = spec_schema(f->b, p)};
    if (property.schema == NULL || !spec_spend(f->b, 1 + f->properties.len / 16))
        return;
    for (size_t i = 0; i < f->properties.len; i++) {
        if (sv_eq(f->properties.ptr[i].name, property.name)) {
            f->properties.ptr[i].schema = property.schema;
            return;
        }
    }
    if (!VEC_PUSH(f->b->a, &f->properties, property))
        (void)spec_nomem(f->b);
}

static void take_properties(struct filling *f, struct place p) {
    if (!node_is(p.node, NODE_OBJECT))
        return;
    for (struct node *n = p.node->first; n != NULL; n = n->next) {
        if (f->properties.len >= PROPERTIES_MAX) {
            if (!f->cut)
                spec_warn(f->b, p, "the schema has more than %d properties, the rest is left out", PROPERTIES_MAX);
            f->cut = true;
            return;
        }
        add_property(f, spec_child(p, n));
    }
}

// In a parameter object of Swagger 2.0 the same word is a flag.
static void take_required(struct filling *f, struct place p) {
    for (const struct node *n = node_is(p.node, NODE_ARRAY) ? p.node->first : NULL; n != NULL; n = n->next)
        if (f->required.len < PROPERTIES_MAX && n->kind == NODE_STRING && !VEC_PUSH(f->b->a, &f->required, n->text))
            (void)spec_nomem(f->b);
}

static const struct {
    struct sv key;
    void (*take)(struct filling *f, struct place value);
} keywords[] = {
    {SV_INIT("type"), take_type},
    {SV_INIT("nullable"), take_nullable},
    {SV_INIT("x-nullable"), take_nullable},
    {SV_INIT("format"), take_format},
    {SV_INIT("pattern"), take_pattern},
    {SV_INIT("description"), take_description},
    {SV_INIT("enum"), take_enum},
    {SV_INIT("const"), take_const},
    {SV_INIT("example"), take_example},
    {SV_INIT("x-example"), take_example},
    {SV_INIT("examples"), take_examples},
    {SV_INIT("default"), take_default},
    {SV_INIT("minimum"), take_minimum},
    {SV_INIT("maximum"), take_maximum},
    {SV_INIT("exclusiveMinimum"), take_exclusive_minimum},
    {SV_INIT("exclusiveMaximum"), take_exclusive_maximum},
    {SV_INIT("minLength"), take_min_length},
    {SV_INIT("maxLength"), take_max_length},
    {SV_INIT("maxItems"), take_max_items},
    {SV_INIT("readOnly"), take_read_only},
    {SV_INIT("writeOnly"), take_write_only},
    {SV_INIT("additionalProperties"), take_additional},
    {SV_INIT("items"), take_items},
    {SV_INIT("properties"), take_properties},
    {SV_INIT("required"), take_required},
};

static void merge(struct filling *f, struct place p, int depth);

static bool is_null_type(const struct node *n) {
    const struct node *type = node_get(n, SV("type"));
    return node_is(type, NODE_NULL) || sv_eq(spec_text(type), SV("null"));
}

// The first alternative that is not just null.
static void merge_first(struct filling *f, struct place list, int depth) {
    if (!node_is(list.node, NODE_ARRAY))
        return;
    bool null = false;
    struct node *chosen = NULL;
    for (struct node *n = list.node->first; n != NULL; n = n->next) {
        if (is_null_type(n))
            null = true;
        else if (chosen == NULL)
            chosen = n;
    }
    if (chosen != NULL)
        merge(f, spec_child(list, chosen), depth + 1);
    f->s->types |= null ? (uint32_t)TYPE_NULL : 0;
}

// Is there room for one more part? Says so once when there is not.
static bool may_merge(struct filling *f, struct place p, int depth) {
    if (!node_is(p.node, NODE_OBJECT) || f->b->nomem || !spec_spend(f->b, 1 + p.node->count / 4))
        return false;
    if (depth <= MERGE_DEPTH_MAX && f->merges++ < MERGES_MAX)
        return true;
    if (!f->cut)
        spec_warn(f->b, p, "the schema is put together from too many parts, the rest is left out");
    f->cut = true;
    return false;
}

static void take_keyword(struct filling *f, struct place p) {
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (sv_eq(p.node->key, keywords[i].key))
            keywords[i].take(f, p);
}

// What is referred to first, then the parts, then the keywords of the node itself, so that what stands nearest wins.
static void merge(struct filling *f, struct place p, int depth) {
    struct place target = p;
    if (!may_merge(f, p, depth))
        return;
    if (node_get(p.node, SV("$ref")) != NULL && spec_follow(f->b, &target) && target.node != p.node)
        merge(f, target, depth + 1);
    const struct node *all = node_get(p.node, SV("allOf"));
    for (struct node *n = node_is(all, NODE_ARRAY) ? all->first : NULL; n != NULL; n = n->next)
        merge(f, spec_child(p, n), depth + 1);
    merge_first(f, spec_child(p, node_get(p.node, SV("oneOf"))), depth);
    merge_first(f, spec_child(p, node_get(p.node, SV("anyOf"))), depth);
    for (struct node *n = p.node->first; n != NULL; n = n->next)
        take_keyword(f, spec_child(p, n));
}

static uint32_t type_of_json(struct sv json) {
    static const struct {
        const char *first;
        uint32_t type;
    } begins[] = {
        {"\"", TYPE_STRING}, {"{", TYPE_OBJECT}, {"[", TYPE_ARRAY}, {"tf", TYPE_BOOLEAN}, {"-0123456789", TYPE_NUMBER}};
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        if (json.len > 0 && strchr(begins[i].first, json.ptr[0]) != NULL)
            return begins[i].type;
    return 0;
}

// What a schema without `type` says between the lines.
static void infer_type(struct schema *s) {
    if (s->types != 0 && s->types != TYPE_NULL)
        return;
    if (s->property_count > 0)
        s->types |= TYPE_OBJECT;
    else if (s->items != NULL)
        s->types |= TYPE_ARRAY;
    else
        s->types |= type_of_json(s->enum_count > 0        ? s->enums[0]
                                 : s->example.ptr != NULL ? s->example
                                                          : s->default_value);
}

static void fill(struct builder *b, const struct pending_schema *pending) {
    struct filling f = {.b = b, .s = pending->schema};
    merge(&f, pending->place, 0);
    for (size_t r = 0; r < f.required.len; r++)
        for (size_t i = 0; i < f.properties.len; i++)
            if (sv_eq(f.properties.ptr[i].name, f.required.ptr[r]))
                f.properties.ptr[i].required = true;
    f.s->properties = f.properties.ptr;
    f.s->property_count = f.properties.len;
    infer_type(f.s);
}

void spec_schema_finish(struct builder *b) {
    while (b->pending.len > 0 && !b->nomem) {
        struct pending_schema next = b->pending.ptr[--b->pending.len];
        fill(b, &next);
    }
}

struct schema *spec_schema(struct builder *b, struct place p) {
    // A node that is nothing but a reference is the schema it refers to.
    if (node_get(p.node, SV("$ref")) != NULL && p.node->count == 1 && !spec_follow(b, &p))
        return b->nomem ? NULL : spec_schema_plain(b, 0);
    struct sv probe = sv_make((const char *)&p.node, sizeof p.node);
    struct schema *s = map_find(&b->schemas, probe);
    if (s != NULL || b->nomem)
        return s;
    if (b->schema_count++ >= SPEC_SCHEMAS_MAX) {
        if (b->schema_count == SPEC_SCHEMAS_MAX + 1)
            spec_warn(b, p, "the specification has more than %d schemas, the rest is taken as any", SPEC_SCHEMAS_MAX);
        return spec_schema_plain(b, 0);
    }
    s = spec_schema_plain(b, 0);
    struct node **key = arena_new(b->a, struct node *);
    struct pending_schema pending = {p, s};
    if (s == NULL || key == NULL)
        return spec_nomem(b);
    *key = p.node;
    if (!map_set(b->a, &b->schemas, sv_make((const char *)key, sizeof *key), s) ||
        !VEC_PUSH(b->a, &b->pending, pending))
        return spec_nomem(b);
    return s;
}
