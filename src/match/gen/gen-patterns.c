// SPDX-License-Identifier: Apache-2.0
// Build-time program: gen-patterns OUTPUT.c FILE.yaml… compiles the patterns and writes table and database as C.
#include <stdio.h>
#include <stdlib.h>

#include "match/set.h"

#define FILE_MAX ((size_t)8 << 20)

static int read_file(struct arena *a, const char *path, struct sv *ret, struct error *err) {
    FILE *f = fopen(path, "rbe");
    if (f == NULL)
        return error_set(err, -errno, "%s: cannot be opened", path);
    char *bytes = arena_alloc(a, FILE_MAX);
    size_t len = bytes == NULL ? 0 : fread(bytes, 1, FILE_MAX, f);
    int failed = bytes == NULL || ferror(f) != 0 || len == FILE_MAX;
    (void)fclose(f);
    if (failed)
        return error_set(err, -EIO, "%s: cannot be read", path);
    *ret = sv_make(bytes, len);
    return 0;
}

static void write_text(FILE *out, struct sv text) {
    if (text.ptr == NULL) {
        (void)fputs("{NULL, 0}", out);
        return;
    }
    (void)fputs("{\"", out);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\' || c == '?')
            (void)fprintf(out, "\\%03o", c);
        else
            (void)fputc(c, out);
    }
    (void)fprintf(out, "\", %zu}", text.len);
}

static void write_texts(FILE *out, const char *name, size_t index, const struct sv *texts, size_t count) {
    if (count == 0)
        return;
    (void)fprintf(out, "static const struct sv %s_%zu[] = {", name, index);
    for (size_t i = 0; i < count; i++) {
        write_text(out, texts[i]);
        (void)fputs(i + 1 < count ? ", " : "};\n", out);
    }
}

static void write_list(FILE *out, const char *field, const char *name, size_t index, size_t count) {
    if (count > 0)
        (void)fprintf(out, "     .%s = %s_%zu, .%s_count = %zu,\n", field, name, index, name, count);
}

static void write_member(FILE *out, const char *field, struct sv text) {
    (void)fprintf(out, ".%s = ", field);
    write_text(out, text);
    (void)fputs(",\n     ", out);
}

static void write_entry(FILE *out, const struct pattern_entry *e, size_t index) {
    (void)fputs("    {.head = {", out);
    write_member(out, "id", e->head.id);
    write_member(out, "title", e->head.title);
    write_member(out, "engine", e->head.engine);
    write_member(out, "severity", e->head.severity);
    write_member(out, "validator", e->head.validator);
    (void)fprintf(out, ".kind = (enum pattern_kind)%d, .needs_context = %s},\n     ", (int)e->head.kind,
                  e->head.needs_context ? "true" : "false");
    write_member(out, "prefilter", e->prefilter);
    write_member(out, "expression", e->expression);
    (void)fprintf(out, ".entropy = %.6f, .back = %u, .ahead = %u, .reach = %u,\n", e->entropy, (unsigned)e->back,
                  (unsigned)e->ahead, (unsigned)e->reach);
    write_list(out, "context", "context", index, e->context_count);
    write_list(out, "examples", "example", index, e->example_count);
    (void)fputs("    },\n", out);
}

static void write_all(FILE *out, const struct pattern_entry *entries, size_t count, const char *bytes, size_t size) {
    (void)fputs("// SPDX-License-Identifier: Apache-2.0\n// Generated from data/patterns.\n"
                "#include \"match/embedded.h\"\n\n",
                out);
    for (size_t i = 0; i < count; i++) {
        write_texts(out, "context", i, entries[i].context, entries[i].context_count);
        write_texts(out, "example", i, entries[i].examples, entries[i].example_count);
    }
    (void)fprintf(
        out, "const size_t embedded_pattern_count = %zu;\nconst struct pattern_entry embedded_patterns[] = {\n", count);
    for (size_t i = 0; i < count; i++)
        write_entry(out, &entries[i], i);
    (void)fprintf(out, "};\nconst size_t embedded_database_size = %zu;\nconst unsigned char embedded_database[] = {\n",
                  size);
    for (size_t i = 0; i < size; i++)
        (void)fprintf(out, "%d%s", (unsigned char)bytes[i], i % 32 == 31 ? ",\n" : ",");
    (void)fputs("};\n", out);
}

static int write_output(const char *path, const struct pattern_entry *entries, size_t count,
                        const hs_database_t *database, struct error *err) {
    char *bytes = NULL;
    size_t size = 0;
    if (hs_serialize_database(database, &bytes, &size) != HS_SUCCESS)
        return error_set(err, -EIO, "the database cannot be serialised");
    FILE *out = fopen(path, "wbe");
    int failed = out == NULL;
    if (out != NULL) {
        write_all(out, entries, count, bytes, size);
        failed = ferror(out) != 0;
        failed |= fclose(out) != 0;
    }
    free(bytes);
    return failed ? error_set(err, -EIO, "%s: cannot be written", path) : 0;
}

static int generate(struct arena *a, const char *output, char **paths, size_t count, struct error *err) {
    const struct node **documents = arena_alloc_array(a, count + 1, sizeof *documents);
    if (documents == NULL)
        return error_nomem(err);
    for (size_t i = 0; i < count; i++) {
        struct sv text = SV_NONE;
        struct node *document = NULL;
        int r = read_file(a, paths[i], &text, err);
        if (r == 0)
            r = node_parse_yaml(a, text, &node_limits_document, &document, err);
        if (r < 0) {
            error_prefix(err, "%s: ", paths[i]);
            return r;
        }
        documents[i] = document;
    }
    struct pattern_entry *entries = NULL;
    size_t entry_count = 0;
    hs_database_t *database = NULL;
    int r = pattern_load(a, documents, count, &entries, &entry_count, err);
    if (r == 0)
        r = pattern_compile(entries, entry_count, /* portable= */ true, &database, err);
    if (r == 0)
        r = write_output(output, entries, entry_count, database, err);
    hs_free_database(database);
    return r;
}

int main(int argc, char **argv) {
    if (argc < 3) {
        (void)fputs("usage: gen-patterns OUTPUT.c FILE.yaml...\n", stderr);
        return 2;
    }
    auto_arena a = {0};
    struct error err = {0};
    if (generate(&a, argv[1], argv + 2, (size_t)argc - 2, &err) == 0)
        return 0;
    (void)fprintf(stderr, "gen-patterns: %u:%u: %s\n", err.line, err.column, err.text);
    return 1;
}
