// SPDX-License-Identifier: Apache-2.0
#include "checks/check.h"
#include "cli/cli.h"
#include "cli/files.h"
#include "cli/help.h"
#include "cli/pages.h"
#include "report/report.h"
#include "score/score.h"

static int explain_score(struct cli *cli, const struct invocation *in, struct error *err) {
    if (in->operand_count < 2) return error_set(err, ERR_USAGE, "which score? Name a JSON report: plumb explain score plumb.json");
    const char *path = in->operands[1].ptr;
    struct sv bytes;
    struct scan_result result = {0};
    int r = files_read(cli->arena, path, FILES_SPEC_LIMIT, "the report", &bytes, err);
    if (r != 0) return r;
    r = report_read(cli->arena, bytes, &result, err);
    if (r == 0) return score_explain(&result, cli->out, err);
    error_prefix(err, "the report %s: ", path);
    return r;
}

// Markdown for a terminal: long lines are wrapped, those of lists with their indent; code and tables stay as they are.
static int explain_page(struct cli *cli, struct sv page) {
    auto_buf b = BUF_INIT((size_t)4 * 1024 * 1024);
    struct sv rest = page, line;
    bool code = false;
    while (rest.ptr != NULL && sv_split(&rest, '\n', &line)) {
        if (sv_starts_with(line, SV("```"))) code = !code;
        bool as_is = code || line.len <= 80 || line.ptr[0] == '|' || line.ptr[0] == ' ' || line.ptr[0] == '#';
        if (!as_is) help_wrap(&b, line, 0, sv_starts_with(line, SV("- ")) ? 2 : 0, 80);
        else if (rest.ptr != NULL || line.len > 0) {
            buf_add(&b, line);
            buf_add_char(&b, '\n');
        }
    }
    return cli_print(cli->out, buf_sv(&b));
}

static int explain_category(struct cli *cli, size_t category) {
    auto_buf b = BUF_INIT((size_t)64 * 1024);
    const struct category_info *info = &category_infos[category];
    buf_addf(&b, "%s (%s): %u of 100 points of the score.\n\nChecks:\n", info->title, info->key, info->weight);
    size_t start = b.len;
    for (size_t i = 0; i < check_registry_count; i++) {
        if ((size_t)check_registry[i]->category == category) buf_addf(&b, "  %-22s %s\n", check_registry[i]->id, check_registry[i]->title);
    }
    if (b.len == start) buf_add(&b, SV("  none yet: reports say that it was not tested.\n"));
    return cli_print(cli->out, buf_sv(&b));
}

static int refuse_topic(struct cli *cli, struct sv topic, struct error *err) {
    size_t count = 0;
    const char **words = arena_alloc_array(cli->arena, check_registry_count + CATEGORY_COUNT + 2, sizeof *words);
    if (words == NULL) return error_nomem(err);
    for (size_t i = 0; i < check_registry_count; i++) words[count++] = check_registry[i]->id;
    for (size_t i = 0; i < CATEGORY_COUNT; i++) words[count++] = category_infos[i].key;
    words[count++] = "score";
    words[count++] = "exit";
    const char *near = options_nearest(topic, words, count);
    struct sv shown = sv_slice(topic, 0, 60);
    if (near != NULL) return error_set(err, ERR_USAGE, "nothing is known about '" SV_FMT "'; did you mean %s?", SV_ARG(shown), near);
    return error_set(err, ERR_USAGE, "nothing is known about '" SV_FMT "'; topics are the ids of 'plumb checks', the category keys, exit and score", SV_ARG(shown));
}

int command_explain(struct cli *cli, const struct invocation *in, struct error *err) {
    struct sv topic = in->operands[0];
    if (sv_eq(topic, SV("score"))) return explain_score(cli, in, err);
    if (in->operand_count > 1) return error_set(err, ERR_USAGE, "only 'plumb explain score' takes a report");
    if (sv_eq(topic, SV("exit"))) {
        auto_buf b = BUF_INIT((size_t)16 * 1024);
        help_exit(&b);
        return cli_print(cli->out, buf_sv(&b));
    }
    struct sv page = pages_find(topic);
    if (page.ptr != NULL) return explain_page(cli, page);
    for (size_t i = 0; i < CATEGORY_COUNT; i++) {
        if (sv_eq(topic, sv_from(category_infos[i].key))) return explain_category(cli, i);
    }
    const struct check *c = check_find(topic);
    if (c == NULL) return refuse_topic(cli, topic, err);
    auto_buf b = BUF_INIT((size_t)4096);
    buf_addf(&b, "%s: %s (%s, %s, CWE-%u)\n", c->id, c->title, category_infos[c->category].title, c->owasp, (unsigned)c->cwe);
    return cli_print(cli->out, buf_sv(&b));
}
