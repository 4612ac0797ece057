// SPDX-License-Identifier: Apache-2.0
#include "checks/support/exposed_forms.h"

enum { LINES_READ = 400 };

static bool has_all(const struct node *texts, struct sv body) {
    for (const struct node *n = node_is(texts, NODE_ARRAY) ? texts->first : NULL; n != NULL; n = n->next) {
        if (!sv_contains(body, n->text)) return false;
    }
    return true;
}

static bool has_any(const struct node *texts, struct sv body) {
    if (!node_is(texts, NODE_ARRAY)) return true;
    for (const struct node *n = texts->first; n != NULL; n = n->next) {
        if (sv_contains(body, n->text)) return true;
    }
    return false;
}

static unsigned digit_of(char c) {
    c = sv_lower_char(c);
    return c >= 'a' ? (unsigned)(c - 'a') + 10 : (unsigned)(c - '0');
}

static bool begins_with_bytes(struct sv body, struct sv hex) {
    if (body.len < hex.len / 2) return false;
    for (size_t i = 0; i + 1 < hex.len; i += 2) {
        if ((unsigned char)body.ptr[i / 2] != (digit_of(hex.ptr[i]) << 4 | digit_of(hex.ptr[i + 1]))) return false;
    }
    return true;
}

static bool is_upper_name(struct sv text) {
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool digit = c >= '0' && c <= '9';
        if (!(c >= 'A' && c <= 'Z') && c != '_' && !(digit && i > 0)) return false;
    }
    return text.len > 0;
}

// "NAME=value", "export NAME='value'"
static bool is_assignment(struct sv line) {
    if (sv_starts_with(line, SV("export "))) line = sv_from_index(line, 7);
    size_t at = sv_find_char(line, '=');
    return at != SIZE_MAX && is_upper_name(sv_trim(sv_slice(line, 0, at)));
}

static bool is_environment(struct sv body) {
    struct sv line;
    unsigned assignments = 0;
    for (unsigned n = 0; n < LINES_READ && sv_split(&body, '\n', &line); n++) {
        line = sv_trim(line);
        if (line.len == 0 || line.ptr[0] == '#') continue;
        if (!is_assignment(line)) return false;
        assignments++;
    }
    return assignments >= 2;
}

static bool has_userinfo(struct sv line) {
    size_t scheme = sv_find(line, SV("://"));
    struct sv rest = scheme == SIZE_MAX ? SV("") : sv_from_index(line, scheme + 3);
    size_t at = sv_find_char(rest, '@'), colon = sv_find_char(rest, ':'), slash = sv_find_char(rest, '/');
    return at != SIZE_MAX && colon < at && at < slash;
}

// One line with a name and a password.
static bool holds_credentials(struct sv body) {
    struct sv line;
    for (unsigned n = 0; n < LINES_READ && sv_split(&body, '\n', &line); n++) {
        bool machine = sv_starts_with(line, SV("machine ")) && sv_contains(line, SV(" password "));
        bool token = sv_contains(line, SV(":_authToken=")) || sv_starts_with(line, SV("_password=")) || sv_starts_with(sv_trim(line), SV("password"));
        if (machine || token || has_userinfo(sv_trim(line))) return true;
    }
    return false;
}

static bool is_key_char(char c) {
    char l = sv_lower_char(c);
    return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

// At least two lines, all of them "key: value", "key=value", a section, a list element or a comment, and no description of an API.
static bool is_settings(struct sv body) {
    struct sv line;
    unsigned settings = 0;
    if (sv_starts_with(body, SV("openapi")) || sv_starts_with(body, SV("swagger"))) return false;
    for (unsigned n = 0; n < LINES_READ && sv_split(&body, '\n', &line); n++) {
        line = sv_trim(line);
        if (line.len == 0 || sv_contains(SV("#-[!"), sv_slice(line, 0, 1))) continue;
        size_t key = 0;
        while (key < line.len && is_key_char(line.ptr[key])) key++;
        if (key == 0 || key == line.len || (line.ptr[key] != ':' && line.ptr[key] != '=' && line.ptr[key] != ' ')) return false;
        settings++;
    }
    return settings >= 2;
}

static bool has_form(struct sv form, struct sv body) {
    if (sv_eq(form, SV("dotenv"))) return is_environment(body);
    if (sv_eq(form, SV("key"))) return sv_starts_with(sv_trim(body), SV("-----BEGIN ")) || sv_starts_with(sv_trim(body), SV("{{"));
    if (sv_eq(form, SV("credentials"))) return holds_credentials(body);
    return sv_eq(form, SV("settings")) ? is_settings(body) : form.len == 0;
}

bool exposed_form_is_page(struct sv body) {
    return sv_starts_with(sv_trim(sv_slice(body, 0, 256)), SV("<"));
}

bool exposed_form_fits(const struct node *entry, struct sv body) {
    struct sv begin = node_get_text(entry, SV("begin")), hex = node_get_text(entry, SV("begin_hex"));
    if (body.len == 0 || (exposed_form_is_page(body) && !node_get_bool(entry, SV("markup"), false))) return false;
    if (begin.len > 0 && !sv_starts_with(sv_trim(sv_slice(body, 0, 512)), begin)) return false;
    if (hex.len > 0 && !begins_with_bytes(body, hex)) return false;
    return has_all(node_get(entry, SV("all")), body) && has_any(node_get(entry, SV("any")), body) && has_form(node_get_text(entry, SV("form")), body);
}
