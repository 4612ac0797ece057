// SPDX-License-Identifier: Apache-2.0
#include "http/build.h"

// Length of "{name}" at the begin of the text, 0 when there is none. A '/' inside makes it literal text.
static size_t expression_length(struct sv text) {
    if (text.len == 0 || text.ptr[0] != '{')
        return 0;
    for (size_t i = 1; i < text.len && text.ptr[i] != '/' && text.ptr[i] != '{'; i++)
        if (text.ptr[i] == '}')
            return i + 1;
    return 0;
}

struct sv path_template_nameless(struct arena *a, struct sv path_template) {
    char *out = arena_alloc(a, path_template.len + 1);
    if (out == NULL)
        return SV_NONE;
    size_t n = 0;
    while (path_template.len > 0) {
        size_t length = expression_length(path_template);
        out[n++] = path_template.ptr[0];
        if (length > 0)
            out[n++] = '}';
        path_template = sv_from_index(path_template, length > 0 ? length : 1);
    }
    return sv_make(out, n);
}

/*
 * Glob match of one segment: an expression takes at least one byte. After a mismatch the last expression takes one byte
 * more; earlier ones need not be tried again, so the cost is the product of both lengths at most.
 */
static bool segment_matches(struct sv pattern, struct sv text) {
    struct sv retry_pattern = SV_NONE, retry_text = SV_NONE;
    bool can_retry = false;
    while (text.len > 0 || pattern.len > 0) {
        size_t length = expression_length(pattern);
        if (length > 0 && text.len > 0) {
            pattern = sv_from_index(pattern, length);
            text = sv_from_index(text, 1);
            retry_pattern = pattern;
            retry_text = text;
            can_retry = true;
        } else if (length == 0 && pattern.len > 0 && text.len > 0 && pattern.ptr[0] == text.ptr[0]) {
            pattern = sv_from_index(pattern, 1);
            text = sv_from_index(text, 1);
        } else if (can_retry && retry_text.len > 0) {
            retry_text = sv_from_index(retry_text, 1);
            pattern = retry_pattern;
            text = retry_text;
        } else {
            return false;
        }
    }
    return true;
}

bool path_template_matches(struct sv path_template, struct sv path) {
    struct sv pattern = SV_NONE, text = SV_NONE;
    size_t mark = sv_find_char(path_template, '?'); // some descriptions put a fixed query into the path
    path_template = mark == SIZE_MAX ? path_template : sv_slice(path_template, 0, mark);
    for (;;) {
        bool more = sv_split(&path_template, '/', &pattern);
        if (more != sv_split(&path, '/', &text))
            return false;
        if (!more)
            return true;
        if (!segment_matches(pattern, text))
            return false;
    }
}

struct sv path_directory(struct sv path) {
    size_t slash = sv_rfind_char(path, '/');
    return slash == SIZE_MAX ? SV("/") : sv_slice(path, 0, slash + 1);
}

size_t path_shared_segments(struct sv x, struct sv y) {
    size_t n = 0;
    while (n < x.len && n < y.len && x.ptr[n] == y.ptr[n]) n++;
    bool whole = (n == x.len || x.ptr[n] == '/') && (n == y.len || y.ptr[n] == '/');
    while (!whole && n > 0 && x.ptr[n - 1] != '/') n--;
    return n;
}
