// SPDX-License-Identifier: Apache-2.0
// Ids that stand beside a known one where a service counts.
#include "base/numbers.h"
#include "evidence/entity.h"
#include "http/jwt.h"

enum { DIGITS_MAX = 15, LENGTH_MAX = 200 };

// The last run of digits, moved by `step`; leading zeroes stay.
static struct sv move_number(struct arena *a, struct sv value, int step) {
    size_t end = value.len;
    while (end > 0 && !(value.ptr[end - 1] >= '0' && value.ptr[end - 1] <= '9')) end--;
    size_t begin = end;
    while (begin > 0 && value.ptr[begin - 1] >= '0' && value.ptr[begin - 1] <= '9') begin--;
    int64_t number;
    struct sv digits = sv_slice(value, begin, end);
    if (digits.len == 0 || digits.len > DIGITS_MAX || number_parse_i64(digits, &number) != 0 || number + step < 0) return SV_NONE;
    int width = digits.len > 1 && digits.ptr[0] == '0' ? (int)digits.len : 1;
    struct sv before = sv_slice(value, 0, begin), after = sv_from_index(value, end);
    return arena_printf(a, SV_FMT "%0*lld" SV_FMT, SV_ARG(before), width, (long long)number + step, SV_ARG(after));
}

static bool is_printable(struct sv text) {
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] < ' ' || (unsigned char)text.ptr[i] >= 0x7f) return false;
    }
    return text.len > 0;
}

// "b3JkZXI6NQ==" is "order:5". Only what gives the same text when it is encoded again.
static struct sv move_encoded(struct arena *a, struct sv value, int step) {
    struct sv plain = value.len < 4 ? SV_NONE : base64_decode(a, value);
    if (plain.ptr == NULL || !is_printable(plain)) return SV_NONE;
    for (int form = 0; form < 4; form++) {
        bool url = (form & 1) != 0, padded = (form & 2) != 0;
        struct sv again = base64_encode(a, plain, url, padded);
        if (again.ptr == NULL || !sv_eq(again, value)) continue;
        struct sv moved = move_number(a, plain, step);
        return moved.ptr == NULL ? SV_NONE : base64_encode(a, moved, url, padded);
    }
    return SV_NONE;
}

// A counted part stands alone or behind a separator: "inv-17", "7:3"; "a1b2c3" is drawn, not counted.
static bool is_counted(struct sv value) {
    size_t end = value.len;
    while (end > 0 && value.ptr[end - 1] >= '0' && value.ptr[end - 1] <= '9') end--;
    if (end == value.len) return false;
    if (end == 0) return true;
    return memchr("-_:./#", value.ptr[end - 1], 6) != NULL || id_shape_of(value) == ID_SLUG;
}

struct sv id_neighbour(struct arena *a, struct sv value, int step) {
    if (value.len == 0 || value.len > LENGTH_MAX || id_shape_of(value) == ID_UUID) return SV_NONE;
    struct sv moved = id_shape_of(value) == ID_INTEGER ? SV_NONE : move_encoded(a, value, step);
    if (moved.ptr != NULL || !is_counted(value)) return moved;
    return move_number(a, value, step);
}
