// SPDX-License-Identifier: Apache-2.0
/*
 * Absolute http(s) URLs, RFC 3986. What we accept decides what the scope guard sees, so the grammar is narrower than
 * the RFC's: a host that another parser could read differently (percent escapes, a second '@', a backslash) is refused,
 * not interpreted.
 */
#include "http/url.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "base/numbers.h"
#include "http/url_internal.h"

#define URL_MAX  ((size_t)64 * 1024)
#define HOST_MAX 255

static bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

static bool is_host_char(char c) {
    return (c >= 'a' && c <= 'z') || is_upper(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

// RFC 3986 3.2.1. Above all no backslash, which browsers take for a slash.
static bool is_userinfo(struct sv text) {
    for (size_t i = 0; i < text.len; i++) {
        char c = sv_lower_char(text.ptr[i]);
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!plain && strchr("-._~!$&'()*+,;=:%", c) == NULL)
            return false;
    }
    return true;
}

// The same view when there is nothing to change; ptr NULL when out of memory.
static struct sv lower(struct arena *a, struct sv text) {
    size_t i = 0;
    while (i < text.len && !is_upper(text.ptr[i]))
        i++;
    if (i == text.len)
        return text;
    char *copy = arena_alloc(a, text.len);
    if (copy == NULL)
        return SV_NONE;
    for (i = 0; i < text.len; i++)
        copy[i] = sv_lower_char(text.ptr[i]);
    return sv_make(copy, text.len);
}

int url_check_bytes(struct sv text, bool blanks, struct error *err) {
    if (text.len > URL_MAX)
        return error_set(err, ERR_LIMIT, "the URL has %zu bytes, more than %zu", text.len, URL_MAX);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20 || c == 0x7f)
            return error_set(err, ERR_SYNTAX, "the URL contains the control byte 0x%02x at offset %zu", (unsigned)c, i);
        if (c == ' ' && !blanks)
            return error_set(err, ERR_SYNTAX, "the URL contains a blank at offset %zu; write %%20", i);
    }
    return 0;
}

struct sv url_encode_foreign(struct arena *a, struct sv text) {
    size_t foreign = 0;
    for (size_t i = 0; i < text.len; i++)
        foreign += (unsigned char)text.ptr[i] >= 0x80 || text.ptr[i] == ' ';
    if (foreign == 0)
        return text;
    char *copy = arena_alloc_array(a, text.len + 2 * foreign, 1);
    if (copy == NULL)
        return SV_NONE;
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c >= 0x80 || c == ' ') {
            copy[n++] = '%';
            copy[n++] = "0123456789ABCDEF"[c >> 4];
            copy[n++] = "0123456789ABCDEF"[c & 15];
        } else {
            copy[n++] = (char)c;
        }
    }
    return sv_make(copy, n);
}

static int parse_ipv6(struct arena *a, struct sv text, struct url *u, struct error *err) {
    char copy[INET6_ADDRSTRLEN] = "";
    struct in6_addr address;
    if (text.len >= sizeof copy || sv_find_char(text, '%') != SIZE_MAX)
        return error_set(err, ERR_SYNTAX,
                         "the IPv6 address in the URL is too long or has a zone, which is not supported");
    memcpy(copy, text.ptr, text.len);
    if (strlen(copy) != text.len || inet_pton(AF_INET6, copy, &address) != 1)
        return error_set(err, ERR_SYNTAX, "the host in brackets is no IPv6 address");
    char canonical[INET6_ADDRSTRLEN];
    if (inet_ntop(AF_INET6, &address, canonical, sizeof canonical) == NULL)
        return error_set(err, ERR_SYNTAX, "the host in brackets is no IPv6 address");
    u->host = arena_copy_sv(a, sv_from(canonical));
    u->host_is_ipv6 = true;
    return u->host.ptr == NULL ? error_nomem(err) : 0;
}

static int parse_host(struct arena *a, struct sv host, struct url *u, struct error *err) {
    if (host.len == 0)
        return error_set(err, ERR_SYNTAX, "the URL has no host");
    if (host.len > HOST_MAX)
        return error_set(err, ERR_LIMIT, "the host name has %zu bytes, more than %d", host.len, HOST_MAX);
    if (host.ptr[0] == '[')
        return parse_ipv6(a, sv_slice(host, 1, host.len - 1), u, err);
    for (size_t i = 0; i < host.len; i++) {
        unsigned char c = (unsigned char)host.ptr[i];
        if (c >= 0x80)
            return error_set(err, ERR_SYNTAX, "the host name is not ASCII; write its xn-- form");
        if (!is_host_char((char)c))
            return error_set(err, ERR_SYNTAX, "the host name contains '%c'", (char)c);
    }
    u->host = lower(a, host);
    return u->host.ptr == NULL ? error_nomem(err) : 0;
}

static int parse_port(struct sv text, struct url *u, struct error *err) {
    u->port = sv_eq(u->scheme, SV("https")) ? 443 : 80;
    if (text.len == 0) // RFC 3986 3.2.3: an empty port is the default
        return 0;
    uint64_t port = 0;
    if (!sv_is_digits(text) || number_parse_u64_range(text, 1, 65535, &port) != 0)
        return error_set(err, ERR_SYNTAX, "the port is not a number from 1 to 65535");
    u->port = (uint16_t)port;
    return 0;
}

int url_parse_authority(struct arena *a, struct sv authority, struct url *u, struct error *err) {
    size_t at = sv_rfind_char(authority, '@');
    u->userinfo = at == SIZE_MAX ? SV_NONE : sv_slice(authority, 0, at);
    if (sv_find_char(u->userinfo, '@') != SIZE_MAX)
        return error_set(err, ERR_SYNTAX,
                         "the URL has two '@' before the path; write %%40 in the user name or password");
    if (!is_userinfo(u->userinfo))
        return error_set(err, ERR_SYNTAX,
                         "the user name or password in the URL has a character that must be percent-encoded");
    struct sv rest = at == SIZE_MAX ? authority : sv_from_index(authority, at + 1);
    size_t end = 0;
    if (rest.len > 0 && rest.ptr[0] == '[') {
        end = sv_find_char(rest, ']');
        if (end == SIZE_MAX)
            return error_set(err, ERR_SYNTAX, "the host begins with '[' and has no ']'");
        end++;
        if (end < rest.len && rest.ptr[end] != ':')
            return error_set(err, ERR_SYNTAX, "only a port may follow the IPv6 address");
    } else {
        end = sv_find_char(rest, ':');
        end = end == SIZE_MAX ? rest.len : end;
    }
    struct sv port = end < rest.len ? sv_from_index(rest, end + 1) : SV_NONE;
    u->host_is_ipv6 = false;
    int r = parse_host(a, sv_slice(rest, 0, end), u, err);
    return r != 0 ? r : parse_port(port, u, err);
}

int url_parse_tail(struct arena *a, struct sv tail, struct url *u, struct error *err) {
    size_t hash = sv_find_char(tail, '#');
    struct sv fragment = hash == SIZE_MAX ? SV_NONE : sv_from_index(tail, hash + 1);
    tail = hash == SIZE_MAX ? tail : sv_slice(tail, 0, hash);
    size_t mark = sv_find_char(tail, '?');
    struct sv query = mark == SIZE_MAX ? SV_NONE : sv_from_index(tail, mark + 1);
    struct sv path = mark == SIZE_MAX ? tail : sv_slice(tail, 0, mark);
    u->path = url_encode_foreign(a, path.len == 0 ? SV("") : path);
    u->query = mark == SIZE_MAX ? SV_NONE : url_encode_foreign(a, query.len == 0 ? SV("") : query);
    u->fragment = hash == SIZE_MAX ? SV_NONE : fragment.len == 0 ? SV("") : fragment;
    if (u->path.ptr == NULL || (mark != SIZE_MAX && u->query.ptr == NULL))
        return error_nomem(err);
    return 0;
}

size_t url_scheme_length(struct sv text) {
    for (size_t i = 0; i < text.len; i++) {
        char c = sv_lower_char(text.ptr[i]);
        if (c == ':')
            return i;
        bool letter = c >= 'a' && c <= 'z';
        if (!letter && (i == 0 || !((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.')))
            return 0;
    }
    return 0;
}

static int parse_scheme(struct sv text, struct url *u, size_t *ret_length, struct error *err) {
    size_t length = url_scheme_length(text);
    if (length == 0)
        return error_set(err, ERR_SYNTAX, "the URL does not begin with http:// or https://");
    struct sv scheme = sv_slice(text, 0, length);
    if (sv_eq_nocase(scheme, SV("http")))
        u->scheme = SV("http");
    else if (sv_eq_nocase(scheme, SV("https")))
        u->scheme = SV("https");
    else if (!sv_starts_with(sv_from_index(text, length), SV("://")))
        return error_set(err, ERR_SYNTAX, "the URL does not begin with http:// or https://");
    else
        return error_set(err, ERR_UNSUPPORTED, "only http and https URLs are supported");
    *ret_length = length;
    return 0;
}

int url_parse(struct arena *a, struct sv text, struct url *ret, struct error *err) {
    struct url u = {0};
    size_t scheme = 0;
    int r = url_check_bytes(text, /* blanks= */ false, err);
    if (r == 0)
        r = parse_scheme(text, &u, &scheme, err);
    if (r != 0)
        return r;
    struct sv rest = sv_from_index(text, scheme + 1);
    if (!sv_starts_with(rest, SV("//")))
        return error_set(err, ERR_SYNTAX, "the URL has no // behind its scheme");
    rest = sv_from_index(rest, 2);
    size_t end = 0;
    while (end < rest.len && strchr("/?#", rest.ptr[end]) == NULL)
        end++;
    r = url_parse_authority(a, sv_slice(rest, 0, end), &u, err);
    if (r == 0)
        r = url_parse_tail(a, sv_from_index(rest, end), &u, err);
    if (r != 0)
        return r;
    if (u.path.len == 0)
        u.path = SV("/");
    *ret = u;
    return 0;
}

static bool has_default_port(const struct url *u) {
    return u->port == (sv_eq(u->scheme, SV("https")) ? 443 : 80);
}

struct sv url_origin(struct arena *a, const struct url *u) {
    const char *open = u->host_is_ipv6 ? "[" : "";
    const char *close = u->host_is_ipv6 ? "]" : "";
    if (has_default_port(u))
        return arena_printf(a, SV_FMT "://%s" SV_FMT "%s", SV_ARG(u->scheme), open, SV_ARG(u->host), close);
    return arena_printf(a, SV_FMT "://%s" SV_FMT "%s:%u", SV_ARG(u->scheme), open, SV_ARG(u->host), close,
                        (unsigned)u->port);
}

bool url_same_origin(const struct url *x, const struct url *y) {
    return sv_eq(x->scheme, y->scheme) && x->port == y->port && x->host_is_ipv6 == y->host_is_ipv6 &&
           sv_eq_nocase(x->host, y->host);
}

struct sv url_target(struct arena *a, const struct url *u) {
    if (u->query.ptr == NULL)
        return arena_copy_sv(a, u->path);
    return arena_printf(a, SV_FMT "?" SV_FMT, SV_ARG(u->path), SV_ARG(u->query));
}

struct sv url_text(struct arena *a, const struct url *u) {
    const char *open = u->host_is_ipv6 ? "[" : "";
    const char *close = u->host_is_ipv6 ? "]" : "";
    char port[8] = "";
    if (!has_default_port(u))
        (void)snprintf(port, sizeof port, ":%u", (unsigned)u->port);
    return arena_printf(a, SV_FMT "://" SV_FMT "%s%s" SV_FMT "%s%s" SV_FMT "%s" SV_FMT "%s" SV_FMT, SV_ARG(u->scheme),
                        SV_ARG(u->userinfo), u->userinfo.ptr != NULL ? "@" : "", open, SV_ARG(u->host), close, port,
                        SV_ARG(u->path), u->query.ptr != NULL ? "?" : "", SV_ARG(u->query),
                        u->fragment.ptr != NULL ? "#" : "", SV_ARG(u->fragment));
}

static int hex_digit(char c) {
    c = sv_lower_char(c);
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct sv url_decode(struct arena *a, struct sv text, bool plus) {
    char *copy = arena_alloc(a, text.len + 1);
    if (copy == NULL)
        return SV_NONE;
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        int high = c == '%' && text.len - i > 2 ? hex_digit(text.ptr[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(text.ptr[i + 2]) : -1;
        if (low >= 0) {
            copy[n++] = (char)(unsigned char)(high * 16 + low);
            i += 2;
        } else {
            copy[n++] = plus && c == '+' ? ' ' : c;
        }
    }
    return sv_make(copy, n);
}

bool url_query_next(struct sv *rest, struct sv *ret_name, struct sv *ret_value, bool *ret_has_value) {
    struct sv pair = SV_NONE;
    do {
        if (!sv_split(rest, '&', &pair))
            return false;
    } while (pair.len == 0);
    size_t eq = sv_find_char(pair, '=');
    *ret_name = eq == SIZE_MAX ? pair : sv_slice(pair, 0, eq);
    *ret_value = eq == SIZE_MAX ? SV_NONE : sv_from_index(pair, eq + 1);
    *ret_has_value = eq != SIZE_MAX;
    return true;
}
