// SPDX-License-Identifier: Apache-2.0
// What of this system a scan can use. Looks only; the one thing that it opens is a listener on loopback, for a moment.
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

#include "cli/cli.h"
#include "match/match.h"
#include "net/canary.h"
#include "sandbox/sandbox.h"

enum state { STATE_GOOD, STATE_NOTE, STATE_BAD };

static void line(struct buf *b, enum state v, const char *what, const char *text) {
    static const char *const words[] = {"ok", "note", "BAD"};
    buf_addf(b, "%-5s %-20s %s\n", words[v], what, text);
}

// The real thing: this process restricts itself, and says what came of it. Nothing is opened afterwards.
static bool look_sandbox(struct buf *b) {
    struct sandbox_rules rules = {0};
    struct sandbox_report report = {0};
    struct error err = {0};
    if (sandbox_enter(&rules, &report, &err) != 0) {
        line(b, STATE_BAD, "sandbox", err.text);
        return false;
    }
    auto_buf t = BUF_INIT((size_t)400);
    if (report.files) buf_addf(&t, "Landlock, version %d of its interface", report.landlock_abi);
    else buf_add(&t, SV("files are not restricted: the kernel has no Landlock (Linux 5.13 or later, enabled)"));
    line(b, report.files ? STATE_GOOD : STATE_NOTE, "sandbox, files", t.ptr);
    line(b, report.calls ? STATE_GOOD : STATE_NOTE, "sandbox, calls", report.calls ? "seccomp filter" : "system calls are not restricted: the kernel has no seccomp filters");
    return true;
}

static void look_certificates(struct buf *b) {
    static const char *const stores[] = {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"};
    for (size_t i = 0; i < sizeof stores / sizeof stores[0]; i++) {
        if (access(stores[i], R_OK) != 0) continue;
        line(b, STATE_GOOD, "certificates", stores[i]);
        return;
    }
    line(b, STATE_NOTE, "certificates", "no store of authorities: install the package ca-certificates, or use --ca-file");
}

static void ignore_call(void *context, const struct canary_call *call) {
    (void)context;
    (void)call;
}

static void look_canary(struct buf *b) {
    uv_loop_t loop;
    struct canary *canary = NULL;
    struct error err = {0};
    struct canary_options options = {.listen_host = SV("127.0.0.1"), .scan_id = SV("doctor"), .called = ignore_call};
    if (uv_loop_init(&loop) != 0) {
        line(b, STATE_BAD, "event loop", "cannot be made; are there free file descriptors?");
        return;
    }
    if (canary_start(&loop, &options, &canary, &err) == 0) {
        line(b, STATE_GOOD, "canary listener", "can listen on loopback");
        canary_stop(canary);
    } else line(b, STATE_NOTE, "canary listener", err.text);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&loop);
}

static void look_limits(struct buf *b) {
    struct rlimit files = {0};
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
    auto_buf t = BUF_INIT((size_t)200);
    buf_addf(&t, "%llu%s", (unsigned long long)files.rlim_cur, files.rlim_cur < 128 ? ": raise it with ulimit -n 256" : "");
    line(b, files.rlim_cur < 128 ? STATE_NOTE : STATE_GOOD, "open files", t.ptr);
}

static bool look_patterns(struct buf *b) {
    auto_arena a = {0};
    arena_init(&a, (size_t)256 * 1024 * 1024);
    struct match_set *set;
    struct error err = {0};
    bool good = match_open(&a, &set, &err) == 0;
    line(b, good ? STATE_GOOD : STATE_BAD, "patterns", good ? "fit this processor" : err.text);
    return good;
}

int command_doctor(struct cli *cli, const struct invocation *in, struct error *err) {
    (void)in;
    (void)err;
    auto_buf b = BUF_INIT((size_t)64 * 1024);
    look_certificates(&b);
    look_canary(&b);
    look_limits(&b);
    bool good = look_patterns(&b);
    struct sv self = sv_from(cli->program_path);
    size_t slash = sv_rfind_char(self, '/');
    const char *lab = arena_printf(cli->arena, SV_FMT "/plumb-lab", SV_ARG(slash == SIZE_MAX ? SV(".") : sv_slice(self, 0, slash))).ptr;
    bool has_lab = lab != NULL && access(lab, X_OK) == 0;
    line(&b, has_lab ? STATE_GOOD : STATE_NOTE, "lab", has_lab ? lab : "plumb-lab is not installed beside this program");
    if (!look_sandbox(&b)) good = false;
    int r = cli_print(cli->out, buf_sv(&b));
    return r != 0 ? r : good ? EXIT_PASSED : EXIT_UNRELIABLE;
}
