// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_UNIT_CLI_WORLD_H
#define PLUMB_UNIT_CLI_WORLD_H

#include "test.h"

#include "cli/cli.h"

// A command line in memory: what it printed stands in two buffers, and a fake engine stands for the network.
struct world {
    struct arena arena;
    struct buf out, err;
    struct sink_buf out_sink, err_sink;
    struct cli cli;
};

static inline void world_init(struct world *w, const struct cli_engine *engine) {
    *w = (struct world){.out = BUF_INIT((size_t)8 << 20), .err = BUF_INIT((size_t)1 << 20)};
    arena_init(&w->arena, TEST_ARENA_LIMIT);
    sink_buf_init(&w->out_sink, &w->out);
    sink_buf_init(&w->err_sink, &w->err);
    w->cli = (struct cli){.arena = &w->arena, .out = &w->out_sink.sink, .err = &w->err_sink.sink, .program_path = "/nowhere/plumb", .engine = engine};
}

static inline void world_fini(struct world *w) {
    arena_fini(&w->arena);
    buf_fini(&w->out);
    buf_fini(&w->err);
}

// `world_run(&w, "scan", "http://x/", NULL)`; forgets what was printed before.
static inline int world_run(struct world *w, ...) {
    const char *argv[40] = {"plumb"};
    int argc = 1;
    va_list args;
    va_start(args, w);
    for (const char *word = va_arg(args, const char *); word != NULL && argc < 39; word = va_arg(args, const char *)) argv[argc++] = word;
    va_end(args);
    buf_clear(&w->out);
    buf_clear(&w->err);
    arena_clear(&w->arena);
    return cli_run(&w->cli, argc, argv);
}

#define assert_says(buffer, part)                                                        \
    do {                                                                                 \
        if (!sv_contains(buf_sv(buffer), SV(part))) {                                    \
            print_error("\"%s\" is not in:\n" SV_FMT "\n", part, SV_ARG(buf_sv(buffer))); \
            fail();                                                                      \
        }                                                                                \
    } while (0)

#endif
