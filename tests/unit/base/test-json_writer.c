// SPDX-License-Identifier: Apache-2.0
#include "base/json_writer.h"

#include <errno.h>
#include <math.h>

#include "support/test.h"

struct output {
    struct buf buf;
    struct sink_buf sink;
    struct json_writer w;
};

static void open_output(struct output *o, bool pretty) {
    buf_init(&o->buf, 100000);
    sink_buf_init(&o->sink, &o->buf);
    jw_init(&o->w, &o->sink.sink, pretty);
}

#define assert_written(o, literal)                                                                                     \
    do {                                                                                                               \
        assert_int_equal(jw_finish(&(o)->w), 0);                                                                       \
        assert_sv_text(buf_sv(&(o)->buf), literal);                                                                    \
        buf_fini(&(o)->buf);                                                                                           \
    } while (0)

static void write_sample(struct json_writer *w) {
    jw_object_begin(w);
    jw_member_string(w, "text", SV("a\"<\n"));
    jw_member_string(w, "absent", SV_NONE);
    jw_member_string(w, "empty", SV(""));
    jw_member_u64(w, "most", UINT64_MAX);
    jw_member_i64(w, "least", INT64_MIN);
    jw_member_bool(w, "yes", true);
    jw_member_double(w, "share", 0.25, 3);
    jw_key(w, "list");
    jw_array_begin(w);
    jw_bool(w, false);
    jw_object_begin(w);
    jw_object_end(w);
    jw_array_begin(w);
    jw_array_end(w);
    jw_raw(w, SV("[1]"));
    jw_array_end(w);
    jw_key_sv(w, SV("k\"1"));
    jw_string(w, SV("plain"));
    jw_object_end(w);
}

static void test_compact(void **state) {
    (void)state;
    struct output o;
    open_output(&o, /* pretty= */ false);
    write_sample(&o.w);
    assert_written(&o, "{\"text\":\"a\\\"\\u003c\\n\",\"empty\":\"\",\"most\":18446744073709551615,"
                       "\"least\":-9223372036854775808,\"yes\":true,\"share\":0.25,"
                       "\"list\":[false,{},[],[1]],\"k\\\"1\":\"plain\"}");
}

static void test_pretty(void **state) {
    (void)state;
    struct output o;
    open_output(&o, /* pretty= */ true);
    jw_object_begin(&o.w);
    jw_member_u64(&o.w, "a", 1);
    jw_key(&o.w, "b");
    jw_array_begin(&o.w);
    jw_i64(&o.w, -2);
    jw_array_begin(&o.w);
    jw_array_end(&o.w);
    jw_array_end(&o.w);
    jw_object_end(&o.w);
    assert_written(&o, "{\n  \"a\": 1,\n  \"b\": [\n    -2,\n    []\n  ]\n}");
}

static void assert_number(double value, int decimals, struct sv want) {
    struct output o;
    open_output(&o, false);
    jw_double(&o.w, value, decimals);
    assert_sv_equal(buf_sv(&o.buf), want);
    buf_fini(&o.buf);
}

static void test_doubles(void **state) {
    (void)state;
    assert_number(0, 2, SV("0"));
    assert_number(-0.0, 2, SV("0"));
    assert_number(1.5, 0, SV("2"));
    assert_number(1.0 / 3, 3, SV("0.333"));
    assert_number(2.0 / 3, 2, SV("0.67"));
    assert_number(100, 3, SV("100"));
    assert_number(0.05, 2, SV("0.05"));
    assert_number(-7.10, 2, SV("-7.1"));
    assert_number(0.999, 2, SV("1"));
    assert_number(-0.001, 2, SV("0"));
    assert_number(1e15, 2, SV("1000000000000000"));
    assert_number(-1e20, 2, SV("-100000000000000000000"));
    assert_number(0.1, 50, SV("0.1")); // decimals are clamped to 9
    assert_number(12.5, -3, SV("13"));
    assert_number((double)NAN, 2, SV("0"));
    assert_number((double)INFINITY, 2, SV("0"));
    assert_number(-(double)INFINITY, 2, SV("0"));
}

static void test_depth(void **state) {
    (void)state;
    struct output o;
    open_output(&o, true);
    for (int i = 0; i < 64; i++)
        jw_array_begin(&o.w);
    assert_int_equal(o.w.failed, 0);
    for (int i = 0; i < 64; i++)
        jw_array_end(&o.w);
    assert_int_equal(jw_finish(&o.w), 0);
    buf_fini(&o.buf);
    open_output(&o, false);
    for (int i = 0; i < 65; i++)
        jw_array_begin(&o.w);
    for (int i = 0; i < 65; i++)
        jw_array_end(&o.w);
    assert_int_equal(jw_finish(&o.w), ERR_LIMIT);
    buf_fini(&o.buf);
}

static void test_sink_errors_stick(void **state) {
    (void)state;
    struct output o;
    open_output(&o, false);
    o.buf.limit = 20;
    write_sample(&o.w);
    assert_int_equal(jw_finish(&o.w), -ENOSPC);
    assert_true(o.buf.len <= 20);
    buf_fini(&o.buf);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_compact),           cmocka_unit_test(test_pretty),
    cmocka_unit_test(test_doubles),           cmocka_unit_test(test_depth),
    cmocka_unit_test(test_sink_errors_stick),
};
TEST_MAIN(tests)
