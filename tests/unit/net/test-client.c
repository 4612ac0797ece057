// SPDX-License-Identifier: Apache-2.0
#include "fetch.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "http/header.h"

static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-One: 1\r\nX-Two:  two \r\n\r\nhi";

static void test_request_bytes(void **state) {
    struct fixture f = {0};
    (void)state;
    fixture_start(&f, serve_answer, ok, NULL);
    f.request.target = SV("/a/../b//%2e%2E;x/\xff?y=a%zz'\"{}&&=#f");
    fixture_header(&f, SV("X-B"), SV("2"));
    fixture_header(&f, SV("x-a"), SV(""));
    fixture_header(&f, SV("X-B"), SV("3"));
    const struct net_result *r = fixture_fetch(&f);
    assert_int_equal(r->outcome, OUTCOME_DONE);
    char want[512];
    ignore_result(snprintf(want, sizeof want,
                           "GET /a/../b//%%2e%%2E;x/\xff?y=a%%zz'\"{}&&=#f HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
                           "User-Agent: plumbline/test\r\nAccept-Encoding: gzip, br, deflate\r\nX-B: 2\r\nx-a:\r\nX-B: 3\r\n\r\n",
                           (unsigned)f.server.port) < 0);
    assert_string_equal(f.server.last_request, want);
    fixture_stop(&f);
}

static void test_response_fields(void **state) {
    struct fixture f = {0};
    (void)state;
    fixture_start(&f, serve_answer,
                  "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.0 404 Not  Found\r\nA: 1\r\nset-cookie: x\r\n  folded\r\n"
                  "A:2\r\nEmpty:\r\nContent-Length: 3\r\n\r\nabc",
                  NULL);
    const struct net_result *r = fixture_fetch(&f);
    assert_int_equal(r->outcome, OUTCOME_DONE);
    assert_int_equal(r->response.status, 404);
    assert_int_equal(r->response.http_major, 1);
    assert_int_equal(r->response.http_minor, 0);
    assert_int_equal(r->response.flags, 0);
    assert_sv_text(r->response.reason, "Not  Found");
    assert_sv_text(r->response.body, "abc");
    assert_sv_text(r->peer_address, "127.0.0.1");
    assert_int_equal(r->response.headers.len, 5);
    assert_sv_text(r->response.headers.ptr[0].name, "A");
    assert_sv_text(header_find_nth(&r->response.headers, SV("a"), 1), "2");
    assert_sv_text(header_find(&r->response.headers, SV("Set-Cookie")), "x folded");
    assert_true(header_has(&r->response.headers, SV("empty")));
    assert_false(header_has(&r->response.headers, SV("Link"))); // that was the interim answer's
    assert_true(r->bytes_received > 60);
    fixture_stop(&f);
}

static void test_keep_alive(void **state) {
    struct fixture f = {0};
    (void)state;
    fixture_start(&f, serve_answer, ok, NULL);
    for (int i = 0; i < 5; i++)
        assert_int_equal(fixture_fetch(&f)->response.status, 200);
    assert_int_equal(f.server.connections, 1);
    assert_int_equal(f.server.requests, 5);
    fixture_stop(&f);
}

static void serve_once_then_close(struct server_conn *c) {
    if (conn_read_request(c))
        ignore_result(!conn_text(c, ok)); // announces keep-alive by silence, closes all the same
}

static void test_server_closes_idle_connection(void **state) {
    struct fixture f = {0};
    (void)state;
    fixture_start(&f, serve_once_then_close, NULL, NULL);
    for (int i = 0; i < 3; i++)
        assert_int_equal(fixture_fetch(&f)->outcome, OUTCOME_DONE);
    assert_int_equal(f.server.requests, 3); // each sent once
    fixture_stop(&f);
}

static void test_methods_and_bodies(void **state) {
    struct fixture f = {0};
    (void)state;
    fixture_start(&f, serve_answer, ok, NULL);
    f.request.method = SV("POST");
    f.request.body = SV("{\"a\":1}");
    fixture_header(&f, SV("Content-Type"), SV("application/json"));
    fixture_fetch(&f);
    assert_non_null(strstr(f.server.last_request, "POST / HTTP/1.1\r\n"));
    assert_non_null(strstr(f.server.last_request, "Content-Type: application/json\r\n"));
    assert_non_null(strstr(f.server.last_request, "Content-Length: 7\r\n"));
    assert_non_null(strstr(f.server.last_request, "\r\n\r\n{\"a\":1}"));
    assert_null(strstr(f.server.last_request, "Expect:"));
    f.request.headers.len = 0;
    f.request.method = SV("DELETE"); // a body where nobody expects one, and no type of libcurl's invention
    fixture_fetch(&f);
    assert_non_null(strstr(f.server.last_request, "DELETE / HTTP/1.1\r\n"));
    assert_non_null(strstr(f.server.last_request, "\r\n\r\n{\"a\":1}"));
    assert_null(strstr(f.server.last_request, "Content-Type"));
    f.request.body = SV_NONE;
    f.request.method = SV("PURGE");
    fixture_fetch(&f);
    assert_non_null(strstr(f.server.last_request, "PURGE / HTTP/1.1\r\n"));
    assert_null(strstr(f.server.last_request, "Content-Length"));
    f.request.method = SV("PUT");
    fixture_fetch(&f);
    assert_non_null(strstr(f.server.last_request, "Content-Length: 0\r\n"));
    fixture_stop(&f);
}

static void test_head_has_no_body(void **state) {
    struct fixture f = {0};
    (void)state;
    fixture_start(&f, serve_answer, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", NULL);
    f.request.method = SV("HEAD");
    const struct net_result *r = fixture_fetch(&f);
    assert_int_equal(r->outcome, OUTCOME_DONE);
    assert_int_equal(r->response.body.len, 0);
    assert_int_equal(r->response.flags, 0);
    f.server.answer = ok;
    f.request.method = SV("GET");
    assert_sv_text(fixture_fetch(&f)->response.body, "hi");
    assert_non_null(strstr(f.server.last_request, "GET / HTTP/1.1\r\n"));
    f.request.method = SV("HEAD");
    f.request.body = SV("x");
    assert_error(&f.err, ERR_UNSUPPORTED, fixture_send(&f));
    fixture_stop(&f);
}

static void test_request_splitting_is_refused(void **state) {
    struct fixture f = {0};
    (void)state;
    fixture_start(&f, serve_answer, ok, NULL);
    f.request.target = SV("/ HTTP/1.1\r\nX: y");
    assert_error(&f.err, ERR_USAGE, fixture_send(&f));
    f.request.target = SV("/");
    f.request.method = SV("GET /x");
    assert_error(&f.err, ERR_USAGE, fixture_send(&f));
    f.request.method = SV("GET");
    fixture_header(&f, SV("A"), SV("b\r\nC: d"));
    assert_error(&f.err, ERR_USAGE, fixture_send(&f));
    f.headers[0] = (struct header){.name = SV("A B"), .value = SV("c")};
    assert_error(&f.err, ERR_USAGE, fixture_send(&f));
    assert_int_equal(net_in_flight(f.net), 0);
    f.request.headers.len = 0;
    assert_int_equal(fixture_fetch(&f)->outcome, OUTCOME_DONE); // the client is as good as new
    fixture_stop(&f);
}

static void test_refused_connection(void **state) {
    struct fixture f = {0};
    (void)state;
    fixture_start(&f, serve_answer, ok, NULL);
    server_stop(&f.server);
    const struct net_result *r = fixture_fetch(&f);
    assert_int_equal(r->outcome, OUTCOME_REFUSED_CONNECTION);
    assert_detail(r, "connection refused by 127.0.0.1:");
    fixture_stop(&f);
}

static void test_no_answer(void **state) {
    struct fixture f = {0};
    (void)state;
    fixture_start(&f, serve_answer_close, "", NULL);
    const struct net_result *r = fixture_fetch(&f);
    assert_int_equal(r->outcome, OUTCOME_CLOSED);
    assert_detail(r, "without an answer");
    fixture_stop(&f);
}

static void test_not_http(void **state) {
    static const char alert[] = "\x15\x03\x01\x00\x02\x02\x16"; // what a TLS server says to a plain request
    struct fixture f = {0};
    (void)state;
    f.server.answer_len = sizeof alert - 1;
    fixture_start(&f, serve_answer_close, alert, NULL);
    const struct net_result *r = fixture_fetch(&f);
    assert_int_equal(r->outcome, OUTCOME_PROTOCOL);
    assert_detail(r, "if it speaks TLS, use https://");
    f.server.answer_len = 0;
    f.server.answer = "SSH-2.0-OpenSSH_9.2\r\n";
    assert_int_equal(fixture_fetch(&f)->outcome, OUTCOME_PROTOCOL);
    fixture_stop(&f);
}

static void test_scope(void **state) {
    struct fixture f = {0};
    (void)state;
    fixture_start(&f, serve_answer, ok, NULL);
    f.origin.host = SV("api.test");
    const struct net_result *r = fixture_fetch(&f);
    assert_int_equal(r->outcome, OUTCOME_OUT_OF_SCOPE);
    assert_int_equal(f.server.connections, 0);
    struct sv address = SV("127.0.0.1");
    const struct net_addresses pinned = {.ptr = &address, .len = 1};
    assert_ok(&f.err, net_pin(f.net, SV("api.test"), f.server.port, &pinned, &f.err));
    r = fixture_fetch(&f);
    assert_int_equal(r->outcome, OUTCOME_DONE);
    assert_non_null(strstr(f.server.last_request, "Host: api.test:"));
    // Another port of the same name is another pin.
    f.origin.port = (uint16_t)(f.server.port ^ 1u);
    assert_int_equal(fixture_fetch(&f)->outcome, OUTCOME_OUT_OF_SCOPE);
    // A name that libcurl would rewrite to an address of its own choice does not get round the pins.
    f.origin.port = f.server.port;
    f.origin.host = SV("2130706433");
    assert_int_equal(fixture_fetch(&f)->outcome, OUTCOME_OUT_OF_SCOPE);
    f.origin.host = SV("localhost");
    assert_int_equal(fixture_fetch(&f)->outcome, OUTCOME_OUT_OF_SCOPE);
    fixture_stop(&f);
}

static void test_pin_is_replaced(void **state) {
    struct fixture f = {0};
    (void)state;
    fixture_start(&f, serve_answer_close, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", NULL);
    struct sv first = SV("127.0.0.1"), second = SV("127.0.0.9");
    struct net_addresses list = {.ptr = &first, .len = 1};
    f.origin.host = SV("api.test");
    assert_ok(&f.err, net_pin(f.net, f.origin.host, f.server.port, &list, &f.err));
    assert_int_equal(fixture_fetch(&f)->outcome, OUTCOME_DONE);
    list.ptr = &second;
    assert_ok(&f.err, net_pin(f.net, f.origin.host, f.server.port, &list, &f.err));
    assert_int_equal(fixture_fetch(&f)->outcome, OUTCOME_REFUSED_CONNECTION); // the server is on 127.0.0.1 only
    list.ptr = &first;
    assert_ok(&f.err, net_pin(f.net, f.origin.host, f.server.port, &list, &f.err));
    assert_int_equal(fixture_fetch(&f)->outcome, OUTCOME_DONE);
    fixture_stop(&f);
}

static void test_resolve(void **state) {
    struct arena *a = *state;
    struct error err;
    struct net_addresses found = {0};
    assert_ok(&err, net_resolve(a, SV("127.0.0.1"), 80, &found, &err));
    assert_int_equal(found.len, 1);
    assert_sv_text(found.ptr[0], "127.0.0.1");
    assert_ok(&err, net_resolve(a, SV("localhost"), 80, &found, &err));
    assert_true(found.len >= 1);
    assert_error(&err, ERR_USAGE, net_resolve(a, SV("b\xc3\xbc" "cher.example"), 80, &found, &err));
    assert_error(&err, ERR_USAGE, net_resolve(a, SV(""), 80, &found, &err));
}

static void test_environment_proxy_is_ignored(void **state) {
    struct fixture f = {0};
    (void)state;
    assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
    assert_int_equal(setenv("all_proxy", "http://127.0.0.1:1", 1), 0);
    fixture_start(&f, serve_answer, ok, NULL);
    assert_int_equal(fixture_fetch(&f)->outcome, OUTCOME_DONE);
    fixture_stop(&f);
    ignore_result(unsetenv("http_proxy"));
    ignore_result(unsetenv("all_proxy"));
}

static void test_redirect_is_not_followed(void **state) {
    struct fixture f = {0};
    (void)state;
    fixture_start(&f, serve_answer, "HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n", NULL);
    assert_int_equal(fixture_fetch(&f)->response.status, 302);
    assert_int_equal(f.server.requests, 1);
    fixture_stop(&f);
}

static void test_ipv6(void **state) {
    struct fixture f = {0};
    (void)state;
    f.server.serve = serve_answer;
    server_start(&f.server, SERVER_IPV6, NULL);
    fixture_start(&f, serve_answer, ok, NULL);
    f.origin.host = SV("::1");
    f.origin.host_is_ipv6 = true;
    const struct net_result *r = fixture_fetch(&f);
    assert_int_equal(r->outcome, OUTCOME_DONE);
    assert_sv_text(r->peer_address, "::1");
    assert_non_null(strstr(f.server.last_request, "Host: [::1]:"));
    fixture_stop(&f);
}

static void test_unix_socket(void **state) {
    struct fixture f = {0};
    char folder[] = "/tmp/plumb-test-net-XXXXXX", path[64];
    (void)state;
    assert_non_null(mkdtemp(folder));
    ignore_result(snprintf(path, sizeof path, "%s/s", folder) < 0);
    f.server.serve = serve_answer;
    server_start(&f.server, SERVER_UNIX, path);
    const struct net_options options = {.unix_socket = path};
    fixture_start(&f, serve_answer, ok, &options);
    f.origin.host = SV("service.internal"); // needs no address
    f.origin.port = 80;
    assert_int_equal(fixture_fetch(&f)->outcome, OUTCOME_DONE);
    assert_non_null(strstr(f.server.last_request, "Host: service.internal\r\n"));
    fixture_stop(&f);
    ignore_result(unlink(path));
    ignore_result(rmdir(folder));
}

// connect(2) says EAGAIN while the queue is full: the request waits for its turn, and ends when that never comes.
static void test_full_queue_of_a_unix_socket(void **state) {
    struct fixture f = {0};
    char folder[] = "/tmp/plumb-test-net-XXXXXX";
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)state;
    assert_non_null(mkdtemp(folder));
    ignore_result(snprintf(address.sun_path, sizeof address.sun_path, "%s/s", folder) < 0);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), queued = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(listener, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 0), 0);
    assert_int_equal(connect(queued, (const struct sockaddr *)&address, sizeof address), 0);
    const struct net_options options = {.unix_socket = address.sun_path, .connect_timeout = 200 * USEC_PER_MSEC};
    fixture_start(&f, serve_answer, ok, &options);
    const struct net_result *r = fixture_fetch(&f);
    assert_int_equal(r->outcome, OUTCOME_TIMEOUT);
    assert_detail(r, "stayed full for 0.2 s");
    fixture_stop(&f);
    assert_int_equal(close(queued) + close(listener), 0);
    ignore_result(unlink(address.sun_path));
    ignore_result(rmdir(folder));
}

static void test_proxy_gets_the_whole_url(void **state) {
    struct fixture f = {0};
    char proxy[64];
    (void)state;
    f.server.serve = serve_answer_close;
    f.server.answer = ok;
    server_start(&f.server, SERVER_IPV4, NULL);
    ignore_result(snprintf(proxy, sizeof proxy, "http://127.0.0.1:%u", (unsigned)f.server.port) < 0);
    const struct net_options options = {.proxy = proxy};
    fixture_start(&f, serve_answer_close, ok, &options);
    f.origin.host = SV("192.0.2.1");
    f.origin.port = 8080;
    f.request.target = SV("/a/../b?c");
    assert_int_equal(fixture_fetch(&f)->outcome, OUTCOME_DONE);
    assert_non_null(strstr(f.server.last_request, "GET http://192.0.2.1:8080/a/../b?c HTTP/1.1\r\nHost: 192.0.2.1:8080\r\n"));
    f.origin.scheme = SV("https");
    f.server.answer = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
    const struct net_result *r = fixture_fetch(&f);
    assert_int_equal(r->outcome, OUTCOME_REFUSED_CONNECTION);
    assert_detail(r, "the proxy refused the way to 192.0.2.1:8080");
    fixture_stop(&f);
}

static void test_cancel(void **state) {
    struct fixture f = {0};
    (void)state;
    fixture_start(&f, serve_silence, "", NULL);
    assert_ok(&f.err, fixture_send(&f));
    assert_ok(&f.err, fixture_send(&f));
    assert_int_equal(net_in_flight(f.net), 2);
    uv_run(net_loop(f.net), UV_RUN_NOWAIT);
    net_cancel_all(f.net);
    assert_int_equal(f.done, 0);
    uv_run(net_loop(f.net), UV_RUN_DEFAULT);
    assert_int_equal(f.done, 2);
    assert_int_equal(f.result.outcome, OUTCOME_BUDGET);
    fixture_stop(&f);
}

static void test_free_is_silent(void **state) {
    struct fixture f = {0};
    (void)state;
    fixture_start(&f, serve_silence, "", NULL);
    assert_ok(&f.err, fixture_send(&f));
    uv_run(net_loop(f.net), UV_RUN_NOWAIT);
    fixture_stop(&f);
    assert_int_equal(f.done, 0);
}

static void test_missing_files_are_named(void **state) {
    const struct net_options options = {.certificate = "/nonexistent/client.pem"};
    struct net *net = NULL;
    struct error err;
    (void)state;
    assert_error(&err, ERR_USAGE, net_new(&options, &net, &err));
    assert_non_null(strstr(err.text, "/nonexistent/client.pem"));
    const struct net_options bad_proxy = {.proxy = "ftp://127.0.0.1:1"};
    assert_error(&err, ERR_USAGE, net_new(&bad_proxy, &net, &err));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_request_bytes),
    cmocka_unit_test(test_response_fields),
    cmocka_unit_test(test_keep_alive),
    cmocka_unit_test(test_server_closes_idle_connection),
    cmocka_unit_test(test_methods_and_bodies),
    cmocka_unit_test(test_head_has_no_body),
    cmocka_unit_test(test_request_splitting_is_refused),
    cmocka_unit_test(test_refused_connection),
    cmocka_unit_test(test_no_answer),
    cmocka_unit_test(test_not_http),
    cmocka_unit_test(test_scope),
    cmocka_unit_test(test_pin_is_replaced),
    test_with_arena(test_resolve),
    cmocka_unit_test(test_environment_proxy_is_ignored),
    cmocka_unit_test(test_redirect_is_not_followed),
    cmocka_unit_test(test_ipv6),
    cmocka_unit_test(test_unix_socket),
    cmocka_unit_test(test_full_queue_of_a_unix_socket),
    cmocka_unit_test(test_proxy_gets_the_whole_url),
    cmocka_unit_test(test_cancel),
    cmocka_unit_test(test_free_is_silent),
    cmocka_unit_test(test_missing_files_are_named),
};
TEST_MAIN(tests)
