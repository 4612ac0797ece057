// SPDX-License-Identifier: Apache-2.0
#include "match/set.h"

#include "base/buf.h"

// YAML entries to struct pattern_entry. The files are ours or the user's (`--data`), so mistakes are told precisely.

#define CONTEXT_WORDS_MAX  40
#define PREFILTER_TEXT_MAX 4000
// Longest value that is found in front of its context word.
#define VALUE_BEFORE_WORD 48

struct load {
    struct arena *a;
    struct error *err;
    enum pattern_kind kind; // of the file
};

static const struct sv kind_names[PATTERN_KIND_COUNT] = {
    [PATTERN_SECRET] = SV_INIT("secret"), [PATTERN_PERSONAL] = SV_INIT("personal"), [PATTERN_ERROR] = SV_INIT("error"),
    [PATTERN_TRACE] = SV_INIT("trace"),   [PATTERN_BANNER] = SV_INIT("banner"),
};
static const struct sv class_names[] = {SV_INIT("public"), SV_INIT("internal"), SV_INIT("personal"), SV_INIT("secret")};
static const struct sv known_fields[] = {
    SV_INIT("id"),       SV_INIT("title"),     SV_INIT("class"),         SV_INIT("regex"),
    SV_INIT("capture"),  SV_INIT("context"),   SV_INIT("needs_context"), SV_INIT("engine"),
    SV_INIT("examples"), SV_INIT("validator"), SV_INIT("entropy"),       SV_INIT("reach"),
    SV_INIT("before"),   SV_INIT("source"),    SV_INIT("true"),          SV_INIT("false"),
};

static int entry_error(const struct load *l, struct sv id, const char *text) {
    return error_set(l->err, ERR_SYNTAX, "pattern \"" SV_FMT "\": %s", SV_ARG(id), text);
}

static bool name_is_in(struct sv name, const struct sv *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (sv_eq(name, names[i]))
            return true;
    return false;
}

// Ids stand in placeholders {{id:hash}}, in file names and URLs.
static bool id_is_plain(struct sv id) {
    for (size_t i = 0; i < id.len; i++) {
        char c = id.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
            return false;
    }
    return id.len >= 2 && id.len <= 48;
}

// A text, or {parts: [a, b]}: real-looking values are written in parts.
static int load_text(const struct load *l, const struct node *n, struct sv id, struct sv *ret) {
    if (node_is(n, NODE_STRING)) {
        *ret = n->text;
        return 0;
    }
    const struct node *parts = node_get(n, SV("parts"));
    if (!node_is(parts, NODE_ARRAY))
        return entry_error(l, id, "a text must be a string (quote it) or {parts: [...]}");
    auto_buf b = BUF_INIT(1 << 16);
    for (const struct node *p = parts->first; p != NULL; p = p->next)
        buf_add(&b, p->text);
    *ret = buf_failed(&b) ? SV_NONE : arena_copy_sv(l->a, buf_sv(&b));
    return ret->ptr == NULL ? error_nomem(l->err) : 0;
}

static int load_texts(const struct load *l, const struct node *list, struct sv id, const struct sv **ret,
                      size_t *ret_count) {
    *ret = NULL;
    *ret_count = 0;
    if (list == NULL)
        return 0;
    if (!node_is(list, NODE_ARRAY))
        return entry_error(l, id, "context and examples must be lists");
    struct sv *texts = arena_new_array(l->a, struct sv, list->count + 1);
    if (texts == NULL)
        return error_nomem(l->err);
    size_t count = 0;
    for (const struct node *n = list->first; n != NULL; n = n->next) {
        int r = load_text(l, n, id, &texts[count++]);
        if (r < 0)
            return r;
    }
    *ret = texts;
    *ret_count = count;
    return 0;
}

static void add_word(struct buf *b, struct sv word) {
    for (size_t i = 0; i < word.len; i++) {
        char c = word.ptr[i];
        if (c == ' ') {
            buf_add(b, SV("[ _-]?"));
            continue;
        }
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80;
        if (!plain)
            buf_add_char(b, '\\');
        buf_add_char(b, c);
    }
}

// Entries that need context are looked for where one of their words stands; that is rare, and digits are not.
static int build_context_prefilter(const struct load *l, struct pattern_entry *e) {
    if (e->context_count == 0 || e->context_count > CONTEXT_WORDS_MAX)
        return entry_error(l, e->head.id, "needs_context wants 1 to 40 context words");
    auto_buf b = BUF_INIT(PREFILTER_TEXT_MAX);
    size_t longest = 0;
    buf_add(&b, SV("(?i)(?:"));
    for (size_t i = 0; i < e->context_count; i++) {
        if (i > 0)
            buf_add_char(&b, '|');
        add_word(&b, e->context[i]);
        longest = e->context[i].len > longest ? e->context[i].len : longest;
    }
    buf_add_char(&b, ')');
    e->prefilter = buf_failed(&b) ? SV_NONE : arena_copy_sv(l->a, buf_sv(&b));
    if (e->prefilter.ptr == NULL)
        return error_nomem(l->err);
    // The value may stand on either side of the word.
    e->back = (uint32_t)(longest + MATCH_NEAR_BEHIND + VALUE_BEFORE_WORD);
    e->ahead = MATCH_NEAR_BEFORE;
    return 0;
}

static int measure_prefilter(const struct load *l, struct pattern_entry *e) {
    hs_expr_info_t *info = NULL;
    hs_compile_error_t *bad = NULL;
    unsigned width = 0;
    int r = 0;
    if (hs_expression_info(e->prefilter.ptr, HS_FLAG_MULTILINE, &info, &bad) != HS_SUCCESS)
        r = entry_error(l, e->head.id, bad != NULL ? bad->message : "out of memory");
    else
        width = info->max_width;
    free(info);
    hs_free_compile_error(bad);
    if (r < 0)
        return r;
    if (width > MATCH_PREFILTER_MAX)
        return entry_error(l, e->head.id, "the regex must match at most 512 bytes; let `capture` take the rest");
    e->back += width;
    e->ahead = 0;
    return 0;
}

static int load_numbers(const struct load *l, const struct node *n, struct pattern_entry *e) {
    const struct node *entropy = node_get(n, SV("entropy"));
    if (entropy != NULL && (node_to_double(entropy, &e->entropy) < 0 || e->entropy < 0 || e->entropy > 8))
        return entry_error(l, e->head.id, "entropy must be between 0 and 8 bits");
    const struct node *reach = node_get(n, SV("reach"));
    int64_t bytes = MATCH_REACH;
    if (reach != NULL && (node_to_i64(reach, &bytes) < 0 || bytes < 1 || bytes > MATCH_REACH_MAX))
        return entry_error(l, e->head.id, "reach must be between 1 and 32768 bytes");
    e->reach = (uint32_t)bytes;
    const struct node *before = node_get(n, SV("before"));
    bytes = 0;
    if (before != NULL && (node_to_i64(before, &bytes) < 0 || bytes < 1 || bytes > MATCH_PREFILTER_MAX))
        return entry_error(l, e->head.id, "before must be between 1 and 512 bytes");
    e->back = (uint32_t)bytes;
    if (!sv_is_empty(e->head.validator) && validator_find(e->head.validator) == NULL)
        return entry_error(l, e->head.id, "unknown validator");
    return 0;
}

static int load_expressions(const struct load *l, const struct node *n, struct pattern_entry *e) {
    // vectorscan wants C strings, so the texts are copied.
    struct sv regex = node_get_text(n, SV("regex"));
    struct sv capture = node_get_text(n, SV("capture"));
    if (sv_is_empty(regex))
        return entry_error(l, e->head.id, "regex is missing");
    e->expression = arena_copy_sv(l->a, sv_is_empty(capture) ? regex : capture);
    e->prefilter = arena_copy_sv(l->a, regex);
    if (e->expression.ptr == NULL || e->prefilter.ptr == NULL)
        return error_nomem(l->err);
    if (e->head.needs_context)
        return build_context_prefilter(l, e);
    return measure_prefilter(l, e);
}

static int check_fields(const struct load *l, const struct node *n, struct sv id) {
    if (!id_is_plain(id))
        return entry_error(l, id, "the id must be 2 to 48 characters of a-z, 0-9 and _");
    for (const struct node *m = n->first; m != NULL; m = m->next)
        if (!name_is_in(m->key, known_fields, sizeof known_fields / sizeof *known_fields))
            return error_set(l->err, ERR_SYNTAX, "pattern \"" SV_FMT "\": unknown field \"" SV_FMT "\"", SV_ARG(id),
                             SV_ARG(m->key));
    if (sv_is_empty(node_get_text(n, SV("title"))) || sv_is_empty(node_get_text(n, SV("source"))))
        return entry_error(l, id, "title and source must be there");
    const struct node *hits = node_get(n, SV("true"));
    const struct node *misses = node_get(n, SV("false"));
    if (!node_is(hits, NODE_ARRAY) || hits->count == 0 || !node_is(misses, NODE_ARRAY) || misses->count == 0)
        return entry_error(l, id, "true and false need at least one sample each");
    if (!name_is_in(node_get_text(n, SV("class")), class_names, sizeof class_names / sizeof *class_names))
        return entry_error(l, id, "class must be public, internal, personal or secret");
    return 0;
}

static int load_entry(const struct load *l, const struct node *n, struct pattern_entry *e) {
    struct sv id = node_get_text(n, SV("id"));
    int r = check_fields(l, n, id);
    if (r < 0)
        return r;
    struct sv engine = node_get_text(n, SV("engine"));
    e->head = (struct pattern){
        .id = id,
        .title = node_get_text(n, SV("title")),
        .engine = sv_is_empty(engine) ? SV_NONE : engine,
        .kind = l->kind,
        .severity = node_get_text(n, SV("class")),
        .validator = node_get_text(n, SV("validator")),
        .needs_context = node_get_bool(n, SV("needs_context"), false),
    };
    r = load_texts(l, node_get(n, SV("context")), id, &e->context, &e->context_count);
    if (r == 0)
        r = load_texts(l, node_get(n, SV("examples")), id, &e->examples, &e->example_count);
    if (r == 0)
        r = load_numbers(l, n, e);
    return r < 0 ? r : load_expressions(l, n, e);
}

static int load_document(struct load *l, const struct node *document, struct pattern_entry *entries, size_t *count) {
    struct sv kind = node_get_text(document, SV("kind"));
    l->kind = PATTERN_KIND_COUNT;
    for (size_t i = 0; i < PATTERN_KIND_COUNT; i++)
        if (sv_eq(kind, kind_names[i]))
            l->kind = (enum pattern_kind)i;
    if (l->kind == PATTERN_KIND_COUNT)
        return error_set(l->err, ERR_SYNTAX, "pattern file: kind must be secret, personal, error, trace or banner");
    const struct node *list = node_get(document, SV("patterns"));
    for (const struct node *n = list->first; n != NULL; n = n->next) {
        int r = load_entry(l, n, &entries[*count]);
        if (r < 0)
            return r;
        for (size_t i = 0; i < *count; i++)
            if (sv_eq(entries[i].head.id, entries[*count].head.id))
                return entry_error(l, entries[i].head.id, "the id is used twice");
        (*count)++;
    }
    return 0;
}

int pattern_load(struct arena *a, const struct node *const *documents, size_t count, struct pattern_entry **ret,
                 size_t *ret_count, struct error *err) {
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        const struct node *list = node_get(documents[i], SV("patterns"));
        if (!node_is(list, NODE_ARRAY))
            return error_set(err, ERR_SYNTAX, "pattern file: `patterns` must be a list");
        total += list->count;
    }
    struct pattern_entry *entries = arena_new_array(a, struct pattern_entry, total + 1);
    if (entries == NULL)
        return error_nomem(err);
    struct load l = {.a = a, .err = err};
    size_t loaded = 0;
    for (size_t i = 0; i < count; i++) {
        int r = load_document(&l, documents[i], entries, &loaded);
        if (r < 0)
            return r;
    }
    *ret = entries;
    *ret_count = loaded;
    return 0;
}
