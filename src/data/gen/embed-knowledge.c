// SPDX-License-Identifier: Apache-2.0
// Build-time program: embed-knowledge DATA-DIR OUTPUT.c OUTPUT.d turns every .yaml file below DATA-DIR into compact
// JSON in a table of C. The dependency file names files and folders, so that a new file is seen too. data/patterns is
// left out: src/match compiles it, and its samples have no place in a program.
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/json_writer.h"
#include "base/numbers.h"
#include "base/vec.h"
#include "data/node.h"

#define FILE_MAX         ((size_t)16 << 20)
#define FOLDER_DEPTH_MAX 8

struct source {
    struct sv name; // "fingerprints/frameworks"
    struct sv path;
    size_t size;
    struct sv json;
};
struct state {
    struct arena a;
    struct error err;
    struct {
        struct source *ptr;
        size_t len, cap;
    } sources;
    struct {
        struct sv *ptr;
        size_t len, cap;
    } folders;
};

static int walk(struct state *s, struct sv path, struct sv name, int depth);

static int add_entry(struct state *s, struct sv path, struct sv name, struct sv entry, int depth) {
    if (sv_starts_with(entry, SV(".")) || (depth == 0 && sv_eq(entry, SV("patterns"))))
        return 0;
    struct sv full = arena_printf(&s->a, SV_FMT "/" SV_FMT, SV_ARG(path), SV_ARG(entry));
    struct sv stem = sv_ends_with(entry, SV(".yaml")) ? sv_slice(entry, 0, entry.len - 5) : entry;
    struct sv shown = depth == 0 ? arena_copy_sv(&s->a, stem)
                                 : arena_printf(&s->a, SV_FMT "/" SV_FMT, SV_ARG(name), SV_ARG(stem));
    struct stat st;
    if (full.ptr == NULL || shown.ptr == NULL)
        return error_nomem(&s->err);
    if (stat(full.ptr, &st) != 0)
        return error_set(&s->err, -errno, SV_FMT ": cannot be read", SV_ARG(full));
    if (S_ISDIR(st.st_mode))
        return walk(s, full, shown, depth + 1);
    if (!sv_ends_with(entry, SV(".yaml")))
        return 0;
    struct source source = {.name = shown, .path = full, .size = (size_t)st.st_size};
    return VEC_PUSH(&s->a, &s->sources, source) ? 0 : error_nomem(&s->err);
}

static int walk(struct state *s, struct sv path, struct sv name, int depth) {
    if (depth > FOLDER_DEPTH_MAX)
        return error_set(&s->err, ERR_LIMIT, SV_FMT ": too many folders in folders", SV_ARG(path));
    if (!VEC_PUSH(&s->a, &s->folders, path))
        return error_nomem(&s->err);
    DIR *dir = opendir(path.ptr);
    if (dir == NULL)
        return error_set(&s->err, -errno, SV_FMT ": cannot be opened", SV_ARG(path));
    int r = 0;
    for (const struct dirent *e = readdir(dir); e != NULL && r == 0; e = readdir(dir))
        r = add_entry(s, path, name, sv_from(e->d_name), depth);
    (void)closedir(dir);
    return r;
}

// YAML allows more forms of numbers than JSON ("0x1f", ".5", "+1").
static bool is_json_number(struct sv text) {
    size_t i = sv_starts_with(text, SV("-")) ? 1 : 0;
    struct sv digits = sv_from_index(text, i);
    return digits.len > 0 && digits.ptr[0] >= '0' && digits.ptr[0] <= '9' && text.ptr[text.len - 1] != '.' &&
           !(digits.len > 1 && digits.ptr[0] == '0' && digits.ptr[1] != '.');
}

static void write_number(struct json_writer *w, const struct node *n) {
    int64_t whole = 0;
    double real = 0;
    if (is_json_number(n->text))
        jw_raw(w, n->text);
    else if (node_to_i64(n, &whole) == 0)
        jw_i64(w, whole);
    else if (node_to_double(n, &real) == 0)
        jw_double(w, real, 12);
    else
        jw_string(w, n->text);
}

static void write_node(struct json_writer *w, const struct node *n) {
    switch (n->kind) {
    case NODE_NULL:
        jw_raw(w, SV("null"));
        break;
    case NODE_BOOL:
        jw_bool(w, sv_eq(n->text, SV("true")));
        break;
    case NODE_NUMBER:
        write_number(w, n);
        break;
    case NODE_STRING:
        jw_string(w, n->text);
        break;
    case NODE_ARRAY:
        jw_array_begin(w);
        for (const struct node *c = n->first; c != NULL; c = c->next)
            write_node(w, c);
        jw_array_end(w);
        break;
    case NODE_OBJECT:
        jw_object_begin(w);
        for (const struct node *c = n->first; c != NULL; c = c->next) {
            jw_key_sv(w, c->key);
            write_node(w, c);
        }
        jw_object_end(w);
        break;
    }
}

static int read_source(struct state *s, struct source *source) {
    FILE *f = fopen(source->path.ptr, "rbe");
    char *bytes = f == NULL || source->size > FILE_MAX ? NULL : arena_alloc(&s->a, source->size + 1);
    size_t len = bytes == NULL ? 0 : fread(bytes, 1, source->size, f);
    if (f != NULL)
        (void)fclose(f);
    if (bytes == NULL || len != source->size)
        return error_set(&s->err, -EIO, SV_FMT ": cannot be read", SV_ARG(source->path));
    struct node *root = NULL;
    int r = node_parse_yaml(&s->a, sv_make(bytes, len), &node_limits_document, &root, &s->err);
    if (r < 0) {
        error_prefix(&s->err, SV_FMT ": ", SV_ARG(source->path));
        return r;
    }
    auto_buf b = BUF_INIT(4 * FILE_MAX);
    struct sink_buf sink;
    struct json_writer w;
    sink_buf_init(&sink, &b);
    jw_init(&w, &sink.sink, /* pretty= */ false);
    write_node(&w, root);
    if (jw_finish(&w) < 0 || buf_failed(&b))
        return error_nomem(&s->err);
    source->json = arena_copy_sv(&s->a, buf_sv(&b));
    return source->json.ptr == NULL ? error_nomem(&s->err) : 0;
}

static int compare_sources(const void *x, const void *y) {
    return sv_cmp(((const struct source *)x)->name, ((const struct source *)y)->name);
}

static void write_table(FILE *out, const struct state *s) {
    (void)fputs("// SPDX-License-Identifier: Apache-2.0\n// Generated from data/.\n"
                "#include \"data/knowledge_files.h\"\n\n",
                out);
    for (size_t i = 0; i < s->sources.len; i++) {
        const struct source *source = &s->sources.ptr[i];
        (void)fprintf(out, "static const char json_%zu[%zu] = {\n", i, source->json.len + 1);
        for (size_t k = 0; k < source->json.len; k++)
            (void)fprintf(out, "%d%s", (signed char)source->json.ptr[k], k % 32 == 31 ? ",\n" : ",");
        (void)fputs("0};\n", out);
    }
    (void)fprintf(out, "const size_t knowledge_file_count = %zu;\nconst struct knowledge_file knowledge_files[] = {\n",
                  s->sources.len);
    for (size_t i = 0; i < s->sources.len; i++)
        (void)fprintf(out, "    {.name = {\"%s\", %zu}, .json = {json_%zu, %zu}},\n", s->sources.ptr[i].name.ptr,
                      s->sources.ptr[i].name.len, i, s->sources.ptr[i].json.len);
    (void)fputs("    {.name = {NULL, 0}},\n};\n", out);
}

static void write_dependencies(FILE *out, const char *target, const struct state *s) {
    (void)fprintf(out, "%s:", target);
    for (size_t i = 0; i < s->folders.len; i++)
        (void)fprintf(out, " \\\n  %s", s->folders.ptr[i].ptr);
    for (size_t i = 0; i < s->sources.len; i++)
        (void)fprintf(out, " \\\n  %s", s->sources.ptr[i].path.ptr);
    (void)fputs("\n", out);
}

static int write_files(struct state *s, const char *output, const char *dependencies) {
    FILE *out = fopen(output, "wbe");
    FILE *deps = fopen(dependencies, "wbe");
    if (out != NULL)
        write_table(out, s);
    if (deps != NULL)
        write_dependencies(deps, output, s);
    int failed = out == NULL || deps == NULL;
    failed |= out != NULL && (ferror(out) != 0 || fclose(out) != 0);
    failed |= deps != NULL && (ferror(deps) != 0 || fclose(deps) != 0);
    return failed != 0 ? error_set(&s->err, -EIO, "%s: cannot be written", output) : 0;
}

static int run(struct state *s, char **argv) {
    int r = walk(s, sv_from(argv[1]), SV_NONE, 0);
    for (size_t i = 0; i < s->sources.len && r == 0; i++)
        r = read_source(s, &s->sources.ptr[i]);
    if (r < 0)
        return r;
    if (s->sources.len > 0)
        qsort(s->sources.ptr, s->sources.len, sizeof *s->sources.ptr, compare_sources);
    return write_files(s, argv[2], argv[3]);
}

int main(int argc, char **argv) {
    if (argc != 4) {
        (void)fputs("usage: embed-knowledge DATA-DIR OUTPUT.c OUTPUT.d\n", stderr);
        return 2;
    }
    struct state s = {0};
    int r = run(&s, argv);
    if (r < 0)
        (void)fprintf(stderr, "embed-knowledge: %u:%u: %s\n", s.err.line, s.err.column, s.err.text);
    arena_fini(&s.a);
    return r < 0 ? 1 : 0;
}
