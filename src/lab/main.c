// SPDX-License-Identifier: Apache-2.0
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/numbers.h"
#include "lab/store.h"

static const char help[] =
    "Usage: plumb-lab [--port N] [--metadata-port N] [--fixed] [--until-eof]\n"
    "\n"
    "The API of a bicycle workshop with planted flaws, to practise on. It prints its address and runs until\n"
    "it is interrupted. It listens on 127.0.0.1 and nowhere else, by design.\n"
    "\n"
    "  --port N           port of the API; 0 (the default) takes a free one\n"
    "  --metadata-port N  port of its metadata service; 0 (the default) takes a free one\n"
    "  --fixed            the repaired twin: the same routes, no flaw\n"
    "  --until-eof        end when standard input is closed, too\n"
    "  --planted          print the planted credentials, one a line, and end\n"
    "  --help             print this help and end\n"
    "\n"
    "Bearer tokens: lab-anna-3f8c1d7e94b2 (customer), lab-ben-a05e6b9c27d1 (customer of another club),\n"
    "lab-mara-5b7d90e3c1f8 (the workshop's office).\n";

struct settings {
    uint16_t port, metadata_port;
    bool fixed, until_eof, done;
};

static int read_port(const char *option, const char *text, uint16_t *ret, struct error *err) {
    uint64_t n;
    if (number_parse_u64_range(sv_from(text), 0, 65535, &n) != 0) return error_set(err, ERR_USAGE, "--%s: %.40s is no port from 0 to 65535", option, text);
    *ret = (uint16_t)n;
    return 0;
}

static int read_address(const char *text, struct error *err) {
    if (strcmp(text, "127.0.0.1") == 0 || strcmp(text, "localhost") == 0) return 0;
    return error_set(err, ERR_USAGE, "--host %.60s: the lab is full of holes, so it listens on 127.0.0.1 only", text);
}

static void print_planted(void) {
    for (size_t i = 0; i < PLANTED_COUNT; i++) (void)printf(SV_FMT "\n", SV_ARG(lab_planted[i]));
}

static int read_option(int option, struct settings *s, struct error *err) {
    switch (option) {
    case 'p':
        return read_port("port", optarg, &s->port, err);
    case 'm':
        return read_port("metadata-port", optarg, &s->metadata_port, err);
    case 'a':
        return read_address(optarg, err);
    case 'f':
        s->fixed = true;
        return 0;
    case 'e':
        s->until_eof = true;
        return 0;
    case 'l':
        print_planted();
        s->done = true;
        return 0;
    case 'h':
        (void)fputs(help, stdout);
        s->done = true;
        return 0;
    default:
        return error_set(err, ERR_USAGE, "there is no such option; plumb-lab --help names them all");
    }
}

static int read_arguments(int argc, char **argv, struct settings *s, struct error *err) {
    static const struct option options[] = {
        {"port", required_argument, NULL, 'p'}, {"metadata-port", required_argument, NULL, 'm'}, {"host", required_argument, NULL, 'a'},
        {"fixed", no_argument, NULL, 'f'},      {"until-eof", no_argument, NULL, 'e'},           {"planted", no_argument, NULL, 'l'},
        {"help", no_argument, NULL, 'h'},       {NULL, 0, NULL, 0}};
    int option, r = 0;
    opterr = 0;
    while (r == 0 && !s->done && (option = getopt_long(argc, argv, "", options, NULL)) != -1) r = read_option(option, s, err);
    if (r == 0 && optind < argc && !s->done) return error_set(err, ERR_USAGE, "%.60s: plumb-lab takes options only", argv[optind]);
    return r;
}

// Until SIGINT, SIGTERM, SIGHUP, or the end of standard input.
static void wait_for_end(const sigset_t *signals, bool until_eof) {
    int fd = signalfd(-1, signals, SFD_CLOEXEC);
    struct pollfd polled[] = {{.fd = fd, .events = POLLIN}, {.fd = until_eof ? STDIN_FILENO : -1, .events = POLLIN}};
    while (fd >= 0 && (poll(polled, 2, -1) >= 0 || errno == EINTR)) {
        char ignored[256];
        if (polled[0].revents != 0) break;
        if (polled[1].revents != 0 && read(STDIN_FILENO, ignored, sizeof ignored) <= 0) break;
    }
    if (fd >= 0) (void)close(fd);
}

static int run(const struct settings *s, struct error *err) {
    struct lab lab = {.fixed = s->fixed, .port = s->port, .metadata_port = s->metadata_port, .started = clock_monotonic(), .lock = PTHREAD_MUTEX_INITIALIZER};
    struct lab_server metadata = {.lab = &lab, .answer = lab_answer_metadata}, api = {.lab = &lab, .answer = lab_answer};
    sigset_t signals;
    // Blocked before the first thread, which inherits it.
    if (sigemptyset(&signals) != 0 || sigaddset(&signals, SIGINT) != 0 || sigaddset(&signals, SIGTERM) != 0 || sigaddset(&signals, SIGHUP) != 0 ||
        pthread_sigmask(SIG_BLOCK, &signals, NULL) != 0)
        return error_set(err, -errno, "signals cannot be set up: %s", strerror(errno));
    (void)signal(SIGPIPE, SIG_IGN);
    int r = lab_server_start(&metadata, &lab.metadata_port, err);
    if (r == 0) r = lab_server_start(&api, &lab.port, err);
    if (r == 0) {
        (void)printf("plumb-lab: http://127.0.0.1:%u (%s), metadata http://127.0.0.1:%u\n", (unsigned)lab.port, lab.fixed ? "fixed" : "vulnerable",
                     (unsigned)lab.metadata_port);
        (void)fflush(stdout);
        wait_for_end(&signals, s->until_eof);
    }
    lab_server_stop(&api);
    lab_server_stop(&metadata);
    return r;
}

int main(int argc, char **argv) {
    struct settings s = {0};
    struct error err = {0};
    int r = read_arguments(argc, argv, &s, &err);
    if (r == 0 && !s.done) r = run(&s, &err);
    if (r == 0) return 0;
    (void)fprintf(stderr, "plumb-lab: %s\n", err.text);
    return r == ERR_USAGE ? 2 : 1;
}
