// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/cli.h"

#define MEMORY_LIMIT ((size_t)3 * 1024 * 1024 * 1024)

static bool is_dumb(void) {
    const char *term = getenv("TERM");
    return term == NULL || term[0] == '\0' || strcmp(term, "dumb") == 0;
}

static bool wants_colour(void) {
    const char *no = getenv("NO_COLOR"); // https://no-color.org
    return isatty(STDOUT_FILENO) && !is_dumb() && (no == NULL || no[0] == '\0');
}

static unsigned terminal_width(void) {
    struct winsize size = {0};
    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
    return size.ws_col;
}

// The file of this program; argv[0] may be a bare name found in PATH.
static const char *program_path(const char *name, char *buffer, size_t size) {
    ssize_t n = readlink("/proc/self/exe", buffer, size - 1);
    if (n <= 0) return name;
    buffer[n] = '\0';
    return buffer;
}

// Standard error is written through at once, so that a line is seen when it is true.
static int write_error(struct sink *self, struct sv bytes) {
    (void)self;
    while (bytes.len > 0) {
        ssize_t n = write(STDERR_FILENO, bytes.ptr, bytes.len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return -errno;
        bytes = sv_from_index(bytes, (size_t)n);
    }
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 2 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)) {
        (void)puts("plumb " PLUMB_VERSION);
        return fflush(stdout) == 0 ? EXIT_PASSED : EXIT_UNRELIABLE;
    }
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)sigaction(SIGPIPE, &ignore, NULL);
    char path[4096];
    auto_arena arena = {0};
    arena_init(&arena, MEMORY_LIMIT);
    struct sink_fd out;
    struct sink err = {write_error};
    sink_fd_init(&out, STDOUT_FILENO);
    struct cli cli = {
        .arena = &arena,
        .out = &out.sink,
        .err = &err,
        .colour = wants_colour(),
        .err_is_terminal = isatty(STDERR_FILENO) && !is_dumb(),
        .width = terminal_width(),
        .program_path = program_path(argv[0], path, sizeof path),
        .engine = &cli_engine_real,
        .sandbox = true,
    };
    int code = cli_run(&cli, argc, (const char *const *)argv);
    int flushed = sink_fd_flush(&out);
    sink_fd_fini(&out);
    if (flushed != 0 && flushed != -EPIPE) {
        struct error e = {0};
        error_set(&e, flushed, "standard output could not be written: %s", strerror(-flushed));
        cli_complain_error(&cli, &e);
        if (code == EXIT_PASSED) code = EXIT_UNRELIABLE;
    }
    return code;
}
