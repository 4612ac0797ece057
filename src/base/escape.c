// SPDX-License-Identifier: Apache-2.0
// Every escaper walks the text once and copies runs of safe characters whole.
#include "base/escape.h"

static bool is_continuation(unsigned char c) {
    return (c & 0xc0) == 0x80;
}

static size_t lead_length(unsigned char c) {
    if (c < 0x80)
        return 1;
    if (c < 0xc0)
        return 0;
    if (c < 0xe0)
        return 2;
    if (c < 0xf0)
        return 3;
    return c < 0xf8 ? 4 : 0;
}

size_t utf8_sequence(struct sv s, uint32_t *ret_code_point) {
    static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (s.len == 0)
        return 0;
    const unsigned char *p = (const unsigned char *)s.ptr;
    size_t len = lead_length(p[0]);
    if (len == 0 || s.len < len)
        return 0;
    uint32_t code = len == 1 ? p[0] : p[0] & (0xffU >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        if (!is_continuation(p[i]))
            return 0;
        code = code << 6 | (p[i] & 0x3fU);
    }
    if (code < lowest[len] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return 0;
    if (ret_code_point != NULL)
        *ret_code_point = code;
    return len;
}

// One character of hostile text: `len` bytes, and its code point unless the bytes are no valid UTF-8 (then one byte).
struct glyph {
    struct sv bytes;
    uint32_t code;
    bool valid;
};

struct escaper {
    bool (*must_change)(struct glyph g, const void *context);
    void (*add)(struct buf *b, struct glyph g, const void *context); // only for what must change
};

static void escape(struct buf *b, struct sv text, const struct escaper *e, const void *context) {
    size_t run = 0; // start of what is not yet copied
    for (size_t at = 0; at < text.len && !buf_failed(b);) {
        struct glyph g = {.code = 0};
        size_t len = utf8_sequence(sv_from_index(text, at), &g.code);
        g.valid = len > 0;
        g.bytes = sv_slice(text, at, at + (g.valid ? len : 1));
        if (e->must_change(g, context)) {
            buf_add(b, sv_slice(text, run, at));
            e->add(b, g, context);
            run = at + g.bytes.len;
        }
        at += g.bytes.len;
    }
    buf_add(b, sv_from_index(text, run));
}

static bool is_control(uint32_t code) {
    return code < 0x20 || (code >= 0x7f && code <= 0x9f);
}

// Characters without a shape of their own that reorder, hide or break what is shown: marks, embeddings, overrides and
// isolates of the bidirectional algorithm, zero-width ones, line and paragraph separators, tags.
static bool is_deceptive(uint32_t code) {
    return code == 0x061c || code == 0x180e || (code >= 0x200b && code <= 0x200f) ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) || code == 0xfeff ||
           (code >= 0xe0000 && code <= 0xe007f);
}

static bool is_newline(struct glyph g) {
    return g.valid && (g.code == '\n' || g.code == '\t');
}

static bool terminal_must_change(struct glyph g, const void *context) {
    const bool *keep_newlines = context;
    if (is_newline(g))
        return !*keep_newlines;
    return !g.valid || is_control(g.code) || is_deceptive(g.code);
}

static void terminal_add(struct buf *b, struct glyph g, const void *context) {
    (void)context;
    if (is_newline(g))
        buf_add_char(b, ' ');
    else if (!g.valid || g.code < 0x80)
        buf_addf(b, "\\x%02X", (unsigned)(unsigned char)g.bytes.ptr[0]);
    else
        buf_addf(b, "\\u{%04X}", g.code);
}

void esc_terminal(struct buf *b, struct sv text, bool keep_newlines) {
    static const struct escaper terminal = {terminal_must_change, terminal_add};
    escape(b, text, &terminal, &keep_newlines);
}

static bool json_must_change(struct glyph g, const void *context) {
    (void)context;
    return !g.valid || g.code < 0x20 || g.code == '"' || g.code == '\\' || g.code == '<' || is_control(g.code) ||
           g.code == 0x2028 || g.code == 0x2029;
}

static void json_add(struct buf *b, struct glyph g, const void *context) {
    (void)context;
    static const char letters[] = "btn\0fr"; // 0x08 to 0x0d; 0x0b has none
    if (!g.valid) {
        buf_add(b, SV("\xef\xbf\xbd"));
    } else if (g.code == '"' || g.code == '\\') {
        buf_add_char(b, '\\');
        buf_add(b, g.bytes);
    } else if (g.code >= 0x08 && g.code <= 0x0d && letters[g.code - 0x08] != '\0') {
        buf_add_char(b, '\\');
        buf_add_char(b, letters[g.code - 0x08]);
    } else {
        buf_addf(b, "\\u%04x", g.code);
    }
}

void esc_json(struct buf *b, struct sv text) {
    static const struct escaper json = {json_must_change, json_add};
    escape(b, text, &json, NULL);
}

// The characters with a meaning in HTML and XML alike.
static struct sv markup_entity(uint32_t code) {
    switch (code) {
    case '&':
        return SV("&amp;");
    case '<':
        return SV("&lt;");
    case '>':
        return SV("&gt;");
    case '"':
        return SV("&quot;");
    case '\'':
        return SV("&#39;");
    default:
        return SV_NONE;
    }
}

static bool html_must_change(struct glyph g, const void *context) {
    (void)context;
    bool blank = g.code == '\t' || g.code == '\n' || g.code == '\r';
    return !g.valid || (is_control(g.code) && !blank) || markup_entity(g.code).ptr != NULL;
}

static void html_add(struct buf *b, struct glyph g, const void *context) {
    (void)context;
    struct sv entity = g.valid ? markup_entity(g.code) : SV_NONE;
    buf_add(b, entity.ptr != NULL ? entity : SV("\xef\xbf\xbd"));
}

void esc_html(struct buf *b, struct sv text) {
    static const struct escaper html = {html_must_change, html_add};
    escape(b, text, &html, NULL);
}

static bool xml_must_change(struct glyph g, const void *context) {
    (void)context;
    return !g.valid || g.code < 0x20 || g.code == 0xfffe || g.code == 0xffff || markup_entity(g.code).ptr != NULL;
}

static void xml_add(struct buf *b, struct glyph g, const void *context) {
    // A reader turns bare line ends and tabs of an attribute into blanks; as references they survive.
    if (g.valid && (g.code == '\t' || g.code == '\n' || g.code == '\r'))
        buf_addf(b, "&#%u;", g.code);
    else
        html_add(b, g, context);
}

void esc_xml(struct buf *b, struct sv text) {
    static const struct escaper xml = {xml_must_change, xml_add};
    escape(b, text, &xml, NULL);
}

static bool is_ascii_word(char c) {
    char lower = sv_lower_char(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
}

void esc_url(struct buf *b, struct sv text, const char *also_keep) {
    struct sv keep = sv_from(also_keep);
    for (size_t i = 0; i < text.len && !buf_failed(b); i++) {
        char c = text.ptr[i];
        if (is_ascii_word(c) || sv_find_char(SV("-._~"), c) != SIZE_MAX || sv_find_char(keep, c) != SIZE_MAX)
            buf_add_char(b, c);
        else
            buf_addf(b, "%%%02X", (unsigned)(unsigned char)c);
    }
}

void esc_shell(struct buf *b, struct sv text) {
    buf_add_char(b, '\'');
    size_t run = 0;
    for (size_t i = 0; i < text.len && !buf_failed(b); i++) {
        if (text.ptr[i] != '\'' && text.ptr[i] != '\0')
            continue;
        buf_add(b, sv_slice(text, run, i));
        if (text.ptr[i] == '\'')
            buf_add(b, SV("'\\''"));
        run = i + 1;
    }
    buf_add(b, sv_from_index(text, run));
    buf_add_char(b, '\'');
}

static bool markdown_must_change(struct glyph g, const void *context) {
    (void)context;
    if (!g.valid || is_control(g.code) || is_deceptive(g.code))
        return true;
    return g.code < 0x80 && sv_find_char(SV("\\`*_{}[]()<>#+-.!|~&:@$^="), (char)g.code) != SIZE_MAX;
}

static void markdown_add(struct buf *b, struct glyph g, const void *context) {
    struct sv entity = g.valid ? markup_entity(g.code) : SV_NONE;
    if (entity.ptr != NULL) {
        buf_add(b, entity);
    } else if (g.valid && g.code > ' ' && g.code < 0x7f) {
        buf_add_char(b, '\\');
        buf_add(b, g.bytes);
    } else {
        if (!is_newline(g))
            buf_add_char(b, '\\'); // the backslash of \xNN is punctuation too
        terminal_add(b, g, context);
    }
}

void esc_markdown(struct buf *b, struct sv text) {
    static const struct escaper markdown = {markdown_must_change, markdown_add};
    escape(b, text, &markdown, NULL);
}
