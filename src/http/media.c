// SPDX-License-Identifier: Apache-2.0
#include "base/numbers.h"
#include "http/header.h"

// RFC 9110 5.6.2
static bool is_token(struct sv text) {
    for (size_t i = 0; i < text.len; i++) {
        char c = sv_lower_char(text.ptr[i]);
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!plain && (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL))
            return false;
    }
    return text.len > 0;
}

struct sv media_type_essence(struct arena *a, struct sv content_type) {
    size_t end = sv_find_char(content_type, ';');
    struct sv essence = sv_trim(end == SIZE_MAX ? content_type : sv_slice(content_type, 0, end));
    size_t slash = sv_find_char(essence, '/');
    if (slash == SIZE_MAX || !is_token(sv_slice(essence, 0, slash)) || !is_token(sv_from_index(essence, slash + 1)))
        return SV_NONE;
    char *copy = arena_alloc(a, essence.len);
    if (copy == NULL)
        return SV_NONE;
    for (size_t i = 0; i < essence.len; i++)
        copy[i] = sv_lower_char(essence.ptr[i]);
    return sv_make(copy, essence.len);
}

bool media_type_is_json(struct sv essence) {
    return sv_eq_nocase(essence, SV("application/json")) || sv_eq_nocase(essence, SV("text/json")) ||
           (sv_ends_with_nocase(essence, SV("+json")) && sv_find_char(essence, '/') != SIZE_MAX);
}

bool retry_after_parse(struct sv value, usec_t now_realtime, usec_t *ret_delay) {
    value = sv_trim(value);
    if (sv_is_digits(value)) {
        uint64_t seconds = 0;
        if (number_parse_u64(value, &seconds) != 0 || seconds > UINT64_MAX / USEC_PER_SEC)
            seconds = UINT64_MAX / USEC_PER_SEC; // well formed, and far longer than anybody waits
        *ret_delay = seconds * USEC_PER_SEC;
        return true;
    }
    int64_t date = 0;
    if (clock_parse_http_date(value, &date) != 0)
        return false;
    usec_t then = date < 0 ? 0 : (usec_t)date * USEC_PER_SEC;
    *ret_delay = then > now_realtime ? then - now_realtime : 0;
    return true;
}

// Value of a directive that may be a quoted string; our uses need no unescaping.
static struct sv unquote(struct sv value) {
    if (value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
        return sv_slice(value, 1, value.len - 1);
    return value;
}

bool hsts_parse(struct sv value, struct hsts *ret) {
    struct hsts h = {0};
    bool seen_age = false;
    struct sv part = SV_NONE;
    while (sv_split(&value, ';', &part)) {
        size_t eq = sv_find_char(part, '=');
        struct sv name = sv_trim(eq == SIZE_MAX ? part : sv_slice(part, 0, eq));
        struct sv text = eq == SIZE_MAX ? SV_NONE : unquote(sv_trim(sv_from_index(part, eq + 1)));
        if (sv_eq_nocase(name, SV("max-age"))) {
            if (seen_age || !sv_is_digits(text)) // RFC 6797 6.1: a directive stands once, and this one is required
                return false;
            seen_age = true;
            if (number_parse_u64(text, &h.max_age) != 0)
                h.max_age = UINT64_MAX;
        } else if (sv_eq_nocase(name, SV("includeSubDomains"))) {
            if (h.include_subdomains)
                return false;
            h.include_subdomains = true;
        } else if (sv_eq_nocase(name, SV("preload"))) {
            h.preload = true;
        }
    }
    if (!seen_age)
        return false;
    *ret = h;
    return true;
}

// First "rel" among the parameters of one link, RFC 8288 3.3.
static struct sv link_rel(struct sv parameters) {
    while (parameters.len > 0) {
        size_t end = 0;
        bool quoted = false;
        while (end < parameters.len && (quoted || parameters.ptr[end] != ';')) {
            if (parameters.ptr[end] == '"')
                quoted = !quoted;
            else if (quoted && parameters.ptr[end] == '\\')
                end++;
            end++;
        }
        struct sv part = sv_slice(parameters, 0, end);
        size_t eq = sv_find_char(part, '=');
        if (eq != SIZE_MAX && sv_eq_nocase(sv_trim(sv_slice(part, 0, eq)), SV("rel")))
            return unquote(sv_trim(sv_from_index(part, eq + 1)));
        parameters = sv_from_index(parameters, end + 1);
    }
    return SV_NONE;
}

bool link_next(struct sv *rest, struct sv *ret_target, struct sv *ret_rel) {
    for (;;) {
        size_t open = sv_find_char(*rest, '<');
        struct sv inside = open == SIZE_MAX ? SV_NONE : sv_from_index(*rest, open + 1);
        size_t close = sv_find_char(inside, '>');
        if (close == SIZE_MAX) {
            *rest = SV_NONE;
            return false;
        }
        // A target may hold commas, so the element ends at the first comma behind its '>'.
        struct sv tail = sv_from_index(inside, close + 1);
        struct sv parameters = SV_NONE;
        bool more = tail.len > 0 && tail.ptr[0] != ',' && header_element_next(&tail, &parameters);
        if (!more && tail.len > 0)
            tail = sv_from_index(tail, 1);
        *rest = tail;
        struct sv target = sv_trim(sv_slice(inside, 0, close));
        if (target.len > 0) {
            *ret_target = target;
            *ret_rel = link_rel(parameters);
            return true;
        }
    }
}
