// SPDX-License-Identifier: Apache-2.0
// Each test restricts a child process and looks from inside; the child's exit status is the number of the line that failed, cut to 8 bits.
#include "sandbox/sandbox.h"

#include "support/test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/sanitized.h"

struct place {
    char folder[64], inside[96], outside_folder[64], outside[96];
    uint16_t port; // a listener of the parent
};

#define WANT(condition)                                                                          \
    do {                                                                                         \
        if (!(condition)) {                                                                      \
            ignore_result(fprintf(stderr, "line %d: %s, errno %d\n", __LINE__, #condition, errno) < 0); \
            _exit(__LINE__ % 255 + 1);                                                           \
        }                                                                                        \
    } while (0)

static bool has_landlock(void) {
    return syscall(SYS_landlock_create_ruleset, NULL, 0, 1) > 0;
}

static void write_file(const char *path, const char *text) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static int setup(void **state) {
    struct place *p = calloc(1, sizeof *p);
    if (p == NULL)
        return -1;
    memcpy(p->folder, "/tmp/plumb-test-in-XXXXXX", 26);
    memcpy(p->outside_folder, "/tmp/plumb-test-out-XXXXXX", 27);
    if (mkdtemp(p->folder) == NULL || mkdtemp(p->outside_folder) == NULL)
        return -1;
    ignore_result(snprintf(p->inside, sizeof p->inside, "%s/file", p->folder) < 0);
    ignore_result(snprintf(p->outside, sizeof p->outside, "%s/file", p->outside_folder) < 0);
    write_file(p->inside, "inside");
    write_file(p->outside, "outside");
    *state = p;
    return 0;
}

static int teardown(void **state) {
    struct place *p = *state;
    ignore_result(unlink(p->inside));
    ignore_result(unlink(p->outside));
    ignore_result(rmdir(p->folder));
    ignore_result(rmdir(p->outside_folder));
    free(p);
    return 0;
}

static void in_child(const struct place *p, void (*look)(const struct place *p)) {
    assert_int_equal(fflush(NULL), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        look(p);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void enter(const struct place *p, bool write) {
    const struct sandbox_path paths[] = {{p->folder, write}};
    const struct sandbox_rules rules = {.paths = paths, .path_count = 1};
    struct sandbox_report report;
    struct error err = {0};
    WANT(sandbox_enter(&rules, &report, &err) == 0);
    WANT(report.files == (report.landlock_abi > 0));
    WANT(report.calls);
    WANT(report.files == has_landlock());
    WANT((report.note[0] == '\0') == (report.files && report.calls && report.all_threads));
}

static bool is_denied(const char *path, int flags) {
    int fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd >= 0)
        ignore_result(close(fd));
    return fd < 0 && errno == EACCES;
}

static bool can_open(const char *path, int flags) {
    int fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd >= 0)
        ignore_result(close(fd));
    return fd >= 0;
}

static void look_files(const struct place *p) {
    char other[128];
    WANT(can_open("/etc/passwd", O_RDONLY)); // proves that what follows is the sandbox's doing
    int kept = open(p->outside, O_RDONLY | O_CLOEXEC);
    WANT(kept >= 0);
    enter(p, true);
    WANT(is_denied("/etc/shadow", O_RDONLY));
    WANT(is_denied("/etc/passwd", O_RDONLY));
    WANT(is_denied("/root", O_RDONLY | O_DIRECTORY));
    WANT(is_denied(p->outside, O_RDONLY));
    WANT(is_denied(p->outside, O_WRONLY));
    WANT(truncate(p->outside, 0) != 0);
    WANT(unlink(p->outside) != 0);
    WANT(is_denied("/etc/hosts", O_WRONLY));
    char byte;
    WANT(read(kept, &byte, 1) == 1 && byte == 'o'); // what is open stays open
    WANT(can_open(p->inside, O_RDWR | O_TRUNC));
    ignore_result(snprintf(other, sizeof other, "%s/new", p->folder) < 0);
    WANT(can_open(other, O_WRONLY | O_CREAT | O_EXCL));
    WANT(rename(other, p->inside) == 0);
    WANT(can_open("/etc/hosts", O_RDONLY));
    WANT(can_open("/dev/null", O_WRONLY));
    WANT(can_open("/dev/urandom", O_RDONLY));
}

static void test_files(void **state) {
    if (!has_landlock())
        skip();
    in_child(*state, look_files);
}

static void look_read_only(const struct place *p) {
    enter(p, false);
    WANT(can_open(p->inside, O_RDONLY));
    WANT(is_denied(p->inside, O_WRONLY));
    WANT(unlink(p->inside) != 0);
}

static void test_read_only_folder(void **state) {
    if (!has_landlock())
        skip();
    in_child(*state, look_read_only);
}

static void look_calls(const struct place *p) {
    char *const argv[] = {(char[]){"true"}, NULL};
    char *const envp[] = {NULL};
    enter(p, true);
    WANT(execve("/bin/true", argv, envp) == -1 && errno == EPERM);
    WANT(syscall(SYS_execveat, AT_FDCWD, "/bin/true", argv, envp, 0) == -1 && errno == EPERM);
    WANT(unshare(CLONE_NEWUSER) == -1 && errno == EPERM);
    WANT(syscall(SYS_bpf, 0, NULL, 0) == -1 && errno == EPERM);
    WANT(syscall(SYS_io_uring_setup, 1, NULL) == -1 && errno == EPERM);
    WANT(syscall(SYS_mount, NULL, NULL, NULL, 0, NULL) == -1 && errno == EPERM);
    WANT(syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0) == -1 && errno == EPERM);
    WANT(socket(AF_PACKET, SOCK_RAW, 0) == -1 && errno == EPERM);
    WANT(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP) == -1 && errno == EPERM);
    WANT(setuid(1) == -1 && errno == EPERM);
    if (!SANITIZED) {
        WANT(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1 && errno == EPERM);
        WANT(fork() == -1);
    }
}

static void test_calls(void **state) {
    in_child(*state, look_calls);
}

static void *thread_main(void *context) {
    int *ran = context;
    *ran = is_denied("/etc/shadow", O_RDONLY) || !has_landlock() ? 1 : 2;
    return NULL;
}

static void look_work(const struct place *p) {
    enter(p, true);
    // Threads, name resolution and sockets are what a scan lives on.
    pthread_t thread;
    int ran = 0;
    WANT(pthread_create(&thread, NULL, thread_main, &ran) == 0);
    WANT(pthread_join(thread, NULL) == 0);
    WANT(ran == 1);
    struct addrinfo *found = NULL;
    WANT(getaddrinfo("localhost", "80", NULL, &found) == 0);
    freeaddrinfo(found);
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(p->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    WANT(fd >= 0);
    WANT(connect(fd, (const struct sockaddr *)&address, sizeof address) == 0);
    WANT(close(fd) == 0);
    void *memory = malloc((size_t)64 << 20);
    WANT(memory != NULL);
    free(memory);
}

static void test_work_goes_on(void **state) {
    struct place *p = *state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(fd, 4), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    p->port = ntohs(address.sin_port);
    in_child(p, look_work);
    assert_int_equal(close(fd), 0);
}

static void look_missing(const struct place *p) {
    const struct sandbox_path paths[] = {{"/nonexistent/place", true}};
    const struct sandbox_rules rules = {.paths = paths, .path_count = 1};
    struct sandbox_report report = {.landlock_abi = 77};
    struct error err = {0};
    (void)p;
    WANT(sandbox_enter(&rules, &report, &err) == -ENOENT);
    WANT(strstr(err.text, "/nonexistent/place") != NULL);
    WANT(report.landlock_abi == 77); // outputs are untouched
    WANT(can_open("/etc/passwd", O_RDONLY)); // and nothing was restricted
}

static void test_missing_path_is_an_error(void **state) {
    if (!has_landlock())
        skip();
    in_child(*state, look_missing);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(test_files, setup, teardown),
    cmocka_unit_test_setup_teardown(test_read_only_folder, setup, teardown),
    cmocka_unit_test_setup_teardown(test_calls, setup, teardown),
    cmocka_unit_test_setup_teardown(test_work_goes_on, setup, teardown),
    cmocka_unit_test_setup_teardown(test_missing_path_is_an_error, setup, teardown),
};
TEST_MAIN(tests)
