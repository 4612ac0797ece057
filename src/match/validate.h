// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_MATCH_VALIDATE_H
#define PLUMB_MATCH_VALIDATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/sv.h"

// Validators by name, as data/patterns uses them; NULL when unknown.
typedef bool (*validator)(struct sv value);
validator validator_find(struct sv name);
// All names, for documentation and tests; SV_NONE behind the last.
struct sv validator_name(size_t index);

bool validate_luhn(
    struct sv value); // 13-19 digits, blanks and dashes ignored, a real issuer prefix, not one repeated digit
bool validate_iban(struct sv value);     // ISO 13616 lengths per country, mod 97
double entropy_shannon(struct sv value); // bits per byte

// Tokens and texts (validate-token.c).
bool validate_jwt(struct sv value); // three parts, header is a JSON object with "alg"
bool validate_crc32_base62(
    struct sv value); // GitHub and npm tokens: the last 6 characters are a CRC-32 of the ones before
bool validate_basic_credentials(struct sv value); // base64 of printable user:password
bool validate_not_placeholder(
    struct sv value); // no "changeme", "<password>", "${VAR}", "****", no single repeated character
bool validate_password_like(struct sv value); // no placeholder, and more than a plain word
bool validate_mixed(struct sv value);         // letters and digits both, not one word, no UUID
bool validate_email(struct sv value);         // RFC 5321 lengths, labels, a top-level name of letters
bool validate_url_password(struct sv value);  // the password of a URL; placeholders are none

// Numbers that people have (validate-person.c, validate-tax.c). Separators (blank, dot, dash, slash) are ignored.
bool validate_phone(struct sv value);  // E.164: a country code that is assigned, 8-15 digits
bool validate_us_ssn(struct sv value); // SSA rules: no 000, 666, 9xx area, no 00 group, no 0000 serial
bool validate_nl_bsn(struct sv value);
bool validate_de_steuer_id(struct sv value);
bool validate_es_dni(struct sv value); // DNI and NIE
bool validate_fr_nir(struct sv value);
bool validate_gb_nino(struct sv value);
bool validate_gb_nhs(struct sv value);
bool validate_it_codice_fiscale(struct sv value);
bool validate_pl_pesel(struct sv value);
bool validate_be_rrn(struct sv value);
bool validate_se_personnummer(struct sv value);
bool validate_fi_hetu(struct sv value);
bool validate_no_fodselsnummer(struct sv value);
bool validate_ch_ahv(struct sv value);
bool validate_pt_nif(struct sv value);
bool validate_br_cpf(struct sv value);
bool validate_in_aadhaar(struct sv value);
bool validate_in_pan(struct sv value);
bool validate_ca_sin(struct sv value);
bool validate_au_tfn(struct sv value);
bool validate_cn_resident(struct sv value);
bool validate_kr_rrn(struct sv value);
bool validate_jp_my_number(struct sv value);
bool validate_us_routing(struct sv value);
bool validate_mrz(struct sv value); // ICAO 9303 second line: number, birth and expiry check digits
bool validate_imei(struct sv value);
bool validate_vin(struct sv value);
bool validate_birth_date(struct sv value); // a real date, year 1900 to 2025

// Digits of the value with separators left out; their count, or 0 when there are other characters or more than `size`.
size_t digits_collect(struct sv value, int *ret_digits, size_t size);
bool digits_are_one(const int *digits, size_t count); // 111111…
bool date_is_real(int year, int month, int day);

#endif
