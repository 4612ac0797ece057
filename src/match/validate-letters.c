// SPDX-License-Identifier: Apache-2.0
#include "match/validate.h"

#include <stdint.h>

// National numbers and documents that have letters.

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static char upper_char(char c) {
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

// Letters in upper case and digits, separators left out; 0 when there is something else or too much.
static size_t collect(struct sv value, char *ret, size_t size) {
    size_t len = 0;
    for (size_t i = 0; i < value.len; i++) {
        char c = upper_char(value.ptr[i]);
        if (c == ' ' || c == '-' || c == '.')
            continue;
        if ((!is_digit(c) && !is_upper(c)) || len == size)
            return 0;
        ret[len++] = c;
    }
    return len;
}

static bool is_number(const char *text, size_t from, size_t to, int64_t *ret) {
    int64_t number = 0;
    for (size_t i = from; i < to; i++) {
        if (!is_digit(text[i]))
            return false;
        number = number * 10 + (text[i] - '0');
    }
    *ret = number;
    return true;
}

bool validate_es_dni(struct sv value) {
    char t[9];
    int64_t number = 0;
    if (collect(value, t, 9) != 9)
        return false;
    if (t[0] >= 'X' && t[0] <= 'Z')
        t[0] = (char)(t[0] - 'X' + '0');
    return is_number(t, 0, 8, &number) && number > 0 && t[8] == "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23];
}

bool validate_fr_nir(struct sv value) {
    char t[15];
    if (collect(value, t, 15) != 15 || t[0] == '0' || t[0] == '9')
        return false;
    // Corsica: 2A counts as 19, 2B as 18.
    if (t[5] == '2' && (t[6] == 'A' || t[6] == 'B')) {
        t[5] = '1';
        t[6] = t[6] == 'A' ? '9' : '8';
    }
    int64_t body = 0;
    int64_t key = 0;
    int64_t month = 0;
    if (!is_number(t, 0, 13, &body) || !is_number(t, 13, 15, &key) || !is_number(t, 3, 5, &month))
        return false;
    return month >= 1 && (month <= 42 || month >= 50) && key == 97 - body % 97;
}

bool validate_gb_nino(struct sv value) {
    static const char *const barred[] = {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"};
    char t[9];
    int64_t number = 0;
    if (collect(value, t, 9) != 9 || !is_number(t, 2, 8, &number) || !is_upper(t[0]) || !is_upper(t[1]))
        return false;
    for (size_t i = 0; i < sizeof barred / sizeof *barred; i++)
        if (t[0] == barred[i][0] && t[1] == barred[i][1])
            return false;
    bool first = memchr("DFIQUV", t[0], 6) == NULL;
    bool second = memchr("DFIQUVO", t[1], 7) == NULL;
    return first && second && t[8] >= 'A' && t[8] <= 'D';
}

bool validate_it_codice_fiscale(struct sv value) {
    // Values of the characters in odd places (decree of 23 December 1976), letters A-Z; digits 0-9 equal A-J.
    static const unsigned char odd[] = {1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
                                        20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};
    char t[16];
    if (collect(value, t, 16) != 16)
        return false;
    int sum = 0;
    for (size_t i = 0; i < 15; i++) {
        int index = is_digit(t[i]) ? t[i] - '0' : t[i] - 'A';
        sum += i % 2 == 0 ? odd[index] : index;
    }
    return t[15] == 'A' + sum % 26;
}

bool validate_fi_hetu(struct sv value) {
    if (value.len != 11)
        return false;
    char t[11];
    memcpy(t, value.ptr, 11);
    int64_t date = 0;
    int64_t serial = 0;
    if (!is_number(t, 0, 6, &date) || !is_number(t, 7, 10, &serial) || memchr("+-ABCDEFYXWVU", t[6], 13) == NULL)
        return false;
    bool real = date_is_real(2000 + (int)(date % 100), (int)(date / 100 % 100), (int)(date / 10000));
    return real && t[10] == "0123456789ABCDEFHJKLMNPRSTUVWXY"[(date * 1000 + serial) % 31];
}

bool validate_in_pan(struct sv value) {
    char t[10];
    int64_t number = 0;
    if (value.len != 10 || collect(value, t, 10) != 10 || !is_number(t, 5, 9, &number))
        return false;
    for (size_t i = 0; i < 10; i++)
        if ((i < 5 || i == 9) && !is_upper(t[i]))
            return false;
    return memchr("ABCFGHJLPT", t[3], 10) != NULL && number > 0;
}

bool validate_cn_resident(struct sv value) {
    static const int weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}; // GB 11643
    char t[18];
    int64_t date = 0;
    if (collect(value, t, 18) != 18 || t[0] == '0' || !is_number(t, 6, 14, &date))
        return false;
    int sum = 0;
    for (size_t i = 0; i < 17; i++) {
        if (!is_digit(t[i]))
            return false;
        sum += (t[i] - '0') * weights[i];
    }
    int year = (int)(date / 10000);
    return year >= 1900 && year < 2100 && date_is_real(year, (int)(date / 100 % 100), (int)(date % 100)) &&
           t[17] == "10X98765432"[sum % 11];
}

// ICAO 9303-3: weights 7, 3, 1; letters count from 10, the filler '<' is 0.
static bool mrz_field_holds(const char *field, size_t len) {
    static const int weights[] = {7, 3, 1};
    int sum = 0;
    for (size_t i = 0; i < len; i++) {
        int v = is_digit(field[i]) ? field[i] - '0' : (is_upper(field[i]) ? field[i] - 'A' + 10 : 0);
        sum += v * weights[i % 3];
    }
    return field[len] == '0' + sum % 10;
}

bool validate_mrz(struct sv value) {
    return value.len == 44 && mrz_field_holds(value.ptr, 9) && mrz_field_holds(value.ptr + 13, 6) &&
           mrz_field_holds(value.ptr + 21, 6);
}

bool validate_vin(struct sv value) {
    // ISO 3779 with the check digit of 49 CFR 565; I, O and Q are never used.
    static const char *const letters = "ABCDEFGHJKLMNPRSTUVWXYZ";
    static const unsigned char values[] = {1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9};
    static const int weights[] = {8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2};
    if (value.len != 17)
        return false;
    int sum = 0;
    for (size_t i = 0; i < 17; i++) {
        char c = upper_char(value.ptr[i]);
        const char *letter = is_digit(c) ? NULL : memchr(letters, c, 23);
        if (!is_digit(c) && letter == NULL)
            return false;
        sum += weights[i] * (letter == NULL ? c - '0' : values[letter - letters]);
    }
    return value.ptr[8] == "0123456789X"[sum % 11];
}
