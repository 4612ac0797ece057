// SPDX-License-Identifier: Apache-2.0
#include "checks/support/url_params.h"

#include "checks/run.h"
#include "checks/support/address_spelling.h"
#include "http/header.h"

enum { NAME_MAX_LENGTH = 128, BODY_DEPTH = 16 };

static bool is_letter(char c) {
    c = sv_lower_char(c);
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

// Next part of "callbackUrl", "callback_url", "filter.URLList[]": "callback", "Url"; runs of capitals stay together.
static bool next_part(struct sv *rest, struct sv *ret) {
    size_t i = 0;
    while (i < rest->len && !is_letter(rest->ptr[i]))
        i++;
    size_t begin = i;
    while (i < rest->len && is_letter(rest->ptr[i])) {
        bool lower_to_upper = i > begin && is_upper(rest->ptr[i]) && !is_upper(rest->ptr[i - 1]);
        bool end_of_capitals = i > begin && is_upper(rest->ptr[i]) && i + 1 < rest->len && is_letter(rest->ptr[i + 1]) &&
                               !is_upper(rest->ptr[i + 1]) && rest->ptr[i + 1] != 's';
        if (lower_to_upper || end_of_capitals)
            break;
        i++;
    }
    *ret = sv_slice(*rest, begin, i);
    *rest = sv_from_index(*rest, i);
    return ret->len > 0;
}

static bool list_has(const struct node *list, struct sv text) {
    for (const struct node *n = node_is(list, NODE_ARRAY) ? list->first : NULL; n != NULL; n = n->next)
        if (n->kind == NODE_STRING && sv_eq_nocase(n->text, text))
            return true;
    return false;
}

static const struct node *find_list(const struct node *lists, struct sv id) {
    const struct node *all = node_get(lists, SV("lists"));
    for (const struct node *n = node_is(all, NODE_ARRAY) ? all->first : NULL; n != NULL; n = n->next)
        if (sv_eq(node_get_text(n, SV("id")), id))
            return n;
    return NULL;
}

// Of "filter.links[].href" only the last member counts.
static struct sv own_name(struct sv name) {
    while (sv_ends_with(name, SV("[]")))
        name.len -= 2;
    size_t dot = sv_rfind_char(name, '.');
    return dot == SIZE_MAX ? name : sv_from_index(name, dot + 1);
}

bool url_params_name_in(const struct node *lists, struct sv list, struct sv name) {
    const struct node *l = find_list(lists, list);
    char plain[NAME_MAX_LENGTH];
    size_t n = 0;
    name = own_name(name);
    if (l == NULL || name.len == 0 || name.len > sizeof plain)
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (is_letter(name.ptr[i]) || is_digit(name.ptr[i]))
            plain[n++] = sv_lower_char(name.ptr[i]);
    if (list_has(node_get(l, SV("names")), sv_make(plain, n)))
        return true;
    struct sv rest = name, part;
    while (next_part(&rest, &part))
        if (list_has(node_get(l, SV("words")), part))
            return true;
    return false;
}

bool url_params_described(const struct node *lists, struct sv description) {
    const struct node *words = node_get(find_list(lists, SV("described")), SV("words"));
    struct sv rest = sv_slice(description, 0, 2000), part;
    while (next_part(&rest, &part))
        if (list_has(words, part))
            return true;
    return false;
}

static bool is_label(struct sv text) {
    for (size_t i = 0; i < text.len; i++)
        if (!is_letter(text.ptr[i]) && !is_digit(text.ptr[i]) && (text.ptr[i] != '-' || i == 0))
            return false;
    return text.len > 0 && text.len < 64;
}

// "a.b-c.org", "10.0.0.1", "localhost"; file names and versions also look like it, so this alone is a weak sign.
static bool is_host(struct sv text) {
    if (sv_eq_nocase(text, SV("localhost")) || address_is_quad(text))
        return true;
    size_t dot = sv_rfind_char(text, '.');
    if (dot == SIZE_MAX || text.len > 253 || text.len - dot < 3)
        return false;
    struct sv rest = sv_slice(text, 0, dot), label;
    while (sv_split(&rest, '.', &label))
        if (!is_label(label))
            return false;
    for (size_t i = dot + 1; i < text.len; i++)
        if (!is_letter(text.ptr[i]))
            return false;
    return true;
}

static void split_authority(struct sv text, struct sv *ret_host, struct sv *ret_rest) {
    size_t end = 0;
    while (end < text.len && text.ptr[end] != '/' && text.ptr[end] != '?' && text.ptr[end] != '#')
        end++;
    struct sv authority = sv_slice(text, 0, end);
    size_t at = sv_rfind_char(authority, '@');
    authority = at == SIZE_MAX ? authority : sv_from_index(authority, at + 1);
    size_t colon = sv_rfind_char(authority, ':');
    bool port = colon != SIZE_MAX && sv_is_digits(sv_from_index(authority, colon + 1));
    *ret_host = port ? sv_slice(authority, 0, colon) : authority;
    *ret_rest = sv_from_index(text, end);
}

static size_t lead_length(struct sv value) {
    if (sv_starts_with_nocase(value, SV("http://")))
        return 7;
    if (sv_starts_with_nocase(value, SV("https://")))
        return 8;
    return sv_starts_with(value, SV("//")) ? 2 : 0;
}

static enum value_shape shape_of(struct sv value, size_t lead, struct sv host) {
    if (lead > 2 && host.len > 0)
        return VALUE_URL;
    if (lead == 2 && is_host(host))
        return VALUE_URL;
    if (lead == 0 && is_host(host) && sv_find_char(value, '@') == SIZE_MAX)
        return VALUE_HOST;
    return sv_starts_with(value, SV("/")) ? VALUE_PATH : VALUE_OTHER;
}

enum value_shape url_params_shape(struct sv value, struct sv *ret_host, struct sv *ret_rest) {
    struct sv host = SV_NONE, rest = SV_NONE;
    value = sv_trim(value);
    size_t lead = lead_length(value);
    split_authority(sv_from_index(value, lead), &host, &rest);
    enum value_shape shape = shape_of(value, lead, host);
    bool has_host = shape == VALUE_URL || shape == VALUE_HOST;
    if (ret_host != NULL)
        *ret_host = has_host ? host : SV_NONE;
    if (ret_rest != NULL)
        *ret_rest = has_host ? rest : SV_NONE;
    return shape;
}

static bool format_is_one_of(struct sv format, const struct sv *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (sv_eq_nocase(format, list[i]))
            return true;
    return false;
}

static bool format_is_url(struct sv format) {
    static const struct sv formats[] = {SV_INIT("uri"),           SV_INIT("url"),          SV_INIT("iri"),
                                        SV_INIT("uri-reference"), SV_INIT("iri-reference"), SV_INIT("uri-template"),
                                        SV_INIT("hostname"),      SV_INIT("idn-hostname"), SV_INIT("ipv4"),
                                        SV_INIT("ipv6"),          SV_INIT("host")};
    return format_is_one_of(format, formats, sizeof formats / sizeof *formats);
}

bool url_params_is_free_text(const struct parameter *p) {
    static const struct sv narrow[] = {SV_INIT("date"),   SV_INIT("date-time"), SV_INIT("time"),   SV_INIT("uuid"),
                                       SV_INIT("email"),  SV_INIT("byte"),      SV_INIT("binary"), SV_INIT("int32"),
                                       SV_INIT("int64"),  SV_INIT("double"),    SV_INIT("float"),  SV_INIT("duration"),
                                       SV_INIT("decimal"), SV_INIT("number")};
    const struct schema *s = p->schema;
    bool text = s->types == 0 || (s->types & TYPE_STRING) != 0;
    bool room = !s->has_max_length || s->max_length >= 64;
    return text && room && s->enum_count == 0 && s->pattern.len == 0 && !s->read_only &&
           !format_is_one_of(s->format, narrow, sizeof narrow / sizeof *narrow);
}

// `"x"` of a schema's example as x.
static struct sv unquoted(struct sv json) {
    if (json.len >= 2 && json.ptr[0] == '"' && json.ptr[json.len - 1] == '"' && sv_find_char(json, '\\') == SIZE_MAX)
        return sv_slice(json, 1, json.len - 1);
    return json;
}

static struct sv observed_value(const struct parameter *p, const struct call *call, size_t index) {
    if (p->example.len > 0)
        return p->example;
    if (p->schema->example.len > 0)
        return unquoted(p->schema->example);
    if (p->schema->default_value.len > 0)
        return unquoted(p->schema->default_value);
    if (call != NULL && call->values != NULL && call->values[index].present && !call->values[index].raw)
        return call->values[index].text;
    return SV_NONE;
}

static const struct sv document_kinds[] = {SV_INIT("svg"),      SV_INIT("html"), SV_INIT("markdown"),
                                           SV_INIT("xml"), SV_INIT("csv")};

// A body that is a document, or a value that is called one.
static struct sv document_kind(const struct node *lists, const struct operation *op, const struct parameter *p) {
    bool whole = p->in == PARAM_BODY && p->name.len == 0;
    if (!whole && !url_params_name_in(lists, SV("document"), p->name))
        return SV_NONE;
    for (size_t i = 0; i < sizeof document_kinds / sizeof *document_kinds; i++)
        if (sv_contains_nocase(whole ? op->body_media_type : p->name, document_kinds[i]))
            return document_kinds[i];
    return whole ? SV_NONE : SV("markdown");
}

static void mark_document(const struct node *lists, const struct operation *op, const struct parameter *p,
                          struct url_param *u) {
    u->document = u->shape == VALUE_URL ? SV_NONE : document_kind(lists, op, p);
    if (u->document.len == 0)
        return;
    u->shape = VALUE_DOCUMENT;
    u->fetched = true;
    u->strong = u->redirects = false;
}

static bool has_sign(const struct url_param *u) {
    return u->strong || u->fetched || u->redirects || u->label;
}

static struct url_param signs_of(const struct node *lists, const struct operation *op, const struct call *call,
                                 size_t index) {
    const struct parameter *p = &op->parameters[index];
    struct url_param u = {.index = index, .observed = observed_value(p, call, index)};
    u.shape = url_params_shape(u.observed, &u.observed_host, &u.observed_rest);
    struct sv description = p->description.len > 0 ? p->description : p->schema->description;
    u.strong = u.shape == VALUE_URL || format_is_url(p->schema->format) ||
               url_params_name_in(lists, SV("fetch"), p->name) || url_params_described(lists, description);
    u.fetched = u.shape == VALUE_HOST || url_params_name_in(lists, SV("fetch-weak"), p->name);
    u.redirects = u.shape == VALUE_URL || url_params_name_in(lists, SV("redirect"), p->name);
    u.label = !u.strong && u.shape == VALUE_OTHER && url_params_name_in(lists, SV("label"), p->name);
    mark_document(lists, op, p, &u);
    return u;
}

size_t url_params_find(const struct node *lists, const struct operation *op, const struct call *call,
                       struct url_param ret[URL_PARAMS_MAX]) {
    size_t count = 0;
    for (size_t i = 0; i < op->parameter_count && count < URL_PARAMS_MAX; i++) {
        const struct parameter *p = &op->parameters[i];
        bool text = p->schema->types == 0 || (p->schema->types & TYPE_STRING) != 0;
        if (!text || (p->name.len == 0 && p->in != PARAM_BODY))
            continue;
        struct url_param u = signs_of(lists, op, call, i);
        // A body without a name is a document or nothing.
        if (has_sign(&u) && (p->name.len > 0 || u.shape == VALUE_DOCUMENT))
            ret[count++] = u;
    }
    return count;
}

static struct sv query_value(struct arena *a, struct sv name, struct sv query) {
    struct sv key, value;
    bool has_value;
    while (url_query_next(&query, &key, &value, &has_value))
        if (sv_eq(url_decode(a, key, true), name))
            return url_decode(a, value, true);
    return SV_NONE;
}

// The segment of the path where the template has "{name}" alone.
static struct sv path_value(struct arena *a, struct sv name, struct sv template, struct sv path) {
    struct sv expression = arena_printf(a, "{" SV_FMT "}", SV_ARG(name)), part, segment;
    while (sv_split(&template, '/', &part) && sv_split(&path, '/', &segment))
        if (sv_eq(part, expression))
            return url_decode(a, segment, false);
    return SV_NONE;
}

// "a.b[].c" in a JSON body: the first element of arrays.
static struct sv json_value(struct sv name, const struct node *n) {
    for (unsigned depth = 0; n != NULL && name.len > 0 && depth < BODY_DEPTH; depth++) {
        if (sv_starts_with(name, SV("[]"))) {
            n = node_at(n, 0);
            name = sv_from_index(name, 2);
        } else {
            size_t end = name.ptr[0] == '.';
            while (end < name.len && name.ptr[end] != '[' && (name.ptr[end] != '.' || end == 0))
                end++;
            n = node_get(n, sv_slice(name, name.ptr[0] == '.', end));
            name = sv_from_index(name, end);
        }
    }
    return node_is(n, NODE_STRING) ? n->text : SV_NONE;
}

static struct sv body_value(struct arena *a, struct sv name, const struct request *rq) {
    struct sv type = media_type_essence(a, header_find(&rq->headers, SV("Content-Type")));
    struct node *root = NULL;
    if (sv_eq(type, SV("application/x-www-form-urlencoded")))
        return query_value(a, name, rq->body);
    if (rq->body.len == 0 || node_parse_json(a, rq->body, &node_limits_response, &root, NULL) != 0)
        return SV_NONE;
    return json_value(name, root);
}

struct sv request_value(struct arena *a, const struct operation *op, size_t parameter, const struct request *rq) {
    const struct parameter *p = &op->parameters[parameter];
    size_t mark = sv_find_char(rq->target, '?');
    struct sv path = mark == SIZE_MAX ? rq->target : sv_slice(rq->target, 0, mark);
    switch (p->in) {
    case PARAM_PATH:
        return path_value(a, p->name, op->path, path);
    case PARAM_QUERY:
        return mark == SIZE_MAX ? SV_NONE : query_value(a, p->name, sv_from_index(rq->target, mark + 1));
    case PARAM_HEADER:
        return header_find(&rq->headers, p->name);
    case PARAM_BODY:
        return body_value(a, p->name, rq);
    case PARAM_COOKIE:
    case PARAM_IN_COUNT:
        break;
    }
    return SV_NONE;
}

const char *no_identity_reason(const struct check_run *run, const struct operation *op) {
    for (size_t i = 0; i < check_identity_count(run); i++)
        if (check_baseline(run, op, i)->state == BASELINE_REFUSED)
            return "every identity of this scan is refused";
    return "the operation is not asked in this mode";
}

size_t best_identity(const struct check_run *run, const struct operation *op) {
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < check_identity_count(run); i++) {
        const struct baseline *b = check_baseline(run, op, i);
        if (b->call.operation == NULL || b->state == BASELINE_NONE)
            continue;
        if (b->state == BASELINE_GOOD)
            return i;
        if (b->state != BASELINE_REFUSED && best == SIZE_MAX)
            best = i;
    }
    return best;
}
