// SPDX-License-Identifier: Apache-2.0
#include "base/numbers.h"
#include "http/header.h"

// Dates before this year are in the past for every run of this program, so no clock is needed.
#define YEAR_SURELY_PAST 2020

// RFC 6265 5.1.1: delimiters are all but letters, digits, ':' and bytes over 0x7f.
static bool is_date_delimiter(char c) {
    unsigned char u = (unsigned char)c;
    return !((u >= '0' && u <= '9') || u == ':' || (u >= 'A' && u <= 'Z') || (u >= 'a' && u <= 'z') || u > 0x7f);
}

static bool is_month(struct sv token) {
    static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    for (size_t i = 0; i < 12; i++)
        if (sv_starts_with_nocase(token, sv_make(months + 3 * i, 3)))
            return true;
    return false;
}

// The year of a cookie date, or 0 when it is none. Only the year is wanted.
static unsigned cookie_date_year(struct sv text) {
    bool time = false, day = false, month = false;
    uint64_t year = 0;
    bool has_year = false;
    while (text.len > 0) {
        size_t end = 0;
        while (end < text.len && !is_date_delimiter(text.ptr[end]))
            end++;
        struct sv token = sv_slice(text, 0, end);
        text = sv_from_index(text, end + 1);
        if (!time && sv_find_char(token, ':') != SIZE_MAX)
            time = true;
        else if (!day && sv_is_digits(token) && token.len <= 2)
            day = true;
        else if (!month && is_month(token))
            month = true;
        else if (!has_year && sv_is_digits(token) && (token.len == 2 || token.len == 4))
            has_year = number_parse_u64(token, &year) == 0;
    }
    if (!time || !day || !month || !has_year)
        return 0;
    if (year < 100)
        year += year >= 70 ? 1900 : 2000;
    return year < 1601 ? 0 : (unsigned)year;
}

struct cookie_life {
    bool has_age, age_over, has_date, date_over;
};

static void parse_attribute(struct sv name, struct sv value, struct set_cookie *c, struct cookie_life *life) {
    if (sv_eq_nocase(name, SV("secure"))) {
        c->secure = true;
    } else if (sv_eq_nocase(name, SV("httponly"))) {
        c->http_only = true;
    } else if (sv_eq_nocase(name, SV("samesite"))) {
        c->same_site = value;
    } else if (sv_eq_nocase(name, SV("path"))) {
        c->path = value;
    } else if (sv_eq_nocase(name, SV("domain"))) {
        if (value.len > 0) // 5.2.3: a leading dot is dropped, an empty domain ignored
            c->domain = value.ptr[0] == '.' ? sv_from_index(value, 1) : value;
    } else if (sv_eq_nocase(name, SV("max-age"))) {
        bool negative = value.len > 0 && value.ptr[0] == '-';
        struct sv digits = negative ? sv_from_index(value, 1) : value;
        uint64_t seconds = 1;
        if (sv_is_digits(digits)) {
            life->has_age = true;
            life->age_over = negative || (number_parse_u64(digits, &seconds) == 0 && seconds == 0);
        }
    } else if (sv_eq_nocase(name, SV("expires"))) {
        unsigned year = cookie_date_year(value);
        life->has_date = year != 0 || life->has_date;
        life->date_over = year != 0 ? year < YEAR_SURELY_PAST : life->date_over;
    }
}

bool set_cookie_parse(struct sv line, struct set_cookie *ret) {
    struct sv part = SV_NONE;
    struct set_cookie c = {0};
    struct cookie_life life = {0};
    if (!sv_split(&line, ';', &part))
        return false;
    size_t eq = sv_find_char(part, '=');
    if (eq == SIZE_MAX)
        return false;
    c.name = sv_trim(sv_slice(part, 0, eq));
    c.value = sv_trim(sv_from_index(part, eq + 1));
    if (c.name.len == 0)
        return false;
    while (sv_split(&line, ';', &part)) {
        eq = sv_find_char(part, '=');
        struct sv name = sv_trim(eq == SIZE_MAX ? part : sv_slice(part, 0, eq));
        struct sv value = eq == SIZE_MAX ? SV_NONE : sv_trim(sv_from_index(part, eq + 1));
        parse_attribute(name, value, &c, &life);
    }
    c.has_expiry = life.has_age || life.has_date;
    c.expired = life.has_age ? life.age_over : life.date_over; // 5.3 step 3: Max-Age wins
    *ret = c;
    return true;
}
