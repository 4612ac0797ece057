// SPDX-License-Identifier: Apache-2.0
#include "scan/redact_state.h"

#include "base/buf.h"
#include "base/escape.h"
#include "http/jwt.h"
#include "http/url.h"

#define CLASS_MAX   48
#define ENCODED_MAX ((size_t)1 << 20)

static bool is_class_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_hex_char(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

size_t placeholder_at(struct sv text, size_t at) {
    struct sv rest = sv_slice(text, at, at + PLACEHOLDER_MAX);
    if (!sv_starts_with(rest, SV("{{")))
        return 0;
    size_t i = 2;
    while (i < rest.len && i <= CLASS_MAX + 1 && is_class_char(rest.ptr[i]))
        i++;
    if (i < 3 || i >= rest.len || rest.ptr[i] != ':')
        return 0;
    size_t hash = ++i;
    while (i < rest.len && is_hex_char(rest.ptr[i]))
        i++;
    bool right = (i - hash == 8 || i - hash == 16) && sv_starts_with(sv_from_index(rest, i), SV("}}"));
    return right ? i + 2 : 0;
}

// Names of identities become classes: other characters turn to '_'.
static struct sv plain_class(struct arena *a, struct sv name) {
    struct sv copy = arena_copy_sv(a, sv_is_empty(name) ? SV("secret") : sv_slice(name, 0, CLASS_MAX));
    char *out = copy.ptr == NULL ? NULL : arena_alloc(a, copy.len + 1);
    if (out == NULL)
        return SV_NONE;
    for (size_t i = 0; i < copy.len; i++) {
        char c = sv_lower_char(copy.ptr[i]);
        out[i] = is_class_char(c) ? c : '_';
    }
    return sv_make(out, copy.len);
}

static struct vault_entry *new_entry(struct arena *a, struct sv placeholder, struct sv class_id, struct sv raw) {
    struct vault_entry *e = arena_new(a, struct vault_entry);
    if (e == NULL)
        return NULL;
    e->placeholder = arena_copy_sv(a, placeholder);
    e->class_id = arena_copy_sv(a, class_id);
    e->raw = arena_copy_sv(a, raw);
    return e->placeholder.ptr == NULL || e->class_id.ptr == NULL || e->raw.ptr == NULL ? NULL : e;
}

static struct vault_entry *find_entry(const struct redactor *r, struct sv placeholder, struct sv raw, bool *ret_taken) {
    struct vault_entry *e = map_find(&r->vault, placeholder);
    *ret_taken = e != NULL;
    return e != NULL && sv_eq(e->raw, raw) ? e : NULL;
}

const struct vault_entry *vault_enter(struct redactor *r, struct arena *a, struct sv class_id, struct sv raw) {
    struct sv class_text = plain_class(&r->work, class_id);
    uint64_t hash = sv_hash(raw, r->key0, r->key1);
    struct sv placeholder = arena_printf(&r->work, "{{" SV_FMT ":%08x}}", SV_ARG(class_text), (unsigned)(hash >> 32));
    bool taken = false;
    const struct vault_entry *known = placeholder.ptr == NULL ? NULL : find_entry(r, placeholder, raw, &taken);
    if (known == NULL && taken) { // another value has these 8 digits
        placeholder = arena_printf(&r->work, "{{" SV_FMT ":%016llx}}", SV_ARG(class_text), (unsigned long long)hash);
        known = placeholder.ptr == NULL ? NULL : find_entry(r, placeholder, raw, &taken);
    }
    if (known != NULL || class_text.ptr == NULL || placeholder.ptr == NULL)
        return known;
    if (taken || r->vault_bytes + raw.len > VAULT_MAX)
        return new_entry(a, placeholder, class_text, raw);
    struct vault_entry *e = new_entry(&r->own, placeholder, class_text, raw);
    if (e == NULL || !map_set(&r->own, &r->vault, e->placeholder, e))
        return new_entry(a, placeholder, class_text, raw);
    r->vault_bytes += raw.len;
    return e;
}

static bool add_spelling(struct redactor *r, struct vault_entry *entry, struct sv text) {
    if (text.len < NEEDLE_MIN)
        return true;
    struct sv copy = arena_copy_sv(&r->own, text);
    return copy.ptr != NULL && needles_add(&r->own, &r->secrets, copy, entry);
}

// Percent-encoding writes its digits in either case.
static bool add_percent_spellings(struct redactor *r, struct vault_entry *entry) {
    auto_buf b = BUF_INIT(ENCODED_MAX);
    esc_url(&b, entry->raw, "");
    if (buf_failed(&b) || b.len == entry->raw.len)
        return !buf_failed(&b);
    if (!add_spelling(r, entry, buf_sv(&b)))
        return false;
    for (size_t i = 0; i + 2 < b.len; i++) {
        if (b.ptr[i] != '%')
            continue;
        b.ptr[i + 1] = sv_lower_char(b.ptr[i + 1]);
        b.ptr[i + 2] = sv_lower_char(b.ptr[i + 2]);
    }
    return add_spelling(r, entry, buf_sv(&b));
}

// Inside a longer base64 text a value looks different by its place modulo 3; the characters that it shares with its
// neighbours are left out.
static bool add_base64_spellings(struct redactor *r, struct vault_entry *entry) {
    for (size_t shift = 0; shift < 3; shift++) {
        struct sv shifted = arena_printf(&r->work, "%.*s" SV_FMT, (int)shift, "\x01\x01", SV_ARG(entry->raw));
        if (shifted.ptr == NULL)
            return false;
        size_t first = (shift * 8 + 5) / 6;
        size_t last = shifted.len * 8 / 6;
        for (int url = 0; url < 2; url++) {
            struct sv text = base64_encode(&r->work, shifted, url != 0, /* padding= */ false);
            if (text.ptr == NULL || !add_spelling(r, entry, sv_slice(text, first, last)))
                return false;
        }
    }
    return true;
}

bool vault_mask(struct redactor *r, struct vault_entry *entry) {
    if (entry->masked)
        return true;
    entry->masked = true;
    if (entry->raw.len > 8192) // a key file: its own text is enough
        return add_spelling(r, entry, entry->raw);
    auto_buf json = BUF_INIT(ENCODED_MAX);
    esc_json(&json, entry->raw);
    bool done = !buf_failed(&json) && add_spelling(r, entry, entry->raw) && add_spelling(r, entry, buf_sv(&json)) &&
                add_percent_spellings(r, entry);
    // A NUL byte would end the text that arena_printf shifts; secrets have none.
    bool shiftable = entry->raw.len >= 8 && sv_find_char(entry->raw, '\0') == SIZE_MAX;
    return done && (!shiftable || add_base64_spellings(r, entry));
}

// Length of a placeholder whose braces are percent-encoded ("%7B%7Bemail%3A…%7D%7D"), and its plain text.
static size_t encoded_placeholder_at(struct redactor *r, struct sv text, size_t at, struct sv *ret_plain) {
    if (!sv_starts_with_nocase(sv_from_index(text, at), SV("%7b%7b")))
        return 0;
    struct sv rest = sv_slice(text, at, at + 3 * PLACEHOLDER_MAX);
    size_t end = sv_find_nocase(rest, SV("%7d%7d"));
    if (end == SIZE_MAX)
        return 0;
    *ret_plain = url_decode(&r->work, sv_slice(rest, 0, end + 6), /* plus= */ false);
    return ret_plain->ptr != NULL && placeholder_at(*ret_plain, 0) == ret_plain->len ? end + 6 : 0;
}

static void add_raw(struct buf *b, struct sv raw, bool encoded, bool json) {
    if (encoded) {
        esc_url(b, raw, "");
        return;
    }
    if (json) {
        esc_json(b, raw);
        return;
    }
    for (size_t i = 0; i < raw.len; i++) {
        unsigned char c = (unsigned char)raw.ptr[i];
        if (c <= 0x20 || c == 0x7f)
            buf_addf(b, "%%%02X", c);
        else
            buf_add_char(b, (char)c);
    }
}

int redact_reveal(struct redactor *r, struct arena *a, struct sv text, struct sv *ret, struct error *err) {
    if (!sv_contains(text, SV("{{")) && !sv_contains_nocase(text, SV("%7b%7b"))) {
        *ret = text;
        return 0;
    }
    arena_clear(&r->work);
    bool json = sv_starts_with(sv_trim(text), SV("{\"")) || sv_starts_with(sv_trim(text), SV("["));
    auto_buf b = BUF_INIT(text.len + VAULT_MAX * 6);
    for (size_t at = 0; at < text.len;) {
        struct sv plain = SV_NONE;
        size_t encoded = encoded_placeholder_at(r, text, at, &plain);
        size_t length = encoded > 0 ? encoded : placeholder_at(text, at);
        struct sv placeholder = encoded > 0 ? plain : sv_slice(text, at, at + length);
        struct vault_entry *entry = length == 0 ? NULL : map_find(&r->vault, placeholder);
        if (entry == NULL) {
            buf_add_char(&b, text.ptr[at++]);
            continue;
        }
        if (!vault_mask(r, entry))
            return error_nomem(err);
        add_raw(&b, entry->raw, encoded > 0, json);
        at += length;
    }
    struct sv copy = buf_failed(&b) ? SV_NONE : arena_copy_sv(a, buf_sv(&b));
    if (copy.ptr == NULL)
        return error_nomem(err);
    *ret = copy;
    return 0;
}

bool redact_has_placeholder(struct redactor *r, struct sv text) {
    for (size_t at = 0; at < text.len; at++) {
        struct sv plain = SV_NONE;
        if ((text.ptr[at] == '{' && placeholder_at(text, at) > 0) || (text.ptr[at] == '%' && encoded_placeholder_at(r, text, at, &plain) > 0))
            return true;
    }
    return false;
}
