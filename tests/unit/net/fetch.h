// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_UNIT_NET_FETCH_H
#define PLUMB_UNIT_NET_FETCH_H

// One client, one server and one request at a time: what most tests of the client need.
#include "net/client.h"
#include "support/test.h"
#include "server.h"

#include <uv.h>

struct fixture {
    struct arena arena;
    struct error err;
    struct net *net;
    struct server server;
    struct url origin;
    struct request request;
    struct header headers[8];
    struct net_result result;
    int done; // calls of the callback
};

static inline void fixture_done(void *context, const struct net_result *result) {
    struct fixture *f = context;
    f->result = *result;
    f->done++;
}

// The server runs `serve` with `answer`; the client aims at it.
static inline void fixture_start(struct fixture *f, void (*serve)(struct server_conn *), const char *answer,
                                 const struct net_options *options) {
    const struct net_options plain = {.user_agent = "plumbline/test"};
    arena_init(&f->arena, (size_t)64 << 20);
    f->server.serve = serve;
    f->server.answer = answer;
    if (!f->server.running)
        server_start(&f->server, SERVER_IPV4, NULL);
    assert_ok(&f->err, net_new(options != NULL ? options : &plain, &f->net, &f->err));
    f->origin = (struct url){.scheme = f->server.tls != NULL ? SV("https") : SV("http"), .host = SV("127.0.0.1"),
                             .port = f->server.port, .path = SV("/")};
    f->request = (struct request){.method = SV("GET"), .target = SV("/")};
}

static inline void fixture_header(struct fixture *f, struct sv name, struct sv value) {
    f->request.headers.ptr = f->headers;
    f->headers[f->request.headers.len++] = (struct header){.name = name, .value = value};
    assert_true(f->request.headers.len <= 8);
}

static inline int fixture_send(struct fixture *f) {
    const struct net_request r = {
        .origin = &f->origin, .request = &f->request, .arena = &f->arena, .done = fixture_done, .context = f};
    return net_send(f->net, &r, &f->err);
}

// Sends and waits for the end.
static inline const struct net_result *fixture_fetch(struct fixture *f) {
    int before = f->done;
    assert_ok(&f->err, fixture_send(f));
    assert_int_equal(f->done, before); // never from inside net_send
    uv_run(net_loop(f->net), UV_RUN_DEFAULT);
    assert_int_equal(f->done, before + 1);
    assert_int_equal(net_in_flight(f->net), 0);
    return &f->result;
}

static inline void fixture_stop(struct fixture *f) {
    net_free(f->net);
    server_stop(&f->server);
    arena_fini(&f->arena);
}

// The text is part of the detail sentence.
#define assert_detail(result, part)                                                                       \
    do {                                                                                                  \
        if (!sv_contains((result)->detail, SV(part))) {                                                   \
            print_error("detail: \"%.*s\"\n", SV_ARG((result)->detail));                                  \
            _fail(__FILE__, __LINE__);                                                                    \
        }                                                                                                 \
    } while (0)

#endif
