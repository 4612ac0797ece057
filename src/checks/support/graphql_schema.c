// SPDX-License-Identifier: Apache-2.0
#include "checks/support/graphql_schema.h"

#include "base/buf.h"

enum { TYPES_MAX = 500, FIELDS_MAX = 100, WRAPPERS_MAX = 8, SCALARS_MAX = 24, OBJECTS_MAX = 4, SELECTION_MAX = 4096, NAME_LEN_MAX = 100 };

#define ASK(arguments, type) SV_INIT("{__schema{queryType{name} mutationType{name} types{kind name fields{name " arguments "type{" type "}}}}}")
#define ARGUMENTS(type) "args{name defaultValue type{" type "}} "
#define DEEP "kind name ofType{kind name ofType{kind name ofType{kind name}}}"
#define SHALLOW "kind name ofType{kind name}"
const struct sv graphql_introspection[GRAPHQL_INTROSPECTIONS] = {ASK(ARGUMENTS(DEEP), DEEP), ASK(ARGUMENTS(SHALLOW), SHALLOW), SV_INIT("{__schema{queryType{name} types{name}}}")};

static struct node *parse(struct arena *a, const struct exchange *x) {
    struct node *root = NULL;
    if (!exchange_answered(x) || node_parse_json(a, x->response.body, &node_limits_response, &root, NULL) != 0) return NULL;
    return root;
}

const struct node *graphql_data(struct arena *a, const struct exchange *x, struct sv field) {
    const struct node *n = node_get(node_get(parse(a, x), SV("data")), field);
    return node_is(n, NODE_NULL) ? NULL : n;
}

bool graphql_failed(struct arena *a, const struct exchange *x) {
    const struct node *errors = node_get(parse(a, x), SV("errors"));
    return node_is(errors, NODE_ARRAY) && errors->count > 0;
}

// Unwraps lists and non-null marks.
static const struct node *innermost(const struct node *type, bool *ret_list, bool *ret_demanded) {
    *ret_list = false;
    *ret_demanded = sv_eq(node_get_text(type, SV("kind")), SV("NON_NULL"));
    for (unsigned i = 0; i < WRAPPERS_MAX && node_is(node_get(type, SV("ofType")), NODE_OBJECT); i++) {
        *ret_list = *ret_list || sv_eq(node_get_text(type, SV("kind")), SV("LIST"));
        type = node_get(type, SV("ofType"));
    }
    return type;
}

// Names go back into documents of ours, so they must be names.
static bool is_name(struct sv s) {
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !(i > 0 && c >= '0' && c <= '9')) return false;
    }
    return s.len > 0 && s.len <= NAME_LEN_MAX;
}

static bool names_an_id(struct sv name) {
    return sv_eq_nocase(name, SV("id")) || sv_eq_nocase(name, SV("uuid")) || sv_eq_nocase(name, SV("slug")) || sv_ends_with(name, SV("Id")) ||
           sv_ends_with(name, SV("ID")) || sv_ends_with_nocase(name, SV("_id"));
}

static void read_arguments(const struct node *arguments, struct graphql_field *f) {
    for (const struct node *n = node_is(arguments, NODE_ARRAY) ? arguments->first : NULL; n != NULL; n = n->next) {
        bool list, demanded;
        const struct node *type = innermost(node_get(n, SV("type")), &list, &demanded);
        struct sv name = node_get_text(n, SV("name")), kind = node_get_text(type, SV("name"));
        bool has_default = node_is(node_get(n, SV("defaultValue")), NODE_STRING);
        // An id that may be left out still names an object: services write `user(id: ID)`.
        bool id = is_name(name) && names_an_id(name) && !list && (sv_eq(kind, SV("ID")) || sv_eq(kind, SV("Int")) || sv_eq(kind, SV("String")) || sv_eq(kind, SV("UUID")));
        if (demanded && !has_default) f->demands++;
        if (id && (f->id_argument.ptr == NULL || demanded)) {
            f->id_argument = name;
            f->id_is_number = sv_eq(kind, SV("Int"));
        }
    }
    if (f->demands > 1) f->id_argument = SV_NONE;
}

static bool read_field(const struct node *n, struct graphql_field *ret) {
    bool demanded;
    *ret = (struct graphql_field){.name = node_get_text(n, SV("name"))};
    const struct node *type = innermost(node_get(n, SV("type")), &ret->list, &demanded);
    struct sv kind = node_get_text(type, SV("kind"));
    ret->type = node_get_text(type, SV("name"));
    ret->scalar = sv_eq(kind, SV("SCALAR")) || sv_eq(kind, SV("ENUM"));
    read_arguments(node_get(n, SV("args")), ret);
    return is_name(ret->name) && is_name(ret->type);
}

static bool read_type(struct arena *a, const struct node *n, struct graphql_type *ret) {
    const struct node *fields = node_get(n, SV("fields"));
    struct sv name = node_get_text(n, SV("name"));
    if (!node_is(fields, NODE_ARRAY) || !is_name(name) || sv_starts_with(name, SV("__"))) return false;
    size_t room = fields->count < FIELDS_MAX ? fields->count : FIELDS_MAX;
    *ret = (struct graphql_type){.name = name, .fields = arena_new_array(a, struct graphql_field, room + 1)};
    if (ret->fields == NULL) return false;
    for (const struct node *f = fields->first; f != NULL && ret->field_count < room; f = f->next) {
        if (read_field(f, &ret->fields[ret->field_count])) ret->field_count++;
    }
    return true;
}

const struct graphql_type *graphql_type_find(const struct graphql_schema *s, struct sv name) {
    for (size_t i = 0; i < s->type_count; i++) {
        if (sv_eq(s->types[i].name, name)) return &s->types[i];
    }
    return NULL;
}

bool graphql_schema_read(struct arena *a, const struct exchange *x, struct graphql_schema *ret) {
    *ret = (struct graphql_schema){0};
    const struct node *schema = graphql_data(a, x, SV("__schema")), *types = node_get(schema, SV("types"));
    if (!node_is(types, NODE_ARRAY) || types->count == 0) return false;
    ret->named = types->count;
    size_t room = types->count < TYPES_MAX ? types->count : TYPES_MAX;
    ret->types = arena_new_array(a, struct graphql_type, room + 1);
    if (ret->types == NULL) return false;
    for (const struct node *n = types->first; n != NULL && ret->type_count < room; n = n->next) {
        if (read_type(a, n, &ret->types[ret->type_count])) ret->type_count++;
    }
    ret->query = graphql_type_find(ret, node_get_text(node_get(schema, SV("queryType")), SV("name")));
    ret->has_mutation = node_is(node_get(schema, SV("mutationType")), NODE_OBJECT);
    return true;
}

static void add_name(struct buf *b, size_t begin, struct sv name) {
    buf_addf(b, "%s" SV_FMT, b->len > begin + 1 ? " " : "", SV_ARG(name));
}

static void select_scalars(struct buf *b, size_t begin, const struct graphql_type *t) {
    unsigned scalars = 0;
    for (size_t i = 0; i < t->field_count && scalars < SCALARS_MAX; i++) {
        if (t->fields[i].demands > 0 || !t->fields[i].scalar) continue;
        scalars++;
        add_name(b, begin, t->fields[i].name);
    }
}

static void select_fields(struct buf *b, const struct graphql_schema *s, const struct graphql_type *t, unsigned depth) {
    size_t begin = b->len;
    unsigned objects = 0;
    buf_add_char(b, '{');
    select_scalars(b, begin, t);
    for (size_t i = 0; i < t->field_count && depth > 0 && objects < OBJECTS_MAX; i++) {
        const struct graphql_field *f = &t->fields[i];
        const struct graphql_type *inner = f->scalar || f->demands > 0 ? NULL : graphql_type_find(s, f->type);
        if (inner == NULL || inner == t) continue;
        objects++;
        size_t before = b->len;
        add_name(b, begin, f->name);
        size_t named = b->len;
        select_fields(b, s, inner, depth - 1);
        if (b->len == named) buf_truncate(b, before); // nothing to select in it
    }
    if (b->len == begin + 1) buf_truncate(b, begin);
    else buf_add_char(b, '}');
}

struct sv graphql_selection(struct arena *a, const struct graphql_schema *s, const struct graphql_type *t, unsigned depth) {
    auto_buf b = BUF_INIT(SELECTION_MAX);
    if (t != NULL) select_fields(&b, s, t, depth);
    return buf_failed(&b) ? SV("") : arena_copy_sv(a, buf_sv(&b));
}
