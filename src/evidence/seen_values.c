// SPDX-License-Identifier: Apache-2.0
#include "evidence/seen_values.h"

enum { NAMES_MAX = 400, VALUES_MAX = 4, NAME_LENGTH = 48, VALUE_LENGTH = 40 };

struct word_list {
    struct sv values[VALUES_MAX];
    size_t len;
};

// Without separators, in lower case; empty when it is no name.
static struct sv plain_name(struct sv name, char out[NAME_LENGTH]) {
    size_t n = 0;
    if (name.len > NAME_LENGTH)
        return SV_NONE;
    for (size_t i = 0; i < name.len; i++)
        if (memchr("_-. ", name.ptr[i], 4) == NULL)
            out[n++] = sv_lower_char(name.ptr[i]);
    return sv_make(out, n);
}

// A word that could be one of a few: no placeholder, sentence or address.
static bool is_word(struct sv v) {
    if (v.len == 0 || v.len > VALUE_LENGTH || sv_contains(v, SV("{{")))
        return false;
    for (size_t i = 0; i < v.len; i++) {
        unsigned char c = (unsigned char)v.ptr[i];
        if (c <= ' ' || c >= 0x7f || memchr("/\\<>\"'@", c, 7) != NULL)
            return false;
    }
    return true;
}

bool seen_values_note(struct arena *a, struct seen_values *s, struct sv key, const struct node *value) {
    char text[NAME_LENGTH];
    struct sv name = plain_name(key, text);
    if (value->kind != NODE_STRING || name.len < 2 || !is_word(value->text))
        return true;
    struct word_list *list = map_find(&s->by_name, name);
    if (list == NULL) {
        if (s->by_name.len >= NAMES_MAX)
            return true;
        list = arena_new(a, struct word_list);
        name = arena_copy_sv(a, name);
        if (list == NULL || name.ptr == NULL || !map_set(a, &s->by_name, name, list))
            return false;
    }
    for (size_t i = 0; i < list->len; i++)
        if (sv_eq(list->values[i], value->text))
            return true;
    if (list->len == VALUES_MAX)
        return true;
    list->values[list->len] = arena_copy_sv(a, value->text);
    return list->values[list->len++].ptr != NULL;
}

struct sv seen_values_get(const struct seen_values *s, struct sv name, size_t n) {
    char text[NAME_LENGTH];
    const struct word_list *list = map_find(&s->by_name, plain_name(name, text));
    return list != NULL && n < list->len ? list->values[n] : SV_NONE;
}
