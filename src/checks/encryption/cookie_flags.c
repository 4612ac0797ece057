// SPDX-License-Identifier: Apache-2.0
// Flags of cookies that carry a session or a token (RFC 6265). Other cookies (language, theme, consent) are nobody's secret and left alone.
#include "checks/support/passive.h"
#include "http/header.h"
#include "match/validate.h"

enum { COOKIES_PER_ANSWER = 20, TOKEN_LENGTH = 16 };
#define TOKEN_ENTROPY 3.0 // bits per byte; words and numbers stay under it

// Words of cookie names that frameworks and people use for sessions and tokens.
static bool name_is_session(struct sv name) {
    static const struct sv words[] = {SV_INIT("sess"), SV_INIT("sid"), SV_INIT("auth"), SV_INIT("token"), SV_INIT("jwt"), SV_INIT("login"),
                                      SV_INIT("remember"), SV_INIT("connect."), SV_INIT("identity"), SV_INIT("credential")};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (sv_contains_nocase(name, words[i])) return true;
    }
    return false;
}

// Scripts must read these: what they carry is to be sent back in a header (double submit), and opens nothing by itself.
static bool name_is_double_submit(struct sv name) {
    return sv_contains_nocase(name, SV("csrf")) || sv_contains_nocase(name, SV("xsrf"));
}

// The redaction pass has replaced real tokens by placeholders already; other values are judged by their randomness.
static bool value_is_token(struct sv value) {
    if (sv_starts_with(value, SV("{{"))) return true;
    return value.len >= TOKEN_LENGTH && sv_find_char(value, ' ') == SIZE_MAX && entropy_shannon(value) >= TOKEN_ENTROPY;
}

static int report(struct check_run *run, const struct exchange *x, struct sv name, struct sv cause, enum impact impact, struct sv title, struct sv reason,
                  struct error *err) {
    const struct evidence_item evidence = {.role = EVIDENCE_PROBE, .exchange = x};
    const struct finding_effect effects[] = {{.category = CATEGORY_AUTHENTICATION, .cwe = 614}};
    struct finding f = {
        .category = CATEGORY_ENCRYPTION,
        .cause = cause,
        .scope = SCOPE_HOST,
        .scope_key = name,
        .impact = impact,
        .who = WHO_ANYONE,
        .confidence = CONFIDENCE_CONFIRMED,
        .title = title,
        .reason = reason,
        .evidence = &evidence,
        .evidence_count = 1,
        .effects = effects,
        .effect_count = 1,
        .operation = x->operation,
    };
    if (x->operation != NULL) {
        f.method = x->operation->method;
        f.path = x->operation->path;
    }
    return check_report(run, &f, err);
}

// One finding a cookie, with all that is wrong with it: they are set in one line of code.
static int judge_cookie(struct check_run *run, const struct exchange *x, const struct set_cookie *c, struct error *err) {
    bool lacks_secure = !c->secure && !sv_starts_with(c->name, SV("__Host-")) && !sv_starts_with(c->name, SV("__Secure-"));
    bool lacks_http_only = !c->http_only;
    bool lacks_same_site = c->same_site.len == 0 || (sv_eq_nocase(c->same_site, SV("None")) && !c->secure);
    if (!lacks_secure && !lacks_http_only) return 0; // SameSite alone: browsers default to Lax
    struct sv reason = arena_printf(check_arena(run), "the session cookie " SV_FMT " is set without%s%s%s", SV_ARG(sv_slice(c->name, 0, 60)),
                                    lacks_secure ? " Secure" : "", lacks_http_only ? " HttpOnly" : "", lacks_same_site ? " SameSite" : "");
    if (reason.ptr == NULL) return error_nomem(err);
    return report(run, x, c->name, lacks_secure ? SV("cookie-secure") : SV("cookie-script"), IMPACT_HARDENING,
                  lacks_secure ? SV("A session cookie may travel over plain HTTP") : SV("A session cookie can be read by scripts"), reason, err);
}

static int observe(struct check_run *run, const struct exchange *x, struct error *err) {
    if (!exchange_answered(x) || x->request.origin != 0) return 0;
    for (size_t i = 0; i < COOKIES_PER_ANSWER; i++) {
        struct sv line = header_find_nth(&x->response.headers, SV("Set-Cookie"), i);
        struct set_cookie c;
        if (line.ptr == NULL) return 0;
        if (!set_cookie_parse(line, &c) || c.expired || c.value.len == 0) continue;
        if (name_is_double_submit(c.name)) continue;
        if (!name_is_session(c.name) && !value_is_token(c.value)) continue;
        int r = judge_cookie(run, x, &c, err);
        if (r != 0) return r;
    }
    return 0;
}

const struct check check_cookie_flags = {
    .id = "cookie-flags",
    .title = "Flags of session cookies",
    .category = CATEGORY_ENCRYPTION,
    .owasp = "API8:2023",
    .cwe = 614,
    .traits = CHECK_PASSIVE | CHECK_READ_ONLY,
    .observe = observe,
};
