// SPDX-License-Identifier: Apache-2.0
// Build-time program: embed-pages DIRECTORY OUTPUT.c OUTPUT.d turns every .md file of the directory into an entry of a table of C. The
// dependency file names the directory and the files, so that a new page is seen too.
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/vec.h"

#define PAGE_MAX ((size_t)1 << 20)

struct source {
    struct sv name, path, text;
};
struct state {
    struct arena a;
    struct error err;
    struct {
        struct source *ptr;
        size_t len, cap;
    } sources;
};

// Comments at the head (licence lines) are not for readers.
static struct sv skip_comments(struct sv text) {
    while (sv_starts_with(text, SV("<!--"))) {
        size_t end = sv_find(text, SV("-->"));
        if (end == SIZE_MAX) break;
        text = sv_from_index(text, end + 3);
        while (text.len > 0 && text.ptr[0] == '\n') text = sv_from_index(text, 1);
    }
    return text;
}

static int read_page(struct state *s, const char *directory, struct sv file) {
    struct source source = {
        .name = arena_copy_sv(&s->a, sv_slice(file, 0, file.len - 3)),
        .path = arena_printf(&s->a, "%s/" SV_FMT, directory, SV_ARG(file)),
    };
    struct stat st;
    if (source.name.ptr == NULL || source.path.ptr == NULL) return error_nomem(&s->err);
    if (stat(source.path.ptr, &st) != 0 || (size_t)st.st_size > PAGE_MAX) return error_set(&s->err, ERR_LIMIT, "%s: cannot be read", source.path.ptr);
    FILE *f = fopen(source.path.ptr, "rbe");
    char *bytes = f == NULL ? NULL : arena_alloc(&s->a, (size_t)st.st_size + 1);
    size_t len = bytes == NULL ? 0 : fread(bytes, 1, (size_t)st.st_size, f);
    if (f != NULL) (void)fclose(f);
    if (bytes == NULL || len != (size_t)st.st_size) return error_set(&s->err, -EIO, "%s: cannot be read", source.path.ptr);
    source.text = skip_comments(sv_make(bytes, len));
    return VEC_PUSH(&s->a, &s->sources, source) ? 0 : error_nomem(&s->err);
}

static int compare(const void *x, const void *y) {
    return sv_cmp(((const struct source *)x)->name, ((const struct source *)y)->name);
}

static int read_pages(struct state *s, const char *directory) {
    DIR *dir = opendir(directory);
    if (dir == NULL) return error_set(&s->err, -errno, "%s: cannot be opened", directory);
    int r = 0;
    for (const struct dirent *e = readdir(dir); e != NULL && r == 0; e = readdir(dir)) {
        struct sv file = sv_from(e->d_name);
        if (sv_ends_with(file, SV(".md")) && file.len > 3 && file.ptr[0] != '.') r = read_page(s, directory, file);
    }
    (void)closedir(dir);
    if (r == 0 && s->sources.len > 0) qsort(s->sources.ptr, s->sources.len, sizeof *s->sources.ptr, compare);
    return r;
}

static void write_table(FILE *out, const struct state *s) {
    (void)fputs("// SPDX-License-Identifier: Apache-2.0\n// Generated from docs/checks.\n#include \"cli/pages.h\"\n\n", out);
    for (size_t i = 0; i < s->sources.len; i++) {
        struct sv text = s->sources.ptr[i].text;
        (void)fprintf(out, "static const char page_%zu[%zu] = {\n", i, text.len + 1);
        for (size_t k = 0; k < text.len; k++) (void)fprintf(out, "%d%s", (signed char)text.ptr[k], k % 32 == 31 ? ",\n" : ",");
        (void)fputs("0};\n", out);
    }
    (void)fprintf(out, "const size_t page_count = %zu;\nconst struct page page_table[] = {\n", s->sources.len);
    for (size_t i = 0; i < s->sources.len; i++) {
        const struct source *p = &s->sources.ptr[i];
        (void)fprintf(out, "    {.name = {\"%s\", %zu}, .text = {page_%zu, %zu}},\n", p->name.ptr, p->name.len, i, p->text.len);
    }
    (void)fputs("    {.name = {NULL, 0}},\n};\n", out);
}

static int write_files(struct state *s, char **argv) {
    FILE *out = fopen(argv[2], "wbe"), *deps = fopen(argv[3], "wbe");
    if (out != NULL) write_table(out, s);
    if (deps != NULL) {
        (void)fprintf(deps, "%s: %s", argv[2], argv[1]);
        for (size_t i = 0; i < s->sources.len; i++) (void)fprintf(deps, " \\\n  %s", s->sources.ptr[i].path.ptr);
        (void)fputs("\n", deps);
    }
    int failed = out == NULL || deps == NULL;
    failed |= out != NULL && (ferror(out) != 0 || fclose(out) != 0);
    failed |= deps != NULL && (ferror(deps) != 0 || fclose(deps) != 0);
    return failed != 0 ? error_set(&s->err, -EIO, "%s: cannot be written", argv[2]) : 0;
}

int main(int argc, char **argv) {
    if (argc != 4) {
        (void)fputs("usage: embed-pages DIRECTORY OUTPUT.c OUTPUT.d\n", stderr);
        return 2;
    }
    struct state s = {0};
    int r = read_pages(&s, argv[1]);
    if (r == 0) r = write_files(&s, argv);
    if (r != 0) (void)fprintf(stderr, "embed-pages: %s\n", s.err.text);
    arena_fini(&s.a);
    return r != 0 ? 1 : 0;
}
