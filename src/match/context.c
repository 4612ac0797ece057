// SPDX-License-Identifier: Apache-2.0
#include "match/set.h"

// Words are compared as people write keys: "card number" finds card_number, cardNumber, CARD-NUMBER and "Card number".

static bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}

static bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

static bool is_letter(char c) {
    return is_lower(c) || is_upper(c);
}

static bool is_separator(char c) {
    return c == ' ' || c == '_' || c == '-';
}

// Length of the text at `at` that spells the word, or 0.
static size_t word_length_at(struct sv text, size_t at, struct sv word) {
    size_t t = at;
    for (size_t w = 0; w < word.len; w++) {
        if (word.ptr[w] == ' ') {
            if (t < text.len && is_separator(text.ptr[t]))
                t++;
            continue;
        }
        if (t >= text.len || sv_lower_char(text.ptr[t]) != word.ptr[w])
            return 0;
        t++;
    }
    return t - at;
}

// A letter before the word is part of another word, unless the word begins a hump of camelCase.
static bool begins_word(struct sv text, size_t at) {
    return at == 0 || !is_letter(text.ptr[at - 1]) || (is_lower(text.ptr[at - 1]) && is_upper(text.ptr[at]));
}

static bool ends_word(struct sv text, size_t end) {
    if (end >= text.len || !is_letter(text.ptr[end]))
        return true;
    if (is_lower(text.ptr[end - 1]) && is_upper(text.ptr[end]))
        return true;
    bool plural = sv_lower_char(text.ptr[end]) == 's' && (end + 1 >= text.len || !is_letter(text.ptr[end + 1]));
    return plural;
}

static bool word_is_in(struct sv text, struct sv word) {
    if (word.len == 0)
        return false;
    char lower = word.ptr[0];
    char upper = is_lower(lower) ? (char)(lower - 'a' + 'A') : lower;
    for (size_t at = 0; at < text.len; at++) {
        if (text.ptr[at] != lower && text.ptr[at] != upper)
            continue;
        size_t length = word_length_at(text, at, word);
        if (length > 0 && begins_word(text, at) && ends_word(text, at + length))
            return true;
    }
    return false;
}

bool context_is_near(const struct pattern_entry *entry, struct sv text, size_t begin, size_t end) {
    size_t from = begin > MATCH_NEAR_BEFORE ? begin - MATCH_NEAR_BEFORE : 0;
    struct sv before = sv_slice(text, from, begin);
    struct sv behind = sv_slice(text, end, end + MATCH_NEAR_BEHIND);
    for (size_t i = 0; i < entry->context_count; i++)
        if (word_is_in(before, entry->context[i]) || word_is_in(behind, entry->context[i]))
            return true;
    return false;
}

// Digits without blanks and dashes when the value is made of nothing else; else the value itself.
static struct sv squeeze_digits(struct sv value, char *storage, size_t size) {
    size_t len = 0;
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        if (c == ' ' || c == '-')
            continue;
        if (c < '0' || c > '9' || len == size)
            return value;
        storage[len++] = c;
    }
    return sv_make(storage, len);
}

static bool example_fits(struct sv value, struct sv example) {
    if (sv_starts_with(example, SV("*")))
        return sv_ends_with_nocase(value, sv_from_index(example, 1));
    if (sv_ends_with(example, SV("*")))
        return sv_starts_with_nocase(value, sv_slice(example, 0, example.len - 1));
    return sv_eq(value, example);
}

bool example_is_listed(const struct pattern_entry *entry, struct sv value) {
    char storage[40];
    struct sv squeezed = squeeze_digits(value, storage, sizeof storage);
    for (size_t i = 0; i < entry->example_count; i++)
        if (example_fits(value, entry->examples[i]) || example_fits(squeezed, entry->examples[i]))
            return true;
    return false;
}
