// SPDX-License-Identifier: Apache-2.0
// Reads a native report back, so that other formats and explanations can be made of it later. A report is a file like any other: hostile.
#include "base/numbers.h"
#include "report/names.h"
#include "report/read_internal.h"

int reading_refuse(struct reading *rd, const struct node *at, const char *what, struct sv text) {
    if (rd->failed != 0)
        return rd->failed;
    rd->failed = error_set(rd->err, ERR_SYNTAX, "%s%s" SV_FMT, what, text.len > 0 ? ": " : "", SV_ARG(sv_slice(text, 0, 80)));
    if (at != NULL) {
        unsigned line = 0;
        unsigned column = 0;
        node_place(rd->input, at->offset, &line, &column);
        error_at(rd->err, line, column);
    }
    return rd->failed;
}

struct sv reading_text(struct reading *rd, const struct node *object, struct sv key, bool required) {
    const struct node *n = node_get(object, key);
    if (node_is(n, NODE_STRING))
        return n->text.ptr != NULL ? n->text : SV("");
    if (n != NULL || required)
        reading_refuse(rd, n != NULL ? n : object, "the report needs a text here", key);
    return SV_NONE;
}

const char *reading_name(struct reading *rd, const struct node *object, struct sv key) {
    struct sv copy = arena_copy_sv(rd->a, reading_text(rd, object, key, true));
    return copy.ptr != NULL ? copy.ptr : "";
}

uint64_t reading_u64(struct reading *rd, const struct node *object, struct sv key) {
    const struct node *n = node_get(object, key);
    int64_t value = 0;
    if (n != NULL && (node_to_i64(n, &value) != 0 || value < 0)) {
        reading_refuse(rd, n, "the report needs a number here", key);
        return 0;
    }
    return (uint64_t)value;
}

double reading_double(struct reading *rd, const struct node *object, struct sv key, double otherwise) {
    const struct node *n = node_get(object, key);
    double value = otherwise;
    if (n != NULL && node_to_double(n, &value) != 0)
        reading_refuse(rd, n, "the report needs a number here", key);
    return value;
}

size_t reading_word(struct reading *rd, const struct node *object, struct sv key, const char *const *words, size_t count) {
    struct sv text = reading_text(rd, object, key, true);
    for (size_t i = 0; i < count; i++) {
        if (sv_eq(text, sv_from(words[i])))
            return i;
    }
    reading_refuse(rd, object, "a word that the report's schema does not know", text);
    return 0;
}

const struct node *reading_list(struct reading *rd, const struct node *object, struct sv key, size_t element, void *ret_room, size_t *ret_count) {
    const struct node *n = node_get(object, key);
    *ret_count = 0;
    if (n == NULL)
        return NULL;
    if (!node_is(n, NODE_ARRAY)) {
        reading_refuse(rd, n, "the report needs a list here", key);
        return NULL;
    }
    void *room = arena_alloc_array(rd->a, n->count, element);
    if (room == NULL) {
        rd->failed = error_nomem(rd->err);
        return NULL;
    }
    memcpy(ret_room, &room, sizeof room);
    *ret_count = n->count;
    return n->first;
}

struct sv *reading_texts(struct reading *rd, const struct node *object, struct sv key, size_t *ret_count) {
    struct sv *room = NULL;
    const struct node *item = reading_list(rd, object, key, sizeof *room, &room, ret_count);
    for (size_t i = 0; rd->failed == 0 && i < *ret_count; i++, item = item->next) {
        if (!node_is(item, NODE_STRING))
            reading_refuse(rd, item, "a text is expected here", key);
        else
            room[i] = item->text.ptr != NULL ? item->text : SV("");
    }
    return room;
}

// Days since 1970-01-01 of a date of the Gregorian calendar (years counted from March, so that leap days come last).
static int64_t days_of(int64_t year, int64_t month, int64_t day) {
    year -= month <= 2;
    int64_t era = year / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool read_digits(struct sv text, size_t at, size_t count, uint64_t max, uint64_t *ret) {
    return number_parse_u64_range(sv_slice(text, at, at + count), 0, max, ret) == 0;
}

// "2026-01-02T03:04:05.678Z", as the writer writes it.
static usec_t read_time(struct reading *rd, const struct node *object, struct sv key) {
    struct sv t = reading_text(rd, object, key, true);
    uint64_t v[7] = {0};
    bool good = t.len == 24 && t.ptr[10] == 'T' && t.ptr[19] == '.' && t.ptr[23] == 'Z' && read_digits(t, 0, 4, 9999, &v[0]) &&
                read_digits(t, 5, 2, 12, &v[1]) && read_digits(t, 8, 2, 31, &v[2]) && read_digits(t, 11, 2, 23, &v[3]) &&
                read_digits(t, 14, 2, 59, &v[4]) && read_digits(t, 17, 2, 60, &v[5]) && read_digits(t, 20, 3, 999, &v[6]);
    if (!good || v[0] < 1970 || v[1] == 0 || v[2] == 0) {
        reading_refuse(rd, object, "not a time", t);
        return 0;
    }
    uint64_t days = (uint64_t)days_of((int64_t)v[0], (int64_t)v[1], (int64_t)v[2]);
    return (((days * 24 + v[3]) * 60 + v[4]) * 60 + v[5]) * USEC_PER_SEC + v[6] * USEC_PER_MSEC;
}

static void read_scan(struct reading *rd, const struct node *root, struct scan_result *r) {
    const struct node *n = node_get(root, SV("scan"));
    r->scan_id = reading_text(rd, n, SV("id"), true);
    r->started = read_time(rd, n, SV("started"));
    r->ended = read_time(rd, n, SV("ended"));
    r->mode = reading_text(rd, n, SV("mode"), true);
    r->requests = (unsigned)reading_u64(rd, n, SV("requests"));
    const struct node *by = node_get(n, SV("requests_by_purpose"));
    for (size_t i = 0; i < REPORT_PURPOSES; i++)
        r->requests_by_purpose[i] = (unsigned)reading_u64(rd, by, sv_from(report_purposes[i]));
    r->bytes = reading_u64(rd, n, SV("bytes"));
    struct sv seed = reading_text(rd, n, SV("seed"), true);
    if (rd->failed == 0 && number_parse_u64(seed, &r->seed) != 0)
        reading_refuse(rd, n, "not a seed", seed);
    r->spec = reading_text(rd, n, SV("spec"), false);
    r->identities = reading_texts(rd, n, SV("identities"), &r->identity_count);
    r->budget = reading_text(rd, n, SV("budget"), false);
    r->interrupted = node_get_bool(n, SV("interrupted"), false);
}

static void read_target(struct reading *rd, const struct node *root, struct scan_result *r) {
    const struct node *n = node_get(root, SV("target"));
    r->target_url = reading_text(rd, n, SV("url"), true);
    r->origins = reading_texts(rd, n, SV("origins"), &r->origin_count);
    const struct node *stack = node_get(n, SV("stack"));
    for (size_t i = 0; i < REPORT_LAYERS; i++) {
        const struct node *l = node_get(stack, sv_from(report_layers[i]));
        if (l == NULL)
            continue;
        r->stack[i] = (struct result_stack_layer){
            .id = reading_text(rd, l, SV("id"), true),
            .name = reading_text(rd, l, SV("name"), true),
            .version = reading_text(rd, l, SV("version"), false),
            .evidence = reading_text(rd, l, SV("evidence"), false),
            .confidence = reading_double(rd, l, SV("confidence"), 0),
        };
    }
}

static void read_score(struct reading *rd, const struct node *root, struct scan_result *r) {
    const struct node *n = node_get(root, SV("score"));
    struct sv grade = reading_text(rd, n, SV("grade"), true);
    r->overall = reading_double(rd, n, SV("overall"), 0);
    r->coverage_percent = reading_double(rd, n, SV("coverage_percent"), 0);
    if (rd->failed == 0 && (grade.len != 1 || !sv_contains(SV("ABCDF?"), grade)))
        reading_refuse(rd, n, "not a grade", grade);
    r->grade = grade.len == 1 ? grade.ptr[0] : '?';
    const struct node *item = reading_list(rd, n, SV("caps"), sizeof *r->caps, &r->caps, &r->cap_count);
    for (size_t i = 0; rd->failed == 0 && i < r->cap_count; i++, item = item->next)
        r->caps[i] = (struct result_cap){.at = (unsigned)reading_u64(rd, item, SV("at")), .because = reading_text(rd, item, SV("because"), true)};
}

static void read_categories(struct reading *rd, const struct node *root, struct scan_result *r) {
    const struct node *all = node_get(root, SV("categories"));
    for (size_t i = 0; rd->failed == 0 && i < CATEGORY_COUNT; i++) {
        const struct node *n = node_get(all, sv_from(category_infos[i].key));
        r->categories[i] = (struct result_category){
            .score = reading_double(rd, n, SV("score"), 100),
            .status = (enum category_status)reading_word(rd, n, SV("status"), report_category_statuses, REPORT_CATEGORY_STATUSES),
            .reason = reading_text(rd, n, SV("reason"), false),
            .operations_tested = (unsigned)reading_u64(rd, n, SV("operations_tested")),
            .operations_total = (unsigned)reading_u64(rd, n, SV("operations_total")),
        };
    }
}

static void read_fact(struct reading *rd, const struct node *n, struct fact *f) {
    const struct node *subject = node_get(n, SV("subject"));
    *f = (struct fact){
        .id = (uint32_t)reading_u64(rd, n, SV("id")),
        .kind = reading_text(rd, n, SV("kind"), true),
        .subject_type = reading_text(rd, subject, SV("type"), true),
        .subject = reading_text(rd, subject, SV("name"), true),
        .value = (enum fact_value)reading_word(rd, n, SV("value"), report_fact_values, REPORT_VALUES),
        .source = (enum fact_source)reading_word(rd, n, SV("source"), fact_source_names, FACT_SOURCE_COUNT),
        .evidence = reading_text(rd, n, SV("evidence"), false),
        .confidence = (uint8_t)reading_word(rd, n, SV("confidence"), confidence_names, CONFIDENCE_COUNT),
    };
    const struct node *args = node_get(n, SV("args"));
    for (const struct node *arg = node_is(args, NODE_OBJECT) ? args->first : NULL; arg != NULL && f->arg_count < FACT_ARGS_MAX; arg = arg->next)
        f->args[f->arg_count++] = (struct fact_arg){arg->key, reading_text(rd, args, arg->key, true)};
}

static void read_facts(struct reading *rd, const struct node *root, struct scan_result *r) {
    const struct node *item = reading_list(rd, root, SV("facts"), sizeof *r->facts, &r->facts, &r->fact_count);
    for (size_t i = 0; rd->failed == 0 && i < r->fact_count; i++, item = item->next)
        read_fact(rd, item, &r->facts[i]);
}

static struct result_assumption *read_assumptions(struct reading *rd, const struct node *n, struct sv key, size_t *ret_count) {
    struct result_assumption *room = NULL;
    const struct node *item = reading_list(rd, n, key, sizeof *room, &room, ret_count);
    for (size_t i = 0; rd->failed == 0 && i < *ret_count; i++, item = item->next)
        room[i] = (struct result_assumption){.fact = reading_text(rd, item, SV("fact"), true), .settle = reading_text(rd, item, SV("settle"), true)};
    return room;
}

static void read_goal(struct reading *rd, const struct node *n, struct result_goal *g) {
    *g = (struct result_goal){
        .goal = reading_text(rd, n, SV("goal"), true),
        .status = (enum escape_status)reading_word(rd, n, SV("status"), report_escape_statuses, REPORT_ESCAPE_STATUSES),
    };
    const struct node *item = reading_list(rd, n, SV("path"), sizeof *g->path, &g->path, &g->path_count);
    for (size_t i = 0; rd->failed == 0 && i < g->path_count; i++, item = item->next) {
        g->path[i] = (struct result_step){
            .rule = reading_text(rd, item, SV("rule"), false),
            .text = reading_text(rd, item, SV("text"), true),
            .label = reading_text(rd, item, SV("label"), false),
            .fact = (uint32_t)reading_u64(rd, item, SV("fact")),
        };
        if (g->path[i].rule.len == 0)
            g->path[i].source = (enum fact_source)reading_word(rd, item, SV("source"), fact_source_names, FACT_SOURCE_COUNT);
    }
    g->assumptions = read_assumptions(rd, n, SV("assumptions"), &g->assumption_count);
}

static void read_escape(struct reading *rd, const struct node *root, struct scan_result *r) {
    const struct node *n = node_get(root, SV("escape"));
    struct result_escape *e = &r->escape;
    e->status = (enum escape_status)reading_word(rd, n, SV("status"), report_escape_statuses, REPORT_ESCAPE_STATUSES);
    const struct node *item = reading_list(rd, n, SV("goals"), sizeof *e->goals, &e->goals, &e->goal_count);
    for (size_t i = 0; rd->failed == 0 && i < e->goal_count; i++, item = item->next)
        read_goal(rd, item, &e->goals[i]);
    item = reading_list(rd, n, SV("fixes"), sizeof *e->fixes, &e->fixes, &e->fix_count);
    for (size_t i = 0; rd->failed == 0 && i < e->fix_count; i++, item = item->next)
        e->fixes[i] = (struct result_fix){.leaf = reading_text(rd, item, SV("leaf"), true), .advice = reading_text(rd, item, SV("advice"), true),
                                          .cost = (unsigned)reading_u64(rd, item, SV("cost"))};
    e->settle = read_assumptions(rd, n, SV("settle"), &e->settle_count);
}

static void read_coverage(struct reading *rd, const struct node *root, struct scan_result *r) {
    const struct node *item = reading_list(rd, root, SV("coverage"), sizeof *r->coverage, &r->coverage, &r->coverage_count);
    for (size_t i = 0; rd->failed == 0 && i < r->coverage_count; i++, item = item->next)
        r->coverage[i] = (struct result_coverage){
            .check = reading_name(rd, item, SV("check")),
            .method = reading_text(rd, item, SV("method"), false),
            .path = reading_text(rd, item, SV("path"), false),
            .status = (enum coverage_status)reading_word(rd, item, SV("status"), report_coverage_statuses, COVERAGE_COUNT),
            .reason = reading_text(rd, item, SV("reason"), false),
        };
}

static void read_writes(struct reading *rd, const struct node *root, struct scan_result *r) {
    const struct node *item = reading_list(rd, root, SV("writes"), sizeof *r->writes, &r->writes, &r->write_count);
    for (size_t i = 0; rd->failed == 0 && i < r->write_count; i++, item = item->next)
        r->writes[i] = (struct result_write){
            .check = reading_name(rd, item, SV("check")),
            .method = reading_text(rd, item, SV("method"), false),
            .target = reading_text(rd, item, SV("target"), false),
            .identity = reading_text(rd, item, SV("identity"), false),
            .outcome = (enum write_outcome)reading_word(rd, item, SV("outcome"), report_write_outcomes, WRITE_OUTCOME_COUNT),
            .reason = reading_text(rd, item, SV("reason"), false),
            .curl = reading_text(rd, item, SV("undo"), false),
        };
}

static void read_end(struct reading *rd, const struct node *root, struct scan_result *r) {
    r->warnings = reading_texts(rd, root, SV("warnings"), &r->warning_count);
    read_writes(rd, root, r);
    const struct node *gate = node_get(root, SV("gate"));
    r->gate_used = node_get(gate, SV("passed")) != NULL;
    r->gate_passed = node_get_bool(gate, SV("passed"), false);
    r->gate_reasons = reading_texts(rd, gate, SV("reasons"), &r->gate_reason_count);
    const struct node *ended = node_get(root, SV("exit"));
    r->exit_code = (int)(reading_u64(rd, ended, SV("code")) & 0xFF);
    r->exit_reasons = reading_texts(rd, ended, SV("reasons"), &r->exit_reason_count);
}

int report_read(struct arena *a, struct sv input, struct scan_result *ret, struct error *err) {
    struct reading rd = {.a = a, .input = input, .err = err};
    struct scan_result r = {0};
    struct node *root = NULL;
    int code = node_parse_json(a, input, &node_limits_document, &root, err);
    if (code != 0)
        return code;
    if (!sv_eq(node_get_text(root, SV("schema")), SV("plumbline/report/1")))
        return reading_refuse(&rd, root, "not a report of this program: member schema is not plumbline/report/1", SV_NONE);
    r.tool_version = reading_text(&rd, node_get(root, SV("tool")), SV("version"), true);
    read_scan(&rd, root, &r);
    read_target(&rd, root, &r);
    read_score(&rd, root, &r);
    read_categories(&rd, root, &r);
    reading_findings(&rd, root, &r);
    read_facts(&rd, root, &r);
    read_escape(&rd, root, &r);
    read_coverage(&rd, root, &r);
    read_end(&rd, root, &r);
    if (rd.failed == 0)
        *ret = r;
    return rd.failed;
}
