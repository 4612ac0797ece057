// SPDX-License-Identifier: Apache-2.0
#include "base/escape.h"

#include <sys/wait.h>
#include <unistd.h>

#include "support/test.h"

static void test_utf8(void **state) {
    (void)state;
    static const struct {
        struct sv bytes;
        size_t len;
        uint32_t code;
    } cases[] = {
        {SV_INIT("a"), 1, 'a'},
        {SV_INIT("\0"), 1, 0},
        {SV_INIT("\x7f"), 1, 0x7f},
        {SV_INIT("\xc2\x80"), 2, 0x80},
        {SV_INIT("\xdf\xbf"), 2, 0x7ff},
        {SV_INIT("\xe0\xa0\x80"), 3, 0x800},
        {SV_INIT("\xed\x9f\xbf"), 3, 0xd7ff},
        {SV_INIT("\xee\x80\x80"), 3, 0xe000},
        {SV_INIT("\xef\xbf\xbf"), 3, 0xffff},
        {SV_INIT("\xf0\x90\x80\x80"), 4, 0x10000},
        {SV_INIT("\xf4\x8f\xbf\xbf"), 4, 0x10ffff},
        {SV_INIT(""), 0, 0},
        {SV_INIT("\x80"), 0, 0},                 // continuation alone
        {SV_INIT("\xc0\x80"), 0, 0},             // overlong
        {SV_INIT("\xc1\xbf"), 0, 0},             // overlong
        {SV_INIT("\xe0\x9f\xbf"), 0, 0},         // overlong
        {SV_INIT("\xf0\x8f\xbf\xbf"), 0, 0},     // overlong
        {SV_INIT("\xed\xa0\x80"), 0, 0},         // surrogate
        {SV_INIT("\xed\xbf\xbf"), 0, 0},         // surrogate
        {SV_INIT("\xf4\x90\x80\x80"), 0, 0},     // beyond Unicode
        {SV_INIT("\xf8\x88\x80\x80\x80"), 0, 0}, // five bytes
        {SV_INIT("\xff"), 0, 0},
        {SV_INIT("\xc3"), 0, 0},         // cut
        {SV_INIT("\xe2\x82"), 0, 0},     // cut
        {SV_INIT("\xf0\x9f\x98"), 0, 0}, // cut
        {SV_INIT("\xc3("), 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t code = 0;
        assert_int_equal(utf8_sequence(cases[i].bytes, &code), cases[i].len);
        assert_int_equal(code, cases[i].code);
    }
    assert_int_equal(utf8_sequence(SV("\xc3\xa4"), NULL), 2);
}

#define assert_escaped(call, literal)                                                                                  \
    do {                                                                                                               \
        auto_buf b = BUF_INIT(10000);                                                                                  \
        call;                                                                                                          \
        assert_false(buf_failed(&b));                                                                                  \
        assert_sv_text(buf_sv(&b), literal);                                                                           \
    } while (0)

static void test_terminal(void **state) {
    (void)state;
    assert_escaped(esc_terminal(&b, SV("plain \xc3\xa4"), false), "plain \xc3\xa4");
    assert_escaped(esc_terminal(&b, SV("\x1b[31mred\a"), false), "\\x1B[31mred\\x07");
    assert_escaped(esc_terminal(&b, SV("a\tb\nc"), false), "a b c");
    assert_escaped(esc_terminal(&b, SV("a\tb\nc\r"), true), "a\tb\nc\\x0D");
    assert_escaped(esc_terminal(&b,
                                SV("\x7f\xc2\x9b"
                                   "31m"),
                                true),
                   "\\x7F\\u{009B}31m");
    assert_escaped(esc_terminal(&b,
                                SV("\xe2\x80\xae"
                                   "evil\xe2\x81\xa6"),
                                false),
                   "\\u{202E}evil\\u{2066}");
    assert_escaped(esc_terminal(&b, SV("\xff\x9b\xc3"), false), "\\xFF\\x9B\\xC3");
    assert_escaped(esc_terminal(&b, SV("a\0b"), false), "a\\x00b");
    assert_escaped(esc_terminal(&b, SV_NONE, false), "");
}

static void test_json(void **state) {
    (void)state;
    assert_escaped(esc_json(&b, SV("a\"b\\c/")), "a\\\"b\\\\c/");
    assert_escaped(esc_json(&b, SV("\b\t\n\v\f\r\0\x1f")), "\\b\\t\\n\\u000b\\f\\r\\u0000\\u001f");
    assert_escaped(esc_json(&b, SV("\x7f</script>")), "\\u007f\\u003c/script>");
    assert_escaped(esc_json(&b, SV("\xc2\x9b" "1m")), "\\u009b1m"); // a terminal takes it for an escape sequence
    assert_escaped(esc_json(&b, SV("\xe2\x80\xa8\xe2\x80\xa9")), "\\u2028\\u2029");
    assert_escaped(esc_json(&b, SV("x\xff\xc3")), "x\xef\xbf\xbd\xef\xbf\xbd");
    assert_escaped(esc_json(&b, SV("\xf0\x9f\x98\x80")), "\xf0\x9f\x98\x80");
}

static void test_html_and_xml(void **state) {
    (void)state;
    assert_escaped(esc_html(&b, SV("<a href=\"x\">'&'</a>")), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
    assert_escaped(esc_html(&b, SV("a\nb\t\0\x1b\xff")), "a\nb\t\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    assert_escaped(esc_xml(&b, SV("]]>\"<&'")), "]]&gt;&quot;&lt;&amp;&#39;");
    assert_escaped(esc_xml(&b, SV("a\tb\nc\rd")), "a&#9;b&#10;c&#13;d");
    assert_escaped(esc_xml(&b, SV("\x01\0\xff")), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    assert_escaped(esc_xml(&b, SV("\xef\xbf\xbe\xef\xbf\xbf")), "\xef\xbf\xbd\xef\xbf\xbd"); // U+FFFE, U+FFFF
    assert_escaped(esc_xml(&b, SV("\xc3\xa4")), "\xc3\xa4");
}

static void test_url(void **state) {
    (void)state;
    assert_escaped(esc_url(&b, SV("aZ09-._~"), NULL), "aZ09-._~");
    assert_escaped(esc_url(&b, SV("a b/c?d=e&f"), ""), "a%20b%2Fc%3Fd%3De%26f");
    assert_escaped(esc_url(&b, SV("a b/c:d"), "/:"), "a%20b/c:d");
    assert_escaped(esc_url(&b, SV("\xc3\xa4\0%"), NULL), "%C3%A4%00%25");
}

// What the shell itself makes of the escaped text.
static void assert_shell_word(struct sv text, struct sv want) {
    auto_buf command = BUF_INIT(1000);
    buf_add(&command, SV("printf '%s' "));
    esc_shell(&command, text);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)close(ends[0]);
        (void)close(ends[1]);
        execl("/bin/sh", "sh", "-c", command.ptr, (char *)NULL);
        _exit(127);
    }
    assert_int_equal(close(ends[1]), 0);
    char got[1000];
    size_t len = 0;
    ssize_t n = 0;
    while ((n = read(ends[0], got + len, sizeof got - len)) > 0)
        len += (size_t)n;
    assert_int_equal(close(ends[0]), 0);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_sv_equal(sv_make(got, len), want);
}

static void test_shell(void **state) {
    (void)state;
    assert_escaped(esc_shell(&b, SV("it's")), "'it'\\''s'");
    assert_escaped(esc_shell(&b, SV("")), "''");
    assert_shell_word(SV("it's $(id) `id` \"x\" \\ !! ; & | > * ~ #"), SV("it's $(id) `id` \"x\" \\ !! ; & | > * ~ #"));
    assert_shell_word(SV("'"), SV("'"));
    assert_shell_word(SV("'';'"), SV("'';'"));
    assert_shell_word(SV("line\nline\\n"), SV("line\nline\\n"));
    assert_shell_word(SV("a\0b"), SV("ab"));
    assert_shell_word(SV("-n"), SV("-n"));
}

static void test_markdown(void **state) {
    (void)state;
    assert_escaped(esc_markdown(&b, SV("a|b `c` *d* _e_")), "a\\|b \\`c\\` \\*d\\* \\_e\\_");
    assert_escaped(esc_markdown(&b, SV("[x](http://y)")), "\\[x\\]\\(http\\://y\\)");
    assert_escaped(esc_markdown(&b, SV("<img> &amp;")), "&lt;img&gt; &amp;amp;");
    assert_escaped(esc_markdown(&b, SV("a\n# b")), "a \\# b");
    assert_escaped(esc_markdown(&b, SV("\x1b\xff\xe2\x80\xae")), "\\\\x1B\\\\xFF\\\\u{202E}");
}

static void test_limit_holds(void **state) {
    (void)state;
    void (*const escapers[])(struct buf *, struct sv) = {esc_json, esc_html, esc_xml, esc_shell, esc_markdown};
    for (size_t i = 0; i < sizeof escapers / sizeof escapers[0]; i++) {
        auto_buf b = BUF_INIT(10);
        escapers[i](&b, SV("<<<<\"\"\"\"''''aaaaaaaaaa"));
        assert_true(buf_failed(&b));
        assert_true(b.len <= 10);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_utf8),         cmocka_unit_test(test_terminal),    cmocka_unit_test(test_json),
    cmocka_unit_test(test_html_and_xml), cmocka_unit_test(test_url),         cmocka_unit_test(test_shell),
    cmocka_unit_test(test_markdown),     cmocka_unit_test(test_limit_holds),
};
TEST_MAIN(tests)
