// SPDX-License-Identifier: Apache-2.0
#include "match/validate.h"

#include <math.h>

struct named_validator {
    struct sv name;
    validator run;
};

static const struct named_validator validators[] = {
    {SV_INIT("luhn"), validate_luhn},
    {SV_INIT("iban"), validate_iban},
    {SV_INIT("jwt"), validate_jwt},
    {SV_INIT("crc32_base62"), validate_crc32_base62},
    {SV_INIT("basic_credentials"), validate_basic_credentials},
    {SV_INIT("not_placeholder"), validate_not_placeholder},
    {SV_INIT("password_like"), validate_password_like},
    {SV_INIT("mixed"), validate_mixed},
    {SV_INIT("email"), validate_email},
    {SV_INIT("url_password"), validate_url_password},
    {SV_INIT("phone"), validate_phone},
    {SV_INIT("us_ssn"), validate_us_ssn},
    {SV_INIT("nl_bsn"), validate_nl_bsn},
    {SV_INIT("de_steuer_id"), validate_de_steuer_id},
    {SV_INIT("es_dni"), validate_es_dni},
    {SV_INIT("fr_nir"), validate_fr_nir},
    {SV_INIT("gb_nino"), validate_gb_nino},
    {SV_INIT("gb_nhs"), validate_gb_nhs},
    {SV_INIT("it_codice_fiscale"), validate_it_codice_fiscale},
    {SV_INIT("pl_pesel"), validate_pl_pesel},
    {SV_INIT("be_rrn"), validate_be_rrn},
    {SV_INIT("se_personnummer"), validate_se_personnummer},
    {SV_INIT("fi_hetu"), validate_fi_hetu},
    {SV_INIT("no_fodselsnummer"), validate_no_fodselsnummer},
    {SV_INIT("ch_ahv"), validate_ch_ahv},
    {SV_INIT("pt_nif"), validate_pt_nif},
    {SV_INIT("br_cpf"), validate_br_cpf},
    {SV_INIT("in_aadhaar"), validate_in_aadhaar},
    {SV_INIT("in_pan"), validate_in_pan},
    {SV_INIT("ca_sin"), validate_ca_sin},
    {SV_INIT("au_tfn"), validate_au_tfn},
    {SV_INIT("cn_resident"), validate_cn_resident},
    {SV_INIT("kr_rrn"), validate_kr_rrn},
    {SV_INIT("jp_my_number"), validate_jp_my_number},
    {SV_INIT("us_routing"), validate_us_routing},
    {SV_INIT("mrz"), validate_mrz},
    {SV_INIT("imei"), validate_imei},
    {SV_INIT("vin"), validate_vin},
    {SV_INIT("birth_date"), validate_birth_date},
};
#define VALIDATOR_COUNT (sizeof validators / sizeof *validators)

validator validator_find(struct sv name) {
    for (size_t i = 0; i < VALIDATOR_COUNT; i++)
        if (sv_eq(validators[i].name, name))
            return validators[i].run;
    return NULL;
}

struct sv validator_name(size_t index) {
    return index < VALIDATOR_COUNT ? validators[index].name : SV_NONE;
}

size_t digits_collect(struct sv value, int *ret_digits, size_t size) {
    size_t count = 0;
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        if (c == ' ' || c == '-' || c == '.' || c == '/')
            continue;
        if (c < '0' || c > '9' || count == size)
            return 0;
        ret_digits[count++] = c - '0';
    }
    return count;
}

bool digits_are_one(const int *digits, size_t count) {
    for (size_t i = 1; i < count; i++)
        if (digits[i] != digits[0])
            return false;
    return true;
}

bool date_is_real(int year, int month, int day) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12 || day < 1)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= days[month - 1] + (month == 2 && leap ? 1 : 0);
}

static long long leading_number(const int *digits, size_t count) {
    long long number = 0;
    for (size_t i = 0; i < count; i++)
        number = number * 10 + digits[i];
    return number;
}

// Ranges that ISO/IEC 7812 issuers use in practice, by leading six digits, with the lengths their cards have.
struct issuer {
    int low, high;
    size_t shortest, longest;
};
static const struct issuer issuers[] = {
    {400000, 499999, 13, 19},                                                     // Visa
    {510000, 559999, 16, 16}, {222100, 272099, 16, 16},                           // Mastercard
    {340000, 349999, 15, 15}, {370000, 379999, 15, 15},                           // American Express
    {300000, 305999, 14, 19}, {360000, 369999, 14, 19}, {380000, 399999, 16, 19}, // Diners
    {601100, 601199, 16, 19}, {644000, 659999, 16, 19},                           // Discover
    {352800, 358999, 16, 19},                                                     // JCB
    {620000, 629999, 16, 19},                                                     // UnionPay
    {500000, 509999, 13, 19}, {560000, 589999, 13, 19}, {639000, 639099, 13, 19}, {670000, 679999, 13, 19}, // Maestro
    {220000, 220499, 16, 19},                                                                               // Mir
};

static bool issuer_is_known(const int *digits, size_t count) {
    int prefix = (int)leading_number(digits, 6);
    for (size_t i = 0; i < sizeof issuers / sizeof *issuers; i++)
        if (prefix >= issuers[i].low && prefix <= issuers[i].high)
            return count >= issuers[i].shortest && count <= issuers[i].longest;
    return false;
}

bool validate_luhn(struct sv value) {
    int digits[19];
    size_t count = digits_collect(value, digits, 19);
    if (count < 13 || digits_are_one(digits, count) || !issuer_is_known(digits, count))
        return false;
    int sum = 0;
    for (size_t i = 0; i < count; i++) {
        int d = digits[count - 1 - i];
        if (i % 2 == 1)
            d = d * 2 > 9 ? d * 2 - 9 : d * 2;
        sum += d;
    }
    return sum % 10 == 0;
}

// Length of the whole IBAN by country (SWIFT IBAN registry).
struct iban_length {
    char country[3];
    unsigned char length;
};
static const struct iban_length iban_lengths[] = {
    {"AD", 24}, {"AE", 23}, {"AL", 28}, {"AT", 20}, {"AZ", 28}, {"BA", 20}, {"BE", 16}, {"BG", 22}, {"BH", 22},
    {"BI", 27}, {"BR", 29}, {"BY", 28}, {"CH", 21}, {"CR", 22}, {"CY", 28}, {"CZ", 24}, {"DE", 22}, {"DJ", 27},
    {"DK", 18}, {"DO", 28}, {"EE", 20}, {"EG", 29}, {"ES", 24}, {"FI", 18}, {"FK", 18}, {"FO", 18}, {"FR", 27},
    {"GB", 22}, {"GE", 22}, {"GI", 23}, {"GL", 18}, {"GR", 27}, {"GT", 28}, {"HR", 21}, {"HU", 28}, {"IE", 22},
    {"IL", 23}, {"IQ", 23}, {"IS", 26}, {"IT", 27}, {"JO", 30}, {"KW", 30}, {"KZ", 20}, {"LB", 28}, {"LC", 32},
    {"LI", 21}, {"LT", 20}, {"LU", 20}, {"LV", 21}, {"LY", 25}, {"MC", 27}, {"MD", 24}, {"ME", 22}, {"MK", 19},
    {"MN", 20}, {"MR", 27}, {"MT", 31}, {"MU", 30}, {"NI", 28}, {"NL", 18}, {"NO", 15}, {"OM", 23}, {"PK", 24},
    {"PL", 28}, {"PS", 29}, {"PT", 25}, {"QA", 29}, {"RO", 24}, {"RS", 22}, {"RU", 33}, {"SA", 24}, {"SC", 31},
    {"SD", 18}, {"SE", 24}, {"SI", 19}, {"SK", 24}, {"SM", 27}, {"SO", 23}, {"ST", 25}, {"SV", 28}, {"TL", 23},
    {"TN", 24}, {"TR", 26}, {"UA", 29}, {"VA", 22}, {"VG", 24}, {"XK", 20}, {"YE", 30},
};

static size_t iban_length_of(char first, char second) {
    for (size_t i = 0; i < sizeof iban_lengths / sizeof *iban_lengths; i++)
        if (iban_lengths[i].country[0] == first && iban_lengths[i].country[1] == second)
            return iban_lengths[i].length;
    return 0;
}

bool validate_iban(struct sv value) {
    char text[34];
    size_t len = 0;
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        if (c == ' ' || c == '-')
            continue;
        if (len == sizeof text || !((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')))
            return false;
        text[len++] = c;
    }
    if (len < 15 || len != iban_length_of(text[0], text[1]))
        return false;
    unsigned rest = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[(i + 4) % len];
        unsigned digit = c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'A' + 10);
        rest = (rest * (digit > 9 ? 100 : 10) + digit) % 97;
    }
    return rest == 1;
}

double entropy_shannon(struct sv value) {
    size_t counts[256] = {0};
    for (size_t i = 0; i < value.len; i++)
        counts[(unsigned char)value.ptr[i]]++;
    double bits = 0;
    for (size_t i = 0; i < 256; i++) {
        if (counts[i] == 0)
            continue;
        double share = (double)counts[i] / (double)value.len;
        bits -= share * log2(share);
    }
    return bits;
}
