// SPDX-License-Identifier: Apache-2.0
// Answers without end, half answers, bombs and silence.
#include "fetch.h"

#include <arpa/inet.h>
#include <brotli/encode.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include "net/decode.h"

static const struct net_options small = {.body_cap = 10000, .header_cap = 4000, .user_agent = "t"};

static void test_body_cap(void **state) {
    struct fixture f = {0};
    (void)state;
    fixture_start(&f, serve_endless, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", &small);
    const struct net_result *r = fixture_fetch(&f);
    assert_int_equal(r->outcome, OUTCOME_DONE);
    assert_int_equal(r->response.flags, RESPONSE_BODY_CUT);
    assert_int_equal(r->response.body.len, 10000);
    f.server.answer = "HTTP/1.1 200 OK\r\n\r\n"; // until the connection ends, which is never
    r = fixture_fetch(&f);
    assert_int_equal(r->response.flags, RESPONSE_BODY_CUT);
    assert_int_equal(r->response.body.len, 10000);
    f.server.answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\n";
    r = fixture_fetch(&f);
    assert_int_equal(r->response.flags, RESPONSE_BODY_CUT);
    fixture_stop(&f);
}

static void test_body_of_exactly_the_cap(void **state) {
    struct fixture f = {0};
    char answer[10100];
    (void)state;
    int head = snprintf(answer, sizeof answer, "HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n");
    memset(answer + head, 'y', 10000);
    f.server.answer_len = (size_t)head + 10000;
    fixture_start(&f, serve_answer, answer, &small);
    const struct net_result *r = fixture_fetch(&f);
    assert_int_equal(r->response.flags, 0);
    assert_int_equal(r->response.body.len, 10000);
    fixture_stop(&f);
}

static void serve_endless_headers(struct server_conn *c) {
    if (!conn_read_request(c) || !conn_text(c, c->server->answer))
        return;
    while (conn_text(c, c->server->repeat == 1 ? "A:b\r\n" : "X-Filler: 0123456789012345678901234567890123456789\r\n")) {
    }
}

static void test_endless_headers(void **state) {
    struct fixture f = {0};
    (void)state;
    fixture_start(&f, serve_endless_headers, "HTTP/1.1 201 Created\r\nServer: z\r\n", &small);
    const struct net_result *r = fixture_fetch(&f);
    assert_int_equal(r->outcome, OUTCOME_DONE);
    assert_int_equal(r->response.status, 201);
    assert_int_equal(r->response.flags, RESPONSE_HEADERS_CUT);
    assert_sv_text(r->response.headers.ptr[0].name, "Server");
    assert_true(r->response.headers.len > 50 && r->response.headers.len < 120);
    fixture_stop(&f);
}

static void test_too_many_header_lines(void **state) {
    struct fixture f = {0};
    (void)state;
    f.server.repeat = 1;
    fixture_start(&f, serve_endless_headers, "HTTP/1.1 200 OK\r\n", NULL); // 256 KiB would take 52,000 of these lines
    const struct net_result *r = fixture_fetch(&f);
    assert_int_equal(r->response.flags, RESPONSE_HEADERS_CUT);
    assert_int_equal(r->response.headers.len, 999);
    fixture_stop(&f);
}

static void serve_long_line(struct server_conn *c) {
    if (!conn_read_request(c) || !conn_text(c, "HTTP/1.1 200 OK\r\nX-Long: "))
        return;
    while (conn_text(c, "0123456789012345678901234567890123456789")) {
    }
}

static void test_endless_header_line(void **state) {
    struct fixture f = {0};
    (void)state;
    fixture_start(&f, serve_long_line, "", NULL);
    const struct net_result *r = fixture_fetch(&f);
    assert_int_equal(r->outcome, OUTCOME_DONE);
    assert_int_equal(r->response.status, 200);
    assert_int_equal(r->response.flags, RESPONSE_HEADERS_CUT);
    fixture_stop(&f);
}

static void serve_interim_flood(struct server_conn *c) {
    if (!conn_read_request(c))
        return;
    while (conn_text(c, "HTTP/1.1 102 Processing\r\nA: b\r\n\r\n")) {
    }
}

static void test_interim_flood(void **state) {
    struct fixture f = {0};
    (void)state;
    fixture_start(&f, serve_interim_flood, "", NULL);
    const struct net_result *r = fixture_fetch(&f);
    assert_int_equal(r->outcome, OUTCOME_PROTOCOL);
    assert_detail(r, "interim answers without end");
    fixture_stop(&f);
}

static void test_switching_protocols_ends_it(void **state) {
    struct fixture f = {0};
    (void)state;
    fixture_start(&f, serve_endless, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", NULL);
    const struct net_result *r = fixture_fetch(&f);
    assert_int_equal(r->outcome, OUTCOME_DONE);
    assert_int_equal(r->response.status, 101);
    assert_int_equal(r->response.body.len, 0);
    fixture_stop(&f);
}

static void test_half_answers(void **state) {
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n",
    };
    struct fixture f = {0};
    (void)state;
    fixture_start(&f, serve_answer_close, "", NULL);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        f.server.answer = answers[i];
        const struct net_result *r = fixture_fetch(&f);
        assert_int_equal(r->outcome, OUTCOME_DONE);
        assert_int_equal(r->response.flags, RESPONSE_INCOMPLETE);
        assert_sv_text(r->response.body, "half");
    }
    f.server.answer = "HTTP/1.1 200 OK\r\nContent-Le";
    assert_int_equal(fixture_fetch(&f)->outcome, OUTCOME_CLOSED);
    f.server.answer = "HTTP/1.1 200 OK\r\n\r\nwhole by the end of the connection";
    assert_int_equal(fixture_fetch(&f)->response.flags, 0);
    fixture_stop(&f);
}

static void serve_drip(struct server_conn *c) {
    if (!conn_read_request(c) || !conn_text(c, c->server->answer))
        return;
    while (conn_text(c, "."))
        ignore_result(usleep(20000));
}

static void test_timeouts(void **state) {
    const struct net_options quick = {
        .first_byte_timeout = 150 * USEC_PER_MSEC, .total_timeout = 400 * USEC_PER_MSEC, .user_agent = "t"};
    struct fixture f = {0};
    (void)state;
    fixture_start(&f, serve_silence, "", &quick);
    usec_t start = clock_monotonic();
    const struct net_result *r = fixture_fetch(&f);
    assert_int_equal(r->outcome, OUTCOME_TIMEOUT);
    assert_detail(r, "sent nothing for 0.1 s");
    assert_true(clock_monotonic() - start < 390 * USEC_PER_MSEC);
    f.server.serve = serve_drip;
    f.server.answer = "HTTP/1.1 200 OK\r\nX-Drip: "; // the head never ends
    r = fixture_fetch(&f);
    assert_int_equal(r->outcome, OUTCOME_TIMEOUT);
    assert_detail(r, "no whole answer within 0.4 s");
    f.server.answer = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n";
    start = clock_monotonic();
    r = fixture_fetch(&f);
    assert_true(clock_monotonic() - start >= 400 * USEC_PER_MSEC);
    assert_true(clock_monotonic() - start < 2 * USEC_PER_SEC);
    assert_int_equal(r->outcome, OUTCOME_DONE);
    assert_int_equal(r->response.flags, RESPONSE_INCOMPLETE);
    assert_detail(r, "still sending after 0.4 s");
    assert_true(r->response.body.len > 5);
    fixture_stop(&f);
}

static void test_connect_timeout(void **state) {
    // A full queue of waiting connections: the kernel drops further ones.
    const struct net_options quick = {.connect_timeout = 200 * USEC_PER_MSEC};
    struct fixture f = {0};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fillers[4];
    (void)state;
    fixture_start(&f, serve_answer, "", &quick);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(listener, 0), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
    for (size_t i = 0; i < 4; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        ignore_result(connect(fillers[i], (struct sockaddr *)&address, len));
    }
    f.origin.port = ntohs(address.sin_port);
    const struct net_result *r = fixture_fetch(&f);
    assert_int_equal(r->outcome, OUTCOME_TIMEOUT);
    assert_detail(r, "no connection to 127.0.0.1:");
    for (size_t i = 0; i < 4; i++)
        ignore_result(close(fillers[i]));
    ignore_result(close(listener));
    fixture_stop(&f);
}

static void serve_after_pause(struct server_conn *c) {
    if (!conn_read_request(c))
        return;
    ignore_result(usleep(60000));
    ignore_result(!conn_text(c, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab"));
    ignore_result(usleep(60000));
    ignore_result(!conn_text(c, "cd"));
}

static void test_times_are_measured(void **state) {
    struct fixture f = {0};
    (void)state;
    fixture_start(&f, serve_after_pause, "", NULL);
    const struct net_result *r = fixture_fetch(&f);
    assert_sv_text(r->response.body, "abcd");
    assert_in_range(r->response.first_byte, 55000, 1000000);
    assert_in_range(r->response.total, r->response.first_byte + 50000, 2000000);
    fixture_stop(&f);
}

/* `bytes` packed as gzip (31), zlib (15) or bare deflate (-15). */
static struct sv pack(struct arena *a, const char *bytes, size_t len, int window_bits) {
    z_stream z = {0};
    size_t cap = len / 2 + 4096;
    unsigned char *out = arena_alloc(a, cap);
    unsigned char *in = arena_alloc(a, len + 1);
    assert_non_null(out);
    assert_non_null(in);
    memcpy(in, bytes, len);
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = in;
    z.avail_in = (uInt)len;
    z.next_out = out;
    z.avail_out = (uInt)cap;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t packed = cap - z.avail_out;
    assert_int_equal(deflateEnd(&z), Z_OK);
    return sv_make((const char *)out, packed);
}

static struct sv pack_brotli(struct arena *a, const char *bytes, size_t len) {
    size_t cap = len + 1024;
    uint8_t *out = arena_alloc(a, cap);
    assert_non_null(out);
    assert_int_equal(BrotliEncoderCompress(3, 22, BROTLI_MODE_GENERIC, len, (const uint8_t *)bytes, &cap, out), BROTLI_TRUE);
    return sv_make((const char *)out, cap);
}

static void test_decode(void **state) {
    struct arena *a = *state;
    auto_buf out = BUF_INIT(1000);
    const char *text = "forty-two forty-two forty-two forty-two";
    size_t len = strlen(text);
    struct sv gz = pack(a, text, len, 31), twice = pack(a, gz.ptr, gz.len, 15);
    assert_int_equal(decode_content(SV("gzip"), gz, &out), DECODE_DONE);
    assert_sv_equal(buf_sv(&out), sv_from(text));
    assert_int_equal(decode_content(SV(" X-GZIP , identity"), gz, &out), DECODE_DONE);
    assert_int_equal(decode_content(SV("deflate"), pack(a, text, len, 15), &out), DECODE_DONE);
    assert_sv_equal(buf_sv(&out), sv_from(text));
    assert_int_equal(decode_content(SV("deflate"), pack(a, text, len, -15), &out), DECODE_DONE);
    assert_sv_equal(buf_sv(&out), sv_from(text));
    assert_int_equal(decode_content(SV("br"), pack_brotli(a, text, len), &out), DECODE_DONE);
    assert_sv_equal(buf_sv(&out), sv_from(text));
    assert_int_equal(decode_content(SV("gzip, deflate"), twice, &out), DECODE_DONE);
    assert_sv_equal(buf_sv(&out), sv_from(text));
    assert_int_equal(decode_content(SV("identity"), sv_from(text), &out), DECODE_PLAIN);
    assert_int_equal(decode_content(SV("zstd"), gz, &out), DECODE_BAD);
    assert_int_equal(decode_content(SV("gzip"), sv_from(text), &out), DECODE_BAD);
    assert_int_equal(decode_content(SV("br"), SV("\xff\xff\xff\xff\xff"), &out), DECODE_BAD);
    assert_int_equal(decode_content(SV("gzip,gzip,gzip,gzip"), gz, &out), DECODE_BAD);
    assert_int_equal(decode_content(SV("gzip"), sv_slice(gz, 0, gz.len - 12), &out), DECODE_PARTIAL);
}

static void answer_with(struct fixture *f, const char *coding, struct sv body) {
    struct sv head = arena_printf(&f->arena, "HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %zu\r\n\r\n", coding, body.len);
    char *all = arena_alloc(&f->arena, head.len + body.len);
    assert_non_null(all);
    memcpy(all, head.ptr, head.len);
    memcpy(all + head.len, body.ptr, body.len);
    f->server.answer = all;
    f->server.answer_len = head.len + body.len;
}

static void test_bombs(void **state) {
    struct fixture f = {0};
    struct arena *a = *state;
    size_t len = (size_t)16 << 20;
    char *zeros = arena_alloc(a, len);
    assert_non_null(zeros);
    fixture_start(&f, serve_answer_close, "", NULL);
    struct sv gz = pack(a, zeros, len, 31), br = pack_brotli(a, zeros, len);
    const struct {
        const char *coding;
        struct sv body;
    } bombs[] = {{"gzip", gz}, {"br", br}, {"gzip, br", pack_brotli(a, gz.ptr, gz.len)}};
    for (size_t i = 0; i < sizeof bombs / sizeof *bombs; i++) {
        answer_with(&f, bombs[i].coding, bombs[i].body);
        const struct net_result *r = fixture_fetch(&f);
        assert_int_equal(r->outcome, OUTCOME_DONE);
        assert_int_equal(r->response.flags, RESPONSE_BODY_CUT);
        assert_int_equal(r->response.body.len, (size_t)4 << 20);
        arena_clear(&f.arena);
    }
    fixture_stop(&f);
}

static void test_encodings_of_answers(void **state) {
    struct fixture f = {0};
    struct arena *a = *state;
    fixture_start(&f, serve_answer_close, "", NULL);
    struct sv gz = pack(a, "{\"ok\":true}", 11, 31);
    answer_with(&f, "gzip", gz);
    const struct net_result *r = fixture_fetch(&f);
    assert_int_equal(r->response.flags, 0);
    assert_sv_text(r->response.body, "{\"ok\":true}");
    answer_with(&f, "gzip", SV("plain after all"));
    r = fixture_fetch(&f);
    assert_int_equal(r->outcome, OUTCOME_DONE);
    assert_int_equal(r->response.flags, RESPONSE_BAD_ENCODING);
    assert_sv_text(r->response.body, "plain after all");
    answer_with(&f, "gzip", sv_slice(gz, 0, gz.len - 6));
    assert_int_equal(fixture_fetch(&f)->response.flags, RESPONSE_INCOMPLETE);
    fixture_stop(&f);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_body_cap),
    cmocka_unit_test(test_body_of_exactly_the_cap),
    cmocka_unit_test(test_endless_headers),
    cmocka_unit_test(test_too_many_header_lines),
    cmocka_unit_test(test_endless_header_line),
    cmocka_unit_test(test_interim_flood),
    cmocka_unit_test(test_switching_protocols_ends_it),
    cmocka_unit_test(test_half_answers),
    cmocka_unit_test(test_timeouts),
    cmocka_unit_test(test_connect_timeout),
    cmocka_unit_test(test_times_are_measured),
    test_with_arena(test_decode),
    test_with_arena(test_bombs),
    test_with_arena(test_encodings_of_answers),
};
TEST_MAIN(tests)
