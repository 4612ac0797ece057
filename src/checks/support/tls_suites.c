// SPDX-License-Identifier: Apache-2.0
#include "checks/support/tls_suites.h"

static uint16_t number_of(const struct node *n, struct sv key) {
    int64_t value = 0;
    return node_to_i64(node_get(n, key), &value) == 0 && value > 0 && value <= UINT16_MAX ? (uint16_t)value : 0;
}

static const struct node *entry_of(const struct node *list, struct sv id) {
    for (const struct node *n = list->first; n != NULL; n = n->next) {
        if (sv_eq(node_get_text(n, SV("id")), id)) return n;
    }
    return NULL;
}

static bool has_text(const struct node *list, struct sv text) {
    for (const struct node *n = node_is(list, NODE_ARRAY) ? list->first : NULL; n != NULL; n = n->next) {
        if (sv_eq(n->text, text)) return true;
    }
    return false;
}

static bool read_suite(const struct node *n, const struct node *classes, const struct node *intermediate, struct tls_suite *ret) {
    static const struct sv modes[] = {SV_INIT("aead"), SV_INIT("cbc"), SV_INIT("stream"), SV_INIT("none")};
    struct sv exchange = node_get_text(n, SV("exchange")), mode = node_get_text(n, SV("mode")), weak = node_get_text(n, SV("weak"));
    *ret = (struct tls_suite){.number = number_of(n, SV("id")), .name = node_get_text(n, SV("name"))};
    ret->finite = sv_eq(exchange, SV("dhe"));
    ret->curve = sv_eq(exchange, SV("ecdhe"));
    ret->modern = sv_eq(exchange, SV("tls13"));
    ret->forward = ret->finite || ret->curve || ret->modern;
    ret->weak = weak.len > 0 ? entry_of(classes, weak) : NULL;
    ret->intermediate = has_text(intermediate, ret->name);
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (!sv_eq(mode, modes[i])) continue;
        ret->mode = (enum tls_mode)i;
        return ret->number != 0 && ret->name.len > 0 && (weak.len == 0 || ret->weak != NULL);
    }
    return false;
}

int tls_suites_load(struct check_run *run, struct tls_suites *ret, struct error *err) {
    const struct node *suites = check_knowledge(run, "tls-suites"), *profiles = node_get(check_knowledge(run, "tls-profiles"), SV("profiles"));
    const struct node *list = node_get(suites, SV("suites")), *classes = node_get(suites, SV("classes"));
    ret->weak_groups = node_get(suites, SV("weak_groups"));
    ret->profiles = profiles;
    const struct node *intermediate = node_is(profiles, NODE_ARRAY) ? entry_of(profiles, SV("intermediate")) : NULL;
    if (!node_is(list, NODE_ARRAY) || !node_is(classes, NODE_ARRAY) || !node_is(ret->weak_groups, NODE_ARRAY) || intermediate == NULL || list->count > TLS_SUITES_MAX)
        return error_set(err, ERR_NOT_FOUND, "data/tls-suites.yaml and data/tls-profiles.yaml have not the shape that the check needs");
    ret->ptr = arena_new_array(check_arena(run), struct tls_suite, list->count);
    if (ret->ptr == NULL) return error_nomem(err);
    for (const struct node *n = list->first; n != NULL; n = n->next) {
        if (!read_suite(n, classes, node_get(intermediate, SV("suites")), &ret->ptr[ret->len++]))
            return error_set(err, ERR_NOT_FOUND, "data/tls-suites.yaml: suite %zu lacks something", ret->len);
    }
    return 0;
}

const struct tls_suite *tls_suite_find(const struct tls_suites *t, uint16_t number) {
    for (size_t i = 0; i < t->len; i++) {
        if (t->ptr[i].number == number) return &t->ptr[i];
    }
    return NULL;
}

struct sv tls_suite_name(struct arena *a, const struct tls_suites *t, uint16_t number) {
    const struct tls_suite *s = tls_suite_find(t, number);
    return s != NULL ? s->name : arena_printf(a, "0x%04x", (unsigned)number);
}

static bool is_picked(const struct tls_suite *s, enum tls_pick pick) {
    switch (pick) {
    case TLS_PICK_MODERN:
        return s->modern;
    case TLS_PICK_ALL:
        return !s->modern;
    case TLS_PICK_WEAK:
        return s->weak != NULL;
    case TLS_PICK_STRONG:
        return !s->modern && s->forward && s->mode == TLS_MODE_AEAD && s->weak == NULL;
    case TLS_PICK_FORWARD:
        return !s->modern && s->forward && s->weak == NULL;
    case TLS_PICK_OUTSIDE:
        return !s->modern && s->weak == NULL && !s->intermediate;
    case TLS_PICK_FINITE:
        return s->finite && s->weak == NULL;
    case TLS_PICK_CURVE:
        return s->curve && s->weak == NULL;
    }
    return false;
}

static bool is_in(const uint16_t *list, size_t count, uint16_t number) {
    for (size_t i = 0; i < count; i++) {
        if (list[i] == number) return true;
    }
    return false;
}

// Good ones first, as a client of today has them: what a server takes then is its own choice, not ours.
static unsigned rank_of(const struct tls_suite *s) {
    if (s->weak != NULL) return 3;
    if (!s->forward) return 2;
    return s->mode == TLS_MODE_AEAD ? 0 : 1;
}

size_t tls_suites_pick(const struct tls_suites *t, enum tls_pick pick, const uint16_t *without, size_t without_count, uint16_t *ret) {
    size_t count = 0;
    for (unsigned rank = 0; rank < 4; rank++) {
        for (size_t i = 0; i < t->len && count < TLS_SUITES_MAX; i++) {
            const struct tls_suite *s = &t->ptr[i];
            if (rank_of(s) == rank && is_picked(s, pick) && !is_in(without, without_count, s->number)) ret[count++] = s->number;
        }
    }
    return count;
}

size_t tls_weak_groups(const struct tls_suites *t, uint16_t *ret) {
    size_t count = 0;
    for (const struct node *n = t->weak_groups->first; n != NULL && count < TLS_GROUPS_MAX; n = n->next) ret[count++] = number_of(n, SV("id"));
    return count;
}

struct sv tls_group_name(struct arena *a, const struct tls_suites *t, uint16_t number) {
    for (const struct node *n = t->weak_groups->first; n != NULL; n = n->next) {
        if (number_of(n, SV("id")) == number) return node_get_text(n, SV("name"));
    }
    return arena_printf(a, "group %u", (unsigned)number);
}

static bool profile_has(const struct tls_suites *t, const struct node *profile, uint16_t lowest, const uint16_t *suites, size_t count, unsigned dh_bits) {
    if (lowest < number_of(profile, SV("lowest")) || (dh_bits != 0 && dh_bits < number_of(profile, SV("dh_bits")))) return false;
    for (size_t i = 0; i < count; i++) {
        const struct tls_suite *s = tls_suite_find(t, suites[i]);
        if (s == NULL || (!s->modern && !has_text(node_get(profile, SV("suites")), s->name))) return false;
    }
    return true;
}

struct sv tls_profile_met(const struct tls_suites *t, uint16_t lowest, const uint16_t *suites, size_t count, unsigned dh_bits) {
    for (const struct node *n = t->profiles->first; n != NULL; n = n->next) {
        if (profile_has(t, n, lowest, suites, count, dh_bits)) return node_get_text(n, SV("id"));
    }
    return SV_NONE;
}
