// SPDX-License-Identifier: Apache-2.0
#include "checks/support/faults.h"

#include "checks/support/words.h"
#include "http/header.h"

enum { BODY_READ = 256 * 1024, TEXT_MIN = 12, ENGINES_MAX = 8, ENGINES_TOLD = 2, NODES_MAX = 20000, DEPTH_MAX = 16 };
#define FAULT_KINDS (1U << PATTERN_ERROR | 1U << PATTERN_TRACE)

static const struct node *groups_of(struct check_run *run) {
    return node_get(check_knowledge(run, "exposure"), SV("faults"));
}

static bool names(const struct node *group, struct sv id) {
    const struct node *patterns = node_get(group, SV("patterns"));
    for (const struct node *n = patterns == NULL ? NULL : patterns->first; n != NULL; n = n->next) {
        if (sv_eq(n->text, id)) return true;
    }
    return false;
}

static struct fault classify(struct check_run *run, const struct pattern *p) {
    struct fault named = {0}, general = {0};
    struct sv fallback = p->kind == PATTERN_TRACE ? SV("trace") : SV("engine");
    size_t rank = 0;
    const struct node *groups = groups_of(run);
    for (const struct node *n = groups == NULL ? NULL : groups->first; n != NULL; n = n->next, rank++) {
        struct fault f = {.group = n, .rank = rank, .pattern = p};
        if (names(n, p->id)) named = f;
        if (sv_eq(node_get_text(n, SV("id")), fallback)) general = f;
    }
    if (named.group == NULL) named = general;
    bool ordinary = named.group != NULL && sv_eq(node_get_text(named.group, SV("impact")), SV("note"));
    return ordinary ? (struct fault){0} : named;
}

static int worst_of_text(struct check_run *run, struct arena *a, struct sv text, struct fault *ret, struct error *err) {
    struct match_list found = {0};
    int r = match_scan(check_patterns(run), check_scratch(run), a, text, FAULT_KINDS | MATCH_KEEP_OVERLAPS, &found, err);
    for (size_t i = 0; r == 0 && i < found.len; i++) {
        struct fault f = classify(run, found.ptr[i].pattern);
        if (f.group != NULL && (ret->group == NULL || f.rank < ret->rank)) *ret = f;
    }
    return r;
}

int fault_read(struct check_run *run, struct arena *a, const struct exchange *x, struct fault *ret, struct error *err) {
    *ret = (struct fault){0};
    if (!exchange_answered(x)) return 0;
    return worst_of_text(run, a, sv_slice(x->response.body, 0, BODY_READ), ret, err);
}

struct told {
    struct check_run *run;
    struct arena *a;
    const struct node *keys, *levels, *times;
    struct fault worst;
    struct sv engines[ENGINES_MAX];
    size_t engine_count;
    unsigned nodes;
};

static void note_engine(struct told *t, const struct pattern *p) {
    struct sv name = p->engine.len > 0 ? p->engine : p->id;
    for (size_t i = 0; i < t->engine_count; i++) {
        if (sv_eq(t->engines[i], name)) return;
    }
    if (t->engine_count < ENGINES_MAX) t->engines[t->engine_count++] = name;
}

static int read_string(struct told *t, struct sv text, bool told, struct error *err) {
    struct fault f = {0};
    int r = text.len < TEXT_MIN ? 0 : worst_of_text(t->run, t->a, text, &f, err);
    if (r != 0 || f.group == NULL) return r;
    note_engine(t, f.pattern);
    if (told && (t->worst.group == NULL || f.rank < t->worst.rank)) t->worst = f;
    return 0;
}

// A record of a log, with its time and level, tells of something that was, to those who asked for the log.
static bool is_log_record(const struct told *t, const struct node *n) {
    bool level = false, time = false;
    for (const struct node *c = n->kind == NODE_OBJECT ? n->first : NULL; c != NULL; c = c->next) {
        struct word w = word_of(c->key);
        level = level || words_have(t->levels, &w);
        time = time || words_have(t->times, &w);
    }
    return level && time;
}

static int walk(struct told *t, const struct node *n, bool told, unsigned depth, struct error *err) {
    if (depth > DEPTH_MAX || t->nodes++ > NODES_MAX) return 0;
    struct word w = word_of(n->key);
    told = told || words_have(t->keys, &w);
    if (n->kind == NODE_STRING) return read_string(t, n->text, told, err);
    if ((n->kind != NODE_ARRAY && n->kind != NODE_OBJECT) || (depth > 0 && is_log_record(t, n))) return 0;
    int r = 0;
    for (const struct node *c = n->first; c != NULL && r == 0; c = c->next) r = walk(t, c, told, depth + 1, err);
    return r;
}

int fault_read_told(struct check_run *run, struct arena *a, const struct exchange *x, struct fault *ret, struct error *err) {
    int r = fault_read(run, a, x, ret, err);
    if (r != 0 || ret->group == NULL) return r;
    *ret = (struct fault){0};
    struct node *root = NULL;
    r = node_parse_json(a, sv_slice(x->response.body, 0, BODY_READ), &node_limits_response, &root, NULL);
    if (r == -ENOMEM) return error_nomem(err);
    if (r != 0) return 0;
    struct told t = {.run = run, .a = a, .keys = words_list(check_knowledge(run, "exposure"), SV("fault_keys"))};
    t.levels = words_list(check_knowledge(run, "exposure"), SV("log_level_keys"));
    t.times = words_list(check_knowledge(run, "exposure"), SV("log_time_keys"));
    r = walk(&t, root, false, 0, err);
    if (r == 0 && t.engine_count <= ENGINES_TOLD) *ret = t.worst;
    return r;
}

bool fault_stands_in(struct check_run *run, struct arena *a, const struct fault *f, const struct exchange *x) {
    struct match_list found = {0};
    if (f->group == NULL || !exchange_answered(x)) return false;
    struct sv body = sv_slice(x->response.body, 0, BODY_READ);
    if (match_scan(check_patterns(run), check_scratch(run), a, body, FAULT_KINDS | MATCH_KEEP_OVERLAPS, &found, NULL) != 0) return false;
    for (size_t i = 0; i < found.len; i++) {
        if (found.ptr[i].pattern == f->pattern) return true;
    }
    return false;
}

static bool all_in(const struct node *texts, struct sv text) {
    if (!node_is(texts, NODE_ARRAY) || texts->count == 0) return false;
    for (const struct node *n = texts->first; n != NULL; n = n->next) {
        if (!sv_contains(text, n->text)) return false;
    }
    return true;
}

static bool none_in(const struct node *texts, struct sv text) {
    for (const struct node *n = texts == NULL ? NULL : texts->first; n != NULL; n = n->next) {
        if (sv_contains(text, n->text)) return false;
    }
    return true;
}

struct sv fault_credential_source(const struct node *exposure, struct sv text) {
    const struct node *sources = node_get(exposure, SV("credential_sources"));
    text = sv_slice(text, 0, BODY_READ);
    for (const struct node *n = sources == NULL ? NULL : sources->first; n != NULL; n = n->next) {
        if (all_in(node_get(n, SV("all")), text) && none_in(node_get(n, SV("none")), text)) return node_get_text(n, SV("value"));
    }
    return SV_NONE;
}
