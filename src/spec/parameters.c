// SPDX-License-Identifier: Apache-2.0
#include "spec/spec_internal.h"

static bool parse_in(struct sv text, enum param_in *ret) {
    static const struct {
        struct sv name;
        enum param_in in;
    } places[] = {
        {SV_INIT("path"), PARAM_PATH},
        {SV_INIT("query"), PARAM_QUERY},
        {SV_INIT("header"), PARAM_HEADER},
        {SV_INIT("cookie"), PARAM_COOKIE},
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (sv_eq(text, places[i].name)) {
            *ret = places[i].in;
            return true;
        }
    }
    return false;
}

static struct parameter *find(struct parameters *list, enum param_in in, struct sv name) {
    for (size_t i = 0; i < list->v.len; i++) {
        struct parameter *p = &list->v.ptr[i];
        if (p->in == in && (in == PARAM_HEADER ? sv_eq_nocase(p->name, name) : sv_eq(p->name, name)))
            return p;
    }
    return NULL;
}

static void add(struct builder *b, struct parameters *list, struct place where, struct parameter p) {
    struct parameter *known = find(list, p.in, p.name);
    if (known != NULL)
        *known = p;
    else if (list->v.len >= SPEC_PARAMETERS_MAX)
        spec_warn(b, where, "the operation has more than %d parameters, this one is left out", SPEC_PARAMETERS_MAX);
    else if (!VEC_PUSH(b->a, &list->v, p))
        (void)spec_nomem(b);
}

// The media type object of `content`, of which a parameter has one.
static struct place content_of(struct place p) {
    struct node *content = node_get(p.node, SV("content"));
    return spec_child(p, node_is(content, NODE_OBJECT) ? content->first : NULL);
}

// In Swagger 2.0 the parameter object is its own schema.
static struct schema *schema_of(struct builder *b, struct place p) {
    struct place content = content_of(p);
    struct node *n = node_get(p.node, SV("schema"));
    if (n == NULL)
        n = node_get(content.node, SV("schema"));
    if (n != NULL)
        return spec_schema(b, spec_child(p, n));
    return b->swagger ? spec_schema(b, p) : spec_schema_plain(b, TYPE_STRING);
}

/*
 * OpenAPI 3 says that these three are no parameters. A documented Authorization header still says that the caller is to
 * show credentials, which matters where `security` was forgotten.
 */
static bool is_reserved_header(struct place p, const struct parameter *parameter, struct operation *op) {
    if (parameter->in != PARAM_HEADER)
        return false;
    if (sv_eq_nocase(parameter->name, SV("Authorization"))) {
        if (op->demand == DEMAND_UNKNOWN)
            op->demand = node_get_bool(p.node, SV("required"), false) ? DEMAND_CREDENTIALS : DEMAND_OPTIONAL;
        return true;
    }
    return sv_eq_nocase(parameter->name, SV("Accept")) || sv_eq_nocase(parameter->name, SV("Content-Type"));
}

static void read_one(struct builder *b, struct place p, struct operation *op, struct parameters *list) {
    struct place named = p;
    if (!spec_follow(b, &p) || !node_is(p.node, NODE_OBJECT)) {
        spec_warn(b, named, "the parameter cannot be read and is left out");
        return;
    }
    struct sv in = node_get_text(p.node, SV("in"));
    struct parameter parameter = {.name = spec_text(node_get(p.node, SV("name")))};
    if (sv_eq(in, SV("body")) || sv_eq(in, SV("formData")))
        return;
    if (!parse_in(in, &parameter.in) || parameter.name.len == 0) {
        spec_warn(b, p, "the parameter has no name or no known place (`in`) and is left out");
        return;
    }
    if (is_reserved_header(p, &parameter, op))
        return;
    parameter.required = parameter.in == PARAM_PATH || node_get_bool(p.node, SV("required"), false);
    parameter.description = node_get_text(p.node, SV("description"));
    parameter.schema = schema_of(b, p);
    if (parameter.schema == NULL)
        return;
    parameter.example = spec_example(b, p);
    if (parameter.example.ptr == NULL)
        parameter.example = spec_example(b, content_of(p));
    add(b, list, p, parameter);
}

static void read_list(struct builder *b, struct place owner, struct operation *op, struct parameters *list) {
    struct place p = spec_member(b, owner, SV("parameters"));
    if (p.node == NULL || node_is(p.node, NODE_NULL))
        return;
    if (!node_is(p.node, NODE_ARRAY)) {
        spec_warn(b, p, "`parameters` is no list and is left out");
        return;
    }
    for (struct node *n = p.node->first; n != NULL && !b->nomem && spec_spend(b, 4); n = n->next)
        read_one(b, spec_child(p, n), op, list);
}

// JSON text of an example as one value of the parameter: of a list the first element, as the default style repeats the
// name.
static struct sv plain_example(struct builder *b, const struct parameter *p) {
    struct sv json = p->example;
    if (json.ptr == NULL)
        json = p->schema->example;
    if (json.ptr == NULL)
        json = p->schema->default_value;
    if (json.len > 0 && json.ptr[0] == '[' && (p->schema->types & TYPE_ARRAY) != 0) {
        struct node *list = NULL;
        if (node_parse_json(b->a, json, &node_limits_response, &list, /* err= */ NULL) != 0)
            return SV_NONE;
        json = spec_json(b, list->first);
    } else if (json.ptr == NULL && (p->schema->types & TYPE_ARRAY) != 0 && p->schema->items != NULL) {
        json = p->schema->items->example.ptr != NULL ? p->schema->items->example : p->schema->items->default_value;
    }
    return sv_eq(json, SV("null")) ? SV_NONE : spec_raw(b, json);
}

// Header values stand on one line; examples are sometimes wrapped over several.
static struct sv one_line(struct builder *b, struct sv text) {
    struct sv trimmed = sv_trim(text);
    char *copy = text.ptr == NULL ? NULL : arena_alloc(b->a, trimmed.len + 1);
    if (text.ptr != NULL && copy == NULL)
        (void)spec_nomem(b);
    if (copy == NULL)
        return SV_NONE;
    for (size_t i = 0; i < trimmed.len; i++)
        copy[i] = (unsigned char)trimmed.ptr[i] < 0x20 ? ' ' : trimmed.ptr[i];
    return sv_make(copy, trimmed.len);
}

// An object in the query is written as one pair for each property; `deepObject` puts the object's name before it.
static bool expand_object(struct builder *b, struct place where, struct parameter p, bool deep,
                          struct parameters *list) {
    const struct schema *s = p.schema;
    if (p.in != PARAM_QUERY || (s->types & TYPE_OBJECT) == 0 || s->property_count == 0)
        return false;
    for (size_t i = 0; i < s->property_count; i++) {
        struct parameter part = {.name = s->properties[i].name,
                                 .in = PARAM_QUERY,
                                 .required = p.required && s->properties[i].required,
                                 .schema = s->properties[i].schema,
                                 .description = s->properties[i].schema->description};
        if (deep)
            part.name = arena_printf(b->a, SV_FMT "[" SV_FMT "]", SV_ARG(p.name), SV_ARG(part.name));
        if (part.name.ptr == NULL) {
            (void)spec_nomem(b);
            return true;
        }
        if (find(list, PARAM_QUERY, part.name) == NULL)
            add(b, list, where, part);
    }
    return true;
}

// `style` of a query parameter: looked up again by name, since it is needed only for objects.
static bool is_deep(struct builder *b, struct place owner, struct sv name) {
    struct place p = spec_member(b, owner, SV("parameters"));
    for (struct node *n = node_is(p.node, NODE_ARRAY) ? p.node->first : NULL; n != NULL; n = n->next) {
        struct place one = spec_child(p, n);
        if (spec_follow(b, &one) && sv_eq(spec_text(node_get(one.node, SV("name"))), name))
            return sv_eq(node_get_text(one.node, SV("style")), SV("deepObject"));
    }
    return false;
}

// Names in the template without a parameter get one; parameters that the template does not have go.
static void fit_template(struct builder *b, struct place where, const struct operation *op, struct parameters *list) {
    struct sv rest = op->path;
    size_t open = 0;
    while ((open = sv_find_char(rest, '{')) != SIZE_MAX) {
        size_t close = sv_find_char(rest, '}');
        if (close == SIZE_MAX)
            break;
        struct sv name = open < close ? sv_slice(rest, open + 1, close) : SV_NONE;
        rest = sv_from_index(rest, close + 1);
        if (open > close || find(list, PARAM_PATH, name) != NULL)
            continue;
        spec_warn(b, where, "the path parameter " SV_FMT " is not described and is taken as a string",
                  SV_ARG(spec_short(name)));
        struct parameter p = {
            .name = name, .in = PARAM_PATH, .required = true, .schema = spec_schema_plain(b, TYPE_STRING)};
        if (p.schema != NULL)
            add(b, list, where, p);
    }
    size_t kept = 0;
    for (size_t i = 0; i < list->v.len; i++) {
        struct parameter *p = &list->v.ptr[i];
        struct sv expression = p->in == PARAM_PATH ? arena_printf(b->a, "{" SV_FMT "}", SV_ARG(p->name)) : SV_NONE;
        if (p->in != PARAM_PATH || sv_contains(op->path, expression))
            list->v.ptr[kept++] = *p;
        else
            spec_warn(b, where, "the path has no {" SV_FMT "}, so this parameter is left out",
                      SV_ARG(spec_short(p->name)));
    }
    list->v.len = kept;
}

void spec_parameters(struct builder *b, struct place item, struct place operation, struct operation *op,
                     struct parameters *ret) {
    struct parameters raw = {0};
    read_list(b, item, op, &raw);
    read_list(b, operation, op, &raw);
    spec_schema_finish(b);
    for (size_t i = 0; i < raw.v.len && !b->nomem; i++) {
        struct parameter p = raw.v.ptr[i];
        bool object = p.in == PARAM_QUERY && (p.schema->types & TYPE_OBJECT) != 0;
        bool deep = object && (is_deep(b, operation, p.name) || is_deep(b, item, p.name));
        if (expand_object(b, operation, p, deep, ret))
            continue;
        add(b, ret, operation, p);
    }
    for (size_t i = 0; i < ret->v.len && !b->nomem; i++) {
        struct parameter *p = &ret->v.ptr[i];
        p->example = plain_example(b, p);
        if (p->in == PARAM_HEADER || p->in == PARAM_COOKIE)
            p->example = one_line(b, p->example);
        if (p->description.ptr == NULL)
            p->description = p->schema->description;
    }
    if (!b->nomem)
        fit_template(b, operation, op, ret);
}
