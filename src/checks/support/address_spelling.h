// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_ADDRESS_SPELLING_H
#define PLUMB_CHECKS_SUPPORT_ADDRESS_SPELLING_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/sv.h"

// Other ways to write an IPv4 address that resolvers of some language accept. A filter that compares text knows few of them. The order
// is that of asking: the first ones are understood by most languages (Go takes only the IPv6 forms and plain quads; the C library, PHP,
// Ruby and Python take those of inet_aton; URL parsers after WHATWG take all of those and full-width digits).
enum address_spelling {
    SPELLING_MAPPED_HEX,    // [::ffff:a9fe:a9fe]
    SPELLING_DWORD,         // 2852039166
    SPELLING_MAPPED_DOTTED, // [::ffff:169.254.169.254]
    SPELLING_HEX,           // 0xa9fea9fe
    SPELLING_OCTAL,         // 0251.0376.0251.0376
    SPELLING_MAPPED_LONG,   // [0:0:0:0:0:ffff:a9fe:a9fe]
    SPELLING_THREE_PARTS,   // 169.254.43518
    SPELLING_DOTTED_HEX,    // 0xa9.0xfe.0xa9.0xfe
    SPELLING_TRAILING_DOT,  // 169.254.169.254.
    SPELLING_TWO_PARTS,     // 169.16689662
    SPELLING_FULL_WIDTH,    // digits of U+FF10 …
    SPELLING_NAT64,         // [64:ff9b::a9fe:a9fe]
    SPELLING_6TO4,          // [2002:a9fe:a9fe::]
    SPELLING_COUNT
};
// Short stable name: "mapped_hex".
const char *address_spelling_name(enum address_spelling s);
// Spells a dotted quad; ptr NULL when `quad` is none or memory is out.
struct sv address_spell(struct arena *a, struct sv quad, enum address_spelling s);
bool address_is_quad(struct sv text);

#endif
