// SPDX-License-Identifier: Apache-2.0
#include "http/header.h"

#include "base/vec.h"

struct sv header_find_nth(const struct header_list *list, struct sv name, size_t n) {
    for (size_t i = 0; i < list->len; i++)
        if (sv_eq_nocase(list->ptr[i].name, name) && n-- == 0)
            return list->ptr[i].value;
    return SV_NONE;
}

struct sv header_find(const struct header_list *list, struct sv name) {
    return header_find_nth(list, name, 0);
}

size_t header_count(const struct header_list *list, struct sv name) {
    size_t count = 0;
    for (size_t i = 0; i < list->len; i++)
        count += sv_eq_nocase(list->ptr[i].name, name);
    return count;
}

bool header_has(const struct header_list *list, struct sv name) {
    return header_count(list, name) > 0;
}

bool header_add(struct arena *a, struct header_list *list, struct sv name, struct sv value) {
    struct header h = {name, value};
    return VEC_PUSH(a, list, h);
}

// Removes all with that name from index `from` on.
static void remove_from(struct header_list *list, struct sv name, size_t from) {
    size_t kept = from;
    for (size_t i = from; i < list->len; i++)
        if (!sv_eq_nocase(list->ptr[i].name, name))
            list->ptr[kept++] = list->ptr[i];
    if (kept < list->len)
        list->len = kept;
}

bool header_set(struct arena *a, struct header_list *list, struct sv name, struct sv value) {
    for (size_t i = 0; i < list->len; i++) {
        if (sv_eq_nocase(list->ptr[i].name, name)) {
            list->ptr[i] = (struct header){name, value};
            remove_from(list, name, i + 1);
            return true;
        }
    }
    return header_add(a, list, name, value);
}

void header_remove(struct header_list *list, struct sv name) {
    remove_from(list, name, 0);
}

bool header_copy_list(struct arena *a, const struct header_list *from, struct header_list *ret) {
    struct header_list copy = {0};
    for (size_t i = 0; i < from->len; i++) {
        struct sv name = arena_copy_sv(a, from->ptr[i].name);
        struct sv value = arena_copy_sv(a, from->ptr[i].value);
        if (name.ptr == NULL || value.ptr == NULL || !header_add(a, &copy, name, value))
            return false;
    }
    *ret = copy;
    return true;
}

// Length up to the first `stop` outside of quoted strings.
static size_t quoted_span(struct sv text, char stop) {
    bool quoted = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && c == stop)
            return i;
    }
    return text.len;
}

bool header_element_next(struct sv *rest, struct sv *ret_element) {
    while (rest->len > 0) {
        size_t end = quoted_span(*rest, ',');
        struct sv element = sv_trim(sv_slice(*rest, 0, end));
        *rest = end < rest->len ? sv_from_index(*rest, end + 1) : SV_NONE;
        if (element.len > 0) { // RFC 9110 5.6.1.2: empty elements do not count
            *ret_element = element;
            return true;
        }
    }
    return false;
}
