// SPDX-License-Identifier: Apache-2.0
#include "net/client_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define SOCKET_SLOTS_MAX 65536u

static struct net_socket *socket_find(const struct net *n, curl_socket_t fd) {
    return fd >= 0 && (size_t)fd < n->socket_slots ? n->sockets[fd] : NULL;
}

static bool slots_grow(struct net *n, size_t need) {
    size_t count = n->socket_slots == 0 ? 256 : n->socket_slots;
    while (count < need)
        count *= 2;
    if (count > SOCKET_SLOTS_MAX)
        return false;
    if (count == n->socket_slots)
        return true;
    struct net_socket **grown = arena_new_array(&n->arena, struct net_socket *, count);
    if (grown == NULL)
        return false;
    if (n->socket_slots > 0)
        memcpy(grown, n->sockets, n->socket_slots * sizeof *grown);
    n->sockets = grown;
    n->socket_slots = count;
    return true;
}

static struct net_socket *socket_new(struct net *n, curl_socket_t fd, bool foreign) {
    if (fd < 0 || !slots_grow(n, (size_t)fd + 1))
        return NULL;
    struct net_socket *s = n->free_sockets;
    if (s != NULL)
        n->free_sockets = s->next_free;
    else
        s = arena_new(&n->arena, struct net_socket);
    if (s == NULL)
        return NULL;
    *s = (struct net_socket){.net = n, .fd = fd, .foreign = foreign};
    if (uv_poll_init_socket(n->loop, &s->poll, fd) != 0) {
        s->next_free = n->free_sockets;
        n->free_sockets = s;
        return NULL;
    }
    s->poll.data = s;
    n->sockets[fd] = s;
    return s;
}

static void on_closed(uv_handle_t *handle) {
    struct net_socket *s = handle->data;
    s->next_free = s->net->free_sockets;
    s->net->free_sockets = s;
}

/* The descriptor may be closed right after this: uv_close has taken it out of epoll. */
static void socket_release(struct net_socket *s) {
    if (s->connecting)
        s->net->connecting--;
    s->net->sockets[s->fd] = NULL;
    uv_close((uv_handle_t *)&s->poll, on_closed);
}

static void socket_want(struct net_socket *s, int events);

static void on_event(uv_poll_t *poll, int status, int events) {
    struct net_socket *s = poll->data;
    struct net *n = s->net;
    if (s->idle) {
        // A kept-alive connection between two requests: the server closed it or talks unasked. libcurl finds that when it reuses it.
        ignore_result(uv_poll_stop(poll));
        s->events = 0;
        return;
    }
    int what = 0, running = 0, wanted = s->events;
    curl_socket_t fd = s->fd;
    if (status < 0) {
        // libuv has stopped the poll. libcurl is to read the error itself: told of one, it would not repeat a request that met a
        // connection which the server had just closed.
        s->events = 0;
        events = UV_READABLE | UV_WRITABLE;
    }
    if (events & UV_READABLE)
        what |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        what |= CURL_CSELECT_OUT;
    n->in_dispatch = true;
    curl_multi_socket_action(n->multi, fd, what, &running);
    n->in_dispatch = false; // the check handle behind the poll phase takes what has finished
    if (status < 0 && socket_find(n, fd) == s && !s->idle && s->events == 0)
        socket_want(s, wanted);
}

static void socket_want(struct net_socket *s, int events) {
    if (s->idle) {
        s->idle = false;
        uv_ref((uv_handle_t *)&s->poll);
    }
    if (s->events == events)
        return;
    s->events = uv_poll_start(&s->poll, events, on_event) == 0 ? events : 0;
}

/* libcurl 7.88 closes the socket of an attempt that did not get through by itself, not through our callback; from the first whole exchange on
 * it tells. */
static bool connection_stands(struct net_socket *s) {
    if (fcntl(s->fd, F_GETFD) < 0)
        return false;
    s->connecting = false;
    s->net->connecting--;
    return true;
}

static int on_socket_wish(CURL *easy, curl_socket_t fd, int what, void *context, void *unused) {
    struct net *n = context;
    struct net_socket *s = socket_find(n, fd);
    (void)easy;
    (void)unused;
    if (what == CURL_POLL_REMOVE) {
        if (s == NULL)
            return 0;
        bool closed = s->connecting && !connection_stands(s);
        if (s->foreign || closed) {
            socket_release(s);
        } else if (!s->idle) {
            s->idle = true;
            uv_unref((uv_handle_t *)&s->poll);
        }
        return 0;
    }
    if (n->closing)
        return 0;
    if (s == NULL)
        s = socket_new(n, fd, true);
    if (s == NULL)
        return -1;
    int events = 0;
    if (what != CURL_POLL_OUT)
        events |= UV_READABLE;
    if (what != CURL_POLL_IN)
        events |= UV_WRITABLE;
    socket_want(s, events);
    return 0;
}

static int on_timer_wish(CURLM *multi, long timeout, void *context) {
    struct net *n = context;
    (void)multi;
    n->curl_timeout = timeout;
    n->timeout_changed = true; // applied by net_settle or net_send: every call into libcurl is followed by one of them
    return 0;
}

static curl_socket_t on_open(void *context, curlsocktype purpose, struct curl_sockaddr *address) {
    struct transfer *t = context;
    (void)purpose;
    // Last line of the scope guard: whatever libcurl made of the name, only accepted addresses are contacted.
    if (!net_address_allowed(t, &address->addr))
        return CURL_SOCKET_BAD;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->protocol);
    if (fd < 0)
        return CURL_SOCKET_BAD;
    struct net_socket *stale = socket_find(t->net, fd);
    if (stale != NULL)
        socket_release(stale); // its descriptor was closed without a word, or the number would not be free
    struct net_socket *s = socket_new(t->net, fd, false);
    if (s == NULL) {
        ignore_result(close(fd));
        return CURL_SOCKET_BAD;
    }
    s->connecting = true;
    t->net->connecting++;
    if (t->connect_started == 0)
        t->connect_started = clock_monotonic();
    t->newest_socket = fd;
    return fd;
}

void net_socket_sweep(struct net *n) {
    for (size_t i = 0; i < n->socket_slots && n->connecting > 0; i++) {
        struct net_socket *s = n->sockets[i];
        if (s != NULL && s->connecting && fcntl(s->fd, F_GETFD) < 0)
            socket_release(s);
    }
}

static int on_close(void *context, curl_socket_t fd) {
    struct net *n = context;
    struct net_socket *s = socket_find(n, fd);
    if (s != NULL)
        socket_release(s);
    return close(fd);
}

int net_socket_setup(struct net *n, struct error *err) {
    if (!slots_grow(n, 1))
        return error_nomem(err);
    curl_multi_setopt(n->multi, CURLMOPT_SOCKETFUNCTION, on_socket_wish);
    curl_multi_setopt(n->multi, CURLMOPT_SOCKETDATA, n);
    curl_multi_setopt(n->multi, CURLMOPT_TIMERFUNCTION, on_timer_wish);
    curl_multi_setopt(n->multi, CURLMOPT_TIMERDATA, n);
    return 0;
}

void net_socket_easy_setup(struct transfer *t) {
    curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    curl_easy_setopt(t->easy, CURLOPT_CLOSESOCKETDATA, t->net);
}

void net_socket_close_all(struct net *n) {
    for (size_t i = 0; i < n->socket_slots; i++)
        if (n->sockets[i] != NULL)
            socket_release(n->sockets[i]);
}
