// SPDX-License-Identifier: Apache-2.0
// getaddrinfo(3) cannot be interrupted; so it runs beside, and whoever loses interest lets go. The last of the two frees the memory.
#include "scan/lookup.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { RUNNING, DONE, ABANDONED };

struct lookup {
    struct arena arena;
    struct sv host;
    uint16_t port;
    int descriptor;
    _Atomic int state;
    int result;
    struct net_addresses found;
    struct error error;
};

static void lookup_free(struct lookup *l) {
    if (l->descriptor >= 0) ignore_result(close(l->descriptor));
    arena_fini(&l->arena);
    free(l);
}

// The descriptor is written before the state changes, because after that `l` may be gone.
static void *run(void *context) {
    struct lookup *l = context;
    l->result = net_resolve(&l->arena, l->host, l->port, &l->found, &l->error);
    const uint64_t one = 1;
    ignore_result(write(l->descriptor, &one, sizeof one) < 0);
    int expected = RUNNING;
    if (!atomic_compare_exchange_strong(&l->state, &expected, DONE)) lookup_free(l);
    return NULL;
}

// Signals are for the thread that scans.
static int start_thread(struct lookup *l) {
    sigset_t all, before;
    pthread_t thread;
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) return -ENOMEM;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int r = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (r == 0) r = pthread_create(&thread, &attributes, run, l);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return -r;
}

struct lookup *lookup_start(struct sv host, uint16_t port) {
    struct lookup *l = calloc(1, sizeof *l);
    if (l == NULL) return NULL;
    arena_init(&l->arena, (size_t)1024 * 1024);
    l->port = port;
    l->host = arena_copy_sv(&l->arena, host);
    l->descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (l->host.ptr != NULL && l->descriptor >= 0 && start_thread(l) == 0) return l;
    lookup_free(l);
    return NULL;
}

int lookup_descriptor(const struct lookup *l) {
    return l->descriptor;
}

bool lookup_is_done(const struct lookup *l) {
    return atomic_load(&l->state) == DONE;
}

int lookup_take(struct lookup *l, struct arena *a, struct net_addresses *ret, struct error *err) {
    int r = l->result;
    *ret = (struct net_addresses){.ptr = arena_new_array(a, struct sv, l->found.len)};
    if (r == 0 && ret->ptr == NULL) r = error_nomem(&l->error);
    for (size_t i = 0; i < l->found.len && r == 0; i++) {
        ret->ptr[ret->len] = arena_copy_sv(a, l->found.ptr[i]);
        if (ret->ptr[ret->len++].ptr == NULL) r = error_nomem(&l->error);
    }
    if (r != 0 && err != NULL) *err = l->error;
    lookup_free(l);
    return r;
}

void lookup_abandon(struct lookup *l) {
    int expected = RUNNING;
    if (l != NULL && !atomic_compare_exchange_strong(&l->state, &expected, ABANDONED)) lookup_free(l);
}
