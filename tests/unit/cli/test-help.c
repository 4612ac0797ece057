// SPDX-License-Identifier: Apache-2.0
#include "cli/help.h"

#include <stdio.h>

#include "test.h"

#include "base/escape.h"

#define BIG ((size_t)1 << 20)

// Columns of the longest line; a UTF-8 sequence counts as one.
static size_t widest(struct sv text) {
    size_t most = 0, at = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\n') at = 0;
        else if (((unsigned char)text.ptr[i] & 0xc0) != 0x80) at++;
        if (at > most) most = at;
    }
    return most;
}

static void test_wrap(void **state) {
    (void)state;
    auto_buf b = BUF_INIT(BIG);
    help_wrap(&b, SV("one two  three four"), 0, 2, 9);
    assert_sv_text(buf_sv(&b), "one two\n  three\n  four\n");
    buf_clear(&b);
    help_wrap(&b, SV("averyveryverylongword x"), 0, 2, 9);
    assert_sv_text(buf_sv(&b), "averyveryverylongword\n  x\n");
}

static void test_help_of_every_command_fits(void **state) {
    (void)state;
    auto_buf b = BUF_INIT(BIG);
    help_short(&b);
    assert_true(widest(buf_sv(&b)) <= 80);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        assert_true(sv_contains(buf_sv(&b), sv_from(command_table[i].name)));
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        buf_clear(&b);
        help_command(&b, &command_table[i]);
        assert_false(buf_failed(&b));
        assert_true(widest(buf_sv(&b)) <= 80);
        for (size_t k = 0; k < option_table_count; k++) {
            char name[64];
            snprintf(name, sizeof name, "  --%s", option_table[k].name);
            if (option_belongs(&option_table[k], &command_table[i])) assert_true(sv_contains(buf_sv(&b), sv_from(name)));
        }
    }
}

static void test_groups_come_once_and_in_order(void **state) {
    (void)state;
    const char *groups[16];
    size_t count = 0;
    for (const char *g = help_next_group(&command_table[COMMAND_SCAN], NULL); g != NULL; g = help_next_group(&command_table[COMMAND_SCAN], g)) {
        assert_true(count < 16);
        for (size_t i = 0; i < count; i++) assert_string_not_equal(groups[i], g);
        groups[count++] = g;
    }
    assert_int_equal(count, 6);
    assert_string_equal(groups[0], "What is scanned");
    assert_string_equal(groups[5], "Other");
}

static void test_generated_documents_name_every_option(void **state) {
    (void)state;
    void (*const makers[])(struct buf *) = {help_reference, help_completion_bash, help_completion_zsh};
    for (size_t m = 0; m < 3; m++) {
        auto_buf b = BUF_INIT(BIG);
        makers[m](&b);
        assert_false(buf_failed(&b));
        for (size_t k = 0; k < option_table_count; k++) {
            char name[64];
            snprintf(name, sizeof name, "--%s", option_table[k].name);
            assert_true(sv_contains(buf_sv(&b), sv_from(name)));
        }
    }
}

static void test_manual_page_is_harmless_troff(void **state) {
    (void)state;
    auto_buf b = BUF_INIT(BIG);
    help_man(&b);
    struct sv rest = buf_sv(&b), line;
    assert_true(sv_contains(rest, SV(".TH PLUMB 1")));
    while (rest.ptr != NULL && sv_split(&rest, '\n', &line)) {
        // Only our own requests begin a line with a dot.
        bool known = sv_starts_with(line, SV(".TH ")) || sv_starts_with(line, SV(".SH ")) || sv_starts_with(line, SV(".SS ")) ||
                     sv_starts_with(line, SV(".TP")) || sv_starts_with(line, SV(".B ")) || sv_starts_with(line, SV(".I ")) ||
                     sv_starts_with(line, SV(".PP")) || sv_starts_with(line, SV(".\\\""));
        if (line.len > 0 && (line.ptr[0] == '.' || line.ptr[0] == '\'')) assert_true(known);
    }
}

// docs/cli.md is made by `plumb _reference > docs/cli.md`; this keeps it from being forgotten.
static void test_reference_is_up_to_date(void **state) {
    (void)state;
    const char *source = getenv("PLUMB_SOURCE_DIR");
    if (source == NULL) skip();
    char path[4096];
    snprintf(path, sizeof path, "%s/docs/cli.md", source);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    static char bytes[1 << 20];
    size_t len = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    auto_buf b = BUF_INIT(BIG);
    help_reference(&b);
    if (!sv_eq(buf_sv(&b), sv_make(bytes, len))) fail_msg("docs/cli.md is old: run build/plumb _reference > docs/cli.md");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrap),
        cmocka_unit_test(test_help_of_every_command_fits),
        cmocka_unit_test(test_groups_come_once_and_in_order),
        cmocka_unit_test(test_generated_documents_name_every_option),
        cmocka_unit_test(test_manual_page_is_harmless_troff),
        cmocka_unit_test(test_reference_is_up_to_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
