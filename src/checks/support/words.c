// SPDX-License-Identifier: Apache-2.0
#include "checks/support/words.h"

struct word word_of(struct sv text) {
    struct word w = {.len = 0};
    for (size_t i = 0; i < text.len; i++) {
        char c = sv_lower_char(text.ptr[i]);
        bool keeps = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!keeps) continue;
        if (w.len == WORD_MAX) return (struct word){.len = 0};
        w.text[w.len++] = c;
    }
    return w;
}

const struct node *words_list(const struct node *access, struct sv id) {
    const struct node *lists = node_get(access, SV("lists"));
    for (const struct node *n = lists == NULL ? NULL : lists->first; n != NULL; n = n->next) {
        if (sv_eq(node_get_text(n, SV("id")), id)) return node_get(n, SV("words"));
    }
    return NULL;
}

static bool have(const struct node *list, struct sv text) {
    for (const struct node *n = list == NULL ? NULL : list->first; n != NULL; n = n->next) {
        if (sv_eq(n->text, text)) return true;
    }
    return false;
}

bool words_have(const struct node *list, const struct word *w) {
    return w->len > 0 && have(list, sv_make(w->text, w->len));
}

bool words_have_with_ending(const struct node *list, const struct node *endings, const struct word *w) {
    if (words_have(list, w)) return true;
    struct sv text = sv_make(w->text, w->len);
    for (const struct node *n = endings == NULL ? NULL : endings->first; n != NULL; n = n->next) {
        if (sv_ends_with(text, n->text) && have(list, sv_slice(text, 0, text.len - n->text.len))) {
            // "username" is a name that a person shows; "user_id" says whose object it is.
            if (!sv_eq(text, SV("username"))) return true;
        }
    }
    return false;
}

bool words_in_text(const struct node *list, struct sv text) {
    for (const struct node *n = list == NULL ? NULL : list->first; n != NULL; n = n->next) {
        if (sv_contains_nocase(text, n->text)) return true;
    }
    return false;
}

bool segment_is_listed(const struct node *list, struct sv segment) {
    if (sv_find_char(segment, '{') != SIZE_MAX) return false;
    struct word w = word_of(segment);
    if (words_have(list, &w)) return true;
    struct sv text = sv_make(w.text, w.len);
    if (sv_ends_with(text, SV("ies")) && text.len < WORD_MAX) {
        struct word y = w;
        y.len -= 2;
        y.text[y.len - 1] = 'y';
        if (words_have(list, &y)) return true;
    }
    return text.len > 3 && sv_ends_with(text, SV("s")) && have(list, sv_slice(text, 0, text.len - 1));
}

bool words_in_path(const struct node *list, struct sv path) {
    size_t q = sv_find_char(path, '?');
    struct sv rest = q == SIZE_MAX ? path : sv_slice(path, 0, q), segment;
    while (sv_split(&rest, '/', &segment)) {
        if (segment.len > 0 && segment_is_listed(list, segment)) return true;
    }
    return false;
}
