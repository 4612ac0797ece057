// SPDX-License-Identifier: Apache-2.0
#define ZLIB_CONST // zlib reads its input through const pointers
#include "net/decode.h"

#include <brotli/decode.h>
#include <limits.h>
#include <zlib.h>

#include "base/error.h"

#define LAYERS_MAX 3
#define CHUNK ((size_t)16384)

/* Adds what fits. False when it did not all fit. */
static bool add_bounded(struct buf *ret, const unsigned char *bytes, size_t len) {
    size_t room = ret->limit - ret->len;
    buf_add(ret, sv_make((const char *)bytes, len < room ? len : room));
    return len <= room && !buf_failed(ret);
}

/* One pass with the given window bits (zlib.h, inflateInit2). */
static enum decode_result inflate_bytes(struct sv bytes, int window_bits, struct buf *ret) {
    unsigned char chunk[CHUNK];
    z_stream z = {.next_in = (const Bytef *)bytes.ptr, .avail_in = (uInt)bytes.len};
    if (inflateInit2(&z, window_bits) != Z_OK)
        return DECODE_BAD;
    enum decode_result result = DECODE_PARTIAL;
    for (;;) {
        z.next_out = chunk;
        z.avail_out = (uInt)sizeof chunk;
        int rc = inflate(&z, Z_NO_FLUSH);
        size_t got = sizeof chunk - z.avail_out;
        if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR) {
            result = DECODE_BAD;
            break;
        }
        if (!add_bounded(ret, chunk, got)) {
            result = DECODE_CUT;
            break;
        }
        if (rc == Z_STREAM_END) {
            result = DECODE_DONE; // bytes behind the stream are ignored
            break;
        }
        if (got == 0) // no output and no end: the input is used up
            break;
    }
    ignore_result(inflateEnd(&z) != Z_OK);
    return result;
}

/* "deflate" means zlib's frame; some servers send the bare stream. */
static enum decode_result inflate_deflate(struct sv bytes, struct buf *ret) {
    enum decode_result result = inflate_bytes(bytes, MAX_WBITS, ret);
    if (result != DECODE_BAD)
        return result;
    buf_clear(ret);
    return inflate_bytes(bytes, -MAX_WBITS, ret);
}

static enum decode_result brotli_bytes(struct sv bytes, struct buf *ret) {
    unsigned char chunk[CHUNK];
    BrotliDecoderState *state = BrotliDecoderCreateInstance(NULL, NULL, NULL);
    if (state == NULL)
        return DECODE_BAD;
    const uint8_t *in = (const uint8_t *)bytes.ptr;
    size_t in_left = bytes.len;
    enum decode_result result = DECODE_PARTIAL;
    for (;;) {
        uint8_t *out = chunk;
        size_t room = sizeof chunk;
        BrotliDecoderResult rc = BrotliDecoderDecompressStream(state, &in_left, &in, &room, &out, NULL);
        if (rc == BROTLI_DECODER_RESULT_ERROR) {
            result = DECODE_BAD;
            break;
        }
        if (!add_bounded(ret, chunk, sizeof chunk - room)) {
            result = DECODE_CUT;
            break;
        }
        if (rc == BROTLI_DECODER_RESULT_SUCCESS) {
            result = DECODE_DONE;
            break;
        }
        if (rc == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT)
            break;
    }
    BrotliDecoderDestroyInstance(state);
    return result;
}

static enum decode_result decode_layer(struct sv coding, struct sv bytes, struct buf *ret) {
    if (bytes.len > UINT_MAX)
        return DECODE_BAD;
    if (sv_eq_nocase(coding, SV("gzip")) || sv_eq_nocase(coding, SV("x-gzip")))
        return inflate_bytes(bytes, MAX_WBITS + 16, ret);
    if (sv_eq_nocase(coding, SV("deflate")))
        return inflate_deflate(bytes, ret);
    if (sv_eq_nocase(coding, SV("br")))
        return brotli_bytes(bytes, ret);
    return DECODE_BAD;
}

/* Codings in the order in which they were applied. False when there are too many. */
static bool list_codings(struct sv value, struct sv ret[static LAYERS_MAX], size_t *ret_count) {
    struct sv part;
    size_t count = 0;
    while (sv_split(&value, ',', &part)) {
        part = sv_trim(part);
        if (part.len == 0 || sv_eq_nocase(part, SV("identity")))
            continue;
        if (count == LAYERS_MAX)
            return false;
        ret[count++] = part;
    }
    *ret_count = count;
    return true;
}

enum decode_result decode_content(struct sv coding, struct sv bytes, struct buf *ret) {
    struct sv codings[LAYERS_MAX];
    size_t count = 0;
    buf_clear(ret);
    if (!list_codings(coding, codings, &count))
        return DECODE_BAD;
    if (count == 0 || bytes.len == 0)
        return DECODE_PLAIN;
    enum decode_result worst = DECODE_DONE;
    auto_buf other = BUF_INIT(ret->limit);
    for (size_t i = count; i > 0; i--) {
        enum decode_result one = decode_layer(codings[i - 1], bytes, ret);
        if (one == DECODE_BAD)
            return DECODE_BAD;
        if (one != DECODE_DONE)
            worst = one;
        if (i == 1)
            break;
        // The next layer reads what this one wrote.
        struct buf swap = other;
        other = *ret;
        *ret = swap;
        buf_clear(ret);
        bytes = buf_sv(&other);
    }
    return worst;
}
