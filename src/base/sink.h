// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_BASE_SINK_H
#define PLUMB_BASE_SINK_H

#include "base/buf.h"
#include "base/sv.h"

// Where bytes go. Reports write to sinks, never to files.
struct sink {
    int (*write)(struct sink *self, struct sv bytes); // 0 or negative errno
};

struct sink_buf {
    struct sink sink;
    struct buf *buf;
};
// Appends to a buf (its limit holds). The sink borrows it.
void sink_buf_init(struct sink_buf *s, struct buf *buf);

struct sink_fd {
    struct sink sink;
    int fd;
    struct buf pending; // flushed at 64 KiB and by sink_fd_flush
};
// Buffered writes to a descriptor that stays the caller's. EINTR and short writes are handled.
void sink_fd_init(struct sink_fd *s, int fd);
int sink_fd_flush(struct sink_fd *s);
void sink_fd_fini(struct sink_fd *s); // frees the buffer; does not flush, does not close

#endif
