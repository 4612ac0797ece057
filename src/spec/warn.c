// SPDX-License-Identifier: Apache-2.0
/*
 * Warnings and positions. Lines are indexed once per document, because a document may hold 20,000 operations in 64 MiB
 * and counting from its first byte each time would take hours.
 */
#include <stdarg.h>
#include <stdio.h>

#include "spec/spec_internal.h"

#define KEY_WINDOW 512

void *spec_nomem(struct builder *b) {
    b->nomem = true;
    return NULL;
}

struct sv spec_short(struct sv text) {
    return sv_slice(text, 0, 120);
}

static bool index_lines(struct builder *b, struct document *d) {
    size_t count = 1;
    for (size_t i = 0; i < d->bytes.len; i++)
        count += d->bytes.ptr[i] == '\n';
    size_t *lines = arena_new_array(b->a, size_t, count);
    if (lines == NULL)
        return false;
    size_t n = 1;
    for (size_t i = 0; i < d->bytes.len; i++)
        if (d->bytes.ptr[i] == '\n')
            lines[n++] = i + 1;
    d->lines = lines;
    d->line_count = count;
    return true;
}

// Offset of the key that belongs to the member, or of the value when the key does not stand right before it.
static size_t key_offset(const struct document *d, const struct node *n) {
    size_t end = n->offset < d->bytes.len ? n->offset : d->bytes.len;
    size_t begin = end > KEY_WINDOW ? end - KEY_WINDOW : 0;
    if (n->key.len == 0)
        return n->offset;
    for (size_t i = end; i-- > begin;) {
        struct sv rest = sv_slice(d->bytes, i, end);
        if (!sv_starts_with(rest, n->key))
            continue;
        rest = sv_from_index(rest, n->key.len);
        if (rest.len > 0 && (rest.ptr[0] == '"' || rest.ptr[0] == '\''))
            rest = sv_from_index(rest, 1);
        rest = sv_trim(rest);
        bool word_begins = i == 0 || strchr(" \t\r\n{,\"'?", d->bytes.ptr[i - 1]) != NULL;
        if (word_begins && rest.len > 0 && rest.ptr[0] == ':')
            return i;
    }
    return n->offset;
}

void spec_place(struct builder *b, struct place p, unsigned *ret_line, unsigned *ret_column) {
    *ret_line = 0;
    *ret_column = 0;
    if (p.node == NULL || p.doc == NULL || (p.doc->lines == NULL && !index_lines(b, p.doc)))
        return;
    size_t offset = key_offset(p.doc, p.node);
    size_t low = 0, high = p.doc->line_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (p.doc->lines[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    *ret_line = (unsigned)(low + 1);
    *ret_column = (unsigned)(offset - p.doc->lines[low] + 1);
}

void spec_warn(struct builder *b, struct place p, const char *format, ...) {
    if (b->warnings == NULL || b->warning_count > SPEC_WARNINGS_MAX)
        return;
    struct spec_warning w = {.file = p.doc != NULL ? p.doc->name : b->options->name};
    if (b->warning_count++ == SPEC_WARNINGS_MAX) {
        w.text = SV("more warnings are left out");
    } else {
        char text[600];
        va_list args;
        va_start(args, format);
        (void)vsnprintf(text, sizeof text, format, args);
        va_end(args);
        w.text = arena_copy_sv(b->a, sv_from(text));
        spec_place(b, p, &w.line, &w.column);
    }
    if (w.text.ptr == NULL || !VEC_PUSH(b->a, b->warnings, w))
        (void)spec_nomem(b);
}

bool spec_spend(struct builder *b, uint64_t cost) {
    bool before = b->work > SPEC_WORK_MAX;
    if (!before)
        b->work += cost;
    if (!before && b->work > SPEC_WORK_MAX)
        spec_warn(b, (struct place){b->main->root, b->main},
                  "the specification is too costly to read, the rest is left out");
    return b->work <= SPEC_WORK_MAX;
}
