// SPDX-License-Identifier: Apache-2.0
// The commands that scan nothing.
#include "cli/cli.h"

#include "world.h"

#include "checks/check.h"
#include "cli/pages.h"

static int setup(void **state) {
    struct world *w = calloc(1, sizeof *w);
    if (w == NULL) return -1;
    world_init(w, &cli_engine_real);
    *state = w;
    return 0;
}

static int teardown(void **state) {
    world_fini(*state);
    free(*state);
    return 0;
}

static void test_without_a_command(void **state) {
    struct world *w = *state;
    assert_int_equal(world_run(w, NULL), 2);
    assert_says(&w->err, "Usage: plumb COMMAND");
    assert_int_equal(w->out.len, 0);
    assert_int_equal(world_run(w, "--help", NULL), 0);
    assert_says(&w->out, "Usage: plumb COMMAND");
    assert_int_equal(world_run(w, "help", NULL), 0);
    assert_says(&w->out, "Usage: plumb COMMAND");
}

static void test_wrong_commands(void **state) {
    struct world *w = *state;
    assert_int_equal(world_run(w, "scna", NULL), 2);
    assert_says(&w->err, "did you mean 'plumb scan'?");
    assert_int_equal(world_run(w, "http://localhost:1/", NULL), 2);
    assert_says(&w->err, "write: plumb scan http://localhost:1/");
    assert_int_equal(world_run(w, "help", "me", NULL), 2);
    assert_int_equal(world_run(w, "zzzzz\x1b[31m", NULL), 2);
    assert_int_equal(sv_find_char(buf_sv(&w->err), '\x1b'), SIZE_MAX);
}

static void test_help_of_a_command(void **state) {
    struct world *w = *state;
    assert_int_equal(world_run(w, "scan", "--help", NULL), 0);
    assert_says(&w->out, "--fail-on SEVERITY");
    assert_says(&w->out, "Exit codes:");
    assert_int_equal(world_run(w, "help", "lab", NULL), 0);
    assert_says(&w->out, "--fixed");
}

static void test_checks_are_listed(void **state) {
    struct world *w = *state;
    assert_int_equal(world_run(w, "checks", NULL), 0);
    for (size_t i = 0; i < check_registry_count; i++) assert_true(sv_contains(buf_sv(&w->out), sv_from(check_registry[i]->id)));
}

// Every check has a page, and explain shows it.
static void test_checks_are_explained(void **state) {
    struct world *w = *state;
    for (size_t i = 0; i < check_registry_count; i++) {
        struct sv page = pages_find(sv_from(check_registry[i]->id));
        if (page.ptr == NULL) print_error("no page for %s\n", check_registry[i]->id);
        assert_true(page.len > 100);
        assert_int_equal(world_run(w, "explain", check_registry[i]->id, NULL), 0);
        assert_true(sv_starts_with(buf_sv(&w->out), SV("# ")));
    }
    for (size_t i = 1; i < page_count; i++) assert_true(sv_cmp(page_table[i - 1].name, page_table[i].name) < 0);
}

static void test_other_topics(void **state) {
    struct world *w = *state;
    assert_int_equal(world_run(w, "explain", "llmSecurity", NULL), 0);
    assert_says(&w->out, "2 of 100 points");
    assert_int_equal(world_run(w, "explain", "exit", NULL), 0);
    assert_says(&w->out, "130, 143");
    assert_int_equal(world_run(w, "explain", "scroe", NULL), 2);
    assert_says(&w->err, "did you mean score?");
    assert_int_equal(world_run(w, "explain", "score", NULL), 2);
    assert_says(&w->err, "Name a JSON report");
    assert_int_equal(world_run(w, "explain", "score", "/nonexistent.json", NULL), 2);
    assert_says(&w->err, "does not exist");
    assert_int_equal(world_run(w, "explain", "exit", "x", NULL), 2);
}

static void test_lab_without_its_program(void **state) {
    struct world *w = *state;
    assert_int_equal(world_run(w, "lab", NULL), 2);
    assert_says(&w->err, "plumb-lab is not installed");
    assert_int_equal(world_run(w, "lab", "--port", "x", NULL), 2);
    assert_says(&w->err, "is no port");
}

static void test_hidden_commands(void **state) {
    struct world *w = *state;
    assert_int_equal(world_run(w, "_man", NULL), 0);
    assert_says(&w->out, ".TH PLUMB 1");
    assert_int_equal(world_run(w, "_completion", "bash", NULL), 0);
    assert_says(&w->out, "complete -F _plumb plumb");
    assert_int_equal(world_run(w, "_completion", "zsh", NULL), 0);
    assert_says(&w->out, "#compdef plumb");
    assert_int_equal(world_run(w, "_completion", "fish", NULL), 2);
}

#define in_world(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        in_world(test_without_a_command),
        in_world(test_wrong_commands),
        in_world(test_help_of_a_command),
        in_world(test_checks_are_listed),
        in_world(test_checks_are_explained),
        in_world(test_other_topics),
        in_world(test_lab_without_its_program),
        in_world(test_hidden_commands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
