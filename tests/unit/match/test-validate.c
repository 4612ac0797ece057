// SPDX-License-Identifier: Apache-2.0
#include "match/validate.h"
#include "test.h"

struct value_case {
    const char *validator;
    const char *value;
    bool valid;
};

// Numbers that the makers of each rule publish as examples, and neighbours that break it.
static const struct value_case cases[] = {
    {"luhn", "4111111111111111", true},
    {"luhn", "4111 1111 1111 1111", true},
    {"luhn", "5555-5555-5555-4444", true},
    {"luhn", "378282246310005", true},
    {"luhn", "4111111111111112", false},
    {"luhn", "0000000000000000", false},
    {"luhn", "9111111111111111", false},
    {"luhn", "411111111111111", false},
    {"luhn", "4111x11111111111", false},
    {"luhn", "", false},
    {"iban", "GB82WEST12345698765432", true},
    {"iban", "DE89 3704 0044 0532 0130 00", true},
    {"iban", "NO9386011117947", true},
    {"iban", "MT84MALT011000012345MTLCAST001S", true},
    {"iban", "GB82WEST12345698765433", false},
    {"iban", "GB82WEST1234569876543", false},
    {"iban", "ZZ82WEST12345698765432", false},
    {"iban", "gb82west12345698765432", false},
    {"us_ssn", "078-05-1120", true},
    {"us_ssn", "666-05-1120", false},
    {"us_ssn", "000-05-1120", false},
    {"us_ssn", "900-05-1120", false},
    {"us_ssn", "078-00-1120", false},
    {"us_ssn", "078-05-0000", false},
    {"us_ssn", "078-05-112", false},
    {"nl_bsn", "111222333", true},
    {"nl_bsn", "111222334", false},
    {"de_steuer_id", "86095742719", true},
    {"de_steuer_id", "47036892816", true},
    {"de_steuer_id", "86095742718", false},
    {"de_steuer_id", "12345678901", false},
    {"es_dni", "12345678Z", true},
    {"es_dni", "X1234567L", true},
    {"es_dni", "12345678A", false},
    {"fr_nir", "255081416802538", true},
    {"fr_nir", "255081416802539", false},
    {"gb_nino", "AB123456C", true},
    {"gb_nino", "QQ123456C", false},
    {"gb_nino", "AO123456C", false},
    {"gb_nhs", "943 476 5919", true},
    {"gb_nhs", "943 476 5918", false},
    {"it_codice_fiscale", "RSSMRA85T10A562S", true},
    {"it_codice_fiscale", "RSSMRA85T10A562T", false},
    {"pl_pesel", "44051401359", true},
    {"pl_pesel", "44051401358", false},
    {"be_rrn", "85.07.30-033.28", true},
    {"be_rrn", "17073003384", true},
    {"be_rrn", "85.07.30-033.29", false},
    {"se_personnummer", "811218-9876", true},
    {"se_personnummer", "19811218-9876", true},
    {"se_personnummer", "811218-9875", false},
    {"fi_hetu", "131052-308T", true},
    {"fi_hetu", "131052-308U", false},
    {"ch_ahv", "756.9217.0769.85", true},
    {"ch_ahv", "756.9217.0769.86", false},
    {"pt_nif", "123456789", true},
    {"pt_nif", "123456788", false},
    {"br_cpf", "529.982.247-25", true},
    {"br_cpf", "529.982.247-26", false},
    {"in_aadhaar", "999999990019", true},
    {"in_aadhaar", "999999990018", false},
    {"ca_sin", "046 454 286", false},
    {"ca_sin", "130 692 544", true},
    {"ca_sin", "130 692 545", false},
    {"au_tfn", "123 456 782", true},
    {"au_tfn", "123 456 783", false},
    {"cn_resident", "11010519491231002X", true},
    {"cn_resident", "110105194912310021", false},
    {"jp_my_number", "123456789018", true},
    {"jp_my_number", "123456789019", false},
    {"us_routing", "021000021", true},
    {"us_routing", "021000022", false},
    {"mrz", "L898902C36UTO7408122F1204159ZE184226B<<<<<10", true},
    {"mrz", "L898902C37UTO7408122F1204159ZE184226B<<<<<10", false},
    {"imei", "490154203237518", true},
    {"imei", "490154203237519", false},
    {"vin", "1M8GDM9AXKP042788", true},
    {"vin", "1M8GDM9A0KP042788", false},
    {"birth_date", "1984-02-29", true},
    {"birth_date", "1985-02-29", false},
    {"birth_date", "1850-01-01", false},
    {"phone", "+442079460000", true},
    {"phone", "+1 212 555 2368", true},
    {"phone", "+0442079460000", false},
    {"phone", "+1 112 555 2368", false},
    {"phone", "442079460000", false},
    {"phone", "+44", false},
    {"email", "a.b+c@mail.example.org", true},
    {"email", "a..b@example.org", false},
    {"email", "icon@2x.png", false},
    {"email", "@example.org", false},
    {"email", "a@-x.org", false},
    {"email", "a@org", false},
    {"jwt", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", true},
    {"jwt", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0", false},
    {"jwt", "eyJ0eXAiOiJKV1QifQ.eyJzdWIiOiIxIn0.x", false},
    {"basic_credentials", "QWxhZGRpbjpvcGVuIHNlc2FtZQ==", true},
    {"basic_credentials", "QWxhZGRpbg==", false},
    {"basic_credentials", "/////w==", false},
    {"not_placeholder", "hunter2", true},
    {"not_placeholder", "<password>", false},
    {"not_placeholder", "${DB_PASS}", false},
    {"not_placeholder", "********", false},
    {"not_placeholder", "aaaa", false},
    {"not_placeholder", "abc", false},
    {"password_like", "Sommer2024", true},
    {"password_like", "correct-horse", false},
    {"password_like", "Required", false},
    {"mixed", "a1b2c3d4e5", true},
    {"mixed", "abcdefgh", false},
    {"mixed", "12345678", false},
    {"mixed", "3f2b8c1e-9d47-4a6b-8c55-0e1f2a3b4c5d", false},
    {"in_pan", "BKXPS4821M", true},
    {"in_pan", "BKXXS4821M", false},
    {"crc32_base62", "ghp_000000000000000000000000000000000000", false},
    {"crc32_base62", "ghp_", false},
};

static void test_cases(void **state) {
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        validator run = validator_find(sv_from(cases[i].validator));
        assert_non_null(run);
        if (run(sv_from(cases[i].value)) == cases[i].valid)
            continue;
        print_error("%s(\"%s\") should be %s\n", cases[i].validator, cases[i].value, cases[i].valid ? "true" : "false");
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

// Every validator survives bytes of every length; values have exact heap storage so that AddressSanitizer sees
// overruns.
static void test_any_bytes(void **state) {
    struct arena *a = *state;
    static const char *const alphabets[] = {"0123456789", "0A<-+. ", "\xff\x80@.", "eyJ.=_", "(<>$:"};
    (void)a;
    for (size_t v = 0; validator_name(v).ptr != NULL; v++) {
        validator run = validator_find(validator_name(v));
        assert_non_null(run);
        for (size_t k = 0; k < sizeof alphabets / sizeof *alphabets; k++) {
            for (size_t len = 1; len < 80; len++) {
                char *exact = malloc(len);
                assert_non_null(exact);
                size_t letters = strlen(alphabets[k]);
                for (size_t i = 0; i < len; i++)
                    exact[i] = alphabets[k][(i * 7 + len) % letters];
                (void)run(sv_make(exact, len));
                free(exact);
            }
        }
    }
    assert_null(validator_find(SV("nothing")));
}

static void test_entropy(void **state) {
    (void)state;
    assert_float_equal(entropy_shannon(SV("")), 0.0, 1e-9);
    assert_float_equal(entropy_shannon(SV("aaaa")), 0.0, 1e-9);
    assert_float_equal(entropy_shannon(SV("abab")), 1.0, 1e-9);
    assert_float_equal(entropy_shannon(SV("abcdefgh")), 3.0, 1e-9);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_cases),
    test_with_arena(test_any_bytes),
    cmocka_unit_test(test_entropy),
};

TEST_MAIN(tests)
