// SPDX-License-Identifier: Apache-2.0
// What an answer refers to. Everything here is a bounded pass over hostile bytes; references stay views into the body
// where they need no unescaping.
#include "http/header.h"
#include "surface/surface_internal.h"

enum { HEADERS_MAX = 20 };

static bool is_path_char(char c) {
    unsigned char u = (unsigned char)c;
    return u > ' ' && u < 0x7f && strchr("\"'<>`\\{}|^", c) == NULL;
}

bool text_is_path(struct sv s) {
    if (s.len < 2 || s.len > LINK_LENGTH_MAX || s.ptr[0] != '/' || s.ptr[1] == '/')
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (!is_path_char(s.ptr[i]))
            return false;
    // "/^a+$/i" and "/>" are no paths; a path has a letter or digit behind its first slash.
    char c = sv_lower_char(s.ptr[1]);
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '~' || c == '%';
}

bool path_is_static(struct sv path) {
    static const struct sv endings[] = {
        SV_INIT(".png"), SV_INIT(".jpg"),  SV_INIT(".jpeg"),        SV_INIT(".gif"), SV_INIT(".svg"),  SV_INIT(".ico"),
        SV_INIT(".css"), SV_INIT(".woff"), SV_INIT(".woff2"),       SV_INIT(".ttf"), SV_INIT(".eot"),  SV_INIT(".map"),
        SV_INIT(".mp4"), SV_INIT(".webm"), SV_INIT(".webp"),        SV_INIT(".mp3"), SV_INIT(".avif"), SV_INIT(".wasm"),
        SV_INIT(".otf"), SV_INIT(".scss"), SV_INIT(".webmanifest"), SV_INIT(".bmp"), SV_INIT(".tif"),
    };
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (sv_ends_with_nocase(path, endings[i]))
            return true;
    return false;
}

bool link_list_add(struct arena *a, struct link_list *list, struct sv reference, enum link_kind kind) {
    reference = sv_trim(reference);
    if (list->len >= LINKS_PER_ANSWER || reference.len == 0 || reference.len > LINK_LENGTH_MAX ||
        reference.ptr[0] == '#' || sv_contains(reference, SV("{{")))
        return true;
    for (size_t i = 0; i < reference.len; i++)
        if (!is_path_char(reference.ptr[i]))
            return true;
    struct link_found link = {reference, kind};
    return VEC_PUSH(a, list, link);
}

bool link_list_add_template(struct arena *a, struct link_list *list, struct sv text) {
    if (list->len >= LINKS_PER_ANSWER || text.len > LINK_LENGTH_MAX)
        return true;
    bool inside = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if ((c == '{' && inside) || (c == '}' && !inside) || (c != '{' && c != '}' && !is_path_char(c)))
            return true;
        inside = c == '{' || (inside && c != '}');
    }
    struct link_found link = {text, LINK_TEMPLATE};
    return inside || VEC_PUSH(a, list, link);
}

static bool links_of_headers(struct arena *a, const struct response *r, struct link_list *list) {
    bool ok = true;
    struct sv location = header_find(&r->headers, SV("Location"));
    if (location.len > 0)
        ok = link_list_add(a, list, location, LINK_LOCATION);
    struct sv content_location = header_find(&r->headers, SV("Content-Location"));
    if (content_location.len > 0)
        ok = ok && link_list_add(a, list, content_location, LINK_HEADER);
    for (size_t i = 0; i < HEADERS_MAX && ok; i++) {
        struct sv rest = header_find_nth(&r->headers, SV("Link"), i), target, rel;
        if (rest.ptr == NULL)
            break;
        for (unsigned n = 0; n < HEADERS_MAX && ok && link_next(&rest, &target, &rel); n++)
            if (!sv_contains_nocase(rel, SV("stylesheet")) && !sv_contains_nocase(rel, SV("icon")))
                ok = link_list_add(a, list, target, LINK_HEADER);
    }
    return ok;
}

static struct sv path_of(const struct request *rq) {
    size_t q = sv_find_char(rq->target, '?');
    return q == SIZE_MAX ? rq->target : sv_slice(rq->target, 0, q);
}

static bool begins_with_json(struct sv body) {
    body = sv_trim(sv_slice(body, 0, 64));
    return body.len > 0 && (body.ptr[0] == '{' || body.ptr[0] == '[');
}

static bool begins_with_markup(struct sv body) {
    body = sv_trim(sv_slice(body, 0, 64));
    return body.len > 0 && body.ptr[0] == '<';
}

static bool links_of_body(struct arena *a, const struct exchange *x, struct sv media, struct link_list *list) {
    struct sv body = sv_slice(x->response.body, 0, LINK_BODY_MAX), path = path_of(&x->request);
    bool is_prose = !begins_with_markup(body) && !begins_with_json(body);
    if (is_prose && (sv_contains_nocase(body, SV("allow:")) || sv_contains_nocase(body, SV("sitemap:"))))
        return links_of_robots(a, body, list); // RFC 9309
    if (sv_contains_nocase(media, SV("xml")) && !sv_contains_nocase(media, SV("html")))
        return links_of_sitemap(a, body, list);
    // A JSON body that is longer than what we read of it would not parse: all of it then.
    if (media_type_is_json(media) || (begins_with_json(body) && !sv_contains_nocase(media, SV("javascript"))))
        return links_of_json(a, x->response.body, path, list);
    if (sv_contains_nocase(media, SV("javascript")) || sv_contains_nocase(media, SV("ecmascript")))
        return links_of_script(a, body, list);
    return is_prose || links_of_html(a, body, list);
}

int links_of_answer(struct arena *a, const struct exchange *x, struct link_list *ret, struct error *err) {
    struct sv media = media_type_essence(a, header_find(&x->response.headers, SV("Content-Type")));
    bool ok = links_of_headers(a, &x->response, ret) && links_of_body(a, x, media, ret);
    return ok ? 0 : error_nomem(err);
}

bool links_of_robots(struct arena *a, struct sv body, struct link_list *list) {
    struct sv line;
    for (unsigned n = 0; n < 2000 && sv_split(&body, '\n', &line); n++) {
        size_t colon = sv_find_char(line, ':');
        if (colon == SIZE_MAX)
            continue;
        struct sv key = sv_trim(sv_slice(line, 0, colon)), value = sv_trim(sv_from_index(line, colon + 1));
        size_t hash = sv_find(value, SV(" #"));
        value = hash == SIZE_MAX ? value : sv_slice(value, 0, hash);
        bool is_rule = sv_eq_nocase(key, SV("allow")) || sv_eq_nocase(key, SV("disallow"));
        if (!is_rule && !sv_eq_nocase(key, SV("sitemap")))
            continue;
        size_t end = value.len;
        for (size_t i = 0; i < value.len; i++) // "/a/*/b$": what stands before the first wildcard
            if (is_rule && (value.ptr[i] == '*' || value.ptr[i] == '$')) {
                end = i;
                break;
            }
        value = sv_slice(value, 0, end);
        if ((!is_rule || text_is_path(value)) && !link_list_add(a, list, value, LINK_TEXT))
            return false;
    }
    return true;
}

bool links_of_sitemap(struct arena *a, struct sv body, struct link_list *list) {
    for (unsigned n = 0; n < LINKS_PER_ANSWER; n++) {
        size_t begin = sv_find(body, SV("<loc>"));
        if (begin == SIZE_MAX)
            break;
        body = sv_from_index(body, begin + 5);
        size_t end = sv_find_char(body, '<');
        if (end == SIZE_MAX)
            break;
        if (!link_list_add(a, list, sv_slice(body, 0, end), LINK_TEXT))
            return false;
    }
    return true;
}
