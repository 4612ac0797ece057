// SPDX-License-Identifier: Apache-2.0
#include "checks/support/address_spelling.h"

#include "base/numbers.h"

const char *address_spelling_name(enum address_spelling s) {
    static const char *const names[SPELLING_COUNT] = {
        [SPELLING_MAPPED_HEX] = "mapped_hex",       [SPELLING_DWORD] = "dword",
        [SPELLING_MAPPED_DOTTED] = "mapped_dotted", [SPELLING_HEX] = "hex",
        [SPELLING_OCTAL] = "octal",                 [SPELLING_MAPPED_LONG] = "mapped_long",
        [SPELLING_THREE_PARTS] = "three_parts",     [SPELLING_DOTTED_HEX] = "dotted_hex",
        [SPELLING_TRAILING_DOT] = "trailing_dot",   [SPELLING_TWO_PARTS] = "two_parts",
        [SPELLING_FULL_WIDTH] = "full_width",       [SPELLING_NAT64] = "nat64",
        [SPELLING_6TO4] = "6to4",
    };
    return s < SPELLING_COUNT ? names[s] : "plain";
}

static bool parse_quad(struct sv text, unsigned ret[4]) {
    struct sv rest = text, part;
    size_t n = 0;
    while (sv_split(&rest, '.', &part)) {
        uint64_t value = 0;
        if (n == 4 || part.len > 3 || !sv_is_digits(part) || (part.len > 1 && part.ptr[0] == '0') ||
            number_parse_u64_range(part, 0, 255, &value) != 0)
            return false;
        ret[n++] = (unsigned)value;
    }
    return n == 4;
}

bool address_is_quad(struct sv text) {
    unsigned b[4];
    return parse_quad(text, b);
}

// U+FF10 is EF BC 90; the dot stays, since the ideographic one is refused by more parsers.
static struct sv full_width(struct arena *a, struct sv quad) {
    char *out = arena_alloc(a, quad.len * 3);
    size_t n = 0;
    for (size_t i = 0; out != NULL && i < quad.len; i++) {
        if (quad.ptr[i] == '.') {
            out[n++] = '.';
            continue;
        }
        out[n++] = '\xef';
        out[n++] = '\xbc';
        out[n++] = (char)(unsigned char)(0x90 + (quad.ptr[i] - '0'));
    }
    return out == NULL ? SV_NONE : sv_make(out, n);
}

struct sv address_spell(struct arena *a, struct sv quad, enum address_spelling s) {
    unsigned b[4];
    if (!parse_quad(quad, b))
        return SV_NONE;
    unsigned high = b[0] << 8 | b[1], low = b[2] << 8 | b[3];
    unsigned all = high << 16 | low;
    switch (s) {
    case SPELLING_MAPPED_HEX:
        return arena_printf(a, "[::ffff:%x:%x]", high, low);
    case SPELLING_DWORD:
        return arena_printf(a, "%u", all);
    case SPELLING_MAPPED_DOTTED:
        return arena_printf(a, "[::ffff:" SV_FMT "]", SV_ARG(quad));
    case SPELLING_HEX:
        return arena_printf(a, "0x%08x", all);
    case SPELLING_OCTAL:
        return arena_printf(a, "0%03o.0%03o.0%03o.0%03o", b[0], b[1], b[2], b[3]);
    case SPELLING_MAPPED_LONG:
        return arena_printf(a, "[0:0:0:0:0:ffff:%x:%x]", high, low);
    case SPELLING_THREE_PARTS:
        return arena_printf(a, "%u.%u.%u", b[0], b[1], low);
    case SPELLING_DOTTED_HEX:
        return arena_printf(a, "0x%02x.0x%02x.0x%02x.0x%02x", b[0], b[1], b[2], b[3]);
    case SPELLING_TRAILING_DOT:
        return arena_printf(a, SV_FMT ".", SV_ARG(quad));
    case SPELLING_TWO_PARTS:
        return arena_printf(a, "%u.%u", b[0], all & 0xffffffu);
    case SPELLING_FULL_WIDTH:
        return full_width(a, quad);
    case SPELLING_NAT64:
        return arena_printf(a, "[64:ff9b::%x:%x]", high, low);
    case SPELLING_6TO4:
        return arena_printf(a, "[2002:%x:%x::]", high, low);
    case SPELLING_COUNT:
        break;
    }
    return SV_NONE;
}
