// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_FETCH_FORM_H
#define PLUMB_CHECKS_SUPPORT_FETCH_FORM_H

#include <stdbool.h>

#include "base/arena.h"
#include "checks/support/address_spelling.h"
#include "checks/support/url_params.h"

// How a value can be written so that a service fetches a place of our choice, whatever it adds in front or behind and whatever simple
// test it applies. H is the host and R the rest of the value that was seen to be good, P our place.
enum fetch_form {
    FORM_URL,        // http://P
    FORM_OPEN,       // http://P?        what the service adds goes into the query
    FORM_HOST,       // P?               the service writes the scheme
    FORM_NETWORK,    // //P
    FORM_AT,         // @P               the service writes scheme and its own host in front
    FORM_KEEP,       // http://P?http://HR   tests for a host or an ending anywhere in the text
    FORM_USERINFO,   // http://H@P       tests for the beginning
    FORM_BACKSLASH,  // http://H\@P      tests with a parser that takes the backslash for a slash
    FORM_FRAGMENT,   // http://P#@H/     tests with a parser that looks behind the fragment
    FORM_HOST_KEEP,  // H@P?             as FORM_USERINFO, without scheme
    FORM_DOCUMENT,   // a document that shows, embeds and links P
    FORM_COUNT
};

struct fetch_place {
    struct sv scheme;    // "http"
    struct sv authority; // "10.0.0.1:4321"
    struct sv path;      // "/token", query included
};

// Does the form need a good value that names a host?
bool fetch_form_needs_host(enum fetch_form form);
// SV_NONE when the form cannot be written (no observed host) or memory is out.
struct sv fetch_form_value(struct arena *a, enum fetch_form form, const struct fetch_place *place, const struct url_param *param);
// Splits "http://10.0.0.1:4321/token".
bool fetch_place_of(struct sv url, struct fetch_place *ret);
// The same place with its host (a dotted quad) spelled otherwise; false when the host is none.
bool fetch_place_spell(struct arena *a, const struct fetch_place *place, enum address_spelling s, struct fetch_place *ret);

#endif
