// SPDX-License-Identifier: Apache-2.0
// Sends N keep-alive requests through the HTTP client and prints what they cost: `bench-net URL REQUESTS CONCURRENCY`.
// Output: requests, failures, wall seconds, CPU seconds, peak resident KiB on one line, for run-net.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <uv.h>

#include "base/numbers.h"
#include "net/client.h"

#define SLOTS_MAX 1000u

struct bench {
    struct net *net;
    struct url origin;
    struct request request;
    uint64_t to_send, failed, done;
};
struct slot {
    struct bench *bench;
    struct arena arena; // of one request, cleared after each
};

static void on_done(void *context, const struct net_result *result);

static int send_next(struct slot *slot, struct error *err) {
    struct bench *b = slot->bench;
    if (b->to_send == 0)
        return 0;
    b->to_send--;
    arena_clear(&slot->arena);
    const struct net_request r = {
        .origin = &b->origin, .request = &b->request, .arena = &slot->arena, .done = on_done, .context = slot};
    return net_send(b->net, &r, err);
}

static void on_done(void *context, const struct net_result *result) {
    struct slot *slot = context;
    struct error err;
    slot->bench->done++;
    if (result->outcome != OUTCOME_DONE || result->response.status != 200 || result->response.body.len == 0) {
        if (slot->bench->failed++ == 0)
            ignore_result(fprintf(stderr, "bench-net: first failure: status %u, %.*s\n", (unsigned)result->response.status,
                                  SV_ARG(result->detail)) < 0);
    }
    if (send_next(slot, &err) != 0)
        slot->bench->failed++;
}

static double cpu_seconds(const struct rusage *u) {
    return (double)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) +
           (double)(u->ru_utime.tv_usec + u->ru_stime.tv_usec) / (double)USEC_PER_SEC;
}

static int run(struct bench *b, uint64_t concurrency, struct error *err) {
    struct slot *slots = calloc((size_t)concurrency, sizeof *slots);
    uint64_t total = b->to_send;
    if (slots == NULL)
        return error_nomem(err);
    int rc = 0;
    usec_t start = clock_monotonic();
    for (uint64_t i = 0; i < concurrency && rc == 0; i++) {
        slots[i].bench = b;
        arena_init(&slots[i].arena, (size_t)8 << 20);
        rc = send_next(&slots[i], err);
    }
    if (rc == 0)
        uv_run(net_loop(b->net), UV_RUN_DEFAULT);
    double wall = (double)(clock_monotonic() - start) / (double)USEC_PER_SEC;
    struct rusage usage;
    ignore_result(getrusage(RUSAGE_SELF, &usage));
    if (rc == 0 && b->done != total)
        rc = error_set(err, ERR_NETWORK, "%" PRIu64 " of %" PRIu64 " requests came back", b->done, total);
    if (rc == 0)
        ignore_result(printf("%" PRIu64 " %" PRIu64 " %.4f %.4f %ld\n", b->done, b->failed, wall, cpu_seconds(&usage),
                             usage.ru_maxrss) < 0);
    net_free(b->net);
    for (uint64_t i = 0; i < concurrency; i++)
        arena_fini(&slots[i].arena);
    free(slots);
    return rc;
}

int main(int argc, char **argv) {
    struct error err = {0};
    struct bench b = {0};
    auto_arena arena = {0};
    uint64_t concurrency = 0;
    if (argc != 4 || number_parse_u64_range(sv_from(argv[2]), 1, 100000000, &b.to_send) != 0 ||
        number_parse_u64_range(sv_from(argv[3]), 1, SLOTS_MAX, &concurrency) != 0) {
        ignore_result(fprintf(stderr, "usage: bench-net URL REQUESTS CONCURRENCY\n") < 0);
        return 2;
    }
    const struct net_options options = {.user_agent = "plumbline-bench"};
    int rc = url_parse(&arena, sv_from(argv[1]), &b.origin, &err);
    if (rc == 0) {
        b.request = (struct request){.method = SV("GET"), .target = url_target(&arena, &b.origin)};
        rc = net_new(&options, &b.net, &err);
    }
    if (rc == 0)
        rc = run(&b, concurrency, &err);
    if (rc != 0)
        ignore_result(fprintf(stderr, "bench-net: %s\n", err.text) < 0);
    return rc == 0 && b.failed == 0 ? 0 : 1;
}
