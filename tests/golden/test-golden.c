// SPDX-License-Identifier: Apache-2.0
// Every format of every fixture, byte by byte against tests/golden/<fixture>.<format>. tools/update-golden writes the files anew.
#include "golden/fixture.h"
#include "report/report.h"
#include "test.h"

static struct sv golden_path(struct arena *a, const char *fixture, const char *format) {
    const char *root = getenv("PLUMB_SOURCE_DIR");
    return arena_printf(a, "%s/tests/golden/%s.%s", root != NULL ? root : ".", fixture, format);
}

static struct sv read_file(struct arena *a, struct sv path) {
    FILE *f = fopen(path.ptr, "rb");
    if (f == NULL)
        return SV_NONE;
    size_t cap = (size_t)1 << 20;
    char *bytes = arena_alloc(a, cap);
    size_t len = bytes != NULL ? fread(bytes, 1, cap, f) : 0;
    (void)fclose(f);
    return sv_make(bytes, len);
}

static void write_file(struct sv path, struct sv bytes) {
    FILE *f = fopen(path.ptr, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes.ptr, 1, bytes.len, f), bytes.len);
    assert_int_equal(fclose(f), 0);
}

static void compare(struct arena *a, size_t fixture, const struct report_format *format) {
    struct error err = {0};
    struct scan_result r;
    auto_buf b = BUF_INIT((size_t)1 << 22);
    struct sink_buf out;
    struct report_options options = {.colour = false, .width = 80};
    assert_ok(&err, fixture_make(a, fixture, &r, &err));
    sink_buf_init(&out, &b);
    assert_ok(&err, format->write(&r, &options, &out.sink, &err));
    struct sv path = golden_path(a, fixtures[fixture].name, format->name);
    if (getenv("PLUMB_UPDATE_GOLDEN") != NULL)
        write_file(path, buf_sv(&b));
    struct sv want = read_file(a, path);
    if (want.ptr == NULL)
        fail_msg("%s is missing: tools/update-golden writes it", path.ptr);
    assert_sv_equal(buf_sv(&b), want);
}

static void test_formats(void **state) {
    for (size_t i = 0; i < FIXTURE_COUNT; i++) {
        for (size_t f = 0; report_formats[f] != NULL; f++)
            compare(*state, i, report_formats[f]);
    }
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_formats),
};

TEST_MAIN(tests)
