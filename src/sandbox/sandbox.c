// SPDX-License-Identifier: Apache-2.0
#include "sandbox/sandbox.h"

#include <dirent.h>
#include <stdio.h>

static bool is_single_threaded(void) {
    DIR *tasks = opendir("/proc/self/task");
    unsigned count = 0;
    if (tasks == NULL)
        return true; // no /proc: nothing is known, and nothing of ours starts threads before
    while (readdir(tasks) != NULL)
        count++;
    ignore_result(closedir(tasks));
    return count <= 3; // ".", ".." and us
}

static void write_note(struct sandbox_report *r) {
    const char *files = r->files ? NULL : "this kernel has no Landlock, so files stay readable";
    const char *calls = r->calls ? NULL : "system calls could not be filtered";
    const char *threads = r->all_threads || !r->files ? NULL : "threads that ran before can still read files";
    const char *parts[] = {files, calls, threads};
    int len = 0;
    for (size_t i = 0; i < 3; i++) {
        if (parts[i] == NULL)
            continue;
        int n = snprintf(r->note + len, sizeof r->note - (size_t)len, "%s%s", len == 0 ? "sandbox: " : "; ", parts[i]);
        if (n < 0 || (size_t)n >= sizeof r->note - (size_t)len)
            return;
        len += n;
    }
}

int sandbox_enter(const struct sandbox_rules *rules, struct sandbox_report *ret, struct error *err) {
    struct sandbox_report report = {.all_threads = is_single_threaded()};
    // Files first: the filter of calls leaves Landlock's own alone, but a failure here must not leave us half restricted without a word.
    int rc = sandbox_restrict_files(rules, &report.landlock_abi, err);
    if (rc != 0)
        return rc;
    report.files = report.landlock_abi > 0;
    rc = sandbox_restrict_calls(&report.calls, err);
    if (rc != 0)
        return rc;
    write_note(&report);
    *ret = report;
    return 0;
}
