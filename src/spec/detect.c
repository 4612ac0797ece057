// SPDX-License-Identifier: Apache-2.0
#include "spec/spec.h"

static bool is_version(struct sv key, struct sv value) {
    value = sv_trim(value);
    if (value.len > 0 && (value.ptr[0] == '"' || value.ptr[0] == '\''))
        value = sv_from_index(value, 1);
    if (sv_eq(key, SV("openapi")))
        return sv_starts_with(value, SV("3."));
    return sv_eq(key, SV("swagger")) && sv_starts_with(value, SV("2.0"));
}

// Length of the string that begins here, quotes included; what is left when it does not end.
static size_t string_length(struct sv text) {
    for (size_t i = 1; i < text.len; i++) {
        if (text.ptr[i] == '\\')
            i++;
        else if (text.ptr[i] == '"')
            return i + 1;
    }
    return text.len;
}

// Looks at the members of the outermost object only: a report that quotes a specification is none.
static bool json_looks(struct sv text) {
    size_t depth = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '{' || c == '[') {
            depth++;
        } else if (c == '}' || c == ']') {
            if (depth-- <= 1)
                return false;
        } else if (c == '"') {
            size_t length = string_length(sv_from_index(text, i));
            struct sv key = sv_slice(text, i + 1, i + length - 1);
            i += length - 1;
            struct sv rest = sv_trim(sv_slice(text, i + 1, i + 32));
            if (depth == 1 && rest.len > 0 && rest.ptr[0] == ':' && is_version(key, sv_from_index(rest, 1)))
                return true;
        }
    }
    return false;
}

static bool yaml_looks(struct sv text) {
    struct sv line = SV_NONE;
    while (sv_split(&text, '\n', &line)) {
        size_t colon = sv_find_char(line, ':');
        struct sv key = colon == SIZE_MAX ? SV_NONE : sv_slice(line, 0, colon);
        if (key.len > 2 && (key.ptr[0] == '"' || key.ptr[0] == '\''))
            key = sv_slice(key, 1, key.len - 1);
        if (key.len == 7 && is_version(key, sv_from_index(line, colon + 1)))
            return true;
    }
    return false;
}

bool spec_looks_like(struct sv body) {
    if (sv_starts_with(body, SV("\xef\xbb\xbf")))
        body = sv_from_index(body, 3);
    body = sv_trim(body);
    if (body.len == 0 || body.ptr[0] == '<' || body.ptr[0] == '[')
        return false;
    return body.ptr[0] == '{' ? json_looks(body) : yaml_looks(body);
}
