// SPDX-License-Identifier: Apache-2.0
#include "checks/support/browser_url.h"

#define REFERENCE_MAX ((size_t)8192)
#define PAGE_MAX ((size_t)65536)

static bool is_slash(char c) {
    return c == '/' || c == '\\';
}

// Without what the standard strips first: C0 controls and blanks around, tab and newline inside.
static struct sv stripped(struct arena *a, struct sv text) {
    text = sv_slice(text, 0, REFERENCE_MAX);
    while (text.len > 0 && (unsigned char)text.ptr[0] <= 0x20) text = sv_from_index(text, 1);
    while (text.len > 0 && (unsigned char)text.ptr[text.len - 1] <= 0x20) text.len--;
    char *out = arena_alloc(a, text.len + 1);
    size_t n = 0;
    for (size_t i = 0; out != NULL && i < text.len; i++)
        if (text.ptr[i] != '\t' && text.ptr[i] != '\n' && text.ptr[i] != '\r') out[n++] = text.ptr[i];
    return out == NULL ? SV_NONE : sv_make(out, n);
}

// Length of "scheme:" or 0.
static size_t scheme_length(struct sv text) {
    for (size_t i = 0; i < text.len; i++) {
        char c = sv_lower_char(text.ptr[i]);
        if (c == ':') return i > 0 ? i + 1 : 0;
        bool letter = c >= 'a' && c <= 'z';
        bool inner = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
        if (!letter && (i == 0 || !inner)) return 0;
    }
    return 0;
}

static bool is_host_byte(char c) {
    return c > 0x20 && c != 0x7f && strchr("#%/:<>?@[\\]^|", c) == NULL;
}

// Host of an authority: behind the last '@', before the port, percent-decoded and in lower case. ASCII names and IPv6 only.
static struct sv host_of(struct arena *a, struct sv authority) {
    size_t at = sv_rfind_char(authority, '@');
    if (at != SIZE_MAX) authority = sv_from_index(authority, at + 1);
    size_t close = sv_starts_with(authority, SV("[")) ? sv_find_char(authority, ']') : SIZE_MAX;
    size_t colon = close == SIZE_MAX ? sv_find_char(authority, ':') : close + 1;
    struct sv decoded = url_decode(a, sv_slice(authority, 0, colon), false);
    struct sv copy = arena_copy_sv(a, decoded);
    char *out = copy.ptr == NULL ? NULL : arena_alloc(a, copy.len + 1);
    if (out == NULL || copy.len == 0) return SV_NONE;
    for (size_t i = 0; i < copy.len; i++) {
        if (close == SIZE_MAX && !is_host_byte(copy.ptr[i])) return SV_NONE;
        out[i] = sv_lower_char(copy.ptr[i]);
    }
    return sv_make(out, copy.len);
}

static struct sv authority_of(struct sv text) {
    while (text.len > 0 && is_slash(text.ptr[0])) text = sv_from_index(text, 1);
    size_t end = 0;
    while (end < text.len && !is_slash(text.ptr[end]) && text.ptr[end] != '?' && text.ptr[end] != '#') end++;
    return sv_slice(text, 0, end);
}

// Does the rest of a reference name a host, by "special relative or authority state" and "relative slash state"?
static bool names_host(const struct url *base, struct sv scheme, struct sv rest) {
    bool two = rest.len > 1 && is_slash(rest.ptr[0]) && is_slash(rest.ptr[1]);
    bool special = sv_eq_nocase(scheme, SV("http")) || sv_eq_nocase(scheme, SV("https"));
    if (scheme.len == 0) return two;
    // The scheme of the page itself without slashes is a relative reference.
    return special && (two || !sv_eq_nocase(scheme, base->scheme));
}

bool browser_host(struct arena *a, const struct url *base, struct sv reference, struct sv *ret_host) {
    struct sv text = stripped(a, reference);
    size_t n = scheme_length(text);
    struct sv scheme = sv_slice(text, 0, n == 0 ? 0 : n - 1), rest = sv_from_index(text, n);
    if (!names_host(base, scheme, rest)) return false;
    struct sv host = host_of(a, authority_of(rest));
    if (host.ptr == NULL) return false;
    *ret_host = host;
    return !sv_eq_nocase(host, base->host);
}

struct sv browser_refresh_target(struct sv value) {
    size_t at = sv_find_nocase(value, SV("url"));
    if (at == SIZE_MAX) return SV_NONE;
    struct sv rest = sv_trim(sv_from_index(value, at + 3));
    if (!sv_starts_with(rest, SV("="))) return SV_NONE;
    rest = sv_trim(sv_from_index(rest, 1));
    if (rest.len > 0 && (rest.ptr[0] == '"' || rest.ptr[0] == '\'')) {
        size_t end = sv_find_char(sv_from_index(rest, 1), rest.ptr[0]);
        return end == SIZE_MAX ? sv_from_index(rest, 1) : sv_slice(rest, 1, end + 1);
    }
    return rest;
}

static struct sv quoted_at(struct sv text) {
    if (text.len < 2 || (text.ptr[0] != '"' && text.ptr[0] != '\'')) return SV_NONE;
    size_t end = sv_find_char(sv_from_index(text, 1), text.ptr[0]);
    return end == SIZE_MAX ? SV_NONE : sv_slice(text, 1, end + 1);
}

static struct sv meta_target(struct sv html) {
    for (size_t at = sv_find_nocase(html, SV("<meta")); at != SIZE_MAX;) {
        html = sv_from_index(html, at + 5);
        struct sv tag = sv_slice(html, 0, sv_find_char(html, '>'));
        size_t content = sv_find_nocase(tag, SV("content="));
        if (sv_contains_nocase(tag, SV("refresh")) && content != SIZE_MAX) {
            struct sv value = quoted_at(sv_from_index(tag, content + 8));
            return browser_refresh_target(value.ptr != NULL ? value : sv_from_index(tag, content + 8));
        }
        at = sv_find_nocase(html, SV("<meta"));
    }
    return SV_NONE;
}

// What follows "location": = "x", .href = "x", .replace("x"), .assign("x").
static struct sv assigned(struct sv text) {
    static const struct sv ways[] = {SV_INIT(".href"), SV_INIT(".replace"), SV_INIT(".assign")};
    bool call = false;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (!sv_starts_with(text, ways[i])) continue;
        call = i > 0;
        text = sv_from_index(text, ways[i].len);
        break;
    }
    text = sv_trim(text);
    if (!sv_starts_with(text, call ? SV("(") : SV("="))) return SV_NONE;
    return quoted_at(sv_trim(sv_from_index(text, 1)));
}

static struct sv script_target(struct sv html) {
    size_t at = sv_find_nocase(html, SV("<script"));
    if (at == SIZE_MAX) return SV_NONE;
    html = sv_from_index(html, at);
    while ((at = sv_find(html, SV("location"))) != SIZE_MAX) {
        html = sv_from_index(html, at + 8);
        struct sv target = assigned(html);
        if (target.ptr != NULL) return target;
    }
    return SV_NONE;
}

struct sv browser_page_target(struct sv html) {
    html = sv_slice(html, 0, PAGE_MAX);
    struct sv target = meta_target(html);
    return target.ptr != NULL ? target : script_target(html);
}
