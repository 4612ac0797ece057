// SPDX-License-Identifier: Apache-2.0
#include "checks/support/published_keys.h"

#include "http/jwk.h"

enum { PLACES_MAX = 20 };

static void keep(struct check_run *run, struct published_keys *keys, struct sv text) {
    if (text.ptr == NULL || keys->count >= PUBLISHED_KEYS_MAX) return;
    for (size_t i = 0; i < keys->count; i++) {
        if (sv_eq(keys->texts[i], text)) return;
    }
    struct sv copy = arena_copy_sv(check_arena(run), text);
    if (copy.ptr != NULL) keys->texts[keys->count++] = copy;
}

// As files hold it, with the line end, and as careful readers trim it.
static void keep_pem(struct check_run *run, struct published_keys *keys, struct sv pem) {
    auto_arena a = {.limit = (size_t)1 << 20};
    struct sv trimmed = sv_trim(pem), line = trimmed.len == 0 ? SV_NONE : arena_printf(&a, SV_FMT "\n", SV_ARG(trimmed));
    keep(run, keys, line);
    if (trimmed.len > 0) keep(run, keys, trimmed);
}

static void keep_key(struct check_run *run, struct published_keys *keys, const struct jwk *key) {
    auto_arena a = {.limit = (size_t)1 << 20};
    keep_pem(run, keys, jwk_pem(&a, key, JWK_SPKI));
    keep(run, keys, jwk_pem(&a, key, JWK_PKCS1));
}

static void read_set(struct check_run *run, struct published_keys *keys, struct sv key_id, struct sv body) {
    auto_arena a = {.limit = (size_t)4 << 20};
    struct jwk found[JWK_KEYS_MAX];
    size_t count = 0;
    if (jwk_read(&a, body, found, JWK_KEYS_MAX, &count, NULL) != 0) return;
    // The one that the token names comes first.
    for (int named = 1; named >= 0; named--) {
        for (size_t i = 0; i < count; i++) {
            bool is_named = key_id.len > 0 && sv_eq(found[i].kid, key_id);
            if (is_named == (named == 1)) keep_key(run, keys, &found[i]);
        }
    }
}

static void read_answer(struct check_run *run, struct published_keys *keys, struct sv key_id, const struct exchange *x) {
    if (!exchange_answered(x) || x->response.status != 200) return;
    struct sv body = x->response.body;
    if (sv_contains(body, SV("\"kty\""))) read_set(run, keys, key_id, body);
    if (!sv_contains(body, SV("PUBLIC KEY-----"))) return;
    auto_arena a = {.limit = (size_t)4 << 20};
    keep_pem(run, keys, pem_find_public_key(&a, body));
}

static bool ask(struct check_run *run, struct experiment *e, struct sv target) {
    const struct request rq = {.method = SV("GET"), .target = target};
    return check_probe(run, e, ROLE_PROBE, 0, &rq) != NULL;
}

bool published_keys_seek(struct check_run *run, struct published_keys *keys, struct sv key_id, uint32_t tag) {
    const struct api *api = check_api(run);
    for (size_t i = 0; i < api->operation_count; i++) {
        for (size_t who = 0; who < 2 && who < check_identity_count(run); who++)
            read_answer(run, keys, key_id, check_baseline(run, api->operations[i], who)->answer);
    }
    if (keys->count > 0) return true;
    const struct node *table = check_knowledge(run, "wordlists/auth-keys"), *paths = node_get(table, SV("paths"));
    struct experiment *e = paths == NULL ? NULL : check_experiment(run, NULL, tag);
    int64_t most = 0;
    if (e == NULL || node_to_i64(node_get(table, SV("most")), &most) != 0) return true;
    e->value = 24;
    size_t asked = 0;
    for (const struct node *n = paths->first; n != NULL && asked < PLACES_MAX && asked < (size_t)most; n = n->next, asked++) {
        if (!ask(run, e, node_get_text(n, SV("path")))) return true;
    }
    return !check_submit(run, e);
}

// Where the discovery document says that the keys are, when that is on this server.
static struct sv announced(struct check_run *run, struct arena *a, const struct exchange *x) {
    struct node *root;
    struct url u;
    if (!exchange_answered(x) || x->response.status != 200 || !sv_contains(x->response.body, SV("jwks_uri"))) return SV_NONE;
    if (node_parse_json(a, x->response.body, &node_limits_response, &root, NULL) != 0) return SV_NONE;
    struct sv text = node_get_text(root, SV("jwks_uri"));
    if (text.len == 0 || url_resolve(a, check_target(run), text, &u, NULL) != 0 || !url_same_origin(&u, check_target(run))) return SV_NONE;
    return url_target(a, &u);
}

bool published_keys_read(struct check_run *run, struct published_keys *keys, struct sv key_id, const struct experiment *e) {
    for (size_t i = 0; i < e->probe_count; i++) read_answer(run, keys, key_id, e->exchanges[i]);
    if (keys->count > 0 || keys->round++ > 0) return true;
    struct experiment *next = check_experiment(run, NULL, e->tag);
    if (next == NULL) return true;
    for (size_t i = 0; i < e->probe_count && next->probe_count < 2; i++) {
        struct sv target = announced(run, &next->arena, e->exchanges[i]);
        if (target.len > 0 && !ask(run, next, target)) return true;
    }
    next->value = 24;
    return next->probe_count == 0 || !check_submit(run, next);
}
