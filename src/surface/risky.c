// SPDX-License-Identifier: Apache-2.0
/*
 * Words that smell of change (evidence.md 4, "do no harm"). Names are cut into words at case changes and separators,
 * and whole words are compared: "payments" is a thing, "pay" is a deed.
 */
#include "surface/surface_internal.h"

enum { SENTENCES_MAX = 20, WORDS_MAX = 64, TEXT_MAX = 2000 };

// Which groups count; passed by value.
struct risk {
    const struct node *risky;
    bool harm;     // not those marked `ordinary`
    bool mild_too; // deeds that may be harmless
};

static const struct node *next_group(const struct risk *risk, const struct node *g) {
    while (g != NULL && risk->harm && node_get_bool(g, SV("ordinary"), false))
        g = g->next;
    return g;
}

static const struct node *first_group(const struct risk *risk) {
    const struct node *groups = node_get(risk->risky, SV("groups"));
    return next_group(risk, node_is(groups, NODE_ARRAY) ? groups->first : NULL);
}

static bool list_has(const struct node *list, struct sv word) {
    for (const struct node *n = node_is(list, NODE_ARRAY) ? list->first : NULL; n != NULL; n = n->next)
        if (sv_eq_nocase(n->text, word))
            return true;
    return false;
}

static bool word_is_listed(const struct risk *risk, struct sv key, struct sv word) {
    for (const struct node *g = first_group(risk); g != NULL; g = next_group(risk, g->next))
        if (list_has(node_get(g, key), word))
            return true;
    return false;
}

static bool is_letter(char c) {
    c = sv_lower_char(c);
    return c >= 'a' && c <= 'z';
}

// Next word of a name: "resetAll-users" gives "reset", "All", "users"; "HTTPReset" gives "HTTP", "Reset".
static bool next_word(struct sv *rest, struct sv *ret) {
    size_t begin = 0;
    while (begin < rest->len && !is_letter(rest->ptr[begin]))
        begin++;
    if (begin >= rest->len)
        return false;
    size_t end = begin + 1;
    for (; end < rest->len && is_letter(rest->ptr[end]); end++) {
        bool upper = sv_lower_char(rest->ptr[end]) != rest->ptr[end];
        bool upper_before = sv_lower_char(rest->ptr[end - 1]) != rest->ptr[end - 1];
        bool lower_after = end + 1 < rest->len && is_letter(rest->ptr[end + 1]) &&
                           sv_lower_char(rest->ptr[end + 1]) == rest->ptr[end + 1];
        if (upper && (!upper_before || lower_after))
            break;
    }
    *ret = sv_slice(*rest, begin, end);
    *rest = sv_from_index(*rest, end);
    return true;
}

static bool is_deed(const struct risk *risk, struct sv word) {
    return word_is_listed(risk, SV("words"), word) || (risk->mild_too && word_is_listed(risk, SV("mild"), word));
}

// "payout-list", "resetHistory": things, whatever comes before.
static bool ends_in_noun(const struct risk *risk, struct sv name) {
    struct sv word, last = SV_NONE;
    unsigned n = 0;
    for (; n < WORDS_MAX && next_word(&name, &word); n++)
        last = word;
    return n > 1 && word_is_listed(risk, SV("nouns"), last);
}

static bool name_smells(const struct risk *risk, struct sv name) {
    struct sv word;
    bool first = true;
    if (ends_in_noun(risk, name))
        return false;
    for (unsigned n = 0; n < WORDS_MAX && next_word(&name, &word); n++) {
        // "getResetStatus" reads, whatever comes behind.
        if (first && word_is_listed(risk, SV("reading"), word))
            return false;
        first = false;
        if (is_deed(risk, word))
            return true;
    }
    return false;
}

static bool has_listed_text(const struct risk *risk, struct sv key, struct sv text) {
    for (const struct node *g = first_group(risk); g != NULL; g = next_group(risk, g->next)) {
        const struct node *list = node_get(g, key);
        for (const struct node *n = node_is(list, NODE_ARRAY) ? list->first : NULL; n != NULL; n = n->next)
            if (n->text.len > 0 && sv_contains_nocase(text, n->text))
                return true;
    }
    return false;
}

static bool path_smells(const struct risk *risk, struct sv path) {
    if (has_listed_text(risk, SV("fragments"), path))
        return true;
    struct sv rest = path, segment;
    for (unsigned n = 0; n < WORDS_MAX && sv_split(&rest, '/', &segment); n++) {
        struct sv part = segment;
        while (part.len > 0 && part.ptr[0] == '{') { // names of parameters say nothing of what the path does
            size_t close = sv_find_char(part, '}');
            part = close == SIZE_MAX ? SV_NONE : sv_from_index(part, close + 1);
        }
        if (part.len > 0 && name_smells(risk, part))
            return true;
    }
    return false;
}

bool path_smells_of_change(const struct node *risky, struct sv path) {
    const struct risk risk = {.risky = risky, .mild_too = true};
    return path_smells(&risk, path);
}

// "Deletes the order", "Reset all counters": the verb that a sentence begins with, in its plain form
// too.
static bool verb_smells(const struct risk *risk, struct sv word) {
    if (is_deed(risk, word))
        return true;
    static const struct sv endings[] = {SV_INIT("s"), SV_INIT("es")};
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (sv_ends_with_nocase(word, endings[i]) && word.len > endings[i].len + 2 &&
            is_deed(risk, sv_slice(word, 0, word.len - endings[i].len)))
            return true;
    return false;
}

static bool text_smells(const struct risk *risk, struct sv text) {
    text = sv_slice(text, 0, TEXT_MAX);
    if (has_listed_text(risk, SV("phrases"), text))
        return true;
    struct sv sentence;
    for (unsigned n = 0; n < SENTENCES_MAX && sv_split(&text, '.', &sentence); n++) {
        struct sv word;
        if (next_word(&sentence, &word) && verb_smells(risk, word))
            return true;
    }
    return false;
}

static bool operation_smells(const struct risk *risk, const struct operation *op) {
    return path_smells(risk, op->path) || name_smells(risk, op->operation_id) || text_smells(risk, op->summary) ||
           text_smells(risk, op->description);
}

bool operation_smells_of_change(const struct node *risky, const struct operation *op) {
    if (op->read_only) // the operator or the specification vouches for it
        return false;
    static const struct sv reading[] = {SV_INIT("GET"), SV_INIT("HEAD"), SV_INIT("OPTIONS")};
    bool reads = false;
    for (size_t i = 0; i < sizeof reading / sizeof reading[0]; i++)
        reads = reads || sv_eq_nocase(op->method, reading[i]);
    const struct risk risk = {.risky = risky, .mild_too = (op->sources & SOURCE_SPEC) == 0};
    return !reads || operation_smells(&risk, op);
}

bool operation_smells_of_harm(const struct node *risky, const struct operation *op) {
    const struct risk risk = {.risky = risky, .harm = true};
    return !op->read_only && operation_smells(&risk, op);
}

bool operation_is_asked_late(const struct node *risky, const struct operation *op) {
    const struct risk risk = {.risky = risky, .mild_too = true};
    return !op->read_only && operation_smells(&risk, op);
}
