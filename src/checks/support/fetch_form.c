// SPDX-License-Identifier: Apache-2.0
#include "checks/support/fetch_form.h"

bool fetch_form_needs_host(enum fetch_form form) {
    return form == FORM_KEEP || form == FORM_USERINFO || form == FORM_BACKSLASH || form == FORM_FRAGMENT ||
           form == FORM_HOST_KEEP;
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
