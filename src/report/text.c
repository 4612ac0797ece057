// SPDX-License-Identifier: Apache-2.0
#include "report/text.h"

#include "base/escape.h"
#include "report/names.h"

#define TEXT_MAX ((size_t)64 * 1024)

const char *const text_severities[SEVERITY_COUNT] = {"INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL"};

static const struct sv ellipsis = SV_INIT("…");

// Wide by Unicode's East Asian Width, in ranges coarse enough for a table of columns.
static size_t columns_of(uint32_t c) {
    static const uint32_t wide[][2] = {{0x1100, 0x115F}, {0x2E80, 0xA4CF}, {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
                                       {0xFE30, 0xFE6F}, {0xFF00, 0xFF60}, {0x1F300, 0x1FAFF}, {0x20000, 0x3FFFD}};
    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++) {
        if (c >= wide[i][0] && c <= wide[i][1])
            return 2;
    }
    return 1;
}

static size_t next_character(struct sv s, size_t *ret_columns) {
    uint32_t c = 0;
    size_t n = utf8_sequence(s, &c);
    *ret_columns = n > 0 ? columns_of(c) : 1;
    return n > 0 ? n : 1;
}

size_t text_columns(struct sv safe) {
    size_t total = 0;
    for (size_t i = 0; i < safe.len;) {
        size_t columns;
        i += next_character(sv_from_index(safe, i), &columns);
        total += columns;
    }
    return total;
}

// Bytes of `s` that fit into `columns`.
static size_t bytes_that_fit(struct sv s, size_t columns) {
    size_t i = 0;
    size_t used = 0;
    while (i < s.len) {
        size_t c;
        size_t n = next_character(sv_from_index(s, i), &c);
        if (used + c > columns)
            break;
        used += c;
        i += n;
    }
    return i;
}

size_t text_fit(struct buf *b, struct sv text, size_t columns) {
    auto_buf safe = BUF_INIT(TEXT_MAX * 8);
    esc_terminal(&safe, sv_slice(text, 0, TEXT_MAX), false);
    struct sv s = buf_sv(&safe);
    size_t total = text_columns(s);
    if (total <= columns) {
        buf_add(b, s);
        return total;
    }
    if (columns == 0)
        return 0;
    struct sv head = sv_slice(s, 0, bytes_that_fit(s, columns - 1));
    buf_add(b, head);
    buf_add(b, ellipsis);
    return text_columns(head) + 1;
}

// Cuts the next line off `*rest`: at the last blank that fits, else in the word.
static struct sv next_line(struct sv *rest, size_t width) {
    struct sv s = *rest;
    size_t end = bytes_that_fit(s, width);
    if (end < s.len) {
        size_t blank = sv_rfind_char(sv_slice(s, 0, end + 1), ' ');
        if (blank != SIZE_MAX && blank > 0)
            end = blank;
        else if (end == 0)
            end = 1;
    }
    *rest = sv_trim(sv_from_index(s, end));
    return sv_trim(sv_slice(s, 0, end));
}

void text_wrap(struct buf *b, struct sv text, size_t indent, size_t width, size_t max_lines) {
    auto_buf safe = BUF_INIT(TEXT_MAX * 8);
    esc_terminal(&safe, sv_slice(text, 0, TEXT_MAX), false);
    struct sv rest = sv_trim(buf_sv(&safe));
    size_t room = width > indent + 10 ? width - indent : 10;
    for (size_t lines = 1; rest.len > 0; lines++) {
        if (lines > 1)
            buf_add_repeat(b, ' ', indent);
        bool last = max_lines > 0 && lines == max_lines;
        if (last) {
            text_fit(b, rest, room);
            rest = SV_NONE;
        } else {
            buf_add(b, next_line(&rest, room));
        }
        if (rest.len > 0)
            buf_add_char(b, '\n');
    }
    buf_add_char(b, '\n');
}

void text_place(struct buf *b, struct sv method, struct sv path) {
    if (path.len == 0) {
        buf_add(b, SV("whole host"));
        return;
    }
    if (method.len > 0) {
        buf_add(b, method);
        buf_add_char(b, ' ');
    }
    buf_add(b, path);
}

void text_parameter(struct buf *b, struct sv name, enum param_in in) {
    if (name.len > 0)
        buf_addf(b, ", %s " SV_FMT, report_parameter_places[in], SV_ARG(name));
}

void text_colour(struct buf *b, bool use, enum text_colour colour) {
    static const char *const codes[] = {"\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[1;31m", "\x1b[33m", "\x1b[36m", "\x1b[32m"};
    if (use)
        buf_add(b, sv_from(codes[colour]));
}

enum text_colour text_severity_colour(enum severity severity) {
    return severity >= SEVERITY_HIGH ? COLOUR_RED : severity == SEVERITY_MEDIUM ? COLOUR_YELLOW : COLOUR_CYAN;
}
