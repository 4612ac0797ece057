// SPDX-License-Identifier: Apache-2.0
#include "lab/fetch.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/numbers.h"
#include "http/url.h"

enum { REDIRECTS_MAX = 3, ANSWER_MAX = 64 * 1024, TIMEOUT_SECONDS = 2 };

// Hosts that the lab plays itself.
static bool is_played(struct sv host, struct in_addr address, bool literal) {
    uint32_t ip = ntohl(address.s_addr);
    bool metadata = literal && (ip == 0xa9fea9fe || ip == 0xa9feaa02); // 169.254.169.254, 169.254.170.2
    return metadata || sv_eq_nocase(host, SV("photos.kettenpost-rad.net"));
}

// The text forms that the C library reads as IPv4 (dotted, octal, hexadecimal, one number), and IPv6 loopback or mapped addresses.
static bool read_address(struct sv host, bool is_ipv6, struct in_addr *ret) {
    char text[64];
    if (host.len >= sizeof text) return false;
    memcpy(text, host.ptr, host.len);
    text[host.len] = '\0';
    if (host.len > 0 && text[host.len - 1] == '.') text[host.len - 1] = '\0';
    if (!is_ipv6) {
        if (strcmp(text, "localhost") == 0) (void)snprintf(text, sizeof text, "127.0.0.1");
        return inet_aton(text, ret) != 0;
    }
    struct in6_addr six;
    if (inet_pton(AF_INET6, text, &six) != 1) return false;
    if (IN6_IS_ADDR_LOOPBACK(&six)) ret->s_addr = htonl(INADDR_LOOPBACK);
    else if (IN6_IS_ADDR_V4MAPPED(&six)) memcpy(&ret->s_addr, &six.s6_addr[12], 4);
    else return false;
    return true;
}

static int connect_to(const struct lab *lab, const struct url *u, struct fetch_answer *ret) {
    struct in_addr ip = {0};
    bool literal = read_address(u->host, u->host_is_ipv6, &ip), played = is_played(u->host, ip, literal);
    uint16_t port = played ? lab->metadata_port : u->port;
    if (played) ip.s_addr = htonl(INADDR_LOOPBACK);
    else if (!literal || (ntohl(ip.s_addr) >> 24) != 127) {
        (void)snprintf(ret->problem, sizeof ret->problem, literal ? "dial tcp " SV_FMT ":%u: connect: network is unreachable" : "dial tcp: lookup " SV_FMT ":%u: no such host",
                       SV_ARG(sv_slice(u->host, 0, 100)), (unsigned)u->port);
        return -1;
    }
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    const struct timeval limit = {.tv_sec = TIMEOUT_SECONDS};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = ip};
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0 &&
        connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    (void)snprintf(ret->problem, sizeof ret->problem, "dial tcp " SV_FMT ":%u: connect: connection refused", SV_ARG(sv_slice(u->host, 0, 100)), (unsigned)u->port);
    (void)close(fd);
    return -1;
}

static bool send_all(int fd, struct sv text) {
    while (text.len > 0) {
        ssize_t n = send(fd, text.ptr, text.len, MSG_NOSIGNAL);
        if (n <= 0) return false;
        text = sv_from_index(text, (size_t)n);
    }
    return true;
}

static bool send_request(struct arena *a, int fd, const struct url *u) {
    struct sv origin = url_origin(a, u), target = url_target(a, u);
    struct sv host = origin.ptr == NULL ? SV_NONE : sv_from_index(origin, sv_find(origin, SV("://")) + 3);
    struct sv text = arena_printf(a, "GET " SV_FMT " HTTP/1.0\r\nHost: " SV_FMT "\r\nUser-Agent: bikeshop-fetch/1\r\nAccept: */*\r\nConnection: close\r\n\r\n",
                                  SV_ARG(target), SV_ARG(host));
    return text.ptr != NULL && host.ptr != NULL && send_all(fd, text);
}

// Whole answer up to the limit; the server closes the connection (HTTP/1.0).
static struct sv receive(struct arena *a, int fd) {
    auto_buf b = BUF_INIT(ANSWER_MAX);
    char piece[4096];
    ssize_t n;
    usec_t end = clock_monotonic() + TIMEOUT_SECONDS * USEC_PER_SEC;
    while (!buf_failed(&b) && clock_monotonic() < end && (n = recv(fd, piece, sizeof piece, 0)) > 0) buf_add(&b, sv_make(piece, (size_t)n));
    return arena_copy_sv(a, buf_sv(&b));
}

static struct sv header_of(struct sv head, struct sv name) {
    struct sv line;
    while (sv_split(&head, '\n', &line)) {
        size_t colon = sv_find_char(line, ':');
        if (colon != SIZE_MAX && sv_eq_nocase(sv_slice(line, 0, colon), name)) return sv_trim(sv_from_index(line, colon + 1));
    }
    return SV_NONE;
}

static bool read_answer(struct sv raw, struct fetch_answer *ret, struct sv *ret_location) {
    size_t end = sv_find(raw, SV("\r\n\r\n"));
    uint64_t status;
    if (end == SIZE_MAX || !sv_starts_with(raw, SV("HTTP/1.")) || number_parse_u64_range(sv_slice(raw, 9, 12), 100, 599, &status) != 0) {
        (void)snprintf(ret->problem, sizeof ret->problem, "malformed HTTP response");
        return false;
    }
    struct sv head = sv_slice(raw, 0, end);
    ret->status = (unsigned)status;
    ret->body = sv_from_index(raw, end + 4);
    ret->type = header_of(head, SV("Content-Type"));
    *ret_location = status >= 300 && status < 400 ? header_of(head, SV("Location")) : SV_NONE;
    return true;
}

static bool fetch_once(struct arena *a, const struct lab *lab, const struct url *u, struct fetch_answer *ret, struct sv *ret_location) {
    if (!sv_eq(u->scheme, SV("http"))) {
        (void)snprintf(ret->problem, sizeof ret->problem, "tls: failed to verify certificate");
        return false;
    }
    int fd = connect_to(lab, u, ret);
    if (fd < 0) return false;
    struct sv raw = send_request(a, fd, u) ? receive(a, fd) : SV_NONE;
    (void)close(fd);
    return read_answer(raw, ret, ret_location);
}

bool fetch_get(struct arena *a, const struct lab *lab, struct sv url, struct fetch_answer *ret) {
    struct url u, next;
    struct error err = {0};
    *ret = (struct fetch_answer){0};
    if (url_parse(a, url, &u, &err) != 0) {
        (void)snprintf(ret->problem, sizeof ret->problem, "unsupported protocol scheme or malformed address");
        return false;
    }
    for (unsigned i = 0; i <= REDIRECTS_MAX; i++) {
        struct sv location = SV_NONE;
        if (!fetch_once(a, lab, &u, ret, &location)) return false;
        if (location.len == 0) return true;
        if (url_resolve(a, &u, location, &next, &err) != 0) return true;
        u = next;
    }
    (void)snprintf(ret->problem, sizeof ret->problem, "stopped after %d redirects", REDIRECTS_MAX);
    return false;
}
