// SPDX-License-Identifier: Apache-2.0
// Files that the user names are read here, and nowhere else. Opening never waits (a FIFO without a writer would), and what is not a regular
// file is refused before a byte is read.
#include "cli/files.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MIB ((size_t)1024 * 1024)

static int explain_open(const char *path, const char *what, int code, struct error *err) {
    switch (-code) {
    case ENOENT:
        return error_set(err, code, "%s %s does not exist; check the name and the directory", what, path);
    case EACCES:
    case EPERM:
        return error_set(err, code, "%s %s may not be read by this user; change its permissions", what, path);
    case ENXIO:
        return error_set(err, code, "%s %s is a socket or device; name a regular file", what, path);
    case ELOOP:
        return error_set(err, code, "%s %s is a symbolic link that leads nowhere or out of the directory", what, path);
    default:
        return error_set(err, code, "%s %s cannot be opened: %s", what, path, strerror(-code));
    }
}

static int refuse_kind(const char *path, const char *what, mode_t mode, struct error *err) {
    if (S_ISDIR(mode)) return error_set(err, ERR_USAGE, "%s %s is a directory; name the file in it", what, path);
    if (S_ISFIFO(mode)) return error_set(err, ERR_USAGE, "%s %s is a pipe; write it to a regular file first", what, path);
    return error_set(err, ERR_USAGE, "%s %s is no regular file; write it to one first", what, path);
}

// Reads what the descriptor holds now. A file that grows meanwhile is cut at the size that was checked.
static int read_all(struct arena *a, int fd, const char *path, const char *what, size_t size, struct sv *ret, struct error *err) {
    char *bytes = arena_alloc(a, size + 1);
    if (bytes == NULL) return error_nomem(err);
    size_t len = 0;
    while (len < size) {
        ssize_t n = read(fd, bytes + len, size - len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return error_set(err, -errno, "%s %s cannot be read: %s", what, path, strerror(errno));
        if (n == 0) break;
        len += (size_t)n;
    }
    *ret = sv_make(bytes, len);
    return 0;
}

static int read_open_file(struct arena *a, int fd, const char *path, size_t limit, const char *what, struct sv *ret, struct error *err) {
    struct stat st;
    if (fstat(fd, &st) != 0) return error_set(err, -errno, "%s %s cannot be looked at: %s", what, path, strerror(errno));
    if (!S_ISREG(st.st_mode)) return refuse_kind(path, what, st.st_mode, err);
    if (st.st_size < 0 || (uintmax_t)st.st_size > limit)
        return error_set(err, ERR_LIMIT, "%s %s has %jd MiB; at most %zu MiB are read", what, path, (intmax_t)st.st_size / (intmax_t)MIB, limit / MIB);
    return read_all(a, fd, path, what, (size_t)st.st_size, ret, err);
}

#define READ_FLAGS (O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

int files_read(struct arena *a, const char *path, size_t limit, const char *what, struct sv *ret, struct error *err) {
    int fd = open(path, READ_FLAGS);
    if (fd < 0) return explain_open(path, what, -errno, err);
    int r = read_open_file(a, fd, path, limit, what, ret, err);
    close(fd);
    return r;
}

// A kernel or container without openat2: step by step, and no symbolic links at all.
static int open_steps(struct arena *a, int directory, struct sv name) {
    struct sv rest = name, part;
    int fd = directory;
    while (sv_split(&rest, '/', &part)) {
        struct sv step = arena_copy_sv(a, part);
        if (step.ptr == NULL) return -ENOMEM;
        if (step.len == 0 || sv_eq(step, SV("."))) continue;
        bool last = rest.ptr == NULL;
        int next = openat(fd, step.ptr, (last ? READ_FLAGS : O_PATH | O_DIRECTORY | O_CLOEXEC) | O_NOFOLLOW);
        int code = -errno;
        if (fd != directory) close(fd);
        if (next < 0) return code;
        fd = next;
        if (last) break;
    }
    return fd == directory ? -EISDIR : fd;
}

static int open_beneath(struct arena *a, int directory, struct sv name) {
    struct open_how how = {.flags = READ_FLAGS, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    long fd = syscall(SYS_openat2, directory, name.ptr, &how, sizeof how);
    if (fd >= 0) return (int)fd;
    if (errno == EXDEV) return -ELOOP;
    return errno == ENOSYS || errno == EPERM ? open_steps(a, directory, name) : -errno;
}

static bool leaves_directory(struct sv name) {
    struct sv rest = name, part;
    if (name.len == 0 || name.ptr[0] == '/' || sv_find_char(name, '\0') != SIZE_MAX) return true;
    while (sv_split(&rest, '/', &part)) {
        if (sv_eq(part, SV(".."))) return true;
    }
    return false;
}

static int read_fresh(struct files_reader *f, struct sv name, struct sv *ret, struct error *err) {
    static const char what[] = "the referenced file";
    const char *path = arena_printf(f->arena, "%s/" SV_FMT, f->directory, SV_ARG(name)).ptr;
    struct sv terminated = arena_copy_sv(f->arena, name);
    if (path == NULL || terminated.ptr == NULL) return error_nomem(err);
    int fd = open_beneath(f->arena, f->directory_fd, terminated);
    if (fd < 0) return explain_open(path, what, fd, err);
    int r = read_open_file(f->arena, fd, path, FILES_SPEC_LIMIT - f->total, what, ret, err);
    close(fd);
    if (r != 0) return r;
    struct sv *kept = arena_new(f->arena, struct sv);
    if (kept == NULL || !map_set(f->arena, &f->kept, terminated, kept)) return error_nomem(err);
    *kept = *ret;
    f->total += ret->len;
    return 0;
}

static int reader_read(struct reader *self, struct arena *a, struct sv name, struct sv *ret, struct error *err) {
    (void)a; // kept files live as long as the reader
    struct files_reader *f = (struct files_reader *)self;
    if (leaves_directory(name))
        return error_set(err, ERR_SCOPE, SV_FMT " is not beside the specification; only files in its directory and below are read", SV_ARG(name));
    const struct sv *kept = map_find(&f->kept, name);
    if (kept != NULL) {
        *ret = *kept;
        return 0;
    }
    if (f->closed) return error_set(err, ERR_NOT_FOUND, "%s/" SV_FMT " was not read before the scan began", f->directory, SV_ARG(name));
    return read_fresh(f, name, ret, err);
}

static void reader_close(void *reader) {
    close(((struct files_reader *)reader)->directory_fd);
}

int files_reader_open(struct arena *a, const char *path, struct files_reader **ret, struct error *err) {
    size_t slash = sv_rfind_char(sv_from(path), '/');
    struct sv directory = slash == SIZE_MAX ? SV(".") : slash == 0 ? SV("/") : sv_slice(sv_from(path), 0, slash);
    struct files_reader *f = arena_new(a, struct files_reader);
    directory = arena_copy_sv(a, directory);
    if (f == NULL || directory.ptr == NULL) return error_nomem(err);
    f->reader.read = reader_read;
    f->arena = a;
    f->directory = directory.ptr;
    f->directory_fd = open(f->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (f->directory_fd < 0) return explain_open(f->directory, "the directory", -errno, err);
    if (!arena_on_fini(a, reader_close, f)) {
        close(f->directory_fd);
        return error_nomem(err);
    }
    *ret = f;
    return 0;
}

bool files_refers_elsewhere(struct sv document) {
    struct sv rest = document;
    for (size_t at = sv_find(rest, SV("$ref")); at != SIZE_MAX; at = sv_find(rest, SV("$ref"))) {
        rest = sv_from_index(rest, at + 4);
        size_t i = 0;
        while (i < rest.len && i < 64 && strchr("\"': \t\r\n", rest.ptr[i]) != NULL && rest.ptr[i] != '\0') i++;
        if (i < rest.len && rest.ptr[i] != '#') return true;
    }
    return false;
}
