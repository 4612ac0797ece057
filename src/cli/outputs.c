// SPDX-License-Identifier: Apache-2.0
#include "cli/outputs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/vec.h"

struct output_list {
    struct output *ptr;
    size_t len, cap;
};

static int refuse_format(struct sv name, struct error *err) {
    const char *words[32];
    size_t count = 0;
    auto_buf all = BUF_INIT((size_t)1024);
    for (const struct report_format *const *f = report_formats; *f != NULL && count < sizeof words / sizeof words[0]; f++) {
        buf_addf(&all, "%s%s", count == 0 ? "" : ", ", (*f)->name);
        words[count++] = (*f)->name;
    }
    const char *near = options_nearest(name, words, count);
    struct sv shown = sv_slice(name, 0, 40);
    if (near != NULL) return error_set(err, ERR_USAGE, "unknown report format " SV_FMT "; did you mean %s? (known: %s)", SV_ARG(shown), near, all.ptr);
    return error_set(err, ERR_USAGE, "unknown report format " SV_FMT "; known are %s", SV_ARG(shown), all.ptr == NULL ? "" : all.ptr);
}

static int add_output(struct cli *cli, struct output_list *list, struct sv format, const char *path, struct error *err) {
    const struct report_format *f = report_format_find(format);
    if (f == NULL) return refuse_format(format, err);
    if (path != NULL && strcmp(path, "-") == 0) path = NULL;
    struct output o = {.format = f, .path = path, .fd = -1};
    for (size_t i = 0; i < list->len && path == NULL; i++) {
        if (list->ptr[i].path == NULL) return error_set(err, ERR_USAGE, "two reports cannot both go to standard output; give one of them a file");
    }
    return VEC_PUSH(cli->arena, list, o) ? 0 : error_nomem(err);
}

static int read_options(struct cli *cli, const struct invocation *in, struct output_list *list, struct error *err) {
    size_t count;
    struct sv *reports = options_values(cli->arena, in, OPTION_REPORT, &count);
    if (reports == NULL) return error_nomem(err);
    struct sv format = options_value(in, OPTION_FORMAT);
    const char *out = options_text(in, OPTION_OUT);
    if (out != NULL && format.ptr == NULL) return error_set(err, ERR_USAGE, "--out needs the format: --format json --out %.100s", out);
    int r = 0;
    for (size_t i = 0; i < count && r == 0; i++) {
        size_t equals = sv_find_char(reports[i], '=');
        if (equals == SIZE_MAX || equals + 1 == reports[i].len)
            return error_set(err, ERR_USAGE, "--report wants FORMAT=FILE, for example --report json=plumb.json, not " SV_FMT, SV_ARG(sv_slice(reports[i], 0, 60)));
        r = add_output(cli, list, sv_slice(reports[i], 0, equals), reports[i].ptr + equals + 1, err);
    }
    if (r == 0 && format.ptr != NULL) r = add_output(cli, list, format, out, err);
    if (r == 0 && list->len == 0) r = add_output(cli, list, SV("summary"), NULL, err);
    return r;
}

static bool same_file(const struct stat *x, const struct stat *y) {
    return S_ISREG(x->st_mode) && x->st_dev == y->st_dev && x->st_ino == y->st_ino;
}

static int explain_open(const char *path, int code, struct error *err) {
    switch (code) {
    case ENOENT:
        return error_set(err, -code, "the report %s cannot be created: its directory does not exist", path);
    case EACCES:
    case EPERM:
    case EROFS:
        return error_set(err, -code, "the report %s may not be written: %s. Nothing was sent", path, strerror(code));
    case EISDIR:
        return error_set(err, -code, "the report %s is a directory; name a file in it", path);
    default:
        return error_set(err, -code, "the report %s cannot be written: %s. Nothing was sent", path, strerror(code));
    }
}

static int check_distinct(const struct output_list *list, size_t index, const struct stat *st, const char *const *inputs, size_t input_count,
                          struct error *err) {
    const char *path = list->ptr[index].path;
    struct stat other;
    for (size_t i = 0; i < input_count; i++) {
        if (inputs[i] != NULL && stat(inputs[i], &other) == 0 && same_file(st, &other))
            return error_set(err, ERR_USAGE, "the report %s is also an input of this scan and would be overwritten; name another file", path);
    }
    for (size_t i = 0; i < index; i++) {
        if (list->ptr[i].fd >= 0 && fstat(list->ptr[i].fd, &other) == 0 && same_file(st, &other))
            return error_set(err, ERR_USAGE, "two reports go to the same file %s; name another one", path);
    }
    return 0;
}

static void close_fd(void *output) {
    close(((struct output *)output)->fd);
}

static int open_output(struct cli *cli, struct output_list *list, size_t i, const char *const *inputs, size_t input_count, struct error *err) {
    struct output *o = &list->ptr[i];
    int fd = open(o->path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
    if (fd < 0) return explain_open(o->path, errno, err);
    o->fd = fd;
    if (!arena_on_fini(cli->arena, close_fd, o)) {
        close(fd);
        return error_nomem(err);
    }
    struct stat st;
    if (fstat(fd, &st) != 0) return explain_open(o->path, errno, err);
    int r = check_distinct(list, i, &st, inputs, input_count, err);
    // An old report must not be taken for the new one when this scan dies.
    if (r == 0 && S_ISREG(st.st_mode) && ftruncate(fd, 0) != 0) r = explain_open(o->path, errno, err);
    return r;
}

int outputs_open(struct cli *cli, const struct invocation *in, const char *const *inputs, size_t input_count, struct outputs *ret, struct error *err) {
    struct output_list list = {0};
    int r = read_options(cli, in, &list, err);
    for (size_t i = 0; i < list.len && r == 0; i++) {
        if (list.ptr[i].path != NULL) r = open_output(cli, &list, i, inputs, input_count, err);
    }
    if (r != 0) return r;
    *ret = (struct outputs){list.ptr, list.len, !options_has(in, OPTION_REPORT) && !options_has(in, OPTION_FORMAT)};
    return 0;
}

static int write_file(const struct output *o, const struct scan_result *r, struct error *err) {
    struct report_options options = {.colour = false, .width = 0};
    struct sink_fd sink;
    sink_fd_init(&sink, o->fd);
    int code = o->format->write(r, &options, &sink.sink, err);
    if (code == 0) {
        code = sink_fd_flush(&sink);
        if (code != 0) error_set(err, code, "%s", strerror(-code));
    }
    sink_fd_fini(&sink);
    if (code != 0) error_prefix(err, "the report %s could not be written: ", o->path);
    return code;
}

static int write_standard(struct cli *cli, const struct output *o, const struct scan_result *r, struct error *err) {
    struct report_options options = {.colour = cli->colour, .width = cli->width};
    int code = o->format->write(r, &options, cli->out, err);
    if (code == -EPIPE) return 0;
    if (code != 0) error_prefix(err, "standard output could not be written: ");
    return code;
}

int outputs_write(struct cli *cli, const struct outputs *outputs, const struct scan_result *r, struct error *err) {
    int first = 0;
    for (size_t i = 0; i < outputs->len; i++) {
        const struct output *o = &outputs->ptr[i];
        struct error one = {0};
        int code = o->path != NULL ? write_file(o, r, &one) : write_standard(cli, o, r, &one);
        if (code == 0 || first != 0) continue;
        first = code;
        if (err != NULL) *err = one;
    }
    return first;
}
