// SPDX-License-Identifier: Apache-2.0
#include "checks/support/fetch_errors.h"

#define LOOKED_AT ((size_t)16 * 1024)

static unsigned kind_bit(struct sv kind) {
    if (sv_eq(kind, SV("dns")))
        return FETCH_ERROR_DNS;
    return sv_eq(kind, SV("refused")) ? FETCH_ERROR_REFUSED : FETCH_ERROR_LOST;
}

unsigned fetch_errors_in_text(const struct node *table, struct sv text) {
    const struct node *list = node_get(table, SV("texts"));
    unsigned bits = 0;
    text = sv_slice(text, 0, LOOKED_AT);
    for (const struct node *n = node_is(list, NODE_ARRAY) ? list->first : NULL; n != NULL; n = n->next) {
        const struct node *any = node_get(n, SV("any"));
        for (const struct node *t = node_is(any, NODE_ARRAY) ? any->first : NULL; t != NULL; t = t->next)
            if (sv_contains_nocase(text, t->text))
                bits |= kind_bit(node_get_text(n, SV("kind")));
    }
    return bits;
}

unsigned fetch_errors_in(const struct node *table, const struct exchange *x) {
    return exchange_answered(x) ? fetch_errors_in_text(table, x->response.body) : 0;
}
