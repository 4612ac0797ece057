// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "base/error.h"
#include "base/numbers.h"

#define SECONDS_PER_DAY INT64_C(86400)

static usec_t read_clock(clockid_t id) {
    struct timespec t = {0};
    if (clock_gettime(id, &t) != 0 || t.tv_sec < 0)
        return 0;
    return (usec_t)t.tv_sec * USEC_PER_SEC + (usec_t)t.tv_nsec / 1000;
}

usec_t clock_monotonic(void) {
    return read_clock(CLOCK_MONOTONIC);
}

usec_t clock_realtime(void) {
    return read_clock(CLOCK_REALTIME);
}

// Calendar arithmetic of our own: the C library's reads the environment and takes locks.
// Years start in March here, so that the leap day is the last of its year.
static int64_t days_from_civil(int64_t year, int64_t month, int64_t day) {
    if (month <= 2)
        year--;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void civil_from_days(int64_t days, int *ret_year, int *ret_month, int *ret_day) {
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    *ret_day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1);
    *ret_month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *ret_year = (int)(year_of_era + era * 400 + (*ret_month <= 2 ? 1 : 0));
}

void clock_format_utc(usec_t realtime, char ret[static 25]) {
    const usec_t last = UINT64_C(253402300799999) * USEC_PER_MSEC; // the end of year 9999: four digits hold no more
    if (realtime > last)
        realtime = last;
    int64_t seconds = (int64_t)(realtime / USEC_PER_SEC);
    int year = 0;
    int month = 0;
    int day = 0;
    civil_from_days(seconds / SECONDS_PER_DAY, &year, &month, &day);
    int of_day = (int)(seconds % SECONDS_PER_DAY);
    char text[64];
    (void)snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", year, month, day, of_day / 3600,
                   of_day / 60 % 60, of_day % 60, (int)(realtime % USEC_PER_SEC / USEC_PER_MSEC));
    memcpy(ret, text, 24);
    ret[24] = '\0';
}

struct http_date {
    int64_t year, month, day, hour, minute, second;
};

static bool take(struct sv *in, struct sv expected) {
    if (!sv_starts_with(*in, expected))
        return false;
    *in = sv_from_index(*in, expected.len);
    return true;
}

static bool take_number(struct sv *in, size_t digits, int64_t *ret) {
    if (in->len < digits || number_parse_i64(sv_slice(*in, 0, digits), ret) < 0)
        return false;
    if (in->ptr[0] == '-')
        return false;
    *in = sv_from_index(*in, digits);
    return true;
}

// Takes one name of the list; the index counts from 1.
static bool take_name(struct sv *in, const char *const *names, size_t count, int64_t *ret) {
    for (size_t i = 0; i < count; i++) {
        if (!take(in, sv_from(names[i])))
            continue;
        *ret = (int64_t)i + 1;
        return true;
    }
    return false;
}

static bool take_month(struct sv *in, int64_t *ret) {
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    return take_name(in, months, 12, ret);
}

static bool take_time(struct sv *in, struct http_date *d) {
    return take_number(in, 2, &d->hour) && take(in, SV(":")) && take_number(in, 2, &d->minute) && take(in, SV(":")) &&
           take_number(in, 2, &d->second);
}

// "06 Nov 1994 08:49:37 GMT", behind "Sun, "
static bool take_imf(struct sv in, struct http_date *d) {
    return take_number(&in, 2, &d->day) && take(&in, SV(" ")) && take_month(&in, &d->month) && take(&in, SV(" ")) &&
           take_number(&in, 4, &d->year) && take(&in, SV(" ")) && take_time(&in, d) && take(&in, SV(" GMT")) &&
           in.len == 0;
}

// "06-Nov-94 08:49:37 GMT", behind "Sunday, "
static bool take_rfc850(struct sv in, struct http_date *d) {
    if (!take_number(&in, 2, &d->day) || !take(&in, SV("-")) || !take_month(&in, &d->month) || !take(&in, SV("-")) ||
        !take_number(&in, 2, &d->year) || !take(&in, SV(" ")) || !take_time(&in, d) || !take(&in, SV(" GMT")))
        return false;
    // RFC 9110 lets the century depend on today; a fixed pivot keeps the function free of clocks and replays equal.
    d->year += d->year < 70 ? 2000 : 1900;
    return in.len == 0;
}

// "Nov  6 08:49:37 1994", behind "Sun "
static bool take_asctime(struct sv in, struct http_date *d) {
    if (!take_month(&in, &d->month) || !take(&in, SV(" ")))
        return false;
    bool padded = take(&in, SV(" "));
    return take_number(&in, padded ? 1 : 2, &d->day) && take(&in, SV(" ")) && take_time(&in, d) && take(&in, SV(" ")) &&
           take_number(&in, 4, &d->year) && in.len == 0;
}

static bool is_in_calendar(const struct http_date *d) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (d->year % 4 == 0 && d->year % 100 != 0) || d->year % 400 == 0;
    int64_t last = days[d->month - 1] + (leap && d->month == 2 ? 1 : 0);
    return d->day >= 1 && d->day <= last && d->hour < 24 && d->minute < 60 && d->second <= 60; // 60: leap second
}

int clock_parse_http_date(struct sv text, int64_t *ret_seconds) {
    static const char *const short_days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const long_days[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                            "Friday", "Saturday", "Sunday"};
    struct http_date d = {0};
    struct sv in = text;
    int64_t weekday = 0;
    bool parsed = false;
    if (take_name(&in, long_days, 7, &weekday))
        parsed = take(&in, SV(", ")) && take_rfc850(in, &d);
    else if (take_name(&in, short_days, 7, &weekday))
        parsed = take(&in, SV(", ")) ? take_imf(in, &d) : take(&in, SV(" ")) && take_asctime(in, &d);
    if (!parsed || !is_in_calendar(&d))
        return ERR_SYNTAX;
    *ret_seconds = days_from_civil(d.year, d.month, d.day) * SECONDS_PER_DAY + d.hour * 3600 + d.minute * 60 + d.second;
    return 0;
}
