// SPDX-License-Identifier: Apache-2.0
// The lab is a program of its own, so that the scanner does not carry it: beside this one, or in ../libexec/plumbline.
#include <limits.h>
#include <unistd.h>

#include "base/numbers.h"
#include "base/vec.h"
#include "cli/cli.h"

struct argument_list {
    char **ptr;
    size_t len, cap;
};

static int add(struct arena *a, struct argument_list *list, struct sv word, struct error *err) {
    char *copy = arena_alloc(a, word.len + 1);
    if (copy == NULL) return error_nomem(err);
    memcpy(copy, word.ptr, word.len);
    return VEC_PUSH(a, list, copy) ? 0 : error_nomem(err);
}

static const char *find_program(struct cli *cli) {
    static const char *const places[] = {"", "../libexec/plumbline/"};
    struct sv self = sv_from(cli->program_path);
    size_t slash = sv_rfind_char(self, '/');
    struct sv directory = slash == SIZE_MAX ? SV("./") : sv_slice(self, 0, slash + 1);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const char *path = arena_printf(cli->arena, SV_FMT "%splumb-lab", SV_ARG(directory), places[i]).ptr;
        if (path != NULL && access(path, X_OK) == 0) return path;
    }
    return NULL;
}

static int pass_on(struct arena *a, const struct invocation *in, struct argument_list *list, struct error *err) {
    for (size_t i = 0; i < in->option_count; i++) {
        const struct given_option *g = &in->options[i];
        uint64_t ignored;
        if (g->value.ptr != NULL && number_parse_u64_range(g->value, 0, 65535, &ignored) != 0)
            return error_set(err, ERR_USAGE, "--%s: " SV_FMT " is no port from 0 to 65535", g->option->name, SV_ARG(sv_slice(g->value, 0, 40)));
        int r = add(a, list, arena_printf(a, "--%s", g->option->name), err);
        if (r == 0 && g->value.ptr != NULL) r = add(a, list, g->value, err);
        if (r != 0) return r;
    }
    return VEC_PUSH(a, list, NULL) ? 0 : error_nomem(err);
}

int command_lab(struct cli *cli, const struct invocation *in, struct error *err) {
    struct argument_list list = {0};
    int r = add(cli->arena, &list, SV("plumb-lab"), err);
    if (r == 0) r = pass_on(cli->arena, in, &list, err);
    if (r != 0) return r;
    const char *program = find_program(cli);
    if (program == NULL)
        return error_set(err, ERR_NOT_FOUND, "plumb-lab is not installed beside %s; it is built with the option -Dlab=true (the default)", cli->program_path);
    execv(program, list.ptr);
    return error_set(err, -errno, "%s cannot be started: %s", program, strerror(errno));
}
