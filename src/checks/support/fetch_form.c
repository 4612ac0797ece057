// SPDX-License-Identifier: Apache-2.0
#include "checks/support/fetch_form.h"

#include <string.h>

#include "base/buf.h"

bool fetch_form_needs_host(enum fetch_form form) {
    return form == FORM_KEEP || form == FORM_USERINFO || form == FORM_BACKSLASH || form == FORM_FRAGMENT ||
           form == FORM_HOST_KEEP;
}

static size_t url_length(struct sv text) {
    size_t n = 0;
    while (n < text.len && (unsigned char)text.ptr[n] > ' ' && memchr("<>\"'`,;)|", text.ptr[n], 9) == NULL)
        n++;
    return n;
}

static size_t next_url(struct sv text) {
    size_t plain = sv_find_nocase(text, SV("http://")), secure = sv_find_nocase(text, SV("https://"));
    return plain < secure ? plain : secure;
}

// The good document with each address in it replaced; names of XML dialects are none. SV_NONE when it holds none.
static struct sv replace_urls(struct arena *a, struct sv good, struct sv url) {
    auto_buf b = BUF_INIT((size_t)65536);
    size_t replaced = 0;
    for (size_t at = next_url(good); at != SIZE_MAX; at = next_url(good)) {
        struct sv before = sv_slice(good, 0, at);
        size_t tag = sv_rfind_char(before, '<'), space = sv_rfind_char(before, ' ');
        bool name = tag != SIZE_MAX && space != SIZE_MAX && sv_starts_with(sv_from_index(before, space + 1), SV("xmlns"));
        struct sv old = sv_slice(good, at, at + url_length(sv_from_index(good, at)));
        buf_add(&b, before);
        buf_add(&b, name ? old : url);
        replaced += !name;
        good = sv_from_index(good, at + old.len);
    }
    buf_add(&b, good);
    return replaced == 0 || buf_failed(&b) ? SV_NONE : arena_copy_sv(a, buf_sv(&b));
}

static struct sv new_document(struct arena *a, struct sv kind, struct sv url) {
    if (sv_eq(kind, SV("csv")))
        return arena_printf(a, "id,url\n1," SV_FMT "\n", SV_ARG(url));
    if (sv_eq(kind, SV("markdown")))
        return arena_printf(a, "![a](" SV_FMT ")\n\n[b](" SV_FMT ")\n", SV_ARG(url), SV_ARG(url));
    if (sv_eq(kind, SV("html")))
        return arena_printf(a, "<p>a</p><img src=\"" SV_FMT "\"><iframe src=\"" SV_FMT "\"></iframe>",
                            SV_ARG(url), SV_ARG(url));
    if (sv_eq(kind, SV("svg")))
        return arena_printf(a,
                            "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"9\" "
                            "height=\"9\"><image width=\"9\" height=\"9\" href=\"" SV_FMT "\" xlink:href=\"" SV_FMT "\"/></svg>",
                            SV_ARG(url), SV_ARG(url));
    return arena_printf(a, "<?xml version=\"1.0\"?><urlset><url><loc>" SV_FMT "</loc></url></urlset>", SV_ARG(url));
}

static struct sv document_value(struct arena *a, const struct fetch_place *place, const struct url_param *param) {
    struct sv url = arena_printf(a, SV_FMT "://" SV_FMT SV_FMT, SV_ARG(place->scheme), SV_ARG(place->authority), SV_ARG(place->path));
    struct sv good = url.ptr == NULL ? SV_NONE : replace_urls(a, param->observed, url);
    return good.ptr != NULL || url.ptr == NULL ? good : new_document(a, param->document, url);
}

struct sv fetch_form_value(struct arena *a, enum fetch_form form, const struct fetch_place *place,
                           const struct url_param *param) {
    struct sv host = param->observed_host, rest = param->observed_rest;
    struct sv text = arena_printf(a, SV_FMT SV_FMT, SV_ARG(place->authority), SV_ARG(place->path));
    struct sv scheme = place->scheme;
    const char *open = sv_find_char(place->path, '?') == SIZE_MAX ? "?" : "&";
    if (text.ptr == NULL || (fetch_form_needs_host(form) && host.len == 0))
        return SV_NONE;
    switch (form) {
    case FORM_URL:
        return arena_printf(a, SV_FMT "://" SV_FMT, SV_ARG(scheme), SV_ARG(text));
    case FORM_OPEN:
        return arena_printf(a, SV_FMT "://" SV_FMT "%s", SV_ARG(scheme), SV_ARG(text), open);
    case FORM_HOST:
        return arena_printf(a, SV_FMT "%s", SV_ARG(text), open);
    case FORM_NETWORK:
        return arena_printf(a, "//" SV_FMT, SV_ARG(text));
    case FORM_AT:
        return arena_printf(a, "@" SV_FMT "%s", SV_ARG(text), open);
    case FORM_KEEP:
        return arena_printf(a, SV_FMT "://" SV_FMT "%shttp://" SV_FMT SV_FMT, SV_ARG(scheme), SV_ARG(text), open,
                            SV_ARG(host), SV_ARG(rest));
    case FORM_USERINFO:
        return arena_printf(a, SV_FMT "://" SV_FMT "@" SV_FMT, SV_ARG(scheme), SV_ARG(host), SV_ARG(text));
    case FORM_BACKSLASH:
        return arena_printf(a, SV_FMT "://" SV_FMT "\\@" SV_FMT, SV_ARG(scheme), SV_ARG(host), SV_ARG(text));
    case FORM_FRAGMENT:
        return arena_printf(a, SV_FMT "://" SV_FMT "#@" SV_FMT "/", SV_ARG(scheme), SV_ARG(text), SV_ARG(host));
    case FORM_HOST_KEEP:
        return arena_printf(a, SV_FMT "@" SV_FMT "%s", SV_ARG(host), SV_ARG(text), open);
    case FORM_DOCUMENT:
        return document_value(a, place, param);
    case FORM_COUNT:
        break;
    }
    return SV_NONE;
}

bool fetch_place_of(struct sv url, struct fetch_place *ret) {
    size_t colon = sv_find(url, SV("://"));
    if (colon == SIZE_MAX)
        return false;
    struct sv rest = sv_from_index(url, colon + 3);
    size_t slash = sv_find_char(rest, '/');
    *ret = (struct fetch_place){
        .scheme = sv_slice(url, 0, colon),
        .authority = slash == SIZE_MAX ? rest : sv_slice(rest, 0, slash),
        .path = slash == SIZE_MAX ? SV("/") : sv_from_index(rest, slash),
    };
    return ret->authority.len > 0;
}

bool fetch_place_spell(struct arena *a, const struct fetch_place *place, enum address_spelling s,
                       struct fetch_place *ret) {
    size_t colon = sv_find_char(place->authority, ':');
    struct sv host = colon == SIZE_MAX ? place->authority : sv_slice(place->authority, 0, colon);
    struct sv port = colon == SIZE_MAX ? SV("") : sv_from_index(place->authority, colon);
    struct sv spelled = address_spell(a, host, s);
    struct sv authority =
        spelled.ptr == NULL ? SV_NONE : arena_printf(a, SV_FMT SV_FMT, SV_ARG(spelled), SV_ARG(port));
    if (authority.ptr == NULL)
        return false;
    *ret = *place;
    ret->authority = authority;
    return true;
}
