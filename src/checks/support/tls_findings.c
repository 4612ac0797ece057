// SPDX-License-Identifier: Apache-2.0
// From what a service accepts to findings: one a root cause, graded by who can make use of it. An attacker between client and service, who
// also has to steer what both send, needs luck (docs/severity.md).
#include "base/buf.h"
#include "checks/support/tls_audit.h"

enum { DH_GOOD = 2048, DH_SHORT = 1024, EVIDENCE_MAX = 6, NAMES_MAX = 14 };

int tls_tell(struct check_run *run, const struct exchange *const *seen, size_t seen_count, struct finding *f, struct error *err) {
    struct evidence_item evidence[EVIDENCE_MAX];
    size_t count = 0;
    for (size_t i = 0; i < seen_count && count < EVIDENCE_MAX; i++) {
        if (seen[i] != NULL) evidence[count++] = (struct evidence_item){.role = EVIDENCE_PROBE, .exchange = seen[i]};
    }
    f->category = CATEGORY_ENCRYPTION;
    f->scope = SCOPE_HOST;
    f->evidence = evidence;
    f->evidence_count = count;
    return check_report(run, f, err);
}

// The second round got another answer: not the same bytes played again, and the same choice.
static bool is_confirmed(const struct tls_audit *s, enum tls_step again, enum tls_step first) {
    return s->took[again] == TLS_TAKEN && memcmp(s->random[again], s->random[first], sizeof s->random[0]) != 0;
}

// -- versions -----------------------------------------------------------------------------------------------------------------------
static enum tls_step oldest_step(const struct tls_audit *s) {
    return s->took[TLS_STEP_SSL_3] == TLS_TAKEN ? TLS_STEP_SSL_3 : s->took[TLS_STEP_1_0] == TLS_TAKEN ? TLS_STEP_1_0 : TLS_STEP_1_1;
}

static int report_versions(struct check_run *run, const struct tls_audit *s, struct error *err) {
    static const enum tls_step old[] = {TLS_STEP_SSL_3, TLS_STEP_1_0, TLS_STEP_1_1};
    const struct exchange *seen[3] = {NULL};
    auto_buf list = BUF_INIT(200);
    size_t count = 0;
    for (size_t i = 0; i < 3; i++) {
        if (s->took[old[i]] != TLS_TAKEN) continue;
        buf_addf(&list, "%s%s", count == 0 ? "" : ", ", tls_version_name(tls_step_version(s, old[i])));
        seen[count++] = s->seen[old[i]];
    }
    if (count == 0) return 0;
    bool ssl = s->took[TLS_STEP_SSL_3] == TLS_TAKEN;
    bool only = s->took[TLS_STEP_1_2] != TLS_TAKEN && s->took[TLS_STEP_1_3] != TLS_TAKEN;
    struct finding f = {
        .cause = SV("old-versions"),
        .impact = ssl || only ? IMPACT_PERSONAL : IMPACT_HARDENING,
        .who = ssl || only ? WHO_LUCK : WHO_ANYONE,
        .confidence = is_confirmed(s, TLS_STEP_AGAIN_VERSION, oldest_step(s)) ? CONFIDENCE_CONFIRMED : CONFIDENCE_FIRM,
        .title = SV("Old versions of TLS are accepted"),
        .reason = arena_printf(check_arena(run), "the service answers ClientHellos of " SV_FMT " with a ServerHello of that version%s", SV_ARG(buf_sv(&list)),
                               only ? ", and it accepts nothing newer" : ""),
        .cwe = {327},
    };
    return f.reason.ptr == NULL ? error_nomem(err) : tls_tell(run, seen, count, &f, err);
}

// -- suites -------------------------------------------------------------------------------------------------------------------------
static void add_names(struct buf *b, struct arena *a, const struct tls_audit *s, const uint16_t *list, size_t count, bool more) {
    for (size_t i = 0; i < count && i < NAMES_MAX; i++) {
        buf_add(b, i == 0 ? SV("") : SV(", "));
        buf_add(b, tls_suite_name(a, &s->table, list[i]));
    }
    if (count > NAMES_MAX || more) buf_add(b, SV(" and maybe more"));
}

static bool is_first_of_class(const struct tls_audit *s, size_t index) {
    const struct node *class = tls_suite_find(&s->table, s->weak[index])->weak;
    for (size_t i = 0; i < index; i++) {
        if (tls_suite_find(&s->table, s->weak[i])->weak == class) return false;
    }
    return true;
}

static int report_weak_suites(struct check_run *run, const struct tls_audit *s, struct error *err) {
    if (s->weak_count == 0) return 0;
    const struct exchange *seen[] = {s->seen[TLS_STEP_WEAK], s->seen[TLS_STEP_WEAK_OLDEST], s->seen[TLS_STEP_AGAIN_SUITE]};
    enum tls_step first = s->took[TLS_STEP_WEAK] == TLS_TAKEN ? TLS_STEP_WEAK : TLS_STEP_WEAK_OLDEST;
    auto_buf why = BUF_INIT(1000), names = BUF_INIT(2000);
    bool severe = false, light = true;
    for (size_t i = 0; i < s->weak_count; i++) {
        const struct node *class = tls_suite_find(&s->table, s->weak[i])->weak;
        severe = severe || node_get_bool(class, SV("severe"), false);
        light = light && node_get_bool(class, SV("light"), false);
        if (!is_first_of_class(s, i)) continue;
        buf_add(&why, why.len == 0 ? SV("") : SV("; "));
        buf_add(&why, node_get_text(class, SV("title")));
    }
    add_names(&names, check_arena(run), s, s->weak, s->weak_count, s->more_weak);
    struct finding f = {
        .cause = SV("weak-suites"),
        .impact = severe ? IMPACT_SECRET : light ? IMPACT_HARDENING : IMPACT_PERSONAL,
        .who = light ? WHO_ANYONE : WHO_LUCK,
        .confidence = is_confirmed(s, TLS_STEP_AGAIN_SUITE, first) ? CONFIDENCE_CONFIRMED : CONFIDENCE_FIRM,
        .title = SV("Weak cipher suites are accepted"),
        .reason = arena_printf(check_arena(run), "the service chose " SV_FMT " when only such suites were offered (" SV_FMT ")", SV_ARG(buf_sv(&names)), SV_ARG(buf_sv(&why))),
        .cwe = {326, 327},
    };
    return f.reason.ptr == NULL ? error_nomem(err) : tls_tell(run, seen, 3, &f, err);
}

// TLS 1.3 has forward secrecy and authenticated encryption in each suite: then the clients of today have both.
static int report_no_modern_suite(struct check_run *run, const struct tls_audit *s, struct error *err) {
    if (s->took[TLS_STEP_1_3] != TLS_REFUSED || s->took[TLS_STEP_STRONG] != TLS_REFUSED) return 0;
    bool none = s->took[TLS_STEP_FORWARD] == TLS_REFUSED;
    const struct exchange *seen[] = {s->seen[TLS_STEP_1_2]};
    struct finding f = {
        .cause = SV("no-modern-suite"),
        .impact = IMPACT_HARDENING,
        .who = WHO_ANYONE,
        .confidence = CONFIDENCE_FIRM,
        .title = none ? SV("No cipher suite has forward secrecy") : SV("No cipher suite has forward secrecy with authenticated encryption"),
        .reason = none ? SV("hellos that offer only suites with forward secrecy (ECDHE, DHE) are refused, others are accepted: who gets the key later can read what was recorded")
                       : SV("hellos that offer only ECDHE or DHE with GCM or ChaCha20 are refused; what is accepted encrypts in CBC mode or has no forward secrecy"),
        .cwe = {326, 327},
    };
    return tls_tell(run, seen, 1, &f, err);
}

// -- key exchange -------------------------------------------------------------------------------------------------------------------
static int report_groups(struct check_run *run, const struct tls_audit *s, struct error *err) {
    bool small = s->dh_bits > 0 && s->dh_bits < DH_GOOD, curve = s->took[TLS_STEP_CURVE] == TLS_TAKEN && s->curve != 0;
    if (!small && !curve) return 0;
    const struct exchange *seen[] = {small ? s->seen[TLS_STEP_FINITE] : NULL, curve ? s->seen[TLS_STEP_CURVE] : NULL};
    bool broken = small && s->dh_bits < DH_SHORT;
    struct sv dh = small ? arena_printf(check_arena(run), "its Diffie-Hellman prime has %u bits", s->dh_bits) : SV("");
    struct sv ec = curve ? arena_printf(check_arena(run), "it agreed to the curve " SV_FMT, SV_ARG(tls_group_name(check_arena(run), &s->table, s->curve))) : SV("");
    struct finding f = {
        .cause = SV("small-group"),
        .impact = broken ? IMPACT_PERSONAL : IMPACT_HARDENING,
        .who = broken ? WHO_LUCK : WHO_ANYONE,
        .confidence = CONFIDENCE_FIRM,
        .title = SV("Keys are agreed on in a small group"),
        .reason = arena_printf(check_arena(run), "the ServerKeyExchange of the service says so: " SV_FMT "%s" SV_FMT "; 2,048 bits, or curves of 224, are the least today", SV_ARG(dh),
                               small && curve ? ", " : "", SV_ARG(ec)),
        .cwe = {326},
    };
    return f.reason.ptr == NULL ? error_nomem(err) : tls_tell(run, seen, 2, &f, err);
}

// -- protocol -----------------------------------------------------------------------------------------------------------------------
static int report_compression(struct check_run *run, const struct tls_audit *s, struct error *err) {
    if (!s->compressed) return 0;
    const struct exchange *seen[] = {s->seen[TLS_STEP_COMPRESSION]};
    struct finding f = {
        .cause = SV("compression"),
        .impact = IMPACT_PERSONAL,
        .who = WHO_LUCK,
        .confidence = CONFIDENCE_FIRM,
        .title = SV("TLS compression is on"),
        .reason = SV("the ServerHello chose DEFLATE: the length of what is encrypted tells secrets in it to who can make a client send requests (CRIME)"),
        .cwe = {310},
    };
    return tls_tell(run, seen, 1, &f, err);
}

static int report_renegotiation(struct check_run *run, const struct tls_audit *s, struct error *err) {
    uint16_t base = tls_audit_base(s);
    if (base == 0 || s->renegotiation_info) return 0;
    const enum tls_step step = base == TLS_1_2 ? TLS_STEP_1_2 : base == TLS_1_1 ? TLS_STEP_1_1 : base == TLS_1_0 ? TLS_STEP_1_0 : TLS_STEP_SSL_3;
    const struct exchange *seen[] = {s->seen[step]};
    struct finding f = {
        .cause = SV("renegotiation"),
        .impact = IMPACT_HARDENING,
        .who = WHO_ANYONE,
        .confidence = CONFIDENCE_FIRM,
        .title = SV("Secure renegotiation is not supported"),
        .reason = SV("the ServerHello has no renegotiation_info although it was asked for (RFC 5746), so a client cannot tell a renegotiation from an attack"),
        .cwe = {295},
    };
    return tls_tell(run, seen, 1, &f, err);
}

static int report_fallback(struct check_run *run, const struct tls_audit *s, struct error *err) {
    if (s->took[TLS_STEP_FALLBACK] != TLS_TAKEN) return 0;
    const struct exchange *seen[] = {s->seen[TLS_STEP_FALLBACK]};
    struct finding f = {
        .cause = SV("fallback"),
        .impact = IMPACT_HARDENING,
        .who = WHO_ANYONE,
        .confidence = CONFIDENCE_FIRM,
        .title = SV("Forced downgrades are not noticed"),
        .reason = SV("a hello of the oldest version with TLS_FALLBACK_SCSV was accepted although the service speaks newer ones; it should end with inappropriate_fallback (RFC 7507)"),
        .cwe = {757},
    };
    return tls_tell(run, seen, 1, &f, err);
}

// What is neither weak nor in the intermediate profile: worth knowing, and nothing that a service has to change today.
static int report_profile(struct check_run *run, const struct tls_audit *s, struct error *err) {
    uint16_t oldest = tls_audit_oldest(s), lowest = oldest != 0 ? oldest : TLS_1_3, all[2 * TLS_FOUND_MAX];
    if (s->outside_count == 0) return 0;
    const struct exchange *seen[] = {s->seen[TLS_STEP_OUTSIDE]};
    auto_buf names = BUF_INIT(2000);
    memcpy(all, s->outside, s->outside_count * sizeof all[0]);
    memcpy(all + s->outside_count, s->weak, s->weak_count * sizeof all[0]);
    struct sv met = tls_profile_met(&s->table, lowest, all, s->outside_count + s->weak_count, s->dh_bits);
    add_names(&names, check_arena(run), s, s->outside, s->outside_count, s->more_outside);
    struct finding f = {
        .cause = SV("profile"),
        .impact = IMPACT_NOTE,
        .who = WHO_ANYONE,
        .confidence = CONFIDENCE_FIRM,
        .title = SV("Cipher suites outside of Mozilla's intermediate profile"),
        .reason = met.len > 0 ? arena_printf(check_arena(run), "accepted are also " SV_FMT "; what was seen fits the profile \"" SV_FMT "\"", SV_ARG(buf_sv(&names)), SV_ARG(met))
                              : arena_printf(check_arena(run), "accepted are also " SV_FMT "; what was seen fits none of the profiles", SV_ARG(buf_sv(&names))),
        .cwe = {327},
    };
    return f.reason.ptr == NULL ? error_nomem(err) : tls_tell(run, seen, 1, &f, err);
}

int tls_audit_report(struct check_run *run, const struct tls_audit *s, struct error *err) {
    static int (*const reports[])(struct check_run *, const struct tls_audit *, struct error *) = {
        report_versions, report_weak_suites, report_no_modern_suite, report_groups, report_compression, report_renegotiation, report_fallback, report_profile,
    };
    int r = 0;
    for (size_t i = 0; i < sizeof reports / sizeof reports[0] && r == 0; i++) r = reports[i](run, s, err);
    if (r == 0 && s->seen[TLS_STEP_HANDSHAKE] != NULL) r = tls_certificate_report(run, s->seen[TLS_STEP_HANDSHAKE], err);
    return r;
}
