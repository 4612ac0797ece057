// SPDX-License-Identifier: Apache-2.0
// What of an identity's headers is the credential, and what may be said of it without showing it.
#include "data/node.h"
#include "http/header.h"
#include "http/jwt.h"
#include "scan/identity/identity.h"

enum { CLAIMS_MAX = 64 };

static const struct sv schemes[] = {SV_INIT("Bearer"), SV_INIT("Basic"), SV_INIT("Token"), SV_INIT("ApiKey"), SV_INIT("DPoP"), SV_INIT("SSWS"), SV_INIT("JWT")};
static const struct sv usual_names[] = {SV_INIT("Authorization"), SV_INIT("X-Api-Key"), SV_INIT("Api-Key"), SV_INIT("X-Auth-Token"), SV_INIT("X-Access-Token"),
                                        SV_INIT("X-Session-Token"), SV_INIT("Cookie")};
static const struct sv words[] = {SV_INIT("token"), SV_INIT("key"), SV_INIT("secret"), SV_INIT("auth"), SV_INIT("session")};

static size_t index_of(const struct header_list *list, struct sv name) {
    for (size_t i = 0; i < list->len; i++) {
        if (sv_eq_nocase(list->ptr[i].name, name)) return i;
    }
    return SIZE_MAX;
}

// The header that most probably carries the credential.
static size_t choose_header(const struct header_list *list) {
    for (size_t i = 0; i < sizeof usual_names / sizeof usual_names[0]; i++) {
        size_t at = index_of(list, usual_names[i]);
        if (at != SIZE_MAX) return at;
    }
    for (size_t i = 0; i < list->len; i++) {
        for (size_t w = 0; w < sizeof words / sizeof words[0]; w++) {
            if (sv_contains_nocase(list->ptr[i].name, words[w])) return i;
        }
    }
    return list->len > 0 ? 0 : SIZE_MAX;
}

bool credential_is_carried_by(struct sv header) {
    for (size_t i = 0; i < sizeof usual_names / sizeof usual_names[0]; i++) {
        if (sv_eq_nocase(header, usual_names[i])) return true;
    }
    for (size_t w = 0; w < sizeof words / sizeof words[0]; w++) {
        if (sv_contains_nocase(header, words[w])) return true;
    }
    return false;
}

// Of several cookies the longest is the session.
static struct raw_credential take_cookie(const struct header *h, size_t index) {
    struct raw_credential c = {.carrier = CARRIER_COOKIE, .index = index};
    struct sv rest = h->value, pair;
    while (rest.ptr != NULL && sv_split(&rest, ';', &pair)) {
        size_t equals = sv_find_char(pair, '=');
        struct sv value = equals == SIZE_MAX ? SV_NONE : sv_trim(sv_from_index(pair, equals + 1));
        if (value.len <= c.secret.len && c.name.ptr != NULL) continue;
        c.name = sv_trim(sv_slice(pair, 0, equals == SIZE_MAX ? pair.len : equals));
        c.secret = value;
    }
    return c;
}

struct raw_credential credential_find(const struct credential_out *own) {
    size_t at = choose_header(&own->headers);
    if (own->query_name.len > 0 && (at == SIZE_MAX || !sv_eq_nocase(own->headers.ptr[at].name, SV("Authorization"))))
        return (struct raw_credential){.carrier = CARRIER_QUERY, .name = own->query_name, .secret = own->query_value, .index = SIZE_MAX};
    if (at == SIZE_MAX) return (struct raw_credential){.carrier = own->certificate != NULL ? CARRIER_CERTIFICATE : CARRIER_NONE, .index = SIZE_MAX};
    const struct header *h = &own->headers.ptr[at];
    if (sv_eq_nocase(h->name, SV("Cookie"))) return take_cookie(h, at);
    struct raw_credential c = {.carrier = CARRIER_HEADER, .name = h->name, .secret = h->value, .index = at};
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        struct sv s = schemes[i];
        if (!sv_starts_with_nocase(h->value, s) || h->value.len <= s.len + 1 || h->value.ptr[s.len] != ' ') continue;
        c.scheme = sv_slice(h->value, 0, s.len);
        c.secret = sv_trim(sv_from_index(h->value, s.len));
    }
    return c;
}

static struct sv text_member(struct arena *a, const struct node *object, struct sv name) {
    struct sv text = node_get_text(object, name);
    return text.ptr != NULL ? arena_copy_sv(a, text) : SV_NONE;
}

static bool is_claim(const struct node *payload, const char *name) {
    return node_get(payload, sv_from(name)) != NULL;
}

static int fill_claims(struct arena *a, const struct node *payload, struct token_view *v) {
    size_t count = payload->count < CLAIMS_MAX ? payload->count : CLAIMS_MAX;
    v->claims = arena_new_array(a, struct sv, count + 1);
    if (v->claims == NULL) return -ENOMEM;
    for (const struct node *m = payload->first; m != NULL && v->claim_count < count; m = m->next) {
        v->claims[v->claim_count] = arena_copy_sv(a, m->key);
        if (v->claims[v->claim_count++].ptr == NULL) return -ENOMEM;
    }
    v->has_exp = is_claim(payload, "exp");
    v->has_iat = is_claim(payload, "iat");
    v->has_nbf = is_claim(payload, "nbf");
    v->has_aud = is_claim(payload, "aud");
    v->has_iss = is_claim(payload, "iss");
    return 0;
}

static int fill_jwt(struct arena *a, struct sv token, const struct jwt_secrets *dictionary, int64_t now, struct token_view *v) {
    auto_arena scratch = {0};
    arena_init(&scratch, (size_t)8 << 20);
    struct jwt t;
    struct node *header, *payload;
    if (jwt_parse(&scratch, token, &t, NULL) != 0) return 0;
    if (node_parse_json(&scratch, t.header, &node_limits_response, &header, NULL) != 0 ||
        node_parse_json(&scratch, t.payload, &node_limits_response, &payload, NULL) != 0)
        return 0;
    v->is_jwt = true;
    v->algorithm = text_member(a, header, SV("alg"));
    v->key_id = text_member(a, header, SV("kid"));
    v->jku = text_member(a, header, SV("jku"));
    v->x5u = text_member(a, header, SV("x5u"));
    if (fill_claims(a, payload, v) != 0) return -ENOMEM;
    if (t.has_exp && t.has_iat) v->life = t.exp - t.iat;
    v->expired_at_start = t.has_exp && t.exp <= now;
    struct sv word;
    if (dictionary == NULL || !jwt_secrets_try(dictionary, &scratch, token, &word)) return 0;
    v->dictionary_tried = true;
    v->secret_is_weak = word.ptr != NULL;
    v->weak_secret = word.ptr != NULL ? arena_copy_sv(a, word) : SV_NONE;
    return 0;
}

int token_view_fill(struct arena *a, const struct credential_out *own, const struct jwt_secrets *dictionary, int64_t now, struct token_view *ret,
                    struct error *err) {
    struct raw_credential c = credential_find(own);
    *ret = (struct token_view){.carrier = c.carrier};
    if (c.name.len > 0) ret->name = arena_copy_sv(a, c.name);
    if (c.scheme.len > 0) ret->scheme = arena_copy_sv(a, c.scheme);
    return c.secret.len == 0 || fill_jwt(a, c.secret, dictionary, now, ret) == 0 ? 0 : error_nomem(err);
}
