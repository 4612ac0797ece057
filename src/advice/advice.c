// SPDX-License-Identifier: Apache-2.0
#include "advice/advice.h"

#include "data/knowledge.h"

enum { SOURCES_MAX = 16, SCORE_FRAMEWORK = 8, SCORE_CAUSE = 4, SCORE_LANGUAGE = 2, SCORE_DATASTORE = 1 };

struct question {
    struct sv cause, framework, language, datastore;
};

static int read_sources(struct arena *a, const struct node *root, struct advice *ret, struct error *err) {
    const struct node *list = node_get(root, SV("source"));
    struct sv *sources = arena_new_array(a, struct sv, SOURCES_MAX);
    if (sources == NULL)
        return error_nomem(err);
    for (const struct node *n = node_is(list, NODE_ARRAY) ? list->first : NULL; n != NULL && ret->source_count < SOURCES_MAX; n = n->next)
        sources[ret->source_count++] = n->text;
    ret->sources = sources;
    return 0;
}

static void take_words(const struct node *n, struct advice *ret) {
    ret->what = node_get_text(n, SV("what"));
    ret->why = node_get_text(n, SV("why"));
    ret->fix = node_get_text(n, SV("fix"));
}

static void take_cause(const struct node *root, struct sv cause, struct advice *ret) {
    const struct node *list = node_get(root, SV("causes"));
    for (const struct node *n = node_is(list, NODE_ARRAY) ? list->first : NULL; n != NULL; n = n->next) {
        if (cause.len == 0 || !sv_eq(node_get_text(n, SV("cause")), cause))
            continue;
        take_words(n, ret);
        ret->cause = cause;
    }
}

// How near a variant is; -1 when it would mislead: another language, another datastore, another cause.
static int nearness(const struct node *v, const struct question *q) {
    struct sv cause = node_get_text(v, SV("cause"));
    struct sv datastore = node_get_text(v, SV("datastore"));
    bool framework = q->framework.len > 0 && sv_eq(node_get_text(v, SV("framework")), q->framework);
    bool language = q->language.len > 0 && sv_eq(node_get_text(v, SV("language")), q->language);
    if (!framework && (!language || q->framework.len > 0))
        return -1;
    if ((cause.len > 0 && !sv_eq(cause, q->cause)) || (datastore.len > 0 && !sv_eq(datastore, q->datastore)))
        return -1;
    return (framework ? SCORE_FRAMEWORK : 0) + (cause.len > 0 ? SCORE_CAUSE : 0) + (language ? SCORE_LANGUAGE : 0) +
           (datastore.len > 0 ? SCORE_DATASTORE : 0);
}

static void take_variant(const struct node *root, const struct question *q, struct advice *ret) {
    const struct node *list = node_get(root, SV("variants"));
    const struct node *best = NULL;
    int best_score = -1;
    for (const struct node *n = node_is(list, NODE_ARRAY) ? list->first : NULL; n != NULL; n = n->next) {
        int score = nearness(n, q);
        if (score > best_score) {
            best = n;
            best_score = score;
        }
    }
    if (best == NULL)
        return;
    ret->snippet = node_get_text(best, SV("snippet"));
    ret->language = node_get_text(best, SV("language"));
    ret->framework = node_get_text(best, SV("framework"));
    ret->datastore = node_get_text(best, SV("datastore"));
    ret->tested = node_get_bool(best, SV("tested"), false);
}

int advice_for(struct arena *a, struct sv check, struct sv cause, struct sv framework, struct sv language, struct sv datastore,
               struct advice *ret, struct error *err) {
    struct node *file = NULL;
    struct sv name = arena_printf(a, "advice/" SV_FMT, SV_ARG(check));
    if (name.ptr == NULL)
        return error_nomem(err);
    int code = knowledge_load(a, name, &file, err);
    if (code != 0)
        return code;
    const struct node *root = node_get(file, SV("advice"));
    struct advice advice = {.check = node_get_text(root, SV("check")), .verify = node_get_text(root, SV("verify"))};
    struct question q = {.cause = cause, .framework = framework, .language = language, .datastore = datastore};
    take_words(root, &advice);
    take_cause(root, cause, &advice);
    take_variant(root, &q, &advice);
    code = read_sources(a, root, &advice, err);
    if (code == 0)
        *ret = advice;
    return code;
}
