// SPDX-License-Identifier: Apache-2.0
// The identities of a scan: their credentials, and what goes out with each probe.
#include "http/header.h"
#include "http/jwt.h"
#include "scan/engine_state.h"

int64_t engine_time(const struct engine *e) {
    return (int64_t)((e->options.started_realtime + e->last_seen) / USEC_PER_SEC);
}

// Read when the first token needs it: most scans have none.
static const struct jwt_secrets *dictionary_for(struct engine *e, const struct raw_credential *c) {
    auto_arena scratch = {0};
    arena_init(&scratch, (size_t)4 << 20);
    struct jwt t;
    if (jwt_parse(&scratch, c->secret, &t, NULL) != 0 || !sv_starts_with(t.algorithm, SV("HS"))) return NULL;
    if (e->jwt_secrets == NULL) ignore_result(jwt_secrets_new(&e->arena, engine_knowledge(e, SV("wordlists/jwt-secrets")), &e->jwt_secrets, NULL));
    return e->jwt_secrets;
}

// The class of the most sensitive value among the claims: a secret before a personal value.
static struct sv sensitive_claim(struct engine *e, const struct raw_credential *c) {
    auto_arena scratch = {0};
    arena_init(&scratch, (size_t)16 << 20);
    struct jwt t;
    struct match_list hits = {0};
    if (jwt_parse(&scratch, c->secret, &t, NULL) != 0) return SV_NONE;
    if (match_scan(e->patterns, e->scratch, &scratch, t.payload, 1U << PATTERN_SECRET | 1U << PATTERN_PERSONAL, &hits, NULL) != 0) return SV_NONE;
    const struct match *best = NULL;
    for (size_t i = 0; i < hits.len; i++) {
        const struct match *m = &hits.ptr[i];
        if (m->is_example) continue;
        bool better = best == NULL || (m->pattern->kind == PATTERN_SECRET && best->pattern->kind != PATTERN_SECRET) ||
                      (m->pattern->kind == best->pattern->kind && m->validated > best->validated);
        if (better) best = m;
    }
    return best != NULL ? best->pattern->id : SV_NONE; // lives as long as the patterns
}

int identity_learn_token(struct engine *e, struct identity *who, struct error *err) {
    struct raw_credential c = credential_find(&who->own);
    const struct jwt_secrets *dictionary = c.secret.len > 0 ? dictionary_for(e, &c) : NULL;
    int r = token_view_fill(&e->arena, &who->own, dictionary, engine_time(e), &who->view, err);
    if (r == 0 && who->view.is_jwt) who->view.sensitive = sensitive_claim(e, &c);
    if (r == 0 && sign_in_view(&e->arena, who->principal, &who->view) != 0) return error_nomem(err);
    return r;
}

static int hide_secrets(struct engine *e, const struct principal *p, struct error *err) {
    int r = 0;
    for (size_t h = 0; h < p->headers.len && r == 0; h++) r = redact_add_header(e->redactor, &p->headers.ptr[h], SV("identity"), err);
    if (r == 0 && p->query_value.len > 0) r = redact_add_secret(e->redactor, p->query_value, SV("identity"), err);
    for (size_t i = 0; i < p->secret_count && r == 0; i++) r = redact_add_secret(e->redactor, p->secrets[i], SV("identity"), err);
    return r;
}

int identities_open(struct engine *e, struct error *err) {
    const struct scan_options *o = e->scan;
    e->identity_count = o->identity_count + 1;
    e->labels = arena_new_array(&e->arena, struct principal, e->identity_count);
    e->identities = arena_new_array(&e->arena, struct identity, e->identity_count);
    if (e->labels == NULL || e->identities == NULL) return error_nomem(err);
    e->identities[0].principal = &e->labels[0];
    e->key_pair.seed = e->seed;
    for (size_t i = 1; i < e->identity_count; i++) {
        const struct principal *p = &o->identities[i - 1];
        struct identity *who = &e->identities[i];
        e->labels[i] = (struct principal){.name = p->name, .role = p->role, .tenant = p->tenant};
        *who = (struct identity){.principal = p};
        who->own = (struct credential_out){.query_name = p->query_name, .query_value = p->query_value, .certificate = p->certificate, .key = p->key};
        if (!header_copy_list(&e->arena, &p->headers, &who->own.headers)) return error_nomem(err);
        int r = hide_secrets(e, p, err);
        if (r == 0 && p->token != NULL) who->view = *p->token;
        else if (r == 0) r = identity_learn_token(e, who, err);
        if (r != 0) return r;
    }
    return 0;
}

static struct change_context context_of(struct engine *e, const struct identity *who, struct rng *rng) {
    return (struct change_context){.principal = who->principal, .view = &who->view, .rng = rng, .pair = &e->key_pair, .now = engine_time(e)};
}

const char *identity_prepare(struct engine *e, struct slot *s) {
    for (size_t i = 0; i < s->e.probe_count; i++) {
        struct probe *p = &s->e.probes[i];
        const struct identity *who = &e->identities[p->identity];
        if (p->credential.kind == CREDENTIAL_OWN) continue;
        const char *refusal = change_refusal(who->principal, &who->view, &p->credential);
        if (refusal != NULL) return refusal;
        if (s->plain == NULL) s->plain = arena_new_array(&s->e.arena, struct request, s->e.probe_count);
        if (s->plain == NULL) return "out of memory";
        struct request plain = p->request;
        struct change_context context = context_of(e, who, NULL);
        if (change_is_sign_in(&p->credential)) {
            refusal = sign_in_prepare(e, s, i, &plain);
            if (refusal != NULL) return refusal;
        } else if (change_show(&s->e.arena, &context, &p->credential, &plain, &p->request, NULL) != 0) return "out of memory";
        s->plain[i] = plain;
    }
    return NULL;
}

// Forged credentials are hidden like real ones: they may hold the claims of the real one. Of an emptied one only the scheme is left, a word like others.
static void hide_forged(struct engine *e, const struct credential_out *out, const struct credential_out *own) {
    for (size_t i = 0; i < out->headers.len; i++) {
        bool known = false;
        for (size_t k = 0; k < own->headers.len; k++) known = known || sv_eq(out->headers.ptr[i].value, own->headers.ptr[k].value);
        if (!known) ignore_result(redact_add_secret(e->redactor, out->headers.ptr[i].value, SV("identity"), NULL));
    }
    if (out->query_value.len > 0) ignore_result(redact_add_secret(e->redactor, out->query_value, SV("identity"), NULL));
}

void identity_outgoing(struct engine *e, struct slot *s, struct outgoing *ret) {
    static const struct credential_out none;
    const struct probe *p = &s->e.probes[s->sent];
    struct identity *who = &e->identities[p->identity];
    bool changed = p->credential.kind != CREDENTIAL_OWN;
    struct credential_out *out = arena_new(&s->e.arena, struct credential_out);
    ret->credential = &none;
    ret->plain = changed && s->plain != NULL ? &s->plain[s->sent] : &p->request;
    if (out == NULL) return;
    *out = who->own;
    if (s->owner == OWNER_LOGIN) { // without the token that it replaces
        out->headers = who->principal->headers;
        ret->plain = s->plain;
    }
    if (changed && who->principal->login != NULL && change_is_sign_in(&p->credential)) {
        out->headers = who->principal->headers;
    } else if (changed && who->own.headers.len + who->own.query_value.len > 0) {
        struct rng rng;
        rng_derive(&rng, e->seed, SV("credential"), ret->ticket);
        struct change_context context = context_of(e, who, &rng);
        if (p->credential.kind == CREDENTIAL_JWT && p->credential.jwt.signing == JWT_SIGN_RSA_OURS) ignore_result(jwt_pair_public(&e->key_pair, &e->arena).len);
        if (change_apply(&s->e.arena, &context, &who->own, &p->credential, out, NULL) != 0) return;
        if (p->credential.kind != CREDENTIAL_EMPTY) hide_forged(e, out, &who->own);
    }
    ret->credential = out;
    ret->identity_headers = &out->headers;
}
