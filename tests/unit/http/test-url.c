// SPDX-License-Identifier: Apache-2.0
#include "http/url.h"

#include "support/test.h"

static struct url parse(struct arena *a, const char *text) {
    struct url u = {0};
    struct error err = {0};
    assert_ok(&err, url_parse(a, sv_from(text), &u, &err));
    return u;
}

static void test_parse_takes_the_parts(void **state) {
    struct arena *a = *state;
    struct url u = parse(a, "HTTPS://me:pw@API.Example.com:8443/a/B?x=1&y#f");
    assert_sv_text(u.scheme, "https");
    assert_sv_text(u.userinfo, "me:pw");
    assert_sv_text(u.host, "api.example.com");
    assert_int_equal(u.port, 8443);
    assert_sv_text(u.path, "/a/B");
    assert_sv_text(u.query, "x=1&y");
    assert_sv_text(u.fragment, "f");
    assert_sv_text(url_origin(a, &u), "https://api.example.com:8443");
    assert_sv_text(url_target(a, &u), "/a/B?x=1&y");
    assert_sv_text(url_text(a, &u), "https://me:pw@api.example.com:8443/a/B?x=1&y#f");
    u = parse(a, "http://h?");
    assert_sv_text(u.path, "/");
    assert_non_null(u.query.ptr);
    assert_int_equal(u.query.len, 0);
    assert_null(u.fragment.ptr);
    assert_null(u.userinfo.ptr);
    assert_sv_text(url_text(a, &u), "http://h/?");
    u = parse(a, "http://h:/");
    assert_int_equal(u.port, 80);
    u = parse(a, "https://h:443/");
    assert_sv_text(url_origin(a, &u), "https://h");
}

static void test_parse_ipv6_is_canonical(void **state) {
    struct arena *a = *state;
    struct url u = parse(a, "http://[0:0:0:0:0:0:0:1]:8080/x");
    assert_true(u.host_is_ipv6);
    assert_sv_text(u.host, "::1");
    assert_sv_text(url_origin(a, &u), "http://[::1]:8080");
    struct url v = parse(a, "http://[::1]:8080");
    assert_true(url_same_origin(&u, &v));
    u = parse(a, "http://[FE80::A]");
    assert_sv_text(u.host, "fe80::a");
}

static void test_parse_encodes_foreign_bytes(void **state) {
    struct url u = parse(*state, "http://h/caf\xc3\xa9?q=\xff");
    assert_sv_text(u.path, "/caf%C3%A9");
    assert_sv_text(u.query, "q=%FF");
}

static void test_parse_refuses(void **state) {
    struct arena *a = *state;
    static const struct {
        struct sv text;
        int code;
        const char *says;
    } cases[] = {
        {SV_INIT(""), ERR_SYNTAX, "http://"},
        {SV_INIT("example.com/x"), ERR_SYNTAX, "http://"},
        {SV_INIT("localhost:8080"), ERR_SYNTAX, "http://"},
        {SV_INIT("http:/x"), ERR_SYNTAX, "//"},
        {SV_INIT("ftp://h/"), ERR_UNSUPPORTED, "http"},
        {SV_INIT("file:///etc/passwd"), ERR_UNSUPPORTED, "http"},
        {SV_INIT("http:///x"), ERR_SYNTAX, "no host"},
        {SV_INIT("http://:80/"), ERR_SYNTAX, "no host"},
        {SV_INIT("http://u@/"), ERR_SYNTAX, "no host"},
        {SV_INIT("http://h:0/"), ERR_SYNTAX, "port"},
        {SV_INIT("http://h:65536/"), ERR_SYNTAX, "port"},
        {SV_INIT("http://h:+80/"), ERR_SYNTAX, "port"},
        {SV_INIT("http://h:80a/"), ERR_SYNTAX, "port"},
        {SV_INIT("http://h/a b"), ERR_SYNTAX, "blank"},
        {SV_INIT("http://h/a\r\nX: y"), ERR_SYNTAX, "0x0d"},
        {SV_INIT("http://h\0.evil/"), ERR_SYNTAX, "0x00"},
        {SV_INIT("http://h\\@evil/"), ERR_SYNTAX, ""},
        {SV_INIT("http://a@b@c/"), ERR_SYNTAX, "two '@'"},
        {SV_INIT("http://%31%32%37.0.0.1/"), ERR_SYNTAX, "'%'"},
        {SV_INIT("http://b\xc3\xbc"
                 "cher.example/"),
         ERR_SYNTAX, "xn--"},
        {SV_INIT("http://[::1"), ERR_SYNTAX, "']'"},
        {SV_INIT("http://[::1]evil/"), ERR_SYNTAX, "port may follow"},
        {SV_INIT("http://[fe80::1%25eth0]/"), ERR_SYNTAX, "zone"},
        {SV_INIT("http://[12345::]/"), ERR_SYNTAX, "IPv6"},
        {SV_INIT("http://[]/"), ERR_SYNTAX, "IPv6"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = {0};
        struct url u = {.port = 7};
        assert_error(&err, cases[i].code, url_parse(a, cases[i].text, &u, &err));
        if (strstr(err.text, cases[i].says) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", err.text, cases[i].says);
        assert_int_equal(u.port, 7); // untouched
    }
}

// RFC 3986 5.4.1 and 5.4.2, base http://a/b/c/d;p?q
static void test_resolve_rfc3986_examples(void **state) {
    struct arena *a = *state;
    static const char *const cases[][2] = {
        {"g", "http://a/b/c/g"},
        {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},
        {"//g", "http://g/"},
        {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},
        {"#s", "http://a/b/c/d;p?q#s"},
        {"g#s", "http://a/b/c/g#s"},
        {"g?y#s", "http://a/b/c/g?y#s"},
        {";x", "http://a/b/c/;x"},
        {"g;x", "http://a/b/c/g;x"},
        {"g;x?y#s", "http://a/b/c/g;x?y#s"},
        {"", "http://a/b/c/d;p?q"},
        {".", "http://a/b/c/"},
        {"./", "http://a/b/c/"},
        {"..", "http://a/b/"},
        {"../", "http://a/b/"},
        {"../g", "http://a/b/g"},
        {"../..", "http://a/"},
        {"../../", "http://a/"},
        {"../../g", "http://a/g"},
        {"../../../g", "http://a/g"},
        {"../../../../g", "http://a/g"},
        {"/./g", "http://a/g"},
        {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."},
        {".g", "http://a/b/c/.g"},
        {"g..", "http://a/b/c/g.."},
        {"..g", "http://a/b/c/..g"},
        {"./../g", "http://a/b/g"},
        {"./g/.", "http://a/b/c/g/"},
        {"g/./h", "http://a/b/c/g/h"},
        {"g/../h", "http://a/b/c/h"},
        {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
        {"g;x=1/../y", "http://a/b/c/y"},
        {"g?y/./x", "http://a/b/c/g?y/./x"},
        {"g?y/../x", "http://a/b/c/g?y/../x"},
        {"g#s/./x", "http://a/b/c/g#s/./x"},
        {"g#s/../x", "http://a/b/c/g#s/../x"},
        {"http:g", "http://a/b/c/g"},
    };
    struct url base = parse(a, "http://a/b/c/d;p?q");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct url u = {0};
        struct error err = {0};
        assert_ok(&err, url_resolve(a, &base, sv_from(cases[i][0]), &u, &err));
        assert_sv_equal(url_text(a, &u), sv_from(cases[i][1]));
    }
}

static void test_resolve_hostile_references(void **state) {
    struct arena *a = *state;
    struct url base = parse(a, "https://a:8443/b/c");
    struct url u = {0};
    struct error err = {0};
    assert_error(&err, ERR_UNSUPPORTED, url_resolve(a, &base, SV("g:h"), &u, &err));
    assert_error(&err, ERR_UNSUPPORTED, url_resolve(a, &base, SV("javascript:alert(1)"), &u, &err));
    assert_error(&err, ERR_SYNTAX, url_resolve(a, &base, SV("http:g"), &u, &err));
    assert_error(&err, ERR_SYNTAX, url_resolve(a, &base, SV("/x\nY: z"), &u, &err));
    assert_error(&err, ERR_SYNTAX, url_resolve(a, &base, SV("///x"), &u, &err));
    assert_ok(&err, url_resolve(a, &base, SV("  /a b?c d \t"), &u, &err));
    assert_sv_text(url_text(a, &u), "https://a:8443/a%20b?c%20d");
    assert_ok(&err, url_resolve(a, &base, SV("//Evil:81/../x"), &u, &err));
    assert_sv_text(url_text(a, &u), "https://evil:81/x");
    assert_false(url_same_origin(&base, &u));
    assert_ok(&err, url_resolve(a, &base, SV("HTTP://a:8443/"), &u, &err));
    assert_false(url_same_origin(&base, &u));
}

static void test_decode_keeps_broken_escapes(void **state) {
    struct arena *a = *state;
    assert_sv_text(url_decode(a, SV("a%20b+c%zz%4"), false), "a b+c%zz%4");
    assert_sv_text(url_decode(a, SV("a+b%2B"), true), "a b+");
    assert_sv_text(url_decode(a, SV("%00%"), true), "\0%");
    assert_sv_text(url_decode(a, SV("%41"), true), "A");
    assert_int_equal(url_decode(a, SV(""), true).len, 0);
}

static void test_query_cursor(void **state) {
    (void)state;
    struct sv rest = SV("a=1&&b&c=&=d&e=f=g"), name, value;
    static const char *const want[][3] = {
        {"a", "1", "="}, {"b", "", ""}, {"c", "", "="}, {"", "d", "="}, {"e", "f=g", "="}};
    bool has = false;
    size_t n = 0;
    for (; url_query_next(&rest, &name, &value, &has); n++) {
        assert_true(n < 5);
        assert_sv_equal(name, sv_from(want[n][0]));
        assert_sv_equal(value, sv_from(want[n][1]));
        assert_int_equal(has, want[n][2][0] == '=');
    }
    assert_int_equal(n, 5);
}

static const struct {
    const char *host;
    enum address_class want;
} addresses[] = {
    {"127.0.0.1", ADDRESS_LOOPBACK},
    {"127.255.1.2", ADDRESS_LOOPBACK},
    {"127.1", ADDRESS_LOOPBACK},
    {"0x7f.1", ADDRESS_LOOPBACK},
    {"0X7F000001", ADDRESS_LOOPBACK},
    {"2130706433", ADDRESS_LOOPBACK},
    {"0177.0.0.1", ADDRESS_LOOPBACK},
    {"017700000001", ADDRESS_LOOPBACK},
    {"127.0.0.1.", ADDRESS_LOOPBACK},
    {"0.0.0.0", ADDRESS_LOOPBACK},
    {"0", ADDRESS_LOOPBACK},
    {"0.0.0.1", ADDRESS_SPECIAL},
    {"169.254.169.254", ADDRESS_LINK_LOCAL},
    {"2852039166", ADDRESS_LINK_LOCAL},
    {"0xa9fea9fe", ADDRESS_LINK_LOCAL},
    {"0xa9.0xfe.0xa9.0xfe", ADDRESS_LINK_LOCAL},
    {"0251.0376.0251.0376", ADDRESS_LINK_LOCAL},
    {"169.254.43518", ADDRESS_LINK_LOCAL},
    {"169.16689662", ADDRESS_LINK_LOCAL},
    {"0251.254.169.0xfe", ADDRESS_LINK_LOCAL},
    {"10.0.0.1", ADDRESS_PRIVATE},
    {"172.15.0.1", ADDRESS_PUBLIC},
    {"172.16.0.1", ADDRESS_PRIVATE},
    {"172.31.255.255", ADDRESS_PRIVATE},
    {"172.32.0.1", ADDRESS_PUBLIC},
    {"192.168.1.1", ADDRESS_PRIVATE},
    {"100.100.100.200", ADDRESS_PRIVATE},
    {"100.128.0.1", ADDRESS_PUBLIC},
    {"192.0.2.1", ADDRESS_SPECIAL},
    {"198.51.100.9", ADDRESS_SPECIAL},
    {"224.0.0.1", ADDRESS_SPECIAL},
    {"255.255.255.255", ADDRESS_SPECIAL},
    {"8.8.8.8", ADDRESS_PUBLIC},
    {"256.1.1.1", ADDRESS_NOT_LITERAL},
    {"127.0.0.08", ADDRESS_NOT_LITERAL},
    {"127.0.0.1.1", ADDRESS_NOT_LITERAL},
    {"1.2.65536", ADDRESS_NOT_LITERAL},
    {"4294967296", ADDRESS_NOT_LITERAL},
    {"127..1", ADDRESS_NOT_LITERAL},
    {"0x", ADDRESS_LOOPBACK},
    {"0xg", ADDRESS_NOT_LITERAL},
    {"", ADDRESS_NOT_LITERAL},
    {".", ADDRESS_NOT_LITERAL},
    {"localhost", ADDRESS_NOT_LITERAL},
    {"127.0.0.1.nip.io", ADDRESS_NOT_LITERAL},
    {"-1", ADDRESS_NOT_LITERAL},
    {"1e3", ADDRESS_NOT_LITERAL},
    {"::1", ADDRESS_LOOPBACK},
    {"[::1]", ADDRESS_LOOPBACK},
    {"0:0:0:0:0:0:0:1", ADDRESS_LOOPBACK},
    {"::", ADDRESS_LOOPBACK},
    {"::ffff:127.0.0.1", ADDRESS_LOOPBACK},
    {"::ffff:a9fe:a9fe", ADDRESS_LINK_LOCAL},
    {"[::ffff:169.254.169.254]", ADDRESS_LINK_LOCAL},
    {"::169.254.169.254", ADDRESS_LINK_LOCAL},
    {"64:ff9b::a9fe:a9fe", ADDRESS_LINK_LOCAL},
    {"2002:a9fe:a9fe::1", ADDRESS_LINK_LOCAL},
    {"fe80::1%eth0", ADDRESS_LINK_LOCAL},
    {"fd00:ec2::254", ADDRESS_PRIVATE},
    {"fc00::1", ADDRESS_PRIVATE},
    {"2606:4700::1111", ADDRESS_PUBLIC},
    {"2001:db8::1", ADDRESS_SPECIAL},
    {"ff02::1", ADDRESS_SPECIAL},
    {"fec0::1", ADDRESS_SPECIAL},
    {"::1::", ADDRESS_NOT_LITERAL},
    {"1:2:3", ADDRESS_NOT_LITERAL},
};

static void test_address_classes(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        enum address_class got = address_classify(sv_from(addresses[i].host));
        if (got != addresses[i].want)
            fail_msg("%s is class %d, not %d", addresses[i].host, (int)got, (int)addresses[i].want);
    }
    assert_int_equal(address_classify(SV("127.0.0.1\0")), ADDRESS_NOT_LITERAL);
    assert_int_equal(address_classify(SV("::1\0")), ADDRESS_NOT_LITERAL);
    assert_int_equal(address_classify(SV_NONE), ADDRESS_NOT_LITERAL);
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_parse_takes_the_parts),
    test_with_arena(test_parse_ipv6_is_canonical),
    test_with_arena(test_parse_encodes_foreign_bytes),
    test_with_arena(test_parse_refuses),
    test_with_arena(test_resolve_rfc3986_examples),
    test_with_arena(test_resolve_hostile_references),
    test_with_arena(test_decode_keeps_broken_escapes),
    test_with_arena(test_query_cursor),
    test_with_arena(test_address_classes),
};

TEST_MAIN(tests)
