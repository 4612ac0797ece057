// SPDX-License-Identifier: Apache-2.0
#include "evidence/natural_key.h"

#include "evidence/entity.h"
#include "evidence/entity_internal.h"

enum { ITEMS_MAX = 24, MEMBERS_MAX = 12, VALUE_LENGTH = 48 };

static bool is_date(struct sv v) {
    return v.len >= 10 && sv_is_digits(sv_slice(v, 0, 4)) && v.ptr[4] == '-' && sv_is_digits(sv_slice(v, 5, 7));
}

// One word that can stand in a path: no address, date, number with a fraction or placeholder.
static bool is_word(const struct node *n) {
    if (n == NULL || n->text.len == 0 || n->text.len > VALUE_LENGTH)
        return false;
    if (n->kind == NODE_NUMBER)
        return sv_is_digits(n->text);
    if (n->kind != NODE_STRING || is_date(n->text))
        return false;
    for (size_t i = 0; i < n->text.len; i++) {
        unsigned char c = (unsigned char)n->text.ptr[i];
        if (c <= ' ' || c >= 0x7f || memchr("/\\@:?#&{}<>\"'", c, 14) != NULL)
            return false;
    }
    return true;
}

static bool tells_apart(const struct node *list, struct sv key) {
    struct sv seen[ITEMS_MAX];
    size_t n = 0;
    for (const struct node *item = list->first; item != NULL && n < ITEMS_MAX; item = item->next) {
        const struct node *m = node_get(item, key);
        if (!is_word(m))
            return false;
        for (size_t i = 0; i < n; i++)
            if (sv_eq(seen[i], m->text))
                return false;
        seen[n++] = m->text;
    }
    return n > 1;
}

static bool is_id_key(struct sv key) {
    struct entity_name entity;
    return sv_eq(key, SV("_id")) || (entity_key_split(key, &entity) && entity.len == 0);
}

// How much a member looks like an identifier; 0: not at all.
static unsigned rank_of(const struct node *m, bool first) {
    bool named = sv_ends_with_nocase(m->key, SV("id"));
    if (m->kind == NODE_NUMBER)
        return named || first ? 2 : 0; // a number further behind is a quantity
    if (id_shape_of(m->text) == ID_UUID)
        return 6;
    bool digit = false;
    for (size_t i = 0; i < m->text.len; i++)
        digit = digit || (m->text.ptr[i] >= '0' && m->text.ptr[i] <= '9');
    return named ? 5 : digit ? 4 : 3;
}

struct sv natural_key(const struct node *list) {
    const struct node *item = node_is(list, NODE_ARRAY) ? list->first : NULL;
    struct sv best = SV_NONE;
    unsigned best_rank = 0;
    size_t n = 0;
    if (!node_is(item, NODE_OBJECT))
        return SV_NONE;
    for (const struct node *m = item->first; m != NULL; m = m->next)
        if (is_id_key(m->key))
            return SV_NONE;
    for (const struct node *m = item->first; m != NULL && n < MEMBERS_MAX; m = m->next, n++) {
        unsigned rank = tells_apart(list, m->key) ? rank_of(m, n == 0) : 0;
        if (rank > best_rank) {
            best = m->key;
            best_rank = rank;
        }
    }
    return best;
}
