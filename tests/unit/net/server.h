// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_UNIT_NET_SERVER_H
#define PLUMB_UNIT_NET_SERVER_H

// A server in a thread of the test, one connection at a time. Everything it does is a script that the test gives it.
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct server_conn {
    struct server *server;
    int fd;
    SSL *ssl; // NULL on plain connections
    int index; // 0 for the first connection
    char request[65536]; // last request read, with its body, NUL-terminated
    size_t request_len;
};

struct server {
    int fd;
    uint16_t port;
    pthread_t thread;
    bool running;
    SSL_CTX *tls; // NULL: plain
    void (*serve)(struct server_conn *c);
    const char *answer; // for serve_answer
    size_t answer_len;  // 0: strlen
    int repeat;         // for serve_endless: bytes per piece
    atomic_int connections, requests, in_serve;
    char last_request[65536];
};

enum server_family { SERVER_IPV4, SERVER_IPV6, SERVER_UNIX };

// Starts on a free loopback port, or on `path` for SERVER_UNIX. `s->serve` and the script members are set by the caller before.
void server_start(struct server *s, enum server_family family, const char *path);
void server_stop(struct server *s);

// Reads one request (head, and a body by Content-Length). False at the end of the connection.
bool conn_read_request(struct server_conn *c);
bool conn_write(struct server_conn *c, const void *bytes, size_t len);
bool conn_text(struct server_conn *c, const char *text);

// Answers every request of a connection with `answer`.
void serve_answer(struct server_conn *c);
// Answers the first request with `answer` and closes.
void serve_answer_close(struct server_conn *c);
// `answer` once, then 'x' bytes without end.
void serve_endless(struct server_conn *c);
// Reads the request and says nothing until the other side leaves.
void serve_silence(struct server_conn *c);

// Certificates of the tests: PEM files below a temporary folder.
struct test_pki {
    char folder[64];
    char ca[128], good_cert[128], good_key[128], wrong_name_cert[128], expired_cert[128], self_cert[128];
    char client_cert[128], client_key[128];
};
void pki_make(struct test_pki *pki);
void pki_remove(struct test_pki *pki);
// `client_ca`: demand a client certificate of that authority, NULL for none.
SSL_CTX *tls_server_context(const char *certificate, const char *key, const char *client_ca);

#endif
