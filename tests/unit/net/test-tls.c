// SPDX-License-Identifier: Apache-2.0
#include "fetch.h"

#include <sys/socket.h>

static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

static struct sv pem(const char *path) {
    return sv_from(path);
}

static int setup(void **state) {
    struct test_pki *pki = calloc(1, sizeof *pki);
    if (pki == NULL)
        return -1;
    pki_make(pki);
    *state = pki;
    return 0;
}

static int teardown(void **state) {
    pki_remove(*state);
    free(*state);
    return 0;
}

/* Fetches once from a server with this certificate and gives the outcome; the detail is checked by the caller. */
static void fetch_once(struct fixture *f, const struct test_pki *pki, const char *certificate, const struct net_options *options) {
    f->server.tls = tls_server_context(certificate, pki->good_key, NULL);
    fixture_start(f, serve_answer, ok, options);
    fixture_fetch(f);
}

static void test_good_certificate(void **state) {
    const struct test_pki *pki = *state;
    const struct net_options options = {.ca_file = pki->ca, .user_agent = "t"};
    struct fixture f = {0};
    fetch_once(&f, pki, pki->good_cert, &options);
    assert_int_equal(f.result.outcome, OUTCOME_DONE);
    assert_sv_text(f.result.tls_version, "TLSv1.3");
    assert_sv_text(f.result.response.body, "hi");
    fixture_fetch(&f); // over the same connection
    assert_sv_text(f.result.tls_version, "TLSv1.3");
    assert_int_equal(f.server.connections, 1);
    fixture_stop(&f);
}

static void test_bad_certificates(void **state) {
    const struct test_pki *pki = *state;
    const struct net_options trusting_ca = {.ca_file = pki->ca}, system = {0}, insecure = {.insecure = true};
    const struct {
        const char *certificate;
        const struct net_options *options;
        const char *why;
    } cases[] = {
        {pki->self_cert, &system, "it is self-signed"},
        {pki->good_cert, &system, "its issuer is not among the trusted authorities"},
        {pki->expired_cert, &trusting_ca, "it has expired"},
        {pki->wrong_name_cert, &trusting_ca, "it was issued for another name"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f = {0};
        fetch_once(&f, pki, cases[i].certificate, cases[i].options);
        assert_int_equal(f.result.outcome, OUTCOME_TLS);
        if (!sv_contains(f.result.detail, pem(cases[i].why)))
            fail_msg("want \"%s\", got \"%.*s\"", cases[i].why, SV_ARG(f.result.detail));
        assert_detail(&f.result, "--insecure");
        assert_int_equal(f.server.requests, 0); // nothing was sent to it
        fixture_stop(&f);
        struct fixture g = {0};
        fetch_once(&g, pki, cases[i].certificate, &insecure);
        assert_int_equal(g.result.outcome, OUTCOME_DONE);
        fixture_stop(&g);
    }
}

static void test_pinned_name_is_verified(void **state) {
    const struct test_pki *pki = *state;
    const struct net_options options = {.ca_file = pki->ca};
    struct fixture f = {0};
    struct sv address = SV("127.0.0.1");
    const struct net_addresses list = {.ptr = &address, .len = 1};
    f.server.tls = tls_server_context(pki->good_cert, pki->good_key, NULL);
    fixture_start(&f, serve_answer, ok, &options);
    f.origin.host = SV("api.test");
    assert_ok(&f.err, net_pin(f.net, f.origin.host, f.server.port, &list, &f.err));
    assert_int_equal(fixture_fetch(&f)->outcome, OUTCOME_DONE);
    assert_non_null(strstr(f.server.last_request, "Host: api.test:"));
    fixture_stop(&f);
}

static void test_client_certificate(void **state) {
    const struct test_pki *pki = *state;
    const struct net_options without = {.ca_file = pki->ca};
    const struct net_options with = {.ca_file = pki->ca, .certificate = pki->client_cert, .key = pki->client_key};
    struct fixture f = {0}, g = {0};
    f.server.tls = tls_server_context(pki->good_cert, pki->good_key, pki->ca);
    fixture_start(&f, serve_answer, ok, &without);
    const struct net_result *r = fixture_fetch(&f);
    assert_int_equal(r->outcome, OUTCOME_TLS);
    assert_detail(r, "--cert");
    fixture_stop(&f);
    g.server.tls = tls_server_context(pki->good_cert, pki->good_key, pki->ca);
    fixture_start(&g, serve_answer, ok, &with);
    assert_int_equal(fixture_fetch(&g)->outcome, OUTCOME_DONE);
    fixture_stop(&g);
}

/* What a plain HTTP server does with a handshake: it answers the first bytes, or just closes. */
static void serve_first_bytes(struct server_conn *c) {
    char bytes[16];
    if (recv(c->fd, bytes, sizeof bytes, 0) > 0)
        ignore_result(!conn_text(c, c->server->answer));
}

static void serve_linger(struct server_conn *c) {
    char bytes[4096];
    if (recv(c->fd, bytes, sizeof bytes, 0) > 0 && conn_text(c, c->server->answer))
        while (recv(c->fd, bytes, sizeof bytes, 0) > 0) {
        }
}

static void test_tls_asked_of_a_plain_port(void **state) {
    const struct net_options options = {.insecure = true};
    struct fixture f = {0};
    (void)state;
    fixture_start(&f, serve_first_bytes, "", &options);
    f.origin.scheme = SV("https");
    const struct net_result *r = fixture_fetch(&f);
    assert_int_equal(r->outcome, OUTCOME_TLS);
    assert_detail(r, "use http://");
    fixture_stop(&f);
}

static void test_plain_answer_to_a_handshake(void **state) {
    const struct net_options options = {.insecure = true};
    struct fixture f = {0};
    (void)state;
    fixture_start(&f, serve_linger, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", &options);
    f.origin.scheme = SV("https");
    const struct net_result *r = fixture_fetch(&f);
    assert_int_equal(r->outcome, OUTCOME_TLS);
    assert_detail(r, "does not speak TLS on this port: use http:// instead of https://");
    fixture_stop(&f);
}

static void test_plain_asked_of_a_tls_port(void **state) {
    const struct test_pki *pki = *state;
    struct fixture f = {0};
    f.server.tls = tls_server_context(pki->good_cert, pki->good_key, NULL);
    fixture_start(&f, serve_answer, ok, NULL);
    f.origin.scheme = SV("http");
    const struct net_result *r = fixture_fetch(&f);
    assert_true(r->outcome == OUTCOME_PROTOCOL || r->outcome == OUTCOME_CLOSED);
    assert_detail(r, "if it speaks TLS, use https://");
    fixture_stop(&f);
}

static void test_truncated_over_tls(void **state) {
    const struct test_pki *pki = *state;
    const struct net_options options = {.ca_file = pki->ca};
    struct fixture f = {0};
    f.server.tls = tls_server_context(pki->good_cert, pki->good_key, NULL);
    fixture_start(&f, serve_answer_close, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", &options);
    const struct net_result *r = fixture_fetch(&f);
    assert_int_equal(r->outcome, OUTCOME_DONE);
    assert_int_equal(r->response.flags, RESPONSE_INCOMPLETE);
    fixture_stop(&f);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_good_certificate),
    cmocka_unit_test(test_bad_certificates),
    cmocka_unit_test(test_pinned_name_is_verified),
    cmocka_unit_test(test_client_certificate),
    cmocka_unit_test(test_tls_asked_of_a_plain_port),
    cmocka_unit_test(test_plain_answer_to_a_handshake),
    cmocka_unit_test(test_plain_asked_of_a_tls_port),
    cmocka_unit_test(test_truncated_over_tls),
};

int main(void) {
    return cmocka_run_group_tests(tests, setup, teardown);
}
