// SPDX-License-Identifier: Apache-2.0
#include "base/numbers.h"
#include "http/header.h"

// Dates before this year are in the past for every run of this program, so no clock is needed.
#define YEAR_SURELY_PAST 2020

// RFC 6265 5.1.1: delimiters are all but letters, digits, ':' and bytes over 0x7f.
static bool is_date_delimiter(char c) {
    char low = sv_lower_char(c);
    return !((low >= '0' && low <= ':') || (low >= 'a' && low <= 'z') || (unsigned char)c > 0x7f);
}

static bool is_month(struct sv token) {
    static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    for (size_t i = 0; i < 12; i++)
        if (sv_starts_with_nocase(token, sv_make(months + 3 * i, 3)))
            return true;
    return false;
}

struct cookie_date {
    bool time, day, month, has_year;
    uint64_t year;
};

// The order of 5.1.1 step 2: each part is the first token that looks like it.
static void read_date_token(struct sv token, struct cookie_date *d) {
    bool digits = sv_is_digits(token);
    if (!d->time && sv_find_char(token, ':') != SIZE_MAX)
        d->time = true;
    else if (!d->day && digits && token.len <= 2)
        d->day = true;
    else if (!d->month && is_month(token))
        d->month = true;
    else if (!d->has_year && digits && (token.len == 2 || token.len == 4))
        d->has_year = number_parse_u64(token, &d->year) == 0;
}

// The year of a cookie date, or 0 when it is none. Only the year is wanted.
static unsigned cookie_date_year(struct sv text) {
    struct cookie_date d = {0};
    while (text.len > 0) {
        size_t end = 0;
        while (end < text.len && !is_date_delimiter(text.ptr[end]))
            end++;
        read_date_token(sv_slice(text, 0, end), &d);
        text = sv_from_index(text, end + 1);
    }
    if (!d.time || !d.day || !d.month || !d.has_year)
        return 0;
    if (d.year < 100)
        d.year += d.year >= 70 ? 1900 : 2000;
    return d.year < 1601 ? 0 : (unsigned)d.year;
}

struct cookie_life {
    bool has_age, age_over, has_date, date_over;
};

static void parse_max_age(struct sv value, struct cookie_life *life) {
    bool negative = value.len > 0 && value.ptr[0] == '-';
    struct sv digits = negative ? sv_from_index(value, 1) : value;
    uint64_t seconds = 0;
    if (!sv_is_digits(digits))
        return;
    life->has_age = true;
    life->age_over = negative || (number_parse_u64(digits, &seconds) == 0 && seconds == 0);
}

static void parse_expires(struct sv value, struct cookie_life *life) {
    unsigned year = cookie_date_year(value);
    if (year == 0)
        return;
    life->has_date = true;
    life->date_over = year < YEAR_SURELY_PAST;
}

static void parse_attribute(struct sv name, struct sv value, struct set_cookie *c, struct cookie_life *life) {
    if (sv_eq_nocase(name, SV("secure")))
        c->secure = true;
    else if (sv_eq_nocase(name, SV("httponly")))
        c->http_only = true;
    else if (sv_eq_nocase(name, SV("samesite")))
        c->same_site = value;
    else if (sv_eq_nocase(name, SV("path")))
        c->path = value;
    else if (sv_eq_nocase(name, SV("domain")) && value.len > 0) // 5.2.3: no leading dot; an empty one is ignored
        c->domain = value.ptr[0] == '.' ? sv_from_index(value, 1) : value;
    else if (sv_eq_nocase(name, SV("max-age")))
        parse_max_age(value, life);
    else if (sv_eq_nocase(name, SV("expires")))
        parse_expires(value, life);
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
