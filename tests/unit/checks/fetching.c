// SPDX-License-Identifier: Apache-2.0
#include "fetching.h"

#include <arpa/inet.h>

static struct sv quad(struct arena *a, uint32_t v) {
    return arena_printf(a, "%u.%u.%u.%u", v >> 24, (v >> 16) & 255u, (v >> 8) & 255u, v & 255u);
}

struct sv fetch_canonical_host(struct arena *a, struct sv host, bool strict) {
    char z[128] = "";
    struct in_addr in;
    struct in6_addr in6;
    if (host.len == 0 || host.len >= sizeof z) return host;
    bool brackets = host.ptr[0] == '[';
    struct sv inner = brackets ? sv_slice(host, 1, host.len - 1) : host;
    memcpy(z, inner.ptr, inner.len);
    if (brackets && inet_pton(AF_INET6, z, &in6) == 1) {
        const uint8_t *b = in6.s6_addr;
        bool mapped = b[10] == 0xff && b[11] == 0xff && b[0] == 0;
        return mapped ? quad(a, (uint32_t)b[12] << 24 | (uint32_t)b[13] << 16 | (uint32_t)b[14] << 8 | b[15]) : host;
    }
    if (strict ? inet_pton(AF_INET, z, &in) == 1 : inet_aton(z, &in) == 1) return quad(a, ntohl(in.s_addr));
    return host;
}

// scheme://[userinfo@]host[:port]/rest, read from the left to the first slash, '?' or '#'.
static bool split(struct sv url, struct sv *ret_host, struct sv *ret_port, struct sv *ret_rest) {
    size_t colon = sv_find(url, SV("://"));
    if (colon == SIZE_MAX || !sv_starts_with_nocase(url, SV("http"))) return false;
    struct sv rest = sv_from_index(url, colon + 3);
    size_t end = 0;
    while (end < rest.len && strchr("/?#", rest.ptr[end]) == NULL) end++;
    struct sv authority = sv_slice(rest, 0, end);
    *ret_rest = sv_from_index(rest, end);
    size_t at = sv_rfind_char(authority, '@');
    if (at != SIZE_MAX) authority = sv_from_index(authority, at + 1);
    size_t close = sv_find_char(authority, ']');
    size_t port = sv_find_char(sv_from_index(authority, close == SIZE_MAX ? 0 : close), ':');
    if (port != SIZE_MAX && close != SIZE_MAX) port += close;
    *ret_host = sv_slice(authority, 0, port);
    *ret_port = port == SIZE_MAX ? SV_NONE : sv_from_index(authority, port + 1);
    return ret_host->len > 0;
}

struct sv fetch_host(struct arena *a, struct sv url) {
    struct sv host, port, rest;
    (void)a;
    return split(url, &host, &port, &rest) ? host : SV_NONE;
}

static struct fetched failed(const char *why) {
    return (struct fetched){.error = why};
}

static struct fetched fetch_site(const struct fetcher *f, struct sv host, struct sv path) {
    bool known = false;
    for (size_t i = 0; i < f->site_count; i++) {
        const struct fetch_site *s = &f->sites[i];
        if (!sv_eq(host, sv_from(s->host))) continue;
        known = true;
        if (s->path == NULL || sv_eq(path, sv_from(s->path))) return (struct fetched){.ok = true, .status = s->status, .body = sv_from(s->body)};
    }
    return known ? (struct fetched){.ok = true, .status = 404, .body = SV("<html><head><title>404 - Not Found</title></head></html>")}
                 : failed("dial tcp: lookup failed: no such host");
}

struct fetched fetch(struct sim *sim, struct arena *a, struct fetcher *f, struct sv url) {
    struct sv text = SV_NONE, to = SV_NONE, host, port, rest;
    f->asked++;
    snprintf(f->last, sizeof f->last, SV_FMT, SV_ARG(url));
    for (unsigned hops = 0; hops < 4; hops++) {
        if (!split(url, &host, &port, &rest)) return failed("unsupported protocol scheme");
        host = fetch_canonical_host(a, host, f->strict);
        rest = sv_slice(rest, 0, sv_find_char(rest, '#'));
        bool listener = sv_eq(host, SV("127.0.0.1")) && sv_eq(port, SV("9999"));
        struct sv own = sv_from(f->own_redirect);
        if (sv_eq(port, SV("8080")) && own.len > 0 && sv_starts_with(rest, own) && f->follows_redirects) {
            url = url_decode(a, sv_from_index(rest, own.len), true);
            continue;
        }
        if (!listener && sv_eq(host, SV("127.0.0.1"))) return failed("dial tcp 127.0.0.1: connect: connection refused");
        if (!listener) return fetch_site(f, host, rest);
        struct sv plain = arena_printf(a, "http://127.0.0.1:9999" SV_FMT, SV_ARG(sv_slice(rest, 0, sv_find_char(rest, '?'))));
        if (!sim_call_canary(sim, a, plain, &text, &to)) return failed("EOF");
        if (to.len == 0) return (struct fetched){.ok = true, .status = 200, .body = text};
        if (!f->follows_redirects) return (struct fetched){.ok = true, .status = 302, .body = SV("")};
        url = to;
    }
    return failed("stopped after 4 redirects");
}
