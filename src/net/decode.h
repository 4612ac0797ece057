// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_NET_DECODE_H
#define PLUMB_NET_DECODE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/sv.h"

enum decode_result {
    DECODE_PLAIN,    // no coding was applied; `ret` is untouched
    DECODE_DONE,     // all codings undone
    DECODE_CUT,      // the limit of `ret` was reached: it holds what fitted
    DECODE_PARTIAL,  // the coded bytes ended early: it holds what came
    DECODE_BAD,      // unknown coding or broken bytes; the content of `ret` means nothing
};

// Undoes the codings of a Content-Encoding value (RFC 9110 8.4: gzip, x-gzip, deflate with or without zlib's frame, br, identity;
// at most three layers). The output never grows beyond the limit of `ret`, which is cleared first.
enum decode_result decode_content(struct sv coding, struct sv bytes, struct buf *ret);

#endif
