// SPDX-License-Identifier: Apache-2.0
#include "evidence/llm.h"

enum { WORD_LEN = 32, FIELDS_MAX = 200, DEPTH_MAX = 4 };

static bool is_listed(const struct node *list, struct sv word) {
    for (const struct node *n = node_is(list, NODE_ARRAY) ? list->first : NULL; n != NULL; n = n->next) {
        if (sv_eq(n->text, word)) return true;
    }
    return false;
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// The next word of a path or name, lower case: cut at punctuation and where a capital follows a small letter. `whole`: at punctuation nowhere, so
// "user_input" gives "userinput".
static bool next_word(struct sv *rest, bool whole, char word[WORD_LEN], size_t *ret_len) {
    size_t i = 0, n = 0;
    while (i < rest->len && !is_letter(rest->ptr[i])) i++;
    for (; i < rest->len && n < WORD_LEN; i++) {
        char c = rest->ptr[i];
        bool capital = c >= 'A' && c <= 'Z', after_small = i > 0 && rest->ptr[i - 1] >= 'a' && rest->ptr[i - 1] <= 'z';
        if (!whole && n > 0 && (!is_letter(c) || (capital && after_small))) break;
        if (is_letter(c)) word[n++] = sv_lower_char(c);
    }
    *rest = sv_from_index(*rest, i);
    *ret_len = n;
    return n > 0;
}

static bool has_word(const struct node *list, struct sv text) {
    char word[WORD_LEN];
    size_t n;
    while (next_word(&text, false, word, &n)) {
        if (is_listed(list, sv_make(word, n))) return true;
    }
    return false;
}

bool operation_parameter_is(const struct node *list, struct sv name) {
    char word[WORD_LEN];
    size_t n;
    size_t dot = sv_rfind_char(name, '.');
    struct sv last = dot == SIZE_MAX ? name : sv_from_index(name, dot + 1);
    return next_word(&last, true, word, &n) && is_listed(list, sv_make(word, n));
}

static bool is_named(const struct node *list, const struct operation *op) {
    return has_word(list, op->path) || has_word(list, op->operation_id);
}

static bool speaks_of(const struct node *list, const struct operation *op) {
    if (is_named(list, op) || has_word(list, op->summary)) return true;
    for (size_t i = 0; i < op->tag_count; i++) {
        if (has_word(list, op->tags[i])) return true;
    }
    return false;
}

// The last part of a path that is no parameter.
static struct sv last_segment(struct sv path) {
    struct sv part, last = SV("");
    while (sv_split(&path, '/', &part)) {
        if (part.len > 0 && part.ptr[0] != '{') last = part;
    }
    return last;
}

static bool keeps_texts(const struct node *words, const struct operation *op) {
    const struct node *storing = node_get(words, SV("storing"));
    return operation_parameter_is(node_get(words, SV("stored")), last_segment(op->path)) || has_word(storing, op->operation_id) || has_word(storing, op->summary);
}

static bool schema_has(const struct node *list, const struct schema *s, unsigned depth) {
    if (s == NULL || depth == 0) return false;
    for (size_t i = 0; i < s->property_count && i < FIELDS_MAX; i++) {
        if (operation_parameter_is(list, s->properties[i].name) || schema_has(list, s->properties[i].schema, depth - 1)) return true;
    }
    return schema_has(list, s->items, depth - 1);
}

static bool answers_like_one(const struct node *words, const struct operation *op) {
    for (size_t i = 0; i < op->response_count; i++) {
        bool good = op->responses[i].status == 0 || op->responses[i].status / 100 == 2;
        if (good && schema_has(node_get(words, SV("answers")), op->responses[i].schema, DEPTH_MAX)) return true;
    }
    return false;
}

static size_t find_leaf(const struct operation *op, const char *ending) {
    for (size_t i = 0; i < op->parameter_count; i++) {
        const struct parameter *p = &op->parameters[i];
        if (p->in == PARAM_BODY && sv_starts_with(p->name, SV("messages")) && sv_ends_with(p->name, sv_from(ending))) return i;
    }
    return SIZE_MAX;
}

// The parameter that takes free text; `prompt` before the others.
static size_t find_text(const struct node *words, const struct operation *op) {
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < op->parameter_count; i++) {
        const struct parameter *p = &op->parameters[i];
        bool place = p->in == PARAM_BODY || p->in == PARAM_QUERY;
        bool text = (p->schema->types == 0 || (p->schema->types & TYPE_STRING) != 0) && p->schema->enum_count == 0 && p->schema->format.len == 0;
        if (!place || !text || !operation_parameter_is(node_get(words, SV("texts")), p->name)) continue;
        if (best == SIZE_MAX || sv_ends_with_nocase(p->name, SV("prompt"))) best = i;
    }
    return best;
}

// A place for free text there is: do the words say that a model reads it?
static bool is_described(const struct node *words, const struct operation *op, struct sv text) {
    const struct node *strong = node_get(words, SV("strong"));
    if (is_named(strong, op) || has_word(node_get(words, SV("prose")), op->summary)) return true;
    bool hint = sv_ends_with_nocase(text, SV("prompt")) || speaks_of(strong, op) || speaks_of(node_get(words, SV("weak")), op);
    return hint && answers_like_one(words, op);
}

bool operation_is_llm(const struct node *words, const struct operation *op, size_t *ret_text) {
    bool method = sv_eq(op->method, SV("POST")) || sv_eq(op->method, SV("GET"));
    if (words == NULL || !method || speaks_of(node_get(words, SV("people")), op) || keeps_texts(words, op)) return false;
    size_t content = find_leaf(op, ".content"), text = find_text(words, op);
    bool conversation = content != SIZE_MAX && find_leaf(op, ".role") != SIZE_MAX;
    if (ret_text != NULL) *ret_text = conversation ? content : text;
    return conversation || (text != SIZE_MAX && is_described(words, op, op->parameters[text].name));
}
