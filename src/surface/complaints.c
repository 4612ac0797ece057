// SPDX-License-Identifier: Apache-2.0
/*
 * Validation messages. Frameworks differ in the members, not in the idea: an object that holds a place ("loc", "field",
 * "param", "pointer" …) and a text, a member that is named as the parameter and holds texts, or one sentence that names
 * the parameter. The walk looks for these three shapes everywhere in the answer.
 */
#include "data/node.h"
#include "surface/values_internal.h"

enum { WALK_DEPTH = 10, WALK_NODES = 5000, MESSAGE_MAX = 400 };

struct reader_state {
    struct arena *a;
    const struct operation *op;
    struct complaint_list *list;
    unsigned nodes;
};

static bool is_separator(char c) {
    return c == '_' || c == '-' || c == '.' || c == ' ' || c == '[' || c == ']';
}

bool names_alike(struct sv x, struct sv y) {
    size_t i = 0, k = 0;
    for (;;) {
        while (i < x.len && is_separator(x.ptr[i]))
            i++;
        while (k < y.len && is_separator(y.ptr[k]))
            k++;
        if (i >= x.len || k >= y.len)
            return i >= x.len && k >= y.len && x.len > 0;
        if (sv_lower_char(x.ptr[i++]) != sv_lower_char(y.ptr[k++]))
            return false;
    }
}

static struct sv last_part(struct sv name) {
    while (name.len > 0 && (name.ptr[name.len - 1] == '/' || name.ptr[name.len - 1] == ']'))
        name.len--;
    for (size_t i = name.len; i > 0; i--)
        if (name.ptr[i - 1] == '.' || name.ptr[i - 1] == '/' || name.ptr[i - 1] == '[')
            return sv_from_index(name, i);
    return name;
}

static bool parameter_named(const struct operation *op, struct sv name) {
    for (size_t i = 0; i < op->parameter_count; i++)
        if (names_alike(op->parameters[i].name, name) ||
            names_alike(last_part(op->parameters[i].name), last_part(name)))
            return true;
    return false;
}

static void add(struct reader_state *r, struct complaint c) {
    if (r->list->len >= COMPLAINTS_MAX)
        return;
    c.message = sv_slice(c.message, 0, MESSAGE_MAX);
    r->list->items[r->list->len++] = c;
}

static struct sv first_text(const struct node *n, const struct sv *keys, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct node *m = node_get(n, keys[i]);
        if (m != NULL && m->kind == NODE_STRING && m->text.len > 0)
            return m->text;
    }
    return SV_NONE;
}

static struct sv message_of(const struct node *n) {
    static const struct sv keys[] = {SV_INIT("msg"),    SV_INIT("message"), SV_INIT("defaultMessage"),
                                     SV_INIT("reason"), SV_INIT("detail"),  SV_INIT("description"),
                                     SV_INIT("error"),  SV_INIT("Error"),   SV_INIT("text"),
                                     SV_INIT("title"),  SV_INIT("code"),    SV_INIT("type"),
                                     SV_INIT("tag"),    SV_INIT("Tag")};
    return first_text(n, keys, sizeof keys / sizeof keys[0]);
}

static void last_text(const struct node *list, struct sv *ret_name, struct sv *ret_in) {
    *ret_in = list->first->kind == NODE_STRING && list->first->next != NULL ? list->first->text : SV_NONE;
    for (const struct node *c = list->first; c != NULL; c = c->next)
        if (c->kind == NODE_STRING)
            *ret_name = c->text;
}

// False when the member says nothing of a place.
static bool place_in(const struct node *m, struct sv *ret_name, struct sv *ret_in) {
    if (m == NULL)
        return false;
    if (m->kind == NODE_STRING && m->text.len > 0)
        *ret_name = last_part(m->text);
    else if (m->kind == NODE_ARRAY && m->first != NULL)
        last_text(m, ret_name, ret_in);
    else
        return false;
    return true;
}

// "loc": ["query", "limit"], "path": ["a", 0, "b"], "field": "limit", "pointer": "#/a/b", "source": {"parameter": "x"}.
static bool place_of(const struct node *n, struct sv *ret_name, struct sv *ret_in) {
    static const struct sv keys[] = {SV_INIT("loc"),       SV_INIT("path"),      SV_INIT("param"),
                                     SV_INIT("field"),     SV_INIT("fieldName"), SV_INIT("name"),
                                     SV_INIT("parameter"), SV_INIT("pointer"),   SV_INIT("instancePath"),
                                     SV_INIT("dataPath"),  SV_INIT("property"),  SV_INIT("propertyPath"),
                                     SV_INIT("attribute"), SV_INIT("key"),       SV_INIT("Field"),
                                     SV_INIT("location"),  SV_INIT("target")};
    const struct node *source = node_get(n, SV("source")); // JSON:API
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (!place_in(node_get(n, keys[i]), ret_name, ret_in) && !place_in(node_get(source, keys[i]), ret_name, ret_in))
            continue;
        struct sv in = node_get_text(n, SV("location"));
        if (in.len == 0)
            in = node_get_text(n, SV("in"));
        if (in.len > 0 && ret_in->len == 0)
            *ret_in = in;
        return ret_name->len > 0;
    }
    return false;
}

// Lists of allowed values that stand as data: Zod's options, Joi's valids, Ajv's allowedValues, Pydantic's permitted.
static const struct node *allowed_of(const struct node *n) {
    static const struct sv keys[] = {SV_INIT("options"),        SV_INIT("valids"),    SV_INIT("allowedValues"),
                                     SV_INIT("allowed_values"), SV_INIT("permitted"), SV_INIT("enum"),
                                     SV_INIT("enum_values"),    SV_INIT("values"),    SV_INIT("choices")};
    static const struct sv holders[] = {SV_INIT("params"), SV_INIT("context"), SV_INIT("ctx"), SV_INIT("constraints")};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const struct node *m = node_get(n, keys[i]);
        if (node_is(m, NODE_ARRAY) && m->first != NULL)
            return m->first;
    }
    for (size_t i = 0; i < sizeof holders / sizeof holders[0]; i++) {
        const struct node *m = node_get(n, holders[i]);
        const struct node *found = m != NULL && m != n ? allowed_of(m) : NULL;
        if (found != NULL)
            return found;
    }
    return NULL;
}

static void take_object(struct reader_state *r, const struct node *n) {
    struct complaint c = {.message = message_of(n)};
    bool placed = place_of(n, &c.name, &c.in);
    // Ajv names a missing member in its parameters only.
    struct sv missing = node_get_text(node_get(n, SV("params")), SV("missingProperty"));
    if (missing.len > 0) {
        c.name = missing;
        placed = true;
    }
    const struct node *allowed = allowed_of(n);
    for (; allowed != NULL && c.allowed.len == 0; allowed = allowed->next)
        if (allowed->kind == NODE_STRING || allowed->kind == NODE_NUMBER)
            c.allowed = allowed->text;
    if (placed && (c.message.len > 0 || c.allowed.len > 0))
        add(r, c);
    else if (!placed && c.message.len > 0)
        add(r, (struct complaint){.message = c.message});
}

static void take_member(struct reader_state *r, const struct node *n) {
    if (n->key.len == 0 || !parameter_named(r->op, n->key))
        return;
    if (n->kind == NODE_STRING)
        add(r, (struct complaint){.name = last_part(n->key), .message = n->text});
    for (const struct node *c = n->kind == NODE_ARRAY ? n->first : NULL; c != NULL; c = c->next)
        if (c->kind == NODE_STRING)
            add(r, (struct complaint){.name = last_part(n->key), .message = c->text});
}

static void walk(struct reader_state *r, const struct node *n, unsigned depth) {
    if (depth > WALK_DEPTH || r->list->len >= COMPLAINTS_MAX)
        return;
    if (n->kind == NODE_OBJECT)
        take_object(r, n);
    for (const struct node *c = n->first; c != NULL && r->nodes < WALK_NODES; c = c->next) {
        r->nodes++;
        if (n->kind == NODE_OBJECT)
            take_member(r, c);
        if (c->kind == NODE_OBJECT || c->kind == NODE_ARRAY)
            walk(r, c, depth + 1);
        else if (c->kind == NODE_STRING && n->kind == NODE_ARRAY && c->text.len > 8)
            add(r, (struct complaint){.message = c->text}); // ["limit must be an integer"]
    }
}

void complaints_read(struct arena *a, const struct exchange *x, const struct operation *op,
                     struct complaint_list *ret) {
    ret->len = 0;
    struct reader_state r = {.a = a, .op = op, .list = ret};
    struct sv body = x->response.body;
    struct node *root = NULL;
    if (node_parse_json(a, body, &node_limits_response, &root, NULL) == 0) {
        if (root->kind == NODE_STRING)
            add(&r, (struct complaint){.message = root->text});
        walk(&r, root, 0);
        return;
    }
    struct sv line;
    body = sv_slice(body, 0, 4000);
    for (unsigned n = 0; n < 20 && sv_split(&body, '\n', &line); n++)
        if (sv_trim(line).len > 0 && sv_trim(line).ptr[0] != '<')
            add(&r, (struct complaint){.message = sv_trim(line)});
}

// -- what is missing --------------------------------------------------------------------------------------------------

static bool is_filler(struct sv word) {
    static const struct sv words[] = {
        SV_INIT("required"),
        SV_INIT("query"),
        SV_INIT("parameter"),
        SV_INIT("parameters"),
        SV_INIT("param"),
        SV_INIT("params"),
        SV_INIT("field"),
        SV_INIT("fields"),
        SV_INIT("argument"),
        SV_INIT("value"),
        SV_INIT("property"),
        SV_INIT("the"),
        SV_INIT("a"),
        SV_INIT("an"),
        SV_INIT("input"),
        SV_INIT("string"),
        SV_INIT("is"),
        SV_INIT("are"),
        SV_INIT("or"),
        SV_INIT("invalid"),
        SV_INIT("missing"),
        SV_INIT("it"),
        SV_INIT("this"),
        SV_INIT("named"),
        SV_INIT("url-parameter"),
        SV_INIT("request"),
        SV_INIT("body"),
        SV_INIT("header"),
        SV_INIT("must"),
        SV_INIT("authentication"),
        SV_INIT("authorization"),
        SV_INIT("token"),
        SV_INIT("credentials"),
        SV_INIT("login"),
        SV_INIT("for"),
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (sv_eq_nocase(word, words[i]))
            return true;
    return false;
}

static bool is_name(struct sv word) {
    for (size_t i = 0; i < word.len; i++) {
        char c = sv_lower_char(word.ptr[i]);
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9' && i > 0) && c != '_' && c != '-' && c != '.')
            return false;
    }
    return word.len > 0 && word.len <= 40 && !is_filler(word);
}

// First name behind the phrase: "missing required query parameter: 'url'".
static struct sv name_behind(struct sv m, struct sv phrase) {
    size_t at = sv_find_nocase(m, phrase);
    struct sv rest = at == SIZE_MAX ? SV_NONE : sv_from_index(m, at + phrase.len);
    for (unsigned n = 0; n < 5 && rest.len > 0; n++) {
        struct sv word = message_word(rest);
        if (word.len == 0 || is_name(word))
            return word;
        if (!is_filler(word))
            break;
        rest = sv_from_index(rest, (size_t)(word.ptr + word.len - rest.ptr));
    }
    return SV_NONE;
}

// Last name before the phrase, fillers passed over: "query parameter 'url' is required".
static struct sv name_before(struct sv m, struct sv phrase) {
    size_t at = sv_find_nocase(m, phrase);
    struct sv rest = at == SIZE_MAX ? SV_NONE : sv_slice(m, 0, at), last = SV_NONE;
    while (rest.len > 0) {
        struct sv word = message_word(rest);
        if (word.len == 0)
            break;
        if (!is_filler(word))
            last = word;
        rest = sv_from_index(rest, (size_t)(word.ptr + word.len - rest.ptr));
    }
    return is_name(last) ? last : SV_NONE;
}

struct sv complaint_missing(const struct complaint *c) {
    if (c->in.len > 0 && !sv_starts_with_nocase(c->in, SV("query")))
        return SV_NONE;
    if (!says_required(c->message))
        return SV_NONE;
    if (c->name.len > 0)
        return is_name(c->name) ? c->name : SV_NONE;
    static const struct sv before[] = {SV_INIT(" required"), SV_INIT(" missing"), SV_INIT(" must"),
                                       SV_INIT(" is mandatory")};
    static const struct sv behind[] = {SV_INIT("missing"), SV_INIT("required")};
    struct sv name = SV_NONE;
    for (size_t i = 0; i < sizeof before / sizeof before[0] && name.len == 0; i++)
        name = name_before(c->message, before[i]);
    for (size_t i = 0; i < sizeof behind / sizeof behind[0] && name.len == 0; i++)
        name = name_behind(c->message, behind[i]);
    return name;
}
