// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_HTTP_URL_INTERNAL_H
#define PLUMB_HTTP_URL_INTERNAL_H

#include "http/url.h"

// Refuses control bytes, blanks (unless allowed) and texts over 64 KiB.
int url_check_bytes(struct sv text, bool blanks, struct error *err) MUST_USE;
// Percent-encodes blanks and bytes over 0x7f; the view itself when there are none. ptr NULL when out of memory.
struct sv url_encode_foreign(struct arena *a, struct sv text);
// Length of a scheme that stands before ':', 0 when there is none.
size_t url_scheme_length(struct sv text);
// "user@host:port"; u->scheme must be set. Sets userinfo, host, host_is_ipv6 and port.
int url_parse_authority(struct arena *a, struct sv authority, struct url *u, struct error *err) MUST_USE;
// "path?query#fragment"; the path may be empty or relative.
int url_parse_tail(struct arena *a, struct sv tail, struct url *u, struct error *err) MUST_USE;

#endif
