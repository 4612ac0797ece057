// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_BASE_BUF_H
#define PLUMB_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/sv.h"

// Growing bytes on the heap with a hard limit. Always NUL-terminated once something was added. Errors stick: after the first
// failure (limit, out of memory) nothing more is added and buf_failed() says so; writers check once at the end.
struct buf {
    char *ptr;
    size_t len;
    size_t cap;
    size_t limit; // bytes of content; must not be 0
    bool failed;
};

void buf_init(struct buf *b, size_t limit);
void buf_fini(struct buf *b);  // accepts a zeroed struct
void buf_clear(struct buf *b); // keeps memory and limit, forgets content and failure
bool buf_failed(const struct buf *b);
void buf_add(struct buf *b, struct sv text);
void buf_add_char(struct buf *b, char c);
void buf_add_repeat(struct buf *b, char c, size_t count);
void buf_addf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Cuts the content to `len` bytes when it is longer.
void buf_truncate(struct buf *b, size_t len);
struct sv buf_sv(const struct buf *b); // valid until the next change

#define BUF_INIT(max) {.limit = (max)}
#define auto_buf __attribute__((cleanup(buf_fini))) struct buf

#endif
