// SPDX-License-Identifier: Apache-2.0
#include "sandbox/sandbox.h"

#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "sandbox/sanitized.h"

// Names, because not every architecture and library version has all of them: unknown ones are left out. A scan needs none.
static const char *const denied[] = {
    // other programs and processes
    "execve", "execveat", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd", "pidfd_open", "kcmp",
    // file systems and name spaces
    "mount", "umount", "umount2", "pivot_root", "chroot", "unshare", "setns", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount",
    "fspick", "mount_setattr", "swapon", "swapoff", "quotactl", "quotactl_fd", "mknod", "mknodat", "open_by_handle_at",
    "name_to_handle_at", "fanotify_init",
    // the kernel itself
    "bpf", "perf_event_open", "keyctl", "add_key", "request_key", "kexec_load", "kexec_file_load", "init_module", "finit_module",
    "delete_module", "io_uring_setup", "io_uring_enter", "io_uring_register", "userfaultfd", "lookup_dcookie", "reboot", "syslog", "acct",
    "iopl", "ioperm", "modify_ldt", "vhangup", "personality", "seccomp",
    // clock and names of the machine
    "settimeofday", "clock_settime", "clock_settime64", "clock_adjtime", "clock_adjtime64", "adjtimex", "sethostname", "setdomainname",
    // identity
    "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setfsuid", "setfsgid", "setgroups", "capset",
};

// Left to sanitizer builds: the leak checker stops the program's threads from a process of its own.
static const char *const denied_unless_sanitized[] = {"ptrace", "fork", "vfork"};

static int deny(scmp_filter_ctx filter, const char *name) {
    int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR)
        return 0;
    int rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0);
    return rc == -EDOM ? 0 : rc; // -EDOM: a call that this architecture has not got
}

static struct scmp_arg_cmp compare(unsigned argument, enum scmp_compare how, scmp_datum_t a, scmp_datum_t b) {
    return (struct scmp_arg_cmp){.arg = argument, .op = how, .datum_a = a, .datum_b = b};
}

static int deny_when(scmp_filter_ctx filter, int number, struct scmp_arg_cmp first) {
    return seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EPERM), number, 1, &first);
}

/* Threads yes, processes no. The flags of clone3 lie in memory where a filter cannot look, so it is "not there": the C library then
 * uses clone. */
static int deny_processes(scmp_filter_ctx filter) {
    if (SANITIZED)
        return 0;
    int rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    if (rc == 0)
        rc = deny_when(filter, SCMP_SYS(clone), compare(0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
    return rc;
}

static int deny_raw(scmp_filter_ctx filter, int family) {
    const struct scmp_arg_cmp both[] = {compare(0, SCMP_CMP_EQ, (scmp_datum_t)family, 0), compare(1, SCMP_CMP_MASKED_EQ, 0xf, SOCK_RAW)};
    return seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 2, both);
}

static int deny_sockets(scmp_filter_ctx filter) {
    // Up to AF_NETLINK, which the resolver uses; above lie packet, algorithm, virtual machine and bluetooth sockets.
    int rc = deny_when(filter, SCMP_SYS(socket), compare(0, SCMP_CMP_GT, AF_NETLINK, 0));
    if (rc == 0)
        rc = deny_raw(filter, AF_INET);
    if (rc == 0)
        rc = deny_raw(filter, AF_INET6);
    // Typing into the terminal of the caller.
    if (rc == 0)
        rc = deny_when(filter, SCMP_SYS(ioctl), compare(1, SCMP_CMP_MASKED_EQ, 0xffffffff, TIOCSTI));
    if (rc == 0)
        rc = deny_when(filter, SCMP_SYS(ioctl), compare(1, SCMP_CMP_MASKED_EQ, 0xffffffff, TIOCLINUX));
    return rc;
}

static int fill(scmp_filter_ctx filter) {
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof denied / sizeof *denied; i++)
        rc = deny(filter, denied[i]);
    for (size_t i = 0; rc == 0 && !SANITIZED && i < sizeof denied_unless_sanitized / sizeof *denied_unless_sanitized; i++)
        rc = deny(filter, denied_unless_sanitized[i]);
    if (rc == 0)
        rc = deny_processes(filter);
    if (rc == 0)
        rc = deny_sockets(filter);
    return rc;
}

int sandbox_restrict_calls(bool *ret_done, struct error *err) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (filter == NULL)
        return error_nomem(err);
    int rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1); // threads that run already are bound too
    if (rc == 0)
        rc = fill(filter);
    if (rc != 0) {
        seccomp_release(filter);
        return error_set(err, rc, "the filter of system calls could not be made: %s", strerror(-rc));
    }
    rc = seccomp_load(filter);
    seccomp_release(filter);
    *ret_done = rc == 0; // a kernel without filters, or a container that forbids them
    return 0;
}
