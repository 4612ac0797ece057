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

static void add_one(struct reader_state *r, struct complaint c) {
    if (r->list->len >= COMPLAINTS_MAX)
        return;
    c.message = sv_slice(sv_trim(c.message), 0, MESSAGE_MAX);
    // Go's validator: "Key: 'Query.From' Error:Field validation for 'From' failed on the 'required' tag"
    size_t at = sv_find(c.message, SV("Field validation for '"));
    if (c.name.len == 0 && at != SIZE_MAX)
        c.name = message_word(sv_from_index(c.message, at + 22));
    r->list->items[r->list->len++] = c;
}

// Some write all complaints into one text, a line for each.
static void add(struct reader_state *r, struct complaint c) {
    struct sv rest = c.message, line;
    if (c.name.len > 0 || sv_find_char(rest, '\n') == SIZE_MAX) {
        add_one(r, c);
        return;
    }
    for (unsigned n = 0; n < COMPLAINTS_MAX && sv_split(&rest, '\n', &line); n++) {
        c.message = line;
        if (sv_trim(line).len > 0)
            add_one(r, c);
    }
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
    // {"name": "ValidationError"} and {"path": "/what/was/asked"} are no places.
    bool is_class = m->kind == NODE_STRING && (sv_ends_with(m->text, SV("Error")) || sv_ends_with(m->text, SV("Exception")));
    bool is_route = m->kind == NODE_STRING && sv_eq(m->key, SV("path")) && sv_starts_with(m->text, SV("/"));
    if (is_class || is_route)
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

static struct sv pattern_of(const struct node *n) {
    static const struct sv holders[] = {SV_INIT("params"), SV_INIT("context"), SV_INIT("ctx"), SV_INIT("constraints")};
    struct sv p = node_get_text(n, SV("pattern"));
    for (size_t i = 0; i < sizeof holders / sizeof holders[0] && p.len == 0; i++)
        p = node_get_text(node_get(n, holders[i]), SV("pattern"));
    size_t end = sv_rfind_char(p, '/');
    return sv_starts_with(p, SV("/")) && end > 0 ? sv_slice(p, 1, end) : p; // as JavaScript writes it
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
    c.pattern = pattern_of(n);
    c.placed = placed;
    if (placed && (c.message.len > 0 || c.allowed.len > 0))
        add(r, c);
    else if (!placed && c.message.len > 0)
        add(r, (struct complaint){.message = c.message});
}

// Members of answers that are no fields.
static bool is_common_member(struct sv key) {
    static const struct sv words[] = {
        SV_INIT("message"), SV_INIT("messages"), SV_INIT("msg"),    SV_INIT("error"),       SV_INIT("errors"),
        SV_INIT("detail"),  SV_INIT("details"),  SV_INIT("title"),  SV_INIT("description"), SV_INIT("reason"),
        SV_INIT("code"),    SV_INIT("type"),     SV_INIT("status"), SV_INIT("hint"),        SV_INIT("formErrors"),
        SV_INIT("query"),   SV_INIT("_errors"),  SV_INIT("stack"),  SV_INIT("trace"),       SV_INIT("cause"),
        SV_INIT("debug"),   SV_INIT("info"),     SV_INIT("help"),   SV_INIT("summary"),     SV_INIT("errorMessage"),
        SV_INIT("non_field_errors"), SV_INIT("error_description")};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (sv_eq_nocase(key, words[i]))
            return true;
    return false;
}

// A field that is missed needs not be known.
static void take_text(struct reader_state *r, struct sv key, const struct node *n, bool known) {
    if (n->kind == NODE_STRING && (known || (says_required(n->text) && !is_common_member(key))))
        add(r, (struct complaint){.name = last_part(key), .message = n->text});
}

static void take_member(struct reader_state *r, const struct node *n) {
    if (n->key.len == 0)
        return;
    bool known = parameter_named(r->op, n->key);
    take_text(r, n->key, n, known);
    for (const struct node *c = n->kind == NODE_ARRAY ? n->first : NULL; c != NULL; c = c->next)
        take_text(r, n->key, c, known);
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
        else if (c->kind == NODE_STRING && n->kind == NODE_ARRAY && c->text.len > 8 &&
                 (n->key.len == 0 || is_common_member(n->key)))
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
        SV_INIT("data"),
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

static bool is_identifier(struct sv word) {
    for (size_t i = 0; i < word.len; i++) {
        char c = sv_lower_char(word.ptr[i]);
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9' && i > 0) && c != '_' && c != '-' && c != '.')
            return false;
    }
    return word.len > 0 && word.len <= 40;
}

static bool is_name(struct sv word) {
    return is_identifier(word) && !is_filler(word);
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

static void push(struct sv ret[MISSING_MAX], size_t *count, struct sv name) {
    for (size_t i = 0; i < *count; i++)
        if (sv_eq(ret[i], name))
            return;
    if (name.len > 0 && *count < MISSING_MAX)
        ret[(*count)++] = name;
}

// "FromDate" of a language whose fields begin with capitals: "fromDate" and "from_date"; one word: "from".
static void push_spelled(struct arena *a, struct sv ret[MISSING_MAX], size_t *count, struct sv name) {
    if (name.len == 0 || name.len > 40 || sv_lower_char(name.ptr[0]) == name.ptr[0]) {
        push(ret, count, name);
        return;
    }
    char camel[80], snake[80];
    size_t n = 0;
    for (size_t i = 0; i < name.len; i++) {
        char low = sv_lower_char(name.ptr[i]);
        bool hump = i > 0 && low != name.ptr[i] && sv_lower_char(name.ptr[i - 1]) == name.ptr[i - 1];
        camel[i] = i == 0 ? low : name.ptr[i];
        if (hump)
            snake[n++] = '_';
        snake[n++] = low;
    }
    push(ret, count, arena_copy_sv(a, sv_make(snake, n)));
    if (n > name.len)
        push(ret, count, arena_copy_sv(a, sv_make(camel, name.len)));
}

// "from, to and units are required": what is joined to the name in front.
static void push_joined(struct sv m, struct sv last, struct sv ret[MISSING_MAX], size_t *count) {
    struct sv before = sv_slice(m, 0, (size_t)(last.ptr - m.ptr));
    for (unsigned n = 0; n < MISSING_MAX; n++) {
        while (before.len > 0 && memchr(" '\"`", before.ptr[before.len - 1], 4) != NULL)
            before.len--;
        bool comma = sv_ends_with(before, SV(",")), and_word = sv_ends_with_nocase(before, SV(" and"));
        if (!comma && !and_word)
            return;
        before.len -= comma ? 1 : 4;
        while (before.len > 0 && memchr(" ,'\"`", before.ptr[before.len - 1], 5) != NULL)
            before.len--;
        size_t begin = before.len;
        while (begin > 0 && message_is_word(before.ptr[begin - 1]))
            begin--;
        struct sv word = sv_from_index(before, begin);
        if (!is_name(word))
            return;
        push(ret, count, word);
        before.len = begin;
    }
}

// "missing parameters: from, to"
static void push_listed(struct sv m, struct sv first, struct sv ret[MISSING_MAX], size_t *count) {
    struct sv rest = sv_from_index(m, (size_t)(first.ptr + first.len - m.ptr));
    for (unsigned n = 0; n < MISSING_MAX; n++) {
        while (rest.len > 0 && memchr("'\"` ", rest.ptr[0], 4) != NULL)
            rest = sv_from_index(rest, 1);
        bool comma = sv_starts_with(rest, SV(",")), and_word = sv_starts_with_nocase(rest, SV("and "));
        if (!comma && !and_word)
            return;
        struct sv word = message_word(sv_from_index(rest, comma ? 1 : 4));
        if (sv_eq_nocase(word, SV("and")))
            word = message_word(sv_from_index(rest, (size_t)(word.ptr + word.len - rest.ptr)));
        if (!is_name(word))
            return;
        push(ret, count, word);
        rest = sv_from_index(rest, (size_t)(word.ptr + word.len - rest.ptr));
    }
}

static void push_from_sentence(struct sv m, struct sv ret[MISSING_MAX], size_t *count) {
    static const struct sv before[] = {SV_INIT(" required"), SV_INIT(" missing"), SV_INIT(" must"),
                                       SV_INIT(" is mandatory")};
    static const struct sv behind[] = {SV_INIT("value is empty:"), SV_INIT("missing"), SV_INIT("required")};
    struct sv name = SV_NONE;
    for (size_t i = 0; i < sizeof before / sizeof before[0] && name.len == 0; i++)
        name = sv_contains_nocase(m, SV("value is empty:")) ? SV_NONE : name_before(m, before[i]);
    push(ret, count, name);
    if (name.len > 0) {
        push_joined(m, name, ret, count);
        return;
    }
    for (size_t i = 0; i < sizeof behind / sizeof behind[0] && name.len == 0; i++)
        name = name_behind(m, behind[i]);
    push(ret, count, name);
    if (name.len > 0)
        push_listed(m, name, ret, count);
}

static bool wants_list(struct sv m) {
    return sv_contains_nocase(m, SV("be an array")) || sv_contains_nocase(m, SV("be a list"));
}

// What was never given and is complained about is missed, whatever the words.
static bool speaks_of_absent(const struct complaint *c) {
    static const struct sv wanting[] = {SV_INIT("expected"), SV_INIT("must"), SV_INIT("should"), SV_INIT("invalid")};
    bool wanted = c->placed && message_has_any(c->message, wanting, sizeof wanting / sizeof *wanting);
    return wanted || says_required(c->message) || wants_list(c->message);
}

size_t complaint_missing(struct arena *a, const struct complaint *c, struct sv ret[MISSING_MAX]) {
    size_t count = 0;
    bool here = c->in.len == 0 || sv_starts_with_nocase(c->in, SV("query")) || sv_starts_with_nocase(c->in, SV("header"));
    bool empty = sv_contains(c->message, SV("parsing \"\"")) || sv_contains(c->message, SV("parsing time \"\""));
    if (!here)
        return 0;
    if (c->name.len == 0 && empty) { // since: parsing time "" as …
        struct sv word = message_word(c->message);
        push(ret, &count, is_name(word) ? word : SV_NONE);
        return count;
    }
    if (!speaks_of_absent(c))
        return 0;
    if (c->name.len == 0)
        push_from_sentence(c->message, ret, &count);
    else if (is_identifier(c->name))
        push_spelled(a, ret, &count, c->name);
    if (count == 1 && wants_list(c->message)) // "The codes field must be an array."
        ret[0] = arena_printf(a, SV_FMT "[]", SV_ARG(ret[0]));
    return count;
}
