// SPDX-License-Identifier: Apache-2.0
#include "checks/support/known_file.h"

#include "checks/support/reading.h"

enum { FIELDS = 7, LINE_MAX_LENGTH = 400 };

struct sv known_file_path(enum known_file f) {
    switch (f) {
    case KNOWN_PASSWD:
        return SV("etc/passwd");
    case KNOWN_VERSION:
        return SV("proc/version");
    case KNOWN_WIN_INI:
        return SV("windows/win.ini");
    case KNOWN_COUNT:
        break;
    }
    return SV_NONE;
}

static bool is_path_or(struct sv text, bool empty_too) {
    return sv_starts_with(text, SV("/")) || (empty_too && text.len == 0);
}

// name:x:0:0:comment:/home:/shell
static bool is_account(struct sv line, bool first) {
    struct sv field[FIELDS], rest = line;
    size_t n = 0;
    if (line.len > LINE_MAX_LENGTH) return false;
    if (sv_ends_with(line, SV("\r"))) rest.len--;
    while (n < FIELDS && sv_split(&rest, ':', &field[n])) n++;
    if (n != FIELDS || rest.ptr != NULL || field[0].len == 0) return false;
    if (first) return sv_eq(field[0], SV("root")) && sv_eq(field[2], SV("0")) && sv_eq(field[3], SV("0")) && is_path_or(field[5], false);
    return sv_is_digits(field[2]) && sv_is_digits(field[3]) && is_path_or(field[5], false) && is_path_or(field[6], true);
}

// The administrator's line with another account below it.
static bool shows_accounts(struct sv text) {
    for (size_t at = 0, found; (found = sv_find(sv_from_index(text, at), SV("root:"))) != SIZE_MAX; at += found + 1) {
        struct sv rest = sv_from_index(text, at + found), line;
        unsigned n = 0;
        while (n < 2 && sv_split(&rest, '\n', &line) && is_account(line, n == 0)) n++;
        if (n == 2) return true;
    }
    return false;
}

// "Linux version 6.1.0-13-amd64 (builder) (compiler) #1 SMP …"
static bool shows_kernel(struct sv text) {
    size_t at = sv_find(text, SV("Linux version "));
    if (at == SIZE_MAX) return false;
    struct sv line = sv_slice(text, at + 14, at + 14 + LINE_MAX_LENGTH);
    size_t number = sv_find_char(line, ' ');
    return number != SIZE_MAX && number > 4 && line.ptr[0] >= '2' && line.ptr[0] <= '9' && sv_starts_with(sv_from_index(line, number + 1), SV("(")) &&
           (sv_contains(line, SV(") #")) || sv_contains(line, SV(" SMP")));
}

static bool shows_windows(struct sv text) {
    return sv_contains(text, SV("[fonts]")) && sv_contains(text, SV("[extensions]"));
}

bool known_file_shows(struct arena *a, const struct exchange *x, enum known_file f) {
    struct reading r;
    if (!exchange_answered(x) || reading_of(a, x, &r) != 0) return false;
    for (size_t i = 0; i < r.len; i++) {
        bool shows = f == KNOWN_PASSWD ? shows_accounts(r.texts[i]) : f == KNOWN_VERSION ? shows_kernel(r.texts[i]) : shows_windows(r.texts[i]);
        if (shows) return true;
    }
    return false;
}

struct exchange *known_file_withhold(struct arena *a, const struct exchange *x, enum known_file f) {
    static const struct sv firsts[KNOWN_COUNT] = {SV_INIT("root:x:0:0"), SV_INIT("Linux version"), SV_INIT("[fonts]")};
    struct exchange *copy = arena_new(a, struct exchange);
    if (copy == NULL) return NULL;
    *copy = *x;
    copy->response.body = arena_printf(a, SV_FMT "... (the rest of the file was shown and is withheld here)", SV_ARG(firsts[f]));
    copy->hits = NULL;
    copy->hit_count = 0;
    return copy->response.body.ptr == NULL ? NULL : copy;
}
