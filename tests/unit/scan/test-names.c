// SPDX-License-Identifier: Apache-2.0
#include "scan/names.h"

#include "scan/spec_files.h"
#include "support/test.h"

static struct net_addresses list(struct arena *a, const char *first, const char *second) {
    struct net_addresses l = {.ptr = arena_new_array(a, struct sv, 2)};
    if (first != NULL) l.ptr[l.len++] = sv_from(first);
    if (second != NULL) l.ptr[l.len++] = sv_from(second);
    return l;
}

static void test_rotation_is_no_move(void **state) {
    struct net_addresses pinned = list(*state, "203.0.113.1", "203.0.113.2"), found;
    struct sv address;
    found = list(*state, "203.0.113.2", "203.0.113.1");
    assert_int_equal(names_compare(&pinned, &found, &address), NAME_SAME);
    found = list(*state, "203.0.113.9", "203.0.113.1");
    assert_int_equal(names_compare(&pinned, &found, &address), NAME_SAME);
    found = list(*state, NULL, NULL);
    assert_int_equal(names_compare(&pinned, &found, &address), NAME_SAME);
    found = list(*state, "203.0.113.9", NULL);
    assert_int_equal(names_compare(&pinned, &found, &address), NAME_OTHER_ADDRESS);
    assert_sv_text(address, "203.0.113.9");
}

// What a rebinding attack does: the public name leads inside.
static void test_another_kind_of_address_is_a_move(void **state) {
    static const char *const inside[] = {"127.0.0.1", "10.0.0.7", "169.254.169.254", "::1", "fe80::1"};
    struct net_addresses pinned = list(*state, "203.0.113.1", NULL);
    for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++) {
        struct net_addresses found = list(*state, "203.0.113.1", inside[i]);
        struct sv address;
        assert_int_equal(names_compare(&pinned, &found, &address), NAME_OTHER_KIND);
        assert_sv_equal(address, sv_from(inside[i]));
    }
}

// A literal address and a proxied target are never looked up; a signal that waits already ends the look-up.
static void test_what_is_looked_up(void **state) {
    struct error err = {0};
    struct scan_options o = {0};
    struct names n;
    assert_ok(&err, url_parse(*state, SV("http://127.0.0.1:8080/"), &o.target, &err));
    assert_ok(&err, names_resolve(*state, &o, &n, &err));
    assert_int_equal(n.ptr[0].pinned.len, 0);
    assert_null(n.ptr[0].failure.ptr);
    assert_false(names_last_pass(&n, 1));
    assert_ok(&err, url_parse(*state, SV("http://localhost:8080/"), &o.target, &err));
    assert_ok(&err, names_resolve(*state, &o, &n, &err));
    assert_true(n.ptr[0].pinned.len > 0);
    names_release(&n);
    o.proxy = "http://127.0.0.1:3128";
    assert_ok(&err, names_resolve(*state, &o, &n, &err));
    assert_int_equal(n.ptr[0].pinned.len, 0);
}

static int two_files(struct reader *self, struct arena *a, struct sv name, struct sv *ret, struct error *err) {
    (void)self;
    (void)a;
    if (!sv_eq(name, SV("a.json")) && !sv_eq(name, SV("b.json"))) return error_set(err, ERR_NOT_FOUND, "no such file");
    *ret = sv_eq(name, SV("a.json")) ? SV("A") : SV("B");
    return 0;
}

static void test_files_of_a_description_are_kept(void **state) {
    struct error err = {0};
    struct reader disk = {two_files};
    struct spec_files live, replayed;
    struct sv text;
    spec_files_init(&live, *state, &disk);
    assert_ok(&err, live.reader.read(&live.reader, *state, SV("a.json"), &text, &err));
    assert_ok(&err, live.reader.read(&live.reader, *state, SV("a.json"), &text, &err));
    assert_int_equal(live.reader.read(&live.reader, *state, SV("c.json"), &text, &err), ERR_NOT_FOUND);
    assert_int_equal(live.list.len, 1); // read once, kept once; what failed is not kept
    spec_files_init(&replayed, *state, NULL);
    replayed.list.ptr = live.list.ptr;
    replayed.list.len = live.list.len;
    assert_ok(&err, replayed.reader.read(&replayed.reader, *state, SV("a.json"), &text, &err));
    assert_sv_text(text, "A");
    assert_int_equal(replayed.reader.read(&replayed.reader, *state, SV("b.json"), &text, &err), ERR_NOT_FOUND);
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_rotation_is_no_move),
    test_with_arena(test_another_kind_of_address_is_a_move),
    test_with_arena(test_what_is_looked_up),
    test_with_arena(test_files_of_a_description_are_kept),
};
TEST_MAIN(tests)
