// SPDX-License-Identifier: Apache-2.0
#include "scan/names.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define PASS_EVERY (30 * USEC_PER_SEC)
#define LAST_PASS_MAX (3 * USEC_PER_SEC)

static bool is_looked_up(const struct name_entry *e) {
    return e->pinned.len > 0;
}

// Waits for the answer or a signal; returns the signal, or 0.
static int wait_for(struct lookup *l, int signals) {
    struct pollfd fds[] = {{.fd = lookup_descriptor(l), .events = POLLIN}, {.fd = signals, .events = POLLIN}};
    while (!lookup_is_done(l)) {
        if (poll(fds, 2, -1) < 0) continue;
        struct signalfd_siginfo info;
        if ((fds[1].revents & POLLIN) != 0 && read(signals, &info, sizeof info) == (ssize_t)sizeof info) return (int)info.ssi_signo;
    }
    return 0;
}

static int resolve_one(struct arena *a, struct names *n, struct name_entry *e, int signals, struct error *err) {
    struct lookup *l = lookup_start(e->url->host, e->url->port);
    if (l == NULL) return error_nomem(err);
    n->signal = wait_for(l, signals);
    if (n->signal != 0) {
        lookup_abandon(l);
        return 0;
    }
    struct error local = {0};
    int r = lookup_take(l, a, &e->pinned, &local);
    if (r == -ENOMEM) return error_nomem(err);
    if (r != 0) {
        e->pinned.len = 0;
        e->failure = arena_printf(a, SV_FMT ":%u cannot be reached: %s", SV_ARG(e->url->host), (unsigned)e->url->port, local.text);
    }
    // A name that points at a link-local address points at a metadata service: never in scope by name.
    for (size_t i = 0; i < e->pinned.len; i++) {
        if (address_classify(e->pinned.ptr[i]) == ADDRESS_LINK_LOCAL)
            return error_set(err, ERR_SCOPE, SV_FMT " resolves to the link-local address " SV_FMT "; that is no API. Nothing was sent", SV_ARG(e->url->host),
                             SV_ARG(e->pinned.ptr[i]));
    }
    return 0;
}

int names_resolve(struct arena *a, const struct scan_options *o, struct names *ret, struct error *err) {
    *ret = (struct names){.next = PASS_EVERY, .len = o->allow_origin_count + 1};
    ret->ptr = arena_new_array(a, struct name_entry, ret->len);
    if (ret->ptr == NULL) return error_nomem(err);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    int signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), r = 0;
    if (signals < 0) return error_set(err, -errno, "signals cannot be watched");
    for (size_t i = 0; i < ret->len && r == 0 && ret->signal == 0; i++) {
        ret->ptr[i].url = i == 0 ? &o->target : &o->allow_origins[i - 1];
        bool elsewhere = o->unix_socket != NULL || o->proxy != NULL; // nothing of ours resolves the name
        if (!elsewhere && address_classify(ret->ptr[i].url->host) == ADDRESS_NOT_LITERAL) r = resolve_one(a, ret, &ret->ptr[i], signals, err);
    }
    ignore_result(close(signals));
    return r;
}

static bool has(const struct net_addresses *list, struct sv address) {
    for (size_t i = 0; i < list->len; i++) {
        if (sv_eq(list->ptr[i], address)) return true;
    }
    return false;
}

static bool has_kind(const struct net_addresses *list, enum address_class kind) {
    for (size_t i = 0; i < list->len; i++) {
        if (address_classify(list->ptr[i]) == kind) return true;
    }
    return false;
}

enum name_change names_compare(const struct net_addresses *pinned, const struct net_addresses *found, struct sv *ret_address) {
    bool any_known = false;
    for (size_t i = 0; i < found->len; i++) {
        *ret_address = found->ptr[i];
        if (!has_kind(pinned, address_classify(found->ptr[i]))) return NAME_OTHER_KIND;
        any_known = any_known || has(pinned, found->ptr[i]);
    }
    return found->len == 0 || any_known ? NAME_SAME : NAME_OTHER_ADDRESS;
}

static void begin_next(struct names *n) {
    while (n->at < n->len && !is_looked_up(&n->ptr[n->at])) n->at++;
    n->lookup = n->at < n->len ? lookup_start(n->ptr[n->at].url->host, n->ptr[n->at].url->port) : NULL;
}

enum name_change names_tick(struct names *n, struct arena *a, usec_t now, const struct name_entry **ret_entry, struct sv *ret_address) {
    enum name_change change = NAME_SAME;
    if (n->lookup == NULL && now >= n->next && n->deadline == 0) {
        n->next = now + PASS_EVERY;
        n->at = 0;
        begin_next(n);
    }
    if (n->lookup == NULL || !lookup_is_done(n->lookup)) return NAME_SAME;
    struct net_addresses found;
    int r = lookup_take(n->lookup, a, &found, NULL);
    n->lookup = NULL;
    *ret_entry = &n->ptr[n->at];
    // A name server that fails for a moment says nothing.
    if (r == 0) change = names_compare(&n->ptr[n->at].pinned, &found, ret_address);
    n->at++;
    begin_next(n);
    return change;
}

bool names_last_pass(struct names *n, usec_t now) {
    if (n->last_over) return false;
    if (n->deadline == 0) {
        names_release(n);
        n->deadline = now + LAST_PASS_MAX;
        n->at = 0;
        begin_next(n);
    }
    n->last_over = n->lookup == NULL || now >= n->deadline;
    return !n->last_over;
}

void names_release(struct names *n) {
    lookup_abandon(n->lookup);
    n->lookup = NULL;
}
