// SPDX-License-Identifier: Apache-2.0
#include "cli/files.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

struct folder {
    struct arena arena;
    char path[64];
};

static int folder_setup(void **state) {
    struct folder *f = calloc(1, sizeof *f);
    if (f == NULL) return -1;
    arena_init(&f->arena, TEST_ARENA_LIMIT);
    snprintf(f->path, sizeof f->path, "/tmp/plumb-test-files-XXXXXX");
    *state = f;
    return mkdtemp(f->path) == NULL ? -1 : 0;
}

static int folder_teardown(void **state) {
    struct folder *f = *state;
    static const char *const names[] = {"a.json", "sub/b.json", "sub", "link", "out", "pipe", "big", "empty"};
    char path[256];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", f->path, names[i]);
        if (unlink(path) != 0) rmdir(path);
    }
    rmdir(f->path);
    arena_fini(&f->arena);
    free(f);
    return 0;
}

static const char *place(struct folder *f, const char *name) {
    return arena_printf(&f->arena, "%s/%s", f->path, name).ptr;
}

static void put(struct folder *f, const char *name, const char *text) {
    FILE *out = fopen(place(f, name), "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, strlen(text), out), strlen(text));
    assert_int_equal(fclose(out), 0);
}

static void refuse(struct folder *f, const char *name, size_t limit, const char *says) {
    struct sv bytes = SV_NONE;
    struct error err = {0};
    assert_true(files_read(&f->arena, place(f, name), limit, "the file", &bytes, &err) < 0);
    assert_null(bytes.ptr);
    if (strstr(err.text, says) == NULL) fail_msg("\"%s\" is not in \"%s\"", says, err.text);
    if (strstr(err.text, name) == NULL) fail_msg("the file is not named in \"%s\"", err.text);
}

static void test_regular_files_are_read(void **state) {
    struct folder *f = *state;
    struct sv bytes;
    struct error err = {0};
    put(f, "a.json", "hello");
    assert_ok(&err, files_read(&f->arena, place(f, "a.json"), 5, "the file", &bytes, &err));
    assert_sv_text(bytes, "hello");
    assert_int_equal(bytes.ptr[5], '\0');
    put(f, "empty", "");
    assert_ok(&err, files_read(&f->arena, place(f, "empty"), 5, "the file", &bytes, &err));
    assert_int_equal(bytes.len, 0);
}

static void test_all_else_is_refused_at_once(void **state) {
    struct folder *f = *state;
    put(f, "a.json", "hello!");
    refuse(f, "a.json", 5, "at most");
    refuse(f, "missing", 5, "does not exist");
    assert_int_equal(mkdir(place(f, "sub"), 0700), 0);
    refuse(f, "sub", 5, "is a directory");
    assert_int_equal(mkfifo(place(f, "pipe"), 0600), 0);
    refuse(f, "pipe", 5, "is a pipe");
    // A gigabyte of nothing: refused by its size, not read.
    put(f, "big", "");
    assert_int_equal(truncate(place(f, "big"), (off_t)1 << 30), 0);
    refuse(f, "big", FILES_SPEC_LIMIT, "1024 MiB");
    struct sv bytes;
    struct error err = {0};
    assert_true(files_read(&f->arena, "/dev/zero", 5, "the file", &bytes, &err) < 0);
    assert_non_null(strstr(err.text, "regular file"));
}

static int ask(struct files_reader *r, struct sv name, struct sv *ret, struct error *err) {
    return r->reader.read(&r->reader, r->arena, name, ret, err);
}

static struct files_reader *open_beside(struct folder *f) {
    struct files_reader *r;
    struct error err = {0};
    assert_int_equal(mkdir(place(f, "sub"), 0700), 0);
    put(f, "sub/b.json", "{\"b\":1}");
    put(f, "a.json", "{}");
    assert_ok(&err, files_reader_open(&f->arena, place(f, "a.json"), &r, &err));
    return r;
}

static void test_files_beside_are_read_and_kept(void **state) {
    struct folder *f = *state;
    struct files_reader *r = open_beside(f);
    struct sv bytes;
    struct error err = {0};
    assert_ok(&err, ask(r, SV("sub/b.json"), &bytes, &err));
    assert_sv_text(bytes, "{\"b\":1}");
    assert_int_equal(unlink(place(f, "sub/b.json")), 0);
    r->closed = true;
    assert_ok(&err, ask(r, SV("sub/b.json"), &bytes, &err));
    assert_sv_text(bytes, "{\"b\":1}");
    assert_error(&err, ERR_NOT_FOUND, ask(r, SV("a.json"), &bytes, &err));
}

static void test_nothing_outside_is_read(void **state) {
    struct folder *f = *state;
    struct files_reader *r = open_beside(f);
    struct sv bytes;
    struct error err = {0};
    assert_error(&err, ERR_SCOPE, ask(r, SV("../etc/passwd"), &bytes, &err));
    assert_error(&err, ERR_SCOPE, ask(r, SV("sub/../../x"), &bytes, &err));
    assert_error(&err, ERR_SCOPE, ask(r, SV("/etc/passwd"), &bytes, &err));
    assert_error(&err, ERR_SCOPE, ask(r, SV("a\0b"), &bytes, &err));
    assert_error(&err, ERR_SCOPE, ask(r, SV(""), &bytes, &err));
    assert_int_equal(symlink("/etc/passwd", place(f, "link")), 0);
    assert_true(ask(r, SV("link"), &bytes, &err) < 0);
    assert_non_null(strstr(err.text, "symbolic link"));
    assert_int_equal(symlink("/etc", place(f, "out")), 0);
    assert_true(ask(r, SV("out/passwd"), &bytes, &err) < 0);
    assert_true(ask(r, SV("sub"), &bytes, &err) < 0);
}

static void test_references_elsewhere(void **state) {
    (void)state;
    assert_false(files_refers_elsewhere(SV("")));
    assert_false(files_refers_elsewhere(SV("{\"$ref\": \"#/components/x\"}")));
    assert_false(files_refers_elsewhere(SV("$ref: '#/x'\n")));
    assert_true(files_refers_elsewhere(SV("{\"$ref\":\"parts.yaml#/x\"}")));
    assert_true(files_refers_elsewhere(SV("{\"$ref\":\"#/x\"} $ref: ./y.json")));
    assert_false(files_refers_elsewhere(SV("$ref")));
}

#define with_folder(t) cmocka_unit_test_setup_teardown(t, folder_setup, folder_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        with_folder(test_regular_files_are_read),
        with_folder(test_all_else_is_refused_at_once),
        with_folder(test_files_beside_are_read_and_kept),
        with_folder(test_nothing_outside_is_read),
        cmocka_unit_test(test_references_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
