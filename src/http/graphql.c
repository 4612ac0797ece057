// SPDX-License-Identifier: Apache-2.0
#include "http/graphql.h"

struct lexer {
    struct sv text;
    size_t at;
    bool broken;
};

static bool is_name_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Behind the string that begins here, block strings included.
static void skip_string(struct lexer *l) {
    bool block = sv_starts_with(sv_from_index(l->text, l->at), SV("\"\"\""));
    l->at += block ? 3 : 1;
    while (l->at < l->text.len) {
        struct sv rest = sv_from_index(l->text, l->at);
        if (block && sv_starts_with(rest, SV("\\\"\"\""))) {
            l->at += 4;
        } else if (block && sv_starts_with(rest, SV("\"\"\""))) {
            l->at += 3;
            return;
        } else if (!block && rest.ptr[0] == '\\') {
            l->at += 2;
        } else if (!block && rest.ptr[0] == '"') {
            l->at++;
            return;
        } else if (!block && rest.ptr[0] == '\n') {
            break;
        } else {
            l->at++;
        }
    }
    l->broken = true;
}

static void skip_ignored(struct lexer *l) {
    while (l->at < l->text.len) {
        char c = l->text.ptr[l->at];
        if (c == '#') {
            while (l->at < l->text.len && l->text.ptr[l->at] != '\n' && l->text.ptr[l->at] != '\r') l->at++;
        } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',' || (unsigned char)c == 0xef || (unsigned char)c == 0xbb || (unsigned char)c == 0xbf) {
            l->at++; // commas and the byte order mark are no tokens
        } else {
            return;
        }
    }
}

// The next token: a name, a punctuator of one character, or a whole string. Empty at the end.
static struct sv next(struct lexer *l) {
    skip_ignored(l);
    size_t begin = l->at;
    if (begin >= l->text.len) return SV("");
    if (l->text.ptr[begin] == '"') {
        skip_string(l);
        if (l->at > l->text.len) l->at = l->text.len;
    } else if (is_name_char(l->text.ptr[begin])) {
        while (l->at < l->text.len && is_name_char(l->text.ptr[l->at])) l->at++;
    } else {
        l->at++;
    }
    return sv_slice(l->text, begin, l->at);
}

// Behind the selection set whose brace was read. Does it select nothing but __typename, aliases aside?
static bool skip_selection(struct lexer *l) {
    bool inert = true;
    unsigned depth = 1;
    while (depth > 0 && !l->broken) {
        struct sv token = next(l);
        if (token.len == 0) l->broken = true;
        else if (sv_eq(token, SV("{"))) depth++;
        else if (sv_eq(token, SV("}"))) depth--;
        bool name = is_name_char(token.len > 0 ? token.ptr[0] : '{');
        struct lexer look = *l;
        bool alias = name && sv_eq(next(&look), SV(":"));
        bool allowed = sv_eq(token, SV("__typename")) || alias || sv_eq(token, SV(":")) || (depth == 0 && sv_eq(token, SV("}")));
        inert = inert && allowed;
    }
    return inert;
}

// One definition. False at the end of the document.
static bool definition(struct lexer *l, enum graphql_kind *kind) {
    struct sv word = next(l);
    if (word.len == 0) return false;
    if (sv_eq(word, SV("{"))) {
        (void)skip_selection(l);
        return true;
    }
    bool reads = sv_eq(word, SV("query")) || sv_eq(word, SV("fragment"));
    bool writes = sv_eq(word, SV("mutation"));
    struct sv token = next(l);
    // Name, variables with default values (which may hold braces), directives.
    for (unsigned parentheses = 0; token.len > 0 && !(parentheses == 0 && sv_eq(token, SV("{"))); token = next(l)) {
        if (sv_eq(token, SV("("))) parentheses++;
        else if (sv_eq(token, SV(")")) && parentheses > 0) parentheses--;
    }
    if (token.len == 0) l->broken = true;
    bool inert = skip_selection(l);
    if (!reads && !(writes && inert)) *kind = GRAPHQL_WRITES;
    return true;
}

enum graphql_kind graphql_document_kind(struct sv document) {
    struct lexer l = {.text = document};
    enum graphql_kind kind = GRAPHQL_READS;
    bool any = false;
    while (!l.broken && definition(&l, &kind)) any = true;
    return l.broken || !any ? GRAPHQL_NONE : kind;
}

bool graphql_path(struct sv path) {
    while (path.len > 1 && path.ptr[path.len - 1] == '/') path.len--;
    size_t slash = sv_rfind_char(path, '/');
    struct sv last = slash == SIZE_MAX ? path : sv_from_index(path, slash + 1);
    return sv_ends_with_nocase(last, SV("graphql")) || sv_eq_nocase(last, SV("gql"));
}
