// SPDX-License-Identifier: Apache-2.0
#include "scan/redact_state.h"

#include <stdlib.h>

#include "base/vec.h"

#define REDACTED_KINDS (1U << PATTERN_SECRET | 1U << PATTERN_PERSONAL)
// What remains of a found value beside a text of ours is replaced from this length on.
#define REST_MIN 6

static int compare_spans(const void *x, const void *y) {
    const struct span *a = x;
    const struct span *b = y;
    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    if (a->end != b->end)
        return a->end > b->end ? -1 : 1;
    // Of equal places a pattern stands first, so that what it says about the value is kept.
    return (a->pattern == NULL) - (b->pattern == NULL);
}

static bool collect_patterns(struct redactor *r, struct sv text, struct span_list *spans, struct error *err,
                             int *ret_code) {
    struct match_list hits = {0};
    *ret_code = match_scan(r->set, r->scratch, &r->work, text, REDACTED_KINDS, &hits, err);
    if (*ret_code < 0)
        return false;
    for (size_t i = 0; i < hits.len; i++) {
        const struct match *m = &hits.ptr[i];
        struct span span = {.begin = m->offset,
                            .end = m->offset + m->length,
                            .pattern = m->pattern,
                            .validated = m->validated,
                            .is_example = m->is_example};
        if (!VEC_PUSH(&r->work, spans, span)) {
            *ret_code = error_nomem(err);
            return false;
        }
    }
    return true;
}

static bool collect_secrets(struct redactor *r, struct sv text, struct span_list *spans) {
    size_t at = 0;
    const struct needle *needle = NULL;
    for (size_t from = 0; needles_next(&r->secrets, text, from, &at, &needle); from = at + needle->text.len) {
        struct span span = {.begin = at, .end = at + needle->text.len, .known = needle->meaning};
        if (!VEC_PUSH(&r->work, spans, span))
            return false;
    }
    return true;
}

// Overlapping stretches become one, so that no end of a value stays; the longer one says what it is.
static void join_span(struct span *last, const struct span *next) {
    size_t end = next->end > last->end ? next->end : last->end;
    bool same = last->begin == next->begin && last->end == next->end;
    bool longer = last->pattern == NULL || (next->pattern != NULL && next->end - next->begin > last->end - last->begin);
    const struct vault_entry *known = last->end == end ? last->known : NULL;
    if (same && known == NULL)
        known = next->known;
    if (longer && next->pattern != NULL) {
        last->pattern = next->pattern;
        last->validated = next->validated;
        last->is_example = next->is_example;
    }
    last->end = end;
    last->known = known;
}

static void join_spans(struct span_list *spans) {
    if (spans->len == 0)
        return;
    qsort(spans->ptr, spans->len, sizeof *spans->ptr, compare_spans);
    size_t kept = 1;
    for (size_t i = 1; i < spans->len; i++) {
        if (spans->ptr[i].begin < spans->ptr[kept - 1].end)
            join_span(&spans->ptr[kept - 1], &spans->ptr[i]);
        else
            spans->ptr[kept++] = spans->ptr[i];
    }
    spans->len = kept;
}

// Adds what of the span lies outside of our own texts.
static bool add_outside(struct redactor *r, struct sv text, const struct span *span, struct span_list *ret) {
    size_t reach = r->allowed.longest;
    size_t at = span->begin > reach ? span->begin - reach : 0;
    size_t begin = span->begin;
    bool touched = false;
    for (; at < span->end && r->allowed.len > 0; at++) {
        const struct needle *needle = needles_at(&r->allowed, text, at);
        if (needle == NULL || at + needle->text.len <= begin)
            continue;
        touched = true;
        struct span rest = {.begin = begin, .end = at, .pattern = span->pattern};
        if (at > begin && at - begin >= REST_MIN && !VEC_PUSH(&r->work, ret, rest))
            return false;
        begin = at + needle->text.len;
    }
    if (!touched)
        return VEC_PUSH(&r->work, ret, *span);
    struct span rest = {.begin = begin, .end = span->end, .pattern = span->pattern};
    return begin >= span->end || span->end - begin < REST_MIN || VEC_PUSH(&r->work, ret, rest);
}

bool redact_is_allowed(const struct redactor *r, struct sv text) {
    size_t at = 0;
    const struct needle *needle = NULL;
    return needles_next(&r->allowed, text, 0, &at, &needle);
}

int redact_find_spans(struct redactor *r, struct sv text, bool patterns, struct span_list *ret, struct error *err) {
    struct span_list found = {0};
    int code = 0;
    if (patterns && !collect_patterns(r, text, &found, err, &code))
        return code;
    if (!collect_secrets(r, text, &found))
        return error_nomem(err);
    join_spans(&found);
    *ret = (struct span_list){0};
    for (size_t i = 0; i < found.len; i++)
        if (!add_outside(r, text, &found.ptr[i], ret))
            return error_nomem(err);
    return 0;
}
