// SPDX-License-Identifier: Apache-2.0
#include "base/json_writer.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/escape.h"

#define DEPTH_MAX 64U

void jw_init(struct json_writer *w, struct sink *sink, bool pretty) {
    *w = (struct json_writer){.sink = sink, .pretty = pretty};
}

static void put(struct json_writer *w, struct sv text) {
    if (w->failed != 0 || text.len == 0)
        return;
    int r = w->sink->write(w->sink, text);
    if (r < 0)
        w->failed = r;
}

static void put_line_break(struct json_writer *w) {
    static const char blanks[] = "                                ";
    put(w, SV("\n"));
    for (size_t left = (size_t)w->depth * 2; left > 0;) {
        size_t part = left < sizeof blanks - 1 ? left : sizeof blanks - 1;
        put(w, sv_make(blanks, part));
        left -= part;
    }
}

// What stands before a value or a key: comma, line break; nothing between a key and its value.
static void begin_item(struct json_writer *w) {
    if (w->after_key) {
        w->after_key = false;
        return;
    }
    if (w->depth == 0)
        return;
    uint64_t bit = UINT64_C(1) << (w->depth - 1);
    if ((w->has_items & bit) != 0)
        put(w, SV(","));
    w->has_items |= bit;
    if (w->pretty)
        put_line_break(w);
}

static void begin_level(struct json_writer *w, struct sv bracket) {
    begin_item(w);
    if (w->depth >= DEPTH_MAX && w->failed == 0)
        w->failed = ERR_LIMIT;
    if (w->failed != 0)
        return;
    put(w, bracket);
    w->has_items &= ~(UINT64_C(1) << w->depth);
    w->depth++;
}

static void end_level(struct json_writer *w, struct sv bracket) {
    if (w->failed != 0)
        return;
    assert(w->depth > 0 && !w->after_key);
    w->depth--;
    bool had_items = (w->has_items & UINT64_C(1) << w->depth) != 0;
    if (w->pretty && had_items)
        put_line_break(w);
    put(w, bracket);
}

void jw_object_begin(struct json_writer *w) {
    begin_level(w, SV("{"));
}

void jw_object_end(struct json_writer *w) {
    end_level(w, SV("}"));
}

void jw_array_begin(struct json_writer *w) {
    begin_level(w, SV("["));
}

void jw_array_end(struct json_writer *w) {
    end_level(w, SV("]"));
}

// Most texts need no escaping and are passed on as they are, without a copy.
static bool is_plain(struct sv text) {
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<')
            return false;
    }
    return true;
}

static void put_quoted(struct json_writer *w, struct sv text) {
    if (w->failed != 0)
        return;
    put(w, SV("\""));
    if (is_plain(text)) {
        put(w, text);
    } else {
        auto_buf escaped = BUF_INIT(SIZE_MAX / 4);
        esc_json(&escaped, text);
        if (buf_failed(&escaped))
            w->failed = -ENOMEM;
        else
            put(w, buf_sv(&escaped));
    }
    put(w, SV("\""));
}

void jw_key_sv(struct json_writer *w, struct sv key) {
    assert(!w->after_key);
    begin_item(w);
    put_quoted(w, key);
    put(w, w->pretty ? SV(": ") : SV(":"));
    w->after_key = true;
}

void jw_key(struct json_writer *w, const char *key) {
    jw_key_sv(w, sv_from(key));
}

void jw_string(struct json_writer *w, struct sv value) {
    begin_item(w);
    put_quoted(w, value);
}

void jw_raw(struct json_writer *w, struct sv json) {
    begin_item(w);
    put(w, json);
}

static void put_number(struct json_writer *w, const char *text, int len) {
    jw_raw(w, sv_make(text, len < 0 ? 0 : (size_t)len));
}

void jw_i64(struct json_writer *w, int64_t value) {
    char text[32];
    put_number(w, text, snprintf(text, sizeof text, "%lld", (long long)value));
}

void jw_u64(struct json_writer *w, uint64_t value) {
    char text[32];
    put_number(w, text, snprintf(text, sizeof text, "%llu", (unsigned long long)value));
}

void jw_bool(struct json_writer *w, bool value) {
    jw_raw(w, value ? SV("true") : SV("false"));
}

// Whole and fractional part are written as integers, because printf takes the point of the locale.
void jw_double(struct json_writer *w, double value, int decimals) {
    char text[400]; // the largest double has 309 digits
    const char *sign = value < 0 ? "-" : "";
    double magnitude = isfinite(value) ? fabs(value) : 0;
    if (magnitude >= 1e15) {
        put_number(w, text, snprintf(text, sizeof text, "%s%.0f", sign, magnitude));
        return;
    }
    if (decimals < 0)
        decimals = 0;
    if (decimals > 9)
        decimals = 9;
    double scale = 1;
    for (int i = 0; i < decimals; i++)
        scale *= 10;
    double whole = floor(magnitude);
    double fraction = round((magnitude - whole) * scale);
    if (fraction >= scale) {
        whole += 1;
        fraction = 0;
    }
    if (whole <= 0 && fraction <= 0)
        sign = ""; // no negative zero
    int len = snprintf(text, sizeof text, "%s%llu.%0*llu", sign, (unsigned long long)whole, decimals,
                       (unsigned long long)fraction);
    while (len > 0 && text[len - 1] == '0')
        len--;
    if (len > 0 && text[len - 1] == '.')
        len--;
    put_number(w, text, len);
}

void jw_member_string(struct json_writer *w, const char *key, struct sv value) {
    if (value.ptr == NULL)
        return;
    jw_key(w, key);
    jw_string(w, value);
}

void jw_member_u64(struct json_writer *w, const char *key, uint64_t value) {
    jw_key(w, key);
    jw_u64(w, value);
}

void jw_member_i64(struct json_writer *w, const char *key, int64_t value) {
    jw_key(w, key);
    jw_i64(w, value);
}

void jw_member_bool(struct json_writer *w, const char *key, bool value) {
    jw_key(w, key);
    jw_bool(w, value);
}

void jw_member_double(struct json_writer *w, const char *key, double value, int decimals) {
    jw_key(w, key);
    jw_double(w, value, decimals);
}

int jw_finish(struct json_writer *w) {
    assert(w->failed != 0 || (w->depth == 0 && !w->after_key));
    return w->failed;
}
