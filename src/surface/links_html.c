// SPDX-License-Identifier: Apache-2.0
// Links in HTML and scripts. No parser of the language, but a pass over tags and string literals that cannot be led
// into more than one look at each byte.
#include "base/buf.h"
#include "surface/surface_internal.h"

enum { STRING_MAX = 300 };

static bool is_name_char(char c) {
    c = sv_lower_char(c);
    return (c >= 'a' && c <= 'z') || c == '-' || (c >= '0' && c <= '9');
}

struct attribute {
    struct sv name, value;
};

static bool is_blank(char c) {
    return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

static void skip(struct sv *rest, bool (*what)(char)) {
    while (rest->len > 0 && what(rest->ptr[0]))
        *rest = sv_from_index(*rest, 1);
}

static bool is_no_name_char(char c) {
    return !is_name_char(c);
}

static struct sv take_value(struct sv *rest) {
    skip(rest, is_blank);
    char quote = rest->len > 0 ? rest->ptr[0] : ' ';
    size_t end = 0;
    if (quote == '"' || quote == '\'') {
        *rest = sv_from_index(*rest, 1);
        end = sv_find_char(*rest, quote);
        end = end == SIZE_MAX ? rest->len : end;
    } else {
        while (end < rest->len && !is_blank(rest->ptr[end]))
            end++;
    }
    struct sv value = sv_slice(*rest, 0, end);
    *rest = sv_from_index(*rest, end < rest->len ? end + 1 : end);
    return value;
}

// Next attribute of a tag's inside.
static bool next_attribute(struct sv *rest, struct attribute *ret) {
    skip(rest, is_no_name_char);
    struct sv begin = *rest;
    skip(rest, is_name_char);
    ret->name = sv_slice(begin, 0, begin.len - rest->len);
    skip(rest, is_blank);
    ret->value = SV_NONE;
    if (rest->len > 0 && rest->ptr[0] == '=') {
        *rest = sv_from_index(*rest, 1);
        ret->value = take_value(rest);
    }
    return ret->name.len > 0;
}

// "&amp;" is the one entity that URLs in attributes commonly hold.
static struct sv unescape(struct arena *a, struct sv text) {
    if (!sv_contains(text, SV("&amp;")))
        return text;
    char *out = arena_alloc(a, text.len);
    size_t n = 0;
    if (out == NULL)
        return SV_NONE;
    while (text.len > 0) {
        out[n++] = text.ptr[0];
        text = sv_from_index(text, sv_starts_with(text, SV("&amp;")) ? 5 : 1);
    }
    return sv_make(out, n);
}

static bool holds_reference(struct sv attribute) {
    static const struct sv names[] = {SV_INIT("href"), SV_INIT("src"), SV_INIT("action"), SV_INIT("data-url"),
                                      SV_INIT("hx-get")};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (sv_eq_nocase(attribute, names[i]))
            return true;
    return false;
}

// Style sheets, icons, and forms that send something.
static bool makes_useless(struct sv tag, const struct attribute *at) {
    if (sv_eq_nocase(at->name, SV("method")))
        return sv_eq_nocase(tag, SV("form")) && !sv_eq_nocase(at->value, SV("get"));
    return sv_eq_nocase(at->name, SV("rel")) &&
           (sv_contains_nocase(at->value, SV("stylesheet")) || sv_contains_nocase(at->value, SV("icon")));
}

static bool take_tag(struct arena *a, struct sv name, struct sv inside, struct link_list *list) {
    struct sv reference = SV_NONE;
    struct attribute at;
    bool useless = false;
    for (unsigned n = 0; n < 40 && next_attribute(&inside, &at); n++) {
        if (holds_reference(at.name))
            reference = at.value;
        useless = useless || makes_useless(name, &at);
    }
    if (reference.len == 0 || useless)
        return true;
    struct sv plain = unescape(a, reference);
    if (plain.ptr == NULL)
        return false;
    return link_list_add(a, list, plain, sv_eq_nocase(name, SV("script")) ? LINK_SCRIPT_FILE : LINK_HTML);
}

// A form that asks (method GET): what a browser would send for it.
struct form {
    struct sv action; // ptr NULL: no such form is open
    struct buf *query;
    unsigned fields;
};

static struct sv attribute_of(struct sv inside, struct sv name) {
    struct attribute at;
    for (unsigned n = 0; n < 40 && next_attribute(&inside, &at); n++)
        if (sv_eq_nocase(at.name, name))
            return at.value;
    return SV_NONE;
}

static struct sv field_value(struct sv inside) {
    struct sv value = attribute_of(inside, SV("value")), type = attribute_of(inside, SV("type"));
    if (value.len > 0)
        return value;
    if (sv_eq_nocase(type, SV("number")) || sv_eq_nocase(type, SV("range")))
        return SV("1");
    return sv_eq_nocase(type, SV("date")) ? SV("2024-01-31") : sv_eq_nocase(type, SV("email")) ? SV("a@example.com") : SV("a");
}

static void add_encoded(struct buf *b, struct sv text) {
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (is_name_char(c) || c == '_' || c == '.')
            buf_add_char(b, c);
        else
            buf_addf(b, "%%%02X", (unsigned)(unsigned char)c);
    }
}

static void take_field(struct form *f, struct sv inside) {
    struct sv name = attribute_of(inside, SV("name")), type = attribute_of(inside, SV("type"));
    bool sends = !sv_eq_nocase(type, SV("password")) && !sv_eq_nocase(type, SV("file")) && !sv_eq_nocase(type, SV("reset"));
    if (name.len == 0 || name.len > 60 || !sends || ++f->fields > 20)
        return;
    buf_add_char(f->query, f->fields == 1 ? '?' : '&');
    add_encoded(f->query, name);
    buf_add_char(f->query, '=');
    add_encoded(f->query, sv_slice(field_value(inside), 0, 100));
}

// `tag`: "form", "input", "/form" … with its inside. False when out of memory.
static bool take_form(struct arena *a, struct form *f, struct sv tag, struct sv inside, struct link_list *list) {
    struct sv method = attribute_of(inside, SV("method"));
    if (sv_eq_nocase(tag, SV("form"))) {
        bool asks = method.len == 0 || sv_eq_nocase(method, SV("get"));
        f->action = asks ? attribute_of(inside, SV("action")) : SV_NONE;
        // Without an address it asks the page itself.
        if (asks && f->action.ptr == NULL)
            f->action = SV("");
        f->fields = 0;
        buf_clear(f->query);
        return true;
    }
    bool field = sv_eq_nocase(tag, SV("input")) || sv_eq_nocase(tag, SV("select")) || sv_eq_nocase(tag, SV("textarea"));
    if (f->action.ptr != NULL && field)
        take_field(f, inside);
    if (!sv_eq_nocase(tag, SV("/form")))
        return true;
    struct sv action = f->action;
    size_t q = sv_find_char(action, '?');
    f->action = SV_NONE;
    if (action.ptr == NULL || f->fields == 0)
        return true;
    struct sv target = arena_printf(a, SV_FMT SV_FMT, SV_ARG(sv_slice(action, 0, q == SIZE_MAX ? action.len : q)), SV_ARG(buf_sv(f->query)));
    return target.ptr != NULL && link_list_add(a, list, target, LINK_HTML);
}

// One tag, whose "<" is behind: its references and what it means for a form. `body` is moved behind it. False when out of memory.
static bool take_element(struct arena *a, struct form *form, struct sv *body, struct link_list *list, struct sv *ret_name) {
    size_t length = 0, close = sv_find_char(*body, '>');
    while (length < body->len && is_name_char(body->ptr[length]))
        length++;
    *ret_name = sv_slice(*body, 0, length);
    struct sv inside = sv_slice(*body, length, close), tag = sv_starts_with(*body, SV("/form")) ? SV("/form") : *ret_name;
    bool ok = length == 0 || close <= length || take_tag(a, *ret_name, inside, list);
    ok = ok && (tag.len == 0 || take_form(a, form, tag, inside, list));
    *body = sv_from_index(*body, close + 1);
    return ok;
}

bool links_of_html(struct arena *a, struct sv body, struct link_list *list) {
    auto_buf query = BUF_INIT((size_t)16 * 1024);
    struct form form = {.query = &query};
    while (list->len < LINKS_PER_ANSWER) {
        size_t open = sv_find_char(body, '<');
        if (open == SIZE_MAX)
            break;
        body = sv_from_index(body, open + 1);
        if (sv_starts_with(body, SV("!--"))) {
            size_t end = sv_find(body, SV("-->"));
            body = sv_from_index(body, end == SIZE_MAX ? body.len : end + 3);
            continue;
        }
        struct sv name;
        if (sv_find_char(body, '>') == SIZE_MAX)
            break;
        if (!take_element(a, &form, &body, list, &name))
            return false;
        if (!sv_eq_nocase(name, SV("script")))
            continue;
        size_t end = sv_find_nocase(body, SV("</script"));
        if (!links_of_script(a, sv_slice(body, 0, end == SIZE_MAX ? body.len : end), list))
            return false;
        body = sv_from_index(body, end == SIZE_MAX ? body.len : end);
    }
    return true;
}

// Is the string the argument of a call that changes something? `axios.post("/x")`, `method: "DELETE"` behind it.
static bool call_changes(struct sv before, struct sv after) {
    static const struct sv calls[] = {SV_INIT(".post("), SV_INIT(".put("), SV_INIT(".patch("), SV_INIT(".delete(")};
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if (sv_ends_with(before, calls[i]))
            return true;
    struct sv near = sv_slice(after, 0, 80);
    size_t end = sv_find_char(near, ')');
    near = sv_slice(near, 0, end == SIZE_MAX ? near.len : end);
    size_t method = sv_find_nocase(near, SV("method"));
    if (method == SIZE_MAX)
        return false;
    near = sv_from_index(near, method);
    return sv_contains_nocase(near, SV("post")) || sv_contains_nocase(near, SV("put")) ||
           sv_contains_nocase(near, SV("patch")) || sv_contains_nocase(near, SV("delete"));
}

// Cuts "${user.id}" or ":id" from the front and gives its name; false when there is neither.
static bool cut_expression(struct sv *text, struct sv *ret_name) {
    bool dollar = sv_starts_with(*text, SV("${"));
    size_t end = dollar ? sv_find_char(*text, '}') : sv_find_char(*text, '/');
    if ((!dollar && !sv_starts_with(*text, SV(":"))) || (dollar && end == SIZE_MAX))
        return false;
    struct sv name = sv_slice(*text, dollar ? 2 : 1, end);
    size_t dot = sv_rfind_char(name, '.');
    *ret_name = dot == SIZE_MAX ? name : sv_from_index(name, dot + 1);
    *text = sv_from_index(*text, end == SIZE_MAX ? text->len : end + dollar);
    return true;
}

// "/users/${user.id}" and "/users/:id" are templates.
static bool take_string(struct arena *a, struct sv string, struct link_list *list) {
    if (text_is_path(string) && !sv_contains(string, SV("/:")))
        return link_list_add(a, list, string, LINK_SCRIPT_TEXT);
    auto_buf out = BUF_INIT(STRING_MAX * 2);
    while (string.len > 0) {
        struct sv name;
        if (cut_expression(&string, &name)) {
            buf_addf(&out, "{" SV_FMT "}", SV_ARG(name));
        } else {
            buf_add_char(&out, string.ptr[0]);
            string = sv_from_index(string, 1);
        }
    }
    struct sv copy = buf_failed(&out) ? SV_NONE : arena_copy_sv(a, buf_sv(&out));
    return copy.ptr == NULL || link_list_add_template(a, list, copy);
}

// Length of the string literal that begins here with its quotes, 0 when it does not end on its line or is long.
static size_t literal_length(struct sv text) {
    for (size_t i = 1; i < text.len && i < STRING_MAX && text.ptr[i] != '\n'; i++)
        if (text.ptr[i] == text.ptr[0])
            return i + 1;
    return 0;
}

bool links_of_script(struct arena *a, struct sv text, struct link_list *list) {
    size_t i = 0;
    while (i + 1 < text.len && list->len < LINKS_PER_ANSWER) {
        bool opens = text.ptr[i + 1] == '/' && strchr("\"'`", text.ptr[i]) != NULL && text.ptr[i] != '\0';
        size_t length = opens ? literal_length(sv_from_index(text, i)) : 0;
        if (length == 0) {
            i++;
            continue;
        }
        struct sv before = sv_slice(text, i > 12 ? i - 12 : 0, i);
        struct sv string = sv_slice(text, i + 1, i + length - 1);
        i += length;
        if (!call_changes(before, sv_from_index(text, i)) && !take_string(a, string, list))
            return false;
    }
    return true;
}
