// SPDX-License-Identifier: Apache-2.0
// Reading the first flight of a server. Two layers: records, whose handshake content is put together, and the messages in it.
#include "base/buf.h"
#include "http/tls_hello.h"

enum { RECORD_ALERT = 21, RECORD_HANDSHAKE = 22, RECORD_HEAD = 5, MESSAGE_HEAD = 4, RECORD_MAX = 18432 };
enum { SERVER_HELLO = 2, CERTIFICATE = 11, SERVER_KEY_EXCHANGE = 12, SERVER_HELLO_DONE = 14 };
enum { EXTENSION_ALPN = 16, EXTENSION_VERSIONS = 43, EXTENSION_RENEGOTIATION = 0xff01 };

// What is left to read; a read beyond the end sets `short_of` and gives 0.
struct reader {
    const uint8_t *p;
    size_t len;
    bool short_of;
};

static const uint8_t *take(struct reader *r, size_t count) {
    if (r->short_of || count > r->len) {
        r->short_of = true;
        return NULL;
    }
    const uint8_t *at = r->p;
    r->p += count;
    r->len -= count;
    return at;
}

static size_t take_number(struct reader *r, size_t bytes) {
    size_t value = 0;
    const uint8_t *p = take(r, bytes);
    for (size_t i = 0; p != NULL && i < bytes; i++) value = value << 8 | p[i];
    return value;
}

// A part with its length before it.
static struct reader take_part(struct reader *r, size_t length_bytes) {
    size_t length = take_number(r, length_bytes);
    const uint8_t *p = take(r, length);
    return (struct reader){.p = p, .len = p == NULL ? 0 : length, .short_of = p == NULL};
}

static void read_extension(size_t type, struct reader body, struct tls_answer *ret) {
    if (type == EXTENSION_RENEGOTIATION) ret->renegotiation_info = true;
    if (type == EXTENSION_VERSIONS && body.len == 2) ret->version = (uint16_t)take_number(&body, 2);
    if (type == EXTENSION_ALPN) {
        struct reader list = take_part(&body, 2), name = take_part(&list, 1);
        if (!name.short_of) ret->alpn = sv_make((const char *)name.p, name.len);
    }
}

// RFC 8446 4.1.3: a ServerHello with this random is a HelloRetryRequest.
static bool is_retry(const uint8_t *random) {
    static const uint8_t mark[32] = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
                                     0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};
    return memcmp(random, mark, sizeof mark) == 0;
}

static bool read_server_hello(struct reader body, struct tls_answer *ret) {
    struct tls_answer found = {.kind = TLS_ANSWER_HELLO};
    found.version = (uint16_t)take_number(&body, 2);
    found.random = take(&body, 32);
    ignore_result(take_part(&body, 1).short_of);
    found.suite = (uint16_t)take_number(&body, 2);
    found.compression = (uint8_t)take_number(&body, 1);
    if (body.short_of || found.version >> 8 != 3) return false;
    found.retry = is_retry(found.random);
    if (body.len > 0) {
        struct reader list = take_part(&body, 2);
        while (list.len > 0 && !list.short_of) {
            size_t type = take_number(&list, 2);
            struct reader extension = take_part(&list, 2);
            if (!extension.short_of) read_extension(type, extension, &found);
        }
    }
    *ret = found;
    return true;
}

// False when nothing behind this message is of use.
static bool read_message(size_t type, struct reader body, struct tls_answer *ret) {
    if (ret->kind != TLS_ANSWER_HELLO) {
        if (type != SERVER_HELLO || !read_server_hello(body, ret)) {
            ret->kind = TLS_ANSWER_ALIEN;
            return false;
        }
        return ret->version < TLS_1_3;
    }
    if (type == CERTIFICATE) ret->certificate_bytes = body.len;
    if (type == SERVER_KEY_EXCHANGE) ret->key_exchange = sv_make((const char *)body.p, body.len);
    if (type == SERVER_HELLO_DONE) ret->done = true;
    return !ret->done;
}

static void read_messages(struct sv stream, struct tls_answer *ret) {
    struct reader r = {.p = (const uint8_t *)stream.ptr, .len = stream.len};
    while (r.len >= MESSAGE_HEAD) {
        size_t type = take_number(&r, 1);
        struct reader body = take_part(&r, 3);
        if (body.short_of || !read_message(type, body, ret)) return;
    }
}

struct record {
    unsigned type;
    struct sv content; // as far as it came
};

enum record_state { RECORD_WHOLE, RECORD_SHORT, RECORD_ODD };

static enum record_state take_record(struct reader *r, struct record *ret) {
    unsigned type = r->p[0];
    if ((type != RECORD_ALERT && type != RECORD_HANDSHAKE) || (r->len >= 2 && r->p[1] != 3)) return RECORD_ODD;
    if (r->len < RECORD_HEAD) return RECORD_SHORT;
    ignore_result(take(r, 3) == NULL);
    size_t length = take_number(r, 2);
    if (length == 0 || length > RECORD_MAX) return RECORD_ODD;
    size_t here = length < r->len ? length : r->len;
    *ret = (struct record){.type = type, .content = sv_make((const char *)take(r, here), here)};
    return RECORD_WHOLE;
}

// A warning (no such name) may stand before the hello: only what ends the connection counts.
static bool is_fatal(const struct record *record) {
    return record->content.len >= 2 && (record->content.ptr[0] != 1 || record->content.ptr[1] == 0);
}

// Handshake content of all whole records, and of the last one as far as it came. The first thing that is neither ends it; a fatal alert behind a hello
// does not undo what was read.
static void join_records(struct sv bytes, struct buf *stream, struct tls_answer *ret) {
    struct reader r = {.p = (const uint8_t *)bytes.ptr, .len = bytes.len};
    for (bool first = true; r.len > 0; first = false) {
        struct record record;
        enum record_state state = take_record(&r, &record);
        if (state == RECORD_ODD && first) ret->kind = TLS_ANSWER_ALIEN;
        if (state != RECORD_WHOLE) return;
        if (record.type == RECORD_HANDSHAKE) {
            buf_add(stream, record.content);
        } else if (is_fatal(&record)) {
            if (stream->len == 0) *ret = (struct tls_answer){.kind = TLS_ANSWER_ALERT, .alert = (uint8_t)record.content.ptr[1]};
            return;
        }
    }
}

int tls_answer_read(struct arena *a, struct sv bytes, struct tls_answer *ret) {
    auto_buf stream = BUF_INIT(TLS_ANSWER_MAX + 1);
    *ret = (struct tls_answer){.kind = bytes.len == 0 ? TLS_ANSWER_NONE : TLS_ANSWER_CUT};
    join_records(bytes.len > TLS_ANSWER_MAX ? sv_slice(bytes, 0, TLS_ANSWER_MAX) : bytes, &stream, ret);
    if (ret->kind == TLS_ANSWER_ALERT || ret->kind == TLS_ANSWER_ALIEN || stream.len == 0) return buf_failed(&stream) ? -ENOMEM : 0;
    struct sv copy = arena_copy_sv(a, buf_sv(&stream));
    if (buf_failed(&stream) || copy.ptr == NULL) return -ENOMEM;
    read_messages(copy, ret);
    return 0;
}

bool tls_answer_is_complete(struct sv bytes) {
    auto_arena a = {.limit = (size_t)64 << 10};
    struct tls_answer answer;
    if (tls_answer_read(&a, bytes, &answer) != 0) return true;
    if (answer.kind == TLS_ANSWER_HELLO) return answer.done || answer.version >= TLS_1_3;
    return answer.kind == TLS_ANSWER_ALERT || answer.kind == TLS_ANSWER_ALIEN;
}

unsigned tls_dh_bits(struct sv key_exchange) {
    struct reader r = {.p = (const uint8_t *)key_exchange.ptr, .len = key_exchange.len};
    struct reader prime = take_part(&r, 2), generator = take_part(&r, 2), key = take_part(&r, 2);
    if (prime.short_of || generator.short_of || key.short_of || prime.len > 2048) return 0;
    while (prime.len > 0 && prime.p[0] == 0) ignore_result(take(&prime, 1) == NULL);
    unsigned bits = (unsigned)prime.len * 8;
    for (unsigned top = prime.len > 0 ? prime.p[0] : 0x80; (top & 0x80) == 0; top <<= 1) bits--;
    return bits;
}

uint16_t tls_curve(struct sv key_exchange) {
    struct reader r = {.p = (const uint8_t *)key_exchange.ptr, .len = key_exchange.len};
    bool named = take_number(&r, 1) == 3;
    uint16_t curve = (uint16_t)take_number(&r, 2);
    return named && !take_part(&r, 1).short_of ? curve : 0;
}
