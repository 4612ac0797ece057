// SPDX-License-Identifier: Apache-2.0
#include "sandbox/sandbox.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/sanitized.h"

// Newer than the oldest header that we build with; the kernel's values (include/uapi/linux/landlock.h).
#define FS_TRUNCATE  (UINT64_C(1) << 14) // from interface 3
#define FS_IOCTL_DEV (UINT64_C(1) << 15) // from interface 5
#define SCOPE_SIGNAL (UINT64_C(1) << 1)  // from interface 6
#define FS_FIRST     ((UINT64_C(1) << 13) - 1)

#define READ_RIGHTS  ((uint64_t)(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR))
#define WRITE_RIGHTS                                                                                                 \
    ((uint64_t)(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |     \
                LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REFER) |              \
     FS_TRUNCATE)
// Of these only can a rule for a plain file consist.
#define FILE_RIGHTS ((uint64_t)(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE) | FS_TRUNCATE | FS_IOCTL_DEV)

// The kernel reads as much of it as the size says.
struct ruleset {
    uint64_t handled_fs, handled_net, scoped;
};

// What libcurl, OpenSSL and the resolver open while they work. What is missing on this system is left out.
static const struct sandbox_path system_paths[] = {
    {"/etc/ssl", false},
    {"/etc/pki", false},
    {"/etc/ca-certificates", false},
    {"/etc/crypto-policies", false},
    {"/usr/share/ca-certificates", false},
    {"/usr/local/share/ca-certificates", false},
    {"/etc/resolv.conf", false},
    {"/etc/hosts", false},
    {"/etc/host.conf", false},
    {"/etc/gai.conf", false},
    {"/etc/nsswitch.conf", false},
    {"/etc/services", false},
    {"/etc/localtime", false},
    {"/usr/share/zoneinfo", false},
    {"/etc/ld.so.cache", false},
    {"/usr/lib", false},
    {"/lib", false},
    {"/lib64", false},
    {"/dev/urandom", false},
    {"/dev/random", false},
    {"/dev/null", true},
#if SANITIZED
    {"/proc/self", false}, // sanitizers look at their own mappings
#endif
};

static uint64_t rights_of(int abi) {
    uint64_t rights = FS_FIRST;
    if (abi >= 2)
        rights |= LANDLOCK_ACCESS_FS_REFER;
    if (abi >= 3)
        rights |= FS_TRUNCATE;
    if (abi >= 5)
        rights |= FS_IOCTL_DEV;
    return rights;
}

static int add_path(int ruleset, const struct sandbox_path *p, uint64_t handled, bool needed, struct error *err) {
    struct stat info;
    int fd = open(p->path, O_PATH | O_CLOEXEC);
    if (fd < 0 && !needed)
        return 0;
    if (fd < 0)
        return error_set(err, -errno, "%.200s cannot be opened: %s", p->path, strerror(errno));
    int rc = 0;
    if (fstat(fd, &info) != 0) {
        rc = error_set(err, -errno, "%.200s: %s", p->path, strerror(errno));
    } else {
        struct landlock_path_beneath_attr rule = {.parent_fd = fd, .allowed_access = READ_RIGHTS};
        if (p->write)
            rule.allowed_access |= WRITE_RIGHTS;
        if (!S_ISDIR(info.st_mode))
            rule.allowed_access &= FILE_RIGHTS;
        rule.allowed_access &= handled;
        if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
            rc = error_set(err, -errno, "Landlock took no rule for %.200s: %s", p->path, strerror(errno));
    }
    ignore_result(close(fd));
    return rc;
}

static int add_paths(int ruleset, const struct sandbox_rules *rules, uint64_t handled, struct error *err) {
    for (size_t i = 0; i < sizeof system_paths / sizeof *system_paths; i++) {
        int rc = add_path(ruleset, &system_paths[i], handled, false, err);
        if (rc != 0)
            return rc;
    }
    for (size_t i = 0; i < rules->path_count; i++) {
        int rc = add_path(ruleset, &rules->paths[i], handled, true, err);
        if (rc != 0)
            return rc;
    }
    return 0;
}

int sandbox_restrict_files(const struct sandbox_rules *rules, int *ret_abi, struct error *err) {
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 1) {
        *ret_abi = 0; // not built in, or switched off at start
        return 0;
    }
    struct ruleset attributes = {.handled_fs = rights_of((int)abi), .scoped = abi >= 6 ? SCOPE_SIGNAL : 0};
    size_t size = abi >= 6 ? sizeof attributes : sizeof attributes.handled_fs;
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, size, 0);
    if (ruleset < 0)
        return error_set(err, -errno, "Landlock refused a set of rules: %s", strerror(errno));
    int rc = add_paths(ruleset, rules, attributes.handled_fs, err);
    if (rc == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        rc = error_set(err, -errno, "the process cannot give up new privileges: %s", strerror(errno));
    if (rc == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
        rc = error_set(err, -errno, "Landlock could not be switched on: %s", strerror(errno));
    ignore_result(close(ruleset));
    if (rc == 0)
        *ret_abi = (int)abi;
    return rc;
}
