// SPDX-License-Identifier: Apache-2.0
#include "net/canary.h"

#include "support/test.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <uv.h>

#include "http/jwt.h"
#include "net/canary_request.h"
#include "net/client.h"

struct listening {
    struct arena arena;
    struct error err;
    uv_loop_t loop;
    uv_timer_t awake; // the listener alone does not keep a loop running
    struct canary *canary;
    uint16_t port;
    int calls;
    char token[80], path[600], host[600], source[80], user_agent[600];
    bool own;
    bool keyless;
};

static void keep(char *ret, size_t size, struct sv text) {
    ignore_result(snprintf(ret, size, SV_FMT, SV_ARG(text)) < 0);
}

static void on_awake(uv_timer_t *timer) {
    (void)timer;
}

static void on_call(void *context, const struct canary_call *call) {
    struct listening *l = context;
    l->calls++;
    keep(l->token, sizeof l->token, call->token);
    keep(l->path, sizeof l->path, call->path);
    keep(l->host, sizeof l->host, call->host);
    keep(l->source, sizeof l->source, call->source);
    keep(l->user_agent, sizeof l->user_agent, call->user_agent);
    l->own = call->own;
}

static struct sv a_key(void *context, struct arena *a) {
    const struct listening *l = context;
    return l->keyless ? SV_NONE : arena_copy_sv(a, SV("{\"kty\":\"RSA\"}"));
}

static void start(struct listening *l, struct sv host) {
    const struct canary_options options = {
        .listen_host = host, .scan_id = SV("scan-1"), .secret_seed = 42, .called = on_call, .public_key = a_key, .context = l};
    arena_init(&l->arena, (size_t)1 << 20);
    assert_int_equal(uv_loop_init(&l->loop), 0);
    assert_int_equal(uv_timer_init(&l->loop, &l->awake), 0);
    assert_int_equal(uv_timer_start(&l->awake, on_awake, 3600000, 0), 0);
    assert_ok(&l->err, canary_start(&l->loop, &options, &l->canary, &l->err));
    struct sv url = canary_base_url(l->canary);
    size_t colon = sv_rfind_char(url, ':');
    assert_true(colon != SIZE_MAX);
    l->port = (uint16_t)strtoul(url.ptr + colon + 1, NULL, 10);
    assert_true(l->port > 0);
}

static void stop(struct listening *l) {
    canary_stop(l->canary);
    uv_close((uv_handle_t *)&l->awake, NULL);
    assert_int_equal(uv_run(&l->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&l->loop), 0);
    arena_fini(&l->arena);
}

static int dial(const struct listening *l) {
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(l->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval brief = {.tv_usec = 1000};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &brief, sizeof brief), 0);
    return fd;
}

/* Reads until the listener closes, turning its loop meanwhile. */
static size_t read_all(struct listening *l, int fd, char *ret, size_t size) {
    size_t len = 0;
    for (int i = 0; i < 8000; i++) {
        uv_run(&l->loop, UV_RUN_NOWAIT);
        ssize_t n = recv(fd, ret + len, size - 1 - len, 0);
        if (n == 0 || (n < 0 && errno != EAGAIN))
            break;
        len += n > 0 ? (size_t)n : 0;
    }
    ret[len] = '\0';
    assert_int_equal(close(fd), 0);
    for (int i = 0; i < 5; i++)
        uv_run(&l->loop, UV_RUN_NOWAIT);
    return len;
}

static void ask(struct listening *l, const char *bytes, char *ret, size_t size) {
    int fd = dial(l);
    assert_int_equal(send(fd, bytes, strlen(bytes), MSG_NOSIGNAL), strlen(bytes));
    read_all(l, fd, ret, size);
}

static void test_secret_proves_a_full_read(void **state) {
    struct listening l = {0};
    char answer[4096];
    (void)state;
    start(&l, SV("127.0.0.1"));
    ask(&l, "GET /abcd1234?x=1 HTTP/1.1\r\nHost: h:1\r\nUser-Agent: Go-http-client/1.1\r\n\r\n", answer, sizeof answer);
    struct sv secret = canary_secret(l.canary, &l.arena, SV("abcd1234"));
    assert_int_equal(secret.len, 20);
    assert_true(sv_starts_with(sv_from(answer), SV("HTTP/1.1 200 OK\r\n")));
    assert_true(sv_ends_with(sv_from(answer), secret));
    assert_sv_equal(canary_secret_for(&l.arena, 42, SV("abcd1234")), secret);
    assert_false(sv_eq(canary_secret_for(&l.arena, 43, SV("abcd1234")), secret));
    assert_false(sv_eq(canary_secret_for(&l.arena, 42, SV("abcd1235")), secret));
    assert_int_equal(l.calls, 1);
    assert_string_equal(l.token, "abcd1234");
    assert_string_equal(l.path, "/abcd1234?x=1");
    assert_string_equal(l.host, "h:1");
    assert_string_equal(l.user_agent, "Go-http-client/1.1");
    assert_int_equal(strncmp(l.source, "127.0.0.1:", 10), 0);
    assert_false(l.own);
    ask(&l, "HEAD /abcd1234 HTTP/1.1\r\nX-Plumbline-Scan: scan-1\r\n\r\n", answer, sizeof answer);
    assert_true(l.own);
    assert_null(strstr(answer, secret.ptr));
    stop(&l);
}

static void test_redirects(void **state) {
    struct listening l = {0};
    char answer[4096];
    (void)state;
    start(&l, SV("127.0.0.1"));
    struct sv to = base64_encode(&l.arena, SV("http://169.254.169.254/latest/"), true, false);
    struct sv line = arena_printf(&l.arena, "GET /abcd1234/to/" SV_FMT "/307 HTTP/1.1\r\n\r\n", SV_ARG(to));
    ask(&l, line.ptr, answer, sizeof answer);
    assert_non_null(strstr(answer, "HTTP/1.1 307 "));
    assert_non_null(strstr(answer, "\r\nLocation: http://169.254.169.254/latest/\r\n"));
    assert_string_equal(l.token, "abcd1234");
    line = arena_printf(&l.arena, "GET /abcd1234/to/" SV_FMT "/200 HTTP/1.1\r\n\r\n", SV_ARG(to));
    ask(&l, line.ptr, answer, sizeof answer);
    assert_non_null(strstr(answer, "HTTP/1.1 404 "));
    to = base64_encode(&l.arena, SV("http://x/\r\nSet-Cookie: a=b"), true, false);
    line = arena_printf(&l.arena, "GET /abcd1234/to/" SV_FMT "/302 HTTP/1.1\r\n\r\n", SV_ARG(to));
    ask(&l, line.ptr, answer, sizeof answer);
    assert_non_null(strstr(answer, "HTTP/1.1 404 "));
    assert_null(strstr(answer, "Set-Cookie"));
    stop(&l);
}

static void test_everything_else_is_not_found(void **state) {
    struct listening l = {0};
    char answer[4096];
    (void)state;
    start(&l, SV("127.0.0.1"));
    ask(&l, "GET /favicon.ico HTTP/1.1\r\n\r\n", answer, sizeof answer);
    assert_non_null(strstr(answer, "HTTP/1.1 404 "));
    assert_int_equal(l.calls, 1); // told, because the token may stand in host or query
    assert_string_equal(l.token, "");
    ask(&l, "NONSENSE\r\n\r\n", answer, sizeof answer);
    assert_non_null(strstr(answer, "HTTP/1.1 400 "));
    assert_int_equal(l.calls, 1);
    stop(&l);
}

static void test_requests_are_bounded(void **state) {
    struct listening l = {0};
    char answer[4096];
    char *long_request = malloc(20001);
    (void)state;
    assert_non_null(long_request);
    start(&l, SV("127.0.0.1"));
    memset(long_request, 'a', 20000);
    long_request[20000] = '\0';
    memcpy(long_request, "GET /", 5);
    ask(&l, long_request, answer, sizeof answer);
    assert_non_null(strstr(answer, "HTTP/1.1 400 "));
    memcpy(long_request + 12000, " HTTP/1.1\r\n\r\n", 14);
    ask(&l, long_request, answer, sizeof answer);
    assert_int_equal(strlen(l.path), 512);
    free(long_request);
    stop(&l);
}

static void test_places_are_bounded_and_come_back(void **state) {
    struct listening l = {0};
    char answer[4096];
    int idle[64];
    (void)state;
    start(&l, SV("127.0.0.1"));
    for (size_t i = 0; i < 64; i++)
        idle[i] = dial(&l);
    for (int i = 0; i < 100; i++)
        uv_run(&l.loop, UV_RUN_NOWAIT);
    int waiting = dial(&l);
    const char request[] = "GET /abcd1234 HTTP/1.1\r\n\r\n";
    assert_int_equal(send(waiting, request, sizeof request - 1, MSG_NOSIGNAL), sizeof request - 1);
    for (int i = 0; i < 20; i++)
        uv_run(&l.loop, UV_RUN_NOWAIT);
    assert_int_equal(l.calls, 0); // all places are taken
    assert_int_equal(close(idle[0]), 0);
    read_all(&l, waiting, answer, sizeof answer);
    assert_int_equal(l.calls, 1);
    assert_non_null(strstr(answer, "HTTP/1.1 200 OK"));
    for (size_t i = 1; i < 64; i++)
        assert_int_equal(close(idle[i]), 0);
    stop(&l);
}

static void test_slow_caller_is_cut(void **state) {
    struct listening l = {0};
    (void)state;
    start(&l, SV("127.0.0.1"));
    int fd = dial(&l);
    assert_int_equal(send(fd, "GET /abcd", 9, MSG_NOSIGNAL), 9);
    usec_t begin = clock_monotonic();
    char rest[64];
    assert_int_equal(read_all(&l, fd, rest, sizeof rest), 0);
    assert_in_range(clock_monotonic() - begin, 4 * USEC_PER_SEC, 7 * USEC_PER_SEC);
    assert_int_equal(l.calls, 0);
    stop(&l);
}

static void test_bad_places(void **state) {
    struct listening l = {0};
    struct canary *second = NULL;
    (void)state;
    start(&l, SV("127.0.0.1"));
    const struct canary_options taken = {.listen_host = SV("127.0.0.1"), .port = l.port};
    const struct canary_options name = {.listen_host = SV("localhost")};
    assert_error(&l.err, UV_EADDRINUSE, canary_start(&l.loop, &taken, &second, &l.err));
    assert_error(&l.err, ERR_USAGE, canary_start(&l.loop, &name, &second, &l.err));
    stop(&l);
}

static void test_ipv6_and_public_url(void **state) {
    struct listening l = {0}, m = {0};
    (void)state;
    start(&l, SV("::1"));
    assert_true(sv_starts_with(canary_base_url(l.canary), SV("http://[::1]:")));
    stop(&l);
    const struct canary_options options = {.listen_host = SV("127.0.0.1"), .public_url = SV("https://c.example/")};
    assert_int_equal(uv_loop_init(&m.loop), 0);
    assert_int_equal(uv_timer_init(&m.loop, &m.awake), 0);
    assert_ok(&m.err, canary_start(&m.loop, &options, &m.canary, &m.err));
    assert_sv_text(canary_base_url(m.canary), "https://c.example");
    stop(&m);
}

static void test_local_address(void **state) {
    struct arena *a = *state;
    struct error err;
    struct sv address;
    assert_ok(&err, canary_local_address(a, SV("127.0.0.1"), &address, &err));
    assert_sv_text(address, "127.0.0.1");
    assert_ok(&err, canary_local_address(a, SV("::1"), &address, &err));
    assert_sv_text(address, "::1");
    assert_error(&err, ERR_USAGE, canary_local_address(a, SV("example"), &address, &err));
}

static void test_key_set(void **state) {
    struct listening l = {0};
    char answer[4096];
    (void)state;
    start(&l, SV("127.0.0.1"));
    ask(&l, "GET /abcd1234/jwks.json HTTP/1.1\r\nHost: h:1\r\n\r\n", answer, sizeof answer);
    assert_true(sv_contains(sv_from(answer), SV("\r\nContent-Type: application/json\r\n")));
    assert_true(sv_ends_with(sv_from(answer), SV("\r\n\r\n{\"keys\":[{\"kty\":\"RSA\"}]}")));
    assert_string_equal(l.token, "abcd1234");
    ask(&l, "GET /abcd1234/jwks.jsonx HTTP/1.1\r\nHost: h:1\r\n\r\n", answer, sizeof answer);
    assert_true(sv_starts_with(sv_from(answer), SV("HTTP/1.1 404 ")));
    l.keyless = true;
    ask(&l, "GET /abcd1234/jwks.json HTTP/1.1\r\nHost: h:1\r\n\r\n", answer, sizeof answer);
    assert_true(sv_ends_with(sv_from(answer), canary_secret(l.canary, &l.arena, SV("abcd1234"))));
    stop(&l);
}

static void test_parser(void **state) {
    struct canary_request r;
    struct canary_target t;
    struct sv whole = SV("GET http://h/abcd1234 HTTP/1.1\r\nhost:  a \r\n\r\n");
    for (size_t i = 0; i < whole.len; i++)
        assert_int_equal(canary_request_parse(sv_slice(whole, 0, i), &r), CANARY_MORE);
    assert_int_equal(canary_request_parse(whole, &r), CANARY_COMPLETE);
    assert_sv_text(r.target, "/abcd1234");
    assert_sv_text(r.host, "a");
    assert_int_equal(canary_request_parse(SV("GET / HTTP/2\r\n\r\n"), &r), CANARY_BAD);
    assert_int_equal(canary_request_parse(SV("GET /\x01 HTTP/1.1\r\n\r\n"), &r), CANARY_BAD);
    assert_int_equal(canary_request_parse(SV("\r\n\r\n"), &r), CANARY_BAD);
    canary_target_parse(*state, SV("/ABCD1234"), &t);
    assert_false(t.known);
    canary_target_parse(*state, SV("/abcd1234/other"), &t);
    assert_false(t.known);
    assert_sv_text(t.token, "abcd1234");
    canary_target_parse(*state, SV("*"), &t);
    assert_false(t.known);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_secret_proves_a_full_read),
    cmocka_unit_test(test_redirects),
    cmocka_unit_test(test_key_set),
    cmocka_unit_test(test_everything_else_is_not_found),
    cmocka_unit_test(test_requests_are_bounded),
    cmocka_unit_test(test_places_are_bounded_and_come_back),
    cmocka_unit_test(test_slow_caller_is_cut),
    cmocka_unit_test(test_bad_places),
    cmocka_unit_test(test_ipv6_and_public_url),
    test_with_arena(test_local_address),
    test_with_arena(test_parser),
};
TEST_MAIN(tests)
