// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CLI_FILES_H
#define PLUMB_CLI_FILES_H

#include "base/arena.h"
#include "base/error.h"
#include "base/map.h"
#include "spec/spec.h"

#define FILES_SPEC_LIMIT ((size_t)64 * 1024 * 1024)

// Reads a regular file of at most `limit` bytes; anything else (directory, FIFO, device) is refused without waiting. `what` names it in errors
// ("the specification"). The bytes live in the arena and a NUL follows them.
int files_read(struct arena *a, const char *path, size_t limit, const char *what, struct sv *ret, struct error *err) MUST_USE;

// Files beside a document. What was read once is kept, so that it can be read again after the process has restricted itself.
struct files_reader {
    struct reader reader;
    struct arena *arena;
    const char *directory;
    int directory_fd;
    struct map kept; // name -> struct sv *
    size_t total;    // bytes kept
    bool closed;     // only what is kept
};
// Opens the directory of `path`. The reader lives in the arena, which closes the directory.
int files_reader_open(struct arena *a, const char *path, struct files_reader **ret, struct error *err) MUST_USE;

// Does the document refer to another file? A quick look at the bytes: a "$ref" that does not begin with '#'.
bool files_refers_elsewhere(struct sv document);

#endif
