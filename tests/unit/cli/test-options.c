// SPDX-License-Identifier: Apache-2.0
#include "cli/options.h"

#include "test.h"

static struct invocation parse_ok(struct arena *a, enum command_id id, int argc, const char *const *argv) {
    struct invocation in;
    struct error err = {0};
    assert_ok(&err, options_parse(a, &command_table[id], argc, argv, &in, &err));
    return in;
}
#define PARSE(a, id, ...) parse_ok((a), (id), (int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)), (const char *[]){__VA_ARGS__})

static void refuse(struct arena *a, enum command_id id, const char *says, int argc, const char *const *argv) {
    struct invocation in;
    struct error err = {0};
    assert_error(&err, ERR_USAGE, options_parse(a, &command_table[id], argc, argv, &in, &err));
    if (strstr(err.text, says) != NULL) return;
    print_error("\"%s\" is not in \"%s\"\n", says, err.text);
    fail();
}
#define REFUSE(a, id, says, ...) refuse((a), (id), (says), (int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)), (const char *[]){__VA_ARGS__})

static void test_both_forms_are_equal(void **state) {
    struct invocation in = PARSE(*state, COMMAND_SCAN, "--spec", "a.yaml", "http://x/", "--mode=active", "--plan");
    assert_sv_text(options_value(&in, OPTION_SPEC), "a.yaml");
    assert_sv_text(options_value(&in, OPTION_MODE), "active");
    assert_true(options_has(&in, OPTION_PLAN));
    assert_false(options_has(&in, OPTION_INSECURE));
    assert_null(options_text(&in, OPTION_RATE));
    assert_int_equal(in.operand_count, 1);
    assert_sv_text(in.operands[0], "http://x/");
}

static void test_values_keep_their_signs(void **state) {
    struct invocation in = PARSE(*state, COMMAND_SCAN, "http://x/", "--as=a=Authorization: Basic eA==", "--rate", "-1", "--spec=--odd");
    assert_sv_text(options_value(&in, OPTION_AS), "a=Authorization: Basic eA==");
    assert_sv_text(options_value(&in, OPTION_RATE), "-1");
    assert_sv_text(options_value(&in, OPTION_SPEC), "--odd");
}

static void test_repeated_options_keep_their_order(void **state) {
    struct invocation in = PARSE(*state, COMMAND_SCAN, "--include", "/a", "http://x/", "--include=/b", "--include", "/c");
    size_t count;
    struct sv *values = options_values(*state, &in, OPTION_INCLUDE, &count);
    assert_non_null(values);
    assert_int_equal(count, 3);
    assert_sv_text(values[0], "/a");
    assert_sv_text(values[1], "/b");
    assert_sv_text(values[2], "/c");
}

static void test_two_dashes_end_the_options(void **state) {
    struct invocation in = PARSE(*state, COMMAND_REPLAY, "--", "--record");
    assert_sv_text(in.operands[0], "--record");
    assert_int_equal(in.option_count, 0);
}

static void test_help_wins_over_errors(void **state) {
    assert_true(PARSE(*state, COMMAND_SCAN, "--nonsense", "--help").help);
    assert_true(PARSE(*state, COMMAND_SCAN, "-h").help);
    REFUSE(*state, COMMAND_REPLAY, "one too many", "a", "--", "--help");
}

static void test_unknown_options_get_the_nearest(void **state) {
    REFUSE(*state, COMMAND_SCAN, "did you mean --spec?", "http://x/", "--sepc", "a");
    REFUSE(*state, COMMAND_SCAN, "did you mean --threshold?", "http://x/", "--thres=70");
    REFUSE(*state, COMMAND_SCAN, "did you mean --insecure?", "http://x/", "--insecur");
    REFUSE(*state, COMMAND_SCAN, "'plumb scan --help' lists", "http://x/", "--qqqqqqqq");
    REFUSE(*state, COMMAND_SCAN, "is an option of 'plumb lab', not of 'plumb scan'", "http://x/", "--fixed");
    REFUSE(*state, COMMAND_SCAN, "two dashes", "http://x/", "-k");
    // A very long word is shown cut and compared to nothing.
    char word[5000] = "--";
    memset(word + 2, 'a', sizeof word - 3);
    word[sizeof word - 1] = '\0';
    REFUSE(*state, COMMAND_SCAN, "unknown option --aaaa", "http://x/", word);
}

static void test_what_does_not_work_yet_is_unknown(void **state) {
    static const char *const later[] = {"--baseline", "--suppress", "--fail-on-new", "--deploy", "--posture", "--context"};
    for (size_t i = 0; i < sizeof later / sizeof later[0]; i++) {
        char word[40];
        snprintf(word, sizeof word, "%s", later[i]);
        REFUSE(*state, COMMAND_SCAN, "unknown option", "http://x/", word, "x");
    }
}

static void test_values_are_demanded(void **state) {
    REFUSE(*state, COMMAND_SCAN, "--spec needs a value: --spec FILE|URL", "http://x/", "--spec");
    REFUSE(*state, COMMAND_SCAN, "looks like an option", "http://x/", "--spec", "--plan");
    REFUSE(*state, COMMAND_SCAN, "is empty", "http://x/", "--spec=");
    REFUSE(*state, COMMAND_SCAN, "takes no value", "http://x/", "--plan=yes");
    REFUSE(*state, COMMAND_SCAN, "stands there twice", "http://x/", "--seed", "1", "--seed", "2");
}

static void test_operands_are_counted(void **state) {
    REFUSE(*state, COMMAND_SCAN, "plumb scan needs URL", "--plan");
    REFUSE(*state, COMMAND_SCAN, "one too many", "http://x/", "http://y/");
    REFUSE(*state, COMMAND_CHECKS, "takes no operand", "x");
}

static void test_nearest_word(void **state) {
    (void)state;
    static const char *const words[] = {"scan", "replay", "report", "doctor"};
    assert_string_equal(options_nearest(SV("sacn"), words, 4), "scan");
    assert_string_equal(options_nearest(SV("repotr"), words, 4), "report");
    assert_string_equal(options_nearest(SV("doc"), words, 4), "doctor");
    assert_null(options_nearest(SV("xyz"), words, 4));
    assert_null(options_nearest(SV(""), words, 4));
}

// The table itself: every option belongs to a command, names are unique within one, choices stand where they are announced.
static void test_table_is_whole(void **state) {
    (void)state;
    bool seen[OPTION_COUNT] = {false};
    for (size_t i = 0; i < option_table_count; i++) {
        const struct option *o = &option_table[i];
        assert_false(seen[o->id]);
        seen[o->id] = true;
        assert_true(o->commands != 0 && o->help[0] != '\0' && o->group[0] != '\0');
        assert_true((o->completes == COMPLETES_CHOICE) == (o->choices != NULL));
        for (size_t k = 0; k < i; k++) assert_string_not_equal(o->name, option_table[k].name);
    }
    for (size_t i = 0; i < OPTION_COUNT; i++) assert_true(seen[i]);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        assert_int_equal(command_table[i].id, i);
        assert_ptr_equal(command_find(sv_from(command_table[i].name)), &command_table[i]);
    }
    assert_null(command_find(SV("")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_both_forms_are_equal),
        test_with_arena(test_values_keep_their_signs),
        test_with_arena(test_repeated_options_keep_their_order),
        test_with_arena(test_two_dashes_end_the_options),
        test_with_arena(test_help_wins_over_errors),
        test_with_arena(test_unknown_options_get_the_nearest),
        test_with_arena(test_what_does_not_work_yet_is_unknown),
        test_with_arena(test_values_are_demanded),
        test_with_arena(test_operands_are_counted),
        cmocka_unit_test(test_nearest_word),
        cmocka_unit_test(test_table_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
