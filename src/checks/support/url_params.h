// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_URL_PARAMS_H
#define PLUMB_CHECKS_SUPPORT_URL_PARAMS_H

#include "data/node.h"
#include "evidence/baseline.h"
#include "http/build.h"

// Which parameters of an operation may name an address: a URL, a host, a path (data/wordlists/url-params.yaml).
// VALUE_DOCUMENT: text with links in it (HTML, SVG, XML, CSV, Markdown), by the body's type or the name.
enum value_shape { VALUE_OTHER, VALUE_URL, VALUE_HOST, VALUE_PATH, VALUE_DOCUMENT };

struct url_param {
    size_t index; // in the operation
    enum value_shape shape;
    struct sv observed;      // value of the good call, or the documented one; SV_NONE when there is none
    struct sv observed_host; // of a URL or host, without port and userinfo; SV_NONE
    struct sv observed_rest; // what follows its authority; may be empty
    struct sv document;      // "html", "svg", "xml", "csv", "markdown" when it is one
    bool label;              // what stands in front of a domain: a region, a tenant
    bool strong;             // value, format, name or description say that it is an address
    bool fetched;            // weaker signs: names that often stand for something to be fetched
    bool redirects;          // name or format of a place to go back to
};

#define URL_PARAMS_MAX 24

// Fills `ret` with the parameters that have any sign. `call` may be NULL; `lists`: the knowledge file, may be NULL.
size_t url_params_find(const struct node *lists, const struct operation *op, const struct call *call,
                       struct url_param ret[URL_PARAMS_MAX]);
// Is the parameter's name on the list ("fetch", "fetch-weak", "redirect")? A name is taken apart at case changes and punctuation;
// `words` match any part, `names` the whole name without punctuation.
bool url_params_name_in(const struct node *lists, struct sv list, struct sv name);
// Does a description speak of a URL that the service will use?
bool url_params_described(const struct node *lists, struct sv description);
// What kind of value is it? *ret_host and *ret_rest are views of it (SV_NONE unless URL or HOST); both may be NULL.
enum value_shape url_params_shape(struct sv value, struct sv *ret_host, struct sv *ret_rest);
// Free text that anything may be put into: no enumeration, pattern, other type or narrow format.
bool url_params_is_free_text(const struct parameter *p);

// The decoded value that a request of this operation carries for the parameter; SV_NONE when it is not there or not to be told apart.
struct sv request_value(struct arena *a, const struct operation *op, size_t parameter, const struct request *rq);

// Who should ask: the first identity with a good baseline, else nobody or the first one that was not refused. SIZE_MAX: nobody may.
struct check_run;
size_t best_identity(const struct check_run *run, const struct operation *op);
// Why nobody may: static text.
const char *no_identity_reason(const struct check_run *run, const struct operation *op);

#endif
