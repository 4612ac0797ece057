// SPDX-License-Identifier: Apache-2.0
#include "net/client_impl.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/numbers.h"

#define HOST_LENGTH_MAX 253u
#define ADDRESSES_MAX 32u

bool net_ip_parse(struct sv text, struct net_ip *ret) {
    char z[INET6_ADDRSTRLEN];
    if (text.len == 0 || text.len >= sizeof z)
        return false;
    memcpy(z, text.ptr, text.len);
    z[text.len] = '\0';
    struct net_ip ip = {.family = AF_INET};
    if (inet_pton(AF_INET, z, ip.bytes) != 1) {
        ip.family = AF_INET6;
        if (inet_pton(AF_INET6, z, ip.bytes) != 1)
            return false;
    }
    *ret = ip;
    return true;
}

bool net_ip_matches(const struct net_ip *ip, const struct sockaddr *address) {
    if (address->sa_family != ip->family)
        return false;
    // Copied, because a sockaddr need not be aligned for its family's struct.
    if (ip->family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        return memcmp(&in.sin_addr, ip->bytes, 4) == 0;
    }
    struct sockaddr_in6 in6;
    memcpy(&in6, address, sizeof in6);
    return memcmp(&in6.sin6_addr, ip->bytes, 16) == 0;
}

bool net_address_allowed(const struct transfer *t, const struct sockaddr *address) {
    const struct net *n = t->net;
    if (address->sa_family == AF_UNIX)
        return n->options.unix_socket != NULL;
    if (n->options.proxy != NULL) {
        for (size_t i = 0; i < n->proxy_ip_count; i++)
            if (net_ip_matches(&n->proxy_ips[i], address))
                return true;
        return false;
    }
    if (t->pin == NULL)
        return net_ip_matches(&t->literal, address);
    for (size_t i = 0; i < t->pin->ip_count; i++)
        if (net_ip_matches(&t->pin->ips[i], address))
            return true;
    return false;
}

/* Letters, digits, '-', '_' and '.': a name in any other form is rewritten by libcurl (IDN, percent escapes) and would miss its pin. */
static bool is_plain_host(struct sv host) {
    if (host.len == 0 || host.len > HOST_LENGTH_MAX)
        return false;
    for (size_t i = 0; i < host.len; i++) {
        char c = sv_lower_char(host.ptr[i]);
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'))
            return false;
    }
    return true;
}

static bool list_has(const struct net_addresses *list, size_t len, struct sv text) {
    for (size_t i = 0; i < len; i++)
        if (sv_eq(list->ptr[i], text))
            return true;
    return false;
}

static int collect(struct arena *a, const struct addrinfo *found, struct net_addresses *ret, struct error *err) {
    struct net_addresses list = {.ptr = arena_new_array(a, struct sv, ADDRESSES_MAX)};
    if (list.ptr == NULL)
        return error_nomem(err);
    for (const struct addrinfo *i = found; i != NULL && list.len < ADDRESSES_MAX; i = i->ai_next) {
        char z[NI_MAXHOST];
        if (i->ai_family != AF_INET && i->ai_family != AF_INET6)
            continue;
        if (getnameinfo(i->ai_addr, i->ai_addrlen, z, sizeof z, NULL, 0, NI_NUMERICHOST) != 0)
            continue;
        if (list_has(&list, list.len, sv_from(z)))
            continue;
        struct sv text = arena_copy_sv(a, sv_from(z));
        if (text.ptr == NULL)
            return error_nomem(err);
        list.ptr[list.len++] = text;
    }
    *ret = list;
    return 0;
}

int net_resolve(struct arena *a, struct sv host, uint16_t port, struct net_addresses *ret, struct error *err) {
    struct net_ip literal;
    char z[HOST_LENGTH_MAX + 1], service[8];
    if (!net_ip_parse(host, &literal) && !is_plain_host(host))
        return error_set(err, ERR_USAGE,
                         "host name \"" SV_FMT "\" has characters that DNS does not carry: give its ASCII (xn--) form",
                         SV_ARG(sv_slice(host, 0, 80)));
    memcpy(z, host.ptr, host.len);
    z[host.len] = '\0';
    ignore_result(snprintf(service, sizeof service, "%u", (unsigned)port) < 0);
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int rc = getaddrinfo(z, service, &hints, &found);
    if (rc == EAI_MEMORY)
        return error_nomem(err);
    if (rc == EAI_NONAME || rc == EAI_NODATA)
        return error_set(err, ERR_NETWORK, "host \"%s\" is unknown (no address in DNS or /etc/hosts): check the spelling",
                         z);
    if (rc != 0)
        return error_set(err, ERR_NETWORK, "host \"%s\" could not be resolved (%s): check the name and the way to the name server", z,
                         rc == EAI_SYSTEM ? strerror(errno) : gai_strerror(rc));
    struct net_addresses list = {0};
    rc = collect(a, found, &list, err);
    freeaddrinfo(found);
    if (rc != 0)
        return rc;
    if (list.len == 0)
        return error_set(err, ERR_NETWORK, "host \"%s\" has neither an IPv4 nor an IPv6 address", z);
    *ret = list;
    return 0;
}

const struct net_pin_entry *net_pin_find(const struct net *n, struct sv host, uint16_t port) {
    for (size_t i = 0; i < n->pins.len; i++)
        if (n->pins.ptr[i]->port == port && sv_eq_nocase(n->pins.ptr[i]->host, host))
            return n->pins.ptr[i];
    return NULL;
}

static int pin_fill(struct net *n, struct sv host, uint16_t port, const struct net_addresses *addresses,
                    struct net_pin_entry *ret, struct error *err) {
    auto_buf line = BUF_INIT(8192);
    struct net_pin_entry pin = {.host = arena_copy_sv(&n->arena, host), .port = port};
    pin.ips = arena_new_array(&n->arena, struct net_ip, addresses->len);
    if (pin.host.ptr == NULL || pin.ips == NULL)
        return error_nomem(err);
    buf_addf(&line, SV_FMT ":%u:", SV_ARG(host), (unsigned)port);
    for (size_t i = 0; i < addresses->len && i < ADDRESSES_MAX; i++) {
        if (!net_ip_parse(addresses->ptr[i], &pin.ips[pin.ip_count]))
            return error_set(err, ERR_USAGE, "\"" SV_FMT "\" is not an IP address", SV_ARG(addresses->ptr[i]));
        bool brackets = pin.ips[pin.ip_count++].family == AF_INET6;
        buf_addf(&line, "%s%s" SV_FMT "%s", i == 0 ? "" : ",", brackets ? "[" : "", SV_ARG(addresses->ptr[i]),
                 brackets ? "]" : "");
    }
    struct sv text = arena_copy_sv(&n->arena, buf_sv(&line));
    if (buf_failed(&line) || text.ptr == NULL)
        return error_nomem(err);
    pin.resolve_line = text.ptr;
    *ret = pin;
    return 0;
}

/* libcurl keeps the list by pointer, and handles may still hold the previous one: each list is made anew and stays in the arena. */
static int rebuild_resolve(struct net *n, struct error *err) {
    struct curl_slist *head = NULL;
    for (size_t i = n->pins.len; i > 0; i--) {
        struct curl_slist *node = arena_new(&n->arena, struct curl_slist);
        struct sv text = arena_copy_sv(&n->arena, sv_from(n->pins.ptr[i - 1]->resolve_line));
        char *data = arena_alloc(&n->arena, text.len + 1);
        if (node == NULL || text.ptr == NULL || data == NULL)
            return error_nomem(err);
        memcpy(data, text.ptr, text.len + 1);
        node->data = data;
        node->next = head;
        head = node;
    }
    n->resolve = head;
    n->pins_generation++;
    return 0;
}

int net_pin(struct net *n, struct sv host, uint16_t port, const struct net_addresses *addresses, struct error *err) {
    struct net_ip literal;
    if (addresses->len == 0)
        return error_set(err, ERR_USAGE, "no address to pin for " SV_FMT, SV_ARG(host));
    if (net_ip_parse(host, &literal))
        return 0; // a literal address means itself
    if (!is_plain_host(host))
        return error_set(err, ERR_USAGE, "host name \"" SV_FMT "\" has characters that DNS does not carry", SV_ARG(host));
    struct net_pin_entry pin;
    int rc = pin_fill(n, host, port, addresses, &pin, err);
    if (rc != 0)
        return rc;
    for (size_t i = 0; i < n->pins.len; i++) {
        if (n->pins.ptr[i]->port == port && sv_eq_nocase(n->pins.ptr[i]->host, host)) {
            *n->pins.ptr[i] = pin; // transfers under way see the new addresses too
            return rebuild_resolve(n, err);
        }
    }
    struct net_pin_entry *entry = arena_new(&n->arena, struct net_pin_entry);
    if (entry == NULL)
        return error_nomem(err);
    *entry = pin;
    if (!VEC_PUSH(&n->arena, &n->pins, entry))
        return error_nomem(err);
    return rebuild_resolve(n, err);
}

/* Host, port and scheme of the proxy as libcurl itself reads them. */
static int proxy_parts(CURLU *parsed, const char *proxy, char **ret_host, char **ret_scheme, uint16_t *ret_port,
                       struct error *err) {
    char *port = NULL;
    unsigned flags = CURLU_NON_SUPPORT_SCHEME | CURLU_GUESS_SCHEME;
    if (curl_url_set(parsed, CURLUPART_URL, proxy, flags) != CURLUE_OK ||
        curl_url_get(parsed, CURLUPART_HOST, ret_host, 0) != CURLUE_OK ||
        curl_url_get(parsed, CURLUPART_SCHEME, ret_scheme, 0) != CURLUE_OK)
        return error_set(err, ERR_USAGE, "proxy \"%.100s\" is not a URL: write it as http://host:port", proxy);
    uint64_t number = 1080; // libcurl's default for every kind of proxy
    if (curl_url_get(parsed, CURLUPART_PORT, &port, 0) == CURLUE_OK &&
        number_parse_u64_range(sv_from(port), 1, UINT16_MAX, &number) != 0)
        number = 1080;
    curl_free(port);
    *ret_port = (uint16_t)number;
    return 0;
}

static int proxy_pin(struct net *n, struct sv host, uint16_t port, struct error *err) {
    struct net_addresses found = {0};
    if (host.len > 2 && host.ptr[0] == '[')
        host = sv_slice(host, 1, host.len - 1);
    int rc = net_resolve(&n->arena, host, port, &found, err);
    if (rc != 0) {
        error_prefix(err, "proxy: ");
        return rc;
    }
    n->proxy_ips = arena_new_array(&n->arena, struct net_ip, found.len);
    if (n->proxy_ips == NULL)
        return error_nomem(err);
    for (size_t i = 0; i < found.len; i++)
        if (net_ip_parse(found.ptr[i], &n->proxy_ips[n->proxy_ip_count]))
            n->proxy_ip_count++;
    return net_pin(n, host, port, &found, err);
}

int net_proxy_setup(struct net *n, struct error *err) {
    if (n->options.proxy == NULL)
        return 0;
    char *host = NULL, *scheme = NULL;
    uint16_t port = 0;
    CURLU *parsed = curl_url();
    if (parsed == NULL)
        return error_nomem(err);
    int rc = proxy_parts(parsed, n->options.proxy, &host, &scheme, &port, err);
    if (rc == 0) {
        bool http = strncmp(scheme, "http", 4) == 0;
        if (!http && strncmp(scheme, "socks", 5) != 0)
            rc = error_set(err, ERR_USAGE, "proxy scheme \"%.20s\" is not known: use http, https, socks5 or socks5h", scheme);
        n->proxy_absolute_form = http;
        if (rc == 0)
            rc = proxy_pin(n, sv_from(host), port, err);
    }
    curl_free(host);
    curl_free(scheme);
    curl_url_cleanup(parsed);
    return rc;
}
