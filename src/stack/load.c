// SPDX-License-Identifier: Apache-2.0
// Fingerprints from data/fingerprints (fields: README.md there). The files are ours or the user's, so mistakes are
// told.
#include "stack/stack_internal.h"

enum { FINGERPRINTS_MAX = 500, FEATURES_MAX = 40 };

static const struct sv probe_names[STACK_PROBE_COUNT] = {
    [STACK_PROBE_NONE] = SV_INIT("any"),
    [STACK_PROBE_UNKNOWN_PATH] = SV_INIT("unknown-path"),
    [STACK_PROBE_UNKNOWN_PAGE] = SV_INIT("unknown-page"),
    [STACK_PROBE_WRONG_METHOD] = SV_INIT("wrong-method"),
    [STACK_PROBE_UNKNOWN_METHOD] = SV_INIT("unknown-method"),
    [STACK_PROBE_BAD_ESCAPE] = SV_INIT("bad-escape"),
    [STACK_PROBE_BAD_QUERY] = SV_INIT("bad-query"),
    [STACK_PROBE_TRAILING_SLASH] = SV_INIT("trailing-slash"),
    [STACK_PROBE_HEAD] = SV_INIT("head"),
};

static const struct sv layer_names[STACK_LAYER_COUNT] = {
    [STACK_FRAMEWORK] = SV_INIT("framework"), [STACK_LANGUAGE] = SV_INIT("language"),
    [STACK_DATASTORE] = SV_INIT("datastore"), [STACK_CLOUD] = SV_INIT("cloud"),
    [STACK_PROXY] = SV_INIT("proxy"),         [STACK_IDENTITY_SOURCE] = SV_INIT("identity-source"),
};

static int wrong(struct error *err, struct sv id, const char *what) {
    return error_set(err, ERR_SYNTAX, "fingerprint \"" SV_FMT "\": %s", SV_ARG(id), what);
}

// A scalar counts as a list of one.
static const struct node *first_of(const struct node *n) {
    return node_is(n, NODE_ARRAY) ? n->first : n;
}
static const struct node *next_of(const struct node *list, const struct node *n) {
    return node_is(list, NODE_ARRAY) ? n->next : NULL;
}

static int load_probes(const struct node *list, struct sv id, struct feature *f, struct error *err) {
    for (const struct node *n = first_of(list); n != NULL; n = next_of(list, n)) {
        size_t i = 0;
        while (i < STACK_PROBE_COUNT && !sv_eq(n->text, probe_names[i]))
            i++;
        if (i == STACK_PROBE_COUNT)
            return wrong(err, id, "unknown probe");
        f->probes |= 1U << i;
    }
    return 0;
}

static int load_statuses(const struct node *list, struct sv id, struct feature *f, struct error *err) {
    for (const struct node *n = first_of(list); n != NULL; n = next_of(list, n)) {
        int64_t status = 0;
        if (node_to_i64(n, &status) != 0 || status < 100 || status > 599 || f->status_count >= FEATURE_STATUS_MAX)
            return wrong(err, id, "a status is a number from 100 to 599, at most eight of them");
        f->statuses[f->status_count++] = (uint16_t)status;
    }
    return 0;
}

static int load_absent(const struct node *list, struct sv id, struct feature *f, struct error *err) {
    for (const struct node *n = first_of(list); n != NULL; n = next_of(list, n)) {
        if (f->absent_count >= FEATURE_ABSENT_MAX)
            return wrong(err, id, "at most six absent fields");
        f->absent[f->absent_count++] = n->text;
    }
    return 0;
}

static int load_body(const struct node *n, struct sv id, struct feature *f, struct error *err) {
    const struct node *empty = node_get(n, SV("empty"));
    f->has_empty = empty != NULL;
    f->empty = node_get_bool(n, SV("empty"), false);
    f->text = node_get_text(n, SV("text"));
    f->exact = node_get_text(n, SV("exact"));
    f->regex = node_get_text(n, SV("regex"));
    struct sv special = node_get_text(n, SV("special"));
    if (sv_eq(special, SV("dynamodb-cursor")))
        f->special = SPECIAL_DYNAMODB_CURSOR;
    else if (special.len > 0)
        return wrong(err, id, "unknown special");
    f->in_body = f->text.len > 0 || f->exact.ptr != NULL || f->special != SPECIAL_NONE;
    // Without a literal every answer would run the expression.
    if (f->regex.len > 0 && f->header.len == 0 && f->text.len < 4)
        return wrong(err, id, "a regex on the body needs a text of at least four bytes that stands beside it");
    if (f->text.len > 0 && f->text.len < 4)
        return wrong(err, id, "a text has at least four bytes");
    return 0;
}

static int load_feature(const struct node *n, struct sv id, struct feature *f, struct error *err) {
    if (node_to_double(node_get(n, SV("weight")), &f->weight) != 0 || f->weight < -0.9 || f->weight > 0.75)
        return wrong(err, id, "a feature needs a weight from -0.9 to 0.75; none is certain by itself");
    f->method = node_get_text(n, SV("method"));
    f->header = node_get_text(n, SV("header"));
    f->lower_case = node_get_bool(n, SV("lower_case"), false);
    const struct node *count = node_get(n, SV("header_count"));
    int64_t lines = 0;
    if (count != NULL && (node_to_i64(count, &lines) != 0 || lines < 1 || lines > 20))
        return wrong(err, id, "header_count is a number from 1 to 20");
    f->header_count = (size_t)lines;
    int r = load_probes(node_get(n, SV("probe")), id, f, err);
    if (r == 0)
        r = load_statuses(node_get(n, SV("status")), id, f, err);
    if (r == 0)
        r = load_absent(node_get(n, SV("absent")), id, f, err);
    return r == 0 ? load_body(n, id, f, err) : r;
}

static int load_implied(const struct node *n, struct fingerprint *f, struct error *err) {
    for (const struct node *m = n != NULL ? n->first : NULL; m != NULL; m = m->next) {
        size_t layer = 0;
        while (layer < STACK_LAYER_COUNT && !sv_eq(m->key, layer_names[layer]))
            layer++;
        if (layer == STACK_LAYER_COUNT || f->implies_count >= 2)
            return wrong(err, f->id, "implies names at most two layers");
        f->implies_layer[f->implies_count] = (enum stack_layer)layer;
        f->implies[f->implies_count++] = m->text;
    }
    return 0;
}

static int load_one(struct stack *s, const struct node *n, enum stack_layer layer, struct error *err) {
    struct fingerprint f = {.layer = layer, .id = node_get_text(n, SV("id")), .name = node_get_text(n, SV("name"))};
    const struct node *features = node_get(n, SV("features"));
    if (f.id.len == 0 || f.name.len == 0 || (features != NULL && features->count > FEATURES_MAX))
        return wrong(err, f.id, "needs id, name and at most 40 features");
    int r = load_implied(node_get(n, SV("implies")), &f, err);
    if (r != 0)
        return r;
    f.features = arena_new_array(s->a, struct feature, features != NULL ? features->count + 1 : 1);
    if (f.features == NULL)
        return error_nomem(err);
    for (const struct node *m = features != NULL ? features->first : NULL; m != NULL; m = m->next) {
        r = load_feature(m, f.id, &f.features[f.feature_count], err);
        if (r != 0)
            return r;
        if (f.features[f.feature_count].text.len > 0)
            literals_mark(s, f.features[f.feature_count].text);
        f.feature_count++;
    }
    return VEC_PUSH(s->a, &s->prints, f) ? 0 : error_nomem(err);
}

int stack_load(struct stack *s, const struct node *document, struct sv list, enum stack_layer layer,
               struct error *err) {
    const struct node *entries = node_get(document, list);
    for (const struct node *n = node_is(entries, NODE_ARRAY) ? entries->first : NULL; n != NULL; n = n->next) {
        if (s->prints.len >= FINGERPRINTS_MAX)
            return error_set(err, ERR_LIMIT, "more than %d fingerprints", FINGERPRINTS_MAX);
        int r = load_one(s, n, layer, err);
        if (r != 0)
            return r;
    }
    return 0;
}
