// SPDX-License-Identifier: Apache-2.0
// Every allocation of a run fails once: the linker sends malloc and realloc here (--wrap), and the n-th call gives
// NULL, for n = 0, 1, 2 … until a run needs fewer. Each run must report the failure, leak nothing and stay consistent.
#include <errno.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/escape.h"
#include "base/json_writer.h"
#include "base/map.h"
#include "base/numbers.h"
#include "base/random.h"
#include "base/sink.h"
#include "base/vec.h"
#include "support/test.h"

void *__real_malloc(size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *old, size_t size);

// The linker's interposition has no parameter to pass state in, so this test alone has writable globals.
static long left = -1; // calls that still succeed; -1: all
static long calls;

static bool fails(void) {
    calls++;
    if (left == 0)
        return true;
    if (left > 0)
        left--;
    return false;
}

void *__wrap_malloc(size_t size) {
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_realloc(void *old, size_t size) {
    return fails() ? NULL : __real_realloc(old, size);
}

// The work under test: 0 when all of it succeeded, else a negative code.
typedef int (*work_fn)(void);

static void assert_survives(work_fn work) {
    long n = 0;
    for (; n < 1000; n++) {
        left = n;
        calls = 0;
        int r = work();
        bool reached = calls > n;
        left = -1;
        if (!reached) {
            assert_int_equal(r, 0);
            break;
        }
        assert_true(r < 0);
    }
    assert_in_range(n, 1, 999); // it allocates, and it ends
}

static int fill_arena(void) {
    auto_arena a = {0};
    for (size_t size = 1; size <= 1000000; size *= 10)
        if (arena_alloc(&a, size) == NULL)
            return -ENOMEM;
    return arena_printf(&a, "%d", 7).ptr == NULL ? -ENOMEM : 0;
}

static int fill_map(void) {
    auto_arena a = {0};
    struct map m;
    map_init(&m, 1);
    for (uint64_t i = 0; i < 300; i++) {
        struct sv key = arena_printf(&a, "%llu", (unsigned long long)i);
        if (key.ptr == NULL)
            return -ENOMEM;
        size_t before = m.len;
        if (!map_set(&a, &m, key, &m)) {
            assert_int_equal(m.len, before);
            assert_false(map_has(&m, key));
            return -ENOMEM;
        }
    }
    return 0;
}

static int fill_vector(void) {
    auto_arena a = {0};
    VEC_OF(uint64_t) v = {0};
    for (uint64_t i = 0; i < 100000; i++) {
        if (!VEC_PUSH(&a, &v, i)) {
            assert_int_equal(v.len, i);
            return -ENOMEM;
        }
    }
    return 0;
}

static int write_json(void) {
    auto_buf b = BUF_INIT(100000);
    struct sink_buf s;
    sink_buf_init(&s, &b);
    struct json_writer w;
    jw_init(&w, &s.sink, true);
    jw_object_begin(&w);
    for (int i = 0; i < 100; i++) {
        jw_key(&w, "k");
        jw_string(&w, SV("needs \"escapes\" \x01"));
    }
    jw_object_end(&w);
    int r = jw_finish(&w);
    assert_true(r == 0 || r == -ENOMEM);
    return r;
}

static int write_to_descriptor(void) {
    struct sink_fd s;
    sink_fd_init(&s, -1);
    int r = s.sink.write(&s.sink, SV("some text"));
    sink_fd_fini(&s);
    return r;
}

static int parse_long_number(void) {
    char digits[300];
    memset(digits, '1', sizeof digits);
    double value = 0;
    int r = number_parse_double(sv_make(digits, sizeof digits), &value);
    assert_true(r == 0 || r == -ENOMEM);
    return r;
}

static int format_long(void) {
    auto_buf b = BUF_INIT(100000);
    buf_addf(&b, "%d", 1);
    buf_addf(&b, "%5000d", 1);
    esc_markdown(&b, SV("*x*"));
    return buf_failed(&b) ? -ENOMEM : 0;
}

static void test_every_allocation_fails_once(void **state) {
    (void)state;
    assert_survives(fill_arena);
    assert_survives(fill_map);
    assert_survives(fill_vector);
    assert_survives(write_json);
    assert_survives(write_to_descriptor);
    assert_survives(parse_long_number);
    assert_survives(format_long);
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_allocation_fails_once)};
TEST_MAIN(tests)
