// SPDX-License-Identifier: Apache-2.0
#include "http/jwt.h"

#include "support/test.h"

// RFC 7515 A.1
#define RFC_TOKEN                                                                                                      \
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"                                                                         \
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"                  \
    ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

static void test_rfc7515_example(void **state) {
    struct arena *a = *state;
    struct jwt t = {0};
    struct error err = {0};
    assert_ok(&err, jwt_parse(a, SV(RFC_TOKEN), &t, &err));
    assert_sv_text(t.algorithm, "HS256");
    assert_sv_text(t.payload, "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}");
    assert_true(t.has_exp && !t.has_iat && !t.has_nbf);
    assert_int_equal(t.exp, 1300819380);
    assert_sv_text(t.signature_b64, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
}

static struct sv token(struct arena *a, struct sv header, struct sv payload) {
    return arena_printf(a, SV_FMT "." SV_FMT ".", SV_ARG(base64_encode(a, header, true, false)),
                        SV_ARG(base64_encode(a, payload, true, false)));
}

static void test_claims(void **state) {
    struct arena *a = *state;
    struct jwt t = {0};
    struct error err = {0};
    struct sv text = token(a, SV("{\"alg\":\"none\"}"),
                           SV("{\"exp\": 1.5e9, \"iat\":\"12\", \"nbf\":-5, \"a\":{\"exp\":1}, \"b\":[\"}\"]}"));
    assert_ok(&err, jwt_parse(a, text, &t, &err));
    assert_sv_text(t.algorithm, "none");
    assert_true(t.has_exp && !t.has_iat && t.has_nbf);
    assert_int_equal(t.exp, 1500000000);
    assert_int_equal(t.nbf, -5);
    text = token(a, SV("{\"alg\":\"none\"}"), SV("{\"exp\":1e300}"));
    assert_ok(&err, jwt_parse(a, text, &t, &err));
    assert_false(t.has_exp);
}

static void test_what_is_no_token(void **state) {
    struct arena *a = *state;
    struct jwt t = {0};
    struct error err = {0};
    assert_error(&err, ERR_SYNTAX, jwt_parse(a, SV(""), &t, &err));
    assert_error(&err, ERR_SYNTAX, jwt_parse(a, SV("a.b"), &t, &err));
    assert_error(&err, ERR_SYNTAX, jwt_parse(a, SV("www.example.com"), &t, &err));
    assert_error(&err, ERR_SYNTAX, jwt_parse(a, SV("e30.e30."), &t, &err)); // no alg
    assert_error(&err, ERR_SYNTAX, jwt_parse(a, SV("e30=.e!0."), &t, &err));
    assert_error(&err, ERR_UNSUPPORTED, jwt_parse(a, SV("a.b.c.d.e"), &t, &err));
    assert_error(&err, ERR_SYNTAX, jwt_parse(a, token(a, SV("[\"alg\"]"), SV("{}")), &t, &err));
    assert_error(&err, ERR_SYNTAX, jwt_parse(a, token(a, SV("{\"alg\":\"HS256\"}"), SV("{\"a\":")), &t, &err));
    char *deep = arena_alloc(a, 3000);
    memset(deep, '[', 3000);
    assert_error(&err, ERR_SYNTAX, jwt_parse(a, token(a, SV("{\"alg\":\"x\"}"), sv_make(deep, 3000)), &t, &err));
}

// RFC 4648 10
static void test_base64_vectors(void **state) {
    struct arena *a = *state;
    static const char *const cases[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sv plain = sv_from(cases[i][0]), coded = sv_from(cases[i][1]);
        assert_sv_equal(base64_encode(a, plain, false, true), coded);
        struct sv back = base64_decode(a, coded);
        assert_non_null(back.ptr);
        assert_sv_equal(back, plain);
        assert_sv_equal(base64_decode(a, base64_encode(a, plain, true, false)), plain);
    }
    assert_sv_text(base64_encode(a, SV("\xfb\xff\xfe"), false, true), "+//+");
    assert_sv_text(base64_encode(a, SV("\xfb\xff\xfe"), true, true), "-__-");
    assert_sv_text(base64_decode(a, SV("-__-")), "\xfb\xff\xfe");
}

static void test_base64_refuses(void **state) {
    static const char *const cases[] = {"A", "AAAAA", "A===", "AA=", "AA==A", "A A", "+_AA", "AA\n=", "====", "="};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (base64_decode(*state, sv_from(cases[i])).ptr != NULL)
            fail_msg("\"%s\" was decoded", cases[i]);
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_rfc7515_example), test_with_arena(test_claims),         test_with_arena(test_what_is_no_token),
    test_with_arena(test_base64_vectors),  test_with_arena(test_base64_refuses),
};

TEST_MAIN(tests)
