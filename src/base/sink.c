// SPDX-License-Identifier: Apache-2.0
#include "base/sink.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/error.h"

#define PENDING_MAX ((size_t)64 * 1024)

static int write_to_buf(struct sink *self, struct sv bytes) {
    struct sink_buf *s = (struct sink_buf *)self;
    if (buf_failed(s->buf))
        return -ENOSPC;
    bool fits = s->buf->len <= s->buf->limit && bytes.len <= s->buf->limit - s->buf->len;
    buf_add(s->buf, bytes);
    if (!buf_failed(s->buf))
        return 0;
    return fits ? -ENOMEM : -ENOSPC;
}

void sink_buf_init(struct sink_buf *s, struct buf *buf) {
    *s = (struct sink_buf){.sink = {.write = write_to_buf}, .buf = buf};
}

static int write_all(int fd, struct sv bytes) {
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);
        if (n >= 0) {
            bytes = sv_from_index(bytes, (size_t)n);
            continue;
        }
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN)
            return -errno;
        // Standard output may be a pipe that another process made non-blocking.
        struct pollfd wait = {.fd = fd, .events = POLLOUT};
        if (poll(&wait, 1, -1) < 0 && errno != EINTR)
            return -errno;
    }
    return 0;
}

int sink_fd_flush(struct sink_fd *s) {
    int r = write_all(s->fd, buf_sv(&s->pending));
    buf_clear(&s->pending);
    return r;
}

static int write_to_fd(struct sink *self, struct sv bytes) {
    struct sink_fd *s = (struct sink_fd *)self;
    if (bytes.len > PENDING_MAX - s->pending.len) {
        int r = sink_fd_flush(s);
        if (r < 0)
            return r;
    }
    if (bytes.len >= PENDING_MAX)
        return write_all(s->fd, bytes);
    buf_add(&s->pending, bytes);
    return buf_failed(&s->pending) ? -ENOMEM : 0;
}

void sink_fd_init(struct sink_fd *s, int fd) {
    *s = (struct sink_fd){.sink = {.write = write_to_fd}, .fd = fd, .pending = BUF_INIT(PENDING_MAX)};
}

void sink_fd_fini(struct sink_fd *s) {
    buf_fini(&s->pending);
}
