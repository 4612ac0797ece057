// SPDX-License-Identifier: Apache-2.0
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define REQUIRE(condition)                                                              \
    do {                                                                                \
        if (!(condition)) {                                                             \
            (void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);       \
            abort();                                                                    \
        }                                                                               \
    } while (0)

static int conn_read(struct server_conn *c, void *bytes, size_t len) {
    if (c->ssl != NULL)
        return SSL_read(c->ssl, bytes, (int)len);
    return (int)recv(c->fd, bytes, len, 0);
}

bool conn_write(struct server_conn *c, const void *bytes, size_t len) {
    const char *p = bytes;
    while (len > 0) {
        ssize_t n = c->ssl != NULL ? SSL_write(c->ssl, p, (int)len) : send(c->fd, p, len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        p += n;
        len -= (size_t)n;
    }
    return true;
}

bool conn_text(struct server_conn *c, const char *text) {
    return conn_write(c, text, strlen(text));
}

static size_t content_length(const char *head) {
    const char *p = strcasestr(head, "\r\nContent-Length:");
    return p == NULL ? 0 : (size_t)strtoul(p + 17, NULL, 10);
}

bool conn_read_request(struct server_conn *c) {
    size_t len = 0, want = SIZE_MAX;
    while (len < want) {
        int n = conn_read(c, c->request + len, sizeof c->request - 1 - len);
        if (n <= 0)
            return false;
        len += (size_t)n;
        c->request[len] = '\0';
        const char *end = strstr(c->request, "\r\n\r\n");
        if (end != NULL && want == SIZE_MAX)
            want = (size_t)(end - c->request) + 4 + content_length(c->request);
    }
    c->request_len = len;
    memcpy(c->server->last_request, c->request, len + 1);
    c->server->requests++;
    return true;
}

static bool conn_answer(struct server_conn *c) {
    const struct server *s = c->server;
    return conn_write(c, s->answer, s->answer_len != 0 ? s->answer_len : strlen(s->answer));
}

void serve_answer(struct server_conn *c) {
    while (conn_read_request(c) && conn_answer(c)) {
    }
}

void serve_answer_close(struct server_conn *c) {
    if (conn_read_request(c))
        (void)conn_answer(c);
}

void serve_endless(struct server_conn *c) {
    char piece[8192];
    memset(piece, 'x', sizeof piece);
    if (!conn_read_request(c) || !conn_answer(c))
        return;
    while (conn_write(c, piece, sizeof piece)) {
    }
}

void serve_silence(struct server_conn *c) {
    char byte;
    if (conn_read_request(c))
        (void)conn_read(c, &byte, 1);
}

static void linger(int fd) {
    char dropped[4096];
    (void)shutdown(fd, SHUT_WR);
    while (recv(fd, dropped, sizeof dropped, 0) > 0) {
    }
}

static void serve_connection(struct server *s, int fd, int index) {
    struct server_conn *c = calloc(1, sizeof *c);
    REQUIRE(c != NULL);
    c->server = s;
    c->fd = fd;
    c->index = index;
    bool ready = true;
    if (s->tls != NULL) {
        c->ssl = SSL_new(s->tls);
        REQUIRE(c->ssl != NULL && SSL_set_fd(c->ssl, fd) == 1);
        ready = SSL_accept(c->ssl) == 1;
    }
    if (ready)
        s->serve(c);
    else
        linger(fd); // so that the alert arrives and is not overtaken by a reset
    if (c->ssl != NULL) {
        (void)SSL_shutdown(c->ssl);
        SSL_free(c->ssl);
        ERR_clear_error();
    }
    free(c);
}

static void *server_main(void *context) {
    struct server *s = context;
    const struct timeval patience = {.tv_sec = 5};
    // Only in this thread: the client under test has to live with a closed connection by itself.
    sigset_t pipe_signal;
    REQUIRE(sigemptyset(&pipe_signal) == 0 && sigaddset(&pipe_signal, SIGPIPE) == 0);
    REQUIRE(pthread_sigmask(SIG_BLOCK, &pipe_signal, NULL) == 0);
    for (int index = 0;; index++) {
        int fd = accept(s->fd, NULL, NULL);
        if (fd < 0)
            return NULL;
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        s->connections++;
        s->in_serve = fd;
        serve_connection(s, fd, index);
        s->in_serve = -1;
        (void)close(fd);
    }
}

static void bind_to(struct server *s, enum server_family family, const char *path) {
    struct sockaddr_storage address = {0};
    socklen_t len = 0;
    if (family == SERVER_UNIX) {
        struct sockaddr_un un = {.sun_family = AF_UNIX};
        REQUIRE(strlen(path) < sizeof un.sun_path);
        memcpy(un.sun_path, path, strlen(path));
        memcpy(&address, &un, sizeof un);
        len = sizeof un;
    } else if (family == SERVER_IPV6) {
        struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
        memcpy(&address, &in6, sizeof in6);
        len = sizeof in6;
    } else {
        struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        memcpy(&address, &in, sizeof in);
        len = sizeof in;
    }
    s->fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(s->fd >= 0);
    REQUIRE(bind(s->fd, (struct sockaddr *)&address, len) == 0);
    REQUIRE(listen(s->fd, 64) == 0);
    REQUIRE(getsockname(s->fd, (struct sockaddr *)&address, &len) == 0);
    struct sockaddr_in in;
    memcpy(&in, &address, sizeof in);
    s->port = ntohs(in.sin_port);
}

void server_start(struct server *s, enum server_family family, const char *path) {
    bind_to(s, family, path);
    s->in_serve = -1;
    REQUIRE(pthread_create(&s->thread, NULL, server_main, s) == 0);
    s->running = true;
}

void server_stop(struct server *s) {
    if (!s->running)
        return;
    (void)shutdown(s->fd, SHUT_RDWR);
    int fd = s->in_serve;
    if (fd >= 0)
        (void)shutdown(fd, SHUT_RDWR);
    REQUIRE(pthread_join(s->thread, NULL) == 0);
    (void)close(s->fd);
    SSL_CTX_free(s->tls);
    s->tls = NULL;
    s->running = false;
}

static EVP_PKEY *key_make(const char *path) {
    EVP_PKEY *key = EVP_EC_gen("P-256");
    FILE *f = fopen(path, "w");
    REQUIRE(key != NULL && f != NULL);
    REQUIRE(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1);
    (void)fclose(f);
    return key;
}

static void add_extension(X509 *x, int nid, const char *value) {
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    REQUIRE(e != NULL && X509_add_ext(x, e, -1) == 1);
    X509_EXTENSION_free(e);
}

/* `days`: how long from now; negative: expired. `issuer` NULL: self-signed. */
static X509 *certificate_make(const char *path, const char *name, const char *alt, EVP_PKEY *key, X509 *issuer,
                              EVP_PKEY *issuer_key, int days) {
    static atomic_long serial = 1;
    X509 *x = X509_new();
    REQUIRE(x != NULL && X509_set_version(x, 2) == 1);
    REQUIRE(ASN1_INTEGER_set(X509_get_serialNumber(x), serial++) == 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -86400L * 30);
    X509_gmtime_adj(X509_getm_notAfter(x), 86400L * days);
    X509_NAME *subject = X509_get_subject_name(x);
    REQUIRE(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0) == 1);
    REQUIRE(X509_set_issuer_name(x, issuer != NULL ? X509_get_subject_name(issuer) : subject) == 1);
    REQUIRE(X509_set_pubkey(x, key) == 1);
    if (alt != NULL)
        add_extension(x, NID_subject_alt_name, alt);
    else
        add_extension(x, NID_basic_constraints, "critical,CA:TRUE");
    REQUIRE(X509_sign(x, issuer_key != NULL ? issuer_key : key, EVP_sha256()) > 0);
    FILE *f = fopen(path, "w");
    REQUIRE(f != NULL && PEM_write_X509(f, x) == 1);
    (void)fclose(f);
    return x;
}

static void pki_path(const struct test_pki *pki, char ret[static 128], const char *name) {
    int len = snprintf(ret, 128, "%s/%s", pki->folder, name);
    REQUIRE(len > 0 && len < 128);
}

void pki_make(struct test_pki *pki) {
    (void)snprintf(pki->folder, sizeof pki->folder, "/tmp/plumb-test-pki-XXXXXX");
    REQUIRE(mkdtemp(pki->folder) != NULL);
    char ca_key_path[128];
    pki_path(pki, ca_key_path, "ca.key");
    pki_path(pki, pki->ca, "ca.pem");
    pki_path(pki, pki->good_cert, "good.pem");
    pki_path(pki, pki->good_key, "good.key");
    pki_path(pki, pki->wrong_name_cert, "wrong.pem");
    pki_path(pki, pki->expired_cert, "expired.pem");
    pki_path(pki, pki->self_cert, "self.pem");
    pki_path(pki, pki->client_cert, "client.pem");
    pki_path(pki, pki->client_key, "client.key");
    EVP_PKEY *ca_key = key_make(ca_key_path), *key = key_make(pki->good_key), *client = key_make(pki->client_key);
    X509 *ca = certificate_make(pki->ca, "Test Authority", NULL, ca_key, NULL, NULL, 30);
    X509_free(certificate_make(pki->good_cert, "localhost", "DNS:api.test,IP:127.0.0.1", key, ca, ca_key, 30));
    X509_free(certificate_make(pki->wrong_name_cert, "other.test", "DNS:other.test", key, ca, ca_key, 30));
    X509_free(certificate_make(pki->expired_cert, "localhost", "IP:127.0.0.1", key, ca, ca_key, -1));
    X509_free(certificate_make(pki->self_cert, "localhost", "IP:127.0.0.1", key, NULL, NULL, 30));
    X509_free(certificate_make(pki->client_cert, "client", "DNS:client.test", client, ca, ca_key, 30));
    X509_free(ca);
    EVP_PKEY_free(ca_key);
    EVP_PKEY_free(key);
    EVP_PKEY_free(client);
}

void pki_remove(struct test_pki *pki) {
    static const char names[][16] = {"ca.key",      "ca.pem",   "good.pem",   "good.key",  "wrong.pem",
                                     "expired.pem", "self.pem", "client.pem", "client.key"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[128];
        pki_path(pki, path, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(pki->folder);
}

SSL_CTX *tls_server_context(const char *certificate, const char *key, const char *client_ca) {
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    REQUIRE(ctx != NULL);
    REQUIRE(SSL_CTX_use_certificate_file(ctx, certificate, SSL_FILETYPE_PEM) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) == 1);
    if (client_ca != NULL) {
        REQUIRE(SSL_CTX_load_verify_locations(ctx, client_ca, NULL) == 1);
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    return ctx;
}
