// SPDX-License-Identifier: Apache-2.0
#include "tls_fake.h"

#include "base/buf.h"
#include "base/random.h"
#include "http/tls_hello.h"
#include "support/test.h"

struct asked {
    uint16_t version;
    const uint8_t *suites;
    size_t suite_count;
    bool modern, deflate, fallback, renegotiation;
    uint16_t groups[40];
    size_t group_count;
};

static uint16_t u16(const uint8_t *p) {
    return (uint16_t)(p[0] << 8 | p[1]);
}

static void read_extensions(const uint8_t *p, const uint8_t *end, struct asked *ret) {
    while (p + 4 <= end) {
        uint16_t type = u16(p), length = u16(p + 2);
        p += 4;
        assert_true(p + length <= end);
        if (type == 43) ret->modern = true;
        if (type == 0xff01) ret->renegotiation = true;
        for (size_t i = 2; type == 10 && i + 2 <= length && ret->group_count < 40; i += 2) ret->groups[ret->group_count++] = u16(p + i);
        p += length;
    }
    assert_true(p == end);
}

// Reads strictly: what is built wrong fails the test here.
static void read_client_hello(struct sv bytes, struct asked *ret) {
    const uint8_t *p = (const uint8_t *)bytes.ptr, *end = p + bytes.len;
    *ret = (struct asked){0};
    assert_int_equal(p[0], 22);
    assert_int_equal(u16(p + 3) + 5, bytes.len);
    ret->version = u16(p + 9);
    p += 11 + 32;
    p += 1 + p[0];
    ret->suite_count = u16(p) / 2;
    ret->suites = p + 2;
    p += 2 + u16(p);
    for (size_t i = 0; i < ret->suite_count; i++) {
        ret->fallback = ret->fallback || u16(ret->suites + 2 * i) == 0x5600;
        ret->renegotiation = ret->renegotiation || u16(ret->suites + 2 * i) == 0x00ff;
    }
    for (unsigned i = 0; i < p[0]; i++) ret->deflate = ret->deflate || p[1 + i] == 1;
    p += 1 + p[0];
    if (p == end) return;
    assert_int_equal(u16(p) + 2, end - p);
    read_extensions(p + 2, end, ret);
}

static void put16(struct buf *b, size_t v) {
    buf_add_char(b, (char)(uint8_t)(v >> 8));
    buf_add_char(b, (char)(uint8_t)v);
}

static void put_record(struct buf *b, unsigned type, uint16_t version, struct sv content) {
    buf_add_char(b, (char)(uint8_t)type);
    put16(b, version);
    put16(b, content.len);
    buf_add(b, content);
}

static void put_message(struct buf *b, unsigned type, struct sv body) {
    buf_add_char(b, (char)(uint8_t)type);
    buf_add_char(b, 0);
    put16(b, body.len);
    buf_add(b, body);
}

static bool is_finite(uint16_t suite) {
    static const uint16_t numbers[] = {0x33, 0x39, 0x9e, 0x9f, 0x16, 0x14};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (numbers[i] == suite) return true;
    }
    return false;
}

static bool is_curve(uint16_t suite) {
    return suite >> 8 == 0xc0 || suite == 0xcca8 || suite == 0xcca9;
}

// The curve that both have, 0 when none.
static uint16_t common_curve(const struct tls_fake *f, const struct asked *q) {
    static const uint16_t usual[4] = {29, 23};
    const uint16_t *own = f->curves[0] != 0 ? f->curves : usual;
    for (size_t i = 0; i < 4 && own[i] != 0; i++) {
        for (size_t k = 0; k < q->group_count; k++) {
            if (q->groups[k] == own[i]) return own[i];
        }
    }
    return q->group_count == 0 ? own[0] : 0;
}

static uint16_t choose(const struct tls_fake *f, const struct asked *q) {
    for (size_t i = 0; i < 16 && f->suites[i] != 0; i++) {
        if (is_curve(f->suites[i]) && common_curve(f, q) == 0) continue;
        for (size_t k = 0; k < q->suite_count; k++) {
            if (u16(q->suites + 2 * k) == f->suites[i]) return f->suites[i];
        }
    }
    return 0;
}

static void put_key_exchange(struct tls_fake *f, const struct asked *q, uint16_t suite, struct buf *messages) {
    auto_buf body = BUF_INIT(8192);
    if (is_finite(suite)) {
        put16(&body, f->dh_bits / 8);
        buf_add_repeat(&body, (char)0xc5, f->dh_bits / 8);
        buf_add(&body, SV("\0\1\2\0\1\7"));
    } else if (is_curve(suite)) {
        buf_add_char(&body, 3);
        put16(&body, common_curve(f, q));
        buf_add(&body, SV("\4abcd\0\0"));
    }
    if (body.len > 0) put_message(messages, 12, buf_sv(&body));
}

static void put_server_hello(struct tls_fake *f, const struct asked *q, uint16_t version, uint16_t suite, struct buf *out) {
    auto_buf hello = BUF_INIT(1024), messages = BUF_INIT(16384);
    struct rng rng;
    rng_init(&rng, f->habit == FAKE_CANNED ? 1 : ++f->dice);
    put16(&hello, version == TLS_1_3 ? TLS_1_2 : version);
    for (size_t i = 0; i < 32; i++) buf_add_char(&hello, (char)(uint8_t)rng_next(&rng));
    buf_add_char(&hello, 0);
    put16(&hello, suite);
    buf_add_char(&hello, f->compresses && q->deflate ? 1 : 0);
    if (version == TLS_1_3) buf_add(&hello, SV("\0\6\0\53\0\2\3\4"));
    else if (q->renegotiation && !f->no_renegotiation_info) buf_add(&hello, SV("\0\5\377\1\0\1\0"));
    put_message(&messages, 2, buf_sv(&hello));
    if (version != TLS_1_3) {
        put_message(&messages, 11, SV("\0\0\3\0\0\0"));
        put_key_exchange(f, q, suite, &messages);
        put_message(&messages, 14, SV(""));
    }
    // Several messages in records of 100 bytes, as a server may cut them.
    for (size_t at = 0; at < messages.len; at += 100) put_record(out, 22, version == TLS_1_3 ? TLS_1_2 : version, sv_slice(buf_sv(&messages), at, at + 100));
}

static void put_alert(struct buf *out, uint16_t version, unsigned alert) {
    const char content[2] = {2, (char)(uint8_t)alert};
    put_record(out, 21, version, sv_make(content, 2));
}

static void answer_honestly(struct tls_fake *f, const struct asked *q, struct buf *out) {
    uint16_t version = q->version < f->highest ? q->version : f->highest;
    if (q->modern && f->modern) put_server_hello(f, q, TLS_1_3, u16(q->suites), out);
    else if (q->version < f->lowest) put_alert(out, q->version, 70);
    else if (q->fallback && !f->ignores_fallback && (f->modern || version < f->highest)) put_alert(out, version, 86);
    else if (choose(f, q) == 0) put_alert(out, version, 40);
    else put_server_hello(f, q, version, choose(f, q), out);
}

static enum tls_end misbehave(struct tls_fake *f, const struct asked *q, struct arena *a, struct buf *out) {
    struct rng rng;
    rng_init(&rng, ++f->dice);
    switch (f->habit) {
    case FAKE_SILENT:
        return TLS_END_TIME;
    case FAKE_GARBAGE:
        buf_add(out, rng_word(&rng, a, 900));
        return TLS_END_COMPLETE;
    case FAKE_HTTP:
        buf_add(out, SV("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));
        return TLS_END_COMPLETE;
    case FAKE_AGREES:
        put_server_hello(f, q, TLS_1_2, u16(q->suites), out);
        return TLS_END_COMPLETE;
    case FAKE_HONEST:
    case FAKE_RESETS:
    case FAKE_CUT:
    case FAKE_CANNED:
        break;
    }
    answer_honestly(f, q, out);
    if (f->habit == FAKE_RESETS && out->len == 7) buf_clear(out);
    if (f->habit == FAKE_CUT) buf_truncate(out, out->len / 8);
    return out->len == 0 ? TLS_END_RESET : f->habit == FAKE_CUT ? TLS_END_TIME : TLS_END_COMPLETE;
}

static void serve_hello(struct tls_fake *f, struct arena *a, struct sv body, struct response *ret) {
    auto_buf out = BUF_INIT(32768);
    struct asked q;
    f->hellos++;
    read_client_hello(hex_decode(a, body), &q);
    enum tls_end end = misbehave(f, &q, a, &out);
    ret->status = 200;
    ret->reason = sv_from(tls_end_names[end]);
    ret->body = hex_encode(a, buf_sv(&out));
}

static void serve_handshake(struct tls_fake *f, struct arena *a, struct response *ret) {
    static const char good[] = "{\"version\":\"TLSv1.3\",\"verified\":true,\"verify_code\":0,\"verify\":\"ok\",\"name_matches\":true,\"chain\":[{\"subject\":\"CN=api\","
                               "\"ends_in\":5000000,\"starts_in\":-2000000,\"key_type\":\"EC\",\"key_bits\":256,\"digest\":\"SHA256\",\"self_signed\":false,\"san\":[]}]}";
    f->handshakes++;
    ret->status = 200;
    ret->reason = SV("complete");
    ret->body = arena_copy_sv(a, sv_from(f->handshake != NULL ? f->handshake : good));
}

void tls_fake_serve(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct tls_fake *f = state;
    (void)sim;
    if (request_is_tls(o->request)) {
        if (!request_is_tls_probe(o->request) || o->identity != 0 || o->identity_headers->len > 0) f->strangers++;
        if (sv_eq(o->request->method, TLS_METHOD_HELLO)) serve_hello(f, a, o->request->body, ret);
        else serve_handshake(f, a, ret);
    } else if (sv_eq(sim_path(o), SV("/"))) {
        sim_json(a, ret, 200, "{\"ok\":true}");
    } else {
        sim_json(a, ret, 404, "{\"error\":\"not found\"}");
    }
}

struct scan_result tls_fake_scan(struct arena *a, struct tls_fake *f, const char *record_dir) {
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = tls_fake_serve, .state = f, .only = "tls", .mode = f->active ? MODE_ACTIVE : MODE_SAFE, .record_dir = record_dir, .no_canary = true,
                                  .target = f->target != NULL ? f->target : "https://api.example.org/"};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    assert_int_equal(f->strangers, 0);
    assert_true(f->hellos + f->handshakes <= 40);
    return r;
}
