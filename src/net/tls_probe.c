// SPDX-License-Identifier: Apache-2.0
// One connection for one probe:
//
//   connect (address by address) -> write -> read until complete, closed, reset, full or late -> close -> done
//
// Everything ends in end(), which closes the handles; `done` runs when libuv has let go of them.
#include "net/tls_probe.h"

#include <netinet/in.h>
#include <string.h>

#include "http/tls_hello.h"
#include "net/tls_impl.h"

#define HELLO_TIME (3 * USEC_PER_SEC)
#define HANDSHAKE_TIME (6 * USEC_PER_SEC)
enum { READ_BYTES = 4096, HANDSHAKE_BYTES = 256 * 1024 };

struct tls_probe {
    struct net *net;
    struct tls_probe *next;
    struct net_request request;
    const struct net_ip *ips;
    struct net_ip literal;
    size_t ip_count, ip_next; // addresses to try
    uv_tcp_t tcp;
    uv_timer_t timer;
    uv_connect_t connect;
    unsigned handles; // that are open or closing
    bool ending, connected, again; // again: the next address follows when the socket is closed
    bool shaking;
    struct tls_shake shake;
    struct sv out; // a ClientHello
    struct buf in;
    size_t received;
    usec_t started, first_byte;
    enum outcome outcome;
    enum tls_end how;
    char chunk[READ_BYTES];
};

struct tls_write {
    uv_write_t write;
    struct tls_probe *probe;
};

static void end(struct tls_probe *p, enum outcome outcome, enum tls_end how);
static void try_address(struct tls_probe *p);

static void unlink_probe(struct tls_probe *p) {
    for (struct tls_probe **at = &p->net->tls_probes; *at != NULL; at = &(*at)->next) {
        if (*at != p) continue;
        *at = p->next;
        return;
    }
}

static struct sv body_of(struct tls_probe *p) {
    if (p->shaking) return tls_shake_describe(&p->shake, p->request.arena, p->request.origin);
    return hex_encode(p->request.arena, buf_sv(&p->in));
}

static struct sv why(const struct tls_probe *p) {
    const struct sv host = p->request.origin->host;
    unsigned port = p->request.origin->port;
    if (p->outcome == OUTCOME_OUT_OF_SCOPE) return arena_printf(p->request.arena, SV_FMT " has no address that may be contacted", SV_ARG(host));
    if (p->outcome == OUTCOME_TIMEOUT) return arena_printf(p->request.arena, "no connection to " SV_FMT ":%u in time", SV_ARG(host), port);
    if (p->outcome == OUTCOME_BUDGET) return SV("cancelled");
    return arena_printf(p->request.arena, "connection refused by " SV_FMT ":%u", SV_ARG(host), port);
}

static void deliver(struct tls_probe *p) {
    struct net *n = p->net;
    struct net_result result = {.outcome = p->outcome, .bytes_received = p->received};
    if (p->outcome == OUTCOME_DONE) {
        result.response.status = 200;
        result.response.reason = sv_from(tls_end_names[p->how]);
        result.response.body = body_of(p);
        result.response.first_byte = p->first_byte;
        result.response.total = clock_monotonic() - p->started;
        if (result.response.body.ptr == NULL) result.response.body = SV("");
    } else {
        result.detail = why(p);
    }
    tls_shake_free(&p->shake);
    buf_fini(&p->in);
    unlink_probe(p);
    n->in_flight--;
    if (n->in_flight == 0) uv_unref((uv_handle_t *)&n->tick);
    p->request.done(p->request.context, &result); // frees the probe with its arena
}

static void on_closed(uv_handle_t *handle) {
    struct tls_probe *p = handle->data;
    p->handles--;
    if (p->net->closing) {
        if (p->handles > 0) return;
        tls_shake_free(&p->shake);
        buf_fini(&p->in);
        return;
    }
    if (p->again && !p->ending) {
        p->again = false;
        try_address(p);
    } else if (p->handles == 0) {
        deliver(p);
    }
}

static void end(struct tls_probe *p, enum outcome outcome, enum tls_end how) {
    if (p->ending) return;
    p->ending = true;
    p->outcome = outcome;
    p->how = how;
    uv_close((uv_handle_t *)&p->timer, on_closed);
    if (p->handles > 1 && !uv_is_closing((uv_handle_t *)&p->tcp)) uv_close((uv_handle_t *)&p->tcp, on_closed);
}

static void on_late(uv_timer_t *timer) {
    struct tls_probe *p = timer->data;
    end(p, p->connected ? OUTCOME_DONE : OUTCOME_TIMEOUT, TLS_END_TIME);
}

static void on_written(uv_write_t *write, int status) {
    struct tls_probe *p = ((struct tls_write *)(void *)write)->probe;
    if (status < 0 && status != UV_ECANCELED) end(p, OUTCOME_DONE, TLS_END_RESET);
}

static bool write_bytes(struct tls_probe *p, struct sv bytes) {
    if (bytes.len == 0) return true;
    struct tls_write *w = arena_new(p->request.arena, struct tls_write);
    char *copy = arena_alloc(p->request.arena, bytes.len);
    if (w == NULL || copy == NULL) return false;
    memcpy(copy, bytes.ptr, bytes.len);
    w->probe = p;
    uv_buf_t b = uv_buf_init(copy, (unsigned)bytes.len);
    return uv_write(&w->write, (uv_stream_t *)&p->tcp, &b, 1, on_written) == 0;
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret) {
    struct tls_probe *p = handle->data;
    (void)suggested;
    *ret = uv_buf_init(p->chunk, sizeof p->chunk);
}

static void take_handshake(struct tls_probe *p, struct sv bytes) {
    bool over = tls_shake_feed(&p->shake, bytes);
    if (!over && !write_bytes(p, tls_shake_output(&p->shake, p->request.arena))) end(p, OUTCOME_DONE, TLS_END_RESET);
    if (over) end(p, OUTCOME_DONE, TLS_END_COMPLETE);
    else if (p->received > HANDSHAKE_BYTES) end(p, OUTCOME_DONE, TLS_END_FULL);
}

static void take_answer(struct tls_probe *p, struct sv bytes) {
    size_t room = TLS_ANSWER_MAX - p->in.len;
    buf_add(&p->in, bytes.len > room ? sv_slice(bytes, 0, room) : bytes);
    if (tls_answer_is_complete(buf_sv(&p->in))) end(p, OUTCOME_DONE, TLS_END_COMPLETE);
    else if (p->in.len >= TLS_ANSWER_MAX || buf_failed(&p->in)) end(p, OUTCOME_DONE, TLS_END_FULL);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *b) {
    struct tls_probe *p = stream->data;
    if (p->ending || count == 0) return;
    if (count < 0) {
        end(p, OUTCOME_DONE, count == UV_EOF ? TLS_END_CLOSED : TLS_END_RESET);
        return;
    }
    if (p->received == 0) p->first_byte = clock_monotonic() - p->started;
    p->received += (size_t)count;
    struct sv bytes = sv_make(b->base, (size_t)count);
    if (p->shaking) take_handshake(p, bytes);
    else take_answer(p, bytes);
}

static void on_connected(uv_connect_t *connect, int status) {
    struct tls_probe *p = connect->data;
    if (p->ending || status == UV_ECANCELED) return;
    if (status < 0) {
        p->again = p->ip_next < p->ip_count;
        if (p->again) uv_close((uv_handle_t *)&p->tcp, on_closed);
        else end(p, status == UV_ETIMEDOUT ? OUTCOME_TIMEOUT : OUTCOME_REFUSED_CONNECTION, TLS_END_CLOSED);
        return;
    }
    p->connected = true;
    struct sv out = p->out;
    if (p->shaking && !tls_shake_feed(&p->shake, SV_NONE)) out = tls_shake_output(&p->shake, p->request.arena);
    if (uv_read_start((uv_stream_t *)&p->tcp, on_alloc, on_read) != 0 || !write_bytes(p, out)) end(p, OUTCOME_DONE, TLS_END_RESET);
}

static void fill_address(const struct net_ip *ip, uint16_t port, struct sockaddr_storage *ret) {
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    memcpy(&in.sin_addr, ip->bytes, 4);
    memcpy(&in6.sin6_addr, ip->bytes, 16);
    if (ip->family == AF_INET) memcpy(ret, &in, sizeof in);
    else memcpy(ret, &in6, sizeof in6);
}

static void try_address(struct tls_probe *p) {
    struct sockaddr_storage address = {0};
    if (p->ip_next >= p->ip_count) {
        end(p, OUTCOME_OUT_OF_SCOPE, TLS_END_CLOSED);
        return;
    }
    fill_address(&p->ips[p->ip_next++], p->request.origin->port, &address);
    ignore_result(uv_tcp_init(p->net->loop, &p->tcp));
    p->tcp.data = p->connect.data = p;
    p->handles++;
    if (uv_tcp_connect(&p->connect, &p->tcp, (const struct sockaddr *)&address, on_connected) != 0) end(p, OUTCOME_REFUSED_CONNECTION, TLS_END_CLOSED);
}

static void on_begin(uv_timer_t *timer);

static void start_timer(struct tls_probe *p) {
    usec_t time = p->shaking ? HANDSHAKE_TIME : HELLO_TIME;
    if (p->request.total_timeout != 0 && p->request.total_timeout < time) time = p->request.total_timeout;
    ignore_result(uv_timer_start(&p->timer, on_late, time / USEC_PER_MSEC, 0));
}

static void on_begin(uv_timer_t *timer) {
    struct tls_probe *p = timer->data;
    start_timer(p);
    try_address(p);
}

static void find_addresses(struct tls_probe *p) {
    const struct url *origin = p->request.origin;
    const struct net_pin_entry *pin = net_pin_find(p->net, origin->host, origin->port);
    if (pin != NULL) {
        p->ips = pin->ips;
        p->ip_count = pin->ip_count;
    } else if (net_ip_parse(origin->host, &p->literal)) {
        p->ips = &p->literal;
        p->ip_count = 1;
    }
}

static int prepare(struct tls_probe *p, struct error *err) {
    const struct request *rq = p->request.request;
    if (!request_is_tls_probe(rq) || !sv_eq(p->request.origin->scheme, SV("https"))) return error_set(err, ERR_USAGE, "not a TLS probe");
    p->shaking = sv_eq(rq->method, TLS_METHOD_HANDSHAKE);
    if (p->shaking) return tls_shake_start(&p->shake, &p->net->options, &p->request, err);
    p->out = hex_decode(p->request.arena, rq->body);
    return p->out.ptr == NULL ? error_nomem(err) : 0;
}

int net_tls_probe(struct net *n, const struct net_request *request, struct error *err) {
    if (n->options.proxy != NULL || n->options.unix_socket != NULL)
        return error_set(err, ERR_UNSUPPORTED, "TLS is looked at only over a connection of its own, not through a proxy or a unix socket");
    struct tls_probe *p = arena_new(request->arena, struct tls_probe);
    if (p == NULL) return error_nomem(err);
    p->net = n;
    p->request = *request;
    p->started = clock_monotonic();
    buf_init(&p->in, TLS_ANSWER_MAX);
    find_addresses(p);
    int rc = prepare(p, err);
    if (rc != 0) return rc;
    ignore_result(uv_timer_init(n->loop, &p->timer));
    p->timer.data = p;
    p->handles = 1;
    p->next = n->tls_probes;
    n->tls_probes = p;
    if (n->in_flight++ == 0) uv_ref((uv_handle_t *)&n->tick);
    return uv_timer_start(&p->timer, on_begin, 0, 0); // done never runs inside of this call
}

void tls_probes_cancel(struct net *n) {
    for (struct tls_probe *p = n->tls_probes; p != NULL; p = p->next) end(p, OUTCOME_BUDGET, TLS_END_CLOSED);
}

void tls_probes_abandon(struct net *n) {
    tls_probes_cancel(n); // net->closing keeps them from calling done
}
