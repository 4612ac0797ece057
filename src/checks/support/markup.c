// SPDX-License-Identifier: Apache-2.0
#include "checks/support/markup.h"

#include "http/header.h"

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool is_letter(char c) {
    char l = sv_lower_char(c);
    return l >= 'a' && l <= 'z';
}

struct tag {
    struct sv name;   // SV_NONE: none more
    struct sv fields; // what stands between name and '>'
    bool closes;
};

static size_t skip_space(struct sv text, size_t i) {
    while (i < text.len && is_space(text.ptr[i])) i++;
    return i;
}

// The value behind '=': quoted, or up to white space. Moves *i behind it.
static struct sv attribute_value(struct sv fields, size_t *i) {
    size_t begin = skip_space(fields, *i);
    char quote = begin < fields.len && (fields.ptr[begin] == '"' || fields.ptr[begin] == '\'') ? fields.ptr[begin] : '\0';
    begin += quote != '\0';
    size_t end = begin;
    while (end < fields.len && (quote != '\0' ? fields.ptr[end] != quote : !is_space(fields.ptr[end]))) end++;
    *i = end + (quote != '\0' && end < fields.len);
    return sv_slice(fields, begin, end);
}

// One attribute of a tag's fields. False at their end.
static bool next_attribute(struct sv *fields, struct sv *ret_name, struct sv *ret_value) {
    size_t i = 0;
    while (i < fields->len && (is_space(fields->ptr[i]) || fields->ptr[i] == '/')) i++;
    size_t begin = i;
    while (i < fields->len && !is_space(fields->ptr[i]) && fields->ptr[i] != '/' && (fields->ptr[i] != '=' || i == begin)) i++;
    *ret_name = sv_slice(*fields, begin, i);
    *ret_value = SV("");
    i = skip_space(*fields, i);
    if (i < fields->len && fields->ptr[i] == '=') {
        i++;
        *ret_value = attribute_value(*fields, &i);
    }
    *fields = sv_from_index(*fields, i);
    return ret_name->len > 0;
}

// Index of the '>' that ends a tag: not one inside a quoted value.
static size_t tag_end(struct sv text, size_t i) {
    char quote = '\0';
    bool after_equals = false;
    for (; i < text.len; i++) {
        char c = text.ptr[i];
        if (quote != '\0') {
            if (c == quote) quote = '\0';
            continue;
        }
        if (c == '>') return i;
        if ((c == '"' || c == '\'') && after_equals) quote = c;
        if (!is_space(c)) after_equals = c == '=';
    }
    return SIZE_MAX;
}

static struct tag next_tag(struct sv *rest) {
    for (size_t at = 0; at + 1 < rest->len; at++) {
        if (rest->ptr[at] != '<') continue;
        size_t i = at + 1;
        bool closes = rest->ptr[i] == '/';
        i += closes;
        if (sv_starts_with(sv_from_index(*rest, at), SV("<!--"))) {
            *rest = sv_from_index(*rest, at + 4);
            return (struct tag){.name = SV("!--")};
        }
        if (i >= rest->len || !is_letter(rest->ptr[i])) continue;
        size_t begin = i;
        while (i < rest->len && !is_space(rest->ptr[i]) && rest->ptr[i] != '/' && rest->ptr[i] != '>') i++;
        size_t end = tag_end(*rest, i);
        if (end == SIZE_MAX) break; // a browser drops an unfinished tag
        struct tag t = {sv_slice(*rest, begin, i), sv_slice(*rest, i, end), closes};
        *rest = sv_from_index(*rest, end + 1);
        return t;
    }
    *rest = SV_NONE;
    return (struct tag){0};
}

// Elements whose content is no markup, and comments.
static struct sv raw_end(struct sv name) {
    static const struct {
        struct sv name, end;
    } raws[] = {{SV_INIT("script"), SV_INIT("</script>")}, {SV_INIT("style"), SV_INIT("</style>")},     {SV_INIT("textarea"), SV_INIT("</textarea>")}, {SV_INIT("title"), SV_INIT("</title>")},
                {SV_INIT("xmp"), SV_INIT("</xmp>")},       {SV_INIT("iframe"), SV_INIT("</iframe>")},   {SV_INIT("noembed"), SV_INIT("</noembed>")},   {SV_INIT("noframes"), SV_INIT("</noframes>")},
                {SV_INIT("!--"), SV_INIT("-->")},          {SV_INIT("noscript"), SV_INIT("</noscript>")}};
    for (size_t i = 0; i < sizeof raws / sizeof raws[0]; i++) {
        if (sv_eq_nocase(name, raws[i].name)) return raws[i].end;
    }
    return SV_NONE;
}

// Takes what is raw off the rest and gives it.
static struct sv take_raw(struct sv *rest, struct sv end) {
    struct sv close = sv_eq(end, SV("-->")) ? end : sv_slice(end, 0, end.len - 1);
    size_t stop = sv_find_nocase(*rest, close);
    struct sv raw = stop == SIZE_MAX ? *rest : sv_slice(*rest, 0, stop);
    *rest = stop == SIZE_MAX ? SV_NONE : sv_from_index(*rest, stop);
    return raw;
}

static bool has_attribute(struct sv fields, struct sv name, struct sv value) {
    struct sv n, v;
    while (next_attribute(&fields, &n, &v)) {
        if (sv_eq_nocase(n, name) && sv_starts_with(v, value)) return true;
    }
    return false;
}

struct markup_find markup_find_attribute(struct sv page, struct sv name, struct sv value, struct sv literal) {
    struct markup_find found = {MARKUP_NOWHERE, SV_NONE};
    struct sv rest = page;
    while (rest.len > 0) {
        struct tag t = next_tag(&rest);
        if (t.name.ptr == NULL) break;
        if (!t.closes && has_attribute(t.fields, name, value)) return (struct markup_find){MARKUP_ELEMENT, SV_NONE};
        struct sv end = t.closes ? SV_NONE : raw_end(t.name);
        if (end.ptr != NULL && sv_contains(take_raw(&rest, end), literal)) found = (struct markup_find){MARKUP_RAW, end};
    }
    return found;
}

// Behind a text or a comment that begins at `i`; `i` itself when none begins there. SIZE_MAX: it does not end.
static size_t skip_token(struct sv s, size_t i) {
    char c = s.ptr[i];
    struct sv rest = sv_from_index(s, i);
    if (sv_starts_with(rest, SV("//"))) {
        size_t end = sv_find_char(rest, '\n');
        return end == SIZE_MAX ? end : i + end;
    }
    if (sv_starts_with(rest, SV("/*"))) {
        size_t end = sv_find(rest, SV("*/"));
        return end == SIZE_MAX ? end : i + end + 2;
    }
    if (c != '"' && c != '\'' && c != '`') return i;
    for (size_t k = i + 1; k < s.len; k++) {
        if (s.ptr[k] == '\\') k++;
        else if (s.ptr[k] == c) return k + 1;
        else if (s.ptr[k] == '\n' && c != '`') return SIZE_MAX;
    }
    return SIZE_MAX;
}

static char broken_by(struct sv script, struct sv word) {
    char last = '\0';
    for (size_t i = 0; i < script.len;) {
        size_t next = skip_token(script, i);
        // Both quotes side by side: the first one ended a text, the second one begins one that never ends.
        if (next == SIZE_MAX) return i > 0 && script.ptr[i - 1] == last && sv_contains(sv_from_index(script, i), word) ? last : '\0';
        if (next == i && last != '\0' && sv_starts_with(sv_from_index(script, i), word)) return last;
        if (next > i && script.ptr[i] != '/') last = script.ptr[i];
        i = next > i ? next : i + 1;
    }
    return '\0';
}

char markup_script_broken_by(struct sv page, struct sv word) {
    struct sv rest = page, n, v;
    while (rest.len > 0) {
        struct tag t = next_tag(&rest);
        if (t.name.ptr == NULL) break;
        struct sv end = t.closes ? SV_NONE : raw_end(t.name), raw = end.ptr == NULL ? SV_NONE : take_raw(&rest, end);
        if (!sv_eq_nocase(t.name, SV("script")) || t.closes) continue;
        bool code = true;
        while (next_attribute(&t.fields, &n, &v)) code = code && (!sv_eq_nocase(n, SV("type")) || v.len == 0 || sv_contains_nocase(v, SV("javascript")) || sv_eq_nocase(v, SV("module")));
        char quote = code ? broken_by(raw, word) : '\0';
        if (quote != '\0') return quote;
    }
    return '\0';
}

bool markup_next(struct sv *rest, struct sv element, struct sv attribute, struct sv *ret_value, struct sv *ret_tag) {
    while (rest->len > 0) {
        struct tag t = next_tag(rest);
        if (t.name.ptr == NULL) return false;
        struct sv end = t.closes ? SV_NONE : raw_end(t.name), fields = t.fields, n, v;
        if (end.ptr != NULL) (void)take_raw(rest, end);
        if (t.closes || !sv_eq_nocase(t.name, element)) continue;
        while (next_attribute(&fields, &n, &v)) {
            if (!sv_eq_nocase(n, attribute)) continue;
            *ret_value = v;
            *ret_tag = t.fields;
            return true;
        }
    }
    return false;
}

// What browsers take for a page when no media type is named (https://mimesniff.spec.whatwg.org/#identifying-a-resource-with-an-unknown-mime-type).
static bool begins_like_page(struct sv body) {
    static const struct sv begins[] = {SV_INIT("<!DOCTYPE HTML"), SV_INIT("<HTML"), SV_INIT("<HEAD"), SV_INIT("<SCRIPT"), SV_INIT("<IFRAME"), SV_INIT("<H1"), SV_INIT("<DIV"), SV_INIT("<FONT"),
                                       SV_INIT("<TABLE"), SV_INIT("<A"), SV_INIT("<STYLE"), SV_INIT("<TITLE"), SV_INIT("<B"), SV_INIT("<BODY"), SV_INIT("<BR"), SV_INIT("<P"), SV_INIT("<!--")};
    while (body.len > 0 && is_space(body.ptr[0])) body = sv_from_index(body, 1);
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
        size_t n = begins[i].len;
        if (sv_starts_with_nocase(body, begins[i]) && body.len > n && (body.ptr[n] == ' ' || body.ptr[n] == '>')) return true;
    }
    return false;
}

bool markup_is_page(struct arena *a, const struct exchange *x) {
    if (!exchange_answered(x) || x->response.body.len == 0) return false;
    const struct header_list *h = &x->response.headers;
    if (x->response.status >= 300 && x->response.status < 400) return false;
    if (sv_starts_with_nocase(sv_trim(header_find(h, SV("Content-Disposition"))), SV("attachment"))) return false;
    struct sv type = header_find(h, SV("Content-Type"));
    if (type.ptr == NULL) return !header_has(h, SV("X-Content-Type-Options")) && begins_like_page(x->response.body);
    struct sv essence = media_type_essence(a, type);
    return sv_eq(essence, SV("text/html")) || sv_eq(essence, SV("application/xhtml+xml"));
}

bool markup_policy_forbids_inline(const struct exchange *x) {
    struct sv rest = header_find(&x->response.headers, SV("Content-Security-Policy")), directive, scripts = SV_NONE, others = SV_NONE;
    while (rest.ptr != NULL && sv_split(&rest, ';', &directive)) {
        directive = sv_trim(directive);
        if (sv_starts_with_nocase(directive, SV("script-src "))) scripts = directive;
        if (sv_starts_with_nocase(directive, SV("default-src "))) others = directive;
        if (sv_eq_nocase(directive, SV("sandbox"))) return true;
    }
    struct sv rule = scripts.ptr != NULL ? scripts : others;
    return rule.ptr != NULL && (!sv_contains_nocase(rule, SV("'unsafe-inline'")) || sv_contains_nocase(rule, SV("'nonce-")) || sv_contains_nocase(rule, SV("'sha256-")));
}
