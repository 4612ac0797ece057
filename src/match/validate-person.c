// SPDX-License-Identifier: Apache-2.0
#include "match/validate.h"

#include <stdint.h>

// National numbers whose check digits are weighted sums of digits. Those with letters stand in validate-letters.c.

static int weighted_sum(const int *digits, const int *weights, size_t count) {
    int sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += digits[i] * weights[i];
    return sum;
}

static bool luhn_holds(const int *digits, size_t count) {
    int sum = 0;
    for (size_t i = 0; i < count; i++) {
        int d = digits[count - 1 - i] * (i % 2 == 1 ? 2 : 1);
        sum += d > 9 ? d - 9 : d;
    }
    return sum % 10 == 0;
}

static int number_of(const int *digits, size_t count) {
    int number = 0;
    for (size_t i = 0; i < count; i++)
        number = number * 10 + digits[i];
    return number;
}

// Exactly `count` digits that are not all the same.
static bool take_digits(struct sv value, int *ret, size_t count) {
    return digits_collect(value, ret, count) == count && !digits_are_one(ret, count);
}

// ITU-T E.164: is a country code of two or three digits assigned that begins like this?
static bool country_is_assigned(int head) {
    static const unsigned char two[] = {20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46,
                                        47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58, 60, 61, 62, 63,
                                        64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98};
    // First two digits under which codes of three digits are assigned.
    static const unsigned char three[] = {21, 22, 23, 24, 25, 26, 29, 35, 37, 38, 42,
                                          50, 59, 67, 68, 69, 85, 88, 96, 97, 99};
    return memchr(two, head, sizeof two) != NULL || memchr(three, head, sizeof three) != NULL;
}

bool validate_phone(struct sv value) {
    int digits[15];
    size_t len = 0;
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        if (c < '0' || c > '9')
            continue;
        if (len == 15)
            return false;
        digits[len++] = c - '0';
    }
    if (len < 8 || value.ptr[0] != '+' || digits_are_one(digits, len))
        return false;
    if (digits[0] == 1) // North America: area codes and exchanges begin with 2 to 9
        return len == 11 && digits[1] >= 2 && digits[4] >= 2;
    return digits[0] == 7 ? len == 11 : country_is_assigned(digits[0] * 10 + digits[1]);
}

bool validate_us_ssn(struct sv value) {
    int d[9];
    if (!take_digits(value, d, 9))
        return false;
    int area = number_of(d, 3);
    return area != 0 && area != 666 && area < 900 && number_of(d + 3, 2) != 0 && number_of(d + 5, 4) != 0;
}

bool validate_nl_bsn(struct sv value) {
    static const int weights[] = {9, 8, 7, 6, 5, 4, 3, 2, -1};
    int d[9];
    return take_digits(value, d, 9) && weighted_sum(d, weights, 9) % 11 == 0;
}

bool validate_de_steuer_id(struct sv value) {
    int d[11];
    if (!take_digits(value, d, 11) || d[0] == 0)
        return false;
    int counts[10] = {0};
    for (size_t i = 0; i < 10; i++)
        counts[d[i]]++;
    int repeated = 0;
    for (size_t i = 0; i < 10; i++)
        repeated += counts[i] == 2 || counts[i] == 3 ? 1 : (counts[i] > 3 ? 2 : 0);
    int product = 10; // ISO/IEC 7064 MOD 11,10
    for (size_t i = 0; i < 10; i++) {
        int sum = (d[i] + product) % 10;
        product = 2 * (sum == 0 ? 10 : sum) % 11;
    }
    return repeated == 1 && (11 - product) % 10 == d[10];
}

bool validate_gb_nhs(struct sv value) {
    static const int weights[] = {10, 9, 8, 7, 6, 5, 4, 3, 2};
    int d[10];
    if (!take_digits(value, d, 10))
        return false;
    int check = 11 - weighted_sum(d, weights, 9) % 11;
    return (check == 11 ? 0 : check) == d[9];
}

bool validate_pl_pesel(struct sv value) {
    static const int weights[] = {1, 3, 7, 9, 1, 3, 7, 9, 1, 3};
    int d[11];
    if (!take_digits(value, d, 11))
        return false;
    int month = number_of(d + 2, 2);
    static const int centuries[] = {1900, 2000, 2100, 2200, 1800};
    int year = centuries[month / 20 % 5] + number_of(d, 2);
    return date_is_real(year, month % 20, number_of(d + 4, 2)) &&
           (10 - weighted_sum(d, weights, 10) % 10) % 10 == d[10];
}

bool validate_be_rrn(struct sv value) {
    int d[11];
    if (!take_digits(value, d, 11) || number_of(d + 2, 2) % 20 > 12 || number_of(d + 4, 2) > 31)
        return false;
    int check = number_of(d + 9, 2);
    int64_t body = number_of(d, 9);
    // People born from 2000 on are computed with a 2 in front.
    return check == 97 - (int)(body % 97) || check == 97 - (int)((body + 2000000000) % 97);
}

bool validate_se_personnummer(struct sv value) {
    int d[12];
    size_t count = digits_collect(value, d, 12);
    if (count != 10 && count != 12)
        return false;
    const int *tail = d + (count - 10);
    int day = number_of(tail + 4, 2);
    int year = (count == 12 ? number_of(d, 2) * 100 : 2000) + number_of(tail, 2);
    return date_is_real(year, number_of(tail + 2, 2), day > 60 ? day - 60 : day) && luhn_holds(tail, 10);
}

bool validate_no_fodselsnummer(struct sv value) {
    static const int first[] = {3, 7, 6, 1, 8, 9, 4, 5, 2, 1};
    static const int second[] = {5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1};
    int d[11];
    if (!take_digits(value, d, 11))
        return false;
    int day = number_of(d, 2);
    return date_is_real(2000 + number_of(d + 4, 2), number_of(d + 2, 2), day > 40 ? day - 40 : day) &&
           weighted_sum(d, first, 10) % 11 == 0 && weighted_sum(d, second, 11) % 11 == 0;
}

bool validate_ch_ahv(struct sv value) {
    static const int weights[] = {1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1};
    int d[13];
    return take_digits(value, d, 13) && number_of(d, 3) == 756 && weighted_sum(d, weights, 13) % 10 == 0;
}

bool validate_pt_nif(struct sv value) {
    static const int weights[] = {9, 8, 7, 6, 5, 4, 3, 2};
    int d[9];
    if (!take_digits(value, d, 9) || d[0] == 0 || d[0] == 4 || d[0] == 7)
        return false;
    int check = 11 - weighted_sum(d, weights, 8) % 11;
    return (check >= 10 ? 0 : check) == d[8];
}

bool validate_br_cpf(struct sv value) {
    static const int weights[] = {11, 10, 9, 8, 7, 6, 5, 4, 3, 2};
    int d[11];
    if (!take_digits(value, d, 11))
        return false;
    int first = weighted_sum(d, weights + 1, 9) * 10 % 11 % 10;
    int second = weighted_sum(d, weights, 10) * 10 % 11 % 10;
    return first == d[9] && second == d[10];
}

bool validate_in_aadhaar(struct sv value) {
    // Verhoeff 1969: products in the dihedral group of order 10 and its permutation.
    static const unsigned char product[10][10] = {
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 4, 0, 6, 7, 8, 9, 5}, {2, 3, 4, 0, 1, 7, 8, 9, 5, 6},
        {3, 4, 0, 1, 2, 8, 9, 5, 6, 7}, {4, 0, 1, 2, 3, 9, 5, 6, 7, 8}, {5, 9, 8, 7, 6, 0, 4, 3, 2, 1},
        {6, 5, 9, 8, 7, 1, 0, 4, 3, 2}, {7, 6, 5, 9, 8, 2, 1, 0, 4, 3}, {8, 7, 6, 5, 9, 3, 2, 1, 0, 4},
        {9, 8, 7, 6, 5, 4, 3, 2, 1, 0},
    };
    static const unsigned char permutation[10] = {1, 5, 7, 6, 2, 8, 3, 0, 9, 4};
    int d[12];
    if (!take_digits(value, d, 12) || d[0] < 2)
        return false;
    unsigned check = 0;
    for (size_t i = 0; i < 12; i++) {
        unsigned digit = (unsigned)d[11 - i];
        for (size_t k = 0; k < i % 8; k++)
            digit = permutation[digit];
        check = product[check][digit];
    }
    return check == 0;
}

bool validate_ca_sin(struct sv value) {
    int d[9];
    return take_digits(value, d, 9) && d[0] != 0 && d[0] != 8 && luhn_holds(d, 9);
}

bool validate_au_tfn(struct sv value) {
    static const int weights[] = {1, 4, 3, 7, 5, 8, 6, 9, 10};
    int d[9];
    return take_digits(value, d, 9) && weighted_sum(d, weights, 9) % 11 == 0;
}

bool validate_kr_rrn(struct sv value) {
    static const int weights[] = {2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5};
    int d[13];
    if (!take_digits(value, d, 13) || !date_is_real(2000 + number_of(d, 2), number_of(d + 2, 2), number_of(d + 4, 2)))
        return false;
    return (11 - weighted_sum(d, weights, 12) % 11) % 10 == d[12];
}

bool validate_jp_my_number(struct sv value) {
    static const int weights[] = {6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2};
    int d[12];
    if (!take_digits(value, d, 12))
        return false;
    int rest = weighted_sum(d, weights, 11) % 11;
    return (rest <= 1 ? 0 : 11 - rest) == d[11];
}

bool validate_us_routing(struct sv value) {
    static const int weights[] = {3, 7, 1, 3, 7, 1, 3, 7, 1};
    int d[9];
    if (!take_digits(value, d, 9))
        return false;
    int head = number_of(d, 2);
    bool district = (head >= 1 && head <= 12) || (head >= 21 && head <= 32) || (head >= 61 && head <= 72) || head == 80;
    return district && weighted_sum(d, weights, 9) % 10 == 0;
}

bool validate_imei(struct sv value) {
    int d[15];
    return take_digits(value, d, 15) && luhn_holds(d, 15);
}

bool validate_birth_date(struct sv value) {
    int d[8];
    if (digits_collect(value, d, 8) != 8)
        return false;
    int year = number_of(d, 4);
    return year >= 1900 && year <= 2025 && date_is_real(year, number_of(d + 4, 2), number_of(d + 6, 2));
}
