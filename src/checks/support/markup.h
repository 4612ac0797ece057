// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_MARKUP_H
#define PLUMB_CHECKS_SUPPORT_MARKUP_H

#include "base/arena.h"
#include "model/exchange.h"

// A page as a browser's tokenizer reads it (https://html.spec.whatwg.org/#tokenization), as far as it decides where a text of ours stands.
enum markup_place {
    MARKUP_NOWHERE,   // not there as markup: escaped, text, a quoted value
    MARKUP_ELEMENT,   // an element's attribute, in an element of its own
    MARKUP_RAW,       // unescaped inside a script, style, title, text area or comment: ends there only with the right end
};
struct markup_find {
    enum markup_place place;
    struct sv end; // RAW: what ends it, "</script>" or "-->"; static text
};
// Where does an attribute `name` with a value that begins with `value` stand? `literal`: the bytes that stand for it unescaped.
struct markup_find markup_find_attribute(struct sv page, struct sv name, struct sv value, struct sv literal);

// The quote that ended a text inside a script of the page before `word`, which stands behind it as code; '\0' when there is none.
char markup_script_broken_by(struct sv page, struct sv word);

// Next start tag that has the attribute: its value, undecoded. `rest` is moved behind the tag. False at the end of the page.
bool markup_next(struct sv *rest, struct sv element, struct sv attribute, struct sv *ret_value, struct sv *ret_tag);

// Would a browser that opens this answer run it as a page: its media type (or, without any, what it begins with), no attachment, no redirect?
bool markup_is_page(struct arena *a, const struct exchange *x);
// Does the answer's content security policy forbid scripts written into the page?
bool markup_policy_forbids_inline(const struct exchange *x);

#endif
