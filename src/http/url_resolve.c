// SPDX-License-Identifier: Apache-2.0
/*
 * Reference resolution, RFC 3986 5.2. "http:g" against an http base is taken as relative, as 5.2.2 permits and browsers
 * do. White space around a reference is dropped and blanks inside are encoded: Location headers are written by hand.
 */
#include "http/url_internal.h"

// Cuts the last segment and the slash before it from the output of `remove dots`.
static size_t cut_segment(const char *text, size_t len) {
    while (len > 0 && text[len - 1] != '/')
        len--;
    return len > 0 ? len - 1 : 0;
}

struct sv url_remove_dots(struct arena *a, struct sv path) {
    char *out = arena_alloc(a, path.len + 1);
    if (out == NULL)
        return SV_NONE;
    size_t n = 0;
    struct sv in = path;
    while (in.len > 0) {
        if (sv_starts_with(in, SV("../"))) {
            in = sv_from_index(in, 3);
        } else if (sv_starts_with(in, SV("./")) || sv_starts_with(in, SV("/./"))) {
            in = sv_from_index(in, 2);
        } else if (sv_eq(in, SV("/."))) {
            in = SV("/");
        } else if (sv_starts_with(in, SV("/../"))) {
            in = sv_from_index(in, 3);
            n = cut_segment(out, n);
        } else if (sv_eq(in, SV("/.."))) {
            in = SV("/");
            n = cut_segment(out, n);
        } else if (sv_eq(in, SV(".")) || sv_eq(in, SV(".."))) {
            in = SV_NONE;
        } else {
            do {
                out[n++] = in.ptr[0];
                in = sv_from_index(in, 1);
            } while (in.len > 0 && in.ptr[0] != '/');
        }
    }
    return sv_make(out, n);
}

// RFC 3986 5.2.3; our base always has an authority and a path.
static struct sv merge(struct arena *a, struct sv base, struct sv reference) {
    size_t slash = sv_rfind_char(base, '/');
    struct sv directory = slash == SIZE_MAX ? SV("/") : sv_slice(base, 0, slash + 1);
    return arena_printf(a, SV_FMT SV_FMT, SV_ARG(directory), SV_ARG(reference));
}

static int resolve_relative(struct arena *a, const struct url *base, struct sv reference, struct url *ret,
                            struct error *err) {
    struct url u = *base;
    struct url tail = {0};
    int r = url_parse_tail(a, reference, &tail, err);
    if (r != 0)
        return r;
    u.fragment = tail.fragment;
    if (tail.path.len == 0) {
        u.query = tail.query.ptr != NULL ? tail.query : base->query;
    } else {
        u.query = tail.query;
        struct sv path = tail.path.ptr[0] == '/' ? tail.path : merge(a, base->path, tail.path);
        u.path = path.ptr == NULL ? SV_NONE : url_remove_dots(a, path);
        if (u.path.ptr == NULL)
            return error_nomem(err);
        if (u.path.len == 0)
            u.path = SV("/");
    }
    *ret = u;
    return 0;
}

static int resolve_authority(struct arena *a, const struct url *base, struct sv reference, struct url *ret,
                             struct error *err) {
    struct sv text = arena_printf(a, SV_FMT ":" SV_FMT, SV_ARG(base->scheme), SV_ARG(reference));
    if (text.ptr == NULL)
        return error_nomem(err);
    struct url u = {0};
    int r = url_parse(a, text, &u, err);
    if (r != 0)
        return r;
    u.path = url_remove_dots(a, u.path);
    if (u.path.ptr == NULL)
        return error_nomem(err);
    *ret = u;
    return 0;
}

int url_resolve(struct arena *a, const struct url *base, struct sv reference, struct url *ret, struct error *err) {
    reference = sv_trim(reference);
    int r = url_check_bytes(reference, /* blanks= */ true, err);
    if (r != 0)
        return r;
    struct sv encoded = url_encode_foreign(a, reference.len == 0 ? SV("") : reference);
    if (encoded.ptr == NULL)
        return error_nomem(err);
    size_t scheme = url_scheme_length(encoded);
    if (scheme > 0) {
        struct sv name = sv_slice(encoded, 0, scheme);
        struct sv rest = sv_from_index(encoded, scheme + 1);
        bool same = sv_eq_nocase(name, base->scheme);
        if (!same && !sv_eq_nocase(name, SV("http")) && !sv_eq_nocase(name, SV("https")))
            return error_set(err, ERR_UNSUPPORTED, "the reference has another scheme than http and https");
        if (sv_starts_with(rest, SV("//"))) {
            struct url with_scheme = {.scheme = sv_eq_nocase(name, SV("https")) ? SV("https") : SV("http")};
            return resolve_authority(a, &with_scheme, rest, ret, err);
        }
        if (!same)
            return error_set(err, ERR_SYNTAX, "the reference has no // behind its scheme");
        encoded = rest;
    }
    if (sv_starts_with(encoded, SV("//")))
        return resolve_authority(a, base, encoded, ret, err);
    return resolve_relative(a, base, encoded, ret, err);
}
