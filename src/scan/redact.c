// SPDX-License-Identifier: Apache-2.0
#include "scan/redact_state.h"

#include "base/buf.h"
#include "base/vec.h"
#include "http/serialized.h"
#include "scan/redact_json.h"

// An answer in two texts: its head as "name: value" lines, so that patterns see the names, and its body. In each: find
// what is to be replaced, write the text anew, note where the placeholders stand.

struct edit {
    size_t begin, end; // in the raw text
    struct sv value;   // decoded
    struct span span;
    const struct vault_entry *entry;
    bool quoted;  // a bare number becomes a string
    size_t place; // of the placeholder in the view
};
struct edit_list {
    struct edit *ptr;
    size_t len, cap;
};
struct hit_list {
    struct sensitive_hit *ptr;
    size_t len, cap;
};

static void fini_redactor(void *object) {
    struct redactor *r = object;
    arena_fini(&r->work);
    arena_fini(&r->own);
}

int redactor_new(struct arena *a, const struct match_set *set, uint64_t key, struct redactor **ret, struct error *err) {
    struct redactor *r = arena_new(a, struct redactor);
    if (r == NULL)
        return error_nomem(err);
    arena_init(&r->own, REDACTOR_ARENA);
    arena_init(&r->work, 0);
    if (!arena_on_fini(a, fini_redactor, r))
        return error_nomem(err);
    r->set = set;
    r->key0 = key;
    r->key1 = key ^ 0x5851f42d4c957f2dU;
    map_init(&r->vault, key);
    int code = match_scratch_new(a, set, &r->scratch, err);
    if (code == 0)
        *ret = r;
    return code;
}

int redact_allow(struct redactor *r, struct sv text, struct error *err) {
    if (text.len < 8)
        return error_set(err, ERR_USAGE, "a text that stays readable needs 8 bytes, \"" SV_FMT "\" has %zu",
                         SV_ARG(text), text.len);
    const struct needle *there = needles_at(&r->allowed, text, 0);
    if (there != NULL && there->text.len == text.len)
        return 0;
    if (r->allowed.len >= ALLOWED_MAX)
        return error_set(err, ERR_LIMIT, "more than %d texts of ours", ALLOWED_MAX);
    struct sv copy = arena_copy_sv(&r->own, text);
    return copy.ptr != NULL && needles_add(&r->own, &r->allowed, copy, NULL) ? 0 : error_nomem(err);
}

static bool is_number_char(char c) {
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

// Fits an edit to JSON: inside a string it ends before the closing quote, a bare number is replaced as a whole.
static void fit_json(struct json_cursor *c, struct edit *e, struct sv text) {
    json_cursor_move(c, e->begin);
    if (c->in_string) {
        for (size_t i = e->begin; i < e->end; i += text.ptr[i] == '\\' ? 2 : 1) {
            if (text.ptr[i] == '"') {
                e->end = i;
                break;
            }
        }
        return;
    }
    size_t begin = e->begin;
    size_t end = e->end;
    while (begin > 0 && is_number_char(text.ptr[begin - 1]))
        begin--;
    while (end < text.len && is_number_char(text.ptr[end]))
        end++;
    for (size_t i = begin; i < end; i++)
        if (!is_number_char(text.ptr[i]))
            return;
    e->begin = begin;
    e->end = end;
    e->value = sv_slice(text, begin, end);
    e->quoted = true;
}

// The end of an edit that fit_json may have cut, in the decoded text.
static size_t decoded_end(const uint32_t *map, const struct span *span, size_t end) {
    if (map == NULL)
        return end;
    size_t at = span->end;
    while (at > span->begin && map[at] > end)
        at--;
    return at;
}

// The pattern's id; what kind of serialised object a hidden value is matters to more than its secrecy.
static struct sv class_of(struct redactor *r, const struct span *span, struct sv value) {
    bool plain;
    enum serialized kind = serialized_kind(&r->work, value, &plain);
    if (kind != SERIALIZED_NONE)
        return serialized_class(kind, plain);
    return span->pattern != NULL ? span->pattern->id : SV("secret");
}

// Where the found stretches stand in the raw text, and what they hold.
static bool make_edits(struct redactor *r, struct arena *a, struct sv text, bool json, struct edit_list *ret,
                       struct error *err, int *ret_code) {
    struct sv decoded = text;
    uint32_t *map = NULL;
    struct span_list spans = {0};
    *ret_code = -ENOMEM;
    if (json && !json_decode_escapes(&r->work, text, &decoded, &map))
        return false;
    *ret_code = redact_find_spans(r, decoded, /* patterns= */ true, &spans, err);
    if (*ret_code < 0)
        return false;
    struct json_cursor cursor;
    json_cursor_init(&cursor, text);
    VEC_EACH(struct span, span, &spans) {
        struct edit e = {.begin = map == NULL ? span->begin : map[span->begin],
                         .end = map == NULL ? span->end : map[span->end],
                         .value = sv_slice(decoded, span->begin, span->end),
                         .span = *span};
        if (json)
            fit_json(&cursor, &e, text);
        if (e.begin >= e.end || (ret->len > 0 && e.begin < VEC_LAST(ret)->end))
            continue;
        if (!e.quoted)
            e.value = sv_slice(decoded, span->begin, decoded_end(map, span, e.end));
        e.entry = span->known != NULL ? span->known : vault_enter(r, a, class_of(r, span, e.value), e.value);
        *ret_code = -ENOMEM;
        if (e.entry == NULL || !VEC_PUSH(&r->work, ret, e))
            return false;
    }
    *ret_code = 0;
    return true;
}

// Copies text between edits; what looks like a placeholder of ours is broken up.
static void add_plain(struct buf *b, struct sv text) {
    while (text.len > 0) {
        size_t at = sv_find(text, SV("{{"));
        if (at == SIZE_MAX) {
            buf_add(b, text);
            return;
        }
        buf_add(b, sv_slice(text, 0, at));
        buf_add(b, placeholder_at(text, at) > 0 ? SV("{ {") : SV("{"));
        text = sv_from_index(text, placeholder_at(text, at) > 0 ? at + 2 : at + 1);
    }
}

static struct sv write_view(struct arena *a, struct sv text, struct edit_list *edits) {
    auto_buf b = BUF_INIT(text.len * 2 + edits->len * (PLACEHOLDER_MAX + 2) + 64);
    size_t at = 0;
    VEC_EACH(struct edit, e, edits) {
        add_plain(&b, sv_slice(text, at, e->begin));
        if (e->quoted)
            buf_add_char(&b, '"');
        e->place = b.len;
        buf_add(&b, e->entry->placeholder);
        if (e->quoted)
            buf_add_char(&b, '"');
        at = e->end;
    }
    add_plain(&b, sv_from_index(text, at));
    return buf_failed(&b) ? SV_NONE : arena_copy_sv(a, buf_sv(&b));
}

// A registered secret alone is masked and not reported: the user knows it.
static bool add_hit(struct redactor *r, struct arena *a, const struct edit *e, struct sv location,
                    struct hit_list *hits) {
    if (e->span.pattern == NULL)
        return true;
    struct sensitive_hit hit = {.class_id = arena_copy_sv(a, e->span.pattern->id),
                                .placeholder = arena_copy_sv(a, e->entry->placeholder),
                                .location = location,
                                .validated = e->span.validated,
                                .is_example = e->span.is_example};
    return hit.class_id.ptr != NULL && hit.placeholder.ptr != NULL && location.ptr != NULL &&
           VEC_PUSH(&r->work, hits, hit);
}

static bool add_body_hits(struct redactor *r, struct arena *a, struct sv view, bool json, const struct edit_list *edits,
                          struct hit_list *hits) {
    struct json_cursor cursor;
    json_cursor_init(&cursor, view);
    VEC_EACH(struct edit, e, edits) {
        struct sv location = SV_NONE;
        if (json) {
            json_cursor_move(&cursor, e->place);
            struct sv pointer = json_cursor_pointer(&cursor, &r->work);
            location = arena_printf(a, "body:" SV_FMT, SV_ARG(pointer));
        } else {
            location = arena_printf(a, "body@%zu", e->place);
        }
        if (!add_hit(r, a, e, location, hits))
            return false;
    }
    return true;
}

static int redact_body(struct redactor *r, struct arena *a, struct sv body, struct sv *ret, struct hit_list *hits,
                       struct error *err) {
    if (body.ptr == NULL) {
        *ret = SV_NONE;
        return 0;
    }
    bool json = json_is_likely(body);
    struct edit_list edits = {0};
    int code = 0;
    if (!make_edits(r, a, body, json, &edits, err, &code))
        return code == -ENOMEM ? error_nomem(err) : code;
    struct sv view = write_view(a, body, &edits);
    if (view.ptr == NULL || !add_body_hits(r, a, view, json, &edits, hits))
        return error_nomem(err);
    *ret = view;
    return 0;
}

static struct sv lower_copy(struct arena *a, struct sv prefix, struct sv name) {
    char *out = arena_alloc(a, prefix.len + name.len + 1);
    if (out == NULL)
        return SV_NONE;
    memcpy(out, prefix.ptr, prefix.len);
    for (size_t i = 0; i < name.len; i++)
        out[prefix.len + i] = sv_lower_char(name.ptr[i]);
    return sv_make(out, prefix.len + name.len);
}

// The part of a list of edits that lies in one line of the head, moved to the line's own offsets; *next moves behind
// it.
static bool take_line(struct redactor *r, const struct edit_list *all, size_t *next, size_t begin, size_t end,
                      struct edit_list *ret) {
    *ret = (struct edit_list){0};
    for (; *next < all->len && all->ptr[*next].begin < end; (*next)++) {
        struct edit e = all->ptr[*next];
        if (e.end <= begin)
            continue;
        e.begin = e.begin > begin ? e.begin - begin : 0;
        e.end = (e.end < end ? e.end : end) - begin;
        if (!VEC_PUSH(&r->work, ret, e))
            return false;
    }
    return true;
}

struct head_line {
    struct sv name, value;
    size_t begin, end; // of the value in the text of all lines
};

static bool build_head(struct buf *b, const struct response *raw, struct head_line *lines) {
    lines[0] = (struct head_line){.name = SV("reason"), .value = raw->reason};
    for (size_t i = 0; i < raw->headers.len; i++)
        lines[i + 1] = (struct head_line){.name = raw->headers.ptr[i].name, .value = raw->headers.ptr[i].value};
    for (size_t i = 0; i <= raw->headers.len; i++) {
        buf_add(b, lines[i].name);
        buf_add(b, SV(": "));
        lines[i].begin = b->len;
        buf_add(b, lines[i].value);
        lines[i].end = b->len;
        buf_add_char(b, '\n');
    }
    return !buf_failed(b);
}

static bool write_line(struct redactor *r, struct arena *a, const struct head_line *line, bool is_reason,
                       struct edit_list *edits, struct sv *ret, struct hit_list *hits) {
    *ret = line->value.ptr == NULL ? SV_NONE : write_view(a, line->value, edits);
    if (line->value.ptr != NULL && ret->ptr == NULL)
        return false;
    struct sv location = is_reason ? SV("reason") : lower_copy(a, SV("header:"), line->name);
    VEC_EACH(struct edit, e, edits) {
        if (!add_hit(r, a, e, location, hits))
            return false;
    }
    return true;
}

static int redact_head(struct redactor *r, struct arena *a, const struct response *raw, struct response *view,
                       struct hit_list *hits, struct error *err) {
    size_t bytes = raw->reason.len + 64;
    for (size_t i = 0; i < raw->headers.len; i++)
        bytes += raw->headers.ptr[i].name.len + raw->headers.ptr[i].value.len + 8;
    auto_buf text = BUF_INIT(bytes);
    struct head_line *lines = arena_new_array(&r->work, struct head_line, raw->headers.len + 1);
    struct header *headers = arena_new_array(a, struct header, raw->headers.len + 1);
    if (lines == NULL || headers == NULL || !build_head(&text, raw, lines))
        return error_nomem(err);
    struct edit_list edits = {0};
    int code = 0;
    if (!make_edits(r, a, buf_sv(&text), /* json= */ false, &edits, err, &code))
        return code == -ENOMEM ? error_nomem(err) : code;
    size_t next = 0;
    for (size_t i = 0; i <= raw->headers.len; i++) {
        struct edit_list own = {0};
        struct sv *value = i == 0 ? &view->reason : &headers[i - 1].value;
        if (!take_line(r, &edits, &next, lines[i].begin, lines[i].end, &own) ||
            !write_line(r, a, &lines[i], i == 0, &own, value, hits))
            return error_nomem(err);
        if (i > 0)
            headers[i - 1].name = arena_copy_sv(a, raw->headers.ptr[i - 1].name);
    }
    view->headers = (struct header_list){.ptr = headers, .len = raw->headers.len, .cap = raw->headers.len + 1};
    return 0;
}

int redact_response(struct redactor *r, struct arena *a, const struct response *raw, struct response *ret_view,
                    struct sensitive_hit **ret_hits, size_t *ret_count, struct error *err) {
    arena_clear(&r->work);
    struct response view = *raw;
    struct hit_list hits = {0};
    int code = redact_head(r, a, raw, &view, &hits, err);
    if (code == 0)
        code = redact_body(r, a, raw->body, &view.body, &hits, err);
    if (code < 0)
        return code;
    struct sensitive_hit *copy = arena_new_array(a, struct sensitive_hit, hits.len + 1);
    if (copy == NULL)
        return error_nomem(err);
    if (hits.len > 0)
        memcpy(copy, hits.ptr, hits.len * sizeof *copy);
    *ret_view = view;
    *ret_hits = copy;
    *ret_count = hits.len;
    return 0;
}
