// SPDX-License-Identifier: Apache-2.0
#include "checks/support/banner_flaws.h"

#include "base/numbers.h"

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
    c = sv_lower_char(c);
    return c >= 'a' && c <= 'z';
}

static uint64_t take_number(struct sv *rest) {
    uint64_t n = 0;
    while (rest->len > 0 && is_digit(rest->ptr[0])) {
        n = n < 1000000 ? n * 10 + (uint64_t)(rest->ptr[0] - '0') : n;
        *rest = sv_from_index(*rest, 1);
    }
    return n;
}

int version_compare(struct sv x, struct sv y) {
    while (x.len > 0 || y.len > 0) {
        uint64_t p = take_number(&x), q = take_number(&y);
        if (p != q) return p < q ? -1 : 1;
        char a = x.len > 0 && is_letter(x.ptr[0]) ? sv_lower_char(x.ptr[0]) : 0, b = y.len > 0 && is_letter(y.ptr[0]) ? sv_lower_char(y.ptr[0]) : 0;
        if (a != b) return a < b ? -1 : 1;
        if (a != 0) return 0;
        x = x.len > 0 ? sv_from_index(x, 1) : x;
        y = y.len > 0 ? sv_from_index(y, 1) : y;
    }
    return 0;
}

// "2.4.49", "1.0.1f"; of "9.4.38.v20210224" the numbers. SV_NONE when it does not begin with two numbers.
static struct sv version_at(struct sv text) {
    size_t i = 0;
    unsigned dots = 0;
    while (i < text.len && (is_digit(text.ptr[i]) || (text.ptr[i] == '.' && i > 0 && i + 1 < text.len && is_digit(text.ptr[i + 1])))) dots += text.ptr[i++] == '.';
    if (sv_starts_with_nocase(sv_from_index(text, i), SV(".x"))) return SV_NONE;
    if (i < text.len && is_letter(text.ptr[i]) && i > 0) i++;
    return dots > 0 ? sv_slice(text, 0, i) : SV_NONE;
}

// The version behind the product's name and a slash or bracket; the name is a word of its own.
static struct sv version_of(struct sv value, struct sv product) {
    for (size_t at = 0; at + product.len + 1 < value.len; at++) {
        bool begins = at == 0 || (!is_letter(value.ptr[at - 1]) && !is_digit(value.ptr[at - 1]) && value.ptr[at - 1] != '-' && value.ptr[at - 1] != '_');
        char behind = value.ptr[at + product.len];
        if (begins && (behind == '/' || behind == '(') && sv_eq_nocase(sv_slice(value, at, at + product.len), product))
            return version_at(sv_from_index(value, at + product.len + 1));
    }
    return SV_NONE;
}

static bool is_repaired(const struct node *table, struct sv value) {
    const struct node *names = node_get(table, SV("repaired"));
    for (const struct node *n = names == NULL ? NULL : names->first; n != NULL; n = n->next) {
        if (sv_contains_nocase(value, n->text)) return true;
    }
    return false;
}

const struct node *banner_flaw_next(const struct node *table, const struct node *after, struct sv header, struct sv value) {
    const struct node *flaws = node_get(table, SV("flaws"));
    const struct node *n = after != NULL ? after->next : flaws == NULL ? NULL : flaws->first;
    value = sv_slice(value, 0, 300);
    if (is_repaired(table, value)) return NULL;
    for (; n != NULL; n = n->next) {
        struct sv only = node_get_text(n, SV("header"));
        struct sv version = only.len == 0 ? version_of(value, node_get_text(n, SV("product"))) : sv_eq_nocase(only, header) ? version_at(value) : SV_NONE;
        if (version.ptr == NULL) continue;
        if (version_compare(version, node_get_text(n, SV("from"))) >= 0 && version_compare(version, node_get_text(n, SV("to"))) <= 0) return n;
    }
    return NULL;
}
