// SPDX-License-Identifier: Apache-2.0
#include "scan/redact_state.h"

#include "base/buf.h"
#include "base/vec.h"
#include "http/header.h"
#include "http/jwt.h"
#include "match/validate.h"

// Requests are ours, so only what the user gave and what was learned from answers is masked in them, and whole
// credential headers.

#define PART_MIN   4
#define COOKIE_MIN 8

static const struct sv credential_headers[] = {
    SV_INIT("authorization"), SV_INIT("proxy-authorization"),
    SV_INIT("cookie"),        SV_INIT("x-api-key"),
    SV_INIT("api-key"),       SV_INIT("apikey"),
    SV_INIT("x-auth-token"),  SV_INIT("x-access-token"),
    SV_INIT("x-csrf-token"),  SV_INIT("x-xsrf-token"),
};
static const struct sv credential_words[] = {
    SV_INIT("token"),    SV_INIT("secret"),        SV_INIT("apikey"),     SV_INIT("api-key"),   SV_INIT("session"),
    SV_INIT("password"), SV_INIT("authorization"), SV_INIT("credential"), SV_INIT("signature"),
};

static bool is_credential_header(struct sv name) {
    for (size_t i = 0; i < sizeof credential_headers / sizeof *credential_headers; i++)
        if (sv_eq_nocase(name, credential_headers[i]))
            return true;
    for (size_t i = 0; i < sizeof credential_words / sizeof *credential_words; i++)
        if (sv_contains_nocase(name, credential_words[i]))
            return true;
    return false;
}

// "Bearer x" and its kind: the scheme is a word before one blank.
static struct sv without_scheme(struct sv value) {
    static const struct sv schemes[] = {SV_INIT("bearer "), SV_INIT("basic "),  SV_INIT("token "),
                                        SV_INIT("apikey "), SV_INIT("digest "), SV_INIT("negotiate "),
                                        SV_INIT("dpop "),   SV_INIT("ssws ")};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (sv_starts_with_nocase(value, schemes[i]))
            return sv_trim(sv_from_index(value, schemes[i].len));
    return value;
}

static int add_part(struct redactor *r, struct sv value, struct sv class_id, struct error *err) {
    if (value.len < PART_MIN)
        return 0;
    const struct vault_entry *entry = vault_enter(r, &r->own, class_id, value);
    if (entry == NULL)
        return error_nomem(err);
    // Entries that vault_enter made are ours to mark; const only protects them from the writers of views.
    struct vault_entry *own = map_find(&r->vault, entry->placeholder);
    if (own == NULL)
        return error_set(err, ERR_LIMIT, "the secrets of all identities take more than 4 MiB");
    return vault_mask(r, own) ? 0 : error_nomem(err);
}

static int add_cookies(struct redactor *r, struct sv value, struct sv class_id, struct error *err) {
    struct sv pair = SV_NONE;
    for (struct sv rest = value; sv_split(&rest, ';', &pair);) {
        size_t equals = sv_find_char(pair, '=');
        struct sv content = equals == SIZE_MAX ? SV_NONE : sv_trim(sv_from_index(pair, equals + 1));
        int code = content.len < COOKIE_MIN ? 0 : add_part(r, content, class_id, err);
        if (code < 0)
            return code;
    }
    return 0;
}

int redact_add_secret(struct redactor *r, struct sv value, struct sv class_id, struct error *err) {
    arena_clear(&r->work);
    struct sv text = sv_trim(value);
    struct sv secret = without_scheme(text);
    bool is_cookie = secret.len == text.len && sv_find_char(text, '=') != SIZE_MAX &&
                     (sv_find_char(text, ';') != SIZE_MAX || sv_find_char(text, '=') + 1 < text.len);
    int code = add_part(r, secret, class_id, err);
    if (code == 0 && is_cookie)
        code = add_cookies(r, text, class_id, err);
    if (code < 0 || !sv_starts_with_nocase(text, SV("basic ")))
        return code;
    struct sv pair = base64_decode(&r->work, secret);
    size_t colon = pair.ptr == NULL ? SIZE_MAX : sv_find_char(pair, ':');
    if (colon == SIZE_MAX)
        return 0;
    code = add_part(r, pair, class_id, err);
    return code < 0 ? code : add_part(r, sv_from_index(pair, colon + 1), class_id, err);
}

int redact_add_header(struct redactor *r, const struct header *header, struct sv class_id, struct error *err) {
    bool random = header->value.len >= 16 && validate_mixed(header->value) && entropy_shannon(header->value) >= 3.0;
    if (!is_credential_header(header->name) && !random)
        return 0;
    return redact_add_secret(r, header->value, class_id, err);
}

static int mask_text(struct redactor *r, struct arena *a, struct sv text, struct sv *ret, struct error *err) {
    struct span_list spans = {0};
    if (text.ptr == NULL) {
        *ret = SV_NONE;
        return 0;
    }
    int code = redact_find_spans(r, text, /* patterns= */ false, &spans, err);
    if (code < 0)
        return code;
    auto_buf b = BUF_INIT(text.len + spans.len * PLACEHOLDER_MAX + 1);
    size_t at = 0;
    VEC_EACH(struct span, span, &spans) {
        const struct vault_entry *entry = span->known;
        if (entry == NULL)
            entry = vault_enter(r, a, SV("secret"), sv_slice(text, span->begin, span->end));
        if (entry == NULL)
            return error_nomem(err);
        buf_add(&b, sv_slice(text, at, span->begin));
        buf_add(&b, entry->placeholder);
        at = span->end;
    }
    buf_add(&b, sv_from_index(text, at));
    *ret = buf_failed(&b) ? SV_NONE : arena_copy_sv(a, buf_sv(&b));
    return ret->ptr == NULL ? error_nomem(err) : 0;
}

static int mask_credential(struct redactor *r, struct arena *a, struct sv value, struct sv *ret, struct error *err) {
    struct sv secret = without_scheme(value);
    if (secret.len == 0 || redact_is_allowed(r, value) || placeholder_at(secret, 0) == secret.len)
        return mask_text(r, a, value, ret, err);
    struct sv masked = SV_NONE;
    int code = mask_text(r, a, value, &masked, err);
    if (code < 0)
        return code;
    struct sv scheme = sv_slice(value, 0, value.len - secret.len);
    struct sv rest = sv_from_index(masked, scheme.len);
    if (placeholder_at(rest, 0) == rest.len) { // a registered secret: its own class says whose it is
        *ret = masked;
        return 0;
    }
    const struct vault_entry *entry = vault_enter(r, a, SV("credential"), secret);
    if (entry == NULL)
        return error_nomem(err);
    *ret = arena_printf(a, SV_FMT SV_FMT, SV_ARG(scheme), SV_ARG(entry->placeholder));
    return ret->ptr == NULL ? error_nomem(err) : 0;
}

int redact_request(struct redactor *r, struct arena *a, const struct request *raw, struct request *ret_view,
                   struct error *err) {
    arena_clear(&r->work);
    struct request view = *raw;
    view.headers = (struct header_list){0};
    int code = mask_text(r, a, raw->target, &view.target, err);
    if (code == 0)
        code = mask_text(r, a, raw->body, &view.body, err);
    for (size_t i = 0; i < raw->headers.len && code == 0; i++) {
        const struct header *h = &raw->headers.ptr[i];
        struct sv value = SV_NONE;
        code = is_credential_header(h->name) ? mask_credential(r, a, h->value, &value, err)
                                             : mask_text(r, a, h->value, &value, err);
        if (code == 0 && !header_add(a, &view.headers, arena_copy_sv(a, h->name), value))
            return error_nomem(err);
    }
    if (code == 0)
        *ret_view = view;
    return code;
}
