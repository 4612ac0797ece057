// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_HTTP_HEADER_H
#define PLUMB_HTTP_HEADER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/sv.h"
#include "model/exchange.h"

// Field lines are kept in order with their case (RFC 9110 5).
// First value with that name (ASCII case ignored), or SV_NONE.
struct sv header_find(const struct header_list *list, struct sv name);
bool header_has(const struct header_list *list, struct sv name);
// n-th value with that name (0-based), or SV_NONE.
struct sv header_find_nth(const struct header_list *list, struct sv name, size_t n);
size_t header_count(const struct header_list *list, struct sv name);
bool header_add(struct arena *a, struct header_list *list, struct sv name, struct sv value);
// Replaces the first, removes the others; adds when there was none.
bool header_set(struct arena *a, struct header_list *list, struct sv name, struct sv value);
void header_remove(struct header_list *list, struct sv name);
bool header_copy_list(struct arena *a, const struct header_list *from, struct header_list *ret);

// Comma separated list elements with quoted strings respected (RFC 9110 5.6.1). Cursor.
bool header_element_next(struct sv *rest, struct sv *ret_element);
// "text/html; charset=x" -> "text/html" (lower-cased copy in the arena), SV_NONE when absent or malformed.
struct sv media_type_essence(struct arena *a, struct sv content_type);
bool media_type_is_json(struct sv essence); // application/json, +json, text/json
// Retry-After (RFC 9110 10.2.3): seconds or HTTP-date against `now_realtime`. False when malformed.
bool retry_after_parse(struct sv value, usec_t now_realtime, usec_t *ret_delay);

// Set-Cookie, RFC 6265 5.2.
struct set_cookie {
    struct sv name, value, path, domain, same_site; // SV_NONE when absent
    bool secure, http_only, has_expiry, expired;
};
bool set_cookie_parse(struct sv line, struct set_cookie *ret);

// Strict-Transport-Security, RFC 6797.
struct hsts {
    uint64_t max_age; // seconds
    bool include_subdomains, preload;
};
bool hsts_parse(struct sv value, struct hsts *ret);

// Link header (RFC 8288): cursor over its targets with their rel.
bool link_next(struct sv *rest, struct sv *ret_target, struct sv *ret_rel);

#endif
