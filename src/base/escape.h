// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_BASE_ESCAPE_H
#define PLUMB_BASE_ESCAPE_H

#include "base/buf.h"
#include "base/sv.h"

// One escaper per sink. All take hostile bytes and append safe ones.

// Terminal: control bytes (C0, DEL, C1 incl. their UTF-8 form), bidirectional overrides and invalid UTF-8 become \xNN or \u{NNNN};
// tab and newline become a space unless keep_newlines.
void esc_terminal(struct buf *b, struct sv text, bool keep_newlines);
// JSON string content without the quotes (RFC 8259 7); invalid UTF-8 becomes U+FFFD. Also escapes DEL, U+2028, U+2029 and '<', so it can stand in HTML.
void esc_json(struct buf *b, struct sv text);
// HTML text and double-quoted attributes.
void esc_html(struct buf *b, struct sv text);
// XML 1.0 text and attributes; characters that XML forbids become U+FFFD.
void esc_xml(struct buf *b, struct sv text);
// Percent-encodes all but unreserved (RFC 3986 2.3) and the bytes listed in `also_keep`.
void esc_url(struct buf *b, struct sv text, const char *also_keep);
// One shell word in single quotes, safe for POSIX sh ($'…' is not used). NUL bytes are dropped.
void esc_shell(struct buf *b, struct sv text);
// Markdown text: escapes its punctuation, control bytes as in the terminal; pipes are escaped for tables.
void esc_markdown(struct buf *b, struct sv text);

// Length of the valid UTF-8 sequence at s (1-4), or 0 when invalid (overlong, surrogate, truncated).
size_t utf8_sequence(struct sv s, uint32_t *ret_code_point);

#endif
