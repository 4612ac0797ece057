// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_WORDS_H
#define PLUMB_CHECKS_SUPPORT_WORDS_H

#include <stdbool.h>

#include "data/node.h"

// The lists of data/access.yaml. Keys and path segments are compared in one form: lower case, letters and digits only.

#define WORD_MAX 64
struct word {
    char text[WORD_MAX];
    size_t len; // 0 when the text is empty or too long
};
struct word word_of(struct sv text);

// The `words` of a list, or NULL.
const struct node *words_list(const struct node *access, struct sv id);
bool words_have(const struct node *list, const struct word *w);
// The word, or the word with an ending of `endings`: "userId" of "user" and "id". Shortest stem wins nothing: any fit counts.
bool words_have_with_ending(const struct node *list, const struct node *endings, const struct word *w);
// Does one of the phrases stand in the text (ASCII case ignored)?
bool words_in_text(const struct node *list, struct sv text);
// Is one of the path's literal segments on the list (singular or plural)? Template segments and the query do not count.
bool words_in_path(const struct node *list, struct sv path);
bool segment_is_listed(const struct node *list, struct sv segment);

#endif
