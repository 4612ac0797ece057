// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define CAP_MIN ((size_t)64)

void buf_init(struct buf *b, size_t limit) {
    *b = (struct buf){.limit = limit};
}

void buf_fini(struct buf *b) {
    free(b->ptr);
    *b = (struct buf){.limit = b->limit};
}

void buf_clear(struct buf *b) {
    b->len = 0;
    b->failed = false;
    if (b->ptr != NULL)
        b->ptr[0] = '\0';
}

bool buf_failed(const struct buf *b) {
    return b->failed;
}

// Makes room for `more` bytes and a NUL, or sets the failure.
static bool reserve(struct buf *b, size_t more) {
    if (b->failed)
        return false;
    if (b->len > b->limit || more > b->limit - b->len || b->len + more >= SIZE_MAX / 2) {
        b->failed = true;
        return false;
    }
    size_t need = b->len + more + 1;
    if (need <= b->cap)
        return true;
    size_t cap = b->cap < CAP_MIN ? CAP_MIN : b->cap * 2;
    if (cap < need)
        cap = need;
    // A buffer of many small limits should not hold more than its limit can ever use.
    if (b->limit < SIZE_MAX && cap > b->limit + 1)
        cap = b->limit + 1;
    char *grown = realloc(b->ptr, cap);
    if (grown == NULL) {
        b->failed = true;
        return false;
    }
    b->ptr = grown;
    b->cap = cap;
    return true;
}

void buf_add(struct buf *b, struct sv text) {
    if (!reserve(b, text.len))
        return;
    if (text.len > 0)
        memcpy(b->ptr + b->len, text.ptr, text.len);
    b->len += text.len;
    b->ptr[b->len] = '\0';
}

void buf_add_char(struct buf *b, char c) {
    buf_add_repeat(b, c, 1);
}

void buf_add_repeat(struct buf *b, char c, size_t count) {
    if (!reserve(b, count))
        return;
    memset(b->ptr + b->len, c, count);
    b->len += count;
    b->ptr[b->len] = '\0';
}

void buf_addf(struct buf *b, const char *format, ...) {
    char small[256];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    if (len < 0) {
        b->failed = true;
        return;
    }
    if ((size_t)len < sizeof small) {
        buf_add(b, (struct sv){small, (size_t)len});
        return;
    }
    if (!reserve(b, (size_t)len))
        return;
    va_start(args, format);
    int again = vsnprintf(b->ptr + b->len, (size_t)len + 1, format, args);
    va_end(args);
    if (again == len) {
        b->len += (size_t)len;
    } else {
        b->failed = true;
        b->ptr[b->len] = '\0';
    }
}

void buf_truncate(struct buf *b, size_t len) {
    if (len >= b->len)
        return;
    b->len = len;
    b->ptr[len] = '\0';
}

struct sv buf_sv(const struct buf *b) {
    return (struct sv){b->ptr == NULL ? "" : b->ptr, b->len};
}
