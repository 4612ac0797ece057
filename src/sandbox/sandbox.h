// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_SANDBOX_SANDBOX_H
#define PLUMB_SANDBOX_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

// The process takes rights away from itself, for good, before it reads the first byte of a target: files by Landlock, system calls by
// seccomp. What it has open stays open. Network stays as it is: the scope guard is elsewhere.

struct sandbox_path {
    const char *path; // file or folder, must exist; folders with all that is below them
    bool write;       // also write, truncate, and in folders create, rename and remove
};

struct sandbox_rules {
    const struct sandbox_path *paths; // certificates and keys that are read again for each connection, places of output
    size_t path_count;
};

struct sandbox_report {
    int landlock_abi;   // version of the kernel's interface, 0: the kernel has none
    bool files;         // file access is restricted
    bool calls;         // system calls are restricted
    bool all_threads;   // false: other threads ran already, and for them files are not restricted
    char note[200];     // what is missing, as a sentence for the user; empty when nothing is
};

// Readable besides `rules`: certificate stores, resolver and time zone files, shared libraries, /dev/null, /dev/urandom. After it execve,
// new processes, ptrace, mounts, name spaces, kernel modules, raw and packet sockets and the like give EPERM.
// Call it once, while there is one thread. A kernel without Landlock or seccomp is told in the report and is no error; errors are paths
// of `rules` that cannot be opened, and a kernel that has the means and refuses them.
int sandbox_enter(const struct sandbox_rules *rules, struct sandbox_report *ret, struct error *err) MUST_USE;

// The two halves, for sandbox_enter and its tests. *ret_abi 0: the kernel has no Landlock.
int sandbox_restrict_files(const struct sandbox_rules *rules, int *ret_abi, struct error *err) MUST_USE;
int sandbox_restrict_calls(bool *ret_done, struct error *err) MUST_USE;

#endif
