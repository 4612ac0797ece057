// SPDX-License-Identifier: Apache-2.0
#include "net/client.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "net/tls_impl.h"

#define CLIENT_MEMORY_MAX ((size_t)64 << 20)
#define SETTLE_ROUNDS_MAX 64 // then the loop gets its turn, so that requests which fail at once cannot starve it
#define CLOSE_ROUNDS_MAX 1000

static void on_curl_timer(uv_timer_t *timer) {
    struct net *n = timer->data;
    int running = 0;
    n->in_dispatch = true;
    curl_multi_socket_action(n->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    n->in_dispatch = false;
    net_settle(n);
}

static void on_check(uv_check_t *check) {
    net_settle(check->data);
}

/* Gives the handle back before `done` runs, so that a request sent from there reuses it. */
static void deliver(struct transfer *t, const struct net_result *result) {
    struct net *n = t->net;
    net_done done = t->request.done;
    void *context = t->request.context;
    t->state = TRANSFER_IDLE;
    t->request = (struct net_request){0};
    t->next_free = n->free_transfers;
    n->free_transfers = t;
    n->in_flight--;
    if (n->in_flight == 0)
        uv_unref((uv_handle_t *)&n->tick);
    done(context, result);
}

/* A unix socket whose queue is full answers EAGAIN (connect(2)); libcurl takes that for an attempt under way, which then fails without an
 * error number. */
static bool queue_is_full(const struct transfer *t, CURLcode code) {
    long number = 0;
    if (t->net->options.unix_socket == NULL || code != CURLE_COULDNT_CONNECT)
        return false;
    curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &number);
    return number == 0 || number == EAGAIN;
}

static void finish(struct transfer *t, CURLcode code) {
    struct net_result result;
    if (queue_is_full(t, code)) {
        curl_multi_remove_handle(t->net->multi, t->easy);
        t->state = TRANSFER_DELAYED;
        return;
    }
    transfer_result(t, code, &result);
    curl_multi_remove_handle(t->net->multi, t->easy);
    deliver(t, &result);
}

static void finish_end(struct transfer *t, enum transfer_end end) {
    struct net_result result;
    transfer_result_end(t, end, &result);
    if (t->state == TRANSFER_ACTIVE)
        curl_multi_remove_handle(t->net->multi, t->easy);
    deliver(t, &result);
}

static void take_finished(struct net *n) {
    int left = 0;
    for (CURLMsg *m = curl_multi_info_read(n->multi, &left); m != NULL; m = curl_multi_info_read(n->multi, &left)) {
        char *private_data = NULL;
        if (m->msg != CURLMSG_DONE)
            continue;
        CURLcode code = m->data.result; // `m` dies with curl_multi_remove_handle
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &private_data);
        finish((struct transfer *)(void *)private_data, code);
        if (n->closing)
            return;
    }
}

static void apply_timer(struct net *n) {
    n->timeout_changed = false;
    if (n->curl_timeout < 0)
        ignore_result(uv_timer_stop(&n->curl_timer));
    else
        ignore_result(uv_timer_start(&n->curl_timer, on_curl_timer, (uint64_t)n->curl_timeout, 0));
}

void net_settle(struct net *n) {
    if (n->in_dispatch || n->closing)
        return;
    // A wish for "now" that comes from net_send outside of the loop only arms the timer: done never runs inside net_send.
    n->in_dispatch = true;
    for (int round = 0; round < SETTLE_ROUNDS_MAX; round++) {
        take_finished(n);
        if (!n->timeout_changed || n->curl_timeout != 0)
            break;
        int running = 0;
        n->timeout_changed = false;
        curl_multi_socket_action(n->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    n->in_dispatch = false;
    if (n->connecting > 0)
        net_socket_sweep(n);
    if (n->timeout_changed)
        apply_timer(n);
}

/* Which of our time-outs has passed, if any. libcurl's own are off: they cost a tree operation for each request. */
static bool is_late(const struct transfer *t, usec_t now, enum transfer_end *ret) {
    const struct net_options *o = &t->net->options;
    usec_t total = t->request.total_timeout != 0 ? t->request.total_timeout : o->total_timeout;
    curl_off_t sent = 0;
    if (now - t->started >= total) {
        *ret = END_TOTAL_TIMEOUT;
        return true;
    }
    if (t->header_bytes > 0)
        return false;
    curl_easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME_T, &sent);
    if (sent > 0) {
        *ret = END_FIRST_BYTE_TIMEOUT;
        return now >= t->started + (usec_t)sent + o->first_byte_timeout;
    }
    *ret = END_CONNECT_TIMEOUT;
    return t->connect_started != 0 && now - t->connect_started >= o->connect_timeout;
}

static void try_again(struct transfer *t) {
    t->state = TRANSFER_ACTIVE;
    if (curl_multi_add_handle(t->net->multi, t->easy) != CURLM_OK)
        finish_end(t, END_CONNECT_TIMEOUT);
}

static void on_tick(uv_timer_t *timer) {
    struct net *n = timer->data;
    usec_t now = clock_monotonic();
    uint64_t serial = n->next_serial; // what `done` sends from here on is not judged in this round
    n->in_dispatch = true;
    for (size_t i = 0; i < n->transfers.len && !n->closing; i++) {
        struct transfer *t = n->transfers.ptr[i];
        enum transfer_end end;
        if (t->state == TRANSFER_IDLE || t->serial >= serial)
            continue;
        if (t->state == TRANSFER_PENDING)
            finish_end(t, END_NOT_PINNED);
        else if (t->serial < n->cancel_before)
            finish_end(t, END_CANCELLED);
        else if (is_late(t, now, &end))
            finish_end(t, end);
        else if (t->state == TRANSFER_DELAYED)
            try_again(t);
    }
    n->in_dispatch = false;
    net_settle(n);
    if (n->in_flight == 0)
        ignore_result(uv_timer_stop(&n->tick));
}

static void start_tick(struct net *n, uint64_t first_msec) {
    ignore_result(uv_timer_start(&n->tick, on_tick, first_msec, NET_TICK_MSEC));
}

static void options_fill(struct net_options *o) {
    if (o->connect_timeout == 0)
        o->connect_timeout = 5 * USEC_PER_SEC;
    if (o->first_byte_timeout == 0)
        o->first_byte_timeout = 10 * USEC_PER_SEC;
    if (o->total_timeout == 0)
        o->total_timeout = 20 * USEC_PER_SEC;
    if (o->body_cap == 0)
        o->body_cap = (size_t)4 << 20;
    if (o->header_cap == 0)
        o->header_cap = (size_t)256 << 10;
    if (o->max_connections == 0)
        o->max_connections = 64;
}

static int copy_text(struct net *n, const char **text, struct error *err) {
    if (*text == NULL)
        return 0;
    *text = arena_copy_sv(&n->arena, sv_from(*text)).ptr;
    return *text == NULL ? error_nomem(err) : 0;
}

static int copy_texts(struct net *n, struct error *err) {
    struct net_options *o = &n->options;
    const char **texts[] = {&o->certificate, &o->key, &o->ca_file, &o->proxy, &o->unix_socket, &o->user_agent};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        int rc = copy_text(n, texts[i], err);
        if (rc != 0)
            return rc;
    }
    return 0;
}

/* A file that cannot be read is the user's mistake: said before anything is sent. */
static int check_files(const struct net_options *o, struct error *err) {
    const struct {
        const char *path, *what;
    } files[] = {{o->certificate, "client certificate"}, {o->key, "client key"}, {o->ca_file, "file of trusted certificates"}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (files[i].path != NULL && access(files[i].path, R_OK) != 0)
            return error_set(err, ERR_USAGE, "the %s %.200s cannot be read: %s", files[i].what, files[i].path,
                             strerror(errno));
    return 0;
}

static int setup_loop(struct net *n, struct error *err) {
    n->loop = arena_new(&n->arena, uv_loop_t);
    if (n->loop == NULL)
        return error_nomem(err);
    int rc = uv_loop_init(n->loop);
    if (rc != 0) {
        n->loop = NULL;
        return error_set(err, rc, "the event loop could not start: %s", uv_strerror(rc));
    }
    // These three cannot fail: they only fill in the handles.
    ignore_result(uv_timer_init(n->loop, &n->curl_timer));
    ignore_result(uv_timer_init(n->loop, &n->tick));
    ignore_result(uv_check_init(n->loop, &n->check));
    n->curl_timer.data = n->tick.data = n->check.data = n;
    ignore_result(uv_check_start(&n->check, on_check));
    uv_unref((uv_handle_t *)&n->check);
    uv_unref((uv_handle_t *)&n->tick);
    return 0;
}

static int setup_multi(struct net *n, struct error *err) {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return error_set(err, ERR_NETWORK, "libcurl could not start");
    n->curl_global = true;
    n->multi = curl_multi_init();
    if (n->multi == NULL)
        return error_nomem(err);
    long connections = (long)n->options.max_connections;
    curl_multi_setopt(n->multi, CURLMOPT_MAX_HOST_CONNECTIONS, connections);
    curl_multi_setopt(n->multi, CURLMOPT_MAXCONNECTS, connections * 4);
    curl_multi_setopt(n->multi, CURLMOPT_PIPELINING, n->options.http2 ? CURLPIPE_MULTIPLEX : CURLPIPE_NOTHING);
    return net_socket_setup(n, err);
}

/* Writable copies, because libcurl's list type asks for them; it does not write. */
static int setup_header_lines(struct net *n, struct error *err) {
    const struct {
        const char *text;
        char **place;
    } lines[] = {{"Content-Type:", &n->no_content_type.data},
                 {"Content-Type:", &n->no_content_type_only.data},
                 {"Accept:", &n->no_accept.data},
                 {"Expect:", &n->no_expect.data},
                 {"Accept-Encoding: gzip, br, deflate", &n->accept_encoding}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        size_t size = strlen(lines[i].text) + 1;
        *lines[i].place = arena_alloc(&n->arena, size);
        if (*lines[i].place == NULL)
            return error_nomem(err);
        memcpy(*lines[i].place, lines[i].text, size);
    }
    n->no_content_type.next = &n->no_accept;
    n->no_content_type_only.next = &n->no_expect;
    n->no_accept.next = &n->no_expect;
    return 0;
}

static int setup(struct net *n, struct error *err) {
    int rc = copy_texts(n, err);
    if (rc == 0)
        rc = check_files(&n->options, err);
    if (rc == 0)
        rc = setup_loop(n, err);
    if (rc == 0)
        rc = setup_multi(n, err);
    if (rc == 0)
        rc = net_proxy_setup(n, err);
    if (rc == 0)
        rc = setup_header_lines(n, err);
    return rc;
}

int net_new(const struct net_options *options, struct net **ret, struct error *err) {
    struct arena arena;
    arena_init(&arena, CLIENT_MEMORY_MAX);
    struct net *n = arena_new(&arena, struct net);
    if (n == NULL) {
        arena_fini(&arena);
        return error_nomem(err);
    }
    n->arena = arena; // the client lives in its own arena
    n->options = *options;
    n->curl_timeout = -1;
    options_fill(&n->options);
    buf_init(&n->decoded, n->options.body_cap);
    int rc = setup(n, err);
    if (rc != 0) {
        net_free(n);
        return rc;
    }
    *ret = n;
    return 0;
}

static void close_loop(struct net *n) {
    uv_close((uv_handle_t *)&n->curl_timer, NULL);
    uv_close((uv_handle_t *)&n->tick, NULL);
    uv_close((uv_handle_t *)&n->check, NULL);
    for (int i = 0; i < CLOSE_ROUNDS_MAX && uv_loop_close(n->loop) == UV_EBUSY; i++)
        ignore_result(uv_run(n->loop, UV_RUN_NOWAIT));
}

void net_free(struct net *n) {
    if (n == NULL)
        return;
    n->closing = true;
    for (size_t i = 0; i < n->transfers.len; i++)
        transfer_free(n->transfers.ptr[i]);
    if (n->multi != NULL)
        curl_multi_cleanup(n->multi);
    net_socket_close_all(n);
    tls_probes_abandon(n);
    if (n->loop != NULL)
        close_loop(n);
    if (n->curl_global)
        curl_global_cleanup();
    buf_fini(&n->decoded);
    struct arena arena = n->arena;
    arena_fini(&arena);
}

struct uv_loop_s *net_loop(struct net *n) {
    return n->loop;
}

unsigned net_in_flight(const struct net *n) {
    return n->in_flight;
}

static int take_transfer(struct net *n, struct transfer **ret, struct error *err) {
    struct transfer *t = n->free_transfers;
    if (t != NULL) {
        n->free_transfers = t->next_free;
        *ret = t;
        return 0;
    }
    if (n->transfers.len >= NET_TRANSFERS_MAX)
        return error_set(err, ERR_LIMIT, "more than %u requests at the same time", NET_TRANSFERS_MAX);
    return transfer_new(n, ret, err);
}

static int start(struct net *n, struct transfer *t, struct error *err) {
    const struct url *origin = t->request.origin;
    t->pin = net_pin_find(n, origin->host, origin->port);
    t->started = clock_monotonic();
    t->serial = n->next_serial++;
    if (t->pin == NULL && !net_ip_parse(origin->host, &t->literal) && n->options.unix_socket == NULL) {
        t->state = TRANSFER_PENDING;
        return 0;
    }
    int rc = transfer_prepare(t, err);
    if (rc != 0)
        return rc;
    // in_dispatch keeps the timer callback from settling before the transfer is counted.
    bool inside = n->in_dispatch;
    n->in_dispatch = true;
    CURLMcode code = curl_multi_add_handle(n->multi, t->easy);
    n->in_dispatch = inside;
    if (code != CURLM_OK)
        return error_set(err, ERR_NETWORK, "libcurl refused the request: %s", curl_multi_strerror(code));
    t->state = TRANSFER_ACTIVE;
    return 0;
}

int net_send(struct net *n, const struct net_request *request, struct error *err) {
    struct transfer *t = NULL;
    int rc = take_transfer(n, &t, err);
    if (rc != 0)
        return rc;
    t->request = *request;
    rc = start(n, t, err);
    if (rc != 0) {
        t->request = (struct net_request){0};
        t->next_free = n->free_transfers;
        n->free_transfers = t;
        return rc;
    }
    if (n->in_flight++ == 0)
        uv_ref((uv_handle_t *)&n->tick);
    if (t->state == TRANSFER_PENDING)
        start_tick(n, 0);
    else if (!uv_is_active((uv_handle_t *)&n->tick))
        start_tick(n, NET_TICK_MSEC);
    if (!n->in_dispatch && n->timeout_changed)
        apply_timer(n);
    return 0;
}

void net_cancel_all(struct net *n) {
    if (n->in_flight == 0)
        return;
    n->cancel_before = n->next_serial;
    start_tick(n, 0);
    tls_probes_cancel(n);
}
