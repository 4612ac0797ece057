// SPDX-License-Identifier: Apache-2.0
/*
 * Address classes. The spellings are those of inet_aton (POSIX): one to four parts, each decimal, octal or hexadecimal,
 * the last one fills what is left. Resolvers accept them, so a guard that only knew dotted quads could be walked
 * around.
 */
#include <arpa/inet.h>

#include "http/url.h"

static int digit_value(char c) {
    c = sv_lower_char(c);
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

static bool parse_part(struct sv text, uint64_t *ret) {
    unsigned base = 10;
    if (sv_starts_with_nocase(text, SV("0x"))) {
        base = 16;
        text = sv_from_index(text, 2);
    } else if (text.len > 1 && text.ptr[0] == '0') {
        base = 8;
        text = sv_from_index(text, 1);
    }
    if (text.len == 0 && base != 16) // "0x" alone is 0 for some resolvers
        return false;
    uint64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = (unsigned)digit_value(text.ptr[i]);
        if (digit >= base)
            return false;
        value = value * base + digit;
        if (value > UINT32_MAX)
            return false;
    }
    *ret = value;
    return true;
}

static bool parse_ipv4(struct sv text, uint32_t *ret) {
    if (text.len > 1 && text.ptr[text.len - 1] == '.')
        text.len--; // a name may end with the root's dot
    if (text.len == 0 || text.len > 64)
        return false;
    uint64_t parts[4];
    size_t count = 0;
    struct sv part = SV_NONE;
    while (sv_split(&text, '.', &part)) {
        if (count == 4 || !parse_part(part, &parts[count]))
            return false;
        count++;
    }
    uint64_t address = 0;
    for (size_t i = 0; i + 1 < count; i++) {
        if (parts[i] > 255)
            return false;
        address |= parts[i] << (24 - 8 * i);
    }
    if (parts[count - 1] >> (8 * (5 - count)) != 0)
        return false;
    *ret = (uint32_t)(address | parts[count - 1]);
    return true;
}

// IANA special-purpose registry (RFC 6890 and its successors); the first row that fits counts.
static const struct {
    uint32_t network;
    unsigned prefix;
    enum address_class class;
} ipv4_classes[] = {
    {0x00000000, 32, ADDRESS_LOOPBACK}, // 0.0.0.0: a connection to it reaches the local host on Linux
    {0x00000000, 8, ADDRESS_SPECIAL},   {0x7f000000, 8, ADDRESS_LOOPBACK}, {0xa9fe0000, 16, ADDRESS_LINK_LOCAL},
    {0x0a000000, 8, ADDRESS_PRIVATE},   {0xac100000, 12, ADDRESS_PRIVATE}, {0xc0a80000, 16, ADDRESS_PRIVATE},
    {0x64400000, 10, ADDRESS_PRIVATE}, // 100.64/10, RFC 6598: carriers and clouds
    {0xc0000000, 24, ADDRESS_SPECIAL},  {0xc0000200, 24, ADDRESS_SPECIAL}, {0xc0586300, 24, ADDRESS_SPECIAL},
    {0xc6120000, 15, ADDRESS_SPECIAL},  {0xc6336400, 24, ADDRESS_SPECIAL}, {0xcb007100, 24, ADDRESS_SPECIAL},
    {0xe0000000, 4, ADDRESS_SPECIAL},   {0xf0000000, 4, ADDRESS_SPECIAL},
};

static enum address_class classify_ipv4(uint32_t address) {
    for (size_t i = 0; i < sizeof ipv4_classes / sizeof *ipv4_classes; i++) {
        uint32_t mask = UINT32_MAX << (32 - ipv4_classes[i].prefix);
        if ((address & mask) == ipv4_classes[i].network)
            return ipv4_classes[i].class;
    }
    return ADDRESS_PUBLIC;
}

static uint32_t read_u32(const uint8_t *b) {
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

// The IPv4 address that an IPv6 address stands for: mapped, compatible, NAT64 (RFC 6052) and 6to4 (RFC 3056).
static bool embedded_ipv4(const uint8_t *b, uint32_t *ret) {
    static const uint8_t compatible[12];
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};
    bool six_to_four = b[0] == 0x20 && b[1] == 0x02;
    *ret = read_u32(six_to_four ? b + 2 : b + 12);
    return six_to_four || memcmp(b, mapped, 12) == 0 || memcmp(b, nat64, 12) == 0 || memcmp(b, compatible, 12) == 0;
}

static enum address_class classify_ipv6(const uint8_t *b) {
    static const uint8_t zero[15];
    uint32_t ipv4 = 0;
    if (memcmp(b, zero, 15) == 0 && b[15] <= 1)
        return ADDRESS_LOOPBACK; // ::1, and :: which reaches the local host as 0.0.0.0 does
    if (embedded_ipv4(b, &ipv4))
        return classify_ipv4(ipv4);
    if (b[0] == 0xfe && (b[1] & 0xc0) == 0x80)
        return ADDRESS_LINK_LOCAL;
    if ((b[0] & 0xfe) == 0xfc)
        return ADDRESS_PRIVATE; // RFC 4193
    if (read_u32(b) == 0x20010db8 || read_u32(b) == 0x20010000)
        return ADDRESS_SPECIAL;                                      // documentation, Teredo
    return (b[0] & 0xe0) == 0x20 ? ADDRESS_PUBLIC : ADDRESS_SPECIAL; // 2000::/3 is all that is allocated
}

enum address_class address_classify(struct sv host) {
    if (host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
        host = sv_slice(host, 1, host.len - 1);
    uint32_t ipv4 = 0;
    if (sv_find_char(host, ':') == SIZE_MAX)
        return parse_ipv4(host, &ipv4) ? classify_ipv4(ipv4) : ADDRESS_NOT_LITERAL;
    size_t zone = sv_find_char(host, '%');
    host = zone == SIZE_MAX ? host : sv_slice(host, 0, zone);
    char copy[INET6_ADDRSTRLEN] = "";
    struct in6_addr address;
    if (host.len >= sizeof copy)
        return ADDRESS_NOT_LITERAL;
    memcpy(copy, host.ptr, host.len);
    if (strlen(copy) != host.len || inet_pton(AF_INET6, copy, &address) != 1)
        return ADDRESS_NOT_LITERAL;
    return classify_ipv6(address.s6_addr);
}
