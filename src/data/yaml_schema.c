// SPDX-License-Identifier: Apache-2.0
#include "data/yaml_schema.h"

#include "base/numbers.h"

static bool is_one_of(struct sv text, const struct sv *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (sv_eq(text, words[i]))
            return true;
    return false;
}

static bool is_null(struct sv text) {
    static const struct sv words[] = {SV_INIT("null"), SV_INIT("Null"), SV_INIT("NULL"), SV_INIT("~")};
    return text.len == 0 || is_one_of(text, words, sizeof words / sizeof words[0]);
}

static bool is_true(struct sv text) {
    static const struct sv words[] = {SV_INIT("true"), SV_INIT("True"), SV_INIT("TRUE")};
    return is_one_of(text, words, sizeof words / sizeof words[0]);
}

static bool is_false(struct sv text) {
    static const struct sv words[] = {SV_INIT("false"), SV_INIT("False"), SV_INIT("FALSE")};
    return is_one_of(text, words, sizeof words / sizeof words[0]);
}

static bool is_octal(struct sv text) {
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '7')
            return false;
    return text.len > 0;
}

static bool is_number(struct sv text) {
    static const struct sv special[] = {SV_INIT(".inf"), SV_INIT(".Inf"), SV_INIT(".INF")};
    static const struct sv nan_words[] = {SV_INIT(".nan"), SV_INIT(".NaN"), SV_INIT(".NAN")};
    if (sv_starts_with(text, SV("0x")))
        return sv_is_hex(sv_from_index(text, 2));
    if (sv_starts_with(text, SV("0o")))
        return is_octal(sv_from_index(text, 2));
    if (is_one_of(text, nan_words, 3))
        return true;
    bool is_signed = text.len > 0 && (text.ptr[0] == '+' || text.ptr[0] == '-');
    struct sv unsigned_text = is_signed ? sv_from_index(text, 1) : text;
    if (is_one_of(unsigned_text, special, 3))
        return true;
    if (unsigned_text.len == 0 || unsigned_text.ptr[0] == '-')
        return false;
    double value = 0;
    int r = number_parse_double(unsigned_text, &value);
    return r == 0 || r == -ERANGE; // one that is too large for a double is a number still
}

enum node_kind yaml_scalar_kind(struct sv text, bool plain, struct sv tag) {
    enum node_kind by_text = is_null(text)                     ? NODE_NULL
                             : is_true(text) || is_false(text) ? NODE_BOOL
                             : is_number(text)                 ? NODE_NUMBER
                                                               : NODE_STRING;
    static const struct {
        struct sv tag;
        enum node_kind kind;
    } tags[] = {
        {SV_INIT("tag:yaml.org,2002:null"), NODE_NULL},
        {SV_INIT("tag:yaml.org,2002:bool"), NODE_BOOL},
        {SV_INIT("tag:yaml.org,2002:int"), NODE_NUMBER},
        {SV_INIT("tag:yaml.org,2002:float"), NODE_NUMBER},
    };
    if (tag.ptr == NULL)
        return plain ? by_text : NODE_STRING;
    // A tag that the text does not bear out ("!!int x") leaves a string.
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++)
        if (sv_eq(tag, tags[i].tag))
            return by_text == tags[i].kind ? by_text : NODE_STRING;
    return NODE_STRING;
}

struct sv yaml_scalar_text(struct sv text, enum node_kind kind) {
    if (kind == NODE_NULL)
        return SV_NONE;
    if (kind == NODE_BOOL)
        return is_true(text) ? SV("true") : SV("false");
    return text;
}
