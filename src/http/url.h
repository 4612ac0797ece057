// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_HTTP_URL_H
#define PLUMB_HTTP_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/sv.h"

// Absolute http(s) URL, RFC 3986. Views into the parsed text (or into the arena after url_resolve).
struct url {
    struct sv scheme;   // "http" or "https", lower case
    struct sv userinfo; // SV_NONE when absent
    struct sv host;     // lower case when normalised; an IPv6 address without its brackets
    bool host_is_ipv6;
    uint16_t port;      // explicit or the scheme's default
    struct sv path;     // starts with '/', never empty
    struct sv query;    // without '?'; SV_NONE when absent
    struct sv fragment;
};

// Refuses other schemes, empty hosts, control bytes, blanks and bad ports, saying which.
int url_parse(struct arena *a, struct sv text, struct url *ret, struct error *err) MUST_USE;
// Resolves a reference (Location header, link) against a base, RFC 3986 5.2. ERR_UNSUPPORTED for another scheme.
int url_resolve(struct arena *a, const struct url *base, struct sv reference, struct url *ret, struct error *err) MUST_USE;
// "https://host:port", default port left out; the unit of scope (RFC 6454).
struct sv url_origin(struct arena *a, const struct url *u);
bool url_same_origin(const struct url *x, const struct url *y);
// "path?query" as it goes on the request line.
struct sv url_target(struct arena *a, const struct url *u);
struct sv url_text(struct arena *a, const struct url *u);

// Percent-decoding; '+' becomes a blank only when `plus`. Invalid escapes stay as they are.
struct sv url_decode(struct arena *a, struct sv text, bool plus);
// Removes dot segments, RFC 3986 5.2.4.
struct sv url_remove_dots(struct arena *a, struct sv path);

// application/x-www-form-urlencoded pairs of a query: cursor. Name and value are still encoded. `has_value` tells "a" from "a=".
bool url_query_next(struct sv *rest, struct sv *ret_name, struct sv *ret_value, bool *ret_has_value);

// Address classes, for scope, politeness and severity. `host` is a literal address; names are not resolved here.
enum address_class { ADDRESS_NOT_LITERAL, ADDRESS_LOOPBACK, ADDRESS_LINK_LOCAL, ADDRESS_PRIVATE, ADDRESS_PUBLIC, ADDRESS_SPECIAL };
enum address_class address_classify(struct sv host);

#endif
