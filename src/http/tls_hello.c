// SPDX-License-Identifier: Apache-2.0
#include "http/tls_hello.h"

#include "base/buf.h"

enum { RECORD_ALERT = 21, RECORD_HANDSHAKE = 22, RECORD_HEAD = 5, HANDSHAKE_HEAD = 4, CLIENT_HELLO = 1, SUITES_MAX = 160, NAME_MAX_BYTES = 253 };
enum {
    EXTENSION_SERVER_NAME = 0, EXTENSION_GROUPS = 10, EXTENSION_POINTS = 11, EXTENSION_SIGNATURES = 13, EXTENSION_ALPN = 16, EXTENSION_PADDING = 21,
    EXTENSION_VERSIONS = 43, EXTENSION_KEY_SHARE = 51, EXTENSION_RENEGOTIATION = 0xff01,
};
enum { SCSV_RENEGOTIATION = 0x00ff, SCSV_FALLBACK = 0x5600, GROUP_X25519 = 29 };

const char *const tls_end_names[TLS_END_COUNT] = {"complete", "closed", "reset", "time", "full"};

bool request_is_tls(const struct request *rq) {
    return sv_starts_with(rq->method, SV("TLS-"));
}

struct sv hex_encode(struct arena *a, struct sv bytes) {
    static const char digits[] = "0123456789abcdef";
    char *out = arena_alloc(a, bytes.len * 2 + 1);
    for (size_t i = 0; out != NULL && i < bytes.len; i++) {
        uint8_t b = (uint8_t)bytes.ptr[i];
        out[2 * i] = digits[b >> 4];
        out[2 * i + 1] = digits[b & 15];
    }
    return out == NULL ? SV_NONE : sv_make(out, bytes.len * 2);
}

static unsigned nibble(char c) {
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(sv_lower_char(c) - 'a' + 10);
}

struct sv hex_decode(struct arena *a, struct sv text) {
    if (text.len % 2 != 0 || (text.len > 0 && !sv_is_hex(text))) return SV_NONE;
    char *out = arena_alloc(a, text.len / 2 + 1);
    for (size_t i = 0; out != NULL && i < text.len / 2; i++) out[i] = (char)(nibble(text.ptr[2 * i]) << 4 | nibble(text.ptr[2 * i + 1]));
    return out == NULL ? SV_NONE : sv_make(out, text.len / 2);
}

static uint16_t u16_at(const uint8_t *p) {
    return (uint16_t)(p[0] << 8 | p[1]);
}

bool request_is_tls_probe(const struct request *rq) {
    if (!sv_eq(rq->target, SV("/")) || rq->headers.len > 0) return false;
    if (sv_eq(rq->method, TLS_METHOD_HANDSHAKE)) return rq->body.len == 0;
    if (!sv_eq(rq->method, TLS_METHOD_HELLO) || rq->body.len < 2 * (RECORD_HEAD + HANDSHAKE_HEAD) || rq->body.len > 2 * TLS_HELLO_MAX) return false;
    auto_arena a = {.limit = (size_t)64 << 10};
    struct sv bytes = hex_decode(&a, rq->body);
    if (bytes.ptr == NULL) return false;
    const uint8_t *p = (const uint8_t *)bytes.ptr;
    bool record = p[0] == RECORD_HANDSHAKE && p[1] == 3 && (size_t)u16_at(p + 3) + RECORD_HEAD == bytes.len;
    return record && p[5] == CLIENT_HELLO && p[6] == 0 && (size_t)u16_at(p + 7) + HANDSHAKE_HEAD + RECORD_HEAD == bytes.len;
}

const char *tls_version_name(uint16_t version) {
    static const char *const names[] = {"SSLv3", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"};
    return version >= TLS_SSL_3 && version <= TLS_1_3 ? names[version - TLS_SSL_3] : "an unknown version";
}

const char *tls_alert_name(uint8_t alert) {
    static const struct {
        uint8_t number;
        const char *name;
    } names[] = {
        {0, "close_notify"}, {10, "unexpected_message"}, {20, "bad_record_mac"}, {22, "record_overflow"}, {40, "handshake_failure"}, {42, "bad_certificate"},
        {47, "illegal_parameter"}, {48, "unknown_ca"}, {49, "access_denied"}, {50, "decode_error"}, {51, "decrypt_error"}, {70, "protocol_version"},
        {71, "insufficient_security"}, {80, "internal_error"}, {86, "inappropriate_fallback"}, {90, "user_canceled"}, {100, "no_renegotiation"},
        {109, "missing_extension"}, {110, "unsupported_extension"}, {112, "unrecognized_name"}, {116, "certificate_required"}, {120, "no_application_protocol"},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].number == alert) return names[i].name;
    }
    return "an unknown alert";
}

// -- writing -----------------------------------------------------------------------------------------------------------------------
static void put8(struct buf *b, unsigned value) {
    buf_add_char(b, (char)(uint8_t)value);
}

static void put16(struct buf *b, size_t value) {
    put8(b, (unsigned)(value >> 8) & 255);
    put8(b, (unsigned)value & 255);
}

static void put_bytes(struct buf *b, const uint8_t *bytes, size_t count) {
    buf_add(b, sv_make((const char *)bytes, count));
}

static void put_list(struct buf *b, unsigned extension, const uint16_t *values, size_t count) {
    put16(b, extension);
    put16(b, 2 * count + 2);
    put16(b, 2 * count);
    for (size_t i = 0; i < count; i++) put16(b, values[i]);
}

static void put_server_name(struct buf *b, struct sv name) {
    put16(b, EXTENSION_SERVER_NAME);
    put16(b, name.len + 5);
    put16(b, name.len + 3);
    put8(b, 0);
    put16(b, name.len);
    buf_add(b, name);
}

static void put_alpn(struct buf *b, struct sv protocol) {
    put16(b, EXTENSION_ALPN);
    put16(b, protocol.len + 3);
    put16(b, protocol.len + 1);
    put8(b, (unsigned)protocol.len);
    buf_add(b, protocol);
}

static void put_modern(struct buf *b, const struct tls_hello *h) {
    static const uint8_t versions[] = {0, EXTENSION_VERSIONS, 0, 3, 2, 3, 4};
    put_bytes(b, versions, sizeof versions);
    put16(b, EXTENSION_KEY_SHARE);
    put16(b, sizeof h->share + 6);
    put16(b, sizeof h->share + 4);
    put16(b, GROUP_X25519);
    put16(b, sizeof h->share);
    put_bytes(b, h->share, sizeof h->share);
}

static void put_extensions(struct buf *b, const struct tls_hello *h) {
    static const uint8_t points[] = {0, EXTENSION_POINTS, 0, 2, 1, 0};
    static const uint8_t renegotiation[] = {0xff, 0x01, 0, 1, 0};
    // ECDSA, RSA-PSS, Ed25519, RSA, and the SHA-1 forms that old servers need.
    static const uint16_t signatures[] = {0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0807, 0x0808, 0x0809, 0x080a, 0x080b,
                                          0x0401, 0x0501, 0x0601, 0x0303, 0x0301, 0x0203, 0x0201, 0x0402, 0x0202};
    if (h->server_name.len > 0 && h->server_name.len <= NAME_MAX_BYTES) put_server_name(b, h->server_name);
    if (h->group_count > 0) put_list(b, EXTENSION_GROUPS, h->groups, h->group_count);
    if (h->group_count > 0 && h->version < TLS_1_3) put_bytes(b, points, sizeof points);
    if (h->version >= TLS_1_2) put_list(b, EXTENSION_SIGNATURES, signatures, sizeof signatures / sizeof signatures[0]);
    if (h->alpn.len > 0 && h->alpn.len <= 255) put_alpn(b, h->alpn);
    if (h->version < TLS_1_3) put_bytes(b, renegotiation, sizeof renegotiation);
    else put_modern(b, h);
}

// Of a list whose length stands before it: what was written from `at` on, in two bytes.
static void set_length(struct buf *b, size_t at, size_t length) {
    if (buf_failed(b)) return;
    b->ptr[at] = (char)(uint8_t)(length >> 8);
    b->ptr[at + 1] = (char)(uint8_t)length;
}

static void put_suites(struct buf *b, const struct tls_hello *h) {
    size_t extra = (h->version == TLS_SSL_3 ? 1U : 0U) + (h->fallback ? 1U : 0U);
    put16(b, 2 * (h->suite_count + extra));
    for (size_t i = 0; i < h->suite_count; i++) put16(b, h->suites[i]);
    if (h->version == TLS_SSL_3) put16(b, SCSV_RENEGOTIATION);
    if (h->fallback) put16(b, SCSV_FALLBACK);
}

struct sv tls_hello_build(struct arena *a, const struct tls_hello *h) {
    auto_buf b = BUF_INIT(TLS_HELLO_MAX);
    if (h->suite_count > SUITES_MAX) return SV_NONE;
    bool modern = h->version >= TLS_1_3;
    put8(&b, RECORD_HANDSHAKE);
    put16(&b, h->version == TLS_SSL_3 ? TLS_SSL_3 : TLS_1_0);
    put16(&b, 0);
    put8(&b, CLIENT_HELLO);
    put8(&b, 0);
    put16(&b, 0);
    put16(&b, modern ? TLS_1_2 : h->version);
    put_bytes(&b, h->random, sizeof h->random);
    put8(&b, modern ? sizeof h->share : 0);
    if (modern) put_bytes(&b, h->share, sizeof h->share);
    put_suites(&b, h);
    put8(&b, h->deflate ? 2 : 1);
    if (h->deflate) put8(&b, 1);
    put8(&b, 0);
    if (h->version != TLS_SSL_3) {
        size_t at = b.len;
        put16(&b, 0);
        put_extensions(&b, h);
        // Hellos of 256 to 511 bytes hang in an old load balancer (RFC 7685).
        size_t body = b.len - RECORD_HEAD;
        if (body > 255 && body < 512) {
            size_t fill = body + 4 < 512 ? 512 - body - 4 : 1;
            put16(&b, EXTENSION_PADDING);
            put16(&b, fill);
            buf_add_repeat(&b, '\0', fill);
        }
        set_length(&b, at, b.len - at - 2);
    }
    set_length(&b, 3, b.len - RECORD_HEAD);
    set_length(&b, 7, b.len - RECORD_HEAD - HANDSHAKE_HEAD);
    return buf_failed(&b) ? SV_NONE : arena_copy_sv(a, buf_sv(&b));
}
