// SPDX-License-Identifier: Apache-2.0
// Names of entities: from keys, path segments and parameters to one singular, lower-case form.
#include "evidence/entity_internal.h"

static bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

static bool is_lower_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_in(struct sv word, const struct sv *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (sv_eq(word, list[i]))
            return true;
    return false;
}
#define IS_IN(word, list) is_in((word), (list), sizeof(list) / sizeof *(list))

// Words whose singular keeps the "ie", words that have no other form, and those that are irregular.
static const struct sv ie_words[] = {SV_INIT("movies"), SV_INIT("cookies"), SV_INIT("calories"), SV_INIT("ties"),
                                     SV_INIT("pies"),   SV_INIT("rookies"), SV_INIT("hoodies"),  SV_INIT("lies")};
static const struct sv fixed_words[] = {SV_INIT("series"), SV_INIT("species"), SV_INIT("news"),
                                        SV_INIT("sms"),    SV_INIT("dns"),     SV_INIT("aws"),
                                        SV_INIT("https"),  SV_INIT("tls"),     SV_INIT("css")};
static const struct sv es_words[] = {SV_INIT("aliases"), SV_INIT("canvases"), SV_INIT("atlases"),  SV_INIT("gases"),
                                     SV_INIT("heroes"),  SV_INIT("biases"),   SV_INIT("potatoes"), SV_INIT("lenses")};
static const struct sv irregular[][2] = {
    {SV_INIT("people"), SV_INIT("person")}, {SV_INIT("children"), SV_INIT("child")},
    {SV_INIT("indices"), SV_INIT("index")}, {SV_INIT("vertices"), SV_INIT("vertex")},
    {SV_INIT("caches"), SV_INIT("cache")},  {SV_INIT("analyses"), SV_INIT("analysis")},
    {SV_INIT("quizzes"), SV_INIT("quiz")},  {SV_INIT("staff"), SV_INIT("staff")}};

static bool is_vowel(char c) {
    return memchr("aeiou", c, 5) != NULL;
}

// How many bytes the plural of this lower-case word has too many; "-ies" is the caller's.
static size_t plural_ending(struct sv w) {
    if (w.len < 4 || w.ptr[w.len - 1] != 's' || IS_IN(w, fixed_words))
        return 0;
    if (sv_ends_with(w, SV("ss")) || sv_ends_with(w, SV("us")) || sv_ends_with(w, SV("is")))
        return 0;
    if (sv_ends_with(w, SV("sses")) || sv_ends_with(w, SV("xes")) || sv_ends_with(w, SV("ches")) ||
        sv_ends_with(w, SV("shes")) || IS_IN(w, es_words))
        return 2;
    // statuses, viruses, buses; but houses, causes
    if (sv_ends_with(w, SV("uses")) && w.len > 4 && !is_vowel(w.ptr[w.len - 5]))
        return 2;
    return 1;
}

static void singular(char *text, size_t *len) {
    struct sv w = sv_make(text, *len);
    for (size_t i = 0; i < sizeof irregular / sizeof *irregular; i++) {
        if (sv_eq(w, irregular[i][0])) {
            memcpy(text, irregular[i][1].ptr, irregular[i][1].len);
            *len = irregular[i][1].len;
            return;
        }
    }
    if (w.len > 3 && sv_ends_with(w, SV("ies")) && !IS_IN(w, ie_words) && !IS_IN(w, fixed_words)) {
        text[w.len - 3] = 'y';
        *len -= 2;
        return;
    }
    *len -= plural_ending(w);
}

// A hump begins a word: "userId", and "HTTPServer" before its "Server".
static bool begins_hump(struct sv word, size_t i) {
    if (i == 0 || !is_upper(word.ptr[i]))
        return false;
    if (is_lower_or_digit(word.ptr[i - 1]))
        return true;
    return is_upper(word.ptr[i - 1]) && i + 1 < word.len && word.ptr[i + 1] >= 'a' && word.ptr[i + 1] <= 'z';
}

static bool name_words(struct sv word, struct entity_name *ret) {
    struct entity_name n = {0};
    for (size_t i = 0; i < word.len; i++) {
        char c = word.ptr[i];
        bool separator = memchr("_- .", c, 4) != NULL;
        if (!separator && !is_upper(c) && !is_lower_or_digit(c))
            return false;
        if (n.len + 2 > sizeof n.text)
            return false;
        if ((separator || begins_hump(word, i)) && n.len > 0 && n.text[n.len - 1] != '_')
            n.text[n.len++] = '_';
        if (!separator)
            n.text[n.len++] = sv_lower_char(c);
    }
    while (n.len > 0 && n.text[n.len - 1] == '_')
        n.len--;
    *ret = n;
    return n.len > 0;
}

struct entity_name entity_name_of(struct sv word) {
    struct entity_name n = {0};
    if (!name_words(word, &n))
        return (struct entity_name){0};
    size_t begin = sv_rfind_char(entity_name_sv(&n), '_');
    begin = begin == SIZE_MAX ? 0 : begin + 1;
    size_t len = n.len - begin;
    singular(n.text + begin, &len);
    n.len = begin + len;
    return n;
}

bool entity_key_split(struct sv key, struct entity_name *ret_entity) {
    static const struct sv plain[] = {
        SV_INIT("id"),     SV_INIT("uuid"),     SV_INIT("guid"),      SV_INIT("slug"), SV_INIT("code"),
        SV_INIT("key"),    SV_INIT("number"),   SV_INIT("ref"),       SV_INIT("pk"),   SV_INIT("reference"),
        SV_INIT("handle"), SV_INIT("username"), SV_INIT("user_name"), SV_INIT("ulid"), SV_INIT("oid")};
    static const struct sv endings[] = {SV_INIT("_id"),  SV_INIT("_uuid"),   SV_INIT("_guid"), SV_INIT("_slug"),
                                        SV_INIT("_ids"), SV_INIT("_number"), SV_INIT("_ref"),  SV_INIT("_code"),
                                        SV_INIT("_key"), SV_INIT("_handle"), SV_INIT("_ulid"), SV_INIT("_reference")};
    struct entity_name n = {0};
    if (!name_words(key, &n))
        return false;
    struct sv text = entity_name_sv(&n);
    if (IS_IN(text, plain)) {
        *ret_entity = (struct entity_name){0};
        return true;
    }
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (text.len > endings[i].len && sv_ends_with(text, endings[i])) {
            *ret_entity = entity_name_of(sv_slice(text, 0, text.len - endings[i].len));
            return ret_entity->len > 0;
        }
    }
    return false;
}

bool entity_key_is_envelope(struct sv key) {
    static const struct sv envelopes[] = {
        SV_INIT("items"),   SV_INIT("item"),       SV_INIT("data"),     SV_INIT("results"), SV_INIT("result"),
        SV_INIT("content"), SV_INIT("contents"),   SV_INIT("records"),  SV_INIT("record"),  SV_INIT("rows"),
        SV_INIT("list"),    SV_INIT("entries"),    SV_INIT("elements"), SV_INIT("values"),  SV_INIT("value"),
        SV_INIT("hits"),    SV_INIT("_embedded"),  SV_INIT("embedded"), SV_INIT("payload"), SV_INIT("response"),
        SV_INIT("page"),    SV_INIT("edges"),      SV_INIT("node"),     SV_INIT("nodes"),   SV_INIT("objects"),
        SV_INIT("object"),  SV_INIT("attributes"), SV_INIT("body"),     SV_INIT("docs"),    SV_INIT("collection")};
    return IS_IN(key, envelopes);
}

// Words of a route that say how and not what.
static bool is_route_word(struct sv segment) {
    static const struct sv words[] = {SV_INIT("api"),    SV_INIT("rest"),   SV_INIT("me"),       SV_INIT("self"),
                                      SV_INIT("mine"),   SV_INIT("my"),     SV_INIT("current"),  SV_INIT("search"),
                                      SV_INIT("list"),   SV_INIT("all"),    SV_INIT("find"),     SV_INIT("query"),
                                      SV_INIT("latest"), SV_INIT("recent"), SV_INIT("public"),   SV_INIT("internal"),
                                      SV_INIT("admin"),  SV_INIT("index"),  SV_INIT("detail"),   SV_INIT("details"),
                                      SV_INIT("export"), SV_INIT("count"),  SV_INIT("services"), SV_INIT("service")};
    if (IS_IN(segment, words))
        return true;
    return segment.len >= 2 && segment.len <= 4 && segment.ptr[0] == 'v' && sv_is_digits(sv_slice(segment, 1, 2));
}

bool segment_is_id(struct sv segment) {
    switch (id_shape_of(segment)) {
    case ID_INTEGER:
    case ID_UUID:
        return true;
    case ID_TOKEN: {
        bool digit = false;
        for (size_t i = 0; i < segment.len && !digit; i++)
            digit = segment.ptr[i] >= '0' && segment.ptr[i] <= '9';
        return digit && segment.len >= 6;
    }
    case ID_SLUG:
    case ID_SHAPE_COUNT:
        break;
    }
    return false;
}

// "/me", "/users/me": what stands there is the caller.
static bool is_caller_word(struct sv segment) {
    static const struct sv words[] = {SV_INIT("me"), SV_INIT("self"), SV_INIT("whoami"), SV_INIT("myself"), SV_INIT("userinfo")};
    return IS_IN(segment, words);
}

bool path_is_about_caller(struct sv path) {
    while (path.len > 0 && path.ptr[path.len - 1] == '/')
        path.len--;
    size_t slash = sv_rfind_char(path, '/');
    struct sv last = slash == SIZE_MAX ? path : sv_from_index(path, slash + 1);
    return is_caller_word(last) || sv_eq_nocase(last, SV("profile")) || sv_eq_nocase(last, SV("account"));
}

// Entity of the last naming segment before `end`.
static struct entity_name entity_before(struct sv path, size_t end) {
    struct sv rest = sv_slice(path, 0, end);
    bool caller = false;
    for (int steps = 0; steps < 16 && rest.len > 0; steps++) {
        size_t slash = sv_rfind_char(rest, '/');
        struct sv segment = slash == SIZE_MAX ? rest : sv_from_index(rest, slash + 1);
        rest = slash == SIZE_MAX ? SV_NONE : sv_slice(rest, 0, slash);
        caller = caller || (steps == 0 && end == path.len && is_caller_word(segment));
        if (segment.len == 0 || sv_find_char(segment, '{') != SIZE_MAX || is_route_word(segment) ||
            segment_is_id(segment))
            continue;
        return entity_name_of(segment);
    }
    return caller ? entity_name_of(SV("user")) : (struct entity_name){0};
}

struct entity_name entity_of_path(struct sv path) {
    return entity_before(path, path.len);
}

// The last property of a body leaf's name, and the one before it: "filter.owner.id" -> "id", "owner".
static struct sv leaf_of(struct sv name, struct sv *ret_parent) {
    size_t dot = sv_rfind_char(name, '.');
    struct sv leaf = dot == SIZE_MAX ? name : sv_from_index(name, dot + 1);
    struct sv above = dot == SIZE_MAX ? SV_NONE : sv_slice(name, 0, dot);
    size_t up = sv_rfind_char(above, '.');
    struct sv parent = up == SIZE_MAX ? above : sv_from_index(above, up + 1);
    *ret_parent = sv_ends_with(parent, SV("[]")) ? sv_slice(parent, 0, parent.len - 2) : parent;
    return sv_ends_with(leaf, SV("[]")) ? sv_slice(leaf, 0, leaf.len - 2) : leaf;
}

// "X-Account-Id" is about an account.
static void drop_x(struct entity_name *n) {
    if (n->len <= 2 || n->text[0] != 'x' || n->text[1] != '_')
        return;
    n->len -= 2;
    memmove(n->text, n->text + 2, n->len);
}

// Where "{name}" begins in the path, its length when it is not there.
static size_t place_in_path(struct sv path, struct sv name) {
    size_t at = 0;
    for (; at < path.len; at++)
        if (path.ptr[at] == '{' && sv_starts_with(sv_from_index(path, at + 1), name) && at + 1 + name.len < path.len &&
            path.ptr[at + 1 + name.len] == '}')
            break;
    return at;
}

void entity_of_parameter_names(const struct operation *op, const struct parameter *param, struct entity_name *ret_own,
                               struct entity_name *ret_place) {
    struct entity_name own = {0}, place = {0};
    struct sv parent = SV_NONE;
    struct sv leaf = param->in == PARAM_BODY ? leaf_of(param->name, &parent) : param->name;
    bool is_id = entity_key_split(leaf, &own);
    if (param->in == PARAM_PATH) {
        place = entity_before(op->path, place_in_path(op->path, leaf));
        if (!is_id) // "/orders/{order}": the name is the entity
            own = entity_name_of(leaf);
    } else if (param->in == PARAM_HEADER) {
        drop_x(&own);
    } else if (is_id && own.len == 0) {
        place = parent.len > 0 && !entity_key_is_envelope(parent) ? entity_name_of(parent) : entity_of_path(op->path);
    }
    *ret_own = own;
    *ret_place = place;
}

struct sv entity_of_parameter(struct arena *a, const struct operation *op, const struct parameter *param) {
    struct entity_name own, place;
    entity_of_parameter_names(op, param, &own, &place);
    return arena_copy_sv(a, entity_name_sv(own.len > 0 ? &own : &place));
}
