// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/sink.h"
#include "support/test.h"

static void test_adding(void **state) {
    (void)state;
    auto_buf b = BUF_INIT(1000);
    assert_sv_text(buf_sv(&b), "");
    assert_non_null(buf_sv(&b).ptr);
    buf_add(&b, SV("ab"));
    buf_add(&b, SV_NONE);
    buf_add_char(&b, 'c');
    buf_add_repeat(&b, '-', 3);
    buf_add_repeat(&b, 'x', 0);
    buf_addf(&b, "%d/%s", 7, "seven");
    assert_sv_text(buf_sv(&b), "abc---7/seven");
    assert_int_equal(b.ptr[b.len], '\0');
    buf_truncate(&b, 100);
    assert_int_equal(b.len, 13);
    buf_truncate(&b, 3);
    assert_string_equal(b.ptr, "abc");
    buf_addf(&b, "%600d", 1); // longer than the stack buffer
    assert_int_equal(b.len, 603);
    assert_int_equal(b.ptr[602], '1');
    assert_false(buf_failed(&b));
}

static void test_limit_sticks(void **state) {
    (void)state;
    struct buf b = {0};
    buf_init(&b, 5);
    buf_add(&b, SV("12345"));
    assert_false(buf_failed(&b));
    buf_add_char(&b, '6');
    assert_true(buf_failed(&b));
    buf_truncate(&b, 2);
    buf_add(&b, SV("x"));
    assert_sv_text(buf_sv(&b), "12"); // nothing is added after a failure
    buf_clear(&b);
    assert_false(buf_failed(&b));
    assert_sv_text(buf_sv(&b), "");
    buf_add(&b, SV("123456")); // all or nothing
    assert_true(buf_failed(&b));
    assert_sv_text(buf_sv(&b), "");
    buf_clear(&b);
    buf_addf(&b, "%300d", 1);
    assert_true(buf_failed(&b));
    buf_fini(&b);
    assert_int_equal(b.limit, 5);
    assert_null(b.ptr);
    buf_clear(&b);
    buf_truncate(&b, 0);
    buf_fini(&b);
}

static void test_no_overflow(void **state) {
    (void)state;
    auto_buf b = BUF_INIT(SIZE_MAX);
    buf_add_char(&b, 'x');
    buf_add_repeat(&b, 'x', SIZE_MAX - 1);
    assert_true(buf_failed(&b));
    assert_sv_text(buf_sv(&b), "x");
    struct buf unset = {0}; // a limit of 0 holds nothing
    buf_add_char(&unset, 'x');
    assert_true(buf_failed(&unset));
    buf_fini(&unset);
}

static void test_sink_into_buffer(void **state) {
    (void)state;
    auto_buf b = BUF_INIT(4);
    struct sink_buf s;
    sink_buf_init(&s, &b);
    assert_int_equal(s.sink.write(&s.sink, SV("abc")), 0);
    assert_int_equal(s.sink.write(&s.sink, SV("de")), -ENOSPC);
    assert_int_equal(s.sink.write(&s.sink, SV("f")), -ENOSPC);
    assert_sv_text(buf_sv(&b), "abc");
}

static void drain(int fd, struct buf *b) {
    char part[8192];
    ssize_t n = 0;
    while ((n = read(fd, part, sizeof part)) > 0)
        buf_add(b, sv_make(part, (size_t)n));
    assert_int_equal(n, 0);
}

static void test_sink_into_descriptor(void **state) {
    (void)state;
    char path[] = "/tmp/plumb-sink-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(unlink(path), 0);
    struct sink_fd s;
    sink_fd_init(&s, fd);
    assert_int_equal(s.sink.write(&s.sink, SV("small ")), 0);
    assert_int_equal(lseek(fd, 0, SEEK_END), 0); // still pending
    size_t want = 6;
    auto_buf block = BUF_INIT(200000);
    buf_add_repeat(&block, 'x', 40000);
    for (int i = 0; i < 3; i++, want += block.len)
        assert_int_equal(s.sink.write(&s.sink, buf_sv(&block)), 0);
    buf_add_repeat(&block, 'y', 60000); // larger than the buffer: goes straight through, in order
    assert_int_equal(s.sink.write(&s.sink, buf_sv(&block)), 0);
    want += block.len;
    assert_int_equal(s.sink.write(&s.sink, SV(" end")), 0);
    assert_int_equal(sink_fd_flush(&s), 0);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    auto_buf got = BUF_INIT(1 << 20);
    drain(fd, &got);
    assert_int_equal(got.len, want + 4);
    assert_true(sv_starts_with(buf_sv(&got), SV("small xxx")));
    assert_true(sv_ends_with(buf_sv(&got), SV("yyy end")));
    sink_fd_fini(&s);
    assert_int_equal(close(fd), 0);
}

static void test_sink_reports_errors(void **state) {
    (void)state;
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    struct sink_fd s;
    sink_fd_init(&s, fd);
    assert_int_equal(s.sink.write(&s.sink, SV("x")), 0);
    assert_int_equal(sink_fd_flush(&s), -ENOSPC);
    sink_fd_fini(&s);
    assert_int_equal(close(fd), 0);
    sink_fd_init(&s, -1);
    assert_int_equal(s.sink.write(&s.sink, SV("x")), 0);
    assert_int_equal(sink_fd_flush(&s), -EBADF);
    sink_fd_fini(&s);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_adding),
    cmocka_unit_test(test_limit_sticks),
    cmocka_unit_test(test_no_overflow),
    cmocka_unit_test(test_sink_into_buffer),
    cmocka_unit_test(test_sink_into_descriptor),
    cmocka_unit_test(test_sink_reports_errors),
};
TEST_MAIN(tests)
