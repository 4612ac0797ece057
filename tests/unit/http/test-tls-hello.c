// SPDX-License-Identifier: Apache-2.0
#include "http/tls_hello.h"

#include "support/test.h"

static const uint16_t suites[] = {0xc02f, 0x009c};
static const uint16_t groups[] = {29, 23};

static struct tls_hello hello_of(uint16_t version) {
    struct tls_hello h = {.version = version, .suites = suites, .suite_count = 2, .groups = groups, .group_count = 2, .server_name = SV("api.example.org"), .alpn = SV("http/1.1")};
    memset(h.random, 0xaa, sizeof h.random);
    memset(h.share, 0xbb, sizeof h.share);
    return h;
}

static struct sv built(struct arena *a, const struct tls_hello *h) {
    struct sv bytes = tls_hello_build(a, h);
    assert_non_null(bytes.ptr);
    const struct request rq = {.method = TLS_METHOD_HELLO, .target = SV("/"), .body = hex_encode(a, bytes)};
    assert_true(request_is_tls_probe(&rq));
    return hex_encode(a, bytes);
}

static void test_ssl3_has_no_extensions(void **state) {
    struct tls_hello h = hello_of(TLS_SSL_3);
    struct sv hex = built(*state, &h);
    assert_true(sv_starts_with(hex, SV("1603000031"
                                       "0100002d0300aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa00")));
    assert_true(sv_ends_with(hex, SV("0006c02f009c00ff0100"))); // the SCSV of RFC 5746 in place of the extension
}

static void test_tls_1_2_has_what_was_asked(void **state) {
    struct tls_hello h = hello_of(TLS_1_2);
    struct sv hex = built(*state, &h);
    assert_true(sv_starts_with(hex, SV("160301")));
    assert_sv_text(sv_slice(hex, 18, 22), "0303");
    assert_true(sv_contains(hex, SV("0004c02f009c0100")));
    assert_true(sv_contains(hex, SV("00000014001200000f6170692e6578616d706c652e6f7267"))); // server_name
    assert_true(sv_contains(hex, SV("000a00060004001d0017000b00020100")));
    assert_true(sv_contains(hex, SV("0010000b000908687474702f312e31")));
    assert_true(sv_contains(hex, SV("ff01000100")));
    assert_false(sv_contains(hex, SV("002b0003020304")));
    h.deflate = h.fallback = true;
    hex = built(*state, &h);
    assert_true(sv_contains(hex, SV("0006c02f009c5600020100")));
}

static void test_tls_1_3_offers_nothing_below(void **state) {
    struct tls_hello h = hello_of(TLS_1_3);
    struct sv hex = built(*state, &h);
    assert_sv_text(sv_slice(hex, 18, 22), "0303");
    assert_true(sv_contains(hex, SV("002b0003020304")));
    assert_true(sv_contains(hex, SV("003300260024001d0020bbbb")));
    assert_false(sv_contains(hex, SV("ff01000100")));
}

static void test_no_hello_of_256_to_511_bytes(void **state) {
    uint16_t many[160];
    for (size_t i = 0; i < 160; i++) many[i] = (uint16_t)(i + 1);
    for (size_t count = 1; count <= 160; count++) {
        struct tls_hello h = hello_of(TLS_1_2);
        h.suites = many;
        h.suite_count = count;
        size_t bytes = built(*state, &h).len / 2 - 5;
        assert_true(bytes < 256 || bytes > 511);
    }
    struct tls_hello h = hello_of(TLS_1_2);
    h.suite_count = 161;
    h.suites = many;
    assert_null(tls_hello_build(*state, &h).ptr);
}

static void test_shape_of_probes(void **state) {
    struct tls_hello h = hello_of(TLS_1_2);
    struct sv hex = built(*state, &h);
    struct request rq = {.method = TLS_METHOD_HELLO, .target = SV("/x"), .body = hex};
    assert_false(request_is_tls_probe(&rq));
    rq.target = SV("/");
    assert_true(request_is_tls_probe(&rq));
    rq.body = sv_slice(hex, 0, hex.len - 2); // cut
    assert_false(request_is_tls_probe(&rq));
    rq.body = arena_printf(*state, SV_FMT "00", SV_ARG(hex)); // something behind it
    assert_false(request_is_tls_probe(&rq));
    rq.body = SV("474554202f20485454502f312e310d0a0d0a"); // "GET / HTTP/1.1"
    assert_false(request_is_tls_probe(&rq));
    rq.body = SV("zz");
    assert_false(request_is_tls_probe(&rq));
    rq = (struct request){.method = TLS_METHOD_HANDSHAKE, .target = SV("/")};
    assert_true(request_is_tls_probe(&rq));
    rq.body = SV("00");
    assert_false(request_is_tls_probe(&rq));
    rq = (struct request){.method = SV("TLS-OTHER"), .target = SV("/")};
    assert_true(request_is_tls(&rq));
    assert_false(request_is_tls_probe(&rq));
}

// -- reading ------------------------------------------------------------------------------------------------------------------------
static struct tls_answer read_hex(struct arena *a, const char *hex) {
    struct tls_answer answer;
    assert_int_equal(tls_answer_read(a, hex_decode(a, sv_from(hex)), &answer), 0);
    return answer;
}

#define RANDOM "1111111111111111111111111111111111111111111111111111111111111111"
#define RETRY "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"

static void test_alerts(void **state) {
    struct tls_answer answer = read_hex(*state, "15030300020228");
    assert_int_equal(answer.kind, TLS_ANSWER_ALERT);
    assert_string_equal(tls_alert_name(answer.alert), "handshake_failure");
    assert_int_equal(read_hex(*state, "15030100020256").alert, 86);
    assert_int_equal(read_hex(*state, "150301000202").kind, TLS_ANSWER_CUT);
    // unrecognized_name as a warning, then the hello.
    answer = read_hex(*state, "15030300020170"
                              "160303002a020000260303" RANDOM "00c02f00");
    assert_int_equal(answer.kind, TLS_ANSWER_HELLO);
    assert_int_equal(answer.suite, 0xc02f);
}

static void test_server_hello(void **state) {
    struct tls_answer answer = read_hex(*state, "1603010031"
                                                "0200002d0301" RANDOM "00002f010005ff01000100");
    assert_int_equal(answer.kind, TLS_ANSWER_HELLO);
    assert_int_equal(answer.version, TLS_1_0);
    assert_int_equal(answer.suite, 0x2f);
    assert_int_equal(answer.compression, 1);
    assert_true(answer.renegotiation_info);
    assert_false(answer.done);
    answer = read_hex(*state, "1603030032"
                              "0200002e0303" RANDOM "001301000006002b00020304");
    assert_int_equal(answer.version, TLS_1_3);
    assert_true(tls_answer_is_complete(hex_decode(*state, SV("16030300320200002e0303" RANDOM "001301000006002b00020304"))));
    assert_true(read_hex(*state, "1603030032"
                                 "0200002e0303" RETRY "001301000006002b00020304").retry);
}

static void test_messages_over_records(void **state) {
    // ServerHello in two records, ServerKeyExchange and ServerHelloDone in one.
    static const char hex[] = "1603030010020000260303111111111111111111111111"
                              "160303001a1111111111111111111111111111111111111111111100c02f00"
                              "1603030013" "0c00000b03001704aabbccdd0403" "01" "0e000000" "00";
    struct tls_answer answer = read_hex(*state, hex);
    assert_int_equal(answer.kind, TLS_ANSWER_CUT); // random is short of four bytes here
    answer = read_hex(*state, "1603030014020000260303" "1111111111111111111111111111"
                              "1603030016" "111111111111111111111111111111111111" "00c02f00"
                              "1603030013" "0c00000b03001704aabbccdd040301" "0e000000");
    assert_int_equal(answer.kind, TLS_ANSWER_HELLO);
    assert_int_equal(tls_curve(answer.key_exchange), 23);
    assert_true(answer.done);
}

static void test_primes(void **state) {
    (void)state;
    char p[2 + 129 + 3 + 3] = {0, (char)129, 0, 1};
    memset(p + 4, 0x5a, 127);
    p[131] = 0;
    p[132] = 1;
    p[133] = 2;
    p[134] = 0;
    p[135] = 1;
    p[136] = 7;
    assert_int_equal(tls_dh_bits(sv_make(p, sizeof p)), 127 * 8 + 1); // leading zeros do not count
    assert_int_equal(tls_dh_bits(sv_make(p, sizeof p - 1)), 0);
    assert_int_equal(tls_dh_bits(SV("")), 0);
    assert_int_equal(tls_dh_bits(SV_NONE), 0);
    assert_int_equal(tls_dh_bits(SV("\0\0\0\0\0\0")), 0);
    assert_int_equal(tls_curve(SV("\1\0\27\1x")), 0); // explicit curve
}

static void test_what_is_no_tls(void **state) {
    static const char *const odd[] = {"485454502f312e3120343030", "ff", "1604030002", "1603030000", "160303ffff02", "1603030004030000000e000000"};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        enum tls_answer_kind kind = read_hex(*state, odd[i]).kind;
        assert_true(kind == TLS_ANSWER_ALIEN || kind == TLS_ANSWER_CUT);
    }
    assert_int_equal(read_hex(*state, "485454502f312e31").kind, TLS_ANSWER_ALIEN);
    assert_int_equal(read_hex(*state, "16").kind, TLS_ANSWER_CUT);
    struct tls_answer none;
    assert_int_equal(tls_answer_read(*state, SV_NONE, &none), 0);
    assert_int_equal(none.kind, TLS_ANSWER_NONE);
}

// Every beginning of an answer is read without a fault, and the verdict never goes from complete to more.
static void test_every_prefix(void **state) {
    struct sv all = hex_decode(*state, SV("1603030014020000260303" "1111111111111111111111111111"
                                          "1603030016" "111111111111111111111111111111111111" "00c02f00"
                                          "1603030013" "0c00000b03001704aabbccdd040301" "0e000000"));
    for (size_t n = 0; n < all.len; n++) assert_false(tls_answer_is_complete(sv_slice(all, 0, n)));
    assert_true(tls_answer_is_complete(all));
}

static void test_hex(void **state) {
    struct sv bytes = sv_make("\0\x7f\xff", 3);
    assert_sv_text(hex_encode(*state, bytes), "007fff");
    assert_true(sv_eq(hex_decode(*state, SV("007FfF")), bytes));
    assert_null(hex_decode(*state, SV("0")).ptr);
    assert_null(hex_decode(*state, SV("0g")).ptr);
    assert_non_null(hex_decode(*state, SV("")).ptr);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_ssl3_has_no_extensions),  test_with_arena(test_tls_1_2_has_what_was_asked), test_with_arena(test_tls_1_3_offers_nothing_below),
        test_with_arena(test_no_hello_of_256_to_511_bytes), test_with_arena(test_shape_of_probes), test_with_arena(test_alerts),
        test_with_arena(test_server_hello),            test_with_arena(test_messages_over_records),      test_with_arena(test_primes),
        test_with_arena(test_what_is_no_tls),          test_with_arena(test_every_prefix),               test_with_arena(test_hex),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
