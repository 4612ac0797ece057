// SPDX-License-Identifier: Apache-2.0
// Links in HTML and scripts. No parser of the language, but a pass over tags and string literals that cannot be led
// into more than one look at each byte.
#include "surface/surface_internal.h"

enum { STRING_MAX = 300 };

static bool is_name_char(char c) {
    c = sv_lower_char(c);
    return (c >= 'a' && c <= 'z') || c == '-' || (c >= '0' && c <= '9');
}

struct attribute {
    struct sv name, value;
};

// Next attribute of a tag's inside.
static bool next_attribute(struct sv *rest, struct attribute *ret) {
    size_t i = 0;
    while (i < rest->len && !is_name_char(rest->ptr[i]))
        i++;
    size_t begin = i;
    while (i < rest->len && is_name_char(rest->ptr[i]))
        i++;
    if (i == begin)
        return false;
    ret->name = sv_slice(*rest, begin, i);
    ret->value = SV_NONE;
    while (i < rest->len && (rest->ptr[i] == ' ' || rest->ptr[i] == '\n' || rest->ptr[i] == '\t'))
        i++;
    if (i < rest->len && rest->ptr[i] == '=') {
        i++;
        while (i < rest->len && (rest->ptr[i] == ' ' || rest->ptr[i] == '\n' || rest->ptr[i] == '\t'))
            i++;
        char quote = i < rest->len && (rest->ptr[i] == '"' || rest->ptr[i] == '\'') ? rest->ptr[i++] : ' ';
        size_t value = i;
        while (i < rest->len && rest->ptr[i] != quote &&
               (quote != ' ' || (rest->ptr[i] != '\t' && rest->ptr[i] != '\n')))
            i++;
        ret->value = sv_slice(*rest, value, i);
    }
    *rest = sv_from_index(*rest, i < rest->len ? i + 1 : i);
    return true;
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

static bool take_tag(struct arena *a, struct sv name, struct sv inside, struct link_list *list) {
    bool is_form = sv_eq_nocase(name, SV("form")), is_script = sv_eq_nocase(name, SV("script"));
    bool is_sheet = false, posts = false;
    struct sv reference = SV_NONE;
    struct attribute at;
    for (unsigned n = 0; n < 40 && next_attribute(&inside, &at); n++) {
        if (sv_eq_nocase(at.name, SV("href")) || sv_eq_nocase(at.name, SV("src")) ||
            sv_eq_nocase(at.name, SV("action")) || sv_eq_nocase(at.name, SV("data-url")) ||
            sv_eq_nocase(at.name, SV("hx-get")))
            reference = at.value;
        posts = posts || (sv_eq_nocase(at.name, SV("method")) && !sv_eq_nocase(at.value, SV("get")));
        is_sheet = is_sheet || (sv_eq_nocase(at.name, SV("rel")) && (sv_contains_nocase(at.value, SV("stylesheet")) ||
                                                                     sv_contains_nocase(at.value, SV("icon"))));
    }
    if (reference.len == 0 || is_sheet || (is_form && posts))
        return true;
    struct sv plain = unescape(a, reference);
    if (plain.ptr == NULL)
        return false;
    return link_list_add(a, list, plain, is_script ? LINK_SCRIPT_FILE : LINK_HTML);
}

bool links_of_html(struct arena *a, struct sv body, struct link_list *list) {
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
        size_t length = 0;
        while (length < body.len && is_name_char(body.ptr[length]))
            length++;
        size_t close = sv_find_char(body, '>');
        if (close == SIZE_MAX)
            break;
        struct sv name = sv_slice(body, 0, length);
        if (length > 0 && close > length && !take_tag(a, name, sv_slice(body, length, close), list))
            return false;
        body = sv_from_index(body, close + 1);
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

bool links_of_script(struct arena *a, struct sv text, struct link_list *list) {
    for (size_t i = 0; i < text.len && list->len < LINKS_PER_ANSWER; i++) {
        char quote = text.ptr[i];
        if ((quote != '"' && quote != '\'' && quote != '`') || i + 1 >= text.len || text.ptr[i + 1] != '/')
            continue;
        size_t end = i + 1;
        while (end < text.len && end - i < STRING_MAX && text.ptr[end] != quote && text.ptr[end] != '\n')
            end++;
        if (end >= text.len || text.ptr[end] != quote)
            continue;
        struct sv string = sv_slice(text, i + 1, end);
        struct sv before = sv_slice(text, i > 12 ? i - 12 : 0, i);
        if (text_is_path(string) && !call_changes(before, sv_from_index(text, end + 1)) &&
            !link_list_add(a, list, string, LINK_SCRIPT_TEXT))
            return false;
        i = end;
    }
    return true;
}
