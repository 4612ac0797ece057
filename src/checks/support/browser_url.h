// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_BROWSER_URL_H
#define PLUMB_CHECKS_SUPPORT_BROWSER_URL_H

#include <stdbool.h>

#include "http/url.h"

// Where a browser would go for a reference, by the URL Standard (https://url.spec.whatwg.org/), which is laxer than RFC 3986: white space
// around it and tabs and line ends inside vanish, a backslash is a slash, any number of slashes may follow the scheme. Only the host is
// told. False when it would stay on the host of `base`, go to another kind of place (mailto:, javascript:) or nowhere.
bool browser_host(struct arena *a, const struct url *base, struct sv reference, struct sv *ret_host);

// The reference in a page that sends its reader away at once: <meta http-equiv=refresh> or an assignment to location in a script. SV_NONE
// when there is none. Views of the body.
struct sv browser_page_target(struct sv html);
// "5; url=https://…" of a Refresh header or meta element.
struct sv browser_refresh_target(struct sv value);

#endif
