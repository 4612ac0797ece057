// SPDX-License-Identifier: Apache-2.0
// What the chain of the one whole handshake says: is it valid for this name and time, and strong?
#include "base/buf.h"
#include "checks/support/tls_audit.h"

enum { RSA_GOOD = 2048, RSA_SHORT = 1024, CURVE_GOOD = 224, EXPIRED = 10, NOT_YET = 9 };
#define DAY INT64_C(86400)
#define SOON (14 * DAY)

static int64_t number_of(const struct node *n, struct sv key) {
    int64_t value = 0;
    return node_to_i64(node_get(n, key), &value) == 0 ? value : 0;
}

// Names that no public authority signs and addresses that nobody else can reach.
static bool is_near(const struct check_run *run) {
    static const struct sv ends[] = {SV_INIT(".localhost"), SV_INIT(".local"), SV_INIT(".internal"), SV_INIT(".test"), SV_INIT(".lan"), SV_INIT(".home.arpa")};
    struct sv host = check_target(run)->host;
    enum address_class class = address_classify(host);
    if (class == ADDRESS_LOOPBACK || class == ADDRESS_PRIVATE || class == ADDRESS_LINK_LOCAL) return true;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        if (sv_ends_with_nocase(host, ends[i])) return true;
    }
    return sv_find_char(host, '.') == SIZE_MAX && sv_find_char(host, ':') == SIZE_MAX;
}

static void add(struct buf *b, struct sv text) {
    buf_add(b, b->len == 0 ? SV("") : SV("; "));
    buf_add(b, text);
}

static bool has_expired(const struct node *leaf) {
    return node_is(node_get(leaf, SV("ends_in")), NODE_NUMBER) && number_of(leaf, SV("ends_in")) <= 0;
}

static bool is_early(const struct node *leaf) {
    return number_of(leaf, SV("starts_in")) > 0;
}

// An error of the chain that is not said by the dates already.
static bool chain_fails(const struct node *root, const struct node *leaf) {
    int64_t code = number_of(root, SV("verify_code"));
    return code != 0 && (code != EXPIRED || !has_expired(leaf)) && (code != NOT_YET || !is_early(leaf));
}

static void describe(struct check_run *run, const struct node *root, const struct node *leaf, struct buf *why) {
    struct arena *a = check_arena(run);
    const char *own = node_get_bool(leaf, SV("self_signed"), false) ? "self-signed: " : "";
    if (has_expired(leaf)) add(why, arena_printf(a, "it expired on " SV_FMT, SV_ARG(node_get_text(leaf, SV("not_after")))));
    if (is_early(leaf)) add(why, arena_printf(a, "it is not valid before " SV_FMT, SV_ARG(node_get_text(leaf, SV("not_before")))));
    if (!node_get_bool(root, SV("name_matches"), true)) add(why, arena_printf(a, "it is not for the name " SV_FMT, SV_ARG(check_target(run)->host)));
    if (chain_fails(root, leaf))
        add(why, arena_printf(a, "its chain leads to no authority that is trusted here (%s" SV_FMT ")", own, SV_ARG(node_get_text(root, SV("verify")))));
}

static int report_validity(struct check_run *run, const struct exchange *x, const struct node *root, const struct node *leaf, struct error *err) {
    auto_buf why = BUF_INIT(2000);
    describe(run, root, leaf, &why);
    if (why.len == 0) return 0;
    bool near = is_near(run), dates = has_expired(leaf) || is_early(leaf);
    struct finding f = {
        .cause = SV("certificate-not-valid"),
        .impact = !near ? IMPACT_PERSONAL : dates ? IMPACT_HARDENING : IMPACT_NOTE,
        .who = near ? WHO_ANYONE : WHO_LUCK,
        .confidence = CONFIDENCE_CONFIRMED,
        .title = near && !dates ? SV("The certificate is not one that clients trust by themselves") : SV("The certificate is not valid"),
        .reason = arena_printf(check_arena(run), "the certificate of the service: " SV_FMT, SV_ARG(buf_sv(&why))),
        .cwe = {295, 298},
    };
    return f.reason.ptr == NULL ? error_nomem(err) : tls_tell(run, &x, 1, &f, err);
}

static bool is_curve(struct sv type) {
    return sv_eq(type, SV("EC"));
}

// Bits short of what is good, for RSA, DSA and curves of choice; Ed25519 and its like have one strength.
static bool key_is_small(const struct node *certificate, bool *ret_broken) {
    struct sv type = node_get_text(certificate, SV("key_type"));
    int64_t bits = number_of(certificate, SV("key_bits"));
    bool finite = sv_starts_with(type, SV("RSA")) || sv_eq(type, SV("DSA"));
    if (bits <= 0 || (!finite && !is_curve(type))) return false;
    *ret_broken = *ret_broken || (finite ? bits < RSA_SHORT : bits < CURVE_GOOD - 64);
    return bits < (finite ? RSA_GOOD : CURVE_GOOD);
}

// A signature that a root or a lone certificate gives itself proves nothing anyway.
static bool digest_is_weak(const struct node *certificate, bool *ret_broken) {
    struct sv digest = node_get_text(certificate, SV("digest"));
    if (node_get_bool(certificate, SV("self_signed"), false)) return false;
    bool md = sv_eq_nocase(digest, SV("MD5")) || sv_eq_nocase(digest, SV("MD4")) || sv_eq_nocase(digest, SV("MD2"));
    *ret_broken = *ret_broken || md;
    return md || sv_eq_nocase(digest, SV("SHA1"));
}

static int report_strength(struct check_run *run, const struct exchange *x, const struct node *chain, struct error *err) {
    auto_buf why = BUF_INIT(4000);
    bool broken = false;
    struct arena *a = check_arena(run);
    for (const struct node *n = chain->first; n != NULL; n = n->next) {
        struct sv who = node_get_text(n, SV("subject"));
        if (key_is_small(n, &broken))
            add(&why, arena_printf(a, "the %s key of " SV_FMT " has %lld bits", is_curve(node_get_text(n, SV("key_type"))) ? "EC" : "RSA or DSA", SV_ARG(who),
                                   (long long)number_of(n, SV("key_bits"))));
        if (digest_is_weak(n, &broken)) add(&why, arena_printf(a, "the signature of " SV_FMT " is over " SV_FMT, SV_ARG(who), SV_ARG(node_get_text(n, SV("digest")))));
    }
    if (why.len == 0) return 0;
    struct finding f = {
        .cause = SV("certificate-weak"),
        .impact = broken ? IMPACT_PERSONAL : IMPACT_HARDENING,
        .who = broken ? WHO_LUCK : WHO_ANYONE,
        .confidence = CONFIDENCE_CONFIRMED,
        .title = SV("The certificate is weak"),
        .reason = arena_copy_sv(a, buf_sv(&why)),
        .cwe = {326, 328},
    };
    return f.reason.ptr == NULL ? error_nomem(err) : tls_tell(run, &x, 1, &f, err);
}

// Certificates of a few days are renewed late by design: a quarter of the life must be over that limit too.
static int report_end(struct check_run *run, const struct exchange *x, const struct node *leaf, struct error *err) {
    int64_t left = number_of(leaf, SV("ends_in")), life = left - number_of(leaf, SV("starts_in"));
    if (left <= 0 || left >= SOON || left * 4 >= life) return 0;
    struct finding f = {
        .cause = SV("certificate-ends"),
        .impact = IMPACT_NOTE,
        .who = WHO_ANYONE,
        .confidence = CONFIDENCE_CONFIRMED,
        .title = SV("The certificate ends within two weeks"),
        .reason = arena_printf(check_arena(run), "it is valid until " SV_FMT ", %lld days from the scan on", SV_ARG(node_get_text(leaf, SV("not_after"))), (long long)(left / DAY)),
        .cwe = {298},
    };
    return f.reason.ptr == NULL ? error_nomem(err) : tls_tell(run, &x, 1, &f, err);
}

int tls_certificate_report(struct check_run *run, const struct exchange *x, struct error *err) {
    struct node *root = NULL;
    if (x->response.status != 200 || node_parse_json(check_arena(run), x->response.body, &node_limits_response, &root, NULL) != 0) return 0;
    const struct node *chain = node_get(root, SV("chain")), *leaf = node_is(chain, NODE_ARRAY) ? chain->first : NULL;
    if (!node_is(leaf, NODE_OBJECT)) return 0;
    int r = report_validity(run, x, root, leaf, err);
    if (r == 0) r = report_strength(run, x, chain, err);
    if (r == 0) r = report_end(run, x, leaf, err);
    return r;
}
