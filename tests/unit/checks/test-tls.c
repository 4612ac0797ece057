// SPDX-License-Identifier: Apache-2.0
#include "tls_fake.h"

#include <unistd.h>

#include "base/sink.h"
#include "http/tls_hello.h"
#include "report/report.h"
#include "support/test.h"

// nginx with Mozilla's intermediate configuration, an RSA and an EC certificate.
#define INTERMEDIATE .lowest = TLS_1_2, .highest = TLS_1_2, .modern = true, .suites = {0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8}
// What was usual in 2010.
#define OLD .lowest = TLS_1_0, .highest = TLS_1_0, .suites = {0x002f, 0x0035}

static struct scan_result scan(struct arena *a, struct tls_fake f) {
    return tls_fake_scan(a, &f, NULL);
}

// The only finding, with that cause's title and severity.
static void only(struct arena *a, struct tls_fake f, const char *title, enum severity severity, const char *part) {
    struct scan_result r = scan(a, f);
    if (sim_count(&r, "tls") != 1) sim_dump(&r);
    assert_int_equal(sim_count(&r, "tls"), 1);
    const struct result_finding *found = sim_find(&r, "tls", NULL);
    assert_true(sv_eq(found->title, sv_from(title)));
    if (found->severity != severity || !sv_contains(found->reason, sv_from(part))) sim_dump(&r);
    assert_int_equal(found->severity, severity);
    assert_true(sv_contains(found->reason, sv_from(part)));
    assert_true(found->evidence_count > 0);
}

static const struct result_finding *titled(const struct scan_result *r, const char *title) {
    for (size_t i = 0; i < r->finding_count; i++) {
        if (sv_eq(r->findings[i].title, sv_from(title))) return &r->findings[i];
    }
    sim_dump(r);
    fail_msg("no finding %s", title);
    return NULL;
}

static void silent(struct arena *a, struct tls_fake f) {
    struct scan_result r = scan(a, f);
    if (sim_count(&r, NULL) != 0) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 0);
}

static void test_good_configurations(void **state) {
    struct scan_result r = scan(*state, (struct tls_fake){INTERMEDIATE});
    if (sim_count(&r, NULL) != 0) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 0);
    assert_int_equal(sim_coverage(&r, "tls", "GET", "/"), COVERAGE_PASSED);
    silent(*state, (struct tls_fake){.modern = true, .lowest = TLS_1_3, .highest = TLS_1_2}); // Mozilla's modern
    silent(*state, (struct tls_fake){INTERMEDIATE, .habit = FAKE_RESETS});
    silent(*state, (struct tls_fake){.lowest = TLS_1_2, .highest = TLS_1_2, .suites = {0x9e, 0x9f, 0xc02f}, .dh_bits = 2048});
}

static void test_old_versions(void **state) {
    only(*state, (struct tls_fake){.lowest = TLS_1_0, .highest = TLS_1_2, .modern = true, .suites = {0xc02f, 0xc02b}}, "Old versions of TLS are accepted", SEVERITY_LOW, "TLS 1.0, TLS 1.1");
    only(*state, (struct tls_fake){.lowest = TLS_1_1, .highest = TLS_1_2, .suites = {0xc02f}}, "Old versions of TLS are accepted", SEVERITY_LOW, "ClientHellos of TLS 1.1 with");
    only(*state, (struct tls_fake){.lowest = TLS_SSL_3, .highest = TLS_1_2, .suites = {0xc02f}}, "Old versions of TLS are accepted", SEVERITY_MEDIUM, "SSLv3, TLS 1.0, TLS 1.1");
    only(*state, (struct tls_fake){OLD}, "Old versions of TLS are accepted", SEVERITY_MEDIUM, "accepts nothing newer");
    only(*state, (struct tls_fake){OLD, .active = true}, "Old versions of TLS are accepted", SEVERITY_MEDIUM, "accepts nothing newer");
    struct scan_result r = scan(*state, (struct tls_fake){OLD});
    assert_int_equal(sim_find(&r, "tls", NULL)->confidence, CONFIDENCE_CONFIRMED);
}

static void test_weak_suites(void **state) {
    static const char title[] = "Weak cipher suites are accepted";
    only(*state, (struct tls_fake){.lowest = TLS_1_2, .highest = TLS_1_2, .suites = {0xc02f, 0x0002}}, title, SEVERITY_HIGH, "TLS_RSA_WITH_NULL_SHA");
    only(*state, (struct tls_fake){.lowest = TLS_1_2, .highest = TLS_1_2, .suites = {0xc02f, 0x0034}}, title, SEVERITY_HIGH, "no proof of who the server is");
    only(*state, (struct tls_fake){.lowest = TLS_1_2, .highest = TLS_1_2, .suites = {0xc02f, 0x0003, 0x0008}}, title, SEVERITY_HIGH, "TLS_RSA_EXPORT_WITH_RC4_40_MD5, TLS_RSA_EXPORT_WITH_DES40_CBC_SHA");
    only(*state, (struct tls_fake){.lowest = TLS_1_2, .highest = TLS_1_2, .suites = {0xc02f, 0x0005, 0xc011, 0x000a}}, title, SEVERITY_MEDIUM, "RC4");
    only(*state, (struct tls_fake){.lowest = TLS_1_2, .highest = TLS_1_2, .suites = {0xc02f, 0x000a}}, title, SEVERITY_LOW, "TLS_RSA_WITH_3DES_EDE_CBC_SHA");
    struct scan_result r = scan(*state, (struct tls_fake){.lowest = TLS_1_2, .highest = TLS_1_2, .suites = {0xc02f, 0x000a}});
    assert_int_equal(sim_find(&r, "tls", NULL)->confidence, CONFIDENCE_CONFIRMED);
    // More than fit: the list says so and the budget holds.
    r = scan(*state, (struct tls_fake){.lowest = TLS_SSL_3, .highest = TLS_1_2, .suites = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16}});
    assert_true(sv_contains(titled(&r, title)->reason, SV("maybe more")));
}

static void test_no_modern_suite(void **state) {
    struct scan_result r = scan(*state, (struct tls_fake){.lowest = TLS_1_2, .highest = TLS_1_2, .suites = {0x002f, 0x009c}});
    assert_int_equal(titled(&r, "No cipher suite has forward secrecy")->severity, SEVERITY_LOW);
    assert_int_equal(titled(&r, "Cipher suites outside of Mozilla's intermediate profile")->severity, SEVERITY_INFO);
    assert_true(sv_contains(titled(&r, "Cipher suites outside of Mozilla's intermediate profile")->reason, SV("fits the profile \"old\"")));
    r = scan(*state, (struct tls_fake){.lowest = TLS_1_2, .highest = TLS_1_2, .suites = {0xc013}});
    assert_int_equal(titled(&r, "No cipher suite has forward secrecy with authenticated encryption")->severity, SEVERITY_LOW);
    // With TLS 1.3 on, clients of today have both.
    only(*state, (struct tls_fake){.lowest = TLS_1_2, .highest = TLS_1_2, .modern = true, .suites = {0xc013}}, "Cipher suites outside of Mozilla's intermediate profile", SEVERITY_INFO,
         "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA");
}

static void test_groups(void **state) {
    static const char title[] = "Keys are agreed on in a small group";
    only(*state, (struct tls_fake){.lowest = TLS_1_2, .highest = TLS_1_2, .suites = {0xc02f, 0x9e}, .dh_bits = 1024}, title, SEVERITY_LOW, "1024 bits");
    only(*state, (struct tls_fake){.lowest = TLS_1_2, .highest = TLS_1_2, .suites = {0xc02f, 0x9e}, .dh_bits = 768}, title, SEVERITY_MEDIUM, "768 bits");
    only(*state, (struct tls_fake){.lowest = TLS_1_2, .highest = TLS_1_2, .suites = {0xc02f}, .curves = {29, 16}}, title, SEVERITY_LOW, "secp160r1");
    silent(*state, (struct tls_fake){.lowest = TLS_1_2, .highest = TLS_1_2, .suites = {0xc02f, 0x9e}, .dh_bits = 2048});
}

static void test_protocol(void **state) {
    only(*state, (struct tls_fake){INTERMEDIATE, .compresses = true}, "TLS compression is on", SEVERITY_MEDIUM, "DEFLATE");
    only(*state, (struct tls_fake){INTERMEDIATE, .no_renegotiation_info = true}, "Secure renegotiation is not supported", SEVERITY_LOW, "RFC 5746");
    struct scan_result r = scan(*state, (struct tls_fake){.lowest = TLS_1_0, .highest = TLS_1_2, .suites = {0xc02f}, .ignores_fallback = true});
    assert_int_equal(titled(&r, "Forced downgrades are not noticed")->severity, SEVERITY_LOW);
    assert_int_equal(sim_count(&r, "tls"), 2);
    silent(*state, (struct tls_fake){INTERMEDIATE, .ignores_fallback = true}); // nothing below TLS 1.2 to fall to
}

static void test_what_cannot_be_read_is_not_tested(void **state) {
    static const enum tls_fake_habit habits[] = {FAKE_SILENT, FAKE_GARBAGE, FAKE_HTTP};
    for (size_t i = 0; i < sizeof habits / sizeof habits[0]; i++) {
        struct tls_fake f = {INTERMEDIATE, .habit = habits[i]};
        struct scan_result r = tls_fake_scan(*state, &f, NULL);
        assert_int_equal(sim_count(&r, NULL), 0);
        assert_int_equal(sim_coverage(&r, "tls", "GET", "/"), COVERAGE_NOT_TESTED);
        assert_true(f.hellos <= 3);
    }
    struct scan_result r = scan(*state, (struct tls_fake){OLD, .habit = FAKE_CUT});
    assert_int_equal(sim_count(&r, NULL), 0);
    assert_int_equal(sim_coverage(&r, "tls", "GET", "/"), COVERAGE_NOT_TESTED);
}

static void test_liars(void **state) {
    // Whoever says yes to all in one version is believed for that version only, and never called confirmed when the bytes are canned.
    struct scan_result r = scan(*state, (struct tls_fake){OLD, .habit = FAKE_CANNED});
    assert_int_equal(titled(&r, "Old versions of TLS are accepted")->confidence, CONFIDENCE_FIRM);
    r = scan(*state, (struct tls_fake){INTERMEDIATE, .habit = FAKE_AGREES});
    for (size_t i = 0; i < r.finding_count; i++) assert_false(sv_contains(r.findings[i].reason, SV("SSLv3")));
}

static void test_never_of_plain_http_or_parts(void **state) {
    struct tls_fake f = {OLD, .target = "http://api.example.org/"};
    struct scan_result r = tls_fake_scan(*state, &f, NULL);
    assert_int_equal(f.hellos + f.handshakes, 0);
    assert_int_equal(sim_coverage(&r, "tls", "GET", "/"), COVERAGE_NOT_APPLICABLE);
}

// -- certificate ----------------------------------------------------------------------------------------------------------------------
#define CERTIFICATE(code, text, name, starts, ends, type, bits, digest, self)                                                                             \
    "{\"version\":\"TLSv1.3\",\"verify_code\":" code ",\"verify\":\"" text "\",\"name_matches\":" name ",\"chain\":[{\"subject\":\"CN=api\",\"not_before\":" \
    "\"2026-01-01T00:00:00Z\",\"not_after\":\"2026-02-01T00:00:00Z\",\"starts_in\":" starts ",\"ends_in\":" ends ",\"key_type\":\"" type              \
    "\",\"key_bits\":" bits ",\"digest\":\"" digest "\",\"self_signed\":" self "}]}"

static void test_certificate_validity(void **state) {
    static const char bad[] = "The certificate is not valid";
    static const char expired[] = CERTIFICATE("10", "certificate has expired", "true", "-9000000", "-60", "EC", "256", "SHA256", "false");
    static const char early[] = CERTIFICATE("9", "not yet valid", "true", "60", "9000000", "EC", "256", "SHA256", "false");
    static const char other[] = CERTIFICATE("0", "ok", "false", "-60", "9000000", "EC", "256", "SHA256", "false");
    static const char own[] = CERTIFICATE("18", "self-signed certificate", "true", "-60", "9000000", "EC", "256", "SHA1", "true");
    static const char unknown[] = CERTIFICATE("20", "unable to get local issuer certificate", "true", "-60", "9000000", "EC", "256", "SHA256", "false");
    only(*state, (struct tls_fake){INTERMEDIATE, .handshake = expired}, bad, SEVERITY_MEDIUM, "it expired on 2026-02-01T00:00:00Z");
    only(*state, (struct tls_fake){INTERMEDIATE, .handshake = early}, bad, SEVERITY_MEDIUM, "not valid before 2026-01-01");
    only(*state, (struct tls_fake){INTERMEDIATE, .handshake = other}, bad, SEVERITY_MEDIUM, "not for the name api.example.org");
    only(*state, (struct tls_fake){INTERMEDIATE, .handshake = own}, bad, SEVERITY_MEDIUM, "self-signed");
    only(*state, (struct tls_fake){INTERMEDIATE, .handshake = unknown}, bad, SEVERITY_MEDIUM, "no authority");
    // Where developers work, such certificates are usual; wrong dates are not.
    static const char *const near[] = {"https://127.0.0.1:8443/", "https://10.1.2.3/", "https://localhost/", "https://shop.test/"};
    for (size_t i = 0; i < sizeof near / sizeof near[0]; i++) {
        only(*state, (struct tls_fake){INTERMEDIATE, .handshake = own, .target = near[i]}, "The certificate is not one that clients trust by themselves", SEVERITY_INFO, "self-signed");
        only(*state, (struct tls_fake){INTERMEDIATE, .handshake = expired, .target = near[i]}, bad, SEVERITY_LOW, "expired");
    }
}

static void test_certificate_strength_and_end(void **state) {
    static const char weak[] = "The certificate is weak";
    only(*state, (struct tls_fake){INTERMEDIATE, .handshake = CERTIFICATE("0", "ok", "true", "-60", "9000000", "RSA", "1024", "SHA256", "false")}, weak, SEVERITY_LOW, "1024 bits");
    only(*state, (struct tls_fake){INTERMEDIATE, .handshake = CERTIFICATE("0", "ok", "true", "-60", "9000000", "RSA", "512", "SHA256", "false")}, weak, SEVERITY_MEDIUM, "512 bits");
    only(*state, (struct tls_fake){INTERMEDIATE, .handshake = CERTIFICATE("0", "ok", "true", "-60", "9000000", "EC", "192", "SHA256", "false")}, weak, SEVERITY_LOW, "192 bits");
    only(*state, (struct tls_fake){INTERMEDIATE, .handshake = CERTIFICATE("0", "ok", "true", "-60", "9000000", "RSA", "2048", "SHA1", "false")}, weak, SEVERITY_LOW, "SHA1");
    only(*state, (struct tls_fake){INTERMEDIATE, .handshake = CERTIFICATE("0", "ok", "true", "-60", "9000000", "RSA", "2048", "MD5", "false")}, weak, SEVERITY_MEDIUM, "MD5");
    silent(*state, (struct tls_fake){INTERMEDIATE, .handshake = CERTIFICATE("0", "ok", "true", "-60", "9000000", "ED25519", "253", "", "false")});
    only(*state, (struct tls_fake){INTERMEDIATE, .handshake = CERTIFICATE("0", "ok", "true", "-7000000", "600000", "EC", "256", "SHA256", "false")},
         "The certificate ends within two weeks", SEVERITY_INFO, "6 days");
    silent(*state, (struct tls_fake){INTERMEDIATE, .handshake = CERTIFICATE("0", "ok", "true", "-60", "500000", "EC", "256", "SHA256", "false")}); // made for six days
}

static void test_odd_descriptions(void **state) {
    static const char *const odd[] = {"", "null", "[]", "{\"chain\":{}}", "{\"chain\":[1]}", "{\"error\":\"handshake failed\"}", "{\"chain\":[{\"ends_in\":\"x\",\"key_bits\":{}}]}"};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) silent(*state, (struct tls_fake){INTERMEDIATE, .handshake = odd[i]});
}

// -- replay ---------------------------------------------------------------------------------------------------------------------------
static struct sv report_of(struct arena *a, const struct scan_result *r) {
    auto_buf text = BUF_INIT((size_t)8 << 20);
    struct sink_buf sink;
    struct error err = {0};
    sink_buf_init(&sink, &text);
    const struct report_options options = {0};
    assert_ok(&err, report_write_json(r, &options, &sink.sink, &err));
    return arena_copy_sv(a, buf_sv(&text));
}

static void test_replay_is_equal(void **state) {
    char directory[] = "/tmp/plumb-tls-XXXXXX";
    assert_non_null(mkdtemp(directory));
    assert_int_equal(rmdir(directory), 0);
    struct tls_fake f = {.lowest = TLS_SSL_3, .highest = TLS_1_2, .suites = {0xc02f, 0x0005, 0x002f, 0x9e}, .dh_bits = 1024, .compresses = true};
    struct scan_result r = tls_fake_scan(*state, &f, directory), again;
    struct error err = {0};
    assert_ok(&err, scan_replay(*state, directory, &again, &err));
    assert_true(sim_count(&r, "tls") >= 4);
    assert_true(sv_eq(report_of(*state, &r), report_of(*state, &again)));
    assert_int_equal(unlink(arena_printf(*state, "%s/events.jsonl%c", directory, 0).ptr), 0);
    assert_int_equal(unlink(arena_printf(*state, "%s/scan.json%c", directory, 0).ptr), 0);
    assert_int_equal(rmdir(directory), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_good_configurations),
        test_with_arena(test_old_versions),
        test_with_arena(test_weak_suites),
        test_with_arena(test_no_modern_suite),
        test_with_arena(test_groups),
        test_with_arena(test_protocol),
        test_with_arena(test_what_cannot_be_read_is_not_tested),
        test_with_arena(test_liars),
        test_with_arena(test_never_of_plain_http_or_parts),
        test_with_arena(test_certificate_validity),
        test_with_arena(test_certificate_strength_and_end),
        test_with_arena(test_odd_descriptions),
        test_with_arena(test_replay_is_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
