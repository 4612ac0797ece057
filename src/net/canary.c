// SPDX-License-Identifier: Apache-2.0
#include "net/canary.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "base/buf.h"
#include "base/random.h"
#include "net/canary_request.h"

#define CONNECTIONS_MAX 64u
#define REQUEST_MAX ((size_t)16 << 10)
#define CONNECTION_MSEC 5000u
#define LINGER_MSEC 1000u
#define CALLS_MAX 10000u
#define FIELD_MAX 512u
#define SECRET_LENGTH 20u
#define CALL_MEMORY_MAX ((size_t)64 << 10)

struct connection {
    uv_tcp_t tcp;
    uv_timer_t timer;
    uv_write_t write;
    uv_shutdown_t shutdown;
    struct canary *canary;
    struct connection *next_free;
    char *in;              // REQUEST_MAX bytes, made at the first use
    size_t len;            // of them in use
    unsigned open_handles; // handles whose close callback is still to come
    bool answered;         // what still comes is read and dropped
    struct buf out;
};

/* Its own arena holds it; that goes when the last handle has closed. */
struct canary {
    struct arena arena;
    struct arena call_arena; // cleared after each call
    uv_tcp_t listener;
    struct connection connections[CONNECTIONS_MAX];
    struct connection *free_connections;
    unsigned open_connections;
    unsigned calls;
    bool stopping, listener_closed;
    bool caller_waits; // libuv accepted one for which there was no place
    struct canary_options options;
    struct sv base_url;
};

static struct sv cut(struct sv s) {
    return sv_slice(s, 0, FIELD_MAX);
}

struct sv canary_secret_for(struct arena *a, uint64_t secret_seed, struct sv token) {
    struct rng r;
    rng_derive(&r, secret_seed, token, 0);
    return rng_word(&r, a, SECRET_LENGTH);
}

struct sv canary_secret(const struct canary *c, struct arena *a, struct sv token) {
    return canary_secret_for(a, c->options.secret_seed, token);
}

struct sv canary_base_url(const struct canary *c) {
    return c->base_url;
}

static void free_when_closed(struct canary *c) {
    if (!c->stopping || !c->listener_closed || c->open_connections > 0)
        return;
    struct arena arena = c->arena;
    arena_fini(&c->call_arena);
    arena_fini(&arena);
}

static void on_connection(uv_stream_t *listener, int status);

static void on_closed(uv_handle_t *handle) {
    struct connection *x = handle->data;
    struct canary *c = x->canary;
    if (--x->open_handles > 0)
        return;
    buf_fini(&x->out);
    x->next_free = c->free_connections;
    c->free_connections = x;
    c->open_connections--;
    if (c->caller_waits && !c->stopping) {
        c->caller_waits = false;
        on_connection((uv_stream_t *)&c->listener, 0);
    }
    free_when_closed(c);
}

static void on_listener_closed(uv_handle_t *handle) {
    struct canary *c = handle->data;
    c->listener_closed = true;
    free_when_closed(c);
}

static void close_connection(struct connection *x) {
    if (uv_is_closing((uv_handle_t *)&x->tcp))
        return;
    uv_close((uv_handle_t *)&x->timer, on_closed);
    uv_close((uv_handle_t *)&x->tcp, on_closed);
}

static void on_timeout(uv_timer_t *timer) {
    close_connection(timer->data);
}

static void on_shutdown(uv_shutdown_t *shutdown, int status) {
    if (status != 0)
        close_connection(shutdown->data);
}

/* Closing with unread bytes would reset the connection and could take our answer from the caller: the rest is read until it closes. */
static void on_written(uv_write_t *write, int status) {
    struct connection *x = write->data;
    if (uv_is_closing((uv_handle_t *)&x->tcp))
        return;
    x->shutdown.data = x;
    if (status != 0 || uv_timer_start(&x->timer, on_timeout, LINGER_MSEC, 0) != 0 ||
        uv_shutdown(&x->shutdown, (uv_stream_t *)&x->tcp, on_shutdown) != 0)
        close_connection(x);
}

static void send_out(struct connection *x) {
    x->answered = true;
    if (buf_failed(&x->out)) {
        close_connection(x);
        return;
    }
    uv_buf_t bytes = uv_buf_init(x->out.ptr, (unsigned)x->out.len);
    x->write.data = x;
    if (uv_write(&x->write, (uv_stream_t *)&x->tcp, &bytes, 1, on_written) != 0)
        close_connection(x);
}

/* One answer and the end: nobody is to hold our few connections. */
static void answer(struct connection *x, unsigned status, const char *type, struct sv location, struct sv body) {
    const char *reason = status == 200 ? "OK" : status == 404 ? "Not Found" : status == 400 ? "Bad Request" : "Redirect";
    buf_addf(&x->out, "HTTP/1.1 %u %s\r\nContent-Type: %s\r\nCache-Control: no-store\r\nConnection: close\r\n", status,
             reason, type);
    if (location.len > 0)
        buf_addf(&x->out, "Location: " SV_FMT "\r\n", SV_ARG(location));
    buf_addf(&x->out, "Content-Length: %zu\r\n\r\n", body.len);
    buf_add(&x->out, body);
    send_out(x);
}

static struct sv peer_text(struct arena *a, const uv_tcp_t *tcp) {
    struct sockaddr_storage address;
    int len = (int)sizeof address;
    char host[INET6_ADDRSTRLEN] = "";
    if (uv_tcp_getpeername(tcp, (struct sockaddr *)&address, &len) != 0)
        return SV_NONE;
    if (address.ss_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, &address, sizeof in6);
        ignore_result(uv_ip6_name(&in6, host, sizeof host));
        return arena_printf(a, "[%s]:%u", host, (unsigned)ntohs(in6.sin6_port));
    }
    struct sockaddr_in in;
    memcpy(&in, &address, sizeof in);
    ignore_result(uv_ip4_name(&in, host, sizeof host));
    return arena_printf(a, "%s:%u", host, (unsigned)ntohs(in.sin_port));
}

/* What the listener says to a target that it knows. */
static struct sv body_for(struct canary *c, struct arena *a, const struct canary_target *target, const char **ret_type) {
    if (!target->known || target->status != 200)
        return SV_NONE;
    struct sv key = target->key_set && c->options.public_key != NULL ? c->options.public_key(c->options.context, a) : SV_NONE;
    if (key.len == 0)
        return canary_secret(c, a, target->token);
    *ret_type = "application/json";
    return arena_printf(a, "{\"keys\":[" SV_FMT "]}", SV_ARG(key));
}

static void handle_request(struct connection *x, const struct canary_request *r) {
    struct canary *c = x->canary;
    struct arena *a = &c->call_arena;
    struct canary_target target;
    canary_target_parse(a, r->target, &target);
    const char *type = "text/plain";
    struct sv body = body_for(c, a, &target, &type);
    if (c->calls < CALLS_MAX) {
        c->calls++;
        const struct canary_call call = {
            .token = target.token,
            .method = cut(r->method),
            .path = cut(r->target),
            .host = cut(r->host),
            .user_agent = cut(r->user_agent),
            .source = peer_text(a, &x->tcp),
            .own = c->options.scan_id.len > 0 && sv_eq(r->scan_id, c->options.scan_id),
        };
        if (c->options.called != NULL)
            c->options.called(c->options.context, &call);
    }
    answer(x, target.status, type, target.redirect_to, sv_eq(r->method, SV("HEAD")) ? SV_NONE : body);
    arena_clear(a);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret) {
    struct connection *x = handle->data;
    (void)suggested;
    size_t used = x->answered ? 0 : x->len;
    *ret = uv_buf_init(x->in + used, (unsigned)(REQUEST_MAX - used));
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *bytes) {
    struct connection *x = stream->data;
    struct canary_request request;
    (void)bytes;
    if (got < 0) {
        close_connection(x);
        return;
    }
    if (x->answered)
        return;
    x->len += (size_t)got;
    switch (canary_request_parse(sv_make(x->in, x->len), &request)) {
    case CANARY_COMPLETE:
        handle_request(x, &request);
        return;
    case CANARY_BAD:
        answer(x, 400, "text/plain", SV_NONE, SV_NONE);
        return;
    case CANARY_MORE:
        if (x->len == REQUEST_MAX)
            answer(x, 400, "text/plain", SV_NONE, SV_NONE);
        return;
    }
}

static void on_connection(uv_stream_t *listener, int status) {
    struct canary *c = listener->data;
    struct connection *x = c->free_connections;
    if (status < 0 || c->stopping)
        return;
    if (x != NULL && x->in == NULL)
        x->in = arena_alloc(&c->arena, REQUEST_MAX);
    if (x == NULL || x->in == NULL) {
        c->caller_waits = true; // libuv takes nobody else until then; each place is free after 6 s at most
        return;
    }
    c->free_connections = x->next_free;
    c->open_connections++;
    x->len = 0;
    x->answered = false;
    x->open_handles = 2;
    buf_init(&x->out, REQUEST_MAX * 2);
    ignore_result(uv_tcp_init(listener->loop, &x->tcp));
    ignore_result(uv_timer_init(listener->loop, &x->timer));
    x->tcp.data = x->timer.data = x;
    if (uv_accept(listener, (uv_stream_t *)&x->tcp) != 0 || uv_timer_start(&x->timer, on_timeout, CONNECTION_MSEC, 0) != 0 ||
        uv_read_start((uv_stream_t *)&x->tcp, on_alloc, on_read) != 0)
        close_connection(x);
}

static int address_of(struct sv host, uint16_t port, struct sockaddr_storage *ret, struct error *err) {
    char z[INET6_ADDRSTRLEN] = "";
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    memset(ret, 0, sizeof *ret);
    if (host.len > 0 && host.len < sizeof z) {
        memcpy(z, host.ptr, host.len);
        if (uv_ip4_addr(z, port, &in) == 0) {
            memcpy(ret, &in, sizeof in);
            return 0;
        }
        if (uv_ip6_addr(z, port, &in6) == 0) {
            memcpy(ret, &in6, sizeof in6);
            return 0;
        }
    }
    return error_set(err, ERR_USAGE, "\"" SV_FMT "\" is not an IP address", SV_ARG(sv_slice(host, 0, 80)));
}

static uint16_t port_of(const struct sockaddr_storage *address) {
    struct sockaddr_in in; // the port stands at the same place in both families
    memcpy(&in, address, sizeof in);
    return ntohs(in.sin_port);
}

static int copy_options(struct canary *c, const struct canary_options *options, struct error *err) {
    c->options = *options;
    c->options.listen_host = arena_copy_sv(&c->arena, options->listen_host);
    c->options.scan_id = arena_copy_sv(&c->arena, options->scan_id);
    if (c->options.listen_host.ptr == NULL || c->options.scan_id.ptr == NULL)
        return error_nomem(err);
    return 0;
}

static int set_base_url(struct canary *c, struct error *err) {
    struct sockaddr_storage address;
    int len = (int)sizeof address;
    struct sv public_url = c->options.public_url;
    if (public_url.ptr != NULL) {
        if (sv_ends_with(public_url, SV("/")))
            public_url.len--;
        c->base_url = arena_copy_sv(&c->arena, public_url);
    } else {
        int rc = uv_tcp_getsockname(&c->listener, (struct sockaddr *)&address, &len);
        if (rc != 0)
            return error_set(err, rc, "the canary's port is not known: %s", uv_strerror(rc));
        bool brackets = address.ss_family == AF_INET6;
        c->base_url = arena_printf(&c->arena, "http://%s" SV_FMT "%s:%u", brackets ? "[" : "", SV_ARG(c->options.listen_host),
                                   brackets ? "]" : "", (unsigned)port_of(&address));
    }
    return c->base_url.ptr == NULL ? error_nomem(err) : 0;
}

static int listen_on(struct canary *c, struct error *err) {
    struct sockaddr_storage address;
    int rc = address_of(c->options.listen_host, c->options.port, &address, err);
    if (rc != 0)
        return rc;
    rc = uv_tcp_bind(&c->listener, (const struct sockaddr *)&address, 0);
    if (rc == 0)
        rc = uv_listen((uv_stream_t *)&c->listener, (int)CONNECTIONS_MAX, on_connection);
    if (rc != 0)
        return error_set(err, rc, "the canary cannot listen on " SV_FMT " port %u: %s; choose another with --canary",
                         SV_ARG(c->options.listen_host), (unsigned)c->options.port, uv_strerror(rc));
    return set_base_url(c, err);
}

static struct canary *canary_new(struct error *err) {
    struct arena arena;
    arena_init(&arena, sizeof(struct canary) + CONNECTIONS_MAX * (REQUEST_MAX + 64) + ((size_t)64 << 10));
    struct canary *c = arena_new(&arena, struct canary);
    if (c == NULL) {
        arena_fini(&arena);
        ignore_result(error_nomem(err));
        return NULL;
    }
    c->arena = arena;
    arena_init(&c->call_arena, CALL_MEMORY_MAX);
    for (size_t i = CONNECTIONS_MAX; i > 0; i--) {
        c->connections[i - 1].canary = c;
        c->connections[i - 1].next_free = c->free_connections;
        c->free_connections = &c->connections[i - 1];
    }
    return c;
}

int canary_start(struct uv_loop_s *loop, const struct canary_options *options, struct canary **ret, struct error *err) {
    struct canary *c = canary_new(err);
    if (c == NULL)
        return -ENOMEM;
    int rc = copy_options(c, options, err);
    if (rc == 0 && (rc = uv_tcp_init(loop, &c->listener)) != 0)
        ignore_result(error_set(err, rc, "the canary cannot start: %s", uv_strerror(rc)));
    if (rc != 0) {
        struct arena arena = c->arena;
        arena_fini(&arena);
        return rc;
    }
    c->listener.data = c;
    rc = listen_on(c, err);
    if (rc != 0) {
        canary_stop(c);
        return rc;
    }
    uv_unref((uv_handle_t *)&c->listener); // waiting for calls is no reason to keep the loop running
    *ret = c;
    return 0;
}

void canary_stop(struct canary *c) {
    if (c == NULL || c->stopping)
        return;
    c->stopping = true;
    c->options.called = NULL;
    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        if (c->connections[i].open_handles > 0)
            close_connection(&c->connections[i]);
    uv_close((uv_handle_t *)&c->listener, on_listener_closed);
}

int canary_local_address(struct arena *a, struct sv address, struct sv *ret, struct error *err) {
    struct sockaddr_storage to, local;
    socklen_t len = sizeof local;
    char z[INET6_ADDRSTRLEN] = "";
    int rc = address_of(address, 9, &to, err);
    if (rc != 0)
        return rc;
    int fd = socket(to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return error_set(err, -errno, "no socket: %s", strerror(errno));
    socklen_t to_len = to.ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    if (connect(fd, (const struct sockaddr *)&to, to_len) != 0 || getsockname(fd, (struct sockaddr *)&local, &len) != 0)
        rc = error_set(err, ERR_NETWORK, "there is no route to " SV_FMT ": %s", SV_ARG(address), strerror(errno));
    ignore_result(close(fd));
    if (rc != 0)
        return rc;
    if (getnameinfo((const struct sockaddr *)&local, len, z, sizeof z, NULL, 0, NI_NUMERICHOST) != 0)
        return error_set(err, ERR_NETWORK, "the local address of the route to " SV_FMT " is not known", SV_ARG(address));
    struct sv text = arena_copy_sv(a, sv_from(z));
    if (text.ptr == NULL)
        return error_nomem(err);
    *ret = text;
    return 0;
}
