// SPDX-License-Identifier: Apache-2.0
// POST that only computes or looks up. In safe mode only the user or the description can say so; in active mode, where a write is allowed, a name that
// says it is enough to call such an operation for its answer. A name that smells of change, a described 201 or an identifier at the end outweigh it.
#include "scan/engine_state.h"

static bool is_letter(char c) {
    c = sv_lower_char(c);
    return c >= 'a' && c <= 'z';
}

// "resetAll-users" gives "reset", "All", "users".
static bool next_word(struct sv *rest, struct sv *ret) {
    size_t begin = 0;
    while (begin < rest->len && !is_letter(rest->ptr[begin])) begin++;
    if (begin >= rest->len) return false;
    size_t end = begin + 1;
    while (end < rest->len && is_letter(rest->ptr[end]) && (sv_lower_char(rest->ptr[end]) == rest->ptr[end] || sv_lower_char(rest->ptr[end - 1]) != rest->ptr[end - 1])) end++;
    *ret = sv_slice(*rest, begin, end);
    *rest = sv_from_index(*rest, end);
    return true;
}

static bool word_is_in(const struct node *group, struct sv word) {
    const struct node *words = node_get(group, SV("words"));
    for (const struct node *n = node_is(words, NODE_ARRAY) ? words->first : NULL; n != NULL; n = n->next) {
        bool verb = sv_starts_with_nocase(word, n->text) && sv_eq_nocase(sv_from_index(word, n->text.len), SV("s"));
        if (sv_eq_nocase(n->text, word) || (verb && word.len > 4)) return true;
    }
    return false;
}

// A segment is a name: whole words of it, in the plain form.
static bool segment_is_in(const struct node *group, struct sv segment) {
    const struct node *words = node_get(group, SV("words"));
    struct sv word;
    for (unsigned n = 0; n < 8 && next_word(&segment, &word); n++) {
        for (const struct node *w = node_is(words, NODE_ARRAY) ? words->first : NULL; w != NULL; w = w->next) {
            if (sv_eq_nocase(w->text, word)) return true;
        }
    }
    return false;
}

// "fetchAndLock", "get-or-create": what stands behind is a second deed.
static bool names_two_deeds(struct sv name) {
    struct sv word;
    for (unsigned n = 0; n < 8 && next_word(&name, &word); n++) {
        if (sv_eq_nocase(word, SV("and")) || sv_eq_nocase(word, SV("or")) || sv_eq_nocase(word, SV("then"))) return true;
    }
    return false;
}

static struct sv last_segment(struct sv path) {
    if (sv_ends_with(path, SV("/"))) path = sv_slice(path, 0, path.len - 1);
    return sv_from_index(path, sv_rfind_char(path, '/') + 1);
}

static bool creates(const struct operation *op) {
    for (size_t i = 0; i < op->response_count; i++) {
        if (op->responses[i].status == 201 || op->responses[i].status == 202) return true;
    }
    return false;
}

// The group that the operation belongs to, NULL when it may change something.
static const struct node *group_of(struct engine *e, const struct operation *op) {
    const struct node *groups = node_get(engine_knowledge(e, SV("wordlists/reading-posts")), SV("groups"));
    struct sv segment = last_segment(op->path), id = op->operation_id, summary = op->summary, first_id = SV_NONE, first_summary = SV_NONE;
    if (!sv_eq(op->method, SV("POST")) || segment.len == 0 || segment.ptr[0] == '{') return NULL;
    if (names_two_deeds(segment) || names_two_deeds(op->operation_id)) return NULL;
    ignore_result(!next_word(&id, &first_id) || !next_word(&summary, &first_summary));
    for (const struct node *g = node_is(groups, NODE_ARRAY) ? groups->first : NULL; g != NULL; g = g->next) {
        bool login = node_get_bool(g, SV("login"), false);
        bool named = segment_is_in(g, segment) || (!login && (word_is_in(g, first_id) || word_is_in(g, first_summary)));
        if (named && (login || !creates(op))) return g;
    }
    return NULL;
}

bool reading_post_is_login(struct engine *e, const struct operation *op) {
    const struct node *g = group_of(e, op);
    return g != NULL && node_get_bool(g, SV("login"), false);
}

int reading_posts_mark(struct engine *e, struct error *err) {
    (void)err;
    for (size_t i = 0; i < e->api.operation_count && e->scan->mode == MODE_ACTIVE; i++) {
        struct operation *op = e->api.operations[i];
        bool described = (op->sources & SOURCE_SPEC) != 0;
        if (described && !op->read_only && group_of(e, op) != NULL && !operation_smells_of_harm(e->risky, op)) op->read_only = true;
    }
    return 0;
}
